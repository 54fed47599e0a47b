# Shared by the steps: the board's facts, folders, messages. Sourced as `. firmware/lib.sh BOARD` from the top folder.
# shellcheck shell=bash
# shellcheck disable=SC2034 # the steps use what is set here
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC

say() { echo "image: $*"; }
die() {
	echo "image: $*" >&2
	exit 1
}
bytes() { stat -L -c %s "$1"; }
mb() { awk -v bytes="$(bytes "$1")" 'BEGIN { printf "%.1f MB", bytes / 1000000 }'; }

facts=$(firmware/board "$1")
eval "$facts"
image=build/images/$1
# What SECURE=1 makes differently has a folder of its own, so that both images stay.
out=$image
release_name=sluice-$1
if [ "${SECURE:-0}" != 0 ]; then
	out=$image/secure
	release_name=sluice-$1-secure
fi
case $board_arch in
arm64) triple=aarch64-linux-gnu efi=aa64 ;;
amd64) triple=x86_64-linux-gnu efi=x64 ;;
esac
target=build/deps/$board_arch/target
# The machine's own architecture has no sysroot: its libraries are the machine's.
sysroot=build/deps/$board_arch/sysroot
[ "$board_arch" != "$(dpkg --print-architecture)" ] || sysroot=/

# Everything that carries a time carries that of the commit: the same tree gives the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || echo 0)}
export SOURCE_DATE_EPOCH
level=${ZSTD_LEVEL:-19}

# join_archives FILE...: one initramfs of several; a file of a later one takes the place of an earlier one's. What is
# not compressed must begin at a multiple of four bytes.
join_archives() {
	local file
	for file in "$@"; do
		cat "$file"
		head -c $((-$(bytes "$file") & 3)) /dev/zero
	done
}

# pack FOLDER LEVEL: an initramfs of a folder's content: names sorted, times and owners not the builder's.
pack() {
	find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
	(cd "$1" && find . | sort | cpio --quiet --create --format=newc --reproducible --owner=+0:+0) | zstd --quiet "-$2" -T1
}

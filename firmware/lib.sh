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
# Where the firmware stands in the order of releases: the time of the commit, which grows; SEQUENCE=N is another.
sequence=${SEQUENCE:-$SOURCE_DATE_EPOCH}
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

# sign_for_uefi FILE FOLDER: signs a UEFI program with the builder's key; FOLDER is for what comes about on the way. RSA
# signatures are the same each time, and no firmware compares their time with that of the certificate.
sign_for_uefi() {
	osslsigncode sign -key "$SECURE_KEYS/db.key" -certs "$SECURE_KEYS/db.crt" -h sha256 -time "$SOURCE_DATE_EPOCH" \
		-in "$1" -out "$2/signed.efi" > "$2/log" 2>&1 || die "${1##*/} could not be signed: $(cat "$2/log")"
	mv "$2/signed.efi" "$1"
}

# sign_for_grub FILE FOLDER: prints the signature that GRUB wants to see beside the file. The time of the commit may be
# before that of the key, which gpg says on and on.
sign_for_grub() {
	local done=0
	GNUPGHOME=$SECURE_KEYS/gnupg gpg --batch --faked-system-time "$SOURCE_DATE_EPOCH!" --ignore-time-conflict \
		--output - --detach-sign "$1" 2> "$2/log" || done=$?
	GNUPGHOME=$SECURE_KEYS/gnupg gpgconf --kill all # the agent that gpg has left behind
	[ $done = 0 ] || die "${1##*/} could not be signed: $(cat "$2/log")"
}

# pack FOLDER LEVEL: an initramfs of a folder's content: names sorted, times and owners not the builder's.
pack() {
	find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
	(cd "$1" && find . | sort | cpio --quiet --create --format=newc --reproducible --owner=+0:+0) | zstd --quiet "-$2" -T1
}

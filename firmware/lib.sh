# Shared by the steps: the board's facts, folders, messages. Sourced as `. firmware/lib.sh BOARD` from the top folder.
# shellcheck shell=bash
set -euo pipefail
umask 022
export LC_ALL=C

say() { echo "image: $*"; }
die() {
	echo "image: $*" >&2
	exit 1
}

facts=$(firmware/board "$1")
eval "$facts"
image=build/images/$1
case $board_arch in
arm64) triple=aarch64-linux-gnu ;;
amd64) triple=x86_64-linux-gnu ;;
esac
target=build/deps/$board_arch/target
# The machine's own architecture has no sysroot: its libraries are the machine's.
sysroot=build/deps/$board_arch/sysroot
[ "$board_arch" != "$(dpkg --print-architecture)" ] || sysroot=/

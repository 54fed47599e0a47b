#!/bin/bash
# test_flash.sh [--board BOARD]: make flash's script on loop devices: what it refuses, what it asks, that a whole disk
# arrives, and that a disk that loses a byte is found out. Needs root. Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
board=qemu-arm64
while [ $# -gt 0 ]; do
	case $1 in
	--board) board=${2:?--board takes the name of a board} && shift ;;
	--serial) echo "0 passed, 0 failed" && exit 0 ;; # nothing here is about a board
	*) echo "usage: tests/system/test_flash.sh [--board BOARD]" >&2 && exit 2 ;;
	esac
	shift
done
. tests/proc/lib.sh
loops=()
finish() {
	mountpoint -q "$work/mnt" && umount "$work/mnt"
	for loop in "${loops[@]}"; do losetup -d "$loop"; done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
on_failure() { cat "$work/said"; }

manifests=(build/images/sluice-"$board"-[!s]*.manifest)
manifest=${manifests[0]}
[ -r "$manifest" ] || {
	echo "there is no image of $board: run 'make image BOARD=$board'"
	exit 1
}
bytes=$(stat -c %s "build/images/$board/disk.img")

# disk NAME BYTES: makes a disk, in $loop
disk() {
	truncate -s "$2" "$work/$1"
	loop=$(losetup --show -Pf "$work/$1") && loops+=("$loop")
}
flash() { tools/flash/flash "$manifest" "$1" </dev/null >"$work/said" 2>&1; }
forced() { FLASH_YES=1 flash "$1"; }
# refuses WORDS COMMAND...: it ends with 1 and these words
refuses() {
	local status=0
	"${@:2}" || status=$?
	[ $status = 1 ] && grep -q -- "$1" "$work/said"
}
empty() { cmp -s -n "$bytes" "$work/$1" /dev/zero; }
# typed ANSWER: on a terminal; empty: somebody else answers
mkfifo "$work/keys"
exec 7<>"$work/keys"
typed() {
	[ -z "$1" ] || echo "$1" >&7
	script -qec "tools/flash/flash $manifest $loop" /dev/null <&7 >"$work/said" 2>&1
}

no_device() {
	local status=0
	tools/flash/flash "$manifest" "" >"$work/said" 2>&1 || status=$?
	[ $status = 2 ] && grep -q 'which disk' "$work/said"
}
check "no device is a usage error, and shows the disks" no_device
check "a file is refused" refuses 'is not a block device' forced "$manifest"
check "what does not exist is refused" refuses 'no such device\|not a block device' forced /dev/no-such-disk
disk small $((bytes - 1048576))
check "a disk that is too small is refused" refuses "the image needs $bytes" forced "$loop"
root=$(findmnt -no SOURCE /)
if [ -b "$root" ]; then check "the disk of this machine is refused" refuses 'is in use\|is a partition' forced "$root"; fi

disk whole $((bytes + 1048576))
check "nobody there to ask is a refusal" refuses 'nobody is there to ask' flash "$loop"
check "nothing was written by then" empty whole
check "another word than its name is a refusal" refuses 'nothing was written' typed yes
check "nothing was written by then either" empty whole

mkfs.ext4 -q "$loop" && mkdir "$work/mnt" && mount "$loop" "$work/mnt"
check "a mounted disk is refused" refuses "is in use.*$work/mnt" forced "$loop"
umount "$work/mnt"
# As a desktop does, some time after a disk was plugged in.
mounted_while_asked() {
	: >"$work/said"
	typed "" &
	local status=0 terminal=$!
	within 60 grep -q 'Type' "$work/said" && mount "$loop" "$work/mnt"
	echo "${loop##*/}" >&7
	wait $terminal || status=$?
	[ $status != 0 ] && grep -q "is in use.*$work/mnt" "$work/said"
}
check "a disk that is mounted while it asks is refused" mounted_while_asked
umount "$work/mnt"
check "it is written when it is said so" forced "$loop"
check "it says what the disk is" grep -q "size: *$((bytes + 1048576)) bytes" "$work/said"
check "the disk is the image to the byte" cmp -n "$bytes" "$work/whole" "build/images/$board/disk.img"
check "it is written when its name is typed" typed "${loop##*/}"
named=$(sgdisk -p "$work/whole" | awk '$1 ~ /^[0-9]+$/ { print $NF }' | xargs)
check "its partitions are there" [ "$named" = "esp slot_a slot_b recovery cfg data" ]

# A manifest that promises other bytes stands for a disk that gives back others.
sed -E 's/("disk": \{"bytes": [0-9]+, "sha256": ")[0-9a-f]{8}/\100000000/' "$manifest" >"$work/other.manifest"
ln -s "$PWD/${manifest%.manifest}.img.zst" "$work/other.img.zst"
manifest=$work/other.manifest
check "a disk that gives back other bytes is found out" refuses 'is not what was written' forced "$loop"
conclude

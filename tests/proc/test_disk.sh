#!/bin/bash
# The box's disk, as the scripts of setup find it: in a /sys/class/block of its own, which is made here and mounted in a
# namespace, with nothing behind it that could be written to.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/proc/lib.sh
trap 'rm -rf "$work"' EXIT

# disk NAME PARTITION...: a disk with partitions of these names, numbered from 1
disk() {
	local whole=$1 number=0 part
	shift
	mkdir -p "$work/block/$whole"
	echo "DEVNAME=$whole" > "$work/block/$whole/uevent"
	for name; do
		number=$((number + 1))
		part=${whole}p$number
		mkdir -p "$work/block/$whole/$part"
		echo "$number" > "$work/block/$whole/$part/partition"
		printf 'DEVNAME=%s\nPARTNAME=%s\n' "$part" "$name" > "$work/block/$whole/$part/uevent"
		ln -s "$whole/$part" "$work/block/$part"
	done
}
# setup COMMAND: by the scripts of setup, for a board whose disk may be one of two kinds
setup() {
	unshare --mount sh -c "mount --bind '$work/block' /sys/class/block || exit
		board_disk_device='/dev/diska|/dev/diskb?'
		. firmware/rootfs/setup-lib
		. firmware/rootfs/setup-disk
		find_partitions
		$1"
}
finds() { [ "$(setup 'echo "$disk $cfg_device $data_device"')" = "$*" ]; }
# says NAME TEXT: why the partition of that name is not mounted
says() { [ "$(setup "check_and_mount $1 \"\$$1_device\"")" = "$2" ]; }

disk diska esp cfg data
disk sda cfg data
check "the board's disk is found, a stick is not" finds /dev/diska /dev/diskap2 /dev/diskap3
disk diskb1 cfg
why="take the one away that this box is not to boot from"
check "of two disks neither is taken" finds " " ""
check "cfg: both are named" says cfg "FAILED: two disks have a partition cfg, diskap2 and diskb1p1: $why"
check "data: it is not taken from one of them" says data "FAILED: two disks have a partition cfg, diskap2 and diskb1p1: $why"
check "nobody waits for another disk" setup 'sleep() { exit 1; }; wait_for_disk'
rm -r "$work"/block/diskb1*
disk diskb1 data
check "data: both are named" says data "FAILED: two disks have a partition data, diskap3 and diskb1p1: $why"
rm -r "$work"/block/{diska,diskb}*
check "no disk: that is said" says cfg "FAILED: there is no partition 'cfg' on a disk /dev/diska|/dev/diskb? (disk.device)"
conclude

#!/bin/bash
# Every board of the given one's architecture, without building or booting its image: what board.conf names exists in the
# packages that the image is made of, and a new box can be reached.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/proc/lib.sh
trap 'rm -rf "$work"' EXIT
given=qemu-arm64
while [ $# -gt 0 ]; do
	[ "$1" != --board ] || given=$2
	shift 2
done
arch=$(firmware/board "$given" board.arch) || exit 1
build=build/$(dpkg --print-architecture)/release/bin
target=build/deps/$arch/target
{ make --no-print-directory ARCH="$(dpkg --print-architecture)" VARIANT=release "$build/sluice-config" &&
	make --no-print-directory ARCH="$arch" deps "$target/.ready"; } > "$work/make" 2>&1 || {
	cat "$work/make"
	exit 1
}
case $arch in arm64) triple=aarch64-linux-gnu ;; amd64) triple=x86_64-linux-gnu ;; esac
sysroot=build/deps/$arch/sysroot
[ "$arch" != "$(dpkg --print-architecture)" ] || sysroot=''
version=$(basename "$target"/lib/modules/*)
[ -e "$target/lib/modules/$version/modules.dep" ] || depmod --basedir "$target" "$version"

# needed MODULE: its files, "builtin NAME" for one that the kernel holds; fails when there is none
needed() { modprobe --set-version "$version" --dirname "$target" --show-depends "$1"; }
# has_disk_driver PATTERN: what makes such a device is named, is needed by what is named, or is in the kernel
has_disk_driver() {
	local module
	case $1 in
	/dev/nvme*) module=nvme ;;
	/dev/mmcblk*) module=mmc_block ;;
	/dev/sd*) module=sd_mod ;;
	/dev/vd*) module=virtio_blk ;;
	*) return 1 ;;
	esac
	needed "$module" | grep -q ^builtin || grep -qE "/$module\.ko|^builtin $module\$" "$work/modules"
}
# The image has no folder of firmware, so that no module may want one. xhci-plat-hcd does for Renesas' chips alone.
wants_no_firmware() {
	local file wanted='' found
	while read -r file; do
		found=$(/sbin/modinfo -F firmware "$file" | grep -v '^r8a779x_usb3_v')
		[ -z "$found" ] || wanted+="$file: $found "
	done < <(sed -n 's/^insmod \([^ ]*\).*/\1/p' "$work/modules" | sort -u)
	echo "$wanted"
	[ -z "$wanted" ]
}
# is_reachable BOARD: each port has an address, or asks for one
is_reachable() {
	local get=("$build/sluice-config" --dir "$work/none" --factory "$work/factory" get) port
	firmware/steps/factory "$1" > "$work/factory" || return
	for port in net mgmt; do
		[ -n "$("${get[@]}" $port.ipv4)" ] || [ "$("${get[@]}" $port.dhcp)" = true ] || return
	done
}
# starts_with_it BOARD: it is a configuration, and it is what runs
starts_with_it() {
	firmware/steps/factory "$1" > "$work/factory" &&
		[ "$("$build/sluice-config" --dir "$work/none" --factory "$work/factory" get node.name)" = "$1" ]
}

# USB sticks: what setup loads is in every image; file systems that are mounted, and uas, without which usb_storage leaves
# some sticks to nobody, are loaded.
in_image=" $(sed -n 's/^common="\(.*\)"$/\1/p' firmware/steps/kernel) "
loaded=" $(sed -n 's/^load_usb() .* modprobe -a \(.*\); }$/\1/p' firmware/rootfs/setup-board) "
mounted=$(sed -n 's/.* kinds\[\] = //p' firmware/update/update_usb.c | grep -oE '\{"[a-z0-9]+' | tr -d '{"')
for module in $loaded; do
	check "the kernel has $module" needed "$module"
	check "$module is in the image" test "${in_image/ $module /}" != "$in_image"
done
check "sticks have file systems" test -n "$mounted"
# ext4 is loaded for the disk
for module in ${mounted/ext4/} uas; do check "setup loads $module" test "${loaded/ $module /}" != "$loaded"; done

# USB hosts that are part of the chip, as the kernel's device trees have them; those on PCI are for setup to load. rk3588 has
# none here: its PHYs (rk3588-usb2phy, -usbdp-phy) are unknown to this kernel.
declare -A usb_hosts=([honeycomb-lx2160a]="dwc3 xhci-plat-hcd" [rpi-cm4]="phy-generic dwc2")

for board in $(cd board && echo */ | tr -d /); do
	check "$board is a board" firmware/board "$board"
	facts=$(firmware/board "$board") || continue
	eval "$facts"
	# shellcheck disable=SC2154 # board_* come from there
	[ "$board_arch" = "$arch" ] || continue
	: > "$work/modules"
	# shellcheck disable=SC2154
	for module in $board_kernel_modules $board_port_data_modules $board_port_mgmt_modules $board_disk_modules $board_watchdog_module; do
		check "$board: the kernel has $module" needed "$module"
		needed "$module" >> "$work/modules" 2>/dev/null
	done
	for module in ${usb_hosts[$board]-}; do
		check "$board: $module, of its USB host, is loaded" grep -qE "/$module\.ko|^builtin $module\$" "$work/modules"
	done
	check "$board: no module wants a file of firmware" wants_no_firmware
	# shellcheck disable=SC2154
	for device in ${board_disk_device//|/ }; do
		check "$board: a driver for $device" has_disk_driver "$device"
	done
	# shellcheck disable=SC2154
	for pmd in $board_port_data_pmd; do
		check "$board: DPDK has $pmd" test -e "$sysroot/usr/lib/$triple/librte_$pmd.a"
	done
	check "$board: its factory configuration loads" starts_with_it "$board"
	check "$board: a new box can be reached" is_reachable "$board"
done
conclude

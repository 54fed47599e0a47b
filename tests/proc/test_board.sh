#!/bin/bash
# sluice-board: every board of the tree loads, and --check finds each fact that does not hold, on machines that are
# folders made here.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/proc/lib.sh
trap 'rm -rf "$work"' EXIT
tool=${SLUICE_BUILD:?}/bin/sluice-board

for file in board/*/board.conf; do
	id=$(basename "$(dirname "$file")")
	check "$id loads" "$tool" --id "$id" --shell "$file"
	(eval "$("$tool" --shell "$file")" && [ "${board_id:?}" = "$id" ])
	verdict "$id is what a shell reads" $?
	[ "$(firmware/board "$id" board.arch)" = "$("$tool" --get board.arch "$file")" ]
	verdict "firmware/board reads $id alike" $?
done
# refuses STATUS PATTERN ARGUMENT...
refuses() {
	local status=$1 pattern=$2 found
	shift 2
	"$tool" "$@" > "$work/output" 2>&1
	found=$?
	[ $found = "$status" ] && grep -qE -- "$pattern" "$work/output"
	verdict "status $status and $pattern: $*" $?
}
refuses 1 'board.id: expected "other", the name of its folder' --id other board/qemu-arm64/board.conf
refuses 1 'there is no key port.data; sluice-board --help-board' --get port.data board/qemu-arm64/board.conf
refuses 1 '^/nonexistent/board.conf: No such file' /nonexistent/board.conf
refuses 2 usage: --shell --check board/qemu-arm64/board.conf
refuses 2 usage:
refuses 2 usage: --nonsense board/qemu-arm64/board.conf
refuses 0 '^port.data.pmd$' --help-board
firmware/board no-such-board > "$work/output" 2>&1
[ $? = 1 ] && grep -q 'boards: .*qemu-arm64' "$work/output"
verdict "firmware/board lists the boards that there are" $?

# What the README tells is what there is.
for key in $("$tool" --help-board | grep -oE '^[a-z]+\.[a-z0-9_.]+'); do
	grep -q "^|.*\`$key\`.*|" board/README.md
	verdict "board/README.md explains $key" $?
done
for file in board/*/board.conf; do
	grep -q "^| \`$("$tool" --get board.id "$file")\` | $("$tool" --get board.tier "$file") |" board/README.md
	verdict "board/README.md lists $file with its tier" $?
done

# put FILE TEXT: below the machine's folder
put() {
	mkdir -p "$(dirname "$machine/$1")"
	printf '%s\n' "$2" > "$machine/$1"
}
# A machine as the twin of qemu-arm64 is, with a device tree: the facts are spelt as the kernel does.
device=sys/devices/platform/4010000000.pcie/pci0000:00/0000:00:01.0
make_machine() {
	machine=$work/machine
	rm -rf "$machine"
	put proc/meminfo "MemTotal:         987654 kB"
	put sys/devices/system/cpu/online 0-1
	put sys/devices/system/cpu/isolated 1
	put sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages 192
	put $device/vendor 0x1af4
	put $device/device 0x1041
	put $device/class 0x020000
	put sys/firmware/devicetree/base/pcie/dma-coherent ''
	printf 'linux,dummy-virt\0' > "$machine/sys/firmware/devicetree/base/compatible"
	mkdir -p "$machine"/sys/{bus/pci/devices,kernel/iommu_groups/0,class/net/lo,class/net/eth0}
	ln -s ../../../../../kernel/iommu_groups/0 "$machine/$device/iommu_group"
	ln -s /sys/class/iommu/smmu3.0x0000000009050000 "$machine/$device/iommu"
	ln -s /sys/bus/pci/drivers/vfio-pci "$machine/$device/driver"
	ln -s "$machine/sys/firmware/devicetree/base/pcie" "$machine/${device%/pci0000*}/of_node"
	ln -s "../../../${device#sys/}" "$machine/sys/bus/pci/devices/0000:00:01.0"
}
facts() { "$tool" --check --sys "$machine/sys" --proc "$machine/proc" "${1:-board/qemu-arm64/board.conf}" > "$work/output" 2>&1; }
# finds KEY PATTERN: exactly one line, of this key
finds() {
	facts "${3:-}"
	[ $? = 1 ] && [ "$(wc -l < "$work/output")" = 1 ] && grep -qE -- "^$1: wanted .*$2" "$work/output"
	verdict "--check finds $1: $2" $?
	grep -qE -- "^$1: wanted .*$2" "$work/output" || cat "$work/output"
	make_machine
}
holds() {
	facts "${2:-}"
	verdict "$1" $?
	[ ! -s "$work/output" ] || cat "$work/output"
	make_machine
}

make_machine
holds "all facts of a device tree's machine hold"
put proc/meminfo "MemTotal:         870399 kB"
finds memory.minimum_mb '850 MB, found 849 MB'
put sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages 100
finds hugepages.count '192 pages of 2048 kB, found 100'
put sys/devices/system/cpu/online 0
finds cpu.dataplane 'CPUs 1, found 0 online'
put sys/devices/system/cpu/isolated ''
finds cpu.dataplane 'CPUs 1 isolated, found "".*isolcpus=1'
mv "$machine/sys/bus/pci/devices/0000:00:01.0" "$machine/sys/bus/pci/devices/0000:00:02.0"
finds port.data.device 'a PCI device at 0000:00:01.0, found these: 0000:00:02.0'
put $device/class 0x010000
finds port.data.device 'a network card at 0000:00:01.0, found 1af4:1041 of class 010000'
put $device/vendor 0x8086
finds port.data.pmd 'a card for net_virtio .virtio, vendor 1af4. at 0000:00:01.0, found 8086:1041'
rm "$machine/$device/iommu_group"
finds dma.iommu 'an IOMMU group of 0000:00:01.0, found none'
ln -sfn /sys/class/iommu/dmar0 "$machine/$device/iommu"
finds dma.iommu 'smmu3.*, found dmar0'
rm "$machine/sys/firmware/devicetree/base/pcie/dma-coherent"
finds dma.coherent 'true, found DMA that the caches do not see'
put sys/firmware/devicetree/base/dma-coherent ''
rm "$machine/sys/firmware/devicetree/base/pcie/dma-coherent"
holds "a bus above the bridge may say that DMA is coherent"
ln -sfn /sys/bus/pci/drivers/virtio-pci "$machine/$device/driver"
finds port.data.bind 'vfio-pci on 0000:00:01.0, found virtio-pci'
printf 'raspberrypi,4-compute-module\0brcm,bcm2711\0' > "$machine/sys/firmware/devicetree/base/compatible"
finds board.compatible 'linux,dummy-virt.*found "raspberrypi,4-compute-module.brcm,bcm2711"'

# ACPI: no device tree; IORT has an ITS group and the root complex of segment 0, whose CCA is $1.
make_iort() {
	rm -rf "$machine/sys/firmware/devicetree" "$machine/${device%/pci0000*}/of_node"
	mkdir -p "$machine/sys/firmware/acpi/tables" "$machine/sys/class/dmi/id"
	echo 'QEMU Virtual Machine' > "$machine/sys/class/dmi/id/product_name"
	{
		printf 'IORT\x80\0\0\0\x03\0' && head -c 26 /dev/zero
		printf '\x02\0\0\0\x30\0\0\0\0\0\0\0'
		printf '\0\x18\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0'
		printf '\x02\x38\0\x03\0\0\0\0\0\0\0\0\0\0\0\0%b' "\\x0$1"
		printf '\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\0' && head -c 24 /dev/zero
	} > "$machine/sys/firmware/acpi/tables/IORT"
}
make_iort 1
holds "all facts of an ACPI machine hold"
make_iort 0
finds dma.coherent 'true, found DMA that the caches do not see'
make_iort 1
rm "$machine/sys/firmware/acpi/tables/IORT"
finds dma.coherent 'true, found nothing that says so'
make_iort 1
head -c 60 "$machine/sys/firmware/acpi/tables/IORT" > "$work/short"
cp "$work/short" "$machine/sys/firmware/acpi/tables/IORT"
finds dma.coherent 'true, found nothing that says so'

# Kinds that leave the device to the kernel: the interface is looked for, and nothing of PCI.
put proc/meminfo "MemTotal:         8000000 kB"
put sys/devices/system/cpu/online 0-3
put sys/devices/system/cpu/isolated 2-3
printf 'raspberrypi,4-compute-module\0' > "$machine/sys/firmware/devicetree/base/compatible"
cp -a "$machine" "$work/pi"
holds "all facts of a port that is the kernel's hold" board/rpi-cm4/board.conf
rm -rf "$machine" && mv "$work/pi" "$machine"
rmdir "$machine/sys/class/net/eth0"
finds port.data.device 'the network interface eth0, found lo' board/rpi-cm4/board.conf
conclude

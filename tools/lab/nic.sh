# A real port for `make run NIC=...`: which DPDK driver fits it, and the way back. Sourced by up and down.

# Kernel drivers with zero-copy AF_XDP.
xdp_drivers='i40e ice igb igc ixgbe mlx5_core stmmac bnxt_en ena virtio_net'

# pci_driver ADDRESS: the bound kernel driver's name, or nothing.
pci_driver() { basename "$(readlink "/sys/bus/pci/devices/$1/driver" 2>/dev/null)" 2>/dev/null || true; }

# nic_take NIC: sets port and device; remembers in $state/nic what nic_give must undo.
nic_take() {
	case $1 in
	[0-9a-f]*:[0-9a-f]*:[0-9a-f]*.[0-7])
		[ -e "/sys/bus/pci/devices/$1" ] || die "there is no PCI device $1: see 'ls /sys/bus/pci/devices'"
		[ -e "/sys/bus/pci/devices/$1/iommu_group" ] ||
			die "PCI device $1 has no IOMMU group: enable the IOMMU (intel_iommu=on), or name the interface instead"
		modprobe vfio-pci || die "the kernel has no vfio-pci module: name the interface instead"
		echo "pci $1 $(pci_driver "$1")" >"$state/nic"
		pci_bind "$1" vfio-pci
		port=pci
		;;
	*)
		[ -e "/sys/class/net/$1" ] || die "there is no interface $1: see 'ip link'"
		ip link set "$1" up
		driver=$(basename "$(readlink "/sys/class/net/$1/device/driver" 2>/dev/null)" 2>/dev/null || true)
		case " $xdp_drivers " in
		*" ${driver:-none} "*) port=af_xdp ;;
		*) port=af_packet ;;
		esac
		echo "interface $1" >"$state/nic"
		;;
	esac
	device=$1
	echo "port $1: driver $port"
}

# pci_bind ADDRESS DRIVER: an empty DRIVER leaves the choice to the kernel.
pci_bind() {
	echo "$2" >"/sys/bus/pci/devices/$1/driver_override"
	[ ! -e "/sys/bus/pci/devices/$1/driver" ] || echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
	[ -z "$2" ] || [ "$(pci_driver "$1")" = "$2" ] || die "could not bind $1 to $2: see dmesg"
}

nic_give() {
	read -r kind address _ <"$state/nic"
	[ "$kind" != pci ] || pci_bind "$address" ""
}

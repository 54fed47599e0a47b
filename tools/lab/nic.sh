# A real port for `make run NIC=...`: which DPDK driver fits it, and the way back. Sourced by up and down.

# Kernel drivers with zero-copy AF_XDP.
xdp_drivers='i40e ice igb igc ixgbe mlx5_core stmmac bnxt_en ena virtio_net'
: "${sys:=/sys}" # tests have one of their own

# pci_driver ADDRESS: the bound kernel driver's name, or nothing.
pci_driver() { basename "$(readlink "$sys/bus/pci/devices/$1/driver" 2>/dev/null)" 2>/dev/null || true; }

# nic_take NIC: sets port and device; remembers in $state/nic what nic_give must undo.
nic_take() {
	case $1 in
	*:*:*.[0-7]) device=$1 ;;
	*:*.[0-7]) device=0000:$1 ;; # as lspci prints it
	*) device=$1 ;;
	esac
	case $device in
	*:*:*.[0-7])
		[ -e "$sys/bus/pci/devices/$device" ] || die "there is no PCI device $device: see 'ls /sys/bus/pci/devices'"
		[ -e "$sys/bus/pci/devices/$device/iommu_group" ] ||
			die "PCI device $device has no IOMMU group: enable the IOMMU (intel_iommu=on), or name the interface instead"
		modprobe vfio-pci || die "the kernel has no vfio-pci module: name the interface instead"
		echo "pci $device" >"$state/nic"
		pci_bind "$device" vfio-pci
		port=pci
		;;
	*)
		[ -e "$sys/class/net/$device" ] || die "there is no interface $device: see 'ip link'"
		driver=$(basename "$(readlink "$sys/class/net/$device/device/driver" 2>/dev/null)" 2>/dev/null || true)
		case " $xdp_drivers " in
		*" ${driver:-none} "*) port=af_xdp ;;
		*) port=af_packet ;;
		esac
		interface_take "$device"
		;;
	esac
	echo "port $device: driver $port"
}

# interface_take INTERFACE: up, and Sluice's alone as far as it can be.
interface_take() {
	{
		echo "interface $1"
		[ $(($(cat "$sys/class/net/$1/flags") & 1)) = 1 ] || echo "link down"
		echo "mtu $(cat "$sys/class/net/$1/mtu")"
		# frames that the kernel merged are longer than the port's buffers
		ethtool -k "$1" 2>/dev/null | sed -n 's/^generic-receive-offload: on$/offload gro/p; s/^large-receive-offload: on$/offload lro/p'
		# the kernel would answer for the link-local address, which is made of the same hardware address
		if ip -o -6 addr show dev "$1" scope global | grep -q .; then
			echo "note: the kernel has IPv6 addresses on $1, and will reset connections to those that Sluice shares with it" >&2
		else
			echo "disable_ipv6 $(sysctl -n "net.ipv6.conf.$1.disable_ipv6" 2>/dev/null || echo 1)"
		fi
	} >"$state/nic"
	while read -r what value; do
		case $what in
		offload) ethtool -K "$1" "$value" off ;;
		disable_ipv6) [ "$value" = 1 ] || sysctl -qw "net.ipv6.conf.$1.disable_ipv6=1" ;;
		esac
	done <"$state/nic"
	ip link set "$1" up
}

# interface_give INTERFACE: reads the rest of $state/nic. Goes on when the interface is gone.
interface_give() {
	[ -e "$sys/class/net/$1" ] || return 0
	while read -r what value; do
		case $what in
		mtu) ip link set "$1" mtu "$value" ;;
		offload) ethtool -K "$1" "$value" on ;;
		disable_ipv6) [ "$value" = 1 ] || sysctl -qw "net.ipv6.conf.$1.disable_ipv6=$value" ;;
		link) ip link set "$1" down ;;
		esac || echo "could not set $what of $1 back to $value" >&2
	done
}

# pci_bind ADDRESS DRIVER: an empty DRIVER leaves the choice to the kernel.
pci_bind() {
	echo "$2" >"$sys/bus/pci/devices/$1/driver_override"
	[ ! -e "$sys/bus/pci/devices/$1/driver" ] || echo "$1" >"$sys/bus/pci/devices/$1/driver/unbind"
	echo "$1" >"$sys/bus/pci/drivers_probe"
	[ -z "$2" ] || [ "$(pci_driver "$1")" = "$2" ] || die "could not bind $1 to $2: see dmesg"
}

nic_give() {
	{
		read -r kind device
		case $kind in
		pci) pci_bind "$device" "" ;;
		interface) interface_give "$device" ;;
		esac
	} <"$state/nic"
}

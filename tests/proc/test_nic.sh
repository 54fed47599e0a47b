#!/bin/bash
# A real port, as `make run NIC=...` takes it: one end of a veth pair is the NIC, in a namespace of its own, and a client
# sits at the other end. Then how a port's driver is chosen, on a /sys of our own. Needs root. Ends with
# "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=nic
state=/run/sluice-lab/$lab
here=sluice-nic-$$ there=sluice-peer-$$
broker=198.18.0.2
build=${SLUICE_BUILD:-$PWD/build/$(dpkg --print-architecture)/${VARIANT:-release}}
runner=''
. tests/proc/lib.sh
finish() {
	[ -z "$runner" ] || kill -INT -- "-$runner" 2>/dev/null
	ip netns exec "$here" tools/lab/down --quiet --name $lab
	ip netns del "$here" 2>/dev/null
	ip netns del "$there" 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

on_failure() { tail -n 20 "$work/run"; }

# ---- a veth pair ----

# What stands on the NIC: state, MTU, addresses, offloads. (Its counters and its neighbours' state may differ.)
describe() {
	ip -n "$here" -o link show dev nic0 | sed -E 's/ (state|qdisc) [a-zA-Z]+//g'
	ip -n "$here" -o -6 addr show dev nic0 tentative
	ip -n "$here" -o addr show dev nic0 -tentative
	ip netns exec "$here" ethtool -k nic0
	ip netns exec "$here" sysctl net.ipv6.conf.nic0.disable_ipv6
}

set_up() {
	ip netns add "$here" && ip netns add "$there" || return 1
	ip -n "$here" link add nic0 mtu 1400 type veth peer name peer0 netns "$there" || return 1
	ip netns exec "$here" ethtool -K nic0 gro on || return 1
	# frames cross to another stack: checksums must be in them
	ip netns exec "$there" ethtool -K peer0 tx off tso off gso off || return 1
	ip -n "$there" addr add 198.18.0.1/15 dev peer0 || return 1
	ip -n "$there" link set peer0 up
}

is_running() { grep -q 'Ctrl-C stops it' "$work/run" || ! kill -0 "$runner" 2>/dev/null; }

start() {
	: >"$work/run" # before the runner's shell gets round to it: what it said last time is no answer
	SLUICE_NET__IPV4=$broker/15 SLUICE_NET__DHCP=false env --default-signal=INT setsid \
		ip netns exec "$here" tools/lab/run --name $lab --nic nic0 >"$work/run" 2>&1 </dev/null &
	runner=$!
	within 60 is_running
	grep -q 'Ctrl-C stops it' "$work/run"
}

says() { grep -qF -- "$1" "$work/run"; }

# The command line that it prints for sluicectl, as it stands there.
manage() {
	local line
	line=$(sed -n 's/^    \(SLUICE_CLI__SOCKET=.* status\)$/\1/p' "$work/run")
	echo "$line"
	[ -n "$line" ] && (unset SLUICE_CLI__SOCKET && eval "$line") | grep 'worker 0 is ready'
}

subscriptions() { SLUICE_CLI__SOCKET=$state/control.sock "$build/bin/sluicectl" subscriptions list; }
# has_subscriber FILTER. Each message has its own: the subscription of the one before may be listed still.
has_subscriber() { subscriptions | grep -qF "topic:$1 "; }

message_passes() {
	local reader
	timeout 30 ip netns exec "$there" mosquitto_sub -h $broker -t nic/t -C 1 -v >"$work/got" &
	reader=$!
	within 10 has_subscriber nic/t
	ip netns exec "$there" mosquitto_pub -h $broker -t nic/t -m 'over a real port' -q 1
	wait $reader
	cat "$work/got"
	[ "$(cat "$work/got")" = 'nic/t over a real port' ]
}

# 60 KB in one PUBLISH: segments that the kernel would merge if it was allowed to
large_message_passes() {
	local reader
	head -c 60000 /dev/urandom | base64 -w 0 | head -c 60000 >"$work/large"
	timeout 30 ip netns exec "$there" mosquitto_sub -h $broker -t nic/large -C 1 -N >"$work/got" &
	reader=$!
	within 10 has_subscriber nic/large
	timeout 20 ip netns exec "$there" mosquitto_pub -h $broker -t nic/large -f "$work/large" -q 1
	wait $reader
	cmp "$work/large" "$work/got"
}

the_kernel_is_silent() {
	! ip -n "$here" -o -6 addr show dev nic0 | grep . &&
		! ip netns exec "$here" ethtool -k nic0 | grep -E '^(generic|large)-receive-offload: on'
}

has_ended() { ! kill -0 "$runner" 2>/dev/null; }

ctrl_c() {
	kill -INT -- "-$runner"
	within 30 has_ended || return 1
	runner=''
	[ ! -e $state ] && [ ! -e /dev/shm/sluice-$lab ] && ! pgrep -f "region.path=/dev/shm/sluice-$lab\$"
}

is_same() {
	describe >"$work/after"
	diff "$work/before" "$work/after"
}

# An address is tentative for a second or two after it is back.
is_as_before() { within 10 is_same || is_same; }

# round TITLE: run, use, stop
round() {
	describe >"$work/before"
	check "run, $1" start
	check "it says which driver it took, $1" says 'port nic0: driver af_packet'
	check "it says where it runs, $1" says 'Sluice runs on nic0'
	check "the worker says its address, $1" says "addresses: $broker/15"
	check "sluicectl as it is printed, $1" manage
	check "the kernel keeps off the interface, $1" the_kernel_is_silent
	check "a message passes, $1" message_passes
	check "a large message passes, $1" large_message_passes
	check "Ctrl-C ends it and cleans up, $1" ctrl_c
	check "the interface is as before, $1" is_as_before
}

# ---- which driver ----

fake=$work/sys

# fake_interface NAME DRIVER
fake_interface() {
	mkdir -p "$fake/class/net/$1/device" "$fake/drivers/$2"
	ln -s "../../../../drivers/$2" "$fake/class/net/$1/device/driver"
	echo 0x1003 >"$fake/class/net/$1/flags"
	echo 1500 >"$fake/class/net/$1/mtu"
}

# take NIC: nic_take on the /sys of ours, without touching anything else
take() (
	sys=$fake state=$work
	: "$sys $state"
	die() {
		echo "$*"
		exit 1
	}
	ip() { :; }
	ethtool() { :; }
	sysctl() { :; }
	modprobe() { [ -e "$fake/vfio" ]; }
	set -eu
	. tools/lab/nic.sh
	nic_take "$1"
)

# takes NIC DRIVER
takes() {
	take "$1" >"$work/said" || { cat "$work/said"; return 1; }
	cat "$work/said"
	grep -qx "port .*: driver $2" "$work/said"
}

# refuses NIC TEXT
refuses() {
	take "$1" >"$work/said" && return 1
	cat "$work/said"
	grep -qF -- "$2" "$work/said"
}

choices() {
	local pci=$fake/bus/pci
	fake_interface plain0 e1000e
	fake_interface quick0 igc
	mkdir -p "$pci/devices/0000:01:00.0" "$pci/devices/0000:02:00.0/iommu_group" "$pci/drivers/vfio-pci"
	check "an interface whose driver knows no AF_XDP" takes plain0 af_packet
	check "an interface whose driver knows AF_XDP" takes quick0 af_xdp
	check "an interface that is not there" refuses eth9 "there is no interface eth9: see 'ip link'"
	check "a PCI device that is not there" refuses 0000:03:00.0 'there is no PCI device 0000:03:00.0'
	check "a PCI device in lspci's short form" refuses 03:00.0 'there is no PCI device 0000:03:00.0'
	check "a PCI device without IOMMU group" refuses 0000:01:00.0 'has no IOMMU group: enable the IOMMU (intel_iommu=on)'
	check "a kernel without vfio-pci" refuses 0000:02:00.0 'the kernel has no vfio-pci module'
	: >"$fake/vfio"
	check "a PCI device that stays with its driver" refuses 0000:02:00.0 'could not bind 0000:02:00.0 to vfio-pci'
	ln -s ../../drivers/vfio-pci "$pci/devices/0000:02:00.0/driver"
	check "a PCI device" takes 0000:02:00.0 pci
	check "a PCI device is bound by its override" grep -qx vfio-pci "$pci/devices/0000:02:00.0/driver_override"
}

: >"$work/run"
check "a veth pair" set_up
round "interface down"
ip -n "$here" link set nic0 up
has_link_local() { ip -n "$here" -o -6 addr show dev nic0 scope link -tentative | grep -q .; }
within 10 has_link_local
round "interface up"
choices
conclude

#!/bin/bash
# The worker takes its IPv4 address from a DHCP server, says which, and gives it back when it stops. Needs root. Ends
# with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=dhcp
state=/run/sluice-lab/$lab
. tests/proc/lib.sh
finish() {
	[ ! -s $state/dnsmasq.pid ] || kill -CONT "$(cat $state/dnsmasq.pid)" 2>/dev/null
	tools/lab/down --quiet --name $lab
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

on_failure() { tail -n 20 $state/sluice-dataplane.log $state/dnsmasq.log; }

# the address that the worker says that it has
address() { sed -n 's/.*info worker 0: address by DHCP: //p' $state/sluice-dataplane.log | tail -n 1; }

is_of_the_range() {
	local host
	host=$(address)
	echo "the worker says '$host'"
	[[ $host =~ ^198\.18\.1\.([0-9]+)$ ]] && [ "${BASH_REMATCH[1]}" -ge 10 ] && [ "${BASH_REMATCH[1]}" -le 200 ]
}

is_leased() { grep -q " $(address) sluice " $state/dhcp.leases; }

is_the_lab_s() { [ "$(tools/lab/exec --name $lab printenv SLUICE_HOST)" = "$(address)" ]; }

message_passes() {
	local reader host
	host=$(address)
	timeout 30 tools/lab/exec --name $lab mosquitto_sub -h "$host" -t 'dhcp/#' -C 1 -v >"$work/got" &
	reader=$!
	within 10 is_subscribed $lab 'dhcp/#'
	tools/lab/exec --name $lab mosquitto_pub -h "$host" -t dhcp/t -m "by $host" -q 1
	wait $reader
	cat "$work/got"
	[ "$(cat "$work/got")" = "dhcp/t by $host" ]
}

# All its threads have, so that its locks are free; also when nobody has waited for it yet.
worker_has_ended() {
	[ ! -e "/proc/$1" ] ||
		{ grep -qs '^State:[[:space:]]*[ZX]' "/proc/$1/status" && grep -qs '^Threads:[[:space:]]*[01]$' "/proc/$1/status"; }
}

stop_worker() {
	local pid
	pid=$(cat $state/sluice-dataplane.pid)
	kill "$pid"
	within 20 worker_has_ended "$pid"
}

is_released() { grep -q "DHCPRELEASE(lab0) $1 " $state/dnsmasq.log; }

# The server is silent while the worker starts and asks for the first time.
late_server() {
	local server starter status=0
	server=$(cat $state/dnsmasq.pid)
	kill -STOP "$server"
	# the worker of before has said an address: it must not speak for the one that starts
	mv $state/sluice-dataplane.log $state/sluice-dataplane.log.old
	tools/lab/start --name $lab dataplane &
	starter=$!
	within 20 grep -q 'listener default is open' $state/sluice-dataplane.log || status=1
	sleep 1
	[ -z "$(address)" ] || status=1
	kill -CONT "$server"
	wait $starter && return $status
}

# A veth pair outlives the worker: a tap goes with it, and the worker's last packet, the release, with the tap.
check "start with an address by DHCP" tools/lab/up --name $lab --dhcp --port af_packet
check "the log says an address of the server's range" is_of_the_range
check "the server knows the lease" is_leased
check "the lab knows the address" is_the_lab_s
check "a message passes" message_passes
first=$(address)
check "the worker stops" stop_worker
check "the address is given back" within 5 is_released "$first"
check "a server that answers late" late_server
check "the log says an address again" is_of_the_range
check "a message passes again" message_passes
check "end" tools/lab/down --name $lab
conclude

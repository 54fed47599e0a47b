#!/bin/bash
# Port and stack against the kernel's TCP: an echo server on net_tap in a namespace of its own, first on a good
# link, then on one that loses, doubles and reorders. Needs root. Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
[ "$(id -u)" = 0 ] || exec sudo --preserve-env=SLUICE_BUILD,VARIANT "$0" "$@"
. tools/lab/lib.sh
set +e
build=${SLUICE_BUILD:-$PWD/build/$(dpkg --print-architecture)/${VARIANT:-release}}
netns=sluice-stack-$$
work=$(mktemp -d)
echo_pid='' impair_pid=''
passed=0 failed=0
here4=198.18.0.1 there4=198.18.0.2 here6=fd5c:1ce::1 there6=fd5c:1ce::2
ulimit -n 8192

inside() { timeout 300 ip netns exec "$netns" "$@"; }

# end PID: SIGTERM, and SIGKILL after 10 seconds. The process is a child of ours.
end() {
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null
	for _ in $(seq 100); do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.1
	done
	kill -9 "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

clean_up() {
	end "$impair_pid"
	end "$echo_pid"
	ip netns del "$netns" 2>/dev/null
	rm -rf "$work" "$labs/stack-test.$$"
	hugepages_give
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# check NAME COMMAND...
check() {
	local name=$1
	shift
	if "$@" >"$work/output" 2>&1; then
		passed=$((passed + 1))
		echo "ok: $name"
	else
		failed=$((failed + 1))
		echo "FAILED: $name"
		tail -n 20 "$work/output"
	fi
}

client() { inside python3 tests/proc/echo/client.py "$@"; }

# wait_line FILE PID: until the program has written "ready".
wait_line() {
	for _ in $(seq 300); do
		grep -q '^ready' "$1" && return 0
		kill -0 "$2" 2>/dev/null || break
		sleep 0.1
	done
	cat "$1"
	return 1
}

# start_echo KEY=VALUE...
start_echo() {
	: >"$work/echo" # before the server that runs beside us does it: what the last one said must not count
	ip netns exec "$netns" "$build/bin/stack-echo" device=slu0 ipv4=$there4/15 ipv6=$there6/64 "$@" \
		>"$work/echo" 2>&1 9>&- &
	echo_pid=$!
	wait_line "$work/echo" "$echo_pid" || return 1
	ip -n "$netns" link set slu0 up
}

stop_echo() {
	end "$echo_pid"
	echo_pid=''
	sed 's/^/figure: /' "$work/echo"
}

# counted NAME: what the echo server printed for it.
counted() { sed -nE "s/.*\b$1 ([0-9]+).*/\1/p" "$work/echo" | head -n 1; }

at_least() { [ "$(counted "$1")" -ge "$2" ] || { echo "$1 is $(counted "$1"), not $2 or more"; return 1; }; }
exactly() { [ "$(counted "$1")" -eq "$2" ] || { echo "$1 is $(counted "$1"), not $2"; return 1; }; }
nothing_left() { grep -q '^left 0 0 0$' "$work/echo"; }

good_link() {
	check "start" start_echo user_timeout=3000 "$@"
	[ -n "$(ip -n "$netns" link show slu0 2>/dev/null)" ] || return
	ip -n "$netns" addr add $here4/15 dev slu0
	ip -n "$netns" -6 addr add $here6/64 dev slu0 nodad
	check "ping, IPv4" inside ping -c 5 -i 0.01 -W 5 $there4
	check "ping, IPv6" inside ping -6 -c 5 -i 0.01 -W 5 $there6
	check "ping, IPv6 link-local" inside ping -6 -c 2 -W 5 "ff02::1%slu0"
	check "ping, 1400 bytes" inside ping -c 3 -i 0.01 -s 1400 -W 5 $there4
	for host in $there4 $there6; do
		check "many sizes, $host" client $host sizes
		check "single bytes, $host" client $host single_bytes
		check "half-close, $host" client $host half_close
		check "RST, $host" client $host reset
		check "slow reader, $host" client $host slow_reader
	done
	check "no listener" client $there4 refused
	check "the same source port again" client $there4 same_port
	check "a window that stays shut" client $there4 zero_window
	check "1,000 connections at once" client $there4 many 1000
	check "1,000 connections at once, IPv6" client $there6 many 1000
	stop_echo
	check "RSTs were counted" at_least reset 2
	check "the shut window timed out" exactly timeout 1
	check "no wrong checksums" exactly bad_checksum 0
	check "no memory left over" nothing_left
}

# The kernel's end is a veth; the other end of it is joined to the tap by the bad cable.
bad_link() {
	check "start without hugepages" start_echo hugepages=off
	[ -n "$(ip -n "$netns" link show slu0 2>/dev/null)" ] || return
	ip -n "$netns" link add client0 type veth peer name cable0
	# The kernel must not answer for the client at the ends of the cable.
	inside sysctl -qw net.ipv6.conf.{slu0,cable0}.disable_ipv6=1 net.ipv4.conf.{slu0,cable0}.arp_ignore=8
	ip -n "$netns" link set client0 up
	ip -n "$netns" link set cable0 up
	inside ethtool -K client0 tx off tso off gso off gro off >/dev/null
	ip -n "$netns" addr add $here4/15 dev client0
	ip -n "$netns" -6 addr add $here6/64 dev client0 nodad
	ip netns exec "$netns" python3 -u tests/proc/impair cable0 slu0 "$@" >"$work/impair" 2>&1 9>&- &
	impair_pid=$!
	check "bad cable" wait_line "$work/impair" "$impair_pid"
	for host in $there4 $there6; do
		check "many sizes, bad link, $host" client $host sizes
		check "1 MB, bad link, $host" client $host bulk 1000000
		check "single bytes, bad link, $host" client $host single_bytes
		check "half-close, bad link, $host" client $host half_close
	done
	check "100 connections, bad link" client $there4 many 100
	end "$impair_pid"
	impair_pid=''
	sed -n '/^frames/s/^/figure: cable /p' "$work/impair"
	stop_echo
	check "segments were sent again" at_least retransmits 1
	check "no wrong checksums, bad link" exactly bad_checksum 0
	check "no memory left over, bad link" nothing_left
}

new_namespace() {
	ip netns add "$netns"
	ip -n "$netns" link set lo up
}

mkdir -p "$labs/stack-test.$$" # hugepages_give waits for the last of these
hugepages_take 40
new_namespace
good_link hugepages=auto
ip netns del "$netns"
new_namespace
bad_link loss=5 duplicate=3 reorder=5
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

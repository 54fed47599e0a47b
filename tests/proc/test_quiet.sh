#!/bin/bash
# A busy worker makes no system call but the port's own while messages pass: on memif, whose packets lie in shared
# memory, only the interrupt to the other side (a write to an eventfd) is left.
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=quiet
. tests/proc/lib.sh
trace=$work/trace
trap 'tools/lab/down --quiet --name $lab; rm -rf "$work"' EXIT

is_traced() { grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$worker/status"; }

# traced SECONDS COMMAND...: the worker's system calls while the command runs
traced() {
	timeout "$1" strace -f -y -qq -o "$trace" -p "$worker" &
	tracer=$!
	shift
	within 20 is_traced
	"$@"
	kill -INT $tracer 2>/dev/null
	wait $tracer 2>/dev/null
	# EAL's own threads sleep in epoll_wait and the like; only the worker's thread is of interest
	awk -v pid="$worker" '$1 == pid' "$trace" | grep -vE 'strace: |resumed|detached|<unfinished'
}

SLUICE_DATAPLANE__POLL=busy tools/lab/up --name $lab --port memif || exit 1
worker=$(cat /run/sluice-lab/$lab/sluice-dataplane.pid)

publish_many() {
	seq 3000 | tools/lab/exec --name $lab mosquitto_pub -h 198.18.0.2 -t quiet/t -l -q 0
}

timeout 60 tools/lab/exec --name $lab mosquitto_sub -h 198.18.0.2 -t 'quiet/#' -C 3000 >"$trace.sub" &
reader=$!
within 5 is_subscribed $lab 'quiet/#'
calls=$(traced 30 publish_many)
wait $reader
[ "$(wc -l <"$trace.sub")" = 3000 ]
verdict "the subscriber got all messages" $?
# the publisher's CONNECT and DISCONNECT ring control's doorbell, a FIFO beside the region, once each way
others=$(grep -vE 'write\([0-9]+<anon_inode:\[eventfd\]>|(write|read)\([0-9]+<[^>]*/sluice-quiet\.bell-[0-9]+>' <<<"$calls" | grep -c '(')
bells=$(grep -c 'sluice-quiet.bell' <<<"$calls")
echo "figure: 3000 messages in and out: $(grep -c eventfd <<<"$calls") interrupts of memif, $bells doorbells, $others other system calls"
[ "$others" = 0 ]
verdict "no system call besides the port's" $?
[ "$others" = 0 ] || grep -vE 'eventfd|sluice-quiet.bell' <<<"$calls" | head -n 20
[ "$bells" -ge 1 ] && [ "$bells" -le 20 ]
verdict "the doorbell rings for the client's coming and going only ($bells times)" $?
conclude

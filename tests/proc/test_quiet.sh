#!/bin/bash
# A busy worker makes no system call but the port's own while messages pass: on memif, whose packets lie in shared
# memory, only the interrupt to the other side (a write to an eventfd) is left.
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=quiet
trace=$(mktemp)
trap 'tools/lab/down --quiet --name $lab; rm -f "$trace"' EXIT

# traced SECONDS COMMAND...: the worker's system calls while the command runs
traced() {
	timeout "$1" strace -f -y -qq -o "$trace" -p "$worker" &
	tracer=$!
	shift
	sleep 0.5
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
for _ in $(seq 50); do
	tools/lab/exec --name $lab sluicectl subscriptions list | grep -q 'quiet/#' && break
	sleep 0.1
done
calls=$(traced 30 publish_many)
wait $reader
received=$(wc -l <"$trace.sub")
rm -f "$trace.sub"
failed=0
if [ "$received" != 3000 ]; then
	echo "the subscriber got $received of 3000 messages"
	failed=1
fi
# the publisher's CONNECT and DISCONNECT ring control's doorbell, a FIFO beside the region, once each way
others=$(grep -vE 'write\([0-9]+<anon_inode:\[eventfd\]>|(write|read)\([0-9]+</dev/shm/sluice-quiet\.bell-[0-9]+>' <<<"$calls" | grep -c '(')
bells=$(grep -c 'sluice-quiet.bell' <<<"$calls")
echo "figure: 3000 messages in and out: $(grep -c eventfd <<<"$calls") interrupts of memif, $bells doorbells, $others other system calls"
if [ "$others" != 0 ]; then
	grep -vE 'eventfd|sluice-quiet.bell' <<<"$calls" | head -n 20
	failed=1
fi
if [ "$bells" -gt 20 ]; then
	echo "the doorbell rang $bells times for one client"
	failed=1
fi
echo "$((1 - failed)) passed, $failed failed"
[ $failed = 0 ]

#!/bin/bash
# sluicectl against a running broker: every command as text and as JSON, kick, and what it says when nobody answers.
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=ctl
passed=0 failed=0
trap 'kill $client 2>/dev/null; tools/lab/down --quiet --name $lab' EXIT
client=

check() {
	if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "failed: $1"; fi
}
ctl() { tools/lab/exec --name $lab sluicectl "$@"; }
# says PATTERN COMMAND...: its text matches
says() {
	local pattern=$1
	shift
	ctl "$@" | grep -qE -- "$pattern"
	check "$* says $pattern" $?
}

tools/lab/up --name $lab || exit 1
ip netns exec sluice-$lab mosquitto_sub -h 198.18.0.2 -i ctl-client -u somebody -k 30 -c -q 1 -t 'ctl/+' -t "\$share/g/ctl/s" &
client=$!
for _ in $(seq 100); do
	ctl subscriptions list | grep -q ctl/s && break
	sleep 0.1
done

says "^Node 'sluice' .* is started" status
says 'worker 0 is ready' status
says '^version +: ' broker
says '^uptime +: ' broker
says '^Client\(ctl-client, username=somebody, peername=198\.18\.0\.1:[0-9]+, clean_start=false, keepalive=30, .*connected=true' clients list
says '^Client\(ctl-client' clients show ctl-client
says '^ctl-client -> topic:ctl/\+ qos:1 nl:0 rh:0 rap:0' subscriptions list
says '^ctl-client -> topic:\$share/g/ctl/s qos:1' subscriptions list
says '^ctl/\+ -> sluice' topics list
says '^tcp:default' listeners
says '^  current_conn +: 1$' listeners
says '^  shutdown_count +: \[' listeners
says 'mqtt connections' memory
says 'sessions' memory
for command in status broker 'clients list' 'clients show ctl-client' 'subscriptions list' 'topics list' listeners memory; do
	# shellcheck disable=SC2086
	ctl --json $command | python3 -m json.tool >/dev/null
	check "--json $command is JSON" $?
done
ctl clients show nobody >/dev/null 2>&1
[ $? = 1 ]
check "an unknown client is an error" $?
ctl no such command >/dev/null 2>&1
[ $? = 2 ]
check "an unknown command is a usage error" $?
ctl clients kick ctl-client | grep -qx ok
check "kick says ok" $?
for _ in $(seq 100); do
	ctl listeners | grep -q '{kicked,1}' && break
	sleep 0.1
done
says '\{kicked,1\}' listeners
"${SLUICE_BUILD:?}"/bin/sluicectl --help | grep -q 'clients'
check "--help lists the commands" $?
message=$("$SLUICE_BUILD"/bin/sluicectl --socket /nonexistent/control.sock status 2>&1)
[ $? = 1 ] && grep -q 'is sluice-control running' <<<"$message"
check "no broker: it says so" $?
for wrong in --nonsense=1 --tcp.tick=0 --tcp.tick=x --listener=1,2 --port.kind; do
	message=$("$SLUICE_BUILD"/bin/sluice-dataplane --region.path=/nonexistent --port.kind=tap --port.device=x "$wrong" 2>&1)
	[ $? = 2 ] && grep -q "^sluice-dataplane: " <<<"$message"
	check "sluice-dataplane refuses $wrong" $?
done
"$SLUICE_BUILD"/bin/sluice-dataplane --help | grep -q -- --tcp.tick
check "sluice-dataplane --help lists its arguments" $?
echo "$passed passed, $failed failed"
[ $failed = 0 ]

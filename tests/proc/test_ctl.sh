#!/bin/bash
# sluicectl against a running broker: every command as text and as JSON, kick, and what it says when nobody answers.
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=ctl
client=
. tests/proc/lib.sh
trap 'kill $client 2>/dev/null; tools/lab/down --quiet --name $lab; rm -rf "$work"' EXIT

ctl() { tools/lab/exec --name $lab sluicectl "$@"; }
# says PATTERN COMMAND...: its text matches
says() {
	local pattern=$1
	shift
	ctl "$@" | grep -qE -- "$pattern"
	verdict "$* says $pattern" $?
}

tools/lab/up --name $lab || exit 1
ip netns exec sluice-$lab mosquitto_sub -h 198.18.0.2 -i ctl-client -u somebody -k 30 -c -q 1 -t 'ctl/+' -t "\$share/g/ctl/s" &
client=$!
within 10 is_subscribed $lab ctl/s

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
	verdict "--json $command is JSON" $?
done
ctl clients show nobody >/dev/null 2>&1
[ $? = 1 ]
verdict "an unknown client is an error" $?
ctl no such command >/dev/null 2>&1
[ $? = 2 ]
verdict "an unknown command is a usage error" $?
ctl clients kick ctl-client | grep -qx ok
verdict "kick says ok" $?
is_counted() { ctl listeners | grep -q '{kicked,1}'; }
within 10 is_counted
says '\{kicked,1\}' listeners
"${SLUICE_BUILD:?}"/bin/sluicectl --help | grep -q 'clients'
verdict "--help lists the commands" $?
message=$("$SLUICE_BUILD"/bin/sluicectl --socket /nonexistent/control.sock status 2>&1)
[ $? = 1 ] && grep -q 'is sluice-control running' <<<"$message"
verdict "no broker: it says so" $?
for wrong in --nonsense=1 --tcp.tick=0 --tcp.tick=x --listener=1,2 --port.kind; do
	message=$("$SLUICE_BUILD"/bin/sluice-dataplane --region.path=/nonexistent --port.kind=tap --port.device=x "$wrong" 2>&1)
	[ $? = 2 ] && grep -q "^sluice-dataplane: " <<<"$message"
	verdict "sluice-dataplane refuses $wrong" $?
done
"$SLUICE_BUILD"/bin/sluice-dataplane --help | grep -q -- --tcp.tick
verdict "sluice-dataplane --help lists its arguments" $?
conclude

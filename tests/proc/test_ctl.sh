#!/bin/bash
# sluicectl against a running broker: every command as text and as JSON, kick, and what it says when nobody answers.
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=ctl
client='' listener=''
. tests/proc/lib.sh
trap 'kill $client $listener 2>/dev/null; tools/lab/down --quiet --name $lab; rm -rf "$work"' EXIT

ctl() { tools/lab/exec --name $lab sluicectl "$@"; }
# says PATTERN COMMAND...: its text matches
says() {
	local pattern=$1
	shift
	ctl "$@" | grep -qE -- "$pattern"
	verdict "$* says $pattern" $?
}

{ echo '{allow, {clientid, "ctl-listener"}, subscribe, ["$SYS/#"]}.' && cat conf/acl.conf; } > "$work/acl.conf"
: > "$work/ctl.conf"
tools/lab/up --name $lab --conf "$work/ctl.conf" || exit 1
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
says '^slu0: link up, .*slu0 by net_tap .worker.$' interfaces
says '^  address  : 198\.18\.0\.2/15$' interfaces
has_received() { ctl interfaces | grep -qE '^  received : [1-9][0-9]* packets, [1-9][0-9]* bytes'; }
within 10 has_received # the worker tells its figures four times a second
verdict "the port's packets are counted" $?
says '^control +[0-9]+ +[0-9]+ ' cores
says '^worker 0 +[0-9]+ +[0-9]+ .*%$' cores
ctl health | grep -q '^healthy: '
verdict "health says healthy" $?
echo "cli.socket = \"/run/sluice-lab/$lab/control.sock\"" >"$work/moved.conf"
# as_configured COMMAND...: with that as the configuration that runs, and no other word of where control is
as_configured() {
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t tmpfs none /etc && mkdir /etc/sluice && cp "$0" /etc/sluice/sluice.conf && exec "$@"' \
		"$work/moved.conf" env -u SLUICE_CLI__SOCKET "$SLUICE_BUILD/bin/sluicectl" "$@"
}
as_configured status | grep -q "^Node 'sluice' .* is started" && as_configured show status | grep -q '^broker *: answers'
verdict "control is asked where the configuration says" $?
for command in status broker 'clients list' 'clients show ctl-client' 'subscriptions list' 'topics list' listeners memory interfaces cores health; do
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

# Each asks for the health at once, and each gets its answer; what the probe publishes can be heard.
ip netns exec sluice-$lab mosquitto_sub -h 198.18.0.2 -i ctl-listener -t "\$SYS/brokers/+/health" -C 1 -W 20 > "$work/probe" &
listener=$!
within 10 is_subscribed $lab '$SYS/brokers/+/health'
for i in 1 2 3; do
	ctl health > "$work/health$i" &
	askers[i]=$!
done
for i in 1 2 3; do wait "${askers[i]}"; done
[ "$(cat "$work"/health[123] | grep -c '^healthy: ')" = 3 ]
verdict "three who ask at once are answered" $?
wait $listener && grep -qE '^[0-9]+$' "$work/probe"
verdict "the probe goes the way of all messages" $?

# A worker that hangs brings nothing back; one that is gone is down.
worker=$(ctl --json status | python3 -c 'import json, sys; print(json.load(sys.stdin)["workers"][0]["pid"])')
kill -STOP "$worker"
ctl health > "$work/health"
[ $? = 1 ] && grep -qx '  a message through worker 0 did not come back within 2000 ms' "$work/health"
verdict "a worker that hangs is found" $?
kill -CONT "$worker"
is_healthy() { ctl health | grep -q '^healthy: '; }
within 10 is_healthy
verdict "it is healthy again" $?

# A reload tells what changed and what waits, or what is wrong.
printf '%s\n' 'mqtt.max_inflight = 16' 'tcp.msl = 1s' > "$work/ctl.conf"
says '^mqtt.max_inflight: 16, was 32 .new connections.$' config reload
says '^mqtt.max_inflight = 16$' config show mqtt.max_inflight
printf '%s\n' 'mqtt.max_inflight = 16' 'tcp.msl = 2s' > "$work/ctl.conf"
says '^tcp.msl: 2s, was 1s .waits for a restart of the worker.$' config reload
says '^configuration taken over: 0 keys changed' config reload
printf '%s\n' 'mqtt.max_inflight = 0' 'nonsense = 1' > "$work/ctl.conf"
message=$(ctl config reload 2>&1)
[ $? = 1 ] && grep -q 'ctl.conf:1: mqtt.max_inflight: expected' <<<"$message" && grep -q 'ctl.conf:2: nonsense: unknown key' <<<"$message"
verdict "a reload with faults tells all of them" $?
says '^mqtt.max_inflight = 16$' config show mqtt.max_inflight

kill -KILL "$worker"
says_down() { [ "$(ctl health)" = $'not healthy\n  worker 0 is down' ]; }
within 10 says_down
verdict "a worker that is gone is found" $?
says '^slu0: link down' interfaces
message=$("$SLUICE_BUILD"/bin/sluicectl --socket /nonexistent/control.sock status 2>&1)
[ $? = 1 ] && grep -q 'is sluice-control running' <<<"$message"
verdict "no broker: it says so" $?
mkdir -m 000 "$work/closed"
cp "$SLUICE_BUILD/bin/sluicectl" "$work"
message=$(setpriv --bounding-set=-all --inh-caps=-all "$work/sluicectl" --socket "$work/closed/control.sock" status 2>&1)
[ $? = 1 ] && grep -q 'Permission denied; it answers root only' <<<"$message"
verdict "not allowed: it says who is" $?
for wrong in --nonsense=1 --tcp.tick=0 --tcp.tick=x --listener=1,2 --port.kind; do
	message=$("$SLUICE_BUILD"/bin/sluice-dataplane --region.path=/nonexistent --port.kind=tap --port.device=x "$wrong" 2>&1)
	[ $? = 2 ] && grep -q "^sluice-dataplane: " <<<"$message"
	verdict "sluice-dataplane refuses $wrong" $?
done
"$SLUICE_BUILD"/bin/sluice-dataplane --help | grep -q -- --tcp.tick
verdict "sluice-dataplane --help lists its arguments" $?
conclude

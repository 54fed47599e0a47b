#!/bin/bash
# sluice-config against a running broker: a commit changes what it says, and nobody who is connected notices; what is
# not confirmed comes back; a full or read-only disk changes nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=config
guard='' client='' lab_is_up=''
. tests/proc/lib.sh
cleanup() {
	[ -z "$guard$client" ] || { kill $guard $client; wait $guard $client; } 2>/dev/null
	[ -z "$lab_is_up" ] || tools/lab/down --quiet --name $lab
	umount "$work/cfg" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

# The committed configuration lies on a small disk of its own.
mkdir "$work/cfg" "$work/etc" && mount -t tmpfs -o size=256k,mode=700 sluice-config "$work/cfg" || exit 1
cp conf/sluice.conf conf/acl.conf "$work/etc"
long_id=a-client-with-an-identifier-of-more-than-23-bytes

program=(tools/lab/exec --name "$lab" sluice-config --dir "$work/cfg" --factory "$work/etc/sluice.conf"
	--init "$work/init" --mgmt "$work/mgmt" --yes)
config() { "${program[@]}" "$@"; }
has_ended() { [ ! -e "/proc/$1" ] || grep -q '^State:[[:space:]]*[ZX]' "/proc/$1/status"; }
inside() { tools/lab/exec --name $lab "$@"; }
# in_force KEY VALUE: control says so
in_force() { inside sluicectl config show "$1" | grep -qE "^$1 *[=:]? *\"?$2\"?( |$)"; }
pub() { inside timeout 10 mosquitto_pub -h 198.18.0.2 -V 5 -q 1 "$@"; }
received() { grep -qx "$1" "$work/received"; }
connected_at() { inside sluicectl --json clients show $long_id | grep -o '"connected_at":[^,}]*'; }
# still_connected TITLE: the client has its first connection, and hears
still_connected() {
	pub -i p -t config/t -m "$1" && within 5 received "$1" && [ "$(connected_at)" = "$first" ]
	verdict "$1: the client stays and hears" $?
}

"${SLUICE_BUILD:?}"/bin/sluice-config --dir "$work/cfg" --factory "$work/etc/sluice.conf" boot >"$work/boot" 2>&1
grep -qx "$work/cfg/running.conf" "$work/boot"
verdict "the first boot runs the factory's" $?
"$SLUICE_BUILD"/bin/sluice-config --dir "$work/cfg" --factory "$work/etc/sluice.conf" --no-apply set mqtt.max_inflight 20 >/dev/null
verdict "a commit before anything runs" $?
[ "$("$SLUICE_BUILD"/bin/sluice-config --dir "$work/cfg" boot)" = "$work/cfg/startup.conf" ]
verdict "boot names what was committed" $?
"$SLUICE_BUILD"/bin/sluice-config --dir "$work/cfg" set tcp.msl 7s >"$work/output" 2>&1 </dev/null
[ $? = 1 ] && grep -q -- '--yes commits' "$work/output" && ! grep -q 7s "$work/cfg/startup.conf"
verdict "a script restarts nothing without --yes" $?

tools/lab/up --name $lab --conf "$work/cfg/startup.conf" || exit 1
lab_is_up=1
ip netns exec sluice-$lab stdbuf -oL mosquitto_sub -h 198.18.0.2 -i $long_id -k 30 -q 1 -t 'config/+' >"$work/received" &
client=$!
within 10 is_subscribed $lab config/+
verdict "a client is connected" $?
first=$(connected_at)
[ -n "$first" ]
verdict "since when is known" $?
in_force mqtt.max_inflight 20
verdict "control runs with what was committed" $?
still_connected before

config set mqtt.max_sessions 1234 >"$work/output" 2>&1 && grep -qx 'mqtt.max_sessions: 1234, was 1000000 (live)' "$work/output"
verdict "commit says that the key is live" $?
in_force mqtt.max_sessions 1234
verdict "a live key is in force" $?
still_connected live

config commit --set mqtt.max_clientid_len=23 --delete mqtt.max_inflight >/dev/null
verdict "commit of two keys" $?
in_force mqtt.max_inflight 32 && in_force mqtt.max_clientid_len 23
verdict "both are in force" $?
pub -i "$long_id-2" -t config/t -m no 2>&1 | grep -qi 'identifier'
verdict "a new connection is held to the new limit" $?
still_connected new-connections

config commit --set mqtt.max_inflight=0 --set mqtt.max_sessions=5 >/dev/null 2>&1
[ $? = 2 ]
verdict "a wrong value is a usage error" $?
echo '{maybe, all}.' >"$work/cfg/bad.conf"
config set authorization.file bad.conf >/dev/null 2>&1
[ $? = 2 ] && in_force authorization.file acl.conf && in_force mqtt.max_sessions 1234
verdict "a commit with faults changes nothing" $?

config set net.gateway4 198.18.0.1 >"$work/output" 2>&1
[ $? = 2 ]
verdict "the check between keys refuses" $?
config --plan commit --set tcp.msl=6s | grep -q 'restart of the worker: clients are disconnected'
verdict "the plan says who restarts" $?
mkfifo "$work/init"
exec 8<>"$work/init"
config set tcp.msl 6s >/dev/null 2>&1
read -r -t 5 line <&8 && [ "$line" = 'restart worker' ]
verdict "init is asked to restart the worker" $?
still_connected restart-asked

config --plan commit --set log.level=warning | grep -q '(live)' && config set log.level warning >/dev/null
verdict "the log level is live" $?
still_connected log-level

"${program[@]}" guard 2>"$work/guard" & # not through a function: the process is the guard itself
guard=$!
config commit --set mqtt.max_sessions=77 --confirm 1 >/dev/null
in_force mqtt.max_sessions 77
verdict "a commit to be confirmed is in force" $?
config pending | grep -q 'waits to be confirmed'
verdict "and waits" $?
sed -i 's/^deadline_ms .*/deadline_ms 1/' "$work/cfg/pending"
within 10 in_force mqtt.max_sessions 1234
verdict "the guard brings back what was before" $?
config history | head -n 1 | grep -q 'guard .*was not confirmed'
verdict "and says so in the history" $?
config commit --set mqtt.max_sessions=78 --confirm 1 >/dev/null && config confirm
sed -i 's/^deadline_ms .*/deadline_ms 1/' "$work/cfg/pending" 2>/dev/null
sleep 2
in_force mqtt.max_sessions 78
verdict "what was confirmed stays" $?
still_connected guard

dd if=/dev/zero of="$work/cfg/fill" bs=4k 2>/dev/null
before=$(cat "$work/cfg/startup.conf")
config set mqtt.max_sessions 79 >"$work/output" 2>&1
[ $? = 1 ] && grep -q 'No space left on device; make room' "$work/output"
verdict "a full disk: it says so" $?
[ "$before" = "$(cat "$work/cfg/startup.conf")" ] && in_force mqtt.max_sessions 78 && [ "$(config boot 2>/dev/null)" = "$work/cfg/startup.conf" ]
verdict "a full disk changes nothing" $?
rm "$work/cfg/fill"
config commit --set mqtt.max_sessions=79 --confirm 1 >/dev/null
verdict "with room again it works" $?
dd if=/dev/zero of="$work/cfg/fill" bs=4k 2>/dev/null
kill $guard && wait $guard 2>/dev/null
guard=
printf '%s\n' "$(sed 's/^deadline_ms .*/deadline_ms 1/' "$work/cfg/pending")" 1<>"$work/cfg/pending"
"${program[@]}" guard 2>"$work/guard" & # not through a function: the process is the guard itself
guard=$!
within 10 in_force mqtt.max_sessions 78
verdict "a full disk does not keep the guard from its work" $?
rm "$work/cfg/fill"
mount -o remount,ro "$work/cfg"
config set mqtt.max_sessions 80 >"$work/output" 2>&1
[ $? = 1 ] && grep -q 'read-only' "$work/output" && in_force mqtt.max_sessions 78
verdict "a read-only disk: it says so, and nothing changes" $?
[ "$(config boot 2>/dev/null)" = "$work/cfg/startup.conf" ]
verdict "it boots from a read-only disk" $?
still_connected disk

# the worker follows the level too: it does not say that it ends
state=/run/sluice-lab/$lab
worker=$(cat $state/sluice-dataplane.pid)
kill "$worker" && within 20 has_ended "$worker" && ! grep -q stopped $state/sluice-dataplane.log && grep -q 'waiting for control' $state/sluice-dataplane.log
verdict "the worker's level has changed too" $?
conclude

#!/bin/bash
# Access rules in force, from file to worker; $SYS topics; a broken rule stops the start and says where.
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=rules
. tests/proc/lib.sh
trap 'tools/lab/down --quiet --name $lab; rm -rf "$work"' EXIT

inside() { tools/lab/exec --name $lab timeout 10 "$@"; }
sub() { inside mosquitto_sub -h 198.18.0.2 -V 5 -W 5 "$@"; }
# listens for a minute at most; not a function, so that its process can be ended
listen=(tools/lab/exec --name "$lab" timeout 60 stdbuf -oL mosquitto_sub -h 198.18.0.2 -V 5 -v)
pub() { inside mosquitto_pub -h 198.18.0.2 -V 5 -q 1 "$@"; }

# the rules that are shipped
SLUICE_BROKER__SYS_MSG_INTERVAL=1s SLUICE_BROKER__SYS_HEARTBEAT_INTERVAL=1s tools/lab/up --name $lab || exit 1
sub -t '#' -d 2>&1 | grep -q 'Subscribed (mid: 1): 135'
verdict "# is denied to everyone" $?
sub -t "\$SYS/#" -d 2>&1 | grep -q 'Subscribed (mid: 1): 135'
verdict "\$SYS/# is denied to everyone else" $?
"${listen[@]}" -u dashboard -t "\$SYS/#" >"$work/sys" &
dashboard=$!
has_seen() { grep -qE "^$1" "$work/sys"; }
# shellcheck disable=SC2016
for topic in '\$SYS/brokers sluice' '\$SYS/brokers/sluice/version .' '\$SYS/brokers/sluice/uptime [0-9]+$' \
	'\$SYS/brokers/sluice/datetime 20' '\$SYS/brokers/sluice/stats/connections/count 1$' \
	'\$SYS/brokers/sluice/metrics/packets/connect/received [0-9]+$'; do
	within 30 has_seen "$topic"
	verdict "dashboard sees $topic" $?
done
kill $dashboard
wait $dashboard
tools/lab/down --name $lab

# rules of our own
cat >"$work/acl.conf" <<-'EOF'
	% guests read, and write to their own folder only
	{deny, {user, "guest"}, subscribe, ["secret/#"]}.
	{allow, {user, "guest"}, publish, ["home/${clientid}/#"]}.
	{deny, {user, "guest"}, publish, ["#"]}.
	{allow, all}.
EOF
SLUICE_AUTHORIZATION__FILE=$work/acl.conf tools/lab/up --name $lab || exit 1
sub -u guest -t secret/plan -d 2>&1 | grep -q 'Subscribed (mid: 1): 135'
verdict "a guest may not subscribe to secret/#" $?
pub -u guest -i g1 -t elsewhere -m x -d 2>&1 | grep -qi 'not authorized'
verdict "a guest's publish elsewhere is refused in PUBACK" $?
"${listen[@]}" -u owner -t 'home/#' -C 1 >"$work/home" &
reader=$!
within 30 is_subscribed $lab 'home/#'
pub -u guest -i g1 -t home/g2/x -m wrong
pub -u guest -i g1 -t home/g1/x -m right
wait $reader
[ "$(cat "$work/home")" = 'home/g1/x right' ]
verdict "a guest writes to its own folder only" $?

# SIGHUP takes new rules without a restart
echo '{deny, all}.' >"$work/acl.conf"
kill -HUP "$(cat /run/sluice-lab/$lab/sluice-control.pid)"
is_denied() { sub -u owner -t open -d 2>&1 | grep -q 'Subscribed (mid: 1): 135'; }
within 10 is_denied
verdict "new rules after SIGHUP" $?
tools/lab/down --name $lab

# no rules any more is a change as any other
cp conf/sluice.conf "$work/sluice.conf"
echo "authorization.file = \"$work/acl.conf\"" >>"$work/sluice.conf"
tools/lab/up --name $lab --conf "$work/sluice.conf" || exit 1
is_denied
verdict "the file's rules are in force" $?
sed -i 's/^authorization.file = .*/authorization.file = ""/' "$work/sluice.conf"
inside sluicectl config reload >/dev/null
is_allowed() { sub -u owner -t open -W 1 -d 2>&1 | grep -q 'Subscribed (mid: 1): 0$'; }
within 10 is_allowed
verdict "without a file there are no rules" $?
echo 'authorization.no_match = deny' >>"$work/sluice.conf"
inside sluicectl config reload >/dev/null
within 10 is_denied
verdict "and then all is as authorization.no_match says" $?
tools/lab/down --name $lab

# what a ring does not take is said with its size, and changes nothing
cp conf/sluice.conf "$work/small.conf"
printf '%s\n' 'region.ring_bytes = 64KB' 'mqtt.max_packet_size = 28KB' \
	"authorization.file = \"$work/acl.conf\"" >>"$work/small.conf"
echo '{allow, all}.' >"$work/acl.conf"
tools/lab/up --name $lab --conf "$work/small.conf" || exit 1
for ((i = 0; i < 1000; i++)); do echo "{deny, {user, \"owner\"}, subscribe, [\"a/$i\"]}."; done >"$work/acl.conf"
too_large() { grep -qE 'acl.conf: the rules have [0-9]+ bytes compiled, more than the 28672 of' "$1"; }
inside sluicectl config reload >"$work/output" 2>&1
[ $? != 0 ] && too_large "$work/output" && is_allowed
verdict "rules that no ring takes are not taken over" $?
tools/lab/down --name $lab
tools/lab/up --name $lab --conf "$work/small.conf" >"$work/broken" 2>&1
[ $? != 0 ] && too_large "$work/broken"
verdict "and stop the start" $?

printf '%s\n' '{allow, all}.' '{allow, {user, "x"}, publissh, ["a"]}.' >"$work/acl.conf"
SLUICE_AUTHORIZATION__FILE=$work/acl.conf tools/lab/up --name $lab >"$work/broken" 2>&1
[ $? != 0 ] && grep -q 'acl.conf:2:' "$work/broken"
verdict "a broken rule stops the start, with file and line" $?
conclude

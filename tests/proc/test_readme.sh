#!/bin/bash
# Runs the commands of README.md as they stand there; `make test` itself is what runs this.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/proc/lib.sh
log=$work/log
runner=
finish() {
	[ -z "$runner" ] || kill -INT -- "-$runner" 2>/dev/null
	for lab in run demo small; do tools/lab/down --quiet --name $lab; done
	rm -rf "$work"
}
trap finish EXIT

# the command lines of README that begin with a pattern
commands() { grep -E "^    $1" README.md | sed 's/^    //; s/  *# .*//'; }

for target in run test; do
	commands "make $target" | grep -qx "make $target"
	verdict "README names make $target" $?
done

# make run, until it prints the commands; then those of README, the subscriber first
env --default-signal=INT setsid make run >"$log" 2>&1 </dev/null &
runner=$!
for _ in $(seq 600); do
	grep -q 'Ctrl-C stops it' "$log" && break
	kill -0 $runner 2>/dev/null || break
	sleep 0.1
done
grep -q 'Ctrl-C stops it' "$log" || tail -n 20 "$log"
grep -q 'Ctrl-C stops it' "$log"
verdict "make run starts" $?
subscriber=$(commands 'tools/lab/exec --name run mosquitto_sub' | head -n 1)
publisher=$(commands 'tools/lab/exec --name run mosquitto_pub' | head -n 1)
grep -qF "$subscriber" "$log" && grep -qF "$publisher" "$log"
verdict "make run prints the commands of README" $?
got=$work/got
eval "timeout 20 $subscriber -C 1" >"$got" &
reader=$!
within 5 is_subscribed run 'hello/#'
eval "$publisher"
wait $reader
[ "$(cat "$got")" = 'hello/world first message' ]
verdict "the message of README arrives" $?
kill -INT -- "-$runner"
for _ in $(seq 200); do
	kill -0 $runner 2>/dev/null || break
	sleep 0.1
done
[ ! -e /run/sluice-lab/run ] && [ ! -e /run/netns/sluice-run ] && [ ! -e /dev/shm/sluice-run ]
verdict "Ctrl-C cleans up" $?
kill -9 -- "-$runner" 2>/dev/null
runner=

commands '(SLUICE_[A-Z_]*=[^ ]* )?tools/lab/(up|down|exec)' | grep -v -- '--name run' >"$work/commands"
check "README has commands for labs" test -s "$work/commands"
while read -r line; do
	check "$line" eval "$line" </dev/null # the commands that follow are not its input
done <"$work/commands"

conclude

#!/bin/bash
# Runs the commands of README.md as they stand there; `make test` itself is what runs this.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
log=$(mktemp)
runner=
finish() {
	[ -z "$runner" ] || kill -INT -- "-$runner" 2>/dev/null
	for lab in run demo small; do tools/lab/down --quiet --name $lab; done
	rm -f "$log"
}
trap finish EXIT

# check TITLE STATUS
check() {
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "failed: $1"
		tail -n 20 "$log"
	fi
}

# the command lines of README that begin with a pattern
commands() { grep -E "^    $1" README.md | sed 's/^    //; s/  *# .*//'; }

for target in run test; do
	commands "make $target" | grep -qx "make $target"
	check "README names make $target" $?
done

# make run, until it prints the commands; then those of README, the subscriber first
env --default-signal=INT setsid make run >"$log" 2>&1 </dev/null &
runner=$!
for _ in $(seq 600); do
	grep -q 'Ctrl-C stops it' "$log" && break
	kill -0 $runner 2>/dev/null || break
	sleep 0.1
done
grep -q 'Ctrl-C stops it' "$log"
check "make run starts" $?
subscriber=$(commands 'tools/lab/exec --name run mosquitto_sub' | head -n 1)
publisher=$(commands 'tools/lab/exec --name run mosquitto_pub' | head -n 1)
grep -qF "$subscriber" "$log" && grep -qF "$publisher" "$log"
check "make run prints the commands of README" $?
got=$(mktemp)
eval "timeout 20 $subscriber -C 1" >"$got" &
reader=$!
for _ in $(seq 50); do
	tools/lab/exec --name run sluicectl subscriptions list 2>/dev/null | grep -q 'hello/#' && break
	sleep 0.1
done
eval "$publisher"
wait $reader
[ "$(cat "$got")" = 'hello/world first message' ]
check "the message of README arrives" $?
rm -f "$got"
kill -INT -- "-$runner"
for _ in $(seq 200); do
	kill -0 $runner 2>/dev/null || break
	sleep 0.1
done
[ ! -e /run/sluice-lab/run ] && [ ! -e /run/netns/sluice-run ] && [ ! -e /dev/shm/sluice-run ]
check "Ctrl-C cleans up" $?
kill -9 -- "-$runner" 2>/dev/null
runner=

while read -r line; do
	eval "$line" >"$log" 2>&1
	check "$line" $?
done < <(commands '(SLUICE_[A-Z_]*=[^ ]* )?tools/lab/(up|down|exec)' | grep -v -- '--name run')

echo "$passed passed, $failed failed"
[ $failed = 0 ]

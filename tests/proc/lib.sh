# Shared by the process tests that are scripts; sourced, from the top of the tree, after `set -u`.
# A script ends with `conclude`: the line "N passed, N failed", and the status that goes with it.

passed=0 failed=0
work=$(mktemp -d) # the script's trap removes it

# verdict TITLE STATUS: counts one check by the status of a command that was run before
verdict() {
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
	fi
}

# What else to show when a check fails; a script may say.
on_failure() { :; }

# check TITLE COMMAND...: runs the command, and shows its output when it fails
check() {
	local title=$1 status
	shift
	"$@" >"$work/output" 2>&1
	status=$?
	verdict "$title" $status
	[ $status = 0 ] && return
	tail -n 20 "$work/output"
	on_failure
}

# within SECONDS COMMAND...: until the command succeeds
within() {
	local deadline=$((SECONDS + $1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
}

# is_subscribed LAB FILTER
is_subscribed() { tools/lab/exec --name "$1" sluicectl subscriptions list | grep -qF -- "$2"; }

conclude() {
	echo "$passed passed, $failed failed"
	[ $failed = 0 ] && [ $passed -gt 0 ]
}

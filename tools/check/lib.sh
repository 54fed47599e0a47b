# Shared by the checks: report and finish.
# shellcheck shell=bash
set -uo pipefail
export LC_ALL=C
faults=0

# fault PLACE TEXT: one line a fault, as a compiler prints it.
fault() {
	echo "$1: $2"
	faults=$((faults + 1))
}

# finish NAME: the closing line; the status says whether anything was found.
finish() {
	if [ "$faults" != 0 ]; then
		echo "  LINT  $1: $faults faults"
		exit 1
	fi
	echo "  LINT  $1"
}

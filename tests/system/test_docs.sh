#!/bin/bash
# test_docs.sh [--board BOARD]: board/README.md "Add a board" and README.md "Flash an appliance", as they stand there:
# the board is added in a copy of the tree, the disk is a loop device. Needs root. Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
board=qemu-arm64
while [ $# -gt 0 ]; do
	case $1 in
	--board) board=${2:?--board takes the name of a board} && shift ;;
	--serial) echo "0 passed, 0 failed" && exit 0 ;; # nothing here is about a board
	*) echo "usage: tests/system/test_docs.sh [--board BOARD]" >&2 && exit 2 ;;
	esac
	shift
done
# shellcheck source=tests/proc/lib.sh
. tests/proc/lib.sh
loop=
finish() {
	[ -z "$loop" ] || losetup -d "$loop"
	rm -rf "$work" board/mine
}
trap finish EXIT
trap 'exit 1' INT TERM

# section FILE TITLE: its lines up to the next section
section() { awk -v title="## $2" '$0 == title { on = 1; next } /^## / { on = 0 } on' "$1"; }

# ---- Add a board: every line of its blocks but those that boot it, which the other tests do
[ ! -e board/mine ] || {
	echo "board/mine is in the way"
	exit 1
}
section board/README.md "Add a board" | awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' >"$work/commands"
grep -qx 'make image BOARD=mine' "$work/commands"
verdict "board/README.md says how to build the image" $?
grep -qx 'make qemu BOARD=mine' "$work/commands"
verdict "board/README.md says how to boot it" $?
while read -r line; do
	check "board/README.md: $line" bash -c "$line" </dev/null # the lines that follow are not its input
done < <(grep -v '^make \(image\|qemu\) ' "$work/commands")
check "the new board is understood" test "$(firmware/board mine board.id)" = mine
check "make knows how to build its image" make --dry-run image BOARD=mine

# ---- Flash an appliance
section README.md "Flash an appliance" >"$work/flash"
read -r documented < <(sed -n 's/^    make image BOARD=//p' "$work/flash")
check "README.md: the board that it builds is there" firmware/board "${documented:-none}"
check "README.md: and can be built" make --dry-run image "BOARD=$documented"
grep -qx "    make flash BOARD=$documented DEV=/dev/sdX" "$work/flash"
verdict "README.md says how to flash it" $?
truncate -s 2G "$work/disk"
loop=$(losetup --find --show "$work/disk")
# Nobody is there to type the disk's name: it writes nothing.
make --no-print-directory flash "BOARD=$board" "DEV=$loop" >"$work/said" 2>&1 </dev/null
verdict "make flash writes nothing unasked" $((! $?))
[ "$(sfdisk --json "$loop" 2>/dev/null | grep -c '"node"')" = 0 ]
verdict "the disk is empty still" $?
FLASH_YES=1 make --no-print-directory flash "BOARD=$board" "DEV=$loop" >"$work/said" 2>&1 </dev/null
status=$?
[ $status = 0 ] || tail -n 20 "$work/said"
verdict "make flash writes and verifies" $status
[ "$(sfdisk --json "$loop" | grep -c '"node"')" = 6 ]
verdict "the disk holds six partitions" $?

# ---- The commands of README's console session are commands of the console
sed -nE 's/^    sluice-[0-9a-z]+([>#]) (\S+).*/\2/p' "$work/flash" | sort -u >"$work/words"
check "README.md shows a session on the console" test -s "$work/words"
while read -r word; do
	grep -rqE "\{\"$word\b" control/menu firmware/console
	verdict "README.md: '$word' is a command of the console" $?
done <"$work/words"
conclude

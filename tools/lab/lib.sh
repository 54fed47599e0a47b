# Shared by the lab scripts: where a lab keeps its state, its addresses, and its hugepages. Sourced, not run.
#
# A lab is one network namespace (sluice-NAME) with both processes, one virtual port and the kernel's own
# TCP/IP stack as the clients' side. Its state lies in /run/sluice-lab/NAME.

set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${SLUICE_BUILD:-$top/build/$(dpkg --print-architecture)/${VARIANT:-release}}
export PATH="$build/bin:$PATH"
labs=/run/sluice-lab
lab_name=default

client4=198.18.0.1 broker4=198.18.0.2 prefix4=15
dhcp4_first=198.18.1.10 dhcp4_last=198.18.1.200 dhcp4_mask=255.254.0.0
client6=fd5c:1ce::1 broker6=fd5c:1ce::2 prefix6=64

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" != 0 ] || return 0
	exec sudo --preserve-env="VARIANT$(env | sed -n 's/^\(SLUICE_[A-Z0-9_]*\)=.*/,\1/p' | tr -d '\n')" "$0" "$@"
}

# lab_select NAME: the variables of one lab.
lab_select() {
	case $1 in *[!a-z0-9-]* | "") die "--name takes lower-case letters, digits and '-', not '$1'" ;; esac
	lab_name=$1
	state=$labs/$lab_name
	netns=sluice-$lab_name
	[ ! -e "$state/address4" ] || broker4=$(cat "$state/address4") # a DHCP server has given another one
}

# Hugepages are reserved for the time that labs run; the last lab gives back what was there before.
hugepages_take() {
	mkdir -p "$labs"
	exec 9>"$labs/lock"
	flock 9
	[ -e "$labs/hugepages.before" ] || cat /proc/sys/vm/nr_hugepages >"$labs/hugepages.before"
	# free, and not promised to a process that has not touched them yet
	free=$(awk '/HugePages_Free/{f=$2} /HugePages_Rsvd/{r=$2} END{print f-r}' /proc/meminfo)
	if [ "$free" -lt "$1" ]; then
		have=$(cat /proc/sys/vm/nr_hugepages)
		echo $((have + $1 - free)) >/proc/sys/vm/nr_hugepages 2>/dev/null || true
	fi
	flock -u 9
}

hugepages_give() {
	exec 9>"$labs/lock"
	flock 9
	if [ -e "$labs/hugepages.before" ] && ! ls -d "$labs"/*/ >/dev/null 2>&1; then
		cat "$labs/hugepages.before" >/proc/sys/vm/nr_hugepages
		rm -f "$labs/hugepages.before"
	fi
	flock -u 9
}

# pid_is_ours PIDFILE PROGRAM: the process is the program that the lab started, and has not ended. (One that has ended, but
# that nobody has waited for yet, is a zombie.)
pid_is_ours() {
	[ -s "$1" ] || return 1
	read -r _ comm status _ 2>/dev/null <"/proc/$(cat "$1")/stat" || return 1
	[ "$comm" = "($(printf %.15s "$2"))" ] && [ "$status" != Z ] && [ "$status" != X ]
}

# stop_pid PIDFILE PROGRAM: SIGTERM, then SIGKILL after 5 seconds.
stop_pid() {
	pid_is_ours "$1" "$2" || { rm -f "$1"; return 0; }
	pid=$(cat "$1")
	kill "$pid" 2>/dev/null || true
	for _ in $(seq 50); do
		pid_is_ours "$1" "$2" || break
		sleep 0.1
	done
	pid_is_ours "$1" "$2" && kill -9 "$pid" 2>/dev/null
	rm -f "$1"
}

#!/bin/bash
# test_boot.sh [BOARD]: the board's image boots in QEMU and serves MQTT through its data port to clients outside the
# machine; both of its processes come back when they are killed. Needs root. Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
board=${1:-qemu-arm64}
facts=$(firmware/board "$board") || exit 1
eval "$facts"
. tests/proc/lib.sh
image=build/images/$board name=test-$$
netns=sluice-vm-$name
console=$work/console
machine=
finish() {
	if [ -n "$machine" ]; then
		kill "$machine" 2>/dev/null
		wait "$machine" 2>/dev/null
	fi
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
on_failure() {
	[ ! -e "$work/got" ] || cat "$work/got"
	tail -n 12 "$console"
}

now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }'; }
inside() { ip netns exec "$netns" "$@"; }
says() { grep -qE -- "$1" "$console"; }
connects() { inside timeout 1 mosquitto_pub -h "${board_factory_ipv4%/*}" -t boot/first -m hello -q 1; }
# tell COMMAND: has a shell in the machine run it
tell() { echo "$1" >&7; }

# The way in that the image itself does not have: a shell on the console, for this boot.
mkdir "$work/overlay"
cat >"$work/overlay/test-init" <<-'INIT'
	#!/bin/busybox sh
	export PATH=/usr/bin
	busybox mknod /dev/null c 1 3 # the shell gives it to what runs in the background
	(
		while [ ! -d /run/sluice ]; do sleep 1; done
		while IFS= read -r line; do sh -c "$line"; done
	) </dev/console &
	exec /init
INIT
chmod 0755 "$work/overlay" "$work/overlay/test-init"
(cd "$work/overlay" && find . | cpio --quiet --create --format=newc --owner=+0:+0) >"$work/overlay.cpio"

# message HOST QOS: one message from one client to another
message() {
	inside timeout 20 stdbuf -oL mosquitto_sub -d -h "$1" -t "boot/$2" -q "$2" -C 1 >"$work/got" 2>&1 &
	local reader=$!
	within 10 grep -q '^Subscribed' "$work/got" || return 1
	inside timeout 10 mosquitto_pub -h "$1" -t "boot/$2" -m "by $1, QoS $2" -q "$2" || return 1
	wait $reader || return 1
	grep -q "by $1, QoS $2" "$work/got" && grep -q "received PUBLISH (d0, q$2," "$work/got"
}

# comes_back NAME PROGRAM: after a kill, said on the console, and with clients served again
comes_back() {
	tell "/bin/busybox killall -9 $2"
	within 20 says "init: $1 was killed by signal 9" || return 1
	within 30 connects
}

mkfifo "$work/keys"
exec 7<>"$work/keys"
begin=$(now)
firmware/qemu --direct --name "$name" --seconds 200 --overlay "$work/overlay.cpio" --append rdinit=/test-init "$board" \
	>"$console" 2>&1 <&7 &
machine=$!
check "init speaks on the console" within 60 says '^init: Sluice .* on '
console_s=$(since "$begin")
check "a client connects from outside" within 60 connects
connect_s=$(since "$begin")
if [ $failed != 0 ]; then
	conclude
	exit 1
fi
check "the port is bound to $board_port_data_bind" says "^init: port $board_port_data_device is bound to $board_port_data_bind"
check "the worker drives it with $board_port_data_pmd" says "worker 0: port $board_port_data_device: driver $board_port_data_pmd,"
for qos in 0 1 2; do check "QoS $qos over IPv4" message "${board_factory_ipv4%/*}" $qos; done
check "QoS 1 over IPv6" message "${board_factory_ipv6%/*}" 1
check "nothing failed until then" eval "! says 'FAILED|starts again'"
check "a killed worker comes back" comes_back worker sluice-dataplane
check "a killed control process comes back" comes_back control sluice-control
check "QoS 2 over IPv4 after that" message "${board_factory_ipv4%/*}" 2
kill "$machine"
wait "$machine" 2>/dev/null
machine=
check "the namespace is gone with the machine" eval "! ip netns list | grep -q '^$netns'"

echo "figure: initramfs $(stat -c %s "$image/initramfs.zst") bytes, kernel $(stat -c %s "$image/kernel") bytes"
echo "figure: $console_s s from the start of QEMU to init on the console, $connect_s s to the first CONNECT"
conclude

#!/bin/bash
# sluice-firmware on the builder's machine: bundles, an installation from a file, over HTTP and HTTPS, from a stick and
# over a serial line, on a box that is a folder with partitions as files. What it makes is looked at with other tools.
# Needs root for the stick. No machine is booted, so the board does not matter.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/proc/lib.sh
firmware=${SLUICE_BUILD:-$PWD/build/$(dpkg --print-architecture)/release}/bin/sluice-firmware
box=$work/box
servers=() loop=
finish() {
	[ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null
	for folder in "$work/mounted" "$box/run/sluice/usb" "$box/data"; do ! mountpoint -q "$folder" || umount "$folder"; done
	[ -z "$loop" ] || losetup -d "$loop"
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# partition NUMBER NAME MB
partition() {
	local folder=$box/sys/devices/virtio0/block/vda/vda$1
	mkdir -p "$folder" "$box/sys/class/block" "$box/dev"
	printf 'DEVNAME=vda%d\nDEVTYPE=partition\nPARTNAME=%s\n' "$1" "$2" >"$folder/uevent"
	ln -s "../../devices/virtio0/block/vda/vda$1" "$box/sys/class/block/vda$1"
	truncate -s "$3M" "$box/dev/vda$1"
}
mkdir -p "$box"/{etc/sluice,run/sluice,cfg/factory,cfg/tls,data}
partition 1 esp 34
partition 2 slot_a 64
partition 3 slot_b 64
mkfs.vfat -F 32 "$box/dev/vda1" >/dev/null
grub-editenv "$work/grubenv" create
grub-editenv "$work/grubenv" set ORDER="a b" A_OK=1 A_TRY=3 B_OK=0 B_TRY=0 other="kept as it is"
mmd -i "$box/dev/vda1" ::/grub
mcopy -i "$box/dev/vda1" "$work/grubenv" ::/grub/grubenv
cp board/qemu-arm64/board.conf "$box/etc/sluice/"
echo a >"$box/run/sluice/slot"
head -c 3000000 /dev/urandom >"$work/fw.efi"
echo "a signature" >"$work/fw.efi.sig"

fw() { "$firmware" --root "$box" "$@"; }
# fails WORDS COMMAND...: the command fails and says so
fails() {
	local words=$1
	shift
	if ! "$@" >"$work/said" 2>&1 && grep -q -- "$words" "$work/said"; then return 0; fi
	cat "$work/said"
	return 1
}
bundle() { "$firmware" bundle create --key "$work/key" --board qemu-arm64 --version v2 --level 3 "$@"; }
env_is() { mcopy -n -i "$box/dev/vda1" ::/grub/grubenv - | grep -qx -- "$1"; }
# put_back: as if slot b had never been written
put_back() { mcopy -o -i "$box/dev/vda1" "$work/grubenv" ::/grub/grubenv && fw mark-good; }

check "a key pair is made" "$firmware" bundle keygen "$work/key" "$box/etc/sluice/release.pub"
check "openssl takes it for the same pair" eval \
	"openssl pkey -in '$work/key' -pubout | cmp - '$box/etc/sluice/release.pub'"
check "a bundle is made" bundle --sequence 5 --out "$work/one.bundle" "$work/fw.efi" "$work/fw.efi.sig"
check "made again it is the same" eval \
	"bundle --sequence 5 --out '$work/two.bundle' '$work/fw.efi' '$work/fw.efi.sig' && cmp '$work/one.bundle' '$work/two.bundle'"
check "it is verified" eval \
	"'$firmware' bundle verify --pub '$box/etc/sluice/release.pub' '$work/one.bundle' | grep -qx 'sequence 5'"
check "usage: no source" eval "fw install; [ \$? = 2 ]"
check "usage: no such command" eval "fw instal x; [ \$? = 2 ]"
check "help" eval "'$firmware' --help | grep -q 'mark-good'"

check "it is installed" fw install --no-reboot "$work/one.bundle"
check "GRUB's own tool reads what was written" eval \
	"grub-fstest '$box/dev/vda3' cmp /fw.efi '$work/fw.efi' && grub-fstest '$box/dev/vda3' cmp /fw.efi.sig '$work/fw.efi.sig'"
check "fsck finds nothing wrong" fsck.fat -n "$box/dev/vda3"
check "nor in the boot partition" fsck.fat -n "$box/dev/vda1"
for line in "ORDER=b a" B_OK=1 B_TRY=3 B_GOOD=0 A_OK=1 "other=kept as it is"; do check "grubenv: $line" env_is "$line"; done
mcopy -n -i "$box/dev/vda1" ::/grub/grubenv "$work/new-grubenv"
check "GRUB's own tool reads the environment" eval "grub-editenv '$work/new-grubenv' list | grep -qx 'ORDER=b a'"
check "status says so" eval "fw status | grep -q 'slot b .*on trial'"
check "without init a restart is left to the user" fails "by hand" fw install "$work/one.bundle"
mkfifo "$box/run/sluice/init"
exec 8<>"$box/run/sluice/init"
echo b >"$box/run/sluice/slot"
check "on trial nothing is installed" fails "on trial" fw install "$work/one.bundle"
check "the gate: no control, back to a" fails "fails its trial" fw gate --seconds 1 --hold 0
read -r -t 5 asked <&8
check "init was asked to restart" [ "$asked" = reboot ]
check "mark-good ends the trial" fw mark-good
check "grubenv: good" env_is B_GOOD=1
check "the gate: a proven slot stays" eval "! fw gate --seconds 1 --hold 0 && ! read -r -t 1 asked <&8"
# A control that is always well, and a gate that holds on for longer than this test.
python3 - "$work/control.sock" <<'EOT' &
import socketserver, sys
class Healthy(socketserver.StreamRequestHandler):
    def handle(self):
        self.rfile.readline()
        self.wfile.write(b'{"ok": true, "result": {"ok": true}}\n')
socketserver.ThreadingUnixStreamServer(sys.argv[1], Healthy).serve_forever()
EOT
servers+=($!)
mcopy -n -o -i "$box/dev/vda1" ::/grub/grubenv "$work/new-grubenv"
grub-editenv "$work/new-grubenv" set B_TRY=0
mcopy -o -i "$box/dev/vda1" "$work/new-grubenv" ::/grub/grubenv
# It listens where the configuration says.
mkdir -p "$box/cfg/config"
cp conf/acl.conf "$box/cfg/config"
echo "cli.socket = \"$work/control.sock\"" >"$box/cfg/config/startup.conf"
"$firmware" --root "$box" gate --hold 600 >"$work/gate" 2>&1 &
gate=$!
refilled() {
	for _ in {1..200}; do
		env_is B_TRY=3 && return
		sleep 0.1
	done
	cat "$work/gate"
	return 1
}
check "the gate: a proven slot has its tries back as soon as it is healthy" refilled
check "the gate holds on all the same" kill "$gate"

# b is good, and no hole is in it: the firmware in a names no sequence
mcopy -n -o -i "$box/dev/vda1" ::/grub/grubenv "$work/new-grubenv"
dd if="$box/dev/vda3" of="$box/dev/vda2" conv=notrunc status=none
echo 5 >"$box/etc/sluice/min_sequence"
check "no way back below the minimum" fails "below the minimum 5 " fw rollback --no-reboot
check "mark-good keeps the minimum" eval "fw mark-good && grep -qx 5 '$box/cfg/factory/min_sequence'"
check "grubenv: it is kept there too" env_is MINIMUM=5
rm "$box/etc/sluice/min_sequence"
echo nonsense >"$box/cfg/factory/min_sequence"
check "a damaged file lowers nothing" fails "below the minimum 5 " fw rollback --no-reboot
check "the gate mends it, and says so" eval "fw mark-good | grep 'min_sequence .*damaged.* as 5' && grep -qx 5 '$box/cfg/factory/min_sequence'"
mcopy -o -i "$box/dev/vda1" "$work/new-grubenv" ::/grub/grubenv
rm "$box/cfg/factory/min_sequence"
check "without a minimum there is one" fw rollback --no-reboot

echo a >"$box/run/sluice/slot"
check "put back" put_back

# a web server that is somebody else's, with and without TLS
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
	-addext "subjectAltName=DNS:localhost" -keyout "$work/tls.key" -out "$work/tls.crt" 2>"$work/openssl" || cat "$work/openssl"
mkdir "$work/www"
cp "$work/one.bundle" "$work/www/"
head -c 2000000 "$work/one.bundle" >"$work/www/short.bundle"
listens() { ss -Hltn "sport = :$1" | grep -q .; }
http=$((20000 + $$ % 10000))
tls12=$((http + 1)) tls13=$((http + 2))
python3 -m http.server --bind 127.0.0.1 --directory "$work/www" $http >"$work/http.log" 2>&1 &
servers+=($!)
(cd "$work/www" && exec openssl s_server -accept 127.0.0.1:$tls12 -tls1_2 -cert ../tls.crt -key ../tls.key -HTTP) >/dev/null 2>&1 &
servers+=($!)
(cd "$work/www" && exec openssl s_server -accept 127.0.0.1:$tls13 -tls1_3 -cert ../tls.crt -key ../tls.key -WWW) >/dev/null 2>&1 &
servers+=($!)
for port in $http $tls12 $tls13; do check "a server listens on $port" within 10 listens "$port"; done
check "over HTTP" fw install --no-reboot "http://127.0.0.1:$http/one.bundle"
check "over HTTP, torn" fails "short" fw install --no-reboot "http://127.0.0.1:$http/short.bundle"
check "over HTTP, not there" fails "404" fw install --no-reboot "http://127.0.0.1:$http/none"
check "TLS 1.3, and it says that the server is not verified" eval \
	"fw install --no-reboot https://localhost:$tls13/one.bundle | grep -q 'not verified'"
check "plain HTTP where TLS is expected" fails "no TLS" fw install --no-reboot "https://127.0.0.1:$http/one.bundle"
cp "$work/tls.crt" "$box/cfg/tls/ca.pem"
check "TLS 1.3, verified" fw install --no-reboot "https://localhost:$tls13/one.bundle"
check "another name than the certificate's" fails "does not prove" \
	fw install --no-reboot "https://127.0.0.1:$tls13/one.bundle"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=other \
	-keyout "$work/other.key" -out "$box/cfg/tls/ca.pem" 2>/dev/null
check "another authority" fails "does not prove" fw install --no-reboot "https://localhost:$tls13/one.bundle"
rm "$box/cfg/tls/ca.pem"

# a stick: what the kernel has as a loop device is shown to the program as a disk on USB
check "no stick" fails "no USB disk" fw install --no-reboot usb
# stick FILE...: another stick, with these files
stick() {
	[ -z "$loop" ] || losetup -d "$loop"
	rm -rf "$work/stick" "$work/files"
	mkdir "$work/files"
	[ $# = 0 ] || cp "$@" "$work/files/"
	truncate -s 24M "$work/stick"
	mkfs.ext4 -q -e remount-ro -d "$work/files" "$work/stick"
	loop=$(losetup --show --find "$work/stick")
	ln -sf "$loop" "$box/dev/sda"
}
mkdir -p "$box/sys/devices/usb1/block/sda"
ln -s ../../devices/usb1/block/sda "$box/sys/class/block/sda"
stick
check "a stick without a bundle" fails "no bundle for board qemu-arm64" fw install --no-reboot usb
bundle --sequence 9 --out "$work/nine.bundle" "$work/fw.efi"
bundle --sequence 7 --out "$work/seven.bundle" "$work/fw.efi"
bundle --board other --sequence 99 --out "$work/other.bundle" "$work/fw.efi"
stick "$work/nine.bundle" "$work/seven.bundle" "$work/other.bundle"
check "from a stick" eval "fw install --no-reboot usb >'$work/said'"
check "the highest sequence of this board" grep -q '(sequence 9)' "$work/said"
check "the others are named" grep -q 'other.bundle is passed over: for board other' "$work/said"
check "the stick is let go" eval "! grep -q '$box' /proc/mounts"
check "one that was killed has left it mounted" mount -o ro,noload "$loop" "$box/run/sluice/usb"
check "from the same stick again" fw install --no-reboot usb
check "it is let go then too" eval "! grep -q '$box' /proc/mounts"
# While the boot partition is somebody else's the installation waits, with the stick mounted.
exec 9<"$box/dev/vda1"
flock 9
fw install --no-reboot usb >"$work/said" 2>&1 9<&- &
waiting=$!
check "what a stick wants to happen when it is damaged does not count" \
	within 60 grep -q "$box/run/sluice/usb .*errors=continue" /proc/mounts
exec 9<&-
check "the installation goes on" wait $waiting

# a slot on a block device: written past the kernel's cache, and refused while somebody else has it
rm -rf "$box/sys/class/block/sda"
losetup -d "$loop"
truncate -s 64M "$work/slot"
loop=$(losetup --show --read-only --find "$work/slot")
mv "$box/dev/vda3" "$work/vda3"
ln -s "$loop" "$box/dev/vda3"
check "a read-only disk" fails "is read-only" fw install --no-reboot "$work/one.bundle"
losetup -d "$loop"
mkfs.ext4 -q "$work/slot"
loop=$(losetup --show --find "$work/slot")
ln -sf "$loop" "$box/dev/vda3"
mkdir "$work/mounted"
mount "$loop" "$work/mounted"
check "a mounted slot" fails "it is mounted" fw install --no-reboot "$work/one.bundle"
umount "$work/mounted"
check "a block device" fw install --no-reboot "$work/one.bundle"
check "it holds the firmware" grub-fstest "$work/slot" cmp /fw.efi "$work/fw.efi"
mv "$work/vda3" "$box/dev/vda3"

# a serial line: a terminal with rz on it, and its sender at the other end
check "serial needs a terminal" fails "terminal" fw install --no-reboot serial
mkfifo "$work/keys" "$work/screen"
# serial FILE [COMMAND]: what the terminal runs afterwards
serial() {
	timeout 100 script -qec "'$firmware' --root '$box' install --no-reboot serial${2:+; $2}" /dev/null \
		>"$work/screen" <"$work/keys" 2>"$work/script" &
	local terminal=$!
	(
		while IFS= read -r line && [[ $line != *ZMODEM* ]]; do :; done
		timeout 60 sz --quiet "$1" 2>"$work/sz"
		exec cat >"$work/said"
	) <"$work/screen" >"$work/keys"
	wait "$terminal"
}
check "over a serial line" serial "$work/one.bundle"
check "it says that it was installed" grep -q 'slot b holds version v2' "$work/said"
check "nothing of it stays" eval "[ ! -e '$box/data/upload/serial' ]"
# A sender does not notice that there is no more room. What it goes on with must not reach who reads the line next.
mount -t tmpfs -o size=20M tmpfs "$box/data"
yes 'factory-reset yes-erase-all' | head -c 14000000 >"$work/long"
serial "$work/long" "stty raw; timeout --foreground 3 cat >'$work/typed'" >/dev/null
check "a file that is too large is said to be" grep -q 'is larger than the' "$work/said"
check "nothing of it is typed into the shell" eval "[ -e '$work/typed' ] && [ ! -s '$work/typed' ]"
conclude

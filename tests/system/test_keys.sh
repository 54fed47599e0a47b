#!/bin/bash
# test_keys.sh [--board BOARD]: the builder's keys for SECURE=1 are made once. What a cut has left is completed, and no key
# that boards may trust by now is replaced. Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/proc/lib.sh
keys=$work/keys
finish() {
	GNUPGHOME=$keys/gnupg gpgconf --kill all
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

make_keys() { firmware/secure/keys "$keys"; }
# What boards trust, and what signs for it.
sums() { sha256sum "$keys"/{PK,KEK,db}.{key,crt,esl} "$keys/grub.gpg"; }

check "keys are made" make_keys
sums >"$work/sums"
check "for nobody else to read" eval "[ -z \"\$(find '$keys' -perm /077)\" ]"
check "once" make_keys
check "the same" eval "sums | cmp - '$work/sums'"
rm "$keys/grub.gpg"
check "what is missing is made" make_keys
check "of the keys that are there" eval "sums | cmp - '$work/sums'"
rm "$keys/grub.gpg" "$keys"/db.*
check "another key for the one that is lost" make_keys
check "the others stay" eval "sums | grep -v '/db\.' | cmp - <(grep -v '/db\.' '$work/sums')"
conclude

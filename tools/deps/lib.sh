# Shared by the scripts of this folder: messages, the lock, and apt with a state of its own.
#
# A private apt reads the machine's own configuration (proxies, credentials, keys) but keeps its lists, caches
# and package status under build/deps, so neither another suite nor another architecture touches the machine.
# Archives are never named here: they are found in the machine's own sources.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DEPS=$ROOT/build/deps
export LC_ALL=C

say() { echo "deps: $*"; }
die() {
	echo "deps: $*" >&2
	exit 1
}

# Holds build/deps/.lock until the script ends: at most one script of this folder works at a time.
lock() {
	mkdir -p "$DEPS"
	exec 9> "$DEPS/.lock"
	flock -w 1800 9 || die "another 'make deps' has held $DEPS/.lock for 30 minutes; end it and try again"
}

# explain LOG WHAT: turns what apt said into what the reader should do, and ends the script.
explain() {
	local log=$1 what=$2
	sed 's/^/    /' "$log" | tail -n 15 >&2
	if grep -qE 'NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|is not signed|could.?n.t be verified' "$log"; then
		die "$what: a signature is wrong or its key is missing. Nothing was installed from it." \
			"Bring debian-archive-keyring up to date, or check who answers for the archive."
	elif grep -qE 'Hash Sum mismatch|Hashes of expected file|File has unexpected size' "$log"; then
		die "$what: a file is not what the signed index says. Try again; if it stays, the mirror or proxy is broken."
	elif grep -qE 'Unable to locate package|no installation candidate|Unable to find a source package' "$log"; then
		die "$what: the archive does not know a package. This tree expects Debian 12 with its main archive" \
			"(and bookworm-updates) in /etc/apt/sources.list*."
	elif grep -qE 'Could not get lock|Unable to acquire|is another process using it' "$log"; then
		die "$what: another program holds the package lock. Wait for it to end and try again."
	elif grep -q 'No space left' "$log"; then
		die "$what: the disk is full."
	elif grep -qE 'Could not resolve|Temporary failure|Could not connect|Unable to connect|timed out|unreachable|Connection (failed|refused)|Failed to fetch|failed to download' "$log"; then
		die "$what: the archive cannot be reached. Check the network (and Acquire::http::Proxy, if one is" \
			"needed), then try again."
	fi
	die "$what: apt failed as shown above."
}

# quietly WHAT COMMAND...: runs it, shows its output only if it fails.
quietly() {
	local what=$1 log
	shift
	log=$(mktemp "$DEPS/log.XXXXXX")
	if ! "$@" > "$log" 2>&1 < /dev/null; then
		explain "$log" "$what" || { rm -f "$log"; exit 1; }
	fi
	rm -f "$log"
}

# Prints "uri release label sourcefile" of each of the machine's entries for Debian's own main component.
debian_entries() {
	apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI) $(RELEASE) $(SOURCESENTRY)' \
		'Created-By: Packages' 2> /dev/null |
		awk '$1 == "Debian" && $3 == "main" && $4 !~ /^cdrom:/ {
			sub(/:[0-9]+$/, "", $6); print $4, $5, $2, $6 }' | sort -u
}

# signed_by FILE URI: the value of Signed-By of the entry for URI, as deb822 wants it (a key may span lines).
signed_by() {
	local file=$1 uri=${2%/}
	if [[ $file == *.sources ]]; then
		awk -v uri="$uri" 'BEGIN { RS = ""; FS = "\n" }
			index($0, uri) { on = 0
				for (i = 1; i <= NF; i++) {
					if ($i ~ /^[Ss]igned-[Bb]y:/) { on = 1; sub(/^[^:]*:[ \t]*/, "", $i); print $i }
					else if (on && $i ~ /^[ \t]/) print $i
					else on = 0
				}
				exit }' "$file"
	else
		awk -v uri="$uri" '$1 ~ /^deb/ && index($0, uri) && match($0, /signed-by=[^] ]*/) {
			print substr($0, RSTART + 10, RLENGTH - 10); exit }' "$file"
	fi
}

# Without Signed-By apt would accept any key that the machine trusts; Debian's own are enough.
default_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# write_entry TYPE URI SUITE SIGNED-BY
write_entry() {
	printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\n' "$1" "$2" "$3"
	if [ -n "$4" ]; then
		printf 'Signed-By: %s\n' "$4"
	elif [ -e "$default_keyring" ]; then
		printf 'Signed-By: %s\n' "$default_keyring"
	fi
	echo
}

# private_apt DIR ARCH: sets up DIR with apt.conf; DIR/sources.sources is the caller's to write.
private_apt() {
	local dir=$1 arch=$2
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	: > "$dir/state/status"
	cat > "$dir/apt.conf" <<-CONF
		APT::Architecture "$arch";
		#clear APT::Architectures;
		APT::Architectures { "$arch"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "root";
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear DPkg::Pre-Install-Pkgs;
		Acquire::Languages "none";
		Acquire::Retries "3";
		Dir::Etc::SourceList "$dir/sources.sources";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::State "$dir/state/";
		Dir::State::status "$dir/state/status";
		Dir::State::extended_states "$dir/state/extended_states";
		Dir::Cache "$dir/cache/";
		Dir::Cache::archives "archives/";
	CONF
}

# The machine's lists tell which entries are Debian's; a machine that never ran `apt-get update` has none.
need_lists() {
	[ -n "$(debian_entries)" ] && return
	if [ "$(id -u)" = 0 ]; then
		quietly "apt-get update" apt-get -o DPkg::Lock::Timeout=600 update
	elif command -v sudo > /dev/null; then
		quietly "apt-get update" sudo apt-get -o DPkg::Lock::Timeout=600 update
	fi
	[ -n "$(debian_entries)" ] || die "no entry for Debian's main archive is known to apt." \
		"Check /etc/apt/sources.list* and run 'apt-get update' as root."
}

# SPDX-License-Identifier: GPL-2.0-only
# Common to the scripts: where things are cached, how to complain, which kernels there are.
# Sourced, not run.

TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${CPT_CACHE:-/var/cache/cpt}

# The kernels that one source must serve. The last is made for its debugging checks only.
STOCK_KERNELS=(6.1-amd64 6.12-amd64 6.1-i386)
ALL_KERNELS=("${STOCK_KERNELS[@]}" 6.1-debug)

# What the kernel says when something is wrong with it: an extended regular expression.
# shellcheck disable=SC2034
REPORTS='BUG[: ]|WARNING: |Oops|general protection fault[,:]|KASAN|UBSAN|scheduling while atomic|INFO: (possible|task|rcu|trying)|possible (recursive|circular|irq)|suspicious RCU|unreferenced object|new suspected memory leaks|Kernel panic'

me=$(basename "$0")
say() { printf '%s: %s\n' "$me" "$*" >&2; }
die() { say "$@"; exit 1; }
# usage: the comment at the head of the calling script
usage() { sed -n '3,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

is_kernel() { local k; for k in "${ALL_KERNELS[@]}"; do [[ $k == "$1" ]] && return; done; return 1; }
need_kernel() { is_kernel "$1" || die "there is no kernel '$1', only: ${ALL_KERNELS[*]}"; }

# arch_of KERNEL: the Debian architecture of a kernel's userland
arch_of() { case $1 in *-i386) echo i386 ;; *) echo amd64 ;; esac; }

# lock NAME: only one script at a time makes that thing in the cache. Until the next lock, or the
# script's end.
lock() {
	mkdir -p "$CACHE"
	exec {lock}>"$CACHE/lock.$1"
	flock -n "$lock" || { say "waiting for another $me to be done with $1"; flock "$lock"; }
}

# debian_sources ARCH: this machine's own Debian sources, written for another architecture.
# Whatever mirror the machine uses is used; none is named here.
debian_sources() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' |
		awk -F'|' -v arch="$1" '$1 == "Debian" && !seen[$0]++ {
			print "deb [arch=" arch " signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " $2, $3, $4 }'
}

# apt_for ARCH: an apt of its own for that architecture, which leaves the host's alone.
# Prints the path of the configuration, to be used as APT_CONFIG.
apt_for() {
	local d=$CACHE/apt/$1
	if [[ ! -e $d/ready ]]; then
		lock "apt-$1"
		mkdir -p "$d"/{lists/partial,cache/archives/partial,etc}
		: >"$d/status"
		cat >"$d/apt.conf" <<-CONF
			Dir::State "$d";
			Dir::State::status "$d/status";
			Dir::State::lists "$d/lists";
			Dir::Cache "$d/cache";
			Dir::Etc::SourceList "$d/sources.list";
			Dir::Etc::SourceParts "/dev/null";
			Dir::Etc::Preferences "/dev/null";
			Dir::Etc::PreferencesParts "/dev/null";
			APT::Architecture "$1";
			APT::Architectures { "$1"; };
			APT::Sandbox::User "root";
			Acquire::Languages "none";
		CONF
		debian_sources "$1" >"$d/sources.list"
		[[ -s $d/sources.list ]] || die "this machine has no Debian sources in its apt configuration"
		apt_update "$1"
		touch "$d/ready"
	fi
	echo "$d/apt.conf"
}

# apt_update ARCH: read the lists; a suite whose mirror is broken for this architecture just now
# (i386 security has been) is left out rather than stopping everything.
apt_update() {
	local d=$CACHE/apt/$1
	APT_CONFIG=$d/apt.conf apt-get -q update >"$d/update.log" 2>&1 ||
		say "some package lists for $1 could not be read (see $d/update.log); going on with the others"
}

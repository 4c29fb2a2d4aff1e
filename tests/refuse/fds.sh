#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Descriptors of sorts that cannot be saved: a checkpoint is refused with a sentence for each that
# names the process, its program, the descriptor and what it is -- all of them in one run. The VE
# goes on unharmed, no file is left, and it can still be suspended and resumed.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

declare -A words=(
	[unixfilter]='a socket with a filter' [unixstamp]='a socket with SO_TIMESTAMPING' [tcp]='socket' [udp]='socket' [netlink]='socket' [packet]='socket'
	[inogone]='watches .*inotify' [inoproc]='watches .*inotify' [fanotify]='fanotify'
	[landlock]='landlock' [fsopen]='fscontext|fsopen' [opentree]='outside' [secret]='secretmem' [perf]='perf' [bpf]='bpf'
	[io_uring]='io_uring' [userfaultfd]='userfaultfd'
	[pty]='ptmx|terminal|tty' [gonelease]='a lease.*fds.lease' [shmlease]='a lease'
)
with_ve
put_program refuse/fds
start_program fds
wait_ready fds
cat "$PRIVATE/tmp/fds.list" >&2

# named WHAT…: does $SAID name them all?
named() {
	local sort pid fd bad=0
	while read -r sort pid fd; do
		[[ $pid != - ]] || continue
		# shellcheck disable=SC2254
		grep -Eq "process $pid \($sort\).*(${words[$sort]}).*fd $fd" <<<"$SAID" ||
			{ say "$1 has no sentence for process $pid ($sort), fd $fd"; bad=1; }
	done <"$PRIVATE/tmp/fds.list"
	((!bad)) || { printf '%s\n' "$SAID" >&2; fail "an obstacle is not named"; }
	# each once, and nothing that is no obstacle
	(($(grep -c 'process [0-9]* (' <<<"$SAID") <= $(wc -l <"$PRIVATE/tmp/fds.list") + 2)) ||
		{ printf '%s\n' "$SAID" >&2; fail "$1 names things more than once"; }
}
alive() {
	[[ $(ctl status "$VEID") == *running ]] || fail "the VE does not run: $(ctl status "$VEID")"
	must ctl exec2 "$VEID" true
	[[ ! -e $IMAGE ]] || fail "an image was left"
}

expect 16 '' ctl chkpnt "$VEID" --check
named "chkpnt --check"
alive
expect 16 '' ctl chkpnt "$VEID"
named "chkpnt"
alive
[[ -z $(ls -A /vz/dump) ]] || fail "files are left in /vz/dump: $(ls -A /vz/dump)"
# stage by stage: it can be suspended, but not dumped, and is still suspended then
must ctl chkpnt "$VEID" --suspend
expect 16 '' ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image"
named "chkpnt --dump"
[[ ! -e $WORK/image ]] || fail "an image was left"
must ctl chkpnt "$VEID" --resume
alive
cycle_suspend
go fds
verdict fds
# with them gone nothing stands in the way
expect 0 '' ctl chkpnt "$VEID" --check

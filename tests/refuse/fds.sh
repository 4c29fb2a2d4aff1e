#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# short on: 6.1-amd64
# Open files of sorts that cannot be saved: a checkpoint is refused with the very sentence for each that
# fds.c has, which names the process, its program, the descriptor and what it is -- all of them in one
# run. The VE goes on unharmed, no file is left, and it can still be suspended and resumed.
VEID=${VEID:-158}
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"

nr_open=$(</proc/sys/fs/nr_open) break_time=$(</proc/sys/fs/lease-break-time)
trap 'echo $nr_open >/proc/sys/fs/nr_open; echo $break_time >/proc/sys/fs/lease-break-time; { ctl stop "$VEID" --fast; ctl destroy "$VEID"; } >/dev/null 2>&1' EXIT
echo 2000000 >/proc/sys/fs/nr_open
echo 3600 >/proc/sys/fs/lease-break-time

ve_config
must ctl set "$VEID" --save --devices c:1:1:rw --devices c:1:11:rw --devices c:4:all:rw --devices c:5:1:rw \
	--devices c:10:all:rw --devices b:7:0:rw
ve_clean
# With all capabilities: the program itself is entered from outside, its parent is the VE's init.
put_program refuse/fds
put_program refuse/outside
init=$(ve_init)
tasks=$CGROUP/ve/cgroup.procs
[[ -e $tasks ]] || tasks=$CGROUP/cgroup.procs
"$CPT_BIN/refuse/outside" fds "$init" "$tasks" </dev/null >"$WORK/enter" 2>&1
wait_ready fds
list=$PRIVATE/tmp/fds.list
grep '^-' "$list" >&2
echo 2 >/proc/sys/vm/drop_caches	# gonetwo's other name

# named WHAT: is every sentence among what was said, and nothing twice?
named() {
	local line bad=0
	while read -r line; do
		[[ $line == -* ]] || grep -Fxq "ctl: $line" <<<"$SAID" || { say "$1 does not say: $line"; bad=1; }
	done <"$list"
	line=$(sort <<<"$SAID" | uniq -d)
	[[ ! $line ]] || { say "$1 says twice: $line"; bad=1; }
	((!bad)) || { printf '%s\n' "$SAID" >&2; fail "an obstacle is not named"; }
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
say "$(grep -vc '^-' "$list") sorts are refused, $(grep -c '^-' "$list") cannot be had here"

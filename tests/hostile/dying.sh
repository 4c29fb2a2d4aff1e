#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# short on: 6.1-i386
#
# ctl is killed (-9) while a VE of many tasks dies, which then takes longer than ctl and its
# context: the last task must find all that it still looks at. The VE's init has threads, and
# their leader may be dead before them.
VEID=106
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
trap '{ ctl chkpnt $VEID --resume; ctl stop $VEID --fast; ctl destroy $VEID; } >/dev/null 2>&1' EXIT
KILLED=$CPT_BIN/hostile/killed
SAVED=$WORK/saved

dumped() {
	must ctl restore $VEID --keep --force --dumpfile "$SAVED"
	must ctl chkpnt $VEID --suspend
	must ctl chkpnt $VEID --dump --dumpfile "$IMAGE"
}
verified() { :; }
undumped() { must ctl restore $VEID --undump --force --dumpfile "$SAVED"; }

# the next command tidies up: the VE runs, or there is nothing of it
tidy() {
	expect '0|16|31' '' ctl chkpnt $VEID --resume
	ctl stop $VEID --fast >/dev/null 2>&1
	until_ok 20 ve_gone || fail "$WHAT: tasks are left: $(ve_pids | tr '\n' ' ')"
	rm -f "$IMAGE"
}

# dying BEFORE IOCTL WHO COMMAND…: killed some time into that ioctl
dying() {
	local before=$1 ioctl=$2 who=$3 ms code; shift 3
	for ms in 0 1 3 10 30; do
		WHAT="$* (with $before), $who killed $ms ms into $ioctl"
		$before
		code=0
		timeout -k 5 60 "$KILLED" "$who" $ms "$ioctl" "$@" >"$WORK/killed" 2>&1 || code=$?
		((code == 0)) || { cat "$WORK/killed" >&2; fail "$WHAT: status $code"; }
		tidy
	done
}

tiny_template "$WORK/t"
must cp --remove-destination "$CPT_BIN/hostile/dying" "$WORK/t/sbin/init"
must ctl create $VEID --ostemplate "$WORK/t"
must ctl start $VEID
must ctl chkpnt $VEID --dumpfile "$SAVED"

dying dumped KILL main ctl chkpnt $VEID --kill
dying undumped KILL main ctl restore $VEID --kill
dying verified MAKE caller ctl restore $VEID --keep --force --dumpfile "$SAVED"
dying verified MAKE main ctl restore $VEID --keep --force --dumpfile "$SAVED"
must ctl destroy $VEID
rm -rf "$WORK"
exit 0

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Without the module a VE starts, runs and stops; chkpnt and restore end with 5 and say what is
# missing. With it they work again.
# short on: 6.1-i386
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
back() { [[ -e /dev/cpt ]] || modprobe cpt; }
trap back EXIT
must rmmod cpt
expect 5 'cpt' ctl chkpnt "$VEID"
expect 5 'cpt' ctl chkpnt "$VEID" --suspend
expect 5 'cpt' ctl chkpnt "$VEID" --check
expect 5 'cpt' ctl chkpnt "$VEID" --resume
[[ $(ctl status "$VEID") == "CTID $VEID exist mounted running" ]] || fail "$(ctl status "$VEID")"
must ctl exec2 "$VEID" true
expect 0 "$VEID" ctl list
must ctl stop "$VEID" --fast
echo 'not an image' >"$WORK/file"
expect 5 'cpt' ctl restore "$VEID" --undump --dumpfile "$WORK/file"
must ctl start "$VEID"
must ctl exec2 "$VEID" true
back
must ctl chkpnt "$VEID"
must ctl restore "$VEID"
must ctl exec2 "$VEID" true

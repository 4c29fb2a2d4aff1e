#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Images whose open files of /proc are others than when they were written: what ctl has covered, or made
# read-only, of the host's must not be reached below that, open or as a current directory.
# short on: 6.12-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

GOOD=$WORK/good BAD=$WORK/bad COUNT=0
with_ve
must ctl exec2 "$VEID" "setsid sh -c 'exec 7<>/proc/1/coredump_filter 8</proc/locks 9</proc/1/attr; cd /proc/1/task; exec sleep 10000' </dev/null >/dev/null 2>&1 &"
is_set_up() { ve_tree | grep -q ' sleep$' && settled; }
until_ok 20 is_set_up || fail "the program does not run"
must ctl chkpnt "$VEID" --dumpfile "$GOOD"

# refused WORDS FROM TO: with TO for FROM nothing of the VE is made
refused() {
	must "$CPT_BIN/hostile/image" "$GOOD" "$BAD" --text "$2" --to "$3"
	expect 17 '' ctl restore "$VEID" --dumpfile "$BAD" --force --keep
	[[ $SAID == *"$1"* ]] || fail "with $3 for $2 it is not refused with '$1': $SAID"
	ve_gone || fail "with $3 for $2 something is left"
	COUNT=$((COUNT + 1))
}
covered='cannot be opened again: a mount covers it'
refused "$covered" /1/coredump_filter /sys/vm/swappiness
refused "$covered" /locks /kcore
refused "$covered" /1/task /sys/vm
refused "$covered" /1/attr /sys/fs
refused 'cannot be opened again: it is of another type now' /1/attr /1/stat
must ctl restore "$VEID" --dumpfile "$GOOD" --force --keep
until_ok 20 is_set_up || fail "with the good image it does not run"
say "$COUNT images refused"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A VE that is dumped long after it was suspended, and restored: timers whose time has come between
# (late.c) come when they are due by the VE's own clocks.
# short on: 6.1-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

start_programs stage/late
start=$(now)
must ctl chkpnt "$VEID" --suspend
sleep 8
must ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image"
must ctl chkpnt "$VEID" --kill
between
must ctl restore "$VEID" --undump --dumpfile "$WORK/image"
must ctl restore "$VEID" --resume
count_time stages "$start" gone
rm -f "$WORK/image"
finish_programs stage/late
exit 0

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1500
# short on: 6.12-amd64
# Groups of fanotify in a VE that may have sys_admin (fanotify.c), where queues are short.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

limit=$(</proc/sys/fs/fanotify/max_queued_events)
leave() {
	echo "$limit" >/proc/sys/fs/fanotify/max_queued_events
	ctl stop "$VEID" --fast >/dev/null 2>&1
	without_admin
}
trap leave EXIT
with_admin
echo 300 >/proc/sys/fs/fanotify/max_queued_events
put_program kind/fanotify
start_program fanotify
wait_ready fanotify
for mode in stages full suspend full; do "cycle_$mode"; done
go fanotify
verdict fanotify
say "frozen $FROZEN ms"

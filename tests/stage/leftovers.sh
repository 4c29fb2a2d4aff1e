#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# After everything that can be done with a VE, and after it is stopped and destroyed, the host is as
# it was: no task, mount, namespace, cgroup, network device, file or open device is left, and the
# module can be removed.
# timeout: 240
# short on: 6.12-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

if [[ -d $PRIVATE ]]; then	# the others' VE: not now
	ctl stop "$VEID" --fast >/dev/null 2>&1
fi
VEID=$((VEID + 2)) PRIVATE=/vz/private/$VEID CGROUP=/sys/fs/cgroup/vz/$VEID IMAGE=/vz/dump/Dump.$VEID
host_state '^/vz/private/777' >"$WORK/before"
must ctl create "$VEID" --ostemplate debian-12
must ctl start "$VEID"
put() { mkdir -p "$PRIVATE/t"; put_program "$1"; start_program "${1##*/}"; wait_ready "${1##*/}"; }
put kind/threads
put kind/pipe
put kind/tmpfs

must ctl chkpnt "$VEID" --suspend
must ctl chkpnt "$VEID" --resume
must ctl chkpnt "$VEID" --suspend
must ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image"
must ctl chkpnt "$VEID" --resume
must ctl chkpnt "$VEID"
must ctl restore "$VEID"
must ctl chkpnt "$VEID" --suspend
must ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image"
must ctl chkpnt "$VEID" --kill
must ctl restore "$VEID" --undump --dumpfile "$WORK/image"
must ctl restore "$VEID" --kill
between
expect 17 '' ctl restore "$VEID" --undump --dumpfile /etc/passwd
must ctl restore "$VEID" --dumpfile "$WORK/image"
must ctl exec2 "$VEID" true
must ctl stop "$VEID" --fast
must ctl destroy "$VEID"
rm -f "$WORK/image"
sleep 1
host_state '^/vz/private/777' >"$WORK/after"
# what vz keeps of a VE that is no more
sed -i "/\/$VEID.conf.destroyed$/d" "$WORK/after"
diff "$WORK/before" "$WORK/after" >&2 || fail "the host is not as it was"
must rmmod cpt
must modprobe cpt

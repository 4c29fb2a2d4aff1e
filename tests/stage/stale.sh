#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An image is good for the file system it was taken with: once the VE has run again, be it restored
# or started, it is refused, by restore and by start alike; --force overrides. An image of another
# VE is refused as well.
# short on: 6.1-i386
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
must ctl exec2 "$VEID" "setsid sleep 100000 </dev/null >/dev/null 2>&1 &"
sleeps() { in_ve "pgrep -x sleep" >/dev/null; }
until_ok 10 sleeps
must ctl chkpnt "$VEID"
cp "$IMAGE" "$WORK/old"
must ctl restore "$VEID"
sleeps || fail "it was not restored"

# it ran meanwhile
must ctl stop "$VEID" --fast
expect 17 'older|stale|ran' ctl restore "$VEID" --undump --dumpfile "$WORK/old"
ve_gone || fail "a refused restore left processes"
cp "$WORK/old" "$IMAGE"
expect 17 'older|stale|ran' ctl restore "$VEID"
[[ -e $IMAGE ]] || fail "a refused image was taken away"
# start would restore from it, were it not stale: it starts afresh, and says so
expect 0 'stale|older' ctl start "$VEID"
! sleeps || fail "start has restored a stale image"
[[ ! -e $IMAGE && -n $(ls "$IMAGE"*stale*) ]] || fail "the stale image was not put aside: $(ls /vz/dump)"
rm -f "$IMAGE"*stale*
must ctl stop "$VEID" --fast
# who knows better
expect 0 '' ctl restore "$VEID" --force --undump --dumpfile "$WORK/old"
must ctl restore "$VEID" --resume
sleeps || fail "it was not restored by --force"

# a good one: start restores it
must ctl chkpnt "$VEID"
expect 0 '' ctl start "$VEID"
sleeps || fail "start did not restore the image that was there"

# of another VE
must ctl chkpnt "$VEID"
other=$((VEID + 1))
[[ -d /vz/private/$other ]] || must ctl create "$other" --ostemplate debian-12
expect 17 "container $VEID" ctl restore "$other" --undump --dumpfile "$IMAGE"
must ctl destroy "$other"
must ctl restore "$VEID"
sleeps || fail "it was not restored in the end"
rm -f "$WORK/old"

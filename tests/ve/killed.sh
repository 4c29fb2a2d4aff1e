#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# short on: 6.1-i386
# ctl is killed (-9) somewhere in create: the VE is there and whole, or it is not there, and nothing
# is left over. (tests/hostile/killed.sh does this to the other commands.) And an image of a VE that
# went on is never restored by accident.
VEID=104
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
trap '{ ctl chkpnt $VEID --resume; ctl stop $VEID --fast; ctl destroy $VEID; } >/dev/null 2>&1' EXIT
points=4; [[ ! ${CPT_LONG-} ]] || points=40

gone() { { ctl umount $VEID; ctl destroy $VEID; } >/dev/null 2>&1; }

tiny_template "$WORK/t"
head -c 20000000 /dev/zero >"$WORK/t/ballast"
t=$(now)
must ctl create $VEID --ostemplate "$WORK/t"
took=$(($(now) - t))
for ((i = 0; i < points; i++)); do
	what="create killed after $i/$points of $took ms"
	gone
	ctl create $VEID --ostemplate "$WORK/t" >"$WORK/killed" 2>&1 &
	sleep "$(awk -v t=$took -v i=$i -v n=$points 'BEGIN { print t / 1000 * (i + 0.5) / n }')"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	sleep 0.3
	case $(ctl status $VEID) in
	*" deleted unmounted down") [[ ! -e $PRIVATE || ! -e /etc/vz/conf/$VEID.conf ]] || fail "$what: it is there" ;;
	*" exist unmounted down") ;;
	*) fail "$what: $(ctl status $VEID)" ;;
	esac
	! pgrep -x ctl >/dev/null || fail "$what: a process of ctl is left: $(pgrep -ax ctl)"
done
gone
must ctl create $VEID --ostemplate "$WORK/t"
[[ -z $(find /vz/private -maxdepth 1 -name "$VEID.*") ]] || fail "create: $(ls /vz/private)"

if [[ -e /dev/cpt ]]; then
	# an image of a VE that went on is never restored by accident
	must ctl start $VEID
	must ctl chkpnt $VEID --suspend
	must ctl chkpnt $VEID --dump --dumpfile "$IMAGE"
	must ctl chkpnt $VEID --resume
	must ctl stop $VEID --fast
	expect 17 'older than the container' ctl restore $VEID
	expect 0 'older than the container.*\.stale.*start in progress|is kept as' ctl start $VEID
	[[ -e $IMAGE.stale && ! -e $IMAGE ]] || fail "start leaves the stale image in its place"
	must ctl stop $VEID --fast
	must ctl restore $VEID --dumpfile "$IMAGE.stale" --force --keep
	must ctl stop $VEID --fast
	rm -f "$IMAGE.stale"
fi
must ctl destroy $VEID
rm -rf "$WORK"
exit 0

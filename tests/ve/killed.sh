#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# long timeout: 1800
# ctl is killed (-9) somewhere in start, stop, chkpnt, restore, create. After the next command the VE
# runs or is down, whole in either case, and nothing is left over.
VEID=104
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
trap '{ ctl chkpnt $VEID --resume; ctl stop $VEID --fast; ctl destroy $VEID; } >/dev/null 2>&1' EXIT
points=4; [[ ! ${CPT_LONG-} ]] || points=40

# nothing of the VE is there; ctl was asked once since
clean_down() {
	[[ $(ctl status $VEID) == "CTID $VEID exist unmounted down"* ]] || fail "$1: $(ctl status $VEID)"
	[[ ! -e $CGROUP ]] || fail "$1: the cgroup is left"
	[[ ! -e /var/lib/vzctl/vepid/$VEID ]] || fail "$1: the vepid file is left"
	! grep -q " /vz/root/$VEID " /proc/mounts || fail "$1: a mount is left"
	[[ -z $(find /vz/dump -name ".*$VEID*") ]] || fail "$1: a part of an image is left: $(ls -A /vz/dump)"
	! pgrep -x ctl >/dev/null || fail "$1: a process of ctl is left: $(pgrep -ax ctl)"
}
# whatever it is, it is whole
whole() {
	local s
	sleep 0.3
	s=$(ctl status $VEID)
	case $s in
	*" mounted running")
		until_ok 10 ctl exec $VEID true || fail "$1: the VE runs, but: $(ctl exec $VEID true 2>&1)"
		;;
	*" deleted unmounted down") [[ $1 == create* ]] || fail "$1: $s" ;;
	*) clean_down "$1" ;;
	esac
}
running() { [[ $(ctl status $VEID) == *" running" ]]; }

# killed_in WHAT COMMAND…: the command, killed after each of some times between nothing and what it
# takes. before and after are run around each.
killed_in() {
	local what=$1 t took i; shift
	"before_$what"
	t=$(now)
	must "$@"
	took=$(($(now) - t))
	for ((i = 0; i < points; i++)); do
		"before_$what"
		"$@" >"$WORK/killed" 2>&1 &
		sleep "$(awk -v t=$took -v i=$i -v n=$points 'BEGIN { print t / 1000 * (i + 0.5) / n }')"
		kill -9 $! 2>/dev/null
		wait $! 2>/dev/null
		whole "$what killed after $i/$points of $took ms"
		"after_$what" "$what killed after $i/$points of $took ms"
	done
	say "$what: $points times in $took ms"
}

before_create() { ctl stop $VEID --fast; ctl umount $VEID; ctl destroy $VEID; } >/dev/null 2>&1
after_create() {
	# there, or not: then another create works
	[[ $(ctl status $VEID) != *deleted* ]] || [[ ! -e $PRIVATE || ! -e /etc/vz/conf/$VEID.conf ]] || fail "$1"
}
before_start() { ! running || must ctl stop $VEID --fast; rm -f "$IMAGE"; }
after_start() { running || must ctl start $VEID; }
before_stop() { running || must ctl start $VEID; }
after_stop() { :; }

mkdir -p "$WORK/t/sbin" "$WORK/t/bin" "$WORK/t/lib" "$WORK/t/lib64"
cp -a /bin/busybox "$WORK/t/sbin/init"
ln "$WORK/t/sbin/init" "$WORK/t/bin/busybox"
for b in sh sleep true cat echo; do ln -s busybox "$WORK/t/bin/$b"; done
while read -r lib; do mkdir -p "$WORK/t/$(dirname "$lib")" && cp -L "$lib" "$WORK/t/$lib"; done < <(ldd /bin/busybox | grep -o '/[^ ]*')
head -c 20000000 /dev/zero >"$WORK/t/ballast"
killed_in create ctl create $VEID --ostemplate "$WORK/t"
before_create
must ctl create $VEID --ostemplate "$WORK/t"
[[ -z $(find /vz/private -maxdepth 1 -name "$VEID.*") ]] || fail "create: $(ls /vz/private)"
killed_in start ctl start $VEID
killed_in stop ctl stop $VEID --fast

if [[ -e /dev/cpt ]]; then
	# The VE counts in memory and writes the number down: it never goes back nor skips one.
	counts() {
		ctl exec $VEID '(i=0; while :; do i=$((i+1)); echo $i >>/count; sleep 0.1; done) </dev/null >/dev/null 2>&1 &'
	}
	begin() { running || { rm -f "$IMAGE" "$PRIVATE/count"; must ctl start $VEID; counts; }; }
	in_order() {
		cp "$PRIVATE/count" "$WORK/count"
		cmp -s "$WORK/count" <(seq "$(wc -l <"$WORK/count")") ||
			fail "$1: a lost or doubled number: $(tail -n3 "$WORK/count" | tr '\n' ' ')"
	}
	# runs on, or goes on from the image
	goes_on() {
		local n
		running || must ctl restore $VEID
		n=$(wc -l <"$PRIVATE/count")
		until_ok 10 eval "((\$(wc -l <$PRIVATE/count) > $n))" || fail "$1: the program does not go on"
		in_order "$1"
		[[ ! -e $IMAGE ]] || expect '17|32' '' ctl restore $VEID
	}
	before_chkpnt() {
		begin
		# an image of a chkpnt that was killed is older than the VE by now
		rm -f "$IMAGE"
	}
	after_chkpnt() { goes_on "$1"; }
	before_restore() { begin; rm -f "$IMAGE"; must ctl chkpnt $VEID; }
	after_restore() { goes_on "$1"; }
	killed_in chkpnt ctl chkpnt $VEID
	killed_in restore ctl restore $VEID

	# an image of a VE that went on is never restored by accident
	begin
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

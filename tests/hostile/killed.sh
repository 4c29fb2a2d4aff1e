#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# short on: 6.12-amd64
# long timeout: 36000
#
# ctl, or a helper of it, is killed (-9): before, in and after each command that it gives to the
# module, and at system calls spread over the command (at full length at all of them, of which each
# stock kernel has a third, and the debug kernel a few). The VE runs
# on and has lost nothing, or it is down with a whole image that restores; after the next command
# nothing is left over, and in the end the module can be removed.
#
# WHICH="suspend restore" does only these. tests/ve/killed.sh kills create.
VEID=106
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
trap '{ ctl chkpnt $VEID --resume; ctl stop $VEID --fast; ctl destroy $VEID; } >/dev/null 2>&1' EXIT
KILLED=$CPT_BIN/hostile/killed
samples=5	# system calls of a command; of one stage
few=2
first_step=0 stride=''
if [[ ${CPT_LONG-} ]]; then
	case ${CPT_KERNEL-} in
	6.1-amd64) stride=3 ;;
	6.12-amd64) stride=3 first_step=1 ;;
	6.1-i386) stride=3 first_step=2 ;;
	*) stride=20 ;;
	esac
fi
PIDFILE=/var/lib/vzctl/vepid/$VEID
shopt -s nullglob dotglob

# --- states of the VE -----------------------------------------------------------------------------

running() {
	local pid
	[[ -e $PIDFILE ]] && read -r pid _ <$PIDFILE && ((pid)) &&
		{ read -r -d '' _ </proc/"$pid"/cmdline; } 2>/dev/null	# a zombie has none
}
COUNTS=''	# the program is in the VE, or in its image
up() {
	running && return
	if [[ $COUNTS && -e $IMAGE ]]; then must ctl restore $VEID; return; fi
	rm -f "$IMAGE" "$PRIVATE/count.txt"
	must ctl start $VEID
	must ctl exec $VEID 'setsid /count count /count.txt </dev/null >/dev/null 2>&1 &'
	until_ok 10 test -s "$PRIVATE/count.txt" || fail "the program in the VE does not start"
	COUNTS=1 AT=0 N=0
}
suspended() { up; must ctl chkpnt $VEID --suspend; }
dumped() { suspended; must ctl chkpnt $VEID --dump --dumpfile "$IMAGE"; }
saved() {
	running || [[ ! -e $IMAGE ]] || return
	up
	must ctl chkpnt $VEID
}
undumped() { saved; must ctl restore $VEID --undump --dumpfile "$IMAGE"; }
# a VE without the program, from here on
down() { ! running || must ctl stop $VEID --fast; rm -f "$IMAGE"; COUNTS=''; }
empty() { COUNTS=''; running || { rm -f "$IMAGE"; must ctl start $VEID; }; }

# --- what is left ---------------------------------------------------------------------------------

# everything of this VE and of ctl, but for the image
left() {
	local -a files mounts
	files=(/vz/lock/* /vz/dump/* /vz/root/* /vz/private/* /vz/private/.gen/* /etc/vz/conf/* /var/lib/vzctl/*/*
	       "$CGROUP" "$CGROUP"/*/ /run/* /dev/shm/*)
	mapfile -t mounts < <(sed 's/^[0-9]* [0-9]* //' /proc/self/mountinfo)
	printf '%s\n' "${files[@]}" "${mounts[@]}" | grep -vxF -e "$IMAGE" -e "$CGROUP"
	[[ ! -e $CGROUP ]] || echo "$CGROUP"
	pgrep -ax ctl
	# the keeper of the console ends with the VE; one that was killed is missing until it is wanted
	running || { echo /run/vzctl/$VEID*; pgrep -fx "ctl-console $VEID"; }
}
same_left() { [[ $(left) == "$(<"$WORK/left.$1")" ]]; }
# nothing is left over but what belongs to a VE that is running or down
clean() {
	until_ok 3 same_left "$1" || { diff "$WORK/left.$1" <(left) >&2; fail "$WHAT: something is left over"; }
}

VERIFIED=''
whole_image() {
	local is
	is=$(stat -c %i.%Y.%Z "$IMAGE") || fail "$WHAT: the VE is down without an image"
	[[ $is == "$VERIFIED" ]] || must ctl image verify "$IMAGE"
	VERIFIED=$is
}

goes_on() {
	local said
	said=$("$KILLED" check "$PRIVATE/count.txt" "$AT" "$N" 2>&1) || fail "$WHAT: in the VE $said"
	read -r AT N <<<"$said"
}

# --- one killed command ---------------------------------------------------------------------------

POINTS=0
# one BEFORE WHO PLACE K COMMAND…: false if the command ended before that
one() {
	local before=$1 who=$2 place=$3 k=$4 code=0; shift 4
	WHAT="$* (with $before), $who killed $place $k"
	$before
	timeout -k 5 60 "$KILLED" "$who" "$place" "$k" "$@" >"$WORK/killed" 2>&1 || code=$?
	((code == 0 || code == 3)) || { cat "$WORK/killed" >&2; fail "$WHAT: status $code"; }
	# The next command: a frozen VE goes on, what is left of a dead one goes away.
	expect '0|16|31' '' ctl chkpnt $VEID --resume
	POINTS=$((POINTS + 1))
	if running; then
		clean up
		[[ ! $COUNTS ]] || goes_on
		# of a VE that went on: too old
		rm -f "$IMAGE"
	else
		clean down
		[[ ! $COUNTS ]] || whole_image
		[[ ! $COUNTS || ! ${CPT_LONG-} ]] || { up; goes_on; }
	fi
	return $code
}

# killed NAME BEFORE COMMAND…
killed() {
	local name=$1 before=$2 start=$SECONDS points=$POINTS k what who ms first='' total='' last='' i step n=$samples; shift 2
	[[ ! ${WHICH-} || " $WHICH " == *" $name "* ]] || return
	$before
	"$KILLED" list "$@" >"$WORK/list" 2>"$WORK/said" ||
		fail "$name: list: $(tail -n1 "$WORK/said")"
	[[ ! ${WHICH-} ]] || cat "$WORK/list" >&2
	expect '0|16|31' '' ctl chkpnt $VEID --resume
	! running || rm -f "$IMAGE"
	while read -r k what who ms; do
		if [[ $k == syscalls ]]; then first=$what total=$who; continue; fi
		if [[ ! ${CPT_LONG-} ]]; then
			# blobs (and data) are all the same, and undump is restore up to its last command
			[[ $what != "$last" ]] || continue
			[[ $name != undump || $what == MAKE || $what == KEEP ]] || continue
		fi
		last=$what
		one "$before" caller before "$k" "$@"
		# after one is before the next of the kind
		[[ $what == PUT_BLOB || $what == GET_BLOB || $what == OPEN ]] || one "$before" caller after "$k" "$@"
		if ((ms > 9)) && [[ $what != SET_VE ]]; then
			one "$before" caller $((ms / 2)) "$k" "$@"
			[[ $who != helper ]] || one "$before" main $((ms / 3)) "$k" "$@"
		fi
	done <"$WORK/list"
	[[ $total ]] || fail "$name: ctl made no system calls"
	# What comes before the lock is the dynamic linker's.
	[[ $name == chkpnt || $name == restore || $name == start ]] || n=$few
	step=${stride:-$(((total - first) / n))}
	((step)) || step=1
	for ((i = first + 1 + (stride ? first_step : step / 2); i <= total; i += step)); do
		one "$before" caller syscall $i "$@" || break
	done
	say "$name: $((POINTS - points)) times in $((SECONDS - start)) s; $(grep -vc syscalls "$WORK/list") ioctls, $total system calls"
}

# --- all commands ---------------------------------------------------------------------------------

host_state '^/vz/private/777' >"$WORK/before"
tiny_template "$WORK/t"
must cp "$KILLED" "$WORK/t/count"
must ctl create $VEID --ostemplate "$WORK/t"
# as it is when nothing has happened
saved
left >"$WORK/left.down"
up
left >"$WORK/left.up"

killed chkpnt up ctl chkpnt $VEID
killed suspend up ctl chkpnt $VEID --suspend
killed dump suspended ctl chkpnt $VEID --dump --dumpfile "$IMAGE"
killed kill dumped ctl chkpnt $VEID --kill
killed resume dumped ctl chkpnt $VEID --resume
killed restore saved ctl restore $VEID
killed undump saved ctl restore $VEID --undump --dumpfile "$IMAGE"
killed rresume undumped ctl restore $VEID --resume
killed rkill undumped ctl restore $VEID --kill
up
killed exec up ctl exec2 $VEID true
killed stop empty ctl stop $VEID --fast
killed start down ctl start $VEID
down
must ctl destroy $VEID
host_state '^/vz/private/777' >"$WORK/after"
# of this test, or of one before it
sed -i "/\/$VEID.conf.destroyed$/d" "$WORK/before" "$WORK/after"
diff "$WORK/before" "$WORK/after" >&2 || fail "the host is not as it was"
must rmmod cpt
must modprobe cpt
rm -rf "$WORK"
exit 0

# SPDX-License-Identifier: GPL-2.0-only
# For the tests that run in the VM: the VE they share, what is put into it, the cycles it is put
# through, what is left of it. Sourced, not run.
#
# The VE $VEID is made once in a VM and used again by the next test: with_ve cleans it. All times
# are milliseconds.
# shellcheck shell=bash

set -uo pipefail
VEID=${VEID:-777}
CPT_TESTS=${CPT_TESTS:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
PRIVATE=/vz/private/$VEID
CGROUP=/sys/fs/cgroup/vz/$VEID
TEST=${TEST:-$(basename "$0" .sh)}
WORK=${WORK:-/tmp/test.$TEST}
IMAGE=/vz/dump/Dump.$VEID
mkdir -p "$WORK"

say() { printf '%s: %s\n' "$TEST" "$*" >&2; }
fail() { say "FAILED: $*"; exit 1; }
skip() { echo "$*"; exit 77; }
now() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# must COMMAND…: it succeeds, or the test has failed; what it said is shown then
must() {
	local code=0
	"$@" >"$WORK/must" 2>&1 || code=$?
	((code == 0)) || { cat "$WORK/must" >&2; fail "status $code of: $*"; }
}

# expect CODE PATTERN COMMAND…: it ends with that code (or one of them: 16|17) and says something
# that matches the extended regular expression, if one is given; $SAID is what it said
expect() {
	local code=$1 pattern=$2 got=0; shift 2
	"$@" >"$WORK/said" 2>&1 || got=$?
	SAID=$(tr -d '\0' <"$WORK/said")
	[[ $got =~ ^($code)$ ]] || fail "status $got, not $code, of: $*; it said: $SAID"
	[[ -z $pattern || $SAID =~ $pattern ]] || fail "'$*' does not say '$pattern' but: $SAID"
}

# until_ok SECONDS COMMAND…: try until it succeeds
until_ok() {
	local end=$(($(now) + $1 * 1000)); shift
	until "$@" >/dev/null 2>&1; do
		(($(now) < end)) || return 1
		sleep 0.1
	done
}

# --- the VE ---------------------------------------------------------------------------------------

in_ve() { ctl exec2 "$VEID" "$@"; }

# These three are asked all the time, so they start no program.
# ve_pids: all its processes, by their pids on the host
ve_pids() {
	local f pids
	shopt -s globstar
	for f in "$CGROUP"/**/cgroup.procs; do
		mapfile -t pids 2>/dev/null <"$f" && ((${#pids[@]} == 0)) || printf '%s\n' "${pids[@]}"
	done 2>/dev/null
}
# ve_init: the pid of its init on the host
ve_init() {
	local pid word ids
	for pid in $(ve_pids); do
		while read -r word ids; do
			[[ $word != NSpid: || $ids != *[[:space:]]1 ]] || { echo "$pid"; return; }
		done <"/proc/$pid/status"
	done 2>/dev/null
	return 1
}
# ve_tree: its processes, one a line: pid ppid pgid sid state name; the pids are the VE's
ve_tree() {
	local f stat name fields all=''
	for f in "/proc/$(ve_init)/root/proc"/[0-9]*/stat; do
		stat=''	# of one that has gone meanwhile nothing is read
		read -r -d '' stat 2>/dev/null <"$f"
		[[ $stat ]] || continue
		name=${stat#*(}
		name=${name%)*}
		read -r -a fields <<<"${stat##*)}"
		all+="${stat%% *} ${fields[*]:1:3} ${fields[0]} $name"$'\n'
	done
	# at once: a "grep -q" that has seen enough reads no more, which would be a failure (pipefail)
	printf '%s' "$all"
}
ve_gone() { [[ -z $(ve_pids) ]]; }

# no shell on its console, which would be one more process
ve_config() {
	[[ -d $PRIVATE ]] && return
	must ctl create "$VEID" --ostemplate "${OSTEMPLATE:-debian-12}"
	sed -i '/^console:/d' "$PRIVATE/etc/inittab"
}

only_init() { [[ $(ve_tree | wc -l) == 1 ]]; }

# whatever state the last test left it in: running, with nothing but its init
ve_clean() {
	local init pid
	if ! timeout 20 ctl exec3 "$VEID" true >/dev/null 2>&1; then
		ctl chkpnt "$VEID" --resume >/dev/null 2>&1 || ctl restore "$VEID" --kill >/dev/null 2>&1
		if ! timeout 20 ctl exec3 "$VEID" true >/dev/null 2>&1; then
			ctl stop "$VEID" --fast >/dev/null 2>&1
			rm -f "$IMAGE"
			must ctl start "$VEID"
		fi
	fi
	init=$(ve_init) || { tail -n 5 /var/log/vzctl.log >&2; fail "VE $VEID runs, but has no init: $(ctl status "$VEID"), $(ve_pids | tr '\n' ' ')"; }
	for pid in $(ve_pids); do
		((pid == init)) || kill -9 "$pid" 2>/dev/null
	done
	until_ok 20 only_init || fail "processes of an earlier test are left: $(ve_tree)"
	rm -rf "$IMAGE" "$PRIVATE"/tmp/* "$PRIVATE"/t
	rm -rf "/proc/$init/root/run"/* "/proc/$init/root/dev/shm"/*
	mkdir -p "$PRIVATE/t"
	chmod 1777 "$PRIVATE/tmp"
}

# with_ve: a clean running VE for this test
with_ve() {
	ve_config
	ve_clean
}

# with_admin: a clean running VE that may have sys_admin, on every kernel: there is no disk of the host
# for it to mount (cli/caps.c); without_admin: it may not any more, from its next start on
with_admin() {
	ve_config
	ctl stop "$VEID" --fast >/dev/null 2>&1
	grep -v ' setup_bdev_super$' /proc/kallsyms >"$WORK/kallsyms"
	must mount --bind "$WORK/kallsyms" /proc/kallsyms
	must cp "/etc/vz/conf/$VEID.conf" "$WORK/conf"
	must ctl set "$VEID" --capability sys_admin:on --save
	with_ve
}
without_admin() {
	cp "$WORK/conf" "/etc/vz/conf/$VEID.conf"
	umount /proc/kallsyms
}

# put_program DIR/NAME: the compiled program, as /t/NAME in the VE
put_program() { must cp "$CPT_BIN/$1" "$PRIVATE/t/${1##*/}"; }

# start_program NAME [ARG…]: /t/NAME runs in the VE as a child of its init, leader of a session,
# with nothing of the outside
start_program() {
	local name=$1; shift
	must ctl exec2 "$VEID" "cd /; setsid /t/$name $* </dev/null >/tmp/$name.log 2>&1 &"
}

is_ready() { [[ -e $PRIVATE/tmp/$1.ready || -e $PRIVATE/tmp/$1.verdict ]]; }
has_verdict() { [[ -e $PRIVATE/tmp/$1.verdict ]]; }

# What exec left to read the output of a program in the background has seen its end, and init has
# reaped it: busybox's sleeps a second then, with its signals blocked.
settled() {
	[[ -z $(ve_tree | awk '$2 == 1 && $1 == $4 && $6 == "cat"') ]] &&
		grep -q '^SigBlk:[[:space:]]*0*$' "/proc/$(ve_init)/status"
}

# wait_ready NAME [SECONDS]: until it is set up; shows why not
wait_ready() {
	until_ok "${2:-90}" is_ready "$1" || { show_log "$1"; fail "$1 is not ready in time"; }
	[[ ! -e $PRIVATE/tmp/$1.verdict ]] || verdict "$1"
	until_ok 20 settled || fail "the VE does not come to rest: $(ve_tree)"
}

# go NAME: it may finish; it is told what the VE went through
go() {
	echo "${MODES:-none} $FROZEN $GONE ${RESUMED:-0}" >"$PRIVATE/tmp/.go"
	mv "$PRIVATE/tmp/.go" "$PRIVATE/tmp/$1.go"
}

show_log() { tail -n 40 "$PRIVATE/tmp/$1.log" 2>/dev/null | sed 's/^/    /' >&2; }

# verdict NAME [SECONDS]: what the program found
verdict() {
	local word
	until_ok "${2:-90}" has_verdict "$1" || { show_log "$1"; ve_tree >&2; fail "$1 does not come to an end"; }
	word=$(<"$PRIVATE/tmp/$1.verdict")
	case $word in
	pass*) ;;
	skip*)	# with it all that run together would be
		[[ $TEST != together ]] || fail "$1 says '$word': it must run alone (drive: alone)"
		skip "${word#skip: }" ;;
	*) show_log "$1"; fail "$1 ${MODES:+after $MODES }says: ${word#fail: }" ;;
	esac
}

# --- the console ----------------------------------------------------------------------------------

# console_shell: the VE $VEID, which does not run, has a shell on its console from its next start on
console_shell() { printf '%s\n' ::sysinit:/bin/true console::askfirst:-/bin/sh >"$PRIVATE/etc/inittab"; }

# attach NAME COMMAND…: it runs at a terminal; type_in NAME FORMAT: as printf(1); sees NAME PATTERN: the
# screen does, after what was seen last; left NAME STATUS: it has ended, and its terminal is as before
attach() {
	local d=$WORK/$1; shift
	mkdir -p "$d"
	rm -f "$d"/*
	mkfifo "$d/in"
	echo "${SIZE:-40 120}" >"$d/size"
	: >"$d/out"
	echo 0 >"$d/seen"
	"$CPT_TESTS/lib/attach" "$d" "$@" 2>"$d/err" &
	echo $! >"$d/pid"
}
type_in() { printf "${@:2}" >"$WORK/$1/in"; }
screen() { tail -c "+$(($(<"$WORK/$1/seen") + 1))" "$WORK/$1/out"; }
shows() { [[ $(screen "$1" | LC_ALL=C grep -aboE -m1 -- "$2" | head -n1) =~ ^([0-9]+):(.*) ]]; }
sees() {
	local LC_ALL=C
	until_ok "${3:-40}" shows "$1" "$2" || fail "the screen of $1 does not show '$2' but: $(screen "$1" | cat -v)$(cat "$WORK/$1/err")"
	echo $(($(<"$WORK/$1/seen") + BASH_REMATCH[1] + ${#BASH_REMATCH[2]})) >"$WORK/$1/seen"
}
left() {
	until_ok 40 test -e "$WORK/$1/status" || fail "$1 does not end; its screen: $(screen "$1" | cat -v)"
	[[ $(<"$WORK/$1/status") == "$2 same" ]] || fail "$1 ends with $(<"$WORK/$1/status"), not $2; its screen: $(screen "$1" | cat -v)"
}

# --- the host, before and after -------------------------------------------------------------------

# tiny_template DIR: a VE that needs no time to create or start: busybox alone
tiny_template() {
	local b lib
	mkdir -p "$1/sbin" "$1/bin" "$1/lib" "$1/lib64"
	cp -a /bin/busybox "$1/sbin/init"
	ln "$1/sbin/init" "$1/bin/busybox"
	for b in sh sleep true cat echo setsid; do ln -s busybox "$1/bin/$b"; done
	while read -r lib; do mkdir -p "$1/$(dirname "$lib")" && cp -L "$lib" "$1/$lib"; done < <(ldd /bin/busybox | grep -o '/[^ ]*')
}

# host_state PATTERN: all that a VE, or ctl, could leave on the host, a line each; not the files
# whose path matches the regular expression
host_state() {
	local t
	echo "# tasks"
	# shellcheck disable=SC2009	# all but a few
	ps -eo ppid,args --no-headers | grep -vE "ps -eo|\[kworker|$TEST|sort|grep|sed|sleep 0.1$" | sort
	echo "# mounts"; sed 's/^[0-9]* [0-9]* //' /proc/self/mountinfo | sort
	echo "# namespaces"; for t in mnt pid net ipc uts cgroup time user; do
		echo "$t $(readlink /proc/[0-9]*/ns/$t | sort -u | wc -l)"; done
	echo "# cgroups"; find /sys/fs/cgroup -type d | grep -v "^/sys/fs/cgroup/vz$" | sort
	echo "# devices"; ls /sys/class/net
	echo "# files"; find /vz /etc/vz /var/lib/vzctl /run /dev /tmp -xdev 2>/dev/null |
		# made when they are first needed
		grep -vE "^$WORK|^/(vz/lock|vz/private/.gen|var/lib/vzctl(/vepid)?|run/vzctl)\$|$1" | sort
}

# source_of [DIR/]NAME: the source of a program, without the ".c"; of tests/kind without a DIR
source_of() { [[ $1 == */* ]] && echo "$CPT_TESTS/$1" || echo "$CPT_TESTS/kind/$1"; }
# program_option [DIR/]NAME OPTION: what a line " * drive: OPTION …" in its source says
program_option() { sed -n "s/^ \* drive: $2 *//p" "$(source_of "$1").c"; }

# start_programs [DIR/]NAME…: they run together, in a clean VE; finish_programs: what they found
start_programs() {
	local p args
	with_ve
	for p; do
		read -ra args <<<"$(program_option "$p" args)"
		put_program "$(basename "$(dirname "$(source_of "$p")")")/${p##*/}"
		start_program "${p##*/}" "${args[@]}"
	done
	for p; do wait_ready "${p##*/}" 120; done
	forget_times
}
finish_programs() {
	local p
	for p; do
		p=${p##*/}
		[[ ! -e $PRIVATE/tmp/$p.verdict ]] || verdict "$p"
		go "$p"
	done
	for p; do verdict "${p##*/}"; done
}

# scaled_cycle PROGRAM ARG…: tests/scale/PROGRAM goes through chkpnt and restore; what it takes is said
scaled_cycle() {
	local name=$1; shift
	with_ve
	put_program "scale/$name"
	start_program "$name" "$@"
	wait_ready "$name" 200
	MOVES=1 # it looks itself: /proc would take minutes
	cycle_full
	say "$*: frozen and gone for $FROZEN ms"
	go "$name"
	verdict "$name" 200
}

# --- its processes, before and after --------------------------------------------------------------

# snapshot_proc NAME: what /proc says of each, into a file for compare_proc; through the VE's own /proc,
# so pids are the VE's
snapshot_proc() {
	local init
	init=$(ve_init) || fail "no snapshot: the VE has no init"
	(
		shopt -s nullglob
		cd "/proc/$init/root/proc" || exit
		printf '%s\0' [0-9]*/{stat,status,limits,environ,cmdline,auxv,personality} \
			[0-9]*/{oom_score_adj,coredump_filter,timers,cgroup,timerslack_ns} \
			[0-9]*/task/[0-9]*/{stat,status} [0-9]*/fdinfo/[0-9]* | LC_ALL=C xargs -0 grep -asH ''
		printf '%s\0' [0-9]*/smaps | LC_ALL=C xargs -0 grep -asHE '^[0-9a-f]+-|^VmFlags:'
		find [0-9]*/{exe,cwd,root} [0-9]*/fd/* -maxdepth 0 -printf '%p>%l\n' 2>/dev/null
	) >"$WORK/$1"
}
# compare_proc A B WHEN [RULES]
compare_proc() {
	"$CPT_TESTS/lib/procs" "$WORK/$1" "$WORK/$2" ${4:+"$4"} >"$WORK/diff" && { tail -n1 "$WORK/diff" >&2; return; }
	cat "$WORK/diff" >&2
	fail "processes differ ($3)"
}

# --- cycles ---------------------------------------------------------------------------------------
#
# Each sets FROZEN and GONE (in all since the last forget_times), RESUMED and MODES.

MODES='' FROZEN=0 GONE=0 RESUMED=0
forget_times() { MODES='' FROZEN=0 GONE=0 RESUMED=0; }
GAP=${GAP:-0}		# seconds for which the VE stays away
MOVES=${MOVES:-}	# 1: its processes change while they run, so only frozen ones are compared

# gone, or not: in between nothing of the VE may be left
between() {
	ve_gone || fail "the VE is killed, but has processes: $(ve_pids | tr '\n' ' ')"
	! grep -q "/vz/root/$VEID" /proc/mounts || fail "the VE is killed, but mounted: $(grep "/vz/root/$VEID" /proc/mounts)"
	sleep "$GAP"
}

# count_time MODE START [gone]
count_time() {
	RESUMED=$(now)
	FROZEN=$((FROZEN + RESUMED - $2))
	[[ ! ${3-} ]] || GONE=$((GONE + RESUMED - $2))
	MODES=${MODES:+$MODES,}$1
}

cycle_full() {
	local t
	[[ $MOVES ]] || snapshot_proc A
	t=$(now)
	must ctl chkpnt "$VEID"
	between
	must ctl restore "$VEID"
	count_time full "$t" gone
	[[ $MOVES ]] && return
	snapshot_proc B
	compare_proc A B "chkpnt and restore"
}

cycle_stages() {
	local t f=$WORK/image
	rm -f "$f"
	t=$(now)
	must ctl chkpnt "$VEID" --suspend
	snapshot_proc A
	must ctl chkpnt "$VEID" --dump --dumpfile "$f"
	must ctl chkpnt "$VEID" --kill
	between
	must ctl restore "$VEID" --undump --dumpfile "$f"
	snapshot_proc B
	must ctl restore "$VEID" --resume
	count_time stages "$t" gone
	rm -f "$f"
	compare_proc A B "undumped" undumped.txt
	[[ $MOVES ]] && return
	# frozen once more: a sleep in sigtimedwait(2) shows another mask while it lasts
	must ctl chkpnt "$VEID" --suspend
	snapshot_proc B
	must ctl chkpnt "$VEID" --resume
	compare_proc A B "all stages one by one"
}

cycle_suspend() {
	local t
	t=$(now)
	must ctl chkpnt "$VEID" --suspend
	snapshot_proc A
	sleep "$GAP"
	snapshot_proc B
	must ctl chkpnt "$VEID" --resume
	count_time suspend "$t"
	compare_proc A B "while it was suspended" suspended.txt
}

# two looks at processes that nothing happens to: does the comparison itself say "equal"?
cycle_look() { snapshot_proc A; sleep 1; snapshot_proc B; MODES=look RESUMED=$(now); compare_proc A B "looked at twice"; }
# time passes, and that is all
cycle_none() { sleep 2; MODES=none RESUMED=$(now); }

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Processes that came into the VE from the host with something of the host: a file, a directory, a
# pipe or a socket whose other end is outside, an eventfd that is there too, a pidfd, a perf event, an io_uring, shared memory of the host; one whose parent is outside,
# one in the host's mount namespace. Shared memory of the VE that somebody outside has attached; a side of
# its console that another has than ctl. Each is refused by name, and the VE goes on.
# timeout: 480
# short on: 6.1-i386
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
put_program refuse/outside
list=$PRIVATE/tmp/outside.list
init=$(ve_init)
tasks=$CGROUP/ve/cgroup.procs
[[ -e $tasks ]] || tasks=$CGROUP/cgroup.procs
leave() { # what an entering process left on the host
	local ends
	mapfile -t ends < <(sed -n 's/^end //p' "$WORK/enter")
	kill -9 "${host[@]}" "${ends[@]}" 2>/dev/null
	wait
	host=()
	: >"$WORK/enter"
} 2>/dev/null
trap leave EXIT
: >"$WORK/enter"
host=()
there() { pid=$(ve_tree | awk -v w="$what" '$6 == w { print $1 }'); [[ $pid ]]; }
# enter WHAT: $pid is its pid in the VE
enter() {
	what=$1
	"$CPT_BIN/refuse/outside" "$what" "$init" "$tasks" </dev/null >"$WORK/enter" 2>&1 &
	host+=($!)
	until_ok 20 there || { cat "$WORK/enter" >&2; fail "$what did not enter"; }
	there
}
# out: it is gone again
out() {
	local p
	for p in $(ve_pids); do ((p == init)) || kill -9 "$p"; done
	leave
	until_ok 20 only_init || fail "something is left in the VE"
	rm -f "$list"
	expect 0 '' ctl chkpnt "$VEID" --check
}

# refused WHAT WORDS: while it is there, and in which words
refused() {
	enter "$1"
	expect 16 "process $pid \($1\)[^
]*($2)" ctl chkpnt "$VEID" --check
	say "$(grep "process $pid ($1)" <<<"$SAID")"
	if [[ $1 == file ]]; then
		expect 16 "process $pid \($1\)[^
]*($2)" ctl chkpnt "$VEID"
		[[ ! -e $IMAGE ]] || fail "an image was left"
	fi
	[[ $(ctl status "$VEID") == *running ]] || fail "the VE does not run"
	must ctl chkpnt "$VEID" --suspend
	must ctl chkpnt "$VEID" --resume
	ve_tree | grep -q "^$pid .* $1$" || fail "the process is gone"
	out
}

: >/root/outside.file
refused file '/root/outside.file.*fd 33|fd 33.*/root/outside.file'
refused dir 'fd 33'
refused pipe 'pipe.*fd 33'
refused socket 'socket.*fd 33'
refused eventfd 'fd 33 .eventfd. with the outside'
refused pidfd 'pidfd of a process outside the VE .fd 33'
refused nsfd "holds a namespace that is not the VE's own, which cannot be preserved yet: net:.*fd 33"
refused setown 'has somebody outside the VE told of fd 33 .null. by signals .F_SETOWN., which cannot be preserved'
refused perf 'perf.*fd 33'
refused io_uring 'io_uring.*fd 33'
refused parent 'outside|parent'
refused ipc 'has shared memory of another IPC namespace at'
refused mq 'holds a message queue of another IPC namespace, which cannot be preserved: .*fd 33'
refused mqmount 'holds a message queue in a mount outside the VE, which cannot be preserved: .*fd 33'
must umount /root/outside.mq
enter shm
expect 16 "the VE's shared memory [0-9]+ .System V. is attached outside the VE too" ctl chkpnt "$VEID" --check
say "$SAID"
out
refused mnt 'cannot be preserved: it shows something outside the container'

# --- the console: whoever else outside has one of its sides
keeper=$(pgrep -nfx "ctl-console $VEID") || fail "the VE has no console"
console_refused() { # WORDS
	expect 16 "$1" ctl chkpnt "$VEID" --check
	say "$SAID"
	kill -9 "$other"
	wait "$other"
	expect 0 '' ctl chkpnt "$VEID" --check
} 2>/dev/null
python3 -c "import os, ctypes, time
fd = ctypes.CDLL(None).syscall(438, os.pidfd_open($keeper), 3, 0)	# pidfd_getfd
fd < 0 and os.abort() or open('$WORK/has', 'w')
time.sleep(1000)" & other=$!
until_ok 20 test -e "$WORK/has" || fail "nobody else has the master"
console_refused 'the master of the console \(pts/0\) is open outside the VE in another program than ctl: end that'
sleep 1000 3<>"/proc/$init/root/dev/pts/0" & other=$!
sleep 1
console_refused 'process 1 \(init\) uses a terminal \(pts/0\) that somebody outside the VE uses too: end what was begun by ctl enter'

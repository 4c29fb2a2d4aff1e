#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1200
# long timeout: 43200
#
# Hostile images. A real image is damaged by tests/hostile/image.c in many ways, half of them with
# all checksums made right again; each is verified and restored. Whatever comes of it: no oops, no
# WARN, nobody hangs, nothing is left over, and the good image can still be restored.
#
# SEED=N starts at another seed; ONLY="--seed 7 --fix" runs one image again; N=… sets how many.
set -u
VEID=${VEID:-151}
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"

GOOD=$WORK/good BAD=$WORK/bad
LIMIT=60	# seconds for any command
BATCH=250	# images between two good restores

# What the VE runs: threads, timers, shared and private memory, pipes with something in them, a
# fifo, a zombie, a shell with children.
program() {
	cat <<-'EOF'
	import mmap, os, signal, threading, time
	shared = mmap.mmap(-1, 1 << 16)
	shared[:6] = b'shared'
	private = bytearray(os.urandom(1 << 18))
	r, w = os.pipe()
	os.write(w, b'x' * 20000)
	os.mkfifo('/tmp/fifo')
	fifo = os.open('/tmp/fifo', os.O_RDWR)
	os.write(fifo, b'y' * 100)
	signal.signal(signal.SIGALRM, lambda *a: None)
	signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
	signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
	os.kill(os.getpid(), signal.SIGUSR1)
	for i in range(2):
	    threading.Thread(target=lambda: time.sleep(100000), daemon=True).start()
	if os.fork() == 0:
	    private[0] = 1
	    while True: time.sleep(1000)
	if os.fork() == 0:
	    os._exit(3)
	while True: time.sleep(1000)
	EOF
}

start_programs() {
	program >"$PRIVATE/t/busy.py"
	must ctl exec2 "$VEID" 'cd /; setsid python3 /t/busy.py </dev/null >/dev/null 2>&1 &'
	must ctl exec2 "$VEID" 'cd /tmp; setsid sh -c "sleep 100000 | cat & sleep 100000 & wait" </dev/null >/dev/null 2>&1 &'
	until_ok 30 test -e "$PRIVATE/tmp/fifo" || fail "the program in the VE does not start"
	sleep 1
}

# limited CODE… -- COMMAND…: it ends in time with one of these codes
limited() {
	local codes=' ' got=0
	while [[ $1 != -- ]]; do codes+="$1 "; shift; done
	shift
	timeout -k 5 "$LIMIT" "$@" >"$WORK/said" 2>&1 || got=$?
	[[ $codes == *" $got "* ]] && return
	tail -n 20 "$WORK/said" >&2
	bad "status $got of: $*"
}

# what happened, and with which image
bad() {
	cp "$BAD" "$WORK/failed" 2>/dev/null
	[[ ! -d /mnt/share ]] || cp "$GOOD" "$BAD" /mnt/share/ 2>/dev/null
	fail "$* (image: $WHAT: $CHANGE)"
}

runs() { [[ $(ctl status "$VEID") == *" running"* ]]; }

# nothing_left: no task, no mount, no context of the VE
nothing_left() {
	until_ok 10 ve_gone || bad "processes are left: $(ve_pids | tr '\n' ' ')"
	! grep -q "/vz/root/$VEID" /proc/mounts || bad "mounts are left: $(grep "/vz/root/$VEID" /proc/mounts)"
}

REFUSED=0 RESTORED=0 VERIFIED=0

# one OPTION…: make an image, verify it, restore it, stop what runs
one() {
	local code=0 verified=0
	WHAT=$*
	CHANGE=$("$CPT_BIN/hostile/image" "$GOOD" "$BAD" "$@") || fail "no image by: $*"
	timeout -k 5 "$LIMIT" ctl image verify "$BAD" >"$WORK/verify" 2>&1 || verified=$?
	[[ $verified == 0 || $verified == 17 ]] || bad "ctl image verify: status $verified, $(<"$WORK/verify")"
	((verified)) || VERIFIED=$((VERIFIED + 1))
	timeout -k 5 "$LIMIT" ctl image info "$BAD" >/dev/null 2>&1 || code=$?
	[[ $code == 0 || $code == 17 ]] || bad "ctl image info: status $code"

	code=0
	timeout -k 5 "$LIMIT" ctl restore "$VEID" --dumpfile "$BAD" --force --keep >"$WORK/said" 2>&1 || code=$?
	((code < 124)) || { tail -n 20 "$WORK/said" >&2; bad "ctl restore: status $code"; }
	((code == 0 || code == 17)) || say "restore says $code: $(tail -n 1 "$WORK/said") ($WHAT)"
	((code == 0)) || [[ -s $WORK/said ]] || bad "ctl restore fails without a sentence"
	if runs; then
		RESTORED=$((RESTORED + 1))
		# Damage that leaves its checksum wrong must be found, unless it hit bytes that mean nothing.
		((code == 0)) || bad "ctl restore fails, but the VE runs"
		[[ " $* " == *" --fix "* || " $* " == *" --regs "* ]] || grep -q padding "$WORK/verify" ||
			bad "a damaged image was restored"
		limited 0 -- ctl stop "$VEID" --fast
	else
		REFUSED=$((REFUSED + 1))
		((code)) || limited 0 31 -- ctl stop "$VEID" --fast	# its init died at once
	fi
	! runs || bad "the VE cannot be stopped"
	nothing_left
}

good_restore() {
	WHAT=good CHANGE=none
	cp "$GOOD" "$BAD"
	limited 0 -- ctl restore "$VEID" --dumpfile "$GOOD" --force --keep
	runs || bad "the good image is restored, but the VE does not run"
	limited 0 -- ctl exec2 "$VEID" true
	limited 0 -- ctl stop "$VEID" --fast
	nothing_left
}

# --- the good image ---

with_ve
start_programs
must ctl chkpnt "$VEID" --dumpfile "$GOOD"
must ctl image verify "$GOOD"
must ctl image info "$GOOD"
cat "$WORK/must" >&2
good_restore

if [[ ${ONLY-} ]]; then
	# shellcheck disable=SC2086	# options
	one $ONLY
	say "$CHANGE; verify: $(<"$WORK/verify"); restore: $(<"$WORK/said")"
	good_restore
	exit
fi

# --- cut short at 50 places ---

for ((k = 0; k < 50; k++)); do
	one --cut $k
	[[ $(<"$WORK/verify") == *"cut short"* ]] || bad "verify of a cut image says: $(<"$WORK/verify")"
done
((RESTORED == 0)) || fail "$RESTORED images that are cut short were restored"
good_restore

# --- registers ---

seeds=3
[[ ! ${CPT_LONG-} ]] || seeds=30
for reg in cs eflags fsbase gsbase ip sp xstate; do
	for ((k = 0; k < seeds; k++)); do one --regs $reg --seed $k; done
done
good_restore

# --- bytes ---

seed=${SEED:-1}
total=${N:-200}
[[ ! ${CPT_LONG-} ]] || total=${N:-20000}
for ((k = 0; k < total; k += 2, seed++)); do
	one --seed "$seed"
	one --seed "$seed" --fix
	((k % BATCH)) || good_restore
done
good_restore
say "$RESTORED restored, $REFUSED refused; $VERIFIED of them looked well to ctl image verify"
limited 0 -- ctl destroy "$VEID"

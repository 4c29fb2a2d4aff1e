#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1200
# short on: 6.1-i386
# long timeout: 43200
#
# Hostile images. A real image is damaged by tests/hostile/image.c in many ways, half of them with
# all checksums made right again; each is verified and restored. Whatever comes of it: no oops, no
# WARN, nobody hangs, nothing is left over, and the good image can still be restored.
#
# The campaign is shared out among the kernels: 200 images in make check, 20,000 in make check-long,
# where those that the module's VERIFY refuses are not put before ctl as well. SEED=N starts at another
# seed; ONLY="--seed 7 --fix" runs one image again; N=… sets how many.
set -u
VEID=${VEID:-151}
: "${CPT_KERNEL:=}" "${CPT_LONG:=}"
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"

GOOD=$WORK/good BAD=$WORK/bad
LIMIT=60	# seconds for any command
BATCH=250	# images between two good restores

# What the VE runs: "image --busy", and a shell with children and a pipe. And mounts of its own.
start_busy() {
	must nsenter -t "$(ve_init)" -m -- /bin/sh -euc 'mkdir -p /mnt/a /mnt/b; mount -t tmpfs -o size=1m own /mnt/a
mkdir /mnt/a/in; echo 1 >/mnt/a/f; mount -t tmpfs in /mnt/a/in; mount --make-shared /mnt/a; mount --bind /mnt/a /mnt/b
mount --make-slave /mnt/b; mount --bind /srv /mnt/a/in; touch /mnt/f; mount --bind /mnt/a/f /mnt/f'
	put_program hostile/image
	must ctl exec2 "$VEID" 'cd /; setsid /t/image --busy /tmp </dev/null >/tmp/busy.log 2>&1 &'
	must ctl exec2 "$VEID" 'cd /tmp; setsid sh -c "sleep 100000 | cat & sleep 100000 & wait" </dev/null >/dev/null 2>&1 &'
	until_ok 30 test -e "$PRIVATE/tmp/busy" ||
		fail "the program in the VE does not start: $(<"$PRIVATE/tmp/busy.log")"
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

# Asked of the kernel: it is quicker than ctl status, and independent of it.
runs() { [[ $(ve_pids) ]]; }

# nothing_left: no task, no mount, no context of the VE
nothing_left() {
	until_ok 10 ve_gone || bad "processes are left: $(ve_pids | tr '\n' ' ')"
	! grep -q "/vz/root/$VEID" /proc/mounts || bad "mounts are left: $(grep "/vz/root/$VEID" /proc/mounts)"
}

COUNT=0 REFUSED=0 RESTORED=0 VERIFIED=0

# one OPTION…: make an image, verify it, restore it, stop what runs
one() {
	local code=0 verified=0
	WHAT=$*
	CHANGE=$("$CPT_BIN/hostile/image" "$GOOD" "$BAD" "$@") || fail "no image by: $*"
	timeout -k 5 "$LIMIT" ctl image verify "$BAD" >"$WORK/verify" 2>&1 || verified=$?
	[[ $verified == 0 || $verified == 17 ]] || bad "ctl image verify: status $verified, $(<"$WORK/verify")"
	((verified)) || VERIFIED=$((VERIFIED + 1))
	if ((COUNT++ % 10 == 0)); then
		timeout -k 5 "$LIMIT" ctl image info "$BAD" >/dev/null 2>&1 || code=$?
		[[ $code == 0 || $code == 17 ]] || bad "ctl image info: status $code"
		code=0
	fi
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
	[[ $(ctl status "$VEID") == *" running"* ]] || bad "the good image is restored, but the VE does not run"
	limited 0 -- ctl exec2 "$VEID" true
	limited 0 -- ctl stop "$VEID" --fast
	nothing_left
}

# --- the good image ---

trap 'echo 0 >/proc/sys/vm/nr_hugepages' EXIT
echo 16 >/proc/sys/vm/nr_hugepages
with_ve
start_busy
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

# images of each kernel, and their first seed
seeds=(34 3334) parts=3
case $CPT_KERNEL in
6.1-amd64) part=0 ;;
6.12-amd64) part=1 ;;
6.1-i386) part=2 ;;
*) part=0 parts=1 seeds=(34 1000) ;;	# 6.1-debug: it is slower
esac
seed=${SEED:-$((1 + part * 100000))}
count=$((${N:-$((2 * seeds[CPT_LONG ? 1 : 0]))} / 2))

# --- cut short at 50 places ---

for ((k = part; k < 50; k += parts)); do
	one --cut $k
	[[ $(<"$WORK/verify") == *"cut short"* ]] || bad "verify of a cut image says: $(<"$WORK/verify")"
done
((RESTORED == 0)) || fail "$RESTORED images that are cut short were restored"
good_restore

# --- registers ---

values=3
[[ ! $CPT_LONG ]] || values=30
for reg in cs eflags fsbase gsbase ip sp xstate; do
	for ((k = 0; k < values; k++)); do one --regs $reg --seed $k; done
done
good_restore

# --- bytes ---

# some SEED…: a line each, "SEED [--fix]", of what the module does not refuse; all of them in the short run
some() {
	local k
	if [[ $CPT_LONG ]]; then
		"$CPT_BIN/hostile/image" "$GOOD" "$BAD" --seed "$1" --sift "$2" --ve "$VEID" || echo failed
	else
		for ((k = $1; k < $1 + $2; k++)); do printf '%s\n' "$k" "$k --fix"; done
	fi
}
for ((end = seed + count; seed < end; seed += BATCH)); do
	n=$((end - seed < BATCH ? end - seed : BATCH))
	mapfile -t sound < <(some "$seed" "$n")
	[[ "${sound[*]}" != *failed* ]] || fail "sifting the images from seed $seed on"
	say "seeds $seed to $((seed + n - 1)): ${#sound[@]} images to restore"
	REFUSED=$((REFUSED + 2 * n - ${#sound[@]}))
	for what in "${sound[@]}"; do
		# shellcheck disable=SC2086	# options
		one --seed $what
	done
	good_restore
done
good_restore
say "$RESTORED restored, $REFUSED refused; $VERIFIED of them looked well to ctl image verify"
limited 0 -- ctl destroy "$VEID"

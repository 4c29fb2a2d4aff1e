#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An image of a kernel with another vdso: programs that have looked up its functions go on calling
# them, and get this kernel's. Then the bridged VE itself is checkpointed and restored, twice: first
# as it is, then by yet another kernel.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
put_program kind/vdso
start_program vdso
wait_ready vdso

# areas: how many processes have a vdso of the kernel's, and how many code of no file beside it
areas() {
	local p
	for p in $(ve_pids); do
		awk '/\[vdso\]/ { own = 1 } $2 == "r-xp" && !$6 { old++ } END { print own + 0, old + 0 }' "/proc/$p/maps"
	done | sort | uniq -c | awk '{ print $1 "x" $2 "+" $3 }' | tr '\n' ' '
}
foreign_cycle() {
	must ctl chkpnt "$VEID" --dumpfile "$WORK/image"
	between
	must "$CPT_BIN/kind/vdso" --foreign "$WORK/image" "$WORK/foreign"
	must ctl restore "$VEID" --dumpfile "$WORK/foreign"
	rm -f "$WORK/image" "$WORK/foreign"
}

# whoever has started it may not be gone yet
quiet() { local before; before=$(ve_pids); sleep 1; [[ $(ve_pids) == "$before" ]]; }
until_ok 20 quiet || fail "processes come and go"
before=$(areas)
[[ $before == +([0-9])"x1+0 " ]] || fail "vdsos at first: $before"
foreign_cycle
[[ $(areas) == "${before/+0/+1}" ]] || fail "vdsos were $before, and bridged $(areas)"
MOVES=1 cycle_full
[[ $(areas) == "${before/+0/+1}" ]] || fail "vdsos were $before, and after another cycle $(areas)"
foreign_cycle
[[ $(areas) == "${before/+0/+2}" ]] || fail "vdsos were $before, and bridged twice $(areas)"
# Stepping out of the vdso, and being let go in the middle of that, costs them nothing.
for _ in {1..20}; do
	must ctl chkpnt "$VEID" --suspend
	must ctl chkpnt "$VEID" --resume
done
go vdso
verdict vdso 120
must ctl exec2 "$VEID" date
# Its init is bridged too: the next test wants a new one.
must ctl stop "$VEID" --fast

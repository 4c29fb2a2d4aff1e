#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A VE whose memory (swapped.c: of five sorts, half of one shared by fork) is pushed out to swap, and
# that may have less than all of it in memory: the image holds all of it, once; what is in swap does
# not count against the VE's limit twice, nor stay taken when it is gone.
# timeout: 300
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

mib=12	# of each sort
swap=/vz/swapfile
end() {
	ctl set "$VEID" --save --physpages unlimited >/dev/null 2>&1
	swapoff $swap
	rm -f $swap
}
trap end EXIT
make_swap() { dd if=/dev/zero of=$swap bs=1M count=160 status=none && chmod 600 $swap && mkswap -q $swap && swapon $swap; }
make_swap || skip "no swap here"
with_ve
[[ -e $CGROUP/memory.reclaim ]] || skip "this kernel pushes nothing out when told to (memory.reclaim)"
put_program kind/swapped
start_program swapped $mib
wait_ready swapped

kib() { echo $(($(<"$CGROUP/$1") / 1024)); }
swapped() { kib memory.swap.current; }
push_out() { # all of it: the kernel stops half-way when it finds nothing more at first
	for _ in {1..20}; do
		echo 100M >"$CGROUP/memory.reclaim" 2>/dev/null
		(($(swapped) < mib * 5 * 1024)) || break
	done
	say "$(swapped) KiB are in swap, $(kib memory.current) KiB in memory"
	(($(swapped) >= mib * 4 * 1024)) || fail "the VE cannot be pushed out"
}

push_out
must ctl chkpnt "$VEID" --suspend
must ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image"
size=$(($(stat -c %s "$WORK/image") / 1048576))
must ctl chkpnt "$VEID" --resume
say "an image of $size MiB"
# five sorts, and the half of the first that the child has by itself
((size >= mib * 11 / 2)) || fail "the image has only $size MiB"
((size <= mib * 11 / 2 + 12)) || fail "the image has $size MiB"

# with less memory than there is to save, and to bring back
push_out
must ctl set "$VEID" --save --physpages 10240	# 40 MiB
must ctl chkpnt "$VEID"
free=$(awk '/^SwapFree/ { print $2 }' /proc/meminfo)
((free > 150 * 1024)) || fail "of 160 MiB of swap only $free KiB are free when the VE is gone"
must ctl restore "$VEID"
[[ ! -e $CGROUP/memory.events ]] || grep -q '^oom_kill 0' "$CGROUP/memory.events" || fail "a process was killed for memory"
push_out
for cycle in stages suspend full; do
	"cycle_$cycle"
	push_out
done
go swapped
verdict swapped

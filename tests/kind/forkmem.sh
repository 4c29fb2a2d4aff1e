#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 20 children of a 50 MiB parent (forkmem.c): what fork had shared is in the image once, and shared
# again after the restore, which is to say that the VE needs no more memory than before.
# timeout: 240
# short on: 6.12-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

children=20 mb=50
with_ve
put_program kind/forkmem
start_program forkmem $children $mb
wait_ready forkmem

anon() { awk '$1 == "anon" { print int($2 / 1048576) }' "$CGROUP/memory.stat"; }
own() { # MiB that each process would give back if it alone ended, and its part of the common ones
	local p
	for p in $(ve_pids); do awk '/^Pss_Anon:/ { print $2 }' "/proc/$p/smaps_rollup"; done |
		awk '{ s += $1 } END { print int(s / 1024) }'
}
before=$(anon) pss=$(own)
((before >= mb && before < 3 * mb)) || fail "this test takes $before MiB even before"

# an image by itself, to look at its size
must ctl chkpnt "$VEID" --suspend
must ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image"
size=$(($(stat -c %s "$WORK/image") / 1048576))
must ctl chkpnt "$VEID" --resume
rm "$WORK/image"
say "$before MiB of anonymous memory ($pss MiB by smaps), an image of $size MiB"
((size < 2 * mb)) || fail "the image has $size MiB: what fork shares is in it more than once"
((size >= mb)) || fail "the image has only $size MiB"

for cycle in stages suspend full full; do
	"cycle_$cycle"
	after=$(anon)
	say "after $cycle: $after MiB of anonymous memory ($(own) MiB by smaps)"
	((after <= before + 12 && after >= before - 12)) || fail "it was $before MiB"
	((before = after))
done
go forkmem
verdict forkmem

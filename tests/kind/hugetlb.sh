#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Huge pages of 2 MiB of all sorts (hugetlb.c), on a hugetlbfs of the VE's own too: contents, holes, page
# size; how many are there and how many reserved is the same after a restore, and all are free while
# the VE is gone. An image has what is there, once. With a page too few, it is not restored.
# timeout: 500
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

pool=/sys/kernel/mm/hugepages/hugepages-2048kB
pages=76
apart=1	# pages that two processes share that are no parent and child: a restore gives one to each
leave() {
	ctl stop "$VEID" --fast >/dev/null 2>&1
	without_admin
	echo 0 >$pool/nr_hugepages
}
trap leave EXIT
echo 1 >/proc/sys/vm/compact_memory
echo $pages >$pool/nr_hugepages
[[ $(<$pool/nr_hugepages) == "$pages" ]] || fail "there are no $pages huge pages here, but $(<$pool/nr_hugepages)"
count() { echo "$(<$pool/free_hugepages) $(<$pool/resv_hugepages)"; }
all_free() { [[ $(count) == "$(<$pool/nr_hugepages) 0" ]]; }

with_admin
must ctl exec2 "$VEID" 'mkdir /run/huge; mount -t hugetlbfs -o size=60M,min_size=16M h /run/huge'
put_program kind/hugetlb
start_program hugetlb /run/huge
wait_ready hugetlb 120
before=$(count)
say "of $pages huge pages are free, and of these reserved: $before"

must ctl chkpnt "$VEID" --suspend
must ctl chkpnt "$VEID" --dump --dumpfile "$WORK/first"
must ctl chkpnt "$VEID" --resume
[[ $(count) == "$before" ]] || fail "a dump has changed what is free: $before, $(count)"
size=$(($(stat -c %s "$WORK/first") / 1048576)) there=$(((pages - ${before% *}) * 2))
say "$there MiB of huge pages, an image of $size MiB"
((size >= there && size < there + 2 * apart + 6)) || fail "the image has other pages than are there"
must ctl image verify "$WORK/first"

before="$((${before% *} - apart)) ${before#* }"
for mode in stages full suspend full; do
	"cycle_$mode"
	[[ $(count) == "$before" ]] || fail "after $mode are free and reserved: $(count), not $before"
done

must ctl chkpnt "$VEID"
all_free || fail "the VE is gone, but not its huge pages: $(count)"
need=$((pages - ${before% *} + ${before#* }))
echo $((need - 1)) >$pool/nr_hugepages
expect 17 "the VE has $need huge pages of 2048 kB, 1 more than are free on this host" ctl restore "$VEID"
all_free || fail "what was not restored has huge pages: $(count)"

# wrong WHAT PAGES SENTENCE: what an image says of huge pages is not so
wrong() {
	must "$CPT_BIN/hostile/image" "$WORK/first" "$WORK/bad" --huge "$1"
	echo "$2" >$pool/nr_hugepages
	expect 17 "$3" ctl restore "$VEID" --dumpfile "$WORK/bad" --force --keep
	until_ok 20 all_free || fail "what was not restored has huge pages: $(count)"
}
wrong few $((need - 1)) 'too few huge pages are free for the memory at'
wrong few $((need / 2)) 'huge pages of 2048 kB cannot be reserved: too few are free'
wrong size $pages 'the VE has huge pages of 4096 kB, which this host does not have'
wrong where $pages 'the image has huge pages where others are'
rm "$WORK/first" "$WORK/bad"

echo $need >$pool/nr_hugepages
must ctl restore "$VEID"
echo $pages >$pool/nr_hugepages
[[ $(count) == "$before" ]] || fail "with no page more than it needs, other pages are free and reserved: $(count)"
go hugetlb
verdict hugetlb 120
ctl stop "$VEID" --fast >/dev/null 2>&1
until_ok 20 all_free || fail "the VE has ended, but not its huge pages: $(count)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Transparent huge pages, 16 MiB of a parent and a child (thp.c): a dump does not split them, the image has
# what fork had shared once; contents and flags are the same after a restore.
# timeout: 360
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

enabled=/sys/kernel/mm/transparent_hugepage/enabled
mode=$(sed 's/.*\[\(.*\)\].*/\1/' $enabled)
trap 'echo "$mode" >$enabled' EXIT
echo madvise >$enabled
with_ve
put_program kind/thp
start_program thp
wait_ready thp
huge() { for p in $(ve_pids); do awk '/^AnonHugePages:/ { print $2 }' "/proc/$p/smaps_rollup"; done | sort -n | tail -n1; }

before=$(huge)
((before >= 16384)) || fail "the program has only $before KiB of huge pages: this tests nothing"
must ctl chkpnt "$VEID" --suspend
must ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image"
must ctl chkpnt "$VEID" --resume
size=$(($(stat -c %s "$WORK/image") / 1048576))
rm "$WORK/image"
say "$before KiB of huge pages, an image of $size MiB"
((size >= 16 && size < 20)) || fail "the image has $size MiB"
[[ $(huge) == "$before" ]] || fail "after a dump $(huge) KiB of $before are huge"
for cycle in stages full suspend full; do "cycle_$cycle"; done
go thp
verdict thp

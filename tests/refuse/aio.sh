#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# short on: 6.1-amd64
# Asynchronous I/O that is under way to a disk when the VE is frozen (aio.c), by a limit on its cgroup:
# what takes an hour is refused with a sentence that names it; what takes seconds is waited for, and its
# event comes after the restore, once.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

# BUG at block/blk-throttle.c:742 of 6.1-686: jiffies wrap, five minutes after the start, and slices with them
[[ $(uname -m) != i?86 ]] || skip "a limit of I/O may bring down this kernel"
with_ve
put_program refuse/aio
read -r major minor < <(stat -c '%Hd %Ld' "$PRIVATE")
disk=$(basename "$(readlink -f "/sys/dev/block/$major:$minor")")
[[ ! -e /sys/class/block/$disk/partition ]] || skip "the disk has partitions"
for g in /sys/fs/cgroup /sys/fs/cgroup/vz; do
	echo +io >$g/cgroup.subtree_control || skip "no limits of I/O here"
done
limit() { echo "$major:$minor rbps=$1" >"$CGROUP/io.max" || fail "no limit"; }
trap '[[ ! -e $CGROUP/io.max ]] || limit max' EXIT

# begin RATE: the program reads 64 KiB at this many bytes a second
begin() {
	rm -f "$PRIVATE"/tmp/aio.*
	head -c 65536 /dev/zero | tr '\0' x >"$PRIVATE/tmp/aio.data"
	sync
	must ctl exec2 "$VEID" true	# what that reads is in memory
	cat "$PRIVATE/t/aio" >/dev/null
	limit "$1"
	start_program aio
	wait_ready aio
	read -r pid context <"$PRIVATE/tmp/aio.context"
}

begin 16
expect 16 "process $pid \(aio\) has asynchronous I/O under way that does not come to an end \(context $context\)" \
	ctl chkpnt "$VEID"
[[ $(ctl status "$VEID") == *running && ! -e $IMAGE ]] || fail "it is not refused"
limit max
go aio
verdict aio 120

begin 8192	# it is done before chkpnt has enough of it (kmod/kind/aio.c)
start=$(now)
must ctl chkpnt "$VEID"
took=$(($(now) - start))
# the limit went with the cgroup
must ctl restore "$VEID"
say "chkpnt took $took ms"
go aio
verdict aio

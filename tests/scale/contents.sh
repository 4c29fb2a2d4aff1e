#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# More in a VE's tmpfs mounts than the metadata of an image may be large: 300 MiB in one file, written to
# while it is checkpointed, a file that is almost all hole, and 2,000 small ones.
# timeout: 400
# short on: 6.1-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
in_ve() { must ctl exec2 "$VEID" "$1"; }
must nsenter -t "$(ve_init)" -m -- mount -t tmpfs -o size=700m big /mnt
in_ve 'head -c 300M /dev/urandom >/mnt/large; truncate -s 4G /mnt/hole; echo end >>/mnt/hole
mkdir /mnt/many; cd /mnt/many; for i in $(seq 2000); do echo $i >$i; done; head -c 3M /dev/urandom >/dev/shm/other
while sleep 0.01; do echo $((n = n + 1)); done >/mnt/log & echo $! >/mnt/pid'
state() {
	in_ve 'cd /mnt; sha256sum large /dev/shm/other; tail -c 100 hole | od -c; stat -c "%n %s %b" large hole; cat many/* | sha256sum; ls many | wc -l'
}
state >"$WORK/before"
# shellcheck disable=SC2034
MOVES=1
cycle_full
must ctl chkpnt "$VEID" --suspend
must ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image"
must ctl chkpnt "$VEID" --kill
must ctl image verify "$WORK/image"
size=$(stat -c %s "$WORK/image")
((size > 303 << 20)) || fail "an image of $size bytes cannot have it all"
must ctl restore "$VEID" --undump --dumpfile "$WORK/image"
must ctl restore "$VEID" --resume
state | diff "$WORK/before" - >&2 || fail "the contents are not the same"
in_ve 'kill $(cat /mnt/pid); seq $(wc -l </mnt/log) | cmp - /mnt/log'
must nsenter -t "$(ve_init)" -m -- umount /mnt
in_ve 'rm /dev/shm/other'
say "an image of $((size >> 20)) MiB; frozen and gone $FROZEN ms in the first cycle"

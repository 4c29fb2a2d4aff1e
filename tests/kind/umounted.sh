#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Mounts that were unmounted lazily (umount -l) while programs used them (umounted.c): contents, flags
# and options are the same after a restore, and they are still mounted nowhere.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

# whatever is mounted goes with the VE
trap 'ctl stop "$VEID" --fast >/dev/null 2>&1; rm -rf "${PRIVATE:?}"/mnt/* "${PRIVATE:?}"/srv/*' EXIT
with_ve
inside() { must nsenter -t "$(ve_init)" -m -p -i -C -- /bin/sh -euc "$1"; }
inside 'cd /mnt; mkdir -p t bind disk outer /srv/data; echo disk >/srv/data/file
mount -t tmpfs -o size=2m,nosuid,noexec t t; mkdir t/dir; echo here >t/dir/here; echo later >t/later
mount --bind t bind; mount --bind /srv/data disk; mount -o remount,bind,ro disk
mount -t tmpfs outer outer; mkdir outer/in; mount -t tmpfs inner outer/in'
put_program kind/umounted
start_program umounted
wait_ready umounted
inside 'umount -l /mnt/t; umount -l /mnt/bind; umount -l /mnt/disk; umount -l /mnt/outer'
inside 'cat /proc/self/mountinfo' >"$WORK/before"
for mode in full suspend stages full; do
	MOVES=1 "cycle_$mode"
done
inside 'cat /proc/self/mountinfo' >"$WORK/after"
[[ $(wc -l <"$WORK/before") == $(wc -l <"$WORK/after") ]] || { diff "$WORK/before" "$WORK/after" >&2; fail "other mounts"; }
go umounted
verdict umounted

# of a type that is not preserved: refused by name, in all ways
inside 'cd /mnt; mkdir -p r; mount -t ramfs r r; echo x >r/f'
must ctl exec2 "$VEID" 'setsid sleep 100000 </mnt/r/f >/dev/null 2>&1 &'
inside 'umount -l /mnt/r'
for how in --check ''; do
	expect 16 'a mount of the container \(ramfs\) that was unmounted while it was in use cannot be preserved: file systems of this type are not preserved' \
		ctl chkpnt "$VEID" $how
	[[ $(grep -c ramfs <<<"$SAID") == 1 ]] || fail "it is said more than once: $SAID"
done
[[ $(ctl status "$VEID") == *running && ! -e $IMAGE ]] || fail "not unharmed"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# short on: 6.1-i386
# File systems of more types, mounted by the VE's root: /proc anew, with options; sysfs and mqueue under
# other names; hugetlbfs; overlayfs with layers on the disk and in a tmpfs, over its own lower layer,
# on another overlayfs, read-only, with a bind of a part of it, and files of it open
# (tests/kind/fstypes.c). All is the same after a restore.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

leave() { # what is mounted goes with the VE
	ctl stop "$VEID" --fast >/dev/null 2>&1
	without_admin
	rm -rf "${PRIVATE:?}"/mnt/* "${PRIVATE:?}"/srv/*
}
trap leave EXIT
modprobe overlay 2>/dev/null
with_admin
rm -rf "${PRIVATE:?}"/mnt/* "${PRIVATE:?}"/srv/*
inside() { must ctl exec2 "$VEID" "set -eu; $1"; }
state() {
	must cp "$CPT_TESTS/lib/mounts" "$PRIVATE/t/mounts.py"
	in_ve 'python3 /t/mounts.py /mnt/o /mnt/own /mnt/zo /mnt/ro /mnt/part /mnt/h /srv/u /mnt/t/u </proc/self/mountinfo |
			sed "/ c--------- /s/ 0 0 [0-9]* / 0 0 N /"	# the kernel has one more name of it in a workdir
		ls -d /mnt/p/1 /mnt/q/1; ls /mnt/q | grep -v "^[0-9]"; cat /mnt/p/1/comm /mnt/p/sys/kernel/hostname /mnt/k/hostname
		ls /mnt/s /mnt/s/class/net' >"$1" 2>"$WORK/must" || { cat "$WORK/must" >&2; fail "cannot look at the mounts"; }
}
same() { diff "$1" "$2" >"$WORK/diff" || { cat "$WORK/diff" >&2; fail "mounts differ after $3"; }; }

inside 'cd /mnt; mkdir p q k s mq h o own zo ro part t
mount -t proc -o hidepid=2,gid=5 mine p; mount -t proc -o ro,nosuid,subset=pid only q; mount --bind p/sys/kernel k
mount -o remount,hidepid=1 /proc
mount -t sysfs -o ro mysys s; mount -t mqueue myq mq
mount -t hugetlbfs -o size=8M,uid=3 huge h; mkdir h/d; chmod 1751 h/d; mkfifo h/l; chmod 1777 h'
inside 'cd /srv; mkdir l1 l2 u w own_u own_w; for f in lower up gone; do echo $f >l1/$f; done
mkdir -p l1/dir/deep l2/dir l1/replaced l2/only; echo 1 >l1/dir/one; echo 2 >l2/dir/two; echo r >l1/replaced/r; chown -R 5:6 l2/only
mount -t overlay -o lowerdir=/srv/l1:/srv/l2,upperdir=/srv/u,workdir=/srv/w,redirect_dir=on "my layers" /mnt/o
cd /mnt/o; rm gone; rm -r replaced; mkdir replaced; echo new >replaced/new; mv dir/deep dir/moved; echo appended >>dir/two
cd /mnt; mount -t tmpfs t t; mkdir t/u t/w
mount -t overlay -o lowerdir=/mnt/o/dir:/srv/l1,upperdir=/mnt/t/u,workdir=/mnt/t/w,xino=on stacked zo
echo b >zo/dir/below; rm zo/one zo/lower; mkdir -p own/low; echo own >own/low/f
mount -t overlay -o lowerdir=/mnt/own/low,upperdir=/srv/own_u,workdir=/srv/own_w over own; echo more >own/f
mount -t overlay -o lowerdir=/srv/l2:/srv/l1 none ro; mount --bind o/dir part; mount -o remount,bind,ro,nosuid part'
must cp "$CPT_BIN/kind/fstypes" "$PRIVATE/srv/l2/fstypes"
must ctl exec2 "$VEID" "cd /; setsid /mnt/o/fstypes </dev/null >/tmp/fstypes.log 2>&1 &"
wait_ready fstypes
for mode in full stages suspend full; do
	state "$WORK/before"
	MOVES=1 "cycle_$mode"	# an overlayfs gets other numbers
	state "$WORK/after"
	same "$WORK/before" "$WORK/after" "$mode"
done
say "$(wc -l <"$WORK/before") lines are the same: $(grep -c ^m "$WORK/before") mounts"
go fstypes
verdict fstypes
inside 'cd /mnt; test ! -e o/gone; test "$(cat o/replaced/new)" = new; test "$(cat own/f)" = "own
more" || test "$(cat own/f)" = more; ! touch ro/x 2>/dev/null; ! touch part/x 2>/dev/null; touch o/dir/x; test -e part/x
echo again >>o/lower; test "$(head -n1 o/lower)" = lower; test "$(cat /srv/l1/lower)" = lower
mkdir h/d/e; ! ls q/cpuinfo 2>/dev/null; umount own; test "$(cat own/low/f)" = own'
# without_admin later: nothing of it is left
ve_clean

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# short on: 6.12-amd64
# Mounts that were made in the VE: tmpfs with contents and options, in one another and in those of the
# table; devpts, mqueue and cgroup2; binds of directories and files, read-only and recursive; mounts
# over mounts and over files; peer groups, slaves, what cannot be bound; names that mountinfo has to
# quote. /proc/self/mountinfo and all contents are the same after a restore, what is hidden by a mount
# too. Then a thousand, all shared, one with much in it.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

# whatever is mounted goes with the VE
trap 'ctl stop "$VEID" --fast >/dev/null 2>&1; rm -rf "${PRIVATE:?}"/mnt/* "${PRIVATE:?}"/srv/*' EXIT
with_ve
# a mount needs sys_admin, which a VE may not have on every kernel: made from outside, in its namespace
inside() { must nsenter -t "$(ve_init)" -m -p -i -C -- /bin/sh -euc "$1"; }
# as a program in the VE sees it: state FILE DIR…
state() {
	local to=$1; shift
	must cp "$CPT_TESTS/lib/mounts" "$PRIVATE/t/mounts.py"
	in_ve "python3 /t/mounts.py $* </proc/self/mountinfo" >"$to" 2>"$WORK/must" ||
		{ cat "$WORK/must" >&2; fail "cannot look at the mounts"; }
}
# same A B WHEN
same() { diff "$1" "$2" >"$WORK/diff" || { cat "$WORK/diff" >&2; fail "mounts differ after $3"; }; }

inside 'cd /mnt; mkdir a b ro r o h deep deep/x deep/x/y s rotmp atime odd
mount -t tmpfs h h; mount -t tmpfs y deep/x/y; echo y >deep/x/y/f
mkdir -p /srv/data/sub; echo data >/srv/data/file; echo file >/srv/file; echo under >file; chown 5:6 /srv/data/file
mount -t tmpfs -o size=16m,nr_inodes=2000,mode=1750,uid=7,gid=8,nosuid,noexec "a source" a
echo contents >a/plain; chmod 6640 a/plain; chown 1000:1001 a/plain; ln a/plain a/hard; ln -s /nowhere a/link
mkfifo a/fifo; mkdir -p a/sub/subsub a/in; echo x >a/sub/subsub/x; chmod 0 a/sub/subsub/x; echo hidden >a/in/hidden
truncate -s 3m a/sparse; echo end >>a/sparse; echo conf >a/conf; touch -d 2001-02-03T04:05:06.789 a/plain
mount -t tmpfs -o size=1m in a/in; mkdir a/in/dir; echo here >a/in/dir/here
mount --bind /srv/data b; mount --bind /srv/data ro; mount -o remount,bind,ro,nodev ro
mount --rbind a r; mount --bind a/sub s; mount --bind a/conf file; mount --bind /srv/file /srv/data/file
mkdir -p /dev/own /run/own/two /run/mqueue.bind; mount -t tmpfs dev /dev/own; echo 1 >/dev/own/1
mount -t tmpfs run /run/own/two; echo 2 >/run/own/two/2; mount --bind /run/own b/sub
mount -t tmpfs rotmp rotmp; echo kept >rotmp/kept; mount -o remount,ro rotmp
mount -t tmpfs -o strictatime,nodiratime,nosymfollow atime atime; echo shm >/dev/shm/f
mount -o remount,size=32m /dev/shm; mount -o remount,mode=600,max=77 /dev/pts
mkdir -p /opt/mq /opt/pts /opt/cg; mount -t mqueue q /opt/mq; mount --bind /opt/mq /run/mqueue.bind
mount -t devpts -o newinstance,ptmxmode=0660,mode=600,gid=5 pts /opt/pts
mount -t cgroup2 cg /opt/cg; mount -o remount,bind,ro /opt/cg
mkdir sh sh2 sl ss shd ub; mount -t tmpfs sh sh; mount --make-shared sh; mkdir sh/d; mount --bind sh sh2
for d in sl ss; do mount --bind sh $d; mount --make-slave $d; done; mount --make-shared ss; mount --bind sh/d shd
mount -t tmpfs spread sh/d; echo spread >sh2/d/f; mount -t tmpfs ub ub; mount --make-unbindable ub; mount --bind ss/d s
mkdir "odd/with blank"; mount -t tmpfs "#odd" "odd/with blank"; echo odd >"odd/with blank/f"
mkdir "$(printf "odd/nl\n\\\\ \303\244\377")"; mount -t tmpfs odd "$(printf "odd/nl\n\\\\ \303\244\377")"'
python3 - "/proc/$(ve_init)/root/mnt/a" <<'EOP'
import os, sys
os.setxattr(sys.argv[1] + "/plain", "trusted.cpt", b"value\0x")
os.setxattr(sys.argv[1] + "/sub", "trusted.dir", b"d")
EOP
put_program kind/mounts
start_program mounts
wait_ready mounts
# what hides: something mounted over a mount, twice, and over the directory in which one is
inside 'cd /mnt; mount -t tmpfs one o; echo one >o/f; mount -t tmpfs two o; echo two >o/f
mount -t tmpfs h2 h; mount -t tmpfs x deep/x; echo x >deep/x/f'
for mode in full suspend stages full; do
	state "$WORK/before" /mnt /srv /dev/own /dev/shm /run/own
	MOVES=1 "cycle_$mode"
	state "$WORK/after" /mnt /srv /dev/own /dev/shm /run/own
	same "$WORK/before" "$WORK/after" "$mode"
done
say "$(wc -l <"$WORK/before") lines are the same: $(grep -c ^m "$WORK/before") mounts"
inside 'cd /mnt; umount /mnt/o; test "$(cat o/f)" = one; umount /mnt/o; test -e o/under; umount /mnt/deep/x; test "$(cat deep/x/y/f)" = y
test "$(stat -f -c %b a)" = 4096; umount /mnt/r/in; test "$(cat r/in/hidden)" = hidden'
go mounts
verdict mounts
# it spreads as before: to peers and slaves, not back
inside 'mkdir /mnt/sh/e /mnt/sh/f; mount -t tmpfs e /mnt/sh2/e; echo e >/mnt/sh/e/e; test -e /mnt/sl/e/e; test -e /mnt/ss/e/e
mount -t tmpfs f /mnt/ss/f; echo f >/mnt/ss/f/f; test ! -e /mnt/sh/f/f; ! mount --bind /mnt/ub /mnt/a/sub 2>/dev/null'
[[ $(<"$PRIVATE/mnt/file") == under ]] || fail "a file was written under its mount"
ve_clean

# a thousand, one in twenty a tmpfs with a file
must ctl stop "$VEID" --fast
with_ve
python3 - "/proc/$(ve_init)/ns/mnt" <<'EOP' || fail "cannot make a thousand mounts"
import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.setns(os.open(sys.argv[1], os.O_RDONLY), 0x20000)
libc.mount(None, b"/", None, 0x104000, None)		# as systemd does: MS_REC | MS_SHARED
os.mkdir("/srv/one")
# a 32-bit kernel has less room for what ctl puts into an image
for i in range(1000):
    d = b"/mnt/many/%d" % i
    os.makedirs(d)
    if libc.mount(*([b"t", d, b"tmpfs", 0, b""] if i % 20 == 0 else [b"/srv/one", d, b"", 4096, b""])):
        sys.exit("mount " + d.decode())
    if i % 20 == 0:
        open(d + b"/f", "w").write("%d" % i)
open("/mnt/many/0/large", "wb").write(os.urandom(1 << 20) * (90 if sys.maxsize >> 32 else 20))
EOP
state "$WORK/before" /mnt/many/0
start=$(now)
cycle_full
say "1000 mounts: $(($(now) - start)) ms"
state "$WORK/after" /mnt/many/0
same "$WORK/before" "$WORK/after" "a cycle with 1000 mounts"
[[ $(in_ve 'cat /mnt/many/980/f') == 980 ]] || fail "the contents of one of 1000 are gone"

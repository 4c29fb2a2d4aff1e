#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# short on: 6.1-i386
# Mounts that are not preserved: each is refused with a sentence that names mount point, type and
# reason, and nothing else is; the VE goes on. So are files of a mount that was taken away, and a process in
# a mount namespace of its own. And a restore where mounts would lead elsewhere than before.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

# whatever is mounted goes with the VE
trap 'ctl stop "$VEID" --fast >/dev/null 2>&1; rm -rf "${PRIVATE:?}"/mnt/* "${PRIVATE:?}"/srv/*' EXIT
with_ve
inside() { must nsenter -t "$(ve_init)" -m -p -n -i -- /bin/sh -euc "cd /mnt; $1"; }
# said SENTENCE: the VE is refused by this alone
said() {
	expect 16 '' ctl chkpnt "$VEID" --check
	[[ $SAID == *"$1"* ]] || fail "not refused with '$1': $SAID"
	(($(grep -c 'mount at\|process' <<<"$SAID") == ${2-1})) || fail "more is refused than '$1': $SAID"
	say "$(grep -F "$1" <<<"$SAID")"
}
# refused SENTENCE MAKE UNDO
refused() {
	inside "$2"
	said "$1"
	inside "$3"
	expect 0 '' ctl chkpnt "$VEID" --check
}
# from_host DIR MAKE: a mount of the host's directory, put at the VE's /mnt/x
from_host() {
	python3 - "$1" "/proc/$(ve_init)/ns/mnt" <<'EOP' || fail "cannot put $1 into the VE"
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.syscall(428, -100, sys.argv[1].encode(), 1)                      # open_tree(CLONE)
ns = os.open(sys.argv[2], os.O_RDONLY)
sys.exit(fd < 0 or libc.setns(ns, 0x20000) or libc.syscall(429, fd, b"", -100, b"/mnt/x", 4))	# move_mount
EOP
}

no='cannot be preserved:'
inside 'mkdir x y z'
refused "mount at /mnt/x (ramfs) $no file systems of this type are not preserved" 'mount -t ramfs r x' 'umount /mnt/x'
refused "mount at /mnt/x (tmpfs) $no its option huge=within_size is not preserved" \
	'mount -t tmpfs -o huge=within_size t x' 'umount /mnt/x'
refused "mount at /mnt/x (proc) $no to see all of this file system takes the capability sys_admin" \
	'mount --bind /proc x' 'umount /mnt/x'
refused "mount at /mnt/x (sysfs) $no to see all of this file system takes the capability sys_admin" \
	'mount -t sysfs s x' 'umount /mnt/x'
modprobe overlay 2>/dev/null
lay='mkdir -p /srv/l /srv/u /srv/w; mount -t overlay -o' over="mount at /mnt/x (overlay) $no"
inside "$lay lowerdir=/srv/l,upperdir=/srv/u,workdir=/srv/w,volatile o x"
# some kernels call it fsync=volatile
said "$over its option $(grep -o 'fsync=volatile\|volatile' "/proc/$(ve_init)/mountinfo" | head -n1) is not preserved"
inside 'umount /mnt/x; rm -r /srv/w/work/incompat'
refused "$over its option index=on or nfs_export=on is not preserved" \
	"$lay lowerdir=/srv/l,upperdir=/srv/u,workdir=/srv/w,index=on o x" 'umount /mnt/x; rm -r /srv/w'
refused "$over its layers are not named by plain paths from the container's root" \
	"$lay lowerdir=../srv/l,upperdir=/srv/u,workdir=/srv/w o x" 'umount /mnt/x'
refused "$over a layer of it is gone, or is behind a symbolic link" \
	"$lay lowerdir=/srv/l,upperdir=/srv/u,workdir=/srv/w o x; mv /srv/l /srv/old" 'umount /mnt/x; mv /srv/old /srv/l'
refused "$over a layer of it is gone, or is behind a symbolic link" \
	"ln -s /srv /srv/s; $lay lowerdir=/srv/s/l:/srv/u o x" 'umount /mnt/x'
refused "$over its layers are not where they were" \
	"$lay lowerdir=/srv/l:/srv/u o x; mv /srv/l /srv/old; mkdir /srv/l" 'umount /mnt/x; rmdir /srv/old'
refused "mount at /mnt/x (cgroup2) $no it shows something outside the container" \
	'mount -t cgroup2 c x' 'umount /mnt/x'
must nsenter -t "$(ve_init)" -m -C mount -t cgroup2 c /mnt/x
said "mount at /mnt/x (cgroup2) $no this type is preserved only read-only"
must mkdir "/proc/$(ve_init)/root/mnt/x/made"
inside 'mount -o remount,bind,ro x'
said 'the container has made cgroups, which cannot be preserved yet' 0
must rmdir "$CGROUP/ve/made"
inside 'umount /mnt/x'
must nsenter -t "$(ve_init)" -m -p mount -t proc p /mnt/x
said "mount at /mnt/x (proc) $no to see all of this file system takes the capability sys_admin"
inside 'umount /mnt/x'
refused "mount at /mnt/y (ext4) $no what it shows was deleted" \
	'[ "$(stat -f -c %T /)" = ext2/ext3 ]; mkdir gone; mount --bind gone y; rmdir gone' 'umount /mnt/y'
refused "mount at /mnt/y (tmpfs) $no no mount shows the whole of its file system" \
	'mount -t tmpfs t x; mkdir x/part; mount --bind x/part y; umount /mnt/x' 'umount /mnt/y'
refused "mount at /sys (sysfs) $no it was changed to ro,nosuid,nodev,relatime" \
	'mount -o remount,bind,ro,nosuid,nodev,exec /sys' 'mount -o remount,bind,ro,nosuid,nodev,noexec /sys'

# of the host, and in a peer group with it
mkdir -p "$WORK/host" && must mount -t tmpfs -o size=1m host "$WORK/host" && must mount --make-shared "$WORK/host"
must mkdir -p "$WORK/host/sub"
from_host "$WORK/host"
said "mount at /mnt/x (tmpfs) $no its peer group reaches outside the container"
inside 'mount --make-slave x'
said "mount at /mnt/x (tmpfs) $no its peer group reaches outside the container"
inside 'mount --make-private x'
said "mount at /mnt/x (tmpfs) $no it shows something outside the container"
inside 'umount /mnt/x'
must umount "$WORK/host"
from_host /vz/template
expect 16 "mount at /mnt/x \([a-z0-9]*\) $no it shows something outside the container" ctl chkpnt "$VEID" --check
inside 'umount /mnt/x'
expect 0 '' ctl chkpnt "$VEID" --check

# a deleted file that cannot be made; a namespace of its own
inside 'mkdir /srv/ro; echo 1 >/srv/ro/file; mount --bind /srv/ro x; mount -o remount,bind,ro x'
must ctl exec2 "$VEID" 'setsid sleep 100000 </mnt/x/file >/dev/null 2>&1 &'
pid=$(ve_tree | awk '$6 == "sleep" { print $1 }')
inside 'rm /srv/ro/file'
said "process $pid (sleep) holds a deleted file of a read-only mount, which cannot be preserved yet: /mnt/x/file"
ve_clean
inside 'umount /mnt/x'
# in_own SENTENCE COMMAND…: a process in namespaces of its own; it is entered from outside, too
in_own() {
	local entered sentence=$1; shift
	nsenter -t "$(ve_init)" -m -p -u -i -n -C -T -- "$@" &
	entered=$!
	until_ok 20 eval '[[ $(ve_tree) == *sleep* ]]' || fail "no process in a namespace of its own"
	expect 16 "$sentence" ctl chkpnt "$VEID" --check
	say "$(grep -E "$sentence" <<<"$SAID")"
	kill -9 $(pgrep -P $entered)
	until_ok 20 only_init || fail "the process in a namespace of its own is left"
}
in_own 'process [0-9]+ \(sleep\) is in a namespace of its own, which cannot be preserved yet' unshare -n sleep 100000
in_own 'process [0-9]+ \(sleep\) is in a mount namespace of a user namespace, which cannot be preserved' \
	unshare -U -r -m sleep 100000
in_own 'process [0-9]+ \(sleep\) is in a mount namespace with a mount over its root, which cannot be preserved' \
	unshare -m sh -c 'mount --bind / /mnt/z; cd /mnt/z; mount --move . /; exec sleep 100000'
in_own "the mount at /mnt/z \(ramfs\) in the mount namespace of process [0-9]+ \(sleep\) $no file systems of this type are not" \
	unshare -m sh -c 'mount -t ramfs r /mnt/z; exec sleep 100000'
in_own "the mount at /proc \(proc\) in the mount namespace of process [0-9]+ \(sleep\) $no to see all of this file system takes" \
	unshare -m sh -c 'umount /proc/kcore; exec sleep 100000'
in_own "the mount at /mnt/z \(overlay\) in the mount namespace of process [0-9]+ \(sleep\) $no this type is preserved only in" \
	unshare -m sh -c 'mount -t overlay -o lowerdir=/srv/l:/srv/u o /mnt/z; exec sleep 100000'

# what the VE's files lead to at the restore is not what it was
inside 'mkdir -p /srv/data; echo 1 >/srv/data/f; mount --bind /srv/data x; mount -t tmpfs t y; mount -t tmpfs u z'
must ctl chkpnt "$VEID"
before=$(md5sum /proc/self/mountinfo)
# wrong SENTENCE
wrong() {
	expect 17 '' ctl restore "$VEID" --keep
	[[ $SAID == *"$1"* ]] || fail "not refused with '$1': $SAID"
	say "$(grep -F "$1" <<<"$SAID")"
	ve_gone || fail "something is left of a VE that was not restored"
	[[ $(md5sum /proc/self/mountinfo) == "$before" ]] || fail "the host's mounts are others: $(</proc/self/mountinfo)"
}
must mv "$PRIVATE/srv/data" "$PRIVATE/srv/away"
must ln -s /etc "$PRIVATE/srv/data"
wrong 'Cannot mount /mnt/x (ext4) in the container: Too many levels of symbolic links'
must rm "$PRIVATE/srv/data"
wrong 'Cannot mount /mnt/x (ext4) in the container: No such file or directory'
must mv "$PRIVATE/srv/away" "$PRIVATE/srv/data"
must mv "$PRIVATE/mnt/y" "$PRIVATE/mnt/away"
must ln -s ../../../../../../etc "$PRIVATE/mnt/y"
wrong 'Cannot mount /mnt/y (tmpfs) in the container: Too many levels of symbolic links'
must rm "$PRIVATE/mnt/y"
echo >"$PRIVATE/mnt/y"
wrong 'Cannot mount /mnt/y (tmpfs) in the container: Invalid argument'
must rm "$PRIVATE/mnt/y"
must mv "$PRIVATE/mnt/away" "$PRIVATE/mnt/y"
must ctl restore "$VEID"
inside 'test "$(cat x/f)" = 1; umount /mnt/x /mnt/y /mnt/z'

# what only a VE with sys_admin can have made: of other processes
must ctl stop "$VEID" --fast
trap 'ctl stop "$VEID" --fast >/dev/null 2>&1; without_admin; rm -rf "${PRIVATE:?}"/mnt/* "${PRIVATE:?}"/srv/*' EXIT
with_admin
must nsenter -t "$(ve_init)" -m mount -t proc p /mnt/x
said "mount at /mnt/x (proc) $no it shows processes outside the container"
inside 'umount /mnt/x'
inside 'unshare -p -f mount -t proc p /mnt/x'
said "mount at /mnt/x (proc) $no it shows processes outside the container"
inside 'umount /mnt/x'
refused "mount at /mnt/x (proc) $no it is hidden by another mount" 'mount -t proc p x; mount -t tmpfs t x' 'umount x; umount x'
must nsenter -t "$(ve_init)" -m mount -t sysfs s /mnt/x
said "mount at /mnt/x (sysfs) $no it shows something outside the container"
inside 'umount /mnt/x'
expect 0 '' ctl chkpnt "$VEID" --check
must ctl stop "$VEID" --fast
without_admin
trap 'ctl stop "$VEID" --fast >/dev/null 2>&1; rm -rf "${PRIVATE:?}"/mnt/* "${PRIVATE:?}"/srv/*' EXIT
with_ve

# these the VE cannot undo
inside 'umount /dev/shm'
said 'the mount at /dev/shm is gone or changed'
must ctl stop "$VEID" --fast
with_ve
inside 'mount -t tmpfs r /'
said "mount at / (tmpfs) $no it covers the container's root"
must ctl stop "$VEID" --fast

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# short on: 6.12-amd64
#
# The image does not fit: on a full disk (found out in its metadata, in its data, at its end), in a
# file that may not grow so far, in a directory that takes no more files. chkpnt says so and ends
# with vz's code for that (46: the disk is full, 16: anything else), no part of an image is left, and
# the VE runs on and has lost nothing. A restore into a VE that may have less memory than the image
# needs says so too, and leaves nothing.
VEID=107
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
trap '{ ctl chkpnt $VEID --resume; ctl stop $VEID --fast; ctl destroy $VEID; umount $WORK/disk; } >/dev/null 2>&1' EXIT
DISK=$WORK/disk
AT=0 N=0

# the program in the VE has lost no number and goes on
goes_on() {
	local said
	said=$("$CPT_BIN/hostile/killed" check "$PRIVATE/count.txt" "$AT" "$N" 2>&1) || fail "$WHAT: in the VE $said"
	read -r AT N <<<"$said"
}
# as before a chkpnt: DIR is empty, the VE runs on
unharmed() { # DIR
	[[ -z $(ls -A "$1") ]] || fail "$WHAT: something is left: $(ls -lA "$1")"
	[[ -z $(ls -A /vz/lock) ]] || fail "$WHAT: a lock is left"
	goes_on
}
# a disk of so many KiB (with so many files)
disk() {
	mkdir -p "$DISK"
	! mountpoint -q "$DISK" || must umount "$DISK"
	must mount -t tmpfs -o "size=${1}k${2:+,nr_inodes=$2}" tmpfs "$DISK"
}

tiny_template "$WORK/t"
must cp "$CPT_BIN/hostile/killed" "$WORK/t/count"
must ctl create $VEID --ostemplate "$WORK/t"
must ctl start $VEID
must ctl exec $VEID 'setsid /count count /count.txt </dev/null >/dev/null 2>&1 &'
until_ok 10 test -s "$PRIVATE/count.txt" || fail "the program in the VE does not start"

WHAT='enough room'
disk 100000
must ctl chkpnt $VEID --suspend
must ctl chkpnt $VEID --dump --dumpfile "$DISK/image"
must ctl chkpnt $VEID --resume
kib=$(($(stat -c %s "$DISK/image") / 1024))
rm "$DISK/image"
goes_on
say "an image has $kib KiB"

# --- no room for the image ------------------------------------------------------------------------

# in the first page, in the metadata, in the data, a few pages before the end
for k in 4 16 64 256 $((kib / 2)) $((kib - 64)) $((kib - 12)) $((kib - 4)); do
	WHAT="a disk of $k KiB"
	disk $k
	expect 46 'No space left' ctl chkpnt $VEID --dumpfile "$DISK/image"
	unharmed "$DISK"
done
WHAT='an image that is there, and no room for another'
disk $((kib + kib / 2))
must ctl chkpnt $VEID --suspend
must ctl chkpnt $VEID --dump --dumpfile "$DISK/image"
sum=$(sha256sum <"$DISK/image")
expect 46 'No space left' ctl chkpnt $VEID --dump --dumpfile "$DISK/image"
[[ $(sha256sum <"$DISK/image") == "$sum" && $(ls -A "$DISK") == image ]] || fail "$WHAT: $(ls -lA "$DISK")"
expect 0 '' ctl image verify "$DISK/image"
must ctl chkpnt $VEID --resume
goes_on
WHAT='a disk without a file to spare'
disk 100000 1
expect 46 'No space left' ctl chkpnt $VEID --dumpfile "$DISK/image"
unharmed "$DISK"

# --- a limit of files -----------------------------------------------------------------------------

disk 100000
for k in 1 64 $((kib / 2)) $((kib - 4)); do
	WHAT="files of at most $k KiB"
	expect 16 'too large|File size' bash -c "ulimit -f $k; exec ctl chkpnt $VEID --dumpfile $DISK/image"
	unharmed "$DISK"
done

# --- and the disk of everything else -------------------------------------------------------------

WHAT='a directory that cannot be written'
must mount -o remount,ro "$DISK"
expect 16 'Read-only' ctl chkpnt $VEID --dumpfile "$DISK/image"
unharmed "$DISK"
must mount -o remount,rw "$DISK"

# --- no memory for what is restored ---------------------------------------------------------------

must ctl chkpnt $VEID --dumpfile "$DISK/image"
mount_lines() { grep -c "/vz/root/$VEID" /proc/mounts; }
for pages in 16 128 600; do
	WHAT="a VE of $pages pages"
	must ctl set $VEID --physpages $pages:$pages --save
	expect 17 'as much memory as the image needs' timeout 100 ctl restore $VEID --dumpfile "$DISK/image" --keep
	ve_gone || fail "$WHAT: processes are left"
	[[ ! -e $CGROUP ]] || fail "$WHAT: the cgroup is left"
	(($(mount_lines) == 0)) || fail "$WHAT: mounts are left"
	[[ $(ls -A "$DISK") == image && -z $(ls -A /vz/lock) ]] || fail "$WHAT: files are left"
done
WHAT='enough memory again'
must ctl set $VEID --physpages unlimited --save
must ctl restore $VEID --dumpfile "$DISK/image"
goes_on
must ctl stop $VEID --fast
must ctl destroy $VEID
must umount "$DISK"
must rmmod cpt
must modprobe cpt
rm -rf "$WORK"
exit 0

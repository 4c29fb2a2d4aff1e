#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# short on: 6.1-i386
# Images that say of the container's mounts what is not so, with all checksums right: places outside,
# through links that the VE has laid, other types and options, file systems and parents that are none.
# Each is refused with a sentence; nothing is mounted or changed on the host; the good one is restored.
VEID=${VEID:-152}
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"

GOOD=$WORK/good BAD=$WORK/bad
with_ve
modprobe overlay 2>/dev/null
must mkdir -p "$PRIVATE/srv/one" "$PRIVATE/srv/low" "$PRIVATE/mnt/one" "$PRIVATE/mnt/two" "$PRIVATE/mnt/ov"
must ln -s mnt "$PRIVATE/lnk"
must ln -s ../../../../../../../etc "$PRIVATE/esc"
must nsenter -t "$(ve_init)" -m -- /bin/sh -euc 'mount -t tmpfs -o size=1024k mine /mnt/one; mkdir /mnt/one/in
mount --bind /srv/one /mnt/one/in; mount --bind /srv/one /mnt/two; mount --make-shared /mnt/one
mount -t overlay -o lowerdir=/srv/low:/srv/one mine2 /mnt/ov'
must ctl chkpnt "$VEID" --dumpfile "$GOOD"
before=$(sort /proc/self/mountinfo)

COUNT=0
# refused_with SENTENCE WHAT ARG…: the image that hostile/image makes so
refused_with() {
	must "$CPT_BIN/hostile/image" "$GOOD" "$BAD" "${@:3}"
	expect 17 '' ctl restore "$VEID" --dumpfile "$BAD" --force --keep
	[[ $SAID == *"$1"* ]] || fail "with $2 it is not refused with '$1': $SAID"
	ve_gone || fail "with $2 something is left"
	[[ $(sort /proc/self/mountinfo) == "$before" ]] || fail "with $2 the host has other mounts"
	COUNT=$((COUNT + 1))
}
# refused SENTENCE FROM TO: with this in place of that
refused() { refused_with "$1" "$3 for $2" --text "${2//\//\\/}" --to "${3//\//\\/}"; }
# garbled AT: the stream of contents has another byte there
garbled() { refused_with contents "another byte $1 of the contents" --own "$1"; }
damaged='what it says of it is damaged' none='no mount shows the whole of its file system'
refused "$damaged" '"point":"/mnt/one"' '"point":"/../onee"'
refused "$damaged" '"point":"/mnt/one"' '"point":"/./mntee"'
refused "$damaged" '"point":"/mnt/one"' '"point":"mnt/oonee"'
refused 'Too many levels of symbolic links' '"point":"/mnt/one"' '"point":"/lnk/one"'
refused 'Cannot mount /mnt/one (tmpfs)' '"point":"/mnt/one"' '"point":"/esc/one"'
refused 'No such file or directory' '"point":"/mnt/one"' '"point":"/mnt/eno"'
refused "$damaged" '"root":"/srv/one"' '"root":"/../etcc"'
refused 'Too many levels of symbolic links' '"root":"/srv/one"' '"root":"/esc/ssl"'
refused 'No such file or directory' '"root":"/srv/one"' '"root":"/etc/xxx"'
refused 'file systems of this type are not preserved' '"type":"tmpfs","source":"mine"' '"type":"ramfs","source":"mine"'
refused 'takes the capability sys_admin' '"type":"tmpfs","source":"mine"' '"type":"sysfs","source":"mine"'
refused 'takes the capability sys_admin' '"type":"tmpfs","source":"mine"' '"type":"proc" ,"source":"mine"'
refused 'its option mpol=local is not preserved' 'size=1024k' 'mpol=local'
refused 'its option size:1024k is not preserved' 'size=1024k' 'size:1024k'
refused 'it has no place' '"parent":1,"point":"/mnt/one"' '"parent":9,"point":"/mnt/one"'
refused "$damaged" '"target":"/mnt/one"' '"target":"mnt//one"'
refused 'that this ctl does not make' '"of":100' '"of":999'
refused 'it receives mounts from outside the container' '"shared":' '"master":'
refused 'are not named by plain paths' 'lowerdir=/srv/low' 'lowerdir=/../lowx'
refused 'are not named by plain paths' 'lowerdir=/srv/low' 'lowerdir=./srv/lo'
refused 'Too many levels of symbolic links' 'lowerdir=/srv/low' 'lowerdir=/esc/ssl'
refused 'Cannot mount /mnt/ov (overlay) in the container: Invalid argument' 'lowerdir=/srv/low' 'lowerdir=/sys/bus'
refused 'Cannot mount /mnt/ov (overlay) in the container: Invalid argument' 'lowerdir=/srv/low' 'lowerdir=/proc/fs'
refused 'No such file or directory' 'lowerdir=/srv/low' 'lowerdir=/etc/xxx'
refused 'that this ctl does not make' '"type":"overlay","source":"mine2"' '"type":"overla","source":"mine22"'
# Of a piece of an archive the mount is 4 bytes, its length 4 more; a piece for no mount ends them all.
for at in 0 7 8 -16 -12 -8 -4; do garbled $at; done
must ctl restore "$VEID" --dumpfile "$GOOD" --force --keep
must nsenter -t "$(ve_init)" -m test -d /mnt/one/in
say "$COUNT images refused, and the good one restored"
must ctl stop "$VEID" --fast
must ctl destroy "$VEID"

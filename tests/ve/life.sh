#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# short on: 6.12-amd64
# The life of a VE without a checkpoint: create, mount, start, stop, restart, limits, destroy, and
# what each says and leaves.
VEID=101
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"

status() { ctl status $VEID; }
is() { [[ $(status) == "CTID $VEID $1" ]] || fail "status is '$(status)', not '$1'"; }
mounts() { grep -c " /vz/root/$VEID " /proc/mounts; }
nothing_left() {
	[[ ! -e $CGROUP ]] || fail "$1: the cgroup is left"
	[[ ! -e /var/lib/vzctl/vepid/$VEID ]] || fail "$1: the vepid file is left"
	[[ ! -e /vz/lock/$VEID.lck ]] || fail "$1: the lock is left"
	(($(mounts) == 0)) || fail "$1: a mount is left"
}
trap '{ ctl stop $VEID --fast; ctl destroy $VEID; } >/dev/null 2>&1' EXIT

# --- create
is "deleted unmounted down"
expect 91 'Cached OS template nosuch not found' ctl create $VEID --ostemplate nosuch
is "deleted unmounted down"
head -c 1000000 /vz/template/cache/debian-12.tar* >"$WORK/cut.tar"
expect '46|47|48' 'damaged|Creation of container private area failed' ctl create $VEID --ostemplate "$WORK/cut.tar"
[[ -z $(find /vz/private -maxdepth 1 -name "$VEID*") && ! -e /etc/vz/conf/$VEID.conf ]] ||
	fail "a create that failed leaves something"
nothing_left "create failed"
expect 0 'Creating container private area \(debian-12\).*Performing postcreate actions.*CT configuration saved to /etc/vz/conf/101.conf.*Container private area was created' \
	ctl create $VEID --ostemplate debian-12 --hostname one.test --numproc 300:300
expect 44 exists ctl create $VEID --ostemplate debian-12
is "exist unmounted down"
[[ $(stat -c %U:%a $PRIVATE/bin/su 2>/dev/null || stat -c %U:%a $PRIVATE/usr/bin/su) == root:4755 ]] || fail "su lost its mode"
[[ $(stat -c %g $PRIVATE/etc/shadow) == 42 ]] || fail "/etc/shadow lost its group"
! find $PRIVATE -type b -o -type c | grep -q . || fail "the private area has devices"

# --- mount
expect 0 'Container is mounted' ctl mount $VEID
is "exist mounted down"
expect 41 '' ctl mount $VEID
expect 41 '' ctl destroy $VEID
expect 0 'Container is unmounted' ctl umount $VEID
expect 40 '' ctl umount $VEID

# --- start
expect 31 'not running' ctl exec $VEID true
expect 31 'not running' ctl chkpnt $VEID
expect 0 'Starting container\.\.\..*Container is mounted.*Container start in progress\.\.\.' ctl start $VEID
is "exist mounted running"
expect 32 'already running' ctl start $VEID
expect 32 'running' ctl destroy $VEID
expect 32 'running' ctl restore $VEID --dumpfile /nowhere
[[ $(in_ve hostname) == one.test ]] || fail "host name"
[[ $(in_ve 'echo $$') -gt 1 && $(in_ve 'readlink /proc/1/exe') == /usr/bin/busybox ]] || fail "init is not the VE's"
[[ $(in_ve 'ls /proc/1/fd | tr "\n" " "; readlink /proc/1/fd/[0-2] | sort -u') == $'0 1 2 /dev/null' ]] ||
	fail "init's descriptors: $(in_ve 'ls -l /proc/1/fd')"
[[ $(in_ve 'tr "\0" "\n" </proc/1/environ | cut -d= -f1 | sort | tr "\n" " "') == "HOME PATH TERM " ]] ||
	fail "init's environment: $(in_ve 'tr "\0" " " </proc/1/environ')"
init=$(ve_init)
[[ $(awk '/^PPid/{print $2}' "/proc/$init/status") == 1 ]] || fail "init is not a child of the host's process 1"
for ns in mnt uts ipc net pid cgroup time; do
	[[ $(readlink "/proc/$init/ns/$ns") != "$(readlink /proc/self/ns/$ns)" ]] || fail "init is in the host's $ns namespace"
done
[[ $(in_ve 'cat /proc/1/cgroup') == 0::/ ]] || fail "the cgroup namespace's root"
[[ $(<$CGROUP/pids.max) == 300 ]] || fail "pids.max"
in_ve 'ping -c1 -W1 127.0.0.1 >/dev/null 2>&1 || cat /sys/class/net/lo/flags' | grep -qv 0x8 || fail "lo is down"

# --- set
expect 0 'not saved' ctl set $VEID --numproc 200
[[ $(<$CGROUP/pids.max) == 200 ]] || fail "pids.max was not changed"
expect 0 'saved to' ctl set $VEID --numproc 250:250 --ram 256M --cpuunits 500 --cpulimit 50 --hostname two.test --name web --save
[[ $(<$CGROUP/pids.max) == 250 && $(<$CGROUP/memory.max) == $((256 << 20)) && $(<$CGROUP/cpu.weight) == 50 &&
	$(<$CGROUP/cpu.max) == "50000 100000" ]] || fail "limits: $(cat $CGROUP/{pids,memory,cpu}.max)"
[[ $(in_ve hostname) == two.test ]] || fail "host name was not changed"
[[ $(ctl status web) == "CTID $VEID "* ]] || fail "the name does not lead to the VE"
expect 21 'Bad parameter' ctl set $VEID --numproc many
expect 21 'Bad parameter' ctl set $VEID --onboot maybe
expect 20 '' ctl set $VEID --nosuch 1
# the limit holds: more processes than that cannot be
in_ve 'i=0; while [ $i -lt 300 ]; do sleep 5 & i=$((i+1)); done' >/dev/null 2>&1
((($(<$CGROUP/pids.peak) <= 250))) 2>/dev/null || (($(cat $CGROUP/pids.peak 2>/dev/null || echo 0) <= 250)) || fail "more than 250 tasks"

# --- stop and restart
expect 0 'Stopping container \.\.\..*Container was stopped.*Container is unmounted' ctl stop $VEID
is "exist unmounted down"
nothing_left stop
expect 0 'not running' ctl stop $VEID
must ctl start $VEID
expect 0 'Restarting container.*Container was stopped.*Container start in progress' ctl restart $VEID
[[ $(in_ve hostname) == two.test ]] || fail "host name after a restart"
expect 0 'Killing container \.\.\..*Container was stopped' ctl stop $VEID --fast
nothing_left "stop --fast"

# --- the VE ends by itself
must ctl start $VEID
kill -9 "$(ve_init)"
until_ok 10 ve_gone || fail "the VE's processes outlive its init"
is "exist unmounted down"
nothing_left "init died"
must ctl start $VEID
must ctl stop $VEID --fast

# --- an init that cannot be run is a sentence, and leaves nothing
mv $PRIVATE/usr/sbin/init $PRIVATE/usr/sbin/init.away
expect 61 'Cannot run /sbin/init' ctl start $VEID
nothing_left "start failed"
is "exist unmounted down"
mv $PRIVATE/usr/sbin/init.away $PRIVATE/usr/sbin/init
must ctl set $VEID --disabled yes --save
expect 105 disabled ctl start $VEID
must ctl set $VEID --disabled no --save
# the VE's own links do not lead ctl out
mv $PRIVATE/run $PRIVATE/run.away
ln -s /vz $PRIVATE/run
expect 50 'symbolic link' ctl start $VEID
nothing_left "start with a link"
rm $PRIVATE/run
mv $PRIVATE/run.away $PRIVATE/run

# --- destroy
expect 0 'Destroying container private area: /vz/private/101.*Container private area was destroyed' ctl destroy $VEID
[[ ! -e $PRIVATE && ! -e /etc/vz/conf/$VEID.conf && -e /etc/vz/conf/$VEID.conf.destroyed && ! -L /etc/vz/names/web ]] ||
	fail "destroy leaves something"
is "deleted unmounted down"
expect 14 '' ctl start $VEID

# --- a template that is a directory
mkdir -p "$WORK/t/sbin" "$WORK/t/d"
cp /bin/busybox "$WORK/t/sbin/init"
ln "$WORK/t/sbin/init" "$WORK/t/d/same"
chown 12:34 "$WORK/t/d"
mknod "$WORK/t/d/disk" b 8 0
setfattr -n trusted.x -v y "$WORK/t/d"
must ctl create $VEID --ostemplate "$WORK/t"
[[ $(stat -c %i $PRIVATE/sbin/init) == $(stat -c %i $PRIVATE/d/same) && $(stat -c %u:%g $PRIVATE/d) == 12:34 &&
	! -e $PRIVATE/d/disk && $(getfattr --only-values -n trusted.x $PRIVATE/d 2>/dev/null) == y ]] ||
	fail "a copy of a directory is not the same"
must ctl destroy $VEID
rm -rf "$WORK"
exit 0

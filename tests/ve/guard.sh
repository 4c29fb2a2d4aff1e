#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# short on: 6.12-amd64
# The VE's root does not reach the host: devices, modules, time, /proc and /sys, other namespaces,
# files by handle, and ctl itself while it goes into the VE.
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
with_ve

# denied COMMAND…: it fails in the VE
denied() { ! in_ve "$@" >"$WORK/out" 2>&1 || fail "the VE may: $*: $(cat "$WORK/out")"; }
allowed=$(grep ^CapBnd "/proc/$(ve_init)/status" | cut -f2)

# --- capabilities: not even after a change of user or a program with file capabilities
for cap in 16 17 20 21 22 25 30 32 33 34 35 36 37 38 39 40 2; do
	! ((0x$allowed >> cap & 1)) || fail "the VE's bounding set has capability $cap"
done
[[ $(in_ve 'grep CapEff /proc/self/status | cut -f2') == "$allowed" ]] || fail "exec has other capabilities than the VE"

# --- devices: known ones work, a disk cannot be made, nor opened if the host puts a node there
for d in null zero full random urandom; do
	in_ve "test -c /dev/$d && mknod /tmp/$d c $((1)) $(stat -c %T /dev/$d | sed 's/^/0x/') && head -c1 /dev/$d >/dev/null" || fail "/dev/$d"
done
denied 'mknod /tmp/disk b 254 0'
denied 'mknod /tmp/mem c 1 1'
denied 'mknod /tmp/kmsg c 1 11'
denied "mknod /tmp/cpt c 10 $(stat -c 0x%T /dev/cpt 2>/dev/null || echo 100)"
mknod "$PRIVATE/t/vda" b 254 0
mknod "$PRIVATE/t/kmsg" c 1 11
denied 'head -c1 /t/vda'
denied 'head -c1 /t/kmsg'
denied 'echo >/t/vda'
if [[ -e /dev/cpt ]]; then
	mknod "$PRIVATE/t/cpt" c "$(stat -c 0x%t /dev/cpt)" "$(stat -c 0x%T /dev/cpt)"
	denied 'exec 3<>/t/cpt'
fi
rm -f "$PRIVATE"/t/{vda,kmsg,cpt}

# --- system calls: all are refused for want of a right
put_program ve/guard
in_ve /t/guard >"$WORK/calls"
(($(wc -l <"$WORK/calls") == 17)) || fail "not all calls were tried: $(cat "$WORK/calls")"
while read -r name errno; do
	[[ $errno == 1 || $errno == 13 ]] || fail "$name: errno $errno, not EPERM"
done <"$WORK/calls"

# --- /proc and /sys
for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/drop_caches /proc/sys/fs/binfmt_misc/register \
	/proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/uevent_helper /sys/power/state /proc/mtrr; do
	[[ ! -e $f ]] || denied "echo x >$f"
done
before=$(</proc/sys/kernel/hostname)
in_ve 'echo other >/proc/sys/kernel/hostname; echo 1 >/proc/sys/net/ipv4/ip_forward; echo 12345678 >/proc/sys/kernel/shmmax' ||
	fail "the VE cannot write its own sysctls"
[[ $(</proc/sys/kernel/hostname) == "$before" && $(in_ve hostname) == other && $(</proc/sys/kernel/shmmax) != 12345678 ]] ||
	fail "the VE's sysctls are the host's"
in_ve 'echo localhost >/proc/sys/kernel/hostname'
for f in kcore kmsg keys timer_list; do
	[[ $(in_ve "head -c 16 /proc/$f 2>/dev/null | wc -c") == 0 ]] || fail "the VE reads /proc/$f"
done
denied 'umount /proc/kcore'
denied 'umount /proc/sys'
denied 'mount -o remount,rw /proc/sys'
denied 'mount -o remount,rw /sys'
denied 'unshare -Urm mount -t proc p /mnt'
denied 'unshare -Urmn mount -t sysfs s /mnt'
[[ $(in_ve 'cat /proc/1/cgroup') == 0::/ ]] || fail "the VE sees its place in the host's cgroups"

# --- out of the root
in_ve 'python3 - <<"EOF"
import os, sys
os.mkdir("/tmp/jail") if not os.path.isdir("/tmp/jail") else None
fd = os.open("/", os.O_RDONLY)
os.chroot("/tmp/jail"); os.fchdir(fd)
for i in range(50): os.chdir("..")
os.chroot(".")
sys.exit(os.path.exists("/vz/private"))
EOF' || fail "chroot leads out of the VE"
[[ ! -e /proc/$(ve_init)/root/vz/private ]] || fail "the host's root is in the VE"
[[ $(in_ve 'ls /proc | grep -c "^[0-9]"') -lt 10 ]] || fail "the VE sees the host's processes"

# --- ctl inside: while it runs in there it is nothing that leads out. A program of the VE looks at
# every process that shows up, tries to write to its program and to open what it has open.
cat >"$PRIVATE/t/spy.py" <<'EOF'
import os, time
seen, end = set(), time.time() + 25
me = os.getpid()
out = open("/t/spied", "w")
while time.time() < end and not os.path.exists("/t/enough"):
	for p in os.listdir("/proc"):
		if not p.isdigit() or int(p) in (1, me):
			continue
		try:
			exe = os.readlink("/proc/%s/exe" % p)
			if exe.startswith("/usr/bin/") or exe.startswith("/bin/"):
				continue
			line = [exe]
			for how in (os.O_WRONLY, os.O_RDWR):
				try:
					fd = os.open("/proc/%s/exe" % p, how)
					os.write(fd, b"#!")
					line.append("WROTE")
				except OSError as e:
					line.append(e.errno)
			for d in ("fd", "map_files"):
				try:
					for f in os.listdir("/proc/%s/%s" % (p, d)):
						try:
							line.append("%s:%s" % (d, os.readlink("/proc/%s/%s/%s" % (p, d, f))))
							if d == "map_files":
								os.open("/proc/%s/%s/%s" % (p, d, f), os.O_RDONLY)
								line.append("OPENED")
						except OSError as e:
							pass
				except OSError as e:
					pass
			for d in ("root", "cwd"):
				try:
					line.append("%s:%s" % (d, os.path.exists("/proc/%s/%s/vz/private" % (p, d))))
				except OSError as e:
					pass
			out.write(repr(line) + "\n")
			out.flush()
		except OSError:
			pass
EOF
sum=$(md5sum </usr/sbin/ctl)
must ctl exec2 $VEID 'setsid python3 /t/spy.py </dev/null >/t/spy.log 2>&1 &'
sleep 1
for ((i = 0; i < 6; i++)); do
	in_ve true
	ctl enter $VEID --exec true </dev/null >/dev/null
done
touch "$PRIVATE/t/enough"
until_ok 30 only_init || true
say "spied $(wc -l <"$PRIVATE/t/spied") times: $(head -n1 "$PRIVATE/t/spied" | cut -c1-150)"
[[ $(md5sum </usr/sbin/ctl) == "$sum" ]] || fail "the VE wrote to the host's ctl"
! grep -E 'WROTE|OPENED|True' "$PRIVATE/t/spied" || fail "the VE reached something through a process of ctl"
! grep -oE "'fd:[^']*" "$PRIVATE/t/spied" | grep -vE "'fd:(pipe|/dev/pts|/dev/null|/dev/ptmx|socket)" || fail "a process of ctl had this open"

# a shell of the VE that leads to ctl's own program
mv "$PRIVATE/usr/bin/bash" "$PRIVATE/usr/bin/bash.away"
printf '#!/proc/self/exe\n' >"$PRIVATE/usr/bin/bash"
chmod 755 "$PRIVATE/usr/bin/bash"
timeout 20 ctl exec $VEID true >/dev/null 2>&1
rm "$PRIVATE/usr/bin/bash"
ln -s /proc/self/exe "$PRIVATE/usr/bin/bash"
timeout 20 ctl exec $VEID 'echo >/proc/self/exe' >/dev/null 2>&1
rm "$PRIVATE/usr/bin/bash"
mv "$PRIVATE/usr/bin/bash.away" "$PRIVATE/usr/bin/bash"
[[ $(md5sum </usr/sbin/ctl) == "$sum" ]] || fail "the VE wrote to the host's ctl"
# what the VE puts at /dev/pts/ptmx is not taken for a terminal
must in_ve true

# --- limits: the VE cannot raise its own
in_ve 'test ! -e /sys/fs/cgroup/pids.max' || fail "the VE sees cgroup files"
# --- with sys_admin:on a disk is out of reach all the same; where the kernel cannot see to that there
# is no sys_admin
must ctl stop $VEID --fast
expect 0 '' ctl set $VEID --capability sys_module:on --save
expect 13 'would reach the host' ctl start $VEID
sed -i '/^CAPABILITY/d' /etc/vz/conf/$VEID.conf
must ctl set $VEID --capability sys_admin:on --save
if grep -q ' setup_bdev_super$' /proc/kallsyms; then
	expect 13 'would reach the host' ctl start $VEID
	sed -i '/^CAPABILITY/d' /etc/vz/conf/$VEID.conf
	must ctl start $VEID
else
	mknod "$PRIVATE/t/vda" b 254 0
	must ctl start $VEID
	in_ve 'mount -t tmpfs x /mnt && umount /mnt' || fail "sys_admin:on is without effect"
	denied 'mount -t ext4 /t/vda /mnt'
	denied 'mount -t ext4 -o ro /t/vda /mnt'
	denied 'head -c1 /t/vda'
	rm "$PRIVATE/t/vda"
	if [[ -e /dev/cpt ]]; then
		# what it may mount comes back, /proc and sysfs too
		must in_ve 'mkdir -p /mnt/p /mnt/s /mnt/t; mount --bind /proc /mnt/p; mount -t sysfs s /mnt/s
		mount -t tmpfs t /mnt/t; echo 1 >/mnt/t/f'
		must ctl chkpnt $VEID
		must ctl restore $VEID
		must in_ve 'test -e /mnt/p/uptime && test -d /mnt/s/kernel && test "$(cat /mnt/t/f)" = 1
		umount /mnt/p /mnt/s /mnt/t; rmdir /mnt/p /mnt/s /mnt/t'
	fi
fi
if [[ -e /dev/cpt ]]; then
	# a mount of the VE's own is an obstacle that is named, with others at once
	must nsenter -t "$(ve_init)" -m mount -t ramfs mine /mnt
	expect 16 '/mnt \(ramfs\) cannot be preserved' ctl chkpnt $VEID
	expect 16 '/mnt \(ramfs\) cannot be preserved' ctl chkpnt $VEID --check
	must nsenter -t "$(ve_init)" -m umount /mnt
	expect 0 'Nothing stands in the way' ctl chkpnt $VEID --check
fi
must ctl stop $VEID --fast
sed -i '/^CAPABILITY/d' /etc/vz/conf/$VEID.conf
exit 0

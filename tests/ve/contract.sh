#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# short on: 6.12-amd64
# What programs parse from vzctl and vzlist, byte for byte: libvirt, ManageVE, collectd.
VEID=102
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
trap '{ ctl stop $VEID --fast; ctl destroy $VEID; } >/dev/null 2>&1' EXIT

# it is alone on the host: what lists say of all is compared whole
ctl stop 777 --fast >/dev/null 2>&1
ctl destroy 777 >/dev/null 2>&1

# same WHAT GOT WANTED
same() { [[ $2 == "$3" ]] || fail "$1: got $(printf %q "$2"), not $(printf %q "$3")"; }
code() { "$@" >/dev/null 2>&1; echo $?; }

[[ $(vzctl --help) =~ ^vzctl\ version\ [0-9]+\.[0-9]+\.[0-9]+ ]] || fail "vzctl --help"
same --version "$(vzctl --version)" "$(vzctl --help | head -n1)"
same "no arguments" "$(code vzctl)" 20
same "bad command" "$(vzctl nosuch 1 2>&1)" "Bad command: nosuch"
same "bad command" "$(code vzctl nosuch 1)" 20
same "no VEID" "$(code vzctl start)" 21
same "bad VEID" "$(code vzctl start 0x65)" 21
same "too large" "$(code vzctl start 2147483645)" 21
same "no VE" "$(code vzctl start 199)" 14
same "status of none" "$(vzctl status 199)" "CTID 199 deleted unmounted down"
same "its code" "$(code vzctl status 199)" 0
same "octal" "$(vzctl status 0199)" "CTID 199 deleted unmounted down"
ctl stop 777 --fast >/dev/null 2>&1	# the other tests' VE
same "empty list" "$(vzlist 2>&1)" "Container(s) not found"
same "empty list's code" "$(code vzlist)" 0
same "named, not there" "$(code vzlist 199)" 1
same "empty JSON" "$(vzlist -j | tr -d ' \n')" "[]"
same "field" "$(vzlist -o nosuch 2>&1)" "Unknown field: nosuch"
same "its code" "$(code vzlist -o nosuch)" 1
mv /etc/vz/vz.conf /etc/vz/vz.conf.away
same "no vz.conf" "$(code vzctl start $VEID)" 10
mv /etc/vz/vz.conf.away /etc/vz/vz.conf

must vzctl --quiet create $VEID --name $VEID --ostemplate debian-12
# libvirt appends its UUID and rewrites the file; lines of others stay
cat >>/etc/vz/conf/$VEID.conf <<'EOF'
#UUID: 12345678-1234-1234-1234-123456789012
SITE_LOCAL='kept as it is' # with this
IP_ADDRESS="192.0.2.1 192.0.2.2"
NETIF="ifname=eth0,mac=00:18:51:00:00:01,host_ifname=veth102.0"
EOF
expect 21 'Bad parameter' vzctl --quiet set $VEID --description 'a "b' --save
must vzctl --quiet set $VEID --privvmpages 1000:2000 --numproc 100:200 --diskspace 2G:3G --onboot no --hostname h.test --save
conf=$(<"/etc/vz/conf/$VEID.conf")
for line in '#UUID: 12345678-1234-1234-1234-123456789012' "SITE_LOCAL='kept as it is' # with this" 'DISKSPACE="2097152:3145728"' \
	'PRIVVMPAGES="1000:2000"' 'ONBOOT="no"' 'OSTEMPLATE="debian-12"' 'VE_PRIVATE="/vz/private/$VEID"'; do
	[[ $'\n'$conf$'\n' == *$'\n'"$line"$'\n'* ]] || fail "N.conf lost: $line"
done

same "list, stopped" "$(vzlist -a -ovpsid,status -H; echo .)" "       $VEID stopped"$'\n.'
same "list -S" "$(vzlist -ovpsid -H -S; echo .)" "       $VEID"$'\n.'
same "list, none runs" "$(vzlist -ovpsid -H 2>/dev/null)" ""
same "status word" "$(vzlist $VEID -ostatus -H; echo .)" $'stopped\n.'
same "hostname" "$(vzlist -o hostname $VEID -H; echo .)" $'h.test\n.'
same "pages" "$(vzlist --no-header -oprivvmpages.b,privvmpages.l $VEID; echo .)" "      1000       2000"$'\n.'
same "collectd's name" "$(vzlist -Ho name $VEID; echo .)" "$VEID"$'\n.'
same "unset" "$(vzlist -Ho description,nameserver $VEID | tr -s ' '; echo .)" $'- -\n.'
same "ip" "$(vzlist -Ho ip,ctid $VEID)" "192.0.2.1              $VEID"
same "ip, last" "$(vzlist -Ho ip $VEID)" "192.0.2.1 192.0.2.2"
same "-1" "$(vzlist -1 -a; echo .)" "       $VEID"$'\n.'
same "header" "$(vzlist -a | head -n1)" "      CTID      NPROC STATUS    IP_ADDR         HOSTNAME"
same "glob" "$(vzlist -a -H -octid -h 'h.*')" "       $VEID"
same "glob" "$(vzlist -a -H -octid -h 'x.*' 2>/dev/null)" ""
same "json" "$(vzlist -a -j -o ctid,status,ip,onboot,numproc | tr -d ' \n')" \
	"[{\"ctid\":$VEID,\"status\":\"stopped\",\"ip\":[\"192.0.2.1\",\"192.0.2.2\"],\"onboot\":false,\"numproc\":{\"held\":0,\"maxheld\":0,\"barrier\":100,\"limit\":200,\"failcnt\":0}}]"

must vzctl mount $VEID
same "mounted" "$(vzlist $VEID -ostatus -H)" mounted
must vzctl umount $VEID
touch /vz/dump/Dump.$VEID
same "sixth word" "$(vzctl status $VEID)" "CTID $VEID exist unmounted down suspended"
same "suspended" "$(vzlist $VEID -ostatus -H)" suspended
rm /vz/dump/Dump.$VEID
same "no sixth word" "$(vzctl status $VEID)" "CTID $VEID exist unmounted down"

same "quiet start" "$(vzctl --quiet start $VEID 2>&1)" ""
same "status" "$(vzctl status $VEID)" "CTID $VEID exist mounted running"
same "list" "$(vzlist -a -ovpsid,status -H; echo .)" "       $VEID running"$'\n.'
same "list, default" "$(vzlist -ovpsid -H; echo .)" "       $VEID"$'\n.'
# init, and what asks for Enter on the console
numproc() { vzlist -Ho numproc $VEID | tr -d ' '; }
two() { [[ $(numproc) == 2 ]]; }
until_ok 20 two || fail "numproc: got $(numproc), not 2"
# collectd
[[ $(vzctl exec $VEID cat /proc/net/dev) == *lo:* ]] || fail "exec cat /proc/net/dev"
(($(vzctl exec $VEID cat '/proc/[0-9]*/stat' | wc -l) >= 2)) || fail "the glob is to expand in the VE"
vzctl exec $VEID false
same "exec's code" $? 8
vzctl exec2 $VEID 'exit 42'
same "exec2's code" $? 42

# wrong uses of chkpnt and restore
for args in "chkpnt $VEID --suspend --dump" "chkpnt $VEID --kill --resume" "restore $VEID --undump --kill" "chkpnt $VEID --nosuch"; do
	# shellcheck disable=SC2086
	expect 20 '' vzctl $args
done
expect 20 'only one sub command may be used' vzctl chkpnt $VEID --suspend --kill
expect 20 'dumpfile is not specified' vzctl chkpnt $VEID --dump
expect 20 'dumpfile is not specified' vzctl restore $VEID --undump
expect 21 '' vzctl chkpnt $VEID --timeout soon

if [[ -e /dev/cpt ]]; then
	out=$(vzctl chkpnt $VEID) || fail "chkpnt: $out"
	same chkpnt "$out" $'Setting up checkpoint...\n\tsuspend...\n\tdump...\n\tkill...\nContainer is unmounted\nCheckpointing completed successfully'
	same "dumped" "$(vzctl status $VEID)" "CTID $VEID exist unmounted down suspended"
	same "mode" "$(stat -c %a:%u /vz/dump/Dump.$VEID)" 600:0
	out=$(vzctl restore $VEID) || fail "restore: $out"
	same restore "$out" $'Restoring container ...\nContainer is mounted\n\tundump...\n\tresume...\nRestoring completed successfully'
	[[ ! -e /vz/dump/Dump.$VEID ]] || fail "restore leaves the image"
	same "suspend, quietly" "$(vzctl --quiet chkpnt $VEID --suspend 2>&1)" ""
	same "frozen still runs" "$(vzctl status $VEID) $(vzlist $VEID -ostatus -H)" "CTID $VEID exist mounted running running"
	expect 16 '' vzctl chkpnt $VEID --suspend
	expect 16 'suspended' vzctl exec $VEID true
	expect 16 'suspended' vzctl stop $VEID
	expect 16 'suspended' vzctl destroy $VEID
	same "resume" "$(vzctl --quiet chkpnt $VEID --resume 2>&1)" ""
	expect 16 'neither suspended nor undumped' vzctl chkpnt $VEID --resume
	expect 16 'neither suspended nor undumped' vzctl chkpnt $VEID --kill
	expect 16 'not suspended' vzctl chkpnt $VEID --dump --dumpfile "$WORK/f"
	[[ ! -e $WORK/f ]] || fail "a dump out of order leaves a file"
	out=$(vzctl chkpnt $VEID --stats=json | tail -n1)
	python3 -c 'import json,sys; d = json.loads(sys.argv[1]); assert {"freeze_ms", "dump_ms", "kill_ms", "pages", "bytes"} <= set(d)' "$out" ||
		fail "--stats=json: $out"
	# start goes on from the image; ManageVE knows nothing else
	same "start restores" "$(vzctl start $VEID 2>&1 | head -n2)" \
		"Dump file /vz/dump/Dump.$VEID exists, trying to restore from it"$'\nRestoring container ...'
	same "runs" "$(vzctl status $VEID)" "CTID $VEID exist mounted running"
	expect 17 'neither suspended nor undumped' vzctl restore $VEID --kill
else
	expect 5 'No checkpointing support' vzctl chkpnt $VEID
	expect 5 'No checkpointing support' vzctl restore $VEID --dumpfile /etc/passwd || true
fi

# the lock
printf '%d\nstarting\n' $$ >/vz/lock/$VEID.lck
expect 9 'locked' vzctl stop $VEID
must vzctl status $VEID
must vzctl exec $VEID true
printf '999999\nstarting\n' >/vz/lock/$VEID.lck
expect 0 'stale lock' vzctl --verbose stop $VEID --fast
[[ ! -e /vz/lock/$VEID.lck ]] || fail "the lock is left"
grep -Eq "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[+-][0-9]{4} vzctl : CT $VEID : Container was stopped" /var/log/vzctl.log ||
	fail "the log has other lines"
must vzctl destroy $VEID
exit 0

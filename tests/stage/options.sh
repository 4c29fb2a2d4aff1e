#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# --check, --stats, --stats=json, --verbose, --quiet, --timeout.
# timeout: 240
# short on: 6.1-i386
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
put_program stage/forkers
start_program forkers 100
wait_ready forkers 120
forget_times

expect 0 'Nothing stands in the way' ctl chkpnt "$VEID" --check
[[ ! -e $IMAGE ]] || fail "--check left an image"
must ctl exec2 "$VEID" true

# fields NAME… of the one line of JSON in the output, each a number
fields() {
	python3 - "$WORK/said" "$@" <<-'PY' || { printf '%s\n' "$SAID" >&2; fail "--stats=json is not as it should be"; }
		import json, sys
		lines = [l for l in open(sys.argv[1]) if l.startswith("{")]
		assert len(lines) == 1, "one line of JSON, not %d" % len(lines)
		s = json.loads(lines[0])
		for k in sys.argv[2:]:
		    assert isinstance(s.get(k), (int, float)) and s[k] >= 0, k
		    print(k, s[k])
		extra = set(s) - set(sys.argv[2:])
		assert not extra, extra
	PY
}
expect 0 '' ctl chkpnt "$VEID" --suspend --stats=json
fields veid freeze_ms tasks
expect 0 '' ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image" --stats=json
fields veid dump_ms pages pages_shared bytes >"$WORK/fields"
(($(awk '$1 == "bytes" { print $2 }' "$WORK/fields") == $(stat -c %s "$WORK/image"))) || fail "bytes is not the image's size"
expect 0 '' ctl chkpnt "$VEID" --resume --stats=json
fields veid resume_ms
rm "$WORK/image"
expect 0 '' ctl chkpnt "$VEID" --stats=json
fields veid freeze_ms dump_ms kill_ms tasks pages pages_shared bytes
expect 0 '' ctl restore "$VEID" --stats=json
fields veid undump_ms resume_ms tasks pages bytes
# for people
expect 0 'freeze_ms +[0-9.]+.*dump_ms +[0-9.]+' ctl chkpnt "$VEID" --stats
expect 0 'undump_ms +[0-9.]+.*resume_ms +[0-9.]+' ctl restore "$VEID" --stats
expect 0 '[0-9]+ ms .*suspended.*[0-9]+ ms .*dumped.*[0-9]+ ms .*killed' ctl chkpnt "$VEID" --verbose
expect 0 '[0-9]+ ms .*resumed' ctl restore "$VEID" --verbose
ctl --quiet chkpnt "$VEID" >"$WORK/said" 2>&1 || fail "--quiet chkpnt"
ctl --quiet restore "$VEID" >>"$WORK/said" 2>&1 || fail "--quiet restore"
[[ ! -s $WORK/said ]] || fail "--quiet is not quiet: $(cat "$WORK/said")"

# One that cannot be stopped, since it waits for a frozen file system: refused by name, and all go on.
modprobe loop
truncate -s 16M "$WORK/disk"
must mkfs.ext4 -q "$WORK/disk"
disk=$(losetup --find --show "$WORK/disk") || fail "no loop device"
mknod "$PRIVATE/t/disk" b "$(stat -c 0x%t "$disk")" "$(stat -c 0x%T "$disk")"
must nsenter -t "$(ve_init)" -m mount -t ext4 /t/disk /mnt
must nsenter -t "$(ve_init)" -m fsfreeze -f /mnt
must ctl exec2 "$VEID" "touch /mnt/file </dev/null >/dev/null 2>&1 &"
waits() { ve_tree | grep -q ' D touch$'; }
until_ok 20 waits || fail "no process waits for the frozen file system: $(ve_tree | grep touch)"
expect 16 'process [0-9]+ \(touch\) does not stop' ctl chkpnt "$VEID" --suspend --timeout 0.5
expect 16 'process [0-9]+ \(touch\) does not stop' ctl chkpnt "$VEID" --timeout 1
[[ ! -e $IMAGE ]] || fail "an image was left"
must nsenter -t "$(ve_init)" -m fsfreeze -u /mnt
until_ok 20 nsenter -t "$(ve_init)" -m umount /mnt || fail "$(ve_tree) stays on /mnt"
must losetup -d "$disk"
must ctl exec2 "$VEID" true
go forkers
verdict forkers

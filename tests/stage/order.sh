#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The stages out of order, twice, on a VE that does not run, with files that are no images: each
# answer is a sentence and the exit code that programs around vz know; nothing changes by it.
# timeout: 240
# short on: 6.12-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

F=$WORK/image
rm -f "$F"
with_ve
cat >"$PRIVATE/t/count" <<'SH'
#!/bin/bash
n=0
while sleep 0.1; do n=$((n + 1)); echo $n >>/tmp/count; done
SH
chmod 755 "$PRIVATE/t/count"
must ctl exec2 "$VEID" "setsid /t/count </dev/null >/dev/null 2>&1 &"
count() { wc -l <"$PRIVATE/tmp/count"; }
runs() { # it counts on, and nothing is counted twice
	local n
	n=$(count)
	more() { (($(count) > n + 2)); }
	until_ok 20 more || fail "the VE does not run: line $LINENO, $1"
	cp "$PRIVATE/tmp/count" "$WORK/count"
	seq "$(wc -l <"$WORK/count")" | cmp - "$WORK/count" || fail "it did not count right"
	[[ $(ctl status "$VEID") == "CTID $VEID exist mounted running" ]] || fail "$(ctl status "$VEID")"
}
stands() {
	local n
	n=$(count); sleep 0.7
	[[ $(count) == "$n" ]] || fail "the VE runs: $1"
	# programs around vz know no other word for it
	[[ $(ctl status "$VEID") == "CTID $VEID exist mounted running" ]] || fail "$(ctl status "$VEID")"
}
chkpnt() { ctl chkpnt "$VEID" "$@"; }
restore() { ctl restore "$VEID" "$@"; }
until_ok 20 test -s "$PRIVATE/tmp/count"

say "what is wrong with the command line"
expect 20 'sub command' chkpnt --suspend --dump --dumpfile "$F"
expect 20 'sub command' restore --undump --resume --dumpfile "$F"
expect 20 'nonsense' chkpnt --nonsense
expect 20 'dumpfile' chkpnt --dump
expect 20 'dumpfile' restore --undump
expect 21 'timeout' chkpnt --suspend --timeout soon
expect 20 'format' chkpnt --stats=xml
expect 14 '' ctl chkpnt 779
expect 21 'Invalid container ID' ctl chkpnt seven
runs "after wrong commands"

say "a VE that runs"
expect 32 'already running' restore
expect 32 'already running' restore --undump --dumpfile "$F"
expect 16 'not suspended' chkpnt --dump --dumpfile "$F"
expect 16 'neither suspended' chkpnt --resume
expect 16 'neither suspended' chkpnt --kill
expect 17 'neither suspended' restore --resume
expect 17 'neither suspended' restore --kill
runs "after stages that it was not in"

say "suspended"
expect 0 '' chkpnt --suspend
stands "suspended"
expect 16 '[a-z]' chkpnt --suspend
expect 16 '[a-z]' chkpnt
expect 16 '[a-z]' chkpnt --check
expect 32 'already running' restore
expect 32 'already running' restore --undump --dumpfile "$F"
expect '[1-9][0-9]*' 'suspended' ctl exec "$VEID" true
expect '[1-9][0-9]*' 'suspended' ctl enter "$VEID"
expect '[1-9][0-9]*' 'suspended' ctl stop "$VEID" --fast
expect '[1-9][0-9]*' 'suspended|running' ctl destroy "$VEID"
expect '[1-9][0-9]*' '[a-z]' rmmod cpt
stands "after commands that it does not answer to"
expect 0 "$VEID" ctl list
expect 0 '' chkpnt --resume
runs "resumed"
expect 16 'neither suspended' chkpnt --resume

say "dumped"
expect 0 '' chkpnt --suspend
expect 16 '[a-z]' chkpnt --dump --dumpfile "$WORK/count/image"
stands "after a dump into nowhere"
expect 0 '' chkpnt --dump --dumpfile "$F"
stands "dumped"
[[ $(stat -c %a "$F") == 600 ]] || fail "the image has mode $(stat -c %a "$F")"
expect 16 '[a-z]' chkpnt --suspend
expect 0 '' chkpnt --dump --dumpfile "$F"
expect 0 '' ctl image verify "$F"
expect 32 'already running' restore --undump --dumpfile "$F"
expect 0 '' chkpnt --resume
runs "after a dump"

say "killed"
expect 0 '' chkpnt --suspend
expect 0 '' chkpnt --dump --dumpfile "$F"
expect 0 '' chkpnt --kill
ve_gone || fail "processes are left: $(ve_pids)"
[[ $(ctl status "$VEID") == "CTID $VEID exist unmounted down" ]] || fail "$(ctl status "$VEID")"
expect 31 'not running' chkpnt
expect 31 'not running' chkpnt --suspend
expect 31 'not running' chkpnt --dump --dumpfile "$WORK/other"
expect 31 'not running' chkpnt --check
expect 31 'not running' chkpnt --kill
expect 31 'not running' chkpnt --resume
expect 31 'not running' restore --resume
expect 31 'not running' restore --kill
expect 17 'No such file' restore
expect 17 'not a cpt image' restore --undump --dumpfile /etc/passwd
expect 17 '[a-z]' restore --undump --dumpfile /etc
: >"$WORK/empty"
expect 17 '[a-z]' restore --undump --dumpfile "$WORK/empty"
head -c $(($(stat -c %s "$F") / 2)) "$F" >"$WORK/half"
expect 17 '[a-z]' restore --undump --dumpfile "$WORK/half"
ve_gone || fail "a failed restore left processes: $(ve_pids)"
! grep -q "/vz/root/$VEID" /proc/mounts || fail "a failed restore left mounts"

say "undumped"
expect 0 '' restore --undump --dumpfile "$F"
stands "undumped"
expect 32 'already running' restore --undump --dumpfile "$F"
expect 16 '[a-z]' chkpnt --suspend
expect 16 '[a-z]' chkpnt --dump --dumpfile "$WORK/other"
expect '[1-9][0-9]*' 'undumped' ctl exec "$VEID" true
expect '[1-9][0-9]*' 'undumped' ctl stop "$VEID" --fast
stands "after commands that it does not answer to"
expect 0 '' restore --kill
ve_gone || fail "restore --kill left processes: $(ve_pids)"
expect 31 'not running' restore --resume
# it never ran, so the image is as good as before
expect 0 '' restore --undump --dumpfile "$F"
expect 0 '' restore --resume
runs "restored"
expect 17 'neither suspended' restore --resume

say "a whole restore takes the image away, unless it is told to keep it"
expect 0 '' chkpnt
[[ $(ctl status "$VEID") == "CTID $VEID exist unmounted down suspended" ]] || fail "$(ctl status "$VEID")"
expect 0 '' restore --keep
[[ -e $IMAGE ]] || fail "the image was not kept"
runs "restored --keep"
expect 0 '' chkpnt
expect 0 '' restore
[[ ! -e $IMAGE ]] || fail "the image was not taken away"
runs "restored"
rm -f "$WORK"/{image,half,empty}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# short on: 6.1-amd64
# Groups of fanotify that cannot be saved (fanotify.c): each is refused with a sentence that names
# process, descriptor and object; somebody who waits for a permission in the VE, as it does not stop.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

leave() {
	ctl stop "$VEID" --fast >/dev/null 2>&1
	without_admin
}
trap leave EXIT
with_admin
put_program refuse/fanotify
start_program fanotify
wait_ready fanotify
cat "$PRIVATE/tmp/fanotify.perm" &
waits=$!
sleep 0.5
pid=$(ve_tree | awk '$6 == "fanotify" { print $1; exit }')
expect 16 '' ctl chkpnt "$VEID" --check
while read -r line; do
	grep -Eq "^ctl: process $pid \(fanotify\) $line\$" <<<"$SAID" || fail "it does not say '$line' but: $SAID"
done <<'EOF'
watches fanotify.deleted \(fanotify, fd 40\), which is deleted
watches status \(fanotify, fd 41\), which is in /proc and cannot be preserved
has an unread event of fanotify.unread \(fanotify, fd 42\), which is deleted
gives permissions for a whole file system \(fanotify, fd 43\), which cannot be preserved
gives permissions for a file of the kernel \(fanotify, fd 44\), which cannot be preserved
has an unread event of process [0-9]+ \(fanotify, fd 45\), which is dead, and whose number another has
watches a mount outside the VE \(fanotify, fd 46\)
watches a file system outside the VE \(fanotify, fd 47\)
has not answered somebody who waits for its permission \(fanotify, fd 48\)
EOF
expect 16 '' ctl chkpnt "$VEID"
[[ $(ctl status "$VEID") == *running && ! -e $IMAGE ]] || fail "it is not refused"
must ctl chkpnt "$VEID" --suspend
must ctl chkpnt "$VEID" --resume
go fanotify
wait "$waits" || fail "it was not allowed"
# now one of its own waits
until_ok 20 test -e "$PRIVATE/tmp/fanotify.gone" || fail "nobody waits"
sleep 0.5
expect 16 'process [0-9]+ \(fanotify\) does not stop' ctl chkpnt "$VEID" --timeout 3
[[ $(ctl status "$VEID") == *running && ! -e $IMAGE ]] || fail "it is not refused"
go fanotify
verdict fanotify

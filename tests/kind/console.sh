#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# A VE with a shell on its console is checkpointed and restored: in the middle of a line that the shell
# reads, and of one that the terminal keeps; what was written and shown is there again, and what nobody
# had read yet comes once; settings, size, number, processes are as before. Whoever was attached is told.
VEID=109
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
trap '{ ctl chkpnt $VEID --resume; ctl stop $VEID --fast; ctl destroy $VEID; } >/dev/null 2>&1' EXIT

keeper() { pgrep -P "$(pgrep -P 1 -fx "ctl-console $VEID")" -fx "ctl-console $VEID"; }
keepers() { pgrep -fx "ctl-console $VEID"; }
no_keeper() { ! keepers; }
# somebody waits for the keeper
asked() { [[ $(ss -Hxl | awk -v s=/run/vzctl/$VEID.console '$5 == s { print $3 }') -gt 0 ]]; }
settings() { in_ve 'stty -g </dev/console; stty size </dev/console; readlink /dev/console; stat -c "%n %a %u %g" /dev/pts/*'; }
# numbers FROM TO NAME: its screen shows each of them once, in order
numbers() { diff <(seq "$1" "$2") <(grep -aoxE '[0-9]{4}' "$WORK/$3/out") >&2 || fail "$3: what was written is lost, or there twice"; }

must ctl create $VEID --ostemplate debian-12
console_shell
must ctl start $VEID
attach a ctl console $VEID
sees a 'press Enter'
type_in a '\r'
sees a '# '
type_in a 'echo first; stty intr ^X -echok; stty rows 44 cols 141\r'
sees a '^first$'
must in_ve 'stty werase ^G </dev/console'
type_in a 'echo ha''lf'
sees a '# echo half$'
settings >"$WORK/settings"
grep -q '^44 141$' "$WORK/settings" || fail "settings: $(<"$WORK/settings")"

# the keeper stands still while something is written, so that the terminal has it
kill -STOP "$(keeper)"
must in_ve '{ echo; seq 1001 1300; } >/dev/console'
snapshot_proc A
t=$(now)
ctl chkpnt $VEID >"$WORK/chkpnt" 2>&1 &
chkpnt=$!
until_ok 60 asked || fail "chkpnt does not ask the keeper: $(<"$WORK/chkpnt")"
kill -CONT "$(keeper)"
wait $chkpnt || fail "chkpnt: $(<"$WORK/chkpnt")"
left a 31
sees a 'The container has ended, and with it its console .after a restore, attach anew'
no_keeper || fail "the keeper is left"
ctl image info "$IMAGE" | grep -q 'What the console showed' || fail "the image has nothing of what the console showed"
must ctl restore $VEID
say "$(($(now) - t)) ms"
snapshot_proc B
compare_proc A B "chkpnt and restore"
settings | diff "$WORK/settings" - >&2 || fail "the settings"
attach b ctl console $VEID
sees b '^first$'
sees b '# echo half'
sees b '^1300$'
numbers 1001 1300 b
type_in b '\r'
sees b '^half$'

# a line that the terminal keeps; all stages one by one
type_in b 'cat >/tmp/line\r'
until_ok 20 test -e $PRIVATE/tmp/line || fail "no cat"
type_in b 'abc'
sees b 'abc$'
type_in b '\r\033.'
left b 0
must ctl chkpnt $VEID --suspend
expect 16 suspended in_ve true
attach c ctl console $VEID
sees c 'abc'
type_in c 'typed while it is suspended'
sleep 1
must ctl chkpnt $VEID --dump --dumpfile "$WORK/image"
must ctl chkpnt $VEID --kill
left c 31
must ctl restore $VEID --undump --dumpfile "$WORK/image"
until_ok 5 keeper || fail "no keeper"
must ctl restore $VEID --kill
no_keeper || fail "the keeper outlives restore --kill"
must ctl restore $VEID --undump --dumpfile "$WORK/image"
must ctl restore $VEID --resume
attach d ctl console $VEID
sees d 'typed while it is suspended'
type_in d '; more\r\004'
sees d '# $'
[[ $(<$PRIVATE/tmp/line) == $'abc\ntyped while it is suspended; more' ]] || fail "the lines: $(<$PRIVATE/tmp/line)"

# nobody has it open: a terminal that was hung up, and a shell of the next
type_in d 'exec sleep 1\r'
sees d 'press Enter'
type_in d '\r'
sees d '# $'
must ctl chkpnt $VEID
left d 31
must ctl restore $VEID
attach e ctl console $VEID
type_in e 'echo a''gain\r'
sees e '^again$'
# without a keeper it is hung up: nothing stands against a checkpoint, nor a new console after it
mapfile -t all < <(keepers)
kill -9 "${all[@]}"
left e 3
sleep 2
must ctl chkpnt $VEID
must ctl restore $VEID
attach f ctl console $VEID
sees f Attached
must in_ve 'echo there is ano''ther >/dev/console'
sees f '^there is another$'
type_in f '\r\033.'
left f 0
must ctl stop $VEID --fast
must ctl destroy $VEID
rm -rf "$WORK"
exit 0

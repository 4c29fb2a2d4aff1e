#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# The console: ctl console attaches, types, shows, resizes and detaches; one at a time; what was written
# while nobody looked; a VE that writes without end, is suspended, hangs its terminal up, is stopped; a
# keeper that is killed. Nothing of it is left.
VEID=108
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
trap '{ ctl chkpnt $VEID --resume; ctl stop $VEID --fast; ctl destroy $VEID; } >/dev/null 2>&1' EXIT
SOCKET=/run/vzctl/$VEID.console

# the keeper, whose parent is one, too
keepers() { pgrep -fx "ctl-console $VEID"; }
parent() { pgrep -P 1 -fx "ctl-console $VEID"; }
keeper() { pgrep -P "$(parent)" -fx "ctl-console $VEID"; }
no_keeper() { ! keepers; }
another() { local p; p=$(keeper) && [[ $p != "$k" ]]; }

host_state "^/vz/private/(777|$VEID)" >"$WORK/before"
must ctl create $VEID --ostemplate debian-12
console_shell
expect 31 'not running' ctl console $VEID
expect 20 '' ctl console $VEID more
must ctl start $VEID
until_ok 5 keeper || fail "there is no keeper"
k=$(keeper)
[[ $(stat -c '%F %a %U' $SOCKET) == 'socket 600 root' ]] || fail "the socket: $(stat $SOCKET)"
[[ $(readlink "/proc/$k/cwd") == / && $(ps -o sid= "$k") -eq $(parent) && $(keepers | wc -l) == 2 ]] || fail "the keeper: $(ps -o pid,ppid,sid "$k")"
fds=$(readlink "/proc/$k/fd"/* | sed 's/[0-9]*\]*$//' | sort | tr '\n' ' ')
[[ $fds == '/dev/null /dev/null /dev/null /dev/pts/ptmx anon_inode:[eventpoll anon_inode:[pidfd socket:[ ' ||
   $fds == '/dev/null /dev/null /dev/null /dev/pts/ptmx anon_inode:[eventpoll pidfd:[ socket:[ ' ]] || fail "the keeper has open: $fds"
for ns in mnt pid net; do
	[[ $(readlink "/proc/$k/ns/$ns") == "$(readlink /proc/self/ns/$ns)" ]] || fail "the keeper is not in the host's $ns namespace"
done
[[ $(<"/proc/$k/cgroup") == 0::/ ]] || fail "the keeper's cgroup: $(<"/proc/$k/cgroup")"
[[ $(in_ve 'readlink /dev/console') == pts/0 ]] || fail "/dev/console: $(in_ve 'ls -l /dev/console')"

# --- attach, type, resize, detach
SIZE='31 97' attach a ctl console $VEID
sees a 'Attached to CT 108 .Esc \. at the start of a line detaches'
sees a 'press Enter to activate this console'
type_in a '\r'
sees a '# $'
type_in a 'echo $((6*7)) `tty`\r'
sees a '^42 /dev/(console|pts/0)$'
type_in a 'stty size\r'
sees a '^31 97$'
echo '55 133' >"$WORK/a/size"
kill -USR1 "$(<"$WORK/a/pid")"
resized() { [[ $(in_ve 'stty size </dev/console') == '55 133' ]]; }
until_ok 20 resized || fail "the size: $(in_ve 'stty size </dev/console')"
# a controlling terminal
type_in a 'sleep 1000\r'
until_ok 20 in_ve 'ps ax | grep -q "[s]leep 1000"' || fail "no sleep"
type_in a '\003'
sees a '# $'
type_in a 'echo code $?\r'
sees a '^code 130$'
expect 9 'The console is in use already .by process [0-9]+' ctl console $VEID
kill -0 "$(grep -o 'process [0-9]*' <<<"$SAID" | grep -o '[0-9]*')" || fail "that process is not there: $SAID"
# in the middle of a line Esc . is the VE's, and an Esc that nothing follows
type_in a 'cat -v\r'
sleep 1
type_in a 'x\033.\r'
sees a '^x\^\[\.$'
type_in a '\033'
sleep 2
type_in a '.y\r'
sees a '^\^\[\.y$'
type_in a '\004'
sees a '# $'
type_in a '\r\033.'
left a 0
sees a 'Detached from CT 108'

# --- what is written while nobody looks
must in_ve 'echo not seen by anybody >/dev/console'
attach b ctl console $VEID
sees b 'not seen by anybody'
type_in b '\033.'
left b 0
must timeout 60 ctl exec2 $VEID 'head -c 5000000 /dev/zero | tr "\0" z >/dev/console; echo; echo after all that >/dev/console'
attach b ctl console $VEID
sees b 'after all that'
(($(tr -cd z <"$WORK/b/out" | wc -c) < 20000)) || fail "it keeps $(tr -cd z <"$WORK/b/out" | wc -c) bytes"
# its administrator reads no more: the VE goes on
kill -STOP "$(pgrep -f "^ctl console $VEID")"
must timeout 60 ctl exec2 $VEID 'head -c 5000000 /dev/zero | tr "\0" z >/dev/console; echo; echo second >/dev/console'
kill -CONT "$(pgrep -f "^ctl console $VEID")"
sees b 'second'
# a signal ends it, as it were the key
kill -TERM "$(pgrep -f "^ctl console $VEID")"
left b 0

# --- suspended
if [[ -e /dev/cpt ]]; then
	attach c ctl console $VEID
	sees c 'second'
	type_in c 'echo be''fore\r'
	sees c '^before$'
	must ctl chkpnt $VEID --suspend
	type_in c 'echo be''tween\r'
	sleep 1
	! shows c '^between$' || fail "it runs while it is suspended"
	must ctl chkpnt $VEID --resume
	sees c '^between$'
	must ctl chkpnt $VEID --check
	type_in c 'echo af''ter\r'
	sees c '^after$'
	type_in c '\r\033.'
	left c 0
fi

# --- a keeper that is killed: the VE does not notice; both
attach d ctl console $VEID
type_in d 'echo st''ill; sh_pid=here\r'
sees d '^still$'
k=$(keeper)
kill -9 "$k"
left d 3
sees d 'The keeper of the console has ended: ctl console makes a new console'
until_ok 5 another || fail "there is no other keeper"
attach d ctl console $VEID
type_in d 'echo $sh_pid\r'
sees d '^here$'
k=$(keeper)
kill -9 "$(parent)"
type_in d 'echo go''ing\r'
sees d '^going$'
[[ ! -e /dev/cpt ]] || must ctl chkpnt $VEID --check
must in_ve 'rm /dev/console'
kill -9 "$k"
left d 3
no_keeper || fail "something is left of the keeper"
[[ ! -e /dev/cpt ]] || must ctl chkpnt $VEID --check
attach d ctl console $VEID
sees d Attached
[[ $(in_ve 'readlink /dev/console') == pts/* ]] || fail "/dev/console: $(in_ve 'ls -l /dev/console')"
in_ve 'echo writ''ten >/dev/console' # there may be no shell any more
sees d '^written$'

# --- the end
must ctl stop $VEID --fast
left d 31
sees d 'The container has ended, and with it its console'
no_keeper || fail "the keeper outlives the VE"
[[ ! -e $SOCKET ]] || fail "the socket is left"
must ctl start $VEID
until_ok 5 keeper
kill -STOP "$(keeper)"
must ctl stop $VEID --fast
no_keeper || fail "a keeper that was stopped outlives the VE"
must ctl start $VEID
must kill -9 "$(ve_init)"
until_ok 20 no_keeper || fail "the keeper outlives a VE that ends by itself"
must ctl destroy $VEID
host_state "^/vz/private/(777|$VEID)" >"$WORK/after"
sed -i "/\/$VEID.conf.destroyed$/d" "$WORK/before" "$WORK/after"
diff "$WORK/before" "$WORK/after" >&2 || fail "the host is not as it was"
rm -rf "$WORK"
exit 0

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# short on: 6.1-i386
# exec, exec2, enter: words, codes, streams, environment, and what a command leaves behind in the VE.
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"
with_ve

same() { [[ $2 == "$3" ]] || fail "$1: got $(printf %q "$2"), not $(printf %q "$3")"; }
# the VE's processes but init and what drains pipes, as "pid ppid session"
others() { in_ve 'for p in /proc/[0-9]*; do read -r a </proc/${p#/proc/}/stat 2>/dev/null && echo $a; done' | awk '$1 != 1 && $2 != "(cat)" && $4 != 0 {print $1, $4, $6}'; }

same "words are joined" "$(ctl exec $VEID echo a 'b  c' '$((1+1))')" "a b c 2"
same "options are the command's" "$(ctl exec $VEID ls -d /tmp)" /tmp
same "standard error" "$(ctl exec $VEID 'echo out; echo err >&2' 2>/dev/null)" out
same "standard error" "$(ctl exec $VEID 'echo out; echo err >&2' 2>&1 >/dev/null)" err
same "standard input" "$(printf 'x\ny\n' | ctl exec $VEID 'cat; echo end')" $'x\ny\nend'
same "script" "$(echo 'echo "$((20 + 2))"; exit 3' | ctl exec2 $VEID -; echo $?)" $'22\n3'
same "script, no word" "$(echo 'echo yes' | ctl exec2 $VEID)" yes
same "exec3" "$(ctl exec3 $VEID echo 'a  $b')" 'a  $b'
same "binary" "$(head -c 3000000 /dev/urandom | tee >(md5sum >"$WORK/sum") | ctl exec $VEID cat | md5sum; wait)" "$(sleep 1; cat "$WORK/sum")"
same "environment" "$(SECRET=1 ctl exec3 $VEID env | cut -d= -f1 | sort | tr '\n' ' ')" "HOME PATH TERM "
same "place" "$(ctl exec $VEID 'pwd; umask; ulimit -n >/dev/null; id -u')" $'/\n0022\n0'
same "a session of its own" "$(ctl exec $VEID 'read -r pid _ _ _ _ sid rest </proc/self/stat; [ $$ = $sid ] && echo yes')" yes
for c in 0 1 7 255; do ctl exec2 $VEID "exit $c"; same "exec2's code" $? $c; done
ctl exec $VEID 'exit 7'; same "exec's code" $? 8
ctl exec2 $VEID 'kill -9 $$'; same "a signal's code" $? 137
ctl exec3 $VEID /nosuch 2>"$WORK/err"; same "no such command" $? 8
grep -q 'Cannot run /nosuch' "$WORK/err" || fail "no sentence about /nosuch: $(cat "$WORK/err")"
# a reader that goes away ends the command
same "SIGPIPE" "$(timeout 20 ctl exec $VEID 'while :; do echo y; done' | head -n1)" y
# nothing of ours is inherited
exec 7<"$0"
same "descriptors" "$(ctl exec $VEID 'ls /proc/self/fd | tr "\n" " "')" "0 1 2 3 "
exec 7<&-
[[ -z $(in_ve 'for f in /proc/[0-9]*/fd/*; do readlink $f; done' 2>/dev/null | grep -E '^/(work|mnt/share|root/)|memfd|socket') ]] ||
	fail "something of the host is open in the VE"

# --- in the background
start=$(now)
same "exec ends with its command" "$(ctl exec $VEID 'sleep 1000 & echo started')" started
(($(now) - start < 30000)) || fail "exec waited for a program in the background"
same "one process, of init" "$(others | awk '{print $2}')" 1
ctl exec $VEID '(sleep 2; i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo done >/tmp/wrote) &' >/dev/null
until_ok 40 test -e $PRIVATE/tmp/wrote || fail "a program in the background cannot write any more"
same "background, standard input" "$(ctl exec $VEID '(read x; echo "[$x]" >/tmp/read) </dev/stdin & wait' </dev/null; cat $PRIVATE/tmp/read)" "[]"
in_ve 'kill $(pidof sleep)' >/dev/null 2>&1
until_ok 20 only_init || fail "left over: $(ve_tree)"

# --- a ctl that is killed takes its command along
ctl exec $VEID 'sleep 1000' &
until_ok 20 in_ve 'pidof sleep' || fail "sleep does not run"
kill -9 $!
wait $! 2>/dev/null
until_ok 20 only_init || fail "a killed exec leaves: $(ve_tree)"

# --- enter
printf 'tty\necho "$((6*7)) $HOME $PWD"\nexit 5\n' | ctl enter $VEID >"$WORK/enter"
same "enter's code" $? 5
for w in "entered into CT $VEID" "/dev/pts/" "42 /root /root" "exited from CT $VEID"; do
	grep -aq "$w" "$WORK/enter" || fail "enter does not say '$w': $(cat -v "$WORK/enter")"
done
same "enter --exec" "$(ctl enter $VEID --exec 'test -t 0 && test -t 1 && echo terminal' </dev/null | tr -d '\r' | sed -n 2p)" terminal
# with a terminal on our side, and its size
if command -v script >/dev/null; then
	script -qec "stty rows 33 cols 101; ctl enter $VEID --exec 'stty size'" /dev/null </dev/null >"$WORK/size"
	grep -aq '33 101' "$WORK/size" || fail "the terminal's size is lost: $(cat -v "$WORK/size")"
fi
until_ok 20 only_init || fail "enter leaves: $(ve_tree)"
[[ $(cd "/proc/$(ve_init)/root/dev/pts" && echo *) == "0 ptmx" ]] || fail "enter leaves a terminal"

if [[ -e /dev/cpt ]]; then
	# what exec leaves in the background can be checkpointed, and goes on
	ctl exec $VEID '(while :; do echo x; date >/tmp/date; sleep 0.3; done) &' >/dev/null
	must ctl chkpnt $VEID
	must ctl restore $VEID
	rm -f $PRIVATE/tmp/date
	until_ok 20 test -e $PRIVATE/tmp/date || fail "a program left by exec does not go on"
	# an exec that runs is a process from outside: it is named, and nothing happens to the VE
	ctl exec $VEID 'sleep 1000' &
	until_ok 20 in_ve 'pidof sleep' || fail "sleep does not run"
	expect 16 'ctl: process [0-9]+ \(sleep\) was entered from outside the VE, and its parent is no process of the VE: end it first \(ctl enter, ctl exec\)' ctl chkpnt $VEID
	must ctl status $VEID
	kill -9 $!
	wait $! 2>/dev/null
	in_ve true || fail "the VE does not run after a refusal"
	# one of enter is named with its terminal, too; both outlive suspend and resume, and hear what was said meanwhile
	mkfifo "$WORK/typed" "$WORK/fed"
	ctl enter $VEID <"$WORK/typed" >"$WORK/entered" & entered=$!
	ctl exec2 $VEID 'read x; echo "[$x]"; exit 9' <"$WORK/fed" >"$WORK/execed" & executed=$!
	exec 8>"$WORK/fed" 9>"$WORK/typed"
	echo 'echo "$((6*7)) begun"' >&9
	until_ok 40 grep -aq '42 begun' "$WORK/entered" || fail "enter does not work"
	expect 16 'ctl: process [0-9]+ \([a-z]+\) uses a terminal \(pts/1\) that somebody outside the VE uses too: end what was begun by ctl enter' ctl chkpnt $VEID
	must ctl chkpnt $VEID --suspend
	echo 'echo "$((6*9)) still"; exit 7' >&9
	echo heard >&8
	sleep 1
	must ctl chkpnt $VEID --resume
	until_ok 40 grep -aq '54 still' "$WORK/entered" || fail "enter does not outlive suspend and resume: $(cat -v "$WORK/entered")"
	exec 8>&- 9>&-
	wait $entered
	same "enter's code after suspend and resume" $? 7
	wait $executed
	same "exec's code after suspend and resume" $? 9
	same "exec after suspend and resume" "$(cat "$WORK/execed")" "[heard]"
fi
exit 0

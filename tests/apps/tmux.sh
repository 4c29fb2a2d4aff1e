#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tmux with a client on a terminal of its own, and in it a shell with jobs: one in the background,
# a stopped cat, a stopped vi. After each cycle the terminal's settings and the list of jobs are those
# of before; fg brings the jobs back, which take what is typed; ^C ends what runs, ^Z stops it, and the
# window's new size reaches the programs in it.
# timeout: 600
# short on: 6.1-amd64
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

with_app
tm() { must ctl exec2 "$VEID" "TERM=linux LC_ALL=C.UTF-8 tmux -f /dev/null -S /tmp/tm $*"; }
keys() { tm "send-keys -t s: $*"; }
# shell COMMAND: typed at the shell's prompt, to its end
shell() { rm -f "$PRIVATE/tmp/done"; keys "'$1; : >/tmp/done' Enter"; until_ok 60 test -e "$PRIVATE/tmp/done" || stuck "$1"; }
shown() { ctl exec2 "$VEID" "tmux -S /tmp/tm capture-pane -p -t s:" | grep -qF -- "$1"; }
stuck() { ctl exec2 "$VEID" "tmux -S /tmp/tm capture-pane -p -t s:" >&2; show_logs; fail "nothing comes of: $1"; }
await() { until_ok 60 shown "$1" || stuck "$1"; }
# in_front NAME: such a program has the terminal now; before, the shell would take what is typed
in_front() {
	local p s
	for p in $(ve_pids); do
		read -ra s <"/proc/$p/stat" || continue
		[[ ${s[1]} != "($1)" || ${s[4]} != "${s[7]}" ]] || return 0
	done 2>/dev/null
	return 1
}
front() { until_ok 60 in_front "$1" || stuck "$1 in front"; }
in_file() { grep -qx "$2" "$PRIVATE$1"; }

tm "new-session -d -s s -x 80 -y 24 \"env PS1='ready> ' bash --norc --noprofile\""
TERM=linux run_python client <<'PY'
import os, pty
from apps import put
os.environ.update(TERM="linux", LC_ALL="C.UTF-8")
pid, fd = pty.fork()
if not pid:
    os.execvp("tmux", ["tmux", "-S", "/tmp/tm", "attach"])
n = 0
while True:
    n += len(os.read(fd, 65536))
    put("/tmp/client.bytes", "%d" % n)
PY
await 'ready>'
shell 'sleep 100000 & :'
keys "'cat >/tmp/cat.out' Enter"
until_ok 60 test -e "$PRIVATE/tmp/cat.out" || stuck cat
keys C-z
await Stopped
shell clear
keys "'vi /tmp/text' Enter"
await '/tmp/text'
keys "ibegun Escape :w Enter"
until_ok 60 in_file /tmp/text begun || stuck vi
keys C-z
await 'ready>'

state() { shell "stty -a | sed \"s/rows.*columns [0-9]*;//\" >/tmp/stty.$1; jobs -l >/tmp/jobs.$1"; }
same() { cmp "$PRIVATE/tmp/$1.0" "$PRIVATE/tmp/$1.$2" || fail "$1 after $2 cycles: $(<"$PRIVATE/tmp/$1.$2")"; }
state 0
cat "$PRIVATE/tmp/jobs.0" >&2
(($(grep -c Stopped "$PRIVATE/tmp/jobs.0") == 2 && $(grep -c Running "$PRIVATE/tmp/jobs.0") == 1)) || fail "these are not the jobs"

settle
for ((i = 1; i <= CYCLES; i++)); do
	bytes=$(count /tmp/client.bytes)
	cycle_full
	state "$i"
	same stty "$i"
	same jobs "$i"
	keys "'fg %2' Enter"
	front cat
	keys "'line $i' Enter"
	until_ok 60 in_file /tmp/cat.out "line $i" || stuck "cat $i"
	keys C-z
	shell clear
	keys "'fg %3' Enter"
	front vi
	await begun
	keys "o 'text $i' Escape :w Enter"
	until_ok 60 in_file /tmp/text "text $i" || stuck "vi $i"
	keys C-z
	await 'ready>'
	rm -f "$PRIVATE/tmp/code"
	keys "'touch /tmp/ran.$i; sleep 100000' Enter"
	until_ok 60 test -e "$PRIVATE/tmp/ran.$i" || stuck "sleep $i"
	front sleep
	keys C-c
	# shellcheck disable=SC2016
	shell 'echo $? >/tmp/code'
	in_file /tmp/code 130 || fail "^C after $i cycles: $(<"$PRIVATE/tmp/code")"
	tm "resize-window -t s: -x $((90 + i)) -y 30"
	shell "stty size >/tmp/size"
	in_file /tmp/size "30 $((90 + i))" || fail "the size after $i cycles: $(<"$PRIVATE/tmp/size")"
	(($(count /tmp/client.bytes) > bytes)) || fail "the client sees nothing after $i cycles"
done
say "$CYCLES cycles, $FROZEN ms frozen and gone in all"
(($(wc -l <"$PRIVATE/tmp/text") == CYCLES + 1 && $(wc -l <"$PRIVATE/tmp/cat.out") == CYCLES)) || fail "not all that was typed is there"
tm kill-server

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A shell script with background children, a trap, a here document, a loop over a pipe: after the
# cycles the trap still works, the children can be waited for by the pids that the script knows.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
cat >"$PRIVATE/t/script" <<'SH'
#!/bin/sh
traps=0 end=''
trap 'traps=$((traps + 1)); echo "trap $traps" >>/tmp/script.traps' USR1
trap 'end=1' TERM
child() { while [ ! -e /tmp/script.go ]; do sleep 0.2; done; exit "$1"; }
child 3 & three=$!
child 4 & four=$!
( trap 'exit 9' TERM; while :; do sleep 0.1; done ) & nine=$!
sleep 100000 & killed=$!
seq 1 100000 | while read -r n; do
	echo "$n"
	[ $((n % 50)) != 0 ] || sleep 0.05
	[ ! -e /tmp/script.go ] || [ "$n" -lt 1000 ] || break
done >/tmp/script.numbers & numbers=$!
cat <<'HERE' >/tmp/script.here
$this is not $expanded
HERE
echo $$ >/tmp/script.pid
touch /tmp/script.ready
while [ ! "$end" ]; do wait $numbers; [ -e /tmp/script.go ] || sleep 0.1; done
bad=''
is() { [ "$1" = "$2" ] || bad="$bad $3: $1 instead of $2;"; }
wait $three; is $? 3 "first child"
wait $four; is $? 4 "second child"
kill -TERM $nine; wait $nine; is $? 9 "child with a trap"
kill -KILL $killed; wait $killed 2>/dev/null; is $? 137 "killed child"
wait $numbers; is $? 0 "loop"
is "$traps" "$(wc -l </tmp/script.traps)" "traps"
is "$(cat /tmp/script.here)" '$this is not $expanded' "here document"
echo "${bad:+fail:}${bad:-pass $traps}" >/tmp/script.tmp
mv /tmp/script.tmp /tmp/script.verdict
SH
chmod 755 "$PRIVATE/t/script"
must ctl exec2 "$VEID" "cd /; setsid /t/script </dev/null >/tmp/script.log 2>&1 &"
wait_ready script
pid=$(<"$PRIVATE/tmp/script.pid")
MOVES=1
n=0
trap_once() {
	must ctl exec2 "$VEID" "kill -USR1 $pid"
	n=$((n + 1))
	trapped() { [[ $(wc -l <"$PRIVATE/tmp/script.traps") == "$n" ]]; }
	until_ok 20 trapped || fail "trap $n was not run"
}
trap_once
for cycle in stages suspend full; do
	"cycle_$cycle"
	trap_once
done
go script
must ctl exec2 "$VEID" "kill -TERM $pid"
verdict script
last=$(tail -n1 "$PRIVATE/tmp/script.numbers")
seq "$last" | cmp - "$PRIVATE/tmp/script.numbers" || fail "numbers are missing or doubled"
[[ ! -s $PRIVATE/tmp/script.log ]] || { show_log script; fail "the shell complained"; }

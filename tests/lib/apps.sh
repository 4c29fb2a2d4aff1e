# SPDX-License-Identifier: GPL-2.0-only
# For tests/apps: real programs at work go through CYCLES checkpoints and restores (10; 4 in a short
# run), and then say by their own means whether all is well. Sourced, not run.
# shellcheck shell=bash
VEID=778 OSTEMPLATE=apps
# shellcheck source=tests/lib/ve.sh
. "$(dirname "${BASH_SOURCE[0]}")/ve.sh"
CYCLES=10
[[ ${CPT_LONG-} ]] || CYCLES=4
MOVES=1

# with_app: a clean VE with real programs in it
with_app() {
	with_ve
	must cp "$CPT_TESTS/lib/apps.py" "$PRIVATE/t/"
}

# run_app NAME COMMAND: in the background, leader of a session; its output is /tmp/NAME.log
run_app() { must ctl exec2 "$VEID" "cd /; export PYTHONUNBUFFERED=1; setsid $2 </dev/null >/tmp/$1.log 2>&1 &"; }
# run_python NAME [ARG…]: the program on stdin
run_python() {
	local name=$1; shift
	cat >"$PRIVATE/t/$name.py"
	run_app "$name" "python3 /t/$name.py $*"
}

# count FILE: the number in a file of the VE, 0 while there is none
count() { cat "$PRIVATE$1" 2>/dev/null || echo 0; }

# cycles COMMAND: CYCLES times chkpnt and restore; the number that COMMAND prints must rise after each
cycles() {
	local i before
	risen() { (($(${1:?}) > $2)); }
	until_ok 120 risen "$1" 3 || { show_logs; fail "it does no work"; }
	must settle
	for ((i = 1; i <= CYCLES; i++)); do
		before=$($1)
		cycle_full
		until_ok 120 risen "$1" $((before + 3)) || { show_logs; fail "after $i cycles it works no more"; }
	done
	say "$CYCLES cycles, $FROZEN ms frozen and gone in all, work done: $($1)"
}
settle() { until_ok 20 settled; }

show_logs() { tail -n 15 "$PRIVATE"/tmp/*.log >&2; ve_tree >&2; }

# finish NAME…: told to, they end and give their verdict (as in cpt_test.h)
finish() {
	local p
	for p; do go "$p"; done
	for p; do verdict "$p" 100; done
}

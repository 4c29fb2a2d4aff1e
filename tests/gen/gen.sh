#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random processes, files, queues, IPC and sharing (gen.c), one seed after the other: what can be seen
# of all of it is the same after a checkpoint and a restore; an image of the restored VE is the same as
# the first but for what is declared volatile (`ctl image diff`); and in the end all that is in it
# is taken and is what the seed said.
#
# Which seeds: SEED ("7", "7 9", "20-30") on every kernel; else ten small ones, shared out among the
# stock kernels, and with --long 200, shared out among these and the debug kernel.
# timeout: 240
# long timeout: 1800
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

# seeds_of KERNEL: every kernel has its own share
seeds_of() {
	local all=(1 2 3 4 6 7 9 11 13 16) i share='' kernels=(6.1-amd64 6.12-amd64 6.1-i386)
	[[ ! ${CPT_LONG:-} ]] || { mapfile -t all < <(seq 200); kernels+=(6.1-debug); }
	for i in "${!kernels[@]}"; do [[ ${kernels[i]} != "$1" ]] || share=$i; done
	[[ $share ]] || return
	for i in "${!all[@]}"; do
		((i % ${#kernels[@]} != share)) || echo "${all[i]}"
	done
}
# wanted WORD…: N or N-M
wanted() {
	local w
	for w; do
		if [[ $w == *-* ]]; then seq "${w%-*}" "${w#*-}"; else echo "$w"; fi
	done
}

# failed SEED WHAT…: how to have it again
failed() { say "seed $1 on ${CPT_KERNEL:-?}: tests/gen/run $1 ${CPT_KERNEL:-}"; fail "seed $1: ${*:2}"; }

is_done() { [[ -e $PRIVATE/tmp/gen.done.$1 || -e $PRIVATE/tmp/gen.verdict ]]; }
# command SEED N WHAT: the N-th command of this run
command_() {
	echo "$3" >"$PRIVATE/tmp/gen.cmd"
	until_ok 90 is_done "$2" || { show_log gen; failed "$1" "no answer to command $2, $3: $(ve_tree)"; }
	[[ ! -e $PRIVATE/tmp/gen.verdict || $3 == c ]] || { show_log gen; failed "$1" "$(<"$PRIVATE/tmp/gen.verdict")"; }
}
# ctl_ SEED ARG…
ctl_() {
	ctl "${@:2}" >"$WORK/must" 2>&1 || { cat "$WORK/must" >&2; failed "$1" "status $? of ctl ${*:2}"; }
}

# dumped SEED FILE: its image; it stays suspended
dumped() {
	rm -f "$2"
	ctl_ "$1" chkpnt "$VEID" --suspend
	ctl_ "$1" chkpnt "$VEID" --dump --dumpfile "$2"
}

one() {
	local seed=$1 a=$WORK/A b=$WORK/B
	with_ve
	put_program gen/gen
	start_program gen "$seed"
	wait_ready gen 120
	command_ "$seed" 1 s
	dumped "$seed" "$a"
	ctl_ "$seed" chkpnt "$VEID" --kill
	between
	ctl_ "$seed" restore "$VEID" --undump --dumpfile "$a"
	ctl_ "$seed" restore "$VEID" --resume
	dumped "$seed" "$b"
	ctl_ "$seed" chkpnt "$VEID" --resume
	ctl image diff "$a" "$b" >"$WORK/diff" 2>&1 || {
		head -n 40 "$WORK/diff" >&2
		failed "$seed" "the image of the restored VE differs: $(wc -l <"$WORK/diff") lines"
	}
	command_ "$seed" 2 s
	diff "$PRIVATE/tmp/gen.state.1" "$PRIVATE/tmp/gen.state.2" >"$WORK/diff" || {
		head -n 40 "$WORK/diff" >&2
		failed "$seed" "what is seen differs"
	}
	command_ "$seed" 3 c
	grep -q ^pass "$PRIVATE/tmp/gen.verdict" || { show_log gen; failed "$seed" "$(<"$PRIVATE/tmp/gen.verdict")"; }
	say "$(tail -n1 "$PRIVATE/tmp/gen.log")"
}

if [[ ${SEED:-} ]]; then
	# shellcheck disable=SC2086
	seeds=$(wanted $SEED)
else
	seeds=$(seeds_of "${CPT_KERNEL:-6.1-amd64}")
fi
[[ $seeds ]] || fail "there are no seeds for kernel $CPT_KERNEL"
for seed in $seeds; do one "$seed"; done

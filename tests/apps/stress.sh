#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The stressors of stress-ng, class by class, each for some seconds, checking what they do (--verify),
# while the VE is checkpointed and restored again and again: none fails that passes without.
# timeout: 400
# long timeout: 5400
# short on: 6.1-amd64
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

classes=(pipe) each=2
[[ ! ${CPT_LONG-} ]] || classes=(cpu memory scheduler signal pipe) each=3
(($#)) && classes=("$@")

# Some take more memory than the VE has, or end what else is there, with or without a checkpoint.
NOT=bad-altstack,bigheap,brk,malloc,oom-pipe,physpage,resources,softlockup,spawn,stack,vm-segv
# class NAME: the options that say which they are; of signals this release has no class
class() {
	local others
	[[ $1 == signal ]] || { echo "--class $1 --exclude $NOT"; return; }
	others=$(in_ve "stress-ng --stressors" | tr ' ' '\n' | grep -v ^sig | paste -sd,)
	echo "--exclude $others"
}
# run CLASS LOG: the stressors one after the other, a single process each and what that starts
run() {
	run_app "$2" "sh -c 'stress-ng $(class "$1") --sequential 1 --timeout $each --verify --temp-path /tmp; echo \$? >/tmp/$2.status'"
}
ended() { [[ -e $PRIVATE/tmp/$1.status ]]; }
# failed LOG: the names of those that failed
failed() { sed -n 's/.*info: .* failed: [1-9][0-9]*: //p; s/.*fail: *\[[0-9]*\] \([a-z0-9-]*\): .*/\1/p' "$PRIVATE/tmp/$1.log" | grep -o '^[a-z0-9-]*\| [a-z][a-z0-9-]*' | sort -u; }

with_app
for class in "${classes[@]}"; do
	rm -f "$PRIVATE/tmp"/*
	run "$class" plain
	until_ok 3000 ended plain && grep -q 'run completed' "$PRIVATE/tmp/plain.log" || { show_logs; fail "the $class stressors do not end by themselves"; }
	run "$class" cycled
	restored=0 refused=0
	: >"$WORK/refused"
	until ended cycled; do
		if ctl chkpnt "$VEID" >"$WORK/said" 2>&1; then
			between
			must ctl restore "$VEID"
			restored=$((restored + 1))
		else
			# it says why, and the VE runs on
			grep -q . "$WORK/said" || fail "chkpnt fails and does not say why"
			sed 's/[0-9]\+/N/g' "$WORK/said" >>"$WORK/refused"
			refused=$((refused + 1))
		fi
		sleep 0.2
	done
	say "$class: $restored cycles, $refused times refused: $(sort "$WORK/refused" | uniq -c | sort -rn | head -n 30)"
	((restored >= CYCLES)) || fail "only $restored cycles"
	failed plain >"$WORK/plain"
	failed cycled >"$WORK/cycled"
	new=$(comm -13 "$WORK/plain" "$WORK/cycled")
	[[ ! $new ]] || { grep -a "fail:" "$PRIVATE/tmp/cycled.log" >&2; fail "they pass without a checkpoint: $new"; }
	# also of what ends without a line of its own
	[[ $(<"$PRIVATE/tmp/plain.status") != 0 || $(<"$PRIVATE/tmp/cycled.status") == 0 ]] ||
		{ show_logs; fail "stress-ng ends with $(<"$PRIVATE/tmp/cycled.status"), without a checkpoint with 0"; }
done

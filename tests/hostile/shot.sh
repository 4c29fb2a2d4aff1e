#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# short on: 6.12-amd64
#
# Processes of a suspended VE are killed from the host while it is dumped: the dump is whole or
# fails with a sentence, the killed are gone when the VE goes on, the others are not.
# shellcheck source=tests/lib/ve.sh
. "${CPT_TESTS:-$(dirname "$0")/..}/lib/ve.sh"

with_ve
good=0 bad=0 ms=0 whole=0
# 17 moments spread over a dump, and, as it is chance which of them hit it, more between them until
# one has
for ((n = 0; n <= 16 || (!(good && bad) && n <= 40); n++)); do
	must ctl exec2 "$VEID" 'i=0; while [ $i -lt 12 ]; do setsid sleep 10000 </dev/null >/dev/null 2>&1 & i=$((i+1)); done'
	until_ok 20 settled || fail "the VE does not come to rest: $(ve_tree)"
	must ctl chkpnt "$VEID" --suspend
	mapfile -t pids < <(for p in $(ve_pids); do [[ $(<"/proc/$p/comm") == sleep ]] && echo "$p"; done)
	((${#pids[@]} >= 12)) || fail "only ${#pids[@]} processes"
	if ((!n)); then		# how long does it take?
		start=$(now)
		must ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image"
		whole=$(($(now) - start))
	fi
	ms=$((n <= 16 ? whole * n / 16 : whole * (2 * (n * 7 % 16) + 1) / 32))
	ctl chkpnt "$VEID" --dump --dumpfile "$WORK/image" >"$WORK/said" 2>&1 &
	dump=$!
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -9 "${pids[0]}" "${pids[5]}" "${pids[11]}"
	code=0
	wait "$dump" || code=$?
	case $code in
	0) good=$((good + 1)); must ctl image verify "$WORK/image" ;;
	16) bad=$((bad + 1)); grep -qE 'was killed|is exiting' "$WORK/said" || fail "it says: $(<"$WORK/said")" ;;
	*) fail "status $code of a dump: $(<"$WORK/said")" ;;
	esac
	must ctl chkpnt "$VEID" --resume
	for i in 0 5 11; do until_ok 10 test ! -e "/proc/${pids[i]}" || fail "process ${pids[i]} is not dead"; done
	for i in 1 2 3 4 6 7 8 9 10; do [[ -e /proc/${pids[i]} ]] || fail "process ${pids[i]} is dead"; done
	rm -f "$WORK/image"
	kill -9 "${pids[@]}" 2>/dev/null
	until_ok 20 only_init || fail "processes are left: $(ve_tree)"
done
say "$good dumps were whole, $bad failed"
((good && bad)) || fail "the moments were not spread: $good, $bad"
exit 0

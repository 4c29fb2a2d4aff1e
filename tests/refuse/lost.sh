#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# State that is easily forgotten (lost.c has some 60 sorts, a process each): a checkpoint keeps it or
# refuses it with a sentence that names the process; nothing is lost without a word. What is refused
# is ended then, and the rest goes through chkpnt and restore.
# timeout: 240
# short on: 6.12-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
put_program refuse/lost
start_program lost
wait_ready lost
list=$PRIVATE/tmp/lost.list

expect '0|16' '' ctl chkpnt "$VEID" --check
declare -A refused=()
left=()
while read -r sort pid words; do
	if ((pid == 0)); then
		left+=("$sort: $words")
	elif [[ $words != - ]] && grep -Eqi "$words" <<<"$SAID"; then
		refused[$sort]=$(grep -Ei -m1 "$words" <<<"$SAID")
	elif grep -Eq "process $pid(:[0-9]+)? \(" <<<"$SAID"; then
		refused[$sort]=$(grep -E -m1 "process $pid(:[0-9]+)? \(" <<<"$SAID")
	fi
done <"$list"
((!${#left[@]})) || say "cannot be had here: $(printf '%s; ' "${left[@]}")"

# a refused one goes, with its children; first it may tidy up
groups=() files=()
for sort in "${!refused[@]}"; do
	say "refused: $sort: ${refused[$sort]}"
	group=$(awk -v c="$sort" '$6 == c { print $3; exit }' <(ve_tree))
	[[ ! $group ]] || groups+=("-$group")
	files+=("/tmp/lost.file.$sort")
done
if ((${#groups[@]})); then
	in_ve "kill -TERM -- ${groups[*]}; sleep 1; kill -CONT -- ${groups[*]}; kill -KILL -- ${groups[*]}; rm -f ${files[*]}" >/dev/null 2>&1
fi
sleep 1
if ! ctl chkpnt "$VEID" --check >"$WORK/said" 2>&1; then
	cat "$WORK/said" >&2
	fail "without those something still stands in the way"
fi
say "to be kept: $(while read -r sort pid _; do ((pid == 0)) || [[ ${refused[$sort]-} ]] || printf '%s ' "$sort"; done <"$list")"
MOVES=1
cycle_full
go lost
verdict lost

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Suspended and resumed 40 times at once: a program that is still finishing what the last suspend
# interrupted is frozen again in the middle of that.
# short on: 6.1-i386
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

programs=(pipe threads signals)
start_programs "${programs[@]}"
for ((i = 0; i < 40; i++)); do
	t=$(now)
	must ctl chkpnt "$VEID" --suspend
	must ctl chkpnt "$VEID" --resume
	count_time suspend "$t"
done
MODES=suspend
finish_programs "${programs[@]}"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 2,000 processes; a process of 2,000 threads, of 60,000 areas, of 1 GiB of memory.
# timeout: 600
# short on: 6.12-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

# a fifth in a short run; a tenth where each lock and each byte is watched; less memory where there is less room for it
scale=1 mib=1024
[[ ${CPT_LONG-} ]] || scale=5 mib=256
[[ ${CPT_KERNEL-} != *debug ]] || scale=10 mib=100
[[ ${CPT_KERNEL-} != *i386 ]] || mib=512
for crowd in "processes 2000" "threads 2000" "areas 60000"; do
	read -r what n <<<"$crowd"
	scaled_cycle crowd "$what" $((n / scale))
	forget_times
done
scaled_cycle crowd memory $mib

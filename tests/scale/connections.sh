#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 5,000 unix connections with data in both directions, and some not yet accepted.
# timeout: 300
# short on: 6.12-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

# a tenth where each lock and each byte is watched
[[ ${CPT_KERNEL-} != *debug ]] && size=(5000) || size=(500)
scaled_cycle connections "${size[@]}"

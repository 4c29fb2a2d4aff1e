#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 100,000 descriptors in a VE.
# timeout: 300
# short on: 6.1-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

# a tenth where each lock and each byte is watched
[[ ${CPT_KERNEL-} != *debug ]] && size=(10 10000) || size=(10 1000)
scaled_cycle descriptors "${size[@]}"

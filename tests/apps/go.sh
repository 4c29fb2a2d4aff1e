#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A program in Go (ticks.go): a thousand goroutines on a few threads with channels, timers, time-outs,
# the poller, preemption by signals, the collector. Each knows what must come to it.
# timeout: 600
# short on: 6.1-amd64
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

with_app
run_app go "env GOGC=20 GOMAXPROCS=4 ticks"
units() { count /tmp/go.count; }
cycles units
finish go
cat "$PRIVATE/tmp/go.log" >&2

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# OpenJDK with 50 threads (Churn.java), while its compiler and its collector (with threads of their own)
# never rest: classes that are loaded, compiled and forgotten, garbage, monitors, queues, timers, unix
# sockets. Each thread knows what its results must be.
# timeout: 600
# long timeout: 900
# short on: 6.1-amd64
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

with_app
# its own account of a crash
trap 'head -n 80 "$PRIVATE/tmp/error.txt" 2>/dev/null >&2' EXIT
run_app java "java -XX:ErrorFile=/tmp/error.txt -Xmx48m -XX:+UseG1GC -Xlog:gc:file=/tmp/gc.log -cp /usr/local/lib/java Churn"
rounds() { count /tmp/java.count; }
cycles rounds
finish java
(($(grep -c Pause "$PRIVATE/tmp/gc.log") > CYCLES)) || { show_logs; fail "the collector had a rest"; }
say "$(tail -n 1 "$PRIVATE/tmp/java.log"), $(grep -c Pause "$PRIVATE/tmp/gc.log") collections"

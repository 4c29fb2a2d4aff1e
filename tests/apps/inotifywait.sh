#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# inotifywait on a busy tree: it prints each event of each file, once and in order.
# timeout: 300
# short on: 6.1-i386
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

with_app
mkdir -p "$PRIVATE"/t/tree/{a,b,c}/{x,y}
run_app inotifywait "inotifywait -m -r -e create,close_write,moved_to,delete --format '%w%f %e' /t/tree"
until_ok 30 grep -q 'Watches established' "$PRIVATE/tmp/inotifywait.log" || { show_logs; fail "inotifywait does not start"; }
run_python busy <<'PY'
import os, time
from apps import going, put, verdict
DIRS = ["/t/tree"] + ["/t/tree/%s/%s" % (a, b) for a in "abc" for b in "xy"]

def main():
    n, want = 0, open("/tmp/busy.want", "w")
    while not going("busy"):
        name = "%s/%d" % (DIRS[n % len(DIRS)], n)
        with open(name, "w") as f:
            f.write("some text")
        os.rename(name, name + ".there")
        os.unlink(name + ".there")
        want.write("%s CREATE\n%s CLOSE_WRITE,CLOSE\n%s.there MOVED_TO\n%s.there DELETE\n" % (name, name, name, name))
        n += 1
        if n % 10 == 0:
            put("/tmp/busy.count", "%d" % (n // 10))
            time.sleep(0.05)
    want.close()
verdict("busy", main)
PY
made() { count /tmp/busy.count; }
cycles made
finish busy
events() { grep '^/t/tree' "$PRIVATE/tmp/inotifywait.log"; }
all_there() { (($(events | wc -l) >= $(wc -l <"$PRIVATE/tmp/busy.want"))); }
until_ok 30 all_there || :
events | cmp - "$PRIVATE/tmp/busy.want" >&2 || { events | diff - "$PRIVATE/tmp/busy.want" | head >&2; fail "events are missing, doubled or out of order"; }

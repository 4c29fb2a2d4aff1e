#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A Python program that counts in memory and writes numbered lines to a file goes on counting: no
# line is lost or doubled, no call fails.
# short on: 6.1-i386
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
cat >"$PRIVATE/t/count.py" <<'PY'
import hashlib, os, signal, time
kept, digest, stop = [], hashlib.sha256(), False
def end(*_):
    global stop
    stop = True
signal.signal(signal.SIGTERM, end)
out = open("/tmp/count.lines", "w")
n = 0
while not stop:
    n += 1
    kept.append("line %d\n" % n)
    digest.update(kept[-1].encode())
    out.write(kept[-1])
    if n % 7 == 0:
        out.flush()
    if n == 20:
        open("/tmp/count.ready", "w").close()
    time.sleep(0.01)
out.close()
again = open("/tmp/count.lines").read()
ok = again == "".join(kept) and hashlib.sha256(again.encode()).hexdigest() == digest.hexdigest()
with open("/tmp/count.tmp", "w") as f:
    f.write("pass %d\n" % n if ok else "fail: the file is not what was counted\n")
os.rename("/tmp/count.tmp", "/tmp/count.verdict")
PY
must ctl exec2 "$VEID" "cd /; setsid python3 /t/count.py </dev/null >/tmp/count.log 2>&1 &"
wait_ready count
pid=$(in_ve "pidof python3 || pgrep -f count.py")

MOVES=1
lines() { wc -l <"$PRIVATE/tmp/count.lines"; }
for cycle in stages suspend full; do
	before=$(lines)
	"cycle_$cycle"
	moved() { (($(lines) > before + 14)); }
	until_ok 30 moved || fail "after $cycle it does not count on"
	[[ $(in_ve "pidof python3 || pgrep -f count.py") == "$pid" ]] || fail "its pid is not $pid any more"
done
must ctl exec2 "$VEID" "kill -TERM $pid"
verdict count
last=$(cut -d' ' -f2 "$PRIVATE/tmp/count.verdict")
seq -f 'line %.0f' "$last" | cmp - "$PRIVATE/tmp/count.lines" || fail "lines are missing or doubled"
[[ ! -s $PRIVATE/tmp/count.log ]] || { show_log count; fail "Python complained"; }
say "$last lines"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# redis on a unix socket, with an append-only file and a save in the background that is always under
# way: no answer is lost, the counters that its clients hold are right, and so are both files, of
# which the server is made again in the end.
# timeout: 300
# short on: 6.12-amd64
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

with_app
mkdir -p "$PRIVATE/tmp/redis"
cat >"$PRIVATE/t/redis.conf" <<'CONF'
port 0
unixsocket /tmp/redis.sock
dir /tmp/redis
appendonly yes
appendfsync everysec
save ""
# a save takes some seconds
rdb-key-save-delay 1000
CONF
run_app redis "redis-server /t/redis.conf"
until_ok 60 test -S "$PRIVATE/tmp/redis.sock" || { show_logs; fail "redis does not start"; }
run_python clients <<'PY'
import os, random, socket, time
from apps import going, put, verdict

class Redis:
    def __init__(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/tmp/redis.sock")
        self.file = self.sock.makefile("rb")

    def __call__(self, *words):
        words = [str(w).encode() for w in words]
        self.sock.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.answer()

    def answer(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n") or line[:1] == b"-":
            raise ValueError("redis says %r" % line)
        if line[:1] == b":":
            return int(line[1:])
        if line[:1] == b"$":
            return self.file.read(int(line[1:]) + 2)[:-2].decode()
        return line[1:-2].decode()

def client(me):
    redis, rnd, n = Redis(), random.Random(me), 0
    while not going("clients"):
        n += 1
        if redis("INCR", "counter%d" % me) != n:
            return "counter %d is not %d" % (me, n)
        text = "%d" % rnd.randrange(1 << 60) * 20
        redis("SET", "value%d" % me, text)
        if redis("GET", "value%d" % me) != text:
            return "a value is not what was set"
        put("/tmp/redis.client%d" % me, "%d" % n)

def saver():
    redis, n = Redis(), 0
    redis("MSET", *(w for i in range(3000) for w in ("key%d" % i, "x" * 100)))
    while not going("clients"):
        if "rdb_bgsave_in_progress:0" in redis("INFO", "persistence"):
            redis("BGSAVE")
            n += 1
            put("/tmp/redis.saves", "%d" % n)
        time.sleep(0.05)
    while "rdb_bgsave_in_progress:1" in redis("INFO", "persistence"):
        time.sleep(0.1)
    info = redis("INFO", "persistence")
    if "rdb_last_bgsave_status:ok" not in info or "aof_last_write_status:ok" not in info:
        return "after %d saves: %s" % (n, info)

def main():
    pids = []
    for me in range(4):
        pids.append(os.fork())
        if not pids[-1]:
            verdict("clients.%d" % me, saver if me == 3 else lambda: client(me))
    for me, pid in enumerate(pids):
        if os.waitpid(pid, 0)[1]:
            return open("/tmp/clients.%d.verdict" % me).read()
verdict("clients", main)
PY
increments() { echo $(($(count /tmp/redis.client0) + $(count /tmp/redis.client1) + $(count /tmp/redis.client2))); }
saves() { (($(count /tmp/redis.saves) > $1)); }
until_ok 60 saves 0 || { show_logs; fail "nothing is saved"; }
cycles increments
finish clients
cli() { ctl exec2 "$VEID" "redis-cli -s /tmp/redis.sock $*"; }
counters() { for i in 0 1 2; do cli get counter$i; done; }
for i in 0 1 2; do echo "$(count /tmp/redis.client$i)"; done >"$WORK/want"
counters | diff "$WORK/want" - >&2 || fail "the counters are not those of the clients"
cli shutdown nosave >/dev/null 2>&1
no_redis() { ! ve_tree | grep -q redis-server; }
until_ok 30 no_redis || fail "redis does not end"
expect 0 'AOF .* is valid' ctl exec2 "$VEID" "redis-check-aof /tmp/redis/appendonlydir/appendonly.aof.manifest"
expect 0 'RDB looks OK' ctl exec2 "$VEID" "redis-check-rdb /tmp/redis/dump.rdb"
run_app redis "redis-server /t/redis.conf"
answers() { [[ $(cli ping) == PONG ]]; }
until_ok 60 answers || { show_logs; fail "redis does not start again"; }
counters | diff "$WORK/want" - >&2 || fail "the append-only file has lost something"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# nginx on a unix socket, and clients with connections that stay open: each answer comes whole, also
# one that was under way for some cycles, none is asked for twice, and the log has them all.
# timeout: 300
# short on: 6.1-amd64
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

with_app
mkdir -p "$PRIVATE/t/www"
for n in {0..9}; do head -c $((n * n * 3000 + 100)) /dev/urandom >"$PRIVATE/t/www/$n"; done
head -c 1000000 /dev/urandom >"$PRIVATE/t/www/slow"
chmod -R a+rX "$PRIVATE/t"
cat >"$PRIVATE/t/nginx.conf" <<'CONF'
user www-data;
worker_processes 2;
pid /tmp/nginx.pid;
error_log /tmp/nginx.error warn;
events { worker_connections 200; }
http {
	access_log /tmp/nginx.access;
	client_body_temp_path /tmp/nginx.body;
	keepalive_requests 1000000;
	keepalive_timeout 3600;
	send_timeout 3600;
	server {
		listen unix:/tmp/nginx.sock backlog=64;
		root /t/www;
		location = /slow { limit_rate 20k; }
	}
}
CONF
run_app nginx "nginx -c /t/nginx.conf -g 'daemon off;'"
until_ok 30 test -S "$PRIVATE/tmp/nginx.sock" || { show_logs; fail "nginx does not start"; }
run_python web <<'PY'
import hashlib, http.client, os, socket, time
from apps import going, put, verdict

class Connection(http.client.HTTPConnection):
    def connect(self):
        if self.sock is not None or getattr(self, "connected", False):
            raise OSError("the server closed the connection")
        self.connected = True
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/tmp/nginx.sock")

def digest(data):
    return hashlib.sha256(data).digest()

def get(http, path, want):
    http.request("GET", path)
    r = http.getresponse()
    if r.status != 200 or digest(r.read()) != want:
        raise ValueError("%s: status %d, or the wrong contents" % (path, r.status))

def client(me):
    http, n = Connection("web"), 0
    want = {p: digest(open("/t/www/" + p, "rb").read()) for p in os.listdir("/t/www")}
    while not going("web"):
        path = "slow" if me == 0 else "%d" % ((n + me) % 10)
        get(http, "/" + path, want[path])
        n += 1
        put("/tmp/web.client%d" % me, "%d" % n)
        time.sleep(0.01)

def main():
    pids = []
    for me in range(4):
        pids.append(os.fork())
        if not pids[-1]:
            verdict("web.%d" % me, lambda: client(me))
    for me, pid in enumerate(pids):
        if os.waitpid(pid, 0)[1]:
            return open("/tmp/web.%d.verdict" % me).read()
verdict("web", main)
PY
requests() { echo $(($(count /tmp/web.client1) + $(count /tmp/web.client2) + $(count /tmp/web.client3))); }
cycles requests
finish web
all=$(($(requests) + $(count /tmp/web.client0)))
# the last one is logged a moment after its answer is there
logged() { (($(grep -c '" 200 ' "$PRIVATE/tmp/nginx.access") == all)); }
until_ok 20 logged || fail "$all requests were made, $(wc -l <"$PRIVATE/tmp/nginx.access") are in the log"
[[ ! -s $PRIVATE/tmp/nginx.error ]] || { cat "$PRIVATE/tmp/nginx.error" >&2; fail "nginx complained"; }
must ctl exec2 "$VEID" "nginx -c /t/nginx.conf -s quit"
no_nginx() { ! ve_tree | grep -q nginx; }
until_ok 30 no_nginx || fail "nginx does not end"

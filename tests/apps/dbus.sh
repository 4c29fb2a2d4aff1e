#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A dbus-daemon between a service, clients that call it and one that listens to its signals, and
# dbus-monitor that sees them all: each call has its answer, each signal comes once and in order, the
# names on the bus are those of before.
# timeout: 300
# short on: 6.12-amd64
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

with_app
cat >"$PRIVATE/t/bus.conf" <<'CONF'
<busconfig>
	<type>session</type>
	<listen>unix:path=/tmp/bus</listen>
	<auth>EXTERNAL</auth>
	<policy context="default">
		<allow user="*"/>
		<allow own="*"/>
		<allow send_destination="*"/>
		<allow receive_sender="*"/>
		<allow receive_requested_reply="true"/>
	</policy>
</busconfig>
CONF
# Not by root: it would hold a netlink socket to the kernel's audit.
run_app daemon "setpriv --reuid=65534 --regid=65534 --clear-groups dbus-daemon --config-file=/t/bus.conf --nofork --nosyslog"
until_ok 30 test -S "$PRIVATE/tmp/bus" || { show_logs; fail "dbus-daemon does not start"; }
run_app monitor "env DBUS_SESSION_BUS_ADDRESS=unix:path=/tmp/bus dbus-monitor --profile type=signal,interface=cpt.Test"
run_python bus <<'PY'
import os, time
from apps import going, put, verdict
from jeepney import DBusAddress, HeaderFields, MatchRule, MessageType, message_bus
from jeepney import new_method_call, new_method_return, new_signal
from jeepney.io.blocking import Proxy, open_dbus_connection
BUS, NAME = "unix:path=/tmp/bus", "cpt.Test"
HERE = DBusAddress("/test", bus_name=NAME, interface=NAME)

def service():
    """Answers "Twice", and says each hundredth answer's number to all. "Stop" ends it."""
    bus, n = open_dbus_connection(BUS), 0
    Proxy(message_bus, bus).RequestName(NAME)
    put("/tmp/bus.service", bus.unique_name)
    while True:
        m = bus.receive()
        if m.header.message_type != MessageType.method_call:
            continue
        what = m.header.fields[HeaderFields.member]
        if what == "Twice":
            bus.send(new_method_return(m, "ts", (m.body[0] * 2, m.body[1] * 2)))
            n += 1
            bus.send(new_signal(HERE, "Count", "t", (n,)))
        elif what == "Stop":
            bus.send(new_method_return(m, "t", (n,)))
            return

def client(me):
    bus, n = open_dbus_connection(BUS), 0
    name = bus.unique_name
    while not going("bus"):
        n += 1
        text = "%d" % me * (n * 37 % 2000)
        r = bus.send_and_get_reply(new_method_call(HERE, "Twice", "ts", (n, text)), timeout=600)
        if r.body != (n * 2, text * 2):
            return "call %d was answered %s" % (n, r.body)
        if n % 10 == 0:
            put("/tmp/bus.client%d" % me, "%d" % (n // 10))
    who = Proxy(message_bus, bus, timeout=600).GetNameOwner(NAME)[0]
    if who != open("/tmp/bus.service").read() or bus.unique_name != name:
        return "%s owns %s now" % (who, NAME)
    put("/tmp/bus.calls%d" % me, "%d" % n)

def listener():
    bus, n = open_dbus_connection(BUS), 0
    Proxy(message_bus, bus).AddMatch(MatchRule(type="signal", interface=NAME))
    put("/tmp/bus.listens", "")
    while True:
        m = bus.receive()
        if m.header.message_type == MessageType.signal and m.header.fields[HeaderFields.member] == "Count":
            n += 1
            if m.body[0] != n:
                return "signal %d came instead of %d" % (m.body[0], n)
            put("/tmp/bus.heard", "%d" % n)

def start(name, what):
    pid = os.fork()
    if not pid:
        verdict(name, what)
    return pid

def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.05)

def main():
    server = start("bus.server", service)
    wait_for("/tmp/bus.service")
    ear = start("bus.ear", listener)
    wait_for("/tmp/bus.listens")
    clients = [start("bus.%d" % me, lambda: client(me)) for me in range(3)]
    for me, pid in enumerate(clients):
        if os.waitpid(pid, 0)[1]:
            return open("/tmp/bus.%d.verdict" % me).read()
    calls = sum(int(open("/tmp/bus.calls%d" % me).read()) for me in range(3))
    bus = open_dbus_connection(BUS)
    n = bus.send_and_get_reply(new_method_call(HERE, "Stop"), timeout=600).body[0]
    if n != calls or os.waitpid(server, 0)[1]:
        return "%d calls were made, %d answered" % (calls, n)
    for i in range(300):
        if int(open("/tmp/bus.heard").read()) == calls:
            put("/tmp/bus.total", "%d" % calls)
            return os.kill(ear, 15)
        time.sleep(0.1)
    return "%d signals were sent, %s heard" % (calls, open("/tmp/bus.heard").read())
verdict("bus", main)
PY
calls() { echo $(($(count /tmp/bus.client0) + $(count /tmp/bus.client1) + $(count /tmp/bus.client2))); }
cycles calls
finish bus
seen() { grep -c '^sig.*Count$' "$PRIVATE/tmp/monitor.log"; }
all_seen() { (($(seen) == $(count /tmp/bus.total))); }
until_ok 30 all_seen || { tail -n 3 "$PRIVATE/tmp/monitor.log" >&2; fail "dbus-monitor saw $(seen) of $(count /tmp/bus.total) signals"; }
! grep -v 'became a monitor' "$PRIVATE/tmp/daemon.log" >&2 || fail "dbus-daemon complained"

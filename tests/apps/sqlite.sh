#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SQLite with a write-ahead log: three writers move money between accounts, a reader adds it all up.
# No call fails, no transaction is lost or half done, and the database's own check finds it whole.
# timeout: 300
# short on: 6.1-i386
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

with_app
run_python bank <<'PY'
import os, random, sqlite3, sys
from apps import going, put, verdict
ACCOUNTS, EACH, DB = 100, 1000, "/tmp/bank.db"

def connect():
    db = sqlite3.connect(DB, timeout=600, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA wal_autocheckpoint=200")
    return db

def writer(me):
    db, rnd, n = connect(), random.Random(me), 0
    while not going("bank"):
        a, b, sum = rnd.randrange(ACCOUNTS), rnd.randrange(ACCOUNTS), rnd.randrange(100)
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE account SET balance = balance - ? WHERE id = ?", (sum, a))
        db.execute("UPDATE account SET balance = balance + ? WHERE id = ?", (sum, b))
        db.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?)", (me, n, a, b, sum))
        db.execute("COMMIT")
        n += 1
        if n % 10 == 0:
            put("/tmp/bank.writer%d" % me, "%d" % n)
    put("/tmp/bank.writer%d" % me, "%d" % n)

def reader():
    db = connect()
    while not going("bank"):
        db.execute("BEGIN")
        total = [db.execute("SELECT sum(balance), count(*) FROM account").fetchone() for i in range(5)]
        db.execute("COMMIT")
        if any(t != (ACCOUNTS * EACH, ACCOUNTS) for t in total):
            return "the reader saw %s" % total

def main():
    db = connect()
    db.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER)")
    db.execute("CREATE TABLE history (who, n, a, b, sum, PRIMARY KEY (who, n))")
    db.executemany("INSERT INTO account VALUES (?, ?)", ((i, EACH) for i in range(ACCOUNTS)))
    db.close()
    pids = []
    for me in range(4):
        pids.append(os.fork())
        if not pids[-1]:
            verdict("bank.%d" % me, reader if me == 3 else lambda: writer(me))
    for me, pid in enumerate(pids):
        if os.waitpid(pid, 0)[1]:
            return open("/tmp/bank.%d.verdict" % me).read()
    db = connect()
    for me in range(3):
        n = int(open("/tmp/bank.writer%d" % me).read())
        if db.execute("SELECT count(*), max(n) FROM history WHERE who = ?", (me,)).fetchone() != (n, n - 1):
            return "writer %d's transactions are not all there" % me
    balance = [EACH] * ACCOUNTS
    for a, b, sum in db.execute("SELECT a, b, sum FROM history"):
        balance[a] -= sum
        balance[b] += sum
    if [(i, b) for i, b in enumerate(balance)] != db.execute("SELECT id, balance FROM account ORDER BY id").fetchall():
        return "the balances are not what the transactions make them"
verdict("bank", main)
PY
transactions() { echo $(($(count /tmp/bank.writer0) / 10 + $(count /tmp/bank.writer1) / 10 + $(count /tmp/bank.writer2) / 10)); }
cycles transactions
finish bank
expect 0 '^ok$' ctl exec2 "$VEID" "sqlite3 /tmp/bank.db 'PRAGMA integrity_check'"

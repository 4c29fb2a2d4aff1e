#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# PostgreSQL with pgbench over its unix socket, its memory shared by mmap and by System V segments: no
# transaction fails, the balances add up to what the history says, and amcheck finds all tables and
# indices whole.
# timeout: 900
# short on: 6.1-amd64
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

BIN=/usr/lib/postgresql/15/bin
# as_pg COMMAND: by the user of the database
as_pg() { must ctl exec2 "$VEID" "cd /tmp; setpriv --reuid www-data --regid www-data --clear-groups $*"; }
sql() { ctl exec2 "$VEID" "setpriv --reuid www-data --regid www-data --clear-groups $BIN/psql -h /tmp -At -c \"$1\" postgres"; }

# database TYPE: initialized, running, with something to work on
database() {
	with_app
	as_pg "$BIN/initdb -D /tmp/db -A trust -N >/tmp/initdb.log 2>&1"
	cat >>"$PRIVATE/tmp/db/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '/tmp'
shared_memory_type = $1
dynamic_shared_memory_type = $([[ $1 == sysv ]] && echo sysv || echo posix)
shared_buffers = 16MB
jit = off
CONF
	run_app postgres "setpriv --reuid www-data --regid www-data --clear-groups $BIN/postgres -D /tmp/db"
	ready() { [[ $(sql 'select 1' 2>/dev/null) == 1 ]]; }
	until_ok 60 ready || { show_logs; fail "PostgreSQL does not start"; }
	as_pg "$BIN/pgbench -h /tmp -i -q postgres >/tmp/init.log 2>&1"
}

# under load until /tmp/bench.go is there: runs of some seconds, whose reports are in /tmp/bench.log
load() {
	cat >"$PRIVATE/t/bench" <<'SH'
while [ ! -e /tmp/bench.go ]; do
	/usr/lib/postgresql/15/bin/pgbench -h /tmp -n -c 4 -j 2 -t 500 postgres || { echo "fail: pgbench ended with $?" >/tmp/bench.verdict; exit 1; }
done
echo pass >/tmp/bench.verdict
SH
	run_app bench "setpriv --reuid www-data --regid www-data --clear-groups sh /t/bench"
}
transactions() { sql 'select count(*) from pgbench_history' 2>/dev/null || echo 0; }

for type in mmap sysv; do
	database $type
	load
	cycles transactions
	finish bench
	grep -q 'number of failed transactions: 0 ' "$PRIVATE/tmp/bench.log" || { show_logs; fail "pgbench has no report"; }
	! grep 'number of failed transactions: [1-9]' "$PRIVATE/tmp/bench.log" >&2 || fail "transactions failed"
	done_all=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$PRIVATE/tmp/bench.log" | paste -sd+)
	(($(transactions) == done_all)) || fail "$((done_all)) transactions were made, $(transactions) are in the history"
	sums=$(sql 'select (select sum(abalance) from pgbench_accounts), (select sum(bbalance) from pgbench_branches),
		(select sum(tbalance) from pgbench_tellers), (select sum(delta) from pgbench_history)')
	[[ $sums == "${sums##*|}|${sums##*|}|${sums##*|}|${sums##*|}" ]] || fail "the balances do not add up: $sums"
	as_pg "$BIN/pg_amcheck -h /tmp --install-missing --heapallindexed --all"
	# whoever asks it before it is ready is told so
	! grep -E 'ERROR|FATAL|PANIC' "$PRIVATE/tmp/postgres.log" | grep -v 'is starting up' >&2 || fail "PostgreSQL complained"
	as_pg "$BIN/pg_ctl -D /tmp/db stop -m fast >/dev/null"
done

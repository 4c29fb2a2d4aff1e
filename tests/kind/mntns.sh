#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# short on: 6.1-amd64
# Mount namespaces of single processes and threads (tests/kind/mntns.c): who shares one with whom,
# what is mounted in each, with contents, and files open there are the same after a restore; what is
# mounted in the VE's own spreads to the service's as before, and not back.
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

leave() { # what is mounted goes with the VE
	ctl stop "$VEID" --fast >/dev/null 2>&1
	without_admin
	rm -rf "${PRIVATE:?}"/mnt/* "${PRIVATE:?}"/srv/* "${PRIVATE:?}"/var/tmp/*
}
trap leave EXIT
with_admin
rm -rf "${PRIVATE:?}"/mnt/* "${PRIVATE:?}"/srv/* "${PRIVATE:?}"/var/tmp/*
# in_space PID COMMAND…: in its mount namespace, as a program of the VE
in_space() {
	local pid=$1; shift
	must nsenter --mount="/proc/$pid/ns/mnt" --pid="/proc/$(ve_init)/ns/pid" --ipc="/proc/$(ve_init)/ns/ipc" \
		--net="/proc/$(ve_init)/ns/net" --cgroup="/proc/$(ve_init)/ns/cgroup" -- /bin/sh -euc "$1"
}
# spaces: a line each: the host's number of a thread in it, and those of all in it, as the VE sees them
spaces() {
	# shellcheck disable=SC2046	# a word each
	python3 - $(ve_pids) <<'EOP'
import os, sys
spaces = {}
for pid in sys.argv[1:]:
    for tid in os.listdir("/proc/%s/task" % pid):
        d = "/proc/%s/task/%s/" % (pid, tid)
        own = [l.split()[-1] for l in open(d + "status") if l.startswith("NSpid")][0]
        spaces.setdefault(os.readlink(d + "ns/mnt"), []).append((int(own), tid))
for s in sorted(sorted(s) for s in spaces.values()):
    print(s[0][1], *(str(t[0]) for t in s))
EOP
}
# state FILE: all of them
state() {
	local tid who
	must cp "$CPT_TESTS/lib/mounts" "$PRIVATE/t/mounts.py"
	spaces >"$WORK/spaces"
	while read -r tid who; do
		echo "namespace of $who"
		in_space "$tid" 'python3 /t/mounts.py /mnt /var/tmp </proc/self/mountinfo'
		cat "$WORK/must"
	done <"$WORK/spaces" >"$1"
}
same() { diff "$1" "$2" >"$WORK/diff" || { cat "$WORK/diff" >&2; fail "mount namespaces differ after $3"; }; }

# as systemd does
in_space "$(ve_init)" 'mount --make-rshared /; mkdir -p /mnt/sh; mount -t tmpfs sh /mnt/sh; mount --make-private /mnt/sh'
put_program kind/mntns
start_program mntns
wait_ready mntns
for mode in full suspend stages full; do
	state "$WORK/before"
	MOVES=1 "cycle_$mode"	# a tmpfs gets other numbers
	state "$WORK/after"
	same "$WORK/before" "$WORK/after" "$mode"
done
(($(wc -l <"$WORK/spaces") == 4)) || fail "not 4 mount namespaces: $(<"$WORK/spaces")"
say "$(grep -c ^m "$WORK/before") mounts in $(wc -l <"$WORK/spaces") namespaces are the same"
read -r service _ < <(sed -n 2p "$WORK/spaces")
in_space "$(ve_init)" 'mkdir /srv/new; mount -t tmpfs new /srv/new; echo 1 >/srv/new/f'
in_space "$service" 'test -e /srv/new/f; mkdir /srv/mine; mount -t tmpfs mine /srv/mine; echo 1 >/srv/mine/f'
in_space "$(ve_init)" 'test -d /srv/mine; test ! -e /srv/mine/f'
go mntns
verdict mntns
[[ $(spaces | wc -l) == 1 ]] || fail "mount namespaces are left"

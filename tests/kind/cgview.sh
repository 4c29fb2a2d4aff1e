#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# short on: 6.12-amd64
# Open files of a cgroup2 that is mounted in the VE (cgview.c).
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

trap 'ctl stop "$VEID" --fast >/dev/null 2>&1' EXIT
with_ve
must nsenter -t "$(ve_init)" -m -p -i -C -- /bin/sh -euc \
	'mkdir -p /opt/cg; mount -t cgroup2 cg /opt/cg; mount -o remount,bind,ro /opt/cg'
start_programs cgview
cycle_stages
cycle_full
cycle_full
go cgview
until_ok 20 test -e "$PRIVATE/tmp/cgview.armed" || verdict cgview
cg=$CGROUP/ve
[[ -e $cg/cgroup.freeze ]] || cg=$CGROUP
must sh -c "echo 1 >$cg/cgroup.freeze; sleep 1; echo 0 >$cg/cgroup.freeze"
verdict cgview

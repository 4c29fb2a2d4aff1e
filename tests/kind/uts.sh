#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The VE's host and domain name go with it, also if they are not what the configuration says.
# short on: 6.12-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

with_ve
host=a-name.no-one-else-has domain='domain of it'
names() { nsenter -t "$(ve_init)" -u cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname; }
was=$(names)
set_names() { nsenter -t "$(ve_init)" -u sh -c 'echo "$1" >/proc/sys/kernel/hostname; echo "$2" >/proc/sys/kernel/domainname' sh "$@"; }
set_names "$host" "$domain" || fail "the names cannot be set"
for cycle in stages suspend full; do
	"cycle_$cycle"
	[[ $(names) == "$host"$'\n'"$domain" ]] || fail "after $cycle the names are $(names)"
	[[ $(in_ve uname -n) == "$host" ]] || fail "after $cycle a program of the VE sees $(in_ve uname -n)"
done
[[ $(cat /proc/sys/kernel/hostname) != "$host" ]] || fail "the host has the VE's name"
mapfile -t old <<<"$was"
set_names "${old[@]}"

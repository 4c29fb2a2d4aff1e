#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 20 cycles in a row of a VE with programs of many sorts: all is well after each, the image does not
# grow, and neither do the kernel's caches: what one cycle leaves behind, twenty would show.
# timeout: 600
# short on: 6.12-amd64
# shellcheck source=tests/lib/ve.sh
. "$(dirname "$0")/../lib/ve.sh"

programs=(memory threads signals pipe tree)
start_programs "${programs[@]}"

# objects of the caches that a task, its memory and its files are made of; partial slabs are given
# back first, so that the numbers are what is in use
caches='task_struct mm_struct vm_area_struct signal_cache sighand_cache files_cache fs_cache filp
	nsproxy pid_namespace net_namespace uts_namespace mnt_cache cred_jar pid anon_vma anon_vma_chain
	pipe_inode_info shmem_inode_cache sock_inode_cache posix_timers_cache sigqueue kmalloc-64 kmalloc-96
	kmalloc-128 kmalloc-192 kmalloc-256 kmalloc-512 kmalloc-1k kmalloc-2k kmalloc-4k kmalloc-8k kmalloc-cg-64
	kmalloc-cg-96 kmalloc-cg-128 kmalloc-cg-192 kmalloc-cg-256 kmalloc-cg-512 kmalloc-cg-1k kmalloc-cg-2k kmalloc-cg-4k'
slabs() {
	local c
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	for c in $caches; do [[ ! -w /sys/kernel/slab/$c/shrink ]] || echo 1 >"/sys/kernel/slab/$c/shrink"; done
	awk -v n="$1" -v want="$caches" 'BEGIN { split(want, w); for (i in w) is[w[i]] = 1 }
		is[$1] { print n, $1, $2 }' /proc/slabinfo
	awk -v n="$1" '/^(Slab|SUnreclaim|KernelStack|PageTables|VmallocUsed|Percpu):/ { print n, $1, $2 }' /proc/meminfo
}

n=20
rm -f "$WORK/slabs" "$WORK/sizes"
for ((i = 1; i <= n; i++)); do
	t=$(now)
	expect 0 '' ctl chkpnt "$VEID" --stats=json
	grep -o '"bytes":[0-9]*' <<<"$SAID" | cut -d: -f2 >>"$WORK/sizes"
	between
	must ctl restore "$VEID"
	count_time full "$t" gone
	((i < 4 || i % 2)) || slabs "$i" >>"$WORK/slabs"
done
MODES=full
finish_programs "${programs[@]}"
say "the image: $(tr '\n' ' ' <"$WORK/sizes")"

# a line through what was in use after each cycle: it must not rise
python3 - "$WORK/slabs" "$WORK/sizes" <<'PY' || fail "20 cycles leave something behind"
import collections, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    n, name, value = line.split()
    rows[name].append((int(n), int(value)))
bad = False
for name, xy in rows.items():
    mx, my = (sum(v) / len(xy) for v in zip(*xy))
    slope = sum((x - mx) * (y - my) for x, y in xy) / sum((x - mx) ** 2 for x, y in xy)
    # what never comes back rises with each cycle; noise does not
    rises = sum(b[1] > a[1] for a, b in zip(xy, xy[1:]))
    # an object of a kind of which there are few: none may stay; of others one in ten
    limit = max(0.5, 0.003 * my)
    leak = slope > limit and rises >= len(xy) - 2
    bad |= leak
    if leak or slope > limit:
        print("%-20s %8.2f a cycle: %s%s" % (name, slope, " ".join(str(y) for _, y in xy), "  LEAK" if leak else ""))
sizes = [int(l) for l in open(sys.argv[2])]
if sizes[-1] > 1.05 * sizes[1]:
    print("the image grows")
    bad = True
sys.exit(bad)
PY

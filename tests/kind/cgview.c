// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files of the VE's cgroup, which cgview.sh mounts: what is told of by poll(2) is told
 * after a restore, too.
 */
#include "cpt_test.h"

#include <poll.h>

int main(void)
{
	int events = sys(open("/opt/cg/cgroup.events", O_RDONLY)), procs = sys(open("/opt/cg/cgroup.procs", O_RDONLY));
	int dir = sys(open("/opt/cg", O_RDONLY | O_DIRECTORY));
	struct pollfd p = { events, POLLPRI, 0 };
	char is[4096], want[4096];
	ssize_t n, m;

	check(read(procs, is, 2) == 2);
	check(read(events, is, sizeof(is)) > 0);
	test_ready();
	test_wait();
	check_is(lseek(procs, 0, SEEK_CUR), 2, "position");
	n = sys(read(procs, is, sizeof(is)));
	m = sys(pread(sys(openat(dir, "cgroup.procs", O_RDONLY)), want, sizeof(want), 0));
	check(n > 0 && m == n + 2 && !memcmp(is, want + 2, n), "the processes of the cgroup are others");
	check(poll(&p, 1, 0) == 1, "nothing is told of the restore");
	sys(lseek(events, 0, SEEK_SET));
	check(read(events, is, sizeof(is)) > 0 && poll(&p, 1, 0) == 0, "a change that was none");
	close(sys(open(test_path("armed"), O_CREAT | O_WRONLY, 0600)));
	check(poll(&p, 1, 60000) == 1, "the cgroup does not tell of a change");
	test_pass();
}

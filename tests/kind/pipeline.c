// SPDX-License-Identifier: GPL-2.0-only
/*
 * yes | head -c 8M | (a slow reader) | gzip | gzip -d | cksum: other people's
 * programs, with 1 MiB standing in the pipe before the slow one and more in gzip's
 * memory. What comes out in the end is what comes out without a cycle.
 *
 * drive: moves
 */
#include "cpt_test.h"

#include <sys/ioctl.h>

#define MB (1 << 20)
#define BYTES "8388608"

static void sh(const char *cmd, int in, int out)
{
	if (in >= 0)
		sys(dup2(in, 0));
	if (out >= 0)
		sys(dup2(out, 1));
	execl("/bin/sh", "sh", "-c", cmd, NULL);
	test_fail("/bin/sh: %s", strerror(errno));
}

/* passes on 4 KiB now and then, until it may hurry */
static void slow(int in, int out)
{
	char buf[4096];
	ssize_t n, m, w;

	while ((n = sys(read(in, buf, sizeof(buf))))) {
		for (m = 0; m < n; m += w)
			w = sys(write(out, buf + m, n - m));
		if (!test_going())
			sleep_ns(20 * MSEC);
	}
	_exit(0);
}

static void output(const char *path, char *to, size_t room)
{
	int fd = sys(open(path, O_RDONLY));
	ssize_t n = sys(read(fd, to, room - 1));

	to[n] = 0;
	close(fd);
}

int main(void)
{
	char cmd[PATH_MAX + 100], out[PATH_MAX], want[PATH_MAX], a[100], b[100];
	int before[2], after[2], n = 0, i;
	pid_t pid[3];

	snprintf(out, sizeof(out), "%s", test_path("out"));
	snprintf(want, sizeof(want), "%s", test_path("want"));
	snprintf(cmd, sizeof(cmd), "yes 'a line of the pipeline' | head -c " BYTES " | cksum >%s", want);
	pid[0] = test_fork();
	if (!pid[0])
		sh(cmd, -1, -1);
	test_reap(pid[0]);

	sys(pipe2(before, O_CLOEXEC));
	sys(pipe2(after, O_CLOEXEC));
	sys(fcntl(before[0], F_SETPIPE_SZ, MB));
	snprintf(cmd, sizeof(cmd), "gzip | gzip -d | cksum >%s", out);
	pid[0] = test_fork();
	if (!pid[0])
		sh("yes 'a line of the pipeline' | head -c " BYTES, -1, before[1]);
	pid[1] = test_fork();
	if (!pid[1]) {
		close(before[1]);
		close(after[0]);
		slow(before[0], after[1]);
	}
	pid[2] = test_fork();
	if (!pid[2])
		sh(cmd, after[0], -1);
	close(before[1]);
	close(after[0]);
	close(after[1]);
	/* until the pipe is full */
	for (i = 0; i < 300 && n < MB - 65536; i++) {
		sleep_ns(50 * MSEC);
		sys(ioctl(before[0], FIONREAD, &n));
	}
	close(before[0]);
	check(n >= MB - 65536, "only %d bytes are in the pipe", n);
	test_ready();
	test_wait();
	for (i = 0; i < 3; i++)
		test_reap(pid[i]);
	output(want, a, sizeof(a));
	output(out, b, sizeof(b));
	check(!strcmp(a, b), "%s, not %s", b, a);
	test_pass();
}

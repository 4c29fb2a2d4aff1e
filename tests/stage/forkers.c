// SPDX-License-Identifier: GPL-2.0-only
/*
 * 200 processes that keep forking: frozen in the middle of fork, exit and wait, by
 * the dozen. Every fork works, every child is waited for exactly once and has the
 * number it was given.
 *
 * drive: moves
 * drive: args 200
 * timeout: 450
 */
#include "cpt_test.h"

#include <sched.h>

static volatile int *count;

static void forker(int n)
{
	int i = 0, status;
	pid_t pid;

	while (!test_going()) {
		pid = fork();
		if (!pid) {
			if (i % 3 == 0)
				sched_yield();
			_exit((n + i) % 199);
		}
		check(pid > 0, "fork: %s", strerror(errno));
		check(waitpid(pid, &status, 0) == pid, "waitpid: %s", strerror(errno));
		check(WIFEXITED(status) && WEXITSTATUS(status) == (n + i) % 199, "child %d of %d: status %#x", i, n, status);
		i++;
		count[n]++;
		sleep_ns((n % 10 + 1) * 150 * MSEC);
	}
	check(waitpid(-1, &status, 0) == -1 && errno == ECHILD, "there is a child too many");
	_exit(0);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 200, i, tries;
	pid_t pid[n];

	check(n <= 1024);
	count = sys(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	for (i = 0; i < n; i++) {
		pid[i] = test_fork();
		if (!pid[i])
			forker(i);
	}
	for (i = 0; i < n; i++)		/* all have begun */
		for (tries = 0; !count[i]; tries++) {
			check(tries < 600, "forker %d does not begin", i);
			sleep_ns(100 * MSEC);
		}
	test_ready();
	test_wait();
	for (i = 0; i < n; i++)
		test_reap(pid[i]);
	for (i = 0, tries = 0; i < n; i++)
		tries += count[i];
	fprintf(stderr, "%d forks\n", tries);
	test_pass();
}

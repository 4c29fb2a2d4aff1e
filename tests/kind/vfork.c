// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that start others without end, by vfork and exec, as shells and
 * posix_spawn(3) do: they are often frozen between the two, and every child still
 * comes to its end.
 *
 * drive: moves
 */
#include "cpt_test.h"

#include <spawn.h>

extern char **environ;

static void spawn(int n)
{
	char *argv[] = { "sh", "-c", "exit $0", NULL, NULL }, code[8];
	int status;
	pid_t pid;

	snprintf(code, sizeof(code), "%d", n % 100);
	argv[3] = code;
	thr(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ));
	check_is(waitpid(pid, &status, 0), pid, "waitpid");
	check(WIFEXITED(status) && WEXITSTATUS(status) == n % 100, "child %d: status %#x", n, status);
}

int main(void)
{
	pid_t pid[4];
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(pid); i++) {
		pid[i] = test_fork();
		if (!pid[i]) {
			for (n = 0; !test_going(); n++)
				spawn(n);
			_exit(0);
		}
	}
	test_ready();
	test_wait();
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		test_reap(pid[i]);
	test_pass();
}

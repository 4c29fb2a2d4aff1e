// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors by the ten thousand: PROCS processes with N each, of all the cheap sorts,
 * and each has kept its own contents, position or sharing.
 *
 * descriptors PROCS N
 */
#include "cpt_test.h"

#include <sys/eventfd.h>
#include <sys/resource.h>

/* What descriptor @i (from 0) of a process is; PIPE_IN follows its PIPE_OUT, DUP its REG. */
enum sort { EVENT, REG, DUP, NUL, PIPE_OUT, PIPE_IN, SEMAPHORE, DIR_PATH, SORTS };

/* More than the last descriptor that libc or the shell left open. */
#define FIRST	10

static void make(int i)
{
	static int pipes[2];
	int fd = -1;
	char word[16];

	switch ((enum sort)(i % SORTS)) {
	case EVENT:
		fd = eventfd(i, 0);
		break;
	case SEMAPHORE:
		fd = eventfd(i, EFD_SEMAPHORE);
		break;
	case REG:
		fd = open(test_path("data"), O_RDWR);
		sys(lseek(fd, i, SEEK_SET));
		break;
	case DUP:
		fd = dup(FIRST + i - 1);
		break;
	case NUL:
		fd = open("/dev/null", O_WRONLY | O_APPEND);
		break;
	case PIPE_OUT:
		sys(pipe2(pipes, O_NONBLOCK));
		snprintf(word, sizeof(word), "%d", i);
		sys(write(pipes[1], word, strlen(word)));
		sys(dup2(pipes[0], FIRST + i));
		sys(close(pipes[0]));
		return;
	case PIPE_IN:
		fd = pipes[1];
		break;
	case DIR_PATH:
		fd = open("/tmp", O_PATH);
		break;
	case SORTS:
		break;
	}
	sys(fd);
	if (fd == FIRST + i)
		return;
	sys(dup2(fd, FIRST + i));
	sys(close(fd));
}

static void look(int i)
{
	int fd = FIRST + i, flags = sys(fcntl(fd, F_GETFL));
	char word[16], want[16];
	uint64_t n = 0;
	struct stat st;
	ssize_t len;

	switch ((enum sort)(i % SORTS)) {
	case EVENT:
		if (i)
			sys(read(fd, &n, sizeof(n)));
		check(n == (uint64_t)i, "eventfd %d has %llu", i, (unsigned long long)n);
		break;
	case SEMAPHORE:
		sys(read(fd, &n, sizeof(n)));
		check(n == 1, "semaphore %d gave %llu", i, (unsigned long long)n);
		break;
	case REG:
		check(lseek(fd, 0, SEEK_CUR) == i, "descriptor %d is at %lld", i, (long long)lseek(fd, 0, SEEK_CUR));
		sys(lseek(fd, i + 1000000, SEEK_SET));
		break;
	case DUP:
		check(lseek(fd, 0, SEEK_CUR) == i - 1 + 1000000, "descriptor %d does not share its position", i);
		break;
	case NUL:
		check((flags & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND), "descriptor %d has flags %#o", i, flags);
		break;
	case PIPE_OUT:
		snprintf(want, sizeof(want), "%d", i);
		len = sys(read(fd, word, sizeof(word) - 1));
		word[len] = 0;
		check(!strcmp(word, want), "pipe %d has '%s'", i, word);
		sys(write(fd + 1, want, 1));
		check(read(fd, word, sizeof(word)) == 1 && word[0] == want[0], "pipe %d has the wrong end", i);
		break;
	case PIPE_IN:
		check((flags & O_ACCMODE) == O_WRONLY, "descriptor %d has flags %#o", i, flags);
		break;
	case DIR_PATH:
		sys(fstat(fd, &st));
		check(S_ISDIR(st.st_mode) && (flags & O_PATH), "descriptor %d is no O_PATH directory", i);
		break;
	case SORTS:
		break;
	}
}

static void child(int n, int ready)
{
	int i;

	for (i = 0; i < n; i++)
		make(i);
	sys(write(ready, "", 1));
	close(ready);
	test_wait();
	for (i = 0; i < n; i++)
		look(i);
	check(fcntl(FIRST + n, F_GETFD) < 0, "descriptor %d should not be there", FIRST + n);
	_exit(0);
}

int main(int argc, char **argv)
{
	int procs = argc > 1 ? atoi(argv[1]) : 2, n = argc > 2 ? atoi(argv[2]) : 800, i, ready[2];
	struct rlimit r = { n + 2 * FIRST, n + 2 * FIRST };
	pid_t pid[procs];
	char byte;

	sys(setrlimit(RLIMIT_NOFILE, &r));
	sys(close(sys(open(test_path("data"), O_RDWR | O_CREAT | O_TRUNC, 0600))));
	sys(pipe(ready));
	for (i = 0; i < procs; i++) {
		pid[i] = test_fork();
		if (!pid[i])
			child(n, ready[1]);
	}
	for (i = 0; i < procs; i++)
		check(read(ready[0], &byte, 1) == 1, "a child is gone");
	close(ready[0]);
	close(ready[1]);
	test_ready();
	test_wait();
	for (i = 0; i < procs; i++)
		test_reap(pid[i]);
	test_pass();
}

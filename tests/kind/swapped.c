// SPDX-License-Identifier: GPL-2.0-only
/*
 * For swapped.sh: memory of all sorts, filled, to be pushed out to swap; a child that shares
 * half of it by fork. After the cycles all is as it was.
 *
 * usage: swapped MIB
 */
#include "cpt_test.h"

#include <sys/ipc.h>
#include <sys/shm.h>

enum { PRIVATE, SHARED, MEMFD, SYSV, TMPFS, SORTS };
static const char * const names[SORTS] = { "private", "shared", "memfd", "System V", "tmpfs" };

static char *map(int flags, int fd, size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	check(p != MAP_FAILED, "%s", strerror(errno));
	return p;
}

static char *of_file(int fd, size_t len)
{
	sys(ftruncate(fd, len));
	return map(MAP_SHARED, fd, len);
}

int main(int argc, char **argv)
{
	size_t len = (argc > 1 ? atoi(argv[1]) : 4) << 20;
	int id = sys(shmget(IPC_PRIVATE, len, IPC_CREAT | 0600)), i;
	char *p[SORTS] = {
		map(MAP_PRIVATE, -1, len), map(MAP_SHARED, -1, len),
		of_file(sys(memfd_create("swapped", 0)), len), sys(shmat(id, NULL, 0)),
		of_file(sys(open("/dev/shm/swapped", O_RDWR | O_CREAT, 0600)), len),
	};
	pid_t pid;

	for (i = 0; i < SORTS; i++)
		fill(p[i], len, i + 1);
	pid = test_fork();
	if (!pid) {
		fill(p[PRIVATE], len / 2, 99);
		while (!test_going())
			sleep_ns(200 * MSEC);
		verify(p[PRIVATE], len / 2, 99, "the child's own half");
		for (i = 1; i < SORTS; i++)
			verify(p[i], len, i + 1, names[i]);
		_exit(0);
	}
	test_ready();
	test_wait();
	for (i = 0; i < SORTS; i++)
		verify(p[i], len, i + 1, names[i]);
	test_reap(pid);
	sys(shmctl(id, IPC_RMID, NULL));
	sys(unlink("/dev/shm/swapped"));
	test_pass();
}

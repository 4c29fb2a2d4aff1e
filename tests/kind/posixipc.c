// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX shared memory and named semaphores, which are files in /dev/shm: mapped by two
 * processes, open or not, removed; a semaphore that one of them waits for.
 */
#include "cpt_test.h"

#include <semaphore.h>

static char *memory, *gone;
static sem_t *sem, *answer;
static int unmapped;

static char *map(const char *name, size_t len)
{
	int fd = sys(shm_open(name, O_RDWR | O_CREAT, 0600));
	char *p;

	sys(ftruncate(fd, len));
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	close(fd);
	return p;
}

static sem_t *make_sem(const char *name, unsigned int value)
{
	sem_t *s;

	sem_unlink(name);
	s = sem_open(name, O_CREAT | O_EXCL, 0600, value);
	check(s != SEM_FAILED, "sem_open: %s", strerror(errno));
	return s;
}

static pid_t child(void)
{
	pid_t pid = test_fork();

	if (pid)
		return pid;
	sys(sem_wait(sem));
	check(memory[0] == 'P' && gone[0] == 'G', "what the parent has written");
	memory[1] = 'C';
	sys(sem_post(answer));
	_exit(0);
}

int main(void)
{
	pid_t pid;
	sem_t *by_name;
	int value;

	memory = map("/posixipc.memory", 3 * PAGE);
	fill(memory + PAGE, 2 * PAGE, 1);
	gone = map("/posixipc.gone", PAGE);
	sys(shm_unlink("/posixipc.gone"));
	unmapped = sys(shm_open("/posixipc.unmapped", O_RDWR | O_CREAT, 0640));
	fill_file(unmapped, 0, PAGE, 2);
	sem = make_sem("/posixipc.sem", 0);
	answer = make_sem("/posixipc.answer", 3);
	pid = child();
	sleep_ns(500 * MSEC);
	test_ready();
	test_wait();
	check_is(waitpid(pid, NULL, WNOHANG), 0, "one who waits");
	verify(memory + PAGE, 2 * PAGE, 1, "shared memory");
	verify_file(unmapped, 0, PAGE, 2, "shared memory that is only open");
	check(shm_open("/posixipc.gone", O_RDWR, 0) == -1 && errno == ENOENT, "removed memory has a name");
	memory[0] = 'P';
	gone[0] = 'G';
	by_name = sem_open("/posixipc.sem", 0);
	check(by_name != SEM_FAILED, "sem_open: %s", strerror(errno));
	sys(sem_post(by_name));
	test_reap(pid);
	check(memory[1] == 'C', "what the child has written");
	sys(sem_getvalue(answer, &value));
	check_is(value, 4, "value of a semaphore");
	sys(shm_unlink("/posixipc.memory"));
	sys(shm_unlink("/posixipc.unmapped"));
	sys(sem_unlink("/posixipc.sem"));
	sys(sem_unlink("/posixipc.answer"));
	test_pass();
}

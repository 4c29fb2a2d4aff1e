// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children of vfork that stay away from exec, ten at once: nested, of a thread, with a memory
 * of their own, stopped, with a parent that is killed in the meantime. Each parent goes on to
 * wait until its child calls exec or exits, and then has its pid and what it left in memory.
 */
#include "cpt_test.h"

#include <pthread.h>

#define CODE 7

/* Of all processes here: who has come how far. */
static struct shared {
	volatile int set_up;
	volatile int leaving[16];	/* 1: the child is about to, 2: the parent goes on */
	volatile pid_t child;		/* of the parent that is killed */
} *all;

/* In the memory that a child shares with its parent. */
static volatile int left_here;

/* What a child does: stay, and leave some time after the cycle. */
static void stay(int n, int value)
{
	__atomic_add_fetch(&all->set_up, 1, __ATOMIC_SEQ_CST);
	while (!test_going())
		sleep_ns(50 * MSEC);
	sleep_ns(500 * MSEC);
	check(!all->leaving[n], "parent %d did not wait", n);
	left_here += value;
	all->leaving[n] = 1;
}

/* The parent is back. */
static void back(int n, pid_t pid, int value)
{
	int status;

	check_is(all->leaving[n], 1, "the child's mark when the parent goes on");
	all->leaving[n] = 2;
	check_is(left_here, value, "what the child left in memory");
	check_is(waitpid(pid, &status, 0), pid, "the child that waitpid finds");
	check(WIFEXITED(status) && WEXITSTATUS(status) == CODE, "status %#x", status);
}

static void exits(int n)
{
	pid_t pid = vfork();

	if (!pid) {
		stay(n, 1);
		_exit(CODE);
	}
	back(n, pid, 1);
}

static void execs(int n)
{
	pid_t pid = vfork();

	if (!pid) {
		stay(n, 1);
		execl("/bin/sh", "sh", "-c", "sleep 1; exit 7", NULL);
		_exit(1);
	}
	back(n, pid, 1);
}

static void nested(int n)
{
	pid_t pid = vfork(), inner, third;

	if (!pid) {
		inner = vfork();
		if (!inner) {
			third = vfork();
			if (!third) {
				stay(n + 2, 1);
				_exit(CODE);
			}
			back(n + 2, third, 1);
			left_here++;
			all->leaving[n + 1] = 1;
			_exit(CODE);
		}
		back(n + 1, inner, 2);
		left_here++;
		all->leaving[n] = 1;
		_exit(CODE);
	}
	back(n, pid, 3);
}

static volatile int thread_no;
static void *in_thread(void *arg)
{
	exits(thread_no);
	return arg;
}

static void thread(int n)
{
	pthread_t t;

	thread_no = n;
	thr(pthread_create(&t, NULL, in_thread, NULL));
	while (!test_going())		/* the others run */
		sleep_ns(50 * MSEC);
	thr(pthread_join(t, NULL));
}

/* CLONE_VFORK alone: the child has a memory of its own. */
static void own_memory(int n)
{
	pid_t pid = syscall(SYS_clone, 0x4000 | SIGCHLD, 0, 0, 0, 0);

	if (!pid) {
		stay(n, 100);
		_exit(CODE);
	}
	back(n, pid, 0);
}

/* Nobody waits for the child of one that was killed; it stays. */
static void killed(int n)
{
	pid_t parent = test_fork(), pid;
	int status;

	if (!parent) {
		pid = vfork();
		if (!pid) {
			all->child = getpid();
			stay(n, 0);
			sleep_ns(2 * NSEC);
			all->leaving[n] = 3;
			_exit(CODE);
		}
		_exit(9);
	}
	while (!test_going())
		sleep_ns(50 * MSEC);
	kill(parent, SIGKILL);
	check(waitpid(parent, &status, 0) == parent && WIFSIGNALED(status), "status %#x", status);
	check(all->leaving[n] != 3 && !kill(all->child, 0), "the child did not outlive its parent");
	while (all->leaving[n] != 3)
		sleep_ns(50 * MSEC);
}

static void stopped(int n)
{
	pid_t pid = vfork();

	if (!pid) {
		kill(getpid(), SIGSTOP);	/* whoever looks after us wakes it */
		all->leaving[n] = 1;
		left_here = 1;
		_exit(CODE);
	}
	back(n, pid, 1);
}

static pid_t child_of(pid_t pid)
{
	char path[64], line[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		sys(read(fd, line, sizeof(line) - 1));
		close(fd);
	}
	return atoi(line);
}

static char state_of(pid_t pid)
{
	char path[64], line[256] = "", *p;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	sys(read(fd, line, sizeof(line) - 1));
	close(fd);
	p = strrchr(line, ')');
	return p ? p[2] : 0;
}

int main(void)
{
	static const struct { void (*run)(int); int n; } runs[] = {
		{ exits, 0 }, { exits, 1 }, { execs, 2 }, { nested, 3 }, { thread, 6 }, { own_memory, 7 }, { killed, 8 },
		{ exits, 9 }, { execs, 10 }, { stopped, 11 },
	};
	pid_t pid[ARRAY_SIZE(runs)], stopper, stopper_child = 0;
	size_t i;

	all = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(all != MAP_FAILED);
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		pid[i] = test_fork();
		if (!pid[i]) {
			runs[i].run(runs[i].n);
			_exit(0);
		}
	}
	stopper = pid[ARRAY_SIZE(runs) - 1];
	while (all->set_up < (int)ARRAY_SIZE(runs) - 1 || !(stopper_child = child_of(stopper)) ||
	       state_of(stopper_child) != 'T')
		sleep_ns(50 * MSEC);
	check_is(state_of(pid[0]), 'D', "state of a parent in vfork");
	test_ready();
	test_wait();
	check_is(state_of(stopper_child), 'T', "state of a stopped child");
	check_is(state_of(stopper), 'D', "state of its parent");
	kill(stopper_child, SIGCONT);
	for (i = 0; i < ARRAY_SIZE(runs); i++)
		test_reap(pid[i]);
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA policies: of tasks (all modes that the kernel has, threads, children that have
 * another or none), of areas (a part of one, of a file, inherited by fork and changed since),
 * of shared memory (nameless, a memfd and a segment of System V that nobody maps), home
 * nodes. With more than one node (numa=fake=2) pages come from where they should.
 * drive: alone
 */
#include "cpt_test.h"

#include <linux/mempolicy.h>
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#ifndef MPOL_PREFERRED_MANY
#define MPOL_PREFERRED_MANY 5
#endif
#define PAGES	16
#define BITS	1024

typedef unsigned long nodes_t[BITS / (8 * sizeof(long))];

struct policy {
	int mode;
	nodes_t nodes;
};

static unsigned long nodes;	/* those that there are */
static int last;		/* the highest of them */

static struct policy now(void *addr, int flags)
{
	struct policy p;

	memset(&p, 0, sizeof(p));
	sys(syscall(SYS_get_mempolicy, &p.mode, p.nodes, BITS + 1, addr, flags));
	return p;
}
static struct policy of_task(void) { return now(NULL, 0); }
static struct policy of_area(void *addr) { return now(addr, MPOL_F_ADDR); }

static void is(struct policy p, int mode, unsigned long mask, const char *what)
{
	check(p.mode == mode && p.nodes[0] == mask, "%s: mode %#x of nodes %#lx, not %#x of %#lx", what, p.mode,
	      p.nodes[0], mode, mask);
}

static bool set_task(int mode, unsigned long mask)
{
	return !syscall(SYS_set_mempolicy, mode, &mask, 8 * sizeof(mask));
}

static void bind_to(void *addr, size_t pages, int mode, unsigned long mask)
{
	sys(syscall(SYS_mbind, addr, pages * PAGE, mode, &mask, 8 * sizeof(mask), 0));
}

static volatile int *held;
static void hold(void)
{
	__atomic_add_fetch(held, 1, __ATOMIC_SEQ_CST);
	while (!test_going())
		sleep_ns(50 * MSEC);
}

/* A page that is made now is where the policy says. */
static void new_page_on(char *p, int node)
{
	int at = -1;

	*(volatile char *)p = 1;
	sys(syscall(SYS_get_mempolicy, &at, NULL, 0, p, MPOL_F_NODE | MPOL_F_ADDR));
	check_is(at, node, "node of a new page");
}

static void *map(int flags, int fd)
{
	void *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	check(p != MAP_FAILED, "%s", strerror(errno));
	return p;
}

/* --- tasks ------------------------------------------------------------------------------------ */

static void task(int mode, unsigned long mask)
{
	struct policy was;

	if (!set_task(mode, mask)) {	/* not every kernel has it */
		check(errno == EINVAL, "%s", strerror(errno));
		hold();
		return;
	}
	was = of_task();
	check(was.mode == mode, "mode %#x, not %#x", was.mode, mode);
	hold();
	is(of_task(), was.mode, was.nodes[0], "task");
	if (mode == MPOL_BIND)
		new_page_on(map(MAP_PRIVATE, -1), __builtin_ctzl(mask));
}

static void t_bind(void) { task(MPOL_BIND, 1ul << last); }
static void t_preferred(void) { task(MPOL_PREFERRED, 1ul << last); }
static void t_local(void) { task(MPOL_LOCAL, 0); }
static void t_many(void) { task(MPOL_PREFERRED_MANY, nodes); }
static void t_weighted(void) { task(6, nodes); }
static void t_static(void) { task(MPOL_INTERLEAVE | MPOL_F_STATIC_NODES, nodes | 1ul << 20); }
static void t_relative(void) { task(MPOL_BIND | MPOL_F_RELATIVE_NODES, 2); }
static void t_balancing(void) { task(MPOL_BIND | MPOL_F_NUMA_BALANCING, nodes); }

static void t_interleave(void) { task(MPOL_INTERLEAVE, nodes); }

/* A thread and a child have one of their own, or none. */
static void *thread(void *arg)
{
	check(set_task(MPOL_PREFERRED, 1), "%s", strerror(errno));
	*(volatile int *)arg = 1;
	while (!test_going())
		sleep_ns(50 * MSEC);
	is(of_task(), MPOL_PREFERRED, 1, "thread");
	return arg;
}

static void t_family(void)
{
	volatile int there = 0;
	pthread_t t;
	pid_t pid;

	check(set_task(MPOL_BIND, nodes), "%s", strerror(errno));
	thr(pthread_create(&t, NULL, thread, (void *)&there));
	while (!there)
		sleep_ns(10 * MSEC);
	pid = test_fork();
	if (!pid) {
		check(set_task(MPOL_DEFAULT, 0), "%s", strerror(errno));
		while (!test_going())
			sleep_ns(50 * MSEC);
		is(of_task(), MPOL_DEFAULT, 0, "child");
		_exit(0);
	}
	sleep_ns(300 * MSEC);
	hold();
	is(of_task(), MPOL_BIND, nodes, "parent");
	thr(pthread_join(t, NULL));
	test_reap(pid);
}

/* --- areas ------------------------------------------------------------------------------------ */

static void t_areas(void)
{
	int fd = sys(open(test_path("file"), O_RDWR | O_CREAT, 0600));
	char *p = map(MAP_PRIVATE, -1), *f, *gone;
	pid_t pid;

	sys(ftruncate(fd, PAGES * PAGE));
	f = map(MAP_PRIVATE, fd);
	gone = map(MAP_PRIVATE, -1);
	p[0] = p[5 * PAGE] = p[9 * PAGE] = 7;
	bind_to(p + 4 * PAGE, 4, MPOL_BIND, 1ul << last);
	bind_to(p + 8 * PAGE, 4, MPOL_INTERLEAVE, nodes);
	bind_to(f, PAGES, MPOL_PREFERRED, 1ul << last);
	bind_to(gone, PAGES, MPOL_BIND, 1);
	pid = test_fork();
	if (!pid) {
		bind_to(p + 8 * PAGE, 4, MPOL_DEFAULT, 0);
		bind_to(gone, PAGES / 2, MPOL_PREFERRED, 1ul << last);
		while (!test_going())
			sleep_ns(50 * MSEC);
		is(of_area(p + 4 * PAGE), MPOL_BIND, 1ul << last, "inherited");
		is(of_area(p + 8 * PAGE), MPOL_DEFAULT, 0, "inherited and taken away");
		is(of_area(gone), MPOL_PREFERRED, 1ul << last, "inherited and changed");
		is(of_area(gone + 8 * PAGE), MPOL_BIND, 1, "the other half");
		check(p[0] == 7 && p[5 * PAGE] == 7 && p[9 * PAGE] == 7);
		_exit(0);
	}
	bind_to(gone, PAGES, MPOL_DEFAULT, 0);		/* which the child goes on to have */
	sleep_ns(300 * MSEC);
	hold();
	is(of_area(p), MPOL_DEFAULT, 0, "before the part");
	is(of_area(p + 4 * PAGE), MPOL_BIND, 1ul << last, "a part");
	is(of_area(p + 7 * PAGE), MPOL_BIND, 1ul << last, "its end");
	is(of_area(p + 8 * PAGE), MPOL_INTERLEAVE, nodes, "another part");
	is(of_area(p + 12 * PAGE), MPOL_DEFAULT, 0, "behind it");
	is(of_area(f), MPOL_PREFERRED, 1ul << last, "of a file");
	is(of_area(gone), MPOL_DEFAULT, 0, "taken away");
	check(p[0] == 7 && p[5 * PAGE] == 7 && p[9 * PAGE] == 7);
	new_page_on(p + 6 * PAGE, last);
	test_reap(pid);
}

static void t_home(void)
{
#ifdef SYS_set_mempolicy_home_node
	char *p = map(MAP_PRIVATE, -1);
	struct policy was;

	bind_to(p, PAGES, MPOL_BIND, nodes);
	sys(syscall(SYS_set_mempolicy_home_node, p, PAGES * PAGE, last, 0));
	was = of_area(p);
	hold();
	is(of_area(p), was.mode, was.nodes[0], "with a home");
	new_page_on(p, last);
#else
	hold();
#endif
}

/* --- shared memory ---------------------------------------------------------------------------- */

static void parts(char *p)
{
	bind_to(p + 2 * PAGE, 2, MPOL_BIND, 1ul << last);
	bind_to(p + 4 * PAGE, 1, MPOL_INTERLEAVE, nodes);
	bind_to(p + 12 * PAGE, 2, MPOL_PREFERRED, 1);
}

static void parts_are(char *p, const char *what)
{
	is(of_area(p), MPOL_DEFAULT, 0, what);
	is(of_area(p + 2 * PAGE), MPOL_BIND, 1ul << last, what);
	is(of_area(p + 3 * PAGE), MPOL_BIND, 1ul << last, what);
	is(of_area(p + 4 * PAGE), MPOL_INTERLEAVE, nodes, what);
	is(of_area(p + 5 * PAGE), MPOL_DEFAULT, 0, what);
	is(of_area(p + 13 * PAGE), MPOL_PREFERRED, 1, what);
	is(of_area(p + 14 * PAGE), MPOL_DEFAULT, 0, what);
}

static void t_shared(void)
{
	char *p = map(MAP_SHARED, -1);
	pid_t pid = test_fork();

	if (!pid) {
		while (!test_going())
			sleep_ns(50 * MSEC);
		parts_are(p, "of shared memory, by another's mapping");
		_exit(0);
	}
	parts(p);
	p[2 * PAGE] = 42;
	hold();
	parts_are(p, "of shared memory");
	check_is(p[2 * PAGE], 42, "what was in it");
	new_page_on(p + 3 * PAGE, last);
	test_reap(pid);
}

static void t_memfd(void)
{
	int fd = sys(memfd_create("numa", MFD_CLOEXEC));
	char *p;

	sys(ftruncate(fd, PAGES * PAGE));
	p = map(MAP_SHARED, fd);
	parts(p);
	p[3 * PAGE] = 43;
	sys(munmap(p, PAGES * PAGE));
	hold();
	p = map(MAP_SHARED, fd);
	parts_are(p, "of a memfd");
	check_is(p[3 * PAGE], 43, "what was in it");
}

static void t_sysv(void)
{
	int id = sys(shmget(IPC_PRIVATE, PAGES * PAGE, IPC_CREAT | 0600));
	char *p = sys(shmat(id, NULL, 0));

	parts(p);
	p[4 * PAGE] = 44;
	sys(shmdt(p));
	hold();
	p = sys(shmat(id, NULL, 0));
	parts_are(p, "of a segment");
	check_is(p[4 * PAGE], 44, "what was in it");
	sys(shmctl(id, IPC_RMID, NULL));
}

int main(void)
{
	void (*run[])(void) = { t_bind, t_preferred, t_local, t_many, t_weighted, t_static, t_relative, t_balancing,
				t_interleave, t_family, t_areas, t_home, t_shared, t_memfd, t_sysv };
	pid_t pid[ARRAY_SIZE(run)];
	nodes_t all = {};
	size_t i;

	if (syscall(SYS_get_mempolicy, NULL, all, BITS + 1, NULL, MPOL_F_MEMS_ALLOWED))
		test_skip("no policies: %s", strerror(errno));
	nodes = all[0];
	last = 8 * sizeof(long) - 1 - __builtin_clzl(nodes);
	fprintf(stderr, "nodes %#lx\n", nodes);
	held = map(MAP_SHARED, -1);
	for (i = 0; i < ARRAY_SIZE(run); i++) {
		pid[i] = test_fork();
		if (!pid[i]) {
			run[i]();
			_exit(0);
		}
	}
	while (*held < (int)ARRAY_SIZE(run))
		sleep_ns(50 * MSEC);
	test_ready();
	test_wait();
	for (i = 0; i < ARRAY_SIZE(run); i++)
		test_reap(pid[i]);
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transparent huge pages: made when they are touched, and collapsed from small ones; shared by fork,
 * with one small page changed since. The flags of madvise(2) are compared by the driver, what thp.sh
 * looks at is whether a dump leaves them whole, and has each once.
 */
#include "cpt_test.h"

#define MB	(1ul << 20)
#define HUGE	(2 * MB)
#define AREA	(8 * MB)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static char *touched, *collapsed;

/* A place for whole huge pages. */
static char *map(void)
{
	char *p = mmap(NULL, AREA + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t gap;

	check(p != MAP_FAILED);
	gap = -(uintptr_t)p % HUGE;
	if (gap)
		sys(munmap(p, gap));
	sys(munmap(p + gap + AREA, HUGE - gap));
	return p + gap;
}

static void child(void)
{
	fill(touched + HUGE + 5 * PAGE, PAGE, 99);
	fill(collapsed + 3 * HUGE, PAGE, 98);
	while (!test_going())
		sleep_ns(200 * MSEC);
	verify(touched, HUGE, 1, "shared with the parent");
	verify(touched + HUGE + 5 * PAGE, PAGE, 99, "the child's own page");
	verify(collapsed, HUGE, 5, "collapsed, shared with the parent");
	verify(collapsed + 3 * HUGE, PAGE, 98, "the child's own page");
	_exit(0);
}

int main(void)
{
	unsigned int i;
	pid_t pid;

	touched = map();
	sys(madvise(touched, AREA, MADV_HUGEPAGE));
	collapsed = map();
	sys(madvise(collapsed, AREA, MADV_NOHUGEPAGE));
	for (i = 0; i < AREA / HUGE; i++) {
		fill(touched + i * HUGE, HUGE, 1 + i);
		fill(collapsed + i * HUGE, HUGE, 5 + i);
	}
	sys(madvise(collapsed, AREA, MADV_HUGEPAGE));
	for (i = 0; madvise(collapsed, AREA, MADV_COLLAPSE); i++) {
		check(errno == EAGAIN && i < 20, "MADV_COLLAPSE: %s", strerror(errno));
		sleep_ns(500 * MSEC);
	}
	pid = test_fork();
	if (!pid)
		child();
	sleep_ns(2 * NSEC);
	test_ready();
	test_wait();
	for (i = 0; i < AREA / HUGE; i++) {
		verify(touched + i * HUGE, HUGE, 1 + i, "made huge");
		verify(collapsed + i * HUGE, HUGE, 5 + i, "collapsed");
	}
	test_reap(pid);
	test_pass();
}

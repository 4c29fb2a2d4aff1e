// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory shared by fork: 20 children of a 50 MiB parent (argv),
 * some of which have changed some of its pages.
 * forkmem.sh looks at what all of them take together, and at the image's size.
 *
 * drive: args 20 50
 */
#include "cpt_test.h"

#define MB (1ul << 20)

static char *mem;
static size_t pages;

/* child n changes one page in 64 if n is even; child 3 unmaps half; child 5 makes it read-only */
static void child(int n)
{
	size_t i;
	pid_t grandchild = 0;

	if (n % 2 == 0)
		for (i = n; i < pages; i += 64)
			fill(mem + i * PAGE, PAGE, 100000 * n + i);
	if (n == 3)
		sys(munmap(mem + pages / 2 * PAGE, pages / 2 * PAGE));
	if (n == 5)
		sys(mprotect(mem + pages / 4 * PAGE, pages / 8 * PAGE, PROT_READ));
	if (n == 7)	/* dropped: zeroes here, the parent's data must not come back */
		sys(madvise(mem, 32 * PAGE, MADV_DONTNEED));
	if (n == 8) {	/* a generation more */
		grandchild = test_fork();
		if (!grandchild)
			fill(mem + 9 * PAGE, PAGE, 42);
	}
	while (!test_going())
		sleep_ns(200 * MSEC);
	for (i = 0; i < pages; i++) {
		bool mine = n % 2 == 0 && i >= (size_t)n && (i - n) % 64 == 0;

		if (n == 3 && i >= pages / 2)
			break;
		if (n == 7 && i < 32) {
			static const char zero[PAGE];

			check(!memcmp(mem + i * PAGE, zero, PAGE), "page %zu came back", i);
		} else if (n == 8 && !grandchild && i == 9) {
			verify(mem + i * PAGE, PAGE, 42, "a grandchild's own page");
		} else {
			verify(mem + i * PAGE, PAGE, mine ? 100000 * n + i : i,
			       mine ? "a child's own page" : "a parent's page in a child");
		}
	}
	if (grandchild)
		test_reap(grandchild);
	_exit(0);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 20, i;
	size_t mb = argc > 2 ? atoi(argv[2]) : 50;
	pid_t *pid = calloc(n, sizeof(*pid));

	pages = mb * MB / PAGE;
	mem = sys(mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	sys(madvise(mem, pages * PAGE, MADV_NOHUGEPAGE));	/* so that what is changed is a page */
	for (i = 0; i < (int)pages; i++)
		fill(mem + i * PAGE, PAGE, i);
	for (i = 0; i < n; i++) {
		pid[i] = test_fork();
		if (!pid[i])
			child(i);
	}
	/* the parent changes something after the fork, too: the children keep the old page */
	fill(mem + 63 * PAGE, PAGE, 43);
	sleep_ns(NSEC);
	test_ready();
	test_wait();
	for (i = 0; i < (int)pages; i++)
		verify(mem + i * PAGE, PAGE, i == 63 ? 43 : i, "the parent's page");
	for (i = 0; i < n; i++)
		test_reap(pid[i]);
	test_pass();
}

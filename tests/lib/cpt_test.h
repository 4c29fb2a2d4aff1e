/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the programs of tests/{kind,stage,refuse}, which run inside a VE (or, to
 * prove that they are right, without one: tests/lib/drive --native).
 *
 * A program sets up the state that it is about, calls test_ready(), goes on in
 * that state until the driver has put the VE through its cycles (test_wait(), or
 * its own loop over test_going()), looks whether all is as it was, and ends with
 * test_pass(). Anything wrong, at any time, in any of its processes or threads,
 * is test_fail(): the first verdict counts.
 *
 * The files of test NAME are in /tmp (or $TEST_DIR): NAME.ready, NAME.go (from
 * the driver), NAME.verdict. Nothing here holds a descriptor open, and all
 * waiting is nanosleep: no object gets into the image that the test did not make.
 *
 * The driver reads options from the program's source: a line of the form
 * " * drive: OPTION…" (tests/lib/drive --help).
 */
#ifndef _CPT_TEST_H
#define _CPT_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE		4096ul
#define NSEC		1000000000ll
#define MSEC		1000000ll

/* What the driver did to the VE between ready and go; filled by test_wait(). */
struct test_go {
	char modes[64];		/* "none", "full", "stages", "suspend", or several with commas */
	int64_t frozen_ns;	/* how long the VE did not run, in all */
	int64_t gone_ns;	/* … of that: by a restore, so that its clocks stood still */
	int64_t resumed_ns;	/* CLOCK_REALTIME when it last ran again */
};
extern struct test_go test_go;

/* How late anything may be on an emulated machine with other work to do. */
extern int64_t test_slack_ns;

void test_ready(void);
void test_wait(void);
bool test_going(void);
void test_pass(void) __attribute__((noreturn));
void test_fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void test_fail_at(int line, const char *what, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
void test_skip(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* printf into a static buffer: the path of a file of this test, "/tmp/NAME.…" */
const char *test_path(const char *suffix);

/* fork; the child dies with the test, and its verdict is the test's */
pid_t test_fork(void);
/* wait for a child that must exit with status 0 */
void test_reap(pid_t pid);
/*
 * The whole of a test with a process for each of its n cases: it is ready when they have
 * had ns to begin, and each is to end by itself after test_wait().
 */
void test_cases(void (*const run[])(void), size_t n, int64_t ns) __attribute__((noreturn));
void sleep_ns(int64_t ns);
/*
 * What began at real0 (CLOCK_REALTIME) and was to take @due: how long it may have
 * taken at most, by CLOCK_REALTIME or by the VE's own clocks. What was due while
 * the VE did not run comes when it runs again.
 */
int64_t test_most(int64_t due, int64_t real0, bool by_real);
int64_t clock_ns(clockid_t clock);

/* Pages that say where they are and whose: fill, and find the first byte that is wrong. */
void fill(void *p, size_t len, uint32_t seed);
void verify(const void *p, size_t len, uint32_t seed, const char *what);
/* the same of @len bytes of a file, from @at on */
void fill_file(int fd, off_t at, size_t len, uint32_t seed);
void verify_file(int fd, off_t at, size_t len, uint32_t seed, const char *what);

/* check(cond[, "more to say", …]): cond holds, or the test has failed */
#define check(cond, ...) do {						\
	if (!(cond))							\
		test_fail_at(__LINE__, #cond, " " __VA_ARGS__);		\
} while (0)
#define check_is(a, b, what) do {					\
	long long a_ = (long long)(a), b_ = (long long)(b);		\
	if (a_ != b_)							\
		test_fail_at(__LINE__, what, " is %lld (%#llx), not %lld (%#llx)", a_, a_, b_, b_); \
} while (0)
/* a call that returns -1 with errno; its value */
#define sys(call) ({							\
	__typeof__(call) r_ = (call);					\
	if ((long)r_ == -1)						\
		test_fail_at(__LINE__, #call, ": %s", strerror(errno));	\
	r_;								\
})
/* a call that returns an error number: pthread_* */
#define thr(call) do {							\
	int r_ = (call);						\
	if (r_)								\
		test_fail_at(__LINE__, #call, ": %s", strerror(r_));	\
} while (0)

#endif

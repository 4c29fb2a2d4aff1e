// SPDX-License-Identifier: GPL-2.0-only
#include "cpt_test.h"

#include <stdarg.h>
#include <sys/prctl.h>

struct test_go test_go;
int64_t test_slack_ns = 4 * NSEC;

const char *test_path(const char *suffix)
{
	static __thread char path[PATH_MAX];
	const char *dir = getenv("TEST_DIR");

	snprintf(path, sizeof(path), "%s/%s.%s", dir ?: "/tmp", program_invocation_short_name, suffix);
	return path;
}

/* Make @suffix's file with @text at once, unless it is there. */
static void put(const char *suffix, const char *text)
{
	char tmp[PATH_MAX + 32];
	int fd;

	snprintf(tmp, sizeof(tmp), "%s.%ld", test_path(suffix), syscall(SYS_gettid));
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd)) {
		perror(tmp);
		_exit(99);
	}
	if (link(tmp, test_path(suffix)) && errno != EEXIST) {
		perror(test_path(suffix));
		_exit(99);
	}
	unlink(tmp);
}

void test_ready(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%d\n", getpid());
	put("ready", text);
}

bool test_going(void)
{
	return access(test_path("go"), F_OK) == 0;
}

/* NAME.go: the modes; milliseconds: frozen, gone, and since 1970 at the last resume */
void test_wait(void)
{
	long long frozen = 0, gone = 0, resumed = 0;
	FILE *f;

	while (!test_going())
		sleep_ns(50 * MSEC);
	f = fopen(test_path("go"), "re");
	if (!f || fscanf(f, "%63s %lld %lld %lld", test_go.modes, &frozen, &gone, &resumed) != 4)
		test_fail("%s cannot be read", test_path("go"));
	fclose(f);
	test_go.frozen_ns = frozen * MSEC;
	test_go.gone_ns = gone * MSEC;
	test_go.resumed_ns = resumed * MSEC;
}

/* "WORD: process N: …" */
static void verdict(const char *word, const char *fmt, va_list ap)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "%s: process %d: ", word, getpid());

	vsnprintf(text + n, sizeof(text) - n - 1, fmt, ap);
	strcat(text, "\n");
	fputs(text, stderr);
	put("verdict", text);
}

void test_pass(void)
{
	put("verdict", "pass\n");
	exit(0);
}

void test_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verdict("fail", fmt, ap);
	_exit(1);
}

void test_fail_at(int line, const char *what, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	test_fail("line %d: %s%s", line, what, text);
}

void test_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verdict("skip", fmt, ap);
	_exit(77);
}

pid_t test_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		test_fail("fork: %s", strerror(errno));
	return pid;
}

void test_cases(void (*const run[])(void), size_t n, int64_t ns)
{
	pid_t *pid = calloc(n, sizeof(*pid));
	size_t i;

	for (i = 0; i < n; i++) {
		pid[i] = test_fork();
		if (!pid[i]) {
			run[i]();
			_exit(0);
		}
	}
	sleep_ns(ns);
	test_ready();
	test_wait();
	for (i = 0; i < n; i++)
		test_reap(pid[i]);
	test_pass();
}

void test_reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		test_fail("waitpid(%d): %s", pid, strerror(errno));
	if (status)
		test_fail("child %d ended with status %#x", pid, status);
}

void sleep_ns(int64_t ns)
{
	struct timespec ts = { ns / NSEC, ns % NSEC };

	if (nanosleep(&ts, &ts))
		test_fail("nanosleep: %s", strerror(errno));
}

int64_t test_most(int64_t due, int64_t real0, bool by_real)
{
	int64_t resumed = test_go.resumed_ns - real0 - (by_real ? 0 : test_go.gone_ns);

	return (resumed > due ? resumed : due) + test_slack_ns;
}

int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		test_fail("clock_gettime(%d): %s", clock, strerror(errno));
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

static uint32_t word(size_t i, uint32_t seed)
{
	uint32_t x = (uint32_t)i * 2654435761u + seed * 40503u + 1;

	return x ^ x >> 15;
}

void fill(void *p, size_t len, uint32_t seed)
{
	uint32_t *w = p;
	size_t i;

	for (i = 0; i < len / 4; i++)
		w[i] = word(i, seed);
}

void verify(const void *p, size_t len, uint32_t seed, const char *what)
{
	const uint32_t *w = p;
	size_t i;

	for (i = 0; i < len / 4; i++)
		if (w[i] != word(i, seed))
			test_fail("%s: byte %zu of %zu at %p is %#x, not %#x", what, i * 4, len,
				  (const void *)&w[i], w[i], word(i, seed));
}

void fill_file(int fd, off_t at, size_t len, uint32_t seed)
{
	char *buf = aligned_alloc(PAGE, len);

	fill(buf, len, seed);
	check(pwrite(fd, buf, len, at) == (ssize_t)len, "write: %s", strerror(errno));
	free(buf);
}

void verify_file(int fd, off_t at, size_t len, uint32_t seed, const char *what)
{
	char *buf = aligned_alloc(PAGE, len);

	check(pread(fd, buf, len, at) == (ssize_t)len, "%s: %s", what, strerror(errno));
	verify(buf, len, seed, what);
	free(buf);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Messages, the log, and reports of children; see say.h. */
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

int verbosity;

static const char *log_file;
static unsigned int log_veid;
static int report_fd = -1;

void log_to(const char *file, unsigned int veid)
{
	log_file = file;
	log_veid = veid;
}

/* One line in vz's form: time, program, container, text. */
static void log_line(const char *text)
{
	char line[4200], when[40];
	time_t t = time(NULL);
	struct tm tm;
	int fd, n;

	if (!log_file)
		return;
	localtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (log_veid)
		n = snprintf(line, sizeof(line), "%s vzctl : CT %u : %s\n", when, log_veid, text);
	else
		n = snprintf(line, sizeof(line), "%s vzctl : %s\n", when, text);
	if (n >= (int)sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	fd = open(log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	/* A log that cannot be written must not stop anything. */
	if (write(fd, line, n) < 0)
		errno = 0;
	close(fd);
}

void say(int level, const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (report_fd >= 0)
		return;
	if (level <= verbosity) {
		printf("%s\n", text);
		fflush(stdout);
	}
	/* The log has the words without the indentation of the screen. */
	if (level <= 0 || level <= verbosity)
		log_line(text + strspn(text, "\t"));
}

static void complain(int code, const char *fmt, va_list ap, int err)
{
	struct report r = { .code = code };
	size_t n;

	vsnprintf(r.text, sizeof(r.text), fmt, ap);
	n = strlen(r.text);
	if (err)
		snprintf(r.text + n, sizeof(r.text) - n, ": %s", strerror(err));
	if (report_fd >= 0) {
		if (write(report_fd, &r, sizeof(r)) < 0)
			_exit(E_SYSTEM);
		return;
	}
	fflush(stdout);
	fprintf(stderr, "%s\n", r.text);
	log_line(r.text);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(OK, fmt, ap, 0);
	va_end(ap);
}

int fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(code, fmt, ap, 0);
	va_end(ap);
	return code;
}

int fail_errno(int code, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	complain(code, fmt, ap, err);
	va_end(ap);
	return code;
}

void report_to(int fd)
{
	report_fd = fd;
}

void report_pid(pid_t pid)
{
	report_data(pid, "", 0);
}

void report_data(pid_t pid, const void *data, size_t n)
{
	struct report r = { .pid = pid };

	memcpy(r.text, data, n < sizeof(r.text) ? n : sizeof(r.text));
	if (write(report_fd, &r, sizeof(r)) < 0)
		_exit(E_SYSTEM);
}

int report_read(int fd, struct report *r)
{
	ssize_t n;

	/* A report is smaller than PIPE_BUF, so it comes whole or not at all. */
	do {
		n = read(fd, r, sizeof(*r));
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(*r))
		return 0;
	r->text[sizeof(r->text) - 1] = 0;
	return 1;
}

int report_wait(int fd, pid_t helper, struct report *r)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = pidfd_open(helper, 0), .events = POLLIN } };
	int rc;

	do {
		rc = poll(p, 2, -1);
	} while (rc < 0 && errno == EINTR);
	/* What it said before it died counts. */
	if (!p[0].revents)
		poll(p, 1, 0);
	if (p[1].fd >= 0)
		close(p[1].fd);
	return p[0].revents ? report_read(fd, r) : 0;
}

int report_all(int fd)
{
	struct report r;
	int code = OK;

	while (report_read(fd, &r)) {
		if (!r.text[0])
			continue;
		if (r.code)
			fail(r.code, "%s", r.text);
		else
			warn("%s", r.text);
		if (!code)
			code = r.code;
	}
	return code;
}

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

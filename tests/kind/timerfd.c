// SPDX-License-Identifier: GPL-2.0-only
/*
 * timerfd: off, one-shot and periodic, of all clocks, relative and absolute; about to
 * fire, fired and not read for long; a reader that waits; TFD_TIMER_CANCEL_ON_SET.
 *
 * drive: fresh
 * drive: gap 6
 * drive: moves
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>

#define LONG	12	/* seconds: fires when the VE runs again */

struct timer {
	const char *name;
	clockid_t clock;
	int flags;
	int64_t value, interval;
	int fd;
	int64_t mono0, real0, boot0;
};

static struct timer timers[] = {
	{ "monotonic", CLOCK_MONOTONIC, 0, LONG * NSEC, 0, 0, 0, 0, 0 },
	{ "monotonic absolute", CLOCK_MONOTONIC, TFD_TIMER_ABSTIME, LONG * NSEC, 0, 0, 0, 0, 0 },
	{ "boottime", CLOCK_BOOTTIME, 0, LONG * NSEC, 0, 0, 0, 0, 0 },
	{ "boottime absolute", CLOCK_BOOTTIME, TFD_TIMER_ABSTIME, LONG * NSEC, 0, 0, 0, 0, 0 },
	{ "realtime", CLOCK_REALTIME, 0, LONG * NSEC, 0, 0, 0, 0, 0 },
	{ "realtime absolute", CLOCK_REALTIME, TFD_TIMER_ABSTIME, LONG * NSEC, 0, 0, 0, 0, 0 },
};
static int off, fired, periodic, canceled, waited;
static int64_t periodic_mono0;
#define PERIOD	(100 * MSEC)

static struct timespec ts(int64_t ns)
{
	return (struct timespec){ ns / NSEC, ns % NSEC };
}

static void set(int fd, int flags, int64_t value, int64_t interval)
{
	struct itimerspec it = { ts(interval), ts(value) };

	sys(timerfd_settime(fd, flags, &it, NULL));
}

static void start(struct timer *t)
{
	t->fd = sys(timerfd_create(t->clock, TFD_NONBLOCK));
	t->mono0 = clock_ns(CLOCK_MONOTONIC);
	t->real0 = clock_ns(CLOCK_REALTIME);
	set(t->fd, t->flags, t->value + (t->flags & TFD_TIMER_ABSTIME ? clock_ns(t->clock) : 0), t->interval);
}

static void *reader(void *arg)
{
	uint64_t n;

	check(read(waited, &n, 8) == 8 && n == 1, "what a waiting reader got: %llu", (unsigned long long)n);
	return arg;
}

/* It has not fired too early, and fires at its time: by its own clock, which stood still or not. */
static void finish(struct timer *t)
{
	bool by_real = t->clock == CLOCK_REALTIME && (t->flags & TFD_TIMER_ABSTIME);
	int64_t now = 0, most = test_most(t->value, t->real0, by_real);
	uint64_t n;

	while (read(t->fd, &n, 8) == -1) {
		check(errno == EAGAIN, "%s: %s", t->name, strerror(errno));
		sleep_ns(20 * MSEC);
	}
	now = by_real ? clock_ns(CLOCK_REALTIME) - t->real0 : clock_ns(CLOCK_MONOTONIC) - t->mono0;
	printf("%-24s %lld.%03lld s\n", t->name, (long long)(now / NSEC), (long long)(now % NSEC / MSEC));
	check_is(n, 1, t->name);
	check(now >= t->value, "%s: fired after %lld ns", t->name, (long long)now);
	check(now < most + 2 * test_slack_ns, "%s: fired only after %lld ns", t->name, (long long)now);
}

static void check_periodic(void)
{
	int64_t before = clock_ns(CLOCK_MONOTONIC), after;
	uint64_t n;

	/* it stood still from its first expiration on; the kernel counts the periods when it is read */
	check(read(periodic, &n, 8) == 8, "periodic: %s", strerror(errno));
	after = clock_ns(CLOCK_MONOTONIC);
	check((int64_t)n >= (before - periodic_mono0) / PERIOD - 1 && (int64_t)n <= (after - periodic_mono0) / PERIOD + 1,
	      "periodic: %llu expirations in %lld ns", (unsigned long long)n, (long long)(after - periodic_mono0));
}

int main(void)
{
	struct itimerspec it;
	pthread_t thread;
	uint64_t n;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(timers); i++)
		start(&timers[i]);
	off = sys(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	set(off, 0, 0, 3 * NSEC);
	fired = sys(timerfd_create(CLOCK_BOOTTIME, 0));
	set(fired, 0, 1, 0);
	waited = sys(timerfd_create(CLOCK_MONOTONIC, 0));
	set(waited, 0, LONG * NSEC, 0);
	thr(pthread_create(&thread, NULL, reader, NULL));
	canceled = sys(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
	set(canceled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, clock_ns(CLOCK_REALTIME) + 1000 * NSEC, 0);
	periodic = sys(timerfd_create(CLOCK_MONOTONIC, 0));
	periodic_mono0 = clock_ns(CLOCK_MONOTONIC);
	set(periodic, 0, PERIOD, PERIOD);
	sleep_ns(300 * MSEC);
	test_ready();
	test_wait();

	check_periodic();
	check(read(off, &n, 8) == -1 && errno == EAGAIN, "off: %s", strerror(errno));
	sys(timerfd_gettime(off, &it));
	check(!it.it_value.tv_sec && !it.it_value.tv_nsec && it.it_interval.tv_sec == 3, "off: it is armed");
	check(fcntl(off, F_GETFD) == FD_CLOEXEC && fcntl(off, F_GETFL) == (O_RDWR | O_NONBLOCK), "flags");
	check(read(fired, &n, 8) == 8 && n == 1, "fired: %llu", (unsigned long long)n);
	/* where the clock has jumped, it says so; the timer itself is as it was */
	i = read(canceled, &n, 8);
	check((ssize_t)i == -1 && errno == (test_go.gone_ns ? ECANCELED : EAGAIN), "cancel on set: %s", strerror(errno));
	sys(timerfd_gettime(canceled, &it));
	check(it.it_value.tv_sec > 100 && it.it_value.tv_sec <= 1000, "cancel on set: %lld s left", (long long)it.it_value.tv_sec);
	for (i = 0; i < ARRAY_SIZE(timers); i++)
		finish(&timers[i]);
	thr(pthread_join(thread, NULL));
	test_pass();
}

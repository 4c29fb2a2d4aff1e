// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers whose time comes while the VE is suspended, before it is dumped: by its own
 * clocks, which go on from the freeze when it is restored, their time has not come
 * (late.sh).
 */
#include "cpt_test.h"

#include <sys/time.h>
#include <sys/timerfd.h>

#define DUE	(6 * NSEC)

static int64_t start;

static timer_t arm(int sig, clockid_t clock, int64_t interval)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig };
	struct itimerspec its = { .it_value.tv_sec = DUE / NSEC, .it_interval.tv_sec = interval / NSEC };
	timer_t t;

	sys(timer_create(clock, &ev, &t));
	sys(timer_settime(t, 0, &its, NULL));
	return t;
}

/* When it came, by the VE's clock. */
static int64_t came(int sig, struct timespec *wait)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	check(sigtimedwait(&set, NULL, wait) == sig, "signal %d does not come", sig);
	return clock_ns(CLOCK_MONOTONIC) - start;
}

int main(void)
{
	struct itimerval it = { .it_value.tv_sec = DUE / NSEC };
	struct itimerspec its = { .it_value.tv_sec = DUE / NSEC };
	static const int sigs[] = { SIGALRM, SIGUSR1, SIGUSR2, SIGHUP };
	struct timespec wait = { 60, 0 };
	int64_t took[ARRAY_SIZE(sigs) + 1];
	int fd = sys(timerfd_create(CLOCK_MONOTONIC, 0));
	uint64_t ticks;
	sigset_t set;
	size_t i;

	sigfillset(&set);
	sys(sigprocmask(SIG_BLOCK, &set, NULL));
	start = clock_ns(CLOCK_MONOTONIC);
	sys(setitimer(ITIMER_REAL, &it, NULL));
	arm(SIGUSR1, CLOCK_MONOTONIC, 0);
	arm(SIGUSR2, CLOCK_BOOTTIME, 100 * NSEC);
	arm(SIGHUP, CLOCK_REALTIME, 0);
	sys(timerfd_settime(fd, 0, &its, NULL));
	test_ready();
	for (i = 0; i < ARRAY_SIZE(sigs); i++)
		took[i] = came(sigs[i], &wait);
	check_is(sys(read(fd, &ticks, sizeof(ticks))), 8, "bytes of a timerfd");
	took[i] = clock_ns(CLOCK_MONOTONIC) - start;
	test_wait();
	for (i = 0; i < ARRAY_SIZE(took); i++)
		check(took[i] >= DUE - 30 * MSEC && took[i] <= DUE + test_slack_ns, "timer %zu came after %.3f s, not %lld",
		      i, took[i] / 1e9, DUE / NSEC);
	/* each once */
	sys(sigpending(&set));
	for (i = 0; i < ARRAY_SIZE(sigs); i++)
		check(!sigismember(&set, sigs[i]), "signal %d came twice", sigs[i]);
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers: interval timers of all three sorts; POSIX timers of every sort of notice
 * that needs no object (signal, thread, none), relative and absolute, once and
 * periodic, with gaps between their ids. By the VE's clock each comes when it
 * would have come; CLOCK_REALTIME's come late if they were due meanwhile.
 *
 * drive: fresh
 * drive: gap 6
 * drive: moves
 * timeout: 300
 */
#include "cpt_test.h"

#include <linux/time_types.h>
#include <sys/time.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define DUE (12 * NSEC)

static sigset_t all;

static timer_t make(clockid_t clock, int notify, int sig, int value)
{
	struct sigevent ev = { .sigev_notify = notify, .sigev_signo = sig, .sigev_value.sival_int = value };
	int id;	/* the kernel's: glibc's timer_t is its own */

	if (notify == SIGEV_THREAD_ID)
		ev.sigev_notify_thread_id = syscall(SYS_gettid);
	sys(syscall(SYS_timer_create, clock, &ev, &id));
	return (timer_t)(intptr_t)id;
}

static void set(timer_t t, int flags, int64_t value, int64_t interval)
{
	struct itimerspec its = { .it_value = { value / NSEC, value % NSEC },
				  .it_interval = { interval / NSEC, interval % NSEC } };

	sys(syscall(SYS_timer_settime, (int)(intptr_t)t, flags, &its, NULL));
}

static int64_t left(timer_t t, int64_t *interval)
{
	struct itimerspec its;

	sys(syscall(SYS_timer_gettime, (int)(intptr_t)t, &its));
	if (interval)
		*interval = its.it_interval.tv_sec * NSEC + its.it_interval.tv_nsec;
	return its.it_value.tv_sec * NSEC + its.it_value.tv_nsec;
}

/* Wait for @sig with all blocked, never longer than seems possible. */
static siginfo_t await(int sig, const char *what)
{
	int64_t end = clock_ns(CLOCK_MONOTONIC) + 4 * DUE;
	struct timespec none = {};
	siginfo_t si;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	while (sigtimedwait(&set, &si, &none) != sig) {
		check(clock_ns(CLOCK_MONOTONIC) < end, "%s does not come", what);
		sleep_ns(20 * MSEC);
	}
	return si;
}

static void due(const char *what, int64_t took, int64_t real0, bool real)
{
	int64_t most = test_most(DUE, real0, real);

	fprintf(stderr, "%-32s %7.3f s\n", what, took / 1e9);
	check(took >= DUE - 30 * MSEC && took <= most, "%s came after %.3f s, not %lld", what,
	      took / 1e9, DUE / NSEC);
}

static void once_itimer(void)
{
	struct itimerval it = { .it_value.tv_sec = DUE / NSEC }, now;
	int64_t real0 = clock_ns(CLOCK_REALTIME), start = clock_ns(CLOCK_MONOTONIC), took;

	sys(setitimer(ITIMER_REAL, &it, NULL));
	await(SIGALRM, "ITIMER_REAL");
	took = clock_ns(CLOCK_MONOTONIC) - start;
	test_wait();
	due("ITIMER_REAL", took, real0, false);
	sys(getitimer(ITIMER_REAL, &now));
	check_is(now.it_value.tv_sec, 0, "a timer that has fired");
}

static void once(clockid_t clock, bool abs, int notify, const char *what)
{
	/* a relative one counts in time that passes while the VE runs, whatever its clock */
	clockid_t by = clock == CLOCK_REALTIME && !abs ? CLOCK_MONOTONIC : clock;
	int64_t real0 = clock_ns(CLOCK_REALTIME), start = clock_ns(by), took;
	timer_t t = make(clock, notify, SIGUSR1, 4711);
	siginfo_t si;

	set(t, abs ? TIMER_ABSTIME : 0, (abs ? start : 0) + DUE, 0);
	si = await(SIGUSR1, what);
	took = clock_ns(by) - start;
	check_is(si.si_code, SI_TIMER, "si_code");
	check_is(si.si_value.sival_int, 4711, "si_value");
	check_is(si.si_timerid, (int)(intptr_t)t, "si_timerid");
	test_wait();
	due(what, took, real0, by == CLOCK_REALTIME);
}

static void once_mono(void) { once(CLOCK_MONOTONIC, false, SIGEV_SIGNAL, "MONOTONIC"); }
static void once_abs(void) { once(CLOCK_MONOTONIC, true, SIGEV_SIGNAL, "MONOTONIC, absolute"); }
static void once_boot(void) { once(CLOCK_BOOTTIME, true, SIGEV_THREAD_ID, "BOOTTIME, absolute, thread"); }
static void once_real(void) { once(CLOCK_REALTIME, true, SIGEV_SIGNAL, "REALTIME, absolute"); }
static void once_real_rel(void) { once(CLOCK_REALTIME, false, SIGEV_SIGNAL, "REALTIME"); }

/* Ids with gaps, all that can be asked of each, periodic ones that go on in step. */
static void many(void)
{
	int64_t interval, start = clock_ns(CLOCK_MONOTONIC), now, value;
	struct itimerval it = { { 1000, 5000 }, { 2000, 7000 } }, prof = { { 0, 0 }, { 3000, 0 } };
	timer_t t[8], late;
	siginfo_t si;
	long ticks = 0;
	int i;

	for (i = 0; i < 8; i++)
		t[i] = make(i % 2 ? CLOCK_MONOTONIC : CLOCK_BOOTTIME, i % 3 ? SIGEV_SIGNAL : SIGEV_NONE,
			    SIGRTMIN + i, 1000 + i);
	sys(syscall(SYS_timer_delete, (int)(intptr_t)t[2]));
	sys(syscall(SYS_timer_delete, (int)(intptr_t)t[5]));
	set(t[0], 0, 1000 * NSEC, 17 * NSEC);		/* no notice, far away */
	set(t[1], 0, 300 * MSEC, 300 * MSEC);		/* ticks, taken as they come */
	set(t[3], 0, 2000 * NSEC, 0);
	set(t[4], 0, 200 * MSEC, 200 * MSEC);		/* ticks that nobody takes: overruns */
	/* t[6] and t[7] are never set */
	sys(setitimer(ITIMER_VIRTUAL, &it, NULL));
	sys(setitimer(ITIMER_PROF, &prof, NULL));

	while (!test_going()) {
		struct timespec wait = { 0, 0 };
		sigset_t s;

		sigemptyset(&s);
		sigaddset(&s, SIGRTMIN + 1);
		while (sigtimedwait(&s, &si, &wait) > 0) {
			check_is(si.si_value.sival_int, 1001, "value of a tick");
			ticks += 1 + si.si_overrun;
		}
		sleep_ns(20 * MSEC);
	}
	test_wait();
	now = clock_ns(CLOCK_MONOTONIC) - start;
	/* ticks: as many as there was time for */
	si = await(SIGRTMIN + 1, "a tick");
	ticks += 1 + si.si_overrun;
	check(ticks >= now / (300 * MSEC) - 3 &&
	      ticks <= (now + test_slack_ns) / (300 * MSEC) + 3,
	      "%ld ticks of 300 ms in %.3f s", ticks, now / 1e9);
	si = await(SIGRTMIN + 4, "a tick nobody took");
	check_is(si.si_value.sival_int, 1004, "value of a tick");
	value = 1 + si.si_overrun;
	now = clock_ns(CLOCK_MONOTONIC) - start;
	await(SIGRTMIN + 4, "the tick after the one nobody took");
	check(value >= now / (200 * MSEC) - 3 && value <= now / (200 * MSEC) + 3,
	      "%lld ticks of 200 ms in %.3f s", (long long)value, now / 1e9);
	/* what remains of the far ones */
	value = left(t[0], &interval);
	now = clock_ns(CLOCK_MONOTONIC) - start;
	check(llabs(1000 * NSEC - now - value) < test_slack_ns, "%.3f s are left of 1000 after %.3f",
	      value / 1e9, now / 1e9);
	check_is(interval, 17 * NSEC, "interval of a timer");
	value = left(t[3], &interval);
	check(llabs(2000 * NSEC - now - value) < test_slack_ns, "%.3f s are left of 2000 after %.3f",
	      value / 1e9, now / 1e9);
	check_is(interval, 0, "interval of a timer");
	check_is(left(t[6], NULL), 0, "time left of a timer never set");
	check_is(left(t[7], NULL), 0, "time left of a timer never set");
	/* those that were deleted are not there; nor does a new one take what is */
	check(syscall(SYS_timer_delete, (int)(intptr_t)t[2]) == -1 && errno == EINVAL);
	check(syscall(SYS_timer_delete, (int)(intptr_t)t[5]) == -1 && errno == EINVAL);
	late = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 9, 1);
	for (i = 0; i < 8; i++)
		check(i == 2 || i == 5 || late != t[i], "timer %d's id was given away", i);
	set(t[7], 0, 10 * MSEC, 0);
	si = await(SIGRTMIN + 7, "a timer set afterwards");
	check_is(si.si_timerid, (int)(intptr_t)t[7], "si_timerid");
	/* CPU time: hardly any was used */
	sys(getitimer(ITIMER_VIRTUAL, &it));
	check(it.it_interval.tv_sec == 1000 && it.it_interval.tv_usec / 10000 == 0 &&
	      it.it_value.tv_sec <= 2000 && it.it_value.tv_sec >= 1990,
	      "ITIMER_VIRTUAL has %ld.%06ld of 2000 s left, then each %ld.%06ld", (long)it.it_value.tv_sec,
	      (long)it.it_value.tv_usec, (long)it.it_interval.tv_sec, (long)it.it_interval.tv_usec);
	sys(getitimer(ITIMER_PROF, &it));
	check(it.it_interval.tv_sec == 0 && it.it_value.tv_sec <= 3000 && it.it_value.tv_sec >= 2980,
	      "ITIMER_PROF has %ld of 3000 s left", (long)it.it_value.tv_sec);
}

/* ITIMER_VIRTUAL and ITIMER_PROF of a program that burns its time */
static volatile long virt, prof, real;
static void tick(int sig)
{
	if (sig == SIGVTALRM)
		virt++;
	else if (sig == SIGPROF)
		prof++;
	else
		real++;
}

static void burn(void)
{
	struct itimerval it = { { 0, 100000 }, { 0, 100000 } };
	struct sigaction sa = { .sa_handler = tick, .sa_flags = SA_RESTART };
	int64_t start = clock_ns(CLOCK_MONOTONIC), now;
	struct timespec cpu;
	long v, p, r, n;

	sigprocmask(SIG_UNBLOCK, &all, NULL);
	sigaction(SIGVTALRM, &sa, NULL);
	sigaction(SIGPROF, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	sys(setitimer(ITIMER_VIRTUAL, &it, NULL));
	sys(setitimer(ITIMER_PROF, &it, NULL));
	sys(setitimer(ITIMER_REAL, &it, NULL));
	while (!test_going())
		for (n = 0; n < 1000000; n++)
			asm volatile("");
	v = virt;
	p = prof;
	r = real;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	now = clock_ns(CLOCK_MONOTONIC) - start;
	fprintf(stderr, "burn: %ld virtual, %ld prof, %ld real ticks in %.3f s\n", v, p, r, now / 1e9);
	check(r > 0 && v > 0 && p > 0, "ticks: %ld real, %ld virtual, %ld prof", r, v, p);
	check(r <= now / (100 * MSEC) + 2, "%ld ticks of 100 ms in %.3f s", r, now / 1e9);
	/* they go on */
	while (virt < v + 3 || prof < p + 3 || real < r + 3) {
		check(clock_ns(CLOCK_MONOTONIC) - start < now + 4 * DUE, "ticks have stopped: %ld %ld %ld",
		      real - r, virt - v, prof - p);
		for (n = 0; n < 1000000; n++)
			asm volatile("");
	}
}

int main(void)
{
	void (*run[])(void) = { once_itimer, once_mono, once_abs, once_boot, once_real, once_real_rel,
				many, burn };
	pid_t pid[ARRAY_SIZE(run)];
	size_t i;

	sigfillset(&all);
	sigdelset(&all, SIGTERM);
	sys(sigprocmask(SIG_BLOCK, &all, NULL));
	for (i = 0; i < ARRAY_SIZE(run); i++) {
		pid[i] = test_fork();
		if (!pid[i]) {
			run[i]();
			_exit(0);
		}
	}
	sleep_ns(500 * MSEC);
	test_ready();
	test_wait();
	for (i = 0; i < ARRAY_SIZE(run); i++)
		test_reap(pid[i]);
	test_pass();
}

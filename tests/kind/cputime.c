// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and sleeps on CPU time: POSIX timers on that of one's own process and thread, of
 * another thread, another process and what is gone since; by the scheduler's count and by
 * ticks; once, periodic with overruns, without notice; sleeps until somebody else has used
 * so much. What was used up before counts, what the restore itself took does not.
 * (Interval timers: timers.c.)
 */
#include "cpt_test.h"

#include <pthread.h>
#include <semaphore.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* ~pid << 3 | 4: of a thread | 0: by ticks, 1: by those of user mode, 2: by the scheduler */
#define CLOCK_OF(pid, which)	((clockid_t)(~(unsigned int)(pid) << 3 | (which)))
#define THREAD	4

/* What is used up before the cycle, and in all. CPU time is slow on an emulated machine. */
#define BEFORE	(300 * MSEC)
#define DUE	(1000 * MSEC)
/* by how much a tick may be late */
#define LATE	(2 * NSEC)

static sigset_t all;

static int make(clockid_t clock, int notify, int sig, int value, pid_t tid)
{
	struct sigevent ev = { .sigev_notify = notify, .sigev_signo = sig, .sigev_value.sival_int = value };
	int id;

	ev.sigev_notify_thread_id = tid;
	sys(syscall(SYS_timer_create, clock, &ev, &id));
	return id;
}

static void set(int t, int flags, int64_t value, int64_t interval)
{
	struct itimerspec its = { .it_value = { value / NSEC, value % NSEC },
				  .it_interval = { interval / NSEC, interval % NSEC } };

	sys(syscall(SYS_timer_settime, t, flags, &its, NULL));
}

static int64_t left(int t, int64_t *interval)
{
	struct itimerspec its = { { -1, -1 }, { -1, -1 } };

	sys(syscall(SYS_timer_gettime, t, &its));
	if (interval)
		*interval = its.it_interval.tv_sec * NSEC + its.it_interval.tv_nsec;
	return its.it_value.tv_sec * NSEC + its.it_value.tv_nsec;
}

/* Use CPU time until @clock shows @end. */
static void burn(clockid_t clock, int64_t end)
{
	while (clock_ns(clock) < end)
		;
}

/* Who is set up, and may go on. They sleep: looking again and again would use up their time. */
static struct {
	sem_t held, going;
} *gate;

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem))
		check(errno == EINTR, "%s", strerror(errno));
}

static void hold(void)
{
	sem_post(&gate->held);
	wait_for(&gate->going);
}

static bool pending(int sig, siginfo_t *si)
{
	struct timespec none = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, si, &none) == sig;
}

/* Use time by @clock until the signal of the timer comes, which must be at @due. */
static void comes(clockid_t clock, int sig, int t, int value, int64_t due, const char *what)
{
	int64_t at = clock_ns(clock);
	siginfo_t si;

	check(at < due, "%s: %.3f s are gone before it began", what, at / 1e9);
	while (!pending(sig, &si)) {
		at = clock_ns(clock);
		check(at < due + LATE, "%s does not come", what);
	}
	at = clock_ns(clock);
	fprintf(stderr, "%-24s due %.3f, came at %.3f\n", what, due / 1e9, at / 1e9);
	/* a tick may count more than there was */
	check(at >= due - 20 * MSEC, "%s came at %.3f s, not %.3f", what, at / 1e9, due / 1e9);
	check_is(si.si_code, SI_TIMER, what);
	check_is(si.si_timerid, t, what);
	check_is(si.si_value.sival_int, value, what);
}

/* A process by itself: @clock of its own. */
static void alone(clockid_t clock, int flags, const char *what)
{
	int64_t start = clock_ns(clock), rest, interval;
	int other = make(clock, SIGEV_NONE, 0, 0, 0), t = make(clock, SIGEV_SIGNAL, SIGUSR1, 4711, 0);

	set(other, 0, 1000 * NSEC, 7 * NSEC);
	set(t, flags, DUE + (flags ? start : 0), 0);
	burn(clock, clock_ns(clock) + BEFORE);
	hold();
	rest = left(t, &interval);
	check(rest > 0 && rest <= DUE - BEFORE, "%s: %.3f s are left", what, rest / 1e9);
	check_is(interval, 0, what);
	rest = left(other, &interval);
	check(rest <= 1000 * NSEC - BEFORE + 20 * MSEC && rest > 980 * NSEC, "%s: %.3f s are left", what, rest / 1e9);
	check_is(interval, 7 * NSEC, what);
	comes(clock, SIGUSR1, t, 4711, start + DUE, what);
	check_is(left(t, NULL), 0, what);
}

static void process(void) { alone(CLOCK_PROCESS_CPUTIME_ID, 0, "process"); }
static void process_abs(void) { alone(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, "process, absolute"); }
static void process_pid(void) { alone(CLOCK_OF(getpid(), 2), 0, "process, by its pid"); }
static void own_thread(void) { alone(CLOCK_THREAD_CPUTIME_ID, 0, "thread"); }
static void ticks(void) { alone(CLOCK_OF(0, 0), 0, "ticks of a process"); }
static void user_ticks(void) { alone(CLOCK_OF(0, THREAD | 1), TIMER_ABSTIME, "ticks of user mode"); }

/* Ticks that nobody takes: they become overruns of one signal. */
static void periodic(void)
{
	int64_t start = clock_ns(CLOCK_PROCESS_CPUTIME_ID), now, every = 40 * MSEC, n, rest;
	int t = make(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, 12, 0);
	siginfo_t si;

	set(t, 0, every, every);
	burn(CLOCK_PROCESS_CPUTIME_ID, start + BEFORE);
	hold();
	burn(CLOCK_PROCESS_CPUTIME_ID, start + DUE);
	check(pending(SIGUSR1, &si), "no tick");
	now = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
	n = 1 + si.si_overrun;
	check(n >= now / every - 2 && n <= now / every + 2, "%lld ticks of 40 ms in %.3f s", (long long)n, now / 1e9);
	check_is(si.si_value.sival_int, 12, "value of a tick");
	rest = left(t, NULL);
	check(rest <= every, "%.3f s to the next tick", rest / 1e9);
	comes(CLOCK_PROCESS_CPUTIME_ID, SIGUSR1, t, 12, clock_ns(CLOCK_PROCESS_CPUTIME_ID) + 1, "the next tick");
}

/* The signal of one that has come is not taken yet, and does not come twice. */
static void taken_later(void)
{
	int t = make(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, 13, 0);
	int64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	sigset_t got;
	siginfo_t si;

	set(t, 0, 10 * MSEC, 0);
	do {
		burn(CLOCK_THREAD_CPUTIME_ID, clock_ns(CLOCK_THREAD_CPUTIME_ID) + 10 * MSEC);
		sigpending(&got);
		check(clock_ns(CLOCK_THREAD_CPUTIME_ID) < start + LATE, "it does not come");
	} while (!sigismember(&got, SIGUSR1));
	hold();
	check(pending(SIGUSR1, &si) && si.si_value.sival_int == 13, "a signal is lost");
	burn(CLOCK_THREAD_CPUTIME_ID, clock_ns(CLOCK_THREAD_CPUTIME_ID) + 100 * MSEC);
	check(!pending(SIGUSR1, &si), "a signal comes twice");
}

/* --- of others -------------------------------------------------------------------------------- */

static struct {
	volatile int tid, enough, burnt;
	sem_t go;
} *shared;

static void burn_when_told(clockid_t clock)
{
	int64_t start = clock_ns(clock);

	burn(clock, start + BEFORE);
	shared->burnt = 1;
	wait_for(&shared->go);
	while (!shared->enough)
		burn(clock, clock_ns(clock) + MSEC);
}

static void *other_thread(void *arg)
{
	shared->tid = syscall(SYS_gettid);
	burn_when_told(CLOCK_THREAD_CPUTIME_ID);
	return arg;
}

static void until_burnt(void)
{
	while (!shared->burnt)
		sleep_ns(10 * MSEC);
}

/* Wait, asleep, until the time that somebody else uses up has the signal sent, to this thread. */
static void of_other(clockid_t clock, int t, int64_t due, const char *what)
{
	int64_t at = clock_ns(clock);
	siginfo_t si;

	check(at < due, "%s: %.3f s are gone before it began", what, at / 1e9);
	check(left(t, NULL) > 0 && left(t, NULL) <= due - at + 20 * MSEC, "%s: %.3f s are left", what, left(t, NULL) / 1e9);
	check(!pending(SIGUSR2, &si), "%s came too early", what);
	sem_post(&shared->go);
	while (!pending(SIGUSR2, &si)) {
		at = clock_ns(clock);
		check(at < due + LATE, "%s does not come", what);
		sleep_ns(10 * MSEC);
	}
	at = clock_ns(clock);
	shared->enough = 1;
	fprintf(stderr, "%-24s due %.3f, came at %.3f\n", what, due / 1e9, at / 1e9);
	check(at >= due - 20 * MSEC, "%s came at %.3f s, not %.3f", what, at / 1e9, due / 1e9);
	check_is(si.si_timerid, t, what);
}

static void another_thread(void)
{
	int64_t start;
	clockid_t clock;
	pthread_t th;
	int t;

	thr(pthread_create(&th, NULL, other_thread, NULL));
	until_burnt();
	thr(pthread_getcpuclockid(th, &clock));
	check_is(clock, CLOCK_OF(shared->tid, THREAD | 2), "clock of a thread");
	start = clock_ns(clock);
	t = make(clock, SIGEV_THREAD_ID, SIGUSR2, 1, getpid());
	set(t, TIMER_ABSTIME, start + DUE, 0);
	hold();
	of_other(clock, t, start + DUE, "another thread");
	thr(pthread_join(th, NULL));
}

/* Another process that burns when it is told, and its clock. */
static pid_t burner(clockid_t *clock)
{
	pid_t pid = test_fork();

	if (!pid) {
		burn_when_told(CLOCK_PROCESS_CPUTIME_ID);
		_exit(0);
	}
	until_burnt();
	sys(clock_getcpuclockid(pid, clock));
	return pid;
}

static void another_process(void)
{
	clockid_t clock;
	pid_t pid = burner(&clock);
	int64_t start = clock_ns(clock);
	int t;

	t = make(clock, SIGEV_SIGNAL, SIGUSR2, 1, 0);
	set(t, 0, DUE, 0);
	hold();
	of_other(clock, t, start + DUE, "another process");
	test_reap(pid);
}

/* Timers on what is gone stay, and do nothing; one on a dead process stands still. */
static void on_the_dead(void)
{
	char was[1024] = "", is[1024] = "";
	struct itimerspec its = { .it_value.tv_sec = 1 };
	int fd, dead, gone, thread;
	pid_t pid, corpse;
	pthread_t th;

	pid = test_fork();
	if (!pid) {
		for (;;)
			pause();
	}
	corpse = test_fork();
	if (!corpse) {
		for (;;)
			pause();
	}
	gone = make(CLOCK_OF(pid, 2), SIGEV_SIGNAL, SIGUSR1, 1, 0);
	set(gone, 0, 1000 * NSEC, 3 * NSEC);
	dead = make(CLOCK_OF(corpse, 2), SIGEV_SIGNAL, SIGUSR1, 1, 0);
	set(dead, 0, 1000 * NSEC, 3 * NSEC);
	kill(pid, SIGKILL);
	sys(waitpid(pid, NULL, 0));
	kill(corpse, SIGKILL);
	sys(waitid(P_PID, corpse, &(siginfo_t){}, WEXITED | WNOWAIT));
	thr(pthread_create(&th, NULL, other_thread, NULL));
	until_burnt();
	thread = make(CLOCK_OF(shared->tid, THREAD | 2), SIGEV_SIGNAL, SIGUSR1, 1, 0);
	shared->enough = 1;
	sem_post(&shared->go);
	thr(pthread_join(th, NULL));
	fd = sys(open("/proc/self/timers", O_RDONLY | O_CLOEXEC));
	sys(read(fd, was, sizeof(was) - 1));
	close(fd);
	hold();
	check_is(left(gone, NULL), 0, "time left of a timer on a process that is gone");
	check(syscall(SYS_timer_settime, gone, 0, &its, NULL) == -1 && errno == ESRCH, "%s", strerror(errno));
	check(syscall(SYS_timer_settime, thread, 0, &its, NULL) == -1 && errno == ESRCH, "%s", strerror(errno));
	check(left(dead, NULL) > 999 * NSEC && left(dead, NULL) <= 1000 * NSEC, "%.3f s are left of a dead process",
	      left(dead, NULL) / 1e9);
	fd = sys(open("/proc/self/timers", O_RDONLY | O_CLOEXEC));
	sys(read(fd, is, sizeof(is) - 1));
	close(fd);
	check(!strcmp(was, is), "/proc/self/timers: %s, and it was: %s", is, was);
	sys(waitpid(corpse, NULL, 0));
	check_is(left(dead, NULL), 0, "time left when it is reaped");
}

/* Asleep until another process has used so much. */
static void sleeper(void)
{
	struct timespec rest = { DUE / NSEC, DUE % NSEC };
	clockid_t clock;
	pid_t pid = burner(&clock), asleep;
	int64_t start = clock_ns(clock), at;
	int status;

	asleep = test_fork();
	if (!asleep)
		_exit(clock_nanosleep(clock, 0, &rest, &rest) ? 1 : 0);
	hold();
	check_is(waitpid(asleep, &status, WNOHANG), 0, "a sleeper");
	sem_post(&shared->go);
	while (!waitpid(asleep, &status, WNOHANG)) {
		check(clock_ns(clock) < start + DUE + LATE, "it sleeps on");
		sleep_ns(10 * MSEC);
	}
	at = clock_ns(clock);
	shared->enough = 1;
	check(!status, "status %#x", status);
	check(at >= start + DUE - 20 * MSEC, "it woke at %.3f s, not %.3f", at / 1e9, (start + DUE) / 1e9);
	test_reap(pid);
}

static void *page(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	return p;
}

int main(void)
{
	void (*run[])(void) = { process, process_abs, process_pid, own_thread, ticks, user_ticks, periodic, taken_later,
				another_thread, another_process, on_the_dead, sleeper };
	pid_t pid[ARRAY_SIZE(run)];
	size_t i;

	sigfillset(&all);
	sigdelset(&all, SIGTERM);
	sys(sigprocmask(SIG_BLOCK, &all, NULL));
	gate = page();
	sys(sem_init(&gate->held, 1, 0));
	sys(sem_init(&gate->going, 1, 0));
	for (i = 0; i < ARRAY_SIZE(run); i++) {
		shared = page();
		sys(sem_init(&shared->go, 1, 0));
		pid[i] = test_fork();
		if (!pid[i]) {
			run[i]();
			_exit(0);
		}
	}
	for (i = 0; i < ARRAY_SIZE(run); i++)
		wait_for(&gate->held);
	test_ready();
	test_wait();
	for (i = 0; i < ARRAY_SIZE(run); i++)
		sem_post(&gate->going);
	for (i = 0; i < ARRAY_SIZE(run); i++)
		test_reap(pid[i]);
	test_pass();
}

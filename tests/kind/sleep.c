// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleeps of every sort, frozen in the middle: none ends with EINTR, each ends when
 * it should. A restore stops the VE's clocks while it is gone, so a sleep takes as
 * long as ever by CLOCK_MONOTONIC; in a suspend time goes on, and what is due
 * ends at the resume. Each sleep is a child of its own, which writes into its slot
 * of NAME.times when it began and ended; what has no time-out is ended by the
 * parent after the cycle.
 *
 * drive: fresh
 * drive: gap 6
 * drive: moves
 * timeout: 300
 */
#include "cpt_test.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/select.h>

#define SECONDS 12
#define DUE (SECONDS * NSEC)

static struct slot {
	int64_t mono0, mono1, real0, real1;
} slots[64];
static int results;		/* NAME.times, one open file for all */
static int pipes[2];		/* nothing in it before the end */
static int *word;		/* a futex in shared memory */
static sigset_t usr1, old;

static struct timespec ts(int64_t ns)
{
	return (struct timespec){ ns / NSEC, ns % NSEC };
}

static long futex(int op, int val, struct timespec *t)
{
	return syscall(SYS_futex, word, op, val, t, NULL, FUTEX_BITSET_MATCH_ANY);
}

/* Each returns true if all was well with the call itself (its duration is looked at later). */
static bool s_nanosleep(void)
{
	struct timespec t = ts(DUE), rem = { -1, -1 };

	return nanosleep(&t, &rem) == 0;
}

static bool s_nanosleep_null(void)
{
	struct timespec t = ts(DUE);

	return nanosleep(&t, NULL) == 0;
}

static bool s_clock_rel(void)
{
	struct timespec t = ts(DUE);

	return clock_nanosleep(CLOCK_BOOTTIME, 0, &t, NULL) == 0;
}

static bool s_clock_abs(void)
{
	struct timespec t = ts(clock_ns(CLOCK_MONOTONIC) + DUE);

	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0;
}

static bool s_clock_boot_abs(void)
{
	struct timespec t = ts(clock_ns(CLOCK_BOOTTIME) + DUE);

	return clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL) == 0;
}

static bool s_real_abs(void)
{
	struct timespec t = ts(clock_ns(CLOCK_REALTIME) + DUE);

	return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL) == 0;
}

static bool s_poll(void)
{
	struct pollfd p = { .fd = pipes[0], .events = POLLIN };

	return poll(&p, 1, SECONDS * 1000) == 0;
}

static bool s_poll_none(void)
{
	return poll(NULL, 0, SECONDS * 1000) == 0;
}

static bool mask_kept(const sigset_t *is)
{
	sigset_t now;

	sigprocmask(SIG_SETMASK, NULL, &now);
	return !memcmp(&now, is, 8);
}

static bool s_ppoll(void)
{
	struct pollfd p = { .fd = pipes[0], .events = POLLIN };
	struct timespec t = ts(DUE);
	sigset_t during;

	/* a mask of its own during the call, USR1 blocked afterwards as before */
	sigprocmask(SIG_SETMASK, &usr1, NULL);
	sigemptyset(&during);
	sigaddset(&during, SIGUSR2);
	return ppoll(&p, 1, &t, &during) == 0 && mask_kept(&usr1);
}

static bool s_select(void)
{
	struct timeval t = { SECONDS, 0 };
	fd_set in;

	FD_ZERO(&in);
	FD_SET(pipes[0], &in);
	return select(pipes[0] + 1, &in, NULL, NULL, &t) == 0;
}

static bool s_pselect(void)
{
	struct timespec t = ts(DUE);
	sigset_t during;

	sigprocmask(SIG_SETMASK, &usr1, NULL);
	sigemptyset(&during);
	sigaddset(&during, SIGUSR2);
	return pselect(0, NULL, NULL, NULL, &t, &during) == 0 && mask_kept(&usr1);
}

static bool s_futex(void)
{
	struct timespec t = ts(DUE);

	return futex(FUTEX_WAIT, 0, &t) == -1 && errno == ETIMEDOUT;
}

static bool s_futex_abs(void)
{
	struct timespec t = ts(clock_ns(CLOCK_MONOTONIC) + DUE);

	return futex(FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, &t) == -1 && errno == ETIMEDOUT;
}

static bool s_futex_real(void)
{
	struct timespec t = ts(clock_ns(CLOCK_REALTIME) + DUE);

	return futex(FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t) == -1 && errno == ETIMEDOUT;
}

static bool s_sigtimedwait(void)
{
	struct timespec t = ts(DUE);

	sigprocmask(SIG_SETMASK, &usr1, NULL);
	return sigtimedwait(&usr1, NULL, &t) == -1 && errno == EAGAIN;
}

static bool s_wait4(void)
{
	pid_t pid = test_fork();
	int status = 0;

	if (!pid) {
		struct timespec t = ts(DUE);

		_exit(nanosleep(&t, NULL) == 0 ? 5 : 6);
	}
	return wait4(pid, &status, 0, NULL) == pid && status == 5 << 8;
}

static bool s_pipe(void)
{
	int p[2];
	char c;

	sys(pipe(p));
	if (!test_fork()) {
		struct timespec t = ts(DUE);

		close(p[0]);
		nanosleep(&t, NULL);
		check(write(p[1], "x", 1) == 1);
		_exit(0);
	}
	close(p[1]);
	return read(p[0], &c, 1) == 1 && c == 'x' && read(p[0], &c, 1) == 0 && wait(NULL) > 0;
}

/* Those that last until the parent has done something. */
static bool s_poll_forever(void)
{
	struct pollfd p = { .fd = pipes[0], .events = POLLIN };

	return poll(&p, 1, -1) == 1 && p.revents == POLLIN;
}

static bool s_select_forever(void)
{
	fd_set in;

	FD_ZERO(&in);
	FD_SET(pipes[0], &in);
	return select(pipes[0] + 1, &in, NULL, NULL, NULL) == 1 && FD_ISSET(pipes[0], &in);
}

static bool s_futex_forever(void)
{
	return futex(FUTEX_WAIT, 0, NULL) == 0;
}

static bool s_futex_bitset_forever(void)
{
	return futex(FUTEX_WAIT_BITSET, 0, NULL) == 0;
}

static bool s_read(void)
{
	char c;

	return read(pipes[0], &c, 1) == 1 && c == '!';
}

static volatile int handled;
static void handler(int sig) { handled = sig; }

static bool s_pause(void)
{
	return pause() == -1 && errno == EINTR && handled == SIGUSR1;
}

static bool s_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &usr1, NULL);
	return sigsuspend(&none) == -1 && errno == EINTR && handled == SIGUSR1 && mask_kept(&usr1);
}

static bool s_sigwaitinfo(void)
{
	siginfo_t si;

	sigprocmask(SIG_SETMASK, &usr1, NULL);
	return sigwaitinfo(&usr1, &si) == SIGUSR1 && si.si_pid == getppid() && si.si_code == SI_USER;
}

/*
 * PAUSE: the kernel restarts it with the time that was left when it was interrupted, as after
 * SIGSTOP and SIGCONT: the time of a suspend does not count.
 */
enum clock_of { MONO, REAL, TWICE, PAUSE, END };
static const struct {
	const char *what;
	bool (*call)(void);
	enum clock_of clock;	/* the clock that it is due by; END: not before the parent says */
} sleeps[] = {
	{ "nanosleep", s_nanosleep, MONO },
	{ "nanosleep(, NULL)", s_nanosleep_null, MONO },
	{ "clock_nanosleep(BOOTTIME)", s_clock_rel, MONO },
	{ "clock_nanosleep(MONOTONIC, ABSTIME)", s_clock_abs, MONO },
	{ "clock_nanosleep(BOOTTIME, ABSTIME)", s_clock_boot_abs, MONO },
	{ "clock_nanosleep(REALTIME, ABSTIME)", s_real_abs, REAL },
	{ "poll", s_poll, MONO },
	{ "poll without files", s_poll_none, MONO },
	{ "ppoll", s_ppoll, PAUSE },
	{ "select", s_select, PAUSE },
	{ "pselect", s_pselect, PAUSE },
	{ "futex", s_futex, MONO },
	{ "futex until", s_futex_abs, MONO },
	{ "futex until (REALTIME)", s_futex_real, REAL },
	/* the kernel gives up its time-out with the EINTR that nobody must see: it starts again */
	{ "sigtimedwait", s_sigtimedwait, TWICE },
	{ "wait4", s_wait4, MONO },
	{ "read from a pipe", s_pipe, MONO },
	{ "poll(-1)", s_poll_forever, END },
	{ "select(NULL)", s_select_forever, END },
	{ "futex without time-out", s_futex_forever, END },
	{ "futex bitset without time-out", s_futex_bitset_forever, END },
	{ "read", s_read, END },
	{ "pause", s_pause, END },
	{ "sigsuspend", s_sigsuspend, END },
	{ "sigwaitinfo", s_sigwaitinfo, END },
};
#define N ((int)ARRAY_SIZE(sleeps))

static void slot_write(int i)
{
	check(pwrite(results, &slots[i], sizeof(slots[i]), i * sizeof(slots[i])) == sizeof(slots[i]));
}

static void child(int i)
{
	slots[i].mono0 = clock_ns(CLOCK_MONOTONIC);
	slots[i].real0 = clock_ns(CLOCK_REALTIME);
	slot_write(i);
	errno = 0;
	if (!sleeps[i].call())
		test_fail("%s ended early or wrong: %s", sleeps[i].what, strerror(errno));
	slots[i].mono1 = clock_ns(CLOCK_MONOTONIC);
	slots[i].real1 = clock_ns(CLOCK_REALTIME);
	slot_write(i);
	_exit(0);
}

static void slot_check(int i)
{
	struct slot *s = &slots[i];
	int64_t mono = s->mono1 - s->mono0, real = s->real1 - s->real0, took, most;
	int64_t early = 30 * MSEC;	/* clocks of several sorts and CPUs are compared */

	took = sleeps[i].clock == REAL ? real : mono;
	most = test_most(sleeps[i].clock == TWICE ? 2 * DUE : DUE, s->real0, sleeps[i].clock == REAL);
	fprintf(stderr, "%-38s %7.3f s monotonic, %7.3f s real\n", sleeps[i].what, mono / 1e9, real / 1e9);
	if (sleeps[i].clock == END)
		return;
	if (sleeps[i].clock == PAUSE || sleeps[i].clock == TWICE)
		most += test_go.frozen_ns;
	check(took >= DUE - early, "%s ended after %.3f s, not %d", sleeps[i].what, took / 1e9, SECONDS);
	check(took <= most, "%s ended after %.3f s, not %d", sleeps[i].what, took / 1e9, SECONDS);
	/* was it asleep when the VE went? else this run has shown nothing */
	check(llabs(real - mono - test_go.gone_ns) < test_slack_ns,
	      "%s: the VE was gone for %.3f s, but the clocks differ by %.3f", sleeps[i].what,
	      test_go.gone_ns / 1e9, (real - mono) / 1e9);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = handler };
	int64_t end;
	pid_t pid[N];
	int i, n, status;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sys(sigaction(SIGUSR1, &sa, NULL));
	results = sys(open(test_path("times"), O_RDWR | O_CREAT | O_TRUNC, 0600));
	sys(pipe(pipes));
	word = sys(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	sigprocmask(SIG_SETMASK, NULL, &old);
	for (i = 0; i < N; i++) {
		pid[i] = test_fork();
		if (!pid[i])
			child(i);
	}
	for (n = 0; n < N; )	/* each about to sleep */
		for (sleep_ns(20 * MSEC), n = 0; n < N; n++)
			if (pread(results, &slots[n], sizeof(slots[n]), n * sizeof(slots[n])) != sizeof(slots[n]) ||
			    !slots[n].mono0)
				break;
	sleep_ns(200 * MSEC);
	test_ready();
	test_wait();

	/* those with a time-out, which must all be over long before this gives up */
	end = clock_ns(CLOCK_MONOTONIC) + 3 * DUE + test_slack_ns;
	for (i = 0; i < N; i++) {
		if (sleeps[i].clock == END)
			continue;
		while (waitpid(pid[i], &status, WNOHANG) == 0) {
			check(clock_ns(CLOCK_MONOTONIC) < end, "%s does not end", sleeps[i].what);
			sleep_ns(50 * MSEC);
		}
		check_is(status, 0, sleeps[i].what);
	}
	/* the others must still be asleep: let them go */
	for (i = 0; i < N; i++)
		if (sleeps[i].clock == END)
			check(waitpid(pid[i], &status, WNOHANG) == 0, "%s ended without a reason", sleeps[i].what);
	*word = 1;
	check_is(futex(FUTEX_WAKE, INT_MAX, NULL), 2, "waiters on a futex");
	for (i = 0; i < N; i++)
		if (sleeps[i].call == s_pause || sleeps[i].call == s_sigsuspend || sleeps[i].call == s_sigwaitinfo)
			sys(kill(pid[i], SIGUSR1));
	/* one byte for the reader; the others look at it first, so it comes until they have seen it */
	for (i = 0; i < N; i++) {
		if (sleeps[i].call == s_poll_forever || sleeps[i].call == s_select_forever ||
		    sleeps[i].call == s_read)
			check(write(pipes[1], "!", 1) == 1);
	}
	for (i = 0; i < N; i++)
		if (sleeps[i].clock == END)
			test_reap(pid[i]);
	for (i = 0; i < N; i++) {
		check(pread(results, &slots[i], sizeof(slots[i]), i * sizeof(slots[i])) == sizeof(slots[i]));
		slot_check(i);
	}
	test_pass();
}

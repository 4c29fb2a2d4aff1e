// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that are stopped (SIGSTOP, SIGTSTP), told of or not, in all kinds of
 * system calls, with threads, with signals that wait: they do not run, their parent is
 * told what it was not told before, and with SIGCONT they go on where they stood.
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sys/prctl.h>

static volatile sig_atomic_t got;
static volatile uint32_t *count;	/* shared with all children */
enum { THREADS = 3, TERM = THREADS, DONE };

static void on_signal(int sig)
{
	got = sig;
	if (sig == SIGTERM)
		count[TERM]++;
}

static void handle(int sig)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sys(sigaction(sig, &sa, NULL));
}

static void field(pid_t pid, const char *name, char *value)
{
	char path[64], line[256];
	size_t n = strlen(name);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	check(f);
	*value = 0;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, n) && line[n] == ':')
			strcpy(value, line + n + 1);
	fclose(f);
	check(*value, "%s of %d", name, pid);
}

static char state(pid_t pid)
{
	char value[256];

	field(pid, "State", value);
	return value[1];
}

static void await_state(pid_t pid, char want)
{
	int i;

	for (i = 0; state(pid) != want; i++) {
		check(i < 3000, "process %d is %c, not %c", pid, state(pid), want);
		sleep_ns(20 * MSEC);
	}
}

/* Not told: waitid() leaves it to be told again. */
static void await_stop(pid_t pid, int flags)
{
	siginfo_t info;

	sys(waitid(P_PID, pid, &info, WSTOPPED | flags));
	check_is(info.si_code, CLD_STOPPED, "si_code");
	await_state(pid, 'T');
}

static void stop_it(pid_t pid, int sig, int flags)
{
	sys(kill(pid, sig));
	await_stop(pid, flags);
}

static void nothing_to_tell(pid_t pid)
{
	siginfo_t info = { 0 };

	sys(waitid(P_PID, pid, &info, WSTOPPED | WCONTINUED | WEXITED | WNOHANG));
	check_is(info.si_pid, 0, "si_pid");
}

static void told(pid_t pid, int flag, int code, int status)
{
	siginfo_t info = { 0 };

	sys(waitid(P_PID, pid, &info, flag | WNOHANG));
	check_is(info.si_pid, pid, "si_pid");
	check_is(info.si_code, code, "si_code");
	check_is(info.si_status, status, "si_status");
}

/* --- what they do -------------------------------------------------------------------------------- */

static void in_pause(void)
{
	sigset_t none;

	handle(SIGCONT);
	sigemptyset(&none);
	check_is(sigsuspend(&none), -1, "sigsuspend");
	check_is(errno, EINTR, "errno");
	check_is(got, SIGCONT, "the signal");
}

static void in_nanosleep(void)
{
	struct timespec ts = { .tv_sec = 10 };

	check(!nanosleep(&ts, NULL), "nanosleep: %s", strerror(errno));
}

static int pipe_fds[2];

static void in_read(void)
{
	char c;

	check_is(sys(read(pipe_fds[0], &c, 1)), 1, "read");
	check_is(c, 'x', "byte");
}

/* SIGTERM waits for SIGCONT; SIGUSR1 is blocked, and stays so */
static void with_signals(void)
{
	sigset_t set;

	handle(SIGTERM);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sys(sigprocmask(SIG_BLOCK, &set, NULL));
	while (!count[TERM])
		usleep(50000);	/* which a signal ends */
	sys(sigpending(&set));
	check(sigismember(&set, SIGUSR1));
}

static void *counts(void *arg)
{
	volatile uint32_t *c = arg;

	while (*c < UINT32_MAX)
		if ((++*c & 0xff) == 0)
			sleep_ns(MSEC);
	return NULL;
}

static void with_threads(void)
{
	pthread_t t;
	int i;

	for (i = 0; i < THREADS; i++)
		thr(pthread_create(&t, NULL, counts, (void *)&count[i]));
	while (!count[DONE])
		sleep_ns(100 * MSEC);
}

static void just_wait(void)
{
	while (!count[DONE])
		sleep_ns(100 * MSEC);
}

static pid_t start(void (*fn)(void))
{
	pid_t pid = test_fork();

	if (!pid) {
		/* a group with a parent outside it: in an orphaned one SIGTSTP stops nobody */
		sys(setpgid(0, 0));
		fn();
		_exit(0);
	}
	sleep_ns(200 * MSEC);
	await_state(pid, 'S');
	return pid;
}

int main(void)
{
	pid_t known, untold, resumed, pausing, sleeping, reading, signalled, threads, init_like;
	char mask[256], then[256];
	uint32_t c[THREADS];
	siginfo_t info;
	int i;

	count = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(count != MAP_FAILED);
	sys(pipe(pipe_fds));
	known = start(just_wait);
	stop_it(known, SIGSTOP, 0);
	untold = start(just_wait);
	stop_it(untold, SIGTSTP, WNOWAIT);
	resumed = start(just_wait);
	stop_it(resumed, SIGTTIN, 0);
	sys(kill(resumed, SIGCONT));
	pausing = start(in_pause);
	stop_it(pausing, SIGSTOP, 0);
	sleeping = start(in_nanosleep);
	stop_it(sleeping, SIGSTOP, 0);
	reading = start(in_read);
	stop_it(reading, SIGSTOP, 0);
	signalled = start(with_signals);
	stop_it(signalled, SIGTTOU, 0);
	sys(kill(signalled, SIGUSR1));
	sys(kill(signalled, SIGTERM));
	threads = start(with_threads);
	while (!count[0] || !count[1] || !count[2])
		sleep_ns(20 * MSEC);
	stop_it(threads, SIGSTOP, 0);
	for (i = 0; i < THREADS; i++)
		c[i] = count[i];
	/* it is killed while it is stopped, later */
	init_like = start(just_wait);
	stop_it(init_like, SIGSTOP, 0);
	field(signalled, "SigBlk", mask);
	test_ready();
	test_wait();

	field(signalled, "SigBlk", then);
	check(!strcmp(mask, then), "blocked signals: %s, not %s", then, mask);
	const pid_t stopped[] = { known, untold, pausing, sleeping, reading, signalled, threads, init_like };

	for (i = 0; i < (int)ARRAY_SIZE(stopped); i++)
		check(state(stopped[i]) == 'T', "number %d is %c", i, state(stopped[i]));
	nothing_to_tell(known);
	told(untold, WSTOPPED, CLD_STOPPED, SIGTSTP);
	nothing_to_tell(untold);
	told(resumed, WCONTINUED, CLD_CONTINUED, SIGCONT);
	check_is(count[TERM], 0, "SIGTERM of a stopped process");
	for (i = 0; i < THREADS; i++)
		check_is(count[i], c[i], "what a stopped thread counts");
	sys(write(pipe_fds[1], "x", 1));
	for (i = 0; i < 7; i++)
		sys(kill(stopped[i], SIGCONT));
	sys(waitid(P_PID, known, &info, WCONTINUED));
	check_is(info.si_code, CLD_CONTINUED, "si_code");
	for (i = 0; i < THREADS; i++)
		while (count[i] == c[i])
			sleep_ns(20 * MSEC);
	count[DONE] = 1;
	for (i = 0; i < 7; i++)
		test_reap(stopped[i]);
	test_reap(resumed);
	sys(kill(init_like, SIGKILL));
	sys(waitpid(init_like, &i, 0));
	check(WIFSIGNALED(i) && WTERMSIG(i) == SIGKILL);
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals that come in all the time: none is lost, doubled or overtaken.
 *
 * drive: moves
 */
#include "cpt_test.h"

static volatile long caught, last, lost;

static void counter(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	if (si->si_value.sival_int != last + 1)
		lost++;
	last = si->si_value.sival_int;
	caught++;
}

static void send_to(pid_t to)
{
	union sigval v;
	int n = 0;

	while (!test_going()) {
		v.sival_int = n + 1;
		if (!sigqueue(to, SIGRTMIN, v))
			n++;
		else
			check_is(errno, EAGAIN, "sigqueue");
		usleep(2000);
	}
	v.sival_int = n + 1;
	while (sigqueue(to, SIGRTMIN, v))	/* the last */
		usleep(1000);
	_exit(0);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = counter, .sa_flags = SA_SIGINFO };
	pid_t to = getpid(), pid;
	int n;

	sys(sigaction(SIGRTMIN, &sa, NULL));
	pid = test_fork();
	if (!pid)
		send_to(to);
	test_ready();
	while (waitpid(pid, &n, WNOHANG) == 0)
		usleep(10000);		/* EINTR is its daily bread */
	while (caught < last)
		usleep(1000);
	check_is(n, 0, "status of the sender");
	check_is(lost, 0, "signals lost, doubled or out of order");
	check(caught > 10, "only %ld signals came", caught);
	test_pass();
}


// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfd and signalfd: counts, semaphores, masks, flags; shared with a child; with
 * readers and a writer that wait.
 */
#include "cpt_test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

static int count, semaphore, full, waited, shared, empty;
static int sigs, sig_other;

static uint64_t take(int fd)
{
	uint64_t n = 0;

	check(read(fd, &n, 8) == 8, "read: %s", strerror(errno));
	return n;
}

static void put(int fd, uint64_t n)
{
	check(write(fd, &n, 8) == 8, "write: %s", strerror(errno));
}

static void *reader(void *arg)
{
	check_is(take(waited), 7, "what a waiting reader got");
	return arg;
}

static void *writer(void *arg)
{
	put(full, 5);			/* waits until there is room */
	return arg;
}

static bool readable(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return sys(poll(&p, 1, 0));
}

static pid_t child_with_shared(void)
{
	pid_t pid = test_fork();

	if (pid)
		return pid;
	while (!test_going())
		sleep_ns(50 * MSEC);
	put(shared, 30);
	_exit(0);
}

static void make(void)
{
	sigset_t set;

	count = sys(eventfd(3, EFD_CLOEXEC));
	put(count, 0xfffffffffffffff0ull);
	semaphore = sys(eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK));
	full = sys(eventfd(0, 0));
	put(full, 0xfffffffffffffffeull);
	waited = sys(eventfd(0, 0));
	empty = sys(eventfd(0, EFD_NONBLOCK));
	shared = sys(eventfd(12, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMAX);
	thr(pthread_sigmask(SIG_BLOCK, &set, NULL));
	sigs = sys(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	sigdelset(&set, SIGUSR1);
	sig_other = sys(signalfd(-1, &set, SFD_NONBLOCK));
	sys(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 77 }));
}

static void check_events(void)
{
	uint64_t n;

	check_is(take(count), 0xfffffffffffffff3ull, "a large count");
	check(fcntl(count, F_GETFD) == FD_CLOEXEC && fcntl(semaphore, F_GETFD) == 0, "close-on-exec");
	for (int i = 0; i < 3; i++)
		check_is(take(semaphore), 1, "a semaphore");
	check(read(semaphore, &n, 8) == -1 && errno == EAGAIN, "an empty semaphore: %s", strerror(errno));
	check(!readable(empty) && read(empty, &n, 8) == -1 && errno == EAGAIN, "an empty one");
	check(fcntl(empty, F_GETFL) == (O_RDWR | O_NONBLOCK), "flags %#x", fcntl(empty, F_GETFL));
}

static void check_signals(void)
{
	struct signalfd_siginfo si;

	check(readable(sigs) && !readable(sig_other), "signalfds that are ready");
	check(read(sigs, &si, sizeof(si)) == sizeof(si), "signalfd: %s", strerror(errno));
	check(si.ssi_signo == SIGUSR1 && si.ssi_int == 77, "signal %d %d", si.ssi_signo, si.ssi_int);
	check(read(sigs, &si, sizeof(si)) == -1 && errno == EAGAIN, "one signal too many");
	sys(raise(SIGRTMAX));
	check(readable(sig_other), "its mask has changed");
	check(read(sig_other, &si, sizeof(si)) == sizeof(si) && (int)si.ssi_signo == SIGRTMAX, "another signalfd");
}

int main(void)
{
	pthread_t r, w;
	pid_t child;

	make();
	child = child_with_shared();
	thr(pthread_create(&r, NULL, reader, NULL));
	thr(pthread_create(&w, NULL, writer, NULL));
	sleep_ns(300 * MSEC);
	test_ready();
	test_wait();
	check_events();
	check_signals();
	put(waited, 7);
	thr(pthread_join(r, NULL));
	check_is(take(full), 0xfffffffffffffffeull, "a full one");
	thr(pthread_join(w, NULL));
	check_is(take(full), 5, "what a waiting writer wrote");
	test_reap(child);
	check_is(take(shared), 42, "what parent and child share");
	test_pass();
}

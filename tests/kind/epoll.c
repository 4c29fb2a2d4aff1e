// SPDX-License-Identifier: GPL-2.0-only
/*
 * epoll: level- and edge-triggered, one-shot (armed and fired), exclusive; a ready
 * list in its order; the same file many times; descriptors that are closed, or another
 * file, since; epolls in epolls; a thread that waits; a process that waits for a signal of its own
 * by a signalfd. No event is lost, none comes twice.
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static void add(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	sys(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
}

static int event(unsigned int n)
{
	return sys(eventfd(n, EFD_NONBLOCK));
}

static void put(int fd)
{
	uint64_t one = 1;

	check(write(fd, &one, 8) == 8);
}

static int by_data(const void *a, const void *b)
{
	uint64_t x = ((const struct epoll_event *)a)->data.u64, y = ((const struct epoll_event *)b)->data.u64;

	return x < y ? -1 : x > y;
}

static bool any_order;	/* which of a file's epoll items is woken first is nobody's business */

/* exactly these, in this order; 0 ends the list */
static void expect(int ep, const char *what, const uint64_t *data, uint32_t events)
{
	struct epoll_event e[16];
	int n = sys(epoll_wait(ep, e, 16, 0)), i;

	if (any_order)
		qsort(e, n, sizeof(*e), by_data);
	for (i = 0; i < n; i++) {
		check(data[i] == e[i].data.u64, "%s: event %d is of %#llx", what, i, (unsigned long long)e[i].data.u64);
		check(e[i].events == events, "%s: events %#x of %#llx", what, e[i].events, (unsigned long long)data[i]);
	}
	check(!data[n], "%s: %d events, %#llx is missing", what, n, (unsigned long long)data[n]);
}
#define EXPECT(ep, what, events, ...) expect(ep, what, (const uint64_t[]){ __VA_ARGS__ __VA_OPT__(,) 0 }, events)

static int level, l_quiet, l_ready;
static int edge, e_told, e_untold, e_quiet;
static int once, o_fired, o_armed;
static int many, m_file, m_dup;
static int gone, g_file;
static int outer, inner, in_file;
static int order, ord[5];
static int waiting, w_file;
static int mixed, pipes[2], timer;

static void make_level(void)
{
	level = sys(epoll_create1(EPOLL_CLOEXEC));
	l_quiet = event(0);
	l_ready = event(1);
	add(level, l_quiet, EPOLLIN, 0x1111222233334444);
	add(level, l_ready, EPOLLIN | EPOLLEXCLUSIVE, 0xffffffffffffffff);
	EXPECT(level, "level", EPOLLIN, 0xffffffffffffffff);
}

static void check_level(void)
{
	EXPECT(level, "level", EPOLLIN, 0xffffffffffffffff);
	EXPECT(level, "level, again", EPOLLIN, 0xffffffffffffffff);
	put(l_quiet);
	EXPECT(level, "level, both", EPOLLIN, 0xffffffffffffffff, 0x1111222233334444);
	check(fcntl(level, F_GETFD) == FD_CLOEXEC, "close-on-exec");
}

static void make_edge(void)
{
	edge = sys(epoll_create1(0));
	e_told = event(1);
	e_untold = event(0);
	e_quiet = event(0);
	add(edge, e_told, EPOLLIN | EPOLLET, 1);
	EXPECT(edge, "edge", EPOLLIN, 1);
	EXPECT(edge, "edge, again", EPOLLIN);
	add(edge, e_untold, EPOLLIN | EPOLLET, 2);
	put(e_untold);
	add(edge, e_quiet, EPOLLIN | EPOLLET, 3);
}

static void check_edge(void)
{
	EXPECT(edge, "edge: what was not told", EPOLLIN, 2);
	EXPECT(edge, "edge, again", EPOLLIN);
	put(e_told);
	put(e_quiet);
	EXPECT(edge, "edge: new ones", EPOLLIN, 1, 3);
}

static void make_once(void)
{
	once = sys(epoll_create1(0));
	o_fired = event(1);
	o_armed = event(0);
	add(once, o_fired, EPOLLIN | EPOLLONESHOT, 10);
	EXPECT(once, "one-shot", EPOLLIN, 10);
	add(once, o_armed, EPOLLIN | EPOLLONESHOT, 11);
}

static void check_once(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = 12 };

	put(o_fired);
	EXPECT(once, "one-shot that has fired", EPOLLIN);
	put(o_armed);
	EXPECT(once, "one-shot that is armed", EPOLLIN, 11);
	EXPECT(once, "one-shot, again", EPOLLIN);
	sys(epoll_ctl(once, EPOLL_CTL_MOD, o_fired, &e));
	EXPECT(once, "one-shot, armed again", EPOLLIN, 12);
}

static void make_many(void)
{
	many = sys(epoll_create1(0));
	m_file = event(0);
	add(many, m_file, EPOLLIN, 20);
	m_dup = sys(dup(m_file));
	add(many, m_dup, EPOLLIN, 21);
	/* by a number that was closed, and is another file now; the file lives on */
	gone = sys(epoll_create1(0));
	g_file = event(0);
	sys(dup2(g_file, 50));
	add(gone, 50, EPOLLIN, 30);
	sys(dup2(m_file, 50));
	add(gone, 50, EPOLLIN, 31);
	sys(dup2(g_file, 51));
	add(gone, 51, EPOLLIN, 32);
	close(51);
}

static void check_many(void)
{
	any_order = true;
	put(m_file);
	EXPECT(many, "one file, twice", EPOLLIN, 20, 21);
	EXPECT(gone, "a number used twice: the second", EPOLLIN, 31);
	put(g_file);
	EXPECT(gone, "a number used twice", EPOLLIN, 30, 31, 32);
	/* the second's number is that of a descriptor, the others' are not */
	sys(epoll_ctl(gone, EPOLL_CTL_DEL, 50, NULL));
	EXPECT(gone, "without the second", EPOLLIN, 30, 32);
	check(epoll_ctl(gone, EPOLL_CTL_DEL, 51, NULL) == -1 && errno == EBADF);
	sys(dup2(g_file, 51));
	sys(epoll_ctl(gone, EPOLL_CTL_DEL, 51, NULL));
	EXPECT(gone, "without the third", EPOLLIN, 30);
	any_order = false;
}

static void make_nested(void)
{
	inner = sys(epoll_create1(0));
	in_file = event(0);
	add(inner, in_file, EPOLLIN, 40);
	outer = sys(epoll_create1(0));
	add(outer, inner, EPOLLIN, 41);
	sys(dup2(inner, 60));	/* has the higher number, and is seen later */
	order = sys(epoll_create1(0));
	for (int i = 0; i < 5; i++) {
		ord[i] = event(0);
		add(order, ord[i], EPOLLIN, 100 + i);
	}
	for (int i = 0; i < 5; i++)
		put(ord[(3 * i + 2) % 5]);	/* 2 0 3 1 4 */
}

static void check_nested(void)
{
	EXPECT(outer, "an epoll in an epoll", EPOLLIN);
	put(in_file);
	EXPECT(outer, "an epoll in an epoll", EPOLLIN, 41);
	EXPECT(inner, "the inner one", EPOLLIN, 40);
	EXPECT(order, "a ready list", EPOLLIN, 102, 100, 103, 101, 104);
}

static void make_mixed(void)
{
	struct itimerspec it = { { 0, 0 }, { 0, 1 } };

	mixed = sys(epoll_create1(0));
	sys(pipe2(pipes, O_NONBLOCK));
	add(mixed, pipes[1], EPOLLOUT | EPOLLET, 70);
	EXPECT(mixed, "a pipe", EPOLLOUT, 70);
	add(mixed, pipes[0], EPOLLIN | EPOLLRDHUP, 71);
	timer = sys(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	sys(timerfd_settime(timer, 0, &it, NULL));
	sleep_ns(50 * MSEC);
	add(mixed, timer, EPOLLIN | EPOLLET, 72);
	EXPECT(mixed, "a timer", EPOLLIN, 72);
}

static void check_mixed(void)
{
	EXPECT(mixed, "what was told", EPOLLIN);
	check(write(pipes[1], "x", 1) == 1);
	EXPECT(mixed, "a pipe", EPOLLIN, 71);
}

/* A pipe that has come to its end; another one while somebody is told of it by a signal. */
static int hup, hup_pipe[2], hup_signal[2];
static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void make_hup(void)
{
	hup = sys(epoll_create1(0));
	sys(pipe2(hup_pipe, O_NONBLOCK));
	close(hup_pipe[1]);
	add(hup, hup_pipe[0], EPOLLIN | EPOLLET, 90);
	EXPECT(hup, "the end of a pipe", EPOLLHUP, 90);
	sys(pipe2(hup_signal, O_NONBLOCK));
	close(hup_signal[1]);
	signal(SIGIO, on_signal);
	sys(fcntl(hup_signal[0], F_SETOWN, getpid()));
	sys(fcntl(hup_signal[0], F_SETFL, O_NONBLOCK | O_ASYNC));
}

static void check_hup(void)
{
	EXPECT(hup, "the end of a pipe, which was told", EPOLLIN);
	check(!signals, "%d signals of a pipe that came to its end before", (int)signals);
}

/* Who adds a signalfd is woken by signals: a child, asleep until USR1 comes, with a USR2 that waits. */
static void signals_child(int step)
{
	int ep = sys(epoll_create1(0)), pending = sys(epoll_create1(0)), usr1, usr2;
	struct signalfd_siginfo si;
	struct epoll_event e;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	usr1 = sys(signalfd(-1, &set, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	usr2 = sys(signalfd(-1, &set, 0));
	sigaddset(&set, SIGUSR1);
	sys(sigprocmask(SIG_BLOCK, &set, NULL));
	add(ep, usr1, EPOLLIN, 95);
	add(pending, usr2, EPOLLIN, 96);
	sys(kill(getpid(), SIGUSR2));
	EXPECT(pending, "a signal", EPOLLIN, 96);
	sys(write(step, "", 1));
	check(epoll_wait(ep, &e, 1, -1) == 1 && e.data.u64 == 95, "a signal to a sleeper: %s", strerror(errno));
	check(read(usr1, &si, sizeof(si)) == sizeof(si) && si.ssi_signo == SIGUSR1, "another signal");
	EXPECT(pending, "a signal that waits", EPOLLIN, 96);
	check(read(usr2, &si, sizeof(si)) == sizeof(si) && si.ssi_signo == SIGUSR2, "another signal");
	_exit(0);
}

static pid_t make_signals(void)
{
	pid_t child;
	int step[2];
	char byte;

	sys(pipe(step));
	child = test_fork();
	if (!child)
		signals_child(step[1]);
	sys(read(step[0], &byte, 1));
	close(step[0]);
	close(step[1]);
	return child;
}

static void *waiter(void *arg)
{
	struct epoll_event e;
	int n = epoll_wait(waiting, &e, 1, -1);

	check(n == 1 && e.data.u64 == 80, "a waiting thread: %d, %s", n, strerror(errno));
	return arg;
}

int main(void)
{
	pid_t child = make_signals();
	pthread_t t;

	make_level();
	make_edge();
	make_once();
	make_many();
	make_nested();
	make_mixed();
	make_hup();
	waiting = sys(epoll_create1(0));
	w_file = event(0);
	add(waiting, w_file, EPOLLIN, 80);
	thr(pthread_create(&t, NULL, waiter, NULL));
	sleep_ns(200 * MSEC);
	test_ready();
	test_wait();
	check_level();
	check_edge();
	check_once();
	check_many();
	check_nested();
	check_mixed();
	check_hup();
	sys(kill(child, SIGUSR1));
	test_reap(child);
	put(w_file);
	thr(pthread_join(t, NULL));
	test_pass();
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CPT_GEN_EVENTS_H
#define _CPT_GEN_EVENTS_H
/*
 * Kinds of tests/gen: what tells of events: eventfd, signalfd, timerfd, epoll, inotify, pidfd.
 */
#include "gen.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static bool make_eventfd(struct obj *o, int *fd)
{
	o->a = one_in(3) ? 0 : one_in(4) ? 0xffffffff00000000ull + rnd(100) : rnd(10);
	o->state = one_in(3);
	fd[0] = osys(o, eventfd(0, EFD_NONBLOCK | (o->state ? EFD_SEMAPHORE : 0) | PICK(0, EFD_CLOEXEC)));
	if (o->a)
		check(write(fd[0], &o->a, 8) == 8);
	if (one_in(3))
		osys(o, fcntl(fd[0], F_SETFL, 0));
	return true;
}

static void check_eventfd(struct obj *o, int end, int fd)
{
	uint64_t v = 0, left = o->a;
	int i;

	(void)end;
	osys(o, fcntl(fd, F_SETFL, O_NONBLOCK));
	for (i = 0; left && i < 20; i++) {	/* of a large semaphore, not all */
		want(o, read(fd, &v, 8) == 8, "%s", strerror(errno));
		want(o, v == (o->state ? 1 : o->a), "%llu", (unsigned long long)v);
		left -= v;
	}
	if (!left)
		want(o, read(fd, &v, 8) == -1 && errno == EAGAIN, "more than that");
}

static const int some_signals[] = { SIGUSR1, SIGUSR2, SIGHUP, SIGWINCH };

static bool make_signalfd(struct obj *o, int *fd)
{
	sigset_t s;
	int i;

	sigemptyset(&s);
	o->a = 1 + rnd(15);
	for (i = 0; i < 4; i++)
		if (o->a >> i & 1)
			sigaddset(&s, some_signals[i]);
	fd[0] = osys(o, signalfd(-1, &s, SFD_NONBLOCK | PICK(0, SFD_CLOEXEC)));
	return true;
}

static void check_signalfd(struct obj *o, int end, int fd)
{
	struct signalfd_siginfo info;
	sigset_t s, was;
	int i;

	(void)end;
	sigfillset(&s);
	thr(pthread_sigmask(SIG_BLOCK, &s, &was));
	for (i = 0; i < 4; i++) {
		void (*old)(int) = signal(some_signals[i], SIG_DFL);

		sys(kill(getpid(), some_signals[i]));
		if (o->a >> i & 1)
			want(o, read(fd, &info, sizeof(info)) == sizeof(info) && (int)info.ssi_signo == some_signals[i], "signal %d",
			     some_signals[i]);
		else
			want(o, read(fd, &info, sizeof(info)) == -1 && errno == EAGAIN, "a signal that is none of its own");
		signal(some_signals[i], SIG_IGN);	/* and is gone */
		signal(some_signals[i], old);
	}
	thr(pthread_sigmask(SIG_SETMASK, &was, NULL));
}

/* state: 0 off, 1 far away, 2 expired */
static bool make_timerfd(struct obj *o, int *fd)
{
	struct itimerspec it = { { 0, 0 }, { 0, 0 } };

	o->mode = PICK(CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME);
	o->state = rnd(3);
	fd[0] = osys(o, timerfd_create(o->mode, TFD_NONBLOCK | PICK(0, TFD_CLOEXEC)));
	if (o->state == 1) {
		it.it_value.tv_sec = 100000 + rnd(100000);
		it.it_interval.tv_sec = rnd(2) * rnd(1000);
		it.it_interval.tv_nsec = rnd(2) * rnd(1000000);
	} else if (o->state == 2) {
		it.it_value.tv_nsec = 1;
	}
	o->a = it.it_interval.tv_sec * NSEC + it.it_interval.tv_nsec;
	o->b = clock_ns(o->mode) + it.it_value.tv_sec * NSEC;
	osys(o, timerfd_settime(fd[0], 0, &it, NULL));
	while (o->state == 2 && poll(&(struct pollfd){ fd[0], POLLIN, 0 }, 1, 1000) != 1)
		;
	return true;
}

static void check_timerfd(struct obj *o, int end, int fd)
{
	struct itimerspec it;
	uint64_t v = 0;
	int64_t left;

	(void)end;
	if (o->state == 2) {
		want(o, read(fd, &v, 8) == 8 && v == 1, "it expired %llu times", (unsigned long long)v);
		return;
	}
	want(o, read(fd, &v, 8) == -1 && errno == EAGAIN, "it expired");
	osys(o, timerfd_gettime(fd, &it));
	left = it.it_value.tv_sec * NSEC + it.it_value.tv_nsec;
	want(o, it.it_interval.tv_sec * NSEC + it.it_interval.tv_nsec == (int64_t)o->a, "interval");
	if (o->state == 0)
		want(o, left == 0, "it runs");
	else	/* by its own clock, which a restore has not moved, the host's excepted */
		want(o, llabs((int64_t)o->b - clock_ns(o->mode) - left) < (o->mode == CLOCK_REALTIME ? 900 : 1) * NSEC,
		     "%lld s are left, not %lld", (long long)(left / NSEC), (long long)((int64_t)o->b - clock_ns(o->mode)) / NSEC);
}

/*
 * An epoll of what this process has. list: ends, 16 at most; a: bits of those that are
 * edge-triggered, b: one-shots, c: those that were told by then and are told no more.
 */
static bool make_epoll(struct obj *o, int *fd)
{
	struct proc *p = &m->proc[me];
	struct epoll_event e, got[16];
	int i, n;

	fd[0] = osys(o, epoll_create1(PICK(0, EPOLL_CLOEXEC)));
	o->a = o->b = o->c = 0;
	for (i = rnd(9); i > 0 && p->n; i--) {
		struct held *h = &p->held[rnd(p->n)];
		struct obj *t = obj_of(h->end);

		if (!kinds[t->kind].pollable || t->depth >= 3 || t == o)
			continue;
		e.events = PICK(EPOLLIN, EPOLLIN, EPOLLIN | EPOLLOUT, EPOLLOUT, EPOLLIN | EPOLLPRI | EPOLLRDHUP);
		if (t->half)
			e.events = EPOLLIN;
		if (one_in(3))
			e.events |= EPOLLET, o->a |= 1u << o->nlist;
		if (one_in(4))
			e.events |= EPOLLONESHOT, o->b |= 1u << o->nlist;
		e.data.u64 = (uint64_t)o->seed << 32 | o->nlist;
		if (epoll_ctl(fd[0], EPOLL_CTL_ADD, h->fd, &e)) {
			want(o, errno == EEXIST || errno == ELOOP, "fd %d: %s", h->fd, strerror(errno));
			o->a &= ~(1u << o->nlist);
			o->b &= ~(1u << o->nlist);
			continue;
		}
		if (o->depth <= t->depth)
			o->depth = t->depth + 1;
		t->watched = true;
		o->list2[o->nlist] = e.events;
		o->list[o->nlist++] = h->end;
	}
	if (one_in(2)) {
		n = osys(o, epoll_wait(fd[0], got, 16, 0));
		for (i = 0; i < n; i++)
			o->c |= 1u << (uint32_t)got[i].data.u64;
		o->c &= o->a | o->b;
	}
	return true;
}

/* Which of its files, as far as this process has them, are ready: bits. */
static uint64_t ready_now(struct obj *o)
{
	struct proc *p = &m->proc[me];
	uint64_t bits = 0;
	int i, k;

	for (i = 0; i < o->nlist; i++)
		for (k = 0; k < p->n; k++) {
			struct pollfd f = { p->held[k].fd, o->list2[i], 0 };

			/* an epoll would let go of what is ready in it no more */
			if (p->held[k].end != o->list[i] || kinds[obj_of(o->list[i])->kind].first)
				continue;
			sys(poll(&f, 1, 0));
			if (f.revents & (o->list2[i] | POLLERR | POLLHUP))
				bits |= 1ull << i;
			break;
		}
	return bits;
}

/* No event is lost: what was not told is told; none comes twice. */
static void check_epoll(struct obj *o, int end, int fd)
{
	uint64_t seen = 0, ready = ready_now(o);
	struct epoll_event got[16];
	int i, n = osys(o, epoll_wait(fd, got, 16, 0));

	(void)end;
	for (i = 0; i < n; i++) {
		uint32_t which = got[i].data.u64;

		want(o, got[i].data.u64 >> 32 == o->seed && (int)which < o->nlist && !(seen >> which & 1), "event %d", i);
		seen |= 1u << which;
	}
	want(o, !(seen & o->c & o->b), "one-shots %#llx that were told", (unsigned long long)(seen & o->c & o->b));
	want(o, !(seen & o->c & o->a), "edges %#llx that were told", (unsigned long long)(seen & o->c & o->a));
	want(o, !(ready & ~seen & ~o->c), "%#llx are ready, %#llx were told, and now %#llx", (unsigned long long)ready,
	     (unsigned long long)o->c, (unsigned long long)seen);
	n = osys(o, epoll_wait(fd, got, 16, 0));
	for (i = 0; i < n; i++)
		want(o, !((o->a | o->b) >> (uint32_t)got[i].data.u64 & 1), "event %u comes twice", (uint32_t)got[i].data.u64);
}

#define IN_MASK	(IN_CREATE | IN_DELETE | IN_MOVE | IN_ATTRIB)

/* A directory that it watches, with events nobody has read: o->list, of which the name is a number. */
static bool make_inotify(struct obj *o, int *fd)
{
	char path[96], to[96];
	int i, n, f;

	place_file(o, PICK(0, 1), ".watched");
	osys(o, mkdir(o->path, 0755));
	fd[0] = osys(o, inotify_init1(IN_NONBLOCK | PICK(0, IN_CLOEXEC)));
	for (i = rnd(3); i > 0; i--)	/* holes in the numbers */
		osys(o, inotify_rm_watch(fd[0], osys(o, inotify_add_watch(fd[0], "/", IN_DELETE_SELF))));
	while (read(fd[0], &(char[4096]){ 0 }, 4096) > 0)
		;
	o->a = osys(o, inotify_add_watch(fd[0], o->path, IN_MASK | PICK(0, IN_EXCL_UNLINK)));
	n = rnd(6);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%d", o->path, i);
		f = osys(o, open(path, O_CREAT | O_EXCL | O_WRONLY, 0600));
		o->list[o->nlist++] = IN_CREATE;
		if (one_in(3)) {
			osys(o, fchmod(f, 0640));
			o->list[o->nlist++] = IN_ATTRIB;
		}
		sys(close(f));
		if (one_in(3)) {
			snprintf(to, sizeof(to), "%s/to %d", o->path, i);
			osys(o, rename(path, to));
			o->list[o->nlist++] = IN_MOVED_FROM;
			o->list[o->nlist++] = IN_MOVED_TO;
		}
		if (o->nlist > 11)
			break;
	}
	return true;
}

static void check_inotify(struct obj *o, int end, int fd)
{
	char buf[4096] __attribute__((aligned(8))), path[96];
	ssize_t n = read(fd, buf, sizeof(buf)), at;
	int i = 0;

	(void)end;
	if (!o->nlist)
		want(o, n == -1 && errno == EAGAIN, "events that nobody has made");
	for (at = 0; at < n; i++) {
		struct inotify_event *e = (void *)(buf + at);

		want(o, i < o->nlist && (int)e->mask == o->list[i] && e->wd == (int)o->a, "event %d is %#x of %d, not %#x of %d",
		     i, e->mask, e->wd, i < o->nlist ? o->list[i] : 0, (int)o->a);
		at += sizeof(*e) + e->len;
	}
	want(o, i == o->nlist, "%d events, not %d", i, o->nlist);
	snprintf(path, sizeof(path), "%s/new", o->path);
	close(osys(o, open(path, O_CREAT | O_WRONLY, 0600)));
	n = read(fd, buf, sizeof(buf));
	want(o, n > 0 && ((struct inotify_event *)buf)->mask == IN_CREATE && !strcmp(((struct inotify_event *)buf)->name, "new"),
	     "a new event");
}

/* Of a process, or of one that is dead (a: its pid). */
static bool make_pidfd(struct obj *o, int *fd)
{
	o->state = one_in(4);
	if (o->state) {
		pid_t pid = test_fork();

		if (!pid)
			_exit(0);
		fd[0] = osys(o, syscall(SYS_pidfd_open, pid, 0));
		test_reap(pid);
		return true;
	}
	o->a = m->proc[rnd(m->nprocs)].pid;
	fd[0] = osys(o, syscall(SYS_pidfd_open, (int)o->a, 0));
	return true;
}

static void check_pidfd(struct obj *o, int end, int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	(void)end;
	osys(o, poll(&p, 1, 0));
	want(o, !!(p.revents & POLLIN) == o->state, "poll %#x", p.revents);
	if (o->state)
		want(o, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == -1 && errno == ESRCH, "of somebody");
	else
		osys(o, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
}

#endif

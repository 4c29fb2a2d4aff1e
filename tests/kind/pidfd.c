// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidfds: of oneself, the parent, a brother that is younger, a zombie, one that was reaped
 * (twice); of a thread, where there are such; with waiters, in an epoll, shared with a child.
 */
#include "cpt_test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define PIDFD_THREAD O_EXCL

static int self, parent, zombie, gone, gone_too, gone_other, waited, early, thread = -1, ep, edge;
static pid_t zombie_pid, waited_pid, tid, watcher;
static struct stat gone_st, gone_too_st, gone_other_st;

static int pidfd(pid_t pid, int flags)
{
	return sys((int)syscall(SYS_pidfd_open, pid, flags));
}

static bool ready(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return sys(poll(&p, 1, 0)) && (p.revents & POLLIN);
}

/* What fdinfo says. */
static int pid_of(int fd)
{
	char path[64], line[128];
	int pid = -2;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	check(f, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	fclose(f);
	return pid;
}

static int signal_to(int fd, int sig)
{
	return syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

static void *waiter(void *arg)
{
	struct pollfd p = { waited, POLLIN, 0 };

	tid = syscall(SYS_gettid);
	while (poll(&p, 1, -1) < 0)
		check(errno == EINTR);
	check(p.revents & POLLIN);
	return arg;
}

static pid_t dead_child(void)
{
	pid_t pid = test_fork();

	if (!pid)
		_exit(3);
	return pid;
}

static void add(int epfd, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u64 = fd };

	sys(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &e));
}

/* Holds a descriptor of a brother, which is made after it. */
static void watch_brother(int from)
{
	pid_t brother;

	check(read(from, &brother, sizeof(brother)) == sizeof(brother));
	early = pidfd(brother, 0);
	close(from);
	while (access(test_path("kill"), F_OK))
		sleep_ns(50 * MSEC);
	check(!ready(early) && pid_of(early) == brother, "a brother is %d, not %d", pid_of(early), brother);
	sys(signal_to(early, SIGTERM));
	while (!ready(early))
		sleep_ns(20 * MSEC);
	_exit(0);
}

static void make(void)
{
	struct epoll_event e[8];
	int p[2];
	pid_t pid;

	sys(pipe(p));
	watcher = test_fork();
	if (!watcher) {
		close(p[1]);
		watch_brother(p[0]);
	}
	waited_pid = test_fork();
	if (!waited_pid) {
		close(p[0]);
		close(p[1]);
		for (;;)
			pause();
	}
	check(write(p[1], &waited_pid, sizeof(pid_t)) == sizeof(pid_t));
	close(p[0]);
	close(p[1]);
	self = pidfd(getpid(), 0);
	parent = pidfd(getppid(), O_NONBLOCK);
	waited = pidfd(waited_pid, O_NONBLOCK);
	zombie_pid = dead_child();
	zombie = pidfd(zombie_pid, 0);
	while (!ready(zombie))
		sleep_ns(10 * MSEC);
	pid = dead_child();
	gone = pidfd(pid, 0);
	gone_too = pidfd(pid, 0);
	check(waitpid(pid, NULL, 0) == pid);
	pid = dead_child();
	gone_other = pidfd(pid, 0);
	check(waitpid(pid, NULL, 0) == pid);
	ep = sys(epoll_create1(0));
	add(ep, self, EPOLLIN);
	add(ep, waited, EPOLLIN);
	add(ep, gone, EPOLLIN);
	edge = sys(epoll_create1(0));
	add(edge, zombie, EPOLLIN | EPOLLET);
	add(edge, waited, EPOLLIN | EPOLLET);
	check_is(epoll_wait(edge, e, 8, 0), 1, "ready ones");
}

static void look(void)
{
	struct epoll_event e[8];

	check_is(pid_of(self), getpid(), "oneself");
	check_is(pid_of(parent), getppid(), "the parent");
	check_is(pid_of(zombie), zombie_pid, "a zombie");
	check_is(pid_of(waited), waited_pid, "a child");
	check(pid_of(gone) == -1 && pid_of(gone_too) == -1 && pid_of(gone_other) == -1, "the dead");
	check(ready(gone) && ready(gone_too) && ready(gone_other) && ready(zombie), "the dead do not tell so");
	check(!ready(self) && !ready(waited), "the living tell that they died");
	check(signal_to(gone, 0) == -1 && errno == ESRCH && !signal_to(self, 0) && !signal_to(waited, 0), "signals");
	check_is(fcntl(waited, F_GETFL) & O_NONBLOCK, O_NONBLOCK, "O_NONBLOCK");
	check(epoll_wait(ep, e, 8, 0) == 1 && (int)e[0].data.u64 == gone, "what is ready");
	check_is(epoll_wait(edge, e, 8, 0), 0, "an edge that was told");
	sys(fstat(gone, &gone_st));
	sys(fstat(gone_too, &gone_too_st));
	sys(fstat(gone_other, &gone_other_st));
	if (thread >= 0)
		check(pid_of(thread) == tid && !ready(thread), "a thread");
}

int main(void)
{
	struct epoll_event e[8];
	siginfo_t si;
	bool inodes;
	int n;
	pthread_t t;

	make();
	thr(pthread_create(&t, NULL, waiter, NULL));
	sleep_ns(300 * MSEC);
	thread = syscall(SYS_pidfd_open, tid, PIDFD_THREAD);	/* not on every kernel */
	look();
	inodes = gone_st.st_ino != gone_other_st.st_ino;
	check_is(gone_st.st_ino, gone_too_st.st_ino, "inode of one process");
	test_ready();
	test_wait();
	look();
	check_is(gone_st.st_ino, gone_too_st.st_ino, "inode of one process");
	check_is(gone_st.st_ino != gone_other_st.st_ino, inodes, "inode of another process");
	sys(waitid(P_PIDFD, zombie, &si, WEXITED));
	check(si.si_pid == zombie_pid && si.si_status == 3, "a zombie: %d %d", si.si_pid, si.si_status);
	close(sys(open(test_path("kill"), O_CREAT | O_RDWR, 0600)));
	test_reap(watcher);			/* it ends the other */
	thr(pthread_join(t, NULL));
	n = sys(epoll_wait(edge, e, 8, 1000));	/* some kernels tell of the one that was reaped, too */
	check(n && ((int)e[0].data.u64 == waited || (int)e[n - 1].data.u64 == waited), "an edge");
	check(ready(waited) && epoll_wait(ep, e, 8, 0) == 2, "what is ready");
	sys(waitid(P_PIDFD, waited, &si, WEXITED));
	check(si.si_pid == waited_pid && si.si_status == SIGTERM, "a child: %d %d", si.si_pid, si.si_status);
	if (thread >= 0)
		check(ready(thread), "a thread that is gone");
	test_pass();
}

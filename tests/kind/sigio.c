// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that give signals: F_SETOWN to processes, groups, threads, the dead; F_SETSIG; O_ASYNC
 * on pipes, fifos, sockets and terminals; by another user; shared with a child. Leases: kept, and then broken.
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sys/socket.h>

#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS	17
#endif

#define OWNED	10
static struct { int fd, type, pid, sig, flags; unsigned int uids[2]; } owned[OWNED];
static int plain[2], group[2], thread[2], dead[2], other[2], sock[2], tty[2], fifo, only_sig, opened, both_group;
static int lease_w, lease_r, lease_r2;
static volatile pid_t tid;
static pid_t child;

static void owner(int fd, int type, pid_t pid)
{
	struct f_owner_ex o = { type, pid };

	sys(fcntl(fd, F_SETOWN_EX, &o));
}

static void async(int fd, int sig)
{
	sys(fcntl(fd, F_SETSIG, sig));
	sys(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC | O_NONBLOCK));
}

static void *waiter(void *arg)
{
	siginfo_t si;
	sigset_t s;

	tid = syscall(SYS_gettid);
	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN + 3);
	while (sigwaitinfo(&s, &si) < 0)
		check(errno == EINTR);
	check(si.si_fd == thread[0] && si.si_code == POLL_IN, "a thread is told of %d", si.si_fd);
	return arg;
}

/* In the group of the child: both are told. */
static void child_main(void)
{
	siginfo_t si = {};
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN + 2);
	while (sigwaitinfo(&s, &si) < 0)
		check(errno == EINTR);
	check(si.si_fd == both_group, "a group is told of %d", si.si_fd);
	_exit(0);
}

static int lease(const char *suffix, int flags, int type)
{
	int fd = sys(open(test_path(suffix), O_CREAT | O_RDWR, 0644));

	close(fd);
	fd = sys(open(test_path(suffix), flags));
	sys(fcntl(fd, F_SETLEASE, type));
	return fd;
}

static void make(void)
{
	pid_t pid;

	sys(pipe(plain));
	sys(fcntl(plain[0], F_SETOWN, getpid()));
	async(plain[0], SIGRTMIN + 1);
	sys(pipe(group));
	both_group = sys(dup2(group[0], 50));	/* the number that is told */
	sys(fcntl(both_group, F_SETOWN, -child));
	async(both_group, SIGRTMIN + 2);
	sys(pipe(thread));
	owner(thread[0], F_OWNER_TID, tid);
	async(thread[0], SIGRTMIN + 3);
	sys(pipe(dead));
	pid = test_fork();
	if (!pid)
		_exit(0);
	sys(fcntl(dead[0], F_SETOWN, pid));
	test_reap(pid);
	sys(pipe(other));
	sys(syscall(SYS_setresuid, 77, 66, 0));
	sys(fcntl(other[0], F_SETOWN, getpid()));
	sys(syscall(SYS_setresuid, 0, 0, 0));
	sys(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sock));
	sys(fcntl(sock[0], F_SETOWN, getpid()));
	async(sock[0], SIGRTMIN + 5);
	check(write(sock[0], "before", 6) == 6);	/* no news for sock[0] */
	tty[1] = sys(posix_openpt(O_RDWR | O_NOCTTY));
	sys(unlockpt(tty[1]));
	tty[0] = sys(open(ptsname(tty[1]), O_RDWR | O_NOCTTY));
	sys(fcntl(tty[0], F_SETOWN, getpid()));
	async(tty[0], SIGRTMIN + 6);
	sys(fcntl(tty[1], F_SETOWN, -child));	/* and nobody is told */
	sys(mkfifo(test_path("fifo"), 0600));
	fifo = sys(open(test_path("fifo"), O_RDWR | O_NONBLOCK));
	sys(fcntl(fifo, F_SETOWN, getpid()));
	async(fifo, 0);				/* SIGIO */
	only_sig = sys(open("/dev/null", O_RDWR));
	sys(fcntl(only_sig, F_SETSIG, SIGUSR2));
	opened = sys(open(test_path("fifo"), O_RDWR | O_NONBLOCK | O_ASYNC));	/* has no effect */
	lease_w = lease("w", O_RDWR, F_WRLCK);
	sys(fcntl(lease_w, F_SETSIG, SIGRTMIN + 4));
	lease_r = lease("r", O_RDONLY, F_RDLCK);
	lease_r2 = sys(open(test_path("r"), O_RDONLY));
	sys(fcntl(lease_r2, F_SETLEASE, F_RDLCK));
}

static void look(void)
{
	const int fds[OWNED] = { plain[0], group[0], thread[0], dead[0], other[0], only_sig, lease_r,
				  sock[0], tty[0], tty[1] };

	for (int i = 0; i < OWNED; i++) {
		struct f_owner_ex o;

		owned[i].fd = fds[i];
		sys(fcntl(fds[i], F_GETOWN_EX, &o));
		owned[i].type = o.type;
		owned[i].pid = o.pid;
		owned[i].sig = sys(fcntl(fds[i], F_GETSIG));
		owned[i].flags = sys(fcntl(fds[i], F_GETFL));
		sys(fcntl(fds[i], F_GETOWNER_UIDS, owned[i].uids));
	}
}

static void expect(int sig, int fd, int code)
{
	struct timespec t = { 60, 0 };
	siginfo_t si = {};
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	check(sigtimedwait(&s, &si, &t) == sig, "no signal %d: %s", sig, strerror(errno));
	if (sig >= SIGRTMIN)
		check(si.si_fd == fd && si.si_code == code, "signal of %d, not %d, code %d", si.si_fd, fd, si.si_code);
}

static bool pending(void)
{
	sigset_t s;

	sys(sigpending(&s));
	for (int i = 1; i <= SIGRTMAX; i++)
		if (i != SIGCHLD && sigismember(&s, i) == 1)
			return true;
	return false;
}

static void check_signals(void)
{
	check(!pending(), "a signal before anything happened");
	check(write(opened, "x", 1) == 1);
	expect(SIGIO, fifo, POLL_IN);		/* by the other one that is open */
	check(write(plain[1], "x", 1) == 1);
	expect(SIGRTMIN + 1, plain[0], POLL_IN);
	check(write(sock[1], "x", 1) == 1);
	expect(SIGRTMIN + 5, sock[0], POLL_IN);
	check(write(tty[1], "x\n", 2) == 2);
	expect(SIGRTMIN + 6, tty[0], POLL_IN);
	check(write(thread[1], "x", 1) == 1);
	check(write(group[1], "x", 1) == 1);
	check(write(dead[1], "x", 1) == 1 && write(other[1], "x", 1) == 1);
	sys(fcntl(plain[0], F_SETFL, 0));
	check(write(plain[1], "x", 1) == 1);
	check(!pending(), "a signal after O_ASYNC is gone");
}

static void check_leases(void)
{
	check_is(fcntl(lease_w, F_GETLEASE), F_WRLCK, "a write lease");
	check_is(fcntl(lease_r, F_GETLEASE), F_RDLCK, "a read lease");
	check_is(fcntl(lease_r2, F_GETLEASE), F_RDLCK, "another read lease");
	check(open(test_path("w"), O_RDONLY | O_NONBLOCK) == -1 && errno == EWOULDBLOCK, "%s", strerror(errno));
	expect(SIGRTMIN + 4, lease_w, POLL_MSG);
	check_is(fcntl(lease_w, F_GETLEASE), F_RDLCK, "what it must become");
	sys(fcntl(lease_w, F_SETLEASE, F_UNLCK));
	sys(close(sys(open(test_path("w"), O_RDWR | O_NONBLOCK))));
	sys(close(sys(open(test_path("r"), O_RDONLY | O_NONBLOCK))));
	check(open(test_path("r"), O_WRONLY | O_NONBLOCK) == -1 && errno == EWOULDBLOCK, "%s", strerror(errno));
	expect(SIGIO, 0, 0);
}

int main(void)
{
	typeof(owned[0]) was[OWNED];
	pthread_t t;
	sigset_t s;

	sigfillset(&s);
	sigdelset(&s, SIGTERM);
	thr(pthread_sigmask(SIG_SETMASK, &s, NULL));
	thr(pthread_create(&t, NULL, waiter, NULL));
	while (!tid)
		sleep_ns(10 * MSEC);
	child = test_fork();
	if (!child) {
		sys(setpgid(0, 0));
		both_group = 50;
		child_main();
	}
	sleep_ns(200 * MSEC);
	make();
	look();
	memcpy(was, owned, sizeof(was));
	test_ready();
	test_wait();
	look();
	for (int i = 0; i < OWNED; i++)
		check(!memcmp(&was[i], &owned[i], sizeof(was[i])),
		      "%d: owner %d of type %d, not %d of %d; signal %d, not %d; flags %#x, not %#x; ids %u %u, not %u %u", i,
		      owned[i].pid, owned[i].type, was[i].pid, was[i].type, owned[i].sig, was[i].sig, owned[i].flags,
		      was[i].flags, owned[i].uids[0], owned[i].uids[1], was[i].uids[0], was[i].uids[1]);
	check_signals();
	check_leases();
	thr(pthread_join(t, NULL));
	test_reap(child);
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * outside WHAT INIT CGROUP: a process that comes into the VE from the host, with
 * something of the host in its hands. Run on the host; it opens WHAT, joins the
 * VE's namespaces and cgroup, forks, and runs /t/outside, a copy inside, which
 * holds the descriptor. Most become children of the VE's init; "parent" stays a
 * child of the host's, "mnt" stays in the host's mount namespace.
 */
#include "cpt_test.h"

#include <linux/perf_event.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#define FD 33

/* a process of the host's that keeps one end; outside.sh ends it */
static int keep_end(int mine, int others)
{
	pid_t pid = test_fork();

	if (!pid) {
		close(mine);
		pause();
	}
	close(others);
	printf("end %d\n", pid);
	fflush(stdout);
	return mine;
}

/* A queue that has no name any more, of the IPC namespace that we are in. */
static int open_queue(const char *name)
{
	int fd = sys(mq_open(name, O_RDWR | O_CREAT, 0600, NULL));

	sys(mq_unlink(name));
	return fd;
}

/* One of the VE's, by way of a mount that is the host's. */
static int open_in_mount(int init)
{
	static const char at[] = "/root/outside.mq", queue[] = "/root/outside.mq/queue";
	int fd;

	sys(setns(init, CLONE_NEWIPC));
	if (mkdir(at, 0700))
		check(errno == EEXIST);
	sys(mount("mqueue", at, "mqueue", 0, NULL));
	fd = sys(open(queue, O_RDWR | O_CREAT, 0600));
	sys(unlink(queue));
	return fd;		/* it stays mounted: else it would be a mount that the VE alone uses */
}

static int open_what(const char *what)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_TASK_CLOCK,
	};
	char params[256] = { 0 };
	int p[2], fd;

	if (!strcmp(what, "file"))
		return open("/root/outside.file", O_RDWR | O_CREAT, 0600);
	if (!strcmp(what, "dir"))
		return open("/root", O_RDONLY | O_DIRECTORY);
	if (!strcmp(what, "pipe")) {
		sys(pipe(p));
		return keep_end(p[0], p[1]);
	}
	if (!strcmp(what, "eventfd")) {
		p[0] = sys(eventfd(1, 0));
		p[1] = sys(dup(p[0]));
		return keep_end(p[0], p[1]);
	}
	if (!strcmp(what, "perf"))
		return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	if (!strcmp(what, "io_uring"))
		return syscall(SYS_io_uring_setup, 4, params);
	if (!strcmp(what, "pidfd"))
		return syscall(SYS_pidfd_open, 1, 0);
	if (!strcmp(what, "socket")) {
		sys(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
		return keep_end(p[0], p[1]);
	}
	if (!strcmp(what, "mq"))
		return open_queue("/outside");
	if (!strcmp(what, "nsfd"))
		return open("/proc/self/ns/net", O_RDONLY);
	if (!strcmp(what, "setown")) {
		fd = sys(open("/dev/null", O_RDONLY));
		sys(fcntl(fd, F_SETOWN, 1));
		return fd;
	}
	return open("/dev/null", O_RDONLY);	/* of the VE it is not either, but never mind */
}

/* Shared memory of the IPC namespace that we are in, which goes with us. */
static void attach(void)
{
	int id = sys(shmget(IPC_PRIVATE, PAGE, 0600));

	sys(shmat(id, NULL, 0));
	sys(shmctl(id, IPC_RMID, NULL));
}

/* inside: hold it, and say so */
static int hold(const char *what)
{
	char line[64];
	int list;

	sys(prctl(PR_SET_NAME, what));
	list = sys(open("/tmp/outside.list", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
	snprintf(line, sizeof(line), "%s %d %d\n", what, getpid(), FD);
	check(write(list, line, strlen(line)) == (ssize_t)strlen(line));
	close(list);
	while (!test_going())
		sleep_ns(200 * MSEC);
	sys(fcntl(FD, F_GETFD));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argv[1];
	bool parent, mnt, shm, ipc;
	int init, cg, fd, at_mount;
	pid_t pid;
	char text[16];

	if (argc == 2)
		return hold(what);
	check(argc == 4, "outside WHAT INIT CGROUP");
	parent = !strcmp(what, "parent");
	mnt = !strcmp(what, "mnt");
	shm = !strcmp(what, "shm");
	ipc = !strcmp(what, "ipc");
	if (ipc)
		attach();
	fd = open_what(what);
	if (fd < 0)
		test_skip("%s: %s", what, strerror(errno));
	init = sys((int)syscall(SYS_pidfd_open, atoi(argv[2]), 0));
	at_mount = strcmp(what, "mqmount") ? -1 : open_in_mount(init);
	cg = sys(open(argv[3], O_WRONLY | O_CLOEXEC));
	snprintf(text, sizeof(text), "%d", getpid());
	check(write(cg, text, strlen(text)) > 0, "%s: %s", argv[3], strerror(errno));
	sys(setns(init, CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP |
		  CLONE_NEWTIME | (mnt ? 0 : CLONE_NEWNS)));
	if (at_mount >= 0)
		fd = at_mount;
	if (shm)
		attach();
	sys(chdir("/"));
	/* nothing but that descriptor; the streams are the VE's own */
	if (fd != FD) {
		sys(dup2(fd, FD));
	}
	for (int i = 0; i < 64; i++)
		if (i != FD)
			close(i);
	check(open("/dev/null", O_RDWR) == 0);
	dup2(0, 1);
	dup2(0, 2);
	pid = test_fork();
	if (!pid) {
		setsid();
		if (!parent && test_fork())
			_exit(0);
		if (mnt || ipc) {	/* no program of the VE's to run, or its memory is to stay: this one is the host's */
			sys(prctl(PR_SET_NAME, what));
			for (;;)
				pause();
		}
		if (!strcmp(what, "fds")) {	/* a program of its own, with all our capabilities */
			close(FD);
			execl("/t/fds", "/t/fds", NULL);
		}
		execl("/t/outside", "/t/outside", what, NULL);
		_exit(9);
	}
	if (parent || shm)
		pause();	/* until it is killed */
	return 0;
}

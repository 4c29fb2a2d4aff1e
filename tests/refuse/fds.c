// SPDX-License-Identifier: GPL-2.0-only
/*
 * One process for each sort of descriptor that is not supported, named after it,
 * with that descriptor. NAME.list says "sort pid fd" of each. They must be refused
 * by name (fds.sh), and after that still work.
 */
#include "cpt_test.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif

static int other;	/* a second descriptor, where one alone is of no use */

static int stream(int domain, struct sockaddr *a, socklen_t len)
{
	int fd = socket(domain, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, a, len) || listen(fd, 5))
		return -1;
	return fd;
}

/* takes every message, as no filter would */
static int k_unixfilter(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog prog = { 1, &all };
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fd) || setsockopt(fd[0], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		return -1;
	check(write(fd[1], "in flight", 9) == 9);
	other = fd[1];
	return fd[0];
}

static void u_unixfilter(int fd)
{
	char buf[16];

	check(read(fd, buf, 16) == 9 && write(fd, "x", 1) == 1 && read(other, buf, 16) == 1);
}

static int k_unixstamp(void)
{
	int on = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE, fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &on, sizeof(on)) ? -1 : fd;
}

static int k_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	return stream(AF_INET, (void *)&a, sizeof(a));
}

static void u_tcp(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	sys(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len));
	check(on);
}

static int k_udp(void) { return socket(AF_INET6, SOCK_DGRAM, 0); }
static int k_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }
static int k_packet(void) { return socket(AF_PACKET, SOCK_DGRAM, 0); }

/* a watch on what is deleted, but open */
static int k_inogone(void)
{
	int fd = inotify_init();

	other = sys(open("/tmp/fds.watched", O_RDWR | O_CREAT, 0600));
	sys(inotify_add_watch(fd, "/tmp/fds.watched", IN_MODIFY));
	sys(unlink("/tmp/fds.watched"));
	return fd;
}

static int k_inoproc(void)
{
	int fd = inotify_init();

	return inotify_add_watch(fd, "/proc/self/status", IN_MODIFY) < 0 ? -1 : fd;
}

static int k_fanotify(void) { return syscall(SYS_fanotify_init, 0x200 /* FAN_REPORT_FID */, O_RDONLY); }
static int k_landlock(void) { return syscall(444 /* landlock_create_ruleset */, &(uint64_t){ 1 }, 8, 0); }
static int k_fsopen(void) { return syscall(430, "tmpfs", 0); }
static int k_opentree(void) { return syscall(428, AT_FDCWD, "/tmp", 1 /* OPEN_TREE_CLONE */); }
static int k_secret(void) { return syscall(447 /* memfd_secret */, 0); }

static int k_perf(void)
{
	uint32_t attr[32] = { 1 /* PERF_TYPE_SOFTWARE */, sizeof(attr) };

	return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0);
}

static int k_bpf(void)
{
	uint32_t attr[32] = { 2 /* BPF_MAP_TYPE_ARRAY */, 4, 4, 1 };

	return syscall(SYS_bpf, 0 /* BPF_MAP_CREATE */, attr, sizeof(attr));
}

static int k_uring(void)
{
	char params[256] = { 0 };

	return syscall(SYS_io_uring_setup, 4, params);
}

static int k_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api))
		return -1;
	return fd;
}

static int k_pty(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);

	return fd < 0 || grantpt(fd) || unlockpt(fd) ? -1 : fd;
}

/* to save its contents would break the lease */
static int k_gonelease(void)
{
	int fd = sys(open("/tmp/fds.lease", O_RDWR | O_CREAT, 0600));

	sys(fcntl(fd, F_SETLEASE, F_WRLCK));
	sys(unlink("/tmp/fds.lease"));
	return fd;
}
static void u_gonelease(int fd) { check(fcntl(fd, F_GETLEASE) == F_WRLCK); }

static int k_shmlease(void)
{
	int fd = sys(open("/run/fds.lease", O_RDWR | O_CREAT, 0600));

	sys(fcntl(fd, F_SETLEASE, F_WRLCK));
	return fd;
}

static const struct sort {
	const char *name;
	int (*open)(void);
	void (*use)(int fd);
} sorts[] = {
	{ "unixfilter", k_unixfilter, u_unixfilter }, { "unixstamp", k_unixstamp, NULL }, { "tcp", k_tcp, u_tcp },
	{ "udp", k_udp, NULL }, { "netlink", k_netlink, NULL }, { "packet", k_packet, NULL },
	{ "inogone", k_inogone, NULL }, { "inoproc", k_inoproc, NULL },
	{ "fanotify", k_fanotify, NULL }, { "landlock", k_landlock, NULL }, { "fsopen", k_fsopen, NULL },
	{ "opentree", k_opentree, NULL }, { "secret", k_secret, NULL }, { "perf", k_perf, NULL },
	{ "bpf", k_bpf, NULL },
	{ "io_uring", k_uring, NULL }, { "userfaultfd", k_uffd, NULL }, { "pty", k_pty, NULL },
	{ "gonelease", k_gonelease, u_gonelease }, { "shmlease", k_shmlease, u_gonelease },
};
#define N ((int)ARRAY_SIZE(sorts))

static void child(const struct sort *s)
{
	char line[128];
	int fd, list = sys(open(test_path("list"), O_WRONLY | O_APPEND | O_CLOEXEC));

	sys(prctl(PR_SET_NAME, s->name));
	fd = s->open();
	if (fd < 0) {
		snprintf(line, sizeof(line), "%s - %s\n", s->name, strerror(errno));
	} else {
		/* numbers that say something in the sentence */
		sys(dup2(fd, 40));
		close(fd);
		snprintf(line, sizeof(line), "%s %d 40\n", s->name, getpid());
	}
	check(write(list, line, strlen(line)) == (ssize_t)strlen(line));
	close(list);
	while (!test_going())
		sleep_ns(200 * MSEC);
	if (fd >= 0) {
		sys(fcntl(40, F_GETFD));
		if (s->use)
			s->use(40);
	}
	_exit(0);
}

int main(void)
{
	pid_t pid[N];
	int i, n;

	close(sys(open(test_path("list"), O_CREAT | O_TRUNC | O_WRONLY, 0600)));
	for (i = 0; i < N; i++) {
		pid[i] = test_fork();
		if (!pid[i])
			child(&sorts[i]);
	}
	do {	/* until all have written their line */
		char buf[8192];
		int fd = sys(open(test_path("list"), O_RDONLY | O_CLOEXEC));
		ssize_t len = sys(read(fd, buf, sizeof(buf))), k;

		close(fd);
		for (n = 0, k = 0; k < len; k++)
			n += buf[k] == '\n';
		sleep_ns(100 * MSEC);
	} while (n < N);
	test_ready();
	test_wait();
	for (i = 0; i < N; i++)
		test_reap(pid[i]);
	test_pass();
}

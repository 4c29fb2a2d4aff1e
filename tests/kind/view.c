// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files of /proc and /sys: of the kernel, of oneself, of a child, a zombie, a thread,
 * another user; of the dead; read half, read and written; directories, one as the current
 * directory; seen with O_PATH; passed in a socket; namespaces.
 */
#include "cpt_test.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/uio.h>

static pid_t live, zombie, dead, user, in_live, in_dead;
static int self_dir, live_dir, dead_dir, fds_dir, task_dir, sys_dir, exe;
static int meminfo, filesystems, comm, mem, maps, environ_fd, oom, hostname, pathname, of_live, of_zombie, of_thread, of_dead;
static int forward, somaxconn, dead_mounts, dead_net, mounts, mtu, sent[2], other_fd, net_dev;
static const char *const spaces[] = { "pid", "mnt", "net", "ipc", "uts", "cgroup", "time", "user" };
static int ns[ARRAY_SIZE(spaces)];
static volatile int thread_id;
static volatile bool looked;
static char secret[64] = "before";

static int open_at(int flags, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int open_at(int flags, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	fd = open(path, flags);
	check(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

/* What the link of a descriptor says. */
static const char *called(int fd)
{
	static char is[PATH_MAX];
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	is[sys(readlink(path, is, sizeof(is) - 1))] = 0;
	return is;
}

static void read_some(int fd, size_t n)
{
	char buf[256];

	check(read(fd, buf, n) == (ssize_t)n);
}

/* From where it stands, it goes on as a new one does that is put there. */
static void goes_on(int fd, const char *path, off_t at)
{
	char is[8192], want[8192];
	int again = sys(open(path, O_RDONLY));
	ssize_t n, m;

	check_is(lseek(fd, 0, SEEK_CUR), at, "position");
	n = sys(read(fd, is, sizeof(is)));
	sys(lseek(again, at, SEEK_SET));
	m = sys(read(again, want, sizeof(want)));
	check(n > 0 && n == m && !memcmp(is, want, n), "%s goes on with %.20s, not with %.20s", path, is, want);
	close(again);
}

/* A file that begins with @want. */
static void says(int fd, const char *want)
{
	char is[4096] = "";

	check(pread(fd, is, sizeof(is) - 1, 0) > 0 && !strncmp(is, want, strlen(want)), "%s says %.40s, not %s", called(fd), is, want);
}

static void is_dead(int fd)
{
	char buf[64];

	check(pread(fd, buf, sizeof(buf), 0) == -1 && errno == ESRCH, "%s: %s", called(fd), strerror(errno));
}

static void *thread(void *arg)
{
	thread_id = syscall(SYS_gettid);
	while (!looked)
		sleep_ns(50 * MSEC);
	return arg;
}

static pid_t start(void (*run)(void))
{
	pid_t pid = test_fork();

	if (!pid) {
		if (run)
			run();
		else
			while (!test_going())
				sleep_ns(50 * MSEC);
		_exit(0);
	}
	return pid;
}

static void exit_3(void) { _exit(3); }

/* Its current directory is that of a process. */
static void live_in(pid_t pid, bool gone)
{
	char path[64], is[128] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	sys(chdir(path));
	close(sys(open(test_path("moved"), O_CREAT | O_WRONLY, 0600)));
	while (!test_going())
		sleep_ns(50 * MSEC);
	fd = open("status", O_RDONLY);
	if (!gone) {
		check(fd >= 0 && getcwd(is, sizeof(is)) && !strcmp(is, path), "it is in %s", is);
		_exit(0);
	}
	check(fd < 0, "the directory of a dead process has a file");
	check(!getcwd(is, sizeof(is)) && errno == ENOENT, "it is in %s", is);
	sys(readlink("/proc/self/cwd", is, sizeof(is) - 1));
	strcat(path, " (deleted)");
	check(!strcmp(is, path), "it is in %s", is);
	_exit(0);
}

static pid_t start_in(pid_t pid, bool gone)
{
	pid_t who;

	unlink(test_path("moved"));
	who = test_fork();
	if (!who)
		live_in(pid, gone);
	while (access(test_path("moved"), F_OK))
		sleep_ns(20 * MSEC);
	unlink(test_path("moved"));
	return who;
}

/* Another user's own files; what root had opened stays root's. */
static void other_user(void)
{
	int fd, kept = open_at(O_RDONLY, "/proc/self/environ"), own;
	char buf[64];

	sys(setresuid(1000, 1000, 1000));
	own = open_at(O_RDONLY, "/proc/self/status");
	fd = sys(open("/proc/sys/kernel/hostname", O_RDONLY));
	while (!test_going())
		sleep_ns(50 * MSEC);
	check(read(kept, buf, sizeof(buf)) > 0, "environ: %s", strerror(errno));
	check(read(own, buf, sizeof(buf)) > 0 && read(fd, buf, sizeof(buf)) > 0);
	check(open("/proc/sys/kernel/hostname", O_WRONLY) == -1, "another user may set the name");
	_exit(0);
}

static void send_fd(int to, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = "", x = 'x';
	struct iovec iov = { &x, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	sys(sendmsg(to, &msg, 0));
}

static int take_fd(int from)
{
	char control[CMSG_SPACE(sizeof(int))], x;
	struct iovec iov = { &x, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int fd;

	sys(recvmsg(from, &msg, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static void die(pid_t pid)
{
	kill(pid, SIGKILL);
	check(waitpid(pid, NULL, 0) == pid);
}

static void open_processes(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d", getpid());
	self_dir = open_at(O_RDONLY | O_DIRECTORY, "%s", name);
	comm = open_at(O_RDWR, "/proc/self/comm");
	mem = open_at(O_RDWR, "/proc/self/mem");
	lseek(mem, (unsigned long)secret, SEEK_SET);
	maps = open_at(O_RDONLY, "/proc/self/maps");
	read_some(maps, 100);
	environ_fd = open_at(O_RDONLY, "/proc/self/environ");
	oom = open_at(O_RDWR, "/proc/self/oom_score_adj");
	fds_dir = open_at(O_RDONLY | O_DIRECTORY, "/proc/self/fd");
	task_dir = open_at(O_RDONLY | O_DIRECTORY, "/proc/self/task");
	exe = open_at(O_PATH | O_NOFOLLOW, "/proc/self/exe");
	pathname = open_at(O_PATH, "/proc/meminfo");
	of_live = open_at(O_RDONLY, "/proc/%d/status", live);
	live_dir = open_at(O_PATH | O_DIRECTORY, "/proc/%d", live);
	of_zombie = open_at(O_RDONLY, "/proc/%d/stat", zombie);
	of_thread = open_at(O_RDONLY, "/proc/self/task/%d/comm", thread_id);
	of_dead = open_at(O_RDONLY, "/proc/%d/status", dead);
	read_some(of_dead, 10);
	dead_dir = open_at(O_RDONLY | O_DIRECTORY, "/proc/%d", dead);
	dead_mounts = open_at(O_RDONLY, "/proc/%d/mounts", dead);
	dead_net = open_at(O_RDONLY, "/proc/%d/net/dev", dead);
}

static void open_others(void)
{
	size_t i;

	meminfo = open_at(O_RDONLY, "/proc/meminfo");
	filesystems = open_at(O_RDONLY, "/proc/filesystems");
	read_some(filesystems, 33);
	hostname = open_at(O_RDWR | O_CLOEXEC, "/proc/sys/kernel/hostname");
	forward = open_at(O_RDWR, "/proc/sys/net/ipv4/ip_forward");
	somaxconn = open_at(O_RDONLY, "/proc/sys/net/core/somaxconn");
	mounts = open_at(O_RDONLY | O_NONBLOCK, "/proc/self/mountinfo");
	read_some(mounts, 40);
	net_dev = open_at(O_RDONLY, "/proc/net/dev");
	read_some(net_dev, 20);
	mtu = open_at(O_RDONLY, "/sys/class/net/lo/mtu");
	sys_dir = open_at(O_RDONLY | O_DIRECTORY, "/sys/kernel");
	for (i = 0; i < ARRAY_SIZE(spaces); i++)
		ns[i] = open_at(O_RDONLY, "/proc/self/ns/%s", spaces[i]);
	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, sent));
	other_fd = open_at(O_RDONLY, "/proc/uptime");
	send_fd(sent[0], other_fd);
	close(other_fd);
}

static int entries(int fd)
{
	DIR *d = fdopendir(dup(fd));
	int n = 0;

	rewinddir(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void check_own(void)
{
	struct pollfd p = { mounts, 0, 0 };
	char buf[64], want[64];

	says(comm, "view\n");
	check(write(comm, "renamed", 7) == 7);
	says(comm, "renamed\n");
	check(write(comm, "view", 4) == 4);
	check(write(mem, "after", 6) == 6 && !strcmp(secret, "after"), "mem wrote %s", secret);
	goes_on(maps, "/proc/self/maps", 100);
	check(pread(environ_fd, buf, sizeof(buf), 0) >= 0, "environ: %s", strerror(errno));
	says(oom, "0\n");
	check(pwrite(oom, "5", 1, 0) == 1);
	says(oom, "5\n");
	check(entries(fds_dir) > 20, "%d descriptors", entries(fds_dir));
	check_is(entries(task_dir), 4, "number of threads and dots");
	check(readlinkat(exe, "", buf, sizeof(buf)) > 0, "exe: %s", strerror(errno));
	check(faccessat(self_dir, "status", F_OK, 0) == 0);
	check(read(pathname, buf, 1) == -1 && errno == EBADF && !strcmp(called(pathname), "/proc/meminfo"));
	goes_on(mounts, "/proc/self/mountinfo", 40);
	check(fcntl(mounts, F_GETFL) & O_NONBLOCK);
	if (strcmp(test_go.modes, "none"))
		check(poll(&p, 1, 0) == 1 && p.revents & POLLERR, "mountinfo tells of no change");
	check(poll(&p, 1, 0) == 0, "mountinfo tells of a change twice");
	snprintf(want, sizeof(want), "/proc/%d/mountinfo", getpid());
	check(!strcmp(called(mounts), want), "it is called %s", called(mounts));
}

static void check_others(void)
{
	char want[64], buf[64];
	int fd;

	says(of_live, "Name:\tview");
	fd = sys(openat(live_dir, "stat", O_RDONLY));
	snprintf(want, sizeof(want), "%d (view)", live);
	says(fd, want);
	snprintf(want, sizeof(want), "%d (view) Z", zombie);
	says(of_zombie, want);
	says(of_thread, "view\n");
	is_dead(of_dead);
	check(openat(dead_dir, "status", O_RDONLY) == -1, "a dead process has a file");
	snprintf(want, sizeof(want), "/proc/%d (deleted)", dead);
	check(!strcmp(called(dead_dir), want), "it is called %s", called(dead_dir));
	snprintf(want, sizeof(want), "/proc/%d/status", dead);
	check(!strncmp(called(of_dead), want, strlen(want)), "it is called %s", called(of_dead));
	check(pread(dead_mounts, buf, sizeof(buf), 0) > 0, "mounts: %s", strerror(errno));
	says(dead_net, "Inter-|");
	says(meminfo, "MemTotal:");
	goes_on(filesystems, "/proc/filesystems", 33);
	goes_on(net_dev, "/proc/net/dev", 20);
	check(pread(hostname, buf, sizeof(buf), 0) > 0 && fcntl(hostname, F_GETFD) == FD_CLOEXEC);
	says(mtu, "65536");
	says(forward, "0");
	check(pwrite(forward, "1", 1, 0) == 1);
	fd = sys(open("/proc/sys/net/ipv4/ip_forward", O_RDONLY));
	says(fd, "1");
	check(pread(somaxconn, buf, sizeof(buf), 0) > 0);
	check(faccessat(sys_dir, "uevent_seqnum", F_OK, 0) == 0 || faccessat(sys_dir, "mm", F_OK, 0) == 0);
	fd = take_fd(sent[1]);
	check(!strcmp(called(fd), "/proc/uptime") && read(fd, buf, 8) > 0, "it is called %s", called(fd));
}

static void check_spaces(void)
{
	struct stat a, b;
	char path[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spaces); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", spaces[i]);
		sys(fstat(ns[i], &a));
		sys(stat(path, &b));
		check(a.st_ino == b.st_ino && a.st_dev == b.st_dev, "%s is another namespace", path);
	}
}

int main(void)
{
	pid_t children[4];
	pthread_t t;
	size_t i;

	live = start(NULL);
	dead = start(NULL);
	zombie = start(exit_3);
	user = start(other_user);
	thr(pthread_create(&t, NULL, thread, NULL));
	while (!thread_id)
		sleep_ns(10 * MSEC);
	open_processes();
	open_others();
	in_live = start_in(live, false);
	in_dead = start_in(dead, true);
	die(dead);
	is_dead(of_dead);
	test_ready();
	test_wait();
	check_own();
	check_others();
	check_spaces();
	looked = true;
	thr(pthread_join(t, NULL));
	check(waitpid(zombie, NULL, 0) == zombie);
	memcpy(children, (pid_t[]){ live, user, in_live, in_dead }, sizeof(children));
	for (i = 0; i < ARRAY_SIZE(children); i++)
		test_reap(children[i]);
	test_pass();
}

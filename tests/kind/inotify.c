// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify: numbers and masks of watches on disk and tmpfs, on files, directories, links and
 * mounts' roots; unread events with names and cookies, an overflow; one-shots; a reader that
 * waits; an epoll; shared with a child. A checkpoint and a restore are no events.
 *
 * drive: alone
 * timeout: 300
 */
#include "cpt_test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

struct event {
	struct inotify_event e;
	char name[256];
};

static int unread, quiet, flood, waited, shared, ep, edge_ep, signals;
static int gone_place, fifo;
static int wd_dir, wd_file, wd_run, wd_link, wd_root, wd_once, wd_shm, wd_high, wd_cgroup;
static int unread_len, limit;

static char *name(const char *what)
{
	char *path;

	check(asprintf(&path, "/tmp/ino.%s", what) > 0);
	return path;
}

static void touch(const char *path)
{
	close(sys(open(path, O_RDWR | O_CREAT, 0600)));
}

/* The next event of @fd; false: there is none. */
static bool next(int fd, struct event *e)
{
	static struct {
		int fd, at, len;
		char buf[65536];
	} q[8];
	size_t i = 0;

	while (q[i].fd && q[i].fd != fd)
		i++;
	if (q[i].at == q[i].len) {
		ssize_t n = read(fd, q[i].buf, sizeof(q[i].buf));

		if (n < 0) {
			check(errno == EAGAIN, "%s", strerror(errno));
			return false;
		}
		q[i].fd = fd;
		q[i].at = 0;
		q[i].len = n;
	}
	memset(e, 0, sizeof(*e));
	memcpy(&e->e, q[i].buf + q[i].at, sizeof(e->e));
	memcpy(e->name, q[i].buf + q[i].at + sizeof(e->e), e->e.len);
	q[i].at += sizeof(e->e) + e->e.len;
	return true;
}

static void expect(int fd, int wd, uint32_t mask, uint32_t cook, const char *nm)
{
	struct event e;

	check(next(fd, &e), "no event %#x of watch %d", mask, wd);
	check(e.e.wd == wd && e.e.mask == mask && e.e.cookie == cook && !strcmp(e.name, nm),
	      "event %#x of watch %d, cookie %u, %s; not %#x, %d, %u, %s", e.e.mask, e.e.wd, e.e.cookie, e.name,
	      mask, wd, cook, nm);
}

static void none(int fd)
{
	struct event e;

	if (next(fd, &e))
		test_fail("event %#x of watch %d: %s", e.e.mask, e.e.wd, e.name);
}

static int watch(int fd, const char *path, uint32_t mask)
{
	return sys(inotify_add_watch(fd, path, mask));
}

static void make_quiet(void)
{
	int wd;

	quiet = sys(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	sys(mkdir(name("dir"), 0755));
	touch("/tmp/ino.dir/there");
	touch("/tmp/ino.file");
	sys(symlink("/tmp/ino.file", name("link")));
	for (int i = 0; i < 3; i++)	/* holes in the numbers */
		sys(inotify_rm_watch(quiet, watch(quiet, "/tmp/ino.file", IN_MODIFY)));
	wd_dir = watch(quiet, "/tmp/ino.dir", IN_ALL_EVENTS);
	wd_file = watch(quiet, "/tmp/ino.file", IN_ALL_EVENTS);
	wd = watch(quiet, "/tmp", IN_CREATE);
	sys(mkdir("/run/ino", 0755));	/* others write to /run itself */
	wd_run = watch(quiet, "/run/ino", IN_ALL_EVENTS | IN_EXCL_UNLINK);
	sys(inotify_rm_watch(quiet, wd));
	wd_link = watch(quiet, name("link"), IN_ALL_EVENTS | IN_DONT_FOLLOW);
	wd_root = watch(quiet, "/", IN_CREATE | IN_DELETE | IN_ONLYDIR);
	wd_once = watch(quiet, "/tmp/ino.dir/there", IN_MODIFY | IN_ONESHOT);
	wd_shm = watch(quiet, "/dev/shm", IN_ALL_EVENTS);
	wd_cgroup = watch(quiet, "/sys/fs/cgroup", IN_CREATE);
	sys(ioctl(quiet, _IOW('I', 0, __s32) /* INOTIFY_IOC_SETNEXTWD */, 1000000));
	wd_high = watch(quiet, "/usr", IN_DELETE_SELF);
	check_is(wd_high, 1000000, "a watch");
	while (read(quiet, &(struct event){}, sizeof(struct event)) > 0)	/* those of the watches taken away */
		;
	/* what a restore makes again, or a dump reads, in the directories that are watched */
	gone_place = sys(open("/dev/shm/ino.gone", O_RDWR | O_CREAT, 0600));
	fill_file(gone_place, 0, 3 * PAGE, 1);
	sys(unlink("/dev/shm/ino.gone"));
	sys(mkfifo("/run/ino/fifo", 0600));
	fifo = sys(open("/run/ino/fifo", O_RDWR | O_NONBLOCK));
	check(write(fifo, "abc", 3) == 3);
	sys(mkdir("/run/ino/sub", 0755));
	touch("/run/ino/sub/file");
	while (read(quiet, &(char[4096]){}, 4096) > 0)
		;
}

static void make_unread(void)
{
	FILE *f;

	unread = sys(inotify_init1(IN_NONBLOCK));
	wd_dir = watch(unread, "/tmp/ino.dir", IN_CREATE | IN_MOVE | IN_DELETE | IN_CLOSE_WRITE);
	touch("/tmp/ino.dir/a file with a name, so long that it needs more than one word");
	sys(rename("/tmp/ino.dir/a file with a name, so long that it needs more than one word", "/tmp/ino.dir/b"));
	sys(mkdir("/tmp/ino.dir/d", 0755));
	sys(inotify_rm_watch(unread, watch(unread, "/tmp/ino.file", IN_MODIFY)));
	sys(rmdir("/tmp/ino.dir/d"));
	sys(ioctl(unread, FIONREAD, &unread_len));
	flood = sys(inotify_init1(IN_NONBLOCK));
	watch(flood, "/tmp/ino.file", IN_ATTRIB | IN_OPEN | IN_CLOSE);
	f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	check(f && fscanf(f, "%d", &limit) == 1);
	fclose(f);
	for (int i = 0; i < limit / 2 + 10; i++)
		touch("/tmp/ino.file");
}

static void check_unread(void)
{
	const char *a = "a file with a name, so long that it needs more than one word";
	struct event e;
	int len;

	sys(ioctl(unread, FIONREAD, &len));
	check_is(len, unread_len, "bytes to read");
	expect(unread, wd_dir, IN_CREATE, 0, a);
	expect(unread, wd_dir, IN_CLOSE_WRITE, 0, a);
	check(next(unread, &e) && e.e.mask == IN_MOVED_FROM && e.e.cookie && !strcmp(e.name, a));
	expect(unread, wd_dir, IN_MOVED_TO, e.e.cookie, "b");
	expect(unread, wd_dir, IN_CREATE | IN_ISDIR, 0, "d");
	expect(unread, 2, IN_IGNORED, 0, "");
	expect(unread, wd_dir, IN_DELETE | IN_ISDIR, 0, "d");
	none(unread);
	touch("/tmp/ino.dir/c");
	expect(unread, wd_dir, IN_CREATE, 0, "c");
	expect(unread, wd_dir, IN_CLOSE_WRITE, 0, "c");
	check_is(watch(unread, "/tmp/ino.dir/c", IN_MODIFY), 3, "the next watch");
}

static void check_flood(void)
{
	struct event e;
	int n = 0;

	while (next(flood, &e) && e.e.mask != IN_Q_OVERFLOW) {
		check(e.e.wd == 1 && e.e.mask == (n % 2 ? IN_CLOSE_WRITE : IN_OPEN), "event %d: %#x", n, e.e.mask);
		n++;
	}
	check(e.e.wd == -1 && e.e.mask == IN_Q_OVERFLOW, "the overflow: %d %#x", e.e.wd, e.e.mask);
	check_is(n, limit, "events before the overflow");
	none(flood);
	touch("/tmp/ino.file");
	expect(flood, 1, IN_OPEN, 0, "");
	expect(flood, 1, IN_CLOSE_WRITE, 0, "");
}

static void check_quiet(void)
{
	int wd[] = { 4, 5, 7, 8, 9, 10, 11, 12, 1000000 };

	none(quiet);
	check(wd_file == wd[1] && wd_run == wd[2] && wd_link == wd[3] && wd_root == wd[4] && wd_once == wd[5] &&
	      wd_shm == wd[6] && wd_cgroup == wd[7], "numbers");
	touch("/tmp/ino.file");
	expect(quiet, wd_file, IN_OPEN, 0, "");
	expect(quiet, wd_file, IN_CLOSE_WRITE, 0, "");
	none(quiet);
	sys(fchownat(AT_FDCWD, name("link"), 0, 0, AT_SYMLINK_NOFOLLOW));
	expect(quiet, wd_link, IN_ATTRIB, 0, "");
	touch("/run/ino/ino.new");
	expect(quiet, wd_run, IN_CREATE, 0, "ino.new");
	expect(quiet, wd_run, IN_OPEN, 0, "ino.new");
	expect(quiet, wd_run, IN_CLOSE_WRITE, 0, "ino.new");
	touch("/dev/shm/ino.new");
	expect(quiet, wd_shm, IN_CREATE, 0, "ino.new");
	expect(quiet, wd_shm, IN_OPEN, 0, "ino.new");
	expect(quiet, wd_shm, IN_CLOSE_WRITE, 0, "ino.new");
	sys(mkdir("/ino.root", 0755));
	sys(rmdir("/ino.root"));
	expect(quiet, wd_root, IN_CREATE | IN_ISDIR, 0, "ino.root");
	expect(quiet, wd_root, IN_DELETE | IN_ISDIR, 0, "ino.root");
	for (int i = 0; i < 2; i++) {
		int fd = sys(open("/tmp/ino.dir/there", O_WRONLY));
		struct event e;

		check(write(fd, "x", 1) == 1);
		close(fd);
		if (i)
			continue;
		while (next(quiet, &e) && e.e.wd != wd_once)	/* the directory's come too */
			check_is(e.e.wd, 4, "watch");
		check(e.e.wd == wd_once && e.e.mask == IN_MODIFY, "%#x", e.e.mask);
		expect(quiet, wd_once, IN_IGNORED, 0, "");
	}
	check_is(watch(quiet, "/usr", IN_MASK_ADD | IN_CREATE), wd_high, "a watch on the same again");
	check_is(watch(quiet, "/etc", IN_CREATE), 1000001, "the next watch");
	check(inotify_rm_watch(quiet, 6) == -1 && errno == EINVAL, "a watch that was taken away");
}

static void *reader(void *arg)
{
	struct event e;

	check(next(waited, &e) && e.e.mask == IN_CREATE && !strcmp(e.name, "now"), "%#x %s", e.e.mask, e.name);
	return arg;
}

static pid_t child_with_shared(void)
{
	pid_t pid = test_fork();

	if (pid)
		return pid;
	while (access("/tmp/ino.wait/now", F_OK))
		sleep_ns(50 * MSEC);
	sys(inotify_rm_watch(shared, 1));
	_exit(0);
}

static void add(int epfd, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u64 = fd };

	sys(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &e));
}

int main(void)
{
	struct epoll_event e;
	pid_t child;
	pthread_t t;
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGIO);
	thr(pthread_sigmask(SIG_BLOCK, &s, NULL));
	make_quiet();
	make_unread();
	waited = sys(inotify_init1(0));
	sys(mkdir(name("wait"), 0755));
	watch(waited, name("wait"), IN_CREATE);
	shared = sys(inotify_init1(IN_NONBLOCK));
	watch(shared, name("wait"), IN_CREATE);
	signals = sys(inotify_init1(IN_NONBLOCK));
	watch(signals, name("wait"), IN_CREATE);
	sys(fcntl(signals, F_SETOWN, getpid()));
	sys(fcntl(signals, F_SETFL, O_ASYNC | O_NONBLOCK));
	ep = sys(epoll_create1(0));
	add(ep, unread, EPOLLIN);
	add(ep, quiet, EPOLLIN);
	edge_ep = sys(epoll_create1(0));
	add(edge_ep, unread, EPOLLIN | EPOLLET);
	check_is(epoll_wait(edge_ep, &e, 1, 0), 1, "events of an epoll");
	child = child_with_shared();
	thr(pthread_create(&t, NULL, reader, NULL));
	sleep_ns(300 * MSEC);
	while (read(quiet, &(char[4096]){}, 4096) > 0)
		;
	test_ready();
	test_wait();
	check(sigpending(&s) == 0 && !sigismember(&s, SIGIO), "a signal before any event");
	check_is(epoll_wait(edge_ep, &e, 1, 0), 0, "events of an edge that was told");
	check(epoll_wait(ep, &e, 1, 0) == 1 && (int)e.data.u64 == unread, "what is ready");
	none(quiet);
	check_unread();
	while (read(quiet, &(char[4096]){}, 4096) > 0)	/* they watch the same directory */
		;
	check_quiet();
	check_flood();
	touch("/tmp/ino.wait/now");
	thr(pthread_join(t, NULL));
	sigemptyset(&s);
	sigaddset(&s, SIGIO);
	check(sigtimedwait(&s, NULL, &(struct timespec){ 60, 0 }) == SIGIO, "no signal");
	test_reap(child);
	expect(shared, 1, IN_CREATE, 0, "now");
	expect(shared, 1, IN_IGNORED, 0, "");
	none(shared);
	test_pass();
}

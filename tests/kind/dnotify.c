// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories that tell of changes by signals (F_NOTIFY): again and again, or once, and not again
 * when that is over; by two open files of one process, and by one that a child has, too; a signal
 * that is pending; the descriptor that signals name; on disk and in a tmpfs. A checkpoint and a
 * restore are no changes.
 *
 * drive: alone
 */
#include "cpt_test.h"

#define AGAIN	(SIGRTMIN + 1)
#define ONCE	(SIGRTMIN + 2)
#define SECOND	(SIGRTMIN + 3)
#define SHARED	(SIGRTMIN + 4)
#define MEMORY	(SIGRTMIN + 5)
#define OVER	(SIGRTMIN + 6)
#define PENDING	(SIGRTMIN + 7)
#define CHILD	(SIGRTMIN + 8)

static int again, once, second, shared, memory, over, pending, stale;

static char *name(const char *dir, const char *what)
{
	char *path;

	check(asprintf(&path, "%s%s%s", dir, *what ? "/" : "", what) > 0);
	return path;
}

static char *dir(const char *what)
{
	char *path = strdup(test_path(what));

	sys(mkdir(path, 0700));
	return path;
}

static int tell(const char *path, int sig, unsigned int mask)
{
	int fd = sys(open(path, O_RDONLY | O_DIRECTORY));

	sys(fcntl(fd, F_SETSIG, sig));
	sys(fcntl(fd, F_NOTIFY, mask));
	return fd;
}

static void touch(const char *path)
{
	close(sys(open(path, O_RDWR | O_CREAT, 0600)));
}

static void append(const char *path)
{
	int fd = sys(open(path, O_RDWR | O_APPEND));

	check(write(fd, "x", 1) == 1);
	close(fd);
}

static bool is_told(int sig, int fd, int seconds)
{
	struct timespec t = { seconds, 0 };
	siginfo_t si = {};
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	if (sigtimedwait(&s, &si, &t) != sig) {
		check(errno == EAGAIN || errno == EINTR, "%s", strerror(errno));
		return false;
	}
	check(si.si_fd == fd && si.si_code == POLL_MSG, "signal %d of %d, not %d, code %d", sig, si.si_fd, fd, si.si_code);
	return true;
}

static void told(int sig, int fd)
{
	check(is_told(sig, fd, 60), "no signal %d of %d", sig, fd);
}

/* Nothing is pending but SIGCHLD. */
static void silence(const char *when)
{
	sigset_t s;

	sys(sigpending(&s));
	for (int i = 1; i <= SIGRTMAX; i++)
		check(i == SIGCHLD || sigismember(&s, i) != 1, "signal %d %s", i, when);
}

/* It asked by a file that is its parent's, too: that gets the signals. */
static void child_main(const char *own)
{
	int fd = sys(dup2(shared, 60));

	sys(fcntl(fd, F_NOTIFY, DN_DELETE | DN_MULTISHOT));
	touch(test_path("child"));
	fd = tell(own, CHILD, DN_ATTRIB | DN_MULTISHOT);
	while (!test_going()) {
		check(!is_told(CHILD, fd, 0), "a child is told of nothing");
		sleep_ns(100 * MSEC);
	}
	sys(chmod(own, 0711));		/* of the directory itself, and of what is in it */
	sys(chmod(name(own, "in"), 0640));
	told(CHILD, fd);
	while (access(test_path("seen"), F_OK))		/* its notices go with it */
		sleep_ns(50 * MSEC);
	_exit(0);
}

int main(void)
{
	char *a = dir("a"), *b = dir("b"), *c = dir("c"), *d = dir("d"), *e = dir("e"), *f = dir("f"), *m = NULL;
	pid_t child;
	sigset_t s;

	sigfillset(&s);
	sigdelset(&s, SIGTERM);
	sys(sigprocmask(SIG_SETMASK, &s, NULL));
	check(asprintf(&m, "/dev/shm/dnotify.%d", getpid()) > 0);
	sys(mkdir(m, 0700));
	touch(name(b, "in"));
	touch(name(d, "in"));
	touch(name(f, "in"));
	again = tell(a, AGAIN, DN_CREATE | DN_DELETE | DN_MULTISHOT);
	second = tell(a, SECOND, DN_RENAME | DN_MULTISHOT);
	once = tell(b, ONCE, DN_MODIFY);
	shared = tell(c, SHARED, DN_CREATE | DN_MULTISHOT);
	memory = tell(m, MEMORY, DN_CREATE | DN_ACCESS | DN_MULTISHOT);
	over = tell(d, OVER, DN_MODIFY);
	append(name(d, "in"));
	told(OVER, over);
	pending = tell(e, PENDING, DN_CREATE | DN_MULTISHOT);
	touch(name(e, "new"));
	stale = tell(e, SIGRTMIN + 9, DN_CREATE | DN_MULTISHOT);
	sys(fcntl(stale, F_NOTIFY, 0));
	again = sys(dup2(again, 50));
	sys(fcntl(again, F_NOTIFY, DN_CREATE));		/* adds to it, and names this one */
	child = test_fork();
	if (!child)
		child_main(f);
	while (access(test_path("child"), F_OK))
		sleep_ns(50 * MSEC);
	test_ready();
	test_wait();
	told(PENDING, pending);
	silence("before anything happened");
	touch(name(a, "one"));
	told(AGAIN, again);
	silence("after a file was made");
	sys(rename(name(a, "one"), name(a, "two")));
	told(SECOND, second);
	told(AGAIN, again);			/* for it came, and went */
	told(AGAIN, again);
	sys(unlink(name(a, "two")));
	told(AGAIN, again);
	append(name(b, "in"));
	told(ONCE, once);
	append(name(b, "in"));
	append(name(d, "in"));
	silence("after it was over");
	touch(name(c, "new"));
	told(SHARED, shared);
	sys(unlink(name(c, "new")));
	told(SHARED, 60);			/* the child's number */
	touch(test_path("seen"));
	touch(name(m, "new"));
	told(MEMORY, memory);
	touch(name(e, "newer"));
	told(PENDING, pending);
	test_reap(child);
	sys(unlink(name(m, "new")));
	touch(name(c, "new"));
	told(SHARED, shared);
	sys(unlink(name(c, "new")));		/* it is gone, and its notice with it */
	close(again);
	touch(name(a, "three"));
	silence("after a descriptor was closed");
	sys(rmdir(m));
	test_pass();
}

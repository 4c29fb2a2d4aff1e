// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks on files: POSIX, open file description and flock(2); ranges, types, owners;
 * shared by fork and dup; on a file on tmpfs, a deleted file and a memfd; with waiters.
 */
#include "cpt_test.h"

#include <sys/file.h>

static int file(const char *suffix)
{
	return sys(open(test_path(suffix), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

static void lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	sys(fcntl(fd, cmd, &l));
}

/* what stands in the way of a write lock on one byte: type, range and owner */
static void expect(int fd, int cmd, off_t at, int type, off_t start, off_t len, pid_t owner)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	sys(fcntl(fd, cmd, &l));
	check_is(l.l_type, type, "type of a lock");
	if (type == F_UNLCK)
		return;
	check(l.l_start == start && l.l_len == len, "a lock at %lld of %lld", (long long)l.l_start, (long long)l.l_len);
	check_is(l.l_pid, owner, "owner of a lock");
}

static int posix, ofd, ofd_dup, bsd, bsd_read, gone, mem, shm;

static void take_locks(void)
{
	posix = file("posix");
	lock(posix, F_SETLK, F_WRLCK, 10, 20);
	lock(posix, F_SETLK, F_RDLCK, 100, 0);
	lock(posix, F_SETLK, F_UNLCK, 15, 5);
	ofd = file("ofd");
	lock(ofd, F_OFD_SETLK, F_WRLCK, 5, 5);
	ofd_dup = sys(dup(ofd));
	bsd = file("bsd");
	sys(flock(bsd, LOCK_EX));
	bsd_read = file("bsd_read");
	sys(flock(bsd_read, LOCK_SH));
	gone = file("gone");
	sys(unlink(test_path("gone")));
	lock(gone, F_SETLK, F_WRLCK, 1, 1);
	mem = sys(memfd_create("locked", MFD_CLOEXEC));
	lock(mem, F_OFD_SETLK, F_WRLCK, 1, 1);
	shm = sys(open("/run/locks.file", O_RDWR | O_CREAT, 0600));
	lock(shm, F_SETLK, F_WRLCK, 0, 1);
}

static int again(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return sys(open(path, O_RDWR));
}

/* a child, which owns none of the POSIX locks, looks at all */
static void look(pid_t owner)
{
	int other_ofd = file("ofd"), other;

	expect(posix, F_GETLK, 9, F_UNLCK, 0, 0, 0);
	expect(posix, F_GETLK, 10, F_WRLCK, 10, 5, owner);
	expect(posix, F_GETLK, 17, F_UNLCK, 0, 0, 0);
	expect(posix, F_GETLK, 29, F_WRLCK, 20, 10, owner);
	expect(posix, F_GETLK, 5000, F_RDLCK, 100, 0, owner);
	expect(gone, F_GETLK, 1, F_WRLCK, 1, 1, owner);
	expect(shm, F_GETLK, 0, F_WRLCK, 0, 1, owner);
	expect(other_ofd, F_OFD_GETLK, 7, F_WRLCK, 5, 5, -1);
	expect(ofd_dup, F_OFD_GETLK, 7, F_UNLCK, 0, 0, 0);	/* its own */
	expect(again(mem), F_OFD_GETLK, 1, F_WRLCK, 1, 1, -1);
	check(flock(file("bsd"), LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK, "an exclusive flock is gone");
	sys(flock(bsd, LOCK_EX));				/* its own, by fork */
	other = file("bsd_read");
	sys(flock(other, LOCK_SH | LOCK_NB));
	check(flock(other, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK, "a shared flock is gone");
	close(other);
}

static pid_t looker(void)
{
	pid_t owner = getpid(), pid = test_fork();

	if (pid)
		return pid;
	look(owner);
	while (!test_going())
		sleep_ns(50 * MSEC);
	look(owner);
	_exit(0);
}

/* waits for the lock until the parent gives it up */
static pid_t waiter(bool posix_lock)
{
	pid_t pid = test_fork();

	if (pid)
		return pid;
	if (posix_lock)
		lock(posix, F_SETLKW, F_WRLCK, 12, 1);
	else
		sys(flock(file("bsd"), LOCK_EX));
	check(test_going(), "a lock was had too early");
	_exit(0);
}

int main(void)
{
	pid_t child, waiters[2];
	int status;

	take_locks();
	child = looker();
	waiters[0] = waiter(true);
	waiters[1] = waiter(false);
	sleep_ns(500 * MSEC);
	test_ready();
	test_wait();
	test_reap(child);
	sleep_ns(200 * MSEC);
	check(waitpid(waiters[0], &status, WNOHANG) == 0 && waitpid(waiters[1], &status, WNOHANG) == 0,
	      "who waits for a lock has got it");
	lock(posix, F_SETLK, F_UNLCK, 0, 0);
	sys(flock(bsd, LOCK_UN));
	test_reap(waiters[0]);
	test_reap(waiters[1]);
	test_pass();
}

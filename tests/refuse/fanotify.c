// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups of fanotify that cannot be saved, a descriptor for each from 40 on: see fanotify.sh.
 * After that a child waits for a permission that its parent does not give.
 */
#include "cpt_test.h"

#include <sched.h>
#include <sys/fanotify.h>

#define FILE_OF(what)	"/tmp/fanotify." what

/* numbers that are the same on x86_64 and i386 */
enum { NR_open_tree = 428, NR_fsopen = 430, NR_fsconfig = 431, NR_fsmount = 432, NR_clone3 = 435 };

static int groups = 40;

static int group(unsigned int flags)
{
	int fd = sys(fanotify_init(flags | FAN_NONBLOCK, O_RDONLY));

	sys(dup2(fd, groups));
	close(fd);
	return groups++;
}

static void mark(int fd, unsigned int flags, uint64_t mask, const char *path)
{
	sys(fanotify_mark(fd, FAN_MARK_ADD | flags, mask, AT_FDCWD, path));
}

static int touch(const char *path)
{
	return sys(open(path, O_RDWR | O_CREAT, 0644));
}

/* The pid @pid is used again, by somebody who stays. */
static void again(pid_t pid)
{
	uint64_t args[10] = { 0 };
	long ret;

	args[4] = SIGCHLD;
	args[8] = (uintptr_t)&pid;
	args[9] = 1;
	ret = syscall(NR_clone3, args, sizeof(args));
	check(ret == pid || !ret, "%s", strerror(errno));
	if (!ret)
		for (;;)
			sleep(1000);
}

static void dead_again(int fd)
{
	pid_t pid;

	close(touch(FILE_OF("dead")));
	mark(fd, 0, FAN_MODIFY, FILE_OF("dead"));
	pid = test_fork();
	if (!pid) {
		check(write(touch(FILE_OF("dead")), "x", 1) == 1);
		_exit(0);
	}
	test_reap(pid);
	again(pid);
}

/* A mount, and a file system, that are in no table of mounts. */
static void outside(int mnt, int fs)
{
	int tree = sys(syscall(NR_open_tree, AT_FDCWD, "/run", 1 /* OPEN_TREE_CLONE */));
	int fd = sys(openat(tree, ".", O_RDONLY)), own;

	sys(fanotify_mark(mnt, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN, fd, NULL));
	fd = sys(syscall(NR_fsopen, "tmpfs", 0));
	sys(syscall(NR_fsconfig, fd, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0));
	own = sys(syscall(NR_fsmount, fd, 0, 0));
	close(fd);
	fd = sys(openat(own, ".", O_RDONLY));
	sys(fanotify_mark(fs, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, fd, NULL));
}

static void judge(int fd)
{
	struct fanotify_event_metadata e;
	struct fanotify_response r = { .response = FAN_ALLOW };

	while (read(fd, &e, sizeof(e)) != sizeof(e))
		sleep_ns(10 * MSEC);
	r.fd = e.fd;
	check(write(fd, &r, sizeof(r)) == sizeof(r));
	close(e.fd);
}

int main(void)
{
	int fd, perm;
	pid_t pid;

	fd = group(FAN_CLASS_NOTIF);			/* 40 */
	touch(FILE_OF("deleted"));			/* stays open */
	mark(fd, 0, FAN_OPEN, FILE_OF("deleted"));
	sys(unlink(FILE_OF("deleted")));
	fd = group(FAN_CLASS_NOTIF);			/* 41 */
	sys(open("/proc/self/status", O_RDONLY));
	mark(fd, 0, FAN_OPEN, "/proc/self/status");
	fd = group(FAN_CLASS_NOTIF);			/* 42 */
	mark(fd, 0, FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD, "/tmp");
	close(touch(FILE_OF("unread")));
	sys(fanotify_mark(fd, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
	sys(unlink(FILE_OF("unread")));
	mark(group(FAN_CLASS_CONTENT), FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC_PERM, "/run");	/* 43 */
	mark(group(FAN_CLASS_CONTENT), 0, FAN_OPEN_EXEC_PERM, "/sys/fs/cgroup");		/* 44 */
	dead_again(group(FAN_CLASS_NOTIF));		/* 45 */
	fd = group(FAN_CLASS_NOTIF);			/* 46, 47 */
	outside(fd, group(FAN_CLASS_NOTIF));
	perm = group(FAN_CLASS_CONTENT);		/* 48: fanotify.sh opens it */
	close(touch(FILE_OF("perm")));
	mark(perm, 0, FAN_OPEN_PERM, FILE_OF("perm"));
	test_ready();
	test_wait();
	judge(perm);					/* who waits outside */
	for (fd = 3; fd < groups; fd++)
		if (fd != perm)
			close(fd);
	pid = test_fork();
	if (!pid) {
		sys(open(FILE_OF("perm"), O_RDONLY));
		_exit(0);
	}
	sys(rename(FILE_OF("go"), FILE_OF("gone")));
	while (!test_going())
		sleep_ns(50 * MSEC);
	judge(perm);
	test_reap(pid);
	test_pass();
}

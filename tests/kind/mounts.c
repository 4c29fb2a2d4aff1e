// SPDX-License-Identifier: GPL-2.0-only
/*
 * For mounts.sh: files of mounts that the VE made, open, mapped, deleted, by way of a
 * bind and of the mount itself; a directory of one as the current one; a file over
 * which something is mounted later.
 */
#include "cpt_test.h"

static int rw, bind, gone, under, over, path, hidden, dir;
static char *map, *bindmap;
static pid_t child;

static int make(const char *name, uint32_t seed)
{
	int fd = sys(open(name, O_RDWR | O_CREAT | O_EXCL, 0640));

	fill_file(fd, 0, 4 * PAGE, seed);
	return fd;
}

static char *map_of(int fd)
{
	return sys(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
}

int main(void)
{
	char c;

	/* /mnt/a is a tmpfs, /mnt/r a bind of it, /mnt/a/in a tmpfs in it, /mnt/file one of its files over one of / */
	rw = make("/mnt/a/rw", 1);
	bind = sys(open("/mnt/r/rw", O_RDWR));
	sys(lseek(rw, 77, SEEK_SET));
	map = map_of(rw);
	bindmap = map_of(bind);
	gone = make("/mnt/a/in/gone", 2);
	sys(unlink("/mnt/a/in/gone"));
	under = make("/mnt/o/under", 3);
	over = sys(open("/mnt/file", O_RDWR));
	path = sys(open("/mnt/ro/sub", O_PATH));
	/* two mounts that are hidden later, by one over them, and by one over a directory above */
	hidden = make("/mnt/h/hidden", 4);
	sys(unlink("/mnt/h/hidden"));
	dir = sys(open("/mnt/deep/x/y", O_RDONLY | O_DIRECTORY));
	sys(chdir("/mnt/a/in/dir"));
	child = test_fork();
	if (!child) {
		while (((volatile char *)bindmap)[5000] != '!')
			sleep_ns(50 * MSEC);
		_exit(access("here", F_OK));
	}
	test_ready();
	test_wait();
	check_is(lseek(rw, 0, SEEK_CUR), 77, "position");
	verify(map, 4096, 1, "a mapped file");
	verify_file(gone, 0, 4 * PAGE, 2, "a deleted file");
	verify_file(under, 0, 4 * PAGE, 3, "a file under a mount");
	verify_file(hidden, 0, 4 * PAGE, 4, "a deleted file in a hidden mount");
	check(!faccessat(dir, "f", F_OK, 0), "a directory in a hidden mount");
	/* it is one file still, whichever way */
	map[5000] = '!';
	test_reap(child);
	check(pread(bind, &c, 1, 5000) == 1 && c == '!', "a file by its bind is another");
	check(pwrite(over, "over", 4, 0) == 4);
	check(!access("here", F_OK), "the current directory");
	check(openat(path, "new", O_CREAT | O_WRONLY, 0600) < 0 && errno == EROFS, "a read-only bind takes a file");
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories and fifos that have lost their names, on disk and on tmpfs: open, seen with
 * O_PATH, the current directory; one in the other; with deleted files and fifos that were in them;
 * fifos full and with readers. Their names may be others' today. Who watches the place
 * where they are made again sees nothing.
 *
 * drive: alone
 */
#include "cpt_test.h"

#include <dirent.h>
#include <poll.h>
#include <sys/inotify.h>

static const char *const dirs[] = { "/tmp", "/run" };

static struct place {
	const char *dir;
	int outer, inner, inner_path, file, fifo, fifo_too, reader, deep;
	struct stat st;
	pid_t inside;
	char *map;
} places[ARRAY_SIZE(dirs)];

static int watch;
static struct stat root;

static const char *name(const struct place *p, const char *what)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/gone.%s", p->dir, what);
	return path;
}

static const char *called(const char *link)
{
	static char is[PATH_MAX];

	is[sys(readlink(link, is, sizeof(is) - 1))] = 0;
	return is;
}

static const char *fd_called(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return called(path);
}

static void is_called(const struct place *p, const char *is, const char *what)
{
	char want[PATH_MAX + 16];

	snprintf(want, sizeof(want), "%s (deleted)", name(p, what));
	check(!strcmp(is, want), "it is called %s, not %s", is, want);
}

/* In the inner directory, which is gone. */
static void live_inside(const struct place *p)
{
	char buf[64];

	sys(chdir(name(p, "a/b")));
	close(sys(open(test_path("inside"), O_CREAT | O_WRONLY, 0600)));
	while (!test_going())
		sleep_ns(50 * MSEC);
	check(!getcwd(buf, sizeof(buf)) && errno == ENOENT, "it is in %s", buf);
	is_called(p, called("/proc/self/cwd"), "a/b");
	check(open("new", O_RDWR | O_CREAT, 0600) == -1 && errno == ENOENT, "a file can be made: %s", strerror(errno));
	check(mkdir("new", 0700) == -1 && errno == ENOENT, "a directory can be made: %s", strerror(errno));
	_exit(0);
}

static void begin(struct place *p)
{
	const struct timespec times[2] = { { 1000000000, 123 }, { 1111111111, 456 } };
	char deep[256] = "a/b";
	int i;

	sys(mkdir(name(p, "a"), 0700));
	sys(mkdir(name(p, "a/b"), 0700));
	p->outer = sys(open(name(p, "a"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	p->inner = sys(open(name(p, "a/b"), O_RDONLY));
	p->inner_path = sys(open(name(p, "a/b"), O_PATH));
	p->file = sys(open(name(p, "a/b/file"), O_RDWR | O_CREAT, 0640));
	fill_file(p->file, 0, 2 * PAGE, 1);
	p->map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, p->file, 0);
	check(p->map != MAP_FAILED);
	sys(mkfifo(name(p, "a/b/fifo"), 0620));
	p->fifo = sys(open(name(p, "a/b/fifo"), O_RDWR));
	sys(fchmod(p->fifo, 0620));
	p->fifo_too = sys(open(name(p, "a/b/fifo"), O_WRONLY | O_NONBLOCK));
	check(write(p->fifo_too, "in the fifo", 11) == 11);
	sys(mkfifo(name(p, "fifo"), 0600));
	p->reader = sys(open(name(p, "fifo"), O_RDONLY | O_NONBLOCK));
	for (i = 0; i < 9; i++)
		sys(mkdir(name(p, strcat(deep, "/x")), 0700));
	p->deep = sys(open(name(p, deep), O_RDONLY | O_DIRECTORY));
	for (; i > 0; i--) {
		sys(rmdir(name(p, deep)));
		deep[strlen(deep) - 2] = 0;
	}
	unlink(test_path("inside"));
	p->inside = test_fork();
	if (!p->inside)
		live_inside(p);
	while (access(test_path("inside"), F_OK))
		sleep_ns(20 * MSEC);
	sys(unlink(name(p, "fifo")));
	sys(unlink(name(p, "a/b/fifo")));
	sys(unlink(name(p, "a/b/file")));
	sys(fchown(p->inner, 21, 43));
	sys(fchmod(p->inner, 01751));
	sys(futimens(p->inner, times));
	sys(rmdir(name(p, "a/b")));
	sys(rmdir(name(p, "a")));
	sys(mkdir(name(p, "a"), 0700));		/* another has the name now */
	sys(fstat(p->inner, &p->st));
}

static void check_dirs(const struct place *p)
{
	struct stat st, up;
	DIR *d;
	int fd;

	sys(fstat(p->inner, &st));
	check(st.st_mode == (S_IFDIR | 01751) && st.st_uid == 21 && st.st_gid == 43 && !st.st_nlink,
	      "mode %o, links %d", st.st_mode, (int)st.st_nlink);
	check(!memcmp(&st.st_mtim, &p->st.st_mtim, sizeof(st.st_mtim)) &&
	      !memcmp(&st.st_atim, &p->st.st_atim, sizeof(st.st_atim)), "times in %s", p->dir);
	sys(fstat(p->inner_path, &up));
	check(up.st_ino == st.st_ino, "two directories of one");
	is_called(p, fd_called(p->outer), "a");
	is_called(p, fd_called(p->inner), "a/b");
	is_called(p, fd_called(p->deep), "a/b/x/x/x/x/x/x/x/x/x");
	fd = sys(openat(p->inner, "..", O_RDONLY));
	sys(fstat(fd, &up));
	sys(fstat(p->outer, &st));
	check(up.st_ino == st.st_ino && !st.st_nlink, "the one above is another");
	d = fdopendir(fd);
	check(d && !readdir(d), "a deleted directory has something in it");
	closedir(d);
	sys(stat(name(p, "a"), &up));
	check(up.st_ino != st.st_ino && up.st_nlink == 2);
	check(openat(p->inner, "file", O_RDWR) == -1 && openat(p->outer, "b", O_RDONLY) == -1);
}

static void check_files(const struct place *p)
{
	char buf[32] = "";
	struct stat st;
	struct pollfd f = { p->reader, POLLIN, 0 };

	is_called(p, fd_called(p->file), "a/b/file");
	verify_file(p->file, 0, 2 * PAGE, 1, "a file of a deleted directory");
	fill(p->map, PAGE, 2);
	verify_file(p->file, 0, PAGE, 2, "the same, mapped");
	is_called(p, fd_called(p->fifo), "a/b/fifo");
	sys(fstat(p->fifo, &st));
	check(st.st_mode == (S_IFIFO | 0620) && !st.st_nlink, "mode %o", st.st_mode);
	check(write(p->fifo_too, "!", 1) == 1 && read(p->fifo, buf, sizeof(buf)) == 12 && !strcmp(buf, "in the fifo!"),
	      "in the fifo is %s", buf);
	check(fcntl(p->fifo_too, F_GETFL) & O_NONBLOCK);
	check(poll(&f, 1, 0) == 0 && read(p->reader, buf, 1) == 0, "a fifo without a writer");
}

int main(void)
{
	struct stat now;
	char buf[512];
	size_t i;

	watch = sys(inotify_init1(IN_NONBLOCK));	/* the first descriptor, and so made before all others */
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		places[i].dir = dirs[i];
		begin(&places[i]);
	}
	/* busybox' init makes it when somebody ends whom it has to wait for */
	close(sys(open("/run/utmp", O_CREAT | O_WRONLY, 0664)));
	sys(inotify_add_watch(watch, "/", IN_CREATE | IN_DELETE | IN_ATTRIB | IN_MOVE));
	sys(inotify_add_watch(watch, "/run", IN_CREATE | IN_DELETE | IN_ATTRIB | IN_MOVE));
	sys(stat("/", &root));
	test_ready();
	test_wait();
	sys(stat("/", &now));
	check(!memcmp(&root.st_mtim, &now.st_mtim, sizeof(now.st_mtim)), "the time of / has changed");
	check(read(watch, buf, sizeof(buf)) == -1 && errno == EAGAIN, "somebody saw something: %s",
	      ((struct inotify_event *)buf)->name);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		check_dirs(&places[i]);
		check_files(&places[i]);
		test_reap(places[i].inside);
	}
	test_pass();
}

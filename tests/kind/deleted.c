// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that have lost their names, on disk and on tmpfs: unlinked, replaced by another,
 * made without a name; large, sparse, empty; opened twice; mapped; run. A name may be another
 * file's today; a file may have another name.
 */
#include "cpt_test.h"

#include <sys/sendfile.h>

#define BIG	(5 << 20)
#define FILES	2

static const char *const dirs[FILES] = { "/tmp", "/run" };

static struct place {
	const char *dir;
	int plain, again, sparse, empty, replaced, nameless, sealed_off, linked, linked_too;
	char *shared, *private;
	struct stat st;
} places[FILES];

static const char *name(const struct place *p, const char *what)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/del.%s", p->dir, what);
	return path;
}

static int make(const struct place *p, const char *what)
{
	return sys(open(name(p, what), O_RDWR | O_CREAT | O_EXCL, 0600));
}

static char *map(int fd, int flags)
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	return p;
}

static void begin(struct place *p)
{
	struct timespec times[2] = { { 1000000000, 123 }, { 1111111111, 456 } };
	const char *from;
	int fd;

	p->plain = make(p, "plain");
	fill_file(p->plain, 0, BIG, 1);
	sys(ftruncate(p->plain, BIG - 77));
	sys(lseek(p->plain, 4321, SEEK_SET));
	sys(fchmod(p->plain, 04751));
	sys(fchown(p->plain, 21, 43));
	sys(fchmod(p->plain, 04751));
	p->again = sys(open(name(p, "plain"), O_RDONLY | O_CLOEXEC));
	sys(futimens(p->plain, times));
	sys(unlink(name(p, "plain")));
	close(make(p, "plain"));	/* another file has the name now */
	p->sparse = make(p, "sparse");
	fill_file(p->sparse, 1ll << 30, 3 * PAGE, 2);
	sys(ftruncate(p->sparse, 1ll << 31));
	sys(unlink(name(p, "sparse")));
	p->empty = make(p, "empty");
	sys(unlink(name(p, "empty")));
	p->replaced = make(p, "replaced");
	check(write(p->replaced, "the old one", 11) == 11);
	fd = make(p, "new");
	close(fd);
	from = strdup(name(p, "new"));	/* before the second call: it uses the same buffer */
	sys(rename(from, name(p, "replaced")));
	p->nameless = sys(open(p->dir, O_RDWR | O_TMPFILE, 0640));
	check(write(p->nameless, "no name yet", 11) == 11);
	p->sealed_off = sys(open(p->dir, O_RDWR | O_TMPFILE | O_EXCL, 0640));
	p->linked = make(p, "one");
	check(write(p->linked, "one of two", 10) == 10);
	from = strdup(name(p, "one"));
	sys(link(from, name(p, "other")));
	p->linked_too = sys(open(name(p, "one"), O_RDONLY));
	sys(unlink(name(p, "one")));
	close(make(p, "one"));
	fd = make(p, "mapped");
	for (size_t i = 0; i < 4; i++)
		fill_file(fd, i * PAGE, PAGE, 3);
	p->shared = map(fd, MAP_SHARED);
	p->private = map(fd, MAP_PRIVATE);
	close(fd);
	sys(unlink(name(p, "mapped")));
	fill(p->shared, PAGE, 4);
	fill(p->private + PAGE, PAGE, 5);
	sys(fstat(p->plain, &p->st));
}

static bool can_be_linked(const struct place *p, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return !linkat(AT_FDCWD, path, AT_FDCWD, name(p, "linked"), AT_SYMLINK_FOLLOW);
}

static void check_plain(struct place *p)
{
	struct stat st;

	sys(fstat(p->plain, &st));
	check(st.st_size == BIG - 77 && st.st_mode == p->st.st_mode && st.st_uid == 21 && st.st_gid == 43 && !st.st_nlink,
	      "size %lld, mode %o, links %d", (long long)st.st_size, st.st_mode, (int)st.st_nlink);
	check(!memcmp(&st.st_mtim, &p->st.st_mtim, sizeof(st.st_mtim)) &&
	      !memcmp(&st.st_atim, &p->st.st_atim, sizeof(st.st_atim)), "times of %s", p->dir);
	verify_file(p->plain, 0, BIG - PAGE, 1, "contents");
	check_is(lseek(p->plain, 0, SEEK_CUR), 4321, "position");
	check_is(lseek(p->again, 0, SEEK_CUR), 0, "position of another description");
	check(write(p->again, "x", 1) == -1 && errno == EBADF && fcntl(p->again, F_GETFD) == FD_CLOEXEC, "the read-only one");
	fill_file(p->plain, 0, PAGE, 9);
	verify_file(p->again, 0, PAGE, 9, "both are one file");
	sys(stat(name(p, "plain"), &st));
	check_is(st.st_size, 0, "size of the file that has the name");
}

static void check_others(struct place *p)
{
	char buf[16] = "";
	struct stat st;

	sys(fstat(p->sparse, &st));
	check(st.st_size == 1ll << 31 && st.st_blocks <= 16 * (long)PAGE / 512, "sparse: %lld blocks", (long long)st.st_blocks);
	verify_file(p->sparse, 1ll << 30, 3 * PAGE, 2, "sparse");
	check(lseek(p->sparse, 0, SEEK_DATA) == 1ll << 30, "where the data are");
	sys(fstat(p->empty, &st));
	check_is(st.st_size, 0, "size of an empty one");
	check(pread(p->replaced, buf, 16, 0) == 11 && !memcmp(buf, "the old one", 11), "one that was replaced");
	check(!can_be_linked(p, p->sealed_off) && !can_be_linked(p, p->plain), "what may have no name gets one");
	check(can_be_linked(p, p->nameless), "no name for one without: %s", strerror(errno));
	sys(stat(name(p, "linked"), &st));
	check(st.st_size == 11 && st.st_mode == (S_IFREG | 0640), "one that got a name");
}

static void check_linked(struct place *p)
{
	struct stat st, other;
	char buf[16] = "", path[64], is[PATH_MAX] = "";

	sys(fstat(p->linked, &st));
	sys(stat(name(p, "other"), &other));
	check(st.st_ino == other.st_ino && st.st_nlink == 1 && st.st_size == 10, "not the file of the other name");
	check(write(p->linked, "!", 1) == 1 && pread(p->linked_too, buf, 16, 0) == 11 &&
	      !memcmp(buf, "one of two!", 11), "%s", buf);
	sys(stat(name(p, "one"), &other));
	check(!other.st_size && other.st_ino != st.st_ino, "the file that has the first name now");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p->linked);
	sys(readlink(path, is, sizeof(is) - 1));
	check(strstr(is, "/del.one (deleted)"), "it is called %s", is);
}

/* A copy of this program, which is deleted while it runs. */
static pid_t start_deleted(const struct place *p)
{
	const char *path = strdup(name(p, "program"));
	int from, to, ready[2];
	pid_t pid;
	ssize_t n;

	from = sys(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	to = sys(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
	while ((n = sys(sendfile(to, from, NULL, 1 << 20))))
		;
	close(from);
	close(to);
	sys(pipe(ready));
	pid = test_fork();
	if (!pid) {
		dup2(ready[1], 100);
		close(ready[0]);
		close(ready[1]);
		execl(path, program_invocation_short_name, p->dir, NULL);
		_exit(2);
	}
	close(ready[1]);
	check(read(ready[0], &(char){ 0 }, 1) == 1, "%s does not run", path);
	close(ready[0]);
	sys(unlink(path));
	return pid;
}

/* The copy. */
static int run_deleted(const char *dir)
{
	char want[64], is[PATH_MAX] = "";
	static char data[3 * PAGE] = "data";

	snprintf(want, sizeof(want), "%s/del.program (deleted)", dir);
	check(write(100, "x", 1) == 1);
	close(100);
	while (!test_going())
		sleep_ns(50 * MSEC);
	sys(readlink("/proc/self/exe", is, sizeof(is) - 1));
	check(!strcmp(is, want), "the program is %s", is);
	check(!strcmp(data, "data"));
	check(open("/proc/self/exe", O_RDWR) == -1 && errno == ETXTBSY, "a program that runs can be written to: %s",
	      strerror(errno));
	return 0;
}

static void check_maps(struct place *p)
{
	verify(p->shared, PAGE, 4, "a shared mapping");
	verify(p->shared + 2 * PAGE, PAGE, 3, "another page of it");
	verify(p->private, PAGE, 4, "a private mapping");
	verify(p->private + PAGE, PAGE, 5, "a page of its own");
	p->shared[3 * PAGE] = 42;
	check_is(p->private[3 * PAGE], 42, "both map one file");
}

int main(int argc, char **argv)
{
	pid_t pid[FILES];
	size_t i;

	if (argc > 1)
		return run_deleted(argv[1]);
	for (i = 0; i < FILES; i++) {
		places[i].dir = dirs[i];
		pid[i] = start_deleted(&places[i]);
		begin(&places[i]);
	}
	test_ready();
	test_wait();
	for (i = 0; i < FILES; i++) {
		check_plain(&places[i]);
		check_others(&places[i]);
		check_maps(&places[i]);
		check_linked(&places[i]);
		test_reap(pid[i]);
	}
	test_pass();
}

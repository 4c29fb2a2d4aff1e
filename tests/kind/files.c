// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors and open files: offsets, flags of both, what is shared by dup, by
 * fork and not at all; files that could not be opened again by who holds them;
 * directories read half; devices; unusual names, numbers and paths.
 */
#include "cpt_test.h"

#include <dirent.h>
#include <sys/sysmacros.h>

static char base[PATH_MAX];	/* a directory of this test's own */

static const char *in(const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

/* A file with 4 KiB of pattern. */
static const char *file(const char *name, mode_t mode, uint32_t seed)
{
	char page[PAGE];
	int fd = sys(open(in(name), O_WRONLY | O_CREAT | O_EXCL, 0600));

	fill(page, PAGE, seed);
	check(write(fd, page, PAGE) == (ssize_t)PAGE);
	sys(fchmod(fd, mode));
	close(fd);
	return in(name);
}

/* every descriptor's state, to be compared afterwards */
struct state { int fd, getfd, getfl; off_t pos; struct stat st; };
static struct state states[200];
static int nstates;

static void states_get(struct state *s)
{
	s->getfd = sys(fcntl(s->fd, F_GETFD));
	s->getfl = sys(fcntl(s->fd, F_GETFL));
	s->pos = s->getfl & O_PATH || !S_ISREG(s->st.st_mode) ? 0 : lseek(s->fd, 0, SEEK_CUR);
	sys(fstat(s->fd, &s->st));
}

static int keep(int fd)
{
	states[nstates].fd = sys(fd);
	states_get(&states[nstates]);	/* twice: the position is wanted only once the mode is known */
	states_get(&states[nstates++]);
	return fd;
}

static void states_check(void)
{
	struct state is, *s;

	for (s = states; s < states + nstates; s++) {
		is = *s;
		states_get(&is);
		check(is.getfd == s->getfd, "fd %d: flags of the descriptor %#x, not %#x", s->fd, is.getfd, s->getfd);
		check(is.getfl == s->getfl, "fd %d: flags of the file %#o, not %#o", s->fd, is.getfl, s->getfl);
		check(is.pos == s->pos, "fd %d: position %lld, not %lld", s->fd, (long long)is.pos, (long long)s->pos);
		/* devices are on a tmpfs, which numbers its inodes anew */
		check((is.st.st_ino == s->st.st_ino || S_ISCHR(s->st.st_mode)) && is.st.st_mode == s->st.st_mode && is.st.st_size == s->st.st_size &&
		      is.st.st_rdev == s->st.st_rdev, "fd %d is another file: inode %llu, not %llu", s->fd,
		      (long long)is.st.st_ino, (long long)s->st.st_ino);
	}
}

static int at(int fd, off_t pos)
{
	sys(lseek(sys(fd), pos, SEEK_SET));
	return fd;
}

/* --- flags and positions ------------------------------------------------------------------------ */

static void plain(void)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_APPEND, O_RDWR | O_NONBLOCK, O_RDONLY | O_CLOEXEC,
		O_RDWR | O_SYNC, O_RDWR | O_DSYNC, O_RDONLY | O_NOATIME, O_RDWR | O_DIRECT, O_RDWR | O_NOFOLLOW,
	};
	char name[NAME_MAX + 1];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		sprintf(name, "plain%zu", i);
		keep(at(open(file(name, 0644, i), flags[i]), 100 * i));
	}
	/* far beyond the end; at 5 GiB; a descriptor much higher than the rest, and a gap */
	keep(at(open(file("beyond", 0644, 20), O_RDWR), 123456789));
	keep(at(open(file("huge", 0644, 21), O_RDWR), (off_t)5 << 30));
	fd = sys(open(file("high", 0644, 22), O_RDWR));
	keep(sys(dup3(fd, 777, O_CLOEXEC)));
	close(fd);
	/* names */
	keep(open(file("with blank\nnewline \\ and \303\244\377", 0644, 23), O_RDWR));
	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = 0;
	keep(open(file(name, 0644, 24), O_RDWR));
	keep(open(file("-> (deleted)", 0644, 25), O_RDWR));
	/* moved since it was opened; opened by another name that is gone; by a link */
	fd = keep(open(file("moved", 0644, 26), O_RDWR));
	snprintf(name, sizeof(name), "%s", "moved away");
	{
		char to[2 * PATH_MAX];

		strcpy(to, in(name));
		sys(rename(in("moved"), to));
		strcpy(to, file("one name", 0644, 27));
		sys(link(to, in("other name")));
		keep(open(in("other name"), O_RDWR));
		sys(unlink(to));
		sys(symlink("other name", in("symlink")));
		keep(open(in("symlink"), O_RDWR));
	}
	keep(open(in("other name"), O_PATH));
	keep(open(base, O_RDONLY | O_DIRECTORY));
	keep(open("/", O_RDONLY | O_DIRECTORY));
}

/* a path of more than 3000 bytes */
static void deep_path(void)
{
	char part[201];
	int i, fd, dir = sys(open(base, O_PATH | O_DIRECTORY)), next;

	memset(part, 'd', 200);
	part[200] = 0;
	for (i = 0; i < 15; i++) {
		sys(mkdirat(dir, part, 0755));
		next = sys(openat(dir, part, O_PATH | O_DIRECTORY));
		close(dir);
		dir = next;
	}
	fd = sys(openat(dir, "end", O_RDWR | O_CREAT, 0644));
	close(dir);
	check(write(fd, "end", 3) == 3);
	keep(fd);
}

/* --- rights -------------------------------------------------------------------------------------- */

static int readonly_to_write, writeonly, gone_mode;

static void rights(void)
{
	/* what its mode does not allow, it has all the same: mode 0; a descriptor from before chmod */
	writeonly = keep(open(in("created read-only"), O_RDWR | O_CREAT | O_EXCL, 0400));
	gone_mode = keep(open(file("mode 0", 0644, 30), O_RDWR));
	sys(fchmod(gone_mode, 0));
	states[nstates - 1].st.st_mode &= ~07777;
	readonly_to_write = keep(open(file("read-only", 0644, 31), O_RDONLY));
}

static void rights_check(void)
{
	char c;

	check(write(writeonly, "x", 1) == 1);
	check(pread(gone_mode, &c, 1, 0) == 1 && write(gone_mode, "x", 1) == 1);
	check(write(readonly_to_write, "x", 1) == -1 && errno == EBADF, "a read-only descriptor can write");
}

/* --- sharing -------------------------------------------------------------------------------------- */

static int shared, duped, separate, append;
static pid_t child;

static void sharing(void)
{
	shared = sys(open(file("shared", 0644, 40), O_RDWR));
	duped = sys(dup(shared));
	separate = sys(open(in("shared"), O_RDWR));
	append = sys(open(file("append", 0644, 41), O_WRONLY | O_APPEND));
	sys(lseek(shared, 40, SEEK_SET));
	child = test_fork();
	if (child)
		return;
	/* the child moves the common position, when it is told to */
	while (!test_going())
		sleep_ns(100 * MSEC);
	while (lseek(shared, 0, SEEK_CUR) != 2000)
		sleep_ns(20 * MSEC);
	sys(lseek(duped, 3000, SEEK_SET));
	/* flags of the file are common as well; those of the descriptor are not */
	sys(fcntl(shared, F_SETFL, O_NONBLOCK));
	sys(fcntl(shared, F_SETFD, FD_CLOEXEC));
	check(write(append, "child", 5) == 5);
	_exit(0);
}

static void sharing_check(void)
{
	char tail[16] = "";
	int fd;

	check_is(lseek(shared, 0, SEEK_CUR), 40, "position");
	check_is(lseek(separate, 0, SEEK_CUR), 0, "position of a separate open");
	sys(lseek(shared, 2000, SEEK_SET));
	check_is(lseek(duped, 0, SEEK_CUR), 2000, "position of a duplicate");
	test_reap(child);
	check_is(lseek(shared, 0, SEEK_CUR), 3000, "position that a child moved");
	check_is(lseek(separate, 0, SEEK_CUR), 0, "position of a separate open");
	check(fcntl(duped, F_GETFL) & O_NONBLOCK, "a flag that a child set");
	check(!(fcntl(separate, F_GETFL) & O_NONBLOCK));
	check_is(fcntl(shared, F_GETFD), 0, "descriptor flag");
	check(write(append, "parent", 6) == 6);
	fd = sys(open(in("append"), O_RDONLY));
	check(pread(fd, tail, 15, PAGE) == 11 && !strcmp(tail, "childparent"), "it has '%s' appended", tail);
	close(fd);
}

/* --- directories ---------------------------------------------------------------------------------- */

#define NAMES 300
static struct half { int fd; const char *dir; char seen[NAMES]; int n, eaten; } halves[5];

static int getdents(struct half *h)
{
	char buf[1024];
	long len = sys(syscall(SYS_getdents64, h->fd, buf, sizeof(buf))), off;
	int i, n = 0;

	for (off = 0; off < len; ) {
		struct dirent64 *d = (void *)(buf + off);

		if (sscanf(d->d_name, "name %d", &i) == 1) {
			check(i >= 0 && i < NAMES && !h->seen[i], "%s: 'name %d' came twice", h->dir, i);
			h->seen[i] = 1;
			h->n++;
		}
		off += d->d_reclen;
		n++;
	}
	return n;
}

static void directory(struct half *h, const char *dir, int parts)
{
	char path[3 * PATH_MAX];
	int i;

	h->dir = strdup(dir);
	sys(mkdir(dir, 0755));
	for (i = 0; i < NAMES; i++) {
		snprintf(path, sizeof(path), "%s/name %d", dir, i);
		close(sys(open(path, O_CREAT | O_WRONLY, 0600)));
	}
	h->fd = sys(open(dir, O_RDONLY | O_DIRECTORY));
	while (parts--)
		getdents(h);
}

/* What was read is deleted, as rm -r does it. */
static void eat(struct half *h)
{
	char path[3 * PATH_MAX];
	int i;

	for (i = 0; i < NAMES; i++) {
		if (!h->seen[i])
			continue;
		snprintf(path, sizeof(path), "%s/name %d", h->dir, i);
		sys(unlink(path));
		h->eaten++;
	}
}

static void directories_check(void)
{
	struct half *h;

	for (h = halves; h < halves + ARRAY_SIZE(halves); h++) {
		check(h->n > 10 || h == halves, "%d entries were read before", h->n);
		check(h->eaten == 0 || h->eaten == h->n, "%d were deleted", h->eaten);
		while (getdents(h))
			;
		check(h->n == NAMES, "%s: %d entries were read, not %d", h->dir, h->n, NAMES);
	}
}

/* --- devices --------------------------------------------------------------------------------------- */

static int dev[5];
static const char *const dev_names[] = { "null", "zero", "full", "random", "urandom" };

static void devices(void)
{
	static const int flags[] = { O_RDWR, O_RDONLY, O_WRONLY | O_NONBLOCK, O_RDONLY | O_CLOEXEC, O_RDONLY };
	char path[32];
	int i;

	for (i = 0; i < 5; i++) {
		sprintf(path, "/dev/%s", dev_names[i]);
		dev[i] = keep(open(path, flags[i]));
		check(major(states[nstates - 1].st.st_rdev) == 1, "%s", path);
	}
}

static void devices_check(void)
{
	char buf[32] = "";

	check(write(dev[0], "x", 1) == 1 && read(dev[0], buf, 1) == 0);
	memset(buf, 1, sizeof(buf));
	check(read(dev[1], buf, sizeof(buf)) == sizeof(buf) && !memcmp(buf, "\0\0\0\0", 4));
	check(write(dev[2], "x", 1) == -1 && errno == ENOSPC);
	check(read(dev[3], buf, 8) == 8 && read(dev[4], buf + 8, 8) == 8 && memcmp(buf, buf + 8, 8));
}

int main(void)
{
	char path[PATH_MAX + 16];

	snprintf(base, sizeof(base), "%s", test_path("d"));
	sys(mkdir(base, 0755));
	plain();
	deep_path();
	rights();
	sharing();
	directory(&halves[0], in("unread"), 0);
	directory(&halves[1], in("half read"), 3);
	snprintf(path, sizeof(path), "/run/files.%d", getpid());
	directory(&halves[2], path, 3);
	strcat(path, ".eaten");
	directory(&halves[3], path, 3);
	eat(&halves[3]);
	strcat(path, ".all");
	directory(&halves[4], path, NAMES);
	devices();
	test_ready();
	test_wait();
	states_check();
	rights_check();
	sharing_check();
	directories_check();
	devices_check();
	test_pass();
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CPT_GEN_FILES_H
#define _CPT_GEN_FILES_H
/*
 * Kinds of tests/gen: what has a name, or had one; memfds; devices; and locks on files.
 */
#include "gen.h"

#include <dirent.h>
#include <sys/file.h>

/* A file of a->a bytes, with a hole sometimes: b->b … c. */
static int new_file(struct obj *o, int flags)
{
	int fd = osys(o, open(o->path, O_RDWR | O_CREAT | O_EXCL | flags, PICK(0600, 0644, 0640, 04755, 0400)));
	char *buf;

	o->a = rnd_size(60000);
	o->b = o->c = 0;
	buf = malloc(o->a + 1);
	make_bytes(buf, o->seed, 0, o->a);
	if (o->a > 20000 && one_in(2)) {
		o->b = 4096;
		o->c = 4096 * (2 + rnd(2));
		memset(buf + o->b, 0, o->c - o->b);
		check(pwrite(fd, buf, o->b, 0) == (ssize_t)o->b);
	}
	check(pwrite(fd, buf + o->c, o->a - o->c, o->c) == (ssize_t)(o->a - o->c));
	free(buf);
	return fd;
}

static void check_file(struct obj *o, int fd)
{
	int mode = osys(o, fcntl(fd, F_GETFL));
	char *buf = malloc(o->a + 2), zero[16384] = "";
	struct stat st;

	osys(o, fstat(fd, &st));
	want(o, st.st_size == (off_t)o->a, "size %lld", (long long)st.st_size);
	if (!(mode & O_PATH) && (mode & O_ACCMODE) != O_WRONLY) {
		want(o, pread(fd, buf, o->a + 2, 0) == (ssize_t)o->a, "not all can be read");
		want(o, !memcmp(buf + o->b, zero, o->c - o->b), "no hole");
		check_bytes(o, buf, o->seed, 0, o->b);
		check_bytes(o, buf + o->c, o->seed, o->c, o->a - o->c);
	}
	free(buf);
}

static int open_flags(void)
{
	return PICK(O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR) | (one_in(3) ? PICK(O_APPEND, O_NONBLOCK, O_SYNC, O_DSYNC, O_NOATIME) : 0) |
	       (one_in(3) ? O_CLOEXEC : 0);
}

/* state: 0 stays, 1 unlinked, 2 renamed, 3 never had a name */
static bool make_reg(struct obj *o, int *fd)
{
	char to[80];
	int i, first;

	place_file(o, PICK(0, 0, 1, 2), PICK(0, 0, 1) ? "a name with \"blanks\"\n" : "");
	o->state = PICK(0, 0, 1, 1, 2, 3);
	if (o->state == 3) {
		char path[64], *buf;

		*strrchr(o->path, '/') = '\0';
		fd[0] = osys(o, open(o->path, O_TMPFILE | O_RDWR | (one_in(2) ? O_EXCL : 0), 0600));
		o->a = rnd_size(30000);
		buf = malloc(o->a + 1);
		make_bytes(buf, o->seed, 0, o->a);
		check(pwrite(fd[0], buf, o->a, 0) == (ssize_t)o->a);
		free(buf);
		sprintf(path, "/proc/self/fd/%d", fd[0]);
		fd[1] = osys(o, open(path, PICK(O_RDONLY, O_RDWR)));
		*o->path = '\0';
		return true;
	}
	first = new_file(o, 0);
	fd[0] = osys(o, open(o->path, open_flags()));
	fd[1] = osys(o, open(o->path, open_flags()));
	sys(close(first));
	for (i = 0; i < 2; i++)
		if (one_in(2))
			osys(o, lseek(fd[i], rnd(100000), SEEK_SET));
	if (o->state == 1) {
		osys(o, unlink(o->path));
	} else if (o->state == 2) {
		snprintf(to, sizeof(to), "%s.moved", o->path);
		osys(o, rename(o->path, to));
		snprintf(o->path, sizeof(o->path), "%.63s", to);
	}
	return true;
}

static void check_reg(struct obj *o, int end, int fd)
{
	(void)end;
	check_file(o, fd);
}

static bool make_dir(struct obj *o, int *fd)
{
	int i, n = 1 + rnd(60), place = place_file(o, PICK(0, 0, 1), ".dir");
	char path[96], buf[2048];

	osys(o, mkdir(o->path, PICK(0755, 0700, 01777)));
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/name %d", o->path, i);
		close(osys(o, open(path, O_CREAT | O_WRONLY, 0600)));
	}
	fd[0] = osys(o, open(o->path, O_RDONLY | O_DIRECTORY));
	o->a = n;
	o->b = 0;			/* names that were read: bits */
	o->c = 0;			/* how many */
	o->state = place != ON_DISK;
	for (i = rnd(4) * (n > 20); i > 0; i--) {
		long len = osys(o, syscall(SYS_getdents64, fd[0], buf, 256 + rnd(1000))), off;

		for (off = 0; off < len; off += ((struct dirent64 *)(buf + off))->d_reclen) {
			int which;

			if (sscanf(((struct dirent64 *)(buf + off))->d_name, "name %d", &which) == 1) {
				o->b |= 1ull << which;
				o->c++;
			}
		}
	}
	return true;
}

static void check_dir(struct obj *o, int end, int fd)
{
	uint64_t seen = o->b;
	char buf[4096];
	long len, off;
	int which;

	(void)end;
	while ((len = osys(o, syscall(SYS_getdents64, fd, buf, sizeof(buf)))))
		for (off = 0; off < len; off += ((struct dirent64 *)(buf + off))->d_reclen)
			if (sscanf(((struct dirent64 *)(buf + off))->d_name, "name %d", &which) == 1) {
				want(o, !(seen >> which & 1), "name %d comes again", which);
				seen |= 1ull << which;
			}
	want(o, seen == (1ull << o->a) - 1, "names %#llx", (unsigned long long)seen);
}

/* O_PATH: of a file, a directory, a fifo, a link */
static bool make_path(struct obj *o, int *fd)
{
	o->state = rnd(4);
	place_file(o, PICK(0, 1), ".path");
	if (o->state == 0)
		close(osys(o, open(o->path, O_CREAT | O_EXCL | O_WRONLY, 0600)));
	else if (o->state == 1)
		osys(o, mkdir(o->path, 0755));
	else if (o->state == 2)
		osys(o, mkfifo(o->path, 0600));
	else
		osys(o, symlink("/nowhere", o->path));
	fd[0] = osys(o, open(o->path, O_PATH | O_NOFOLLOW));
	return true;
}

static void check_path(struct obj *o, int end, int fd)
{
	static const int modes[] = { S_IFREG, S_IFDIR, S_IFIFO, S_IFLNK };
	struct stat st, named;

	(void)end;
	osys(o, fstat(fd, &st));
	osys(o, lstat(o->path, &named));
	want(o, (int)(st.st_mode & S_IFMT) == modes[o->state] && st.st_ino == named.st_ino, "another file");
}

static bool make_dev(struct obj *o, int *fd)
{
	static const char *const names[] = { "null", "zero", "full", "random", "urandom" };

	o->state = rnd(5);
	snprintf(o->path, sizeof(o->path), "/dev/%s", names[o->state]);
	fd[0] = osys(o, open(o->path, PICK(O_RDONLY, O_RDWR, O_WRONLY, O_RDWR | O_NONBLOCK)));
	return true;
}

static void check_dev(struct obj *o, int end, int fd)
{
	int mode = osys(o, fcntl(fd, F_GETFL)) & O_ACCMODE;
	char c[4] = { 1, 1, 1, 1 };

	(void)end;
	if (mode != O_WRONLY)
		want(o, read(fd, c, 4) == (o->state ? 4 : 0), "read");
	if (mode != O_WRONLY && (o->state == 1 || o->state == 2))
		want(o, !memcmp(c, "\0\0\0\0", 4), "no zeros");
	if (mode != O_RDONLY && o->state == 2)
		want(o, write(fd, "x", 1) == -1 && errno == ENOSPC, "write");
}

static bool make_memfd(struct obj *o, int *fd)
{
	char path[40], name[32], *buf;

	snprintf(name, sizeof(name), "gen \"%d\"", (int)(o - m->obj));
	fd[0] = osys(o, memfd_create(name, PICK(0, MFD_CLOEXEC) | PICK(MFD_ALLOW_SEALING, MFD_ALLOW_SEALING, 0)));
	o->a = rnd_size(60000);
	o->b = o->c = 0;
	buf = malloc(o->a + 1);
	make_bytes(buf, o->seed, 0, o->a);
	check(write(fd[0], buf, o->a) == (ssize_t)o->a);
	free(buf);
	sprintf(path, "/proc/self/fd/%d", fd[0]);
	fd[1] = osys(o, open(path, PICK(O_RDONLY, O_RDWR, O_WRONLY)));
	osys(o, lseek(fd[1], rnd(5000), SEEK_SET));
	if (!(osys(o, fcntl(fd[0], F_GET_SEALS)) & F_SEAL_SEAL) && one_in(2))
		osys(o, fcntl(fd[0], F_ADD_SEALS, 1 + rnd(31)));
	o->mode = osys(o, fcntl(fd[0], F_GET_SEALS));
	return true;
}

static void see_memfd(FILE *f, struct obj *o, int end, int fd)
{
	(void)end;
	fprintf(f, " seals %#x", osys(o, fcntl(fd, F_GET_SEALS)));
}

static void check_memfd(struct obj *o, int end, int fd)
{
	int may = osys(o, fcntl(fd, F_GETFL)) & O_ACCMODE;

	want(o, osys(o, fcntl(fd, F_GET_SEALS)) == o->mode, "seals");
	check_file(o, fd);
	if (end == 0 || may == O_RDONLY)
		return;
	if (o->mode & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		want(o, pwrite(fd, "x", 1, 0) == -1 && errno == EPERM, "it can be written");
}

/* --- locks ---------------------------------------------------------------------------------------- */

static void lock(struct obj *o, int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	osys(o, fcntl(fd, cmd, &l));
}

/* state: 1 flock shared, 2 flock exclusive, 4 OFD, 8 POSIX; a file by itself, so that all can be had */
static bool make_locked(struct obj *o, int *fd)
{
	int i;

	place_file(o, PICK(0, 0, 1, 2), ".locked");
	o->state = PICK(1, 2, 4, 4, 8, 8, 9, 5, 12);
	o->posix_owner = -1;
	fd[0] = new_file(o, 0);
	fd[1] = osys(o, open(o->path, O_RDWR));
	if (o->state & 3)
		osys(o, flock(fd[0], o->state & 1 ? LOCK_SH : LOCK_EX));
	for (i = 0; o->state & 4 && i < 4; i++)
		lock(o, fd[i & 1], F_OFD_SETLK, PICK(F_RDLCK, F_WRLCK, F_UNLCK), 1000 * (i & 1) + rnd(50), 1 + rnd(100));
	for (i = 0; o->state & 8 && i < 5; i++)
		lock(o, fd[0], F_SETLK, PICK(F_RDLCK, F_WRLCK, F_UNLCK), 5000 + rnd(200), 1 + rnd(100));
	if (o->state & 8)
		o->posix_owner = me;
	if (one_in(4))
		osys(o, unlink(o->path));
	return true;
}

/* What stands in the way of a write lock on each of some bytes. */
static void see_locked(FILE *f, struct obj *o, int end, int fd)
{
	static const int from[] = { 0, 40, 120, 1000, 1090, 5000, 5050, 5150, 5290 };
	size_t i;

	(void)end;
	for (i = 0; i < ARRAY_SIZE(from); i++) {
		struct flock l = { .l_type = F_WRLCK, .l_start = from[i], .l_len = 0 }, k = l;

		k.l_len = 60;
		osys(o, fcntl(fd, F_GETLK, &k));
		l.l_len = 60;
		osys(o, fcntl(fd, F_OFD_GETLK, &l));
		fprintf(f, " lk %d:%lld+%lld/%d %d:%lld+%lld/%d", k.l_type, k.l_type == F_UNLCK ? 0 : (long long)k.l_start,
			k.l_type == F_UNLCK ? 0 : (long long)k.l_len, k.l_type == F_UNLCK ? 0 : k.l_pid, l.l_type,
			l.l_type == F_UNLCK ? 0 : (long long)l.l_start, l.l_type == F_UNLCK ? 0 : (long long)l.l_len,
			l.l_type == F_UNLCK ? 0 : l.l_pid);
	}
}

static void check_locked(struct obj *o, int end, int fd)
{
	char path[40];
	int other;

	check_file(o, fd);
	if (end || !(o->state & 3))
		return;
	sprintf(path, "/proc/self/fd/%d", fd);
	other = osys(o, open(path, O_RDWR));
	want(o, flock(other, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK, "no flock");
	if (o->state & 1)
		osys(o, flock(other, LOCK_SH | LOCK_NB));
	sys(close(other));
}

/* A lease: a file of its own, which nobody else may have open the other way. */
static bool make_lease(struct obj *o, int *fd)
{
	place_file(o, ON_DISK, ".lease");
	close(new_file(o, 0));
	o->state = PICK(F_RDLCK, F_WRLCK);
	fd[0] = osys(o, open(o->path, O_RDONLY));
	osys(o, fcntl(fd[0], F_SETLEASE, o->state));
	return true;
}

static void see_lease(FILE *f, struct obj *o, int end, int fd)
{
	(void)end;
	fprintf(f, " lease %d", osys(o, fcntl(fd, F_GETLEASE)));
}

static void check_lease(struct obj *o, int end, int fd)
{
	(void)end;
	want(o, fcntl(fd, F_GETLEASE) == o->state, "lease %d", fcntl(fd, F_GETLEASE));
	check_file(o, fd);
}

#endif

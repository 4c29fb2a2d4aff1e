// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VE's own tmpfs, /run and /dev/shm: contents, holes, owners, modes, times,
 * links of both sorts, empty directories, extended attributes, fifos; files that
 * are open or mapped, by two processes at once.
 */
#include "cpt_test.h"

#include <sys/xattr.h>

#define MB (1ul << 20)
#define FILES 200

struct meta {
	const char *path;
	struct stat st;
	char link[64], xattr[64];
	ssize_t xlen;
};
static struct meta metas[64];
static int nmetas;

static char base[64];
static const char *const mounts[] = { "/run", "/dev/shm" };

static void meta_get(struct meta *m)
{
	memset(m->link, 0, sizeof(m->link));
	memset(m->xattr, 0, sizeof(m->xattr));
	sys(lstat(m->path, &m->st));
	if (S_ISLNK(m->st.st_mode))
		sys(readlink(m->path, m->link, sizeof(m->link) - 1));
	m->xlen = lgetxattr(m->path, "trusted.cpt", m->xattr, sizeof(m->xattr));
}

static void meta(const char *path)
{
	metas[nmetas].path = strdup(path);
	nmetas++;
}

static void metas_check(void)
{
	struct meta is, *m;

	for (m = metas; m < metas + nmetas; m++) {
		is.path = m->path;
		meta_get(&is);
		check(is.st.st_mode == m->st.st_mode, "%s: mode %o, not %o", m->path, is.st.st_mode, m->st.st_mode);
		check(is.st.st_uid == m->st.st_uid && is.st.st_gid == m->st.st_gid, "%s: owner %d:%d, not %d:%d",
		      m->path, is.st.st_uid, is.st.st_gid, m->st.st_uid, m->st.st_gid);
		check(is.st.st_nlink == m->st.st_nlink, "%s: %d links, not %d", m->path,
		      (int)is.st.st_nlink, (int)m->st.st_nlink);
		check(S_ISDIR(is.st.st_mode) || is.st.st_size == m->st.st_size, "%s: %lld bytes, not %lld", m->path,
		      (long long)is.st.st_size, (long long)m->st.st_size);
		check(is.st.st_mtim.tv_sec == m->st.st_mtim.tv_sec && is.st.st_mtim.tv_nsec == m->st.st_mtim.tv_nsec,
		      "%s: modified at %lld.%09ld, not %lld.%09ld", m->path, (long long)is.st.st_mtim.tv_sec,
		      is.st.st_mtim.tv_nsec, (long long)m->st.st_mtim.tv_sec, m->st.st_mtim.tv_nsec);
		check(is.st.st_blocks <= m->st.st_blocks, "%s: %lld blocks, not %lld", m->path,
		      (long long)is.st.st_blocks, (long long)m->st.st_blocks);
		check(!strcmp(is.link, m->link), "%s points to %s, not to %s", m->path, is.link, m->link);
		check(is.xlen == m->xlen && !memcmp(is.xattr, m->xattr, sizeof(is.xattr)), "%s: attribute", m->path);
	}
}

static const char *at(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static int make(const char *name, size_t len, uint32_t seed)
{
	int fd = sys(open(at(name), O_RDWR | O_CREAT | O_EXCL, 0644));
	char *p;

	if (len) {
		p = malloc(len);
		fill(p, len, seed);
		check(write(fd, p, len) == (ssize_t)len);
		free(p);
	}
	return fd;
}

static void content(int fd, size_t len, uint32_t seed, const char *what)
{
	char *p = malloc(len);

	check(pread(fd, p, len, 0) == (ssize_t)len, "%s", what);
	verify(p, len, seed, what);
	free(p);
}

static struct {
	int open, sparse;
	char *map;
	pid_t child;
} here[2];

static void populate(int i)
{
	char name[64], from[256];
	int fd, n;

	snprintf(base, sizeof(base), "%s/tmpfs.test", mounts[i]);
	sys(mkdir(base, 0750));
	sys(chown(base, 7, 8));
	meta(base);
	close(make("empty", 0, 0));
	meta(at("empty"));
	fd = make("large", 6 * MB, 1);
	sys(fchown(fd, 1000, 1001));
	sys(fchmod(fd, 06640));
	close(fd);
	meta(at("large"));
	sys(mkdir(at("a"), 01777));
	sys(mkdir(at("a/b"), 0));
	sys(mkdir(at("a/b/c"), 0700));
	meta(at("a/b"));
	meta(at("a/b/c"));
	close(make("a/b/c/unreadable", 10, 2));
	sys(chmod(at("a/b/c/unreadable"), 0));
	meta(at("a/b/c/unreadable"));
	sys(symlink("/nowhere/at all", at("symlink")));
	sys(lchown(at("symlink"), 5, 6));
	meta(at("symlink"));
	snprintf(from, sizeof(from), "%s", at("large"));
	sys(link(from, at("a/hard link")));
	sys(link(from, at("z")));
	meta(at("a/hard link"));
	sys(mkfifo(at("fifo"), 0604));
	meta(at("fifo"));
	close(make("with blank\n\303\244 and newline", 5, 3));
	meta(at("with blank\n\303\244 and newline"));
	if (!setxattr(at("large"), "trusted.cpt", "value\0\1", 7, 0) && !setxattr(at("a"), "trusted.cpt", "dir", 3, 0))
		meta(at("a"));
	else
		fprintf(stderr, "extended attributes are not tested: %s\n", strerror(errno));
	sys(mkdir(at("many"), 0700));
	for (n = 0; n < FILES; n++) {
		sprintf(name, "many/%d", n);
		close(make(name, n, n));
	}
	/* one page in 64 of 64 MiB */
	here[i].sparse = make("sparse", 0, 0);
	sys(ftruncate(here[i].sparse, 64 * MB + 5));
	for (n = 0; n < 256; n++) {
		char page[PAGE];

		fill(page, PAGE, n);
		check(pwrite(here[i].sparse, page, PAGE, n * 64 * PAGE) == (ssize_t)PAGE);
	}
	meta(at("sparse"));
	/* open at a position; mapped by two */
	here[i].open = make("open", 3 * PAGE, 4);
	sys(lseek(here[i].open, 1234, SEEK_SET));
	fd = make("mapped", 8 * PAGE, 5);
	here[i].map = sys(mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	close(fd);
	here[i].child = test_fork();
	if (!here[i].child) {
		volatile uint32_t *w = (void *)here[i].map;

		here[i].map = NULL;
		while (w[PAGE] != 0xabcd)
			sleep_ns(50 * MSEC);
		w[PAGE + 1] = 0xdcba;
		_exit(0);
	}
	/* times last: of the directories, too */
	for (n = 0; n < nmetas; n++) {
		struct timespec t[2] = { { 1000000000 + n, 111 }, { 1100000000 + n, 123456789 - n } };

		if (!strcmp(metas[n].path, base) || strstr(metas[n].path, "tmpfs.test/"))
			sys(utimensat(AT_FDCWD, metas[n].path, t, AT_SYMLINK_NOFOLLOW));
	}
}

static void verify_all(int i)
{
	volatile uint32_t *w = (void *)here[i].map;
	char name[64], page[PAGE];
	int fd, n;

	snprintf(base, sizeof(base), "%s/tmpfs.test", mounts[i]);
	fd = sys(open(at("z"), O_RDONLY));
	content(fd, 6 * MB, 1, "large");
	close(fd);
	for (n = 0; n < FILES; n++) {
		sprintf(name, "many/%d", n);
		fd = sys(open(at(name), O_RDONLY));
		content(fd, n, n, name);
		close(fd);
	}
	for (n = 0; n < 256; n++) {
		check(pread(here[i].sparse, page, PAGE, n * 64 * PAGE) == (ssize_t)PAGE);
		verify(page, PAGE, n, "sparse");
	}
	check_is(lseek(here[i].sparse, 0, SEEK_HOLE), PAGE, "first hole of a sparse file");
	check_is(lseek(here[i].open, 0, SEEK_CUR), 1234, "position");
	content(here[i].open, 3 * PAGE, 4, "open");
	/* the file behind the descriptor is the one that the name means */
	check(write(here[i].open, "@", 1) == 1);
	fd = sys(open(at("open"), O_RDONLY));
	check(pread(fd, page, 1, 1234) == 1 && page[0] == '@', "the open file is another than the named one");
	close(fd);
	/* and the mapped one is the same in parent, child and by its name */
	verify(here[i].map, 4 * PAGE, 5, "mapped");
	w[PAGE] = 0xabcd;
	test_reap(here[i].child);
	check_is(w[PAGE + 1], 0xdcba, "what the child wrote into a common mapping");
	fd = sys(open(at("mapped"), O_RDONLY));
	check(pread(fd, page, 8, 4 * PAGE) == 8);
	check(((uint32_t *)page)[0] == 0xabcd && ((uint32_t *)page)[1] == 0xdcba, "the mapped file is another than the named one");
	close(fd);
}

int main(void)
{
	int i;

	umask(0);
	for (i = 0; i < 2; i++)
		populate(i);
	for (i = 0; i < nmetas; i++)
		meta_get(&metas[i]);
	test_ready();
	test_wait();
	metas_check();
	for (i = 0; i < 2; i++)
		verify_all(i);
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/* Small things that every part of ctl needs; see util.h. */
#include "util.h"
#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void *need(void *p)
{
	if (!p) {
		fail(E_RESOURCE, "Out of memory");
		_exit(E_RESOURCE);
	}
	return p;
}

void *xmalloc(size_t n)
{
	return need(calloc(1, n ? n : 1));
}

void *xrealloc(void *p, size_t n)
{
	return need(realloc(p, n ? n : 1));
}

char *xstrdup(const char *s)
{
	return need(strdup(s));
}

char *xprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return need(s);
}

char *read_file(const char *path)
{
	return read_fd(open(path, O_RDONLY | O_CLOEXEC));
}

char *read_fd(int fd)
{
	size_t n = 0, room = 4096;
	ssize_t got;
	char *buf;

	if (fd < 0)
		return NULL;
	buf = xmalloc(room);
	while ((got = read(fd, buf + n, room - n - 1)) > 0) {
		n += got;
		if (room - n < 2)
			buf = xrealloc(buf, room *= 2);
	}
	close(fd);
	if (got < 0) {
		free(buf);
		return NULL;
	}
	buf[n] = 0;
	return buf;
}

int write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= w;
	}
	return 0;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc, err;

	if (fd < 0)
		return -1;
	/* One write: that is how proc and cgroup files want it. */
	rc = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	err = errno;
	close(fd);
	errno = err;
	return rc;
}

int replace_file(const char *path, const char *text, mode_t mode)
{
	char *tmp = xprintf("%s.tmp", path);
	int fd, rc = -1;

	unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd >= 0) {
		rc = fchmod(fd, mode) || write_all(fd, text, strlen(text)) || fsync(fd) ? -1 : 0;
		close(fd);
		if (!rc)
			rc = rename(tmp, path);
		if (rc) {
			int err = errno;

			unlink(tmp);
			errno = err;
		}
	}
	free(tmp);
	return rc;
}

void replace_clean(const char *path)
{
	char *tmp = xprintf("%s.tmp", path);

	unlink(tmp);
	free(tmp);
}

int mkdirs(const char *path, mode_t mode)
{
	char *copy = xstrdup(path), *p;
	int rc = 0;

	for (p = copy + 1; !rc && *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		rc = mkdir(copy, 0755) && errno != EEXIST ? -1 : 0;
		*p = '/';
	}
	if (!rc)
		rc = mkdir(copy, mode) && errno != EEXIST ? -1 : 0;
	free(copy);
	return rc;
}

int remove_inside(int fd, dev_t dev)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;
	struct stat st;
	int rc = 0, sub;

	if (!d) {
		close(fd);
		return -1;
	}
	while (!rc && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!unlinkat(fd, e->d_name, 0))
			continue;
		if (errno != EISDIR && errno != EPERM) {
			rc = -1;
			break;
		}
		sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0 || fstat(sub, &st)) {
			rc = -1;
		} else if (st.st_dev != dev) {
			errno = EBUSY;	/* something is mounted here: not ours to remove */
			rc = -1;
		}
		if (rc) {
			if (sub >= 0)
				close(sub);
			break;
		}
		rc = remove_inside(sub, dev) || unlinkat(fd, e->d_name, AT_REMOVEDIR) ? -1 : 0;
	}
	closedir(d);
	return rc;
}

int remove_tree(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		if (errno == ENOTDIR || errno == ELOOP)
			return unlink(path);
		return errno == ENOENT ? 0 : -1;
	}
	if (fstat(fd, &st)) {
		close(fd);
		return -1;
	}
	return remove_inside(fd, st.st_dev) ? -1 : rmdir(path);
}

bool parse_u64(const char *s, int base, uint64_t max, uint64_t *out)
{
	unsigned long long v;
	char *end;

	if (!s || !*s || *s == '-' || *s == ' ')
		return false;
	errno = 0;
	v = strtoull(s, &end, base);
	if (errno || *end || end == s || v > max)
		return false;
	*out = v;
	return true;
}

void sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

static bool among(const int *keep, int n, int fd)
{
	for (int i = 0; i < n; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

void more_files(void)
{
	struct rlimit r = { 65536, 65536 };

	setrlimit(RLIMIT_NOFILE, &r);
}

void close_but(const int *keep, int n)
{
	int from = 0, max = -1;

	for (int i = 0; i < n; i++)
		max = keep[i] > max ? keep[i] : max;
	for (; from <= max; from++)
		if (!among(keep, n, from))
			close(from);
	close_range(from, ~0u, 0);
}

void random_id(char id[33])
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b)) {
		fail(E_SYSTEM, "No random numbers");
		_exit(E_SYSTEM);
	}
	for (int i = 0; i < 16; i++)
		sprintf(id + 2 * i, "%02x", b[i]);
}

const char *boot_id(void)
{
	static char *id;

	if (!id) {
		id = read_file("/proc/sys/kernel/random/boot_id");
		id = id ? id : xstrdup("-");
		id[strcspn(id, "\n")] = 0;
	}
	return id;
}

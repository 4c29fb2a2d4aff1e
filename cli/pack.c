// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contents of a tmpfs or hugetlbfs as a pax archive in memory; see pack.h.
 *
 * Everything is reached from the mount's root by descriptors, never across a mount
 * or a symbolic link: the VE decides what is in there, and at restore the image does.
 * What tar does not know, sockets and which huge pages are there or reserved, is in attributes
 * that no file system would take.
 */
#include "pack.h"
#include "devices.h"
#include "mount.h"
#include "say.h"
#include "util.h"

#include <archive.h>
#include <archive_entry.h>
#include <cpt/ioctl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MARK		"cpt."
#define SOCKET_MARK	MARK "socket"	/* it is one, not an empty file */
#define THERE_MARK	MARK "there"	/* struct range[] of a hugetlbfs … */
#define RESERVED_MARK	MARK "reserved"	/* … those that are there included */

struct range {
	uint64_t from, to;		/* bytes of the file, the first one behind it */
};

/*
 * Open below dir for reading so that the VE's watches see nothing of it. The device does
 * not need a VE for that; without O_NOATIME what the archive has would change the file.
 */
static int open_quietly(int dev, int dir, const char *path, int flags)
{
	struct cpt_ioc_open a = { .fd = open_below(dir, path, O_PATH | O_NOFOLLOW | flags) };
	int fd = a.fd, err;

	if (fd < 0)
		return -1;
	err = ioctl(dev, CPT_IOC_OPEN, &a) ? errno : 0;
	close(fd);
	errno = err;
	return err ? -1 : a.fd;
}

/* --- packing ------------------------------------------------------------------------------- */

struct linked {
	ino_t ino;
	char *path;
};

struct packer {
	struct archive *a;
	const char *what;
	int dev;
	pack_put *put;
	void *arg;
	char *piece;
	size_t len;
	int code;			/* of put */
	bool newest_first;		/* as tmpfs lists its entries */
	bool huge;			/* a hugetlbfs */
	struct linked *links;		/* files with several names, by their first */
	size_t n_links;
};

#define PIECE	(1u << 20)
#define HUGE_PIECE	(256u << 20)	/* that is mapped at once */

static int put_piece(struct packer *p)
{
	p->code = p->len ? p->put(p->arg, p->piece, p->len) : OK;
	p->len = 0;
	return p->code;
}

static la_ssize_t more(struct archive *a, void *arg, const void *buf, size_t n)
{
	struct packer *p = arg;

	n = n < PIECE - p->len ? n : PIECE - p->len;
	memcpy(p->piece + p->len, buf, n);
	p->len += n;
	if (p->len < PIECE || !put_piece(p))
		return n;
	archive_set_error(a, EIO, "it cannot be put into the image");
	return -1;
}

static int pack_failed(struct packer *p, const char *path)
{
	if (p->code)
		return p->code;
	return fail(E_CHKPNT, "%s/%s cannot be saved: %s", p->what, path,
		    archive_error_string(p->a) ? archive_error_string(p->a) : strerror(errno));
}

static int add_xattrs(struct archive_entry *e, int dir, const char *name)
{
	char *names = NULL, *value = NULL, *p;
	ssize_t n, v;
	int rc;

	/* There may be no /proc here to name the file by its directory's descriptor. */
	if (fchdir(dir))
		return -1;
	n = llistxattr(name, NULL, 0);
	rc = n < 0 && errno != ENOTSUP ? -1 : 0;
	if (n > 0) {
		names = xmalloc(n);
		n = llistxattr(name, names, n);
		rc = n < 0 ? -1 : 0;
	}
	for (p = names; !rc && p && p < names + n; p += strlen(p) + 1) {
		v = lgetxattr(name, p, NULL, 0);
		value = xmalloc(v > 0 ? v : 1);
		v = lgetxattr(name, p, value, v > 0 ? v : 0);
		if (v < 0)
			rc = -1;
		else
			archive_entry_xattr_add_entry(e, p, value, v);
		free(value);
	}
	free(names);
	return rc;
}

/* An attribute of ours; NULL: it has none. */
static const void *mark_of(struct archive_entry *e, const char *mark, size_t *n)
{
	const char *name;
	const void *value;

	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, n) == ARCHIVE_OK)
		if (!strcmp(name, mark))
			return value;
	*n = 0;
	return NULL;
}

/* Where the file has data; the rest is holes. */
static void add_sparse(struct archive_entry *e, int fd, off_t size)
{
	off_t at = 0, end;

	while (at < size && (at = lseek(fd, at, SEEK_DATA)) >= 0) {
		end = lseek(fd, at, SEEK_HOLE);
		if (end < 0 || (!at && end >= size))
			break;
		archive_entry_sparse_add_entry(e, at, end - at);
		at = end;
	}
	/* No data at all: one empty piece at the end says so. */
	if (size && lseek(fd, 0, SEEK_DATA) < 0 && errno == ENXIO)
		archive_entry_sparse_add_entry(e, size, 0);
	lseek(fd, 0, SEEK_SET);
}

/* Which huge pages of a file are there or reserved. What is in the first, the rest is holes. */
static int add_ranges(struct packer *p, struct archive_entry *e, int fd, uint32_t what, const char *mark)
{
	struct cpt_ioc_huge a = { .fd = fd, .what = what };
	struct range *r = NULL;
	size_t n = 0;
	int err;

	for (; !ioctl(p->dev, CPT_IOC_HUGE, &a); a.from = a.to) {
		r = xrealloc(r, (n + 1) * sizeof(*r));
		r[n++] = (struct range){ a.from, a.to };
	}
	err = errno;
	if (n)
		archive_entry_xattr_add_entry(e, mark, r, n * sizeof(*r));
	free(r);
	errno = err;
	return err == ENXIO ? 0 : -1;
}

static int add_huge(struct packer *p, struct archive_entry *e, int fd, uint64_t size)
{
	const struct range *r = NULL;
	size_t n;
	bool any = false;

	if (add_ranges(p, e, fd, CPT_HUGE_THERE, THERE_MARK) || add_ranges(p, e, fd, CPT_HUGE_RESERVED, RESERVED_MARK))
		return -1;
	r = mark_of(e, THERE_MARK, &n);
	for (n /= sizeof(*r); n && r->from < size; n--, r++) {
		archive_entry_sparse_add_entry(e, r->from, (r->to < size ? r->to : size) - r->from);
		any = true;
	}
	if (size && !any)
		archive_entry_sparse_add_entry(e, size, 0);
	return 0;
}

static int write_data(struct packer *p, int fd, const char *path)
{
	static char buf[1 << 16];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (archive_write_data(p->a, buf, n) < 0)
			return pack_failed(p, path);
	return n < 0 ? fail_errno(E_CHKPNT, "%s/%s cannot be read", p->what, path) : OK;
}

/* The path under which the file is in the archive already, or NULL. */
static const char *first_name(struct packer *p, const struct stat *st, const char *path)
{
	for (size_t i = 0; i < p->n_links; i++)
		if (p->links[i].ino == st->st_ino)
			return p->links[i].path;
	p->links = xrealloc(p->links, (p->n_links + 1) * sizeof(*p->links));
	p->links[p->n_links++] = (struct linked){ st->st_ino, xstrdup(path) };
	return NULL;
}

static int set_symlink(struct archive_entry *e, int dir, const char *name)
{
	char to[4096];
	ssize_t n = readlinkat(dir, name, to, sizeof(to) - 1);

	if (n < 0)
		return -1;
	to[n] = 0;
	archive_entry_set_symlink(e, to);
	return 0;
}

/* One entry, whatever it is; of a directory only itself. */
static int pack_entry(struct packer *p, int dir, const char *name, const char *path, const struct stat *st)
{
	struct archive_entry *e = archive_entry_new();
	const char *first = NULL;
	int fd = -1, code = OK, rc = 0;

	archive_entry_copy_stat(e, st);
	archive_entry_unset_ctime(e);	/* nobody can set it again */
	archive_entry_set_pathname(e, path);
	if (st->st_nlink > 1 && !S_ISDIR(st->st_mode))
		first = first_name(p, st, path);
	if (first) {
		archive_entry_set_hardlink(e, first);
		archive_entry_set_size(e, 0);
	} else {
		rc = add_xattrs(e, dir, name);
	}
	if (!first && !rc && S_ISLNK(st->st_mode)) {
		rc = set_symlink(e, dir, name);
	} else if (!first && !rc && S_ISSOCK(st->st_mode)) {
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_size(e, 0);
		archive_entry_xattr_add_entry(e, SOCKET_MARK, "", 0);
	} else if (!first && !rc && S_ISREG(st->st_mode)) {
		fd = open_quietly(p->dev, dir, name, 0);
		rc = fd < 0 ? -1 : 0;
		if (!rc && p->huge)
			rc = add_huge(p, e, fd, st->st_size);
		else if (!rc)
			add_sparse(e, fd, st->st_size);
	}
	if (rc)
		code = fail_errno(E_CHKPNT, "%s/%s cannot be read", p->what, path);
	if (!code && archive_write_header(p->a, e) < ARCHIVE_WARN)
		code = pack_failed(p, path);
	if (!code && fd >= 0)
		code = write_data(p, fd, path);
	if (fd >= 0)
		close(fd);
	archive_entry_free(e);
	return code;
}

struct names {
	char **name;
	size_t n;
};

/* All in a directory but . and .., as it lists them; takes fd, closes it if it fails. NULL: failed. */
static DIR *list(int fd, struct names *names)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	*names = (struct names){ 0 };
	if (!d) {
		close(fd);
		return NULL;
	}
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		names->name = xrealloc(names->name, (names->n + 1) * sizeof(*names->name));
		names->name[names->n++] = xstrdup(e->d_name);
	}
	return d;
}

static void free_names(struct names *names)
{
	while (names->n)
		free(names->name[--names->n]);
	free(names->name);
}

/*
 * Does a tmpfs list what was made last first? A directory half read goes on in the
 * right place only if it lists in the same order as before, so the archive has the
 * order in which things were made. Kernels differ: asked of one.
 */
static int ask_order(bool *newest_first)
{
	int fd = mount_new("tmpfs", NULL, 0);
	struct names names;
	DIR *d;

	if (fd < 0)
		return -1;
	if (mkdirat(fd, "first", 0700) || mkdirat(fd, "second", 0700)) {
		close(fd);
		return -1;
	}
	d = list(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), &names);
	*newest_first = d && names.n == 2 && !strcmp(names.name[0], "second");
	free_names(&names);
	close(fd);
	return d ? closedir(d) : -1;
}

static int pack_dir(struct packer *p, int fd, const char *path);

/* An entry, and what is in it. */
static int pack_all(struct packer *p, int dir, const char *name, const char *path)
{
	struct stat st;
	int code, fd = -1;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return fail_errno(E_CHKPNT, "%s/%s cannot be read", p->what, path);
	if (S_ISDIR(st.st_mode)) {
		fd = open_quietly(p->dev, dir, name, O_DIRECTORY);
		if (fd < 0)
			return fail_errno(E_CHKPNT, "%s/%s cannot be read", p->what, path);
	}
	code = pack_entry(p, dir, name, path, &st);
	if (!code && fd >= 0)
		code = pack_dir(p, fd, path);
	else if (fd >= 0)
		close(fd);
	return code;
}

/* What is in the directory fd (closed here), in the order in which it was made. */
static int pack_dir(struct packer *p, int fd, const char *path)
{
	struct names names;
	DIR *d = list(fd, &names);
	int code = OK;

	if (!d)
		return fail_errno(E_CHKPNT, "%s/%s cannot be read", p->what, path);
	for (size_t i = 0; !code && i < names.n; i++) {
		const char *name = names.name[p->newest_first ? names.n - 1 - i : i];
		char *sub = xprintf("%s%s%s", path, *path ? "/" : "", name);

		code = pack_all(p, fd, name, sub);
		free(sub);
	}
	free_names(&names);
	closedir(d);
	return code;
}

int tmpfs_pack(int dev, int root, const char *what, pack_put *put, void *arg)
{
	struct packer p = { .a = archive_write_new(), .what = what, .dev = dev, .put = put, .arg = arg,
			    .piece = xmalloc(PIECE) };
	int fd = open_quietly(dev, root, ".", O_DIRECTORY), code = OK;
	struct statfs fs;
	struct stat st;

	archive_write_set_format_pax(p.a);
	/* Names are bytes. */
	archive_write_set_options(p.a, "hdrcharset=BINARY");
	archive_write_set_bytes_per_block(p.a, 0);
	if (fd < 0 || fstat(fd, &st) || fstatfs(fd, &fs) || ask_order(&p.newest_first))
		code = fail_errno(E_CHKPNT, "%s cannot be read", what);
	p.huge = !code && (unsigned int)fs.f_type == HUGETLBFS_MAGIC;
	if (!code && archive_write_open(p.a, &p, NULL, more, NULL) != ARCHIVE_OK)
		code = pack_failed(&p, "");
	if (!code)
		code = pack_entry(&p, fd, ".", ".", &st);
	if (!code)
		code = pack_dir(&p, fd, "");
	else if (fd >= 0)
		close(fd);
	if (!code && archive_write_close(p.a) != ARCHIVE_OK)
		code = pack_failed(&p, "");
	if (!code)
		code = put_piece(&p);
	archive_write_free(p.a);
	for (size_t i = 0; i < p.n_links; i++)
		free(p.links[i].path);
	free(p.links);
	free(p.piece);
	return code;
}

/* --- unpacking ----------------------------------------------------------------------------- */

struct dir_time {
	char *path;
	struct timespec ts[2];
};

struct unpacker {
	struct archive *a;
	const char *what;
	int root;
	uint64_t huge;			/* of a hugetlbfs: the size of its pages; else 0 */
	struct dir_time *dirs;		/* set last: making a file in a directory changes its time */
	size_t n_dirs;
};

static int unpack_failed(const struct unpacker *u, const char *path)
{
	return fail_errno(E_RESTORE, "%s/%s cannot be made", u->what, path);
}

/* The directory in which an entry is, and its last name; -1 with errno. */
static int parent_of(const struct unpacker *u, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int fd;

	*name = slash ? slash + 1 : path;
	if (!**name || !strcmp(*name, ".."))
		return errno = EINVAL, -1;
	dir = slash ? xprintf("%.*s", (int)(slash - path), path) : xstrdup(".");
	fd = open_below(u->root, dir, O_RDONLY | O_DIRECTORY);
	free(dir);
	return fd;
}

static int write_file_data(struct unpacker *u, int fd, off_t size)
{
	const void *buf;
	size_t n;
	la_int64_t at;
	int rc;

	while ((rc = archive_read_data_block(u->a, &buf, &n, &at)) == ARCHIVE_OK) {
		if (lseek(fd, at, SEEK_SET) < 0 || write_all(fd, buf, n))
			return -1;
	}
	errno = EIO;
	return rc != ARCHIVE_EOF || ftruncate(fd, size) ? -1 : 0;
}

static bool is_socket(struct archive_entry *e)
{
	size_t n;

	return mark_of(e, SOCKET_MARK, &n);
}

/* truncate(2) takes only whole huge pages, but with fallocate(2) any size comes about. */
static int set_huge_size(const struct unpacker *u, int fd, off_t size)
{
	off_t last = size - size % u->huge;

	if (last == size)
		return ftruncate(fd, size);
	return fallocate(fd, 0, last, size - last) ||
	       fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, last, u->huge) ? -1 : 0;
}

/* A mapping reserves pages, which stay that when it is gone. */
static int reserve(const struct unpacker *u, int fd, const struct range *r)
{
	uint64_t at, len, most = u->huge > HUGE_PIECE ? u->huge : HUGE_PIECE;
	void *p;

	for (at = r->from; at < r->to; at += len) {
		len = r->to - at < most ? r->to - at : most;
		p = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, at);
		if (p == MAP_FAILED)
			return -1;
		munmap(p, len);
	}
	return 0;
}

/* Bytes within a huge page. It must be there: who touches one that cannot be made is killed. */
static int put_huge(const struct unpacker *u, int fd, const void *buf, size_t n, uint64_t at)
{
	uint64_t page = at - at % u->huge;
	char *p;

	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, page, u->huge))
		return -1;
	p = mmap(NULL, u->huge, PROT_READ | PROT_WRITE, MAP_SHARED, fd, page);
	if (p == MAP_FAILED)
		return -1;
	memcpy(p + at % u->huge, buf, n);
	return munmap(p, u->huge);
}

/* What a file of huge pages has; nobody can write(2) to it. Behind the last whole page there are but zeros. */
static int write_huge_data(struct unpacker *u, struct archive_entry *e, int fd, off_t size)
{
	const struct range *r;
	const char *buf;
	const void *block;
	uint64_t end = size - size % u->huge, part;
	size_t n, i;
	la_int64_t at;
	int rc;

	if (set_huge_size(u, fd, size))
		return -1;
	r = mark_of(e, RESERVED_MARK, &n);
	for (i = 0; i < n / sizeof(*r); i++)
		if (reserve(u, fd, &r[i]))
			return -1;
	r = mark_of(e, THERE_MARK, &n);
	for (i = 0; i < n / sizeof(*r); i++)
		if (fallocate(fd, FALLOC_FL_KEEP_SIZE, r[i].from, r[i].to - r[i].from))
			return -1;
	while ((rc = archive_read_data_block(u->a, &block, &n, &at)) == ARCHIVE_OK) {
		for (buf = block; n && (uint64_t)at < end; buf += part, n -= part, at += part) {
			part = u->huge - at % u->huge;
			if (part > n)
				part = n;
			if (put_huge(u, fd, buf, part, at))
				return -1;
		}
	}
	errno = EIO;
	return rc != ARCHIVE_EOF ? -1 : 0;
}

static int make_hardlink(struct unpacker *u, struct archive_entry *e, int dir, const char *name)
{
	const char *from;
	int fd = parent_of(u, archive_entry_hardlink(e), &from), rc;

	if (fd < 0)
		return -1;
	rc = linkat(fd, from, dir, name, 0);
	close(fd);
	return rc;
}

/* Make the file itself: no owner, mode, attributes yet. */
static int make_file(struct unpacker *u, struct archive_entry *e, int dir, const char *name)
{
	mode_t type = archive_entry_filetype(e);
	int fd, rc;

	if (archive_entry_hardlink(e))
		return make_hardlink(u, e, dir, name);
	switch (type) {
	case AE_IFDIR:
		return mkdirat(dir, name, 0700) && errno != EEXIST ? -1 : 0;
	case AE_IFLNK:
		return symlinkat(archive_entry_symlink(e) ? archive_entry_symlink(e) : "", dir, name);
	case AE_IFIFO:
		return mknodat(dir, name, S_IFIFO | 0600, 0);
	case AE_IFCHR:
	case AE_IFBLK:
		if (!devices_allowed(type, archive_entry_rdev(e)))
			return errno = EPERM, -1;
		return mknodat(dir, name, type | 0600, archive_entry_rdev(e));
	case AE_IFREG:
		if (is_socket(e))
			return mknodat(dir, name, S_IFSOCK | 0600, 0);
		fd = openat(dir, name, (u->huge ? O_RDWR : O_WRONLY) | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		rc = u->huge ? write_huge_data(u, e, fd, archive_entry_size(e)) :
			       write_file_data(u, fd, archive_entry_size(e));
		close(fd);
		return rc;
	}
	return errno = EINVAL, -1;
}

/* Owner before mode (a change of owner takes suid away), both before attributes. */
static int set_attributes(struct unpacker *u, struct archive_entry *e, int dir, const char *name)
{
	struct timespec ts[2] = {
		{ archive_entry_atime(e), archive_entry_atime_nsec(e) },
		{ archive_entry_mtime(e), archive_entry_mtime_nsec(e) },
	};
	mode_t type = archive_entry_filetype(e);
	const char *attr;
	const void *value;
	size_t n;

	if (fchownat(dir, name, archive_entry_uid(e), archive_entry_gid(e), AT_SYMLINK_NOFOLLOW))
		return -1;
	if (type != AE_IFLNK && fchmodat(dir, name, archive_entry_perm(e), 0))
		return -1;
	/* There is no /proc here to name the file by its directory's descriptor. */
	if (fchdir(dir))
		return -1;
	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &attr, &value, &n) == ARCHIVE_OK)
		if (strncmp(attr, MARK, strlen(MARK)) && lsetxattr(name, attr, value, n, 0))
			return -1;
	if (type == AE_IFDIR) {
		u->dirs = xrealloc(u->dirs, (u->n_dirs + 1) * sizeof(*u->dirs));
		u->dirs[u->n_dirs].path = xstrdup(archive_entry_pathname(e));
		memcpy(u->dirs[u->n_dirs++].ts, ts, sizeof(ts));
		return 0;
	}
	return utimensat(dir, name, ts, AT_SYMLINK_NOFOLLOW);
}

/* tar writes the name of a directory with a slash at the end. */
static bool cut_slashes(struct archive_entry *e)
{
	const char *path = archive_entry_pathname(e);
	size_t n = path ? strlen(path) : 0;
	char *copy;

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (!n)
		return false;
	copy = xprintf("%.*s", (int)n, path);
	archive_entry_copy_pathname(e, copy);
	free(copy);
	return true;
}

static int unpack_entry(struct unpacker *u, struct archive_entry *e)
{
	const char *path, *name;
	int dir, rc;
	bool root;

	if (!cut_slashes(e))
		return fail(E_RESTORE, "%s: a name in the image cannot be read", u->what);
	path = archive_entry_pathname(e);
	root = !strcmp(path, ".");
	dir = parent_of(u, path, &name);
	if (dir < 0)
		return unpack_failed(u, path);
	rc = root ? 0 : make_file(u, e, dir, name);
	if (!rc && !archive_entry_hardlink(e))
		rc = set_attributes(u, e, dir, name);
	rc = rc ? unpack_failed(u, path) : OK;
	close(dir);
	return rc;
}

static void set_dir_times(struct unpacker *u)
{
	while (u->n_dirs--) {
		struct dir_time *d = &u->dirs[u->n_dirs];
		const char *name;
		int dir = parent_of(u, d->path, &name);

		if (dir >= 0) {
			utimensat(dir, name, d->ts, AT_SYMLINK_NOFOLLOW);
			close(dir);
		}
		free(d->path);
	}
	free(u->dirs);
}

/*
 * Take away what the fresh mount was given, but for mount points: a busy one is left,
 * although what is mounted there is not in this view.
 */
static int empty(int root)
{
	DIR *d = fdopendir(openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *e;
	struct stat st;
	int fd, rc = 0;

	if (!d)
		return -1;
	while (!rc && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || !unlinkat(root, e->d_name, 0) ||
		    errno == EBUSY)
			continue;
		fd = open_below(root, e->d_name, O_RDONLY | O_DIRECTORY);
		rc = fd < 0 || fstat(fd, &st) || remove_inside(fd, st.st_dev) ||
		     (unlinkat(root, e->d_name, AT_REMOVEDIR) && errno != EBUSY) ? -1 : 0;
	}
	closedir(d);
	return rc;
}

/* Where the pieces come from. */
struct feed {
	pack_get *get;
	void *arg;
};

static la_ssize_t next_piece(struct archive *a, void *arg, const void **data)
{
	struct feed *f = arg;

	(void)a;
	return f->get(f->arg, data);
}

int tmpfs_unpack(int root, const char *what, pack_get *get, void *arg)
{
	struct unpacker u = { .a = archive_read_new(), .what = what };
	struct feed feed = { get, arg };
	struct archive_entry *e;
	struct statfs fs;
	int code = OK, rc;

	archive_read_support_format_tar(u.a);
	u.root = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (u.root < 0 || fstatfs(u.root, &fs) || empty(u.root))
		code = fail_errno(E_RESTORE, "%s cannot be emptied", what);
	else if ((unsigned int)fs.f_type == HUGETLBFS_MAGIC)
		u.huge = fs.f_bsize;
	if (!code && archive_read_open(u.a, &feed, NULL, next_piece, NULL) != ARCHIVE_OK)
		code = fail(E_RESTORE, "%s: its contents in the image cannot be read: %s", what,
			    archive_error_string(u.a));
	while (!code && (rc = archive_read_next_header(u.a, &e)) != ARCHIVE_EOF) {
		if (rc < ARCHIVE_WARN)
			code = fail(E_RESTORE, "%s: its contents in the image are damaged: %s", what,
				    archive_error_string(u.a));
		else
			code = unpack_entry(&u, e);
	}
	set_dir_times(&u);
	archive_read_free(u.a);
	if (u.root >= 0)
		close(u.root);
	return chdir("/") && !code ? E_SYSTEM : code;
}

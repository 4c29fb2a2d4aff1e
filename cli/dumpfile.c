// SPDX-License-Identifier: GPL-2.0-only
/* The image as a file; see dumpfile.h. */
#include "dumpfile.h"
#include "say.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int no_file(const struct dumpfile *d)
{
	return fail_errno(errno == ENOSPC || errno == EDQUOT ? E_NO_SPACE : E_CHKPNT, "Can not create dump file %s",
			  d->name);
}

int dumpfile_open(struct dumpfile *d, const char *path)
{
	char *copy = xstrdup(path), *dir = dirname(copy);
	const char *slash = strrchr(path, '/');

	*d = (struct dumpfile){ .fd = -1, .dir = -1, .name = xstrdup(slash ? slash + 1 : path) };
	mkdirs(dir, 0700);
	d->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (d->dir < 0 || !*d->name)
		return no_file(d);
	d->fd = openat(d->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	/* Not every file system has files without a name. */
	if (d->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT)) {
		d->tmp = xprintf(".%s.cpt-%d", d->name, getpid());
		d->fd = openat(d->dir, d->tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (d->fd < 0 || fchmod(d->fd, 0600)) {
		int code = no_file(d);

		dumpfile_abort(d);
		return code;
	}
	return OK;
}

/* Give the file a name in its directory, if it is free. */
static int give_name(struct dumpfile *d, const char *name)
{
	char *self = xprintf("/proc/self/fd/%d", d->fd);
	int rc = linkat(AT_FDCWD, self, d->dir, name, AT_SYMLINK_FOLLOW);

	free(self);
	return rc;
}

int dumpfile_commit(struct dumpfile *d)
{
	int rc = fsync(d->fd), code = OK;

	if (!rc && !d->tmp) {
		rc = give_name(d, d->name);
		if (!rc)
			goto done;
		/* Something has the name: replace it in one step, whatever it is, a link too. */
		d->tmp = xprintf(".%s.cpt-%d", d->name, getpid());
		rc = errno == EEXIST ? give_name(d, d->tmp) : -1;
	}
	if (!rc)
		rc = renameat(d->dir, d->tmp, d->dir, d->name);
done:
	if (rc)
		code = no_file(d);
	else
		fsync(d->dir);
	if (!rc) {
		free(d->tmp);
		d->tmp = NULL;
	}
	dumpfile_abort(d);
	return code;
}

void dumpfile_abort(struct dumpfile *d)
{
	if (d->tmp)
		unlinkat(d->dir, d->tmp, 0);
	if (d->fd >= 0)
		close(d->fd);
	if (d->dir >= 0)
		close(d->dir);
	free(d->name);
	free(d->tmp);
	*d = (struct dumpfile){ .fd = -1, .dir = -1 };
}

void dumpfile_clean(const char *path)
{
	char *copy = xstrdup(path), *prefix;
	const char *slash = strrchr(path, '/');
	DIR *d = opendir(dirname(copy));
	struct dirent *e;

	prefix = xprintf(".%s.cpt-", slash ? slash + 1 : path);
	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, prefix, strlen(prefix)))
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	free(copy);
	free(prefix);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Private areas from templates; see pack.h. */
#include "pack.h"
#include "lock.h"
#include "say.h"
#include "util.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path of an entry below the directory that is filled; NULL: the directory itself. */
static const char *below(const char *path)
{
	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return !*path || !strcmp(path, ".") ? NULL : path;
}

static int failed(struct archive *a, const char *what)
{
	int err = archive_errno(a);

	return fail(err == ENOSPC || err == EDQUOT ? E_NO_SPACE : E_CREATE, "Cannot unpack %s: %s", what,
		    archive_error_string(a) ? archive_error_string(a) : "unknown error");
}

static int copy_data(struct archive *in, struct archive *out)
{
	const void *buf;
	size_t n;
	la_int64_t at;
	int rc;

	while ((rc = archive_read_data_block(in, &buf, &n, &at)) == ARCHIVE_OK)
		if (archive_write_data_block(out, buf, n, at) < ARCHIVE_WARN)
			return -1;
	return rc == ARCHIVE_EOF ? 0 : -2;
}

/* One entry, its names made relative; an enum code. */
static int write_entry(struct archive *in, struct archive *out, struct archive_entry *e, const char *strip)
{
	const char *path = archive_entry_pathname(e), *hard = archive_entry_hardlink(e);
	int type = archive_entry_filetype(e), rc;
	char *copy;

	if (!path)
		return fail(E_CREATE, "A name in the template cannot be read");
	if (!hard && (type == AE_IFCHR || type == AE_IFBLK || type == AE_IFSOCK))
		return OK;
	/* A directory as the template gives the full path. */
	path = below(!strncmp(path, strip, strlen(strip)) ? path + strlen(strip) : path);
	if (!path) {
		archive_entry_copy_pathname(e, ".");
	} else {
		copy = xstrdup(path);
		archive_entry_copy_pathname(e, copy);
		free(copy);
	}
	if (hard) {
		hard = below(!strncmp(hard, strip, strlen(strip)) ? hard + strlen(strip) : hard);
		copy = xstrdup(hard ? hard : ".");
		archive_entry_copy_hardlink(e, copy);
		free(copy);
	}
	if (archive_write_header(out, e) < ARCHIVE_WARN)
		return failed(out, archive_entry_pathname(e));
	if (archive_entry_size(e) > 0 && !hard) {
		rc = copy_data(in, out);
		if (rc)
			return failed(rc == -1 ? out : in, archive_entry_pathname(e));
	}
	if (archive_write_finish_entry(out) < ARCHIVE_WARN)
		return failed(out, archive_entry_pathname(e));
	return OK;
}

/* From a tar. */
static int unpack_tar(struct archive *in, struct archive *out, const char *from)
{
	struct archive_entry *e;
	int rc, code = OK;

	if (archive_read_open_filename(in, from, 1 << 16) != ARCHIVE_OK)
		return fail(E_BAD_TEMPLATE, "Cannot read %s: %s", from, archive_error_string(in));
	while (!code && (rc = archive_read_next_header(in, &e)) != ARCHIVE_EOF) {
		if (rc < ARCHIVE_WARN)
			code = fail(E_BAD_TEMPLATE, "%s is damaged: %s", from, archive_error_string(in));
		else
			code = write_entry(in, out, e, "");
		if (!code && interrupted)
			code = fail(E_CREATE, "Interrupted");
	}
	return code;
}

/* From a directory; a file with several names is copied once and linked. */
static int copy_tree(struct archive *in, struct archive *out, const char *from)
{
	struct archive_entry_linkresolver *links = archive_entry_linkresolver_new();
	struct archive_entry *e, *spare;
	int rc, code = OK;

	archive_entry_linkresolver_set_strategy(links, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE);
	archive_read_disk_set_symlink_physical(in);
	archive_read_disk_set_behavior(in, ARCHIVE_READDISK_NO_TRAVERSE_MOUNTS);
	if (archive_read_disk_open(in, from) != ARCHIVE_OK)
		code = fail(E_NO_TEMPLATE, "Cannot read %s: %s", from, archive_error_string(in));
	while (!code) {
		e = archive_entry_new();
		rc = archive_read_next_header2(in, e);
		if (rc == ARCHIVE_EOF) {
			archive_entry_free(e);
			break;
		}
		if (rc < ARCHIVE_WARN) {
			code = fail(E_CREATE, "Cannot read %s: %s", from, archive_error_string(in));
			archive_entry_free(e);
			break;
		}
		archive_read_disk_descend(in);
		archive_entry_linkify(links, &e, &spare);
		if (e)
			code = write_entry(in, out, e, from);
		archive_entry_free(e);
		if (!code && interrupted)
			code = fail(E_CREATE, "Interrupted");
	}
	archive_entry_linkresolver_free(links);
	return code;
}

int template_unpack(const char *from, const char *dir)
{
	struct archive *out = archive_write_disk_new(), *in;
	char *real = realpath(from, NULL);
	struct stat st;
	int code;

	if (!real || stat(real, &st))
		return fail_errno(E_NO_TEMPLATE, "Cannot read %s", from);
	/* Owners by number, and nothing outside dir whatever the template says. */
	archive_write_disk_set_options(out, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME |
					    ARCHIVE_EXTRACT_ACL | ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_UNLINK |
					    ARCHIVE_EXTRACT_SPARSE | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
					    ARCHIVE_EXTRACT_SECURE_NODOTDOT |
					    ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS);
	if (chdir(dir))
		return fail_errno(E_CREATE, "Cannot enter %s", dir);
	if (S_ISDIR(st.st_mode)) {
		in = archive_read_disk_new();
		code = copy_tree(in, out, real);
	} else {
		in = archive_read_new();
		archive_read_support_filter_all(in);
		archive_read_support_format_tar(in);
		code = unpack_tar(in, out, real);
	}
	/* The times of directories are set here. */
	if (archive_write_close(out) < ARCHIVE_WARN && !code)
		code = failed(out, from);
	archive_write_free(out);
	archive_read_free(in);
	if (chdir("/") && !code)
		code = E_SYSTEM;
	free(real);
	return code;
}

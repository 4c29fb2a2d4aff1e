// SPDX-License-Identifier: GPL-2.0-only
/* Mounts; see mount.h. */
#include "mount.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel writes blank, tab, newline and backslash as \ooo. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*out++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = 0;
}

bool mount_next(const char **text, struct mount_line *m)
{
	char options[256];
	const char *dash;

	if (!**text)
		return false;
	*m = (struct mount_line){ 0 };
	options[0] = 0;
	sscanf(*text, "%d %*d %*s %4095s %4095s %255s", &m->id, m->root, m->target, options);
	unescape(m->root);
	unescape(m->target);
	m->ro = !strcmp(options, "ro") || !strncmp(options, "ro,", 3);
	dash = strstr(*text, " - ");
	if (dash)
		sscanf(dash + 3, "%63s", m->type);
	*text += strcspn(*text, "\n");
	*text += **text == '\n';
	return true;
}

bool mount_is_point(const char *path)
{
	char *text, real[PATH_MAX];
	struct mount_line m;
	bool found = false;
	const char *p;

	if (!realpath(path, real))
		return false;
	text = read_file("/proc/self/mountinfo");
	for (p = text; p && !found && mount_next(&p, &m);)
		found = !strcmp(m.target, real);
	free(text);
	return found;
}

int mount_bind(const char *from, const char *to)
{
	if (mount(from, to, NULL, MS_BIND, NULL))
		return -1;
	/* What the VE or its namespaces do there must not spread on the host. */
	if (mount(NULL, to, NULL, MS_PRIVATE, NULL)) {
		int err = errno;

		umount2(to, MNT_DETACH);
		errno = err;
		return -1;
	}
	return 0;
}

int mount_remove(const char *path)
{
	while (mount_is_point(path))
		if (umount2(path, UMOUNT_NOFOLLOW) && umount2(path, UMOUNT_NOFOLLOW | MNT_DETACH))
			return -1;
	return 0;
}

static int openat2_(int dir, const char *path, int flags, unsigned long long resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	return syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int open_inside(int root, const char *path, bool create)
{
	unsigned long long how = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS;
	int fd = openat2_(root, path, O_PATH, how), dir;
	char *parent, *slash;

	if (fd >= 0 || errno != ENOENT || !create)
		return fd;
	parent = xstrdup(path);
	slash = strrchr(parent, '/');
	*slash = 0;
	dir = openat2_(root, *parent ? parent : "/", O_PATH | O_DIRECTORY, how);
	if (dir >= 0) {
		mkdirat(dir, slash + 1, 0755);
		close(dir);
		fd = openat2_(root, path, O_PATH, how);
	}
	free(parent);
	return fd;
}

int mount_new(const char *type, const char *options, unsigned int attr)
{
	int fs = fsopen(type, FSOPEN_CLOEXEC), mnt = -1, rc = 0;
	char *copy = xstrdup(options ? options : ""), *save, *opt, *value;

	if (fs < 0)
		rc = -1;
	/* A name in mountinfo, as mount(8) would give. */
	if (!rc)
		rc = fsconfig(fs, FSCONFIG_SET_STRING, "source", type, 0);
	for (opt = strtok_r(copy, ",", &save); !rc && opt; opt = strtok_r(NULL, ",", &save)) {
		value = strchr(opt, '=');
		if (value)
			*value++ = 0;
		rc = fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, opt, value, 0);
	}
	if (!rc)
		rc = fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!rc)
		mnt = fsmount(fs, FSMOUNT_CLOEXEC, attr);
	rc = errno;
	if (fs >= 0)
		close(fs);
	free(copy);
	errno = rc;
	return mnt;
}

int mount_clone(int fd, bool ro)
{
	struct mount_attr attr = { .attr_set = ro ? MOUNT_ATTR_RDONLY : 0,
				   .attr_clr = ro ? 0 : MOUNT_ATTR_RDONLY };
	int mnt = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (mnt >= 0 && mount_setattr(mnt, "", AT_EMPTY_PATH, &attr, sizeof(attr))) {
		int err = errno;

		close(mnt);
		errno = err;
		return -1;
	}
	return mnt;
}

int mount_attach(int mnt, int fd)
{
	return move_mount(mnt, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

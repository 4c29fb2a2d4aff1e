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

void mount_unescape(char *s)
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

char *mount_escape(const char *s)
{
	char *text = xmalloc(4 * strlen(s) + 1), *out = text;

	for (; *s; s++) {
		unsigned char c = *s;

		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#')
			out += sprintf(out, "\\%03o", c);
		else
			*out++ = c;
	}
	*out = 0;
	return text;
}

/* A copy of the line at *text, which goes on behind it. */
static char *next_line(const char **text)
{
	static char *line;
	size_t n = strcspn(*text, "\n");

	line = xrealloc(line, n + 1);
	memcpy(line, *text, n);
	line[n] = 0;
	*text += n + ((*text)[n] == '\n');
	return line;
}

/* Up to the next blank; "" where there is nothing left. */
static char *word(char **p)
{
	static char none[1];

	return *p ? strsep(p, " ") : none;
}

static char *name(char **p)
{
	char *s = word(p);

	mount_unescape(s);
	return s;
}

bool mount_next(const char **text, struct mount_line *m)
{
	char *p, *tag;

	if (!**text)
		return false;
	*m = (struct mount_line){ 0 };
	p = next_line(text);
	m->id = atoi(word(&p));
	m->parent = atoi(word(&p));
	m->dev = word(&p);
	m->root = name(&p);
	m->target = name(&p);
	m->flags = word(&p);
	while (*(tag = word(&p)) && strcmp(tag, "-")) {
		sscanf(tag, "shared:%d", &m->shared);
		sscanf(tag, "master:%d", &m->master);
		m->unbindable |= !strcmp(tag, "unbindable");
	}
	m->type = name(&p);
	m->source = name(&p);
	m->options = word(&p);
	return true;
}

const char *mount_flags(const char *flags, uint64_t *attr)
{
	static const struct {
		const char *word;
		uint64_t attr;
	} known[] = {
		{ "rw", 0 },
		{ "ro", MOUNT_ATTR_RDONLY },
		{ "nosuid", MOUNT_ATTR_NOSUID },
		{ "nodev", MOUNT_ATTR_NODEV },
		{ "noexec", MOUNT_ATTR_NOEXEC },
		{ "nodiratime", MOUNT_ATTR_NODIRATIME },
		{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW },
		{ "noatime", MOUNT_ATTR_NOATIME },
		{ "relatime", MOUNT_ATTR_RELATIME },
	};
	static char unknown[64];
	bool atime = false;

	*attr = 0;
	while (*flags) {
		size_t n = strcspn(flags, ","), i;

		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (strlen(known[i].word) == n && !strncmp(flags, known[i].word, n))
				break;
		if (i == sizeof(known) / sizeof(*known)) {
			snprintf(unknown, sizeof(unknown), "%.*s", (int)n, flags);
			return unknown;
		}
		*attr |= known[i].attr;
		/* relatime has the value 0; what has no word is strictatime. */
		atime |= !strncmp(flags, "relatime", n) || !strncmp(flags, "noatime", n);
		flags += n + (flags[n] == ',');
	}
	if (!atime)
		*attr |= MOUNT_ATTR_STRICTATIME;
	return NULL;
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

int open_below(int dir, const char *path, int flags)
{
	if (!*path)
		return openat(dir, ".", flags | O_CLOEXEC);
	return openat2_(dir, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

int mount_id(int fd)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) || !(stx.stx_mask & STATX_MNT_ID) ||
	    !(stx.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return 0;
	return stx.stx_mnt_id;
}

/* close() that keeps errno */
static int closed(int fd, int result)
{
	int err = errno;

	close(fd);
	errno = err;
	return result;
}

int fs_options(int fs, char *options)
{
	char *save, *opt, *value;
	int rc = 0;

	for (opt = strtok_r(options, ",", &save); !rc && opt; opt = strtok_r(NULL, ",", &save)) {
		value = strchr(opt, '=');
		if (value)
			*value++ = 0;
		rc = fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, opt, value, 0);
	}
	return rc;
}

int fs_new(const char *type, const char *source, const char *options)
{
	int fs = fsopen(type, FSOPEN_CLOEXEC), rc;
	char *copy;

	if (fs < 0)
		return -1;
	copy = xstrdup(options ? options : "");
	rc = fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0);
	if (!rc)
		rc = fs_options(fs, copy);
	if (!rc)
		rc = fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	free(copy);
	return rc ? closed(fs, -1) : fs;
}

int fs_mount(int fs, unsigned int attr)
{
	return fsmount(fs, FSMOUNT_CLOEXEC, attr);
}

int mount_new(const char *type, const char *options, unsigned int attr)
{
	/* A source for mountinfo, as mount(8) would give. */
	int fs = fs_new(type, type, options);

	return fs < 0 ? -1 : closed(fs, fs_mount(fs, attr));
}

int mount_clone(int fd)
{
	return open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

int mount_change(int mnt, uint64_t set, uint64_t clear, uint64_t propagation)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear, .propagation = propagation };

	return mount_setattr(mnt, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

int mount_attach(int mnt, int fd)
{
	return move_mount(mnt, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

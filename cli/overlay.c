// SPDX-License-Identifier: GPL-2.0-only
/* Overlayfs; see overlay.h. */
#include "overlay.h"
#include "mount.h"
#include "util.h"

#include <cpt/walk.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MAX_LAYERS	500	/* OVL_MAX_STACK, fs/overlayfs */

/* Is the option at p, n bytes, one of those that name layers? Its value, or NULL. */
static const char *value_of(const char *p, size_t n)
{
	static const char *const names[] = { "lowerdir=", "lowerdir+=", "upperdir=", "workdir=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) < n && !strncmp(p, names[i], strlen(names[i])))
			return p + strlen(names[i]);
	return NULL;
}

/* Add the paths of "a:b", which ends at end; false: one of them is none. */
static bool add_paths(char **layers, unsigned int *n, const char *p, const char *end)
{
	const char *next;

	for (; p <= end; p = next + 1) {
		next = memchr(p, ':', end - p);
		next = next ? next : end;
		/* What the kernel escapes, a blank, comma or backslash in a name, it would not take back. */
		if (*n == MAX_LAYERS || !cpt_path_ok(p, next - p) || memchr(p, '\\', next - p))
			return false;
		layers[(*n)++] = xprintf("%.*s", (int)(next - p), p);
	}
	return true;
}

char **overlay_layers(const char *options, const char **why)
{
	char **layers = xmalloc((MAX_LAYERS + 1) * sizeof(*layers));
	unsigned int n = 0;
	const char *value;
	size_t len;

	*why = NULL;
	for (; *options && !*why; options += len + (options[len] == ',')) {
		len = strcspn(options, ",");
		value = value_of(options, len);
		if (value && !add_paths(layers, &n, value, options + len))
			*why = "its layers are not named by plain paths from the container's root";
		/* They tell files by their numbers, which are others in a tmpfs after a restore. */
		if ((len == 8 && !strncmp(options, "index=on", 8)) || (len == 13 && !strncmp(options, "nfs_export=on", 13)))
			*why = "its option index=on or nfs_export=on is not preserved";
	}
	layers[n] = NULL;
	if (!*why)
		return layers;
	overlay_free(layers);
	return NULL;
}

void overlay_free(char **layers)
{
	for (char **p = layers; p && *p; p++)
		free(*p);
	free(layers);
}

/* The rest of path, if it is target or below; else NULL. */
static const char *rest(const char *path, const char *target)
{
	size_t n = strcmp(target, "/") ? strlen(target) : 0;

	return !strncmp(path, target, n) && (!path[n] || path[n] == '/') ? path + n : NULL;
}

/* Mount i, or what lies on it. */
static bool is_on(const struct ve_mounts *all, int i, int o)
{
	while (i >= 0 && i != o)
		i = all->m[i].parent;
	return i == o;
}

bool overlay_needs(const struct ve_mounts *all, unsigned int o, char **layers, unsigned int i)
{
	if (is_on(all, i, o))
		return false;
	for (; *layers; layers++)
		if (rest(*layers, all->m[i].target))
			return true;
	return false;
}

/* It shows no kernel's state, of which what covers it in the VE's tree would not be seen. */
static bool is_plain(int fd)
{
	static const unsigned int plain[] = { EXT4_SUPER_MAGIC, TMPFS_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
					      OVERLAYFS_SUPER_MAGIC };
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return false;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if ((unsigned int)fs.f_type == plain[i])
			return true;
	return false;
}

const char *overlay_why_not(const struct ve_mount *m, int root)
{
	const char *why;
	char **layers = overlay_layers(m->options, &why);
	bool one = true, found = false, inside;
	struct stat top = { 0 }, st = { 0 };
	dev_t dev = 0;
	int fd;

	if (!why && (m->fd < 0 || fstat(m->fd, &top)))
		why = "it is hidden by another mount";
	for (char **p = layers; !why && *p; p++) {
		if (rest(*p, m->target)) {	/* it covers this one up itself, so nobody has renamed it since */
			one = false;
			continue;
		}
		fd = open_inside(root, *p, false);
		inside = fd >= 0 && !fstat(fd, &st) && S_ISDIR(st.st_mode) && is_plain(fd);
		if (fd >= 0)
			close(fd);
		if (!inside)
			why = "a layer of it is gone, or is behind a symbolic link";
		one &= !why && (p == layers || st.st_dev == dev);
		dev = st.st_dev;
		found |= !why && st.st_ino == top.st_ino;
	}
	/* Where all layers are of one file system, its root has the number of a layer's. */
	if (!why && one && !found)
		why = "its layers are not where they were";
	overlay_free(layers);
	return why;
}

/* All its layers are directories of the VE. */
static bool are_there(char **layers)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;
	bool good = root >= 0;
	struct stat st;

	for (; good && *layers; layers++) {
		fd = open_inside(root, *layers, false);
		good = fd >= 0 && !fstat(fd, &st);
		if (good && !(S_ISDIR(st.st_mode) && is_plain(fd))) {
			good = false;
			errno = EINVAL;
		}
		if (fd >= 0)
			close(fd);
	}
	if (root >= 0)
		close(root);
	return good;
}

int overlay_mount(const struct ve_mount *m, const char *options, const char *name)
{
	bool ro = !strcmp(m->options, "ro") || !strncmp(m->options, "ro,", 3);
	const char *why;
	char **layers = overlay_layers(options, &why);
	int rc = -1;

	if (!layers)
		errno = EINVAL;
	else if (are_there(layers))	/* mount(2): fsconfig(2) takes no value longer than 255 bytes */
		rc = mount(m->source, name, "overlay", ro ? MS_RDONLY : 0, options);
	overlay_free(layers);
	return rc;
}

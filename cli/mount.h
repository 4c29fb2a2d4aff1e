/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounts: what is mounted where, and the calls of the new mount interface that we need. */
#ifndef CPT_CLI_MOUNT_H
#define CPT_CLI_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line of a mountinfo file; the texts are good until the next line is read. */
struct mount_line {
	int id, parent;
	const char *dev;		/* "MAJOR:MINOR" */
	const char *root, *target;	/* unescaped */
	const char *flags;		/* of the mount itself: "rw,nosuid" */
	int shared, master;		/* peer groups, 0: none */
	bool unbindable;
	const char *type, *source;	/* unescaped */
	const char *options;		/* of the file system: "rw,size=4k" */
};

/* The next line of a mountinfo text; false at its end. */
bool mount_next(const char **text, struct mount_line *m);

/* A name in the writing of mountinfo, \ooo for what is no plain ASCII; to be freed. And back, in place. */
char *mount_escape(const char *s);
void mount_unescape(char *s);

/* Flags of a mount, as mountinfo writes them, as MOUNT_ATTR_*; NULL, or the word that is not known. */
const char *mount_flags(const char *flags, uint64_t *attr);

/* Something is mounted at path. */
bool mount_is_point(const char *path);

/* Bind-mount from at to, privately; 0, or -1 with errno. */
int mount_bind(const char *from, const char *to);

/* Unmount everything at path, lazily if it is busy; 0, or -1 with errno. */
int mount_remove(const char *path);

/*
 * Open a path inside the root directory fd: O_PATH, no symbolic link anywhere.
 * create: make a missing last component as a directory.
 */
int open_inside(int root, const char *path, bool create);

/* Open a path below dir: no symbolic link, nothing of another mount on the way or there. "" is dir itself. */
int open_below(int dir, const char *path, int flags);

/* The number that mountinfo has for the mount in which fd is, if fd is its root; else 0. */
int mount_id(int fd);

/* A new file system with options "a=b,c", not yet mounted; -1 with errno. And a mount of it, not yet attached. */
int fs_new(const char *type, const char *source, const char *options);
int fs_mount(int fs, unsigned int attr);

/* Give options "a=b,c" (changed here) to one that is being made or changed; 0, or -1 with errno. */
int fs_options(int fs, char *options);

/* Both at once. */
int mount_new(const char *type, const char *options, unsigned int attr);

/* A bind of what fd refers to, without what is mounted below, not yet attached. */
int mount_clone(int fd);

/* Set the flags in set, take those in clear away, set the propagation (MS_*, 0: as it is); 0, or -1 with errno. */
int mount_change(int mnt, uint64_t set, uint64_t clear, uint64_t propagation);

/* Attach it on the object that fd refers to. */
int mount_attach(int mnt, int fd);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounts: what is mounted where, and the calls of the new mount interface that we need. */
#ifndef CPT_CLI_MOUNT_H
#define CPT_CLI_MOUNT_H

#include <stdbool.h>
#include <stddef.h>

/* A line of a mountinfo file. */
struct mount_line {
	int id;
	char root[4096], target[4096];	/* unescaped */
	char type[64];
	bool ro;			/* of the mount itself */
};

/* The next line of a mountinfo text; false at its end. */
bool mount_next(const char **text, struct mount_line *m);

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

/* A new mount, not yet attached: a file system with options "a=b,c", or a bind of fd. */
int mount_new(const char *type, const char *options, unsigned int attr);
int mount_clone(int fd, bool ro);

/* Attach it on the object that fd refers to. */
int mount_attach(int mnt, int fd);

#endif

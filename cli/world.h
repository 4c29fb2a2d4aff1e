/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VE's world: namespaces, cgroup, root and mounts. Built the same way for start
 * and for restore, by a helper process that has nothing of the host open.
 */
#ifndef CPT_CLI_WORLD_H
#define CPT_CLI_WORLD_H

#include "ve.h"

#include <cpt/ioctl.h>

/* One mount that every VE has. The ids are in images: never change or reuse one. */
struct world_mount {
	unsigned int id;
	const char *target;	/* path in the VE */
	const char *type;	/* as in mountinfo; NULL: any */
	const char *options;
	unsigned int attr;	/* MOUNT_ATTR_* */
	int how;		/* WORLD_* */
};

enum {
	WORLD_FS	= 0,	/* a new file system */
	WORLD_ROOT	= 1,	/* VE_PRIVATE */
	WORLD_SELF	= 2,	/* a part of /proc or /sys bound on itself, to be read-only or not */
	WORLD_HIDE	= 3,	/* the VE's /dev/null over a file, an empty tmpfs over a directory */
	WORLD_HOW	= 15,
	WORLD_PROC	= 16,	/* made by a process in the VE's pid namespace */
	WORLD_MAYBE	= 32,	/* only where this kernel has the target */
};

extern const struct world_mount world_mounts[];
extern const unsigned int n_world_mounts;

/*
 * To be called in a child of ctl that is to become, or to build, the VE: take
 * nothing along but the descriptors in keep: no signal handlers, limits, priority,
 * session, keyring of the caller. An enum code.
 */
int world_strip(const int *keep, int n);

/*
 * Move the calling process into a new world of the VE: everything but the pid
 * namespace and what is below /proc. VE_ROOT must be mounted and the cgroup made.
 * Children of the caller are in the VE's time namespace. An enum code.
 */
int world_enter(const struct ve *ve);

/* Mount /proc and its covers; called in the VE's pid namespace. An enum code. */
int world_proc(void);

/* The row of the table with this id, or NULL; the row on whose mount this one lies (NULL: of the root). */
const struct world_mount *world_row(unsigned int id);
const struct world_mount *world_parent(const struct world_mount *m);

#endif

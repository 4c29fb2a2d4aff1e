/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mounts of a VE: those of the table (world.h) and those that its programs made, in
 * its mount namespace and in others that single processes have.
 * Read from mountinfo, kept in the image as JSON, made again at restore (remount.h).
 *
 * An image is not to be trusted, and a VE may do what it likes: at both ends the same
 * check says whether a mount is one that we make.
 */
#ifndef CPT_CLI_MOUNTS_H
#define CPT_CLI_MOUNTS_H

#include "world.h"

#include <json-c/json.h>

struct ve_mount {
	unsigned int id;		/* in the image: of the table, or MOUNTS_OWN and more */
	unsigned int ns;		/* its mount namespace; 0: of the VE's init */
	const struct world_mount *row;	/* NULL: the VE's own */
	int twin;			/* in other namespaces: the mount of the table of which it is a copy; -1: none */
	int parent;			/* the mount on which it lies; -1: it is the root */
	int of;				/* the one that stands for its file system and shows all of it; -1: none */
	char *target;			/* where, in the VE */
	char *point;			/* where, in its parent; "/": over the root of that */
	char *root;			/* what it shows: path in the mount `of` */
	char *dev;			/* file system, "MAJOR:MINOR"; NULL: read from an image */
	char *type, *source;
	char *flags, *options;		/* of mount and file system, as mountinfo writes them */
	int shared, master;		/* peer groups, 0: none */
	bool unbindable;
	int mnt_id;			/* of mountinfo; 0: not known */
	int fd;				/* O_PATH of its root; -1: not open */
	bool umounted;			/* it is in no namespace: lazily unmounted while it was in use */
	int fresh;			/* at restore: its file system, filled and not yet mounted; -1: there is none */
};

#define MOUNTS_OWN	1000

/* A mount namespace. */
struct ve_space {
	int fd;				/* of nsfs; -1: not open */
	char *who;			/* a process in it, for sentences; NULL: the VE's init */
	unsigned int first;		/* its root, behind which all others of it stand */
};

/*
 * One namespace after the other, that of the VE's init first. Of each in an order in
 * which they can be made: parents first, and of those on the same parent what may hide
 * another last. So what hides a mount stands behind it. Behind all of them, those that are
 * in no namespace: each the only one of its tree, at "/".
 */
struct ve_mounts {
	struct ve_mount *m;
	unsigned int n;
	unsigned int n_umounted;	/* of these: in no namespace */
	struct ve_space *space;
	unsigned int n_spaces;
};

/*
 * Add a namespace, that of the VE's init first, from a mountinfo text, read outside of
 * the VE's cgroup namespace, whose root is cgroup; an enum code. Takes fd. When all are
 * there, mounts_finish() finds out what belongs to what.
 */
int mounts_add(struct ve_mounts *all, const char *mountinfo, const char *cgroup, int fd, const char *who);
void mounts_finish(struct ve_mounts *all);

/* When all namespaces are there: add one that is in none, from its line, whose root is open as fd. Takes fd. */
void mounts_add_umounted(struct ve_mounts *all, const char *line, const char *cgroup, int fd);

/* All of that for a VE with one namespace. */
int mounts_read(const char *mountinfo, const char *cgroup, struct ve_mounts *all);
void mounts_free(struct ve_mounts *all);

/* How many mounts a namespace has; where those begin that are in none. */
unsigned int mounts_in(const struct ve_mounts *all, unsigned int ns);
unsigned int mounts_umounted(const struct ve_mounts *all);

/* Why mount i is none that we make; NULL: it is. admin: the VE may have CAP_SYS_ADMIN. */
const char *mounts_why_not(const struct ve_mounts *all, unsigned int i, bool admin);

/*
 * Say of each mount of a running VE, and of each that is missing, why it cannot be
 * preserved. host: mountinfo of a namespace outside, with which nothing may be shared. Returns how many.
 */
int mounts_obstacles(const struct ve_mounts *all, const char *host, bool admin);

/* Open what can be reached of a namespace below the directory root, by its number; an enum code. */
int mounts_open(int root, unsigned int ns, struct ve_mounts *all);

/*
 * The same, when they are open, of file systems that could not be made again as they are: a
 * /proc that shows other processes than those of the VE, whose root directory and init these
 * are; an overlayfs whose layers are gone.
 */
int mounts_not_again(const struct ve_mounts *all, int root, pid_t init);

/* May a VE take restrictions away from such a mount of the table? It could make one itself. */
bool mounts_may_loosen(const struct ve_mount *m);

/* Its file system is a tmpfs or a hugetlbfs, and it stands for it: its contents belong to the image. */
bool mounts_has_contents(const struct ve_mounts *all, unsigned int i);

/*
 * Options of a file system that are to be given when it is made again, or can be given
 * later, "a=b,c"; to be freed. NULL: it is of no type that a VE may make.
 */
char *mounts_options(const struct ve_mount *m, bool later);

/* In the peer group: the member that shows all that the others do; -1: there is none. */
int mounts_leader(const struct ve_mounts *all, int group);

/*
 * As the module wants them, to be freed by mounts_table_free(): those that are open, or are
 * hidden by others and can be found by where they lie; and the namespaces, if there are several.
 */
struct cpt_ioc_mounts mounts_table(const struct ve_mounts *all);
void mounts_table_free(struct cpt_ioc_mounts *table);

json_object *mounts_json(const struct ve_mounts *all);

/* From an image; an enum code. */
int mounts_parse(json_object *array, bool admin, struct ve_mounts *all);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mounts of a VE made again; see remount.h.
 *
 * Each file system is first mounted where nothing is over it and nobody sees it, in a
 * tmpfs over the VE's root directory (the stage; a path that begins at the root is not
 * led there). All mounts of the VE are binds from there, put where they belong by the
 * descriptor of their parent and a path inside that. So nothing is reached through
 * another mount, nor through a symbolic link, and it does not matter what hides what.
 */
#include "remount.h"
#include "mount.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* All flags but those of access times, which are set in any case. */
#define FLAGS	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | \
		 MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW)

struct work {
	struct ve_mounts *all;
	remount_fill *fill;
	void *arg;
	int stage;		/* -1: not needed so far */
	int *whole;		/* of the file system for which mount i stands, on the stage; -1 */
};

static int cannot(const struct ve_mount *m)
{
	return fail_errno(E_RESTORE, "Cannot mount %s (%s) in the container", m->target, m->type);
}

/* --- the table ------------------------------------------------------------------------------- */

/* Those that are, or are not, for the pid namespace. */
static void open_rows(struct ve_mounts *all, int proc)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (unsigned int i = 0; i < all->n; i++) {
		struct ve_mount *m = &all->m[i];

		if (!m->row || (m->row->how & WORLD_PROC) != proc)
			continue;
		m->fd = open_inside(root, m->target, false);
		if (m->fd >= 0 && !mount_id(m->fd)) {
			close(m->fd);	/* this kernel has no such thing to cover */
			m->fd = -1;
		}
	}
	close(root);
}

/* Set options of what is mounted. */
static int reconfigure(int mnt, char *options)
{
	int fs = fspick(mnt, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC), rc = fs < 0 ? -1 : fs_options(fs, options);

	if (!rc)
		rc = fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
	if (fs >= 0)
		close(fs);
	return rc;
}

/* What the VE changed of a mount of the table: more restrictions; less only of what it could make itself. */
static int change_row(const struct ve_mount *m)
{
	char *options = mounts_options(m, true);
	int code = OK;
	uint64_t attr;

	mount_flags(m->flags, &attr);
	if ((m->row->how & WORLD_HOW) <= WORLD_ROOT &&
	    (mount_change(m->fd, attr, (options ? FLAGS & ~attr : 0) | MOUNT_ATTR__ATIME, 0) ||
	     (options && *options && reconfigure(m->fd, options))))
		code = cannot(m);
	free(options);
	return code;
}

/* --- the stage ------------------------------------------------------------------------------- */

static int open_stage(struct work *w)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), mnt = mount_new("tmpfs", "mode=700", 0);

	if (root < 0 || mnt < 0 || mount_attach(mnt, root))
		return fail_errno(E_RESTORE, "Cannot mount in the container");
	close(root);
	w->stage = mnt;
	return OK;
}

static int close_stage(struct work *w)
{
	if (w->stage < 0)
		return OK;
	for (unsigned int i = 0; i < w->all->n; i++)
		if (w->whole[i] >= 0)
			close(w->whole[i]);
	if (fchdir(w->stage) || umount2(".", MNT_DETACH) || chdir("/"))
		return fail_errno(E_RESTORE, "Cannot unmount in the container");
	close(w->stage);
	return OK;
}

/* Read-only itself, not only its mounts: when it is filled, and only a tmpfs, which is nobody else's. */
static int make_readonly(int fs, const struct ve_mount *m)
{
	if (strcmp(m->options, "ro") && strncmp(m->options, "ro,", 3))
		return 0;
	return fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) || fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
}

/* A new file system with its contents, not yet attached; -1 with errno, or 0 after a sentence. */
static int make_fs(struct work *w, unsigned int i)
{
	const struct ve_mount *m = &w->all->m[i];
	char *options = mounts_options(m, false);
	int fs = fs_new(m->type, m->source, options), mnt = fs < 0 ? -1 : fs_mount(fs, 0), code = OK;

	if (mnt >= 0)
		code = w->fill(w->arg, i, mnt);
	if (mnt >= 0 && !code && mounts_has_contents(w->all, i) && make_readonly(fs, m))
		mnt = -1;
	if (code)
		errno = 0;
	if (fs >= 0)
		close(fs);
	free(options);
	return code ? -1 : mnt;
}

/* The whole of the file system for which mount i stands, bare; -1: it cannot be had (errno 0: after a sentence). */
static int whole(struct work *w, unsigned int i)
{
	const struct ve_mount *m = &w->all->m[i];
	char name[16];
	int mnt, at;

	if (w->whole[i] >= 0)
		return w->whole[i];
	mnt = m->row ? mount_clone(m->fd) : make_fs(w, i);
	snprintf(name, sizeof(name), "%u", i);
	if (mnt < 0 || mkdirat(w->stage, name, 0700))
		return -1;
	at = open_below(w->stage, name, O_PATH | O_DIRECTORY);
	if (at < 0 || mount_attach(mnt, at))
		return -1;
	close(at);
	w->whole[i] = mnt;
	return mnt;
}

/* Open a path of an image in a mount. */
static int in_mount(int mnt, const char *path)
{
	return strcmp(path, "/") ? open_below(mnt, path + 1, O_PATH) : fcntl(mnt, F_DUPFD_CLOEXEC, 0);
}

/* --- the VE's own ---------------------------------------------------------------------------- */

static int make_one(struct work *w, unsigned int i)
{
	struct ve_mount *m = &w->all->m[i];
	int parent = w->all->m[m->parent].fd, from, what, on, rc;
	uint64_t attr;

	from = whole(w, m->of);
	if (from < 0)
		return errno ? cannot(m) : E_RESTORE;
	mount_flags(m->flags, &attr);
	what = in_mount(from, m->root);
	on = parent < 0 ? -1 : in_mount(parent, m->point);
	m->fd = what < 0 || on < 0 ? -1 : mount_clone(what);
	rc = m->fd < 0 || mount_change(m->fd, attr, (FLAGS & ~attr) | MOUNT_ATTR__ATIME, 0) || mount_attach(m->fd, on) ?
		     cannot(m) : OK;
	if (what >= 0)
		close(what);
	if (on >= 0)
		close(on);
	return rc;
}

/* --- peer groups ----------------------------------------------------------------------------- */

/*
 * Make m a member of the group of from, and a slave of whatever that is a slave of.
 * From 5.15 on; m is private and shows no more than from.
 */
static int join(const struct ve_mount *from, const struct ve_mount *m)
{
	return move_mount(from->fd, "", m->fd, "",
			  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | MOVE_MOUNT_SET_GROUP);
}

/* How mount i comes to its propagation. */
struct peer {
	bool done;
	int leader, master;	/* of its group, of that from which it receives; -1: none */
};

/* 1: it has to wait for one that is not done. */
static int share(const struct ve_mounts *all, struct peer *peers, unsigned int i)
{
	const struct ve_mount *m = &all->m[i];
	const struct peer *p = &peers[i];

	if (m->unbindable)
		return mount_change(m->fd, 0, 0, MS_UNBINDABLE);
	if (p->leader >= 0 && p->leader != (int)i)
		return peers[p->leader].done ? join(&all->m[p->leader], m) : 1;
	if (p->master >= 0 && !peers[p->master].done)
		return 1;
	if (p->master >= 0 && (join(&all->m[p->master], m) || mount_change(m->fd, 0, 0, MS_SLAVE)))
		return -1;
	return m->shared ? mount_change(m->fd, 0, 0, MS_SHARED) : 0;
}

static struct peer *find_peers(const struct ve_mounts *all)
{
	struct peer *peers = xmalloc(all->n * sizeof(*peers));

	for (unsigned int i = 0; i < all->n; i++) {
		const struct ve_mount *m = &all->m[i];

		peers[i].leader = m->shared ? mounts_leader(all, m->shared) : -1;
		peers[i].master = m->master ? mounts_leader(all, m->master) : -1;
		/* This kernel may lack what a mount of the table covers. */
		peers[i].done = !(m->shared || m->master || m->unbindable) || (m->row && m->fd < 0);
	}
	return peers;
}

/*
 * Last: before, what is mounted would spread. In rounds, as a group may be the slave
 * of one that comes later; in a hostile image of one another.
 */
static int share_all(const struct ve_mounts *all)
{
	struct peer *peers = find_peers(all);
	bool waiting = true, moved = true;
	int rc;

	while (waiting && moved) {
		waiting = moved = false;
		for (unsigned int i = 0; i < all->n; i++) {
			rc = peers[i].done ? 0 : share(all, peers, i);
			if (rc < 0)
				return cannot(&all->m[i]);
			moved |= !peers[i].done && !rc;
			waiting |= rc;
			peers[i].done |= !rc;
		}
	}
	free(peers);
	return waiting ? fail(E_RESTORE, "The peer groups of the container's mounts depend on one another") : OK;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Open what the table has, and change what the VE changed of it. */
static int take_rows(struct ve_mounts *all, int proc)
{
	int code = OK;

	open_rows(all, proc);
	for (unsigned int i = 0; i < all->n && !code; i++)
		if (all->m[i].fd >= 0 && (all->m[i].row->how & WORLD_PROC) == proc)
			code = change_row(&all->m[i]);
	return code;
}

int remount_table(struct ve_mounts *all, remount_fill *fill, void *arg)
{
	int code, bare;

	more_files();
	code = take_rows(all, 0);
	for (unsigned int i = 0; i < all->n && !code; i++) {
		if (all->m[i].fd < 0 || !mounts_has_contents(all, i))
			continue;
		/* A view in which nothing lies on it. */
		bare = mount_clone(all->m[i].fd);
		code = bare < 0 ? cannot(&all->m[i]) : fill(arg, i, bare);
		close(bare);
	}
	return code;
}

int remount(struct ve_mounts *all, remount_fill *fill, void *arg)
{
	struct work w = { .all = all, .fill = fill, .arg = arg, .stage = -1 };
	int code, c;

	w.whole = xmalloc(all->n * sizeof(*w.whole));
	memset(w.whole, -1, all->n * sizeof(*w.whole));
	code = take_rows(all, WORLD_PROC);
	for (unsigned int i = 0; i < all->n && !code; i++) {
		if (all->m[i].row)
			continue;
		if (w.stage < 0)
			code = open_stage(&w);
		if (!code)
			code = make_one(&w, i);
	}
	c = close_stage(&w);
	if (!code)
		code = c ? c : share_all(all);
	free(w.whole);
	return code;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mounts of a VE made again; see remount.h.
 *
 * Each file system is first mounted where nothing is over it and nobody sees it, in a
 * tmpfs over the VE's root directory (the stage; a path that begins at the root is not
 * led there). All mounts of the VE are binds from there, put where they belong by the
 * descriptor of their parent and a path inside that. So nothing is reached through
 * another mount, nor through a symbolic link, and it does not matter what hides what.
 *
 * The mount namespace of a single process begins as a copy of the VE's, with the stage. Its root is put on the stage, its mounts on that, all
 * by binds from the stage; then it becomes the root, and the rest of the copy goes.
 */
#include "remount.h"
#include "caps.h"
#include "mount.h"
#include "ns.h"
#include "overlay.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All flags but those of access times, which are set in any case. */
#define FLAGS	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | \
		 MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW)

struct work {
	struct ve_mounts *all;
	int proc;		/* /proc/self of the host */
	pid_t init;		/* of the VE */
	uint64_t caps;		/* that it may have */
	int stage;		/* -1: not needed so far */
	int *whole;		/* of the file system for which mount i stands, on the stage; -1 */
	unsigned int ns;	/* in which we are */
};

static int cannot(const struct ve_mount *m)
{
	return fail_errno(E_RESTORE, "Cannot mount %s (%s) in the container%s", m->target, m->type,
			  m->ns ? ", in a mount namespace of its own" : "");
}

/* Go into a namespace that exists. */
static int enter(struct work *w, unsigned int ns)
{
	if (w->ns != ns && setns(w->all->space[ns].fd, CLONE_NEWNS))
		return -1;
	w->ns = ns;
	return 0;
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
	    (mount_change(m->fd, attr, (mounts_may_loosen(m) ? FLAGS & ~attr : 0) | MOUNT_ATTR__ATIME, 0) ||
	     (options && *options && reconfigure(m->fd, options))))
		code = cannot(m);
	free(options);
	return code;
}

/* --- the stage ------------------------------------------------------------------------------- */

/* On the stage: where the root of a namespace is put. */
#define ROOT	"root"

static int open_stage(struct work *w)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), mnt = mount_new("tmpfs", "mode=700", 0);

	if (root < 0 || mnt < 0 || mount_attach(mnt, root) || mkdirat(mnt, ROOT, 0700))
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

/* The file system is nobody else's: not one that a whole namespace has. */
static bool is_own(const struct ve_mounts *all, unsigned int i)
{
	return mounts_has_contents(all, i) || !strcmp(all->m[i].type, "proc");
}

/* Read-only itself, not only its mounts: when it is filled, and only one that is nobody else's. */
static int make_readonly(int fs, const struct ve_mount *m)
{
	if (strcmp(m->options, "ro") && strncmp(m->options, "ro,", 3))
		return 0;
	return fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) || fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
}

/* A new file system with its contents, if it has any, not yet mounted; an enum code. */
static int make_fs(struct ve_mounts *all, unsigned int i, remount_fill *fill, void *arg)
{
	struct ve_mount *m = &all->m[i];
	char *options = mounts_options(m, false);
	int fs = fs_new(m->type, m->source, options), code;

	m->fresh = fs < 0 ? -1 : fs_mount(fs, 0);
	code = m->fresh < 0 ? cannot(m) : OK;
	if (!code && fill)
		code = fill(arg, i, m->fresh);
	if (!code && is_own(all, i) && make_readonly(fs, m))
		code = cannot(m);
	if (fs >= 0)
		close(fs);
	free(options);
	return code;
}

/* That of mount i; -1 with errno, or 0 after a sentence. */
static int take_fs(struct work *w, unsigned int i)
{
	struct ve_mount *m = &w->all->m[i];
	int mnt;

	if (m->fresh < 0 && make_fs(w->all, i, NULL, NULL))
		errno = 0;
	mnt = m->fresh;
	m->fresh = -1;
	return mnt;
}

/* Put a whole file system on the stage; its descriptor, or -1 as above. */
static int put_on_stage(struct work *w, unsigned int i)
{
	const struct ve_mount *m = &w->all->m[i];
	char name[16];
	int mnt = m->row ? mount_clone(m->fd) : take_fs(w, i), at;

	snprintf(name, sizeof(name), "%u", i);
	if (mnt < 0 || mkdirat(w->stage, name, 0700))
		return -1;
	at = open_below(w->stage, name, O_PATH | O_DIRECTORY);
	if (at < 0 || mount_attach(mnt, at))
		return -1;
	close(at);
	return mnt;
}

/* What process put_there() puts on the stage. */
struct errand {
	struct work *w;
	unsigned int i;
};

static int put_there(void *arg)
{
	struct errand *e = arg;

	if (put_on_stage(e->w, e->i) >= 0)
		return OK;
	return errno ? cannot(&e->w->all->m[e->i]) : E_RESTORE;
}

/*
 * An overlayfs uses its layers with the rights of whoever mounts it: no more than the VE may
 * have, but for the right to mount. The options name the layers by paths, which begin at the
 * root, below the stage.
 */
static int put_overlay(void *arg)
{
	struct errand *e = arg;
	const struct ve_mount *m = &e->w->all->m[e->i];
	char *options = mounts_options(m, false), name[16];

	snprintf(name, sizeof(name), "%u", e->i);
	if (mkdirat(e->w->stage, name, 0700) || fchdir(e->w->stage) ||
	    caps_limit(e->w->caps | 1ULL << CAP_SYS_ADMIN) || overlay_mount(m, options, name))
		return cannot(m);
	return OK;
}

/* A /proc shows the pid namespace of whoever makes it, an overlayfs has its rights. */
static int put_from_inside(struct work *w, unsigned int i, int (*put)(void *))
{
	struct errand e = { w, i };
	char name[16];

	snprintf(name, sizeof(name), "%u", i);
	if (!ns_in_pids(w->init, put, &e))
		return openat(w->stage, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	errno = 0;
	return -1;
}

/* The whole of the file system for which mount i stands, bare; -1: it cannot be had (errno 0: after a sentence). */
static int whole(struct work *w, unsigned int i)
{
	const struct ve_mount *m = &w->all->m[i];

	/* In a copy, which has all that it needs: open by make_space() */
	if (w->whole[i] >= 0 || w->ns)
		return w->whole[i];
	if (!m->row && !strcmp(m->type, "proc"))
		w->whole[i] = put_from_inside(w, i, put_there);
	else if (!m->row && !strcmp(m->type, "overlay"))
		w->whole[i] = put_from_inside(w, i, put_overlay);
	else
		w->whole[i] = put_on_stage(w, i);
	return w->whole[i];
}

/*
 * Which whole a mount is a bind of. Of those that a namespace has but one of, each mount(2)
 * gives the same file system, but another source to be shown.
 */
static unsigned int whole_of(const struct ve_mounts *all, const struct ve_mount *m)
{
	const struct ve_mount *of = &all->m[m->of];
	bool one = !strcmp(m->type, "sysfs") || !strcmp(m->type, "mqueue") || !strcmp(m->type, "cgroup2");

	return one && strcmp(m->source, of->source) ? (unsigned int)(m - all->m) : (unsigned int)m->of;
}

/* Open a path of an image in a mount. */
static int in_mount(int mnt, const char *path)
{
	return strcmp(path, "/") ? open_below(mnt, path + 1, O_PATH) : fcntl(mnt, F_DUPFD_CLOEXEC, 0);
}

/* --- the VE's own ---------------------------------------------------------------------------- */

/* Where it is to be mounted. */
static int open_point(const struct work *w, const struct ve_mount *m)
{
	int parent = m->parent < 0 ? -1 : w->all->m[m->parent].fd;

	if (m->parent < 0)	/* in the copy of a namespace; the stage is the current directory */
		return open(ROOT, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return parent < 0 ? -1 : in_mount(parent, m->point);
}

/* Not yet attached. */
static int clone_one(struct work *w, unsigned int i)
{
	struct ve_mount *m = &w->all->m[i];
	int from, what, rc;
	uint64_t attr;

	from = whole(w, whole_of(w->all, m));
	if (from < 0)
		return errno ? cannot(m) : E_RESTORE;
	mount_flags(m->flags, &attr);
	what = in_mount(from, m->root);
	m->fd = what < 0 ? -1 : mount_clone(what);
	rc = m->fd < 0 || mount_change(m->fd, attr, (FLAGS & ~attr) | MOUNT_ATTR__ATIME, 0) ? cannot(m) : OK;
	if (what >= 0)
		close(what);
	return rc;
}

static int make_one(struct work *w, unsigned int i)
{
	struct ve_mount *m = &w->all->m[i];
	int code = clone_one(w, i), on;

	if (code)
		return code;
	on = open_point(w, m);
	if (on < 0 || mount_attach(m->fd, on))
		code = cannot(m);
	if (on >= 0)
		close(on);
	return code;
}

/* What was lazily unmounted is so again when nobody has its descriptor any more. */
static int make_umounted(struct work *w)
{
	int code = OK;

	for (unsigned int i = mounts_umounted(w->all); i < w->all->n && !code; i++)
		code = clone_one(w, i);
	return code;
}

/* All mounts that the layers of overlay o need are made. */
static bool has_layers(const struct work *w, unsigned int o, const bool *done)
{
	const char *why;
	char **layers = overlay_layers(w->all->m[o].options, &why);
	bool all = layers;

	for (unsigned int i = 0; all && i < mounts_in(w->all, 0); i++)
		all = done[i] || !overlay_needs(w->all, o, layers, i);
	overlay_free(layers);
	return all;
}

static bool is_ready(const struct work *w, unsigned int i, const bool *done)
{
	const struct ve_mount *m = &w->all->m[i];

	return done[m->parent] && (strcmp(m->type, "overlay") || w->whole[m->of] >= 0 || has_layers(w, m->of, done));
}

/* In rounds: the layers of an overlayfs may be in mounts that come later. */
static int make_own(struct work *w)
{
	unsigned int n = mounts_in(w->all, 0), left = 0, before;
	bool *done = xmalloc(n * sizeof(*done));
	int code = OK;

	for (unsigned int i = 0; i < n; i++) {
		done[i] = w->all->m[i].row;
		left += !done[i];
	}
	do {
		before = left;
		for (unsigned int i = 0; i < n && !code; i++) {
			if (done[i] || !is_ready(w, i, done))
				continue;
			code = make_one(w, i);
			done[i] = true;
			left--;
		}
	} while (!code && left && left < before);
	free(done);
	return !code && left ? fail(E_RESTORE, "The layers of the container's overlayfs depend on one another") : code;
}

/* --- namespaces of single processes ------------------------------------------------------------- */

static bool is_in_image(const struct ve_mounts *all, const struct world_mount *row)
{
	for (unsigned int i = 0; i < all->n; i++)
		if (all->m[i].row == row)
			return true;
	return false;
}

/* This kernel lacks what the mount of the table covers, of which m is a copy. */
static bool is_needless(const struct ve_mounts *all, const struct ve_mount *m)
{
	return m->twin >= 0 && all->m[m->twin].fd < 0;
}

/*
 * What the table has and the image does not know, as its kernel lacked what that covers: to
 * the stage, for the copies of what it lies on. Before something is mounted over it.
 */
static int stage_covers(struct work *w)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), code = OK;

	for (unsigned int k = 0; k < n_world_mounts && !code; k++) {
		int fd = is_in_image(w->all, &world_mounts[k]) ? -1 : open_inside(root, world_mounts[k].target, false);
		int mnt = -1, at = -1;
		struct stat st;
		char name[16];

		snprintf(name, sizeof(name), "c%u", k);
		if (fd >= 0 && mount_id(fd)) {
			mnt = mount_clone(fd);
			if (mnt < 0 || fstat(fd, &st) ||
			    (S_ISDIR(st.st_mode) ? mkdirat(w->stage, name, 0700) : mknodat(w->stage, name, S_IFREG | 0600, 0)))
				code = E_RESTORE;
			at = code ? -1 : open_below(w->stage, name, O_PATH);
			if (code || at < 0 || mount_attach(mnt, at))
				code = fail_errno(E_RESTORE, "Cannot mount %s in the container", world_mounts[k].target);
		}
		if (mnt >= 0)
			close(mnt);
		if (at >= 0)
			close(at);
		if (fd >= 0)
			close(fd);
	}
	close(root);
	return code;
}

/* On a copy of a mount of the table: what stage_covers() has for it. The stage is the current directory. */
static int add_covers(const struct work *w, const struct ve_mount *m)
{
	const struct world_mount *twin = m->twin < 0 ? NULL : w->all->m[m->twin].row;
	size_t n = twin && strcmp(twin->target, "/") ? strlen(twin->target) : 0;
	int rc = 0;

	for (unsigned int k = 0; k < n_world_mounts && twin && !rc; k++) {
		int fd = -1, mnt = -1, on = -1;
		char name[16];

		if (world_parent(&world_mounts[k]) != twin)
			continue;
		snprintf(name, sizeof(name), "c%u", k);
		fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0) {
			mnt = mount_clone(fd);
			on = mnt < 0 ? -1 : in_mount(m->fd, world_mounts[k].target + n);
			rc = on < 0 ? -1 : mount_attach(mnt, on);
			close(fd);
		}
		if (mnt >= 0)
			close(mnt);
		if (on >= 0)
			close(on);
	}
	return rc ? cannot(m) : OK;
}

/* Copy the VE's namespace; what the stage has, in the copy, instead of in the VE's. */
static int copy_space(struct work *w, unsigned int ns, int *wholes)
{
	char name[16];

	if (fchdir(w->stage) || unshare(CLONE_NEWNS))
		return -1;
	w->ns = ns;
	for (unsigned int i = 0; i < w->all->n; i++) {
		snprintf(name, sizeof(name), "%u", i);
		wholes[i] = w->whole[i] < 0 ? -1 : open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (wholes[i] < 0 && w->whole[i] >= 0)
			return -1;
	}
	w->all->space[ns].fd = openat(w->proc, "ns/mnt", O_RDONLY | O_CLOEXEC);
	return w->all->space[ns].fd < 0 ? -1 : 0;
}

/* All mounts of the namespace in which we are, on the stage; then they are all that is left of it. */
static int fill_space(struct work *w, unsigned int ns)
{
	unsigned int first = w->all->space[ns].first, end = first + mounts_in(w->all, ns);
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), code = OK;

	for (unsigned int i = first; i < end && !code; i++) {
		if (is_needless(w->all, &w->all->m[i]))
			continue;
		code = make_one(w, i);
		if (!code)
			code = add_covers(w, &w->all->m[i]);
	}
	/* What is mounted over the old root goes first: the stage. */
	if (!code && (fchdir(w->all->m[first].fd) || syscall(SYS_pivot_root, ".", ".") || fchdir(old) ||
		      umount2(".", MNT_DETACH) || umount2(".", MNT_DETACH) || chdir("/")))
		code = fail_errno(E_RESTORE, "Cannot change the root of a mount namespace in the container");
	if (old >= 0)
		close(old);
	return code;
}

static int make_space(struct work *w, unsigned int ns)
{
	int *wholes = xmalloc(w->all->n * sizeof(*wholes)), *kept = w->whole, code = OK;

	memset(wholes, -1, w->all->n * sizeof(*wholes));
	if (copy_space(w, ns, wholes))
		code = fail_errno(E_RESTORE, "Cannot make a mount namespace in the container");
	w->whole = wholes;
	if (!code)
		code = fill_space(w, ns);
	w->whole = kept;
	for (unsigned int i = 0; i < w->all->n; i++)
		if (wholes[i] >= 0)
			close(wholes[i]);
	free(wholes);
	/* To come back leads to what is over all, the stage. */
	if (!code && (enter(w, 0) || fchdir(w->all->m[0].fd) || chroot(".")))
		code = fail_errno(E_RESTORE, "Cannot come back from a mount namespace in the container");
	return code;
}

/* When the VE's own mounts are made, on which layers may lie. */
static int make_spaces(struct work *w)
{
	struct ve_mounts *all = w->all;
	int code = OK;

	if (all->n_spaces < 2)
		return OK;
	all->space[0].fd = openat(w->proc, "ns/mnt", O_RDONLY | O_CLOEXEC);
	if (all->space[0].fd < 0)
		return fail_errno(E_RESTORE, "Cannot open the container's mount namespace");
	for (unsigned int i = all->space[1].first; i < mounts_umounted(all) && !code; i++)
		if (!is_needless(all, &all->m[i]) && whole(w, whole_of(all, &all->m[i])) < 0)
			code = errno ? cannot(&all->m[i]) : E_RESTORE;
	for (unsigned int ns = 1; ns < all->n_spaces && !code; ns++)
		code = make_space(w, ns);
	return code;
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
static int share(struct work *w, struct peer *peers, unsigned int i)
{
	const struct ve_mounts *all = w->all;
	const struct ve_mount *m = &all->m[i];
	const struct peer *p = &peers[i];

	/* A group may reach into any namespace, but a mount is changed only in its own. */
	if (enter(w, m->ns))
		return -1;
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
		peers[i].done = !(m->shared || m->master || m->unbindable) ||
				((m->row || m->twin >= 0) && m->fd < 0);
	}
	return peers;
}

/*
 * Last: before, what is mounted would spread. In rounds, as a group may be the slave
 * of one that comes later; in a hostile image of one another.
 */
static int share_all(struct work *w)
{
	const struct ve_mounts *all = w->all;
	struct peer *peers = find_peers(all);
	bool waiting = true, moved = true;
	int rc;

	while (waiting && moved) {
		waiting = moved = false;
		for (unsigned int i = 0; i < all->n; i++) {
			rc = peers[i].done ? 0 : share(w, peers, i);
			if (rc < 0)
				return cannot(&all->m[i]);
			moved |= !peers[i].done && !rc;
			waiting |= rc;
			peers[i].done |= !rc;
		}
	}
	free(peers);
	if (enter(w, 0))
		return fail_errno(E_RESTORE, "Cannot come back from a mount namespace in the container");
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

/* Fill what the table has mounted, in a view in which nothing lies on it. */
static int fill_row(struct ve_mounts *all, unsigned int i, remount_fill *fill, void *arg)
{
	int bare = all->m[i].fd < 0 ? -1 : mount_clone(all->m[i].fd), code;

	code = bare < 0 && all->m[i].fd >= 0 ? cannot(&all->m[i]) : fill(arg, i, bare);
	if (bare >= 0)
		close(bare);
	return code;
}

int remount_table(struct ve_mounts *all, remount_fill *fill, void *arg)
{
	int code;

	more_files();
	code = take_rows(all, 0);
	for (unsigned int i = 0; i < all->n && !code; i++)
		if (mounts_has_contents(all, i))
			code = all->m[i].row ? fill_row(all, i, fill, arg) : make_fs(all, i, fill, arg);
	return code;
}

int remount(struct ve_mounts *all, int proc, pid_t init, uint64_t caps)
{
	struct work w = { .all = all, .proc = proc, .init = init, .caps = caps, .stage = -1 };
	int code, c;

	w.whole = xmalloc(all->n * sizeof(*w.whole));
	memset(w.whole, -1, all->n * sizeof(*w.whole));
	code = take_rows(all, WORLD_PROC);
	for (unsigned int i = 0; i < all->n && !code && w.stage < 0; i++)
		if (!all->m[i].row)
			code = open_stage(&w);
	if (!code && all->n_spaces > 1)
		code = stage_covers(&w);
	if (!code)
		code = make_own(&w);
	if (!code)
		code = make_umounted(&w);
	if (!code)
		code = make_spaces(&w);
	if (code)
		return code;	/* whatever was made goes with us */
	c = close_stage(&w);
	if (!code)
		code = c ? c : share_all(&w);
	free(w.whole);
	return code;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The VE's mount namespaces: that of its init, and those in which single processes are.
 *
 * ctl makes them and reads them; here they are only told apart, named by ctl's
 * numbers, and entered. They come with the table of mounts (ctx.c).
 */
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cpt.h"

/* The namespace of a task that is parked, or locked; NULL: it is gone. */
static struct ns_common *mntns_of(struct task_struct *t)
{
	return t->nsproxy ? ksym(from_mnt_ns)(t->nsproxy->mnt_ns) : NULL;
}

static struct ns_common *file_mntns(const struct file *f)
{
	struct ns_common *ns;

	if (file_inode(f)->i_sb->s_magic != NSFS_MAGIC)
		return NULL;
	ns = get_proc_ns(file_inode(f));
	return ns->ops->type == CLONE_NEWNS ? ns : NULL;
}

/* --- for ctl, of a frozen VE ------------------------------------------------------------------- */

/* A task in the mount namespace with the lowest number above @inum that is not @own, held; or NULL. */
static struct task_struct *find_next(struct cpt_ctx *ctx, const struct ns_common *own, u32 *inum)
{
	struct task_struct *t, *found = NULL;
	struct ns_common *ns;
	u32 best = 0;
	pid_t nr = 0;

	rcu_read_lock();
	while ((t = cpt_ve_next(ctx->ns, &nr))) {
		task_lock(t);
		ns = mntns_of(t);
		if (ns && ns != own && ns->inum > *inum && (!found || ns->inum < best)) {
			best = ns->inum;
			found = t;
		}
		task_unlock(t);
	}
	if (found)
		get_task_struct(found);
	rcu_read_unlock();
	*inum = best;
	return found;
}

static struct ns_common *same_ns(struct ns_common *ns)
{
	refcount_inc(&ns->count);
	return ns;
}

/* CPT_IOC_FIND_MNTNS */
int cpt_mntns_find(struct cpt_ctx *ctx, struct cpt_ioc_find_mntns *arg)
{
	struct task_struct *init = get_pid_task(ctx->init, PIDTYPE_PID), *t = NULL;
	struct ns_common *ns = NULL;
	int fd = -ENOENT;

	if (init) {
		task_lock(init);
		ns = mntns_of(init);
		task_unlock(init);
		put_task_struct(init);
	}
	if (ns)
		t = find_next(ctx, ns, &arg->inum);
	if (!t)
		return -ENOENT;
	task_lock(t);
	ns = mntns_of(t);
	if (ns)
		same_ns(ns);		/* it may be killed meanwhile */
	task_unlock(t);
	if (ns) {
		fd = open_related_ns(ns, same_ns);
		ns->ops->put(ns);
	}
	arg->fd = fd;
	arg->pid = cpt_vpid(ctx, t);
	arg->pad = 0;
	get_task_comm(arg->comm, t);
	put_task_struct(t);
	return fd < 0 ? fd : 0;
}

/* --- the table --------------------------------------------------------------------------------- */

/* On how many mounts does the root of a mount lie? */
static int depth(const struct path *root)
{
	struct path path = *root;
	int n = 0;

	path_get(&path);
	while (follow_up(&path))
		n++;
	path_put(&path);
	return n;
}

static int take_one(struct cpt_ctx *ctx, struct cpt_mntns *to, const struct cpt_ioc_mntns *arg)
{
	const struct cpt_mount *root = cpt_mount_by_id(ctx, arg->root);

	if (!root || arg->pad)
		return cpt_fail(ctx, -EINVAL, "mount namespace %u cannot be in the table", arg->id);
	/* what a mount over the root hides is in no table */
	to->covered = depth(&root->root) != depth(&ctx->mounts[0].root);
	to->file = fget(arg->fd);
	to->id = arg->id;
	if (!to->file)
		return -EBADF;
	ctx->nspaces++;
	return file_mntns(to->file) ? 0 : cpt_fail(ctx, -EINVAL, "mount namespace %u is none", arg->id);
}

/* cpt_mntns_take - take the namespaces of CPT_IOC_MOUNTS, whose mounts are taken; undone by cpt_mntns_drop() */
int cpt_mntns_take(struct cpt_ctx *ctx, const struct cpt_ioc_mounts *arg)
{
	struct cpt_ioc_mntns *list;
	int err = 0;
	u32 i;

	if (!arg->nspaces)
		return 0;
	if (arg->nspaces > CPT_MOUNTS_MAX)
		return -EINVAL;
	list = vmemdup_user(u64_to_user_ptr(arg->spaces), arg->nspaces * sizeof(*list));
	if (IS_ERR(list))
		return PTR_ERR(list);
	ctx->spaces = kvcalloc(arg->nspaces, sizeof(*ctx->spaces), GFP_KERNEL);
	if (!ctx->spaces)
		err = -ENOMEM;
	for (i = 0; !err && i < arg->nspaces; i++)
		err = take_one(ctx, &ctx->spaces[i], &list[i]);
	kvfree(list);
	return err;
}

void cpt_mntns_drop(struct cpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nspaces; i++)
		fput(ctx->spaces[i].file);
	kvfree(ctx->spaces);
	ctx->spaces = NULL;
	ctx->nspaces = 0;
}

/* --- of a task --------------------------------------------------------------------------------- */

/*
 * cpt_mntns_of - ctl's number of the mount namespace in which a parked task is
 *
 * Returns 0; -ENOENT: ctl does not know it; -EBUSY: a mount lies over its root.
 */
int cpt_mntns_of(struct cpt_ctx *ctx, struct task_struct *t, u32 *id)
{
	const struct ns_common *ns = mntns_of(t);
	struct task_struct *init;
	u32 i;
	int err;

	*id = 0;
	for (i = 0; i < ctx->nspaces; i++)
		if (file_mntns(ctx->spaces[i].file) == ns) {
			*id = ctx->spaces[i].id;
			return ctx->spaces[i].covered ? -EBUSY : 0;
		}
	init = get_pid_task(ctx->init, PIDTYPE_PID);
	if (!init)
		return -ENOENT;
	err = ns && mntns_of(init) == ns ? 0 : -ENOENT;
	put_task_struct(init);
	return err;
}

/*
 * cpt_mntns_enter - bring the current task into a mount namespace, if it is in another
 *
 * It has its directories to itself, and they become the root of that.
 */
int cpt_mntns_enter(struct cpt_ctx *ctx, u32 id)
{
	struct file *f = NULL;
	int fd, err;
	u32 i;

	for (i = 0; i < ctx->nspaces; i++)
		if (ctx->spaces[i].id == id)
			f = ctx->spaces[i].file;
	if (!f && !id)		/* there is no other */
		return 0;
	if (!f)
		return cpt_fail(ctx, -ENOENT, "process %d was in mount namespace %u, which the VE has not",
				task_pid_vnr(current), id);
	if (file_mntns(f) == mntns_of(current))
		return 0;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	fd_install(fd, get_file(f));
	err = ksys(setns, fd, CLONE_NEWNS);
	ksys(close_range, fd, fd, 0);
	if (err)
		cpt_say(ctx, "process %d cannot enter mount namespace %u: error %d", task_pid_vnr(current), id, -err);
	return err;
}

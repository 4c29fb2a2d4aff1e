// SPDX-License-Identifier: GPL-2.0
/*
 * Open namespaces: those of /proc/PID/ns, ioctl(NS_GET_USERNS)…
 *
 * Preserved: those of the VE itself; flags.
 * Refused: all others, of a process alone or from outside.
 */
#include <linux/fs.h>
#include <linux/ipc_namespace.h>
#include <linux/magic.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "compat/compat.h"
#include "kind.h"
#include "out.h"

static bool nsfd_owns(struct file *f)
{
	return file_inode(f)->i_sb->s_magic == NSFS_MAGIC && get_proc_ns(file_inode(f));
}

/* Is it the one that the VE's init is in? */
static bool of_ve(struct cpt_ctx *ctx, struct ns_common *ns)
{
	struct task_struct *init = get_pid_task(ctx->init, PIDTYPE_PID);
	struct ns_common *its;

	if (!init)
		return false;
	its = ns->ops->get(init);
	put_task_struct(init);
	if (!its)
		return false;
	ns->ops->put(its);
	return its == ns;
}

static int nsfd_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct ns_common *ns = get_proc_ns(file_inode(obj->ptr));
	int err = 0;

	if (!of_ve(ctx, ns))
		err = cpt_file_refuse(ctx, obj->ptr, who, "a namespace that is not the VE's own, which cannot be preserved yet");
	if (!err)
		err = cpt_file_collect(ctx, obj->ptr, who);
	if (!err)
		get_file(obj->ptr);
	return err;
}

static void nsfd_release(struct cpt_obj *obj)
{
	fput(obj->ptr);
}

static int nsfd_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_nsfd_rec *r = cpt_out_rec(ctx, CPT_K_NSFD, obj->id, sizeof(*r), 0);

	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, obj->ptr);
	r->type = get_proc_ns(file_inode(obj->ptr))->ops->type;
	return 0;
}

/* A namespace of the current task, and with it what can be done with all of its type. */
static const struct proc_ns_operations *ops_of(u32 type)
{
	const struct nsproxy *p = current->nsproxy;

	switch (type) {
	case CLONE_NEWTIME:
		return p->time_ns->ns.ops;
	case CLONE_NEWNS:
		return ksym(from_mnt_ns)(p->mnt_ns)->ops;
	case CLONE_NEWCGROUP:
		return p->cgroup_ns->ns.ops;
	case CLONE_NEWUTS:
		return p->uts_ns->ns.ops;
	case CLONE_NEWIPC:
		return p->ipc_ns->ns.ops;
	case CLONE_NEWUSER:
		return current_user_ns()->ns.ops;
	case CLONE_NEWPID:
		return p->pid_ns_for_children->ns.ops;
	case CLONE_NEWNET:
		return p->net_ns->ns.ops;
	}
	return NULL;
}

/* In a task of the VE, whose namespaces they are. */
static void *nsfd_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_nsfd_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred);
	const struct proc_ns_operations *ops = ops_of(r->type);
	struct path path;
	struct file *f;
	int err;

	if (IS_ERR(cred))
		return (void *)cred;
	err = ops ? ksym(ns_get_path)(&path, current, ops) : -EINVAL;
	if (err)
		return ERR_PTR(err);
	f = dentry_open(&path, r->file.flags & (O_ACCMODE | O_PATH | O_LARGEFILE), cred);
	path_put(&path);
	if (!IS_ERR(f))
		cpt_file_finish(f, &r->file);
	return f;
}

const struct cpt_kind_ops cpt_nsfd_ops = {
	.kind		= CPT_K_NSFD,
	.name		= "namespace",
	.owns		= nsfd_owns,
	.collect	= nsfd_collect,
	.dump		= nsfd_dump,
	.release	= nsfd_release,
	.make		= nsfd_make,
	.unmake		= cpt_file_unmake,
};

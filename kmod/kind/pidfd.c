// SPDX-License-Identifier: GPL-2.0
/*
 * pidfd_open(2), clone(2) with CLONE_PIDFD: a descriptor of a process.
 *
 * Preserved: whom it means, a zombie too; PIDFD_THREAD; flags. Of one that was reaped
 * already, that it is gone; whether two are of the same one.
 * Refused: processes outside the VE.
 *
 * Descriptors are made when all tasks exist, and those that are dead are dead (tree.c).
 */
#include <linux/file.h>
#include <linux/pid.h>

#include "compat/compat.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

static bool pidfd_owns(struct file *f)
{
	return !IS_ERR(ksym(pidfd_pid)(f));
}

static int pidfd_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct pid *pid = ksym(pidfd_pid)(obj->ptr);

	if (pid_has_task(pid, PIDTYPE_PID) && !pid_nr_ns(pid, ctx->ns))
		cpt_obstacle(ctx, "process %d (%s) holds a pidfd of a process outside the VE (fd %d), which cannot be preserved",
			     who->pid, who->comm, who->fd);
	return cpt_anon_collect(ctx, obj, who);
}

/* An earlier one of the same process; 0: there is none. */
static u32 twin_of(struct cpt_ctx *ctx, const struct cpt_obj *obj)
{
	struct pid *pid = ksym(pidfd_pid)(obj->ptr);
	struct cpt_obj *o;

	list_for_each_entry(o, &ctx->obj_list, list) {
		if (o == obj)
			break;
		if (o->kind == CPT_K_PIDFD && ksym(pidfd_pid)(o->ptr) == pid)
			return o->id;
	}
	return 0;
}

static int pidfd_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_pidfd_rec *r = cpt_out_rec(ctx, CPT_K_PIDFD, obj->id, sizeof(*r), 0);
	const struct file *f = obj->ptr;
	struct pid *pid = ksym(pidfd_pid)(f);

	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, f);
	if (pid_has_task(pid, PIDTYPE_PID))
		r->pid = pid_nr_ns(pid, ctx->ns);
	else
		r->twin = twin_of(ctx, obj);
	r->thread = !!(f->f_flags & COMPAT_PIDFD_THREAD);
	return 0;
}

static void *pidfd_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_pidfd_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred), *own;
	struct file *twin = r->twin ? cpt_made(ctx, r->twin) : NULL, *f;
	int flags = r->thread ? COMPAT_PIDFD_THREAD : 0;

	if (IS_ERR(cred))
		return (void *)cred;
	if (IS_ERR(twin))
		return twin;
	if (r->thread && !flags)
		return ERR_PTR(cpt_fail(ctx, -EOPNOTSUPP, "this kernel has no pidfds of threads"));
	if (!r->pid && !twin) {
		f = cpt_anon_made(ctx, cpt_dead_pidfd(ctx, cred), &r->file);
	} else {
		own = override_creds(cred);
		f = twin ? compat_pidfd_again(twin, ksym(pidfd_pid)(twin), O_RDWR) :
			   cpt_anon_made(ctx, ksys(pidfd_open, r->pid, flags), &r->file);
		revert_creds(own);
	}
	if (!IS_ERR(f)) {
		cpt_file_finish(f, &r->file);
		f->f_flags |= flags;
	}
	return f;
}

const struct cpt_kind_ops cpt_pidfd_ops = {
	.kind		= CPT_K_PIDFD,
	.name		= "pidfd",
	.owns		= pidfd_owns,
	.collect	= pidfd_collect,
	.check		= cpt_anon_check,
	.dump		= pidfd_dump,
	.release	= cpt_anon_release,
	.make		= pidfd_make,
	.unmake		= cpt_file_unmake,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * eventfd(2): a counter.
 *
 * Preserved: its count, EFD_SEMAPHORE, flags.
 * Refused: one that somebody outside the VE, or the kernel itself, holds too.
 */
#include <linux/eventfd.h>
#include <linux/file.h>

#include "compat/private.h"
#include "kind.h"
#include "out.h"

static bool eventfd_owns(struct file *f)
{
	return f->f_op->release == kptr(eventfd_release);
}

static int eventfd_check(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	const struct compat_eventfd *e = ((struct file *)obj->ptr)->private_data;
	const struct cpt_holder *who = obj->priv;

	if (kref_read(&e->kref) > 1)	/* eventfd_ctx_fdget(): asynchronous I/O, virtual machines */
		cpt_obstacle(ctx, "process %d (%s) holds an eventfd that the kernel signals (fd %d), which cannot be preserved",
			     who->pid, who->comm, who->fd);
	return cpt_anon_check(ctx, obj);
}

static int eventfd_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_eventfd_rec *r = cpt_out_rec(ctx, CPT_K_EVENTFD, obj->id, sizeof(*r), 0);
	struct compat_eventfd *e = ((struct file *)obj->ptr)->private_data;

	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, obj->ptr);
	spin_lock_irq(&e->wqh.lock);
	r->count = e->count;
	spin_unlock_irq(&e->wqh.lock);
	r->semaphore = !!(e->flags & EFD_SEMAPHORE);
	return 0;
}

static void *eventfd_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_eventfd_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred), *own;
	struct compat_eventfd *e;
	struct file *f;

	if (IS_ERR(cred))
		return (void *)cred;
	own = override_creds(cred);
	f = cpt_anon_made(ctx, ksys(eventfd2, 0, r->semaphore ? EFD_SEMAPHORE : 0), &r->file);
	revert_creds(own);
	if (IS_ERR(f))
		return f;
	e = f->private_data;
	e->count = r->count;
	return f;
}

const struct cpt_kind_ops cpt_eventfd_ops = {
	.kind		= CPT_K_EVENTFD,
	.name		= "eventfd",
	.owns		= eventfd_owns,
	.collect	= cpt_anon_collect,
	.check		= eventfd_check,
	.dump		= eventfd_dump,
	.release	= cpt_anon_release,
	.make		= eventfd_make,
	.unmake		= cpt_file_unmake,
};

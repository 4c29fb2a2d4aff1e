// SPDX-License-Identifier: GPL-2.0
/*
 * signalfd(2): a view of the reader's pending signals.
 *
 * Preserved: the signals it takes, flags. (Pending signals are their process's.)
 */
#include <linux/file.h>
#include <linux/uaccess.h>

#include "compat/private.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

static bool signalfd_owns(struct file *f)
{
	return f->f_op->release == kptr(signalfd_release);
}

static int signalfd_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_signalfd_rec *r = cpt_out_rec(ctx, CPT_K_SIGNALFD, obj->id, sizeof(*r), 0);
	const struct compat_signalfd *s = ((struct file *)obj->ptr)->private_data;

	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, obj->ptr);
	r->mask = ~cpt_mask_u64(&s->sigmask);
	return 0;
}

static void *signalfd_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_signalfd_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred), *own;
	sigset_t mask = cpt_u64_mask(r->mask);
	void __user *u = cpt_scratch(ctx);
	struct file *f;

	if (IS_ERR(cred))
		return (void *)cred;
	if (!u || copy_to_user(u, &mask, sizeof(mask)))
		return ERR_PTR(-EFAULT);
	own = override_creds(cred);
	f = cpt_anon_made(ctx, ksys(signalfd4, -1, u, sizeof(mask), 0), &r->file);
	revert_creds(own);
	return f;
}

const struct cpt_kind_ops cpt_signalfd_ops = {
	.kind		= CPT_K_SIGNALFD,
	.name		= "signalfd",
	.owns		= signalfd_owns,
	.collect	= cpt_anon_collect,
	.check		= cpt_anon_check,
	.dump		= signalfd_dump,
	.release	= cpt_anon_release,
	.make		= signalfd_make,
	.unmake		= cpt_file_unmake,
};

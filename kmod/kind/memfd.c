// SPDX-License-Identifier: GPL-2.0
/*
 * memfd_create(2): an open file on memory (shmem.c).
 *
 * Preserved: position and flags of each description, also of those opened by way of
 * /proc/PID/fd; seals; private and shared mappings; programs run from one.
 * Refused: one that somebody outside the VE holds too.
 */
#include <linux/file.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "kind.h"
#include "out.h"

static bool memfd_owns(struct file *f)
{
	return cpt_memfd_name(f) && !(f->f_mode & FMODE_PATH);
}

static int memfd_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct file *f = obj->ptr;
	struct cpt_obj *shmem;
	int err;

	err = cpt_collect(ctx, CPT_K_SHMEM, file_inode(f), who);
	if (err)
		return err;
	shmem = cpt_obj_find(ctx, file_inode(f));
	if (!shmem->priv) {
		shmem->priv = kstrdup(cpt_memfd_name(f), GFP_KERNEL);
		if (!shmem->priv)
			return -ENOMEM;
	}
	return cpt_anon_collect(ctx, obj, who);
}

static int memfd_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_memfd_rec *r = cpt_out_rec(ctx, CPT_K_MEMFD, obj->id, sizeof(*r), 0);

	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, obj->ptr);
	r->shmem = cpt_obj_id(ctx, file_inode((struct file *)obj->ptr));
	return cpt_locks_dump(ctx, obj->ptr, obj->ptr, 0);
}

static void *memfd_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_memfd_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred);
	struct file *memory = cpt_made(ctx, r->shmem), *f;
	int err;

	if (IS_ERR(cred))
		return (void *)cred;
	if (IS_ERR(memory))
		return memory;
	f = dentry_open(&memory->f_path, r->file.flags & (O_ACCMODE | O_LARGEFILE), cred);
	if (IS_ERR(f))
		return f;
	cpt_file_finish(f, &r->file);
	err = cpt_locks_restore(ctx, rec, f);
	if (!err)
		return f;
	fput(f);
	return ERR_PTR(err);
}

const struct cpt_kind_ops cpt_memfd_ops = {
	.kind		= CPT_K_MEMFD,
	.name		= "memfd",
	.owns		= memfd_owns,
	.collect	= memfd_collect,
	.check		= cpt_anon_check,
	.dump		= memfd_dump,
	.release	= cpt_anon_release,
	.make		= memfd_make,
	.unmake		= cpt_file_unmake,
};

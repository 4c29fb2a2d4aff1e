// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of descriptors (files_struct): which descriptor is which open file, and
 * close-on-exec.
 *
 * Preserved: all numbers and flags; tables shared by clone(CLONE_FILES); POSIX locks (lock.c);
 * directories that tell of changes (dnotify.c).
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "kind.h"
#include "out.h"

/* obj->priv: the descriptors, taken once. */
struct fd_list {
	u32 n, room;
	struct {
		u32 fd;
		bool cloexec;
		struct file *file;
	} fds[];
};

struct fd_walk {
	struct files_struct *files;
	struct fd_list *list;		/* NULL: only count */
	u32 n;
};

/* Called under files->file_lock. */
static int each_fd(const void *arg, struct file *file, unsigned int fd)
{
	struct fd_walk *w = (void *)arg;
	struct fd_list *l = w->list;

	if (l && l->n < l->room) {
		l->fds[l->n].fd = fd;
		l->fds[l->n].cloexec = compat_close_on_exec(w->files, fd);
		l->fds[l->n].file = get_file(file);
		l->n++;
	}
	w->n++;
	return 0;
}

static int files_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct fd_walk w = { .files = obj->ptr };
	struct cpt_holder holder = *who;
	int err = 0;
	u32 i;

	iterate_fd(w.files, 0, each_fd, &w);
	w.list = kvzalloc(struct_size(w.list, fds, w.n), GFP_KERNEL);
	if (!w.list)
		return -ENOMEM;
	w.list->room = w.n;
	iterate_fd(w.files, 0, each_fd, &w);
	obj->priv = w.list;
	for (i = 0; !err && i < w.list->n; i++) {
		holder.fd = w.list->fds[i].fd;
		if (holder.fd >= CPT_FD_MAX)
			cpt_obstacle(ctx, "process %d (%s) has a descriptor above %u", who->pid,
				     who->comm, CPT_FD_MAX);
		err = cpt_collect_file(ctx, w.list->fds[i].file, &holder);
		cpt_locks_collect(ctx, w.list->fds[i].file, w.files, &holder);
	}
	/* what was collected is held by its object; without that there will be no image */
	for (i = 0; i < w.list->n; i++)
		fput(w.list->fds[i].file);
	if (err)
		cpt_files_ops.release(obj);
	else
		atomic_inc(&w.files->count);
	return err;
}

static void files_release(struct cpt_obj *obj)
{
	kvfree(obj->priv);
	if (obj->id)
		ksym(put_files_struct)(obj->ptr);
}

static bool has_locks(const struct file *f)
{
	const struct file_lock_context *ctx = READ_ONCE(file_inode(f)->i_flctx);

	return ctx && !list_empty(&ctx->flc_posix) && !(f->f_mode & FMODE_PATH);
}

/* Are the POSIX locks on the file of descriptor @i those of an earlier one, too? */
static bool seen_before(const struct fd_list *l, u32 i)
{
	const struct inode *inode = file_inode(l->fds[i].file);
	u32 k;

	for (k = 0; k < i; k++)
		if (file_inode(l->fds[k].file) == inode && has_locks(l->fds[k].file))
			return true;
	return false;
}

static int files_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct fd_list *l = obj->priv;
	struct cpt_files_rec *r;
	struct cpt_fd *fd;
	int err = 0;
	u32 i;

	r = cpt_out_rec(ctx, CPT_K_FILES, obj->id, sizeof(*r), l->n * sizeof(*fd));
	if (!r)
		return -ENOMEM;
	fd = (void *)(r + 1);
	r->n = l->n;
	for (i = 0; i < l->n; i++) {
		fd[i].fd = l->fds[i].fd;
		fd[i].cloexec = l->fds[i].cloexec;
		fd[i].file = cpt_obj_id(ctx, l->fds[i].file);
	}
	for (i = 0; i < l->n && !err; i++)
		if (has_locks(l->fds[i].file) && !seen_before(l, i))
			err = cpt_locks_dump(ctx, l->fds[i].file, obj->ptr, l->fds[i].fd);
	for (i = 0; i < l->n && !err; i++)
		err = cpt_dnotify_dump(ctx, l->fds[i].file, obj->ptr, l->fds[i].fd);
	return err;
}

static int files_restore(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_files_rec *r = (const void *)rec;
	const struct cpt_fd *fd = (const void *)(r + 1);
	u32 i;
	int err;

	/* While the table is empty: some are made by way of descriptors of their own. */
	for (i = 0; i < r->n; i++) {
		err = PTR_ERR_OR_ZERO(cpt_made(ctx, fd[i].file));
		if (err)
			return err;
	}
	for (i = 0; i < r->n; i++) {
		err = ksym(replace_fd)(fd[i].fd, cpt_made(ctx, fd[i].file), fd[i].cloexec ? O_CLOEXEC : 0);
		if (err < 0)
			return cpt_fail(ctx, err, "descriptor %u cannot be made: error %d", fd[i].fd, -err);
	}
	err = cpt_dnotify_restore(ctx, rec);
	if (err)
		return err;
	cpt_set_made(ctx, rec->id, current->files);	/* for files_link(), which does not look into it */
	/* last: to close any descriptor of a file gives up all POSIX locks on it */
	return cpt_locks_restore(ctx, rec, NULL);
}

static int files_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	return cpt_dnotify_link(ctx, rec, made);
}

const struct cpt_kind_ops cpt_files_ops = {
	.kind		= CPT_K_FILES,
	.name		= "descriptor table",
	.collect	= files_collect,
	.dump		= files_dump,
	.release	= files_release,
	.restore	= files_restore,
	.link		= files_link,
};

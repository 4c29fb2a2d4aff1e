// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts: one for each VE that is between stages. An opener of /dev/cpt binds
 * one by VEID; a sticky one outlives its opener and is found again by the next.
 *
 * Locks: cpt_ctx_lock (the list, bound and sticky) is taken inside ctx->mutex.
 */
#include <linux/file.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <cpt/walk.h>

#include "cpt.h"
#include "kind.h"

DEFINE_MUTEX(cpt_ctx_lock);
static LIST_HEAD(contexts);

static struct cpt_ctx *ctx_new(u32 veid)
{
	struct cpt_ctx *ctx = kvzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return NULL;
	kref_init(&ctx->ref);
	mutex_init(&ctx->mutex);
	ctx->veid = veid;
	cpt_msg_init(&ctx->msg);
	cpt_freezer_init(&ctx->frz);
	INIT_LIST_HEAD(&ctx->blobs);
	hash_init(ctx->objs);
	INIT_LIST_HEAD(&ctx->obj_list);
	__module_get(THIS_MODULE);
	return ctx;
}

static void ctx_free(struct kref *ref)
{
	struct cpt_ctx *ctx = container_of(ref, struct cpt_ctx, ref);

	cpt_undump_free(ctx);
	cpt_ve_forget(ctx);
	cpt_ctx_drop_mounts(ctx);
	cpt_ctx_drop_blobs(ctx);
	cpt_console_drop(ctx);
	cpt_msg_free(&ctx->msg);
	kvfree(ctx);
	/*
	 * Whoever is still on the way out of the module's text is waited for by
	 * cpt_freeze_exit() and by the /dev/cpt file's own reference.
	 */
	module_put(THIS_MODULE);
}

void cpt_ctx_get(struct cpt_ctx *ctx)
{
	kref_get(&ctx->ref);
}

void cpt_ctx_put(struct cpt_ctx *ctx)
{
	kref_put(&ctx->ref, ctx_free);
}

/*
 * cpt_ctx_bind - the context of @veid: the sticky one, or a new idle one
 *
 * Returns it with a reference for the opener, or ERR_PTR: -EBUSY if another
 * open file works on that VE.
 */
struct cpt_ctx *cpt_ctx_bind(u32 veid)
{
	struct cpt_ctx *ctx;

	mutex_lock(&cpt_ctx_lock);
	list_for_each_entry(ctx, &contexts, list) {
		if (ctx->veid != veid)
			continue;
		if (ctx->bound) {
			ctx = ERR_PTR(-EBUSY);
		} else {
			ctx->bound = true;
			cpt_ctx_get(ctx);
		}
		goto out;
	}
	ctx = ctx_new(veid);
	if (ctx) {
		ctx->bound = true;
		cpt_ctx_get(ctx);		/* the list's */
		list_add(&ctx->list, &contexts);
	} else {
		ctx = ERR_PTR(-ENOMEM);
	}
out:
	mutex_unlock(&cpt_ctx_lock);
	return ctx;
}

/* Take @ctx off the list: nobody finds it any more. */
void cpt_ctx_forget(struct cpt_ctx *ctx)
{
	bool listed;

	mutex_lock(&cpt_ctx_lock);
	listed = !list_empty(&ctx->list);
	list_del_init(&ctx->list);
	mutex_unlock(&cpt_ctx_lock);
	if (listed)
		cpt_ctx_put(ctx);
}

/*
 * cpt_ctx_unbind - the opener goes away
 *
 * A context that is not sticky is undone (stage.c) and forgotten. Drops the
 * opener's reference.
 */
void cpt_ctx_unbind(struct cpt_ctx *ctx)
{
	bool keep;

	mutex_lock(&ctx->mutex);
	mutex_lock(&cpt_ctx_lock);
	keep = ctx->sticky && ctx->stage != CPT_IDLE;
	ctx->bound = false;
	mutex_unlock(&cpt_ctx_lock);
	if (!keep) {
		cpt_ctx_forget(ctx);
		cpt_stage_abandon(ctx);
	}
	mutex_unlock(&ctx->mutex);
	cpt_ctx_put(ctx);
}

/* CPT_IOC_LIST: copy what contexts there are. */
int cpt_ctx_list(struct cpt_ioc_list __user *arg)
{
	struct cpt_ioc_ctx __user *to;
	struct cpt_ioc_list list;
	struct cpt_ctx *ctx;
	u32 n = 0;
	int err = 0;

	if (copy_from_user(&list, arg, sizeof(list)))
		return -EFAULT;
	to = u64_to_user_ptr(list.ctxs);
	mutex_lock(&cpt_ctx_lock);
	list_for_each_entry(ctx, &contexts, list) {
		struct cpt_ioc_ctx one = {
			.veid = ctx->veid,
			.stage = ctx->stage,
			.sticky = ctx->sticky,
			.tasks = ctx->ntasks,
		};

		if (n < list.n && copy_to_user(&to[n], &one, sizeof(one)))
			err = -EFAULT;
		n++;
	}
	mutex_unlock(&cpt_ctx_lock);
	list.n = n;
	if (!err && copy_to_user(arg, &list, sizeof(list)))
		err = -EFAULT;
	return err;
}

void cpt_ctx_drop_mounts(struct cpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nmounts; i++)
		path_put(&ctx->mounts[i].root);
	cpt_mntns_drop(ctx);
	cpt_umounted_drop(ctx);
	kvfree(ctx->mounts);
	ctx->mounts = NULL;
	ctx->nmounts = 0;
}

static int take_open(struct cpt_ctx *ctx, struct path *root, const struct cpt_ioc_mount *arg)
{
	struct file *f = fget_raw(arg->fd);
	int err = 0;

	if (!f)
		return cpt_fail(ctx, -EBADF, "mount %u has no descriptor", arg->id);
	if (f->f_path.dentry != f->f_path.mnt->mnt_root) {
		err = cpt_fail(ctx, -EINVAL, "descriptor of mount %u is not its root", arg->id);
	} else {
		*root = f->f_path;
		path_get(root);
	}
	fput(f);
	return err;
}

/* Find what lies on another mount, whatever lies over both. */
static int take_hidden(struct cpt_ctx *ctx, struct path *root, const struct cpt_ioc_mount *arg)
{
	struct path point;
	char *name;
	int err;

	if (arg->path_len >= PATH_MAX)
		return -EINVAL;
	name = memdup_user_nul(u64_to_user_ptr(arg->path), arg->path_len);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = cpt_path_ok(name, arg->path_len) ?
		      cpt_path_open(ctx, arg->parent, name, arg->path_len, &point) : -EINVAL;
	kfree(name);
	if (err)
		return err;
	root->mnt = ksym(lookup_mnt)(&point);
	path_put(&point);
	if (!root->mnt)
		return cpt_fail(ctx, -ENOENT, "mount %u is not where it was", arg->id);
	root->dentry = dget(root->mnt->mnt_root);
	return 0;
}

static int take_mount(struct cpt_ctx *ctx, struct cpt_mount *m, const struct cpt_ioc_mount *arg)
{
	int err;

	if (!arg->id || cpt_mount_by_id(ctx, arg->id))
		return cpt_fail(ctx, -EINVAL, "mount %u cannot be in the table", arg->id);
	err = arg->fd < 0 ? take_hidden(ctx, &m->root, arg) : take_open(ctx, &m->root, arg);
	if (err)
		return err;
	m->id = arg->id;
	ctx->nmounts++;
	return 0;
}

/*
 * cpt_ctx_mounts - take the VE's mounts and mount namespaces from ctl, in place of those before
 *
 * Returns 0, or -errno with no mounts taken.
 */
int cpt_ctx_mounts(struct cpt_ctx *ctx, const struct cpt_ioc_mounts *arg)
{
	struct cpt_ioc_mount *list;
	u32 i;
	int err = 0;

	if (!arg->n || arg->n > CPT_MOUNTS_MAX)
		return -EINVAL;
	list = vmemdup_user(u64_to_user_ptr(arg->mounts), arg->n * sizeof(*list));
	if (IS_ERR(list))
		return PTR_ERR(list);
	cpt_ctx_drop_mounts(ctx);
	ctx->mounts = kvcalloc(arg->n, sizeof(*ctx->mounts), GFP_KERNEL);
	if (!ctx->mounts)
		err = -ENOMEM;
	for (i = 0; !err && i < arg->n; i++)
		err = take_mount(ctx, &ctx->mounts[i], &list[i]);
	if (!err)
		err = cpt_mntns_take(ctx, arg);
	if (err)
		cpt_ctx_drop_mounts(ctx);
	kvfree(list);
	return err;
}

/*
 * cpt_mount_by_vfs - the VE's mount that @mnt is; NULL: it is none, as far as ctl has told
 *
 * May sleep.
 */
const struct cpt_mount *cpt_mount_by_vfs(struct cpt_ctx *ctx, struct vfsmount *mnt)
{
	u32 i;

	for (i = 0; i < ctx->nmounts; i++)
		if (ctx->mounts[i].root.mnt == mnt)
			return &ctx->mounts[i];
	cpt_umounted_note(ctx, mnt);
	return NULL;
}

const struct cpt_mount *cpt_mount_by_id(struct cpt_ctx *ctx, u32 id)
{
	u32 i;

	for (i = 0; i < ctx->nmounts; i++)
		if (ctx->mounts[i].id == id)
			return &ctx->mounts[i];
	return NULL;
}

void cpt_ctx_drop_blobs(struct cpt_ctx *ctx)
{
	struct cpt_blob *b, *next;

	list_for_each_entry_safe(b, next, &ctx->blobs, list) {
		list_del(&b->list);
		kvfree(b);
	}
}

/* CPT_IOC_PUT_BLOB: keep a copy for the next dump. */
int cpt_ctx_put_blob(struct cpt_ctx *ctx, const struct cpt_ioc_blob *arg)
{
	struct cpt_blob *b;

	if (arg->len > CPT_BLOB_MAX)
		return -E2BIG;
	b = kvmalloc(sizeof(*b) + arg->len, GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	b->tag = arg->tag;
	b->key = arg->key;
	b->len = arg->len;
	if (copy_from_user(b->data, u64_to_user_ptr(arg->data), arg->len)) {
		kvfree(b);
		return -EFAULT;
	}
	list_add_tail(&b->list, &ctx->blobs);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Root and current directory, umask (fs_struct), and with them the mount namespace.
 *
 * Preserved: all four; structs shared by clone(CLONE_FS). Who shares one is in the
 * same mount namespace: neither unshare(2) nor setns(2) nor clone(2) part them.
 * Refused: a directory outside the VE's mounts, or a deleted one; a mount namespace
 * that ctl does not know (task.c).
 */
#include <linux/fs_struct.h>
#include <linux/slab.h>

#include "kind.h"
#include "out.h"
#include "undump.h"

/* obj->priv: what the struct held. */
struct fs_state {
	struct path root, pwd;		/* held */
	int umask;
	u32 mntns;
};

static int check_dir(struct cpt_ctx *ctx, const struct path *dir, const char *what,
		     const struct cpt_holder *who, char *buf)
{
	u32 mount;
	char *name;

	if (cpt_path_in(ctx, dir, &mount, buf) && !d_unlinked(dir->dentry))
		return 0;
	name = d_path(dir, buf, PATH_MAX);
	return cpt_obstacle(ctx, "process %d (%s) has its %s directory %s: %s", who->pid, who->comm,
			    what, d_unlinked(dir->dentry) ? "in a deleted place" : "outside the VE",
			    IS_ERR(name) ? "?" : name);
}

static int fs_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct fs_struct *fs = obj->ptr;
	struct fs_state *s = kzalloc(sizeof(*s), GFP_KERNEL);
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);

	if (!s || !buf) {
		kfree(s);
		kfree(buf);
		return -ENOMEM;
	}
	spin_lock(&fs->lock);
	s->root = fs->root;
	s->pwd = fs->pwd;
	s->umask = fs->umask;
	path_get(&s->root);
	path_get(&s->pwd);
	spin_unlock(&fs->lock);
	cpt_mntns_of(ctx, who->task, &s->mntns);
	check_dir(ctx, &s->root, "root", who, buf);
	check_dir(ctx, &s->pwd, "current", who, buf);
	kfree(buf);
	obj->priv = s;
	return 0;
}

static void fs_release(struct cpt_obj *obj)
{
	struct fs_state *s = obj->priv;

	path_put(&s->root);
	path_put(&s->pwd);
	kfree(s);
}

static int fs_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct fs_state *s = obj->priv;
	char *buf = kmalloc(2 * PATH_MAX, GFP_KERNEL), *root, *pwd;
	u32 root_mount, pwd_mount;
	struct cpt_fs_rec *r = NULL;

	if (!buf)
		return -ENOMEM;
	root = cpt_path_in(ctx, &s->root, &root_mount, buf);
	pwd = cpt_path_in(ctx, &s->pwd, &pwd_mount, buf + PATH_MAX);
	if (root && pwd)
		r = cpt_out_rec(ctx, CPT_K_FS, obj->id, sizeof(*r), strlen(root) + strlen(pwd));
	if (r) {
		r->umask = s->umask;
		r->mntns = s->mntns;
		r->root_mount = root_mount;
		r->root_len = strlen(root);
		r->cwd_mount = pwd_mount;
		r->cwd_len = strlen(pwd);
		memcpy(r + 1, root, r->root_len);
		memcpy((char *)(r + 1) + r->root_len, pwd, r->cwd_len);
	}
	kfree(buf);
	return r ? 0 : -EIO;
}

/* Set one directory of the current task to what @name means. */
static int set_dir(struct cpt_ctx *ctx, u32 mount, const char *name, u32 len, bool root)
{
	struct path path;
	int err = cpt_path_open(ctx, mount, name, len, &path);

	if (err)
		return err;
	if (!d_is_dir(path.dentry))
		err = cpt_fail(ctx, -ENOTDIR, "%.*s (mount %u) is no directory now", (int)len, name, mount);
	else if (root)
		ksym(set_fs_root)(current->fs, &path);
	else
		ksym(set_fs_pwd)(current->fs, &path);
	path_put(&path);
	return err;
}

/*
 * cpt_fs_restore_early - the mount namespace of the current task
 *
 * Before it clones whoever shares its directories: then it could not go any more. This
 * makes the root of the namespace its root and current directory.
 */
int cpt_fs_restore_early(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	return cpt_mntns_enter(ctx, ((const struct cpt_fs_rec *)rec)->mntns);
}

static int fs_restore(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_fs_rec *r = (const void *)rec;
	const char *path = (const void *)(r + 1);
	int err;

	err = set_dir(ctx, r->root_mount, path, r->root_len, true);
	if (!err)
		err = set_dir(ctx, r->cwd_mount, path + r->root_len, r->cwd_len, false);
	current->fs->umask = r->umask;
	return err;
}

const struct cpt_kind_ops cpt_fs_ops = {
	.kind		= CPT_K_FS,
	.name		= "root and cwd",
	.collect	= fs_collect,
	.dump		= fs_dump,
	.release	= fs_release,
	.restore	= fs_restore,
};

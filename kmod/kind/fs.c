// SPDX-License-Identifier: GPL-2.0
/*
 * Root and current directory, umask (fs_struct), and with them the mount namespace.
 *
 * Preserved: all four; structs shared by clone(CLONE_FS). Who shares one is in the
 * same mount namespace: neither unshare(2) nor setns(2) nor clone(2) part them. A directory
 * that a path alone does not lead to (of /proc, where tasks must exist; deleted) is opened, at
 * the dump and at the restore, with O_PATH, and so an object like any open file.
 * Refused: a directory outside the VE's mounts, and what its kind of file refuses; a mount
 * namespace that ctl does not know (task.c).
 */
#include <linux/fs_struct.h>
#include <linux/slab.h>

#include "kind.h"
#include "out.h"
#include "undump.h"

/* obj->priv: what the struct held. */
struct fs_state {
	struct path root, pwd;		/* held */
	struct file *root_file, *pwd_file;	/* or NULL */
	int umask;
	u32 mntns;
};

static int open_failed(struct file **f)
{
	int err = PTR_ERR(*f);

	*f = NULL;
	return err;
}

static int collect_dir(struct cpt_ctx *ctx, const struct path *dir, const char *what, struct file **f,
		       const struct cpt_holder *who, char *buf)
{
	struct cpt_holder holder = *who;
	u32 mount;
	char *name;

	if (!cpt_mount_by_vfs(ctx, dir->mnt) || !cpt_path_in(ctx, dir, &mount, buf)) {
		name = d_path(dir, buf, PATH_MAX);
		return cpt_obstacle(ctx, "process %d (%s) has its %s outside the VE: %s", who->pid,
				    who->comm, what, IS_ERR(name) ? "?" : name);
	}
	if (!cpt_is_view(dir->mnt->mnt_sb) && !d_unlinked(dir->dentry))
		return 0;
	*f = dentry_open(dir, O_PATH | O_DIRECTORY, cpt_cred(who->task));
	if (IS_ERR(*f))
		return open_failed(f);
	holder.fd = -1;
	holder.what = what;
	return cpt_collect_file(ctx, *f, &holder);
}

static void fs_release(struct cpt_obj *obj)
{
	struct fs_state *s = obj->priv;

	if (s->root_file)
		fput(s->root_file);
	if (s->pwd_file)
		fput(s->pwd_file);
	path_put(&s->root);
	path_put(&s->pwd);
	kfree(s);
}

static int fs_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct fs_struct *fs = obj->ptr;
	struct fs_state *s = kzalloc(sizeof(*s), GFP_KERNEL);
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	int err;

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
	err = collect_dir(ctx, &s->root, "root directory", &s->root_file, who, buf);
	if (!err)
		err = collect_dir(ctx, &s->pwd, "current directory", &s->pwd_file, who, buf);
	kfree(buf);
	obj->priv = s;
	if (err)
		fs_release(obj);
	return err;
}

/* The path of a directory; "", and its object in *@id: that says it. NULL: it has none. */
static const char *name_dir(struct cpt_ctx *ctx, const struct path *dir, const struct file *f, char *buf, u32 *mount,
			    __u64 *id)
{
	if (!f)
		return cpt_path_in(ctx, dir, mount, buf);
	*id = cpt_obj_id(ctx, f);
	return *id ? "" : NULL;
}

static int fs_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct fs_state *s = obj->priv;
	char *buf = kmalloc(2 * PATH_MAX, GFP_KERNEL);
	u32 root_mount = 0, pwd_mount = 0;
	struct cpt_fs_rec *r = NULL;
	const char *root, *pwd;
	__u64 ids[2] = {};

	if (!buf)
		return -ENOMEM;
	root = name_dir(ctx, &s->root, s->root_file, buf, &root_mount, &ids[0]);
	pwd = name_dir(ctx, &s->pwd, s->pwd_file, buf + PATH_MAX, &pwd_mount, &ids[1]);
	if (root && pwd)
		r = cpt_out_rec(ctx, CPT_K_FS, obj->id, sizeof(*r), strlen(root) + strlen(pwd));
	if (r) {
		r->root = ids[0];
		r->cwd = ids[1];
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
	if (!d_is_dir(path.dentry) || cpt_is_view(path.mnt->mnt_sb))
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
	int err = 0;

	if (!r->root)
		err = set_dir(ctx, r->root_mount, path, r->root_len, true);
	if (!err && !r->cwd)
		err = set_dir(ctx, r->cwd_mount, path + r->root_len, r->cwd_len, false);
	current->fs->umask = r->umask;
	return err;
}

/*
 * cpt_fs_late - set what open files say, when all tasks exist: in one of those that share it
 */
int cpt_fs_late(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_fs_rec *r = (const void *)rec;
	struct file *root = r->root ? cpt_made(ctx, r->root) : NULL;
	struct file *cwd = r->cwd ? cpt_made(ctx, r->cwd) : NULL;

	if (IS_ERR(root) || IS_ERR(cwd))
		return IS_ERR(root) ? PTR_ERR(root) : PTR_ERR(cwd);
	if ((root && !d_is_dir(root->f_path.dentry)) || (cwd && !d_is_dir(cwd->f_path.dentry)))
		return -ENOTDIR;
	if (root)
		ksym(set_fs_root)(current->fs, &root->f_path);
	if (cwd)
		ksym(set_fs_pwd)(current->fs, &cwd->f_path);
	return 0;
}

const struct cpt_kind_ops cpt_fs_ops = {
	.kind		= CPT_K_FS,
	.name		= "root and cwd",
	.collect	= fs_collect,
	.dump		= fs_dump,
	.release	= fs_release,
	.restore	= fs_restore,
};

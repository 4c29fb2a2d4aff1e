// SPDX-License-Identifier: GPL-2.0
/*
 * Directories and fifos that have lost their name, and are still open, somebody's current
 * directory, or where a deleted file was. The object is the dentry; whoever has it open is a REG
 * (reg.c), and what is in a fifo a PIPE.
 *
 * Preserved: owner, mode, times but for ctime; the name, below others that are deleted, too.
 * Not preserved: the inode's number.
 * Refused: with extended attributes; fifos with other names; other file systems than ext2-4 and
 * tmpfs, and where no mount of the VE can be written to.
 *
 * It is made anew, with any name, in the root directory of its mount, and that name is taken
 * away at once; it gets a dentry with the old name, not hashed, as rmdir(2) and unlink(2)
 * leave one. Nobody who watches that directory sees it, nor do its times tell.
 *
 * Locks: of the two directories, as vfs_rmdir() (fs/namei.c). The chain of deleted parents
 * does not change while the VE is frozen: what is not hashed is not moved.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/xattr.h>

#include "compat/compat.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

/* --- dump --------------------------------------------------------------------------------------- */

/* A mount in which it can be made again, and the path of @dentry there; NULL: there is none. */
static const struct cpt_mount *mount_of(struct cpt_ctx *ctx, struct dentry *dentry, char *buf, char **name)
{
	struct path path = { .dentry = dentry };
	u32 i, id;

	for (i = 0; i < ctx->nmounts; i++) {
		const struct path *root = &ctx->mounts[i].root;

		if (root->mnt->mnt_sb != dentry->d_sb || __mnt_is_readonly(root->mnt) || !d_is_dir(root->dentry) ||
		    d_unlinked(root->dentry))
			continue;
		path.mnt = root->mnt;
		*name = cpt_path_in(ctx, &path, &id, buf);
		if (*name)
			return &ctx->mounts[i];
	}
	return NULL;
}

static bool has_aliases(struct inode *inode)
{
	bool several;

	spin_lock(&inode->i_lock);
	several = inode->i_dentry.first && inode->i_dentry.first->next;
	spin_unlock(&inode->i_lock);
	return several;
}

static const char *one_obstacle(struct cpt_ctx *ctx, struct dentry *dentry, char *buf)
{
	struct inode *inode = d_inode(dentry);
	unsigned long magic = inode->i_sb->s_magic;
	char *name;

	if (magic != EXT4_SUPER_MAGIC && magic != TMPFS_MAGIC)
		return "something deleted of a file system where such cannot be preserved yet";
	if (S_ISFIFO(inode->i_mode) && (inode->i_nlink || has_aliases(inode)))
		return "a deleted fifo that has, or had, another name, which cannot be preserved yet";
	if (vfs_listxattr(dentry, NULL, 0) > 0)
		return "something deleted with extended attributes, which cannot be preserved yet";
	if (!mount_of(ctx, dentry, buf, &name))
		return "something deleted of a read-only mount, which cannot be preserved yet";
	return NULL;
}

/*
 * cpt_gone_obstacle - what stands against preserving a deleted directory or fifo; NULL: nothing
 * @buf: PATH_MAX bytes
 */
const char *cpt_gone_obstacle(struct cpt_ctx *ctx, struct dentry *dentry, char *buf)
{
	const char *why = NULL;
	u32 depth = 0;

	for (; !why && d_unlinked(dentry); dentry = dentry->d_parent)
		why = ++depth > CPT_GONE_NESTS ? "too many deleted directories in one another" :
						 one_obstacle(ctx, dentry, buf);
	return why;
}

/*
 * cpt_gone_collect - enter a deleted directory or fifo, and the deleted directories above it
 */
int cpt_gone_collect(struct cpt_ctx *ctx, struct dentry *dentry, const struct cpt_holder *who)
{
	struct dentry *top;
	int err;

	do {
		top = dentry;
		while (d_unlinked(top->d_parent) && !cpt_obj_find(ctx, top->d_parent))
			top = top->d_parent;
		err = cpt_collect(ctx, CPT_K_GONE, top, who);
	} while (!err && top != dentry);
	return err;
}

static int gone_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	dget(obj->ptr);
	return 0;
}

static void gone_release(struct cpt_obj *obj)
{
	dput(obj->ptr);
}

static int gone_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *name;
	struct dentry *dentry = obj->ptr;
	struct inode *inode = d_inode(dentry);
	const struct cpt_mount *m;
	struct cpt_gone_rec *r;

	if (!buf)
		return -ENOMEM;
	m = mount_of(ctx, dentry, buf, &name);
	r = m ? cpt_out_rec(ctx, CPT_K_GONE, obj->id, sizeof(*r), strlen(name)) : NULL;
	if (r) {
		r->parent = cpt_obj_id(ctx, dentry->d_parent);
		r->atime = compat_atime(inode);
		r->mtime = compat_mtime(inode);
		r->mount = m->id;
		r->mode = inode->i_mode;
		r->uid = from_kuid(&init_user_ns, inode->i_uid);
		r->gid = from_kgid(&init_user_ns, inode->i_gid);
		r->path_len = strlen(name);
		memcpy(r + 1, name, r->path_len);
	}
	kfree(buf);
	return r ? 0 : -EIO;
}

/* --- restore ------------------------------------------------------------------------------------ */

/* A name that nothing in @dir has; with it locked. */
static struct dentry *free_name(struct dentry *dir)
{
	struct dentry *dentry;
	char name[32];
	int i, len;

	for (i = 0; i < 1000; i++) {
		len = scnprintf(name, sizeof(name), ".cpt-%d", i);
		dentry = lookup_one_len(name, dir, len);
		if (IS_ERR(dentry) || d_is_negative(dentry))
			return dentry;
		dput(dentry);
	}
	return ERR_PTR(-EEXIST);
}

static int take_name(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	int err;

	inode_lock(inode);
	if (S_ISDIR(inode->i_mode)) {
		err = dir->i_op->rmdir(dir, dentry);
		if (!err)
			inode->i_flags |= S_DEAD;
	} else {
		err = dir->i_op->unlink(dir, dentry);
	}
	inode_unlock(inode);
	if (!err)
		d_drop(dentry);
	return err;
}

/* Something without a name, but a dentry with a reference. */
static struct dentry *make_nameless(const struct path *where, const struct cpt_gone_rec *r)
{
	struct inode *dir = d_inode(where->dentry);
	struct iattr attr = { .ia_mode = r->mode };
	struct path path = { .mnt = where->mnt };
	struct compat_times times;
	int err;

	inode_lock_nested(dir, I_MUTEX_PARENT);
	times = compat_times(dir);
	path.dentry = free_name(where->dentry);
	if (IS_ERR(path.dentry)) {
		inode_unlock(dir);
		return path.dentry;
	}
	err = S_ISDIR(r->mode) ? compat_dir_mkdir(dir, path.dentry, 0700) :
				 compat_dir_mknod(dir, path.dentry, S_IFIFO | 0600);
	if (!err) {
		err = take_name(dir, path.dentry);
		compat_set_times(dir, &times);
	}
	inode_unlock(dir);
	if (!err)
		err = cpt_deleted_attributes(&path, &attr, r->uid, r->gid, r->atime, r->mtime);
	if (!err)
		return path.dentry;
	dput(path.dentry);
	return ERR_PTR(err);
}

/* Where it was: a directory, deleted or not. */
static int parent_of(struct cpt_ctx *ctx, const struct cpt_gone_rec *r, u32 len, struct path *path)
{
	return r->parent ? cpt_gone_path(ctx, r->parent, r->mount, path) :
			   cpt_path_open(ctx, r->mount, (const char *)(r + 1), len > 1 ? len - 1 : 1, path);
}

/* A dentry with the old name for what @nameless is. */
static struct file *make_named(struct dentry *nameless, const struct path *parent, const char *name, u32 len)
{
	struct qstr qstr = QSTR_INIT(name, len);
	struct path path = { .mnt = parent->mnt };
	struct file *f;

	if (nameless->d_sb != parent->dentry->d_sb || !d_is_dir(parent->dentry) || len > NAME_MAX)
		return ERR_PTR(-EINVAL);
	path.dentry = d_alloc(parent->dentry, &qstr);
	if (!path.dentry)
		return ERR_PTR(-ENOMEM);
	ihold(d_inode(nameless));
	d_instantiate(path.dentry, d_inode(nameless));
	if (d_is_dir(path.dentry))
		dont_mount(path.dentry);
	f = dentry_open(&path, O_PATH, current_cred());
	dput(path.dentry);
	return f;
}

/* The deleted directories above it first, from the highest on: without recursion. */
static int make_parents(struct cpt_ctx *ctx, const struct cpt_gone_rec *r)
{
	const struct cpt_gone_rec *top, *up;
	int err = 0;

	while (!err && r->parent && !cpt_made_already(ctx, r->parent)) {
		top = r;
		while (top->parent && !cpt_made_already(ctx, top->parent)) {
			up = (const void *)cpt_rec_of(ctx, top->parent);
			top = up;
		}
		err = PTR_ERR_OR_ZERO(cpt_made(ctx, top->rec.id));
	}
	return err;
}

static void *gone_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_gone_rec *r = (const void *)rec;
	const struct cpt_mount *m = cpt_mount_by_id(ctx, r->mount);
	const char *name = (const char *)(r + 1);
	struct dentry *nameless;
	u32 dir = r->path_len;
	struct path parent;
	struct file *f;
	int err;

	if (!m || !d_is_dir(m->root.dentry) || (m->root.mnt->mnt_sb->s_magic != EXT4_SUPER_MAGIC &&
						m->root.mnt->mnt_sb->s_magic != TMPFS_MAGIC))
		return ERR_PTR(cpt_fail(ctx, -EINVAL, "in mount %u nothing deleted can be made", r->mount));
	while (name[dir - 1] != '/')
		dir--;
	err = make_parents(ctx, r);
	if (!err)
		err = parent_of(ctx, r, dir, &parent);
	if (err)
		return ERR_PTR(err);
	err = mnt_want_write(m->root.mnt);
	nameless = err ? ERR_PTR(err) : make_nameless(&m->root, r);
	if (!err)
		mnt_drop_write(m->root.mnt);
	f = (void *)nameless;
	if (!IS_ERR(nameless)) {
		f = make_named(nameless, &parent, name + dir, r->path_len - dir);
		dput(nameless);
	}
	path_put(&parent);
	if (IS_ERR(f))
		cpt_say(ctx, "%.*s (mount %u), which was deleted, cannot be made again: error %ld", (int)r->path_len,
			name, r->mount, -PTR_ERR(f));
	return f;
}

/*
 * cpt_gone_path - the path of the GONE object @id in a mount, with references
 *
 * Returns 0 or -errno.
 */
int cpt_gone_path(struct cpt_ctx *ctx, u64 id, u32 mount, struct path *path)
{
	const struct cpt_mount *m = cpt_mount_by_id(ctx, mount);
	struct file *made = cpt_made(ctx, id);

	if (IS_ERR(made))
		return PTR_ERR(made);
	if (!m || m->root.mnt->mnt_sb != file_inode(made)->i_sb)
		return cpt_fail(ctx, -EINVAL, "something deleted is not in mount %u", mount);
	path->mnt = mntget(m->root.mnt);
	path->dentry = dget(made->f_path.dentry);
	return 0;
}

const struct cpt_kind_ops cpt_gone_ops = {
	.kind		= CPT_K_GONE,
	.name		= "deleted directory",
	.collect	= gone_collect,
	.dump		= gone_dump,
	.release	= gone_release,
	.make		= gone_make,
	.unmake		= cpt_file_unmake,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Open files that have a path in one of the VE's mounts: regular files,
 * directories, fifos, and the character devices every container has.
 *
 * Preserved: path (of anything, if it is open with O_PATH only), flags, position, the credentials that opened it; what is in a
 * fifo; who shares the description.
 * Not preserved: contents of regular files (the file system keeps them).
 * Deleted files: deleted.c has their contents; directories and fifos: gone.c.
 * Files of /proc, /sys and the cgroups: view.c.
 * Refused: files outside the VE's mounts, files of other kernel file systems, other devices.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>

#include "compat/ipc.h"
#include "compat/compat.h"
#include "kind.h"
#include "out.h"

static bool reg_owns(struct file *f)
{
	const struct super_block *sb = compat_user_path(f)->mnt->mnt_sb;
	umode_t mode = file_inode(f)->i_mode;

	/* nothing that lies in no tree: anonymous inodes, and namespaces by their own file system; no queues */
	return !(sb->s_flags & SB_NOUSER) && !cpt_huge_nameless(sb) && sb->s_magic != NSFS_MAGIC && !cpt_is_view(sb) && !compat_is_mqueue(f) &&
	       !cpt_pty_file(f) &&
	       (S_ISREG(mode) || S_ISDIR(mode) || S_ISFIFO(mode) || S_ISCHR(mode) ||
		(f->f_mode & FMODE_PATH));
}

/* null, zero, full, random, urandom: no state but what the path says. */
static bool device_known(dev_t dev)
{
	if (MAJOR(dev) != 1)
		return false;
	return MINOR(dev) == 3 || MINOR(dev) == 5 || (MINOR(dev) >= 7 && MINOR(dev) <= 9);
}

/* File systems whose files are a view of the kernel's state, besides those of view.c. */
static bool is_other_view(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case DEVPTS_SUPER_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case BPF_FS_MAGIC:
		return true;
	}
	return false;
}

/* What stands against preserving @f; NULL: nothing. */
static const char *obstacle(struct cpt_ctx *ctx, struct file *f, char *buf)
{
	struct inode *inode = file_inode(f);

	if (!cpt_mount_by_vfs(ctx, compat_user_path(f)->mnt))
		return "a file outside the VE";
	if (S_ISCHR(inode->i_mode) && !device_known(inode->i_rdev) && !(f->f_mode & FMODE_PATH))
		return cpt_device_words(inode);
	if (is_other_view(inode->i_sb) && !S_ISDIR(inode->i_mode))
		return "a file of a kernel file system, which cannot be preserved yet";
	return cpt_deleted(f) ? cpt_deleted_obstacle(ctx, f, buf) : NULL;
}

/* The contents of a fifo that is really open. */
static struct pipe_inode_info *fifo_of(struct file *f)
{
	return S_ISFIFO(file_inode(f)->i_mode) && !(f->f_mode & FMODE_PATH) ? f->private_data : NULL;
}

/* A reader of a fifo that nobody has opened for writing since: poll(2) does not tell it of an end. */
static bool alone(struct file *f)
{
	const struct pipe_inode_info *pipe = fifo_of(f);

	return pipe && !(f->f_mode & FMODE_WRITE) && !pipe->writers && *compat_fifo_writers(f) == pipe->w_counter;
}

static int reg_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct file *f = obj->ptr;
	const char *why;
	u32 mount;
	char *buf;
	int err;

	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	why = obstacle(ctx, f, buf);
	if (!why && !cpt_path_in(ctx, compat_user_path(f), &mount, buf))
		why = "a file that no path of the VE leads to";
	kfree(buf);
	err = why ? cpt_file_refuse(ctx, f, who, why) : 0;
	if (!err)
		err = cpt_file_collect(ctx, f, who);
	if (!err && !why && fifo_of(f))
		err = cpt_collect(ctx, CPT_K_PIPE, fifo_of(f), who);
	if (!err && !why && cpt_deleted(f))
		err = cpt_deleted_collect(ctx, f, who);
	if (!err)
		get_file(f);
	return err;
}

static void reg_release(struct cpt_obj *obj)
{
	fput(obj->ptr);
}

/* --- a directory read half ---------------------------------------------------------------------- */

/*
 * In a tmpfs the number of a place means nothing after the restore: it is how many
 * entries were read (dcache_readdir()), some of which may be deleted since, or when
 * the entry was made (offset_readdir(), fs/libfs.c). So the name of the next entry
 * says where it is; the archive of the tmpfs keeps the order.
 */
struct look {
	struct dir_context dir;
	const char *name;
	u32 len;
	bool found;
	char buf[NAME_MAX];
};

/* Walk from look->dir.pos until the actor has enough. Not iterate_dir(): nobody is to notice. */
static int look(struct file *f, struct look *look)
{
	struct inode *inode = file_inode(f);
	int err;

	inode_lock_shared(inode);
	err = IS_DEADDIR(inode) ? -ENOENT : f->f_op->iterate_shared(f, &look->dir);
	inode_unlock_shared(inode);
	return err;
}

static bool take_first(struct dir_context *dir, const char *name, int len, loff_t pos, u64 ino, unsigned int type)
{
	struct look *look = container_of(dir, struct look, dir);

	if (len <= NAME_MAX) {
		memcpy(look->buf, name, len);
		look->len = len;
		look->found = true;
	}
	return false;
}

static bool pass_others(struct dir_context *dir, const char *name, int len, loff_t pos, u64 ino, unsigned int type)
{
	struct look *look = container_of(dir, struct look, dir);

	look->found = look->name && len == look->len && !memcmp(name, look->name, len);
	return !look->found;
}

static bool placed_by_name(const struct file *f)
{
	return file_inode(f)->i_sb->s_magic == TMPFS_MAGIC && f->f_op->iterate_shared && f->f_pos > 0 &&
	       !IS_DEADDIR(file_inode(f));
}

/* Which entry comes next? NULL: not enough memory. */
static struct look *next_entry(struct file *f)
{
	struct look *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (l) {
		l->dir.actor = take_first;
		l->dir.pos = f->f_pos;
		look(f, l);
	}
	return l;
}

/* Go to the place that the image names. */
static int find_place(struct cpt_ctx *ctx, const struct cpt_reg_rec *r, struct file *f)
{
	const char *path = (const char *)(r + 1);
	struct look *l;
	int err = 0;

	if (r->place == CPT_DIR_POS || !f->f_op->iterate_shared)
		return 0;
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return -ENOMEM;
	l->dir.actor = pass_others;
	if (r->place == CPT_DIR_NEXT) {
		l->name = path + r->path_len;
		l->len = r->next_len;
	}
	look(f, l);
	if (r->place == CPT_DIR_NEXT && !l->found)
		err = cpt_fail(ctx, -ESTALE, "%.*s (mount %u) is being read, and the next entry, %.*s, is no longer there",
			       (int)r->path_len, path, r->mount, (int)l->len, l->name);
	else if (f->f_op != &simple_dir_operations)	/* there a cursor has the place, the number only counts */
		f->f_pos = l->dir.pos;
	kfree(l);
	return err;
}

static void fill_deleted(struct cpt_ctx *ctx, struct cpt_reg_rec *r, const struct file *f)
{
	const struct dentry *dentry = f->f_path.dentry;

	if (S_ISREG(file_inode(f)->i_mode)) {
		r->deleted = cpt_obj_id(ctx, file_inode(f));
		dentry = d_unlinked(dentry->d_parent) ? dentry->d_parent : NULL;
	}
	r->gone = cpt_obj_id(ctx, dentry);
}

static int reg_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct file *f = obj->ptr;
	struct inode *inode = file_inode(f);
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path;
	struct look *next = placed_by_name(f) ? next_entry(f) : NULL;
	struct cpt_reg_rec *r;
	u32 mount = 0;
	int err = -ENOMEM;

	if (!buf || (placed_by_name(f) && !next))
		goto out;
	path = cpt_path_in(ctx, compat_user_path(f), &mount, buf);
	if (!path) {
		err = -EIO;
		goto out;
	}
	r = cpt_out_rec(ctx, CPT_K_REG, obj->id, sizeof(*r), strlen(path) + (next ? next->len : 0));
	if (!r)
		goto out;
	cpt_file_fill(ctx, &r->file, f);
	if (cpt_deleted(f))
		fill_deleted(ctx, r, f);
	r->ino = cpt_deleted(f) || !cpt_keeps_ino(compat_user_path(f)->dentry->d_sb) ? 0 : inode->i_ino;
	r->size = S_ISREG(inode->i_mode) ? i_size_read(inode) : 0;
	r->mode = inode->i_mode;
	if (S_ISCHR(inode->i_mode))
		r->rdev = MAJOR(inode->i_rdev) << 20 | MINOR(inode->i_rdev);
	r->pipe = cpt_obj_id(ctx, fifo_of(f));
	r->alone = alone(f);
	r->mount = mount;
	r->path_len = strlen(path);
	memcpy(r + 1, path, r->path_len);
	if (next) {
		r->place = next->found ? CPT_DIR_NEXT : CPT_DIR_END;
		r->next_len = next->len;
		memcpy((char *)(r + 1) + r->path_len, next->buf, next->len);
	}
	err = cpt_locks_dump(ctx, f, f, 0);
out:
	kfree(next);
	kfree(buf);
	return err;
}

/* Is what stands at the path now what the image means? */
static int same_inode(struct cpt_ctx *ctx, const struct cpt_reg_rec *r, struct inode *inode)
{
	const char *why = NULL;

	if (cpt_is_view(inode->i_sb))	/* those are opened with more care */
		why = "is more of a file of the kernel";
	else if ((inode->i_mode ^ r->mode) & S_IFMT)
		why = "is of another type";
	else if (S_ISCHR(inode->i_mode) &&
		 ((!device_known(inode->i_rdev) && !(r->file.flags & O_PATH)) ||
		  r->rdev != (MAJOR(inode->i_rdev) << 20 | MINOR(inode->i_rdev))))
		why = "is another device";
	else if (r->ino && r->ino != inode->i_ino)
		why = "is another file";
	else if (S_ISREG(inode->i_mode) && i_size_read(inode) != r->size)
		why = "has another size";
	if (!why)
		return 0;
	return cpt_fail(ctx, -ESTALE, "%.*s (mount %u) %s than when the VE was dumped",
			(int)r->path_len, (const char *)(r + 1), r->mount, why);
}

/* Flags of open(2) that meant something then. */
#define NOT_AGAIN	(O_CREAT | O_TRUNC | O_EXCL | __O_TMPFILE | CPT_O_NONOTIFY)

/* What is left to do when it is open, or failed to be. */
static struct file *finish(struct cpt_ctx *ctx, const struct cpt_reg_rec *r, struct file *f)
{
	int err;

	if (IS_ERR(f))
		return f;
	cpt_file_finish(f, &r->file);
	err = find_place(ctx, r, f);
	if (!err)
		err = cpt_locks_restore(ctx, &r->rec, f);
	if (!err)
		return f;
	fput(f);
	return ERR_PTR(err);
}

static void *make_deleted(struct cpt_ctx *ctx, const struct cpt_reg_rec *r, const struct cred *cred)
{
	const char *name = (const char *)(r + 1);
	u32 dir = r->path_len;
	struct path path;
	struct file *f;
	int err;

	while (name[dir - 1] != '/')
		dir--;
	if (r->gone)
		err = cpt_gone_path(ctx, r->gone, r->mount, &path);
	else
		err = cpt_path_open(ctx, r->mount, name, dir > 1 ? dir - 1 : 1, &path);
	if (err)
		return ERR_PTR(err);
	f = cpt_deleted_open(ctx, r->deleted, &path, name + dir, r->path_len - dir,
			     r->file.flags & ~NOT_AGAIN, cred);
	path_put(&path);
	return finish(ctx, r, f);
}

static void *reg_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_reg_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred);
	struct path path;
	struct file *f;
	int err;

	if (IS_ERR(cred))
		return (void *)cred;
	if (r->deleted)
		return make_deleted(ctx, r, cred);
	if (r->gone)
		err = cpt_gone_path(ctx, r->gone, r->mount, &path);
	else
		err = cpt_path_open(ctx, r->mount, (const char *)(r + 1), r->path_len, &path);
	if (err)
		return ERR_PTR(err);
	err = same_inode(ctx, r, d_inode(path.dentry));
	if (!err && r->pipe)	/* a fifo is open both ways, and full, before its ends */
		err = cpt_pipe_make_fifo(ctx, r->pipe, &path);
	if (err) {
		f = ERR_PTR(err);
		goto out;
	}
	/* a fifo takes O_DIRECT only by fcntl; cpt_file_finish() sets it */
	f = dentry_open(&path, (r->file.flags & ~(NOT_AGAIN | (r->pipe ? O_DIRECT : 0))) | O_NONBLOCK, cred);
	if (IS_ERR(f))
		cpt_say(ctx, "%.*s (mount %u) cannot be opened again: error %ld", (int)r->path_len,
			(const char *)(r + 1), r->mount, -PTR_ERR(f));
	else
		f = finish(ctx, r, f);
out:
	path_put(&path);
	return f;
}

/* When all ends are open, ours too, that the contents were written through. */
static int reg_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_reg_rec *r = (const void *)rec;

	if (r->alone && fifo_of(made))
		*compat_fifo_writers(made) = fifo_of(made)->w_counter;
	return 0;
}

const struct cpt_kind_ops cpt_reg_ops = {
	.kind		= CPT_K_REG,
	.name		= "file",
	.owns		= reg_owns,
	.async		= cpt_pipe_async,
	.collect	= reg_collect,
	.dump		= reg_dump,
	.release	= reg_release,
	.make		= reg_make,
	.link		= reg_link,
	.unmake		= cpt_file_unmake,
};

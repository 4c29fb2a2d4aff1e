// SPDX-License-Identifier: GPL-2.0
/*
 * Regular files that have lost the name by which they were opened: unlinked, or made with
 * O_TMPFILE, and still open, mapped or run. The object is the inode, whose contents are in the image; whoever has it
 * open is a REG (reg.c).
 *
 * Preserved: size and contents, holes stay holes; owner, mode, times but for ctime;
 * whether it may be given a name (linkat(2)). One that has another name is found by that,
 * if the kernel has it in memory, as it has for any that was linked or looked up not long ago.
 * Not preserved: the inode's number, of one without any name.
 * Directories and fifos, and directories it lay in: gone.c.
 * Refused: one whose other names nobody knows, that has extended attributes; other file systems than ext2-4, tmpfs and hugetlbfs; read-only mounts.
 *
 * It is made again with O_TMPFILE in the root of its mount. cpt_deleted_open() gives
 * it a dentry with the old name, not hashed, as unlink(2) leaves one.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/xattr.h>

#include "compat/compat.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

/*
 * cpt_deleted - has this file lost its name?
 */
bool cpt_deleted(const struct file *f)
{
	return d_unlinked(compat_user_path(f)->dentry) || !file_inode(f)->i_nlink;
}

/*
 * cpt_deleted_obstacle - what stands against preserving a file that has lost its name; NULL: nothing
 * @buf: PATH_MAX bytes
 */
const char *cpt_deleted_obstacle(struct cpt_ctx *ctx, const struct file *f, char *buf)
{
	struct dentry *dentry = compat_user_path(f)->dentry;
	struct inode *inode = file_inode(f);	/* of an overlayfs it may be the layer's */
	unsigned long magic = inode->i_sb->s_magic;
	const char *why;
	u32 mount;

	if (IS_ROOT(dentry))
		return "a deleted root of a mount, which cannot be preserved";
	if (S_ISDIR(inode->i_mode) || S_ISFIFO(inode->i_mode))
		return cpt_gone_obstacle(ctx, dentry, buf);
	if (!S_ISREG(inode->i_mode))
		return "something deleted that is no regular file, directory or fifo, which cannot be preserved yet";
	why = d_unlinked(dentry->d_parent) ? cpt_gone_obstacle(ctx, dentry->d_parent, buf) : NULL;
	if (why)
		return why;
	if (compat_inode_leased(inode))		/* we would break it */
		return "a deleted file that somebody holds a lease on, which cannot be preserved";
	if (dentry->d_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		return "a deleted file of a file system where such cannot be preserved yet";
	if (inode->i_nlink)
		return cpt_path_of_inode(ctx, inode, &mount, buf) ? NULL :
		       "a deleted file that has another name, which no path of the VE leads to";
	if (magic != EXT4_SUPER_MAGIC && magic != TMPFS_MAGIC && magic != HUGETLBFS_MAGIC)
		return "a deleted file of a file system where such cannot be preserved yet";
	if (__mnt_is_readonly(f->f_path.mnt))
		return "a deleted file of a read-only mount, which cannot be preserved yet";
	if (vfs_listxattr(dentry, NULL, 0) > 0)
		return "a deleted file with extended attributes, which cannot be preserved yet";
	return NULL;
}

/* obj->priv: the inode, open for ourselves; see cpt_deleted_collect() */
static int deleted_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	ihold(obj->ptr);
	return 0;
}

static void deleted_release(struct cpt_obj *obj)
{
	if (obj->priv)
		fput(obj->priv);
	iput(obj->ptr);
}

/*
 * cpt_deleted_collect - enter the inode of @f, which has no obstacle, and deleted directories it was in
 */
int cpt_deleted_collect(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who)
{
	struct dentry *dentry = f->f_path.dentry;
	struct cpt_obj *obj;
	struct file *own;
	int err = 0;

	if (!S_ISREG(file_inode(f)->i_mode))
		return cpt_gone_collect(ctx, dentry, who);
	if (d_unlinked(dentry->d_parent))
		err = cpt_gone_collect(ctx, dentry->d_parent, who);
	if (!err)
		err = cpt_collect(ctx, CPT_K_DELETED, file_inode(f), who);
	if (err)
		return err;
	obj = cpt_obj_find(ctx, file_inode(f));
	if (obj->priv)
		return 0;
	own = dentry_open(&f->f_path, O_RDONLY | O_LARGEFILE | __FMODE_NONOTIFY, current_cred());
	if (IS_ERR(own))
		return PTR_ERR(own);
	obj->priv = own;
	return 0;
}

/* One that has another name. */
static int linked_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path;
	struct inode *inode = obj->ptr;
	struct cpt_deleted_rec *r;
	u32 mount = 0;
	int err = -ENOMEM;

	if (!buf)
		return -ENOMEM;
	path = cpt_path_of_inode(ctx, inode, &mount, buf);
	r = path ? cpt_out_rec(ctx, CPT_K_DELETED, obj->id, sizeof(*r), strlen(path)) : NULL;
	if (r) {
		r->size = i_size_read(inode);
		r->mount = mount;
		r->path_len = strlen(path);
		if (inode->i_sb->s_magic != TMPFS_MAGIC)
			r->ino = inode->i_ino;
		memcpy(r + 1, path, r->path_len);
		err = 0;
	} else if (!path) {
		err = -EIO;
	}
	kfree(buf);
	return err;
}

static int deleted_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct file *own = obj->priv;
	struct inode *inode = obj->ptr;
	struct cpt_deleted_rec *r;

	if (inode->i_nlink)
		return linked_dump(ctx, obj);
	r = cpt_out_rec(ctx, CPT_K_DELETED, obj->id, sizeof(*r), 0);
	if (!r)
		return -ENOMEM;
	r->size = i_size_read(inode);
	r->atime = compat_atime(inode);
	r->mtime = compat_mtime(inode);
	r->mount = cpt_mount_by_vfs(ctx, own->f_path.mnt)->id;
	r->mode = inode->i_mode & S_IALLUGO;
	r->uid = from_kuid(&init_user_ns, inode->i_uid);
	r->gid = from_kgid(&init_user_ns, inode->i_gid);
	r->linkable = !!(inode->i_state & I_LINKABLE);
	return cpt_is_huge(inode) ? cpt_huge_dump_shared(ctx, inode) : 0;
}

#define BATCH 512

struct batch {
	struct page *pages[BATCH];
	struct cpt_run run;
	u32 n;
};

static struct page *page_at(struct file *f, pgoff_t index)
{
	if (file_inode(f)->i_sb->s_magic == TMPFS_MAGIC)
		return shmem_read_mapping_page(f->f_mapping, index);
	return read_mapping_page(f->f_mapping, index, f);
}

/* Write the pages of one run without a hole, @from to @to, page aligned. */
static int dump_run(struct cpt_ctx *ctx, struct cpt_obj *obj, struct batch *b, loff_t from, loff_t to)
{
	int err = 0;

	while (!err && from < to) {
		b->run = (struct cpt_run){ .off = from };
		for (b->n = 0; b->n < BATCH && from < to; from += PAGE_SIZE) {
			struct page *page = page_at(obj->priv, from >> PAGE_SHIFT);

			if (IS_ERR(page)) {
				err = PTR_ERR(page);
				break;
			}
			b->pages[b->n++] = page;
		}
		b->run.len = b->n * PAGE_SIZE;
		if (!err)
			err = cpt_out_data(ctx, obj->id, &b->run, 1, b->pages, b->n, b->run.len);
		while (b->n)
			put_page(b->pages[--b->n]);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
	}
	return err;
}

static int dump_runs(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct batch *b = kmalloc(sizeof(*b), GFP_KERNEL);
	loff_t size = i_size_read(obj->ptr), from = 0, to = 0;
	struct file *f = obj->priv;
	int err = 0;

	if (!b)
		return -ENOMEM;
	while (!err && to < size) {
		from = vfs_llseek(f, to, SEEK_DATA);
		if (from == -ENXIO)
			break;
		if (from < 0)
			err = from;
		from = max_t(loff_t, round_down(from, PAGE_SIZE), to);
		to = vfs_llseek(f, from, SEEK_HOLE);
		if (to < 0)
			err = to;
		to = round_up(to, PAGE_SIZE);
		if (!err)
			err = dump_run(ctx, obj, b, from, to);
	}
	kfree(b);
	return err;
}

static int deleted_data(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct inode *inode = obj->ptr;

	if (inode->i_nlink)
		return 0;
	return cpt_is_huge(inode) ? cpt_huge_data(ctx, obj->id, inode) : dump_runs(ctx, obj);
}

/* --- restore ------------------------------------------------------------------------------------ */

/*
 * cpt_deleted_attributes - give something without a name its owner, mode and times
 * @attr: ia_mode is set
 *
 * Returns 0 or -errno.
 */
int cpt_deleted_attributes(const struct path *path, struct iattr *attr, u32 uid, u32 gid, s64 atime, s64 mtime)
{
	struct inode *inode = d_inode(path->dentry);
	int err;

	attr->ia_valid = ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_ATIME | ATTR_ATIME_SET | ATTR_MTIME |
			 ATTR_MTIME_SET | ATTR_FORCE;
	attr->ia_uid = make_kuid(&init_user_ns, uid);
	attr->ia_gid = make_kgid(&init_user_ns, gid);
	attr->ia_atime = ns_to_timespec64(atime);
	attr->ia_mtime = ns_to_timespec64(mtime);
	if (!uid_valid(attr->ia_uid) || !gid_valid(attr->ia_gid))
		return -EINVAL;
	err = mnt_want_write(path->mnt);
	if (err)
		return err;
	inode_lock(inode);
	err = compat_setattr(path->dentry, attr);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return err;
}

static int set_attributes(struct file *f, const struct cpt_deleted_rec *r)
{
	struct iattr attr = { .ia_mode = S_IFREG | r->mode };

	return cpt_deleted_attributes(&f->f_path, &attr, r->uid, r->gid, r->atime, r->mtime);
}

/* One of huge pages may have any size, although truncate(2) does not take it. Nobody else has the file. */
static int set_size(struct file *f, u64 size)
{
	if (!cpt_is_huge(file_inode(f)))
		return vfs_truncate(&f->f_path, size);
	i_size_write(file_inode(f), size);
	return 0;
}

/* By its other name. Only to hold it: nobody reads or writes here. */
static void *linked_make(struct cpt_ctx *ctx, const struct cpt_deleted_rec *r)
{
	const char *name = (const char *)(r + 1), *why = NULL;
	struct inode *inode;
	struct path path;
	struct file *f;
	int err;

	err = cpt_path_open(ctx, r->mount, name, r->path_len, &path);
	if (err)
		return ERR_PTR(err);
	inode = d_inode(path.dentry);
	if (!S_ISREG(inode->i_mode) || (r->ino && r->ino != inode->i_ino))
		why = "is another file";
	else if (i_size_read(inode) != r->size)
		why = "has another size";
	if (why)
		f = ERR_PTR(cpt_fail(ctx, -ESTALE, "%.*s (mount %u) %s than when the VE was dumped", (int)r->path_len,
				     name, r->mount, why));
	else
		f = dentry_open(&path, O_PATH, current_cred());
	path_put(&path);
	return f;
}

/*
 * What is being run has no writers (set_mm_exe_file()), but the file that we have filled is open
 * for writing until the end of the restore: it does not count.
 */
static void count_as_writer(struct file *f, bool yes)
{
	if (!(f->f_mode & FMODE_WRITE))
		return;
	if (yes)
		atomic_inc(&file_inode(f)->i_writecount);
	else
		atomic_dec(&file_inode(f)->i_writecount);
}

static void deleted_unmake(void *ptr)
{
	count_as_writer(ptr, true);
	fput(ptr);
}

static void *deleted_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_deleted_rec *r = (const void *)rec;
	const struct cpt_mount *m = cpt_mount_by_id(ctx, r->mount);
	struct file *f;
	int err;

	if (r->path_len)
		return linked_make(ctx, r);
	if (!m)
		return ERR_PTR(cpt_fail(ctx, -ENOENT, "the VE has no mount %u", r->mount));
	err = cpt_data_make_before(ctx, rec->id);
	if (err)
		return ERR_PTR(err);
	err = mnt_want_write(m->root.mnt);
	if (err)
		return ERR_PTR(err);
	f = compat_tmpfile(&m->root, S_IFREG | 0600,
			   O_RDWR | O_LARGEFILE | __FMODE_NONOTIFY | (r->linkable ? 0 : O_EXCL));
	mnt_drop_write(m->root.mnt);
	if (IS_ERR(f))
		return f;
	err = set_size(f, r->size);
	if (!err)
		err = cpt_huge_reserve(ctx, rec, f);
	if (!err)
		err = cpt_file_contents(ctx, rec->id, f, r->size);
	if (!err)
		err = set_attributes(f, r);
	if (err) {
		cpt_say(ctx, "a deleted file of %llu bytes cannot be made again in mount %u: error %d", r->size,
			r->mount, -err);
		fput(f);
		return ERR_PTR(err);
	}
	count_as_writer(f, false);
	return f;
}

/*
 * cpt_deleted_open - open what has no name any more
 * @dir: where it was
 * @name: what it was called there
 * @flags: of open(2)
 */
struct file *cpt_deleted_open(struct cpt_ctx *ctx, u64 id, const struct path *dir, const char *name, u32 len,
			      int flags, const struct cred *cred)
{
	struct file *made = cpt_made(ctx, id), *f;
	struct path path = { .mnt = dir->mnt };
	struct qstr qstr = QSTR_INIT(name, len);

	if (IS_ERR(made))
		return made;
	if (file_inode(made)->i_sb != dir->dentry->d_sb || cpt_is_view(dir->dentry->d_sb) || !d_is_dir(dir->dentry) || len > NAME_MAX)
		return ERR_PTR(cpt_fail(ctx, -EINVAL, "a deleted file is not where it was"));
	path.dentry = d_alloc(dir->dentry, &qstr);
	if (!path.dentry)
		return ERR_PTR(-ENOMEM);
	ihold(file_inode(made));
	d_instantiate(path.dentry, file_inode(made));
	f = dentry_open(&path, flags, cred);
	dput(path.dentry);
	return f;
}

const struct cpt_kind_ops cpt_deleted_ops = {
	.kind		= CPT_K_DELETED,
	.name		= "deleted file",
	.collect	= deleted_collect,
	.dump		= deleted_dump,
	.data		= deleted_data,
	.release	= deleted_release,
	.make		= deleted_make,
	.unmake		= deleted_unmake,
};

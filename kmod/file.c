// SPDX-License-Identifier: GPL-2.0
/*
 * What all open files share: where they are (mount and path inside it), who
 * opened them, flags and position, and how one is found again.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "in.h"
#include "kind.h"

/* Flags of open(2) that stay with an open file and that we set again. */
#define FLAGS_KEPT	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | __O_SYNC | O_DIRECT | \
			 O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_PATH | __O_TMPFILE)

/*
 * cpt_collect_file - enter an open file, whatever its kind, or refuse by name
 */
int cpt_collect_file(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who)
{
	const struct cpt_kind_ops *ops = cpt_file_ops(f);

	return ops ? cpt_collect(ctx, ops->kind, f, who) : cpt_file_refuse(ctx, f, who, cpt_file_words(f));
}

/*
 * cpt_file_refuse - name what stands against preserving an open file
 * @why: "a device that…"
 */
int cpt_file_refuse(struct cpt_ctx *ctx, const struct file *f, const struct cpt_holder *who, const char *why)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path;

	if (!buf)
		return -ENOMEM;
	path = d_path(compat_user_path(f), buf, PATH_MAX);
	if (IS_ERR(path))
		path = "?";
	if (who->what)
		cpt_obstacle(ctx, "process %d (%s) has as its %s %s: %s", who->pid, who->comm, who->what, why, path);
	else if (who->fd >= 0)
		cpt_obstacle(ctx, "process %d (%s) holds %s: %s (fd %d)", who->pid, who->comm, why, path, who->fd);
	else
		cpt_obstacle(ctx, "process %d (%s) maps %s: %s", who->pid, who->comm, why, path);
	kfree(buf);
	return 0;
}

/*
 * cpt_file_collect - what the collect of every kind of file does
 *
 * Enters the credentials that opened it; refuses what would be lost.
 */
int cpt_file_collect(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who)
{
	cpt_fown_collect(ctx, f, who);
	cpt_lease_collect(ctx, f, who);
	cpt_locks_collect(ctx, f, f, who);
	return cpt_collect(ctx, CPT_K_CRED, f->f_cred, who);
}

/*
 * cpt_anon_collect - collect of a file that has no name: eventfd and its like
 *
 * Its record has no reference but the credentials.
 */
int cpt_anon_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	int err = cpt_file_collect(ctx, obj->ptr, who);

	if (err)
		return err;
	obj->priv = kmemdup(who, sizeof(*who), GFP_KERNEL);
	if (!obj->priv)
		return -ENOMEM;
	get_file(obj->ptr);
	return 0;
}

/* Does anybody hold it but the VE, by descriptors and mappings, and its object? */
int cpt_anon_check(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	const struct cpt_holder *who = obj->priv;

	if (file_count((struct file *)obj->ptr) <= obj->refs + 1)
		return 0;
	return cpt_obstacle(ctx, "process %d (%s) shares fd %d (%s) with the outside of the VE", who->pid,
			    who->comm, who->fd, cpt_kind_ops(obj->kind)->name);
}

void cpt_anon_release(struct cpt_obj *obj)
{
	kfree(obj->priv);
	fput(obj->ptr);
}

/*
 * cpt_anon_made - take what a system call has just made out of the descriptor table
 * @fd: what it returned
 *
 * Returns the file with its own flags, or an error.
 */
struct file *cpt_anon_made(struct cpt_ctx *ctx, long fd, const struct cpt_file_body *body)
{
	struct file *f;

	if (fd < 0)
		return ERR_PTR(cpt_fail(ctx, fd, "a file without a name cannot be made: error %ld", -fd));
	f = fget(fd);
	ksys(close_range, fd, fd, 0);
	if (!f)
		return ERR_PTR(-EBADF);
	cpt_file_finish(f, body);
	return f;
}

/* The unmake of all kinds of open files. */
void cpt_file_unmake(void *ptr)
{
	fput(ptr);
}

void cpt_file_fill(struct cpt_ctx *ctx, struct cpt_file_body *body, const struct file *f)
{
	body->cred = cpt_obj_id(ctx, f->f_cred);
	body->pos = f->f_pos;
	body->flags = f->f_flags & FLAGS_KEPT;
	/* an overlayfs opens what lies in a layer so, too */
	if ((f->f_flags & __FMODE_NONOTIFY) && file_inode(f) == d_inode(f->f_path.dentry))
		body->flags |= CPT_O_NONOTIFY;
}

/* Give a reopened file its own flags and position. It is still private to us. */
void cpt_file_finish(struct file *f, const struct cpt_file_body *body)
{
	spin_lock(&f->f_lock);
	f->f_flags = (f->f_flags & ~FLAGS_KEPT) | (body->flags & FLAGS_KEPT);
	if (body->flags & CPT_O_NONOTIFY)
		compat_file_quiet(f);
	spin_unlock(&f->f_lock);
	if (S_ISDIR(file_inode(f)->i_mode) && !(f->f_mode & FMODE_PATH))
		vfs_llseek(f, body->pos, SEEK_SET);
	else
		f->f_pos = body->pos;
}

/*
 * cpt_file_link - what an open file has to do with others, when all of them and all tasks exist
 * @rec: its record, which those of a lease and of signals may follow
 *
 * Leases first: to take one makes its taker the owner of the file's signals, if it has none.
 */
int cpt_file_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, struct file *f)
{
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)) && !rec->id) {
		const struct cpt_lock_rec *lock = (const void *)rec;

		if (rec->kind == CPT_K_LOCK && lock->kind == CPT_LOCK_LEASE)
			err = cpt_lease_restore(ctx, lock, f);
		if (rec->kind == CPT_K_FOWN)
			err = cpt_fown_restore(ctx, (const void *)rec, f);
	}
	return err;
}

static ssize_t put(struct file *f, const void *buf, size_t len, loff_t *pos)
{
	return cpt_is_huge(file_inode(f)) ? cpt_huge_write(f, buf, len, pos) : kernel_write(f, buf, len, pos);
}

static int write_run(struct cpt_ctx *ctx, struct file *f, const struct cpt_run *run, u64 size)
{
	loff_t pos = run->off;
	u32 left = run->len;

	while (left) {
		u32 len, want;
		const void *buf = cpt_in_piece(ctx, left, &len);
		ssize_t n;

		if (IS_ERR(buf))
			return PTR_ERR(buf);
		left -= len;
		want = pos < size ? min_t(u64, len, size - pos) : 0;
		n = want ? put(f, buf, want, &pos) : 0;
		if (n != want)
			return n < 0 ? n : -ENOSPC;
		cond_resched();
	}
	return 0;
}

/*
 * cpt_file_contents - write the data of object @id, which are whole pages, into @f
 * @size: nothing is written behind that, but in files of huge pages, which may be behind the end
 */
int cpt_file_contents(struct cpt_ctx *ctx, u64 id, struct file *f, u64 size)
{
	struct cpt_section s;
	int err;
	u32 i;

	if (cpt_is_huge(file_inode(f)))		/* walk.h has looked where they are */
		size = MAX_LFS_FILESIZE - PAGE_SIZE;
	while ((err = cpt_in_section(ctx, id, &s)) > 0) {
		for (i = 0, err = 0; !err && i < s.nruns; i++)
			if (s.runs[i].off + s.runs[i].len > PAGE_ALIGN(size))
				err = cpt_fail(ctx, -EINVAL, "the image has data outside a file");
			else if (!(s.runs[i].flags & CPT_RUN_HOLE))
				err = write_run(ctx, f, &s.runs[i], size);
		if (!err)
			err = cpt_in_section_end(ctx, &s);
		if (err)
			break;
	}
	return err;
}

/*
 * cpt_keeps_ino - does a file of @sb have the same number after a restore?
 *
 * What ctl fills anew does not; an overlayfs takes the numbers of its layers, or its own.
 */
bool cpt_keeps_ino(const struct super_block *sb)
{
	return sb->s_magic != TMPFS_MAGIC && sb->s_magic != HUGETLBFS_MAGIC && sb->s_magic != OVERLAYFS_SUPER_MAGIC;
}

/*
 * cpt_path_in - name a path by mount and path inside it
 * @buf: PATH_MAX bytes
 *
 * Returns the path, "/a/b", somewhere in @buf; NULL: it is outside the VE's mounts.
 */
char *cpt_path_in(struct cpt_ctx *ctx, const struct path *path, u32 *mount, char *buf)
{
	const struct cpt_mount *m = cpt_mount_by_vfs(ctx, path->mnt);
	char *name;

	if (!m)
		return NULL;
	name = ksym(__d_path)(path, &m->root, buf, PATH_MAX);
	if (IS_ERR_OR_NULL(name))
		return NULL;
	*mount = m->id;
	return name;
}

/* Go down from @root by names alone, so that it does not matter what is mounted on the way now. */
static int walk_down(const struct path *root, const char *name, struct path *path)
{
	struct dentry *dentry = dget(root->dentry), *next;
	size_t n;

	for (; name[0] && name[1]; name += n) {
		n = strcspn(++name, "/");
		next = d_can_lookup(dentry) ? lookup_positive_unlocked(name, dentry, n) : ERR_PTR(-ENOTDIR);
		dput(dentry);
		if (IS_ERR(next))
			return PTR_ERR(next);
		dentry = next;
	}
	path->mnt = mntget(root->mnt);
	path->dentry = dentry;
	return 0;
}

/* A name of @inode in the tree below @root, with a reference; NULL: there is none in memory. */
static struct dentry *name_below(struct inode *inode, struct dentry *root)
{
	struct dentry *d, *found = NULL;

	spin_lock(&inode->i_lock);
	hlist_for_each_entry(d, &inode->i_dentry, d_u.d_alias) {
		if (!is_subdir(d, root))
			continue;
		spin_lock_nested(&d->d_lock, DENTRY_D_LOCK_NESTED);
		if (!d_unhashed(d) || d == root)
			found = dget_dlock(d);
		spin_unlock(&d->d_lock);
		if (found)
			break;
	}
	spin_unlock(&inode->i_lock);
	return found;
}

/* cpt_path_leads_to - would a restore find @inode by the path @name below @root? */
bool cpt_path_leads_to(const struct path *root, const char *name, const struct inode *inode)
{
	struct path path;
	bool same;

	if (walk_down(root, name, &path))
		return false;
	same = d_inode(path.dentry) == inode;
	path_put(&path);
	return same;
}

/*
 * cpt_path_of_inode - a path that leads to an inode, by any name of it that the kernel has in memory
 * @buf: PATH_MAX bytes
 *
 * Returns the path somewhere in @buf, or NULL.
 */
char *cpt_path_of_inode(struct cpt_ctx *ctx, struct inode *inode, u32 *mount, char *buf)
{
	struct path path;
	char *name;
	u32 i;

	for (i = 0; i < ctx->nmounts; i++) {
		const struct path *root = &ctx->mounts[i].root;

		if (root->mnt->mnt_sb != inode->i_sb)
			continue;
		path = (struct path){ .mnt = root->mnt, .dentry = name_below(inode, root->dentry) };
		if (!path.dentry)
			continue;
		name = cpt_path_in(ctx, &path, mount, buf);
		dput(path.dentry);
		if (name && cpt_path_leads_to(root, name, inode))
			return name;
	}
	return NULL;
}

/*
 * cpt_lost_words - why no path of the VE leads to an inode that somebody watches
 * @d: any name of it, or NULL
 */
const char *cpt_lost_words(const struct inode *inode, const struct dentry *d)
{
	if (inode->i_sb->s_magic == PROC_SUPER_MAGIC)
		return "which is in /proc and cannot be preserved";
	if (!inode->i_nlink || (d && d_unlinked(d)))
		return "which is deleted";
	return "which no path of the VE leads to";
}

/*
 * cpt_call_at - have a system call find what an image named
 * @path: where that is in its mount; @len bytes
 * @u: NAME_MAX + 1 bytes of the current task's memory
 * @call: gets the name; the current directory is such that it leads to @target
 *
 * Returns what @call returns, or -errno.
 */
long cpt_call_at(const struct path *target, const char *path, u32 len, char __user *u,
		 long (*call)(void *arg, const char __user *name), void *arg)
{
	struct path at = *target, cwd;
	u32 dir = len;
	long ret;

	if (!d_is_dir(target->dentry)) {
		if (target->dentry == target->mnt->mnt_root)
			return -ENOTDIR;
		while (path[dir - 1] != '/')
			dir--;
		at.dentry = dget_parent(target->dentry);
	} else {
		path = ".";
		len = 1;
		dir = 0;
		dget(at.dentry);
	}
	get_fs_pwd(current->fs, &cwd);
	ksym(set_fs_pwd)(current->fs, &at);
	dput(at.dentry);
	ret = -EFAULT;
	if (len - dir <= NAME_MAX && !copy_to_user(u, path + dir, len - dir) && !put_user('\0', u + len - dir))
		ret = call(arg, u);
	ksym(set_fs_pwd)(current->fs, &cwd);
	path_put(&cwd);
	return ret;
}

/*
 * cpt_lend_fd - a descriptor of @f and a page of memory in a task that is not the VE's
 *
 * Returns the descriptor, or -errno; cpt_lent_fd() takes both away.
 */
int cpt_lend_fd(struct file *f, char __user **u)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	unsigned long page;

	if (fd < 0)
		return fd;
	page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(page)) {
		put_unused_fd(fd);
		return page;
	}
	fd_install(fd, get_file(f));
	*u = (char __user *)page;
	return fd;
}

void cpt_lent_fd(int fd, char __user *u)
{
	ksys(close_range, fd, fd, 0);
	vm_munmap((unsigned long)u, PAGE_SIZE);
}

/*
 * cpt_path_open - find what an image names
 * @name: @len bytes, checked by walk.h; no symlink is followed, and nothing that
 *	is mounted on the way is entered
 *
 * Returns 0 with a reference in @path, or -errno.
 */
int cpt_path_open(struct cpt_ctx *ctx, u32 mount, const char *name, u32 len, struct path *path)
{
	const struct cpt_mount *m = cpt_mount_by_id(ctx, mount);
	char *buf;
	int err;

	if (!m)
		return cpt_fail(ctx, -ENOENT, "the VE has no mount %u", mount);
	buf = kmemdup_nul(name, len, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	err = walk_down(&m->root, buf, path);
	kfree(buf);
	if (err)
		cpt_say(ctx, "%.*s (mount %u) cannot be found again: error %d", (int)len, name, mount, -err);
	return err;
}

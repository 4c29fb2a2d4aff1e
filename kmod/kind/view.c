// SPDX-License-Identifier: GPL-2.0
/*
 * Open files of the VE's /proc, /sys and cgroups, whose contents are the kernel's. They
 * are opened again by their path, when all tasks exist.
 *
 * Preserved: path, flags, position, the credentials that opened it; of a file of a process
 * that is gone, that it is. What is read after a restore comes from the kernel anew: from the same
 * place on, by the count of bytes.
 * Not preserved: what was read ahead of the program. Files that tell of changes by
 * poll(2) say once after a restore that there was one: mounts are made anew, and what was
 * changed and not told yet is not known.
 * Refused: files of another /proc, or under a mount; of one descriptor (fdinfo/N) or
 * mapping; of memory or mounts that the process has no longer; of a thread that is gone, of a
 * dead process whose number is in use, of its memory; what its opener could not open again.
 *
 * Rights. A file of a process of the VE is opened as whoever restores: it tells, and changes,
 * only what the image says in any case, and its opener's rights are asked for at each use
 * (file->f_cred). All others are opened with its opener's credentials, as open(2) does it, and
 * never below something that ctl, or the VE, has put over them.
 */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/proc_fs.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "compat/private.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

/* cpt_is_view - is this a file system whose files are ours? */
bool cpt_is_view(const struct super_block *sb)
{
	return sb->s_magic == PROC_SUPER_MAGIC || sb->s_magic == SYSFS_MAGIC || sb->s_magic == CGROUP2_SUPER_MAGIC;
}

static bool view_owns(struct file *f)
{
	return cpt_is_view(file_inode(f)->i_sb);
}

/* --- what of /proc it is ------------------------------------------------------------------------ */

struct place {
	pid_t pid;		/* 0: of no process */
	pid_t tid;		/* … below task/ */
	const char *rest;	/* what comes then: "", "/status" */
};

/* "/123…" */
static pid_t number(const char *name, const char **rest)
{
	u32 nr = 0;

	while (*++name >= '0' && *name <= '9' && nr <= CPT_PID_MAX)
		nr = nr * 10 + *name - '0';
	if ((*name && *name != '/') || nr > CPT_PID_MAX)
		return 0;
	*rest = name;
	return nr;
}

/* @name: from the root of the file system */
static struct place place_of(const struct super_block *sb, const char *name)
{
	struct place p = { .rest = name };

	if (sb->s_magic == PROC_SUPER_MAGIC)
		p.pid = number(name, &p.rest);
	if (p.pid && strstarts(p.rest, "/task/"))
		p.tid = number(p.rest + 5, &p.rest);
	return p;
}

static bool is_one_of(const char *rest, const char * const *names, int n)
{
	while (n-- > 0)
		if (!strcmp(rest, names[n]))
			return true;
	return false;
}

/* They see through one memory, that of the process when they were opened: some by way of a seq_file. */
static bool of_memory(const struct place *p, bool *seq)
{
	static const char * const direct[] = { "/mem", "/environ", "/auxv", "/pagemap" };
	static const char * const by_seq[] = { "/maps", "/numa_maps", "/smaps", "/smaps_rollup" };

	*seq = is_one_of(p->rest, by_seq, ARRAY_SIZE(by_seq));
	return p->pid && (*seq || is_one_of(p->rest, direct, ARRAY_SIZE(direct)) || strstarts(p->rest, "/attr/"));
}

/* The same for mounts. */
static bool of_mounts(const struct place *p)
{
	static const char * const names[] = { "/mounts", "/mountinfo", "/mountstats" };

	return p->pid && is_one_of(p->rest, names, ARRAY_SIZE(names));
}

/*
 * The network's are the same for all of the VE, and to look one up takes its name from one that
 * is open (proc_net_d_revalidate()): so nobody looks.
 */
static bool of_net(const struct place *p)
{
	return p->pid && strstarts(p->rest, "/net/");
}

/* Whoever looks one up finds that of his own namespaces (proc_sys_compare()), and ctl has others. */
static bool of_sysctl(const struct super_block *sb, const struct place *p)
{
	return sb->s_magic == PROC_SUPER_MAGIC && !p->pid && strstarts(p->rest, "/sys/");
}

/* Is something mounted on it, or on the way to it? */
static bool is_covered(const struct path *path)
{
	struct path at = { .mnt = path->mnt, .dentry = dget(path->dentry) };
	struct vfsmount *over = NULL;
	struct dentry *up;

	while (!over && at.dentry != path->mnt->mnt_root && !IS_ROOT(at.dentry)) {
		over = d_mountpoint(at.dentry) ? ksym(lookup_mnt)(&at) : NULL;
		up = dget_parent(at.dentry);
		dput(at.dentry);
		at.dentry = up;
	}
	dput(at.dentry);
	mntput(over);
	return over;
}

/* May the opener's credentials, which are current, open it so? */
static int permission(const struct path *path, unsigned int flags)
{
	return flags & O_PATH ? 0 : path_permission(path, ACC_MODE(flags));
}

/* --- collect ------------------------------------------------------------------------------------ */

static const char *memory_obstacle(const struct file *f, struct task_struct *t, bool seq)
{
	const struct seq_file *m = f->private_data;
	const struct mm_struct *mm;
	bool same;

	if ((f->f_mode & FMODE_PATH) || S_ISDIR(file_inode(f)->i_mode))
		return NULL;
	mm = seq ? ((struct compat_proc_maps *)m->private)->mm : f->private_data;

	task_lock(t);
	same = mm && mm == t->mm;
	task_unlock(t);
	return same ? NULL : "a file of /proc about memory that the process has no longer, which cannot be preserved";
}

/* @t: whose root directory a restore will give it */
static const char *mounts_obstacle(const struct file *f, struct task_struct *t)
{
	const struct seq_file *m = f->private_data;
	const struct compat_proc_mounts *p;
	struct path root = {};
	bool same = false;

	if (f->f_mode & FMODE_PATH)
		return NULL;
	p = m->private;
	task_lock(t);
	if (t->fs && t->nsproxy && t->nsproxy->mnt_ns == p->ns) {
		get_fs_root(t->fs, &root);
		same = path_equal(&root, &p->root);
	}
	task_unlock(t);
	path_put(&root);
	return same ? NULL : "a file of /proc about mounts that the process does not see any more, which cannot be preserved";
}

static bool has_namespaces(struct task_struct *t)
{
	bool has;

	task_lock(t);
	has = t->nsproxy;
	task_unlock(t);
	return has;
}

/* Of a process that can be found, @t. */
static const char *alive_obstacle(const struct file *f, const struct place *p, struct task_struct *t)
{
	bool seq;

	if (strstarts(p->rest, "/fd/") || strstarts(p->rest, "/fdinfo/") || strstarts(p->rest, "/map_files/"))
		return "a file of /proc about one descriptor or mapping, which cannot be preserved yet";
	if ((of_mounts(p) || of_net(p)) && !has_namespaces(t))
		return "a file of /proc about namespaces of a process that has left them, which cannot be preserved";
	if (of_memory(p, &seq))
		return memory_obstacle(f, t, seq);
	return of_mounts(p) ? mounts_obstacle(f, t) : NULL;
}

/* Of one that is gone. */
static const char *gone_obstacle(struct cpt_ctx *ctx, const struct file *f, const struct place *p)
{
	struct task_struct *init;
	const char *why = NULL;
	bool seq, used;

	rcu_read_lock();
	used = find_pid_ns(p->pid, ctx->ns);
	rcu_read_unlock();
	if (p->tid && p->tid != p->pid)
		return "a file of /proc about a thread that is gone, which cannot be preserved yet";
	if (used)
		return "a file of /proc about a process that is gone, whose number is in use, which cannot be preserved";
	if (f->f_path.mnt->mnt_root != f->f_path.mnt->mnt_sb->s_root)
		return "a file of /proc about a process that is gone, in a part of /proc, which cannot be preserved";
	if (of_memory(p, &seq) || strstarts(p->rest, "/fd/") || strstarts(p->rest, "/fdinfo/") ||
	    strstarts(p->rest, "/map_files/"))
		return "a file of /proc about memory or descriptors of a process that is gone, which cannot be preserved";
	if (!of_mounts(p))
		return NULL;
	init = get_pid_task(ctx->init, PIDTYPE_PID);
	if (init) {
		why = mounts_obstacle(f, init);
		put_task_struct(init);
	}
	return why;
}

/* Is there a process of this number? */
static bool is_there(struct cpt_ctx *ctx, const struct place *p)
{
	bool there;

	rcu_read_lock();
	there = pid_task(find_pid_ns(p->tid ? p->tid : p->pid, ctx->ns), PIDTYPE_PID);
	rcu_read_unlock();
	return there;
}

static const char *proc_obstacle(struct cpt_ctx *ctx, const struct file *f, const struct place *p, bool found)
{
	struct task_struct *t = NULL;
	const char *why;
	struct pid *pid;

	if (found) {
		rcu_read_lock();
		pid = find_pid_ns(p->tid ? p->tid : p->pid, ctx->ns);
		t = get_pid_task(pid, PIDTYPE_PID);
		rcu_read_unlock();
	}
	if (!t)
		return gone_obstacle(ctx, f, p);
	why = alive_obstacle(f, p, t);
	put_task_struct(t);
	return why;
}

/* Of no process. */
static const char *other_obstacle(const struct file *f, bool found)
{
	const struct cred *own;
	int err;

	if (!found)
		return "a file of the kernel that is gone, which cannot be preserved";
	own = override_creds(f->f_cred);
	err = permission(&f->f_path, f->f_flags);
	revert_creds(own);
	return err ? "a file of the kernel that its opener could not open again, which cannot be preserved" : NULL;
}

/* Is it the /proc of the VE? */
static bool of_ve(const struct cpt_ctx *ctx, const struct super_block *sb)
{
	return sb->s_magic == PROC_SUPER_MAGIC && proc_pid_ns((struct super_block *)sb) == ctx->ns;
}

/*
 * What stands against preserving @f; NULL: nothing.
 * @buf: 2 * PATH_MAX bytes
 * @gone: the process that it was about, and that is gone; or 0
 */
static const char *obstacle(struct cpt_ctx *ctx, struct file *f, char *buf, u32 *gone)
{
	const struct super_block *sb = f->f_path.mnt->mnt_sb;
	char *name, *place;
	struct place p;
	bool found;
	u32 mount;

	if (!cpt_mount_by_vfs(ctx, f->f_path.mnt))
		/* ctl does not see the mounts over names that are of another IPC namespace than its own */
		return of_ve(ctx, sb) ? "a file of the VE's /proc in a mount that is gone, or of its IPC, which cannot be preserved yet" :
					"a file outside the VE";
	if (sb->s_magic == PROC_SUPER_MAGIC && !of_ve(ctx, sb))
		return "a file of a /proc that is not the VE's";
	if (f->f_pos < 0)
		return "a file of the kernel at a place above 2^63, which cannot be preserved";
	if (is_covered(&f->f_path))
		return "a file of the kernel that a mount covers, which cannot be preserved";
	name = cpt_path_in(ctx, &f->f_path, &mount, buf);
	if (!name)
		return "a file that no path of the VE leads to";
	place = dentry_path_raw(f->f_path.dentry, buf + PATH_MAX, PATH_MAX);
	if (IS_ERR(place))
		return "a file that no path of the VE leads to";
	p = place_of(sb, place);
	if (of_net(&p))
		found = is_there(ctx, &p);
	else if (of_sysctl(sb, &p))
		found = !d_unlinked(f->f_path.dentry);
	else
		found = cpt_path_leads_to(&cpt_mount_by_id(ctx, mount)->root, name, file_inode(f));
	*gone = found ? 0 : p.pid;
	return p.pid ? proc_obstacle(ctx, f, &p, found) : other_obstacle(f, found);
}

static int view_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	char *buf = kmalloc(2 * PATH_MAX, GFP_KERNEL);
	struct file *f = obj->ptr;
	const char *why;
	u32 gone = 0;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	why = obstacle(ctx, f, buf, &gone);
	kfree(buf);
	if (!why && who->fd < 0 && !who->what)
		why = "a file of the kernel, which cannot be preserved";	/* mapped, or run */
	if (why)
		err = cpt_file_refuse(ctx, f, who, why);
	if (!err)
		err = cpt_file_collect(ctx, f, who);
	if (err)
		return err;
	obj->priv = (void *)(unsigned long)gone;
	get_file(f);
	return 0;
}

static void view_release(struct cpt_obj *obj)
{
	fput(obj->ptr);
}

static int view_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path;
	struct file *f = obj->ptr;
	struct cpt_view_rec *r;
	u32 mount = 0;
	int err = -EIO;

	if (!buf)
		return -ENOMEM;
	path = cpt_path_in(ctx, &f->f_path, &mount, buf);
	r = path ? cpt_out_rec(ctx, CPT_K_VIEW, obj->id, sizeof(*r), strlen(path)) : NULL;
	if (r) {
		cpt_file_fill(ctx, &r->file, f);
		r->mode = file_inode(f)->i_mode;
		r->mount = mount;
		r->gone = (unsigned long)obj->priv;
		r->path_len = strlen(path);
		memcpy(r + 1, path, r->path_len);
		err = 0;
	}
	kfree(buf);
	return err;
}

/* --- restore ------------------------------------------------------------------------------------ */

static int not_again(struct cpt_ctx *ctx, const struct cpt_view_rec *r, int err, const char *why)
{
	return cpt_fail(ctx, err, "%.*s (mount %u) cannot be opened again: %s", (int)r->path_len,
			(const char *)(r + 1), r->mount, why);
}

/* Is it such a file, and one that this VE may have? */
static int check_found(struct cpt_ctx *ctx, const struct cpt_view_rec *r, const struct path *path)
{
	struct inode *inode = d_inode(path->dentry);

	if (!cpt_is_view(inode->i_sb) ||
	    (inode->i_sb->s_magic == PROC_SUPER_MAGIC && proc_pid_ns(inode->i_sb) != ctx->ns))
		return not_again(ctx, r, -EINVAL, "it is no file of the kernel for this VE");
	if ((inode->i_mode ^ r->mode) & S_IFMT)
		return not_again(ctx, r, -ESTALE, "it is of another type now");
	if (is_covered(path))
		return not_again(ctx, r, -EPERM, "a mount covers it");
	return 0;
}

/* Flags of open(2) that meant something then, or that only fcntl(2) sets on such files. */
#define NOT_AGAIN	(O_CREAT | O_TRUNC | O_EXCL | O_DIRECT | __O_TMPFILE | CPT_O_NONOTIFY)

static struct file *open_with(const struct path *path, u32 flags, const struct cred *cred)
{
	const struct cred *own = override_creds(cred);
	int err = permission(path, flags);
	struct file *f = err ? ERR_PTR(err) : dentry_open(path, flags & ~NOT_AGAIN, cred);

	revert_creds(own);
	return f;
}

/* Its next poll(2) says that something has changed. */
static void tell_of_change(struct file *f, const struct place *p)
{
	static const char * const sysctls[] = { "/sys/kernel/hostname", "/sys/kernel/domainname" };

	if (f->f_mode & FMODE_PATH)
		return;
	if (of_mounts(p))
		((struct seq_file *)f->private_data)->poll_event--;
	if (file_inode(f)->i_sb->s_magic == PROC_SUPER_MAGIC && is_one_of(p->rest, sysctls, ARRAY_SIZE(sysctls)))
		f->private_data = (void *)((unsigned long)f->private_data - 1);	/* fs/proc/proc_sysctl.c: a count */
}

static struct file *open_found(struct cpt_ctx *ctx, const struct cpt_view_rec *r, const struct path *path,
			       const struct cred *cred)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *name;
	struct file *f = ERR_PTR(-ENOMEM);
	struct place p;
	bool seq;

	if (!buf)
		return f;
	name = dentry_path_raw(path->dentry, buf, PATH_MAX);
	if (IS_ERR(name)) {
		kfree(buf);
		return (void *)name;
	}
	p = place_of(path->dentry->d_sb, name);
	if (r->gone && of_memory(&p, &seq))	/* that of another */
		f = ERR_PTR(-EINVAL);
	else if (p.pid)
		f = dentry_open(path, r->file.flags & ~NOT_AGAIN, cred);
	else
		f = open_with(path, r->file.flags, cred);
	if (!IS_ERR(f)) {
		cpt_file_finish(f, &r->file);
		tell_of_change(f, &p);
	}
	kfree(buf);
	return f;
}

static struct file *open_path(struct cpt_ctx *ctx, const struct cpt_view_rec *r, const struct cred *cred)
{
	struct path path;
	struct file *f;
	int err;

	err = cpt_path_open(ctx, r->mount, (const char *)(r + 1), r->path_len, &path);
	if (err)
		return ERR_PTR(err);
	err = check_found(ctx, r, &path);
	f = err ? ERR_PTR(err) : open_found(ctx, r, &path, cred);
	if (IS_ERR(f) && !err)
		cpt_say(ctx, "%.*s (mount %u) cannot be opened again: error %ld", (int)r->path_len,
			(const char *)(r + 1), r->mount, -PTR_ERR(f));
	path_put(&path);
	return f;
}

/* A process that has the number for so long. */
static struct file *open_gone(struct cpt_ctx *ctx, const struct cpt_view_rec *r, const struct cred *cred)
{
	const struct cpt_mount *m = cpt_mount_by_id(ctx, r->mount);
	struct file *f;
	pid_t nr;
	int err;

	if (!m || m->root.mnt->mnt_sb->s_magic != PROC_SUPER_MAGIC)
		return ERR_PTR(not_again(ctx, r, -EINVAL, "it is no file of /proc"));
	nr = cpt_pid_hold(ctx, r->gone);
	if (nr < 0)
		return ERR_PTR(nr);
	f = open_path(ctx, r, cred);
	err = cpt_pid_drop(ctx, nr);
	if (err && !IS_ERR(f)) {
		fput(f);
		f = ERR_PTR(err);
	}
	return f;
}

static void *view_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_view_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred);

	if (IS_ERR(cred))
		return (void *)cred;
	return r->gone ? open_gone(ctx, r, cred) : open_path(ctx, r, cred);
}

const struct cpt_kind_ops cpt_view_ops = {
	.kind		= CPT_K_VIEW,
	.name		= "file of the kernel",
	.owns		= view_owns,
	.collect	= view_collect,
	.dump		= view_dump,
	.release	= view_release,
	.make		= view_make,
	.unmake		= cpt_file_unmake,
};

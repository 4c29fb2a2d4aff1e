/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, each with the release that made it.
 */
#ifndef _CPT_COMPAT_H
#define _CPT_COMPAT_H

#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/exportfs.h>
#include <linux/fs.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fsnotify_backend.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/uio.h>
#include <linux/time_namespace.h>
#include <linux/version.h>
#include <uapi/linux/pidfd.h>
#include <uapi/linux/prctl.h>
#include <vdso/datapage.h>
#include <asm/cpufeature.h>
#include <asm/fpu/xcr.h>

/*
 * vfs_iter_write() takes freeze protection itself since 6.9 (fs/read_write.c);
 * before, its caller does.
 */
static inline ssize_t compat_iter_write(struct file *f, struct iov_iter *iter, loff_t *pos)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	return vfs_iter_write(f, iter, pos, 0);
#else
	ssize_t n;

	if (!(f->f_mode & FMODE_WRITE) || !(f->f_mode & FMODE_CAN_WRITE))
		return -EBADF;
	file_start_write(f);
	n = vfs_iter_write(f, iter, pos, 0);
	file_end_write(f);
	return n;
#endif
}

/*
 * A reference to a file that may be on its way out, by someone who keeps its memory.
 * f_count became a file_ref_t in 6.13 (include/linux/file_ref.h).
 */
static inline bool compat_file_get_active(struct file *f)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	return file_ref_get(&f->f_ref);
#else
	return atomic_long_inc_not_zero(&f->f_count);
#endif
}

/*
 * Where a file was opened, and not what it reads there: of a mapping of an overlayfs that is
 * another one, with the path of the layer, since 6.8 (fs/backing-file.c).
 */
static inline const struct path *compat_user_path(const struct file *f)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return file_user_path((struct file *)f);
#else
	return &f->f_path;
#endif
}

/*
 * What is done with a file is no event. With its bit for permissions, which open(2) sets where
 * nobody asks for them, that of all events means something else; stable releases have it, too.
 */
static inline void compat_file_quiet(struct file *f)
{
	f->f_flags |= __FMODE_NONOTIFY;
	f->f_mode |= FMODE_NONOTIFY;
#ifdef FMODE_NONOTIFY_PERM
	f->f_mode &= ~FMODE_NONOTIFY_PERM;
#endif
}

/* Times of an inode are behind accessors since 6.6 and 6.11 (include/linux/fs.h). */
static inline s64 compat_atime(const struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	struct timespec64 ts = inode_get_atime(inode);
#else
	struct timespec64 ts = inode->i_atime;
#endif
	return timespec64_to_ns(&ts);
}

static inline s64 compat_mtime(const struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	struct timespec64 ts = inode_get_mtime(inode);
#else
	struct timespec64 ts = inode->i_mtime;
#endif
	return timespec64_to_ns(&ts);
}

/*
 * The methods of a directory themselves: no permission is asked for, and nobody who watches it
 * is told. With the directory locked.
 */
static inline int compat_dir_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return dir->i_op->mkdir(&nop_mnt_idmap, dir, dentry, mode);
#else
	return dir->i_op->mkdir(&init_user_ns, dir, dentry, mode);
#endif
}

static inline int compat_dir_mknod(struct inode *dir, struct dentry *dentry, umode_t mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return dir->i_op->mknod(&nop_mnt_idmap, dir, dentry, mode, 0);
#else
	return dir->i_op->mknod(&init_user_ns, dir, dentry, mode, 0);
#endif
}

/* The same of an inode; the ids of mounts of a VE are those of its file systems: no mapping. */
static inline int compat_setattr(struct dentry *dentry, struct iattr *attr)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return (d_inode(dentry)->i_op->setattr ?: simple_setattr)(&nop_mnt_idmap, dentry, attr);
#else
	return (d_inode(dentry)->i_op->setattr ?: simple_setattr)(&init_user_ns, dentry, attr);
#endif
}

struct compat_times {
	struct timespec64 mtime, ctime;
};

static inline struct compat_times compat_times(const struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return (struct compat_times){ inode_get_mtime(inode), inode_get_ctime(inode) };
#else
	return (struct compat_times){ inode->i_mtime, inode->i_ctime };
#endif
}

static inline void compat_set_times(struct inode *inode, const struct compat_times *t)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	inode_set_mtime_to_ts(inode, t->mtime);
	inode_set_ctime_to_ts(inode, t->ctime);
#else
	inode->i_mtime = t->mtime;
	inode->i_ctime = t->ctime;
#endif
	mark_inode_dirty(inode);
}

static inline void compat_set_atime(struct inode *inode, struct timespec64 atime)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	inode_set_atime_to_ts(inode, atime);
#else
	inode->i_atime = atime;
#endif
}

/* What is in a directory of the kernel's memory; under its d_lock. A list of another sort since 6.8 (fs/dcache.c). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define compat_for_each_child(_child, _dir) hlist_for_each_entry(_child, &(_dir)->d_children, d_sib)
#else
#define compat_for_each_child(_child, _dir) list_for_each_entry(_child, &(_dir)->d_subdirs, d_child)
#endif

/* vfs_tmpfile_open() became kernel_tmpfile_open() in 6.4 (fs/namei.c). */
static inline struct file *compat_tmpfile(const struct path *dir, umode_t mode, int flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return kernel_tmpfile_open(&nop_mnt_idmap, dir, mode, flags, current_cred());
#else
	return vfs_tmpfile_open(&init_user_ns, dir, mode, flags, current_cred());
#endif
}

/* How many writers a fifo had when this reader opened it got a name of its own in 6.12 (fs/pipe.c). */
static inline u64 *compat_fifo_writers(struct file *f)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return &f->f_pipe;
#else
	return &f->f_version;
#endif
}

/* Who gets signals of a file became a pointer in 6.12 (fs/fcntl.c). NULL: never set. */
static inline struct fown_struct *compat_fown(struct file *f)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return file_f_owner(f);
#else
	return &f->f_owner;
#endif
}

static inline int compat_fown_make(struct file *f)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return file_f_owner_allocate(f);
#else
	return 0;
#endif
}

/*
 * The inode that a watch is on, with a reference; NULL: it goes away with its file system.
 * With the group locked. A connector points to the object itself since 6.10 (fs/notify/mark.c).
 */
static inline struct inode *compat_mark_inode(const struct fsnotify_mark *mark)
{
	const struct fsnotify_mark_connector *conn = mark->connector;

	if (!conn || conn->type != FSNOTIFY_OBJ_TYPE_INODE)
		return NULL;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return igrab(conn->obj);
#else
	return igrab(container_of(conn->obj, struct inode, i_fsnotify_marks));
#endif
}

/* A handle of @inode for an event; *@len: bytes, at most and then of it. Returns its type, or less than 1. */
static inline int compat_encode_fid(struct inode *inode, void *buf, int *len)
{
	int words = *len / 4, type;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	type = exportfs_encode_fid(inode, buf, &words);
#else
	type = exportfs_encode_inode_fh(inode, buf, &words, NULL);
#endif
	*len = words * 4;
	return type == FILEID_INVALID ? 0 : type;
}

/* fanotify_mark(2): on a 32-bit kernel its mask takes two registers. */
#ifdef CONFIG_X86_64
#define compat_fanotify_mark(_fd, _flags, _mask, _dir, _name) \
	ksys(fanotify_mark, _fd, _flags, _mask, _dir, _name)
#else
#define compat_fanotify_mark(_fd, _flags, _mask, _dir, _name) \
	ksys(fanotify_mark, _fd, _flags, _mask, 0, _dir, _name)
#endif

/* Descriptors of threads came in 6.9, with a file system of pidfds (fs/pidfs.c). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define COMPAT_PIDFD_THREAD	PIDFD_THREAD
#else
#define COMPAT_PIDFD_THREAD	0
#endif

/* One more open file of what @twin means, @pid, which has no process any more. */
static inline struct file *compat_pidfd_again(struct file *twin, struct pid *pid, int flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	return dentry_open(&twin->f_path, flags, current_cred());
#else
	struct file *f = anon_inode_getfile("[pidfd]", twin->f_op, get_pid(pid), flags);

	if (IS_ERR(f))
		put_pid(pid);
	return f;
#endif
}

/* Locks have their own header since 6.3 and a common core since 6.9 (fs/locks.c). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/filelock.h>
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define COMPAT_LOCK_TYPE struct file_lock_core
#define COMPAT_LOCK_LIST flc_list
#define COMPAT_LOCK_FILE flc_file
#else
#define COMPAT_LOCK_TYPE struct file_lock
#define COMPAT_LOCK_LIST fl_list
#define COMPAT_LOCK_FILE fl_file
#endif

/* A member of a struct file_lock; the lock that an entry of a list belongs to. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define COMPAT_LOCK(_lock, _member) ((_lock)->c.flc_##_member)
#define compat_lock(_core) container_of(_core, struct file_lock, c)
#else
#define COMPAT_LOCK(_lock, _member) ((_lock)->fl_##_member)
#define compat_lock(_core) (_core)
#endif

/* A lease is a struct of its own since 6.9. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define COMPAT_LEASE struct file_lease
#define compat_lease(_core) container_of(_core, struct file_lease, c)
#else
#define COMPAT_LEASE struct file_lock
#define compat_lease(_core) (_core)
#endif

/* To open the file of @inode may break a lease (F_SETLEASE). */
static inline bool compat_inode_leased(const struct inode *inode)
{
	const struct file_lock_context *ctx = READ_ONCE(inode->i_flctx);

	return ctx && !list_empty_careful(&ctx->flc_lease);
}

/* get_user_pages_remote() lost its vmas argument in 6.5 (mm/gup.c). */
static inline long compat_gup(struct mm_struct *mm, unsigned long addr, unsigned long n,
			      unsigned int flags, struct page **pages)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	return get_user_pages_remote(mm, addr, n, flags, pages, NULL);
#else
	return get_user_pages_remote(mm, addr, n, flags, pages, NULL, NULL);
#endif
}

/* The list of POSIX timers became an hlist in 6.12 (kernel/time/posix-timers.c). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define compat_for_each_timer(_t, _signal) \
	hlist_for_each_entry(_t, &(_signal)->posix_timers, list)
#else
#define compat_for_each_timer(_t, _signal) \
	list_for_each_entry(_t, &(_signal)->posix_timers, list)
#endif

/* walk_page_range() wants to know how the mm is locked since 6.5 (mm/pagewalk.c). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define COMPAT_WALK_RDLOCK .walk_lock = PGWALK_RDLOCK,
#else
#define COMPAT_WALK_RDLOCK
#endif

/* Has memory of the kernel's tmpfs a NUMA policy, by way of whoever mapped it? */
static inline bool compat_shmem_policy(const struct inode *inode)
{
#ifdef CONFIG_NUMA
	return SHMEM_I((struct inode *)inode)->policy.root.rb_node;
#else
	return false;
#endif
}

/* Has an area a NUMA policy of its own? */
static inline bool compat_vma_policy(const struct vm_area_struct *vma)
{
#ifdef CONFIG_NUMA
	return vma->vm_policy;
#else
	return false;
#endif
}

/* The end of what a task can map, the last page of a 64-bit address space included. */
#ifdef CONFIG_X86_64
#define COMPAT_TASK_SIZE TASK_SIZE_MAX
#else
#define COMPAT_TASK_SIZE TASK_SIZE
#endif

/* kernel_cap_t became a u64 in 6.3 (include/linux/capability.h). */
static inline u64 compat_cap_to_u64(kernel_cap_t cap)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return cap.val;
#else
	return cap.cap[0] | (u64)cap.cap[1] << 32;
#endif
}

static inline kernel_cap_t compat_cap_from_u64(u64 bits)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return (kernel_cap_t){ bits };
#else
	return (kernel_cap_t){ { bits, bits >> 32 } };
#endif
}

/* The kernel's own flags of a futex wait got other numbers in 6.7 (kernel/futex/futex.h). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define COMPAT_FUTEX_SHARED	0x10
#define COMPAT_FUTEX_REALTIME	0x20
#define COMPAT_FUTEX_TIMEOUT	0x40
#define COMPAT_FUTEX_ALWAYS	0x02	/* FLAGS_SIZE_32 */
#else
#define COMPAT_FUTEX_SHARED	0x01
#define COMPAT_FUTEX_REALTIME	0x02
#define COMPAT_FUTEX_TIMEOUT	0x04
#define COMPAT_FUTEX_ALWAYS	0x00
#endif

/* prctl(PR_SET_MEMORY_MERGE) came in 6.4. */
#ifdef PR_SET_MEMORY_MERGE
#define COMPAT_SET_MEMORY_MERGE	PR_SET_MEMORY_MERGE
#else
#define COMPAT_SET_MEMORY_MERGE	67
#endif

/* A slice may be asked for since 6.12 (kernel/sched/syscalls.c). 0: none was. */
static inline u64 compat_sched_slice(const struct task_struct *t)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return t->se.custom_slice ? t->se.slice : 0;
#else
	return 0;
#endif
}

/* The length of a task's rseq area is kept since 6.3 (kernel/rseq.c). */
static inline void compat_rseq_set_len(struct task_struct *t, u32 len)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	t->rseq_len = len;
#endif
}

/* The xstate components that are switched on, as XCR0 says. */
static inline u64 compat_xfeatures(void)
{
	return boot_cpu_has(X86_FEATURE_OSXSAVE) ? xgetbv(XCR_XFEATURE_ENABLED_MASK) : 0;
}

/* Write a time namespace's offsets into the page that its programs' vdso reads. */
static inline void compat_vdso_offsets(struct vdso_data *vdata, const struct timens_offsets *off)
{
	struct timens_offset mono = { off->monotonic.tv_sec, off->monotonic.tv_nsec };
	struct timens_offset boot = { off->boottime.tv_sec, off->boottime.tv_nsec };

	vdata->offset[CLOCK_MONOTONIC] = mono;
	vdata->offset[CLOCK_MONOTONIC_RAW] = mono;
	vdata->offset[CLOCK_MONOTONIC_COARSE] = mono;
	vdata->offset[CLOCK_BOOTTIME] = boot;
	vdata->offset[CLOCK_BOOTTIME_ALARM] = boot;
}

/* close_on_exec() takes the table's owner since 6.12 (include/linux/fdtable.h). */
static inline bool compat_close_on_exec(struct files_struct *files, unsigned int fd)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return close_on_exec(fd, files);
#else
	return close_on_exec(fd, files_fdtable(files));
#endif
}

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * Locks on files. Their records follow those of their owners: flock(2) and open file
 * description locks that of the open file, POSIX locks that of the descriptor table.
 *
 * Preserved: type and range; the process that F_GETLK names. Whoever waits for a lock
 * asks for it again when its system call is restarted. Leases (F_SETLEASE) of regular files,
 * taken again when every file is open: to open one breaks the leases on it.
 * Not preserved: the order of those who wait.
 * Refused: file systems with locks of their own; leases that somebody breaks, and those on
 * deleted files (deleted.c), memfds and files on tmpfs, which a dump or a restore opens itself.
 *
 * Locks: flc_lock. The VE's own locks do not change while it is frozen.
 */
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

static struct file_lock_context *locks_of(const struct file *f)
{
	return READ_ONCE(file_inode(f)->i_flctx);
}

/* A lock knows its taker by the number in the first pid namespace. */
static u32 vpid_of(struct cpt_ctx *ctx, pid_t nr)
{
	u32 vpid;

	rcu_read_lock();
	vpid = nr > 0 ? pid_nr_ns(find_pid_ns(nr, &init_pid_ns), ctx->ns) : 0;
	rcu_read_unlock();
	return vpid;
}

/* The number of the process @vpid of the VE being restored, or, without it, of the current one. */
static pid_t taker(u32 vpid)
{
	pid_t nr;

	rcu_read_lock();
	nr = vpid ? pid_nr(find_vpid(vpid)) : 0;
	rcu_read_unlock();
	return nr ? nr : current->tgid;
}

/* How many locks on @list has @owner? Those that fit into @to are put there. Under flc_lock. */
static u32 take(struct cpt_ctx *ctx, struct list_head *list, const void *owner, struct cpt_lock_rec *to,
		u32 room)
{
	COMPAT_LOCK_TYPE *core;
	u32 n = 0;

	list_for_each_entry(core, list, COMPAT_LOCK_LIST) {
		const struct file_lock *lock = compat_lock(core);

		if (COMPAT_LOCK(lock, owner) != owner)
			continue;
		if (n < room) {
			to[n].type = COMPAT_LOCK(lock, type);
			to[n].kind = COMPAT_LOCK(lock, flags) & FL_FLOCK ? CPT_LOCK_FLOCK :
				     COMPAT_LOCK(lock, flags) & FL_OFDLCK ? CPT_LOCK_OFD : CPT_LOCK_POSIX;
			to[n].start = lock->fl_start;
			to[n].end = lock->fl_end;
			/* of those of open files nobody is told who took them */
			to[n].pid = to[n].kind == CPT_LOCK_OFD ? 0 : vpid_of(ctx, COMPAT_LOCK(lock, pid));
		}
		n++;
	}
	return n;
}

static u32 take_all(struct cpt_ctx *cpt, const struct file *f, const void *owner, struct cpt_lock_rec *to,
		    u32 room)
{
	struct file_lock_context *ctx = locks_of(f);
	u32 n;

	spin_lock(&ctx->flc_lock);
	n = take(cpt, &ctx->flc_flock, owner, to, room);
	n += take(cpt, &ctx->flc_posix, owner, to + min(n, room), room - min(n, room));
	spin_unlock(&ctx->flc_lock);
	return n;
}

/*
 * cpt_locks_collect - refuse locks that cannot be set again: those of @owner on @f
 */
void cpt_locks_collect(struct cpt_ctx *ctx, struct file *f, const void *owner, const struct cpt_holder *who)
{
	const struct cpt_kind_ops *ops;

	if (!locks_of(f) || !take_all(ctx, f, owner, NULL, 0))
		return;
	ops = cpt_file_ops(f);
	if (!ops)	/* refused as it is */
		return;
	if (ops->kind != CPT_K_REG && ops->kind != CPT_K_MEMFD)
		cpt_obstacle(ctx, "process %d (%s) holds a lock on fd %d (%s), which cannot be preserved yet",
			     who->pid, who->comm, who->fd, ops->name);
	else if (f->f_op->lock || f->f_op->flock)
		cpt_obstacle(ctx, "process %d (%s) holds a lock on fd %d (%pD) of a file system with locks of its own, which cannot be preserved",
			     who->pid, who->comm, who->fd, f);
}

/* The lease that was taken through @f, with its lock held; NULL: there is none. */
static COMPAT_LEASE *lease_of(struct file_lock_context *ctx, const struct file *f)
{
	COMPAT_LOCK_TYPE *core;

	lockdep_assert_held(&ctx->flc_lock);
	list_for_each_entry(core, &ctx->flc_lease, COMPAT_LOCK_LIST)
		if (core->COMPAT_LOCK_FILE == f)
			return compat_lease(core);
	return NULL;
}

/* Fill @r. Returns false: there is no lease. */
static bool look_at_lease(struct cpt_ctx *cpt, const struct file *f, struct cpt_lock_rec *r, bool *breaking)
{
	struct file_lock_context *ctx = locks_of(f);
	const COMPAT_LEASE *lease;

	if (!ctx || (f->f_mode & FMODE_PATH))
		return false;
	spin_lock(&ctx->flc_lock);
	lease = lease_of(ctx, f);
	if (lease) {
		r->kind = CPT_LOCK_LEASE;
		r->type = COMPAT_LOCK(lease, type);
		r->end = OFFSET_MAX;
		r->pid = vpid_of(cpt, COMPAT_LOCK(lease, pid));
		cpt_fasync_find((struct fasync_struct * const *)&lease->fl_fasync, f, &r->fd);
		*breaking = COMPAT_LOCK(lease, flags) & (FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING);
	}
	spin_unlock(&ctx->flc_lock);
	return lease;
}

/*
 * cpt_lease_collect - refuse a lease that cannot be taken again
 */
void cpt_lease_collect(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who)
{
	const struct cpt_kind_ops *ops = cpt_file_ops(f);
	struct cpt_lock_rec r = {};
	bool breaking = false;

	if (!ops || !look_at_lease(ctx, f, &r, &breaking))
		return;
	if (breaking)
		cpt_obstacle(ctx, "process %d (%s) holds a lease on fd %d (%pD) that somebody is breaking",
			     who->pid, who->comm, who->fd, f);
	else if (ops->kind != CPT_K_REG || file_inode(f)->i_sb->s_magic == TMPFS_MAGIC)
		cpt_obstacle(ctx, "process %d (%s) holds a lease on fd %d (%pD), which cannot be preserved there",
			     who->pid, who->comm, who->fd, f);
}

static int lease_dump(struct cpt_ctx *ctx, struct file *f)
{
	struct cpt_lock_rec is = {}, *r;
	bool breaking;

	if (!look_at_lease(ctx, f, &is, &breaking))
		return 0;
	r = cpt_out_rec(ctx, CPT_K_LOCK, 0, sizeof(*r), 0);
	if (!r)
		return -ENOMEM;
	is.rec = r->rec;
	*r = is;
	return 0;
}

/*
 * cpt_lease_restore - take a lease again, when every file is open
 *
 * Not in the context of a task of the VE; who took it is set afterwards.
 */
int cpt_lease_restore(struct cpt_ctx *cpt, const struct cpt_lock_rec *r, struct file *f)
{
	struct file_lock_context *ctx;
	COMPAT_LEASE *lease;
	pid_t nr;
	int err;

	err = ksym(fcntl_setlease)(r->fd, f, r->type);
	if (err)
		return cpt_fail(cpt, err, "a lease on %pD cannot be taken again: error %d", f, -err);
	rcu_read_lock();
	nr = r->pid ? pid_nr(find_pid_ns(r->pid, cpt->ns)) : 0;
	rcu_read_unlock();
	ctx = locks_of(f);
	spin_lock(&ctx->flc_lock);
	lease = lease_of(ctx, f);
	if (lease)
		COMPAT_LOCK(lease, pid) = nr;
	spin_unlock(&ctx->flc_lock);
	return 0;
}

/*
 * cpt_locks_dump - write records of the locks that @owner has on the file of @f
 * @owner: @f itself or a files_struct, whose record is the last one
 * @fd: of @f in the files_struct, or 0
 */
int cpt_locks_dump(struct cpt_ctx *ctx, struct file *f, const void *owner, u32 fd)
{
	struct cpt_lock_rec *locks, *r;
	u32 n, i;

	n = locks_of(f) ? take_all(ctx, f, owner, NULL, 0) : 0;
	if (!n)
		return owner == f ? lease_dump(ctx, f) : 0;
	locks = kvcalloc(n, sizeof(*locks), GFP_KERNEL);
	if (!locks)
		return -ENOMEM;
	n = min(n, take_all(ctx, f, owner, locks, n));
	for (i = 0; i < n; i++) {
		r = cpt_out_rec(ctx, CPT_K_LOCK, 0, sizeof(*r), 0);
		if (!r)
			break;
		locks[i].rec = r->rec;
		locks[i].fd = fd;
		*r = locks[i];
	}
	kvfree(locks);
	if (i < n)
		return -ENOMEM;
	return owner == f ? lease_dump(ctx, f) : 0;
}

static int set_lock(struct cpt_ctx *ctx, const struct cpt_lock_rec *r, struct file *f, void *owner)
{
	static const unsigned int flags[] = {
		[CPT_LOCK_FLOCK] = FL_FLOCK, [CPT_LOCK_OFD] = FL_POSIX | FL_OFDLCK, [CPT_LOCK_POSIX] = FL_POSIX,
	};
	struct file_lock *lock = locks_alloc_lock();
	int err;

	if (!lock)
		return -ENOMEM;
	COMPAT_LOCK(lock, file) = f;
	COMPAT_LOCK(lock, owner) = owner;
	COMPAT_LOCK(lock, flags) = flags[r->kind];
	COMPAT_LOCK(lock, type) = r->type;
	COMPAT_LOCK(lock, pid) = r->kind == CPT_LOCK_OFD ? -1 : taker(r->pid);
	lock->fl_start = r->start;
	lock->fl_end = r->end;
	err = locks_lock_file_wait(f, lock);
	locks_free_lock(lock);
	return err ? cpt_fail(ctx, err, "a lock on %pD cannot be set again: error %d", f, -err) : 0;
}

/*
 * cpt_locks_restore - set the locks whose records follow @rec, their owner's
 * @f: the owner, if that is an open file; else (NULL) it is the current task's descriptor table
 *
 * A POSIX lock is set through a descriptor of that table: as long as it is open, so is the file,
 * and to close it gives up the lock.
 */
int cpt_locks_restore(struct cpt_ctx *ctx, const struct cpt_rec *rec, struct file *f)
{
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)) && rec->kind == CPT_K_LOCK) {
		const struct cpt_lock_rec *r = (const void *)rec;
		struct file *of;

		if (r->kind == CPT_LOCK_LEASE)	/* later */
			continue;
		of = f ? get_file(f) : fget(r->fd);
		if (!of)
			return cpt_fail(ctx, -EINVAL, "a lock is of descriptor %u, which is not open", r->fd);
		err = set_lock(ctx, r, of, f ? (void *)f : (void *)current->files);
		fput(of);
	}
	return err;
}

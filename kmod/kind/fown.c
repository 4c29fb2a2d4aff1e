// SPDX-License-Identifier: GPL-2.0
/*
 * Who gets signals of an open file (fcntl(2): F_SETOWN, F_SETSIG, O_ASYNC). Its record
 * follows that of the file.
 *
 * Preserved: the process, thread or group, though it may be dead; the signal; the ids of
 * who set it; whether O_ASYNC is in force, and the descriptor that signals name.
 * Refused: somebody outside the VE; devices but terminals (random).
 * (Directories that tell of changes: dnotify.c.)
 *
 * Restored when all tasks exist (cpt_file_link()).
 *
 * Locks: the owner's own; the lists of O_ASYNC are only read, under RCU.
 */
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/pid.h>

#include "compat/compat.h"
#include "kind.h"
#include "out.h"

/*
 * cpt_fasync_find - is @f on this list of files with O_ASYNC, and by which descriptor?
 */
bool cpt_fasync_find(struct fasync_struct * const *list, const struct file *f, u32 *fd)
{
	const struct fasync_struct *fa;

	rcu_read_lock();
	for (fa = READ_ONCE(*list); fa; fa = READ_ONCE(fa->fa_next))
		if (READ_ONCE(fa->fa_file) == f) {
			*fd = fa->fa_fd;
			break;
		}
	rcu_read_unlock();
	return fa;
}

static const enum pid_type pid_types[] = { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID };	/* by F_OWNER_* */

/* Fill @r. Returns whether the owner is outside the VE. */
static bool fill(struct cpt_ctx *ctx, struct file *f, struct cpt_fown_rec *r)
{
	const struct cpt_kind_ops *ops = cpt_file_ops(f);
	struct fown_struct *o = compat_fown(f);
	bool outside = false;

	*r = (struct cpt_fown_rec){ .async = f->f_flags & FASYNC ? CPT_ASYNC_FLAG : CPT_ASYNC_OFF };
	if (r->async && ops && ops->async && ops->async(f, &r->fd))
		r->async = CPT_ASYNC_ON;
	if (!o)
		return false;
	read_lock_irq(&o->lock);
	rcu_read_lock();
	while (r->type < ARRAY_SIZE(pid_types) - 1 && pid_types[r->type] != o->pid_type)
		r->type++;
	if (o->pid && pid_task(o->pid, o->pid_type)) {
		r->pid = pid_nr_ns(o->pid, ctx->ns);
		outside = !r->pid;
	}
	rcu_read_unlock();
	r->signum = o->signum;
	r->uid = from_kuid(&init_user_ns, o->uid);
	r->euid = from_kuid(&init_user_ns, o->euid);
	read_unlock_irq(&o->lock);
	return outside;
}

/*
 * cpt_fown_collect - refuse what cannot be set again
 */
void cpt_fown_collect(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who)
{
	const struct cpt_kind_ops *ops = cpt_file_ops(f);
	struct cpt_fown_rec r;

	if (!ops || (f->f_mode & FMODE_PATH))
		return;
	if (fill(ctx, f, &r))
		cpt_obstacle(ctx, "process %d (%s) has somebody outside the VE told of fd %d (%pD) by signals (F_SETOWN), which cannot be preserved",
			     who->pid, who->comm, who->fd, f);
	if (r.async && f->f_op->fasync && (!ops->async || (S_ISCHR(file_inode(f)->i_mode) && !cpt_is_tty(f))))
		cpt_obstacle(ctx, "process %d (%s) has O_ASYNC set on fd %d (%pD), which cannot be preserved yet",
			     who->pid, who->comm, who->fd, f);
}

/*
 * cpt_fown_dump - the record behind that of @f, if there is anything to say
 */
int cpt_fown_dump(struct cpt_ctx *ctx, struct file *f)
{
	struct cpt_fown_rec is, *r;

	if (f->f_mode & FMODE_PATH)
		return 0;
	fill(ctx, f, &is);
	if (!memchr_inv(&is, 0, sizeof(is)))
		return 0;
	r = cpt_out_rec(ctx, CPT_K_FOWN, 0, sizeof(*r), 0);
	if (!r)
		return -ENOMEM;
	is.rec = r->rec;
	*r = is;
	return 0;
}

static int set_async(const struct cpt_fown_rec *r, struct file *f)
{
	int err;

	if (r->async == CPT_ASYNC_ON) {
		if (!f->f_op->fasync)
			return -EINVAL;
		err = f->f_op->fasync(r->fd, f, 1);
		return min(err, 0);
	}
	if (r->async) {
		spin_lock(&f->f_lock);
		f->f_flags |= FASYNC;
		spin_unlock(&f->f_lock);
	}
	return 0;
}

int cpt_fown_restore(struct cpt_ctx *ctx, const struct cpt_fown_rec *r, struct file *f)
{
	kuid_t uid = make_kuid(&init_user_ns, r->uid), euid = make_kuid(&init_user_ns, r->euid);
	struct fown_struct *o;
	struct pid *pid;
	int err;

	if (!uid_valid(uid) || !uid_valid(euid))
		return -EINVAL;
	rcu_read_lock();
	pid = r->pid ? get_pid(find_pid_ns(r->pid, ctx->ns)) : NULL;
	rcu_read_unlock();
	if (r->pid && !pid)
		return cpt_fail(ctx, -ESRCH, "signals of %pD were for %u, who is not in the image", f, r->pid);
	err = compat_fown_make(f);
	if (!err)		/* first: a terminal finds itself an owner for it */
		err = set_async(r, f);
	if (!err) {
		o = compat_fown(f);
		__f_setown(f, pid, pid_types[r->type], 1);
		write_lock_irq(&o->lock);
		o->uid = uid;
		o->euid = euid;
		o->signum = r->signum;
		write_unlock_irq(&o->lock);
	}
	put_pid(pid);
	return err ? cpt_fail(ctx, err, "%pD cannot give signals again: error %d", f, -err) : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * POSIX message queues: the queues themselves, and open ones.
 *
 * Preserved: names, owners, modes, times, attributes, messages with their priorities and
 * their order, also of a queue that was removed and is still open; whose limit it counts for;
 * who is told of the next message (mq_notify), by a signal or not at all; flags and positions
 * of open ones.
 * Not preserved: inode numbers; the order of those who wait.
 * Refused: SIGEV_THREAD, which is a socket (AF_NETLINK); a process to be told that is gone or
 * outside; queues of another IPC namespace, and such that somebody outside has open, too.
 *
 * Queues are made by the VE's init, before its memory; filled at once, as nobody is told yet;
 * who is, when all tasks are made (link).
 *
 * Locks: the queue's own; the directory's inode for names.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/resource.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>

#include "in.h"
#include "ipc.h"
#include "out.h"
#include "undump.h"

/* obj->priv of a queue, whose obj->ptr is its inode */
struct mq_state {
	struct dentry *name;		/* held; of one that was removed, that of who has it open */
	bool removed;
	u32 nmsgs;
	u64 bytes;
};

/* --- queues at dump ---------------------------------------------------------------------------- */

static u64 count_bytes(struct compat_mqueue *q)
{
	struct rb_node *at;
	struct msg_msg *msg;
	u64 n = 0;

	for (at = rb_last(&q->msg_tree); at; at = rb_prev(at))
		list_for_each_entry(msg, &rb_entry(at, struct compat_mq_node, rb_node)->msg_list, m_list)
			n += msg->m_ts;
	return n;
}

/* With the queue locked: what stands against preserving who is told. NULL: nothing. */
static const char *obstacle(struct cpt_ctx *ctx, const struct compat_mqueue *q)
{
	if (!q->notify_owner)
		return NULL;
	if (q->notify.sigev_notify == SIGEV_THREAD)
		return "tells of messages by a socket (SIGEV_THREAD)";
	if (!pid_nr_ns(q->notify_owner, ctx->ns) || !pid_task(q->notify_owner, PIDTYPE_TGID))
		return "tells somebody of messages who is gone or outside the VE";
	return NULL;
}

static int mq_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct compat_mqueue *q = compat_mqueue(obj->ptr);
	struct mq_state *s = kzalloc(sizeof(*s), GFP_KERNEL);
	const char *why;

	if (!s)
		return -ENOMEM;
	rcu_read_lock();
	spin_lock(&q->lock);
	s->nmsgs = q->attr.mq_curmsgs;
	s->bytes = count_bytes(q);
	why = obstacle(ctx, q);
	spin_unlock(&q->lock);
	rcu_read_unlock();
	if (!why && s->bytes > CPT_MSGQ_MAX)
		why = "holds more than 64 MiB";
	obj->priv = s;
	ihold(obj->ptr);
	s->name = d_find_alias(obj->ptr);
	if (why && s->name)
		cpt_obstacle(ctx, "the VE's message queue /%pd (POSIX) %s, which cannot be preserved yet", s->name, why);
	else if (why)
		cpt_obstacle(ctx, "process %d (%s) holds a message queue (POSIX, fd %d) that %s, which cannot be preserved yet",
			     who->pid, who->comm, who->fd, why);
	return 0;
}

static void mq_release(struct cpt_obj *obj)
{
	struct mq_state *s = obj->priv;

	dput(s->name);
	iput(obj->ptr);
	kfree(s);
}

/* Of the queues that have names, up to @room, with references; returns how many there are. */
static u32 take_names(struct dentry *root, struct dentry **names, u32 room)
{
	struct dentry *child;
	u32 n = 0;

	spin_lock(&root->d_lock);
	compat_for_each_child(child, root) {
		spin_lock_nested(&child->d_lock, DENTRY_D_LOCK_NESTED);
		if (simple_positive(child)) {
			if (n < room)
				names[n] = dget_dlock(child);
			n++;
		}
		spin_unlock(&child->d_lock);
	}
	spin_unlock(&root->d_lock);
	return n;
}

/*
 * cpt_mq_collect - enter all queues that have a name; others are found by who has them open
 */
int cpt_mq_collect(struct cpt_ctx *ctx, const struct cpt_holder *who)
{
	struct dentry *root = ctx->ipc->mq_mnt->mnt_root, **names;
	u32 n, room = take_names(root, NULL, 0), i;
	int err = 0;

	if (!room)
		return 0;
	names = kvcalloc(room, sizeof(*names), GFP_KERNEL);
	if (!names)
		return -ENOMEM;
	n = take_names(root, names, room);
	for (i = 0; i < min(n, room); i++) {
		if (!err)
			err = cpt_collect(ctx, CPT_K_MQ, d_inode(names[i]), who);
		dput(names[i]);
	}
	kvfree(names);
	return err || n <= room ? err : cpt_fail(ctx, -EAGAIN, "message queues are being made in the VE: try again");
}

/* Is the queue, which is locked, as it was collected? */
static bool unchanged(struct compat_mqueue *q, const struct mq_state *s)
{
	return q->attr.mq_curmsgs == s->nmsgs && count_bytes(q) == s->bytes;
}

static void fill_notify(struct cpt_ctx *ctx, struct cpt_mq_rec *r, const struct compat_mqueue *q)
{
	struct task_struct *t;

	if (!q->notify_owner)
		return;
	r->notify = q->notify.sigev_notify == SIGEV_SIGNAL ? CPT_MQ_SIGNAL : CPT_MQ_NOTHING;
	r->pid = pid_nr_ns(q->notify_owner, ctx->ns);
	if (r->notify == CPT_MQ_NOTHING)	/* the rest is not set */
		return;
	r->signo = q->notify.sigev_signo;
	r->value = (unsigned long)q->notify.sigev_value.sival_ptr;
	rcu_read_lock();
	t = pid_task(q->notify_owner, PIDTYPE_TGID);
	if (!t || t->self_exec_id != q->notify_self_exec_id)
		r->flags |= CPT_MQ_STALE;
	rcu_read_unlock();
}

static void fill_messages(struct cpt_mq_msg *m, struct compat_mqueue *q)
{
	struct rb_node *at;
	struct msg_msg *msg;

	for (at = rb_last(&q->msg_tree); at; at = rb_prev(at))
		list_for_each_entry(msg, &rb_entry(at, struct compat_mq_node, rb_node)->msg_list, m_list) {
			m->prio = msg->m_type;
			m++->len = msg->m_ts;
		}
}

static void fill(struct cpt_ctx *ctx, struct cpt_mq_rec *r, struct compat_mqueue *q, const struct mq_state *s)
{
	struct inode *inode = &q->vfs_inode;
	struct compat_times times = compat_times(inode);

	r->bytes = s->bytes;
	r->atime = compat_atime(inode);
	r->mtime = timespec64_to_ns(&times.mtime);
	r->ctime = timespec64_to_ns(&times.ctime);
	r->mode = inode->i_mode & 0777;
	r->uid = from_kuid(&init_user_ns, inode->i_uid);
	r->gid = from_kgid(&init_user_ns, inode->i_gid);
	r->user = q->ucounts ? from_kuid(&init_user_ns, q->ucounts->uid) : 0;
	r->maxmsg = q->attr.mq_maxmsg;
	r->msgsize = q->attr.mq_msgsize;
	r->nmsgs = s->nmsgs;
	fill_messages((void *)(r + 1), q);
	fill_notify(ctx, r, q);
}

static int mq_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct compat_mqueue *q = compat_mqueue(obj->ptr);
	struct mq_state *s = obj->priv;
	u32 name_len = s->name->d_name.len;
	size_t msgs = s->nmsgs * sizeof(struct cpt_mq_msg);
	struct cpt_mq_rec *r = cpt_out_rec(ctx, CPT_K_MQ, obj->id, sizeof(*r), msgs + name_len);
	bool good;

	if (!r)
		return -ENOMEM;
	r->name_len = name_len;
	r->flags = s->removed ? CPT_MQ_REMOVED : 0;
	memcpy((char *)(r + 1) + msgs, s->name->d_name.name, name_len);	/* queues are not renamed */
	spin_lock(&q->lock);
	good = unchanged(q, s);
	if (good)
		fill(ctx, r, q, s);
	spin_unlock(&q->lock);
	return good ? 0 : cpt_fail(ctx, -EAGAIN, "a message queue (POSIX) of the VE changed during the checkpoint");
}

static int copy_messages(struct compat_mqueue *q, const struct mq_state *s, char *buf)
{
	struct rb_node *at;
	struct msg_msg *msg;
	int err = -EAGAIN;

	spin_lock(&q->lock);
	if (unchanged(q, s)) {
		err = 0;
		for (at = rb_last(&q->msg_tree); at; at = rb_prev(at))
			list_for_each_entry(msg, &rb_entry(at, struct compat_mq_node, rb_node)->msg_list, m_list) {
				compat_msg_copy(buf, msg);
				buf += msg->m_ts;
			}
	}
	spin_unlock(&q->lock);
	return err;
}

static int mq_data(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct mq_state *s = obj->priv;
	char *buf;
	int err;

	if (!s->bytes)
		return 0;
	buf = vmalloc(s->bytes);
	if (!buf)
		return -ENOMEM;
	err = copy_messages(compat_mqueue(obj->ptr), s, buf);
	if (!err)
		err = cpt_bytes_out(ctx, obj->id, buf, s->bytes);
	vfree(buf);
	return err;
}

/* --- queues at restore ------------------------------------------------------------------------- */

/* Places in the memory through which a queue is made: its name, its attributes; then a message. */
#define NAME_ROOM	256

/* As much as the VE may have, whatever limit ctl has. Returns what was. */
static struct rlimit lift_limit(struct cpt_ctx *ctx)
{
	struct rlimit *limit = &current->signal->rlim[RLIMIT_MSGQUEUE], was;

	task_lock(current->group_leader);
	was = *limit;
	if (cpt_ve_capable(ctx, CAP_SYS_RESOURCE))
		limit->rlim_max = RLIM_INFINITY;
	limit->rlim_cur = limit->rlim_max;
	task_unlock(current->group_leader);
	return was;
}

static void set_limit(const struct rlimit *was)
{
	task_lock(current->group_leader);
	current->signal->rlim[RLIMIT_MSGQUEUE] = *was;
	task_unlock(current->group_leader);
}

/* A queue with the name that stands at @u, for the user whose it is. A descriptor, or -errno. */
static long open_queue(struct cpt_ctx *ctx, const struct cpt_mq_rec *r, char __user *u)
{
	struct mq_attr attr = { .mq_maxmsg = r->maxmsg, .mq_msgsize = r->msgsize };
	struct cred *cred = cpt_ipc_user(ctx, r->user, CAP_SYS_RESOURCE);
	const struct cred *own;
	struct rlimit was;
	long fd;

	if (IS_ERR(cred))
		return PTR_ERR(cred);
	if (copy_to_user(u + NAME_ROOM, &attr, sizeof(attr))) {
		put_cred(cred);
		return -EFAULT;
	}
	was = lift_limit(ctx);
	own = override_creds(cred);
	fd = ksys(mq_open, u, O_RDWR | O_CREAT | O_EXCL, 0600, u + NAME_ROOM);
	revert_creds(own);
	set_limit(&was);
	put_cred(cred);
	return fd;
}

/* Those that were removed come first: another may have the name now. */
static long open_named(struct cpt_ctx *ctx, const struct cpt_mq_rec *r, char __user *u)
{
	const char *name = (const char *)((const struct cpt_mq_msg *)(r + 1) + r->nmsgs);
	char buf[NAME_ROOM] = "";
	long fd, err;

	memcpy(buf, name, r->name_len);
	if (copy_to_user(u, buf, sizeof(buf)))
		return -EFAULT;
	fd = open_queue(ctx, r, u);
	if (fd < 0 || !(r->flags & CPT_MQ_REMOVED))
		return fd;
	err = ksys(mq_unlink, u);
	if (!err)
		return fd;
	ksys(close_range, fd, fd, 0);
	return err;
}

static int send_all(struct cpt_ctx *ctx, const struct cpt_mq_rec *r, long fd, char __user *u)
{
	const struct cpt_mq_msg *m = (const void *)(r + 1);
	const char *data = cpt_in_staged(ctx, r->rec.id, r->bytes);
	int err = PTR_ERR_OR_ZERO(data);
	u32 i;

	for (i = 0; !err && i < r->nmsgs; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = copy_to_user(u, data, m[i].len) ? -EFAULT :
		      ksys(mq_timedsend, fd, u, (unsigned long)m[i].len, m[i].prio, NULL);
		data += m[i].len;
	}
	return err;
}

static void set_properties(struct inode *inode, const struct cpt_mq_rec *r)
{
	struct compat_times times = { ns_to_timespec64(r->mtime), ns_to_timespec64(r->ctime) };

	inode->i_mode = S_IFREG | r->mode;
	inode->i_uid = KUIDT_INIT(r->uid);
	inode->i_gid = KGIDT_INIT(r->gid);
	compat_set_times(inode, &times);
	compat_set_atime(inode, ns_to_timespec64(r->atime));
}

/* The queue, open. */
static struct file *make_queue(struct cpt_ctx *ctx, const struct cpt_mq_rec *r, char __user *u)
{
	long fd = open_named(ctx, r, u);
	struct file *f = fd < 0 ? NULL : fget(fd);
	int err = f ? send_all(ctx, r, fd, u) : fd < 0 ? (int)fd : -EBADF;

	if (fd >= 0)
		ksys(close_range, fd, fd, 0);
	if (!err) {
		set_properties(file_inode(f), r);
		return f;
	}
	if (f)
		fput(f);
	return ERR_PTR(cpt_fail(ctx, err, "a message queue (POSIX) cannot be made again: error %d", -err));
}

/* Through memory of init's that is its own only now. */
static void *mq_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_mq_rec *r = (const void *)rec;
	const struct cpt_mq_msg *m = (const void *)(r + 1);
	unsigned long u, len = NAME_ROOM + sizeof(struct mq_attr);
	struct file *f;
	u32 i;

	for (i = 0; i < r->nmsgs; i++)
		len = max_t(unsigned long, len, m[i].len);
	len = PAGE_ALIGN(len);
	u = vm_mmap(NULL, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(u))
		return ERR_PTR((long)u);
	f = make_queue(ctx, r, (char __user *)u);
	vm_munmap(u, len);
	return f;
}

/* The process that is told; NULL: it is not of the image. It exists, and nothing runs. */
static struct task_struct *told(struct cpt_ctx *ctx, const struct cpt_mq_rec *r)
{
	struct cpt_undump *u = ctx->undump;
	u32 i;

	for (i = 0; i < u->ntasks; i++)
		if (u->tasks[i].rec->pid == r->pid && u->tasks[i].task && thread_group_leader(u->tasks[i].task))
			return u->tasks[i].task;
	return NULL;
}

/* As mq_notify(2) does it in that process. */
static int mq_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_mq_rec *r = (const void *)rec;
	struct compat_mqueue *q = compat_mqueue(file_inode(made));
	struct task_struct *t = r->notify ? told(ctx, r) : NULL;
	struct user_namespace *ns;
	struct pid *pid;

	if (!r->notify)
		return 0;
	if (!t)
		return cpt_fail(ctx, -EINVAL, "the image has no process %u, which a message queue is to tell", r->pid);
	rcu_read_lock();
	pid = get_pid(task_tgid(t));
	ns = get_user_ns(__task_cred(t)->user_ns);
	rcu_read_unlock();
	spin_lock(&q->lock);
	if (!q->notify_owner) {
		swap(q->notify_owner, pid);
		swap(q->notify_user_ns, ns);
		q->notify.sigev_notify = r->notify == CPT_MQ_SIGNAL ? SIGEV_SIGNAL : SIGEV_NONE;
		q->notify.sigev_signo = r->signo;
		q->notify.sigev_value.sival_ptr = (void __user *)(unsigned long)r->value;
		q->notify_self_exec_id = t->self_exec_id - !!(r->flags & CPT_MQ_STALE);
	}
	spin_unlock(&q->lock);
	put_pid(pid);
	if (pid)		/* somebody else was quicker, from outside */
		put_user_ns(ns);
	return pid ? -EBUSY : 0;
}

const struct cpt_kind_ops cpt_mq_ops = {
	.kind		= CPT_K_MQ,
	.name		= "POSIX message queue",
	.collect	= mq_collect,
	.dump		= mq_dump,
	.data		= mq_data,
	.release	= mq_release,
	.make		= mq_make,
	.link		= mq_link,
	.unmake		= cpt_file_unmake,
};

/* --- open ones --------------------------------------------------------------------------------- */

static bool mqfd_owns(struct file *f)
{
	return compat_is_mqueue(f) && !(f->f_mode & FMODE_PATH);
}

static int mqfd_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct mq_state *s;
	struct file *f = obj->ptr;
	int err;

	if (file_inode(f)->i_sb != ctx->ipc->mq_mnt->mnt_sb)
		cpt_file_refuse(ctx, f, who, "a message queue of another IPC namespace, which cannot be preserved");
	else if (f->f_path.mnt != ctx->ipc->mq_mnt && !cpt_mount_by_vfs(ctx, f->f_path.mnt))
		cpt_file_refuse(ctx, f, who, "a message queue in a mount outside the VE, which cannot be preserved");
	err = cpt_collect(ctx, CPT_K_MQ, file_inode(f), who);
	if (err)
		return err;
	s = cpt_obj_find(ctx, file_inode(f))->priv;
	if (!s->name) {
		s->removed = true;
		s->name = dget(f->f_path.dentry);
	}
	return cpt_anon_collect(ctx, obj, who);
}

static int mqfd_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_mqfd_rec *r = cpt_out_rec(ctx, CPT_K_MQFD, obj->id, sizeof(*r), 0);
	const struct file *f = obj->ptr;

	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, f);
	r->mq = cpt_obj_id(ctx, file_inode(f));
	if (f->f_path.mnt != ctx->ipc->mq_mnt)
		r->mount = cpt_mount_by_vfs(ctx, f->f_path.mnt)->id;
	return 0;
}

static void *mqfd_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_mqfd_rec *r = (const void *)rec;
	const struct cpt_mount *m = r->mount ? cpt_mount_by_id(ctx, r->mount) : NULL;
	const struct cred *cred = cpt_made(ctx, r->file.cred);
	struct file *queue = cpt_made(ctx, r->mq), *f;
	struct path path;

	if (IS_ERR(cred))
		return (void *)cred;
	if (IS_ERR(queue))
		return queue;
	path = queue->f_path;
	if (r->mount) {
		if (!m || m->root.mnt->mnt_sb != path.mnt->mnt_sb)
			return ERR_PTR(cpt_fail(ctx, -ENOENT, "the VE has no mount %u of message queues", r->mount));
		path.mnt = m->root.mnt;
	}
	f = dentry_open(&path, r->file.flags & (O_ACCMODE | O_LARGEFILE), cred);
	if (!IS_ERR(f))
		cpt_file_finish(f, &r->file);
	return f;
}

const struct cpt_kind_ops cpt_mqfd_ops = {
	.kind		= CPT_K_MQFD,
	.name		= "message queue",
	.owns		= mqfd_owns,
	.collect	= mqfd_collect,
	.check		= cpt_anon_check,
	.dump		= mqfd_dump,
	.release	= cpt_anon_release,
	.make		= mqfd_make,
	.unmake		= cpt_file_unmake,
};

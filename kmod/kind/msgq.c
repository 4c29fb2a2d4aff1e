// SPDX-License-Identifier: GPL-2.0
/*
 * System V message queues.
 *
 * Preserved: id, key, owner, creator, mode, times, pids, limit; messages with their types and
 * bytes, in their order.
 * Who waits to send or to receive calls again; their order is not preserved.
 * Refused: more than CPT_MSGQ_MAX bytes in a queue, or as much of empty messages.
 */
#include <linux/mman.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "in.h"
#include "ipc.h"
#include "out.h"
#include "undump.h"

/* obj->priv of a queue, whose obj->ptr is its struct kern_ipc_perm, only compared */
struct msgq_state {
	int id;
	u32 nmsgs;
	u64 bytes;
};

/* Under ids->rwsem (cpt_ipc_collect): it stays. Its messages stay, too, if nobody outside takes them. */
static int msgq_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct compat_msgq *q = obj->ptr;
	struct msgq_state *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->id = q->perm.id;
	s->nmsgs = q->qnum;
	s->bytes = q->cbytes;
	if (s->bytes > CPT_MSGQ_MAX || q->qnum > CPT_MSGQ_MAX / sizeof(struct cpt_msgq_msg))
		cpt_obstacle(ctx, "the VE's message queue %d (System V) holds more than %u MiB, which cannot be preserved",
			     s->id, CPT_MSGQ_MAX >> 20);
	obj->priv = s;
	return 0;
}

static void msgq_release(struct cpt_obj *obj)
{
	kfree(obj->priv);
}

/* The queue of an object, locked, if it has what it had. NULL: it has not, which is said. */
static struct compat_msgq *lock_queue(struct cpt_ctx *ctx, const struct cpt_obj *obj)
{
	const struct msgq_state *s = obj->priv;
	struct compat_msgq *q = cpt_ipc_lock(ctx, COMPAT_MSG_IDS, s->id);

	if (q && (q->qnum != s->nmsgs || q->cbytes != s->bytes)) {
		cpt_ipc_unlock(&q->perm);
		q = NULL;
	}
	if (!q)
		cpt_say(ctx, "the VE's message queue %d (System V) changed during the checkpoint", s->id);
	return q;
}

static void fill(struct cpt_ctx *ctx, struct cpt_msgq_rec *r, const struct compat_msgq *q)
{
	struct cpt_msgq_msg *m = (void *)(r + 1);
	const struct msg_msg *msg;

	cpt_ipc_fill(&r->perm, &q->perm);
	r->stime = q->stime;
	r->rtime = q->rtime;
	r->ctime = q->ctime;
	r->qbytes = q->qbytes;
	r->bytes = q->cbytes;
	r->lspid = cpt_ipc_pid(ctx, q->lspid);
	r->lrpid = cpt_ipc_pid(ctx, q->lrpid);
	r->nmsgs = q->qnum;
	list_for_each_entry(msg, &q->messages, m_list) {
		m->type = msg->m_type;
		m++->len = msg->m_ts;
	}
}

static int msgq_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct msgq_state *s = obj->priv;
	struct compat_msgq *q;
	struct cpt_msgq_rec *r;

	r = cpt_out_rec(ctx, CPT_K_MSGQ, obj->id, sizeof(*r), s->nmsgs * sizeof(struct cpt_msgq_msg));
	if (!r)
		return -ENOMEM;
	q = lock_queue(ctx, obj);
	if (!q)
		return -EAGAIN;
	fill(ctx, r, q);
	cpt_ipc_unlock(&q->perm);
	return 0;
}

/* All messages, one after the other: s->bytes at @buf. */
static int copy_messages(struct cpt_ctx *ctx, struct cpt_obj *obj, char *buf)
{
	struct compat_msgq *q = lock_queue(ctx, obj);
	const struct msg_msg *msg;

	if (!q)
		return -EAGAIN;
	list_for_each_entry(msg, &q->messages, m_list) {
		compat_msg_copy(buf, msg);
		buf += msg->m_ts;
	}
	cpt_ipc_unlock(&q->perm);
	return 0;
}

static int msgq_data(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct msgq_state *s = obj->priv;
	char *buf;
	int err;

	if (!s->bytes)
		return 0;
	buf = vmalloc(s->bytes);
	if (!buf)
		return -ENOMEM;
	err = copy_messages(ctx, obj, buf);
	if (!err)
		err = cpt_bytes_out(ctx, obj->id, buf, s->bytes);
	vfree(buf);
	return err;
}

static void *msgq_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_msgq_rec *r = (const void *)rec;
	int err;

	cpt_ipc_wanted(ctx, COMPAT_MSG_IDS, &r->perm);
	err = cpt_ipc_made(ctx, COMPAT_MSG_IDS, &r->perm,
			   ksys(msgget, r->perm.key, IPC_CREAT | IPC_EXCL | 0600));
	return err ? ERR_PTR(err) : (void *)r;	/* it is the namespace's; found by its id */
}

static int send(int id, const struct cpt_msgq_msg *m, const void *data, char __user *u)
{
	long type = m->type;

	if (type != m->type)
		return -EINVAL;
	if (copy_to_user(u, &type, sizeof(type)) || copy_to_user(u + sizeof(type), data, m->len))
		return -EFAULT;
	return ksys(msgsnd, id, u, (unsigned long)m->len, IPC_NOWAIT);
}

static int send_all(struct cpt_ctx *ctx, const struct cpt_msgq_rec *r, char __user *u)
{
	const struct cpt_msgq_msg *m = (const void *)(r + 1);
	const char *data = cpt_in_staged(ctx, r->rec.id, r->bytes);
	int err = PTR_ERR_OR_ZERO(data);
	u32 i;

	for (i = 0; !err && i < r->nmsgs; i++) {
		err = fatal_signal_pending(current) ? -EINTR : send(r->perm.id, &m[i], data, u);
		data += m[i].len;
	}
	return err ? cpt_fail(ctx, err, "the message queue %d (System V) cannot be filled again: error %d",
			      r->perm.id, -err) : 0;
}

/* Through memory of init's that is its own only now. */
static int send_messages(struct cpt_ctx *ctx, const struct cpt_msgq_rec *r)
{
	const struct cpt_msgq_msg *m = (const void *)(r + 1);
	unsigned long u, len = 0;
	int err;
	u32 i;

	for (i = 0; i < r->nmsgs; i++)
		len = max_t(unsigned long, len, m[i].len);
	len = PAGE_ALIGN(len + sizeof(long));
	u = vm_mmap(NULL, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(u))
		return (int)u;
	err = send_all(ctx, r, (char __user *)u);
	vm_munmap(u, len);
	return err;
}

/* How many bytes it may hold. */
static int set_room(struct cpt_ctx *ctx, const struct cpt_msgq_rec *r, unsigned long qbytes)
{
	struct compat_msgq *q = cpt_ipc_lock(ctx, COMPAT_MSG_IDS, r->perm.id);

	if (!q)
		return -EIDRM;
	q->qbytes = qbytes;
	cpt_ipc_unlock(&q->perm);
	return 0;
}

static int set_properties(struct cpt_ctx *ctx, const struct cpt_msgq_rec *r, struct pid **lspid, struct pid **lrpid)
{
	struct compat_msgq *q = cpt_ipc_lock(ctx, COMPAT_MSG_IDS, r->perm.id);

	if (!q)
		return -EIDRM;
	cpt_ipc_set(&q->perm, &r->perm);
	q->stime = r->stime;
	q->rtime = r->rtime;
	q->ctime = r->ctime;
	q->qbytes = r->qbytes;
	cpt_ipc_set_pid(&q->lspid, lspid);
	cpt_ipc_set_pid(&q->lrpid, lrpid);
	cpt_ipc_unlock(&q->perm);
	return 0;
}

static int msgq_late(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_msgq_rec *r = (const void *)rec;
	struct pid *lspid = NULL, *lrpid = NULL;
	int err;

	/* as msgctl(2) has it; the limits of the namespace are the VE's root's to set */
	if (r->qbytes > ULONG_MAX || (r->qbytes > INT_MAX && !cpt_ve_capable(ctx, CAP_SYS_RESOURCE)))
		return cpt_fail(ctx, -EPERM, "the image wants a message queue that is larger than the VE may have");
	err = set_room(ctx, r, INT_MAX);
	if (!err)
		err = send_messages(ctx, r);
	if (!err)
		err = cpt_ipc_get_pid(ctx, r->lspid, &lspid);
	if (!err)
		err = cpt_ipc_get_pid(ctx, r->lrpid, &lrpid);
	if (!err)
		err = set_properties(ctx, r, &lspid, &lrpid);
	put_pid(lspid);
	put_pid(lrpid);
	return err;
}

const struct cpt_kind_ops cpt_msgq_ops = {
	.kind		= CPT_K_MSGQ,
	.name		= "message queue",
	.collect	= msgq_collect,
	.dump		= msgq_dump,
	.data		= msgq_data,
	.release	= msgq_release,
	.make		= msgq_make,
	.late		= msgq_late,
};

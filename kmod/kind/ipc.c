// SPDX-License-Identifier: GPL-2.0
/*
 * The VE's IPC namespace: limits, and what its objects share.
 *
 * Preserved: the limits of /proc/sys/kernel (shmmax, sem, msgmax…) and of fs/mqueue; objects
 * with their ids, keys, owners, modes, times and pids, also of processes that are gone; the
 * ids that the next objects get.
 * Refused: an IPC namespace that is the host's.
 *
 * The objects are the VE's, not a task's: they are collected before the tasks, and made by the
 * VE's init before its memory. Their times, and what else the tasks' restore would change, are
 * set when all tasks are made (late). Limits are out of the way until then.
 *
 * Locks: an object's own lock, within RCU; ids->rwsem while they are looked for.
 */
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/sched/user.h>

#include "ipc.h"
#include "out.h"
#include "undump.h"

static const enum cpt_kind kind_of[] = {
	[COMPAT_SEM_IDS] = CPT_K_SEM, [COMPAT_MSG_IDS] = CPT_K_MSGQ, [COMPAT_SHM_IDS] = CPT_K_SHM,
};

/*
 * cpt_ipc_lock - the object @id, locked; NULL: it was removed
 *
 * It begins with its struct kern_ipc_perm, which cpt_ipc_unlock() takes.
 */
void *cpt_ipc_lock(struct cpt_ctx *ctx, int sort, int id)
{
	struct kern_ipc_perm *perm;

	rcu_read_lock();
	perm = ksym(ipc_obtain_object_check)(cpt_ipc_ids(ctx, sort), id);
	if (!IS_ERR(perm)) {
		spin_lock(&perm->lock);
		if (!perm->deleted) {
			__release(&perm->lock);	/* for sparse: cpt_ipc_unlock() does it */
			__release(RCU);
			return perm;
		}
		spin_unlock(&perm->lock);
	}
	rcu_read_unlock();
	return NULL;
}

void cpt_ipc_unlock(struct kern_ipc_perm *perm)
{
	__acquire(RCU);
	__acquire(&perm->lock);
	spin_unlock(&perm->lock);
	rcu_read_unlock();
}

/* --- dump -------------------------------------------------------------------------------------- */

/* Objects are not removed under the lock, so their addresses tell them apart. */
static int collect_sort(struct cpt_ctx *ctx, int sort, const struct cpt_holder *who)
{
	struct ipc_ids *ids = cpt_ipc_ids(ctx, sort);
	struct kern_ipc_perm *perm;
	int err = 0, i;

	if (down_read_killable(&ids->rwsem))
		return -EINTR;
	idr_for_each_entry(&ids->ipcs_idr, perm, i) {
		err = cpt_collect(ctx, kind_of[sort], perm, who);
		if (err)
			break;
	}
	up_read(&ids->rwsem);
	return err;
}

/*
 * cpt_ipc_collect - enter all objects of the IPC namespace of @init
 */
int cpt_ipc_collect(struct cpt_ctx *ctx, struct task_struct *init)
{
	struct cpt_holder who = { .pid = 1, .fd = -1, .task = init };
	int sort, err = 0;

	get_task_comm(who.comm, init);
	task_lock(init);
	ctx->ipc = init->nsproxy ? get_ipc_ns(init->nsproxy->ipc_ns) : NULL;
	task_unlock(init);
	if (!ctx->ipc)
		return cpt_fail(ctx, -ESRCH, "the init of the VE is dead");
	if (ctx->ipc == init_task.nsproxy->ipc_ns)
		return cpt_obstacle(ctx, "the VE has the IPC namespace of the host");
	for (sort = 0; !err && sort < ARRAY_SIZE(kind_of); sort++)
		err = collect_sort(ctx, sort, &who);
	return err ? err : cpt_mq_collect(ctx, &who);
}

/* Undo of cpt_ipc_collect(), when the objects are released. */
void cpt_ipc_drop(struct cpt_ctx *ctx)
{
	if (ctx->ipc)
		ksym(put_ipc_ns)(ctx->ipc);
	ctx->ipc = NULL;
}

/* The record, of which there is one. Everything stands still, but somebody outside might write. */
int cpt_ipc_dump(struct cpt_ctx *ctx)
{
	struct cpt_ipc_rec *r = cpt_out_rec(ctx, CPT_K_IPC, 0, sizeof(*r), 0);
	const struct ipc_namespace *ns = ctx->ipc;
	int i;

	if (!r)
		return -ENOMEM;
	r->shmmax = ns->shm_ctlmax;
	r->shmall = ns->shm_ctlall;
	for (i = 0; i < ARRAY_SIZE(r->sem); i++)
		r->sem[i] = ns->sem_ctls[i];
	r->msgmax = ns->msg_ctlmax;
	r->msgmnb = ns->msg_ctlmnb;
	r->msgmni = ns->msg_ctlmni;
	r->shmmni = ns->shm_ctlmni;
	r->shm_rmid_forced = ns->shm_rmid_forced;
	r->mq_queues_max = ns->mq_queues_max;
	r->mq_msg_max = ns->mq_msg_max;
	r->mq_msgsize_max = ns->mq_msgsize_max;
	r->mq_msg_default = ns->mq_msg_default;
	r->mq_msgsize_default = ns->mq_msgsize_default;
	for (i = 0; i < ARRAY_SIZE(r->ids); i++) {
		r->ids[i].next_id = ns->ids[i].next_id;
		r->ids[i].last_idx = ns->ids[i].last_idx;
		r->ids[i].seq = ns->ids[i].seq;
		r->ids[i].cursor = idr_get_cursor(&ns->ids[i].ipcs_idr);
	}
	return 0;
}

void cpt_ipc_fill(struct cpt_ipc_perm *r, const struct kern_ipc_perm *perm)
{
	r->id = perm->id;
	r->key = perm->key;
	r->uid = from_kuid(&init_user_ns, perm->uid);
	r->gid = from_kgid(&init_user_ns, perm->gid);
	r->cuid = from_kuid(&init_user_ns, perm->cuid);
	r->cgid = from_kgid(&init_user_ns, perm->cgid);
	r->mode = perm->mode;
}

/* A process as the VE has it; also one that is gone. */
u32 cpt_ipc_pid(struct cpt_ctx *ctx, struct pid *pid)
{
	return pid_nr_ns(pid, ctx->ns);
}

/* --- restore ----------------------------------------------------------------------------------- */

static const struct cpt_ipc_rec *ipc_rec(struct cpt_ctx *ctx)
{
	const struct cpt_rec *rec = NULL;

	while ((rec = cpt_rec_after(ctx, rec)) && !rec->id)
		if (rec->kind == CPT_K_IPC)
			return (const void *)rec;
	return NULL;
}

/* As high as a root of the VE could set them. */
static void lift_limits(struct ipc_namespace *ns)
{
	int mni = 1 << compat_ipc_shift;

	ns->shm_ctlmax = ULONG_MAX;
	ns->shm_ctlall = ULONG_MAX;
	ns->shm_ctlmni = mni;
	ns->shm_rmid_forced = 0;
	ns->sem_ctls[0] = ns->sem_ctls[1] = ns->sem_ctls[2] = INT_MAX;
	ns->sem_ctls[3] = mni;
	ns->msg_ctlmax = ns->msg_ctlmnb = INT_MAX;
	ns->msg_ctlmni = mni;
	ns->mq_queues_max = INT_MAX;
	ns->mq_msg_max = HARD_MSGMAX;
	ns->mq_msgsize_max = HARD_MSGSIZEMAX;
}

static bool fits(const struct cpt_ipc_rec *r)
{
	u32 mni = 1U << compat_ipc_shift;
	int i;

	for (i = 0; i < ARRAY_SIZE(r->ids); i++)
		if (r->ids[i].seq > INT_MAX >> compat_ipc_shift || r->ids[i].last_idx >= (s32)mni ||
		    r->ids[i].cursor > mni)
			return false;
	return r->shmmax <= ULONG_MAX && r->shmall <= ULONG_MAX && r->sem[3] <= mni && r->msgmni <= mni &&
	       r->shmmni <= mni;
}

static bool kept_by_namespace(const struct cpt_rec *rec)
{
	return rec->kind == CPT_K_SEM || rec->kind == CPT_K_MSGQ || rec->kind == CPT_K_SHM || rec->kind == CPT_K_MQ;
}

/* POSIX, and open: for a moment it has its name again, which may be another's now. */
static bool is_removed_queue(const struct cpt_rec *rec)
{
	return rec->kind == CPT_K_MQ && (((const struct cpt_mq_rec *)rec)->flags & CPT_MQ_REMOVED);
}

/*
 * cpt_ipc_restore - make the namespace's objects; in the VE's init, before all else
 */
int cpt_ipc_restore(struct cpt_ctx *ctx)
{
	const struct cpt_ipc_rec *r = ipc_rec(ctx);
	const struct cpt_walk *w = &ctx->undump->walk;
	int err = 0;
	u32 id;

	if (r && !fits(r))
		return cpt_fail(ctx, -EINVAL, "the image has limits of IPC that this kernel does not have");
	if (r)
		lift_limits(current->nsproxy->ipc_ns);
	for (id = 1; !err && id <= w->nobj; id++)
		if (is_removed_queue(w->obj[id]))
			err = PTR_ERR_OR_ZERO(cpt_made(ctx, id));
	for (id = 1; !err && id <= w->nobj; id++)
		if (kept_by_namespace(w->obj[id]))
			err = PTR_ERR_OR_ZERO(cpt_made(ctx, id));
	return err;
}

/* cpt_ipc_wanted - the next object of the sort is to get the id of @r */
void cpt_ipc_wanted(struct cpt_ctx *ctx, int sort, const struct cpt_ipc_perm *r)
{
	cpt_ipc_ids(ctx, sort)->next_id = r->id;
}

/* cpt_ipc_made - was it made (@id: what the system call said) and is it that? */
int cpt_ipc_made(struct cpt_ctx *ctx, int sort, const struct cpt_ipc_perm *r, long id)
{
	static const char * const names[] = { "semaphores", "message queue", "shared memory" };

	if (id == r->id)
		return 0;
	return cpt_fail(ctx, id < 0 ? id : -EINVAL, "the %s %d of System V IPC cannot be made again: error %ld",
			names[sort], r->id, id < 0 ? -id : EINVAL);
}

/* Owner and mode of a locked object. Bits beyond the permissions are its kind's. */
void cpt_ipc_set(struct kern_ipc_perm *perm, const struct cpt_ipc_perm *r)
{
	perm->uid = KUIDT_INIT(r->uid);
	perm->gid = KGIDT_INIT(r->gid);
	perm->cuid = KUIDT_INIT(r->cuid);
	perm->cgid = KGIDT_INIT(r->cgid);
	perm->mode = (perm->mode & ~0777) | (r->mode & 0777);
}

/* What stands for a process, with a reference; NULL for none. When all tasks are made. */
int cpt_ipc_get_pid(struct cpt_ctx *ctx, u32 nr, struct pid **pid)
{
	*pid = nr ? cpt_pid_get(ctx, nr) : NULL;
	if (!IS_ERR(*pid))
		return 0;
	nr = PTR_ERR(*pid);
	*pid = NULL;
	return nr;
}

/* Exchange what an object has, which is locked: @pid is the old one then, for put_pid(). */
void cpt_ipc_set_pid(struct pid **at, struct pid **pid)
{
	swap(*at, *pid);
}

/*
 * cpt_ipc_user - the credentials of a user for whom something counts, or ERR_PTR
 * @cap: the only capability they have, if the VE may have it
 */
struct cred *cpt_ipc_user(struct cpt_ctx *ctx, u32 uid, int cap)
{
	struct user_struct *user = ksym(alloc_uid)(KUIDT_INIT(uid));
	struct cred *c = prepare_creds();

	if (!c || !user) {
		ksym(free_uid)(user);
		if (c)
			abort_creds(c);
		return ERR_PTR(-ENOMEM);
	}
	ksym(free_uid)(c->user);
	c->user = user;
	c->uid = c->euid = c->suid = c->fsuid = KUIDT_INIT(uid);
	c->cap_effective = compat_cap_from_u64(cpt_ve_capable(ctx, cap) ? 1ULL << cap : 0);
	if (!ksym(set_cred_ucounts)(c))
		return c;
	abort_creds(c);
	return ERR_PTR(-ENOMEM);
}

static void set_limits(struct ipc_namespace *ns, const struct cpt_ipc_rec *r)
{
	int i;

	ns->shm_ctlmax = r->shmmax;
	ns->shm_ctlall = r->shmall;
	ns->shm_ctlmni = r->shmmni;
	for (i = 0; i < ARRAY_SIZE(r->sem); i++)
		ns->sem_ctls[i] = r->sem[i];
	ns->msg_ctlmax = r->msgmax;
	ns->msg_ctlmnb = r->msgmnb;
	ns->msg_ctlmni = r->msgmni;
	ns->mq_queues_max = r->mq_queues_max;
	ns->mq_msg_max = r->mq_msg_max;
	ns->mq_msgsize_max = r->mq_msgsize_max;
	ns->mq_msg_default = r->mq_msg_default;
	ns->mq_msgsize_default = r->mq_msgsize_default;
	ns->shm_rmid_forced = r->shm_rmid_forced;	/* by itself it removes nothing */
}

/*
 * cpt_ipc_late - limits and counters, when all objects are as they were
 */
int cpt_ipc_late(struct cpt_ctx *ctx)
{
	struct ipc_namespace *ns = current->nsproxy->ipc_ns;
	const struct cpt_ipc_rec *r = ipc_rec(ctx);
	int i;

	if (!r)
		return 0;
	for (i = 0; i < ARRAY_SIZE(r->ids); i++) {
		if (down_write_killable(&ns->ids[i].rwsem))
			return -EINTR;
		ns->ids[i].next_id = r->ids[i].next_id;
		ns->ids[i].last_idx = r->ids[i].last_idx;
		ns->ids[i].seq = r->ids[i].seq;
		idr_set_cursor(&ns->ids[i].ipcs_idr, r->ids[i].cursor);
		up_write(&ns->ids[i].rwsem);
	}
	set_limits(ns, r);
	return 0;
}

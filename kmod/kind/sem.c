// SPDX-License-Identifier: GPL-2.0
/*
 * System V semaphores: sets, and what is undone when processes exit (SEM_UNDO).
 *
 * Preserved: id, key, owner, creator, mode, times; values, and the pids of those who changed
 * them last; what is to be undone, and which tasks share that (CLONE_SYSVSEM).
 * Who waits for a semaphore calls again (freeze.c): the order of those who wait is not
 * preserved.
 *
 * What is to undo belongs to a list that tasks share. At restore each of them takes the list
 * when its turn comes, while it is empty; the VE's init fills it in, the last of all (late).
 */
#include <linux/nsproxy.h>
#include <linux/slab.h>

#include "ipc.h"
#include "out.h"
#include "undump.h"

/* --- sets -------------------------------------------------------------------------------------- */

/* obj->priv of a set, whose obj->ptr is its struct kern_ipc_perm, only compared */
struct sem_state {
	int id;
	u32 n;
};

/* Under ids->rwsem (cpt_ipc_collect): it stays. */
static int sem_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct compat_sems *sems = obj->ptr;
	struct sem_state *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->id = sems->perm.id;
	s->n = sems->nsems;
	obj->priv = s;
	return 0;
}

/* The set of an object, locked. NULL: it was removed, which is said. */
static struct compat_sems *lock_set(struct cpt_ctx *ctx, const struct cpt_obj *obj)
{
	const struct sem_state *s = obj->priv;
	struct compat_sems *sems = cpt_ipc_lock(ctx, COMPAT_SEM_IDS, s->id);

	if (sems && sems->nsems != s->n) {
		cpt_ipc_unlock(&sems->perm);
		sems = NULL;
	}
	if (!sems)
		cpt_say(ctx, "the VE's semaphores %d (System V) were removed during the checkpoint", s->id);
	return sems;
}

static int sem_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	u32 n = ((struct sem_state *)obj->priv)->n, i;
	struct cpt_sem_value *v;
	struct compat_sems *sems;
	struct cpt_sem_rec *r;

	r = cpt_out_rec(ctx, CPT_K_SEM, obj->id, sizeof(*r), (size_t)n * sizeof(*v));
	if (!r)
		return -ENOMEM;
	sems = lock_set(ctx, obj);
	if (!sems)
		return -EAGAIN;
	cpt_ipc_fill(&r->perm, &sems->perm);
	r->ctime = sems->ctime;
	r->n = n;
	v = (void *)(r + 1);
	for (i = 0; i < n; i++) {
		v[i].value = sems->sems[i].val;
		v[i].pid = cpt_ipc_pid(ctx, sems->sems[i].pid);
		r->otime = max_t(s64, r->otime, sems->sems[i].otime);	/* as semctl(2) tells it */
	}
	cpt_ipc_unlock(&sems->perm);
	return 0;
}

static void sem_release(struct cpt_obj *obj)
{
	kfree(obj->priv);
}

static void *sem_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_sem_rec *r = (const void *)rec;
	int err;

	cpt_ipc_wanted(ctx, COMPAT_SEM_IDS, &r->perm);
	err = cpt_ipc_made(ctx, COMPAT_SEM_IDS, &r->perm,
			   ksys(semget, r->perm.key, r->n, IPC_CREAT | IPC_EXCL | 0600));
	return err ? ERR_PTR(err) : (void *)r;	/* it is the namespace's; found by its id */
}

/* One after the other: to find a process may mean to make one. */
static int set_value(struct cpt_ctx *ctx, const struct cpt_sem_rec *r, u32 i)
{
	const struct cpt_sem_value *v = (const void *)(r + 1);
	struct compat_sems *sems;
	struct pid *pid;
	int err = cpt_ipc_get_pid(ctx, v[i].pid, &pid);

	if (err)
		return err;
	sems = cpt_ipc_lock(ctx, COMPAT_SEM_IDS, r->perm.id);
	if (sems && i < sems->nsems) {
		sems->sems[i].val = v[i].value;
		sems->sems[i].otime = r->otime;
		cpt_ipc_set_pid(&sems->sems[i].pid, &pid);
	}
	if (sems)
		cpt_ipc_unlock(&sems->perm);
	put_pid(pid);
	return sems ? 0 : -EIDRM;
}

static int sem_late(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_sem_rec *r = (const void *)rec;
	struct compat_sems *sems;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < r->n; i++)
		err = fatal_signal_pending(current) ? -EINTR : set_value(ctx, r, i);
	if (err)
		return err;
	sems = cpt_ipc_lock(ctx, COMPAT_SEM_IDS, r->perm.id);
	if (!sems)
		return -EIDRM;
	cpt_ipc_set(&sems->perm, &r->perm);
	sems->ctime = r->ctime;
	cpt_ipc_unlock(&sems->perm);
	return 0;
}

const struct cpt_kind_ops cpt_sem_ops = {
	.kind		= CPT_K_SEM,
	.name		= "semaphores",
	.collect	= sem_collect,
	.dump		= sem_dump,
	.release	= sem_release,
	.make		= sem_make,
	.late		= sem_late,
};

/* --- what is to undo --------------------------------------------------------------------------- */

/* The list of a task that lives and is frozen, or NULL. */
static struct compat_undo_list *undo_list(const struct cpt_obj *obj)
{
	const struct task_struct *t = obj->ptr;

	return obj->kind == CPT_K_TASK && !READ_ONCE(t->exit_state) ? (void *)t->sysvsem.undo_list : NULL;
}

/*
 * cpt_semundo_collect - enter the lists of all tasks, which are in the table
 *
 * An empty list that nobody shares is as good as none.
 */
int cpt_semundo_collect(struct cpt_ctx *ctx)
{
	struct cpt_obj *obj, *last = list_last_entry(&ctx->obj_list, struct cpt_obj, list);
	int err = 0;

	list_for_each_entry(obj, &ctx->obj_list, list) {
		struct compat_undo_list *list = undo_list(obj);

		if (list && (refcount_read(&list->refcnt) > 1 || !list_empty(&list->list_proc)))
			err = cpt_collect(ctx, CPT_K_SEMUNDO, list, NULL);
		if (err || obj == last)
			break;
	}
	return err;
}

static int semundo_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	return 0;
}

/* The tasks that have it; their ids, if there is room for them. */
static u32 tasks_of(struct cpt_ctx *ctx, const struct compat_undo_list *list, u64 *ids)
{
	struct cpt_obj *obj;
	u32 n = 0;

	list_for_each_entry(obj, &ctx->obj_list, list)
		if (undo_list(obj) == list) {
			if (ids)
				ids[n] = obj->id;
			n++;
		}
	return n;
}

/* What a list undoes of a set, which is locked, added to @adjs, if there is room. Returns the number of all. */
static u32 adjs_of(const struct compat_sems *sems, const struct compat_undo_list *list, u64 id,
		   struct cpt_sem_adj *adjs, u32 room)
{
	const struct compat_sem_undo *un;
	u32 n = 0, i;

	list_for_each_entry(un, &sems->list_id, list_id)
		for (i = 0; un->ulp == list && i < sems->nsems; i++) {
			if (!un->semadj[i])
				continue;
			if (n < room)
				adjs[n] = (struct cpt_sem_adj){ .sem = id, .num = i, .adj = un->semadj[i] };
			n++;
		}
	return n;
}

/* The same of all sets. Returns 0, with the number of them, or -errno. */
static int adjs_of_all(struct cpt_ctx *ctx, const struct compat_undo_list *list, struct cpt_sem_adj *adjs, u32 room,
		       u32 *n)
{
	struct compat_sems *sems;
	struct cpt_obj *obj;

	*n = 0;
	list_for_each_entry(obj, &ctx->obj_list, list) {
		if (obj->kind != CPT_K_SEM)
			continue;
		sems = lock_set(ctx, obj);
		if (!sems)
			return -EAGAIN;
		*n += adjs_of(sems, list, obj->id, adjs + *n, room > *n ? room - *n : 0);
		cpt_ipc_unlock(&sems->perm);
	}
	return 0;
}

static int semundo_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct compat_undo_list *list = obj->ptr;
	u32 ntasks = tasks_of(ctx, list, NULL), nadjs, now;
	struct cpt_semundo_rec *r;
	u64 *tasks;
	int err = adjs_of_all(ctx, list, NULL, 0, &nadjs);

	if (err)
		return err;
	r = cpt_out_rec(ctx, CPT_K_SEMUNDO, obj->id, sizeof(*r),
			ntasks * sizeof(*tasks) + nadjs * sizeof(struct cpt_sem_adj));
	if (!r)
		return -ENOMEM;
	tasks = (void *)(r + 1);
	r->ntasks = tasks_of(ctx, list, tasks);
	r->nadjs = nadjs;
	err = adjs_of_all(ctx, list, (void *)(tasks + ntasks), nadjs, &now);
	return err || now == nadjs ? err : -EAGAIN;
}

static void *semundo_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	struct compat_undo_list *list = kzalloc(sizeof(*list), GFP_KERNEL_ACCOUNT);

	if (!list)
		return ERR_PTR(-ENOMEM);
	refcount_set(&list->refcnt, 1);		/* the table's */
	spin_lock_init(&list->lock);
	INIT_LIST_HEAD(&list->list_proc);
	return list;
}

/* Undo of make, while it is empty. */
static void semundo_unmake(void *ptr)
{
	struct compat_undo_list *list = ptr;

	if (refcount_dec_and_test(&list->refcnt))
		kfree(list);
}

/*
 * cpt_semundo_restore - the current task takes list @id
 */
int cpt_semundo_restore(struct cpt_ctx *ctx, u64 id)
{
	struct compat_undo_list *list = cpt_made(ctx, id);

	if (IS_ERR(list))
		return PTR_ERR(list);
	refcount_inc(&list->refcnt);
	current->sysvsem.undo_list = (void *)list;	/* no clone of ours gave it one */
	return 0;
}

/* What is to undo of the set of @adj and, as it says, of others of @n that follow. */
static int add_undo(struct cpt_ctx *ctx, struct compat_undo_list *list, const struct cpt_sem_adj *adj, u32 n)
{
	const struct cpt_sem_rec *set = (const void *)cpt_rec_of(ctx, adj->sem);
	struct compat_sem_undo *un = compat_sem_undo_alloc(set->n);
	struct compat_sems *sems;
	u32 i;

	if (!un)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		un->semadj[adj[i].num] = adj[i].adj;
	un->ulp = list;
	un->semid = set->perm.id;
	sems = cpt_ipc_lock(ctx, COMPAT_SEM_IDS, set->perm.id);
	if (!sems || sems->nsems != set->n) {
		if (sems)
			cpt_ipc_unlock(&sems->perm);
		kvfree(un);
		return -EIDRM;
	}
	list_add(&un->list_id, &sems->list_id);
	spin_lock(&list->lock);
	list_add_rcu(&un->list_proc, &list->list_proc);
	spin_unlock(&list->lock);
	cpt_ipc_unlock(&sems->perm);
	return 0;
}

/*
 * Drop the table's reference, as a task does that exits: if all that have the list were killed
 * meanwhile, the kernel undoes now.
 */
static void put_list(struct compat_undo_list *list)
{
	void *own = current->sysvsem.undo_list;

	current->sysvsem.undo_list = (void *)list;
	ksym(exit_sem)(current);
	current->sysvsem.undo_list = own;
}

/* Those of a set are together in the image, so a list has one entry for it. */
static int semundo_late(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_semundo_rec *r = (const void *)rec;
	const struct cpt_sem_adj *adjs = (const void *)((const u64 *)(r + 1) + r->ntasks);
	int err = 0;
	u32 i, n;

	for (i = 0; !err && i < r->nadjs; i += n) {
		for (n = 1; i + n < r->nadjs && adjs[i + n].sem == adjs[i].sem; n++)
			;
		err = add_undo(ctx, made, &adjs[i], n);
	}
	put_list(made);
	cpt_set_made(ctx, rec->id, NULL);	/* the tasks' alone now */
	return err;
}

const struct cpt_kind_ops cpt_semundo_ops = {
	.kind		= CPT_K_SEMUNDO,
	.name		= "semaphores to undo",
	.collect	= semundo_collect,
	.dump		= semundo_dump,
	.make		= semundo_make,
	.late		= semundo_late,
	.unmake		= semundo_unmake,
};

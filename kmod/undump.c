// SPDX-License-Identifier: GPL-2.0
/*
 * Undump: an image becomes a VE that waits to be resumed.
 *
 * VERIFY reads and checks all metadata: nothing exists yet. INIT clones the VE's
 * init from a process that ctl put into the VE's world; it waits in the kernel.
 * MAKE lets it go: every task is cloned by its creator and rebuilds itself
 * (tree.c), all end parked, and their registers are set from here. RESUME sets
 * the VE's clocks and lets all run. Whatever fails, the VE is killed whole.
 */
#include <linux/file.h>
#include <linux/nsproxy.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include <vdso/datapage.h>

#include "in.h"
#include "kind.h"
#include "stop.h"
#include "undump.h"

/* --- records and what was made of them -------------------------------------------------------- */

const struct cpt_rec *cpt_rec_of(struct cpt_ctx *ctx, u64 id)
{
	const struct cpt_walk *w = &ctx->undump->walk;

	return id && id <= w->nobj ? w->obj[id] : NULL;
}

/* The record after @rec, or NULL. */
const struct cpt_rec *cpt_rec_after(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	return cpt_rec_next(&ctx->undump->walk, rec);
}

void *cpt_made_already(struct cpt_ctx *ctx, u64 id)
{
	return ctx->undump->made[id];
}

void cpt_set_made(struct cpt_ctx *ctx, u64 id, void *ptr)
{
	ctx->undump->made[id] = ptr;
}

/*
 * cpt_made - the kernel object of @id, made now if it was not yet
 *
 * The reference stays the table's. Returns ERR_PTR on failure. Only one task at
 * a time restores objects, so nothing is locked.
 */
void *cpt_made(struct cpt_ctx *ctx, u64 id)
{
	const struct cpt_rec *rec = cpt_rec_of(ctx, id);
	const struct cpt_kind_ops *ops = rec ? cpt_kind_ops(rec->kind) : NULL;
	void *ptr;

	if (!ops || !ops->make)
		return ERR_PTR(-EINVAL);
	ptr = cpt_made_already(ctx, id);
	if (ptr)
		return ptr;
	if (cpt_is_file(rec->kind) && (((const struct cpt_reg_rec *)rec)->file.flags & CPT_O_NONOTIFY) &&
	    !cpt_ve_capable(ctx, CAP_SYS_ADMIN))	/* as who watches the host would not see what it does */
		ptr = ERR_PTR(cpt_fail(ctx, -EPERM, "an open file came with an event of fanotify, which the VE may not have: sys_admin is off"));
	else
		ptr = ops->make(ctx, rec);
	if (IS_ERR(ptr))
		cpt_say(ctx, "%s %llu of the image cannot be made: error %ld", ops->name, id, -PTR_ERR(ptr));
	else
		cpt_set_made(ctx, id, ptr);
	return ptr;
}

/* cpt_ve_capable - may the VE's root, that ctl gave its capabilities, do what @cap allows? */
bool cpt_ve_capable(const struct cpt_ctx *ctx, int cap)
{
	return ctx->undump->cap_bset & (1ULL << cap);
}

/*
 * cpt_late - what objects depend on each other for
 *
 * In the VE's init, when all other tasks are made; its table of descriptors is empty.
 */
int cpt_late(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	int err = cpt_unix_late(ctx);
	u32 id;

	if (!err)
		err = cpt_pipes_late(ctx);

	for (id = 1; !err && id <= u->walk.nobj; id++) {
		const struct cpt_kind_ops *ops = cpt_kind_ops(u->walk.obj[id]->kind);
		void *made = ops->late ? cpt_made(ctx, id) : NULL;

		if (IS_ERR(made))
			err = PTR_ERR(made);
		else if (made)
			err = ops->late(ctx, u->walk.obj[id], made);
	}
	return err ? err : cpt_ipc_late(ctx);
}

/*
 * cpt_data_make_before - make the objects whose data come before those of object @id
 *
 * Data are read forward, in the order of the ids; but what only a descriptor holds is
 * needed late, when descriptors are made.
 */
int cpt_data_make_before(struct cpt_ctx *ctx, u64 id)
{
	struct cpt_undump *u = ctx->undump;
	int err = 0;

	while (!err && u->data_next < id) {
		u64 at = u->data_next++;

		if (at && cpt_kind_row(cpt_rec_of(ctx, at)->kind)->data == CPT_PAGES)
			err = PTR_ERR_OR_ZERO(cpt_made(ctx, at));
	}
	return err;
}

/* @all: those, too, that have something to do at RESUME */
static void unmake(struct cpt_ctx *ctx, bool all)
{
	struct cpt_undump *u = ctx->undump;
	u32 id;

	for (id = u->walk.nobj; u->made && id > 0; id--) {
		const struct cpt_kind_ops *ops = cpt_kind_ops(u->walk.obj[id]->kind);

		if (ops && ops->resume && !all)
			continue;
		if (u->made[id] && ops->unmake)
			ops->unmake(u->made[id]);
		u->made[id] = NULL;
	}
}

void cpt_undump_free(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	u32 i;

	if (!u)
		return;
	unmake(ctx, true);
	for (i = 0; u->tasks && i < u->ntasks; i++)
		if (u->tasks[i].task)
			put_task_struct(u->tasks[i].task);
	cpt_pids_free(u);
	cpt_in_free(u->in);
	kvfree(u->tasks);
	kvfree(u->made);
	kvfree(u->walk.obj);
	kvfree(u->meta);
	kvfree(u);
	ctx->undump = NULL;
}

/* --- VERIFY ------------------------------------------------------------------------------------ */

static int read_meta(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	u64 n;
	int err;

	err = cpt_in_header(ctx, &u->hdr);
	if (err)
		return err;
	if (u->hdr.arch != (IS_ENABLED(CONFIG_X86_64) ? CPT_ARCH_X86_64 : CPT_ARCH_I386))
		return cpt_fail(ctx, -EINVAL, "the image is of another architecture");
	n = (u64)u->hdr.objects + 1;
	u->meta = kvmalloc(u->hdr.meta_len, GFP_KERNEL);
	u->walk.obj = kvcalloc(n, sizeof(*u->walk.obj), GFP_KERNEL);
	u->walk.mark = kvcalloc(n, sizeof(*u->walk.mark), GFP_KERNEL);
	u->made = kvcalloc(n, sizeof(*u->made), GFP_KERNEL);
	if (!u->meta || !u->walk.obj || !u->walk.mark || !u->made)
		return -ENOMEM;
	err = cpt_in_meta(ctx, u->meta, u->hdr.meta_len, u->hdr.meta_crc);
	if (err)
		return err;
	u->walk.hdr = &u->hdr;
	u->walk.meta = u->meta;
	err = cpt_meta_check(&u->walk);
	if (err)
		cpt_say(ctx, "the image is damaged at %llu: %s",
			u->walk.err_off + sizeof(u->hdr), u->walk.err);
	return err;
}

#define SPARE_MAX 32768		/* the least pid_max there is */

/* A pid that is no task's, group's or session's of the image. */
static int find_spare_pid(struct cpt_undump *u)
{
	unsigned long *used = bitmap_zalloc(SPARE_MAX, GFP_KERNEL);
	u32 i;

	if (!used)
		return -ENOMEM;
	for (i = 0; i < u->ntasks; i++) {
		const struct cpt_proc_rec *p = (const void *)u->walk.obj[u->tasks[i].rec->proc];
		const u32 pids[] = { u->tasks[i].rec->pid, p->pgid, p->sid };
		int k;

		for (k = 0; k < ARRAY_SIZE(pids); k++)
			if (pids[k] < SPARE_MAX)
				__set_bit(pids[k], used);
	}
	for (u->spare_pid = SPARE_MAX - 1; u->spare_pid > 300; u->spare_pid--)
		if (!test_bit(u->spare_pid, used))
			break;
	bitmap_free(used);
	return 0;
}

/* Which tasks share what is to undo of semaphores. */
static void list_undo(struct cpt_ctx *ctx, const struct cpt_semundo_rec *r)
{
	const u64 *task = (const void *)(r + 1);
	u32 i;

	for (i = 0; i < r->ntasks; i++)
		((struct cpt_rtask *)cpt_made_already(ctx, task[i]))->undo = r->rec.id;
}

/* An entry for each task, in the image's order. */
static int list_tasks(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	u32 id, n = 0;

	u->ntasks = u->hdr.tasks;
	u->tasks = kvcalloc(u->ntasks, sizeof(*u->tasks), GFP_KERNEL);
	if (!u->tasks)
		return -ENOMEM;
	for (id = 1; id <= u->walk.nobj; id++) {
		struct cpt_rtask *rt = &u->tasks[n];

		if (u->walk.obj[id]->kind == CPT_K_SEMUNDO)
			list_undo(ctx, (const void *)u->walk.obj[id]);
		if (u->walk.obj[id]->kind != CPT_K_TASK)
			continue;
		rt->ctx = ctx;
		rt->rec = (const void *)u->walk.obj[id];
		rt->index = n++;
		init_completion(&rt->made);
		init_completion(&rt->turn);
		rt->creator = rt->rec->creator ? cpt_made_already(ctx, rt->rec->creator) : NULL;
		cpt_set_made(ctx, id, rt);	/* for those it creates */
	}
	u->members = u->ntasks;
	return find_spare_pid(u);
}

static int check_whole(struct cpt_ctx *ctx)
{
	const struct cpt_rec *rec = NULL;
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec))) {
		if (rec->kind == CPT_K_VDSO)
			err = cpt_vdso_verify(ctx, (const void *)rec);
		else if (rec->kind == CPT_K_MPOL)
			err = cpt_mpol_verify(ctx, (const void *)rec);
	}
	return err ? err : cpt_huge_verify(ctx);
}

static u32 count_blobs(struct cpt_ctx *ctx)
{
	const struct cpt_rec *rec = NULL;
	u32 n = 0;

	while ((rec = cpt_rec_after(ctx, rec)))
		n += rec->kind == CPT_K_BLOB;
	return n;
}

/* CPT_IOC_VERIFY */
int cpt_verify(struct cpt_ctx *ctx, struct cpt_ioc_verify *arg)
{
	struct cpt_undump *u;
	struct file *file;
	int err;

	if (ctx->undump)
		return cpt_fail(ctx, -EBUSY, "tasks of the last restore are still dying");
	file = fget(arg->fd);
	if (!file)
		return -EBADF;
	u = kvzalloc(sizeof(*u), GFP_KERNEL);
	if (u) {
		init_waitqueue_head(&u->wait);
		spin_lock_init(&u->lock);
		xa_init(&u->dead_pids);
		u->in = cpt_in_new(file);
	}
	fput(file);
	ctx->undump = u;
	err = u && u->in ? read_meta(ctx) : -ENOMEM;
	if (!err)
		err = check_whole(ctx);
	if (!err)
		err = list_tasks(ctx);
	if (u) {
		kvfree(u->walk.mark);
		u->walk.mark = NULL;
	}
	if (err) {
		cpt_undump_free(ctx);
		return err;
	}
	arg->veid = u->hdr.veid;
	arg->tasks = u->ntasks;
	arg->blobs = count_blobs(ctx);
	arg->bytes = u->hdr.meta_len;
	return 0;
}

/* CPT_IOC_GET_BLOB */
int cpt_get_blob(struct cpt_ctx *ctx, struct cpt_ioc_blob *arg)
{
	const struct cpt_rec *rec = NULL;
	const struct cpt_blob_rec *b;
	u32 n = 0;

	while ((rec = cpt_rec_after(ctx, rec)))
		if (rec->kind == CPT_K_BLOB && n++ == arg->index)
			break;
	if (!rec)
		return -ENOENT;
	b = (const void *)rec;
	if (arg->len && copy_to_user(u64_to_user_ptr(arg->data), b + 1, min(arg->len, b->size)))
		return -EFAULT;
	arg->tag = b->tag;
	arg->key = b->key;
	arg->len = b->size;
	return 0;
}

/* CPT_IOC_GET_DATA */
int cpt_get_data(struct cpt_ctx *ctx, struct cpt_ioc_data *arg)
{
	if (arg->len < CPT_OWN_MAX || arg->pad)
		return -EINVAL;
	return cpt_in_own(ctx, u64_to_user_ptr(arg->data), &arg->len);
}

/* --- INIT and MAKE ----------------------------------------------------------------------------- */

/*
 * cpt_undump_fail - the first failure of a restore: everybody gives up
 *
 * Returns @err.
 */
int cpt_undump_fail(struct cpt_ctx *ctx, int err)
{
	struct cpt_undump *u = ctx->undump;

	cmpxchg(&u->err, 0, err);
	wake_up_all(&u->wait);
	return err;
}

/* CPT_IOC_INIT: in the process that ctl prepared. */
int cpt_init(struct cpt_ctx *ctx, struct cpt_ioc_init *arg)
{
	struct cpt_undump *u = ctx->undump;
	struct kernel_clone_args args = {
		/* Whoever traces ctl (strace -f) does not get the VE as well. */
		.flags = CLONE_UNTRACED | CLONE_NEWPID | CLONE_CLEAR_SIGHAND,
		.exit_signal = SIGCHLD,
		.fn = cpt_tree_init,
		.fn_arg = &u->tasks[0],
	};
	struct nsproxy *ns = current->nsproxy;
	struct pid *pid;
	pid_t nr;

	if (ns->mnt_ns == init_task.nsproxy->mnt_ns || ns->uts_ns == init_task.nsproxy->uts_ns ||
	    ns->ipc_ns == init_task.nsproxy->ipc_ns || ns->net_ns == init_task.nsproxy->net_ns ||
	    ns->time_ns_for_children == init_task.nsproxy->time_ns)
		return cpt_fail(ctx, -EINVAL, "the process to restore from is not in namespaces of its own");
	if (current->seccomp.mode)
		return cpt_fail(ctx, -EINVAL, "the process to restore from is under seccomp, and so would be the VE");
	u->cap_bset = arg->cap_bset;
	u->nice = task_nice(current);
	cpt_freezer_arm(ctx);
	nr = cpt_tree_clone(ctx, &args);
	if (nr < 0)
		return cpt_fail(ctx, nr, "init cannot be cloned: error %d", -nr);
	pid = find_get_pid(nr);
	if (!pid)
		return -ESRCH;
	ctx->init = pid;
	ctx->ns = get_pid_ns(ns_of_pid(pid));
	arg->pid = nr;
	return 0;
}

static bool all_done(struct cpt_undump *u)
{
	return READ_ONCE(u->err) || READ_ONCE(u->parked) == u->ntasks;
}

/* Registers of all live tasks, now that they are parked. */
static int set_registers(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < u->ntasks; i++) {
		struct cpt_rtask *rt = &u->tasks[i];

		if (rt->rec->state != CPT_TASK_LIVE)
			continue;
		if (wait_event_killable(ctx->frz.parked, cpt_is_parked(ctx, rt->task) ||
					READ_ONCE(rt->task->exit_state) || fatal_signal_pending(rt->task)))
			return -EINTR;
		err = cpt_wait_inactive(ctx, rt->task);
		if (!err)
			err = cpt_task_restore_regs(ctx, rt->task, rt->rec);
	}
	return err;
}

static void set_uts(struct cpt_ctx *ctx)
{
	struct new_utsname *name = &current->nsproxy->uts_ns->name;
	const struct cpt_rec *rec = NULL;

	while ((rec = cpt_rec_after(ctx, rec)))
		if (rec->kind == CPT_K_UTS) {
			const struct cpt_uts_rec *r = (const void *)rec;

			memcpy(name->nodename, r->nodename, sizeof(r->nodename));
			memcpy(name->domainname, r->domainname, sizeof(r->domainname));
		}
}

/* What points across: every object and every task exists, and nothing runs. */
static int link_all(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	int err = 0;
	u32 id;

	for (id = 1; !err && id <= u->walk.nobj; id++) {
		const struct cpt_rec *rec = u->walk.obj[id];
		const struct cpt_kind_ops *ops = cpt_kind_ops(rec->kind);

		if (fatal_signal_pending(current))
			return -EINTR;
		if (u->made[id] && ops->link)
			err = ops->link(ctx, rec, u->made[id]);
		if (!err && u->made[id] && cpt_is_file(rec->kind))
			err = cpt_file_link(ctx, rec, u->made[id]);
		cond_resched();
	}
	return err;
}

static int make_all(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	int err;

	set_uts(ctx);
	err = cpt_in_stage(ctx);
	if (err)
		return err;
	WRITE_ONCE(u->go, true);
	wake_up_all(&u->wait);
	if (wait_event_killable(u->wait, all_done(u)))
		return cpt_undump_fail(ctx, -EINTR);
	if (u->err)
		return u->err;
	err = cpt_in_end(ctx);
	if (!err)
		err = set_registers(ctx);
	if (!err)
		err = link_all(ctx);
	if (err)
		return err;
	cpt_ttys_link(ctx);
	cpt_stops_restore(ctx);
	return 0;
}

/* CPT_IOC_MAKE */
int cpt_make(struct cpt_ctx *ctx, struct cpt_ioc_make *arg)
{
	struct cpt_undump *u = ctx->undump;
	u64 start = ktime_get_ns();
	int err;

	if (current->nsproxy->uts_ns == init_task.nsproxy->uts_ns)
		err = cpt_fail(ctx, -EINVAL, "only the process that cloned init can go on");
	else
		err = make_all(ctx);
	arg->ns = ktime_get_ns() - start;
	arg->pages = u->pages;
	arg->tasks = u->ntasks;
	ctx->ntasks = u->ntasks;
	if (!err) {
		unmake(ctx, false);
		return 0;
	}
	cpt_undump_fail(ctx, err);
	if (!cpt_ve_kill(ctx))
		cpt_undump_free(ctx);
	cpt_ve_forget(ctx);
	cpt_ctx_drop_mounts(ctx);
	cpt_console_drop(ctx);
	return err;
}

/* --- RESUME ------------------------------------------------------------------------------------ */

/*
 * The VE's clocks go on from the freeze: offsets of its time namespace, for the
 * kernel and, in the page that the vdso reads, for programs. As
 * timens_set_vvar_page() does at the first fork (kernel/time/namespace.c).
 */
static void set_clocks(struct cpt_ctx *ctx, struct time_namespace *ns)
{
	struct cpt_undump *u = ctx->undump;
	struct vdso_data *vdata = ksym(arch_get_vdso_data)(page_address(ns->vvar_page));
	int i;

	u->resumed_mono = ktime_get_ns();
	u->resumed_boot = ktime_get_boottime_ns();
	ns->offsets.monotonic = ns_to_timespec64(u->hdr.mono_ns - u->resumed_mono);
	ns->offsets.boottime = ns_to_timespec64(u->hdr.boot_ns - u->resumed_boot);
	for (i = 0; i < CS_BASES; i++)
		compat_vdso_offsets(&vdata[i], &ns->offsets);
}

static void resume_objects(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	u32 id;

	for (id = 1; id <= u->walk.nobj; id++) {
		const struct cpt_kind_ops *ops = cpt_kind_ops(u->walk.obj[id]->kind);

		if (ops->resume && u->made[id])
			ops->resume(ctx, u->walk.obj[id], u->made[id]);
	}
}

/* CPT_IOC_RESUME of an undumped VE */
int cpt_undump_resume(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	struct task_struct *init = u->tasks[0].task;
	struct time_namespace *ns = NULL;

	task_lock(init);
	if (init->nsproxy && init->nsproxy->time_ns != init_task.nsproxy->time_ns)
		ns = get_time_ns(init->nsproxy->time_ns);
	task_unlock(init);
	if (!ns)
		return cpt_fail(ctx, -ESRCH, "the init of the VE is dead");
	set_clocks(ctx, ns);
	resume_objects(ctx);
	cpt_usage_resume(ctx);
	unmake(ctx, true);
	cpt_thaw(ctx);
	/* each task reads its record once more on its way: wait for that */
	wait_event(u->wait, !READ_ONCE(u->running));
	spin_lock(&u->lock);		/* the last one has left resumed(), which holds it */
	spin_unlock(&u->lock);
	wait_event(ctx->frz.parked, !atomic_read(&ctx->restoring));	/* the dead, too */
	if (refcount_dec_and_test(&ns->ns.count))
		ksym(free_time_ns)(ns);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The restored tasks, each in its own context, inside kernel_clone()'s fn: no
 * task of the image runs user code before RESUME.
 *
 * A task makes its memory, then clones those it is the creator of, one after the
 * other, each with its pid, and waits until each has made itself and all below
 * it: so memory that fork shares is shared again, and everything is restored by
 * one task at a time, in the order of the image. Then all meet at barriers:
 *
 *	BUILT	all tasks exist: group leaders make their process groups
 *	GROUPS	all groups exist: the others join them
 *	JOINED	zombies and dead leaders exit; parents wait until they are dead
 *	EXITED	descriptors, one task after the other; handlers, queued signals, timers,
 *		limits, credentials; park
 *
 * On failure (u->err) every wait ends and every task exits. Each holds the context
 * until it is parked or exits, and with it ctx->undump.
 */
#include <linux/fs_struct.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <uapi/linux/wait.h>

#include "kind.h"
#include "undump.h"

#define EXIT_FAILED	SIGKILL

static const struct cpt_proc_rec *proc_of(const struct cpt_rtask *rt)
{
	return (const void *)cpt_rec_of(rt->ctx, rt->rec->proc);
}

static bool is_leader(const struct cpt_rtask *rt)
{
	return proc_of(rt)->pid == rt->rec->pid;
}

/* Does @rt do what is done once for its process? The leader, or, if that is dead, its first live thread. */
static bool acts_for_process(const struct cpt_rtask *rt)
{
	struct cpt_undump *u = rt->ctx->undump;
	const struct cpt_rtask *leader = is_leader(rt) ? rt : rt->creator;
	u32 i;

	for (i = leader->index; i < u->ntasks; i++)
		if (u->tasks[i].rec->proc == rt->rec->proc && u->tasks[i].rec->state == CPT_TASK_LIVE)
			return i == rt->index;
	return false;
}

/* The entry of the current task. */
struct cpt_rtask *cpt_rtask_current(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	u32 i;

	for (i = 0; i < u->ntasks; i++)
		if (u->tasks[i].task == current)
			return &u->tasks[i];
	return NULL;
}

/*
 * cpt_scratch - a page of the current task's memory to pass to system calls
 *
 * The same page until cpt_scratch_drop(). NULL: none to be had.
 */
void __user *cpt_scratch(struct cpt_ctx *ctx)
{
	struct cpt_rtask *rt = cpt_rtask_current(ctx);
	unsigned long addr;

	if (!rt->scratch) {
		addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, 0);
		if (IS_ERR_VALUE(addr))
			return NULL;
		rt->scratch = addr;
	}
	return (void __user *)rt->scratch;
}

void cpt_scratch_drop(struct cpt_ctx *ctx)
{
	struct cpt_rtask *rt = cpt_rtask_current(ctx);

	if (rt->scratch)
		vm_munmap(rt->scratch, PAGE_SIZE);
	rt->scratch = 0;
}

/* --- barriers ---------------------------------------------------------------------------------- */

/* Under u->lock: has the last one arrived? */
static void advance(struct cpt_undump *u)
{
	if (u->arrived < u->members)
		return;
	u->arrived = 0;
	u->phase++;
	wake_up_all(&u->wait);
}

static int barrier_wait(struct cpt_undump *u)
{
	u32 phase;

	spin_lock(&u->lock);
	phase = u->phase;
	u->arrived++;
	advance(u);
	spin_unlock(&u->lock);
	if (wait_event_killable(u->wait, READ_ONCE(u->phase) != phase || READ_ONCE(u->err)))
		return -EINTR;
	return READ_ONCE(u->err);
}

/* This task will not come to barriers any more. */
static void barrier_leave(struct cpt_undump *u)
{
	spin_lock(&u->lock);
	u->members--;
	u->parked++;
	advance(u);
	spin_unlock(&u->lock);
	wake_up_all(&u->wait);
}

/* --- creating ---------------------------------------------------------------------------------- */

static int task_main(void *arg);

/* This task will not look at ctx->undump any more, but for resumed(). */
static void let_go(struct cpt_ctx *ctx)
{
	if (atomic_dec_and_test(&ctx->restoring))
		wake_up(&ctx->frz.parked);
	cpt_ctx_put(ctx);
}

static void leave(struct cpt_ctx *ctx, int code)
{
	let_go(ctx);
	ksym(do_exit)(code);
}

/*
 * cpt_tree_clone - clone a task, whose function ends with leave() or let_go()
 *
 * Returns its pid or -errno.
 */
pid_t cpt_tree_clone(struct cpt_ctx *ctx, struct kernel_clone_args *args)
{
	pid_t nr;

	cpt_ctx_get(ctx);
	atomic_inc(&ctx->restoring);
	nr = ksym(kernel_clone)(args);
	if (nr < 0)
		let_go(ctx);
	return nr;
}

static u64 clone_flags(const struct cpt_task_rec *c, const struct cpt_task_rec *r, bool thread)
{
	if (thread)
		return CLONE_VM | CLONE_SIGHAND | CLONE_THREAD |
		       (c->files == r->files ? CLONE_FILES : 0) | (c->fs == r->fs ? CLONE_FS : 0);
	if (r->state == CPT_TASK_ZOMBIE)
		return 0;
	return (c->mm == r->mm ? CLONE_VM : 0) | (c->files == r->files ? CLONE_FILES : 0) |
	       (c->fs == r->fs ? CLONE_FS : 0) |
	       (c->mm == r->mm && c->sighand == r->sighand ? CLONE_SIGHAND : 0);
}

/* Clone @rt from the current task (its creator, or a helper of that), and wait until it is made. */
static int create(struct cpt_rtask *rt, const struct cpt_task_rec *creator)
{
	pid_t tid = rt->rec->pid;
	struct kernel_clone_args args = {
		.flags = CLONE_UNTRACED | clone_flags(creator, rt->rec, !is_leader(rt)),
		.exit_signal = is_leader(rt) ? rt->rec->exit_signal : 0,
		.set_tid = &tid,
		.set_tid_size = 1,
		.fn = task_main,
		.fn_arg = rt,
	};
	struct cpt_ctx *ctx = rt->ctx;
	pid_t pid;

	pid = cpt_tree_clone(ctx, &args);
	if (pid < 0)
		return cpt_fail(ctx, pid, "process %u (%s) cannot be cloned: error %d", rt->rec->pid,
				rt->rec->comm, -pid);
	if (wait_for_completion_killable(&rt->made))
		return -EINTR;
	return READ_ONCE(ctx->undump->err);
}

/* The tasks whom @rt creates: those directly below it, from index @i on. */
static u32 next_child(const struct cpt_rtask *rt, u32 i)
{
	struct cpt_undump *u = rt->ctx->undump;

	for (; i < u->ntasks; i++) {
		if (u->tasks[i].rec->creator == rt->rec->rec.id)
			return i;
		if (u->tasks[i].rec->creator < rt->rec->rec.id)
			break;		/* depth first: no longer below @rt */
	}
	return u->ntasks;
}

static int helper_main(void *arg)
{
	struct cpt_helper *h = arg;
	struct cpt_rtask *rt = h->creator;
	struct cpt_undump *u = rt->ctx->undump;
	u32 i = h->first;

	if (h->leader)
		h->err = ksys(setsid) < 0 ? -EPERM : 0;
	while (!h->err && i < u->ntasks && (u->tasks[i].rec->flags & CPT_TASK_ORPHAN) &&
	       proc_of(&u->tasks[i])->sid == h->sid) {
		h->err = create(&u->tasks[i], rt->rec);
		i = next_child(rt, i + 1);
	}
	h->next = i;
	leave(rt->ctx, 0);
	return 0;
}

/* Clone a temporary child with the pid @pid, which runs @fn. Returns its pid or -errno. */
static int start_helper(struct cpt_ctx *ctx, pid_t pid, u64 flags, int (*fn)(void *), void *arg)
{
	struct kernel_clone_args args = {
		.flags = CLONE_UNTRACED | CLONE_VM | CLONE_FILES | flags,
		.set_tid = &pid,
		.set_tid_size = 1,
		.fn = fn,
		.fn_arg = arg,
	};
	pid_t nr = cpt_tree_clone(ctx, &args);

	if (nr < 0)
		return cpt_fail(ctx, nr, "a temporary process %d cannot be cloned: error %d", pid, -nr);
	return nr;
}

/* Wait for the end of a temporary child. Killed, we leave it to whoever reaps us. */
static int reap_helper(pid_t nr)
{
	long ret;

	do {
		ret = ksys(wait4, nr, NULL, __WALL, NULL);
	} while (ret == -ERESTARTSYS && !fatal_signal_pending(current));
	return ret == nr ? 0 : -EINTR;
}

static int dead_main(void *arg)
{
	leave(arg, 0);
	return 0;
}

/*
 * cpt_pid_get - what stands for the number @nr in the VE, with a reference
 *
 * In a task of the VE, when all tasks are made. Where nobody has the number, a
 * process gets it that dies at once. Returns ERR_PTR on failure.
 */
struct pid *cpt_pid_get(struct cpt_ctx *ctx, pid_t nr)
{
	struct xarray *dead = &ctx->undump->dead_pids;
	struct pid *pid = find_get_pid(nr);
	int err;

	if (pid)
		return pid;
	pid = xa_load(dead, nr);
	if (pid)
		return get_pid(pid);
	err = start_helper(ctx, nr, CLONE_FS, dead_main, ctx);
	if (err < 0)
		return ERR_PTR(err);
	pid = find_get_pid(nr);
	err = reap_helper(err);
	if (!err)
		err = xa_err(xa_store(dead, nr, get_pid(pid), GFP_KERNEL));
	if (!err)
		return pid;
	put_pid(pid);
	return ERR_PTR(err);
}

void cpt_pids_free(struct cpt_undump *u)
{
	struct pid *pid;
	unsigned long nr;

	xa_for_each(&u->dead_pids, nr, pid)
		put_pid(pid);
	xa_destroy(&u->dead_pids);
}

/*
 * cpt_dead_pidfd - a new descriptor of a process that is gone
 *
 * @cred: who opened it; to choose a pid takes our own
 *
 * While nobody else makes anything. Returns -errno on failure.
 */
long cpt_dead_pidfd(struct cpt_ctx *ctx, const struct cred *cred)
{
	int err = start_helper(ctx, ctx->undump->spare_pid, CLONE_FS, dead_main, ctx);
	const struct cred *own;
	long fd;

	if (err < 0)
		return err;
	own = override_creds(cred);
	fd = ksys(pidfd_open, err, 0);
	revert_creds(own);
	err = reap_helper(err);
	if (err && fd >= 0)
		ksys(close_range, fd, fd, 0);
	return err ? err : fd;
}

/* Have the number, and the root directory that the VE's init has, for as long as is asked. */
static int holder_main(void *arg)
{
	struct cpt_ctx *ctx = arg;
	struct cpt_undump *u = ctx->undump;
	struct path root;

	get_fs_root(u->tasks[0].task->fs, &root);	/* init is there until all are killed, us included */
	ksym(set_fs_root)(current->fs, &root);
	path_put(&root);
	WRITE_ONCE(u->holder, CPT_HOLDS);
	wake_up_all(&u->wait);
	wait_event_killable(u->wait, READ_ONCE(u->holder) == CPT_MAY_GO || READ_ONCE(u->err));
	leave(ctx, 0);
	return 0;
}

/*
 * cpt_pid_hold - let a process live that has the number @nr, which nobody has
 *
 * It shares what the current task has, but for its root directory. Only one at a time.
 * Returns what cpt_pid_drop() takes, or -errno.
 */
pid_t cpt_pid_hold(struct cpt_ctx *ctx, pid_t nr)
{
	struct cpt_undump *u = ctx->undump;
	pid_t pid;
	int err;

	WRITE_ONCE(u->holder, CPT_HOLDS_NOT);
	pid = start_helper(ctx, nr, 0, holder_main, ctx);
	if (pid < 0)
		return pid;
	err = wait_event_killable(u->wait, READ_ONCE(u->holder) == CPT_HOLDS || READ_ONCE(u->err));
	return err ? err : pid;		/* killed, with all others */
}

/*
 * cpt_pid_drop - it may die now; returns when it is gone
 */
int cpt_pid_drop(struct cpt_ctx *ctx, pid_t pid)
{
	struct cpt_undump *u = ctx->undump;

	WRITE_ONCE(u->holder, CPT_MAY_GO);
	wake_up_all(&u->wait);
	return reap_helper(pid);
}

/* Create the orphans of one session, beginning with index *@i. */
static int create_orphans(struct cpt_rtask *rt, u32 *i)
{
	struct cpt_undump *u = rt->ctx->undump;
	struct cpt_helper *h = &rt->helper;	/* it may outlive us, if we are killed */
	int err;

	*h = (struct cpt_helper){
		.creator = rt,
		.first = *i,
		.sid = proc_of(&u->tasks[*i])->sid,
	};
	h->leader = h->sid != proc_of(rt)->sid;
	err = start_helper(rt->ctx, h->leader ? h->sid : u->spare_pid, CLONE_FS, helper_main, h);
	if (err > 0)
		err = reap_helper(err);
	*i = h->next;
	return err ? err : h->err;
}

/* Create all children that are (@early) or are not cloned before setsid. */
static int create_children(struct cpt_rtask *rt, bool early)
{
	struct cpt_undump *u = rt->ctx->undump;
	u32 i = next_child(rt, rt->index + 1);
	int err = 0;

	while (!err && i < u->ntasks) {
		u32 flags = u->tasks[i].rec->flags;

		if (!!(flags & CPT_TASK_EARLY) != early) {
			i = next_child(rt, i + 1);
		} else if (flags & CPT_TASK_ORPHAN) {
			err = create_orphans(rt, &i);
		} else {
			err = create(&u->tasks[i], rt->rec);
			i = next_child(rt, i + 1);
		}
	}
	return err;
}

/* --- one task ---------------------------------------------------------------------------------- */

/* Restore object @id in the current task if it is its own, not the creator's. */
static int restore_own(struct cpt_ctx *ctx, u64 id, u64 creators)
{
	const struct cpt_rec *rec = cpt_rec_of(ctx, id);

	if (id == creators)
		return 0;
	return cpt_kind_ops(rec->kind)->restore(ctx, rec);
}

static int begin_session(struct cpt_rtask *rt)
{
	if (!is_leader(rt) || proc_of(rt)->sid != rt->rec->pid)
		return 0;
	return ksys(setsid) < 0 ? cpt_fail(rt->ctx, -EPERM, "process %u cannot begin its session again",
					   rt->rec->pid) : 0;
}

/* Make everything of the current task that is made one task at a time, and all below it. */
static int build(struct cpt_rtask *rt)
{
	static const struct cpt_task_rec nobody;
	const struct cpt_task_rec *r = rt->rec, *c = rt->creator ? rt->creator->rec : &nobody;
	struct cpt_ctx *ctx = rt->ctx;
	bool zombie = r->state == CPT_TASK_ZOMBIE;
	int err = 0;

	if (is_leader(rt))
		err = cpt_proc_restore_early(ctx, &proc_of(rt)->rec);
	if (!err)
		err = cpt_task_restore_early(ctx, r);
	if (!err)	/* now, while no other task makes objects */
		err = PTR_ERR_OR_ZERO(cpt_made(ctx, r->cred));
	if (!err && !(zombie || c->files == r->files))
		err = ksys(close_range, 0, ~0U, 0);
	if (!err && !rt->creator)
		err = cpt_ipc_restore(ctx);
	if (!err && !zombie)
		err = restore_own(ctx, r->mm, c->mm);
	if (!err && !rt->creator)
		err = cpt_seccomp_make_all(ctx);
	if (!err && !zombie && r->fs != c->fs)
		err = cpt_fs_restore_early(ctx, cpt_rec_of(ctx, r->fs));
	if (!err)
		err = create_children(rt, true);
	if (!err)
		err = begin_session(rt);
	if (!err)
		err = create_children(rt, false);
	if (!err && !zombie)
		err = restore_own(ctx, r->fs, c->fs);
	if (!err && is_leader(rt) && task_session_vnr(current) != proc_of(rt)->sid)
		err = cpt_fail(ctx, -EINVAL, "process %u (%s) cannot be put into session %u again (it is in %d)",
			       r->pid, r->comm, proc_of(rt)->sid, task_session_vnr(current));
	return err;
}

static int group_helper_main(void *arg)
{
	struct cpt_rtask *rt = arg;
	struct cpt_undump *u = rt->ctx->undump;

	if (ksys(setpgid, 0, 0) < 0)
		cpt_undump_fail(rt->ctx, -EPERM);
	WRITE_ONCE(rt->group_ready, true);
	wake_up_all(&u->wait);
	/* keep the number of the group taken until all have joined */
	wait_event_killable(u->wait, READ_ONCE(u->phase) >= rt->group_until || READ_ONCE(u->err));
	leave(rt->ctx, 0);
	return 0;
}

/* Is @rt the first in a process group whose leader is not in the image? */
static bool keeps_group(const struct cpt_rtask *rt)
{
	struct cpt_undump *u = rt->ctx->undump;
	u32 pgid = proc_of(rt)->pgid, i;

	for (i = 0; i < u->ntasks; i++) {
		const struct cpt_proc_rec *p = proc_of(&u->tasks[i]);

		if (!is_leader(&u->tasks[i]))
			continue;
		if (p->pid == pgid || (p->pgid == pgid && i < rt->index))
			return false;
	}
	return true;
}

/* BUILT to JOINED: process groups. */
static int join_group(struct cpt_rtask *rt)
{
	struct cpt_ctx *ctx = rt->ctx;
	struct cpt_undump *u = ctx->undump;
	const struct cpt_proc_rec *p = proc_of(rt);
	bool mine = is_leader(rt) && p->pgid && task_pgrp_vnr(current) != p->pgid;
	pid_t helper = 0;
	long err = 0;

	if (mine && p->pgid == p->pid) {
		err = ksys(setpgid, 0, 0);
	} else if (mine && keeps_group(rt)) {
		rt->group_until = u->phase + 2;
		err = helper = start_helper(ctx, p->pgid, CLONE_FS, group_helper_main, rt);
		if (helper > 0)
			err = wait_event_killable(u->wait, READ_ONCE(rt->group_ready) ||
						  READ_ONCE(u->err));
	}
	if (err >= 0)
		err = barrier_wait(u);
	if (!err && mine && task_pgrp_vnr(current) != p->pgid)
		err = ksys(setpgid, 0, p->pgid);
	if (err)
		return cpt_fail(ctx, err, "process %u (%s) cannot be put into group %u again: error %ld",
				p->pid, rt->rec->comm, p->pgid, -err);
	err = barrier_wait(u);
	if (helper > 0)
		reap_helper(helper);
	return err;
}

/* Wait until the children that are zombies in the image are. */
static int await_zombies(struct cpt_rtask *rt)
{
	struct cpt_undump *u = rt->ctx->undump;
	long err = 0;
	u32 i;

	for (i = 0; !err && is_leader(rt) && i < u->ntasks; i++) {
		const struct cpt_task_rec *r = u->tasks[i].rec;

		if (r->state != CPT_TASK_ZOMBIE || r->ppid != rt->rec->pid)
			continue;
		do {
			err = ksys(waitid, P_PID, r->pid, NULL, WEXITED | WNOWAIT | __WALL, NULL);
		} while (err == -ERESTARTSYS && !fatal_signal_pending(current) && !READ_ONCE(u->err));
		if (err)
			return cpt_fail(rt->ctx, err, "the dead process %u is no child of %u: error %ld",
					r->pid, rt->rec->pid, -err);
	}
	return 0;
}

/* What is done when time runs again; in the task, before it sees user mode. */
static void resumed(void *arg, bool alive)
{
	struct cpt_rtask *rt = arg;
	struct cpt_undump *u = rt->ctx->undump;

	if (alive && !READ_ONCE(u->err)) {
		cpt_task_restart(rt->ctx, rt->rec);
		if (acts_for_process(rt)) {
			cpt_proc_resume(rt->ctx, &proc_of(rt)->rec);
			cpt_scratch_drop(rt->ctx);
		}
	}
	spin_lock(&u->lock);
	if (!--u->running)
		wake_up_all(&u->wait);
	spin_unlock(&u->lock);
}

/* Is @rt the first of those alive that have its descriptors? */
static bool acts_for_files(const struct cpt_rtask *rt)
{
	struct cpt_undump *u = rt->ctx->undump;
	u32 i;

	for (i = 0; i < rt->index; i++)
		if (u->tasks[i].rec->files == rt->rec->files && u->tasks[i].rec->state == CPT_TASK_LIVE)
			return false;
	return true;
}

/* The same for its root and current directories. */
static bool acts_for_fs(const struct cpt_rtask *rt)
{
	struct cpt_undump *u = rt->ctx->undump;
	u32 i;

	for (i = 0; i < rt->index; i++)
		if (u->tasks[i].rec->fs == rt->rec->fs && u->tasks[i].rec->state == CPT_TASK_LIVE)
			return false;
	return true;
}

/* The next live task, from index @i on, may go on; after the last, init. */
static void pass_turn(struct cpt_undump *u, u32 i)
{
	while (i < u->ntasks && u->tasks[i].rec->state != CPT_TASK_LIVE)
		i++;
	complete(&u->tasks[i < u->ntasks ? i : 0].turn);
}

/*
 * Descriptors and timers, one task after the other: nothing that makes objects is locked. Not
 * before, because both may be of a process (a pidfd), alive or dead. The VE's init is
 * the last: when all others have theirs, and its own table is empty, come the objects
 * that depend on each other.
 */
static int restore_files(struct cpt_rtask *rt)
{
	struct cpt_undump *u = rt->ctx->undump;
	u32 i = rt->index + 1;
	int err;

	if (!rt->creator)
		pass_turn(u, i);
	if (wait_for_completion_killable(&rt->turn))
		return -EINTR;		/* all are killed */
	err = READ_ONCE(u->err);
	if (!err && rt->undo)
		err = cpt_semundo_restore(rt->ctx, rt->undo);
	if (!err && !rt->creator)
		err = cpt_late(rt->ctx);
	if (!err && acts_for_fs(rt))
		err = cpt_fs_late(rt->ctx, cpt_rec_of(rt->ctx, rt->rec->fs));
	if (!err && acts_for_files(rt))
		err = restore_own(rt->ctx, rt->rec->files, 0);
	if (!err && acts_for_process(rt))
		err = cpt_timers_restore(rt->ctx, &proc_of(rt)->rec);
	if (err)
		cpt_undump_fail(rt->ctx, err);
	if (rt->creator)
		pass_turn(u, i);
	return err;
}

/* Park, and go on to wait in vfork for the child that @rt waited for. All are there. */
static int park(struct cpt_rtask *rt)
{
	struct cpt_undump *u = rt->ctx->undump;
	struct task_struct *child = NULL;
	u32 i;

	for (i = 0; rt->rec->vfork && i < u->ntasks; i++) {
		const struct cpt_task_rec *r = u->tasks[i].rec;

		if (r->pid == rt->rec->vfork && r->state == CPT_TASK_LIVE && (r->ppid ?: 1) == proc_of(rt)->pid)
			child = u->tasks[i].task;
	}
	if (rt->rec->vfork && !child)
		return cpt_fail(rt->ctx, -EINVAL, "process %u waits in vfork for %u, which is no child of it",
				rt->rec->pid, rt->rec->vfork);
	return cpt_freeze_self(rt->ctx, resumed, rt, child);
}

static int finish(struct cpt_rtask *rt)
{
	static const struct cpt_task_rec nobody;
	const struct cpt_task_rec *r = rt->rec, *c = rt->creator ? rt->creator->rec : &nobody;
	struct cpt_ctx *ctx = rt->ctx;
	struct cpt_undump *u = ctx->undump;
	int err = 0;

	cpt_task_block_signals();
	if (c->sighand != r->sighand)
		err = restore_own(ctx, r->sighand, 0);
	if (!err)
		err = barrier_wait(u);		/* before any signal is queued */
	if (!err)
		err = restore_files(rt);
	if (!err && acts_for_process(rt))
		err = cpt_proc_restore_late(ctx, &proc_of(rt)->rec);
	if (!err)
		err = cpt_task_restore_late(ctx, r);
	if (err)
		return err;
	if (!acts_for_process(rt))	/* that one needs it once more, for the timers */
		cpt_scratch_drop(ctx);
	/* every thread, and its creator may be dead: the last to change its credentials comes last */
	cpt_mm_late(ctx, (const void *)cpt_rec_of(ctx, r->mm));
	spin_lock(&u->lock);
	u->running++;
	spin_unlock(&u->lock);
	err = park(rt);
	if (err) {
		spin_lock(&u->lock);
		u->running--;
		spin_unlock(&u->lock);
		return err;
	}
	spin_lock(&u->lock);
	u->parked++;
	spin_unlock(&u->lock);
	wake_up_all(&u->wait);
	return 0;
}

/* The last that a dead task does. */
static int bury(struct cpt_rtask *rt)
{
	struct cpt_ctx *ctx = rt->ctx;
	int err = 0;

	if (rt->rec->state == CPT_TASK_ZOMBIE)
		err = restore_own(ctx, rt->rec->sighand, 0);
	if (!err)
		err = cpt_task_restore_zombie(ctx, rt->rec);
	if (!err && rt->rec->state == CPT_TASK_ZOMBIE)
		cpt_proc_limits(&proc_of(rt)->rec);
	return err;
}

/* From the barrier BUILT to the end of what the current task does before RESUME. */
static int settle(struct cpt_rtask *rt)
{
	struct cpt_undump *u = rt->ctx->undump;
	int err;

	err = barrier_wait(u);
	if (!err)
		err = join_group(rt);
	if (err)
		return err;
	if (rt->rec->state != CPT_TASK_LIVE) {
		err = bury(rt);
		if (err)
			return err;
		barrier_leave(u);
		leave(rt->ctx, rt->rec->exit_code);
	}
	err = await_zombies(rt);
	if (!err)
		err = barrier_wait(u);
	return err ? err : finish(rt);
}

static int task_main(void *arg)
{
	struct cpt_rtask *rt = arg;
	struct cpt_ctx *ctx = rt->ctx;
	int err;

	rt->task = get_task_struct(current);
	err = build(rt);
	if (err)
		cpt_undump_fail(ctx, err);
	complete_all(&rt->made);
	if (!err)
		err = settle(rt);
	if (err) {
		cpt_undump_fail(ctx, err);
		leave(ctx, EXIT_FAILED);
	}
	let_go(ctx);		/* the work that parks it holds the context itself */
	return 0;
}

/*
 * cpt_tree_init - what the VE's init begins with: wait for MAKE
 * @arg: its entry, the first
 */
int cpt_tree_init(void *arg)
{
	struct cpt_rtask *rt = arg;
	struct cpt_undump *u = rt->ctx->undump;

	/* what was inherited of ctl's descriptors goes at once: /dev/cpt is one of them */
	ksys(close_range, 0, ~0U, 0);
	if (wait_event_killable(u->wait, READ_ONCE(u->go) || READ_ONCE(u->err)) || READ_ONCE(u->err))
		leave(rt->ctx, EXIT_FAILED);
	return task_main(arg);
}

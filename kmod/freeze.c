// SPDX-License-Identifier: GPL-2.0
/*
 * The refrigerator: stop every task of a VE at a place where its registers can
 * be read and it holds no kernel lock, and let it go on as if nothing had been.
 *
 * A task is asked by a task_work with TWA_SIGNAL, the fake signal: it leaves its
 * system call as for a signal, but finds none, and the call is restarted by the
 * kernel when it goes on. The work runs in the task, in get_signal() before the
 * restart is worked out: the frozen registers are raw (ax may be -ERESTART*, the
 * restart block is live). There it parks, killable.
 *
 * Passes over the VE are made until every task is parked or held. While a VE is
 * being frozen or frozen, a probe on the tracepoint sched_process_fork asks each
 * newborn before its first instruction: without it a fork bomb wins the race.
 *
 * Stopped tasks (SIGSTOP) are woken for it, and stop again: stop.c.
 *
 * Held: tasks that cannot reach user mode without running the queued work:
 * traced, and the parent that waits in vfork for a child that is held itself. One whose
 * child is parked is made to come back and park (vfork.c).
 *
 * Let run on for a moment, and asked again by a later pass: who is inside the vdso
 * (kind/vdso.c) or between vfork and exec.
 *
 * Locks: hook_lock (which freezers the hook knows) > frz->lock (its tasks); both
 * are taken with preemption off in the tracepoint.
 */
#include <linux/freezer.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/tracepoint.h>
#include <linux/tty.h>
#include <asm/syscall.h>

#include "cpt.h"
#include "kind.h"
#include "step.h"
#include "stop.h"
#include "vfork.h"

/*
 * ASKED: has the work, queued or running. STEPPING: steps out of the vdso. AGAIN: runs
 * on a little, to be asked again. LEFT: we have nothing to do with it any more.
 */
enum { ASKED, PARKED, LEFT, STEPPING, AGAIN };

/*
 * How often a thread that is inside the vdso is made to step out of it (kind/vdso.c),
 * and after how many jiffies to look whether that still goes on.
 */
#define VDSO_TRIES 50
#define STEP_PATIENCE 2

/*
 * How long a child of vfork is let run on: most go to exec at once. One that does
 * not is parked then, and its parent after it.
 */
#define VFORK_PATIENCE (HZ / 3)

/* A task that was asked to stop. References: the table's, the work's (AGAIN keeps it), the step's. */
struct cpt_frozen {
	struct hlist_node node;
	struct callback_head work;
	struct task_struct *task;	/* held */
	struct cpt_ctx *ctx;		/* held */
	refcount_t ref;
	int state;
	int tries;
	struct cpt_stop stop;
	struct cpt_step step;
	struct cpt_vfork vfork;
	unsigned long stepping_since;	/* jiffies */
	void (*thawed)(void *arg, bool alive);	/* see cpt_freeze_self(), or NULL */
	void *arg;
};

static DEFINE_SPINLOCK(hook_lock);
static LIST_HEAD(hooked);
static atomic_t nhooked = ATOMIC_INIT(0);
static struct tracepoint *fork_tracepoint;

/* Works on the way: the module's text must stay until they have returned. */
static atomic_t works = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(works_gone);

static void frozen_put(struct cpt_frozen *e)
{
	if (!refcount_dec_and_test(&e->ref))
		return;
	put_task_struct(e->task);
	cpt_ctx_put(e->ctx);
	kfree(e);
}

/* Would a real signal be delivered now? */
static bool real_signal(void)
{
	sigset_t pending;

	spin_lock_irq(cpt_siglock(current));
	sigorsets(&pending, &current->pending.signal, &current->signal->shared_pending.signal);
	sigandnsets(&pending, &pending, &current->blocked);
	spin_unlock_irq(cpt_siglock(current));
	return !sigisemptyset(&pending);
}

/*
 * These return EINTR for the fake signal instead of restarting (signal(7), the
 * list after "Interruption of system calls by stop signals"). Without a real
 * signal the program need not see it: have them restarted. A finite time-out
 * starts anew then, except in the recv and accept family, where it is an option
 * of the socket anyway.
 */
static bool eintr_restarts(int nr)
{
	switch (nr) {
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_rt_sigtimedwait:
	case __NR_io_getevents:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_accept4:
	case __NR_connect:
#ifdef CONFIG_X86_64
	case __NR_accept:
	case __NR_semop:
	case __NR_semtimedop:
#else
	case __NR_socketcall:
	case __NR_ipc:
	case __NR_rt_sigtimedwait_time64:
	case __NR_semtimedop_time64:
#endif
		return true;
	}
	return false;
}

static void hide_eintr(void)
{
	struct pt_regs *regs = task_pt_regs(current);

	if ((long)regs->ax == -EINTR && eintr_restarts(syscall_get_nr(current, regs)) &&
	    !real_signal())
		regs->ax = -ERESTARTNOHAND;
}

/* Does a write to it take all, sooner or later? */
static bool takes_all(struct file *f)
{
	if (S_ISFIFO(file_inode(f)->i_mode))
		return ((struct pipe_inode_info *)f->private_data)->readers;
	return cpt_is_tty(f) && !tty_hung_up_p(f);
}

/*
 * A write to a pipe or a terminal that was interrupted half-way returns what it has written,
 * signal or not: the program would see a short count that it never sees without
 * us. So the rest is written in the task, before user mode (finish_write). Is it
 * such a write that it came from?
 */
static bool half_written(void)
{
	struct pt_regs *regs = task_pt_regs(current);
	unsigned long args[6];
	struct file *f;
	bool mine;

	if (syscall_get_nr(current, regs) != __NR_write || (long)regs->ax <= 0)
		return false;
	syscall_get_arguments(current, regs, args);
	if (regs->ax >= args[2] || real_signal())
		return false;
	f = fget(args[0]);
	if (!f)
		return false;
	mine = !(f->f_flags & O_NONBLOCK) && takes_all(f);
	fput(f);
	return mine;
}

static void finish_later(struct cpt_frozen *e);
static void work_done(void);

/*
 * A work of its own, after all that were queued before. A freeze in the middle of
 * it finds the same registers again, leaves them as right, and queues it anew.
 */
static void finish_write(struct callback_head *work)
{
	struct cpt_frozen *e = container_of(work, struct cpt_frozen, work);
	struct pt_regs *regs = task_pt_regs(current);
	unsigned long args[6];
	long n;

	/* nothing that was a signal to those works may interrupt the write; new ones must */
	clear_notify_signal();
	if (task_work_pending(current)) {
		finish_later(e);
		return;
	}
	spin_lock_irq(cpt_siglock(current));
	recalc_sigpending();
	spin_unlock_irq(cpt_siglock(current));
	if (half_written()) {
		syscall_get_arguments(current, regs, args);
		__module_get(THIS_MODULE);	/* it may take long: unloading is refused meanwhile */
		n = ksys(write, args[0], args[1] + regs->ax, args[2] - regs->ax);
		if (n > 0)
			regs->ax += n;
		module_put(THIS_MODULE);
	}
	frozen_put(e);
	work_done();
}

/* Queue finish_write(), which gets our reference. */
static void finish_later(struct cpt_frozen *e)
{
	init_task_work(&e->work, finish_write);
	if (!task_work_add(current, &e->work, TWA_RESUME))
		return;
	frozen_put(e);
	work_done();
}

/* May the parked task go on? One that was killed may not while it is looked at. */
static bool may_leave(struct cpt_frozen *e)
{
	struct cpt_freezer *frz = &e->ctx->frz;
	bool leave;

	spin_lock(&frz->lock);
	leave = !READ_ONCE(frz->on) || (fatal_signal_pending(current) && !frz->pinned);
	if (leave)
		e->state = LEFT;
	spin_unlock(&frz->lock);
	return leave;
}

static void wait_for_thaw(struct cpt_frozen *e)
{
	struct cpt_freezer *frz = &e->ctx->frz;
	DEFINE_WAIT(wait);

	for (;;) {
		/* killed and pinned, it cannot sleep as before */
		prepare_to_wait(&frz->thawed, &wait, fatal_signal_pending(current) ? TASK_IDLE : CPT_PARKED_STATE);
		if (may_leave(e))
			break;
		schedule();
	}
	finish_wait(&frz->thawed, &wait);
}

/*
 * cpt_freezer_pin - parked tasks stay, even if they are killed, until they are unpinned
 *
 * What they have may be looked at without a lock. cpt_is_parked() says who is.
 */
void cpt_freezer_pin(struct cpt_freezer *frz, bool pin)
{
	spin_lock(&frz->lock);
	frz->pinned = pin;
	spin_unlock(&frz->lock);
	if (!pin)
		wake_up_all(&frz->thawed);
}

/* Is @t on its way to exec, and its parent waiting for that? */
static bool vforked(struct cpt_freezer *frz, struct task_struct *t)
{
	return READ_ONCE(t->vfork_done) && time_before(jiffies, frz->vfork_until);
}

static void work_done(void)
{
	if (atomic_dec_and_test(&works))
		wake_up(&works_gone);
}

static void park(struct callback_head *work);

/* Queue the work of @e, which has a reference for it. Under frz->lock. False: the task is dead. */
static bool queue(struct cpt_frozen *e)
{
	struct cpt_freezer *frz = &e->ctx->frz;

	e->state = ASKED;
	atomic_inc(&works);
	atomic_inc(&frz->missing);
	init_task_work(&e->work, park);
	if (!task_work_add(e->task, &e->work, TWA_SIGNAL))
		return true;
	atomic_dec(&frz->missing);
	atomic_dec(&works);
	return false;
}

/* @e no longer steps. Under frz->lock. */
static void step_over(struct cpt_frozen *e)
{
	if (e->state != STEPPING)
		return;
	e->state = AGAIN;
	atomic_dec(&e->ctx->frz.missing);
}

static void release(struct callback_head *work)
{
	frozen_put(container_of(work, struct cpt_frozen, work));
	work_done();
}

/* The current task steps no longer; see cpt_step(). Gives the step's reference back. */
static void stepped(struct cpt_step *s)
{
	struct cpt_frozen *e = container_of(s, struct cpt_frozen, step);
	struct cpt_freezer *frz = &e->ctx->frz;

	spin_lock(&frz->lock);
	step_over(e);
	if (e->state == AGAIN && !(current->flags & PF_EXITING) && !queue(e))
		e->state = AGAIN;
	if (e->state != LEFT) {
		refcount_dec(&e->ref);	/* not the last: the table's, or the work's, is there */
	} else {
		/* perhaps the last, and with it the context's: not to be given back here */
		init_task_work(&e->work, release);
		atomic_inc(&works);
		WARN_ON(task_work_add(current, &e->work, TWA_RESUME));
	}
	spin_unlock(&frz->lock);
}

/*
 * Should the current task be asked again a moment later? If so the entry keeps the
 * work's reference, for the next pass or the thaw: after this it is not ours.
 */
static bool later(struct cpt_frozen *e)
{
	struct cpt_freezer *frz = &e->ctx->frz;
	bool on, step = cpt_in_vdso() && e->tries < VDSO_TRIES;

	if (e->thawed || e->stop.woken || e->vfork.child || fatal_signal_pending(current) || !(vforked(frz, current) || step))
		return false;
	spin_lock(&frz->lock);
	on = READ_ONCE(frz->on);
	if (on) {
		refcount_inc(&e->ref);
		e->tries++;
		e->stepping_since = jiffies;
		e->state = STEPPING;
	}
	spin_unlock(&frz->lock);
	if (!on)
		return false;
	if (!step || !cpt_step(&e->step, stepped)) {
		spin_lock(&frz->lock);
		step_over(e);
		spin_unlock(&frz->lock);
		wake_up(&frz->parked);
		frozen_put(e);
	}
	return true;
}

/* Runs in the asked task, on its way to user mode. */
static void park(struct callback_head *work)
{
	struct cpt_frozen *e = container_of(work, struct cpt_frozen, work);
	struct cpt_freezer *frz = &e->ctx->frz;

	cpt_step_end();
	if (e->stop.woken)
		cpt_stop_woken(&e->stop);
	if (later(e)) {
		work_done();
		return;
	}
	if (READ_ONCE(frz->on) && !fatal_signal_pending(current) &&
	    !(current->flags & PF_EXITING)) {
		if (!e->stop.woken)
			hide_eintr();
		smp_store_release(&e->state, PARKED);
		atomic_dec(&frz->missing);
		wake_up(&frz->parked);
		wait_for_thaw(e);
	} else {
		atomic_dec(&frz->missing);
		wake_up(&frz->parked);
	}
	if (e->thawed)
		e->thawed(e->arg, !fatal_signal_pending(current) && !(current->flags & PF_EXITING));
	WRITE_ONCE(e->state, LEFT);
	cpt_vfork_end(&e->vfork);
	if (!e->stop.woken && !fatal_signal_pending(current) && !(current->flags & PF_EXITING) && half_written()) {
		finish_later(e);
		return;
	}
	frozen_put(e);
	work_done();
}

static struct cpt_frozen *find_task(struct cpt_freezer *frz, struct task_struct *t)
{
	struct cpt_frozen *e;

	hash_for_each_possible(frz->tasks, e, node, (unsigned long)t)
		if (e->task == t)
			return e;
	return NULL;
}

/* Ask one again that was let run on. Under frz->lock. */
static void ask_again(struct cpt_frozen *e)
{
	if (vforked(&e->ctx->frz, e->task) || queue(e))
		return;
	e->state = LEFT;
	frozen_put(e);
}

/*
 * Ask @t to park. Under frz->lock. -EEXIST: it was asked before; -ESRCH: it is
 * dead; -ENOMEM.
 */
static int ask(struct cpt_ctx *ctx, struct task_struct *t, void (*thawed)(void *, bool), void *arg)
{
	struct cpt_freezer *frz = &ctx->frz;
	struct cpt_frozen *e = find_task(frz, t);

	if (e && e->state == STEPPING && time_after(jiffies, e->stepping_since + STEP_PATIENCE))
		step_over(e);
	if (e && e->state == AGAIN)
		ask_again(e);
	if (e)
		return -EEXIST;
	e = kzalloc(sizeof(*e), GFP_ATOMIC);
	if (!e)
		return -ENOMEM;
	refcount_set(&e->ref, 2);
	e->task = get_task_struct(t);
	e->ctx = ctx;
	e->thawed = thawed;
	e->arg = arg;
	cpt_ctx_get(ctx);
	if (!queue(e)) {
		refcount_set(&e->ref, 1);
		frozen_put(e);
		return -ESRCH;
	}
	hash_add(frz->tasks, &e->node, (unsigned long)t);
	return 0;
}

/* sched_process_fork: the child has its pids and has not run. Preemption is off. */
static void on_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	struct cpt_freezer *frz;

	if (!atomic_read(&nhooked))
		return;
	spin_lock(&hook_lock);
	list_for_each_entry(frz, &hooked, list) {
		struct cpt_ctx *ctx = container_of(frz, struct cpt_ctx, frz);

		if (!pid_nr_ns(task_pid(child), ctx->ns))
			continue;
		spin_lock(&frz->lock);
		ask(ctx, child, NULL, NULL);	/* without memory the next pass asks again */
		spin_unlock(&frz->lock);
	}
	spin_unlock(&hook_lock);
}

static void hook(struct cpt_freezer *frz)
{
	spin_lock(&hook_lock);
	list_add(&frz->list, &hooked);
	atomic_inc(&nhooked);
	spin_unlock(&hook_lock);
}

static void unhook(struct cpt_freezer *frz)
{
	spin_lock(&hook_lock);
	if (!list_empty(&frz->list)) {
		list_del_init(&frz->list);
		atomic_dec(&nhooked);
	}
	spin_unlock(&hook_lock);
}

/*
 * Does @t sleep where it cannot park? One in vfork is made to come back when its child is
 * parked. Under frz->lock.
 */
static bool held(struct cpt_freezer *frz, struct task_struct *t)
{
	unsigned int state = READ_ONCE(t->__state);
	struct task_struct *child = state & TASK_UNINTERRUPTIBLE ? cpt_vfork_child(t) : NULL;
	struct cpt_frozen *e = child ? find_task(frz, t) : NULL, *c = child ? find_task(frz, child) : NULL;

	if (state & __TASK_TRACED)
		return true;
	if (!child || !e || e->state != ASKED || e->vfork.child || !c || smp_load_acquire(&c->state) != PARKED)
		return child;
	cpt_vfork_take(&e->vfork, t, child);
	return false;
}

/* One pass: ask who was not asked. Returns how many are still running. */
static int pass(struct cpt_ctx *ctx, bool name)
{
	struct cpt_freezer *frz = &ctx->frz;
	struct task_struct *t;
	pid_t nr = 0;
	int left = 0;

	ctx->ntasks = 0;
	frz->later = 0;
	rcu_read_lock();
	while ((t = cpt_ve_next(ctx->ns, &nr))) {
		struct cpt_frozen *e;
		bool parked;

		ctx->ntasks++;
		if (READ_ONCE(t->exit_state))
			continue;
		spin_lock(&frz->lock);
		ask(ctx, t, NULL, NULL);
		e = find_task(frz, t);
		parked = e && smp_load_acquire(&e->state) == PARKED;
		if (e && e->state == AGAIN)
			frz->later++;
		if (e && !parked && cpt_is_stopped(t))
			cpt_stop_wake(t, &e->stop);
		parked = parked || held(frz, t);
		spin_unlock(&frz->lock);
		if (parked)
			continue;
		left++;
		if (name && left <= 10) {
			char comm[TASK_COMM_LEN];

			get_task_comm(comm, t);
			rcu_read_unlock();
			cpt_say(ctx, "process %d (%s) does not stop (state %c)", nr, comm,
				task_state_to_char(t));
			rcu_read_lock();
		}
	}
	rcu_read_unlock();
	return left;
}

/*
 * cpt_freeze - park every task of the VE, or none
 * @timeout_ms: how long to try
 * @passes: out: walks over the VE
 *
 * Returns 0 with all parked or held, -ETIMEDOUT (the lines name who did not
 * stop) or -EINTR with all running again.
 */
int cpt_freeze(struct cpt_ctx *ctx, unsigned int timeout_ms, u32 *passes)
{
	unsigned long end = jiffies + msecs_to_jiffies(timeout_ms);
	struct cpt_freezer *frz = &ctx->frz;
	int left, err = 0;

	frz->vfork_until = jiffies + VFORK_PATIENCE;
	WRITE_ONCE(frz->on, true);
	hook(frz);
	for (*passes = 1; ; ++*passes) {
		left = pass(ctx, false);
		if (!left)
			break;
		if (time_after(jiffies, end)) {
			pass(ctx, true);
			err = cpt_fail(ctx, -ETIMEDOUT, "the VE did not stop in %u ms", timeout_ms);
			break;
		}
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		if (frz->later)		/* nobody wakes us when a child of vfork has come to exec */
			schedule_timeout_killable(1);
		/* held tasks never report: look again soon */
		wait_event_timeout(frz->parked, !atomic_read(&frz->missing), *passes < 5 ? 1 : 3);
	}
	if (err)
		cpt_thaw(ctx);
	return err;
}

/*
 * cpt_freezer_arm - let tasks that park themselves stay (cpt_freeze_self)
 */
void cpt_freezer_arm(struct cpt_ctx *ctx)
{
	WRITE_ONCE(ctx->frz.on, true);
}

/*
 * cpt_freeze_self - park when this task goes to user mode
 * @thawed: called in this task when it is thawed, before user mode, or when it
 *	is killed (alive: false)
 * @child: that it goes on to wait for, then, as in vfork; or NULL
 */
int cpt_freeze_self(struct cpt_ctx *ctx, void (*thawed)(void *, bool alive), void *arg, struct task_struct *child)
{
	int err;

	spin_lock(&ctx->frz.lock);
	err = ask(ctx, current, thawed, arg);
	if (!err && child)
		cpt_vfork_begin(&find_task(&ctx->frz, current)->vfork, child);
	spin_unlock(&ctx->frz.lock);
	return err;
}

/*
 * cpt_thaw - let all go on
 */
void cpt_thaw(struct cpt_ctx *ctx)
{
	struct cpt_freezer *frz = &ctx->frz;
	struct hlist_node *next;
	struct cpt_frozen *e;
	HLIST_HEAD(gone);
	int i;

	unhook(frz);
	WRITE_ONCE(frz->on, false);
	wake_up_all(&frz->thawed);
	spin_lock(&frz->lock);
	hash_for_each_safe(frz->tasks, i, next, e, node) {
		hash_del(&e->node);
		hlist_add_head(&e->node, &gone);
		step_over(e);
		if (e->state == AGAIN) {
			e->state = LEFT;
			refcount_dec(&e->ref);
		}
	}
	spin_unlock(&frz->lock);
	hlist_for_each_entry_safe(e, next, &gone, node) {
		/*
		 * A task that is asked and not yet there finds the refrigerator
		 * off. One that is traced for long keeps its work queued, and
		 * with it the context and the module.
		 */
		if (READ_ONCE(e->state) == ASKED && !e->stop.woken && !e->vfork.child &&
		    ksym(task_work_cancel)(e->task, &e->work)) {
			spin_lock(&frz->lock);
			e->state = LEFT;
			spin_unlock(&frz->lock);
			atomic_dec(&frz->missing);
			frozen_put(e);
			work_done();
		}
		frozen_put(e);
	}
}

bool cpt_is_parked(struct cpt_ctx *ctx, struct task_struct *t)
{
	struct cpt_frozen *e;
	bool parked;

	spin_lock(&ctx->frz.lock);
	e = find_task(&ctx->frz, t);
	parked = e && smp_load_acquire(&e->state) == PARKED;
	spin_unlock(&ctx->frz.lock);
	return parked;
}

/*
 * cpt_vfork_of - whom the parked task @t waits for in vfork, as a number in the VE; 0: nobody
 */
pid_t cpt_vfork_of(struct cpt_ctx *ctx, struct task_struct *t)
{
	struct cpt_frozen *e;
	pid_t nr = 0;

	spin_lock(&ctx->frz.lock);
	e = find_task(&ctx->frz, t);
	if (e && cpt_vfork_waits(&e->vfork))
		nr = cpt_vpid(ctx, e->vfork.child);
	spin_unlock(&ctx->frz.lock);
	return nr;
}

/*
 * cpt_wait_inactive - wait until a parked task has left the CPU
 *
 * Only then are its FPU and segment registers in memory (thread_struct).
 * Returns 0, or -ESRCH if it is no longer parked.
 */
int cpt_wait_inactive(struct cpt_ctx *ctx, struct task_struct *t)
{
	while (!ksym(wait_task_inactive)(t, CPT_PARKED_STATE)) {
		if (!cpt_is_parked(ctx, t) || fatal_signal_pending(t))
			return -ESRCH;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();		/* on its way into schedule(), or in the system's freezer */
	}
	return 0;
}

void cpt_freezer_init(struct cpt_freezer *frz)
{
	INIT_LIST_HEAD(&frz->list);
	spin_lock_init(&frz->lock);
	hash_init(frz->tasks);
	init_waitqueue_head(&frz->parked);
	init_waitqueue_head(&frz->thawed);
}

struct tracepoint_search {
	const char *name;
	struct tracepoint *found;
};

static void compare_tracepoint(struct tracepoint *tp, void *data)
{
	struct tracepoint_search *search = data;

	if (!strcmp(tp->name, search->name))
		search->found = tp;
}

/* cpt_find_tracepoint - by its name; NULL, with a line in the log, if there is none */
struct tracepoint *cpt_find_tracepoint(const char *name)
{
	struct tracepoint_search search = { .name = name };

	for_each_kernel_tracepoint(compare_tracepoint, &search);
	if (!search.found)
		pr_err("this kernel has no tracepoint %s\n", name);
	return search.found;
}

int cpt_freeze_init(void)
{
	int err = cpt_step_init();

	if (err)
		return err;
	fork_tracepoint = cpt_find_tracepoint("sched_process_fork");
	err = fork_tracepoint ? tracepoint_probe_register(fork_tracepoint, on_fork, NULL) : -ENOENT;
	if (err)
		cpt_step_exit();
	return err;
}

/* At unload, when no context is left: wait until no task is inside park(). */
void cpt_freeze_exit(void)
{
	tracepoint_probe_unregister(fork_tracepoint, on_fork, NULL);
	cpt_step_exit();
	wait_event(works_gone, !atomic_read(&works));
	synchronize_rcu_tasks();
}

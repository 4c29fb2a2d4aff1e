// SPDX-License-Identifier: GPL-2.0
/*
 * What a VE is to the module: a pid namespace below the host's, found by a pidfd
 * of its init. All that has a pid in that namespace belongs to the VE.
 */
#include <linux/delay.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>

#include "cpt.h"

/*
 * cpt_ve_find - bind the context to the VE whose init is @pidfd
 */
int cpt_ve_find(struct cpt_ctx *ctx, int pidfd)
{
	struct pid_namespace *ns;
	unsigned int flags;
	struct pid *pid;

	pid = ksym(pidfd_get_pid)(pidfd, &flags);
	if (IS_ERR(pid))
		return cpt_fail(ctx, -EBADF, "the descriptor of init is not a pidfd");
	ns = ns_of_pid(pid);
	if (!ns || ns == &init_pid_ns || pid_nr_ns(pid, ns) != 1) {
		put_pid(pid);
		return cpt_fail(ctx, -EINVAL, "the process is not the init of a VE");
	}
	cpt_ve_forget(ctx);
	ctx->init = pid;
	ctx->ns = get_pid_ns(ns);
	return 0;
}

void cpt_ve_forget(struct cpt_ctx *ctx)
{
	put_pid(ctx->init);
	if (ctx->ns)
		put_pid_ns(ctx->ns);
	ctx->init = NULL;
	ctx->ns = NULL;
	ctx->ntasks = 0;
}

/*
 * cpt_ve_next - the task with the lowest pid above *@nr in @ns
 * @nr: in and out: start with 0
 *
 * Threads and zombies too. Under rcu_read_lock(). NULL: no more.
 */
struct task_struct *cpt_ve_next(struct pid_namespace *ns, pid_t *nr)
{
	struct task_struct *t;
	struct pid *pid;

	while ((pid = find_ge_pid(*nr + 1, ns))) {
		*nr = pid_nr_ns(pid, ns);
		t = pid_task(pid, PIDTYPE_PID);
		if (t)
			return t;
	}
	return NULL;
}

/*
 * cpt_with_siglock - call @fn for @t with its signals locked, if it is not dead
 */
void cpt_with_siglock(struct task_struct *t, void (*fn)(struct task_struct *t, void *arg), void *arg)
{
	struct sighand_struct *sighand;

	rcu_read_lock();
	sighand = rcu_dereference(t->sighand);
	if (sighand) {
		spin_lock_irq(&sighand->siglock);
		if (rcu_access_pointer(t->sighand) == sighand)
			fn(t, arg);
		spin_unlock_irq(&sighand->siglock);
	}
	rcu_read_unlock();
}

/*
 * What a dying task would write into memory that outlives it (a shared file):
 * the word of clear_child_tid and its robust futexes. The image has those locks
 * as held.
 */
static void silence_exit(struct cpt_ctx *ctx)
{
	struct task_struct *t;
	pid_t nr = 0;

	rcu_read_lock();
	while ((t = cpt_ve_next(ctx->ns, &nr))) {
		if (!cpt_is_parked(ctx, t))
			continue;
		t->clear_child_tid = NULL;
		t->robust_list = NULL;
#ifdef CONFIG_COMPAT
		t->compat_robust_list = NULL;
#endif
	}
	rcu_read_unlock();
}

/* Parked tasks die where they are; none may see user mode again, so all before the thaw. */
static void kill_all(struct cpt_ctx *ctx)
{
	struct task_struct *t;
	pid_t nr = 0;

	rcu_read_lock();
	while ((t = cpt_ve_next(ctx->ns, &nr)))
		if (!READ_ONCE(t->exit_state))	/* threads too: their leader may be dead */
			send_sig(SIGKILL, t, 1);
	rcu_read_unlock();
}

static bool ve_dead(struct cpt_ctx *ctx)
{
	struct task_struct *t;
	bool dead;

	rcu_read_lock();
	t = pid_task(ctx->init, PIDTYPE_PID);
	/* a dead leader whose threads live on is not the end of the namespace */
	dead = !t || (READ_ONCE(t->exit_state) && thread_group_empty(t));
	rcu_read_unlock();
	return dead;
}

/*
 * cpt_ve_kill - kill every task of the VE, parked or not, and wait for the end
 *
 * The kernel kills a pid namespace with its init (zap_pid_ns_processes), and
 * init does not die before all others are gone. Returns 0; -ETIMEDOUT or -EINTR:
 * the signal stands, but somebody is held up in the kernel, or the caller was
 * killed (on its way out it waits a little even so). Tasks that were being
 * restored may be in the module's hands then: ctx->undump must stay.
 */
int cpt_ve_kill(struct cpt_ctx *ctx)
{
	bool exiting = current->flags & PF_EXITING;
	unsigned long end = jiffies + (exiting ? 5 : 120) * HZ;

	silence_exit(ctx);
	kill_all(ctx);
	cpt_thaw(ctx);
	while (!ve_dead(ctx)) {
		if (time_after(jiffies, end)) {
			return cpt_fail(ctx, -ETIMEDOUT,
					"the VE is being killed, but its tasks do not die yet");
		}
		if (fatal_signal_pending(current) && !exiting)
			return -EINTR;
		usleep_range(200, 1000);
	}
	return 0;
}

/*
 * cpt_ve_clocks - note what time it is in the VE, now that it stands still
 *
 * The VE's CLOCK_MONOTONIC and CLOCK_BOOTTIME are the host's plus the offsets of
 * its time namespace.
 */
void cpt_ve_clocks(struct cpt_ctx *ctx)
{
	ctx->frozen_real = ktime_get_real_ns();
	ctx->frozen_mono = ktime_get_ns();
	ctx->frozen_boot = ktime_get_boottime_ns();
}

/*
 * cpt_frozen_at - what a clock of the host's showed at the freeze
 */
u64 cpt_frozen_at(const struct cpt_ctx *ctx, clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ctx->frozen_real;
	case CLOCK_BOOTTIME:
		return ctx->frozen_boot;
	default:
		return ctx->frozen_mono;
	}
}

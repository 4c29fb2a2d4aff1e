// SPDX-License-Identifier: GPL-2.0
/*
 * Group stops: SIGSTOP, ^Z, a background process that reads its terminal.
 *
 * A stopped task sleeps in do_signal_stop(), below get_signal(), and nothing but SIGCONT
 * and SIGKILL wakes it: it would run none of our work, and could die while we look at it.
 * So the refrigerator wakes it, having taken what get_signal() would act on: with all
 * signals blocked it finds none, and without the number of a system call there is
 * none to be restarted. On its next round to user mode it comes to our work, as raw as
 * any other, gets back what was taken, and joins the stop of its process again as a
 * thread does that is born into one: once thawed it goes to sleep without a word to its
 * parent. A SIGCONT that comes meanwhile ends that, too.
 *
 * What is of the process (struct signal_struct): whether it is stopped, or is about to
 * be, or was continued; what wait(2) will tell of that, and what the parent was not told yet.
 *
 * kernel/signal.c: get_signal(), do_signal_stop(), task_join_group_stop(), prepare_signal().
 */
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <asm/syscall.h>

#include "cpt.h"
#include "kind.h"
#include "stop.h"
#include "undump.h"

/* --- in the refrigerator ------------------------------------------------------------------------ */

/* Does @t sleep in a group stop, and nobody traces it? */
bool cpt_is_stopped(struct task_struct *t)
{
	return (READ_ONCE(t->__state) & __TASK_STOPPED) && !READ_ONCE(t->ptrace);
}

/*
 * What was taken is the task's own, who looks at it without a lock: it must be off the CPU.
 * It stays so, because who wakes it has the siglock.
 */
static void take(struct task_struct *t, struct cpt_stop *s)
{
	struct pt_regs *regs = task_pt_regs(t);

	if (!s->woken) {
		s->orig_ax = regs->orig_ax;
		s->blocked = t->blocked;
		s->restore_sigmask = t->restore_sigmask;
		s->woken = true;
	}
	regs->orig_ax = -1;
	t->restore_sigmask = false;
	sigfillset(&t->blocked);
}

static void wake(struct task_struct *t, void *stop)
{
	if (!cpt_is_stopped(t) || smp_load_acquire(&t->on_cpu))
		return;
	take(t, stop);
	t->jobctl &= ~JOBCTL_STOPPED;
	ksym(wake_up_state)(t, __TASK_STOPPED);
}

/*
 * cpt_stop_wake - let a stopped task go on to the work that was queued for it
 *
 * Does nothing if it is not quite asleep: to be called again.
 */
void cpt_stop_wake(struct task_struct *t, struct cpt_stop *s)
{
	cpt_with_siglock(t, wake, s);
}

/*
 * cpt_stop_woken - give the current task back what was taken, and have it stop again
 *
 * When it goes on from its work.
 */
void cpt_stop_woken(const struct cpt_stop *s)
{
	spin_lock_irq(cpt_siglock(current));
	task_pt_regs(current)->orig_ax = s->orig_ax;
	current->blocked = s->blocked;
	current->restore_sigmask = s->restore_sigmask;
	ksym(task_join_group_stop)(current);
	recalc_sigpending();
	spin_unlock_irq(cpt_siglock(current));
}

/* --- in the image ------------------------------------------------------------------------------- */

static const struct {
	u32 ours;		/* CPT_STOP_* */
	u32 kernels;
} flags[] = {
	{ CPT_STOP_STOPPED, SIGNAL_STOP_STOPPED },
	{ CPT_STOP_CONTINUED, SIGNAL_STOP_CONTINUED },
	{ CPT_STOP_TELL_STOPPED, SIGNAL_CLD_STOPPED },
	{ CPT_STOP_TELL_CONTINUED, SIGNAL_CLD_CONTINUED },
};

/*
 * cpt_stop_dump - whether and how the process is stopped that @t, a parked thread, is of
 */
void cpt_stop_dump(struct task_struct *t, struct cpt_proc_rec *r)
{
	const struct signal_struct *sig = t->signal;
	int i;

	spin_lock_irq(cpt_siglock(t));
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (sig->flags & flags[i].kernels)
			r->stop |= flags[i].ours;
	if (sig->group_stop_count)
		r->stop |= CPT_STOP_STOPPING;
	if (r->stop & (CPT_STOP_STOPPED | CPT_STOP_STOPPING)) {
		r->stop_signal = t->jobctl & JOBCTL_STOP_SIGMASK;
		r->stop_code = sig->group_exit_code;
	}
	spin_unlock_irq(cpt_siglock(t));
}

static void restore_process(const struct cpt_proc_rec *r, struct signal_struct *sig)
{
	u32 kernels = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (r->stop & flags[i].ours)
			kernels |= flags[i].kernels;
	signal_set_stop_flags(sig, kernels);
	sig->group_exit_code = r->stop_code;
}

/* As task_join_group_stop() has it. */
static void restore_thread(const struct cpt_proc_rec *r, struct task_struct *t)
{
	unsigned long jobctl = JOBCTL_STOP_PENDING | r->stop_signal;

	if (r->stop & CPT_STOP_STOPPING) {
		jobctl |= JOBCTL_STOP_CONSUME;
		t->signal->group_stop_count++;
	}
	t->jobctl = (t->jobctl & ~JOBCTL_STOP_SIGMASK) | jobctl;
	set_tsk_thread_flag(t, TIF_SIGPENDING);
}

static void restore(struct task_struct *t, void *arg)
{
	const struct cpt_proc_rec *r = arg;

	if (t->signal->flags & SIGNAL_GROUP_EXIT)
		return;
	restore_process(r, t->signal);
	if (r->stop & (CPT_STOP_STOPPED | CPT_STOP_STOPPING))
		restore_thread(r, t);
}

/*
 * cpt_stops_restore - stop again who was stopped; all are parked, and their signals are queued
 */
void cpt_stops_restore(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	u32 i;

	for (i = 0; i < u->ntasks; i++) {
		const struct cpt_task_rec *task = u->tasks[i].rec;
		const struct cpt_proc_rec *r = (const void *)cpt_rec_of(ctx, task->proc);

		if (task->state == CPT_TASK_LIVE && r->stop)
			cpt_with_siglock(u->tasks[i].task, restore, (void *)r);
	}
}

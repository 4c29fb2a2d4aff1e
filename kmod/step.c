// SPDX-License-Identifier: GPL-2.0
/*
 * Letting a task run on to the end of the vdso function that it was interrupted in,
 * and no further (see kind/vdso.c for why).
 *
 * The task goes to user mode in single steps (user_enable_single_step(), which also
 * sees to it that no signal frame keeps the trap flag). A die notifier sees each
 * debug exception before it becomes a SIGTRAP, consumes ours, and ends the stepping
 * where cpt_in_vdso() says that the task may stand. It is a matter of some hundred
 * instructions. A signal that has a handler ends the stepping, unseen by us; so the
 * caller looks again after a while.
 *
 * exc_debug_user() in arch/x86/kernel/traps.c, arch/x86/kernel/step.c.
 *
 * Locks: step_lock is taken with preemption off, with interrupts off in the notifier;
 * nothing nests in it.
 */
#include <linux/kdebug.h>
#include <linux/ptrace.h>
#include <linux/tracepoint.h>
#include <asm/debugreg.h>

#include "cpt.h"
#include "step.h"

/* What no function of the vdso takes; then the task may stand where it is. */
#define STEPS_MAX 20000

static DEFINE_SPINLOCK(step_lock);
static LIST_HEAD(stepping);
static atomic_t nstepping = ATOMIC_INIT(0);

/* The stepping of the current task, or NULL. */
static struct cpt_step *own_step(void)
{
	struct cpt_step *s, *found = NULL;

	if (!atomic_read(&nstepping))
		return NULL;
	spin_lock(&step_lock);
	list_for_each_entry(s, &stepping, list)
		if (s->task == current)
			found = s;
	spin_unlock(&step_lock);
	return found;
}

static void end_step(struct cpt_step *s)
{
	spin_lock(&step_lock);
	list_del(&s->list);
	spin_unlock(&step_lock);
	atomic_dec(&nstepping);
	s->end(s);
}

/*
 * cpt_step - the current task is to be stepped out of the vdso from where it enters user mode
 * @s: stays until @end
 * @end: called in the task, once, in atomic context: it has left the vdso, cpt_step_end() was
 *	called, or it exits
 *
 * Returns false if it cannot be: it is traced, or steps itself.
 */
bool cpt_step(struct cpt_step *s, void (*end)(struct cpt_step *s))
{
	if (current->ptrace || test_thread_flag(TIF_SINGLESTEP) ||
	    (task_pt_regs(current)->flags & X86_EFLAGS_TF))
		return false;
	s->task = current;
	s->steps = 0;
	s->end = end;
	spin_lock(&step_lock);
	list_add(&s->list, &stepping);
	spin_unlock(&step_lock);
	atomic_inc(&nstepping);
	ksym(user_enable_single_step)(current);
	return true;
}

/*
 * cpt_step_end - the current task, on its way to user mode, is no longer stepped
 */
void cpt_step_end(void)
{
	struct cpt_step *s = own_step();

	if (!s)
		return;
	if (!current->ptrace)
		ksym(user_disable_single_step)(current);
	preempt_disable();
	end_step(s);
	preempt_enable();
}

static int on_debug(struct notifier_block *nb, unsigned long event, void *data)
{
	struct die_args *args = data;
	struct cpt_step *s;
	unsigned long *dr6;

	if (event != DIE_DEBUG || !user_mode(args->regs) || !test_thread_flag(TIF_SINGLESTEP) || current->ptrace)
		return NOTIFY_DONE;
	dr6 = (unsigned long *)args->err;
	s = *dr6 & DR_STEP ? own_step() : NULL;
	if (!s)
		return NOTIFY_DONE;
	*dr6 &= ~DR_STEP;
	current->thread.virtual_dr6 &= ~DR_STEP;
	if (++s->steps > STEPS_MAX || !cpt_in_vdso()) {
		ksym(user_disable_single_step)(current);
		end_step(s);
	}
	return NOTIFY_DONE;
}

static struct notifier_block debug_notifier = { .notifier_call = on_debug };

/* sched_process_exit: @t is current, and runs its task works later. */
static void on_exit(void *data, struct task_struct *t)
{
	struct cpt_step *s = own_step();

	if (s)
		end_step(s);
}

static struct tracepoint *exit_tracepoint;

int cpt_step_init(void)
{
	int err;

	exit_tracepoint = cpt_find_tracepoint("sched_process_exit");
	if (!exit_tracepoint)
		return -ENOENT;
	err = tracepoint_probe_register(exit_tracepoint, on_exit, NULL);
	if (err)
		return err;
	err = register_die_notifier(&debug_notifier);
	if (err)
		cpt_step_exit();
	return err;
}

/* When no context is left, or by cpt_step_init(). */
void cpt_step_exit(void)
{
	unregister_die_notifier(&debug_notifier);
	tracepoint_probe_unregister(exit_tracepoint, on_exit, NULL);
	tracepoint_synchronize_unregister();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A parent in vfork sleeps in the kernel, and nothing but its child, by exec or exit, or
 * death wakes it (wait_for_vfork_done() in kernel/fork.c): it cannot park. Most children
 * are let run on to exec (freeze.c). Of one that stays away from it, and is parked itself,
 * the completion that its parent sleeps on is taken, and ours put in its place: the parent
 * comes back from the system call with the pid of the child, as it would sooner or later,
 * and parks. When it is thawed, it goes on to wait, before user mode, for what was not
 * done meanwhile; then the completion is on its own stack, as the kernel's is, so that the
 * next freeze finds it in the same way. After a restore it does the same. As long as it
 * waits there, the module cannot be unloaded.
 *
 * Not found: the parent of a child that is no child of its process (CLONE_PARENT, CLONE_THREAD
 * with CLONE_VFORK); such a VE does not stop.
 *
 * Lock: task_lock() of the child, as in the kernel.
 */
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>

#include "vfork.h"

static bool on_stack(struct task_struct *t, const void *p)
{
	const void *stack = task_stack_page(t);

	return p >= stack && p < stack + THREAD_SIZE;
}

/*
 * cpt_vfork_child - whom does @t wait for in vfork? The completion lies on its kernel stack.
 *
 * Under RCU. NULL: nobody. Any thread of a process may be the parent, after a restore.
 */
struct task_struct *cpt_vfork_child(struct task_struct *t)
{
	struct task_struct *thread, *child;

	for_each_thread(t, thread)
		list_for_each_entry_rcu(child, &thread->children, sibling)
			if (on_stack(t, READ_ONCE(child->vfork_done)))
				return child;
	return NULL;
}

static void put_in_place(struct cpt_vfork *v, struct task_struct *child)
{
	init_completion(&v->done);
	v->child = get_task_struct(child);
	child->vfork_done = &v->done;
	__module_get(THIS_MODULE);	/* until it has waited; whoever asks it has one */
}

/*
 * cpt_vfork_take - make @t, which waits for @child, come back; under RCU
 *
 * It goes on to cpt_vfork_end() by way of the work that it was asked to park by.
 */
void cpt_vfork_take(struct cpt_vfork *v, struct task_struct *t, struct task_struct *child)
{
	struct completion *done;

	task_lock(child);
	done = child->vfork_done;
	if (on_stack(t, done)) {	/* it sleeps, still */
		put_in_place(v, child);
		complete(done);
	}
	task_unlock(child);
}

/*
 * cpt_vfork_begin - the current task, which is about to park, waits for @child, which does not run yet
 */
void cpt_vfork_begin(struct cpt_vfork *v, struct task_struct *child)
{
	task_lock(child);
	if (!child->vfork_done && !(child->flags & PF_EXITING))
		put_in_place(v, child);
	task_unlock(child);
}

/* cpt_vfork_waits - is the child of a parked task there, still without exec? */
bool cpt_vfork_waits(const struct cpt_vfork *v)
{
	return v->child && READ_ONCE(v->child->vfork_done) == &v->done;
}

/* Take @from of the child's, unless it is done, and put @to there. */
static bool exchange(struct task_struct *child, const struct completion *from, struct completion *to)
{
	bool waits;

	task_lock(child);
	waits = child->vfork_done == from;
	if (waits)
		child->vfork_done = to;
	task_unlock(child);
	return waits;
}

/*
 * cpt_vfork_end - wait as vfork would have, in the task that was thawed; *@v is not used any more
 */
void cpt_vfork_end(struct cpt_vfork *v)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct task_struct *child = v->child;
	bool dies = current->flags & PF_EXITING;

	if (!child)
		return;
	v->child = NULL;
	if (exchange(child, &v->done, dies ? NULL : &done) && !dies &&
	    wait_for_completion_state(&done, TASK_KILLABLE | TASK_FREEZABLE))
		exchange(child, &done, NULL);
	put_task_struct(child);
	module_put(THIS_MODULE);
}

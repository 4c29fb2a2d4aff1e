// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of a live task: how it is scheduled, and what prctl(2) and its like have
 * set of it. A record of its own behind that of the task.
 *
 * Preserved: scheduling policy with priority, deadline or slice, SCHED_RESET_ON_FORK,
 * I/O priority, PR_MCE_KILL, PR_SET_IO_FLUSHER, PR_SET_TSC, the default of the timer
 * slack; seccomp (seccomp.c). (Nice value, affinity and slack itself: task.c.)
 * Not preserved: how far a deadline task has come in its period.
 * Refused: what attribute() names.
 *
 * What takes a right the VE must have: that it got it once, from inside or outside, is
 * no reason to get it on this host.
 */
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/prctl.h>
#include <linux/sched/signal.h>
#include <uapi/linux/sched/types.h>

#include "kind.h"
#include "out.h"
#include "undump.h"

/* Did prctl(PR_SPEC_*) choose how the CPU may speculate? */
static bool chose_speculation(struct task_struct *t)
{
	return task_spec_ssb_disable(t) || task_spec_ssb_noexec(t) || task_spec_ssb_force_disable(t) ||
	       task_spec_ib_disable(t) || task_spec_ib_force_disable(t) ||
	       test_tsk_thread_flag(t, TIF_SPEC_L1D_FLUSH);
}

static bool known_policy(const struct task_struct *t)
{
	return t->policy <= SCHED_DEADLINE && t->policy != SCHED_DEADLINE - 2 /* SCHED_ISO, which never was */;
}

static bool shares_io(const struct task_struct *t)
{
#ifdef CONFIG_BLOCK
	return t->io_context && atomic_read(&t->io_context->active_ref) > 1;
#else
	return false;
#endif
}

static bool clamped(const struct task_struct *t)
{
#ifdef CONFIG_UCLAMP_TASK
	return t->uclamp_req[UCLAMP_MIN].user_defined || t->uclamp_req[UCLAMP_MAX].user_defined;
#else
	return false;
#endif
}

/*
 * cpt_attr_obstacle - what is set of a live task that no record has; NULL: nothing
 */
const char *cpt_attr_obstacle(struct task_struct *t)
{
	if (!known_policy(t))
		return "has a scheduling policy that cannot be preserved";
	if (clamped(t))
		return "has bounds of its utilization (uclamp), which cannot be preserved yet";
#ifdef CONFIG_SCHED_CORE
	if (t->core_cookie)
		return "shares cores only with its own (PR_SCHED_CORE), which cannot be preserved yet";
#endif
	if (shares_io(t))
		return "shares its I/O context (CLONE_IO), which cannot be preserved yet";
	if (test_tsk_thread_flag(t, TIF_NOCPUID))
		return "may not use cpuid, which cannot be preserved yet";
	if (chose_speculation(t))
		return "chose how the CPU speculates, which cannot be preserved yet";
	if (test_task_syscall_work(t, SYSCALL_USER_DISPATCH))
		return "uses syscall user dispatch, which cannot be preserved yet";
	return cpt_seccomp_obstacle(t);
}

static u32 ioprio_of(const struct task_struct *t)
{
#ifdef CONFIG_BLOCK
	return t->io_context ? t->io_context->ioprio : 0;
#else
	return 0;
#endif
}

/* Flags of a task: of the image, and of the kernel, which only the task itself changes. */
static const struct {
	u32 cpt;
	unsigned int pf;
} task_flags[] = {
	{ CPT_ATTR_MCE_CHOSEN,	PF_MCE_PROCESS },
	{ CPT_ATTR_MCE_EARLY,	PF_MCE_EARLY },
	{ CPT_ATTR_IO_FLUSHER,	PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE },
};

static u32 flags_of(struct task_struct *t)
{
	u32 flags = (t->sched_reset_on_fork ? CPT_ATTR_RESET_ON_FORK : 0) |
		    (test_tsk_thread_flag(t, TIF_NOTSC) ? CPT_ATTR_NO_TSC : 0) |
		    (t->seccomp.mode == SECCOMP_MODE_STRICT ? CPT_ATTR_SECCOMP_STRICT : 0);
	int i;

	for (i = 0; i < ARRAY_SIZE(task_flags); i++)
		if (t->flags & task_flags[i].pf)
			flags |= task_flags[i].cpt;
	return flags;
}

/*
 * cpt_attr_dump - the record behind that of the live task @t, which is off the CPU
 */
int cpt_attr_dump(struct cpt_ctx *ctx, struct task_struct *t)
{
	struct cpt_attr_rec *r = cpt_out_rec(ctx, CPT_K_ATTR, 0, sizeof(*r), 0);

	if (!r)
		return -ENOMEM;
	r->policy = t->policy;
	r->rt_priority = t->rt_priority;
	r->default_slack = t->default_timer_slack_ns;
	r->ioprio = ioprio_of(t);
	r->flags = flags_of(t);
	r->seccomp = cpt_obj_id(ctx, t->seccomp.filter);
	if (t->policy == SCHED_DEADLINE) {
		r->dl_runtime = t->dl.dl_runtime;
		r->dl_deadline = t->dl.dl_deadline;
		r->dl_period = t->dl.dl_period;
		r->flags |= (t->dl.flags & SCHED_FLAG_RECLAIM ? CPT_ATTR_DL_RECLAIM : 0) |
			    (t->dl.flags & SCHED_FLAG_DL_OVERRUN ? CPT_ATTR_DL_OVERRUN : 0);
	} else if (!t->rt_priority) {
		r->slice = compat_sched_slice(t);
	}
	return 0;
}

/* --- restore ------------------------------------------------------------------------------- */

static const struct cpt_attr_rec *attr_of(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	while ((rec = cpt_rec_after(ctx, rec)) && !rec->id)
		if (rec->kind == CPT_K_ATTR)
			return (const void *)rec;
	return NULL;
}

/* As sched_setattr(2), setpriority(2) and ioprio_set(2) would let whoever has all rights of the VE. */
static bool may_have(struct cpt_ctx *ctx, const struct cpt_task_rec *t, const struct cpt_attr_rec *r)
{
	const struct cpt_rlimit *rlim = ((const struct cpt_proc_rec *)cpt_rec_of(ctx, t->proc))->rlim;

	if (cpt_ve_capable(ctx, CAP_SYS_NICE))
		return true;
	if (r->policy == SCHED_DEADLINE || r->rt_priority > rlim[RLIMIT_RTPRIO].max)
		return false;
	if (IOPRIO_PRIO_CLASS(r->ioprio) == IOPRIO_CLASS_RT && !cpt_ve_capable(ctx, CAP_SYS_ADMIN))
		return false;
	return t->nice >= ctx->undump->nice || nice_to_rlimit(t->nice) <= rlim[RLIMIT_NICE].max;
}

static int set_scheduler(const struct cpt_task_rec *t, const struct cpt_attr_rec *r)
{
	struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = r->policy,
		.sched_flags = (r->flags & CPT_ATTR_RESET_ON_FORK ? SCHED_FLAG_RESET_ON_FORK : 0) |
			       (r->flags & CPT_ATTR_DL_RECLAIM ? SCHED_FLAG_RECLAIM : 0) |
			       (r->flags & CPT_ATTR_DL_OVERRUN ? SCHED_FLAG_DL_OVERRUN : 0),
		.sched_nice = t->nice,
		.sched_priority = r->rt_priority,
		.sched_runtime = r->policy == SCHED_DEADLINE ? r->dl_runtime : r->slice,
		.sched_deadline = r->dl_deadline,
		.sched_period = r->dl_period,
	};

	set_user_nice(current, t->nice);	/* kept by a realtime task, too */
	return sched_setattr_nocheck(current, &attr);
}

static int set_ioprio(u32 ioprio)
{
#ifdef CONFIG_BLOCK
	if (ioprio != ioprio_of(current))
		return set_task_ioprio(current, ioprio);
#endif
	return 0;
}

static void set_flags(u32 flags)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(task_flags); i++) {
		if (flags & task_flags[i].cpt)
			current->flags |= task_flags[i].pf;
		else
			current->flags &= ~task_flags[i].pf;
	}
}

/*
 * cpt_attr_restore - the attributes of the current task, whose record is @t
 *
 * Before its credentials, and its timer slack, which realtime tasks have none of.
 */
int cpt_attr_restore(struct cpt_ctx *ctx, const struct cpt_task_rec *t)
{
	const struct cpt_attr_rec *r = attr_of(ctx, &t->rec);
	int err;

	if (!r)
		return cpt_fail(ctx, -EINVAL, "the image has no attributes of process %u", t->pid);
	if (!may_have(ctx, t, r))
		return cpt_fail(ctx, -EPERM, "process %u had a priority that this VE may not have", t->pid);
	if ((r->flags & CPT_ATTR_IO_FLUSHER) && !cpt_ve_capable(ctx, CAP_SYS_RESOURCE))
		return cpt_fail(ctx, -EPERM, "process %u was an I/O flusher, which this VE may not have", t->pid);
	err = set_scheduler(t, r);
	if (err)
		return cpt_fail(ctx, err, "process %u cannot be scheduled as it was (policy %u): error %d",
				t->pid, r->policy, -err);
	if (IOPRIO_PRIO_CLASS(r->ioprio) > IOPRIO_CLASS_IDLE)
		return cpt_fail(ctx, -EINVAL, "the image has an unknown I/O priority");
	err = set_ioprio(r->ioprio);
	if (!err)
		err = ksys(prctl, PR_SET_TSC, r->flags & CPT_ATTR_NO_TSC ? PR_TSC_SIGSEGV : PR_TSC_ENABLE);
	if (err)
		return cpt_fail(ctx, err, "attributes of process %u cannot be set: error %d", t->pid, -err);
	current->default_timer_slack_ns = r->default_slack;
	set_flags(r->flags);
	return cpt_seccomp_restore(ctx, t, r);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks: each thread, with its registers, and zombies.
 *
 * Preserved: pid, name, general, FPU and vector registers, TLS, signal masks,
 * alternate stack, queued signals, what a system call was doing (restart block),
 * rseq, robust list, clear_child_tid, nice value, affinity, timer slack,
 * personality, no_new_privs, parent-death signal, the last fault, waiting in vfork for a child (vfork.c); what attr.c
 * and mpol.c have.
 * Not preserved: hardware breakpoints. What it has used up: usage.c.
 * Refused: traced tasks and who waits for one in vfork, namespaces of its own,
 * 32-bit programs on a 64-bit kernel, and what cpt_attr_obstacle() names.
 * (Semaphore undo: sem.c.)
 *
 * Registers are read and written as ptrace does it, by the kernel's regsets, on
 * a task that is parked and off the CPU: the same checks hold.
 */
#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/nsproxy.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/rseq.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>

#include "kind.h"
#include "out.h"
#include "tree.h"
#include "undump.h"

/* A value of orig_ax and ax that say: inside a system call that restarts by its block. */
static bool restarts_by_block(struct task_struct *t)
{
	struct pt_regs *regs = task_pt_regs(t);

	return syscall_get_nr(t, regs) != -1 && (long)regs->ax == -ERESTART_RESTARTBLOCK;
}

static bool is_32bit(struct task_struct *t)
{
#ifdef CONFIG_X86_64
	return test_tsk_thread_flag(t, TIF_ADDR32) || !user_64bit_mode(task_pt_regs(t));
#else
	return false;
#endif
}

/* What stands against preserving a live task; NULL: nothing. */
static const char *obstacle(struct cpt_ctx *ctx, struct task_struct *t, struct task_struct *init)
{
	u32 mntns;

	if (t->ptrace)
		return "is being traced";
	if (!cpt_is_parked(ctx, t))
		return "waits in vfork for its child, which is traced";
	if (t->flags & PF_IO_WORKER)
		return "is a worker of io_uring, which cannot be preserved yet";
	if (is_32bit(t))
		return "is a 32-bit program, which cannot be preserved yet on a 64-bit kernel";
	if (t->nsproxy != init->nsproxy &&
	    (t->nsproxy->uts_ns != init->nsproxy->uts_ns || t->nsproxy->ipc_ns != init->nsproxy->ipc_ns ||
	     t->nsproxy->net_ns != init->nsproxy->net_ns || t->nsproxy->time_ns != init->nsproxy->time_ns ||
	     t->nsproxy->time_ns_for_children != init->nsproxy->time_ns_for_children ||
	     t->nsproxy->cgroup_ns != init->nsproxy->cgroup_ns))
		return "is in a namespace of its own, which cannot be preserved yet";
	switch (cpt_mntns_of(ctx, t, &mntns)) {
	case 0:
		break;
	case -EBUSY:
		return "is in a mount namespace with a mount over its root, which cannot be preserved";
	default:
		return "is in a mount namespace of its own, which cannot be preserved";
	}
	if (task_active_pid_ns(t) != ctx->ns || t->nsproxy->pid_ns_for_children != ctx->ns)
		return "is in a pid namespace of its own, which cannot be preserved yet";
	if (restarts_by_block(t) && t->restart_block.fn != kptr(hrtimer_nanosleep_restart) &&
	    t->restart_block.fn != kptr(do_restart_poll) &&
	    t->restart_block.fn != kptr(posix_cpu_nsleep_restart) &&
	    t->restart_block.fn != kptr(futex_wait_restart))
		return "is in a system call that cannot be restarted elsewhere yet";
	return cpt_attr_obstacle(t);
}

/* What @t has; @holder is itself, or the dead leader whose thread it is. */
static int collect_shared(struct cpt_ctx *ctx, struct task_struct *t, const struct cpt_holder *holder)
{
	struct cpt_holder own = *holder, *who = &own;
	int err;

	who->task = t;

	err = cpt_collect(ctx, CPT_K_MM, t->mm, who);
	if (!err)
		err = cpt_collect(ctx, CPT_K_CRED, cpt_cred(t), who);
	if (!err)
		err = cpt_collect(ctx, CPT_K_FILES, t->files, who);
	if (!err)
		err = cpt_collect(ctx, CPT_K_FS, t->fs, who);
	if (!err)
		err = cpt_collect(ctx, CPT_K_SIGHAND, rcu_dereference_raw(t->sighand), who);
	return err;
}

/* Does it leave, so that what it has is not to be looked at? A parked one stays (cpt_freezer_pin). */
static bool exiting(struct task_struct *t)
{
	return fatal_signal_pending(t) || (READ_ONCE(t->flags) & PF_EXITING);
}

static int task_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct cpt_node *node = who->node;
	struct task_struct *t = obj->ptr;
	const char *why;
	int err;

	err = cpt_collect(ctx, CPT_K_PROC, t->signal, who);
	if (err)
		return err;
	if (node->state == CPT_TASK_LIVE) {
		if (exiting(t))
			return cpt_fail(ctx, -EAGAIN, "process %d (%s) is exiting: try again", who->pid,
					who->comm);
		why = obstacle(ctx, t, node->init);
		if (why)
			cpt_obstacle(ctx, "process %d (%s) %s", who->pid, who->comm, why);
		if (!cpt_is_parked(ctx, t))	/* an obstacle: it may die while we look at it */
			goto out;
		if (t->cred != t->real_cred)
			cpt_obstacle(ctx, "process %d (%s) acts with other credentials", who->pid, who->comm);
		err = collect_shared(ctx, t, who);
		if (!err)
			err = cpt_seccomp_collect(ctx, t, who);
	} else if (t->exit_signal > 0 && t->exit_signal != SIGCHLD) {
		cpt_obstacle(ctx, "process %d (%s) is dead, and its parent gets signal %d for it, which cannot be preserved",
			     who->pid, who->comm, t->exit_signal);
	}
	if (node->state == CPT_TASK_DEAD && cpt_is_parked(ctx, node->heir))	/* what its threads have, is its */
		err = collect_shared(ctx, node->heir, who);
	if (!err && node->state == CPT_TASK_ZOMBIE)
		err = cpt_collect(ctx, CPT_K_CRED, cpt_cred(t), who);
	if (!err && node->state == CPT_TASK_ZOMBIE)
		err = cpt_collect(ctx, CPT_K_SIGHAND, rcu_dereference_raw(t->sighand), who);
out:
	if (!err) {
		obj->priv = node;
		get_task_struct(t);
	}
	return err;
}

static void task_release(struct cpt_obj *obj)
{
	put_task_struct(obj->ptr);
}

static u64 time_left(u64 then, u64 frozen)
{
	return then > frozen ? then - frozen : 1;
}

/* Where a sleep says how much of it was left, if it is interrupted. */
static void dump_rmtp(const struct restart_block *b, struct cpt_restart_body *r)
{
	r->rmtp = b->nanosleep.type;
	r->ptr = b->nanosleep.type == TT_NONE ? 0 : (unsigned long)b->nanosleep.rmtp;
}

static void dump_restart(struct cpt_ctx *ctx, struct task_struct *t, struct cpt_restart_body *r)
{
	struct restart_block *b = &t->restart_block;

	if (!restarts_by_block(t))
		return;
	if (b->fn == kptr(hrtimer_nanosleep_restart)) {
		r->kind = CPT_RESTART_NANOSLEEP;
		r->clock = b->nanosleep.clockid;
		r->has_time = 1;
		r->time = time_left(b->nanosleep.expires,
				    r->clock == CLOCK_BOOTTIME ? ctx->frozen_boot :
				    r->clock == CLOCK_REALTIME ? ctx->frozen_real : ctx->frozen_mono);
		dump_rmtp(b, r);
	} else if (b->fn == kptr(posix_cpu_nsleep_restart)) {
		r->kind = CPT_RESTART_CPU;
		r->clock = b->nanosleep.clockid;
		r->has_time = 1;
		r->time = min(b->nanosleep.expires, (1ULL << 62) - 1);
		dump_rmtp(b, r);
	} else if (b->fn == kptr(do_restart_poll)) {
		r->kind = CPT_RESTART_POLL;
		r->has_time = !!b->poll.has_timeout;
		if (r->has_time)
			r->time = time_left((u64)b->poll.tv_sec * NSEC_PER_SEC + b->poll.tv_nsec,
					    ctx->frozen_mono);
		r->ptr = (unsigned long)b->poll.ufds;
		r->count = b->poll.nfds;
	} else {
		r->kind = CPT_RESTART_FUTEX;
		r->has_time = !!(b->futex.flags & COMPAT_FUTEX_TIMEOUT);
		r->flags = (b->futex.flags & COMPAT_FUTEX_SHARED ? CPT_FUTEX_SHARED : 0) |
			   (b->futex.flags & COMPAT_FUTEX_REALTIME ? CPT_FUTEX_REALTIME : 0);
		if (r->has_time)
			r->time = r->flags & CPT_FUTEX_REALTIME ? b->futex.time :
				  time_left(b->futex.time, ctx->frozen_mono);
		r->ptr = (unsigned long)b->futex.uaddr;
		r->val = b->futex.val;
		r->bitset = b->futex.bitset;
	}
}

static const struct user_regset *find_regset(struct task_struct *t, unsigned int note)
{
	const struct user_regset_view *view = task_user_regset_view(t);
	unsigned int i;

	for (i = 0; i < view->n; i++)
		if (view->regsets[i].core_note_type == note)
			return &view->regsets[i];
	return NULL;
}

static int dump_regs(struct task_struct *t, struct cpt_task_rec *r)
{
	unsigned long regs[CPT_NGREGS];
	int i, size;

	size = regset_get(t, find_regset(t, NT_PRSTATUS), sizeof(regs), regs);
	if (size < 0)
		return size;
	r->nregs = size / sizeof(*regs);
	for (i = 0; i < r->nregs; i++)
		r->regs[i] = regs[i];
#ifdef CONFIG_X86_32
	r->ntls = ARRAY_SIZE(r->tls);
	size = regset_get(t, find_regset(t, NT_386_TLS), sizeof(r->tls), r->tls);
	if (size < 0)
		return size;
#endif
	return 0;
}

static int dump_xstate(struct cpt_ctx *ctx, struct task_struct *t)
{
	const struct user_regset *rs = find_regset(t, NT_X86_XSTATE);
	struct cpt_xstate_rec *r;
	void *data = NULL;
	int size;

	if (!rs)
		return -EOPNOTSUPP;
	size = regset_get_alloc(t, rs, CPT_XSTATE_MAX, &data);
	if (size < 0)
		return size;
	r = cpt_out_rec(ctx, CPT_K_XSTATE, 0, sizeof(*r), size);
	if (r) {
		r->size = size;
		memcpy(r + 1, data, size);
	}
	kfree(data);
	return r ? 0 : -ENOMEM;
}

static u64 affinity_of(struct task_struct *t)
{
	const struct cpumask *mask = &t->cpus_mask;
	u64 bits = 0;
	int cpu;

	if (cpumask_subset(cpu_possible_mask, mask))
		return ~0ULL;
	for_each_cpu(cpu, mask)
		if (cpu < 64)
			bits |= 1ULL << cpu;
	return bits;
}

static void dump_live(struct cpt_ctx *ctx, struct task_struct *t, struct cpt_task_rec *r)
{
	r->flags |= t->flags & PF_FORKNOEXEC ? CPT_TASK_FORKNOEXEC : 0;
	r->flags |= t->restore_sigmask ? CPT_TASK_RESTORE_MASK : 0;
	r->pdeath_signal = t->pdeath_signal;
	r->personality = t->personality;
	r->saved_mask = cpt_mask_u64(&t->saved_sigmask);
	r->sas_sp = t->sas_ss_sp;
	r->sas_size = t->sas_ss_size;
	r->sas_flags = t->sas_ss_flags;
	r->nice = task_nice(t);
	r->clear_child_tid = (unsigned long)t->clear_child_tid;
	r->robust_list = (unsigned long)t->robust_list;
	r->rseq = (unsigned long)t->rseq;
	r->rseq_len = sizeof(struct rseq);
	r->rseq_sig = t->rseq_sig;
	r->timer_slack = t->timer_slack_ns;
	r->cpus = affinity_of(t);
	r->vfork = cpt_vfork_of(ctx, t);
	r->trap = t->thread.trap_nr;
	r->trap_addr = t->thread.cr2;
	r->trap_code = t->thread.error_code;
	dump_restart(ctx, t, &r->restart);
}

static int task_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_node *node = obj->priv;
	struct task_struct *t = obj->ptr, *has = node->state == CPT_TASK_DEAD ? node->heir : t;
	struct cpt_task_rec *r;
	int err;

	r = cpt_out_rec(ctx, CPT_K_TASK, obj->id, sizeof(*r), 0);
	if (!r)
		return -ENOMEM;
	r->creator = node->creator ? cpt_obj_id(ctx, node->creator->task) : 0;
	r->proc = cpt_obj_id(ctx, t->signal);
	r->pid = node->pid;
	r->ppid = node->ppid;
	r->state = node->state;
	r->flags = node->flags;
	r->exit_signal = thread_group_leader(t) && node->pid != 1 ? max(t->exit_signal, 0) : 0;
	strscpy_pad(r->comm, t->comm, sizeof(r->comm));
	if (node->state != CPT_TASK_LIVE)
		r->exit_code = (t->signal->flags & SIGNAL_GROUP_EXIT ? t->signal->group_exit_code :
				t->exit_code) & 0xffff;
	r->sighand = cpt_obj_id(ctx, rcu_dereference_raw(has->sighand));
	r->cred = cpt_obj_id(ctx, cpt_cred(has));
	r->flags |= task_no_new_privs(t) ? CPT_TASK_NO_NEW_PRIVS : 0;
	r->blocked = cpt_mask_u64(&t->blocked);
	if (node->state == CPT_TASK_ZOMBIE)
		return cpt_usage_dump(ctx, t);
	r->mm = cpt_obj_id(ctx, has->mm);
	r->files = cpt_obj_id(ctx, has->files);
	r->fs = cpt_obj_id(ctx, has->fs);
	if (node->state == CPT_TASK_DEAD)
		return cpt_usage_dump(ctx, t);
	err = cpt_wait_inactive(ctx, t);
	if (err)
		return cpt_fail(ctx, err, "process %u (%s) was killed during the dump", r->pid, r->comm);
	dump_live(ctx, t, r);
	err = dump_regs(t, r);
	if (!err)
		err = dump_xstate(ctx, t);
	if (!err)
		err = cpt_attr_dump(ctx, t);
	if (!err)
		err = cpt_mpol_dump_task(ctx, t);
	if (!err)
		err = cpt_usage_dump(ctx, t);
	if (!err)
		err = cpt_siginfo_dump(ctx, t, &t->pending, false);
	return err;
}

const struct cpt_kind_ops cpt_task_ops = {
	.kind		= CPT_K_TASK,
	.name		= "task",
	.collect	= task_collect,
	.dump		= task_dump,
	.release	= task_release,
};

/* --- restore ------------------------------------------------------------------------------- */

/*
 * cpt_task_restore_early - forget what clone gave the current task of its creator's
 *
 * The rseq area is of memory that is about to go; the kernel would write there
 * on the way to user mode.
 */
int cpt_task_restore_early(struct cpt_ctx *ctx, const struct cpt_task_rec *r)
{
	current->rseq = NULL;
	current->rseq_sig = 0;
	current->sas_ss_sp = 0;
	current->sas_ss_size = 0;
	current->sas_ss_flags = SS_DISABLE;
	ksym(__set_task_comm)(current, r->comm, false);
	return 0;
}

static int set_affinity(struct cpt_ctx *ctx, u64 cpus)
{
	cpumask_var_t mask;
	int cpu, err;

	if (cpus == ~0ULL)
		return 0;
	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return -ENOMEM;
	for (cpu = 0; cpu < min_t(int, 64, nr_cpu_ids); cpu++)
		if (cpus & (1ULL << cpu))
			cpumask_set_cpu(cpu, mask);
	err = cpumask_intersects(mask, cpu_online_mask) ? set_cpus_allowed_ptr(current, mask) : -EINVAL;
	free_cpumask_var(mask);
	if (err)	/* a host with fewer CPUs: the program runs, on all of them */
		cpt_say(ctx, "process %d keeps no CPU affinity: this host lacks its CPUs",
			task_tgid_vnr(current));
	return 0;
}

static void set_mask(u64 blocked)
{
	sigset_t set = cpt_u64_mask(blocked);

	sigdelsetmask(&set, sigmask(SIGKILL) | sigmask(SIGSTOP));
	spin_lock_irq(cpt_siglock(current));
	current->blocked = set;
	recalc_sigpending();
	spin_unlock_irq(cpt_siglock(current));
}

/* Until all signals of the image are queued none is delivered, nor kills. */
void cpt_task_block_signals(void)
{
	set_mask(~0ULL);
}

/*
 * cpt_task_restore_late - all of the current task that needs no other task
 *
 * All signals are blocked meanwhile. Credentials last.
 */
int cpt_task_restore_late(struct cpt_ctx *ctx, const struct cpt_task_rec *r)
{
	struct cred *cred = cpt_made(ctx, r->cred);
	int err;

	if (IS_ERR(cred))
		return PTR_ERR(cred);
	err = cpt_siginfo_restore(ctx, &r->rec, false);
	if (!err)
		err = set_affinity(ctx, r->cpus);
	if (!err)
		err = cpt_mpol_restore_task(ctx, &r->rec);
	if (!err)
		err = cpt_attr_restore(ctx, r);
	if (err)
		return err;
	current->timer_slack_ns = r->timer_slack;
	current->personality = r->personality;
	current->sas_ss_sp = r->sas_sp;
	current->sas_ss_size = r->sas_size;
	current->sas_ss_flags = r->sas_flags & (SS_DISABLE | SS_AUTODISARM);
	current->clear_child_tid = (int __user *)(unsigned long)r->clear_child_tid;
	current->robust_list = (struct robust_list_head __user *)(unsigned long)r->robust_list;
	if (r->rseq && r->rseq_len == sizeof(struct rseq) && access_ok((void __user *)(unsigned long)r->rseq, r->rseq_len)) {
		current->rseq = (struct rseq __user *)(unsigned long)r->rseq;
		current->rseq_sig = r->rseq_sig;
		compat_rseq_set_len(current, r->rseq_len);
	}
	if (r->flags & CPT_TASK_FORKNOEXEC)
		current->flags |= PF_FORKNOEXEC;
	else
		current->flags &= ~PF_FORKNOEXEC;
	if (r->flags & CPT_TASK_NO_NEW_PRIVS)
		task_set_no_new_privs(current);
	get_cred(cred);
	commit_creds(cred);
	current->pdeath_signal = r->pdeath_signal;
	set_mask(r->blocked);
	if (r->flags & CPT_TASK_RESTORE_MASK) {
		current->saved_sigmask = cpt_u64_mask(r->saved_mask);
		current->restore_sigmask = true;
	}
	return 0;
}

/* The selectors of the code and stack segments are never the image's. */
static void own_selectors(unsigned long *regs)
{
	regs[offsetof(struct user_regs_struct, cs) / sizeof(long)] = __USER_CS;
	regs[offsetof(struct user_regs_struct, ss) / sizeof(long)] = __USER_DS;
}

/* The FPU state that follows a task's record. */
static const struct cpt_xstate_rec *xstate_of(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	while ((rec = cpt_rec_after(ctx, rec)) && !rec->id)
		if (rec->kind == CPT_K_XSTATE)
			return (const void *)rec;
	return NULL;
}

/*
 * cpt_task_restore_zombie - what /proc still tells of a dead task
 */
int cpt_task_restore_zombie(struct cpt_ctx *ctx, const struct cpt_task_rec *r)
{
	struct cred *cred = cpt_made(ctx, r->cred);

	if (IS_ERR(cred))
		return PTR_ERR(cred);
	if (r->flags & CPT_TASK_NO_NEW_PRIVS)
		task_set_no_new_privs(current);
	get_cred(cred);
	commit_creds(cred);
	set_mask(r->blocked);
	return 0;
}

/*
 * cpt_task_restore_regs - set the registers of a parked task, as ptrace would
 * @t: parked and off the CPU; not current
 */
int cpt_task_restore_regs(struct cpt_ctx *ctx, struct task_struct *t, const struct cpt_task_rec *r)
{
	const struct user_regset *gen = find_regset(t, NT_PRSTATUS), *fpu = find_regset(t, NT_X86_XSTATE);
	const struct cpt_xstate_rec *x = xstate_of(ctx, &r->rec);
	unsigned long regs[CPT_NGREGS];
	int err = 0;
	u32 i;

	if (!gen || !fpu || r->nregs * sizeof(*regs) != gen->n * gen->size)
		return cpt_fail(ctx, -EINVAL, "the registers of process %u are of another architecture", r->pid);
	if (r->restart.kind == CPT_RESTART_NANOSLEEP && r->restart.clock != CLOCK_MONOTONIC &&
	    r->restart.clock != CLOCK_REALTIME && r->restart.clock != CLOCK_BOOTTIME)
		return cpt_fail(ctx, -EINVAL, "process %u sleeps on an unknown clock", r->pid);
	if (!x)
		return cpt_fail(ctx, -EINVAL, "the image has no FPU state of process %u", r->pid);
	for (i = 0; i < r->nregs; i++)
		regs[i] = r->regs[i];
	own_selectors(regs);
#ifdef CONFIG_X86_32
	err = find_regset(t, NT_386_TLS)->set(t, find_regset(t, NT_386_TLS), 0, sizeof(r->tls), r->tls, NULL);
#endif
	if (!err)
		err = gen->set(t, gen, 0, r->nregs * sizeof(*regs), regs, NULL);
	if (err)
		return cpt_fail(ctx, err, "the registers of process %u are not what a program may have", r->pid);
	t->thread.trap_nr = r->trap;
	t->thread.cr2 = r->trap_addr;
	t->thread.error_code = r->trap_code;
	err = fpu->set(t, fpu, 0, x->size, x + 1, NULL);
	if (err)
		return cpt_fail(ctx, err, "the FPU state of process %u does not fit this CPU: error %d",
				r->pid, -err);
	return 0;
}

/*
 * cpt_task_restart - the restart block, now that time runs again; at resume
 */
void cpt_task_restart(struct cpt_ctx *ctx, const struct cpt_task_rec *r)
{
	struct restart_block *b = &current->restart_block;
	const struct cpt_restart_body *s = &r->restart;
	u64 mono = ctx->undump->resumed_mono + s->time;

	b->arch_data = 0;
	switch (s->kind) {
	case CPT_RESTART_CPU:
	case CPT_RESTART_NANOSLEEP:
		b->fn = s->kind == CPT_RESTART_CPU ? kptr(posix_cpu_nsleep_restart) : kptr(hrtimer_nanosleep_restart);
		b->nanosleep.clockid = s->clock;
		b->nanosleep.type = s->rmtp == TT_NATIVE ? TT_NATIVE : TT_NONE;
		b->nanosleep.rmtp = (struct __kernel_timespec __user *)(unsigned long)s->ptr;
		b->nanosleep.expires = s->kind == CPT_RESTART_CPU ? s->time :
				       s->clock == CLOCK_REALTIME ? ktime_get_real_ns() + s->time :
				       s->clock == CLOCK_BOOTTIME ? ktime_get_boottime_ns() + s->time : mono;
		break;
	case CPT_RESTART_POLL: {
		u32 nsec;

		b->fn = kptr(do_restart_poll);
		b->poll.ufds = (struct pollfd __user *)(unsigned long)s->ptr;
		b->poll.nfds = s->count;
		b->poll.has_timeout = s->has_time;
		b->poll.tv_sec = div_u64_rem(mono, NSEC_PER_SEC, &nsec);
		b->poll.tv_nsec = nsec;
		break;
	}
	case CPT_RESTART_FUTEX:
		b->fn = kptr(futex_wait_restart);
		b->futex.uaddr = (u32 __user *)(unsigned long)s->ptr;
		b->futex.val = s->val;
		b->futex.bitset = s->bitset;
		b->futex.flags = COMPAT_FUTEX_ALWAYS | (s->has_time ? COMPAT_FUTEX_TIMEOUT : 0) |
				 (s->flags & CPT_FUTEX_SHARED ? COMPAT_FUTEX_SHARED : 0) |
				 (s->flags & CPT_FUTEX_REALTIME ? COMPAT_FUTEX_REALTIME : 0);
		b->futex.time = s->flags & CPT_FUTEX_REALTIME ? s->time : mono;
		break;
	}
}

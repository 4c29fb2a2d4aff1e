// SPDX-License-Identifier: GPL-2.0
/*
 * What the threads of a process share besides its memory (signal_struct): ids,
 * limits, interval timers, POSIX timers, signals queued for the process.
 *
 * Preserved: pid, group, session (tree.c makes them), all limits, ITIMER_*,
 * POSIX timers of the monotonic, realtime and boottime clocks and on CPU time, of
 * whomever, also of what is gone, with id, interval and overrun; oom_score_adj;
 * sub-reaper; being stopped (stop.c); the controlling terminal (pty.c).
 * What it has used up: usage.c.
 * Refused: alarm clocks (no VE may have CAP_WAKE_ALARM), timers of CLOCK_TAI.
 *
 * Times are what remained at the freeze; they run again from the resume on. Those on
 * CPU time are absolute: what was used up is restored exactly, before anything runs.
 */
#include <linux/capability.h>
#include <linux/hrtimer.h>
#include <linux/posix-timers.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "kind.h"
#include "out.h"
#include "stop.h"
#include "undump.h"

/* obj->priv: a task of the process, held. */

#define TIME_MAX ((1ULL << 62) - 1)	/* in the image; 146 years */
#define CPUCLOCK_OWN ((clockid_t)(~0U << 3))	/* pid 0: of whoever asks */

static bool on_cpu_time(const struct k_itimer *timer)
{
	return timer->it_clock < 0;
}

static enum pid_type cpu_pid_type(clockid_t clock)
{
	return CPUCLOCK_PERTHREAD(clock) ? PIDTYPE_PID : PIDTYPE_TGID;
}

/* Whose CPU time a timer counts, as a number in the VE; 0: it is gone; -1: it is not in the VE. */
static pid_t cpu_pid(const struct cpt_ctx *ctx, const struct k_itimer *timer)
{
	struct pid *pid = timer->it.cpu.pid;
	pid_t nr = 0;

	rcu_read_lock();
	if (pid_task(pid, cpu_pid_type(timer->it_clock)))
		nr = pid_nr_ns(pid, ctx->ns) ?: -1;
	rcu_read_unlock();
	return nr;
}

static bool timer_known(const struct cpt_ctx *ctx, const struct k_itimer *timer)
{
	clockid_t clock = timer->it_clock;

	return on_cpu_time(timer) ? cpu_pid(ctx, timer) >= 0 :
	       clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME;
}

static int proc_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct signal_struct *sig = obj->ptr;
	struct task_struct *t = who->task;
	struct k_itimer *timer;
	bool bad_timer = false;
	int err;

	if (t->sighand) {
		spin_lock_irq(cpt_siglock(t));
		compat_for_each_timer(timer, sig)
			bad_timer |= !timer_known(ctx, timer);
		spin_unlock_irq(cpt_siglock(t));
	}
	if (bad_timer)
		cpt_obstacle(ctx, "process %d (%s) has an alarm clock, or a timer on the CPU time of a process outside the VE, which cannot be preserved",
			     who->pid, who->comm);
	err = cpt_tty_collect(ctx, who);
	if (!err)
		obj->priv = get_task_struct(t);
	return err;
}

static void proc_release(struct cpt_obj *obj)
{
	put_task_struct(obj->priv);
}

/* What remained of an armed hrtimer when the VE stood still; at least 1. */
static u64 remaining(const struct cpt_ctx *ctx, const struct hrtimer *timer)
{
	s64 left = ktime_to_ns(hrtimer_get_expires(timer)) -
		   (s64)cpt_frozen_at(ctx, timer->base->clockid);

	return max_t(s64, left, 1);
}

/*
 * Has the timer fired since the freeze? By the VE's clocks, which stand still in an
 * image, its time has not come yet: it is dumped as armed, and without its signal.
 */
static bool early(const struct cpt_ctx *ctx, const struct hrtimer *h)
{
	clockid_t base = h->base->clockid;

	return !hrtimer_active(h) && base != CLOCK_REALTIME &&
	       ktime_to_ns(hrtimer_get_expires(h)) > (s64)cpt_frozen_at(ctx, base);
}

static bool is_alarm(const struct sigqueue *q)
{
	return q->info.si_signo == SIGALRM && q->info.si_code == SI_KERNEL;
}

/* The same of ITIMER_REAL: early() alone could be one that was stopped. */
static bool alarm_early(const struct cpt_ctx *ctx, struct signal_struct *sig, struct task_struct *t)
{
	struct sigqueue *q;
	bool queued = false;

	spin_lock_irq(cpt_siglock(t));
	list_for_each_entry(q, &sig->shared_pending.list, list)
		queued |= is_alarm(q);
	spin_unlock_irq(cpt_siglock(t));
	return queued && early(ctx, &sig->real_timer);
}

/*
 * cpt_signal_early - is the queued signal @q of a timer that has fired since the freeze?
 *
 * Under the siglock.
 */
bool cpt_signal_early(const struct cpt_ctx *ctx, struct signal_struct *sig, const struct sigqueue *q)
{
	struct k_itimer *timer;

	if (is_alarm(q))
		return early(ctx, &sig->real_timer);
	if (q->info.si_code != SI_TIMER)
		return false;
	compat_for_each_timer(timer, sig)
		if (timer->sigq == q)
			return !on_cpu_time(timer) && early(ctx, &timer->it.real.timer);
	return false;
}

static bool timer_early(const struct cpt_ctx *ctx, const struct k_itimer *timer)
{
	return timer->it_sigev_notify != SIGEV_NONE && !list_empty(&timer->sigq->list) &&
	       early(ctx, &timer->it.real.timer);
}

static void dump_itimers(struct cpt_ctx *ctx, struct signal_struct *sig, struct task_struct *t,
			 struct cpt_proc_rec *r)
{
	struct task_cputime now;
	int i;

	if (hrtimer_active(&sig->real_timer) || alarm_early(ctx, sig, t))
		r->itimer[ITIMER_REAL].value = remaining(ctx, &sig->real_timer);
	r->itimer[ITIMER_REAL].interval = ktime_to_ns(sig->it_real_incr);
	if (!sig->it[CPUCLOCK_VIRT].expires && !sig->it[CPUCLOCK_PROF].expires)
		return;
	ksym(thread_group_cputime)(t, &now);
	for (i = ITIMER_VIRTUAL; i <= ITIMER_PROF; i++) {
		struct cpu_itimer *it = &sig->it[i == ITIMER_PROF ? CPUCLOCK_PROF : CPUCLOCK_VIRT];
		u64 used = now.utime + (i == ITIMER_PROF ? now.stime : 0);

		if (!it->expires)
			continue;
		r->itimer[i].value = it->expires > used ? it->expires - used : 1;
		r->itimer[i].interval = it->incr;
	}
}

/*
 * A timer without notice (SIGEV_NONE) is never queued: it is armed if its time
 * has not come (kernel/time/posix-timers.c, common_timer_get).
 */
static bool silent_left(const struct cpt_ctx *ctx, struct k_itimer *timer)
{
	const struct hrtimer *h = &timer->it.real.timer;

	return timer->it_sigev_notify == SIGEV_NONE && hrtimer_get_expires(h) &&
	       (timer->it_interval ||
		ktime_to_ns(hrtimer_get_expires(h)) > (s64)cpt_frozen_at(ctx, h->base->clockid));
}

/* One that has fired and is periodic is not queued until its signal is taken, as below. */
static void dump_cpu_timer(struct cpt_ctx *ctx, struct k_itimer *timer, struct cpt_timer_rec *r)
{
	u64 expires = cpu_timer_getexpires(&timer->it.cpu);

	r->cpu = cpu_pid(ctx, timer);
	if (!expires)
		return;
	r->absolute = 1;
	r->it.value = min(expires, TIME_MAX);
	r->fired = !cpu_timer_queued(&timer->it.cpu) && timer->it_interval && (timer->it_requeue_pending & 1);
}

static void dump_real_timer(struct cpt_ctx *ctx, struct k_itimer *timer, struct cpt_timer_rec *r)
{
	struct hrtimer *h = &timer->it.real.timer;
	bool again = timer_early(ctx, timer);

	/*
	 * A periodic timer that has fired stands still until its signal is taken;
	 * then the kernel counts the periods since as overrun. So it is armed again
	 * for the time at which it fired.
	 */
	r->fired = !again && !hrtimer_active(h) && timer->it_interval && (timer->it_requeue_pending & 1);
	if (!again && !r->fired && !hrtimer_active(h) && !silent_left(ctx, timer))
		return;
	r->absolute = h->base->clockid == CLOCK_REALTIME;
	if (r->absolute)
		r->it.value = ktime_to_ns(hrtimer_get_expires(h));
	else if (r->fired)
		r->it.value = cpt_frozen_at(ctx, h->base->clockid) - ktime_to_ns(hrtimer_get_expires(h));
	else
		r->it.value = remaining(ctx, h);
	if (r->it.value >> 62)		/* it fired after the freeze */
		r->it.value = 0;
}

static void dump_timer(struct cpt_ctx *ctx, struct k_itimer *timer, struct cpt_timer_rec *r)
{
	r->timer_id = timer->it_id;
	r->clock = timer->it_clock;
	r->notify = timer->it_sigev_notify;
	r->signo = timer->sigq->info.si_signo;
	r->sival = (unsigned long)timer->sigq->info.si_value.sival_ptr;
	if (timer->it_sigev_notify & SIGEV_THREAD_ID)
		r->thread = pid_nr_ns(timer->it_pid, ctx->ns);
	r->overrun = max_t(s64, timer->it_overrun, 0);
	r->it.interval = min_t(u64, ktime_to_ns(timer->it_interval), TIME_MAX);
	if (on_cpu_time(timer))
		dump_cpu_timer(ctx, timer, r);
	else
		dump_real_timer(ctx, timer, r);
}

static int dump_timers(struct cpt_ctx *ctx, struct signal_struct *sig, struct task_struct *t,
		       struct cpt_proc_rec *r)
{
	struct cpt_timer_rec *recs = NULL, *to;
	struct k_itimer *timer;
	u32 n, room = 0, i;

	do {
		kvfree(recs);
		room += 64;
		recs = kvcalloc(room, sizeof(*recs), GFP_KERNEL);
		if (!recs)
			return -ENOMEM;
		n = 0;
		spin_lock_irq(cpt_siglock(t));
		compat_for_each_timer(timer, sig) {
			if (n < room)
				dump_timer(ctx, timer, &recs[n]);
			n++;
		}
		spin_unlock_irq(cpt_siglock(t));
	} while (n > room);
	r->ntimers = n;
	for (i = 0; i < n; i++) {	/* the kernel lists the newest first */
		to = cpt_out_rec(ctx, CPT_K_TIMER, 0, sizeof(*to), 0);
		if (!to)
			break;
		recs[n - 1 - i].rec = to->rec;
		*to = recs[n - 1 - i];
	}
	kvfree(recs);
	return i < n ? -ENOMEM : 0;
}

static int proc_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct signal_struct *sig = obj->ptr;
	struct task_struct *t = obj->priv;
	struct cpt_proc_rec *r = cpt_out_rec(ctx, CPT_K_PROC, obj->id, sizeof(*r), 0);
	int i, err;

	BUILD_BUG_ON(RLIM_NLIMITS != CPT_NRLIMIT);
	if (!r)
		return -ENOMEM;
	r->pid = task_tgid_nr_ns(t, ctx->ns);
	r->pgid = task_pgrp_nr_ns(t, ctx->ns);
	r->sid = task_session_nr_ns(t, ctx->ns);
	r->flags = sig->is_child_subreaper ? CPT_PROC_SUBREAPER : 0;
	r->oom_score_adj = sig->oom_score_adj;
	for (i = 0; i < CPT_NRLIMIT; i++) {
		r->rlim[i].cur = sig->rlim[i].rlim_cur == RLIM_INFINITY ? ~0ULL : sig->rlim[i].rlim_cur;
		r->rlim[i].max = sig->rlim[i].rlim_max == RLIM_INFINITY ? ~0ULL : sig->rlim[i].rlim_max;
	}
	cpt_tty_dump(ctx, sig, r);
	if (!t->sighand)
		return cpt_sums_dump(ctx, sig);	/* a zombie */
	cpt_stop_dump(t, r);
	dump_itimers(ctx, sig, t, r);
	err = dump_timers(ctx, sig, t, r);
	if (!err)
		err = cpt_siginfo_dump(ctx, t, &sig->shared_pending, true);
	if (!err)
		err = cpt_sums_dump(ctx, sig);
	return err;
}

const struct cpt_kind_ops cpt_proc_ops = {
	.kind		= CPT_K_PROC,
	.name		= "process",
	.collect	= proc_collect,
	.dump		= proc_dump,
	.release	= proc_release,
};

/* --- restore ------------------------------------------------------------------------------- */

/*
 * cpt_proc_restore_early - lift the limits that restoring would run into
 *
 * Checks first that the VE may have the limits of its image: those that ctl
 * gave to the first process, unless the VE may raise limits anyway.
 */
int cpt_proc_restore_early(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	static const int lifted[] = { RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_DATA,
				      RLIMIT_STACK, RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_SIGPENDING };
	const struct cpt_proc_rec *r = (const void *)rec;
	struct rlimit *rlim = current->signal->rlim;
	int i;

	if (r->pid == 1 && !cpt_ve_capable(ctx, CAP_SYS_RESOURCE)) {
		for (i = 0; i < CPT_NRLIMIT; i++)
			ctx->undump->hard_limits[i] = rlim[i].rlim_max;
		ctx->undump->limited = true;
	}
	for (i = 0; ctx->undump->limited && i < CPT_NRLIMIT; i++) {
		unsigned long max = r->rlim[i].max > RLIM_INFINITY ? RLIM_INFINITY : r->rlim[i].max;

		if (max > ctx->undump->hard_limits[i])
			return cpt_fail(ctx, -EPERM, "process %u had a limit (%d) higher than this VE may have",
					r->pid, i);
	}
	task_lock(current->group_leader);
	for (i = 0; i < ARRAY_SIZE(lifted); i++)
		rlim[lifted[i]] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	rlim[RLIMIT_NOFILE] = (struct rlimit){ CPT_FD_MAX, CPT_FD_MAX };
	task_unlock(current->group_leader);
	return 0;
}

static unsigned long to_rlim(u64 v)
{
	return v > RLIM_INFINITY ? RLIM_INFINITY : v;
}

/*
 * cpt_proc_restore_late - what needs no memory; in the group leader
 */
int cpt_proc_restore_late(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_proc_rec *r = (const void *)rec;
	struct signal_struct *sig = current->signal;

	if (ctx->undump->limited && r->oom_score_adj < sig->oom_score_adj_min)
		return cpt_fail(ctx, -EPERM, "process %u had an oom_score_adj that this VE may not have",
				r->pid);
	sig->oom_score_adj = r->oom_score_adj;
	if (r->flags & CPT_PROC_SUBREAPER)	/* and all its descendants are to know */
		ksys(prctl, PR_SET_CHILD_SUBREAPER, 1);
	return cpt_siginfo_restore(ctx, rec, true);
}

/*
 * A timer of our own CPU time becomes one of whomever @r says. Nobody uses it yet, and it is
 * the kernel's own reference that is exchanged: so the number that the program gave stays, too.
 */
static int aim_timer(struct cpt_ctx *ctx, const struct cpt_timer_rec *r)
{
	struct pid *pid = cpt_pid_get(ctx, r->cpu ?: ctx->undump->spare_pid);
	struct k_itimer *timer;
	struct task_struct *t;
	bool found;

	if (IS_ERR(pid))
		return PTR_ERR(pid);
	rcu_read_lock();
	t = pid_task(pid, cpu_pid_type(r->clock));
	found = t && (!CPUCLOCK_PERTHREAD(r->clock) || same_thread_group(t, current));
	rcu_read_unlock();
	if (found == !!r->cpu) {
		spin_lock_irq(cpt_siglock(current));
		compat_for_each_timer(timer, current->signal) {
			if (timer->it_id != r->timer_id)
				continue;
			swap(timer->it.cpu.pid, pid);
			timer->it_clock = r->clock;
		}
		spin_unlock_irq(cpt_siglock(current));
	}
	put_pid(pid);
	return found == !!r->cpu ? 0 :
	       cpt_fail(ctx, -EINVAL, "timer %u counts the CPU time of %u, which is not there", r->timer_id, r->cpu);
}

/* Make a timer, not yet armed, with its old id. */
static int make_timer(struct cpt_ctx *ctx, const struct cpt_timer_rec *r)
{
	struct {
		struct sigevent ev;
		timer_t id;
	} __user *u = cpt_scratch(ctx);
	struct sigevent ev = {
		.sigev_value.sival_ptr = (void __user *)(unsigned long)r->sival,
		.sigev_signo = r->signo,
		.sigev_notify = r->notify,
		._sigev_un._tid = r->thread,
	};
	bool cpu = r->clock < 0;
	timer_t id;
	long err;

	if (!u)
		return -ENOMEM;
	if (!cpu && r->clock != CLOCK_REALTIME && r->clock != CLOCK_MONOTONIC && r->clock != CLOCK_BOOTTIME)
		return cpt_fail(ctx, -EINVAL, "the image has a timer of an unknown clock %d", r->clock);
	if (copy_to_user(&u->ev, &ev, sizeof(ev)))
		return -EFAULT;
	current->signal->next_posix_timer_id = r->timer_id;
	err = ksys(timer_create, cpu ? r->clock | CPUCLOCK_OWN : r->clock, &u->ev, &u->id);
	if (err)
		return cpt_fail(ctx, err, "timer %u cannot be made: error %ld", r->timer_id, -err);
	if (get_user(id, &u->id))
		return -EFAULT;
	if (id != r->timer_id)
		return cpt_fail(ctx, -EEXIST, "timer %u got another id: %d", r->timer_id, id);
	return cpu ? aim_timer(ctx, r) : 0;
}

/*
 * cpt_timers_restore - make the process's POSIX timers
 *
 * All tasks exist, and nobody else makes anything: a process that is gone may be needed.
 */
int cpt_timers_restore(struct cpt_ctx *ctx, const struct cpt_rec *proc)
{
	const struct cpt_rec *rec = proc;
	u32 last = 0;
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)) && !rec->id) {
		if (rec->kind != CPT_K_TIMER)
			continue;
		err = make_timer(ctx, (const void *)rec);
		last = max(last, ((const struct cpt_timer_rec *)rec)->timer_id + 1);
	}
	current->signal->next_posix_timer_id = last & INT_MAX;
	return err;
}

static struct __kernel_old_timeval old_timeval(u64 ns)
{
	u64 us = ns && ns < 1000 ? 1 : div_u64(ns, 1000);
	u32 rest;

	return (struct __kernel_old_timeval){ .tv_sec = div_u64_rem(us, 1000000, &rest),
					      .tv_usec = rest };
}

static struct __kernel_timespec kernel_timespec(u64 ns)
{
	struct timespec64 ts = ns_to_timespec64(ns);

	return (struct __kernel_timespec){ .tv_sec = ts.tv_sec, .tv_nsec = ts.tv_nsec };
}

static void start_itimer(struct cpt_ctx *ctx, int which, const struct cpt_itimer *it)
{
	struct __kernel_old_itimerval v = { .it_value = old_timeval(it->value),
					    .it_interval = old_timeval(it->interval) };
	void __user *u;

	if (!it->value && it->interval && which == ITIMER_REAL) {
		/* it fired: taking its queued signal starts it again (kernel/signal.c) */
		current->signal->it_real_incr = ns_to_ktime(it->interval);
		return;
	}
	if (!it->value)
		return;
	u = cpt_scratch(ctx);
	if (u && !copy_to_user(u, &v, sizeof(v)))
		ksys(setitimer, which, u, 0);
}

static void start_timer(struct cpt_ctx *ctx, const struct cpt_timer_rec *r)
{
	const struct cpt_header *hdr = &ctx->undump->hdr;
	u64 now = r->clock == CLOCK_BOOTTIME ? hdr->boot_ns : hdr->mono_ns;	/* the VE's */
	bool absolute = r->absolute || r->fired;
	struct __kernel_itimerspec v = { .it_interval = kernel_timespec(r->it.interval) };
	void __user *u;

	if (!r->it.value && !r->fired)
		return;
	if (r->fired && !r->absolute)
		v.it_value = kernel_timespec(now > r->it.value ? now - r->it.value : 1);
	else
		v.it_value = kernel_timespec(r->it.value);
	u = cpt_scratch(ctx);
	if (u && !copy_to_user(u, &v, sizeof(v)))
		ksys(timer_settime, r->timer_id, absolute ? TIMER_ABSTIME : 0, u, 0);
}

/*
 * cpt_timer_refires - does the queued signal @info come anew from a timer of @proc?
 */
bool cpt_timer_refires(struct cpt_ctx *ctx, const struct cpt_rec *proc, const void *info)
{
	const kernel_siginfo_t *si = info;
	const struct cpt_rec *rec = proc;

	if (si->si_code != SI_TIMER)
		return false;
	while ((rec = cpt_rec_after(ctx, rec)) && !rec->id) {
		const struct cpt_timer_rec *r = (const void *)rec;

		if (rec->kind == CPT_K_TIMER && r->timer_id == si->si_tid && r->fired)
			return true;
	}
	return false;
}

/* Put the limits of the current process in force. */
void cpt_proc_limits(const struct cpt_rec *proc)
{
	const struct cpt_proc_rec *r = (const void *)proc;
	int i;

	task_lock(current->group_leader);
	for (i = 0; i < CPT_NRLIMIT; i++)
		current->signal->rlim[i] = (struct rlimit){ to_rlim(r->rlim[i].cur),
							    to_rlim(r->rlim[i].max) };
	task_unlock(current->group_leader);
}

/*
 * cpt_proc_resume - limits, and all timers of the process; in its leader, at resume
 */
void cpt_proc_resume(struct cpt_ctx *ctx, const struct cpt_rec *proc)
{
	const struct cpt_proc_rec *r = (const void *)proc;
	const struct cpt_rec *rec = proc;
	int i;

	for (i = ITIMER_REAL; i <= ITIMER_PROF; i++)
		start_itimer(ctx, i, &r->itimer[i]);
	while ((rec = cpt_rec_after(ctx, rec)) && !rec->id)
		if (rec->kind == CPT_K_TIMER)
			start_timer(ctx, (const void *)rec);
	cpt_proc_limits(proc);
	if (to_rlim(r->rlim[RLIMIT_CPU].cur) != RLIM_INFINITY)	/* a timer watches it */
		ksym(update_rlimit_cpu)(current, to_rlim(r->rlim[RLIMIT_CPU].cur));
}

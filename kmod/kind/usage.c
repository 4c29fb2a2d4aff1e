// SPDX-License-Identifier: GPL-2.0
/*
 * What tasks and processes have used up, as /proc, times(2), getrusage(2) and the
 * clocks of CPU time tell it, and when they began.
 *
 * Preserved: CPU time, page faults, switches, I/O, of each task, of the dead threads of
 * a process and of the children it has waited for; start times, by the VE's clocks.
 * Not preserved: the start time of the VE's init, what delay accounting and the scheduler's statistics have, the maxima
 * of a memory (VmPeak, VmHWM).
 *
 * All of it is set at RESUME, from ctl's context, when no task of the VE runs: what the
 * restore itself took is not the VE's.
 */
#include <linux/sched/signal.h>

#include "kind.h"
#include "out.h"
#include "undump.h"

/* Members that a task_struct, a signal_struct and the image call the same. */
#define FOR_EACH_USED(_x) \
	_x(utime) _x(stime) _x(gtime) _x(min_flt) _x(maj_flt) _x(nvcsw) _x(nivcsw) \
	_x(prev_cputime.utime) _x(prev_cputime.stime) FOR_EACH_IO(_x)

#if defined(CONFIG_TASK_XACCT) && defined(CONFIG_TASK_IO_ACCOUNTING)
#define FOR_EACH_IO(_x) \
	_x(ioac.rchar) _x(ioac.wchar) _x(ioac.syscr) _x(ioac.syscw) \
	_x(ioac.read_bytes) _x(ioac.write_bytes) _x(ioac.cancelled_write_bytes)
#else
#define FOR_EACH_IO(_x)
#endif

/* The same of a signal_struct alone. */
#define FOR_EACH_SUM(_x) \
	_x(cutime) _x(cstime) _x(cgtime) _x(cmin_flt) _x(cmaj_flt) _x(cnvcsw) _x(cnivcsw) \
	_x(inblock) _x(oublock) _x(cinblock) _x(coublock) _x(maxrss) _x(cmaxrss)

/*
 * cpt_usage_dump - the record behind that of the task @t, alive or dead; it is off the CPU
 */
int cpt_usage_dump(struct cpt_ctx *ctx, const struct task_struct *t)
{
	struct cpt_usage_rec *r = cpt_out_rec(ctx, CPT_K_USAGE, 0, sizeof(*r), 0);

	if (!r)
		return -ENOMEM;
	/* both may have wrapped: it began before the host it was restored on */
	r->age_mono = max_t(s64, ctx->frozen_mono - t->start_time, 0);
	r->age_boot = max_t(s64, ctx->frozen_boot - t->start_boottime, 0);
	r->used.runtime = t->se.sum_exec_runtime;
#define SAVE(_m) r->used._m = t->_m;
	FOR_EACH_USED(SAVE)
#undef SAVE
	return 0;
}

/*
 * cpt_sums_dump - the record behind that of a process
 */
int cpt_sums_dump(struct cpt_ctx *ctx, const struct signal_struct *sig)
{
	struct cpt_sums_rec *r = cpt_out_rec(ctx, CPT_K_SUMS, 0, sizeof(*r), 0);

	if (!r)
		return -ENOMEM;
	r->used.runtime = sig->sum_sched_runtime;
#define SAVE(_m) r->used._m = sig->_m;
	FOR_EACH_USED(SAVE)
#undef SAVE
#define SAVE(_m) r->_m = sig->_m;
	FOR_EACH_SUM(SAVE)
#undef SAVE
	return 0;
}

/* --- restore ------------------------------------------------------------------------------- */

/* The record of @kind that belongs to @rec, or NULL. */
static const void *sub_of(struct cpt_ctx *ctx, const struct cpt_rec *rec, u16 kind)
{
	while ((rec = cpt_rec_after(ctx, rec)) && !rec->id)
		if (rec->kind == kind)
			return rec;
	return NULL;
}

static void set_usage(const struct cpt_undump *u, struct task_struct *t, const struct cpt_usage_rec *r)
{
	if (t != u->tasks[0].task) {	/* by that of the VE's init ctl knows it */
		t->start_time = u->resumed_mono - r->age_mono;
		t->start_boottime = u->resumed_boot - r->age_boot;
	}
	t->se.sum_exec_runtime = t->se.prev_sum_exec_runtime = r->used.runtime;
#define SET(_m) t->_m = r->used._m;
	FOR_EACH_USED(SET)
#undef SET
}

static void set_sums(struct signal_struct *sig, const struct cpt_sums_rec *r)
{
	write_seqlock_irq(&sig->stats_lock);
	sig->sum_sched_runtime = r->used.runtime;
#define SET(_m) sig->_m = r->used._m;
	FOR_EACH_USED(SET)
#undef SET
#define SET(_m) sig->_m = r->_m;
	FOR_EACH_SUM(SET)
#undef SET
	write_sequnlock_irq(&sig->stats_lock);
}

/*
 * cpt_usage_resume - all tasks and processes have used what they had used; at resume
 *
 * The VE's clocks are set. Those who were killed since still have their structs.
 */
void cpt_usage_resume(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	u32 i;

	for (i = 0; i < u->ntasks; i++) {
		const struct cpt_task_rec *t = u->tasks[i].rec;
		const struct cpt_rec *proc = cpt_rec_of(ctx, t->proc);
		const struct cpt_usage_rec *used = sub_of(ctx, &t->rec, CPT_K_USAGE);
		const struct cpt_sums_rec *sums = NULL;

		if (((const struct cpt_proc_rec *)proc)->pid == t->pid)
			sums = sub_of(ctx, proc, CPT_K_SUMS);
		if (used)
			set_usage(u, u->tasks[i].task, used);
		if (sums)
			set_sums(u->tasks[i].task->signal, sums);
	}
}

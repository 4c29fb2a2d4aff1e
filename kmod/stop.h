/* SPDX-License-Identifier: GPL-2.0 */
/* Group stops, by which SIGSTOP and its like stop a process; see stop.c. */
#ifndef _CPT_STOP_H
#define _CPT_STOP_H

#include <linux/sched.h>
#include <linux/signal_types.h>

/* What was taken from a task that sleeps in a group stop, to wake it unnoticed. */
struct cpt_stop {
	bool woken;
	bool restore_sigmask;
	long orig_ax;
	sigset_t blocked;
};

bool cpt_is_stopped(struct task_struct *t);
void cpt_stop_wake(struct task_struct *t, struct cpt_stop *s);
void cpt_stop_woken(const struct cpt_stop *s);

struct cpt_ctx;
struct cpt_proc_rec;
void cpt_stop_dump(struct task_struct *t, struct cpt_proc_rec *r);
void cpt_stops_restore(struct cpt_ctx *ctx);

#endif

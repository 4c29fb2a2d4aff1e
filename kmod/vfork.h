/* SPDX-License-Identifier: GPL-2.0 */
/* Parents that wait in vfork for a child which stays away from exec; see vfork.c. */
#ifndef _CPT_VFORK_H
#define _CPT_VFORK_H

#include <linux/completion.h>
#include <linux/sched.h>

/* Whom a task that is asked to park waits for. */
struct cpt_vfork {
	struct task_struct *child;	/* held, or NULL */
	struct completion done;
};

struct task_struct *cpt_vfork_child(struct task_struct *t);
void cpt_vfork_take(struct cpt_vfork *v, struct task_struct *t, struct task_struct *child);
void cpt_vfork_begin(struct cpt_vfork *v, struct task_struct *child);
bool cpt_vfork_waits(const struct cpt_vfork *v);
void cpt_vfork_end(struct cpt_vfork *v);

#endif

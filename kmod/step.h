/* SPDX-License-Identifier: GPL-2.0 */
/* Letting a task run on to the end of a vdso function; see step.c. */
#ifndef _CPT_STEP_H
#define _CPT_STEP_H

#include <linux/list.h>
#include <linux/sched.h>

struct cpt_step {
	struct list_head list;		/* of all that step */
	struct task_struct *task;	/* whose it is: compared, not followed */
	unsigned int steps;
	void (*end)(struct cpt_step *s);
};

bool cpt_step(struct cpt_step *s, void (*end)(struct cpt_step *s));
void cpt_step_end(void);
int cpt_step_init(void);
void cpt_step_exit(void);

#endif

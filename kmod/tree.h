/* SPDX-License-Identifier: GPL-2.0 */
/* The tasks of a VE as a tree of who clones whom at restore (collect.c). */
#ifndef _CPT_TREE_H
#define _CPT_TREE_H

#include "cpt.h"

struct cpt_node {
	struct task_struct *task;	/* held */
	struct task_struct *init;	/* the VE's */
	struct task_struct *heir;	/* of a dead leader: a live thread; held by its own node */
	pid_t pid, tgid, ppid, pgid, sid;	/* in the VE; 0: outside */
	u32 state;			/* enum cpt_task_state */
	u32 flags;			/* CPT_TASK_EARLY, _ORPHAN */
	struct cpt_node *creator;	/* NULL: init */
	struct list_head children;	/* whom it creates, in order */
	struct list_head sibling;
};

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What a restore holds, and what its parts call of each other. */
#ifndef _CPT_UNDUMP_H
#define _CPT_UNDUMP_H

#include <linux/completion.h>
#include <cpt/walk.h>

#include "cpt.h"

struct vdso_image;

/* A temporary task: in a session, or a group, that has no leader any more. */
struct cpt_helper {
	struct cpt_rtask *creator;
	u32 first;			/* index of the first orphan it creates */
	pid_t sid;			/* of all of them */
	bool leader;			/* it begins that session itself */
	int err;
	u32 next;			/* out: index of the first task it did not create */
};

/* A task being restored (tree.c). One for each TASK record, in the image's order. */
struct cpt_rtask {
	struct cpt_ctx *ctx;
	const struct cpt_task_rec *rec;
	u32 index;
	struct cpt_rtask *creator;	/* NULL: init */
	struct task_struct *task;	/* held, once it exists */
	u64 undo;			/* SEMUNDO, or 0 */
	struct completion made;		/* it and all it creates exist */
	struct completion turn;		/* to make its descriptors */
	unsigned long scratch;		/* a page of its memory for system calls, or 0 */
	struct cpt_helper helper;	/* the one it waits for, one after the other */
	bool group_ready;		/* the temporary leader of its process group exists … */
	u32 group_until;		/* … until this many barriers have been passed */
};

enum { CPT_HOLDS_NOT, CPT_HOLDS, CPT_MAY_GO };

struct cpt_undump {
	struct cpt_in *in;
	struct cpt_header hdr;
	struct cpt_walk walk;		/* metadata, index of objects */
	void *meta;
	void **made;			/* [id] */
	u64 data_next;			/* cpt_data_make_before() */
	const struct cpt_vdso_rec *old_vdso;	/* another than this kernel's, or NULL */
	u64 cap_bset;
	int nice;			/* of whoever cloned init: the VE has at least that */
	bool limited;			/* the VE may not raise its limits … */
	unsigned long hard_limits[CPT_NRLIMIT];	/* … above these */
	u32 ntasks;
	struct cpt_rtask *tasks;

	wait_queue_head_t wait;		/* for all below */
	int err;			/* the first failure: everybody gives up */
	bool go;			/* init may start (MAKE was called) */
	u32 phase;			/* barriers passed */
	u32 arrived;			/* tasks at the next barrier */
	u32 members;			/* tasks that take part in barriers */
	u32 parked;			/* tasks done: parked, or exited as they should */
	u32 running;			/* parked tasks not yet past their last step */
	pid_t spare_pid;		/* a pid that no task of the image has */
	struct xarray dead_pids;	/* struct pid, held: numbers of dead processes that something still names */
	u32 holder;			/* CPT_HOLDS…: the process that has a number for a while */
	spinlock_t lock;		/* of the counts above */
	u64 pages;
	u64 resumed_mono, resumed_boot;	/* host's clocks at RESUME */
};

int cpt_undump_fail(struct cpt_ctx *ctx, int err);
struct cpt_rtask *cpt_rtask_current(struct cpt_ctx *ctx);
void __user *cpt_scratch(struct cpt_ctx *ctx);
void cpt_scratch_drop(struct cpt_ctx *ctx);

int cpt_late(struct cpt_ctx *ctx);

/* tree.c */
struct pid *cpt_pid_get(struct cpt_ctx *ctx, pid_t nr);
pid_t cpt_pid_hold(struct cpt_ctx *ctx, pid_t nr);
int cpt_pid_drop(struct cpt_ctx *ctx, pid_t pid);
void cpt_pids_free(struct cpt_undump *u);
int cpt_tree_init(void *arg);
struct kernel_clone_args;
long cpt_dead_pidfd(struct cpt_ctx *ctx, const struct cred *cred);
pid_t cpt_tree_clone(struct cpt_ctx *ctx, struct kernel_clone_args *args);

/* kind/… : what the steps of a task's restore call */
int cpt_siginfo_dump(struct cpt_ctx *ctx, struct task_struct *t, struct sigpending *pending,
		     bool shared);
int cpt_siginfo_restore(struct cpt_ctx *ctx, const struct cpt_rec *owner, bool shared);
u64 cpt_mask_u64(const sigset_t *set);
sigset_t cpt_u64_mask(u64 mask);
int cpt_proc_restore_early(struct cpt_ctx *ctx, const struct cpt_rec *rec);
int cpt_proc_restore_late(struct cpt_ctx *ctx, const struct cpt_rec *rec);
void cpt_proc_limits(const struct cpt_rec *proc);
bool cpt_signal_early(const struct cpt_ctx *ctx, struct signal_struct *sig, const struct sigqueue *q);
bool cpt_timer_refires(struct cpt_ctx *ctx, const struct cpt_rec *proc, const void *info);
int cpt_timers_restore(struct cpt_ctx *ctx, const struct cpt_rec *rec);
void cpt_proc_resume(struct cpt_ctx *ctx, const struct cpt_rec *rec);
int cpt_fs_restore_early(struct cpt_ctx *ctx, const struct cpt_rec *rec);
int cpt_task_restore_early(struct cpt_ctx *ctx, const struct cpt_task_rec *r);
int cpt_task_restore_late(struct cpt_ctx *ctx, const struct cpt_task_rec *r);
int cpt_task_restore_regs(struct cpt_ctx *ctx, struct task_struct *t, const struct cpt_task_rec *r);
int cpt_task_restore_zombie(struct cpt_ctx *ctx, const struct cpt_task_rec *r);
void cpt_task_block_signals(void);
void cpt_task_restart(struct cpt_ctx *ctx, const struct cpt_task_rec *r);
void cpt_mm_late(struct cpt_ctx *ctx, const struct cpt_mm_rec *r);
int cpt_vdso_dump(struct cpt_ctx *ctx);
int cpt_vdso_verify(struct cpt_ctx *ctx, const struct cpt_vdso_rec *r);
int cpt_vdso_map(struct cpt_ctx *ctx, const struct vdso_image *image, const struct cpt_mm_rec *m);
bool cpt_area_kept(struct cpt_ctx *ctx, const struct cpt_vma_rec *r);

static inline bool cpt_vdso_area(const struct cpt_vma_rec *r)
{
	return r->type == CPT_VMA_VDSO || r->type == CPT_VMA_VVAR;
}

#endif

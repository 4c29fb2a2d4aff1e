/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the module share: the context of a VE and the functions by
 * which one part calls another, in the order of the flows.
 */
#ifndef _CPT_H
#define _CPT_H

#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <cpt/image.h>
#include <cpt/ioctl.h>

#include "compat/compat.h"
#include "compat/ksym.h"

struct cpt_out;
struct cpt_in;
struct cpt_obj;
struct cpt_undump;

/* Text for the user, gathered until ctl reads it (msg.c). */
struct cpt_msg {
	spinlock_t lock;
	char *text;		/* CPT_MSG_MAX bytes, allocated with the first line */
	unsigned int len;
	bool full;		/* lines were dropped: said so in the last one */
};
#define CPT_MSG_MAX	(256u << 10)

/* One mount of the VE, as ctl named it. */
struct cpt_mount {
	u32 id;
	struct path root;	/* reference held */
};

/* One mount namespace of the VE, as ctl named it. */
struct cpt_mntns {
	u32 id;
	struct file *file;	/* of nsfs; reference held */
	bool covered;		/* a mount lies over its root */
};

struct cpt_blob {
	struct list_head list;
	u32 tag, key, len;
	u8 data[];
};

/* The refrigerator's part of a context (freeze.c). */
struct cpt_freezer {
	struct list_head list;		/* of all that the fork hook must know */
	bool on;			/* asked tasks park, and stay */
	bool pinned;			/* … even if they are killed; under lock */
	spinlock_t lock;		/* of tasks */
	DECLARE_HASHTABLE(tasks, 10);	/* struct cpt_frozen by task */
	wait_queue_head_t parked;	/* the dumper waits here for tasks to park */
	wait_queue_head_t thawed;	/* parked tasks wait here */
	unsigned long vfork_until;	/* jiffies: see VFORK_PATIENCE */
	int later;			/* tasks that the last pass left running on */
	atomic_t missing;		/* asked, not yet parked */
};

/*
 * A context: the module's state for one VE between stages. Stage commands on it
 * are serialised by mutex; parked tasks hold a reference each.
 */
struct cpt_ctx {
	struct kref ref;
	struct list_head list;		/* of all bound contexts (ctx.c) */
	struct mutex mutex;
	u32 veid;
	enum cpt_stage stage;
	bool sticky;			/* survives its opener */
	bool bound;			/* an open file has it */
	struct cpt_msg msg;

	struct pid *init;		/* the VE's init, while there is a VE */
	struct pid_namespace *ns;	/* and its pid namespace */
	u32 ntasks;
	struct cpt_freezer frz;
	u64 frozen_real, frozen_mono, frozen_boot;	/* host clocks at the freeze */

	struct cpt_mount *mounts;
	u32 nmounts;
	struct cpt_mntns *spaces;	/* none: there is only the one of init */
	u32 nspaces;
	struct vfsmount **umounted;	/* in use, but not in the table; references held */
	u32 numounted;
	struct list_head blobs;
	struct file *console;		/* the master that ctl has, or is to get; reference held */
	u32 console_holders;		/* references of ctl's besides */

	/* dump */
	DECLARE_HASHTABLE(objs, 12);	/* struct cpt_obj by kernel pointer (objtab.c) */
	struct list_head obj_list;	/* the same in the order of their ids */
	u32 nobjs;
	u32 obstacles;
	struct ipc_namespace *ipc;	/* the VE's, held; NULL but from collect on */
	struct cpt_out *out;
	u64 pages, pages_shared;

	/* undump */
	struct cpt_undump *undump;
	atomic_t restoring;		/* tasks that look at undump */
};

/* msg.c */
void cpt_msg_init(struct cpt_msg *m);
void cpt_msg_free(struct cpt_msg *m);
unsigned int cpt_msg_mark(struct cpt_msg *m);
void cpt_msg_forget(struct cpt_msg *m, unsigned int mark);
ssize_t cpt_msg_read(struct cpt_msg *m, char __user *buf, size_t size);
__printf(2, 3) void cpt_say(struct cpt_ctx *ctx, const char *fmt, ...);
__printf(3, 4) int cpt_fail(struct cpt_ctx *ctx, int err, const char *fmt, ...);
__printf(2, 3) int cpt_obstacle(struct cpt_ctx *ctx, const char *fmt, ...);

/* ctx.c */
extern struct mutex cpt_ctx_lock;
struct cpt_ctx *cpt_ctx_bind(u32 veid);
void cpt_ctx_unbind(struct cpt_ctx *ctx);
void cpt_ctx_get(struct cpt_ctx *ctx);
void cpt_ctx_put(struct cpt_ctx *ctx);
void cpt_ctx_forget(struct cpt_ctx *ctx);
int cpt_ctx_list(struct cpt_ioc_list __user *arg);
int cpt_ctx_mounts(struct cpt_ctx *ctx, const struct cpt_ioc_mounts *arg);
int cpt_ctx_put_blob(struct cpt_ctx *ctx, const struct cpt_ioc_blob *arg);
void cpt_ctx_drop_mounts(struct cpt_ctx *ctx);
void cpt_ctx_drop_blobs(struct cpt_ctx *ctx);
const struct cpt_mount *cpt_mount_by_vfs(struct cpt_ctx *ctx, struct vfsmount *mnt);
const struct cpt_mount *cpt_mount_by_id(struct cpt_ctx *ctx, u32 id);

/* mntns.c */
int cpt_mntns_find(struct cpt_ctx *ctx, struct cpt_ioc_find_mntns *arg);
int cpt_mntns_take(struct cpt_ctx *ctx, const struct cpt_ioc_mounts *arg);
void cpt_mntns_drop(struct cpt_ctx *ctx);
int cpt_mntns_of(struct cpt_ctx *ctx, struct task_struct *t, u32 *id);
int cpt_mntns_enter(struct cpt_ctx *ctx, u32 id);

/* umounted.c */
void cpt_umounted_note(struct cpt_ctx *ctx, struct vfsmount *mnt);
void cpt_umounted_drop(struct cpt_ctx *ctx);
int cpt_umounted_find(struct cpt_ctx *ctx, struct cpt_ioc_find_mount *arg);

/* kind/pty.c */
int cpt_console_set(struct cpt_ctx *ctx, const struct cpt_ioc_console *arg);
int cpt_console_get(struct cpt_ctx *ctx, struct cpt_ioc_console *arg);
void cpt_console_drop(struct cpt_ctx *ctx);

/* stage.c */
long cpt_stage_ioctl(struct cpt_ctx *ctx, unsigned int cmd, void __user *arg);
void cpt_stage_abandon(struct cpt_ctx *ctx);

/* ve.c */
int cpt_ve_find(struct cpt_ctx *ctx, int pidfd);
void cpt_ve_forget(struct cpt_ctx *ctx);
int cpt_ve_kill(struct cpt_ctx *ctx);
void cpt_ve_clocks(struct cpt_ctx *ctx);
void cpt_with_siglock(struct task_struct *t, void (*fn)(struct task_struct *t, void *arg), void *arg);
u64 cpt_frozen_at(const struct cpt_ctx *ctx, clockid_t clock);
struct task_struct *cpt_ve_next(struct pid_namespace *ns, pid_t *nr);
static inline pid_t cpt_vpid(const struct cpt_ctx *ctx, struct task_struct *t)
{
	return task_pid_nr_ns(t, ctx->ns);
}

/* The lock of @t's signals; @t is frozen or current, so its sighand stays. */
static inline spinlock_t *cpt_siglock(struct task_struct *t)
{
	return &rcu_dereference_raw(t->sighand)->siglock;
}

static inline const struct cred *cpt_cred(const struct task_struct *t)
{
	return rcu_dereference_raw(t->cred);
}

/* freeze.c */
#define CPT_PARKED_STATE (TASK_UNINTERRUPTIBLE | TASK_WAKEKILL | TASK_NOLOAD | TASK_FREEZABLE)
int cpt_freeze_init(void);
void cpt_freeze_exit(void);
void cpt_freezer_init(struct cpt_freezer *frz);
int cpt_freeze(struct cpt_ctx *ctx, unsigned int timeout_ms, u32 *passes);
void cpt_freezer_arm(struct cpt_ctx *ctx);
void cpt_freezer_pin(struct cpt_freezer *frz, bool pin);
int cpt_freeze_self(struct cpt_ctx *ctx, void (*thawed)(void *, bool alive), void *arg, struct task_struct *child);
pid_t cpt_vfork_of(struct cpt_ctx *ctx, struct task_struct *t);
struct tracepoint *cpt_find_tracepoint(const char *name);
bool cpt_in_vdso(void);		/* kind/vdso.c */
void cpt_thaw(struct cpt_ctx *ctx);
bool cpt_is_parked(struct cpt_ctx *ctx, struct task_struct *t);
int cpt_wait_inactive(struct cpt_ctx *ctx, struct task_struct *t);

/* dump.c, collect.c */
int cpt_check(struct cpt_ctx *ctx);
int cpt_dump(struct cpt_ctx *ctx, struct cpt_ioc_dump *arg);

/* undump.c */
int cpt_verify(struct cpt_ctx *ctx, struct cpt_ioc_verify *arg);
int cpt_get_blob(struct cpt_ctx *ctx, struct cpt_ioc_blob *arg);
int cpt_get_data(struct cpt_ctx *ctx, struct cpt_ioc_data *arg);
int cpt_init(struct cpt_ctx *ctx, struct cpt_ioc_init *arg);
int cpt_make(struct cpt_ctx *ctx, struct cpt_ioc_make *arg);
int cpt_undump_resume(struct cpt_ctx *ctx);
void cpt_undump_free(struct cpt_ctx *ctx);

#endif

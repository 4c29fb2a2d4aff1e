// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of a context, and the only place where stages are compared.
 *
 *           SUSPEND                    DUMP (again: a new image)    KILL
 *  IDLE --------------> SUSPENDED --------------------> DUMPED -----------> IDLE  the VE is gone
 *   ^                       |                              |
 *   +------- RESUME --------+----------- RESUME -----------+                      the VE runs on
 *
 *           VERIFY               INIT              MAKE              RESUME
 *  IDLE -------------> VERIFIED -----> INITED ----------> UNDUMPED --------> IDLE the VE runs
 *                          |              |                   |
 *                          +---- KILL ----+------- KILL ------+-----------> IDLE  nothing is left
 *
 * A command that fails leaves the stage as it was, or, if what it had begun
 * cannot be kept, goes to the row's `failed` stage, where its own undo has led.
 */
#include <linux/ktime.h>
#include <linux/uaccess.h>

#include "cpt.h"

union stage_arg {
	struct cpt_ioc_mounts mounts;
	struct cpt_ioc_find_mntns mntns;
	struct cpt_ioc_find_mount mount;
	struct cpt_ioc_suspend suspend;
	struct cpt_ioc_console console;
	struct cpt_ioc_blob blob;
	struct cpt_ioc_dump dump;
	struct cpt_ioc_kill kill;
	struct cpt_ioc_resume resume;
	struct cpt_ioc_verify verify;
	struct cpt_ioc_data data;
	struct cpt_ioc_init init;
	struct cpt_ioc_make make;
};

static int do_suspend(struct cpt_ctx *ctx, union stage_arg *arg)
{
	struct cpt_ioc_suspend *a = &arg->suspend;
	u64 start;
	int err;

	err = cpt_ve_find(ctx, a->pidfd);
	if (err)
		return err;
	start = ktime_get_ns();
	err = cpt_freeze(ctx, a->timeout_ms, &a->passes);
	a->ns = ktime_get_ns() - start;
	a->tasks = ctx->ntasks;
	if (err) {
		cpt_ve_forget(ctx);
		return err;
	}
	cpt_ve_clocks(ctx);
	return 0;
}

static void drop_dump(struct cpt_ctx *ctx)
{
	cpt_ctx_drop_mounts(ctx);
	cpt_ctx_drop_blobs(ctx);
	cpt_console_drop(ctx);
	cpt_ve_forget(ctx);
	ctx->sticky = false;
}

static int do_resume(struct cpt_ctx *ctx, union stage_arg *arg)
{
	u64 start = ktime_get_ns();

	cpt_thaw(ctx);
	arg->resume.ns = ktime_get_ns() - start;
	drop_dump(ctx);
	return 0;
}

static int do_kill(struct cpt_ctx *ctx, union stage_arg *arg)
{
	u64 start = ktime_get_ns();
	int err = cpt_ve_kill(ctx);

	arg->kill.ns = ktime_get_ns() - start;
	if (!err)	/* else the dying still look at it: it goes with the context, which they hold */
		cpt_undump_free(ctx);
	drop_dump(ctx);
	return err;
}

static int do_forget(struct cpt_ctx *ctx, union stage_arg *arg)
{
	cpt_undump_free(ctx);
	drop_dump(ctx);
	return 0;
}

static int do_undump_resume(struct cpt_ctx *ctx, union stage_arg *arg)
{
	u64 start = ktime_get_ns();
	int err = cpt_undump_resume(ctx);

	if (err)
		return err;
	arg->resume.ns = ktime_get_ns() - start;
	cpt_undump_free(ctx);
	drop_dump(ctx);
	return 0;
}

static int do_mounts(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_ctx_mounts(ctx, &arg->mounts);
}

static int do_find_mntns(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_mntns_find(ctx, &arg->mntns);
}

static int do_find_mount(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_umounted_find(ctx, &arg->mount);
}

static int do_set_console(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_console_set(ctx, &arg->console);
}

static int do_get_console(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_console_get(ctx, &arg->console);
}

static int do_put_blob(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_ctx_put_blob(ctx, &arg->blob);
}

static int do_get_blob(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_get_blob(ctx, &arg->blob);
}

static int do_get_data(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_get_data(ctx, &arg->data);
}

static int do_keep(struct cpt_ctx *ctx, union stage_arg *arg)
{
	ctx->sticky = true;
	return 0;
}

static int do_check(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_check(ctx);
}

static int do_dump(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_dump(ctx, &arg->dump);
}

static int do_verify(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_verify(ctx, &arg->verify);
}

static int do_init(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_init(ctx, &arg->init);
}

static int do_make(struct cpt_ctx *ctx, union stage_arg *arg)
{
	return cpt_make(ctx, &arg->make);
}

#define IN(_stage)	(1u << CPT_##_stage)
#define FROZEN		(IN(SUSPENDED) | IN(DUMPED))
#define ANY		(~0u)
#define SAME		(-1)

static const struct transition {
	unsigned int cmd;
	const char *name;
	unsigned int from;		/* stages that allow it */
	int (*act)(struct cpt_ctx *ctx, union stage_arg *arg);
	int to;				/* on success; SAME: no change */
	int failed;			/* on failure */
} transitions[] = {
	{ CPT_IOC_SUSPEND,	"suspend",	IN(IDLE),	do_suspend,	CPT_SUSPENDED,	SAME },
	{ CPT_IOC_MOUNTS,	"mounts",	ANY,		do_mounts,	SAME,		SAME },
	{ CPT_IOC_FIND_MNTNS,	"mounts",	FROZEN,		do_find_mntns,	SAME,		SAME },
	{ CPT_IOC_FIND_MOUNT,	"mounts",	FROZEN,		do_find_mount,	SAME,		SAME },
	{ CPT_IOC_SET_CONSOLE,	"console",	FROZEN,		do_set_console,	SAME,		SAME },
	{ CPT_IOC_GET_CONSOLE,	"console",	IN(UNDUMPED),	do_get_console,	SAME,		SAME },
	{ CPT_IOC_CHECK,	"check",	FROZEN,		do_check,	SAME,		SAME },
	{ CPT_IOC_PUT_BLOB,	"blob",		FROZEN,		do_put_blob,	SAME,		SAME },
	{ CPT_IOC_DUMP,		"dump",		FROZEN,		do_dump,	CPT_DUMPED,	SAME },
	{ CPT_IOC_KILL,		"kill",		FROZEN | IN(INITED) | IN(UNDUMPED),
								do_kill,	CPT_IDLE,	CPT_IDLE },
	{ CPT_IOC_KILL,		"kill",		IN(VERIFIED),	do_forget,	CPT_IDLE,	SAME },
	{ CPT_IOC_RESUME,	"resume",	FROZEN,		do_resume,	CPT_IDLE,	SAME },
	{ CPT_IOC_RESUME,	"resume",	IN(UNDUMPED),	do_undump_resume, CPT_IDLE,	SAME },
	{ CPT_IOC_KEEP,		"keep",		FROZEN | IN(UNDUMPED), do_keep,	SAME,		SAME },
	{ CPT_IOC_VERIFY,	"verify",	IN(IDLE),	do_verify,	CPT_VERIFIED,	SAME },
	{ CPT_IOC_GET_BLOB,	"blob",		IN(VERIFIED) | IN(INITED),
								do_get_blob,	SAME,		SAME },
	{ CPT_IOC_GET_DATA,	"data",		IN(VERIFIED),	do_get_data,	SAME,		SAME },
	{ CPT_IOC_INIT,		"init",		IN(VERIFIED),	do_init,	CPT_INITED,	SAME },
	{ CPT_IOC_MAKE,		"make",		IN(INITED),	do_make,	CPT_UNDUMPED,	CPT_IDLE },
};

static const char * const stage_names[] = {
	[CPT_IDLE]	= "neither suspended nor undumped",
	[CPT_SUSPENDED]	= "suspended",
	[CPT_DUMPED]	= "suspended and dumped",
	[CPT_VERIFIED]	= "being restored",
	[CPT_INITED]	= "being restored",
	[CPT_UNDUMPED]	= "undumped",
};

/* The row for @cmd in the context's stage; *@known: some row has @cmd. */
static const struct transition *find_transition(struct cpt_ctx *ctx, unsigned int cmd,
						const char **known)
{
	const struct transition *t;

	for (t = transitions; t < transitions + ARRAY_SIZE(transitions); t++) {
		if (t->cmd != cmd)
			continue;
		*known = t->name;
		if (t->from & (1u << ctx->stage))
			return t;
	}
	return NULL;
}

/*
 * cpt_stage_ioctl - run a stage command
 * @arg: user pointer to the command's struct
 *
 * Returns what the command returns; -EBUSY with a line if the stage does not
 * allow it; -ENOTTY for no such command. Killable while another command runs.
 */
long cpt_stage_ioctl(struct cpt_ctx *ctx, unsigned int cmd, void __user *arg)
{
	const struct transition *t;
	const char *known = NULL;
	union stage_arg a = {};
	int next, err;

	if (_IOC_SIZE(cmd) > sizeof(a))
		return -ENOTTY;
	if ((_IOC_DIR(cmd) & _IOC_WRITE) && copy_from_user(&a, arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	if (mutex_lock_killable(&ctx->mutex))
		return -EINTR;
	t = find_transition(ctx, cmd, &known);
	if (t) {
		err = t->act(ctx, &a);
		next = err ? t->failed : t->to;
		if (next != SAME)
			ctx->stage = next;
	} else if (known) {
		err = cpt_fail(ctx, -EBUSY, "%s is not possible: VE %u is %s", known, ctx->veid,
			       stage_names[ctx->stage]);
	} else {
		err = -ENOTTY;
	}
	mutex_unlock(&ctx->mutex);
	if (!err && (_IOC_DIR(cmd) & _IOC_READ) && copy_to_user(arg, &a, _IOC_SIZE(cmd)))
		err = -EFAULT;
	return err;
}

/*
 * cpt_stage_abandon - the opener is gone before the work was finished
 *
 * A suspended VE is resumed, one that is half made is killed. Under ctx->mutex.
 */
void cpt_stage_abandon(struct cpt_ctx *ctx)
{
	union stage_arg a = {};

	switch (ctx->stage) {
	case CPT_SUSPENDED:
	case CPT_DUMPED:
		do_resume(ctx, &a);
		break;
	case CPT_INITED:
	case CPT_UNDUMPED:
		do_kill(ctx, &a);
		break;
	case CPT_VERIFIED:
		do_forget(ctx, &a);
		break;
	default:	/* no undump, or one that a failed kill has left for the dying */
		drop_dump(ctx);
	}
	ctx->stage = CPT_IDLE;
}

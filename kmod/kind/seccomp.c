// SPDX-License-Identifier: GPL-2.0
/*
 * Seccomp: filters of system calls, and the strict mode.
 *
 * Preserved: filters as they were given (the kernel keeps the classic program of each),
 * whether they log; who shares which, down to the first: they form a tree, and whether
 * a thread may be synchronized (SECCOMP_FILTER_FLAG_TSYNC) depends on it.
 * Refused: filters with a listener (SECCOMP_RET_USER_NOTIF), mitigations of speculation
 * that come with seccomp on kernels told so (spec_store_bypass_disable=seccomp).
 *
 * Filters look at system calls where they enter the kernel: those that a restore makes
 * itself do not come that way, so it does not matter when a task gets its own.
 *
 * Locks: the siglock of a task, for its mode and filter. A dump looks at parked tasks,
 * which are pinned. All of an image are made by the VE's init, before others need them.
 */
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/slab.h>

#include "compat/private.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

static_assert(sizeof(struct sock_filter) == 8 && BPF_MAXINSNS == CPT_FILTER_MAX);

/*
 * cpt_seccomp_obstacle - what stands against preserving the seccomp of a live task; NULL: nothing
 */
const char *cpt_seccomp_obstacle(const struct task_struct *t)
{
	const struct compat_seccomp *f;

	switch (t->seccomp.mode) {
	case SECCOMP_MODE_DISABLED:
	case SECCOMP_MODE_STRICT:
		return NULL;
	case SECCOMP_MODE_FILTER:
		break;
	default:
		return "is being killed by seccomp: try again";
	}
	for (f = (void *)t->seccomp.filter; f; f = f->prev)
		if (f->notif)
			return "is under a seccomp filter that asks another process (SECCOMP_RET_USER_NOTIF), which cannot be preserved";
	return NULL;
}

/*
 * cpt_seccomp_collect - all filters of @t, the oldest first
 *
 * Not one by the other: there may be thousands.
 */
int cpt_seccomp_collect(struct cpt_ctx *ctx, const struct task_struct *t, const struct cpt_holder *who)
{
	const struct compat_seccomp *leaf = (void *)t->seccomp.filter, *f, **new;
	size_t n = 0;
	int err = 0;

	for (f = leaf; f && !cpt_obj_find(ctx, f); f = f->prev)
		n++;
	new = kvmalloc_array(n, sizeof(*new), GFP_KERNEL);
	if (n && !new)
		return -ENOMEM;
	for (f = leaf, n = 0; f && !cpt_obj_find(ctx, f); f = f->prev)
		new[n++] = f;
	while (!err && n)
		err = cpt_collect(ctx, CPT_K_SECCOMP, new[--n], who);
	kvfree(new);
	return err;
}

static int seccomp_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	const struct compat_seccomp *f = obj->ptr;

	if (!f->prog->orig_prog)
		cpt_obstacle(ctx, "process %d (%s) is under a seccomp filter whose program is unknown", who->pid,
			     who->comm);
	return 0;
}

static int seccomp_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	const struct compat_seccomp *f = obj->ptr;
	const struct sock_fprog_kern *prog = f->prog->orig_prog;
	struct cpt_seccomp_rec *r = cpt_out_rec(ctx, CPT_K_SECCOMP, obj->id, sizeof(*r), bpf_classic_proglen(prog));

	if (!r)
		return -ENOMEM;
	r->prev = cpt_obj_id(ctx, f->prev);
	r->flags = f->log ? CPT_SECCOMP_LOG : 0;
	r->count = prog->len;
	memcpy(r + 1, prog->filter, bpf_classic_proglen(prog));
	return 0;
}

/* --- restore ------------------------------------------------------------------------------- */

static void *seccomp_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_seccomp_rec *r = (const void *)rec;

	return compat_seccomp_make(r->prev ? cpt_made_already(ctx, r->prev) : NULL, (const void *)(r + 1), r->count,
				   r->flags & CPT_SECCOMP_LOG);
}

/*
 * cpt_seccomp_make_all - make all filters of the image, in the order of their ids: each after its older one
 */
int cpt_seccomp_make_all(struct cpt_ctx *ctx)
{
	const struct cpt_walk *w = &ctx->undump->walk;
	int err = 0;
	u32 id;

	for (id = 1; !err && id <= w->nobj; id++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (w->obj[id]->kind == CPT_K_SECCOMP)
			err = PTR_ERR_OR_ZERO(cpt_made(ctx, id));
	}
	return err;
}

static int count_filters(struct cpt_ctx *ctx, u64 id)
{
	int n;

	for (n = 0; id; n++)
		id = ((const struct cpt_seccomp_rec *)cpt_rec_of(ctx, id))->prev;
	return n;
}

/*
 * cpt_seccomp_restore - put the current task under the filter @id, or in strict mode
 *
 * As seccomp(2) would let it: without new privileges, or with sys_admin.
 */
int cpt_seccomp_restore(struct cpt_ctx *ctx, const struct cpt_task_rec *t, const struct cpt_attr_rec *r)
{
	if (r->flags & CPT_ATTR_SECCOMP_STRICT)
		return ksys(prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	if (!r->seccomp)
		return 0;
	if (!(t->flags & CPT_TASK_NO_NEW_PRIVS) && !cpt_ve_capable(ctx, CAP_SYS_ADMIN))
		return cpt_fail(ctx, -EPERM, "process %u was under a filter that this VE may not have", t->pid);
	compat_seccomp_enter(cpt_made_already(ctx, r->seccomp), count_filters(ctx, r->seccomp));
	return 0;
}

const struct cpt_kind_ops cpt_seccomp_ops = {
	.kind		= CPT_K_SECCOMP,
	.name		= "seccomp filter",
	.collect	= seccomp_collect,
	.dump		= seccomp_dump,
	.make		= seccomp_make,
	.unmake		= compat_seccomp_put,
};

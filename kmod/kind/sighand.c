// SPDX-License-Identifier: GPL-2.0
/*
 * Signal handlers (sighand_struct), and queued signals: of a task and of a
 * process.
 *
 * Preserved: handler, flags, restorer and mask of every signal; handlers shared
 * by clone(CLONE_SIGHAND); queued signals with their siginfo, in order.
 *
 * Locks: siglock at dump, against signals from outside the VE.
 */
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/slab.h>

#include "kind.h"
#include "out.h"
#include "undump.h"

static int sighand_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct sighand_struct *sh = obj->ptr;

	obj->priv = kmemdup(sh->action, sizeof(sh->action), GFP_KERNEL);
	return obj->priv ? 0 : -ENOMEM;
}

static void sighand_release(struct cpt_obj *obj)
{
	kfree(obj->priv);
}

static u64 mask_u64(const sigset_t *set)
{
	u64 mask = set->sig[0];

	if (_NSIG_WORDS > 1)
		mask |= (u64)set->sig[_NSIG_WORDS - 1] << 32;
	return mask;
}

static sigset_t u64_mask(u64 mask)
{
	sigset_t set = { .sig = { [0] = mask } };

	if (_NSIG_WORDS > 1)
		set.sig[_NSIG_WORDS - 1] = mask >> 32;
	return set;
}

static int sighand_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	const struct k_sigaction *action = obj->priv;
	struct cpt_sighand_rec *r = cpt_out_rec(ctx, CPT_K_SIGHAND, obj->id, sizeof(*r), 0);
	int i;

	if (!r)
		return -ENOMEM;
	for (i = 0; i < CPT_NSIG; i++) {
		r->action[i].handler = (unsigned long)action[i].sa.sa_handler;
		r->action[i].flags = action[i].sa.sa_flags;
		r->action[i].restorer = (unsigned long)action[i].sa.sa_restorer;
		r->action[i].mask = mask_u64(&action[i].sa.sa_mask);
	}
	return 0;
}

static int sighand_restore(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_sighand_rec *r = (const void *)rec;
	int i, err;

	for (i = 0; i < CPT_NSIG; i++) {
		const struct cpt_sigaction *a = &r->action[i];
		struct k_sigaction k = {
			.sa.sa_handler = (__sighandler_t)(unsigned long)a->handler,
			.sa.sa_flags = a->flags,
			.sa.sa_restorer = (__sigrestore_t)(unsigned long)a->restorer,
			.sa.sa_mask = u64_mask(a->mask),
		};

		if (i + 1 == SIGKILL || i + 1 == SIGSTOP)
			continue;
		err = ksym(do_sigaction)(i + 1, &k, NULL);
		if (err)
			return cpt_fail(ctx, err, "the handler of signal %d cannot be set", i + 1);
	}
	return 0;
}

const struct cpt_kind_ops cpt_sighand_ops = {
	.kind		= CPT_K_SIGHAND,
	.name		= "signal handlers",
	.collect	= sighand_collect,
	.dump		= sighand_dump,
	.release	= sighand_release,
	.restore	= sighand_restore,
};

/* The siginfo of one queued signal, as user space would get it. */
static void fill_info(struct cpt_siginfo_rec *r, const kernel_siginfo_t *info, bool shared)
{
	r->shared = shared;
	r->signo = info->si_signo;
	/* a siginfo_t is a kernel_siginfo_t and padding; no field of the kernel's own is in it */
	memcpy(r->info, info, min(sizeof(*info), sizeof(r->info)));
}

/*
 * cpt_siginfo_dump - write a SIGINFO record for each queued signal of @pending
 *
 * Signals that are pending without an entry in the queue (the queue was full, or
 * they are legacy ones sent by the kernel) get one as kill(2) would make it.
 */
int cpt_siginfo_dump(struct cpt_ctx *ctx, struct task_struct *t, struct sigpending *pending,
		     bool shared)
{
	kernel_siginfo_t *infos = NULL;
	struct sigqueue *q;
	unsigned int n = 0, room = 0, i;
	sigset_t rest;

	do {	/* room is found without the lock */
		kvfree(infos);
		room = n + 64;
		infos = kvmalloc_array(room, sizeof(*infos), GFP_KERNEL);
		if (!infos)
			return -ENOMEM;
		spin_lock_irq(cpt_siglock(t));
		rest = pending->signal;
		n = 0;
		list_for_each_entry(q, &pending->list, list) {
			sigdelset(&rest, q->info.si_signo);
			if (cpt_signal_early(ctx, t->signal, q))
				continue;
			if (n < room)
				infos[n] = q->info;
			n++;
		}
		spin_unlock_irq(cpt_siglock(t));
	} while (n > room);

	for (i = 0; i < n; i++) {
		struct cpt_siginfo_rec *r = cpt_out_rec(ctx, CPT_K_SIGINFO, 0, sizeof(*r), 0);

		if (!r)
			break;
		fill_info(r, &infos[i], shared);
	}
	kvfree(infos);
	if (i < n)
		return -ENOMEM;
	for (i = 1; i <= CPT_NSIG; i++) {
		kernel_siginfo_t info = { .si_signo = i, .si_code = SI_USER };
		struct cpt_siginfo_rec *r;

		if (!sigismember(&rest, i) || i == SIGKILL)
			continue;
		r = cpt_out_rec(ctx, CPT_K_SIGINFO, 0, sizeof(*r), 0);
		if (!r)
			return -ENOMEM;
		fill_info(r, &info, shared);
	}
	return 0;
}

/*
 * cpt_siginfo_restore - queue the signals that follow the current task's (or
 *	process's) record @owner
 *
 * A task may send itself any siginfo; a mask that blocks all is in force.
 */
int cpt_siginfo_restore(struct cpt_ctx *ctx, const struct cpt_rec *owner, bool shared)
{
	const struct cpt_rec *rec = owner, *proc = cpt_rec_of(ctx, cpt_rtask_current(ctx)->rec->proc);
	void __user *uinfo = NULL;
	pid_t tgid = task_tgid_vnr(current), tid = task_pid_vnr(current);
	long err;

	while ((rec = cpt_rec_after(ctx, rec)) && !rec->id) {
		const struct cpt_siginfo_rec *r = (const void *)rec;

		if (rec->kind != CPT_K_SIGINFO || cpt_timer_refires(ctx, proc, r->info))
			continue;
		uinfo = cpt_scratch(ctx);
		if (!uinfo)
			return -ENOMEM;
		if (copy_to_user(uinfo, r->info, sizeof(r->info)))
			return -EFAULT;
		err = shared ? ksys(rt_sigqueueinfo, tgid, r->signo, uinfo) :
			       ksys(rt_tgsigqueueinfo, tgid, tid, r->signo, uinfo);
		if (err)
			return cpt_fail(ctx, err, "signal %u cannot be queued again: error %ld", r->signo, -err);
	}
	return 0;
}

u64 cpt_mask_u64(const sigset_t *set)
{
	return mask_u64(set);
}

sigset_t cpt_u64_mask(u64 mask)
{
	return u64_mask(mask);
}

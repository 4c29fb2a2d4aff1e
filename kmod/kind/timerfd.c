// SPDX-License-Identifier: GPL-2.0
/*
 * timerfd_create(2): a timer that is read.
 *
 * Preserved: clock, interval, what remains; expirations that were not read, also
 * those of a periodic timer that the kernel counts only when it is read (it stands
 * still until then, and remembers when it fired); TFD_TIMER_CANCEL_ON_SET. An
 * absolute timer of CLOCK_REALTIME fires at that time, all others by the VE's own
 * clock, which stands still while the VE is away.
 * Not preserved: a read of a timer with TFD_TIMER_CANCEL_ON_SET fails after the
 * restore as it does after a system's sleep: that clock did jump.
 * Refused: alarm clocks.
 *
 * Locks: the private struct's own, wqh.lock.
 */
#include <linux/file.h>
#include <linux/timerfd.h>

#include "compat/private.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

static bool timerfd_owns(struct file *f)
{
	return f->f_op->release == kptr(timerfd_release);
}

static int timerfd_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	const struct compat_timerfd *t = ((struct file *)obj->ptr)->private_data;

	if (t->clockid == CLOCK_REALTIME_ALARM || t->clockid == CLOCK_BOOTTIME_ALARM)
		cpt_obstacle(ctx, "process %d (%s) holds an alarm clock (fd %d), which cannot be preserved",
			     who->pid, who->comm, who->fd);
	return cpt_anon_collect(ctx, obj, who);
}

/* Under the lock. */
static void fill(struct cpt_ctx *ctx, const struct compat_timerfd *t, struct cpt_timerfd_rec *r)
{
	const struct hrtimer *h = &t->t.tmr;
	clockid_t base = h->base->clockid;	/* a relative timer of CLOCK_REALTIME is not on it */
	s64 left = ktime_to_ns(hrtimer_get_expires(h)) - cpt_frozen_at(ctx, base);

	r->clock = t->clockid;
	r->flags = t->settime_flags;
	r->interval = ktime_to_ns(t->tintv);
	r->ticks = t->ticks;
	r->canceled = t->might_cancel && t->moffs == KTIME_MAX;
	if (!t->expired && !hrtimer_active(h))
		return;
	r->state = CPT_TIMERFD_ARMED;
	if (t->expired && left > 0)	/* since the freeze: not yet, by the VE's clock */
		r->ticks--;
	else if (t->expired)
		r->state = CPT_TIMERFD_EXPIRED;
	if (base == CLOCK_REALTIME)
		r->value = ktime_to_ns(hrtimer_get_expires(h));
	else if (t->expired)
		r->value = abs(left);
	else
		r->value = max_t(s64, left, 0);
}

static int timerfd_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_timerfd_rec *r = cpt_out_rec(ctx, CPT_K_TIMERFD, obj->id, sizeof(*r), 0);
	struct compat_timerfd *t = ((struct file *)obj->ptr)->private_data;

	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, obj->ptr);
	spin_lock_irq(&t->wqh.lock);
	fill(ctx, t, r);
	spin_unlock_irq(&t->wqh.lock);
	return 0;
}

/* Made as it was, with its ticks, but off; timerfd_start() starts it. Nobody else has it yet. */
static void *timerfd_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_timerfd_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred), *own;
	struct itimerspec64 off = { .it_interval = ns_to_timespec64(r->interval) }, old;
	struct compat_timerfd *t;
	struct file *f;
	int err;
	long fd;

	if (IS_ERR(cred))
		return (void *)cred;
	own = override_creds(cred);
	fd = ksys(timerfd_create, r->clock, 0);
	revert_creds(own);
	err = fd < 0 ? 0 : ksym(do_timerfd_settime)(fd, r->flags, &off, &old);
	f = cpt_anon_made(ctx, fd, &r->file);
	if (IS_ERR(f))
		return f;
	if (err) {
		fput(f);
		return ERR_PTR(err);
	}
	t = f->private_data;
	t->ticks = r->ticks;
	t->expired = r->state == CPT_TIMERFD_EXPIRED;
	if (t->might_cancel) {		/* as clock_was_set() has it */
		t->moffs = KTIME_MAX;
		t->ticks++;
	}
	return f;
}

/* When it fires, or fired, by the host's clock; before zero if the host is younger than that. */
static s64 host_time(const struct cpt_undump *u, const struct cpt_timerfd_rec *r, clockid_t base)
{
	u64 now = base == CLOCK_BOOTTIME ? u->resumed_boot : u->resumed_mono;

	if (base == CLOCK_REALTIME)
		return r->value;
	return r->state == CPT_TIMERFD_ARMED ? now + r->value : now - r->value;
}

static void timerfd_start(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_timerfd_rec *r = (const void *)rec;
	struct compat_timerfd *t = ((struct file *)made)->private_data;
	struct hrtimer *h = &t->t.tmr;
	ktime_t at = ns_to_ktime(host_time(ctx->undump, r, h->base->clockid));

	spin_lock_irq(&t->wqh.lock);
	if (r->state == CPT_TIMERFD_EXPIRED)
		hrtimer_set_expires(h, at);
	else if (r->state == CPT_TIMERFD_ARMED)
		hrtimer_start(h, at, HRTIMER_MODE_ABS);
	spin_unlock_irq(&t->wqh.lock);
}

const struct cpt_kind_ops cpt_timerfd_ops = {
	.kind		= CPT_K_TIMERFD,
	.name		= "timerfd",
	.owns		= timerfd_owns,
	.collect	= timerfd_collect,
	.check		= cpt_anon_check,
	.dump		= timerfd_dump,
	.release	= cpt_anon_release,
	.make		= timerfd_make,
	.resume		= timerfd_start,
	.unmake		= cpt_file_unmake,
};

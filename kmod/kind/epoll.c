// SPDX-License-Identifier: GPL-2.0
/*
 * epoll(7): files, and what is waited for of each.
 *
 * Preserved: every item with the number by which it was added, though that may be
 * closed or another file today; its events and data; one-shot items that have fired;
 * what an edge-triggered item has told already and what not; the ready list with
 * its order; epolls in epolls.
 *
 * Items are added by epoll_ctl(2) itself, in the empty descriptor table of the VE's
 * init, when all that is waited for is as it was. Adding puts an item on the ready list
 * if its file is ready; so those that had told that already are added first, and told
 * to us.
 *
 * Locks: the epoll's mtx, while its items are looked at.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/xarray.h>
#include <uapi/linux/eventpoll.h>

#include "compat/compat.h"
#include "compat/private.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

/* What is left of the events of a one-shot item that has fired (EP_PRIVATE_BITS). */
#define KEPT_BITS	((__force u32)(EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE))

static bool epoll_owns(struct file *f)
{
	return f->f_op->release == kptr(ep_eventpoll_release);
}

/* --- dump -------------------------------------------------------------------------------------- */

struct taken {
	struct file *file;
	const void *epitem;		/* only to be compared with */
	struct cpt_epoll_item item;	/* but for its file's id */
};

/* obj->priv */
struct epoll_priv {
	struct cpt_holder who;		/* the first member: cpt_anon_check() knows it */
	u32 n, room;
	struct taken *items;
};

/*
 * Enter an item; @seen: those already entered. A file that is being closed from
 * outside the VE waits for our lock to leave the epoll; it counts as gone.
 */
static int take(struct epoll_priv *p, struct compat_epitem *item, bool ready, struct xarray *seen)
{
	const struct epoll_event *event = compat_epitem_event(item);
	struct taken *items = p->items;
	int err;

	if (xa_load(seen, (unsigned long)item))
		return 0;
	err = xa_err(xa_store(seen, (unsigned long)item, item, GFP_KERNEL));
	if (err)
		return err;
	if (p->n == p->room) {
		p->room = p->room ? 2 * p->room : 16;
		items = kvcalloc(p->room, sizeof(*items), GFP_KERNEL);
		if (!items)
			return -ENOMEM;
		memcpy(items, p->items, p->n * sizeof(*items));
		kvfree(p->items);
		p->items = items;
	}
	if (!compat_file_get_active(item->ffd.file))
		return 0;
	items[p->n++] = (struct taken){
		.file = item->ffd.file,
		.epitem = item,
		.item = { .data = event->data, .fd = item->ffd.fd,
			  .events = (__force u32)event->events, .ready = ready },
	};
	return 0;
}

/* All items, the ready ones first. More may become ready meanwhile: a list is only added to. */
static int take_all(struct compat_epoll *ep, struct epoll_priv *p)
{
	struct compat_epitem *item;
	struct rb_node *node;
	struct xarray seen;
	int err = 0;

	xa_init(&seen);
	mutex_lock(&ep->mtx);
	list_for_each_entry(item, &ep->rdllist, rdllink)
		if (!err)
			err = take(p, item, true, &seen);
	for (node = rb_first_cached(compat_epoll_items(ep)); node && !err; node = rb_next(node))
		err = take(p, rb_entry(node, struct compat_epitem, rbn), false, &seen);
	mutex_unlock(&ep->mtx);
	xa_destroy(&seen);
	return err;
}

/* Enter the files of all items. An epoll does not hold them: it does not count. */
static int collect_files(struct cpt_ctx *ctx, struct epoll_priv *p)
{
	struct cpt_holder who = p->who;
	struct cpt_obj *obj;
	int err = 0;
	u32 i;

	for (i = 0; i < p->n; i++) {
		who.fd = p->items[i].item.fd;
		if (!err)
			err = cpt_collect_file(ctx, p->items[i].file, &who);
		obj = cpt_obj_find(ctx, p->items[i].file);
		if (obj && !err)
			obj->refs--;
		fput(p->items[i].file);
	}
	return err;
}

static void epoll_release(struct cpt_obj *obj)
{
	struct epoll_priv *p = obj->priv;

	kvfree(p->items);
	cpt_anon_release(obj);
}

static int epoll_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct file *f = obj->ptr;
	struct epoll_priv *p;
	int err = cpt_file_collect(ctx, f, who);

	if (err)
		return err;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->who = *who;
	err = take_all(f->private_data, p);
	if (!err)
		err = collect_files(ctx, p);
	else
		while (p->n)
			fput(p->items[--p->n].file);
	obj->priv = p;
	get_file(f);
	if (err)
		epoll_release(obj);
	return err;
}

/*
 * An item of a signalfd is woken by the signals of whoever has added it, whoever waits or reads:
 * signalfd_poll() enters the poller into the queue of current (fs/signalfd.c).
 */
static u32 woken_by(struct cpt_ctx *ctx, const struct taken *taken)
{
	struct cpt_obj *obj;
	u32 pid = 0;

	list_for_each_entry(obj, &ctx->obj_list, list) {
		struct task_struct *t = obj->ptr;
		struct sighand_struct *sighand;

		if (obj->kind != CPT_K_TASK)
			continue;
		rcu_read_lock();
		sighand = rcu_dereference(t->sighand);
		if (sighand) {
			spin_lock_irq(&sighand->signalfd_wqh.lock);
			if (compat_epitem_hook(taken->epitem, &sighand->signalfd_wqh))
				pid = cpt_vpid(ctx, t);
			spin_unlock_irq(&sighand->signalfd_wqh.lock);
		}
		rcu_read_unlock();
		if (pid)
			break;
	}
	return pid;
}

static int epoll_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct epoll_priv *p = obj->priv;
	struct cpt_epoll_item *item;
	struct cpt_epoll_rec *r;
	u32 i;

	r = cpt_out_rec(ctx, CPT_K_EPOLL, obj->id, sizeof(*r), p->n * sizeof(*item));
	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, obj->ptr);
	r->n = p->n;
	item = (void *)(r + 1);
	for (i = 0; i < p->n; i++) {
		item[i] = p->items[i].item;
		item[i].file = cpt_obj_id(ctx, p->items[i].file);
		if (cpt_obj_find(ctx, p->items[i].file)->kind == CPT_K_SIGNALFD)
			item[i].pid = woken_by(ctx, &p->items[i]);
	}
	return 0;
}

/* --- restore ------------------------------------------------------------------------------------ */

/*
 * Has it told that it is ready, and waits for the next time? Or is it a one-shot that has fired:
 * for a moment add_item() has it armed, and then it might be on the ready list.
 */
static bool has_told(const struct cpt_epoll_item *item)
{
	return !item->ready && (item->events & (__force u32)EPOLLET || !(item->events & ~KEPT_BITS));
}

static struct task_struct *task_of(struct cpt_ctx *ctx, u32 pid)
{
	struct cpt_undump *u = ctx->undump;
	u32 i;

	for (i = 0; i < u->ntasks; i++)
		if (u->tasks[i].rec->pid == pid && u->tasks[i].rec->state == CPT_TASK_LIVE)
			return u->tasks[i].task;
	return NULL;
}

/* Out of the queue of current, who has added it. */
static struct compat_epoll_hook *unhook(const struct compat_epitem *epi)
{
	wait_queue_head_t *queue = &rcu_dereference_raw(current->sighand)->signalfd_wqh;
	struct compat_epoll_hook *hook;

	spin_lock_irq(&queue->lock);
	hook = compat_epitem_hook(epi, queue);
	if (hook) {
		list_del_init(&hook->wait.entry);
		WRITE_ONCE(hook->queue, NULL);	/* as when the queue goes away: ep_remove_wait_queue() */
	}
	spin_unlock_irq(&queue->lock);
	return hook;
}

/* Nobody but us knows the epoll yet. @t is held; a kill may take its handlers away, and the queue with them. */
static void hook_to(struct compat_epoll_hook *hook, struct task_struct *t)
{
	struct sighand_struct *sighand;
	wait_queue_head_t *queue;

	rcu_read_lock();
	sighand = rcu_dereference(t->sighand);
	if (!sighand)
		goto out;
	spin_lock_irq(&sighand->siglock);
	if (sighand == rcu_access_pointer(t->sighand)) {
		queue = &sighand->signalfd_wqh;
		spin_lock(&queue->lock);
		if (hook->wait.flags & WQ_FLAG_EXCLUSIVE)
			__add_wait_queue_entry_tail(queue, &hook->wait);
		else
			__add_wait_queue(queue, &hook->wait);
		WRITE_ONCE(hook->queue, queue);
		spin_unlock(&queue->lock);
	}
	spin_unlock_irq(&sighand->siglock);
out:
	rcu_read_unlock();
}

/* An item of a signalfd, just added: it is woken by another's signals than ours, and was ready by them or not. */
static int hook_signals(struct cpt_ctx *ctx, const struct compat_epitem *epi, const struct cpt_epoll_item *item)
{
	struct task_struct *t = item->pid ? task_of(ctx, item->pid) : NULL;
	struct compat_epoll_hook *hook = unhook(epi);

	if (item->pid && !t)
		return cpt_fail(ctx, -EINVAL, "a signalfd is woken by process %u, which the image does not have", item->pid);
	if (!hook)
		return 0;
	if (item->ready) {
		local_irq_disable();
		hook->wait.func(&hook->wait, TASK_NORMAL, 0, poll_to_key(EPOLLIN));
		local_irq_enable();
	}
	if (t)
		hook_to(hook, t);
	return 0;
}

static int add_item(struct cpt_ctx *ctx, struct file *ep, const struct cpt_epoll_item *item)
{
	struct epoll_event event = { .events = (__force __poll_t)item->events, .data = item->data };
	struct file *target = cpt_made(ctx, item->file);
	u32 at = item->fd ? 0 : 1;
	int err;

	err = ksym(replace_fd)(at, ep, 0);
	if (err >= 0)
		err = ksym(replace_fd)(item->fd, target, 0);
	if (err >= 0)
		err = ksym(do_epoll_ctl)(at, EPOLL_CTL_ADD, item->fd, &event, false);
	/* adding arms it, at the least for errors */
	if (!err && !(item->events & ~KEPT_BITS))
		compat_epitem_event(compat_epitem_newest(target))->events = event.events & (__force __poll_t)KEPT_BITS;
	if (!err && cpt_rec_of(ctx, item->file)->kind == CPT_K_SIGNALFD)
		err = hook_signals(ctx, compat_epitem_newest(target), item);
	ksys(close_range, at, at, 0);
	ksys(close_range, item->fd, item->fd, 0);
	return err < 0 ? cpt_fail(ctx, err, "a file cannot be put into an epoll again (descriptor %u): error %d",
				  item->fd, -err) : 0;
}

/* Take what is ready now from the ready list. */
static int drain(struct cpt_ctx *ctx, struct file *ep)
{
	void __user *u = cpt_scratch(ctx);
	long n;

	if (!u)
		return -ENOMEM;
	n = ksym(replace_fd)(0, ep, 0);
	if (n < 0)
		return n;
	do
		n = ksys(epoll_wait, 0, u, PAGE_SIZE / sizeof(struct epoll_event), 0);
	while (n > 0);
	ksys(close_range, 0, 0, 0);
	return n;
}

static int add_items(struct cpt_ctx *ctx, struct file *ep, const struct cpt_epoll_rec *r)
{
	const struct cpt_epoll_item *item = (const void *)(r + 1);
	int err = 0, told;
	u32 i;

	for (told = 1; told >= 0; told--) {
		for (i = 0; !err && i < r->n; i++) {
			if (fatal_signal_pending(current))
				err = -EINTR;
			else if (has_told(&item[i]) == told)
				err = add_item(ctx, ep, &item[i]);
			cond_resched();
		}
		if (!err && told)
			err = drain(ctx, ep);
	}
	return err;
}

static void *epoll_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_epoll_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred), *own;
	struct file *f;

	if (IS_ERR(cred))
		return (void *)cred;
	own = override_creds(cred);
	f = cpt_anon_made(ctx, ksys(epoll_create1, 0), &r->file);
	revert_creds(own);
	return f;
}

static int epoll_late(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_epoll_rec *r = (const void *)rec;
	const struct cpt_epoll_item *item = (const void *)(r + 1);
	const struct cred *own;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < r->n; i++)
		err = PTR_ERR_OR_ZERO(cpt_made(ctx, item[i].file));
	if (err)
		return err;
	own = override_creds(cpt_made(ctx, r->file.cred));
	err = add_items(ctx, made, r);
	revert_creds(own);
	return err;
}

const struct cpt_kind_ops cpt_epoll_ops = {
	.kind		= CPT_K_EPOLL,
	.name		= "epoll",
	.owns		= epoll_owns,
	.collect	= epoll_collect,
	.check		= cpt_anon_check,
	.dump		= epoll_dump,
	.release	= epoll_release,
	.make		= epoll_make,
	.late		= epoll_late,
	.unmake		= cpt_file_unmake,
};

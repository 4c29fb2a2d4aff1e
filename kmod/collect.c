// SPDX-License-Identifier: GPL-2.0
/*
 * Collect: from the frozen tasks of a VE to the object table.
 *
 * First the tree: who will clone whom at restore, which is who is whose parent,
 * but for what setsid() and dead parents have done since:
 *  - a child in the session its parent had before it became a leader itself is
 *    cloned before that (EARLY);
 *  - a child of init in a session that is not init's lost its parent: it is
 *    cloned by the leader of its session, or, where that is dead, by init,
 *    through a temporary task that exits at once (ORPHAN).
 * Then the VE's System V IPC enters the object table, every task, depth first, with all it
 * has, the console, and at last what unix sockets lead to, and which semaphores are to be undone.
 */
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "collect.h"
#include "kind.h"
#include "tree.h"

struct walk {
	struct xarray by_pid;		/* struct cpt_node */
	struct cpt_node *root;
};

static struct cpt_node *node_of(struct walk *w, pid_t pid)
{
	return xa_load(&w->by_pid, pid);
}

static void free_nodes(struct walk *w)
{
	struct cpt_node *node;
	unsigned long pid;

	xa_for_each(&w->by_pid, pid, node) {
		put_task_struct(node->task);
		kfree(node);
	}
	xa_destroy(&w->by_pid);
}

static int add_node(struct cpt_ctx *ctx, struct walk *w, struct task_struct *t, pid_t pid)
{
	struct cpt_node *node = kzalloc(sizeof(*node), GFP_KERNEL);
	int err;

	if (!node)
		return -ENOMEM;
	node->task = t;
	node->pid = pid;
	INIT_LIST_HEAD(&node->children);
	rcu_read_lock();
	node->tgid = task_tgid_nr_ns(t, ctx->ns);
	node->pgid = task_pgrp_nr_ns(t, ctx->ns);
	node->sid = task_session_nr_ns(t, ctx->ns);
	node->ppid = task_tgid_nr_ns(rcu_dereference(t->real_parent), ctx->ns);
	rcu_read_unlock();
	err = xa_err(xa_store(&w->by_pid, pid, node, GFP_KERNEL));
	if (err)
		kfree(node);
	return err;
}

/* A node for each task; exited threads are on their way out and do not count. */
static int gather(struct cpt_ctx *ctx, struct walk *w)
{
	struct task_struct *t;
	pid_t nr = 0;
	int err;

	for (;;) {
		rcu_read_lock();
		t = cpt_ve_next(ctx->ns, &nr);
		if (t)
			get_task_struct(t);
		rcu_read_unlock();
		if (!t)
			break;
		if (READ_ONCE(t->exit_state) && !thread_group_leader(t)) {
			put_task_struct(t);
			continue;
		}
		err = add_node(ctx, w, t, nr);
		if (err) {
			put_task_struct(t);
			return err;
		}
	}
	w->root = node_of(w, 1);
	if (!w->root || READ_ONCE(w->root->task->exit_state))
		return cpt_fail(ctx, -ESRCH, "the init of the VE is dead");
	return 0;
}

static void find_state(struct walk *w, struct cpt_node *node)
{
	struct cpt_node *other;
	unsigned long pid;

	node->init = w->root->task;
	if (!READ_ONCE(node->task->exit_state))
		return;
	node->state = CPT_TASK_ZOMBIE;
	if (thread_group_empty(node->task))
		return;
	xa_for_each(&w->by_pid, pid, other)
		if (other != node && other->tgid == node->pid && !READ_ONCE(other->task->exit_state)) {
			node->state = CPT_TASK_DEAD;
			node->heir = other->task;
			return;
		}
}

/* Decide who clones @node. Obstacles are named. */
static int find_creator(struct cpt_ctx *ctx, struct walk *w, struct cpt_node *node)
{
	struct cpt_node *parent, *leader;

	if (node == w->root)
		return 0;
	if (node->pid != node->tgid) {
		node->creator = node_of(w, node->tgid);
		return node->creator ? 0 : -EAGAIN;
	}
	parent = node->ppid ? node_of(w, node->ppid) : NULL;
	if (!parent) {
		cpt_obstacle(ctx, "process %d (%s) was entered from outside the VE, and its parent is no process of the VE: end it first (ctl enter, ctl exec)",
			     node->pid, node->task->comm);
		node->creator = w->root;
		return 0;
	}
	node->creator = parent;
	if (node->sid == node->pid || node->sid == parent->sid)
		return 0;
	if (parent != w->root) {
		node->flags |= CPT_TASK_EARLY;
		if (parent->sid != parent->pid)
			cpt_obstacle(ctx, "process %d (%s) is in a session that cannot be made again",
				     node->pid, node->task->comm);
		return 0;
	}
	leader = node->sid ? node_of(w, node->sid) : NULL;
	if (leader)
		node->creator = leader;
	node->flags |= CPT_TASK_ORPHAN;
	if (!node->sid)
		cpt_obstacle(ctx, "process %d (%s) is in a session that began outside the VE", node->pid,
			     node->task->comm);
	return 0;
}

/* Where @node stands among those its creator clones: EARLY, threads, others, orphans by session. */
static int order_of(const struct cpt_node *node)
{
	if (node->flags & CPT_TASK_EARLY)
		return 0;
	if (node->pid != node->tgid)
		return 1;
	return node->flags & CPT_TASK_ORPHAN ? 3 : 2;
}

static bool before(const struct cpt_node *a, const struct cpt_node *b)
{
	if (order_of(a) != order_of(b))
		return order_of(a) < order_of(b);
	if (order_of(a) == 3 && a->sid != b->sid)
		return a->sid < b->sid;
	return a->pid < b->pid;
}

/* Nodes come by ascending pid, so the place is mostly at the end. */
static void insert(struct cpt_node *node)
{
	struct list_head *at = &node->creator->children;
	struct cpt_node *n;

	list_for_each_entry_reverse(n, &node->creator->children, sibling)
		if (before(n, node)) {
			at = &n->sibling;
			break;
		}
	list_add(&node->sibling, at);
}

static int build_tree(struct cpt_ctx *ctx, struct walk *w)
{
	struct cpt_node *node;
	unsigned long pid;
	int err;

	xa_for_each(&w->by_pid, pid, node) {
		find_state(w, node);
		err = find_creator(ctx, w, node);
		if (err)
			return cpt_fail(ctx, err, "process %d (%s) is exiting: try again", node->pid,
					node->task->comm);
	}
	xa_for_each(&w->by_pid, pid, node)
		if (node->creator)
			insert(node);
	return 0;
}

static struct mm_struct *creator_mm(const struct cpt_node *node)
{
	const struct cpt_node *c = node->creator;
	struct mm_struct *mm = NULL;

	if (c && c->state == CPT_TASK_LIVE)
		mm = c->task->mm;
	if (c && c->state == CPT_TASK_DEAD)
		mm = c->heir->mm;
	return mm;
}

/* The next node depth first. */
static struct cpt_node *following(struct cpt_node *node)
{
	if (!list_empty(&node->children))
		return list_first_entry(&node->children, struct cpt_node, sibling);
	while (node->creator) {
		if (!list_is_last(&node->sibling, &node->creator->children))
			return list_next_entry(node, sibling);
		node = node->creator;
	}
	return NULL;
}

static int collect_tasks(struct cpt_ctx *ctx, struct walk *w)
{
	struct cpt_node *node;
	int err;

	ctx->ntasks = 0;
	for (node = w->root; node; node = following(node)) {
		struct cpt_holder who = {
			.pid = node->tgid,
			.fd = -1,
			.task = node->task,
			.node = node,
			.parent_mm = creator_mm(node),
		};

		get_task_comm(who.comm, node->task);
		err = cpt_collect(ctx, CPT_K_TASK, node->task, &who);
		if (err)
			return err;
		ctx->ntasks++;
	}
	return 0;
}

static int collect_console(struct cpt_ctx *ctx, struct walk *w)
{
	struct cpt_holder who = { .pid = 1, .fd = -1, .task = w->root->task, .node = w->root };

	get_task_comm(who.comm, who.task);
	return cpt_console_collect(ctx, &who);
}

static int check_objects(struct cpt_ctx *ctx)
{
	struct cpt_obj *obj;
	int err = 0;

	list_for_each_entry(obj, &ctx->obj_list, list) {
		const struct cpt_kind_ops *ops = cpt_kind_ops(obj->kind);

		if (!err && ops->check)
			err = ops->check(ctx, obj);
	}
	return err;
}

/*
 * cpt_collect_ve - enter all of the VE into the object table
 * @then: called with the table complete, before it is released
 *
 * Returns -EBUSY if there are obstacles (named in the lines), -ESTALE if the VE uses
 * mounts that are not in ctl's table (umounted.c), else what @then returns. The object
 * table is empty again on return.
 */
int cpt_collect_ve(struct cpt_ctx *ctx, int (*then)(struct cpt_ctx *ctx, void *arg), void *arg)
{
	unsigned int said = cpt_msg_mark(&ctx->msg);
	u32 known = ctx->numounted;
	struct walk w;
	int err;

	if (!ctx->nmounts)
		return cpt_fail(ctx, -EINVAL, "the mounts of the VE are not known");
	xa_init(&w.by_pid);
	cpt_freezer_pin(&ctx->frz, true);
	ctx->obstacles = 0;
	ctx->nobjs = 0;
	err = gather(ctx, &w);
	if (!err)
		err = build_tree(ctx, &w);
	if (!err)
		err = cpt_ipc_collect(ctx, w.root->task);
	if (!err)
		err = collect_tasks(ctx, &w);
	if (!err)
		err = collect_console(ctx, &w);
	if (!err)
		err = cpt_unix_collect_queues(ctx);
	if (!err)
		err = cpt_semundo_collect(ctx);
	if (!err)
		err = check_objects(ctx);
	if (!err && ctx->obstacles)
		err = -EBUSY;
	if ((!err || err == -EBUSY) && ctx->numounted != known) {
		cpt_msg_forget(&ctx->msg, said);
		err = -ESTALE;
	}
	if (!err && then)
		err = then(ctx, arg);
	cpt_obj_release_all(ctx);
	cpt_ipc_drop(ctx);
	cpt_freezer_pin(&ctx->frz, false);
	free_nodes(&w);
	return err;
}

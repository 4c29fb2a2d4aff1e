// SPDX-License-Identifier: GPL-2.0
/*
 * inotify(7): watches, and the events that nobody has read yet.
 *
 * Preserved: the number, mask and order of every watch, and which number comes next;
 * unread events byte for byte, that of an overflow too; flags.
 * Not preserved: the limit of the queue, which is that of the host.
 * Refused: watches on what is deleted, outside the VE's mounts, or in /proc, and on what
 * has no name in the kernel's memory just now (a file that nobody uses but its watch).
 *
 * A watch knows an inode: the image has a path of it. Watches are set when every file is
 * open and every task exists (inotify_link()), so that the restore itself is no event;
 * events are queued at once, so that an epoll finds them.
 *
 * Locks: the group's mark_mutex for its watches, notification_lock for its events. Others
 * may cause events while the VE is frozen.
 */
#include <linux/file.h>
#include <linux/inotify.h>
#include <linux/magic.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "compat/private.h"
#include "kind.h"
#include "out.h"

#define EVENT_ALIGN	CPT_ALIGN

static bool inotify_owns(struct file *f)
{
	return f->f_op->release == kptr(inotify_release);
}

static bool inotify_async(struct file *f, u32 *fd)
{
	const struct fsnotify_group *group = f->private_data;

	return cpt_fasync_find(&group->fsn_fa, f, fd);
}

/* --- dump: watches ----------------------------------------------------------------------------- */

struct taken {
	struct inode *inode;		/* held until its path is known */
	struct cpt_inotify_watch watch;
	char *path;
};

/* obj->priv */
struct inotify_priv {
	struct cpt_holder who;		/* the first member: cpt_anon_check() knows it */
	u32 n, room;
	u32 next_wd;
	struct taken *watches;		/* in the order in which they were set */
};

static u32 count_watches(struct fsnotify_group *group)
{
	struct fsnotify_mark *mark;
	u32 n = 0;

	fsnotify_group_lock(group);
	list_for_each_entry(mark, &group->marks_list, g_list)
		n++;
	fsnotify_group_unlock(group);
	return n;
}

/* The list begins with the newest. */
static void take_watches(struct fsnotify_group *group, struct inotify_priv *p)
{
	struct fsnotify_mark *mark;

	fsnotify_group_lock(group);
	list_for_each_entry_reverse(mark, &group->marks_list, g_list) {
		struct taken *t = &p->watches[p->n];

		if (p->n == p->room)
			break;
		t->inode = compat_mark_inode(mark);
		if (!t->inode)
			continue;	/* on its way out, with its file system */
		t->watch.wd = container_of(mark, struct compat_inotify_mark, mark)->wd;
		t->watch.mask = mark->mask & IN_ALL_EVENTS;
		if (mark->flags & FSNOTIFY_MARK_FLAG_EXCL_UNLINK)
			t->watch.mask |= IN_EXCL_UNLINK;
		if (mark->flags & FSNOTIFY_MARK_FLAG_IN_ONESHOT)
			t->watch.mask |= IN_ONESHOT;
		p->n++;
	}
	spin_lock(&group->inotify_data.idr_lock);
	p->next_wd = idr_get_cursor(&group->inotify_data.idr);
	spin_unlock(&group->inotify_data.idr_lock);
	fsnotify_group_unlock(group);
}

/* Find the path of a watch. Returns 0, -ENOENT (nothing leads there) or -ENOMEM. */
static int find_path(struct cpt_ctx *ctx, struct taken *t, char *buf)
{
	const char *name = cpt_path_of_inode(ctx, t->inode, &t->watch.mount, buf);

	if (!name)
		return -ENOENT;
	t->path = kstrdup(name, GFP_KERNEL);
	return t->path ? 0 : -ENOMEM;
}

static void refuse(struct cpt_ctx *ctx, const struct taken *t, const struct cpt_holder *who)
{
	struct inode *inode = t->inode;
	struct dentry *d = d_find_any_alias(inode);
	const char *why = cpt_lost_words(inode, d);

	if (d)
		cpt_obstacle(ctx, "process %d (%s) watches %pd (inotify, fd %d, watch %u), %s", who->pid, who->comm,
			     d, who->fd, t->watch.wd, why);
	else
		cpt_obstacle(ctx, "process %d (%s) watches inode %lu of %s (inotify, fd %d, watch %u), %s",
			     who->pid, who->comm, inode->i_ino, inode->i_sb->s_id, who->fd, t->watch.wd, why);
	dput(d);
}

static int find_paths(struct cpt_ctx *ctx, struct inotify_priv *p)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	int err = buf ? 0 : -ENOMEM;
	u32 i;

	for (i = 0; i < p->n; i++) {
		struct taken *t = &p->watches[i];

		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (!err)
			err = t->inode->i_sb->s_magic == PROC_SUPER_MAGIC ? -ENOENT : find_path(ctx, t, buf);
		if (err == -ENOENT) {
			refuse(ctx, t, &p->who);
			err = 0;
		}
		if (t->inode->i_sb->s_bdev)	/* others give numbers anew */
			t->watch.ino = t->inode->i_ino;
		iput(t->inode);
		cond_resched();
	}
	kfree(buf);
	return err;
}

static void inotify_release(struct cpt_obj *obj)
{
	struct inotify_priv *p = obj->priv;
	u32 i;

	for (i = 0; i < p->n; i++)
		kfree(p->watches[i].path);
	kvfree(p->watches);
	cpt_anon_release(obj);
}

static int inotify_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct file *f = obj->ptr;
	struct inotify_priv *p;
	int err = cpt_file_collect(ctx, f, who);

	if (err)
		return err;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->who = *who;
	p->room = count_watches(f->private_data);
	p->watches = kvcalloc(p->room + 1, sizeof(*p->watches), GFP_KERNEL);
	if (!p->watches) {
		kfree(p);
		return -ENOMEM;
	}
	take_watches(f->private_data, p);
	err = find_paths(ctx, p);
	obj->priv = p;
	get_file(f);
	if (err)
		inotify_release(obj);
	return err;
}

/* --- dump: events ------------------------------------------------------------------------------- */

static size_t event_size(const struct fsnotify_event *fse)
{
	const struct compat_inotify_event *e = container_of(fse, struct compat_inotify_event, fse);

	return ALIGN(sizeof(struct cpt_inotify_event) + e->name_len, EVENT_ALIGN);
}

static void fill_event(struct cpt_inotify_event *to, const struct fsnotify_event *fse)
{
	const struct compat_inotify_event *e = container_of(fse, struct compat_inotify_event, fse);

	to->wd = e->wd;
	to->mask = e->mask & CPT_INOTIFY_EVENT_MASK;
	to->cookie = e->sync_cookie;
	to->name_len = e->name_len;
	memcpy(to + 1, e->name, e->name_len);
}

/* All events, or, without room for them, only how many bytes they take. */
static size_t take_events(struct fsnotify_group *group, void *buf, size_t room)
{
	struct fsnotify_event *fse;
	size_t len = 0;

	spin_lock(&group->notification_lock);
	list_for_each_entry(fse, &group->notification_list, list)
		len += event_size(fse);
	if (len <= room)
		list_for_each_entry(fse, &group->notification_list, list) {
			fill_event(buf, fse);
			buf += event_size(fse);
		}
	spin_unlock(&group->notification_lock);
	return len;
}

/* Returns a zeroed buffer with all events, to be freed, and its length in @len; NULL: no memory. */
static void *copy_events(struct fsnotify_group *group, size_t *len)
{
	size_t room = 0;
	void *buf = NULL;

	for (;;) {
		*len = take_events(group, buf, room);
		if (buf && *len <= room)
			return buf;
		kvfree(buf);
		room = *len + PAGE_SIZE;	/* one more may come meanwhile */
		buf = kvzalloc(room, GFP_KERNEL);
		if (!buf || fatal_signal_pending(current))
			break;
	}
	kvfree(buf);
	return NULL;
}

static int inotify_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct inotify_priv *p = obj->priv;
	struct file *f = obj->ptr;
	struct cpt_inotify_watch *w;
	struct cpt_inotify_rec *r;
	size_t events_len, paths = 0;
	void *events, *at;
	u32 i;

	events = copy_events(f->private_data, &events_len);
	if (!events)
		return -ENOMEM;
	for (i = 0; i < p->n; i++)
		paths += strlen(p->watches[i].path);
	r = cpt_out_rec(ctx, CPT_K_INOTIFY, obj->id, sizeof(*r), p->n * sizeof(*w) + events_len + paths);
	if (r) {
		cpt_file_fill(ctx, &r->file, f);
		r->next_wd = p->next_wd;
		r->nwatches = p->n;
		r->events_len = events_len;
		w = (void *)(r + 1);
		at = w + p->n;
		memcpy(at, events, events_len);
		at += events_len;
		for (i = 0; i < p->n; i++) {
			w[i] = p->watches[i].watch;
			w[i].path_len = strlen(p->watches[i].path);
			memcpy(at, p->watches[i].path, w[i].path_len);
			at += w[i].path_len;
		}
	}
	kvfree(events);
	return r ? 0 : -ENOMEM;
}

/* --- restore ------------------------------------------------------------------------------------ */

/* As inotify_handle_inode_event() does it, but for the overflow, which is the group's own. */
static int queue_event(struct fsnotify_group *group, const struct cpt_inotify_event *from)
{
	struct compat_inotify_event *e;
	struct fsnotify_event *fse = group->overflow_event;

	if (!(from->mask & IN_Q_OVERFLOW)) {
		e = kmalloc(sizeof(*e) + from->name_len + 1, GFP_KERNEL_ACCOUNT);
		if (!e)
			return -ENOMEM;
		fse = &e->fse;
		fsnotify_init_event(fse);
		e->mask = from->mask;
		e->wd = from->wd;
		e->sync_cookie = from->cookie;
		e->name_len = from->name_len;
		memcpy(e->name, from + 1, from->name_len);
		e->name[from->name_len] = '\0';
	} else if (!list_empty(&fse->list)) {
		return -EINVAL;
	}
	spin_lock(&group->notification_lock);
	list_add_tail(&fse->list, &group->notification_list);
	group->q_len++;
	spin_unlock(&group->notification_lock);
	return 0;
}

static int queue_events(struct cpt_ctx *ctx, struct fsnotify_group *group, const struct cpt_inotify_rec *r)
{
	const void *at = (const struct cpt_inotify_watch *)(r + 1) + r->nwatches, *end = at + r->events_len;
	int err = 0;

	while (!err && at < end) {
		const struct cpt_inotify_event *e = at;

		if (group->q_len > group->max_events)
			return cpt_fail(ctx, -ENOSPC, "an inotify has more unread events than this host allows (fs.inotify.max_queued_events)");
		err = queue_event(group, e);
		at += ALIGN(sizeof(*e) + e->name_len, EVENT_ALIGN);
		cond_resched();
	}
	return err;
}

static void *inotify_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_inotify_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred), *own;
	struct file *f;
	int err;

	if (IS_ERR(cred))
		return (void *)cred;
	own = override_creds(cred);
	f = cpt_anon_made(ctx, ksys(inotify_init1, 0), &r->file);
	revert_creds(own);
	if (IS_ERR(f))
		return f;
	err = queue_events(ctx, f->private_data, r);
	if (!err)
		return f;
	fput(f);
	return ERR_PTR(err);
}

static void set_next_wd(struct fsnotify_group *group, u32 wd)
{
	spin_lock(&group->inotify_data.idr_lock);
	idr_set_cursor(&group->inotify_data.idr, wd);
	spin_unlock(&group->inotify_data.idr_lock);
}

struct adding {
	int fd;
	u32 mask;
};

static long add_watch(void *arg, const char __user *name)
{
	const struct adding *a = arg;

	return ksys(inotify_add_watch, a->fd, name, a->mask | IN_DONT_FOLLOW);
}

/* Is the watch @wd on @inode? */
static bool watches(struct fsnotify_group *group, u32 wd, const struct inode *inode)
{
	struct compat_inotify_mark *mark;
	struct inode *is = NULL;

	fsnotify_group_lock(group);
	spin_lock(&group->inotify_data.idr_lock);
	mark = idr_find(&group->inotify_data.idr, wd);
	spin_unlock(&group->inotify_data.idr_lock);
	if (mark)
		is = compat_mark_inode(&mark->mark);
	fsnotify_group_unlock(group);
	iput(is);
	return is == inode;
}

static int restore_watch(struct cpt_ctx *ctx, struct file *f, int fd, const struct cpt_inotify_watch *w,
			 const char *path, char __user *u)
{
	struct adding a = { fd, w->mask };
	struct path target;
	struct inode *inode;
	long wd = 0;
	int err;

	err = cpt_path_open(ctx, w->mount, path, w->path_len, &target);
	if (err)
		return err;
	inode = d_inode(target.dentry);
	set_next_wd(f->private_data, w->wd);
	if (w->ino && inode->i_ino != w->ino)
		err = cpt_fail(ctx, -ESTALE, "%.*s (mount %u) was watched and is another file now", w->path_len, path,
			       w->mount);
	else
		wd = cpt_call_at(&target, path, w->path_len, u, add_watch, &a);
	if (!err && (wd != w->wd || !watches(f->private_data, wd, inode)))
		err = cpt_fail(ctx, wd < 0 ? wd : -EINVAL, "%.*s (mount %u) cannot be watched again: %ld",
			       w->path_len, path, w->mount, wd);
	path_put(&target);
	return err;
}

/* Not in a task of the VE: the path is passed in this one's memory. */
static int inotify_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_inotify_rec *r = (const void *)rec;
	const struct cpt_inotify_watch *w = (const void *)(r + 1);
	const char *path = (const char *)(w + r->nwatches) + r->events_len;
	struct file *f = made;
	char __user *u;
	int fd = cpt_lend_fd(f, &u), err = 0;
	u32 i;

	if (fd < 0)
		return fd;
	for (i = 0; !err && i < r->nwatches; i++) {
		err = fatal_signal_pending(current) ? -EINTR :
		      restore_watch(ctx, f, fd, &w[i], path, u);
		path += w[i].path_len;
		cond_resched();
	}
	set_next_wd(f->private_data, r->next_wd);
	cpt_lent_fd(fd, u);
	return err;
}

const struct cpt_kind_ops cpt_inotify_ops = {
	.kind		= CPT_K_INOTIFY,
	.name		= "inotify",
	.owns		= inotify_owns,
	.async		= inotify_async,
	.collect	= inotify_collect,
	.check		= cpt_anon_check,
	.dump		= inotify_dump,
	.release	= inotify_release,
	.make		= inotify_make,
	.link		= inotify_link,
	.unmake		= cpt_file_unmake,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * fanotify(7): groups, their marks, and the events that nobody has read yet.
 *
 * Preserved: flags of the group and of the files that it opens; marks on files, mounts and file
 * systems in their order, with masks, ignored masks and flags; unread events in their order,
 * merged or not, with handles, names, errors and the number of who caused them, dead or alive;
 * an overflow. What comes after is merged with them as before.
 * Not preserved: the limit of the queue, which is that of the host; in a tmpfs, handles of
 * what has no name any more, which name nothing before or after.
 * Refused: permission events that nobody has answered (who waits for that does not stop, if
 * he is in the VE: freeze.c), and marks that ask for them of whole file systems, or of the
 * kernel's own; marks and open files in events that are deleted, outside the VE's mounts, or
 * in /proc; events of a process that is dead and whose number another has.
 *
 * A tmpfs gives handles and its own number anew: instead of a handle the image has a path,
 * instead of a file system's number a mount.
 *
 * Groups get their events at once, so that an epoll finds them, but marks when every file is
 * open and every task exists, so that the restore itself is no event.
 *
 * Locks: the group's mark_mutex for its marks, notification_lock for its events. Others may
 * cause events while the VE is frozen: they are taken when they are looked at.
 */
#include <linux/fanotify.h>
#include <linux/file.h>
#include <linux/fsnotify_backend.h>
#include <linux/magic.h>
#include <linux/slab.h>
#include <linux/statfs.h>

#include "compat/compat.h"
#include "compat/private.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

static bool fanotify_owns(struct file *f)
{
	return f->f_op->release == kptr(fanotify_release);
}

/* --- dump: marks --------------------------------------------------------------------------------- */

struct taken_mark {
	struct inode *inode;		/* held until its path is known; NULL: a mount or a file system */
	struct cpt_fanotify_mark mark;
	char *path;
};

struct taken_event {
	struct compat_fan_event is;
	struct path opened;		/* of a PATH, held */
	struct cpt_fanotify_event event;
	char *path[3];			/* instead of its handles */
};

/* obj->priv */
struct fanotify_priv {
	struct cpt_holder who;		/* the first member: cpt_anon_check() knows it */
	u32 nmarks, marks_room;
	struct taken_mark *marks;	/* in the order in which they were set */
	u32 nevents;
	struct taken_event *events;
	u8 *bytes;			/* of handles and names of all events */
};

/* A mount of the VE that is @mnt, or shows @sb; 0: there is none. */
static u32 mount_of(struct cpt_ctx *ctx, const struct vfsmount *mnt, const struct super_block *sb)
{
	u32 i;

	for (i = 0; i < ctx->nmounts; i++)
		if (ctx->mounts[i].root.mnt == mnt || ctx->mounts[i].root.mnt->mnt_sb == sb)
			return ctx->mounts[i].id;
	return 0;
}

/* False: it is on nothing any more. */
static bool take_mark(struct cpt_ctx *ctx, const struct fsnotify_mark *mark, struct taken_mark *t)
{
	struct vfsmount *mnt = compat_mark_mount(mark);
	struct super_block *sb = compat_mark_sb(mark);

	t->mark = (struct cpt_fanotify_mark){ .mask = mark->mask, .ignore = mark->ignore_mask, .path_len = 1 };
	if (mark->flags & FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY)
		t->mark.flags |= FAN_MARK_IGNORED_SURV_MODIFY;
	if (mark->flags & FSNOTIFY_MARK_FLAG_NO_IREF)
		t->mark.flags |= FAN_MARK_EVICTABLE;
	if (mark->flags & FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS)
		t->mark.flags |= FAN_MARK_IGNORE;
	if (mnt || sb) {
		t->mark.type = mnt ? CPT_FAN_MOUNT : CPT_FAN_FS;
		t->mark.mount = mount_of(ctx, mnt, sb);
		return true;
	}
	t->inode = compat_mark_inode(mark);
	return t->inode;
}

/* The list begins with the newest. */
static int take_marks(struct cpt_ctx *ctx, struct fsnotify_group *group, struct fanotify_priv *p)
{
	struct fsnotify_mark *mark;
	u32 n = 0;

	fsnotify_group_lock(group);
	list_for_each_entry(mark, &group->marks_list, g_list)
		n++;
	p->marks = kvcalloc(n + 1, sizeof(*p->marks), GFP_KERNEL);
	if (p->marks)
		list_for_each_entry_reverse(mark, &group->marks_list, g_list)
			p->nmarks += take_mark(ctx, mark, &p->marks[p->nmarks]);
	fsnotify_group_unlock(group);
	return p->marks ? 0 : -ENOMEM;
}

static void refuse_mark(struct cpt_ctx *ctx, const struct taken_mark *t, const struct cpt_holder *who)
{
	struct dentry *d;

	if (!t->inode) {
		cpt_obstacle(ctx, "process %d (%s) watches a %s outside the VE (fanotify, fd %d)", who->pid, who->comm,
			     t->mark.type == CPT_FAN_MOUNT ? "mount" : "file system", who->fd);
		return;
	}
	d = d_find_any_alias(t->inode);
	if (d)
		cpt_obstacle(ctx, "process %d (%s) watches %pd (fanotify, fd %d), %s", who->pid, who->comm, d, who->fd,
			     cpt_lost_words(t->inode, d));
	else
		cpt_obstacle(ctx, "process %d (%s) watches inode %lu of %s (fanotify, fd %d), %s", who->pid, who->comm,
			     t->inode->i_ino, t->inode->i_sb->s_id, who->fd, cpt_lost_words(t->inode, d));
	dput(d);
}

static bool permits(const struct cpt_fanotify_mark *w)
{
	return (w->mask | w->ignore) & CPT_FAN_PERM;
}

/* What ctl opens must not wait for somebody in a frozen VE. */
static void refuse_permissions(struct cpt_ctx *ctx, const struct taken_mark *t, const struct cpt_holder *who)
{
	if (!permits(&t->mark))
		return;
	if (t->mark.type == CPT_FAN_FS)
		cpt_obstacle(ctx, "process %d (%s) gives permissions for a whole file system (fanotify, fd %d), which cannot be preserved",
			     who->pid, who->comm, who->fd);
	else if (t->inode && cpt_is_view(t->inode->i_sb))
		cpt_obstacle(ctx, "process %d (%s) gives permissions for a file of the kernel (fanotify, fd %d), which cannot be preserved",
			     who->pid, who->comm, who->fd);
}

/* Find the path of what is marked. Returns 0, -ENOENT or -ENOMEM. */
static int find_path(struct cpt_ctx *ctx, struct taken_mark *t, char *buf)
{
	const char *name = "/";

	if (t->inode && t->inode->i_sb->s_magic == PROC_SUPER_MAGIC)
		return -ENOENT;
	if (t->inode)
		name = cpt_path_of_inode(ctx, t->inode, &t->mark.mount, buf);
	/* no system call comes to a mount that is a file */
	if (!name || !t->mark.mount || (t->inode && !name[1] && !S_ISDIR(t->inode->i_mode)))
		return -ENOENT;
	t->path = kstrdup(name, GFP_KERNEL);
	t->mark.path_len = strlen(name);
	return t->path ? 0 : -ENOMEM;
}

static int find_paths(struct cpt_ctx *ctx, struct fanotify_priv *p, char *buf)
{
	int err = 0;
	u32 i;

	for (i = 0; i < p->nmarks; i++) {
		struct taken_mark *t = &p->marks[i];

		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (!err) {
			err = find_path(ctx, t, buf);
			refuse_permissions(ctx, t, &p->who);
		}
		if (err == -ENOENT) {
			refuse_mark(ctx, t, &p->who);
			err = 0;
		}
		if (t->inode && t->inode->i_sb->s_bdev)	/* others give numbers anew */
			t->mark.ino = t->inode->i_ino;
		iput(t->inode);
		t->inode = NULL;
		cond_resched();
	}
	return err;
}

/* --- dump: events -------------------------------------------------------------------------------- */

static size_t bytes_of(const struct compat_fan_event *e)
{
	return e->handle[0].len + e->handle[1].len + e->handle[2].len + e->name_len[0] + e->name_len[1];
}

static const void *copied(u8 **to, const void *from, u32 len)
{
	memcpy(*to, from, len);
	*to += len;
	return *to - len;
}

/* A copy of @e that stays when the event is read: its bytes are put at *@to. */
static void keep_event(struct taken_event *t, u8 **to)
{
	int i;

	for (i = 0; i < 3; i++)
		t->is.handle[i].bytes = copied(to, t->is.handle[i].bytes, t->is.handle[i].len);
	for (i = 0; i < 2; i++)
		t->is.name[i] = copied(to, t->is.name[i], t->is.name_len[i]);
	get_pid(t->is.pid);
	if (t->is.path) {
		t->opened = *t->is.path;
		path_get(&t->opened);
	}
}

/*
 * How many events there are, and their bytes; if there is room for that, they are taken.
 * False: somebody waits for an answer.
 */
static bool take_events(struct fsnotify_group *group, struct fanotify_priv *p, u32 *n, size_t *bytes, u32 n_room,
			size_t room)
{
	struct fsnotify_event *fse;
	struct compat_fan_event e;
	u8 *to = p->bytes;
	bool ok = true;

	*n = 0;
	*bytes = 0;
	spin_lock(&group->notification_lock);
	list_for_each_entry(fse, &group->notification_list, list) {
		ok = ok && compat_fan_type(fse) != COMPAT_FAN_PERM;
		compat_fan_read(fse, &e);
		++*n;
		*bytes += bytes_of(&e);
	}
	ok = ok && list_empty(&group->fanotify_data.access_list);
	if (ok && *n <= n_room && *bytes <= room)
		list_for_each_entry(fse, &group->notification_list, list) {
			compat_fan_read(fse, &p->events[p->nevents].is);
			keep_event(&p->events[p->nevents++], &to);
		}
	spin_unlock(&group->notification_lock);
	return ok;
}

static int copy_events(struct cpt_ctx *ctx, struct fsnotify_group *group, struct fanotify_priv *p)
{
	size_t bytes, room = 0;
	u32 n, n_room = 0;

	for (;;) {
		if (!take_events(group, p, &n, &bytes, n_room, room)) {
			cpt_obstacle(ctx, "process %d (%s) has not answered somebody who waits for its permission (fanotify, fd %d)",
				     p->who.pid, p->who.comm, p->who.fd);
			return 0;
		}
		if (p->nevents == n)
			return 0;
		kvfree(p->events);
		kvfree(p->bytes);
		n_room = n + 16;		/* more may come meanwhile */
		room = bytes + PAGE_SIZE;
		p->events = kvcalloc(n_room, sizeof(*p->events), GFP_KERNEL);
		p->bytes = kvmalloc(room, GFP_KERNEL);
		if (!p->events || !p->bytes)
			return -ENOMEM;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
}

/* Any mount of the VE that shows the file system of @fsid; NULL: there is none. */
static const struct cpt_mount *mount_by_fsid(struct cpt_ctx *ctx, const __kernel_fsid_t *fsid)
{
	__kernel_fsid_t is;
	u32 i;

	for (i = 0; i < ctx->nmounts && (fsid->val[0] || fsid->val[1]); i++)
		if (!vfs_get_fsid(ctx->mounts[i].root.dentry, &is) && !memcmp(&is, fsid, sizeof(is)))
			return &ctx->mounts[i];
	return NULL;
}

static int any_dentry(void *context, struct dentry *dentry)
{
	return 1;
}

/* A path of what @h names in a tmpfs, to be freed; NULL: it has no name, or there is no memory (@err). */
static char *path_of_handle(struct cpt_ctx *ctx, const struct cpt_mount *m, const struct compat_fan_handle *h,
			    u32 *mount, char *buf, int *err)
{
	u32 fid[CPT_FAN_HANDLE_MAX / 4];
	struct dentry *d;
	char *name, *path = NULL;

	memcpy(fid, h->bytes, h->len);
	d = exportfs_decode_fh(m->root.mnt, (struct fid *)fid, h->len / 4, h->type, any_dentry, NULL);
	if (IS_ERR_OR_NULL(d)) {
		if (d == ERR_PTR(-ENOMEM))
			*err = -ENOMEM;
		return NULL;
	}
	name = cpt_path_of_inode(ctx, d_inode(d), mount, buf);
	if (name) {
		path = kstrdup(name, GFP_KERNEL);
		if (!path)
			*err = -ENOMEM;
	}
	dput(d);
	return path;
}

static int name_handles(struct cpt_ctx *ctx, struct taken_event *t, char *buf)
{
	const struct cpt_mount *m = mount_by_fsid(ctx, &t->is.fsid);
	int i, err = 0;

	if (m)
		t->event.mount = m->id;
	else
		memcpy(t->event.fsid, t->is.fsid.val, sizeof(t->event.fsid));
	for (i = 0; i < 3 && !err; i++) {
		const struct compat_fan_handle *h = &t->is.handle[i];
		struct cpt_fanotify_handle *to = &t->event.handle[i];

		if (!h->len)
			continue;
		if (m && m->root.mnt->mnt_sb->s_magic == TMPFS_MAGIC)
			t->path[i] = path_of_handle(ctx, m, h, &to->mount, buf, &err);
		if (t->path[i]) {
			to->path_len = strlen(t->path[i]);
		} else {
			to->mount = 0;
			to->type = h->type;
			to->len = h->len;
		}
	}
	return err;
}

static int name_path(struct cpt_ctx *ctx, const struct cpt_holder *who, struct taken_event *t, char *buf)
{
	struct cpt_fanotify_handle *to = &t->event.handle[0];
	struct inode *inode = d_inode(t->opened.dentry);
	char *name = inode->i_sb->s_magic == PROC_SUPER_MAGIC ? NULL : cpt_path_in(ctx, &t->opened, &to->mount, buf);

	if (!name || d_unlinked(t->opened.dentry) || !cpt_path_leads_to(&cpt_mount_by_id(ctx, to->mount)->root, name, inode)) {
		cpt_obstacle(ctx, "process %d (%s) has an unread event of %pd (fanotify, fd %d), %s", who->pid, who->comm,
			     t->opened.dentry, who->fd, cpt_lost_words(inode, t->opened.dentry));
		return 0;
	}
	t->path[0] = kstrdup(name, GFP_KERNEL);
	to->path_len = strlen(name);
	return t->path[0] ? 0 : -ENOMEM;
}

/* The number of who caused the event, if it still means nobody else. */
static void name_process(struct cpt_ctx *ctx, const struct cpt_holder *who, struct taken_event *t)
{
	struct pid *now;

	t->event.pid = pid_nr_ns(t->is.pid, ctx->ns);
	rcu_read_lock();
	now = t->event.pid ? find_pid_ns(t->event.pid, ctx->ns) : NULL;
	rcu_read_unlock();
	if (now && now != t->is.pid)
		cpt_obstacle(ctx, "process %d (%s) has an unread event of process %d (fanotify, fd %d), which is dead, and whose number another has",
			     who->pid, who->comm, t->event.pid, who->fd);
}

static int name_event(struct cpt_ctx *ctx, const struct cpt_holder *who, struct taken_event *t, char *buf)
{
	struct cpt_fanotify_event *e = &t->event;
	int i;

	e->type = t->is.type;
	e->mask = t->is.mask;
	e->error = t->is.error;
	e->errors = t->is.errors;
	for (i = 0; i < 2; i++)
		e->name_len[i] = t->is.name_len[i];
	name_process(ctx, who, t);
	if (e->type == CPT_FAN_OVERFLOW)
		return 0;
	return e->type == CPT_FAN_PATH ? name_path(ctx, who, t, buf) : name_handles(ctx, t, buf);
}

static int name_events(struct cpt_ctx *ctx, struct fanotify_priv *p, char *buf)
{
	int err = 0;
	u32 i;

	for (i = 0; i < p->nevents && !err; i++) {
		err = fatal_signal_pending(current) ? -EINTR : name_event(ctx, &p->who, &p->events[i], buf);
		cond_resched();
	}
	return err;
}

static void fanotify_release(struct cpt_obj *obj)
{
	struct fanotify_priv *p = obj->priv;
	u32 i, j;

	for (i = 0; i < p->nmarks; i++)
		kfree(p->marks[i].path);
	for (i = 0; i < p->nevents; i++) {
		put_pid(p->events[i].is.pid);
		path_put(&p->events[i].opened);
		for (j = 0; j < 3; j++)
			kfree(p->events[i].path[j]);
	}
	kvfree(p->marks);
	kvfree(p->events);
	kvfree(p->bytes);
	cpt_anon_release(obj);
}

static int fanotify_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct file *f = obj->ptr;
	struct fanotify_priv *p;
	char *buf;
	int err = cpt_file_collect(ctx, f, who);

	if (err)
		return err;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!p || !buf) {
		kfree(p);
		kfree(buf);
		return -ENOMEM;
	}
	p->who = *who;
	obj->priv = p;
	get_file(f);
	err = take_marks(ctx, f->private_data, p);
	if (!err)
		err = find_paths(ctx, p, buf);
	if (!err)
		err = copy_events(ctx, f->private_data, p);
	if (!err)
		err = name_events(ctx, p, buf);
	kfree(buf);
	if (err)
		fanotify_release(obj);
	return err;
}

/* --- dump ---------------------------------------------------------------------------------------- */

/* What an event of the image has behind the structs. */
static size_t event_bytes(const struct cpt_fanotify_event *e)
{
	size_t n = e->name_len[0] + e->name_len[1];
	int i;

	for (i = 0; i < 3; i++)
		n += e->handle[i].path_len ?: e->handle[i].len;
	return n;
}

static void *put(void *at, const void *from, size_t len)
{
	memcpy(at, from, len);
	return at + len;
}

static void *put_event(void *at, const struct taken_event *t)
{
	const struct cpt_fanotify_event *e = &t->event;
	int i;

	for (i = 0; i < 3; i++)
		at = t->path[i] ? put(at, t->path[i], e->handle[i].path_len) :
				  put(at, t->is.handle[i].bytes, e->handle[i].len);
	for (i = 0; i < 2; i++)
		at = put(at, t->is.name[i], e->name_len[i]);
	return at;
}

static int fanotify_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	const struct fanotify_priv *p = obj->priv;
	const struct file *f = obj->ptr;
	const struct fsnotify_group *group = f->private_data;
	struct cpt_fanotify_event *e;
	struct cpt_fanotify_mark *m;
	struct cpt_fanotify_rec *r;
	size_t bytes = 0;
	void *at;
	u32 i;

	for (i = 0; i < p->nmarks; i++)
		bytes += sizeof(*m) + p->marks[i].mark.path_len;
	for (i = 0; i < p->nevents; i++)
		bytes += sizeof(*e) + event_bytes(&p->events[i].event);
	r = cpt_out_rec(ctx, CPT_K_FANOTIFY, obj->id, sizeof(*r), bytes);
	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, f);
	r->file.flags &= ~CPT_O_NONOTIFY;	/* the kernel gives it to all of them */
	r->flags = group->fanotify_data.flags;
	r->event_flags = group->fanotify_data.f_flags;
	r->nmarks = p->nmarks;
	r->nevents = p->nevents;
	m = (void *)(r + 1);
	e = (void *)(m + p->nmarks);
	at = e + p->nevents;
	for (i = 0; i < p->nmarks; i++) {
		m[i] = p->marks[i].mark;
		at = put(at, p->marks[i].path, m[i].path_len);
	}
	for (i = 0; i < p->nevents; i++) {
		e[i] = p->events[i].event;
		at = put_event(at, &p->events[i]);
	}
	return 0;
}

/* --- restore: the group and its events ------------------------------------------------------------ */

/* A new handle, in @buf, of what @h names by the path at @at. */
static int new_handle(struct cpt_ctx *ctx, const struct cpt_fanotify_handle *h, const char *at,
		      struct compat_fan_handle *to, u8 *buf)
{
	int err, type, len = CPT_FAN_HANDLE_MAX;
	struct path path;

	err = cpt_path_open(ctx, h->mount, at, h->path_len, &path);
	if (err)
		return err;
	type = compat_encode_fid(d_inode(path.dentry), buf, &len);
	path_put(&path);
	if (type < 1 || type > U8_MAX || len < 4)
		return cpt_fail(ctx, -EOPNOTSUPP, "%.*s (mount %u) has no handle here", h->path_len, at, h->mount);
	*to = (struct compat_fan_handle){ buf, type, len };
	return 0;
}

static int find_fsid(struct cpt_ctx *ctx, const struct cpt_fanotify_event *e, __kernel_fsid_t *fsid)
{
	const struct cpt_mount *m = e->mount ? cpt_mount_by_id(ctx, e->mount) : NULL;

	if (e->mount && !m)
		return cpt_fail(ctx, -ENOENT, "the VE has no mount %u", e->mount);
	if (m)
		return vfs_get_fsid(m->root.dentry, fsid);
	memcpy(fsid->val, e->fsid, sizeof(fsid->val));
	return 0;
}

/* @bufs: for three handles; @path: of a PATH, with a reference when this returns 0. */
static int fill_event(struct cpt_ctx *ctx, const struct cpt_fanotify_event *e, const char *at,
		      struct compat_fan_event *to, u8 *bufs, struct path *path)
{
	int i, err = 0;

	*to = (struct compat_fan_event){ .type = e->type, .mask = e->mask, .error = e->error, .errors = e->errors };
	if (e->type == CPT_FAN_PATH) {
		to->path = path;
		return cpt_path_open(ctx, e->handle[0].mount, at, e->handle[0].path_len, path);
	}
	for (i = 0; i < 3 && !err; i++) {
		const struct cpt_fanotify_handle *h = &e->handle[i];

		if (h->path_len)
			err = new_handle(ctx, h, at, &to->handle[i], bufs + i * CPT_FAN_HANDLE_MAX);
		else
			to->handle[i] = (struct compat_fan_handle){ at, h->type, h->len };
		at += h->path_len ?: h->len;
	}
	for (i = 0; i < 2; at += e->name_len[i++]) {
		to->name[i] = at;
		to->name_len[i] = e->name_len[i];
	}
	return err ?: find_fsid(ctx, e, &to->fsid);
}

static int queue_event(struct cpt_ctx *ctx, struct fsnotify_group *group, const struct cpt_fanotify_event *e,
		       const char *at, u8 *bufs)
{
	struct path path = {};
	struct compat_fan_event to;
	int err;

	if (e->type != CPT_FAN_OVERFLOW && group->q_len >= group->max_events)
		return cpt_fail(ctx, -ENOSPC, "a fanotify has more unread events than this host allows (fs.fanotify.max_queued_events)");
	err = fill_event(ctx, e, at, &to, bufs, &path);
	if (!err && e->pid)
		to.pid = cpt_pid_get(ctx, e->pid);
	if (!err && IS_ERR(to.pid)) {
		err = PTR_ERR(to.pid);
		to.pid = NULL;
	}
	if (!err) {
		err = compat_fan_queue(group, &to);
		if (err)
			cpt_say(ctx, "an unread event of fanotify cannot be queued again: error %d", -err);
	}
	put_pid(to.pid);
	path_put(&path);
	return err;
}

static int queue_events(struct cpt_ctx *ctx, struct fsnotify_group *group, const struct cpt_fanotify_rec *r)
{
	const struct cpt_fanotify_mark *m = (const void *)(r + 1);
	const struct cpt_fanotify_event *e = (const void *)(m + r->nmarks);
	const char *at = (const char *)(e + r->nevents);
	u8 *bufs = kmalloc(3 * CPT_FAN_HANDLE_MAX, GFP_KERNEL);
	int err = bufs ? 0 : -ENOMEM;
	u32 i;

	for (i = 0; i < r->nmarks; i++)
		at += m[i].path_len;
	for (i = 0; i < r->nevents && !err; at += event_bytes(&e[i++])) {
		err = fatal_signal_pending(current) ? -EINTR : queue_event(ctx, group, &e[i], at, bufs);
		cond_resched();
	}
	kfree(bufs);
	return err;
}

static void *fanotify_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_fanotify_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred), *own;
	struct fsnotify_group *group;
	struct file *f;
	int err = 0;

	if (IS_ERR(cred))
		return (void *)cred;
	own = override_creds(cred);	/* whose limits count, and whose rights the group has */
	f = cpt_anon_made(ctx, ksys(fanotify_init, r->flags & ~COMPAT_FAN_UNPRIV, r->event_flags), &r->file);
	revert_creds(own);
	if (IS_ERR(f))
		return f;
	group = f->private_data;
	if ((group->fanotify_data.flags ^ r->flags) & COMPAT_FAN_UNPRIV)
		err = cpt_fail(ctx, -EPERM, "a fanotify was not made with the rights of who opened it");
	if (!err)
		err = queue_events(ctx, group, r);
	if (!err)
		return f;
	fput(f);
	return ERR_PTR(err);
}

/* --- restore: marks ------------------------------------------------------------------------------ */

struct marking {
	int fd;
	const struct cpt_fanotify_mark *mark;
	u32 mask;		/* what to ask for */
};

/*
 * The kernel looks whether the group may have such marks. All is asked for that is in one of
 * the masks, then it is made what it was (set_masks()): one that ignores only until the next
 * write cannot be asked for while anybody writes; what is ignored may be nothing any more.
 * Permissions are ignored until then.
 */
static long add_mark(void *arg, const char __user *name)
{
	static const u32 types[] = { FAN_MARK_INODE, FAN_MARK_MOUNT, FAN_MARK_FILESYSTEM };
	const struct marking *m = arg;
	const struct cpt_fanotify_mark *w = m->mark;
	u32 flags = FAN_MARK_ADD | FAN_MARK_DONT_FOLLOW | types[w->type] | (w->flags & FAN_MARK_EVICTABLE);
	u32 ignore = (w->ignore & ~CPT_FAN_ON) | (w->mask & CPT_FAN_PERM);
	long err = 0;

	if (ignore || !m->mask)
		err = compat_fanotify_mark(m->fd, flags | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY,
					   ignore ?: FAN_CLOSE_WRITE, AT_FDCWD, name);
	if (!err && m->mask)
		err = compat_fanotify_mark(m->fd, flags, m->mask, AT_FDCWD, name);
	return err;
}

/* With the group locked: what add_mark() has made. False: the kernel does not have the mark so. */
static bool set_masks(struct fsnotify_mark *mark, const struct cpt_fanotify_mark *w, u32 asked)
{
	const u32 flags = FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY | FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS;
	bool ok;

	spin_lock(&mark->lock);
	ok = !(asked & ~mark->mask);
	if (ok) {
		mark->mask = w->mask;
		mark->ignore_mask = w->ignore;
		mark->flags &= ~flags;
		if (w->flags & FAN_MARK_IGNORED_SURV_MODIFY)
			mark->flags |= FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY;
		if (w->flags & FAN_MARK_IGNORE)
			mark->flags |= FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS;
	}
	spin_unlock(&mark->lock);
	if (ok)
		ksym(fsnotify_recalc_mask)(mark->connector);
	return ok;
}

static struct fsnotify_mark *newest(struct fsnotify_group *group)
{
	return list_first_entry_or_null(&group->marks_list, struct fsnotify_mark, g_list);
}

static bool marks(const struct fsnotify_mark *mark, const struct cpt_fanotify_mark *w, const struct path *target)
{
	struct inode *inode;

	if (w->type == CPT_FAN_MOUNT)
		return compat_mark_mount(mark) == target->mnt;
	if (w->type == CPT_FAN_FS)
		return compat_mark_sb(mark) == target->mnt->mnt_sb;
	inode = compat_mark_inode(mark);
	iput(inode);
	return inode == d_inode(target->dentry);
}

static int restore_mark(struct cpt_ctx *ctx, struct file *f, int fd, const struct cpt_fanotify_mark *w,
			const char *path, char __user *u)
{
	struct fsnotify_group *group = f->private_data;
	struct fsnotify_mark *before, *mark;
	struct marking m = { fd, w, w->mask & ~CPT_FAN_PERM };
	struct path target;
	long err;

	err = cpt_path_open(ctx, w->mount, path, w->path_len, &target);
	if (err)
		return err;
	if (w->type != CPT_FAN_INODE || !d_is_dir(target.dentry))
		m.mask &= ~FAN_EVENT_ON_CHILD;	/* the kernel's own there, and an error in some */
	before = newest(group);
	if (w->ino && d_inode(target.dentry)->i_ino != w->ino) {
		err = cpt_fail(ctx, -ESTALE, "%.*s (mount %u) was watched and is another file now", w->path_len, path,
			       w->mount);
		goto out;
	}
	err = permits(w) && cpt_is_view(target.mnt->mnt_sb) ? -EINVAL :
	      cpt_call_at(&target, path, w->path_len, u, add_mark, &m);
	fsnotify_group_lock(group);
	mark = newest(group);
	if (!err && (!mark || mark == before || !marks(mark, w, &target) || !set_masks(mark, w, m.mask)))
		err = -EINVAL;
	fsnotify_group_unlock(group);
	if (err)
		cpt_say(ctx, "%.*s (mount %u) cannot be watched again: %ld", w->path_len, path, w->mount, err);
out:
	path_put(&target);
	return err;
}

/* Not in a task of the VE: the path is passed in this one's memory. */
static int fanotify_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_fanotify_rec *r = (const void *)rec;
	const struct cpt_fanotify_mark *m = (const void *)(r + 1);
	const char *path = (const char *)((const struct cpt_fanotify_event *)(m + r->nmarks) + r->nevents);
	char __user *u;
	int fd = cpt_lend_fd(made, &u), err = 0;
	u32 i;

	if (fd < 0)
		return fd;
	for (i = 0; !err && i < r->nmarks; path += m[i++].path_len) {
		err = fatal_signal_pending(current) ? -EINTR : restore_mark(ctx, made, fd, &m[i], path, u);
		cond_resched();
	}
	cpt_lent_fd(fd, u);
	return err;
}

const struct cpt_kind_ops cpt_fanotify_ops = {
	.kind		= CPT_K_FANOTIFY,
	.name		= "fanotify",
	.owns		= fanotify_owns,
	.collect	= fanotify_collect,
	.check		= cpt_anon_check,
	.dump		= fanotify_dump,
	.release	= fanotify_release,
	.make		= fanotify_make,
	.link		= fanotify_link,
	.unmake		= cpt_file_unmake,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Groups of fanotify (fs/notify/fanotify/), as the kernel keeps their events and marks. Tried
 * when the module loads, on a file system that nobody else sees.
 *
 * Events of some types lie in caches of slabs that have no symbol everywhere: fanotify itself
 * makes them, as if something had happened, and they are filled anew.
 */
#include <linux/fanotify.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/fsnotify_backend.h>
#include <linux/hash.h>
#include <linux/mempool.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/stringhash.h>
#include <cpt/image.h>

#include "compat.h"
#include "ksym.h"
#include "private.h"

#define TYPE_BITS	3
#define HASH_BITS	(32 - TYPE_BITS)
#define BUCKETS		128	/* of a group's merge_hash */
#define INLINE_HANDLE	12
#define POOL		32	/* errors of file systems that a group has memory for */

struct event {
	struct fsnotify_event fse;
	struct hlist_node merge_list;	/* of those that look alike */
	u32 mask;
	struct {
		unsigned int type:TYPE_BITS;
		unsigned int hash:HASH_BITS;
	};
	struct pid *pid;
};

struct handle {
	u8 type, len, flags, pad;
	u8 buf[];
} __aligned(4);
#define HANDLE_OUTSIDE	1	/* flags: buf has but the address */

struct fid_event {
	struct event fae;
	__kernel_fsid_t fsid;
	struct {
		struct handle object;
		u8 room[INLINE_HANDLE];
	};
};

struct info {
	u8 handle_size[3];	/* each with its struct handle, or 0 */
	u8 lens[5];		/* of the names: see names_wide */
	u8 buf[];		/* handles; names, each with a NUL */
} __aligned(4);

struct name_event {
	struct event fae;
	__kernel_fsid_t fsid;
	struct info info;
};

struct path_event {
	struct event fae;
	struct path path;
};

struct error_event {
	struct event fae;
	s32 error;
	u32 errors;
	__kernel_fsid_t fsid;
	struct {
		struct handle object;
		u8 room[CPT_FAN_HANDLE_MAX];
	};
};

/*
 * Lengths of names are two u16, and not two u8, in 6.12.117 and what came after it, stable
 * releases of older kernels too: found out when the module loads.
 */
static bool names_wide;

static u32 name_len(const struct info *info, int i)
{
	return names_wide ? *(const u16 *)&info->lens[1 + 2 * i] : info->lens[i];
}

static void set_name_len(struct info *info, int i, u32 len)
{
	if (names_wide)
		*(u16 *)&info->lens[1 + 2 * i] = len;
	else
		info->lens[i] = len;
}

/* --- reading ------------------------------------------------------------------------------------- */

static struct event *event_of(const struct fsnotify_event *fse)
{
	return container_of((struct fsnotify_event *)fse, struct event, fse);
}

u32 compat_fan_type(const struct fsnotify_event *fse)
{
	return event_of(fse)->type;
}

static void **outside(const struct handle *h)
{
	return (void **)ALIGN((unsigned long)h->buf, __alignof__(char *));
}

static struct compat_fan_handle read_handle(const struct handle *h)
{
	return (struct compat_fan_handle){ h->flags & HANDLE_OUTSIDE ? *outside(h) : h->buf, h->type, h->len };
}

static void read_names(const struct info *info, struct compat_fan_event *e)
{
	const u8 *p = info->buf;
	int i;

	for (i = 0; i < 3; p += info->handle_size[i++])
		if (info->handle_size[i])
			e->handle[i] = read_handle((const struct handle *)p);
	for (i = 0; i < 2; p += e->name_len[i++] + 1) {
		e->name_len[i] = name_len(info, i);
		e->name[i] = (const char *)p;
	}
}

/*
 * compat_fan_read - what is in an event, which stays where it is
 *
 * Under the group's notification_lock.
 */
void compat_fan_read(struct fsnotify_event *fse, struct compat_fan_event *e)
{
	struct event *from = event_of(fse);
	struct fid_event *fid = container_of(from, struct fid_event, fae);
	struct name_event *name = container_of(from, struct name_event, fae);
	struct error_event *error = container_of(from, struct error_event, fae);

	*e = (struct compat_fan_event){ .type = from->type, .mask = from->mask, .pid = from->pid };
	switch (from->type) {
	case CPT_FAN_FID:
		e->fsid = fid->fsid;
		e->handle[0] = read_handle(&fid->object);
		break;
	case CPT_FAN_NAME:
		e->fsid = name->fsid;
		read_names(&name->info, e);
		break;
	case CPT_FAN_ERROR:
		e->fsid = error->fsid;
		e->error = error->error;
		e->errors = error->errors;
		e->handle[0] = read_handle(&error->object);
		break;
	case CPT_FAN_PATH:
	case COMPAT_FAN_PERM:
		e->path = &container_of(from, struct path_event, fae)->path;
	}
}

/* --- making -------------------------------------------------------------------------------------- */

/* What fanotify mixes, so that it finds an event that looks like a new one. */
static u32 hash_of(const struct compat_fan_event *e)
{
	u32 hash = hash_long((unsigned long)e->pid | (e->mask & FAN_ONDIR ? 1 : 0), HASH_BITS);
	int i;

	if (e->type == CPT_FAN_PATH)
		return hash ^ hash_ptr(e->path->dentry, HASH_BITS) ^ hash_ptr(e->path->mnt, HASH_BITS);
	hash ^= hash_32(e->fsid.val[0], HASH_BITS) ^ hash_32(e->fsid.val[1], HASH_BITS);
	for (i = 0; i < 3 && e->type != CPT_FAN_ERROR; i++) {
		const struct compat_fan_handle *h = &e->handle[i];
		long salt = h->type | (long)h->len << 8;

		if (h->len || e->type == CPT_FAN_FID)	/* which has one, if an empty one */
			hash ^= full_name_hash((void *)salt, h->bytes, h->len);
		if (e->type == CPT_FAN_FID)
			break;
	}
	for (i = 0; i < 2; i++)
		if (e->name_len[i])
			hash ^= full_name_hash((void *)(unsigned long)e->name_len[i], e->name[i], e->name_len[i]);
	return hash;
}

static struct hlist_head *bucket(struct fsnotify_group *group, const struct event *e)
{
	return &group->fanotify_data.merge_hash[e->hash % BUCKETS];
}

/* Tell the group of something, as if an object that it watches had seen it. */
static void tell(struct fsnotify_group *group, u32 mask, const void *data, int data_type, struct inode *dir,
		 const struct qstr *name)
{
#ifdef FSNOTIFY_CONN_FLAG_HAS_FSID	/* moved to the mark in 6.8 */
	struct fsnotify_mark_connector conn = { .flags = FSNOTIFY_CONN_FLAG_HAS_FSID, .fsid.val = { 1, 1 } };
#else
	struct fsnotify_mark_connector conn = {};
#endif
	struct fsnotify_mark mark = { .mask = mask, .group = group, .connector = &conn };
	struct fsnotify_iter_info iter = {
		.marks[FSNOTIFY_ITER_TYPE_SB] = &mark,
		.report_mask = 1 << FSNOTIFY_ITER_TYPE_SB,
		.current_group = group,
	};

	group->ops->handle_event(group, mask, data, data_type, dir, name, 0, &iter);
}

/*
 * A new event by fanotify, taken off its lists; of @path, or of nothing. NULL: no memory.
 *
 * It goes into no list where it would be found to look like another.
 */
static struct event *new_event(struct fsnotify_group *group, const struct path *path)
{
	struct hlist_head none[BUCKETS] = {}, *own = group->fanotify_data.merge_hash;
	u32 n = group->q_len;
	struct event *e = NULL;

	group->fanotify_data.merge_hash = none;
	if (path)
		tell(group, FS_OPEN | FS_ISDIR, path, FSNOTIFY_EVENT_PATH, NULL, NULL);
	else
		tell(group, FS_OPEN | FS_ISDIR, NULL, FSNOTIFY_EVENT_INODE, NULL, NULL);
	spin_lock(&group->notification_lock);
	if (group->q_len > n) {
		e = event_of(list_last_entry(&group->notification_list, struct fsnotify_event, list));
		list_del_init(&e->fse.list);
		group->q_len--;
		hlist_del_init(&e->merge_list);
	}
	spin_unlock(&group->notification_lock);
	group->fanotify_data.merge_hash = own;
	if (e && &e->fse == group->overflow_event)	/* there was no memory */
		return NULL;
	if (e)
		put_pid(e->pid);
	return e;
}

static struct event *new_fid(struct fsnotify_group *group, const struct compat_fan_event *from)
{
	const struct compat_fan_handle *h = &from->handle[0];
	void *room = h->len > INLINE_HANDLE ? kmemdup(h->bytes, h->len, GFP_KERNEL_ACCOUNT) : NULL;
	struct fid_event *to;
	struct event *e;

	if (h->len > INLINE_HANDLE && !room)
		return NULL;
	e = new_event(group, NULL);
	if (!e) {
		kfree(room);
		return NULL;
	}
	to = container_of(e, struct fid_event, fae);
	to->fsid = from->fsid;
	to->object.type = h->type;
	to->object.len = h->len;
	if (room) {
		to->object.flags = HANDLE_OUTSIDE;
		*outside(&to->object) = room;
	} else {
		memcpy(to->object.buf, h->bytes, h->len);
	}
	return e;
}

static void *put_handle(void *at, const struct compat_fan_handle *h)
{
	struct handle *to = at;

	*to = (struct handle){ .type = h->type, .len = h->len };
	memcpy(to->buf, h->bytes, h->len);
	return to->buf + h->len;
}

static struct event *new_name(const struct compat_fan_event *from)
{
	const struct compat_fan_handle *h = from->handle;
	size_t size = sizeof(struct name_event) + from->name_len[0] + from->name_len[1] + 2;
	struct name_event *to;
	void *at;
	int i;

	for (i = 0; i < 3; i++)
		size += h[i].len ? sizeof(struct handle) + h[i].len : 0;
	to = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!to)
		return NULL;
	to->fae.type = CPT_FAN_NAME;
	to->fsid = from->fsid;
	at = to->info.buf;
	for (i = 0; i < 3; i++) {
		if (!h[i].len)
			continue;
		to->info.handle_size[i] = sizeof(struct handle) + h[i].len;
		at = put_handle(at, &h[i]);
	}
	for (i = 0; i < 2; i++) {
		set_name_len(&to->info, i, from->name_len[i]);
		memcpy(at, from->name[i], from->name_len[i]);
		at += from->name_len[i] + 1;
	}
	return &to->fae;
}

/* The pool is what fanotify makes itself, as soon as there is a mark that wants it. */
static struct event *new_error(struct fsnotify_group *group, const struct compat_fan_event *from)
{
	mempool_t *pool = &group->fanotify_data.error_events_pool;
	struct error_event *to;

	if (!mempool_initialized(pool) && mempool_init_kmalloc_pool(pool, POOL, sizeof(*to)))
		return NULL;
	to = mempool_alloc(pool, GFP_KERNEL);
	if (!to)
		return NULL;
	memset(to, 0, sizeof(*to));
	to->fae.type = CPT_FAN_ERROR;
	to->error = from->error;
	to->errors = from->errors;
	to->fsid = from->fsid;
	put_handle(&to->object, &from->handle[0]);
	return &to->fae;
}

/*
 * compat_fan_queue - one more event for a group that nobody else knows yet
 *
 * @e: sound (walk.h). Returns 0, -ENOMEM, -EINVAL or -ENAMETOOLONG.
 */
int compat_fan_queue(struct fsnotify_group *group, const struct compat_fan_event *e)
{
	struct event *to = NULL;
	int i;

	for (i = 0; i < 2; i++)
		if (e->name_len[i] > (names_wide ? PATH_MAX - 1 : NAME_MAX))
			return -ENAMETOOLONG;
	if (e->type == CPT_FAN_FID)
		to = new_fid(group, e);
	else if (e->type == CPT_FAN_NAME)
		to = new_name(e);
	else if (e->type == CPT_FAN_ERROR)
		to = new_error(group, e);
	else if (e->type == CPT_FAN_PATH && (d_is_reg(e->path->dentry) || d_can_lookup(e->path->dentry)))
		to = new_event(group, e->path);
	else if (e->type == CPT_FAN_OVERFLOW && list_empty(&group->overflow_event->list))
		to = event_of(group->overflow_event);
	else
		return -EINVAL;
	if (!to)
		return -ENOMEM;
	fsnotify_init_event(&to->fse);
	INIT_HLIST_NODE(&to->merge_list);
	to->mask = e->mask;
	to->pid = get_pid(e->pid);
	spin_lock(&group->notification_lock);
	if (e->type != CPT_FAN_OVERFLOW) {
		to->hash = hash_of(e);
		hlist_add_head(&to->merge_list, bucket(group, to));
	}
	list_add_tail(&to->fse.list, &group->notification_list);
	group->q_len++;
	spin_unlock(&group->notification_lock);
	return 0;
}

/* --- marks --------------------------------------------------------------------------------------- */

/*
 * What a mark is on; NULL: something else, or it goes away. With the group locked. Before 6.10
 * a connector points to the place in the object that points to it, in a private struct.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
static const size_t in_mount = 0, in_sb = 0;
#else
static size_t in_mount;
static const size_t in_sb = offsetof(struct super_block, s_fsnotify_marks);
#endif

static void *mark_on(const struct fsnotify_mark *mark, int type, size_t at)
{
	const struct fsnotify_mark_connector *conn = mark->connector;

	return conn && conn->type == type ? (void *)conn->obj - at : NULL;
}

struct vfsmount *compat_mark_mount(const struct fsnotify_mark *mark)
{
	return mark_on(mark, FSNOTIFY_OBJ_TYPE_VFSMOUNT, in_mount);
}

struct super_block *compat_mark_sb(const struct fsnotify_mark *mark)
{
	return mark_on(mark, FSNOTIFY_OBJ_TYPE_SB, in_sb);
}

/* --- trying -------------------------------------------------------------------------------------- */

static struct event *newest(struct fsnotify_group *group)
{
	return list_empty(&group->notification_list) ? NULL :
	       event_of(list_last_entry(&group->notification_list, struct fsnotify_event, list));
}

/* Is the newest event one of @type, found by its hash, of this process? */
static bool read_newest(struct fsnotify_group *group, u32 type, struct compat_fan_event *e)
{
	struct event *is = newest(group);

	if (!is || is->type != type || is->pid != task_tgid(current))
		return false;
	compat_fan_read(&is->fse, e);
	return is->hash == (hash_of(e) & GENMASK(HASH_BITS - 1, 0)) && bucket(group, is)->first == &is->merge_list;
}

static bool same(const struct compat_fan_handle *a, const struct compat_fan_handle *b)
{
	return a->type == b->type && a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

/* Do both mean the same? */
static bool event_same(const struct compat_fan_event *a, const struct compat_fan_event *b)
{
	int i;

	for (i = 0; i < 3; i++)
		if (!same(&a->handle[i], &b->handle[i]))
			return false;
	for (i = 0; i < 2; i++)
		if (a->name_len[i] != b->name_len[i] || memcmp(a->name[i], b->name[i], a->name_len[i]))
			return false;
	return a->type == b->type && a->mask == b->mask && a->pid == b->pid && !a->path == !b->path &&
	       (!a->path || path_equal(a->path, b->path)) && !memcmp(&a->fsid, &b->fsid, sizeof(a->fsid)) &&
	       a->error == b->error && a->errors == b->errors;
}

/* Is the newest event, queued once more by us, the same again? */
static bool queued_same(struct fsnotify_group *group, const struct compat_fan_event *e)
{
	struct compat_fan_event again;

	return !compat_fan_queue(group, e) && read_newest(group, e->type, &again) && event_same(e, &again);
}

/* A handle of @inode, as fanotify makes it. */
static bool handle_of(const struct compat_fan_handle *h, struct inode *inode)
{
	u8 buf[CPT_FAN_HANDLE_MAX];
	int len = sizeof(buf), type = compat_encode_fid(inode, buf, &len);

	return type == h->type && len == h->len && len && !memcmp(buf, h->bytes, len);
}

static bool fid_known(struct fsnotify_group *group, struct inode *inode)
{
	struct compat_fan_event e;

	tell(group, FS_OPEN | FS_ISDIR, inode, FSNOTIFY_EVENT_INODE, NULL, NULL);
	return read_newest(group, CPT_FAN_FID, &e) && e.mask == (FS_OPEN | FS_ISDIR) &&
	       handle_of(&e.handle[0], inode) && queued_same(group, &e);
}

/* @from and @to: names of two files. As if the one had become the other. */
static bool names_known(struct fsnotify_group *group, struct dentry *from, struct dentry *to)
{
	struct inode *dir = d_inode(from->d_parent);
	struct compat_fan_event e;
	struct event *is;

	tell(group, FS_RENAME, to, FSNOTIFY_EVENT_DENTRY, dir, &from->d_name);
	is = newest(group);
	if (!is || is->type != CPT_FAN_NAME)
		return false;
	names_wide = true;	/* the names differ in length */
	names_wide = name_len(&container_of(is, struct name_event, fae)->info, 0) == from->d_name.len;
	return read_newest(group, CPT_FAN_NAME, &e) && e.mask == FS_RENAME && handle_of(&e.handle[0], dir) &&
	       handle_of(&e.handle[1], dir) && handle_of(&e.handle[2], d_inode(to)) &&
	       e.name_len[0] == from->d_name.len && !memcmp(e.name[0], from->d_name.name, e.name_len[0]) &&
	       e.name_len[1] == to->d_name.len && !memcmp(e.name[1], to->d_name.name, e.name_len[1]) &&
	       queued_same(group, &e);
}

static bool error_known(struct fsnotify_group *group, struct inode *inode)
{
	struct compat_fan_event made = { .type = CPT_FAN_ERROR, .mask = FS_ERROR, .pid = task_tgid(current) }, e;
	struct fs_error_report report = { .error = EUCLEAN, .inode = inode, .sb = inode->i_sb };

	made.errors = 1;
	made.fsid.val[0] = 7;
	if (!queued_same(group, &made))		/* which makes the pool */
		return false;
	tell(group, FS_ERROR, &report, FSNOTIFY_EVENT_ERROR, NULL, NULL);
	return read_newest(group, CPT_FAN_ERROR, &e) && e.mask == FS_ERROR && e.error == EUCLEAN && e.errors == 1 &&
	       handle_of(&e.handle[0], inode) && mempool_initialized(&group->fanotify_data.error_events_pool);
}

/* In a group that gives handles. @mnt has a directory with a file in it. */
static bool fids_tried(struct fsnotify_group *group, struct vfsmount *mnt)
{
	struct dentry *root = mnt->mnt_root, *file = lookup_positive_unlocked("ptmx", root, 4), *name;
	bool ok = false;

	if (IS_ERR(file))
		return false;
	name = d_alloc_name(root, "old");	/* nothing, and in no table */
	if (name) {
		ok = fid_known(group, d_inode(root)) && names_known(group, name, file) &&
		     error_known(group, d_inode(file));
		dput(name);
	}
	dput(file);
	return ok;
}

static bool marked(struct fsnotify_group *group, int fd, int type, char __user *name)
{
	return !compat_fanotify_mark(fd, FAN_MARK_ADD | type, FAN_CLOSE_WRITE, AT_FDCWD, name) &&
	       !list_empty(&group->marks_list) &&
	       list_first_entry(&group->marks_list, struct fsnotify_mark, g_list)->mask == FS_CLOSE_WRITE;
}

/* Marks of each type on what is in the current directory, @mnt's root. */
static bool marks_known(struct fsnotify_group *group, int fd, struct vfsmount *mnt, char __user *name)
{
	const struct list_head *list = &group->marks_list;
	struct inode *inode;
	bool ok;

	if (copy_to_user(name, ".", 2) || !marked(group, fd, FAN_MARK_MOUNT, name))
		return false;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	in_mount = (void *)list_first_entry(list, struct fsnotify_mark, g_list)->connector->obj - (void *)mnt;
	if (in_mount > PAGE_SIZE)
		return false;
#endif
	if (compat_mark_mount(list_first_entry(list, struct fsnotify_mark, g_list)) != mnt ||
	    !marked(group, fd, FAN_MARK_FILESYSTEM, name) ||
	    compat_mark_sb(list_first_entry(list, struct fsnotify_mark, g_list)) != mnt->mnt_sb ||
	    !marked(group, fd, FAN_MARK_INODE, name))
		return false;
	inode = compat_mark_inode(list_first_entry(list, struct fsnotify_mark, g_list));
	ok = inode == d_inode(mnt->mnt_root);
	iput(inode);
	return ok;
}

/* In a group that gives open files. */
static bool paths_tried(struct fsnotify_group *group, int fd, struct vfsmount *mnt)
{
	struct path root = { .mnt = mnt, .dentry = mnt->mnt_root }, cwd;
	unsigned long u = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	const struct event *overflow = event_of(group->overflow_event);
	struct compat_fan_event e;
	bool ok;

	if (IS_ERR_VALUE(u))
		return false;
	tell(group, FS_OPEN | FS_ISDIR, &root, FSNOTIFY_EVENT_PATH, NULL, NULL);
	ok = read_newest(group, CPT_FAN_PATH, &e) && e.mask == FS_OPEN && path_equal(e.path, &root) &&
	     queued_same(group, &e) && overflow->type == CPT_FAN_OVERFLOW && overflow->mask == FS_Q_OVERFLOW &&
	     list_empty(&overflow->fse.list);
	get_fs_pwd(current->fs, &cwd);
	ksym(set_fs_pwd)(current->fs, &root);
	ok = ok && marks_known(group, fd, mnt, (char __user *)u);
	ksym(set_fs_pwd)(current->fs, &cwd);
	path_put(&cwd);
	vm_munmap(u, PAGE_SIZE);
	return ok;
}

/* compat_fanotify_known - is all of this as it says? */
bool compat_fanotify_known(void)
{
	long fids = ksys(fanotify_init, CPT_FAN_FIDS, O_RDONLY), paths = ksys(fanotify_init, FAN_CLASS_NOTIF, O_RDONLY);
	struct file *f = fids < 0 ? NULL : fget(fids), *g = paths < 0 ? NULL : fget(paths);
	struct vfsmount *mnt = compat_own_devpts();
	bool ok = f && g && !IS_ERR(mnt) && f->f_op->release == kptr(fanotify_release) &&
		  fids_tried(f->private_data, mnt) && paths_tried(g->private_data, paths, mnt);

	if (f)
		fput(f);
	if (g)
		fput(g);
	if (fids >= 0)
		ksys(close_range, fids, fids, 0);
	if (paths >= 0)
		ksys(close_range, paths, paths, 0);
	if (!IS_ERR(mnt))
		mntput(mnt);
	return ok;
}

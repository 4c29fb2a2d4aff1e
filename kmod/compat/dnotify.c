// SPDX-License-Identifier: GPL-2.0
/*
 * Directories that tell of changes by signals (fs/notify/dnotify/dnotify.c), as the kernel keeps
 * them. Tried when the module loads, on a directory that nobody else sees.
 */
#include <linux/dnotify.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fsnotify_backend.h>
#include <linux/mount.h>
#include <linux/slab.h>

#include "ksym.h"
#include "private.h"

#ifdef CONFIG_DNOTIFY

static struct fsnotify_group *dnotify_group;	/* the kernel's only one */

/*
 * The mark of a directory, with a reference, or NULL. It is looked up by the object since 6.10
 * (fs/notify/mark.c).
 */
static struct fsnotify_mark *find_mark(struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return fsnotify_find_inode_mark(inode, dnotify_group);
#else
	return fsnotify_find_mark(&inode->i_fsnotify_marks, dnotify_group);
#endif
}

static struct dnotify_struct *first_of(struct fsnotify_mark *mark)
{
	return container_of(mark, struct compat_dnotify_mark, mark)->dn;
}

/* What @f, opened in the table @owner, tells of; under the mark's lock. */
static struct dnotify_struct *find_notice(struct fsnotify_mark *mark, const struct file *f, const void *owner)
{
	struct dnotify_struct *dn;

	for (dn = first_of(mark); dn; dn = dn->dn_next)
		if (dn->dn_filp == f && dn->dn_owner == owner)
			break;
	return dn;
}

/*
 * compat_dnotify_mask - what the directory @f tells of (FS_*), by way of a descriptor of the table @owner
 * @fd: which of its descriptors
 *
 * Returns 0 for nothing.
 */
u32 compat_dnotify_mask(struct file *f, const void *owner, u32 *fd)
{
	struct fsnotify_mark *mark = find_mark(file_inode(f));
	const struct dnotify_struct *dn;
	u32 mask = 0;

	if (!mark)
		return 0;
	spin_lock(&mark->lock);
	dn = find_notice(mark, f, owner);
	if (dn) {
		mask = dn->dn_mask;
		*fd = dn->dn_fd;
	}
	spin_unlock(&mark->lock);
	fsnotify_put_mark(mark);
	return mask;
}

/* As dnotify_recalc_inode_mask() does it. */
static void recalc_mask(struct fsnotify_mark *mark)
{
	const struct dnotify_struct *dn;
	u32 mask = 0;

	for (dn = first_of(mark); dn; dn = dn->dn_next)
		mask |= dn->dn_mask & ~FS_DN_MULTISHOT;
	mark->mask = mask;
	ksym(fsnotify_recalc_mask)(mark->connector);
}

/*
 * compat_dnotify_set_mask - let it tell of something else; 0: of nothing
 *
 * False: it tells of nothing any more.
 */
bool compat_dnotify_set_mask(struct file *f, const void *owner, u32 mask)
{
	struct fsnotify_mark *mark = find_mark(file_inode(f));
	struct dnotify_struct *dn;

	if (!mark)
		return false;
	spin_lock(&mark->lock);
	dn = find_notice(mark, f, owner);
	if (dn) {
		dn->dn_mask = mask;
		recalc_mask(mark);
	}
	spin_unlock(&mark->lock);
	fsnotify_put_mark(mark);
	return dn;
}

/* The only mark on the directory @f, whose descriptor is @fd, is the one that was just made. */
static bool notice_known(struct file *f, int fd)
{
	const struct fsnotify_mark_connector *conn = rcu_dereference_raw(file_inode(f)->i_fsnotify_marks);
	struct fsnotify_mark *mark;
	const struct dnotify_struct *dn;
	u32 at = ~0;

	if (!conn || hlist_empty(&conn->list))
		return false;
	mark = hlist_entry(conn->list.first, struct fsnotify_mark, obj_list);
	dn = first_of(mark);
	if (!dn || dn->dn_filp != f || dn->dn_owner != current->files || dn->dn_fd != fd || dn->dn_next ||
	    mark->mask != (FS_RENAME | FS_EVENT_ON_CHILD))
		return false;
	dnotify_group = mark->group;
	return compat_dnotify_mask(f, current->files, &at) == (FS_RENAME | FS_EVENT_ON_CHILD | FS_DN_MULTISHOT) &&
	       at == fd && compat_dnotify_set_mask(f, current->files, FS_CREATE) && mark->mask == FS_CREATE;
}

static bool notice_tried(struct file *f)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct fsnotify_mark *left;
	bool ok;

	if (fd < 0)
		return false;
	fd_install(fd, get_file(f));
	ok = !ksym(fcntl_dirnotify)(fd, f, DN_RENAME | DN_MULTISHOT) && notice_known(f, fd);
	ksys(close_range, fd, fd, 0);
	left = ok ? find_mark(file_inode(f)) : NULL;
	if (left)
		fsnotify_put_mark(left);
	return ok && !left;
}

/* compat_dnotify_known - is all of this as it says? */
bool compat_dnotify_known(void)
{
	struct vfsmount *mnt = compat_own_devpts();
	struct path root;
	struct file *f;
	bool ok;

	if (IS_ERR(mnt))
		return false;
	root = (struct path){ .mnt = mnt, .dentry = mnt->mnt_root };
	f = dentry_open(&root, O_RDONLY | O_DIRECTORY, current_cred());
	ok = !IS_ERR(f) && notice_tried(f);
	if (!IS_ERR(f))
		fput(f);
	mntput(mnt);
	return ok;
}

#else

u32 compat_dnotify_mask(struct file *f, const void *owner, u32 *fd)
{
	return 0;
}

bool compat_dnotify_set_mask(struct file *f, const void *owner, u32 mask)
{
	return false;
}

bool compat_dnotify_known(void)
{
	return true;
}

#endif

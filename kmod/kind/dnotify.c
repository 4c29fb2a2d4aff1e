// SPDX-License-Identifier: GPL-2.0
/*
 * Directories that tell of changes by signals (fcntl(2): F_NOTIFY): records behind that of the
 * table of descriptors by which it was asked for. Who gets the signals is the open file's (fown.c).
 *
 * Preserved: what each tells of, once or again and again, and the descriptor that signals name.
 *
 * Made again with the descriptors, but silent until all is restored and has its owners
 * (cpt_dnotify_link()): what the restore itself does is no change.
 *
 * Locks: the mark's own.
 */
#include <linux/file.h>
#include <linux/fsnotify_backend.h>
#include <uapi/linux/fcntl.h>

#include "compat/private.h"
#include "kind.h"
#include "out.h"

/* What fcntl(2) takes, and what the kernel makes of it (convert_arg()). */
static const struct {
	u32 dn, fs;
} events[] = {
	{ DN_ACCESS,	FS_ACCESS },
	{ DN_MODIFY,	FS_MODIFY },
	{ DN_CREATE,	FS_CREATE | FS_MOVED_TO },
	{ DN_DELETE,	FS_DELETE | FS_MOVED_FROM },
	{ DN_RENAME,	FS_RENAME },
	{ DN_ATTRIB,	FS_ATTRIB },
	{ DN_MULTISHOT,	FS_DN_MULTISHOT },
};

static u32 to_kernel(u32 mask)
{
	u32 fs = FS_EVENT_ON_CHILD;
	int i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (mask & events[i].dn)
			fs |= events[i].fs;
	return fs;
}

static u32 from_kernel(u32 fs)
{
	u32 mask = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		if ((fs & events[i].fs) == events[i].fs)
			mask |= events[i].dn;
	return mask;
}

/*
 * cpt_dnotify_dump - what @f tells of, by way of the descriptor @fd of the table @owner
 */
int cpt_dnotify_dump(struct cpt_ctx *ctx, struct file *f, const void *owner, u32 fd)
{
	struct cpt_dnotify_rec *r;
	u32 mask, at;

	BUILD_BUG_ON(CPT_DN_MULTISHOT != DN_MULTISHOT ||
		     CPT_DN_EVENTS != (DN_ACCESS | DN_MODIFY | DN_CREATE | DN_DELETE | DN_RENAME | DN_ATTRIB));
	if (!S_ISDIR(file_inode(f)->i_mode) || (f->f_mode & FMODE_PATH))
		return 0;
	mask = compat_dnotify_mask(f, owner, &at);
	if (!mask || at != fd)
		return 0;
	r = cpt_out_rec(ctx, CPT_K_DNOTIFY, 0, sizeof(*r), 0);
	if (!r)
		return -ENOMEM;
	r->fd = fd;
	r->mask = from_kernel(mask);
	return 0;
}

/* The next of these records behind @rec, or NULL. */
static const struct cpt_dnotify_rec *next_notice(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	while ((rec = cpt_rec_after(ctx, rec)) && !rec->id)
		if (rec->kind == CPT_K_DNOTIFY)
			return (const void *)rec;
	return NULL;
}

static int ask(struct cpt_ctx *ctx, const struct cpt_dnotify_rec *r)
{
	struct file *f = fget(r->fd);	/* not one with O_PATH: to close that would not end it */
	int err;

	if (!f)
		return cpt_fail(ctx, -EBADF, "descriptor %u of the image cannot tell of changes", r->fd);
	err = ksym(fcntl_dirnotify)(r->fd, f, r->mask);
	if (!err) {
		compat_dnotify_set_mask(f, current->files, 0);
		__f_setown(f, NULL, PIDTYPE_TGID, 1);	/* it made us the owner */
	}
	if (err)
		cpt_say(ctx, "the directory %pD cannot tell of changes again: error %d (fs.dir-notify-enable)", f, -err);
	fput(f);
	return err;
}

/*
 * cpt_dnotify_restore - behind the table @rec, when the current task has all of its descriptors
 */
int cpt_dnotify_restore(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_dnotify_rec *r = (const void *)rec;
	int err = 0;

	while (!err && (r = next_notice(ctx, &r->rec)))
		err = ask(ctx, r);
	return err;
}

/* The file of descriptor @n of a table; walk.h has looked that there is one. */
static struct file *file_of(struct cpt_ctx *ctx, const struct cpt_files_rec *r, u32 n)
{
	const struct cpt_fd *fd = (const void *)(r + 1);

	while (fd->fd != n)
		fd++;
	return cpt_made_already(ctx, fd->file);
}

/*
 * cpt_dnotify_link - they speak again
 * @owner: the table, perhaps of somebody who is dead: only compared
 */
int cpt_dnotify_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, const void *owner)
{
	const struct cpt_dnotify_rec *r = (const void *)rec;

	while ((r = next_notice(ctx, &r->rec)))
		compat_dnotify_set_mask(file_of(ctx, (const void *)rec, r->fd), owner, to_kernel(r->mask));
	return 0;
}

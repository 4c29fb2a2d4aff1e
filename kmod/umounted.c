// SPDX-License-Identifier: GPL-2.0
/*
 * Mounts that were unmounted lazily (umount -l) while the VE used them: they are in no
 * namespace, and nobody but those who use them can find them.
 *
 * A collect that meets one of which ctl has not told notes it and ends with -ESTALE; ctl
 * asks for all that were noted, adds them to the table of mounts, and tries again. They
 * stand alone: umount_tree() in fs/namespace.c takes from a mount what lies on it, and its
 * peers.
 */
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/private.h"
#include "cpt.h"

/*
 * cpt_umounted_note - remember a mount that is not in the table, if it is such a one
 *
 * May sleep. Undone by cpt_umounted_drop().
 */
void cpt_umounted_note(struct cpt_ctx *ctx, struct vfsmount *mnt)
{
	struct vfsmount **more;
	u32 i;

	if (!(mnt->mnt_flags & MNT_UMOUNT) || ctx->numounted == CPT_MOUNTS_MAX)
		return;
	for (i = 0; i < ctx->numounted; i++)
		if (ctx->umounted[i] == mnt)
			return;
	more = krealloc_array(ctx->umounted, ctx->numounted + 1, sizeof(*more), GFP_KERNEL);
	if (!more)	/* it is outside the VE's mounts, then */
		return;
	ctx->umounted = more;
	more[ctx->numounted++] = mntget(mnt);
}

void cpt_umounted_drop(struct cpt_ctx *ctx)
{
	while (ctx->numounted)
		mntput(ctx->umounted[--ctx->numounted]);
	kfree(ctx->umounted);
	ctx->umounted = NULL;
}

/* Its line of mountinfo, as if it were at "/", at most @room bytes; how many they are, or -errno. */
static ssize_t line_of(struct vfsmount *mnt, char *buf, size_t room)
{
	struct compat_proc_mounts at = { .root = { .mnt = mnt, .dentry = mnt->mnt_root } };
	struct seq_file m = { .buf = buf, .size = room, .private = &at };
	int err = ksym(show_mountinfo)(&m, mnt);

	if (err)
		return err < 0 ? err : -ENOENT;
	return seq_has_overflowed(&m) ? -E2BIG : m.count;
}

static int open_root(struct vfsmount *mnt)
{
	const struct path path = { .mnt = mnt, .dentry = mnt->mnt_root };
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct file *f;

	if (fd < 0)
		return fd;
	f = dentry_open(&path, O_PATH, current_cred());
	if (IS_ERR(f)) {
		put_unused_fd(fd);
		return PTR_ERR(f);
	}
	fd_install(fd, f);
	return fd;
}

/* CPT_IOC_FIND_MOUNT */
int cpt_umounted_find(struct cpt_ctx *ctx, struct cpt_ioc_find_mount *arg)
{
	struct vfsmount *mnt;
	char *line;
	ssize_t n;

	if (arg->index >= ctx->numounted)
		return -ENOENT;
	mnt = ctx->umounted[arg->index];
	line = kmalloc(CPT_MOUNT_LINE, GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	n = line_of(mnt, line, CPT_MOUNT_LINE);
	if (n >= 0 && n > arg->len)
		n = -E2BIG;
	if (n >= 0 && copy_to_user(u64_to_user_ptr(arg->line), line, n))
		n = -EFAULT;
	kfree(line);
	if (n < 0)
		return n;
	arg->len = n;
	arg->fd = open_root(mnt);
	return min(arg->fd, 0);
}

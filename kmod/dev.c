// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/cpt: open, ioctl, read (messages), release. Only root of the host gets in:
 * mode 0600 and CAP_SYS_ADMIN in the initial user namespace, checked at open and
 * at every command, and a caller in the host's pid namespace (a VE's root may
 * have a node of this device, or the capability's name, but never both).
 *
 * A context belongs to the files_struct that opened it and goes with that one's
 * last close (->flush), not with the file: a child that inherited the descriptor
 * must not keep a VE frozen.
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cpt.h"
#include "dev.h"
#include "kind.h"

struct opener {
	struct mutex lock;		/* of ctx */
	struct cpt_ctx *ctx;		/* bound by SET_VE, or NULL */
	fl_owner_t owner;		/* the files_struct that opened it */
};

static bool host_root(void)
{
	return task_active_pid_ns(current) == &init_pid_ns && capable(CAP_SYS_ADMIN);
}

static int dev_open(struct inode *inode, struct file *file)
{
	struct opener *o;

	if (!host_root())
		return -EPERM;
	o = kzalloc(sizeof(*o), GFP_KERNEL);
	if (!o)
		return -ENOMEM;
	mutex_init(&o->lock);
	o->owner = current->files;
	file->private_data = o;
	return nonseekable_open(inode, file);
}

/* The bound context with a reference, or NULL. */
static struct cpt_ctx *opener_ctx(struct opener *o)
{
	struct cpt_ctx *ctx;

	mutex_lock(&o->lock);
	ctx = o->ctx;
	if (ctx)
		cpt_ctx_get(ctx);
	mutex_unlock(&o->lock);
	return ctx;
}

static void unbind(struct opener *o)
{
	struct cpt_ctx *ctx;

	mutex_lock(&o->lock);
	ctx = o->ctx;
	o->ctx = NULL;
	mutex_unlock(&o->lock);
	if (ctx)
		cpt_ctx_unbind(ctx);
}

static int set_ve(struct opener *o, struct cpt_ioc_ve __user *arg)
{
	struct cpt_ioc_ve a;
	struct cpt_ctx *ctx;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	if (a.abi != CPT_IOC_ABI)
		return -EPROTO;
	if (!a.veid || o->owner != current->files)
		return -EINVAL;
	unbind(o);
	ctx = cpt_ctx_bind(a.veid);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	a.stage = ctx->stage;
	a.sticky = ctx->sticky;
	mutex_lock(&o->lock);
	o->ctx = ctx;
	mutex_unlock(&o->lock);
	return copy_to_user(arg, &a, sizeof(a)) ? -EFAULT : 0;
}

/*
 * What ctl reads of a frozen VE's files is no event for the VE's watches (inotify): it is
 * the same before and after.
 */
static int open_quietly(struct cpt_ioc_open __user *arg)
{
	struct cpt_ioc_open a;
	struct file *of, *f;
	umode_t mode;
	int fd;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	of = fget_raw(a.fd);
	if (!of || a.pad) {
		if (of)
			fput(of);
		return of ? -EINVAL : -EBADF;
	}
	mode = file_inode(of)->i_mode;
	f = ERR_PTR(-EINVAL);
	if (compat_inode_leased(file_inode(of)))	/* its holder would be told (lock.c refuses it) */
		f = ERR_PTR(-EBUSY);
	else if (S_ISREG(mode) || S_ISDIR(mode))
		f = dentry_open(&of->f_path, O_RDONLY | O_LARGEFILE | O_NOATIME | __FMODE_NONOTIFY, current_cred());
	fput(of);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = get_unused_fd_flags(O_CLOEXEC);
	a.fd = fd;
	if (fd < 0 || copy_to_user(arg, &a, sizeof(a))) {
		if (fd >= 0)
			put_unused_fd(fd);
		fput(f);
		return fd < 0 ? fd : -EFAULT;
	}
	fd_install(fd, f);
	return 0;
}

static int find_huge(struct cpt_ioc_huge __user *arg)
{
	struct cpt_ioc_huge a;
	struct file *f;
	int err;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	f = fget(a.fd);
	if (!f)
		return -EBADF;
	err = cpt_huge_find(file_inode(f), &a);
	fput(f);
	return !err && copy_to_user(arg, &a, sizeof(a)) ? -EFAULT : err;
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct opener *o = file->private_data;
	struct cpt_ctx *ctx;
	long ret;

	if (!host_root())
		return -EPERM;
	if (cmd == CPT_IOC_SET_VE)
		return set_ve(o, (void __user *)arg);
	if (cmd == CPT_IOC_LIST)
		return cpt_ctx_list((void __user *)arg);
	if (cmd == CPT_IOC_OPEN)
		return open_quietly((void __user *)arg);
	if (cmd == CPT_IOC_HUGE)
		return find_huge((void __user *)arg);
	ctx = opener_ctx(o);
	if (!ctx)
		return -EBADF;
	ret = cpt_stage_ioctl(ctx, cmd, (void __user *)arg);
	cpt_ctx_put(ctx);
	return ret;
}

static ssize_t dev_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct opener *o = file->private_data;
	struct cpt_ctx *ctx = opener_ctx(o);
	ssize_t ret;

	if (!ctx)
		return 0;
	ret = cpt_msg_read(&ctx->msg, buf, size);
	cpt_ctx_put(ctx);
	return ret;
}

static int dev_flush(struct file *file, fl_owner_t id)
{
	struct opener *o = file->private_data;

	if (id == o->owner)
		unbind(o);
	return 0;
}

static int dev_release(struct inode *inode, struct file *file)
{
	struct opener *o = file->private_data;

	unbind(o);
	kfree(o);
	return 0;
}

static const struct file_operations dev_fops = {
	.owner		= THIS_MODULE,
	.open		= dev_open,
	.read		= dev_read,
	.unlocked_ioctl	= dev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.flush		= dev_flush,
	.release	= dev_release,
};

static struct miscdevice dev = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "cpt",
	.mode	= 0600,
	.fops	= &dev_fops,
};

int cpt_dev_init(void)
{
	return misc_register(&dev);
}

void cpt_dev_exit(void)
{
	misc_deregister(&dev);
}

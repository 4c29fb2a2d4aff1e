// SPDX-License-Identifier: GPL-2.0
/*
 * Pseudo terminals: the pair of a master and a slave (PTY), and each open file of one (PTYEND).
 *
 * Preserved: the number; of both sides terminal settings, window size, what was typed and not read,
 * half lines and echo too, what found no room, being stopped (^S, TCOOFF), packet mode with what it
 * has to tell, exclusive use, the lock; owner, mode and times of the slave's file; session, group in
 * the foreground, and for which processes it is the controlling terminal; slaves that nobody has
 * open, masters that are closed, what was hung up (vhangup(2)), files of /dev/tty, O_ASYNC; the
 * VE's console, whose master ctl has outside, and gets again.
 * Refused: terminals that the outside of the VE uses too, other line disciplines.
 *
 * The line discipline keeps a place in rings of N_TTY_BUF_SIZE bytes; here they begin at 0 again.
 *
 * A restore opens the master, which makes the pair with the number that it had because all
 * free ones below it are taken meanwhile, then the slaves. What is in them is set when all are
 * open (link), and masters that were closed are.
 *
 * drivers/tty/{pty,tty_io,n_tty,tty_buffer}.c, fs/devpts/inode.c. Locks: termios_rwsem > output_lock
 * of the line discipline; buf.lock of a port alone.
 */
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/namei.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/tty_ldisc.h>

#include "compat/compat.h"
#include "compat/private.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

static struct tty_struct *tty_of(const struct file *f)
{
	return ((struct tty_file_private *)f->private_data)->tty;
}

/* Is it a side of a pseudo terminal of a devpts? */
static bool is_pty(const struct tty_struct *tty)
{
	return tty->driver->type == TTY_DRIVER_TYPE_PTY && tty->link &&
	       (tty->driver->major == UNIX98_PTY_MASTER_MAJOR || tty->driver->major == UNIX98_PTY_SLAVE_MAJOR);
}

static bool is_master(const struct tty_struct *tty)
{
	return tty->driver->subtype == PTY_TYPE_MASTER;
}

static struct tty_struct *slave_of(struct tty_struct *tty)
{
	return is_master(tty) ? tty->link : tty;
}

/* cpt_pty_file - is it an open pseudo terminal, hung up or not? */
bool cpt_pty_file(struct file *f)
{
	return cpt_is_tty(f) && is_pty(tty_of(f));
}

/* --- collect ------------------------------------------------------------------------------------ */

/* Any file that has @tty open, with a reference, or NULL. */
static struct file *file_of(struct tty_struct *tty)
{
	struct tty_file_private *priv;
	struct file *f = NULL;

	spin_lock(&tty->files_lock);
	list_for_each_entry(priv, &tty->tty_files, list)
		if (!f && atomic_long_inc_not_zero(&priv->file->f_count))
			f = priv->file;
	spin_unlock(&tty->files_lock);
	return f;
}

/* The mount of the devpts that the pair is of; NULL: it is not the VE's. */
static const struct cpt_mount *devpts_of(struct cpt_ctx *ctx, const struct tty_struct *slave)
{
	u32 i;

	for (i = 0; i < ctx->nmounts; i++) {
		const struct super_block *sb = ctx->mounts[i].root.mnt->mnt_sb;

		if (sb->s_magic == DEVPTS_SUPER_MAGIC && sb->s_fs_info == slave->link->driver_data &&
		    ctx->mounts[i].root.dentry == sb->s_root)
			return &ctx->mounts[i];
	}
	return NULL;
}

#define TO_CLOSE "end what was begun by ctl enter, ctl exec or at a terminal of the host"

static int other_discipline(const struct tty_struct *tty)
{
	return tty->ldisc && tty->ldisc->ops->num != N_TTY ? tty->ldisc->ops->num : 0;
}

static int pty_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct tty_struct *slave = obj->ptr, *master = slave->link;
	int num = other_discipline(slave) ?: other_discipline(master), err = 0;
	struct file *f;

	if (!devpts_of(ctx, slave))
		cpt_obstacle(ctx, "process %d (%s) uses a terminal of the outside of the VE (pts/%d): " TO_CLOSE,
			     who->pid, who->comm, slave->index);
	else if (num)
		cpt_obstacle(ctx, "process %d (%s) uses a terminal (pts/%d) with another line discipline (%d), which cannot be preserved",
			     who->pid, who->comm, slave->index, num);
	f = file_of(master);
	if (f)
		err = cpt_collect(ctx, CPT_K_CRED, f->f_cred, who);
	if (f)
		fput(f);
	if (err)
		return err;
	obj->priv = kmemdup(who, sizeof(*who), GFP_KERNEL);
	if (!obj->priv)
		return -ENOMEM;
	tty_kref_get(slave);
	return 0;
}

static void pty_release(struct cpt_obj *obj)
{
	kfree(obj->priv);
	tty_kref_put(obj->ptr);
}

static bool is_console(struct cpt_ctx *ctx, const struct tty_struct *slave)
{
	return ctx->console && tty_of(ctx->console)->link == slave;
}

/* Is every file that has @tty open one of the VE's, or the console's? */
static bool all_inside(struct cpt_ctx *ctx, struct tty_struct *tty)
{
	struct tty_file_private *priv;
	bool all = true;

	spin_lock(&tty->files_lock);
	list_for_each_entry(priv, &tty->tty_files, list)
		all &= priv->file == ctx->console || cpt_obj_find(ctx, priv->file);
	spin_unlock(&tty->files_lock);
	return all;
}

/* Is @pid, of a session or group, one that will be found again by its number? */
static bool pid_known(struct cpt_ctx *ctx, struct pid *pid)
{
	pid_t nr = pid_nr_ns(pid, ctx->ns);
	struct pid *found;

	if (!pid)
		return true;
	rcu_read_lock();
	found = find_pid_ns(nr, ctx->ns);
	rcu_read_unlock();
	return nr && (!found || found == pid);
}

static bool session_known(struct cpt_ctx *ctx, struct tty_struct *slave)
{
	bool known;

	spin_lock_irq(&slave->ctrl.lock);
	known = pid_known(ctx, slave->ctrl.session) && pid_known(ctx, slave->ctrl.pgrp);
	spin_unlock_irq(&slave->ctrl.lock);
	return known;
}

static bool master_closed(const struct tty_struct *slave)
{
	return list_empty(&slave->link->tty_files);
}

static int pty_check(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	const struct cpt_holder *who = obj->priv;
	struct tty_struct *slave = obj->ptr;

	if (!devpts_of(ctx, slave))
		return 0;
	if (!all_inside(ctx, slave) || !all_inside(ctx, slave->link))
		cpt_obstacle(ctx, "process %d (%s) uses a terminal (pts/%d) that somebody outside the VE uses too: " TO_CLOSE,
			     who->pid, who->comm, slave->index);
	else if (is_console(ctx, slave) && file_count(ctx->console) - 1 > ctx->console_holders)
		cpt_obstacle(ctx, "the master of the console (pts/%d) is open outside the VE in another program than ctl: end that",
			     slave->index);
	else if (!session_known(ctx, slave))
		cpt_obstacle(ctx, "process %d (%s) uses a terminal (pts/%d) of a session or group that cannot be found again",
			     who->pid, who->comm, slave->index);
	return 0;
}

static int ptyend_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct file *f = obj->ptr;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	u32 mount;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	if (!cpt_path_in(ctx, compat_user_path(f), &mount, buf))
		err = cpt_file_refuse(ctx, f, who, "a terminal of the outside of the VE (" TO_CLOSE ")");
	kfree(buf);
	if (!err)
		err = cpt_collect(ctx, CPT_K_PTY, slave_of(tty_of(f)), who);
	return err ? err : cpt_anon_collect(ctx, obj, who);
}

/* cpt_console_collect - the terminal whose master ctl has, though no process of the VE may use it */
int cpt_console_collect(struct cpt_ctx *ctx, const struct cpt_holder *who)
{
	char *buf;
	u32 mount;

	if (!ctx->console)
		return 0;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	cpt_path_in(ctx, compat_user_path(ctx->console), &mount, buf);	/* it may be unmounted */
	kfree(buf);
	return cpt_collect(ctx, CPT_K_PTY, slave_of(tty_of(ctx->console)), who);
}

/* CPT_IOC_SET_CONSOLE */
int cpt_console_set(struct cpt_ctx *ctx, const struct cpt_ioc_console *arg)
{
	struct file *f = fget(arg->fd);

	if (!f)
		return -EBADF;
	if (!cpt_pty_file(f) || !is_master(tty_of(f))) {
		fput(f);
		return cpt_fail(ctx, -EINVAL, "the console is no master of a pseudo terminal");
	}
	cpt_console_drop(ctx);
	ctx->console = f;
	ctx->console_holders = arg->holders;
	return 0;
}

/* CPT_IOC_GET_CONSOLE */
int cpt_console_get(struct cpt_ctx *ctx, struct cpt_ioc_console *arg)
{
	int fd;

	if (arg->holders)
		return -EINVAL;
	if (!ctx->console)
		return -ENOENT;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	fd_install(fd, ctx->console);
	ctx->console = NULL;
	arg->fd = fd;
	return 0;
}

void cpt_console_drop(struct cpt_ctx *ctx)
{
	if (ctx->console)
		fput(ctx->console);
	ctx->console = NULL;
}

/* --- dump --------------------------------------------------------------------------------------- */

struct known_flag {
	u32 ours;		/* CPT_TTY_* */
	int kernels;
};

static const struct known_flag known_flags[] = {
	{ CPT_TTY_EXCLUSIVE, TTY_EXCLUSIVE },
	{ CPT_TTY_LOCKED, TTY_PTY_LOCK },
	{ CPT_TTY_OTHER_CLOSED, TTY_OTHER_CLOSED },
	{ CPT_TTY_IO_ERROR, TTY_IO_ERROR },
	{ CPT_TTY_THROTTLED, TTY_THROTTLED },
	{ CPT_TTY_HUPPED, TTY_HUPPED },
	{ CPT_TTY_WRITE_WAKEUP, TTY_DO_WRITE_WAKEUP },
};

static void dump_termios(const struct ktermios *k, struct cpt_termios *t)
{
	BUILD_BUG_ON(sizeof(t->cc) != sizeof(k->c_cc));
	t->iflag = k->c_iflag;
	t->oflag = k->c_oflag;
	t->cflag = k->c_cflag;
	t->lflag = k->c_lflag;
	t->ispeed = k->c_ispeed;
	t->ospeed = k->c_ospeed;
	t->line = k->c_line;
	memcpy(t->cc, k->c_cc, sizeof(t->cc));
}

/* What a terminal has without a line discipline too. */
static void dump_settings(const struct tty_struct *tty, struct cpt_tty *t)
{
	int i;

	dump_termios(&tty->termios, &t->termios);
	dump_termios(&tty->termios_locked, &t->locked);
	t->rows = tty->winsize.ws_row;
	t->cols = tty->winsize.ws_col;
	t->xpixel = tty->winsize.ws_xpixel;
	t->ypixel = tty->winsize.ws_ypixel;
	t->pktstatus = tty->ctrl.pktstatus;
	for (i = 0; i < ARRAY_SIZE(known_flags); i++)
		if (test_bit(known_flags[i].kernels, &tty->flags))
			t->flags |= known_flags[i].ours;
	t->flags |= (tty->flow.stopped ? CPT_TTY_STOPPED : 0) | (tty->flow.tco_stopped ? CPT_TTY_TCO_STOPPED : 0) |
		    (tty->ctrl.packet ? CPT_TTY_PACKET : 0);
}

/* How far @head is in front of @tail; 0 where it was left behind, in a mode that does not look at it. */
static u32 ahead_of(size_t head, size_t tail, u32 most)
{
	size_t n = head - tail;

	return n <= most ? n : 0;
}

/* What the line discipline has, under its locks. Returns the end of the bytes. */
static u8 *dump_n_tty(const struct compat_n_tty *n, struct cpt_tty *t, u8 *p)
{
	u8 *marks;
	u32 i;

	t->flags |= (n->no_room ? CPT_TTY_NO_ROOM : 0) | (n->lnext ? CPT_TTY_LNEXT : 0) |
		    (n->erasing ? CPT_TTY_ERASING : 0) | (n->push ? CPT_TTY_PUSH : 0);
	t->column = n->column;
	t->canon_column = n->canon_column;
	t->input = ahead_of(n->read_head, n->read_tail, N_TTY_BUF_SIZE);
	t->canon = ahead_of(n->canon_head, n->read_tail, t->input);
	t->committed = ahead_of(n->commit_head, n->read_tail, t->input);
	t->echo = ahead_of(n->echo_head, n->echo_tail, N_TTY_BUF_SIZE);
	t->echo_commit = ahead_of(n->echo_commit, n->echo_tail, t->echo);
	t->echo_mark = ahead_of(n->echo_mark, n->echo_tail, t->echo);
	marks = p + t->input;
	for (i = 0; i < t->input; i++) {
		size_t at = (n->read_tail + i) % N_TTY_BUF_SIZE;

		p[i] = n->read_buf[at];
		if (test_bit(at, n->read_flags))
			marks[i / 8] |= 1 << i % 8;
	}
	p = marks + DIV_ROUND_UP(t->input, 8);
	for (i = 0; i < t->echo; i++)
		*p++ = n->echo_buf[(n->echo_tail + i) % N_TTY_BUF_SIZE];
	return p;
}

/* What is on the way to @tty's line discipline. Returns the end of the bytes, or NULL: there are too many. */
static u8 *dump_queue(struct tty_struct *tty, struct cpt_tty *t, u8 *p)
{
	struct tty_bufhead *buf = &tty->port->buf;
	struct tty_buffer *b;

	mutex_lock(&buf->lock);
	for (b = buf->head; b && p; b = b->next) {
		u32 n = b->commit - b->read;

		if (n > CPT_TTY_QUEUE - t->queue) {
			p = NULL;
			break;
		}
		memcpy(p, char_buf_ptr(b, b->read), n);
		t->queue += n;
		p += n;
	}
	mutex_unlock(&buf->lock);
	return p;
}

static u8 *dump_side(struct tty_struct *tty, struct cpt_tty *t, u8 *p)
{
	struct tty_ldisc *ld = tty_ldisc_ref_wait(tty);
	struct compat_n_tty *n = ld ? tty->disc_data : NULL;	/* hung up: none */

	down_read(&tty->termios_rwsem);
	dump_settings(tty, t);
	if (n) {
		mutex_lock(&n->output_lock);
		p = dump_n_tty(n, t, p);
		mutex_unlock(&n->output_lock);
	}
	up_read(&tty->termios_rwsem);
	if (ld)
		tty_ldisc_deref(ld);
	p = dump_queue(tty, t, p);
	t->ahead = n ? min_t(size_t, n->lookahead_count, t->queue) : 0;
	return p;
}

/* What was written is taken by the other side now, as far as that has room; that may have an echo. */
static void let_through(struct tty_struct *slave)
{
	flush_work(&slave->port->buf.work);
	flush_work(&slave->link->port->buf.work);
	flush_work(&slave->port->buf.work);
}

/* The inode of the slave's file, under which @f keeps it. */
static struct inode *slave_inode(struct tty_struct *slave, const struct file *f)
{
	if (!master_closed(slave))
		return d_inode((struct dentry *)slave->driver_data);
	return f && file_inode(f)->i_sb->s_magic == DEVPTS_SUPER_MAGIC ? file_inode(f) : NULL;
}

static void dump_node(struct tty_struct *slave, struct cpt_pty_rec *r)
{
	struct file *f = file_of(slave);
	struct inode *inode = slave_inode(slave, f);

	if (inode) {
		r->mode = inode->i_mode & 07777;
		r->uid = from_kuid(&init_user_ns, inode->i_uid);
		r->gid = from_kgid(&init_user_ns, inode->i_gid);
		r->atime = compat_atime(inode);
		r->mtime = compat_mtime(inode);
	}
	if (f)
		fput(f);
}

/* Bytes of both sides at most, and the path's. */
#define ROOM	(2 * (N_TTY_BUF_SIZE + N_TTY_BUF_SIZE / 8 + N_TTY_BUF_SIZE + CPT_TTY_QUEUE))

static int dump_open(struct cpt_ctx *ctx, struct tty_struct *slave, struct file *f, struct cpt_pty_rec *head, u8 *bytes)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path;
	u8 *p = bytes;

	if (!buf)
		return -ENOMEM;
	let_through(slave);
	p = dump_side(slave->link, &head->side[CPT_PTY_MASTER], p);
	if (p)
		p = dump_side(slave, &head->side[CPT_PTY_SLAVE], p);
	path = p ? cpt_path_in(ctx, compat_user_path(f), &head->master_mount, buf) : NULL;
	if (path) {
		head->path_len = strlen(path);
		memcpy(p, path, head->path_len);
		p += head->path_len;
		head->cred = cpt_obj_id(ctx, f->f_cred);
		head->master_flags = f->f_flags & O_ACCMODE;
		spin_lock_irq(&slave->ctrl.lock);
		head->session = pid_nr_ns(slave->ctrl.session, ctx->ns);
		head->pgrp = pid_nr_ns(slave->ctrl.pgrp, ctx->ns);
		spin_unlock_irq(&slave->ctrl.lock);
	}
	kfree(buf);
	return path ? p - bytes : -EIO;
}

static int pty_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct tty_struct *slave = obj->ptr;
	struct file *f = file_of(slave->link);
	struct cpt_pty_rec head = {}, *r = NULL;
	const struct cpt_mount *m = devpts_of(ctx, slave);
	u8 *bytes = kvzalloc(ROOM + PATH_MAX, GFP_KERNEL);
	int n = bytes ? 0 : -ENOMEM;

	if (!m)
		n = -EIO;
	if (f && n >= 0)
		n = dump_open(ctx, slave, f, &head, bytes);
	if (n >= 0)
		r = cpt_out_rec(ctx, CPT_K_PTY, obj->id, sizeof(*r), n);
	if (r) {
		head.rec = r->rec;
		head.mount = m->id;
		head.index = slave->index;
		head.console = is_console(ctx, slave);
		dump_node(slave, &head);
		*r = head;
		memcpy(r + 1, bytes, n);
	}
	if (f)
		fput(f);
	kvfree(bytes);
	return n < 0 ? n : r ? 0 : -ENOMEM;
}

static int ptyend_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct file *f = obj->ptr;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path;
	struct cpt_ptyend_rec *r = NULL;
	u32 mount;

	path = buf ? cpt_path_in(ctx, compat_user_path(f), &mount, buf) : NULL;
	if (path)
		r = cpt_out_rec(ctx, CPT_K_PTYEND, obj->id, sizeof(*r), strlen(path));
	if (r) {
		cpt_file_fill(ctx, &r->file, f);
		r->pty = cpt_obj_id(ctx, slave_of(tty_of(f)));
		r->side = is_master(tty_of(f)) ? CPT_PTY_MASTER : CPT_PTY_SLAVE;
		r->mount = mount;
		r->hung = tty_hung_up_p(f);
		r->path_len = strlen(path);
		memcpy(r + 1, path, r->path_len);
	}
	kfree(buf);
	return r ? 0 : -ENOMEM;
}

/* --- restore: opening --------------------------------------------------------------------------- */

struct pty_made {
	struct file *master;
	struct tty_struct *slave;	/* held */
	struct pid *session, *pgrp;	/* held */
};

static void pty_unmake(void *ptr)
{
	struct pty_made *made = ptr;

	put_pid(made->session);
	put_pid(made->pgrp);
	tty_kref_put(made->slave);
	if (made->master)
		fput(made->master);
	kfree(made);
}

/* Take all free numbers below @index, and note which. */
static int take_below(struct ida *ida, u32 index, unsigned long *taken)
{
	int nr = 0;

	while (index && nr >= 0 && !fatal_signal_pending(current)) {
		nr = ida_alloc_max(ida, index - 1, GFP_KERNEL);
		if (nr >= 0)
			__set_bit(nr, taken);
		cond_resched();
	}
	return nr < 0 && nr != -ENOSPC ? nr : 0;
}

static struct file *open_ptmx(const struct path *path, const struct super_block *sb, u32 index, int flags)
{
	struct ida *ida = &((struct compat_devpts *)sb->s_fs_info)->allocated;
	unsigned long *taken = kvcalloc(BITS_TO_LONGS(index + 1), sizeof(long), GFP_KERNEL);
	struct file *f;
	u32 nr;
	int err;

	if (!taken)
		return ERR_PTR(-ENOMEM);
	err = take_below(ida, index, taken);
	f = err ? ERR_PTR(err) : dentry_open(path, flags | O_NOCTTY | O_NONBLOCK, current_cred());
	for_each_set_bit(nr, taken, index)
		ida_free(ida, nr);
	kvfree(taken);
	return f;
}

static bool is_device(const struct path *path, dev_t dev)
{
	const struct inode *inode = d_inode(path->dentry);

	return S_ISCHR(inode->i_mode) && inode->i_rdev == dev;
}

/* The pair is made by opening its master. */
static struct file *open_master(struct cpt_ctx *ctx, const struct cpt_pty_rec *r, const struct cpt_mount *m)
{
	const struct super_block *sb = m->root.mnt->mnt_sb;
	const char *name = "/ptmx";
	u32 mount = r->mount, len = 5;
	struct path path;
	struct file *f;
	int err;

	if (r->path_len) {
		name = (const char *)(r + 1) + cpt_tty_bytes(&r->side[CPT_PTY_MASTER]) +
		       cpt_tty_bytes(&r->side[CPT_PTY_SLAVE]);
		mount = r->master_mount;
		len = r->path_len;
	}
	err = cpt_path_open(ctx, mount, name, len, &path);
	if (err)
		return ERR_PTR(err);
	f = is_device(&path, MKDEV(TTYAUX_MAJOR, 2)) ?
	    open_ptmx(&path, sb, r->index, r->path_len ? r->master_flags & O_ACCMODE : O_RDWR) : ERR_PTR(-ENODEV);
	path_put(&path);
	if (!IS_ERR(f) && (!cpt_pty_file(f) || !is_master(tty_of(f)) || tty_of(f)->driver_data != sb->s_fs_info ||
			   tty_of(f)->index != r->index)) {
		fput(f);
		f = ERR_PTR(-EEXIST);
	}
	return f;
}

/* Owner, mode and times of the slave's file. */
static int set_node(const struct cpt_pty_rec *r, const struct cpt_mount *m, const struct tty_struct *slave)
{
	struct path path = { .mnt = m->root.mnt, .dentry = slave->driver_data };
	struct iattr attr = { .ia_mode = S_IFCHR | r->mode };

	return cpt_deleted_attributes(&path, &attr, r->uid, r->gid, r->atime, r->mtime);
}

static void *pty_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_pty_rec *r = (const void *)rec;
	const struct cpt_mount *m = cpt_mount_by_id(ctx, r->mount);
	const struct cred *cred = r->cred ? cpt_made(ctx, r->cred) : current_cred(), *own;
	struct pty_made *made;
	int err;

	if (IS_ERR(cred))
		return (void *)cred;
	if (!m || m->root.mnt->mnt_sb->s_magic != DEVPTS_SUPER_MAGIC)
		return ERR_PTR(cpt_fail(ctx, -ENODEV, "mount %u of the image has no terminals", r->mount));
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return ERR_PTR(-ENOMEM);
	own = override_creds(cred);
	made->master = open_master(ctx, r, m);
	revert_creds(own);
	if (IS_ERR(made->master)) {
		err = PTR_ERR(made->master);
		kfree(made);
		return ERR_PTR(cpt_fail(ctx, err, "terminal %u cannot be made again: error %d", r->index, -err));
	}
	made->slave = tty_kref_get(tty_of(made->master)->link);
	clear_bit(TTY_PTY_LOCK, &tty_of(made->master)->flags);
	err = set_node(r, m, made->slave);
	if (!err)
		return made;
	pty_unmake(made);
	return ERR_PTR(err);
}

/* Opens /dev/tty: the current task's controlling terminal is @slave for as long. */
static struct file *open_current(const struct path *path, int flags, struct tty_struct *slave)
{
	struct tty_struct *own;
	struct file *f;

	spin_lock_irq(cpt_siglock(current));
	own = current->signal->tty;
	current->signal->tty = slave;
	spin_unlock_irq(cpt_siglock(current));
	f = dentry_open(path, flags, current_cred());
	spin_lock_irq(cpt_siglock(current));
	current->signal->tty = own;
	spin_unlock_irq(cpt_siglock(current));
	return f;
}

static struct file *open_slave(const struct path *path, int flags, struct tty_struct *slave)
{
	struct file *f;

	flags = (flags & ~(O_CREAT | O_TRUNC | O_EXCL | __O_TMPFILE)) | O_NOCTTY | O_NONBLOCK;
	if (is_device(path, MKDEV(TTYAUX_MAJOR, 0)))
		f = open_current(path, flags, slave);
	else if (is_device(path, MKDEV(UNIX98_PTY_SLAVE_MAJOR, slave->index)))
		f = dentry_open(path, flags, current_cred());
	else
		return ERR_PTR(-ENODEV);
	if (!IS_ERR(f) && (!cpt_is_tty(f) || tty_of(f) != slave)) {
		fput(f);
		f = ERR_PTR(-ESTALE);
	}
	return f;
}

static void *ptyend_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_ptyend_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred), *own;
	struct pty_made *pty = cpt_made(ctx, r->pty);
	struct path path;
	struct file *f;
	int err;

	if (IS_ERR(cred) || IS_ERR(pty))
		return IS_ERR(cred) ? (void *)cred : pty;
	if (r->side == CPT_PTY_MASTER) {
		f = get_file(pty->master);
	} else {
		err = cpt_path_open(ctx, r->mount, (const char *)(r + 1), r->path_len, &path);
		if (err)
			return ERR_PTR(err);
		own = override_creds(cred);
		f = open_slave(&path, r->file.flags, pty->slave);
		revert_creds(own);
		path_put(&path);
	}
	if (!IS_ERR(f) && r->hung)
		f->f_op = compat_hung_up;
	if (IS_ERR(f))
		cpt_say(ctx, "%.*s (mount %u) is not the terminal that it was, pts/%d: error %ld", (int)r->path_len,
			(const char *)(r + 1), r->mount, pty->slave->index, -PTR_ERR(f));
	else
		cpt_file_finish(f, &r->file);
	return f;
}

/* --- restore: what is in it --------------------------------------------------------------------- */

static struct ktermios to_ktermios(const struct cpt_termios *t)
{
	struct ktermios k = {
		.c_iflag = t->iflag,
		.c_oflag = t->oflag,
		.c_cflag = t->cflag,
		.c_lflag = t->lflag,
		.c_ispeed = t->ispeed,
		.c_ospeed = t->ospeed,
		.c_line = t->line,
	};

	memcpy(k.c_cc, t->cc, sizeof(t->cc));
	return k;
}

static const u8 *restore_n_tty(struct compat_n_tty *n, const struct cpt_tty *t, const u8 *p)
{
	const u8 *marks = p + t->input;
	u32 i;

	n->column = t->column;
	n->canon_column = t->canon_column;
	n->read_tail = 0;
	n->echo_tail = 0;
	n->read_head = t->input;
	n->canon_head = t->canon;
	n->commit_head = t->committed;
	n->echo_head = t->echo;
	n->echo_commit = t->echo_commit;
	n->echo_mark = t->echo_mark;
	n->lookahead_count = t->ahead;
	n->no_room = t->flags & CPT_TTY_NO_ROOM;
	n->lnext = !!(t->flags & CPT_TTY_LNEXT);
	n->erasing = !!(t->flags & CPT_TTY_ERASING);
	n->push = !!(t->flags & CPT_TTY_PUSH);
	memcpy(n->read_buf, p, t->input);
	bitmap_zero(n->read_flags, N_TTY_BUF_SIZE);
	for (i = 0; i < t->input; i++)
		if (marks[i / 8] & (1 << i % 8))
			__set_bit(i, n->read_flags);
	p = marks + DIV_ROUND_UP(t->input, 8);
	memcpy(n->echo_buf, p, t->echo);
	return p + t->echo;
}

/* Nobody takes it from there before there is room: as it was, when somebody reads. */
static int restore_queue(struct tty_struct *tty, const struct cpt_tty *t, const u8 *p)
{
	struct tty_bufhead *buf = &tty->port->buf;
	struct tty_buffer *b;

	if (!t->queue)
		return 0;
	if (tty_insert_flip_string(tty->port, p, t->queue) != t->queue)
		return -ENOSPC;
	mutex_lock(&buf->lock);
	for (b = buf->head; b; b = b->next) {
		b->commit = b->used;
		b->lookahead = b->used;
	}
	mutex_unlock(&buf->lock);
	if (!(t->flags & CPT_TTY_NO_ROOM)) {
		tty_flip_buffer_push(tty->port);
		flush_work(&buf->work);		/* an epoll is to find it there */
	}
	return 0;
}

static void restore_flags(struct tty_struct *tty, u32 flags)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(known_flags); i++)
		assign_bit(known_flags[i].kernels, &tty->flags, flags & known_flags[i].ours);
	tty->flow.stopped = flags & CPT_TTY_STOPPED;
	tty->flow.tco_stopped = flags & CPT_TTY_TCO_STOPPED;
}

/* Returns the end of the bytes, or an error. */
static const u8 *restore_side(struct tty_struct *tty, const struct cpt_tty *t, const u8 *p)
{
	struct ktermios termios = to_ktermios(&t->termios);
	struct tty_ldisc *ld;
	struct compat_n_tty *n;
	int err;

	if (!is_master(tty))		/* whose own nobody can change */
		tty_set_termios(tty, &termios);
	ld = tty_ldisc_ref_wait(tty);
	if (!ld && !(t->flags & CPT_TTY_HUPPED))
		return ERR_PTR(-EIO);
	n = ld ? tty->disc_data : NULL;
	down_write(&tty->termios_rwsem);
	tty->termios_locked = to_ktermios(&t->locked);
	tty->winsize = (struct winsize){ t->rows, t->cols, t->xpixel, t->ypixel };
	if (n) {
		mutex_lock(&n->output_lock);
		p = restore_n_tty(n, t, p);
		mutex_unlock(&n->output_lock);
	}
	up_write(&tty->termios_rwsem);
	if (ld)
		tty_ldisc_deref(ld);
	tty->flow.stopped = t->flags & CPT_TTY_STOPPED;
	err = restore_queue(tty, t, p);
	return err ? ERR_PTR(err) : p + t->queue;
}

/* When both sides have their settings: to change those is told in packet mode. */
static void restore_ctrl(struct tty_struct *tty, const struct cpt_tty *t)
{
	spin_lock_irq(&tty->ctrl.lock);
	tty->ctrl.pktstatus = t->pktstatus;
	tty->ctrl.packet = t->flags & CPT_TTY_PACKET;
	spin_unlock_irq(&tty->ctrl.lock);
}

/* What can be read, before an epoll asks for it. */
static int restore_contents(struct cpt_ctx *ctx, const struct cpt_pty_rec *r, struct tty_struct *slave)
{
	const u8 *p = restore_side(slave->link, &r->side[CPT_PTY_MASTER], (const u8 *)(r + 1));

	if (!IS_ERR(p))
		p = restore_side(slave, &r->side[CPT_PTY_SLAVE], p);
	if (IS_ERR(p))
		return cpt_fail(ctx, PTR_ERR(p), "terminal %u cannot be filled again: error %ld", r->index, -PTR_ERR(p));
	restore_ctrl(slave->link, &r->side[CPT_PTY_MASTER]);
	restore_ctrl(slave, &r->side[CPT_PTY_SLAVE]);
	return 0;
}

/* Who has the slave open, has it open before, or would undo it. */
static int hang_up(struct cpt_ctx *ctx, u64 id, struct tty_struct *slave)
{
	u64 i;

	for (i = id + 1; i <= ctx->undump->walk.nobj; i++) {
		const struct cpt_ptyend_rec *r = (const void *)cpt_rec_of(ctx, i);

		if (r->rec.kind == CPT_K_PTYEND && r->pty == id && IS_ERR(cpt_made(ctx, i)))
			return -EIO;
	}
	tty_vhangup(slave);
	return 0;
}

/* In a task of the VE: a session or group may have nobody left. */
static int pty_late(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *ptr)
{
	const struct cpt_pty_rec *r = (const void *)rec;
	struct pty_made *made = ptr;
	struct pid *pid;
	int err = 0;

	if (r->side[CPT_PTY_SLAVE].flags & CPT_TTY_HUPPED)
		err = hang_up(ctx, rec->id, made->slave);
	if (!err && r->cred)
		err = restore_contents(ctx, r, made->slave);
	if (err)
		return err;
	if (r->session) {
		pid = cpt_pid_get(ctx, r->session);
		if (IS_ERR(pid))
			return PTR_ERR(pid);
		made->session = pid;
	}
	if (r->pgrp) {
		pid = cpt_pid_get(ctx, r->pgrp);
		if (IS_ERR(pid))
			return PTR_ERR(pid);
		made->pgrp = pid;
	}
	return 0;
}

static int pty_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *ptr)
{
	const struct cpt_pty_rec *r = (const void *)rec;
	struct pty_made *made = ptr;
	struct tty_struct *slave = made->slave, *master = slave->link;

	if (!r->cred) {		/* ctl's last reference: all slaves are hung up when it goes back to user mode */
		fput(made->master);
		made->master = NULL;
		return 0;
	}
	/* whoever opens a slave now would be refused, or undo it */
	restore_flags(master, r->side[CPT_PTY_MASTER].flags);
	restore_flags(slave, r->side[CPT_PTY_SLAVE].flags);
	spin_lock_irq(&slave->ctrl.lock);
	swap(slave->ctrl.session, made->session);
	swap(slave->ctrl.pgrp, made->pgrp);
	spin_unlock_irq(&slave->ctrl.lock);
	if (r->console)
		ctx->console = get_file(made->master);
	return 0;
}

/* The group @nr, with a reference; one that has nobody left is as good as none. */
static struct pid *group(struct cpt_ctx *ctx, pid_t nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = nr ? get_pid(find_pid_ns(nr, ctx->ns)) : NULL;
	rcu_read_unlock();
	return pid;
}

struct lost_and_found {
	struct tty_struct *tty;		/* or NULL */
	struct pid *old_pgrp;
};

static void set_tty(struct task_struct *t, void *arg)
{
	struct lost_and_found *found = arg;

	if (found->tty && !t->signal->tty)
		t->signal->tty = tty_kref_get(found->tty);
	swap(t->signal->tty_old_pgrp, found->old_pgrp);
}

/*
 * cpt_ttys_link - give processes their controlling terminals, or what is left of a lost one
 *
 * When all tasks and terminals are there, and nothing runs.
 */
void cpt_ttys_link(struct cpt_ctx *ctx)
{
	struct cpt_undump *u = ctx->undump;
	u32 i;

	for (i = 0; i < u->ntasks; i++) {
		const struct cpt_proc_rec *r = (const void *)cpt_rec_of(ctx, u->tasks[i].rec->proc);
		struct pty_made *made = r->tty ? cpt_made_already(ctx, r->tty) : NULL;
		struct lost_and_found found = { .tty = made ? made->slave : NULL };

		if (r->pid != u->tasks[i].rec->pid || (!made && !r->old_pgrp))
			continue;
		found.old_pgrp = group(ctx, r->old_pgrp);
		cpt_with_siglock(u->tasks[i].task, set_tty, &found);
		put_pid(found.old_pgrp);
	}
}

/* --- processes: collect and dump ---------------------------------------------------------------- */

static void get_tty(struct task_struct *t, void *tty)
{
	*(struct tty_struct **)tty = tty_kref_get(t->signal->tty);
}

/*
 * cpt_tty_collect - the controlling terminal of the process that @who is
 */
int cpt_tty_collect(struct cpt_ctx *ctx, const struct cpt_holder *who)
{
	struct tty_struct *tty = NULL;
	int err = 0;

	cpt_with_siglock(who->task, get_tty, &tty);
	if (!tty)
		return 0;
	if (is_pty(tty) && tty == slave_of(tty) && tty->ctrl.session == task_session(who->task))
		err = cpt_collect(ctx, CPT_K_PTY, tty, who);
	else
		cpt_obstacle(ctx, "process %d (%s) has a controlling terminal (%s) that cannot be preserved",
			     who->pid, who->comm, tty->name);
	tty_kref_put(tty);
	return err;
}

/*
 * cpt_tty_dump - the same, into its record
 */
void cpt_tty_dump(struct cpt_ctx *ctx, const struct signal_struct *sig, struct cpt_proc_rec *r)
{
	struct pid *old = sig->tty_old_pgrp;

	r->tty = sig->tty ? cpt_obj_id(ctx, sig->tty) : 0;
	rcu_read_lock();
	if (old && pid_task(old, PIDTYPE_PGID))
		r->old_pgrp = pid_nr_ns(old, ctx->ns);
	rcu_read_unlock();
}

static bool ptyend_async(struct file *f, u32 *fd)
{
	return cpt_fasync_find(&tty_of(f)->fasync, f, fd);
}

const struct cpt_kind_ops cpt_pty_ops = {
	.kind		= CPT_K_PTY,
	.name		= "terminal",
	.collect	= pty_collect,
	.check		= pty_check,
	.dump		= pty_dump,
	.release	= pty_release,
	.make		= pty_make,
	.late		= pty_late,
	.link		= pty_link,
	.unmake		= pty_unmake,
};

const struct cpt_kind_ops cpt_ptyend_ops = {
	.kind		= CPT_K_PTYEND,
	.name		= "terminal",
	.owns		= cpt_pty_file,
	.collect	= ptyend_collect,
	.check		= cpt_anon_check,
	.dump		= ptyend_dump,
	.release	= cpt_anon_release,
	.async		= ptyend_async,
	.make		= ptyend_make,
	.unmake		= cpt_file_unmake,
};

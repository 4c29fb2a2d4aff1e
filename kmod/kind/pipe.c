// SPDX-License-Identifier: GPL-2.0
/*
 * Pipes: what is between the ends (kind PIPE, also of a named fifo) and the open
 * ends of an anonymous one (kind PIPEND).
 *
 * Preserved: contents, with the boundaries of packets; size of the ring; flags.
 * Refused: a pipe with an end outside the VE; a watch queue (a pipe the kernel
 * writes notifications into).
 *
 * Locks: at dump pipe->mutex, against ends that host processes hold through
 * /proc; nobody in the VE runs.
 */
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "in.h"
#include "kind.h"
#include "out.h"

/* What cpt_made() returns for a PIPE: both ends, open until all others are made. */
struct pipe_made {
	struct file *ends[2];		/* of a fifo only [0], open both ways; NULL: closed again */
	struct work_struct work;
};

static struct pipe_inode_info *pipe_of(struct file *f)
{
	return f->private_data;
}

static int pipe_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
#ifdef CONFIG_WATCH_QUEUE
	if (((struct pipe_inode_info *)obj->ptr)->watch_queue)
		cpt_obstacle(ctx, "process %d (%s) holds a pipe for kernel notifications (fd %d), which cannot be preserved",
			     who->pid, who->comm, who->fd);
#endif
	obj->priv = kmemdup(who, sizeof(*who), GFP_KERNEL);
	return obj->priv ? 0 : -ENOMEM;
}

/* pipe->files counts open files; refs those found in the VE. */
static int pipe_check(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct pipe_inode_info *pipe = obj->ptr;
	const struct cpt_holder *who = obj->priv;

	if (pipe->files == obj->refs)
		return 0;
	return cpt_obstacle(ctx, "process %d (%s) holds a pipe whose other end is outside the VE (fd %d)",
			    who->pid, who->comm, who->fd);
}

static void pipe_release(struct cpt_obj *obj)
{
	kfree(obj->priv);
}

static int pipe_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct pipe_inode_info *pipe = obj->ptr;
	struct cpt_pipe_rec *r;
	struct cpt_pipe_buf *b;
	unsigned int i, n;

	mutex_lock(&pipe->mutex);
	n = pipe->head - pipe->tail;
	r = cpt_out_rec(ctx, CPT_K_PIPE, obj->id, sizeof(*r), n * sizeof(*b));
	if (!r) {
		mutex_unlock(&pipe->mutex);
		return -ENOMEM;
	}
	b = (void *)(r + 1);
	r->slots = pipe->ring_size;
	for (i = 0; i < n; i++) {
		struct pipe_buffer *buf = &pipe->bufs[(pipe->tail + i) & (pipe->ring_size - 1)];

		if (!buf->len)
			continue;
		b[r->nbufs].len = buf->len;
		b[r->nbufs].flags = buf->flags & PIPE_BUF_FLAG_PACKET ? CPT_PIPE_PACKET : 0;
		r->nbufs++;
		r->bytes += buf->len;
	}
	r->rec.len = sizeof(*r) + r->nbufs * sizeof(*b);
	mutex_unlock(&pipe->mutex);
	return r->rec.len == sizeof(*r) + n * sizeof(*b) ? 0 : -EIO;
}

/* Copy the contents into pages of our own: buffers start anywhere in theirs. */
static int copy_out(struct pipe_inode_info *pipe, struct cpt_pages *pages)
{
	unsigned int i, n = pipe->head - pipe->tail;

	for (i = 0; i < n; i++) {
		struct pipe_buffer *buf = &pipe->bufs[(pipe->tail + i) & (pipe->ring_size - 1)];
		u32 done = 0, room, len;
		void *to;

		if (!buf->ops || (buf->ops->confirm && buf->ops->confirm(pipe, buf)))
			return -EIO;
		for (; done < buf->len; done += len) {
			to = cpt_pages_room(pages, &room);
			if (!to)
				return -ENOMEM;
			len = min(room, buf->len - done);
			memcpy_from_page(to, buf->page, buf->offset + done, len);
			pages->bytes += len;
		}
	}
	return 0;
}

static int pipe_data(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct pipe_inode_info *pipe = obj->ptr;
	struct cpt_pages pages = {};
	int err;

	mutex_lock(&pipe->mutex);
	err = copy_out(pipe, &pages);
	mutex_unlock(&pipe->mutex);
	if (!err)
		err = cpt_pages_out(ctx, obj->id, &pages);
	cpt_pages_free(&pages);
	return err;
}

/* What is written next gets a buffer of its own. */
static void end_buffer(struct pipe_inode_info *pipe)
{
	mutex_lock(&pipe->mutex);
	pipe->bufs[(pipe->head - 1) & (pipe->ring_size - 1)].flags &= ~PIPE_BUF_FLAG_CAN_MERGE;
	mutex_unlock(&pipe->mutex);
}

/* Write the saved contents into the pipe, through its end @to (open for writing). */
static int fill(struct cpt_ctx *ctx, const struct cpt_pipe_rec *r, struct file *to)
{
	const struct cpt_pipe_buf *b = (const void *)(r + 1);
	const u8 *data = cpt_in_staged(ctx, r->rec.id, r->bytes);
	long size;
	u32 i;

	if (IS_ERR(data))
		return PTR_ERR(data);
	size = ksym(pipe_fcntl)(to, F_SETPIPE_SZ, r->slots * PAGE_SIZE);
	if (size < 0)
		return cpt_fail(ctx, size, "a pipe of %lu bytes cannot be made: error %ld",
				r->slots * PAGE_SIZE, -size);
	for (i = 0; i < r->nbufs; i++) {
		loff_t pos = 0;
		ssize_t n;

		/*
		 * Each its own buffer, as before: a packet is not merged with the next, nor
		 * are the pages of a file that was spliced, or there would be more room.
		 */
		to->f_flags = (to->f_flags & ~O_DIRECT) |
			      (b[i].flags & CPT_PIPE_PACKET ? O_DIRECT : 0);
		n = kernel_write(to, data, b[i].len, &pos);
		if (n != b[i].len)
			return cpt_fail(ctx, n < 0 ? n : -EIO, "a pipe cannot be filled again");
		if (i + 1 < r->nbufs)
			end_buffer(to->private_data);
		data += b[i].len;
	}
	return 0;
}

static void *pipe_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_pipe_rec *r = (const void *)rec;
	struct pipe_made *made = kzalloc(sizeof(*made), GFP_KERNEL);
	int err;

	if (!made)
		return ERR_PTR(-ENOMEM);
	err = ksym(create_pipe_files)(made->ends, O_NONBLOCK);
	if (err) {
		kfree(made);
		return ERR_PTR(err);
	}
	err = fill(ctx, r, made->ends[1]);
	if (err) {
		cpt_pipe_ops.unmake(made);
		return ERR_PTR(err);
	}
	return made;
}

/* Filling it was no write: it has the times that it had. */
static int keep_times(struct file *f, s64 atime, s64 mtime)
{
	struct iattr attr = {
		.ia_valid = ATTR_ATIME | ATTR_ATIME_SET | ATTR_MTIME | ATTR_MTIME_SET | ATTR_FORCE,
		.ia_atime = ns_to_timespec64(atime),
		.ia_mtime = ns_to_timespec64(mtime),
	};
	int err;

	if (compat_mtime(file_inode(f)) == mtime)
		return 0;
	err = mnt_want_write(f->f_path.mnt);
	if (err)
		return err;
	inode_lock(file_inode(f));
	err = compat_setattr(f->f_path.dentry, &attr);
	inode_unlock(file_inode(f));
	mnt_drop_write(f->f_path.mnt);
	return err;
}

/*
 * cpt_pipe_make_fifo - make a PIPE object of the fifo at @path, if not yet made
 */
int cpt_pipe_make_fifo(struct cpt_ctx *ctx, u64 id, const struct path *path)
{
	const struct cpt_pipe_rec *r = (const void *)cpt_rec_of(ctx, id);
	struct pipe_made *made;
	s64 atime, mtime;
	int err;

	if (cpt_made_already(ctx, id))
		return 0;
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return -ENOMEM;
	made->ends[0] = dentry_open(path, O_RDWR | O_NONBLOCK | __FMODE_NONOTIFY, current_cred());
	if (IS_ERR(made->ends[0])) {
		err = PTR_ERR(made->ends[0]);
		kfree(made);
		return err;
	}
	atime = compat_atime(file_inode(made->ends[0]));
	mtime = compat_mtime(file_inode(made->ends[0]));
	err = fill(ctx, r, made->ends[0]);
	if (!err)
		err = keep_times(made->ends[0], atime, mtime);
	if (err)
		cpt_pipe_ops.unmake(made);
	else
		cpt_set_made(ctx, id, made);
	return err;
}

static void pipe_unmake(void *ptr)
{
	struct pipe_made *made = ptr;

	if (made->ends[0])
		fput(made->ends[0]);
	if (made->ends[1])
		fput(made->ends[1]);
	kfree(made);
}

static void close_ends(struct work_struct *work)
{
	struct pipe_made *made = container_of(work, struct pipe_made, work);

	__fput_sync(made->ends[0]);
	if (made->ends[1])
		__fput_sync(made->ends[1]);
	made->ends[0] = made->ends[1] = NULL;
}

/* A pipe's end, or a fifo that is open. */
static bool is_end(const struct cpt_rec *rec)
{
	return rec->kind == CPT_K_PIPEND || (rec->kind == CPT_K_REG && ((const struct cpt_reg_rec *)rec)->pipe);
}

/*
 * cpt_pipes_late - make what ends are still to be made, and close those that restore has
 *
 * Before anyone looks at them: with these, no pipe has come to its end, and when they are
 * closed epolls and O_ASYNC tell of that as if it were news. A task's fput() waits until it
 * goes to user mode, a kernel thread's need not.
 */
int cpt_pipes_late(struct cpt_ctx *ctx)
{
	const struct cpt_rec *rec = NULL;
	struct pipe_made *made;
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)))
		if (is_end(rec))
			err = PTR_ERR_OR_ZERO(cpt_made(ctx, rec->id));
	while (!err && (rec = cpt_rec_after(ctx, rec))) {
		made = rec->kind == CPT_K_PIPE ? cpt_made_already(ctx, rec->id) : NULL;
		if (!made)
			continue;
		INIT_WORK(&made->work, close_ends);
		queue_work(system_unbound_wq, &made->work);
		flush_work(&made->work);
	}
	return err;
}

const struct cpt_kind_ops cpt_pipe_ops = {
	.kind		= CPT_K_PIPE,
	.name		= "pipe",
	.collect	= pipe_collect,
	.check		= pipe_check,
	.dump		= pipe_dump,
	.data		= pipe_data,
	.release	= pipe_release,
	.make		= pipe_make,
	.unmake		= pipe_unmake,
};

/* An open end of a pipe or of a fifo; one that is open both ways is on both lists. */
bool cpt_pipe_async(struct file *f, u32 *fd)
{
	const struct pipe_inode_info *pipe = f->private_data;

	return S_ISFIFO(file_inode(f)->i_mode) && (cpt_fasync_find(&pipe->fasync_readers, f, fd) ||
						   cpt_fasync_find(&pipe->fasync_writers, f, fd));
}

static bool pipend_owns(struct file *f)
{
	return S_ISFIFO(file_inode(f)->i_mode) && file_inode(f)->i_sb->s_magic == PIPEFS_MAGIC &&
	       !(f->f_mode & FMODE_PATH);
}

static int pipend_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct file *f = obj->ptr;
	int err;

	err = cpt_file_collect(ctx, f, who);
	if (!err)
		err = cpt_collect(ctx, CPT_K_PIPE, pipe_of(f), who);
	if (!err)
		get_file(f);
	return err;
}

static void pipend_release(struct cpt_obj *obj)
{
	fput(obj->ptr);
}

static int pipend_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_pipend_rec *r = cpt_out_rec(ctx, CPT_K_PIPEND, obj->id, sizeof(*r), 0);

	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, obj->ptr);
	r->file.pos = 0;
	r->pipe = cpt_obj_id(ctx, pipe_of(obj->ptr));
	return 0;
}

static void *pipend_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_pipend_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred);
	struct pipe_made *pipe = cpt_made(ctx, r->pipe);
	struct file *f;

	if (IS_ERR(cred))
		return (void *)cred;
	if (IS_ERR(pipe))
		return pipe;
	if (!pipe->ends[1])
		return ERR_PTR(cpt_fail(ctx, -EINVAL, "the image has an end of a named fifo as a pipe's"));
	f = dentry_open(&pipe->ends[0]->f_path, (r->file.flags & O_ACCMODE) | O_NONBLOCK, cred);
	if (!IS_ERR(f))
		cpt_file_finish(f, &r->file);
	return f;
}

const struct cpt_kind_ops cpt_pipend_ops = {
	.kind		= CPT_K_PIPEND,
	.name		= "pipe end",
	.owns		= pipend_owns,
	.async		= cpt_pipe_async,
	.collect	= pipend_collect,
	.dump		= pipend_dump,
	.release	= pipend_release,
	.make		= pipend_make,
	.unmake		= cpt_file_unmake,
};

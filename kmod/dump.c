// SPDX-License-Identifier: GPL-2.0
/*
 * Dump: a frozen VE becomes an image. The VE is only read. Order: records of
 * the VE as a whole and ctl's blobs, objects in the order of their ids; then
 * contents: ctl's own, small ones (staged at restore), memory in the order of the tasks.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/time_namespace.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include <asm/fpu/api.h>
#include <cpt/walk.h>

#include "collect.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

/* Each is freed at once: all of them may be large. */
static int dump_blobs(struct cpt_ctx *ctx)
{
	struct cpt_blob *b, *next;

	list_for_each_entry_safe(b, next, &ctx->blobs, list) {
		struct cpt_blob_rec *r = cpt_out_rec(ctx, CPT_K_BLOB, 0, sizeof(*r), b->len);

		if (!r)
			return -ENOMEM;
		r->tag = b->tag;
		r->key = b->key;
		r->size = b->len;
		memcpy(r + 1, b->data, b->len);
		list_del(&b->list);
		kvfree(b);
	}
	return 0;
}

/* Host name, and the clocks as the VE sees them. */
static int dump_ve(struct cpt_ctx *ctx, struct cpt_header *hdr)
{
	struct task_struct *init = get_pid_task(ctx->init, PIDTYPE_PID);
	struct cpt_uts_rec *r = cpt_out_rec(ctx, CPT_K_UTS, 0, sizeof(*r), 0);
	int err = -ESRCH;

	if (!init || !r)
		goto out;
	task_lock(init);
	if (init->nsproxy) {
		struct timens_offsets *off = &init->nsproxy->time_ns->offsets;
		struct new_utsname *name = &init->nsproxy->uts_ns->name;

		memcpy(r->nodename, name->nodename, sizeof(r->nodename) - 1);
		memcpy(r->domainname, name->domainname, sizeof(r->domainname) - 1);
		hdr->mono_ns = ctx->frozen_mono + timespec64_to_ns(&off->monotonic);
		hdr->boot_ns = ctx->frozen_boot + timespec64_to_ns(&off->boottime);
		err = 0;
	}
	task_unlock(init);
out:
	if (init)
		put_task_struct(init);
	return r ? err : -ENOMEM;
}

static int dump_records(struct cpt_ctx *ctx)
{
	struct cpt_obj *obj;
	int err;

	list_for_each_entry(obj, &ctx->obj_list, list) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = cpt_kind_ops(obj->kind)->dump(ctx, obj);
		if (!err && cpt_kind_ops(obj->kind)->owns)
			err = cpt_fown_dump(ctx, obj->ptr);
		if (err)
			return err;
	}
	return 0;
}

static int dump_data(struct cpt_ctx *ctx, bool staged)
{
	struct cpt_obj *obj;
	int err;

	list_for_each_entry(obj, &ctx->obj_list, list) {
		const struct cpt_kind_ops *ops = cpt_kind_ops(obj->kind);

		if (!ops->data || (cpt_kind_row(obj->kind)->data == CPT_STAGED) != staged)
			continue;
		err = ops->data(ctx, obj);
		if (err)
			return err;
	}
	return 0;
}

/* As much as there is, up to a section's bytes; short only at the end. */
static ssize_t read_own(struct file *f, u8 *buf)
{
	size_t have = 0;

	while (have < CPT_DATA_MAX) {
		ssize_t n = kernel_read(f, buf + have, CPT_DATA_MAX - have, NULL);

		if (n < 0)	/* a signal: to ctl that is an interruption, not a reason to begin again */
			return n == -ERESTARTSYS ? -EINTR : n;
		if (!n)
			break;
		have += n;
	}
	return have;
}

/* What ctl adds: the module does not know what it is. */
static int dump_own(struct cpt_ctx *ctx, struct file *own)
{
	u8 *buf = vmalloc(CPT_DATA_MAX);
	struct page **pages = kvmalloc_array(CPT_DATA_MAX / PAGE_SIZE, sizeof(*pages), GFP_KERNEL);
	struct cpt_run run = {};
	int err = buf && pages ? 0 : -ENOMEM;
	ssize_t n;
	u32 i;

	for (i = 0; !err && i < CPT_DATA_MAX / PAGE_SIZE; i++)
		pages[i] = vmalloc_to_page(buf + i * PAGE_SIZE);
	while (!err && (n = read_own(own, buf))) {
		run.len = n;
		err = n < 0 ? n : cpt_out_data(ctx, 0, &run, 1, pages, DIV_ROUND_UP(n, PAGE_SIZE), n);
		run.off += n;
	}
	kvfree(pages);
	vfree(buf);
	return err;
}

/* Did somebody kill or wake a task while it was dumped? Then the image is of no moment. */
static int still_frozen(struct cpt_ctx *ctx)
{
	struct cpt_obj *obj;

	list_for_each_entry(obj, &ctx->obj_list, list) {
		struct task_struct *t = obj->ptr;

		if (obj->kind == CPT_K_TASK && !READ_ONCE(t->exit_state) &&
		    (!cpt_is_parked(ctx, t) || fatal_signal_pending(t)))
			return cpt_fail(ctx, -ESRCH, "process %d (%s) was killed during the dump",
					cpt_vpid(ctx, t), t->comm);
	}
	return 0;
}

static int write_image(struct cpt_ctx *ctx, void *own)
{
	struct cpt_header hdr = {
		.magic		= CPT_IMAGE_MAGIC,
		.version	= CPT_IMAGE_VERSION,
		.len		= sizeof(hdr),
		.objects	= ctx->nobjs,
		.tasks		= ctx->ntasks,
		.veid		= ctx->veid,
		.arch		= IS_ENABLED(CONFIG_X86_64) ? CPT_ARCH_X86_64 : CPT_ARCH_I386,
		.page_size	= PAGE_SIZE,
		.real_ns	= ctx->frozen_real,
	};
	int err;

	strscpy_pad(hdr.release, init_utsname()->release, sizeof(hdr.release));
	hdr.xfeatures = compat_xfeatures();
	err = dump_ve(ctx, &hdr);
	if (!err)
		err = cpt_ipc_dump(ctx);
	if (!err)
		err = dump_blobs(ctx);
	if (!err)
		err = cpt_vdso_dump(ctx);
	if (!err)
		err = cpt_huge_dump_named(ctx);
	if (!err)
		err = dump_records(ctx);
	if (!err)
		err = cpt_out_meta(ctx, &hdr);
	if (!err && own)
		err = dump_own(ctx, own);
	if (!err)
		err = dump_data(ctx, true);
	if (!err)
		err = dump_data(ctx, false);
	if (!err)
		err = still_frozen(ctx);
	if (!err)
		err = cpt_out_end(ctx);
	return err;
}

/* CPT_IOC_CHECK: name every obstacle. */
int cpt_check(struct cpt_ctx *ctx)
{
	return cpt_collect_ve(ctx, NULL, NULL);
}

static int dump_to(struct cpt_ctx *ctx, struct cpt_ioc_dump *arg, struct file *file, struct file *own)
{
	u64 start = ktime_get_ns();
	int err;

	ctx->pages = ctx->pages_shared = 0;
	ctx->out = cpt_out_new(file);
	if (!ctx->out)
		return -ENOMEM;
	err = cpt_collect_ve(ctx, write_image, own);
	if (err && err != -EBUSY && err != -ESTALE)
		cpt_say(ctx, "the image cannot be written: error %d", -err);
	arg->ns = ktime_get_ns() - start;
	arg->bytes = cpt_out_bytes(ctx->out);
	arg->pages = ctx->pages;
	arg->pages_shared = ctx->pages_shared;
	cpt_out_free(ctx->out);
	ctx->out = NULL;
	cpt_ctx_drop_blobs(ctx);
	return err;
}

/* CPT_IOC_DUMP */
int cpt_dump(struct cpt_ctx *ctx, struct cpt_ioc_dump *arg)
{
	struct file *file = fget(arg->fd), *own = arg->own < 0 ? NULL : fget(arg->own);
	int err = -EBADF;

	if (file && (file->f_mode & FMODE_WRITE) &&
	    (arg->own < 0 || (own && (own->f_mode & FMODE_READ) && S_ISFIFO(file_inode(own)->i_mode))))
		err = dump_to(ctx, arg, file, own);
	if (file)
		fput(file);
	if (own)
		fput(own);
	return err;
}

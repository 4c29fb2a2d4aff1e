// SPDX-License-Identifier: GPL-2.0
/*
 * Shared anonymous memory: mmap(MAP_SHARED | MAP_ANONYMOUS), by whomever of the
 * VE maps it. To the kernel it is a nameless file of its internal tmpfs
 * (shmem_zero_setup); the object here is its inode.
 *
 * Preserved: size and contents, holes stay holes, swapped pages too.
 * Refused elsewhere (mm.c): memfd, SysV segments, huge pages.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "in.h"
#include "kind.h"
#include "out.h"

static int shmem_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct inode *inode = obj->ptr;

	ihold(inode);
	return 0;
}

static void shmem_release(struct cpt_obj *obj)
{
	iput(obj->ptr);
}

static int shmem_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_shmem_rec *r = cpt_out_rec(ctx, CPT_K_SHMEM, obj->id, sizeof(*r), 0);

	if (!r)
		return -ENOMEM;
	r->size = i_size_read(obj->ptr);
	return 0;
}

/* The first page at or after *@index that exists, present or swapped. */
static bool next_page(struct address_space *mapping, pgoff_t *index)
{
	XA_STATE(xas, &mapping->i_pages, *index);
	void *entry;

	rcu_read_lock();
	do {
		entry = xas_find(&xas, ULONG_MAX);
	} while (xas_retry(&xas, entry));
	rcu_read_unlock();
	/* a large folio stands at several indices, found at its first */
	if (entry && xas.xa_index > *index)
		*index = xas.xa_index;
	return entry;
}

#define BATCH 512

static int shmem_data(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct inode *inode = obj->ptr;
	struct address_space *mapping = inode->i_mapping;
	pgoff_t index = 0, end = DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE);
	struct cpt_run *runs = kvmalloc_array(BATCH, sizeof(*runs), GFP_KERNEL);
	struct page **pages = kvmalloc_array(BATCH, sizeof(*pages), GFP_KERNEL);
	int err = runs && pages ? 0 : -ENOMEM;
	u32 n, nruns;

	while (!err) {
		for (n = nruns = 0; n < BATCH; index++) {
			if (!next_page(mapping, &index) || index >= end)
				break;
			pages[n] = shmem_read_mapping_page(mapping, index);
			if (IS_ERR(pages[n])) {
				err = PTR_ERR(pages[n]);
				break;
			}
			n++;
			if (nruns && runs[nruns - 1].off + runs[nruns - 1].len ==
			    (u64)index << PAGE_SHIFT)
				runs[nruns - 1].len += PAGE_SIZE;
			else
				runs[nruns++] = (struct cpt_run){ (u64)index << PAGE_SHIFT, PAGE_SIZE };
		}
		if (!err && n)
			err = cpt_out_data(ctx, obj->id, runs, nruns, pages, n, (u64)n * PAGE_SIZE);
		ctx->pages += n;
		if (n < BATCH && !err)
			err = 1;	/* the end */
		while (n)
			put_page(pages[--n]);
	}
	kvfree(runs);
	kvfree(pages);
	return err < 0 ? err : 0;
}

static int write_run(struct cpt_ctx *ctx, struct file *f, const struct cpt_run *run)
{
	loff_t pos = run->off;
	u32 left = run->len;

	while (left) {
		u32 len;
		const void *buf = cpt_in_piece(ctx, left, &len);
		ssize_t n;

		if (IS_ERR(buf))
			return PTR_ERR(buf);
		n = kernel_write(f, buf, len, &pos);
		if (n != len)
			return n < 0 ? n : -ENOSPC;
		left -= len;
	}
	return 0;
}

static void *shmem_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_shmem_rec *r = (const void *)rec;
	struct cpt_section s;
	struct file *f;
	int err;
	u32 i;

	f = ksym(shmem_kernel_file_setup)("dev/zero", r->size, 0);
	if (IS_ERR(f))
		return f;
	while ((err = cpt_in_section(ctx, rec->id, &s)) > 0) {
		for (i = 0, err = 0; !err && i < s.nruns; i++)
			if (s.runs[i].off + s.runs[i].len > PAGE_ALIGN(r->size))
				err = cpt_fail(ctx, -EINVAL, "the image has data outside shared memory");
			else if (!(s.runs[i].flags & CPT_RUN_HOLE))
				err = write_run(ctx, f, &s.runs[i]);
		if (err || (err = cpt_in_section_end(ctx, &s)))
			break;
	}
	if (err) {
		fput(f);
		return ERR_PTR(err);
	}
	return f;
}

static void shmem_unmake(void *ptr)
{
	fput(ptr);
}

const struct cpt_kind_ops cpt_shmem_ops = {
	.kind		= CPT_K_SHMEM,
	.name		= "shared memory",
	.collect	= shmem_collect,
	.dump		= shmem_dump,
	.data		= shmem_data,
	.release	= shmem_release,
	.make		= shmem_make,
	.unmake		= shmem_unmake,
};

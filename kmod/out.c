// SPDX-License-Identifier: GPL-2.0
/*
 * Writing an image: records are built in memory, then written behind their
 * header in one go; then data sections, whose pages go from where they are to
 * the file without a copy of ours; then the end record. Strictly forward.
 */
#include <linux/crc32c.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>
#include <cpt/walk.h>

#include "compat/compat.h"
#include "out.h"

struct chunk {
	struct list_head list;
	u32 used, size;
	u8 data[];
};
#define CHUNK_SIZE (64u << 10)

struct cpt_out {
	struct file *file;
	loff_t pos;			/* of the file itself */
	u64 off;			/* bytes of image written */
	struct list_head chunks;
	u64 meta_len;
	u64 sections, data_bytes;
	struct bio_vec *bvec;		/* CPT_DATA_MAX / PAGE_SIZE + 2 */
};

#define BVECS (CPT_DATA_MAX / PAGE_SIZE + 2)

struct cpt_out *cpt_out_new(struct file *file)
{
	struct cpt_out *out = kzalloc(sizeof(*out), GFP_KERNEL);

	if (!out)
		return NULL;
	out->bvec = kvcalloc(BVECS, sizeof(*out->bvec), GFP_KERNEL);
	if (!out->bvec) {
		kfree(out);
		return NULL;
	}
	out->file = get_file(file);
	out->pos = file->f_pos;
	INIT_LIST_HEAD(&out->chunks);
	return out;
}

void cpt_out_free(struct cpt_out *out)
{
	struct chunk *c, *next;

	if (!out)
		return;
	list_for_each_entry_safe(c, next, &out->chunks, list)
		kvfree(c);
	fput(out->file);
	kvfree(out->bvec);
	kfree(out);
}

u64 cpt_out_bytes(const struct cpt_out *out)
{
	return out->off;
}

static int write_iter(struct cpt_out *out, struct iov_iter *iter)
{
	while (iov_iter_count(iter)) {
		ssize_t n;

		if (fatal_signal_pending(current))
			return -EINTR;
		n = compat_iter_write(out->file, iter, &out->pos);
		if (n <= 0)
			return n ? n : -EIO;
		out->off += n;
	}
	return 0;
}

static int write_buf(struct cpt_out *out, const void *buf, size_t len)
{
	struct kvec vec = { .iov_base = (void *)buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, len);
	return write_iter(out, &iter);
}

/*
 * cpt_out_rec - room for a record
 * @size: of the kind's struct
 * @extra: bytes that follow it; padding is added
 *
 * Returns zeroed memory with the record's header filled in, valid until the
 * metadata is written; NULL: no memory, or more than CPT_META_MAX in all.
 */
void *cpt_out_rec(struct cpt_ctx *ctx, enum cpt_kind kind, u64 id, size_t size, size_t extra)
{
	struct cpt_out *out = ctx->out;
	u64 len = cpt_align_up((u64)size + extra, CPT_ALIGN);
	struct cpt_rec *rec;
	struct chunk *c = NULL;

	if (out->meta_len + len > CPT_META_MAX) {
		cpt_say(ctx, "the VE needs more than %u MiB of metadata", CPT_META_MAX >> 20);
		return NULL;
	}
	if (!list_empty(&out->chunks))
		c = list_last_entry(&out->chunks, struct chunk, list);
	if (!c || c->size - c->used < len) {
		u32 room = max_t(u32, len, CHUNK_SIZE - sizeof(*c));

		c = kvzalloc(sizeof(*c) + room, GFP_KERNEL);
		if (!c)
			return NULL;
		c->size = room;
		list_add_tail(&c->list, &out->chunks);
	}
	rec = (void *)(c->data + c->used);
	c->used += len;
	out->meta_len += len;
	rec->kind = kind;
	rec->len = len;
	rec->id = id;
	return rec;
}

/*
 * cpt_out_meta - write header and metadata
 * @hdr: all but lengths and checksums filled in
 */
int cpt_out_meta(struct cpt_ctx *ctx, struct cpt_header *hdr)
{
	struct cpt_out *out = ctx->out;
	struct chunk *c;
	u32 crc = ~0;
	int err;

	list_for_each_entry(c, &out->chunks, list)
		crc = crc32c(crc, c->data, c->used);
	hdr->meta_len = out->meta_len;
	hdr->meta_crc = ~crc;
	hdr->crc = ~crc32c(~0, hdr, offsetof(struct cpt_header, crc));
	err = write_buf(out, hdr, sizeof(*hdr));
	list_for_each_entry(c, &out->chunks, list) {
		if (err)
			break;
		err = write_buf(out, c->data, c->used);
	}
	return err;
}

static int write_zeroes(struct cpt_out *out, u32 len)
{
	struct bio_vec vec = { .bv_page = ZERO_PAGE(0), .bv_len = len };
	struct iov_iter iter;

	if (!len)
		return 0;
	iov_iter_bvec(&iter, ITER_SOURCE, &vec, 1, len);
	return write_iter(out, &iter);
}

/*
 * cpt_out_data - write a data section
 * @id: of the object the runs are of
 * @pages: the bytes of the runs, in order; the last page may be used in part
 * @bytes: of all runs that are not holes
 */
int cpt_out_data(struct cpt_ctx *ctx, u64 id, const struct cpt_run *runs, u32 nruns,
		 struct page **pages, u32 npages, u64 bytes)
{
	struct cpt_out *out = ctx->out;
	struct cpt_data_rec rec = {
		.rec = { .kind = CPT_K_DATA, .id = id,
			 .len = sizeof(rec) + nruns * sizeof(*runs) },
		.nruns = nruns,
		.bytes = bytes,
	};
	struct iov_iter iter;
	u64 left = bytes;
	u32 crc, i;
	int err;

	crc = crc32c(~0, runs, nruns * sizeof(*runs));
	for (i = 0; i < npages; i++) {
		u32 len = min_t(u64, left, PAGE_SIZE);
		void *p = kmap_local_page(pages[i]);

		crc = crc32c(crc, p, len);
		kunmap_local(p);
		out->bvec[i].bv_page = pages[i];
		out->bvec[i].bv_offset = 0;
		out->bvec[i].bv_len = len;
		left -= len;
	}
	rec.crc = ~crc;
	err = write_buf(out, &rec, sizeof(rec));
	if (!err)
		err = write_buf(out, runs, nruns * sizeof(*runs));
	if (!err)
		err = write_zeroes(out, cpt_align_up(out->off, CPT_DATA_ALIGN) - out->off);
	if (!err && bytes) {
		iov_iter_bvec(&iter, ITER_SOURCE, out->bvec, npages, bytes);
		err = write_iter(out, &iter);
	}
	if (!err)
		err = write_zeroes(out, cpt_align_up(out->off, CPT_ALIGN) - out->off);
	out->sections++;
	out->data_bytes += bytes;
	return err;
}

/*
 * cpt_pages_room - where the next bytes go
 * @room: out: how many fit there
 *
 * The caller adds to p->bytes what it puts there. NULL: no memory.
 */
void *cpt_pages_room(struct cpt_pages *p, u32 *room)
{
	u64 at = p->bytes / PAGE_SIZE;
	struct page **page;

	*room = PAGE_SIZE - p->bytes % PAGE_SIZE;
	if (at < p->n)
		return page_address(p->page[at]) + p->bytes % PAGE_SIZE;
	if (p->n == p->room) {
		page = kvcalloc(2 * p->room + 16, sizeof(*page), GFP_KERNEL);
		if (!page)
			return NULL;
		if (p->n)
			memcpy(page, p->page, p->n * sizeof(*page));
		kvfree(p->page);
		p->page = page;
		p->room = 2 * p->room + 16;
	}
	p->page[p->n] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return p->page[p->n] ? page_address(p->page[p->n++]) : NULL;
}

/* cpt_pages_out - write them as the data of object @id, from its byte 0 on */
int cpt_pages_out(struct cpt_ctx *ctx, u64 id, struct cpt_pages *p)
{
	int err = 0;
	u64 at;

	for (at = 0; !err && at < p->bytes; at += CPT_DATA_MAX) {
		struct cpt_run run = { .off = at, .len = min_t(u64, p->bytes - at, CPT_DATA_MAX) };

		err = cpt_out_data(ctx, id, &run, 1, p->page + at / PAGE_SIZE, DIV_ROUND_UP(run.len, PAGE_SIZE),
				   run.len);
	}
	return err;
}

void cpt_pages_free(struct cpt_pages *p)
{
	while (p->n)
		__free_page(p->page[--p->n]);
	kvfree(p->page);
}

/* cpt_bytes_out - write @buf as the data of object @id */
int cpt_bytes_out(struct cpt_ctx *ctx, u64 id, const char *buf, u64 bytes)
{
	struct cpt_pages pages = {};
	int err = 0;
	u32 room;
	void *to;

	while (!err && pages.bytes < bytes) {
		to = cpt_pages_room(&pages, &room);
		if (!to) {
			err = -ENOMEM;
			break;
		}
		room = min_t(u64, room, bytes - pages.bytes);
		memcpy(to, buf + pages.bytes, room);
		pages.bytes += room;
	}
	if (!err)
		err = cpt_pages_out(ctx, id, &pages);
	cpt_pages_free(&pages);
	return err;
}

/* The last record: without it the image is not one. */
int cpt_out_end(struct cpt_ctx *ctx)
{
	struct cpt_out *out = ctx->out;
	struct cpt_end_rec end = {
		.rec = { .kind = CPT_K_END, .len = sizeof(end) },
		.sections = out->sections,
		.bytes = out->data_bytes,
		.file_len = out->off + sizeof(end),
	};
	int err = write_buf(out, &end, sizeof(end));

	if (!err)
		out->file->f_pos = out->pos;
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Reading an image: header, metadata whole, then data sections one after the
 * other, each checked against its checksum before anything of the VE may run.
 * Strictly forward. First come sections of ctl's own, which it takes one by one, then those of
 * small things (pipes, sockets): they are staged in memory until their object is made.
 */
#include <linux/crc32c.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <cpt/walk.h>

#include "in.h"
#include "kind.h"
#include "undump.h"

#define PIECE (256u << 10)

struct cpt_in {
	struct file *file;
	loff_t pos;
	u64 off;			/* bytes of image read */
	struct cpt_data_rec head;	/* of the next section, or the end record's header … */
	bool have_head;			/* … if it was read */
	struct cpt_run *runs;		/* CPT_RUNS_MAX */
	void *piece;			/* PIECE bytes */
	u64 left;			/* bytes of the open section not read yet */
	u32 crc;			/* of the open section so far */
	u64 sections, data_bytes;
	u64 own;			/* bytes of ctl's own that it has taken */
	struct xarray staged;		/* id -> struct staged */
};

struct staged {
	u64 len;
	u8 data[];
};

struct cpt_in *cpt_in_new(struct file *file)
{
	struct cpt_in *in = kzalloc(sizeof(*in), GFP_KERNEL);

	if (!in)
		return NULL;
	in->file = get_file(file);
	in->pos = file->f_pos;
	xa_init(&in->staged);
	in->runs = kvmalloc_array(CPT_RUNS_MAX, sizeof(*in->runs), GFP_KERNEL);
	in->piece = kvmalloc(PIECE, GFP_KERNEL);
	if (!in->runs || !in->piece) {
		cpt_in_free(in);
		return NULL;
	}
	return in;
}

void cpt_in_free(struct cpt_in *in)
{
	struct staged *st;
	unsigned long id;

	if (!in)
		return;
	xa_for_each(&in->staged, id, st)
		kvfree(st);
	xa_destroy(&in->staged);
	fput(in->file);
	kvfree(in->runs);
	kvfree(in->piece);
	kfree(in);
}

/* Read exactly @len bytes. */
static int read_buf(struct cpt_ctx *ctx, void *buf, u64 len)
{
	struct cpt_in *in = ctx->undump->in;

	while (len) {
		ssize_t n;

		if (fatal_signal_pending(current))
			return -EINTR;
		n = kernel_read(in->file, buf, min_t(u64, len, 16u << 20), &in->pos);
		if (n == 0)
			return cpt_fail(ctx, -EINVAL, "the image is cut short at %llu bytes", in->off);
		if (n < 0)
			return cpt_fail(ctx, n, "the image cannot be read: error %zd", -n);
		buf += n;
		len -= n;
		in->off += n;
	}
	return 0;
}

/* Read and check the header. */
int cpt_in_header(struct cpt_ctx *ctx, struct cpt_header *hdr)
{
	const char *why;
	int err;

	err = read_buf(ctx, hdr, sizeof(*hdr));
	if (err)
		return err;
	why = cpt_header_check(hdr, ~crc32c(~0, hdr, offsetof(struct cpt_header, crc)));
	return why ? cpt_fail(ctx, -EINVAL, "the image cannot be used: %s", why) : 0;
}

/* Read all metadata, and compare its checksum. */
int cpt_in_meta(struct cpt_ctx *ctx, void *meta, u64 len, u32 want_crc)
{
	int err = read_buf(ctx, meta, len);

	if (!err && ~crc32c(~0, meta, len) != want_crc)
		err = cpt_fail(ctx, -EINVAL, "the image is damaged: checksum of the metadata");
	return err;
}

static int read_head(struct cpt_ctx *ctx)
{
	struct cpt_in *in = ctx->undump->in;
	int err;

	BUILD_BUG_ON(sizeof(struct cpt_end_rec) < sizeof(in->head));
	if (in->have_head)
		return 0;
	err = read_buf(ctx, &in->head, sizeof(in->head));
	in->have_head = !err;
	return err;
}

static int skip_padding(struct cpt_ctx *ctx, u64 align)
{
	struct cpt_in *in = ctx->undump->in;

	return read_buf(ctx, in->piece, cpt_align_up(in->off, align) - in->off);
}

/*
 * cpt_in_section - open the next section if it is of object @id
 *
 * Returns 1: @s is filled, its bytes are to be read by cpt_in_piece();
 * 0: the next section is of another object; -errno.
 */
int cpt_in_section(struct cpt_ctx *ctx, u64 id, struct cpt_section *s)
{
	struct cpt_in *in = ctx->undump->in;
	const char *why;
	int err;

	err = read_head(ctx);
	if (err)
		return err;
	if (in->head.rec.kind == CPT_K_END || in->head.rec.id != id)
		return 0;
	why = cpt_data_check(&in->head);
	if (!why) {
		err = read_buf(ctx, in->runs, in->head.nruns * sizeof(*in->runs));
		if (err)
			return err;
		why = cpt_runs_check(&in->head, in->runs);
	}
	if (why)
		return cpt_fail(ctx, -EINVAL, "the image is damaged at %llu: %s", in->off, why);
	err = skip_padding(ctx, CPT_DATA_ALIGN);
	if (err)
		return err;
	in->crc = crc32c(~0, in->runs, in->head.nruns * sizeof(*in->runs));
	in->left = in->head.bytes;
	in->have_head = false;
	s->id = id;
	s->nruns = in->head.nruns;
	s->runs = in->runs;
	return 1;
}

/*
 * cpt_in_piece - the next bytes of the open section
 * @left: how many the caller wants
 * @len: out: how many there are, at least 1
 *
 * Returns the bytes, valid until the next call, or ERR_PTR.
 */
const void *cpt_in_piece(struct cpt_ctx *ctx, u32 left, u32 *len)
{
	struct cpt_in *in = ctx->undump->in;
	int err;

	*len = min3(left, PIECE, (u32)in->left);
	if (!*len)
		return ERR_PTR(-EINVAL);
	err = read_buf(ctx, in->piece, *len);
	if (err)
		return ERR_PTR(err);
	in->crc = crc32c(in->crc, in->piece, *len);
	in->left -= *len;
	return in->piece;
}

/* The section's bytes were read: compare the checksum. */
int cpt_in_section_end(struct cpt_ctx *ctx, struct cpt_section *s)
{
	struct cpt_in *in = ctx->undump->in;

	if (in->left || ~in->crc != in->head.crc)
		return cpt_fail(ctx, -EINVAL, "the image is damaged before %llu: checksum of data",
				in->off);
	in->sections++;
	in->data_bytes += in->head.bytes;
	return skip_padding(ctx, CPT_ALIGN);
}

static int own_section(struct cpt_ctx *ctx, const struct cpt_section *s, void __user *to)
{
	struct cpt_in *in = ctx->undump->in;

	/* one stream, a run a section */
	if (s->runs->flags || s->runs->off != in->own)
		return cpt_fail(ctx, -EINVAL, "the image is damaged before %llu: contents out of order", in->off);
	while (in->left) {
		u32 len;
		const void *buf = cpt_in_piece(ctx, in->left, &len);

		if (IS_ERR(buf))
			return PTR_ERR(buf);
		if (copy_to_user(to, buf, len))
			return -EFAULT;
		to += len;
		in->own += len;
	}
	return 0;
}

/*
 * cpt_in_own - the next section of ctl's own data
 * @to: room for CPT_OWN_MAX bytes; what is there is good only if 0 is returned
 * @len: out: bytes, 0 if there are no more
 *
 * After a failure the image is not to be read any further.
 */
int cpt_in_own(struct cpt_ctx *ctx, void __user *to, u32 *len)
{
	struct cpt_in *in = ctx->undump->in;
	struct cpt_section s;
	u64 before = in->own;
	int err;

	BUILD_BUG_ON(CPT_OWN_MAX != CPT_DATA_MAX);
	err = cpt_in_section(ctx, 0, &s);
	if (err > 0)
		err = own_section(ctx, &s, to) ?: cpt_in_section_end(ctx, &s);
	*len = in->own - before;
	return err;
}

static int stage_section(struct cpt_ctx *ctx, u64 id, u64 want)
{
	struct cpt_in *in = ctx->undump->in;
	struct staged *st = xa_load(&in->staged, id);
	struct cpt_section s;
	int err;

	err = cpt_in_section(ctx, id, &s);
	if (err <= 0)
		return err ? err : -EINVAL;
	if (!st) {
		st = kvmalloc(struct_size(st, data, want), GFP_KERNEL);
		if (!st)
			return -ENOMEM;
		st->len = 0;
		err = xa_err(xa_store(&in->staged, id, st, GFP_KERNEL));
		if (err) {
			kvfree(st);
			return err;
		}
	}
	while (in->left) {
		u32 len;
		const void *buf = cpt_in_piece(ctx, in->left, &len);

		if (IS_ERR(buf))
			return PTR_ERR(buf);
		if (st->len + len > want)
			return cpt_fail(ctx, -EINVAL, "the image has too much data for a pipe or socket");
		memcpy(st->data + st->len, buf, len);
		st->len += len;
	}
	return cpt_in_section_end(ctx, &s);
}

/* Read all sections that are staged, which stand first. */
int cpt_in_stage(struct cpt_ctx *ctx)
{
	struct cpt_in *in = ctx->undump->in;
	int err;

	for (;;) {
		const struct cpt_rec *rec;

		err = read_head(ctx);
		if (err || in->head.rec.kind != CPT_K_DATA)
			return err;
		rec = cpt_rec_of(ctx, in->head.rec.id);
		if (!rec || cpt_kind_row(rec->kind)->data != CPT_STAGED)
			return 0;
		err = stage_section(ctx, rec->id, cpt_data_size(rec));
		if (err)
			return err;
	}
}

/* The staged contents of @id, which must be @len bytes. */
const void *cpt_in_staged(struct cpt_ctx *ctx, u64 id, u64 len)
{
	struct staged *st = xa_load(&ctx->undump->in->staged, id);

	if (!len)
		return "";
	if (!st || st->len != len)
		return ERR_PTR(cpt_fail(ctx, -EINVAL, "the image lacks the contents of a pipe or socket"));
	return st->data;
}

/* After the last section: is the image complete? */
int cpt_in_end(struct cpt_ctx *ctx)
{
	struct cpt_in *in = ctx->undump->in;
	struct cpt_end_rec end;
	u64 at;
	int err;

	err = read_head(ctx);
	if (err)
		return err;
	at = in->off;
	memcpy(&end, &in->head, sizeof(in->head));
	err = read_buf(ctx, (u8 *)&end + sizeof(in->head), sizeof(end) - sizeof(in->head));
	if (err)
		return err;
	if (end.rec.kind != CPT_K_END || end.rec.len != sizeof(end) ||
	    end.sections != in->sections || end.bytes != in->data_bytes || end.file_len != in->off)
		return cpt_fail(ctx, -EINVAL, "the image is damaged at %llu: data that belong to nothing",
				at);
	return 0;
}

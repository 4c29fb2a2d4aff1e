/* SPDX-License-Identifier: GPL-2.0 */
/* The only writer of image bytes. See out.c. */
#ifndef _CPT_OUT_H
#define _CPT_OUT_H

#include <linux/bvec.h>
#include "cpt.h"

struct cpt_out *cpt_out_new(struct file *file);
void cpt_out_free(struct cpt_out *out);
void *cpt_out_rec(struct cpt_ctx *ctx, enum cpt_kind kind, u64 id, size_t size, size_t extra);
int cpt_out_meta(struct cpt_ctx *ctx, struct cpt_header *hdr);
int cpt_out_data(struct cpt_ctx *ctx, u64 id, const struct cpt_run *runs, u32 nruns,
		 struct page **pages, u32 npages, u64 bytes);
/* Bytes to be written, in pages; zeroed at first. */
struct cpt_pages {
	struct page **page;
	u32 n, room;
	u64 bytes;		/* the caller's: how many it has put there */
};

void *cpt_pages_room(struct cpt_pages *p, u32 *room);
int cpt_pages_out(struct cpt_ctx *ctx, u64 id, struct cpt_pages *p);
void cpt_pages_free(struct cpt_pages *p);
int cpt_bytes_out(struct cpt_ctx *ctx, u64 id, const char *buf, u64 bytes);
int cpt_out_end(struct cpt_ctx *ctx);
u64 cpt_out_bytes(const struct cpt_out *out);

#endif

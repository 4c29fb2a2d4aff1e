/* SPDX-License-Identifier: GPL-2.0 */
/* The only reader of image bytes. See in.c. */
#ifndef _CPT_IN_H
#define _CPT_IN_H

#include "cpt.h"

/* A data section whose runs were read; its bytes come next. */
struct cpt_section {
	u64 id;
	u32 nruns;
	const struct cpt_run *runs;	/* valid until cpt_in_section_end() */
};

struct cpt_in *cpt_in_new(struct file *file);
void cpt_in_free(struct cpt_in *in);
int cpt_in_header(struct cpt_ctx *ctx, struct cpt_header *hdr);
int cpt_in_meta(struct cpt_ctx *ctx, void *meta, u64 len, u32 want_crc);
int cpt_in_section(struct cpt_ctx *ctx, u64 id, struct cpt_section *s);
const void *cpt_in_piece(struct cpt_ctx *ctx, u32 left, u32 *len);
int cpt_in_section_end(struct cpt_ctx *ctx, struct cpt_section *s);
int cpt_in_own(struct cpt_ctx *ctx, void __user *to, u32 *len);
int cpt_in_stage(struct cpt_ctx *ctx);
const void *cpt_in_staged(struct cpt_ctx *ctx, u64 id, u64 len);
int cpt_in_end(struct cpt_ctx *ctx);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CPT_TEST_FIX_H
#define _CPT_TEST_FIX_H

/*
 * Checksums of a damaged image made right again, as far as its lengths can still
 * be believed: what follows must be found by looking, not by the checksum.
 */
#include <cpt/walk.h>

#include "crc32c.h"

/* The section at @off: its checksum made right. Returns the offset after it, or 0: there is none. */
static inline size_t fix_section(uint8_t *p, size_t n, size_t off)
{
	struct cpt_data_rec *d = (void *)(p + off);
	size_t runs, bytes;

	if (n - off < sizeof(*d) || d->rec.kind != CPT_K_DATA || d->nruns > CPT_RUNS_MAX ||
	    d->bytes > CPT_DATA_MAX)
		return 0;
	runs = d->nruns * sizeof(struct cpt_run);
	bytes = cpt_align_up(off + sizeof(*d) + runs, CPT_DATA_ALIGN);
	if (bytes > n || d->bytes > n - bytes)
		return 0;
	d->crc = crc32c(crc32c(0, d + 1, runs), p + bytes, d->bytes);
	return cpt_align_up(bytes + d->bytes, CPT_ALIGN);
}

/* @p: @n bytes of an image, 8-aligned */
static inline void fix_image(uint8_t *p, size_t n)
{
	struct cpt_header *h = (void *)p;
	size_t off;

	if (n < sizeof(*h))
		return;
	if (h->meta_len <= n - sizeof(*h))
		h->meta_crc = crc32c(0, p + sizeof(*h), h->meta_len);
	h->crc = crc32c(0, h, offsetof(struct cpt_header, crc));
	if (h->meta_len > n - sizeof(*h) || h->meta_len % CPT_ALIGN)
		return;
	for (off = sizeof(*h) + h->meta_len; off && off < n; )
		off = fix_section(p, n, off);
}

#endif

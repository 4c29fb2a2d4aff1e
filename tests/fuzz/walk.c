// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parser of images, from header to end record, as `ctl image verify` and
 * `ctl image info` use it, on hostile bytes. Built by
 *
 *	clang -fsanitize=fuzzer,address,undefined -Iinclude -Icli tests/fuzz/walk.c
 *
 * Checksums are made right, else nothing would get past them. Inputs grow out of
 * the sample image of the unit tests by changes to single fields and whole records.
 */
#include <stdio.h>

#include "../../cli/crc32c.c"
#include "../../cli/image.c"
#include "../../cli/image_show.c"
#include "../unit/sample.h"

/* image_ve.c is json-c's work, which has a fuzzer of its own. */
void image_show_ve(const struct cpt_blob_rec *b, FILE *out)
{
	image_text(out, (const char *)(b + 1), b->size, false);
}

void image_show_ve_json(const struct cpt_blob_rec *b, FILE *out)
{
	image_text(out, (const char *)(b + 1), b->size, true);
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- changes --------------------------------------------------------------------------------- */

static unsigned int rnd;

static uint32_t pick(uint32_t n)
{
	rnd = rnd * 1103515245 + 12345;
	return n ? (rnd >> 8) % n : 0;
}

/* Where the metadata really ends. */
static size_t meta_end(const uint8_t *p, size_t size)
{
	uint64_t len = ((const struct cpt_header *)p)->meta_len;

	return len <= size - sizeof(struct cpt_header) ? sizeof(struct cpt_header) + len : size;
}

/* The offset of some record, or 0; a chain of lengths that makes no sense ends early. */
static size_t some_record(const uint8_t *p, size_t size)
{
	size_t off = sizeof(struct cpt_header), end = meta_end(p, size), n = 0, found = 0;
	const struct cpt_rec *rec;

	for (; off + sizeof(*rec) <= end; off += rec->len) {
		rec = (const void *)(p + off);
		if (pick(++n) == 0)
			found = off;
		if (rec->len < sizeof(*rec) || rec->len % CPT_ALIGN || rec->len > end - off)
			break;
	}
	return found;
}

static uint64_t some_value(uint64_t old)
{
	static const uint64_t values[] = {
		0, 1, 2, 16, 4095, 4096, 65536, 1u << 20, 0x7fffffff, 0x80000000, 0xffffffff,
		1ULL << 32, CPT_ADDR_MAX, ~0ULL, ~0ULL - 7, 1ULL << 63,
	};

	switch (pick(5)) {
	case 0:
		return old + 1;
	case 1:
		return old - 1;
	case 2:
		return old ^ 1ULL << pick(64);
	case 3:
		return pick(64);	/* an id, a pid, a kind */
	default:
		return values[pick(sizeof(values) / sizeof(*values))];
	}
}

static void change_field(uint8_t *p, size_t size, size_t off, size_t len)
{
	size_t width = 1 << (1 + pick(3));
	uint64_t v = 0;

	if (len < width)
		return;
	off += pick(len / width) * width;
	if (off + width > size)
		return;
	memcpy(&v, p + off, width);
	v = some_value(v);
	memcpy(p + off, &v, width);
}

/* Ids in order again, so that a record more or less is not noticed by its id. */
static void renumber(uint8_t *p, size_t size)
{
	struct cpt_header *h = (void *)p;
	size_t off = sizeof(*h), end = meta_end(p, size);
	struct cpt_rec *rec;
	uint32_t objects = 0, tasks = 0;

	for (; off + sizeof(*rec) <= end; off += rec->len) {
		rec = (void *)(p + off);
		if (rec->id)
			rec->id = ++objects;
		tasks += rec->kind == CPT_K_TASK;
		if (rec->len < sizeof(*rec) || rec->len % CPT_ALIGN || rec->len > end - off)
			break;
	}
	h->objects = objects;
	h->tasks = tasks;
}

static size_t add_record(uint8_t *p, size_t size, size_t max, size_t at, size_t from)
{
	uint32_t len = ((struct cpt_rec *)(p + from))->len;
	uint8_t *copy;

	if (len % CPT_ALIGN || len > size - from || size + len > max)
		return size;
	copy = malloc(len);
	memcpy(copy, p + from, len);
	memmove(p + at + len, p + at, size - at);
	memcpy(p + at, copy, len);
	free(copy);
	((struct cpt_header *)p)->meta_len += len;
	return size + len;
}

static size_t drop_record(uint8_t *p, size_t size, size_t at)
{
	uint32_t len = ((struct cpt_rec *)(p + at))->len;

	if (len % CPT_ALIGN || len > meta_end(p, size) - at)
		return size;
	memmove(p + at, p + at + len, size - at - len);
	((struct cpt_header *)p)->meta_len -= len;
	return size - len;
}

static size_t change(uint8_t *p, size_t size, size_t max)
{
	size_t at = some_record(p, size);

	if (!at)
		return size;
	switch (pick(16)) {
	case 0:
		change_field(p, size, 0, sizeof(struct cpt_header));
		return size;
	case 1:
		size = add_record(p, size, max, at, some_record(p, size) ?: at);
		break;
	case 2:
		size = drop_record(p, size, at);
		break;
	case 3: case 4: case 5:		/* the data */
		at = meta_end(p, size);
		at += pick(size - at) & ~4095u;
		change_field(p, size, at, 128);
		return size;
	case 6:
		return LLVMFuzzerMutate(p, size, max);
	default:
		change_field(p, size, at, ((struct cpt_rec *)(p + at))->len);
		return size;
	}
	if (pick(4))
		renumber(p, size);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	struct cpt_header h;
	uint8_t *p;
	struct sample s;
	int n;

	rnd = seed;
	p = calloc(1, max + CPT_ALIGN);
	if (!p)
		abort();
	memcpy(&h, data, size < sizeof(h) ? size : sizeof(h));
	if (size < sizeof(h) + 64 || h.magic != CPT_IMAGE_MAGIC) {
		sample_image(&s);
		size = s.n < max ? s.n : max;
		memcpy(p, s.p, size);
		sample_free(&s);
	} else {
		memcpy(p, data, size);
	}
	for (n = 1 + pick(3); n && size >= sizeof(h); n--)
		size = change(p, size, max);
	fix_image(p, size);
	memcpy(data, p, size);
	free(p);
	return size;
}

/* --- what is tested ---------------------------------------------------------------------------- */

static void show(const struct image *img)
{
	static FILE *null;

	if (!null)
		null = fopen("/dev/null", "w");
	image_show(img, null);
	image_show_json(img, null);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size ?: 1);
	struct image_in in;
	struct image img;

	memcpy(p, data, size);
	fix_image(p, size);
	image_in_memory(&in, p, size);
	if (image_read_meta(&img, &in) == 0)
		image_read_data(&img, true);
	if (img.have < IMAGE_DATA && !*img.err)
		abort();
	show(&img);
	image_free(&img);
	free(p);
	return 0;
}

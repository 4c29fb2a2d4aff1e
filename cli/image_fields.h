/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the bytes of each record mean: the ONE table of fields, for whoever compares or shows
 * images, and of what may differ between two dumps of a VE that nothing happened to.
 */
#ifndef CTL_IMAGE_FIELDS_H
#define CTL_IMAGE_FIELDS_H

#include <stddef.h>

#include <cpt/image.h>

enum image_form {
	FORM_DEC,
	FORM_INT,		/* signed */
	FORM_HEX,
	FORM_OCT,
	FORM_TEXT,		/* bytes, shown escaped up to a NUL or their end */
	FORM_BYTES,
	FORM_REF,		/* id of an object */
	FORM_COUNT,		/* of what follows the struct, which tells more; shown as FORM_DEC */
	FORM_PAD,
};

struct image_field {
	const char *name;
	__u32 off, size;	/* of a number: 4 or 8 */
	enum image_form form;
	__u32 n, stride;	/* so many of these (0: one), so far from each other */
	const char *why;	/* volatile: why it may differ; NULL: it may not */
	__u64 loose;		/* only these bits are */
};

/* What stands after a record's struct: elements or bytes. */
struct image_part {
	const char *name;
	__u32 size;		/* of an element; 1: bytes */
	enum image_form form;	/* of bytes: FORM_TEXT, FORM_BYTES */
	const struct image_field *fields;	/* of an element; ends with an empty one */
	__u64 (*count)(const struct cpt_rec *rec);
	bool keyed;		/* elements begin with a number by which they are found, and ascend */
	/* the order in which elements are compared, if theirs tells nothing */
	int (*order)(const void *a, const void *b);
	const char *why;	/* volatile, all of it */
};

struct image_layout {
	const struct image_field *fields;	/* of the struct; ends with an empty one */
	const struct image_part *parts;
};

extern const struct image_layout image_layouts[CPT_K_MAX];
extern const struct image_field image_header_fields[];

/*
 * Bytes of memory that the kernel writes by itself whenever a task goes on: of the struct rseq
 * (offset from cpt_task_rec.rseq).
 */
struct image_loose {
	__u32 off, len;
	const char *why;
};
extern const struct image_loose image_loose_rseq[];

/* Members of the description of the VE that may differ. */
struct image_loose_member {
	const char *name, *why;
};
extern const struct image_loose_member image_loose_ve[];

#endif

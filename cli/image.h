/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CTL_IMAGE_H
#define CTL_IMAGE_H

/*
 * Images, read and checked in user space: without the module, without root, from
 * anything that can be read forward, whatever is in it. Memory stays within a
 * small multiple of the metadata that is really there.
 *
 *	image_in_open(&in, path)
 *	image_read_meta(&img, &in)	header and metadata, each record checked
 *	image_read_data(&img, true)	data sections and the end
 *	image_free(&img)
 *	image_in_close(&in)
 *
 * Each returns 0, or -1 with img.err, a sentence without its subject: "at offset
 * 4711: length of a record". After a failure only what img.have tells may be used.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cpt/image.h>
#include <cpt/walk.h>

#define IMAGE_BUF	(64u << 10)

/* Where the bytes come from. */
struct image_in {
	int fd;			/* -1: memory */
	bool regular;		/* can be skipped over, has a size */
	__u64 size;		/* of a regular file or of the memory */
	__u64 off;		/* of the next byte */
	const uint8_t *p;	/* what is read ahead, or of the memory, from off on */
	size_t n;
	uint8_t *buf;		/* IMAGE_BUF; NULL: memory */
};

/* A process: its PROC record and the tasks that name it. */
struct image_proc {
	uint32_t pid;
	uint32_t threads;	/* live ones */
	const struct cpt_proc_rec *rec;
	const struct cpt_task_rec *leader;
	struct image_proc *parent, *child, *next;	/* the tree: first child, next sibling */
};

struct image_kind {
	__u64 records;
	__u64 meta;		/* bytes of records */
	__u64 sections;
	__u64 data;		/* bytes of data */
};

/* A run of data, kept for whoever wants to read it again. */
struct image_run {
	__u64 id, off;
	__u64 at;		/* in the image; nothing there of a hole */
	__u32 len, flags;
};

struct image {
	struct image_in *in;
	enum image_have {
		IMAGE_NOTHING,
		IMAGE_HEADER,	/* hdr */
		IMAGE_META,	/* walk, procs, kind */
		IMAGE_DATA,	/* all */
	} have;
	char err[256];

	struct cpt_header hdr;
	struct cpt_walk walk;
	struct image_proc *procs;	/* nprocs, ascending by pid; [0] is init */
	uint32_t nprocs;

	struct image_kind kind[CPT_K_MAX];
	__u64 sections;
	__u64 runs, holes;		/* runs that are holes are not counted in runs */
	__u64 data;
	__u64 file_len;

	bool keep_runs;			/* set before image_read_data(): fill the next two */
	struct image_run *run;		/* in the order of the image */
	size_t nrun;

	/* private */
	size_t runs_room;
	uint8_t *meta;
	const struct cpt_rec **obj;
	uint8_t *mark;
	uint32_t *mm_rank;		/* [id]: place of an MM among those of the tasks, from 1 */
	__u64 *got;			/* [id]: bytes of data seen; [0]: of ctl's own */
};

/* @path "-": standard input. -1 with errno. */
int image_in_open(struct image_in *in, const char *path);
void image_in_memory(struct image_in *in, const void *p, size_t n);
void image_in_close(struct image_in *in);

int image_read_meta(struct image *img, struct image_in *in);
int image_read_data(struct image *img, bool checksums);
/* @n bytes at @at of what was read from a regular file or from memory; -1: they are gone */
int image_bytes(const struct image *img, __u64 at, void *to, size_t n);
void image_free(struct image *img);

/* The process with this pid or NULL. */
struct image_proc *image_proc(const struct image *img, uint32_t pid);

/* image_show.c: what `ctl image info` prints; img.have tells what there is */
void image_show(const struct image *img, FILE *out);
void image_show_json(const struct image *img, FILE *out);
/*
 * At most @max bytes of @p, up to a NUL, escaped (\xNN, \\). Inside a JSON string
 * that means one more backslash.
 */
void image_text(FILE *out, const char *p, size_t max, bool json);

/*
 * image_diff.c: what differs between two images that were read whole, with keep_runs; a line
 * each. @all: also what is declared volatile. Returns the number of lines, or -1: no memory.
 */
long image_diff(const struct image *a, const struct image *b, bool all, FILE *out);

/* image_ve.c: lines or a JSON member about the VE that an image describes */
void image_show_ve(const struct cpt_blob_rec *b, FILE *out);
void image_show_ve_json(const struct cpt_blob_rec *b, FILE *out);
/* Calls @tell for each value that differs, "mounts[3].options"; false: none does, or they cannot be parsed. */
bool image_diff_ve(const struct cpt_blob_rec *a, const struct cpt_blob_rec *b,
		   void (*tell)(void *arg, const char *where, const char *a, const char *b), void *arg);

#endif

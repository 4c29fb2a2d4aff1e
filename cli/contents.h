/* SPDX-License-Identifier: GPL-2.0-only */
/* The contents of a VE's mounts, on their way into the image and out of it. */
#ifndef CPT_CLI_CONTENTS_H
#define CPT_CLI_CONTENTS_H

#include "mounts.h"

/* A helper that reads what is in all tmpfs of a frozen VE. */
struct contents {
	int from;		/* its pipe, for CPT_IOC_DUMP */
	pid_t pid;
	int report;
};

int contents_begin(const struct ve *ve, int dev, const struct ve_mounts *all, struct contents *c);

/* After the dump, good or bad: how many *bytes there were; an enum code, OK only if that was all. */
int contents_end(struct contents *c, bool dumped, size_t *bytes);

/* What a verified image has of them. */
struct contents_in {
	int dev;
	unsigned char *buf;
	const unsigned char *p;	/* what is left of it: n bytes */
	size_t n;
	unsigned int id;	/* the mount whose archive is read */
	size_t left;		/* of its piece */
	bool ended;		/* it has no more pieces */
	bool bad;		/* the stream ends early, or is of another mount */
};

void contents_open(struct contents_in *in, int dev);

/*
 * Fill the new file system of a mount, whose root is fd (-1: pass it over). To be called for all
 * that have contents, in their order. An enum code.
 */
int contents_unpack(struct contents_in *in, const struct ve_mount *m, int fd);

/* Was that all? An enum code. */
int contents_close(struct contents_in *in);

#endif

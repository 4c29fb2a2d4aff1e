/* SPDX-License-Identifier: GPL-2.0-only */
/* What ctl itself has in the metadata of an image: the VE as JSON. */
#ifndef CPT_CLI_BLOB_H
#define CPT_CLI_BLOB_H

#include "mounts.h"

#include <stddef.h>
#include <stdint.h>

struct blob {
	uint32_t tag, key;
	void *data;
	size_t len;
};

struct blobs {
	struct blob *b;
	unsigned int n;
};

/* Give one to the module for the next dump; an enum code. */
int blob_put(int dev, uint32_t tag, uint32_t key, const void *data, size_t len);

/* All that the verified image has; an enum code. */
int blob_get_all(int dev, struct blobs *all);
void blob_free(struct blobs *all);

/* The VE as JSON, to be freed: what restore compares, and what `ctl image info` shows. */
char *blob_ve_json(const struct ve *ve, const char *generation, uint64_t caps, const struct ve_mounts *mounts);

/* What restore needs of it. */
struct blob_ve {
	unsigned int veid;
	char generation[33];
	struct ve_mounts mounts;
};

/*
 * Parse and check it (that its mounts are ones that we make, too; admin: the VE may
 * have CAP_SYS_ADMIN); an enum code.
 */
int blob_ve_parse(const struct blobs *all, bool admin, struct blob_ve *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Restoring a VE from an image: what `ctl restore` and `ctl start` share. */
#ifndef CPT_CLI_RESTORE_H
#define CPT_CLI_RESTORE_H

#include "ve.h"

struct restore {
	const char *file;
	bool force;		/* an image older than the files is fine */
	bool keep;		/* do not remove the image afterwards */
	bool undump_only;	/* leave every task parked, for restore --resume or --kill */
	int stats;		/* 0 none, 1 text, 2 JSON */
};

/* The whole restore with its messages; an enum code, nothing is left on failure. */
int restore_full(struct ve *ve, const struct restore *r);

#endif

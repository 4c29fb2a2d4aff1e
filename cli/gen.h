/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generation of a VE's file system: an id outside the VE's reach, in .gen/N
 * beside VE_PRIVATE, new whenever the VE begins to run. An image carries the id
 * that will be the current one if the VE is killed right after the dump; if the
 * VE runs on instead, the id is dropped, and the image is older than the files.
 *
 *	current ID
 *	pending ID PID STARTTIME BOOT-ID	a dump was made while that init was frozen
 */
#ifndef CPT_CLI_GEN_H
#define CPT_CLI_GEN_H

#include "ve.h"

/* The VE is about to run: a new id, nothing pending; an enum code. */
int gen_new(const struct ve *ve);

/*
 * A parked VE is about to run: its state is kept in .gen/N.before (an enum code),
 * unless a ctl that was killed did so for the same stage; back to it, if there is
 * one, for a VE that did not run after all; it did run.
 */
int gen_remember(const struct ve *ve);
int gen_return(const struct ve *ve);
void gen_settle(const struct ve *ve);
bool gen_is_remembered(const struct ve *ve);

/* A dump of the frozen VE is being made: the id for it; an enum code. */
int gen_pending(const struct ve *ve, char id[33]);

/* The frozen VE was killed: the pending id is the current one; an enum code. */
int gen_commit(const struct ve *ve);

/* The VE runs on: no image of it is good any more; an enum code. */
int gen_drop(const struct ve *ve);

/* An image waits for its VE to be killed, or the ctl that made it was killed. */
bool gen_is_pending(const struct ve *ve);

/* The files are as they were when the image with this id was made. */
bool gen_matches(const struct ve *ve, const char *id);

/* Remove what a ctl that was killed left. */
void gen_clean(const struct ve *ve);

/* The VE is destroyed. */
void gen_forget(const struct ve *ve);

#endif

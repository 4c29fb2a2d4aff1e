/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VE's lock: LOCKDIR/N.lck, a text file as vz has it: line 1 the pid of the
 * owner, line 2 what it does; ours has the pid's start time and boot in line 3.
 */
#ifndef CPT_CLI_LOCK_H
#define CPT_CLI_LOCK_H

#include "ve.h"

/*
 * Take the lock or say who has it; an enum code. A lock whose owner is dead is
 * taken over. From here on SIGINT and SIGTERM only set `interrupted`.
 */
int lock_ve(const struct ve *ve, const char *what);

/* The same, but silently: true if we have it. */
bool lock_try(const struct ve *ve, const char *what);

void unlock_ve(const struct ve *ve);

/* SIGINT or SIGTERM came: undo what was begun. */
extern volatile int interrupted;

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The stages that chkpnt and restore share, and what they measured. */
#ifndef CPT_CLI_STAGE_H
#define CPT_CLI_STAGE_H

#include "ve.h"

#include <cpt/ioctl.h>
#include <popt.h>

/* What --stats prints; negative: this stage was not run. */
struct stats {
	long long freeze_ns, dump_ns, kill_ns, undump_ns, resume_ns;
	long long tasks, pages, pages_shared, bytes;
};

#define STATS_NONE	{ -1, -1, -1, -1, -1, -1, -1, -1, -1 }

enum { STATS_OFF, STATS_TEXT, STATS_JSON };

/* --stats[=json]: an enum code. */
int stats_parse(const char *arg, int *how);
void stats_print(const struct ve *ve, const struct stats *s, int how);

/*
 * Like cmd_options(), for a table in which val 'S' is --stats[=FORMAT]: *stats is set
 * if it was given, with or without a format.
 */
int stage_options(int argc, char **argv, const struct poptOption *table, int *stats);

/* --context and --flags: checked as vz did, and not needed; an enum code. */
int stage_ignored(const char *context, const char *flags);

/* With --verbose: what happens, and when since the first call. */
void step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Kill the VE that is suspended or undumped and take its world down; an enum code.
 * The image of a dumped VE is the current one from then on.
 */
int stage_kill(struct ve *ve, int dev, int stage, struct stats *s, int code_if_failed);

/* Let it go on; no image made before is good any more. An enum code. */
int stage_resume(struct ve *ve, int dev, int stage, struct stats *s, int code_if_failed);

/* The whole of `chkpnt --kill` and `restore --kill`, and of --resume. */
int stage_kill_command(struct ve *ve, struct stats *s, int code_if_failed);
int stage_resume_command(struct ve *ve, struct stats *s, int code_if_failed);

#endif

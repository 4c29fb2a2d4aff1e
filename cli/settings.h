/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of `set` (and of `create`) that change N.conf. */
#ifndef CPT_CLI_SETTINGS_H
#define CPT_CLI_SETTINGS_H

#include "ve.h"

#include <popt.h>

struct setting;

/* What the command line asked for, in its order. */
struct settings {
	struct {
		const struct setting *what;
		const char *value;
	} *items;
	int n;
};

/* Parse the options of the table of settings and those of own (val 0); an enum code. */
int settings_parse(struct settings *s, int argc, char **argv, struct poptOption *own);

/* Check the values and put them into ve->conf (not on disk); an enum code. */
int settings_apply(const struct settings *s, struct ve *ve);

/* Write N.conf, with a line that says so; an enum code. */
int settings_save(struct ve *ve);

#endif

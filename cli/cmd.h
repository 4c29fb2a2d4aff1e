/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of ctl: one function each, called by main.c's table. */
#ifndef CPT_CLI_CMD_H
#define CPT_CLI_CMD_H

#include "ve.h"

#include <popt.h>

#define CTL_VERSION	"4.11.1"	/* of the vzctl whose interface this is */

/* Commands on one VE; argv[0] is the command, options follow. They return an exit code. */
int cmd_create(struct ve *ve, int argc, char **argv);
int cmd_destroy(struct ve *ve, int argc, char **argv);
int cmd_mount(struct ve *ve, int argc, char **argv);
int cmd_umount(struct ve *ve, int argc, char **argv);
int cmd_start(struct ve *ve, int argc, char **argv);
int cmd_stop(struct ve *ve, int argc, char **argv);
int cmd_restart(struct ve *ve, int argc, char **argv);
int cmd_status(struct ve *ve, int argc, char **argv);
int cmd_exec(struct ve *ve, int argc, char **argv);
int cmd_exec2(struct ve *ve, int argc, char **argv);
int cmd_exec3(struct ve *ve, int argc, char **argv);
int cmd_enter(struct ve *ve, int argc, char **argv);
int cmd_console(struct ve *ve, int argc, char **argv);
int cmd_set(struct ve *ve, int argc, char **argv);
int cmd_chkpnt(struct ve *ve, int argc, char **argv);
int cmd_restore(struct ve *ve, int argc, char **argv);

/* Commands that name no VE, or several. */
int cmd_list(int argc, char **argv);
int cmd_image(int argc, char **argv) __attribute__((weak));

/*
 * Parse options that store into variables (val 0), refuse words that are none; an
 * enum code. rest: not NULL: words are allowed, the first is put there.
 */
int cmd_options(int argc, char **argv, const struct poptOption *table, const char **rest);

/* Refuse a VE that is held frozen by the module, with a sentence; an enum code. */
int cmd_not_frozen(const struct ve *ve, const char *what);

/* Used by restart and start. */
int do_start(struct ve *ve, bool force);
int do_stop(struct ve *ve, bool fast, bool umount);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* ctl restore: undump and resume a VE, both at once or each alone. */
#include "cmd.h"
#include "restore.h"
#include "say.h"
#include "stage.h"

enum { FULL, UNDUMP, KILL, RESUME };

int cmd_restore(struct ve *ve, int argc, char **argv)
{
	int does[RESUME + 1] = { 0 }, ignored = 0, verbose = 0, force = 0, keep = 0, stats = 0, what = FULL, n = 0, code;
	char *file = NULL, *context = NULL, *flags = NULL, *format = NULL, *timeout = NULL;
	struct poptOption table[] = {
		{ "undump", 0, POPT_ARG_NONE, &does[UNDUMP], 0, NULL, NULL },
		{ "kill", 0, POPT_ARG_NONE, &does[KILL], 0, NULL, NULL },
		{ "resume", 0, POPT_ARG_NONE, &does[RESUME], 0, NULL, NULL },
		{ "dumpfile", 0, POPT_ARG_STRING, &file, 0, NULL, NULL },
		{ "context", 0, POPT_ARG_STRING, &context, 0, NULL, NULL },
		{ "flags", 0, POPT_ARG_STRING, &flags, 0, NULL, NULL },
		{ "timeout", 0, POPT_ARG_STRING, &timeout, 0, NULL, NULL },
		{ "skip_arpdetect", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "skip-remount", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "skip-fsck", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "force", 0, POPT_ARG_NONE, &force, 0, NULL, NULL },
		{ "keep", 0, POPT_ARG_NONE, &keep, 0, NULL, NULL },
		{ "verbose", 0, POPT_ARG_NONE, &verbose, 0, NULL, NULL },
		{ "stats", 0, POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL, &format, 'S', NULL, NULL },
		POPT_TABLEEND
	};
	struct restore r = { 0 };
	struct stats s = STATS_NONE;

	code = stage_options(argc, argv, table, &stats);
	if (!code && stats)
		code = stats_parse(format, &r.stats);
	for (int i = UNDUMP; i <= RESUME; i++)
		if (does[i]) {
			what = i;
			n++;
		}
	if (!code && n > 1)
		code = fail(E_SYNTAX, "Invalid syntax: only one sub command may be used");
	if (!code && what == UNDUMP && !file)
		code = fail(E_SYNTAX, "Error: dumpfile is not specified");
	if (!code)
		code = stage_ignored(context, flags);
	if (code)
		return code;
	verbosity += verbose;
	step("begun");
	if (what == FULL || what == UNDUMP) {
		r.file = file ? file : ve->dump;
		r.force = force;
		r.keep = keep;
		r.undump_only = what == UNDUMP;
		return restore_full(ve, &r);
	}
	code = what == KILL ? stage_kill_command(ve, &s, E_RESTORE) : stage_resume_command(ve, &s, E_RESTORE);
	if (!code)
		stats_print(ve, &s, r.stats);
	return code;
}

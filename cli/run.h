/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands run inside a VE: for exec, exec2, exec3 and enter.
 *
 *	ctl (host) --- relay between its streams and pipes, or the VE's pty
 *	  `- helper: joins the VE's namespaces, gives up what the VE may not have,
 *	     |       and waits; in the host's pid namespace, so nobody in the VE sees it
 *	     `- command: a session of its own in the VE, streams: the pipes or the pty
 *
 * So nothing of the host is open in the VE. What the command leaves in the
 * background goes to the VE's init; where it still holds the pipes for its output,
 * a `cat` of the VE drains them into the VE's /dev/null.
 */
#ifndef CPT_CLI_RUN_H
#define CPT_CLI_RUN_H

#include "ve.h"

struct run {
	const char *const *argv;	/* argv[0] "": a shell takes the rest as its arguments */
	bool pty;			/* a terminal of the VE, else pipes */
	bool login;			/* a login shell, in root's home */
};

/* Returns false after a sentence (*code), else true and a wait status. */
bool run_in_ve(struct ve *ve, const struct run *run, int *code, int *status);

#endif

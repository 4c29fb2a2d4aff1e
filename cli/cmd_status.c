// SPDX-License-Identifier: GPL-2.0-only
/* ctl status: one line that many programs parse; it never fails. */
#include "cmd.h"

#include <stdio.h>

int cmd_status(struct ve *ve, int argc, char **argv)
{
	bool running = ve_running(ve);

	(void)argc;
	(void)argv;
	printf("CTID %u %s %s %s%s\n", ve->id, ve_exists(ve) ? "exist" : "deleted",
	       ve_mounted(ve) ? "mounted" : "unmounted", running ? "running" : "down",
	       !running && ve_dumped(ve) ? " suspended" : "");
	return 0;
}

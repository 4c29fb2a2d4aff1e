// SPDX-License-Identifier: GPL-2.0-only
/* ctl mount, umount, destroy: the private area of a VE that does not run. */
#include "cmd.h"
#include "gen.h"
#include "life.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cmd_mount(struct ve *ve, int argc, char **argv)
{
	int code = cmd_options(argc, argv, NULL, NULL);

	if (code)
		return code;
	if (ve_running(ve))
		return fail(E_RUNNING, "Container is running");
	if (ve_mounted(ve))
		return fail(E_MOUNTED, "Container is already mounted");
	return life_mount(ve);
}

int cmd_umount(struct ve *ve, int argc, char **argv)
{
	int code = cmd_options(argc, argv, NULL, NULL);

	if (code)
		return code;
	if (ve_running(ve))
		return fail(E_RUNNING, "Container is running. Stop it first.");
	if (!ve_mounted(ve))
		return fail(E_NOT_MOUNTED, "Container is not mounted");
	return life_umount(ve);
}

/* The names that lead to the configuration. */
static void remove_name(const struct ve *ve)
{
	const char *name = ve_get(ve, "NAME");
	char *link;

	if (!name || !*name || strchr(name, '/'))
		return;
	link = xprintf("%s/%s", VE_NAME_DIR, name);
	unlink(link);
	free(link);
}

int cmd_destroy(struct ve *ve, int argc, char **argv)
{
	int code = cmd_options(argc, argv, NULL, NULL);
	char *old, *stale;

	if (code)
		return code;
	if (ve_running(ve)) {
		code = cmd_not_frozen(ve, "destroy the container");
		return code ? code : fail(E_RUNNING, "Container is currently running. Stop it before proceeding.");
	}
	if (ve_mounted(ve))
		return fail(E_MOUNTED, "Container is currently mounted (umount first)");
	say(0, "Destroying container private area: %s", ve->private);
	/* Out of sight first: what is half removed must not be started. */
	old = xprintf("%s.destroying", ve->private);
	if (remove_tree(old) || (rename(ve->private, old) && errno != ENOENT) || remove_tree(old))
		return fail_errno(E_DESTROY, "Cannot remove %s", ve->private);
	free(old);
	rmdir(ve->root);
	unlink(ve->dump);
	stale = xprintf("%s.stale", ve->dump);
	unlink(stale);
	free(stale);
	gen_forget(ve);
	remove_name(ve);
	old = xprintf("%s.destroyed", ve->conf_path);
	if (rename(ve->conf_path, old))
		return fail_errno(E_DESTROY, "Cannot rename %s", ve->conf_path);
	free(old);
	say(0, "Container private area was destroyed");
	return OK;
}

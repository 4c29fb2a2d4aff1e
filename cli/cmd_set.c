// SPDX-License-Identifier: GPL-2.0-only
/* ctl set: change a VE's settings, in its configuration and where it runs. */
#include "cmd.h"
#include "cgroup.h"
#include "ns.h"
#include "say.h"
#include "settings.h"
#include "util.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Only the UTS namespace is entered: nobody in the VE sees the process. */
static int set_hostname(struct ve *ve, const char *name)
{
	int report, status, code;
	pid_t pid = fork_helper(&report, &ve->pidfd, 1);

	if (pid < 0)
		return E_SYSTEM;
	if (!pid) {
		if (setns(ve->pidfd, CLONE_NEWUTS) || sethostname(name, strlen(name)))
			_exit(fail_errno(E_HOSTNAME, "Cannot set the container's host name"));
		_exit(OK);
	}
	code = report_all(report);
	close(report);
	waitpid(pid, &status, 0);
	return code;
}

int cmd_set(struct ve *ve, int argc, char **argv)
{
	char *root = NULL, *private = NULL, *template = NULL;
	int save = 0, ignored = 0, code;
	struct poptOption own[] = {
		{ "save", 0, POPT_ARG_NONE, &save, 0, NULL, NULL },
		{ "force", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "reset_ub", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "skip_arpdetect", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "offline-resize", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "root", 0, POPT_ARG_STRING, &root, 0, NULL, NULL },
		{ "private", 0, POPT_ARG_STRING, &private, 0, NULL, NULL },
		{ "ostemplate", 0, POPT_ARG_STRING, &template, 0, NULL, NULL },
		POPT_TABLEEND
	};
	struct settings s = { 0 };
	const char *old = ve_get(ve, "HOSTNAME"), *name;
	bool running = ve_running(ve);

	old = xstrdup(old ? old : "");
	code = settings_parse(&s, argc, argv, own);
	if (!code)
		code = settings_apply(&s, ve);
	if (code)
		return code;
	if ((root || private) && running)
		return fail(E_RUNNING, "VE_ROOT and VE_PRIVATE of a running container cannot be changed");
	if (root)
		conf_set(&ve->conf, "VE_ROOT", root);
	if (private)
		conf_set(&ve->conf, "VE_PRIVATE", private);
	if (template)
		conf_set(&ve->conf, "OSTEMPLATE", template);
	if (running) {
		code = cgroup_limits(ve);
		name = ve_get(ve, "HOSTNAME");
		if (!code && name && strcmp(name, old))
			code = set_hostname(ve, name);
	}
	if (code)
		return code;
	if (save)
		return settings_save(ve);
	if (s.n)
		warn("WARNING: Settings were not saved to config (use --save flag to save).");
	return OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/* ctl start, stop, restart. */
#include "cmd.h"
#include "cgroup.h"
#include "life.h"
#include "lock.h"
#include "restore.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* A VE that was checkpointed is to go on, not to start anew; false: it has to start anew. */
static bool try_dump(struct ve *ve, bool force)
{
	struct restore r = { .file = ve->dump, .force = force };
	char *aside = xprintf("%s.stale", ve->dump);
	int code;

	if (!ve_dumped(ve)) {
		free(aside);
		return false;
	}
	say(0, "Dump file %s exists, trying to restore from it", ve->dump);
	code = restore_full(ve, &r);
	/*
	 * Never let an image that did not work be tried again later, over files that
	 * the VE changed since.
	 */
	if (code && !interrupted && !rename(ve->dump, aside))
		warn("%s is kept as %s; the container starts without it", ve->dump, aside);
	free(aside);
	return !code;
}

int do_start(struct ve *ve, bool force)
{
	if (ve_running(ve))
		return fail(E_RUNNING, "Container is already running");
	if (conf_is_yes(ve_get(ve, "DISABLED")) && !force)
		return fail(E_DISABLED, "Container start disabled");
	if (try_dump(ve, force))
		return OK;
	if (interrupted)
		return fail(E_INIT, "Interrupted");
	return life_start(ve);
}

int cmd_start(struct ve *ve, int argc, char **argv)
{
	int force = 0, ignored = 0;
	struct poptOption table[] = {
		{ "force", 0, POPT_ARG_NONE, &force, 0, NULL, NULL },
		{ "wait", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "skip-fsck", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "skip-remount", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "skip_ve_setup", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		POPT_TABLEEND
	};
	int code = cmd_options(argc, argv, table, NULL);

	return code ? code : do_start(ve, force);
}

/* --- stop ---------------------------------------------------------------------------------- */

/*
 * The signal by which this init shuts down. A VE may not reboot(2), so that an init
 * which ends by that stays as the VE's last process: see wait_for_end().
 */
static int stop_signal(const struct ve *ve)
{
	char *path = xprintf("/proc/%d/exe", ve->init), exe[4096];
	ssize_t n = readlink(path, exe, sizeof(exe) - 1);
	const char *name;

	free(path);
	if (n < 0)
		return SIGPWR;
	exe[n] = 0;
	name = strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe;
	if (!strncmp(name, "busybox", 7))
		return SIGUSR2;
	if (!strncmp(name, "systemd", 7))
		return SIGRTMIN + 4;
	return SIGPWR;
}

#define ALONE_MS	1500	/* so long nothing but init: it has shut down */

static bool wait_for_end(struct ve *ve, long long timeout_ms)
{
	long long until = now_ms() + timeout_ms, alone = 0;

	while (now_ms() < until && !interrupted) {
		if (!ve_running(ve))
			return true;
		if (cgroup_processes(ve) > 1)
			alone = 0;
		else if (!alone)
			alone = now_ms();
		else if (now_ms() - alone > ALONE_MS)
			return true;
		sleep_ms(50);
	}
	return !ve_running(ve);
}

static long long stop_timeout(const struct ve *ve)
{
	const char *v = ve_get(ve, "STOP_TIMEOUT");
	uint64_t s;

	return parse_u64(v, 10, 86400, &s) ? s * 1000LL : 120000;
}

int do_stop(struct ve *ve, bool fast, bool umount)
{
	int code;

	if (!ve_running(ve))
		return fail(E_NOT_RUNNING, "Unable to stop: container is not running");
	code = cmd_not_frozen(ve, "stop the container");
	if (code)
		return code;
	if (!fast) {
		say(0, "Stopping container ...");
		if (pidfd_send_signal(ve->pidfd, stop_signal(ve), NULL, 0) && errno != ESRCH)
			return fail_errno(E_STOP, "Cannot signal the container's init");
		fast = !wait_for_end(ve, stop_timeout(ve));
		if (interrupted)
			return fail(E_STOP, "Interrupted; the container may still be shutting down");
	}
	if (fast)
		say(0, "Killing container ...");
	pidfd_send_signal(ve->pidfd, SIGKILL, NULL, 0);
	if (!cgroup_kill(ve, 30000))
		return fail(E_STOP, "Unable to stop container: its processes do not die");
	say(0, "Container was stopped");
	return life_take_down(ve, umount);
}

int cmd_stop(struct ve *ve, int argc, char **argv)
{
	int fast = 0, keep = 0;
	struct poptOption table[] = {
		{ "fast", 0, POPT_ARG_NONE, &fast, 0, NULL, NULL },
		{ "skip-umount", 0, POPT_ARG_NONE, &keep, 0, NULL, NULL },
		POPT_TABLEEND
	};
	int code = cmd_options(argc, argv, table, NULL);

	if (code)
		return code;
	/* To be down is what was asked for. */
	if (!ve_running(ve)) {
		warn("Container is not running");
		return keep ? OK : life_umount(ve);
	}
	return do_stop(ve, fast, !keep);
}

int cmd_restart(struct ve *ve, int argc, char **argv)
{
	int force = 0, fast = 0, ignored = 0;
	struct poptOption table[] = {
		{ "force", 0, POPT_ARG_NONE, &force, 0, NULL, NULL },
		{ "fast", 0, POPT_ARG_NONE, &fast, 0, NULL, NULL },
		{ "wait", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "skip-fsck", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		POPT_TABLEEND
	};
	int code = cmd_options(argc, argv, table, NULL);

	if (code)
		return code;
	say(0, "Restarting container");
	if (ve_running(ve))
		code = do_stop(ve, fast, true);
	return code ? code : do_start(ve, force);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The VE's lock file; see lock.h. */
#include "lock.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

volatile int interrupted;

static bool held;

static void on_signal(int sig)
{
	interrupted = sig;
}

/* No SA_RESTART: what we wait for has to come back and see `interrupted`. */
static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static char *lock_path(const struct ve *ve)
{
	return xprintf("%s/%u.lck", ve->lockdir, ve->id);
}

/*
 * The pid of a living owner, 0 if the lock may be taken over, -1 if it was not to
 * be understood (just being written by another program: not ours to judge).
 */
static pid_t owner(const char *path)
{
	char *text = read_file(path), *line3, boot[64] = "";
	unsigned long long start = 0;
	struct stat st;
	pid_t pid = 0;

	if (!text)
		return errno == ENOENT ? 0 : -1;
	if (sscanf(text, "%d", &pid) != 1 || pid <= 0) {
		/* Nobody takes a minute to write one line. */
		pid = !stat(path, &st) && time(NULL) - st.st_mtime > 60 ? 0 : -1;
		free(text);
		return pid;
	}
	line3 = strchr(text, '\n');
	line3 = line3 ? strchr(line3 + 1, '\n') : NULL;
	if (line3 && sscanf(line3 + 1, "%llu %63s", &start, boot) == 2) {
		if (strcmp(boot, boot_id()) || proc_start(pid) != start)
			pid = 0;
	} else if (!proc_start(pid)) {
		pid = 0;
	}
	free(text);
	return pid;
}

/* Make the lock file: 1 done, 0 somebody has it (*pid), -1 errno. */
static int take(const struct ve *ve, const char *what, pid_t *pid, bool quiet)
{
	char *path = lock_path(ve), *tmp = xprintf("%s/.%u", ve->lockdir, ve->id);
	char *text = xprintf("%d\n%s\n%llu %s\n", getpid(), what, proc_start(getpid()), boot_id());
	int dir, rc = -1;

	mkdirs(ve->lockdir, 0755);
	/*
	 * Finding a lock stale and removing it must be one step among ctls. And what a
	 * killed one left of this name is then nobody's.
	 */
	dir = open(ve->lockdir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && !flock(dir, LOCK_EX) && !replace_file(tmp, text, 0644)) {
		rc = link(tmp, path) ? (errno == EEXIST ? 0 : -1) : 1;
		*pid = rc ? 0 : owner(path);
		if (!rc && !*pid) {
			if (!quiet)
				warn("Removing stale lock file %s", path);
			unlink(path);
			rc = link(tmp, path) ? -1 : 1;
		}
		unlink(tmp);
	}
	if (dir >= 0)
		close(dir);
	free(path);
	free(tmp);
	free(text);
	return rc;
}

int lock_ve(const struct ve *ve, const char *what)
{
	pid_t pid = 0;
	int rc = take(ve, what, &pid, false);

	if (rc < 0)
		return fail_errno(E_LOCKED, "Cannot lock container %u in %s", ve->id, ve->lockdir);
	if (!rc && pid > 0)
		return fail(E_LOCKED, "Container already locked (by process %d)", pid);
	if (!rc)
		return fail(E_LOCKED, "Container already locked");
	held = true;
	catch_signals();
	return OK;
}

bool lock_try(const struct ve *ve, const char *what)
{
	pid_t pid;

	held = take(ve, what, &pid, true) == 1;
	return held;
}

void unlock_ve(const struct ve *ve)
{
	char *path = lock_path(ve);

	if (held)
		unlink(path);
	held = false;
	free(path);
}

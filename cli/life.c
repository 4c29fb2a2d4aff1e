// SPDX-License-Identifier: GPL-2.0-only
/* The life of a VE; see life.h. */
#include "life.h"
#include "caps.h"
#include "cgroup.h"
#include "console.h"
#include "gen.h"
#include "lock.h"
#include "mount.h"
#include "ns.h"
#include "say.h"
#include "tty.h"
#include "util.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILL_MS	30000

int life_mount(const struct ve *ve)
{
	struct stat st;

	if (stat(ve->private, &st) || !S_ISDIR(st.st_mode))
		return fail(E_NO_AREA, "Container private area %s does not exist", ve->private);
	if (ve_mounted(ve))
		return OK;
	if (mkdirs(ve->root, 0755))
		return fail_errno(E_MOUNT, "Cannot make %s", ve->root);
	if (mount_bind(ve->private, ve->root))
		return fail_errno(E_MOUNT, "Cannot mount %s at %s", ve->private, ve->root);
	say(0, "Container is mounted");
	return OK;
}

int life_umount(const struct ve *ve)
{
	if (!ve_mounted(ve))
		return OK;
	if (mount_remove(ve->root))
		return fail_errno(E_UMOUNT, "Cannot unmount %s", ve->root);
	say(0, "Container is unmounted");
	return OK;
}

int life_prepare(struct ve *ve)
{
	int code = ve_write_pid(ve, 0);

	if (!code)
		code = life_mount(ve);
	if (!code)
		code = cgroup_create(ve);
	return code;
}

int life_take_down(struct ve *ve, bool umount)
{
	int code = OK, c;

	if (cgroup_exists(ve)) {
		if (!cgroup_kill(ve, KILL_MS))
			return fail(E_STOP, "Container cannot be stopped: its processes do not die");
		code = cgroup_remove(ve);
	}
	console_end(ve);
	if (umount && (c = life_umount(ve)))
		code = code ? code : c;
	if (!code)
		ve_forget_pid(ve);
	return code;
}

int life_clean(struct ve *ve)
{
	if (!ve_stale(ve))
		return OK;
	say(1, "Cleaning up what is left of the container");
	return life_take_down(ve, true);
}

/* --- starting init ------------------------------------------------------------------------- */

static int null_streams(void)
{
	int fd = open("/dev/null", O_RDWR | O_NOCTTY);

	if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		return fail_errno(E_INIT, "Cannot open the container's /dev/null");
	if (fd > 2)
		close(fd);
	return OK;
}

/* Process 1 of the VE, until it becomes the VE's own program. */
static void run_init(uint64_t caps, int report, int go)
{
	static char *const argv[] = { "init", NULL };
	static char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/",
				     "TERM=linux", NULL };
	char byte;

	/* Only when ctl has written down who we are; it may have died instead. */
	if (read(go, &byte, 1) != 1)
		_exit(E_INIT);
	/* 0, 1 and 2 are about to become the streams. */
	if (report < 3)
		report = fcntl(report, F_DUPFD_CLOEXEC, 3);
	report_to(report);
	setsid();
	/* What is opened now keeps these rights, in an image too: the VE's, no more. */
	if (world_proc() || caps_limit(caps) || null_streams() || console_make(go))
		_exit(E_INIT);
	close(go);
	execve("/sbin/init", argv, env);
	fail_errno(E_INIT, "Cannot run /sbin/init of the container");
	_exit(E_INIT);
}

/* The helper: builds the world, leaves process 1 in it, reports its pid and ends. */
static void build(struct ve *ve, uint64_t caps, int report, int go)
{
	int code = world_enter(ve);
	pid_t pid;

	if (code)
		_exit(code);
	if (unshare(CLONE_NEWPID))
		_exit(fail_errno(E_ENV_CREATE, "Cannot make the container's pid namespace"));
	pid = fork();
	if (pid < 0)
		_exit(fail_errno(E_INIT, "Cannot fork the container's init"));
	if (!pid)
		run_init(caps, report, go);
	report_pid(pid);
	_exit(OK);
}

/* Take the helper's report, write the pid down, let init go; an enum code. */
static int let_go(struct ve *ve, pid_t helper, int report, int go)
{
	struct report r;
	int code;

	for (;;) {
		if (!report_wait(report, helper, &r))
			return fail(E_INIT, "The helper that builds the container died");
		if (r.pid)
			break;
		if (r.code)
			return fail(r.code, "%s", r.text);
		warn("%s", r.text);
	}
	code = ve_write_pid(ve, r.pid);
	if (!code && !ve_running(ve))
		code = fail(E_INIT, "The container's init died");
	if (!code && write(go, "", 1) != 1)
		code = fail_errno(E_INIT, "Cannot start the container's init");
	return code;
}

/* The console's master, which init sends. */
static int take_console(const struct ve *ve, int from)
{
	int master = receive_fd(from, true);

	/* If there is none, init says why. */
	return master < 0 ? OK : console_keep(ve, master, NULL, 0);
}

static int start(struct ve *ve)
{
	int go[2], report, keep[1], code, status;
	uint64_t caps;
	pid_t helper;

	code = caps_of_ve(ve, &caps);
	if (code)
		return code;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go))
		return fail_errno(E_SYSTEM, "Cannot make a socket");
	keep[0] = go[0];
	helper = fork_helper(&report, keep, 1);
	if (!helper)
		build(ve, caps, report, go[0]);
	close(go[0]);
	if (helper < 0)
		return E_SYSTEM;
	code = let_go(ve, helper, report, go[1]);
	if (!code)
		code = take_console(ve, go[1]);
	close(go[1]);
	waitpid(helper, &status, 0);
	/* End of file: init is the VE's program now, or has said why not. */
	if (!code)
		code = report_all(report);
	close(report);
	return code;
}

int life_start(struct ve *ve)
{
	int code;

	say(0, "Starting container...");
	code = life_prepare(ve);
	if (!code)
		code = gen_new(ve);
	if (!code)
		code = start(ve);
	if (!code && interrupted)
		code = fail(E_INIT, "Interrupted");
	if (code) {
		fail(code, "Container start failed");
		life_take_down(ve, true);
		return code;
	}
	say(0, "Container start in progress...");
	return OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Processes that go into a VE; see ns.h. */
#include "ns.h"
#include "caps.h"
#include "cgroup.h"
#include "say.h"
#include "util.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif

#define SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int sealed_copy(int exe)
{
	int fd = memfd_create("ctl", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	off_t at = 0;
	struct stat st;

	if (fd < 0 && errno == EINVAL)	/* before 6.3 every memfd could be run */
		fd = memfd_create("ctl", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || fstat(exe, &st))
		return -1;
	while (at < st.st_size)
		if (sendfile(fd, exe, &at, st.st_size - at) <= 0)
			return -1;
	if (fcntl(fd, F_ADD_SEALS, SEALS))
		return -1;
	return fd;
}

void seal_self(char **argv)
{
	int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), copy;

	/* Not to be looked into or traced by those who lack the right anyway. */
	if (exe >= 0 && fcntl(exe, F_GET_SEALS) == SEALS) {
		close(exe);
		prctl(PR_SET_NAME, "ctl");
		prctl(PR_SET_DUMPABLE, 0);
		return;
	}
	copy = exe < 0 ? -1 : sealed_copy(exe);
	if (copy >= 0)
		fexecve(copy, argv, environ);
	fail_errno(E_SYSTEM, "Cannot run from a sealed copy of the program");
	exit(E_SYSTEM);
}

int ns_join(const struct ve *ve)
{
	uint64_t caps;
	int code;

	if (!caps_of_process(ve->init, &caps))
		return fail(E_NOT_RUNNING, "Container is not running");
	code = cgroup_enter(ve);
	if (!code && setns(ve->pidfd, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP |
			   CLONE_NEWTIME | CLONE_NEWPID))
		code = fail_errno(E_ENV_CREATE, "Cannot enter the container's namespaces");
	/* Before anybody in there can see us: no more rights than they have. */
	return code ? code : caps_limit(caps);
}

int ns_in_pids(pid_t init, int (*fn)(void *), void *arg)
{
	int fd = pidfd_open(init, 0), status;
	pid_t outer = fork(), inner;

	if (!outer) {
		if (fd < 0 || setns(fd, CLONE_NEWPID))
			_exit(fail_errno(E_ENV_CREATE, "Cannot enter the container's pid namespace"));
		inner = fork();
		if (!inner)
			_exit(fn(arg));
		if (inner < 0 || waitpid(inner, &status, 0) != inner)
			_exit(fail_errno(E_SYSTEM, "Cannot fork"));
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : E_MOUNT);
	}
	close(fd);
	if (outer < 0 || waitpid(outer, &status, 0) != outer)
		return fail_errno(E_SYSTEM, "Cannot fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : E_MOUNT;
}

pid_t fork_helper(int *report, int *keep, int n)
{
	pid_t parent = getpid(), pid;
	int fds[2], *all, code;

	if (pipe2(fds, O_CLOEXEC)) {
		fail_errno(E_SYSTEM, "Cannot make a pipe");
		return -1;
	}
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		fail_errno(E_SYSTEM, "Cannot fork");
	if (pid) {
		close(fds[1]);
		if (pid < 0)
			close(fds[0]);
		*report = fds[0];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(E_SYSTEM);
	prctl(PR_SET_DUMPABLE, 0);
	all = xmalloc((n + 1) * sizeof(*all));
	for (int i = 0; i < n; i++)
		all[i] = keep[i];
	all[n] = fds[1];
	report_to(fds[1]);
	code = world_strip(all, n + 1);
	free(all);
	if (code)
		_exit(code);
	*report = fds[1];
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* The mount namespaces of single processes; see spaces.h. */
#include "spaces.h"
#include "cgroup.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a process needs to look into mount namespaces and to come back. */
struct home {
	int proc, ns, root, cwd;
};

static void leave_home(struct home *h)
{
	const int fds[] = { h->proc, h->ns, h->root, h->cwd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int open_home(struct home *h)
{
	h->proc = open("/proc/self", O_PATH | O_CLOEXEC);
	h->ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	h->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	h->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (h->proc < 0 || h->ns < 0 || h->root < 0 || h->cwd < 0)
		return fail_errno(E_CHKPNT, "Cannot read the container's mount namespaces");
	return OK;
}

static int go_home(const struct home *h)
{
	if (setns(h->ns, CLONE_NEWNS) || fchdir(h->root) || chroot(".") || fchdir(h->cwd))
		return fail_errno(E_CHKPNT, "Cannot come back from the container's mount namespace");
	return OK;
}

/* The namespace is of the host's users, as the VE's own is. */
static bool has_our_users(int ns)
{
	int fd = ioctl(ns, NS_GET_USERNS);
	struct stat own, its;
	bool same = fd >= 0 && !fstat(fd, &its) && !stat("/proc/self/ns/user", &own) && own.st_ino == its.st_ino &&
		    own.st_dev == its.st_dev;

	if (fd >= 0)
		close(fd);
	return same;
}

/*
 * Its mounts, and its root directory; by going there, as a process in it may have another
 * root. It takes fd. Nobody in there sees us: we are not in the VE's pid namespace.
 */
static int read_space(const struct ve *ve, struct ve_mounts *all, const struct home *h, int fd, const char *who, int *root)
{
	char *text = NULL, *cgroup = cgroup_name(ve);
	int code = OK;

	if (setns(fd, CLONE_NEWNS))
		code = fail_errno(E_CHKPNT, "Cannot look into the mount namespace of %s", who);
	if (!code) {
		*root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		text = read_fd(openat(h->proc, "mountinfo", O_RDONLY | O_CLOEXEC));
		code = go_home(h);
	}
	if (!code && (*root < 0 || !text))
		code = fail_errno(E_CHKPNT, "Cannot read the mount namespace of %s", who);
	if (code)
		close(fd);
	else
		code = mounts_add(all, text, cgroup, fd, who);
	free(cgroup);
	free(text);
	return code;
}

bool spaces_exist(int dev)
{
	struct cpt_ioc_find_mntns a = { 0 };

	if (ioctl(dev, CPT_IOC_FIND_MNTNS, &a))
		return false;
	close(a.fd);
	return true;
}

int spaces_add(const struct ve *ve, int dev, struct ve_mounts *all, int **roots, int *obstacles)
{
	struct cpt_ioc_find_mntns a = { 0 };
	struct home h;
	char *who;
	int code = open_home(&h), n = 0;

	while (!code && !ioctl(dev, CPT_IOC_FIND_MNTNS, &a)) {
		who = xprintf("process %d (%.16s)", a.pid, a.comm);
		if (has_our_users(a.fd)) {
			*roots = xrealloc(*roots, (n + 1) * sizeof(**roots));
			code = read_space(ve, all, &h, a.fd, who, &(*roots)[n]);
			n += !code;
		} else {
			fail(E_CHKPNT, "%s is in a mount namespace of a user namespace, which cannot be preserved", who);
			(*obstacles)++;
			close(a.fd);
		}
		free(who);
	}
	if (!code && errno != ENOENT)
		code = fail_errno(E_CHKPNT, "Cannot find the container's mount namespaces");
	leave_home(&h);
	return code;
}

int spaces_add_umounted(const struct ve *ve, int dev, struct ve_mounts *all)
{
	char *line = xmalloc(CPT_MOUNT_LINE + 1), *cgroup = cgroup_name(ve);
	struct cpt_ioc_find_mount a = { .len = CPT_MOUNT_LINE, .line = (uintptr_t)line };
	int code;

	for (; !ioctl(dev, CPT_IOC_FIND_MOUNT, &a); a.index++, a.len = CPT_MOUNT_LINE) {
		line[a.len] = 0;
		mounts_add_umounted(all, line, cgroup, a.fd);
	}
	code = errno == ENOENT ? OK : fail_errno(E_CHKPNT, "Cannot read the container's unmounted mounts");
	free(cgroup);
	free(line);
	return code;
}

int spaces_open(int root, int *roots, struct ve_mounts *all)
{
	int code = mounts_open(root, 0, all);

	for (unsigned int ns = 1; ns < all->n_spaces; ns++) {
		if (!code)
			code = mounts_open(roots[ns - 1], ns, all);
		close(roots[ns - 1]);
	}
	free(roots);
	return code;
}

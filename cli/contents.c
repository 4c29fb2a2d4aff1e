// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contents of a VE's mounts; see contents.h.
 *
 * A helper copies each mount namespace of the VE for itself. There it may do what it likes:
 * what hides a mount is taken away, a bind shows it without what is mounted in it.
 */
#include "contents.h"
#include "blob.h"
#include "cgroup.h"
#include "mount.h"
#include "ns.h"
#include "pack.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

struct put {
	int dev;
	unsigned int id;
	size_t bytes;		/* of all mounts */
};

static int put_piece(void *arg, const void *data, size_t len)
{
	struct put *p = arg;

	p->bytes += len;
	if (p->bytes > CPT_META_MAX)
		return fail(E_CHKPNT, "what is in the container's tmpfs is larger than %u MiB", CPT_META_MAX >> 20);
	return blob_put(p->dev, CPT_BLOB_TMPFS, p->id, data, len);
}

/* Be in a copy of a mount namespace of the VE, from which nothing spreads; *text is its mountinfo. */
static int copy_namespace(int fd, int proc, char **text)
{
	if (setns(fd, CLONE_NEWNS) || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return fail_errno(E_CHKPNT, "Cannot copy the container's mounts");
	*text = read_fd(openat(proc, "mountinfo", O_RDONLY | O_CLOEXEC));
	return *text ? OK : fail_errno(E_CHKPNT, "Cannot read the container's mounts");
}

/* The copy has the same mounts as namespace ns, in the same order, by other numbers. */
static bool same(const struct ve_mounts *all, unsigned int ns, const struct ve_mounts *copy)
{
	unsigned int first = all->space[ns].first;

	if (mounts_in(all, ns) != copy->n)
		return false;
	for (unsigned int i = 0; i < copy->n; i++) {
		const struct ve_mount *a = &all->m[first + i], *b = &copy->m[i];

		if ((a->parent < 0 ? -1 : a->parent - (int)first) != b->parent || strcmp(a->target, b->target) ||
		    strcmp(a->dev, b->dev))
			return false;
	}
	return true;
}

/* Some mount before this one is at or below its mount point: it is hidden by this one. */
static bool hides(const struct ve_mounts *all, unsigned int i)
{
	size_t n = strlen(all->m[i].target);

	for (unsigned int k = 1; k < i; k++)
		if (!strncmp(all->m[k].target, all->m[i].target, n) &&
		    (!all->m[k].target[n] || all->m[k].target[n] == '/'))
			return true;
	return false;
}

static int pack_one(int root, const struct ve_mount *m, struct put *put)
{
	int fd = open_inside(root, m->target, false), bare = -1, code;

	if (fd >= 0 && mount_id(fd) == m->mnt_id)
		bare = mount_clone(fd);
	else if (fd >= 0)
		errno = ESTALE;
	code = bare < 0 ? fail_errno(E_CHKPNT, "%s cannot be read", m->target) :
			  tmpfs_pack(put->dev, bare, m->target, put_piece, put);
	if (bare >= 0)
		close(bare);
	if (fd >= 0)
		close(fd);
	return code;
}

/* What is in the mounts of a namespace, which copy is a copy of. Backwards: what hides a mount stands behind it. */
static int pack_all(const struct ve_mounts *all, unsigned int ns, const struct ve_mounts *copy, struct put *put)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), code = OK;

	if (root < 0 || mount_id(root) != copy->m[0].mnt_id)
		return fail(E_CHKPNT, "the container's root is not the one of its init");
	for (unsigned int i = copy->n; i-- && !code;) {
		unsigned int of = all->space[ns].first + i;

		put->id = all->m[of].id;
		if (mounts_has_contents(all, of))
			code = pack_one(root, &copy->m[i], put);
		if (!code && i && hides(copy, i) && umount2(copy->m[i].target, MNT_DETACH | UMOUNT_NOFOLLOW))
			code = fail_errno(E_CHKPNT, "Cannot look under %s", copy->m[i].target);
	}
	close(root);
	return code;
}

static bool has_contents(const struct ve_mounts *all, unsigned int ns)
{
	for (unsigned int i = 0; i < all->n; i++)
		if (all->m[i].ns == ns && mounts_has_contents(all, i))
			return true;
	return false;
}

static int put_space(const struct ve *ve, const struct ve_mounts *all, unsigned int ns, int proc, struct put *put)
{
	struct ve_mounts copy = { 0 };
	char *text = NULL;
	int code = copy_namespace(ns ? all->space[ns].fd : ve->pidfd, proc, &text);

	if (!code)
		code = mounts_read(text, cgroup_name(ve), &copy);
	if (!code && !same(all, ns, &copy))
		code = fail(E_CHKPNT, "the container's mounts changed");
	if (!code)
		code = pack_all(all, ns, &copy, put);
	mounts_free(&copy);
	free(text);
	return code;
}

/* Never returns. */
static void helper(const struct ve *ve, const struct ve_mounts *all, int dev)
{
	/* Before: /proc of the VE does not know us. */
	int proc = open("/proc/self", O_PATH | O_CLOEXEC), code = OK;
	struct put put = { .dev = dev };

	for (unsigned int ns = 0; ns < all->n_spaces && !code; ns++)
		if (has_contents(all, ns))
			code = put_space(ve, all, ns, proc, &put);
	if (!code)
		report_data(getpid(), &put.bytes, sizeof(put.bytes));
	_exit(code);
}

int contents_put(const struct ve *ve, int dev, const struct ve_mounts *all, size_t *bytes)
{
	int report, *keep = xmalloc((all->n_spaces + 2) * sizeof(*keep)), n = 0, code = OK, done = 0;
	struct report r;
	pid_t pid;

	keep[n++] = dev;
	keep[n++] = ve->pidfd;
	for (unsigned int ns = 1; ns < all->n_spaces; ns++)
		keep[n++] = all->space[ns].fd;
	pid = fork_helper(&report, keep, n);
	free(keep);

	if (!pid)
		helper(ve, all, dev);
	if (pid < 0)
		return E_SYSTEM;
	while (report_wait(report, pid, &r)) {
		if (r.pid) {
			memcpy(bytes, r.text, sizeof(*bytes));
			done = 1;
		} else if (r.code) {
			code = fail(code ? code : r.code, "%s", r.text);
		} else {
			warn("%s", r.text);
		}
	}
	close(report);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return !code && !done ? fail(E_CHKPNT, "The helper that reads the container's tmpfs died") : code;
}

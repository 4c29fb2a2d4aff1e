// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contents of a VE's mounts; see contents.h.
 *
 * A helper copies each mount namespace of the VE for itself. There it may do what it likes:
 * what hides a mount is taken away, a bind shows it without what is mounted in it.
 */
#include "contents.h"
#include "cgroup.h"
#include "dev.h"
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

/*
 * The stream, which the image has as ctl's own data: of each mount that has contents, in the
 * order of the table, its archive in pieces. A piece without bytes ends an archive, one without
 * a mount the stream.
 */
struct frame {
	uint32_t id, len;	/* of the mount; of the bytes that follow */
};

#define PIPE_BYTES	(1 << 20)

/* --- dump ------------------------------------------------------------------------------------ */

struct put {
	int dev, to;
	unsigned int id;
	int *bare;		/* of mount i: shown without what is mounted in it; -1 */
	size_t bytes;		/* of all mounts */
};

static int put_frame(struct put *p, unsigned int id, const void *data, size_t len)
{
	struct frame f = { id, len };

	p->bytes += len;
	if (!write_all(p->to, &f, sizeof(f)) && !write_all(p->to, data, len))
		return OK;
	if (errno == EPIPE)	/* the module reads no more, and has said why */
		_exit(E_CHKPNT);
	return fail_errno(E_CHKPNT, "Can not dump container");
}

static int put_piece(void *arg, const void *data, size_t len)
{
	struct put *p = arg;

	return put_frame(p, p->id, data, len);
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

static int open_one(int root, const struct ve_mount *m, int *bare)
{
	int fd = open_inside(root, m->target, false);

	if (fd >= 0 && mount_id(fd) == m->mnt_id)
		*bare = mount_clone(fd);
	else if (fd >= 0)
		errno = ESTALE;
	if (*bare < 0)
		fail_errno(E_CHKPNT, "%s cannot be read", m->target);
	if (fd >= 0)
		close(fd);
	return *bare < 0 ? E_CHKPNT : OK;
}

/* The mounts of a namespace, which copy is a copy of. Backwards: what hides a mount stands behind it. */
static int open_all(const struct ve_mounts *all, unsigned int ns, const struct ve_mounts *copy, struct put *put)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), code = OK;

	if (root < 0 || mount_id(root) != copy->m[0].mnt_id)
		return fail(E_CHKPNT, "the container's root is not the one of its init");
	for (unsigned int i = copy->n; i-- && !code;) {
		unsigned int of = all->space[ns].first + i;

		if (mounts_has_contents(all, of))
			code = open_one(root, &copy->m[i], &put->bare[of]);
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

static int open_space(const struct ve *ve, const struct ve_mounts *all, unsigned int ns, int proc, struct put *put)
{
	struct ve_mounts copy = { 0 };
	char *text = NULL;
	int code = copy_namespace(ns ? all->space[ns].fd : ve->pidfd, proc, &text);

	if (!code)
		code = mounts_read(text, cgroup_name(ve), &copy);
	if (!code && !same(all, ns, &copy))
		code = fail(E_CHKPNT, "the container's mounts changed");
	if (!code)
		code = open_all(all, ns, &copy, put);
	mounts_free(&copy);
	free(text);
	return code;
}

static int pack_all(const struct ve_mounts *all, struct put *put)
{
	int code = OK;

	for (unsigned int i = 0; i < all->n && !code; i++) {
		if (put->bare[i] < 0)
			continue;
		put->id = all->m[i].id;
		code = tmpfs_pack(put->dev, put->bare[i], all->m[i].target, put_piece, put);
		if (!code)
			code = put_frame(put, put->id, NULL, 0);
	}
	return code ? code : put_frame(put, 0, NULL, 0);
}

/* Never returns. */
static void helper(const struct ve *ve, const struct ve_mounts *all, int dev, int to)
{
	/* Before: /proc of the VE does not know us. */
	int proc = open("/proc/self", O_PATH | O_CLOEXEC), code = OK;
	struct put put = { .dev = dev, .to = to, .bare = xmalloc(all->n * sizeof(*put.bare)) };

	more_files();
	memset(put.bare, -1, all->n * sizeof(*put.bare));
	for (unsigned int i = mounts_umounted(all); i < all->n; i++)
		if (mounts_has_contents(all, i))	/* nothing lies on it */
			put.bare[i] = all->m[i].fd;
	for (unsigned int ns = 0; ns < all->n_spaces && !code; ns++)
		if (has_contents(all, ns))
			code = open_space(ve, all, ns, proc, &put);
	if (!code)
		code = pack_all(all, &put);
	if (!code)
		report_data(getpid(), &put.bytes, sizeof(put.bytes));
	_exit(code);
}

static pid_t start(const struct ve *ve, int dev, const struct ve_mounts *all, int to, int *report)
{
	int *keep = xmalloc((all->n_spaces + all->n_umounted + 3) * sizeof(*keep)), n = 0;
	pid_t pid;

	keep[n++] = dev;
	keep[n++] = to;
	keep[n++] = ve->pidfd;
	for (unsigned int ns = 1; ns < all->n_spaces; ns++)
		keep[n++] = all->space[ns].fd;
	for (unsigned int i = mounts_umounted(all); i < all->n; i++)
		keep[n++] = all->m[i].fd;
	pid = fork_helper(report, keep, n);
	free(keep);
	return pid;
}

int contents_begin(const struct ve *ve, int dev, const struct ve_mounts *all, struct contents *c)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return fail_errno(E_SYSTEM, "Cannot make a pipe");
	fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES);	/* fewer are slower */
	c->pid = start(ve, dev, all, fds[1], &c->report);
	if (!c->pid)
		helper(ve, all, dev, fds[1]);
	close(fds[1]);
	c->from = fds[0];
	if (c->pid > 0)
		return OK;
	close(fds[0]);
	return E_SYSTEM;
}

int contents_end(struct contents *c, bool dumped, size_t *bytes)
{
	bool done = false;
	int code = OK;
	struct report r;

	close(c->from);
	while (report_wait(c->report, c->pid, &r)) {
		if (r.pid) {
			memcpy(bytes, r.text, sizeof(*bytes));
			done = true;
		} else if (r.code) {
			code = fail(code ? code : r.code, "%s", r.text);
		} else {
			warn("%s", r.text);
		}
	}
	close(c->report);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return !code && !done && dumped ? fail(E_CHKPNT, "The helper that reads the container's tmpfs died") : code;
}

/* --- restore --------------------------------------------------------------------------------- */

void contents_open(struct contents_in *in, int dev)
{
	*in = (struct contents_in){ .dev = dev, .buf = xmalloc(CPT_OWN_MAX) };
}

/* At most len bytes of the stream, in *p; 0: there are no more. */
static size_t take(struct contents_in *in, const void **p, size_t len)
{
	struct cpt_ioc_data a = { .len = CPT_OWN_MAX, .data = (uintptr_t)in->buf };

	if (!in->n && !in->bad) {
		if (dev_ioctl_quiet(in->dev, CPT_IOC_GET_DATA, &a) || !a.len)
			in->bad = true;
		else
			in->p = in->buf, in->n = a.len;
	}
	*p = in->p;
	len = len < in->n ? len : in->n;
	in->p += len;
	in->n -= len;
	return len;
}

static bool take_frame(struct contents_in *in, struct frame *f)
{
	const void *p;
	size_t n;

	for (size_t have = 0; have < sizeof(*f); have += n) {
		n = take(in, &p, sizeof(*f) - have);
		if (!n)
			return false;
		memcpy((char *)f + have, p, n);
	}
	return true;
}

/* The next bytes of the archive of mount in->id; 0: its end. */
static size_t get_piece(void *arg, const void **data)
{
	struct contents_in *in = arg;
	struct frame f;
	size_t n;

	if (!in->left && !in->ended) {
		if (!take_frame(in, &f) || f.id != in->id)
			in->bad = in->ended = true;
		else if (f.len)
			in->left = f.len;
		else
			in->ended = true;
	}
	n = in->ended ? 0 : take(in, data, in->left);
	in->left -= n;
	return n;
}

int contents_unpack(struct contents_in *in, const struct ve_mount *m, int fd)
{
	const void *rest;
	int code = OK;

	in->id = m->id;
	in->ended = false;
	if (fd >= 0)
		code = tmpfs_unpack(fd, m->target, get_piece, in);
	while (!code && get_piece(in, &rest))
		;
	if (!code && in->bad)
		code = fail(E_RESTORE, "%s: its contents are not in the image", m->target);
	return code;
}

int contents_close(struct contents_in *in)
{
	struct frame f;
	bool whole = take_frame(in, &f) && !f.id && !f.len && !in->n;

	free(in->buf);
	in->buf = NULL;
	return whole ? OK : fail(E_RESTORE, "The image has contents of mounts that it does not describe");
}

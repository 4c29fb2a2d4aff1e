/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CPT_TEST_SAMPLE_H
#define _CPT_TEST_SAMPLE_H

/*
 * A small well-formed image with a record of every kind, made by code: what the
 * unit tests damage and the fuzzer starts from.
 *
 *	pid 1 init (1, thread 2)
 *	 ├ 10 child: memory and files of its own, forked from init's
 *	 │  └ 11 zombie
 *	 ├ 12 dead leader, thread 13
 *	 └ 14 vfork: shares init's memory
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cpt/walk.h>

#include "fix.h"

#define SAMPLE_ROOM	(1u << 20)
#define SAMPLE_TEXT	0x400000ULL	/* areas of init's memory */
#define SAMPLE_HEAP	0x600000ULL
#define SAMPLE_SHM	0x700000ULL
#define SAMPLE_SYSV	0x710000ULL
#define SAMPLE_STACK	0x7ffff7000000ULL
#define SAMPLE_VDSO	0x7ffff7ffd000ULL
#define SAMPLE_AIO	0x7ffff8000000ULL
#define SAMPLE_HUGE	0x7ffff8200000ULL
#define SAMPLE_PLACES	127u	/* of a ring of one page */

struct sample {
	uint8_t *p;		/* the image: n bytes */
	size_t n;
	uint64_t objects, sections, data;
	/* ids */
	uint64_t cred, exe, tty, pipe, pipend[2], fifopipe, fifo, shm, huge;
	uint64_t eventfd, signalfd, timerfd, epoll[2], inotify, fanotify[2], pidfd[3], memory, memfd, contents, deleted, linked, leased, dir;
	uint64_t sysv, sysv2, shmat, sems, undo, msgq, mq[2], mqfd;
	uint64_t view[2], nsfd, pty[3], ptyend[3], rmdirs[2], rmfifo, rmdir, rmplace, goneof;
	uint64_t stream, gone, server, waiting, client, mail, sock[3], queue, wqueue;
	uint64_t mm[4], files[4], fs[4], sighand[5];
	uint64_t init, thread, child, zombie, dead, last, vfork;
	uint64_t seccomp;		/* on top of another one */
};

static inline struct cpt_header *sample_hdr(struct sample *s)
{
	return (void *)s->p;
}

/* A zeroed record of @size bytes and, if @object, the next id. */
static inline void *sample_rec(struct sample *s, int kind, size_t size, bool object)
{
	struct cpt_rec *rec = (void *)(s->p + s->n);

	rec->kind = kind;
	rec->len = cpt_align_up(size, CPT_ALIGN);
	rec->id = object ? ++s->objects : 0;
	s->n += rec->len;
	if (s->n > SAMPLE_ROOM)
		abort();
	return rec;
}

static inline void sample_blob(struct sample *s, uint32_t tag, uint32_t key, const char *text)
{
	struct cpt_blob_rec *r = sample_rec(s, CPT_K_BLOB, sizeof(*r) + strlen(text), false);

	r->tag = tag;
	r->key = key;
	r->size = strlen(text);
	memcpy(r + 1, text, r->size);
}

static inline uint64_t sample_cred(struct sample *s)
{
	struct cpt_cred_rec *r = sample_rec(s, CPT_K_CRED, sizeof(*r) + 3 * 4, true);
	uint32_t *groups = (void *)(r + 1);

	r->ngroups = 3;
	groups[1] = 27;
	groups[2] = 100;
	r->cap_permitted = r->cap_effective = r->cap_bset = 0xa80425fb;
	return r->rec.id;
}

/* @of: what a fifo or a deleted file holds, or 0 */
static inline uint64_t sample_reg(struct sample *s, const char *path, uint32_t mode, uint64_t of)
{
	struct cpt_reg_rec *r = sample_rec(s, CPT_K_REG, sizeof(*r) + strlen(path), true);

	r->file.cred = s->cred;
	r->mode = mode;
	r->mount = 1;
	*((mode & 0170000) == 0010000 ? &r->pipe : &r->deleted) = of;
	r->path_len = strlen(path);
	memcpy(r + 1, path, r->path_len);
	return r->rec.id;
}

static inline void sample_lock(struct sample *s, uint32_t kind, uint32_t fd)
{
	struct cpt_lock_rec *r = sample_rec(s, CPT_K_LOCK, sizeof(*r), false);

	r->kind = kind;
	r->fd = fd;
	r->start = kind == CPT_LOCK_LEASE ? 0 : 5;
	r->end = kind == CPT_LOCK_LEASE ? 0x7fffffffffffffffULL : 9;
	r->type = 1;
}

static inline void sample_fown(struct sample *s)
{
	struct cpt_fown_rec *r = sample_rec(s, CPT_K_FOWN, sizeof(*r), false);

	r->pid = 10;
	r->type = 1;
	r->signum = 30;
	r->async = CPT_ASYNC_ON;
	r->fd = 4;
}

static inline uint64_t sample_view(struct sample *s, const char *path, uint32_t mode, uint32_t gone)
{
	struct cpt_view_rec *r = sample_rec(s, CPT_K_VIEW, sizeof(*r) + strlen(path), true);

	r->file.cred = s->cred;
	r->mode = mode;
	r->mount = 8;
	r->gone = gone;
	r->path_len = strlen(path);
	memcpy(r + 1, path, r->path_len);
	return r->rec.id;
}

static inline uint64_t sample_nsfd(struct sample *s)
{
	struct cpt_nsfd_rec *r = sample_rec(s, CPT_K_NSFD, sizeof(*r), true);

	r->file.cred = s->cred;
	r->type = 0x40000000;
	return r->rec.id;
}

static inline void sample_tty(struct cpt_tty *t, uint32_t n)
{
	t->termios.iflag = 0x500;
	t->termios.cc[0] = 3;
	t->rows = 24;
	t->cols = 80;
	t->flags = CPT_TTY_THROTTLED;
	t->input = n;
	t->canon = t->committed = n / 2;
	t->echo = n;
	t->echo_commit = t->echo_mark = 1;
	t->queue = 2 * n;
	t->ahead = 1;
}

/* Master and slave hold 3 and 9 bytes of input; @session: whose controlling terminal it is */
static inline uint64_t sample_pty(struct sample *s, uint32_t index, uint32_t session, bool console)
{
	const char *path = "/ptmx";
	const size_t bytes = 3 + 1 + 3 + 6 + 9 + 2 + 9 + 18;
	struct cpt_pty_rec *r = sample_rec(s, CPT_K_PTY, sizeof(*r) + bytes + strlen(path), true);

	r->cred = s->cred;
	r->mount = r->master_mount = 5;
	r->index = index;
	r->mode = 0620;
	r->session = r->pgrp = session;
	r->master_flags = 2;
	r->console = console;
	sample_tty(&r->side[CPT_PTY_MASTER], 3);
	sample_tty(&r->side[CPT_PTY_SLAVE], 9);
	memset(r + 1, 'x', bytes);
	r->path_len = strlen(path);
	memcpy((char *)(r + 1) + bytes, path, r->path_len);
	return r->rec.id;
}

static inline uint64_t sample_ptyend(struct sample *s, uint64_t pty, uint32_t side, const char *path)
{
	struct cpt_ptyend_rec *r = sample_rec(s, CPT_K_PTYEND, sizeof(*r) + strlen(path), true);

	r->file.cred = s->cred;
	r->file.flags = 2;
	r->pty = pty;
	r->side = side;
	r->mount = 5;
	r->path_len = strlen(path);
	memcpy(r + 1, path, r->path_len);
	return r->rec.id;
}

/* The console, a controlling terminal; one whose master is closed, one that is open in no session. */
static inline void sample_ptys(struct sample *s)
{
	struct cpt_pty_rec *closed;

	s->pty[0] = sample_pty(s, 0, 10, true);
	closed = sample_rec(s, CPT_K_PTY, sizeof(*closed), true);
	closed->mount = 5;
	closed->index = 1;
	s->pty[1] = closed->rec.id;
	s->pty[2] = sample_pty(s, 7, 0, false);
	s->ptyend[0] = sample_ptyend(s, s->pty[0], CPT_PTY_SLAVE, "/0");
	s->ptyend[1] = sample_ptyend(s, s->pty[1], CPT_PTY_SLAVE, "/1");
	s->ptyend[2] = sample_ptyend(s, s->pty[2], CPT_PTY_MASTER, "/ptmx");
}

static inline uint64_t sample_gone(struct sample *s, const char *path, uint32_t mode, uint64_t parent)
{
	struct cpt_gone_rec *r = sample_rec(s, CPT_K_GONE, sizeof(*r) + strlen(path), true);

	r->parent = parent;
	r->mtime = 5;
	r->mount = 1;
	r->mode = mode;
	r->path_len = strlen(path);
	memcpy(r + 1, path, r->path_len);
	return r->rec.id;
}

/* @of: a GONE */
static inline uint64_t sample_reg_of(struct sample *s, const char *path, uint32_t mode, uint64_t of, uint64_t gone)
{
	uint64_t id = sample_reg(s, path, mode, of);
	struct cpt_reg_rec *r = (void *)(s->p + s->n - cpt_align_up(sizeof(*r) + strlen(path), CPT_ALIGN));

	r->gone = gone;
	return id;
}

/* Files of the kernel, a directory in a directory, both deleted; in the latter a fifo and a file were. */
static inline void sample_views(struct sample *s)
{
	s->view[0] = sample_view(s, "/1/status", 0100444, 0);
	s->view[1] = sample_view(s, "/77", 0040555, 77);
	s->nsfd = sample_nsfd(s);
	sample_ptys(s);
	s->rmdirs[0] = sample_gone(s, "/tmp/a", 0040755, 0);
	s->rmdirs[1] = sample_gone(s, "/tmp/a/b", 0041700, s->rmdirs[0]);
	s->rmfifo = sample_gone(s, "/tmp/a/b/f", 0010600, s->rmdirs[1]);
	s->rmdir = sample_reg_of(s, "/tmp/a/b", 0041700, 0, s->rmdirs[1]);
	s->goneof = sample_reg_of(s, "/tmp/a/b/f", 0010600, s->fifopipe, s->rmfifo);
	s->rmplace = sample_reg_of(s, "/tmp/a/b/x", 0100600, s->contents, s->rmdirs[1]);
}

/* A directory, read up to its entry "next". */
static inline uint64_t sample_dir(struct sample *s, const char *path)
{
	struct cpt_reg_rec *r = sample_rec(s, CPT_K_REG, sizeof(*r) + strlen(path) + 4, true);

	r->file.cred = s->cred;
	r->mode = 0040755;
	r->mount = 1;
	r->path_len = strlen(path);
	r->place = CPT_DIR_NEXT;
	r->next_len = 4;
	memcpy(r + 1, path, r->path_len);
	memcpy((char *)(r + 1) + r->path_len, "next", 4);
	return r->rec.id;
}

/* A pipe with a buffer of 96 bytes and one of @extra bytes. */
static inline uint64_t sample_pipe(struct sample *s, uint32_t extra)
{
	struct cpt_pipe_rec *r = sample_rec(s, CPT_K_PIPE, sizeof(*r) + 2 * sizeof(struct cpt_pipe_buf),
					    true);
	struct cpt_pipe_buf *b = (void *)(r + 1);

	r->slots = 16;
	r->nbufs = 2;
	b[0].len = 96;
	b[1].len = extra;
	b[1].flags = CPT_PIPE_PACKET;
	r->bytes = 96 + extra;
	return r->rec.id;
}

static inline uint64_t sample_pipend(struct sample *s, uint32_t flags)
{
	struct cpt_pipend_rec *r = sample_rec(s, CPT_K_PIPEND, sizeof(*r), true);

	r->file.cred = s->cred;
	r->file.flags = flags;
	r->pipe = s->pipe;
	return r->rec.id;
}

/* A record of @size bytes for a file without a name. */
static inline void *sample_anon(struct sample *s, int kind, size_t size, uint64_t *id)
{
	struct cpt_eventfd_rec *r = sample_rec(s, kind, size, true);	/* all begin like this */

	r->file.cred = s->cred;
	r->file.flags = 2;		/* O_RDWR */
	*id = r->rec.id;
	return r;
}

/* The outer one has the inner one, both the eventfd, and the signalfd. */
static inline void sample_epoll(struct sample *s, int i)
{
	const uint64_t files[3] = { s->eventfd, s->signalfd, s->epoll[0] };
	struct cpt_epoll_rec *r;
	struct cpt_epoll_item *item;
	int k;

	r = sample_anon(s, CPT_K_EPOLL, sizeof(*r) + (2 + i) * sizeof(*item), &s->epoll[i]);
	r->n = 2 + i;
	item = (void *)(r + 1);
	for (k = 0; k < 2 + i; k++)
		item[k] = (struct cpt_epoll_item){ files[k], 1234 + k, 10 + k, 0x19, k == 0, k == 1 ? 10 : 0 };
}

/* Two watches, an event with a name and an overflow. */
static inline void sample_inotify(struct sample *s)
{
	struct cpt_inotify_rec *r = sample_anon(s, CPT_K_INOTIFY, sizeof(*r) + 2 * sizeof(struct cpt_inotify_watch) +
						2 * sizeof(struct cpt_inotify_event) + 8 + 5, &s->inotify);
	struct cpt_inotify_watch *w = (void *)(r + 1);
	struct cpt_inotify_event *e = (void *)(w + 2);

	r->file.flags = 04000;		/* O_RDONLY, O_NONBLOCK */
	r->next_wd = 8;
	r->nwatches = 2;
	r->events_len = 40;
	w[0] = (struct cpt_inotify_watch){ 5, 3, 0x2, 1, 1 };
	w[1] = (struct cpt_inotify_watch){ 0, 7, 0x80000fff, 1, 4 };
	*e = (struct cpt_inotify_event){ 7, 0x80, 55, 4 };
	memcpy(e + 1, "name", 4);
	e = (void *)((char *)(e + 1) + 8);
	*e = (struct cpt_inotify_event){ -1, 0x4000, 0, 0 };
	memcpy(e + 1, "/" "/run", 5);
}

/* One with two marks and events of handles: an object's, a rename, an error, an overflow; one with open files. */
static inline void sample_fanotify(struct sample *s)
{
	const char bytes[] = "/" "/run" "HANDLE67" "DIR1" "/dev/x" "KID4" "old" "newer";
	struct cpt_fanotify_rec *r = sample_anon(s, CPT_K_FANOTIFY, sizeof(*r) + 2 * sizeof(struct cpt_fanotify_mark) +
						 4 * sizeof(struct cpt_fanotify_event) + sizeof(bytes) - 1,
						 &s->fanotify[0]);
	struct cpt_fanotify_mark *m = (void *)(r + 1);
	struct cpt_fanotify_event *e = (void *)(m + 2);

	r->flags = CPT_FAN_FIDS | 2;
	r->event_flags = 0100000;
	r->nmarks = 2;
	r->nevents = 4;
	m[0] = (struct cpt_fanotify_mark){ 0, CPT_FAN_MOUNT, 0, 0x20, 0, 1, 1 };
	m[1] = (struct cpt_fanotify_mark){ 5, CPT_FAN_INODE, 0x640, 0x40000101, 0x40000020, 1, 4 };
	e[0] = (struct cpt_fanotify_event){ .type = CPT_FAN_FID, .mask = 0x40000020, .pid = 4, .fsid = { 7, 8 },
					    .handle[0] = { .type = 1, .len = 8 } };
	e[1] = (struct cpt_fanotify_event){ .type = CPT_FAN_NAME, .mask = CPT_FAN_RENAME, .mount = 1,
					    .name_len = { 3, 5 }, .handle[0] = { .type = 2, .len = 4 },
					    .handle[1] = { .mount = 1, .path_len = 6 },
					    .handle[2] = { .type = 1, .len = 4 } };
	e[2] = (struct cpt_fanotify_event){ .type = CPT_FAN_ERROR, .mask = CPT_FAN_FS_ERROR, .error = -5, .errors = 3 };
	e[3] = (struct cpt_fanotify_event){ .type = CPT_FAN_OVERFLOW, .mask = CPT_FAN_Q_OVERFLOW };
	memcpy(e + 4, bytes, sizeof(bytes) - 1);

	r = sample_anon(s, CPT_K_FANOTIFY, sizeof(*r) + sizeof(*e) + 4, &s->fanotify[1]);
	r->flags = CPT_FAN_UNPRIV;	/* no kernel makes that */
	r->nevents = 1;
	e = (void *)(r + 1);
	*e = (struct cpt_fanotify_event){ .type = CPT_FAN_PATH, .mask = 0x20, .pid = 4,
					  .handle[0] = { .mount = 1, .path_len = 4 } };
	memcpy(e + 1, "/tmp", 4);
}

/* Of init, of one that is gone, and of that one again. */
static inline void sample_pidfds(struct sample *s)
{
	struct cpt_pidfd_rec *r;
	int i;

	for (i = 0; i < 3; i++) {
		r = sample_anon(s, CPT_K_PIDFD, sizeof(*r), &s->pidfd[i]);
		r->pid = i == 0;
		r->twin = i == 2 ? s->pidfd[1] : 0;
	}
}

static inline void sample_events(struct sample *s)
{
	struct cpt_eventfd_rec *e = sample_anon(s, CPT_K_EVENTFD, sizeof(*e), &s->eventfd);
	struct cpt_signalfd_rec *sig = sample_anon(s, CPT_K_SIGNALFD, sizeof(*sig), &s->signalfd);
	struct cpt_timerfd_rec *t = sample_anon(s, CPT_K_TIMERFD, sizeof(*t), &s->timerfd);

	e->count = 42;
	e->semaphore = 1;
	sig->mask = 1 << 9;
	t->clock = 7;
	t->state = CPT_TIMERFD_ARMED;
	t->value = 1000000000;
	sample_epoll(s, 0);
	sample_epoll(s, 1);
	sample_inotify(s);
	sample_fanotify(s);
	sample_pidfds(s);
}

static inline void sample_ipc(struct sample *s)
{
	struct cpt_ipc_rec *r = sample_rec(s, CPT_K_IPC, sizeof(*r), false);
	int i;

	r->shmmax = r->shmall = ~0ULL - (1 << 24);
	r->sem[0] = r->sem[3] = 32000;
	r->sem[1] = 1024000000;
	r->sem[2] = 500;
	r->msgmax = 8192;
	r->msgmnb = 16384;
	r->msgmni = 32000;
	r->shmmni = 4096;
	r->mq_queues_max = 256;
	r->mq_msg_max = r->mq_msg_default = 10;
	r->mq_msgsize_max = r->mq_msgsize_default = 8192;
	for (i = 0; i < 3; i++) {
		r->ids[i].next_id = -1;
		r->ids[i].last_idx = 4;
		r->ids[i].seq = 2;
		r->ids[i].cursor = 5;
	}
}

static inline uint64_t sample_sysv(struct sample *s, int32_t id, uint32_t mode)
{
	struct cpt_shm_rec *r = sample_rec(s, CPT_K_SHM, sizeof(*r), true);

	r->perm.id = id;
	r->perm.mode = 0640 | mode;
	r->perm.uid = 1000;
	r->size = CPT_PAGE + 100;
	r->name = 0x5153;
	r->perm.key = mode & CPT_SHM_DEST ? 0 : r->name;
	r->cpid = r->creator = 10;
	r->lpid = 14;
	return r->rec.id;
}

static inline uint64_t sample_shmat(struct sample *s)
{
	struct cpt_shmat_rec *r = sample_rec(s, CPT_K_SHMAT, sizeof(*r), true);

	r->shm = s->sysv;
	return r->rec.id;
}

static inline uint64_t sample_sems(struct sample *s)
{
	struct cpt_sem_rec *r = sample_rec(s, CPT_K_SEM, sizeof(*r) + 3 * sizeof(struct cpt_sem_value), true);
	struct cpt_sem_value *v = (void *)(r + 1);

	r->perm.id = 65536;
	r->perm.mode = 0600;
	r->otime = r->ctime = 1700000000;
	r->n = 3;
	v[1].value = 7;
	v[1].pid = 10;
	return r->rec.id;
}

/* What init and its thread share, and a process has by itself. */
static inline uint64_t sample_semundo(struct sample *s)
{
	struct cpt_semundo_rec *r = sample_rec(s, CPT_K_SEMUNDO, sizeof(*r) + 2 * 8 + sizeof(struct cpt_sem_adj), true);
	uint64_t *task = (void *)(r + 1);
	struct cpt_sem_adj *adj = (void *)(task + 2);

	r->ntasks = 2;
	r->nadjs = 1;
	task[0] = s->init;
	task[1] = s->thread;
	adj->sem = s->sems;
	adj->num = 1;
	adj->adj = -7;
	return r->rec.id;
}

static inline uint64_t sample_msgq(struct sample *s)
{
	struct cpt_msgq_rec *r = sample_rec(s, CPT_K_MSGQ, sizeof(*r) + 2 * sizeof(struct cpt_msgq_msg), true);
	struct cpt_msgq_msg *m = (void *)(r + 1);

	r->perm.id = 3;
	r->perm.key = -5;
	r->perm.mode = 0620;
	r->stime = r->ctime = 1700000000;
	r->qbytes = 16384;
	r->lspid = 10;
	r->nmsgs = 2;
	r->bytes = 9;
	m[0].type = 1LL << 40;
	m[0].len = 9;
	m[1].type = 1;
	return r->rec.id;
}

/* @name: of one that is there; or NULL: of one that was removed */
static inline uint64_t sample_mq(struct sample *s, const char *name)
{
	const char *is = name ?: "gone";
	uint32_t len = strlen(is);
	struct cpt_mq_rec *r = sample_rec(s, CPT_K_MQ, sizeof(*r) + 2 * sizeof(struct cpt_mq_msg) + len, true);
	struct cpt_mq_msg *m = (void *)(r + 1);

	r->atime = r->mtime = r->ctime = 1700000000000000000LL;
	r->mode = 0640;
	r->maxmsg = 10;
	r->msgsize = 8192;
	r->nmsgs = 2;
	r->bytes = 11;
	m[0].prio = 7;
	m[0].len = 6;
	m[1].len = 5;
	r->name_len = len;
	r->notify = CPT_MQ_NOTHING;
	r->pid = 10;
	memcpy(m + 2, is, len);
	if (!name) {
		r->flags = CPT_MQ_REMOVED;
		r->notify = CPT_MQ_SIGNAL;
		r->signo = 10;
		r->value = 1ULL << 40;
	}
	return r->rec.id;
}

static inline uint64_t sample_mqfd(struct sample *s, uint64_t mq, uint32_t mount)
{
	struct cpt_mqfd_rec *r = sample_rec(s, CPT_K_MQFD, sizeof(*r), true);

	r->file.cred = s->cred;
	r->file.flags = CPT_O_RDWR | 04000;
	r->mq = mq;
	r->mount = mount;
	return r->rec.id;
}

/* Interleaved over two nodes. */
static inline struct cpt_mpol_rec *sample_mpol(struct sample *s, uint64_t start, uint64_t end)
{
	struct cpt_mpol_rec *r = sample_rec(s, CPT_K_MPOL, sizeof(*r), false);

	r->start = start;
	r->end = end;
	r->mode = 3;
	r->home = -1;
	r->nodes[0] = 3;
	return r;
}

static inline uint64_t sample_shmem(struct sample *s)
{
	struct cpt_shmem_rec *r = sample_rec(s, CPT_K_SHMEM, sizeof(*r), true);

	r->size = 3 * CPT_PAGE - 100;
	sample_mpol(s, 1, 3);
	return r->rec.id;
}

static inline struct cpt_huge_rec *sample_pages(struct sample *s, uint32_t n, uint64_t pages)
{
	struct cpt_huge_rec *r = sample_rec(s, CPT_K_HUGE, sizeof(*r) + n * sizeof(struct cpt_huge_range), false);

	r->shift = 21;
	r->n = n;
	r->pages = pages;
	return r;
}

/* Of three huge pages the last is reserved, and two behind the end. */
static inline uint64_t sample_huge(struct sample *s)
{
	struct cpt_shmem_rec *r = sample_rec(s, CPT_K_SHMEM, sizeof(*r), true);
	struct cpt_huge_range *range;

	r->size = 6ULL << 20;
	range = (void *)(sample_pages(s, 2, 4) + 1);
	range[0] = (struct cpt_huge_range){ 2, 3 };
	range[1] = (struct cpt_huge_range){ 5, 7 };
	return r->rec.id;
}

static inline uint64_t sample_memory(struct sample *s)
{
	struct cpt_shmem_rec *r = sample_rec(s, CPT_K_SHMEM, sizeof(*r) + 5, true);

	r->size = 5;
	r->memfd = 1;
	r->seals = 2;
	r->mode = 0777;
	r->name_len = 5;
	memcpy(r + 1, "a/b c", 5);
	return r->rec.id;
}

static inline uint64_t sample_memfd(struct sample *s)
{
	struct cpt_memfd_rec *r = sample_rec(s, CPT_K_MEMFD, sizeof(*r), true);

	r->file.cred = s->cred;
	r->file.flags = 2;
	r->shmem = s->memory;
	return r->rec.id;
}

static inline uint64_t sample_contents(struct sample *s)
{
	struct cpt_deleted_rec *r = sample_rec(s, CPT_K_DELETED, sizeof(*r), true);

	r->size = CPT_PAGE + 17;
	r->mtime = -5;
	r->mount = 1;
	r->mode = 0640;
	r->linkable = 1;
	return r->rec.id;
}

/* Of a file that has another name. */
static inline uint64_t sample_linked(struct sample *s)
{
	struct cpt_deleted_rec *r = sample_rec(s, CPT_K_DELETED, sizeof(*r) + 6, true);

	r->size = 17;
	r->mount = 1;
	r->path_len = 6;
	r->ino = 99;
	memcpy(r + 1, "/other", 6);
	return r->rec.id;
}

static inline void sample_vma(struct sample *s, uint64_t start, uint32_t pages, uint32_t type,
			      uint32_t flags, uint64_t file)
{
	struct cpt_vma_rec *r = sample_rec(s, CPT_K_VMA, sizeof(*r), false);

	r->start = start;
	r->end = start + pages * CPT_PAGE;
	r->type = type;
	r->flags = flags;
	r->file = file;
}

/* Nine events, over the end of the ring. */
static inline void sample_aio(struct sample *s)
{
	struct cpt_aio_rec *r = sample_rec(s, CPT_K_AIO, sizeof(*r) + 9 * sizeof(struct cpt_aio_event), false);
	struct cpt_aio_event *e = (void *)(r + 1);

	r->start = SAMPLE_AIO;
	r->max_reqs = 4;
	r->head = SAMPLE_PLACES + 120;
	r->tail = 2;
	r->completed = 10;
	e[8] = (struct cpt_aio_event){ 5, SAMPLE_HEAP, -5, 0 };
}

static inline uint64_t sample_mm(struct sample *s, uint64_t parent)
{
	struct cpt_mm_rec *r = sample_rec(s, CPT_K_MM, sizeof(*r) + 4 * 8, true);
	uint32_t inherit = parent ? CPT_VMA_INHERIT : 0;
	bool huge = parent && parent == s->mm[0] && !s->mm[1];

	r->parent = parent;
	r->exe = s->exe;
	r->start_code = SAMPLE_TEXT;
	r->end_code = SAMPLE_TEXT + 0x1800;
	r->start_data = SAMPLE_HEAP;
	r->end_data = SAMPLE_HEAP + 0x100;
	r->start_brk = SAMPLE_HEAP;
	r->brk = SAMPLE_HEAP + 4 * CPT_PAGE;
	r->arg_start = SAMPLE_STACK;
	r->arg_end = r->env_start = SAMPLE_STACK + 0x20;
	r->env_end = SAMPLE_STACK + 0x40;
	r->vdso = SAMPLE_VDSO;
	r->dumpable = 1;
	r->pkeys = parent ? 0 : 0x3e;
	r->nauxv = 4;
	r->areas = huge ? 9 : 8;
	sample_vma(s, SAMPLE_TEXT, 2, CPT_VMA_FILE, CPT_VMA_READ | CPT_VMA_EXEC | inherit, s->exe);
	sample_vma(s, SAMPLE_HEAP, 4, CPT_VMA_ANON, CPT_VMA_READ | CPT_VMA_WRITE | inherit, 0);
	sample_vma(s, SAMPLE_HEAP + 4 * CPT_PAGE, 2, CPT_VMA_FILE,
		   CPT_VMA_READ | CPT_VMA_WRITE | CPT_VMA_SHARED, s->exe);
	sample_vma(s, SAMPLE_SHM, 3, CPT_VMA_SHMEM, CPT_VMA_READ | CPT_VMA_WRITE | CPT_VMA_SHARED, s->shm);
	sample_vma(s, SAMPLE_SYSV, 2, CPT_VMA_SYSV, CPT_VMA_READ | CPT_VMA_WRITE | CPT_VMA_SHARED, s->shmat);
	sample_vma(s, SAMPLE_STACK, 3, CPT_VMA_ANON, CPT_VMA_READ | CPT_VMA_WRITE | CPT_VMA_GROWSDOWN, 0);
	sample_vma(s, SAMPLE_VDSO, 2, CPT_VMA_VDSO, CPT_VMA_READ | CPT_VMA_EXEC, 0);
	sample_vma(s, SAMPLE_AIO, 1, CPT_VMA_AIO, CPT_VMA_READ | CPT_VMA_WRITE | CPT_VMA_SHARED | inherit, 0);
	if (huge)
		sample_vma(s, SAMPLE_HUGE, 2 << 9, CPT_VMA_SHMEM, CPT_VMA_READ | CPT_VMA_HUGETLB | CPT_VMA_RESERVED, s->huge);
	sample_mpol(s, SAMPLE_HEAP, SAMPLE_HEAP + 4 * CPT_PAGE)->home = 1;
	if (!parent)
		sample_aio(s);
	if (huge)
		sample_pages(s, 0, 2);
	return r->rec.id;
}

/* @name: its first @len bytes; @path: where its file is, or NULL */
static inline uint64_t sample_unix(struct sample *s, uint32_t type, uint32_t state, uint32_t flags, const char *name,
				   uint32_t len, const char *path)
{
	uint32_t path_len = path ? strlen(path) : 0;
	struct cpt_unix_rec *r = sample_rec(s, CPT_K_UNIX, sizeof(*r) + len + path_len, true);

	r->opts.rcvtimeo = r->opts.sndtimeo = CPT_SO_FOREVER;
	r->opts.sndbuf = r->opts.rcvbuf = 212992;
	r->peer_cred = s->cred;
	r->peer_pid = 4;
	r->type = type;
	r->state = state;
	r->flags = flags;
	r->peek_off = -1;
	r->name_len = len;
	r->path_len = path_len;
	r->mount = !!path;
	memcpy(r + 1, name, len);
	if (path)
		memcpy((char *)(r + 1) + len, path, path_len);
	return r->rec.id;
}

static inline uint64_t sample_socket(struct sample *s, uint64_t sock)
{
	struct cpt_socket_rec *r = sample_rec(s, CPT_K_SOCKET, sizeof(*r), true);

	r->file.cred = s->cred;
	r->file.flags = CPT_O_RDWR;
	r->sock = sock;
	r->mode = 0777;
	return r->rec.id;
}

static inline void sample_sockfilter(struct sample *s)
{
	struct cpt_sockfilter_rec *r = sample_rec(s, CPT_K_SOCKFILTER, sizeof(*r) + 8, false);

	r->count = 1;
	*(uint64_t *)(r + 1) = 0xffff00000006;	/* ret #65535 */
}

/* A server with a connection that waits, a stream whose peer is closed, a mailbox. */
static inline void sample_sockets(struct sample *s)
{
	s->server = sample_unix(s, 1, 10, CPT_UNIX_BOUND, "\0server", 7, NULL);
	s->waiting = sample_unix(s, 1, 1, CPT_UNIX_EMBRYO, "\0server", 7, NULL);
	s->client = sample_unix(s, 1, 7, CPT_UNIX_CLOSED, "", 0, NULL);
	s->stream = sample_unix(s, 1, 1, 0, "/run/old", 9, "/run/socket");
	s->gone = sample_unix(s, 1, 7, CPT_UNIX_CLOSED, "", 0, NULL);
	s->mail = sample_unix(s, 2, 7, CPT_UNIX_BOUND, "/run/mail", 10, "/run/mail");
	sample_sockfilter(s);
	s->sock[0] = sample_socket(s, s->server);
	s->sock[1] = sample_socket(s, s->stream);
	s->sock[2] = sample_socket(s, s->mail);
}

/* Two messages of 5 and 3 bytes; the first has a file. */
static inline uint64_t sample_queue(struct sample *s, uint64_t owner, uint64_t peer, uint64_t listener,
				    uint64_t sender)
{
	struct cpt_unixq_rec *r = sample_rec(s, CPT_K_UNIXQ, sizeof(*r) + 2 * sizeof(struct cpt_unix_msg) + 8, true);
	struct cpt_unix_msg *m = (void *)(r + 1);

	r->owner = owner;
	r->peer = peer;
	r->listener = listener;
	r->nmsgs = 2;
	r->nfiles = 1;
	r->bytes = 8;
	m[0] = (struct cpt_unix_msg){ .sender = sender, .len = 5, .pid = 4, .nfiles = 1 };
	m[1] = (struct cpt_unix_msg){ .sender = sender, .len = 3, .uid = ~0u, .gid = ~0u };
	*(uint64_t *)(m + 2) = s->tty;
	return r->rec.id;
}

static inline void sample_queues(struct sample *s)
{
	struct cpt_unixq_rec *r;

	s->queue = sample_queue(s, s->stream, s->gone, 0, s->gone);
	r = sample_rec(s, CPT_K_UNIXQ, sizeof(*r), true);
	r->owner = s->server;
	s->wqueue = sample_queue(s, s->waiting, s->client, s->server, s->client);
}

static inline uint64_t sample_files(struct sample *s)
{
	const uint64_t files[] = { s->tty, s->tty, s->pipend[0], s->pipend[1], s->fifo, s->eventfd,
				   s->signalfd, s->timerfd, s->epoll[1], s->epoll[0], s->inotify, s->fanotify[0], s->fanotify[1], s->pidfd[2], s->memfd,
				   s->deleted, s->view[0], s->nsfd, s->ptyend[0],
				   s->ptyend[1], s->ptyend[2], s->rmdir, s->goneof, s->rmplace, s->sock[0], s->sock[1], s->sock[2] };
	const int n = sizeof(files) / sizeof(*files);
	struct cpt_files_rec *r = sample_rec(s, CPT_K_FILES, sizeof(*r) + n * sizeof(struct cpt_fd), true);
	struct cpt_fd *fd = (void *)(r + 1);
	struct cpt_dnotify_rec *notice;
	int i;

	r->n = n;
	for (i = 0; i < n; i++) {
		fd[i].fd = i * i;
		fd[i].cloexec = i & 1;
		fd[i].file = files[i];
	}
	sample_lock(s, CPT_LOCK_POSIX, 121);
	notice = sample_rec(s, CPT_K_DNOTIFY, sizeof(*notice), false);
	notice->fd = 441;	/* rmdir */
	notice->mask = CPT_DN_MULTISHOT | 4;
	return r->rec.id;
}

static inline uint64_t sample_fs(struct sample *s)
{
	struct cpt_fs_rec *r = sample_rec(s, CPT_K_FS, sizeof(*r) + 1 + 10, true);

	r->umask = 022;
	r->root_mount = r->cwd_mount = 1;
	r->root_len = 1;
	r->cwd_len = 10;
	memcpy(r + 1, "/" "/tmp/.../x", 11);
	return r->rec.id;
}

/* In the directory of a dead process. */
static inline uint64_t sample_fs_view(struct sample *s)
{
	struct cpt_fs_rec *r = sample_rec(s, CPT_K_FS, sizeof(*r) + 1, true);

	r->cwd = s->view[1];
	r->root_mount = 1;
	r->root_len = 1;
	memcpy(r + 1, "/", 1);
	return r->rec.id;
}

static inline uint64_t sample_sighand(struct sample *s)
{
	struct cpt_sighand_rec *r = sample_rec(s, CPT_K_SIGHAND, sizeof(*r), true);

	r->action[14].handler = 1;
	return r->rec.id;
}

/* Memory, files, directories and handlers for one more process. */
static inline void sample_own(struct sample *s, int i, uint64_t parent)
{
	s->mm[i] = sample_mm(s, parent);
	s->files[i] = sample_files(s);
	s->fs[i] = i == 1 ? sample_fs_view(s) : sample_fs(s);
	s->sighand[i] = sample_sighand(s);
}

static inline void sample_siginfo(struct sample *s, uint32_t shared)
{
	struct cpt_siginfo_rec *r = sample_rec(s, CPT_K_SIGINFO, sizeof(*r), false);

	r->shared = shared;
	r->signo = 10;
}

static inline uint64_t sample_proc(struct sample *s, uint32_t pid)
{
	struct cpt_proc_rec *r = sample_rec(s, CPT_K_PROC, sizeof(*r), true);
	struct cpt_timer_rec *t;
	struct cpt_sums_rec *sums;
	int i;

	r->pid = r->pgid = r->sid = pid;
	r->ntimers = 2;
	for (i = 0; i < CPT_NRLIMIT; i++)
		r->rlim[i].max = ~0ULL;
	r->stop = CPT_STOP_STOPPED;
	r->stop_signal = r->stop_code = 20;
	r->tty = pid == 10 ? s->pty[0] : 0;
	sample_siginfo(s, 1);
	t = sample_rec(s, CPT_K_TIMER, sizeof(*t), false);
	t->signo = 14;
	t->it.value = 1000000000;
	t = sample_rec(s, CPT_K_TIMER, sizeof(*t), false);
	t->timer_id = 1;
	t->clock = -2;			/* CLOCK_THREAD_CPUTIME_ID */
	t->cpu = pid;
	t->absolute = 1;
	t->it.value = 2000000000;
	sums = sample_rec(s, CPT_K_SUMS, sizeof(*sums), false);
	sums->used.utime = sums->cutime = 20000000;
	return r->rec.id;
}

/* The first filter of system calls, or one after @prev. */
static inline uint64_t sample_seccomp(struct sample *s, uint64_t prev)
{
	struct cpt_seccomp_rec *r = sample_rec(s, CPT_K_SECCOMP, sizeof(*r) + 8, true);

	r->prev = prev;
	r->count = 1;
	*(uint64_t *)(r + 1) = 0x7fff000000000006ULL;	/* return SECCOMP_RET_ALLOW */
	return r->rec.id;
}

static inline uint64_t sample_task(struct sample *s, uint64_t creator, uint64_t proc, uint32_t pid,
				   uint32_t ppid, uint32_t state, int own)
{
	struct cpt_task_rec *r = sample_rec(s, CPT_K_TASK, sizeof(*r), true);
	struct cpt_xstate_rec *x;
	struct cpt_attr_rec *a;
	struct cpt_usage_rec *usage;

	r->creator = creator;
	r->proc = proc;
	r->pid = pid;
	r->ppid = ppid;
	r->state = state;
	strcpy(r->comm, "sample");
	sample_hdr(s)->tasks++;
	r->cred = s->cred;
	r->sighand = s->sighand[own];
	if (state != CPT_TASK_ZOMBIE) {
		r->mm = s->mm[own];
		r->files = s->files[own];
		r->fs = s->fs[own];
	}
	usage = sample_rec(s, CPT_K_USAGE, sizeof(*usage), false);
	usage->age_mono = usage->age_boot = 1000000000;
	usage->used.utime = usage->used.stime = 30000000;
	if (state != CPT_TASK_LIVE)
		return r->rec.id;
	r->nregs = 27;
	r->regs[17] = 0x33;		/* cs */
	r->restart.kind = CPT_RESTART_NANOSLEEP;
	x = sample_rec(s, CPT_K_XSTATE, sizeof(*x) + 576, false);
	x->size = 576;
	a = sample_rec(s, CPT_K_ATTR, sizeof(*a), false);
	a->default_slack = 50000;
	a->seccomp = pid == 10 ? s->seccomp : 0;
	if (pid == 13) {
		a->policy = CPT_SCHED_DEADLINE;
		a->dl_runtime = 1 << 20;
		a->dl_deadline = 1 << 24;
		a->dl_period = 1 << 28;
	} else if (pid == 14) {
		a->policy = CPT_SCHED_FIFO;
		a->rt_priority = 4;
		sample_mpol(s, 0, 0)->last = 1;
	}
	return r->rec.id;
}

static inline void sample_tasks(struct sample *s)
{
	uint64_t proc;

	sample_own(s, 0, 0);
	sample_own(s, 1, s->mm[0]);
	sample_own(s, 2, 0);
	s->mm[3] = s->mm[0];
	s->fs[3] = s->fs[0];
	s->files[3] = sample_files(s);
	s->sighand[3] = sample_sighand(s);
	s->sighand[4] = sample_sighand(s);

	s->seccomp = sample_seccomp(s, sample_seccomp(s, 0));
	proc = sample_proc(s, 1);
	s->init = sample_task(s, 0, proc, 1, 0, CPT_TASK_LIVE, 0);
	sample_siginfo(s, 0);
	s->thread = sample_task(s, s->init, proc, 2, 0, CPT_TASK_LIVE, 0);
	proc = sample_proc(s, 10);
	s->child = sample_task(s, s->init, proc, 10, 1, CPT_TASK_LIVE, 1);
	proc = sample_proc(s, 11);
	s->zombie = sample_task(s, s->child, proc, 11, 10, CPT_TASK_ZOMBIE, 4);
	proc = sample_proc(s, 12);
	s->dead = sample_task(s, s->init, proc, 12, 1, CPT_TASK_DEAD, 2);
	s->last = sample_task(s, s->dead, proc, 13, 1, CPT_TASK_LIVE, 2);
	proc = sample_proc(s, 14);
	s->vfork = sample_task(s, s->init, proc, 14, 0, CPT_TASK_LIVE, 3);
}

/* A section with these runs of object @id; its bytes are made up. Returns its offset. */
static inline size_t sample_data(struct sample *s, uint64_t id, uint32_t nruns,
				 const struct cpt_run *runs)
{
	size_t i, off = s->n, size = sizeof(struct cpt_data_rec) + nruns * sizeof(*runs);
	struct cpt_data_rec *d = sample_rec(s, CPT_K_DATA, size, false);

	d->rec.id = id;
	d->nruns = nruns;
	memcpy(d + 1, runs, nruns * sizeof(*runs));
	for (i = 0; i < nruns; i++)
		if (!(runs[i].flags & CPT_RUN_HOLE))
			d->bytes += runs[i].len;
	s->n = cpt_align_up(s->n, CPT_DATA_ALIGN);
	if (s->n + d->bytes > SAMPLE_ROOM)
		abort();
	for (i = 0; i < d->bytes; i++)
		s->p[s->n + i] = i + 1;
	s->n = cpt_align_up(s->n + d->bytes, CPT_ALIGN);
	s->sections++;
	s->data += d->bytes;
	return off;
}

static inline void sample_end(struct sample *s)
{
	struct cpt_end_rec *e = sample_rec(s, CPT_K_END, sizeof(*e), false);

	e->sections = s->sections;
	e->bytes = s->data;
	e->file_len = s->n;
	fix_image(s->p, s->n);
}

/* Header and metadata; sample_meta_end() says when there is no more. */
static inline void sample_meta(struct sample *s)
{
	struct cpt_header *h;
	struct cpt_uts_rec *uts;
	struct cpt_vdso_rec *vdso;

	memset(s, 0, sizeof(*s));
	s->p = calloc(1, SAMPLE_ROOM);
	if (!s->p)
		abort();
	h = sample_hdr(s);
	h->magic = CPT_IMAGE_MAGIC;
	h->version = CPT_IMAGE_VERSION;
	h->len = sizeof(*h);
	h->veid = 101;
	h->arch = CPT_ARCH_X86_64;
	h->page_size = CPT_PAGE;
	h->xfeatures = 7;
	h->real_ns = 1700000000000000000ULL;
	strcpy(h->release, "6.1.0-41-amd64");
	s->n = sizeof(*h);
	sample_blob(s, CPT_BLOB_VE, 0, "{\"veid\":101,\"generation\":\"7\",\"mounts\":[{\"id\":1}]}");
	sample_blob(s, CPT_BLOB_VE + 1, 2, "an archive");
	uts = sample_rec(s, CPT_K_UTS, sizeof(*uts), false);
	strcpy(uts->nodename, "sample");
	vdso = sample_rec(s, CPT_K_VDSO, sizeof(*vdso) + 100, false);
	vdso->size = 100;
	sample_ipc(s);
	sample_pages(s, 0, 7);
	s->cred = sample_cred(s);
	s->exe = sample_reg(s, "/bin/sample", 0100755, 0);
	s->tty = sample_reg(s, "/dev/null", 0020666, 0);
	s->pipe = sample_pipe(s, 100);
	s->pipend[0] = sample_pipend(s, 0);
	sample_fown(s);
	s->pipend[1] = sample_pipend(s, 1);
	s->fifopipe = sample_pipe(s, 7);
	s->fifo = sample_reg(s, "/run/fifo", 0010600, s->fifopipe);
	s->shm = sample_shmem(s);
	sample_events(s);
	s->memory = sample_memory(s);
	s->memfd = sample_memfd(s);
	s->contents = sample_contents(s);
	sample_views(s);
	s->deleted = sample_reg(s, "/tmp/gone", 0100640, s->contents);
	sample_lock(s, CPT_LOCK_FLOCK, 0);
	s->linked = sample_linked(s);
	sample_reg(s, "/tmp/one", 0100640, s->linked);
	s->leased = sample_reg(s, "/tmp/leased", 0100644, 0);
	sample_lock(s, CPT_LOCK_LEASE, 7);
	s->dir = sample_dir(s, "/run");
	sample_sockets(s);
	s->sems = sample_sems(s);
	s->msgq = sample_msgq(s);
	s->sysv = sample_sysv(s, 9, 0);
	s->shmat = sample_shmat(s);
	s->sysv2 = sample_sysv(s, 10, CPT_SHM_DEST | CPT_SHM_LOCKED);
	s->mq[0] = sample_mq(s, "queue");
	s->mqfd = sample_mqfd(s, s->mq[0], 0);
	s->mq[1] = sample_mq(s, NULL);
	sample_mqfd(s, s->mq[1], 3);
	s->huge = sample_huge(s);
	sample_tasks(s);
	sample_queues(s);
	s->undo = sample_semundo(s);
}

static inline void sample_meta_end(struct sample *s)
{
	sample_hdr(s)->objects = s->objects;
	sample_hdr(s)->meta_len = s->n - sizeof(struct cpt_header);
	fix_image(s->p, s->n);
}

static inline void sample_image(struct sample *s)
{
	sample_meta(s);
	sample_meta_end(s);
	sample_data(s, 0, 1, &(struct cpt_run){ 0, 50, 0 });
	sample_data(s, 0, 1, &(struct cpt_run){ 50, 9, 0 });
	sample_data(s, s->pipe, 1, &(struct cpt_run){ 0, 96 + 100, 0 });
	sample_data(s, s->fifopipe, 2, (struct cpt_run[]){ { 0, 96, 0 }, { 96, 7, 0 } });
	sample_data(s, s->queue, 1, &(struct cpt_run){ 0, 8, 0 });
	sample_data(s, s->wqueue, 1, &(struct cpt_run){ 0, 8, 0 });
	sample_data(s, s->msgq, 1, &(struct cpt_run){ 0, 9, 0 });
	sample_data(s, s->mq[0], 1, &(struct cpt_run){ 0, 11, 0 });
	sample_data(s, s->mq[1], 1, &(struct cpt_run){ 0, 11, 0 });
	sample_data(s, s->shm, 1, &(struct cpt_run){ 2 * CPT_PAGE, CPT_PAGE, 0 });
	sample_data(s, s->contents, 1, &(struct cpt_run){ CPT_PAGE, CPT_PAGE, 0 });
	sample_data(s, s->sysv, 1, &(struct cpt_run){ CPT_PAGE, CPT_PAGE, 0 });
	sample_data(s, s->huge, 1, &(struct cpt_run){ (14u << 20) - CPT_PAGE, CPT_PAGE, 0 });
	sample_data(s, s->mm[0], 2, (struct cpt_run[]){ { SAMPLE_TEXT, CPT_PAGE, 0 },
		    { SAMPLE_HEAP, 2 * CPT_PAGE, 0 } });
	sample_data(s, s->mm[1], 2, (struct cpt_run[]){ { SAMPLE_HEAP, CPT_PAGE, CPT_RUN_HOLE },
		    { SAMPLE_HEAP + CPT_PAGE, CPT_PAGE, 0 } });
	sample_end(s);
}

/* The @nth (from 0) record of @kind in the metadata, or NULL. */
static inline void *sample_find(struct sample *s, int kind, unsigned int nth)
{
	size_t off, end = sizeof(struct cpt_header) + sample_hdr(s)->meta_len;
	struct cpt_rec *rec;

	for (off = sizeof(struct cpt_header); off < end; off += rec->len) {
		rec = (void *)(s->p + off);
		if (rec->kind == kind && !nth--)
			return rec;
	}
	return NULL;
}

/* The same; it is there. */
static inline void *sample_nth(struct sample *s, int kind, unsigned int nth)
{
	void *rec = sample_find(s, kind, nth);

	if (!rec)
		abort();
	return rec;
}

/* The record with this id. */
static inline void *sample_obj(struct sample *s, uint64_t id)
{
	size_t off = sizeof(struct cpt_header);
	struct cpt_rec *rec;

	for (;; off += rec->len) {
		rec = (void *)(s->p + off);
		if (rec->id == id)
			return rec;
	}
}

/* Make a record of the metadata longer (by zeros) or shorter. */
static inline void sample_resize(struct sample *s, void *record, uint32_t len)
{
	struct cpt_rec *rec = record;
	uint8_t *after = (uint8_t *)rec + rec->len, *end = s->p + s->n;

	if (s->n + len - rec->len > SAMPLE_ROOM)
		abort();
	memmove((uint8_t *)rec + len, after, end - after);
	if (len > rec->len)
		memset(after, 0, len - rec->len);
	s->n += len - rec->len;
	sample_hdr(s)->meta_len += (int64_t)len - rec->len;
	rec->len = len;
}

static inline void sample_free(struct sample *s)
{
	free(s->p);
}

#endif

/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The only parser of images, for the module and for user space alike.
 *
 * cpt_header_check() looks at the header, cpt_meta_check() at the whole of the
 * metadata: lengths, counts, ranges, padding and references, record by record,
 * without recursion, in time linear in the number of records. What they pass is
 * well-formed: bodies can be read through the structs of image.h without another
 * look at a length. It says nothing about whether the VE may have what the
 * records ask for; that is for whoever acts on them.
 *
 * Nothing here allocates: the caller brings the index of objects. Before
 * including this file the kernel has <linux/types.h> and friends, user space
 * <stdint.h>, <stddef.h>, <string.h>, <errno.h>.
 */
#ifndef _CPT_WALK_H
#define _CPT_WALK_H

#ifndef __KERNEL__
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#endif
#include <cpt/image.h>
#include <cpt/ioctl.h>

#define CPT_O_PATH	010000000	/* O_PATH */
#define CPT_O_ACCMODE	3
#define CPT_O_RDWR	2
#define CPT_O_ANON	(CPT_O_ACCMODE | 02000 | 04000 | 0100000 | 01000000) /* and O_APPEND, O_NONBLOCK, O_LARGEFILE, O_NOATIME */
#define CPT_PAGE_SHIFT	12
#define CPT_PAGE	(1ULL << CPT_PAGE_SHIFT)
#define CPT_PID_MAX	4194304u	/* PID_MAX_LIMIT */
#define CPT_ADDR_MAX	0x7ffffffff000ULL	/* TASK_SIZE_MAX of x86_64 */
#define CPT_ADDR_MAX32	0xfffff000ULL		/* of any i386: what fits its unsigned long */
#define CPT_OBJECTS_MAX	(16u << 20)
#define CPT_EPOLL_NESTS	5	/* more than any kernel allows (EP_MAX_NESTS) */

/* A walk over the metadata. The caller fills the first five members. */
struct cpt_walk {
	const struct cpt_header *hdr;	/* passed by cpt_header_check() */
	const __u8 *meta;		/* hdr->meta_len bytes, 8-aligned */
	const struct cpt_rec **obj;	/* room for hdr->objects + 1; [id] -> record */
	__u8 *mark;			/* room for hdr->objects + 1, zeroed: 1: named by a task, UNIX by a file, or TASK by
					 * a SEMUNDO; 2: by a queue;
					 * EPOLL, GONE: how deep it nests */
	__u32 nobj;			/* 0; objects seen so far */

	__u32 ntasks;			/* TASK records seen */
	__u32 want_vmas;		/* VMA records still owed to the last MM */
	__u32 want_aio;			/* AIO records owed to the last MM, when its areas are complete */
	__u32 want_timers;
	__u64 cpu_time;			/* of all tasks seen */
	__u64 vma_end;			/* of the last VMA of that MM */
	__u64 aio_end;			/* of the ring of its last AIO */
	const struct cpt_rec *owner;	/* the object that records without id belong to */
	const struct cpt_rec *fpu_of;	/* the task whose XSTATE was seen last */
	const struct cpt_rec *attr_of;	/* … whose ATTR */
	const struct cpt_task_rec *last_task;
	__u32 console;			/* a PTY was the console */

	const char *err;		/* on failure: what is wrong … */
	__u64 err_off;			/* … and where: offset of the record in the metadata */
};

/* @to: a power of two; no 64-bit division, which i386 kernels lack */
static inline __u64 cpt_align_up(__u64 n, __u64 to)
{
	return (n + to - 1) & ~(to - 1);
}

/*
 * cpt_header_check - is this the header of an image we can read?
 * @crc: crc32c of the struct up to its member crc
 *
 * Returns NULL, or a sentence's end that says what is wrong.
 */
static inline const char *cpt_header_check(const struct cpt_header *h, __u32 crc)
{
	if (h->magic != CPT_IMAGE_MAGIC)
		return "it is not a cpt image";
	if (h->version > CPT_IMAGE_VERSION)
		return "its format is newer than this program";
	if (h->len != sizeof(*h) || h->version == 0)
		return "its header is damaged";
	if (h->crc != crc)
		return "its header is damaged (checksum)";
	if (h->arch != CPT_ARCH_I386 && h->arch != CPT_ARCH_X86_64)
		return "it is of an unknown architecture";
	if (h->page_size != CPT_PAGE || h->pad)
		return "its header is damaged";
	if (h->meta_len == 0 || h->meta_len > CPT_META_MAX || h->meta_len % CPT_ALIGN)
		return "its metadata has an impossible length";
	if (h->objects > CPT_OBJECTS_MAX || h->objects > h->meta_len / sizeof(struct cpt_rec))
		return "its number of objects is impossible";
	if (h->tasks == 0 || h->tasks > h->objects)
		return "its number of tasks is impossible";
	if (h->real_ns >> 62 || h->mono_ns >> 62 || h->boot_ns >> 62)
		return "its clocks are impossible";
	if (h->release[sizeof(h->release) - 1])
		return "its header is damaged";
	return NULL;
}

/* Are the bytes of @rec from @from on all zero? */
static inline bool cpt_zero(const struct cpt_rec *rec, __u64 from)
{
	const __u8 *p = (const __u8 *)rec;

	for (; from < rec->len; from++)
		if (p[from])
			return false;
	return true;
}

/*
 * Is @n elements of @size after @head exactly what @rec's length holds, and the
 * padding after them zero?
 */
static inline bool cpt_fits(const struct cpt_rec *rec, __u64 head, __u64 n, __u64 size)
{
	return n <= 0xffffffffu && head + n * size <= rec->len &&
	       cpt_align_up(head + n * size, CPT_ALIGN) == rec->len &&
	       cpt_zero(rec, head + n * size);
}

/* May a record refer to @id as an object of @kind? (0 only if @none) */
static inline bool cpt_ref(const struct cpt_walk *w, const struct cpt_rec *rec, __u64 id,
			   unsigned int kind, bool none)
{
	if (id == 0)
		return none;
	if (id > w->nobj || (rec->id && id >= rec->id))
		return false;
	return w->obj[id]->kind == kind;
}

/* Addresses of programs are up to here. */
static inline __u64 cpt_addr_max(const struct cpt_walk *w)
{
	return w->hdr->arch == CPT_ARCH_I386 ? CPT_ADDR_MAX32 : CPT_ADDR_MAX;
}

/* A path inside a mount: absolute, no NUL, no "." or ".." component, nothing empty. */
static inline bool cpt_path_ok(const char *p, __u32 len)
{
	__u32 i, start = 1;

	if (len == 0 || len > 4095 || p[0] != '/')
		return false;
	if (len == 1)
		return true;
	for (i = 1; i <= len; i++) {
		if (i < len && p[i] == '\0')
			return false;
		if (i < len && p[i] != '/')
			continue;
		if (i == start || (i == start + 1 && p[start] == '.') ||
		    (i == start + 2 && p[start] == '.' && p[start + 1] == '.'))
			return false;
		start = i + 1;
	}
	return true;
}

static inline bool cpt_is_file(unsigned int kind);	/* below, by the table of kinds */

static inline bool cpt_ref_file(const struct cpt_walk *w, const struct cpt_rec *rec, __u64 id)
{
	return id && id <= w->nobj && (!rec->id || id < rec->id) && cpt_is_file(w->obj[id]->kind);
}

static inline bool cpt_file_ok(const struct cpt_walk *w, const struct cpt_rec *rec,
			       const struct cpt_file_body *f)
{
	bool named = rec->kind == CPT_K_REG || rec->kind == CPT_K_VIEW || rec->kind == CPT_K_MEMFD;

	return cpt_ref(w, rec, f->cred, CPT_K_CRED, false) && f->pad == 0 && f->pos <= 0x7fffffffffffffffULL &&
	       (named || !(f->flags & CPT_O_NONOTIFY));
}

#define CPT_BAD_IF(_cond, _why)	do { if (_cond) return (_why); } while (0)

static inline const char *cpt_check_blob(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_blob_rec *r = (const void *)rec;

	(void)w;
	CPT_BAD_IF(r->size > CPT_BLOB_MAX || r->pad, "blob too large");
	CPT_BAD_IF(!cpt_fits(rec, sizeof(*r), r->size, 1), "length of a blob");
	return NULL;
}

static inline const char *cpt_check_uts(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_uts_rec *r = (const void *)rec;

	(void)w;
	CPT_BAD_IF(r->nodename[64] || r->domainname[64], "unterminated host name");
	CPT_BAD_IF(!cpt_zero(rec, offsetof(struct cpt_uts_rec, pad)), "padding of a host name");
	return NULL;
}

static inline const char *cpt_check_cred(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_cred_rec *r = (const void *)rec;
	const __u32 *group = (const void *)(r + 1);
	__u32 i;

	(void)w;
	CPT_BAD_IF(r->ngroups > 65536, "too many groups");
	CPT_BAD_IF(!cpt_fits(rec, sizeof(*r), r->ngroups, 4), "length of credentials");
	for (i = 1; i < r->ngroups; i++)
		CPT_BAD_IF(group[i] < group[i - 1], "groups are not sorted");
	return NULL;
}

/* A deleted directory or fifo, of the type that @mode says. */
static inline bool cpt_ref_gone(const struct cpt_walk *w, const struct cpt_rec *rec, __u64 id, __u32 mode)
{
	return cpt_ref(w, rec, id, CPT_K_GONE, false) &&
	       !((((const struct cpt_gone_rec *)w->obj[id])->mode ^ mode) & 0170000);
}

static inline const char *cpt_check_reg(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_reg_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_file_ok(w, rec, &r->file), "description of an open file");
	CPT_BAD_IF(r->place > CPT_DIR_END || (r->place && ((r->mode & 0170000) != 0040000 || r->deleted)) ||
		   (r->place == CPT_DIR_NEXT ? !r->next_len || r->next_len > 255 : r->next_len),
		   "place in a directory");
	CPT_BAD_IF(r->path_len > 4095 || !cpt_fits(rec, sizeof(*r), r->path_len + r->next_len, 1),
		   "length of a path");
	CPT_BAD_IF(!cpt_path_ok((const char *)(r + 1), r->path_len), "path of a file");
	CPT_BAD_IF(r->mount == 0, "mount of a file");
	CPT_BAD_IF(r->deleted && ((r->mode & 0170000) != 0100000 || r->path_len == 1 ||
				  !cpt_ref(w, rec, r->deleted, CPT_K_DELETED, false)), "contents of a deleted file");
	CPT_BAD_IF(r->alone > 1 || (r->alone && (!r->pipe || (r->file.flags & (CPT_O_PATH | CPT_O_ACCMODE)))) || r->pad,
		   "end of a fifo");
	CPT_BAD_IF(r->gone && (r->place || r->path_len == 1 ||
			       !cpt_ref_gone(w, rec, r->gone, r->deleted ? 0040000 : r->mode)),
		   "deleted directory or fifo");
	switch (r->mode & 0170000) {
	case 0100000: case 0040000: case 0020000:	/* regular, directory, character device */
		CPT_BAD_IF(r->pipe, "contents of a pipe in a file");
		break;
	case 0010000:					/* fifo */
		CPT_BAD_IF(!cpt_ref(w, rec, r->pipe, CPT_K_PIPE, r->file.flags & CPT_O_PATH),
			   "contents of a fifo");
		break;
	default:
		CPT_BAD_IF(r->pipe || !(r->file.flags & CPT_O_PATH), "type of a file");
	}
	return NULL;
}

static inline const char *cpt_check_deleted(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_deleted_rec *r = (const void *)rec;

	(void)w;
	CPT_BAD_IF(r->size > CPT_ADDR_MAX || !r->mount || r->mode > 07777 || r->linkable > 1 ||
		   (!r->path_len && r->ino), "properties of a deleted file");
	CPT_BAD_IF(r->path_len > 4095 || !cpt_fits(rec, sizeof(*r), r->path_len, 1) ||
		   (r->path_len && !cpt_path_ok((const char *)(r + 1), r->path_len)),
		   "another name of a deleted file");
	CPT_BAD_IF(r->path_len && (r->mode || r->uid || r->gid || r->atime || r->mtime || r->linkable),
		   "properties of a deleted file");
	return NULL;
}

static inline const char *cpt_check_pipe(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_pipe_rec *r = (const void *)rec;
	const struct cpt_pipe_buf *b = (const void *)(r + 1);
	__u64 sum = 0;
	__u32 i;

	(void)w;
	CPT_BAD_IF(r->slots == 0 || r->slots > CPT_PIPE_SLOTS_MAX || (r->slots & (r->slots - 1)),
		   "size of a pipe");
	CPT_BAD_IF(r->nbufs > r->slots || !cpt_fits(rec, sizeof(*r), r->nbufs, sizeof(*b)),
		   "number of buffers in a pipe");
	for (i = 0; i < r->nbufs; i++) {
		CPT_BAD_IF(b[i].len == 0 || b[i].len > CPT_PAGE ||
			   (b[i].flags & ~CPT_PIPE_PACKET), "buffer of a pipe");
		sum += b[i].len;
	}
	CPT_BAD_IF(sum != r->bytes, "bytes in a pipe");
	return NULL;
}

static inline const char *cpt_check_pipend(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_pipend_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_file_ok(w, rec, &r->file), "description of a pipe's end");
	CPT_BAD_IF(!cpt_ref(w, rec, r->pipe, CPT_K_PIPE, false), "pipe of an end");
	return NULL;
}

static inline const char *cpt_check_gone(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_gone_rec *r = (const void *)rec;

	CPT_BAD_IF(!r->mount || r->pad || ((r->mode & ~07777u) != 0040000 && (r->mode & ~07777u) != 0010000),
		   "properties of a deleted directory");
	CPT_BAD_IF(r->path_len < 2 || r->path_len > 4095 || !cpt_fits(rec, sizeof(*r), r->path_len, 1) ||
		   !cpt_path_ok((const char *)(r + 1), r->path_len), "path of a deleted directory");
	CPT_BAD_IF(r->parent && !cpt_ref_gone(w, rec, r->parent, 0040000), "parent of a deleted directory");
	w->mark[rec->id] = r->parent ? w->mark[r->parent] + 1 : 1;
	CPT_BAD_IF(w->mark[rec->id] > CPT_GONE_NESTS, "deleted directories in one another, too deep");
	return NULL;
}

/* What only eventfd(2) and its like make: no path, no position. */
static inline bool cpt_anon_ok(const struct cpt_walk *w, const struct cpt_rec *rec,
			       const struct cpt_file_body *f)
{
	return cpt_file_ok(w, rec, f) && !f->pos && !(f->flags & ~CPT_O_ANON) &&
	       (f->flags & CPT_O_ACCMODE) == CPT_O_RDWR;
}

static inline bool cpt_sock_opts_ok(const struct cpt_sock_opts *o)
{
	return !(o->flags & ~CPT_SO_FLAGS) && !o->pad && o->sndbuf <= 0x7fffffff && o->rcvbuf <= 0x7fffffff &&
	       o->rcvlowat <= 0x7fffffff && (o->rcvtimeo == CPT_SO_FOREVER || !(o->rcvtimeo >> 62)) &&
	       (o->sndtimeo == CPT_SO_FOREVER || !(o->sndtimeo >> 62)) && !(o->linger >> 62);
}

static inline const char *cpt_check_unix(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_unix_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_sock_opts_ok(&r->opts), "options of a socket");
	CPT_BAD_IF(!cpt_ref(w, rec, r->peer_cred, CPT_K_CRED, true) || r->peer_pid > CPT_PID_MAX,
		   "peer of a socket");
	CPT_BAD_IF(r->type != 1 && r->type != 2 && r->type != 5, "type of a socket");
	CPT_BAD_IF(r->state != 1 && r->state != 7 && r->state != 10, "state of a socket");
	CPT_BAD_IF(r->shutdown > 3 || r->error > 4095 || r->backlog > 0x7fffffff, "state of a socket");
	CPT_BAD_IF((r->flags & ~(CPT_UNIX_BOUND | CPT_UNIX_CLOSED | CPT_UNIX_EMBRYO)) || r->pad ||
		   (r->flags & CPT_UNIX_CLOSED && r->flags != CPT_UNIX_CLOSED) ||
		   (r->flags & CPT_UNIX_EMBRYO && (r->flags != CPT_UNIX_EMBRYO || r->type == 2)), "flags of a socket");
	CPT_BAD_IF(r->state == 10 && (r->type == 2 || !r->name_len || r->flags & ~CPT_UNIX_BOUND),
		   "state of a socket");
	CPT_BAD_IF(r->name_len > CPT_UNIX_NAMELEN || r->path_len > 4095 ||
		   !cpt_fits(rec, sizeof(*r), r->name_len + r->path_len, 1), "length of a socket's name");
	CPT_BAD_IF(r->path_len ? !r->mount || !cpt_path_ok((const char *)(r + 1) + r->name_len, r->path_len) :
				 r->mount != 0, "path of a socket");
	CPT_BAD_IF((r->flags & CPT_UNIX_BOUND || r->path_len) && !r->name_len, "name of a socket");
	CPT_BAD_IF(r->name_len && (*(const char *)(r + 1) ? r->flags & CPT_UNIX_BOUND && !r->path_len : r->path_len),
		   "name of a socket");
	return NULL;
}

static inline const char *cpt_check_socket(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_socket_rec *r = (const void *)rec;
	const struct cpt_unix_rec *u;

	CPT_BAD_IF(!cpt_file_ok(w, rec, &r->file) || (r->file.flags & CPT_O_ACCMODE) != CPT_O_RDWR ||
		   (r->file.flags & CPT_O_PATH) || r->mode > 07777 || r->pad, "description of a socket");
	CPT_BAD_IF(!cpt_ref(w, rec, r->sock, CPT_K_UNIX, false), "socket of a file");
	u = (const void *)w->obj[r->sock];
	CPT_BAD_IF((u->flags & ~CPT_UNIX_BOUND) || w->mark[r->sock], "socket of a file");
	w->mark[r->sock] = 1;	/* one file each */
	return NULL;
}

/* The socket @id of a queue, of the same type as its owner: NULL if there is none such. */
static inline const struct cpt_unix_rec *cpt_unix_ref(const struct cpt_walk *w, const struct cpt_rec *rec,
						      __u64 id, __u32 type)
{
	const struct cpt_unix_rec *u;

	if (!cpt_ref(w, rec, id, CPT_K_UNIX, false))
		return NULL;
	u = (const void *)w->obj[id];
	return u->type == type ? u : NULL;
}

static inline const char *cpt_check_sockfilter(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_sockfilter_rec *r = (const void *)rec;
	const struct cpt_unix_rec *u;

	CPT_BAD_IF(!r->count || r->count > CPT_FILTER_MAX || r->locked > 1 ||
		   !cpt_fits(rec, sizeof(*r), r->count, 8), "filter of a socket");
	CPT_BAD_IF(!w->owner || w->owner->kind != CPT_K_UNIX, "socket of a filter");
	u = (const void *)w->owner;
	CPT_BAD_IF(u->flags & (CPT_UNIX_CLOSED | CPT_UNIX_EMBRYO), "socket of a filter");
	return NULL;
}

static inline const char *cpt_check_unix_msg(struct cpt_walk *w, const struct cpt_unixq_rec *r, __u32 type,
					     const struct cpt_unix_msg *m)
{
	const struct cpt_unix_rec *sender = cpt_unix_ref(w, &r->rec, m->sender, type);

	CPT_BAD_IF(!sender || sender->flags & CPT_UNIX_EMBRYO || sender->state == 10, "sender of a message");
	CPT_BAD_IF(type != 2 && m->sender != r->peer, "sender of a message");
	CPT_BAD_IF((m->flags & ~CPT_UNIX_OOB) || (m->flags && type != 1) || (type == 1 && !m->len) ||
		   m->len > CPT_UNIX_MSG_MAX || m->nfiles > CPT_UNIX_FILES || m->pid > CPT_PID_MAX, "message in a socket");
	return NULL;
}

static inline const char *cpt_check_unixq(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_unixq_rec *r = (const void *)rec;
	const struct cpt_unix_msg *m = (const void *)(r + 1);
	const __u64 *file = (const void *)((const __u8 *)(r + 1) + (__u64)r->nmsgs * sizeof(*m));
	const struct cpt_unix_rec *owner, *other;
	__u64 bytes = 0, files = 0;
	const char *why = NULL;
	__u32 i;

	CPT_BAD_IF(!cpt_ref(w, rec, r->owner, CPT_K_UNIX, false), "owner of a queue");
	owner = (const void *)w->obj[r->owner];
	CPT_BAD_IF(w->mark[r->owner] & 2, "owner of a queue");
	w->mark[r->owner] |= 2;		/* one queue each */
	other = cpt_unix_ref(w, rec, r->peer, owner->type);
	CPT_BAD_IF((r->peer && (!other || other->state == 10)) || (owner->state == 10 && (r->peer || r->nmsgs)),
		   "peer of a socket");
	other = cpt_unix_ref(w, rec, r->listener, owner->type);
	CPT_BAD_IF(owner->flags & CPT_UNIX_EMBRYO ? !other || other->state != 10 || !r->peer || r->peer == r->owner :
						    r->listener != 0, "connection that was not accepted");
	CPT_BAD_IF(r->nmsgs > rec->len / sizeof(*m) || r->nfiles > rec->len / sizeof(*file) ||
		   !cpt_fits(rec, sizeof(*r), (__u64)r->nmsgs * sizeof(*m) + (__u64)r->nfiles * sizeof(*file), 1),
		   "length of a queue");
	for (i = 0; i < r->nmsgs && !why; i++) {
		why = cpt_check_unix_msg(w, r, owner->type, &m[i]);
		bytes += m[i].len;
		files += m[i].nfiles;
	}
	for (i = 0; i < r->nfiles && !why; i++)
		if (!cpt_ref_file(w, rec, file[i]))
			why = "file in a message";
	if (!why && (bytes != r->bytes || bytes > CPT_UNIXQ_MAX || files != r->nfiles))
		why = "length of a queue";
	return why;
}

static inline const char *cpt_check_eventfd(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_eventfd_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_anon_ok(w, rec, &r->file), "description of an eventfd");
	CPT_BAD_IF(r->count == ~0ULL || r->semaphore > 1 || r->pad, "count of an eventfd");
	return NULL;
}

static inline const char *cpt_check_signalfd(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_signalfd_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_anon_ok(w, rec, &r->file), "description of a signalfd");
	return NULL;
}

static inline const char *cpt_check_timerfd(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_timerfd_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_anon_ok(w, rec, &r->file), "description of a timerfd");
	CPT_BAD_IF(r->clock != 0 && r->clock != 1 && r->clock != 7, "clock of a timerfd");
	CPT_BAD_IF(r->flags > 3 || r->state >= CPT_TIMERFD_STATES || r->canceled > 1 ||
		   r->value >> 62 || r->interval >> 62, "time of a timerfd");
	return NULL;
}

static inline const char *cpt_check_epoll(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_epoll_rec *r = (const void *)rec;
	const struct cpt_epoll_item *item = (const void *)(r + 1);
	__u8 *depth = &w->mark[rec->id];
	__u32 i;

	CPT_BAD_IF(!cpt_anon_ok(w, rec, &r->file) || r->pad, "description of an epoll");
	CPT_BAD_IF(!cpt_fits(rec, sizeof(*r), r->n, sizeof(*item)), "number of files in an epoll");
	for (i = 0; i < r->n; i++) {
		CPT_BAD_IF(!cpt_ref_file(w, rec, item[i].file) || item[i].fd >= CPT_FD_MAX ||
			   item[i].ready > 1 || item[i].pid > CPT_PID_MAX, "file in an epoll");
		CPT_BAD_IF(item[i].pid && w->obj[item[i].file]->kind != CPT_K_SIGNALFD,
			   "signals of what is no signalfd");
		if (w->obj[item[i].file]->kind == CPT_K_EPOLL && w->mark[item[i].file] >= *depth)
			*depth = w->mark[item[i].file] + 1;
	}
	CPT_BAD_IF(*depth > CPT_EPOLL_NESTS, "epoll in an epoll, too deep");
	return NULL;
}

static inline const char *cpt_check_pidfd(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_pidfd_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_anon_ok(w, rec, &r->file), "description of a pidfd");
	CPT_BAD_IF(r->pid > CPT_PID_MAX || r->thread > 1 || (r->pid && r->twin) ||
		   !cpt_ref(w, rec, r->twin, CPT_K_PIDFD, true), "process of a pidfd");
	/* no chains, which would be made by recursion, and only of one that is gone */
	CPT_BAD_IF(r->twin && (((const struct cpt_pidfd_rec *)w->obj[r->twin])->twin ||
			       ((const struct cpt_pidfd_rec *)w->obj[r->twin])->pid), "process of a pidfd");
	return NULL;
}

static inline const char *cpt_check_view(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_view_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_file_ok(w, rec, &r->file), "description of a file of the kernel");
	CPT_BAD_IF(r->path_len > 4095 || !cpt_fits(rec, sizeof(*r), r->path_len, 1) ||
		   !cpt_path_ok((const char *)(r + 1), r->path_len), "path of a file of the kernel");
	CPT_BAD_IF(!r->mount || r->gone > CPT_PID_MAX, "place of a file of the kernel");
	CPT_BAD_IF((r->mode & 0170000) != 0100000 && (r->mode & 0170000) != 0040000 &&
		   !(r->file.flags & CPT_O_PATH), "type of a file of the kernel");
	return NULL;
}

/* What one side of a pseudo terminal holds. */
static inline __u64 cpt_tty_bytes(const struct cpt_tty *t)
{
	return (__u64)t->input + (t->input + 7) / 8 + t->echo + t->queue;
}

static inline bool cpt_tty_ok(const struct cpt_tty *t)
{
	return t->termios.line <= 255 && t->locked.line <= 255 && !t->termios.pad && !t->locked.pad &&
	       t->rows <= 65535 && t->cols <= 65535 && t->xpixel <= 65535 && t->ypixel <= 65535 &&
	       t->input <= CPT_TTY_BUF && t->canon <= t->input && t->committed <= t->input &&
	       t->echo <= CPT_TTY_BUF && t->echo_commit <= t->echo && t->echo_mark <= t->echo &&
	       t->queue <= CPT_TTY_QUEUE && t->ahead <= t->queue &&
	       !(t->flags & ~CPT_TTY_FLAGS) && t->pktstatus <= 255;
}

static inline const char *cpt_check_pty(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_pty_rec *r = (const void *)rec;
	const struct cpt_tty *m = &r->side[CPT_PTY_MASTER], *s = &r->side[CPT_PTY_SLAVE];
	__u64 bytes = cpt_tty_bytes(m) + cpt_tty_bytes(s);

	CPT_BAD_IF(!cpt_ref(w, rec, r->cred, CPT_K_CRED, true), "who opened a terminal");
	CPT_BAD_IF(!r->mount || r->index >= CPT_PTY_MAX || r->mode > 07777 || r->session > CPT_PID_MAX ||
		   r->pgrp > CPT_PID_MAX, "properties of a terminal");
	CPT_BAD_IF(!cpt_tty_ok(m) || !cpt_tty_ok(s) || (m->flags & CPT_TTY_HUPPED) ||
		   ((s->flags & CPT_TTY_HUPPED) && (s->input || s->echo)), "state of a terminal");
	CPT_BAD_IF(r->path_len > 4095 || !cpt_fits(rec, sizeof(*r), bytes + r->path_len, 1), "length of a terminal");
	CPT_BAD_IF(r->path_len && (!r->master_mount || !cpt_path_ok((const char *)(r + 1) + bytes, r->path_len)),
		   "path of a terminal");
	CPT_BAD_IF(!r->path_len != !r->cred || (!r->cred && (r->master_mount || r->master_flags || r->session || bytes)),
		   "hung up terminal");
	CPT_BAD_IF(r->console > 1 || r->pad ||
		   (r->console && (w->console || !r->cred || r->master_flags != 2 /* O_RDWR */)), "console");
	w->console |= r->console;
	return NULL;
}

static inline const char *cpt_check_ptyend(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_ptyend_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_file_ok(w, rec, &r->file) || r->hung > 1 || (r->hung && r->side != CPT_PTY_SLAVE),
		   "description of a terminal");
	CPT_BAD_IF(!cpt_ref(w, rec, r->pty, CPT_K_PTY, false) || r->side >= CPT_PTY_SIDES ||
		   (r->side == CPT_PTY_MASTER && (!((const struct cpt_pty_rec *)w->obj[r->pty])->cred ||
						  ((const struct cpt_pty_rec *)w->obj[r->pty])->console)),
		   "side of a terminal");
	CPT_BAD_IF(!r->mount || r->path_len > 4095 || !cpt_fits(rec, sizeof(*r), r->path_len, 1) ||
		   !cpt_path_ok((const char *)(r + 1), r->path_len), "path of a terminal");
	return NULL;
}

static inline const char *cpt_check_nsfd(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_nsfd_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_file_ok(w, rec, &r->file) || r->pad ||
		   (!(r->file.flags & CPT_O_PATH) && (r->file.flags & CPT_O_ACCMODE)), "description of a namespace");
	switch (r->type) {
	case 0x00000080: case 0x00020000: case 0x02000000: case 0x04000000:	/* time, mnt, cgroup, uts */
	case 0x08000000: case 0x10000000: case 0x20000000: case 0x40000000:	/* ipc, user, pid, net */
		return NULL;
	}
	return "type of a namespace";
}

/* Events of an inotify: @len bytes at @p, 8-aligned. */
static inline const char *cpt_check_events(const __u8 *p, __u32 len)
{
	__u64 size;
	__u32 i;

	CPT_BAD_IF(len % CPT_ALIGN, "length of events");
	while (len) {
		const struct cpt_inotify_event *e = (const void *)p;
		const char *name = (const char *)(e + 1);

		CPT_BAD_IF(len < sizeof(*e) || e->name_len > 255, "length of events");
		size = cpt_align_up(sizeof(*e) + e->name_len, CPT_ALIGN);
		CPT_BAD_IF(size > len, "length of events");
		for (i = 0; i < size - sizeof(*e); i++)
			CPT_BAD_IF(!name[i] != (i >= e->name_len), "name in an event");
		CPT_BAD_IF((e->mask & ~CPT_INOTIFY_EVENT_MASK) ||
			   ((e->mask & 0x4000 /* IN_Q_OVERFLOW */) && e->name_len), "event");
		p += size;
		len -= size;
	}
	return NULL;
}

static inline const char *cpt_check_inotify(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_inotify_rec *r = (const void *)rec;
	const struct cpt_inotify_watch *watch = (const void *)(r + 1);
	const char *path, *err;
	__u64 size;
	__u32 i;

	CPT_BAD_IF(!cpt_file_ok(w, rec, &r->file) || r->file.pos || r->pad ||
		   (r->file.flags & (~CPT_O_ANON | CPT_O_ACCMODE)), "description of an inotify");
	CPT_BAD_IF(r->next_wd > CPT_INOTIFY_NEXT_MAX || r->nwatches > rec->len / sizeof(*watch),
		   "number of watches");
	size = sizeof(*r) + (__u64)r->nwatches * sizeof(*watch) + r->events_len;
	CPT_BAD_IF(size > rec->len, "number of watches");
	err = cpt_check_events((const __u8 *)(watch + r->nwatches), r->events_len);
	if (err)
		return err;
	for (i = 0; i < r->nwatches; i++) {
		CPT_BAD_IF(watch[i].wd == 0 || watch[i].wd > 0x7fffffff || !watch[i].mount ||
			   (watch[i].mask & ~CPT_INOTIFY_WATCH_MASK), "watch");
		path = (const char *)r + size;
		size += watch[i].path_len;
		CPT_BAD_IF(watch[i].path_len > 4095 || size > rec->len ||
			   !cpt_path_ok(path, watch[i].path_len), "path of a watch");
	}
	CPT_BAD_IF(!cpt_fits(rec, size, 0, 1), "length of an inotify");
	return NULL;
}

/* A handle, or the path instead of it, at @p; @size bytes were taken before it. */
static inline bool cpt_fan_handle_ok(const struct cpt_rec *rec, const struct cpt_fanotify_handle *h, __u64 *size)
{
	const char *p = (const char *)rec + *size;

	*size += h->path_len ? h->path_len : h->len;
	if (*size > rec->len)
		return false;
	if (h->path_len)
		return h->mount && !h->type && !h->len && cpt_path_ok(p, h->path_len);
	return !h->mount && h->len <= CPT_FAN_HANDLE_MAX && !(h->len % 4) && (h->len || !h->type);
}

/* Has an event just what one of its type has? */
static inline const char *cpt_check_fan_event(const struct cpt_fanotify_rec *r, const struct cpt_fanotify_event *e)
{
	const struct cpt_fanotify_handle *h = e->handle;
	bool has[3], rename = e->mask & CPT_FAN_RENAME;
	int i;

	for (i = 0; i < 3; i++)
		has[i] = h[i].path_len || h[i].len;
	CPT_BAD_IF(e->type == CPT_FAN_OVERFLOW ? e->mask != CPT_FAN_Q_OVERFLOW || e->pid || e->mount || has[0] :
		   !(e->mask & CPT_FAN_EVENTS) || (e->mask & ~(CPT_FAN_EVENTS | CPT_FAN_ON)), "mask of an event");
	/* read(2) takes what is with it from these */
	CPT_BAD_IF((e->type == CPT_FAN_ERROR) != !!(e->mask & CPT_FAN_FS_ERROR) ||
		   (rename && e->type != CPT_FAN_NAME), "mask of an event");
	CPT_BAD_IF((e->type == CPT_FAN_ERROR) != !!e->errors || (e->type != CPT_FAN_ERROR && e->error),
		   "error in an event");
	CPT_BAD_IF(e->pid > CPT_PID_MAX, "process of an event");
	CPT_BAD_IF(e->type != CPT_FAN_NAME && (has[1] || has[2] || e->name_len[0] || e->name_len[1]),
		   "names in an event");
	CPT_BAD_IF((e->name_len[0] && !has[0]) || (rename && has[0] && !e->name_len[0]) ||
		   !e->name_len[1] != !has[1] || (has[1] && !rename), "names in an event");
	CPT_BAD_IF(e->type == CPT_FAN_PATH ? !h[0].path_len || e->mount : e->type != CPT_FAN_OVERFLOW &&
		   !(r->flags & CPT_FAN_FIDS), "object of an event");
	CPT_BAD_IF((e->type == CPT_FAN_PATH && (r->flags & CPT_FAN_FIDS)) ||
		   ((e->type == CPT_FAN_PATH || e->type == CPT_FAN_OVERFLOW || e->mount) && (e->fsid[0] || e->fsid[1])),
		   "object of an event");
	return NULL;
}

static inline const char *cpt_check_fanotify(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_fanotify_rec *r = (const void *)rec;
	const struct cpt_fanotify_mark *m = (const void *)(r + 1);
	const struct cpt_fanotify_event *e;
	const char *name, *err;
	__u32 i, j, overflows = 0;
	__u64 size, at;

	CPT_BAD_IF(!cpt_anon_ok(w, rec, &r->file) || (r->flags & ~CPT_FAN_GROUP_FLAGS) ||
		   (r->event_flags & ~CPT_FAN_EVENT_FLAGS), "description of a fanotify");
	CPT_BAD_IF(r->nmarks > rec->len / sizeof(*m) || r->nevents > rec->len / sizeof(*e), "number of marks");
	e = (const void *)(m + r->nmarks);
	size = sizeof(*r) + (__u64)r->nmarks * sizeof(*m) + (__u64)r->nevents * sizeof(*e);
	CPT_BAD_IF(size > rec->len, "number of marks");
	for (i = 0; i < r->nmarks; i++) {
		CPT_BAD_IF(m[i].type > CPT_FAN_FS || (m[i].flags & ~CPT_FAN_MARK_FLAGS) || !m[i].mount ||
			   (m[i].type != CPT_FAN_INODE && m[i].ino), "mark");
		CPT_BAD_IF(((m[i].mask | m[i].ignore) & ~(CPT_FAN_EVENTS | CPT_FAN_PERM | CPT_FAN_ON)) ||
			   ((m[i].ignore & CPT_FAN_ON) && !(m[i].flags & CPT_FAN_MARK_IGNORE)) ||
			   (m[i].type == CPT_FAN_FS && ((m[i].mask | m[i].ignore) & CPT_FAN_PERM)), "mask of a mark");
		at = size;
		size += m[i].path_len;
		CPT_BAD_IF(m[i].path_len > 4095 || size > rec->len ||
			   !cpt_path_ok((const char *)rec + at, m[i].path_len) ||
			   (m[i].type != CPT_FAN_INODE && m[i].path_len != 1), "path of a mark");
	}
	for (i = 0; i < r->nevents; i++) {
		CPT_BAD_IF(e[i].type > CPT_FAN_ERROR || e[i].type == CPT_FAN_PATH + 1, "type of an event");
		CPT_BAD_IF(e[i].type == CPT_FAN_OVERFLOW && overflows++, "second overflow");
		for (j = 0; j < 3; j++)
			CPT_BAD_IF(!cpt_fan_handle_ok(rec, &e[i].handle[j], &size), "handle in an event");
		err = cpt_check_fan_event(r, &e[i]);
		if (err)
			return err;
		for (j = 0; j < 2; j++) {
			name = (const char *)rec + size;
			size += e[i].name_len[j];
			CPT_BAD_IF(e[i].name_len[j] > 4095 || size > rec->len ||
				   memchr(name, 0, e[i].name_len[j]) || memchr(name, '/', e[i].name_len[j]),
				   "name in an event");
		}
	}
	CPT_BAD_IF(!cpt_fits(rec, size, 0, 1), "length of a fanotify");
	return NULL;
}

static inline const char *cpt_check_shmem(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_shmem_rec *r = (const void *)rec;
	const char *name = (const void *)(r + 1);
	__u32 i;

	(void)w;
	CPT_BAD_IF(r->size > CPT_ADDR_MAX, "size of shared memory");
	CPT_BAD_IF(r->name_len > CPT_MEMFD_NAME_MAX || !cpt_fits(rec, sizeof(*r), r->name_len, 1),
		   "length of a memfd's name");
	for (i = 0; i < r->name_len; i++)
		CPT_BAD_IF(!name[i], "name of a memfd");
	CPT_BAD_IF(r->memfd > 1 || (r->seals & ~CPT_MEMFD_SEALS) || r->mode > 07777 ||
		   (!r->memfd && (r->seals || r->mode || r->uid || r->gid || r->name_len)),
		   "properties of a memfd");
	return NULL;
}

/* May a record refer to @id as the contents of a memfd, or (@memfd false) as shared anonymous memory? */
static inline bool cpt_ref_shmem(const struct cpt_walk *w, const struct cpt_rec *rec, __u64 id, bool memfd)
{
	return cpt_ref(w, rec, id, CPT_K_SHMEM, false) &&
	       ((const struct cpt_shmem_rec *)w->obj[id])->memfd == memfd;
}

/* How many huge pages its ranges are together; ~0: they are not as they must be. */
static inline __u64 cpt_huge_pages(const struct cpt_huge_rec *r)
{
	const struct cpt_huge_range *range = (const void *)(r + 1);
	__u64 pages = 0, end = 0;
	__u32 i;

	for (i = 0; i < r->n; i++) {
		if (range[i].from < end || range[i].from >= range[i].to || range[i].to > CPT_ADDR_MAX >> r->shift)
			return ~0ULL;
		end = range[i].to;
		pages += end - range[i].from;
	}
	return pages;
}

static inline const char *cpt_check_huge(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_huge_rec *r = (const void *)rec;
	const struct cpt_rec *owner = w->owner;

	CPT_BAD_IF(r->shift <= CPT_PAGE_SHIFT || r->shift > 40, "size of huge pages");
	CPT_BAD_IF(r->n > rec->len / sizeof(struct cpt_huge_range) ||
		   !cpt_fits(rec, sizeof(*r), r->n, sizeof(struct cpt_huge_range)), "ranges of huge pages");
	CPT_BAD_IF(r->pages > CPT_HUGE_MAX, "number of huge pages");
	if (!owner || owner->kind == CPT_K_MM) {
		CPT_BAD_IF(r->n, "ranges of huge pages");
		return NULL;
	}
	CPT_BAD_IF((owner->kind != CPT_K_SHMEM && owner->kind != CPT_K_SHM && owner->kind != CPT_K_DELETED) ||
		   (const __u8 *)owner + owner->len != (const __u8 *)rec ||
		   (owner->kind == CPT_K_DELETED && ((const struct cpt_deleted_rec *)owner)->path_len),
		   "huge pages that belong to nothing");
	CPT_BAD_IF(cpt_huge_pages(r) > r->pages, "ranges of huge pages");
	return NULL;
}

/* Those of a SHMEM, SHM or DELETED, which stand right behind it; NULL: it has pages of the usual size. */
static inline const struct cpt_huge_rec *cpt_huge_of(const struct cpt_walk *w, const struct cpt_rec *obj)
{
	const __u8 *next = (const __u8 *)obj + obj->len;

	return next < w->meta + w->hdr->meta_len && ((const struct cpt_rec *)next)->kind == CPT_K_HUGE ?
	       (const void *)next : NULL;
}

static inline const char *cpt_check_memfd(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_memfd_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_file_ok(w, rec, &r->file) || (r->file.flags & CPT_O_PATH), "description of a memfd");
	CPT_BAD_IF(!cpt_ref_shmem(w, rec, r->shmem, true), "contents of a memfd");
	return NULL;
}

/* May a record refer to @id as a file that can be mapped and executed? */
static inline bool cpt_ref_mappable(const struct cpt_walk *w, const struct cpt_rec *rec, __u64 id)
{
	return cpt_ref(w, rec, id, CPT_K_REG, false) || cpt_ref(w, rec, id, CPT_K_MEMFD, false);
}

static inline const char *cpt_check_ipc_ids(const struct cpt_ipc_ids *ids)
{
	CPT_BAD_IF(ids->next_id < -1 || ids->last_idx < -1 || ids->last_idx >= (__s32)CPT_IPC_INDEX_MAX ||
		   ids->seq > 65535 || ids->cursor > CPT_IPC_INDEX_MAX, "counter of IPC");
	return NULL;
}

static inline const char *cpt_check_ipc(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_ipc_rec *r = (const void *)rec;
	const char *err = NULL;
	int i;

	CPT_BAD_IF(w->nobj, "limits of IPC behind objects");
	CPT_BAD_IF(r->sem[3] < 0 || r->sem[3] > (__s32)CPT_IPC_INDEX_MAX || r->msgmni > CPT_IPC_INDEX_MAX ||
		   r->shmmni > CPT_IPC_INDEX_MAX || r->msgmax > 0x7fffffff || r->msgmnb > 0x7fffffff ||
		   r->shm_rmid_forced > 1, "limit of IPC");
	CPT_BAD_IF(!r->mq_msg_max || r->mq_msg_max > CPT_MQ_MSG_MAX || !r->mq_msg_default ||
		   r->mq_msg_default > CPT_MQ_MSG_MAX || r->mq_msgsize_max < 128 ||
		   r->mq_msgsize_max > CPT_MQ_MSGSIZE_MAX || r->mq_msgsize_default < 128 ||
		   r->mq_msgsize_default > CPT_MQ_MSGSIZE_MAX, "limit of POSIX message queues");
	for (i = 0; i < 3 && !err; i++)
		err = cpt_check_ipc_ids(&r->ids[i]);
	return err;
}

static inline bool cpt_ipc_perm_ok(const struct cpt_ipc_perm *p, __u32 modes)
{
	return p->id >= 0 && p->uid != ~0u && p->gid != ~0u && p->cuid != ~0u && p->cgid != ~0u &&
	       !(p->mode & ~modes) && !p->pad;
}

/* They stand before all tasks, whose memory may have them. */
static inline const char *cpt_check_shm(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_shm_rec *r = (const void *)rec;

	CPT_BAD_IF(w->ntasks || !cpt_ipc_perm_ok(&r->perm, 0777 | CPT_SHM_DEST | CPT_SHM_LOCKED),
		   "owner or mode of shared memory");
	CPT_BAD_IF(!r->size || r->size > CPT_ADDR_MAX, "size of shared memory");
	CPT_BAD_IF(r->perm.mode & CPT_SHM_DEST ? r->perm.key : r->perm.key != r->name, "key of shared memory");
	CPT_BAD_IF(r->cpid > CPT_PID_MAX || r->lpid > CPT_PID_MAX || r->creator > CPT_PID_MAX ||
		   r->noreserve > 1 || (r->perm.mode & CPT_SHM_LOCKED ? r->locker == ~0u : r->locker),
		   "properties of shared memory");
	return NULL;
}

static inline const char *cpt_check_shmat(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_shmat_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_ref(w, rec, r->shm, CPT_K_SHM, false) || r->readonly > 1 || r->pad,
		   "mapped shared memory");
	return NULL;
}

static inline const char *cpt_check_sem(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_sem_rec *r = (const void *)rec;
	const struct cpt_sem_value *v = (const void *)(r + 1);
	__u32 i;

	CPT_BAD_IF(w->ntasks || !cpt_ipc_perm_ok(&r->perm, 0777), "owner or mode of semaphores");
	CPT_BAD_IF(!r->n || r->pad || !cpt_fits(rec, sizeof(*r), r->n, sizeof(*v)), "number of semaphores");
	for (i = 0; i < r->n; i++)
		CPT_BAD_IF(v[i].value > CPT_SEM_MAX || v[i].pid > CPT_PID_MAX, "semaphore");
	return NULL;
}

static inline const char *cpt_check_sem_adj(struct cpt_walk *w, const struct cpt_rec *rec,
					    const struct cpt_sem_adj *a)
{
	CPT_BAD_IF(!cpt_ref(w, rec, a->sem, CPT_K_SEM, false) ||
		   a->num >= ((const struct cpt_sem_rec *)w->obj[a->sem])->n, "semaphore to undo");
	CPT_BAD_IF(!a->adj || a->adj > CPT_SEM_MAX || a->adj < -CPT_SEM_MAX - 1, "what is to undo of a semaphore");
	return NULL;
}

/* Live tasks, each in one of these. */
static inline const char *cpt_check_semundo(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_semundo_rec *r = (const void *)rec;
	const __u64 *task = (const void *)(r + 1);
	const struct cpt_sem_adj *adj = (const void *)(task + r->ntasks);
	const char *err = NULL;
	__u32 i;

	CPT_BAD_IF(!r->ntasks || r->ntasks > rec->len / sizeof(*task) || r->nadjs > rec->len / sizeof(*adj) ||
		   !cpt_fits(rec, sizeof(*r), (__u64)r->ntasks * sizeof(*task) + (__u64)r->nadjs * sizeof(*adj), 1),
		   "length of what is to undo");
	for (i = 0; i < r->ntasks; i++) {
		CPT_BAD_IF(!cpt_ref(w, rec, task[i], CPT_K_TASK, false) || w->mark[task[i]] ||
			   ((const struct cpt_task_rec *)w->obj[task[i]])->state != CPT_TASK_LIVE,
			   "task that undoes");
		w->mark[task[i]] = 1;
	}
	for (i = 0; i < r->nadjs && !err; i++)
		err = cpt_check_sem_adj(w, rec, &adj[i]);
	return err;
}

static inline const char *cpt_check_msgq(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_msgq_rec *r = (const void *)rec;
	const struct cpt_msgq_msg *m = (const void *)(r + 1);
	__u64 bytes = 0;
	__u32 i;

	CPT_BAD_IF(w->ntasks || !cpt_ipc_perm_ok(&r->perm, 0777), "owner or mode of a message queue");
	CPT_BAD_IF(r->lspid > CPT_PID_MAX || r->lrpid > CPT_PID_MAX || r->pad,
		   "properties of a message queue");
	CPT_BAD_IF(!cpt_fits(rec, sizeof(*r), r->nmsgs, sizeof(*m)), "length of a message queue");
	for (i = 0; i < r->nmsgs; i++) {
		CPT_BAD_IF(m[i].type <= 0 || m[i].pad, "message in a queue");
		bytes += m[i].len;
	}
	CPT_BAD_IF(bytes != r->bytes || bytes > CPT_MSGQ_MAX, "length of a message queue");
	return NULL;
}

/* A name in a directory. */
static inline bool cpt_name_ok(const char *name, __u32 len)
{
	__u32 i;

	for (i = 0; i < len; i++)
		if (!name[i] || name[i] == '/')
			return false;
	return len && len <= 255 && !(len == 1 && name[0] == '.') && !(len == 2 && name[0] == '.' && name[1] == '.');
}

static inline const char *cpt_check_mq(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_mq_rec *r = (const void *)rec;
	const struct cpt_mq_msg *m = (const void *)(r + 1);
	__u64 bytes = 0;
	__u32 i;

	(void)w;
	CPT_BAD_IF(r->mode > 0777 || r->uid == ~0u || r->gid == ~0u || r->user == ~0u ||
		   !r->maxmsg || r->maxmsg > CPT_MQ_MSG_MAX || !r->msgsize || r->msgsize > CPT_MQ_MSGSIZE_MAX,
		   "properties of a POSIX message queue");
	CPT_BAD_IF(r->notify > CPT_MQ_SIGNAL || r->pid > CPT_PID_MAX || r->signo > CPT_NSIG || (r->flags & ~(CPT_MQ_REMOVED | CPT_MQ_STALE)) ||
		   !r->notify != !r->pid || (r->notify != CPT_MQ_SIGNAL && (r->signo || (r->flags & CPT_MQ_STALE) || r->value)),
		   "notification of a POSIX message queue");
	CPT_BAD_IF(r->nmsgs > r->maxmsg || r->name_len > 255 ||
		   !cpt_fits(rec, sizeof(*r), r->nmsgs * sizeof(*m) + r->name_len, 1), "length of a POSIX message queue");
	for (i = 0; i < r->nmsgs; i++) {
		CPT_BAD_IF(m[i].len > r->msgsize || m[i].prio > CPT_MQ_PRIO_MAX || (i && m[i].prio > m[i - 1].prio),
			   "message in a POSIX message queue");
		bytes += m[i].len;
	}
	CPT_BAD_IF(bytes != r->bytes || bytes > CPT_MSGQ_MAX, "length of a POSIX message queue");
	CPT_BAD_IF(!cpt_name_ok((const char *)(m + r->nmsgs), r->name_len), "name of a POSIX message queue");
	return NULL;
}

static inline const char *cpt_check_mqfd(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_mqfd_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_file_ok(w, rec, &r->file) || (r->file.flags & CPT_O_PATH) || r->pad,
		   "description of a POSIX message queue");
	CPT_BAD_IF(!cpt_ref(w, rec, r->mq, CPT_K_MQ, false), "POSIX message queue of a file");
	return NULL;
}

static inline const char *cpt_check_mm(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_mm_rec *r = (const void *)rec;
	const __u64 *a = &r->start_code;

	CPT_BAD_IF(!cpt_ref(w, rec, r->parent, CPT_K_MM, true), "parent of a memory");
	CPT_BAD_IF(!cpt_ref_mappable(w, rec, r->exe), "executable of a memory");
	for (; a <= &r->vdso; a++)
		CPT_BAD_IF(*a > cpt_addr_max(w), "address in a memory");
	CPT_BAD_IF(r->arg_start > r->arg_end || r->env_start > r->env_end ||
		   r->start_code > r->end_code || r->start_data > r->end_data ||
		   r->start_brk > r->brk, "order of addresses in a memory");
	CPT_BAD_IF(r->dumpable > 2 || (r->flags & ~CPT_MM_FLAGS) || r->membarrier > 0xff ||
		   (r->flags & (CPT_MM_MDWE | CPT_MM_MDWE_NO_INHERIT)) == CPT_MM_MDWE_NO_INHERIT,
		   "flags of a memory");
	CPT_BAD_IF((r->pkeys & ~0xfffeu) || r->exec_pkey > 15 || (r->exec_pkey && !(r->pkeys & 1u << r->exec_pkey)) ||
		   (r->pkeys && w->hdr->arch != CPT_ARCH_X86_64), "protection keys of a memory");
	CPT_BAD_IF(r->nauxv > CPT_AUXV_MAX || !cpt_fits(rec, sizeof(*r), r->nauxv, 8),
		   "length of an auxiliary vector");
	w->want_vmas = r->areas;
	w->want_aio = 0;
	w->vma_end = w->aio_end = 0;
	return NULL;
}

/*
 * The contents of the file that an area maps: a SHMEM, SHM or DELETED; NULL: it has none, or the file
 * system has them.
 */
static inline const struct cpt_rec *cpt_area_contents(const struct cpt_walk *w, const struct cpt_vma_rec *r)
{
	const struct cpt_rec *file = r->file ? w->obj[r->file] : NULL;
	__u64 id = 0;

	switch (file ? file->kind : 0) {
	case CPT_K_SHMEM:
		return file;
	case CPT_K_MEMFD:
		id = ((const struct cpt_memfd_rec *)file)->shmem;
		break;
	case CPT_K_SHMAT:
		id = ((const struct cpt_shmat_rec *)file)->shm;
		break;
	case CPT_K_REG:
		id = ((const struct cpt_reg_rec *)file)->deleted;
		break;
	}
	return id ? w->obj[id] : NULL;
}

/* What an area, whose file was passed, says of huge pages. */
static inline const char *cpt_check_area_huge(const struct cpt_walk *w, const struct cpt_vma_rec *r)
{
	const struct cpt_rec *contents = cpt_area_contents(w, r);
	const struct cpt_huge_rec *huge = contents ? cpt_huge_of(w, contents) : NULL;
	__u32 flags = r->flags & (CPT_VMA_RESERVED | CPT_VMA_TAKEN);
	__u64 mask;

	if (!(r->flags & CPT_VMA_HUGETLB)) {
		CPT_BAD_IF(huge || flags || (r->type == CPT_VMA_SHMEM && !(r->flags & CPT_VMA_SHARED)),
			   "memory area without huge pages");
		return NULL;
	}
	CPT_BAD_IF(!r->file || (contents && !huge), "memory area with huge pages");
	CPT_BAD_IF((flags && (r->flags & CPT_VMA_SHARED)) || ((flags & CPT_VMA_RESERVED) &&
		   (r->flags & (CPT_VMA_NORESERVE | CPT_VMA_INHERIT))), "reserved huge pages of a memory area");
	if (huge) {
		mask = (1ULL << huge->shift) - 1;
		CPT_BAD_IF(((r->start | r->end) & mask) || ((r->pgoff << CPT_PAGE_SHIFT) & mask),
			   "pieces of huge pages in a memory area");
	}
	return NULL;
}

static inline const char *cpt_check_vma(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_vma_rec *r = (const void *)rec;

	CPT_BAD_IF(!w->owner || w->owner->kind != CPT_K_MM || !w->want_vmas,
		   "memory area that belongs to nothing");
	w->want_vmas--;
	CPT_BAD_IF(r->start % CPT_PAGE || r->end % CPT_PAGE || r->start >= r->end ||
		   r->end > cpt_addr_max(w) || r->start < w->vma_end, "range of a memory area");
	w->vma_end = r->end;
	CPT_BAD_IF(r->type >= CPT_VMA_TYPES || (r->flags & ~(CPT_VMA_FLAGS | CPT_VMA_PKEYS)), "type of a memory area");
	CPT_BAD_IF((r->flags & CPT_VMA_PKEYS) && (r->type == CPT_VMA_VDSO || r->type == CPT_VMA_VVAR ||
		   w->hdr->arch != CPT_ARCH_X86_64), "protection key of a memory area");
	CPT_BAD_IF(r->pgoff > (1ULL << 51), "offset of a memory area");
	CPT_BAD_IF(!!(r->flags & CPT_VMA_SHARED) && r->type == CPT_VMA_ANON,
		   "shared memory area without a file");
	CPT_BAD_IF((r->flags & CPT_VMA_INHERIT) &&
		   (!((const struct cpt_mm_rec *)w->owner)->parent),
		   "inherited memory area without a parent");
	w->want_aio += r->type == CPT_VMA_AIO && !(r->flags & CPT_VMA_INHERIT);
	if (r->type == CPT_VMA_FILE)
		CPT_BAD_IF(!cpt_ref_mappable(w, rec, r->file), "file of a memory area");
	else if (r->type == CPT_VMA_SHMEM)
		CPT_BAD_IF(!cpt_ref_shmem(w, rec, r->file, false), "shared memory of an area");
	else if (r->type == CPT_VMA_AIO)
		CPT_BAD_IF(r->file || !(r->flags & CPT_VMA_SHARED) || (r->flags & CPT_VMA_EXEC) ||
			   r->end - r->start > CPT_AIO_RING_MAX, "ring of asynchronous I/O");
	else if (r->type == CPT_VMA_SYSV)
		CPT_BAD_IF(!(r->flags & CPT_VMA_SHARED) || !cpt_ref(w, rec, r->file, CPT_K_SHMAT, false),
			   "shared memory of an area");
	else
		CPT_BAD_IF(r->file, "file of an area without one");
	return cpt_check_area_huge(w, r);
}

/* The area of @mm that holds @addr or NULL: the areas follow the MM, ascending, all of one size. */
static inline const struct cpt_vma_rec *cpt_mm_area(const struct cpt_mm_rec *mm, __u64 addr)
{
	const struct cpt_vma_rec *vma = (const void *)((const __u8 *)mm + mm->rec.len);
	__u32 lo = 0, hi = mm->areas;

	while (lo < hi) {
		__u32 mid = lo + (hi - lo) / 2;

		if (vma[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < mm->areas && vma[lo].start <= addr ? &vma[lo] : NULL;
}

/* What a policy is of: a live task, an area, or pages of shared memory. */
static inline bool cpt_mpol_range_ok(const struct cpt_walk *w, const struct cpt_mpol_rec *r)
{
	const struct cpt_rec *owner = w->owner;
	const struct cpt_vma_rec *vma;

	switch (owner ? owner->kind : 0) {
	case CPT_K_TASK:
		return ((const struct cpt_task_rec *)owner)->state == CPT_TASK_LIVE && !r->start && !r->end;
	case CPT_K_MM:
		vma = cpt_mm_area((const void *)owner, r->start);
		return vma && vma->type != CPT_VMA_VDSO && vma->type != CPT_VMA_VVAR && r->start < r->end &&
		       r->end <= vma->end && r->start % CPT_PAGE == 0 && r->end % CPT_PAGE == 0;
	case CPT_K_SHMEM: case CPT_K_SHM:
		return r->start < r->end && r->end <= 1ULL << 51;
	}
	return false;
}

static inline const char *cpt_check_mpol(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_mpol_rec *r = (const void *)rec;
	__u64 nodes = 0;
	int i;

	CPT_BAD_IF(!cpt_mpol_range_ok(w, r), "NUMA policy that belongs to nothing");
	for (i = 0; i < CPT_NODES_MAX / 64; i++)
		nodes |= r->nodes[i];
	CPT_BAD_IF(!r->mode || r->mode > CPT_MPOL_MODES || (r->flags & ~CPT_MPOL_FLAGS) ||
		   !nodes != (r->mode == CPT_MPOL_LOCAL), "mode of a NUMA policy");
	CPT_BAD_IF(r->home < -1 || r->home >= CPT_NODES_MAX || r->last >= CPT_NODES_MAX ||
		   (r->last && w->owner->kind != CPT_K_TASK), "node of a NUMA policy");
	return NULL;
}

static inline const char *cpt_check_aio(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_aio_rec *r = (const void *)rec;
	const struct cpt_vma_rec *area;
	__u32 nr, head;

	CPT_BAD_IF(!w->owner || w->owner->kind != CPT_K_MM || !w->want_aio,
		   "context of asynchronous I/O that belongs to nothing");
	w->want_aio--;
	area = cpt_mm_area((const void *)w->owner, r->start);
	CPT_BAD_IF(!area || area->type != CPT_VMA_AIO || (area->flags & CPT_VMA_INHERIT) ||
		   area->start != r->start || r->start < w->aio_end, "ring of asynchronous I/O");
	w->aio_end = area->end;
	nr = (area->end - area->start) / sizeof(struct cpt_aio_event) - 1;
	head = r->head % nr;
	CPT_BAD_IF(!r->max_reqs || r->max_reqs > (nr - 2) / 2 || r->tail >= nr || r->completed >= nr,
		   "size of a ring of asynchronous I/O");
	CPT_BAD_IF(!cpt_fits(rec, sizeof(*r), (r->tail < head ? nr : 0) + r->tail - head,
			     sizeof(struct cpt_aio_event)), "events of asynchronous I/O");
	return NULL;
}

static inline const char *cpt_check_files(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_files_rec *r = (const void *)rec;
	const struct cpt_fd *fd = (const void *)(r + 1);
	__u32 i;

	CPT_BAD_IF(r->n > CPT_FD_MAX || r->pad || !cpt_fits(rec, sizeof(*r), r->n, sizeof(*fd)),
		   "length of a descriptor table");
	for (i = 0; i < r->n; i++) {
		CPT_BAD_IF(fd[i].fd >= CPT_FD_MAX || (i && fd[i].fd <= fd[i - 1].fd) ||
			   fd[i].cloexec > 1, "descriptor");
		CPT_BAD_IF(!cpt_ref_file(w, rec, fd[i].file), "file of a descriptor");
	}
	return NULL;
}

/* Has the table the descriptor @n? */
static inline bool cpt_has_fd(const struct cpt_files_rec *r, __u32 n)
{
	const struct cpt_fd *fd = (const void *)(r + 1);
	__u32 lo = 0, hi = r->n;

	while (lo < hi) {
		__u32 mid = lo + (hi - lo) / 2;

		if (fd[mid].fd < n)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->n && fd[lo].fd == n;
}

static inline const char *cpt_check_dnotify(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_dnotify_rec *r = (const void *)rec;

	CPT_BAD_IF(!w->owner || w->owner->kind != CPT_K_FILES || !cpt_has_fd((const void *)w->owner, r->fd),
		   "notice of a directory that belongs to nothing");
	CPT_BAD_IF(!(r->mask & CPT_DN_EVENTS) || (r->mask & ~(CPT_DN_EVENTS | CPT_DN_MULTISHOT)),
		   "notice of a directory");
	return NULL;
}

static inline const char *cpt_check_lock(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_lock_rec *r = (const void *)rec;
	__u32 owner = w->owner ? w->owner->kind : 0;

	if (r->kind == CPT_LOCK_POSIX)
		CPT_BAD_IF(owner != CPT_K_FILES || r->fd >= CPT_FD_MAX, "file or owner of a lock");
	else
		CPT_BAD_IF((owner != CPT_K_REG && owner != CPT_K_MEMFD) ||
			   (r->kind == CPT_LOCK_LEASE ? r->fd >= CPT_FD_MAX : r->fd) ||
			   (((const struct cpt_reg_rec *)w->owner)->file.flags & CPT_O_PATH),
			   "file or owner of a lock");	/* a MEMFD begins as a REG does */
	CPT_BAD_IF(r->kind == CPT_LOCK_LEASE &&
		   (owner != CPT_K_REG || ((const struct cpt_reg_rec *)w->owner)->deleted ||
		    (((const struct cpt_reg_rec *)w->owner)->mode & 0170000) != 0100000 ||
		    r->start || r->end != 0x7fffffffffffffffULL), "lease");
	CPT_BAD_IF(r->kind >= CPT_LOCK_KINDS || r->type > 1 || r->pid > CPT_PID_MAX ||
		   r->start > r->end || r->end > 0x7fffffffffffffffULL, "lock");
	return NULL;
}

/* All records of open files begin as a REG does. */
static inline const char *cpt_check_fown(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_fown_rec *r = (const void *)rec;

	CPT_BAD_IF(!w->owner || !cpt_is_file(w->owner->kind) ||
		   (((const struct cpt_reg_rec *)w->owner)->file.flags & CPT_O_PATH),
		   "signals of a file that is none");
	CPT_BAD_IF(r->pid > CPT_PID_MAX || r->type > 2 || r->signum > CPT_NSIG || r->pad ||
		   r->async > CPT_ASYNC_ON || (r->async == CPT_ASYNC_ON ? r->fd >= CPT_FD_MAX : r->fd),
		   "signals of a file");
	return NULL;
}

/* May a record refer to @id as a directory that is open? */
static inline bool cpt_ref_dir(const struct cpt_walk *w, const struct cpt_rec *rec, __u64 id)
{
	__u32 mode = 0;

	if (cpt_ref(w, rec, id, CPT_K_VIEW, false))
		mode = ((const struct cpt_view_rec *)w->obj[id])->mode;
	if (cpt_ref(w, rec, id, CPT_K_REG, false))
		mode = ((const struct cpt_reg_rec *)w->obj[id])->mode;
	return (mode & 0170000) == 0040000;
}

static inline const char *cpt_check_fs(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_fs_rec *r = (const void *)rec;
	const char *path = (const void *)(r + 1);

	CPT_BAD_IF(r->umask > 0777 || r->mntns > CPT_MOUNTS_MAX ||
		   !r->root_mount != !!r->root || !r->cwd_mount != !!r->cwd,
		   "root and cwd");
	CPT_BAD_IF((r->root && !cpt_ref_dir(w, rec, r->root)) || (r->cwd && !cpt_ref_dir(w, rec, r->cwd)),
		   "open file of root or cwd");
	CPT_BAD_IF(r->root_len > 4095 || r->cwd_len > 4095 ||
		   !cpt_fits(rec, sizeof(*r), (__u64)r->root_len + r->cwd_len, 1),
		   "length of root and cwd");
	CPT_BAD_IF((r->root ? r->root_len : !cpt_path_ok(path, r->root_len)) ||
		   (r->cwd ? r->cwd_len : !cpt_path_ok(path + r->root_len, r->cwd_len)),
		   "path of root or cwd");
	return NULL;
}

static inline const char *cpt_check_sighand(struct cpt_walk *w, const struct cpt_rec *rec)
{
	(void)w;
	(void)rec;
	return NULL;	/* any handler, flags and mask are a program's own business */
}

/* SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, or none */
static inline bool cpt_is_stop_signal(__u32 signo)
{
	return !signo || (signo >= 19 && signo <= 22);
}

static inline const char *cpt_check_proc(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_proc_rec *r = (const void *)rec;
	int i;

	CPT_BAD_IF(r->pid == 0 || r->pid > CPT_PID_MAX || r->pgid > CPT_PID_MAX ||
		   r->sid > CPT_PID_MAX, "pid of a process");
	CPT_BAD_IF((r->flags & ~CPT_PROC_FLAGS) || r->oom_score_adj < -1000 ||
		   r->oom_score_adj > 1000, "flags of a process");
	for (i = 0; i < CPT_NRLIMIT; i++)
		CPT_BAD_IF(r->rlim[i].cur > r->rlim[i].max, "resource limit");
	for (i = 0; i < 3; i++)
		CPT_BAD_IF(r->itimer[i].value >> 62 || r->itimer[i].interval >> 62, "interval timer");
	CPT_BAD_IF((r->stop & ~CPT_STOP_FLAGS) ||
		   ((r->stop & CPT_STOP_STOPPED) && (r->stop & (CPT_STOP_STOPPING | CPT_STOP_CONTINUED))) ||
		   !cpt_is_stop_signal(r->stop_signal) || !cpt_is_stop_signal(r->stop_code), "stop of a process");
	CPT_BAD_IF(!(r->stop & (CPT_STOP_STOPPED | CPT_STOP_STOPPING)) && (r->stop_signal || r->stop_code),
		   "stop of a process");
	CPT_BAD_IF(!cpt_ref(w, rec, r->tty, CPT_K_PTY, true) || r->old_pgrp > CPT_PID_MAX ||
		   (r->tty && ((const struct cpt_pty_rec *)w->obj[r->tty])->session != r->sid),
		   "terminal of a process");
	w->want_timers = r->ntimers;
	return NULL;
}

/* A clock of CPU time: ~pid << 3 | thread << 2 | which, where pid may be 0. */
static inline bool cpt_cpu_clock(__s32 clock)
{
	return clock < 0 && (clock & 3) != 3;
}

static inline bool cpt_cpu_timer_ok(const struct cpt_timer_rec *r, const struct cpt_proc_rec *proc)
{
	__u32 named = ~((__u32)r->clock >> 3 | 0xe0000000u);

	if (r->clock >= 0)
		return !r->cpu;
	if (!cpt_cpu_clock(r->clock) || r->cpu > CPT_PID_MAX || (r->it.value && !r->absolute))
		return false;
	if (named)
		return !r->cpu || r->cpu == named;
	return (r->clock & 4) || r->cpu == proc->pid;
}

static inline const char *cpt_check_timer(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_timer_rec *r = (const void *)rec;

	CPT_BAD_IF(!w->owner || w->owner->kind != CPT_K_PROC || !w->want_timers,
		   "timer that belongs to nothing");
	w->want_timers--;
	CPT_BAD_IF(r->timer_id > 0x7fffffff || r->signo < 0 || r->signo > CPT_NSIG ||
		   r->it.value >> 62 || r->it.interval >> 62 || r->thread > CPT_PID_MAX ||
		   r->absolute > 1 || r->fired > 1 || r->pad, "timer");
	CPT_BAD_IF(!cpt_cpu_timer_ok(r, (const void *)w->owner), "timer on CPU time");
	return NULL;
}

/* Of an object that tasks share: named first here, or the creator's too. */
static inline bool cpt_shared_ok(struct cpt_walk *w, const struct cpt_rec *rec, __u64 id,
				 unsigned int kind, bool none, __u64 creators)
{
	if (!cpt_ref(w, rec, id, kind, none))
		return false;
	if (id && w->mark[id] && id != creators)
		return false;
	w->mark[id] = 1;
	return true;
}

static inline const char *cpt_check_task_tree(struct cpt_walk *w, const struct cpt_task_rec *r)
{
	const struct cpt_task_rec *c = NULL, *up = w->last_task;
	const struct cpt_proc_rec *proc;
	const struct cpt_mm_rec *mm;

	CPT_BAD_IF(!cpt_ref(w, &r->rec, r->proc, CPT_K_PROC, false), "process of a task");
	proc = (const void *)w->obj[r->proc];
	if (!w->last_task) {
		CPT_BAD_IF(r->creator || r->pid != 1 || proc->pid != 1 || r->state != CPT_TASK_LIVE ||
			   (r->flags & (CPT_TASK_EARLY | CPT_TASK_ORPHAN)),
			   "the first task is not the init of a VE");
	} else {
		CPT_BAD_IF(!cpt_ref(w, &r->rec, r->creator, CPT_K_TASK, false), "creator of a task");
		c = (const void *)w->obj[r->creator];
		while (up && up != c)	/* depth-first order: up the last task's creators */
			up = up->creator ? (const void *)w->obj[up->creator] : NULL;
		CPT_BAD_IF(!up, "order of the tasks");
	}
	if (proc->pid == r->pid) {	/* a group leader */
		CPT_BAD_IF(w->mark[r->proc], "process named twice");
		w->mark[r->proc] = 1;
	} else {			/* a thread */
		CPT_BAD_IF(!c || c->proc != r->proc || c->pid != proc->pid ||
			   r->state != CPT_TASK_LIVE || r->exit_signal ||
			   (r->flags & (CPT_TASK_EARLY | CPT_TASK_ORPHAN)), "thread");
	}
	CPT_BAD_IF(c && c->state == CPT_TASK_ZOMBIE && !(r->flags & CPT_TASK_ORPHAN),
		   "child of a zombie");
	CPT_BAD_IF(r->state != CPT_TASK_LIVE && r->exit_signal && r->exit_signal != 17 /* SIGCHLD */,
		   "signal for a dead task");
	if (r->state == CPT_TASK_ZOMBIE) {
		CPT_BAD_IF(r->mm || r->files || r->fs, "zombie with resources");
		CPT_BAD_IF(!cpt_ref(w, &r->rec, r->cred, CPT_K_CRED, false) ||
			   !cpt_shared_ok(w, &r->rec, r->sighand, CPT_K_SIGHAND, false, 0),
			   "what a zombie still has");
		return NULL;
	}
	CPT_BAD_IF(!cpt_ref(w, &r->rec, r->cred, CPT_K_CRED, false), "credentials of a task");
	CPT_BAD_IF(!cpt_ref(w, &r->rec, r->mm, CPT_K_MM, false), "memory of a task");
	mm = (const void *)w->obj[r->mm];
	CPT_BAD_IF(!w->mark[r->mm] && mm->parent && (!c || mm->parent != c->mm),
		   "parent of a task's memory");
	CPT_BAD_IF(!cpt_shared_ok(w, &r->rec, r->mm, CPT_K_MM, false, c ? c->mm : 0) ||
		   !cpt_shared_ok(w, &r->rec, r->files, CPT_K_FILES, false, c ? c->files : 0) ||
		   !cpt_shared_ok(w, &r->rec, r->fs, CPT_K_FS, false, c ? c->fs : 0) ||
		   !cpt_shared_ok(w, &r->rec, r->sighand, CPT_K_SIGHAND, false, c ? c->sighand : 0),
		   "what a task shares");
	if (c && c->proc == r->proc)	/* as clone(2) wants it */
		CPT_BAD_IF(c->mm != r->mm || c->sighand != r->sighand, "memory of a thread");
	CPT_BAD_IF(!c && ((const struct cpt_fs_rec *)w->obj[r->fs])->mntns, "mount namespace of init");
	CPT_BAD_IF(c && c->sighand == r->sighand && c->mm != r->mm,
		   "handlers shared without the memory");
	return NULL;
}

static inline const char *cpt_check_task(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_task_rec *r = (const void *)rec;
	const char *err;

	CPT_BAD_IF(w->ntasks >= w->hdr->tasks, "more tasks than the header says");
	CPT_BAD_IF(r->pid == 0 || r->pid > CPT_PID_MAX || r->ppid > CPT_PID_MAX, "pid of a task");
	CPT_BAD_IF(r->state > CPT_TASK_DEAD || (r->flags & ~CPT_TASK_FLAGS), "state of a task");
	CPT_BAD_IF(r->exit_code > 0xffff || r->exit_signal > CPT_NSIG ||
		   r->pdeath_signal > CPT_NSIG, "signal of a task");
	CPT_BAD_IF(r->nice < -20 || r->nice > 19, "nice value");
	CPT_BAD_IF(r->vfork > CPT_PID_MAX || (r->vfork && (r->state != CPT_TASK_LIVE || r->vfork == r->pid)) || r->pad,
		   "vfork of a task");
	CPT_BAD_IF(r->comm[15], "name of a task");
	CPT_BAD_IF(r->restart.kind >= CPT_RESTART_KINDS || r->restart.has_time > 1 ||
		   r->restart.rmtp > 2 || r->restart.time >> 62 ||
		   (r->restart.flags & ~CPT_FUTEX_FLAGS) ||
		   (r->restart.kind == CPT_RESTART_CPU && !cpt_cpu_clock(r->restart.clock)), "restart block");
	if (r->state != CPT_TASK_LIVE)
		CPT_BAD_IF(r->nregs || r->ntls || r->restart.kind, "registers of a dead task");
	else
		CPT_BAD_IF(r->nregs != (w->hdr->arch == CPT_ARCH_X86_64 ? 27 : 17) ||
			   r->ntls != (w->hdr->arch == CPT_ARCH_X86_64 ? 0 : 3),
			   "registers of a task");
	err = cpt_check_task_tree(w, r);
	if (err)
		return err;
	w->last_task = r;
	w->ntasks++;
	return NULL;
}

/* CPU times: the kernel divides by their sum, which must not overflow. */
static inline const char *cpt_used_check(struct cpt_walk *w, const struct cpt_used *u)
{
	CPT_BAD_IF(u->utime > CPT_CPU_TIME_MAX || u->stime > CPT_CPU_TIME_MAX || u->runtime > CPT_CPU_TIME_MAX ||
		   u->prev_cputime.utime > CPT_CPU_TIME_MAX || u->prev_cputime.stime > CPT_CPU_TIME_MAX,
		   "CPU time");
	w->cpu_time += u->utime;
	CPT_BAD_IF(w->cpu_time > CPT_CPU_TIME_MAX, "CPU time");
	w->cpu_time += u->stime;
	CPT_BAD_IF(w->cpu_time > CPT_CPU_TIME_MAX, "CPU time");
	return NULL;
}

static inline const char *cpt_check_usage(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_usage_rec *r = (const void *)rec;

	CPT_BAD_IF(!w->owner || w->owner->kind != CPT_K_TASK, "usage that belongs to nothing");
	CPT_BAD_IF(r->age_mono >> 62 || r->age_boot >> 62, "age of a task");
	return cpt_used_check(w, &r->used);
}

static inline const char *cpt_check_sums(struct cpt_walk *w, const struct cpt_rec *rec)
{
	CPT_BAD_IF(!w->owner || w->owner->kind != CPT_K_PROC, "sums that belong to nothing");
	return cpt_used_check(w, &((const struct cpt_sums_rec *)rec)->used);
}

static inline const char *cpt_check_seccomp(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_seccomp_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_ref(w, rec, r->prev, CPT_K_SECCOMP, true), "older filter of system calls");
	CPT_BAD_IF(r->count < 1 || r->count > CPT_FILTER_MAX || (r->flags & ~CPT_SECCOMP_LOG) ||
		   !cpt_fits(rec, sizeof(*r), r->count, 8), "filter of system calls");
	return NULL;
}

/* What belongs to a task that lives. */
static inline bool cpt_of_live_task(const struct cpt_walk *w)
{
	return w->owner && w->owner->kind == CPT_K_TASK &&
	       ((const struct cpt_task_rec *)w->owner)->state == CPT_TASK_LIVE;
}

static inline const char *cpt_check_attr(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_attr_rec *r = (const void *)rec;
	bool rt = r->policy == CPT_SCHED_FIFO || r->policy == CPT_SCHED_RR;

	CPT_BAD_IF(!cpt_of_live_task(w), "attributes that belong to nothing");
	CPT_BAD_IF(w->attr_of == w->owner, "second attributes of a task");
	w->attr_of = w->owner;
	CPT_BAD_IF(r->policy > CPT_SCHED_DEADLINE || r->policy == 4 ||
		   (rt ? r->rt_priority < 1 || r->rt_priority > 99 : r->rt_priority != 0), "scheduling policy");
	CPT_BAD_IF(r->policy == CPT_SCHED_DEADLINE ?
		   !r->dl_runtime || r->dl_runtime > r->dl_deadline || r->dl_deadline > r->dl_period ||
		   r->dl_period >> 63 || r->slice :
		   r->dl_runtime || r->dl_deadline || r->dl_period ||
		   (r->flags & (CPT_ATTR_DL_RECLAIM | CPT_ATTR_DL_OVERRUN)), "deadline of a task");
	CPT_BAD_IF(r->slice >> 32 || (rt && r->slice), "slice of a task");
	CPT_BAD_IF(!cpt_ref(w, rec, r->seccomp, CPT_K_SECCOMP, true) ||
		   (r->seccomp && (r->flags & CPT_ATTR_SECCOMP_STRICT)), "seccomp of a task");
	CPT_BAD_IF(r->ioprio > 0xffff || r->default_slack >> 63 || (r->flags & ~CPT_ATTR_FLAGS),
		   "attributes of a task");
	return NULL;
}

static inline const char *cpt_check_xstate(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_xstate_rec *r = (const void *)rec;

	CPT_BAD_IF(!cpt_of_live_task(w), "FPU state that belongs to nothing");
	CPT_BAD_IF(w->fpu_of == w->owner, "second FPU state of a task");
	w->fpu_of = w->owner;
	CPT_BAD_IF(r->size < 576 || r->size > CPT_XSTATE_MAX || r->pad ||
		   !cpt_fits(rec, sizeof(*r), r->size, 1), "size of an FPU state");
	return NULL;
}

static inline const char *cpt_check_siginfo(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_siginfo_rec *r = (const void *)rec;

	CPT_BAD_IF(!w->owner || w->owner->kind != (r->shared ? CPT_K_PROC : CPT_K_TASK),
		   "signal that belongs to nothing");
	CPT_BAD_IF(r->shared > 1 || r->signo == 0 || r->signo > CPT_NSIG, "queued signal");
	return NULL;
}

static inline const char *cpt_check_vdso(struct cpt_walk *w, const struct cpt_rec *rec)
{
	const struct cpt_vdso_rec *r = (const void *)rec;

	(void)w;
	CPT_BAD_IF(r->size == 0 || r->size > CPT_VDSO_MAX || r->pad ||
		   !cpt_fits(rec, sizeof(*r), r->size, 1), "size of a vdso");
	return NULL;
}

/* What data sections a kind of object has. */
enum cpt_data {
	CPT_NO_DATA,
	CPT_STAGED,	/* any bytes; they come first, and are kept in memory until their object is made */
	CPT_PAGES,	/* whole pages, read while the object is made, in the order of the ids */
	CPT_AREAS,	/* whole pages of areas of memory; among the former */
};

/* A row for each kind of metadata. */
struct cpt_kind_row {
	const char *name;
	__u32 size;		/* of the struct: the least, or (exact) the only length */
	bool exact;
	bool object;		/* has an id */
	bool file;		/* is an open file */
	__u8 data;		/* enum cpt_data */
	const char *(*check)(struct cpt_walk *w, const struct cpt_rec *rec);
};

static const struct cpt_kind_row cpt_kind_rows[CPT_K_MAX] = {
	[CPT_K_BLOB]	= { "blob", sizeof(struct cpt_blob_rec), false, false, false, CPT_NO_DATA, cpt_check_blob },
	[CPT_K_UTS]	= { "uts", sizeof(struct cpt_uts_rec), true, false, false, CPT_NO_DATA, cpt_check_uts },
	[CPT_K_CRED]	= { "cred", sizeof(struct cpt_cred_rec), false, true, false, CPT_NO_DATA, cpt_check_cred },
	[CPT_K_REG]	= { "file", sizeof(struct cpt_reg_rec), false, true, true, CPT_NO_DATA, cpt_check_reg },
	[CPT_K_PIPE]	= { "pipe", sizeof(struct cpt_pipe_rec), false, true, false, CPT_STAGED, cpt_check_pipe },
	[CPT_K_PIPEND]	= { "pipe end", sizeof(struct cpt_pipend_rec), true, true, true, CPT_NO_DATA, cpt_check_pipend },
	[CPT_K_SHMEM]	= { "shared memory", sizeof(struct cpt_shmem_rec), false, true, false, CPT_PAGES, cpt_check_shmem },
	[CPT_K_DELETED]	= { "deleted file", sizeof(struct cpt_deleted_rec), false, true, false, CPT_PAGES, cpt_check_deleted },
	[CPT_K_GONE]	= { "deleted directory", sizeof(struct cpt_gone_rec), false, true, false, CPT_NO_DATA, cpt_check_gone },
	[CPT_K_MEMFD]	= { "memfd", sizeof(struct cpt_memfd_rec), true, true, true, CPT_NO_DATA, cpt_check_memfd },
	[CPT_K_MM]	= { "memory", sizeof(struct cpt_mm_rec), false, true, false, CPT_AREAS, cpt_check_mm },
	[CPT_K_VMA]	= { "memory area", sizeof(struct cpt_vma_rec), true, false, false, CPT_NO_DATA, cpt_check_vma },
	[CPT_K_AIO]	= { "asynchronous I/O", sizeof(struct cpt_aio_rec), false, false, false, CPT_NO_DATA, cpt_check_aio },
	[CPT_K_FILES]	= { "descriptor table", sizeof(struct cpt_files_rec), false, true, false, CPT_NO_DATA, cpt_check_files },
	[CPT_K_LOCK]	= { "lock", sizeof(struct cpt_lock_rec), true, false, false, CPT_NO_DATA, cpt_check_lock },
	[CPT_K_DNOTIFY]	= { "notice of a directory", sizeof(struct cpt_dnotify_rec), true, false, false, CPT_NO_DATA, cpt_check_dnotify },
	[CPT_K_FS]	= { "root and cwd", sizeof(struct cpt_fs_rec), false, true, false, CPT_NO_DATA, cpt_check_fs },
	[CPT_K_SIGHAND]	= { "signal handlers", sizeof(struct cpt_sighand_rec), true, true, false, CPT_NO_DATA, cpt_check_sighand },
	[CPT_K_PROC]	= { "process", sizeof(struct cpt_proc_rec), true, true, false, CPT_NO_DATA, cpt_check_proc },
	[CPT_K_TIMER]	= { "timer", sizeof(struct cpt_timer_rec), true, false, false, CPT_NO_DATA, cpt_check_timer },
	[CPT_K_TASK]	= { "task", sizeof(struct cpt_task_rec), true, true, false, CPT_NO_DATA, cpt_check_task },
	[CPT_K_ATTR]	= { "attributes", sizeof(struct cpt_attr_rec), true, false, false, CPT_NO_DATA, cpt_check_attr },
	[CPT_K_SECCOMP]	= { "seccomp filter", sizeof(struct cpt_seccomp_rec), false, true, false, CPT_NO_DATA, cpt_check_seccomp },
	[CPT_K_USAGE]	= { "usage", sizeof(struct cpt_usage_rec), true, false, false, CPT_NO_DATA, cpt_check_usage },
	[CPT_K_SUMS]	= { "usage of a process", sizeof(struct cpt_sums_rec), true, false, false, CPT_NO_DATA, cpt_check_sums },
	[CPT_K_XSTATE]	= { "FPU state", sizeof(struct cpt_xstate_rec), false, false, false, CPT_NO_DATA, cpt_check_xstate },
	[CPT_K_SIGINFO]	= { "queued signal", sizeof(struct cpt_siginfo_rec), true, false, false, CPT_NO_DATA, cpt_check_siginfo },
	[CPT_K_EVENTFD]	= { "eventfd", sizeof(struct cpt_eventfd_rec), true, true, true, CPT_NO_DATA, cpt_check_eventfd },
	[CPT_K_SIGNALFD] = { "signalfd", sizeof(struct cpt_signalfd_rec), true, true, true, CPT_NO_DATA, cpt_check_signalfd },
	[CPT_K_TIMERFD]	= { "timerfd", sizeof(struct cpt_timerfd_rec), true, true, true, CPT_NO_DATA, cpt_check_timerfd },
	[CPT_K_EPOLL]	= { "epoll", sizeof(struct cpt_epoll_rec), false, true, true, CPT_NO_DATA, cpt_check_epoll },
	[CPT_K_UNIX]	= { "unix socket", sizeof(struct cpt_unix_rec), false, true, false, CPT_NO_DATA, cpt_check_unix },
	[CPT_K_UNIXQ]	= { "queue of a unix socket", sizeof(struct cpt_unixq_rec), false, true, false, CPT_STAGED,
			    cpt_check_unixq },
	[CPT_K_SOCKET]	= { "socket", sizeof(struct cpt_socket_rec), true, true, true, CPT_NO_DATA, cpt_check_socket },
	[CPT_K_SOCKFILTER] = { "filter of a socket", sizeof(struct cpt_sockfilter_rec), false, false, false, CPT_NO_DATA,
			    cpt_check_sockfilter },
	[CPT_K_FOWN]	= { "signals of a file", sizeof(struct cpt_fown_rec), true, false, false, CPT_NO_DATA, cpt_check_fown },
	[CPT_K_INOTIFY]	= { "inotify", sizeof(struct cpt_inotify_rec), false, true, true, CPT_NO_DATA, cpt_check_inotify },
	[CPT_K_FANOTIFY] = { "fanotify", sizeof(struct cpt_fanotify_rec), false, true, true, CPT_NO_DATA,
			    cpt_check_fanotify },
	[CPT_K_PIDFD]	= { "pidfd", sizeof(struct cpt_pidfd_rec), true, true, true, CPT_NO_DATA, cpt_check_pidfd },
	[CPT_K_VIEW]	= { "file of the kernel", sizeof(struct cpt_view_rec), false, true, true, CPT_NO_DATA, cpt_check_view },
	[CPT_K_NSFD]	= { "namespace", sizeof(struct cpt_nsfd_rec), true, true, true, CPT_NO_DATA, cpt_check_nsfd },
	[CPT_K_IPC]	= { "limits of IPC", sizeof(struct cpt_ipc_rec), true, false, false, CPT_NO_DATA, cpt_check_ipc },
	[CPT_K_SHM]	= { "System V shared memory", sizeof(struct cpt_shm_rec), true, true, false, CPT_PAGES,
			    cpt_check_shm },
	[CPT_K_SHMAT]	= { "mapped shared memory", sizeof(struct cpt_shmat_rec), true, true, false, CPT_NO_DATA,
			    cpt_check_shmat },
	[CPT_K_SEM]	= { "semaphores", sizeof(struct cpt_sem_rec), false, true, false, CPT_NO_DATA, cpt_check_sem },
	[CPT_K_SEMUNDO]	= { "semaphores to undo", sizeof(struct cpt_semundo_rec), false, true, false, CPT_NO_DATA,
			    cpt_check_semundo },
	[CPT_K_MSGQ]	= { "message queue", sizeof(struct cpt_msgq_rec), false, true, false, CPT_STAGED,
			    cpt_check_msgq },
	[CPT_K_PTY]	= { "terminal", sizeof(struct cpt_pty_rec), false, true, false, CPT_NO_DATA, cpt_check_pty },
	[CPT_K_PTYEND]	= { "open terminal", sizeof(struct cpt_ptyend_rec), false, true, true, CPT_NO_DATA, cpt_check_ptyend },
	[CPT_K_MQ]	= { "POSIX message queue", sizeof(struct cpt_mq_rec), false, true, false, CPT_STAGED,
			    cpt_check_mq },
	[CPT_K_MQFD]	= { "open POSIX message queue", sizeof(struct cpt_mqfd_rec), true, true, true, CPT_NO_DATA,
			    cpt_check_mqfd },
	[CPT_K_MPOL]	= { "NUMA policy", sizeof(struct cpt_mpol_rec), true, false, false, CPT_NO_DATA, cpt_check_mpol },
	[CPT_K_HUGE]	= { "huge pages", sizeof(struct cpt_huge_rec), false, false, false, CPT_NO_DATA, cpt_check_huge },
	[CPT_K_VDSO]	= { "vdso", sizeof(struct cpt_vdso_rec), false, false, false, CPT_NO_DATA, cpt_check_vdso },
};

static inline const struct cpt_kind_row *cpt_kind_row(unsigned int kind)
{
	return kind < CPT_K_MAX && cpt_kind_rows[kind].name ? &cpt_kind_rows[kind] : NULL;
}

/* Is an object of @kind an open file? */
static inline bool cpt_is_file(unsigned int kind)
{
	return cpt_kind_rows[kind].file;
}

/*
 * cpt_rec_next - the record after @rec (NULL: the first), NULL at the end
 *
 * Only over metadata that cpt_meta_check() passed.
 */
static inline const struct cpt_rec *cpt_rec_next(const struct cpt_walk *w, const struct cpt_rec *rec)
{
	const __u8 *p = rec ? (const __u8 *)rec + rec->len : w->meta;

	return p < w->meta + w->hdr->meta_len ? (const void *)p : NULL;
}

static inline const char *cpt_rec_check(struct cpt_walk *w, const struct cpt_rec *rec, __u64 room)
{
	const struct cpt_kind_row *row;

	CPT_BAD_IF(room < sizeof(*rec) || rec->len < sizeof(*rec) || rec->len > room ||
		   rec->len % CPT_ALIGN, "length of a record");
	row = cpt_kind_row(rec->kind);
	CPT_BAD_IF(!row, "kind of a record");
	CPT_BAD_IF(rec->version > 0, "a record newer than this program");
	CPT_BAD_IF(rec->len < row->size || (row->exact && rec->len != row->size), "length of a record");
	CPT_BAD_IF(w->want_vmas && rec->kind != CPT_K_VMA, "memory areas are missing");
	CPT_BAD_IF(!w->want_vmas && w->want_aio && rec->kind != CPT_K_AIO && rec->kind != CPT_K_MPOL,
		   "contexts of asynchronous I/O are missing");
	CPT_BAD_IF(w->want_timers && rec->kind != CPT_K_TIMER && rec->kind != CPT_K_SIGINFO,
		   "timers are missing");
	if (row->object) {
		CPT_BAD_IF(rec->id != (__u64)w->nobj + 1 || rec->id > w->hdr->objects, "id of an object");
		w->nobj++;
		w->obj[w->nobj] = rec;
		w->owner = rec;
	} else {
		CPT_BAD_IF(rec->id, "id of a record that is no object");
	}
	return row->check(w, rec);
}

/*
 * cpt_meta_check - verify all metadata and fill w->obj
 *
 * Returns 0 or -EINVAL with w->err and w->err_off set.
 */
static inline int cpt_meta_check(struct cpt_walk *w)
{
	__u64 off = 0;

	while (off < w->hdr->meta_len) {
		const struct cpt_rec *rec = (const void *)(w->meta + off);

		w->err = cpt_rec_check(w, rec, w->hdr->meta_len - off);
		w->err_off = off;
		if (w->err)
			return -EINVAL;
		off += rec->len;
	}
	if (w->want_vmas || w->want_aio || w->want_timers || w->ntasks != w->hdr->tasks ||
	    w->nobj != w->hdr->objects) {
		w->err = "records are missing";
		w->err_off = off;
		return -EINVAL;
	}
	return 0;
}

/* What of a data section's header can be checked alone: NULL or what is wrong. */
static inline const char *cpt_data_check(const struct cpt_data_rec *d)
{
	CPT_BAD_IF(d->rec.kind != CPT_K_DATA || d->rec.version, "kind of a data section");
	CPT_BAD_IF(d->nruns == 0 || d->nruns > CPT_RUNS_MAX || d->bytes > CPT_DATA_MAX ||
		   d->rec.len != sizeof(*d) + d->nruns * sizeof(struct cpt_run),
		   "length of a data section");
	CPT_BAD_IF(!d->rec.id && d->nruns != 1, "contents of mounts in more than one run");
	return NULL;
}

/* The runs of a section whose header was passed: NULL or what is wrong. */
static inline const char *cpt_runs_check(const struct cpt_data_rec *d, const struct cpt_run *run)
{
	__u64 bytes = 0, end = 0;
	__u32 i;

	for (i = 0; i < d->nruns; i++) {
		CPT_BAD_IF(run[i].len == 0 || (run[i].flags & ~CPT_RUN_HOLE) || run[i].off < end ||
			   run[i].off > CPT_ADDR_MAX, "run of data");
		end = run[i].off + run[i].len;
		if (!(run[i].flags & CPT_RUN_HOLE))
			bytes += run[i].len;
	}
	CPT_BAD_IF(bytes != d->bytes, "bytes of a data section");
	return NULL;
}

/* Has an area pages that no other memory and no file has? */
static inline bool cpt_area_has_data(const struct cpt_vma_rec *r)
{
	return !(r->flags & CPT_VMA_SHARED) &&
	       (r->type == CPT_VMA_ANON || r->type == CPT_VMA_FILE || r->type == CPT_VMA_SHMEM);
}

static inline const char *cpt_mm_run_check(const struct cpt_mm_rec *mm, const struct cpt_run *run)
{
	const struct cpt_vma_rec *vma = cpt_mm_area(mm, run->off);

	CPT_BAD_IF(!vma || run->len > vma->end - run->off, "run of data outside the areas of a memory");
	CPT_BAD_IF(run->off % CPT_PAGE || run->len % CPT_PAGE, "run of data that is not whole pages");
	CPT_BAD_IF(!cpt_area_has_data(vma), "run of data in an area that has none");
	CPT_BAD_IF((run->flags & CPT_RUN_HOLE) && !(vma->flags & CPT_VMA_INHERIT),
		   "hole in an area that is not inherited");
	return NULL;
}

/* How many bytes of data an object can have, by its record; of memory its areas say it. */
static inline __u64 cpt_data_size(const struct cpt_rec *obj)
{
	switch (obj->kind) {
	case CPT_K_PIPE:
		return ((const struct cpt_pipe_rec *)obj)->bytes;
	case CPT_K_UNIXQ:
		return ((const struct cpt_unixq_rec *)obj)->bytes;
	case CPT_K_SHMEM:
		return ((const struct cpt_shmem_rec *)obj)->size;
	case CPT_K_SHM:
		return ((const struct cpt_shm_rec *)obj)->size;
	case CPT_K_MQ:
		return ((const struct cpt_mq_rec *)obj)->bytes;
	case CPT_K_MSGQ:
		return ((const struct cpt_msgq_rec *)obj)->bytes;
	case CPT_K_DELETED:
		return ((const struct cpt_deleted_rec *)obj)->size;
	}
	return 0;
}

/* The end of the last huge page, which may be behind that of the file. */
static inline __u64 cpt_huge_end(const struct cpt_huge_rec *r)
{
	const struct cpt_huge_range *range = (const void *)(r + 1);

	return r->n ? range[r->n - 1].to << r->shift : 0;
}

/*
 * cpt_run_check - may this run, passed by cpt_runs_check(), be data of object @id?
 *
 * Only over metadata that cpt_meta_check() passed. @id is any number.
 */
static inline const char *cpt_run_check(const struct cpt_walk *w, __u64 id, const struct cpt_run *run)
{
	const struct cpt_rec *obj = id && id <= w->nobj ? w->obj[id] : NULL;
	const struct cpt_huge_rec *huge;
	__u64 size;

	if (!id) {	/* ctl's own */
		CPT_BAD_IF(run->flags & CPT_RUN_HOLE, "hole in what is not inherited");
		return NULL;
	}
	CPT_BAD_IF(!obj || cpt_kind_rows[obj->kind].data == CPT_NO_DATA, "data of an object that has none");
	if (cpt_kind_rows[obj->kind].data == CPT_AREAS)
		return cpt_mm_run_check((const void *)obj, run);
	CPT_BAD_IF(run->flags & CPT_RUN_HOLE, "hole in what is not inherited");
	size = cpt_data_size(obj);
	if (cpt_kind_rows[obj->kind].data == CPT_PAGES) {
		CPT_BAD_IF(run->off % CPT_PAGE || run->len % CPT_PAGE,
			   "run of data that is not whole pages");
		CPT_BAD_IF(obj->kind == CPT_K_DELETED && ((const struct cpt_deleted_rec *)obj)->path_len,
			   "data of an object that has none");
		huge = cpt_huge_of(w, obj);
		size = huge ? cpt_huge_end(huge) : cpt_align_up(size, CPT_PAGE);
	}
	CPT_BAD_IF(run->off > size || run->len > size - run->off, "run of data outside its object");
	return NULL;
}

/*
 * The end record: NULL or what is wrong.
 * @sections, @bytes: of data before it
 * @file_len: where it ends
 */
static inline const char *cpt_end_check(const struct cpt_end_rec *e, __u64 sections, __u64 bytes,
					__u64 file_len)
{
	CPT_BAD_IF(e->rec.kind != CPT_K_END || e->rec.version || e->rec.id ||
		   e->rec.len != sizeof(*e), "end record");
	CPT_BAD_IF(e->sections != sections || e->bytes != bytes || e->file_len != file_len,
		   "data is missing");
	return NULL;
}

#endif

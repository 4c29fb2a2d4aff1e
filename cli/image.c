// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and checking images; image.h says how to use it.
 *
 * Records are judged by <cpt/walk.h>, as in the module. What needs a view of all
 * of them, or of the data, is judged here.
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"

static int __attribute__((format(printf, 2, 3))) bad(struct image *img, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(img->err, sizeof(img->err), fmt, ap);
	va_end(ap);
	return -1;
}

static int bad_at(struct image *img, __u64 off, const char *what)
{
	return bad(img, "at offset %llu: %s", off, what);
}

/* --- bytes --------------------------------------------------------------------------------- */

int image_in_open(struct image_in *in, const char *path)
{
	struct stat st;

	memset(in, 0, sizeof(*in));
	in->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	if (in->fd < 0)
		return -1;
	in->buf = malloc(IMAGE_BUF);
	if (!in->buf || fstat(in->fd, &st)) {
		image_in_close(in);
		return -1;
	}
	in->p = in->buf;
	/* standard input may stand anywhere in its file: then it is read as a pipe is */
	in->regular = in->fd != STDIN_FILENO && S_ISREG(st.st_mode);
	in->size = st.st_size;
	return 0;
}

void image_in_memory(struct image_in *in, const void *p, size_t n)
{
	memset(in, 0, sizeof(*in));
	in->fd = -1;
	in->regular = true;
	in->size = n;
	in->p = p;
	in->n = n;
}

void image_in_close(struct image_in *in)
{
	int e = errno;

	if (in->fd > STDIN_FILENO)
		close(in->fd);
	free(in->buf);
	in->buf = NULL;
	in->fd = -1;
	errno = e;
}

static ssize_t fill(struct image_in *in)
{
	ssize_t n;

	if (!in->buf)
		return 0;
	do
		n = read(in->fd, in->buf, IMAGE_BUF);
	while (n < 0 && errno == EINTR);
	if (n >= 0) {
		in->p = in->buf;
		in->n = n;
	}
	return n;
}

/* Up to @want bytes that can be looked at in place; they are taken. NULL: none, @err says why. */
static const uint8_t *take(struct image *img, size_t want, size_t *n, const char *what)
{
	struct image_in *in = img->in;
	const uint8_t *p;
	ssize_t r;

	if (!in->n) {
		r = fill(in);
		if (r < 0) {
			bad(img, "cannot be read at offset %llu: %s", in->off, strerror(errno));
			return NULL;
		}
		if (r == 0) {
			bad(img, "is cut short: it ends at offset %llu, in its %s", in->off, what);
			return NULL;
		}
	}
	*n = want < in->n ? want : in->n;
	p = in->p;
	in->p += *n;
	in->n -= *n;
	in->off += *n;
	return p;
}

static int get(struct image *img, void *to, size_t len, const char *what)
{
	const uint8_t *p;
	size_t n;

	for (; len; len -= n, to = (uint8_t *)to + n) {
		p = take(img, len, &n, what);
		if (!p)
			return -1;
		memcpy(to, p, n);
	}
	return 0;
}

/* Go over @len bytes, reading them only if @crc or if there is no other way. */
static int pass(struct image *img, __u64 len, uint32_t *crc, const char *what)
{
	struct image_in *in = img->in;
	const uint8_t *p;
	size_t n;

	while (len) {
		if (!crc && !in->n && in->regular && in->buf) {
			if (in->off + len > in->size)
				return bad(img, "is cut short: it ends at offset %llu, in its %s",
					   in->size, what);
			in->off += len;
			return lseek(in->fd, in->off, SEEK_SET) < 0 ? bad(img, "cannot be read") : 0;
		}
		p = take(img, len < IMAGE_BUF ? len : IMAGE_BUF, &n, what);
		if (!p)
			return -1;
		if (crc)
			*crc = crc32c(*crc, p, n);
		len -= n;
	}
	return 0;
}

/* Zeros up to a multiple of @align. */
static int padding(struct image *img, uint32_t align)
{
	__u64 off = img->in->off;
	size_t i, n, len = cpt_align_up(off, align) - off;
	const uint8_t *p;

	for (; len; len -= n) {
		p = take(img, len, &n, "data");
		if (!p)
			return -1;
		for (i = 0; i < n; i++)
			if (p[i])
				return bad_at(img, img->in->off - n + i, "padding that is not zero");
	}
	return 0;
}

/* --- header and metadata -------------------------------------------------------------------- */

static int read_header(struct image *img)
{
	const char *why;
	uint32_t crc;

	/* Something else altogether may be shorter than a header. */
	if (get(img, &img->hdr, sizeof(img->hdr.magic), "header"))
		return -1;
	if (img->hdr.magic != CPT_IMAGE_MAGIC)
		return bad(img, "cannot be used: it is not a cpt image");
	if (get(img, (uint8_t *)&img->hdr + sizeof(img->hdr.magic),
		sizeof(img->hdr) - sizeof(img->hdr.magic), "header"))
		return -1;
	crc = crc32c(0, &img->hdr, offsetof(struct cpt_header, crc));
	why = cpt_header_check(&img->hdr, crc);
	if (why)
		return bad(img, "cannot be used: %s", why);
	img->have = IMAGE_HEADER;
	return 0;
}

/* What the header claims is allocated only as fast as it turns out to be there. */
static int read_meta(struct image *img)
{
	__u64 len = img->hdr.meta_len, have = 0, room = 0;
	uint8_t *p;

	if (img->in->regular && len > img->in->size - img->in->off)
		return bad(img, "is cut short: it ends at offset %llu, in its metadata",
			   img->in->size);
	while (have < len) {
		room = room ? room * 2 : IMAGE_BUF;
		if (room > len || img->in->regular)
			room = len;
		p = realloc(img->meta, room);
		if (!p)
			return bad(img, "has metadata of %llu bytes: %s", len, strerror(ENOMEM));
		img->meta = p;
		if (get(img, p + have, room - have, "metadata"))
			return -1;
		have = room;
	}
	if (crc32c(0, img->meta, len) != img->hdr.meta_crc)
		return bad_at(img, sizeof(img->hdr), "metadata is damaged (checksum)");
	return 0;
}

static int walk_meta(struct image *img)
{
	size_t n = (size_t)img->hdr.objects + 1;

	img->obj = calloc(n, sizeof(*img->obj));
	img->mark = calloc(n, sizeof(*img->mark));
	img->mm_rank = calloc(n, sizeof(*img->mm_rank));
	img->got = calloc(n, sizeof(*img->got));
	if (!img->obj || !img->mark || !img->mm_rank || !img->got)
		return bad(img, "has %u objects: %s", img->hdr.objects, strerror(ENOMEM));
	img->walk.hdr = &img->hdr;
	img->walk.meta = img->meta;
	img->walk.obj = img->obj;
	img->walk.mark = img->mark;
	if (cpt_meta_check(&img->walk))
		return bad_at(img, sizeof(img->hdr) + img->walk.err_off, img->walk.err);
	return 0;
}

static __u64 rec_off(const struct image *img, const void *rec)
{
	return sizeof(img->hdr) + ((const uint8_t *)rec - img->meta);
}

static int by_pid(const void *a, const void *b)
{
	const struct image_proc *p = a, *q = b;

	return p->pid < q->pid ? -1 : p->pid > q->pid;
}

struct image_proc *image_proc(const struct image *img, uint32_t pid)
{
	struct image_proc key = { .pid = pid };

	return bsearch(&key, img->procs, img->nprocs, sizeof(key), by_pid);
}

static int gather_procs(struct image *img)
{
	const struct cpt_rec *rec;
	uint32_t i = 0;

	img->nprocs = img->kind[CPT_K_PROC].records;
	img->procs = calloc(img->nprocs, sizeof(*img->procs));
	if (!img->procs)
		return bad(img, "has %u processes: %s", img->nprocs, strerror(ENOMEM));
	for (rec = cpt_rec_next(&img->walk, NULL); rec; rec = cpt_rec_next(&img->walk, rec)) {
		if (rec->kind != CPT_K_PROC)
			continue;
		img->procs[i].rec = (const void *)rec;
		img->procs[i].pid = img->procs[i].rec->pid;
		i++;
	}
	qsort(img->procs, img->nprocs, sizeof(*img->procs), by_pid);
	for (i = 1; i < img->nprocs; i++)
		if (img->procs[i].pid == img->procs[i - 1].pid)
			return bad(img, "at offset %llu: pid %u occurs twice",
				   rec_off(img, img->procs[i].rec), img->procs[i].pid);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;

	return p < q ? -1 : p > q;
}

/* Threads get their pids checked, processes their leader and their threads counted. */
static int gather_tasks(struct image *img, uint32_t *tids, uint32_t *n)
{
	const struct cpt_task_rec *task;
	const struct cpt_rec *rec;
	struct image_proc *proc;
	uint32_t mms = 0;

	*n = 0;
	for (rec = cpt_rec_next(&img->walk, NULL); rec; rec = cpt_rec_next(&img->walk, rec)) {
		if (rec->kind != CPT_K_TASK)
			continue;
		task = (const void *)rec;
		if (task->mm && !img->mm_rank[task->mm])
			img->mm_rank[task->mm] = ++mms;
		proc = image_proc(img, ((const struct cpt_proc_rec *)img->obj[task->proc])->pid);
		proc->threads += task->state == CPT_TASK_LIVE;
		if (task->pid == proc->pid) {
			proc->leader = task;
			continue;
		}
		if (image_proc(img, task->pid))
			return bad(img, "at offset %llu: pid %u is of a process and of a thread",
				   rec_off(img, rec), task->pid);
		tids[(*n)++] = task->pid;
	}
	qsort(tids, *n, sizeof(*tids), by_number);
	return 0;
}

static int check_threads(struct image *img)
{
	uint32_t *tids = calloc(img->hdr.tasks, sizeof(*tids)), n, i;
	const struct cpt_proc_rec *rec;
	int ret = -1;

	if (!tids)
		return bad(img, "has %u tasks: %s", img->hdr.tasks, strerror(ENOMEM));
	if (gather_tasks(img, tids, &n))
		goto out;
	for (i = 1; i < n; i++)
		if (tids[i] == tids[i - 1]) {
			bad(img, "has two threads with pid %u", tids[i]);
			goto out;
		}
	for (i = 0; i < img->nprocs; i++) {
		rec = img->procs[i].rec;
		if (bsearch(&rec->pgid, tids, n, sizeof(*tids), by_number) ||
		    bsearch(&rec->sid, tids, n, sizeof(*tids), by_number)) {
			bad(img, "at offset %llu: process %u has a group or session with the pid of a thread",
			    rec_off(img, rec), rec->pid);
			goto out;
		}
	}
	ret = 0;
out:
	free(tids);
	return ret;
}

/* Parents: each process hangs below init. */
static int build_tree(struct image *img)
{
	struct image_proc *p, *parent;
	uint32_t i, seen = 1;

	for (i = img->nprocs; i--; ) {	/* backwards: children come out ascending */
		p = &img->procs[i];
		if (!p->leader || (p->leader->state == CPT_TASK_DEAD && !p->threads))
			return bad(img, "at offset %llu: process %u has no task",
				   rec_off(img, p->rec), p->pid);
		if (i == 0)
			break;
		parent = p->leader->ppid ? image_proc(img, p->leader->ppid) : img->procs;
		if (!parent || parent->leader->state == CPT_TASK_ZOMBIE)
			return bad(img, "at offset %llu: process %u has no parent",
				   rec_off(img, p->leader), p->pid);
		p->parent = parent;
		p->next = parent->child;
		parent->child = p;
	}
	/* A ring of parents hangs below nothing. */
	for (p = img->procs; p; seen += !!p) {
		if (p->child) {
			p = p->child;
			continue;
		}
		while (p && !p->next)
			p = p->parent;
		p = p ? p->next : NULL;
	}
	return seen == img->nprocs ? 0 : bad(img, "has processes that are their own ancestors");
}

/* What a memory inherits must be in its parent. */
static int check_inherited(struct image *img)
{
	const struct cpt_mm_rec *mm = NULL;
	const struct cpt_vma_rec *vma, *from;
	const struct cpt_rec *rec;

	for (rec = cpt_rec_next(&img->walk, NULL); rec; rec = cpt_rec_next(&img->walk, rec)) {
		if (rec->kind == CPT_K_MM)
			mm = (const void *)rec;
		vma = (const void *)rec;
		if (rec->kind != CPT_K_VMA || !(vma->flags & CPT_VMA_INHERIT))
			continue;
		from = cpt_mm_area((const void *)img->obj[mm->parent], vma->start);
		if (!from || from->end < vma->end || from->type != vma->type ||
		    from->file != vma->file || (from->flags & CPT_VMA_DONTFORK))
			return bad_at(img, rec_off(img, rec), "area that its memory's parent has not");
	}
	return 0;
}

static int cross_check(struct image *img)
{
	const struct cpt_rec *rec;

	for (rec = cpt_rec_next(&img->walk, NULL); rec; rec = cpt_rec_next(&img->walk, rec)) {
		img->kind[rec->kind].records++;
		img->kind[rec->kind].meta += rec->len;
	}
	return gather_procs(img) || check_threads(img) || build_tree(img) || check_inherited(img);
}

int image_read_meta(struct image *img, struct image_in *in)
{
	memset(img, 0, sizeof(*img));
	img->in = in;
	if (read_header(img) || read_meta(img) || walk_meta(img) || cross_check(img))
		return -1;
	img->have = IMAGE_META;
	return 0;
}

/* --- data ------------------------------------------------------------------------------------ */

struct section {
	struct cpt_data_rec rec;
	struct cpt_run runs[CPT_RUNS_MAX];
};

static int check_order(struct image *img, __u64 off, __u64 id, uint32_t *last)
{
	uint32_t rank = img->mm_rank[id];

	if (!rank)
		return bad_at(img, off, "data of a memory that no task has");
	if (rank < *last)
		return bad_at(img, off, "data of a memory before that of an earlier task");
	*last = rank;
	return 0;
}

static bool staged(const struct cpt_rec *obj)
{
	return cpt_kind_row(obj->kind)->data == CPT_STAGED;
}

/* What is read once, from its first byte to its last: ctl's own, pipes and queues. */
static const char *in_order(const struct image *img, __u64 id, const struct cpt_run *run)
{
	if (run->off == img->got[id])
		return NULL;
	if (!id)
		return "contents of mounts out of order";
	return staged(img->obj[id]) ? "contents of a pipe or socket out of order" : NULL;
}

static int check_runs(struct image *img, __u64 off, const struct section *s)
{
	const char *why = cpt_runs_check(&s->rec, s->runs);
	__u64 id = s->rec.rec.id;
	uint32_t i;

	for (i = 0; !why && i < s->rec.nruns; i++) {
		const struct cpt_run *run = &s->runs[i];

		why = cpt_run_check(&img->walk, id, run);
		if (!why)
			why = in_order(img, id, run);
		if (why)
			break;
		if (run->flags & CPT_RUN_HOLE) {
			img->holes++;
		} else {
			img->runs++;
			img->got[id] += run->len;
		}
	}
	return why ? bad_at(img, off, why) : 0;
}

/* The runs of a section whose bytes begin where @img->in stands. */
static int keep(struct image *img, const struct section *s)
{
	__u64 at = img->in->off;
	struct image_run *r;
	uint32_t i;

	if (img->nrun + s->rec.nruns > img->runs_room) {
		img->runs_room = 2 * (img->nrun + s->rec.nruns);
		r = realloc(img->run, img->runs_room * sizeof(*r));
		if (!r)
			return bad(img, "has too many runs of data: %s", strerror(ENOMEM));
		img->run = r;
	}
	for (i = 0; i < s->rec.nruns; i++) {
		const struct cpt_run *run = &s->runs[i];

		img->run[img->nrun++] = (struct image_run){ s->rec.rec.id, run->off, at, run->len, run->flags };
		at += run->flags & CPT_RUN_HOLE ? 0 : run->len;
	}
	return 0;
}

static int read_section(struct image *img, __u64 off, struct section *s, bool checksums,
			uint32_t *last_mm)
{
	size_t rest = sizeof(s->rec) - sizeof(s->rec.rec);
	const char *why;
	uint32_t crc, kind;

	if (get(img, &s->rec.nruns, rest, "data"))
		return -1;
	why = cpt_data_check(&s->rec);
	if (why)
		return bad_at(img, off, why);
	if (!s->rec.rec.id && img->kind[CPT_K_BLOB].sections != img->sections)
		return bad_at(img, off, "contents of mounts behind other data");
	if (get(img, s->runs, s->rec.nruns * sizeof(s->runs[0]), "data"))
		return -1;
	crc = crc32c(0, s->runs, s->rec.nruns * sizeof(s->runs[0]));
	if (check_runs(img, off, s) || padding(img, CPT_DATA_ALIGN) || (img->keep_runs && keep(img, s)) ||
	    pass(img, s->rec.bytes, checksums ? &crc : NULL, "data") || padding(img, CPT_ALIGN))
		return -1;
	if (checksums && crc != s->rec.crc)
		return bad_at(img, off, "data is damaged (checksum)");
	img->sections++;
	img->data += s->rec.bytes;
	kind = s->rec.rec.id ? img->obj[s->rec.rec.id]->kind : CPT_K_BLOB;
	img->kind[kind].sections++;
	img->kind[kind].data += s->rec.bytes;
	return kind == CPT_K_MM ? check_order(img, off, s->rec.rec.id, last_mm) : 0;
}

static int read_end(struct image *img, __u64 off, const struct cpt_rec *rec)
{
	struct cpt_end_rec end = { .rec = *rec };
	struct image_in *in = img->in;
	const char *why;

	if (get(img, &end.sections, sizeof(end) - sizeof(end.rec), "end record"))
		return -1;
	why = cpt_end_check(&end, img->sections, img->data, in->off);
	if (why)
		return bad_at(img, off, why);
	img->file_len = in->off;
	if (in->n || fill(in) > 0)
		return bad_at(img, in->off, "there is more after its end");
	return 0;
}

static int check_staged(struct image *img)
{
	uint32_t id;

	for (id = 1; id <= img->walk.nobj; id++)
		if (staged(img->obj[id]) && img->got[id] != cpt_data_size(img->obj[id]))
			return bad_at(img, rec_off(img, img->obj[id]), "contents of a pipe or socket are missing");
	return 0;
}

static int read_sections(struct image *img, struct section *s, bool checksums)
{
	uint32_t last_mm = 0;
	__u64 off;

	for (;;) {
		off = img->in->off;
		if (get(img, &s->rec.rec, sizeof(s->rec.rec), "data"))
			return -1;
		if (s->rec.rec.kind == CPT_K_END)
			return check_staged(img) || read_end(img, off, &s->rec.rec);
		if (read_section(img, off, s, checksums, &last_mm))
			return -1;
	}
}

int image_read_data(struct image *img, bool checksums)
{
	struct section *s = malloc(sizeof(*s));
	int ret;

	if (!s)
		return bad(img, "cannot be checked: %s", strerror(ENOMEM));
	ret = read_sections(img, s, checksums) ? -1 : 0;
	free(s);
	if (!ret)
		img->have = IMAGE_DATA;
	return ret;
}

int image_bytes(const struct image *img, __u64 at, void *to, size_t n)
{
	const struct image_in *in = img->in;
	ssize_t r;

	if (at + n > in->size)
		return -1;
	if (!in->buf) {			/* memory: p is at off */
		memcpy(to, in->p - in->off + at, n);
		return 0;
	}
	for (; n; n -= r, at += r, to = (uint8_t *)to + r) {
		r = pread(in->fd, to, n, at);
		if (r <= 0)
			return -1;
	}
	return 0;
}

void image_free(struct image *img)
{
	free(img->procs);
	free(img->meta);
	free(img->obj);
	free(img->mark);
	free(img->mm_rank);
	free(img->got);
	free(img->run);
}

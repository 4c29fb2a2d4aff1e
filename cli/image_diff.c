// SPDX-License-Identifier: GPL-2.0-only
/*
 * `ctl image diff`: what differs between two images, object by object, in words.
 *
 * Ids mean nothing across images: objects are matched first. Processes and threads by their pids;
 * then whatever a matched pair refers to at the same place (a descriptor's file, an area's file, a
 * queue's peer, a listener's connections in their order); what nothing leads to by its looks, or
 * its order. A reference is the same if it leads to the match. Credentials are values: equal ones are the same.
 *
 * Memory is compared as a program sees it: a page that is not in the image is its parent's, where
 * it was inherited, or zero. What image_fields.c declares volatile is only told if asked for.
 */
#include "image.h"
#include "image_fields.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX	200		/* bytes of a text that are shown */
#define BYTES_MAX	16		/* … of bytes */
#define DEPTH_MAX	4096		/* memories above a memory: more than any VE has */

struct holder {
	uint32_t pid;		/* 0: nobody known */
	int32_t fd;		/* -1: not by a descriptor */
};

struct rseq {
	uint64_t mm, addr;
	uint32_t len;
};

struct side {
	const struct image *img;
	const char *label;
	uint32_t *match;	/* [id]: of the other image, or 0 */
	struct holder *holder;	/* [id] */
	uint32_t *queue;	/* [id of a UNIX]: its UNIXQ */
	uint32_t *embryo, *later;	/* [id of a UNIX]: first UNIXQ that waits in it; [id of a UNIXQ]: the next */
	struct image_run *run;	/* by id and offset */
	struct rseq *rseq;	/* nrseq, by memory and address */
	size_t nrseq;
};

struct diff {
	struct side a, b;
	bool all;
	FILE *out;
	long lines;
	bool broken;		/* no memory, or the bytes are gone */
	uint32_t *todo;		/* ids in a whose pairs were not followed yet */
	size_t ntodo;
	char where[160];	/* within the record: "area 1000-2000: " */
	const struct cpt_rec *named;	/* whose elements are compared */
};

static const struct cpt_rec *obj(const struct side *s, uint64_t id)
{
	return s->img->walk.obj[id];
}

static uint64_t number(const void *p, uint32_t size)
{
	uint64_t v = 0;

	memcpy(&v, p, size);	/* little-endian, as the image is */
	return v;
}

static uint32_t times(const struct image_field *f)
{
	return f->n ? f->n : 1;
}

/* --- words ------------------------------------------------------------------------------------ */

static void put_holder(const struct diff *d, const struct side *s, uint64_t id)
{
	const struct holder *h = &s->holder[id];

	if (h->pid && h->fd >= 0)
		fprintf(d->out, " (fd %d of %u)", h->fd, h->pid);
	else if (h->pid)
		fprintf(d->out, " (of %u)", h->pid);
}

static void put_socket_name(const struct diff *d, const struct cpt_unix_rec *u)
{
	const char *name = (const char *)(u + 1);

	if (!u->name_len)
		return;
	fputc(' ', d->out);
	if (!*name) {
		fputc('@', d->out);
		name++;
	}
	image_text(d->out, name, u->name_len - (name != (const char *)(u + 1)), false);
}

static void put_name(const struct diff *d, const struct side *s, const struct cpt_rec *rec)
{
	const struct cpt_task_rec *task = (const void *)rec;

	switch (rec->kind) {
	case CPT_K_PROC:
		fprintf(d->out, "process %u", ((const struct cpt_proc_rec *)rec)->pid);
		return;
	case CPT_K_TASK:
		fprintf(d->out, "task %u (", task->pid);
		image_text(d->out, task->comm, sizeof(task->comm), false);
		fputc(')', d->out);
		return;
	case CPT_K_UNIXQ:
		fputs("queue of ", d->out);
		put_name(d, s, obj(s, ((const struct cpt_unixq_rec *)rec)->owner));
		return;
	}
	fputs(cpt_kind_rows[rec->kind].name, d->out);
	if (!rec->id)
		return;
	fprintf(d->out, " #%llu", (unsigned long long)rec->id);
	if (rec->kind == CPT_K_REG) {
		const struct cpt_reg_rec *r = (const void *)rec;

		fputc(' ', d->out);
		image_text(d->out, (const char *)(r + 1), r->path_len < TEXT_MAX ? r->path_len : TEXT_MAX, false);
	} else if (rec->kind == CPT_K_UNIX) {
		put_socket_name(d, (const void *)rec);
	}
	put_holder(d, s, rec->id);
}

static void put_ref(const struct diff *d, const struct side *s, uint64_t id)
{
	if (id)
		put_name(d, s, obj(s, id));
	else
		fputs("none", d->out);
}

static void put_bytes(const struct diff *d, const uint8_t *p, uint64_t n)
{
	uint64_t i;

	for (i = 0; i < n && i < BYTES_MAX; i++)
		fprintf(d->out, "%s%02x", i ? " " : "", p[i]);
	if (n > i)
		fputs(" …", d->out);
}

static void put_value(const struct diff *d, const struct side *s, const struct image_field *f, const uint8_t *p)
{
	uint64_t v = f->size <= 8 ? number(p, f->size) : 0;

	switch (f->form) {
	case FORM_TEXT:
		image_text(d->out, (const char *)p, f->size, false);
		break;
	case FORM_BYTES:
	case FORM_PAD:
		put_bytes(d, p, f->size);
		break;
	case FORM_REF:
		put_ref(d, s, v);
		break;
	case FORM_INT:
		fprintf(d->out, "%" PRId64, f->size == 4 ? (int32_t)v : (int64_t)v);
		break;
	case FORM_HEX:
		fprintf(d->out, "%#" PRIx64, v);
		break;
	case FORM_OCT:
		fprintf(d->out, "%#" PRIo64, v);
		break;
	default:
		fprintf(d->out, "%" PRIu64, v);
	}
}

/* Is something that is volatile for this reason (or NULL) told? Then the line begins. */
static bool begin(struct diff *d, const struct side *s, const struct cpt_rec *rec, const char *why)
{
	if (why && !d->all)
		return false;
	d->lines++;
	if (rec) {
		put_name(d, s, rec);
		fputs(": ", d->out);
	}
	fputs(d->where, d->out);
	return true;
}

static void end(struct diff *d, const char *why)
{
	if (why)
		fprintf(d->out, " (volatile: %s)", why);
	fputc('\n', d->out);
}

static void only(struct diff *d, const struct side *s, const struct cpt_rec *rec, const char *what)
{
	if (!begin(d, s, rec, NULL))
		return;
	fprintf(d->out, "%sonly in %s", what, s->label);
	end(d, NULL);
}

/* --- matching --------------------------------------------------------------------------------- */

static void pair(struct diff *d, uint64_t a, uint64_t b)
{
	if (!a || !b || d->a.match[a] || d->b.match[b] || obj(&d->a, a)->kind != obj(&d->b, b)->kind)
		return;
	if (obj(&d->a, a)->kind == CPT_K_CRED)	/* a value; no two of them are one */
		return;
	d->a.match[a] = b;
	d->b.match[b] = a;
	d->todo[d->ntodo++] = a;
}

static void pair_fields(struct diff *d, const struct image_field *f, const uint8_t *a, const uint8_t *b)
{
	uint32_t i;

	for (; f->name; f++)
		for (i = 0; f->form == FORM_REF && i < times(f); i++)
			pair(d, number(a + f->off + i * f->stride, f->size), number(b + f->off + i * f->stride, f->size));
}

/* The elements of a part that begins at @p, in the order in which they are compared; NULL: none, or no memory. */
static const uint8_t **elements(struct diff *d, const struct image_part *part, const uint8_t *p, uint64_t n)
{
	const uint8_t **e = n ? malloc(n * sizeof(*e)) : NULL;
	uint64_t i;

	if (n && !e)
		d->broken = true;
	for (i = 0; e && i < n; i++)
		e[i] = p + i * part->size;
	if (e && part->order)
		qsort(e, n, sizeof(*e), part->order);
	return e;
}

/*
 * Call @two for the elements of @part that belong together, with NULL for one that only the other
 * side has.
 */
static void each_element(struct diff *d, const struct image_part *part, const struct cpt_rec *ra, const uint8_t *pa,
			 const struct cpt_rec *rb, const uint8_t *pb,
			 void (*two)(struct diff *d, const struct image_part *part, uint64_t i, const struct cpt_rec *ra,
				     const uint8_t *a, const struct cpt_rec *rb, const uint8_t *b))
{
	uint64_t na = part->count(ra), nb = part->count(rb), i = 0, j = 0;
	const uint8_t **a = elements(d, part, pa, na), **b = elements(d, part, pb, nb);
	bool left, right;

	while (!d->broken && (i < na || j < nb)) {
		left = i < na && (!part->keyed || j == nb || number(a[i], 4) <= number(b[j], 4));
		right = j < nb && (!part->keyed || i == na || number(b[j], 4) <= number(a[i], 4));
		two(d, part, left ? i : j, ra, left ? a[i] : NULL, rb, right ? b[j] : NULL);
		i += left;
		j += right;
	}
	free(a);
	free(b);
}

static void pair_element(struct diff *d, const struct image_part *part, uint64_t i, const struct cpt_rec *ra,
			 const uint8_t *a, const struct cpt_rec *rb, const uint8_t *b)
{
	(void)i;
	(void)ra;
	(void)rb;
	if (a && b)
		pair_fields(d, part->fields, a, b);
}

/* The record after @rec that belongs to the same object, or NULL. */
static const struct cpt_rec *next_sub(const struct side *s, const struct cpt_rec *rec)
{
	do
		rec = cpt_rec_next(&s->img->walk, rec);
	while (rec && (rec->kind == CPT_K_BLOB || rec->kind == CPT_K_UTS || rec->kind == CPT_K_VDSO ||
		       rec->kind == CPT_K_IPC));
	return rec && !rec->id ? rec : NULL;
}

static const struct cpt_rec *next_sub_of(const struct side *s, const struct cpt_rec *rec, unsigned int kind)
{
	do
		rec = next_sub(s, rec);
	while (rec && rec->kind != kind);
	return rec;
}

/* Areas that begin at the same place have the same file. */
static void pair_areas(struct diff *d, const struct cpt_rec *ra, const struct cpt_rec *rb)
{
	const struct cpt_rec *a = next_sub_of(&d->a, ra, CPT_K_VMA), *b = next_sub_of(&d->b, rb, CPT_K_VMA);

	while (a && b) {
		const struct cpt_vma_rec *x = (const void *)a, *y = (const void *)b;

		if (x->start == y->start)
			pair(d, x->file, y->file);
		if (x->start <= y->start)
			a = next_sub_of(&d->a, a, CPT_K_VMA);
		if (y->start <= x->start)
			b = next_sub_of(&d->b, b, CPT_K_VMA);
	}
}

static void pair_sockets(struct diff *d, uint64_t a, uint64_t b)
{
	uint32_t i, j;

	pair(d, d->a.queue[a], d->b.queue[b]);
	for (i = d->a.embryo[a], j = d->b.embryo[b]; i && j; i = d->a.later[i], j = d->b.later[j])
		pair(d, i, j);
}

static void follow_pair(struct diff *d, uint64_t id)
{
	const struct cpt_rec *ra = obj(&d->a, id), *rb = obj(&d->b, d->a.match[id]);
	const struct image_part *part = image_layouts[ra->kind].parts;
	const uint8_t *a = (const uint8_t *)ra + cpt_kind_rows[ra->kind].size;
	const uint8_t *b = (const uint8_t *)rb + cpt_kind_rows[rb->kind].size;

	pair_fields(d, image_layouts[ra->kind].fields, (const uint8_t *)ra, (const uint8_t *)rb);
	for (; part && part->name; part++) {
		if (part->fields)
			each_element(d, part, ra, a, rb, b, pair_element);
		a += part->count(ra) * part->size;
		b += part->count(rb) * part->size;
	}
	if (ra->kind == CPT_K_MM)
		pair_areas(d, ra, rb);
	if (ra->kind == CPT_K_UNIX)
		pair_sockets(d, id, d->a.match[id]);
}

static void follow(struct diff *d)
{
	while (d->ntodo && !d->broken)
		follow_pair(d, d->todo[--d->ntodo]);
}

static int by_pid(const void *a, const void *b)
{
	const struct cpt_task_rec *p = *(const struct cpt_task_rec * const *)a;
	const struct cpt_task_rec *q = *(const struct cpt_task_rec * const *)b;

	return p->pid < q->pid ? -1 : p->pid > q->pid;
}

/* All tasks by pid; NULL: no memory. */
static const struct cpt_task_rec **tasks_of(struct diff *d, const struct side *s)
{
	const struct cpt_task_rec **t = calloc(s->img->hdr.tasks, sizeof(*t));
	uint32_t id, n = 0;

	if (!t) {
		d->broken = true;
		return NULL;
	}
	for (id = 1; id <= s->img->walk.nobj; id++)
		if (obj(s, id)->kind == CPT_K_TASK)
			t[n++] = (const void *)obj(s, id);
	qsort(t, n, sizeof(*t), by_pid);
	return t;
}

static void match_tasks(struct diff *d)
{
	const struct cpt_task_rec **a = tasks_of(d, &d->a), **b = tasks_of(d, &d->b);
	uint32_t i = 0, j = 0, na = d->a.img->hdr.tasks, nb = d->b.img->hdr.tasks;

	while (!d->broken && i < na && j < nb) {
		if (a[i]->pid < b[j]->pid) {
			i++;
		} else if (b[j]->pid < a[i]->pid) {
			j++;
		} else {
			/* the process of a leader is that of its pid, too */
			pair(d, a[i]->rec.id, b[j]->rec.id);
			i++;
			j++;
		}
	}
	free(a);
	free(b);
	follow(d);
}

/* An object that nothing leads to. */
struct rest {
	uint32_t kind, id;
	uint64_t hash;		/* of all that is compared but references */
};

static uint64_t hash_bytes(uint64_t h, const uint8_t *p, uint64_t n)
{
	while (n--)
		h = (h ^ *p++) * 0x100000001b3ull;
	return h;
}

static uint64_t hash_fields(uint64_t h, const struct image_field *f, const uint8_t *p)
{
	uint32_t i;

	for (; f->name; f++)
		for (i = 0; f->form != FORM_REF && !f->why && i < times(f); i++)
			h = hash_bytes(h, p + f->off + i * f->stride, f->size);
	return h;
}

static uint64_t hash_record(const struct cpt_rec *rec)
{
	const struct image_part *part = image_layouts[rec->kind].parts;
	const uint8_t *p = (const uint8_t *)rec + cpt_kind_rows[rec->kind].size;
	uint64_t h = hash_fields(0xcbf29ce484222325ull, image_layouts[rec->kind].fields, (const uint8_t *)rec), n;

	for (; part && part->name; part++) {
		n = part->count(rec);
		if (!part->fields)
			h = hash_bytes(h, p, n);
		for (; n && part->fields; n--, p += part->size)
			h = hash_fields(h, part->fields, p);
		p += n;
	}
	return h;
}

static int by_hash(const void *a, const void *b)
{
	const struct rest *p = a, *q = b;

	if (p->kind != q->kind)
		return p->kind < q->kind ? -1 : 1;
	if (p->hash != q->hash)
		return p->hash < q->hash ? -1 : 1;
	return p->id < q->id ? -1 : p->id > q->id;
}

/* Those of an image that have no match; processes and tasks have a name: their pid. */
static struct rest *rest_of(struct diff *d, const struct side *s, size_t *n)
{
	struct rest *r = malloc((s->img->walk.nobj + 1ul) * sizeof(*r));
	uint32_t id;

	*n = 0;
	if (!r)
		d->broken = true;
	for (id = 1; r && id <= s->img->walk.nobj; id++) {
		uint32_t kind = obj(s, id)->kind;

		if (!s->match[id] && kind != CPT_K_PROC && kind != CPT_K_TASK && kind != CPT_K_CRED)
			r[(*n)++] = (struct rest){ kind, id, hash_record(obj(s, id)) };
	}
	if (r)
		qsort(r, *n, sizeof(*r), by_hash);
	return r;
}

/* Of what is left, those that look the same; then, of what has no name, the first with the first. */
static void match_rest(struct diff *d)
{
	bool alike;
	size_t na, nb, i, j;
	int pass, c;

	for (pass = 0; pass < 2 && !d->broken; pass++) {
		struct rest *a = rest_of(d, &d->a, &na), *b = rest_of(d, &d->b, &nb);

		for (i = j = 0; !d->broken && i < na && j < nb; ) {
			alike = a[i].kind == b[j].kind && (pass || a[i].hash == b[j].hash);
			if (!alike) {
				c = pass ? (a[i].kind > b[j].kind) - (a[i].kind < b[j].kind) : by_hash(&a[i], &b[j]);
				*(c < 0 ? &i : &j) += 1;
				continue;
			}
			if (!pass || a[i].kind != CPT_K_REG)
				pair(d, a[i].id, b[j].id);
			follow(d);
			i++;
			j++;
		}
		free(a);
		free(b);
	}
}

/* --- what is looked up: holders, queues, runs --------------------------------------------------- */

static void hold(struct side *s, uint64_t id, uint32_t pid, int32_t fd)
{
	if (id && !s->holder[id].pid)
		s->holder[id] = (struct holder){ pid, fd };
}

static void holders_of_task(struct side *s, const struct cpt_task_rec *t)
{
	const struct cpt_files_rec *files = t->files ? (const void *)obj(s, t->files) : NULL;
	const struct cpt_fd *fd = (const void *)(files + 1);
	bool seen = files && s->holder[t->files].pid;
	uint32_t i;

	hold(s, t->mm, t->pid, -1);
	hold(s, t->files, t->pid, -1);
	hold(s, t->fs, t->pid, -1);
	hold(s, t->sighand, t->pid, -1);
	for (i = 0; files && !seen && i < files->n; i++)
		hold(s, fd[i].file, t->pid, fd[i].fd);
}

static void find_holders(struct side *s)
{
	const struct image_field *f;
	uint32_t id;

	for (id = 1; id <= s->img->walk.nobj; id++)
		if (obj(s, id)->kind == CPT_K_TASK)
			holders_of_task(s, (const void *)obj(s, id));
	/* what is in a file is held by who holds the file; references go back */
	for (id = s->img->walk.nobj; id; id--) {
		if (!s->holder[id].pid || !cpt_is_file(obj(s, id)->kind))
			continue;
		for (f = image_layouts[obj(s, id)->kind].fields; f->name; f++)
			if (f->form == FORM_REF)
				hold(s, number((const uint8_t *)obj(s, id) + f->off, 8), s->holder[id].pid, s->holder[id].fd);
	}
}

static void find_queues(struct side *s)
{
	uint32_t id;

	for (id = s->img->walk.nobj; id; id--) {
		const struct cpt_unixq_rec *q = (const void *)obj(s, id);

		if (q->rec.kind != CPT_K_UNIXQ)
			continue;
		s->queue[q->owner] = id;
		if (q->listener) {
			s->later[id] = s->embryo[q->listener];
			s->embryo[q->listener] = id;
		}
	}
}

static int by_place(const void *a, const void *b)
{
	const struct image_run *p = a, *q = b;

	if (p->id != q->id)
		return p->id < q->id ? -1 : 1;
	return p->off < q->off ? -1 : p->off > q->off;
}

static int by_memory(const void *a, const void *b)
{
	const struct rseq *p = a, *q = b;

	if (p->mm != q->mm)
		return p->mm < q->mm ? -1 : 1;
	return p->addr < q->addr ? -1 : p->addr > q->addr;
}

static void find_rseqs(struct side *s)
{
	uint32_t id;

	for (id = 1; id <= s->img->walk.nobj; id++) {
		const struct cpt_task_rec *t = (const void *)obj(s, id);

		if (t->rec.kind == CPT_K_TASK && t->mm && t->rseq)
			s->rseq[s->nrseq++] = (struct rseq){ t->mm, t->rseq, t->rseq_len };
	}
	qsort(s->rseq, s->nrseq, sizeof(*s->rseq), by_memory);
}

static bool side_init(struct side *s, const struct image *img, const char *label)
{
	size_t n = (size_t)img->walk.nobj + 1;

	s->img = img;
	s->label = label;
	s->match = calloc(n, sizeof(*s->match));
	s->holder = calloc(n, sizeof(*s->holder));
	s->queue = calloc(n, sizeof(*s->queue));
	s->embryo = calloc(n, sizeof(*s->embryo));
	s->later = calloc(n, sizeof(*s->later));
	s->run = malloc((img->nrun + 1) * sizeof(*s->run));
	s->rseq = malloc((img->hdr.tasks + 1ul) * sizeof(*s->rseq));
	if (!s->match || !s->holder || !s->queue || !s->embryo || !s->later || !s->run || !s->rseq)
		return false;
	memcpy(s->run, img->run, img->nrun * sizeof(*s->run));
	qsort(s->run, img->nrun, sizeof(*s->run), by_place);
	find_holders(s);
	find_queues(s);
	find_rseqs(s);
	return true;
}

static void side_free(struct side *s)
{
	free(s->match);
	free(s->holder);
	free(s->queue);
	free(s->embryo);
	free(s->later);
	free(s->run);
	free(s->rseq);
}

/* --- fields ------------------------------------------------------------------------------------- */

static bool same_cred(const struct cpt_rec *a, const struct cpt_rec *b)
{
	return a->len == b->len && !memcmp(a + 1, b + 1, a->len - sizeof(*a));
}

static bool same_ref(const struct diff *d, uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a == b;
	if (obj(&d->a, a)->kind == CPT_K_CRED && obj(&d->b, b)->kind == CPT_K_CRED)
		return same_cred(obj(&d->a, a), obj(&d->b, b));
	return d->a.match[a] == b;
}

static void diff_records(struct diff *d, const struct cpt_rec *name, const struct cpt_rec *ra, const struct cpt_rec *rb);

static void tell_field(struct diff *d, const struct cpt_rec *rec, const struct image_field *f, uint32_t i,
		       const uint8_t *a, const uint8_t *b, const char *why)
{
	if (!begin(d, &d->a, rec, why))
		return;
	fputs(f->name, d->out);
	if (f->n)
		fprintf(d->out, "[%u]", i);
	fputs(*f->name ? ": " : "", d->out);
	put_value(d, &d->a, f, a);
	fputs(" -> ", d->out);
	put_value(d, &d->b, f, b);
	end(d, why);
}

/* References to credentials that differ: in what, is told where they are used. */
static bool diff_cred(struct diff *d, const struct cpt_rec *rec, const struct image_field *f, uint64_t a, uint64_t b)
{
	size_t len = strlen(d->where);

	if (!a || !b || obj(&d->a, a)->kind != CPT_K_CRED || obj(&d->b, b)->kind != CPT_K_CRED)
		return false;
	snprintf(d->where + len, sizeof(d->where) - len, "%s.", f->name);
	diff_records(d, rec, obj(&d->a, a), obj(&d->b, b));
	d->where[len] = '\0';
	return true;
}

static void diff_field(struct diff *d, const struct cpt_rec *rec, const struct image_field *f, uint32_t i,
		       const uint8_t *a, const uint8_t *b)
{
	uint64_t x, y;

	if (f->form == FORM_TEXT || f->form == FORM_BYTES || f->form == FORM_PAD) {
		if (memcmp(a, b, f->size))
			tell_field(d, rec, f, i, a, b, f->why);
		return;
	}
	x = number(a, f->size);
	y = number(b, f->size);
	if (f->form == FORM_REF ? same_ref(d, x, y) : x == y)
		return;
	if (f->form == FORM_REF && diff_cred(d, rec, f, x, y))
		return;
	tell_field(d, rec, f, i, a, b, f->loose && ((x ^ y) & ~f->loose) ? NULL : f->why);
}

static void diff_fields(struct diff *d, const struct cpt_rec *rec, const struct image_field *f, const uint8_t *a,
			const uint8_t *b)
{
	uint32_t i;

	for (; f->name; f++)
		for (i = 0; i < times(f); i++)
			diff_field(d, rec, f, i, a + f->off + i * f->stride, b + f->off + i * f->stride);
}

static void diff_bytes(struct diff *d, const struct cpt_rec *rec, const struct image_part *part, const uint8_t *a,
		       uint64_t na, const uint8_t *b, uint64_t nb)
{
	uint64_t i = 0, least = na < nb ? na : nb;

	while (i < least && a[i] == b[i])
		i++;
	if ((i == na && i == nb) || !begin(d, &d->a, rec, part->why))
		return;
	fprintf(d->out, "%s: ", part->name);
	if (part->form == FORM_TEXT) {
		image_text(d->out, (const char *)a, na < TEXT_MAX ? na : TEXT_MAX, false);
		fputs(" -> ", d->out);
		image_text(d->out, (const char *)b, nb < TEXT_MAX ? nb : TEXT_MAX, false);
	} else {
		fprintf(d->out, "%" PRIu64 " bytes -> %" PRIu64 ", from %" PRIu64 " on: ", na, nb, i);
		put_bytes(d, a + i, na - i);
		fputs(" -> ", d->out);
		put_bytes(d, b + i, nb - i);
	}
	end(d, part->why);
}

static void diff_element(struct diff *d, const struct image_part *part, uint64_t i, const struct cpt_rec *ra,
			 const uint8_t *a, const struct cpt_rec *rb, const uint8_t *b)
{
	size_t len = strlen(d->where);

	(void)ra;
	(void)rb;
	if (part->keyed)
		i = number(a ? a : b, 4);
	snprintf(d->where + len, sizeof(d->where) - len, "%s %" PRIu64 ": ", part->name, i);
	if (a && b)
		diff_fields(d, d->named, part->fields, a, b);
	else
		only(d, a ? &d->a : &d->b, a ? d->named : rb, "");
	d->where[len] = '\0';
}

/* Two records of one kind; @name is told of them, or (NULL) nothing. */
static void diff_records(struct diff *d, const struct cpt_rec *name, const struct cpt_rec *ra, const struct cpt_rec *rb)
{
	const struct image_part *part = image_layouts[ra->kind].parts;
	const uint8_t *a = (const uint8_t *)ra + cpt_kind_rows[ra->kind].size;
	const uint8_t *b = (const uint8_t *)rb + cpt_kind_rows[rb->kind].size;

	diff_fields(d, name, image_layouts[ra->kind].fields, (const uint8_t *)ra, (const uint8_t *)rb);
	for (; part && part->name; part++) {
		uint64_t na = part->count(ra), nb = part->count(rb);

		d->named = name;
		if (part->fields)
			each_element(d, part, ra, a, rb, b, diff_element);
		else
			diff_bytes(d, name, part, a, na, b, nb);
		a += na * part->size;
		b += nb * part->size;
	}
}

/* --- records that belong to an object ------------------------------------------------------------- */

static void diff_subs(struct diff *d, const struct cpt_rec *ra, const struct cpt_rec *rb, unsigned int kind)
{
	const struct cpt_rec *a = next_sub_of(&d->a, ra, kind), *b = next_sub_of(&d->b, rb, kind);
	unsigned int i;

	for (i = 0; a || b; i++) {
		snprintf(d->where, sizeof(d->where), "%s %u: ", cpt_kind_rows[kind].name, i);
		if (a && b)
			diff_records(d, ra, a, b);
		else
			only(d, a ? &d->a : &d->b, a ? ra : rb, "");
		a = a ? next_sub_of(&d->a, a, kind) : NULL;
		b = b ? next_sub_of(&d->b, b, kind) : NULL;
	}
	*d->where = '\0';
}

/* The areas of @mm, those that touch and differ in nothing made one; *n of them. */
static struct cpt_vma_rec *areas_of(struct diff *d, const struct cpt_mm_rec *mm, uint32_t *n)
{
	const struct cpt_vma_rec *v = (const void *)((const uint8_t *)mm + mm->rec.len);
	struct cpt_vma_rec *out = malloc((mm->areas + 1ul) * sizeof(*out)), *last;
	uint32_t i;

	*n = 0;
	if (!out)
		d->broken = true;
	for (i = 0; out && i < mm->areas; i++) {
		last = *n ? &out[*n - 1] : NULL;
		if (last && last->end == v[i].start && last->type == v[i].type && last->file == v[i].file &&
		    !((last->flags ^ v[i].flags) & ~CPT_VMA_INHERIT) &&
		    (!v[i].file || last->pgoff + (last->end - last->start) / CPT_PAGE == v[i].pgoff))
			last->end = v[i].end;
		else
			out[(*n)++] = v[i];
	}
	return out;
}

static void diff_areas(struct diff *d, const struct cpt_rec *ra, const struct cpt_rec *rb)
{
	uint32_t na, nb, i = 0, j = 0;
	struct cpt_vma_rec *a = areas_of(d, (const void *)ra, &na), *b = areas_of(d, (const void *)rb, &nb);
	bool left, right;

	while (!d->broken && (i < na || j < nb)) {
		left = i < na && (j == nb || a[i].start <= b[j].start);
		right = j < nb && (i == na || b[j].start <= a[i].start);
		snprintf(d->where, sizeof(d->where), "area %llx-%llx: ", left ? a[i].start : b[j].start,
			 left ? a[i].end : b[j].end);
		if (left && right)
			diff_fields(d, ra, image_layouts[CPT_K_VMA].fields, (const uint8_t *)&a[i], (const uint8_t *)&b[j]);
		else
			only(d, left ? &d->a : &d->b, left ? ra : rb, "");
		i += left;
		j += right;
	}
	*d->where = '\0';
	free(a);
	free(b);
}

/* --- contents -------------------------------------------------------------------------------------- */

/* The first run of @id that ends behind @off, or the first of a later object. */
static const struct image_run *run_at(const struct side *s, uint64_t id, uint64_t off)
{
	size_t lo = 0, hi = s->img->nrun;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct image_run *r = &s->run[mid];

		if (r->id < id || (r->id == id && r->off + r->len <= off))
			lo = mid + 1;
		else
			hi = mid;
	}
	return &s->run[lo];
}

static bool run_of(const struct side *s, const struct image_run *r, uint64_t id)
{
	return r < s->run + s->img->nrun && r->id == id;
}

/* The run of @id that has the byte at @off, or NULL; *end: up to where that holds. */
static const struct image_run *run_here(const struct side *s, uint64_t id, uint64_t off, uint64_t *end)
{
	const struct image_run *r = run_at(s, id, off);

	if (!run_of(s, r, id)) {
		*end = ~0ULL;
		return NULL;
	}
	*end = r->off <= off ? r->off + r->len : r->off;
	return r->off <= off ? r : NULL;
}

enum page { PAGE_ZERO, PAGE_FILE, PAGE_DATA };

/* What of memory @id, or of another object, is at @off: up to the end of its page. */
static enum page page_of(const struct side *s, uint64_t id, uint64_t off, uint64_t *at)
{
	const struct cpt_mm_rec *mm = (const void *)obj(s, id);
	const struct cpt_vma_rec *vma = NULL;
	const struct image_run *r;
	unsigned int depth;
	uint64_t end;

	for (depth = 0; depth < DEPTH_MAX; depth++) {
		r = run_here(s, id, off, &end);
		if (r && !(r->flags & CPT_RUN_HOLE)) {
			*at = r->at + (off - r->off);
			return PAGE_DATA;
		}
		if (!mm || mm->rec.kind != CPT_K_MM)	/* NULL: ctl's own */
			return PAGE_ZERO;
		vma = cpt_mm_area(mm, off);
		if (r || !vma || !(vma->flags & CPT_VMA_INHERIT))
			break;
		id = mm->parent;
		mm = (const void *)obj(s, id);
	}
	return vma && vma->type == CPT_VMA_FILE ? PAGE_FILE : PAGE_ZERO;
}

/* What may differ at @addr of a memory, as the kernel writes it by itself: the reason, or NULL. */
static const char *loose_at(const struct side *s, uint64_t mm, uint64_t addr)
{
	const struct image_loose *l;
	size_t lo = 0, hi = s->nrseq;
	uint64_t at;

	while (lo < hi) {	/* the first that is behind */
		size_t mid = lo + (hi - lo) / 2;

		if (s->rseq[mid].mm < mm || (s->rseq[mid].mm == mm && s->rseq[mid].addr <= addr))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || s->rseq[lo - 1].mm != mm)
		return NULL;
	at = addr - s->rseq[lo - 1].addr;
	for (l = image_loose_rseq; l->len && at < s->rseq[lo - 1].len; l++)
		if (at >= l->off && at - l->off < l->len)
			return l->why;
	return NULL;
}

struct differ {
	uint64_t first, n;	/* n: bytes in all; first: where */
	uint64_t loose;		/* bytes that may differ, the first where, and why */
	uint64_t loose_first;
	const char *why;
	uint8_t a[BYTES_MAX], b[BYTES_MAX];	/* from the first on */
	uint32_t got;
	bool kinds;		/* a file's page on one side */
};

static void differ_bytes(const struct diff *d, const struct cpt_rec *ra, uint64_t off, const uint8_t *a,
			 const uint8_t *b, uint32_t n, struct differ *found)
{
	const char *why;
	uint32_t i;

	if (!memcmp(a, b, n))
		return;
	for (i = 0; i < n; i++) {
		if (a[i] == b[i])
			continue;
		why = ra->kind == CPT_K_MM ? loose_at(&d->a, ra->id, off + i) : NULL;
		if (why) {
			if (!found->loose++)
				found->loose_first = off + i;
			found->why = why;
			continue;
		}
		if (!found->n++) {
			found->first = off + i;
			found->got = n - i < BYTES_MAX ? n - i : BYTES_MAX;
			memcpy(found->a, a + i, found->got);
			memcpy(found->b, b + i, found->got);
		}
	}
}

static void get_page(struct diff *d, const struct side *s, enum page p, uint64_t at, uint8_t *to, uint32_t n)
{
	memset(to, 0, n);
	if (p == PAGE_DATA && image_bytes(s->img, at, to, n))
		d->broken = true;
}

/* At most a page, that is all of one run, or of none, on either side. */
static void differ_page(struct diff *d, const struct cpt_rec *ra, const struct cpt_rec *rb, uint64_t off, uint32_t n,
			struct differ *found)
{
	uint8_t a[CPT_PAGE], b[CPT_PAGE];
	uint64_t at_a = 0, at_b = 0;
	enum page x = page_of(&d->a, ra->id, off, &at_a), y = page_of(&d->b, rb->id, off, &at_b);

	if (x != PAGE_DATA && y != PAGE_DATA && x == y)
		return;
	if (x == PAGE_FILE || y == PAGE_FILE) {
		if (!found->n)
			found->first = off;
		found->n += n;
		found->kinds = true;
		return;
	}
	get_page(d, &d->a, x, at_a, a, n);
	get_page(d, &d->b, y, at_b, b, n);
	differ_bytes(d, ra, off, a, b, n, found);
}

static void tell_contents(struct diff *d, const struct cpt_rec *ra, const struct differ *f)
{
	if (f->n && begin(d, &d->a, ra, NULL)) {
		fprintf(d->out, "contents: %" PRIu64 " bytes differ, the first at %#" PRIx64 ": ", f->n, f->first);
		if (!f->got) {
			fputs("a page of the file on one side", d->out);
		} else {
			put_bytes(d, f->a, f->got);
			fputs(" -> ", d->out);
			put_bytes(d, f->b, f->got);
		}
		end(d, NULL);
	}
	if (f->loose && begin(d, &d->a, ra, f->why)) {
		fprintf(d->out, "contents: %" PRIu64 " bytes differ, the first at %#" PRIx64, f->loose, f->loose_first);
		end(d, f->why);
	}
}

/* Where neither side has a run of its own, and none is inherited, there is nothing to compare. */
static void diff_contents(struct diff *d, const struct cpt_rec *ra, const struct cpt_rec *rb)
{
	struct differ found = { 0 };
	uint64_t off = 0, ends[2], end, page;

	while (!d->broken) {
		const struct image_run *a = run_at(&d->a, ra->id, off), *b = run_at(&d->b, rb->id, off);
		bool in_a = run_of(&d->a, a, ra->id), in_b = run_of(&d->b, b, rb->id);

		if (!in_a && !in_b)
			break;
		if ((!in_a || a->off > off) && (!in_b || b->off > off))	/* a gap in both */
			off = !in_a ? b->off : !in_b || a->off < b->off ? a->off : b->off;
		run_here(&d->a, ra->id, off, &ends[0]);
		run_here(&d->b, rb->id, off, &ends[1]);
		end = ends[0] < ends[1] ? ends[0] : ends[1];
		page = (off & ~(CPT_PAGE - 1)) + CPT_PAGE;
		if (end > page)
			end = page;
		differ_page(d, ra, rb, off, end - off, &found);
		off = end;
	}
	tell_contents(d, ra, &found);
}

/* --- all of it -------------------------------------------------------------------------------------- */

static void diff_pair(struct diff *d, const struct cpt_rec *ra, const struct cpt_rec *rb)
{
	static const unsigned int subs[] = { CPT_K_MPOL, CPT_K_AIO, CPT_K_HUGE, CPT_K_DNOTIFY, CPT_K_LOCK, CPT_K_FOWN, CPT_K_SOCKFILTER,
					     CPT_K_TIMER, CPT_K_SIGINFO, CPT_K_XSTATE, CPT_K_ATTR, CPT_K_USAGE, CPT_K_SUMS };
	unsigned int i;

	diff_records(d, ra, ra, rb);
	for (i = 0; i < sizeof(subs) / sizeof(*subs); i++)
		diff_subs(d, ra, rb, subs[i]);
	if (ra->kind == CPT_K_MM)
		diff_areas(d, ra, rb);
	if (cpt_kind_rows[ra->kind].data != CPT_NO_DATA)
		diff_contents(d, ra, rb);
}

static void diff_objects(struct diff *d)
{
	const struct image *a = d->a.img, *b = d->b.img;
	uint32_t id;

	for (id = 1; id <= a->walk.nobj && !d->broken; id++) {
		if (d->a.match[id])
			diff_pair(d, obj(&d->a, id), obj(&d->b, d->a.match[id]));
		else if (obj(&d->a, id)->kind != CPT_K_CRED)
			only(d, &d->a, obj(&d->a, id), "");
	}
	for (id = 1; id <= b->walk.nobj && !d->broken; id++)
		if (!d->b.match[id] && obj(&d->b, id)->kind != CPT_K_CRED)
			only(d, &d->b, obj(&d->b, id), "");
}

/*
 * What belongs to no object: those of one kind by their order, blobs by what they are. Huge pages
 * behind the first object are those of an object.
 */
static const struct cpt_rec *next_global(const struct side *s, const struct cpt_rec *rec, unsigned int kind)
{
	do
		rec = cpt_rec_next(&s->img->walk, rec);
	while (rec && rec->kind != kind && !(rec->id && kind == CPT_K_HUGE));
	return rec && rec->kind == kind ? rec : NULL;
}

static void tell_ve(void *arg, const char *where, const char *a, const char *b)
{
	const struct image_loose_member *l = image_loose_ve;
	struct diff *d = arg;

	while (l->name && strcmp(l->name, where))
		l++;
	if (!begin(d, &d->a, NULL, l->why))
		return;
	fputs("description of the VE: ", d->out);
	image_text(d->out, where, TEXT_MAX, false);
	fputs(": ", d->out);
	image_text(d->out, a, TEXT_MAX, false);
	fputs(" -> ", d->out);
	image_text(d->out, b, TEXT_MAX, false);
	end(d, l->why);
}

static void diff_global(struct diff *d, const struct cpt_rec *a, const struct cpt_rec *b)
{
	const struct cpt_blob_rec *x = (const void *)a, *y = (const void *)b;

	if (a->kind == CPT_K_BLOB && x->tag == CPT_BLOB_VE && y->tag == x->tag && x->key == y->key) {
		if (x->size == y->size && !memcmp(x + 1, y + 1, x->size))
			return;
		if (image_diff_ve(x, y, tell_ve, d))
			return;
	}
	if (a->kind == CPT_K_BLOB)
		snprintf(d->where, sizeof(d->where), "%u/%u: ", x->tag, x->key);
	diff_records(d, a, a, b);
	*d->where = '\0';
}

static void diff_globals(struct diff *d, unsigned int kind)
{
	const struct cpt_rec *a = next_global(&d->a, NULL, kind), *b = next_global(&d->b, NULL, kind);

	while ((a || b) && !d->broken) {
		if (a && b)
			diff_global(d, a, b);
		else
			only(d, a ? &d->a : &d->b, a ? a : b, "");
		a = a ? next_global(&d->a, a, kind) : NULL;
		b = b ? next_global(&d->b, b, kind) : NULL;
	}
}

/* The stream of ctl's own data: contents of mounts. */
static void diff_own(struct diff *d)
{
	static const struct cpt_rec own = { .kind = CPT_K_BLOB };

	strcpy(d->where, "mounts: ");
	diff_contents(d, &own, &own);
	*d->where = '\0';
}

static void diff_headers(struct diff *d)
{
	strcpy(d->where, "header: ");
	diff_fields(d, NULL, image_header_fields, (const uint8_t *)&d->a.img->hdr, (const uint8_t *)&d->b.img->hdr);
	*d->where = '\0';
}

long image_diff(const struct image *a, const struct image *b, bool all, FILE *out)
{
	struct diff d = { .all = all, .out = out };

	d.todo = malloc(((size_t)a->walk.nobj + 1) * sizeof(*d.todo));
	d.broken = !side_init(&d.a, a, "A") | !side_init(&d.b, b, "B") || !d.todo;
	if (!d.broken) {
		match_tasks(&d);
		match_rest(&d);
		diff_headers(&d);
		diff_globals(&d, CPT_K_BLOB);
		diff_own(&d);
		diff_globals(&d, CPT_K_UTS);
		diff_globals(&d, CPT_K_IPC);
		diff_globals(&d, CPT_K_VDSO);
		diff_globals(&d, CPT_K_HUGE);
		diff_objects(&d);
	}
	side_free(&d.a);
	side_free(&d.b);
	free(d.todo);
	return d.broken ? -1 : d.lines;
}

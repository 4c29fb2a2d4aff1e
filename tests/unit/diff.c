// SPDX-License-Identifier: GPL-2.0-only
/*
 * `ctl image diff` (cli/image_diff.c, image_fields.c): equal images have no difference; one changed
 * byte of each field of the sample is told by the field's name, or is declared volatile; the table
 * has every byte of every struct once; ids mean nothing; contents are compared as programs see them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "image.h"
#include "image_fields.h"
#include "sample.h"

struct loaded {
	struct image_in in;
	struct image img;
};

static bool load(struct loaded *l, const struct sample *s)
{
	image_in_memory(&l->in, s->p, s->n);
	if (!image_read_meta(&l->img, &l->in)) {
		l->img.keep_runs = true;
		if (!image_read_data(&l->img, true))
			return true;
	}
	image_free(&l->img);
	return false;
}

/* The text, to be freed; *lines: -2 if one of them is no good image. */
static char *diff(const struct sample *sa, const struct sample *sb, bool all, long *lines)
{
	struct loaded a, b;
	char *text = NULL;
	size_t len;
	FILE *f;

	*lines = -2;
	if (!load(&a, sa))
		return NULL;
	if (load(&b, sb)) {
		f = open_memstream(&text, &len);
		*lines = image_diff(&a.img, &b.img, all, f);
		fclose(f);
		image_free(&b.img);
	}
	image_free(&a.img);
	return text;
}

static void expect(const struct sample *a, const struct sample *b, bool all, const char *want)
{
	long lines, n = 0;
	char *text = diff(a, b, all, &lines);
	const char *p;

	if (!text || strcmp(text, want))
		fail_msg("%ld lines:\n%s\nnot:\n%s", lines, text ? text : "(none)\n", want);
	for (p = want; *p; p++)
		n += *p == '\n';
	assert_int_equal(lines, n);
	free(text);
}

static void test_equal(void **state)
{
	struct sample a, b;

	(void)state;
	sample_image(&a);
	sample_image(&b);
	expect(&a, &b, false, "");
	expect(&a, &b, true, "");
	sample_free(&a);
	sample_free(&b);
}

/* --- the table ---------------------------------------------------------------------------------- */

static void cover(const char *what, const struct image_field *f, size_t from, size_t size)
{
	uint8_t *seen = calloc(1, size);
	uint32_t i, j;
	size_t at;

	for (; f->name; f++)
		for (i = 0; i < (f->n ? f->n : 1); i++)
			for (j = 0; j < f->size; j++) {
				at = f->off + i * f->stride + j;
				if (at < from || at >= size || seen[at]++)
					fail_msg("%s: byte %zu is of %s, and of another", what, at, f->name);
			}
	for (at = from; at < size; at++)
		if (!seen[at])
			fail_msg("%s: byte %zu is of no field", what, at);
	free(seen);
}

static void test_cover(void **state)
{
	const struct image_part *part;
	int kind;

	(void)state;
	cover("header", image_header_fields, 0, sizeof(struct cpt_header));
	for (kind = 0; kind < CPT_K_MAX; kind++) {
		if (!cpt_kind_rows[kind].name)
			continue;
		assert_non_null(image_layouts[kind].fields);
		cover(cpt_kind_rows[kind].name, image_layouts[kind].fields, sizeof(struct cpt_rec),
		      cpt_kind_rows[kind].size);
		part = image_layouts[kind].parts;
		/* what is longer than its struct says what follows */
		assert_true(cpt_kind_rows[kind].exact == !part);
		for (; part && part->name; part++)
			if (part->fields)
				cover(part->name, part->fields, 0, part->size);
	}
}

/* --- each field ---------------------------------------------------------------------------------- */

static unsigned int told, hidden, untold;

/*
 * What cannot be another value in a good image, whatever else is right; or is what the object is
 * found by, or needs something else changed too: test_names() has those.
 */
static bool fixed(const char *kind, const struct image_field *f)
{
	static const char * const names[] = {
		"header.magic", "header.version", "header.len", "header.meta_len", "header.meta_crc", "header.objects",
		"header.tasks", "header.arch", "header.page_size", "header.crc", "pipe.bytes", "memory.areas",
		"process.ntimers", "namespace.type", "process.pid", "task.pid", "task.nregs", "task.ntls", "task.proc",
		"queue of a unix socket.bytes", "message.len", "buffer.len", "message.nfiles", "pidfd.file.pos",
		"eventfd.file.pos", "signalfd.file.pos", "timerfd.file.pos", "epoll.file.pos", "inotify.file.pos", "fanotify.file.pos",
		"shared memory.memfd", "queued signal.shared", "file.pipe", "file.deleted", "file.place", "root and cwd.root",
		"pipe end.pipe", "memfd.shmem", "socket.sock", "task.mm", "task.state", "signals of a file.async",
		"message.sender", "System V shared memory.perm.key", "message queue.bytes", "mapped shared memory.shm",
		"adjustment.sem", "POSIX message queue.bytes", "open POSIX message queue.mq",
		"asynchronous I/O.start", "asynchronous I/O.head", "asynchronous I/O.tail",
		"queue of a unix socket.peer", "queue of a unix socket.listener",
	};
	char name[64];
	size_t i;

	snprintf(name, sizeof(name), "%s.%s", kind, f->name);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	if (f->form == FORM_REF && strstr(f->name, "cred"))
		return true;	/* the sample has but one: test_cred() */
	return f->form == FORM_COUNT || f->form == FORM_PAD;
}

/* Does the text say @name, or that something is there on one side only, for it was found by that? */
static bool says(const char *text, const char *name)
{
	return text && (strstr(text, name) || strstr(text, "only in A"));
}

/* Is the image good with a changed field? Then it must be told. */
static bool look(const struct sample *a, struct sample *b, const char *kind, const struct image_field *f, bool loose)
{
	char *text, *all;
	long lines, more;

	fix_image(b->p, b->n);
	text = diff(a, b, false, &lines);
	all = diff(a, b, true, &more);
	if (lines != -2) {
		if (loose ? lines != 0 : lines < 1 || !says(text, f->name))
			fail_msg("%s.%s: %ld lines: %s", kind, f->name, lines, text);
		if (more < 1 || !says(all, f->name) || (loose && !strstr(all, f->why)))
			fail_msg("%s.%s, all: %ld lines: %s", kind, f->name, more, all);
		*(loose ? &hidden : &told) += 1;
	}
	free(text);
	free(all);
	return lines != -2;
}

static bool try_bit(const struct sample *a, struct sample *b, const char *kind, const struct image_field *f,
		    uint8_t *p, unsigned int bit)
{
	bool good;

	p[bit / 8] ^= 1 << bit % 8;
	good = look(a, b, kind, f, f->why && (!f->loose || f->loose >> bit & 1));
	p[bit / 8] ^= 1 << bit % 8;
	return good;
}

/* A small number: another id, or one of an enumeration. */
static bool try_number(const struct sample *a, struct sample *b, const char *kind, const struct image_field *f,
		       uint8_t *p, uint64_t v)
{
	uint64_t was = 0;
	bool good = false;

	memcpy(&was, p, f->size);
	memcpy(p, &v, f->size);
	if (v != was)
		good = look(a, b, kind, f, f->why && !f->loose);
	memcpy(p, &was, f->size);
	return good;
}

static bool try_element(const struct sample *a, struct sample *b, const char *kind, const struct image_field *f, uint8_t *p)
{
	unsigned int bit, step = f->size > 8 ? f->size : 1;
	uint64_t v;

	for (bit = 0; bit < 8 * f->size && f->form != FORM_REF; bit += step)
		if (try_bit(a, b, kind, f, p, bit))
			break;
	if (bit < 8 * f->size && f->form != FORM_REF) {	/* and a high one, if that may be */
		try_bit(a, b, kind, f, p, 8 * f->size - 1 - (f->form == FORM_TEXT) * 9);
		return true;
	}
	for (v = 0; f->size <= 8 && v <= a->objects; v++)
		if (try_number(a, b, kind, f, p, v))
			return true;
	return false;
}

static bool try_field(const struct sample *a, struct sample *b, const char *kind, const struct image_field *f, uint8_t *p)
{
	unsigned int good = 0;
	uint32_t i;

	for (i = 0; i < (f->n ? f->n : 1); i++)
		good += try_element(a, b, kind, f, p + f->off + i * f->stride);
	return good;
}

static void must(const char *kind, const struct image_field *f, bool good)
{
	if (good || fixed(kind, f))
		return;
	print_error("%s.%s cannot be changed\n", kind, f->name);
	untold++;
}

/* Each field in the first record of @kind where it can be changed. */
static void try_kind(const struct sample *a, struct sample *b, int kind)
{
	const char *name = cpt_kind_rows[kind].name;
	const struct image_field *f;
	struct cpt_rec *rec;
	unsigned int i;
	bool good;

	for (f = image_layouts[kind].fields; f->name; f++) {
		for (i = 0, good = false; !good && (rec = sample_find(b, kind, i)); i++)
			good = try_field(a, b, name, f, (uint8_t *)rec);
		must(name, f, good);
	}
}

static bool try_part(const struct sample *a, struct sample *b, const struct image_part *part, const struct image_field *f,
		     uint8_t *p, uint64_t n)
{
	bool good = false;

	for (; n && !good && part->fields; n--, p += part->size)
		good = try_field(a, b, part->name, f, p);
	if (n && !part->fields) {
		struct image_field bytes = { .name = part->name, .size = 1, .form = FORM_DEC, .n = n, .stride = 1, .why = part->why };

		good = try_field(a, b, "bytes", &bytes, p);
	}
	return good;
}

/* The same of what follows the struct. */
static void try_parts(const struct sample *a, struct sample *b, int kind)
{
	const struct image_part *part, *q;
	const struct image_field none[] = { { .name = "(bytes)" }, { } }, *f;
	struct cpt_rec *rec;
	unsigned int i;
	uint8_t *p;
	bool good;

	for (part = image_layouts[kind].parts; part && part->name; part++)
		for (f = part->fields ? part->fields : none; f->name; f++) {
			/* the first blob has a test of its own */
			for (i = kind == CPT_K_BLOB, good = false; !good && (rec = sample_find(b, kind, i)); i++) {
				p = (uint8_t *)rec + cpt_kind_rows[kind].size;
				for (q = image_layouts[kind].parts; q < part; q++)
					p += q->count(rec) * q->size;
				good = try_part(a, b, part, f, p, part->count(rec));
			}
			must(part->fields ? part->name : cpt_kind_rows[kind].name,
			     part->fields ? f : &(struct image_field){ .name = part->name }, good);
		}
}

static void test_fields(void **state)
{
	const struct image_field *f;
	struct sample a, b;
	int kind;

	(void)state;
	sample_image(&a);
	sample_image(&b);
	for (f = image_header_fields; f->name; f++)
		if (!fixed("header", f))	/* made right again, or checked first of all */
			must("header", f, try_field(&a, &b, "header", f, b.p));
	for (kind = 0; kind < CPT_K_MAX; kind++) {
		if (!cpt_kind_rows[kind].name)
			continue;
		try_kind(&a, &b, kind);
		try_parts(&a, &b, kind);
	}
	print_message("%u changes told, %u volatile\n", told, hidden);
	assert_int_equal(untold, 0);
	assert_true(told > 2000 && hidden > 5);
	sample_free(&a);
	sample_free(&b);
}

/* What goes by the name of something else, or is changed together with it. */
static void test_names(void **state)
{
	struct cpt_deleted_rec *del;
	struct cpt_aio_rec *aio;
	struct cpt_task_rec *t;
	struct cpt_fs_rec *fs;
	struct sample a, b;

	(void)state;
	sample_image(&a);
	sample_image(&b);
	t = sample_obj(&b, b.vfork);
	t->pid = ((struct cpt_proc_rec *)sample_obj(&b, t->proc))->pid = 15;
	fix_image(b.p, b.n);
	{
		long lines;
		char *text = diff(&a, &b, false, &lines);

		assert_non_null(strstr(text, "process 14: only in A\ntask 14 (sample): only in A\n"));
		assert_non_null(strstr(text, "process 15: only in B\ntask 15 (sample): only in B\n"));
		free(text);
	}
	t->pid = ((struct cpt_proc_rec *)sample_obj(&b, t->proc))->pid = 14;

	aio = sample_nth(&b, CPT_K_AIO, 0);
	aio->head = 3;
	aio->tail = 12;
	fix_image(b.p, b.n);
	{
		long lines;
		char *text = diff(&a, &b, false, &lines);

		if (lines != 2 || !strstr(text, " head: 247 -> 3\n") || !strstr(text, " tail: 2 -> 12\n"))
			fail_msg("%ld lines: %s", lines, text);
		free(text);
	}
	aio->head = SAMPLE_PLACES + 120;
	aio->tail = 2;

	fs = sample_obj(&b, b.fs[2]);
	fs->root_len = 10;
	fs->cwd_len = 1;
	memcpy(fs + 1, "/tmp/.../x" "/", 11);
	fix_image(b.p, b.n);
	{
		long lines;
		char *text = diff(&a, &b, false, &lines);

		assert_int_equal(lines, 4);
		assert_non_null(strstr(text, ": root: / -> /tmp/.../x\n"));
		assert_non_null(strstr(text, ": cwd: /tmp/.../x -> /\n"));
		free(text);
	}
	memcpy(fs, sample_obj(&a, a.fs[2]), fs->rec.len);

	/* two descriptors change places */
	{
		struct cpt_files_rec *files = sample_obj(&b, b.files[0]);
		struct cpt_fd *fd = (void *)(files + 1);
		uint64_t x = fd[5].file;
		long lines;
		char *text;

		fd[5].file = fd[6].file;
		fd[6].file = x;
		fix_image(b.p, b.n);
		text = diff(&a, &b, false, &lines);
		assert_non_null(strstr(text, "fd 25: file: eventfd #"));
		free(text);
		fd[6].file = fd[5].file;
		fd[5].file = x;
	}
	{	/* two files their sockets */
		struct cpt_socket_rec *x = sample_obj(&b, b.sock[0]), *y = sample_obj(&b, b.sock[1]);
		uint64_t id = x->sock;
		long lines;
		char *text;

		x->sock = y->sock;
		y->sock = id;
		fix_image(b.p, b.n);
		text = diff(&a, &b, false, &lines);
		assert_non_null(strstr(text, "unix socket #"));
		assert_true(lines > 0);
		free(text);
		y->sock = x->sock;
		x->sock = id;
	}
	del = sample_obj(&b, b.contents);
	del->mtime = 5;
	fix_image(b.p, b.n);
	{
		long lines;
		char *text = diff(&a, &b, false, &lines);

		assert_int_equal(lines, 1);
		assert_non_null(strstr(text, " -> 5\n"));
		free(text);
	}
	sample_free(&a);
	sample_free(&b);
}

static void test_cred(void **state)
{
	struct sample a, b;
	long lines;
	char *text;

	(void)state;
	sample_image(&a);
	sample_image(&b);
	((struct cpt_cred_rec *)sample_obj(&b, b.cred))->fsuid = 5;
	fix_image(b.p, b.n);
	text = diff(&a, &b, false, &lines);
	assert_true(lines > 20);	/* all files and tasks have it */
	assert_non_null(strstr(text, "file #2 /bin/sample: file.cred.fsuid: 0 -> 5\n"));
	assert_non_null(strstr(text, "task 10 (sample): cred.fsuid: 0 -> 5\n"));
	assert_null(strstr(text, "only in"));
	free(text);
	sample_free(&a);
	sample_free(&b);
}

/* --- ids ----------------------------------------------------------------------------------------- */

static void shift_fields(const struct image_field *f, uint8_t *p, uint64_t from)
{
	uint64_t *id;
	uint32_t i;

	for (; f->name; f++)
		for (i = 0; f->form == FORM_REF && i < (f->n ? f->n : 1); i++) {
			id = (void *)(p + f->off + i * f->stride);
			*id += *id >= from;
		}
}

/* All ids from @from on are one more. */
static void shift(struct sample *s, uint64_t from)
{
	size_t off, end = sizeof(struct cpt_header) + sample_hdr(s)->meta_len;
	const struct image_part *part;
	struct cpt_rec *rec;
	uint64_t n;
	uint8_t *p;

	for (off = sizeof(struct cpt_header); off < end; off += rec->len) {
		rec = (void *)(s->p + off);
		rec->id += rec->id >= from;
		shift_fields(image_layouts[rec->kind].fields, (uint8_t *)rec, from);
		p = (uint8_t *)rec + cpt_kind_rows[rec->kind].size;
		for (part = image_layouts[rec->kind].parts; part && part->name; part++) {
			for (n = part->count(rec); n && part->fields; n--, p += part->size)
				shift_fields(part->fields, p, from);
			p += n * part->size;
		}
	}
	for (rec = (void *)(s->p + end); rec->kind == CPT_K_DATA; ) {
		struct cpt_data_rec *d = (void *)rec;

		rec->id += rec->id >= from;
		off = cpt_align_up((uint8_t *)rec - s->p + rec->len, CPT_DATA_ALIGN);
		rec = (void *)(s->p + cpt_align_up(off + d->bytes, CPT_ALIGN));
	}
}

/* An object more, in front of all others of its kind: ids and offsets move, nothing else differs. */
static void test_ids(void **state)
{
	struct cpt_reg_rec *more;
	size_t at, len, data;
	struct sample a, b;
	uint8_t *room;

	(void)state;
	sample_image(&a);
	sample_image(&b);
	shift(&b, b.exe);
	at = (uint8_t *)sample_obj(&b, b.exe + 1) - b.p;
	len = cpt_align_up(sizeof(*more) + 4, CPT_ALIGN);
	/* the data must stay where it is aligned */
	data = sizeof(struct cpt_header) + sample_hdr(&b)->meta_len;
	room = calloc(1, SAMPLE_ROOM);
	memcpy(room, b.p, at);
	memcpy(room + at, b.p + at, sizeof(*more));	/* as the one behind it */
	more = (void *)(room + at);
	more->rec.len = len;
	more->rec.id = b.exe;
	more->path_len = 4;
	memcpy(more + 1, "/new", 4);
	memcpy(room + at + len, b.p + at, data - at);
	((struct cpt_header *)room)->meta_len += len;
	((struct cpt_header *)room)->objects++;
	{	/* sections: written anew, for their padding depends on where they are */
		struct sample c = { .p = room, .n = data + len };
		struct cpt_data_rec *d = (void *)(b.p + data);

		while (d->rec.kind == CPT_K_DATA) {
			size_t from = cpt_align_up((uint8_t *)d - b.p + d->rec.len, CPT_DATA_ALIGN);
			size_t to = cpt_align_up(sample_data(&c, d->rec.id, d->nruns, (void *)(d + 1)) + d->rec.len, CPT_DATA_ALIGN);

			memcpy(c.p + to, b.p + from, d->bytes);
			d = (void *)(b.p + cpt_align_up(from + d->bytes, CPT_ALIGN));
		}
		sample_end(&c);
		expect(&a, &c, false, "file #2 /new: only in B\n");
		expect(&c, &a, false, "file #2 /new: only in A\n");
	}
	free(room);
	sample_free(&a);
	sample_free(&b);
}

/* --- contents ------------------------------------------------------------------------------------- */

/* The bytes of the first section of object @id. */
static uint8_t *bytes(struct sample *s, uint64_t id, struct cpt_data_rec **rec)
{
	size_t off = sizeof(struct cpt_header) + sample_hdr(s)->meta_len;
	struct cpt_data_rec *d;

	for (;; off = cpt_align_up(off + d->bytes, CPT_ALIGN)) {
		d = (void *)(s->p + off);
		off = cpt_align_up(off + d->rec.len, CPT_DATA_ALIGN);
		if (d->rec.id == id) {
			*rec = d;
			return s->p + off;
		}
	}
}

static void change(struct sample *b, uint64_t id, size_t at)
{
	struct cpt_data_rec *d;

	bytes(b, id, &d)[at] ^= 0x80;
	fix_image(b->p, b->n);
}

static void test_contents(void **state)
{
	struct cpt_task_rec *t;
	struct cpt_data_rec *d;
	struct sample a, b;

	(void)state;
	sample_image(&a);
	sample_image(&b);
	change(&b, 0, 40);
	expect(&a, &b, false, "blob: mounts: contents: 1 bytes differ, the first at 0x28: "
	       "29 2a 2b 2c 2d 2e 2f 30 31 32 -> a9 2a 2b 2c 2d 2e 2f 30 31 32\n");
	change(&b, 0, 40);
	change(&b, b.pipe, 195);
	expect(&a, &b, false, "pipe #4 (fd 9 of 1): contents: 1 bytes differ, the first at 0xc3: c4 -> 44\n");
	change(&b, b.pipe, 195);
	change(&b, b.shm, 4000);
	expect(&a, &b, false, "shared memory #9: contents: 1 bytes differ, the first at 0x2fa0: "
	       "a1 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac ad ae af b0 -> 21 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac ad ae af b0\n");
	change(&b, b.shm, 4000);

	/* what a child has of its parent's differs there, and in the child: its hole hides the first page */
	change(&b, b.mm[0], CPT_PAGE + 5);
	change(&b, b.mm[0], 2 * CPT_PAGE + 5);
	change(&b, b.mm[0], 7);
	{
		long lines;
		char *text = diff(&a, &b, false, &lines);

		assert_int_equal(lines, 1);
		assert_non_null(strstr(text, "contents: 3 bytes differ, the first at 0x400007"));
		free(text);
	}
	change(&b, b.mm[0], CPT_PAGE + 5);
	change(&b, b.mm[0], 2 * CPT_PAGE + 5);
	change(&b, b.mm[0], 7);

	/* a hole, or a page of zeros: the same to a program */
	memset(bytes(&a, a.mm[1], &d), 0, CPT_PAGE);
	fix_image(a.p, a.n);
	expect(&a, &a, false, "");

	/* what the kernel writes there */
	sample_free(&a);
	sample_image(&a);
	t = sample_obj(&a, a.init);
	t->rseq = SAMPLE_HEAP + 64;
	t->rseq_len = 32;
	((struct cpt_task_rec *)sample_obj(&b, b.init))->rseq = t->rseq;
	((struct cpt_task_rec *)sample_obj(&b, b.init))->rseq_len = t->rseq_len;
	fix_image(a.p, a.n);
	change(&b, b.mm[0], CPT_PAGE + 64 + 4);
	expect(&a, &b, false, "");
	change(&b, b.mm[0], CPT_PAGE + 64 + 8);
	{
		long lines;
		char *text = diff(&a, &b, false, &lines);

		assert_int_equal(lines, 1);
		assert_non_null(strstr(text, "contents: 1 bytes differ, the first at 0x600048"));
		free(text);
	}
	sample_free(&a);
	sample_free(&b);
}

static void test_ve(void **state)
{
	struct cpt_blob_rec *blob;
	struct sample a, b;

	(void)state;
	sample_image(&a);
	sample_image(&b);
	blob = sample_nth(&b, CPT_K_BLOB, 0);
	strstr((char *)(blob + 1), "\"7\"")[1] = '8';
	fix_image(b.p, b.n);
	expect(&a, &b, false, "");
	{
		long lines;
		char *text = diff(&a, &b, true, &lines);

		assert_non_null(strstr(text, "description of the VE: generation: \"7\" -> \"8\" (volatile: each checkpoint"));
		free(text);
	}
	strstr((char *)(blob + 1), "\"id\":1")[5] = '9';
	fix_image(b.p, b.n);
	expect(&a, &b, false, "description of the VE: mounts[0].id: 1 -> 9\n");
	((char *)(blob + 1))[0] = 'x';		/* no JSON */
	fix_image(b.p, b.n);
	expect(&a, &b, false, "blob: 1/0: contents: 49 bytes -> 49, from 0 on: "
	       "7b 22 76 65 69 64 22 3a 31 30 31 2c 22 67 65 6e … -> 78 22 76 65 69 64 22 3a 31 30 31 2c 22 67 65 6e …\n");
	sample_free(&a);
	sample_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cred),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_ve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and checking images in user space (cli/image.c, image_show.c): what it
 * refuses beyond walk.h, files that are cut or that claim too much, and that the
 * same comes out of a file, a pipe and memory.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "image.h"
#include "sample.h"

static int read_image(struct image *img, struct image_in *in, bool checksums)
{
	return image_read_meta(img, in) || image_read_data(img, checksums);
}

/* Verify the sample as it is in memory; the sentence or NULL. */
static const char *verify(const struct sample *s)
{
	static char err[sizeof(((struct image *)0)->err)];
	uint8_t *copy = malloc(s->n);		/* exactly so much: for the sanitizers */
	struct image_in in;
	struct image img;
	int ret;

	memcpy(copy, s->p, s->n);
	image_in_memory(&in, copy, s->n);
	ret = read_image(&img, &in, true);
	memcpy(err, img.err, sizeof(err));
	image_free(&img);
	free(copy);
	return ret ? err : NULL;
}

static void test_good(void **state)
{
	struct image_in in;
	struct image img;
	struct sample s;

	(void)state;
	sample_image(&s);
	image_in_memory(&in, s.p, s.n);
	assert_int_equal(read_image(&img, &in, true), 0);
	assert_int_equal(img.have, IMAGE_DATA);
	assert_int_equal(img.file_len, s.n);
	assert_int_equal(img.nprocs, 5);
	assert_int_equal(img.procs[0].pid, 1);
	assert_int_equal(img.procs[0].threads, 2);
	assert_ptr_equal(img.procs[0].child, image_proc(&img, 10));
	assert_ptr_equal(image_proc(&img, 10)->child, image_proc(&img, 11));
	assert_ptr_equal(image_proc(&img, 10)->next, image_proc(&img, 12));
	assert_ptr_equal(image_proc(&img, 14)->parent, img.procs);	/* ppid 0 */
	assert_null(image_proc(&img, 2));				/* a thread */
	assert_null(image_proc(&img, 99));
	assert_int_equal(img.kind[CPT_K_TASK].records, 7);
	assert_int_equal(img.kind[CPT_K_TASK].meta, 7 * sizeof(struct cpt_task_rec));
	assert_int_equal(img.kind[CPT_K_MM].data, 4 * CPT_PAGE);
	assert_int_equal(img.kind[CPT_K_PIPE].data, 196 + 103);
	assert_int_equal(img.kind[CPT_K_BLOB].data, 50 + 9);
	assert_int_equal(img.sections, 15);
	assert_int_equal(img.runs, 17);
	assert_int_equal(img.holes, 1);
	image_free(&img);
	sample_free(&s);
}

/* Cut anywhere, with and without looking at the data: never good, never beyond the end. */
static void test_cut(void **state)
{
	size_t n, full;
	const char *err;
	struct sample s;

	(void)state;
	sample_image(&s);
	full = s.n;
	for (n = 0; n < full; n += n % 4096 < 600 ? 1 : 37) {
		s.n = n;
		err = verify(&s);
		if (!err)
			fail_msg("good, though cut at %zu of %zu", n, full);
		if (strncmp(err, "is cut short", 12))
			fail_msg("cut at %zu: %s", n, err);
	}
	s.n = full;
	s.p[s.n++] = 0;
	assert_string_equal(verify(&s), "at offset 131112: there is more after its end");
	sample_free(&s);
}

/* --- what only user space checks ------------------------------------------------------------- */

struct bad {
	const char *want;			/* found in the sentence; NULL: good */
	void (*change)(struct sample *s);
	unsigned int line;
};

static struct bad bads[100];
static unsigned int nbads;

#define CAT_(a, b)	a##b
#define CAT(a, b)	CAT_(a, b)
#define BAD_(id, want, ...)							\
static void CAT(change_, id)(struct sample *s) __VA_ARGS__			\
static void __attribute__((constructor)) CAT(add_, id)(void)			\
{										\
	bads[nbads++] = (struct bad){ want, CAT(change_, id), __LINE__ };	\
}
#define BAD(want, ...)	BAD_(__COUNTER__, want, __VA_ARGS__)

static struct cpt_task_rec *task(struct sample *s, uint64_t id)
{
	return sample_obj(s, id);
}

static struct cpt_proc_rec *proc(struct sample *s, uint64_t id)
{
	return sample_obj(s, task(s, id)->proc);
}

/* The sections of the sample, and the end, in their order. */
enum { D_OWN, D_OWN2, D_PIPE, D_FIFO, D_QUEUE, D_WQUEUE, D_MSGQ, D_MQ, D_MQ2, D_SHM, D_DELETED, D_SYSV, D_HUGE, D_INIT, D_CHILD, D_END };

static void *section(struct sample *s, int nth)
{
	size_t off = sizeof(struct cpt_header) + sample_hdr(s)->meta_len;
	struct cpt_data_rec *d;

	for (;; off = cpt_align_up(cpt_align_up(off + d->rec.len, CPT_DATA_ALIGN) + d->bytes, CPT_ALIGN)) {
		d = (void *)(s->p + off);
		if (nth-- == 0)
			return d;
	}
}

static struct cpt_run *runs(struct sample *s, int nth)
{
	return (void *)((struct cpt_data_rec *)section(s, nth) + 1);
}

static struct cpt_data_rec *sect(struct sample *s, int nth)
{
	return section(s, nth);
}

static struct cpt_end_rec *end(struct sample *s)
{
	return section(s, D_END);
}

BAD(NULL, { (void)s; })

/* processes */
BAD("pid 10 occurs twice", { task(s, s->zombie)->pid = proc(s, s->zombie)->pid = 10; })
BAD("pid 10 is of a process and of a thread", { task(s, s->thread)->pid = 10; })
BAD("two threads with pid 2", { task(s, s->last)->pid = 2; })
BAD("process 10 has a group or session with the pid of a thread", { proc(s, s->child)->pgid = 13; })
BAD("process 10 has a group or session with the pid of a thread", { proc(s, s->child)->sid = 2, proc(s, s->child)->tty = 0; })
BAD("process 14 has no parent", { task(s, s->vfork)->ppid = 77; })
BAD("process 14 has no parent", { task(s, s->vfork)->ppid = 2; })	/* a thread */
BAD("process 14 has no parent", { task(s, s->vfork)->ppid = 11; })	/* a zombie */
BAD("their own ancestors", { task(s, s->child)->ppid = 12, task(s, s->dead)->ppid = 10; })
BAD("their own ancestors", { task(s, s->child)->ppid = 10; })
BAD("process 14 has no task", {
	struct cpt_task_rec *t = task(s, s->vfork);

	t->pid = 15;
	t->proc = task(s, s->init)->proc;
	t->sighand = s->sighand[0];
})
BAD("process 12 has no task", {			/* a dead leader without threads */
	struct cpt_task_rec *t = task(s, s->last);

	t->proc = task(s, s->init)->proc;
	t->creator = s->init;
	t->mm = s->mm[0];
	t->files = s->files[0];
	t->fs = s->fs[0];
	t->sighand = s->sighand[0];
})

static struct cpt_vma_rec *vma(struct sample *s, unsigned int nth)
{
	return sample_nth(s, CPT_K_VMA, nth);
}

#define NOT_INHERITED	"area that its memory's parent has not"

/* memory */
BAD(NOT_INHERITED, { vma(s, 8)->end += CPT_PAGE; })
BAD(NOT_INHERITED, { vma(s, 8)->start -= CPT_PAGE; })
BAD(NOT_INHERITED, { vma(s, 8)->type = CPT_VMA_ANON, vma(s, 8)->file = 0; })
BAD(NOT_INHERITED, { vma(s, 8)->file = s->tty; })
BAD(NOT_INHERITED, { vma(s, 0)->flags |= CPT_VMA_DONTFORK; })

/* data */
BAD("data of a memory that no task has", {
	struct cpt_data_rec *d = section(s, D_CHILD);

	d->nruns = 1;
	d->rec.len -= sizeof(struct cpt_run);
	runs(s, D_CHILD)[0] = runs(s, D_CHILD)[1];
	memset(&runs(s, D_CHILD)[1], 0, sizeof(struct cpt_run));
	d->rec.id = s->mm[2];
	task(s, s->dead)->mm = task(s, s->last)->mm = s->mm[0];
})
BAD("data of a memory before that of an earlier task", {
	struct cpt_data_rec *a = section(s, D_INIT), *b = section(s, D_SHM);

	a->rec.id = s->mm[0];
	b->rec.id = s->mm[1];
	runs(s, D_SHM)[0].off = SAMPLE_HEAP;
})
BAD("data of an object that has none", { sect(s, D_SHM)->rec.id = s->exe; })
BAD("contents of mounts behind other data", { sect(s, D_SHM)->rec.id = 0; })
BAD("contents of mounts out of order", { runs(s, D_OWN)[0].off = 1; })
BAD("contents of mounts out of order", { runs(s, D_OWN2)[0].off = 49; })
BAD("contents of mounts in more than one run", { sect(s, D_FIFO)->rec.id = 0; })
BAD("hole in what is not inherited", { runs(s, D_OWN)[0].flags = CPT_RUN_HOLE, sect(s, D_OWN)->bytes = 0; })
BAD("data of an object that has none", { sect(s, D_SHM)->rec.id = ~0ULL; })
BAD("run of data outside its object", { runs(s, D_SHM)[0].off = 3 * CPT_PAGE; })
BAD("run of data outside its object", { runs(s, D_HUGE)[0].off = 14 << 20; })	/* not behind its size */
BAD("run of data that is not whole pages", { runs(s, D_HUGE)[0].off--; })
BAD("run of data", { runs(s, D_INIT)[1].off = SAMPLE_TEXT; })
BAD("length of a data section", { sect(s, D_INIT)->nruns = CPT_RUNS_MAX + 1; })
BAD("length of a data section", { sect(s, D_INIT)->nruns = ~0u; })
BAD("kind of a data section", { sect(s, D_INIT)->rec.kind = CPT_K_BLOB; })
BAD("contents of a pipe or socket out of order", {
	runs(s, D_PIPE)[0] = (struct cpt_run){ 1, 195, 0 };
	sect(s, D_PIPE)->bytes = 195;
})
BAD("contents of a pipe or socket out of order", {
	runs(s, D_FIFO)[1] = (struct cpt_run){ 97, 6, 0 };
	sect(s, D_FIFO)->bytes = 102;
})
BAD("contents of a pipe or socket out of order", { sect(s, D_FIFO)->rec.id = s->pipe; })	/* twice */
BAD("run of data outside its object", { runs(s, D_QUEUE)[0].len = sect(s, D_QUEUE)->bytes = 9; })
BAD("contents of a pipe or socket out of order", { sect(s, D_WQUEUE)->rec.id = s->queue; })
BAD("contents of a pipe or socket are missing", {
	struct cpt_data_rec *d = section(s, D_PIPE);

	d->bytes = runs(s, D_PIPE)[0].len = 195;
	s->p[cpt_align_up((uint8_t *)d - s->p + d->rec.len, CPT_DATA_ALIGN) + 195] = 0;
})
BAD("padding that is not zero", { ((char *)section(s, D_PIPE))[100] = 1; })
BAD("padding that is not zero", {		/* between the bytes and the next section */
	struct cpt_rec *next = section(s, D_FIFO);

	((uint8_t *)next)[-1] = 1;
})

/* the end */
BAD("data is missing", { end(s)->sections--; })
BAD("data is missing", { end(s)->bytes++; })
BAD("data is missing", { end(s)->file_len--; })
BAD("end record", { end(s)->rec.id = 1; })
BAD("end record", { end(s)->rec.len += 8; })

static void test_cross(void **state)
{
	unsigned int i, wrong = 0;
	const char *err, *want;
	struct sample s;

	(void)state;
	for (i = 0; i < nbads; i++) {
		sample_image(&s);
		bads[i].change(&s);
		fix_image(s.p, s.n);
		err = verify(&s);
		want = bads[i].want;
		if (!err != !want || (err && !strstr(err, want))) {
			print_error("line %u: %s, not %s\n", bads[i].line, err ? err : "good",
				    want ? want : "good");
			wrong++;
		}
		sample_free(&s);
	}
	assert_int_equal(wrong, 0);
}

/* Every single bit of an image matters, but for the zeros that nobody reads twice. */
static void test_flip(void **state)
{
	struct sample s;
	size_t i;

	(void)state;
	sample_image(&s);
	srandom(2);
	for (i = 0; i < s.n; i += i < 2048 ? 1 : 61) {
		uint8_t bit = 1 << random() % 8;

		s.p[i] ^= bit;
		if (!verify(&s))
			fail_msg("good, though bit %#x of byte %zu is wrong", bit, i);
		s.p[i] ^= bit;
	}
	assert_null(verify(&s));
	sample_free(&s);
}

static void test_checksum_of_data(void **state)
{
	struct sample s;
	struct image_in in;
	struct image img;
	uint8_t *p;

	(void)state;
	sample_image(&s);
	p = section(&s, D_CHILD);
	p[-9] ^= 1;			/* in the last page before it */
	assert_non_null(strstr(verify(&s), "data is damaged (checksum)"));
	image_in_memory(&in, s.p, s.n);
	assert_int_equal(read_image(&img, &in, false), 0);	/* info does not read it */
	image_free(&img);
	sample_free(&s);
}

/* --- where it comes from ------------------------------------------------------------------------ */

static int memfile(const void *p, size_t n)
{
	int fd = memfd_create("image", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Read by its /proc name: what image_in_open() makes of a file. */
static int open_fd(struct image_in *in, int fd)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return image_in_open(in, path);
}

static void from_fd(int fd, bool checksums, const char *want)
{
	struct image_in in;
	struct image img;
	int ret;

	assert_int_equal(open_fd(&in, fd), 0);
	ret = read_image(&img, &in, checksums);
	if (want) {
		assert_int_equal(ret, 1);
		if (!strstr(img.err, want))
			fail_msg("%s, not %s", img.err, want);
	} else if (ret) {
		fail_msg("%s", img.err);
	}
	image_free(&img);
	image_in_close(&in);
	close(fd);
}

/* A pipe that a child writes these bytes to, @times over. */
static int pipe_of(const uint8_t *p, size_t n, int times)
{
	int ends[2];

	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(pipe(ends), 0);
	if (fork() == 0) {
		close(ends[0]);
		while (times--) {
			size_t done, k;

			for (done = 0; done < n; done += k) {	/* in odd pieces */
				k = n - done < 777 ? n - done : 777;
				if (write(ends[1], p + done, k) != (ssize_t)k)
					_exit(1);
			}
		}
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void test_files(void **state)
{
	struct sample s;

	(void)state;
	sample_image(&s);
	from_fd(memfile(s.p, s.n), true, NULL);
	from_fd(memfile(s.p, s.n), false, NULL);
	from_fd(memfile(s.p, s.n - 1), true, "is cut short: it ends at offset 131111, in its end record");
	from_fd(memfile(s.p, s.n - 1), false, "is cut short: it ends at offset 131111, in its end record");
	from_fd(memfile(s.p, s.n - 5000), false, "is cut short");
	from_fd(memfile(s.p, 5000), true, "is cut short: it ends at offset 5000, in its metadata");
	from_fd(memfile(s.p, 5), true, "is cut short: it ends at offset 5, in its header");
	from_fd(memfile(s.p, 0), true, "is cut short: it ends at offset 0, in its header");
	from_fd(memfile("#!/bin/sh\n", 10), true, "it is not a cpt image");
	sample_free(&s);
}

static void test_pipes(void **state)
{
	struct sample s;

	(void)state;
	sample_image(&s);
	from_fd(pipe_of(s.p, s.n, 1), true, NULL);
	from_fd(pipe_of(s.p, s.n, 1), false, NULL);
	from_fd(pipe_of(s.p, s.n, 2), true, "there is more after its end");
	from_fd(pipe_of(s.p, s.n - 1, 1), true, "is cut short");
	from_fd(pipe_of(s.p, 5000, 1), true, "is cut short: it ends at offset 5000, in its metadata");
	while (wait(NULL) > 0)
		;
	sample_free(&s);
}

static void test_no_file(void **state)
{
	struct image_in in;

	(void)state;
	assert_int_equal(image_in_open(&in, "/nonexistent"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(image_in_open(&in, "/tmp"), 0);	/* a directory: reading fails */
	image_in_close(&in);
}

/*
 * 256 MiB of metadata with 16 million objects that are not there cost nothing, out
 * of a file or a pipe, in 64 MiB of address space more than there was.
 */
static void test_claims(void **state)
{
	struct rlimit lim = { 0, 0 };
	struct sample s;
	int status;
	FILE *f;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	if (fork() == 0) {
		unsigned long pages = 0;

		sample_image(&s);
		sample_hdr(&s)->meta_len = CPT_META_MAX;
		sample_hdr(&s)->objects = CPT_OBJECTS_MAX;
		sample_hdr(&s)->tasks = CPT_OBJECTS_MAX;
		fix_image(s.p, s.n);
		f = fopen("/proc/self/statm", "r");
		if (!f || fscanf(f, "%lu", &pages) != 1)
			_exit(2);
		fclose(f);
		lim.rlim_cur = lim.rlim_max = pages * CPT_PAGE + (64 << 20);
		if (setrlimit(RLIMIT_AS, &lim))
			_exit(3);
		from_fd(memfile(s.p, s.n), true, "is cut short: it ends at offset 131112, in its metadata");
		from_fd(pipe_of(s.p, s.n, 1), true, "is cut short: it ends at offset 131112, in its metadata");
		_exit(0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
}

/* --- what is shown ------------------------------------------------------------------------------- */

static char *shown(struct sample *s, void (*show)(const struct image *, FILE *))
{
	struct image_in in;
	struct image img;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	image_in_memory(&in, s->p, s->n);
	read_image(&img, &in, false);
	show(&img, f);
	fclose(f);
	image_free(&img);
	return text;
}

static void test_show(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_image(&s);
	strcpy(task(&s, s.zombie)->comm, "\033[2J\"\\\n\xc3\xa9");
	fix_image(s.p, s.n);
	text = shown(&s, image_show);
	assert_non_null(strstr(text, "\\x1b[2J\"\\\\\\x0a\\xc3\\xa9\n"));
	assert_non_null(strstr(text, "generation: 7"));
	free(text);
	text = shown(&s, image_show_json);
	assert_non_null(strstr(text, "\"name\":\"\\\\x1b[2J\\\"\\\\\\\\\\\\x0a\\\\xc3\\\\xa9\""));
	assert_non_null(strstr(text, "\"complete\":true"));
	free(text);
	sample_free(&s);
}

/* What is good of a damaged image is shown; nothing that was not checked is. */
static void test_show_damaged(void **state)
{
	struct sample s;
	size_t full;
	char *text;

	(void)state;
	sample_image(&s);
	full = s.n;
	s.n = sizeof(struct cpt_header) + sample_hdr(&s)->meta_len + 1000;	/* in the data */
	text = shown(&s, image_show);
	assert_non_null(strstr(text, "sample"));
	assert_null(strstr(text, "image of"));
	free(text);
	s.n = 10000;				/* in the metadata */
	text = shown(&s, image_show);
	assert_non_null(strstr(text, "6.1.0-41"));
	assert_null(strstr(text, "sample"));
	free(text);
	text = shown(&s, image_show_json);
	assert_non_null(strstr(text, "\"complete\":false,\"error\":\"is cut short"));
	free(text);
	s.n = 100;				/* in the header */
	text = shown(&s, image_show);
	assert_string_equal(text, "");
	free(text);
	s.n = full;
	sample_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cross),
		cmocka_unit_test(test_flip),
		cmocka_unit_test(test_checksum_of_data),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_show_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

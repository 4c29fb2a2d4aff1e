// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk.h: every check has a sample image with just that one thing wrong, and the
 * sentence that must come out. A check that is taken away lets its case fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample.h"

static const char *header_check(struct sample *s)
{
	struct cpt_header *h = sample_hdr(s);

	return cpt_header_check(h, crc32c(0, h, offsetof(struct cpt_header, crc)));
}

static const char *meta_check(struct sample *s, uint64_t *err_off)
{
	size_t n = sample_hdr(s)->objects + 1, len = sample_hdr(s)->meta_len;
	struct cpt_walk w = { .hdr = sample_hdr(s) };
	uint8_t *meta = malloc(len);	/* exactly so much: for the sanitizers, valgrind */
	int ret;

	memcpy(meta, s->p + sizeof(struct cpt_header), len);
	w.meta = meta;
	w.obj = calloc(n, sizeof(*w.obj));
	w.mark = calloc(n, 1);
	assert_non_null(w.obj);
	assert_non_null(w.mark);
	ret = cpt_meta_check(&w);
	assert_int_equal(ret, w.err ? -EINVAL : 0);
	*err_off = w.err_off;
	free(meta);
	free(w.obj);
	free(w.mark);
	return w.err;
}

/* --- the header -------------------------------------------------------------------------------- */

#define HEADER(name, want, change)						\
static void header_##name(void **state)						\
{										\
	struct sample s;							\
	struct cpt_header *h;							\
	const char *err;							\
										\
	(void)state;								\
	sample_meta(&s);							\
	sample_meta_end(&s);							\
	h = sample_hdr(&s);							\
	change;									\
	h->crc = crc32c(0, h, offsetof(struct cpt_header, crc));		\
	err = header_check(&s);							\
	if (want)								\
		assert_string_equal(err ? err : "good", want ? want : "");	\
	else									\
		assert_null(err);						\
	sample_free(&s);							\
}

#define GOOD	(const char *)NULL

HEADER(good, GOOD, )
HEADER(magic, "it is not a cpt image", h->magic ^= 1ULL << 63)
HEADER(newer, "its format is newer than this program", h->version++)
HEADER(version0, "its header is damaged", h->version = 0)
HEADER(len, "its header is damaged", h->len += 8)
HEADER(i386, GOOD, h->arch = CPT_ARCH_I386)
HEADER(arch, "it is of an unknown architecture", h->arch = 40)
HEADER(page_size, "its header is damaged", h->page_size = 16384)
HEADER(pad, "its header is damaged", h->pad = 1)
HEADER(meta_none, "its metadata has an impossible length", h->meta_len = 0)
HEADER(meta_max, "its metadata has an impossible length", h->meta_len = CPT_META_MAX + 8)
HEADER(meta_align, "its metadata has an impossible length", h->meta_len -= 4)
HEADER(objects_max, "its number of objects is impossible",
       (h->meta_len = CPT_META_MAX, h->objects = CPT_OBJECTS_MAX + 1))
HEADER(objects, "its number of objects is impossible", h->objects = h->meta_len / 16 + 1)
HEADER(tasks_none, "its number of tasks is impossible", h->tasks = 0)
HEADER(tasks, "its number of tasks is impossible", h->tasks = h->objects + 1)
HEADER(real_ns, "its clocks are impossible", h->real_ns = 1ULL << 62)
HEADER(mono_ns, "its clocks are impossible", h->mono_ns = 1ULL << 63)
HEADER(boot_ns, "its clocks are impossible", h->boot_ns = ~0ULL)
HEADER(release, "its header is damaged", h->release[63] = 'x')

static void header_crc(void **state)
{
	struct sample s;
	size_t i;

	(void)state;
	sample_meta(&s);
	sample_meta_end(&s);
	for (i = 16; i < offsetof(struct cpt_header, crc); i++) {
		s.p[i] ^= 1;
		assert_string_equal(header_check(&s), "its header is damaged (checksum)");
		s.p[i] ^= 1;
	}
	assert_null(header_check(&s));
	sample_free(&s);
}

/* --- the metadata ------------------------------------------------------------------------------ */

struct bad {
	const char *name;
	const char *want;		/* NULL: good */
	void (*change)(struct sample *s);
	unsigned int line;
};

static struct bad bads[1000];
static unsigned int nbads;

/*
 * META(sentence, record, { statements }): r is the record. Each is a case of its own;
 * the constructors gather them in the order of the file.
 */
#define CAT_(a, b)	a##b
#define CAT(a, b)	CAT_(a, b)
#define META_(id, want, type, where, ...)					\
static void CAT(change_, id)(struct sample *s)					\
{										\
	struct type *r = where;							\
	(void)r;								\
	__VA_ARGS__								\
}										\
static void __attribute__((constructor)) CAT(add_, id)(void)			\
{										\
	if (nbads == sizeof(bads) / sizeof(*bads))					\
		abort();							\
	bads[nbads++] = (struct bad){ #__VA_ARGS__, want, CAT(change_, id), __LINE__ };	\
}
#define META(want, kind, where, ...)	\
	META_(CAT(kind##_, __COUNTER__), want, cpt_##kind##_rec, where, __VA_ARGS__)

#define NTH(kind, n)	sample_nth(s, CPT_K_##kind, n)
#define MSG(r)		((struct cpt_unix_msg *)((r) + 1))	/* the messages of a UNIXQ */
#define OBJ(name)	sample_obj(s, s->name)
#define BIG		0x100000000ULL	/* an id far beyond all */
#define HUGE_ID		0xfffffffffffffff8ULL

/* The sample as an i386 could have it, but for the registers of its tasks. */
static void to_i386(struct sample *s)
{
	struct cpt_rec *rec = sample_nth(s, CPT_K_BLOB, 0);
	size_t end = sizeof(struct cpt_header) + sample_hdr(s)->meta_len;
	__u64 *a;

	sample_hdr(s)->arch = CPT_ARCH_I386;
	for (; (uint8_t *)rec < s->p + end; rec = (void *)((uint8_t *)rec + rec->len)) {
		struct cpt_mm_rec *mm = (void *)rec;
		struct cpt_vma_rec *vma = (void *)rec;

		if (rec->kind == CPT_K_MM) {
			for (a = &mm->start_code; a <= &mm->vdso; a++)
				*a &= 0xffffffff;
			mm->pkeys = 0;
		}
		if (rec->kind == CPT_K_VMA) {
			vma->start &= 0xffffffff;
			vma->end &= 0xffffffff;
		}
		if (rec->kind == CPT_K_AIO)
			((struct cpt_aio_rec *)rec)->start &= 0xffffffff;
	}
}

/* Nothing wrong. */
META(NULL, blob, NTH(BLOB, 0), )

/* Every record */
META("length of a record", blob, NTH(BLOB, 0), { r->rec.len = 8; })
META("length of a record", blob, NTH(BLOB, 0), { r->rec.len = 0; })
META("length of a record", blob, NTH(BLOB, 0), { r->rec.len += 4; })
META("length of a record", blob, NTH(BLOB, 0), { r->rec.len = 0xfffffff8; })
META("length of a record", blob, NTH(BLOB, 0), { r->rec.len = sizeof(r->rec); })	/* too short for its kind */
META("length of a record", uts, NTH(UTS, 0), { r->rec.len += 8; })		/* kinds of one length */
META("length of a record", semundo, OBJ(undo), {			/* over the end of all */
	r->rec.len += 16;
})
META("length of a record", blob, NTH(BLOB, 0), {			/* no room for a record */
	sample_hdr(s)->meta_len = 8;
})
META("kind of a record", blob, NTH(BLOB, 0), { r->rec.kind = 0; })
META("kind of a record", blob, NTH(BLOB, 0), { r->rec.kind = CPT_K_MAX; })
META("kind of a record", blob, NTH(BLOB, 0), { r->rec.kind = CPT_K_DATA; })
META("kind of a record", blob, NTH(BLOB, 0), { r->rec.kind = CPT_K_MAX; })
META("kind of a record", blob, NTH(BLOB, 0), { r->rec.kind = 0xffff; })
META("a record newer than this program", blob, NTH(BLOB, 0), { r->rec.version = 1; })
META("id of an object", cred, OBJ(cred), { r->rec.id = 0; })
META("id of an object", cred, OBJ(cred), { r->rec.id = 2; })
META("id of an object", cred, OBJ(cred), { r->rec.id = HUGE_ID; })
META("id of an object", cred, OBJ(cred), { sample_hdr(s)->objects = s->objects - 1; })
META("id of a record that is no object", blob, NTH(BLOB, 0), { r->rec.id = 1; })
META("records are missing", blob, NTH(BLOB, 0), { sample_hdr(s)->objects++; })
META("records are missing", blob, NTH(BLOB, 0), { sample_hdr(s)->tasks++; })
META("more tasks than the header says", blob, NTH(BLOB, 0), { sample_hdr(s)->tasks--; })

/* BLOB */
META("length of a blob", blob, NTH(BLOB, 0), { r->size += 8; })
META("length of a blob", blob, NTH(BLOB, 0), { r->size -= 8; })
META("length of a blob", blob, NTH(BLOB, 0), { ((char *)(r + 1))[r->size] = 1; })	/* padding */
META("blob too large", blob, NTH(BLOB, 0), { r->size = CPT_BLOB_MAX + 1; })
META("blob too large", blob, NTH(BLOB, 0), { r->pad = 1; })

/* UTS */
META("unterminated host name", uts, NTH(UTS, 0), { r->nodename[64] = 'x'; })
META("unterminated host name", uts, NTH(UTS, 0), { r->domainname[64] = 'x'; })
META("padding of a host name", uts, NTH(UTS, 0), { r->pad[0] = 'x'; })
META("padding of a host name", uts, NTH(UTS, 0), { r->pad[5] = 'x'; })

/* CRED */
META("too many groups", cred, OBJ(cred), { r->ngroups = 65537; })
META("length of credentials", cred, OBJ(cred), { r->ngroups += 2; })
META("length of credentials", cred, OBJ(cred), { r->ngroups = 1; })
META("groups are not sorted", cred, OBJ(cred), { ((uint32_t *)(r + 1))[2] = 26; })

/* REG, and what every open file has */
META("description of an open file", reg, OBJ(exe), { r->file.cred = 0; })
META("description of an open file", reg, OBJ(tty), { r->file.cred = s->exe; })
META("description of an open file", reg, OBJ(exe), { r->file.cred = s->shm; })	/* a later one */
META("description of an open file", reg, OBJ(exe), { r->file.cred = HUGE_ID; })
META("description of an open file", reg, OBJ(exe), { r->file.pad = 1; })
META("description of an open file", reg, OBJ(exe), { r->file.pos = 1ULL << 63; })
META("length of a path", reg, OBJ(exe), { r->path_len += 8; })
META("length of a path", reg, OBJ(exe), { r->path_len -= 8; })
META("length of a path", reg, OBJ(exe), { r->path_len = 0xffffffff; })
META("length of a path", reg, OBJ(exe), { ((char *)(r + 1))[r->path_len] = 'x'; })
META("path of a file", reg, OBJ(exe), { *(char *)(r + 1) = 'x'; })
META("mount of a file", reg, OBJ(exe), { r->mount = 0; })
META("type of a file", reg, OBJ(exe), { r->mode = 0060755; })	/* a block device */
META("type of a file", reg, OBJ(exe), { r->mode = 0140755; })	/* a socket */
META("type of a file", reg, OBJ(exe), { r->mode = 0755; })
META(NULL, reg, OBJ(exe), { r->mode = 0140755, r->file.flags = CPT_O_PATH; })
META("type of a file", reg, OBJ(exe), {
	r->mode = 0140755;
	r->file.flags = CPT_O_PATH;
	r->pipe = s->pipe;
})
META("contents of a pipe in a file", reg, OBJ(exe), { r->pipe = s->pipe; })
META("contents of a fifo", reg, OBJ(fifo), { r->pipe = 0; })
META(NULL, reg, OBJ(fifo), { r->pipe = 0, r->file.flags = CPT_O_PATH; })
META("contents of a fifo", reg, OBJ(fifo), { r->pipe = s->tty, r->file.flags = CPT_O_PATH; })
META("contents of a fifo", reg, OBJ(fifo), { r->pipe = s->tty; })
META("contents of a fifo", reg, OBJ(fifo), { r->pipe = s->fifo; })	/* itself */

META("end of a fifo", reg, OBJ(fifo), { r->alone = 2; })
META("end of a fifo", reg, OBJ(fifo), { r->alone = 1, r->file.flags = 1; })
META("end of a fifo", reg, OBJ(fifo), { r->pad = 1; })
META("end of a fifo", reg, OBJ(exe), { r->alone = 1; })
META(NULL, reg, OBJ(fifo), { r->alone = 1; })
META("contents of a deleted file", reg, OBJ(deleted), { r->deleted = s->exe; })
META("contents of a deleted file", reg, OBJ(deleted), { r->deleted = HUGE_ID; })
META("contents of a deleted file", reg, OBJ(tty), { r->deleted = s->pipe; })
META("contents of a deleted file", reg, OBJ(deleted), { r->mode = 0040755; })

META("place in a directory", reg, OBJ(exe), { r->place = CPT_DIR_END; })
META("place in a directory", reg, OBJ(dir), { r->place = 3; })
META("place in a directory", reg, OBJ(dir), { r->next_len = 0; })
META("place in a directory", reg, OBJ(dir), { r->next_len = 256; })
META("place in a directory", reg, OBJ(dir), { r->place = CPT_DIR_END; })
META("place in a directory", reg, OBJ(dir), { r->place = CPT_DIR_POS; })
META("length of a path", reg, OBJ(dir), { r->next_len += 8; })

META("deleted directory or fifo", reg, OBJ(rmdir), { r->gone = s->rmfifo; })
META("deleted directory or fifo", reg, OBJ(rmdir), { r->gone = s->contents; })
META("deleted directory or fifo", reg, OBJ(rmdir), { r->gone = HUGE_ID; })
META("deleted directory or fifo", reg, OBJ(rmdir), { r->path_len = 1, memset((char *)r + sizeof(*r), 0, 8), *(char *)(r + 1) = '/'; })
META("deleted directory or fifo", reg, OBJ(rmdir), { r->place = CPT_DIR_END; })
META("deleted directory or fifo", reg, OBJ(rmplace), { r->gone = s->rmfifo; })
META("deleted directory or fifo", reg, OBJ(rmplace), { r->deleted = 0; })
META("deleted directory or fifo", reg, OBJ(goneof), { r->gone = s->rmdirs[0]; })
META("contents of a deleted file", reg, OBJ(rmdir), { r->deleted = s->contents; })

/* VIEW, NSFD */
META("description of a file of the kernel", view, OBJ(view[0]), { r->file.cred = 0; })
META("description of a file of the kernel", view, OBJ(view[0]), { r->file.pos = 1ULL << 63; })
META("path of a file of the kernel", view, OBJ(view[0]), { r->path_len += 8; })
META("path of a file of the kernel", view, OBJ(view[0]), { r->path_len = 4096; })
META("path of a file of the kernel", view, OBJ(view[0]), { *(char *)(r + 1) = 'x'; })
META("place of a file of the kernel", view, OBJ(view[0]), { r->mount = 0; })
META("place of a file of the kernel", view, OBJ(view[1]), { r->gone = CPT_PID_MAX + 1; })
META("type of a file of the kernel", view, OBJ(view[0]), { r->mode = 0120777; })	/* a link */
META(NULL, view, OBJ(view[0]), { r->mode = 0120777, r->file.flags = CPT_O_PATH; })
META("description of a namespace", nsfd, OBJ(nsfd), { r->file.flags = 2; })
META("description of a namespace", nsfd, OBJ(nsfd), { r->file.cred = s->exe; })
META("description of a namespace", nsfd, OBJ(nsfd), { r->pad = 1; })
META("type of a namespace", nsfd, OBJ(nsfd), { r->type = 0; })
META("type of a namespace", nsfd, OBJ(nsfd), { r->type = 0x40020000; })
META(NULL, nsfd, OBJ(nsfd), { r->type = 0x80; })

/* GONE */
META("properties of a deleted directory", gone, OBJ(rmdirs[0]), { r->mount = 0; })
META("properties of a deleted directory", gone, OBJ(rmdirs[0]), { r->pad = 1; })
META("properties of a deleted directory", gone, OBJ(rmdirs[0]), { r->mode = 0100755; })
META("properties of a deleted directory", gone, OBJ(rmdirs[0]), { r->mode = 01040755; })
META("path of a deleted directory", gone, OBJ(rmdirs[0]), { r->path_len = 1; })
META("path of a deleted directory", gone, OBJ(rmdirs[0]), { r->path_len = 4096; })
META("path of a deleted directory", gone, OBJ(rmdirs[0]), { r->path_len += 8; })
META("path of a deleted directory", gone, OBJ(rmdirs[0]), { *(char *)(r + 1) = 'x'; })
META("parent of a deleted directory", gone, OBJ(rmdirs[1]), { r->parent = s->rmdirs[1]; })
META("parent of a deleted directory", gone, OBJ(rmdirs[1]), { r->parent = s->rmfifo; })
META("parent of a deleted directory", gone, OBJ(rmdirs[1]), { r->parent = s->exe; })
META("parent of a deleted directory", gone, OBJ(rmfifo), { ((struct cpt_gone_rec *)OBJ(rmdirs[1]))->mode = 0010600; })

/* UNIX, and the options of all sockets */
META("options of a socket", unix, OBJ(mail), { r->opts.flags = CPT_SO_FLAGS + 1; })
META("options of a socket", unix, OBJ(mail), { r->opts.sndbuf = 0x80000000; })
META("options of a socket", unix, OBJ(mail), { r->opts.rcvbuf = 0x80000000; })
META("options of a socket", unix, OBJ(mail), { r->opts.rcvlowat = 0x80000000; })
META("options of a socket", unix, OBJ(mail), { r->opts.rcvtimeo = 1ULL << 62; })
META("options of a socket", unix, OBJ(mail), { r->opts.sndtimeo = CPT_SO_FOREVER - 1; })
META("options of a socket", unix, OBJ(mail), { r->opts.linger = 1ULL << 62; })
META("options of a socket", unix, OBJ(mail), { r->opts.pad = 1; })
/* SOCKFILTER */
META("filter of a socket", sockfilter, NTH(SOCKFILTER, 0), { r->count = 0; })
META("filter of a socket", sockfilter, NTH(SOCKFILTER, 0), { r->count = 2; })
META("filter of a socket", sockfilter, NTH(SOCKFILTER, 0), { r->count = CPT_FILTER_MAX + 1; })
META("filter of a socket", sockfilter, NTH(SOCKFILTER, 0), { r->locked = 2; })
META("socket of a filter", unix, OBJ(mail), { r->flags = CPT_UNIX_CLOSED; })
META("socket of a filter", lock, NTH(LOCK, 2), { r->rec.kind = CPT_K_SOCKFILTER; r->start = 3; })
META("peer of a socket", unix, OBJ(mail), { r->peer_cred = s->tty; })
META("peer of a socket", unix, OBJ(mail), { r->peer_pid = CPT_PID_MAX + 1; })
META(NULL, unix, OBJ(mail), { r->peer_cred = 0, r->peer_pid = 0; })
META("type of a socket", unix, OBJ(mail), { r->type = 3; })
META("state of a socket", unix, OBJ(mail), { r->state = 2; })
META("state of a socket", unix, OBJ(mail), { r->state = 10; })		/* datagrams are not accepted */
META("state of a socket", unix, OBJ(mail), { r->shutdown = 4; })
META("state of a socket", unix, OBJ(mail), { r->error = 4096; })
META("state of a socket", unix, OBJ(mail), { r->backlog = 0x80000000; })
META("state of a socket", unix, OBJ(gone), { r->state = 10; })
META("flags of a socket", unix, OBJ(mail), { r->flags = 8; })
META("flags of a socket", unix, OBJ(mail), { r->pad = 1; })
META("flags of a socket", unix, OBJ(mail), { r->flags = CPT_UNIX_EMBRYO; })
META("flags of a socket", unix, OBJ(gone), { r->flags |= CPT_UNIX_EMBRYO; })
META("flags of a socket", unix, OBJ(waiting), { r->flags |= CPT_UNIX_BOUND; })
META("length of a socket's name", unix, OBJ(mail), { r->name_len = CPT_UNIX_NAMELEN + 1; })
META("length of a socket's name", unix, OBJ(mail), { r->path_len += 8; })
META("length of a socket's name", unix, OBJ(mail), { r->path_len = ~0u; })
META("path of a socket", unix, OBJ(mail), { r->mount = 0; })
META("path of a socket", unix, OBJ(server), { r->mount = 1; })
META("path of a socket", unix, OBJ(mail), { ((char *)(r + 1))[r->name_len] = 'x'; })
META("name of a socket", unix, OBJ(mail), { *(char *)(r + 1) = 0; })	/* abstract, with a file */
META("name of a socket", unix, OBJ(server), { *(char *)(r + 1) = '/'; })	/* of a file, without one */
META("name of a socket", unix, OBJ(stream), {			/* a file without a name */
	r->path_len += r->name_len;
	r->name_len = 0;
	memcpy(r + 1, "/run/of/so/that/is/long", r->path_len);
})

/* SOCKET */
META("description of a socket", socket, OBJ(sock[0]), { r->file.cred = 0; })
META("description of a socket", socket, OBJ(sock[0]), { r->file.flags = 0; })
META("description of a socket", socket, OBJ(sock[0]), { r->file.flags |= CPT_O_PATH; })
META("description of a socket", socket, OBJ(sock[0]), { r->mode = 010000; })
META("description of a socket", socket, OBJ(sock[0]), { r->pad = 1; })
META("socket of a file", socket, OBJ(sock[0]), { r->sock = s->tty; })
META("socket of a file", socket, OBJ(sock[0]), { r->sock = s->waiting; })
META("socket of a file", socket, OBJ(sock[0]), { r->sock = s->gone; })
META("socket of a file", socket, OBJ(sock[1]), { r->sock = s->server; })	/* that has one */

/* UNIXQ */
META("owner of a queue", unixq, OBJ(queue), { r->owner = s->sock[0]; })
META("owner of a queue", unixq, OBJ(wqueue), { r->owner = s->stream; })	/* that has one */
META("peer of a socket", unixq, OBJ(queue), { r->peer = s->mail; })	/* of another type */
META("peer of a socket", unixq, OBJ(queue), { r->peer = s->server; })
META("peer of a socket", unixq, OBJ(queue), { r->peer = s->tty; })
META("peer of a socket", unixq, NTH(UNIXQ, 1), { r->peer = s->gone; })
META("connection that was not accepted", unixq, OBJ(queue), { r->listener = s->server; })
META("connection that was not accepted", unixq, OBJ(wqueue), { r->listener = s->stream; })
META("connection that was not accepted", unixq, OBJ(wqueue), { r->peer = 0; })
META("connection that was not accepted", unixq, OBJ(wqueue), { r->peer = s->waiting; })
META("length of a queue", unixq, OBJ(queue), { r->nmsgs = 1; })
META("length of a queue", unixq, OBJ(queue), { r->nmsgs = ~0u; })
META("length of a queue", unixq, OBJ(queue), { r->nfiles = ~0u; })
META("length of a queue", unixq, OBJ(queue), { r->bytes++; })
META("length of a queue", unixq, OBJ(queue), { MSG(r)[0].nfiles = 0; })
META("sender of a message", unixq, OBJ(queue), { MSG(r)[0].sender = s->client; })
META("sender of a message", unixq, OBJ(queue), { MSG(r)[0].sender = s->mail; })
META("sender of a message", unixq, OBJ(queue), { r->peer = 0; })
META("message in a socket", unixq, OBJ(queue), { MSG(r)[0].flags = 2; })
META("message in a socket", unixq, OBJ(queue), { MSG(r)[0].len = 0, r->bytes = 3; })
META("message in a socket", unixq, OBJ(queue), { MSG(r)[0].len = CPT_UNIX_MSG_MAX + 1, r->bytes = CPT_UNIX_MSG_MAX + 4; })
META("message in a socket", unixq, OBJ(queue), { MSG(r)[0].nfiles = CPT_UNIX_FILES + 1; })
META("message in a socket", unixq, OBJ(queue), { MSG(r)[0].pid = CPT_PID_MAX + 1; })
META("file in a message", unixq, OBJ(queue), { *(uint64_t *)(MSG(r) + 2) = s->cred; })
META("file in a message", unixq, OBJ(queue), { *(uint64_t *)(MSG(r) + 2) = 0; })

/* DELETED */
META("properties of a deleted file", deleted, OBJ(contents), { r->size = CPT_ADDR_MAX + 1; })
META("properties of a deleted file", deleted, OBJ(contents), { r->mount = 0; })
META("properties of a deleted file", deleted, OBJ(contents), { r->mode = 0100640; })
META("properties of a deleted file", deleted, OBJ(contents), { r->linkable = 2; })
META("properties of a deleted file", deleted, OBJ(contents), { r->ino = 1; })
META("another name of a deleted file", deleted, OBJ(contents), { r->path_len = 8; })
META("another name of a deleted file", deleted, OBJ(linked), { r->path_len = 4096; })
META("another name of a deleted file", deleted, OBJ(linked), { r->path_len--; })
META("another name of a deleted file", deleted, OBJ(linked), { *(char *)(r + 1) = 'x'; })
META("properties of a deleted file", deleted, OBJ(linked), { r->mode = 0600; })
META("properties of a deleted file", deleted, OBJ(linked), { r->uid = 1; })
META("properties of a deleted file", deleted, OBJ(linked), { r->gid = 1; })
META("properties of a deleted file", deleted, OBJ(linked), { r->atime = 1; })
META("properties of a deleted file", deleted, OBJ(linked), { r->mtime = 1; })
META("properties of a deleted file", deleted, OBJ(linked), { r->linkable = 1; })
META("properties of a deleted file", deleted, OBJ(linked), { r->mount = 0; })

/* PIPE */
META("size of a pipe", pipe, OBJ(pipe), { r->slots = 0; })
META("size of a pipe", pipe, OBJ(pipe), { r->slots = 12; })
META("size of a pipe", pipe, OBJ(pipe), { r->slots = CPT_PIPE_SLOTS_MAX * 2; })
META("number of buffers in a pipe", pipe, OBJ(pipe), { r->slots = 1; })
META("number of buffers in a pipe", pipe, OBJ(pipe), { r->nbufs = 3; })
META("buffer of a pipe", pipe, OBJ(pipe), { ((struct cpt_pipe_buf *)(r + 1))[1].len = 0; })
META("buffer of a pipe", pipe, OBJ(pipe), { ((struct cpt_pipe_buf *)(r + 1))[0].len = 4097; })
META("buffer of a pipe", pipe, OBJ(pipe), { ((struct cpt_pipe_buf *)(r + 1))[0].flags = 2; })
META("bytes in a pipe", pipe, OBJ(pipe), { r->bytes++; })

/* PIPEND */
META("description of a pipe's end", pipend, OBJ(pipend[0]), { r->file.pad = 1; })
META("pipe of an end", pipend, OBJ(pipend[0]), { r->pipe = 0; })
META("pipe of an end", pipend, OBJ(pipend[0]), { r->pipe = s->exe; })
META("pipe of an end", pipend, OBJ(pipend[0]), { r->pipe = s->fifopipe; })	/* a later one */

/* EVENTFD, SIGNALFD, TIMERFD */
META("description of an eventfd", eventfd, OBJ(eventfd), { r->file.cred = s->exe; })
META("description of an eventfd", eventfd, OBJ(eventfd), { r->file.pos = 1; })
META("description of an eventfd", eventfd, OBJ(eventfd), { r->file.flags = 0; })
META("description of an eventfd", eventfd, OBJ(eventfd), { r->file.flags |= CPT_O_PATH; })
META(NULL, eventfd, OBJ(eventfd), { r->file.flags |= CPT_O_ANON & ~CPT_O_ACCMODE; })
META(NULL, eventfd, OBJ(eventfd), { r->count = ~0ULL - 1; })
META("count of an eventfd", eventfd, OBJ(eventfd), { r->count = ~0ULL; })
META("count of an eventfd", eventfd, OBJ(eventfd), { r->semaphore = 2; })
META("count of an eventfd", eventfd, OBJ(eventfd), { r->pad = 1; })
META("description of a signalfd", signalfd, OBJ(signalfd), { r->file.pad = 1; })
META("description of a timerfd", timerfd, OBJ(timerfd), { r->file.flags = 1; })
META("clock of a timerfd", timerfd, OBJ(timerfd), { r->clock = 9; })	/* CLOCK_BOOTTIME_ALARM */
META("time of a timerfd", timerfd, OBJ(timerfd), { r->flags = 4; })
META("time of a timerfd", timerfd, OBJ(timerfd), { r->state = CPT_TIMERFD_STATES; })
META("time of a timerfd", timerfd, OBJ(timerfd), { r->canceled = 2; })
META("time of a timerfd", timerfd, OBJ(timerfd), { r->value = 1ULL << 62; })
META("time of a timerfd", timerfd, OBJ(timerfd), { r->interval = 1ULL << 62; })

/* EPOLL */
#define ITEM(n)	((struct cpt_epoll_item *)(r + 1))[n]
META("description of an epoll", epoll, OBJ(epoll[0]), { r->file.flags = 0; })
META("description of an epoll", epoll, OBJ(epoll[0]), { r->pad = 1; })
META("number of files in an epoll", epoll, OBJ(epoll[0]), { r->n++; })
META("number of files in an epoll", epoll, OBJ(epoll[0]), { r->n--; })
META("number of files in an epoll", epoll, OBJ(epoll[0]), { r->n = 0xffffffff; })
META("file in an epoll", epoll, OBJ(epoll[0]), { ITEM(0).file = 0; })
META("file in an epoll", epoll, OBJ(epoll[0]), { ITEM(0).file = s->pipe; })
META("file in an epoll", epoll, OBJ(epoll[0]), { ITEM(0).file = s->epoll[0]; })	/* itself */
META("file in an epoll", epoll, OBJ(epoll[0]), { ITEM(0).file = s->epoll[1]; })	/* a later one */
META("file in an epoll", epoll, OBJ(epoll[0]), { ITEM(1).file = HUGE_ID; })
META("file in an epoll", epoll, OBJ(epoll[0]), { ITEM(1).fd = CPT_FD_MAX; })
META("file in an epoll", epoll, OBJ(epoll[0]), { ITEM(1).pid = CPT_PID_MAX + 1; })
META("signals of what is no signalfd", epoll, OBJ(epoll[0]), { ITEM(0).pid = 10; })
META("file in an epoll", epoll, OBJ(epoll[0]), { ITEM(1).ready = 2; })
META(NULL, epoll, OBJ(epoll[0]), { ITEM(0).file = s->pipend[0]; })

/* PIDFD */
META("description of a pidfd", pidfd, OBJ(pidfd[0]), { r->file.flags = 0; })
META("process of a pidfd", pidfd, OBJ(pidfd[0]), { r->pid = CPT_PID_MAX + 1; })
META("process of a pidfd", pidfd, OBJ(pidfd[0]), { r->thread = 2; })
META("process of a pidfd", pidfd, OBJ(pidfd[2]), { r->pid = 1; })
META("process of a pidfd", pidfd, OBJ(pidfd[2]), { r->twin = s->pidfd[0]; })	/* which is alive */
META("process of a pidfd", pidfd, OBJ(pidfd[2]), { r->twin = s->pidfd[2]; })	/* itself */
META("process of a pidfd", pidfd, OBJ(pidfd[2]), { r->twin = s->eventfd; })
META("process of a pidfd", pidfd, OBJ(pidfd[2]), { r->twin = HUGE_ID; })
META("process of a pidfd", pidfd, OBJ(pidfd[2]), {			/* a twin's twin */
	((struct cpt_pidfd_rec *)OBJ(pidfd[1]))->twin = s->pidfd[0];
	((struct cpt_pidfd_rec *)OBJ(pidfd[0]))->pid = 0;
})
META(NULL, pidfd, OBJ(pidfd[1]), { r->pid = 0; })

/* INOTIFY */
#define WATCH(n)	((struct cpt_inotify_watch *)(r + 1))[n]
#define EVENT		((struct cpt_inotify_event *)&WATCH(2))
#define PATHS		((char *)EVENT + 40)
META("description of an inotify", inotify, OBJ(inotify), { r->file.flags = 2; })
META("description of an inotify", inotify, OBJ(inotify), { r->file.flags = CPT_O_PATH; })
META("description of an inotify", inotify, OBJ(inotify), { r->file.pos = 1; })
META("description of an inotify", inotify, OBJ(inotify), { r->pad = 1; })
META("description of an inotify", inotify, OBJ(inotify), { r->file.cred = s->exe; })
META("number of watches", inotify, OBJ(inotify), { r->next_wd = 0x80000001; })
META(NULL, inotify, OBJ(inotify), { r->next_wd = 0x80000000; })
META("number of watches", inotify, OBJ(inotify), { r->nwatches = 0xffffffff; })
META("number of watches", inotify, OBJ(inotify), { r->nwatches = 5; })
META("number of watches", inotify, OBJ(inotify), { r->events_len = 0xfffffff8; })
META("length of events", inotify, OBJ(inotify), { r->events_len = 36; })
META("length of events", inotify, OBJ(inotify), { r->events_len = 32; })
META("length of events", inotify, OBJ(inotify), { EVENT->name_len = 256; })
META("length of events", inotify, OBJ(inotify), { EVENT->name_len = 0xffffffff; })
META("length of events", inotify, OBJ(inotify), { EVENT->name_len = 200; })
META("name in an event", inotify, OBJ(inotify), { EVENT->name_len = 5; })
META("name in an event", inotify, OBJ(inotify), { EVENT->name_len = 3; })
META("event", inotify, OBJ(inotify), { EVENT->mask = 0x10000; })
META("event", inotify, OBJ(inotify), { EVENT->mask = 0x4000; })	/* an overflow has no name */
META(NULL, inotify, OBJ(inotify), { EVENT->mask = CPT_INOTIFY_EVENT_MASK & ~0x4000; })
META("watch", inotify, OBJ(inotify), { WATCH(0).wd = 0; })
META("watch", inotify, OBJ(inotify), { WATCH(1).wd = 0x80000000; })
META("watch", inotify, OBJ(inotify), { WATCH(1).mount = 0; })
META("watch", inotify, OBJ(inotify), { WATCH(1).mask = 0x2000; })
META("path of a watch", inotify, OBJ(inotify), { WATCH(0).path_len = 0; })
META("path of a watch", inotify, OBJ(inotify), { WATCH(1).path_len = 3000; })
META("path of a watch", inotify, OBJ(inotify), { WATCH(1).path_len = 0xffffffff; })
META("path of a watch", inotify, OBJ(inotify), { PATHS[2] = '/'; })
META("length of an inotify", inotify, OBJ(inotify), { PATHS[5] = 1; })

/* FANOTIFY */
META("description of a pipe's end", pipend, OBJ(pipend[0]), { r->file.flags |= CPT_O_NONOTIFY; })
META(NULL, reg, OBJ(tty), { r->file.flags |= CPT_O_NONOTIFY; })
#define MARK(n)		((struct cpt_fanotify_mark *)(r + 1))[n]
#define FAN(n)		((struct cpt_fanotify_event *)&MARK(2))[n]
#define BYTES		((char *)&FAN(4))
#define PATH_FAN	((struct cpt_fanotify_event *)(r + 1))
#define FANS(want, change) META(want, fanotify, OBJ(fanotify[0]), change)
FANS("description of a fanotify", { r->file.flags = 1; })
FANS("description of a fanotify", { r->file.flags |= CPT_O_NONOTIFY; })
FANS("description of a fanotify", { r->file.pos = 1; })
FANS("description of a fanotify", { r->flags |= 0x4000; })
FANS("description of a fanotify", { r->event_flags = 0100; })
FANS("number of marks", { r->nmarks = 0xffffffff; })
FANS("number of marks", { r->nevents = 0xffffffff; })
FANS("number of marks", { r->nmarks = 10; })
FANS("mark", { MARK(0).type = 3; })
FANS("mark", { MARK(1).flags |= 1; })
FANS("mark", { MARK(1).mount = 0; })
FANS("mark", { MARK(0).ino = 5; })
FANS("mask of a mark", { MARK(1).mask |= 0x2000; })
FANS("mask of a mark", { MARK(1).ignore |= 0x4000; })
FANS("mask of a mark", { MARK(1).flags &= ~CPT_FAN_MARK_IGNORE; })
FANS("mask of a mark", { MARK(0).type = CPT_FAN_FS; MARK(0).mask = CPT_FAN_PERM; })	/* ctl would wait for it */
FANS("mask of a mark", { MARK(0).type = CPT_FAN_FS; MARK(0).ignore = CPT_FAN_PERM; })
FANS(NULL, { MARK(0).type = CPT_FAN_FS; })
FANS(NULL, { MARK(1).mask |= CPT_FAN_PERM | CPT_FAN_ON | CPT_FAN_EVENTS; })
FANS("path of a mark", { MARK(1).path_len = 4096; })
FANS("path of a mark", { MARK(1).path_len = 4000; })
FANS("path of a mark", { MARK(1).path_len = 0; })
FANS("path of a mark", { BYTES[1] = 'r'; })
FANS("path of a mark", { MARK(0).type = CPT_FAN_INODE; MARK(1).type = CPT_FAN_FS; MARK(1).ino = 0; })
FANS("type of an event", { FAN(0).type = 3; })		/* that waits for an answer */
FANS("type of an event", { FAN(0).type = 6; })
FANS("second overflow", { FAN(2) = FAN(3); })
FANS("handle in an event", { FAN(0).handle[0].len = 132; })
FANS("handle in an event", { FAN(0).handle[0].len = 7; })
FANS("handle in an event", { FAN(0).handle[0].mount = 1; })
FANS("handle in an event", { FAN(0).handle[1].type = 1; })
FANS("handle in an event", { FAN(0).handle[0].path_len = 8; })
FANS("handle in an event", { FAN(1).handle[1].mount = 0; })
FANS("handle in an event", { FAN(1).handle[1].len = 4; })
FANS("handle in an event", { FAN(1).handle[1].type = 1; })
FANS("handle in an event", { FAN(1).handle[1].path_len = 60000; })
FANS("handle in an event", { BYTES[17] = 'd'; })
FANS("mask of an event", { FAN(0).mask = 0x40000000; })
FANS("mask of an event", { FAN(0).mask |= 0x2000; })
FANS("mask of an event", { FAN(0).mask |= CPT_FAN_Q_OVERFLOW; })
FANS("mask of an event", { FAN(0).mask |= 0x10000; })
FANS("mask of an event", { FAN(0).mask |= CPT_FAN_FS_ERROR; })
FANS("mask of an event", { FAN(0).mask |= CPT_FAN_RENAME; })
FANS("mask of an event", { FAN(2).mask = 0x20; })
FANS("mask of an event", { FAN(3).mask |= 0x20; })
FANS("mask of an event", { FAN(3).pid = 1; })
FANS("mask of an event", { FAN(3).mount = 1; })
FANS("error in an event", { FAN(2).errors = 0; })
FANS("error in an event", { FAN(0).errors = 1; })
FANS("error in an event", { FAN(0).error = 1; })
FANS("process of an event", { FAN(0).pid = CPT_PID_MAX + 1; })
FANS("names in an event", { FAN(0).name_len[0] = 1; })
FANS("names in an event", { FAN(0).handle[0].len = 4; FAN(0).handle[1].len = 4; })
FANS("names in an event", { FAN(1).handle[0].len = 0; FAN(1).handle[0].type = 0; FAN(0).handle[0].len = 12; })
FANS("names in an event", { FAN(1).name_len[0] = 0; })
FANS("names in an event", { FAN(1).name_len[1] = 0; })
FANS("names in an event", { FAN(1).mask = 0x100; })
FANS("name in an event", { FAN(1).name_len[1] = 4096; })
FANS("name in an event", { FAN(1).name_len[1] = 4000; })
FANS("name in an event", { BYTES[28] = '/'; })
FANS("name in an event", { BYTES[30] = 0; })
FANS("object of an event", { r->flags = 2; })
FANS("object of an event", { FAN(1).fsid[1] = 1; })
FANS("object of an event", { FAN(3).fsid[0] = 1; })
FANS("length of a fanotify", { FAN(1).name_len[1] = 4; })
META("object of an event", fanotify, OBJ(fanotify[1]), { r->flags = 0x200; })
META("object of an event", fanotify, OBJ(fanotify[1]), { PATH_FAN->mount = 1; })
META("object of an event", fanotify, OBJ(fanotify[1]), { PATH_FAN->fsid[0] = 1; })
META("object of an event", fanotify, OBJ(fanotify[1]), {
	PATH_FAN->handle[0] = (struct cpt_fanotify_handle){ .type = 1, .len = 4 };
})

/* IPC */
#define IPC(change) META("limit of IPC", ipc, NTH(IPC, 0), { change; })
IPC(r->sem[3] = -1)
IPC(r->sem[3] = CPT_IPC_INDEX_MAX + 1)
IPC(r->msgmni = CPT_IPC_INDEX_MAX + 1)
IPC(r->shmmni = CPT_IPC_INDEX_MAX + 1)
IPC(r->msgmax = 1u << 31)
IPC(r->msgmnb = 1u << 31)
IPC(r->shm_rmid_forced = 2)
#define MQ(change) META("limit of POSIX message queues", ipc, NTH(IPC, 0), { change; })
MQ(r->mq_msg_max = 0)
MQ(r->mq_msg_max = CPT_MQ_MSG_MAX + 1)
MQ(r->mq_msg_default = 0)
MQ(r->mq_msg_default = CPT_MQ_MSG_MAX + 1)
MQ(r->mq_msgsize_max = 127)
MQ(r->mq_msgsize_max = CPT_MQ_MSGSIZE_MAX + 1)
MQ(r->mq_msgsize_default = 127)
MQ(r->mq_msgsize_default = CPT_MQ_MSGSIZE_MAX + 1)
#define IDS(change) META("counter of IPC", ipc, NTH(IPC, 0), { change; })
IDS(r->ids[0].next_id = -2)
IDS(r->ids[1].last_idx = -2)
IDS(r->ids[2].last_idx = CPT_IPC_INDEX_MAX)
IDS(r->ids[0].seq = 65536)
IDS(r->ids[1].cursor = CPT_IPC_INDEX_MAX + 1)

META("limits of IPC behind objects", fown, NTH(FOWN, 0), {
	sample_resize(s, r, sizeof(struct cpt_ipc_rec));
	r->rec.kind = CPT_K_IPC;
})

/* What stands behind tasks, but may not. */
#define LATE(want, as, number) META(want, semundo, OBJ(undo), {		\
	sample_resize(s, r, sizeof(struct cpt_##as##_rec));			\
	memset(&r->ntasks, 0, r->rec.len - sizeof(r->rec));			\
	r->rec.kind = number;							\
})
LATE("owner or mode of shared memory", shm, CPT_K_SHM)
LATE("owner or mode of semaphores", sem, CPT_K_SEM)
LATE("owner or mode of a message queue", msgq, CPT_K_MSGQ)

/* SHM, SHMAT */
META("owner or mode of shared memory", shm, OBJ(sysv), { r->perm.id = -1; })
META("owner or mode of shared memory", shm, OBJ(sysv), { r->perm.uid = ~0u; })
META("owner or mode of shared memory", shm, OBJ(sysv), { r->perm.gid = ~0u; })
META("owner or mode of shared memory", shm, OBJ(sysv), { r->perm.cuid = ~0u; })
META("owner or mode of shared memory", shm, OBJ(sysv), { r->perm.cgid = ~0u; })
META("owner or mode of shared memory", shm, OBJ(sysv), { r->perm.mode |= 04000; })
META("owner or mode of shared memory", shm, OBJ(sysv), { r->perm.pad = 1; })
META("size of shared memory", shm, OBJ(sysv), { r->size = 0; })
META("size of shared memory", shm, OBJ(sysv), { r->size = CPT_ADDR_MAX + 1; })
META("key of shared memory", shm, OBJ(sysv), { r->perm.key++; })
META("key of shared memory", shm, OBJ(sysv2), { r->perm.key = r->name; })
META("properties of shared memory", shm, OBJ(sysv), { r->cpid = CPT_PID_MAX + 1; })
META("properties of shared memory", shm, OBJ(sysv), { r->lpid = CPT_PID_MAX + 1; })
META("properties of shared memory", shm, OBJ(sysv), { r->creator = CPT_PID_MAX + 1; })
META("properties of shared memory", shm, OBJ(sysv), { r->noreserve = 2; })
META("properties of shared memory", shm, OBJ(sysv), { r->locker = 1; })
META("properties of shared memory", shm, OBJ(sysv2), { r->locker = ~0u; })
META("mapped shared memory", shmat, OBJ(shmat), { r->shm = 0; })
META("mapped shared memory", shmat, OBJ(shmat), { r->shm = s->cred; })
META("mapped shared memory", shmat, OBJ(shmat), { r->readonly = 2; })
META("mapped shared memory", shmat, OBJ(shmat), { r->pad = 1; })
META("shared memory of an area", vma, NTH(VMA, 4), { r->file = s->sysv; })
META("shared memory of an area", vma, NTH(VMA, 4), { r->flags &= ~CPT_VMA_SHARED; })

/* SEM, SEMUNDO */
#define SEM(r) ((struct cpt_sem_value *)((r) + 1))
META("owner or mode of semaphores", sem, OBJ(sems), { r->perm.mode = 01000; })
META("number of semaphores", sem, OBJ(sems), { r->n = 0; })
META("number of semaphores", sem, OBJ(sems), { r->n = 4; })
META("number of semaphores", sem, OBJ(sems), { r->n = ~0u; })
META("number of semaphores", sem, OBJ(sems), { r->pad = 1; })
META("semaphore", sem, OBJ(sems), { SEM(r)[2].value = CPT_SEM_MAX + 1; })
META("semaphore", sem, OBJ(sems), { SEM(r)[2].pid = CPT_PID_MAX + 1; })
#define UNDO(r) ((uint64_t *)((r) + 1))
#define ADJ(r) ((struct cpt_sem_adj *)(UNDO(r) + 2))
META("length of what is to undo", semundo, OBJ(undo), { r->ntasks = 0; })
META("length of what is to undo", semundo, OBJ(undo), { r->ntasks = 5; })
META("length of what is to undo", semundo, OBJ(undo), { r->ntasks = ~0u; })
META("length of what is to undo", semundo, OBJ(undo), { r->nadjs = 2; })
META("length of what is to undo", semundo, OBJ(undo), { r->nadjs = ~0u; })
META("task that undoes", semundo, OBJ(undo), { UNDO(r)[1] = s->init; })
META("task that undoes", semundo, OBJ(undo), { UNDO(r)[0] = s->zombie; })
META("task that undoes", semundo, OBJ(undo), { UNDO(r)[0] = s->cred; })
META("task that undoes", semundo, OBJ(undo), { UNDO(r)[0] = 0; })
META("semaphore to undo", semundo, OBJ(undo), { ADJ(r)->sem = s->msgq; })
META("semaphore to undo", semundo, OBJ(undo), { ADJ(r)->num = 3; })
META("what is to undo of a semaphore", semundo, OBJ(undo), { ADJ(r)->adj = 0; })
META("what is to undo of a semaphore", semundo, OBJ(undo), { ADJ(r)->adj = CPT_SEM_MAX + 1; })
META("what is to undo of a semaphore", semundo, OBJ(undo), { ADJ(r)->adj = -CPT_SEM_MAX - 2; })

/* MSGQ */
#define QMSG(r) ((struct cpt_msgq_msg *)((r) + 1))
META("owner or mode of a message queue", msgq, OBJ(msgq), { r->perm.mode = 01000; })
META("properties of a message queue", msgq, OBJ(msgq), { r->lspid = CPT_PID_MAX + 1; })
META("properties of a message queue", msgq, OBJ(msgq), { r->lrpid = CPT_PID_MAX + 1; })
META("properties of a message queue", msgq, OBJ(msgq), { r->pad = 1; })
META("length of a message queue", msgq, OBJ(msgq), { r->nmsgs = 1; })
META("length of a message queue", msgq, OBJ(msgq), { r->nmsgs = ~0u; })
META("length of a message queue", msgq, OBJ(msgq), { r->bytes++; })
META("length of a message queue", msgq, OBJ(msgq), { QMSG(r)[1].len = CPT_MSGQ_MAX, r->bytes += CPT_MSGQ_MAX; })
META("message in a queue", msgq, OBJ(msgq), { QMSG(r)[0].type = 0; })
META("message in a queue", msgq, OBJ(msgq), { QMSG(r)[1].type = -1; })
META("message in a queue", msgq, OBJ(msgq), { QMSG(r)[1].pad = 1; })

/* MQ, MQFD */
#define PMSG(r) ((struct cpt_mq_msg *)((r) + 1))
#define PROP(change) META("properties of a POSIX message queue", mq, OBJ(mq[0]), { change; })
PROP(r->mode = 01000)
PROP(r->uid = ~0u)
PROP(r->gid = ~0u)
PROP(r->user = ~0u)
PROP(r->maxmsg = 0)
PROP(r->maxmsg = CPT_MQ_MSG_MAX + 1)
PROP(r->msgsize = 0)
PROP(r->msgsize = CPT_MQ_MSGSIZE_MAX + 1)
#define TOLD(nth, change) META("notification of a POSIX message queue", mq, OBJ(mq[nth]), { change; })
TOLD(0, r->pid = 0)
TOLD(0, r->notify = CPT_MQ_NOBODY)
TOLD(0, r->signo = 1)
TOLD(0, r->flags = CPT_MQ_STALE)
TOLD(0, r->value = 1)
TOLD(1, r->notify = CPT_MQ_SIGNAL + 1)
TOLD(1, r->pid = 0)
TOLD(1, r->pid = CPT_PID_MAX + 1)
TOLD(1, r->signo = CPT_NSIG + 1)
TOLD(1, r->flags = 4)
TOLD(1, r->notify = CPT_MQ_NOTHING)
TOLD(1, r->notify = CPT_MQ_NOTHING; r->signo = 0)
META("length of a POSIX message queue", mq, OBJ(mq[0]), { r->nmsgs = 3; })
META("length of a POSIX message queue", mq, OBJ(mq[0]), { r->nmsgs = ~0u; })
META("length of a POSIX message queue", mq, OBJ(mq[0]), { r->maxmsg = 1; })
META("length of a POSIX message queue", mq, OBJ(mq[0]), { r->name_len = 256; })
META("length of a POSIX message queue", mq, OBJ(mq[0]), { r->name_len = ~0u; })
META("length of a POSIX message queue", mq, OBJ(mq[0]), { r->bytes++; })
META("message in a POSIX message queue", mq, OBJ(mq[0]), { PMSG(r)[1].prio = 8; })
META("message in a POSIX message queue", mq, OBJ(mq[0]), { PMSG(r)[0].prio = CPT_MQ_PRIO_MAX + 1; })
META("message in a POSIX message queue", mq, OBJ(mq[0]), { r->msgsize = 5; })
META("name of a POSIX message queue", mq, OBJ(mq[0]), { *(char *)(PMSG(r) + 2) = '/'; })
META("name of a POSIX message queue", mq, OBJ(mq[0]), { *(char *)(PMSG(r) + 2) = 0; })
META("name of a POSIX message queue", mq, OBJ(mq[0]), { memcpy(PMSG(r) + 2, "..\0\0", 5), r->name_len = 2; })
META("name of a POSIX message queue", mq, OBJ(mq[0]), { memcpy(PMSG(r) + 2, ".\0\0\0", 5), r->name_len = 1; })
META("name of a POSIX message queue", mq, OBJ(mq[0]), { memset(PMSG(r) + 2, 0, 5), r->name_len = 0; sample_resize(s, r, sizeof(*r) + 16); })
META("description of a POSIX message queue", mqfd, OBJ(mqfd), { r->file.cred = 0; })
META("description of a POSIX message queue", mqfd, OBJ(mqfd), { r->file.flags |= CPT_O_PATH; })
META("description of a POSIX message queue", mqfd, OBJ(mqfd), { r->pad = 1; })
META("POSIX message queue of a file", mqfd, OBJ(mqfd), { r->mq = s->msgq; })
META("POSIX message queue of a file", mqfd, OBJ(mqfd), { r->mq = 0; })

/* SHMEM */
META("size of shared memory", shmem, OBJ(shm), { r->size = CPT_ADDR_MAX + 1; })
META("properties of a memfd", shmem, OBJ(shm), { r->mode = 0600; })
META("properties of a memfd", shmem, OBJ(shm), { r->seals = 1; })
META("properties of a memfd", shmem, OBJ(shm), { r->uid = 1; })
META("properties of a memfd", shmem, OBJ(memory), { r->memfd = 0; })
META("properties of a memfd", shmem, OBJ(memory), { r->memfd = 2; })
META("properties of a memfd", shmem, OBJ(memory), { r->seals = 0x40; })
META("properties of a memfd", shmem, OBJ(memory), { r->mode = 0100777; })
META("length of a memfd's name", shmem, OBJ(memory), { r->name_len = CPT_MEMFD_NAME_MAX + 1; })
META("length of a memfd's name", shmem, OBJ(memory), { r->name_len = 0; })
META("name of a memfd", shmem, OBJ(memory), { ((char *)(r + 1))[2] = 0; })

/* MEMFD */
META("description of a memfd", memfd, OBJ(memfd), { r->file.cred = 0; })
META("description of a memfd", memfd, OBJ(memfd), { r->file.flags |= CPT_O_PATH; })
META("contents of a memfd", memfd, OBJ(memfd), { r->shmem = 0; })
META("contents of a memfd", memfd, OBJ(memfd), { r->shmem = s->shm; })
META("contents of a memfd", memfd, OBJ(memfd), { r->shmem = s->exe; })

/* MM */
META("parent of a memory", mm, OBJ(mm[0]), { r->parent = s->exe; })
META("parent of a memory", mm, OBJ(mm[0]), { r->parent = r->rec.id; })
META("parent of a memory", mm, OBJ(mm[1]), { r->parent = BIG; })
META("executable of a memory", mm, OBJ(mm[0]), { r->exe = 0; })
META("executable of a memory", mm, OBJ(mm[0]), { r->exe = s->pipe; })
META(NULL, mm, OBJ(mm[0]), { r->exe = s->memfd; })
META("address in a memory", mm, OBJ(mm[0]), { r->start_code = CPT_ADDR_MAX + 1; })
META("address in a memory", mm, OBJ(mm[0]), { r->start_stack = CPT_ADDR_MAX + 1; })
META("address in a memory", mm, OBJ(mm[0]), { r->mmap_base = ~0ULL; })
META("address in a memory", mm, OBJ(mm[0]), { r->vdso = CPT_ADDR_MAX + 1; })
META("address in a memory", mm, OBJ(mm[0]), {
	to_i386(s);
	r->mmap_base = 0x100000000;
})
META("range of a memory area", vma, NTH(VMA, 5), {
	to_i386(s);
	r->end = 0x100000000;
})
META("order of addresses in a memory", mm, OBJ(mm[0]), { r->arg_start = r->arg_end + 1; })
META("order of addresses in a memory", mm, OBJ(mm[0]), { r->env_start = r->env_end + 1; })
META("order of addresses in a memory", mm, OBJ(mm[0]), { r->start_code = r->end_code + 1; })
META("order of addresses in a memory", mm, OBJ(mm[0]), { r->start_data = r->end_data + 1; })
META("order of addresses in a memory", mm, OBJ(mm[0]), { r->start_brk = r->brk + 1; })
META("flags of a memory", mm, OBJ(mm[0]), { r->dumpable = 3; })
META("flags of a memory", mm, OBJ(mm[0]), { r->flags = CPT_MM_FLAGS + 1; })
META("flags of a memory", mm, OBJ(mm[0]), { r->membarrier = 0x100; })
META("flags of a memory", mm, OBJ(mm[0]), { r->flags = CPT_MM_MDWE_NO_INHERIT; })
META("protection keys of a memory", mm, OBJ(mm[0]), { r->pkeys = 1; })
META("protection keys of a memory", mm, OBJ(mm[0]), { r->pkeys = 1 << 16; })
META("protection keys of a memory", mm, OBJ(mm[0]), { r->exec_pkey = 16; })
META("protection keys of a memory", mm, OBJ(mm[0]), { r->exec_pkey = 2; r->pkeys = 1 << 3; })
META("protection keys of a memory", mm, OBJ(mm[0]), { to_i386(s); r->pkeys = 2; })
META("protection key of a memory area", vma, NTH(VMA, 0), { to_i386(s); r->flags |= CPT_VMA_PKEYS; })
META("protection key of a memory area", vma, NTH(VMA, 0), { r->type = CPT_VMA_VDSO; r->flags |= CPT_VMA_PKEYS; })
META("length of an auxiliary vector", mm, OBJ(mm[0]), { r->nauxv++; })
META("length of an auxiliary vector", mm, OBJ(mm[0]), { r->nauxv--; })
META("length of an auxiliary vector", mm, OBJ(mm[0]), {
	r->nauxv = CPT_AUXV_MAX + 1;
	sample_resize(s, r, sizeof(*r) + r->nauxv * 8);
})

/* VMA */
META("memory areas are missing", mm, OBJ(mm[0]), { r->areas++; })
META("memory area that belongs to nothing", mm, OBJ(mm[0]), { r->areas--; })
META("memory area that belongs to nothing", vma, NTH(UTS, 0), {	/* behind no object at all */
	r->rec.kind = CPT_K_VMA;
	r->rec.len = sizeof(*r);
})
META("range of a memory area", vma, NTH(VMA, 0), { r->start++; })
META("range of a memory area", vma, NTH(VMA, 0), { r->end++; })
META("range of a memory area", vma, NTH(VMA, 0), { r->end = r->start; })
META("range of a memory area", vma, NTH(VMA, 5), { r->end = CPT_ADDR_MAX + CPT_PAGE; })
META("range of a memory area", vma, NTH(VMA, 1), { r->start = SAMPLE_TEXT; })
META("range of a memory area", vma, NTH(VMA, 1), { r->start = SAMPLE_TEXT + CPT_PAGE; })
META("type of a memory area", vma, NTH(VMA, 0), { r->type = CPT_VMA_TYPES; })
META("type of a memory area", vma, NTH(VMA, 0), { r->flags |= CPT_VMA_FLAGS + 1; })
META("offset of a memory area", vma, NTH(VMA, 0), { r->pgoff = (1ULL << 51) + 1; })
META("shared memory area without a file", vma, NTH(VMA, 1), { r->flags |= CPT_VMA_SHARED; })
META("inherited memory area without a parent", vma, NTH(VMA, 0), { r->flags |= CPT_VMA_INHERIT; })
META("file of a memory area", vma, NTH(VMA, 0), { r->file = 0; })
META("file of a memory area", vma, NTH(VMA, 0), { r->file = s->shm; })
META("file of a memory area", vma, NTH(VMA, 0), { r->file = s->last; })
META("shared memory of an area", vma, NTH(VMA, 3), { r->file = s->memory; })	/* only by way of a descriptor */
META("shared memory of an area", vma, NTH(VMA, 3), { r->file = s->exe; })
META("shared memory of an area", vma, NTH(VMA, 3), { r->file = 0; })
META("file of an area without one", vma, NTH(VMA, 1), { r->file = s->exe; })

/* AIO, and the area of its ring; in the second memory it is inherited */
#define RING "ring of asynchronous I/O"
#define RING_SIZE "size of a ring of asynchronous I/O"
META(RING, vma, NTH(VMA, 7), { r->file = s->shm; })
META(RING, vma, NTH(VMA, 7), { r->flags &= ~CPT_VMA_SHARED; })
META(RING, vma, NTH(VMA, 7), { r->flags |= CPT_VMA_EXEC; })
META(RING, vma, NTH(VMA, 4), {
	r->type = CPT_VMA_AIO;
	r->file = 0;
	r->end = r->start + CPT_AIO_RING_MAX + CPT_PAGE;
})
META("contexts of asynchronous I/O are missing", vma, NTH(VMA, 4), {
	r->type = CPT_VMA_AIO;
	r->file = 0;
	r->end = r->start + CPT_AIO_RING_MAX;
})
META("contexts of asynchronous I/O are missing", vma, NTH(VMA, 15), { r->flags &= ~CPT_VMA_INHERIT; })
META("context of asynchronous I/O that belongs to nothing", vma, NTH(VMA, 7), {
	r->type = CPT_VMA_ANON;
	r->flags &= ~CPT_VMA_SHARED;
})
META("context of asynchronous I/O that belongs to nothing", aio, NTH(UTS, 0), {
	r->rec.kind = CPT_K_AIO;
})
META(RING, aio, NTH(AIO, 0), { r->start += CPT_PAGE; })
META(RING, aio, NTH(AIO, 0), { r->start++; })
META(RING, aio, NTH(AIO, 0), { r->start = SAMPLE_VDSO; })
META(RING, aio, NTH(AIO, 0), { r->start = 0; })
META(RING_SIZE, aio, NTH(AIO, 0), { r->max_reqs = 0; })
META(NULL, aio, NTH(AIO, 0), { r->max_reqs = (SAMPLE_PLACES - 2) / 2; })
META(RING_SIZE, aio, NTH(AIO, 0), { r->max_reqs = (SAMPLE_PLACES - 2) / 2 + 1; })
META(RING_SIZE, aio, NTH(AIO, 0), { r->tail = SAMPLE_PLACES; })
META(RING_SIZE, aio, NTH(AIO, 0), { r->completed = SAMPLE_PLACES; })
META(NULL, aio, NTH(AIO, 0), { r->completed = SAMPLE_PLACES - 1; })
META(NULL, aio, NTH(AIO, 0), { r->head = 120; })
META("events of asynchronous I/O", aio, NTH(AIO, 0), { r->head++; })
META("events of asynchronous I/O", aio, NTH(AIO, 0), { r->tail++; })
META(NULL, aio, NTH(AIO, 0), { r->head = 3; r->tail = 12; })
META("events of asynchronous I/O", aio, NTH(AIO, 0), { r->head = r->tail; })

/* FILES */
META("length of a descriptor table", files, OBJ(files[0]), { r->n++; })
META("length of a descriptor table", files, OBJ(files[0]), { r->n--; })
META("length of a descriptor table", files, OBJ(files[0]), { r->n = CPT_FD_MAX + 1; })
META("length of a descriptor table", files, OBJ(files[0]), { r->pad = 1; })
META("descriptor", files, OBJ(files[0]), { ((struct cpt_fd *)(r + 1))[r->n - 1].fd = CPT_FD_MAX; })
META("descriptor", files, OBJ(files[0]), { ((struct cpt_fd *)(r + 1))[1].fd = 0; })
META("descriptor", files, OBJ(files[0]), { ((struct cpt_fd *)(r + 1))[1].cloexec = 2; })
META("file of a descriptor", files, OBJ(files[0]), { ((struct cpt_fd *)(r + 1))[0].file = 0; })
META("file of a descriptor", files, OBJ(files[0]), { ((struct cpt_fd *)(r + 1))[0].file = s->pipe; })
META("file of a descriptor", files, OBJ(files[0]), { ((struct cpt_fd *)(r + 1))[0].file = HUGE_ID; })

/* LOCK: the first is of an open file, the second a lease, the third of a descriptor table */
META("lock", lock, NTH(LOCK, 0), { r->type = 2; })
META("lock", lock, NTH(LOCK, 0), { r->start = 10; })
META("lock", lock, NTH(LOCK, 0), { r->pid = CPT_PID_MAX + 1; })
META("lock", lock, NTH(LOCK, 0), { r->end = 1ULL << 63; })
META(NULL, lock, NTH(LOCK, 0), { r->end = (1ULL << 63) - 1; })
META(NULL, lock, NTH(LOCK, 0), { r->kind = CPT_LOCK_OFD; })
META("file or owner of a lock", lock, NTH(LOCK, 0), { r->kind = CPT_LOCK_POSIX; })
META("file or owner of a lock", lock, NTH(LOCK, 0), { r->fd = 1; })
META("file or owner of a lock", lock, NTH(LOCK, 0), { ((struct cpt_reg_rec *)OBJ(deleted))->file.flags = CPT_O_PATH; })
META("lock", lock, NTH(LOCK, 0), { r->kind = CPT_LOCK_KINDS; })
META("file or owner of a lock", lock, NTH(LOCK, 2), { r->kind = CPT_LOCK_FLOCK, r->fd = 0; })
META("file or owner of a lock", lock, NTH(LOCK, 2), { r->fd = CPT_FD_MAX; })
META("file or owner of a lock", lock, NTH(UTS, 0), {		/* behind no object at all */
	r->rec.kind = CPT_K_LOCK;
	r->rec.len = sizeof(*r);
})
META(NULL, lock, NTH(LOCK, 1), { r->type = 0; })
META("lock", lock, NTH(LOCK, 1), { r->type = 2; })
META("lease", lock, NTH(LOCK, 1), { r->start = 1; })
META("lease", lock, NTH(LOCK, 1), { r->end = 100; })
META("lease", lock, NTH(LOCK, 1), { ((struct cpt_reg_rec *)OBJ(leased))->mode = 0040755; })
META("lease", lock, NTH(LOCK, 0), {			/* on a deleted file */
	r->kind = CPT_LOCK_LEASE;
	r->start = 0;
	r->end = (1ULL << 63) - 1;
})
META("file or owner of a lock", lock, NTH(LOCK, 1), { r->fd = CPT_FD_MAX; })
META("file or owner of a lock", lock, NTH(LOCK, 1), { ((struct cpt_reg_rec *)OBJ(leased))->file.flags = CPT_O_PATH; })

/* DNOTIFY */
META("notice of a directory that belongs to nothing", dnotify, NTH(DNOTIFY, 0), { r->fd++; })
META("notice of a directory that belongs to nothing", dnotify, NTH(DNOTIFY, 0), { r->fd = CPT_FD_MAX; })
META("notice of a directory that belongs to nothing", dnotify, NTH(UTS, 0), {
	r->rec.kind = CPT_K_DNOTIFY;
	r->rec.len = sizeof(*r);
})
META(NULL, dnotify, NTH(DNOTIFY, 0), { r->fd = 0; })
META(NULL, dnotify, NTH(DNOTIFY, 0), { r->fd = 576; })
META("notice of a directory", dnotify, NTH(DNOTIFY, 0), { r->mask = CPT_DN_MULTISHOT; })
META("notice of a directory", dnotify, NTH(DNOTIFY, 0), { r->mask = 0; })
META("notice of a directory", dnotify, NTH(DNOTIFY, 0), { r->mask |= 0x40; })
META(NULL, dnotify, NTH(DNOTIFY, 0), { r->mask = CPT_DN_EVENTS; })

/* FOWN */
META("signals of a file", fown, NTH(FOWN, 0), { r->pid = CPT_PID_MAX + 1; })
META("signals of a file", fown, NTH(FOWN, 0), { r->type = 3; })
META("signals of a file", fown, NTH(FOWN, 0), { r->signum = CPT_NSIG + 1; })
META("signals of a file", fown, NTH(FOWN, 0), { r->async = 3; })
META("signals of a file", fown, NTH(FOWN, 0), { r->async = CPT_ASYNC_FLAG; })
META("signals of a file", fown, NTH(FOWN, 0), { r->fd = CPT_FD_MAX; })
META("signals of a file", fown, NTH(FOWN, 0), { r->pad = 1; })
META(NULL, fown, NTH(FOWN, 0), { r->async = r->fd = 0; })
META("signals of a file that is none", fown, NTH(FOWN, 0), { ((struct cpt_reg_rec *)OBJ(pipend[0]))->file.flags = CPT_O_PATH; })
META("signals of a file that is none", lock, NTH(LOCK, 2), { r->rec.kind = CPT_K_FOWN; })	/* of a descriptor table */

/* FS */
META("root and cwd", fs, OBJ(fs[0]), { r->umask = 01000; })
META("root and cwd", fs, OBJ(fs[1]), { r->mntns = CPT_MOUNTS_MAX + 1; })
META("mount namespace of init", task, OBJ(init), { ((struct cpt_fs_rec *)sample_obj(s, s->fs[0]))->mntns = 1; })
META("root and cwd", fs, OBJ(fs[0]), { r->root_mount = 0; })
META("root and cwd", fs, OBJ(fs[0]), { r->cwd_mount = 0; })
META("root and cwd", fs, OBJ(fs[0]), { r->cwd = s->view[1]; })		/* and a path */
META("root and cwd", fs, OBJ(fs[1]), { r->cwd = 0; })
META("root and cwd", fs, OBJ(fs[1]), { r->cwd_mount = 1; })
META("open file of root or cwd", fs, OBJ(fs[1]), { r->cwd = s->view[0]; })	/* no directory */
META("open file of root or cwd", fs, OBJ(fs[1]), { r->cwd = s->exe; })
META("open file of root or cwd", fs, OBJ(fs[1]), { r->cwd = s->cred; })
META("open file of root or cwd", fs, OBJ(fs[1]), { r->cwd = HUGE_ID; })
META(NULL, fs, OBJ(fs[1]), { r->cwd = s->rmdir; })
META("path of root or cwd", fs, OBJ(fs[1]), { r->root = s->view[1], r->root_mount = 0; })
META("path of root or cwd", fs, OBJ(fs[1]), { r->cwd_len = 1, r->root_len = 1, memcpy(r + 1, "//", 2); })
META("length of root and cwd", fs, OBJ(fs[0]), { r->root_len = 4096; })
META("length of root and cwd", fs, OBJ(fs[0]), { r->cwd_len = 4096; })
META("length of root and cwd", fs, OBJ(fs[0]), { r->cwd_len += 8; })
META("length of root and cwd", fs, OBJ(fs[0]), { r->cwd_len = 0xffffffff; })
META("path of root or cwd", fs, OBJ(fs[0]), { *(char *)(r + 1) = 'x'; })
META("path of root or cwd", fs, OBJ(fs[0]), { ((char *)(r + 1))[1] = 'x'; })

/* PROC */
META("pid of a process", proc, NTH(PROC, 0), { r->pid = 0; })
META("pid of a process", proc, NTH(PROC, 0), { r->pid = CPT_PID_MAX + 1; })
META("pid of a process", proc, NTH(PROC, 0), { r->pgid = CPT_PID_MAX + 1; })
META("pid of a process", proc, NTH(PROC, 0), { r->sid = CPT_PID_MAX + 1; })
META("who opened a terminal", pty, OBJ(pty[0]), { r->cred = s->exe; })
META("properties of a terminal", pty, OBJ(pty[0]), { r->mount = 0; })
META("properties of a terminal", pty, OBJ(pty[0]), { r->index = CPT_PTY_MAX; })
META("properties of a terminal", pty, OBJ(pty[0]), { r->mode = 010000; })
META("properties of a terminal", pty, OBJ(pty[0]), { r->session = CPT_PID_MAX + 1; })
META("properties of a terminal", pty, OBJ(pty[0]), { r->pgrp = CPT_PID_MAX + 1; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[0].termios.line = 256; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].locked.pad = 1; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[0].rows = 65536; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].ypixel = 65536; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].input = CPT_TTY_BUF + 1; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].canon = 10; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[0].committed = 4; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[0].echo = CPT_TTY_BUF + 1; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[0].echo_commit = 4; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].echo_mark = 10; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].queue = CPT_TTY_QUEUE + 1; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].ahead = 19; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].flags = CPT_TTY_FLAGS + 1; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].pktstatus = 256; })
META("length of a terminal", pty, OBJ(pty[0]), { r->side[1].queue += 8; })
META("length of a terminal", pty, OBJ(pty[0]), { r->path_len = 4096; })
META("path of a terminal", pty, OBJ(pty[0]), { r->master_mount = 0; })
META("path of a terminal", pty, OBJ(pty[0]), { r->side[1].queue++, r->path_len--; })
META("hung up terminal", pty, OBJ(pty[0]), { r->cred = 0; })
META("hung up terminal", pty, OBJ(pty[1]), { r->cred = s->cred; })
META("hung up terminal", pty, OBJ(pty[1]), { r->session = 10; })
META("hung up terminal", pty, OBJ(pty[1]), { r->master_flags = 2; })
META("console", pty, OBJ(pty[0]), { r->console = 2; })
META("console", pty, OBJ(pty[0]), { r->pad = 1; })
META("console", pty, OBJ(pty[0]), { r->master_flags = 0; })
META("console", pty, OBJ(pty[1]), { r->console = 1; })
META("console", pty, OBJ(pty[2]), { r->console = 1; })			/* the second one */
META("side of a terminal", pty, OBJ(pty[2]), {				/* a process has its master */
	r->console = 1;
	((struct cpt_pty_rec *)sample_obj(s, s->pty[0]))->console = 0;
})
META("state of a terminal", pty, OBJ(pty[0]), { r->side[0].flags |= CPT_TTY_HUPPED; })
META("state of a terminal", pty, OBJ(pty[0]), { r->side[1].flags |= CPT_TTY_HUPPED; })	/* with input */
META("description of a terminal", ptyend, OBJ(ptyend[0]), { r->hung = 2; })
META("description of a terminal", ptyend, OBJ(ptyend[2]), { r->hung = 1; })
META("side of a terminal", ptyend, OBJ(ptyend[0]), { r->pty = s->cred; })
META("side of a terminal", ptyend, OBJ(ptyend[0]), { r->side = CPT_PTY_SIDES; })
META("side of a terminal", ptyend, OBJ(ptyend[1]), { r->side = CPT_PTY_MASTER; })
META("path of a terminal", ptyend, OBJ(ptyend[0]), { r->mount = 0; })
META("path of a terminal", ptyend, OBJ(ptyend[0]), { r->path_len = 3; })
META("terminal of a process", proc, NTH(PROC, 0), { r->tty = s->pty[0]; })
META("terminal of a process", proc, NTH(PROC, 0), { r->tty = s->cred; })
META("terminal of a process", proc, NTH(PROC, 0), { r->old_pgrp = CPT_PID_MAX + 1; })
META("flags of a process", proc, NTH(PROC, 0), { r->flags = CPT_PROC_FLAGS + 1; })
META("stop of a process", proc, NTH(PROC, 0), { r->stop = CPT_STOP_FLAGS + 1; })
META("stop of a process", proc, NTH(PROC, 0), { r->stop = CPT_STOP_STOPPED | CPT_STOP_STOPPING; })
META("stop of a process", proc, NTH(PROC, 0), { r->stop = CPT_STOP_STOPPED | CPT_STOP_CONTINUED; })
META("stop of a process", proc, NTH(PROC, 0), { r->stop = CPT_STOP_STOPPED, r->stop_signal = 18; })
META("stop of a process", proc, NTH(PROC, 0), { r->stop = CPT_STOP_STOPPED, r->stop_code = 23; })
META("stop of a process", proc, NTH(PROC, 0), { r->stop = 0, r->stop_signal = 0; })
META("stop of a process", proc, NTH(PROC, 0), { r->stop = CPT_STOP_CONTINUED, r->stop_code = 0; })
META("flags of a process", proc, NTH(PROC, 0), { r->oom_score_adj = -1001; })
META("flags of a process", proc, NTH(PROC, 0), { r->oom_score_adj = 1001; })
META("resource limit", proc, NTH(PROC, 0), { r->rlim[15] = (struct cpt_rlimit){ 2, 1 }; })
META("interval timer", proc, NTH(PROC, 0), { r->itimer[2].value = 1ULL << 62; })
META("interval timer", proc, NTH(PROC, 0), { r->itimer[0].interval = 1ULL << 62; })

/* TIMER */
META("timers are missing", proc, NTH(PROC, 0), { r->ntimers++; })
META("timer that belongs to nothing", proc, NTH(PROC, 0), { r->ntimers--; })
META("timer that belongs to nothing", timer, NTH(XSTATE, 0), {		/* behind a task */
	r->rec.kind = CPT_K_TIMER;
	r->rec.len = sizeof(*r);
})
META("timer that belongs to nothing", timer, NTH(UTS, 0), {		/* behind no object at all */
	r->rec.kind = CPT_K_TIMER;
	r->rec.len = sizeof(*r);
})
META("timer", timer, NTH(TIMER, 0), { r->timer_id = 0x80000000; })
META("timer", timer, NTH(TIMER, 0), { r->signo = -1; })
META("timer", timer, NTH(TIMER, 0), { r->signo = CPT_NSIG + 1; })
META("timer", timer, NTH(TIMER, 0), { r->it.value = 1ULL << 62; })
META("timer", timer, NTH(TIMER, 0), { r->it.interval = 1ULL << 62; })
META("timer", timer, NTH(TIMER, 0), { r->absolute = 2; })
META("timer", timer, NTH(TIMER, 0), { r->fired = 2; })
META("timer", timer, NTH(TIMER, 0), { r->thread = CPT_PID_MAX + 1; })
META("timer", timer, NTH(TIMER, 0), { r->pad = 1; })
META("timer on CPU time", timer, NTH(TIMER, 0), { r->cpu = 1; })
META("timer on CPU time", timer, NTH(TIMER, 1), { r->clock = -1; })
META("timer on CPU time", timer, NTH(TIMER, 1), { r->clock = -5; })
META("timer on CPU time", timer, NTH(TIMER, 1), { r->cpu = CPT_PID_MAX + 1; })
META("timer on CPU time", timer, NTH(TIMER, 1), { r->absolute = 0; })
META("timer on CPU time", timer, NTH(TIMER, 1), { r->clock = -6, r->cpu = 2; })	/* of this process, and it is not it */
META("timer on CPU time", timer, NTH(TIMER, 1), { r->clock = -6, r->cpu = 0; })
META("timer on CPU time", timer, NTH(TIMER, 1), { r->clock = -62, r->cpu = 8; })

/* MPOL: of shared memory, of areas, of a task (the last) */
META("NUMA policy that belongs to nothing", mpol, NTH(MPOL, 0), { r->end = r->start; })
META("NUMA policy that belongs to nothing", mpol, NTH(MPOL, 0), { r->end = (1ULL << 51) + 1; })
META("NUMA policy that belongs to nothing", mpol, NTH(MPOL, 1), { r->start += 1; })
META("NUMA policy that belongs to nothing", mpol, NTH(MPOL, 1), { r->end += CPT_PAGE; })
META("NUMA policy that belongs to nothing", mpol, NTH(MPOL, 1), { r->end = r->start; })
META("NUMA policy that belongs to nothing", mpol, NTH(MPOL, 1), { r->start = 0; })
META("NUMA policy that belongs to nothing", mpol, NTH(MPOL, 1), {
	r->start = SAMPLE_VDSO;
	r->end = SAMPLE_VDSO + CPT_PAGE;
})
META("NUMA policy that belongs to nothing", mpol, NTH(MPOL, 3), { r->end = CPT_PAGE; })
META("mode of a NUMA policy", mpol, NTH(MPOL, 0), { r->mode = 0; })
META("mode of a NUMA policy", mpol, NTH(MPOL, 0), { r->mode = CPT_MPOL_MODES + 1; })
META("mode of a NUMA policy", mpol, NTH(MPOL, 0), { r->mode = CPT_MPOL_LOCAL; })
META("mode of a NUMA policy", mpol, NTH(MPOL, 0), { r->nodes[0] = 0; })
META("mode of a NUMA policy", mpol, NTH(MPOL, 0), { r->flags = 0x1000; })
META("node of a NUMA policy", mpol, NTH(MPOL, 0), { r->home = -2; })
META("node of a NUMA policy", mpol, NTH(MPOL, 0), { r->home = CPT_NODES_MAX; })
META("node of a NUMA policy", mpol, NTH(MPOL, 0), { r->last = 1; })
META("node of a NUMA policy", mpol, NTH(MPOL, 3), { r->last = CPT_NODES_MAX; })

/* HUGE: of files with names, of shared memory (two ranges), of a memory */
#define RANGE(r) ((struct cpt_huge_range *)((r) + 1))
META("size of huge pages", huge, NTH(HUGE, 0), { r->shift = CPT_PAGE_SHIFT; })
META("size of huge pages", huge, NTH(HUGE, 0), { r->shift = 41; })
META("number of huge pages", huge, NTH(HUGE, 0), { r->pages = CPT_HUGE_MAX + 1; })
META("ranges of huge pages", huge, NTH(HUGE, 0), { r->n = 1; })
META("ranges of huge pages", huge, NTH(HUGE, 1), { r->n = 3; })
META("ranges of huge pages", huge, NTH(HUGE, 1), { r->n = ~0u; })
META("ranges of huge pages", huge, NTH(HUGE, 1), { r->n = 1; })
META("ranges of huge pages", huge, NTH(HUGE, 1), { r->pages = 2; })
META("ranges of huge pages", huge, NTH(HUGE, 1), { RANGE(r)[0].to = 6; })
META("ranges of huge pages", huge, NTH(HUGE, 1), { RANGE(r)[0].from = 3; })
META("ranges of huge pages", huge, NTH(HUGE, 1), { RANGE(r)[0].from = 4; })
META("ranges of huge pages", huge, NTH(HUGE, 1), {
	RANGE(r)[1].to = (CPT_ADDR_MAX >> 21) + 1;
	RANGE(r)[1].from = RANGE(r)[1].to - 2;
})
META(NULL, huge, NTH(HUGE, 1), { RANGE(r)[0].to = 4; })
META("huge pages that belong to nothing", mpol, NTH(MPOL, 0), {	/* behind another record of the object */
	struct cpt_huge_rec *huge = (void *)((uint8_t *)r + sizeof(*huge));

	huge->rec = r->rec;
	huge->rec.kind = CPT_K_HUGE;
	huge->rec.len -= sizeof(*huge);
	huge->shift = 21;
	huge->n = (huge->rec.len - sizeof(*huge)) / sizeof(struct cpt_huge_range);
	huge->pages = 0;
	r->rec.kind = CPT_K_HUGE;
	r->rec.len = sizeof(*huge);
	memset(&r->start, 0, sizeof(*huge) - sizeof(r->rec));
	((struct cpt_huge_rec *)r)->shift = 21;
})
META("huge pages that belong to nothing", fown, NTH(FOWN, 0), {	/* of a pipe */
	r->rec.kind = CPT_K_HUGE;
	((struct cpt_huge_rec *)r)->shift = 21;
	((struct cpt_huge_rec *)r)->n = 1;
})
META("memory area with huge pages", vma, NTH(VMA, 16), { r->file = s->shm; })
META("memory area with huge pages", vma, NTH(VMA, 16), { r->type = CPT_VMA_ANON, r->file = 0; })
META("memory area without huge pages", vma, NTH(VMA, 16), { r->flags &= ~(CPT_VMA_HUGETLB | CPT_VMA_RESERVED); })
META("memory area without huge pages", vma, NTH(VMA, 3), { r->flags &= ~CPT_VMA_SHARED; })
META("memory area without huge pages", vma, NTH(VMA, 3), { r->flags |= CPT_VMA_TAKEN; })
META("memory area without huge pages", vma, NTH(VMA, 1), { r->flags |= CPT_VMA_RESERVED; })
META("reserved huge pages of a memory area", vma, NTH(VMA, 16), { r->flags |= CPT_VMA_SHARED; })
META("reserved huge pages of a memory area", vma, NTH(VMA, 16), { r->flags |= CPT_VMA_NORESERVE; })
META("reserved huge pages of a memory area", vma, NTH(VMA, 16), { r->flags |= CPT_VMA_INHERIT; })
META("pieces of huge pages in a memory area", vma, NTH(VMA, 16), { r->start += CPT_PAGE; })
META("pieces of huge pages in a memory area", vma, NTH(VMA, 16), { r->end -= CPT_PAGE; })
META("pieces of huge pages in a memory area", vma, NTH(VMA, 16), { r->pgoff = 511; })
META(NULL, vma, NTH(VMA, 16), { r->pgoff = 512; })

/* TASK: by itself */
META("pid of a task", task, OBJ(init), { r->pid = 0; })
META("pid of a task", task, OBJ(thread), { r->pid = CPT_PID_MAX + 1; })
META("pid of a task", task, OBJ(init), { r->ppid = CPT_PID_MAX + 1; })
META("state of a task", task, OBJ(child), { r->state = CPT_TASK_DEAD + 1; })
META("state of a task", task, OBJ(child), { r->flags = CPT_TASK_FLAGS + 1; })
META("signal of a task", task, OBJ(child), { r->exit_code = 0x10000; })
META("signal of a task", task, OBJ(child), { r->exit_signal = CPT_NSIG + 1; })
META("signal of a task", task, OBJ(child), { r->pdeath_signal = CPT_NSIG + 1; })
META("nice value", task, OBJ(child), { r->nice = -21; })
META("nice value", task, OBJ(child), { r->nice = 20; })
META("vfork of a task", task, OBJ(child), { r->vfork = CPT_PID_MAX + 1; })
META("vfork of a task", task, OBJ(child), { r->vfork = r->pid; })
META("vfork of a task", task, OBJ(zombie), { r->vfork = 1; })
META("vfork of a task", task, OBJ(child), { r->pad = 1; })
META("name of a task", task, OBJ(child), { r->comm[15] = 'x'; })
META("restart block", task, OBJ(child), { r->restart.kind = CPT_RESTART_KINDS; })
META("restart block", task, OBJ(child), { r->restart.has_time = 2; })
META("restart block", task, OBJ(child), { r->restart.rmtp = 3; })
META("restart block", task, OBJ(child), { r->restart.time = 1ULL << 62; })
META("restart block", task, OBJ(child), { r->restart.flags = CPT_FUTEX_FLAGS + 1; })
META("restart block", task, OBJ(child), { r->restart.kind = CPT_RESTART_CPU, r->restart.clock = 0; })
META("restart block", task, OBJ(child), { r->restart.kind = CPT_RESTART_CPU, r->restart.clock = -1; })
META("registers of a task", task, OBJ(init), { r->nregs = 17; })
META("registers of a task", task, OBJ(init), { r->ntls = 3; })
META("registers of a task", task, OBJ(init), { to_i386(s); })
META("registers of a task", task, OBJ(thread), {	/* the one after a good one */
	to_i386(s);
	((struct cpt_task_rec *)OBJ(init))->nregs = 17;
	((struct cpt_task_rec *)OBJ(init))->ntls = 3;
})
META("registers of a task", task, OBJ(init), {
	to_i386(s);
	r->ntls = 3;
})
META("registers of a task", task, OBJ(init), {
	to_i386(s);
	r->nregs = 17;
})
META("registers of a dead task", task, OBJ(dead), { r->nregs = 27; })
META("registers of a dead task", task, OBJ(zombie), { r->ntls = 3; })
META("registers of a dead task", task, OBJ(zombie), { r->restart.kind = CPT_RESTART_POLL; })

/* TASK: in the tree */
#define NOT_INIT	"the first task is not the init of a VE"
META("process of a task", task, OBJ(child), { r->proc = 0; })
META("process of a task", task, OBJ(child), { r->proc = s->exe; })
META("process of a task", task, OBJ(child), { r->proc = HUGE_ID; })
META(NOT_INIT, task, OBJ(init), { r->creator = 1; })
META(NOT_INIT, task, OBJ(init), { r->pid = 5; })
META(NOT_INIT, proc, NTH(PROC, 0), { r->pid = 5; })
META(NOT_INIT, task, OBJ(init), { r->pid = 5, ((struct cpt_proc_rec *)NTH(PROC, 0))->pid = 5; })
META(NOT_INIT, task, OBJ(init), {
	r->state = CPT_TASK_DEAD;
	r->nregs = 0;
	memset(&r->restart, 0, sizeof(r->restart));
})
META(NOT_INIT, task, OBJ(init), { r->flags = CPT_TASK_EARLY; })
META(NOT_INIT, task, OBJ(init), { r->flags = CPT_TASK_ORPHAN; })
META("creator of a task", task, OBJ(child), { r->creator = 0; })
META("creator of a task", task, OBJ(child), { r->creator = s->exe; })
META("creator of a task", task, OBJ(child), { r->creator = r->rec.id; })
META("creator of a task", task, OBJ(child), { r->creator = s->last; })
META("creator of a task", task, OBJ(child), { r->creator = HUGE_ID; })
META("order of the tasks", task, OBJ(dead), { r->creator = s->thread; })
META("process named twice", task, OBJ(zombie), {		/* the child's process and pid again */
	*r = *(struct cpt_task_rec *)OBJ(child);
	r->rec.id = s->zombie;
})
META("thread", task, OBJ(thread), { r->state = CPT_TASK_DEAD, r->nregs = 0, r->restart.kind = 0; })
META("thread", task, OBJ(thread), { r->exit_signal = 17; })
META("thread", task, OBJ(thread), { r->flags = CPT_TASK_EARLY; })
META("thread", task, OBJ(thread), { r->flags = CPT_TASK_ORPHAN; })
META("thread", task, OBJ(child), { r->proc = ((struct cpt_task_rec *)OBJ(init))->proc, r->creator = s->thread; })
META("thread", task, OBJ(child), { r->pid = 77; })		/* of a process with no leader yet */
META("thread", task, OBJ(child), {			/* of another process with the same pid */
	r->pid = 77;
	((struct cpt_proc_rec *)sample_obj(s, r->proc))->pid = 1;
})
META("child of a zombie", task, OBJ(dead), { r->creator = s->zombie; })
META(NULL, task, OBJ(dead), {			/* … but for one that a temporary task makes */
	r->creator = s->zombie;
	r->flags = CPT_TASK_ORPHAN;
})
META("signal for a dead task", task, OBJ(zombie), { r->exit_signal = 18; })
META("signal for a dead task", task, OBJ(dead), { r->exit_signal = 1; })
META(NULL, task, OBJ(zombie), { r->exit_signal = 17; })
META("zombie with resources", task, OBJ(zombie), { r->mm = s->mm[0]; })
META("zombie with resources", task, OBJ(zombie), { r->files = s->files[0]; })
META("zombie with resources", task, OBJ(zombie), { r->fs = s->fs[0]; })
META("what a zombie still has", task, OBJ(zombie), { r->sighand = 0; })
META("what a zombie still has", task, OBJ(zombie), { r->sighand = HUGE_ID; })
META("what a zombie still has", task, OBJ(zombie), { r->sighand = s->sighand[0]; })	/* another's */
META("what a zombie still has", task, OBJ(zombie), { r->sighand = s->sighand[1]; })	/* its creator's */
META("what a zombie still has", task, OBJ(zombie), { r->cred = 0; })
META("what a zombie still has", task, OBJ(zombie), { r->cred = s->exe; })

/* TASK: what it has */
META("credentials of a task", task, OBJ(child), { r->cred = 0; })
META("credentials of a task", task, OBJ(child), { r->cred = s->exe; })
META("memory of a task", task, OBJ(child), { r->mm = 0; })
META("memory of a task", task, OBJ(child), { r->mm = s->exe; })
META("memory of a task", task, OBJ(child), { r->mm = HUGE_ID; })	/* once an out-of-bounds read */
META("memory of a task", task, OBJ(child), { r->mm = BIG; })
META("parent of a task's memory", task, OBJ(init), { r->mm = s->mm[1]; })	/* init inherits nothing */
META("parent of a task's memory", mm, OBJ(mm[2]), { r->parent = s->mm[1]; })
META("what a task shares", task, OBJ(child), { r->files = 0; })
META("what a task shares", task, OBJ(child), { r->files = s->exe; })
META("what a task shares", task, OBJ(child), { r->files = HUGE_ID; })
META("what a task shares", task, OBJ(child), { r->fs = 0; })
META("what a task shares", task, OBJ(child), { r->fs = HUGE_ID; })
META("what a task shares", task, OBJ(child), { r->sighand = 0; })
META("what a task shares", task, OBJ(child), { r->sighand = HUGE_ID; })
META("what a task shares", task, OBJ(vfork), { r->mm = s->mm[1]; })	/* a brother's */
META("what a task shares", task, OBJ(vfork), { r->files = s->files[1]; })
META("what a task shares", task, OBJ(vfork), { r->fs = s->fs[1]; })
META("what a task shares", task, OBJ(vfork), { r->sighand = s->sighand[1]; })
META(NULL, task, OBJ(vfork), { r->files = s->files[0], r->sighand = s->sighand[0]; })
META("memory of a thread", task, OBJ(thread), { r->sighand = s->sighand[1]; })
META("memory of a thread", task, OBJ(thread), { r->mm = s->mm[1]; })
META("handlers shared without the memory", task, OBJ(child), { r->sighand = s->sighand[0]; })

/* XSTATE */
META("FPU state that belongs to nothing", xstate, NTH(VDSO, 0), { r->rec.kind = CPT_K_XSTATE; })
META("FPU state that belongs to nothing", timer, NTH(TIMER, 0), {		/* behind a process */
	struct cpt_proc_rec *proc = NTH(PROC, 0);

	proc->ntimers = 0;
	proc->rlim[2].max = 0;	/* where a task's state would be: as of a live one */
	r->rec.kind = CPT_K_XSTATE;
})
META("FPU state that belongs to nothing", task, OBJ(vfork), {
	r->state = CPT_TASK_DEAD;
	r->nregs = 0;
	r->restart.kind = 0;
})
META("second FPU state of a task", xstate, NTH(SIGINFO, 1), { r->rec.kind = CPT_K_XSTATE; })
META("size of an FPU state", xstate, NTH(XSTATE, 0), { r->size = 575; })
META("size of an FPU state", xstate, NTH(XSTATE, 0), { r->size += 8; })
META("size of an FPU state", xstate, NTH(XSTATE, 0), {
	sample_resize(s, r, sizeof(*r) + CPT_XSTATE_MAX + 8);
	r->size = CPT_XSTATE_MAX + 1;
})
META("size of an FPU state", xstate, NTH(XSTATE, 0), { r->pad = 1; })

/* USAGE, SUMS */
META("usage that belongs to nothing", sums, NTH(SUMS, 0), {
	sample_resize(s, r, sizeof(struct cpt_usage_rec));
	r->rec.kind = CPT_K_USAGE;
})
META("age of a task", usage, NTH(USAGE, 0), { r->age_mono = 1ULL << 62; })
META("age of a task", usage, NTH(USAGE, 0), { r->age_boot = 1ULL << 62; })
META("CPU time", usage, NTH(USAGE, 0), { r->used.utime = CPT_CPU_TIME_MAX + 1; })
META("CPU time", usage, NTH(USAGE, 0), { r->used.stime = CPT_CPU_TIME_MAX + 1; })
META("CPU time", usage, NTH(USAGE, 0), { r->used.runtime = CPT_CPU_TIME_MAX + 1; })
META("CPU time", usage, NTH(USAGE, 0), { r->used.prev_cputime.utime = CPT_CPU_TIME_MAX + 1; })
META("CPU time", usage, NTH(USAGE, 0), { r->used.prev_cputime.stime = CPT_CPU_TIME_MAX + 1; })
META("CPU time", usage, NTH(USAGE, 0), { r->used.utime = CPT_CPU_TIME_MAX; })	/* and others have some */
META("CPU time", usage, NTH(USAGE, 0), { r->used.utime = r->used.stime = CPT_CPU_TIME_MAX / 2; })
META("sums that belong to nothing", usage, NTH(USAGE, 0), {
	sample_resize(s, r, sizeof(struct cpt_sums_rec));
	r->rec.kind = CPT_K_SUMS;
})
META("CPU time", sums, NTH(SUMS, 0), { r->used.stime = CPT_CPU_TIME_MAX; })

/* SECCOMP */
META("older filter of system calls", seccomp, OBJ(seccomp), { r->prev = r->rec.id; })
META("older filter of system calls", seccomp, OBJ(seccomp), { r->prev = s->cred; })
META("filter of system calls", seccomp, OBJ(seccomp), { r->count = 0; })
META("filter of system calls", seccomp, OBJ(seccomp), { r->count = 2; })
META("filter of system calls", seccomp, OBJ(seccomp), { r->count = CPT_FILTER_MAX + 1; })
META("filter of system calls", seccomp, OBJ(seccomp), {
	sample_resize(s, r, sizeof(*r) + 8 * (CPT_FILTER_MAX + 1));
	r->count = CPT_FILTER_MAX + 1;
})
META("filter of system calls", seccomp, OBJ(seccomp), { r->flags = CPT_SECCOMP_LOG + 1; })

/* ATTR */
#define SCHED(_why, _policy, ...) META(_why, attr, NTH(ATTR, 0), { r->policy = CPT_SCHED_##_policy; __VA_ARGS__; })
#define DL(_runtime, _deadline, _period) \
	(r->dl_runtime = (_runtime), r->dl_deadline = (_deadline), r->dl_period = (_period))
META("attributes that belong to nothing", attr, NTH(UTS, 0), { r->rec.kind = CPT_K_ATTR; r->rec.len = sizeof(*r); })
META("attributes that belong to nothing", task, OBJ(vfork), {	/* of a dead task */
	struct cpt_rec *x = NTH(XSTATE, 4);

	r->state = CPT_TASK_DEAD;
	r->nregs = 0;
	r->restart.kind = 0;
	sample_resize(s, x, sizeof(struct cpt_attr_rec));
	x->kind = CPT_K_ATTR;
})
META("second attributes of a task", xstate, NTH(XSTATE, 0), {
	sample_resize(s, r, sizeof(struct cpt_attr_rec));
	memset(&r->rec + 1, 0, sizeof(struct cpt_attr_rec) - sizeof(r->rec));
	r->rec.kind = CPT_K_ATTR;
})
META("scheduling policy", attr, NTH(ATTR, 0), { r->policy = 4; })
META("scheduling policy", attr, NTH(ATTR, 0), { r->policy = 7; })
SCHED("scheduling policy", FIFO)
SCHED("scheduling policy", RR, r->rt_priority = 100)
SCHED("scheduling policy", BATCH, r->rt_priority = 1)
SCHED("deadline of a task", NORMAL, r->dl_runtime = 1)
SCHED("deadline of a task", NORMAL, r->dl_deadline = 1)
SCHED("deadline of a task", IDLE, r->dl_period = 1)
SCHED("deadline of a task", NORMAL, r->flags = CPT_ATTR_DL_RECLAIM)
SCHED("deadline of a task", FIFO, r->rt_priority = 1; r->flags = CPT_ATTR_DL_OVERRUN)
SCHED("deadline of a task", DEADLINE)
SCHED("deadline of a task", DEADLINE, DL(3, 2, 4))
SCHED("deadline of a task", DEADLINE, DL(1, 3, 2))
SCHED("deadline of a task", DEADLINE, DL(1, 2, 1ULL << 63))
SCHED("deadline of a task", DEADLINE, DL(1, 2, 3); r->slice = 1)
SCHED("slice of a task", NORMAL, r->slice = 1ULL << 32)
SCHED("slice of a task", RR, r->rt_priority = 1; r->slice = 1)
META("seccomp of a task", attr, NTH(ATTR, 0), { r->seccomp = s->cred; })
META("seccomp of a task", attr, NTH(ATTR, 2), { r->flags = CPT_ATTR_SECCOMP_STRICT; })
META("attributes of a task", attr, NTH(ATTR, 0), { r->ioprio = 0x10000; })
META("attributes of a task", attr, NTH(ATTR, 0), { r->default_slack = 1ULL << 63; })
META("attributes of a task", attr, NTH(ATTR, 0), { r->flags = CPT_ATTR_FLAGS + 1; })

/* SIGINFO */
META("signal that belongs to nothing", siginfo, NTH(SIGINFO, 0), { r->shared = 0; })
META("signal that belongs to nothing", siginfo, NTH(SIGINFO, 1), { r->shared = 1; })
META("signal that belongs to nothing", siginfo, NTH(UTS, 0), { r->rec.kind = CPT_K_SIGINFO; })
META("queued signal", siginfo, NTH(SIGINFO, 0), { r->shared = 2; })
META("queued signal", siginfo, NTH(SIGINFO, 0), { r->signo = 0; })
META("queued signal", siginfo, NTH(SIGINFO, 0), { r->signo = CPT_NSIG + 1; })

/* VDSO */
META("size of a vdso", vdso, NTH(VDSO, 0), {
	r->size = 0;
	sample_resize(s, r, sizeof(*r));
})
META("size of a vdso", vdso, NTH(VDSO, 0), {
	sample_resize(s, r, sizeof(*r) + CPT_VDSO_MAX + 8);
	r->size = CPT_VDSO_MAX + 1;
})
META("size of a vdso", vdso, NTH(VDSO, 0), { r->size += 8; })
META("size of a vdso", vdso, NTH(VDSO, 0), { r->pad = 1; })

static void test_meta(void **state)
{
	unsigned int i, wrong = 0;
	struct sample s;
	const char *err;
	uint64_t off;

	(void)state;
	for (i = 0; i < nbads; i++) {
		sample_meta(&s);
		sample_meta_end(&s);
		bads[i].change(&s);
		err = meta_check(&s, &off);
		sample_free(&s);
		if (!err && !bads[i].want)
			continue;
		if (err && bads[i].want && !strcmp(err, bads[i].want))
			continue;
		print_error("line %u: %s: %s, not %s\n", bads[i].line, bads[i].name, err ? err : "good",
			    bads[i].want ? bads[i].want : "good");
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* The offset is that of the record that is wrong; if some are missing, that of the end. */
static void test_offset(void **state)
{
	struct cpt_rec *rec;
	struct sample s;
	uint64_t off;

	(void)state;
	sample_meta(&s);
	sample_meta_end(&s);
	rec = sample_obj(&s, s.pipe);
	rec->version = 1;
	assert_non_null(meta_check(&s, &off));
	assert_int_equal(off, (uint8_t *)rec - s.p - sizeof(struct cpt_header));
	rec->version = 0;
	sample_hdr(&s)->tasks++;
	assert_non_null(meta_check(&s, &off));
	assert_int_equal(off, sample_hdr(&s)->meta_len);
	sample_free(&s);
}

/* Metadata that ends anywhere is never read beyond its end, nor good. */
static void test_cut(void **state)
{
	struct sample s;
	uint64_t off;
	size_t len;

	(void)state;
	sample_meta(&s);
	sample_meta_end(&s);
	len = sample_hdr(&s)->meta_len;
	assert_null(meta_check(&s, &off));
	for (; len > 8; ) {
		len -= 8;
		sample_hdr(&s)->meta_len = len;
		assert_non_null(meta_check(&s, &off));
		assert_true(off <= len);
	}
	sample_free(&s);
}

static void test_paths(void **state)
{
	static const char * const good[] = { "/", "/a", "/a/b", "/...", "/.a", "/a.", "/..a/b..", "/ ", "/\n" };
	static const char * const wrong[] = { "", "a", "a/b", "//", "/a/", "/a//b", "/.", "/..", "/a/.",
		"/a/..", "/./a", "/../a", "/a/./b", "/a/../b", "./a" };
	char path[4097];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!cpt_path_ok(good[i], strlen(good[i])))
			fail_msg("refused: %s", good[i]);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (cpt_path_ok(wrong[i], strlen(wrong[i])))
			fail_msg("accepted: %s", wrong[i]);
	assert_false(cpt_path_ok("/a\0b", 4));
	assert_false(cpt_path_ok("/a\0", 3));
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	assert_true(cpt_path_ok(path, 4095));
	assert_false(cpt_path_ok(path, 4096));
}

/*
 * Random trees: a task's creator may be the task before it or one of that one's
 * creators, and nothing else.
 */
static void test_order(void **state)
{
	enum { TASKS = 60, TREES = 50 };
	uint64_t task[TASKS], chain[TASKS + 1], last[TASKS + 1], off;
	int i, depth, before = 0, tree, pid, own[TASKS + 1];
	struct sample s;

	(void)state;
	srandom(1);
	for (tree = 0; tree < TREES; tree++) {
		sample_meta(&s);
		chain[0] = s.init;
		task[0] = s.vfork;
		chain[1] = s.vfork;
		own[0] = 0;
		own[1] = 3;
		for (depth = 1, i = 1; i < TASKS; i++) {
			pid = 100 + i;
			memcpy(last, chain, sizeof(last));
			before = depth;
			depth = random() % (depth + 1);
			task[i] = sample_task(&s, chain[depth], sample_proc(&s, pid), pid, 0,
					      CPT_TASK_LIVE, own[depth]);	/* all as its creator */
			own[depth + 1] = own[depth];
			chain[++depth] = task[i];
		}
		sample_meta_end(&s);
		assert_null(meta_check(&s, &off));
		/* the last one's creator: any task but the one before it and its creators */
		for (i = 0; i < TASKS - 1; i++) {
			struct cpt_task_rec *t = sample_obj(&s, task[TASKS - 1]);
			int k;

			for (k = 0; k <= before && last[k] != task[i]; k++)
				;
			if (k <= before)
				continue;
			t->creator = task[i];
			assert_string_equal(meta_check(&s, &off), "order of the tasks");
		}
		sample_free(&s);
	}
}

/* --- data -------------------------------------------------------------------------------------- */

static void test_data_header(void **state)
{
	struct cpt_data_rec d, good = {
		.rec = { CPT_K_DATA, 0, sizeof(d) + 2 * sizeof(struct cpt_run), 5 },
		.nruns = 2, .bytes = 8192,
	};

	(void)state;
#define DATA(want, change)	(d = good, change, assert_string_equal(cpt_data_check(&d), want))
	assert_null(cpt_data_check(&good));
	DATA("kind of a data section", d.rec.kind = CPT_K_END);
	DATA("kind of a data section", d.rec.version = 1);
	DATA("length of a data section", (d.nruns = 0, d.rec.len = sizeof(d)));
	DATA("length of a data section", (d.nruns = CPT_RUNS_MAX + 1,
					  d.rec.len = sizeof(d) + d.nruns * sizeof(struct cpt_run)));
	DATA("length of a data section", d.bytes = CPT_DATA_MAX + 1);
	DATA("length of a data section", d.rec.len += 8);
	DATA("length of a data section", d.nruns++);
}

static void test_runs(void **state)
{
	struct cpt_data_rec d = { .nruns = 3, .bytes = 12288 };
	const struct cpt_run good[3] = { { 4096, 4096, 0 }, { 8192, 40960, CPT_RUN_HOLE }, { 65536, 8192, 0 } };
	struct cpt_run run[3];

	(void)state;
#define RUNS(want, change) \
	(memcpy(run, good, sizeof(run)), change, assert_string_equal(cpt_runs_check(&d, run), want))
	assert_null(cpt_runs_check(&d, good));
	RUNS("run of data", run[1].len = 0);
	RUNS("run of data", run[1].flags = 2);
	RUNS("run of data", run[1].off = 8191);
	RUNS("run of data", run[2].off = CPT_ADDR_MAX + 1);
	RUNS("run of data", run[2].off = ~0ULL);
	RUNS("run of data", (run[1].len = 0xfffff000, run[2].off = 65536));
	RUNS("bytes of a data section", run[1].flags = 0);
	RUNS("bytes of a data section", run[2].len = 4096);
}

#define OUTSIDE	"run of data outside the areas of a memory"
#define PAGES	"run of data that is not whole pages"
#define NODATA	"run of data in an area that has none"
#define NOTINH	"hole in an area that is not inherited"
#define NONE	"data of an object that has none"
#define OUTOBJ	"run of data outside its object"
#define HOLED	"hole in what is not inherited"

/* Of each object, runs that it may have and runs that it may not. */
static void test_run_of(void **state)
{
	const uint64_t H = SAMPLE_HEAP, P = CPT_PAGE;
	struct sample s;
	struct cpt_walk w = { 0 };
	size_t i;

	(void)state;
	sample_meta(&s);
	sample_meta_end(&s);
	w.hdr = sample_hdr(&s);
	w.meta = s.p + sizeof(struct cpt_header);
	w.obj = calloc(s.objects + 1, sizeof(*w.obj));
	w.mark = calloc(s.objects + 1, 1);
	assert_int_equal(cpt_meta_check(&w), 0);
	const struct {
		uint64_t id;
		struct cpt_run run;
		const char *want;
	} cases[] = {
		{ s.mm[0], { SAMPLE_TEXT, 2 * P, 0 }, NULL },
		{ s.mm[0], { H, 4 * P, 0 }, NULL },
		{ s.mm[0], { H + 3 * P, P, 0 }, NULL },
		{ s.mm[0], { SAMPLE_STACK + 2 * P, P, 0 }, NULL },
		{ s.mm[0], { H + 3 * P, 2 * P, 0 }, OUTSIDE },		/* into the next area */
		{ s.mm[0], { H - P, P, 0 }, OUTSIDE },
		{ s.mm[0], { H - P, 2 * P, 0 }, OUTSIDE },
		{ s.mm[0], { 0, P, 0 }, OUTSIDE },
		{ s.mm[0], { SAMPLE_STACK + 3 * P, P, 0 }, OUTSIDE },
		{ s.mm[0], { SAMPLE_VDSO + 2 * P, P, 0 }, OUTSIDE },
		{ s.mm[0], { SAMPLE_TEXT, 0xfffff000, 0 }, OUTSIDE },
		{ s.mm[0], { H + 1, P, 0 }, PAGES },
		{ s.mm[0], { H, P - 1, 0 }, PAGES },
		{ s.mm[0], { H + 4 * P, P, 0 }, NODATA },		/* a file's own pages */
		{ s.mm[0], { SAMPLE_SHM, P, 0 }, NODATA },
		{ s.mm[0], { SAMPLE_VDSO, P, 0 }, NODATA },
		{ s.mm[0], { H, P, CPT_RUN_HOLE }, NOTINH },
		{ s.mm[1], { H, P, CPT_RUN_HOLE }, NULL },
		{ s.mm[1], { SAMPLE_STACK, P, CPT_RUN_HOLE }, NOTINH },
		{ s.shm, { 0, 3 * P, 0 }, NULL },
		{ s.shm, { 2 * P, P, 0 }, NULL },
		{ s.shm, { 3 * P, P, 0 }, OUTOBJ },
		{ s.shm, { 2 * P, 2 * P, 0 }, OUTOBJ },
		{ s.shm, { CPT_ADDR_MAX, P, 0 }, OUTOBJ },
		{ s.shm, { 1, P, 0 }, PAGES },
		{ s.shm, { 0, 1, 0 }, PAGES },
		{ s.shm, { 0, P, CPT_RUN_HOLE }, HOLED },
		{ s.linked, { 0, P, 0 }, NONE },
		{ s.pipe, { 0, 196, 0 }, NULL },
		{ s.pipe, { 195, 1, 0 }, NULL },
		{ s.pipe, { 195, 2, 0 }, OUTOBJ },
		{ s.pipe, { 197, 1, 0 }, OUTOBJ },
		{ s.pipe, { 0, 1, CPT_RUN_HOLE }, HOLED },
		{ 0, { 0, P, 0 }, NULL },
		{ 0, { 5, 7, 0 }, NULL },
		{ 0, { 0, P, CPT_RUN_HOLE }, HOLED },
		{ s.exe, { 0, P, 0 }, NONE },
		{ s.vfork, { 0, P, 0 }, NONE },
		{ s.objects + 1, { 0, P, 0 }, NONE },
		{ HUGE_ID, { 0, P, 0 }, NONE },
	};
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *err = cpt_run_check(&w, cases[i].id, &cases[i].run);

		if (!err != !cases[i].want || (err && strcmp(err, cases[i].want)))
			fail_msg("case %zu: %s, not %s", i, err ? err : "good",
				 cases[i].want ? cases[i].want : "good");
	}
	free(w.obj);
	free(w.mark);
	sample_free(&s);
}

static void test_end(void **state)
{
	struct cpt_end_rec e, good = { { CPT_K_END, 0, sizeof(e), 0 }, 3, 4, 5 };

	(void)state;
#define END(want, change)	(e = good, change, assert_string_equal(cpt_end_check(&e, 3, 4, 5), want))
	assert_null(cpt_end_check(&good, 3, 4, 5));
	END("end record", e.rec.kind = CPT_K_DATA);
	END("end record", e.rec.version = 1);
	END("end record", e.rec.len += 8);
	END("end record", e.rec.id = 1);
	END("data is missing", e.sections++);
	END("data is missing", e.bytes++);
	END("data is missing", e.file_len++);
}

#define HEADER_TEST(name)	cmocka_unit_test(header_##name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HEADER_TEST(good), HEADER_TEST(magic), HEADER_TEST(newer), HEADER_TEST(version0),
		HEADER_TEST(len), HEADER_TEST(i386), HEADER_TEST(arch), HEADER_TEST(page_size),
		HEADER_TEST(pad), HEADER_TEST(meta_none), HEADER_TEST(meta_max),
		HEADER_TEST(meta_align), HEADER_TEST(objects_max), HEADER_TEST(objects),
		HEADER_TEST(tasks_none), HEADER_TEST(tasks), HEADER_TEST(real_ns), HEADER_TEST(mono_ns),
		HEADER_TEST(boot_ns), HEADER_TEST(release), HEADER_TEST(crc),
		cmocka_unit_test(test_meta),
		cmocka_unit_test(test_offset),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_data_header),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_run_of),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * `ctl image info`: an image as text for people, or as JSON.
 *
 * All text of the image is somebody else's: it goes out escaped (\xNN, \\), so
 * that a program's name cannot drive the terminal. JSON is written as it is
 * found, not gathered first: there may be half a million tasks.
 */
#include "image.h"

#include <string.h>
#include <time.h>

#define INDENT_MAX	20		/* levels of the tree that are drawn */

static const char * const state_names[] = {
	[CPT_TASK_LIVE]		= "live",
	[CPT_TASK_ZOMBIE]	= "zombie",
	[CPT_TASK_DEAD]		= "dead",	/* its threads live */
};

static const char * const xfeature_names[64] = {
	"x87", "sse", "avx", "bndregs", "bndcsr", "opmask", "zmm_hi256", "hi16_zmm", "pt", "pkru",
	"pasid", "cet_u", "cet_s", [17] = "tilecfg", [18] = "tiledata",
};

static const char *arch_name(const struct image *img)
{
	return img->hdr.arch == CPT_ARCH_I386 ? "i386" : "x86_64";
}

void image_text(FILE *out, const char *p, size_t max, bool json)
{
	const char *bs = json ? "\\\\" : "\\";
	size_t i;

	for (i = 0; i < max && p[i]; i++) {
		unsigned char c = p[i];

		if (c == '\\')
			fprintf(out, "%s%s", bs, bs);
		else if (c == '"' && json)
			fputs("\\\"", out);
		else if (c < 0x20 || c > 0x7e)
			fprintf(out, "%sx%02x", bs, c);
		else
			fputc(c, out);
	}
}

static void put_time(FILE *out, __u64 real_ns, const char *format)
{
	time_t t = real_ns / 1000000000;
	char text[64] = "at an impossible time";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), format, &tm);
	fputs(text, out);
}

static void put_size(FILE *out, __u64 n)
{
	static const char units[] = " KMGTPE";
	const char *u = units;
	__u64 rest = 0;

	if (n < 10240) {
		fprintf(out, "%llu B", n);
		return;
	}
	for (; n >= 1024; n /= 1024, u++)
		rest = n % 1024;
	fprintf(out, "%llu.%llu %ciB", n, rest * 10 / 1024, *u);
}

static const struct cpt_rec *next_of(const struct image *img, const struct cpt_rec *rec, int kind)
{
	do
		rec = cpt_rec_next(&img->walk, rec);
	while (rec && rec->kind != kind);
	return rec;
}

static uint32_t areas_of(const struct image *img, const struct image_proc *p)
{
	__u64 id = p->leader->mm;

	return id ? ((const struct cpt_mm_rec *)img->walk.obj[id])->areas : 0;
}

static uint32_t fds_of(const struct image *img, const struct image_proc *p)
{
	__u64 id = p->leader->files;

	return id ? ((const struct cpt_files_rec *)img->walk.obj[id])->n : 0;
}

/* The process after @p, parents before children, without recursion; @depth follows. */
static const struct image_proc *next_proc(const struct image_proc *p, unsigned int *depth)
{
	if (p->child) {
		++*depth;
		return p->child;
	}
	while (p && !p->next) {
		p = p->parent;
		--*depth;
	}
	return p ? p->next : NULL;
}

static __u64 pages(const struct image *img)
{
	return (img->kind[CPT_K_MM].data + img->kind[CPT_K_SHMEM].data) / CPT_PAGE;
}

/* --- for people -------------------------------------------------------------------------------- */

static void show_header(const struct image *img, FILE *out)
{
	const struct cpt_header *h = &img->hdr;
	unsigned int i;

	fprintf(out, "VE:        %u\nTaken:     ", h->veid);
	put_time(out, h->real_ns, "%F %T UTC");
	fputs("\nKernel:    ", out);
	image_text(out, h->release, sizeof(h->release), false);
	fprintf(out, " (%s)\nCPU state:", arch_name(img));
	for (i = 0; i < 64; i++) {
		if (!(h->xfeatures >> i & 1))
			continue;
		if (xfeature_names[i])
			fprintf(out, " %s", xfeature_names[i]);
		else
			fprintf(out, " bit%u", i);
	}
	fputs("\nMetadata:  ", out);
	put_size(out, h->meta_len);
	fprintf(out, ", %u objects, %u tasks\n", h->objects, h->tasks);
}

static void show_tree(const struct image *img, FILE *out)
{
	const struct image_proc *p;
	unsigned int depth = 0;

	fprintf(out, "\n%10s %-6s %7s %7s %7s  %s\n", "PID", "STATE", "THREADS", "AREAS", "FDS", "NAME");
	for (p = img->procs; p; p = next_proc(p, &depth)) {
		fprintf(out, "%10u %-6s %7u %7u %7u  %*s", p->pid, state_names[p->leader->state],
			p->threads, areas_of(img, p), fds_of(img, p),
			2 * (depth < INDENT_MAX ? (int)depth : INDENT_MAX), "");
		image_text(out, p->leader->comm, sizeof(p->leader->comm), false);
		fputc('\n', out);
	}
}

static void show_kinds(const struct image *img, FILE *out)
{
	const struct image_kind *k;
	int i;

	fprintf(out, "\n%-16s %10s %14s %14s\n", "KIND", "RECORDS", "METADATA", "DATA");
	for (i = 0; i < CPT_K_MAX; i++) {
		k = &img->kind[i];
		if (k->records)
			fprintf(out, "%-16s %10llu %14llu %14llu\n",
				cpt_kind_rows[i].name, k->records, k->meta, k->data);
	}
}

static void show_blobs(const struct image *img, FILE *out)
{
	const struct cpt_rec *rec = NULL;

	if (img->kind[CPT_K_BLOB].records)
		fputc('\n', out);
	while ((rec = next_of(img, rec, CPT_K_BLOB))) {
		const struct cpt_blob_rec *b = (const void *)rec;

		if (b->tag == CPT_BLOB_VE)
			fprintf(out, "Description of the VE, ");
		else if (b->tag == CPT_BLOB_CONSOLE)
			fprintf(out, "What the console showed, ");
		else
			fprintf(out, "Blob %u/%u, ", b->tag, b->key);
		put_size(out, b->size);
		fputc('\n', out);
		if (b->tag == CPT_BLOB_VE)
			image_show_ve(b, out);
	}
}

void image_show(const struct image *img, FILE *out)
{
	if (img->have < IMAGE_HEADER)
		return;
	show_header(img, out);
	if (img->have < IMAGE_META)
		return;
	show_tree(img, out);
	show_blobs(img, out);
	show_kinds(img, out);
	if (img->have < IMAGE_DATA)
		return;
	fprintf(out, "\n%llu pages of memory, %llu runs and %llu holes in %llu"
		" sections; image of ", pages(img), img->runs, img->holes, img->sections);
	put_size(out, img->file_len);
	fputc('\n', out);
}

/* --- for programs ------------------------------------------------------------------------------ */

static void json_text(FILE *out, const char *name, const char *p, size_t max)
{
	fprintf(out, "\"%s\":\"", name);
	image_text(out, p, max, true);
	fputc('"', out);
}

static void json_header(const struct image *img, FILE *out)
{
	const struct cpt_header *h = &img->hdr;
	const char *sep = "";
	unsigned int i;

	fprintf(out, "\"format\":%u,\"veid\":%u,\"taken\":\"", h->version, h->veid);
	put_time(out, h->real_ns, "%FT%TZ");
	fprintf(out, "\",\"real_ns\":%llu,\"mono_ns\":%llu,\"boot_ns\":%llu,",
		h->real_ns, h->mono_ns, h->boot_ns);
	json_text(out, "kernel", h->release, sizeof(h->release));
	fprintf(out, ",\"arch\":\"%s\",\"page_size\":%u,\"xfeatures\":%llu,\"cpu_state\":[",
		arch_name(img), h->page_size, h->xfeatures);
	for (i = 0; i < 64; i++) {
		if (!(h->xfeatures >> i & 1))
			continue;
		if (xfeature_names[i])
			fprintf(out, "%s\"%s\"", sep, xfeature_names[i]);
		else
			fprintf(out, "%s\"bit%u\"", sep, i);
		sep = ",";
	}
	fprintf(out, "],\"metadata\":%llu,\"objects\":%u,\"tasks\":%u", h->meta_len, h->objects,
		h->tasks);
}

static void json_procs(const struct image *img, FILE *out)
{
	const struct image_proc *p;
	unsigned int depth = 0;
	const char *sep = "";

	fputs(",\"processes\":[", out);
	for (p = img->procs; p; p = next_proc(p, &depth)) {
		fprintf(out, "%s{\"pid\":%u,\"ppid\":%u,\"pgid\":%u,\"sid\":%u,\"depth\":%u,", sep, p->pid,
			p->parent ? p->parent->pid : 0, p->rec->pgid, p->rec->sid, depth);
		json_text(out, "name", p->leader->comm, sizeof(p->leader->comm));
		fprintf(out, ",\"state\":\"%s\",\"threads\":%u,\"areas\":%u,\"fds\":%u}",
			state_names[p->leader->state], p->threads, areas_of(img, p), fds_of(img, p));
		sep = ",";
	}
	fputc(']', out);
}

static void json_blobs(const struct image *img, FILE *out)
{
	const struct cpt_rec *rec = NULL;
	const char *sep = "";

	fputs(",\"blobs\":[", out);
	while ((rec = next_of(img, rec, CPT_K_BLOB))) {
		const struct cpt_blob_rec *b = (const void *)rec;

		fprintf(out, "%s{\"tag\":%u,\"key\":%u,\"size\":%u", sep, b->tag, b->key, b->size);
		if (b->tag == CPT_BLOB_VE)
			image_show_ve_json(b, out);
		fputc('}', out);
		sep = ",";
	}
	fputc(']', out);
}

static void json_kinds(const struct image *img, FILE *out)
{
	const struct image_kind *k;
	const char *sep = "";
	int i;

	fputs(",\"kinds\":[", out);
	for (i = 0; i < CPT_K_MAX; i++) {
		k = &img->kind[i];
		if (!k->records)
			continue;
		fprintf(out, "%s{\"kind\":\"%s\",\"records\":%llu,\"metadata\":%llu"
			",\"sections\":%llu,\"data\":%llu}", sep, cpt_kind_rows[i].name,
			k->records, k->meta, k->sections, k->data);
		sep = ",";
	}
	fputc(']', out);
}

void image_show_json(const struct image *img, FILE *out)
{
	fprintf(out, "{\"complete\":%s", img->have == IMAGE_DATA ? "true" : "false");
	if (*img->err)
		fputc(',', out), json_text(out, "error", img->err, sizeof(img->err));
	if (img->have >= IMAGE_HEADER)
		fputc(',', out), json_header(img, out);
	if (img->have >= IMAGE_META) {
		json_procs(img, out);
		json_blobs(img, out);
		json_kinds(img, out);
	}
	if (img->have == IMAGE_DATA)
		fprintf(out, ",\"sections\":%llu,\"runs\":%llu,\"holes\":%llu"
			",\"pages\":%llu,\"data\":%llu,\"bytes\":%llu",
			img->sections, img->runs, img->holes, pages(img), img->data, img->file_len);
	fputs("}\n", out);
}

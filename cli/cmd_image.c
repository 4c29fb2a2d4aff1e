// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctl image info FILE [--json]	what is in an image
 * ctl image verify FILE	is it whole and well-formed?
 * ctl image diff A B [--all]	what differs between two of them
 *
 * None needs the module, root or a VE. FILE "-" is standard input; diff reads its files twice, so
 * they must be files. info leaves out the checksums of the data, which would mean to read all of
 * it. Exit 0: good; 17, as of a restore: it is not; 20: bad option. Of diff, as of diff(1), 0:
 * equal; 1: they differ; 2: trouble. Fields that are declared volatile (image_fields.c) are no
 * difference; with --all they are told, and count.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "image.h"
#include "say.h"

int cmd_image(int argc, char **argv);

static int usage(FILE *out)
{
	fputs("usage: ctl image info FILE [--json]\n"
	      "       ctl image verify FILE\n"
	      "       ctl image diff A B [--all]\n"
	      "FILE - is standard input\n", out);
	return out == stdout ? OK : E_SYNTAX;
}

static int complain(const char *path, const char *what)
{
	return fail(E_RESTORE, "%s: %s", strcmp(path, "-") ? path : "standard input", what);
}

/* Either both parts of an image are read without complaint, or img->err tells. */
static int read_all(struct image *img, struct image_in *in, bool checksums)
{
	return image_read_meta(img, in) || image_read_data(img, checksums);
}

static int flushed(const char *path)
{
	if (fflush(stdout) || ferror(stdout))
		return complain(path, "the output cannot be written");
	return 0;
}

static int info(const char *path, struct image_in *in, bool json)
{
	struct image img;
	int ret;

	ret = read_all(&img, in, false);
	(json ? image_show_json : image_show)(&img, stdout);
	if (ret)
		ret = complain(path, img.err);
	else
		ret = flushed(path);
	image_free(&img);
	return ret;
}

static int verify(const char *path, struct image_in *in)
{
	struct image img;
	int ret = 0;

	if (read_all(&img, in, true)) {
		ret = complain(path, img.err);
	} else {
		printf("%s: a good image of VE %u, %u tasks, %llu bytes\n", path, img.hdr.veid,
		       img.hdr.tasks, (unsigned long long)img.file_len);
		ret = flushed(path);
	}
	image_free(&img);
	return ret;
}

enum { DIFF_EQUAL = 0, DIFF_DIFFERENT = 1, DIFF_TROUBLE = 2 };

static int trouble(const char *path, const char *what)
{
	complain(path, what);
	return DIFF_TROUBLE;
}

/* All of one image, to be compared. */
static int load(const char *path, struct image *img, struct image_in *in)
{
	memset(img, 0, sizeof(*img));
	if (image_in_open(in, path))
		return trouble(path, strerror(errno));
	if (!in->regular)
		return trouble(path, "this is no file that can be read twice");
	if (image_read_meta(img, in))
		return trouble(path, img->err);
	img->keep_runs = true;
	return image_read_data(img, true) ? trouble(path, img->err) : 0;
}

static int diff(const char *a, const char *b, bool all)
{
	struct image_in in_a = { .fd = -1 }, in_b = { .fd = -1 };
	struct image img_a = { 0 }, img_b = { 0 };
	int ret = load(a, &img_a, &in_a);
	long lines;

	if (!ret)
		ret = load(b, &img_b, &in_b);
	if (!ret) {
		lines = image_diff(&img_a, &img_b, all, stdout);
		if (lines < 0)
			ret = trouble(a, "it cannot be compared: not enough memory, or it changed meanwhile");
		else if (flushed(a))
			ret = DIFF_TROUBLE;
		else
			ret = lines ? DIFF_DIFFERENT : DIFF_EQUAL;
	}
	image_free(&img_a);
	image_free(&img_b);
	image_in_close(&in_a);
	image_in_close(&in_b);
	return ret;
}

int cmd_image(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct image_in in;
	bool json = false, all = false, is_diff = argc > 1 && !strcmp(argv[1], "diff");
	int c, ret;

	optind = 0;	/* whoever was called with these arguments may have looked at them */
	while ((c = getopt_long(argc, argv, "jah", options, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout);
		if (c != (is_diff ? 'a' : 'j'))
			return is_diff ? usage(stderr), DIFF_TROUBLE : usage(stderr);
		json = !is_diff;
		all = is_diff;
	}
	argc -= optind;
	argv += optind;
	if (is_diff)
		return argc == 3 ? diff(argv[1], argv[2], all) : (usage(stderr), DIFF_TROUBLE);
	if (argc != 2 || (strcmp(argv[0], "info") && strcmp(argv[0], "verify")))
		return usage(stderr);
	if (json && *argv[0] == 'v')
		return usage(stderr);
	if (image_in_open(&in, argv[1]))
		return complain(argv[1], strerror(errno));
	ret = *argv[0] == 'i' ? info(argv[1], &in, json) : verify(argv[1], &in);
	image_in_close(&in);
	return ret;
}

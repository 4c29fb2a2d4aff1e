// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctl image info FILE [--json]	what is in an image
 * ctl image verify FILE	is it whole and well-formed?
 *
 * Neither needs the module, root or a VE. FILE "-" is standard input. info leaves
 * out the checksums of the data, which would mean to read all of it. Exit 0: good;
 * 17, as of a restore: it is not; 20: bad option.
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

int cmd_image(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct image_in in;
	bool json = false;
	int c, ret;

	optind = 0;	/* whoever was called with these arguments may have looked at them */
	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout);
		if (c != 'j')
			return usage(stderr);
		json = true;
	}
	argc -= optind;
	argv += optind;
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

// SPDX-License-Identifier: GPL-2.0-only
/* ctl's own part of an image; see blob.h. */
#include "blob.h"
#include "cmd.h"
#include "dev.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#define FORMAT	1

int blob_put(int dev, uint32_t tag, uint32_t key, const void *data, size_t len)
{
	struct cpt_ioc_blob b = { .tag = tag, .key = key, .len = len, .data = (uintptr_t)data };

	if (dev_ioctl(dev, CPT_IOC_PUT_BLOB, &b))
		return fail_errno(E_CHKPNT, "Can not dump container");
	return OK;
}

/* The size comes first, so that a small image needs little memory. */
static int get_one(int dev, unsigned int index, struct blob *out)
{
	struct cpt_ioc_blob b = { .index = index };

	if (dev_ioctl(dev, CPT_IOC_GET_BLOB, &b))
		return -1;
	out->data = xmalloc(b.len + 1);
	out->len = b.len;
	b.index = index;
	b.data = (uintptr_t)out->data;
	if (dev_ioctl(dev, CPT_IOC_GET_BLOB, &b))
		return -1;
	out->tag = b.tag;
	out->key = b.key;
	return 0;
}

int blob_get_all(int dev, struct blobs *all)
{
	struct blob b = { 0 };

	*all = (struct blobs){ 0 };
	while (!get_one(dev, all->n, &b)) {
		all->b = xrealloc(all->b, (all->n + 1) * sizeof(b));
		all->b[all->n++] = b;
	}
	return errno == ENOENT ? OK : fail_errno(E_RESTORE, "Can not read the image");
}

void blob_free(struct blobs *all)
{
	for (unsigned int i = 0; i < all->n; i++)
		free(all->b[i].data);
	free(all->b);
	*all = (struct blobs){ 0 };
}

static void add_text(json_object *o, const char *key, const char *value)
{
	if (value && *value)
		json_object_object_add(o, key, json_object_new_string(value));
}

char *blob_ve_json(const struct ve *ve, const char *generation, uint64_t caps, const struct ve_mounts *mounts)
{
	json_object *o = json_object_new_object();
	struct utsname u;
	char hex[20], *text;

	uname(&u);
	snprintf(hex, sizeof(hex), "%llx", (unsigned long long)caps);
	json_object_object_add(o, "format", json_object_new_int(FORMAT));
	json_object_object_add(o, "veid", json_object_new_int64(ve->id));
	add_text(o, "generation", generation);
	json_object_object_add(o, "time", json_object_new_int64(time(NULL)));
	add_text(o, "kernel", u.release);
	add_text(o, "machine", u.machine);
	add_text(o, "host", u.nodename);
	add_text(o, "ctl", CTL_VERSION);
	add_text(o, "private", ve->private);
	add_text(o, "hostname", ve_get(ve, "HOSTNAME"));
	add_text(o, "ostemplate", ve_get(ve, "OSTEMPLATE"));
	add_text(o, "capabilities", hex);
	json_object_object_add(o, "mounts", mounts_json(mounts));
	text = xstrdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return text;
}

/* --- reading ------------------------------------------------------------------------------- */

static int parse(json_object *o, bool admin, struct blob_ve *out)
{
	json_object *format = NULL, *veid = NULL, *gen = NULL, *mounts = NULL;

	*out = (struct blob_ve){ 0 };
	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, "format", &format) ||
	    !json_object_object_get_ex(o, "veid", &veid) || !json_object_object_get_ex(o, "generation", &gen) ||
	    !json_object_is_type(gen, json_type_string))
		return fail(E_RESTORE, "What ctl wrote into the image about the container is damaged");
	if (json_object_get_int64(format) > FORMAT)
		return fail(E_RESTORE, "The image was made by a newer ctl");
	out->veid = json_object_get_int64(veid);
	snprintf(out->generation, sizeof(out->generation), "%s", json_object_get_string(gen));
	json_object_object_get_ex(o, "mounts", &mounts);
	return mounts_parse(mounts, admin, &out->mounts);
}

int blob_ve_parse(const struct blobs *all, bool admin, struct blob_ve *out)
{
	for (unsigned int i = 0; i < all->n; i++) {
		json_tokener *tok;
		json_object *o;
		int code;

		if (all->b[i].tag != CPT_BLOB_VE)
			continue;
		tok = json_tokener_new_ex(8);
		o = json_tokener_parse_ex(tok, all->b[i].data, all->b[i].len);
		code = parse(o, admin, out);
		json_object_put(o);
		json_tokener_free(tok);
		return code;
	}
	return fail(E_RESTORE, "The image has nothing from ctl about the container");
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The description of the VE in an image (CPT_BLOB_VE, JSON, made by blob.c) as
 * `ctl image info` shows it: in brief for people, as it is for programs. What
 * cannot be parsed is left out. And what differs between two of them.
 */
#include "image.h"

#include <json-c/json.h>
#include <string.h>

#define VE_JSON_MAX	(1u << 20)	/* a larger one is not read */
#define VE_LINE		200		/* of one value, for people */

/* The description or NULL; the caller puts it. */
static json_object *ve_json(const struct cpt_blob_rec *b)
{
	json_tokener *tok;
	json_object *o;

	if (b->size > VE_JSON_MAX)
		return NULL;
	tok = json_tokener_new();
	if (!tok)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, (const char *)(b + 1), b->size);
	if (json_tokener_get_error(tok) != json_tokener_success) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tok);
	return o;
}

static void show_members(json_object *ve, FILE *out)
{
	json_object_object_foreach(ve, key, value) {
		fputs("  ", out);
		image_text(out, key, VE_LINE, false);
		fputs(": ", out);
		if (json_object_is_type(value, json_type_array))
			fprintf(out, "%zu entries", json_object_array_length(value));
		else if (json_object_is_type(value, json_type_object))
			fprintf(out, "%d members", json_object_object_length(value));
		else
			image_text(out, json_object_get_string(value) ?: "null", VE_LINE, false);
		fputc('\n', out);
	}
}

void image_show_ve(const struct cpt_blob_rec *b, FILE *out)
{
	json_object *ve = ve_json(b);

	if (json_object_is_type(ve, json_type_object))
		show_members(ve, out);
	json_object_put(ve);
}

void image_show_ve_json(const struct cpt_blob_rec *b, FILE *out)
{
	json_object *ve = ve_json(b);

	if (ve)
		fprintf(out, ",\"ve\":%s",
			json_object_to_json_string_ext(ve, JSON_C_TO_STRING_PLAIN));
	json_object_put(ve);
}

struct ve_diff {
	void (*tell)(void *arg, const char *where, const char *a, const char *b);
	void *arg;
	char where[256];
};

static void diff_values(struct ve_diff *d, json_object *a, json_object *b);

static void diff_member(struct ve_diff *d, const char *name, json_object *a, json_object *b)
{
	size_t len = strlen(d->where);

	snprintf(d->where + len, sizeof(d->where) - len, "%s%s", len && *name != '[' ? "." : "", name);
	diff_values(d, a, b);
	d->where[len] = '\0';
}

static void diff_members(struct ve_diff *d, json_object *a, json_object *b)
{
	json_object *other;

	json_object_object_foreach(a, key, value)
		diff_member(d, key, value, json_object_object_get(b, key));
	json_object_object_foreach(b, key2, value2)
		if (!json_object_object_get_ex(a, key2, &other))
			diff_member(d, key2, NULL, value2);
}

static void diff_array(struct ve_diff *d, json_object *a, json_object *b)
{
	size_t na = json_object_array_length(a), nb = json_object_array_length(b), i;
	char name[32];

	for (i = 0; i < na || i < nb; i++) {
		snprintf(name, sizeof(name), "[%zu]", i);
		diff_member(d, name, i < na ? json_object_array_get_idx(a, i) : NULL,
			    i < nb ? json_object_array_get_idx(b, i) : NULL);
	}
}

/* The parser limits the depth. */
static void diff_values(struct ve_diff *d, json_object *a, json_object *b)
{
	if (json_object_equal(a, b))
		return;
	if (json_object_is_type(a, json_type_object) && json_object_is_type(b, json_type_object))
		diff_members(d, a, b);
	else if (json_object_is_type(a, json_type_array) && json_object_is_type(b, json_type_array))
		diff_array(d, a, b);
	else
		d->tell(d->arg, d->where, a ? json_object_to_json_string_ext(a, JSON_C_TO_STRING_PLAIN) : "none",
			b ? json_object_to_json_string_ext(b, JSON_C_TO_STRING_PLAIN) : "none");
}

bool image_diff_ve(const struct cpt_blob_rec *a, const struct cpt_blob_rec *b,
		   void (*tell)(void *arg, const char *where, const char *a, const char *b), void *arg)
{
	struct ve_diff d = { .tell = tell, .arg = arg };
	json_object *x = ve_json(a), *y = ve_json(b);
	bool differ = x && y && !json_object_equal(x, y);

	if (differ)
		diff_values(&d, x, y);
	json_object_put(x);
	json_object_put(y);
	return differ;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The description of the VE in an image (CPT_BLOB_VE, JSON, made by world.c) as
 * `ctl image info` shows it: in brief for people, as it is for programs. What
 * cannot be parsed is left out.
 */
#include "image.h"

#include <json-c/json.h>

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

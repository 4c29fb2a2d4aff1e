// SPDX-License-Identifier: GPL-2.0-only
/* Configuration files; see config.h. */
#include "config.h"
#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool key_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Split KEY=value, KEY="value", KEY='value'; leaves key NULL for anything else. */
static void split(struct conf_line *l)
{
	const char *p = l->text + strspn(l->text, " \t"), *key = p, *val;
	size_t n = 0;

	while (key_char(*p))
		p++;
	if (p == key || *p != '=')
		return;
	l->key = xprintf("%.*s", (int)(p - key), key);
	val = p + 1;
	l->value = xmalloc(strlen(val) + 1);
	if (*val == '"' || *val == '\'') {
		char quote = *val++;

		while (*val && *val != quote) {
			if (quote == '"' && *val == '\\' && (val[1] == '"' || val[1] == '\\'))
				val++;
			l->value[n++] = *val++;
		}
	} else {
		while (*val && !isspace((unsigned char)*val))
			l->value[n++] = *val++;
	}
	l->value[n] = 0;
}

static struct conf_line *add(struct conf *c, char *text)
{
	struct conf_line *l;

	c->lines = xrealloc(c->lines, (c->n + 1) * sizeof(*c->lines));
	l = &c->lines[c->n++];
	*l = (struct conf_line){ .text = text };
	split(l);
	return l;
}

bool conf_read(struct conf *c, const char *path)
{
	char *text = read_file(path), *p, *next;

	*c = (struct conf){ 0 };
	if (!text)
		return false;
	for (p = text; *p; p = next) {
		size_t n = strcspn(p, "\n");

		next = p + n + (p[n] == '\n');
		p[n] = 0;
		add(c, xstrdup(p));
	}
	free(text);
	return true;
}

static struct conf_line *find(const struct conf *c, const char *key)
{
	for (size_t i = c->n; i-- > 0;)
		if (c->lines[i].key && !strcmp(c->lines[i].key, key))
			return &c->lines[i];
	return NULL;
}

const char *conf_value(const struct conf *c, const char *key)
{
	struct conf_line *l = find(c, key);

	return l ? l->value : NULL;
}

void conf_set(struct conf *c, const char *key, const char *value)
{
	struct conf_line *l = find(c, key);
	char *text = xmalloc(strlen(key) + 2 * strlen(value) + 4), *p = text;

	p += sprintf(p, "%s=\"", key);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			*p++ = '\\';
		/* A line break would start a line of its own. */
		*p++ = *value == '\n' ? ' ' : *value;
	}
	strcpy(p, "\"");
	if (!l) {
		add(c, text);
		return;
	}
	free(l->text);
	free(l->key);
	free(l->value);
	*l = (struct conf_line){ .text = text };
	split(l);
}

int conf_write(const struct conf *c, const char *path)
{
	char real[PATH_MAX];
	mode_t mode = 0644;
	size_t n = 1;
	struct stat st;
	char *text;
	int rc;

	/* Replace what a link points at, not the link. */
	if (!realpath(path, real))
		snprintf(real, sizeof(real), "%s", path);
	if (!stat(real, &st))
		mode = st.st_mode & 0777;
	for (size_t i = 0; i < c->n; i++)
		n += strlen(c->lines[i].text) + 1;
	text = xmalloc(n);
	for (size_t i = 0, at = 0; i < c->n; i++)
		at += sprintf(text + at, "%s\n", c->lines[i].text);
	rc = replace_file(real, text, mode);
	free(text);
	return rc;
}

bool conf_is_yes(const char *value)
{
	return value && (!strcasecmp(value, "yes") || !strcasecmp(value, "on") ||
			 !strcasecmp(value, "true") || !strcmp(value, "1"));
}

char *conf_expand(const char *value, unsigned int veid)
{
	size_t n = 0;
	char *out = xmalloc(strlen(value) * 4 + 32);

	while (*value) {
		size_t skip = !strncmp(value, "${VEID}", 7) ? 7 : !strncmp(value, "$VEID", 5) ? 5 : 0;

		if (skip) {
			n += sprintf(out + n, "%u", veid);
			value += skip;
		} else {
			out[n++] = *value++;
		}
	}
	out[n] = 0;
	return out;
}

/* One number of a pair, at most UNLIMITED; p moves behind it. */
static bool number(const char **p, unsigned long long unit, unsigned long long *out)
{
	unsigned long long v, mul = 0;
	char *end;

	if (!strncasecmp(*p, "unlimited", 9)) {
		*out = UNLIMITED;
		*p += 9;
		return true;
	}
	if (!isdigit((unsigned char)**p))
		return false;
	errno = 0;
	v = strtoull(*p, &end, 10);
	if (errno || v > UNLIMITED)
		v = UNLIMITED;
	switch (toupper((unsigned char)*end)) {
	case 'T': mul = 1ULL << 40; break;
	case 'G': mul = 1ULL << 30; break;
	case 'M': mul = 1ULL << 20; break;
	case 'K': mul = 1ULL << 10; break;
	case 'B': mul = 1; break;
	case 'P': mul = 4096; break;
	}
	if (mul) {
		end++;
		v = v > UNLIMITED / mul ? UNLIMITED : v * mul / unit;
	}
	*out = v;
	*p = end;
	return true;
}

bool conf_pair(const char *value, unsigned long long unit, unsigned long long *barrier,
	       unsigned long long *limit)
{
	if (!value || !number(&value, unit, barrier))
		return false;
	*limit = *barrier;
	if (*value == ':') {
		value++;
		if (!number(&value, unit, limit))
			return false;
	}
	return !*value;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vz.conf and N.conf: lines KEY="value", parsed and never sourced. The last line
 * of a key wins. What we do not know, and comments, survive a rewrite.
 */
#ifndef CPT_CLI_CONFIG_H
#define CPT_CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct conf_line {
	char *text;		/* the line as it stands in the file */
	char *key, *value;	/* NULL: not an assignment */
};

struct conf {
	struct conf_line *lines;
	size_t n;
};

/* Read a file: true, or false with errno (a file that is not there: empty, ENOENT). */
bool conf_read(struct conf *c, const char *path);

/* The value of a key, or NULL. */
const char *conf_value(const struct conf *c, const char *key);

/* Set a key, in its place or at the end. */
void conf_set(struct conf *c, const char *key, const char *value);

/* Write the file by way of a temporary one: 0, or -1 with errno. */
int conf_write(const struct conf *c, const char *path);

/* "yes", "1", "on", "true". */
bool conf_is_yes(const char *value);

/* value with $VEID and ${VEID} replaced; to be freed. */
char *conf_expand(const char *value, unsigned int veid);

/*
 * A barrier[:limit] as vz writes it: numbers with suffix T G M K B (bytes, divided
 * by unit) or P (pages), or "unlimited". false: not such a value.
 */
#define UNLIMITED	9223372036854775807ULL
bool conf_pair(const char *value, unsigned long long unit, unsigned long long *barrier,
	       unsigned long long *limit);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of System V IPC share: tables of /proc, before and after. */
#ifndef _CPT_TEST_SYSV_H
#define _CPT_TEST_SYSV_H

#include "cpt_test.h"

struct ipc_text {
	char s[32768];
};

/* The lines of a file with @word in them ("": all). */
static inline void ipc_read(struct ipc_text *t, const char *path, const char *word)
{
	FILE *f = fopen(path, "re");
	char line[1024];
	size_t n = 0;

	check(f, "%s: %s", path, strerror(errno));
	t->s[0] = '\0';
	while (fgets(line, sizeof(line), f))
		if (strstr(line, word)) {
			check(n + strlen(line) < sizeof(t->s), "%s is long", path);
			strcpy(t->s + n, line);
			n += strlen(line);
		}
	fclose(f);
}

/* Is it the same now? */
static inline void ipc_same(const struct ipc_text *was, const char *path, const char *word)
{
	struct ipc_text is;

	ipc_read(&is, path, word);
	check(!strcmp(was->s, is.s), "%s was:\n%sand is:\n%s", path, was->s, is.s);
}

/* A child that does something and is gone, so that its pid is nobody's. */
#define IPC_CHILD(what) do {						\
	pid_t child_ = test_fork();					\
	if (!child_) {							\
		what;							\
		_exit(0);						\
	}								\
	test_reap(child_);						\
} while (0)

#endif

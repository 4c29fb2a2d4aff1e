// SPDX-License-Identifier: GPL-2.0-only
/* The generation of a VE's files; see gen.h. */
#include "gen.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct gen {
	char current[33], pending[33], boot[64];
	int pid;
	unsigned long long start;
};

static char *gen_path(const struct ve *ve, bool make)
{
	char *copy = xstrdup(ve->private), *dir = xprintf("%s/.gen", dirname(copy)), *path;

	if (make)
		mkdirs(dir, 0700);
	path = xprintf("%s/%u", dir, ve->id);
	free(copy);
	free(dir);
	return path;
}

static void load(const struct ve *ve, struct gen *g)
{
	char *path = gen_path(ve, false), *text = read_file(path), *p;

	*g = (struct gen){ 0 };
	if (text && sscanf(text, "current %32[0-9a-f]", g->current) != 1)
		g->current[0] = 0;
	p = text ? strstr(text, "\npending ") : NULL;
	if (p && sscanf(p, "\npending %32[0-9a-f] %d %llu %63s", g->pending, &g->pid, &g->start, g->boot) != 4)
		g->pending[0] = 0;
	free(path);
	free(text);
}

static int store(const struct ve *ve, const struct gen *g)
{
	char *path = gen_path(ve, true), *text;
	int code = OK;

	if (g->pending[0])
		text = xprintf("current %s\npending %s %d %llu %s\n", g->current, g->pending, g->pid, g->start, g->boot);
	else
		text = xprintf("current %s\n", g->current);
	if (replace_file(path, text, 0600))
		code = fail_errno(E_SYSTEM, "Cannot write %s", path);
	free(path);
	free(text);
	return code;
}

int gen_new(const struct ve *ve)
{
	struct gen g = { 0 };

	random_id(g.current);
	return store(ve, &g);
}

static char *before_path(const struct ve *ve)
{
	char *path = gen_path(ve, false), *before = xprintf("%s.before", path);

	free(path);
	return before;
}

bool gen_is_remembered(const struct ve *ve)
{
	char *before = before_path(ve);
	bool yes = !access(before, F_OK);

	free(before);
	return yes;
}

int gen_remember(const struct ve *ve)
{
	char *path = gen_path(ve, true), *before = before_path(ve), *text = read_file(path);
	int code = OK;

	if (!gen_is_remembered(ve) && replace_file(before, text ? text : "", 0600))
		code = fail_errno(E_SYSTEM, "Cannot write %s", before);
	free(path);
	free(before);
	free(text);
	return code;
}

int gen_return(const struct ve *ve)
{
	char *path = gen_path(ve, true), *before = before_path(ve);
	int code = OK;

	if (rename(before, path) && errno != ENOENT)
		code = fail_errno(E_SYSTEM, "Cannot write %s", path);
	free(path);
	free(before);
	return code;
}

void gen_settle(const struct ve *ve)
{
	char *before = before_path(ve);

	unlink(before);
	free(before);
}

/* The init of the pending dump still lives: the VE did not stop where the dump was made. */
static bool lives(const struct gen *g)
{
	return !strcmp(g->boot, boot_id()) && g->pid > 0 && proc_start(g->pid) == g->start;
}

int gen_pending(const struct ve *ve, char id[33])
{
	struct gen g;
	int code = gen_return(ve);

	if (code)
		return code;
	load(ve, &g);
	/* Dumped before, and frozen ever since: both images are of the same files. */
	if (!g.pending[0] || !lives(&g)) {
		if (!g.current[0])
			random_id(g.current);
		random_id(g.pending);
		g.pid = ve->init;
		g.start = ve->start;
		snprintf(g.boot, sizeof(g.boot), "%s", boot_id());
	}
	memcpy(id, g.pending, sizeof(g.pending));
	return store(ve, &g);
}

int gen_commit(const struct ve *ve)
{
	struct gen g;

	load(ve, &g);
	if (!g.pending[0])
		return OK;
	memcpy(g.current, g.pending, sizeof(g.current));
	g.pending[0] = 0;
	return store(ve, &g);
}

int gen_drop(const struct ve *ve)
{
	struct gen g;

	load(ve, &g);
	if (!g.pending[0])
		return OK;
	g.pending[0] = 0;
	return store(ve, &g);
}

bool gen_is_pending(const struct ve *ve)
{
	struct gen g;

	load(ve, &g);
	return g.pending[0];
}

bool gen_matches(const struct ve *ve, const char *id)
{
	struct gen g;

	load(ve, &g);
	if (!strcmp(id, g.current))
		return true;
	return g.pending[0] && !strcmp(id, g.pending) && !lives(&g);
}

void gen_clean(const struct ve *ve)
{
	char *path = gen_path(ve, false), *before = before_path(ve);

	replace_clean(path);
	replace_clean(before);
	free(path);
	free(before);
}

void gen_forget(const struct ve *ve)
{
	char *path = gen_path(ve, false);

	gen_settle(ve);
	unlink(path);
	free(path);
}

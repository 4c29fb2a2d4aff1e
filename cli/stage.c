// SPDX-License-Identifier: GPL-2.0-only
/* Stages that chkpnt and restore share; see stage.h. */
#include "stage.h"
#include "dev.h"
#include "gen.h"
#include "life.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int stats_parse(const char *arg, int *how)
{
	*how = STATS_TEXT;
	if (!arg || !*arg)
		return OK;
	if (strcmp(arg, "json"))
		return fail(E_SYNTAX, "--stats: '%s' is not a format (json)", arg);
	*how = STATS_JSON;
	return OK;
}

int stage_options(int argc, char **argv, const struct poptOption *table, int *stats)
{
	poptContext ctx = poptGetContext(argv[0], argc, (const char **)argv, table, 0);
	const char *word;
	int rc, code = OK;

	while ((rc = poptGetNextOpt(ctx)) > 0)
		*stats = 1;
	if (rc < -1)
		code = fail(E_SYNTAX, "%s: %s", poptBadOption(ctx, POPT_BADOPTION_NOALIAS), poptStrerror(rc));
	word = code ? NULL : poptGetArg(ctx);
	if (word)
		code = fail(E_SYNTAX, "Unexpected argument: %s", word);
	poptFreeContext(ctx);
	return code;
}

int stage_ignored(const char *context, const char *flags)
{
	uint64_t v;

	if (context && !parse_u64(!strncmp(context, "0x", 2) ? context + 2 : context, 16, UINT32_MAX, &v))
		return fail(E_VALUE, "Bad parameter value: --context %s", context);
	if (flags && !parse_u64(flags, 0, UINT32_MAX, &v))
		return fail(E_VALUE, "Bad parameter value: --flags %s", flags);
	return OK;
}

static const struct {
	const char *name;
	size_t at;
	bool ms;
} rows[] = {
	{ "freeze_ms", offsetof(struct stats, freeze_ns), true },
	{ "dump_ms", offsetof(struct stats, dump_ns), true },
	{ "kill_ms", offsetof(struct stats, kill_ns), true },
	{ "undump_ms", offsetof(struct stats, undump_ns), true },
	{ "resume_ms", offsetof(struct stats, resume_ns), true },
	{ "tasks", offsetof(struct stats, tasks), false },
	{ "pages", offsetof(struct stats, pages), false },
	{ "pages_shared", offsetof(struct stats, pages_shared), false },
	{ "bytes", offsetof(struct stats, bytes), false },
};

void stats_print(const struct ve *ve, const struct stats *s, int how)
{
	const char *sep = "";

	if (how == STATS_OFF)
		return;
	if (how == STATS_JSON) {
		printf("{\"veid\":%u", ve->id);
		sep = ",";
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		long long v;

		memcpy(&v, (const char *)s + rows[i].at, sizeof(v));
		if (v < 0)
			continue;
		if (how == STATS_JSON && rows[i].ms)
			printf("%s\"%s\":%lld.%03lld", sep, rows[i].name, v / 1000000, v / 1000 % 1000);
		else if (how == STATS_JSON)
			printf("%s\"%s\":%lld", sep, rows[i].name, v);
		else if (rows[i].ms)
			printf("%-14s %10lld.%03lld\n", rows[i].name, v / 1000000, v / 1000 % 1000);
		else
			printf("%-14s %10lld\n", rows[i].name, v);
	}
	if (how == STATS_JSON)
		printf("}\n");
	fflush(stdout);
}

void step(const char *fmt, ...)
{
	static long long start;
	char text[400];
	va_list ap;

	if (!start)
		start = now_ms();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(1, "%8lld ms  %s", now_ms() - start, text);
}

int stage_kill(struct ve *ve, int dev, int stage, struct stats *s, int code_if_failed)
{
	struct cpt_ioc_kill k = { 0 };
	/* If a resume was killed before the VE ran, the image is good all the same. */
	int code = gen_return(ve), c;

	if (code)
		return code;
	if (dev_ioctl(dev, CPT_IOC_KILL, &k))
		return fail_errno(code_if_failed, "Can not kill container");
	s->kill_ns = k.ns;
	step("killed");
	if (stage == CPT_DUMPED)
		code = gen_commit(ve);
	c = life_take_down(ve, true);
	return code ? code : c;
}

int stage_resume(struct ve *ve, int dev, int stage, struct stats *s, int code_if_failed)
{
	struct cpt_ioc_resume r = { 0 };
	int code = gen_remember(ve);

	/* First the id: whenever the VE runs, the images made before are too old. */
	if (!code)
		code = stage == CPT_UNDUMPED ? gen_new(ve) : gen_drop(ve);
	if (!code && dev_ioctl(dev, CPT_IOC_RESUME, &r))
		code = fail_errno(code_if_failed, "Can not resume container");
	if (code) {
		gen_return(ve);
		return code;
	}
	gen_settle(ve);
	s->resume_ns = r.ns;
	step("resumed");
	return OK;
}

/* The context that an earlier command left; its descriptor, or -1 after a sentence. */
static int join(struct ve *ve, int *stage, int *code, int code_if_failed)
{
	int dev;

	*code = E_NOT_RUNNING;
	if (!ve_running(ve)) {
		fail(E_NOT_RUNNING, "Container is not running");
		return -1;
	}
	*code = E_KERNEL;
	dev = dev_open(ve->id, stage);
	if (dev >= 0 && *stage == CPT_IDLE) {
		*code = fail(code_if_failed, "Can not join cpt context: container %u is neither suspended nor undumped",
			     ve->id);
		close(dev);
		return -1;
	}
	return dev;
}

int stage_kill_command(struct ve *ve, struct stats *s, int code_if_failed)
{
	int stage, code, dev;

	say(0, "Killing...");
	dev = join(ve, &stage, &code, code_if_failed);
	if (dev < 0)
		return code;
	code = stage_kill(ve, dev, stage, s, code_if_failed);
	close(dev);
	return code;
}

int stage_resume_command(struct ve *ve, struct stats *s, int code_if_failed)
{
	int stage, code, dev;

	say(0, "Resuming...");
	dev = join(ve, &stage, &code, code_if_failed);
	if (dev < 0)
		return code;
	code = stage_resume(ve, dev, stage, s, code_if_failed);
	close(dev);
	return code;
}

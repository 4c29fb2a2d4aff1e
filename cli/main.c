// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctl, also reached as vzctl and vzlist: global options, the table of commands,
 * and what is common to all of them: the VE's number, its configuration, the lock,
 * cleaning up after a ctl that was killed.
 */
#include "cmd.h"
#include "console.h"
#include "dev.h"
#include "dumpfile.h"
#include "gen.h"
#include "life.h"
#include "lock.h"
#include "ns.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	LOCK	= 1,	/* only one such command on a VE at a time */
	CONF	= 2,	/* N.conf must be there, with VE_ROOT and VE_PRIVATE */
	INSIDE	= 4,	/* processes of it go into the VE */
	QUIET	= 8,	/* no messages but errors */
};

static const struct command {
	const char *name;
	int (*run)(struct ve *ve, int argc, char **argv);
	int flags;
	const char *help;
} commands[] = {
	{ "create", cmd_create, LOCK, "--ostemplate NAME|PATH [--config SAMPLE] [--private DIR] [--root DIR] [--name NAME] …" },
	{ "destroy", cmd_destroy, LOCK | CONF, "" },
	{ "delete", cmd_destroy, LOCK | CONF, NULL },
	{ "mount", cmd_mount, LOCK | CONF, "" },
	{ "umount", cmd_umount, LOCK | CONF, "" },
	{ "start", cmd_start, LOCK | CONF | INSIDE, "[--force] [--wait]" },
	{ "stop", cmd_stop, LOCK | CONF, "[--fast] [--skip-umount]" },
	{ "restart", cmd_restart, LOCK | CONF | INSIDE, "[--force] [--fast]" },
	{ "status", cmd_status, QUIET, "" },
	{ "exec", cmd_exec, CONF | INSIDE, "COMMAND…|-" },
	{ "exec2", cmd_exec2, CONF | INSIDE, "COMMAND…|-" },
	{ "exec3", cmd_exec3, CONF | INSIDE, NULL },
	{ "enter", cmd_enter, CONF | INSIDE, "[--exec COMMAND…]" },
	{ "console", cmd_console, CONF | INSIDE, "" },
	{ "set", cmd_set, LOCK, "OPTION VALUE … [--save]" },
	{ "chkpnt", cmd_chkpnt, LOCK | CONF,
	  "[--suspend|--dump|--kill|--resume|--check] [--dumpfile FILE] [--timeout S] [--stats[=json]]" },
	{ "suspend", cmd_chkpnt, LOCK | CONF, NULL },
	{ "restore", cmd_restore, LOCK | CONF | INSIDE,
	  "[--undump|--kill|--resume] [--dumpfile FILE] [--force] [--keep] [--stats[=json]]" },
	{ "resume", cmd_restore, LOCK | CONF | INSIDE, NULL },
};
#define N_COMMANDS	(sizeof(commands) / sizeof(*commands))

static void version(FILE *f)
{
	fprintf(f, "vzctl version " CTL_VERSION "\n");
}

static void usage(FILE *f)
{
	version(f);
	fprintf(f, "Usage: ctl [--quiet] [--verbose] COMMAND VEID [OPTION…]\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].help)
			fprintf(f, "       ctl %s VEID %s\n", commands[i].name, commands[i].help);
	fprintf(f, "       ctl list [-a] [-H] [-o FIELD,…] [VEID…]\n");
	fprintf(f, "       ctl image info|verify FILE\n");
	fprintf(f, "       ctl image diff A B [--all]\n");
}

int cmd_options(int argc, char **argv, const struct poptOption *table, const char **rest)
{
	poptContext ctx = poptGetContext(argv[0], argc, (const char **)argv, table, 0);
	const char *word;
	int rc = poptGetNextOpt(ctx), code = OK;

	if (rc < -1)
		code = fail(E_SYNTAX, "%s: %s", poptBadOption(ctx, POPT_BADOPTION_NOALIAS), poptStrerror(rc));
	while (!code && (word = poptGetArg(ctx))) {
		if (!rest || *rest)
			code = fail(E_SYNTAX, "Unexpected argument: %s", word);
		else
			*rest = xstrdup(word);
	}
	poptFreeContext(ctx);
	return code;
}

int cmd_not_frozen(const struct ve *ve, const char *what)
{
	int stage = dev_stage_of(ve->id);

	if (stage == CPT_IDLE)
		return OK;
	return fail(E_CHKPNT, "Cannot %s: container %u is %s (chkpnt --resume or restore --resume lets it go on)", what,
		    ve->id, dev_stage_name(stage));
}

/* The options before the command; returns the index of the command, or -1 with the exit code. */
static int global_options(int argc, char **argv, bool *skiplock, int *code)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		*code = OK;
		if (!strcmp(argv[i], "--quiet")) {
			verbosity = -1;
		} else if (!strcmp(argv[i], "--verbose") || !strcmp(argv[i], "-v")) {
			verbosity++;
		} else if (!strcmp(argv[i], "--skiplock")) {
			*skiplock = true;
		} else if (!strcmp(argv[i], "--version")) {
			version(stdout);
			return -1;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			usage(stdout);
			return -1;
		} else {
			*code = fail(E_SYNTAX, "Bad option: %s", argv[i]);
			return -1;
		}
	}
	if (i == argc) {
		usage(stderr);
		*code = E_SYNTAX;
		return -1;
	}
	return i;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/*
 * What a killed ctl left, with the lock: parts of a VE that does not run; an image of
 * one that runs on.
 */
static int clean(struct ve *ve)
{
	if (!ve->has_conf || !ve->root || !ve->private)
		return OK;
	if ((gen_is_pending(ve) || gen_is_remembered(ve)) && dev_stage_of(ve->id) == CPT_IDLE) {
		gen_settle(ve);
		if (ve_running(ve))
			gen_drop(ve);
	}
	dumpfile_clean(ve->dump);
	gen_clean(ve);
	ve_clean(ve);
	return life_clean(ve);
}

/* Run with the lock. */
static int run_locked(const struct command *c, struct ve *ve, bool skiplock, int argc, char **argv)
{
	int code = skiplock ? OK : lock_ve(ve, c->name);

	if (!code)
		code = clean(ve);
	if (!code)
		code = c->run(ve, argc, argv);
	unlock_ve(ve);
	return code;
}

/* Without the lock: clean up only if no other command is at work. */
static int run_unlocked(const struct command *c, struct ve *ve, int argc, char **argv)
{
	if (ve->has_conf && ve->private && (ve_stale(ve) || gen_is_pending(ve)) && lock_try(ve, c->name)) {
		int v = verbosity;

		verbosity = -1;
		clean(ve);
		verbosity = v;
		unlock_ve(ve);
	}
	return c->run(ve, argc, argv);
}

static int on_ve(const struct command *c, bool skiplock, int argc, char **argv)
{
	unsigned int id;
	struct ve ve;
	int code;

	if (argc < 2)
		return fail(E_VALUE, "Container ID is not given");
	if (!ve_parse(argv[1], &id))
		return fail(E_VALUE, "Invalid container ID: %s", argv[1]);
	if (geteuid())
		return fail(E_PERM, "This program can only be run under root.");
	if (c->flags & QUIET)
		verbosity = -1;
	code = ve_load(&ve, id);
	if (!code && (c->flags & CONF))
		code = ve_need(&ve);
	if (code)
		return code;
	/* The VEID leaves; the command's name stands before its options. */
	argv[1] = argv[0];
	if (c->flags & LOCK)
		return run_locked(c, &ve, skiplock, argc - 1, argv + 1);
	return run_unlocked(c, &ve, argc - 1, argv + 1);
}

/* Trees and descriptor tables of a VE can be deep. */
static void many_descriptors(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* Streams that the caller closed would become files and devices that we open. */
static void own_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < 3);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *self = basename(xstrdup(argv[0] ? argv[0] : "ctl"));
	const struct command *c;
	bool skiplock = false;
	int at, code = OK;

	own_streams();
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* EFBIG is to be said and undone */
	if (!strcmp(self, KEEPER_NAME))
		return console_keeper(argc, argv);
	if (!strcmp(self, "vzlist"))
		return cmd_list(argc, argv);
	at = global_options(argc, argv, &skiplock, &code);
	if (at < 0)
		return code;
	if (!strcmp(argv[at], "list"))
		return cmd_list(argc - at, argv + at);
	if (!strcmp(argv[at], "image") && cmd_image)
		return cmd_image(argc - at, argv + at);
	c = find_command(argv[at]);
	if (!c)
		return fail(E_SYNTAX, "Bad command: %s", argv[at]);
	if (c->flags & INSIDE)
		seal_self(argv);
	many_descriptors();
	return on_ve(c, skiplock, argc - at, argv + at);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctl exec, exec2, exec3, enter: run something in a VE.
 *
 * exec and exec2 join their words by blanks and give them to a shell of the VE; "-"
 * or nothing: the shell reads standard input. exec ends with 8 if the command
 * failed, the others with the command's own code.
 */
#include "cmd.h"
#include "run.h"
#include "say.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Running and not frozen: an enum code. */
static int ready(struct ve *ve, const char *what)
{
	if (!ve_running(ve))
		return fail(E_NOT_RUNNING, "Container is not running");
	return cmd_not_frozen(ve, what);
}

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static char *join(char **words)
{
	char *all = xstrdup(*words ? *words : "");

	while (*words && *++words) {
		char *more = xprintf("%s %s", all, *words);

		free(all);
		all = more;
	}
	return all;
}

static int run_shell(struct ve *ve, char **words, int *status)
{
	const char *argv[] = { "", NULL, NULL, NULL };
	struct run run = { .argv = argv };
	int code = ready(ve, "run a command");

	if (code)
		return code;
	if (*words && strcmp(*words, "-")) {
		argv[1] = "-c";
		argv[2] = join(words);
	}
	return run_in_ve(ve, &run, &code, status) ? OK : code;
}

int cmd_exec(struct ve *ve, int argc, char **argv)
{
	int status, code = run_shell(ve, argv + 1, &status);

	(void)argc;
	if (code)
		return code;
	return exit_code(status) ? E_COMMAND : OK;
}

int cmd_exec2(struct ve *ve, int argc, char **argv)
{
	int status, code = run_shell(ve, argv + 1, &status);

	(void)argc;
	return code ? code : exit_code(status);
}

int cmd_exec3(struct ve *ve, int argc, char **argv)
{
	struct run run = { .argv = (const char *const *)argv + 1 };
	int status, code = ready(ve, "run a command");

	if (argc < 2)
		return fail(E_SYNTAX, "No command is given");
	if (code)
		return code;
	return run_in_ve(ve, &run, &code, &status) ? exit_code(status) : code;
}

int cmd_enter(struct ve *ve, int argc, char **argv)
{
	const char *args[] = { "", NULL, NULL, NULL };
	struct run run = { .argv = args, .pty = true, .login = true };
	int status, code = ready(ve, "enter");

	if (argc > 1 && strcmp(argv[1], "--exec"))
		return fail(E_SYNTAX, "Bad option: %s", argv[1]);
	if (code)
		return code;
	if (argc > 2) {
		args[1] = "-c";
		args[2] = join(argv + 2);
	}
	say(0, "entered into CT %u", ve->id);
	if (!run_in_ve(ve, &run, &code, &status)) {
		say(0, "enter into CT %u failed", ve->id);
		return code;
	}
	if (WIFSIGNALED(status))
		say(0, "got signal %d", WTERMSIG(status));
	say(0, "exited from CT %u", ve->id);
	return exit_code(status);
}

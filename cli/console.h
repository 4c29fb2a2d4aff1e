/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console of a VE: a terminal of the VE's own devpts, to which /dev/console is a link.
 *
 *	ctl console --- keeper: has the master, on the host, in a session of its own; ends with the VE
 *	                  |
 *	VE: /dev/console -> pts/N
 *
 * The keeper reads all that the VE writes there, whether anybody looks at it or not, and keeps
 * the last CONSOLE_KEPT bytes. It listens at /run/vzctl/N.console, for root alone. Its parent has the
 * master too, and starts another if it is killed: what was kept is lost then. If both are killed the
 * terminal is hung up, and the next `ctl console` makes a new one.
 */
#ifndef CPT_CLI_CONSOLE_H
#define CPT_CLI_CONSOLE_H

#include "ve.h"

#include <stdint.h>
#include <sys/ioctl.h>

#define CONSOLE_KEPT	16384

/* In a process inside the VE: make the terminal and the link, and send the master through sock. An enum code. */
int console_make(int sock);

/* Start the keeper of a running VE, with what was kept before; an enum code. The master is closed. */
int console_keep(const struct ve *ve, int master, const void *kept, size_t n);

/* Make a new one in a running VE whose console has no keeper; an enum code. */
int console_renew(struct ve *ve);

/* What is wanted of the keeper. */
enum {
	CONSOLE_ATTACH	= 'a',	/* the connection becomes the terminal */
	CONSOLE_RESIZE	= 'w',
	CONSOLE_HOLD	= 'h',	/* the master, what is kept; and do nothing as long as the connection lasts */
};

/* What it says to ATTACH and HOLD. */
struct console_answer {
	uint32_t n;		/* bytes kept, which follow */
	pid_t other;		/* ATTACH: who has it now; 0: you have */
	uint32_t holders;	/* HOLD: processes that have the master */
};

/* Connect and ask (0: only whether it is there); -1 with errno: ENOENT or ECONNREFUSED: there is no keeper. */
int console_ask(const struct ve *ve, char what, const struct winsize *size);

/* The keeper stands still from console_hold() to console_let_go(). */
struct console_hold {
	int sock, master;	/* -1: none */
	uint32_t holders;
	size_t n;
	char kept[CONSOLE_KEPT];
};

/* An enum code; that there is no keeper is none. */
int console_hold(const struct ve *ve, struct console_hold *h);
void console_let_go(struct console_hold *h);

/* Wait for the end of the keeper of a VE that is dead. */
void console_end(const struct ve *ve);

/* The keeper's own program: ctl by the name of ctl-console. */
#define KEEPER_NAME	"ctl-console"
int console_keeper(int argc, char **argv);

#endif

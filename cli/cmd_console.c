// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctl console: the VE's console at this terminal.
 *
 * Esc and then '.' at the start of a line ends it. A VE that is suspended keeps whoever is attached;
 * one that ends, by chkpnt too, does not.
 */
#include "cmd.h"
#include "console.h"
#include "dev.h"
#include "lock.h"
#include "say.h"
#include "tty.h"
#include "util.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define ESC	27
#define ESC_MS	1000	/* an Esc alone is passed on after that */

static volatile sig_atomic_t resized, ended;

static void on_winch(int sig)
{
	resized = sig;
}

static void on_end(int sig)
{
	ended = sig;
}

struct session {
	struct ve *ve;
	int sock;
	bool in;		/* there is still standard input */
	enum { START, ESCAPED, INSIDE } line;
	char buf[1024];		/* typed; have bytes are for the VE, sent of them on the way */
	size_t have, sent;
	bool leave;
};

static void add(struct session *s, char c)
{
	s->buf[s->have++] = c;
	s->line = c == '\r' || c == '\n' ? START : INSIDE;
}

/* What was typed, but for what is meant for us. */
static void type(struct session *s, const char *typed, ssize_t n)
{
	for (ssize_t i = 0; i < n && !s->leave; i++) {
		if (s->line == ESCAPED && typed[i] == '.') {
			s->leave = true;
		} else if (s->line == START && typed[i] == ESC) {
			s->line = ESCAPED;
		} else {
			if (s->line == ESCAPED)
				add(s, ESC);
			add(s, typed[i]);
		}
	}
}

/* All that went before is sent. */
static void take_input(struct session *s)
{
	char typed[sizeof(s->buf) / 2];
	ssize_t n = read(0, typed, sizeof(typed));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	s->have = s->sent = 0;
	type(s, typed, n);
	if (n <= 0) {
		s->in = false;
		s->leave = isatty(0) || errno == EIO;
	}
}

/* false: the keeper is gone. */
static bool send_input(struct session *s)
{
	ssize_t n = send(s->sock, s->buf + s->sent, s->have - s->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		s->sent += n;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* false: the keeper is gone, or nobody reads what we write. */
static bool take_output(struct session *s)
{
	char buf[4096];
	ssize_t n = recv(s->sock, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n > 0 && write_all(1, buf, n))
		s->leave = true;
	return n > 0;
}

static void resize(struct session *s)
{
	struct winsize size;
	int sock;

	resized = 0;
	if (ioctl(0, TIOCGWINSZ, &size))
		return;
	sock = console_ask(s->ve, CONSOLE_RESIZE, &size);
	if (sock >= 0)
		close(sock);
}

/* Until the administrator leaves; false: the keeper ended before. */
static bool relay(struct session *s)
{
	while (!s->leave && !ended) {
		bool full = s->have > s->sent;
		struct pollfd p[] = {
			{ .fd = s->sock, .events = POLLIN | (full ? POLLOUT : 0) },
			{ .fd = s->in && !full ? 0 : -1, .events = POLLIN },
		};
		int rc;

		if (resized)
			resize(s);
		rc = poll(p, 2, s->line == ESCAPED && !full ? ESC_MS : -1);
		if (rc < 0)
			continue;
		if (p[0].revents & ~POLLOUT && !take_output(s))
			return s->leave;
		if (p[1].revents)
			take_input(s);
		if (!rc) {
			s->have = s->sent = 0;
			add(s, ESC);
		}
		if (s->have > s->sent && !send_input(s))
			return false;
	}
	return true;
}

static void catch_signals(void)
{
	static const int ends[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	struct sigaction winch = { .sa_handler = on_winch }, end = { .sa_handler = on_end };

	sigaction(SIGWINCH, &winch, NULL);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaction(ends[i], &end, NULL);
}

/* Make the console anew, if really nobody has it. */
static int renew(struct ve *ve)
{
	int code = cmd_not_frozen(ve, "make a new console"), sock;

	if (!code)
		code = lock_ve(ve, "console");
	if (code)
		return code;
	sock = console_ask(ve, 0, NULL);
	if (sock >= 0)
		close(sock);
	else
		code = console_renew(ve);
	unlock_ve(ve);
	return code;
}

static int attach(struct session *s)
{
	struct console_answer a = { 0 };
	struct winsize size = { 0 };
	struct timeval forever = { 0 };
	int code = OK;

	ioctl(0, TIOCGWINSZ, &size);
	s->sock = console_ask(s->ve, CONSOLE_ATTACH, &size);
	if (s->sock < 0 && (errno == ENOENT || errno == ECONNREFUSED)) {
		code = renew(s->ve);
		if (!code)
			s->sock = console_ask(s->ve, CONSOLE_ATTACH, &size);
	}
	if (code)
		return code;
	/* While the VE is dumped its keeper does not answer. */
	setsockopt(s->sock, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof(forever));
	if (s->sock < 0 || recv(s->sock, &a, sizeof(a), MSG_WAITALL) != sizeof(a))
		return fail_errno(E_SYSTEM, "Cannot attach to the console");
	if (a.other)
		return fail(E_LOCKED, "The console is in use already (by process %d)", a.other);
	return OK;
}

int cmd_console(struct ve *ve, int argc, char **argv)
{
	struct poptOption table[] = { POPT_TABLEEND };
	struct session s = { .ve = ve, .in = true, .sock = -1 };
	int code = cmd_options(argc, argv, table, NULL);
	struct termios saved;
	bool raw, left;

	if (code)
		return code;
	if (!ve_running(ve))
		return fail(E_NOT_RUNNING, "Container is not running");
	code = attach(&s);
	if (code)
		return code;
	say(0, "Attached to CT %u (Esc . at the start of a line detaches)", ve->id);
	catch_signals();
	raw = tty_raw(&saved);
	left = relay(&s);
	write_all(1, "\r\n", 2);
	if (raw)
		tty_restore(&saved);
	close(s.sock);
	if (left) {
		say(0, "Detached from CT %u", ve->id);
		return OK;
	}
	if (ve_running(ve))
		return fail(E_SYSTEM, "The keeper of the console has ended: ctl console makes a new console");
	return fail(E_NOT_RUNNING, "The container has ended, and with it its console (after a restore, attach anew)");
}

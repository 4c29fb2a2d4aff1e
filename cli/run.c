// SPDX-License-Identifier: GPL-2.0-only
/* Commands run inside a VE; see run.h. */
#include "run.h"
#include "ns.h"
#include "say.h"
#include "tty.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- in the VE ----------------------------------------------------------------------------- */

static void exec_shell(const struct run *run)
{
	static const char *const shells[] = { "/bin/bash", "/bin/sh" };
	const char *args[64];
	int n = 1;

	while (n < 63 && run->argv[n])
		args[n] = run->argv[n], n++;
	args[n] = NULL;
	for (int i = 0; i < 2; i++) {
		const char *base = strrchr(shells[i], '/') + 1;

		args[0] = run->login ? xprintf("-%s", base) : base;
		execv(shells[i], (char **)args);
	}
}

static void clean_environment(const char *term)
{
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", term, 1);
}

/* The command's process, in the VE; the streams are already no others than it may have. */
static void command(const struct run *run, const int streams[3], const char *term, int report)
{
	report = fcntl(report, F_DUPFD_CLOEXEC, 10);
	report_to(report);
	setsid();
	if (run->pty && ioctl(streams[0], TIOCSCTTY, 0))
		_exit(fail_errno(E_SYSTEM, "Cannot make a controlling terminal"));
	for (int i = 0; i < 3; i++)
		if (streams[i] != i && dup2(streams[i], i) < 0)
			_exit(fail_errno(E_SYSTEM, "Cannot set up the streams"));
	/* The report closes by itself if the command can be run. */
	close_range(3, report - 1, 0);
	close_range(report + 1, ~0u, 0);
	clean_environment(term);
	if (run->login && chdir("/root"))
		errno = 0;
	if (run->argv[0][0])
		execvp(run->argv[0], (char **)run->argv);
	else
		exec_shell(run);
	fail_errno(E_COMMAND, "Cannot run %s in the container", run->argv[0][0] ? run->argv[0] : "a shell");
	_exit(127);
}

/* A terminal of the VE's own devpts: the master goes to ctl, the slave becomes the streams. */
static int open_pty(int sock, const struct winsize *size, int streams[3])
{
	int master = tty_master(), slave;

	if (master < 0)
		return fail_errno(E_SYSTEM, "Cannot open a terminal of the container");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	if (slave < 0)
		return fail_errno(E_SYSTEM, "Cannot open a terminal of the container");
	if (size->ws_row)
		ioctl(slave, TIOCSWINSZ, size);
	send_fd(sock, master);
	close(master);
	close(sock);
	streams[0] = streams[1] = streams[2] = slave;
	return OK;
}

/*
 * Pipes for standard input, output, error, made here for the rights that they keep:
 * the VE's. Our ends go to ctl.
 */
static int open_pipes(int sock, int streams[3])
{
	for (int i = 0; i < 3; i++) {
		int fds[2], ours;

		if (pipe2(fds, O_CLOEXEC))
			return fail_errno(E_SYSTEM, "Cannot make pipes");
		ours = fds[i ? 0 : 1];
		fcntl(ours, F_SETFL, O_NONBLOCK);
		send_fd(sock, ours);
		close(ours);
		/* Out of the way of the numbers that they are to get. */
		streams[i] = fcntl(fds[i ? 1 : 0], F_DUPFD_CLOEXEC, 3);
		close(fds[i ? 1 : 0]);
	}
	close(sock);
	return OK;
}

/*
 * The helper. It dies with ctl, and the command with it: nobody would wait for it.
 * Its wait status goes to ctl as a "pid".
 */
static void helper(struct ve *ve, const struct run *run, int sock, const struct winsize *size, const char *term,
		   int report)
{
	int streams[3], status;
	pid_t pid;

	if (ns_join(ve))
		_exit(E_SYSTEM);
	/* After this nothing may be open that the VE must not have: the fork can be seen there. */
	if (run->pty ? open_pty(sock, size, streams) : open_pipes(sock, streams))
		_exit(E_SYSTEM);
	close(ve->pidfd);
	pid = fork();
	if (pid < 0)
		_exit(fail_errno(E_SYSTEM, "Cannot fork in the container"));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		command(run, streams, term, report);
	}
	for (int i = 0; i < 3; i++)
		close(streams[i]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	report_pid(status + 1);		/* a pid of 0 means none */
	_exit(OK);
}

/* --- the relay ----------------------------------------------------------------------------- */

static volatile sig_atomic_t resized;

static void on_winch(int sig)
{
	resized = sig;
}

struct relay {
	int in;			/* our standard input, -1: no more of it */
	int to;			/* where it goes: pipe or terminal; -1: closed */
	int from[2], out[2];	/* what comes from the VE and where it goes */
	int report;
	bool pty;
	char buf[4096];		/* of what was read from in, have bytes, sent of them written */
	size_t have, sent;
	int status;		/* wait status + 1 of the command, 0: still running */
	int code;		/* of a failure reported */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Read standard input, which has something; what was read last is written. */
static void feed(struct relay *r)
{
	ssize_t n = read(r->in, r->buf, sizeof(r->buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	r->sent = 0;
	r->have = n > 0 ? n : 0;
	if (n > 0)
		return;
	r->in = -1;
	if (!r->pty) {
		close_fd(&r->to);
	} else {
		r->buf[0] = 4;		/* end of file, as typed */
		r->have = 1;
	}
}

/* Write of it what the other side takes. */
static void give(struct relay *r)
{
	ssize_t n = write(r->to, r->buf + r->sent, r->have - r->sent);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		r->in = -1;
		if (!r->pty)
			close_fd(&r->to);
		r->sent = r->have;
		return;
	}
	r->sent += n;
}

/* Pass on what is there; false: the other side is closed. */
static bool pass(struct relay *r, int i)
{
	static char buf[65536];
	ssize_t n = read(r->from[i], buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n > 0 && !write_all(r->out[i], buf, n))
		return true;
	/* The end; or our own reader went away, then the command is to get SIGPIPE. */
	close_fd(&r->from[i]);
	return false;
}

/* All that is there now. */
static void pass_rest(struct relay *r, int i)
{
	struct pollfd p = { .events = POLLIN };

	while (r->from[i] >= 0) {
		p.fd = r->from[i];
		if (poll(&p, 1, 0) <= 0 || !(p.revents & (POLLIN | POLLHUP)))
			return;
		pass(r, i);
	}
}

static void take_report(struct relay *r)
{
	struct report rep;

	if (!report_read(r->report, &rep)) {
		/* The helper died: with it the command. */
		if (!r->code)
			r->code = E_SYSTEM;
	} else if (rep.pid) {
		r->status = rep.pid;
	} else if (rep.code) {
		r->code = fail(rep.code, "%s", rep.text);
	} else {
		warn("%s", rep.text);
	}
}

static void resize(struct relay *r)
{
	struct winsize w;

	resized = 0;
	if (r->pty && !ioctl(0, TIOCGWINSZ, &w))
		ioctl(r->to, TIOCSWINSZ, &w);
}

static void relay(struct relay *r)
{
	while (!r->status && !r->code) {
		bool full = r->have > r->sent;
		struct pollfd p[5] = {
			{ .fd = r->report, .events = POLLIN },
			{ .fd = r->from[0], .events = POLLIN },
			{ .fd = r->from[1], .events = POLLIN },
			{ .fd = r->to, .events = full ? POLLOUT : 0 },
			{ .fd = full || r->to < 0 ? -1 : r->in, .events = POLLIN },
		};

		if (resized)
			resize(r);
		if (poll(p, 5, -1) < 0)
			continue;
		if (p[1].revents)
			pass(r, 0);
		if (p[2].revents)
			pass(r, 1);
		if (p[3].revents & POLLOUT)
			give(r);
		if (p[4].revents)
			feed(r);
		/* Nobody reads what we would write. */
		if (!r->pty && (p[3].revents & POLLERR)) {
			r->in = -1;
			close_fd(&r->to);
		}
		/* A terminal without its other side says so all the time: wait for the report only. */
		if (r->pty && (p[3].revents & POLLHUP))
			r->in = -1, close_fd(&r->to);
		if (p[0].revents)
			take_report(r);
	}
	pass_rest(r, 0);
	pass_rest(r, 1);
}

/* --- what is left over ---------------------------------------------------------------------- */

/*
 * A program in the background still has a pipe for its output. Give the other end
 * to a process of the VE that reads it to the end, so that writing goes on to work
 * and nothing leads out of the VE.
 */
static void drain(struct ve *ve, int fd)
{
	static const char *const cat[] = { "cat", NULL };
	struct run run = { .argv = cat };
	int keep[2] = { fd, ve->pidfd }, report, null;
	pid_t pid;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	pid = fork_helper(&report, keep, 2);
	if (pid) {
		close(report);
		waitpid(pid, NULL, 0);
		return;
	}
	if (ns_join(ve))
		_exit(E_SYSTEM);
	close(ve->pidfd);
	null = fcntl(open("/dev/null", O_RDWR | O_NOCTTY), F_DUPFD, 3);
	pid = fork();
	if (pid) {
		waitpid(pid, NULL, 0);
		_exit(OK);
	}
	/* Once more, so that the VE's init inherits it. */
	if (!fork())
		command(&run, (int[]){ fd, null, null }, "linux", report);
	_exit(OK);
}

/* --- together ------------------------------------------------------------------------------- */

/* What the helper opened for us. */
static void receive_all(struct relay *r, int sock)
{
	r->to = receive_fd(sock, r->pty);
	if (r->pty) {
		r->from[0] = r->to < 0 ? -1 : dup(r->to);
	} else {
		r->from[0] = receive_fd(sock, false);
		r->from[1] = receive_fd(sock, false);
	}
}

bool run_in_ve(struct ve *ve, const struct run *run, int *code, int *status)
{
	const char *term = getenv("TERM") ? getenv("TERM") : "linux";
	struct relay r = { .in = 0, .to = -1, .from = { -1, -1 }, .out = { 1, 2 }, .pty = run->pty };
	struct sigaction sa = { .sa_handler = on_winch };
	struct winsize size = { 0 };
	struct termios saved;
	int sock[2], keep[2];
	bool raw;
	pid_t pid;

	*code = E_SYSTEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock)) {
		fail_errno(E_SYSTEM, "Cannot make a socket");
		return false;
	}
	ioctl(0, TIOCGWINSZ, &size);
	keep[0] = ve->pidfd;
	keep[1] = sock[1];
	pid = fork_helper(&r.report, keep, 2);
	if (!pid)
		helper(ve, run, sock[1], &size, term, r.report);
	close(sock[1]);
	if (pid > 0)
		receive_all(&r, sock[0]);
	close(sock[0]);
	if (pid < 0)
		return false;
	sigaction(SIGWINCH, &sa, NULL);
	raw = r.pty && r.to >= 0 && tty_raw(&saved);
	relay(&r);
	if (raw)
		tty_restore(&saved);
	close_fd(&r.to);
	for (int i = 0; i < 2; i++)
		if (!run->pty && r.from[i] >= 0)
			drain(ve, r.from[i]);
	close_fd(&r.from[0]);
	close_fd(&r.from[1]);
	close_fd(&r.report);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	*code = r.code;
	*status = r.status - 1;
	return r.status;
}

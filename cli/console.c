// SPDX-License-Identifier: GPL-2.0-only
/* The console of a VE, and its keeper; see console.h. */
#include "console.h"
#include "cgroup.h"
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
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_DIR		"/run/vzctl"
#define ANSWER_MS	10000	/* so long a keeper that lives may take */

/* --- in the VE ------------------------------------------------------------------------------ */

/* What else is at that path is the VE's affair. */
static int make_link(unsigned int number)
{
	char to[32], is[32];
	ssize_t n = readlink("/dev/console", is, sizeof(is));

	snprintf(to, sizeof(to), "pts/%u", number);
	if (n > 4 && !strncmp(is, "pts/", 4))
		unlink("/dev/console");
	return symlink(to, "/dev/console") && errno != EEXIST ? -1 : 0;
}

int console_make(int sock)
{
	int master = tty_master();
	unsigned int number;

	if (master < 0 || ioctl(master, TIOCGPTN, &number) || make_link(number))
		return fail_errno(E_SYSTEM, "Cannot make the container's console");
	send_fd(sock, master);
	close(master);
	return OK;
}

/* --- the keeper's socket -------------------------------------------------------------------- */

struct request {
	char what;
	struct winsize size;
};

static struct sockaddr_un address(const struct ve *ve)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), RUN_DIR "/%u.console", ve->id);
	return a;
}

static void time_out(int sock, int ms)
{
	struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

static pid_t peer_pid(int sock)
{
	struct ucred c = { 0 };
	socklen_t n = sizeof(c);

	getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &c, &n);
	return c.pid;
}

static int connect_to(const struct ve *ve)
{
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = address(ve);

	if (sock < 0)
		return -1;
	time_out(sock, ANSWER_MS);
	if (connect(sock, (void *)&a, sizeof(a))) {
		int err = errno;

		close(sock);
		errno = err;
		return -1;
	}
	return sock;
}

int console_ask(const struct ve *ve, char what, const struct winsize *size)
{
	struct request r = { .what = what };
	int sock = connect_to(ve);

	if (size)
		r.size = *size;
	if (sock >= 0)
		send(sock, &r, sizeof(r), MSG_NOSIGNAL);
	return sock;
}

static bool no_keeper(void)
{
	return errno == ENOENT || errno == ECONNREFUSED;
}

int console_hold(const struct ve *ve, struct console_hold *h)
{
	struct console_answer a = { 0 };

	h->master = -1;
	h->n = 0;
	h->sock = console_ask(ve, CONSOLE_HOLD, NULL);
	if (h->sock < 0)
		return no_keeper() ? OK : fail_errno(E_CHKPNT, "Cannot reach the keeper of the container's console");
	h->master = receive_fd(h->sock, true);
	/* To receive nothing is to wait for something. */
	if (h->master >= 0 && recv(h->sock, &a, sizeof(a), MSG_WAITALL) == sizeof(a) && a.n <= CONSOLE_KEPT &&
	    (!a.n || recv(h->sock, h->kept, a.n, MSG_WAITALL) == (ssize_t)a.n)) {
		h->n = a.n;
		h->holders = a.holders;
		return OK;
	}
	console_let_go(h);
	return fail(E_CHKPNT, "The keeper of the container's console does not answer");
}

void console_let_go(struct console_hold *h)
{
	if (h->master >= 0)
		close(h->master);
	if (h->sock >= 0)
		close(h->sock);
	h->master = h->sock = -1;
}

/* The other side closes it within that time. */
static bool closed(int sock, int ms)
{
	struct pollfd p = { .fd = sock, .events = POLLRDHUP };
	long long until = now_ms() + ms;
	int rc;

	do
		rc = poll(&p, 1, ms);
	while (rc < 0 && errno == EINTR && now_ms() < until);
	return rc > 0;
}

void console_end(const struct ve *ve)
{
	int sock = connect_to(ve);
	struct sockaddr_un a = address(ve);

	/* As long as the connection stands the session is theirs. */
	if (sock >= 0 && !closed(sock, ANSWER_MS) && peer_pid(sock) > 1) {
		kill(-peer_pid(sock), SIGKILL);
		closed(sock, ANSWER_MS);
	}
	if (sock >= 0)
		close(sock);
	unlink(a.sun_path);
}

/* --- starting the keeper -------------------------------------------------------------------- */

enum { MASTER = 3, LISTENER, INIT, KEPT, END };	/* its descriptors */

/* In the child: nothing of ctl stays but these descriptors. */
static int become_keeper(const struct ve *ve, const int *fds)
{
	char *argv[] = { KEEPER_NAME, xprintf("%u", ve->id), NULL }, *env[] = { NULL };
	int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), own[END], null;

	/* Here: a connection names the process that listens. */
	if (listen(fds[LISTENER], 8))
		return fail_errno(E_SYSTEM, "Cannot listen for ctl console");
	exe = fcntl(exe, F_DUPFD_CLOEXEC, 2 * END);
	for (int i = MASTER; i < END; i++)
		own[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, END);
	for (int i = MASTER; i < END; i++)
		dup2(own[i], i);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	/* Whoever started it may be a service that ends, or a login. */
	cgroup_leave();
	prctl(PR_SET_PDEATHSIG, 0);
	if (!chdir("/"))
		fexecve(exe, argv, env);
	return fail_errno(E_SYSTEM, "Cannot run the keeper of the console");
}

static int make_socket(const struct ve *ve)
{
	struct sockaddr_un a = address(ve);
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(a.sun_path);
	if (sock < 0 || mkdirs(RUN_DIR, 0700) || fchmod(sock, 0600) || bind(sock, (void *)&a, sizeof(a))) {
		fail_errno(E_SYSTEM, "Cannot make %s", a.sun_path);
		if (sock >= 0)
			close(sock);
		return -1;
	}
	return sock;
}

static int start_keeper(const struct ve *ve, int master, int kept)
{
	int fds[END] = { [MASTER] = master, [LISTENER] = make_socket(ve), [INIT] = ve->pidfd, [KEPT] = kept };
	int report, code;
	pid_t pid;

	if (fds[LISTENER] < 0)
		return E_SYSTEM;
	pid = fork_helper(&report, fds + MASTER, END - MASTER);
	if (!pid)
		_exit(become_keeper(ve, fds));
	close(fds[LISTENER]);
	if (pid < 0)
		return E_SYSTEM;
	code = report_all(report);
	close(report);
	return code;
}

int console_keep(const struct ve *ve, int master, const void *kept, size_t n)
{
	int p[2], code;

	if (pipe2(p, O_CLOEXEC)) {
		close(master);
		return fail_errno(E_SYSTEM, "Cannot make a pipe");
	}
	/* A pipe has room for more. */
	if (n > CONSOLE_KEPT)
		n = 0;
	write_all(p[1], kept, n);
	close(p[1]);
	code = start_keeper(ve, master, p[0]);
	close(p[0]);
	close(master);
	return code;
}

int console_renew(struct ve *ve)
{
	int sock[2], keep[2], report, master, code;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		return fail_errno(E_SYSTEM, "Cannot make a socket");
	keep[0] = ve->pidfd;
	keep[1] = sock[1];
	pid = fork_helper(&report, keep, 2);
	if (!pid) {
		code = ns_join(ve);
		_exit(code ? code : console_make(sock[1]));
	}
	close(sock[1]);
	master = pid < 0 ? -1 : receive_fd(sock[0], true);
	close(sock[0]);
	if (pid < 0)
		return E_SYSTEM;
	code = report_all(report);
	close(report);
	waitpid(pid, NULL, 0);
	if (!code && master < 0)
		code = fail(E_SYSTEM, "The container makes no terminal for its console");
	return master < 0 ? code : console_keep(ve, master, NULL, 0);
}

/* --- the keeper ------------------------------------------------------------------------------ */

#define AT_ONCE		65536	/* is read in so many ms: the VE is not to use up the host's time */
#define PAUSE_MS	10

static struct {
	pid_t parent;
	int client;		/* who is attached, -1: nobody */
	int events;		/* an epoll of the master: poll() would say all the time that nobody has the slave */
	uint64_t out, sent;	/* bytes that the VE has written, and of them those that the client has got */
	char ring[CONSOLE_KEPT];
	char typed[512];	/* and not taken by the terminal yet */
	size_t n_typed;
	bool more;		/* there may be something to read … */
	long long when;		/* … but not before */
} k = { .client = -1 };

static size_t kept(void)
{
	return k.out < CONSOLE_KEPT ? k.out : CONSOLE_KEPT;
}

/* What the VE wrote. */
static void drain(void)
{
	ssize_t n = 1;

	for (size_t most = AT_ONCE; n > 0 && most > CONSOLE_KEPT; most -= n) {
		size_t at = k.out % CONSOLE_KEPT;

		n = read(MASTER, k.ring + at, CONSOLE_KEPT - at);
		if (n > 0)
			k.out += n;
	}
	k.more = n > 0;
	k.when = now_ms() + PAUSE_MS;
}

static void detach(void)
{
	close(k.client);
	k.client = -1;
	k.n_typed = 0;
}

/* To the client, as fast as it reads: a slow one misses something. */
static void show(void)
{
	if (k.out - k.sent > CONSOLE_KEPT)
		k.sent = k.out - CONSOLE_KEPT;
	while (k.client >= 0 && k.sent < k.out) {
		size_t at = k.sent % CONSOLE_KEPT, len = CONSOLE_KEPT - at;
		ssize_t n;

		if (len > k.out - k.sent)
			len = k.out - k.sent;
		n = send(k.client, k.ring + at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			detach();
		else
			k.sent += n;
	}
}

static void take_typed(void)
{
	/* Of one that is gone we are told even if there is no room. */
	ssize_t n = recv(k.client, k.typed + k.n_typed, sizeof(k.typed) - k.n_typed, MSG_DONTWAIT);

	if (n > 0)
		k.n_typed += n;
	else if (!n || (errno != EAGAIN && errno != EINTR))
		detach();
}

static void give_typed(void)
{
	ssize_t n = write(MASTER, k.typed, k.n_typed);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		n = k.n_typed;		/* nobody will ever read it */
	if (n > 0) {
		k.n_typed -= n;
		memmove(k.typed, k.typed + n, k.n_typed);
	}
}

static void attach(int sock, const struct winsize *size)
{
	struct console_answer a = { .other = k.client < 0 ? 0 : peer_pid(k.client) };

	send(sock, &a, sizeof(a), MSG_NOSIGNAL);
	if (a.other) {
		close(sock);
		return;
	}
	if (size->ws_row)
		ioctl(MASTER, TIOCSWINSZ, size);
	k.client = sock;
	k.sent = k.out - kept();
}

/* ctl dumps the VE: what is in the terminal stays there. */
static void hold(int sock)
{
	struct console_answer a = { .n = kept(), .holders = getppid() == k.parent ? 2 : 1 };
	struct pollfd p[] = { { .fd = sock, .events = POLLRDHUP }, { .fd = INIT, .events = POLLIN } };
	size_t at = (k.out - a.n) % CONSOLE_KEPT, len = CONSOLE_KEPT - at < a.n ? CONSOLE_KEPT - at : a.n;

	send_fd(sock, MASTER);
	send(sock, &a, sizeof(a), MSG_NOSIGNAL);
	send(sock, k.ring + at, len, MSG_NOSIGNAL);
	send(sock, k.ring, a.n - len, MSG_NOSIGNAL);
	while (poll(p, 2, -1) < 0)
		;
	close(sock);
}

static void serve(void)
{
	int sock = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC);
	struct request r;

	if (sock < 0)
		return;
	time_out(sock, 1000);
	if (recv(sock, &r, sizeof(r), MSG_WAITALL) != sizeof(r))
		r.what = 0;
	if (r.what == CONSOLE_ATTACH) {
		attach(sock, &r.size);
	} else if (r.what == CONSOLE_HOLD) {
		hold(sock);
	} else {
		if (r.what == CONSOLE_RESIZE)
			ioctl(MASTER, TIOCSWINSZ, &r.size);
		close(sock);
	}
}

static int time_left(void)
{
	long long left = k.when - now_ms();

	if (k.more)
		return left < 0 ? 0 : left;
	return k.n_typed ? PAUSE_MS * 10 : -1;
}

/* Until the VE's init is dead. */
static int keep(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET };

	k.events = epoll_create1(EPOLL_CLOEXEC);
	if (k.events < 0 || epoll_ctl(k.events, EPOLL_CTL_ADD, MASTER, &e))
		return E_SYSTEM;
	for (;;) {
		struct pollfd p[] = {
			{ .fd = INIT, .events = POLLIN },
			{ .fd = LISTENER, .events = POLLIN },
			{ .fd = k.events, .events = POLLIN },
			{ .fd = k.client, .events = (k.n_typed ? 0 : POLLIN) | (k.sent < k.out ? POLLOUT : 0) },
		};

		if (poll(p, 4, time_left()) < 0)
			continue;
		if (p[3].revents & ~POLLOUT)
			take_typed();
		if (p[1].revents && !p[0].revents)
			serve();
		if (p[2].revents && epoll_wait(k.events, &e, 1, 0) > 0)
			k.more = true;
		if (p[0].revents || (k.more && now_ms() >= k.when))
			drain();
		if (k.n_typed)
			give_typed();
		show();
		if (p[0].revents)
			return OK;
	}
}

int console_keeper(int argc, char **argv)
{
	int off = 0, status;
	ssize_t n;
	pid_t pid;

	(void)argc;
	(void)argv;
	prctl(PR_SET_NAME, KEEPER_NAME);
	close_range(END, ~0u, 0);
	for (; k.out < CONSOLE_KEPT && (n = read(KEPT, k.ring + k.out, CONSOLE_KEPT - k.out)) > 0; k.out += n)
		;
	close(KEPT);
	/* Whatever an image said. */
	fcntl(MASTER, F_SETFL, O_NONBLOCK);
	ioctl(MASTER, TIOCPKT, &off);
	k.parent = getpid();
	do {
		pid = fork();
		if (pid <= 0)
			return keep();
	} while (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	return OK;
}

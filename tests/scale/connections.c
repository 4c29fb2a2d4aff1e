// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unix connections by the thousand, with data under way in both directions: a server and
 * a client with N between them, of streams and packets; BACKLOG more not yet accepted.
 *
 * connections N
 */
#include "cpt_test.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#define BACKLOG	64

static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };
static struct sockaddr_un name[2];

/* what stands in connection @i, to the server and to the client: 1 to 400 bytes */
static size_t text(char *to, int i, const char *whom)
{
	return snprintf(to, 512, "%0*d to the %s", i % 380 + 1, i, whom);
}

static void put(int fd, int i, const char *whom)
{
	char buf[512];
	size_t len = text(buf, i, whom);

	check(send(fd, buf, len, 0) == (ssize_t)len, "send: %s", strerror(errno));
}

static void get(int fd, int i, const char *whom)
{
	char buf[512], want[512];
	size_t len = text(want, i, whom);
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	check(n == (ssize_t)len && !memcmp(buf, want, len), "connection %d to the %s: %zd bytes '%.*s'", i, whom, n,
	      (int)(n > 0 ? n : 0), buf);
	n = recv(fd, buf, 1, MSG_DONTWAIT);
	check(n < 0 && errno == EAGAIN, "connection %d has more", i);
}

static int dial(int i)
{
	int fd = sys(socket(AF_UNIX, types[i & 1], 0));

	sys(connect(fd, (struct sockaddr *)&name[i & 1], sizeof(name[0])));
	put(fd, i, "server");
	return fd;
}

static void client(int n, int step)
{
	int *fd = calloc(n + BACKLOG, sizeof(*fd)), i;
	char byte;

	for (i = 0; i < n; i++) {
		fd[i] = dial(i);
		sys(read(step, &byte, 1));	/* accepted, so that the backlog never is full */
	}
	for (i = n; i < n + BACKLOG; i++)
		fd[i] = dial(i);
	sys(write(step, "", 1));
	test_wait();
	for (i = 0; i < n; i++)
		get(fd[i], i, "client");
	for (i = 0; i < n + BACKLOG; i++)
		put(fd[i], i + 1, "server");
	sys(write(step, "", 1));
	sys(read(step, &byte, 1));
	_exit(0);
}

static int take(int listener, int i)
{
	int fd = sys(accept(listener, NULL, NULL));

	/* those of one sort come in the order in which they were made */
	if (i >= 0)
		put(fd, i, "client");
	return fd;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 200, *fd = calloc(n + BACKLOG, sizeof(*fd)), listener[2], step[2], i;
	struct rlimit r = { n + 200, n + 200 };
	pid_t pid;
	char byte;

	sys(setrlimit(RLIMIT_NOFILE, &r));
	for (i = 0; i < 2; i++) {
		name[i].sun_family = AF_UNIX;
		snprintf(name[i].sun_path, sizeof(name[i].sun_path), "%s", test_path(i ? "packets" : "streams"));
		unlink(name[i].sun_path);
		listener[i] = sys(socket(AF_UNIX, types[i], 0));
		sys(bind(listener[i], (struct sockaddr *)&name[i], sizeof(name[i])));
		sys(listen(listener[i], BACKLOG));
	}
	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, step));
	pid = test_fork();
	if (!pid)
		client(n, step[1]);
	for (i = 0; i < n; i++) {
		fd[i] = take(listener[i & 1], i);
		sys(write(step[0], "", 1));
	}
	sys(read(step[0], &byte, 1));
	test_ready();
	test_wait();
	for (i = n; i < n + BACKLOG; i++)
		fd[i] = take(listener[i & 1], -1);
	sys(read(step[0], &byte, 1));
	for (i = 0; i < n + BACKLOG; i++) {
		char buf[1024], want[1024];
		size_t len = text(want, i, "server");
		ssize_t got = 0, m;

		len += text(want + len, i + 1, "server");
		/* a stream may give both at once, packets never */
		while ((m = recv(fd[i], buf + got, sizeof(buf) - got, MSG_DONTWAIT)) > 0)
			got += m;
		check(got == (ssize_t)len && !memcmp(buf, want, len), "connection %d: %zd bytes '%.*s'", i, got, (int)got, buf);
	}
	sys(write(step[0], "", 1));
	test_reap(pid);
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unix sockets without names: pairs of all types with messages on the way, byte for
 * byte and with their boundaries; descriptors and credentials passed, sockets in
 * sockets; half closed, peer gone, errors; out-of-band bytes; options; filters; readers and
 * writers that wait; what an epoll was told.
 */
#include "cpt_test.h"

#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static void pair(int *fd, int type)
{
	sys(socketpair(AF_UNIX, type, 0, fd));
}

static void say(int fd, const char *text)
{
	check_is(sys(send(fd, text, strlen(text), 0)), strlen(text), "bytes sent");
}

/* One recv(2) gets exactly this. */
static void hear(int fd, const char *text)
{
	char buf[256] = "";
	ssize_t n = sys(recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT));

	check(n == (ssize_t)strlen(text) && !strcmp(buf, text), "got '%s', not '%s'", buf, text);
}

static void nothing(int fd)
{
	char c;

	check(recv(fd, &c, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN, "there is something to read, or %s",
	      strerror(errno));
}

static bool ready(int fd, short what)
{
	struct pollfd p = { fd, what, 0 };

	sys(poll(&p, 1, 0));
	return (p.revents & what) == what;
}

/* --- messages --------------------------------------------------------------------------------------- */

static int stream[2], dgram[2], packets[2], half[2], gone, reset_, seqgone, big[2];
#define BIG 150000

static void messages(void)
{
	char *buf = malloc(BIG);
	int fd[2], n;

	pair(stream, SOCK_STREAM);
	say(stream[0], "one ");
	say(stream[0], "two");
	say(stream[1], "back");
	pair(dgram, SOCK_DGRAM);
	say(dgram[0], "first");
	say(dgram[0], "");
	say(dgram[0], "third");
	pair(packets, SOCK_SEQPACKET);
	say(packets[1], "packet one");
	say(packets[1], "packet two");

	pair(half, SOCK_STREAM);
	say(half[0], "last words");
	sys(shutdown(half[0], SHUT_WR));
	pair(fd, SOCK_STREAM);
	say(fd[1], "left behind");
	sys(close(fd[1]));
	gone = fd[0];
	pair(fd, SOCK_STREAM);
	say(fd[0], "never read");
	say(fd[1], "still there");
	sys(close(fd[1]));
	reset_ = fd[0];
	pair(fd, SOCK_SEQPACKET);
	say(fd[1], "a packet left behind");
	sys(close(fd[1]));
	seqgone = fd[0];

	pair(big, SOCK_STREAM);
	n = 1 << 20;
	sys(setsockopt(big[0], SOL_SOCKET, SO_SNDBUF, &n, sizeof(n)));
	fill(buf, BIG, 7);
	check_is(sys(send(big[0], buf, BIG, 0)), BIG, "bytes sent");
	check_is(sys(read(big[1], buf, 1000)), 1000, "bytes read");	/* in the middle of a buffer */
	free(buf);
}

static void messages_check(void)
{
	char *buf = malloc(BIG), *all, c;
	int err;
	socklen_t len = sizeof(err);
	size_t at;

	hear(stream[1], "one two");
	hear(stream[0], "back");
	say(stream[0], "again");
	hear(stream[1], "again");
	hear(dgram[1], "first");
	hear(dgram[1], "");
	hear(dgram[1], "third");
	nothing(dgram[1]);
	say(dgram[1], "reply");
	hear(dgram[0], "reply");
	hear(packets[0], "packet one");
	hear(packets[0], "packet two");
	nothing(packets[0]);

	hear(half[1], "last words");
	check_is(sys(recv(half[1], &c, 1, 0)), 0, "what a half closed stream gives at its end");
	say(half[1], "the other way");
	hear(half[0], "the other way");
	check(send(half[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "%s", strerror(errno));
	hear(gone, "left behind");
	check_is(sys(recv(gone, &c, 1, 0)), 0, "what a stream gives whose peer is gone");
	check(send(gone, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "%s", strerror(errno));
	sys(getsockopt(reset_, SOL_SOCKET, SO_ERROR, &err, &len));
	check_is(err, ECONNRESET, "error of a socket whose peer had unread data");
	hear(reset_, "still there");
	hear(seqgone, "a packet left behind");
	check_is(sys(recv(seqgone, &c, 1, 0)), 0, "what a packet socket gives whose peer is gone");

	for (at = 1000; at < BIG; at += 10)
		check(sys(recv(big[1], buf + at, at + 10 > BIG ? BIG - at : 10, MSG_WAITALL)) > 0);
	all = malloc(BIG);
	fill(all, BIG, 7);
	check(!memcmp(buf + 1000, all + 1000, BIG - 1000), "a long message is not as it was");
	nothing(big[1]);
	free(all);
	free(buf);
}

/* --- passing ---------------------------------------------------------------------------------------- */

static pid_t dead_pid;
static int pass[2], rights[2], nest[2], creds[2], alone[2];

static void give(int sock, const char *text, const int *fd, int n)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(8 * sizeof(int))]; } c;
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };

	memset(&c, 0, sizeof(c));
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	c.h.cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(&c.h), fd, n * sizeof(int));
	sys(sendmsg(sock, &m, 0));
}

/* The number of descriptors that came with exactly this text. */
static int take(int sock, const char *text, int *fd)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(8 * sizeof(int))]; } c;
	char buf[64] = "";
	struct iovec iov = { buf, sizeof(buf) - 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };
	int n;

	sys(recvmsg(sock, &m, MSG_DONTWAIT));
	check(!strcmp(buf, text), "got '%s', not '%s'", buf, text);
	if (!m.msg_controllen)
		return 0;
	check(c.h.cmsg_type == SCM_RIGHTS && !(m.msg_flags & MSG_CTRUNC));
	n = (c.h.cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fd, CMSG_DATA(&c.h), n * sizeof(int));
	return n;
}

static ino_t passed_ino;

static void passing(void)
{
	int fd[4], p[2], e, file = sys(open(test_path("passed"), O_RDWR | O_CREAT, 0600));
	struct stat st;

	sys(write(file, "0123456789", 10));
	sys(lseek(file, 3, SEEK_SET));
	sys(fstat(file, &st));
	passed_ino = st.st_ino;
	sys(pipe(p));
	sys(write(p[1], "in a pipe", 9));
	e = sys(epoll_create1(0));
	sys(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &(struct epoll_event){ .events = EPOLLIN, .data.u32 = 77 }));
	pair(rights, SOCK_STREAM);
	fd[0] = file;
	fd[1] = p[0];
	fd[2] = p[1];
	fd[3] = e;
	say(rights[0], "before ");
	give(rights[0], "with four", fd, 4);
	give(rights[0], "with one", fd, 1);
	say(rights[0], "after");
	close(file);
	close(p[0]);
	close(p[1]);
	close(e);

	/* a pair in a socket, with a message between them; and that socket in another */
	pair(pass, SOCK_DGRAM);
	pair(nest, SOCK_STREAM);
	pair(fd, SOCK_SEQPACKET);
	say(fd[0], "deep inside");
	give(nest[0], "a pair", fd, 2);
	close(fd[0]);
	close(fd[1]);
	give(pass[0], "an end", &nest[1], 1);
	close(nest[1]);
	/* a socket that carries itself, and one end open */
	pair(alone, SOCK_STREAM);
	give(alone[0], "myself", &alone[1], 1);
}

static void passing_check(void)
{
	struct epoll_event ev;
	int fd[8], fd2[8];
	struct stat st;
	char buf[32] = "";

	check(sys(recv(rights[1], buf, 7, 0)) == 7 && !memcmp(buf, "before ", 7), "got '%.7s'", buf);
	memset(buf, 0, sizeof(buf));
	check_is(take(rights[1], "with four", fd), 4, "descriptors");
	check_is(take(rights[1], "with one", fd2), 1, "descriptors");
	hear(rights[1], "after");
	sys(fstat(fd[0], &st));
	check_is(st.st_ino, passed_ino, "inode of a file that was passed");
	check(read(fd[0], buf, 4) == 4 && !strcmp(buf, "3456"), "read '%s'", buf);
	check_is(lseek(fd2[0], 0, SEEK_CUR), 7, "position of the same file");	/* one description */
	check_is(sys(epoll_wait(fd[3], &ev, 1, 0)), 1, "events of an epoll that was passed");
	check_is(ev.data.u32, 77, "its data");
	memset(buf, 0, sizeof(buf));
	check(read(fd[1], buf, 32) == 9 && !strcmp(buf, "in a pipe"), "read '%s'", buf);
	sys(write(fd[2], "x", 1));
	check_is(sys(read(fd[1], buf, 32)), 1, "bytes through the pipe");

	check_is(take(pass[1], "an end", fd), 1, "descriptors");
	say(nest[0], "into it");
	check_is(take(fd[0], "a pair", fd2), 2, "descriptors");
	hear(fd[0], "into it");
	hear(fd2[1], "deep inside");
	say(fd2[1], "and back");
	hear(fd2[0], "and back");

	check_is(take(alone[1], "myself", fd), 1, "descriptors");
	say(alone[0], "to the one or the other");
	hear(fd[0], "to the one or the other");
}

static void credentials(void)
{
	int on = 1;
	pid_t pid;

	pair(creds, SOCK_DGRAM);
	sys(setsockopt(creds[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	say(creds[0], "mine");
	pid = test_fork();
	if (!pid) {
		sys(setgid(1002));
		sys(setuid(1001));
		say(creds[0], "of one who is dead");
		_exit(0);
	}
	test_reap(pid);
	dead_pid = pid;
}

static void from(const char *text, pid_t pid, uid_t uid, gid_t gid)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(sizeof(struct ucred))]; } c;
	char buf[64] = "";
	struct iovec iov = { buf, sizeof(buf) - 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };
	struct ucred *u = (void *)CMSG_DATA(&c.h);

	sys(recvmsg(creds[1], &m, MSG_DONTWAIT));
	check(!strcmp(buf, text) && m.msg_controllen && c.h.cmsg_type == SCM_CREDENTIALS, "'%s'", buf);
	check_is(u->pid, pid, "pid of a sender");
	check_is(u->uid, uid, "its uid");
	check_is(u->gid, gid, "its gid");
}

/* --- options, out of band, waiting ------------------------------------------------------------------ */

static const struct { int name, value; } options[] = {
	{ SO_SNDBUF, 40000 }, { SO_RCVBUF, 50000 }, { SO_PASSCRED, 1 }, { SO_PRIORITY, 5 }, { SO_RCVLOWAT, 3 },
	{ SO_KEEPALIVE, 1 }, { SO_BROADCAST, 1 }, { SO_OOBINLINE, 1 }, { SO_REUSEADDR, 1 }, { SO_TIMESTAMP, 1 },
	{ SO_PEEK_OFF, 2 }, { SO_TIMESTAMPING, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE },
};
static int opts[2], opt_values[ARRAY_SIZE(options)], oob[2], mark[2], full[2], reader[2], edge[2], ep;
static struct timeval timeo = { 3, 500000 };
static size_t in_full;

static int option(int name)
{
	int v = 0;
	socklen_t len = sizeof(v);

	sys(getsockopt(opts[0], SOL_SOCKET, name, &v, &len));
	return v;
}

static void others(void)
{
	struct epoll_event ev;
	char buf[1000];
	size_t i;

	pair(opts, SOCK_STREAM);
	for (i = 0; i < ARRAY_SIZE(options); i++)
		sys(setsockopt(opts[0], SOL_SOCKET, options[i].name, &options[i].value, sizeof(int)));
	sys(setsockopt(opts[0], SOL_SOCKET, SO_RCVTIMEO, &timeo, sizeof(timeo)));
	for (i = 0; i < ARRAY_SIZE(options); i++)
		opt_values[i] = option(options[i].name);
	sys(fcntl(opts[1], F_SETFL, O_NONBLOCK));
	sys(fchown(opts[1], 1003, 1004));

	pair(oob, SOCK_STREAM);
	say(oob[0], "in band");
	check_is(sys(send(oob[0], "!", 1, MSG_OOB)), 1, "bytes out of band");
	say(oob[0], "after");
	pair(mark, SOCK_DGRAM);

	pair(full, SOCK_STREAM);
	sys(fcntl(full[0], F_SETFL, O_NONBLOCK));
	while (write(full[0], buf, sizeof(buf)) > 0)
		in_full += sizeof(buf);
	sys(fcntl(full[0], F_SETFL, 0));
	pair(reader, SOCK_SEQPACKET);

	/* an edge that was told, and one that was not */
	pair(edge, SOCK_STREAM);
	ep = sys(epoll_create1(0));
	sys(epoll_ctl(ep, EPOLL_CTL_ADD, edge[0], &(struct epoll_event){ .events = EPOLLIN | EPOLLET, .data.u32 = 1 }));
	say(edge[1], "told");
	check_is(sys(epoll_wait(ep, &ev, 1, 0)), 1, "events");
	sys(epoll_ctl(ep, EPOLL_CTL_ADD, dgram[1], &(struct epoll_event){ .events = EPOLLIN | EPOLLET, .data.u32 = 2 }));
}

static void *wait_read(void *arg)
{
	char buf[16] = "";

	check(recv(reader[0], buf, 16, 0) == 6 && !strcmp(buf, "waited"), "a waiting reader got '%s'", buf);
	return arg;
}

static void *wait_write(void *arg)
{
	check_is(write(full[0], "more", 4), 4, "what a waiting writer wrote");
	return arg;
}

static void others_check(void)
{
	struct epoll_event ev;
	struct timeval tv;
	socklen_t len = sizeof(tv);
	char buf[4096], c;
	struct stat st;
	size_t i, n = 0;
	int at;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		check(option(options[i].name) == opt_values[i], "option %d is %d, not %d", options[i].name,
		      option(options[i].name), opt_values[i]);
	sys(getsockopt(opts[0], SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	check(tv.tv_sec == timeo.tv_sec && labs(tv.tv_usec - timeo.tv_usec) < 20000, "SO_RCVTIMEO is %ld.%06ld",
	      (long)tv.tv_sec, (long)tv.tv_usec);
	check(sys(fcntl(opts[1], F_GETFL)) & O_NONBLOCK);
	sys(fstat(opts[1], &st));
	check(st.st_uid == 1003 && st.st_gid == 1004 && S_ISSOCK(st.st_mode), "owner %d:%d", st.st_uid, st.st_gid);

	check(ready(oob[1], POLLPRI));
	check(recv(oob[1], &c, 1, MSG_OOB | MSG_DONTWAIT) == 1 && c == '!');
	hear(oob[1], "in band");
	sys(ioctl(oob[1], SIOCATMARK, &at));
	hear(oob[1], "after");

	check_is(sys(epoll_wait(ep, &ev, 1, 0)), 1, "events not yet told");
	check_is(ev.data.u32, 2, "the socket they are of");
	check_is(sys(epoll_wait(ep, &ev, 1, 0)), 0, "events told before");
	say(edge[1], "!");
	check_is(sys(epoll_wait(ep, &ev, 1, 0)), 1, "new events");
	check_is(ev.data.u32, 1, "the socket they are of");

	check(!ready(full[0], POLLOUT), "there is room in a full socket");
	while (n < in_full + 4)
		n += sys(read(full[1], buf, sizeof(buf)));
	say(reader[1], "waited");
}

/* --- filters ---------------------------------------------------------------------------------------- */

/* lets in what begins with 'a', and four bytes of it */
static struct sock_filter only_a[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'a', 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 4),
	BPF_STMT(BPF_RET | BPF_K, 0),
};
/* longer than two pages; lets in all */
static struct sock_filter long_one[1100];
static int picky[2], locked[2];

static void attach(int fd, struct sock_filter *f, int n)
{
	struct sock_fprog prog = { n, f };

	sys(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
}

static void filters(void)
{
	int on = 1, i;

	pair(picky, SOCK_DGRAM);
	say(picky[0], "before the filter");	/* it does not matter to what is there */
	attach(picky[1], only_a, ARRAY_SIZE(only_a));
	say(picky[0], "abcdefgh");
	say(picky[0], "bcdefgh");
	pair(locked, SOCK_DGRAM);
	for (i = 0; i < (int)ARRAY_SIZE(long_one); i++)
		long_one[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, i);
	long_one[i - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0xffff);
	attach(locked[1], long_one, ARRAY_SIZE(long_one));
	sys(setsockopt(locked[1], SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)));
}

static void same_filter(int fd, const struct sock_filter *want, socklen_t n)
{
	struct sock_filter *is = calloc(BPF_MAXINSNS, sizeof(*is));
	socklen_t len = BPF_MAXINSNS;

	sys(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, is, &len));
	check(len == n && !memcmp(is, want, n * sizeof(*is)), "a filter of %u instructions is not that of %u", len, n);
	free(is);
}

static void filters_check(void)
{
	struct sock_fprog prog = { ARRAY_SIZE(only_a), only_a };

	same_filter(picky[1], only_a, ARRAY_SIZE(only_a));
	same_filter(locked[1], long_one, ARRAY_SIZE(long_one));
	say(picky[0], "bad");
	say(picky[0], "again");
	hear(picky[1], "before the filter");
	hear(picky[1], "abcd");
	hear(picky[1], "agai");
	nothing(picky[1]);
	say(locked[0], "all of it");
	hear(locked[1], "all of it");
	check(setsockopt(locked[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == -1 && errno == EPERM,
	      "a locked filter is replaced");
	sys(setsockopt(picky[1], SOL_SOCKET, SO_DETACH_FILTER, &prog, sizeof(prog)));
	say(picky[0], "bad");
	hear(picky[1], "bad");
}

int main(void)
{
	pthread_t t[2];
	pid_t child;

	messages();
	passing();
	credentials();
	others();
	filters();
	child = test_fork();		/* shares all of it */
	if (!child) {
		while (!test_going())
			sleep_ns(50 * MSEC);
		say(mark[0], "from a child");
		_exit(0);
	}
	thr(pthread_create(&t[0], NULL, wait_read, NULL));
	thr(pthread_create(&t[1], NULL, wait_write, NULL));
	sleep_ns(200 * MSEC);
	test_ready();
	test_wait();
	others_check();
	filters_check();
	messages_check();
	passing_check();
	from("mine", getpid(), getuid(), getgid());
	from("of one who is dead", dead_pid, 1001, 1002);
	test_reap(child);
	hear(mark[1], "from a child");
	thr(pthread_join(t[0], NULL));
	thr(pthread_join(t[1], NULL));
	test_pass();
}

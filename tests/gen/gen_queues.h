/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CPT_GEN_QUEUES_H
#define _CPT_GEN_QUEUES_H
/*
 * Kinds of tests/gen: pipes, fifos and unix sockets, with something in them.
 */
#include "gen.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static int nonblock(int fd, bool on)
{
	int flags = sys(fcntl(fd, F_GETFL));

	sys(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
	return flags;
}

/* --- pipes ---------------------------------------------------------------------------------------- */

/* Into @w, up to @room bytes, in pieces; some of it is read again. a … b: what is in it. */
static void fill_pipe(struct obj *o, int r, int w, bool packets)
{
	static char buf[70000];
	int was_r = nonblock(r, true), was_w = nonblock(w, true), i;
	ssize_t n;

	o->a = o->b = o->nlist = 0;
	for (i = rnd(16); i > 0; i--) {
		n = 1 + (packets ? rnd_size(4095) : rnd_size(one_in(5) ? 65000 : 5000));
		make_bytes(buf, o->seed, o->b, n);
		if (!packets && one_in(5) && n < 60000) {	/* pages of a file */
			int file = sys(open("/tmp", O_TMPFILE | O_RDWR, 0600));

			check(write(file, buf, n) == n);
			n = splice(file, &(loff_t){ 0 }, w, NULL, n, SPLICE_F_NONBLOCK);
			sys(close(file));
		} else {
			n = write(w, buf, n);
		}
		if (n <= 0)
			break;
		if (packets)
			o->list[o->nlist++] = n;
		o->b += n;
	}
	if (packets) {		/* whole packets */
		for (i = rnd(o->nlist + 1) / 2; i > 0; i--) {
			check(read(r, buf, sizeof(buf)) == o->list[0]);
			o->a += o->list[0];
			memmove(o->list, o->list + 1, --o->nlist * sizeof(o->list[0]));
		}
	} else if (o->b && one_in(2)) {
		n = sys(read(r, buf, 1 + rnd(o->b > 60000 ? 60000 : o->b)));
		o->a += n;
	}
	sys(fcntl(r, F_SETFL, was_r));
	sys(fcntl(w, F_SETFL, was_w));
}

static bool make_pipe(struct obj *o, int *fd)
{
	bool packets = one_in(4);

	osys(o, pipe2(fd, (packets ? O_DIRECT : 0) | PICK(0, O_NONBLOCK) | PICK(0, 0, O_CLOEXEC)));
	if (one_in(3))
		osys(o, fcntl(fd[0], F_SETPIPE_SZ, 4096 << rnd(7)));
	fill_pipe(o, fd[0], fd[1], packets);
	if (one_in(3))
		osys(o, fcntl(fd[rnd(2)], F_SETFL, PICK(0, O_NONBLOCK) | (packets ? O_DIRECT : 0)));
	o->state = packets;
	o->list[15] = osys(o, fcntl(fd[0], F_GETPIPE_SZ));
	if (one_in(5))
		o->end[rnd(2)].gone = true;
	return true;
}

static bool make_fifo(struct obj *o, int *fd)
{
	place_file(o, PICK(0, 1), ".fifo");
	osys(o, mkfifo(o->path, 0600));
	fd[0] = osys(o, open(o->path, PICK(O_RDONLY, O_RDWR) | O_NONBLOCK));
	fd[1] = osys(o, open(o->path, PICK(O_WRONLY, O_RDWR)));
	fill_pipe(o, fd[0], fd[1], false);
	o->state = 0;
	o->list[15] = osys(o, fcntl(fd[0], F_GETPIPE_SZ));
	return true;
}

/* What is in it, by way of another pipe: tee(2) takes nothing. */
static void see_pipe(FILE *f, struct obj *o, int end, int fd)
{
	int mode = osys(o, fcntl(fd, F_GETFL)) & O_ACCMODE, copy[2], n = 0;
	static char buf[70000];
	uint32_t sum = 0;
	ssize_t got;

	(void)end;
	osys(o, ioctl(fd, FIONREAD, &n));
	fprintf(f, " ring %d bytes %d", osys(o, fcntl(fd, F_GETPIPE_SZ)), n);
	if (mode == O_WRONLY || !n)
		return;
	sys(pipe2(copy, O_NONBLOCK | O_DIRECT));
	sys(fcntl(copy[1], F_SETPIPE_SZ, 1 << 20));
	got = tee(fd, copy[1], 1 << 20, SPLICE_F_NONBLOCK);
	want(o, got == n, "%zd bytes of %d are seen", got, n);
	while ((got = read(copy[0], buf, sizeof(buf))) > 0) {
		sum = sum * 31 + hash(buf, got);
		if (o->state)
			fprintf(f, " packet %zd", got);
	}
	fprintf(f, " contents %08x", sum);
	sys(close(copy[0]));
	sys(close(copy[1]));
}

static void check_pipe(struct obj *o, int end, int fd)
{
	int mode = osys(o, fcntl(fd, F_GETFL)) & O_ACCMODE;
	static char buf[70000];
	ssize_t n;
	int i = 0;

	want(o, fcntl(fd, F_GETPIPE_SZ) == o->list[15], "ring of %d", fcntl(fd, F_GETPIPE_SZ));
	if (end)
		return;
	want(o, mode != O_WRONLY, "mode");
	nonblock(fd, true);
	while (o->a < o->b) {
		n = read(fd, buf, sizeof(buf));
		want(o, n > 0, "%zd after %d bytes of %d: %s", n, (int)o->a, (int)o->b, strerror(errno));
		if (o->state)
			want(o, n == o->list[i], "a packet of %zd, not %d", n, o->list[i]);
		i++;
		check_bytes(o, buf, o->seed, o->a, n);
		o->a += n;
	}
	n = read(fd, buf, 1);
	want(o, n == 0 || (n == -1 && errno == EAGAIN), "there is more");
}

/* --- unix sockets ---------------------------------------------------------------------------------- */

static const int so_ints[] = { SO_TYPE, SO_SNDBUF, SO_RCVBUF, SO_PASSCRED, SO_PRIORITY, SO_RCVLOWAT, SO_KEEPALIVE,
			       SO_BROADCAST, SO_OOBINLINE, SO_REUSEADDR, SO_TIMESTAMP, SO_ACCEPTCONN, SO_PEEK_OFF,
			       SO_PASSSEC, SO_DOMAIN, SO_PROTOCOL, SO_MARK };

static void some_options(struct obj *o, int fd)
{
	static const struct { int name, most; } set[] = {
		{ SO_SNDBUF, 300000 }, { SO_RCVBUF, 300000 }, { SO_PASSCRED, 2 }, { SO_PRIORITY, 6 }, { SO_RCVLOWAT, 9 },
		{ SO_KEEPALIVE, 2 }, { SO_BROADCAST, 2 }, { SO_REUSEADDR, 2 }, { SO_TIMESTAMP, 2 },
	};
	struct timeval tv = { rnd(100), 1000 * rnd(1000) };
	struct linger l = { 1, rnd(100) };
	int i, v;

	for (i = rnd(4); i > 0; i--) {
		uint32_t k = rnd(ARRAY_SIZE(set));

		v = rnd(set[k].most);
		osys(o, setsockopt(fd, SOL_SOCKET, set[k].name, &v, sizeof(v)));
	}
	if (one_in(6))
		osys(o, setsockopt(fd, SOL_SOCKET, PICK(SO_RCVTIMEO, SO_SNDTIMEO), &tv, sizeof(tv)));
	if (one_in(6))
		osys(o, setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

/* One message of what is next in that end's queue, with these ends in it. False: there is no room. */
static bool put_message(struct obj *o, int to, int sock, uint32_t len, int npassed, const int *fds, const int *ends)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(PASSED * sizeof(int))]; } c = { 0 };
	static char buf[70000];
	struct queue *q = &o->q[to];
	struct iovec iov = { buf, len };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	int i, was;
	ssize_t n;

	if (q->n == MSGS)
		return false;
	make_bytes(buf, o->seed + to, q->bytes, len);
	if (npassed) {
		h.msg_control = &c;
		h.msg_controllen = CMSG_SPACE(npassed * sizeof(int));
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		c.h.cmsg_len = CMSG_LEN(npassed * sizeof(int));
		memcpy(CMSG_DATA(&c.h), fds, npassed * sizeof(int));
	}
	was = nonblock(sock, true);
	n = sendmsg(sock, &h, MSG_NOSIGNAL);
	sys(fcntl(sock, F_SETFL, was));
	if (n == -1 && (errno == EAGAIN || errno == EMSGSIZE || errno == ENOBUFS))
		return false;
	want(o, n >= 0, "send: %s", strerror(errno));
	q->msg[q->n] = (struct msg){ .len = n, .at = q->bytes, .npassed = npassed };
	for (i = 0; i < npassed; i++)
		q->msg[q->n].passed[i] = ends[i];
	q->n++;
	q->bytes += n;
	return true;
}

static void some_messages(struct obj *o, int to, int sock)
{
	int i, type = o->mode;

	for (i = rnd(7); i > 0; i--) {
		uint32_t len = rnd_size(one_in(6) ? 60000 : 3000);

		if (!len && type == SOCK_STREAM)
			len = 1;
		if (!put_message(o, to, sock, len, 0, NULL, NULL))
			break;
	}
}

/* Some of a stream's queue, or whole messages of others, are read again. */
static void read_some(struct obj *o, int end, int sock)
{
	struct queue *q = &o->q[end];
	static char buf[70000];
	ssize_t n;

	if (!q->n || one_in(2))
		return;
	n = q->msg[0].len;
	if (o->mode == SOCK_STREAM)
		n = 1 + rnd(n);
	n = osys(o, recv(sock, buf, n, MSG_DONTWAIT | (o->mode == SOCK_STREAM ? MSG_WAITALL : 0)));
	check_bytes(o, buf, o->seed + end, q->msg[0].at, n);
	q->msg[0].at += n;
	q->msg[0].len -= n;
	o->half |= q->msg[0].len && o->mode == SOCK_STREAM;
	if (!q->msg[0].len || o->mode != SOCK_STREAM)
		memmove(q->msg, q->msg + 1, --q->n * sizeof(q->msg[0]));
}

static socklen_t address(struct obj *o, struct sockaddr_un *a)
{
	a->sun_family = AF_UNIX;
	if (one_in(2)) {
		snprintf(a->sun_path, sizeof(a->sun_path), "%cgen %d", 0, (int)(o - m->obj));
		return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a->sun_path + 1);
	}
	place_file(o, PICK(0, 1), ".sock");
	strcpy(a->sun_path, o->path);
	return sizeof(*a);
}

/* state: 0 both ends open, 1 the second sends no more, 2 … receives no more, 3 it is closed */
static bool make_pair(struct obj *o, int *fd)
{
	o->mode = PICK(SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET);
	osys(o, socketpair(AF_UNIX, o->mode | PICK(0, SOCK_NONBLOCK) | PICK(0, SOCK_CLOEXEC), 0, fd));
	some_options(o, fd[0]);
	some_options(o, fd[1]);
	some_messages(o, 0, fd[1]);
	some_messages(o, 1, fd[0]);
	read_some(o, 0, fd[0]);
	read_some(o, 1, fd[1]);
	o->state = PICK(0, 0, 0, 0, 1, 2, 3);
	if (o->state == 1 || o->state == 2)
		osys(o, shutdown(fd[1], o->state == 1 ? SHUT_WR : SHUT_RD));
	if (o->state == 3)
		o->end[1].gone = true;
	o->carrier = o->state == 0;
	return true;
}

/* A listener (0) with connections that nobody took yet; the first client (1) is still there. */
static bool make_listener(struct obj *o, int *fd)
{
	struct sockaddr_un a = { 0 };
	socklen_t len;
	int i, c;

	o->mode = PICK(SOCK_STREAM, SOCK_STREAM, SOCK_SEQPACKET);
	fd[0] = osys(o, socket(AF_UNIX, o->mode | PICK(0, SOCK_NONBLOCK), 0));
	len = address(o, &a);
	osys(o, bind(fd[0], (void *)&a, len));
	some_options(o, fd[0]);
	osys(o, listen(fd[0], 5 + rnd(100)));
	o->a = 1 + rnd(4);
	for (i = 0; i < (int)o->a; i++) {
		char buf[500];

		c = osys(o, socket(AF_UNIX, o->mode, 0));
		osys(o, connect(c, (void *)&a, len));
		o->list[i] = 1 + rnd(500);
		make_bytes(buf, o->seed + i, 0, o->list[i]);
		want(o, write(c, buf, o->list[i]) == o->list[i], "write");
		if (i == 0)
			fd[1] = c;
		else
			sys(close(c));
	}
	if (*o->path && one_in(3))
		osys(o, unlink(o->path));
	return true;
}

static void check_listener(struct obj *o, int end, int fd)
{
	char buf[600];
	int i, c;

	if (end)
		return;
	for (i = 0; i < (int)o->a; i++) {
		c = osys(o, accept(fd, NULL, NULL));
		want(o, recv(c, buf, sizeof(buf), MSG_DONTWAIT) == o->list[i], "connection %d", i);
		check_bytes(o, buf, o->seed + i, 0, o->list[i]);
		if (i == 0) {
			want(o, write(c, "back", 4) == 4, "write");
		} else {
			want(o, recv(c, buf, 1, 0) == 0, "the end of connection %d", i);
			sys(close(c));
		}
	}
	nonblock(fd, true);
	want(o, accept(fd, NULL, NULL) == -1 && errno == EAGAIN, "a connection too many");
}

/* A datagram socket with a name (0), and one that sends to it (1): bound, connected, or gone. */
static bool make_mailbox(struct obj *o, int *fd)
{
	struct sockaddr_un a = { 0 }, b = { .sun_family = AF_UNIX };
	socklen_t len;

	o->mode = SOCK_DGRAM;
	fd[0] = osys(o, socket(AF_UNIX, SOCK_DGRAM, 0));
	fd[1] = osys(o, socket(AF_UNIX, SOCK_DGRAM, 0));
	len = address(o, &a);
	osys(o, bind(fd[0], (void *)&a, len));
	if (one_in(2))		/* a name of the kernel's choice */
		osys(o, bind(fd[1], (void *)&b, sizeof(b.sun_family)));
	osys(o, connect(fd[1], (void *)&a, len));
	some_options(o, fd[0]);
	some_messages(o, 0, fd[1]);
	read_some(o, 0, fd[0]);
	if (*o->path && one_in(3))
		osys(o, unlink(o->path));
	if (one_in(3))
		o->end[1].gone = true;
	o->carrier = !o->end[1].gone;
	return true;
}

/* A connection that was made by name and taken. */
static bool make_accepted(struct obj *o, int *fd)
{
	struct sockaddr_un a = { 0 };
	socklen_t len;
	int l;

	o->mode = PICK(SOCK_STREAM, SOCK_SEQPACKET);
	l = osys(o, socket(AF_UNIX, o->mode, 0));
	len = address(o, &a);
	osys(o, bind(l, (void *)&a, len));
	osys(o, listen(l, 1));
	fd[0] = osys(o, socket(AF_UNIX, o->mode, 0));
	osys(o, connect(fd[0], (void *)&a, len));
	fd[1] = osys(o, accept4(l, NULL, NULL, PICK(0, SOCK_NONBLOCK)));
	sys(close(l));
	some_messages(o, 0, fd[1]);
	some_messages(o, 1, fd[0]);
	read_some(o, 1, fd[1]);
	o->carrier = true;
	return true;
}

static void see_name(FILE *f, const char *what, int fd, int (*get)(int, struct sockaddr *, socklen_t *))
{
	union { struct sockaddr a; struct sockaddr_un un; char room[200]; } u;
	socklen_t len = sizeof(u), i;

	memset(&u, 0, sizeof(u));
	if (get(fd, &u.a, &len)) {
		fprintf(f, " %s %s", what, strerror(errno));
		return;
	}
	fprintf(f, " %s %u:", what, len);
	for (i = 2; i < len; i++)
		fputc(u.room[i] > ' ' && u.room[i] <= '~' ? u.room[i] : '.', f);
}

static int get_name(int fd, struct sockaddr *a, socklen_t *len) { return getsockname(fd, a, len); }
static int get_peer(int fd, struct sockaddr *a, socklen_t *len) { return getpeername(fd, a, len); }

static void see_socket(FILE *f, struct obj *o, int end, int fd)
{
	struct pollfd p = { fd, 0, 0 };
	struct ucred cred = { 0 };
	struct timeval tv = { 0 };
	struct linger l = { 0 };
	static char buf[4096];
	socklen_t len;
	ssize_t n;
	size_t i;
	int v;

	(void)end;
	for (i = 0; i < ARRAY_SIZE(so_ints); i++) {
		v = -99;
		len = sizeof(v);
		getsockopt(fd, SOL_SOCKET, so_ints[i], &v, &len);
		fprintf(f, " %d=%d", so_ints[i], v);
	}
	for (v = SO_RCVTIMEO; v <= SO_SNDTIMEO; v++) {
		len = sizeof(tv);
		osys(o, getsockopt(fd, SOL_SOCKET, v, &tv, &len));
		fprintf(f, " %lld.%06lld", (long long)tv.tv_sec, (long long)tv.tv_usec);
	}
	len = sizeof(l);
	osys(o, getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	len = sizeof(cred);
	osys(o, getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len));
	fprintf(f, " linger %d,%d cred %d,%d,%d", l.l_onoff, l.l_linger, cred.pid, (int)cred.uid, (int)cred.gid);
	see_name(f, "name", fd, get_name);
	see_name(f, "peer", fd, get_peer);
	v = -1;
	ioctl(fd, FIONREAD, &v);
	/* an error would be told, and gone */
	sys(poll(&p, 1, 0));
	n = p.revents & POLLERR ? -2 : recv(fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
	fprintf(f, " to read %d, %zd: %08x", v, n, n > 0 ? hash(buf, n < (ssize_t)sizeof(buf) ? n : (ssize_t)sizeof(buf)) : 0);
}

static void check_passed(struct obj *o, const struct msg *msg, const int *fds, int n);

/* One recvmsg(2) of at most @most bytes; the descriptors that came. */
static ssize_t get_message(struct obj *o, int fd, void *buf, size_t most, int *fds, int *nfds)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(PASSED * sizeof(int)) + 200]; } c;
	struct iovec iov = { buf, most };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };
	struct cmsghdr *p;
	ssize_t n = recvmsg(fd, &h, MSG_DONTWAIT);

	*nfds = 0;
	if (n < 0)
		return n;
	want(o, !(h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)), "message flags %#x", h.msg_flags);
	for (p = CMSG_FIRSTHDR(&h); p; p = CMSG_NXTHDR(&h, p)) {
		if (p->cmsg_level != SOL_SOCKET || p->cmsg_type != SCM_RIGHTS)
			continue;
		*nfds = (p->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		want(o, *nfds <= PASSED, "%d descriptors", *nfds);
		memcpy(fds, CMSG_DATA(p), *nfds * sizeof(int));
	}
	return n;
}

static void check_queue(struct obj *o, int end, int fd)
{
	struct queue *q = &o->q[end];
	static char buf[70000];
	int i, fds[PASSED], nfds, v;
	socklen_t len = sizeof(v);
	uint32_t got;
	ssize_t n;

	/* what comes first is the error of a peer that left unread messages behind */
	osys(o, getsockopt(fd, SOL_SOCKET, SO_ERROR, &v, &len));
	want(o, v == 0 || (v == ECONNRESET && o->end[1].gone), "error %d", v);
	for (i = 0; i < q->n; i++) {
		struct msg *msg = &q->msg[i];

		got = 0;
		do {
			n = get_message(o, fd, buf, o->mode == SOCK_STREAM ? msg->len - got : sizeof(buf), fds, &nfds);
			want(o, n >= 0, "message %d of %d at end %d: %s", i, q->n, end, strerror(errno));
			want(o, n || o->mode != SOCK_STREAM, "its end before message %d", i);
			want(o, nfds == (got ? 0 : msg->npassed), "%d descriptors with message %d", nfds, i);
			check_bytes(o, buf, o->seed + end, msg->at + got, n);
			if (nfds)
				check_passed(o, msg, fds, nfds);
			got += n;
		} while (o->mode == SOCK_STREAM && got < msg->len);
		want(o, got == msg->len, "message %d is %u long, not %u", i, got, msg->len);
	}
	n = recv(fd, buf, 1, MSG_DONTWAIT);
	want(o, n == 0 || (n == -1 && (errno == EAGAIN || errno == ECONNRESET || errno == ENOTCONN)), "there is more: %zd", n);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unix sockets with names: servers on files (of a disk, of a tmpfs, renamed, gone),
 * abstract and chosen by the kernel; connections accepted and not yet, whose clients
 * live, sent and died; datagrams and whom they came from; who the peer was; clients
 * that come after the restore; those who wait in accept and connect.
 */
#include "cpt_test.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t name(struct sockaddr_un *a, const char *path, bool abstract)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	snprintf(a->sun_path + abstract, sizeof(a->sun_path) - abstract, "%s", path);
	return offsetof(struct sockaddr_un, sun_path) + abstract + strlen(path) + !abstract;
}

static int bound(int type, const char *path, bool abstract)
{
	struct sockaddr_un a;
	int fd = sys(socket(AF_UNIX, type, 0));

	sys(bind(fd, (void *)&a, name(&a, path, abstract)));
	return fd;
}

static int server(int type, const char *path, bool abstract, int backlog)
{
	int fd = bound(type, path, abstract);

	sys(listen(fd, backlog));
	return fd;
}

static int client(int type, const char *path, bool abstract)
{
	struct sockaddr_un a;
	int fd = sys(socket(AF_UNIX, type, 0));

	sys(connect(fd, (void *)&a, name(&a, path, abstract)));
	return fd;
}

/* Its name (peer: its peer's) is exactly this. */
static void named(int fd, bool peer, const char *path, bool abstract)
{
	struct sockaddr_un a, want;
	socklen_t len = sizeof(a), wlen = path ? name(&want, path, abstract) : sizeof(sa_family_t);

	memset(&a, 0, sizeof(a));
	sys(peer ? getpeername(fd, (void *)&a, &len) : getsockname(fd, (void *)&a, &len));
	check(len == wlen && (!path || !memcmp(&a, &want, len)), "it is named '%s' (%d), not '%s' (%d)",
	      a.sun_path + abstract, len, path ?: "", wlen);
}

static void say(int fd, const char *text)
{
	check_is(sys(send(fd, text, strlen(text), 0)), strlen(text), "bytes sent");
}

static void hear(int fd, const char *text)
{
	char buf[256] = "";

	sys(recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT));
	check(!strcmp(buf, text), "got '%s', not '%s'", buf, text);
}

static void hear_soon(int fd, const char *text)
{
	char c;

	check_is(sys(recv(fd, &c, 1, MSG_PEEK)), 1, "bytes");	/* waits for it */
	hear(fd, text);
}

static void peer_is(int fd, pid_t pid, uid_t uid)
{
	struct ucred u;
	socklen_t len = sizeof(u);

	sys(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len));
	check_is(u.pid, pid, "pid of a peer");
	check_is(u.uid, uid, "uid of a peer");
}

/* --- servers ----------------------------------------------------------------------------------------- */

static char disk[64], tmpfs[64], moved[64], lost[64], abstract[64];
static int on_disk, on_tmpfs, on_moved, on_lost, on_abstract;
static int at_client, at_server, lost_client, lost_server;
static pid_t child, dead;
static struct stat node;

static void servers(void)
{
	char before[80];

	snprintf(disk, sizeof(disk), "%s", test_path("disk"));
	snprintf(moved, sizeof(moved), "%s", test_path("moved"));
	snprintf(lost, sizeof(lost), "%s", test_path("lost"));
	snprintf(tmpfs, sizeof(tmpfs), "/run/unixname.%d", getpid());
	snprintf(abstract, sizeof(abstract), "unixname.%d", getpid());
	on_disk = server(SOCK_STREAM, disk, false, 5);
	sys(chmod(disk, 0712));
	sys(stat(disk, &node));
	on_tmpfs = server(SOCK_SEQPACKET, tmpfs, false, 1);
	snprintf(before, sizeof(before), "%s.before", moved);
	on_moved = server(SOCK_STREAM, before, false, 5);
	sys(rename(before, moved));
	on_lost = server(SOCK_STREAM, lost, false, 5);
	lost_client = client(SOCK_STREAM, lost, false);
	lost_server = sys(accept(on_lost, NULL, NULL));
	sys(unlink(lost));
	on_abstract = server(SOCK_STREAM, abstract, true, 20);

	at_client = client(SOCK_STREAM, disk, false);
	at_server = sys(accept(on_disk, NULL, NULL));
	say(at_client, "to the server");
	say(at_server, "to the client");
}

static void servers_check(void)
{
	char before[80];
	struct stat st;
	int c, s;

	snprintf(before, sizeof(before), "%s.before", moved);
	named(on_disk, false, disk, false);
	named(on_tmpfs, false, tmpfs, false);
	named(on_moved, false, before, false);
	named(on_lost, false, lost, false);
	named(on_abstract, false, abstract, true);
	named(at_server, false, disk, false);
	named(at_server, true, NULL, false);
	named(at_client, true, disk, false);
	named(lost_client, true, lost, false);
	named(lost_server, false, lost, false);
	sys(stat(disk, &st));
	check(st.st_ino == node.st_ino && st.st_mode == node.st_mode && st.st_mtime == node.st_mtime,
	      "the file of a socket is another");

	hear(at_server, "to the server");
	hear(at_client, "to the client");
	say(lost_client, "goes on");
	hear(lost_server, "goes on");

	/* whoever comes now */
	c = client(SOCK_STREAM, disk, false);
	s = sys(accept(on_disk, NULL, NULL));
	say(c, "new");
	hear(s, "new");
	named(s, false, disk, false);
	c = client(SOCK_SEQPACKET, tmpfs, false);
	s = sys(accept(on_tmpfs, NULL, NULL));
	say(c, "new");
	hear(s, "new");
	client(SOCK_STREAM, moved, false);
	sys(accept(on_moved, NULL, NULL));
	sys(unlink(disk));
	close(on_disk);
	on_disk = server(SOCK_STREAM, disk, false, 1);	/* the name is free again */
	close(client(SOCK_STREAM, disk, false));
}

/* --- connections that nobody has accepted ------------------------------------------------------------- */

static int waiting[2];

static void unaccepted(void)
{
	int c;

	waiting[0] = client(SOCK_STREAM, abstract, true);
	say(waiting[0], "one");
	c = client(SOCK_STREAM, abstract, true);
	say(c, "from one who is gone");
	close(c);
	waiting[1] = client(SOCK_STREAM, abstract, true);
	dead = test_fork();
	if (!dead) {
		sys(setuid(1001));
		c = client(SOCK_STREAM, abstract, true);
		say(c, "of another user");
		_exit(0);
	}
	test_reap(dead);
}

static void unaccepted_check(void)
{
	char c;
	int s;

	s = sys(accept(on_abstract, NULL, NULL));
	hear(s, "one");
	peer_is(s, getpid(), getuid());
	say(s, "answer");
	hear(waiting[0], "answer");
	peer_is(waiting[0], getpid(), getuid());
	s = sys(accept(on_abstract, NULL, NULL));
	hear(s, "from one who is gone");
	check_is(sys(recv(s, &c, 1, 0)), 0, "what follows");
	s = sys(accept(on_abstract, NULL, NULL));
	say(waiting[1], "late");
	hear(s, "late");
	s = sys(accept(on_abstract, NULL, NULL));
	hear(s, "of another user");
	peer_is(s, dead, 1001);
	named(s, false, abstract, true);
}

/* --- datagrams ------------------------------------------------------------------------------------------ */

static const char *const links[] = { "link 0", "link 1", "link 2" };
static int mailbox, sender, autobound, chain[3];
static struct sockaddr_un chosen;
static socklen_t chosen_len = sizeof(chosen);

static void datagrams(void)
{
	struct sockaddr_un a;
	socklen_t len;
	int gone, i;

	mailbox = bound(SOCK_DGRAM, test_path("mail"), false);
	len = name(&a, test_path("mail"), false);
	gone = bound(SOCK_DGRAM, test_path("gone"), false);
	sys(sendto(gone, "of a closed socket", 18, 0, (void *)&a, len));
	close(gone);
	sys(unlink(test_path("gone")));
	sender = bound(SOCK_DGRAM, "mail sender", true);
	sys(connect(sender, (void *)&a, len));
	say(sender, "of an open one");
	gone = sys(socket(AF_UNIX, SOCK_DGRAM, 0));
	sys(sendto(gone, "anonymous", 9, 0, (void *)&a, len));
	close(gone);
	autobound = sys(socket(AF_UNIX, SOCK_DGRAM, 0));
	sys(bind(autobound, (void *)&a, sizeof(sa_family_t)));
	sys(getsockname(autobound, (void *)&chosen, &chosen_len));
	/* each connected with the next, the last with itself */
	for (i = 0; i < 3; i++)
		chain[i] = bound(SOCK_DGRAM, links[i], true);
	for (i = 0; i < 3; i++)
		sys(connect(chain[i], (void *)&a, name(&a, links[i < 2 ? i + 1 : 2], true)));
	say(chain[2], "to myself");
}

static void mail(const char *text, const char *path, bool is_abstract)
{
	struct sockaddr_un a, want;
	socklen_t len = sizeof(a), wlen = path ? name(&want, path, is_abstract) : 0;
	char buf[64] = "";

	sys(recvfrom(mailbox, buf, sizeof(buf), MSG_DONTWAIT, (void *)&a, &len));
	check(!strcmp(buf, text), "got '%s', not '%s'", buf, text);
	check(len == wlen && (!path || !memcmp(&a, &want, len)), "'%s' is from '%.20s' (%d)", text, a.sun_path, len);
}

static void datagrams_check(void)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);
	int i;

	mail("of a closed socket", test_path("gone"), false);
	mail("of an open one", "mail sender", true);
	mail("anonymous", NULL, false);
	say(sender, "once more");
	mail("once more", "mail sender", true);
	sys(getsockname(autobound, (void *)&a, &len));
	check(len == chosen_len && !memcmp(&a, &chosen, len), "the name that the kernel chose is another");
	sys(sendto(sender, "x", 1, 0, (void *)&chosen, chosen_len));
	hear(autobound, "x");
	for (i = 0; i < 2; i++) {
		named(chain[i], true, links[i + 1], true);
		check(send(chain[i], "x", 1, MSG_DONTWAIT) == -1 && errno == EPERM, "%s", strerror(errno));
	}
	hear(chain[2], "to myself");
	say(chain[2], "again");
	hear(chain[2], "again");
}

/* --- a child, and those who wait -------------------------------------------------------------------------- */

static int child_server, full[2];

static void children(void)
{
	child = test_fork();
	if (!child) {
		int c = client(SOCK_STREAM, disk, false);

		say(c, "from a child");
		while (!test_going())
			sleep_ns(50 * MSEC);
		hear_soon(c, "to a child");
		peer_is(c, getppid(), getuid());
		_exit(0);
	}
	child_server = sys(accept(on_disk, NULL, NULL));
}

static void *wait_accept(void *arg)
{
	hear_soon(sys(accept(on_moved, NULL, NULL)), "accepted at last");
	return arg;
}

/* More than the backlog of 1 takes. */
static void *wait_connect(void *arg)
{
	say(client(SOCK_SEQPACKET, tmpfs, false), "connected at last");
	return arg;
}

int main(void)
{
	pthread_t t[2];

	servers();
	children();
	unaccepted();
	datagrams();
	full[0] = client(SOCK_SEQPACKET, tmpfs, false);
	full[1] = client(SOCK_SEQPACKET, tmpfs, false);
	thr(pthread_create(&t[0], NULL, wait_accept, NULL));
	thr(pthread_create(&t[1], NULL, wait_connect, NULL));
	sleep_ns(300 * MSEC);
	test_ready();
	test_wait();
	peer_is(child_server, child, getuid());
	hear(child_server, "from a child");
	say(child_server, "to a child");
	test_reap(child);
	close(sys(accept(on_tmpfs, NULL, NULL)));
	close(sys(accept(on_tmpfs, NULL, NULL)));
	thr(pthread_join(t[1], NULL));
	hear(sys(accept(on_tmpfs, NULL, NULL)), "connected at last");
	say(client(SOCK_STREAM, moved, false), "accepted at last");
	thr(pthread_join(t[0], NULL));
	servers_check();
	unaccepted_check();
	datagrams_check();
	test_pass();
}

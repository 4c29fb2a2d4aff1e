// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V message queues: messages of any type, empty, short and of several pages, in their
 * order; whose a queue is, who was the last to send and to receive, alive or gone; its limit;
 * those who wait to receive and to send. What /proc says of it, and the id of a new queue.
 * drive: alone
 */
#include "sysv.h"

#include <sys/ipc.h>
#include <sys/msg.h>

#define KEY	0x51550000
#define LONGEST	8192
#define TABLE	"/proc/sysvipc/msg"

static int queue, full, empty, latest;

struct message {
	long type;
	char text[LONGEST];
};

static const struct {
	long type;
	size_t len;
} sent[] = { { 5, 10 }, { 1, 0 }, { LONG_MAX, 1 }, { 5, LONGEST }, { 3, 4000 }, { 2, 100 } };

static void send(int id, long type, size_t len)
{
	static struct message m;

	m.type = type;
	memset(m.text, 0, sizeof(m.text));
	snprintf(m.text, sizeof(m.text), "%ld", type);
	if (len > 100)
		fill(m.text + 100, len - 100, len);
	sys(msgsnd(id, &m, len, 0));
}

/* The next one that msgrcv(2) gives for @want must be this one. */
static void receive(int id, long want, long type, size_t len)
{
	static struct message m;
	char begin[32];

	memset(&m, 0x5a, sizeof(m));
	check_is(sys(msgrcv(id, &m, sizeof(m.text), want, IPC_NOWAIT)), (long)len, "length of a message");
	check_is(m.type, type, "type of a message");
	snprintf(begin, sizeof(begin), "%ld", type);
	check(!memcmp(m.text, begin, len < strlen(begin) ? len : strlen(begin)), "a message of type %ld", type);
	if (len > 100)
		verify(m.text + 100, len - 100, len, "a long message");
}

static void make_queue(void)
{
	struct msqid_ds ds;
	size_t i;

	queue = sys(msgget(KEY, IPC_CREAT | IPC_EXCL | 0600));
	IPC_CHILD(send(queue, 77, 3));
	receive(queue, 77, 77, 3);
	for (i = 0; i + 1 < ARRAY_SIZE(sent); i++)
		send(queue, sent[i].type, sent[i].len);
	IPC_CHILD(send(queue, sent[5].type, sent[5].len));
	sys(msgctl(queue, IPC_STAT, &ds));
	ds.msg_perm.uid = 1005;
	ds.msg_perm.gid = 1006;
	ds.msg_perm.mode = 0624;
	ds.msg_qbytes = 5000;		/* less than is in it */
	sys(msgctl(queue, IPC_SET, &ds));
}

static void check_queue(void)
{
	struct message m = { .type = 1 };

	check(msgsnd(queue, &m, 1, IPC_NOWAIT) == -1 && errno == EAGAIN, "it has no room: %s", strerror(errno));
	receive(queue, 3, 3, 4000);
	receive(queue, -2, 1, 0);
	receive(queue, 0, 5, 10);
	receive(queue, LONG_MAX, LONG_MAX, 1);
	check(msgrcv(queue, &m, 1, 99, IPC_NOWAIT) == -1 && errno == ENOMSG);
	receive(queue, 0, 5, LONGEST);
	receive(queue, 0, 2, 100);
	check(msgrcv(queue, &m, 1, 0, IPC_NOWAIT) == -1 && errno == ENOMSG);
}

static pid_t sender(void)
{
	pid_t pid = test_fork();

	if (pid)
		return pid;
	send(full, 9, 200);
	_exit(0);
}

static pid_t receiver(void)
{
	pid_t pid = test_fork();
	static struct message m;

	if (pid)
		return pid;
	check_is(sys(msgrcv(empty, &m, 10, 8, MSG_NOERROR)), 10, "a message that was cut");
	check_is(m.type, 8, "type of a message that was waited for");
	_exit(0);
}

static void make_waiters(pid_t *pid)
{
	struct msqid_ds ds;

	full = sys(msgget(IPC_PRIVATE, 0600));
	empty = sys(msgget(IPC_PRIVATE, 0600));
	sys(msgctl(full, IPC_STAT, &ds));
	ds.msg_qbytes = 300;
	sys(msgctl(full, IPC_SET, &ds));
	send(full, 4, 150);
	send(empty, 7, 20);
	pid[0] = sender();
	pid[1] = receiver();
	sleep_ns(1000 * MSEC);
}

static void check_waiters(const pid_t *pid)
{
	check_is(waitpid(pid[0], NULL, WNOHANG), 0, "one who waits to send");
	check_is(waitpid(pid[1], NULL, WNOHANG), 0, "one who waits to receive");
	receive(full, 0, 4, 150);
	test_reap(pid[0]);
	receive(full, 0, 9, 200);
	send(empty, 8, 30);
	test_reap(pid[1]);
	receive(empty, 0, 7, 20);
}

static void check_ids(void)
{
	int id = sys(msgget(IPC_PRIVATE, 0600));

	check_is(id, latest + 1, "id of a new queue");
	sys(msgctl(id, IPC_RMID, NULL));
	check_is(sys(msgget(KEY, 0)), queue, "id by its key");
}

int main(void)
{
	static struct ipc_text table;
	pid_t waiting[2];

	make_queue();
	make_waiters(waiting);
	latest = sys(msgget(IPC_PRIVATE, 0600));
	sys(msgctl(latest, IPC_RMID, NULL));
	ipc_read(&table, TABLE, "");
	test_ready();
	test_wait();
	ipc_same(&table, TABLE, "");
	check_queue();
	check_waiters(waiting);
	check_ids();
	sys(msgctl(queue, IPC_RMID, NULL));
	sys(msgctl(full, IPC_RMID, NULL));
	sys(msgctl(empty, IPC_RMID, NULL));
	test_pass();
}

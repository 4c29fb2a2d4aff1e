// SPDX-License-Identifier: GPL-2.0-only
/*
 * The limits of IPC: all of /proc/sys/kernel and /proc/sys/fs/mqueue are what they were, and
 * are in force; objects beyond them, made before they were lowered, are there.
 * drive: alone
 */
#include "sysv.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define LONG_MSG 70000
#define MANY_SEMS 40000

static const struct limit {
	const char *name, *high, *low;
} limits[] = {
	{ "kernel/shmmax", "2000000000", "8192" },
	{ "kernel/shmall", "3000000", "1000" },
	{ "kernel/shmmni", "5000", "2" },
	{ "kernel/msgmax", "100000", "1000" },
	{ "kernel/msgmnb", "200000", "2000" },
	{ "kernel/msgmni", "3000", "1" },
	{ "kernel/sem", "50000 200000 600 1000", "100 200 3 4" },
	{ "kernel/shm_rmid_forced", "0", "1" },
	{ "fs/mqueue/queues_max", "300", "7" },
	{ "fs/mqueue/msg_max", "20", "9" },
	{ "fs/mqueue/msgsize_max", "10000", "5000" },
	{ "fs/mqueue/msg_default", "15", "3" },
	{ "fs/mqueue/msgsize_default", "9000", "400" },
};

static bool ours;	/* … to change; natively they are the host's */

static const char *path_of(const struct limit *l)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/sys/%s", l->name);
	return path;
}

static void set_one(const struct limit *l, const char *value)
{
	int fd = sys(open(path_of(l), O_WRONLY));

	check(write(fd, value, strlen(value)) == (ssize_t)strlen(value), "%s: %s", l->name, strerror(errno));
	close(fd);
}

static void set(bool low)
{
	size_t i;

	for (i = 0; ours && i < ARRAY_SIZE(limits); i++)
		set_one(&limits[i], low ? limits[i].low : limits[i].high);
}

static void check_in_force(int sems)
{
	struct { long type; char text[1001]; } m = { 1, "" };
	struct sembuf ops[4] = { { 0, 1, 0 }, { 1, 1, 0 }, { 2, 1, 0 }, { 3, 1, 0 } };

	if (!ours)
		return;
	check(shmget(IPC_PRIVATE, 8193, 0600) == -1 && errno == EINVAL, "shmmax");
	check(shmget(IPC_PRIVATE, 100, 0600) == -1 && errno == ENOSPC, "shmmni");
	check(msgget(IPC_PRIVATE, 0600) == -1 && errno == ENOSPC, "msgmni");
	check(msgsnd(sys(msgget(0x51560001, 0)), &m, 1001, IPC_NOWAIT) == -1 && errno == EINVAL, "msgmax");
	check(semget(IPC_PRIVATE, 101, 0600) == -1 && errno == EINVAL, "semmsl");
	check(semget(IPC_PRIVATE, 1, 0600) == -1 && errno == ENOSPC, "semmns");
	check(semop(sems, ops, 4) == -1 && errno == E2BIG, "semopm");
	sys(semop(sems, ops, 3));
}

int main(void)
{
	static struct { long type; char text[LONG_MSG]; } m = { .type = 1 };
	static struct ipc_text usual[ARRAY_SIZE(limits)], was[ARRAY_SIZE(limits)], shm, msg, sem;
	int shms[3], msgs[2], sems;
	size_t i;

	ours = !getenv("TEST_DIR");
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		ipc_read(&usual[i], path_of(&limits[i]), "");
	set(false);
	for (i = 0; i < ARRAY_SIZE(shms); i++) {
		shms[i] = sys(shmget(IPC_PRIVATE, 100000, 0600));
		sys(shmat(shms[i], NULL, 0));	/* else shm_rmid_forced takes them away, later */
	}
	msgs[0] = sys(msgget(0x51560001, IPC_CREAT | 0600));
	msgs[1] = sys(msgget(IPC_PRIVATE, 0600));
	fill(m.text, LONG_MSG - LONG_MSG % 4096, 9);
	sys(msgsnd(msgs[1], &m, ours ? LONG_MSG : 8000, 0));
	sems = sys(semget(IPC_PRIVATE, ours ? MANY_SEMS : 10, 0600));
	sys(semctl(sems, ours ? MANY_SEMS - 1 : 9, SETVAL, 99));
	set(true);
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		ipc_read(&was[i], path_of(&limits[i]), "");
	ipc_read(&shm, "/proc/sysvipc/shm", "");
	ipc_read(&msg, "/proc/sysvipc/msg", "");
	ipc_read(&sem, "/proc/sysvipc/sem", "");
	test_ready();
	test_wait();
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		ipc_same(&was[i], path_of(&limits[i]), "");
	ipc_same(&shm, "/proc/sysvipc/shm", "");
	ipc_same(&msg, "/proc/sysvipc/msg", "");
	ipc_same(&sem, "/proc/sysvipc/sem", "");
	check_in_force(sems);
	check_is(sys(msgrcv(msgs[1], &m, LONG_MSG, 0, IPC_NOWAIT)), ours ? LONG_MSG : 8000, "length of a message");
	verify(m.text, ours ? 17 * PAGE : PAGE, 9, "a long message");
	check_is(sys(semctl(sems, ours ? MANY_SEMS - 1 : 9, GETVAL)), 99, "the last semaphore");
	for (i = 0; i < ARRAY_SIZE(shms); i++)
		sys(shmctl(shms[i], IPC_RMID, NULL));
	sys(msgctl(msgs[0], IPC_RMID, NULL));
	sys(msgctl(msgs[1], IPC_RMID, NULL));
	sys(semctl(sems, 0, IPC_RMID));
	/* the VE is the next test's, too */
	for (i = 0; ours && i < ARRAY_SIZE(limits); i++)
		set_one(&limits[i], usual[i].s);
	test_pass();
}

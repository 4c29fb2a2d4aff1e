// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V semaphores: sets of one and of many, values, whose they are and who changed them
 * last, alive or gone; what is undone when a process exits (SEM_UNDO), when the last thread
 * does, when the last process of those that share it does (CLONE_SYSVSEM); those who wait for
 * one, for zero, for some at once. What /proc and semctl(2) say of it, and the id of a new set.
 * drive: alone
 */
#include "sysv.h"

#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#define KEY	0x51540000
#define MANY	1000
#define TABLE	"/proc/sysvipc/sem"

enum { MINE, CHILDS, THREADS, SHARED, BOTH, N_UNDO };
enum { POSTED, ZERO, FIRST, SECOND, N_WAIT };

static int many, undo, waits, removed, latest, go[2], second[2];

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static void op(int id, int num, int by, int flags)
{
	struct sembuf op = { num, by, flags };

	sys(semop(id, &op, 1));
}

static int value(int id, int num) { return sys(semctl(id, num, GETVAL)); }
static int last(int id, int num) { return sys(semctl(id, num, GETPID)); }

/* Values, and by whom: all by this process, then some by another, that is gone. */
static void make_many(void)
{
	unsigned short values[MANY];
	struct semid_ds ds;
	int i;

	many = sys(semget(KEY, MANY, IPC_CREAT | IPC_EXCL | 0600));
	for (i = 0; i < MANY; i++)
		values[i] = i * 32 % 32768;
	sys(semctl(many, 0, SETALL, (union semun){ .array = values }));
	IPC_CHILD(op(many, 3, 5, 0); sys(semctl(many, 4, SETVAL, 32767)));
	sys(semctl(many, 0, IPC_STAT, (union semun){ .buf = &ds }));
	ds.sem_perm.uid = 1003;
	ds.sem_perm.gid = 1004;
	ds.sem_perm.mode = 0642;
	sys(semctl(many, 0, IPC_SET, (union semun){ .buf = &ds }));
}

static void check_many(pid_t gone)
{
	int i;

	for (i = 0; i < MANY; i++) {
		check_is(value(many, i), i == 3 ? 101 : i == 4 ? 32767 : i * 32 % 32768, "a semaphore");
		check_is(last(many, i), i == 3 || i == 4 ? gone : getpid(), "who changed it last");
	}
}

/* --- what is to undo ------------------------------------------------------------------------ */

static void wait_go(void)
{
	char c;

	check(read(go[0], &c, 1) == 0);
}

static pid_t undoer(void)
{
	pid_t pid = test_fork();

	if (pid)
		return pid;
	close(go[1]);
	op(undo, CHILDS, -2, SEM_UNDO);
	op(undo, BOTH, 3, SEM_UNDO);
	op(undo, BOTH, -1, SEM_UNDO);
	wait_go();
	_exit(0);
}

static void *undo_and_exit(void *arg)
{
	op(undo, THREADS, 5, SEM_UNDO);
	return arg;
}

static void *undo_and_wait(void *arg)
{
	op(undo, THREADS, 6, SEM_UNDO);
	wait_go();
	return arg;
}

/* Its first thread is gone; nothing is undone before the last one is. */
static pid_t threads(void)
{
	pid_t pid = test_fork();
	pthread_t t[2];

	if (pid)
		return pid;
	close(go[1]);
	thr(pthread_create(&t[0], NULL, undo_and_exit, NULL));
	thr(pthread_join(t[0], NULL));
	thr(pthread_create(&t[1], NULL, undo_and_wait, NULL));
	wait_go();
	thr(pthread_join(t[1], NULL));
	_exit(0);
}

/* Two processes that share it; the first to exit undoes nothing. */
static pid_t sharers(void)
{
	pid_t pid = test_fork(), other;
	char c;

	if (pid)
		return pid;
	close(go[1]);
	close(second[1]);
	other = sys(syscall(SYS_clone, CLONE_SYSVSEM | SIGCHLD, 0, 0, 0, 0));
	if (!other) {
		op(undo, SHARED, 7, SEM_UNDO);
		wait_go();
		_exit(0);
	}
	test_reap(other);
	check_is(value(undo, SHARED), 7, "what another one shares");
	op(undo, SHARED, 1, SEM_UNDO);
	check(read(second[0], &c, 1) == 0);
	_exit(0);
}

static void make_undo(void)
{
	undo = sys(semget(IPC_PRIVATE, N_UNDO, 0600));
	op(undo, CHILDS, 10, 0);
	op(undo, MINE, 4, SEM_UNDO);
	removed = sys(semget(IPC_PRIVATE, 3, 0600));
	op(removed, 2, 1, SEM_UNDO);
	sys(semctl(removed, 0, IPC_RMID));
}

static void await(int id, int num, int want, const char *what)
{
	int n;

	for (n = 0; value(id, num) != want; n++) {
		check(n < 600, "%s is %d, not %d", what, value(id, num), want);
		sleep_ns(100 * MSEC);
	}
}

static void check_undo(const pid_t *pid)
{
	check_is(value(undo, MINE), 4, "own");
	check_is(value(undo, CHILDS), 8, "a child's");
	check_is(value(undo, BOTH), 2, "a child's, of several");
	check_is(value(undo, THREADS), 11, "threads'");
	check_is(value(undo, SHARED), 7, "a shared one");
	op(undo, BOTH, 10, SEM_UNDO);
	close(go[1]);
	test_reap(pid[0]);
	test_reap(pid[1]);
	check_is(value(undo, MINE), 4, "own");
	check_is(value(undo, CHILDS), 10, "a child's, undone");
	check_is(last(undo, CHILDS), pid[0], "who undid it");
	check_is(value(undo, BOTH), 10, "a child's, of several, undone");
	check_is(value(undo, THREADS), 0, "threads', undone");
	await(undo, SHARED, 8, "a shared one");
	close(second[1]);
	test_reap(pid[2]);
	check_is(value(undo, SHARED), 0, "a shared one, undone");
}

/* --- who waits ------------------------------------------------------------------------------ */

static pid_t waiter(struct sembuf *ops, int n)
{
	pid_t pid = test_fork();
	struct timespec far = { .tv_sec = 100000 };

	if (pid)
		return pid;
	close(go[1]);
	close(second[1]);
	if (n == 1)
		sys(semop(waits, ops, n));
	else
		sys(semtimedop(waits, ops, n, &far));
	_exit(0);
}

static void make_waiters(pid_t *pid)
{
	int i;

	waits = sys(semget(IPC_PRIVATE, N_WAIT, 0600));
	op(waits, ZERO, 1, 0);
	op(waits, FIRST, 1, 0);
	pid[0] = waiter(&(struct sembuf){ POSTED, -1, 0 }, 1);
	pid[1] = waiter(&(struct sembuf){ ZERO, 0, 0 }, 1);
	pid[2] = waiter((struct sembuf[]){ { FIRST, -1, 0 }, { SECOND, -1, SEM_UNDO } }, 2);
	for (i = 0; i < 3; i++)
		while (sys(semctl(waits, POSTED, GETNCNT)) != 1 || sys(semctl(waits, ZERO, GETZCNT)) != 1 ||
		       sys(semctl(waits, SECOND, GETNCNT)) != 1)
			sleep_ns(50 * MSEC);
}

static void check_waiters(const pid_t *pid)
{
	int i, n;

	for (n = 0; sys(semctl(waits, POSTED, GETNCNT)) != 1 || sys(semctl(waits, ZERO, GETZCNT)) != 1 ||
	     sys(semctl(waits, SECOND, GETNCNT)) != 1; n++) {
		check(n < 600, "they do not wait any more");
		sleep_ns(100 * MSEC);
	}
	for (i = 0; i < 3; i++)
		check_is(waitpid(pid[i], NULL, WNOHANG), 0, "one who waits");
	op(waits, POSTED, 1, 0);
	op(waits, ZERO, -1, 0);
	op(waits, SECOND, 1, 0);
	for (i = 0; i < 3; i++)
		test_reap(pid[i]);
	check_is(value(waits, FIRST), 0, "one of two");
	check_is(value(waits, SECOND), 1, "one of two, undone");
}

static void check_ids(void)
{
	int id = sys(semget(IPC_PRIVATE, 1, 0600));

	check_is(id, latest + 1, "id of a new set");
	sys(semctl(id, 0, IPC_RMID));
	check_is(sys(semget(KEY, 0, 0)), many, "id by its key");
	check(semctl(removed, 0, GETVAL) == -1 && errno == EINVAL, "a removed set");
}

int main(void)
{
	static struct ipc_text table;
	pid_t undoes[3], waiting[3];
	struct semid_ds was, is;
	int n, gone;

	sys(pipe(go));
	sys(pipe(second));
	make_many();
	gone = last(many, 3);
	make_undo();
	undoes[0] = undoer();
	undoes[1] = threads();
	undoes[2] = sharers();
	for (n = 0; value(undo, BOTH) != 2 || value(undo, THREADS) != 11 || value(undo, SHARED) != 7; n++) {
		check(n < 600, "they do nothing");
		sleep_ns(100 * MSEC);
	}
	make_waiters(waiting);
	latest = sys(semget(IPC_PRIVATE, 1, 0600));
	sys(semctl(latest, 0, IPC_RMID));
	sys(semctl(undo, 0, IPC_STAT, (union semun){ .buf = &was }));
	ipc_read(&table, TABLE, "");
	test_ready();
	test_wait();
	ipc_same(&table, TABLE, "");
	sys(semctl(undo, 0, IPC_STAT, (union semun){ .buf = &is }));
	check(was.sem_otime && was.sem_otime == is.sem_otime && was.sem_ctime == is.sem_ctime, "times");
	check_many(gone);
	check_undo(undoes);
	check_waiters(waiting);
	check_ids();
	sys(semctl(many, 0, IPC_RMID));
	sys(semctl(undo, 0, IPC_RMID));
	sys(semctl(waits, 0, IPC_RMID));
	test_pass();
}

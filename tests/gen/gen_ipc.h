/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CPT_GEN_IPC_H
#define _CPT_GEN_IPC_H
/*
 * Kinds of tests/gen: System V shared memory, semaphores and message queues, which nobody has a
 * descriptor of (they are seen and checked by their owner first, then by all others); POSIX
 * message queues.
 */
#include "gen.h"
#include "sysv.h"

#include <mqueue.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define IPC_KEY	0x47000000

static key_t some_key(const struct obj *o)
{
	return one_in(3) ? IPC_PRIVATE : IPC_KEY + (int)(o - m->obj);
}

static void see_perm(FILE *f, const struct obj *o, const struct ipc_perm *p)
{
	fprintf(f, "process %d: %s id %d key %#x %u:%u by %u:%u mode %o", me, name_of(o), o->mode, p->__key, p->uid, p->gid,
		p->cuid, p->cgid, p->mode);
}

/* whose it is, for IPC_SET */
static void some_perm(struct ipc_perm *p)
{
	p->uid = rnd(3);
	p->gid = rnd(3);
	p->mode = PICK(0600, 0640, 0666, 0);
}

/* --- shared memory ---------------------------------------------------------------------------------- */

/* mode: id; a: size, b: where it is attached, by those of whom attached() is true; state: these bits */
enum { SHM_ATTACHED_ = 1, SHM_REMOVED = 2, SHM_TWICE = 4 };

static bool attached(const struct obj *o)
{
	return bit_of(m->proc[me].attached, o - m->obj);
}

static bool make_shm(struct obj *o, int *fd)
{
	struct shmid_ds ds;
	void *p;

	(void)fd;
	o->a = 1 + rnd_size(60000);
	o->state = PICK(0, 1, 1, 1, 3, 3, 5, 7);
	o->mode = osys(o, shmget(some_key(o), o->a, IPC_CREAT | IPC_EXCL | PICK(0600, 0644)));
	p = osys(o, shmat(o->mode, NULL, 0));
	make_bytes(p, o->seed, 0, o->a);
	if (one_in(3)) {
		osys(o, shmctl(o->mode, IPC_STAT, &ds));
		some_perm(&ds.shm_perm);
		osys(o, shmctl(o->mode, IPC_SET, &ds));
	}
	if (one_in(4))
		osys(o, shmctl(o->mode, SHM_LOCK, NULL));
	if (one_in(3))
		IPC_CHILD(osys(o, shmdt(p)));
	if (o->state & SHM_TWICE)
		o->c = (uintptr_t)osys(o, shmat(o->mode, NULL, one_in(2) ? SHM_RDONLY : 0));
	if (o->state & SHM_ATTACHED_) {
		o->b = (uintptr_t)p;
		set_bit_of(m->proc[me].attached, o - m->obj);
	} else {
		osys(o, shmdt(p));
	}
	if (o->state & SHM_REMOVED)
		osys(o, shmctl(o->mode, IPC_RMID, NULL));
	return true;
}

static void see_shm(FILE *f, struct obj *o, int end, int fd)
{
	struct shmid_ds ds;

	(void)end;
	(void)fd;
	if (me == o->owner) {
		osys(o, shmctl(o->mode, IPC_STAT, &ds));
		see_perm(f, o, &ds.shm_perm);
		fprintf(f, " size %zu times %lld %lld %lld pids %d %d attached %lu\n", ds.shm_segsz, (long long)ds.shm_atime,
			(long long)ds.shm_dtime, (long long)ds.shm_ctime, ds.shm_cpid, ds.shm_lpid, (long)ds.shm_nattch);
	}
	if (attached(o))
		fprintf(f, "process %d: %s at %#llx contents %08x\n", me, name_of(o), (long long)o->b,
			hash((void *)(uintptr_t)o->b, o->a));
}

/* What its owner writes into it in the end, all others find. */
static void check_shm(struct obj *o, int end, int fd)
{
	unsigned char *p;

	(void)end;
	(void)fd;
	if (me != o->owner) {
		if (attached(o))
			check_bytes(o, (void *)(uintptr_t)o->b, o->seed + 1, 0, o->a);
		return;
	}
	p = osys(o, shmat(o->mode, NULL, 0));
	check_bytes(o, p, o->seed, 0, o->a);
	if (o->c)
		check_bytes(o, (void *)(uintptr_t)o->c, o->seed, 0, o->a);
	make_bytes(p, o->seed + 1, 0, o->a);
	if (attached(o))
		check_bytes(o, (void *)(uintptr_t)o->b, o->seed + 1, 0, o->a);
	if (o->c)
		check_bytes(o, (void *)(uintptr_t)o->c, o->seed + 1, 0, o->a);
	osys(o, shmdt(p));
	if (!(o->state & SHM_REMOVED))
		osys(o, shmctl(o->mode, IPC_RMID, NULL));
}

/* --- semaphores --------------------------------------------------------------------------------------- */

/* mode: id; list: values, list2: what is added to them when the owner ends */
static void sem_op(struct obj *o, int num, int by, int flags)
{
	struct sembuf op = { num, by, flags | IPC_NOWAIT };

	osys(o, semop(o->mode, &op, 1));
	o->list[num] += by;
}

static bool make_sem(struct obj *o, int *fd)
{
	unsigned short values[ARRAY_SIZE(o->list)];
	int i;

	(void)fd;
	o->nlist = 1 + rnd(ARRAY_SIZE(o->list));
	o->mode = osys(o, semget(some_key(o), o->nlist, IPC_CREAT | IPC_EXCL | PICK(0600, 0640)));
	for (i = 0; i < o->nlist; i++) {
		o->list[i] = values[i] = rnd(one_in(4) ? 20000 : 5);
		o->list2[i] = 0;
	}
	if (one_in(2))
		osys(o, semctl(o->mode, 0, SETALL, values));
	else
		memset(o->list, 0, sizeof(o->list));
	for (i = rnd(8); i > 0; i--) {
		int num = rnd(o->nlist), by = (int)rnd(30) - (one_in(2) ? (o->list[num] < 29 ? o->list[num] : 29) : 0);

		if (!by)	/* would wait for zero */
			continue;
		if (one_in(4)) {
			IPC_CHILD(sem_op(o, num, by, 0));
		} else if (one_in(2)) {
			sem_op(o, num, by, SEM_UNDO);
			o->list2[num] -= by;
		} else {
			sem_op(o, num, by, 0);
		}
	}
	return true;
}

static void see_sem(FILE *f, struct obj *o, int end, int fd)
{
	struct semid_ds ds;
	int i;

	(void)end;
	(void)fd;
	if (me != o->owner)
		return;
	osys(o, semctl(o->mode, 0, IPC_STAT, &ds));
	see_perm(f, o, &ds.sem_perm);
	fprintf(f, " times %lld %lld", (long long)ds.sem_otime, (long long)ds.sem_ctime);
	for (i = 0; i < (int)ds.sem_nsems; i++)
		fprintf(f, " %d by %d", osys(o, semctl(o->mode, i, GETVAL)), osys(o, semctl(o->mode, i, GETPID)));
	fputc('\n', f);
}

static void check_values(struct obj *o, bool undone)
{
	int i;

	for (i = 0; i < o->nlist; i++) {
		int want = o->list[i] + (undone ? o->list2[i] : 0);

		if (want < 0)		/* what does not go is left out */
			want = 0;
		want(o, osys(o, semctl(o->mode, i, GETVAL)) == want, "semaphore %d is %d, not %d%s", i,
		     semctl(o->mode, i, GETVAL), want, undone ? " when all is undone" : "");
	}
}

/* The first time, all that this process has to undo is undone, as if it had ended. */
static void check_sem(struct obj *o, int end, int fd)
{
	struct obj *s;

	(void)end;
	(void)fd;
	if (me != o->owner)
		return;
	if (!m->proc[me].undone) {
		for (s = m->obj; s < m->obj + m->nobjs; s++)
			if (s->kind == o->kind && s->owner == me)
				check_values(s, false);
		sys(unshare(CLONE_SYSVSEM));
		m->proc[me].undone = true;
	}
	check_values(o, true);
	osys(o, semctl(o->mode, 0, IPC_RMID));
}

/* --- message queues ------------------------------------------------------------------------------------- */

#define LONGEST	2000

struct sysv_msg {
	long type;
	char text[LONGEST];
};

/* mode: id; q[0]: what is in it, list: of which type */
static void forget_message(struct obj *o, int i)
{
	struct queue *q = &o->q[0];

	memmove(&q->msg[i], &q->msg[i + 1], (q->n - i - 1) * sizeof(q->msg[0]));
	memmove(&o->list[i], &o->list[i + 1], (q->n - i - 1) * sizeof(o->list[0]));
	q->n--;
}

static void add_message(struct obj *o, uint32_t len, int type)
{
	struct queue *q = &o->q[0];

	o->list[q->n] = type;
	q->msg[q->n++] = (struct msg){ .len = len, .at = q->bytes };
	q->bytes += len;
}

static bool make_msgq(struct obj *o, int *fd)
{
	struct sysv_msg msg;
	struct msqid_ds ds;
	uint32_t len;
	int i;

	(void)fd;
	o->mode = osys(o, msgget(some_key(o), IPC_CREAT | IPC_EXCL | PICK(0600, 0622)));
	for (i = rnd(MSGS); i > 0; i--) {
		len = rnd_size(LONGEST - 1);
		msg.type = 1 + rnd(4);
		make_bytes(msg.text, o->seed, o->q[0].bytes, len);
		if (msgsnd(o->mode, &msg, len, IPC_NOWAIT)) {
			want(o, errno == EAGAIN, "%s", strerror(errno));
			break;
		}
		add_message(o, len, msg.type);
	}
	for (i = rnd(4); i > 0 && o->q[0].n; i--) {
		int which = rnd(o->q[0].n), type = o->list[which];

		for (which = 0; o->list[which] != type; which++)
			;
		if (one_in(3))
			IPC_CHILD(osys(o, msgrcv(o->mode, &msg, LONGEST, type, IPC_NOWAIT)));
		else
			osys(o, msgrcv(o->mode, &msg, LONGEST, type, IPC_NOWAIT));
		forget_message(o, which);
	}
	if (one_in(3)) {
		osys(o, msgctl(o->mode, IPC_STAT, &ds));
		some_perm(&ds.msg_perm);
		ds.msg_qbytes -= rnd(100);
		osys(o, msgctl(o->mode, IPC_SET, &ds));
	}
	return true;
}

static void see_msgq(FILE *f, struct obj *o, int end, int fd)
{
	struct sysv_msg msg;
	struct msqid_ds ds;
	ssize_t n;
	int i;

	(void)end;
	(void)fd;
	if (me != o->owner)
		return;
	osys(o, msgctl(o->mode, IPC_STAT, &ds));
	see_perm(f, o, &ds.msg_perm);
	fprintf(f, " times %lld %lld %lld pids %d %d bytes %lu of %lu:", (long long)ds.msg_stime, (long long)ds.msg_rtime,
		(long long)ds.msg_ctime, ds.msg_lspid, ds.msg_lrpid, (long)ds.__msg_cbytes, (long)ds.msg_qbytes);
	for (i = 0; i < (int)ds.msg_qnum; i++) {
		n = msgrcv(o->mode, &msg, LONGEST, i, IPC_NOWAIT | MSG_COPY);
		if (n == -1 && errno == ENOSYS && getenv("TEST_DIR"))
			break;
		osys(o, n);
		fprintf(f, " %ld:%zd:%08x", msg.type, n, hash(msg.text, n));
	}
	fputc('\n', f);
}

static void check_msgq(struct obj *o, int end, int fd)
{
	struct queue *q = &o->q[0];
	struct sysv_msg msg;
	ssize_t n;
	int i;

	(void)end;
	(void)fd;
	if (me != o->owner)
		return;
	for (i = 0; i < q->n; i++) {
		n = osys(o, msgrcv(o->mode, &msg, LONGEST, 0, IPC_NOWAIT));
		want(o, msg.type == o->list[i] && n == (ssize_t)q->msg[i].len,
		     "message %d is of type %ld and %zd bytes, not %d and %u", i, msg.type, n, o->list[i], q->msg[i].len);
		check_bytes(o, msg.text, o->seed, q->msg[i].at, n);
	}
	want(o, msgrcv(o->mode, &msg, LONGEST, 0, IPC_NOWAIT) == -1 && errno == ENOMSG, "there is more");
	osys(o, msgctl(o->mode, IPC_RMID, NULL));
}

/* --- POSIX message queues ------------------------------------------------------------------------------- */

#define MQ_LONGEST	1000

/* which of its messages comes next */
static int next_message(const struct obj *o)
{
	int i, best = 0;

	for (i = 1; i < o->q[0].n; i++)
		if (o->list[i] > o->list[best])
			best = i;
	return best;
}

/* a, b: its greatest numbers; end 0 is read from, end 1 written to */
static bool make_mq(struct obj *o, int *fd)
{
	struct sigevent ev = { .sigev_notify = PICK(SIGEV_NONE, SIGEV_SIGNAL), .sigev_signo = SIGRTMIN + 4 };
	char buf[MQ_LONGEST];
	struct mq_attr attr;
	uint32_t len;
	int i;

	attr.mq_maxmsg = o->a = 1 + rnd(10);
	attr.mq_msgsize = o->b = 1 + rnd(MQ_LONGEST);
	snprintf(o->path, sizeof(o->path), "/gen.%d", (int)(o - m->obj));
	mq_unlink(o->path);
	fd[1] = osys(o, mq_open(o->path, O_CREAT | O_EXCL | PICK(O_RDWR, O_WRONLY) | PICK(0, O_NONBLOCK),
				PICK(0600, 0640), &attr));
	fd[0] = osys(o, mq_open(o->path, PICK(O_RDWR, O_RDONLY) | PICK(0, O_NONBLOCK)));
	for (i = rnd(o->a + 1); i > 0; i--) {
		len = rnd_size(o->b - 1);
		make_bytes(buf, o->seed, o->q[0].bytes, len);
		add_message(o, len, PICK(0, 0, 1, 7, 32767));
		osys(o, mq_send(fd[1], buf, len, o->list[o->q[0].n - 1]));
	}
	for (i = rnd(3); i > 0 && o->q[0].n; i--) {
		osys(o, mq_receive(fd[0], buf, MQ_LONGEST, NULL));
		forget_message(o, next_message(o));
	}
	if (one_in(3))
		osys(o, mq_notify(fd[rnd(2)], &ev));
	if (one_in(3))
		osys(o, mq_unlink(o->path));
	return true;
}

static void see_mq(FILE *f, struct obj *o, int end, int fd)
{
	struct mq_attr attr;
	char text[200], *p;
	ssize_t n = 0;

	(void)end;
	osys(o, mq_getattr(fd, &attr));
	if ((osys(o, fcntl(fd, F_GETFL)) & O_ACCMODE) != O_WRONLY)	/* how full it is, and who is told */
		n = osys(o, pread(fd, text, sizeof(text) - 1, 0));
	text[n] = '\0';
	for (p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	fprintf(f, " %ld of %ld, %ld long, flags %#lx: %s", attr.mq_curmsgs, attr.mq_maxmsg, attr.mq_msgsize,
		attr.mq_flags, text);
}

static void check_mq(struct obj *o, int end, int fd)
{
	struct mq_attr attr, nonblock = { .mq_flags = O_NONBLOCK };
	char buf[MQ_LONGEST];
	unsigned int prio;
	ssize_t n;

	osys(o, mq_getattr(fd, &attr));
	want(o, attr.mq_maxmsg == (long)o->a && attr.mq_msgsize == (long)o->b, "attributes");
	if (end)
		return;
	osys(o, mq_setattr(fd, &nonblock, NULL));
	while (o->q[0].n) {
		int i = next_message(o);

		n = osys(o, mq_receive(fd, buf, MQ_LONGEST, &prio));
		want(o, (int)prio == o->list[i] && n == (ssize_t)o->q[0].msg[i].len,
		     "a message of priority %u and %zd bytes, not %d and %u", prio, n, o->list[i], o->q[0].msg[i].len);
		check_bytes(o, buf, o->seed, o->q[0].msg[i].at, n);
		forget_message(o, i);
	}
	want(o, mq_receive(fd, buf, MQ_LONGEST, &prio) == -1 && errno == EAGAIN, "there is more");
}

#endif

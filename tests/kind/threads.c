// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads: 20 of them pass a token round by mutexes and condition variables and
 * count in thread-local storage; others wait in every way of pthread that has no
 * time-out. Their tids, names, masks, alternate stacks; that they can be joined
 * (clear_child_tid); robust mutexes; rseq.
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <sys/rseq.h>

#define RING 20

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int turn, stop;
static long rounds[RING];
static __thread long mine = 7, mine_too[100];

struct waiters {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	pthread_rwlock_t rw;
	pthread_barrier_t barrier;
	sem_t sem;
	int open;
};
static struct waiters w;

static pid_t gettid_(void) { return syscall(SYS_gettid); }

/* what a thread has of its own, set up on entry and looked at in the end */
struct self {
	pid_t tid;
	pthread_t self;
	char name[16];
	sigset_t mask;
	stack_t alt;
};

static void self_make(struct self *s, int n)
{
	s->tid = gettid_();
	s->self = pthread_self();
	snprintf(s->name, sizeof(s->name), "thread %d", n);
	sys(prctl(PR_SET_NAME, s->name));
	sigemptyset(&s->mask);
	sigaddset(&s->mask, SIGRTMIN + 2 + n % 20);
	thr(pthread_sigmask(SIG_SETMASK, &s->mask, NULL));
	s->alt = (stack_t){ .ss_sp = malloc(16384), .ss_size = 16384 };
	sys(sigaltstack(&s->alt, NULL));
	mine += n;
	mine_too[99] = n;
	errno = 1000 + n;
}

static void self_check(struct self *s, int n)
{
	int err = errno;
	char name[16];
	sigset_t mask;
	stack_t alt;

	check_is(err, 1000 + n, "errno of a thread");
	check_is(gettid_(), s->tid, "tid");
	check(pthread_self() == s->self, "pthread_self");
	sys(prctl(PR_GET_NAME, name));
	check(!strcmp(name, s->name), "the thread is called '%s', not '%s'", name, s->name);
	thr(pthread_sigmask(SIG_SETMASK, NULL, &mask));
	check(!memcmp(&mask, &s->mask, 8), "the mask changed");
	sys(sigaltstack(NULL, &alt));
	check(alt.ss_sp == s->alt.ss_sp && alt.ss_size == s->alt.ss_size && !alt.ss_flags,
	      "the alternate stack changed");
	check_is(mine_too[99], n, "thread-local array");
	/* rseq: the kernel still writes the CPU where glibc reads it */
	if (__rseq_size) {
		struct rseq *r = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
		unsigned int cpu, i;

		for (i = 0; i < 100; i++) {
			sys(syscall(SYS_getcpu, &cpu, NULL, NULL));
			if (r->cpu_id == cpu)
				break;
		}
		check(i < 100, "rseq says CPU %d, getcpu %u", r->cpu_id, cpu);
	}
}

static void *ring(void *arg)
{
	int n = (intptr_t)arg;
	struct self s;

	self_make(&s, n);
	for (;;) {
		thr(pthread_mutex_lock(&lock));
		while (turn % RING != n && !stop)
			thr(pthread_cond_wait(&cond, &lock));
		if (stop) {
			thr(pthread_mutex_unlock(&lock));
			break;
		}
		turn++;
		rounds[n]++;
		mine++;
		thr(pthread_cond_broadcast(&cond));
		thr(pthread_mutex_unlock(&lock));
	}
	check_is(mine, rounds[n] + 7 + n, "counter in thread-local storage");
	self_check(&s, n);
	return (void *)(intptr_t)(n + 100);
}

/* one waiter of each sort; all are let go by main */
static void *waiter(void *arg)
{
	int n = (intptr_t)arg;
	struct timespec far;
	struct self s;

	self_make(&s, n);
	switch (n) {
	case 30:
		thr(pthread_mutex_lock(&w.mutex));
		while (!w.open)
			thr(pthread_cond_wait(&w.cond, &w.mutex));
		thr(pthread_mutex_unlock(&w.mutex));
		break;
	case 31:
		thr(pthread_rwlock_rdlock(&w.rw));
		thr(pthread_rwlock_unlock(&w.rw));
		break;
	case 32: {
		int r = pthread_barrier_wait(&w.barrier);

		check(!r || r == PTHREAD_BARRIER_SERIAL_THREAD, "barrier: %s", strerror(r));
		break;
	}
	case 33:
		sys(sem_wait(&w.sem));
		break;
	case 34:
		sys(clock_gettime(CLOCK_REALTIME, &far));
		far.tv_sec += 3600;
		sys(sem_timedwait(&w.sem, &far));
		break;
	case 35:
		sys(clock_gettime(CLOCK_MONOTONIC, &far));
		far.tv_sec += 3600;
		thr(pthread_mutex_lock(&w.mutex));
		while (!w.open)
			thr(pthread_cond_clockwait(&w.cond, &w.mutex, CLOCK_MONOTONIC, &far));
		thr(pthread_mutex_unlock(&w.mutex));
		break;
	}
	errno = 1000 + n;	/* a call that was let go may have set it */
	self_check(&s, n);
	return (void *)(intptr_t)(n + 100);
}

/* a child that dies with a robust mutex in its hands */
static pthread_mutex_t *robust;

static pid_t robust_make(void)
{
	pthread_mutexattr_t a;
	pid_t pid;

	robust = sys(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	thr(pthread_mutexattr_init(&a));
	thr(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST));
	thr(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED));
	thr(pthread_mutex_init(robust, &a));
	pid = test_fork();
	if (!pid) {
		thr(pthread_mutex_lock(robust));
		while (!test_going())
			sleep_ns(50 * MSEC);
		_exit(0);
	}
	while (!robust->__data.__lock)
		sleep_ns(10 * MSEC);
	return pid;
}

int main(void)
{
	pthread_t t[RING], v[6];
	pid_t pid = robust_make();
	long before;
	void *ret;
	int i;

	thr(pthread_mutex_init(&w.mutex, NULL));
	thr(pthread_cond_init(&w.cond, NULL));
	thr(pthread_rwlock_init(&w.rw, NULL));
	thr(pthread_barrier_init(&w.barrier, NULL, 2));
	sys(sem_init(&w.sem, 0, 0));
	thr(pthread_rwlock_wrlock(&w.rw));
	for (i = 0; i < RING; i++)
		thr(pthread_create(&t[i], NULL, ring, (void *)(intptr_t)i));
	for (i = 0; i < 6; i++)
		thr(pthread_create(&v[i], NULL, waiter, (void *)(intptr_t)(30 + i)));
	sleep_ns(500 * MSEC);
	test_ready();
	test_wait();

	thr(pthread_mutex_lock(&lock));
	before = turn;
	thr(pthread_mutex_unlock(&lock));
	for (i = 0; i < 200 && turn - before < 2 * RING; i++)
		sleep_ns(100 * MSEC);
	check(turn - before >= 2 * RING, "the ring stands still: %ld rounds", turn - before);
	thr(pthread_mutex_lock(&lock));
	stop = 1;
	thr(pthread_cond_broadcast(&cond));
	thr(pthread_mutex_unlock(&lock));
	for (i = 0, before = 0; i < RING; i++) {
		thr(pthread_join(t[i], &ret));
		check_is((intptr_t)ret, i + 100, "value of a joined thread");
		check(labs(rounds[i] - rounds[0]) <= 1, "thread %d made %ld rounds, the first %ld",
		      i, rounds[i], rounds[0]);
		before += rounds[i];
	}
	check_is(before, turn, "sum of all rounds");

	thr(pthread_mutex_lock(&w.mutex));
	w.open = 1;
	thr(pthread_cond_broadcast(&w.cond));
	thr(pthread_mutex_unlock(&w.mutex));
	thr(pthread_rwlock_unlock(&w.rw));
	pthread_barrier_wait(&w.barrier);
	sys(sem_post(&w.sem));
	sys(sem_post(&w.sem));
	for (i = 0; i < 6; i++) {
		thr(pthread_join(v[i], &ret));
		check_is((intptr_t)ret, i + 130, "value of a joined waiter");
	}
	test_reap(pid);
	check_is(pthread_mutex_lock(robust), EOWNERDEAD, "locking a dead owner's robust mutex");
	thr(pthread_mutex_consistent(robust));
	thr(pthread_mutex_unlock(robust));
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * How tasks are scheduled, and what prctl(2) and its like set of a task: policies with
 * priorities, deadlines and slices, of processes and of threads, SCHED_RESET_ON_FORK,
 * I/O priorities, the default of the timer slack, PR_MCE_KILL, PR_SET_IO_FLUSHER,
 * PR_SET_TSC; of a memory, PR_SET_MDWE and PR_SET_MEMORY_MERGE; sub-reapers of those
 * who were there before.
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif
enum { SET_MDWE = 65, GET_MDWE, SET_MERGE, GET_MERGE };	/* prctl, since 6.3 and 6.4 */
enum { SCHED_DL = 6, RESET = 1, RECLAIM = 2, OVERRUN = 4 };

struct attr {	/* of sched_setattr(2) */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static void hold(void)
{
	while (!test_going())
		sleep_ns(100 * MSEC);
}

/* --- policies --------------------------------------------------------------------------------- */

static struct attr now(void)
{
	struct attr a = {};

	sys(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0));
	return a;
}

static void same(const struct attr *a, const struct attr *b)
{
	check_is(b->policy, a->policy, "policy");
	check_is(b->flags, a->flags, "flags of the policy");
	check_is(b->nice, a->nice, "nice value");
	check_is(b->priority, a->priority, "priority");
	check_is(b->runtime, a->runtime, "runtime");
	check_is(b->deadline, a->deadline, "deadline");
	check_is(b->period, a->period, "period");
}

static void keeps(struct attr want)
{
	struct attr was, is;

	want.size = sizeof(want);
	sys(syscall(SYS_sched_setattr, 0, &want, 0));
	was = now();
	check_is(was.policy, want.policy, "policy");
	check_is(was.priority, want.priority, "priority");
	hold();
	is = now();
	same(&was, &is);
}

static void fifo(void) { keeps((struct attr){ .policy = SCHED_FIFO, .priority = 7 }); }
static void batch(void) { keeps((struct attr){ .policy = SCHED_BATCH, .nice = 5 }); }
static void urgent(void) { keeps((struct attr){ .nice = -7 }); }
static void slice(void) { keeps((struct attr){ .nice = 2, .runtime = 7 * MSEC }); }	/* kept since 6.12 */
static void deadline(void)
{
	signal(SIGXCPU, SIG_IGN);	/* OVERRUN */
	keeps((struct attr){ .policy = SCHED_DL, .flags = RECLAIM | OVERRUN,
			     .runtime = 25 * MSEC, .deadline = 300 * MSEC, .period = 700 * MSEC });
}

static void idle(void)
{
	sys(nice(3));	/* 6.1 does not take it from sched_setattr(2) then */
	keeps((struct attr){ .policy = SCHED_IDLE, .nice = 3 });
}

static void reset(void)
{
	struct sched_param none = { 0 };
	pid_t pid;

	sys(nice(4));	/* what a realtime task is to have when it is none any more */
	keeps((struct attr){ .policy = SCHED_RR, .flags = RESET, .priority = 9 });
	pid = test_fork();
	if (!pid) {
		check_is(now().policy, SCHED_OTHER, "policy of a child");
		_exit(0);
	}
	test_reap(pid);
	sys(sched_setscheduler(0, SCHED_OTHER, &none));
	check_is(getpriority(PRIO_PROCESS, 0), 4, "nice value of what was realtime");
}

static volatile bool done;
static void *quick(void *arg)
{
	struct attr want = { .size = sizeof(want), .policy = SCHED_RR, .priority = 3 }, was, is;

	sys(syscall(SYS_sched_setattr, 0, &want, 0));
	sys(syscall(SYS_ioprio_set, 1, 0, 1 << 13 | 2));
	was = now();
	while (!done)
		sleep_ns(100 * MSEC);
	is = now();
	same(&was, &is);
	check_is(syscall(SYS_ioprio_get, 1, 0), 1 << 13 | 2, "I/O priority of a thread");
	return arg;
}

static void threads(void)
{
	struct attr before = now(), after;
	pthread_t t;

	thr(pthread_create(&t, NULL, quick, NULL));
	hold();
	done = true;
	thr(pthread_join(t, NULL));
	after = now();
	same(&before, &after);
	check(syscall(SYS_ioprio_get, 1, 0) != (1 << 13 | 2), "all threads have the I/O priority of one");
}

static void io_best(void)
{
	sys(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6));
	hold();
	check_is(syscall(SYS_ioprio_get, 1, 0), 2 << 13 | 6, "I/O priority");
}

static void io_idle(void)
{
	sys(syscall(SYS_ioprio_set, 1, 0, 3 << 13 | 1));
	hold();
	check_is(syscall(SYS_ioprio_get, 1, 0), 3 << 13 | 1, "I/O priority");
}

/* --- prctl ------------------------------------------------------------------------------------ */

static void slack(void)
{
	pid_t pid;

	sys(prctl(PR_SET_TIMERSLACK, 777777, 0, 0, 0));
	pid = test_fork();	/* whose default that is */
	if (!pid) {
		sys(prctl(PR_SET_TIMERSLACK, 5000, 0, 0, 0));
		hold();
		check_is(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 5000, "timer slack");
		sys(prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0));
		check_is(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 777777, "default of the timer slack");
		_exit(0);
	}
	test_reap(pid);
}

static void machine_checks(void)
{
	pid_t late = test_fork();
	int how = late ? PR_MCE_KILL_EARLY : PR_MCE_KILL_LATE;

	sys(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, how, 0, 0));
	hold();
	check_is(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), how, "PR_MCE_KILL");
	if (!late)
		_exit(0);
	test_reap(late);
}

static void flusher(void)
{
	sys(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	hold();
	check_is(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 1, "PR_SET_IO_FLUSHER");
}

static sigjmp_buf back;
static void on_segv(int sig)
{
	siglongjmp(back, sig);
}

/* Does rdtsc work? */
static bool counts(void)
{
	if (sigsetjmp(back, 1))
		return false;
	__builtin_ia32_rdtsc();
	return true;
}

static void tsc(void)
{
	int is = 0;

	signal(SIGSEGV, on_segv);
	check(counts(), "rdtsc does not work at all");
	sys(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	check(!counts(), "PR_SET_TSC has no effect here");
	while (access(test_path("go"), F_OK))	/* clocks may be read by rdtsc: no sleep that looks at them */
		usleep(100000);
	check(!counts(), "rdtsc works again");
	sys(prctl(PR_GET_TSC, &is));
	check_is(is, PR_TSC_SIGSEGV, "PR_GET_TSC");
	sys(prctl(PR_SET_TSC, PR_TSC_ENABLE));
	check(counts());
}

/* --- memory ----------------------------------------------------------------------------------- */

static bool mergeable(const void *p)
{
	char line[256];
	unsigned long from, to;
	bool here = false;
	FILE *f = fopen("/proc/self/smaps", "re");

	check(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= (uintptr_t)p && (uintptr_t)p < to;
		if (here && !strncmp(line, "VmFlags:", 8)) {
			fclose(f);
			return strstr(line, " mg");
		}
	}
	test_fail("%p is not mapped", p);
}

static void *page(int prot)
{
	return sys(mmap(NULL, 16 * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

/* A child of such a process is one too, but may decide otherwise. */
static void merging(void)
{
	void *all = page(PROT_READ | PROT_WRITE), *not = page(PROT_READ), *after;
	pid_t pid;

	if (prctl(SET_MERGE, 1, 0, 0, 0)) {
		check_is(errno, EINVAL, "errno");
		return;		/* not on this kernel */
	}
	sys(madvise(not, 16 * PAGE, MADV_UNMERGEABLE));
	check(mergeable(all) && !mergeable(not));
	pid = test_fork();
	if (!pid)
		sys(prctl(SET_MERGE, 0, 0, 0, 0));
	hold();
	check_is(prctl(GET_MERGE, 0, 0, 0, 0), !!pid, "PR_GET_MEMORY_MERGE");
	after = page(PROT_READ | PROT_WRITE | PROT_EXEC);
	check(mergeable(after) == !!pid, "new memory");
	check(mergeable(all) == !!pid && !mergeable(not), "old memory");
	if (!pid)
		_exit(0);
	test_reap(pid);
}

static void no_new_code(void)
{
	void *p = page(PROT_READ | PROT_WRITE), *q = page(PROT_READ | PROT_WRITE | PROT_EXEC);
	pid_t pid;

	if (prctl(SET_MDWE, 3, 0, 0, 0)) {	/* a child need not */
		check_is(errno, EINVAL, "errno");
		if (prctl(SET_MDWE, 1, 0, 0, 0))
			return;	/* not on this kernel */
	}
	pid = test_fork();
	hold();
	check_is(prctl(GET_MDWE, 0, 0, 0, 0), pid ? 3 : 0, "PR_GET_MDWE");
	check(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == (pid ? -1 : 0), "what is memory may become code");
	sys(mprotect(q, PAGE, PROT_READ | PROT_EXEC));
	if (!pid)
		_exit(0);
	test_reap(pid);
}

/* --- sub-reapers ------------------------------------------------------------------------------ */

/* An orphan that was made by who was there at the time of the checkpoint. */
static void reaper(void)
{
	int status;
	pid_t pid;

	sys(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = test_fork();
	if (!pid) {
		hold();
		if (!fork()) {
			sleep_ns(300 * MSEC);
			_exit(33);
		}
		_exit(0);
	}
	test_reap(pid);
	check(wait(&status) > 0, "the orphan did not come to the sub-reaper");
	check_is(WEXITSTATUS(status), 33, "status of the orphan");
}

int main(void)
{
	void (*const run[])(void) = { fifo, batch, idle, urgent, slice, deadline, reset, threads, io_best, io_idle,
				slack, machine_checks, flusher, tsc, merging, no_new_code, reaper };

	test_cases(run, ARRAY_SIZE(run), NSEC);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CPT_GEN_TASKS_H
#define _CPT_GEN_TASKS_H
/*
 * What the processes of tests/gen are besides: how they are scheduled, what prctl(2) sets, filters of
 * system calls, timers. A child inherits some of it, and both may change it then.
 */
#include "gen.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif

static struct attrs *my(void)
{
	return &m->proc[me].attrs;
}

#define is(value, wanted, what) do {							\
	long v_ = (value), w_ = (wanted);						\
	check(v_ == w_, "process %d: " what " is %ld, not %ld", me, v_, w_);		\
} while (0)

/* Natively, not everybody may do that. */
#define granted(call) ({								\
	bool ok_ = (call) != -1;							\
	check(ok_ || ((errno == EPERM || errno == EACCES) && getenv("TEST_DIR")), "%s", strerror(errno));	\
	ok_;										\
})

/* --- scheduling ------------------------------------------------------------------------------------- */

static void set_policy(void)
{
	struct attrs *a = my();
	int policy = PICK(SCHED_OTHER, SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_FIFO, SCHED_RR);
	struct sched_param p = { policy == SCHED_FIFO || policy == SCHED_RR ? 1 + rnd(50) : 0 };
	bool reset = one_in(4);

	if (!granted(sched_setscheduler(0, policy | (reset ? SCHED_RESET_ON_FORK : 0), &p)))
		return;
	a->policy = policy;
	a->prio = p.sched_priority;
	a->reset = reset;
	if (a->prio)		/* has none on newer kernels, and its default later */
		a->slack = 0;
}

static void set_nice(void)
{
	int to = (int)rnd(40) - 20;

	if (granted(setpriority(PRIO_PROCESS, 0, to)))
		my()->nice = to;
}

static void set_ioprio(void)
{
	int to = PICK(1 << 13, 2 << 13, 3 << 13) | rnd(8);

	if (granted(syscall(SYS_ioprio_set, 1, 0, to)))
		my()->ioprio = to;
}

static void check_policy(void)
{
	struct sched_param p;

	is(sched_getscheduler(0), my()->policy | (my()->reset ? SCHED_RESET_ON_FORK : 0), "policy");
	sys(sched_getparam(0, &p));
	is(p.sched_priority, my()->prio, "priority");
	is(getpriority(PRIO_PROCESS, 0), my()->nice, "nice value");
	if (my()->ioprio)
		is(syscall(SYS_ioprio_get, 1, 0), my()->ioprio, "I/O priority");
}

/* --- prctl(2) and what is like it ---------------------------------------------------------------------- */

static void set_slack(void)
{
	int to = 1 + rnd(1000000);

	sys(prctl(PR_SET_TIMERSLACK, to, 0, 0, 0));
	if (!my()->prio)
		my()->slack = to;
}

static void set_flags(void)
{
	struct attrs *a = my();

	a->mce = PICK(PR_MCE_KILL_EARLY, PR_MCE_KILL_LATE, PR_MCE_KILL_DEFAULT);
	if (granted(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0)))
		a->flusher = true;
	a->pdeath = PICK(0, SIGUSR1, SIGRTMIN + 2);
	a->reaper = rnd(2);
	sys(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, a->mce, 0, 0));
	sys(prctl(PR_SET_PDEATHSIG, a->pdeath, 0, 0, 0));
	sys(prctl(PR_SET_CHILD_SUBREAPER, a->reaper, 0, 0, 0));
}

static void set_name(void)
{
	snprintf(my()->name, sizeof(my()->name), "gen\n(%u) %d", rnd(1000), me);
	sys(prctl(PR_SET_NAME, my()->name));
}

static void put_proc(const char *path, const char *fmt, int v)
{
	char text[20];
	int fd = sys(open(path, O_WRONLY | O_CLOEXEC)), n = snprintf(text, sizeof(text), fmt, v);

	check(write(fd, text, n) == n, "%s: %s", path, strerror(errno));
	sys(close(fd));
}

static int get_proc(const char *path, int base)
{
	char text[20] = "";
	int fd = sys(open(path, O_RDONLY | O_CLOEXEC));

	sys(read(fd, text, sizeof(text) - 1));
	sys(close(fd));
	return strtol(text, NULL, base);
}

static void set_more(void)
{
	my()->oom = rnd(1000);
	put_proc("/proc/self/oom_score_adj", "%d", my()->oom);
	my()->coredump = rnd(256);
	put_proc("/proc/self/coredump_filter", "%#x", my()->coredump);
	my()->persona = PICK(0, ADDR_NO_RANDOMIZE, UNAME26, STICKY_TIMEOUTS | UNAME26);
	sys(personality(my()->persona));
}

static void check_prctl(void)
{
	const struct attrs *a = my();
	char name[16];
	int v;

	if (a->slack)
		is(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), a->slack, "timer slack");
	is(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), a->mce, "PR_MCE_KILL");
	if (granted(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0)))
		is(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), a->flusher, "PR_SET_IO_FLUSHER");
	sys(prctl(PR_GET_PDEATHSIG, &v, 0, 0, 0));
	is(v, a->pdeath, "the signal at the parent's death");
	sys(prctl(PR_GET_CHILD_SUBREAPER, &v, 0, 0, 0));
	is(v, a->reaper, "PR_SET_CHILD_SUBREAPER");
	is(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), a->nfilters > 0, "no_new_privs");
	if (*a->name) {
		sys(prctl(PR_GET_NAME, name));
		check(!strcmp(name, a->name), "process %d: the name is '%s', not '%s'", me, name, a->name);
	}
	if (a->oom >= 0) {
		is(get_proc("/proc/self/oom_score_adj", 10), a->oom, "oom_score_adj");
		is(get_proc("/proc/self/coredump_filter", 16), a->coredump, "coredump_filter");
		is(personality(0xffffffff), a->persona, "personality");
	}
}

/* --- filters ------------------------------------------------------------------------------------------- */

#define FILTER_MAGIC	0x67000		/* no sort of getpriority(2)'s; the filter's own number is added */

/* One more, by which one such call gives an error of its own. */
static void add_filter(void)
{
	struct attrs *a = my();
	int i = a->nfilters, err = 1 + rnd(130);
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_MAGIC + i, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(f), f };

	if (i == FILTERS)
		return;
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	/* whether it logs only the images show */
	sys(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, PICK(0, 0, SECCOMP_FILTER_FLAG_LOG), &prog));
	a->filter[a->nfilters++] = err;
}

static void check_filters(void)
{
	const struct attrs *a = my();
	int i;

	for (i = 0; i <= a->nfilters; i++) {
		errno = 0;
		check(syscall(SYS_getpriority, FILTER_MAGIC + i, 0) == -1);
		is(errno, i < a->nfilters ? a->filter[i] : EINVAL, "the error that a filter gives");
	}
}

/* --- timers --------------------------------------------------------------------------------------------- */

static int64_t ns_of(struct timespec t)
{
	return t.tv_sec * NSEC + t.tv_nsec;
}

static void set_itimer(void)
{
	int which = PICK(ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF);
	struct itimerval it = { { rnd(2) * rnd(1000), 1000 * rnd(1000) }, { 100000 + rnd(100000), 0 } };

	my()->itimer[which].interval = it.it_interval.tv_sec * NSEC + it.it_interval.tv_usec * 1000;
	my()->itimer[which].due = it.it_value.tv_sec * NSEC + (which == ITIMER_REAL ? clock_ns(CLOCK_MONOTONIC) : 0);
	sys(setitimer(which, &it, NULL));
}

/* One of the kernel's own numbering, far away or over. */
static void add_timer(void)
{
	struct itimerspec it = { { rnd(1000), rnd(1000000) }, { 100000 + rnd(100000), 0 } };
	struct sigevent ev = { .sigev_notify = PICK(SIGEV_SIGNAL, SIGEV_NONE), .sigev_signo = SIGRTMIN + 5 };
	struct timer *t = &my()->timer[my()->ntimers];

	if (my()->ntimers == TIMERS)
		return;
	t->clock = PICK(CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME);
	sys(syscall(SYS_timer_create, t->clock, &ev, &t->id));
	if (one_in(4)) {		/* a hole in the numbers */
		sys(syscall(SYS_timer_delete, t->id));
		return;
	}
	if (one_in(4)) {
		it.it_interval = (struct timespec){ 0, 0 };
		it.it_value = (struct timespec){ 0, 1 };
	}
	t->interval = ns_of(it.it_interval);
	t->due = clock_ns(t->clock) + ns_of(it.it_value);
	sys(syscall(SYS_timer_settime, t->id, 0, &it, NULL));
	my()->ntimers++;
}

/* @left of what is @due by a clock that a restore has not moved, but for the host's */
static void check_left(const char *what, const struct timer *t, int64_t left, int64_t interval)
{
	int64_t until = t->due - clock_ns(t->clock);

	check(interval == t->interval, "process %d: the interval of %s is %lld, not %lld", me, what, (long long)interval,
	      (long long)t->interval);
	if (until < 0)
		check(!left, "process %d: %s is not over", me, what);
	else
		check(llabs(until - left) < (t->clock == CLOCK_REALTIME ? 900 : 1) * NSEC,
		      "process %d: of %s %lld s are left, not %lld", me, what, (long long)(left / NSEC),
		      (long long)(until / NSEC));
}

static void check_timers(void)
{
	struct itimerspec it;
	struct itimerval iv;
	int i;

	for (i = 0; i < my()->ntimers; i++) {
		sys(syscall(SYS_timer_gettime, my()->timer[i].id, &it));
		check_left("a timer", &my()->timer[i], ns_of(it.it_value), ns_of(it.it_interval));
	}
	for (i = 0; i < 3; i++) {
		struct timer *t = &my()->itimer[i];
		int64_t left;

		sys(getitimer(i, &iv));
		left = iv.it_value.tv_sec * NSEC + iv.it_value.tv_usec * 1000;
		t->clock = i == ITIMER_REAL ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID;
		if (!t->due)
			check(!left, "process %d: an interval timer that nobody has set", me);
		else if (i == ITIMER_REAL)
			check_left("an interval timer", t, left, iv.it_interval.tv_sec * NSEC + iv.it_interval.tv_usec * 1000);
		else	/* by what it has used of the processor */
			check(left <= t->due + NSEC && left > t->due - 600 * NSEC, "process %d: of %lld s %lld are left", me,
			      (long long)(t->due / NSEC), (long long)(left / NSEC));
	}
}

/* --- all of it ------------------------------------------------------------------------------------------ */

static void change_myself(void)
{
	static void (*const change[])(void) = {
		set_policy, set_nice, set_ioprio, set_slack, set_flags, set_name, set_more, add_filter, set_itimer, add_timer,
	};

	change[rnd(ARRAY_SIZE(change))]();
}

/* A new child, whose model is a copy of its parent's. */
static void inherit(struct attrs *a)
{
	a->pdeath = 0;
	a->reaper = false;
	a->ntimers = 0;
	memset(a->itimer, 0, sizeof(a->itimer));
	if (a->reset) {
		if (a->policy == SCHED_FIFO || a->policy == SCHED_RR) {
			a->policy = SCHED_OTHER;
			a->prio = a->nice = 0;
		}
		if (a->nice < 0)
			a->nice = 0;
	}
	a->reset = false;
}

static void check_myself(void)
{
	check_policy();
	check_prctl();
	check_filters();
	check_timers();
}

struct sched_attrs {	/* of sched_getattr(2) */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* Of those that tell of it, what a line of /proc/self/status says. */
static void see_status(FILE *f)
{
	static const char *const lines[] = {
		"Seccomp:", "Seccomp_filters:", "NoNewPrivs:", "Threads:", "Cpus_allowed_list:",
	};
	char line[200];
	FILE *status = fopen("/proc/self/status", "re");
	size_t i;

	check(status);
	while (fgets(line, sizeof(line), status))
		for (i = 0; i < ARRAY_SIZE(lines); i++)
			if (!strncmp(line, lines[i], strlen(lines[i])))
				fprintf(f, " %.*s", (int)strcspn(line, "\n"), line);
	fclose(status);
}

static void see_timers(FILE *f)
{
	struct itimerspec it;
	struct itimerval iv;
	int i;

	for (i = 0; i < 3; i++) {
		sys(getitimer(i, &iv));
		fprintf(f, " itimer %d %lld.%06lld", !!iv.it_value.tv_sec, (long long)iv.it_interval.tv_sec,
			(long long)iv.it_interval.tv_usec);
	}
	for (i = 0; i < my()->ntimers; i++) {
		sys(syscall(SYS_timer_gettime, my()->timer[i].id, &it));
		fprintf(f, " timer %d %d %lld", my()->timer[i].id, !!ns_of(it.it_value), (long long)ns_of(it.it_interval));
	}
}

static void see_myself(FILE *f)
{
	struct sched_attrs s = { 0 };
	int reaper = -1, pdeath = -1, i;
	char name[16];

	sys(syscall(SYS_sched_getattr, 0, &s, sizeof(s), 0));
	sys(prctl(PR_GET_PDEATHSIG, &pdeath, 0, 0, 0));
	sys(prctl(PR_GET_CHILD_SUBREAPER, &reaper, 0, 0, 0));
	sys(prctl(PR_GET_NAME, name));
	fprintf(f, "process %d: policy %u flags %#llx nice %d,%d priority %u slice %llu io %ld", me, s.policy,
		(long long)s.flags, s.nice, getpriority(PRIO_PROCESS, 0), s.priority, (long long)s.runtime,
		sys(syscall(SYS_ioprio_get, 1, 0)));
	fprintf(f, " slack %d mce %d flusher %d pdeath %d reaper %d", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0),
		prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), pdeath, reaper);
	fprintf(f, " oom %d dumps %#x personality %#x name", get_proc("/proc/self/oom_score_adj", 10),
		get_proc("/proc/self/coredump_filter", 16), personality(0xffffffff));
	for (i = 0; name[i]; i++)
		fprintf(f, " %02x", name[i]);
	see_status(f);
	see_timers(f);
	fputc('\n', f);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seccomp: filters of system calls, alone and on top of inherited ones, that give an
 * error, a signal or death; hundreds of them; threads that can be synchronized because
 * they share their older filter, and those that cannot; the strict mode.
 */
#include "cpt_test.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>

#define MANY 300

static void hold(void)
{
	while (!test_going())
		sleep_ns(100 * MSEC);
}

/* From now on system call @nr ends in @action. Returns what seccomp(2) does. */
static long filter(long nr, unsigned int action, unsigned int flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(f), f };

	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return sys(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog));
}

static void fails(long nr, int err)
{
	long r = syscall(nr, 0, 0, 0);

	check(err ? r == -1 && errno == err : r != -1, "system call %ld returns %ld: %s", nr, r, strerror(errno));
}

static int status_of(const char *what)
{
	char line[128], *value = NULL;
	FILE *f = fopen("/proc/self/status", "re");
	size_t n = strlen(what);

	check(f);
	while (!value && fgets(line, sizeof(line), f))
		if (!strncmp(line, what, n) && line[n] == ':')
			value = line + n + 1;
	fclose(f);
	check(value, "there is no %s", what);
	return atoi(value);
}

/* A child has its parent's filter, and one more; a grandchild dies of a third. */
static void inherited(void)
{
	int status;
	pid_t pid, third;

	filter(SYS_getpgid, SECCOMP_RET_ERRNO | ENOTTY, SECCOMP_FILTER_FLAG_LOG);
	pid = test_fork();
	if (!pid) {
		filter(SYS_getsid, SECCOMP_RET_ERRNO | EXDEV, 0);
		hold();
		fails(SYS_getpgid, ENOTTY);
		fails(SYS_getsid, EXDEV);
		check_is(status_of("Seccomp"), 2, "mode");
		check_is(status_of("Seccomp_filters"), 2, "number of filters");
		_exit(0);
	}
	third = test_fork();
	if (!third) {
		filter(SYS_getsid, SECCOMP_RET_KILL_PROCESS, 0);
		hold();
		syscall(SYS_getsid, 0);
		_exit(0);
	}
	hold();
	fails(SYS_getpgid, ENOTTY);
	fails(SYS_getsid, 0);
	check_is(status_of("Seccomp_filters"), 1, "number of filters");
	test_reap(pid);
	sys(waitpid(third, &status, 0));
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "it ended with %#x", status);
	/* and one can be added, for those that come */
	filter(SYS_getsid, SECCOMP_RET_ERRNO | EXDEV, 0);
	pid = test_fork();
	if (!pid) {
		fails(SYS_getpgid, ENOTTY);
		fails(SYS_getsid, EXDEV);
		_exit(0);
	}
	test_reap(pid);
}

static volatile sig_atomic_t trapped;
static void on_sys(int sig, siginfo_t *si, void *uc)
{
	trapped = si->si_syscall == SYS_getsid && (si->si_errno & 0xffff) == 77 && sig == SIGSYS;
	(void)uc;
}

static void trap(void)
{
	struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };

	sys(sigaction(SIGSYS, &sa, NULL));
	filter(SYS_getsid, SECCOMP_RET_TRAP | 77, 0);
	hold();
	syscall(SYS_getsid, 0);
	check(trapped, "no SIGSYS came");
}

static void many(void)
{
	int i;

	for (i = 0; i < MANY; i++)
		filter(SYS_getsid, SECCOMP_RET_ERRNO | (200 + i), 0);
	hold();
	check_is(status_of("Seccomp_filters"), MANY, "number of filters");
	fails(SYS_getsid, 200 + MANY - 1);	/* of errors, the last one counts */
}

/* A thread that shares the older filter of its creator, and one that has got another. */
static volatile int step, synced;
static void *thread(void *alone)
{
	if (alone)
		filter(SYS_getsid, SECCOMP_RET_ERRNO | EXDEV, 0);
	__sync_fetch_and_add(&step, 1);
	while (!synced)
		sleep_ns(50 * MSEC);
	fails(SYS_getpgid, ENOTTY);
	fails(SYS_getsid, alone ? EXDEV : 0);
	fails(SYS_getppid, alone ? 0 : EPROTO);
	return NULL;
}

static void threads(bool alone)
{
	pthread_t t;
	long r;

	filter(SYS_getpgid, SECCOMP_RET_ERRNO | ENOTTY, 0);
	thr(pthread_create(&t, NULL, thread, alone ? &t : NULL));
	while (!step)
		usleep(1000);
	filter(SYS_getuid, SECCOMP_RET_ERRNO | EFAULT, 0);
	hold();
	fails(SYS_getuid, EFAULT);
	r = filter(SYS_getppid, SECCOMP_RET_ERRNO | EPROTO, SECCOMP_FILTER_FLAG_TSYNC);
	check(alone ? r > 0 : r == 0, "SECCOMP_FILTER_FLAG_TSYNC returns %ld", r);
	synced = 1;
	thr(pthread_join(t, NULL));
}
static void together(void) { threads(false); }
static void apart(void) { threads(true); }

/* read(2), write(2) and exit(2) is all it may do. */
static void strict(void)
{
	int to[2], from[2], status;
	pid_t pid;
	char c;

	sys(pipe(to));
	sys(pipe(from));
	for (int forbidden = 0; forbidden < 2; forbidden++) {
		pid = test_fork();
		if (pid)
			continue;
		close(to[1]);
		close(from[0]);
		sys(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
		if (read(to[0], &c, 1) == 1 && write(from[1], &c, 1) == 1 && forbidden)
			syscall(SYS_getpid);
		syscall(SYS_exit, 0);
	}
	hold();
	check(write(to[1], "xy", 2) == 2);
	for (int n = 0; n < 2; n++) {
		check(read(from[0], &c, 1) == 1);
		sys(waitpid(-1, &status, 0));
		check(!status || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL), "it ended with %#x", status);
		if (status)
			trapped++;
	}
	check_is(trapped, 1, "those that died of a system call");
}

int main(void)
{
	void (*const run[])(void) = { inherited, trap, many, together, apart, strict };

	test_cases(run, ARRAY_SIZE(run), NSEC);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dead: children that nobody has waited for, of every way to die; a dead
 * session leader and a dead group leader whose members live; a process whose
 * first thread has ended while others go on. What the parent is told later is
 * what it would have been told.
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const struct { const char *what; int code, status; } deaths[] = {
	{ "exit(0)", CLD_EXITED, 0 },
	{ "exit(7)", CLD_EXITED, 7 },
	{ "exit(255)", CLD_EXITED, 255 },
	{ "SIGKILL", CLD_KILLED, SIGKILL },
	{ "SIGTERM", CLD_KILLED, SIGTERM },
	{ "a real-time signal", CLD_KILLED, 40 },
	{ "SIGSEGV", CLD_KILLED, SIGSEGV },
	{ "session leader's exit(3)", CLD_EXITED, 3 },
	{ "group leader's exit(4)", CLD_EXITED, 4 },
	{ "another user's exit(5)", CLD_EXITED, 5 },
	{ "exit(6) with a name", CLD_EXITED, 6 },
};
#define N ((int)ARRAY_SIZE(deaths))

static void die(int i)
{
	struct rlimit none = { 0, 0 };

	if (deaths[i].code == CLD_KILLED) {
		setrlimit(RLIMIT_CORE, &none);
		kill(getpid(), deaths[i].status);
		pause();
	}
	if (strstr(deaths[i].what, "session leader")) {
		sys(setsid());
		if (!test_fork()) {	/* an orphan in a session whose leader is a zombie */
			pid_t sid = getsid(0);

			while (!test_going())
				sleep_ns(100 * MSEC);
			check_is(getsid(0), sid, "session of a zombie");
			close(sys(open(test_path("member"), O_CREAT | O_WRONLY, 0600)));
			_exit(0);
		}
	}
	if (strstr(deaths[i].what, "group leader"))
		sys(setpgid(0, 0));
	if (strstr(deaths[i].what, "another user"))
		sys(setresuid(1234, 1234, 1234));
	if (strstr(deaths[i].what, "with a name"))
		sys(prctl(PR_SET_NAME, "late (departed)"));
	_exit(deaths[i].status);
}

/* the first thread is gone, the second waits and ends the process */
static void *second(void *arg)
{
	pid_t tid = syscall(SYS_gettid);

	(void)arg;
	while (!test_going())
		sleep_ns(100 * MSEC);
	check_is(syscall(SYS_gettid), tid, "tid");
	check(getpid() != tid);
	_exit(11);
}

static void headless(void)
{
	pthread_t t;

	thr(pthread_create(&t, NULL, second, NULL));
	thr(pthread_create(&t, NULL, second, NULL));
	syscall(SYS_exit, 3);	/* of this thread */
}

int main(void)
{
	siginfo_t si;
	pid_t pid[N], group = 0, h;
	int i, status, n;

	for (i = 0; i < N; i++) {
		pid[i] = test_fork();
		if (!pid[i])
			die(i);
		sys(waitid(P_PID, pid[i], &si, WEXITED | WNOWAIT));
		if (strstr(deaths[i].what, "group leader")) {
			group = test_fork();
			if (!group) {
				/* its leader is a zombie: the group can still be joined */
				sys(setpgid(0, pid[i]));
				while (!test_going())
					sleep_ns(100 * MSEC);
				check_is(getpgid(0), pid[i], "group of a zombie");
				_exit(0);
			}
		}
	}
	h = test_fork();
	if (!h)
		headless();
	sleep_ns(500 * MSEC);
	test_ready();
	test_wait();

	for (i = 0; i < N; i++) {
		memset(&si, 0, sizeof(si));
		check_is(waitid(P_PID, pid[i], &si, WEXITED | WNOHANG | WNOWAIT), 0, deaths[i].what);
		check_is(si.si_pid, pid[i], deaths[i].what);
		check_is(si.si_code, deaths[i].code, deaths[i].what);
		check_is(si.si_status, deaths[i].status, deaths[i].what);
		check_is(si.si_uid, strstr(deaths[i].what, "another user") ? 1234 : 0, "uid of a zombie");
		check_is(waitpid(pid[i], &status, WNOHANG), pid[i], deaths[i].what);
		if (deaths[i].code == CLD_EXITED)
			check(WIFEXITED(status) && WEXITSTATUS(status) == deaths[i].status, "status %#x", status);
		else
			check(WIFSIGNALED(status) && WTERMSIG(status) == deaths[i].status, "status %#x", status);
		check(waitpid(pid[i], &status, WNOHANG) == -1 && errno == ECHILD, "it was there twice");
	}
	test_reap(group);
	check_is(waitpid(h, &status, 0), h, "waitpid of a process without its first thread");
	check(WIFEXITED(status) && WEXITSTATUS(status) == 11, "its status is %#x", status);
	for (n = 0; access(test_path("member"), F_OK); n++) {
		check(n < 100, "the member of a zombie's session does not end");
		sleep_ns(100 * MSEC);
	}
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals: every handler with its flags, mask and restorer; masks; alternate
 * stacks, also frozen while a handler runs on one; pending signals of a thread and
 * of a process with all that their siginfo says, in their order; a blocked SIGCHLD.
 */
#include "cpt_test.h"

#include <pthread.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

/* struct sigaction of the kernel */
struct ksigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
} __attribute__((packed));

static struct ksigaction want[65];

static void nothing(int sig) { (void)sig; }
static void other(int sig) { (void)sig; }

static void handlers_set(void)
{
	static const unsigned long flags[] = { 0, SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_SIGINFO,
					       SA_ONSTACK, SA_NOCLDSTOP, SA_NOCLDWAIT };
	struct ksigaction a, check_;
	int sig;

	for (sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == SIGCHLD)
			continue;
		sys(syscall(SYS_rt_sigaction, sig, NULL, &a, 8));
		switch (sig % 4) {
		case 0:
			a.handler = SIG_IGN;
			break;
		case 1:
			a.handler = nothing;
			break;
		case 2:
			a.handler = other;
			break;
		case 3:
			a.handler = SIG_DFL;
			break;
		}
		a.flags = flags[sig % 8];
		a.restorer = NULL;
		a.mask = 1ull << (63 - sig % 60) | 1ull << (sig % 7);
		a.mask &= ~(1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1));
		sys(syscall(SYS_rt_sigaction, sig, &a, NULL, 8));
		sys(syscall(SYS_rt_sigaction, sig, NULL, &check_, 8));
		want[sig] = check_;
	}
}

static void handlers_check(void)
{
	struct ksigaction a;
	int sig;

	for (sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == SIGCHLD)
			continue;
		sys(syscall(SYS_rt_sigaction, sig, NULL, &a, 8));
		check(!memcmp(&a, &want[sig], sizeof(a)),
		      "signal %d: handler %p flags %#lx mask %#llx, not %p %#lx %#llx", sig,
		      (void *)a.handler, a.flags, (unsigned long long)a.mask,
		      (void *)want[sig].handler, want[sig].flags, (unsigned long long)want[sig].mask);
	}
}

/* a child that has the handlers, and nothing else */
static pid_t handlers_child(void)
{
	pid_t pid = test_fork();

	if (pid)
		return pid;
	handlers_set();
	while (!test_going())
		sleep_ns(100 * MSEC);
	handlers_check();
	_exit(0);
}

/* Pending signals, sent in this order; taken back in the order that Linux gives them. */
static const int sig_std[] = { SIGUSR1, SIGUSR2, SIGURG, SIGWINCH };

static void queue(pid_t pid, pid_t tid, int sig, int value)
{
	siginfo_t si = { .si_signo = sig, .si_code = SI_QUEUE };

	si.si_pid = getpid();
	si.si_uid = getuid();
	si.si_value.sival_int = value;
	if (tid)
		sys(syscall(SYS_rt_tgsigqueueinfo, pid, tid, sig, &si));
	else
		sys(syscall(SYS_rt_sigqueueinfo, pid, sig, &si));
}

static void take(const sigset_t *set, int sig, int code, int value, const char *what)
{
	struct timespec none = {};
	siginfo_t si = {};
	/* glibc's sigtimedwait() makes SI_USER of SI_TKILL */
	int got = syscall(SYS_rt_sigtimedwait, set, &si, &none, 8);

	check(got == sig, "%s: signal %d came, not %d (%s)", what, got, sig, strerror(errno));
	check_is(si.si_code, code, what);
	check_is(si.si_pid, getpid(), what);
	check_is(si.si_uid, getuid(), what);
	if (code == SI_QUEUE)
		check_is(si.si_value.sival_int, value, what);
}

struct thread_arg {
	pid_t tid;
	volatile int state;
};

/* a second thread, so that "of the thread" and "of the process" are not the same */
static void *pending_thread(void *p)
{
	struct thread_arg *arg = p;
	sigset_t set;
	int i;

	arg->tid = syscall(SYS_gettid);
	arg->state = 1;
	while (arg->state != 2)
		sleep_ns(20 * MSEC);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 5);
	for (i = 0; i < 5; i++)
		take(&set, SIGRTMIN + 5, SI_QUEUE, 500 + i, "queue of a thread");
	take(&set, SIGRTMIN + 5, SI_QUEUE, 600, "queue of the process, behind the thread's own");
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	take(&set, SIGTERM, SI_TKILL, 0, "standard signal of a thread");
	return NULL;
}

static pid_t pending_child(void)
{
	struct thread_arg arg = {};
	pid_t pid = test_fork();
	struct timespec none = {};
	sigset_t set;
	pthread_t t;
	size_t i;

	if (pid)
		return pid;
	sigfillset(&set);
	thr(pthread_sigmask(SIG_SETMASK, &set, NULL));
	thr(pthread_create(&t, NULL, pending_thread, &arg));
	while (arg.state != 1)
		sleep_ns(10 * MSEC);
	for (i = 0; i < 20; i++)
		queue(getpid(), 0, SIGRTMIN + 1, 100 + i);
	queue(getpid(), 0, SIGRTMAX, 900);
	queue(getpid(), 0, SIGRTMIN + 2, 200);
	for (i = 0; i < ARRAY_SIZE(sig_std); i++)
		sys(kill(getpid(), sig_std[i]));
	sys(kill(getpid(), SIGUSR1));		/* once is enough */
	for (i = 0; i < 5; i++)
		queue(getpid(), arg.tid, SIGRTMIN + 5, 500 + i);
	queue(getpid(), 0, SIGRTMIN + 5, 600);
	sys(syscall(SYS_tgkill, getpid(), arg.tid, SIGTERM));
	sys(syscall(SYS_tgkill, getpid(), getpid(), SIGHUP));
	while (!test_going())
		sleep_ns(100 * MSEC);

	arg.state = 2;
	thr(pthread_join(t, NULL));
	take(&set, SIGHUP, SI_TKILL, 0, "standard signal of the first thread");
	take(&set, SIGUSR1, SI_USER, 0, "standard signals");
	take(&set, SIGUSR2, SI_USER, 0, "standard signals");
	take(&set, SIGURG, SI_USER, 0, "standard signals");
	take(&set, SIGWINCH, SI_USER, 0, "standard signals");
	for (i = 0; i < 20; i++)
		take(&set, SIGRTMIN + 1, SI_QUEUE, 100 + i, "queue of the process");
	take(&set, SIGRTMIN + 2, SI_QUEUE, 200, "queue of the process");
	take(&set, SIGRTMAX, SI_QUEUE, 900, "queue of the process");
	check(sigtimedwait(&set, NULL, &none) == -1 && errno == EAGAIN, "there is one signal too many");
	_exit(0);
}

/* a child's end, signalled but blocked; the child itself is waited for later */
static pid_t chld_child(void)
{
	pid_t pid = test_fork(), kid;
	struct timespec none = {};
	siginfo_t si;
	sigset_t set;
	int status;

	if (pid)
		return pid;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sys(sigprocmask(SIG_BLOCK, &set, NULL));
	kid = test_fork();
	if (!kid)
		_exit(9);
	while (!test_going())
		sleep_ns(100 * MSEC);
	check_is(sigtimedwait(&set, &si, &none), SIGCHLD, "pending SIGCHLD");
	check_is(si.si_pid, kid, "si_pid of SIGCHLD");
	check_is(si.si_code, CLD_EXITED, "si_code of SIGCHLD");
	check_is(si.si_status, 9, "si_status of SIGCHLD");
	check_is(waitpid(kid, &status, WNOHANG), kid, "waitpid after SIGCHLD");
	check_is(WEXITSTATUS(status), 9, "exit status");
	_exit(0);
}

/* frozen in a handler, on an alternate stack; then on with what was interrupted */
static volatile int depth, done;
static unsigned int auto_disarm;
static char *alt;
#define ALT (64 * 1024)

static void on_alt(int sig, siginfo_t *si, void *uc)
{
	char here[4096];
	sigset_t now;
	stack_t s;

	(void)uc;
	fill(here, sizeof(here), sig);
	check(here > alt && here < alt + ALT, "not on the alternate stack");
	if (++depth < 2) {	/* a second handler on top of the first */
		queue(getpid(), 0, SIGUSR2, 66);
		check_is(depth, 2, "nested handlers");
	} else {
		check_is(si->si_value.sival_int, 66, "value given to a handler");
		while (!test_going())
			sleep_ns(100 * MSEC);
	}
	sys(sigaltstack(NULL, &s));
	if (auto_disarm)
		check_is(s.ss_flags, SS_DISABLE, "alternate stack while it is disarmed");
	else
		check(s.ss_flags == SS_ONSTACK && s.ss_sp == alt, "flags of the stack in use are %#x", s.ss_flags);
	sigprocmask(SIG_BLOCK, NULL, &now);
	check(sigismember(&now, sig), "signal %d is not blocked in its handler", sig);
	verify(here, sizeof(here), sig, "frame of a handler");
	done++;
}

static pid_t alt_child(unsigned int flags)
{
	struct sigaction sa = { .sa_sigaction = on_alt, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	pid_t pid = test_fork();
	sigset_t none, now;
	stack_t s;

	if (pid)
		return pid;
	auto_disarm = flags;
	alt = malloc(ALT);
	s = (stack_t){ .ss_sp = alt, .ss_size = ALT, .ss_flags = flags };
	sys(sigaltstack(&s, NULL));
	sys(sigaction(SIGUSR1, &sa, NULL));
	if (flags) {
		/* while disarmed, a second handler would run from the top of the same stack */
		sa.sa_flags &= ~SA_ONSTACK;
	}
	sys(sigaction(SIGUSR2, &sa, NULL));
	sigemptyset(&none);
	sys(sigprocmask(SIG_SETMASK, &none, NULL));
	sys(kill(getpid(), SIGUSR1));	/* does not return before both handlers did */
	check_is(done, 2, "handlers that came to their end");
	sys(sigaltstack(NULL, &s));
	check(s.ss_sp == alt && s.ss_size == ALT && (unsigned int)s.ss_flags == flags,
	      "the alternate stack is %p %#x after its handlers", s.ss_sp, s.ss_flags);
	sys(sigprocmask(SIG_SETMASK, NULL, &now));
	check(!memcmp(&now, &none, 8), "the mask was not put back");
	_exit(0);
}

int main(void)
{
	pid_t pid[] = { handlers_child(), pending_child(), chld_child(), alt_child(0),
			alt_child(SS_AUTODISARM) };
	size_t i;

	sleep_ns(700 * MSEC);
	test_ready();
	test_wait();
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		test_reap(pid[i]);
	test_pass();
}

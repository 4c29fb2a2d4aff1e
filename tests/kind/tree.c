// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of processes: sessions, process groups and parents, where leaders and
 * parents live and where they are gone; sub-reapers; children of every way of
 * clone(2): who is told of their end, what they share with their parent.
 *
 * Every process remembers who it is when it is ready, looks again in the end, and
 * reports through the exit status or, where nobody waits for it, by a file.
 */
#include "cpt_test.h"

#include <sched.h>
#include <sys/prctl.h>

#define CHAIN 40

struct id { pid_t pid, ppid, pgid, sid; };

static struct id id_now(void)
{
	/* not what libc or the vdso may remember */
	return (struct id){ syscall(SYS_getpid), syscall(SYS_getppid), getpgid(0), getsid(0) };
}

static void id_check(const struct id *was, const char *who)
{
	struct id is = id_now();

	check(!memcmp(was, &is, sizeof(is)),
	      "%s: pid %d ppid %d pgid %d sid %d, but was %d %d %d %d", who, is.pid, is.ppid, is.pgid,
	      is.sid, was->pid, was->ppid, was->pgid, was->sid);
}

static void hold(const char *who)
{
	struct id was = id_now();

	while (!test_going())
		sleep_ns(100 * MSEC);
	id_check(&was, who);
}

static void report(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "tree-%s", name);
	close(sys(open(test_path(path), O_CREAT | O_EXCL | O_WRONLY, 0600)));
}

static bool reported(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "tree-%s", name);
	return !access(test_path(path), F_OK);
}

/* leave a child behind: it holds once it has a new parent */
static void orphan(const char *who)
{
	pid_t old = getpid();

	if (test_fork())
		_exit(0);
	while (getppid() == old)
		sleep_ns(10 * MSEC);
	hold(who);
	report(who);
	_exit(0);
}

/* a session with two groups, and a member that joined another's group */
static void session(void)
{
	pid_t a, b, c;

	sys(setsid());
	a = test_fork();
	if (!a) {
		hold("member of the leader's group");
		_exit(0);
	}
	b = test_fork();
	if (!b) {
		sys(setpgid(0, 0));
		hold("group leader in a session");
		_exit(0);
	}
	while (getpgid(b) != b)
		sleep_ns(10 * MSEC);
	c = test_fork();
	if (!c) {
		sys(setpgid(0, b));
		hold("member of another's group");
		_exit(0);
	}
	hold("session leader");
	test_reap(a);
	test_reap(b);
	test_reap(c);
}

/* children whose session leader, whose group leader, whose parent is dead */
static void leaderless(void)
{
	pid_t leader = test_fork(), group;
	int joined[2];
	char byte;

	if (!leader) {
		sys(setsid());
		if (!test_fork())
			orphan("orphan of a dead session leader");
		group = test_fork();
		if (!group) {
			sys(setpgid(0, 0));
			orphan("orphan of a dead group leader and session leader");
		}
		test_reap(group);
		_exit(0);
	}
	test_reap(leader);
	/* the parent lives on, the leader of the child's group is its dead brother */
	sys(pipe(joined));
	group = test_fork();
	if (!group) {
		sys(setpgid(0, 0));
		sys(read(joined[0], &byte, 1));
		_exit(0);
	}
	setpgid(group, group);
	leader = test_fork();
	if (!leader) {
		sys(setpgid(0, group));
		sys(write(joined[1], "", 1));
		close(joined[0]);
		close(joined[1]);
		hold("member of a dead brother's group");
		_exit(0);
	}
	test_reap(group);
	close(joined[0]);
	close(joined[1]);
	hold("parent in another group");
	test_reap(leader);
}

/* orphans belong to the nearest sub-reaper */
static void reaper(void)
{
	pid_t kid;
	int on = 0, status, n = 0;

	sys(prctl(PR_SET_CHILD_SUBREAPER, 1));
	kid = test_fork();
	if (!kid)
		orphan("orphan of a sub-reaper");
	test_reap(kid);
	hold("sub-reaper");
	sys(prctl(PR_GET_CHILD_SUBREAPER, &on));
	check_is(on, 1, "PR_GET_CHILD_SUBREAPER");
	while (wait(&status) > 0) {
		check_is(status, 0, "status of an orphan");
		n++;
	}
	check_is(n, 1, "orphans that were the sub-reaper's");
	/* still so for new ones */
	kid = test_fork();
	if (!kid) {
		if (!test_fork())
			_exit(0);
		_exit(0);
	}
	check(wait(NULL) > 0 && wait(NULL) > 0, "a new orphan did not come to its sub-reaper");
}

/* forked before its parent called setsid: in the grandparent's session */
static void early(void)
{
	pid_t kid = test_fork();

	if (!kid) {
		hold("child of a session leader that is older than the session");
		_exit(0);
	}
	sys(setsid());
	hold("session leader with a child in another session");
	test_reap(kid);
}

/* each the parent of the next */
static void chain(void)
{
	pid_t kid = 0;
	int n;

	for (n = 0; n < CHAIN; n++) {
		kid = test_fork();
		if (kid)
			break;
		if (n % 7 == 3)
			sys(setsid());
		else if (n % 5 == 2)
			sys(setpgid(0, 0));
	}
	hold("link of a chain");
	if (kid)
		test_reap(kid);
	if (n)
		_exit(0);
}

/* what clone(2) can share, or tell */
static volatile int usr1s;
static void on_usr1(int sig) { (void)sig; usr1s++; }
static sigset_t usr1;

static pid_t cloned(int (*fn)(void *), unsigned long flags)
{
	char *stack = sys(mmap(NULL, 128 * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	return sys(clone(fn, stack + 128 * 1024, flags, NULL));
}

static int just_hold(void *arg)
{
	(void)arg;
	hold("cloned child");
	return 0;
}

static volatile int vm_value, vm_seen;
static int in_vm(void *arg)	/* memory: a plain variable is common */
{
	(void)arg;
	while (vm_value != 1)
		syscall(SYS_sched_yield), usleep(20000);
	vm_seen = 1;
	return 0;
}

static int in_files(void *arg)	/* descriptors: what it opens, the parent has */
{
	(void)arg;
	hold("child that shares descriptors");
	return dup2(1, 77) == 77 ? 0 : 1;
}

static int in_fs(void *arg)	/* cwd and umask */
{
	(void)arg;
	hold("child that shares cwd");
	umask(0137);
	return chdir("/usr") ? 1 : 0;
}

static int in_sighand(void *arg)
{
	(void)arg;
	hold("child that shares handlers");
	return signal(SIGUSR2, on_usr1) == SIG_ERR;
}

static void clones(void)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	pid_t usr, none, vm, files, fs, sh;
	int status;
	char cwd[PATH_MAX];

	sys(sigaction(SIGUSR1, &sa, NULL));
	sigaddset(&usr1, SIGUSR1);
	sys(sigprocmask(SIG_BLOCK, &usr1, NULL));
	usr = cloned(just_hold, SIGUSR1);
	none = cloned(just_hold, 0);
	vm = cloned(in_vm, CLONE_VM | SIGCHLD);
	files = cloned(in_files, CLONE_FILES | SIGCHLD);
	fs = cloned(in_fs, CLONE_FS | SIGCHLD);
	sh = cloned(in_sighand, CLONE_VM | CLONE_SIGHAND | SIGCHLD);
	hold("parent of clones");
	vm_value = 1;
	test_reap(vm);
	check_is(vm_seen, 1, "what a child with the same memory wrote");
	test_reap(files);
	check(fcntl(77, F_GETFD) >= 0, "a child's new descriptor did not appear here");
	test_reap(fs);
	check_is(umask(022), 0137, "umask set by a child");
	check(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/usr"), "cwd is %s, not the child's /usr", cwd);
	test_reap(sh);
	sys(sigaction(SIGUSR2, NULL, &sa));
	check(sa.sa_handler == on_usr1, "a child's new handler did not appear here");
	/* SIGUSR1 or nothing for a signal: only __WALL finds them */
	check(waitpid(usr, &status, WNOHANG) == -1 && errno == ECHILD, "a clone child was found without __WALL");
	check_is(waitpid(usr, &status, __WALL), usr, "waitpid(, __WALL)");
	check_is(status, 0, "status of a clone child");
	sys(sigprocmask(SIG_UNBLOCK, &usr1, NULL));
	check_is(usr1s, 1, "SIGUSR1 at the end of a clone child");
	check_is(waitpid(none, &status, __WALL), none, "waitpid(, __WALL)");
	check_is(status, 0, "status of a clone child");
}

static void brothers(void)	/* CLONE_PARENT */
{
	pid_t a = test_fork(), b;
	int status, n = 0;

	if (!a) {
		b = cloned(just_hold, CLONE_PARENT | SIGCHLD);
		hold("elder brother");
		check(waitpid(b, NULL, 0) == -1 && errno == ECHILD, "a brother became a child");
		_exit(0);
	}
	hold("parent of brothers");
	while (wait(&status) > 0) {
		check_is(status, 0, "status of a brother");
		n++;
	}
	check_is(n, 2, "brothers");
}

int main(void)
{
	static const char *const orphans[] = {
		"orphan of a dead session leader", "orphan of a dead group leader and session leader",
		"orphan of a sub-reaper",
	};
	void (*run[])(void) = { session, leaderless, reaper, early, chain, clones, brothers };
	pid_t pid[ARRAY_SIZE(run)];
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(run); i++) {
		pid[i] = test_fork();
		if (!pid[i]) {
			run[i]();
			_exit(0);
		}
	}
	sleep_ns(1500 * MSEC);
	test_ready();
	hold("the first process");
	for (i = 0; i < ARRAY_SIZE(run); i++)
		test_reap(pid[i]);
	for (n = 0, i = 0; i < ARRAY_SIZE(orphans); i++) {
		while (!reported(orphans[i])) {
			check(n++ < 200, "the %s does not end", orphans[i]);
			sleep_ns(100 * MSEC);
		}
	}
	test_pass();
}

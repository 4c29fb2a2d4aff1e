// SPDX-License-Identifier: GPL-2.0-only
/*
 * Credentials: user and group ids of all four sorts, many groups, capabilities
 * given up in every set, ambient ones, securebits, no_new_privs; of threads, too,
 * which may each have their own. What is open stays open to who had opened it: the
 * file as well as the right to write to it.
 */
#include "cpt_test.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

struct who {
	uid_t r, e, s, fs;
	gid_t rg, eg, sg, fsg;
	int ngroups;
	gid_t groups[100];
	struct __user_cap_data_struct caps[2];
	uint64_t bset, ambient;
	int securebits, nnp, keep;
};

static void who_now(struct who *w)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	int i;

	memset(w, 0, sizeof(*w));
	/* glibc's set*id() would change all threads: everything by plain system calls */
#ifdef __i386__
	sys(syscall(SYS_getresuid32, &w->r, &w->e, &w->s));
	sys(syscall(SYS_getresgid32, &w->rg, &w->eg, &w->sg));
	w->fs = syscall(SYS_setfsuid32, -1);
	w->fsg = syscall(SYS_setfsgid32, -1);
#else
	sys(syscall(SYS_getresuid, &w->r, &w->e, &w->s));
	sys(syscall(SYS_getresgid, &w->rg, &w->eg, &w->sg));
	w->fs = syscall(SYS_setfsuid, -1);
	w->fsg = syscall(SYS_setfsgid, -1);
#endif
	w->ngroups = sys(getgroups(100, w->groups));
	sys(syscall(SYS_capget, &h, w->caps));
	for (i = 0; i <= CAP_LAST_CAP; i++) {
		if (prctl(PR_CAPBSET_READ, i) == 1)
			w->bset |= 1ull << i;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			w->ambient |= 1ull << i;
	}
	w->securebits = sys(prctl(PR_GET_SECUREBITS));
	w->nnp = sys(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	w->keep = sys(prctl(PR_GET_KEEPCAPS));
}

static void who_check(const struct who *was, const char *what)
{
	struct who is;

	who_now(&is);
	check(!memcmp(&was->r, &is.r, 4 * sizeof(uid_t)), "%s: uids %d %d %d %d, not %d %d %d %d", what,
	      is.r, is.e, is.s, is.fs, was->r, was->e, was->s, was->fs);
	check(!memcmp(&was->rg, &is.rg, 4 * sizeof(gid_t)), "%s: gids %d %d %d %d, not %d %d %d %d", what,
	      is.rg, is.eg, is.sg, is.fsg, was->rg, was->eg, was->sg, was->fsg);
	check(was->ngroups == is.ngroups && !memcmp(was->groups, is.groups, sizeof(is.groups)),
	      "%s: groups differ", what);
	check(!memcmp(was->caps, is.caps, sizeof(is.caps)), "%s: effective %#x permitted %#x inheritable %#x, not %#x %#x %#x",
	      what, is.caps[0].effective, is.caps[0].permitted, is.caps[0].inheritable,
	      was->caps[0].effective, was->caps[0].permitted, was->caps[0].inheritable);
	check(was->bset == is.bset, "%s: bounding set %#llx, not %#llx", what,
	      (long long)is.bset, (long long)was->bset);
	check(was->ambient == is.ambient, "%s: ambient set %#llx, not %#llx", what,
	      (long long)is.ambient, (long long)was->ambient);
	check_is(is.securebits, was->securebits, "securebits");
	check_is(is.nnp, was->nnp, "no_new_privs");
	check_is(is.keep, was->keep, "keepcaps");
}

static void caps(uint32_t eff, uint32_t perm, uint32_t inh)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { eff, perm, inh } };

	sys(syscall(SYS_capset, &h, d));
}

#define BIT(c) (1u << (c))

static void plain(void) { }

static void ids(void)
{
	gid_t groups[60];
	int i;

	for (i = 0; i < 60; i++)
		groups[i] = 100000 - 7 * i;
	sys(setgroups(60, groups));
	sys(setresgid(2001, 2002, 2003));
	sys(setresuid(1001, 1002, 1003));
}

static void fsids(void)
{
	setfsgid(3003);
	setfsuid(3002);
}

static void suid_like(void)	/* as a set-uid program: real user, root in the back */
{
	sys(setresgid(1000, 0, 0));
	sys(setresuid(1000, 0, 0));
}

static void dropped(void)
{
	caps(BIT(CAP_CHOWN) | BIT(CAP_KILL), BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_SETUID), BIT(CAP_KILL));
}

static void bounded(void)
{
	sys(prctl(PR_CAPBSET_DROP, CAP_NET_RAW));
	sys(prctl(PR_CAPBSET_DROP, CAP_MKNOD));
}

static void ambient(void)
{
	sys(prctl(PR_SET_KEEPCAPS, 1));
	sys(setresuid(1000, 1000, 1000));
	caps(BIT(CAP_KILL), BIT(CAP_KILL) | BIT(CAP_SETGID), BIT(CAP_KILL));
	sys(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
}

static void secure(void)
{
	sys(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS |
		  SECBIT_NO_CAP_AMBIENT_RAISE));
}

static void nnp(void)
{
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	sys(setresuid(65534, 65534, 65534));
}

static int secret;	/* of root's, 0600 */

static void child(void (*become)(void), const char *what)
{
	int appends, mine;
	struct who was;
	char c = 0;

	appends = sys(open(test_path("log"), O_WRONLY | O_APPEND));
	become();
	mine = sys(open(test_path("log.777"), O_RDONLY));
	who_now(&was);
	while (!test_going())
		sleep_ns(100 * MSEC);
	who_check(&was, what);
	/* opened as root: still readable, still writable, whoever we are now */
	check(pread(secret, &c, 1, 0) == 1 && c == 's', "what root had opened cannot be read: %s", strerror(errno));
	check(write(appends, "x", 1) == 1, "what root had opened cannot be written: %s", strerror(errno));
	check(pread(mine, &c, 1, 0) == 1);
	/* but not to be opened anew */
	if (was.fs && !(was.caps[0].effective & BIT(CAP_DAC_OVERRIDE)))
		check(open(test_path("secret"), O_RDONLY) == -1 && errno == EACCES, "%s may open root's file", what);
	_exit(0);
}

/* each thread is someone else */
static pthread_barrier_t barrier;
static void *thread(void *arg)
{
	long n = (intptr_t)arg;
	struct who was;

#ifdef __i386__
	sys(syscall(SYS_setresuid32, 1100 + n, 1100 + n, n ? 0 : 1100));
#else
	sys(syscall(SYS_setresuid, 1100 + n, 1100 + n, n ? 0 : 1100));
#endif
	who_now(&was);
	pthread_barrier_wait(&barrier);
	while (!test_going())
		sleep_ns(100 * MSEC);
	who_check(&was, "thread");
	return NULL;
}

static void threads(void)
{
	pthread_t t[3];
	int i;

	thr(pthread_barrier_init(&barrier, NULL, 3));
	for (i = 0; i < 3; i++)
		thr(pthread_create(&t[i], NULL, thread, (void *)(intptr_t)i));
	for (i = 0; i < 3; i++)
		thr(pthread_join(t[i], NULL));
	check_is(getuid(), 0, "uid of the first thread");
	_exit(0);
}

static const struct { void (*become)(void); const char *what; } sorts[] = {
	{ plain, "root" }, { ids, "ids" }, { fsids, "fsuid" }, { suid_like, "set-uid" },
	{ dropped, "dropped capabilities" }, { bounded, "bounding set" }, { ambient, "ambient" },
	{ secure, "securebits" }, { nnp, "no_new_privs" },
};
#define N ((int)ARRAY_SIZE(sorts))

int main(void)
{
	pid_t pid[N + 1];
	int i;

	umask(0);
	secret = sys(open(test_path("secret"), O_RDWR | O_CREAT | O_TRUNC, 0600));
	check(write(secret, "s", 1) == 1);
	close(sys(open(test_path("log"), O_RDWR | O_CREAT | O_TRUNC, 0600)));
	i = sys(open(test_path("log.777"), O_RDWR | O_CREAT | O_TRUNC, 0777));
	check(write(i, "l", 1) == 1);
	close(i);
	for (i = 0; i < N; i++) {
		pid[i] = test_fork();
		if (!pid[i])
			child(sorts[i].become, sorts[i].what);
	}
	pid[N] = test_fork();
	if (!pid[N])
		threads();
	sleep_ns(500 * MSEC);
	test_ready();
	test_wait();
	for (i = 0; i <= N; i++)
		test_reap(pid[i]);
	test_pass();
}

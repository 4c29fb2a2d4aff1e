// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process has besides memory and files: limits, umask, cwd, root, name,
 * nice, personality, the signal at its parent's death, OOM score, timer slack, CPU
 * affinity, dumpable flag, core dump filter, command line.
 */
#include "cpt_test.h"

#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void read_proc(const char *name, char *to, size_t room)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = sys(open(path, O_RDONLY | O_CLOEXEC));
	n = sys(read(fd, to, room - 1));
	to[n] = 0;
	close(fd);
}

static void write_proc(const char *name, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = sys(open(path, O_WRONLY | O_CLOEXEC));
	check(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
	close(fd);
}

static void hold(void)
{
	while (!test_going())
		sleep_ns(100 * MSEC);
}

static void limits(void)
{
	struct rlimit want[RLIM_NLIMITS], is;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		sys(getrlimit(i, &is));
		want[i] = is;
		switch (i) {
		case RLIMIT_NOFILE:	want[i] = (struct rlimit){ 100, 900 }; break;
		case RLIMIT_CORE:	want[i] = (struct rlimit){ 4097, 1 << 20 }; break;
		case RLIMIT_FSIZE:	want[i] = (struct rlimit){ 12345678, 87654321 }; break;
		case RLIMIT_DATA:	want[i].rlim_cur = 1 << 30; break;
		case RLIMIT_STACK:	want[i] = (struct rlimit){ 3 << 20, 5 << 20 }; break;
		case RLIMIT_NPROC:	want[i].rlim_cur = 500; break;
		case RLIMIT_AS:		want[i].rlim_cur = 1 << 30; break;
		case RLIMIT_CPU:	want[i] = (struct rlimit){ 3600, 7200 }; break;
		case RLIMIT_SIGPENDING:	want[i].rlim_cur = 77; break;
		case RLIMIT_MEMLOCK:	want[i] = (struct rlimit){ 65536, 65536 }; break;
		case RLIMIT_NICE:	want[i] = (struct rlimit){ 3, 9 }; break;
		case RLIMIT_RTPRIO:	want[i] = (struct rlimit){ 0, 2 }; break;
		case RLIMIT_RTTIME:	want[i] = (struct rlimit){ 1000000, 2000000 }; break;
		case RLIMIT_LOCKS:	want[i] = (struct rlimit){ 10, 20 }; break;
		case RLIMIT_MSGQUEUE:	want[i] = (struct rlimit){ 1000, 2000 }; break;
		case RLIMIT_RSS:	want[i] = (struct rlimit){ 1 << 20, 1 << 21 }; break;
		}
		/* a VE need not be able to raise them */
		if (want[i].rlim_max > is.rlim_max)
			want[i].rlim_max = is.rlim_max;
		if (want[i].rlim_cur > want[i].rlim_max)
			want[i].rlim_cur = want[i].rlim_max;
		sys(setrlimit(i, &want[i]));
	}
	hold();
	for (i = 0; i < RLIM_NLIMITS; i++) {
		sys(getrlimit(i, &is));
		check(is.rlim_cur == want[i].rlim_cur && is.rlim_max == want[i].rlim_max,
		      "limit %d is %llu %llu", i, (long long)is.rlim_cur, (long long)is.rlim_max);
	}
	check(dup2(0, 100) == -1 && errno == EBADF, "RLIMIT_NOFILE is not in force");
}

/* fewer descriptors allowed than are open */
static void limit_below(void)
{
	struct rlimit r = { 10, 10 };

	sys(dup2(0, 300));
	sys(setrlimit(RLIMIT_NOFILE, &r));
	hold();
	sys(fcntl(300, F_GETFD));
}

static void names(void)
{
	char comm[17];

	sys(prctl(PR_SET_NAME, "a) (b\n\\ 123456"));
	hold();
	sys(prctl(PR_GET_NAME, comm));
	check(!strcmp(comm, "a) (b\n\\ 123456"), "the name is '%s'", comm);
}

static void attributes(void)
{
	char text[64];
	unsigned int i, n;
	cpu_set_t one, is;

	umask(0137);
	sys(nice(7));
	sys(personality(ADDR_NO_RANDOMIZE | UNAME26 | STICKY_TIMEOUTS));
	write_proc("oom_score_adj", "345");
	write_proc("coredump_filter", "0x5");
	sys(prctl(PR_SET_TIMERSLACK, 123456, 0, 0, 0));
	sys(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	sys(sched_getaffinity(0, sizeof(one), &one));
	for (i = 0, n = 0; i < CPU_SETSIZE; i++) {	/* the last of those it may use */
		if (CPU_ISSET(i, &one))
			n = i;
	}
	CPU_ZERO(&one);
	CPU_SET(n, &one);
	sys(sched_setaffinity(0, sizeof(one), &one));
	hold();
	check_is(umask(0), 0137, "umask");
	check_is(getpriority(PRIO_PROCESS, 0), 7, "nice");
	check_is(personality(0xffffffff), ADDR_NO_RANDOMIZE | UNAME26 | STICKY_TIMEOUTS, "personality");
	check_is(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 123456, "timer slack");
	check_is(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0, "dumpable");
	sys(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	read_proc("oom_score_adj", text, sizeof(text));
	check_is(atoi(text), 345, "oom_score_adj");
	read_proc("coredump_filter", text, sizeof(text));
	check_is(strtol(text, NULL, 16), 5, "coredump_filter");
	sys(sched_getaffinity(0, sizeof(is), &is));
	check(CPU_EQUAL(&is, &one), "the affinity is not CPU %u alone", n);
}

/* cwd: of this file system, of a tmpfs, of /proc, one that others may not read */
static void cwd(const char *dir)
{
	char is[PATH_MAX];
	struct stat a, b;

	if (mkdir(dir, 0700))
		check(errno == EEXIST, "%s: %s", dir, strerror(errno));
	sys(chdir(dir));
	sys(stat(".", &a));
	hold();
	check(getcwd(is, sizeof(is)) && !strcmp(is, dir), "cwd is %s, not %s", is, dir);
	sys(stat(".", &b));
	sys(stat(dir, &a));
	check(a.st_ino == b.st_ino && a.st_dev == b.st_dev, "cwd is not the directory at %s", dir);
}

static void cwd_disk(void)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", test_path("cwd"));
	cwd(dir);
}
static void cwd_run(void) { cwd("/run/attr.cwd"); }
static void cwd_shm(void) { cwd("/dev/shm/attr.cwd"); }
static void cwd_closed(void)	/* in a directory that it could not enter again */
{
	char dir[PATH_MAX];
	struct stat was, st;

	snprintf(dir, sizeof(dir), "%s", test_path("closed"));
	sys(mkdir(dir, 0700));
	sys(chdir(dir));
	sys(stat(".", &was));
	sys(setresuid(1000, 1000, 1000));
	while (access("../attr.go", F_OK) && !test_going())
		sleep_ns(100 * MSEC);
	sys(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
	check_is(st.st_ino, was.st_ino, "inode of cwd");
	check(chdir(dir) == -1 && errno == EACCES);
}

/* a root of its own; what it waits for it cannot see there, so a pipe tells it */
static int chroot_pipe[2];
static void chrooted(bool inside)
{
	char dir[PATH_MAX], sub[PATH_MAX + 8], is[PATH_MAX], c;

	snprintf(dir, sizeof(dir), "%s", test_path(inside ? "root" : "root2"));
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	sys(mkdir(dir, 0755));
	sys(mkdir(sub, 0755));
	close(chroot_pipe[1]);
	sys(chroot(dir));
	if (inside)
		sys(chdir("/sub"));
	check(read(chroot_pipe[0], &c, 1) == 0);
	sys(access("/sub", F_OK));
	check(access("/proc/self", F_OK), "it is out of its root");
	if (inside) {
		check(getcwd(is, sizeof(is)) && !strcmp(is, "/sub"), "cwd is %s", is);
		sys(access("/../sub", F_OK));
	} else {	/* cwd was left outside, as a careless program does */
		check(syscall(SYS_getcwd, is, sizeof(is)) > 0 && !strncmp(is, "(unreachable)", 13), "cwd is %s", is);
	}
}
static void chroot_in(void) { chrooted(true); }
static void chroot_out(void) { chrooted(false); }

/* told when the parent dies */
static volatile sig_atomic_t told;
static void on_death(int sig) { told = sig; }

static void pdeath(void)
{
	struct sigaction sa = { .sa_handler = on_death };
	int n, status, sig = 0;
	char path[PATH_MAX];
	pid_t parent = test_fork();

	snprintf(path, sizeof(path), "%s", test_path("told"));
	if (!parent) {
		if (!test_fork()) {
			sys(sigaction(SIGUSR2, &sa, NULL));
			sys(prctl(PR_SET_PDEATHSIG, SIGUSR2));
			for (n = 0; n < 3000 && !told; n++)
				usleep(100000);
			if (told == SIGUSR2 && prctl(PR_GET_PDEATHSIG, &sig) == 0 && sig == SIGUSR2)
				close(open(path, O_CREAT | O_WRONLY, 0600));
			_exit(0);
		}
		hold();
		_exit(0);
	}
	sys(waitpid(parent, &status, 0));
	for (n = 0; access(path, F_OK); n++) {
		check(n < 100, "the child was not told of its parent's death");
		sleep_ns(100 * MSEC);
	}
}

int main(void)
{
	void (*run[])(void) = { limits, limit_below, names, attributes, cwd_disk, cwd_run, cwd_shm,
				cwd_closed, chroot_in, chroot_out, pdeath };
	pid_t pid[ARRAY_SIZE(run)];
	size_t i;

	sys(pipe(chroot_pipe));
	for (i = 0; i < ARRAY_SIZE(run); i++) {
		pid[i] = test_fork();
		if (!pid[i]) {
			if (run[i] != chroot_in && run[i] != chroot_out) {
				close(chroot_pipe[0]);
				close(chroot_pipe[1]);
			}
			run[i]();
			_exit(0);
		}
	}
	sleep_ns(500 * MSEC);
	test_ready();
	test_wait();
	close(chroot_pipe[1]);
	for (i = 0; i < ARRAY_SIZE(run); i++)
		test_reap(pid[i]);
	test_pass();
}

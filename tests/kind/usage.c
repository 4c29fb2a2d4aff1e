// SPDX-License-Identifier: GPL-2.0-only
/*
 * What processes have used up, and when they began: start times of all but init, of threads
 * and the dead, CPU times of each, of dead threads and of children, page faults,
 * switches, I/O, each by all its counters; clocks of CPU time go on; RLIMIT_CPU counts what was used before.
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/times.h>

#define BURN	(300 * MSEC)

static void hold(void)
{
	while (!test_going())
		sleep_ns(100 * MSEC);
}

/* Use CPU time, as the thread's own clock tells it. */
static void burn(int64_t ns)
{
	int64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

enum { MINFLT = 10, UTIME = 14, STIME, CUTIME, CSTIME, START = 22, FIELDS = 52 };

struct stat_of {
	long long f[FIELDS + 1];	/* as proc(5) numbers them */
};

static struct stat_of look(const char *fmt, int a, int b)
{
	char path[64], line[1024], *p;
	struct stat_of s = {};
	ssize_t n;
	int fd, i;

	snprintf(path, sizeof(path), fmt, a, b);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	check(fd >= 0, "%s: %s", path, strerror(errno));
	n = sys(read(fd, line, sizeof(line) - 1));
	close(fd);
	line[n] = 0;
	p = strrchr(line, ')');
	check(p, "%s", path);
	for (p += 4, i = 4; i <= FIELDS; i++)
		s.f[i] = strtoll(p, &p, 10);
	return s;
}
static struct stat_of look_pid(pid_t pid) { return look("/proc/%d/stat", pid, 0); }

/* what a file of /proc says behind "NAME:" */
static long long value_of(const char *file, const char *name)
{
	char line[256];
	long long v = -1;
	FILE *f = fopen(file, "re");
	size_t n = strlen(name);

	while (f && v < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, n) && line[n] == ':')
			v = atoll(line + n + 1);
	if (f)
		fclose(f);
	return v;
}

/* Between @least and @most more than before. */
static void grown(const char *what, long long was, long long is, long long most)
{
	check(is >= was && is <= was + most, "%s: %lld, and it was %lld", what, is, was);
}

static long ticks(int64_t ns)
{
	return ns * sysconf(_SC_CLK_TCK) / NSEC;
}

static volatile bool over;
static void *sleeping(void *tid)
{
	*(volatile int *)tid = syscall(SYS_gettid);
	while (!over)
		sleep_ns(100 * MSEC);
	return NULL;
}

/* Others: a sleeper, a thread, the dead, init. Nothing that they do may show. */
static void others(void)
{
	static volatile int tid;
	struct stat_of sleeper, thread, dead, init, is;
	pid_t me = getpid(), pid, corpse;
	struct rusage ru;
	pthread_t t;
	int status;

	pid = test_fork();
	if (!pid) {
		burn(BURN);
		burn(BURN);
		for (;;)
			pause();
	}
	corpse = test_fork();
	if (!corpse) {
		burn(BURN);
		_exit(0);
	}
	thr(pthread_create(&t, NULL, sleeping, (void *)&tid));
	while (!tid)
		usleep(1000);
	do {
		sleep_ns(100 * MSEC);
		sleeper = look_pid(pid);
		dead = look_pid(corpse);
		check(!test_going());
	} while (sleeper.f[UTIME] + sleeper.f[STIME] < ticks(2 * BURN) - 2 ||
		 waitid(P_PID, corpse, &(siginfo_t){}, WEXITED | WNOWAIT | WNOHANG) ||
		 dead.f[UTIME] + dead.f[STIME] < ticks(BURN) - 2);
	sleep_ns(300 * MSEC);
	sleeper = look_pid(pid);
	dead = look_pid(corpse);
	thread = look("/proc/%d/task/%d/stat", me, tid);
	init = look_pid(1);
	hold();
	is = look_pid(pid);
	check_is(is.f[START], sleeper.f[START], "start time of a sleeper");
	grown("its utime", sleeper.f[UTIME], is.f[UTIME], 20);
	grown("its stime", sleeper.f[STIME], is.f[STIME], 50);
	grown("its page faults", sleeper.f[MINFLT], is.f[MINFLT], 50);
	is = look("/proc/%d/task/%d/stat", me, tid);
	check_is(is.f[START], thread.f[START], "start time of a thread");
	is = look_pid(1);
	grown("page faults of init", init.f[MINFLT], is.f[MINFLT], 1000);
	is = look_pid(corpse);
	check_is(is.f[START], dead.f[START], "start time of a dead process");
	grown("its utime", dead.f[UTIME], is.f[UTIME], 0);
	grown("its stime", dead.f[STIME], is.f[STIME], 0);
	grown("its page faults", dead.f[MINFLT], is.f[MINFLT], 0);
	sys(wait4(corpse, &status, 0, &ru));
	check((ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * NSEC + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000 >=
	      BURN - 20 * MSEC, "wait4 tells less");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	over = true;
	thr(pthread_join(t, NULL));
}

#define USED_FILE	(64 * 4096)

/* Something of all that is counted: also major faults, what goes to the disk, or does not, and comes from it. */
static void *use(void *which)
{
	static char buf[USED_FILE];
	char path[PATH_MAX], *p;
	int fd, i, sum = 0;

	snprintf(path, sizeof(path), "%s", test_path(which));
	fd = sys(open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	check(write(fd, buf, sizeof(buf)) == sizeof(buf));
	sys(fsync(fd));
	check(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	p = sys(mmap(NULL, sizeof(buf), PROT_READ, MAP_SHARED, fd, 0));
	for (i = 0; i < USED_FILE; i += 4096)
		sum += *(volatile char *)(p + i);
	check(sum == 0);
	sys(munmap(p, sizeof(buf)));
	check(pwrite(fd, buf, sizeof(buf), 0) == sizeof(buf));
	sys(ftruncate(fd, 0));
	sys(close(fd));
	sys(unlink(path));
	burn(BURN);
	return NULL;
}

static const char *const io_names[] = {
	"rchar", "wchar", "syscr", "syscw", "read_bytes", "write_bytes", "cancelled_write_bytes",
};

static void read_io(long long *io)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(io_names); i++)
		io[i] = value_of("/proc/self/io", io_names[i]);
}

/* The counters of a struct rusage. (ru_maxrss of oneself is a memory's, and not preserved.) */
#define FOR_EACH_RU(_x) \
	_x(ru_minflt) _x(ru_majflt) _x(ru_inblock) _x(ru_oublock) _x(ru_nvcsw) _x(ru_nivcsw)

/* Was there anything to compare? */
static void some_of_all(const struct rusage *ru, const char *whose)
{
#define SOME(_m) check(ru->_m > 0, #_m " of %s", whose);
	FOR_EACH_RU(SOME)
#undef SOME
}

/* Itself: with dead threads and children that it has waited for. */
static void itself(void)
{
	struct stat_of was, is;
	struct rusage ru, now, kids, kids_now;
	int64_t clock, after;
	long long io[ARRAY_SIZE(io_names)], io_now[ARRAY_SIZE(io_names)];
	long long switches;
	pthread_t t;
	pid_t pid = test_fork();
	size_t i;

	if (!pid) {
		use("child");
		_exit(0);
	}
	test_reap(pid);
	thr(pthread_create(&t, NULL, use, "thread"));
	thr(pthread_join(t, NULL));
	use("self");
	sys(getrusage(RUSAGE_SELF, &ru));
	sys(getrusage(RUSAGE_CHILDREN, &kids));
	was = look_pid(getpid());
	read_io(io);
	for (i = 0; i < ARRAY_SIZE(io); i++)
		check(io[i] > 0, "%s is %lld", io_names[i], io[i]);
	some_of_all(&ru, "itself");
	some_of_all(&kids, "children");
	switches = value_of("/proc/self/status", "voluntary_ctxt_switches");
	clock = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	check(clock >= BURN);
	hold();
	after = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	check(after >= clock && after < clock + 20 * NSEC, "CPU time: %.3f s, and it was %.3f s", after / 1e9, clock / 1e9);
	is = look_pid(getpid());
	check_is(is.f[START], was.f[START], "start time");
	check_is(is.f[CUTIME], was.f[CUTIME], "utime of children");
	check_is(is.f[CSTIME], was.f[CSTIME], "stime of children");
	check(was.f[CUTIME] + was.f[CSTIME] >= ticks(BURN) - 2, "a child used CPU time");
	grown("utime", was.f[UTIME], is.f[UTIME], ticks(20 * NSEC));
	grown("page faults", was.f[MINFLT], is.f[MINFLT], 5000);
	read_io(io_now);
	for (i = 0; i < ARRAY_SIZE(io); i++)
		grown(io_names[i], io[i], io_now[i], 1 << 20);
	grown("switches", switches, value_of("/proc/self/status", "voluntary_ctxt_switches"), 100000);
	sys(getrusage(RUSAGE_SELF, &now));
	sys(getrusage(RUSAGE_CHILDREN, &kids_now));
	check(now.ru_utime.tv_sec * NSEC + now.ru_utime.tv_usec * 1000 >=
	      ru.ru_utime.tv_sec * NSEC + ru.ru_utime.tv_usec * 1000, "getrusage tells less");
	check_is(kids_now.ru_utime.tv_usec, kids.ru_utime.tv_usec, "us of children");
	check_is(kids_now.ru_maxrss, kids.ru_maxrss, "greatest child");
	check_is(kids_now.ru_stime.tv_usec, kids.ru_stime.tv_usec, "us of children in the kernel");
#define SAME(_m) check_is(kids_now._m, kids._m, #_m " of children");
	FOR_EACH_RU(SAME)
#undef SAME
#define GROWN(_m) grown(#_m, ru._m, now._m, 1 << 20);
	FOR_EACH_RU(GROWN)
#undef GROWN
}

/* 2 s it may have; 1 was used before. */
static volatile sig_atomic_t told;
static void on_xcpu(int sig)
{
	told = sig;
}

static void limited(void)
{
	struct rlimit r = { 2, 100 };
	int64_t end, now = 0;

	signal(SIGXCPU, on_xcpu);
	sys(setrlimit(RLIMIT_CPU, &r));
	burn(NSEC);
	hold();
	check(!told, "SIGXCPU before its time");
	end = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + 30 * NSEC;	/* ticks, which a busy host loses */
	while (!told && now < end)
		now = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	check(told, "RLIMIT_CPU is not in force");
	check(now >= 3 * NSEC / 2, "it came after %.3f s", now / 1e9);
}

int main(void)
{
	void (*const run[])(void) = { others, itself, limited };

	test_cases(run, ARRAY_SIZE(run), 8 * NSEC);	/* CPU time takes its time */
}

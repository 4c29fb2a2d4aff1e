// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many of one thing, and a look at each of them afterwards:
 *
 * crowd processes N	children, asleep in a read
 * crowd threads N	of one process, waiting for a condition
 * crowd areas N	of its memory, every second one not to be written, every eighth with contents
 * crowd memory N	MiB of it, written to
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void child(int i, int go)
{
	volatile int mine = i * 7 + 1;
	pid_t pid = getpid(), parent = getppid();
	char byte;

	sys(read(go, &byte, 1));
	_exit(mine == i * 7 + 1 && getpid() == pid && getppid() == parent && syscall(SYS_gettid) == pid ? 0 : 1);
}

static void processes(int n)
{
	int go[2], i, status;

	sys(pipe(go));
	for (i = 0; i < n; i++)
		if (!test_fork()) {
			close(go[1]);
			child(i, go[0]);
		}
	test_ready();
	test_wait();
	close(go[1]);
	for (i = 0; i < n; i++) {
		pid_t pid = sys(wait(&status));

		check(status == 0, "child %d ended with %#x", pid, status);
	}
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static __thread long own;
static int arrived, may_go, good;

static void *thread(void *arg)
{
	pid_t tid = syscall(SYS_gettid);

	own = (long)arg;
	pthread_mutex_lock(&lock);
	arrived++;
	while (!may_go)
		pthread_cond_wait(&cond, &lock);
	good += own == (long)arg && syscall(SYS_gettid) == tid;
	pthread_mutex_unlock(&lock);
	return arg;
}

static int have_arrived(void)
{
	int n;

	pthread_mutex_lock(&lock);
	n = arrived;
	pthread_mutex_unlock(&lock);
	return n;
}

static void threads(int n)
{
	pthread_t *t = calloc(n, sizeof(*t));
	pthread_attr_t attr;
	void *ret;
	long i;

	thr(pthread_attr_init(&attr));
	thr(pthread_attr_setstacksize(&attr, 64 << 10));
	for (i = 0; i < n; i++)
		thr(pthread_create(&t[i], &attr, thread, (void *)i));
	while (have_arrived() < n)
		usleep(10000);
	test_ready();
	test_wait();
	pthread_mutex_lock(&lock);
	may_go = 1;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&lock);
	for (i = 0; i < n; i++) {
		thr(pthread_join(t[i], &ret));
		check_is((long)ret, i, "what a thread returns");
	}
	check_is(good, n, "threads that are as they were");
}

/* How many areas it has inside [@from, @to), and a sum of all that is said of them. */
static int count_areas(const char *from, const char *to, unsigned long *sum)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[400], perm[8];
	int n = 0;

	*sum = 0;
	while (fgets(line, sizeof(line), f)) {
		check(sscanf(line, "%lx-%lx %7s", &start, &end, perm) == 3, "%s", line);
		if (start < (unsigned long)from || end > (unsigned long)to)
			continue;
		n++;
		*sum = *sum * 31 + start + end * 3 + perm[0] + perm[1] * 5;
	}
	fclose(f);
	return n;
}

static void areas(int n)
{
	char *p = sys(mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	unsigned long before, after;
	int i;

	for (i = 0; i < n; i++) {
		if (i % 8 == 1)
			fill(p + i * PAGE, PAGE, i);
		if (i & 1)
			sys(mprotect(p + i * PAGE, PAGE, PROT_READ));
	}
	check_is(count_areas(p, p + n * PAGE, &before), n, "areas");
	test_ready();
	test_wait();
	check_is(count_areas(p, p + n * PAGE, &after), n, "areas");
	check(before == after, "areas are not where they were");
	for (i = 1; i < n; i += 8)
		verify(p + i * PAGE, PAGE, i, "an area");
}

static void memory(int mib)
{
	size_t len = (size_t)mib << 20, at;
	char *p = sys(mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	for (at = 0; at < len; at += PAGE)
		*(size_t *)(p + at) = at ^ 0x5a5a;
	test_ready();
	test_wait();
	for (at = 0; at < len; at += PAGE)
		check_is(*(size_t *)(p + at), at ^ 0x5a5a, "a page");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *what;
		void (*make)(int n);
	} crowds[] = { { "processes", processes }, { "threads", threads }, { "areas", areas }, { "memory", memory } };

	for (size_t i = 0; i < ARRAY_SIZE(crowds) && argc == 3; i++)
		if (!strcmp(argv[1], crowds[i].what)) {
			crowds[i].make(atoi(argv[2]));
			test_pass();
		}
	test_fail("usage: crowd processes|threads|areas|memory N");
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: vdso
 *        vdso --foreign IMAGE OUT
 *
 * The first, for the VE: threads and a child that have long looked up the functions
 * of the vdso go on calling them. The second turns an image into one of a kernel
 * with another vdso: the functions that read clocks are traps in its bytes, so a
 * program that runs one of them, rather than this kernel's own, dies.
 */
#include "../unit/fix.h"	/* before the macros of the next */

#include "cpt_test.h"

#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/time.h>

static void use_clocks(void)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE };
	struct timespec ts, res;
	struct timeval tv;
	unsigned int cpu;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		sys(clock_gettime(clocks[i], &ts));
		sys(clock_getres(clocks[i], &res));
	}
	sys(gettimeofday(&tv, NULL));
	check(time(NULL) != -1);
	sys(getcpu(&cpu, NULL));
	check(cpu < 1024, "cpu %u", cpu);
}

static void *spin(void *arg)
{
	int64_t last = 0, now;

	while (!test_going())
		for (int i = 0; i < 100; i++) {
			now = clock_ns(CLOCK_MONOTONIC);
			check(now >= last, "the clock went back by %lld", (long long)(last - now));
			last = now;
			use_clocks();
		}
	return arg;
}

static volatile int caught;
static void on_usr1(int sig) { (void)sig; caught++; }

/* As a profiler has it: there is nearly always a signal on the way. */
static pid_t spin_with_signals(void)
{
	const struct itimerval often = { .it_interval = { 0, 1000 }, .it_value = { 0, 1000 } };
	pid_t child = test_fork();

	if (child)
		return child;
	sys(setitimer(ITIMER_REAL, &often, NULL));
	spin(NULL);
	check(caught > 10, "%d signals", caught);
	_exit(0);
}

static int in_ve(void)
{
	pthread_t t[2];
	pid_t child, signalled;
	size_t i;

	signal(SIGUSR1, on_usr1);
	signal(SIGALRM, on_usr1);
	use_clocks();
	signalled = spin_with_signals();
	child = test_fork();
	if (!child) {
		spin(NULL);
		_exit(0);
	}
	for (i = 0; i < ARRAY_SIZE(t); i++)
		thr(pthread_create(&t[i], NULL, spin, NULL));
	test_ready();
	for (i = 0; i < ARRAY_SIZE(t); i++)
		thr(pthread_join(t[i], NULL));
	test_reap(child);
	test_reap(signalled);
	raise(SIGUSR1);			/* i386 returns from handlers through the vdso */
	check(caught == 1);
	child = test_fork();		/* and so do new processes and programs */
	if (!child) {
		use_clocks();
		execl("/bin/date", "date", (char *)NULL);
		_exit(1);
	}
	test_reap(child);
	test_pass();
}

/* --- the image --------------------------------------------------------------------------------- */

/* Traps for all but the first bytes of the functions that make no system call but in need. */
static int set_traps(uint8_t *p, size_t n)
{
	ElfW(Ehdr) *h = (void *)p;
	ElfW(Shdr) *sh = (void *)(p + h->e_shoff);
	int found = 0;

	for (int i = 0; i < h->e_shnum; i++) {
		ElfW(Sym) *s = (void *)(p + sh[i].sh_offset);
		const char *str = (char *)p + sh[sh[i].sh_link].sh_offset;

		for (size_t k = 0; sh[i].sh_type == SHT_DYNSYM && k < sh[i].sh_size / sizeof(*s); k++) {
			if ((s[k].st_info & 0xf) != STT_FUNC || strncmp(str + s[k].st_name, "__vdso_", 7) ||
			    s[k].st_value + s[k].st_size > n)
				continue;
			memset(p + s[k].st_value, 0xcc, s[k].st_size);
			found++;
		}
	}
	return found;
}

static int foreign(const char *from, const char *to)
{
	int in = sys(open(from, O_RDONLY)), out = sys(open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600)), traps = 0;
	size_t n = lseek(in, 0, SEEK_END), off;
	uint8_t *p = malloc(n + 8);
	struct cpt_header *h = (void *)p;

	check(p && pread(in, p, n, 0) == (ssize_t)n);
	for (off = sizeof(*h); off < sizeof(*h) + h->meta_len; off += ((struct cpt_rec *)(p + off))->len) {
		struct cpt_vdso_rec *r = (void *)(p + off);

		if (r->rec.kind == CPT_K_VDSO)
			traps = set_traps((void *)(r + 1), r->size);
	}
	check(traps >= 3, "only %d functions in the vdso of the image", traps);
	fix_image(p, n);
	check(write(out, p, n) == (ssize_t)n);
	printf("%d functions are traps\n", traps);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--foreign"))
		return foreign(argv[2], argv[3]);
	return in_ve();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection keys: those that are taken and free, what each thread may do with which,
 * areas that have them, alone and as a fork's, and areas that may only be executed.
 * drive: alone
 */
#include "cpt_test.h"

#ifdef __x86_64__

#include <pthread.h>
#include <setjmp.h>

#define LEN (8 * PAGE)

static sigjmp_buf back;
static siginfo_t fault;
static void on_segv(int sig, siginfo_t *si, void *uc)
{
	fault = *si;
	siglongjmp(back, sig);
	(void)uc;
}

/* A signal handler has rights of its own, and siglongjmp(3) does not give back those from before. */
static unsigned int rights(void)
{
	unsigned int pkru, rest;

	asm volatile(".byte 0x0f,0x01,0xee" : "=a" (pkru), "=d" (rest) : "c" (0));
	return pkru;
}

static void set_rights(unsigned int pkru)
{
	asm volatile(".byte 0x0f,0x01,0xef" : : "a" (pkru), "c" (0), "d" (0) : "memory");
}

static bool tries(volatile char *p, bool writes)
{
	volatile unsigned int had = rights();

	if (sigsetjmp(back, 1)) {
		set_rights(had);
		return false;
	}
	if (writes)
		*p = *p;
	else
		(void)*p;
	return true;
}
static bool reads(char *p) { return tries(p, false); }
static bool writes(char *p) { return tries(p, true); }

static void keeps_out(int key)
{
	check_is(fault.si_code, SEGV_PKUERR, "si_code");
	check_is(fault.si_pkey, key, "si_pkey");
}

static void *area(int key, uint32_t seed)
{
	char *p = sys(mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	fill(p, LEN, seed);
	sys(pkey_mprotect(p, LEN, PROT_READ | PROT_WRITE, key));
	return p;
}

static int no_write, no_access, later;

/* It may do what its creator could when it was created, and then what it likes. */
static volatile bool up, over;
static void *thread(void *p)
{
	sys(pkey_set(no_access, 0));
	sys(pkey_set(no_write, PKEY_DISABLE_ACCESS));
	up = true;
	while (!over)
		sleep_ns(100 * MSEC);
	check_is(pkey_get(no_access), 0, "rights of a thread");
	check_is(pkey_get(no_write), PKEY_DISABLE_ACCESS, "rights of a thread");
	verify(p, LEN, 2, "memory with a key");
	return NULL;
}

static void look(char *one, char *two, char *code)
{
	check_is(pkey_get(no_write), PKEY_DISABLE_WRITE, "rights");
	check_is(pkey_get(no_access), PKEY_DISABLE_ACCESS, "rights");
	verify(one, LEN, 1, "memory with a key");
	check(!writes(one), "it can be written");
	keeps_out(no_write);
	check(!reads(two), "it can be read");
	keeps_out(no_access);
	sys(pkey_set(no_write, 0));
	sys(pkey_set(no_access, 0));
	check(writes(one) && writes(two));
	verify(two, LEN, 2, "memory with a key");
	if (code) {
		check(!reads(code), "code can be read");
		check_is(fault.si_code, SEGV_PKUERR, "si_code");
		((void (*)(void))code)();
	}
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
	char *one, *two, *code, *own;
	pthread_t t;
	pid_t pid;

	sys(sigaction(SIGSEGV, &sa, NULL));
	no_write = pkey_alloc(0, 0);
	if (no_write < 0)
		test_skip("no protection keys: %s", strerror(errno));
	later = sys(pkey_alloc(0, 0));
	no_access = sys(pkey_alloc(0, 0));
	one = area(no_write, 1);
	two = area(no_access, 2);
	sys(pkey_set(no_access, PKEY_DISABLE_ACCESS));
	sys(pkey_set(no_write, PKEY_DISABLE_WRITE));
	code = sys(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	*code = (char)0xc3;	/* ret */
	sys(mprotect(code, PAGE, PROT_EXEC));
	sys(pkey_free(later));
	thr(pthread_create(&t, NULL, thread, two));
	while (!up)
		usleep(1000);
	pid = test_fork();
	if (!pid) {	/* a page of its own, an area without the key, one with another */
		sys(pkey_set(no_access, 0));
		two[2 * PAGE] ^= 1;
		two[2 * PAGE] ^= 1;
		sys(pkey_set(no_access, PKEY_DISABLE_ACCESS));
		own = area(later = sys(pkey_alloc(0, PKEY_DISABLE_WRITE)), 3);
		sys(pkey_mprotect(code, PAGE, PROT_READ | PROT_EXEC, 0));
		while (!test_going())
			sleep_ns(100 * MSEC);
		check(reads(code));
		check(!writes(own));
		keeps_out(later);
		verify(own, LEN, 3, "memory with a key");
		look(one, two, NULL);
		_exit(0);
	}
	test_ready();
	test_wait();
	check_is(pkey_alloc(0, 0), later, "the free key");
	look(one, two, code);
	over = true;
	thr(pthread_join(t, NULL));
	test_reap(pid);
	test_pass();
}

#else
int main(void)
{
	test_skip("protection keys are of 64-bit programs");
}
#endif

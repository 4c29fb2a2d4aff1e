// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that fault all the time, and whose handler of SIGSEGV needs to know where and why, as
 * the virtual machine of Java does: of a thread that is stopped between a fault and its handler, what
 * the handler is told comes with it.
 * drive: moves
 * drive: fresh
 */
#include "cpt_test.h"

#include <pthread.h>
#include <ucontext.h>

#define THREADS	6

/* labels in touch() */
extern const char read_at[], read_over[], write_at[], write_over[];

static char *area;
static volatile bool stop;
static struct thread {
	char *addr;
	volatile unsigned long faults;
	bool write;
} threads[THREADS];
static __thread struct thread *self;

#ifdef __x86_64__
#define PC	REG_RIP
#else
#define PC	REG_EIP
#endif

/* Reads or writes one byte; the handler goes on behind it. */
static __attribute__((noinline)) void touch(char *addr, bool write)
{
	if (write)
		asm volatile(".globl write_at\nwrite_at: movb $1, (%0)\n.globl write_over\nwrite_over:" : : "r"(addr) : "memory");
	else
		asm volatile(".globl read_at\nread_at: movb (%0), %%al\n.globl read_over\nread_over:" : : "r"(addr) : "eax");
}

static void on_fault(int sig, siginfo_t *si, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	const char *at = self->write ? write_at : read_at;

	check_is(sig, SIGSEGV, "signal");
	check((const char *)regs[PC] == at, "it is at %#llx", (long long)regs[PC]);
	check(si->si_addr == self->addr, "si_addr is %p, not %p (after %lu)", si->si_addr, self->addr, self->faults);
	check_is(si->si_code, SEGV_ACCERR, "si_code");
	check_is(regs[REG_TRAPNO], 14, "trap number");
	check_is(regs[REG_ERR], 4 | (self->write ? 2 : 0), "error code");
#ifdef __x86_64__
	check_is(regs[REG_CR2], (long long)(uintptr_t)self->addr, "cr2");
#else
	check_is(((ucontext_t *)context)->uc_mcontext.cr2, (unsigned long)self->addr, "cr2");
#endif
	self->faults++;
	regs[PC] = (greg_t)(self->write ? write_over : read_over);
}

static void *run(void *arg)
{
	self = arg;
	while (!stop)
		touch(self->addr, self->write);
	return NULL;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	pthread_t th[THREADS];
	unsigned long before[THREADS];
	int i;

	area = mmap(NULL, THREADS * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(area != MAP_FAILED);
	sys(sigaction(SIGSEGV, &sa, NULL));
	for (i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){ .addr = area + i * PAGE + 8 * i + 1, .write = i & 1 };
		thr(pthread_create(&th[i], NULL, run, &threads[i]));
	}
	while (!threads[THREADS - 1].faults)
		sleep_ns(10 * MSEC);
	test_ready();
	test_wait();
	for (i = 0; i < THREADS; i++)
		before[i] = threads[i].faults;
	for (i = 0; i < THREADS; i++)
		while (threads[i].faults == before[i])
			sleep_ns(10 * MSEC);
	stop = true;
	for (i = 0; i < THREADS; i++)
		thr(pthread_join(th[i], NULL));
	test_pass();
}

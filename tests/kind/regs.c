// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of programs that are frozen wherever they are in user mode: all
 * general registers, the direction flag, selectors, FS/GS bases or TLS slots,
 * x87, SSE and AVX registers, their control words.
 *
 * Each child counts in every register of its set at once, without memory, for
 * ROUNDS, stores them, and looks whether all have counted alike.
 */
#include "cpt_test.h"

#include <asm/ldt.h>
#include <asm/prctl.h>

#define ROUNDS 200000

#ifdef __x86_64__
#define NGPR 15
#define NVEC 16
#else
#define NGPR 7
#define NVEC 8
#endif

/* gpr_run(regs, n): count all general registers but the stack pointer up by n, DF set */
void gpr_run(unsigned long *regs, unsigned long n);
#ifdef __x86_64__
#define EACH(x) x(0,rax) x(8,rbx) x(16,rcx) x(24,rdx) x(32,rsi) x(40,rbp) x(48,r8) x(56,r9) \
	x(64,r10) x(72,r11) x(80,r12) x(88,r13) x(96,r14) x(104,r15)
#define LOAD(o, r)	"mov " #o "(%rdi), %" #r "\n"
#define SAVE(o, r)	"mov %" #r ", " #o "(%rdi)\n"
#define INC(o, r)	"lea 1(%" #r "), %" #r "\n"
asm(".globl gpr_run\n gpr_run:\n"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "push %rdi; push %rsi\n"
    EACH(LOAD)
    "mov 112(%rdi), %rdi\n"
    "std\n"
    "1:\n"
    EACH(INC)
    INC(, rdi)
    "decq (%rsp)\n"
    "jnz 1b\n"
    "add $8, %rsp\n"
    "xchg (%rsp), %rdi\n"
    EACH(SAVE)
    "pop 112(%rdi)\n"
    "pushf; pop %rax; cld; and $0x400, %eax\n"
    "jnz 2f; movq $0, (%rdi)\n"		/* the direction flag is lost: show it as rax */
    "2: pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");
#else
#define EACH(x) x(0,eax) x(4,ebx) x(8,ecx) x(12,edx) x(16,esi) x(20,ebp)
#define LOAD(o, r)	"mov " #o "(%edi), %" #r "\n"
#define SAVE(o, r)	"mov %" #r ", " #o "(%edi)\n"
#define INC(o, r)	"lea 1(%" #r "), %" #r "\n"
asm(".globl gpr_run\n gpr_run:\n"
    "push %ebx; push %ebp; push %esi; push %edi\n"
    "mov 20(%esp), %edi; push %edi; push 28(%esp)\n"
    EACH(LOAD)
    "mov 24(%edi), %edi\n"
    "std\n"
    "1:\n"
    EACH(INC)
    INC(, edi)
    "decl (%esp)\n"
    "jnz 1b\n"
    "add $4, %esp\n"
    "xchg (%esp), %edi\n"
    EACH(SAVE)
    "pop 24(%edi)\n"
    "pushf; pop %eax; cld; and $0x400, %eax\n"
    "jnz 2f; movl $0, (%edi)\n"
    "2: pop %edi; pop %esi; pop %ebp; pop %ebx; ret\n");
#endif

static void gpr(void)
{
	unsigned long regs[NGPR], base = 1ul << (8 * sizeof(long) - 2);
	int i;

	for (i = 0; i < NGPR; i++)
		regs[i] = base + 0x01010101ul * i;
	do {
		unsigned long n = regs[NGPR - 1] - 0x01010101ul * (NGPR - 1) + ROUNDS;

		gpr_run(regs, ROUNDS);
		for (i = 0; i < NGPR; i++)
			check(regs[i] - 0x01010101ul * i == n,
			      "general register %d (or the direction flag) is %#lx, not %#lx",
			      i, regs[i], n + 0x01010101ul * i);
	} while (!test_going());
}

/* the vector registers, 32 bits a lane */
#define V1_8(x) x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7)
#ifdef __x86_64__
#define VALL(x) V1_8(x) x(8) x(9) x(10) x(11) x(12) x(13) x(14)
#define ONE "15"
#define CLOBBER , "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", \
	"xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#else
#define VALL(x) x(0) x(1) x(2) x(3) x(4) x(5) x(6)
#define ONE "7"
#define CLOBBER		/* compiled without SSE */
#endif
#define NVALL (NVEC - 1)
#define XLOAD(i)	"movdqu 16*" #i "(%[v]), %%xmm" #i "\n"
#define XSAVE(i)	"movdqu %%xmm" #i ", 16*" #i "(%[v])\n"
#define XINC(i)		"paddd %%xmm" ONE ", %%xmm" #i "\n"
#define YLOAD(i)	"vmovdqu 32*" #i "(%[v]), %%ymm" #i "\n"
#define YSAVE(i)	"vmovdqu %%ymm" #i ", 32*" #i "(%[v])\n"
#define YINC(i)		"vpaddd %%ymm" ONE ", %%ymm" #i ", %%ymm" #i "\n"

static void vec_check(const uint32_t *v, int lanes, uint32_t n, const char *what)
{
	int i, l;

	for (i = 0; i < NVALL; i++)
		for (l = 0; l < lanes; l++)
			check(v[i * lanes + l] == n + (uint32_t)(i << 20 | l << 24),
			      "%s register %d lane %d is %#x, not %#x", what, i, l,
			      v[i * lanes + l], n + (uint32_t)(i << 20 | l << 24));
}

static void vec_init(uint32_t *v, int lanes)
{
	int i, l;

	for (i = 0; i < NVALL; i++)
		for (l = 0; l < lanes; l++)
			v[i * lanes + l] = i << 20 | l << 24;
	for (l = 0; l < lanes; l++)
		v[NVALL * lanes + l] = 1;
}

static void sse(void)
{
	uint32_t v[NVEC * 4], n = 0, mxcsr = 0x1f80 | 3 << 13 | 1 << 6, now;

	vec_init(v, 4);
	asm volatile("ldmxcsr %0" : : "m"(mxcsr));	/* round to zero, denormals are zero */
	do {
		unsigned long k = ROUNDS;

		n += ROUNDS;
		asm volatile(VALL(XLOAD) "movdqu 16*" ONE "(%[v]), %%xmm" ONE "\n"
			     "1:" VALL(XINC) "dec %[k]\n jnz 1b\n" VALL(XSAVE)
			     : [k] "+r"(k) : [v] "r"(v)
			     : "memory" CLOBBER);
		vec_check(v, 4, n, "SSE");
		asm volatile("stmxcsr %0" : "=m"(now));
		check(now == mxcsr, "MXCSR is %#x, not %#x", now, mxcsr);
	} while (!test_going());
}

__attribute__((target("avx2")))
static void avx(void)
{
	uint32_t v[NVEC * 8], n = 0;

	vec_init(v, 8);
	do {
		unsigned long k = ROUNDS;

		n += ROUNDS;
		asm volatile(VALL(YLOAD) "vmovdqu 32*" ONE "(%[v]), %%ymm" ONE "\n"
			     "1:" VALL(YINC) "dec %[k]\n jnz 1b\n" VALL(YSAVE) "vzeroupper\n"
			     : [k] "+r"(k) : [v] "r"(v)
			     : "memory" CLOBBER);
		vec_check(v, 8, n, "AVX");
	} while (!test_going());
}

/* seven counters on the x87 stack above a 1.0, round to zero and the precision as they were set */
static void x87(void)
{
	double v[7];
	uint16_t cw = 0x037f | 3 << 10, now, sw;
	int i;

	for (i = 0; i < 7; i++)
		v[i] = i * 1e9;
	asm volatile("fninit; fldcw %0" : : "m"(cw));
	do {
		double n = v[0] + ROUNDS;
		unsigned long k = ROUNDS;

		asm volatile("fldl 48(%[v]); fldl 40(%[v]); fldl 32(%[v]); fldl 24(%[v])\n"
			     "fldl 16(%[v]); fldl 8(%[v]); fldl (%[v]); fld1\n"
			     "1: fadd %%st, %%st(1); fadd %%st, %%st(2); fadd %%st, %%st(3)\n"
			     "fadd %%st, %%st(4); fadd %%st, %%st(5); fadd %%st, %%st(6)\n"
			     "fadd %%st, %%st(7); dec %[k]; jnz 1b\n"
			     "fstp %%st; fstpl (%[v]); fstpl 8(%[v]); fstpl 16(%[v])\n"
			     "fstpl 24(%[v]); fstpl 32(%[v]); fstpl 40(%[v]); fstpl 48(%[v])\n"
			     : [k] "+r"(k) : [v] "r"(v)
			     : "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
		for (i = 0; i < 7; i++)
			check(v[i] == n + i * 1e9, "x87 register %d is %.1f, not %.1f", i, v[i], n + i * 1e9);
		asm volatile("fnstcw %0; fnstsw %1" : "=m"(now), "=m"(sw));
		check(now == cw, "x87 control word is %#x, not %#x", now, cw);
		check(!(sw & 0x3841), "x87 status word is %#x", sw);
	} while (!test_going());
}

/* selectors, and what FS and GS point to */
static void segments(void)
{
	static unsigned long there = 0x1234567;
#ifdef __x86_64__
	unsigned long fs, fs2, gs, val, ds, es;

	sys(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
	sys(syscall(SYS_arch_prctl, ARCH_SET_GS, &there));
	asm volatile("mov %0, %%ds; mov %0, %%es" : : "r"(0x2b));
	do {
		asm volatile("mov %%gs:0, %0; mov %%ds, %1; mov %%es, %2" : "=r"(val), "=r"(ds), "=r"(es));
		check(val == there, "%%gs:0 is %#lx", val);
		check_is(ds, 0x2b, "DS");
		check_is(es, 0x2b, "ES");
		sys(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs2));
		sys(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs));
		check(fs == fs2, "FS base is %#lx, not %#lx", fs2, fs);
		check(gs == (unsigned long)&there, "GS base is %#lx", gs);
	} while (!test_going());
	/* a base without a selector, far away */
	sys(syscall(SYS_arch_prctl, ARCH_SET_GS, 0));
#else
	struct user_desc d = {
		.entry_number = -1, .base_addr = (unsigned long)&there, .limit = 0xfff,
		.seg_32bit = 1, .limit_in_pages = 0, .useable = 1,
	}, now;
	unsigned long val, fs, sel;

	sys(syscall(SYS_set_thread_area, &d));
	sel = d.entry_number * 8 + 3;
	asm volatile("mov %0, %%fs" : : "r"(sel));
	do {
		asm volatile("mov %%fs:0, %0; mov %%fs, %1" : "=r"(val), "=r"(fs));
		check(val == there, "%%fs:0 is %#lx", val);
		check_is(fs & 0xffff, sel, "FS");
		now = (struct user_desc){ .entry_number = d.entry_number };
		sys(syscall(SYS_get_thread_area, &now));
		check(!memcmp(&now, &d, sizeof(d)), "TLS slot %d has base %#x limit %#x",
		      d.entry_number, now.base_addr, now.limit);
	} while (!test_going());
#endif
}

int main(void)
{
	void (*run[])(void) = { gpr, sse, x87, segments, avx };
	pid_t pid[ARRAY_SIZE(run)];
	size_t i, n = ARRAY_SIZE(run) - !__builtin_cpu_supports("avx2");

	if (n < ARRAY_SIZE(run))
		fprintf(stderr, "this CPU has no AVX2: not tested\n");
	for (i = 0; i < n; i++) {
		pid[i] = test_fork();
		if (!pid[i]) {
			run[i]();
			_exit(0);
		}
	}
	sleep_ns(200 * MSEC);
	test_ready();
	test_wait();
	for (i = 0; i < n; i++)
		test_reap(pid[i]);
	test_pass();
}

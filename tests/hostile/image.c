// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: image IMAGE OUT [--seed N] [--fix] [--cut K | --regs WHAT]
 *        image IMAGE OUT --seed N --sift COUNT --ve VEID
 *        image IMAGE OUT --text FROM --to TO
 *        image IMAGE OUT --own AT
 *        image IMAGE OUT --huge WHAT
 *        image --busy DIR
 *
 * The last is a program for the VE, with something of every kind in it; it makes
 * DIR/busy when it is set up. The first makes a hostile image out of a good one: the same for the same seed.
 * The second makes those of COUNT seeds, of each one with --fix and one without, gives
 * them to the module's VERIFY, and prints "SEED [--fix]" of those that it takes for sound.
 *
 *   (nothing)     1 to 8 bytes are changed, most of them in header and metadata
 *   --fix         and all checksums are made right again; three times out of four the
 *                 metadata is well-formed too (walk.h), so that more than the parser
 *                 is tried
 *   --cut K       it ends at place K of 50 (0: at once; 49: shortly before its end)
 *   --text FROM   this text in the metadata becomes TO, which is as long; checksums are right
 *   --own AT      byte AT (-1: the last) of ctl's own data, the contents of mounts, is another;
 *                 checksums are right
 *   --huge WHAT   what it says of huge pages is wrong: few (their number), size, where; checksums are right
 *   --regs WHAT   registers of tasks are what no program may have: cs, eflags,
 *                 fsbase, gsbase, ip, sp, xstate; checksums are right
 *
 * and prints what it did.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/mempolicy.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cpt/ioctl.h"
#include "../unit/fix.h"

#define CUTS	50

struct file {
	uint8_t *p;
	size_t n;
};

static uint64_t rnd;

/* What was done, told at the end. */
static char told[4000];

static void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...)
{
	size_t n = strlen(told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(told + n, sizeof(told) - n, fmt, ap);
	va_end(ap);
}

/* splitmix64: the same everywhere */
static uint64_t random64(void)
{
	uint64_t z = rnd += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static uint64_t below(uint64_t n)
{
	return n ? random64() % n : 0;
}

static struct file read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct file f = { 0 };
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		err(2, "%s", path);
	f.p = malloc(st.st_size + 8);
	if (!f.p)
		err(2, "%s", path);
	while ((n = read(fd, f.p + f.n, st.st_size - f.n)) > 0)
		f.n += n;
	close(fd);
	if (f.n <= sizeof(struct cpt_header) ||
	    ((struct cpt_header *)f.p)->magic != CPT_IMAGE_MAGIC ||
	    ((struct cpt_header *)f.p)->meta_len > f.n - sizeof(struct cpt_header))
		errx(2, "%s is not a good image", path);
	return f;
}

static void write_file(const char *path, const struct file *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t done = 0;
	ssize_t n;

	if (fd < 0)
		err(2, "%s", path);
	for (; done < f->n; done += n) {
		n = write(fd, f->p + done, f->n - done);
		if (n <= 0)
			err(2, "%s", path);
	}
	if (close(fd))
		err(2, "%s", path);
}

static size_t meta_end(const struct file *f)
{
	return sizeof(struct cpt_header) + ((struct cpt_header *)f->p)->meta_len;
}

/* The record after the one at @off (0: the first), or 0. Of the good image, before any change. */
static size_t next_record(const struct file *f, size_t off)
{
	off = off ? off + ((struct cpt_rec *)(f->p + off))->len : sizeof(struct cpt_header);
	return off < meta_end(f) ? off : 0;
}

/* --- bytes ------------------------------------------------------------------------------------- */

static size_t some_record(const struct file *f)
{
	size_t off = 0, n = 0, found = sizeof(struct cpt_header);

	while ((off = next_record(f, off)))
		if (below(++n) == 0)
			found = off;
	return found;
}

/* Records are hit alike, however long, and the start of a long one more often than its rest. */
static size_t in_record(const struct file *f)
{
	size_t off = some_record(f), len = ((struct cpt_rec *)(f->p + off))->len;

	if (len > 256 && below(4))
		len = 256;
	return off + below(len);
}

/* The head of a data section, or some byte of the data. */
static size_t in_data(const struct file *f)
{
	size_t end = meta_end(f), off = end, found = end, n = 0;
	const struct cpt_data_rec *d;

	if (f->n <= end + sizeof(struct cpt_end_rec))
		return below(f->n);	/* no data */
	if (below(4) == 0)
		return end + below(f->n - end);
	for (;; off = cpt_align_up(cpt_align_up(off + d->rec.len, CPT_DATA_ALIGN) + d->bytes, CPT_ALIGN)) {
		if (off + sizeof(*d) > f->n)
			break;
		d = (const void *)(f->p + off);
		if (below(++n) == 0)
			found = off;
		if (d->rec.kind != CPT_K_DATA)
			break;
	}
	n = f->n - found;
	return found + below(n < 64 ? n : 64);
}

static size_t some_place(const struct file *f)
{
	switch (below(16)) {
	case 0: case 1:
		return below(sizeof(struct cpt_header));
	case 2: case 3: case 4:
		return in_data(f);
	case 5:
		return below(f->n);
	default:
		return in_record(f);
	}
}

/* One byte becomes another: near the old one, one bit off, a limit, or anything. */
static void change_byte(struct file *f, size_t at)
{
	static const uint8_t limits[] = { 0, 1, 0x7f, 0x80, 0xff };
	uint8_t old = f->p[at], new = old;

	while (new == old) {
		switch (below(4)) {
		case 0:
			new = old + (below(2) ? 1 : -1);
			break;
		case 1:
			new = old ^ 1 << below(8);
			break;
		case 2:
			new = limits[below(sizeof(limits))];
			break;
		default:
			new = random64();
		}
	}
	f->p[at] = new;
	note(" %zu: %02x->%02x", at, old, new);
}

/* A whole number of 2, 4 or 8 bytes becomes one that programs stumble over. */
static size_t change_number(struct file *f, size_t at)
{
	static const uint64_t limits[] = {
		0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, CPT_ADDR_MAX,
		0x7fffffffffffffff, 0x8000000000000000, ~0ULL, 0xffff888000000000, ~0ULL - 4095,
	};
	size_t width = 2 << below(3);
	uint64_t old = 0, new;

	at &= ~(width - 1);
	if (at + width > f->n)
		return 0;
	memcpy(&old, f->p + at, width);
	new = below(2) ? limits[below(sizeof(limits) / sizeof(*limits))] : old + below(33) - 16;
	if (!memcmp(&old, &new, width))
		new = ~old;
	memcpy(f->p + at, &new, width);
	note(" %zu: %#llx->%#llx/%zu", at, (unsigned long long)old, (unsigned long long)new, width);
	return width;
}

static void change_bytes(struct file *f)
{
	size_t places[8], budget = 1 + below(8), n = 0;

	/* All places first: what is found by lengths must be found in the good image. */
	for (; n < budget; n++)
		places[n] = n && below(2) ? places[n - 1] : some_place(f);
	for (n = 0; n < budget; ) {
		size_t width = budget - n >= 2 && below(2) ? change_number(f, places[n]) : 0;

		if (!width) {
			change_byte(f, places[n]);
			width = 1;
		}
		n += width;
	}
}

/* Does walk.h think well of it? Checksums are right. */
static bool well_formed(const struct file *f)
{
	const struct cpt_header *h = (void *)f->p;
	struct cpt_walk w = { .hdr = h, .meta = f->p + sizeof(*h) };
	bool ok;

	if (cpt_header_check(h, h->crc) || h->meta_len > f->n - sizeof(*h))
		return false;
	w.obj = calloc(h->objects + 1, sizeof(*w.obj));
	w.mark = calloc(h->objects + 1, 1);
	if (!w.obj || !w.mark)
		err(2, "walk");
	ok = cpt_meta_check(&w) == 0;
	free(w.obj);
	free(w.mark);
	return ok;
}

static void change_any(struct file *f)
{
	uint32_t was = crc32c(0, f->p, f->n);

	note("changed");
	do
		change_bytes(f);
	while (crc32c(0, f->p, f->n) == was);	/* changed there and back */
}

static struct file copy_of(const struct file *good)
{
	struct file f = { malloc(good->n), good->n };

	if (!f.p)
		err(2, "memory");
	memcpy(f.p, good->p, f.n);
	return f;
}

/* Change it until it is as wanted; a bad one may be wanted, too. */
static void change_and_fix(struct file *f)
{
	struct file good = copy_of(f);
	bool deep = below(4);
	int tries;

	for (tries = 0; tries < 100; tries++) {
		memcpy(f->p, good.p, f->n);
		*told = 0;
		note("changed");
		change_bytes(f);
		fix_image(f->p, f->n);
		if (!deep || well_formed(f))
			break;
	}
	free(good.p);
}

/* Does the module take the image for sound? What it says of one that is not must be something. */
static bool sound(const char *path, uint32_t veid)
{
	struct cpt_ioc_ve ve = { .veid = veid, .abi = CPT_IOC_ABI };
	struct cpt_ioc_verify v = { .fd = open(path, O_RDONLY) };
	int dev = open("/dev/cpt", O_RDWR);
	char text[200];
	bool ok;

	if (v.fd < 0 || dev < 0 || ioctl(dev, CPT_IOC_SET_VE, &ve))
		err(2, "/dev/cpt");
	alarm(60);
	ok = ioctl(dev, CPT_IOC_VERIFY, &v) == 0;
	if (!ok && read(dev, text, sizeof(text)) <= 0)
		errx(1, "refused without a sentence: %s", told);
	close(v.fd);
	close(dev);
	return ok;
}

static void sift(const struct file *good, const char *out, uint64_t seed, long count, uint32_t veid)
{
	for (uint64_t end = seed + count; seed < end; seed++)
		for (int fix = 0; fix < 2; fix++) {
			struct file f = copy_of(good);

			rnd = seed;
			*told = 0;
			(fix ? change_and_fix : change_any)(&f);
			write_file(out, &f);
			free(f.p);
			if (sound(out, veid)) {
				printf("%llu%s\n", (unsigned long long)seed, fix ? " --fix" : "");
				fflush(stdout);
			}
		}
}

/* --- registers --------------------------------------------------------------------------------- */

static const uint64_t wild[] = {
	0x8000000000000000, 0x0000800000000000, 0x00007ffffffff000, 0x00007fffffffffff,
	0xffff800000000000, 0xffff888000000000, 0xffffffff81000000, 0xffffffffff600000, ~0ULL, 0,
	0xc0000000, 0xc1000000, 0xfffff000,
};
static const uint64_t selectors[] = {
	0, 0x8, 0x10, 0x18, 0x20, 0x28, 0x30, 0x7, 0xf, 0x60, 0x68, 0x7b, 0x23, 0x33, 0x2b, 0x4, 0x40,
	0x80, 0xfff3, 0xffff, 0x10033, ~0ULL,
};
static const uint64_t flags[] = {
	~0ULL, 0, 0x3000, 0x3202, 0x20202, 0x4202, 0x100, 0x302, 0x2, 0x10202, 0x40202, 0x180202, 0x200202,
	0xffffffff00000202, 0x602, 0x8202,
};

#define SOME(a)	a[below(sizeof(a) / sizeof(*a))]

/* Where it is among regs of x86_64 and of i386, and what is put there. */
static const struct reg {
	const char *name;
	int at64, at32;
	const uint64_t *values;
	size_t n;
} regs[] = {
#define REG(name, a, b, v)	{ name, a, b, v, sizeof(v) / sizeof(*v) }
	REG("cs", 17, 13, selectors),
	REG("eflags", 18, 14, flags),
	REG("fsbase", 21, 9, wild),	/* i386: the selector %fs */
	REG("gsbase", 22, 10, wild),
	REG("ip", 16, 12, wild),
	REG("sp", 19, 15, wild),
};

static void break_reg(struct cpt_task_rec *task, const struct reg *reg)
{
	int at = task->nregs == 27 ? reg->at64 : reg->at32;
	bool selector = task->nregs != 27 && reg->at32 < 11 && below(2);

	task->regs[at] = selector ? SOME(selectors) : reg->values[below(reg->n)];
	note(" %u: %#llx", task->pid, (unsigned long long)task->regs[at]);
	if (reg->at64 == 17 && below(2)) {	/* %ss goes with %cs */
		task->regs[task->nregs == 27 ? 20 : 16] = SOME(selectors);
		note("+ss");
	}
}

/* The header of an XSAVE area, MXCSR, or anything in it. */
static void break_xstate(struct cpt_xstate_rec *x)
{
	uint8_t *p = (uint8_t *)(x + 1);
	size_t at = 512 + 8 * below(8);

	if (x->size < 576)
		return;
	switch (below(5)) {
	case 0:
		at = 24;
		memset(p + at, 0xff, 8);		/* MXCSR and its mask */
		break;
	case 1:
		at = 512;
		memset(p + at, 0xff, 8);		/* all components there are */
		break;
	case 2:
		at = 520;
		p[at + 7] |= 0x80;			/* XCOMP_BV: compacted */
		break;
	case 3:
		p[at + below(8)] ^= 1 << below(8);	/* anything in the header */
		break;
	default:
		at = below(x->size);
		p[at] = random64();
	}
	note(" xstate@%zu", at);
}

static void break_tasks(struct file *f, const char *what)
{
	const struct reg *reg = NULL;
	const struct cpt_rec *rec;
	size_t i, off = 0;

	for (i = 0; i < sizeof(regs) / sizeof(*regs); i++)
		if (!strcmp(regs[i].name, what))
			reg = &regs[i];
	if (!reg && strcmp(what, "xstate"))
		errx(2, "there is no register '%s'", what);
	while ((off = next_record(f, off))) {
		rec = (const void *)(f->p + off);
		if (rec->kind == CPT_K_XSTATE && !reg)
			break_xstate((void *)(f->p + off));
		/* the first task, init, sometimes stays whole, so that there is a VE to look at */
		if (rec->kind == CPT_K_TASK && reg && ((struct cpt_task_rec *)rec)->nregs && below(4))
			break_reg((void *)(f->p + off), reg);
	}
}

/* --- text --------------------------------------------------------------------------------------- */

static void replace_text(struct file *f, const char *from, const char *to)
{
	uint8_t *p = f->p, *end = f->p + meta_end(f);
	size_t n = from ? strlen(from) : 0;
	int count = 0;

	if (!n || !to || strlen(to) != n)
		errx(2, "a text and another of the same length are wanted");
	for (; (p = memmem(p, end - p, from, n)); p += n, count++)
		memcpy(p, to, n);
	if (!count)
		errx(2, "the image does not have '%s'", from);
	note("%s -> %s, %d times", from, to, count);
}

/* --- ctl's own data ------------------------------------------------------------------------------- */

/* Where byte @at of it is; SIZE_MAX and *@bytes of all, if there are fewer. */
static size_t own_at(const struct file *f, size_t at, size_t *bytes)
{
	size_t off = meta_end(f), first;
	const struct cpt_data_rec *d;

	for (*bytes = 0;; *bytes += d->bytes, off = cpt_align_up(first + d->bytes, CPT_ALIGN)) {
		d = (const void *)(f->p + off);
		if (d->rec.kind != CPT_K_DATA || d->rec.id)
			return SIZE_MAX;
		first = cpt_align_up(off + d->rec.len, CPT_DATA_ALIGN);
		if (at - *bytes < d->bytes)
			return first + (at - *bytes);
	}
}

static void change_own(struct file *f, long at)
{
	size_t bytes, where;

	own_at(f, SIZE_MAX, &bytes);
	where = own_at(f, at < 0 ? bytes + at : (size_t)at, &bytes);
	if (where == SIZE_MAX)
		errx(2, "ctl's own data are %zu bytes", bytes);
	f->p[where] ^= 0x20;
	note("byte %ld of ctl's own data", at);
}

/* The next record of the metadata; *at: where it is, 0 at first. */
static struct cpt_rec *next_rec(const struct file *f, size_t *at)
{
	const struct cpt_header *hdr = (void *)f->p;

	*at += *at ? ((struct cpt_rec *)(f->p + *at))->len : sizeof(*hdr);
	return *at < sizeof(*hdr) + hdr->meta_len ? (void *)(f->p + *at) : NULL;
}

/* A regular file that has a name. */
static bool is_file(const struct file *f, uint64_t id)
{
	const struct cpt_rec *rec;
	size_t at = 0;

	while ((rec = next_rec(f, &at)))
		if (rec->id == id)
			return rec->kind == CPT_K_REG && !((const struct cpt_reg_rec *)rec)->deleted;
	return false;
}

/* few: private pages and those of files are not counted; size: another one; where: an area says it has small ones */
static void change_huge(struct file *f, const char *what)
{
	struct cpt_rec *rec;
	size_t at = 0;
	int n = 0;

	while ((rec = next_rec(f, &at))) {
		struct cpt_huge_rec *huge = rec->kind == CPT_K_HUGE ? (void *)rec : NULL;
		struct cpt_vma_rec *vma = rec->kind == CPT_K_VMA ? (void *)rec : NULL;

		if (huge && !huge->n && !strcmp(what, "few"))
			huge->pages = 0, n++;
		if (huge && !n && !strcmp(what, "size"))
			huge->shift++, n++;
		if (vma && !n && (vma->flags & CPT_VMA_SHARED) && (vma->flags & CPT_VMA_HUGETLB) &&
		    is_file(f, vma->file) && !strcmp(what, "where"))
			vma->flags &= ~CPT_VMA_HUGETLB, n++;
	}
	if (!n)
		errx(2, "there are no huge pages");
	note("huge pages, %s: %d", what, n);
}

/* --- in the VE ----------------------------------------------------------------------------------- */

static void must(long ret)
{
	if (ret < 0)
		err(1, "busy");
}

static void *thread(void *arg)
{
	for (;;)
		sleep(1000);
	return arg;
}

static void nothing(int sig)
{
	(void)sig;
}

static void *memory(int flags, size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	memset(p, 0x5a, len);
	return p;
}

static void fill_pipes(void)
{
	char text[20000] = "something";
	int ends[2], fifo;

	must(pipe(ends));
	must(write(ends[1], text, sizeof(text)));
	must(mkfifo("fifo", 0600));
	must(fifo = open("fifo", O_RDWR));
	must(write(fifo, text, 100));
}

/* Segments that are attached, removed, by themselves; semaphores to undo; messages. */
static void have_ipc(void)
{
	struct { long type; char text[5000]; } m = { 3, "something" };
	struct sembuf op = { 1, 4, SEM_UNDO };
	int id;

	must(id = shmget(0x627573, 20000, IPC_CREAT | 0600));
	strcpy(shmat(id, NULL, 0), "something");
	must(id = shmget(IPC_PRIVATE, 5000, 0600));
	shmat(id, NULL, SHM_RDONLY);
	must(shmctl(id, IPC_RMID, NULL));
	must(id = shmget(IPC_PRIVATE, 100, 0600));
	must(shmctl(id, SHM_LOCK, NULL));
	must(id = semget(IPC_PRIVATE, 5, 0600));
	must(semop(id, &op, 1));
	must(id = msgget(0x627573, IPC_CREAT | 0600));
	must(msgsnd(id, &m, sizeof(m.text), 0));
	must(msgsnd(id, &m, 0, 0));
	must(id = mq_open("/busy", O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL));
	must(mq_send(id, "something", 9, 3));
	must(mq_notify(id, &(struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGURG }));
	must(id = mq_open("/busy.removed", O_RDWR | O_CREAT, 0600, NULL));
	must(mq_send(id, "", 0, 0));
	must(mq_unlink("/busy.removed"));
}

static void have_signals(void)
{
	struct itimerval real = { { 0, 200000 }, { 0, 200000 } };
	struct itimerspec later = { { 0, 0 }, { 100000, 0 } };
	sigset_t set;
	timer_t timer;

	signal(SIGALRM, nothing);
	must(setitimer(ITIMER_REAL, &real, NULL));
	must(timer_create(CLOCK_MONOTONIC, NULL, &timer));
	must(timer_settime(timer, 0, &later, NULL));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	must(kill(getpid(), SIGUSR1));
}

static void have_events(void)
{
	struct itimerspec often = { { 0, 300000000 }, { 0, 300000000 } };
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int ep, outer, timer, event, sigs;
	sigset_t set;

	must(ep = epoll_create1(0));
	must(outer = epoll_create1(0));
	must(event = eventfd(5, EFD_SEMAPHORE));
	must(timer = timerfd_create(CLOCK_BOOTTIME, 0));
	must(timerfd_settime(timer, 0, &often, NULL));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	must(sigs = signalfd(-1, &set, 0));
	must(epoll_ctl(ep, EPOLL_CTL_ADD, event, &e));
	must(epoll_ctl(ep, EPOLL_CTL_ADD, timer, &e));
	must(epoll_ctl(ep, EPOLL_CTL_ADD, sigs, &e));
	must(epoll_ctl(outer, EPOLL_CTL_ADD, ep, &e));
	must(epoll_wait(outer, &e, 1, 0));
}

static void have_files(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 5 };
	int fd;

	must(fd = open("deleted", O_RDWR | O_CREAT, 0600));
	must(write(fd, "contents", 8));
	must(unlink("deleted"));
	must(fcntl(fd, F_SETLK, &lock));
	must(fcntl(fd, F_OFD_SETLK, &(struct flock){ .l_type = F_RDLCK, .l_start = 10, .l_len = 5 }));
	must(flock(fd, LOCK_SH));

	must(open("/proc/self/status", O_RDONLY));
	must(open("/proc/self/mounts", O_RDONLY));
	must(open("/proc/1/mem", O_RDWR));
	must(open("/proc/sys/kernel/hostname", O_RDWR));
	must(open("/sys/kernel", O_RDONLY | O_DIRECTORY));
	must(open("/proc/self/ns/net", O_RDONLY));
	must(mkdir("deleted", 0700));
	must(open("deleted", O_RDONLY | O_DIRECTORY));
	must(mkdir("deleted/below", 0700));
	must(mkfifo("deleted/below/fifo", 0600));
	must(fd = open("deleted/below/fifo", O_RDWR));
	must(write(fd, "contents", 8));
	must(unlink("deleted/below/fifo"));
	must(open("deleted/below", O_RDONLY | O_DIRECTORY));
	must(fd = open("deleted/below/file", O_RDWR | O_CREAT, 0600));
	must(unlink("deleted/below/file"));
	must(rmdir("deleted/below"));
	must(rmdir("deleted"));
	must(fd = memfd_create("memory", MFD_ALLOW_SEALING));
	must(write(fd, "contents", 8));
	must(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	if (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		err(1, "mmap");
}

/* Memory, threads, timers, signals, events, pipes with something in them, a child, a zombie. */
static int unix_socket(int type, const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	must(fd = socket(AF_UNIX, type, 0));
	strcpy(a.sun_path, name);
	must(bind(fd, (void *)&a, sizeof(a)));
	return fd;
}

/* Pairs, a server with a connection that waits, messages, one with a descriptor. */
static void have_sockets(void)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(sizeof(int))]; } c = { .h = {
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec iov = { "passed", 6 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "server" };
	int pair[2], client, mail;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	must(write(pair[0], "hello", 5));
	memcpy(CMSG_DATA(&c.h), &pair[1], sizeof(int));
	must(sendmsg(pair[1], &m, 0));
	must(listen(unix_socket(SOCK_STREAM, "server"), 5));
	must(client = socket(AF_UNIX, SOCK_STREAM, 0));
	must(connect(client, (void *)&a, sizeof(a)));
	must(write(client, "waiting", 7));
	mail = unix_socket(SOCK_DGRAM, "mail");
	strcpy(a.sun_path, "mail");
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	must(write(pair[1], "left behind", 11));
	must(close(pair[1]));
	must(client = socket(AF_UNIX, SOCK_DGRAM, 0));
	must(sendto(client, "of the dead", 11, 0, (void *)&a, sizeof(a)));
	must(close(client));
	must(connect(mail, (void *)&a, sizeof(a)));
}

/* Filters of system calls, one on top of the other, and a policy. */
static void have_attributes(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &allow };
	struct sched_param none = { 0 };

	must(sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none));
	must(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 5));
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
}

/* Timers on CPU time, of one's own and of @pid; policies of a task, an area and what is shared. */
static void have_more(pid_t pid)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec its = { { 3, 0 }, { 1000, 0 } };
	clockid_t clocks[] = { CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, ~(unsigned int)pid << 3 | 2 };
	char *private = memory(MAP_PRIVATE, 1 << 14), *shared = memory(MAP_SHARED, 1 << 14);
	unsigned long node = 1;
	int i, id;

	for (i = 0; i < 3; i++) {
		must(syscall(SYS_timer_create, clocks[i], &ev, &id));
		must(syscall(SYS_timer_settime, id, 0, &its, NULL));
	}
	if (syscall(SYS_set_mempolicy, MPOL_PREFERRED, &node, 8) && errno == ENOSYS)
		return;
	must(syscall(SYS_mbind, private, 1 << 13, MPOL_BIND, &node, 8, 0));
	must(syscall(SYS_mbind, shared + 4096, 1 << 13, MPOL_INTERLEAVE, &node, 8, 0));
}

static char *huge_pages(int flags, int fd, size_t n)
{
	char *p = mmap(NULL, n << 21, PROT_READ | PROT_WRITE, flags | (fd < 0 ? MAP_ANONYMOUS | MAP_HUGETLB : 0), fd, 0);

	if (p == MAP_FAILED)
		err(1, "huge pages");
	return p;
}

/* Huge pages: one that a process shares with its child; others are reserved, in a memfd and a segment too. */
static void have_huge_pages(void)
{
	int fd;

	*huge_pages(MAP_PRIVATE, -1, 2) = 1;
	huge_pages(MAP_SHARED, -1, 1);
	must(fd = memfd_create("huge", MFD_HUGETLB));
	huge_pages(MAP_SHARED, fd, 2);
	huge_pages(MAP_PRIVATE | MAP_NORESERVE, fd, 1);
	must(shmget(IPC_PRIVATE, 1 << 21, 0600 | SHM_HUGETLB));
}

/* Marks with and without what is ignored, on the disk and in a tmpfs; events that nobody reads. */
static void have_fanotify(unsigned int flags, uint64_t mask)
{
	int group = fanotify_init(flags, O_RDWR), fd, i;
	const char *dirs[] = { ".", "/dev/shm" };
	char from[64], to[64];

	if (group < 0 && errno == EPERM)
		return;		/* the VE may not have sys_admin */
	must(group);
	for (i = 0; i < 2; i++) {
		must(fanotify_mark(group, FAN_MARK_ADD, mask | FAN_EVENT_ON_CHILD | FAN_ONDIR, AT_FDCWD, dirs[i]));
		must(fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_ACCESS,
				   AT_FDCWD, dirs[i]));
		snprintf(from, sizeof(from), "%s/seen.%x", dirs[i], flags);
		snprintf(to, sizeof(to), "%s/unread.%x", dirs[i], flags);
		must(fd = open(from, O_RDWR | O_CREAT, 0600));
		must(write(fd, from, 1));
		must(close(fd));
		must(rename(from, to));
	}
}

/* A context of asynchronous I/O with events that nobody reads, and a directory that would tell of changes. */
static void have_watchers(void)
{
	static char bytes[3];
	struct iocb cb[3], *list[3];
	aio_context_t ctx = 0;
	int fd, i;

	must(fd = open("read", O_RDWR | O_CREAT, 0600));
	must(syscall(SYS_io_setup, 5, &ctx));
	for (i = 0; i < 3; i++) {
		cb[i] = (struct iocb){ .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd,
				       .aio_buf = (unsigned long)&bytes[i], .aio_nbytes = 1 };
		list[i] = &cb[i];
	}
	must(syscall(SYS_io_submit, ctx, 3, list));
	have_fanotify(FAN_REPORT_FID | FAN_REPORT_DFID_NAME | FAN_NONBLOCK, FAN_RENAME | FAN_CREATE | FAN_MODIFY);
	have_fanotify(FAN_CLASS_NOTIF | FAN_NONBLOCK, FAN_OPEN | FAN_CLOSE);
	/* After these: its signal would end us. */
	must(fd = open(".", O_RDONLY | O_DIRECTORY));
	must(fcntl(fd, F_NOTIFY, DN_RENAME | DN_MULTISHOT));
}

static int new_terminal(int *slave)
{
	char name[32];
	int master, number, off = 0;

	must(master = open("/dev/ptmx", O_RDWR | O_NOCTTY));
	must(ioctl(master, TIOCSPTLCK, &off));
	must(ioctl(master, TIOCGPTN, &number));
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	must(*slave = open(name, O_RDWR | O_NOCTTY));
	return master;
}

/* A session with a stopped job on a terminal with half lines and echo that waits; one that is full, one hung up. */
static void have_terminals(void)
{
	int master, slave, full, none, on = 1;
	pid_t child;

	must(close(new_terminal(&none)));
	full = new_terminal(&none);
	must(fcntl(full, F_SETFL, O_RDWR | O_NONBLOCK));
	must(ioctl(full, TIOCPKT, &on));
	while (write(full, "0123456789\n", 11) == 11)
		;
	master = new_terminal(&slave);
	must(write(slave, "not read\t", 9));
	must(ioctl(slave, TCXONC, TCOOFF));
	must(write(master, "line\nhalf\026", 10));
	must(child = fork());
	if (!child) {
		must(setsid());
		must(ioctl(slave, TIOCSCTTY, 0));
		must(open("/dev/tty", O_RDWR));
		must(child = fork());
		if (!child)
			raise(SIGSTOP);
		thread(NULL);
	}
}

static int busy(const char *dir)
{
	char *private = memory(MAP_PRIVATE, 1 << 18), *shared = memory(MAP_SHARED, 1 << 16);
	pthread_t t;
	pid_t child;
	int i;

	must(chdir(dir));
	fill_pipes();
	have_ipc();
	have_signals();
	have_events();
	have_files();
	have_sockets();
	have_attributes();
	have_watchers();
	have_huge_pages();
	have_terminals();
	for (i = 0; i < 2; i++)
		if (pthread_create(&t, NULL, thread, NULL))
			errx(1, "pthread_create");
	must(child = fork());
	if (!child) {
		private[5000] = shared[0] = 1;
		must(munmap(private + (1 << 17), 1 << 12));
		must(madvise(private + (1 << 16), 1 << 12, MADV_DONTNEED));
		thread(NULL);
	}
	must(child = fork());
	if (!child)
		_exit(3);
	sleep(1);
	have_more(child);
	must(child = fork());
	if (!child) {
		if (!vfork())
			thread(NULL);
		_exit(4);
	}
	must(open("busy", O_RDONLY | O_CREAT, 0600));
	thread(NULL);
	return 1;
}

static int usage(void)
{
	fputs("usage: image IMAGE OUT [--seed N] [--fix] [--cut K | --regs WHAT]\n"
	      "       image IMAGE OUT --seed N --sift COUNT --ve VEID\n"
	      "       image IMAGE OUT --text FROM --to TO\n"
	      "       image IMAGE OUT --own AT\n"
	      "       image IMAGE OUT --huge few|size|where\n"
	      "       image --busy DIR\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "fix", no_argument, NULL, 'f' },
		{ "cut", required_argument, NULL, 'c' },
		{ "regs", required_argument, NULL, 'r' },
		{ "sift", required_argument, NULL, 'n' },
		{ "ve", required_argument, NULL, 'v' },
		{ "text", required_argument, NULL, 't' },
		{ "to", required_argument, NULL, 'o' },
		{ "own", required_argument, NULL, 'a' },
		{ "huge", required_argument, NULL, 'h' },
		{ "busy", required_argument, NULL, 'b' },
		{ }
	};
	const char *what = NULL, *text = NULL, *to = NULL, *own = NULL, *huge = NULL;
	long cut = -1, count = 0;
	unsigned int veid = 0;
	bool fix = false;
	struct file f;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			rnd = strtoull(optarg, NULL, 0);
		else if (c == 'f')
			fix = true;
		else if (c == 'c')
			cut = strtol(optarg, NULL, 0);
		else if (c == 'r')
			what = optarg;
		else if (c == 'n')
			count = strtol(optarg, NULL, 0);
		else if (c == 'v')
			veid = strtoul(optarg, NULL, 0);
		else if (c == 't')
			text = optarg;
		else if (c == 'o')
			to = optarg;
		else if (c == 'a')
			own = optarg;
		else if (c == 'h')
			huge = optarg;
		else if (c == 'b')
			return busy(optarg);
		else
			return usage();
	}
	if (argc != optind + 2 || cut >= CUTS)
		return usage();
	f = read_file(argv[optind]);
	if (count) {
		sift(&f, argv[optind + 1], rnd, count, veid);
		return 0;
	}
	if (what) {
		note("%s of", what);
		break_tasks(&f, what);
		fix = true;
	} else if (text) {
		replace_text(&f, text, to);
		fix = true;
	} else if (own) {
		change_own(&f, strtol(own, NULL, 0));
		fix = true;
	} else if (huge) {
		change_huge(&f, huge);
		fix = true;
	} else if (cut >= 0) {
		f.n = f.n * cut / CUTS;
		note("cut at %zu", f.n);
	} else if (fix) {
		change_and_fix(&f);
	} else {
		change_any(&f);
	}
	if (fix)
		fix_image(f.p, f.n);
	printf("%s%s\n", told, fix ? ", checksums right" : "");
	write_file(argv[optind + 1], &f);
	return 0;
}

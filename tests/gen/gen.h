/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CPT_GEN_H
#define _CPT_GEN_H

/*
 * The model of tests/gen: what was made, who holds it, what is in it. It is in memory that all
 * processes share, and everything is made by one process at a time, so a seed says all of it.
 *
 * An *object* is one row of the table of kinds (gen.c) made once: a pipe, a file, a pair of sockets.
 * It has one or two *ends*, each an open file ("description"); who has a descriptor of an end is in
 * the lists of the processes. An end is also alive in a message on its way (flight). What nobody has
 * a descriptor of has none: it is seen and checked in its owner, then in all other processes.
 *
 * A kind makes its object, says what can be seen of it without changing it, and in the end takes
 * all that is in it and looks whether it is what the seed said. A new kind is these three functions
 * and a row.
 */
#include "cpt_test.h"

#include <stdarg.h>
#include <stddef.h>
#include <sys/ioctl.h>

#define PROCS	50
#define OBJS	500
#define FDS	300		/* of a process */
#define MSGS	12		/* in a queue */
#define PASSED	3		/* descriptors in a message */

/* descriptors of the test itself */
#define FD_GO	899		/* root: commands from the driver */
#define FD_CTL	900		/* this process's commands */
#define FD_REPLY 901
#define FD_TO	902		/* root: of each process */
#define FD_REPLIES 960		/* root */
#define FD_ENDS	961		/* while processes are made: of each, what becomes its FD_CTL */

struct msg {
	uint32_t len, at;	/* bytes at .. of the queue's own */
	int npassed;
	int passed[PASSED];	/* ends: 2 * object + end */
};

/* What can be read from an end, in order. */
struct queue {
	int n;
	uint32_t bytes;		/* ever put into it: where the next message's begin */
	struct msg msg[MSGS];
};

struct end {
	int by, fd;		/* a process that holds it: what others are compared with; -1: none does */
	int held;		/* descriptors of it in all processes */
	int flight;		/* messages that carry it */
	bool gone;		/* closed for good when it was made */
	bool checked;
};

struct obj {
	int kind;
	uint32_t seed;
	int owner;		/* process that made it */
	struct end end[2];
	struct queue q[2];	/* what can be read from each end */
	char path[64];		/* "": none */
	int posix_owner;	/* who must not close it, or its locks are gone; -1 */
	int depth;		/* of epolls in epolls */
	bool watched;		/* by an epoll: no more is put into it */
	/*
	 * A message of a stream that was read in part counts in full against its sender's buffer;
	 * after a restore only the rest of it does. So whether there is room is not compared.
	 */
	bool half;
	bool carrier;		/* messages with descriptors can be sent through it */
	int mode, state;	/* the kind's own, up to nlist */
	uint64_t a, b, c;
	int32_t list[16], list2[16];
	int nlist;
};

struct held { int fd, end; };	/* end: 2 * object + which */

/* What a process was told to be. */
#define FILTERS	5
#define TIMERS	4

struct timer { int id, clock; int64_t due, interval; };	/* due by its clock; 0: off */

struct attrs {
	int policy, prio, nice, ioprio;	/* ioprio 0: never set, nor the slack and the name */
	bool reset, flusher, reaper;
	int slack, mce, pdeath, oom, coredump, persona;	/* oom -1: neither of these three */
	char name[16];
	int nfilters, filter[FILTERS];	/* the error that each gives */
	int ntimers;
	struct timer timer[TIMERS], itimer[3];
};

struct proc {
	int pid, parent;
	struct attrs attrs;
	uint32_t attached[OBJS / 32 + 1];	/* shared memory that it has: bits, by object */
	bool undone;			/* its semaphores are as if it had ended */
	int n;
	struct held held[FDS];
};

struct model {
	uint64_t rnd, seed;
	int nobjs, nprocs, want_procs;
	bool ready[PROCS];
	char state[96];		/* where what is seen is written */
	struct obj obj[OBJS];
	struct proc proc[PROCS];
};
static struct model *m;
static int me;			/* of m->proc */

struct kind {
	const char *name;
	int weight;
	int ends;
	bool pollable;
	/* fd[]: a descriptor of each end; false: not this time */
	bool (*make)(struct obj *o, int *fd);
	/* what can be seen of it besides what all files have; changes nothing */
	void (*see)(FILE *f, struct obj *o, int end, int fd);
	/* take all that is in it: is it as the seed said? */
	void (*take)(struct obj *o, int end, int fd);
	bool first;		/* checked before the contents of others are taken */
};
extern const struct kind kinds[];

/* --- chance ------------------------------------------------------------------------------------- */

static uint32_t rnd(uint32_t n)
{
	m->rnd ^= m->rnd << 13;
	m->rnd ^= m->rnd >> 7;
	m->rnd ^= m->rnd << 17;
	return (uint32_t)(m->rnd >> 20) % n;
}

static bool one_in(uint32_t n)
{
	return rnd(n) == 0;
}

/* mostly small, sometimes up to @max */
static uint32_t rnd_size(uint32_t max)
{
	uint32_t n = one_in(4) ? max : max / 16 + 1;

	return rnd(n < max ? n + 1 : max + 1);
}

#define PICK(...)	({ const int v_[] = { __VA_ARGS__ }; v_[rnd(ARRAY_SIZE(v_))]; })

static struct obj *obj_of(int end)
{
	return &m->obj[end / 2];
}

static struct end *end_of(int end)
{
	return &obj_of(end)->end[end % 2];
}

static const char *name_of(const struct obj *o)
{
	static char text[96];

	snprintf(text, sizeof(text), "%s %d", kinds[o->kind].name, (int)(o - m->obj));
	return text;
}

/* like check(), and says whose it is */
#define want(o, cond, fmt, ...)	check(cond, "(%s: " fmt ")", name_of(o), ##__VA_ARGS__)
/* a call of which an error is a failure of this object */
#define osys(o, call) ({							\
	__typeof__(call) v_ = (call);						\
	want(o, (long)v_ != -1, "%s", strerror(errno));				\
	v_;									\
})

static bool bit_of(const uint32_t *bits, int i)
{
	return bits[i / 32] >> i % 32 & 1;
}

static void set_bit_of(uint32_t *bits, int i)
{
	bits[i / 32] |= 1u << i % 32;
}

/* --- bytes -------------------------------------------------------------------------------------- */

static unsigned char byte_at(uint32_t seed, uint32_t i)
{
	uint32_t x = i * 2654435761u + seed * 40503u + 1;

	return (x ^ x >> 15) >> 3;
}

static void make_bytes(void *p, uint32_t seed, uint32_t at, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		((unsigned char *)p)[i] = byte_at(seed, at + i);
}

static void check_bytes(const struct obj *o, const void *p, uint32_t seed, uint32_t at, uint32_t n)
{
	const unsigned char *c = p;
	uint32_t i;

	for (i = 0; i < n; i++)
		want(o, c[i] == byte_at(seed, at + i), "byte %u is %#x, not %#x", at + i, c[i], byte_at(seed, at + i));
}

static uint32_t hash(const void *p, size_t n)
{
	const unsigned char *c = p;
	uint32_t h = 2166136261u;

	while (n--)
		h = (h ^ *c++) * 16777619u;
	return h;
}

/* --- where files are ------------------------------------------------------------------------------ */

static const char *const places[] = { "/tmp/gen.d", "/run/gen.d", "/dev/shm/gen.d" };
#define ON_DISK	0		/* the first of them */

static const char *const *where(void)
{
	static const char *native[3];

	if (!getenv("TEST_DIR"))
		return places;
	if (!native[0])
		for (int i = 0; i < 3; i++)
			check(asprintf((char **)&native[i], "%s/gen.d%d", getenv("TEST_DIR"), i) > 0);
	return native;
}

static int place_file(struct obj *o, int place, const char *suffix)
{
	snprintf(o->path, sizeof(o->path), "%s/%d%s", where()[place], (int)(o - m->obj), suffix);
	return place;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asynchronous I/O (io_setup): contexts keep their numbers, also those whose ring was moved or may
 * not be written to; events that nobody has read come in their order, over the end of the ring, too,
 * and no place of it is lost; a thread waits for events, another reads and writes all the time, past
 * the page cache; a process that shares the memory uses a context; a child has the rings in its
 * memory, and sees what becomes of them.
 *
 * drive: moves
 */
#include "cpt_test.h"

#include <linux/aio_abi.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>

struct ring {
	unsigned int id, nr;
	volatile unsigned int head, tail;
	unsigned int magic, compat, incompat, length;
	struct io_event events[];
};

#define RING(ctx)	((struct ring *)(ctx))
#define BLOCK		4096
#define BLOCKS		64
#define UNREAD		5
#define FULL		40
#define MAGIC		0xa10a10a1

static aio_context_t plain, wrapped, moved, readonly, waited, busy, shared, full;
static int file, signalled;
static struct iocb iocbs[512];
static char *buf;
static volatile unsigned long rounds;
static volatile bool got_shared;

static aio_context_t setup(unsigned int n)
{
	aio_context_t ctx = 0;

	sys(syscall(SYS_io_setup, n, &ctx));
	return ctx;
}

/* Read the byte @i of the file; the event has @i as its data, and iocbs[i] as what it is of. */
static int submit(aio_context_t ctx, unsigned int i, int resfd)
{
	struct iocb *cb = &iocbs[i], *list[1] = { cb };

	*cb = (struct iocb){ .aio_data = i, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = file,
			     .aio_buf = (unsigned long)&buf[i], .aio_nbytes = 1, .aio_offset = i };
	if (resfd >= 0) {
		cb->aio_flags = IOCB_FLAG_RESFD;
		cb->aio_resfd = resfd;
	}
	return syscall(SYS_io_submit, ctx, 1, list);
}

static void submit_all(aio_context_t ctx, unsigned int from, unsigned int n)
{
	for (; n--; from++)
		check_is(submit(ctx, from % 512, -1), 1, "a request");
}

static long events_of(aio_context_t ctx, long min, long max, struct io_event *e)
{
	long none[2] = { 0, 0 };

	return syscall(SYS_io_getevents, ctx, min, max, e, min ? NULL : none);
}

/* The next event is that of submit(…, @i). */
static void expect(aio_context_t ctx, unsigned int i)
{
	struct io_event e;

	check(events_of(ctx, 0, 1, &e) == 1, "%lx has no event %u: %s", (long)ctx, i, strerror(errno));
	check(e.data == i && e.obj == (unsigned long)&iocbs[i] && e.res == 1 && !e.res2,
	      "an event of %llu, not %u, with %lld %lld", (long long)e.data, i, (long long)e.res, (long long)e.res2);
}

static void expect_all(aio_context_t ctx, unsigned int from, unsigned int n)
{
	struct io_event e;

	for (; n--; from++)
		expect(ctx, from % 512);
	check_is(events_of(ctx, 0, 1, &e), 0, "events left");
}

static void *waiter(void *arg)
{
	struct io_event e;

	check_is(events_of(waited, 1, 1, &e), 1, "events that were waited for");
	check_is(e.data, 77, "what it waited for");
	return arg;
}

/* Reads and writes of whole blocks, all the time: what is under way at the freeze comes to its end. */
static void *worker(void *arg)
{
	int fd = open(test_path("disk"), O_RDWR | O_CREAT | O_DIRECT, 0600);
	char *blocks = sys(mmap(NULL, 2 * BLOCKS * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *back = blocks + BLOCKS * BLOCK;
	static struct iocb cbs[BLOCKS];
	struct iocb *list[BLOCKS];
	struct io_event e[BLOCKS];

	if (fd < 0)
		fd = sys(open(test_path("disk"), O_RDWR | O_CREAT, 0600));
	while (!test_going()) {
		for (int write = 1; write >= 0; write--) {
			bool seen[BLOCKS] = {};

			for (int i = 0; i < BLOCKS; i++) {
				if (write)
					memset(blocks + i * BLOCK, rounds + i, BLOCK);
				cbs[i] = (struct iocb){ .aio_data = rounds << 8 | i,
					.aio_lio_opcode = write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD, .aio_fildes = fd,
					.aio_buf = (unsigned long)((write ? blocks : back) + i * BLOCK),
					.aio_nbytes = BLOCK, .aio_offset = i * BLOCK };
				list[i] = &cbs[i];
			}
			for (int n = 0; n < BLOCKS;)
				n += sys(syscall(SYS_io_submit, busy, BLOCKS - n, list + n));
			for (int n = 0, more; n < BLOCKS; n += more) {
				more = events_of(busy, 1, BLOCKS - n, e);
				check(more > 0, "%s", strerror(errno));
				for (int k = 0; k < more; k++) {
					unsigned int i = e[k].data & 0xff;

					check(e[k].data >> 8 == rounds && i < BLOCKS && !seen[i], "a wrong event, of %#llx", (long long)e[k].data);
					check(e[k].res == BLOCK, "block %u: %lld", i, (long long)e[k].res);
					seen[i] = true;
				}
			}
		}
		check(!memcmp(blocks, back, BLOCKS * BLOCK), "round %lu came back as another", rounds);
		rounds++;
	}
	return arg;
}

static int sharer(void *arg)
{
	while (!test_going())
		sleep_ns(100 * MSEC);
	check_is(submit(shared, 99, -1), 1, "a request of another process");
	expect(shared, 99);
	got_shared = true;
	(void)arg;
	return 0;
}

/* Has the parent's rings, but no context: one of them in part, another read-only. */
static void child_main(void)
{
	struct ring *r = RING(plain);
	struct io_event was[UNREAD], e;

	memcpy(was, r->events, sizeof(was));
	sys(munmap((char *)wrapped + PAGE, PAGE));
	sys(mprotect((void *)moved, PAGE, PROT_READ));
	while (!test_going()) {
		check(r->head == 0 && r->tail == UNREAD && r->magic == MAGIC && !memcmp(was, r->events, sizeof(was)), "a ring in a child");
		sleep_ns(50 * MSEC);
	}
	check(RING(wrapped)->magic == MAGIC && RING(moved)->magic == MAGIC, "other rings in a child");
	check(events_of(plain, 0, 1, &e) < 0 && errno == EINVAL, "a context in a child");
	while (!r->head)	/* shared: the parent reads them */
		sleep_ns(50 * MSEC);
	_exit(0);
}

static void *ring_moved(aio_context_t ctx)
{
	char *to = sys(mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	return sys(mremap((void *)ctx, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE));
}

static bool may_write(aio_context_t ctx)
{
	char line[256], want[32];
	FILE *f = fopen("/proc/self/maps", "re");
	bool found = false, may = false;

	check(f);
	snprintf(want, sizeof(want), "%lx-", (unsigned long)ctx);
	while (fgets(line, sizeof(line), f)) {
		char *at = strstr(line, want);

		if (at && (at == line || at[-1] == '0')) {
			found = true;
			may = strstr(line, " rw-s ");
		}
	}
	fclose(f);
	check(found, "no ring at %lx", (unsigned long)ctx);
	return may;
}

static void make(void)
{
	aio_context_t gone;
	unsigned int nr;

	file = sys(open(test_path("file"), O_RDWR | O_CREAT, 0600));
	buf = sys(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (int i = 0; i < 512; i++)
		check(write(file, &(char){ i * 7 }, 1) == 1);
	signalled = sys(eventfd(0, EFD_NONBLOCK));
	plain = setup(4);
	gone = setup(1);
	wrapped = setup(100);
	moved = setup(1);
	sys(syscall(SYS_io_destroy, gone));
	readonly = setup(1);
	waited = setup(1);
	busy = setup(BLOCKS);
	shared = setup(8);
	full = setup(3);
	for (int i = 0; i < UNREAD; i++)
		check_is(submit(plain, i, signalled), 1, "a request");
	nr = RING(wrapped)->nr;
	for (unsigned int i = 0; i < nr - 10; i++) {
		submit_all(wrapped, i, 1);
		expect(wrapped, i % 512);
	}
	submit_all(wrapped, 100, 25);
	moved = (aio_context_t)ring_moved(moved);
	submit_all(moved, 1, 1);
	submit_all(readonly, 2, 1);
	sys(mprotect((void *)readonly, PAGE, PROT_READ));
	submit_all(full, 0, FULL);
	check(RING(wrapped)->head == nr - 10 && RING(wrapped)->tail == 15, "a ring goes from %u to %u", RING(wrapped)->head, RING(wrapped)->tail);
}

/* All places of a ring are there: as many requests as that, less what single CPUs keep; none too many. */
static void check_places(void)
{
	unsigned int n = FULL, nr = RING(full)->nr;

	while (n < nr && submit(full, n % 512, -1) == 1)
		n++;
	check(n <= nr - 1 && n >= nr / 2, "%u of %u places", n, nr);
	check(errno == EAGAIN, "%s", strerror(errno));
	expect_all(full, 0, n);
	/* now there is room again */
	submit_all(full, 3, 4);
	expect_all(full, 3, 4);
}

int main(void)
{
	char *stack = sys(mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	pthread_t wait, work;
	struct ring before[3];
	pid_t child, other;
	uint64_t count;

	make();
	before[0] = *RING(plain);
	before[1] = *RING(wrapped);
	before[2] = *RING(moved);
	child = test_fork();
	if (!child)
		child_main();
	thr(pthread_create(&wait, NULL, waiter, NULL));
	thr(pthread_create(&work, NULL, worker, NULL));
	other = sys(clone(sharer, stack + 16 * PAGE, CLONE_VM | SIGCHLD, NULL));
	while (rounds < 3)
		sleep_ns(50 * MSEC);
	test_ready();
	test_wait();
	thr(pthread_join(work, NULL));
	check(RING(plain)->nr == before[0].nr && RING(plain)->head == before[0].head && RING(plain)->tail == before[0].tail &&
	      RING(wrapped)->nr == before[1].nr && RING(wrapped)->head == before[1].head &&
	      RING(wrapped)->tail == before[1].tail && RING(moved)->length == before[2].length, "a ring is another");
	check(may_write(plain) && may_write(moved) && !may_write(readonly), "who may write to rings");
	check(read(signalled, &count, sizeof(count)) == sizeof(count));
	check_is(count, UNREAD, "an eventfd");
	memset(buf, 0, 512);
	expect_all(plain, 0, UNREAD);
	expect_all(wrapped, 100, 25);
	expect_all(moved, 1, 1);
	expect_all(readonly, 2, 1);
	check_places();
	/* and all of them go on */
	check_is(submit(plain, 9, signalled), 1, "a request");
	expect_all(plain, 9, 1);
	check(read(signalled, &count, sizeof(count)) == sizeof(count) && count == 1 && buf[9] == 63, "a request after it");
	for (unsigned int i = 0; i < 600; i++) {
		submit_all(wrapped, i, 1);
		expect(wrapped, i % 512);
		check(buf[i % 512] == (char)(i % 512 * 7), "byte %u", i);
	}
	submit_all(waited, 77, 1);
	thr(pthread_join(wait, NULL));
	sys(waitpid(other, NULL, 0));
	check(got_shared, "another process got no event");
	test_reap(child);
	for (int i = 0; i < 3; i++)
		sys(syscall(SYS_io_destroy, ((aio_context_t[]){ plain, wrapped, moved })[i]));
	plain = setup(4);
	submit_all(plain, 5, 2);
	expect_all(plain, 5, 2);
	test_pass();
}

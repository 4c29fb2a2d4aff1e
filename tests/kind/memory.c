// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of one process and of a child that shares some of it: private and
 * shared anonymous areas, private and shared mappings of files, areas that cannot
 * be read, stacks, brk, every madvise and mlock flag, holes. Flags and borders of
 * the areas are compared by the driver (maps, VmFlags); here it is the contents,
 * and that shared is still shared.
 */
#include "cpt_test.h"

#define MB (1ul << 20)

/* every area that has a pattern in it, to be looked at again */
static struct area {
	const char *what;
	char *p;
	size_t len;
	bool hidden;		/* to be made readable first */
} areas[64];
static int nareas;

static char *add(const char *what, void *p, size_t len)
{
	check(p != MAP_FAILED, "%s: %s", what, strerror(errno));
	fill(p, len, nareas);
	areas[nareas++] = (struct area){ what, p, len, false };
	return p;
}

static char *anon(const char *what, size_t len, int flags)
{
	return add(what, mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
			      -1, 0), len);
}

static void protect(int prot)
{
	struct area *a = &areas[nareas - 1];

	sys(mprotect(a->p, a->len, prot));
	a->hidden = !(prot & PROT_READ);
}

static int make_file(const char *suffix, size_t pages, uint32_t seed)
{
	char page[PAGE];
	int fd = sys(open(test_path(suffix), O_RDWR | O_CREAT | O_TRUNC, 0600));
	size_t i;

	for (i = 0; i < pages; i++) {
		fill(page, PAGE, seed + i);
		check(write(fd, page, PAGE) == (ssize_t)PAGE);
	}
	return fd;
}

static void anonymous(void)
{
	static const struct { int advice; const char *what; } adv[] = {
		{ MADV_DONTFORK, "DONTFORK" }, { MADV_DONTDUMP, "DONTDUMP" },
		{ MADV_WIPEONFORK, "WIPEONFORK" }, { MADV_SEQUENTIAL, "SEQUENTIAL" },
		{ MADV_RANDOM, "RANDOM" }, { MADV_HUGEPAGE, "HUGEPAGE" },
		{ MADV_NOHUGEPAGE, "NOHUGEPAGE" }, { MADV_MERGEABLE, "MERGEABLE" },
	};
	size_t i;
	char *p;

	anon("private", 3 * PAGE, 0);
	anon("large", 5 * MB + 3 * PAGE, 0);
	anon("read only", 4 * PAGE, 0);
	protect(PROT_READ);
	anon("PROT_NONE with data", 4 * PAGE, 0);
	protect(PROT_NONE);
	anon("executable", PAGE, 0);
	protect(PROT_READ | PROT_EXEC);
	p = anon("striped", 16 * PAGE, 0);
	for (i = 0; i < 16; i += 2)
		sys(mprotect(p + i * PAGE, PAGE, PROT_READ));
	anon("NORESERVE", 4 * PAGE, MAP_NORESERVE);
	anon("LOCKED", 4 * PAGE, MAP_LOCKED);
	p = anon("mlock2 ONFAULT", 4 * PAGE, 0);
	sys(syscall(SYS_mlock2, p, 4 * PAGE, 1));
	for (i = 0; i < ARRAY_SIZE(adv); i++) {
		size_t len = adv[i].advice == MADV_HUGEPAGE ? 4 * MB : 4 * PAGE;

		p = anon(adv[i].what, len, 0);
		if (madvise(p, len, adv[i].advice))
			check(errno == EINVAL, "madvise %s: %s", adv[i].what, strerror(errno));
	}
	/* borders: an area at a low address; two that touch but differ; one torn by munmap */
	add("low", mmap((void *)0x20000, 2 * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), 2 * PAGE);
	p = anon("torn", 8 * PAGE, 0);
	areas[nareas - 1].len = 3 * PAGE;
	sys(munmap(p + 3 * PAGE, 2 * PAGE));
	/* moved: its pages have anon_vma offsets that differ from its address */
	p = sys(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	fill(p, 4 * PAGE, nareas);
	areas[nareas++] = (struct area){ "mremapped", sys(mremap(p, 4 * PAGE, 1024 * PAGE, MREMAP_MAYMOVE)),
					 4 * PAGE, false };
	/* the heap's end, and the heap */
	add("brk", sbrk(65 * PAGE), 65 * PAGE);
	add("malloc", malloc(100000), 100000);
}

/* one page in 16 of 64 MiB is there: it must stay so, in the VE and in the image */
static unsigned char *holes;
#define HOLES (64 * MB)

static void holes_make(void)
{
	size_t i;

	holes = sys(mmap(NULL, HOLES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	sys(madvise(holes, HOLES, MADV_NOHUGEPAGE));
	for (i = 0; i < HOLES / PAGE; i += 16)
		fill(holes + i * PAGE, PAGE, i);
}

static void holes_check(void)
{
	static unsigned char in[HOLES / PAGE], zero[PAGE];
	size_t i, more = 0;

	sys(mincore(holes, HOLES, in));
	for (i = 0; i < HOLES / PAGE; i++)
		more += i % 16 && (in[i] & 1);
	check(more == 0, "%zu pages appeared where there were none", more);
	for (i = 0; i < HOLES / PAGE; i += 16)
		verify(holes + i * PAGE, PAGE, i, "sparse");
	for (i = 1; i < HOLES / PAGE; i += 1021)
		if (i % 16)
			check(!memcmp(holes + i * PAGE, zero, PAGE), "hole %zu is not zero", i);
}

static struct {
	char *shared, *private, *ro, *none, *odd;
	int fd;
} file;

static void file_make(void)
{
	int ro;

	file.fd = make_file("file", 16, 100);
	ro = sys(open(test_path("file"), O_RDONLY));
	file.shared = sys(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0));
	file.private = sys(mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.fd, 4 * PAGE));
	file.ro = sys(mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, ro, 12 * PAGE));
	file.none = sys(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 12 * PAGE));
	/* beyond the end of the file: nothing may touch it, dump neither */
	file.odd = sys(mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 14 * PAGE));
	close(ro);
	fill(file.shared + PAGE, PAGE, 201);		/* shared: in the file, too */
	fill(file.private + PAGE, PAGE, 202);		/* private: only here */
	fill(file.private + 5 * PAGE, PAGE, 203);
	fill(file.none, 2 * PAGE, 204);
	sys(mprotect(file.none, 2 * PAGE, PROT_NONE));
}

static void file_check(void)
{
	char page[PAGE];

	verify(file.shared, PAGE, 100, "shared file, page 0");
	verify(file.shared + PAGE, PAGE, 201, "shared file, page 1");
	verify(file.private, PAGE, 104, "private file, untouched page");
	verify(file.private + PAGE, PAGE, 202, "private file, changed page");
	verify(file.private + 5 * PAGE, PAGE, 203, "private file, changed page");
	verify(file.private + 7 * PAGE, PAGE, 111, "private file, last page");
	verify(file.ro, PAGE, 112, "read-only file");
	verify(file.odd + PAGE, PAGE, 115, "mapping that reaches over the end of its file");
	sys(mprotect(file.none, 2 * PAGE, PROT_READ));
	verify(file.none, 2 * PAGE, 204, "private file, PROT_NONE");
	/* shared is shared both ways, private is not */
	fill(file.shared + 2 * PAGE, PAGE, 205);
	sys(pread(file.fd, page, PAGE, 2 * PAGE));
	verify(page, PAGE, 205, "file after a write to its shared mapping");
	fill(page, PAGE, 206);
	sys(pwrite(file.fd, page, PAGE, 3 * PAGE));
	verify(file.shared + 3 * PAGE, PAGE, 206, "shared mapping after a write to its file");
	fill(file.private + 2 * PAGE, PAGE, 207);
	sys(pread(file.fd, page, PAGE, 6 * PAGE));
	verify(page, PAGE, 106, "file after a write to its private mapping");
	sys(pread(file.fd, page, PAGE, 5 * PAGE));
	verify(page, PAGE, 105, "file under a changed page of a private mapping");
}

/*
 * Shared anonymous memory: the child has it all, the parent has its first half at
 * another place and without write, and the rest not at all.
 */
struct both {
	volatile int turn;
	volatile int value;
};
static char *both;
static pid_t child;

static void shared_child(void)
{
	struct both *b = (struct both *)(both + PAGE);

	while (b->turn != 1)
		sleep_ns(20 * MSEC);
	verify(both + 8 * PAGE, 8 * PAGE, 302, "shared memory that only the child has");
	check_is(b->value, 77, "what the parent wrote to shared memory");
	b->value = 78;
	b->turn = 2;
	_exit(0);
}

static void shared_make(void)
{
	both = sys(mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	memset(both, 0, 16 * PAGE);
	fill(both + 4 * PAGE, 4 * PAGE, 301);
	child = test_fork();
	if (!child) {
		fill(both + 8 * PAGE, 8 * PAGE, 302);
		shared_child();
	}
	sys(munmap(both + 8 * PAGE, 8 * PAGE));
	/* not from its first page: an area with an offset into the memory */
	sys(munmap(both, PAGE));
	both = (char *)sys(mremap(both + PAGE, 7 * PAGE, 7 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				  sys(mmap(NULL, 7 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)))) - PAGE;
	sys(mprotect(both + 4 * PAGE, 4 * PAGE, PROT_READ));
}

static void shared_check(void)
{
	struct both *b = (struct both *)(both + PAGE);
	int i;

	verify(both + 4 * PAGE, 4 * PAGE, 301, "shared memory");
	b->value = 77;
	b->turn = 1;
	for (i = 0; i < 1000 && b->turn != 2; i++)
		sleep_ns(20 * MSEC);
	check_is(b->value, 78, "what the child wrote to shared memory");
	test_reap(child);
}

/* a stack of its own that grows, and room to grow in */
static char *grows;

static void grows_make(void)
{
	/* hold 4 MiB free, then put a growing page at its upper end */
	char *p = sys(mmap(NULL, 4 * MB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	size_t i;

	sys(munmap(p, 4 * MB));
	grows = sys(mmap(p + 4 * MB - PAGE, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0));
	grows += PAGE;
	for (i = 1; i <= 10; i++)
		fill(grows - i * PAGE, PAGE, 400 + i);
}

static void grows_check(void)
{
	size_t i;

	for (i = 1; i <= 10; i++)
		verify(grows - i * PAGE, PAGE, 400 + i, "growing area");
	for (; i <= 20; i++)
		fill(grows - i * PAGE, PAGE, 400 + i);	/* it still grows */
}

/* 1 MiB down the stack */
static __attribute__((noinline)) void deep(int n)
{
	char frame[16384];

	fill(frame, sizeof(frame), 500 + n);
	if (n) {
		deep(n - 1);
	} else {
		test_ready();
		test_wait();
	}
	verify(frame, sizeof(frame), 500 + n, "deep in the stack");
}

static void after(void)
{
	struct area *a;
	int status;
	pid_t pid;

	for (a = areas; a < areas + nareas; a++) {
		if (a->hidden)
			sys(mprotect(a->p, a->len, PROT_READ));
		verify(a->p, a->len, a - areas, a->what);
	}
	/* the madvise flags of fork still work */
	pid = test_fork();
	if (!pid) {
		static char zero[PAGE];
		unsigned char in;

		for (a = areas; a < areas + nareas; a++) {
			if (!strcmp(a->what, "WIPEONFORK"))
				check(!memcmp(a->p, zero, PAGE), "was not wiped");
			if (!strcmp(a->what, "DONTFORK"))
				check(mincore(a->p, PAGE, &in) && errno == ENOMEM, "was inherited");
		}
		_exit(0);
	}
	sys(waitpid(pid, &status, 0));
	check_is(status, 0, "status of a child forked afterwards");
	/* the heap goes on where it was */
	add("brk afterwards", sbrk(4 * PAGE), 4 * PAGE);
	check(sbrk(-4 * (long)PAGE) != (void *)-1);
}

int main(void)
{
	anonymous();
	holes_make();
	file_make();
	shared_make();
	grows_make();
	deep(64);
	after();
	holes_check();
	file_check();
	shared_check();
	grows_check();
	test_pass();
}

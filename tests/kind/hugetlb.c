// SPDX-License-Identifier: GPL-2.0-only
/*
 * Huge pages (hugetlb) of 2 MiB: private, shared by fork, given up, taken away; shared without a
 * name; memfds; System V; files of a hugetlbfs (argv: where that is). Which pages are there and
 * which are reserved, hugetlb.sh looks at.
 */
#include "cpt_test.h"

#include <setjmp.h>
#include <sys/shm.h>

#define HUGE	(2ul << 20)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB)
#define RW	(PROT_READ | PROT_WRITE)

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4u
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static char *holes, *readonly, *hidden, *unreserved, *pieces, *cow, *dropped, *taken, *common;
static char *m_shared, *m_private, *m_future, *s_attached, *s_removed;
static char *f_shared, *f_private, *f_gone, *f_tmp;
static int mem, odd, future, s_nobody, s_here, s_gone, gone, tmp;
static const char *dir;
static volatile int *at_rest;		/* how many children are */

static char *map_fd(size_t pages, int prot, int flags, int fd, off_t at)
{
	char *p = mmap(NULL, pages * HUGE, prot, flags, fd, at);

	check(p != MAP_FAILED, "%zu huge pages: %s", pages, strerror(errno));
	return p;
}

static char *map(size_t pages, int flags)
{
	return map_fd(pages, RW, flags, -1, 0);
}

/* Is a page of this process there? */
static bool there(char *p)
{
	unsigned char vec[HUGE / PAGE];

	sys(mincore(p, HUGE, vec));
	return vec[0] & 1;
}

/* Pages of an area: a letter each, '.' where none is, else one whose code is the seed of its contents. */
static void make(char *p, const char *what)
{
	for (; *what; what++, p += HUGE)
		if (*what != '.')
			fill(p, HUGE, *what);
}

static void look(char *p, const char *what, const char *name)
{
	for (; *what; what++, p += HUGE) {
		check(there(p) == (*what != '.'), "%s: page %c", name, *what);
		if (*what != '.')
			verify(p, HUGE, *what, name);
	}
}

static sigjmp_buf killed;
static void on_bus(int sig) { siglongjmp(killed, sig); }

/* The kernel has taken it away: to touch it is death, not zeros. */
static void touch_taken(void)
{
	signal(SIGBUS, on_bus);
	if (!sigsetjmp(killed, 1)) {
		*(volatile char *)taken;
		test_fail("a page that was taken away is there again");
	}
	signal(SIGBUS, SIG_DFL);
}

/* What no area has reserved and nobody has. */
static size_t free_pages(void)
{
	size_t free = 0, reserved = 0;
	char line[100];
	FILE *f = fopen("/proc/meminfo", "r");

	check(f);
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "HugePages_Free: %zu", &free);
		sscanf(line, "HugePages_Rsvd: %zu", &reserved);
	}
	fclose(f);
	return free - reserved;
}

/* --- private ------------------------------------------------------------------------------------ */

static void make_private(void)
{
	holes = map(4, ANON);
	make(holes, "a.b.");
	readonly = map(2, ANON);
	make(readonly, "c.");
	sys(mprotect(readonly, 2 * HUGE, PROT_READ));
	hidden = map(1, ANON);
	make(hidden, "d");
	sys(mprotect(hidden, HUGE, PROT_NONE));
	unreserved = map(3, ANON | MAP_NORESERVE);
	make(unreserved, ".e.");
	/* one mapping, of which three areas are left */
	pieces = map(5, ANON);
	make(pieces, "fghij");
	sys(munmap(pieces + HUGE, HUGE));
	sys(mprotect(pieces + 3 * HUGE, HUGE, PROT_READ | PROT_EXEC));
	sys(madvise(pieces + 4 * HUGE, HUGE, MADV_DONTDUMP));
	cow = map(5, ANON);
	make(cow, "klm..");
	dropped = map(2, ANON);
	make(dropped, "no");
	taken = map(1, ANON);
	make(taken, "p");
	common = map(3, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB);
	make(common, "q..");
}

static void look_private(void)
{
	look(holes, "a.b.", "private");
	look(readonly, "c.", "read-only");
	sys(mprotect(hidden, HUGE, PROT_READ));
	look(hidden, "d", "not to be read");
	look(unreserved, ".e.", "not reserved");
	look(pieces, "f", "a piece");
	look(pieces + 2 * HUGE, "hij", "the other pieces");
	look(cow, "kLm..", "of the parent");
	look(dropped, "no", "that the child has given up");
	look(taken, "P", "that was taken from the child");
	verify(common, HUGE, 'q', "shared");
	/* what is reserved can be had */
	make(holes + HUGE, "1");
	make(holes + 3 * HUGE, "2");
	make(cow + 3 * HUGE, "34");
}

/* Of an area, the parent changes the second page, its child the third and fourth; the first stays common. */
static void orphan(void)
{
	sys(munmap(holes, 4 * HUGE));
	sys(munmap(readonly, 2 * HUGE));
	sys(munmap(hidden, HUGE));
	sys(munmap(unreserved, 3 * HUGE));
	sys(munmap(pieces, 5 * HUGE));
	sys(munmap(dropped, 2 * HUGE));
	sys(munmap(taken, HUGE));
	sys(munmap(m_private, 3 * HUGE));
	sys(munmap(f_private, 3 * HUGE));
	make(cow, "..XY");
	if (!test_fork()) {	/* whose parent ends */
		while (getppid() != 1)
			sleep_ns(50 * MSEC);
		__sync_fetch_and_add(at_rest, 1);
		while (!test_going())
			sleep_ns(200 * MSEC);
		look(cow, "klXY.", "of an orphan");
		make(cow + 4 * HUGE, "Z");
		fill(common + 2 * HUGE, HUGE, 't');
		_exit(0);
	}
	_exit(0);
}

static void sharer(void)
{
	make(cow, "..xy");
	sys(madvise(dropped, HUGE, MADV_DONTNEED));
	__sync_fetch_and_add(at_rest, 1);
	while (!test_going())
		sleep_ns(200 * MSEC);
	look(cow, "klxy.", "of the child");
	look(dropped, ".o", "given up");
	touch_taken();
	verify(common, HUGE, 'q', "shared with the parent");
	fill(common + HUGE, HUGE, 's');
	verify(s_attached, HUGE, 'u', "System V, in the child");
	verify(m_shared + HUGE, HUGE, 'A', "a memfd, in the child");
	fill(m_shared + 2 * HUGE, HUGE, 'r');
	make(cow, "z");		/* its own from now on */
	_exit(0);
}

/* With nothing free, a write of who has reserved the page takes it from the child. */
static void take(void)
{
	size_t n = free_pages();
	char *rest = map(n, ANON);

	make(taken, "P");
	sys(munmap(rest, n * HUGE));
	make(cow + HUGE, "L");
}

/* --- files -------------------------------------------------------------------------------------- */

static void make_memfds(void)
{
	struct stat st;

	mem = sys(memfd_create("huge", MFD_HUGETLB | MFD_ALLOW_SEALING));
	sys(ftruncate(mem, 6 * HUGE));
	m_shared = map_fd(4, RW, MAP_SHARED, mem, HUGE);	/* not the first, nor the last page */
	make(m_shared, ".A..");
	m_private = map_fd(3, RW, MAP_PRIVATE, mem, HUGE);
	make(m_private, "B..");
	sys(fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
	sys(fchmod(mem, 0640));
	odd = sys(memfd_create("odd", MFD_HUGETLB));
	sys(fallocate(odd, 0, HUGE, HUGE + 4321));
	sys(fallocate(odd, FALLOC_FL_KEEP_SIZE, 4 * HUGE, HUGE));
	sys(fstat(odd, &st));
	check_is(st.st_blocks, 3 * HUGE / 512, "blocks");
	check_is(st.st_size, 2 * HUGE + 4321, "size");
	future = sys(memfd_create("future", MFD_HUGETLB | MFD_ALLOW_SEALING));
	sys(ftruncate(future, HUGE));
	m_future = map_fd(1, RW, MAP_SHARED, future, 0);
	make(m_future, "C");
	sys(fcntl(future, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
}

static void look_memfds(void)
{
	struct stat st;

	verify(m_shared + HUGE, HUGE, 'A', "a memfd");
	look(m_private, "B", "a private mapping of a memfd");
	verify(m_private + HUGE, HUGE, 'A', "a memfd, in a private mapping");
	check_is(fcntl(mem, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW, "seals");
	sys(fstat(mem, &st));
	check_is(st.st_size, 6 * HUGE, "size");
	check_is(st.st_mode, S_IFREG | 0640, "mode");
	check(ftruncate(mem, 7 * HUGE) == -1 && errno == EPERM);
	sys(fstat(odd, &st));
	check_is(st.st_size, 2 * HUGE + 4321, "size");
	check_is(st.st_blocks, 3 * HUGE / 512, "blocks");
	verify(m_future, HUGE, 'C', "a sealed memfd");
	m_future[7]++;
	check(mmap(NULL, HUGE, RW, MAP_SHARED, future, 0) == MAP_FAILED && errno == EPERM);
}

static void make_sysv(void)
{
	s_here = sys(shmget(IPC_PRIVATE, 2 * HUGE - 5000, 0600 | SHM_HUGETLB));
	s_attached = sys(shmat(s_here, NULL, 0));
	make(s_attached, "u.");
	s_nobody = sys(shmget(0x8069e, 2 * HUGE, IPC_CREAT | 0600 | SHM_HUGETLB | SHM_NORESERVE));
	char *p = sys(shmat(s_nobody, NULL, 0));
	make(p, ".v");
	sys(shmdt(p));
	s_gone = sys(shmget(IPC_PRIVATE, HUGE, 0600 | SHM_HUGETLB));
	s_removed = sys(shmat(s_gone, NULL, 0));
	make(s_removed, "w");
	sys(shmctl(s_gone, IPC_RMID, NULL));
}

static void look_sysv(void)
{
	struct shmid_ds ds;
	char *p;

	sys(shmctl(s_here, IPC_STAT, &ds));
	check_is(ds.shm_segsz, 2 * HUGE - 5000, "size of a segment");
	verify(s_attached, HUGE, 'u', "System V");
	fill(s_attached + HUGE, HUGE, 'U');
	check_is(shmget(0x8069e, 0, 0), s_nobody, "id");
	p = sys(shmat(s_nobody, NULL, 0));
	verify(p + HUGE, HUGE, 'v', "System V, attached by nobody");
	sys(shmdt(p));
	verify(s_removed, HUGE, 'w', "System V, removed");
	sys(shmctl(s_here, IPC_RMID, NULL));
	sys(shmctl(s_nobody, IPC_RMID, NULL));
}

static int file(const char *name, int flags)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return sys(open(path, flags, 0640));
}

static void make_files(void)
{
	char path[200];
	int fd = file("shared", O_RDWR | O_CREAT);

	f_shared = map_fd(3, RW, MAP_SHARED, fd, 0);
	make(f_shared, "D.E");
	f_private = map_fd(3, RW, MAP_PRIVATE, fd, 0);
	make(f_private, "FG");
	gone = file("gone", O_RDWR | O_CREAT);
	f_gone = map_fd(2, RW, MAP_SHARED, gone, HUGE);
	make(f_gone, ".H");
	snprintf(path, sizeof(path), "%s/gone", dir);
	sys(unlink(path));
	tmp = file(".", O_RDWR | O_TMPFILE);
	f_tmp = map_fd(1, RW, MAP_SHARED, tmp, 0);
	make(f_tmp, "I");
	/* open by nobody: with a hole, there but not written, reserved only, of any size, empty */
	fd = file("alone", O_RDWR | O_CREAT);
	char *p = map_fd(2, RW, MAP_SHARED | MAP_NORESERVE, fd, 0);
	make(p, ".J");
	sys(munmap(p, 2 * HUGE));
	sys(fallocate(fd, FALLOC_FL_KEEP_SIZE, 3 * HUGE, HUGE));
	close(fd);
	fd = file("reserved", O_RDWR | O_CREAT);
	sys(munmap(map_fd(3, PROT_READ, MAP_SHARED, fd, HUGE), 3 * HUGE));
	close(fd);
	fd = file("odd", O_RDWR | O_CREAT);
	sys(fallocate(fd, 0, HUGE, HUGE + 100));
	sys(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 2 * HUGE, HUGE));
	p = map_fd(1, RW, MAP_SHARED, fd, HUGE);
	make(p, "K");
	sys(munmap(p, HUGE));
	close(fd);
	fd = file("empty", O_RDWR | O_CREAT);
	sys(ftruncate(fd, 2 * HUGE));
	close(fd);
}

static void look_file(const char *name, off_t size, unsigned int pages)
{
	struct stat st;
	int fd = file(name, O_RDONLY);

	sys(fstat(fd, &st));
	check(st.st_size == size && st.st_blocks == pages * (blkcnt_t)HUGE / 512 && st.st_mode == (S_IFREG | 0640),
	      "%s: %lld bytes, %lld blocks", name, (long long)st.st_size, (long long)st.st_blocks);
	close(fd);
}

static void look_files(void)
{
	char *p;
	int fd;

	verify(f_shared, HUGE, 'D', "a file");
	verify(f_shared + 2 * HUGE, HUGE, 'E', "a file");
	look(f_private, "FG", "a private mapping of a file");
	verify(f_private + 2 * HUGE, HUGE, 'E', "a file, in a private mapping");
	look_file("shared", 3 * HUGE, 2);
	fill(f_shared + HUGE, HUGE, 'M');
	verify(f_gone + HUGE, HUGE, 'H', "a deleted file");
	fill(f_gone, HUGE, 'N');
	verify(f_tmp, HUGE, 'I', "a file that had no name");
	look_file("alone", 2 * HUGE, 2);
	fd = file("alone", O_RDWR);
	p = map_fd(1, PROT_READ, MAP_SHARED, fd, HUGE);
	verify(p, HUGE, 'J', "a file that nobody has open");
	look_file("reserved", 0, 0);
	look_file("odd", 2 * HUGE + 100, 1);
	fd = file("odd", O_RDONLY);
	p = map_fd(1, PROT_READ, MAP_SHARED, fd, HUGE);
	verify(p, HUGE, 'K', "a file of a strange size");
	look_file("empty", 2 * HUGE, 0);
}

int main(int argc, char **argv)
{
	pid_t pid[2];

	check(argc == 2, "where is a hugetlbfs?");
	dir = argv[1];
	at_rest = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	make_private();
	make_memfds();
	make_sysv();
	make_files();
	pid[0] = test_fork();
	if (!pid[0])
		orphan();
	test_reap(pid[0]);
	pid[1] = test_fork();
	if (!pid[1])
		sharer();
	while (*at_rest < 2)
		sleep_ns(100 * MSEC);
	take();
	test_ready();
	test_wait();
	look_private();
	look_memfds();
	look_sysv();
	look_files();
	test_reap(pid[1]);
	verify(common + HUGE, HUGE, 's', "what the child has written");
	verify(m_shared + 2 * HUGE, HUGE, 'r', "what the child has written to a memfd");
	while (((volatile uint32_t *)(common + 3 * HUGE))[-1] == 0)
		sleep_ns(100 * MSEC);
	verify(common + 2 * HUGE, HUGE, 't', "what the orphan has written");
	test_pass();
}

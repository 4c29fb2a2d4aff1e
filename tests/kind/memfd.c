// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd: contents with holes, sizes, positions, several descriptions of one, seals,
 * shared and private mappings, also of one that was sealed since; held by a descriptor
 * alone; a program that runs from one.
 */
#include "cpt_test.h"

#include <pthread.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static int plain, plain_ro, sparse, sealed, future, empty, shared;
static char *map_shared, *map_private, *map_future, *map_sealed;
static pid_t runs;
#define BIG	(1 << 20)

static int memfd(const char *name, unsigned int flags)
{
	return sys(memfd_create(name, flags));
}

static char *map(int fd, int flags, int prot)
{
	char *p = mmap(NULL, 4 * PAGE, prot, flags, fd, 0);

	check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	return p;
}

static void make_files(void)
{
	char path[64];

	plain = memfd("a name: with / and \303\244", MFD_CLOEXEC);
	fill_file(plain, 0, BIG, 1);
	sys(ftruncate(plain, BIG - 100));
	sys(lseek(plain, 12345, SEEK_SET));
	sys(fchmod(plain, 0640));
	sys(fchown(plain, 12, 34));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", plain);
	plain_ro = sys(open(path, O_RDONLY | O_APPEND));
	sys(lseek(plain_ro, 77, SEEK_SET));
	sparse = memfd("sparse", 0);
	fill_file(sparse, 100 * PAGE, PAGE, 2);
	sys(ftruncate(sparse, 1ll << 32));
	empty = memfd("", 0);
}

static void make_maps(void)
{
	sealed = memfd("sealed", MFD_ALLOW_SEALING);
	fill_file(sealed, 0, 4 * PAGE, 3);
	sys(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
	map_sealed = map(sealed, MAP_SHARED, PROT_READ);
	future = memfd("future", MFD_ALLOW_SEALING);
	fill_file(future, 0, 4 * PAGE, 4);
	map_future = map(future, MAP_SHARED, PROT_READ | PROT_WRITE);
	sys(fcntl(future, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL));
	shared = memfd("shared", 0);
	fill_file(shared, 0, 4 * PAGE, 5);
	map_shared = map(shared, MAP_SHARED, PROT_READ | PROT_WRITE);
	map_private = map(shared, MAP_PRIVATE, PROT_READ | PROT_WRITE);
	fill(map_private + PAGE, PAGE, 6);	/* a page of its own */
	close(shared);
}

/* a program in a memfd, and nothing else of it */
static pid_t run_from_memfd(void)
{
	char *const argv[] = { "sleep", "10000", NULL }, *const envp[] = { NULL };
	int from = sys(open("/bin/sleep", O_RDONLY)), to = memfd("program", MFD_CLOEXEC);
	char buf[65536];
	pid_t pid;
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		check(write(to, buf, n) == n);
	close(from);
	pid = test_fork();
	if (!pid) {
		fexecve(to, argv, envp);
		_exit(1);
	}
	close(to);
	return pid;
}

static void check_files(void)
{
	struct stat st;

	sys(fstat(plain, &st));
	check(st.st_size == BIG - 100 && st.st_uid == 12 && st.st_gid == 34 && st.st_mode == (S_IFREG | 0640),
	      "size %lld, mode %o", (long long)st.st_size, st.st_mode);
	verify_file(plain, 0, BIG - PAGE, 1, "contents");
	check_is(lseek(plain, 0, SEEK_CUR), 12345, "position");
	check_is(lseek(plain_ro, 0, SEEK_CUR), 77, "position of another description");
	check(write(plain_ro, "x", 1) == -1 && errno == EBADF, "the read-only description");
	check((fcntl(plain_ro, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_RDONLY | O_APPEND), "flags");
	check(fcntl(plain, F_GET_SEALS) == F_SEAL_SEAL, "seals of one that has none: %#x", fcntl(plain, F_GET_SEALS));
	fill_file(plain, 0, PAGE, 9);
	verify_file(plain_ro, 0, PAGE, 9, "both are one file");
	sys(fstat(sparse, &st));
	check(st.st_size == 1ll << 32 && st.st_blocks == PAGE / 512, "sparse: %lld blocks", (long long)st.st_blocks);
	verify_file(sparse, 100 * PAGE, PAGE, 2, "sparse");
	sys(fstat(empty, &st));
	check_is(st.st_size, 0, "size of an empty one");
}

static void check_maps(void)
{
	check_is(fcntl(sealed, F_GET_SEALS), F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW, "seals");
	verify(map_sealed, 4 * PAGE, 3, "a sealed one");
	check(write(sealed, "x", 1) == -1 && errno == EPERM, "a sealed one is written");
	check(mprotect(map_sealed, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES, "a sealed one is made writable");
	check(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, sealed, 0) == MAP_FAILED, "a sealed one is mapped for writing");
	sys(fcntl(sealed, F_ADD_SEALS, F_SEAL_SEAL));
	check_is(fcntl(future, F_GET_SEALS), F_SEAL_FUTURE_WRITE | F_SEAL_SEAL, "seals");
	fill(map_future, PAGE, 7);
	verify_file(future, 0, PAGE, 7, "mapped before it was sealed");
	check(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, future, 0) == MAP_FAILED, "mapped after it was sealed");
	verify(map_shared, 4 * PAGE, 5, "a shared mapping");
	verify(map_private, PAGE, 5, "a private mapping");
	verify(map_private + PAGE, PAGE, 6, "a page of its own");
	map_shared[3 * PAGE] = 42;
	check_is(map_private[3 * PAGE], 42, "both map one file");
	map_private[3 * PAGE] = 1;
	check_is(map_shared[3 * PAGE], 42, "a private page");
}

int main(void)
{
	char exe[64] = "", path[64];
	pid_t child;

	make_files();
	make_maps();
	runs = run_from_memfd();
	child = test_fork();
	if (!child) {
		while (!test_going())
			sleep_ns(50 * MSEC);
		map_shared[8] = 88;
		_exit(0);
	}
	sleep_ns(200 * MSEC);
	test_ready();
	test_wait();
	test_reap(child);
	check_is(map_shared[8], 88, "what parent and child share");
	fill(map_shared, PAGE, 5);
	check_files();
	check_maps();
	snprintf(path, sizeof(path), "/proc/%d/exe", runs);
	check(readlink(path, exe, sizeof(exe) - 1) > 0 && !strcmp(exe, "/memfd:program (deleted)"), "it runs %s", exe);
	sys(kill(runs, SIGTERM));
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V shared memory: attached by two processes, read-only too, by one shmat(2) in pieces,
 * by nobody; removed, with its key in use again; of a size that is no whole pages, sparse,
 * locked, of another owner, made by a process that is gone. What /proc says of all of it, the
 * ids of new segments, and whose exit takes one away (kernel.shm_rmid_forced).
 * drive: alone
 */
#include "sysv.h"

#include <sys/ipc.h>
#include <sys/shm.h>

#define KEY	0x51530000
#define LOW	(3 * PAGE + 100)
#define BIG	(64ul << 20)
#define TABLE	"/proc/sysvipc/shm"

static int both, nobody, removed, again, orphan, sparse, locked, pieces, latest, forced;
static char *p_both, *p_ro, *p_removed, *p_sparse, *p_pieces, *p_locked;
static int to_child[2], from_child[2], to_maker[2];

static int get(int key, size_t size, int flags)
{
	return sys(shmget(key, size, IPC_CREAT | IPC_EXCL | flags));
}

static char *at(int id, int flags)
{
	return sys(shmat(id, NULL, flags));
}

static void tell(int fd, char c) { check(write(fd, &c, 1) == 1); }
static char hear(int fd)
{
	char c;

	check(read(fd, &c, 1) == 1, "the other is gone");
	return c;
}

/* It has what fork gave it, and attaches by itself what the parent has removed. */
static pid_t child(void)
{
	pid_t pid = test_fork();
	char *own;

	if (pid)
		return pid;
	sys(shmdt(p_pieces));
	own = at(both, SHM_RDONLY);
	tell(from_child[1], 'a');
	check(hear(to_child[0]) == 'w');
	check(own[0] == 'P' && p_both[0] == 'P', "what the parent has written");
	verify(own + PAGE, 3 * PAGE, 1, "shared memory of the child");
	p_both[1] = 'C';
	check(p_removed[7] == 'r');
	tell(from_child[1], 'd');
	check(hear(to_child[0]) == 'x');
	_exit(0);
}

static void make_owner(int id)
{
	struct shmid_ds ds;

	sys(shmctl(id, IPC_STAT, &ds));
	ds.shm_perm.uid = 1001;
	ds.shm_perm.gid = 1002;
	ds.shm_perm.mode = 0640;
	sys(shmctl(id, IPC_SET, &ds));
}

static void make_pieces(void)
{
	int i;

	pieces = get(IPC_PRIVATE, 8 * PAGE, 0600);
	p_pieces = at(pieces, 0);
	for (i = 0; i < 8; i++)
		fill(p_pieces + i * PAGE, PAGE, 5 + i);
	sys(munmap(p_pieces + 2 * PAGE, PAGE));
	sys(mprotect(p_pieces + 5 * PAGE, PAGE, PROT_READ));
}

static void make(void)
{
	char *p;
	int gone;

	both = get(KEY, LOW, 0666);
	p_both = at(both, 0);
	fill(p_both + PAGE, 3 * PAGE, 1);
	p_ro = at(both, SHM_RDONLY);
	nobody = get(KEY + 1, 5 * PAGE, 0600);
	p = at(nobody, 0);
	fill(p, 5 * PAGE, 2);
	sys(shmdt(p));
	make_owner(nobody);
	removed = get(KEY + 2, PAGE, 0600);
	p_removed = at(removed, 0);
	p_removed[7] = 'r';
	sys(shmctl(removed, IPC_RMID, NULL));
	again = get(KEY + 2, 2 * PAGE, 0604);
	IPC_CHILD(orphan = get(KEY + 3, PAGE, 0600); sys(shmdt(strcpy(at(orphan, 0), "orphan"))));
	orphan = sys(shmget(KEY + 3, 0, 0));
	sparse = get(IPC_PRIVATE, BIG, 0600 | SHM_NORESERVE);
	p_sparse = at(sparse, 0);
	fill(p_sparse + BIG / 2, PAGE, 3);
	locked = get(IPC_PRIVATE, 3 * PAGE, 0600);
	p_locked = at(locked, 0);
	fill(p_locked, 3 * PAGE, 4);
	sys(shmctl(locked, SHM_LOCK, NULL));
	make_pieces();
	gone = get(IPC_PRIVATE, PAGE, 0600);
	latest = get(IPC_PRIVATE, PAGE, 0600);
	sys(shmctl(gone, IPC_RMID, NULL));
	sys(shmctl(latest, IPC_RMID, NULL));
}

/* A process that made a segment nobody has attached: with its end that is gone, if they say so. */
static pid_t maker(void)
{
	pid_t pid = test_fork();

	if (pid)
		return pid;
	forced = get(KEY + 4, PAGE, 0600);
	tell(from_child[1], 'm');
	check(hear(to_maker[0]) == 'm');
	_exit(0);
}

static void use_child(pid_t pid)
{
	p_both[0] = 'P';
	check(p_ro[0] == 'P', "the read-only mapping is another memory");
	tell(to_child[1], 'w');
	check(hear(from_child[0]) == 'd');
	check(p_both[1] == 'C' && p_ro[1] == 'C', "what the child has written");
	tell(to_child[1], 'x');
	test_reap(pid);
}

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds ds;

	sys(shmctl(id, IPC_STAT, &ds));
	return ds;
}

static void check_contents(void)
{
	char *p = at(nobody, SHM_RDONLY);

	verify(p_both + PAGE, 3 * PAGE, 1, "shared memory");
	verify(p, 5 * PAGE, 2, "shared memory that nobody had attached");
	sys(shmdt(p));
	check(p_removed[7] == 'r' && p_removed[8] == 0, "removed shared memory");
	check(shmat(removed, NULL, 0) != (void *)-1, "removed, but not gone yet: %s", strerror(errno));
	p = at(orphan, 0);
	check(!strcmp(p, "orphan"));
	sys(shmdt(p));
	verify(p_sparse + BIG / 2, PAGE, 3, "sparse shared memory");
	check(p_sparse[0] == 0 && p_sparse[BIG - 1] == 0);
	verify(p_locked, 3 * PAGE, 4, "locked shared memory");
	verify(p_pieces + PAGE, PAGE, 6, "the first piece");
	verify(p_pieces + 3 * PAGE, PAGE, 8, "the second piece");
	verify(p_pieces + 5 * PAGE, PAGE, 10, "the read-only piece");
}

/* The pieces are still of one shmat(2): shmdt(2) takes them all, and read-only stays so. */
static void check_mappings(void)
{
	int null = sys(open("/dev/zero", O_RDONLY));

	check_is(stat_of(pieces).shm_nattch, 4, "pieces");
	check(read(null, p_pieces + 5 * PAGE, 1) == -1 && errno == EFAULT, "a read-only piece was written");
	check(read(null, p_ro, 1) == -1 && errno == EFAULT, "read-only shared memory was written");
	check(mprotect(p_ro, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES, "mprotect");
	close(null);
	sys(shmdt(p_pieces));
	check_is(stat_of(pieces).shm_nattch, 0, "pieces");
	check(msync(p_pieces, PAGE, MS_ASYNC) == -1 && msync(p_pieces + 7 * PAGE, PAGE, MS_ASYNC) == -1);
	sys(shmdt(p_removed));
	check_is(stat_of(removed).shm_nattch, 1, "the removed one");
}

static void check_ids(void)
{
	int id = get(IPC_PRIVATE, PAGE, 0600);

	check_is(id, latest + 1, "id of a new segment");
	sys(shmctl(id, IPC_RMID, NULL));
	check_is(sys(shmget(KEY, 0, 0)), both, "id by its key");
	check_is(sys(shmget(KEY + 2, 0, 0)), again, "id by a key of two");
}

/* Only then the last of their makers exits: this is /proc's, where it may be written. */
static void check_forced(pid_t pid)
{
	int fd = open("/proc/sys/kernel/shm_rmid_forced", O_WRONLY | O_CLOEXEC);
	bool set = fd >= 0 && test_go.frozen_ns && write(fd, "1", 1) == 1;

	forced = sys(shmget(KEY + 4, 0, 0));
	tell(to_maker[1], 'm');
	test_reap(pid);
	if (set) {
		check(shmget(KEY + 3, 0, 0) == -1, "the segment of one who was gone is there");
		check(shmget(KEY + 4, 0, 0) == -1, "the segment of one who is gone is there");
		check_is(sys(shmget(KEY, 0, 0)), both, "the segment of one who lives");
		check(pwrite(fd, "0", 1, 0) == 1);
	}
	if (fd >= 0)
		close(fd);
}

static void tidy_up(void)
{
	int all[] = { both, nobody, again, orphan, sparse, locked, pieces, forced };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		shmctl(all[i], IPC_RMID, NULL);
}

int main(void)
{
	static struct ipc_text table, maps;
	pid_t pid, made;

	sys(pipe(to_child));
	sys(pipe(from_child));
	sys(pipe(to_maker));
	made = maker();
	check(hear(from_child[0]) == 'm');
	make();
	pid = child();
	check(hear(from_child[0]) == 'a');
	ipc_read(&table, TABLE, "");
	ipc_read(&maps, "/proc/self/maps", "/SYSV");
	test_ready();
	test_wait();
	ipc_same(&table, TABLE, "");
	ipc_same(&maps, "/proc/self/maps", "/SYSV");
	use_child(pid);
	check_contents();
	check_mappings();
	check_ids();
	check_forced(made);
	tidy_up();
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * For mntns.sh: mount namespaces of single processes:
 *
 *	top		in the VE's own
 *	 ├ service	as systemd makes one: / bound, a private /var/tmp, /usr read-only, pivot_root
 *	 │  │		a thread that shares its directories, one that has its own
 *	 │  ├ child	in the same; and its child, back in the VE's
 *	 │  └ jail	in the same, its root in the private tmpfs
 *	 └ other	its own, private: mounts over mounts; a thread has one more
 */
#include "cpt_test.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>

static int up[2], go[2];

/* What a process has made is ready; it goes on when it may look whether all is there. */
static void rest(void)
{
	char c = 0;

	sys(write(up[1], &c, 1));
	check(read(go[0], &c, 1) == 0);
}

static void begin(void)
{
	close(go[1]);
}

static int make(const char *path, uint32_t seed)
{
	int fd = sys(open(path, O_RDWR | O_CREAT | O_EXCL, 0640));

	fill_file(fd, 0, 2 * PAGE, seed);
	return fd;
}

static bool has(const char *path)
{
	return !access(path, F_OK);
}

static void new_root(const char *root)
{
	sys(chdir(root));
	sys(syscall(SYS_pivot_root, ".", "."));
	sys(umount2(".", MNT_DETACH));
	sys(chdir("/"));
}

/* --- service ----------------------------------------------------------------------------------- */

static void *sharer(void *arg)
{
	rest();
	check(has("/var/tmp/private") && has("here"), "a thread that shares its directories");
	return arg;
}

static void *loner(void *arg)
{
	sys(unshare(CLONE_FS));
	sys(chdir("/usr"));
	rest();
	check(has("/var/tmp/private") && has("bin") && !has("here"), "a thread with directories of its own");
	return arg;
}

static void back(int home)
{
	begin();
	sys(setns(home, CLONE_NEWNS));
	close(home);
	sys(chdir("/srv"));
	rest();
	check(!has("/var/tmp/private") && has("/var/tmp/public"), "a process back in the VE's namespace");
	_exit(0);
}

static void child(int home)
{
	pid_t pid;

	begin();
	pid = test_fork();
	if (!pid)
		back(home);
	close(home);
	rest();
	check(has("/var/tmp/private") && has("here"), "a child in the namespace of its parent");
	test_reap(pid);
	_exit(0);
}

static void jail(int home)
{
	begin();
	close(home);
	sys(chroot("/var/tmp/jail"));
	sys(chdir("/"));
	rest();
	check(has("/inmate") && !has("/usr"), "a process with another root");
	_exit(0);
}

static void service(void)
{
	int home = sys(open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC)), outside = make("/srv/outside", 1), own, gone;
	pthread_t threads[2];
	pid_t pids[2];
	char *map;

	begin();
	sys(unshare(CLONE_NEWNS));
	sys(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
	sys(mkdir("/run/unit", 0700));
	sys(mount("/", "/run/unit", NULL, MS_BIND | MS_REC, NULL));
	sys(mount("private", "/run/unit/var/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=4m"));
	sys(mount("/run/unit/usr", "/run/unit/usr", NULL, MS_BIND, NULL));
	sys(mount(NULL, "/run/unit/usr", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	sys(mount("/dev/null", "/run/unit/etc/motd", NULL, MS_BIND, NULL));
	new_root("/run/unit");
	sys(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	sys(mkdir("/var/tmp/private", 0700));
	sys(mkdir("/var/tmp/private/here", 0700));
	sys(mkdir("/var/tmp/jail", 0700));
	sys(mkdir("/var/tmp/jail/inmate", 0700));
	own = make("/var/tmp/private/own", 2);
	gone = make("/var/tmp/private/gone", 3);
	sys(unlink("/var/tmp/private/gone"));
	map = sys(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, own, 0));
	sys(chdir("/var/tmp/private"));
	pids[0] = test_fork();
	if (!pids[0])
		child(home);
	pids[1] = test_fork();
	if (!pids[1])
		jail(home);
	close(home);
	thr(pthread_create(&threads[0], NULL, sharer, NULL));
	thr(pthread_create(&threads[1], NULL, loner, NULL));
	rest();
	verify(map, 2 * PAGE, 2, "a mapped file of the private tmpfs");
	verify_file(gone, 0, 2 * PAGE, 3, "a deleted file of the private tmpfs");
	verify_file(outside, 0, 2 * PAGE, 1, "a file opened in the VE's namespace");
	check(open("/usr/new", O_CREAT | O_WRONLY, 0600) < 0 && errno == EROFS, "/usr is not read-only");
	check(has("here") && !has("/var/tmp/public"), "the current directory, or another /var/tmp");
	for (int i = 0; i < 2; i++)
		thr(pthread_join(threads[i], NULL));
	test_reap(pids[0]);
	test_reap(pids[1]);
	_exit(0);
}

/* --- other ------------------------------------------------------------------------------------- */

static void *elsewhere(void *arg)
{
	sys(unshare(CLONE_NEWNS));
	sys(mount("thread", "/mnt", "tmpfs", 0, NULL));
	sys(mkdir("/mnt/thread", 0700));
	rest();
	check(has("/mnt/thread") && !has("/mnt/second"), "a thread in a namespace of its own");
	return arg;
}

static void other(void)
{
	int under, hidden;
	pthread_t thread;

	begin();
	sys(unshare(CLONE_NEWNS));
	sys(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	sys(mount("first", "/mnt", "tmpfs", 0, NULL));
	hidden = make("/mnt/hidden", 4);
	sys(mkdir("/mnt/dir", 0700));
	sys(mount("deep", "/mnt/dir", "tmpfs", 0, NULL));
	under = make("/mnt/dir/under", 5);
	sys(mount("second", "/mnt", "tmpfs", 0, NULL));
	sys(mkdir("/mnt/second", 0700));
	sys(umount2("/dev/shm", MNT_DETACH));
	thr(pthread_create(&thread, NULL, elsewhere, NULL));
	rest();
	verify_file(hidden, 0, 2 * PAGE, 4, "a file of a hidden mount");
	verify_file(under, 0, 2 * PAGE, 5, "a file of a mount on a hidden one");
	check(has("/mnt/second") && !has("/mnt/thread"), "/mnt is not what it was");
	thr(pthread_join(thread, NULL));
	_exit(0);
}

int main(void)
{
	pid_t pids[2];
	char c;

	sys(pipe(up));
	sys(pipe(go));
	sys(mkdir("/var/tmp/public", 0700));
	pids[0] = test_fork();
	if (!pids[0])
		service();
	pids[1] = test_fork();
	if (!pids[1])
		other();
	for (int i = 0; i < 8; i++)
		check(read(up[0], &c, 1) == 1);
	close(go[0]);
	close(up[0]);
	close(up[1]);
	test_ready();
	test_wait();
	check(has("/var/tmp/public") && !has("/var/tmp/private") && !has("/mnt/second"), "the VE's own mounts");
	close(go[1]);
	test_reap(pids[0]);
	test_reap(pids[1]);
	test_pass();
}

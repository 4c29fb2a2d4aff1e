// SPDX-License-Identifier: GPL-2.0-only
/*
 * One process for each sort of open file that is not supported, named after it, with that file
 * as its descriptor 40. NAME.list says, a line each, the sentence by which it must be refused
 * (fds.sh), or "- SORT: ERROR": it cannot be had here. After that all must still work.
 *
 * It has capabilities that no VE has; whatever it mounts goes with the VE.
 */
#include "cpt_test.h"

#include <arpa/inet.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/xattr.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_io_uring_register
#define SYS_io_uring_register 427
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

#define FD 40

static int other;	/* a second descriptor, where one alone is of no use */
static const char *sort;	/* the name of the current process */
static char also[512];	/* the sentence, where the table cannot know it */

/* A path of this sort's own, in @dir. */
static const char *own(const char *dir)
{
	char *path;

	check(asprintf(&path, "%s/fds.%s", dir, sort) > 0);
	return path;
}

static int own_file(const char *dir)
{
	return sys(open(own(dir), O_RDWR | O_CREAT, 0600));
}

/* A child that runs @run, and dies with this process. */
static pid_t child_of(void (*run)(void))
{
	pid_t pid = test_fork();

	if (!pid) {
		prctl(PR_SET_NAME, "child");
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 3; i < 10; i++)
			close(i);
		if (run)
			run();
		for (;;)
			sleep_ns(NSEC);
	}
	return pid;
}

static int open_of(pid_t pid, const char *what, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	return open(path, flags);
}

static void die(pid_t pid)
{
	kill(pid, SIGKILL);
	check(waitpid(pid, NULL, 0) == pid);
}

/* --- sockets ------------------------------------------------------------------------------------ */

static int stream(int domain, struct sockaddr *a, socklen_t len)
{
	int fd = socket(domain, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, a, len) || listen(fd, 5))
		return -1;
	return fd;
}

static int k_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	return stream(AF_INET, (void *)&a, sizeof(a));
}

static void u_tcp(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	sys(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len));
	check(on);
}

static int k_udp(void) { return socket(AF_INET6, SOCK_DGRAM, 0); }
static int k_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }
static int k_packet(void) { return socket(AF_PACKET, SOCK_DGRAM, 0); }
static int k_alg(void) { return socket(AF_ALG, SOCK_SEQPACKET, 0); }
static int k_vsock(void) { return socket(AF_VSOCK, SOCK_STREAM, 0); }
static int k_xdp(void) { return socket(AF_XDP, SOCK_RAW, 0); }
static int k_key(void) { return socket(AF_KEY, SOCK_RAW, 2 /* PF_KEY_V2 */); }
static int k_can(void) { return socket(AF_CAN, SOCK_RAW, 1); }

/* in a map of BPF, which is open too */
static int k_sockmap(void)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 1 };
	union bpf_attr set = { 0 };
	int fd[2], key = 0;

	sys(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd));
	other = syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map));
	set.map_fd = other;
	set.key = (unsigned long)&key;
	set.value = (unsigned long)&fd[0];
	return other < 0 || syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &set, sizeof(set)) ? -1 : fd[0];
}

/* more than an image takes of one queue */
static int k_bigqueue(void)
{
	size_t size = 1 << 20, n = 0, room = 1 << 29;
	char *buf = calloc(1, size);
	int fd[2];

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	if (setsockopt(fd[1], SOL_SOCKET, SO_SNDBUFFORCE, &(int){ room }, sizeof(int)))
		return -1;
	other = fd[1];
	while (n <= 256 << 20)
		n += sys(write(fd[1], buf, size));
	free(buf);
	snprintf(also, sizeof(also), "has %zu bytes in a unix socket (fd 40): too many", n);
	return fd[0];
}

/* --- what has no name --------------------------------------------------------------------------- */

/* a watch on what is deleted, but open */
static int k_inogone(void)
{
	int fd = inotify_init();

	other = own_file("/tmp");
	sys(inotify_add_watch(fd, own("/tmp"), IN_MODIFY));
	sys(unlink(own("/tmp")));
	return fd;
}

static int k_inoproc(void)
{
	int fd = inotify_init();

	other = open("/proc/self/status", O_RDONLY);	/* keeps the name in memory */
	return inotify_add_watch(fd, "/proc/self/status", IN_MODIFY) < 0 ? -1 : fd;
}

static int k_inonumber(void)	/* fds.sh makes the kernel forget the name */
{
	int fd = inotify_init();
	struct stat st;

	if (inotify_add_watch(fd, "/proc/self/limits", IN_MODIFY) < 0)
		return -1;
	sys(stat("/proc/self/limits", &st));
	snprintf(also, sizeof(also),
		 "watches inode %lu of proc (inotify, fd 40, watch 1), which is in /proc and cannot be preserved", (long)st.st_ino);
	return fd;
}

static int k_landlock(void) { return syscall(444 /* landlock_create_ruleset */, &(uint64_t){ 1 }, 8, 0); }
static int k_fsopen(void) { return syscall(430, "tmpfs", 0); }
static int k_opentree(void) { return syscall(428, AT_FDCWD, "/tmp", 1 /* OPEN_TREE_CLONE */); }
static int k_secret(void) { return syscall(447 /* memfd_secret */, 0); }

static int k_perf(void)
{
	uint32_t attr[32] = { 1 /* PERF_TYPE_SOFTWARE */, sizeof(attr) };

	return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0);
}

static int k_bpf(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int k_bpfprog(void)
{
	struct bpf_insn code[] = { { BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0 }, { BPF_JMP | BPF_EXIT, 0, 0, 0, 0 } };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2,
				.insns = (unsigned long)code, .license = (unsigned long)"GPL" };

	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int k_sockbpf(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), prog = k_bpfprog(), err;

	err = setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog));
	close(prog);
	return err ? -1 : fd;
}

static int k_reuseport(void)
{
	struct sock_filter first = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { 1, &first };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog)))
		return -1;
	return fd;
}

static int k_bpfstats(void)
{
	union bpf_attr attr = { 0 };

	return syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof(attr));
}

static int k_uring(void)
{
	char params[256] = { 0 };

	return syscall(SYS_io_uring_setup, 4, params);
}

/* signalled by an io_uring, which is open too */
static int k_eventring(void)
{
	int fd = eventfd(0, 0);

	other = k_uring();
	return other < 0 || syscall(SYS_io_uring_register, other, 4 /* IORING_REGISTER_EVENTFD */, &fd, 1) ? -1 : fd;
}

static int k_eventlock(void)
{
	int fd = eventfd(0, 0);

	return flock(fd, LOCK_SH) ? -1 : fd;
}

static int k_alarm(void) { return timerfd_create(9 /* CLOCK_BOOTTIME_ALARM */, 0); }

static int k_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api))
		return -1;
	return fd;
}

static int k_seccomp(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &all };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

static int k_watchpipe(void)
{
	int p[2];

	if (pipe2(p, O_EXCL /* O_NOTIFICATION_PIPE */))
		return -1;
	other = p[1];
	return p[0];
}

static int k_sealed(void)
{
	int fd = sys(memfd_create("fds", MFD_ALLOW_SEALING));
	char *p;

	sys(ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(p != MAP_FAILED);
	sys(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	sys(mprotect(p, PAGE, PROT_READ));
	snprintf(also, sizeof(also),
		 "has memory of a sealed memfd that was mapped for writing at %lx: memfd:fds, which cannot be preserved yet",
		 (unsigned long)p);
	return fd;
}

static int k_aiopoll(void)
{
	static struct iocb cb = { .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = POLLIN };
	struct iocb *list[1] = { &cb };
	aio_context_t ctx = 0;

	cb.aio_fildes = sys(eventfd(0, 0));
	if (syscall(SYS_io_setup, 4, &ctx) || syscall(SYS_io_submit, ctx, 1, list) != 1)
		return -1;
	snprintf(also, sizeof(also),
		 "waits for a file by asynchronous I/O (IOCB_CMD_POLL, context %lx), which cannot be preserved yet",
		 (unsigned long)ctx);
	return open("/dev/null", O_RDONLY);
}

static int k_aiohole(void)
{
	aio_context_t ctx = 0;

	if (syscall(SYS_io_setup, 1000, &ctx))
		return -1;
	sys(munmap((char *)ctx + PAGE, PAGE));
	snprintf(also, sizeof(also),
		 "has a context of asynchronous I/O whose ring at %lx is not mapped as a whole, which cannot be preserved",
		 (unsigned long)ctx);
	return open("/dev/null", O_RDONLY);
}

/* Whom the ring was of has it no more: the child goes on for this sort. */
static int k_aiostale(void)
{
	aio_context_t ctx = 0;
	int p[2];
	pid_t pid;

	if (syscall(SYS_io_setup, 4, &ctx))
		return -1;
	sys(pipe(p));
	pid = test_fork();
	if (pid) {
		close(p[0]);
		sys(syscall(SYS_io_destroy, ctx));
		close(p[1]);
		test_reap(pid);
		_exit(0);
	}
	close(p[1]);
	check(!read(p[0], &pid, 1));	/* when the parent has closed it */
	close(p[0]);
	snprintf(also, sizeof(also),
		 "has at %lx the ring of a context of asynchronous I/O that is not its own, which cannot be preserved",
		 (unsigned long)ctx);
	return open("/dev/null", O_RDONLY);
}

static void other_name(void)
{
	sys(unshare(CLONE_NEWUTS));
	close(sys(open(own("/tmp"), O_CREAT | O_WRONLY, 0600)));
}

static void wait_for(const char *path)
{
	while (access(path, F_OK))
		sleep_ns(20 * MSEC);
	unlink(path);
}

static int k_nsfd(void)
{
	pid_t pid = child_of(other_name);
	int fd;

	wait_for(own("/tmp"));
	fd = open_of(pid, "ns/uts", O_RDONLY);
	die(pid);
	return fd;
}

/* --- devices ------------------------------------------------------------------------------------ */

static int device(mode_t type, int maj, int min)
{
	unlink(own("/tmp"));
	sys(mknod(own("/tmp"), type | 0600, makedev(maj, min)));
	return open(own("/tmp"), O_RDONLY | O_NONBLOCK);
}

static int k_kmsg(void) { return device(S_IFCHR, 1, 11); }
static int k_console(void) { return device(S_IFCHR, 5, 1); }
static int k_vt(void) { return device(S_IFCHR, 4, 1); }
static int k_serial(void) { return device(S_IFCHR, 4, 64); }
static int k_tun(void) { return device(S_IFCHR, 10, 200); }
static int k_fuse(void) { return device(S_IFCHR, 10, 229); }
static int k_hwrng(void) { return device(S_IFCHR, 10, 183); }
static int k_loopctl(void) { return device(S_IFCHR, 10, 237); }
static int k_mapper(void) { return device(S_IFCHR, 10, 236); }
static int k_loop(void) { return device(S_IFBLK, 7, 0); }
static int k_uffddev(void) { return device(S_IFCHR, 10, 126); }
static int k_autofs(void) { return device(S_IFCHR, 10, 235); }
static int k_hpet(void) { return device(S_IFCHR, 10, 228); }
static int k_mem(void) { return device(S_IFCHR, 1, 1); }

/* The slave of a new pseudo terminal; the master is "other". */
static int new_slave(void)
{
	other = posix_openpt(O_RDWR | O_NOCTTY);
	return other < 0 || unlockpt(other) ? -1 : open(ptsname(other), O_RDWR | O_NOCTTY);
}

static int number_of(int slave)
{
	struct stat st;

	sys(fstat(slave, &st));
	return minor(st.st_rdev);
}

static int k_ldisc(void)
{
	int fd = new_slave(), discipline = 27;	/* N_NULL: it takes all and gives nothing */

	if (fd < 0 || ioctl(fd, TIOCSETD, &discipline))
		return -1;
	snprintf(also, sizeof(also), "uses a terminal (pts/%d) with another line discipline (27), which cannot be preserved", number_of(fd));
	return fd;
}

static int k_async(void)
{
	int fd = open("/dev/random", O_RDONLY);

	return fcntl(fd, F_SETFL, O_ASYNC) ? -1 : fd;
}

/* --- files -------------------------------------------------------------------------------------- */

static int k_gonelease(void)	/* to save its contents would break the lease */
{
	int fd = own_file("/tmp");

	sys(fcntl(fd, F_SETLEASE, F_WRLCK));
	sys(unlink(own("/tmp")));
	return fd;
}
static void u_lease(int fd) { check(fcntl(fd, F_GETLEASE) == F_WRLCK); }

static int k_shmlease(void)
{
	int fd = own_file("/run");

	sys(fcntl(fd, F_SETLEASE, F_WRLCK));
	return fd;
}

static void break_it(void)
{
	int fd = open(own("/tmp"), O_RDWR | O_NONBLOCK);

	check(fd < 0 && errno == EWOULDBLOCK, "%s: %s", own("/tmp"), strerror(errno));
	close(sys(open(own("/run"), O_CREAT | O_WRONLY, 0600)));
}

static int k_breaking(void)
{
	int fd = own_file("/tmp");

	signal(SIGIO, SIG_IGN);
	sys(fcntl(fd, F_SETLEASE, F_WRLCK));
	child_of(break_it);
	wait_for(own("/run"));
	return fd;
}

static int k_gonexattr(void)
{
	int fd = own_file("/tmp");

	sys(unlink(own("/tmp")));
	return fsetxattr(fd, "user.test", "x", 1, 0) ? -1 : fd;
}

static int k_gonetwo(void)	/* fds.sh makes the kernel forget the other name */
{
	int fd = own_file("/tmp");
	char *from = strdup(own("/tmp"));

	sys(link(from, own("/var")));
	sys(unlink(from));
	return fd;
}

static int k_gonenull(void)
{
	int fd = device(S_IFCHR, 1, 3);

	unlink(own("/tmp"));
	return fd;
}

static int k_gonefifo(void)
{
	int fd;

	sys(mkfifo(own("/tmp"), 0600));
	fd = sys(open(own("/tmp"), O_RDWR));
	sys(link(own("/tmp"), own("/var")));
	sys(unlink(own("/tmp")));
	return fd;
}

static int gone_dir(const char *dir, bool xattr)
{
	int fd;

	sys(mkdir(own(dir), 0700));
	fd = sys(open(own(dir), O_RDONLY | O_DIRECTORY));
	if (xattr && fsetxattr(fd, "user.test", "x", 1, 0))
		return -1;
	sys(rmdir(own(dir)));
	return fd;
}

static int k_gonedirx(void) { return gone_dir("/tmp", true); }

static int k_nested(void)
{
	char path[1024], *end = path + sprintf(path, "%s", own("/tmp"));
	int i, fd;

	sys(mkdir(path, 0700));
	for (i = 0; i < 205; i++)
		sys(mkdir((strcat(end, "/x"), path), 0700));
	fd = sys(open(path, O_RDONLY | O_DIRECTORY));
	for (; i >= 0; i--) {
		sys(rmdir(path));
		path[strlen(path) - 2] = 0;
	}
	return fd;
}

static void gone_cwd(void)
{
	sys(chdir(own("/tmp")));
	sys(setxattr(".", "user.test", "x", 1, 0));
	sys(rmdir(own("/tmp")));
}

static int k_cwd(void)
{
	sys(mkdir(own("/tmp"), 0700));
	gone_cwd();
	return open("/dev/null", O_RDONLY);
}

static const char *mounted(const char *source, const char *type, int flags)
{
	const char *at = own("/mnt");

	mkdir(at, 0700);
	return mount(source, at, type, flags, NULL) ? NULL : at;
}

static int k_gonero(void)	/* in a read-only mount of what can be written to elsewhere */
{
	const char *at = mounted("/var", NULL, MS_BIND);
	int fd;

	if (!at || mount(NULL, at, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL))
		return -1;
	close(own_file("/var"));
	fd = open(own(at), O_RDONLY);
	sys(unlink(own("/var")));
	return fd;
}

static int k_gonerodir(void)
{
	const char *at = mounted("none", "tmpfs", 0);
	int fd = at ? gone_dir(at, false) : -1;

	return fd < 0 || mount(NULL, at, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) ? -1 : fd;
}

static int k_unreachable(void)	/* moved out of what its mount shows */
{
	const char *at;
	int fd;

	sys(mkdir(own("/srv"), 0700));
	at = mounted(own("/srv"), NULL, MS_BIND);
	if (!at)
		return -1;
	close(own_file(own("/srv")));
	fd = open(own(at), O_RDONLY);
	sys(rename(own(own("/srv")), own("/var")));
	return fd;
}

static int k_high(void)	/* fds.sh lets it */
{
	struct rlimit r = { 1200000, 1200000 };
	int fd = open("/dev/null", O_RDONLY);

	return setrlimit(RLIMIT_NOFILE, &r) || dup2(fd, 1048581) < 0 ? -1 : fd;
}

/* --- files of the kernel ------------------------------------------------------------------------ */

static int k_fdinfo(void) { return open("/proc/self/fdinfo/0", O_RDONLY); }

static int k_proclock(void)
{
	int fd = open("/proc/self/status", O_RDONLY);

	return flock(fd, LOCK_SH) ? -1 : fd;
}

static int k_far(void)
{
	int fd = open("/proc/self/mem", O_RDONLY);

	lseek(fd, (off_t)0xffffffffff600000ull, SEEK_SET);
	return fd;
}

static int k_zombiens(void)
{
	pid_t pid = child_of(NULL);
	int fd = open_of(pid, "mounts", O_RDONLY);

	kill(pid, SIGKILL);
	sys(waitid(P_PID, pid, NULL, WEXITED | WNOWAIT));
	return fd;
}

static void exec_soon(void)
{
	wait_for(own("/run"));
	execl("/bin/sleep", "sleep", "10000", NULL);
	_exit(1);
}

static int k_procexec(void)
{
	pid_t pid = child_of(exec_soon);
	int fd = open_of(pid, "maps", O_RDONLY);
	char name[16] = "";

	close(own_file("/run"));
	while (strncmp(name, "sleep", 5)) {
		int f = sys(open_of(pid, "comm", O_RDONLY));

		check(read(f, name, sizeof(name)) > 0);
		close(f);
		sleep_ns(20 * MSEC);
	}
	return fd;
}

static void chroot_soon(void)
{
	wait_for(own("/run"));
	close(own_file("/tmp"));
	sys(chroot("/usr"));
	sys(chdir("/"));
}

static int k_chroot(void)
{
	pid_t pid = child_of(chroot_soon);
	int fd = open_of(pid, "mountinfo", O_RDONLY);

	close(own_file("/run"));
	wait_for(own("/tmp"));
	sleep_ns(NSEC / 2);
	return fd;
}

static void *open_task(void *arg)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/status", syscall(SYS_gettid));
	*(int *)arg = open(path, O_RDONLY);
	return NULL;
}

static int k_procthread(void)
{
	pthread_t t;
	int fd;

	thr(pthread_create(&t, NULL, open_task, &fd));
	thr(pthread_join(t, NULL));
	sleep_ns(NSEC / 10);
	return fd;
}

static int k_deadmaps(void)
{
	pid_t pid = child_of(NULL);
	int fd = open_of(pid, "environ", O_RDONLY);

	die(pid);
	return fd;
}

static void lead(void)
{
	sys(setsid());
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (test_fork())
		for (;;)
			sleep_ns(NSEC);
	prctl(PR_SET_PDEATHSIG, 0);
	close(own_file("/run"));
	while (!test_going())
		sleep_ns(100 * MSEC);
	_exit(0);
}

static int k_deadused(void)	/* its session lives on */
{
	pid_t pid = child_of(lead);
	int fd = open_of(pid, "status", O_RDONLY);

	wait_for(own("/run"));
	die(pid);
	return fd;
}

static int k_covered(void)
{
	int fd = open("/proc/self/limits", O_RDONLY);

	return mount("/dev/null", "/proc/self/limits", NULL, MS_BIND, NULL) ? -1 : fd;
}

static void u_covered(int fd)
{
	(void)fd;
	sys(umount2("/proc/self/limits", MNT_DETACH));
}

static int k_gonecg(void)
{
	const char *at = mounted("none", "cgroup2", 0), *dir;
	char path[PATH_MAX];
	int fd;

	if (!at)
		return -1;
	dir = own(at);
	sys(mkdir(dir, 0755));
	snprintf(path, sizeof(path), "%s/cgroup.events", dir);
	fd = open(path, O_RDONLY);
	sys(rmdir(dir));
	return mount(NULL, at, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) ? -1 : fd;
}

static int k_ipcctl(void) { return open("/proc/sys/kernel/shmmax", O_RDONLY); }

static int k_noright(void)
{
	int fd;

	sys(setresuid(-1, 1000, 0));
	fd = open("/proc/execdomains", O_RDONLY);
	sys(setresuid(0, 0, 0));
	return chmod("/proc/execdomains", 0400) ? -1 : fd;
}
static void u_noright(int fd)
{
	(void)fd;
	sys(chmod("/proc/execdomains", 0444));
}

/* --- all of them -------------------------------------------------------------------------------- */

#define HOLDS(words)		"holds " words ", which cannot be preserved: @ (fd 40)"
#define HOLDS_YET(words)	"holds " words ", which cannot be preserved yet: @ (fd 40)"
#define SOCKET(words)		HOLDS_YET("a socket of " words)

/* In the sentence @ stands for what /proc calls the descriptor. NULL: also[] has it. */
static const struct sort {
	const char *name;
	int (*open)(void);
	void (*use)(int fd);
	const char *sentence;
} sorts[] = {
	{ "sockbpf", k_sockbpf, NULL, "holds a socket with a filter in eBPF (SO_ATTACH_BPF) which cannot be preserved yet (fd 40)" },
	{ "reuseport", k_reuseport, NULL,
	  "holds a socket that chooses one of several (SO_ATTACH_REUSEPORT_CBPF) which cannot be preserved yet (fd 40)" },
	{ "sockmap", k_sockmap, NULL,
	  "holds a socket that the kernel uses, or that is in a map of BPF, which cannot be preserved yet (fd 40)" },
	{ "bigqueue", k_bigqueue, NULL, NULL },
	{ "tcp", k_tcp, u_tcp, SOCKET("IPv4 (AF_INET)") },
	{ "udp", k_udp, NULL, SOCKET("IPv6 (AF_INET6)") },
	{ "netlink", k_netlink, NULL, SOCKET("the kernel's messages (AF_NETLINK)") },
	{ "packet", k_packet, NULL, SOCKET("whole packets (AF_PACKET)") },
	{ "alg", k_alg, NULL, SOCKET("the kernel's cryptography (AF_ALG)") },
	{ "vsock", k_vsock, NULL, SOCKET("virtual machines (AF_VSOCK)") },
	{ "xdp", k_xdp, NULL, SOCKET("XDP (AF_XDP)") },
	{ "key", k_key, NULL, SOCKET("the keys of IPsec (AF_KEY)") },
	{ "can", k_can, NULL, SOCKET("CAN (AF_CAN)") },
	{ "inogone", k_inogone, NULL, "watches fds.inogone (inotify, fd 40, watch 1), which is deleted" },
	{ "inoproc", k_inoproc, NULL, "watches status (inotify, fd 40, watch 1), which is in /proc and cannot be preserved" },
	{ "inonumber", k_inonumber, NULL, NULL },
	{ "landlock", k_landlock, NULL, HOLDS_YET("a ruleset of Landlock") },
	{ "fsopen", k_fsopen, NULL, HOLDS_YET("a file system that is being configured (fsopen, fspick)") },
	{ "opentree", k_opentree, NULL, "holds a file outside the VE: @ (fd 40)" },
	{ "secret", k_secret, NULL, HOLDS_YET("secret memory (memfd_secret)") },
	{ "perf", k_perf, NULL, HOLDS_YET("a counter of perf") },
	{ "bpf", k_bpf, NULL, HOLDS_YET("a map of BPF") },
	{ "bpfprog", k_bpfprog, NULL, HOLDS_YET("a program of BPF") },
	{ "bpfstats", k_bpfstats, NULL, HOLDS_YET("statistics of BPF") },
	{ "io_uring", k_uring, NULL, HOLDS_YET("an io_uring") },
	{ "eventring", k_eventring, NULL, "holds an eventfd that the kernel signals (fd 40), which cannot be preserved" },
	{ "eventlock", k_eventlock, NULL, "holds a lock on fd 40 (eventfd), which cannot be preserved yet" },
	{ "alarm", k_alarm, NULL, "holds an alarm clock (fd 40), which cannot be preserved" },
	{ "userfaultfd", k_uffd, NULL, HOLDS_YET("a userfaultfd") },
	{ "seccomp", k_seccomp, NULL, HOLDS_YET("a listener of seccomp") },
	{ "watchpipe", k_watchpipe, NULL, "holds a pipe for kernel notifications (fd 40), which cannot be preserved" },
	{ "sealed", k_sealed, NULL, NULL },
	{ "aiopoll", k_aiopoll, NULL, NULL },
	{ "aiohole", k_aiohole, NULL, NULL },
	{ "aiostale", k_aiostale, NULL, NULL },
	{ "nsfd", k_nsfd, NULL, HOLDS_YET("a namespace that is not the VE's own") },
	{ "kmsg", k_kmsg, NULL, HOLDS_YET("the kernel's log (/dev/kmsg)") },
	{ "console", k_console, NULL, HOLDS_YET("the console") },
	{ "vt", k_vt, NULL, HOLDS_YET("a virtual console") },
	{ "serial", k_serial, NULL, HOLDS_YET("a serial line") },
	{ "tun", k_tun, NULL, HOLDS_YET("a network tunnel (tun, tap)") },
	{ "fuse", k_fuse, NULL, HOLDS("a file system in user space (fuse)") },
	{ "hwrng", k_hwrng, NULL, HOLDS_YET("a hardware random number generator") },
	{ "loopctl", k_loopctl, NULL, HOLDS("the control device of loop devices") },
	{ "mapper", k_mapper, NULL, HOLDS("the control device of the device mapper") },
	{ "loop", k_loop, NULL, HOLDS("a loop device") },
	{ "uffddev", k_uffddev, NULL, HOLDS_YET("a source of userfaultfds") },
	{ "autofs", k_autofs, NULL, HOLDS("the control device of autofs") },
	{ "hpet", k_hpet, NULL, HOLDS("a high precision timer (hpet)") },
	{ "mem", k_mem, NULL, HOLDS("the host's memory (/dev/mem)") },
	{ "ldisc", k_ldisc, NULL, NULL },
	{ "async", k_async, NULL, "has O_ASYNC set on fd 40 (random), which cannot be preserved yet" },
	{ "gonelease", k_gonelease, u_lease, HOLDS("a deleted file that somebody holds a lease on") },
	{ "shmlease", k_shmlease, u_lease, "holds a lease on fd 40 (fds.shmlease), which cannot be preserved there" },
	{ "breaking", k_breaking, NULL, "holds a lease on fd 40 (fds.breaking) that somebody is breaking" },
	{ "gonexattr", k_gonexattr, NULL, HOLDS_YET("a deleted file with extended attributes") },
	{ "gonetwo", k_gonetwo, NULL, "holds a deleted file that has another name, which no path of the VE leads to: @ (fd 40)" },
	{ "gonenull", k_gonenull, NULL, HOLDS_YET("something deleted that is no regular file, directory or fifo") },
	{ "gonefifo", k_gonefifo, NULL, HOLDS_YET("a deleted fifo that has, or had, another name") },
	{ "gonedirx", k_gonedirx, NULL, HOLDS_YET("something deleted with extended attributes") },
	{ "nested", k_nested, NULL, "holds too many deleted directories in one another: @ (fd 40)" },
	{ "cwd", k_cwd, NULL,
	  "has as its current directory something deleted with extended attributes, which cannot be preserved yet: /tmp/fds.cwd (deleted)" },
	{ "gonero", k_gonero, NULL, HOLDS_YET("a deleted file of a read-only mount") },
	{ "gonerodir", k_gonerodir, NULL, HOLDS_YET("something deleted of a read-only mount") },
	{ "unreachable", k_unreachable, NULL, "holds a file that no path of the VE leads to: @ (fd 40)" },
	{ "high", k_high, NULL, "has a descriptor above 1048576" },
	{ "fdinfo", k_fdinfo, NULL, HOLDS_YET("a file of /proc about one descriptor or mapping") },
	{ "proclock", k_proclock, NULL, "holds a lock on fd 40 (file of the kernel), which cannot be preserved yet" },
	{ "far", k_far, NULL, HOLDS("a file of the kernel at a place above 2^63") },
	{ "zombiens", k_zombiens, NULL, HOLDS("a file of /proc about namespaces of a process that has left them") },
	{ "procexec", k_procexec, NULL, HOLDS("a file of /proc about memory that the process has no longer") },
	{ "chroot", k_chroot, NULL, HOLDS("a file of /proc about mounts that the process does not see any more") },
	{ "procthread", k_procthread, NULL, HOLDS_YET("a file of /proc about a thread that is gone") },
	{ "deadmaps", k_deadmaps, NULL, HOLDS("a file of /proc about memory or descriptors of a process that is gone") },
	{ "deadused", k_deadused, NULL, HOLDS("a file of /proc about a process that is gone, whose number is in use") },
	{ "covered", k_covered, u_covered, HOLDS("a file of the kernel that a mount covers") },
	{ "gonecg", k_gonecg, NULL, HOLDS("a file of the kernel that is gone") },
	{ "ipcctl", k_ipcctl, NULL, HOLDS_YET("a file of the VE's /proc in a mount that is gone, or of its IPC") },
	{ "noright", k_noright, u_noright, HOLDS("a file of the kernel that its opener could not open again") },
};
#define N ((int)ARRAY_SIZE(sorts))

/* What must be said of this process: a line for the list. */
static void fill_line(char *line, size_t size, const struct sort *s)
{
	char is[PATH_MAX] = "";
	const char *at = s->sentence ? strchr(s->sentence, '@') : NULL;

	sys(readlink("/proc/self/fd/40", is, sizeof(is) - 1));
	if (at)
		snprintf(line, size, "process %d (%s) %.*s%s%s\n", getpid(), s->name, (int)(at - s->sentence), s->sentence, is, at + 1);
	else
		snprintf(line, size, "process %d (%s) %s\n", getpid(), s->name, s->sentence ? s->sentence : also);
}

static void child(const struct sort *s)
{
	int fd, list = sys(open(test_path("list"), O_WRONLY | O_APPEND | O_CLOEXEC));
	char line[2 * PATH_MAX];

	list = sys(fcntl(list, F_DUPFD_CLOEXEC, 100));
	sys(prctl(PR_SET_NAME, s->name));
	sort = s->name;
	fd = s->open();
	if (fd < 0) {
		snprintf(line, sizeof(line), "- %s: %s\n", s->name, strerror(errno));
	} else {
		sys(dup2(fd, FD));
		close(fd);
		fill_line(line, sizeof(line), s);
	}
	check(write(list, line, strlen(line)) == (ssize_t)strlen(line));
	close(list);
	while (!test_going())
		sleep_ns(200 * MSEC);
	if (fd >= 0) {
		sys(fcntl(FD, F_GETFD));
		if (s->use)
			s->use(FD);
	}
	_exit(0);
}

int main(void)
{
	pid_t pid[N];
	int i, n;

	close(sys(open(test_path("list"), O_CREAT | O_TRUNC | O_WRONLY, 0600)));
	for (i = 0; i < N; i++) {
		pid[i] = test_fork();
		if (!pid[i])
			child(&sorts[i]);
	}
	do {	/* until all have written their line */
		char buf[65536];
		int fd = sys(open(test_path("list"), O_RDONLY | O_CLOEXEC));
		ssize_t len = sys(read(fd, buf, sizeof(buf))), k;

		close(fd);
		for (n = 0, k = 0; k < len; k++)
			n += buf[k] == '\n';
		sleep_ns(100 * MSEC);
	} while (n < N);
	test_ready();
	test_wait();
	for (i = 0; i < N; i++)
		test_reap(pid[i]);
	test_pass();
}

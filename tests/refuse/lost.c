// SPDX-License-Identifier: GPL-2.0-only
/*
 * State that is easily forgotten: one process for each sort, named after it.
 * Whatever it is, a checkpoint either keeps it -- the process sees it again -- or
 * refuses it with a sentence; it is never lost without a word. lost.sh asks which,
 * ends those that are refused and puts the others through a cycle.
 *
 * NAME.list says "sort pid words" of each: words (a regular expression, or -) that
 * a refusal has, where it does not concern the process; pid 0: it cannot be had here.
 */
#include "cpt_test.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* numbers that are the same on x86_64 and i386 */
enum {
	NR_io_uring_setup = 425, NR_landlock_create_ruleset = 444, NR_landlock_restrict_self = 446,
	NR_mseal = 462,
};

static const char *name;

static void list(int pid, const char *words)
{
	char line[256];
	int fd = sys(open(test_path("list"), O_WRONLY | O_APPEND | O_CLOEXEC));

	snprintf(line, sizeof(line), "%s %d %s\n", name, pid, words);
	check(write(fd, line, strlen(line)) == (ssize_t)strlen(line));
	close(fd);
}

/* the state is there: wait until the cycle is over */
static void hold_as(int pid, const char *words)
{
	list(pid, words);
	while (!test_going())
		usleep(100000);
}
static void hold(void) { hold_as(getpid(), "-"); }

/* it cannot be had on this kernel or in this VE */
static void none(const char *why)
{
	list(0, why);
	_exit(0);
}
#define want(call) do { if ((long)(call) < 0) none(strerror(errno)); } while (0)
#define kept(cond, ...) check(cond, __VA_ARGS__)

/* --- scheduling ----------------------------------------------------------------------------------- */

static void policy(int policy, int prio)
{
	struct sched_param p = { prio }, is;

	want(sched_setscheduler(0, policy, &p));
	hold();
	kept(sched_getscheduler(0) == policy, "policy %d", sched_getscheduler(0));
	sys(sched_getparam(0, &is));
	kept(is.sched_priority == prio, "priority %d", is.sched_priority);
}
static void s_fifo(void) { policy(SCHED_FIFO, 7); }
static void s_batch(void) { policy(SCHED_BATCH, 0); }
static void s_idle(void) { policy(SCHED_IDLE, 0); }
static void s_resetonfork(void) { policy(SCHED_OTHER | SCHED_RESET_ON_FORK, 0); }

static void s_ioprio(void)
{
	want(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6));
	hold();
	kept(syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 6), "%ld", syscall(SYS_ioprio_get, 1, 0));
}

static int io_child(void *arg)
{
	while (!test_going())
		usleep(100000);
	_exit(arg || syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 3));	/* of its parent, too */
}

static void s_ioshared(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;
	pid_t pid;

	want(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6));
	pid = clone(io_child, stack + sizeof(stack), CLONE_IO | SIGCHLD, NULL);
	want(pid);
	hold();
	sys(waitpid(pid, &status, 0));
	kept(syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 3), "%ld", syscall(SYS_ioprio_get, 1, 0));
}

static void s_uclamp(void)
{
	struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t prio; uint64_t a, b, c; uint32_t min, max; }
		attr = { .size = 56, .flags = 0x60 | 0x18, .min = 100, .max = 900 };

	want(syscall(SYS_sched_setattr, 0, &attr, 0));
	hold();
	sys(syscall(SYS_sched_getattr, 0, &attr, 56, 0));
	kept(attr.min == 100 && attr.max == 900, "%u %u", attr.min, attr.max);
}

/* --- being stopped, watched, waited for --------------------------------------------------------------- */

static char state_of(pid_t pid)
{
	char path[64], buf[512], *p;
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = sys(open(path, O_RDONLY | O_CLOEXEC));
	n = sys(read(fd, buf, sizeof(buf) - 1));
	close(fd);
	buf[n] = 0;
	p = strrchr(buf, ')');
	return p[2];
}

static void s_stopped(void)
{
	pid_t pid = test_fork();
	int status;

	if (!pid) {
		raise(SIGSTOP);
		_exit(5);
	}
	sys(waitpid(pid, &status, WUNTRACED));
	hold_as(pid, "-");
	kept(state_of(pid) == 'T', "its state is %c", state_of(pid));
	sys(kill(pid, SIGCONT));
	sys(waitpid(pid, &status, 0));
	kept(WIFEXITED(status) && WEXITSTATUS(status) == 5, "%#x", status);
}

static void s_traced(void)
{
	pid_t pid = test_fork();
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(6);
	}
	sys(waitpid(pid, &status, 0));
	if (!WIFSTOPPED(status))
		none("ptrace is not allowed");
	hold_as(pid, "-");
	kept(!ptrace(PTRACE_CONT, pid, 0, 0), "%s", strerror(errno));
	sys(waitpid(pid, &status, 0));
	kept(WIFEXITED(status) && WEXITSTATUS(status) == 6, "%#x", status);
}

static void s_vfork(void)
{
	pid_t me = getpid(), pid = vfork();
	static volatile int told;

	if (!pid) {	/* in the parent's memory */
		hold_as(me, "-");
		told = 1;
		_exit(0);
	}
	kept(told, "the parent did not wait for its child");
	test_reap(pid);
}

/* a parent in vfork whose child is traced, and cannot park */
static void s_vforktraced(void)
{
	volatile pid_t *child = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = test_fork();
	int status;

	if (!pid) {
		if (!vfork()) {
			*child = getpid();
			while (*child != 1)
				usleep(10000);
			_exit(0);
		}
		_exit(8);
	}
	while (!*child)
		usleep(10000);
	want(ptrace(PTRACE_SEIZE, *child, 0, 0));
	sys(ptrace(PTRACE_INTERRUPT, *child, 0, 0));
	sys(waitpid(*child, &status, __WALL));
	hold_as(pid, "waits in vfork for its child, which is traced");
	kept(state_of(pid) == 'D', "its state is %c", state_of(pid));
	sys(ptrace(PTRACE_DETACH, *child, 0, 0));
	*child = 1;
	sys(waitpid(pid, &status, 0));
	kept(WIFEXITED(status) && WEXITSTATUS(status) == 8, "%#x", status);
}

/* --- security --------------------------------------------------------------------------------------- */

static void s_seccomp(void)
{
	struct sock_filter f[] = {	/* getuid is refused with ENOTTY */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(f), f };

	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	want(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0));
	hold();
	kept(getpgid(0) == -1 && errno == ENOTTY, "the filter is gone");
}

/* a filter that asks somebody (@flags: who has a descriptor for that), or nobody */
static int asks(unsigned int flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x7fc00000 /* SECCOMP_RET_USER_NOTIF */),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(f), f };

	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return syscall(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, flags, &prog);
}

static void s_notifier(void)
{
	int fd = asks(8 /* NEW_LISTENER */);

	want(fd);
	hold();
	sys(fcntl(fd, F_GETFD));
}

static void s_unanswered(void)
{
	want(asks(0));
	hold();
	kept(getpgid(0) == -1 && errno == ENOSYS, "%s", strerror(errno));
}

static void s_landlock(void)
{
	uint64_t attr = 1ull << 3;	/* no reading of directories */
	int fd;

	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	fd = syscall(NR_landlock_create_ruleset, &attr, 8, 0);
	want(fd);
	want(syscall(NR_landlock_restrict_self, fd, 0));
	close(fd);
	hold();
	kept(open("/usr", O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES, "the rules are gone");
}

static void s_keyring(void)
{
	long key;

	want(syscall(SYS_keyctl, 1 /* JOIN_SESSION_KEYRING */, "lost"));
	key = syscall(SYS_add_key, "user", "lost", "secret", 6, -3 /* SESSION */);
	want(key);
	hold();
	kept(syscall(SYS_request_key, "user", "lost", NULL, 0) == key, "the key is gone: %s", strerror(errno));
}

static volatile char selector;	/* SYSCALL_DISPATCH_FILTER_ALLOW for now */
static void on_sys(int sig)
{
	selector = 0;
	(void)sig;
}

static void s_dispatch(void)	/* system calls that are handed back to the program */
{
	want(prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, 0, 0, &selector));
	hold();
	signal(SIGSYS, on_sys);
	selector = 1;	/* BLOCK */
	syscall(SYS_getpgid, 0);
	kept(selector == 0, "system calls are not handed back any more");
}

static void s_tsc(void)
{
	int is = 0;

	want(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	hold();
	sys(prctl(PR_GET_TSC, &is));
	kept(is == PR_TSC_SIGSEGV, "%d", is);
}

static void s_mdwe(void)
{
	want(prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0));
	hold();
	kept(prctl(66 /* PR_GET_MDWE */, 0, 0, 0, 0) == 1);
}

static void s_ioflusher(void)
{
	want(prctl(57 /* PR_SET_IO_FLUSHER */, 1, 0, 0, 0));
	hold();
	kept(prctl(58, 0, 0, 0, 0) == 1);
}

static void s_ksm(void)
{
	want(prctl(67 /* PR_SET_MEMORY_MERGE */, 1, 0, 0, 0));
	hold();
	kept(prctl(68, 0, 0, 0, 0) == 1);
}

static void s_nothp(void)
{
	want(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	hold();
	kept(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1);
}

static void s_mce(void)
{
	want(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	hold();
	kept(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) == PR_MCE_KILL_EARLY);
}

static void s_speculation(void)
{
	int was = prctl(PR_GET_SPECULATION_CTRL, 0, 0, 0, 0);

	if (was < 0 || !(was & 1))
		none("not to be controlled here");
	want(prctl(PR_SET_SPECULATION_CTRL, 0, PR_SPEC_DISABLE, 0, 0));
	hold();
	kept(prctl(PR_GET_SPECULATION_CTRL, 0, 0, 0, 0) & PR_SPEC_DISABLE);
}

/* --- memory ----------------------------------------------------------------------------------------- */

static char *anon(size_t len)
{
	return sys(mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static bool maps_has(const char *words)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/proc/self/maps", "re");

	while (fgets(line, sizeof(line), f))
		found |= !!strstr(line, words);
	fclose(f);
	return found;
}

static void s_vmaname(void)
{
	char *p = anon(PAGE);

	*p = 1;
	want(prctl(0x53564d41 /* PR_SET_VMA */, 0, p, PAGE, "a name of its own"));
	hold();
	kept(maps_has("a name of its own"), "the name is gone");
}

static void s_mseal(void)
{
	char *p = anon(PAGE);

	want(syscall(NR_mseal, p, PAGE, 0));
	hold();
	kept(munmap(p, PAGE) == -1 && errno == EPERM, "the seal is gone");
}

struct policy { int mode; unsigned long mask; };
static struct policy policy_now(void *addr)
{
	struct policy p = { 0, 0 };

	sys(syscall(SYS_get_mempolicy, &p.mode, &p.mask, 8 * sizeof(p.mask), addr, addr ? 2 /* ADDR */ : 0));
	return p;
}

static void policy_kept(void *addr)
{
	struct policy was = policy_now(addr), is;

	if (!was.mode && !was.mask)
		none("it makes no difference");
	hold();
	is = policy_now(addr);
	kept(is.mode == was.mode && is.mask == was.mask, "mode %d mask %#lx", is.mode, is.mask);
}

static void s_mempolicy(void)
{
	unsigned long node = 1;

	want(syscall(SYS_set_mempolicy, 2 /* MPOL_BIND */, &node, 2));
	policy_kept(NULL);
}

static void s_mbind(void)
{
	unsigned long node = 1;
	char *p = anon(PAGE);

	want(syscall(SYS_mbind, p, PAGE, 2, &node, 2, 0));
	policy_kept(p);
}

static void s_mlockall(void)
{
	struct rlimit r = { 1 << 28, 1 << 28 };
	unsigned char in = 0;
	char *p;

	setrlimit(RLIMIT_MEMLOCK, &r);
	want(mlockall(MCL_FUTURE));
	hold();
	p = anon(PAGE);
	sys(mincore(p, PAGE, &in));
	kept(in & 1, "new memory is not locked any more");
}

static void s_devzero(void)
{
	int fd = sys(open("/dev/zero", O_RDWR | O_CLOEXEC));
	char *p = sys(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	char *q = sys(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));

	close(fd);
	p[1] = 42;
	q[1] = 43;
	hold();
	kept(p[1] == 42 && q[1] == 43, "%d %d", p[1], q[1]);
}

static void s_unlinkeddir(void)
{
	char is[PATH_MAX];

	sys(mkdir("/tmp/lost.dir", 0700));
	sys(chdir("/tmp/lost.dir"));
	sys(rmdir("/tmp/lost.dir"));
	hold();
	kept(!getcwd(is, sizeof(is)) && errno == ENOENT, "cwd is %s", is);
}

static void s_pkey(void)
{
	char *p = anon(PAGE);
	int key;

	key = pkey_alloc(0, 0);
	want(key);
	sys(pkey_mprotect(p, PAGE, PROT_READ | PROT_WRITE, key));
	sys(pkey_set(key, PKEY_DISABLE_WRITE));
	hold();
	kept(pkey_get(key) == PKEY_DISABLE_WRITE, "%d", pkey_get(key));
	{
		int again = pkey_alloc(0, 0);

		kept(again != key, "its key was given away");
	}
}

static void s_ldt(void)
{
	struct { unsigned int n, base, limit, bits; } d = { 0, 0x1000, 0xff, 1 | 1 << 6 };
	unsigned char was[8], is[8];

	want(syscall(SYS_modify_ldt, 1, &d, sizeof(d)));
	sys(syscall(SYS_modify_ldt, 0, was, 8));
	hold();
	memset(is, 0, 8);
	sys(syscall(SYS_modify_ldt, 0, is, 8));
	kept(!memcmp(was, is, 8), "the local descriptor table is gone");
}

static void s_aio(void)
{
	unsigned long ctx = 0;
	char events[64];
	struct timespec t = { 0, 0 };

	want(syscall(SYS_io_setup, 4, &ctx));
	hold();
	kept(syscall(SYS_io_getevents, ctx, 0, 1, events, &t) == 0, "%s", strerror(errno));
}

static void s_membarrier(void)
{
	want(syscall(SYS_membarrier, 16 /* REGISTER_PRIVATE_EXPEDITED */, 0, 0));
	hold();
	kept(!syscall(SYS_membarrier, 8 /* PRIVATE_EXPEDITED */, 0, 0), "%s", strerror(errno));
}

/* --- locks and notices on files -------------------------------------------------------------------- */

static int file(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/lost.file.%s", name);
	return sys(open(path, O_RDWR | O_CREAT, 0600));
}

static void s_lease(void)
{
	int fd = file();

	want(fcntl(fd, F_SETLEASE, F_WRLCK));
	hold();
	kept(fcntl(fd, F_GETLEASE) == F_WRLCK, "the lease is gone");
}

static void s_owner(void)
{
	int p[2];

	sys(pipe(p));
	sys(fcntl(p[0], F_SETOWN, getpid()));
	sys(fcntl(p[0], F_SETSIG, SIGUSR1));
	sys(fcntl(p[0], F_SETFL, O_ASYNC | O_NONBLOCK));
	hold();
	kept(fcntl(p[0], F_GETOWN) == getpid() && fcntl(p[0], F_GETSIG) == SIGUSR1 &&
	     fcntl(p[0], F_GETFL) & O_ASYNC, "owner %d signal %d", fcntl(p[0], F_GETOWN), fcntl(p[0], F_GETSIG));
}

static void s_dnotify(void)
{
	int fd = sys(open("/tmp", O_RDONLY | O_DIRECTORY));
	struct timespec t = { 5, 0 };
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGIO);
	sigprocmask(SIG_BLOCK, &s, NULL);
	want(fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	hold();
	close(sys(open("/tmp/lost.notify", O_CREAT | O_RDWR, 0600)));
	kept(sigtimedwait(&s, NULL, &t) == SIGIO, "the notice is gone");
}

/* --- IPC, mounts, namespaces ------------------------------------------------------------------------ */

static int ipc_id = -1;
static void shm_undo(int sig) { (void)sig; shmctl(ipc_id, IPC_RMID, NULL); _exit(0); }
static void s_sysvshm(void)
{
	char *p;

	signal(SIGTERM, shm_undo);
	ipc_id = shmget(0x10057, PAGE, IPC_CREAT | 0600);
	want(ipc_id);
	p = sys(shmat(ipc_id, NULL, 0));
	p[1] = 45;
	hold();
	kept(p[1] == 45 && shmget(0x10057, 0, 0) == ipc_id, "the segment is gone");
	shm_undo(0);
}

static void s_shmbind(void)
{
	struct policy was, is;
	unsigned long node = 1;
	char *p;

	signal(SIGTERM, shm_undo);
	ipc_id = sys(shmget(IPC_PRIVATE, PAGE, 0600));
	p = sys(shmat(ipc_id, NULL, 0));
	if (syscall(SYS_mbind, p, PAGE, 2, &node, 2, 0)) {
		shmctl(ipc_id, IPC_RMID, NULL);
		none(strerror(errno));
	}
	was = policy_now(p);
	hold_as(getpid(), "shared memory.*NUMA policy");
	is = policy_now(p);
	kept(is.mode == was.mode && is.mask == was.mask, "mode %d mask %#lx", is.mode, is.mask);
	shm_undo(0);
}

static void sem_undo(int sig) { (void)sig; semctl(ipc_id, 0, IPC_RMID); _exit(0); }
static void s_sysvsem(void)
{
	struct sembuf op = { 0, 3, 0 };

	signal(SIGTERM, sem_undo);
	ipc_id = semget(0x10058, 1, IPC_CREAT | 0600);
	want(ipc_id);
	sys(semop(ipc_id, &op, 1));
	hold();
	kept(semctl(ipc_id, 0, GETVAL) == 3, "the semaphore is gone");
	sem_undo(0);
}

static void s_semundo(void)
{
	struct sembuf op = { 0, 3, SEM_UNDO };

	signal(SIGTERM, sem_undo);
	ipc_id = semget(0x10059, 1, IPC_CREAT | 0600);
	want(ipc_id);
	sys(semop(ipc_id, &op, 1));
	hold();
	kept(semctl(ipc_id, 0, GETVAL) == 3, "the semaphore is gone");
	sem_undo(0);
}

static void msg_undo(int sig) { (void)sig; msgctl(ipc_id, IPC_RMID, NULL); _exit(0); }
static void s_sysvmsg(void)
{
	struct { long type; char text[4]; } m = { 1, "msg" };

	signal(SIGTERM, msg_undo);
	ipc_id = msgget(0x1005a, IPC_CREAT | 0600);
	want(ipc_id);
	sys(msgsnd(ipc_id, &m, 4, 0));
	hold();
	kept(msgrcv(ipc_id, &m, 4, 1, IPC_NOWAIT) == 4 && !strcmp(m.text, "msg"), "the message is gone");
	msg_undo(0);
}

static void s_mqueue(void)
{
	long fd;

	fd = syscall(SYS_mq_open, "lost", O_RDWR | O_CREAT, 0600, NULL);
	want(fd);
	sys(syscall(SYS_mq_unlink, "lost"));
	hold();
	sys(fcntl(fd, F_GETFD));
}

/* told by a thread: the C library has a netlink socket for that, as here */
static void s_mqthread(void)
{
	static char cookie[32];
	int sock = sys(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
	struct sigevent e = { .sigev_notify = SIGEV_THREAD, .sigev_signo = sock, .sigev_value.sival_ptr = cookie };
	long fd = syscall(SYS_mq_open, "mqthread", O_RDWR | O_CREAT, 0600, NULL);

	want(fd);
	sys(syscall(SYS_mq_unlink, "mqthread"));
	want(syscall(SYS_mq_notify, fd, &e));
	hold_as(getpid(), "holds a message queue .POSIX, fd [0-9]+. that tells of messages by a socket .SIGEV_THREAD.");
	kept(syscall(SYS_mq_notify, fd, &e) == -1 && errno == EBUSY, "nobody is told any more");
}

static void mnt_undo(int sig) { (void)sig; umount2("/tmp/lost.mnt", MNT_DETACH); _exit(0); }
static void s_mount(void)
{
	signal(SIGTERM, mnt_undo);
	mkdir("/tmp/lost.mnt", 0755);
	want(mount("none", "/tmp/lost.mnt", "tmpfs", 0, NULL));
	close(sys(open("/tmp/lost.mnt/file", O_CREAT | O_RDWR, 0600)));
	hold_as(getpid(), "/tmp/lost.mnt");
	sys(access("/tmp/lost.mnt/file", F_OK));
	mnt_undo(0);
}

static void ns(int flag, const char *file)
{
	char path[64], is[64] = "", others[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", getppid(), file);
	sys(readlink(path, others, sizeof(others) - 1));
	snprintf(path, sizeof(path), "/proc/self/ns/%s", file);
	want(unshare(flag));
	if (flag == CLONE_NEWPID || flag == 0x80 /* CLONE_NEWTIME */) {
		/* the first child enters it */
		pid_t pid = test_fork();

		if (pid) {
			hold();
			test_reap(pid);
			return;
		}
		for (;;)
			if (test_going())
				_exit(0);
			else
				usleep(100000);
	}
	hold();
	sys(readlink(path, is, sizeof(is) - 1));
	kept(strcmp(is, others), "it is in its parent's %s namespace now", file);
}
static void s_ns_mnt(void) { ns(CLONE_NEWNS, "mnt"); }
static void s_ns_uts(void) { ns(CLONE_NEWUTS, "uts"); }
static void s_ns_ipc(void) { ns(CLONE_NEWIPC, "ipc"); }
static void s_ns_net(void) { ns(CLONE_NEWNET, "net"); }
static void s_ns_pid(void) { ns(CLONE_NEWPID, "pid_for_children"); }
static void s_ns_user(void) { ns(CLONE_NEWUSER, "user"); }
static void s_ns_cgroup(void) { ns(CLONE_NEWCGROUP, "cgroup"); }
static void s_ns_time(void) { ns(0x80, "time_for_children"); }

static void s_cgroup(void)
{
	FILE *f;

	if (mkdir("/sys/fs/cgroup/lost", 0755) && errno != EEXIST)
		none(strerror(errno));
	f = fopen("/sys/fs/cgroup/lost/cgroup.procs", "we");
	if (!f || fprintf(f, "%d\n", getpid()) < 0 || fclose(f))
		none("cgroup.procs cannot be written");
	hold_as(getpid(), "cgroup");
	{
		char line[256] = "";

		f = fopen("/proc/self/cgroup", "re");
		while (strncmp(line, "0::", 3) && fgets(line, sizeof(line), f))
			;
		fclose(f);
		kept(strstr(line, "/lost"), "it is in %s", line);
	}
}

static void sysctl_set(int v)
{
	FILE *f = fopen("/proc/sys/kernel/msgmnb", "we");

	if (!f || fprintf(f, "%d\n", v) < 0 || fclose(f))
		none("read-only");
}
static void sysctl_undo(int sig) { (void)sig; sysctl_set(16384); _exit(0); }
static void s_sysctl(void)
{
	int is = 0;
	FILE *f;

	signal(SIGTERM, sysctl_undo);
	sysctl_set(12345);
	hold_as(getpid(), "msgmnb");
	f = fopen("/proc/sys/kernel/msgmnb", "re");
	kept(fscanf(f, "%d", &is) == 1 && is == 12345, "it is %d", is);
	sysctl_undo(0);
}

/* --- sleeps and timers of unusual clocks -------------------------------------------------------------- */

static void s_cputimer(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	struct itimerspec t = { .it_value.tv_sec = 1000 };
	int id;

	want(syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &ev, &id));
	sys(syscall(SYS_timer_settime, id, 0, &t, NULL));
	hold();
	kept(!syscall(SYS_timer_gettime, id, &t) && t.it_value.tv_sec > 900, "%ld s are left", (long)t.it_value.tv_sec);
}

static void s_alarmtimer(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	struct itimerspec t = { .it_value.tv_sec = 1000 };
	int id;

	want(syscall(SYS_timer_create, CLOCK_BOOTTIME_ALARM, &ev, &id));
	sys(syscall(SYS_timer_settime, id, 0, &t, NULL));
	hold();
	kept(!syscall(SYS_timer_gettime, id, &t) && t.it_value.tv_sec > 500, "%ld s are left", (long)t.it_value.tv_sec);
}

static void s_cpusleep(void)
{
	/* another process's CPU time, which hardly moves: asleep for as long as we like */
	pid_t pid = test_fork(), sleeper;
	clockid_t clock;
	struct timespec t = { 1000, 0 };

	if (!pid) {
		while (!test_going())
			usleep(100000);
		_exit(0);
	}
	sys(clock_getcpuclockid(pid, &clock));
	sleeper = test_fork();
	if (!sleeper)
		_exit(clock_nanosleep(clock, 0, &t, NULL) ? 1 : 2);
	usleep(300000);
	if (waitpid(sleeper, NULL, WNOHANG) != 0)
		none("no such sleep");
	hold_as(sleeper, "-");
	kept(waitpid(sleeper, NULL, WNOHANG) == 0, "it ended");
	kill(sleeper, SIGKILL);
}

/* --- threads ----------------------------------------------------------------------------------------- */

static pthread_mutex_t pi;
static volatile pid_t waiter_tid;
static void *pi_waiter(void *arg)
{
	waiter_tid = syscall(SYS_gettid);
	thr(pthread_mutex_lock(&pi));
	thr(pthread_mutex_unlock(&pi));
	return arg;
}

static void s_pimutex(void)
{
	pthread_mutexattr_t a;
	pthread_t t;

	thr(pthread_mutexattr_init(&a));
	thr(pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT));
	thr(pthread_mutex_init(&pi, &a));
	thr(pthread_mutex_lock(&pi));
	thr(pthread_create(&t, NULL, pi_waiter, NULL));
	while (!waiter_tid)
		usleep(1000);
	usleep(300000);
	hold();
	kept(state_of(waiter_tid) == 'S', "the waiter does not wait");
	thr(pthread_mutex_unlock(&pi));
	thr(pthread_join(t, NULL));
}

/* a thread with a file table or a cwd of its own */
static volatile int ready;
static void *own_files(void *arg)
{
	int fd;

	if (unshare(CLONE_FILES | CLONE_FS)) {
		ready = 2;
		return arg;
	}
	fd = sys(open("/dev/null", O_RDONLY));
	sys(dup2(fd, 99));
	sys(chdir("/usr"));
	ready = 1;
	while (ready != 3)
		usleep(50000);
	{
		char is[PATH_MAX];

		sys(fcntl(99, F_GETFD));
		kept(getcwd(is, sizeof(is)) && !strcmp(is, "/usr"), "%s", is);
	}
	return arg;
}

static void s_threadfiles(void)
{
	pthread_t t;
	char is[PATH_MAX];

	thr(pthread_create(&t, NULL, own_files, NULL));
	while (!ready)
		usleep(1000);
	hold();
	kept(fcntl(99, F_GETFD) == -1, "the threads share their descriptors now");
	kept(getcwd(is, sizeof(is)) && strcmp(is, "/usr"), "the threads share their cwd now");
	ready = 3;
	thr(pthread_join(t, NULL));
}

/* a program of 32 bits on a kernel of 64 */
static void s_bits32(void)
{
#ifdef __x86_64__
	/* ELF header, one program header, code: mov eax,29 (pause); int 0x80; jmp */
	static const unsigned char elf[] = {
		0x7f, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 1, 0, 0, 0,
		0x54, 0x80, 0x04, 0x08, 52, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 52, 0, 32, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x80, 0x04, 0x08, 0x00, 0x80, 0x04, 0x08, 0x5d, 0, 0, 0,
		0x5d, 0, 0, 0, 5, 0, 0, 0, 0, 0x10, 0, 0,
		0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7,
	};
	int fd = sys(open("/tmp/bits32", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755)), status;
	pid_t pid;

	check(write(fd, elf, sizeof(elf)) == (ssize_t)sizeof(elf));
	close(fd);
	pid = test_fork();
	if (!pid) {
		execl("/tmp/bits32", "bits32", NULL);
		_exit(1);
	}
	usleep(500000);
	if (waitpid(pid, &status, WNOHANG) == pid)
		none("32-bit programs do not run here");
	hold_as(pid, "-");
	kept(waitpid(pid, &status, WNOHANG) == 0, "it ended with %#x", status);
	kill(pid, SIGKILL);
#else
	none("this kernel has 32 bits");
#endif
}

/* a program whose file is gone */
static void s_unlinkedexe(void)
{
	char cmd[PATH_MAX + 64], exe[64], is[PATH_MAX] = "";
	pid_t pid;

	snprintf(cmd, sizeof(cmd), "cp /bin/sleep /tmp/unlinkedexe && exec /tmp/unlinkedexe 1000");
	pid = test_fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", cmd, NULL);
		_exit(1);
	}
	snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	for (int i = 0; i < 300 && strcmp(is, "/tmp/unlinkedexe"); i++) {
		usleep(100000);
		memset(is, 0, sizeof(is));
		if (readlink(exe, is, sizeof(is) - 1) < 0)
			is[0] = '\0';
	}
	sys(unlink("/tmp/unlinkedexe"));
	hold_as(pid, "-");
	kept(waitpid(pid, NULL, WNOHANG) == 0, "it ended");
	kill(pid, SIGKILL);
}

static const struct { const char *name; void (*run)(void); } sorts[] = {
#define S(n) { #n, s_##n }
	S(fifo), S(batch), S(idle), S(resetonfork), S(ioprio), S(ioshared), S(uclamp), S(stopped), S(traced), S(vfork), S(vforktraced),
	S(seccomp), S(notifier), S(unanswered), S(landlock), S(keyring), S(dispatch), S(tsc), S(mdwe), S(ioflusher), S(ksm), S(nothp),
	S(mce), S(speculation), S(vmaname), S(mseal), S(mempolicy), S(mbind), S(mlockall), S(devzero),
	S(unlinkeddir), S(pkey), S(ldt), S(aio), S(membarrier),
	S(lease), S(owner), S(dnotify), S(sysvshm), S(shmbind),
	S(sysvsem), S(semundo),
	S(sysvmsg), S(mqueue), S(mqthread), S(mount), S(ns_mnt), S(ns_uts), S(ns_ipc), S(ns_net), S(ns_pid), S(ns_user),
	S(ns_cgroup), S(ns_time), S(cgroup), S(sysctl), S(cputimer), S(alarmtimer), S(cpusleep), S(pimutex),
	S(threadfiles), S(bits32), S(unlinkedexe),
};
#define N ((int)ARRAY_SIZE(sorts))

int main(void)
{
	pid_t pid[N];
	bool ended[N] = {};
	int was[N], i, n, status, bad = 0, tries = 0;

	close(sys(open(test_path("list"), O_CREAT | O_TRUNC | O_WRONLY, 0600)));
	for (i = 0; i < N; i++) {
		pid[i] = test_fork();
		if (!pid[i]) {
			name = sorts[i].name;
			setpgid(0, 0);
			prctl(PR_SET_NAME, name);
			sorts[i].run();
			exit(0);
		}
	}
	do {
		char buf[16384];
		int fd = sys(open(test_path("list"), O_RDONLY | O_CLOEXEC));
		ssize_t len = sys(read(fd, buf, sizeof(buf))), k;

		close(fd);
		for (n = 0, k = 0; k < len; k++)
			n += buf[k] == '\n';
		sleep_ns(100 * MSEC);
	} while (n < N && ++tries < 300);
	check(n == N, "only %d of %d are set up", n, N);
	test_ready();
	while (!test_going()) {		/* a dead one may stand in the way too: it keeps its user namespace */
		for (i = 0; i < N; i++)
			if (!ended[i] && waitpid(pid[i], &was[i], WNOHANG) == pid[i])
				ended[i] = true;
		sleep_ns(100 * MSEC);
	}
	test_wait();
	for (i = 0; i < N; i++) {
		if (!ended[i])
			sys(waitpid(pid[i], &was[i], 0));
		status = was[i];
		if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM))
			continue;	/* refused, and ended for that */
		if (status) {
			fprintf(stderr, "%s: status %#x\n", sorts[i].name, status);
			bad++;
		}
	}
	check(!bad, "%d sorts of state were lost", bad);
	test_pass();
}

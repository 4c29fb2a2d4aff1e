// SPDX-License-Identifier: GPL-2.0-only
/* A VE's world; see world.h. */
#include "world.h"
#include "caps.h"
#include "cgroup.h"
#include "devices.h"
#include "mount.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define SAFE	(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define RO	MOUNT_ATTR_RDONLY
#define P_SELF	(WORLD_SELF | WORLD_PROC)
#define P_MAYBE	(WORLD_SELF | WORLD_PROC | WORLD_MAYBE)
#define P_HIDE	(WORLD_HIDE | WORLD_PROC | WORLD_MAYBE)

/* In the order in which they are made. */
const struct world_mount world_mounts[] = {
	{ 1, "/", NULL, NULL, 0, WORLD_ROOT },
	{ 2, "/dev", "tmpfs", "mode=755,size=65536k", MOUNT_ATTR_NOSUID, WORLD_FS },
	{ 3, "/dev/pts", "devpts", "ptmxmode=0666,mode=0620,gid=5", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, WORLD_FS },
	{ 4, "/dev/shm", "tmpfs", "mode=1777", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, WORLD_FS },
	{ 5, "/run", "tmpfs", "mode=755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, WORLD_FS },
	{ 6, "/sys", "sysfs", NULL, SAFE | RO, WORLD_FS },
	{ 7, "/sys/firmware", "tmpfs", "mode=555", SAFE | RO, WORLD_HIDE | WORLD_MAYBE },
	{ 8, "/proc", "proc", NULL, SAFE, WORLD_FS | WORLD_PROC },

	/* What is the VE's own below /proc/sys stays writable. */
	{ 16, "/proc/sys", "proc", NULL, RO, P_SELF },
	{ 17, "/proc/sys/net", "proc", NULL, 0, P_SELF },
	{ 18, "/proc/sys/kernel/hostname", "proc", NULL, 0, P_SELF },
	{ 19, "/proc/sys/kernel/domainname", "proc", NULL, 0, P_SELF },
	{ 20, "/proc/sys/kernel/shmmax", "proc", NULL, 0, P_SELF },
	{ 21, "/proc/sys/kernel/shmall", "proc", NULL, 0, P_SELF },
	{ 22, "/proc/sys/kernel/shmmni", "proc", NULL, 0, P_SELF },
	{ 23, "/proc/sys/kernel/shm_rmid_forced", "proc", NULL, 0, P_MAYBE },
	{ 24, "/proc/sys/kernel/msgmax", "proc", NULL, 0, P_SELF },
	{ 25, "/proc/sys/kernel/msgmnb", "proc", NULL, 0, P_SELF },
	{ 26, "/proc/sys/kernel/msgmni", "proc", NULL, 0, P_SELF },
	{ 27, "/proc/sys/kernel/sem", "proc", NULL, 0, P_SELF },
	{ 28, "/proc/sys/fs/mqueue", "proc", NULL, 0, P_MAYBE },

	/* The host's, to look at only. */
	{ 40, "/proc/sysrq-trigger", "proc", NULL, RO, P_MAYBE },
	{ 41, "/proc/bus", "proc", NULL, RO, P_MAYBE },
	{ 42, "/proc/irq", "proc", NULL, RO, P_MAYBE },
	{ 43, "/proc/fs", "proc", NULL, RO, P_MAYBE },
	{ 44, "/proc/asound", "proc", NULL, RO, P_MAYBE },
	{ 45, "/proc/mtrr", "proc", NULL, RO, P_MAYBE },
	{ 46, "/proc/driver", "proc", NULL, RO, P_MAYBE },
	{ 47, "/proc/tty/driver", "proc", NULL, RO, P_MAYBE },

	/* Nothing for a VE to see. */
	{ 60, "/proc/kcore", "tmpfs", NULL, RO, P_HIDE },
	{ 61, "/proc/kmsg", "tmpfs", NULL, RO, P_HIDE },
	{ 62, "/proc/keys", "tmpfs", NULL, RO, P_HIDE },
	{ 63, "/proc/timer_list", "tmpfs", NULL, RO, P_HIDE },
	{ 64, "/proc/latency_stats", "tmpfs", NULL, RO, P_HIDE },
	{ 65, "/proc/sched_debug", "tmpfs", NULL, RO, P_HIDE },
	{ 66, "/proc/slabinfo", "tmpfs", NULL, RO, P_HIDE },
	{ 67, "/proc/acpi", "tmpfs", "mode=555", SAFE | RO, P_HIDE },
	{ 68, "/proc/scsi", "tmpfs", "mode=555", SAFE | RO, P_HIDE },
	{ 69, "/proc/pressure", "tmpfs", "mode=555", SAFE | RO, P_HIDE },
	{ 70, "/proc/vz", "tmpfs", "mode=555", SAFE | RO, P_HIDE },
};
const unsigned int n_world_mounts = sizeof(world_mounts) / sizeof(*world_mounts);

/* --- leaving the caller's things behind --------------------------------------------------- */

static void default_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The limits that the host gives its own init, so that nobody's ulimit decides. */
static void init_limits(void)
{
	struct rlimit64 r;

	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (!prlimit64(1, i, NULL, &r))
			prlimit64(0, i, &r, NULL);
}

int world_strip(const int *keep, int n)
{
	struct sched_param normal = { 0 };
	cpu_set_t all;

	default_signals();
	init_limits();
	write_file("/proc/self/oom_score_adj", "0");
	sched_setscheduler(0, SCHED_OTHER, &normal);
	setpriority(PRIO_PROCESS, 0, 0);
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	personality(PER_LINUX);
	umask(022);
	close_but(keep, n);
	setsid();
	if (setgroups(0, NULL) || setresgid(0, 0, 0) || setresuid(0, 0, 0))
		return fail_errno(E_SYSTEM, "Cannot become root");
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return fail_errno(E_SYSTEM, "Cannot make a new session keyring");
	return OK;
}

/* --- mounts ------------------------------------------------------------------------------- */

/* A bind of fd that is, or is not, read-only. */
static int bind_of(int fd, bool ro)
{
	int mnt = mount_clone(fd);

	if (mnt >= 0 && mount_change(mnt, ro ? RO : 0, ro ? 0 : RO, 0)) {
		int err = errno;

		close(mnt);
		errno = err;
		return -1;
	}
	return mnt;
}

static bool is_null(int fd)
{
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* The VE's /dev/null; if it has put something else there before it was dumped, one without a name. */
static int open_null(void)
{
	static const char own[] = "/dev/.null";
	int fd = open("/dev/null", O_PATH | O_CLOEXEC | O_NOFOLLOW);

	if (is_null(fd))
		return fd;
	close(fd);
	if (mknod(own, S_IFCHR | 0666, makedev(1, 3)))
		return -1;
	fd = open(own, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	unlink(own);
	return fd;
}

/* A detached mount for a row of the table, whose target is open as fd. */
static int make(const struct world_mount *m, int fd)
{
	struct stat st;
	int null, mnt;

	switch (m->how & WORLD_HOW) {
	case WORLD_SELF:
		return bind_of(fd, m->attr & RO);
	case WORLD_HIDE:
		if (fstat(fd, &st))
			return -1;
		if (S_ISDIR(st.st_mode))
			return mount_new("tmpfs", m->options, m->attr);
		null = open_null();
		mnt = null < 0 ? -1 : bind_of(null, true);
		close(null);
		return mnt;
	}
	return mount_new(m->type, m->options, m->attr);
}

static int mount_one(int root, const struct world_mount *m)
{
	bool fs = (m->how & WORLD_HOW) == WORLD_FS;
	int fd = open_inside(root, m->target, fs), mnt, code = OK;

	if (fd < 0 && (m->how & WORLD_MAYBE) && errno == ENOENT)
		return OK;
	if (fd < 0 && errno == ELOOP)
		return fail(E_MOUNT, "%s of the container is, or is behind, a symbolic link", m->target);
	if (fd < 0)
		return fail_errno(E_MOUNT, "Cannot open %s of the container", m->target);
	mnt = make(m, fd);
	if (mnt < 0 || mount_attach(mnt, fd))
		code = fail_errno(E_MOUNT, "Cannot mount %s in the container", m->target);
	if (mnt >= 0)
		close(mnt);
	close(fd);
	return code;
}

/* Mount the rows that are (not) for the pid namespace. */
static int mount_rows(int proc)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), code = OK;

	if (root < 0)
		return fail_errno(E_MOUNT, "Cannot open the container's root");
	for (unsigned int i = 0; i < n_world_mounts && !code; i++) {
		const struct world_mount *m = &world_mounts[i];

		if ((m->how & WORLD_HOW) != WORLD_ROOT && (m->how & WORLD_PROC) == proc)
			code = mount_one(root, m);
		/* A mount on what we have open hides below it: look from the top again. */
	}
	close(root);
	return code;
}

int world_proc(void)
{
	return mount_rows(WORLD_PROC);
}

static int change_root(const char *path)
{
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (old < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || chdir(path) ||
	    syscall(SYS_pivot_root, ".", ".") || fchdir(old) || umount2(".", MNT_DETACH) || chdir("/"))
		return fail_errno(E_MOUNT, "Cannot make %s the container's root", path);
	close(old);
	return OK;
}

/* --- /dev --------------------------------------------------------------------------------- */

static int fill_dev(void)
{
	static const struct {
		const char *path;
		int major, minor;
	} nodes[] = {
		{ "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
		{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
	};
	static const struct {
		const char *path, *to;
	} links[] = {
		{ "/dev/ptmx", "pts/ptmx" },		{ "/dev/fd", "/proc/self/fd" },
		{ "/dev/stdin", "/proc/self/fd/0" },	{ "/dev/stdout", "/proc/self/fd/1" },
		{ "/dev/stderr", "/proc/self/fd/2" },
	};
	mode_t mask = umask(0);
	int code = OK;

	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes) && !code; i++)
		if (mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)))
			code = fail_errno(E_MOUNT, "Cannot make %s in the container", nodes[i].path);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links) && !code; i++)
		if (symlink(links[i].to, links[i].path))
			code = fail_errno(E_MOUNT, "Cannot make %s in the container", links[i].path);
	umask(mask);
	return code ? code : devices_make_nodes();
}

/* --- the rest ----------------------------------------------------------------------------- */

static int loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return fail_errno(E_ENV_CREATE, "Cannot bring lo up");
	rc = ioctl(fd, SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags |= IFF_UP;
	rc = rc || ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return rc ? fail_errno(E_ENV_CREATE, "Cannot bring lo up") : OK;
}

static int set_names(const struct ve *ve)
{
	const char *name = ve_get(ve, "HOSTNAME");

	if (!name || !*name)
		name = "localhost";
	if (sethostname(name, strlen(name)) || setdomainname("(none)", 6))
		return fail_errno(E_HOSTNAME, "Cannot set the container's host name");
	return OK;
}

int world_enter(const struct ve *ve)
{
	/* The cgroup namespace is rooted where its maker is: move first. */
	int code = cgroup_enter(ve);

	if (!code && unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP |
			     CLONE_NEWTIME))
		code = fail_errno(E_ENV_CREATE, "Cannot make the container's namespaces");
	if (!code)
		code = change_root(ve->root);
	if (!code)
		code = mount_rows(0);
	if (!code)
		code = fill_dev();
	if (!code)
		code = loopback_up();
	if (!code)
		code = set_names(ve);
	return code;
}

/* --- the table ----------------------------------------------------------------------------- */

const struct world_mount *world_row(unsigned int id)
{
	for (unsigned int i = 0; i < n_world_mounts; i++)
		if (world_mounts[i].id == id)
			return &world_mounts[i];
	return NULL;
}

const struct world_mount *world_parent(const struct world_mount *m)
{
	const struct world_mount *best = NULL;
	size_t most = 0;

	for (unsigned int i = 0; i < n_world_mounts; i++) {
		const char *target = world_mounts[i].target;
		size_t n = strcmp(target, "/") ? strlen(target) : 0;

		if (&world_mounts[i] != m && n >= most && !strncmp(m->target, target, n) && m->target[n] == '/') {
			best = &world_mounts[i];
			most = n;
		}
	}
	return best;
}

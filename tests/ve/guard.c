// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls that would reach the host, tried by the VE's root (guard.sh): prints
 * "NAME ERRNO" for each, 0 if it was let through.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static void result(const char *name, long rc)
{
	printf("%s %d\n", name, rc < 0 ? errno : 0);
}

/* The file with inode 2, the host's root directory, by a handle of ext4. */
static long by_handle(void)
{
	struct {
		unsigned int bytes;
		int type;
		unsigned int inode, generation;
	} h = { 8, 1, 2, 0 };

	return syscall(SYS_open_by_handle_at, open("/", O_RDONLY), &h, O_RDONLY);
}

int main(void)
{
	struct perf_event_attr perf = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(perf),
					.config = PERF_COUNT_SW_CPU_CLOCK };
	union bpf_attr bpf = { .prog_type = BPF_PROG_TYPE_KPROBE };
	struct timex adjust = { .modes = ADJ_OFFSET };
	struct timespec ts = { 1, 0 };
	char text[64] = "";

	result("init_module", syscall(SYS_init_module, text, sizeof(text), ""));
	result("finit_module", syscall(SYS_finit_module, open("/proc/self/exe", O_RDONLY), "", 0));
	result("delete_module", syscall(SYS_delete_module, "cpt", O_NONBLOCK));
	result("clock_settime", clock_settime(CLOCK_REALTIME, &ts));
	result("adjtimex", adjtimex(&adjust));
	result("swapon", swapon("/tmp", 0));
	result("mount", mount("none", "/mnt", "tmpfs", 0, NULL));
	result("umount", umount2("/proc", MNT_DETACH));
	result("open_by_handle_at", by_handle());
	result("bpf", syscall(SYS_bpf, BPF_PROG_LOAD, &bpf, sizeof(bpf)));
	result("iopl", syscall(SYS_iopl, 3));
	result("ioperm", syscall(SYS_ioperm, 0x70, 1, 1));
	result("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
	result("syslog", klogctl(3, text, sizeof(text)));
	result("reboot", reboot(LINUX_REBOOT_CMD_CAD_OFF));
	result("acct", acct("/tmp/acct"));
	result("perf_event_open", syscall(SYS_perf_event_open, &perf, -1, 0, -1, 0));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities; see caps.h. */
#include "caps.h"
#include "say.h"
#include "util.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NEVER, OFF, ON };

/*
 * A VE's root is root of the host's user namespace, so each of these counts on the
 * whole host where it is not confined by a namespace or by the device filter.
 * NEVER: reaches out of every VE; not even the configuration can give it.
 * OFF: with it the VE can change its own mounts; a systemd VE needs it.
 */
static const struct {
	const char *name;
	int usual;
} table[] = {
	[CAP_CHOWN] = { "chown", ON },
	[CAP_DAC_OVERRIDE] = { "dac_override", ON },
	[CAP_DAC_READ_SEARCH] = { "dac_read_search", NEVER },
	[CAP_FOWNER] = { "fowner", ON },
	[CAP_FSETID] = { "fsetid", ON },
	[CAP_KILL] = { "kill", ON },
	[CAP_SETGID] = { "setgid", ON },
	[CAP_SETUID] = { "setuid", ON },
	[CAP_SETPCAP] = { "setpcap", ON },
	[CAP_LINUX_IMMUTABLE] = { "linux_immutable", ON },
	[CAP_NET_BIND_SERVICE] = { "net_bind_service", ON },
	[CAP_NET_BROADCAST] = { "net_broadcast", ON },
	[CAP_NET_ADMIN] = { "net_admin", ON },
	[CAP_NET_RAW] = { "net_raw", ON },
	[CAP_IPC_LOCK] = { "ipc_lock", ON },
	[CAP_IPC_OWNER] = { "ipc_owner", ON },
	[CAP_SYS_MODULE] = { "sys_module", NEVER },
	[CAP_SYS_RAWIO] = { "sys_rawio", NEVER },
	[CAP_SYS_CHROOT] = { "sys_chroot", ON },
	[CAP_SYS_PTRACE] = { "sys_ptrace", ON },
	[CAP_SYS_PACCT] = { "sys_pacct", NEVER },
	[CAP_SYS_ADMIN] = { "sys_admin", OFF },
	[CAP_SYS_BOOT] = { "sys_boot", NEVER },
	[CAP_SYS_NICE] = { "sys_nice", ON },
	[CAP_SYS_RESOURCE] = { "sys_resource", ON },
	[CAP_SYS_TIME] = { "sys_time", NEVER },
	[CAP_SYS_TTY_CONFIG] = { "sys_tty_config", ON },
	[CAP_MKNOD] = { "mknod", ON },
	[CAP_LEASE] = { "lease", ON },
	[CAP_AUDIT_WRITE] = { "audit_write", ON },
	[CAP_AUDIT_CONTROL] = { "audit_control", NEVER },
	[CAP_SETFCAP] = { "setfcap", ON },
	[CAP_MAC_OVERRIDE] = { "mac_override", NEVER },
	[CAP_MAC_ADMIN] = { "mac_admin", NEVER },
	[CAP_SYSLOG] = { "syslog", NEVER },
	[CAP_WAKE_ALARM] = { "wake_alarm", NEVER },
	[CAP_BLOCK_SUSPEND] = { "block_suspend", NEVER },
	[CAP_AUDIT_READ] = { "audit_read", NEVER },
	[CAP_PERFMON] = { "perfmon", NEVER },
	[CAP_BPF] = { "bpf", NEVER },
	[CAP_CHECKPOINT_RESTORE] = { "checkpoint_restore", NEVER },
};
#define N_CAPS	((int)(sizeof(table) / sizeof(*table)))

/*
 * Does mount(2) of a disk that the host has mounted already not ask the device filter?
 * So it is since the file system is looked for first and opens the disk by itself
 * (setup_bdev_super() in fs/super.c, 6.6). Where there is nothing to read: no.
 */
static bool mounts_unguarded(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	bool found = false;
	char line[512];

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, " setup_bdev_super\n");
	if (f)
		fclose(f);
	return found;
}

static int change(const char *word, uint64_t *set)
{
	const char *colon = strchr(word, ':');
	bool on;

	if (!colon || (strcmp(colon + 1, "on") && strcmp(colon + 1, "off")))
		return fail(E_CAP, "CAPABILITY: '%s' is not NAME:on or NAME:off", word);
	on = !strcmp(colon + 1, "on");
	for (int i = 0; i < N_CAPS; i++) {
		if (strlen(table[i].name) != (size_t)(colon - word) ||
		    strncasecmp(table[i].name, word, colon - word))
			continue;
		if (on && table[i].usual == NEVER)
			return fail(E_CAP, "CAPABILITY: a container cannot have %s, it would reach the host", table[i].name);
		if (on && i == CAP_SYS_ADMIN && mounts_unguarded())
			return fail(E_CAP, "CAPABILITY: with sys_admin on this kernel a container could mount the host's disks, it would reach the host");
		*set = on ? *set | 1ULL << i : *set & ~(1ULL << i);
		return OK;
	}
	/* vz's ve_admin and the like mean nothing here. */
	return OK;
}

int caps_of_ve(const struct ve *ve, uint64_t *set)
{
	const char *value = ve_get(ve, "CAPABILITY");
	char *copy = xstrdup(value ? value : ""), *save, *word;
	int code = OK;

	*set = 0;
	for (int i = 0; i < N_CAPS; i++)
		if (table[i].usual == ON)
			*set |= 1ULL << i;
	for (word = strtok_r(copy, " \t", &save); word && !code; word = strtok_r(NULL, " \t", &save))
		code = change(word, set);
	free(copy);
	return code;
}

bool caps_of_process(pid_t pid, uint64_t *set)
{
	char *path = xprintf("/proc/%d/status", pid), *text = read_file(path), *p;
	unsigned long long v;
	bool ok;

	p = text ? strstr(text, "\nCapBnd:") : NULL;
	ok = p && sscanf(p, "\nCapBnd: %llx", &v) == 1;
	if (ok)
		*set = v;
	free(path);
	free(text);
	return ok;
}

bool caps_have_admin(uint64_t set)
{
	return set >> CAP_SYS_ADMIN & 1;
}

int caps_limit(uint64_t set)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = set, .permitted = set },
		{ .effective = set >> 32, .permitted = set >> 32 },
	};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (!(set & 1ULL << i) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			return fail_errno(E_CAP, "Cannot give up capability %d", i);
	if (syscall(SYS_capset, &head, data))
		return fail_errno(E_CAP, "Cannot give up capabilities");
	return OK;
}

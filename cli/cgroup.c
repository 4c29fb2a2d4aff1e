// SPDX-License-Identifier: GPL-2.0-only
/* The VE's cgroups; see cgroup.h. */
#include "cgroup.h"
#include "devices.h"
#include "mount.h"
#include "say.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the host has cgroup v2: alone, or beside v1. */
static const char *cgroup_mount(void)
{
	static char *found;
	struct mount_line m;
	const char *p;
	char *text;

	if (found)
		return found;
	text = read_file("/proc/self/mountinfo");
	for (p = text; p && !found && mount_next(&p, &m);)
		if (!strcmp(m.type, "cgroup2") && !strcmp(m.root, "/"))
			found = xstrdup(m.target);
	free(text);
	return found ? found : "/sys/fs/cgroup";
}

static char *limits_path(const struct ve *ve, const char *file)
{
	return xprintf("%s/vz/%u%s%s", cgroup_mount(), ve->id, *file ? "/" : "", file);
}

static char *tasks_path(const struct ve *ve, const char *file)
{
	return xprintf("%s/vz/%u/ve%s%s", cgroup_mount(), ve->id, *file ? "/" : "", file);
}

/* One controller at a time: one that the host does not have is missed when a limit needs it. */
static void enable_controllers(const char *dir)
{
	static const char *const names[] = { "+memory", "+pids", "+cpu", "+io", "+cpuset" };
	char *path = xprintf("%s/cgroup.subtree_control", dir);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		write_file(path, names[i]);
	free(path);
}

static int make_dirs(const struct ve *ve)
{
	char *vz = xprintf("%s/vz", cgroup_mount()), *n = limits_path(ve, ""), *t = tasks_path(ve, "");
	int rc;

	enable_controllers(cgroup_mount());
	rc = mkdir(vz, 0755) && errno != EEXIST ? -1 : 0;
	if (!rc) {
		enable_controllers(vz);
		rc = (mkdir(n, 0755) && errno != EEXIST) || (mkdir(t, 0755) && errno != EEXIST) ? -1 : 0;
	}
	if (rc)
		fail_errno(E_RESOURCE, "Cannot make the cgroup %s", t);
	free(vz);
	free(n);
	free(t);
	return rc ? E_RESOURCE : OK;
}

int cgroup_create(const struct ve *ve)
{
	char *dir = limits_path(ve, "");
	int code = make_dirs(ve);

	if (!code)
		code = cgroup_limits(ve);
	if (!code)
		code = devices_filter(ve, dir);
	free(dir);
	return code;
}

/* Write a limit. Not being able to lift one that was never there is no failure. */
static int set_limit(const struct ve *ve, const char *file, const char *value, const char *none)
{
	char *path = limits_path(ve, file);
	int code = OK;

	if (write_file(path, value) && strcmp(value, none))
		code = fail_errno(E_RESOURCE, "Cannot set %s to %s (does the host's cgroup v2 have this controller?)",
				  path, value);
	free(path);
	return code;
}

/* The limit of a barrier:limit setting, times unit, as a word for a cgroup file. */
static void limit_word(const struct ve *ve, const char *key, unsigned long long unit, char *word, size_t n)
{
	unsigned long long barrier, limit;

	/* vz's "as good as unlimited" is LONG_MAX of the host that wrote it. */
	if (!conf_pair(ve_get(ve, key), unit, &barrier, &limit) || limit >= 0x7fffffffULL)
		snprintf(word, n, "max");
	else
		snprintf(word, n, "%llu", limit * unit);
}

static unsigned long long number_of(const struct ve *ve, const char *key)
{
	const char *v = ve_get(ve, key);

	return v ? strtoull(v, NULL, 10) : 0;
}

/* CPULIMIT is in percent of one CPU, CPUS in whole CPUs: the smaller counts. */
static void cpu_max_word(const struct ve *ve, char *word, size_t n)
{
	unsigned long long limit = number_of(ve, "CPULIMIT"), cpus = number_of(ve, "CPUS") * 100;

	if (cpus && (!limit || cpus < limit))
		limit = cpus;
	if (limit)
		snprintf(word, n, "%llu 100000", limit * 1000);
	else
		snprintf(word, n, "max 100000");
}

/* CPUUNITS 1000 is an ordinary VE, weight 100 an ordinary cgroup. */
static void cpu_weight_word(const struct ve *ve, char *word, size_t n)
{
	unsigned long long w = number_of(ve, "CPUUNITS") / 10;

	snprintf(word, n, "%llu", !w ? 100 : w > 10000 ? 10000 : w);
}

int cgroup_limits(const struct ve *ve)
{
	char word[64];
	int code;

	limit_word(ve, "PHYSPAGES", 4096, word, sizeof(word));
	code = set_limit(ve, "memory.max", word, "max");
	if (!code) {
		limit_word(ve, "SWAPPAGES", 4096, word, sizeof(word));
		code = set_limit(ve, "memory.swap.max", word, "max");
	}
	if (!code) {
		limit_word(ve, "NUMPROC", 1, word, sizeof(word));
		code = set_limit(ve, "pids.max", word, "max");
	}
	if (!code) {
		cpu_weight_word(ve, word, sizeof(word));
		code = set_limit(ve, "cpu.weight", word, "100");
	}
	if (!code) {
		cpu_max_word(ve, word, sizeof(word));
		code = set_limit(ve, "cpu.max", word, "max 100000");
	}
	return code;
}

int cgroup_enter(const struct ve *ve)
{
	char *path = tasks_path(ve, "cgroup.procs");
	int code = OK;

	if (write_file(path, "0"))
		code = fail_errno(E_RESOURCE, "Cannot enter the cgroup by %s", path);
	free(path);
	return code;
}

void cgroup_leave(void)
{
	char *path = xprintf("%s/cgroup.procs", cgroup_mount());

	write_file(path, "0");
	free(path);
}

bool cgroup_exists(const struct ve *ve)
{
	char *path = limits_path(ve, "");
	bool yes = !access(path, F_OK);

	free(path);
	return yes;
}

static bool populated(const struct ve *ve)
{
	char *path = limits_path(ve, "cgroup.events"), *text = read_file(path);
	bool yes = text && strstr(text, "populated 1");

	free(path);
	free(text);
	return yes;
}

bool cgroup_wait_empty(const struct ve *ve, int timeout_ms)
{
	long long until = now_ms() + timeout_ms;

	while (populated(ve)) {
		if (now_ms() > until)
			return false;
		sleep_ms(10);
	}
	return true;
}

bool cgroup_kill(const struct ve *ve, int timeout_ms)
{
	char *path = limits_path(ve, "cgroup.kill");

	write_file(path, "1");
	free(path);
	return cgroup_wait_empty(ve, timeout_ms);
}

/* rmdir a cgroup and all below it; the files in it are not ours to remove. */
static int remove_below(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return errno == ENOENT ? 0 : -1;
	while (!rc && (e = readdir(d))) {
		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		char *sub = xprintf("%s/%s", dir, e->d_name);

		rc = remove_below(sub);
		free(sub);
	}
	closedir(d);
	return rc ? rc : rmdir(dir);
}

int cgroup_remove(const struct ve *ve)
{
	char *dir = limits_path(ve, "");
	int code = OK, tries = 50, rc;

	/* A dead task leaves its cgroup a moment after it stopped being counted. */
	while ((rc = remove_below(dir)) && errno == EBUSY && tries--)
		sleep_ms(20);
	if (rc && errno != ENOENT)
		code = fail_errno(E_RESOURCE, "Cannot remove the cgroup %s", dir);
	free(dir);
	return code;
}

long long cgroup_number(const struct ve *ve, const char *file)
{
	char *path = limits_path(ve, file), *text = read_file(path);
	long long v = text ? strtoll(text, NULL, 10) : -1;

	free(path);
	free(text);
	return v;
}

bool cgroup_out_of_memory(const struct ve *ve)
{
	char *path = limits_path(ve, "memory.events"), *text = read_file(path);
	const char *p = text ? strstr(text, "\noom_kill ") : NULL;
	bool yes = p && strtoull(p + strlen("\noom_kill "), NULL, 10);

	free(path);
	free(text);
	return yes;
}

int cgroup_processes(const struct ve *ve)
{
	char *path = tasks_path(ve, "cgroup.procs"), *text = read_file(path);
	int n = 0;

	for (char *p = text; p && *p; p++)
		n += *p == '\n';
	free(path);
	free(text);
	return n;
}

char *cgroup_name(const struct ve *ve)
{
	return xprintf("/vz/%u/ve", ve->id);
}

bool cgroup_divided(const struct ve *ve)
{
	char *path = tasks_path(ve, "");
	struct stat st;
	bool divided = !stat(path, &st) && st.st_nlink > 2;	/* a cgroup's links count its directories */

	free(path);
	return divided;
}

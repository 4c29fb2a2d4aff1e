// SPDX-License-Identifier: GPL-2.0-only
/* What a VE is to ctl; see ve.h. */
#include "ve.h"
#include "mount.h"
#include "say.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

static bool parse_veid(const char *word, unsigned int *id)
{
	uint64_t v;

	if (!parse_u64(word, 10, VEID_MAX, &v) || !v)
		return false;
	*id = v;
	return true;
}

bool ve_parse(const char *word, unsigned int *id)
{
	char *link, target[PATH_MAX], *base, *dot;
	ssize_t n;

	if (parse_veid(word, id))
		return true;
	if (!*word || strchr(word, '/') || word[0] == '.')
		return false;
	/* A name is a link to the VE's configuration. */
	link = xprintf("%s/%s", VE_NAME_DIR, word);
	n = readlink(link, target, sizeof(target) - 1);
	free(link);
	if (n < 0)
		return false;
	target[n] = 0;
	base = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	dot = strchr(base, '.');
	if (!dot || strcmp(dot, ".conf"))
		return false;
	*dot = 0;
	return parse_veid(base, id);
}

static char *path_of(const struct ve *ve, const char *key, const char *def)
{
	const char *v = ve_get(ve, key);

	v = v && *v ? v : def;
	return v ? conf_expand(v, ve->id) : NULL;
}

int ve_load(struct ve *ve, unsigned int id)
{
	char *dumpdir, *log;

	*ve = (struct ve){ .id = id, .pidfd = -1 };
	ve->conf_path = xprintf("%s/%u.conf", VE_CONF_DIR, id);
	if (!conf_read(&ve->vz, VZ_CONF))
		return fail_errno(E_NO_VZ_CONF, "Global configuration file " VZ_CONF " cannot be read");
	ve->has_conf = conf_read(&ve->conf, ve->conf_path);
	if (!ve->has_conf && errno != ENOENT)
		return fail_errno(E_NO_VE_CONF, "Container config file %s cannot be read", ve->conf_path);
	ve->root = path_of(ve, "VE_ROOT", NULL);
	ve->private = path_of(ve, "VE_PRIVATE", NULL);
	ve->lockdir = path_of(ve, "LOCKDIR", "/vz/lock");
	dumpdir = path_of(ve, "DUMPDIR", "/vz/dump");
	ve->dump = xprintf("%s/Dump.%u", dumpdir, id);
	free(dumpdir);
	log = path_of(ve, "LOGFILE", "/var/log/vzctl.log");
	log_to(!ve_get(ve, "LOGGING") || conf_is_yes(ve_get(ve, "LOGGING")) ? log : NULL, id);
	return OK;
}

int ve_need(const struct ve *ve)
{
	if (!ve->has_conf)
		return fail(E_NO_VE_CONF, "Container config file does not exist");
	if (!ve->root)
		return fail(E_NO_ROOT, "VE_ROOT is not set");
	if (!ve->private)
		return fail(E_NO_PRIVATE, "VE_PRIVATE is not set");
	return OK;
}

const char *ve_get(const struct ve *ve, const char *key)
{
	const char *v = conf_value(&ve->conf, key);

	return v ? v : conf_value(&ve->vz, key);
}

bool ve_exists(const struct ve *ve)
{
	struct stat st;

	return ve->has_conf && ve->private && !stat(ve->private, &st) && S_ISDIR(st.st_mode);
}

bool ve_mounted(const struct ve *ve)
{
	return ve->root && mount_is_point(ve->root);
}

bool ve_dumped(const struct ve *ve)
{
	struct stat st;

	return !lstat(ve->dump, &st);
}

unsigned long long proc_start(pid_t pid)
{
	char *path = xprintf("/proc/%d/stat", pid), *text = read_file(path), *p;
	unsigned long long start = 0;
	char state = 0;

	free(path);
	/* The name of the program, in parentheses, may have anything in it. */
	p = text ? strrchr(text, ')') : NULL;
	if (p && sscanf(p + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d"
			" %*d %*d %*d %llu", &state, &start) != 2)
		start = 0;
	if (state == 'Z' || state == 'X')
		start = 0;
	free(text);
	return start;
}

static char *pid_path(const struct ve *ve)
{
	return xprintf(STATE_DIR "/vepid/%u", ve->id);
}

/* The vepid file's line, if it is there and of this boot. */
static bool read_pid(const struct ve *ve, pid_t *pid, unsigned long long *start)
{
	char *path = pid_path(ve), *text = read_file(path), boot[64] = "";
	bool ok = text && sscanf(text, "%d %llu %63s", pid, start, boot) == 3 && !strcmp(boot, boot_id());

	free(path);
	free(text);
	return ok;
}

bool ve_running(struct ve *ve)
{
	unsigned long long start;
	pid_t pid;
	int fd;

	if (!read_pid(ve, &pid, &start) || pid <= 0)
		return false;
	if (ve->pidfd >= 0 && ve->init == pid && ve->start == start)
		return proc_start(pid) == start;
	/* The descriptor first: from then on the number cannot become another process. */
	fd = pidfd_open(pid, 0);
	if (fd < 0 || proc_start(pid) != start) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (ve->pidfd >= 0)
		close(ve->pidfd);
	ve->pidfd = fd;
	ve->init = pid;
	ve->start = start;
	return true;
}

bool ve_stale(struct ve *ve)
{
	char *path = pid_path(ve);
	bool there = !access(path, F_OK);

	free(path);
	return there && !ve_running(ve);
}

int ve_write_pid(const struct ve *ve, pid_t pid)
{
	char *path = pid_path(ve), *text = xprintf("%d %llu %s\n", pid, pid ? proc_start(pid) : 0, boot_id());
	int code = OK;

	if (mkdirs(STATE_DIR "/vepid", 0755) || replace_file(path, text, 0644))
		code = fail_errno(E_SYSTEM, "Cannot write %s", path);
	free(path);
	free(text);
	return code;
}

void ve_forget_pid(const struct ve *ve)
{
	char *path = pid_path(ve);

	unlink(path);
	free(path);
}

void ve_clean(const struct ve *ve)
{
	char *path = pid_path(ve);

	replace_clean(path);
	replace_clean(ve->conf_path);
	free(path);
}

static int by_number(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

/* Add the VEIDs that are file names NUMBER+suffix in dir. */
static void scan(const char *dir, const char *suffix, unsigned int **ids, size_t *n)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned int id;

	while (d && (e = readdir(d))) {
		size_t len = strlen(e->d_name), cut = strlen(suffix);

		if (len <= cut || strcmp(e->d_name + len - cut, suffix))
			continue;
		e->d_name[len - cut] = 0;
		if (!parse_veid(e->d_name, &id))
			continue;
		*ids = xrealloc(*ids, (*n + 1) * sizeof(**ids));
		(*ids)[(*n)++] = id;
	}
	if (d)
		closedir(d);
}

size_t ve_all(unsigned int **ids)
{
	size_t n = 0, out = 0;

	*ids = NULL;
	scan(VE_CONF_DIR, ".conf", ids, &n);
	scan(STATE_DIR "/vepid", "", ids, &n);
	if (!n)
		return 0;
	qsort(*ids, n, sizeof(**ids), by_number);
	for (size_t i = 1; i < n; i++)
		if ((*ids)[i] != (*ids)[out])
			(*ids)[++out] = (*ids)[i];
	return out + 1;
}

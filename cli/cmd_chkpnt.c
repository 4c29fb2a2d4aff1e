// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctl chkpnt: suspend, dump and kill a VE, all at once or each stage alone.
 *
 * Before the VE is frozen its mounts are opened and compared with those that ctl
 * made; after the freeze only whether they changed meanwhile. Whatever fails, the
 * VE runs on and no file is left; a stage alone leaves it in the stage before.
 */
#include "cmd.h"
#include "blob.h"
#include "caps.h"
#include "cgroup.h"
#include "console.h"
#include "contents.h"
#include "dev.h"
#include "dumpfile.h"
#include "gen.h"
#include "lock.h"
#include "say.h"
#include "spaces.h"
#include "stage.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct chkpnt {
	struct ve *ve;
	const char *file;
	int dev;
	unsigned int timeout_ms;
	struct stats stats;
	/* The VE's mounts. */
	int root, mountinfo;		/* its root directory; /proc/INIT/mountinfo, to poll */
	struct ve_mounts mounts;
	int obstacles;			/* mounts that cannot be preserved */
	struct console_hold console;
};

/* --- the VE's mounts ------------------------------------------------------------------------ */

static void close_mounts(struct chkpnt *c)
{
	mounts_free(&c->mounts);
	if (c->root >= 0)
		close(c->root);
	if (c->mountinfo >= 0)
		close(c->mountinfo);
	c->root = c->mountinfo = -1;
}

static char *read_all(int fd)
{
	char *path = xprintf("/proc/self/fd/%d", fd), *text = read_file(path);

	free(path);
	return text;
}

/* frozen: with the namespaces of single processes, which do not change any more. */
static int open_mounts(struct chkpnt *c, bool frozen)
{
	char *root = xprintf("/proc/%d/root", c->ve->init), *info = xprintf("/proc/%d/mountinfo", c->ve->init);
	char *ns = xprintf("/proc/%d/ns/mnt", c->ve->init);
	char *text = NULL, *host = read_file("/proc/self/mountinfo"), *cgroup = cgroup_name(c->ve);
	uint64_t caps = 0;
	int *roots = NULL, own = -1, code = OK;

	close_mounts(c);
	c->obstacles = 0;
	c->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	c->mountinfo = open(info, O_RDONLY | O_CLOEXEC);
	if (c->mountinfo >= 0)
		text = read_all(c->mountinfo);
	own = open(ns, O_RDONLY | O_CLOEXEC);
	/* Only now is it sure whose these are. */
	if (c->root < 0 || own < 0 || !text || !host || !caps_of_process(c->ve->init, &caps) || !ve_running(c->ve))
		code = fail_errno(E_CHKPNT, "Cannot read the container's mounts");
	if (!code)
		code = mounts_add(&c->mounts, text, cgroup, own, NULL);
	else if (own >= 0)
		close(own);
	if (!code && frozen)
		code = spaces_add(c->ve, c->dev, &c->mounts, &roots, &c->obstacles);
	if (!code && frozen)
		code = spaces_add_umounted(c->ve, c->dev, &c->mounts);
	if (!code) {
		mounts_finish(&c->mounts);
		c->obstacles += mounts_obstacles(&c->mounts, host, caps_have_admin(caps));
		if (cgroup_divided(c->ve)) {
			fail(E_CHKPNT, "the container has made cgroups, which cannot be preserved yet");
			c->obstacles++;
		}
		code = spaces_open(c->root, roots, &c->mounts);
		c->obstacles += mounts_not_again(&c->mounts, c->root, c->ve->init);
	}
	free(ns);
	free(text);
	free(host);
	free(cgroup);
	free(root);
	free(info);
	return code;
}

/* Something was mounted or unmounted in the VE since open_mounts(). */
static bool mounts_changed(const struct chkpnt *c)
{
	struct pollfd p = { .fd = c->mountinfo, .events = POLLPRI };

	return poll(&p, 1, 0) != 0 && (p.revents & (POLLPRI | POLLERR));
}

static int give_mounts(struct chkpnt *c)
{
	struct cpt_ioc_mounts a = mounts_table(&c->mounts);
	int code = OK;

	if (dev_ioctl(c->dev, CPT_IOC_MOUNTS, &a))
		code = fail_errno(E_CHKPNT, "Can not dump container");
	mounts_table_free(&a);
	return code;
}

/*
 * A command failed. Was it because of mounts that only the module knows, as they were unmounted
 * (umount -l)? Now they are in the table, and it can be tried again.
 */
static bool learned_mounts(struct chkpnt *c)
{
	return errno == ESTALE && !open_mounts(c, true) && !give_mounts(c);
}

/* The terminal whose master is outside the VE: from now on its keeper stands still. */
static int give_console(struct chkpnt *c)
{
	struct cpt_ioc_console a = { 0 };
	int code = console_hold(c->ve, &c->console);

	if (code || c->console.master < 0)
		return code;
	a.fd = c->console.master;
	a.holders = c->console.holders;
	if (dev_ioctl(c->dev, CPT_IOC_SET_CONSOLE, &a))
		code = fail_errno(E_CHKPNT, "Can not dump container");
	close(c->console.master);
	c->console.master = -1;
	return code;
}

/* Have all obstacles named that the module finds; as ioctl(). */
static int check(struct chkpnt *c)
{
	int rc;

	do
		rc = dev_ioctl(c->dev, CPT_IOC_CHECK, NULL);
	while (rc && learned_mounts(c));
	return rc;
}

/* --- suspend -------------------------------------------------------------------------------- */

static int suspend(struct chkpnt *c)
{
	struct cpt_ioc_suspend s = { .pidfd = c->ve->pidfd, .timeout_ms = c->timeout_ms };
	int code = open_mounts(c, false);

	if (code)
		return code;
	say(0, "\tsuspend...");
	if (dev_ioctl(c->dev, CPT_IOC_SUSPEND, &s))
		return fail_errno(E_CHKPNT, "Can not suspend container");
	c->stats.freeze_ns = s.ns;
	c->stats.tasks = s.tasks;
	step("suspended: %u tasks, %u passes", s.tasks, s.passes);
	if (mounts_changed(c) || spaces_exist(c->dev))
		code = open_mounts(c, true);
	return code ? code : give_mounts(c);
}

/* --- dump ----------------------------------------------------------------------------------- */

static int put_ve(struct chkpnt *c)
{
	char generation[33], *json;
	uint64_t caps = 0;
	int code = gen_pending(c->ve, generation);

	if (code)
		return code;
	caps_of_process(c->ve->init, &caps);
	json = blob_ve_json(c->ve, generation, caps, &c->mounts);
	code = blob_put(c->dev, CPT_BLOB_VE, 0, json, strlen(json));
	free(json);
	if (!code && c->console.n)
		code = blob_put(c->dev, CPT_BLOB_CONSOLE, 0, c->console.kept, c->console.n);
	return code;
}

/* A line on a terminal while the module writes. */
struct progress {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t end;
	bool on, done;
	int fd;
};

static void *progress_thread(void *arg)
{
	struct progress *p = arg;
	struct timespec ts;
	struct stat st;

	pthread_mutex_lock(&p->lock);
	while (!p->done) {
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_nsec += 250000000;
		ts.tv_sec += ts.tv_nsec / 1000000000;
		ts.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&p->end, &p->lock, &ts);
		if (!p->done && !fstat(p->fd, &st))
			fprintf(stderr, "\r\t%lld MiB ", (long long)st.st_size >> 20);
	}
	fprintf(stderr, "\r\033[K");
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void progress_begin(struct progress *p, int fd)
{
	*p = (struct progress){ .lock = PTHREAD_MUTEX_INITIALIZER, .end = PTHREAD_COND_INITIALIZER, .fd = fd };
	p->on = verbosity >= 0 && isatty(2) && !pthread_create(&p->thread, NULL, progress_thread, p);
}

static void progress_end(struct progress *p)
{
	if (!p->on)
		return;
	pthread_mutex_lock(&p->lock);
	p->done = true;
	pthread_cond_signal(&p->end);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
}

/*
 * Let the module write the image, with the contents of the VE's mounts, in *bytes how many; an
 * enum code. *err: with which error the module failed; 0: it did not.
 */
static int try_image(struct chkpnt *c, struct cpt_ioc_dump *a, size_t *bytes, int *err)
{
	struct contents contents;
	struct progress p;
	int code = put_ve(c), rc;

	if (!code)
		code = contents_begin(c->ve, c->dev, &c->mounts, &contents);
	if (code)
		return code;
	a->own = contents.from;
	progress_begin(&p, a->fd);
	rc = dev_ioctl(c->dev, CPT_IOC_DUMP, a);
	*err = rc ? errno : 0;
	progress_end(&p);
	return contents_end(&contents, !rc, bytes);
}

/* All obstacles at once: the module's too. */
static int refuse(struct chkpnt *c)
{
	check(c);
	return fail(E_CHKPNT, "Can not dump container: what is named above cannot be saved");
}

static int write_image(struct chkpnt *c, struct dumpfile *d)
{
	struct cpt_ioc_dump a = { .fd = d->fd };
	size_t tmpfs = 0;
	int code, err = 0;

	do {
		if (c->obstacles)
			return refuse(c);
		code = try_image(c, &a, &tmpfs, &err);
		errno = err;
	} while (err && learned_mounts(c));
	if (err)
		code = fail_errno(err == ENOSPC || err == EDQUOT ? E_NO_SPACE : E_CHKPNT, "Can not dump container");
	if (code)
		return code;
	c->stats.dump_ns = a.ns;
	c->stats.bytes = a.bytes;
	c->stats.pages = a.pages;
	c->stats.pages_shared = a.pages_shared;
	step("dumped: %llu bytes, %llu pages, %llu shared; %u mounts, contents of tmpfs: %zu bytes",
	     (unsigned long long)a.bytes, (unsigned long long)a.pages, (unsigned long long)a.pages_shared,
	     c->mounts.n, tmpfs);
	return OK;
}

/* What the frozen programs wrote to their files is to be on the disk when the image is. */
static void sync_files(struct chkpnt *c)
{
	int fd = openat(c->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		syncfs(fd);
		close(fd);
	}
}

static int dump(struct chkpnt *c)
{
	struct dumpfile d;
	int code;

	say(0, "\tdump...");
	code = give_console(c);
	if (code)
		return code;
	if (c->obstacles)
		return refuse(c);
	dumpfile_clean(c->file);
	code = dumpfile_open(&d, c->file);
	if (code)
		return code;
	code = write_image(c, &d);
	if (!code && interrupted)
		code = fail(E_CHKPNT, "Interrupted");
	if (code) {
		dumpfile_abort(&d);
		return code;
	}
	sync_files(c);
	code = dumpfile_commit(&d);
	step("on the disk: %s", c->file);
	return code;
}

/* --- the command ---------------------------------------------------------------------------- */

/* Undo: the VE runs on, and no image of it is good. */
static void run_on(struct chkpnt *c, int stage)
{
	struct stats ignored;

	stage_resume(c->ve, c->dev, stage, &ignored, E_CHKPNT);
}

static int keep(struct chkpnt *c)
{
	say(0, "\tget context...");
	if (dev_ioctl(c->dev, CPT_IOC_KEEP, NULL))
		return fail_errno(E_CHKPNT, "Can not get cpt context");
	return OK;
}

static int suspend_only(struct chkpnt *c)
{
	int code = suspend(c);

	if (!code && interrupted)
		code = fail(E_CHKPNT, "Interrupted");
	/* Closing the device undoes what was begun. */
	return code ? code : keep(c);
}

/* The VE was suspended by an earlier command. */
static int dump_only(struct chkpnt *c, int stage)
{
	int code;

	say(0, "\tjoin context..");
	if (stage == CPT_IDLE)
		return fail(E_CHKPNT, "Can not dump container: it is not suspended (chkpnt --suspend)");
	code = open_mounts(c, true);
	if (!code)
		code = give_mounts(c);
	if (!code)
		code = dump(c);
	return code ? code : keep(c);
}

static int check_only(struct chkpnt *c)
{
	int code = suspend(c);

	if (code)
		return code;
	code = give_console(c);
	if (!code && check(c))
		code = errno == EBUSY ? E_CHKPNT : fail_errno(E_CHKPNT, "Can not check container");
	if (c->obstacles)
		code = E_CHKPNT;
	run_on(c, CPT_SUSPENDED);
	if (!code)
		say(0, "Nothing stands in the way of a checkpoint");
	return code;
}

static int full(struct chkpnt *c)
{
	int code = suspend(c);

	if (!code && interrupted)
		code = fail(E_CHKPNT, "Interrupted");
	if (!code) {
		code = dump(c);
		if (!code && interrupted) {
			code = fail(E_CHKPNT, "Interrupted");
			unlink(c->file);
		}
		if (code)
			run_on(c, CPT_DUMPED);
	} else if (c->stats.freeze_ns >= 0) {
		run_on(c, CPT_SUSPENDED);
	}
	if (code)
		return code;
	say(0, "\tkill...");
	return stage_kill(c->ve, c->dev, CPT_DUMPED, &c->stats, E_CHKPNT);
}

enum { FULL, SUSPEND, DUMP, KILL, RESUME, CHECK };

/* Seconds, a fraction allowed: vz's limits are 10 to 3600. */
static int parse_timeout(const char *s, unsigned int *ms)
{
	char *end;
	double v;

	*ms = 10000;
	if (!s)
		return OK;
	v = strtod(s, &end);
	if (*end || end == s || !(v > 0) || v > 86400)
		return fail(E_VALUE, "Bad parameter value: --timeout %s", s);
	*ms = v * 1000 < 1 ? 1 : v * 1000;
	return OK;
}

static int run(struct chkpnt *c, int what)
{
	int stage, code;

	if (!ve_running(c->ve))
		return fail(E_NOT_RUNNING, "Unable to setup checkpointing: container is not running");
	say(0, "Setting up checkpoint...");
	c->dev = dev_open(c->ve->id, &stage);
	if (c->dev < 0)
		return E_KERNEL;
	c->root = c->mountinfo = c->console.sock = c->console.master = -1;
	c->stats = (struct stats)STATS_NONE;
	if (what == SUSPEND)
		code = suspend_only(c);
	else if (what == DUMP)
		code = dump_only(c, stage);
	else if (what == CHECK)
		code = check_only(c);
	else
		code = full(c);
	close_mounts(c);
	console_let_go(&c->console);
	close(c->dev);
	if (what == CHECK)
		return code;
	if (code)
		fail(code, "Checkpointing failed");
	else
		say(0, "Checkpointing completed successfully");
	return code;
}

int cmd_chkpnt(struct ve *ve, int argc, char **argv)
{
	int does[CHECK + 1] = { 0 }, ignored = 0, verbose = 0, stats = 0, how = STATS_OFF, what = FULL, n = 0, code;
	char *file = NULL, *context = NULL, *flags = NULL, *timeout = NULL, *format = NULL;
	struct poptOption table[] = {
		{ "suspend", 0, POPT_ARG_NONE, &does[SUSPEND], 0, NULL, NULL },
		{ "dump", 0, POPT_ARG_NONE, &does[DUMP], 0, NULL, NULL },
		{ "kill", 0, POPT_ARG_NONE, &does[KILL], 0, NULL, NULL },
		{ "resume", 0, POPT_ARG_NONE, &does[RESUME], 0, NULL, NULL },
		{ "check", 0, POPT_ARG_NONE, &does[CHECK], 0, NULL, NULL },
		{ "dumpfile", 0, POPT_ARG_STRING, &file, 0, NULL, NULL },
		{ "context", 0, POPT_ARG_STRING, &context, 0, NULL, NULL },
		{ "flags", 0, POPT_ARG_STRING, &flags, 0, NULL, NULL },
		{ "skip_arpdetect", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "keep", 0, POPT_ARG_NONE, &ignored, 0, NULL, NULL },
		{ "timeout", 0, POPT_ARG_STRING, &timeout, 0, NULL, NULL },
		{ "verbose", 0, POPT_ARG_NONE, &verbose, 0, NULL, NULL },
		{ "stats", 0, POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL, &format, 'S', NULL, NULL },
		POPT_TABLEEND
	};
	struct chkpnt c = { .ve = ve, .dev = -1 };

	code = stage_options(argc, argv, table, &stats);
	if (!code && stats)
		code = stats_parse(format, &how);
	for (int i = SUSPEND; i <= CHECK; i++)
		if (does[i]) {
			what = i;
			n++;
		}
	if (!code && n > 1)
		code = fail(E_SYNTAX, "Invalid syntax: only one sub command may be used");
	if (!code && what == DUMP && !file)
		code = fail(E_SYNTAX, "Error: dumpfile is not specified");
	if (!code)
		code = stage_ignored(context, flags);
	if (!code)
		code = parse_timeout(timeout, &c.timeout_ms);
	if (code)
		return code;
	verbosity += verbose;
	c.file = file ? file : ve->dump;
	step("begun");
	if (what == KILL || what == RESUME) {
		c.stats = (struct stats)STATS_NONE;
		code = what == KILL ? stage_kill_command(ve, &c.stats, E_CHKPNT) :
				      stage_resume_command(ve, &c.stats, E_CHKPNT);
	} else {
		code = run(&c, what);
	}
	if (!code)
		stats_print(ve, &c.stats, how);
	return code;
}

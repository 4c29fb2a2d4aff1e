// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restoring a VE; see restore.h.
 *
 * The module reads and checks the image whole (VERIFY) before anything exists. Then
 * a helper builds the world as start does, fills its tmpfs, lets the module clone init
 * into it (INIT), has /proc mounted by a process inside init's pid namespace, makes the
 * VE's own mounts, and has everything else made (MAKE). It ends; ctl lets the VE go
 * (RESUME).
 */
#include "restore.h"
#include "blob.h"
#include "caps.h"
#include "cgroup.h"
#include "console.h"
#include "contents.h"
#include "dev.h"
#include "gen.h"
#include "life.h"
#include "lock.h"
#include "ns.h"
#include "remount.h"
#include "say.h"
#include "stage.h"
#include "util.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct work {
	struct ve *ve;
	const struct restore *r;
	int dev;
	uint64_t caps;
	struct blobs blobs;
	struct ve_mounts mounts;
	struct contents_in contents;
	struct stats stats;
};

/* --- the image ------------------------------------------------------------------------------ */

static int verify(struct work *w)
{
	struct cpt_ioc_verify v = { 0 };
	struct blob_ve bve = { 0 };
	struct stat st;
	int code;

	v.fd = open(w->r->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (v.fd < 0 || fstat(v.fd, &st)) {
		code = fail_errno(E_RESTORE, "Can not open dump file %s", w->r->file);
		if (v.fd >= 0)
			close(v.fd);
		return code;
	}
	code = dev_ioctl(w->dev, CPT_IOC_VERIFY, &v) ?
		       fail_errno(E_RESTORE, "Can not read dump file %s", w->r->file) : OK;
	/* The module holds the file for what comes after the metadata. */
	close(v.fd);
	if (!code)
		code = blob_get_all(w->dev, &w->blobs);
	if (!code)
		code = blob_ve_parse(&w->blobs, caps_have_admin(w->caps), &bve);
	w->mounts = bve.mounts;
	if (code)
		return code;
	if (v.veid != w->ve->id || bve.veid != w->ve->id)
		return fail(E_RESTORE, "The image is of container %u, not of %u", v.veid, w->ve->id);
	if (!gen_matches(w->ve, bve.generation)) {
		if (!w->r->force)
			return fail(E_RESTORE, "The image is older than the container's files: the container ran, or was "
					       "restored, after it was made (--force restores it all the same)");
		warn("The image is older than the container's files: restored all the same");
	}
	w->stats.tasks = v.tasks;
	w->stats.bytes = st.st_size;
	step("verified: %u tasks, %llu bytes of metadata", v.tasks, (unsigned long long)v.bytes);
	return OK;
}

/* --- the helper ----------------------------------------------------------------------------- */

static int mount_proc(void *arg)
{
	(void)arg;
	return world_proc();
}

static int fill_mount(void *arg, unsigned int i, int fd)
{
	struct work *w = arg;

	return contents_unpack(&w->contents, &w->mounts.m[i], fd);
}

static int fill_all(struct work *w)
{
	int code;

	contents_open(&w->contents, w->dev);
	code = remount_table(&w->mounts, fill_mount, w);
	return code ? code : contents_close(&w->contents);
}

static int give_mounts(const struct work *w)
{
	struct cpt_ioc_mounts a = mounts_table(&w->mounts);

	/* The module's lines are read by ctl. */
	return dev_ioctl_quiet(w->dev, CPT_IOC_MOUNTS, &a) ? fail_errno(E_RESTORE, "Can not undump container") : OK;
}

/* Never returns. What it says and init's pid go to ctl as reports. */
static void helper(struct work *w)
{
	struct cpt_ioc_init init = { .cap_bset = w->caps };
	struct cpt_ioc_make make = { 0 };
	struct stats s = STATS_NONE;
	/* Before: /proc of the VE does not know us. */
	int proc = open("/proc/self", O_PATH | O_CLOEXEC), code = world_enter(w->ve);

	/* Before /proc, of which a part is covered by the VE's /dev/null. */
	if (!code)
		code = fill_all(w);
	if (!code && dev_ioctl_quiet(w->dev, CPT_IOC_INIT, &init))
		code = fail_errno(E_RESTORE, "Can not make the container's init");
	if (!code)
		code = ns_in_pids(init.pid, mount_proc, NULL);
	if (!code)
		code = remount(&w->mounts, proc, init.pid, w->caps);
	if (!code)
		code = give_mounts(w);
	if (!code && dev_ioctl_quiet(w->dev, CPT_IOC_MAKE, &make))
		code = fail_errno(E_RESTORE, "Can not undump container");
	if (code)
		_exit(code);
	s.undump_ns = make.ns;
	s.pages = make.pages;
	s.tasks = make.tasks;
	report_data(init.pid, &s, sizeof(s));
	_exit(OK);
}

/* Take the helper's reports; *init is 0 if it failed. */
static int helper_result(struct work *w, pid_t helper, int report, pid_t *init)
{
	struct report r;
	struct stats s;
	int code = OK;

	*init = 0;
	while (report_wait(report, helper, &r)) {
		if (r.pid) {
			*init = r.pid;
			memcpy(&s, r.text, sizeof(s));
			w->stats.undump_ns = s.undump_ns;
			w->stats.pages = s.pages;
			w->stats.tasks = s.tasks;
		} else if (r.code) {
			code = fail(code ? code : r.code, "%s", r.text);
		} else {
			warn("%s", r.text);
		}
	}
	if (!code && !*init)
		code = fail(E_RESTORE, "The helper that restores the container died");
	return code;
}

/* The console's new keeper, who shows also what was written before. */
static int keep_console(struct work *w)
{
	const struct blob *b = w->blobs.b, *end = b + w->blobs.n;
	struct cpt_ioc_console a = { 0 };

	if (dev_ioctl_quiet(w->dev, CPT_IOC_GET_CONSOLE, &a))
		return errno == ENOENT ? OK : fail_errno(E_RESTORE, "Can not restore the container's console");
	while (b < end && b->tag != CPT_BLOB_CONSOLE)
		b++;
	return console_keep(w->ve, a.fd, b < end ? b->data : NULL, b < end ? b->len : 0);
}

static int undump(struct work *w)
{
	int report, keep[1] = { w->dev }, code, status;
	pid_t pid, init;

	say(0, "\tundump...");
	pid = fork_helper(&report, keep, 1);
	if (!pid)
		helper(w);
	if (pid < 0)
		return E_SYSTEM;
	code = helper_result(w, pid, report, &init);
	close(report);
	dev_lines(w->dev);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!code)
		code = ve_write_pid(w->ve, init);
	if (!code && !ve_running(w->ve))
		code = fail(E_RESTORE, "The restored init died");
	if (!code)
		code = keep_console(w);
	if (code && cgroup_out_of_memory(w->ve))
		fail(code, "The container may not have as much memory as the image needs (PHYSPAGES)");
	if (!code)
		step("undumped: %lld tasks, %lld pages", w->stats.tasks, w->stats.pages);
	return code;
}

/* --- the whole ------------------------------------------------------------------------------ */

static int finish(struct work *w)
{
	if (w->r->undump_only)
		say(0, "\tget context...");
	/*
	 * In any case: if ctl is killed between the new id and the end of the resume, the VE
	 * is to stay. If it were killed with ctl, the image would be whole but too old.
	 */
	if (dev_ioctl(w->dev, CPT_IOC_KEEP, NULL))
		return fail_errno(E_RESTORE, "Can not get cpt context");
	if (w->r->undump_only)
		return OK;
	say(0, "\tresume...");
	return stage_resume(w->ve, w->dev, CPT_UNDUMPED, &w->stats, E_RESTORE);
}

static int build(struct work *w)
{
	int code = life_prepare(w->ve);

	if (!code && interrupted)
		code = fail(E_RESTORE, "Interrupted");
	if (!code)
		code = undump(w);
	if (!code && interrupted)
		code = fail(E_RESTORE, "Interrupted");
	if (!code)
		code = finish(w);
	return code;
}

int restore_full(struct ve *ve, const struct restore *r)
{
	struct work w = { .ve = ve, .r = r, .dev = -1, .stats = STATS_NONE };
	int stage = CPT_IDLE, code;

	if (ve_running(ve))
		return fail(E_RUNNING, "Unable to perform restore: container already running%s",
			    dev_stage_of(ve->id) == CPT_IDLE ? "" :
			    ", but suspended (chkpnt --resume or restore --resume lets it go on)");
	say(0, "Restoring container ...");
	code = caps_of_ve(ve, &w.caps);
	if (!code) {
		w.dev = dev_open(ve->id, &stage);
		code = w.dev < 0 ? E_KERNEL : OK;
	}
	if (!code)
		code = verify(&w);
	if (!code) {
		code = build(&w);
		if (code) {
			/* Whatever the stage is by now: parked tasks first, then what they were in. */
			struct cpt_ioc_kill k;

			dev_ioctl_quiet(w.dev, CPT_IOC_KILL, &k);
			life_take_down(ve, true);
		}
	}
	if (w.dev >= 0)
		close(w.dev);
	blob_free(&w.blobs);
	mounts_free(&w.mounts);
	if (code)
		return fail(code, "Container restore failed");
	/* Never by accident twice: the generation forbids it, but the file would be kept for nothing. */
	if (!r->keep && !r->undump_only && unlink(r->file))
		warn("Cannot remove %s: %s", r->file, strerror(errno));
	say(0, "Restoring completed successfully");
	stats_print(ve, &w.stats, r->stats);
	return OK;
}

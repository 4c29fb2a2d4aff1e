// SPDX-License-Identifier: GPL-2.0-only
/*
 * fanotify: of each sort of group two, with the same marks, that see the same. What one of them
 * says before a cycle, byte for byte on the disk, the other says after it: open files, handles
 * of files and directories, names, renames, of threads, the living and the dead, an overflow,
 * merged as before and with what comes after; handles in a tmpfs are those of the restored
 * files. Marks on files, mounts and file systems with all flags; groups of a user; permissions;
 * files that events brought and that cause none; a reader that waits; an epoll.
 *
 * Run by fanotify.sh: it needs sys_admin, and fs.fanotify.max_queued_events is LIMIT.
 */
#include "cpt_test.h"

#include <pthread.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statfs.h>

/* of newer headers */
#ifndef FAN_REPORT_PIDFD
#define FAN_REPORT_PIDFD	0x80
#endif
#define REPORT_TARGET_FID	0x1000
#define REPORT_ALL		0x1e00
#define REPORT_FD_ERROR		0x2000
#define MARK_EVICTABLE		0x200
#define MARK_IGNORE_SURV	0x440
#define LIMIT			300

#define DISK	"/tmp/fan"
#define RAM	"/run/fan"
#define OWN	"/mnt/fan"	/* a tmpfs */

static const char *const known[] = {
	RAM, RAM "/brought", RAM "/z", RAM "/a", RAM "/b", RAM "/sub", RAM "/sub/c", OWN, OWN "/f", "/run",
};
static const char *const mounts[] = { RAM, OWN };

/* --- what events say ----------------------------------------------------------------------------- */

static char text[1 << 20];

static void __attribute__((format(printf, 1, 2))) add(const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
}

static void add_fsid(const void *fsid)
{
	struct statfs st;

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		if (!statfs(mounts[i], &st) && !memcmp(&st.f_fsid, fsid, 8)) {
			add(" of %s", mounts[i]);
			return;
		}
	for (int i = 0; i < 8; i++)
		add("%s%02x", i ? "" : " of ", ((const uint8_t *)fsid)[i]);
}

/* A file that is known by the handle it has now; or the handle's bytes. */
static void add_handle(const struct file_handle *h)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + 128];
	} is;
	int mnt;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		is.h.handle_bytes = 128;
		if (!name_to_handle_at(AT_FDCWD, known[i], &is.h, &mnt, 0) && is.h.handle_type == h->handle_type &&
		    is.h.handle_bytes == h->handle_bytes && !memcmp(is.h.f_handle, h->f_handle, h->handle_bytes)) {
			add(" %s", known[i]);
			return;
		}
	}
	add(" %d:", h->handle_type);
	for (unsigned int i = 0; i < h->handle_bytes; i++)
		add("%02x", h->f_handle[i]);
}

static void add_pidfd(int fd)
{
	char path[64], line[256];
	FILE *f;

	if (fd < 0) {
		add(" pidfd %d", fd);
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	check(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "Pid:", 4))
			add(" pidfd of %d", atoi(line + 4));
	fclose(f);
	close(fd);
}

static void add_info(const struct fanotify_event_info_header *h)
{
	const struct fanotify_event_info_fid *fid = (const void *)h;
	const struct file_handle *handle = (const void *)fid->handle;

	add("; %d", h->info_type);
	switch (h->info_type) {
	case 4:
		add_pidfd(((const int *)h)[1]);
		break;
	case 5:
		add(" error %d, %d", ((const int *)h)[1], ((const int *)h)[2]);
		break;
	default:
		add_fsid(&fid->fsid);
		add_handle(handle);
		if (h->info_type != 1 && h->info_type != 3)
			add(" '%s'", (const char *)handle->f_handle + handle->handle_bytes);
	}
}

static void add_fd(int fd)
{
	char link[64], path[4096] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	sys(readlink(link, path, sizeof(path) - 1));
	add(" %s (%#x)", path, fcntl(fd, F_GETFL));
	close(fd);
}

/* All that can be read of @fd, a line each. */
static char *events(int fd)
{
	static char buf[1 << 16] __attribute__((aligned(8)));
	const struct fanotify_event_metadata *e;
	ssize_t n;

	*text = 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (e = (void *)buf; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n)) {
			add("%#llx by %d", (unsigned long long)e->mask, e->pid);
			if (e->fd >= 0)
				add_fd(e->fd);
			for (size_t at = e->metadata_len; at < e->event_len;
			     at += ((const struct fanotify_event_info_header *)((const char *)e + at))->len)
				add_info((const void *)((const char *)e + at));
			add("\n");
		}
	check(n == 0 || errno == EAGAIN, "%s", strerror(errno));
	check(strlen(text) < sizeof(text) - 1000);
	return strdup(text);
}

/* Both are the same lines, or the first that is not is told. */
static void same(const char *what, const char *is, const char *want)
{
	while (*is && *is == *want) {
		const char *a = strchr(is, '\n'), *b = strchr(want, '\n');

		if (!a || !b || a - is != b - want || memcmp(is, want, a - is))
			break;
		is = a + 1;
		want = b + 1;
	}
	check(!*is && !*want, "%s: '%.*s', not '%.*s'", what, (int)strcspn(is, "\n"), is, (int)strcspn(want, "\n"), want);
}

static void none(int fd)
{
	check(!*events(fd), "an event: %s", text);
}

static void expect(int fd, const char *want)
{
	events(fd);
	check(*text && strstr(text, want), "not '%s' but: %s", want, text);
}

static int count(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

/* --- groups -------------------------------------------------------------------------------------- */

/* One is read before, one after. */
struct pair {
	int group, twin;
	char *said, *info;
	const char *name;
	int bytes;
};
static struct pair pairs[16];
static int npairs;

static int group(unsigned int flags, unsigned int event_flags)
{
	return sys(fanotify_init(flags | FAN_NONBLOCK, event_flags));
}

static struct pair *pair(const char *name, unsigned int flags, unsigned int event_flags)
{
	struct pair *p = &pairs[npairs++];

	p->name = name;
	p->group = group(flags, event_flags);
	p->twin = group(flags, event_flags);
	return p;
}

static void mark(const struct pair *p, unsigned int flags, uint64_t mask, const char *path)
{
	sys(fanotify_mark(p->group, FAN_MARK_ADD | flags, mask, AT_FDCWD, path));
	sys(fanotify_mark(p->twin, FAN_MARK_ADD | flags, mask, AT_FDCWD, path));
}

static char *contents(const char *path)
{
	static char buf[1 << 16];
	int fd = sys(open(path, O_RDONLY | O_CLOEXEC));
	size_t have = 0;
	ssize_t n;

	while ((n = sys(read(fd, buf + have, sizeof(buf) - 1 - have))))
		have += n;
	close(fd);
	buf[have] = 0;
	return strdup(buf);
}

/* What fdinfo says of marks, but for numbers of mounts and of files in a tmpfs. */
static char *info_of(int fd)
{
	char path[64], *all, *line, *to = text, *at;
	unsigned int sdev;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	all = contents(path);
	*text = 0;
	for (line = strtok(all, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, "fanotify", 8))
			continue;
		at = strstr(line, "sdev:");
		sdev = at ? strtoul(at + 5, NULL, 16) : 0;
		if (sdev < 1 << 20 && (at = strstr(line, " mflags:")))
			to += sprintf(to, "fanotify N%s", at);
		else
			to += sprintf(to, "%s", line);
		at = sdev < 1 << 20 ? strstr(text, " fhandle") : NULL;
		if (at)
			to = at;
		to += sprintf(to, "\n");
	}
	free(all);
	return strdup(text);
}

static void touch(const char *path)
{
	close(sys(open(path, O_RDWR | O_CREAT, 0644)));
}

static void append(const char *path)
{
	int fd = sys(open(path, O_WRONLY | O_APPEND));

	check(write(fd, "x", 1) == 1);
	close(fd);
}

/* Somebody else does it, and dies. */
static void by_another(void (*what)(const char *), const char *path)
{
	pid_t pid = test_fork();

	if (!pid) {
		what(path);
		_exit(0);
	}
	test_reap(pid);
}

static void *thread(void *path)
{
	append(path);
	return NULL;
}

static void by_thread(const char *path)
{
	pthread_t t;

	thr(pthread_create(&t, NULL, thread, (void *)path));
	thr(pthread_join(t, NULL));
}

/* --- the sorts ----------------------------------------------------------------------------------- */

static struct pair *opened, *fids, *names, *ram, *flood, *much, *threads, *mnt, *fs, *masks;

static void make_groups(void)
{
	int fd_error;

	sys(mkdir(DISK, 0755));
	sys(mkdir(DISK "/dir", 0755));
	sys(mkdir(RAM, 0755));
	sys(mkdir(RAM "/sub", 0755));
	mkdir("/mnt", 0755);
	sys(mkdir(OWN, 0755));
	sys(mount("own", OWN, "tmpfs", 0, NULL));
	touch(DISK "/f");
	touch(DISK "/g");
	touch(RAM "/a");
	touch(OWN "/f");

	opened = pair("open files", FAN_CLASS_NOTIF, O_RDWR | O_NOATIME);
	mark(opened, 0, FAN_OPEN | FAN_MODIFY | FAN_CLOSE | FAN_EVENT_ON_CHILD | FAN_ONDIR, DISK);
	fids = pair("handles", FAN_REPORT_FID, 0);
	mark(fids, 0, FAN_OPEN | FAN_ATTRIB | FAN_CREATE | FAN_DELETE | FAN_DELETE_SELF | FAN_ONDIR | FAN_EVENT_ON_CHILD,
	     DISK);
	mark(fids, 0, FAN_MOVE_SELF | FAN_DELETE_SELF, DISK "/g");
	names = pair("names", FAN_REPORT_DFID_NAME | FAN_REPORT_FID | REPORT_TARGET_FID | FAN_REPORT_PIDFD, 0);
	mark(names, 0, FAN_CREATE | FAN_DELETE | FAN_RENAME | FAN_MODIFY | FAN_ONDIR | FAN_EVENT_ON_CHILD, DISK);
	mark(names, 0, FAN_RENAME | FAN_CREATE, DISK "/dir");
	ram = pair("handles in a tmpfs", REPORT_ALL, 0);
	mark(ram, 0, FAN_CREATE | FAN_DELETE | FAN_RENAME | FAN_MODIFY | FAN_OPEN | FAN_ONDIR | FAN_EVENT_ON_CHILD, RAM);
	mark(ram, 0, FAN_CREATE | FAN_RENAME, RAM "/sub");
	flood = pair("too many", FAN_REPORT_DIR_FID | FAN_REPORT_NAME, 0);
	mark(flood, 0, FAN_CREATE | FAN_ONDIR, DISK "/dir");
	fd_error = fanotify_init(REPORT_FD_ERROR, 0);
	if (fd_error >= 0)		/* not on every kernel */
		close(fd_error);
	much = pair("very many", (fd_error < 0 ? 0 : REPORT_FD_ERROR) | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS,
		    O_RDONLY | O_CLOEXEC);
	mark(much, 0, FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD, DISK "/dir");
	threads = pair("threads", FAN_REPORT_TID | FAN_CLASS_CONTENT, 0);
	mark(threads, 0, FAN_MODIFY, DISK "/f");
	mnt = pair("a mount", FAN_CLASS_NOTIF, 0);
	mark(mnt, FAN_MARK_MOUNT, FAN_CLOSE_WRITE, OWN);
	fs = pair("a file system", FAN_REPORT_FID, 0);
	mark(fs, FAN_MARK_FILESYSTEM, FAN_CREATE | FAN_DELETE | FAN_ONDIR, OWN "/f");
}

/* Every sort of mask and flag; the events are none. */
static void make_masks(void)
{
	static const char *const files[] = { "legacy", "surv", "ignore", "evict", "both", "gone" };
	char path[64];
	int writer = sys(open(DISK "/f", O_WRONLY));

	masks = pair("masks", FAN_REPORT_FID | FAN_REPORT_DIR_FID, 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), DISK "/m.%s", files[i]);
		touch(path);
	}
	mark(masks, FAN_MARK_IGNORED_MASK, FAN_OPEN | FAN_ATTRIB, DISK "/m.legacy");
	mark(masks, FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, DISK "/m.surv");
	mark(masks, 0, FAN_DELETE_SELF | FAN_ONDIR, DISK "/m.surv");
	mark(masks, MARK_IGNORE_SURV, FAN_MODIFY, DISK "/m.ignore");
	mark(masks, MARK_IGNORE_SURV, FAN_CREATE | FAN_ONDIR | FAN_EVENT_ON_CHILD, DISK "/dir");
	mark(masks, MARK_EVICTABLE, FAN_ATTRIB, DISK "/m.evict");
	mark(masks, MARK_EVICTABLE | FAN_MARK_IGNORED_MASK, FAN_OPEN, DISK "/m.evict");
	mark(masks, FAN_MARK_FILESYSTEM | MARK_IGNORE_SURV, FAN_CREATE | FAN_ONDIR, OWN);
	mark(masks, FAN_MARK_IGNORED_MASK, FAN_CLOSE_WRITE, DISK "/m.gone");
	append(DISK "/m.gone");		/* and so it ignores nothing any more */
	/* in use by a writer: it could not be set now */
	mark(masks, FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_ACCESS, DISK "/f");
	close(writer);
	sys(open(DISK "/m.legacy", O_WRONLY));	/* stays open */
}

static int perm, brought[2], waited, ep, unpriv_pipe[2];

/* --- permissions --------------------------------------------------------------------------------- */

static void *judge(void *arg)
{
	struct fanotify_event_metadata e;
	struct fanotify_response r;
	int i;

	for (i = 0; i < 2; i++) {
		while (read(perm, &e, sizeof(e)) != sizeof(e))
			sleep_ns(10 * MSEC);
		check_is(e.mask, FAN_OPEN_PERM, "an event");
		r = (struct fanotify_response){ e.fd, i ? FAN_DENY : FAN_ALLOW };
		check(write(perm, &r, sizeof(r)) == sizeof(r));
		close(e.fd);
	}
	return arg;
}

static void check_perm(void)
{
	pthread_t t;
	int fd;

	thr(pthread_create(&t, NULL, judge, NULL));
	close(sys(open(DISK "/perm", O_RDONLY)));
	fd = open(DISK "/perm", O_RDONLY);
	check(fd < 0 && errno == EPERM, "it was not denied");
	thr(pthread_join(t, NULL));
	none(perm);
}

/* --- a user's ------------------------------------------------------------------------------------ */

/* A process without rights; events of its own have a number, those of others have none. */
static pid_t make_user(void)
{
	struct pair *p;
	char *said, own[64];
	int done[2];
	pid_t pid;

	sys(pipe(unpriv_pipe));
	sys(pipe(done));
	touch(DISK "/user");
	sys(chmod(DISK "/user", 0666));
	pid = test_fork();
	if (pid) {
		close(unpriv_pipe[0]);
		close(done[1]);
		check(read(done[0], own, 1) == 0);	/* it has done what others see */
		close(done[0]);
		return pid;
	}
	close(unpriv_pipe[1]);
	sys(setgid(1000));
	sys(setuid(1000));
	check(fanotify_init(FAN_CLASS_NOTIF, 0) < 0 && errno == EPERM);
	p = pair("a user's", FAN_REPORT_FID, 0);
	mark(p, 0, FAN_MODIFY | FAN_ATTRIB, DISK "/user");
	append(DISK "/user");
	by_another(append, DISK "/user");
	said = events(p->twin);
	snprintf(own, sizeof(own), "0x2 by %d;", getpid());
	check(count(said) == 2 && strstr(said, own) && strstr(said, "0x2 by 0;"), "%s", said);
	close(done[0]);
	close(done[1]);
	check(read(unpriv_pipe[0], own, 1) == 0);	/* until it goes on */
	same(p->name, events(p->group), said);
	append(DISK "/user");
	by_another(append, DISK "/user");
	same(p->name, events(p->group), said);
	check(fanotify_mark(p->group, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN, AT_FDCWD, DISK) < 0 && errno == EPERM);
	_exit(0);
}

/* --- all of it ----------------------------------------------------------------------------------- */

static void act(void)
{
	char path[64];

	append(DISK "/f");
	by_another(append, DISK "/f");
	by_another(append, DISK "/g");
	touch(DISK "/new");
	sys(chmod(DISK "/new", 0600));
	sys(mkdir(DISK "/newdir", 0755));
	sys(rename(DISK "/new", DISK "/dir/moved with a long name, longer than any handle"));
	sys(rename(DISK "/dir/moved with a long name, longer than any handle", DISK "/back"));
	sys(rename(DISK "/back", DISK "/again"));
	sys(rename(DISK "/g", DISK "/h"));
	sys(rmdir(DISK "/newdir"));
	touch(RAM "/b");
	sys(mkdir(RAM "/gonedir", 0755));
	sys(rmdir(RAM "/gonedir"));
	append(RAM "/a");
	touch(RAM "/sub/c0");
	sys(rename(RAM "/sub/c0", RAM "/c1"));
	sys(rename(RAM "/c1", RAM "/sub/c"));
	by_another(append, RAM "/b");
	for (int i = 0; i < LIMIT + 20; i++) {
		snprintf(path, sizeof(path), DISK "/dir/%d", i);
		touch(path);
	}
	by_thread(DISK "/f");
	append(OWN "/f");
	sys(mkdir(OWN "/d", 0755));
	sys(mkdir(OWN "/e", 0755));
	sys(rmdir(OWN "/e"));
}

static void look(struct pair *p)
{
	p->said = events(p->twin);
	p->info = info_of(p->twin);
	sys(ioctl(p->group, FIONREAD, &p->bytes));
	close(p->twin);
}

static void look_again(struct pair *p)
{
	int bytes;

	same(p->name, info_of(p->group), p->info);
	sys(ioctl(p->group, FIONREAD, &bytes));
	check_is(bytes, p->bytes, "bytes to read");
	same(p->name, events(p->group), p->said);
}

/* Does what we do now become a part of an event that was there before? */
static void check_merged(struct pair *p, void (*what)(const char *), const char *path)
{
	int before, after;

	sys(ioctl(p->group, FIONREAD, &before));
	what(path);
	sys(ioctl(p->group, FIONREAD, &after));
	check(before == after, "%s: %d bytes more, not merged", p->name, after - before);
}

static void check_new(void)
{
	char want[64];

	append(DISK "/f");
	snprintf(want, sizeof(want), "0x2a by %d " DISK "/f (", getpid());
	expect(opened->group, want);
	expect(names->group, "; 2 of ");
	expect(threads->group, DISK "/f");
	snprintf(want, sizeof(want), "0x20 by %d; 1 of ", getpid());
	expect(fids->group, want);
	sys(rename(RAM "/sub/c", RAM "/z"));
	expect(ram->group, "; 10 of " RAM " " RAM "/sub 'c'; 12 of " RAM " " RAM " 'z'; 1 of " RAM);
	touch(DISK "/dir/last");
	expect(much->group, DISK "/dir/last");
	expect(flood->group, "'last'");
	append(OWN "/f");
	expect(mnt->group, OWN "/f");
	sys(mkdir(OWN "/d2", 0755));
	expect(fs->group, "0x40000100");
	none(masks->group);
	sys(chmod(DISK "/m.evict", 0600));
	expect(masks->group, "0x4 by");
	sys(unlink(DISK "/m.surv"));
	expect(masks->group, "0x400 by");
}

static void *reader(void *arg)
{
	struct fanotify_event_metadata e;

	check(read(waited, &e, sizeof(e)) == sizeof(e) && e.mask == FAN_MODIFY);
	close(e.fd);
	return arg;
}

/* Files that events brought: what is done with them is no event. */
static void bring(void)
{
	struct fanotify_event_metadata e;
	int fd = group(FAN_CLASS_NOTIF, O_RDWR);

	touch(DISK "/brought");
	touch(RAM "/brought");
	sys(fanotify_mark(fd, FAN_MARK_ADD, FAN_ACCESS | FAN_MODIFY | FAN_OPEN, AT_FDCWD, DISK "/brought"));
	sys(fanotify_mark(fd, FAN_MARK_ADD, FAN_ACCESS | FAN_MODIFY | FAN_OPEN, AT_FDCWD, RAM "/brought"));
	for (int i = 0; i < 2; i++) {
		close(sys(open(i ? RAM "/brought" : DISK "/brought", O_RDONLY)));
		check(read(fd, &e, sizeof(e)) == sizeof(e) && e.fd >= 0);
		brought[i] = e.fd;
	}
	sys(dup2(fd, 200));
	close(fd);
}

static void check_brought(void)
{
	char c;

	for (int i = 0; i < 2; i++) {
		check(write(brought[i], "x", 1) == 1);
		check(pread(brought[i], &c, 1, 0) == 1);
	}
	none(200);
	append(DISK "/brought");
	expect(200, DISK "/brought");
}

int main(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = 7 };
	struct epoll_event edge = { .events = EPOLLIN | EPOLLET };
	int edges, user_end;
	pthread_t t;
	pid_t user;

	make_groups();
	make_masks();
	act();
	user = make_user();
	user_end = unpriv_pipe[1];
	bring();
	perm = group(FAN_CLASS_PRE_CONTENT | FAN_CLOEXEC, O_RDONLY);
	touch(DISK "/perm");
	sys(fanotify_mark(perm, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_ACCESS_PERM, AT_FDCWD, DISK "/perm"));
	sys(fanotify_mark(perm, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_ACCESS_PERM,
			  AT_FDCWD, DISK "/perm"));
	sys(fanotify_mark(perm, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM, AT_FDCWD, OWN));
	sys(fanotify_mark(perm, FAN_MARK_REMOVE | FAN_MARK_MOUNT, FAN_OPEN_PERM, AT_FDCWD, OWN));
	waited = sys(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY));
	touch(DISK "/waited");
	sys(fanotify_mark(waited, FAN_MARK_ADD, FAN_MODIFY, AT_FDCWD, DISK "/waited"));
	thr(pthread_create(&t, NULL, reader, NULL));
	ep = sys(epoll_create1(0));
	edges = sys(epoll_create1(0));
	sys(epoll_ctl(ep, EPOLL_CTL_ADD, names->group, &ev));
	sys(epoll_ctl(ep, EPOLL_CTL_ADD, perm, &(struct epoll_event){ .events = EPOLLIN }));
	sys(epoll_ctl(edges, EPOLL_CTL_ADD, names->group, &edge));
	check_is(epoll_wait(edges, &ev, 1, 0), 1, "events of an edge");
	for (int i = 0; i < npairs; i++)
		look(&pairs[i]);
	check(*opened->said && *fids->said && *names->said && *ram->said && *threads->said && *mnt->said && *fs->said);
	check(count(flood->said) == LIMIT + 1 && strstr(flood->said, "0x4000 by 0\n"), "%s", flood->said);
	check(count(much->said) > LIMIT, "%d", count(much->said));
	check(strstr(names->said, "; 12 of ") && strstr(names->said, "pidfd of ") && strstr(names->said, "pidfd -1"),
	      "%s", names->said);
	sleep_ns(300 * MSEC);
	test_ready();
	test_wait();
	check(epoll_wait(edges, &ev, 1, 0) == 0, "an edge that was told");
	check(epoll_wait(ep, &ev, 1, 0) == 1 && ev.data.u32 == 7, "what is ready");
	check_merged(fids, append, DISK "/f");
	check_merged(opened, append, DISK "/f");
	check_merged(names, append, DISK "/f");
	check_merged(ram, append, RAM "/a");
	for (int i = 0; i < npairs; i++)
		if (&pairs[i] != threads)	/* which saw the threads above */
			look_again(&pairs[i]);
	check(!strncmp(events(threads->group), threads->said, strlen(threads->said)), "%s, not\n%s", text, threads->said);
	check_new();
	check_perm();
	check_brought();
	append(DISK "/waited");
	thr(pthread_join(t, NULL));
	close(user_end);
	test_reap(user);
	test_pass();
}

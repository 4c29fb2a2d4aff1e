// SPDX-License-Identifier: GPL-2.0
/*
 * Does the kernel keep its objects as private.h says? Tried when the module loads, in
 * the process that loads it, on a descriptor or two that are closed again.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/inotify.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timerfd.h>

#include "ksym.h"
#include "private.h"

/* Places that depend on more than the kernel's headers say. */
static size_t epoll_items;	/* struct rb_root_cached in a struct compat_epoll */
static size_t epitem_event;	/* struct epoll_event in a struct compat_epitem */
static wait_queue_func_t epoll_wake;	/* ep_poll_callback() */
static size_t epitem_link;	/* of file->f_ep, in a struct compat_epitem */

/* All items of an epoll; under its mtx. */
struct rb_root_cached *compat_epoll_items(struct compat_epoll *ep)
{
	return (void *)ep + epoll_items;
}

struct epoll_event *compat_epitem_event(struct compat_epitem *item)
{
	return (void *)item + epitem_event;
}

/* The item that was added last for @target. Nobody else adds one meanwhile. */
struct compat_epitem *compat_epitem_newest(struct file *target)
{
	return (void *)target->f_ep->first - epitem_link;
}

/* How @item waits in @queue, whose lock is held; NULL: it does not. */
struct compat_epoll_hook *compat_epitem_hook(const void *item, wait_queue_head_t *queue)
{
	wait_queue_entry_t *wait;

	list_for_each_entry(wait, &queue->head, entry) {
		struct compat_epoll_hook *hook = container_of(wait, struct compat_epoll_hook, wait);

		/* others are something else, on somebody's stack */
		if (wait->func == epoll_wake && hook->item == item)
			return hook;
	}
	return NULL;
}

static bool eventfd_known(struct file *f)
{
	const struct compat_eventfd *e = f->private_data;

	return f->f_op->release == kptr(eventfd_release) && kref_read(&e->kref) == 1 &&
	       e->count == 41 && e->flags == EFD_SEMAPHORE;
}

#define FAR (1LL << 32)	/* seconds: in the year 2106 */

static bool timerfd_known(struct file *f, int fd)
{
	const struct itimerspec64 far = { .it_value = { .tv_sec = FAR },
					  .it_interval = { .tv_sec = 5, .tv_nsec = 7 } };
	const struct compat_timerfd *t = f->private_data;
	struct itimerspec64 old;

	return f->f_op->release == kptr(timerfd_release) && t->clockid == CLOCK_REALTIME &&
	       !ksym(do_timerfd_settime)(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, &old) &&
	       t->settime_flags == (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) && t->might_cancel &&
	       t->tintv == 5LL * NSEC_PER_SEC + 7 && !t->expired && !t->ticks && hrtimer_active(&t->t.tmr) &&
	       hrtimer_get_expires(&t->t.tmr) == FAR * NSEC_PER_SEC;
}

/* The offset of two words @w in a row in @p, between @from and @to; 0: there are none. */
static size_t find_twice(const void *p, size_t from, size_t to, const void *w)
{
	for (; from < to; from += sizeof(w))
		if (*(void **)(p + from) == w && *(void **)(p + from + sizeof(w)) == w)
			return from;
	return 0;
}

static size_t find_event(const void *p, size_t from, size_t to, const struct epoll_event *want)
{
	for (; from < to; from += sizeof(u32))
		if (!memcmp(p + from, want, sizeof(*want)))
			return from;
	return 0;
}

/* @item is all that waits for an eventfd. */
static bool hook_known(const struct compat_epitem *item, struct compat_eventfd *e)
{
	const struct compat_epoll_hook *hook;

	if (!list_is_singular(&e->wqh.head))
		return false;
	epoll_wake = list_first_entry(&e->wqh.head, wait_queue_entry_t, entry)->func;
	hook = compat_epitem_hook(item, &e->wqh);
	return hook && hook->queue == &e->wqh && !hook->next;
}

/* @target is ready, and all there is in the epoll. */
static bool epoll_known(struct file *f, struct file *target, int fd, const struct epoll_event *event)
{
	struct compat_epoll *ep = f->private_data;
	struct compat_epitem *item;

	if (f->f_op->release != kptr(ep_eventpoll_release) || !list_is_singular(&ep->rdllist))
		return false;
	item = list_first_entry(&ep->rdllist, struct compat_epitem, rdllink);
	if (item->ffd.file != target || item->ffd.fd != fd || !target->f_ep || !target->f_ep->first)
		return false;
	/* behind a lock, and a sequence counter in some */
	epoll_items = find_twice(ep, sizeof(*ep), sizeof(*ep) + sizeof(spinlock_t) + 64, item);
	epitem_event = find_event(item, ALIGN(sizeof(*item), sizeof(u32)), sizeof(*item) + 128, event);
	epitem_link = (void *)target->f_ep->first - (void *)item;
	return epoll_items && epitem_event && epitem_link > sizeof(*item) && epitem_link < epitem_event &&
	       hook_known(item, target->private_data);
}

static bool epoll_tried(int ep_fd, int fd, struct file *target)
{
	struct epoll_event event = { .events = EPOLLIN, .data = 0x6370742065706f6cULL };
	struct file *f = fget(ep_fd);
	bool ok;

	ok = f && !ksym(do_epoll_ctl)(ep_fd, EPOLL_CTL_ADD, fd, &event, false) &&
	     epoll_known(f, target, fd, &event);
	if (f)
		fput(f);
	return ok;
}

#define TRY_WD 4242

/* A watch on the root directory, and the event that tells that it was taken away. */
static bool inotify_known(struct file *f, int fd, char __user *u)
{
	struct fsnotify_group *group = f->private_data;
	const struct compat_inotify_event *e;
	const struct compat_inotify_mark *mark;

	if (f->f_op->release != kptr(inotify_release) || copy_to_user(u, "/", 2))
		return false;
	idr_set_cursor(&group->inotify_data.idr, TRY_WD);
	if (ksys(inotify_add_watch, fd, u, IN_UNMOUNT | IN_EXCL_UNLINK) != TRY_WD)
		return false;
	mark = idr_find(&group->inotify_data.idr, TRY_WD);
	if (!mark || mark->wd != TRY_WD || mark->mark.group != group || !list_is_singular(&group->marks_list) ||
	    mark->mark.mask != (FS_UNMOUNT | FS_EVENT_ON_CHILD) ||
	    !(mark->mark.flags & FSNOTIFY_MARK_FLAG_EXCL_UNLINK) || !mark->mark.connector)
		return false;
	if (ksys(inotify_rm_watch, fd, TRY_WD) || !list_is_singular(&group->notification_list) || group->q_len != 1)
		return false;
	e = list_first_entry(&group->notification_list, struct compat_inotify_event, fse.list);
	return e->mask == IN_IGNORED && e->wd == TRY_WD && !e->sync_cookie && !e->name_len &&
	       group->overflow_event && list_empty(&group->overflow_event->list);
}

static bool inotify_tried(int fd)
{
	unsigned long u = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	struct file *f = fget(fd);
	bool ok;

	ok = f && !IS_ERR_VALUE(u) && inotify_known(f, fd, (char __user *)u);
	if (f)
		fput(f);
	if (!IS_ERR_VALUE(u))
		vm_munmap(u, PAGE_SIZE);
	return ok;
}

/* What @name of the process is open by, or NULL. */
static struct file *own_proc_file(const char *name)
{
	struct file *f = filp_open(name, O_RDONLY, 0);

	return IS_ERR(f) ? NULL : f;
}

static bool maps_known(void)
{
	struct file *f = own_proc_file("/proc/self/maps"), *g = own_proc_file("/proc/self/environ");
	bool ok = f && ((struct compat_proc_maps *)((struct seq_file *)f->private_data)->private)->mm == current->mm &&
		  g && g->private_data == current->mm;

	if (f)
		fput(f);
	if (g)
		fput(g);
	return ok;
}

static bool mounts_known(void)
{
	struct file *f = own_proc_file("/proc/self/mountinfo");
	const struct compat_proc_mounts *p;
	bool ok = false;

	if (f) {
		p = ((struct seq_file *)f->private_data)->private;
		ok = p->ns == current->nsproxy->mnt_ns && path_equal(&p->root, &current->fs->root);
		fput(f);
	}
	return ok;
}

/* A new pseudo terminal of the devpts that is mounted nowhere but at @mnt; its master, or NULL. */
static struct file *new_pty(struct vfsmount *mnt)
{
	struct path path = { .mnt = mnt, .dentry = lookup_positive_unlocked("ptmx", mnt->mnt_root, 4) };
	struct file *f;

	if (IS_ERR(path.dentry))
		return NULL;
	f = dentry_open(&path, O_RDWR | O_NOCTTY, current_cred());
	dput(path.dentry);
	return IS_ERR(f) ? NULL : f;
}

static struct tty_struct *tty_of(struct file *f)
{
	return ((struct tty_file_private *)f->private_data)->tty;
}

static bool numbers_known(struct vfsmount *mnt, struct file *first)
{
	struct compat_devpts *d = mnt->mnt_sb->s_fs_info;
	struct file *third;
	bool ok;

	if (tty_of(first)->driver_data != d || tty_of(first)->index != 0 ||
	    ida_alloc_range(&d->allocated, 0, 0, GFP_KERNEL) != -ENOSPC ||
	    ida_alloc_range(&d->allocated, 1, 1, GFP_KERNEL) != 1)
		return false;
	third = new_pty(mnt);
	ok = third && tty_of(third)->index == 2;
	ida_free(&d->allocated, 1);
	if (third)
		fput(third);
	return ok;
}

/* A line and a half are typed; then, while output is stopped, ^V. */
static bool n_tty_known(struct file *master)
{
	static const u8 typed[] = "ab\ncd", quote = 0x16;
	struct tty_struct *slave = tty_of(master)->link;
	const struct compat_n_tty *n = slave->disc_data;
	loff_t pos = 0;
	bool ok;

	if (kernel_write(master, typed, 5, &pos) != 5)
		return false;
	flush_work(&slave->port->buf.work);
	ok = n->read_head == 5 && n->canon_head == 3 && !n->read_tail && !n->commit_head &&
	     test_bit('\n', n->char_map) && !test_bit('a', n->char_map) && !n->num_overrun && !n->no_room &&
	     n->icanon && !n->raw && !n->real_raw && !n->lnext && !n->push && !memcmp(n->read_buf, typed, 5) &&
	     find_first_bit(n->read_flags, N_TTY_BUF_SIZE) == 2 && n->column == 2 &&
	     n->echo_head == n->echo_tail && n->echo_tail >= 5;
	slave->flow.stopped = true;
	if (kernel_write(master, &quote, 1, &pos) != 1)
		return false;
	flush_work(&slave->port->buf.work);
	return ok && n->lnext && n->read_head == 5 && n->echo_head == n->echo_tail + 2 &&
	       n->echo_commit == n->echo_head && n->echo_mark == n->echo_head &&
	       n->echo_buf[n->echo_tail] == '^' && n->echo_buf[n->echo_tail + 1] == '\b' && n->column == 2 &&
	       !mutex_is_locked((struct mutex *)&n->atomic_read_lock) &&
	       !mutex_is_locked((struct mutex *)&n->output_lock) && list_empty(&n->output_lock.wait_list);
}

const struct file_operations *compat_hung_up;

/* The slave is opened and hung up. */
static bool hang_up_known(struct vfsmount *mnt, struct file *master)
{
	struct tty_struct *slave = tty_of(master)->link;
	struct path path = { .mnt = mnt, .dentry = slave->driver_data };
	struct file *f;
	bool ok;

	clear_bit(TTY_PTY_LOCK, &tty_of(master)->flags);
	f = dentry_open(&path, O_RDWR | O_NOCTTY, current_cred());
	if (IS_ERR(f))
		return false;
	tty_vhangup(slave);
	compat_hung_up = f->f_op;
	ok = tty_hung_up_p(f) && test_bit(TTY_HUPPED, &slave->flags) && !slave->ldisc;
	fput(f);
	return ok;
}

/* compat_own_devpts - a devpts of our own, which nobody sees, or an error; undone by mntput() */
struct vfsmount *compat_own_devpts(void)
{
	struct file_system_type *type = get_fs_type("devpts");

	return type ? vfs_kern_mount(type, 0, "devpts", NULL) : ERR_PTR(-ENODEV);
}

static bool terminals_known(void)
{
	struct vfsmount *mnt = compat_own_devpts();
	struct file *f = IS_ERR(mnt) ? NULL : new_pty(mnt);
	bool ok = f && f->f_op->release == kptr(tty_release) && numbers_known(mnt, f) && n_tty_known(f) &&
		  hang_up_known(mnt, f);

	if (f)
		fput(f);
	if (!IS_ERR(mnt))
		mntput(mnt);
	return ok;
}

/*
 * cpt_private_init - try all of private.h
 *
 * Returns 0, or -ENOENT after a line in the log.
 */
int cpt_private_init(void)
{
	long fds[4] = { ksys(eventfd2, 41, EFD_SEMAPHORE), ksys(timerfd_create, CLOCK_REALTIME, 0),
			ksys(epoll_create1, 0), ksys(inotify_init1, 0) };
	struct file *event = fds[0] < 0 ? NULL : fget(fds[0]), *timer = fds[1] < 0 ? NULL : fget(fds[1]);
	const char *bad = NULL;
	int i;

	if (!event || !eventfd_known(event))
		bad = "eventfd";
	else if (!timer || !timerfd_known(timer, fds[1]))
		bad = "timerfd";
	else if (fds[2] < 0 || !epoll_tried(fds[2], fds[0], event))
		bad = "epoll";
	else if (fds[3] < 0 || !inotify_tried(fds[3]))
		bad = "inotify";
	else if (!maps_known() || !mounts_known())
		bad = "/proc";
	else if (!terminals_known())
		bad = "terminals";
	else if (!compat_seccomp_known())
		bad = "seccomp";
	else if (!compat_dnotify_known())
		bad = "notices of directories (or fs.dir-notify-enable is 0)";
	else if (!compat_fanotify_known())
		bad = "fanotify (or fs.fanotify.max_user_groups leaves none)";
	else if (!compat_aio_known())
		bad = "asynchronous I/O (or fs.aio-max-nr leaves none)";
	if (event)
		fput(event);
	if (timer)
		fput(timer);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			ksys(close_range, fds[i], fds[i], 0);
	if (bad)
		pr_err("this kernel keeps its %s in another way\n", bad);
	return bad ? -ENOENT : 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel keeps for itself: copies of structs that no header has, as far as
 * they are needed, and places in structs that are found out when the module loads.
 * cpt_private_init() tries all of it on objects of its own and refuses to load where
 * something is not as it says here.
 */
#ifndef _CPT_PRIVATE_H
#define _CPT_PRIVATE_H

#include <linux/alarmtimer.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/hrtimer.h>
#include <linux/idr.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/path.h>
#include <linux/percpu-refcount.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/seccomp.h>
#include <linux/tty.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

/* fs/eventfd.c */
struct compat_eventfd {
	struct kref kref;
	wait_queue_head_t wqh;		/* its lock is that of count */
	u64 count;
	unsigned int flags;		/* EFD_SEMAPHORE */
	int id;
};

/* fs/signalfd.c */
struct compat_signalfd {
	sigset_t sigmask;		/* the signals it does not take */
};

/* fs/timerfd.c */
struct compat_timerfd {
	union {
		struct hrtimer tmr;
		struct alarm alarm;
	} t;
	ktime_t tintv;
	ktime_t moffs;			/* KTIME_MAX: the clock was set */
	wait_queue_head_t wqh;		/* its lock is that of all here */
	u64 ticks;
	int clockid;
	unsigned short expired;
	unsigned short settime_flags;
	struct rcu_head rcu;
	struct list_head clist;
	spinlock_t cancel_lock;
	bool might_cancel;
};

/* fs/eventpoll.c, up to the ready list */
struct compat_epoll {
	struct mutex mtx;		/* of the tree of items */
	wait_queue_head_t wq, poll_wait;
	struct list_head rdllist;
};

/* fs/eventpoll.c, up to the file */
struct compat_epitem {
	union {
		struct rb_node rbn;
		struct rcu_head rcu;
	};
	struct list_head rdllink;
	struct compat_epitem *next;
	struct {
		struct file *file;
		int fd;
	} __packed ffd;
};

/* fs/eventpoll.c: how an item waits for its file */
struct compat_epoll_hook {
	struct compat_epoll_hook *next;
	struct compat_epitem *item;
	wait_queue_entry_t wait;
	wait_queue_head_t *queue;	/* NULL: it is gone */
};

/* fs/notify/inotify/inotify.h */
struct compat_inotify_mark {
	struct fsnotify_mark mark;
	int wd;
};

struct compat_inotify_event {
	struct fsnotify_event fse;
	u32 mask;
	int wd;
	u32 sync_cookie;
	int name_len;
	char name[];
};

/* fs/proc/internal.h, up to the memory */
struct compat_proc_maps {
	struct inode *inode;
	struct task_struct *task;
	struct mm_struct *mm;
};

/* fs/mount.h, up to the root directory */
struct compat_proc_mounts {
	struct mnt_namespace *ns;
	struct path root;
};

/* drivers/tty/n_tty.c */
struct compat_n_tty {
	size_t read_head, commit_head, canon_head;
	size_t echo_head, echo_commit, echo_mark;
	DECLARE_BITMAP(char_map, 256);
	unsigned long overrun_time;
	unsigned int num_overrun;
	bool no_room;
	unsigned char lnext:1, erasing:1, raw:1, real_raw:1, icanon:1;
	unsigned char push:1;
	u8 read_buf[N_TTY_BUF_SIZE];
	DECLARE_BITMAP(read_flags, N_TTY_BUF_SIZE);	/* what ends a line */
	u8 echo_buf[N_TTY_BUF_SIZE];
	size_t read_tail;
	size_t line_start;
	size_t lookahead_count;
	unsigned int column, canon_column;
	size_t echo_tail;
	struct mutex atomic_read_lock, output_lock;
};

/* fs/devpts/inode.c, up to what gives out the numbers */
struct compat_devpts {
	struct ida allocated;
};
/* kernel/seccomp.c, up to the listener */
struct compat_seccomp {
	refcount_t refs, users;
	bool log, wait_killable_recv;
	DECLARE_BITMAP(allow_native, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_COMPAT
	DECLARE_BITMAP(allow_compat, SECCOMP_ARCH_COMPAT_NR);
#endif
	struct compat_seccomp *prev;
	struct bpf_prog *prog;
	void *notif;
};

/* fs/notify/dnotify/dnotify.c */
struct compat_dnotify_mark {
	struct fsnotify_mark mark;
	struct dnotify_struct *dn;	/* under the mark's lock, one for each file and table of descriptors */
};

/*
 * fs/notify/fanotify/fanotify.h: an event in whatever form the kernel keeps it (fanotify.c).
 * Types are those of the kernel, and of the image.
 */
#define COMPAT_FAN_PERM	3		/* waits for an answer */
#define COMPAT_FAN_UNPRIV 0x80000000u	/* a group's flag: made without CAP_SYS_ADMIN */

struct compat_fan_handle {
	const void *bytes;
	u8 type, len;
};

struct compat_fan_event {
	u32 type, mask;
	struct pid *pid;
	const struct path *path;	/* of a PATH */
	__kernel_fsid_t fsid;
	s32 error;
	u32 errors;
	struct compat_fan_handle handle[3];	/* object or directory, other directory, what is in it */
	const char *name[2];
	u32 name_len[2];
};

u32 compat_fan_type(const struct fsnotify_event *fse);
void compat_fan_read(struct fsnotify_event *fse, struct compat_fan_event *e);
int compat_fan_queue(struct fsnotify_group *group, const struct compat_fan_event *e);
struct vfsmount *compat_mark_mount(const struct fsnotify_mark *mark);
struct super_block *compat_mark_sb(const struct fsnotify_mark *mark);
bool compat_fanotify_known(void);

struct vfsmount *compat_own_devpts(void);
extern const struct file_operations *compat_hung_up;	/* of an open terminal that was hung up */
u32 compat_dnotify_mask(struct file *f, const void *owner, u32 *fd);
bool compat_dnotify_set_mask(struct file *f, const void *owner, u32 mask);
bool compat_dnotify_known(void);

/* fs/aio.c: a context of io_setup(2), and the table of those of a memory */
struct compat_kioctx {
	struct percpu_ref users;
	atomic_t dead;
	struct percpu_ref reqs;
	unsigned long user_id;
	void __percpu *cpu;
	unsigned int req_batch, max_reqs, nr_events;
	unsigned long mmap_base, mmap_size;
	void **ring_pages;
	long nr_pages;
	struct rcu_work free_rwork;
	void *rq_wait;
	struct {
		atomic_t reqs_available;
	} ____cacheline_aligned_in_smp;
	struct {
		spinlock_t ctx_lock;
		struct list_head active_reqs;	/* that wait for something, and can be cancelled */
	} ____cacheline_aligned_in_smp;
	struct {
		struct mutex ring_lock;
		wait_queue_head_t wait;
	} ____cacheline_aligned_in_smp;
	struct {
		unsigned int tail;
		unsigned int completed_events;
		spinlock_t completion_lock;	/* of both, and of the ring's tail */
	} ____cacheline_aligned_in_smp;
	void *internal_pages[8];
	struct file *aio_ring_file;
	unsigned int id;			/* its place in the table */
};

struct compat_kioctx_table {
	struct rcu_head rcu;
	unsigned int nr;
	struct compat_kioctx *table[];
};

struct compat_kioctx *compat_kioctx_from(const struct mm_struct *mm, unsigned int *i);
struct compat_kioctx *compat_kioctx_of(const struct mm_struct *mm, const struct file *ring);
unsigned long compat_kioctx_busy(struct compat_kioctx *k);
bool compat_aio_known(void);

struct sock_filter;
void *compat_seccomp_make(struct compat_seccomp *prev, const struct sock_filter *insns, u32 n, bool log);
void compat_seccomp_put(void *filter);
void compat_seccomp_enter(struct compat_seccomp *f, int count);
bool compat_seccomp_known(void);

struct epoll_event;
struct rb_root_cached *compat_epoll_items(struct compat_epoll *ep);
struct epoll_event *compat_epitem_event(struct compat_epitem *item);
struct compat_epitem *compat_epitem_newest(struct file *target);
struct compat_epoll_hook *compat_epitem_hook(const void *item, wait_queue_head_t *queue);

int cpt_private_init(void);

#endif

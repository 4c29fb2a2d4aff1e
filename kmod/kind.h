/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kinds: what can be in an image, and the table of who handles it.
 *
 * A kind is one file under kmod/kind/. Dump calls, in this order:
 *   collect	name the objects it refers to (cpt_collect), or refuse by
 *		cpt_obstacle(); called once an object, before it gets its id
 *   check	after all is collected: is it used from outside the VE?
 *   dump	write its record (and those that belong to it)
 *   data	write its contents, after all records
 *   release	undo of collect
 *   async	(open files) is O_ASYNC in force, and which descriptor do signals name?
 * and restore:
 *   make	in the context of the task that needs the object first: make it from
 *		its record, and return the kernel object that cpt_made() hands out
 *   late	when all objects of all other tasks are made, in the VE's init while it has
 *		no descriptors: what depends on the state of others (epoll)
 *   link	what is to be done when all objects and tasks exist, before anything runs;
 *		in ctl's context
 *   resume	when time runs again
 *   unmake	undo of make, for whatever was made, at the end of restore, good or bad
 * or, for what a task has one of (its memory, its descriptors…):
 *   restore	in the context of the first task that has it: make the task's own
 *		what the record says
 *
 * Tasks are restored one after the other, in the order of the image, so that
 * nothing here races with another task of the VE.
 */
#ifndef _CPT_KIND_H
#define _CPT_KIND_H

#include <linux/fs.h>

#include "cpt.h"

/* Who holds an object: for sentences. task and node are valid during collect only. */
struct cpt_holder {
	pid_t pid;		/* in the VE */
	char comm[TASK_COMM_LEN];
	int fd;			/* or -1 */
	const char *what;	/* what else of the process it is ("current directory"), or NULL */
	struct task_struct *task;
	struct cpt_node *node;	/* its place in the tree (tree.h) */
	struct mm_struct *parent_mm; /* of the task that clones it at restore, or NULL */
};

struct cpt_obj {
	struct hlist_node node;
	struct list_head list;
	enum cpt_kind kind;
	void *ptr;		/* the kernel object */
	u32 id;
	u32 refs;		/* how often it was named inside the VE */
	void *priv;		/* the kind's, from collect to release */
};

struct cpt_kind_ops {
	enum cpt_kind kind;
	const char *name;
	bool (*owns)(struct file *f);	/* kinds of files: is this one mine? */
	int (*collect)(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who);
	int (*check)(struct cpt_ctx *ctx, struct cpt_obj *obj);
	int (*dump)(struct cpt_ctx *ctx, struct cpt_obj *obj);
	int (*data)(struct cpt_ctx *ctx, struct cpt_obj *obj);
	void (*release)(struct cpt_obj *obj);
	bool (*async)(struct file *f, u32 *fd);
	void *(*make)(struct cpt_ctx *ctx, const struct cpt_rec *rec);
	int (*late)(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made);
	int (*link)(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made);
	void (*resume)(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made);
	void (*unmake)(void *ptr);
	int (*restore)(struct cpt_ctx *ctx, const struct cpt_rec *rec);
};

extern const struct cpt_kind_ops cpt_cred_ops, cpt_reg_ops, cpt_pipe_ops, cpt_pipend_ops,
	cpt_eventfd_ops, cpt_signalfd_ops, cpt_timerfd_ops, cpt_epoll_ops, cpt_inotify_ops, cpt_fanotify_ops, cpt_pidfd_ops,
	cpt_view_ops, cpt_nsfd_ops, cpt_pty_ops, cpt_ptyend_ops,
	cpt_unix_ops, cpt_unixq_ops,
	cpt_socket_ops, cpt_memfd_ops, cpt_deleted_ops, cpt_gone_ops, cpt_shmem_ops, cpt_mm_ops, cpt_files_ops,
	cpt_shm_ops, cpt_shmat_ops, cpt_sem_ops, cpt_semundo_ops, cpt_msgq_ops, cpt_mq_ops, cpt_mqfd_ops,
	cpt_fs_ops, cpt_sighand_ops, cpt_proc_ops, cpt_seccomp_ops, cpt_task_ops;

/* kind.c */
int cpt_kinds_init(void);
const struct cpt_kind_ops *cpt_kind_ops(unsigned int kind);
const struct cpt_kind_ops *cpt_file_ops(struct file *f);

/* objtab.c */
int cpt_collect(struct cpt_ctx *ctx, enum cpt_kind kind, const void *ptr,
		const struct cpt_holder *who);
int cpt_collect_file(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who);
struct cpt_obj *cpt_obj_find(struct cpt_ctx *ctx, const void *ptr);
u32 cpt_obj_id(struct cpt_ctx *ctx, const void *ptr);
void cpt_obj_release_all(struct cpt_ctx *ctx);

/* undump.c */
const struct cpt_rec *cpt_rec_of(struct cpt_ctx *ctx, u64 id);
const struct cpt_rec *cpt_rec_after(struct cpt_ctx *ctx, const struct cpt_rec *rec);
void *cpt_made(struct cpt_ctx *ctx, u64 id);
void *cpt_made_already(struct cpt_ctx *ctx, u64 id);
int cpt_data_make_before(struct cpt_ctx *ctx, u64 id);
void cpt_set_made(struct cpt_ctx *ctx, u64 id, void *ptr);
bool cpt_ve_capable(const struct cpt_ctx *ctx, int cap);

/* kind/pipe.c */
bool cpt_pipe_async(struct file *f, u32 *fd);
int cpt_pipe_make_fifo(struct cpt_ctx *ctx, u64 id, const struct path *path);
int cpt_pipes_late(struct cpt_ctx *ctx);

/* kind/lock.c */
void cpt_locks_collect(struct cpt_ctx *ctx, struct file *f, const void *owner, const struct cpt_holder *who);
int cpt_locks_dump(struct cpt_ctx *ctx, struct file *f, const void *owner, u32 fd);
int cpt_locks_restore(struct cpt_ctx *ctx, const struct cpt_rec *rec, struct file *f);

void cpt_lease_collect(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who);
int cpt_lease_restore(struct cpt_ctx *ctx, const struct cpt_lock_rec *r, struct file *f);

/* kind/fown.c */
struct fasync_struct;
bool cpt_fasync_find(struct fasync_struct * const *list, const struct file *f, u32 *fd);
void cpt_fown_collect(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who);
int cpt_fown_dump(struct cpt_ctx *ctx, struct file *f);
int cpt_fown_restore(struct cpt_ctx *ctx, const struct cpt_fown_rec *r, struct file *f);

/* kind/deleted.c */
bool cpt_deleted(const struct file *f);
const char *cpt_deleted_obstacle(struct cpt_ctx *ctx, const struct file *f, char *buf);
int cpt_deleted_collect(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who);
int cpt_deleted_attributes(const struct path *path, struct iattr *attr, u32 uid, u32 gid, s64 atime, s64 mtime);
struct file *cpt_deleted_open(struct cpt_ctx *ctx, u64 id, const struct path *dir, const char *name, u32 len,
			      int flags, const struct cred *cred);

/* kind/gone.c */
const char *cpt_gone_obstacle(struct cpt_ctx *ctx, struct dentry *dentry, char *buf);
int cpt_gone_collect(struct cpt_ctx *ctx, struct dentry *dentry, const struct cpt_holder *who);
int cpt_gone_path(struct cpt_ctx *ctx, u64 id, u32 mount, struct path *path);

/* kind/fs.c */
int cpt_fs_late(struct cpt_ctx *ctx, const struct cpt_rec *rec);

/* kind/attr.c */
const char *cpt_attr_obstacle(struct task_struct *t);
int cpt_attr_dump(struct cpt_ctx *ctx, struct task_struct *t);
int cpt_attr_restore(struct cpt_ctx *ctx, const struct cpt_task_rec *t);

/* kind/mpol.c */
int cpt_mpol_dump_task(struct cpt_ctx *ctx, struct task_struct *t);
int cpt_mpol_dump_area(struct cpt_ctx *ctx, const struct vm_area_struct *vma);
int cpt_mpol_dump_shared(struct cpt_ctx *ctx, struct inode *inode);
int cpt_mpol_verify(struct cpt_ctx *ctx, const struct cpt_mpol_rec *r);
int cpt_mpol_restore_task(struct cpt_ctx *ctx, const struct cpt_rec *t);
int cpt_mpol_restore_mm(struct cpt_ctx *ctx, const struct cpt_rec *mm);
int cpt_mpol_restore_shared(struct cpt_ctx *ctx, const struct cpt_rec *shared, struct file *f);

/* kind/huge.c */
#define CPT_HUGE_NAME "anon_hugepage"	/* of what mmap(MAP_HUGETLB) maps; HUGETLB_ANON_FILE */
bool cpt_is_huge(const struct inode *inode);
bool cpt_huge_nameless(const struct super_block *sb);
unsigned int *cpt_huge_seals(struct inode *inode);
u32 cpt_huge_shift(struct inode *inode);
int cpt_huge_dump(struct cpt_ctx *ctx, u32 shift, u64 pages);
int cpt_huge_dump_shared(struct cpt_ctx *ctx, struct inode *inode);
int cpt_huge_dump_named(struct cpt_ctx *ctx);
int cpt_huge_data(struct cpt_ctx *ctx, u64 id, struct inode *inode);
int cpt_huge_find(struct inode *inode, struct cpt_ioc_huge *arg);
int cpt_huge_verify(struct cpt_ctx *ctx);
const struct cpt_huge_rec *cpt_huge_rec(struct cpt_ctx *ctx, const struct cpt_rec *obj);
struct file *cpt_huge_file(const struct cpt_huge_rec *r, const char *name);
int cpt_huge_reserve(struct cpt_ctx *ctx, const struct cpt_rec *obj, struct file *f);
ssize_t cpt_huge_write(struct file *f, const void *buf, size_t len, loff_t *pos);

/* kind/seccomp.c */
const char *cpt_seccomp_obstacle(const struct task_struct *t);
int cpt_seccomp_collect(struct cpt_ctx *ctx, const struct task_struct *t, const struct cpt_holder *who);
int cpt_seccomp_make_all(struct cpt_ctx *ctx);
int cpt_seccomp_restore(struct cpt_ctx *ctx, const struct cpt_task_rec *t, const struct cpt_attr_rec *r);

/* kind/usage.c */
int cpt_usage_dump(struct cpt_ctx *ctx, const struct task_struct *t);
int cpt_sums_dump(struct cpt_ctx *ctx, const struct signal_struct *sig);
void cpt_usage_resume(struct cpt_ctx *ctx);

/* kind/view.c */
bool cpt_is_view(const struct super_block *sb);

/* kind/pty.c */
struct signal_struct;
bool cpt_pty_file(struct file *f);
int cpt_tty_collect(struct cpt_ctx *ctx, const struct cpt_holder *who);
int cpt_console_collect(struct cpt_ctx *ctx, const struct cpt_holder *who);
void cpt_tty_dump(struct cpt_ctx *ctx, const struct signal_struct *sig, struct cpt_proc_rec *r);
void cpt_ttys_link(struct cpt_ctx *ctx);

/* Is it open by the functions of terminals, of whatever driver? Perhaps it is hung up. */
static inline bool cpt_is_tty(const struct file *f)
{
	return f->f_op->release == kptr(tty_release);
}

/* kind/unix.c */
int cpt_unix_collect_queues(struct cpt_ctx *ctx);
int cpt_unix_late(struct cpt_ctx *ctx);

/* kind/shmem.c */
const char *cpt_memfd_name(const struct file *f);
unsigned int *cpt_memfd_seals(struct inode *inode);
int cpt_shmem_dump_rest(struct cpt_ctx *ctx, struct inode *inode);
int cpt_shmem_contents(struct cpt_ctx *ctx, u64 id, struct inode *inode);
bool cpt_next_page(struct address_space *mapping, pgoff_t *index);

/* kind/ipc.c */
int cpt_ipc_collect(struct cpt_ctx *ctx, struct task_struct *init);
void cpt_ipc_drop(struct cpt_ctx *ctx);
int cpt_ipc_dump(struct cpt_ctx *ctx);
int cpt_ipc_restore(struct cpt_ctx *ctx);
int cpt_ipc_late(struct cpt_ctx *ctx);

/* kind/mq.c */
int cpt_mq_collect(struct cpt_ctx *ctx, const struct cpt_holder *who);

/* kind/shm.c */
int cpt_shmat_collect(struct cpt_ctx *ctx, struct vm_area_struct *vma, const struct cpt_holder *who);

/* kind/dnotify.c */
int cpt_dnotify_dump(struct cpt_ctx *ctx, struct file *f, const void *owner, u32 fd);
int cpt_dnotify_restore(struct cpt_ctx *ctx, const struct cpt_rec *rec);
int cpt_dnotify_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, const void *owner);

/* kind/aio.c */
bool cpt_is_aio_ring(const struct vm_area_struct *vma);
bool cpt_aio_owns(const struct mm_struct *mm, const struct vm_area_struct *vma);
int cpt_aio_collect(struct cpt_ctx *ctx, struct mm_struct *mm, const struct cpt_holder *who);
int cpt_aio_dump(struct cpt_ctx *ctx, struct mm_struct *mm);
int cpt_aio_restore(struct cpt_ctx *ctx, const struct cpt_aio_rec *r, u64 len);

/* kind/sem.c */
int cpt_semundo_collect(struct cpt_ctx *ctx);
int cpt_semundo_restore(struct cpt_ctx *ctx, u64 id);

/* words.c */
const char *cpt_device_words(const struct inode *inode);
const char *cpt_file_words(struct file *f);

/* file.c */
int cpt_file_refuse(struct cpt_ctx *ctx, const struct file *f, const struct cpt_holder *who, const char *why);
int cpt_file_collect(struct cpt_ctx *ctx, struct file *f, const struct cpt_holder *who);
void cpt_file_fill(struct cpt_ctx *ctx, struct cpt_file_body *body, const struct file *f);
void cpt_file_finish(struct file *f, const struct cpt_file_body *body);
int cpt_file_link(struct cpt_ctx *ctx, const struct cpt_rec *rec, struct file *f);
int cpt_anon_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who);
int cpt_anon_check(struct cpt_ctx *ctx, struct cpt_obj *obj);
void cpt_anon_release(struct cpt_obj *obj);
struct file *cpt_anon_made(struct cpt_ctx *ctx, long fd, const struct cpt_file_body *body);
void cpt_file_unmake(void *ptr);
int cpt_file_contents(struct cpt_ctx *ctx, u64 id, struct file *f, u64 size);
bool cpt_keeps_ino(const struct super_block *sb);
char *cpt_path_in(struct cpt_ctx *ctx, const struct path *path, u32 *mount, char *buf);
bool cpt_path_leads_to(const struct path *root, const char *name, const struct inode *inode);
char *cpt_path_of_inode(struct cpt_ctx *ctx, struct inode *inode, u32 *mount, char *buf);
const char *cpt_lost_words(const struct inode *inode, const struct dentry *d);
long cpt_call_at(const struct path *target, const char *path, u32 len, char __user *u,
		 long (*call)(void *arg, const char __user *name), void *arg);
int cpt_lend_fd(struct file *f, char __user **u);
void cpt_lent_fd(int fd, char __user *u);
int cpt_path_open(struct cpt_ctx *ctx, u32 mount, const char *name, u32 len, struct path *path);

#endif

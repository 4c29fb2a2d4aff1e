/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel keeps for itself of IPC: copies of the structs of ipc/shm.c, sem.c, msg.c,
 * msgutil.c and mqueue.c. cpt_ipc_init() tries them on objects of its own, in an IPC
 * namespace of its own, and refuses to load where something is not as it says here.
 */
#ifndef _CPT_COMPAT_IPC_H
#define _CPT_COMPAT_IPC_H

#include <linux/fs.h>
#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/msg.h>
#include <linux/mm_types.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/signal.h>
#include <linux/version.h>
#include <linux/wait.h>
#include <uapi/linux/mqueue.h>

/* Places in ipc_namespace.ids */
enum { COMPAT_SEM_IDS, COMPAT_MSG_IDS, COMPAT_SHM_IDS };

/* The bits of an id that are an index: 15, or 24 with the boot parameter ipcmni_extend. */
extern unsigned int compat_ipc_shift;

struct compat_shm {
	struct kern_ipc_perm perm;	/* its lock is that of all here */
	struct file *file;
	unsigned long nattch;
	unsigned long segsz;
	time64_t atim, dtim, ctim;
	struct pid *cprid, *lprid;
	struct ucounts *mlock_ucounts;
	struct task_struct *creator;
	struct list_head clist;		/* in creator->sysvshm, under task_lock(); empty: it is gone */
	struct ipc_namespace *ns;
};

/* file->private_data of what shmat(2) maps */
struct compat_shmat {
	int id;
	struct ipc_namespace *ns;
	struct file *file;
	const struct vm_operations_struct *vm_ops;
};

struct compat_sem {
	int val;
	struct pid *pid;
	spinlock_t lock;
	struct list_head pending_alter, pending_const;
	time64_t otime;
} ____cacheline_aligned_in_smp;

struct compat_sems {
	struct kern_ipc_perm perm;
	time64_t ctime;
	struct list_head pending_alter, pending_const;
	struct list_head list_id;	/* struct compat_sem_undo */
	int nsems;
	int complex_count;
	unsigned int use_global_lock;
	struct compat_sem sems[];
};

struct compat_undo_list {
	refcount_t refcnt;
	spinlock_t lock;
	struct list_head list_proc;	/* struct compat_sem_undo */
};

struct compat_sem_undo {
	struct list_head list_proc;	/* RCU */
	struct rcu_head rcu;
	struct compat_undo_list *ulp;
	struct list_head list_id;	/* under the lock of the semaphores */
	int semid;			/* -1: they were removed */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	short semadj[];			/* behind the struct, and part of it in 6.12 */
#else
	short *semadj;
#endif
};

struct compat_msgq {
	struct kern_ipc_perm perm;
	time64_t stime, rtime, ctime;
	unsigned long cbytes, qnum, qbytes;
	struct pid *lspid, *lrpid;
	struct list_head messages;	/* struct msg_msg */
	struct list_head receivers, senders;
};

/* ipc/mqueue.c, up to the accounts */
struct compat_mqueue {
	spinlock_t lock;
	struct inode vfs_inode;
	wait_queue_head_t wait_q;
	struct rb_root msg_tree;	/* struct compat_mq_node, ascending */
	struct rb_node *msg_tree_rightmost;
	void *node_cache;
	struct mq_attr attr;
	struct sigevent notify;
	struct pid *notify_owner;
	u32 notify_self_exec_id;
	struct user_namespace *notify_user_ns;
	struct ucounts *ucounts;
};

struct compat_mq_node {
	struct rb_node rb_node;
	struct list_head msg_list;	/* struct msg_msg */
	int priority;
};

static inline struct compat_mqueue *compat_mqueue(struct inode *inode)
{
	return container_of(inode, struct compat_mqueue, vfs_inode);
}

bool compat_is_mqueue(const struct file *f);
void compat_msg_copy(void *to, const struct msg_msg *msg);
struct compat_sem_undo *compat_sem_undo_alloc(u32 nsems);
bool compat_is_shmat(const struct file *f);

int cpt_ipc_init(void);

#endif

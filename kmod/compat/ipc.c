// SPDX-License-Identifier: GPL-2.0
/* Does the kernel keep IPC as ipc.h says? */
#include <linux/completion.h>
#include <linux/mman.h>
#include <linux/nsproxy.h>
#include <linux/file.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <uapi/linux/sem.h>
#include <uapi/linux/shm.h>
#include <uapi/linux/wait.h>

#include "ipc.h"
#include "ksym.h"

unsigned int compat_ipc_shift;

/* ipc/msgutil.c: the rest of a message is in pieces, each behind a pointer to the next. */
struct msg_piece {
	struct msg_piece *next;
};

/* Copy all of a message, msg->m_ts bytes. */
void compat_msg_copy(void *to, const struct msg_msg *msg)
{
	size_t left = msg->m_ts, len = min_t(size_t, left, PAGE_SIZE - sizeof(*msg));
	const struct msg_piece *piece;

	memcpy(to, msg + 1, len);
	for (piece = (void *)msg->next; piece && left > len; piece = piece->next) {
		to += len;
		left -= len;
		len = min_t(size_t, left, PAGE_SIZE - sizeof(*piece));
		memcpy(to, piece + 1, len);
	}
}

struct compat_sem_undo *compat_sem_undo_alloc(u32 nsems)
{
	struct compat_sem_undo *un = kvzalloc(sizeof(*un) + nsems * sizeof(short), GFP_KERNEL_ACCOUNT);

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	if (un)
		un->semadj = (short *)(un + 1);
#endif
	return un;
}

bool compat_is_shmat(const struct file *f)
{
	return f->f_op->mmap == kptr(shm_mmap);
}

#define TRY_LEN (PAGE_SIZE + 100)	/* of a message: in two pieces */
#define TRY_ROOM (3 * PAGE_SIZE)

static void *object(int ids, long id)
{
	struct kern_ipc_perm *perm = ERR_PTR(-EINVAL);

	if (id >= 0)
		perm = ksym(ipc_obtain_object_check)(&current->nsproxy->ipc_ns->ids[ids], id);
	return IS_ERR(perm) ? NULL : perm;
}

static bool undo_known(const struct compat_sems *s, int id)
{
	const struct compat_undo_list *ulp = (void *)current->sysvsem.undo_list;
	const struct compat_sem_undo *un;

	if (!ulp || refcount_read(&ulp->refcnt) != 1 || !list_is_singular(&ulp->list_proc))
		return false;
	un = list_first_entry(&ulp->list_proc, struct compat_sem_undo, list_proc);
	return un->ulp == ulp && un->semid == id && s->list_id.next == &un->list_id &&
	       s->list_id.prev == &un->list_id && un->semadj[2] == -5 && !un->semadj[0];
}

static bool sems_known(char __user *u)
{
	struct sembuf op = { .sem_num = 2, .sem_op = 5, .sem_flg = SEM_UNDO };
	long id = ksys(semget, IPC_PRIVATE, 3, 0640);
	const struct compat_sems *s;
	bool ok;

	if (id < 0 || copy_to_user(u, &op, sizeof(op)) || ksys(semop, id, u, 1))
		return false;
	rcu_read_lock();
	s = object(COMPAT_SEM_IDS, id);
	ok = s && s->nsems == 3 && !s->sems[1].val && s->sems[2].val == 5 && s->sems[2].otime &&
	     s->sems[2].pid == task_tgid(current) && s->ctime && undo_known(s, id);
	rcu_read_unlock();
	return ok;
}

static bool message_known(const struct msg_msg *msg, char *buf)
{
	if (msg->m_type != 7 || msg->m_ts != TRY_LEN)
		return false;
	compat_msg_copy(buf, msg);
	return !memchr_inv(buf, 'a', PAGE_SIZE) && !memchr_inv(buf + PAGE_SIZE, 'b', TRY_LEN - PAGE_SIZE);
}

static bool msgq_known(char __user *u, char *buf)
{
	long id = ksys(msgget, IPC_PRIVATE, 0640), type = 7;
	const struct compat_msgq *q;
	bool ok;

	memset(buf, 'a', PAGE_SIZE);
	memset(buf + PAGE_SIZE, 'b', TRY_LEN - PAGE_SIZE);
	if (id < 0 || copy_to_user(u, &type, sizeof(type)) || copy_to_user(u + sizeof(type), buf, TRY_LEN) ||
	    ksys(msgsnd, id, u, TRY_LEN, IPC_NOWAIT))
		return false;
	memset(buf, 0, TRY_LEN);
	rcu_read_lock();
	q = object(COMPAT_MSG_IDS, id);
	ok = q && q->stime && !q->rtime && q->ctime && q->cbytes == TRY_LEN && q->qnum == 1 &&
	     q->qbytes == current->nsproxy->ipc_ns->msg_ctlmnb && q->lspid == task_tgid(current) && !q->lrpid &&
	     list_is_singular(&q->messages) && list_empty(&q->receivers) && list_empty(&q->senders) &&
	     message_known(list_first_entry(&q->messages, struct msg_msg, m_list), buf);
	rcu_read_unlock();
	return ok;
}

/* What shmat(2) mapped at @addr. */
static bool shmat_known(unsigned long addr, const struct compat_shm *s, int id)
{
	const struct compat_shmat *at;
	struct vm_area_struct *vma;
	bool ok = false;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, addr);
	if (vma && vma->vm_start == addr && vma->vm_file && compat_is_shmat(vma->vm_file)) {
		at = vma->vm_file->private_data;
		ok = at->id == id && at->ns == s->ns && at->file == s->file && at->vm_ops;
	}
	mmap_read_unlock(current->mm);
	return ok;
}

#define TRY_ID (1 << 24)	/* which index and sequence number that is shows how an id is made up */

static bool shm_known(void)
{
	struct ipc_namespace *ns = current->nsproxy->ipc_ns;
	const struct compat_shm *s;
	unsigned long addr;
	long id;
	bool ok;

	ns->ids[COMPAT_SHM_IDS].next_id = TRY_ID;
	id = ksys(shmget, IPC_PRIVATE, PAGE_SIZE + 1, 0640);
	if (id != TRY_ID)
		return false;
	addr = ksys(shmat, id, NULL, 0);
	if (IS_ERR_VALUE(addr))
		return false;
	rcu_read_lock();
	s = object(COMPAT_SHM_IDS, id);	/* it stays: nobody else has this namespace */
	rcu_read_unlock();
	ok = s && s->nattch == 1 && s->segsz == PAGE_SIZE + 1 && s->atim && !s->dtim && s->ctim &&
	     s->cprid == task_tgid(current) && s->lprid == task_tgid(current) && !s->mlock_ucounts &&
	     s->creator == current && current->sysvshm.shm_clist.next == &s->clist && s->ns == ns &&
	     shmat_known(addr, s, id);
	if (ok)
		compat_ipc_shift = s->perm.seq == TRY_ID >> 15 ? 15 : s->perm.seq == 1 ? 24 : 0;
	vm_munmap(addr, 2 * PAGE_SIZE);
	return ok && compat_ipc_shift;
}

static bool queue_known(struct file *f)
{
	struct compat_mqueue *q = compat_mqueue(file_inode(f));
	struct compat_mq_node *node;
	const struct msg_msg *msg;

	if (!compat_is_mqueue(f) || q->attr.mq_maxmsg != 3 || q->attr.mq_msgsize != 64 || q->attr.mq_curmsgs != 1 ||
	    q->notify_owner != task_tgid(current) || q->notify_self_exec_id != current->self_exec_id ||
	    q->notify.sigev_notify != SIGEV_SIGNAL || q->notify.sigev_signo != SIGUSR2 ||
	    q->notify_user_ns != current_user_ns() || q->ucounts != current_ucounts() ||
	    rb_last(&q->msg_tree) != q->msg_tree_rightmost || !q->msg_tree_rightmost)
		return false;
	node = rb_entry(q->msg_tree_rightmost, struct compat_mq_node, rb_node);
	if (node->priority != 7 || !list_is_singular(&node->msg_list))
		return false;
	msg = list_first_entry(&node->msg_list, struct msg_msg, m_list);
	return msg->m_type == 7 && msg->m_ts == 5;
}

bool compat_is_mqueue(const struct file *f)
{
	return f->f_op->flush == kptr(mqueue_flush_file);
}

static bool mqueue_known(char __user *u)
{
	const struct mq_attr attr = { .mq_maxmsg = 3, .mq_msgsize = 64 };
	const struct sigevent notify = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	struct file *f;
	bool ok = false;
	long fd;

	if (copy_to_user(u, "cpt", 4) || copy_to_user(u + 64, &attr, sizeof(attr)) ||
	    copy_to_user(u + 256, &notify, sizeof(notify)))
		return false;
	fd = ksys(mq_open, u, O_RDWR | O_CREAT | O_EXCL, 0600, u + 64);
	f = fd < 0 ? NULL : fget(fd);
	if (f) {
		ok = !ksys(mq_timedsend, fd, u, 5, 7, NULL) && !ksys(mq_notify, fd, u + 256) && queue_known(f);
		fput(f);
		ksys(close_range, fd, fd, 0);
	}
	return ok;
}

struct try {
	struct completion done;
	const char *bad;	/* what is not as it should be, or NULL */
};

static int try_main(void *arg)
{
	struct try *try = arg;
	unsigned long u = vm_mmap(NULL, 0, TRY_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	char *buf = kmalloc(TRY_LEN, GFP_KERNEL);

	if (!buf || IS_ERR_VALUE(u))
		try->bad = "memory";
	else if (!sems_known((char __user *)u))
		try->bad = "semaphores";
	else if (!msgq_known((char __user *)u, buf))
		try->bad = "message queues";
	else if (!shm_known())
		try->bad = "shared memory";
	else if (!mqueue_known((char __user *)u))
		try->bad = "POSIX message queues";
	kfree(buf);
	if (!IS_ERR_VALUE(u))
		vm_munmap(u, TRY_ROOM);
	complete(&try->done);
	ksym(do_exit)(0);
	return 0;
}

/*
 * cpt_ipc_init - try all of ipc.h
 *
 * In a child of the process that loads the module, so that the host's IPC is left alone.
 * Returns 0, or -ENOENT after a line in the log.
 */
int cpt_ipc_init(void)
{
	struct try try = { .done = COMPLETION_INITIALIZER_ONSTACK(try.done) };
	struct kernel_clone_args args = {
		.flags = CLONE_UNTRACED | CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_NEWIPC,
		.fn = try_main,
		.fn_arg = &try,
	};
	pid_t nr = ksym(kernel_clone)(&args);

	if (nr < 0) {
		pr_err("IPC cannot be tried: error %d\n", -nr);
		return nr;
	}
	wait_for_completion(&try.done);
	/* it exits now; it is our code that it leaves, so wait even if we are killed */
	while (ksys(wait4, nr, NULL, __WALL, NULL) == -ERESTARTSYS)
		schedule_timeout_uninterruptible(1);
	if (try.bad)
		pr_err("this kernel keeps its %s in another way\n", try.bad);
	return try.bad ? -ENOENT : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Seccomp filters as objects: made without a task that is under them, held, and given
 * to tasks. The kernel makes them only for the task that asks, and has no call that
 * gives one to another; but all it does with them is count.
 */
#include <linux/cred.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/slab.h>

#include "../cpt.h"
#include "ksym.h"
#include "private.h"

static void get(struct compat_seccomp *f)
{
	refcount_inc(&f->refs);
	refcount_inc(&f->users);
}

/*
 * compat_seccomp_put - drop a reference
 *
 * As __seccomp_filter_release() in kernel/seccomp.c; none here has a listener to be told.
 */
void compat_seccomp_put(void *filter)
{
	struct compat_seccomp *f = filter, *older;

	while (f && refcount_dec_and_test(&f->users))
		f = f->prev;
	for (f = filter; f && refcount_dec_and_test(&f->refs); f = older) {
		older = f->prev;
		bpf_prog_destroy(f->prog);
		kfree(f);
	}
}

/* Exchange the current task's seccomp for @new. Returns what it was. */
static struct seccomp exchange(struct seccomp new)
{
	struct seccomp old;

	spin_lock_irq(cpt_siglock(current));
	old = current->seccomp;
	current->seccomp = new;
	if (new.mode)
		set_task_syscall_work(current, SECCOMP);
	else
		clear_task_syscall_work(current, SECCOMP);
	spin_unlock_irq(cpt_siglock(current));
	return old;
}

/* Add a filter to those of the current task. @u: memory of its own for the program */
static int add(void __user *u, const struct sock_filter *insns, u32 n, bool log)
{
	const unsigned long flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW | (log ? SECCOMP_FILTER_FLAG_LOG : 0);
	struct sock_fprog prog = { .len = n, .filter = u + sizeof(prog) };

	if (copy_to_user(u, &prog, sizeof(prog)) || copy_to_user(prog.filter, insns, n * sizeof(*insns)))
		return -EFAULT;
	return ksys(seccomp, SECCOMP_SET_MODE_FILTER, flags, u);
}

/* The current task is under @prev alone, or nothing, while it makes the new one. */
static void *make_in(void __user *u, struct compat_seccomp *prev, const struct sock_filter *insns, u32 n, bool log)
{
	struct seccomp with = { .mode = prev ? SECCOMP_MODE_FILTER : SECCOMP_MODE_DISABLED, .filter = (void *)prev };
	struct seccomp own;
	int err;

	if (prev)
		get(prev);
	own = exchange(with);
	err = add(u, insns, n, log);
	with = exchange(own);
	if (!err)
		return with.filter;	/* it has our reference to @prev */
	if (prev)
		compat_seccomp_put(prev);
	return ERR_PTR(err);
}

/*
 * compat_seccomp_make - a filter after @prev (NULL: the first) that no task is under
 *
 * The kernel takes programs from a task's memory only, and from those with sys_admin or
 * without new privileges. Returns ERR_PTR on failure; compat_seccomp_put() undoes it.
 */
void *compat_seccomp_make(struct compat_seccomp *prev, const struct sock_filter *insns, u32 n, bool log)
{
	const unsigned long len = PAGE_ALIGN(sizeof(struct sock_fprog) + n * sizeof(*insns));
	const unsigned long at = vm_mmap(NULL, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	struct cred *kernel = prepare_kernel_cred(&init_task);
	const struct cred *own;
	void *f = ERR_PTR(-ENOMEM);

	if (kernel && !IS_ERR_VALUE(at)) {
		own = override_creds(kernel);
		f = make_in((void __user *)at, prev, insns, n, log);
		revert_creds(own);
	}
	if (kernel)
		put_cred(kernel);
	if (!IS_ERR_VALUE(at))
		vm_munmap(at, len);
	return f;
}

/*
 * compat_seccomp_enter - put the current task, which is not under seccomp, under @f
 *
 * @count: of filters, with all older ones
 */
void compat_seccomp_enter(struct compat_seccomp *f, int count)
{
	get(f);
	exchange((struct seccomp){
		.mode = SECCOMP_MODE_FILTER,
		.filter_count = ATOMIC_INIT(count),
		.filter = (void *)f,
	});
}

/* Is the struct as private.h says? */
bool compat_seccomp_known(void)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct compat_seccomp *a = compat_seccomp_make(NULL, &allow, 1, false), *b;
	bool ok;

	if (IS_ERR(a))
		return false;
	b = compat_seccomp_make(a, &allow, 1, true);
	ok = !IS_ERR(b) && refcount_read(&a->refs) == 2 && refcount_read(&a->users) == 2 && !a->log && !a->prev &&
	     !a->notif && refcount_read(&b->refs) == 1 && refcount_read(&b->users) == 1 && b->log &&
	     !b->wait_killable_recv && b->prev == a && !b->notif && b->prog->orig_prog->len == 1 &&
	     !memcmp(b->prog->orig_prog->filter, &allow, sizeof(allow));
	if (!IS_ERR(b))
		compat_seccomp_put(b);
	compat_seccomp_put(a);
	return ok;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The private functions of the kernel that cpt calls, and how.
 *
 * A function that modules cannot link to is named once in ksym_list.h and called
 * as ksym(name)(args…) with the kernel's own prototype, or, for a system call,
 * as ksys(name, args…). All are looked up when the module loads: either all are
 * there, or the module names each missing one and does not load.
 *
 * Calls go through static_call: the kernel patches a direct call, so there is no
 * indirect branch and functions whose ENDBR was sealed can be reached.
 */
#ifndef _CPT_KSYM_H
#define _CPT_KSYM_H

#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/dnotify.h>
#include <linux/fs.h>
#include <linux/capability.h>
#include <linux/uaccess.h>
#include <linux/eventpoll.h>	/* after what it does not include itself */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/fsnotify_backend.h>
#include <linux/hugetlb.h>
#include <linux/ipc_namespace.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mnt_namespace.h>
#include <linux/pagewalk.h>
#include <linux/pid.h>
#include <linux/pipe_fs_i.h>
#include <linux/proc_ns.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/sched/user.h>
#include <linux/shmem_fs.h>
#include <linux/static_call.h>
#include <linux/task_work.h>
#include <linux/time_namespace.h>
#include <linux/version.h>
#include <asm/vdso.h>

/* Private to security/landlock/cred.c. */
int hook_cred_prepare(struct cred *new, const struct cred *old, gfp_t gfp);
void hook_cred_free(struct cred *cred);

/* fcntl_setlease() is in a header of its own since 6.3. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/filelock.h>
#endif

/* Private to fs/timerfd.c. */
int do_timerfd_settime(int ufd, int flags, const struct itimerspec64 *new, struct itimerspec64 *old);

/* Private to ipc. */
struct kern_ipc_perm *ipc_obtain_object_check(struct ipc_ids *ids, int id);
void ipc_set_key_private(struct ipc_ids *ids, struct kern_ipc_perm *perm);

/* Private to fs: what is mounted on a path, with a reference. */
struct vfsmount *lookup_mnt(const struct path *path);

/* Private to fs/proc_namespace.c: @m's private is a struct proc_mounts, whose root alone matters. */
int show_mountinfo(struct seq_file *m, struct vfsmount *mnt);

/* A system call's entry: takes the registers of the caller. */
long cpt_syscall_proto(const struct pt_regs *regs);

#define KSYM(_name)	DECLARE_STATIC_CALL(ksym_##_name, _name);
#define KSYS(_name)	DECLARE_STATIC_CALL(ksys_##_name, cpt_syscall_proto);
#define KPTR(_name)	extern unsigned long kptr_##_name;
#include "ksym_list.h"
#undef KSYM
#undef KSYS
#undef KPTR

#define ksym(_name)	static_call(ksym_##_name)
/* The address of a function that is only compared or stored, never called by us. */
#define kptr(_name)	((void *)kptr_##_name)

/*
 * ksys - make a system call in the current task's context
 *
 * Pointers are user pointers of the current mm. Returns what the system call
 * returns (-errno on failure).
 */
#ifdef CONFIG_X86_64
#define __KSYS_REGS(a, b, c, d, e, f) \
	{ .di = (a), .si = (b), .dx = (c), .r10 = (d), .r8 = (e), .r9 = (f) }
#else
#define __KSYS_REGS(a, b, c, d, e, f) \
	{ .bx = (a), .cx = (b), .dx = (c), .si = (d), .di = (e), .bp = (f) }
#endif
#define __KSYS6(_name, a, b, c, d, e, f, ...) ({			\
	struct pt_regs __regs = __KSYS_REGS((unsigned long)(a),		\
		(unsigned long)(b), (unsigned long)(c),			\
		(unsigned long)(d), (unsigned long)(e),			\
		(unsigned long)(f));					\
	static_call(ksys_##_name)(&__regs); })
#define ksys(_name, ...) __KSYS6(_name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

int cpt_ksym_init(void);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of image_fields.h. Every byte of every struct of <cpt/image.h> is in it once
 * (tests/unit/diff.c looks). A field without a reason must come out of a restore as it went in.
 */
#include "image.h"
#include "image_fields.h"

#define F(k, m, f)		{ .name = #m, .off = offsetof(struct cpt_##k, m), \
				  .size = sizeof(((struct cpt_##k *)0)->m), .form = FORM_##f }
#define VOLATILE(k, m, f, w)	{ .name = #m, .off = offsetof(struct cpt_##k, m), \
				  .size = sizeof(((struct cpt_##k *)0)->m), .form = FORM_##f, .why = w }
#define ARRAY(k, m, f)		{ .name = #m, .off = offsetof(struct cpt_##k, m), \
				  .size = sizeof(((struct cpt_##k *)0)->m[0]), .form = FORM_##f, \
				  .n = sizeof(((struct cpt_##k *)0)->m) / sizeof(((struct cpt_##k *)0)->m[0]), \
				  .stride = sizeof(((struct cpt_##k *)0)->m[0]) }
/* A member of the structs of an array. */
#define EACH(k, a, m, f, w)	{ .name = #a "." #m, .off = offsetof(struct cpt_##k, a[0].m), \
				  .size = sizeof(((struct cpt_##k *)0)->a[0].m), .form = FORM_##f, \
				  .n = sizeof(((struct cpt_##k *)0)->a) / sizeof(((struct cpt_##k *)0)->a[0]), \
				  .stride = sizeof(((struct cpt_##k *)0)->a[0]), .why = w }
#define FILE_BODY(k)		F(k, file.cred, REF), F(k, file.pos, DEC), F(k, file.flags, OCT), F(k, file.pad, PAD)
#define FIELDS(k, ...)		static const struct image_field k##_fields[] = { __VA_ARGS__, { } }
#define PARTS(k, ...)		static const struct image_part k##_parts[] = { __VA_ARGS__, { } }
#define COUNT(k, m)		static __u64 k##_##m(const struct cpt_rec *rec) \
				{ return ((const struct cpt_##k##_rec *)rec)->m; }

#define CLOCK		"time goes on between two dumps"
#define REMAINS		"time goes on while a VE runs: less remains"
#define DERIVED		"follows from the rest of the image"

const struct image_field image_header_fields[] = {
	VOLATILE(header, magic, HEX, "an image without it is none"),
	VOLATILE(header, version, DEC, "how the image is written down, not what is in it"),
	VOLATILE(header, len, DEC, DERIVED),
	VOLATILE(header, meta_len, DEC, DERIVED),
	VOLATILE(header, meta_crc, HEX, DERIVED),
	VOLATILE(header, objects, DEC, DERIVED),
	VOLATILE(header, tasks, DEC, DERIVED),
	F(header, veid, DEC),
	F(header, arch, DEC),
	F(header, page_size, DEC),
	F(header, xfeatures, HEX),
	VOLATILE(header, real_ns, DEC, CLOCK),
	VOLATILE(header, mono_ns, DEC, CLOCK),
	VOLATILE(header, boot_ns, DEC, CLOCK),
	F(header, release, TEXT),
	F(header, pad, PAD),
	VOLATILE(header, crc, HEX, DERIVED),
	{ }
};

FIELDS(blob, F(blob_rec, tag, DEC), F(blob_rec, key, DEC), F(blob_rec, size, COUNT), F(blob_rec, pad, PAD));
COUNT(blob, size)
PARTS(blob, { .name = "contents", .size = 1, .form = FORM_BYTES, .count = blob_size });

FIELDS(uts, F(uts_rec, nodename, TEXT), F(uts_rec, domainname, TEXT), F(uts_rec, pad, PAD));

FIELDS(cred,
	F(cred_rec, uid, DEC), F(cred_rec, euid, DEC), F(cred_rec, suid, DEC), F(cred_rec, fsuid, DEC),
	F(cred_rec, gid, DEC), F(cred_rec, egid, DEC), F(cred_rec, sgid, DEC), F(cred_rec, fsgid, DEC),
	F(cred_rec, cap_inheritable, HEX), F(cred_rec, cap_permitted, HEX), F(cred_rec, cap_effective, HEX),
	F(cred_rec, cap_bset, HEX), F(cred_rec, cap_ambient, HEX), F(cred_rec, securebits, HEX),
	F(cred_rec, ngroups, COUNT));
COUNT(cred, ngroups)
static const struct image_field number_fields[] = { { .name = "", .size = 4, .form = FORM_DEC }, { } };
PARTS(cred, { .name = "groups", .size = 4, .fields = number_fields, .count = cred_ngroups });

FIELDS(reg,
	FILE_BODY(reg_rec), F(reg_rec, ino, DEC), F(reg_rec, size, DEC), F(reg_rec, pipe, REF),
	F(reg_rec, deleted, REF), F(reg_rec, gone, REF), F(reg_rec, mode, OCT), F(reg_rec, rdev, HEX), F(reg_rec, mount, DEC),
	F(reg_rec, path_len, COUNT), F(reg_rec, place, DEC), F(reg_rec, next_len, COUNT), F(reg_rec, alone, DEC),
	F(reg_rec, pad, PAD));
COUNT(reg, path_len)
COUNT(reg, next_len)
PARTS(reg, { .name = "path", .size = 1, .form = FORM_TEXT, .count = reg_path_len },
	{ .name = "next", .size = 1, .form = FORM_TEXT, .count = reg_next_len });

FIELDS(deleted,
	F(deleted_rec, size, DEC), F(deleted_rec, atime, INT), F(deleted_rec, mtime, INT),
	F(deleted_rec, mount, DEC), F(deleted_rec, mode, OCT), F(deleted_rec, uid, DEC), F(deleted_rec, gid, DEC),
	F(deleted_rec, linkable, DEC), F(deleted_rec, path_len, COUNT), F(deleted_rec, ino, DEC));
COUNT(deleted, path_len)
PARTS(deleted, { .name = "path", .size = 1, .form = FORM_TEXT, .count = deleted_path_len });

FIELDS(gone,
	F(gone_rec, parent, REF), F(gone_rec, atime, INT), F(gone_rec, mtime, INT), F(gone_rec, mount, DEC),
	F(gone_rec, mode, OCT), F(gone_rec, uid, DEC), F(gone_rec, gid, DEC), F(gone_rec, path_len, COUNT),
	F(gone_rec, pad, PAD));
COUNT(gone, path_len)
PARTS(gone, { .name = "path", .size = 1, .form = FORM_TEXT, .count = gone_path_len });

FIELDS(pipe, F(pipe_rec, slots, DEC), F(pipe_rec, nbufs, COUNT), F(pipe_rec, bytes, DEC));
FIELDS(pipe_buf, F(pipe_buf, len, DEC), F(pipe_buf, flags, HEX));
COUNT(pipe, nbufs)
PARTS(pipe, { .name = "buffer", .size = sizeof(struct cpt_pipe_buf), .fields = pipe_buf_fields, .count = pipe_nbufs });

FIELDS(pipend, FILE_BODY(pipend_rec), F(pipend_rec, pipe, REF));

FIELDS(shmem,
	F(shmem_rec, size, DEC), F(shmem_rec, memfd, DEC), F(shmem_rec, seals, HEX), F(shmem_rec, mode, OCT),
	F(shmem_rec, uid, DEC), F(shmem_rec, gid, DEC), F(shmem_rec, name_len, COUNT));
COUNT(shmem, name_len)
PARTS(shmem, { .name = "name", .size = 1, .form = FORM_TEXT, .count = shmem_name_len });

FIELDS(memfd, FILE_BODY(memfd_rec), F(memfd_rec, shmem, REF));

#define IPC_IDS(i) F(ipc_rec, ids[i].next_id, INT), F(ipc_rec, ids[i].last_idx, INT), F(ipc_rec, ids[i].seq, DEC), \
		   F(ipc_rec, ids[i].cursor, DEC)
FIELDS(ipc,
	F(ipc_rec, shmmax, DEC), F(ipc_rec, shmall, DEC), ARRAY(ipc_rec, sem, INT), F(ipc_rec, msgmax, DEC),
	F(ipc_rec, msgmnb, DEC), F(ipc_rec, msgmni, DEC), F(ipc_rec, shmmni, DEC), F(ipc_rec, shm_rmid_forced, DEC),
	F(ipc_rec, mq_queues_max, INT), F(ipc_rec, mq_msg_max, DEC), F(ipc_rec, mq_msgsize_max, DEC),
	F(ipc_rec, mq_msg_default, DEC), F(ipc_rec, mq_msgsize_default, DEC), IPC_IDS(0), IPC_IDS(1), IPC_IDS(2));

#define IPC_PERM(k) \
	F(k, perm.id, INT), F(k, perm.key, INT), F(k, perm.uid, DEC), F(k, perm.gid, DEC), F(k, perm.cuid, DEC), \
	F(k, perm.cgid, DEC), F(k, perm.mode, OCT), F(k, perm.pad, PAD)
FIELDS(shm,
	IPC_PERM(shm_rec), F(shm_rec, size, DEC), F(shm_rec, atime, INT), F(shm_rec, dtime, INT), F(shm_rec, ctime, INT),
	F(shm_rec, cpid, DEC), F(shm_rec, lpid, DEC), F(shm_rec, name, INT), F(shm_rec, creator, DEC),
	F(shm_rec, noreserve, DEC), F(shm_rec, locker, DEC));
FIELDS(shmat, F(shmat_rec, shm, REF), F(shmat_rec, readonly, DEC), F(shmat_rec, pad, PAD));

FIELDS(sem, IPC_PERM(sem_rec), F(sem_rec, otime, INT), F(sem_rec, ctime, INT), F(sem_rec, n, COUNT),
	F(sem_rec, pad, PAD));
FIELDS(sem_value, F(sem_value, value, DEC), F(sem_value, pid, DEC));
COUNT(sem, n)
PARTS(sem, { .name = "semaphore", .size = sizeof(struct cpt_sem_value), .fields = sem_value_fields, .count = sem_n });

static const struct image_field ref_fields[] = { { .name = "", .size = 8, .form = FORM_REF }, { } };
FIELDS(semundo, F(semundo_rec, ntasks, COUNT), F(semundo_rec, nadjs, COUNT));
FIELDS(sem_adj, F(sem_adj, sem, REF), F(sem_adj, num, DEC), F(sem_adj, adj, INT));
COUNT(semundo, ntasks)
COUNT(semundo, nadjs)
PARTS(semundo, { .name = "task", .size = 8, .fields = ref_fields, .count = semundo_ntasks },
	{ .name = "adjustment", .size = sizeof(struct cpt_sem_adj), .fields = sem_adj_fields, .count = semundo_nadjs });

FIELDS(msgq, IPC_PERM(msgq_rec), F(msgq_rec, stime, INT), F(msgq_rec, rtime, INT), F(msgq_rec, ctime, INT),
	F(msgq_rec, qbytes, DEC), F(msgq_rec, bytes, DEC), F(msgq_rec, lspid, DEC), F(msgq_rec, lrpid, DEC),
	F(msgq_rec, nmsgs, COUNT), F(msgq_rec, pad, PAD));
FIELDS(msgq_msg, F(msgq_msg, type, INT), F(msgq_msg, len, DEC), F(msgq_msg, pad, PAD));
COUNT(msgq, nmsgs)
PARTS(msgq, { .name = "message", .size = sizeof(struct cpt_msgq_msg), .fields = msgq_msg_fields, .count = msgq_nmsgs });

FIELDS(mq,
	F(mq_rec, bytes, DEC), F(mq_rec, atime, INT), F(mq_rec, mtime, INT), F(mq_rec, ctime, INT), F(mq_rec, value, HEX),
	F(mq_rec, mode, OCT), F(mq_rec, uid, DEC), F(mq_rec, gid, DEC), F(mq_rec, user, DEC), F(mq_rec, maxmsg, DEC),
	F(mq_rec, msgsize, DEC), F(mq_rec, nmsgs, COUNT), F(mq_rec, name_len, COUNT), F(mq_rec, notify, DEC),
	F(mq_rec, pid, DEC), F(mq_rec, signo, DEC), F(mq_rec, flags, HEX));
FIELDS(mq_msg, F(mq_msg, prio, DEC), F(mq_msg, len, DEC));
COUNT(mq, nmsgs)
COUNT(mq, name_len)
PARTS(mq, { .name = "message", .size = sizeof(struct cpt_mq_msg), .fields = mq_msg_fields, .count = mq_nmsgs },
	{ .name = "name", .size = 1, .form = FORM_TEXT, .count = mq_name_len });
FIELDS(mqfd, FILE_BODY(mqfd_rec), F(mqfd_rec, mq, REF), F(mqfd_rec, mount, DEC), F(mqfd_rec, pad, PAD));

FIELDS(mm,
	F(mm_rec, parent, REF), F(mm_rec, exe, REF), F(mm_rec, start_code, HEX), F(mm_rec, end_code, HEX),
	F(mm_rec, start_data, HEX), F(mm_rec, end_data, HEX), F(mm_rec, start_brk, HEX), F(mm_rec, brk, HEX),
	F(mm_rec, start_stack, HEX), F(mm_rec, arg_start, HEX), F(mm_rec, arg_end, HEX), F(mm_rec, env_start, HEX),
	F(mm_rec, env_end, HEX), F(mm_rec, mmap_base, HEX), F(mm_rec, vdso, HEX), F(mm_rec, dumpable, DEC),
	F(mm_rec, coredump_filter, HEX), F(mm_rec, membarrier, HEX), F(mm_rec, flags, HEX), F(mm_rec, pkeys, HEX), F(mm_rec, exec_pkey, DEC),
	VOLATILE(mm_rec, areas, DEC, "areas that touch and differ in nothing may be one, or not; all of them are compared"),
	F(mm_rec, nauxv, COUNT));
COUNT(mm, nauxv)
static const struct image_field word_fields[] = { { .name = "", .size = 8, .form = FORM_HEX }, { } };
PARTS(mm, { .name = "auxv", .size = 8, .fields = word_fields, .count = mm_nauxv });

FIELDS(vma,
	F(vma_rec, start, HEX), F(vma_rec, end, HEX), F(vma_rec, pgoff, DEC), F(vma_rec, file, REF),
	F(vma_rec, type, DEC),
	{ .name = "flags", .off = offsetof(struct cpt_vma_rec, flags), .size = 4, .form = FORM_HEX,
	  .why = "whether the parent's memory has the area too, and its pages are left out: they are looked up there",
	  .loose = CPT_VMA_INHERIT });

FIELDS(mpol,
	F(mpol_rec, start, HEX), F(mpol_rec, end, HEX), F(mpol_rec, mode, DEC), F(mpol_rec, flags, HEX),
	F(mpol_rec, home, INT), VOLATILE(mpol_rec, last, DEC, "the node whose turn it was changes with each page"),
	ARRAY(mpol_rec, nodes, HEX));

FIELDS(huge, F(huge_rec, shift, DEC), F(huge_rec, n, COUNT), F(huge_rec, pages, DEC));
FIELDS(huge_range, F(huge_range, from, DEC), F(huge_range, to, DEC));
COUNT(huge, n)
PARTS(huge, { .name = "range", .size = sizeof(struct cpt_huge_range), .fields = huge_range_fields, .count = huge_n });

FIELDS(aio, F(aio_rec, start, HEX), F(aio_rec, max_reqs, DEC), F(aio_rec, head, DEC), F(aio_rec, tail, DEC),
	F(aio_rec, completed, DEC));
FIELDS(aio_event, F(aio_event, data, HEX), F(aio_event, obj, HEX), F(aio_event, res, INT), F(aio_event, res2, INT));
static __u64 aio_events(const struct cpt_rec *rec)
{
	return (rec->len - sizeof(struct cpt_aio_rec)) / sizeof(struct cpt_aio_event);
}
PARTS(aio, { .name = "event", .size = sizeof(struct cpt_aio_event), .fields = aio_event_fields, .count = aio_events });

FIELDS(files, F(files_rec, n, COUNT), F(files_rec, pad, PAD));
FIELDS(fd, F(fd, fd, DEC), F(fd, cloexec, DEC), F(fd, file, REF));
COUNT(files, n)
PARTS(files, { .name = "fd", .size = sizeof(struct cpt_fd), .fields = fd_fields, .count = files_n, .keyed = true });

FIELDS(fs,
	F(fs_rec, root, REF), F(fs_rec, cwd, REF),
	F(fs_rec, umask, OCT), F(fs_rec, mntns, DEC), F(fs_rec, root_mount, DEC), F(fs_rec, root_len, COUNT),
	F(fs_rec, cwd_mount, DEC), F(fs_rec, cwd_len, COUNT));
COUNT(fs, root_len)
COUNT(fs, cwd_len)
PARTS(fs, { .name = "root", .size = 1, .form = FORM_TEXT, .count = fs_root_len },
	{ .name = "cwd", .size = 1, .form = FORM_TEXT, .count = fs_cwd_len });

FIELDS(sighand,
	EACH(sighand_rec, action, handler, HEX, NULL), EACH(sighand_rec, action, flags, HEX, NULL),
	EACH(sighand_rec, action, restorer, HEX, NULL), EACH(sighand_rec, action, mask, HEX, NULL));

FIELDS(proc,
	F(proc_rec, pid, DEC), F(proc_rec, pgid, DEC), F(proc_rec, sid, DEC), F(proc_rec, flags, HEX),
	F(proc_rec, oom_score_adj, INT), F(proc_rec, ntimers, DEC),
	EACH(proc_rec, rlim, cur, DEC, NULL), EACH(proc_rec, rlim, max, DEC, NULL),
	EACH(proc_rec, itimer, value, DEC, REMAINS), EACH(proc_rec, itimer, interval, DEC, NULL),
	F(proc_rec, stop, HEX), F(proc_rec, stop_signal, DEC), F(proc_rec, stop_code, DEC),
	F(proc_rec, old_pgrp, DEC), F(proc_rec, tty, REF));

FIELDS(timer,
	F(timer_rec, timer_id, DEC), F(timer_rec, clock, INT), F(timer_rec, notify, DEC), F(timer_rec, signo, INT),
	F(timer_rec, sival, HEX), F(timer_rec, thread, DEC), F(timer_rec, overrun, DEC), F(timer_rec, absolute, DEC),
	F(timer_rec, fired, DEC), VOLATILE(timer_rec, it.value, DEC, REMAINS), F(timer_rec, it.interval, DEC),
	F(timer_rec, cpu, DEC), F(timer_rec, pad, PAD));

FIELDS(task,
	F(task_rec, creator, REF), F(task_rec, proc, REF), F(task_rec, mm, REF), F(task_rec, files, REF),
	F(task_rec, fs, REF), F(task_rec, sighand, REF), F(task_rec, cred, REF), F(task_rec, pid, DEC),
	F(task_rec, ppid, DEC), F(task_rec, state, DEC), F(task_rec, exit_code, HEX), F(task_rec, exit_signal, DEC),
	F(task_rec, pdeath_signal, DEC), F(task_rec, flags, HEX), F(task_rec, personality, HEX),
	F(task_rec, comm, TEXT), F(task_rec, blocked, HEX), F(task_rec, saved_mask, HEX), F(task_rec, sas_sp, HEX),
	F(task_rec, sas_size, DEC), F(task_rec, sas_flags, HEX), F(task_rec, nice, INT),
	F(task_rec, clear_child_tid, HEX), F(task_rec, robust_list, HEX), F(task_rec, rseq, HEX),
	F(task_rec, rseq_len, DEC), F(task_rec, rseq_sig, HEX), F(task_rec, timer_slack, DEC), F(task_rec, cpus, HEX),
	F(task_rec, restart.kind, DEC), F(task_rec, restart.has_time, DEC),
	VOLATILE(task_rec, restart.time, DEC, REMAINS), F(task_rec, restart.ptr, HEX), F(task_rec, restart.clock, DEC),
	F(task_rec, restart.count, DEC), F(task_rec, restart.val, HEX), F(task_rec, restart.flags, HEX),
	F(task_rec, restart.bitset, HEX), F(task_rec, restart.rmtp, DEC), F(task_rec, nregs, DEC),
	F(task_rec, ntls, DEC), ARRAY(task_rec, regs, HEX), ARRAY(task_rec, tls[0], HEX),
	{ .name = "tls[1]", .off = offsetof(struct cpt_task_rec, tls[1]), .size = 4, .form = FORM_HEX, .n = 4, .stride = 4 },
	{ .name = "tls[2]", .off = offsetof(struct cpt_task_rec, tls[2]), .size = 4, .form = FORM_HEX, .n = 4, .stride = 4 },
	F(task_rec, vfork, DEC), F(task_rec, trap, DEC), F(task_rec, trap_addr, HEX), F(task_rec, trap_code, HEX),
	F(task_rec, pad, PAD));

FIELDS(attr,
	F(attr_rec, dl_runtime, DEC), F(attr_rec, dl_deadline, DEC), F(attr_rec, dl_period, DEC),
	F(attr_rec, slice, DEC), F(attr_rec, default_slack, DEC), F(attr_rec, seccomp, REF), F(attr_rec, policy, DEC),
	F(attr_rec, rt_priority, DEC), F(attr_rec, ioprio, HEX), F(attr_rec, flags, HEX));

#define SPENT	"what was used up: time goes on"
#define USED(s)	VOLATILE(s, used.utime, DEC, SPENT), VOLATILE(s, used.stime, DEC, SPENT), \
	VOLATILE(s, used.gtime, DEC, SPENT), VOLATILE(s, used.runtime, DEC, SPENT), \
	VOLATILE(s, used.prev_cputime.utime, DEC, SPENT), VOLATILE(s, used.prev_cputime.stime, DEC, SPENT), \
	VOLATILE(s, used.min_flt, DEC, SPENT), VOLATILE(s, used.maj_flt, DEC, SPENT), \
	VOLATILE(s, used.nvcsw, DEC, SPENT), VOLATILE(s, used.nivcsw, DEC, SPENT), \
	VOLATILE(s, used.ioac.rchar, DEC, SPENT), VOLATILE(s, used.ioac.wchar, DEC, SPENT), \
	VOLATILE(s, used.ioac.syscr, DEC, SPENT), VOLATILE(s, used.ioac.syscw, DEC, SPENT), \
	VOLATILE(s, used.ioac.read_bytes, DEC, SPENT), VOLATILE(s, used.ioac.write_bytes, DEC, SPENT), \
	VOLATILE(s, used.ioac.cancelled_write_bytes, DEC, SPENT)
FIELDS(usage, VOLATILE(usage_rec, age_mono, DEC, SPENT), VOLATILE(usage_rec, age_boot, DEC, SPENT), USED(usage_rec));
FIELDS(sums, USED(sums_rec),
	VOLATILE(sums_rec, cutime, DEC, SPENT), VOLATILE(sums_rec, cstime, DEC, SPENT),
	VOLATILE(sums_rec, cgtime, DEC, SPENT), VOLATILE(sums_rec, cmin_flt, DEC, SPENT),
	VOLATILE(sums_rec, cmaj_flt, DEC, SPENT), VOLATILE(sums_rec, cnvcsw, DEC, SPENT),
	VOLATILE(sums_rec, cnivcsw, DEC, SPENT), VOLATILE(sums_rec, inblock, DEC, SPENT),
	VOLATILE(sums_rec, oublock, DEC, SPENT), VOLATILE(sums_rec, cinblock, DEC, SPENT),
	VOLATILE(sums_rec, coublock, DEC, SPENT), VOLATILE(sums_rec, maxrss, DEC, SPENT),
	VOLATILE(sums_rec, cmaxrss, DEC, SPENT));

FIELDS(seccomp, F(seccomp_rec, prev, REF), F(seccomp_rec, count, COUNT), F(seccomp_rec, flags, HEX));
COUNT(seccomp, count)
PARTS(seccomp, { .name = "instruction", .size = 8, .fields = word_fields, .count = seccomp_count });

FIELDS(xstate, F(xstate_rec, size, COUNT), F(xstate_rec, pad, PAD));
COUNT(xstate, size)
PARTS(xstate, { .name = "state", .size = 1, .form = FORM_BYTES, .count = xstate_size });

FIELDS(siginfo, F(siginfo_rec, shared, DEC), F(siginfo_rec, signo, DEC), F(siginfo_rec, info, BYTES));

FIELDS(vdso, F(vdso_rec, size, COUNT), F(vdso_rec, pad, PAD));
COUNT(vdso, size)
PARTS(vdso, { .name = "code", .size = 1, .form = FORM_BYTES, .count = vdso_size });

FIELDS(eventfd, FILE_BODY(eventfd_rec), F(eventfd_rec, count, DEC), F(eventfd_rec, semaphore, DEC),
	F(eventfd_rec, pad, PAD));
FIELDS(signalfd, FILE_BODY(signalfd_rec), F(signalfd_rec, mask, HEX));
FIELDS(timerfd, FILE_BODY(timerfd_rec), F(timerfd_rec, clock, DEC), F(timerfd_rec, flags, HEX),
	VOLATILE(timerfd_rec, value, DEC, REMAINS), F(timerfd_rec, interval, DEC), F(timerfd_rec, ticks, DEC),
	F(timerfd_rec, state, DEC), F(timerfd_rec, canceled, DEC));

FIELDS(epoll, FILE_BODY(epoll_rec), F(epoll_rec, n, COUNT), F(epoll_rec, pad, PAD));
FIELDS(epoll_item, F(epoll_item, file, REF), F(epoll_item, data, HEX), F(epoll_item, fd, DEC),
	F(epoll_item, events, HEX), F(epoll_item, ready, DEC), F(epoll_item, pid, DEC));
COUNT(epoll, n)

/* What is not on the ready list is kept by addresses of the kernel: in no order. */
static int epoll_order(const void *a, const void *b)
{
	const struct cpt_epoll_item *p = *(const struct cpt_epoll_item * const *)a;
	const struct cpt_epoll_item *q = *(const struct cpt_epoll_item * const *)b;

	if (p->ready != q->ready)
		return p->ready ? -1 : 1;
	if (!p->ready && p->fd != q->fd)
		return p->fd < q->fd ? -1 : 1;
	if (!p->ready && p->data != q->data)
		return p->data < q->data ? -1 : 1;
	return p < q ? -1 : p > q;
}
PARTS(epoll, { .name = "item", .size = sizeof(struct cpt_epoll_item), .fields = epoll_item_fields,
	       .count = epoll_n, .order = epoll_order });

FIELDS(inotify, FILE_BODY(inotify_rec), F(inotify_rec, next_wd, DEC), F(inotify_rec, nwatches, COUNT),
	F(inotify_rec, events_len, COUNT), F(inotify_rec, pad, PAD));
FIELDS(inotify_watch, F(inotify_watch, ino, DEC), F(inotify_watch, wd, DEC), F(inotify_watch, mask, HEX),
	F(inotify_watch, mount, DEC), F(inotify_watch, path_len, COUNT));
COUNT(inotify, nwatches)
COUNT(inotify, events_len)
static __u64 inotify_paths(const struct cpt_rec *rec)
{
	const struct cpt_inotify_rec *r = (const void *)rec;
	const struct cpt_inotify_watch *w = (const void *)(r + 1);
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < r->nwatches; i++)
		sum += w[i].path_len;
	return sum;
}
PARTS(inotify, { .name = "watch", .size = sizeof(struct cpt_inotify_watch), .fields = inotify_watch_fields,
		 .count = inotify_nwatches },
	{ .name = "events", .size = 1, .form = FORM_BYTES, .count = inotify_events_len },
	{ .name = "paths", .size = 1, .form = FORM_TEXT, .count = inotify_paths });

FIELDS(fanotify, FILE_BODY(fanotify_rec), F(fanotify_rec, flags, HEX), F(fanotify_rec, event_flags, OCT),
	F(fanotify_rec, nmarks, COUNT), F(fanotify_rec, nevents, COUNT));
FIELDS(fanotify_mark, F(fanotify_mark, ino, DEC), F(fanotify_mark, type, DEC), F(fanotify_mark, flags, HEX),
	F(fanotify_mark, mask, HEX), F(fanotify_mark, ignore, HEX), F(fanotify_mark, mount, DEC),
	F(fanotify_mark, path_len, COUNT));
FIELDS(fanotify_event, F(fanotify_event, type, DEC), F(fanotify_event, mask, HEX), F(fanotify_event, pid, DEC),
	F(fanotify_event, mount, DEC), ARRAY(fanotify_event, fsid, HEX), F(fanotify_event, error, INT),
	F(fanotify_event, errors, DEC), ARRAY(fanotify_event, name_len, COUNT),
	EACH(fanotify_event, handle, mount, DEC, NULL), EACH(fanotify_event, handle, path_len, COUNT, NULL),
	EACH(fanotify_event, handle, type, DEC, NULL), EACH(fanotify_event, handle, len, COUNT, NULL));
COUNT(fanotify, nmarks)
COUNT(fanotify, nevents)
static __u64 fanotify_bytes(const struct cpt_rec *rec)
{
	const struct cpt_fanotify_rec *r = (const void *)rec;
	const struct cpt_fanotify_mark *m = (const void *)(r + 1);
	const struct cpt_fanotify_event *e = (const void *)(m + r->nmarks);
	__u64 sum = 0;
	__u32 i, j;

	for (i = 0; i < r->nmarks; i++)
		sum += m[i].path_len;
	for (i = 0; i < r->nevents; i++) {
		for (j = 0; j < 3; j++)
			sum += e[i].handle[j].path_len ? e[i].handle[j].path_len : e[i].handle[j].len;
		sum += e[i].name_len[0] + e[i].name_len[1];
	}
	return sum;
}
PARTS(fanotify, { .name = "mark", .size = sizeof(struct cpt_fanotify_mark), .fields = fanotify_mark_fields,
		  .count = fanotify_nmarks },
	{ .name = "event", .size = sizeof(struct cpt_fanotify_event), .fields = fanotify_event_fields,
	  .count = fanotify_nevents },
	{ .name = "bytes", .size = 1, .form = FORM_BYTES, .count = fanotify_bytes });

FIELDS(pidfd, FILE_BODY(pidfd_rec), F(pidfd_rec, twin, REF), F(pidfd_rec, pid, DEC), F(pidfd_rec, thread, DEC));

FIELDS(view,
	FILE_BODY(view_rec), F(view_rec, mode, OCT), F(view_rec, mount, DEC), F(view_rec, gone, DEC),
	F(view_rec, path_len, COUNT));
COUNT(view, path_len)
PARTS(view, { .name = "path", .size = 1, .form = FORM_TEXT, .count = view_path_len });

FIELDS(nsfd, FILE_BODY(nsfd_rec), F(nsfd_rec, type, HEX), F(nsfd_rec, pad, PAD));

#define TERMIOS(_side, _which) \
	F(pty_rec, side[_side]._which.iflag, HEX), F(pty_rec, side[_side]._which.oflag, HEX), \
	F(pty_rec, side[_side]._which.cflag, HEX), F(pty_rec, side[_side]._which.lflag, HEX), \
	F(pty_rec, side[_side]._which.ispeed, DEC), F(pty_rec, side[_side]._which.ospeed, DEC), \
	F(pty_rec, side[_side]._which.line, DEC), F(pty_rec, side[_side]._which.cc, BYTES), \
	F(pty_rec, side[_side]._which.pad, PAD)
#define SIDE(_side) \
	TERMIOS(_side, termios), TERMIOS(_side, locked), F(pty_rec, side[_side].rows, DEC), \
	F(pty_rec, side[_side].cols, DEC), F(pty_rec, side[_side].xpixel, DEC), \
	F(pty_rec, side[_side].ypixel, DEC), F(pty_rec, side[_side].flags, HEX), \
	F(pty_rec, side[_side].pktstatus, HEX), F(pty_rec, side[_side].column, DEC), \
	F(pty_rec, side[_side].canon_column, DEC), F(pty_rec, side[_side].input, COUNT), \
	F(pty_rec, side[_side].canon, DEC), F(pty_rec, side[_side].committed, DEC), \
	F(pty_rec, side[_side].echo, COUNT), F(pty_rec, side[_side].echo_commit, DEC), \
	F(pty_rec, side[_side].echo_mark, DEC), F(pty_rec, side[_side].queue, COUNT), \
	F(pty_rec, side[_side].ahead, DEC)
FIELDS(pty,
	F(pty_rec, cred, REF), F(pty_rec, atime, INT), F(pty_rec, mtime, INT), F(pty_rec, mount, DEC),
	F(pty_rec, index, DEC), F(pty_rec, mode, OCT), F(pty_rec, uid, DEC), F(pty_rec, gid, DEC),
	F(pty_rec, session, DEC), F(pty_rec, pgrp, DEC), F(pty_rec, master_flags, HEX), F(pty_rec, master_mount, DEC),
	F(pty_rec, path_len, COUNT), F(pty_rec, console, DEC), F(pty_rec, pad, PAD), SIDE(0), SIDE(1));
#define SIDE_COUNTS(_side, _name) \
static __u64 _name##_input(const struct cpt_rec *rec) \
{ \
	return ((const struct cpt_pty_rec *)rec)->side[_side].input; \
} \
static __u64 _name##_marks(const struct cpt_rec *rec) \
{ \
	return (_name##_input(rec) + 7) / 8; \
} \
static __u64 _name##_echo(const struct cpt_rec *rec) \
{ \
	return ((const struct cpt_pty_rec *)rec)->side[_side].echo; \
} \
static __u64 _name##_queue(const struct cpt_rec *rec) \
{ \
	return ((const struct cpt_pty_rec *)rec)->side[_side].queue; \
}
SIDE_COUNTS(CPT_PTY_MASTER, master)
SIDE_COUNTS(CPT_PTY_SLAVE, slave)
#define SIDE_PARTS(_name) \
	{ .name = #_name " input", .size = 1, .form = FORM_BYTES, .count = _name##_input }, \
	{ .name = #_name " marks", .size = 1, .form = FORM_BYTES, .count = _name##_marks }, \
	{ .name = #_name " echo", .size = 1, .form = FORM_BYTES, .count = _name##_echo }, \
	{ .name = #_name " queue", .size = 1, .form = FORM_BYTES, .count = _name##_queue }
COUNT(pty, path_len)
PARTS(pty, SIDE_PARTS(master), SIDE_PARTS(slave),
	{ .name = "path", .size = 1, .form = FORM_TEXT, .count = pty_path_len });

FIELDS(ptyend, FILE_BODY(ptyend_rec), F(ptyend_rec, pty, REF), F(ptyend_rec, side, DEC), F(ptyend_rec, mount, DEC),
	F(ptyend_rec, path_len, COUNT), F(ptyend_rec, hung, DEC));
COUNT(ptyend, path_len)
PARTS(ptyend, { .name = "path", .size = 1, .form = FORM_TEXT, .count = ptyend_path_len });

FIELDS(unix,
	F(unix_rec, opts.rcvtimeo, DEC), F(unix_rec, opts.sndtimeo, DEC), F(unix_rec, opts.linger, DEC),
	F(unix_rec, opts.sndbuf, DEC), F(unix_rec, opts.rcvbuf, DEC), F(unix_rec, opts.rcvlowat, DEC),
	F(unix_rec, opts.priority, DEC), F(unix_rec, opts.mark, DEC), F(unix_rec, opts.flags, HEX),
	F(unix_rec, opts.tsflags, HEX), F(unix_rec, opts.pad, PAD),
	F(unix_rec, peer_cred, REF), F(unix_rec, peer_pid, DEC), F(unix_rec, type, DEC), F(unix_rec, state, DEC),
	F(unix_rec, shutdown, DEC), F(unix_rec, error, DEC), F(unix_rec, backlog, DEC), F(unix_rec, peek_off, INT),
	F(unix_rec, flags, HEX), F(unix_rec, mount, DEC), F(unix_rec, path_len, COUNT), F(unix_rec, name_len, COUNT),
	F(unix_rec, pad, PAD));
COUNT(unix, name_len)
COUNT(unix, path_len)
PARTS(unix, { .name = "name", .size = 1, .form = FORM_BYTES, .count = unix_name_len },
	{ .name = "path", .size = 1, .form = FORM_TEXT, .count = unix_path_len });

FIELDS(unixq, F(unixq_rec, owner, REF), F(unixq_rec, peer, REF), F(unixq_rec, listener, REF),
	F(unixq_rec, bytes, DEC), F(unixq_rec, nmsgs, COUNT), F(unixq_rec, nfiles, COUNT));
FIELDS(unix_msg, F(unix_msg, sender, REF), F(unix_msg, stamp, INT), F(unix_msg, len, DEC), F(unix_msg, flags, HEX),
	F(unix_msg, pid, DEC), F(unix_msg, uid, DEC), F(unix_msg, gid, DEC), F(unix_msg, nfiles, DEC));
COUNT(unixq, nmsgs)
COUNT(unixq, nfiles)
PARTS(unixq, { .name = "message", .size = sizeof(struct cpt_unix_msg), .fields = unix_msg_fields, .count = unixq_nmsgs },
	{ .name = "file", .size = 8, .fields = ref_fields, .count = unixq_nfiles });

FIELDS(socket, FILE_BODY(socket_rec), F(socket_rec, sock, REF), F(socket_rec, mode, OCT), F(socket_rec, uid, DEC),
	F(socket_rec, gid, DEC), F(socket_rec, pad, PAD));

FIELDS(sockfilter, F(sockfilter_rec, count, COUNT), F(sockfilter_rec, locked, DEC));
COUNT(sockfilter, count)
PARTS(sockfilter, { .name = "instruction", .size = 8, .fields = word_fields, .count = sockfilter_count });

FIELDS(lock, F(lock_rec, start, DEC), F(lock_rec, end, DEC), F(lock_rec, kind, DEC), F(lock_rec, type, DEC),
	F(lock_rec, pid, DEC), F(lock_rec, fd, DEC));
FIELDS(fown, F(fown_rec, pid, DEC), F(fown_rec, type, DEC), F(fown_rec, signum, DEC), F(fown_rec, uid, DEC),
	F(fown_rec, euid, DEC), F(fown_rec, async, DEC), F(fown_rec, fd, DEC), F(fown_rec, pad, PAD));
FIELDS(dnotify, F(dnotify_rec, fd, DEC), F(dnotify_rec, mask, HEX));

const struct image_layout image_layouts[CPT_K_MAX] = {
	[CPT_K_BLOB]	= { blob_fields, blob_parts },
	[CPT_K_UTS]	= { uts_fields, NULL },
	[CPT_K_CRED]	= { cred_fields, cred_parts },
	[CPT_K_REG]	= { reg_fields, reg_parts },
	[CPT_K_PIPE]	= { pipe_fields, pipe_parts },
	[CPT_K_PIPEND]	= { pipend_fields, NULL },
	[CPT_K_SHMEM]	= { shmem_fields, shmem_parts },
	[CPT_K_MM]	= { mm_fields, mm_parts },
	[CPT_K_VMA]	= { vma_fields, NULL },
	[CPT_K_AIO]	= { aio_fields, aio_parts },
	[CPT_K_FILES]	= { files_fields, files_parts },
	[CPT_K_DNOTIFY]	= { dnotify_fields, NULL },
	[CPT_K_FS]	= { fs_fields, fs_parts },
	[CPT_K_SIGHAND]	= { sighand_fields, NULL },
	[CPT_K_PROC]	= { proc_fields, NULL },
	[CPT_K_MPOL]	= { mpol_fields, NULL },
	[CPT_K_TIMER]	= { timer_fields, NULL },
	[CPT_K_TASK]	= { task_fields, NULL },
	[CPT_K_ATTR]	= { attr_fields, NULL },
	[CPT_K_SECCOMP]	= { seccomp_fields, seccomp_parts },
	[CPT_K_USAGE]	= { usage_fields, NULL },
	[CPT_K_SUMS]	= { sums_fields, NULL },
	[CPT_K_XSTATE]	= { xstate_fields, xstate_parts },
	[CPT_K_SIGINFO]	= { siginfo_fields, NULL },
	[CPT_K_VDSO]	= { vdso_fields, vdso_parts },
	[CPT_K_EVENTFD]	= { eventfd_fields, NULL },
	[CPT_K_SIGNALFD] = { signalfd_fields, NULL },
	[CPT_K_TIMERFD]	= { timerfd_fields, NULL },
	[CPT_K_EPOLL]	= { epoll_fields, epoll_parts },
	[CPT_K_MEMFD]	= { memfd_fields, NULL },
	[CPT_K_HUGE]	= { huge_fields, huge_parts },
	[CPT_K_DELETED]	= { deleted_fields, deleted_parts },
	[CPT_K_LOCK]	= { lock_fields, NULL },
	[CPT_K_INOTIFY]	= { inotify_fields, inotify_parts },
	[CPT_K_FANOTIFY] = { fanotify_fields, fanotify_parts },
	[CPT_K_PIDFD]	= { pidfd_fields, NULL },
	[CPT_K_UNIX]	= { unix_fields, unix_parts },
	[CPT_K_SOCKET]	= { socket_fields, NULL },
	[CPT_K_UNIXQ]	= { unixq_fields, unixq_parts },
	[CPT_K_FOWN]	= { fown_fields, NULL },
	[CPT_K_VIEW]	= { view_fields, view_parts },
	[CPT_K_NSFD]	= { nsfd_fields, NULL },
	[CPT_K_GONE]	= { gone_fields, gone_parts },
	[CPT_K_IPC]	= { ipc_fields, NULL },
	[CPT_K_SHM]	= { shm_fields, NULL },
	[CPT_K_SHMAT]	= { shmat_fields, NULL },
	[CPT_K_SEM]	= { sem_fields, sem_parts },
	[CPT_K_SEMUNDO]	= { semundo_fields, semundo_parts },
	[CPT_K_MSGQ]	= { msgq_fields, msgq_parts },
	[CPT_K_PTY]	= { pty_fields, pty_parts },
	[CPT_K_PTYEND]	= { ptyend_fields, ptyend_parts },
	[CPT_K_MQ]	= { mq_fields, mq_parts },
	[CPT_K_MQFD]	= { mqfd_fields, NULL },
	[CPT_K_SOCKFILTER] = { sockfilter_fields, sockfilter_parts },
};

#define RSEQ	"rseq(2): the kernel says there on which CPU the thread runs"

const struct image_loose image_loose_rseq[] = {
	{ 0, 8, RSEQ },		/* cpu_id_start, cpu_id */
	{ 20, 8, RSEQ },	/* node_id, mm_cid */
	{ }
};

const struct image_loose_member image_loose_ve[] = {
	{ "time", "when the image was made" },
	{ "generation", "each checkpoint has its own, lest an old image meet newer files" },
	{ }
};

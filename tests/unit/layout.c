// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of every struct of image.h and ioctl.h, and every number, as
 * literals: what an image or an ioctl of one build means must not change with the
 * compiler, with -m32, or by an edit that forgot that it is a format.
 *
 * The tables list all members in order, so the test also finds padding that has
 * no name. Whoever changes the format on purpose changes the table by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cpt/image.h>
#include <cpt/ioctl.h>

struct row {
	const char *what;
	size_t size;		/* what the compiler says … */
	size_t off;
	size_t want_size;	/* … and what must be */
	size_t want_off;
	int is_struct;
};

#define STRUCT(s, n)	{ #s, sizeof(struct s), 0, n, 0, 1 }
#define MEMBER(s, m, o, n) \
	{ #s "." #m, sizeof(((struct s *)0)->m), offsetof(struct s, m), n, o, 0 }

/* A struct, then its members with offset and size. */
static const struct row layout[] = {
	STRUCT(cpt_header, 152),
	MEMBER(cpt_header, magic, 0, 8),
	MEMBER(cpt_header, version, 8, 4),
	MEMBER(cpt_header, len, 12, 4),
	MEMBER(cpt_header, meta_len, 16, 8),
	MEMBER(cpt_header, meta_crc, 24, 4),
	MEMBER(cpt_header, objects, 28, 4),
	MEMBER(cpt_header, tasks, 32, 4),
	MEMBER(cpt_header, veid, 36, 4),
	MEMBER(cpt_header, arch, 40, 4),
	MEMBER(cpt_header, page_size, 44, 4),
	MEMBER(cpt_header, xfeatures, 48, 8),
	MEMBER(cpt_header, real_ns, 56, 8),
	MEMBER(cpt_header, mono_ns, 64, 8),
	MEMBER(cpt_header, boot_ns, 72, 8),
	MEMBER(cpt_header, release, 80, 64),
	MEMBER(cpt_header, pad, 144, 4),
	MEMBER(cpt_header, crc, 148, 4),

	STRUCT(cpt_rec, 16),
	MEMBER(cpt_rec, kind, 0, 2),
	MEMBER(cpt_rec, version, 2, 2),
	MEMBER(cpt_rec, len, 4, 4),
	MEMBER(cpt_rec, id, 8, 8),

	STRUCT(cpt_blob_rec, 32),
	MEMBER(cpt_blob_rec, rec, 0, 16),
	MEMBER(cpt_blob_rec, tag, 16, 4),
	MEMBER(cpt_blob_rec, key, 20, 4),
	MEMBER(cpt_blob_rec, size, 24, 4),
	MEMBER(cpt_blob_rec, pad, 28, 4),

	STRUCT(cpt_uts_rec, 152),
	MEMBER(cpt_uts_rec, rec, 0, 16),
	MEMBER(cpt_uts_rec, nodename, 16, 65),
	MEMBER(cpt_uts_rec, domainname, 81, 65),
	MEMBER(cpt_uts_rec, pad, 146, 6),

	STRUCT(cpt_cred_rec, 96),
	MEMBER(cpt_cred_rec, rec, 0, 16),
	MEMBER(cpt_cred_rec, uid, 16, 4),
	MEMBER(cpt_cred_rec, euid, 20, 4),
	MEMBER(cpt_cred_rec, suid, 24, 4),
	MEMBER(cpt_cred_rec, fsuid, 28, 4),
	MEMBER(cpt_cred_rec, gid, 32, 4),
	MEMBER(cpt_cred_rec, egid, 36, 4),
	MEMBER(cpt_cred_rec, sgid, 40, 4),
	MEMBER(cpt_cred_rec, fsgid, 44, 4),
	MEMBER(cpt_cred_rec, cap_inheritable, 48, 8),
	MEMBER(cpt_cred_rec, cap_permitted, 56, 8),
	MEMBER(cpt_cred_rec, cap_effective, 64, 8),
	MEMBER(cpt_cred_rec, cap_bset, 72, 8),
	MEMBER(cpt_cred_rec, cap_ambient, 80, 8),
	MEMBER(cpt_cred_rec, securebits, 88, 4),
	MEMBER(cpt_cred_rec, ngroups, 92, 4),

	STRUCT(cpt_file_body, 24),
	MEMBER(cpt_file_body, cred, 0, 8),
	MEMBER(cpt_file_body, pos, 8, 8),
	MEMBER(cpt_file_body, flags, 16, 4),
	MEMBER(cpt_file_body, pad, 20, 4),

	STRUCT(cpt_reg_rec, 96),
	MEMBER(cpt_reg_rec, rec, 0, 16),
	MEMBER(cpt_reg_rec, file, 16, 24),
	MEMBER(cpt_reg_rec, ino, 40, 8),
	MEMBER(cpt_reg_rec, size, 48, 8),
	MEMBER(cpt_reg_rec, pipe, 56, 8),
	MEMBER(cpt_reg_rec, deleted, 64, 8),
	MEMBER(cpt_reg_rec, mode, 72, 4),
	MEMBER(cpt_reg_rec, rdev, 76, 4),
	MEMBER(cpt_reg_rec, mount, 80, 4),
	MEMBER(cpt_reg_rec, path_len, 84, 4),
	MEMBER(cpt_reg_rec, place, 88, 4),
	MEMBER(cpt_reg_rec, next_len, 92, 4),

	STRUCT(cpt_deleted_rec, 72),
	MEMBER(cpt_deleted_rec, rec, 0, 16),
	MEMBER(cpt_deleted_rec, size, 16, 8),
	MEMBER(cpt_deleted_rec, atime, 24, 8),
	MEMBER(cpt_deleted_rec, mtime, 32, 8),
	MEMBER(cpt_deleted_rec, mount, 40, 4),
	MEMBER(cpt_deleted_rec, mode, 44, 4),
	MEMBER(cpt_deleted_rec, uid, 48, 4),
	MEMBER(cpt_deleted_rec, gid, 52, 4),
	MEMBER(cpt_deleted_rec, linkable, 56, 4),
	MEMBER(cpt_deleted_rec, path_len, 60, 4),
	MEMBER(cpt_deleted_rec, ino, 64, 8),

	STRUCT(cpt_pipe_rec, 32),
	MEMBER(cpt_pipe_rec, rec, 0, 16),
	MEMBER(cpt_pipe_rec, slots, 16, 4),
	MEMBER(cpt_pipe_rec, nbufs, 20, 4),
	MEMBER(cpt_pipe_rec, bytes, 24, 8),

	STRUCT(cpt_pipe_buf, 8),
	MEMBER(cpt_pipe_buf, len, 0, 4),
	MEMBER(cpt_pipe_buf, flags, 4, 4),

	STRUCT(cpt_pipend_rec, 48),
	MEMBER(cpt_pipend_rec, rec, 0, 16),
	MEMBER(cpt_pipend_rec, file, 16, 24),
	MEMBER(cpt_pipend_rec, pipe, 40, 8),

	STRUCT(cpt_sock_opts, 48),
	MEMBER(cpt_sock_opts, rcvtimeo, 0, 8),
	MEMBER(cpt_sock_opts, sndtimeo, 8, 8),
	MEMBER(cpt_sock_opts, linger, 16, 8),
	MEMBER(cpt_sock_opts, sndbuf, 24, 4),
	MEMBER(cpt_sock_opts, rcvbuf, 28, 4),
	MEMBER(cpt_sock_opts, rcvlowat, 32, 4),
	MEMBER(cpt_sock_opts, priority, 36, 4),
	MEMBER(cpt_sock_opts, mark, 40, 4),
	MEMBER(cpt_sock_opts, flags, 44, 4),

	STRUCT(cpt_unix_rec, 120),
	MEMBER(cpt_unix_rec, rec, 0, 16),
	MEMBER(cpt_unix_rec, opts, 16, 48),
	MEMBER(cpt_unix_rec, peer_cred, 64, 8),
	MEMBER(cpt_unix_rec, peer_pid, 72, 4),
	MEMBER(cpt_unix_rec, type, 76, 4),
	MEMBER(cpt_unix_rec, state, 80, 4),
	MEMBER(cpt_unix_rec, shutdown, 84, 4),
	MEMBER(cpt_unix_rec, error, 88, 4),
	MEMBER(cpt_unix_rec, backlog, 92, 4),
	MEMBER(cpt_unix_rec, peek_off, 96, 4),
	MEMBER(cpt_unix_rec, flags, 100, 4),
	MEMBER(cpt_unix_rec, mount, 104, 4),
	MEMBER(cpt_unix_rec, path_len, 108, 4),
	MEMBER(cpt_unix_rec, name_len, 112, 4),
	MEMBER(cpt_unix_rec, pad, 116, 4),

	STRUCT(cpt_unixq_rec, 56),
	MEMBER(cpt_unixq_rec, rec, 0, 16),
	MEMBER(cpt_unixq_rec, owner, 16, 8),
	MEMBER(cpt_unixq_rec, peer, 24, 8),
	MEMBER(cpt_unixq_rec, listener, 32, 8),
	MEMBER(cpt_unixq_rec, bytes, 40, 8),
	MEMBER(cpt_unixq_rec, nmsgs, 48, 4),
	MEMBER(cpt_unixq_rec, nfiles, 52, 4),

	STRUCT(cpt_unix_msg, 40),
	MEMBER(cpt_unix_msg, sender, 0, 8),
	MEMBER(cpt_unix_msg, stamp, 8, 8),
	MEMBER(cpt_unix_msg, len, 16, 4),
	MEMBER(cpt_unix_msg, flags, 20, 4),
	MEMBER(cpt_unix_msg, pid, 24, 4),
	MEMBER(cpt_unix_msg, uid, 28, 4),
	MEMBER(cpt_unix_msg, gid, 32, 4),
	MEMBER(cpt_unix_msg, nfiles, 36, 4),

	STRUCT(cpt_socket_rec, 64),
	MEMBER(cpt_socket_rec, rec, 0, 16),
	MEMBER(cpt_socket_rec, file, 16, 24),
	MEMBER(cpt_socket_rec, sock, 40, 8),
	MEMBER(cpt_socket_rec, mode, 48, 4),
	MEMBER(cpt_socket_rec, uid, 52, 4),
	MEMBER(cpt_socket_rec, gid, 56, 4),
	MEMBER(cpt_socket_rec, pad, 60, 4),

	STRUCT(cpt_eventfd_rec, 56),
	MEMBER(cpt_eventfd_rec, rec, 0, 16),
	MEMBER(cpt_eventfd_rec, file, 16, 24),
	MEMBER(cpt_eventfd_rec, count, 40, 8),
	MEMBER(cpt_eventfd_rec, semaphore, 48, 4),
	MEMBER(cpt_eventfd_rec, pad, 52, 4),

	STRUCT(cpt_signalfd_rec, 48),
	MEMBER(cpt_signalfd_rec, rec, 0, 16),
	MEMBER(cpt_signalfd_rec, file, 16, 24),
	MEMBER(cpt_signalfd_rec, mask, 40, 8),

	STRUCT(cpt_timerfd_rec, 80),
	MEMBER(cpt_timerfd_rec, rec, 0, 16),
	MEMBER(cpt_timerfd_rec, file, 16, 24),
	MEMBER(cpt_timerfd_rec, clock, 40, 4),
	MEMBER(cpt_timerfd_rec, flags, 44, 4),
	MEMBER(cpt_timerfd_rec, value, 48, 8),
	MEMBER(cpt_timerfd_rec, interval, 56, 8),
	MEMBER(cpt_timerfd_rec, ticks, 64, 8),
	MEMBER(cpt_timerfd_rec, state, 72, 4),
	MEMBER(cpt_timerfd_rec, canceled, 76, 4),

	STRUCT(cpt_epoll_rec, 48),
	MEMBER(cpt_epoll_rec, rec, 0, 16),
	MEMBER(cpt_epoll_rec, file, 16, 24),
	MEMBER(cpt_epoll_rec, n, 40, 4),
	MEMBER(cpt_epoll_rec, pad, 44, 4),

	STRUCT(cpt_epoll_item, 32),
	MEMBER(cpt_epoll_item, file, 0, 8),
	MEMBER(cpt_epoll_item, data, 8, 8),
	MEMBER(cpt_epoll_item, fd, 16, 4),
	MEMBER(cpt_epoll_item, events, 20, 4),
	MEMBER(cpt_epoll_item, ready, 24, 4),
	MEMBER(cpt_epoll_item, pad, 28, 4),

	STRUCT(cpt_inotify_rec, 56),
	MEMBER(cpt_inotify_rec, rec, 0, 16),
	MEMBER(cpt_inotify_rec, file, 16, 24),
	MEMBER(cpt_inotify_rec, next_wd, 40, 4),
	MEMBER(cpt_inotify_rec, nwatches, 44, 4),
	MEMBER(cpt_inotify_rec, events_len, 48, 4),
	MEMBER(cpt_inotify_rec, pad, 52, 4),

	STRUCT(cpt_inotify_watch, 24),
	MEMBER(cpt_inotify_watch, ino, 0, 8),
	MEMBER(cpt_inotify_watch, wd, 8, 4),
	MEMBER(cpt_inotify_watch, mask, 12, 4),
	MEMBER(cpt_inotify_watch, mount, 16, 4),
	MEMBER(cpt_inotify_watch, path_len, 20, 4),

	STRUCT(cpt_inotify_event, 16),
	MEMBER(cpt_inotify_event, wd, 0, 4),
	MEMBER(cpt_inotify_event, mask, 4, 4),
	MEMBER(cpt_inotify_event, cookie, 8, 4),
	MEMBER(cpt_inotify_event, name_len, 12, 4),

	STRUCT(cpt_pidfd_rec, 56),
	MEMBER(cpt_pidfd_rec, rec, 0, 16),
	MEMBER(cpt_pidfd_rec, file, 16, 24),
	MEMBER(cpt_pidfd_rec, twin, 40, 8),
	MEMBER(cpt_pidfd_rec, pid, 48, 4),
	MEMBER(cpt_pidfd_rec, thread, 52, 4),

	STRUCT(cpt_shmem_rec, 48),
	MEMBER(cpt_shmem_rec, rec, 0, 16),
	MEMBER(cpt_shmem_rec, size, 16, 8),
	MEMBER(cpt_shmem_rec, memfd, 24, 4),
	MEMBER(cpt_shmem_rec, seals, 28, 4),
	MEMBER(cpt_shmem_rec, mode, 32, 4),
	MEMBER(cpt_shmem_rec, uid, 36, 4),
	MEMBER(cpt_shmem_rec, gid, 40, 4),
	MEMBER(cpt_shmem_rec, name_len, 44, 4),

	STRUCT(cpt_memfd_rec, 48),
	MEMBER(cpt_memfd_rec, rec, 0, 16),
	MEMBER(cpt_memfd_rec, file, 16, 24),
	MEMBER(cpt_memfd_rec, shmem, 40, 8),

	STRUCT(cpt_mm_rec, 160),
	MEMBER(cpt_mm_rec, rec, 0, 16),
	MEMBER(cpt_mm_rec, parent, 16, 8),
	MEMBER(cpt_mm_rec, exe, 24, 8),
	MEMBER(cpt_mm_rec, start_code, 32, 8),
	MEMBER(cpt_mm_rec, end_code, 40, 8),
	MEMBER(cpt_mm_rec, start_data, 48, 8),
	MEMBER(cpt_mm_rec, end_data, 56, 8),
	MEMBER(cpt_mm_rec, start_brk, 64, 8),
	MEMBER(cpt_mm_rec, brk, 72, 8),
	MEMBER(cpt_mm_rec, start_stack, 80, 8),
	MEMBER(cpt_mm_rec, arg_start, 88, 8),
	MEMBER(cpt_mm_rec, arg_end, 96, 8),
	MEMBER(cpt_mm_rec, env_start, 104, 8),
	MEMBER(cpt_mm_rec, env_end, 112, 8),
	MEMBER(cpt_mm_rec, mmap_base, 120, 8),
	MEMBER(cpt_mm_rec, vdso, 128, 8),
	MEMBER(cpt_mm_rec, dumpable, 136, 4),
	MEMBER(cpt_mm_rec, coredump_filter, 140, 4),
	MEMBER(cpt_mm_rec, membarrier, 144, 4),
	MEMBER(cpt_mm_rec, flags, 148, 4),
	MEMBER(cpt_mm_rec, areas, 152, 4),
	MEMBER(cpt_mm_rec, nauxv, 156, 4),

	STRUCT(cpt_vma_rec, 56),
	MEMBER(cpt_vma_rec, rec, 0, 16),
	MEMBER(cpt_vma_rec, start, 16, 8),
	MEMBER(cpt_vma_rec, end, 24, 8),
	MEMBER(cpt_vma_rec, pgoff, 32, 8),
	MEMBER(cpt_vma_rec, file, 40, 8),
	MEMBER(cpt_vma_rec, type, 48, 4),
	MEMBER(cpt_vma_rec, flags, 52, 4),

	STRUCT(cpt_files_rec, 24),
	MEMBER(cpt_files_rec, rec, 0, 16),
	MEMBER(cpt_files_rec, n, 16, 4),
	MEMBER(cpt_files_rec, pad, 20, 4),

	STRUCT(cpt_fd, 16),
	MEMBER(cpt_fd, fd, 0, 4),
	MEMBER(cpt_fd, cloexec, 4, 4),
	MEMBER(cpt_fd, file, 8, 8),

	STRUCT(cpt_lock_rec, 48),
	MEMBER(cpt_lock_rec, rec, 0, 16),
	MEMBER(cpt_lock_rec, start, 16, 8),
	MEMBER(cpt_lock_rec, end, 24, 8),
	MEMBER(cpt_lock_rec, kind, 32, 4),
	MEMBER(cpt_lock_rec, type, 36, 4),
	MEMBER(cpt_lock_rec, pid, 40, 4),
	MEMBER(cpt_lock_rec, fd, 44, 4),

	STRUCT(cpt_fown_rec, 48),
	MEMBER(cpt_fown_rec, rec, 0, 16),
	MEMBER(cpt_fown_rec, pid, 16, 4),
	MEMBER(cpt_fown_rec, type, 20, 4),
	MEMBER(cpt_fown_rec, signum, 24, 4),
	MEMBER(cpt_fown_rec, uid, 28, 4),
	MEMBER(cpt_fown_rec, euid, 32, 4),
	MEMBER(cpt_fown_rec, async, 36, 4),
	MEMBER(cpt_fown_rec, fd, 40, 4),
	MEMBER(cpt_fown_rec, pad, 44, 4),

	STRUCT(cpt_fs_rec, 40),
	MEMBER(cpt_fs_rec, rec, 0, 16),
	MEMBER(cpt_fs_rec, umask, 16, 4),
	MEMBER(cpt_fs_rec, mntns, 20, 4),
	MEMBER(cpt_fs_rec, root_mount, 24, 4),
	MEMBER(cpt_fs_rec, root_len, 28, 4),
	MEMBER(cpt_fs_rec, cwd_mount, 32, 4),
	MEMBER(cpt_fs_rec, cwd_len, 36, 4),

	STRUCT(cpt_sigaction, 32),
	MEMBER(cpt_sigaction, handler, 0, 8),
	MEMBER(cpt_sigaction, flags, 8, 8),
	MEMBER(cpt_sigaction, restorer, 16, 8),
	MEMBER(cpt_sigaction, mask, 24, 8),

	STRUCT(cpt_sighand_rec, 2064),
	MEMBER(cpt_sighand_rec, rec, 0, 16),
	MEMBER(cpt_sighand_rec, action, 16, 2048),

	STRUCT(cpt_itimer, 16),
	MEMBER(cpt_itimer, value, 0, 8),
	MEMBER(cpt_itimer, interval, 8, 8),

	STRUCT(cpt_rlimit, 16),
	MEMBER(cpt_rlimit, cur, 0, 8),
	MEMBER(cpt_rlimit, max, 8, 8),

	STRUCT(cpt_proc_rec, 344),
	MEMBER(cpt_proc_rec, rec, 0, 16),
	MEMBER(cpt_proc_rec, pid, 16, 4),
	MEMBER(cpt_proc_rec, pgid, 20, 4),
	MEMBER(cpt_proc_rec, sid, 24, 4),
	MEMBER(cpt_proc_rec, flags, 28, 4),
	MEMBER(cpt_proc_rec, oom_score_adj, 32, 4),
	MEMBER(cpt_proc_rec, ntimers, 36, 4),
	MEMBER(cpt_proc_rec, rlim, 40, 256),
	MEMBER(cpt_proc_rec, itimer, 296, 48),

	STRUCT(cpt_timer_rec, 72),
	MEMBER(cpt_timer_rec, rec, 0, 16),
	MEMBER(cpt_timer_rec, timer_id, 16, 4),
	MEMBER(cpt_timer_rec, clock, 20, 4),
	MEMBER(cpt_timer_rec, notify, 24, 4),
	MEMBER(cpt_timer_rec, signo, 28, 4),
	MEMBER(cpt_timer_rec, sival, 32, 8),
	MEMBER(cpt_timer_rec, thread, 40, 4),
	MEMBER(cpt_timer_rec, overrun, 44, 4),
	MEMBER(cpt_timer_rec, absolute, 48, 4),
	MEMBER(cpt_timer_rec, fired, 52, 4),
	MEMBER(cpt_timer_rec, it, 56, 16),

	STRUCT(cpt_restart_body, 48),
	MEMBER(cpt_restart_body, kind, 0, 4),
	MEMBER(cpt_restart_body, has_time, 4, 4),
	MEMBER(cpt_restart_body, time, 8, 8),
	MEMBER(cpt_restart_body, ptr, 16, 8),
	MEMBER(cpt_restart_body, clock, 24, 4),
	MEMBER(cpt_restart_body, count, 28, 4),
	MEMBER(cpt_restart_body, val, 32, 4),
	MEMBER(cpt_restart_body, flags, 36, 4),
	MEMBER(cpt_restart_body, bitset, 40, 4),
	MEMBER(cpt_restart_body, rmtp, 44, 4),

	STRUCT(cpt_task_rec, 528),
	MEMBER(cpt_task_rec, rec, 0, 16),
	MEMBER(cpt_task_rec, creator, 16, 8),
	MEMBER(cpt_task_rec, proc, 24, 8),
	MEMBER(cpt_task_rec, mm, 32, 8),
	MEMBER(cpt_task_rec, files, 40, 8),
	MEMBER(cpt_task_rec, fs, 48, 8),
	MEMBER(cpt_task_rec, sighand, 56, 8),
	MEMBER(cpt_task_rec, cred, 64, 8),
	MEMBER(cpt_task_rec, pid, 72, 4),
	MEMBER(cpt_task_rec, ppid, 76, 4),
	MEMBER(cpt_task_rec, state, 80, 4),
	MEMBER(cpt_task_rec, exit_code, 84, 4),
	MEMBER(cpt_task_rec, exit_signal, 88, 4),
	MEMBER(cpt_task_rec, pdeath_signal, 92, 4),
	MEMBER(cpt_task_rec, flags, 96, 4),
	MEMBER(cpt_task_rec, personality, 100, 4),
	MEMBER(cpt_task_rec, comm, 104, 16),
	MEMBER(cpt_task_rec, blocked, 120, 8),
	MEMBER(cpt_task_rec, saved_mask, 128, 8),
	MEMBER(cpt_task_rec, sas_sp, 136, 8),
	MEMBER(cpt_task_rec, sas_size, 144, 8),
	MEMBER(cpt_task_rec, sas_flags, 152, 4),
	MEMBER(cpt_task_rec, nice, 156, 4),
	MEMBER(cpt_task_rec, clear_child_tid, 160, 8),
	MEMBER(cpt_task_rec, robust_list, 168, 8),
	MEMBER(cpt_task_rec, rseq, 176, 8),
	MEMBER(cpt_task_rec, rseq_len, 184, 4),
	MEMBER(cpt_task_rec, rseq_sig, 188, 4),
	MEMBER(cpt_task_rec, timer_slack, 192, 8),
	MEMBER(cpt_task_rec, cpus, 200, 8),
	MEMBER(cpt_task_rec, restart, 208, 48),
	MEMBER(cpt_task_rec, nregs, 256, 4),
	MEMBER(cpt_task_rec, ntls, 260, 4),
	MEMBER(cpt_task_rec, regs, 264, 216),
	MEMBER(cpt_task_rec, tls, 480, 48),

	STRUCT(cpt_xstate_rec, 24),
	MEMBER(cpt_xstate_rec, rec, 0, 16),
	MEMBER(cpt_xstate_rec, size, 16, 4),
	MEMBER(cpt_xstate_rec, pad, 20, 4),

	STRUCT(cpt_siginfo_rec, 152),
	MEMBER(cpt_siginfo_rec, rec, 0, 16),
	MEMBER(cpt_siginfo_rec, shared, 16, 4),
	MEMBER(cpt_siginfo_rec, signo, 20, 4),
	MEMBER(cpt_siginfo_rec, info, 24, 128),

	STRUCT(cpt_vdso_rec, 24),
	MEMBER(cpt_vdso_rec, rec, 0, 16),
	MEMBER(cpt_vdso_rec, size, 16, 4),
	MEMBER(cpt_vdso_rec, pad, 20, 4),

	STRUCT(cpt_data_rec, 32),
	MEMBER(cpt_data_rec, rec, 0, 16),
	MEMBER(cpt_data_rec, nruns, 16, 4),
	MEMBER(cpt_data_rec, crc, 20, 4),
	MEMBER(cpt_data_rec, bytes, 24, 8),

	STRUCT(cpt_run, 16),
	MEMBER(cpt_run, off, 0, 8),
	MEMBER(cpt_run, len, 8, 4),
	MEMBER(cpt_run, flags, 12, 4),

	STRUCT(cpt_end_rec, 40),
	MEMBER(cpt_end_rec, rec, 0, 16),
	MEMBER(cpt_end_rec, sections, 16, 8),
	MEMBER(cpt_end_rec, bytes, 24, 8),
	MEMBER(cpt_end_rec, file_len, 32, 8),

	STRUCT(cpt_ioc_ve, 16),
	MEMBER(cpt_ioc_ve, veid, 0, 4),
	MEMBER(cpt_ioc_ve, abi, 4, 4),
	MEMBER(cpt_ioc_ve, stage, 8, 4),
	MEMBER(cpt_ioc_ve, sticky, 12, 4),

	STRUCT(cpt_ioc_suspend, 24),
	MEMBER(cpt_ioc_suspend, pidfd, 0, 4),
	MEMBER(cpt_ioc_suspend, timeout_ms, 4, 4),
	MEMBER(cpt_ioc_suspend, ns, 8, 8),
	MEMBER(cpt_ioc_suspend, tasks, 16, 4),
	MEMBER(cpt_ioc_suspend, passes, 20, 4),

	STRUCT(cpt_ioc_mount, 24),
	MEMBER(cpt_ioc_mount, id, 0, 4),
	MEMBER(cpt_ioc_mount, fd, 4, 4),
	MEMBER(cpt_ioc_mount, parent, 8, 4),
	MEMBER(cpt_ioc_mount, path_len, 12, 4),
	MEMBER(cpt_ioc_mount, path, 16, 8),

	STRUCT(cpt_ioc_mntns, 16),
	MEMBER(cpt_ioc_mntns, id, 0, 4),
	MEMBER(cpt_ioc_mntns, fd, 4, 4),
	MEMBER(cpt_ioc_mntns, root, 8, 4),
	MEMBER(cpt_ioc_mntns, pad, 12, 4),

	STRUCT(cpt_ioc_mounts, 24),
	MEMBER(cpt_ioc_mounts, n, 0, 4),
	MEMBER(cpt_ioc_mounts, nspaces, 4, 4),
	MEMBER(cpt_ioc_mounts, mounts, 8, 8),
	MEMBER(cpt_ioc_mounts, spaces, 16, 8),

	STRUCT(cpt_ioc_find_mntns, 32),
	MEMBER(cpt_ioc_find_mntns, inum, 0, 4),
	MEMBER(cpt_ioc_find_mntns, fd, 4, 4),
	MEMBER(cpt_ioc_find_mntns, pid, 8, 4),
	MEMBER(cpt_ioc_find_mntns, pad, 12, 4),
	MEMBER(cpt_ioc_find_mntns, comm, 16, 16),

	STRUCT(cpt_ioc_blob, 24),
	MEMBER(cpt_ioc_blob, tag, 0, 4),
	MEMBER(cpt_ioc_blob, key, 4, 4),
	MEMBER(cpt_ioc_blob, len, 8, 4),
	MEMBER(cpt_ioc_blob, index, 12, 4),
	MEMBER(cpt_ioc_blob, data, 16, 8),

	STRUCT(cpt_ioc_dump, 40),
	MEMBER(cpt_ioc_dump, fd, 0, 4),
	MEMBER(cpt_ioc_dump, pad, 4, 4),
	MEMBER(cpt_ioc_dump, ns, 8, 8),
	MEMBER(cpt_ioc_dump, bytes, 16, 8),
	MEMBER(cpt_ioc_dump, pages, 24, 8),
	MEMBER(cpt_ioc_dump, pages_shared, 32, 8),

	STRUCT(cpt_ioc_verify, 24),
	MEMBER(cpt_ioc_verify, fd, 0, 4),
	MEMBER(cpt_ioc_verify, veid, 4, 4),
	MEMBER(cpt_ioc_verify, tasks, 8, 4),
	MEMBER(cpt_ioc_verify, blobs, 12, 4),
	MEMBER(cpt_ioc_verify, bytes, 16, 8),

	STRUCT(cpt_ioc_init, 16),
	MEMBER(cpt_ioc_init, cap_bset, 0, 8),
	MEMBER(cpt_ioc_init, pid, 8, 4),
	MEMBER(cpt_ioc_init, pad, 12, 4),

	STRUCT(cpt_ioc_make, 24),
	MEMBER(cpt_ioc_make, ns, 0, 8),
	MEMBER(cpt_ioc_make, pages, 8, 8),
	MEMBER(cpt_ioc_make, tasks, 16, 4),
	MEMBER(cpt_ioc_make, pad, 20, 4),

	STRUCT(cpt_ioc_kill, 8),
	MEMBER(cpt_ioc_kill, ns, 0, 8),

	STRUCT(cpt_ioc_resume, 8),
	MEMBER(cpt_ioc_resume, ns, 0, 8),

	STRUCT(cpt_ioc_open, 8),
	MEMBER(cpt_ioc_open, fd, 0, 4),
	MEMBER(cpt_ioc_open, pad, 4, 4),

	STRUCT(cpt_ioc_ctx, 16),
	MEMBER(cpt_ioc_ctx, veid, 0, 4),
	MEMBER(cpt_ioc_ctx, stage, 4, 4),
	MEMBER(cpt_ioc_ctx, sticky, 8, 4),
	MEMBER(cpt_ioc_ctx, tasks, 12, 4),

	STRUCT(cpt_ioc_list, 16),
	MEMBER(cpt_ioc_list, n, 0, 4),
	MEMBER(cpt_ioc_list, pad, 4, 4),
	MEMBER(cpt_ioc_list, ctxs, 8, 8),
};

struct number {
	const char *what;
	unsigned long long is, want;
};

#define NUMBER(name, n)	{ #name, name, n }

static const struct number numbers[] = {
	NUMBER(CPT_ARCH_I386, 3),
	NUMBER(CPT_ARCH_X86_64, 0x3e),
	NUMBER(CPT_K_BLOB, 1),
	NUMBER(CPT_K_UTS, 2),
	NUMBER(CPT_K_CRED, 3),
	NUMBER(CPT_K_REG, 4),
	NUMBER(CPT_K_PIPE, 5),
	NUMBER(CPT_K_PIPEND, 6),
	NUMBER(CPT_K_SHMEM, 7),
	NUMBER(CPT_K_MM, 8),
	NUMBER(CPT_K_VMA, 9),
	NUMBER(CPT_K_FILES, 0xa),
	NUMBER(CPT_K_FS, 0xb),
	NUMBER(CPT_K_SIGHAND, 0xc),
	NUMBER(CPT_K_PROC, 0xd),
	NUMBER(CPT_K_TIMER, 0xe),
	NUMBER(CPT_K_TASK, 0xf),
	NUMBER(CPT_K_XSTATE, 0x10),
	NUMBER(CPT_K_SIGINFO, 0x11),
	NUMBER(CPT_K_VDSO, 0x12),
	NUMBER(CPT_K_EVENTFD, 0x13),
	NUMBER(CPT_K_SIGNALFD, 0x14),
	NUMBER(CPT_K_TIMERFD, 0x15),
	NUMBER(CPT_K_EPOLL, 0x16),
	NUMBER(CPT_K_MEMFD, 0x17),
	NUMBER(CPT_K_DELETED, 0x18),
	NUMBER(CPT_K_LOCK, 0x19),
	NUMBER(CPT_K_INOTIFY, 0x1a),
	NUMBER(CPT_K_PIDFD, 0x1b),
	NUMBER(CPT_K_UNIX, 0x1c),
	NUMBER(CPT_K_SOCKET, 0x1d),
	NUMBER(CPT_INOTIFY_EVENT_MASK, 0x4800ffff),
	NUMBER(CPT_INOTIFY_WATCH_MASK, 0x84000fff),
	NUMBER(CPT_INOTIFY_NEXT_MAX, 0x80000000),
	NUMBER(CPT_K_DATA, 0x1e),
	NUMBER(CPT_K_END, 0x1f),
	NUMBER(CPT_K_UNIXQ, 0x20),
	NUMBER(CPT_K_FOWN, 0x21),
	NUMBER(CPT_K_MAX, 0x22),
	NUMBER(CPT_SO_SNDBUF_SET, 1),
	NUMBER(CPT_SO_RCVBUF_SET, 2),
	NUMBER(CPT_SO_REUSEADDR, 4),
	NUMBER(CPT_SO_REUSEPORT, 8),
	NUMBER(CPT_SO_KEEPALIVE, 0x10),
	NUMBER(CPT_SO_LINGER, 0x20),
	NUMBER(CPT_SO_BROADCAST, 0x40),
	NUMBER(CPT_SO_OOBINLINE, 0x80),
	NUMBER(CPT_SO_DEBUG, 0x100),
	NUMBER(CPT_SO_DONTROUTE, 0x200),
	NUMBER(CPT_SO_TIMESTAMP, 0x400),
	NUMBER(CPT_SO_TIMESTAMPNS, 0x800),
	NUMBER(CPT_SO_TSTAMP_NEW, 0x1000),
	NUMBER(CPT_SO_RXQ_OVFL, 0x2000),
	NUMBER(CPT_SO_WIFI_STATUS, 0x4000),
	NUMBER(CPT_SO_NOFCS, 0x8000),
	NUMBER(CPT_SO_SELECT_ERR_QUEUE, 0x10000),
	NUMBER(CPT_SO_PASSCRED, 0x20000),
	NUMBER(CPT_SO_PASSSEC, 0x40000),
	NUMBER(CPT_SO_PASSPIDFD, 0x80000),
	NUMBER(CPT_SO_FLAGS, 0xfffff),
	NUMBER(CPT_SO_FOREVER, 0xffffffffffffffff),
	NUMBER(CPT_UNIX_BOUND, 1),
	NUMBER(CPT_UNIX_CLOSED, 2),
	NUMBER(CPT_UNIX_EMBRYO, 4),
	NUMBER(CPT_UNIX_NAMELEN, 109),
	NUMBER(CPT_UNIX_OOB, 1),
	NUMBER(CPT_UNIX_FILES, 253),
	NUMBER(CPT_UNIX_MSG_MAX, 0x800000),
	NUMBER(CPT_UNIXQ_MAX, 0x10000000),
	NUMBER(CPT_DIR_POS, 0),
	NUMBER(CPT_DIR_NEXT, 1),
	NUMBER(CPT_DIR_END, 2),
	NUMBER(CPT_LOCK_FLOCK, 0),
	NUMBER(CPT_LOCK_OFD, 1),
	NUMBER(CPT_LOCK_POSIX, 2),
	NUMBER(CPT_LOCK_LEASE, 3),
	NUMBER(CPT_LOCK_KINDS, 4),
	NUMBER(CPT_ASYNC_OFF, 0),
	NUMBER(CPT_ASYNC_FLAG, 1),
	NUMBER(CPT_ASYNC_ON, 2),
	NUMBER(CPT_TIMERFD_OFF, 0),
	NUMBER(CPT_TIMERFD_ARMED, 1),
	NUMBER(CPT_TIMERFD_EXPIRED, 2),
	NUMBER(CPT_TIMERFD_STATES, 3),
	NUMBER(CPT_VMA_ANON, 0),
	NUMBER(CPT_VMA_FILE, 1),
	NUMBER(CPT_VMA_SHMEM, 2),
	NUMBER(CPT_VMA_VDSO, 3),
	NUMBER(CPT_VMA_VVAR, 4),
	NUMBER(CPT_VMA_TYPES, 5),
	NUMBER(CPT_TASK_LIVE, 0),
	NUMBER(CPT_TASK_ZOMBIE, 1),
	NUMBER(CPT_TASK_DEAD, 2),
	NUMBER(CPT_RESTART_NONE, 0),
	NUMBER(CPT_RESTART_NANOSLEEP, 1),
	NUMBER(CPT_RESTART_POLL, 2),
	NUMBER(CPT_RESTART_FUTEX, 3),
	NUMBER(CPT_RESTART_KINDS, 4),
	NUMBER(CPT_IMAGE_MAGIC, 0xa1a004547414d49),
	NUMBER(CPT_IMAGE_VERSION, 1),
	NUMBER(CPT_ALIGN, 8),
	NUMBER(CPT_DATA_ALIGN, 0x1000),
	NUMBER(CPT_PIPE_PACKET, 1),
	NUMBER(CPT_PIPE_SLOTS_MAX, 0x40000),
	NUMBER(CPT_AUXV_MAX, 0x40),
	NUMBER(CPT_MM_THP_DISABLE, 1),
	NUMBER(CPT_MM_LOCK_FUTURE, 2),
	NUMBER(CPT_MM_LOCK_ONFAULT, 4),
	NUMBER(CPT_MM_FLAGS, 7),
	NUMBER(CPT_VMA_READ, 1),
	NUMBER(CPT_VMA_WRITE, 2),
	NUMBER(CPT_VMA_EXEC, 4),
	NUMBER(CPT_VMA_SHARED, 8),
	NUMBER(CPT_VMA_GROWSDOWN, 0x10),
	NUMBER(CPT_VMA_NORESERVE, 0x20),
	NUMBER(CPT_VMA_LOCKED, 0x40),
	NUMBER(CPT_VMA_LOCKONFAULT, 0x80),
	NUMBER(CPT_VMA_DONTFORK, 0x100),
	NUMBER(CPT_VMA_DONTDUMP, 0x200),
	NUMBER(CPT_VMA_WIPEONFORK, 0x400),
	NUMBER(CPT_VMA_HUGEPAGE, 0x800),
	NUMBER(CPT_VMA_NOHUGEPAGE, 0x1000),
	NUMBER(CPT_VMA_MERGEABLE, 0x2000),
	NUMBER(CPT_VMA_SEQ_READ, 0x4000),
	NUMBER(CPT_VMA_RAND_READ, 0x8000),
	NUMBER(CPT_VMA_INHERIT, 0x10000),
	NUMBER(CPT_VMA_FLAGS, 0x1ffff),
	NUMBER(CPT_FD_MAX, 0x100000),
	NUMBER(CPT_NSIG, 0x40),
	NUMBER(CPT_NRLIMIT, 0x10),
	NUMBER(CPT_PROC_SUBREAPER, 1),
	NUMBER(CPT_PROC_FLAGS, 1),
	NUMBER(CPT_FUTEX_SHARED, 1),
	NUMBER(CPT_FUTEX_REALTIME, 2),
	NUMBER(CPT_FUTEX_FLAGS, 3),
	NUMBER(CPT_TASK_NO_NEW_PRIVS, 1),
	NUMBER(CPT_TASK_RESTORE_MASK, 2),
	NUMBER(CPT_TASK_FORKNOEXEC, 4),
	NUMBER(CPT_TASK_EARLY, 8),
	NUMBER(CPT_TASK_ORPHAN, 0x10),
	NUMBER(CPT_TASK_FLAGS, 0x1f),
	NUMBER(CPT_NGREGS, 0x1b),
	NUMBER(CPT_XSTATE_MAX, 0x4000),
	NUMBER(CPT_VDSO_MAX, 0x10000),
	NUMBER(CPT_RUNS_MAX, 0x400),
	NUMBER(CPT_DATA_MAX, 0x400000),
	NUMBER(CPT_RUN_HOLE, 1),
	NUMBER(CPT_IDLE, 0),
	NUMBER(CPT_SUSPENDED, 1),
	NUMBER(CPT_DUMPED, 2),
	NUMBER(CPT_VERIFIED, 3),
	NUMBER(CPT_INITED, 4),
	NUMBER(CPT_UNDUMPED, 5),
	NUMBER(CPT_IOC_ABI, 3),
	NUMBER(CPT_MOUNTS_MAX, 0x1000),
	NUMBER(CPT_BLOB_MAX, 0x4000000),
	NUMBER(CPT_META_MAX, 0x10000000),
	NUMBER(CPT_BLOB_VE, 1),
	NUMBER(CPT_BLOB_TMPFS, 2),
	NUMBER(CPT_IOC_MAGIC, 0x2d),
	NUMBER(CPT_IOC_SET_VE, 0xc0102d40),
	NUMBER(CPT_IOC_LIST, 0xc0102d41),
	NUMBER(CPT_IOC_OPEN, 0xc0082d4e),
	NUMBER(CPT_IOC_KEEP, 0x2d42),
	NUMBER(CPT_IOC_MOUNTS, 0x40182d43),
	NUMBER(CPT_IOC_FIND_MNTNS, 0xc0202d58),
	NUMBER(CPT_IOC_SUSPEND, 0xc0182d44),
	NUMBER(CPT_IOC_CHECK, 0x2d45),
	NUMBER(CPT_IOC_PUT_BLOB, 0x40182d46),
	NUMBER(CPT_IOC_DUMP, 0xc0282d47),
	NUMBER(CPT_IOC_KILL, 0xc0082d48),
	NUMBER(CPT_IOC_RESUME, 0xc0082d49),
	NUMBER(CPT_IOC_VERIFY, 0xc0182d4a),
	NUMBER(CPT_IOC_GET_BLOB, 0xc0182d4b),
	NUMBER(CPT_IOC_INIT, 0xc0102d4c),
	NUMBER(CPT_IOC_MAKE, 0xc0182d4d),
};

static void test_layout(void **state)
{
	const size_t n = sizeof(layout) / sizeof(layout[0]);
	size_t i, end, size;

	(void)state;
	for (i = 0; i < n; ) {
		size = layout[i].size;
		if (size != layout[i].want_size)
			fail_msg("struct %s is %zu bytes, not %zu", layout[i].what, size,
				 layout[i].want_size);
		for (end = 0, i++; i < n && !layout[i].is_struct; i++) {
			if (layout[i].off != layout[i].want_off || layout[i].size != layout[i].want_size)
				fail_msg("%s is %zu bytes at %zu, not %zu at %zu", layout[i].what,
					 layout[i].size, layout[i].off, layout[i].want_size,
					 layout[i].want_off);
			if (layout[i].off != end)
				fail_msg("nameless padding or a member that is not in the table before %s",
					 layout[i].what);
			end += layout[i].size;
		}
		if (end != size)
			fail_msg("nameless padding or a member that is not in the table after %s",
				 layout[i - 1].what);
	}
}

static void test_numbers(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].is != numbers[i].want)
			fail_msg("%s is %#llx, not %#llx", numbers[i].what, numbers[i].is,
				 numbers[i].want);
}

/* Bodies after the fixed part are read through their own structs: these must keep them aligned. */
static void test_alignment(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct cpt_header) % CPT_ALIGN, 0);
	assert_int_equal(sizeof(struct cpt_mm_rec) % 8, 0);
	assert_int_equal(sizeof(struct cpt_files_rec) % 8, 0);
	assert_int_equal(sizeof(struct cpt_data_rec) % 8, 0);
	assert_int_equal(sizeof(struct cpt_pipe_rec) % 4, 0);
	assert_int_equal(sizeof(struct cpt_cred_rec) % 4, 0);
	/* cpt_mm_area() indexes the areas behind an MM */
	assert_int_equal(sizeof(struct cpt_vma_rec) % CPT_ALIGN, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every private symbol that cpt needs; see ksym.h. Included several times.
 * KSYM: a function we call; KSYS: a system call; KPTR: a function we compare.
 */
KSYM(__d_path)
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
KSYM(__pmd_trans_huge_lock)
#endif
KSYM(__set_task_comm)
KSYM(alloc_uid)
KSYM(arch_get_vdso_data)
KSYM(create_pipe_files)
KSYM(do_epoll_ctl)
KSYM(do_exit)
KSYM(do_sigaction)
KSYM(do_timerfd_settime)
KSYM(exit_sem)
#ifdef CONFIG_DNOTIFY
KSYM(fcntl_dirnotify)
#endif
KSYM(fcntl_setlease)
KSYM(free_time_ns)
KSYM(free_uid)
#ifdef CONFIG_DNOTIFY
KSYM(fsnotify_recalc_mask)
#endif
KSYM(from_mnt_ns)
#ifdef CONFIG_SECURITY_LANDLOCK
KSYM(hook_cred_free)
KSYM(hook_cred_prepare)
#endif
#ifdef CONFIG_HUGETLB_PAGE
KSYM(hugetlb_file_setup)
KSYM(hugetlb_reserve_pages)
#endif
KSYM(ipc_obtain_object_check)
KSYM(ipc_set_key_private)
KSYM(kernel_clone)
KSYM(lookup_mnt)
KSYM(map_vdso_once)
KSYM(ns_get_path)
KSYM(pidfd_get_pid)
KSYM(pidfd_pid)
KSYM(pipe_fcntl)
KSYM(put_files_struct)
KSYM(put_task_stack)
KSYM(put_ipc_ns)
KSYM(replace_fd)
KSYM(set_cred_ucounts)
KSYM(set_fs_pwd)
KSYM(set_fs_root)
KSYM(set_mm_exe_file)
KSYM(shmem_kernel_file_setup)
KSYM(show_mountinfo)
#ifdef CONFIG_HUGETLB_PAGE
KSYM(size_to_hstate)
#endif
KSYM(task_join_group_stop)
KSYM(task_work_cancel)
KSYM(thread_group_cputime)
KSYM(update_rlimit_cpu)
KSYM(user_disable_single_step)
KSYM(user_enable_single_step)
KSYM(wait_task_inactive)
KSYM(wake_up_state)
KSYM(walk_page_range)

KSYS(close_range)
KSYS(epoll_create1)
KSYS(epoll_wait)
KSYS(eventfd2)
#ifdef CONFIG_SECURITY_LANDLOCK
KSYS(landlock_create_ruleset)
#endif
KSYS(inotify_add_watch)
KSYS(inotify_init1)
KSYS(inotify_rm_watch)
#ifdef CONFIG_AIO
KSYS(io_destroy)
KSYS(io_setup)
KSYS(io_submit)
#endif
KSYS(madvise)
#ifdef CONFIG_NUMA
KSYS(mbind)
#endif
KSYS(mkdir)
KSYS(mlock2)
KSYS(mprotect)
KSYS(mq_notify)
KSYS(mq_open)
KSYS(mq_timedsend)
KSYS(mq_unlink)
KSYS(mremap)
KSYS(msgget)
KSYS(msgsnd)
KSYS(pidfd_open)
#ifdef CONFIG_ARCH_HAS_PKEYS
KSYS(pkey_mprotect)
#endif
KSYS(prctl)
KSYS(rmdir)
KSYS(rt_sigqueueinfo)
KSYS(rt_tgsigqueueinfo)
KSYS(semget)
KSYS(semop)
KSYS(seccomp)
#ifdef CONFIG_NUMA
KSYS(set_mempolicy)
KSYS(set_mempolicy_home_node)
#endif
KSYS(setitimer)
KSYS(setns)
KSYS(setpgid)
KSYS(setsid)
KSYS(shmat)
KSYS(shmctl)
KSYS(shmget)
KSYS(signalfd4)
KSYS(timer_create)
KSYS(timer_settime)
KSYS(timerfd_create)
KSYS(wait4)
KSYS(waitid)
KSYS(write)

KPTR(ep_eventpoll_release)
KPTR(eventfd_release)
KPTR(hrtimer_nanosleep_restart)
KPTR(inotify_release)
KPTR(do_restart_poll)
KPTR(futex_wait_restart)
KPTR(mqueue_flush_file)
KPTR(posix_cpu_nsleep_restart)
KPTR(shm_mmap)
KPTR(signalfd_release)
KPTR(timerfd_release)
KPTR(tty_release)

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
KSYM(do_exit)
KSYM(do_sigaction)
KSYM(free_time_ns)
KSYM(free_uid)
#ifdef CONFIG_SECURITY_LANDLOCK
KSYM(hook_cred_free)
KSYM(hook_cred_prepare)
#endif
KSYM(kernel_clone)
KSYM(map_vdso_once)
KSYM(pidfd_get_pid)
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
KSYM(task_work_cancel)
KSYM(thread_group_cputime)
KSYM(user_disable_single_step)
KSYM(user_enable_single_step)
KSYM(wait_task_inactive)
KSYM(walk_page_range)

KSYS(close_range)
#ifdef CONFIG_SECURITY_LANDLOCK
KSYS(landlock_create_ruleset)
#endif
KSYS(madvise)
KSYS(mlock2)
KSYS(mprotect)
KSYS(rt_sigqueueinfo)
KSYS(rt_tgsigqueueinfo)
KSYS(setitimer)
KSYS(setpgid)
KSYS(setsid)
KSYS(timer_create)
KSYS(timer_settime)
KSYS(wait4)
KSYS(waitid)
KSYS(write)

KPTR(hrtimer_nanosleep_restart)
KPTR(do_restart_poll)
KPTR(futex_wait_restart)

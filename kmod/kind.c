// SPDX-License-Identifier: GPL-2.0
/*
 * The table of kinds: one row each, checked when the module loads. Records that
 * belong to an object (areas, queued signals…) have no row: the object's kind
 * writes and reads them.
 */
#include <linux/module.h>
#include <cpt/walk.h>

#include "kind.h"

static const struct cpt_kind_ops * const kinds[CPT_K_MAX] = {
	[CPT_K_CRED]	= &cpt_cred_ops,
	[CPT_K_REG]	= &cpt_reg_ops,
	[CPT_K_PIPE]	= &cpt_pipe_ops,
	[CPT_K_PIPEND]	= &cpt_pipend_ops,
	[CPT_K_EVENTFD]	= &cpt_eventfd_ops,
	[CPT_K_SIGNALFD] = &cpt_signalfd_ops,
	[CPT_K_TIMERFD]	= &cpt_timerfd_ops,
	[CPT_K_EPOLL]	= &cpt_epoll_ops,
	[CPT_K_INOTIFY]	= &cpt_inotify_ops,
	[CPT_K_FANOTIFY] = &cpt_fanotify_ops,
	[CPT_K_PIDFD]	= &cpt_pidfd_ops,
	[CPT_K_VIEW]	= &cpt_view_ops,
	[CPT_K_NSFD]	= &cpt_nsfd_ops,
	[CPT_K_PTY]	= &cpt_pty_ops,
	[CPT_K_PTYEND]	= &cpt_ptyend_ops,
	[CPT_K_UNIX]	= &cpt_unix_ops,
	[CPT_K_UNIXQ]	= &cpt_unixq_ops,
	[CPT_K_SOCKET]	= &cpt_socket_ops,
	[CPT_K_MEMFD]	= &cpt_memfd_ops,
	[CPT_K_DELETED]	= &cpt_deleted_ops,
	[CPT_K_GONE]	= &cpt_gone_ops,
	[CPT_K_SHMEM]	= &cpt_shmem_ops,
	[CPT_K_SHM]	= &cpt_shm_ops,
	[CPT_K_SHMAT]	= &cpt_shmat_ops,
	[CPT_K_SEM]	= &cpt_sem_ops,
	[CPT_K_SEMUNDO]	= &cpt_semundo_ops,
	[CPT_K_MSGQ]	= &cpt_msgq_ops,
	[CPT_K_MQ]	= &cpt_mq_ops,
	[CPT_K_MQFD]	= &cpt_mqfd_ops,
	[CPT_K_MM]	= &cpt_mm_ops,
	[CPT_K_FILES]	= &cpt_files_ops,
	[CPT_K_FS]	= &cpt_fs_ops,
	[CPT_K_SIGHAND]	= &cpt_sighand_ops,
	[CPT_K_PROC]	= &cpt_proc_ops,
	[CPT_K_SECCOMP]	= &cpt_seccomp_ops,
	[CPT_K_TASK]	= &cpt_task_ops,
};

/* The ops of a kind of object; NULL for records that are none. */
const struct cpt_kind_ops *cpt_kind_ops(unsigned int kind)
{
	return kind < CPT_K_MAX ? kinds[kind] : NULL;
}

/* Whose file is this? NULL: nobody's. */
const struct cpt_kind_ops *cpt_file_ops(struct file *f)
{
	int i;

	for (i = 0; i < CPT_K_MAX; i++)
		if (kinds[i] && kinds[i]->owns && kinds[i]->owns(f))
			return kinds[i];
	return NULL;
}

/* Do the table and that of the format (walk.h) agree? */
int cpt_kinds_init(void)
{
	int i;

	for (i = 0; i < CPT_K_MAX; i++) {
		const struct cpt_kind_row *row = cpt_kind_row(i);

		if (!kinds[i] && !(row && row->object))
			continue;
		if (!kinds[i] || !row || !row->object || kinds[i]->kind != i ||
		    !kinds[i]->collect || !kinds[i]->dump) {
			pr_err("kind %d is not complete\n", i);
			return -EINVAL;
		}
	}
	return 0;
}

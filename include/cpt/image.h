/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The image: what a dump file holds, byte for byte.
 *
 *	header | metadata: records | data: sections | end record
 *
 * The file is written and read strictly forward. All numbers are little-endian
 * and of fixed width; every struct has the same layout on i386 and x86_64;
 * padding is named and zero. Metadata is small enough to be held in memory
 * (CPT_META_MAX in ioctl.h) and is verified whole before anything is made.
 *
 * A record is a struct cpt_rec followed by its kind's body. Records with an id
 * are *objects*: ids are 1, 2, 3 … in the order of the file, and a reference is
 * the id of an object that stands earlier (0: none), so there are no cycles.
 * Records without one belong to the object before them (an mm's areas, a task's
 * queued signals).
 *
 * Data sections without one stand first: they are ctl's own, one stream of bytes (cli/contents.c).
 *
 * Checksums are CRC-32C as in RFC 3720: initial value ~0, inverted at the end. In
 * the kernel that is ~crc32c(~0, p, len): its crc32c() does not invert. The nine
 * bytes "123456789" give 0xe3069283.
 *
 * Times are nanoseconds. Paths are bytes inside a mount, "/a/b", without NUL;
 * mounts are named by ctl's ids (struct cpt_ioc_mount).
 *
 * The only parser is walk.h.
 */
#ifndef _CPT_IMAGE_H
#define _CPT_IMAGE_H

#include <linux/types.h>

#define CPT_IMAGE_MAGIC		0x0a1a004547414d49ULL	/* "IMAGE\0\032\n" */
#define CPT_IMAGE_VERSION	1
#define CPT_ALIGN		8	/* of every record */
#define CPT_DATA_ALIGN		4096	/* of the bytes in a data section, within the file */

enum cpt_arch {
	CPT_ARCH_I386	= 3,	/* as ELF's e_machine */
	CPT_ARCH_X86_64	= 62,
};

struct cpt_header {
	__u64 magic;
	__u32 version;		/* CPT_IMAGE_VERSION */
	__u32 len;		/* of this struct */
	__u64 meta_len;		/* bytes of metadata after it */
	__u32 meta_crc;		/* crc32c of the metadata */
	__u32 objects;		/* highest id */
	__u32 tasks;		/* task records, zombies included */
	__u32 veid;
	__u32 arch;		/* enum cpt_arch: of the kernel that wrote it */
	__u32 page_size;
	__u64 xfeatures;	/* xstate components of that CPU */
	__u64 real_ns;		/* clocks of the host at the freeze */
	__u64 mono_ns;		/* clocks of the VE at the freeze: its own offsets included */
	__u64 boot_ns;
	char release[64];	/* utsname of that kernel */
	__u32 pad;
	__u32 crc;		/* crc32c of this struct up to here */
};

struct cpt_rec {
	__u16 kind;		/* enum cpt_kind */
	__u16 version;		/* of the kind; 0 today */
	__u32 len;		/* of the whole record, this included; multiple of CPT_ALIGN */
	__u64 id;		/* of an object, or 0 */
};

/*
 * The kinds. The numbers are the format: never reused. The table of kinds in
 * the module (kmod/kind.c) and in walk.h have a row for each.
 */
enum cpt_kind {
	CPT_K_BLOB	= 1,	/* struct cpt_blob_rec: ctl's, opaque */
	CPT_K_UTS	= 2,	/* struct cpt_uts_rec */
	CPT_K_CRED	= 3,	/* object: struct cpt_cred_rec */
	CPT_K_REG	= 4,	/* object: struct cpt_reg_rec: an open file that has a path */
	CPT_K_PIPE	= 5,	/* object: struct cpt_pipe_rec: what is between the ends */
	CPT_K_PIPEND	= 6,	/* object: struct cpt_pipend_rec: an open end of an anonymous pipe */
	CPT_K_SHMEM	= 7,	/* object: struct cpt_shmem_rec: shared anonymous memory, or what a memfd holds */
	CPT_K_MM	= 8,	/* object: struct cpt_mm_rec; its areas follow */
	CPT_K_VMA	= 9,	/* struct cpt_vma_rec */
	CPT_K_FILES	= 10,	/* object: struct cpt_files_rec: a table of descriptors */
	CPT_K_FS	= 11,	/* object: struct cpt_fs_rec: root, cwd, umask */
	CPT_K_SIGHAND	= 12,	/* object: struct cpt_sighand_rec */
	CPT_K_PROC	= 13,	/* object: struct cpt_proc_rec: what the threads of a process share */
	CPT_K_TIMER	= 14,	/* struct cpt_timer_rec: a POSIX timer of the process before */
	CPT_K_TASK	= 15,	/* object: struct cpt_task_rec: one thread */
	CPT_K_XSTATE	= 16,	/* struct cpt_xstate_rec: FPU state of the task before */
	CPT_K_SIGINFO	= 17,	/* struct cpt_siginfo_rec: a queued signal of the task or process before */
	CPT_K_VDSO	= 18,	/* struct cpt_vdso_rec: bytes of the vdso of the kernel that wrote it */
	CPT_K_EVENTFD	= 19,	/* object: struct cpt_eventfd_rec */
	CPT_K_SIGNALFD	= 20,	/* object: struct cpt_signalfd_rec */
	CPT_K_TIMERFD	= 21,	/* object: struct cpt_timerfd_rec */
	CPT_K_EPOLL	= 22,	/* object: struct cpt_epoll_rec */
	CPT_K_MEMFD	= 23,	/* object: struct cpt_memfd_rec */
	CPT_K_DELETED	= 24,	/* object: struct cpt_deleted_rec: contents of a file that lost its name */
	CPT_K_LOCK	= 25,	/* struct cpt_lock_rec: of the open file or descriptor table before */
	CPT_K_INOTIFY	= 26,	/* object: struct cpt_inotify_rec */
	CPT_K_PIDFD	= 27,	/* object: struct cpt_pidfd_rec */
	CPT_K_UNIX	= 28,	/* object: struct cpt_unix_rec: a unix socket, open or not */
	CPT_K_SOCKET	= 29,	/* object: struct cpt_socket_rec: an open file that is a socket */
	CPT_K_DATA	= 30,	/* struct cpt_data_rec: after the metadata only; id names the object, or is 0 */
	CPT_K_END	= 31,	/* struct cpt_end_rec: the last record of a complete image */
	CPT_K_UNIXQ	= 32,	/* object: struct cpt_unixq_rec: whom a unix socket is connected with, and what waits in it */
	CPT_K_FOWN	= 33,	/* struct cpt_fown_rec: who gets signals of the open file before */
	CPT_K_VIEW	= 34,	/* object: struct cpt_view_rec: an open file of /proc, /sys or the cgroups */
	CPT_K_NSFD	= 35,	/* object: struct cpt_nsfd_rec: an open namespace */
	CPT_K_GONE	= 36,	/* object: struct cpt_gone_rec: a directory or a fifo that lost its name */
	CPT_K_SOCKFILTER = 37,	/* struct cpt_sockfilter_rec: what the unix socket before lets in */
	CPT_K_IPC	= 38,	/* struct cpt_ipc_rec: limits and counters of the VE's IPC namespace */
	CPT_K_SHM	= 39,	/* object: struct cpt_shm_rec: a segment of System V shared memory */
	CPT_K_SHMAT	= 40,	/* object: struct cpt_shmat_rec: one shmat(2) of it, mapped by whoever inherited it */
	CPT_K_SEM	= 41,	/* object: struct cpt_sem_rec: a set of semaphores */
	CPT_K_SEMUNDO	= 42,	/* object: struct cpt_semundo_rec: what is undone when the last of some tasks exits */
	CPT_K_MSGQ	= 43,	/* object: struct cpt_msgq_rec: a queue of messages of System V */
	CPT_K_MQ	= 44,	/* object: struct cpt_mq_rec: a POSIX message queue */
	CPT_K_MQFD	= 45,	/* object: struct cpt_mqfd_rec: an open one */
	CPT_K_PTY	= 46,	/* object: struct cpt_pty_rec: both sides of a pseudo terminal */
	CPT_K_PTYEND	= 47,	/* object: struct cpt_ptyend_rec: an open file of one */
	CPT_K_ATTR	= 50,	/* struct cpt_attr_rec: how the task before is scheduled, and what prctl(2) set of it */
	CPT_K_SECCOMP	= 51,	/* object: struct cpt_seccomp_rec: a filter of system calls */
	CPT_K_USAGE	= 52,	/* struct cpt_usage_rec: what the task before has used up */
	CPT_K_SUMS	= 53,	/* struct cpt_sums_rec: … its process: dead threads, children */
	CPT_K_AIO	= 54,	/* struct cpt_aio_rec: a context of asynchronous I/O of the memory before */
	CPT_K_DNOTIFY	= 55,	/* struct cpt_dnotify_rec: a directory of the descriptor table before that tells of changes */
	CPT_K_FANOTIFY	= 56,	/* object: struct cpt_fanotify_rec */
	CPT_K_MPOL	= 58,	/* struct cpt_mpol_rec: a NUMA policy of the task, memory or shared memory before */
	CPT_K_HUGE	= 60,	/* struct cpt_huge_rec: huge pages of the memory, shared memory or deleted file before */
	CPT_K_MAX
};

struct cpt_blob_rec {
	struct cpt_rec rec;
	__u32 tag;		/* CPT_BLOB_* */
	__u32 key;
	__u32 size;		/* bytes that follow, before the padding of the record */
	__u32 pad;
	/* __u8 data[size] */
};

struct cpt_uts_rec {
	struct cpt_rec rec;
	char nodename[65];
	char domainname[65];
	char pad[6];
};

struct cpt_cred_rec {
	struct cpt_rec rec;
	__u32 uid, euid, suid, fsuid;
	__u32 gid, egid, sgid, fsgid;
	__u64 cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	__u32 securebits;
	__u32 ngroups;		/* at most 65536 (NGROUPS_MAX) */
	/* __u32 groups[ngroups], sorted; padded to 8 */
};

/* What every open file has. */
struct cpt_file_body {
	__u64 cred;		/* CRED: who opened it */
	__u64 pos;
	__u32 flags;		/* O_*, as F_GETFL shows them, numbers of x86; CPT_O_NONOTIFY */
	__u32 pad;
};
#define CPT_O_NONOTIFY	0x80000000u	/* an event of fanotify brought it: what is done with it is no event */

struct cpt_reg_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u64 ino;		/* on file systems that keep it */
	__u64 size;		/* of a regular file */
	__u64 pipe;		/* PIPE: a fifo's contents */
	__u64 deleted;		/* DELETED: path is where it was */
	__u64 gone;		/* GONE: a directory or fifo that is that; of a file with deleted: the directory it was in */
	__u32 mode;		/* S_IF* and permissions */
	__u32 rdev;		/* of a character device: major << 20 | minor */
	__u32 mount;
	__u32 path_len;		/* 1 … 4095 */
	__u32 place;		/* CPT_DIR_* */
	__u32 next_len;		/* CPT_DIR_NEXT: 1 … 255 */
	__u32 alone;		/* 1: the reading end of a fifo that has seen no writer, and tells of no end */
	__u32 pad;
	/* char path[path_len], next[next_len]; padded to 8 */
};

/* Where in a directory the next entry is. */
#define CPT_DIR_POS	0u	/* file.pos says it */
#define CPT_DIR_NEXT	1u	/* this is the next one */
#define CPT_DIR_END	2u	/* there is none */

struct cpt_deleted_rec {
	struct cpt_rec rec;
	__u64 size;		/* bytes; the contents are data of this id */
	__s64 atime, mtime;
	__u32 mount;
	__u32 mode;		/* permissions */
	__u32 uid, gid;
	__u32 linkable;		/* 1: linkat(2) may give it a name (O_TMPFILE) */
	__u32 path_len;		/* 0, or: it has another name, and the file system has the rest of this but size */
	__u64 ino;		/* with path_len, on file systems that keep it */
	/* char path[path_len], in mount; padded to 8 */
};

struct cpt_gone_rec {
	struct cpt_rec rec;
	__u64 parent;		/* GONE: a directory that it was in; or 0: that is still there */
	__s64 atime, mtime;
	__u32 mount;
	__u32 mode;		/* S_IFDIR or S_IFIFO, and permissions */
	__u32 uid, gid;
	__u32 path_len;		/* where it was: 2 … 4095 */
	__u32 pad;
	/* char path[path_len]; padded to 8 */
};
#define CPT_GONE_NESTS	200	/* deleted directories in one another */

#define CPT_PIPE_PACKET	1u	/* flag of a cpt_pipe_buf: a packet (O_DIRECT) */

struct cpt_pipe_rec {
	struct cpt_rec rec;
	__u32 slots;		/* size of the ring, in pages: a power of two up to CPT_PIPE_SLOTS_MAX */
	__u32 nbufs;		/* at most slots */
	__u64 bytes;		/* in all; the contents are data of this id */
	/* struct cpt_pipe_buf bufs[nbufs] */
};

#define CPT_PIPE_SLOTS_MAX	(1u << 18)	/* 1 GiB: what one allocation may be */

struct cpt_pipe_buf {
	__u32 len;		/* 1 … 4096 */
	__u32 flags;		/* CPT_PIPE_PACKET */
};

struct cpt_pipend_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u64 pipe;		/* PIPE */
};

/* What setsockopt(2) has set at the level SOL_SOCKET, whatever the family. */
struct cpt_sock_opts {
	__u64 rcvtimeo, sndtimeo;	/* ns; CPT_SO_FOREVER */
	__u64 linger;			/* ns */
	__u32 sndbuf, rcvbuf;		/* bytes, as the kernel counts them; at most INT_MAX */
	__u32 rcvlowat;
	__u32 priority;
	__u32 mark;
	__u32 flags;			/* CPT_SO_* */
	__u32 tsflags;			/* SO_TIMESTAMPING: SOF_TIMESTAMPING_* */
	__u32 pad;
};

#define CPT_SO_FOREVER		(~0ULL)
#define CPT_SO_SNDBUF_SET	(1u << 0)	/* by the program: the kernel does not tune it */
#define CPT_SO_RCVBUF_SET	(1u << 1)
#define CPT_SO_REUSEADDR	(1u << 2)
#define CPT_SO_REUSEPORT	(1u << 3)
#define CPT_SO_KEEPALIVE	(1u << 4)
#define CPT_SO_LINGER		(1u << 5)
#define CPT_SO_BROADCAST	(1u << 6)
#define CPT_SO_OOBINLINE	(1u << 7)
#define CPT_SO_DEBUG		(1u << 8)
#define CPT_SO_DONTROUTE	(1u << 9)
#define CPT_SO_TIMESTAMP	(1u << 10)
#define CPT_SO_TIMESTAMPNS	(1u << 11)
#define CPT_SO_TSTAMP_NEW	(1u << 12)
#define CPT_SO_RXQ_OVFL		(1u << 13)
#define CPT_SO_WIFI_STATUS	(1u << 14)
#define CPT_SO_NOFCS		(1u << 15)
#define CPT_SO_SELECT_ERR_QUEUE	(1u << 16)
#define CPT_SO_PASSCRED		(1u << 17)
#define CPT_SO_PASSSEC		(1u << 18)
#define CPT_SO_PASSPIDFD	(1u << 19)
#define CPT_SO_FLAGS		((1u << 20) - 1)

struct cpt_unix_rec {
	struct cpt_rec rec;
	struct cpt_sock_opts opts;
	__u64 peer_cred;	/* CRED: SO_PEERCRED, or 0 */
	__u32 peer_pid;		/* … 0: of nobody in the VE */
	__u32 type;		/* SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_SEQPACKET 5 */
	__u32 state;		/* TCP_ESTABLISHED 1, TCP_CLOSE 7, TCP_LISTEN 10 */
	__u32 shutdown;		/* 1: receives no more, 2: sends no more */
	__u32 error;		/* the errno that the next call gets */
	__u32 backlog;
	__s32 peek_off;
	__u32 flags;		/* CPT_UNIX_* */
	__u32 mount;		/* of path */
	__u32 path_len;		/* the socket's file, if it has one: 1 … 4095, or 0 */
	__u32 name_len;		/* as getsockname(2) says: 0 … 109, and sockaddr_un.sun_path */
	__u32 pad;
	/* char name[name_len], path[path_len]; padded to 8 */
};

#define CPT_UNIX_BOUND	1u	/* found by its name; else the name is inherited, or of a closed socket */
#define CPT_UNIX_CLOSED	2u	/* nobody has it open: only a peer or a message remembers it */
#define CPT_UNIX_EMBRYO	4u	/* a connection that was not accepted yet */
#define CPT_UNIX_NAMELEN 109u

struct cpt_unixq_rec {
	struct cpt_rec rec;
	__u64 owner;		/* UNIX */
	__u64 peer;		/* UNIX: what it is connected with, or 0 */
	__u64 listener;		/* UNIX: where an EMBRYO waits, in the order of these records */
	__u64 bytes;		/* of all messages; they are data of this id */
	__u32 nmsgs;
	__u32 nfiles;
	/* struct cpt_unix_msg msgs[nmsgs]; __u64 files[nfiles]: those of the first message first */
};

#define CPT_FILTER_MAX	4096u	/* BPF_MAXINSNS */

struct cpt_sockfilter_rec {
	struct cpt_rec rec;
	__u32 count;		/* of instructions: 1 … CPT_FILTER_MAX */
	__u32 locked;		/* 1: SO_LOCK_FILTER */
	/* __u64 insns[count]: struct sock_filter, classic BPF */
};

struct cpt_unix_msg {
	__u64 sender;		/* UNIX */
	__s64 stamp;		/* ns; SO_TIMESTAMP */
	__u32 len;
	__u32 flags;		/* CPT_UNIX_OOB */
	__u32 pid, uid, gid;	/* SCM_CREDENTIALS, or pid 0 and uid, gid -1 */
	__u32 nfiles;		/* SCM_RIGHTS: at most 253 */
};

#define CPT_UNIX_OOB	1u	/* its last byte is out of band */
#define CPT_UNIX_FILES	253u
#define CPT_UNIX_MSG_MAX	(1u << 23)	/* bytes of a message: more than any kernel takes */
#define CPT_UNIXQ_MAX	(1u << 28)	/* bytes of a queue */

struct cpt_socket_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u64 sock;		/* UNIX */
	__u32 mode;		/* permissions */
	__u32 uid, gid;
	__u32 pad;
};

struct cpt_eventfd_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u64 count;
	__u32 semaphore;	/* 0, 1 */
	__u32 pad;
};

struct cpt_signalfd_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u64 mask;		/* the signals it takes: bit 0 is signal 1 */
};

enum cpt_timerfd_state {
	CPT_TIMERFD_OFF		= 0,
	CPT_TIMERFD_ARMED	= 1,	/* value: what remains */
	CPT_TIMERFD_EXPIRED	= 2,	/* value: how long ago; not read since, ticks counts from there */
	CPT_TIMERFD_STATES
};

struct cpt_timerfd_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u32 clock;		/* CLOCK_REALTIME, _MONOTONIC, _BOOTTIME */
	__u32 flags;		/* TFD_TIMER_*, as it was set */
	__u64 value;		/* of an absolute timer of CLOCK_REALTIME: that time itself */
	__u64 interval;
	__u64 ticks;
	__u32 state;		/* enum cpt_timerfd_state */
	__u32 canceled;		/* 1: the clock was set (TFD_TIMER_CANCEL_ON_SET), and it was not told yet */
};

struct cpt_epoll_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u32 n;
	__u32 pad;
	/* struct cpt_epoll_item items[n]: those on the ready list first, in its order */
};

struct cpt_epoll_item {
	__u64 file;		/* any open file */
	__u64 data;
	__u32 fd;		/* by which it was added; it may be closed since */
	__u32 events;		/* as the kernel keeps them: EPOLLERR and EPOLLHUP included, if it is armed */
	__u32 ready;		/* 0, 1: on the ready list */
	__u32 pid;		/* of a signalfd: a task whose signals wake it, which is not the reader's affair; 0: nobody's */
};

/*
 * Events are those of inotify(7), with the bits that the kernel has besides: the parent
 * saw it (1 << 27), it was opened to be executed (1 << 12).
 */
#define CPT_INOTIFY_EVENT_MASK	0x4800ffffu
#define CPT_INOTIFY_WATCH_MASK	0x84000fffu	/* IN_ALL_EVENTS, IN_EXCL_UNLINK, IN_ONESHOT */
#define CPT_INOTIFY_NEXT_MAX	0x80000000u

struct cpt_inotify_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u32 next_wd;		/* where the search for the number of the next watch begins */
	__u32 nwatches;
	__u32 events_len;	/* bytes of unread events */
	__u32 pad;
	/*
	 * struct cpt_inotify_watch watches[nwatches], in the order in which they were set;
	 * struct cpt_inotify_event events, each with its name and padded to 8;
	 * char paths[], one after the other; padded to 8
	 */
};

struct cpt_inotify_watch {
	__u64 ino;		/* on file systems that keep it */
	__u32 wd;
	__u32 mask;		/* CPT_INOTIFY_WATCH_MASK */
	__u32 mount;
	__u32 path_len;
};

struct cpt_inotify_event {
	__s32 wd;
	__u32 mask;		/* CPT_INOTIFY_EVENT_MASK */
	__u32 cookie;
	__u32 name_len;		/* at most 255 */
	/* char name[name_len]; padded to 8 */
};

/* What an event of fanotify holds, numbers of the kernel's; and what a mark is on. */
enum { CPT_FAN_FID, CPT_FAN_NAME, CPT_FAN_PATH, CPT_FAN_OVERFLOW = 4, CPT_FAN_ERROR };
enum { CPT_FAN_INODE, CPT_FAN_MOUNT, CPT_FAN_FS };

#define CPT_FAN_FIDS		0x1e00u		/* flags of a group: FAN_REPORT_FID and its like */
#define CPT_FAN_UNPRIV		0x80000000u	/* … made without CAP_SYS_ADMIN */
#define CPT_FAN_GROUP_FLAGS	(CPT_FAN_UNPRIV | 0x3fff)
#define CPT_FAN_EVENT_FLAGS	07116003u	/* O_* that fanotify_init(2) takes */
#define CPT_FAN_MARK_FLAGS	0x640u		/* FAN_MARK_IGNORED_SURV_MODIFY, _EVICTABLE, _IGNORE */
#define CPT_FAN_MARK_IGNORE	0x400u
#define CPT_FAN_RENAME		0x10000000u
#define CPT_FAN_FS_ERROR	0x8000u
#define CPT_FAN_Q_OVERFLOW	0x4000u
#define CPT_FAN_PERM		0x70000u	/* what waits for an answer */
#define CPT_FAN_ON		0x48000000u	/* FAN_ONDIR, FAN_EVENT_ON_CHILD */
#define CPT_FAN_EVENTS		0x10009fffu	/* of a mark and of an event, besides those */
#define CPT_FAN_HANDLE_MAX	128

struct cpt_fanotify_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u32 flags;		/* CPT_FAN_GROUP_FLAGS, as fanotify_init(2) got them */
	__u32 event_flags;	/* O_*, of files that events bring */
	__u32 nmarks;
	__u32 nevents;
	/*
	 * struct cpt_fanotify_mark marks[nmarks], in the order in which they were set;
	 * struct cpt_fanotify_event events[nevents], the oldest first;
	 * char bytes[]: the paths of the marks; then what each event has: its handles, or the
	 * paths instead of them, and its names; padded to 8
	 */
};

struct cpt_fanotify_mark {
	__u64 ino;		/* on file systems that keep it */
	__u32 type;		/* CPT_FAN_INODE, … */
	__u32 flags;		/* CPT_FAN_MARK_FLAGS */
	__u32 mask;
	__u32 ignore;
	__u32 mount;		/* of a file system: any that shows it */
	__u32 path_len;
};

/* What names a file, or nothing. */
struct cpt_fanotify_handle {
	__u32 mount;
	__u16 path_len;		/* not 0: a path instead, in mount: of files that have another handle after a restore */
	__u8 type;
	__u8 len;		/* of the handle */
};

struct cpt_fanotify_event {
	__u32 type;		/* CPT_FAN_FID, … */
	__u32 mask;
	__u32 pid;		/* 0: of nobody in the VE */
	__u32 mount;		/* any that shows the file system of fsid; 0: there is none */
	__u32 fsid[2];
	__s32 error;
	__u32 errors;
	__u32 name_len[2];
	struct cpt_fanotify_handle handle[3];	/* of the object, or the directory; a rename's other directory; what is in it */
};

struct cpt_pidfd_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u64 twin;		/* PIDFD of the same process, if that is gone; 0: the first one */
	__u32 pid;		/* 0: of a process that is gone */
	__u32 thread;		/* 1: PIDFD_THREAD */
};

#define CPT_NCC	19

struct cpt_termios {		/* as the kernel has it: struct ktermios */
	__u32 iflag, oflag, cflag, lflag;
	__u32 ispeed, ospeed;
	__u32 line;
	__u8 cc[CPT_NCC];
	__u8 pad;
};

/* One side of a pseudo terminal. All lengths are bytes. */
struct cpt_tty {
	struct cpt_termios termios, locked;
	__u32 rows, cols, xpixel, ypixel;
	__u32 flags;		/* CPT_TTY_* */
	__u32 pktstatus;	/* TIOCPKT_*: what the other side will be told, if it is in packet mode */
	__u32 column, canon_column;
	__u32 input;		/* that wait to be read: at most CPT_TTY_BUF */
	__u32 canon;		/* … of them in whole lines; of a line discipline that edits lines */
	__u32 committed;	/* … of them for programs to see; of one that does not */
	__u32 echo;		/* of echo that was held up: at most CPT_TTY_BUF */
	__u32 echo_commit, echo_mark;
	__u32 queue;		/* that found no room in the input: at most CPT_TTY_QUEUE */
	__u32 ahead;		/* … of them seen already by flow control */
};
#define CPT_PTY_MAX	(1u << 20)	/* NR_UNIX98_PTY_MAX */
#define CPT_TTY_BUF	4096u	/* N_TTY_BUF_SIZE */
#define CPT_TTY_QUEUE	65536u	/* more than any kernel takes */

#define CPT_TTY_STOPPED		(1u << 0)	/* ^S, or … */
#define CPT_TTY_TCO_STOPPED	(1u << 1)	/* … TCOOFF */
#define CPT_TTY_PACKET		(1u << 2)	/* TIOCPKT */
#define CPT_TTY_EXCLUSIVE	(1u << 3)	/* TIOCEXCL */
#define CPT_TTY_LOCKED		(1u << 4)	/* TIOCSPTLCK */
#define CPT_TTY_OTHER_CLOSED	(1u << 5)	/* the other side is open no more */
#define CPT_TTY_IO_ERROR	(1u << 6)	/* this one is open no more, or not yet */
#define CPT_TTY_THROTTLED	(1u << 7)
#define CPT_TTY_NO_ROOM		(1u << 8)
#define CPT_TTY_LNEXT		(1u << 9)	/* ^V was typed */
#define CPT_TTY_ERASING		(1u << 10)
#define CPT_TTY_PUSH		(1u << 11)
#define CPT_TTY_HUPPED		(1u << 12)	/* of a slave: hung up, and not opened since */
#define CPT_TTY_WRITE_WAKEUP	(1u << 13)	/* who has O_ASYNC is told when there is room again */
#define CPT_TTY_FLAGS		((1u << 14) - 1)

enum { CPT_PTY_MASTER = 0, CPT_PTY_SLAVE = 1, CPT_PTY_SIDES };

struct cpt_pty_rec {
	struct cpt_rec rec;
	__u64 cred;		/* CRED: who opened the master; 0: that is closed, and the slave hung up */
	__s64 atime, mtime;	/* of the slave's file */
	__u32 mount;		/* a devpts */
	__u32 index;		/* the number of the slave's file in it */
	__u32 mode;		/* of that: permissions */
	__u32 uid, gid;
	__u32 session, pgrp;	/* whose controlling terminal it is, and the group in the foreground; or 0 */
	__u32 master_flags;	/* O_* that it was opened with */
	__u32 master_mount;	/* of path */
	__u32 path_len;		/* what the master was opened by: 1 … 4095; 0: it is closed */
	__u32 console;		/* 1: nobody in the VE has the master, but ctl: it is the VE's console */
	__u32 pad;
	struct cpt_tty side[CPT_PTY_SIDES];
	/*
	 * Of the master and of the slave: __u8 input[], marks[] (a bit for each of those bytes,
	 * the lowest first: it ends a line), echo[], queue[]; then char path[path_len]; padded to 8
	 */
};

struct cpt_ptyend_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u64 pty;		/* PTY */
	__u32 side;		/* CPT_PTY_MASTER, CPT_PTY_SLAVE */
	__u32 mount;		/* of path */
	__u32 path_len;		/* what it was opened by, /dev/tty for one: 1 … 4095 */
	__u32 hung;		/* 1: it was hung up */
	/* char path[path_len]; padded to 8 */
};

/* Its contents are the kernel's: only the path says what it is. */
struct cpt_view_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u32 mode;		/* S_IF* and permissions */
	__u32 mount;
	__u32 gone;		/* 0, or the number of the process, in path, that is gone */
	__u32 path_len;		/* 1 … 4095 */
	/* char path[path_len]; padded to 8 */
};

struct cpt_nsfd_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u32 type;		/* CLONE_NEW*: that of the VE */
	__u32 pad;
};

struct cpt_shmem_rec {
	struct cpt_rec rec;
	__u64 size;		/* bytes; the contents are data of this id */
	__u32 memfd;		/* 1: of memfd_create(2); else all below is zero */
	__u32 seals;		/* F_SEAL_* */
	__u32 mode;		/* permissions */
	__u32 uid, gid;
	__u32 name_len;		/* at most CPT_MEMFD_NAME_MAX */
	/* char name[name_len]; padded to 8 */
};
#define CPT_MEMFD_NAME_MAX	249
#define CPT_MEMFD_SEALS		0x3fu	/* all there are */

struct cpt_memfd_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u64 shmem;		/* SHMEM */
};

/* The counters by which ids of System V IPC are chosen (struct ipc_ids). */
struct cpt_ipc_ids {
	__s32 next_id;		/* kernel.shm_next_id…: the id that the next object gets; -1: any */
	__s32 last_idx;		/* index of the last object made; -1: none yet */
	__u32 seq;		/* at most 65535 */
	__u32 cursor;		/* where the search for the next index begins; at most 2^24 */
};

/* The limits are those of /proc/sys/kernel and, mq_*, of /proc/sys/fs/mqueue. */
struct cpt_ipc_rec {
	struct cpt_rec rec;
	__u64 shmmax, shmall;
	__s32 sem[4];		/* SEMMSL, SEMMNS, SEMOPM, SEMMNI */
	__u32 msgmax, msgmnb, msgmni;
	__u32 shmmni;
	__u32 shm_rmid_forced;	/* 0, 1 */
	__s32 mq_queues_max;
	__u32 mq_msg_max, mq_msgsize_max;
	__u32 mq_msg_default, mq_msgsize_default;
	struct cpt_ipc_ids ids[3];	/* of semaphores, messages, shared memory */
};
#define CPT_IPC_INDEX_MAX	(1u << 24)
#define CPT_MQ_MSG_MAX		65536u
#define CPT_MQ_MSGSIZE_MAX	(1u << 24)

/* What all objects of System V IPC have. Pids are those of the VE, 0: nobody's there. Times are seconds. */
struct cpt_ipc_perm {
	__s32 id;
	__s32 key;		/* 0: IPC_PRIVATE */
	__u32 uid, gid;
	__u32 cuid, cgid;	/* of the creator */
	__u32 mode;
	__u32 pad;
};

#define CPT_SHM_DEST	01000u	/* of cpt_ipc_perm.mode: removed, goes with the last who has it mapped */
#define CPT_SHM_LOCKED	02000u

struct cpt_shm_rec {
	struct cpt_rec rec;
	struct cpt_ipc_perm perm;
	__u64 size;		/* bytes; the contents are data of this id */
	__s64 atime, dtime, ctime;
	__u32 cpid, lpid;
	__s32 name;		/* the key that it was made with */
	__u32 creator;		/* the thread that made it, if it lives: see kernel.shm_rmid_forced */
	__u32 noreserve;	/* 1: SHM_NORESERVE */
	__u32 locker;		/* CPT_SHM_LOCKED: the user whose RLIMIT_MEMLOCK it counts for */
};

struct cpt_shmat_rec {
	struct cpt_rec rec;
	__u64 shm;		/* SHM */
	__u32 readonly;		/* 0, 1 */
	__u32 pad;
};

#define CPT_SEM_MAX	32767	/* SEMVMX */

struct cpt_sem_rec {
	struct cpt_rec rec;
	struct cpt_ipc_perm perm;
	__s64 otime, ctime;
	__u32 n;		/* at least 1 */
	__u32 pad;
	/* struct cpt_sem_value sems[n] */
};

struct cpt_sem_value {
	__u32 value;		/* at most CPT_SEM_MAX */
	__u32 pid;		/* who changed it last */
};

struct cpt_semundo_rec {
	struct cpt_rec rec;
	__u32 ntasks;		/* at least 1 */
	__u32 nadjs;
	/* __u64 tasks[ntasks]: TASK; struct cpt_sem_adj adjs[nadjs]: those of a set together */
};

struct cpt_sem_adj {
	__u64 sem;		/* SEM */
	__u32 num;
	__s32 adj;		/* to be added; within CPT_SEM_MAX either way, not 0 */
};

struct cpt_msgq_rec {
	struct cpt_rec rec;
	struct cpt_ipc_perm perm;
	__s64 stime, rtime, ctime;
	__u64 qbytes;
	__u64 bytes;		/* of all messages, one after the other; they are data of this id */
	__u32 lspid, lrpid;
	__u32 nmsgs;
	__u32 pad;
	/* struct cpt_msgq_msg msgs[nmsgs] */
};
#define CPT_MSGQ_MAX	(1u << 26)	/* bytes of a queue */

struct cpt_msgq_msg {
	__s64 type;		/* above 0 */
	__u32 len;
	__u32 pad;
};

/* cpt_mq_rec.notify: what mq_notify(3) was asked for. */
#define CPT_MQ_NOBODY	0u
#define CPT_MQ_NOTHING	1u	/* SIGEV_NONE */
#define CPT_MQ_SIGNAL	2u	/* SIGEV_SIGNAL */

/* cpt_mq_rec.flags */
#define CPT_MQ_REMOVED	1u	/* it had this name */
#define CPT_MQ_STALE	2u	/* CPT_MQ_SIGNAL: the process has called exec since, and is told nothing */

struct cpt_mq_rec {
	struct cpt_rec rec;
	__u64 bytes;		/* of all messages, one after the other; they are data of this id */
	__s64 atime, mtime, ctime;
	__u64 value;		/* CPT_MQ_SIGNAL: of the signal; else 0, as is signo */
	__u32 mode;		/* permissions */
	__u32 uid, gid;
	__u32 user;		/* whose RLIMIT_MSGQUEUE it counts for */
	__u32 maxmsg;		/* 1 … CPT_MQ_MSG_MAX */
	__u32 msgsize;		/* 1 … CPT_MQ_MSGSIZE_MAX */
	__u32 nmsgs;		/* at most maxmsg */
	__u32 name_len;		/* 1 … 255 */
	__u32 notify;		/* CPT_MQ_* */
	__u32 pid;		/* of the process that is notified; 0 with CPT_MQ_NOBODY */
	__u32 signo;		/* at most CPT_NSIG */
	__u32 flags;		/* CPT_MQ_REMOVED, CPT_MQ_STALE */
	/* struct cpt_mq_msg msgs[nmsgs], as they are received; char name[name_len]; padded to 8 */
};
#define CPT_MQ_PRIO_MAX	32767u

struct cpt_mq_msg {
	__u32 prio;		/* at most CPT_MQ_PRIO_MAX, descending */
	__u32 len;		/* at most msgsize */
};

struct cpt_mqfd_rec {
	struct cpt_rec rec;
	struct cpt_file_body file;
	__u64 mq;		/* MQ */
	__u32 mount;		/* by way of which it was opened; 0: by mq_open(3) */
	__u32 pad;
};

struct cpt_mm_rec {
	struct cpt_rec rec;
	__u64 parent;		/* MM of which this one is a fork; 0: none to share with */
	__u64 exe;		/* REG or MEMFD */
	__u64 start_code, end_code, start_data, end_data;
	__u64 start_brk, brk, start_stack;
	__u64 arg_start, arg_end, env_start, env_end;
	__u64 mmap_base;
	__u64 vdso;		/* address of the vdso, 0: none */
	__u32 dumpable;		/* 0, 1, 2 */
	__u32 coredump_filter;	/* as /proc/PID/coredump_filter */
	__u32 membarrier;	/* registrations of membarrier(2), MEMBARRIER_STATE_* */
	__u32 flags;		/* CPT_MM_* */
	__u32 pkeys;		/* protection keys that are taken: bits 1 … 15 */
	__u32 exec_pkey;	/* … the one of areas that may only be executed; 0: none */
	__u32 areas;		/* VMA records that follow, ascending */
	__u32 nauxv;		/* at most CPT_AUXV_MAX */
	/* __u64 auxv[nauxv] */
};
#define CPT_AUXV_MAX	64
#define CPT_MM_THP_DISABLE	(1u << 0)	/* prctl(PR_SET_THP_DISABLE) */
#define CPT_MM_LOCK_FUTURE	(1u << 1)	/* mlockall(MCL_FUTURE) */
#define CPT_MM_LOCK_ONFAULT	(1u << 2)	/* with MCL_ONFAULT */
#define CPT_MM_MDWE		(1u << 3)	/* prctl(PR_SET_MDWE) */
#define CPT_MM_MDWE_NO_INHERIT	(1u << 4)
#define CPT_MM_MERGE_ANY	(1u << 5)	/* prctl(PR_SET_MEMORY_MERGE) */
#define CPT_MM_FLAGS		((1u << 6) - 1)

enum cpt_vma_type {
	CPT_VMA_ANON	= 0,	/* private, no file */
	CPT_VMA_FILE	= 1,	/* file: REG or MEMFD */
	CPT_VMA_SHMEM	= 2,	/* shared, or of huge pages, file: SHMEM */
	CPT_VMA_VDSO	= 3,	/* the kernel's: [vdso] */
	CPT_VMA_VVAR	= 4,	/* the kernel's: [vvar]… */
	CPT_VMA_SYSV	= 5,	/* shared, file: SHMAT */
	CPT_VMA_AIO	= 6,	/* shared, the ring of a context of io_setup(2): an AIO record, or inherited */
	CPT_VMA_TYPES
};

/* cpt_vma_rec.flags */
#define CPT_VMA_READ		(1u << 0)
#define CPT_VMA_WRITE		(1u << 1)
#define CPT_VMA_EXEC		(1u << 2)
#define CPT_VMA_SHARED		(1u << 3)
#define CPT_VMA_GROWSDOWN	(1u << 4)
#define CPT_VMA_NORESERVE	(1u << 5)
#define CPT_VMA_LOCKED		(1u << 6)
#define CPT_VMA_LOCKONFAULT	(1u << 7)
#define CPT_VMA_DONTFORK	(1u << 8)
#define CPT_VMA_DONTDUMP	(1u << 9)
#define CPT_VMA_WIPEONFORK	(1u << 10)
#define CPT_VMA_HUGEPAGE	(1u << 11)
#define CPT_VMA_NOHUGEPAGE	(1u << 12)
#define CPT_VMA_MERGEABLE	(1u << 13)
#define CPT_VMA_SEQ_READ	(1u << 14)
#define CPT_VMA_RAND_READ	(1u << 15)
/* The same area is in mm.parent: fork makes it, only pages that differ are data. */
#define CPT_VMA_INHERIT		(1u << 16)
#define CPT_VMA_HUGETLB		(1u << 17)	/* of huge pages, whose size the file says */
/* Of a private area of huge pages … */
#define CPT_VMA_RESERVED	(1u << 18)	/* … all it may need are its own from the beginning */
#define CPT_VMA_TAKEN		(1u << 19)	/* … the kernel has taken some for who had them reserved */
#define CPT_VMA_FLAGS		((1u << 20) - 1)
#define CPT_VMA_PKEY_SHIFT	28		/* the highest bits: a protection key */
#define CPT_VMA_PKEYS		(15u << CPT_VMA_PKEY_SHIFT)

struct cpt_vma_rec {
	struct cpt_rec rec;
	__u64 start, end;	/* page aligned */
	__u64 pgoff;		/* pages into the file */
	__u64 file;		/* REG, MEMFD, SHMEM or SHMAT, as type says */
	__u32 type;		/* enum cpt_vma_type */
	__u32 flags;		/* CPT_VMA_* */
};

/*
 * How many huge pages of one size something takes from what the host has: of a SHMEM, SHM or DELETED,
 * right behind that; of private areas, behind all else of their MM; before all objects, of the files
 * that have a name.
 */
struct cpt_huge_rec {
	struct cpt_rec rec;
	__u32 shift;		/* of their size */
	__u32 n;		/* 0, but of a SHMEM, SHM or DELETED */
	__u64 pages;		/* that are there or reserved, those of all ranges: at most CPT_HUGE_MAX */
	/* struct cpt_huge_range ranges[n]: which, ascending; the contents of those that are there are data */
};
#define CPT_HUGE_MAX	(1ULL << 32)

struct cpt_huge_range {
	__u64 from, to;		/* huge pages into the file; the first one behind it */
};

#define CPT_NODES_MAX	1024
#define CPT_MPOL_LOCAL	4u	/* a mode without nodes */
#define CPT_MPOL_MODES	6u	/* the highest */
#define CPT_MPOL_FLAGS	0xe000u	/* MPOL_F_* of set_mempolicy(2) */

struct cpt_mpol_rec {
	struct cpt_rec rec;
	__u64 start, end;	/* of memory, within an area; pages of SHMEM and SHM; of a task 0 */
	__u32 mode;		/* MPOL_*, 1 … CPT_MPOL_MODES */
	__u32 flags;		/* CPT_MPOL_FLAGS */
	__s32 home;		/* set_mempolicy_home_node(2), or -1 */
	__u32 last;		/* of a task: the node that it had last, in turn */
	__u64 nodes[CPT_NODES_MAX / 64];
};

/* What io_getevents(2) gives, but for its padding the same everywhere. */
struct cpt_aio_event {
	__u64 data, obj;
	__s64 res, res2;
};
#define CPT_AIO_RING_MAX	(65537ULL << 12)	/* bytes: what one io_setup(2) makes at most */

/*
 * Behind the areas of an MM, one for each that is a CPT_VMA_AIO and not inherited, ascending.
 * A ring begins with a header, which is as long as an event; the rest are places for events:
 * nr of them.
 */
struct cpt_aio_rec {
	struct cpt_rec rec;
	__u64 start;		/* of the area, and the number of the context */
	__u32 max_reqs;		/* as it was asked for: 1 … (nr - 2) / 2 */
	__u32 head;		/* as the program left it */
	__u32 tail;		/* less than nr */
	__u32 completed;	/* places that requests which are over have taken: less than nr */
	/* struct cpt_aio_event events[]: those from head % nr to tail, which nobody has read */
};

struct cpt_files_rec {
	struct cpt_rec rec;
	__u32 n;
	__u32 pad;
	/* struct cpt_fd fds[n], ascending */
};

struct cpt_fd {
	__u32 fd;
	__u32 cloexec;		/* 0, 1 */
	__u64 file;		/* any open file: cpt_is_file() in walk.h */
};
#define CPT_FD_MAX	(1u << 20)	/* descriptors are below this */

enum cpt_lock_kind {
	CPT_LOCK_FLOCK	= 0,	/* flock(2), of an open file */
	CPT_LOCK_OFD	= 1,	/* F_OFD_SETLK, of an open file */
	CPT_LOCK_POSIX	= 2,	/* F_SETLK, of a descriptor table */
	CPT_LOCK_LEASE	= 3,	/* F_SETLEASE, of an open file: all of it */
	CPT_LOCK_KINDS
};

struct cpt_lock_rec {
	struct cpt_rec rec;
	__u64 start, end;	/* the last byte; 2^63 - 1: to the end of the file */
	__u32 kind;		/* enum cpt_lock_kind */
	__u32 type;		/* F_RDLCK (0), F_WRLCK (1) */
	__u32 pid;		/* who took it, as F_GETLK and /proc tell it; 0: nobody that is left */
	__u32 fd;		/* POSIX: a descriptor of the file; LEASE: the one its signals name; else 0 */
};

/* cpt_fown_rec.async */
#define CPT_ASYNC_OFF	0u
#define CPT_ASYNC_FLAG	1u	/* opened with O_ASYNC, which has no effect */
#define CPT_ASYNC_ON	2u	/* F_SETFL */

struct cpt_fown_rec {
	struct cpt_rec rec;
	__u32 pid;		/* of a thread, a process or a group; 0: nobody, or nobody that is left */
	__u32 type;		/* F_OWNER_TID (0), F_OWNER_PID (1), F_OWNER_PGRP (2) */
	__u32 signum;		/* F_SETSIG; 0: SIGIO */
	__u32 uid, euid;	/* of who set it */
	__u32 async;		/* CPT_ASYNC_* */
	__u32 fd;		/* CPT_ASYNC_ON: the descriptor that signals name; else 0 */
	__u32 pad;
};

/* cpt_dnotify_rec.mask, as fcntl(2) takes it with F_NOTIFY */
#define CPT_DN_EVENTS		0x3fu		/* DN_ACCESS, _MODIFY, _CREATE, _DELETE, _RENAME, _ATTRIB */
#define CPT_DN_MULTISHOT	(1u << 31)

struct cpt_dnotify_rec {
	struct cpt_rec rec;
	__u32 fd;		/* the descriptor that signals name; who gets them is the file's: FOWN */
	__u32 mask;		/* CPT_DN_*: one event or more */
};

struct cpt_fs_rec {
	struct cpt_rec rec;
	__u64 root, cwd;	/* VIEW, REG: an open file that is it; or 0, and a path says it */
	__u32 umask;
	__u32 mntns;		/* mount namespace of those who have it: ctl's number; 0: that of the VE's init */
	__u32 root_mount, root_len;
	__u32 cwd_mount, cwd_len;
	/* char root[root_len], cwd[cwd_len]; padded to 8 together */
};

struct cpt_sigaction {
	__u64 handler;		/* 0: default, 1: ignore */
	__u64 flags;
	__u64 restorer;
	__u64 mask;
};
#define CPT_NSIG	64

struct cpt_sighand_rec {
	struct cpt_rec rec;
	struct cpt_sigaction action[CPT_NSIG];	/* [0] is signal 1 */
};

struct cpt_itimer {
	__u64 value;		/* what remains; 0: not armed */
	__u64 interval;
};

struct cpt_rlimit {
	__u64 cur, max;		/* ~0: infinity */
};
#define CPT_NRLIMIT	16

/* cpt_proc_rec.flags */
#define CPT_PROC_SUBREAPER	(1u << 0)
#define CPT_PROC_FLAGS		((1u << 1) - 1)

struct cpt_proc_rec {
	struct cpt_rec rec;
	__u32 pid;		/* of the process; all pids are as seen in the VE */
	__u32 pgid;
	__u32 sid;
	__u32 flags;		/* CPT_PROC_* */
	__s32 oom_score_adj;
	__u32 ntimers;		/* TIMER records that follow */
	struct cpt_rlimit rlim[CPT_NRLIMIT];
	struct cpt_itimer itimer[3];	/* ITIMER_REAL, VIRTUAL, PROF */
	__u32 stop;		/* CPT_STOP_* */
	__u32 stop_signal;	/* that stopped it, or is about to */
	__u32 stop_code;	/* the same until wait(2) has told it */
	__u32 old_pgrp;		/* the group in the foreground of the terminal that it has lost, or 0 */
	__u64 tty;		/* PTY: its controlling terminal, or 0 */
};

/* cpt_proc_rec.stop */
#define CPT_STOP_STOPPED	(1u << 0)	/* all threads are */
#define CPT_STOP_STOPPING	(1u << 1)	/* some are; none tells the parent before the last one is */
#define CPT_STOP_CONTINUED	(1u << 2)	/* wait(2) has not told it yet (WCONTINUED) */
#define CPT_STOP_TELL_STOPPED	(1u << 3)	/* the parent did not get SIGCHLD yet: it was stopped … */
#define CPT_STOP_TELL_CONTINUED	(1u << 4)	/* … it was continued */
#define CPT_STOP_FLAGS		((1u << 5) - 1)

struct cpt_timer_rec {
	struct cpt_rec rec;
	__u32 timer_id;
	__s32 clock;
	__u32 notify;		/* SIGEV_* */
	__s32 signo;
	__u64 sival;
	__u32 thread;		/* pid of the thread for SIGEV_THREAD_ID */
	__u32 overrun;
	__u32 absolute;		/* 1: it.value is a time of CLOCK_REALTIME or of CPU time, not what remains */
	__u32 fired;		/* 1: it.value is how long ago; its signal, not taken yet, comes anew */
	struct cpt_itimer it;
	__u32 cpu;		/* clock < 0: whose CPU time it counts, a process or a thread; 0: that is gone */
	__u32 pad;
};

enum cpt_task_state {
	CPT_TASK_LIVE	= 0,
	CPT_TASK_ZOMBIE	= 1,	/* exited, not yet waited for */
	CPT_TASK_DEAD	= 2,	/* a leader that exited before its threads; shares what they have */
};

/*
 * What a task was doing when it was frozen: the restart block of a system call
 * that goes on with other arguments (-ERESTART_RESTARTBLOCK).
 */
enum cpt_restart {
	CPT_RESTART_NONE	= 0,
	CPT_RESTART_NANOSLEEP	= 1,	/* time, clock, ptr: rmtp */
	CPT_RESTART_POLL	= 2,	/* time (if has_time), ptr: ufds, count */
	CPT_RESTART_FUTEX	= 3,	/* time, ptr: uaddr, val, flags, bitset */
	CPT_RESTART_CPU		= 4,	/* as NANOSLEEP, but time is one of clock, which counts CPU time */
	CPT_RESTART_KINDS
};

/* cpt_restart_body.flags of a futex */
#define CPT_FUTEX_SHARED	(1u << 0)
#define CPT_FUTEX_REALTIME	(1u << 1)	/* time is one of CLOCK_REALTIME, not what remains */
#define CPT_FUTEX_FLAGS		((1u << 2) - 1)

struct cpt_restart_body {
	__u32 kind;		/* enum cpt_restart */
	__u32 has_time;		/* 0, 1 */
	__u64 time;		/* what remains of the waiting time */
	__u64 ptr;
	__u32 clock;		/* clock id of nanosleep, CPU: that of a negative number */
	__u32 count;		/* nfds of poll */
	__u32 val, flags, bitset;
	__u32 rmtp;		/* nanosleep: 0 no rmtp, 1 native, 2 compat */
};

/* cpt_task_rec.flags */
#define CPT_TASK_NO_NEW_PRIVS	(1u << 0)
#define CPT_TASK_RESTORE_MASK	(1u << 1)	/* saved_mask becomes the mask after the system call */
#define CPT_TASK_FORKNOEXEC	(1u << 2)	/* has not called exec */
#define CPT_TASK_EARLY		(1u << 3)	/* cloned before its creator became a session leader */
#define CPT_TASK_ORPHAN		(1u << 4)	/* cloned through a temporary task; init is its parent */
#define CPT_TASK_FLAGS		((1u << 5) - 1)

#define CPT_NGREGS	27	/* struct user_regs_struct of x86_64; i386 uses 17 */

struct cpt_task_rec {
	struct cpt_rec rec;
	/*
	 * Who clones this task at restore, and from where it inherits: its parent
	 * for most; for an orphan (CPT_TASK_ORPHAN) the leader of its session or,
	 * where that is dead, init. For a thread: its process's first thread.
	 * Creators stand before what they create, in depth-first order, and
	 * memory data comes in the order of the tasks. 0: the VE's init.
	 */
	__u64 creator;
	__u64 proc;		/* PROC; the first task that names it is the group leader */
	__u64 mm, files, fs, sighand, cred;	/* of a zombie only the last two, for /proc */
	__u32 pid;
	__u32 ppid;		/* of its parent process; 0: init */
	__u32 state;		/* enum cpt_task_state */
	__u32 exit_code;	/* if not live, as wait(2) tells it */
	__u32 exit_signal;	/* to the parent; 0 for a thread */
	__u32 pdeath_signal;
	__u32 flags;		/* CPT_TASK_* */
	__u32 personality;
	char comm[16];
	__u64 blocked, saved_mask;
	__u64 sas_sp, sas_size;
	__u32 sas_flags;
	__s32 nice;
	__u64 clear_child_tid;
	__u64 robust_list;
	__u64 rseq;
	__u32 rseq_len, rseq_sig;
	__u64 timer_slack;
	__u64 cpus;		/* affinity of CPUs 0 … 63; ~0: all */
	struct cpt_restart_body restart;
	__u32 nregs;		/* 27: x86_64, 17: i386; 0 if not live */
	__u32 ntls;		/* i386: 3, else 0 */
	__u64 regs[CPT_NGREGS];	/* NT_PRSTATUS of the task's own kind */
	__u32 tls[3][4];	/* struct user_desc */
	__u32 vfork;		/* pid of a child that it waits for to call exec or exit; 0: nobody */
	__u32 trap;		/* its last fault, of which a handler of signals is told: number … */
	__u64 trap_addr;	/* … address (cr2) … */
	__u32 trap_code;	/* … and error code */
	__u32 pad;
};

/* CPU times are nanoseconds. */
struct cpt_used {
	__u64 utime, stime, gtime;	/* as the kernel counts ticks; of guests */
	__u64 runtime;			/* exactly */
	struct {
		__u64 utime, stime;	/* as it was told last: it never tells less */
	} prev_cputime;
	__u64 min_flt, maj_flt;
	__u64 nvcsw, nivcsw;
	struct {
		__u64 rchar, wchar, syscr, syscw;
		__u64 read_bytes, write_bytes, cancelled_write_bytes;
	} ioac;				/* as /proc/PID/io */
};

struct cpt_usage_rec {
	struct cpt_rec rec;
	__u64 age_mono, age_boot;	/* how long ago it began, at the freeze, by the two clocks */
	struct cpt_used used;
};

struct cpt_sums_rec {
	struct cpt_rec rec;
	struct cpt_used used;		/* by threads that are dead */
	__u64 cutime, cstime, cgtime;	/* by children it has waited for */
	__u64 cmin_flt, cmaj_flt, cnvcsw, cnivcsw;
	__u64 inblock, oublock, cinblock, coublock;
	__u64 maxrss, cmaxrss;		/* pages */
};

#define CPT_CPU_TIME_MAX	(1ULL << 62)	/* of all tasks together: 146 years */

#define CPT_SECCOMP_LOG	1u	/* SECCOMP_FILTER_FLAG_LOG */

struct cpt_seccomp_rec {
	struct cpt_rec rec;
	__u64 prev;		/* SECCOMP: the one installed before; 0: this is the first */
	__u32 count;		/* of instructions: 1 … CPT_FILTER_MAX */
	__u32 flags;		/* CPT_SECCOMP_* */
	/* __u64 insns[count]: struct sock_filter, classic BPF */
};

/* cpt_attr_rec.flags */
#define CPT_ATTR_RESET_ON_FORK	(1u << 0)	/* SCHED_FLAG_RESET_ON_FORK */
#define CPT_ATTR_DL_RECLAIM	(1u << 1)	/* SCHED_FLAG_RECLAIM */
#define CPT_ATTR_DL_OVERRUN	(1u << 2)	/* SCHED_FLAG_DL_OVERRUN */
#define CPT_ATTR_MCE_CHOSEN	(1u << 3)	/* PR_MCE_KILL_SET … */
#define CPT_ATTR_MCE_EARLY	(1u << 4)	/* … PR_MCE_KILL_EARLY */
#define CPT_ATTR_IO_FLUSHER	(1u << 5)	/* PR_SET_IO_FLUSHER */
#define CPT_ATTR_NO_TSC		(1u << 6)	/* PR_SET_TSC: rdtsc gives SIGSEGV */
#define CPT_ATTR_SECCOMP_STRICT	(1u << 7)	/* SECCOMP_MODE_STRICT */
#define CPT_ATTR_FLAGS		((1u << 8) - 1)

#define CPT_SCHED_NORMAL	0u
#define CPT_SCHED_FIFO		1u
#define CPT_SCHED_RR		2u
#define CPT_SCHED_BATCH		3u
#define CPT_SCHED_IDLE		5u
#define CPT_SCHED_DEADLINE	6u

/* Each live task has one. */
struct cpt_attr_rec {
	struct cpt_rec rec;
	__u64 dl_runtime, dl_deadline, dl_period;	/* of SCHED_DEADLINE, else 0 */
	__u64 slice;		/* that the program asked for, of another policy; 0: the kernel's own */
	__u64 default_slack;	/* what prctl(PR_SET_TIMERSLACK, 0) sets */
	__u64 seccomp;		/* SECCOMP: the filter installed last, or 0 */
	__u32 policy;		/* CPT_SCHED_* */
	__u32 rt_priority;	/* 1 … 99 of FIFO and RR, else 0 */
	__u32 ioprio;		/* as ioprio_set(2) has it; 0: none */
	__u32 flags;		/* CPT_ATTR_* */
};

struct cpt_xstate_rec {
	struct cpt_rec rec;
	__u32 size;		/* of NT_X86_XSTATE: uncompacted, header included */
	__u32 pad;
	/* __u8 data[size]; padded to 8 */
};
#define CPT_XSTATE_MAX	16384

struct cpt_siginfo_rec {
	struct cpt_rec rec;
	__u32 shared;		/* 1: of the process, 0: of the thread */
	__u32 signo;
	__u8 info[128];		/* siginfo_t of the task's own kind */
};

struct cpt_vdso_rec {
	struct cpt_rec rec;
	__u32 size;
	__u32 pad;
	/* __u8 data[size]; padded to 8 */
};
#define CPT_VDSO_MAX	(64u << 10)

/*
 * A data section: `nruns` ascending runs, then zeros up to a multiple of
 * CPT_DATA_ALIGN within the file (in a section without bytes too), then the bytes
 * of all runs that are not holes, one after the other, then zeros up to a multiple
 * of CPT_ALIGN. rec.len is the length of the header and its runs only.
 *
 * Of an MM, off is an address; runs are whole pages, each within one area that is
 * anonymous or a private mapping of a file or of huge pages. A hole is within an inherited area.
 * Of a SHMEM, a SHM and a DELETED, off is an offset and runs are whole pages. Of a PIPE, a UNIXQ,
 * a MSGQ and a MQ, runs follow one another from 0 to its bytes.
 */
struct cpt_data_rec {
	struct cpt_rec rec;
	__u32 nruns;
	__u32 crc;		/* crc32c of the runs and the bytes */
	__u64 bytes;		/* of data, the zeros before and after it left out */
	/* struct cpt_run runs[nruns] */
};
#define CPT_RUNS_MAX	1024			/* in a section */
#define CPT_DATA_MAX	(4u << 20)		/* bytes in a section */

#define CPT_RUN_HOLE	1u	/* nothing there: an inherited page is taken away */

struct cpt_run {
	__u64 off;
	__u32 len;		/* bytes */
	__u32 flags;
};

struct cpt_end_rec {
	struct cpt_rec rec;
	__u64 sections;		/* DATA records before this */
	__u64 bytes;		/* of data in them */
	__u64 file_len;		/* of the image, this record included */
};

#endif

/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The commands of /dev/cpt: the whole interface between ctl and cpt.ko.
 *
 * An open file of /dev/cpt is bound to one VE by CPT_IOC_SET_VE; every later
 * command works on that VE's context. The context lives as long as the opener's
 * file, unless CPT_IOC_KEEP made it sticky: then the next opener that binds the
 * same VEID goes on where the last one stopped. A context that is neither kept
 * nor finished is undone when its opener goes away: a suspended VE is resumed,
 * an undumped one is killed.
 *
 * After any command, failed or not, read(2) on the same file returns the lines
 * of text that explain it (no terminating NUL; 0 bytes: nothing more to say).
 *
 * All structs have the same layout for 32-bit and 64-bit callers. Unless said
 * otherwise a command returns 0, or -1 with errno:
 *   EBADF     the file is not bound to a VE
 *   EBUSY     the VE is not in a stage that allows the command, or (CHECK, DUMP)
 *             obstacles were found; the lines name them
 *   EINTR     killed while waiting; the stage is as it was before
 *   ESTALE    (CHECK, DUMP) the VE uses mounts that are not in the table: FIND_MOUNT
 *             has them; nothing was said of other obstacles
 *   ETIMEDOUT the VE could not be frozen in time; it runs
 */
#ifndef _CPT_IOCTL_H
#define _CPT_IOCTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CPT_IOC_ABI	6	/* raised when a struct below changes */

/* Stages of a context (struct cpt_ioc_ve.stage). */
enum cpt_stage {
	CPT_IDLE	= 0,
	CPT_SUSPENDED	= 1,	/* every task is parked */
	CPT_DUMPED	= 2,	/* the same, and a complete image exists */
	CPT_VERIFIED	= 3,	/* an image was read and found sound; nothing exists yet */
	CPT_INITED	= 4,	/* the restored VE's init exists, parked in the kernel */
	CPT_UNDUMPED	= 5,	/* every restored task is parked */
};

struct cpt_ioc_ve {
	__u32 veid;
	__u32 abi;		/* in: CPT_IOC_ABI of the caller; EPROTO if it differs */
	__u32 stage;		/* out: enum cpt_stage */
	__u32 sticky;		/* out: 1: the context was kept by an earlier opener */
};

struct cpt_ioc_suspend {
	__s32 pidfd;		/* the VE's init */
	__u32 timeout_ms;
	__aligned_u64 ns;	/* out: from the first task asked to stop to the last one parked */
	__u32 tasks;		/* out: tasks of the VE, zombies included */
	__u32 passes;		/* out: walks over the VE that were needed */
};

/*
 * One mount of the VE. id is ctl's, the same in the image and at restore. One that
 * another hides, so that nobody can open it, is named by where it lies.
 */
struct cpt_ioc_mount {
	__u32 id;		/* 1 … ; 1 is the VE's root */
	__s32 fd;		/* O_PATH descriptor of the mount's root; -1: hidden */
	__u32 parent;		/* hidden: id of the mount on which it lies, earlier in the table; else 0 */
	__u32 path_len;		/* hidden: of its mount point in there; else 0 */
	__aligned_u64 path;
};

/* One mount namespace of the VE. id is ctl's, the same in the image and at restore. */
struct cpt_ioc_mntns {
	__u32 id;		/* 0: the one of the VE's init */
	__s32 fd;		/* of nsfs */
	__u32 root;		/* id of the mount that is its root */
	__u32 pad;		/* zero */
};

struct cpt_ioc_mounts {
	__u32 n;		/* at most CPT_MOUNTS_MAX */
	__u32 nspaces;		/* 0: there is but one namespace; else its struct is one of them */
	__aligned_u64 mounts;	/* struct cpt_ioc_mount[n], of all namespaces; replaces an earlier table */
	__aligned_u64 spaces;	/* struct cpt_ioc_mntns[nspaces] */
};
#define CPT_MOUNTS_MAX	4096

/* The next mount namespace in which tasks of the VE are, and its init is not; ENOENT: there is none. */
struct cpt_ioc_find_mntns {
	__u32 inum;		/* in: of the one before, 0; out: number of this one */
	__s32 fd;		/* out: of nsfs, with O_CLOEXEC */
	__s32 pid;		/* out: a task in it, in the VE */
	__u32 pad;
	char comm[16];		/* out */
};

/*
 * A mount that was unmounted while programs of the VE used it (umount -l), as the last CHECK or
 * DUMP met it: these failed with ESTALE, as their table lacked it. ENOENT: there is no more; a new
 * table (MOUNTS) forgets them all.
 */
struct cpt_ioc_find_mount {
	__u32 index;		/* in: from 0 */
	__s32 fd;		/* out: its root, O_PATH, with O_CLOEXEC */
	__u32 len;		/* in: room, CPT_MOUNT_LINE is enough; out: bytes of the line */
	__u32 pad;		/* zero */
	__aligned_u64 line;	/* as in /proc/PID/mountinfo, as if it were mounted at "/" */
};
#define CPT_MOUNT_LINE	16384

/* A blob of ctl's in the image; the module never looks inside. */
struct cpt_ioc_blob {
	__u32 tag;		/* ctl's own numbering, CPT_BLOB_* */
	__u32 key;		/* ctl's own, e.g. a mount id */
	__u32 len;		/* PUT: bytes; GET: room in, bytes of the blob out */
	__u32 index;		/* GET: which blob, from 0; ENOENT after the last */
	__aligned_u64 data;
};
#define CPT_BLOB_MAX	(64u << 20)	/* bytes of one blob */
#define CPT_META_MAX	(256u << 20)	/* bytes of an image's metadata, all blobs included */

/* Tags of blobs (struct cpt_ioc_blob.tag, struct cpt_blob_rec.tag). */
#define CPT_BLOB_VE	1	/* JSON: the VE, its generation, its mounts (cli/blob.c) */
#define CPT_BLOB_CONSOLE 2	/* the last that was written to the console */

struct cpt_ioc_dump {
	__s32 fd;		/* the image; written forward from its position, never seeked */
	__s32 own;		/* ctl's own data for it, a pipe: read to its end; -1: there are none */
	__aligned_u64 ns;	/* out */
	__aligned_u64 bytes;	/* out: size of the image */
	__aligned_u64 pages;	/* out: pages of memory in it */
	__aligned_u64 pages_shared; /* out: pages left out because the parent has them */
};

struct cpt_ioc_verify {
	__s32 fd;		/* the image, at its first byte; read forward */
	__u32 veid;		/* out: VEID it was taken of */
	__u32 tasks;		/* out */
	__u32 blobs;		/* out: CPT_IOC_GET_BLOB's indices go up to this */
	__aligned_u64 bytes;	/* out: bytes of metadata */
};

/* The next of ctl's own data, in the order in which CPT_IOC_DUMP read them. */
struct cpt_ioc_data {
	__u32 len;		/* in: room, CPT_OWN_MAX or more; out: bytes, 0 at the end */
	__u32 pad;		/* zero */
	__aligned_u64 data;
};
#define CPT_OWN_MAX	(4u << 20)

struct cpt_ioc_init {
	__aligned_u64 cap_bset;	/* capabilities the VE may have (bit per CAP_*) */
	__s32 pid;		/* out: init, in the caller's pid namespace */
	__u32 pad;
};

struct cpt_ioc_make {
	__aligned_u64 ns;	/* out */
	__aligned_u64 pages;	/* out */
	__u32 tasks;		/* out */
	__u32 pad;
};

struct cpt_ioc_kill {
	__aligned_u64 ns;	/* out */
};

struct cpt_ioc_resume {
	__aligned_u64 ns;	/* out */
};

/*
 * The master of the VE's console, which ctl has outside the VE. SET_CONSOLE: a DUMP puts that
 * terminal into the image, until the VE goes on. GET_CONSOLE: the restored one, which is hung up if
 * nobody takes it before RESUME; ENOENT: there is none, or it was taken.
 */
struct cpt_ioc_console {
	__s32 fd;		/* GET: out, with O_CLOEXEC */
	__u32 holders;		/* SET: ctl's processes that have it open, the caller left out; GET: zero */
};

/* Open a regular file or directory for reading so that nobody is told of it or of the reading. */
struct cpt_ioc_open {
	__s32 fd;		/* in: of anything, O_PATH too; out: a new one, with O_CLOEXEC */
	__u32 pad;		/* zero */
};

#define CPT_HUGE_THERE		0u
#define CPT_HUGE_RESERVED	1u	/* those that are there included */

/* The next range of huge pages of a file on a hugetlbfs; ENXIO: there is none. */
struct cpt_ioc_huge {
	__s32 fd;		/* of a regular file */
	__u32 what;		/* CPT_HUGE_* */
	__aligned_u64 from;	/* in: not before this byte; out: its first byte */
	__aligned_u64 to;	/* out: the first byte behind it */
};

/* One context, for CPT_IOC_LIST. */
struct cpt_ioc_ctx {
	__u32 veid;
	__u32 stage;
	__u32 sticky;
	__u32 tasks;
};

struct cpt_ioc_list {
	__u32 n;		/* in: room; out: contexts there are (may exceed the room) */
	__u32 pad;
	__aligned_u64 ctxs;	/* struct cpt_ioc_ctx[n] */
};

#define CPT_IOC_MAGIC	'-'

/* Any stage */
#define CPT_IOC_SET_VE	_IOWR(CPT_IOC_MAGIC, 0x40, struct cpt_ioc_ve)
#define CPT_IOC_LIST	_IOWR(CPT_IOC_MAGIC, 0x41, struct cpt_ioc_list)	/* needs no SET_VE */
#define CPT_IOC_OPEN	_IOWR(CPT_IOC_MAGIC, 0x4e, struct cpt_ioc_open)	/* needs no SET_VE */
#define CPT_IOC_HUGE	_IOWR(CPT_IOC_MAGIC, 0x5a, struct cpt_ioc_huge)	/* needs no SET_VE */
#define CPT_IOC_KEEP	_IO(CPT_IOC_MAGIC, 0x42)	/* SUSPENDED, DUMPED, UNDUMPED: survive the opener */
#define CPT_IOC_MOUNTS	_IOW(CPT_IOC_MAGIC, 0x43, struct cpt_ioc_mounts)
/* SUSPENDED, DUMPED */
#define CPT_IOC_FIND_MNTNS _IOWR(CPT_IOC_MAGIC, 0x58, struct cpt_ioc_find_mntns)
#define CPT_IOC_FIND_MOUNT _IOWR(CPT_IOC_MAGIC, 0x59, struct cpt_ioc_find_mount)
/* IDLE -> SUSPENDED */
#define CPT_IOC_SUSPEND	_IOWR(CPT_IOC_MAGIC, 0x44, struct cpt_ioc_suspend)
/* SUSPENDED, DUMPED: gather every obstacle to a dump as lines of text */
#define CPT_IOC_CHECK	_IO(CPT_IOC_MAGIC, 0x45)
/* SUSPENDED, DUMPED: add a blob to the next dump; a DUMP takes them all with it */
#define CPT_IOC_PUT_BLOB _IOW(CPT_IOC_MAGIC, 0x46, struct cpt_ioc_blob)
/* SUSPENDED, DUMPED; UNDUMPED */
#define CPT_IOC_SET_CONSOLE _IOW(CPT_IOC_MAGIC, 0x5c, struct cpt_ioc_console)
#define CPT_IOC_GET_CONSOLE _IOWR(CPT_IOC_MAGIC, 0x5d, struct cpt_ioc_console)
/* SUSPENDED, DUMPED -> DUMPED */
#define CPT_IOC_DUMP	_IOWR(CPT_IOC_MAGIC, 0x47, struct cpt_ioc_dump)
/* SUSPENDED, DUMPED, INITED, UNDUMPED -> IDLE; VERIFIED too: forget the image */
#define CPT_IOC_KILL	_IOWR(CPT_IOC_MAGIC, 0x48, struct cpt_ioc_kill)
/* SUSPENDED, DUMPED, UNDUMPED -> IDLE */
#define CPT_IOC_RESUME	_IOWR(CPT_IOC_MAGIC, 0x49, struct cpt_ioc_resume)
/* IDLE -> VERIFIED */
#define CPT_IOC_VERIFY	_IOWR(CPT_IOC_MAGIC, 0x4a, struct cpt_ioc_verify)
/* VERIFIED, INITED */
#define CPT_IOC_GET_BLOB _IOWR(CPT_IOC_MAGIC, 0x4b, struct cpt_ioc_blob)
/* VERIFIED */
#define CPT_IOC_GET_DATA _IOWR(CPT_IOC_MAGIC, 0x4f, struct cpt_ioc_data)
/*
 * VERIFIED -> INITED: clone the VE's init into a new pid namespace and into the
 * caller's other namespaces and cgroup. The caller is a process made for this,
 * in the VE's world but for /proc; it may mount that once init exists.
 */
#define CPT_IOC_INIT	_IOWR(CPT_IOC_MAGIC, 0x4c, struct cpt_ioc_init)
/* INITED -> UNDUMPED; on failure the VE is gone and the stage is IDLE */
#define CPT_IOC_MAKE	_IOWR(CPT_IOC_MAGIC, 0x4d, struct cpt_ioc_make)

#endif

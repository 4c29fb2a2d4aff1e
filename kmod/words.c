// SPDX-License-Identifier: GPL-2.0
/*
 * Words for open files that no kind preserves: devices, files without a name of drivers and
 * subsystems, sockets of other families. All that both kernels have are here; whatever is not
 * gets a general sentence. (anon_inode_get*(), init_pseudo() and AF_* in the kernel's source.)
 */
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <net/sock.h>

#include "kind.h"

#define NOT	", which cannot be preserved"
#define NOT_YET	", which cannot be preserved yet"

/* --- devices ------------------------------------------------------------------------------------ */

struct known {
	u16 major;
	u32 first, last;	/* minor numbers */
	const char *words;
};

/* Documentation/admin-guide/devices.txt, include/linux/miscdevice.h */
static const struct known devices[] = {
	{ 1, 1, 1, "the host's memory (/dev/mem)" NOT },
	{ 1, 4, 4, "the host's I/O ports (/dev/port)" NOT },
	{ 1, 11, 11, "the kernel's log (/dev/kmsg)" NOT_YET },
	{ 4, 0, 63, "a virtual console" NOT_YET },
	{ 4, 64, MINORMASK, "a serial line" NOT_YET },
	{ 5, 0, 0, "its controlling terminal (/dev/tty)" NOT_YET },
	{ 5, 1, 1, "the console" NOT_YET },
	{ 5, 2, 2, "the master side of a pseudo terminal" NOT_YET },
	{ 10, 126, 126, "a source of userfaultfds" NOT_YET },
	{ 10, 130, 130, "a watchdog" NOT },
	{ 10, 135, 135, "a real time clock" NOT },
	{ 10, 183, 183, "a hardware random number generator" NOT_YET },
	{ 10, 196, 196, "the control device of VFIO" NOT },
	{ 10, 200, 200, "a network tunnel (tun, tap)" NOT_YET },
	{ 10, 203, 203, "a character device in user space (cuse)" NOT },
	{ 10, 223, 223, "an input device in user space (uinput)" NOT },
	{ 10, 224, 224, "a trusted platform module" NOT },
	{ 10, 228, 228, "a high precision timer (hpet)" NOT },
	{ 10, 229, 229, "a file system in user space (fuse)" NOT },
	{ 10, 231, 231, "the device of suspending to disk" NOT },
	{ 10, 232, 232, "the device of virtual machines (KVM)" NOT },
	{ 10, 234, 234, "the control device of btrfs" NOT },
	{ 10, 235, 235, "the control device of autofs" NOT },
	{ 10, 236, 236, "the control device of the device mapper" NOT },
	{ 10, 237, 237, "the control device of loop devices" NOT },
	{ 10, 238, 238, "a virtual machine's network (vhost-net)" NOT },
	{ 10, 239, 239, "a virtual machine's HID (uhid)" NOT },
	{ 10, 241, 241, "a virtual machine's sockets (vhost-vsock)" NOT },
	{ 10, 0, MINORMASK, "a device (misc)" NOT },
	{ 7, 0, MINORMASK, "a virtual console's memory" NOT },
	{ 13, 0, MINORMASK, "an input device" NOT },
	{ 21, 0, MINORMASK, "a SCSI device" NOT },
	{ 29, 0, MINORMASK, "a frame buffer" NOT },
	{ 81, 0, MINORMASK, "a video device" NOT },
	{ 108, 0, 0, "a PPP device" NOT_YET },
	{ 116, 0, MINORMASK, "a sound device" NOT },
	{ 128, 0, MINORMASK, "the master side of a pseudo terminal" NOT_YET },
	{ 136, 0, MINORMASK, "a pseudo terminal" NOT_YET },
	{ 226, 0, MINORMASK, "a graphics card" NOT },
};

/*
 * cpt_device_words - what a device is, and that it cannot be preserved
 */
const char *cpt_device_words(const struct inode *inode)
{
	int i;

	if (S_ISBLK(inode->i_mode))
		return MAJOR(inode->i_rdev) == 7 ? "a loop device" NOT : "a block device" NOT;
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i].major == MAJOR(inode->i_rdev) && devices[i].first <= MINOR(inode->i_rdev) &&
		    MINOR(inode->i_rdev) <= devices[i].last)
			return devices[i].words;
	/* nearly all of 136 to 143 */
	if (MAJOR(inode->i_rdev) > 136 && MAJOR(inode->i_rdev) <= 143)
		return "a pseudo terminal" NOT_YET;
	return "a device" NOT;
}

/* --- what has no name --------------------------------------------------------------------------- */

struct nameless {
	const char *name;	/* what it begins with */
	const char *words;
};

static const struct nameless nameless[] = {
	{ "[userfaultfd]", "a userfaultfd" NOT_YET },
	{ "[io_uring]", "an io_uring" NOT_YET },
	{ "[perf_event]", "a counter of perf" NOT_YET },
	{ "[landlock-ruleset]", "a ruleset of Landlock" NOT_YET },
	{ "seccomp notify", "a listener of seccomp" NOT_YET },
	{ "[fscontext]", "a file system that is being configured (fsopen, fspick)" NOT_YET },
	{ "bpf-map", "a map of BPF" NOT_YET },
	{ "bpf-prog", "a program of BPF" NOT_YET },
	{ "bpf-link", "a link of BPF" NOT_YET },
	{ "bpf_link", "a link of BPF" NOT_YET },
	{ "bpf_iter", "an iterator of BPF" NOT_YET },
	{ "bpf-stats", "statistics of BPF" NOT_YET },
	{ "bpf-token", "a token of BPF" NOT_YET },
	{ "btf", "types of BPF" NOT_YET },
	{ "kvm-", "a part of a virtual machine (KVM)" NOT },
	{ "ne-vm", "a virtual machine (Nitro enclave)" NOT },
	{ "gpio-", "a line of GPIO" NOT },
	{ "iio:", "a sensor (IIO)" NOT },
	{ "sync_file", "a fence of a graphics card" NOT },
	{ "syncobj_file", "a fence of a graphics card" NOT },
	{ "drm_", "a lease of a graphics card" NOT },
	{ "request", "a request to a video device" NOT },
	{ "[vfio", "a device of VFIO" NOT },
	{ "[iommufd", "an IOMMU" NOT },
	{ "[vtpms]", "a virtual trusted platform module" NOT },
	{ "[vduse-domain]", "a virtual device (VDUSE)" NOT },
	{ "[cachefiles]", "a file of a network file system's cache" NOT },
	{ "tee_shm", "memory of a trusted execution environment" NOT },
	{ "ntsync", "an object of ntsync" NOT },
};

struct pseudo {
	unsigned long magic;
	const char *words;
};

static const struct pseudo pseudos[] = {
	{ SECRETMEM_MAGIC, "secret memory (memfd_secret)" NOT_YET },
	{ DMA_BUF_MAGIC, "a DMA buffer" NOT },
	{ NSFS_MAGIC, "a namespace" NOT_YET },
	{ 0x50494446 /* PID_FS_MAGIC */, "a file of pidfs" NOT_YET },
	{ PIPEFS_MAGIC, "a pipe that is open with O_PATH" NOT_YET },
	{ BDEVFS_MAGIC, "a block device" NOT },
};

/* --- sockets ------------------------------------------------------------------------------------ */

#define SOCKET(_words)	"a socket of " _words NOT_YET

static const char * const families[] = {
	[AF_UNSPEC]	= SOCKET("no family (AF_UNSPEC)"),
	[AF_UNIX]	= SOCKET("the family AF_UNIX"),
	[AF_INET]	= SOCKET("IPv4 (AF_INET)"),
	[AF_AX25]	= SOCKET("amateur radio (AF_AX25)"),
	[AF_IPX]	= SOCKET("IPX (AF_IPX)"),
	[AF_APPLETALK]	= SOCKET("AppleTalk (AF_APPLETALK)"),
	[AF_NETROM]	= SOCKET("amateur radio (AF_NETROM)"),
	[AF_BRIDGE]	= SOCKET("the family AF_BRIDGE"),
	[AF_ATMPVC]	= SOCKET("ATM (AF_ATMPVC)"),
	[AF_X25]	= SOCKET("X.25 (AF_X25)"),
	[AF_INET6]	= SOCKET("IPv6 (AF_INET6)"),
	[AF_ROSE]	= SOCKET("amateur radio (AF_ROSE)"),
	[AF_KEY]	= SOCKET("the keys of IPsec (AF_KEY)"),
	[AF_NETLINK]	= SOCKET("the kernel's messages (AF_NETLINK)"),
	[AF_PACKET]	= SOCKET("whole packets (AF_PACKET)"),
	[AF_ATMSVC]	= SOCKET("ATM (AF_ATMSVC)"),
	[AF_RDS]	= SOCKET("RDS (AF_RDS)"),
	[AF_PPPOX]	= SOCKET("PPP over something (AF_PPPOX)"),
	[AF_LLC]	= SOCKET("LLC (AF_LLC)"),
	[AF_IB]		= SOCKET("InfiniBand (AF_IB)"),
	[AF_MPLS]	= SOCKET("MPLS (AF_MPLS)"),
	[AF_CAN]	= SOCKET("CAN (AF_CAN)"),
	[AF_TIPC]	= SOCKET("TIPC (AF_TIPC)"),
	[AF_BLUETOOTH]	= SOCKET("Bluetooth (AF_BLUETOOTH)"),
	[AF_IUCV]	= SOCKET("the family AF_IUCV"),
	[AF_RXRPC]	= SOCKET("RxRPC (AF_RXRPC)"),
	[AF_ISDN]	= SOCKET("ISDN (AF_ISDN)"),
	[AF_PHONET]	= SOCKET("Phonet (AF_PHONET)"),
	[AF_IEEE802154]	= SOCKET("IEEE 802.15.4 (AF_IEEE802154)"),
	[AF_CAIF]	= SOCKET("CAIF (AF_CAIF)"),
	[AF_ALG]	= SOCKET("the kernel's cryptography (AF_ALG)"),
	[AF_NFC]	= SOCKET("NFC (AF_NFC)"),
	[AF_VSOCK]	= SOCKET("virtual machines (AF_VSOCK)"),
	[AF_KCM]	= SOCKET("messages on TCP (AF_KCM)"),
	[AF_QIPCRTR]	= SOCKET("Qualcomm's router (AF_QIPCRTR)"),
	[AF_SMC]	= SOCKET("SMC (AF_SMC)"),
	[AF_XDP]	= SOCKET("XDP (AF_XDP)"),
	[AF_MCTP]	= SOCKET("MCTP (AF_MCTP)"),
};

static const char *socket_words(struct file *f)
{
	const struct socket *sock = sock_from_file(f);
	unsigned int family = sock && sock->sk ? sock->sk->sk_family : AF_MAX;

	if (f->f_mode & FMODE_PATH)
		return "a socket that is open with O_PATH" NOT_YET;
	return family < ARRAY_SIZE(families) && families[family] ? families[family] : SOCKET("an unknown family");
}

/*
 * cpt_file_words - what a file of no kind is, and that it cannot be preserved
 */
const char *cpt_file_words(struct file *f)
{
	const struct inode *inode = file_inode(f);
	const char *name = f->f_path.dentry->d_name.name;
	int i;

	if (S_ISSOCK(inode->i_mode))
		return socket_words(f);
	if (S_ISBLK(inode->i_mode) || S_ISCHR(inode->i_mode))
		return cpt_device_words(inode);
	for (i = 0; i < ARRAY_SIZE(pseudos); i++)
		if (pseudos[i].magic == inode->i_sb->s_magic)
			return pseudos[i].words;
	for (i = 0; i < ARRAY_SIZE(nameless); i++)
		if (!strncmp(name, nameless[i].name, strlen(nameless[i].name)))
			return nameless[i].words;
	return "a file without a name" NOT_YET;
}

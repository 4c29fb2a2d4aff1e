// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets: what all families share. The open file (kind SOCKET), and the options of
 * the level SOL_SOCKET.
 *
 * Preserved: flags and owner of the file, O_ASYNC, options, classic filters.
 * Refused: a socket of another family than AF_UNIX; filters in eBPF; sockets in maps of BPF.
 */
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/net.h>
#include <linux/net_tstamp.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "kind.h"
#include "out.h"
#include "socket.h"

static struct sock *sock_of(const struct file *f)
{
	struct socket *sock = sock_from_file((struct file *)f);

	return sock ? sock->sk : NULL;
}

/* --- options ------------------------------------------------------------------------------------ */

static const struct {
	u32 ours;
	int theirs;
} opt_bits[] = {
	{ CPT_SO_KEEPALIVE,	SOCK_KEEPOPEN },
	{ CPT_SO_LINGER,	SOCK_LINGER },
	{ CPT_SO_BROADCAST,	SOCK_BROADCAST },
	{ CPT_SO_OOBINLINE,	SOCK_URGINLINE },
	{ CPT_SO_DEBUG,		SOCK_DBG },
	{ CPT_SO_DONTROUTE,	SOCK_LOCALROUTE },
	{ CPT_SO_TIMESTAMP,	SOCK_RCVTSTAMP },
	{ CPT_SO_TIMESTAMPNS,	SOCK_RCVTSTAMPNS },
	{ CPT_SO_TSTAMP_NEW,	SOCK_TSTAMP_NEW },
	{ CPT_SO_RXQ_OVFL,	SOCK_RXQ_OVFL },
	{ CPT_SO_WIFI_STATUS,	SOCK_WIFI_STATUS },
	{ CPT_SO_NOFCS,		SOCK_NOFCS },
	{ CPT_SO_SELECT_ERR_QUEUE, SOCK_SELECT_ERR_QUEUE },
}, pass_bits[] = {
	{ CPT_SO_PASSCRED,	SOCK_PASSCRED },
	{ CPT_SO_PASSSEC,	SOCK_PASSSEC },
#ifdef SOCK_PASSPIDFD
	{ CPT_SO_PASSPIDFD,	SOCK_PASSPIDFD },
#endif
};

static u64 timeo_ns(long timeo)
{
	return timeo == MAX_SCHEDULE_TIMEOUT ? CPT_SO_FOREVER : jiffies_to_nsecs(timeo);
}

static long ns_timeo(u64 ns)
{
	return ns == CPT_SO_FOREVER ? MAX_SCHEDULE_TIMEOUT : min_t(u64, nsecs_to_jiffies64(ns), MAX_SCHEDULE_TIMEOUT - 1);
}

/*
 * cpt_sock_fill - the options of a socket
 * @sk: nobody changes it meanwhile
 */
void cpt_sock_fill(struct cpt_sock_opts *o, const struct sock *sk)
{
	int i;

	o->rcvtimeo = timeo_ns(sk->sk_rcvtimeo);
	o->sndtimeo = timeo_ns(sk->sk_sndtimeo);
	o->linger = min_t(u64, jiffies_to_nsecs(sk->sk_lingertime), S64_MAX >> 1);
	o->sndbuf = sk->sk_sndbuf;
	o->rcvbuf = sk->sk_rcvbuf;
	o->rcvlowat = sk->sk_rcvlowat;
	o->priority = sk->sk_priority;
	o->mark = sk->sk_mark;
	o->tsflags = sk->sk_tsflags;
	o->flags = (sk->sk_userlocks & SOCK_SNDBUF_LOCK ? CPT_SO_SNDBUF_SET : 0) |
		   (sk->sk_userlocks & SOCK_RCVBUF_LOCK ? CPT_SO_RCVBUF_SET : 0) |
		   (sk->sk_reuse ? CPT_SO_REUSEADDR : 0) | (sk->sk_reuseport ? CPT_SO_REUSEPORT : 0);
	for (i = 0; i < ARRAY_SIZE(opt_bits); i++)
		if (sock_flag(sk, opt_bits[i].theirs))
			o->flags |= opt_bits[i].ours;
	for (i = 0; sk->sk_socket && i < ARRAY_SIZE(pass_bits); i++)
		if (test_bit(pass_bits[i].theirs, &sk->sk_socket->flags))
			o->flags |= pass_bits[i].ours;
}

/* A buffer that the VE's root could have asked for: SO_SNDBUFFORCE wants CAP_NET_ADMIN. */
static int allowed(struct cpt_ctx *ctx, u32 size, u32 most)
{
	return cpt_ve_capable(ctx, CAP_NET_ADMIN) ? size : min(size, 2 * most);
}

/*
 * cpt_sock_set - give a socket its options back
 * @sk: nobody else uses it yet
 *
 * -EINVAL: it has time stamps of a kind that this kernel does not know.
 */
int cpt_sock_set(struct cpt_ctx *ctx, struct sock *sk, const struct cpt_sock_opts *o)
{
	bool admin = cpt_ve_capable(ctx, CAP_NET_ADMIN);
	int i;

	if (o->tsflags & ~SOF_TIMESTAMPING_MASK || o->tsflags & SOF_TIMESTAMPING_BIND_PHC)
		return -EINVAL;
	sk->sk_tsflags = o->tsflags;
	sock_valbool_flag(sk, SOCK_TIMESTAMPING_RX_SOFTWARE, o->tsflags & SOF_TIMESTAMPING_RX_SOFTWARE);
	sk->sk_rcvtimeo = ns_timeo(o->rcvtimeo);
	sk->sk_sndtimeo = ns_timeo(o->sndtimeo);
	sk->sk_lingertime = ns_timeo(o->linger);
	sk->sk_sndbuf = max_t(int, allowed(ctx, o->sndbuf, READ_ONCE(sysctl_wmem_max)), SOCK_MIN_SNDBUF);
	sk->sk_rcvbuf = max_t(int, allowed(ctx, o->rcvbuf, READ_ONCE(sysctl_rmem_max)), SOCK_MIN_RCVBUF);
	sk->sk_rcvlowat = o->rcvlowat ? o->rcvlowat : 1;
	sk->sk_priority = admin || o->priority <= 6 ? o->priority : 0;
	sk->sk_mark = admin ? o->mark : 0;
	sk->sk_userlocks = (o->flags & CPT_SO_SNDBUF_SET ? SOCK_SNDBUF_LOCK : 0) |
			   (o->flags & CPT_SO_RCVBUF_SET ? SOCK_RCVBUF_LOCK : 0);
	sk->sk_reuse = o->flags & CPT_SO_REUSEADDR ? SK_CAN_REUSE : SK_NO_REUSE;
	sk->sk_reuseport = !!(o->flags & CPT_SO_REUSEPORT);
	for (i = 0; i < ARRAY_SIZE(opt_bits); i++)
		if (admin || opt_bits[i].theirs != SOCK_DBG)
			sock_valbool_flag(sk, opt_bits[i].theirs, o->flags & opt_bits[i].ours);
	for (i = 0; sk->sk_socket && i < ARRAY_SIZE(pass_bits); i++)
		if (o->flags & pass_bits[i].ours)
			set_bit(pass_bits[i].theirs, &sk->sk_socket->flags);
	return 0;
}

/*
 * cpt_sock_obstacle - what of a socket, whatever its family, would be lost; NULL: nothing
 */
const char *cpt_sock_obstacle(const struct sock *sk)
{
	const struct sk_filter *filter;
	bool ebpf;

	rcu_read_lock();	/* somebody outside the VE may have the socket too, and take it away */
	filter = rcu_dereference(sk->sk_filter);
	ebpf = filter && !filter->prog->orig_prog;
	rcu_read_unlock();
	if (ebpf)
		return "a socket with a filter in eBPF (SO_ATTACH_BPF)";
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		return "a socket that chooses one of several (SO_ATTACH_REUSEPORT_CBPF)";
	if (sk->sk_user_data)
		return "a socket that the kernel uses, or that is in a map of BPF,";
	if (sk->sk_tsflags & SOF_TIMESTAMPING_BIND_PHC)
		return "a socket with time stamps of a clock (SOF_TIMESTAMPING_BIND_PHC)";
	if (!skb_queue_empty(&sk->sk_error_queue))
		return "a socket with a queue of errors";
	return NULL;
}

/* --- filters ------------------------------------------------------------------------------------- */

static_assert(sizeof(struct sock_filter) == 8 && BPF_MAXINSNS == CPT_FILTER_MAX);

static int put_filter(struct cpt_ctx *ctx, const struct sock_fprog_kern *prog, bool locked)
{
	const size_t len = prog->len * sizeof(*prog->filter);
	struct cpt_sockfilter_rec *r = cpt_out_rec(ctx, CPT_K_SOCKFILTER, 0, sizeof(*r), len);

	if (!r)
		return -ENOMEM;
	r->count = prog->len;
	r->locked = locked;
	memcpy(r + 1, prog->filter, len);
	return 0;
}

/*
 * cpt_sockfilter_dump - the record of the filter of @sk, if it has one, behind its own
 *
 * The program as it was given (bpf_prog_store_orig_filter()). Takes the lock of @sk, under which
 * it is changed.
 */
int cpt_sockfilter_dump(struct cpt_ctx *ctx, struct sock *sk)
{
	const struct sk_filter *filter;
	int err = 0;

	lock_sock(sk);
	filter = rcu_dereference_protected(sk->sk_filter, lockdep_sock_is_held(sk));
	if (filter && filter->prog->orig_prog)
		err = put_filter(ctx, filter->prog->orig_prog, sock_flag(sk, SOCK_FILTER_LOCKED));
	release_sock(sk);
	return err;
}

/*
 * cpt_sockfilter_restore - filter what @sk gets from now on
 *
 * The kernel reads programs from a task's memory only: they pass through that of the current one.
 * It checks them as if they were new.
 */
int cpt_sockfilter_restore(const struct cpt_sockfilter_rec *r, struct sock *sk)
{
	const unsigned long len = PAGE_ALIGN(r->count * sizeof(struct sock_filter));
	const unsigned long at = vm_mmap(NULL, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	struct sock_fprog prog = { .len = r->count, .filter = (void __user *)at };
	int err;

	if (IS_ERR_VALUE(at))
		return at;
	err = copy_to_user(prog.filter, r + 1, r->count * sizeof(struct sock_filter)) ? -EFAULT : 0;
	if (!err) {
		lock_sock(sk);
		err = sk_attach_filter(&prog, sk);
		sock_valbool_flag(sk, SOCK_FILTER_LOCKED, r->locked);
		release_sock(sk);
	}
	vm_munmap(at, len);
	return err;
}

/* --- the open file ------------------------------------------------------------------------------- */

static bool socket_owns(struct file *f)
{
	const struct sock *sk = S_ISSOCK(file_inode(f)->i_mode) ? sock_of(f) : NULL;

	return sk && sk->sk_family == AF_UNIX;
}

static int socket_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	int err = cpt_collect(ctx, CPT_K_UNIX, sock_of(obj->ptr), who);

	return err ? err : cpt_anon_collect(ctx, obj, who);
}

static int socket_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_socket_rec *r = cpt_out_rec(ctx, CPT_K_SOCKET, obj->id, sizeof(*r), 0);
	const struct inode *inode = file_inode(obj->ptr);

	if (!r)
		return -ENOMEM;
	cpt_file_fill(ctx, &r->file, obj->ptr);
	r->file.pos = 0;
	r->sock = cpt_obj_id(ctx, sock_of(obj->ptr));
	r->mode = inode->i_mode & S_IALLUGO;
	r->uid = __kuid_val(inode->i_uid);
	r->gid = __kgid_val(inode->i_gid);
	return 0;
}

static void *socket_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_socket_rec *r = (const void *)rec;
	const struct cred *cred = cpt_made(ctx, r->file.cred), *own;
	struct inode *inode;
	struct file *f;

	if (IS_ERR(cred))
		return (void *)cred;
	own = override_creds(cred);
	f = cpt_unix_file(ctx, r->sock);
	revert_creds(own);
	if (IS_ERR(f))
		return f;
	cpt_file_finish(f, &r->file);
	inode = file_inode(f);
	inode->i_mode = S_IFSOCK | r->mode;
	inode->i_uid = KUIDT_INIT(r->uid);
	inode->i_gid = KGIDT_INIT(r->gid);
	sock_of(f)->sk_uid = inode->i_uid;
	return f;
}

static bool socket_async(struct file *f, u32 *fd)
{
	return cpt_fasync_find(&sock_from_file(f)->wq.fasync_list, f, fd);
}

const struct cpt_kind_ops cpt_socket_ops = {
	.kind		= CPT_K_SOCKET,
	.name		= "socket",
	.owns		= socket_owns,
	.collect	= socket_collect,
	.check		= cpt_anon_check,
	.dump		= socket_dump,
	.release	= cpt_anon_release,
	.async		= socket_async,
	.make		= socket_make,
	.unmake		= cpt_file_unmake,
};

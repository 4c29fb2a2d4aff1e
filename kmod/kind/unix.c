// SPDX-License-Identifier: GPL-2.0
/*
 * Unix sockets (net/unix/af_unix.c): each one (kind UNIX), whether a program has it
 * open, or it is a connection not yet accepted, or closed and only remembered by its
 * peer or as the sender of a message; and (kind UNIXQ) whom it is connected with and
 * what waits in it.
 *
 * Preserved: type, state, names (of files wherever they are now, abstract, inherited,
 * of files that are gone), peers, listeners with connections not yet accepted, queues
 * byte for byte with boundaries, files and credentials passed, out-of-band bytes, who
 * the peer was (SO_PEERCRED), shutdown, errors, options.
 * Refused: a peer, or the sender of a message, outside the VE.
 *
 * Peers are mutual and queues hold files, sockets among them, so neither can be part
 * of the record of the socket: a UNIXQ comes after all that it refers to, whose collect
 * ends with cpt_unix_collect_queues(). At restore sockets are made unconnected; when
 * all are there, cpt_unix_late() binds and connects them, sends the messages again,
 * closes those that were closed, and then sets what is left.
 *
 * bind(2) makes a new file, but theirs are there. So they are bound in a tmpfs of our
 * own, and get their names and files by hand when they are connected. The kernel finds
 * a socket by the number of its file, modulo 256 (unix_bsd_hash()), in a table that
 * only bind(2) puts it into: each is bound when the next file of that tmpfs, whose
 * numbers go up by one, gets a number that is equal to the real one's modulo 256.
 *
 * Locks: of a dump, sk_receive_queue.lock. At restore nobody else knows the sockets.
 */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/net.h>
#include <linux/pid.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/af_unix.h>
#include <net/scm.h>
#include <net/tcp_states.h>
#include <cpt/walk.h>

#include "compat/compat.h"
#include "in.h"
#include "kind.h"
#include "out.h"
#include "socket.h"
#include "undump.h"

#define PLACES		(UNIX_HASH_SIZE / 2)	/* of bsd_socket_buckets[] */
#define NAME_AT		offsetof(struct sockaddr_un, sun_path)

/* --- dump --------------------------------------------------------------------------------------- */

/* obj->priv */
struct unix_priv {
	struct cpt_holder who;
	bool held;			/* not a closed sender: that lives by its messages, which their owner holds */
	u32 n;
	struct sk_buff **skb;		/* the receive queue, each held */
};

static int unix_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct sock *sk = obj->ptr;
	const char *why = cpt_sock_obstacle(sk);
	struct unix_priv *p;
	int err = 0;

	if (why)
		cpt_obstacle(ctx, "process %d (%s) holds %s which cannot be preserved yet (fd %d)", who->pid,
			     who->comm, why, who->fd);
	if (sk->sk_peer_cred)
		err = cpt_collect(ctx, CPT_K_CRED, sk->sk_peer_cred, who);
	if (err)
		return err;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->who = *who;
	p->held = refcount_inc_not_zero(&sk->sk_refcnt);
	obj->priv = p;
	return 0;
}

static void unix_release(struct cpt_obj *obj)
{
	struct unix_priv *p = obj->priv;

	while (p->n)
		consume_skb(p->skb[--p->n]);
	kvfree(p->skb);
	if (p->held)
		sock_put(obj->ptr);
	kfree(p);
}

/* Every socket of which the kernel knows a file must be open in the VE. */
static int unix_check(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	const struct socket *sock = ((struct sock *)obj->ptr)->sk_socket;
	const struct unix_priv *p = obj->priv;

	if (!sock || (sock->file && cpt_obj_find(ctx, sock->file)))
		return 0;
	return cpt_obstacle(ctx, "process %d (%s) is connected with a program outside the VE, by a unix socket (fd %d)",
			    p->who.pid, p->who.comm, p->who.fd);
}

static struct sk_buff *next_skb(struct sock *sk, struct sk_buff *skb)
{
	return skb ? skb_peek_next(skb, &sk->sk_receive_queue) : skb_peek(&sk->sk_receive_queue);
}

/* Hold what waits in the socket: the collector of cycles of sockets may run at any time. */
static int take_queue(struct sock *sk, struct unix_priv *p)
{
	struct sk_buff *skb = NULL;
	u32 room = skb_queue_len(&sk->sk_receive_queue);

	if (p->skb)
		return 0;
	p->skb = kvcalloc(room + 1, sizeof(*p->skb), GFP_KERNEL);
	if (!p->skb)
		return -ENOMEM;
	spin_lock(&sk->sk_receive_queue.lock);
	while (p->n < room && (skb = next_skb(sk, skb)))
		p->skb[p->n++] = skb_get(skb);
	spin_unlock(&sk->sk_receive_queue.lock);
	return 0;
}

/* How many bytes of a message were not read yet. */
static u32 unread(const struct sk_buff *skb)
{
	return skb->len - UNIXCB(skb).consumed;
}

/* What a byte out of band that was read leaves in a stream: nothing that counts. */
static bool is_message(const struct sock *sk, const struct sk_buff *skb)
{
	return sk->sk_state != TCP_LISTEN && (sk->sk_type != SOCK_STREAM || unread(skb));
}

static int collect_message(struct cpt_ctx *ctx, struct sock *sk, const struct sk_buff *skb,
			   const struct cpt_holder *who)
{
	const struct scm_fp_list *fp = UNIXCB(skb).fp;
	int err, i;

	/* the sender; in a listener's queue the connection itself */
	err = cpt_collect(ctx, CPT_K_UNIX, skb->sk, who);
	for (i = 0; !err && fp && i < fp->count; i++)
		err = cpt_collect_file(ctx, fp->fp[i], who);
	if (!err && is_message(sk, skb) && unread(skb) > CPT_UNIX_MSG_MAX)
		cpt_obstacle(ctx, "process %d (%s) has a message of %u bytes in a unix socket (fd %d): too large",
			     who->pid, who->comm, unread(skb), who->fd);
	return err;
}

/* Not yet accepted, it waits at this listener; NULL: it does not. */
static struct sock *listener(const struct sock *sk)
{
	return sock_flag(sk, SOCK_DEAD) || sk->sk_socket ? NULL : unix_sk(sk)->listener;
}

/*
 * Enter a peer. With one that waits to be accepted, all that wait with it, in their
 * order, which is then that of their queues' records.
 */
static int collect_peer(struct cpt_ctx *ctx, struct sock *peer, const struct cpt_holder *who)
{
	struct sock *sk = listener(peer);
	struct unix_priv *p;
	int err = 0;
	u32 i;

	if (sk && !cpt_obj_find(ctx, peer)) {
		err = cpt_collect(ctx, CPT_K_UNIX, sk, who);
		p = err ? NULL : cpt_obj_find(ctx, sk)->priv;
		err = err ? err : take_queue(sk, p);
		for (i = 0; !err && i < p->n; i++)
			err = cpt_collect(ctx, CPT_K_UNIX, p->skb[i]->sk, who);
	}
	return err ? err : cpt_collect(ctx, CPT_K_UNIX, peer, who);
}

static int collect_queue(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct sock *sk = obj->ptr;
	struct unix_priv *p = obj->priv;
	int err = take_queue(sk, p);
	u32 i;

	if (!err && unix_peer(sk))
		err = collect_peer(ctx, unix_peer(sk), &p->who);
	for (i = 0; !err && i < p->n; i++)
		err = collect_message(ctx, sk, p->skb[i], &p->who);
	return err ? err : cpt_collect(ctx, CPT_K_UNIXQ, &sk->sk_receive_queue, &p->who);
}

/*
 * cpt_unix_collect_queues - enter the queues and peers of all sockets
 *
 * Called when all tasks are in the table. What is found enters at its end, and is met
 * later in the same walk.
 */
int cpt_unix_collect_queues(struct cpt_ctx *ctx)
{
	struct cpt_obj *obj;
	int err = 0;

	list_for_each_entry(obj, &ctx->obj_list, list) {
		if (obj->kind == CPT_K_UNIX)
			err = collect_queue(ctx, obj);
		if (err)
			return err;
	}
	return 0;
}

static bool is_path(const struct unix_address *addr)
{
	return addr && addr->len > NAME_AT && addr->name->sun_path[0];
}

/* Is it found by its name? Not one that has inherited it from its listener. */
static bool is_bound(const struct sock *sk)
{
	const struct unix_address *addr = unix_sk(sk)->addr;

	if (!addr || sock_flag(sk, SOCK_DEAD))
		return false;
	return is_path(addr) ? !hlist_unhashed(&sk->sk_bind_node) : sk->sk_hash > UNIX_HASH_MOD;
}

/* The file of a socket, in @buf; NULL: it has none any more. */
static char *file_of(struct cpt_ctx *ctx, struct sock *sk, u32 *mount, char *buf)
{
	const struct path *path = &unix_sk(sk)->path;

	if (!path->dentry || d_unlinked(path->dentry))
		return NULL;
	return cpt_path_in(ctx, path, mount, buf);
}

static u32 flags_of(const struct sock *sk, const char *file)
{
	if (sock_flag(sk, SOCK_DEAD))
		return CPT_UNIX_CLOSED;
	if (listener(sk))
		return CPT_UNIX_EMBRYO;
	return is_bound(sk) && (file || !is_path(unix_sk(sk)->addr)) ? CPT_UNIX_BOUND : 0;
}

static u32 pid_of(struct cpt_ctx *ctx, struct pid *pid)
{
	return pid ? pid_nr_ns(pid, ctx->ns) : 0;
}

static int unix_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct sock *sk = obj->ptr;
	const struct unix_address *addr = unix_sk(sk)->addr;
	u32 name_len = addr ? addr->len - NAME_AT : 0, mount = 0;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *file;
	struct cpt_unix_rec *r = NULL;

	if (!buf)
		return -ENOMEM;
	file = file_of(ctx, sk, &mount, buf);
	r = cpt_out_rec(ctx, CPT_K_UNIX, obj->id, sizeof(*r), name_len + (file ? strlen(file) : 0));
	if (!r)
		goto out;
	cpt_sock_fill(&r->opts, sk);
	r->peer_cred = cpt_obj_id(ctx, sk->sk_peer_cred);
	r->peer_pid = pid_of(ctx, sk->sk_peer_pid);
	r->type = sk->sk_type;
	r->state = sk->sk_state;
	r->shutdown = sk->sk_shutdown;
	r->error = sk->sk_err;
	r->backlog = sk->sk_max_ack_backlog;
	r->peek_off = sk->sk_peek_off;
	r->flags = flags_of(sk, file);
	r->name_len = name_len;
	if (addr)
		memcpy(r + 1, addr->name->sun_path, name_len);
	if (file) {
		r->mount = mount;
		r->path_len = strlen(file);
		memcpy((char *)(r + 1) + name_len, file, r->path_len);
	}
out:
	kfree(buf);
	return r ? cpt_sockfilter_dump(ctx, sk) : -ENOMEM;
}

/* --- dump: queues --------------------------------------------------------------------------------- */

static struct sock *sk_of_queue(const void *queue)
{
	return container_of(queue, struct sock, sk_receive_queue);
}

static const struct unix_priv *messages_of(struct cpt_ctx *ctx, struct sock *sk)
{
	return cpt_obj_find(ctx, sk)->priv;
}

static int unixq_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct sock *sk = sk_of_queue(obj->ptr);
	const struct unix_priv *p = messages_of(ctx, sk);
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < p->n; i++)
		bytes += unread(p->skb[i]);
	if (bytes > CPT_UNIXQ_MAX)
		cpt_obstacle(ctx, "process %d (%s) has %llu bytes in a unix socket (fd %d): too many", who->pid,
			     who->comm, bytes, who->fd);
	return 0;
}

static void fill_message(struct cpt_ctx *ctx, struct cpt_unix_msg *m, struct sock *sk, struct sk_buff *skb)
{
	const struct unix_skb_parms *cb = &UNIXCB(skb);

	m->sender = cpt_obj_id(ctx, skb->sk);
	m->stamp = ktime_to_ns(skb->tstamp);
	m->len = unread(skb);
#if IS_ENABLED(CONFIG_AF_UNIX_OOB)
	m->flags = unix_sk(sk)->oob_skb == skb ? CPT_UNIX_OOB : 0;
#endif
	m->pid = pid_of(ctx, cb->pid);
	m->uid = __kuid_val(cb->uid);
	m->gid = __kgid_val(cb->gid);
	m->nfiles = cb->fp ? cb->fp->count : 0;
}

static int unixq_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct sock *sk = sk_of_queue(obj->ptr);
	const struct unix_priv *p = messages_of(ctx, sk);
	u32 i, k, nmsgs = 0, nfiles = 0;
	struct cpt_unixq_rec *r;
	struct cpt_unix_msg *m;
	u64 *file;

	for (i = 0; i < p->n; i++) {
		if (!is_message(sk, p->skb[i]))
			continue;
		nmsgs++;
		nfiles += UNIXCB(p->skb[i]).fp ? UNIXCB(p->skb[i]).fp->count : 0;
	}
	r = cpt_out_rec(ctx, CPT_K_UNIXQ, obj->id, sizeof(*r), nmsgs * sizeof(*m) + nfiles * sizeof(*file));
	if (!r)
		return -ENOMEM;
	r->owner = cpt_obj_id(ctx, sk);
	r->peer = cpt_obj_id(ctx, unix_peer(sk));
	r->listener = cpt_obj_id(ctx, listener(sk));
	r->nmsgs = nmsgs;
	r->nfiles = nfiles;
	m = (void *)(r + 1);
	file = (void *)(m + nmsgs);
	for (i = 0; i < p->n; i++) {
		if (!is_message(sk, p->skb[i]))
			continue;
		fill_message(ctx, m, sk, p->skb[i]);
		for (k = 0; k < m->nfiles; k++)
			*file++ = cpt_obj_id(ctx, UNIXCB(p->skb[i]).fp->fp[k]);
		r->bytes += m->len;
		m++;
	}
	return 0;
}

static int unixq_data(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct sock *sk = sk_of_queue(obj->ptr);
	const struct unix_priv *p = messages_of(ctx, sk);
	struct cpt_pages pages = {};
	u32 i, done, room, len;
	int err = 0;
	void *to;

	for (i = 0; i < p->n && !err; i++)
		for (done = 0; is_message(sk, p->skb[i]) && done < unread(p->skb[i]) && !err; done += len) {
			to = cpt_pages_room(&pages, &room);
			len = min(room, unread(p->skb[i]) - done);
			err = to ? skb_copy_bits(p->skb[i], UNIXCB(p->skb[i]).consumed + done, to, len) : -ENOMEM;
			pages.bytes += len;
		}
	if (!err)
		err = cpt_pages_out(ctx, obj->id, &pages);
	cpt_pages_free(&pages);
	return err;
}

/* --- restore -------------------------------------------------------------------------------------- */

/* What cpt_made() returns for a UNIX. */
struct unix_made {
	struct socket *sock;	/* NULL: of an embryo, or closed as it was in the VE */
	struct sock *sk;	/* held */
	struct file *file;	/* held: of a socket that a program has open */
	bool joined;		/* it has its peer; not for datagrams */
	struct path path;	/* held: its own file, or none */
	struct hlist_node node;	/* of those to be bound */
};

static const struct cpt_unix_rec *unix_rec(struct cpt_ctx *ctx, u64 id)
{
	return (const void *)cpt_rec_of(ctx, id);
}

static bool path_name(const struct cpt_unix_rec *r)
{
	return r->name_len && *(const char *)(r + 1);
}

static int bind_abstract(struct unix_made *made, const struct cpt_unix_rec *r)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (r->name_len > sizeof(name.sun_path))
		return -EINVAL;
	memcpy(name.sun_path, r + 1, r->name_len);
	return kernel_bind(made->sock, (void *)&name, NAME_AT + r->name_len);
}

static void unix_unmake(void *ptr)
{
	struct unix_made *made = ptr;

	if (made->file)
		fput(made->file);
	else if (made->sock)
		sock_release(made->sock);
	if (made->sk)
		sock_put(made->sk);
	path_put(&made->path);
	kfree(made);
}

static void *unix_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_unix_rec *r = (const void *)rec;
	struct unix_made *made = kzalloc(sizeof(*made), GFP_KERNEL);
	int err;

	if (!made)
		return ERR_PTR(-ENOMEM);
	if (r->flags & CPT_UNIX_EMBRYO)
		return made;
	err = sock_create(AF_UNIX, r->type, 0, &made->sock);
	if (err) {
		kfree(made);
		return ERR_PTR(err);
	}
	made->sk = made->sock->sk;
	sock_hold(made->sk);
	/* until all messages are there */
	made->sk->sk_sndbuf = INT_MAX / 2;
	made->sk->sk_max_ack_backlog = INT_MAX;
	if (r->flags & CPT_UNIX_BOUND && !path_name(r))
		err = bind_abstract(made, r);
	if (err) {
		cpt_say(ctx, "a unix socket cannot be bound again: error %d", -err);
		unix_unmake(made);
		return ERR_PTR(err);
	}
	return made;
}

/*
 * cpt_unix_file - the open file of a socket
 *
 * Called once for each, with the credentials of whoever had opened it. Returns it
 * with a reference, or an error.
 */
struct file *cpt_unix_file(struct cpt_ctx *ctx, u64 id)
{
	struct unix_made *made = cpt_made(ctx, id);
	struct file *f;

	if (IS_ERR(made))
		return (void *)made;
	if (!made->sock || made->file)
		return ERR_PTR(-EINVAL);
	f = sock_alloc_file(made->sock, 0, NULL);
	if (IS_ERR(f)) {		/* it has released the socket */
		made->sock = NULL;
		return f;
	}
	made->file = get_file(f);
	return f;
}

const struct cpt_kind_ops cpt_unix_ops = {
	.kind		= CPT_K_UNIX,
	.name		= "unix socket",
	.collect	= unix_collect,
	.check		= unix_check,
	.dump		= unix_dump,
	.release	= unix_release,
	.make		= unix_make,
	.unmake		= unix_unmake,
};

const struct cpt_kind_ops cpt_unixq_ops = {
	.kind		= CPT_K_UNIXQ,
	.name		= "queue of a unix socket",
	.collect	= unixq_collect,
	.dump		= unixq_dump,
	.data		= unixq_data,
};

/* --- restore: names of files ------------------------------------------------------------------------ */

/* Where sockets are bound: the current directory meanwhile. */
struct workshop {
	struct vfsmount *mnt;
	struct path pwd;		/* where the task was */
	struct hlist_head todo[PLACES];
	u32 left;
	u64 next;			/* the number of the next file, or 0: not known */
};

static struct workshop *open_workshop(void)
{
	struct workshop *shop = kzalloc(sizeof(*shop), GFP_KERNEL);
	struct path root;

	if (!shop)
		return NULL;
	shop->mnt = vfs_kern_mount(get_fs_type("tmpfs"), 0, "tmpfs", NULL);
	if (IS_ERR(shop->mnt)) {
		kfree(shop);
		return NULL;
	}
	root = (struct path){ .mnt = shop->mnt, .dentry = shop->mnt->mnt_root };
	get_fs_pwd(current->fs, &shop->pwd);
	ksym(set_fs_pwd)(current->fs, &root);
	return shop;
}

static void close_workshop(struct workshop *shop)
{
	ksym(set_fs_pwd)(current->fs, &shop->pwd);
	path_put(&shop->pwd);
	mntput(shop->mnt);
	kfree(shop);
}

/* Find the socket's own file; those that must be in the table are to be bound. */
static int plan(struct cpt_ctx *ctx, struct workshop *shop, const struct cpt_unix_rec *r, struct unix_made *made)
{
	const char *name = (const char *)(r + 1) + r->name_len;
	u64 place = shop->left;		/* whose file is gone needs none of its own */
	int err;

	if (r->path_len) {
		err = cpt_path_open(ctx, r->mount, name, r->path_len, &made->path);
		if (err)
			return err;
		if (!S_ISSOCK(d_inode(made->path.dentry)->i_mode))
			return cpt_fail(ctx, -ESTALE, "%.*s (mount %u) is no longer a socket", (int)r->path_len, name,
					r->mount);
		place = d_inode(made->path.dentry)->i_ino;
	}
	if (path_name(r) && (r->flags & CPT_UNIX_BOUND || r->state == TCP_LISTEN)) {
		hlist_add_head(&made->node, &shop->todo[place % PLACES]);
		shop->left++;
	}
	return 0;
}

static int bind_next(struct workshop *shop, struct unix_made *made)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int err;

	hlist_del(&made->node);
	shop->left--;
	snprintf(name.sun_path, sizeof(name.sun_path), "%llu", shop->next);
	err = kernel_bind(made->sock, (void *)&name, sizeof(name));
	if (!err && d_inode(unix_sk(made->sk)->path.dentry)->i_ino != shop->next)
		err = -EAGAIN;
	shop->next++;
	return err;
}

/* What number does the next file get? */
static int first_number(struct workshop *shop)
{
	struct file *f = shmem_file_setup_with_mnt(shop->mnt, "", 0, 0);

	if (IS_ERR(f))
		return PTR_ERR(f);
	shop->next = file_inode(f)->i_ino + 1;
	fput(f);
	return 0;
}

/* Make something that takes a number, and nobody needs. */
static int skip_number(struct workshop *shop, char __user *name)
{
	int err = ksys(mkdir, name, 0700);

	if (!err)
		err = ksys(rmdir, name);
	shop->next++;
	return err;
}

static int bind_planned(struct cpt_ctx *ctx, struct workshop *shop)
{
	char __user *name = cpt_scratch(ctx);
	int err = first_number(shop);

	if (!name || copy_to_user(name, "x", 2))
		return -ENOMEM;
	while (!err && shop->left) {
		struct hlist_head *here = &shop->todo[shop->next % PLACES];

		err = hlist_empty(here) ? skip_number(shop, name) :
		      bind_next(shop, hlist_entry(here->first, struct unix_made, node));
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

static int bind_files(struct cpt_ctx *ctx, struct workshop *shop)
{
	const struct cpt_rec *rec = NULL;
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)))
		if (rec->kind == CPT_K_UNIX)
			err = plan(ctx, shop, (const void *)rec, cpt_made(ctx, rec->id));
	return err || !shop->left ? err : bind_planned(ctx, shop);
}

/* Give a socket its name and its file, in the place of those of the workshop, or of none. */
static int set_name(struct sock *sk, const struct cpt_unix_rec *r, struct unix_made *made)
{
	spinlock_t *lock = &sock_net(sk)->unx.table.locks[sk->sk_hash];
	struct unix_sock *u = unix_sk(sk);
	struct unix_address *addr, *old;

	addr = kzalloc(sizeof(*addr) + NAME_AT + r->name_len, GFP_KERNEL);
	if (!addr)
		return -ENOMEM;
	refcount_set(&addr->refcnt, 1);
	addr->len = NAME_AT + r->name_len;
	addr->name->sun_family = AF_UNIX;
	memcpy(addr->name->sun_path, r + 1, r->name_len);
	spin_lock(lock);	/* somebody may read /proc/PID/net/unix */
	old = u->addr;
	swap(u->path, made->path);
	smp_store_release(&u->addr, addr);
	spin_unlock(lock);
	if (old && refcount_dec_and_test(&old->refcnt))
		kfree(old);
	return 0;
}

/* --- restore: when all sockets are there ------------------------------------------------------------ */

/* Connect the peer of an embryo to its listener, whose queue is in the order of the calls. */
static int connect_again(struct unix_made *embryo, struct unix_made *peer, struct unix_made *waits_at)
{
	struct sockaddr_storage name;
	const struct unix_address *addr = unix_sk(waits_at->sk)->addr;
	int err;

	if (!peer->sock || peer->joined || embryo->sk)
		return -EINVAL;
	memcpy(&name, addr->name, addr->len);
	err = kernel_connect(peer->sock, (void *)&name, addr->len, O_NONBLOCK);
	if (err)
		return err;
	embryo->sk = unix_peer_get(peer->sk);
	embryo->joined = peer->joined = true;
	return embryo->sk ? 0 : -EINVAL;
}

static int join(struct cpt_ctx *ctx, const struct cpt_unixq_rec *q)
{
	struct unix_made *owner = cpt_made(ctx, q->owner), *peer = cpt_made(ctx, q->peer);

	if (q->listener)
		return connect_again(owner, peer, cpt_made(ctx, q->listener));
	if (unix_rec(ctx, q->peer)->flags & CPT_UNIX_EMBRYO)
		return 0;		/* its queue's record connects it */
	if (owner->joined && peer->joined)
		return unix_peer(owner->sk) == peer->sk ? 0 : -EINVAL;
	if (owner->joined || peer->joined || owner == peer || !owner->sock || !peer->sock)
		return -EINVAL;
	owner->joined = peer->joined = true;
	return owner->sock->ops->socketpair(owner->sock, peer->sock);
}

static void set_peer(struct sock *sk, struct sock *peer)
{
	struct sock *old = unix_peer(sk);

	if (peer)
		sock_hold(peer);
	unix_peer(sk) = peer;
	if (old)
		sock_put(old);
}

/* Give what was just sent the credentials and the time of the original. */
static int mark_message(struct cpt_ctx *ctx, struct sk_buff *skb, const struct cpt_unix_msg *m)
{
	struct pid *pid = m->pid ? cpt_pid_get(ctx, m->pid) : NULL;

	if (IS_ERR(pid))
		return PTR_ERR(pid);
	put_pid(UNIXCB(skb).pid);
	UNIXCB(skb).pid = pid;
	UNIXCB(skb).uid = KUIDT_INIT(m->uid);
	UNIXCB(skb).gid = KGIDT_INIT(m->gid);
	skb->tstamp = ns_to_ktime(m->stamp);
	return 0;
}

/* The files of a message as descriptors in the (empty) table of the current task. */
static int put_files(struct cpt_ctx *ctx, const u64 *file, u32 n, struct cmsghdr *to)
{
	int *fd = CMSG_DATA(to);
	u32 i;

	for (i = 0; i < n; i++) {
		struct file *f = cpt_made(ctx, file[i]);

		if (IS_ERR(f))
			return PTR_ERR(f);
		fd[i] = get_unused_fd_flags(O_CLOEXEC);
		if (fd[i] < 0)
			return fd[i];
		fd_install(fd[i], get_file(f));
	}
	to->cmsg_level = SOL_SOCKET;
	to->cmsg_type = SCM_RIGHTS;
	to->cmsg_len = CMSG_LEN(n * sizeof(int));
	return 0;
}

static int send_data(struct unix_made *from, const struct cpt_unix_msg *m, const void *data, void *control)
{
	struct kvec vec = { .iov_base = (void *)data, .iov_len = m->len };
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL | (m->flags & CPT_UNIX_OOB ? MSG_OOB : 0) };
	int n;

	if (m->nfiles) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(m->nfiles * sizeof(int));
	}
	n = kernel_sendmsg(from->sock, &msg, &vec, 1, m->len);
	return n < 0 ? n : n == m->len ? 0 : -EIO;
}

static int send_again(struct cpt_ctx *ctx, struct unix_made *owner, const struct cpt_unix_msg *m, const void *data,
		      const u64 *file)
{
	struct unix_made *from = cpt_made(ctx, m->sender);
	struct sk_buff_head *queue = &owner->sk->sk_receive_queue;
	struct sk_buff *skb = skb_peek_tail(queue);
	bool dgram = owner->sk->sk_type == SOCK_DGRAM;
	void *control;
	int err;

	if (!from->sock || (!dgram && unix_peer(from->sk) != owner->sk))
		return -EINVAL;
	control = kzalloc(CMSG_SPACE(CPT_UNIX_FILES * sizeof(int)), GFP_KERNEL);
	if (!control)
		return -ENOMEM;
	if (dgram)
		set_peer(from->sk, owner->sk);
	err = put_files(ctx, file, m->nfiles, control);
	if (!err)
		err = send_data(from, m, data, control);
	if (m->nfiles)
		ksys(close_range, 0, ~0U, 0);
	if (dgram)
		set_peer(from->sk, NULL);
	kfree(control);
	while (!err && (skb = next_skb(owner->sk, skb)))
		err = mark_message(ctx, skb, m);
	return err;
}

static int fill_again(struct cpt_ctx *ctx, const struct cpt_unixq_rec *q)
{
	const struct cpt_unix_msg *m = (const void *)(q + 1);
	const u64 *file = (const void *)(m + q->nmsgs);
	const u8 *data = cpt_in_staged(ctx, q->rec.id, q->bytes);
	struct unix_made *owner = cpt_made(ctx, q->owner);
	int err = PTR_ERR_OR_ZERO(data);
	u32 i;

	for (i = 0; i < q->nmsgs && !err; i++) {
		err = send_again(ctx, owner, &m[i], data, file);
		data += m[i].len;
		file += m[i].nfiles;
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

/* Whom SO_PEERCRED names. */
static int set_peer_cred(struct cpt_ctx *ctx, struct sock *sk, const struct cpt_unix_rec *r)
{
	const struct cred *cred = r->peer_cred ? cpt_made(ctx, r->peer_cred) : NULL, *old_cred;
	struct pid *pid, *old_pid;

	if (IS_ERR(cred))
		return PTR_ERR(cred);
	pid = r->peer_pid ? cpt_pid_get(ctx, r->peer_pid) : NULL;
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	spin_lock(&sk->sk_peer_lock);
	old_pid = sk->sk_peer_pid;
	old_cred = sk->sk_peer_cred;
	sk->sk_peer_pid = pid;
	sk->sk_peer_cred = cred ? get_cred(cred) : NULL;
	spin_unlock(&sk->sk_peer_lock);
	put_pid(old_pid);
	put_cred(old_cred);
	return 0;
}

/* What only now, with everybody connected and all sent, can be as it was. */
static int settle(struct cpt_ctx *ctx, const struct cpt_unix_rec *r, struct unix_made *made)
{
	struct sock *sk = made->sk;
	int err;

	if (!sk)
		return -EINVAL;
	err = cpt_sock_set(ctx, sk, &r->opts);
	if (err)
		return err;
	sk->sk_max_ack_backlog = r->backlog;
	sk->sk_peek_off = max(r->peek_off, -1);
	sk->sk_shutdown = r->shutdown;
	sk->sk_err = r->error;
	if (r->type == SOCK_DGRAM)
		sk->sk_state = r->state == TCP_ESTABLISHED ? TCP_ESTABLISHED : TCP_CLOSE;
	err = set_peer_cred(ctx, sk, r);
	if (!err && r->name_len && !(r->flags & CPT_UNIX_CLOSED) && !(r->flags & CPT_UNIX_BOUND && !path_name(r)))
		err = set_name(sk, r, made);
	return err;
}

/* Close what had been closed; its name stays, for those who ask for their peer's. */
static int close_again(struct cpt_ctx *ctx, const struct cpt_unix_rec *r, struct unix_made *made)
{
	int err = 0;

	if (r->name_len)
		err = set_name(made->sk, r, made);
	if (!err && made->sock) {
		sock_release(made->sock);
		made->sock = NULL;
	}
	return err;
}

/* The records of @kind in order, with @act; a failure is said once. */
static int each(struct cpt_ctx *ctx, u16 kind, const char *what,
		int (*act)(struct cpt_ctx *ctx, const struct cpt_rec *rec))
{
	const struct cpt_rec *rec = NULL;
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)))
		if (rec->kind == kind)
			err = act(ctx, rec);
	return err ? cpt_fail(ctx, err, "a unix socket cannot be %s again: error %d", what, -err) : 0;
}

static int late_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	return PTR_ERR_OR_ZERO(cpt_made(ctx, rec->id));
}

static int late_listen(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_unix_rec *r = (const void *)rec;

	return r->state == TCP_LISTEN ? kernel_listen(((struct unix_made *)cpt_made(ctx, rec->id))->sock, INT_MAX) : 0;
}

static int late_join(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_unixq_rec *q = (const void *)rec;

	return q->peer && unix_rec(ctx, q->owner)->type != SOCK_DGRAM ? join(ctx, q) : 0;
}

static int late_fill(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	return fill_again(ctx, (const void *)rec);
}

static int late_peer(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_unixq_rec *q = (const void *)rec;

	if (q->peer && unix_rec(ctx, q->owner)->type == SOCK_DGRAM)
		set_peer(((struct unix_made *)cpt_made(ctx, q->owner))->sk,
			 ((struct unix_made *)cpt_made(ctx, q->peer))->sk);
	return 0;
}

static int late_close(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_unix_rec *r = (const void *)rec;

	return r->flags & CPT_UNIX_CLOSED ? close_again(ctx, r, cpt_made(ctx, rec->id)) : 0;
}

static int late_settle(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	return settle(ctx, (const void *)rec, cpt_made(ctx, rec->id));
}

/* The filter behind the record of a socket, if it has one. */
static int late_filter(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_rec *filter = cpt_rec_after(ctx, rec);

	return filter && filter->kind == CPT_K_SOCKFILTER ?
	       cpt_sockfilter_restore((const void *)filter, ((struct unix_made *)cpt_made(ctx, rec->id))->sk) : 0;
}

/* In the order of how it came about in the VE. */
static int late(struct cpt_ctx *ctx, struct workshop *shop)
{
	int err = each(ctx, CPT_K_UNIX, "made", late_make);

	if (!err)
		err = bind_files(ctx, shop);
	if (!err)
		err = each(ctx, CPT_K_UNIX, "listened to", late_listen);
	if (!err)
		err = each(ctx, CPT_K_UNIXQ, "connected", late_join);
	if (!err)
		err = each(ctx, CPT_K_UNIXQ, "filled", late_fill);
	if (!err)
		err = each(ctx, CPT_K_UNIXQ, "connected", late_peer);
	if (!err)
		err = each(ctx, CPT_K_UNIX, "closed", late_close);
	if (!err)
		err = each(ctx, CPT_K_UNIX, "settled", late_settle);
	if (!err)
		err = each(ctx, CPT_K_UNIX, "given its filter", late_filter);
	return err;
}

static bool has_sockets(struct cpt_ctx *ctx)
{
	const struct cpt_rec *rec = NULL;

	while ((rec = cpt_rec_after(ctx, rec)))
		if (rec->kind == CPT_K_UNIX)
			return true;
	return false;
}

/*
 * cpt_unix_late - connect all unix sockets and fill them
 *
 * In the VE's init, when all tasks exist and before it has descriptors and a current
 * directory: files are passed through its table, names looked up from there.
 */
int cpt_unix_late(struct cpt_ctx *ctx)
{
	struct workshop *shop;
	int err;

	if (!has_sockets(ctx))
		return 0;
	shop = open_workshop();
	if (!shop)
		return -ENOMEM;
	err = late(ctx, shop);
	close_workshop(shop);
	return err;
}

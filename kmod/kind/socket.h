/* SPDX-License-Identifier: GPL-2.0 */
/* What the families of sockets call of each other. */
#ifndef _CPT_SOCKET_H
#define _CPT_SOCKET_H

#include <cpt/image.h>

struct cpt_ctx;
struct file;
struct sock;

/* socket.c */
void cpt_sock_fill(struct cpt_sock_opts *o, const struct sock *sk);
int cpt_sock_set(struct cpt_ctx *ctx, struct sock *sk, const struct cpt_sock_opts *o);
const char *cpt_sock_obstacle(const struct sock *sk);
int cpt_sockfilter_dump(struct cpt_ctx *ctx, struct sock *sk);
int cpt_sockfilter_restore(const struct cpt_sockfilter_rec *r, struct sock *sk);

/* unix.c */
struct file *cpt_unix_file(struct cpt_ctx *ctx, u64 id);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What the objects of System V IPC share (ipc.c). */
#ifndef _CPT_KIND_IPC_H
#define _CPT_KIND_IPC_H

#include "compat/ipc.h"
#include "kind.h"

/* Where the objects of a sort are, of the namespace of the VE: of ctx->ipc at dump, of current at restore. */
static inline struct ipc_ids *cpt_ipc_ids(struct cpt_ctx *ctx, int sort)
{
	return &(ctx->ipc ?: current->nsproxy->ipc_ns)->ids[sort];
}

void *cpt_ipc_lock(struct cpt_ctx *ctx, int sort, int id);
void cpt_ipc_unlock(struct kern_ipc_perm *perm);
void cpt_ipc_fill(struct cpt_ipc_perm *r, const struct kern_ipc_perm *perm);
void cpt_ipc_wanted(struct cpt_ctx *ctx, int sort, const struct cpt_ipc_perm *r);
int cpt_ipc_made(struct cpt_ctx *ctx, int sort, const struct cpt_ipc_perm *r, long id);
void cpt_ipc_set(struct kern_ipc_perm *perm, const struct cpt_ipc_perm *r);
u32 cpt_ipc_pid(struct cpt_ctx *ctx, struct pid *pid);
int cpt_ipc_get_pid(struct cpt_ctx *ctx, u32 nr, struct pid **pid);
struct cred *cpt_ipc_user(struct cpt_ctx *ctx, u32 uid, int cap);
void cpt_ipc_set_pid(struct pid **at, struct pid **pid);

#endif

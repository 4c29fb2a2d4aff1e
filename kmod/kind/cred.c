// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials: ids, groups, capabilities, securebits. Of tasks, and of whoever
 * opened a file (f_cred): its holder gains nothing by a restore.
 *
 * Preserved: all of the above; tasks and files that shared one share one again.
 * Not preserved: the label of a security module (a restored task has that of the
 * host's kernel threads: unconfined, as ctl's children have).
 * The session's keyring is a new one, that of the VE.
 * Refused: another user namespace; keys of the VE's programs; Landlock domains;
 * capabilities the VE may not have on this host (at restore).
 */
#include <linux/cred.h>
#include <linux/key.h>
#include <linux/sched/user.h>
#include <linux/securebits.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <uapi/linux/landlock.h>

#include "kind.h"
#include "out.h"
#include "undump.h"

static u64 cap_get(kernel_cap_t cap)
{
	return compat_cap_to_u64(cap);
}

#ifdef CONFIG_KEYS
static bool has_keys(const struct cred *cred)
{
	const struct key *session = rcu_dereference_raw(cred->session_keyring);

	return cred->thread_keyring || cred->process_keyring ||
	       (session && session->keys.nr_leaves_on_tree);
}
#else
static bool has_keys(const struct cred *cred)
{
	return false;
}
#endif

/*
 * Are these credentials in a Landlock domain? Where it lies among the data of the
 * security modules is private: Landlock's own function copies it to a page of
 * zeros. (security/landlock/cred.c. Where Landlock is not enabled at boot its
 * offset means nothing; the system call says so.)
 */
static int landlocked(const struct cred *cred)
{
#ifdef CONFIG_SECURITY_LANDLOCK
	struct cred copy = { };
	int found;

	if (!cred->security ||
	    ksys(landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0)
		return 0;
	copy.security = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!copy.security)
		return -ENOMEM;
	ksym(hook_cred_prepare)(&copy, cred, GFP_KERNEL);
	found = !!memchr_inv(copy.security, 0, PAGE_SIZE);
	ksym(hook_cred_free)(&copy);
	kfree(copy.security);
	return found;
#else
	return 0;
#endif
}

static int cred_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	const struct cred *cred = obj->ptr;
	int domain = landlocked(cred);

	if (domain < 0)
		return domain;
	if (domain)
		cpt_obstacle(ctx, "process %d (%s) is in a Landlock domain, which cannot be preserved",
			     who->pid, who->comm);
	if (cred->user_ns != &init_user_ns)
		cpt_obstacle(ctx, "process %d (%s) is in a user namespace of its own, which cannot be preserved yet",
			     who->pid, who->comm);
	if (has_keys(cred))
		cpt_obstacle(ctx, "process %d (%s) has keys in a keyring, which cannot be preserved yet",
			     who->pid, who->comm);
	get_cred(cred);
	return 0;
}

static void cred_release(struct cpt_obj *obj)
{
	put_cred(obj->ptr);
}

static int cred_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	const struct cred *c = obj->ptr;
	struct group_info *gi = c->group_info;
	struct cpt_cred_rec *r;
	u32 *group;
	int i;

	r = cpt_out_rec(ctx, CPT_K_CRED, obj->id, sizeof(*r), gi->ngroups * sizeof(*group));
	if (!r)
		return -ENOMEM;
	r->uid = __kuid_val(c->uid);
	r->euid = __kuid_val(c->euid);
	r->suid = __kuid_val(c->suid);
	r->fsuid = __kuid_val(c->fsuid);
	r->gid = __kgid_val(c->gid);
	r->egid = __kgid_val(c->egid);
	r->sgid = __kgid_val(c->sgid);
	r->fsgid = __kgid_val(c->fsgid);
	r->cap_inheritable = cap_get(c->cap_inheritable);
	r->cap_permitted = cap_get(c->cap_permitted);
	r->cap_effective = cap_get(c->cap_effective);
	r->cap_bset = cap_get(c->cap_bset);
	r->cap_ambient = cap_get(c->cap_ambient);
	r->securebits = c->securebits;
	r->ngroups = gi->ngroups;
	group = (void *)(r + 1);
	for (i = 0; i < gi->ngroups; i++)
		group[i] = __kgid_val(gi->gid[i]);
	return 0;
}

/* Ids must mean something; capabilities must be the VE's to have. */
static int may_have(struct cpt_ctx *ctx, const struct cpt_cred_rec *r)
{
	const u32 *id, *group = (const void *)(r + 1);
	u64 caps = r->cap_inheritable | r->cap_permitted | r->cap_effective | r->cap_bset |
		   r->cap_ambient;
	u32 i;

	for (id = &r->uid; id <= &r->fsgid; id++)
		if (*id == (u32)-1)
			return cpt_fail(ctx, -EINVAL, "the image has an invalid user or group id");
	for (i = 0; i < r->ngroups; i++)
		if (group[i] == (u32)-1)
			return cpt_fail(ctx, -EINVAL, "the image has an invalid group id");
	if (caps & ~ctx->undump->cap_bset)
		return cpt_fail(ctx, -EPERM, "the image wants capabilities that this VE may not have (0x%llx)",
				caps & ~ctx->undump->cap_bset);
	if ((r->cap_effective & ~r->cap_permitted) ||
	    (r->cap_ambient & ~(r->cap_permitted & r->cap_inheritable)) ||
	    (r->securebits & ~(SECURE_ALL_BITS | SECURE_ALL_LOCKS)))
		return cpt_fail(ctx, -EINVAL, "the image has impossible capabilities");
	return 0;
}

static int fill(struct cred *c, const struct cpt_cred_rec *r)
{
	const u32 *group = (const void *)(r + 1);
	struct group_info *gi = groups_alloc(r->ngroups);
	struct user_struct *user = ksym(alloc_uid)(KUIDT_INIT(r->uid));
	u32 i;

	if (!gi || !user) {
		if (gi)
			groups_free(gi);
		ksym(free_uid)(user);
		return -ENOMEM;
	}
	for (i = 0; i < r->ngroups; i++)
		gi->gid[i] = KGIDT_INIT(group[i]);
	put_group_info(c->group_info);
	c->group_info = gi;
	ksym(free_uid)(c->user);
	c->user = user;
	c->uid = KUIDT_INIT(r->uid);
	c->euid = KUIDT_INIT(r->euid);
	c->suid = KUIDT_INIT(r->suid);
	c->fsuid = KUIDT_INIT(r->fsuid);
	c->gid = KGIDT_INIT(r->gid);
	c->egid = KGIDT_INIT(r->egid);
	c->sgid = KGIDT_INIT(r->sgid);
	c->fsgid = KGIDT_INIT(r->fsgid);
	c->cap_inheritable = compat_cap_from_u64(r->cap_inheritable);
	c->cap_permitted = compat_cap_from_u64(r->cap_permitted);
	c->cap_effective = compat_cap_from_u64(r->cap_effective);
	c->cap_bset = compat_cap_from_u64(r->cap_bset);
	c->cap_ambient = compat_cap_from_u64(r->cap_ambient);
	c->securebits = r->securebits;
	return ksym(set_cred_ucounts)(c);
}

/*
 * Made from the kernel's own credentials: no label or count of ctl's comes along. The
 * session's keyring is the one that ctl began for the VE, which the current task has.
 */
static void *cred_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_cred_rec *r = (const void *)rec;
	struct cred *c;
	int err;

	err = may_have(ctx, r);
	if (err)
		return ERR_PTR(err);
	c = prepare_kernel_cred(&init_task);
	if (!c)
		return ERR_PTR(-ENOMEM);
	err = fill(c, r);
	if (err) {
		abort_creds(c);
		return ERR_PTR(err);
	}
#ifdef CONFIG_KEYS
	c->session_keyring = key_get(current_cred()->session_keyring);
#endif
	return c;
}

static void cred_unmake(void *ptr)
{
	put_cred(ptr);
}

const struct cpt_kind_ops cpt_cred_ops = {
	.kind		= CPT_K_CRED,
	.name		= "cred",
	.collect	= cred_collect,
	.dump		= cred_dump,
	.release	= cred_release,
	.make		= cred_make,
	.unmake		= cred_unmake,
};

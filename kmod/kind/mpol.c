// SPDX-License-Identifier: GPL-2.0
/*
 * NUMA policies: set_mempolicy(2) of a task, mbind(2) of areas of memory and of what is
 * shared: nameless memory, memfds, segments of System V. A record behind that of the
 * task, the memory or the shared memory, one for each range that has a policy.
 *
 * Preserved: mode, flags, nodes, home node; where a task is in its turn of nodes.
 * Not preserved: on which node a page is (those of an area with a policy are made by it).
 * Refused: policies of files on a tmpfs, and of the vdso (mm.c); at restore, nodes that
 * are not there or not allowed, but where the policy is for any nodes (static, relative).
 *
 * A policy that a mapping has put on shared memory is the memory's: what the area itself
 * remembers of it is not looked at, by the kernel neither.
 *
 * Locks: areas: mmap_lock, by the caller; shared: its own lock.
 */
#include <linux/cpuset.h>
#include <linux/mempolicy.h>
#include <linux/mman.h>
#include <linux/nodemask.h>
#include <linux/shmem_fs.h>
#include <linux/uaccess.h>

#include "kind.h"
#include "out.h"
#include "undump.h"

#ifdef CONFIG_NUMA

/* Modes for whatever nodes there are. */
#define ANY_NODES (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)

/*
 * Nodes beyond what a host has do not count, but in modes for any nodes: the kernel has
 * dropped them when the policy was set.
 */
static void fill(struct cpt_mpol_rec *r, const struct mempolicy *pol)
{
	const nodemask_t *nodes = pol->flags & ANY_NODES ? &pol->w.user_nodemask : &pol->nodes;
	int node;

	r->mode = pol->mode;
	r->flags = pol->flags & MPOL_MODE_FLAGS;
	r->home = pol->home_node;
	if (pol->mode == MPOL_LOCAL)
		return;
	for_each_node_mask(node, *nodes)
		r->nodes[node / 64] |= 1ULL << (node % 64);
}

static struct cpt_mpol_rec *new_record(struct cpt_ctx *ctx, u64 start, u64 end)
{
	struct cpt_mpol_rec *r = cpt_out_rec(ctx, CPT_K_MPOL, 0, sizeof(*r), 0);

	BUILD_BUG_ON(MAX_NUMNODES > CPT_NODES_MAX);
	if (r) {
		r->start = start;
		r->end = end;
	}
	return r;
}

/*
 * cpt_mpol_dump_task - the record behind that of the live task @t, which is off the CPU
 */
int cpt_mpol_dump_task(struct cpt_ctx *ctx, struct task_struct *t)
{
	struct cpt_mpol_rec *r;

	if (!t->mempolicy)
		return 0;
	r = new_record(ctx, 0, 0);
	if (!r)
		return -ENOMEM;
	task_lock(t);		/* cpusets may change it */
	fill(r, t->mempolicy);
	r->last = t->il_prev;
	task_unlock(t);
	return 0;
}

/*
 * Is the policy of an area its own? That of shared memory is found by way of its methods; shared
 * memory of huge pages has none, although what shmat(2) maps of it has methods.
 */
static const struct mempolicy *own_policy(const struct vm_area_struct *vma)
{
	return vma->vm_ops && vma->vm_ops->get_policy && !(vma->vm_flags & VM_HUGETLB) ? NULL : vma->vm_policy;
}

/*
 * cpt_mpol_dump_area - the record of an area, behind all areas of its memory
 *
 * Under mmap_lock.
 */
int cpt_mpol_dump_area(struct cpt_ctx *ctx, const struct vm_area_struct *vma)
{
	const struct mempolicy *pol = own_policy(vma);
	struct cpt_mpol_rec *r;

	if (!pol)
		return 0;
	r = new_record(ctx, vma->vm_start, vma->vm_end);
	if (!r)
		return -ENOMEM;
	fill(r, pol);
	return 0;
}

/* The first range of shared memory that has a policy and does not end before @at. Under its lock. */
static const struct sp_node *range_from(const struct shared_policy *sp, pgoff_t at)
{
	const struct sp_node *found = NULL;
	struct rb_node *n = sp->root.rb_node;

	while (n) {
		const struct sp_node *p = rb_entry(n, struct sp_node, nd);

		if (p->end <= at) {
			n = n->rb_right;
		} else {
			found = p;
			n = n->rb_left;
		}
	}
	return found;
}

/*
 * cpt_mpol_dump_shared - the records behind that of the shared memory @inode
 */
int cpt_mpol_dump_shared(struct cpt_ctx *ctx, struct inode *inode)
{
	struct shared_policy *sp = &SHMEM_I(inode)->policy;
	const struct sp_node *p;
	pgoff_t at = 0;

	do {
		struct cpt_mpol_rec range = { }, *r;

		read_lock(&sp->lock);
		p = range_from(sp, at);
		if (p) {
			range.start = max(p->start, at);
			range.end = at = p->end;
			fill(&range, p->policy);
		}
		read_unlock(&sp->lock);
		if (!p)
			break;
		r = new_record(ctx, range.start, range.end);
		if (!r)
			return -ENOMEM;
		range.rec = r->rec;
		*r = range;
	} while (at);
	return 0;
}

/* --- restore ------------------------------------------------------------------------------- */

static int missing_node(const struct cpt_mpol_rec *r, const nodemask_t *have)
{
	int node;

	for (node = 0; !(r->flags & ANY_NODES) && node < CPT_NODES_MAX; node++)
		if ((r->nodes[node / 64] >> (node % 64) & 1) && (node >= MAX_NUMNODES || !node_isset(node, *have)))
			return node;
	if (r->home >= 0 && (r->home >= MAX_NUMNODES || !node_isset(r->home, node_states[N_ONLINE])))
		return r->home;
	return -1;
}

/*
 * cpt_mpol_verify - has this host what the policy @r needs?
 */
int cpt_mpol_verify(struct cpt_ctx *ctx, const struct cpt_mpol_rec *r)
{
	int node = missing_node(r, &node_states[N_MEMORY]);

	if (r->mode >= MPOL_MAX)
		return cpt_fail(ctx, -EINVAL, "the image has a NUMA policy that this kernel does not know (%u)", r->mode);
	return node < 0 ? 0 :
	       cpt_fail(ctx, -EINVAL, "the image has a NUMA policy with node %d, which this host lacks", node);
}

/* A page of memory to pass the nodes in; while an address space is being made, nothing may stay there. */
static unsigned long nodes_page(const struct cpt_mpol_rec *r)
{
	unsigned long addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);

	if (!IS_ERR_VALUE(addr) && copy_to_user((void __user *)addr, r->nodes, sizeof(r->nodes))) {
		vm_munmap(addr, PAGE_SIZE);
		return -EFAULT;
	}
	return addr;
}

/* A policy of the current task, or of its memory from @start on. */
static int set_policy(struct cpt_ctx *ctx, const struct cpt_mpol_rec *r, unsigned long start, unsigned long len)
{
	int node = missing_node(r, &cpuset_current_mems_allowed);
	unsigned long nodes;
	long err;

	if (node >= 0)
		return cpt_fail(ctx, -EINVAL, "NUMA node %d is not one that the VE may use", node);
	nodes = nodes_page(r);
	if (IS_ERR_VALUE(nodes))
		return (int)nodes;
	if (len)
		err = ksys(mbind, start, len, r->mode | r->flags, nodes, CPT_NODES_MAX + 1);
	else
		err = ksys(set_mempolicy, r->mode | r->flags, nodes, CPT_NODES_MAX + 1);
	if (!err && len && r->home >= 0)
		err = ksys(set_mempolicy_home_node, start, len, r->home, 0);
	vm_munmap(nodes, PAGE_SIZE);
	return err ? cpt_fail(ctx, err, "a NUMA policy (%u) cannot be set: error %ld", r->mode, -err) : 0;
}

/*
 * cpt_mpol_restore_task - that of the current task, whose record is @t
 */
int cpt_mpol_restore_task(struct cpt_ctx *ctx, const struct cpt_rec *t)
{
	const struct cpt_rec *rec = t;
	int err = ksys(set_mempolicy, MPOL_DEFAULT, NULL, 0);	/* not its creator's */

	while (!err && (rec = cpt_rec_after(ctx, rec)) && !rec->id) {
		const struct cpt_mpol_rec *r = (const void *)rec;

		if (rec->kind != CPT_K_MPOL)
			continue;
		err = set_policy(ctx, r, 0, 0);
		current->il_prev = min_t(u32, r->last, MAX_NUMNODES - 1);
	}
	return err;
}

/* No area of the current task's has what fork may have given it. */
static int forget_inherited(void)
{
	struct vm_area_struct *vma;
	unsigned long start, end = 0;
	int err = 0;

	do {
		VMA_ITERATOR(vmi, current->mm, end);

		start = end;
		mmap_read_lock(current->mm);
		for_each_vma(vmi, vma) {
			if (!own_policy(vma))
				continue;
			start = vma->vm_start;
			end = vma->vm_end;
			break;
		}
		mmap_read_unlock(current->mm);
		if (start < end)
			err = ksys(mbind, start, end - start, MPOL_DEFAULT, NULL, 0);
	} while (!err && start < end);
	return err;
}

/*
 * cpt_mpol_restore_mm - those of the current task's memory, whose areas are made but empty
 */
int cpt_mpol_restore_mm(struct cpt_ctx *ctx, const struct cpt_rec *mm)
{
	const struct cpt_rec *rec = mm;
	int err = forget_inherited();

	while (!err && (rec = cpt_rec_after(ctx, rec)) && !rec->id) {
		const struct cpt_mpol_rec *r = (const void *)rec;

		if (rec->kind == CPT_K_MPOL)
			err = set_policy(ctx, r, r->start, r->end - r->start);
	}
	return err;
}

/* By a mapping, for a moment: the policy stays. */
static int set_shared(struct cpt_ctx *ctx, const struct cpt_mpol_rec *r, struct file *f)
{
	unsigned long len, addr;
	int err;

	if (r->end > ULONG_MAX >> PAGE_SHIFT || r->end - r->start > TASK_SIZE >> PAGE_SHIFT)
		return cpt_fail(ctx, -EINVAL, "the image has a NUMA policy for more memory than this kernel can");
	len = (r->end - r->start) << PAGE_SHIFT;
	addr = vm_mmap(f, 0, len, PROT_READ, MAP_SHARED, (unsigned long)r->start << PAGE_SHIFT);
	if (IS_ERR_VALUE(addr))
		return (int)addr;
	err = set_policy(ctx, r, addr, len);
	vm_munmap(addr, len);
	return err;
}

/*
 * cpt_mpol_restore_shared - those of shared memory that was just made
 */
int cpt_mpol_restore_shared(struct cpt_ctx *ctx, const struct cpt_rec *shared, struct file *f)
{
	const struct cpt_rec *rec = shared;
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)) && !rec->id)
		if (rec->kind == CPT_K_MPOL)
			err = set_shared(ctx, (const void *)rec, f);
	return err;
}

#else /* one node, no policies */

int cpt_mpol_dump_task(struct cpt_ctx *ctx, struct task_struct *t)
{
	return 0;
}

int cpt_mpol_dump_area(struct cpt_ctx *ctx, const struct vm_area_struct *vma)
{
	return 0;
}

int cpt_mpol_dump_shared(struct cpt_ctx *ctx, struct inode *inode)
{
	return 0;
}

int cpt_mpol_verify(struct cpt_ctx *ctx, const struct cpt_mpol_rec *r)
{
	return cpt_fail(ctx, -EINVAL, "the image has NUMA policies, which this kernel does not know");
}

int cpt_mpol_restore_task(struct cpt_ctx *ctx, const struct cpt_rec *t)
{
	return 0;
}

int cpt_mpol_restore_mm(struct cpt_ctx *ctx, const struct cpt_rec *mm)
{
	return 0;
}

int cpt_mpol_restore_shared(struct cpt_ctx *ctx, const struct cpt_rec *shared, struct file *f)
{
	return 0;
}
#endif

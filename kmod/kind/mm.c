// SPDX-License-Identifier: GPL-2.0
/*
 * Memory (mm_struct): areas, pages, the addresses of code, data, heap, stack,
 * arguments and environment, auxiliary vector, executable.
 *
 * Preserved: private and shared anonymous memory, file mappings (the pages of a
 * private one that were written), flags of madvise and mlock, pages that fork
 * shared with the parent (shared again, in the image once), holes, contexts of
 * asynchronous I/O (aio.c), huge pages (hugetlb; what is shared of them: huge.c) and what is
 * reserved of them.
 * Not preserved: that a page was swapped, or huge where the kernel makes such by itself; that
 * huge pages which were given up (MADV_DONTNEED) are not reserved any more.
 * Refused: device memory, userfaultfd, NUMA policies of files on a tmpfs
 * (of all else: mpol.c), area names, an LDT.
 *
 * Who shares with whom: a child's mm names its creator's as parent. An area that
 * both have alike is *inherited*: at restore the kernel's own fork copies it, and
 * the child repairs only what differs: pages that are not the parent's are data,
 * pages that the child lacks are holes.
 *
 * Locks: mmap_lock for reading, dropped while pages (held by a reference) are
 * written; where areas are compared, the child's, then the parent's (nothing in
 * the kernel nests them the other way). Page table locks in walk_page_range().
 */
#include <linux/magic.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/mman.h>
#include <linux/pagewalk.h>
#include <linux/pkeys.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/uaccess.h>
#include <asm/vdso.h>

#include "compat/huge.h"
#include "compat/ipc.h"
#include "in.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

/* obj->priv */
struct mm_state {
	struct mm_struct *parent;	/* or NULL; held by its own object */
};

/* Flags of an area: the kernel's, the image's, and the advice that sets it (0: mmap does). */
static const struct {
	unsigned long vm;
	u32 cpt;
	int advice;
} area_flags[] = {
	{ VM_READ,		CPT_VMA_READ },
	{ VM_WRITE,		CPT_VMA_WRITE },
	{ VM_EXEC,		CPT_VMA_EXEC },
	{ VM_MAYSHARE,		CPT_VMA_SHARED },
	{ VM_GROWSDOWN,		CPT_VMA_GROWSDOWN },
	{ VM_NORESERVE,		CPT_VMA_NORESERVE },
	{ VM_LOCKED,		CPT_VMA_LOCKED },
	{ VM_LOCKONFAULT,	CPT_VMA_LOCKONFAULT },
	{ VM_DONTCOPY,		CPT_VMA_DONTFORK,	MADV_DONTFORK },
	{ VM_DONTDUMP,		CPT_VMA_DONTDUMP,	MADV_DONTDUMP },
	{ VM_WIPEONFORK,	CPT_VMA_WIPEONFORK,	MADV_WIPEONFORK },
	{ VM_HUGEPAGE,		CPT_VMA_HUGEPAGE,	MADV_HUGEPAGE },
	{ VM_NOHUGEPAGE,	CPT_VMA_NOHUGEPAGE,	MADV_NOHUGEPAGE },
	{ VM_MERGEABLE,		CPT_VMA_MERGEABLE,	MADV_MERGEABLE },
	{ VM_SEQ_READ,		CPT_VMA_SEQ_READ,	MADV_SEQUENTIAL },
	{ VM_RAND_READ,		CPT_VMA_RAND_READ,	MADV_RANDOM },
	{ VM_HUGETLB,		CPT_VMA_HUGETLB },
};

/* What mprotect can change of an area that fork gave. */
#define PROT_FLAGS (CPT_VMA_READ | CPT_VMA_WRITE | CPT_VMA_EXEC)

/* What fork does not give. */
#define HUGE_FLAGS (CPT_VMA_RESERVED | CPT_VMA_TAKEN)

static u32 flags_of(const struct vm_area_struct *vma)
{
	u32 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(area_flags); i++)
		if (vma->vm_flags & area_flags[i].vm)
			flags |= area_flags[i].cpt;
	if (compat_resv_flags(vma) & COMPAT_RESV_OWNER)
		flags |= CPT_VMA_RESERVED;
	if (compat_resv_flags(vma) & COMPAT_RESV_TAKEN)
		flags |= CPT_VMA_TAKEN;
	return flags;
}

static unsigned long prot_of(u32 flags)
{
	return (flags & CPT_VMA_READ ? PROT_READ : 0) | (flags & CPT_VMA_WRITE ? PROT_WRITE : 0) |
	       (flags & CPT_VMA_EXEC ? PROT_EXEC : 0);
}

/* --- protection keys --------------------------------------------------------------------------- */

#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
static void dump_pkeys(const struct mm_struct *mm, struct cpt_mm_rec *r)
{
	if (!cpu_feature_enabled(X86_FEATURE_OSPKE))
		return;
	r->pkeys = mm->context.pkey_allocation_map & ~1;
	r->exec_pkey = max_t(s16, mm->context.execute_only_pkey, 0);
}

/* Of areas that fork gave us, whose keys would keep us from writing there. */
static long protect_anew(unsigned long start, unsigned long len, unsigned long prot)
{
	return ksys(pkey_mprotect, start, len, prot, 0);
}

/* The keys of all areas; when their pages are there. */
static int set_pkeys(struct cpt_ctx *ctx, const struct cpt_mm_rec *m)
{
	const struct cpt_rec *rec = &m->rec;
	long err = 0;

	if (!cpu_feature_enabled(X86_FEATURE_OSPKE))
		return m->pkeys ? cpt_fail(ctx, -EINVAL, "this CPU has no protection keys, which a process uses") : 0;
	mmap_write_lock(current->mm);
	current->mm->context.pkey_allocation_map = m->pkeys | 1;
	current->mm->context.execute_only_pkey = -1;	/* nobody may ask for that one: later */
	mmap_write_unlock(current->mm);
	while (!err && (rec = cpt_rec_after(ctx, rec)) && rec->kind == CPT_K_VMA) {
		const struct cpt_vma_rec *r = (const void *)rec;

		if (cpt_vdso_area(r))
			continue;
		/* the kernel has chosen a key of its own for what may only be executed */
		if ((r->flags & CPT_VMA_PKEYS) || prot_of(r->flags) == PROT_EXEC)
			err = ksys(pkey_mprotect, (unsigned long)r->start, (unsigned long)(r->end - r->start),
				   prot_of(r->flags), r->flags >> CPT_VMA_PKEY_SHIFT);
	}
	if (m->exec_pkey)
		WRITE_ONCE(current->mm->context.execute_only_pkey, m->exec_pkey);
	return err ? cpt_fail(ctx, err, "protection keys cannot be set: error %ld", -err) : 0;
}
#else
static void dump_pkeys(const struct mm_struct *mm, struct cpt_mm_rec *r)
{
}

static long protect_anew(unsigned long start, unsigned long len, unsigned long prot)
{
	return ksys(mprotect, start, len, prot);
}

static int set_pkeys(struct cpt_ctx *ctx, const struct cpt_mm_rec *m)
{
	return m->pkeys ? cpt_fail(ctx, -EINVAL, "this kernel has no protection keys, which a process uses") : 0;
}
#endif

static const char *special_name(struct vm_area_struct *vma)
{
	return vma->vm_ops && vma->vm_ops->name ? vma->vm_ops->name(vma) : NULL;
}

/* Nameless shared memory: a file of the kernel's own tmpfs that is no memfd. */
static bool is_shared_anon(const struct vm_area_struct *vma)
{
	const struct file *f = vma->vm_file;

	return f && (vma->vm_flags & VM_SHARED) && file_inode(f)->i_sb->s_magic == TMPFS_MAGIC &&
	       (file_inode(f)->i_sb->s_flags & SB_NOUSER) &&
	       !strcmp(f->f_path.dentry->d_name.name, "dev/zero");
}

/* What mmap(MAP_HUGETLB) made, shared or not. */
static bool is_huge_anon(const struct vm_area_struct *vma)
{
	const struct file *f = vma->vm_file;

	return f && cpt_huge_nameless(file_inode(f)->i_sb) && !strcmp(f->f_path.dentry->d_name.name, CPT_HUGE_NAME);
}

/* Attached by shmat(2). */
static bool is_sysv(const struct vm_area_struct *vma)
{
	return vma->vm_file && compat_is_shmat(vma->vm_file);
}

static enum cpt_vma_type type_of(struct vm_area_struct *vma)
{
	const char *name = special_name(vma);

	if (name && !strcmp(name, "[vdso]"))
		return CPT_VMA_VDSO;
	if (name && !strncmp(name, "[vvar", 5))
		return CPT_VMA_VVAR;
	if (is_shared_anon(vma) || is_huge_anon(vma))
		return CPT_VMA_SHMEM;
	if (is_sysv(vma))
		return CPT_VMA_SYSV;
	if (cpt_is_aio_ring(vma))
		return CPT_VMA_AIO;
	return vma->vm_file ? CPT_VMA_FILE : CPT_VMA_ANON;
}

static bool future_sealed(const struct file *f)
{
	return cpt_memfd_name(f) && (*cpt_memfd_seals(file_inode(f)) & F_SEAL_FUTURE_WRITE);
}

/* Mapped for writing before F_SEAL_FUTURE_WRITE, read-only now, but mprotect(2) could change that. */
static bool writable_later(const struct vm_area_struct *vma)
{
	return vma->vm_file && (vma->vm_flags & (VM_SHARED | VM_MAYWRITE | VM_WRITE)) == (VM_SHARED | VM_MAYWRITE) &&
	       future_sealed(vma->vm_file);
}

/* Of a file that has a name: ctl makes that anew, and knows nothing of policies. */
static bool tmpfs_policy(const struct file *f)
{
	return file_inode(f)->i_sb->s_magic == TMPFS_MAGIC && !cpt_memfd_name(f) &&
	       compat_shmem_policy(file_inode(f));
}

/* What stands against preserving an area; NULL: nothing. */
static const char *area_obstacle(struct vm_area_struct *vma)
{
	enum cpt_vma_type type = type_of(vma);

	if (type == CPT_VMA_VDSO || type == CPT_VMA_VVAR)
		return compat_vma_policy(vma) ? "a NUMA policy of the kernel's memory" : NULL;
	if (special_name(vma))
		return "memory of the kernel's";
	if (vma->vm_flags & (VM_PFNMAP | VM_IO | VM_MIXEDMAP))
		return "memory of a device";
	if (vma->vm_flags & (VM_UFFD_MISSING | VM_UFFD_WP))
		return "memory watched by userfaultfd";
#ifdef CONFIG_X86_USER_SHADOW_STACK
	if (vma->vm_flags & VM_SHADOW_STACK)
		return "a shadow stack";
#endif
#ifdef VM_SEALED
	if (vma->vm_flags & VM_SEALED)
		return "sealed memory (mseal)";
#endif
	if (type == CPT_VMA_FILE && tmpfs_policy(vma->vm_file))
		return "memory with a NUMA policy";
	if (anon_vma_name(vma))
		return "named memory";
	if (vma->vm_file && file_inode(vma->vm_file)->i_sb->s_magic == SECRETMEM_MAGIC)
		return "secret memory (memfd_secret)";
	if (vma->vm_file && ((file_inode(vma->vm_file)->i_sb->s_flags & SB_NOUSER) ||
			     cpt_huge_nameless(file_inode(vma->vm_file)->i_sb)) &&
	    type != CPT_VMA_SHMEM && type != CPT_VMA_SYSV && type != CPT_VMA_AIO && !cpt_memfd_name(vma->vm_file))
		return "memory of a file without a path";
	if (writable_later(vma))
		return "memory of a sealed memfd that was mapped for writing";
	return NULL;
}

static int collect_area(struct cpt_ctx *ctx, struct vm_area_struct *vma,
			const struct cpt_holder *who)
{
	const char *why = area_obstacle(vma);

	if (why && vma->vm_file) {
		cpt_obstacle(ctx, "process %d (%s) has %s at %lx: %pD, which cannot be preserved yet",
			     who->pid, who->comm, why, vma->vm_start, vma->vm_file);
		/* lest somebody outside seem to hold it */
		if (is_sysv(vma))
			return cpt_shmat_collect(ctx, vma, who);
		return cpt_memfd_name(vma->vm_file) ? cpt_collect_file(ctx, vma->vm_file, who) : 0;
	}
	if (why)
		return cpt_obstacle(ctx, "process %d (%s) has %s at %lx, which cannot be preserved yet",
				    who->pid, who->comm, why, vma->vm_start);
	switch (type_of(vma)) {
	case CPT_VMA_FILE:
		return cpt_collect_file(ctx, vma->vm_file, who);
	case CPT_VMA_SHMEM:
		return cpt_collect(ctx, CPT_K_SHMEM, file_inode(vma->vm_file), who);
	case CPT_VMA_SYSV:
		return cpt_shmat_collect(ctx, vma, who);
	default:
		return 0;
	}
}

static struct file *exe_of(struct mm_struct *mm)
{
	return rcu_dereference_raw(mm->exe_file);	/* only its own tasks change it: frozen */
}

static int collect_mm(struct cpt_ctx *ctx, struct mm_struct *mm, const struct cpt_holder *who)
{
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);
	int err = 0;

#ifdef CONFIG_MODIFY_LDT_SYSCALL
	if (mm->context.ldt)
		cpt_obstacle(ctx, "process %d (%s) has an LDT, which cannot be preserved yet", who->pid,
			     who->comm);
#endif
	if (!exe_of(mm))
		cpt_obstacle(ctx, "process %d (%s) has no executable", who->pid, who->comm);
	else
		err = cpt_collect_file(ctx, exe_of(mm), who);
	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		if (err)
			break;
		err = collect_area(ctx, vma, who);
	}
	mmap_read_unlock(mm);
	return err;
}

/* Lock an mm and, inside, its parent, if it has one. */
static void lock_both(struct mm_struct *mm, struct mm_struct *parent)
{
	mmap_read_lock(mm);
	if (parent)
		down_read_nested(&parent->mmap_lock, SINGLE_DEPTH_NESTING);
}

static void unlock_both(struct mm_struct *mm, struct mm_struct *parent)
{
	if (parent)
		mmap_read_unlock(parent);
	mmap_read_unlock(mm);
}

/* The parent's area like @vma, if a fork now would give the child that very area. */
static bool inherited(struct mm_struct *parent, struct vm_area_struct *vma)
{
	struct vm_area_struct *p;
	bool same;

	if (!parent)
		return false;
	p = find_vma(parent, vma->vm_start);
	if (!p || p->vm_start > vma->vm_start || p->vm_end < vma->vm_end)
		return false;
	if (flags_of(vma) & CPT_VMA_RESERVED)
		return false;
	same = p->vm_file == vma->vm_file && type_of(p) == type_of(vma) &&
	       !(p->vm_flags & (VM_DONTCOPY | VM_WIPEONFORK)) &&
	       !((flags_of(p) ^ flags_of(vma)) & ~(PROT_FLAGS | HUGE_FLAGS | CPT_VMA_LOCKED | CPT_VMA_LOCKONFAULT));
	if (vma->vm_file)
		same = same && p->vm_pgoff + ((vma->vm_start - p->vm_start) >> PAGE_SHIFT) ==
			       vma->vm_pgoff;
	if (type_of(vma) == CPT_VMA_VDSO || type_of(vma) == CPT_VMA_VVAR)
		same = same && p->vm_start == vma->vm_start && p->vm_end == vma->vm_end;
	return same;
}

/* A ring that is not the memory's own (aio.c) must be one that fork gives it again. */
static void refuse_others_rings(struct cpt_ctx *ctx, struct mm_struct *mm, struct mm_struct *parent,
				const struct cpt_holder *who)
{
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);

	lock_both(mm, parent);
	for_each_vma(vmi, vma)
		if (cpt_is_aio_ring(vma) && !cpt_aio_owns(mm, vma) && !inherited(parent, vma))
			cpt_obstacle(ctx, "process %d (%s) has at %lx the ring of a context of asynchronous I/O that is not its own, which cannot be preserved",
				     who->pid, who->comm, vma->vm_start);
	unlock_both(mm, parent);
}

static int mm_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct mm_struct *mm = obj->ptr;
	struct cpt_holder holder = *who;
	struct mm_state *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int err;

	if (!s)
		return -ENOMEM;
	holder.fd = -1;
	err = collect_mm(ctx, mm, &holder);
	if (!err)
		err = cpt_aio_collect(ctx, mm, &holder);
	if (err) {
		kfree(s);
		return err;
	}
	refuse_others_rings(ctx, mm, who->parent_mm, &holder);
	s->parent = who->parent_mm;
	mmget(mm);
	obj->priv = s;
	return 0;
}

static void mm_release(struct cpt_obj *obj)
{
	kfree(obj->priv);
	mmput(obj->ptr);
}

static int dump_areas(struct cpt_ctx *ctx, struct mm_struct *mm, struct mm_struct *parent,
		      struct cpt_mm_rec *m, bool *huge)
{
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);
	int err = 0;

	for_each_vma(vmi, vma) {
		struct cpt_vma_rec *r = cpt_out_rec(ctx, CPT_K_VMA, 0, sizeof(*r), 0);

		if (!r)
			return -ENOMEM;
		r->start = vma->vm_start;
		r->end = vma->vm_end;
		r->type = type_of(vma);
		r->flags = flags_of(vma) | (u32)vma_pkey(vma) << CPT_VMA_PKEY_SHIFT;
		if (inherited(parent, vma))
			r->flags |= CPT_VMA_INHERIT;
		*huge |= !!(r->flags & CPT_VMA_HUGETLB);
		if (r->type == CPT_VMA_FILE || r->type == CPT_VMA_SYSV) {
			r->pgoff = vma->vm_pgoff;
			r->file = cpt_obj_id(ctx, vma->vm_file);
		} else if (r->type == CPT_VMA_SHMEM) {
			r->pgoff = vma->vm_pgoff;
			r->file = cpt_obj_id(ctx, file_inode(vma->vm_file));
		}
		m->areas++;
	}
	vma_iter_init(&vmi, mm, 0);
	for_each_vma(vmi, vma) {
		err = cpt_mpol_dump_area(ctx, vma);
		if (err)
			break;
	}
	return err;
}

static u32 count_auxv(const struct mm_struct *mm)
{
	u32 n = ARRAY_SIZE(mm->saved_auxv);

	while (n && !mm->saved_auxv[n - 1])
		n--;
	return min_t(u32, n + 2, ARRAY_SIZE(mm->saved_auxv));
}

/* Flags of a whole memory that prctl(2) sets, of the kernels that have them. */
static const struct {
	u32 cpt;
	unsigned long mmf;
} mm_flags[] = {
#ifdef MMF_HAS_MDWE
	{ CPT_MM_MDWE,			1UL << MMF_HAS_MDWE },
	{ CPT_MM_MDWE_NO_INHERIT,	1UL << MMF_HAS_MDWE_NO_INHERIT },
#endif
#ifdef MMF_VM_MERGE_ANY
	{ CPT_MM_MERGE_ANY,		1UL << MMF_VM_MERGE_ANY },
#endif
	{ CPT_MM_THP_DISABLE,		1UL << MMF_DISABLE_THP },
};

static u32 prctl_flags(const struct mm_struct *mm)
{
	u32 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(mm_flags); i++)
		if (mm->flags & mm_flags[i].mmf)
			flags |= mm_flags[i].cpt;
	return flags;
}

static int dump_record(struct cpt_ctx *ctx, struct cpt_obj *obj, struct mm_struct *mm, struct mm_struct *parent,
		       bool *huge)
{
	u32 nauxv = count_auxv(mm), i;
	struct cpt_mm_rec *r;
	u64 *auxv;
	int err;

	BUILD_BUG_ON(ARRAY_SIZE(mm->saved_auxv) > CPT_AUXV_MAX);
	r = cpt_out_rec(ctx, CPT_K_MM, obj->id, sizeof(*r), nauxv * sizeof(*auxv));
	if (!r)
		return -ENOMEM;
	r->parent = cpt_obj_id(ctx, parent);
	r->exe = cpt_obj_id(ctx, exe_of(mm));
	r->start_code = mm->start_code;
	r->end_code = mm->end_code;
	r->start_data = mm->start_data;
	r->end_data = mm->end_data;
	r->start_brk = mm->start_brk;
	r->brk = mm->brk;
	r->start_stack = mm->start_stack;
	r->arg_start = mm->arg_start;
	r->arg_end = mm->arg_end;
	r->env_start = mm->env_start;
	r->env_end = mm->env_end;
	r->mmap_base = mm->mmap_base;
	r->vdso = (unsigned long)mm->context.vdso;
	r->dumpable = mm->flags & MMF_DUMPABLE_MASK;
	r->coredump_filter = (mm->flags & MMF_DUMP_FILTER_MASK) >> MMF_DUMP_FILTER_SHIFT;
	r->membarrier = atomic_read(&mm->membarrier_state);
	r->flags = (mm->def_flags & VM_LOCKED ? CPT_MM_LOCK_FUTURE : 0) |
		   (mm->def_flags & VM_LOCKONFAULT ? CPT_MM_LOCK_ONFAULT : 0) |
		   prctl_flags(mm);
	dump_pkeys(mm, r);
	r->nauxv = nauxv;
	auxv = (void *)(r + 1);
	for (i = 0; i < nauxv; i++)
		auxv[i] = mm->saved_auxv[i];
	lock_both(mm, parent);
	err = dump_areas(ctx, mm, parent, r, huge);
	unlock_both(mm, parent);
	return err;
}

/* --- pages at dump ------------------------------------------------------------------------- */

#define CHUNK 512			/* pages looked at in one go */

/* What a range of an mm holds: for each page NULL, or a reference to it. */
struct view {
	unsigned long start;
	struct page *page[CHUNK];
	DECLARE_BITMAP(swapped, CHUNK);	/* there, but it must be faulted in */
};

static void see_page(struct view *v, unsigned long addr, struct page *page)
{
	if (!PageAnon(page))
		return;
	get_page(page);
	v->page[(addr - v->start) >> PAGE_SHIFT] = page;
}

static int see_pte(pte_t *ptep, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct view *v = walk->private;
	pte_t pte = *ptep;

	if (pte_none(pte))
		return 0;
	if (!pte_present(pte))
		__set_bit((addr - v->start) >> PAGE_SHIFT, v->swapped);
	else if (!pte_special(pte) && pfn_valid(pte_pfn(pte)))
		see_page(v, addr, pte_page(pte));
	return 0;
}

/* Huge pages are looked at whole: without this the walker would split them. */
static int see_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	struct view *v = walk->private;
	spinlock_t *ptl;

	if (pmd_none(*pmd) || (pmd_present(*pmd) && !pmd_trans_huge(*pmd)))
		return 0;
	ptl = ksym(__pmd_trans_huge_lock)(pmd, walk->vma);
	if (!ptl)
		return 0;
	__acquire(ptl);
	for (; addr < next; addr += PAGE_SIZE) {
		if (!pmd_present(*pmd))
			__set_bit((addr - v->start) >> PAGE_SHIFT, v->swapped);
		else if (PageAnon(pmd_page(*pmd)))
			see_page(v, addr, pmd_page(*pmd) + ((addr & ~PMD_MASK) >> PAGE_SHIFT));
	}
	spin_unlock(ptl);
	walk->action = ACTION_CONTINUE;
#endif
	return 0;
}

/* A huge page that an area has asked for (hugetlb), or the part of it that is looked at. */
static int see_hugetlb(pte_t *ptep, unsigned long hmask, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
#ifdef CONFIG_HUGETLB_PAGE
	spinlock_t *ptl = huge_pte_lock(hstate_vma(walk->vma), walk->mm, ptep);
	struct view *v = walk->private;
	pte_t pte = *ptep;

	for (; !pte_none(pte) && addr < next; addr += PAGE_SIZE) {
		if (!pte_present(pte))
			__set_bit((addr - v->start) >> PAGE_SHIFT, v->swapped);
		else
			see_page(v, addr, nth_page(pte_page(pte), (addr & ~hmask) >> PAGE_SHIFT));
	}
	spin_unlock(ptl);
#endif
	return 0;
}

static const struct mm_walk_ops view_ops = {
	.pmd_entry	= see_pmd,
	.pte_entry	= see_pte,
	.hugetlb_entry	= see_hugetlb,
	COMPAT_WALK_RDLOCK
};

static int view_open(struct view *v, struct mm_struct *mm, unsigned long start, unsigned long end,
		     bool fault_in)
{
	unsigned long i;
	int err;

	memset(v, 0, sizeof(*v));
	v->start = start;
	mmap_read_lock(mm);
	err = ksym(walk_page_range)(mm, start, end, &view_ops, v);
	if (!err && fault_in)
		for_each_set_bit(i, v->swapped, CHUNK)
			if (compat_gup(mm, start + (i << PAGE_SHIFT), 1, FOLL_FORCE, &v->page[i]) != 1) {
				v->page[i] = NULL;
				err = -EFAULT;
				break;
			}
	mmap_read_unlock(mm);
	return err;
}

static void view_close(struct view *v)
{
	int i;

	for (i = 0; i < CHUNK; i++)
		if (v->page[i])
			put_page(v->page[i]);
}

/* A section in the making. */
struct batch {
	struct cpt_run runs[CPT_RUNS_MAX];
	struct page *pages[CHUNK];
	u32 nruns, npages;
};

static void batch_add(struct batch *b, u64 addr, u32 flags)
{
	struct cpt_run *last = b->nruns ? &b->runs[b->nruns - 1] : NULL;

	if (last && last->flags == flags && last->off + last->len == addr)
		last->len += PAGE_SIZE;
	else
		b->runs[b->nruns++] = (struct cpt_run){ addr, PAGE_SIZE, flags };
}

/* Write what the child has and the parent has not, at @start … */
static int dump_chunk(struct cpt_ctx *ctx, struct cpt_obj *obj, struct batch *b,
		      struct view *child, struct view *parent, unsigned long start, unsigned long end)
{
	unsigned long i, n = (end - start) >> PAGE_SHIFT;

	b->nruns = b->npages = 0;
	for (i = 0; i < n; i++) {
		u64 addr = start + (i << PAGE_SHIFT);
		bool in_parent = parent && (parent->page[i] || test_bit(i, parent->swapped));

		if (child->page[i] && parent && child->page[i] == parent->page[i]) {
			ctx->pages_shared++;
		} else if (child->page[i]) {
			batch_add(b, addr, 0);
			b->pages[b->npages++] = child->page[i];
		} else if (in_parent) {
			batch_add(b, addr, CPT_RUN_HOLE);
		}
	}
	if (!b->nruns)
		return 0;
	ctx->pages += b->npages;
	return cpt_out_data(ctx, obj->id, b->runs, b->nruns, b->pages, b->npages,
			    (u64)b->npages * PAGE_SIZE);
}

struct dump_state {
	struct view child, parent;
	struct batch batch;
};

static int dump_range(struct cpt_ctx *ctx, struct cpt_obj *obj, struct dump_state *s,
		      struct mm_struct *parent, unsigned long start, unsigned long end)
{
	int err = 0;

	while (!err && start < end) {
		/* chunks end at huge page boundaries */
		unsigned long stop = min(end, (start + CHUNK * PAGE_SIZE) & ~(CHUNK * PAGE_SIZE - 1));

		if (fatal_signal_pending(current))
			return -EINTR;
		memset(&s->parent, 0, sizeof(s->parent));
		if (parent)
			err = view_open(&s->parent, parent, start, stop, false);
		if (!err)
			err = view_open(&s->child, obj->ptr, start, stop, true);
		else
			memset(&s->child, 0, sizeof(s->child));
		if (!err)
			err = dump_chunk(ctx, obj, &s->batch, &s->child, parent ? &s->parent : NULL,
					 start, stop);
		view_close(&s->child);
		view_close(&s->parent);
		start = stop;
		cond_resched();
	}
	return err;
}

/* An area whose pages the image must hold. A copy: no lock is kept. */
struct area {
	unsigned long start, end;
	u32 flags;
	u32 huge_shift;			/* of CPT_VMA_HUGETLB */
	bool inherit;
};

/* The first one at or after a->end. */
static bool next_area(struct mm_struct *mm, struct mm_struct *parent, struct area *a)
{
	struct vm_area_struct *vma;
	bool found = false;
	VMA_ITERATOR(vmi, mm, a->end);

	lock_both(mm, parent);
	for_each_vma(vmi, vma) {
		enum cpt_vma_type type = type_of(vma);

		if ((vma->vm_flags & VM_MAYSHARE) ||
		    (type != CPT_VMA_ANON && type != CPT_VMA_FILE && type != CPT_VMA_SHMEM))
			continue;
		a->start = vma->vm_start;
		a->end = vma->vm_end;
		a->flags = flags_of(vma);
		a->huge_shift = a->flags & CPT_VMA_HUGETLB ? cpt_huge_shift(file_inode(vma->vm_file)) : 0;
		a->inherit = inherited(parent, vma);
		found = true;
		break;
	}
	unlock_both(mm, parent);
	return found;
}

static int mm_data(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct mm_struct *parent = ((struct mm_state *)obj->priv)->parent;
	struct dump_state *s = kvmalloc(sizeof(*s), GFP_KERNEL);
	struct area a = { };
	int err = 0;

	if (!s)
		return -ENOMEM;
	while (!err && next_area(obj->ptr, parent, &a))
		err = dump_range(ctx, obj, s, a.inherit ? parent : NULL, a.start, a.end);
	kvfree(s);
	return err;
}

/* --- huge pages at dump -------------------------------------------------------------------------- */

/* Is a page of its own at @addr, which is not the parent's? */
static int own_page(struct view *v, struct mm_struct *mm, struct mm_struct *parent, unsigned long addr)
{
	struct page *page;
	int err = view_open(v, mm, addr, addr + PAGE_SIZE, false), own;

	page = v->page[0];
	own = page || test_bit(0, v->swapped);
	view_close(v);
	if (err || !own || !parent)
		return err ?: own;
	err = view_open(v, parent, addr, addr + PAGE_SIZE, false);
	own = !page || page != v->page[0];	/* compared only */
	view_close(v);
	return err ?: own;
}

/* How many huge pages a private area takes from the pool: all that it has reserved, or those it has. */
static int count_huge(struct view *v, struct mm_struct *mm, struct mm_struct *parent, const struct area *a, u64 *pages)
{
	unsigned long addr;
	int own = 0;

	if (a->flags & CPT_VMA_RESERVED) {
		*pages += (a->end - a->start) >> a->huge_shift;
		return 0;
	}
	for (addr = a->start; own >= 0 && addr < a->end; addr += 1UL << a->huge_shift) {
		own = fatal_signal_pending(current) ? -EINTR :
		      own_page(v, mm, a->inherit ? parent : NULL, addr);
		*pages += own > 0;
		cond_resched();
	}
	return min(own, 0);
}

static int dump_huge(struct cpt_ctx *ctx, struct mm_struct *mm, struct mm_struct *parent)
{
	struct view *v = kvmalloc(sizeof(*v), GFP_KERNEL);
	u64 pages[BITS_PER_LONG] = { };		/* of each size */
	struct area a = { };
	int err = v ? 0 : -ENOMEM, i;

	while (!err && next_area(mm, parent, &a))
		if (a.huge_shift)
			err = count_huge(v, mm, parent, &a, &pages[a.huge_shift]);
	for (i = 0; !err && i < ARRAY_SIZE(pages); i++)
		if (pages[i])
			err = cpt_huge_dump(ctx, i, pages[i]);
	kvfree(v);
	return err;
}

static int mm_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct mm_struct *mm = obj->ptr, *parent = ((struct mm_state *)obj->priv)->parent;
	bool huge = false;
	int err = dump_record(ctx, obj, mm, parent, &huge);

	if (!err)
		err = cpt_aio_dump(ctx, mm);
	if (!err && huge)
		err = dump_huge(ctx, mm, parent);
	return err;
}

/* --- restore ------------------------------------------------------------------------------- */

/* Unmap all of current's memory from @start to @end, which may be empty. */
static int unmap(unsigned long start, unsigned long end)
{
	return start < end ? vm_munmap(start, end - start) : 0;
}

/* Private huge pages are not written to where the program may not, even by us (FOLL_FORCE). */
static unsigned long first_prot(const struct cpt_vma_rec *r)
{
	bool huge = (r->flags & CPT_VMA_HUGETLB) && !(r->flags & CPT_VMA_SHARED);

	return prot_of(r->flags) | (huge ? PROT_READ | PROT_WRITE : 0);
}

/*
 * cpt_area_kept - does a task keep what fork gave it of this area?
 *
 * A bridged vdso is made anew in each process: where the own one is, no image says.
 */
bool cpt_area_kept(struct cpt_ctx *ctx, const struct cpt_vma_rec *r)
{
	return (r->flags & CPT_VMA_INHERIT) && !(ctx->undump->old_vdso && cpt_vdso_area(r));
}

/* Unmap what fork gave us and the image does not want; give the rest its own protection. */
static int keep_inherited(struct cpt_ctx *ctx, const struct cpt_rec *mm)
{
	const struct cpt_rec *rec = mm;
	unsigned long at = 0;
	int err;

	while ((rec = cpt_rec_after(ctx, rec)) && rec->kind == CPT_K_VMA) {
		const struct cpt_vma_rec *r = (const void *)rec;

		if (r->end > TASK_SIZE)
			return cpt_fail(ctx, -EINVAL, "the image has memory above what this kernel gives");
		if (!cpt_area_kept(ctx, r))
			continue;
		err = unmap(at, r->start);
		if (err)
			return err;
		at = r->end;
		if (cpt_vdso_area(r))
			continue;
		err = protect_anew(r->start, r->end - r->start, first_prot(r));
		if (err)
			return cpt_fail(ctx, err, "memory at %llx was not inherited: error %d", r->start, -err);
	}
	return unmap(at, COMPAT_TASK_SIZE);
}

/* Somebody else has taken what was free when the image was verified. */
static int too_few(struct cpt_ctx *ctx, const struct cpt_vma_rec *r)
{
	return cpt_fail(ctx, -ENOMEM, "too few huge pages are free for the memory at %llx", r->start);
}

/* Room for a ring, which restore_rings() puts there: until then nothing else comes there. */
static unsigned long keep_room(const struct cpt_vma_rec *r)
{
	return vm_mmap(NULL, r->start, r->end - r->start, PROT_NONE,
		       MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, 0);
}

/* A private area of huge pages that came from a parent, which has or had them reserved, by fork. */
static bool unreserved(const struct cpt_vma_rec *r)
{
	return (r->flags & (CPT_VMA_HUGETLB | CPT_VMA_SHARED | CPT_VMA_RESERVED)) == CPT_VMA_HUGETLB;
}

/* What fork leaves of such an area. */
static int set_unreserved(const struct cpt_vma_rec *r)
{
	struct vm_area_struct *vma;

	mmap_write_lock(current->mm);
	vma = find_vma(current->mm, r->start);
	if (vma && vma->vm_start == r->start && !(r->flags & CPT_VMA_NORESERVE))
		compat_clear_noreserve(vma);
	mmap_write_unlock(current->mm);
	return vma ? 0 : -EFAULT;
}

/* Is it where brk(2) begins, as that maps it? */
static bool is_heap(const struct cpt_mm_rec *m, const struct cpt_vma_rec *r)
{
	const u32 others = CPT_VMA_SHARED | CPT_VMA_NORESERVE | CPT_VMA_GROWSDOWN;

	return r->start == m->start_brk && r->type == CPT_VMA_ANON && !(r->flags & others) &&
	       first_prot(r) == (PROT_READ | PROT_WRITE);
}

/*
 * Unlike mmap(2), brk(2) does not make one area of its first one and the program's data before.
 * The data it knows of are those of the program that called MAKE: without them it neither counts
 * them (RLIMIT_DATA) nor begins behind them. What is right comes with set_bounds().
 */
static bool map_heap(const struct cpt_vma_rec *r)
{
	struct mm_struct *mm = current->mm;

	mmap_write_lock(mm);
	mm->start_data = mm->end_data = 0;
	mm->start_brk = mm->brk = r->start;
	mmap_write_unlock(mm);
	return (unsigned long)ksys(brk, r->end) == r->end;
}

static int map_area(struct cpt_ctx *ctx, const struct cpt_mm_rec *m, const struct cpt_vma_rec *r)
{
	unsigned long flags = MAP_FIXED | (r->flags & CPT_VMA_SHARED ? MAP_SHARED : MAP_PRIVATE) |
			      (r->flags & CPT_VMA_NORESERVE || unreserved(r) ? MAP_NORESERVE : 0) |
			      (r->flags & CPT_VMA_GROWSDOWN ? MAP_GROWSDOWN : 0);
	struct file *f = NULL;
	unsigned long addr;
	bool lifted;

	if (r->file) {
		f = cpt_made(ctx, r->file);
		if (IS_ERR(f))
			return PTR_ERR(f);
		if (cpt_is_huge(file_inode(f)) != !!(r->flags & CPT_VMA_HUGETLB))
			return cpt_fail(ctx, -EINVAL, "the image has huge pages where others are");
		/* a file system may give an area other properties than those of plain memory */
		if (!f->f_op->mmap && !IS_ENABLED(CONFIG_MMU))
			return -ENODEV;
	} else {
		flags |= MAP_ANONYMOUS;
	}
	/* mapped for writing before the seal */
	lifted = f && (r->flags & CPT_VMA_SHARED) && (r->flags & CPT_VMA_WRITE) && future_sealed(f);
	if (lifted)
		*cpt_memfd_seals(file_inode(f)) &= ~F_SEAL_FUTURE_WRITE;
	if (r->type == CPT_VMA_AIO)
		addr = keep_room(r);
	else if (is_heap(m, r) && map_heap(r))
		addr = r->start;
	else
		addr = vm_mmap(f, r->start, r->end - r->start, first_prot(r), flags,
			       r->pgoff << PAGE_SHIFT);
	if (lifted)
		*cpt_memfd_seals(file_inode(f)) |= F_SEAL_FUTURE_WRITE;
	if (addr == -ENOMEM && (r->flags & CPT_VMA_HUGETLB))
		return too_few(ctx, r);
	if (addr != r->start)
		return cpt_fail(ctx, IS_ERR_VALUE(addr) ? (int)addr : -EINVAL,
				"memory at %llx cannot be mapped: error %ld", r->start, -(long)addr);
	return unreserved(r) ? set_unreserved(r) : 0;
}

static int map_areas(struct cpt_ctx *ctx, const struct vdso_image *image, const struct cpt_mm_rec *m)
{
	const struct cpt_rec *rec = &m->rec;
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)) && rec->kind == CPT_K_VMA) {
		const struct cpt_vma_rec *r = (const void *)rec;

		if (!cpt_vdso_area(r) && !cpt_area_kept(ctx, r))
			err = map_area(ctx, m, r);
	}
	return err ? err : cpt_vdso_map(ctx, image, m);
}

/* Contexts of asynchronous I/O. When all areas are there: new rings come between them at first. */
static int restore_rings(struct cpt_ctx *ctx, const struct cpt_mm_rec *m)
{
	const struct cpt_rec *rec = &m->rec;
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)) && !rec->id) {
		const struct cpt_aio_rec *r = (const void *)rec;
		const struct cpt_vma_rec *area;

		if (rec->kind != CPT_K_AIO)
			continue;
		area = cpt_mm_area(m, r->start);
		err = cpt_aio_restore(ctx, r, area->end - area->start);
		if (!err)
			err = protect_anew(area->start, area->end - area->start, prot_of(area->flags));
	}
	return err;
}

/* The area of the mm's record that holds @addr; sections ascend, so the search goes on. */
static const struct cpt_vma_rec *area_at(struct cpt_ctx *ctx, const struct cpt_rec **from, u64 addr)
{
	for (; *from && (*from)->kind == CPT_K_VMA; *from = cpt_rec_after(ctx, *from)) {
		const struct cpt_vma_rec *r = (const void *)*from;

		if (addr < r->end)
			return addr >= r->start ? r : NULL;
	}
	return NULL;
}

static int write_pages(struct cpt_ctx *ctx, const struct cpt_vma_rec *r, u64 addr, u32 left)
{
	while (left) {
		u32 len;
		const void *buf = cpt_in_piece(ctx, left, &len);

		if (IS_ERR(buf))
			return PTR_ERR(buf);
		if (r->flags & CPT_VMA_HUGETLB) {
			if (copy_to_user((void __user *)(unsigned long)addr, buf, len))
				return too_few(ctx, r);
		} else if (r->flags & CPT_VMA_WRITE) {
			if (copy_to_user((void __user *)(unsigned long)addr, buf, len))
				return -EFAULT;
		} else if (access_process_vm(current, addr, (void *)buf, len,
					     FOLL_WRITE | FOLL_FORCE) != len) {
			return -EFAULT;
		}
		addr += len;
		left -= len;
	}
	return 0;
}

/* The size of a page at @addr, whether it is there or not. */
static unsigned long page_size_at(unsigned long addr)
{
	struct vm_area_struct *vma;
	u32 shift = PAGE_SHIFT;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, addr);
	if (vma && (vma->vm_flags & VM_HUGETLB))
		shift = cpt_huge_shift(file_inode(vma->vm_file));
	mmap_read_unlock(current->mm);
	return 1UL << shift;
}

/* Take away what fork gave. A huge page goes as a whole, with its first part; an image has all of them. */
static long make_hole(unsigned long at, unsigned long stop)
{
	unsigned long size = page_size_at(at);

	at = round_up(at, size);
	stop = round_up(stop, size);
	return at < stop ? ksys(madvise, at, stop - at, MADV_DONTNEED) : 0;
}

static int restore_run(struct cpt_ctx *ctx, const struct cpt_rec **area, const struct cpt_run *run)
{
	u64 at = run->off, end = run->off + run->len;
	int err = 0;

	if ((at | end) & ~PAGE_MASK)
		return cpt_fail(ctx, -EINVAL, "the image has pieces of pages");
	while (!err && at < end) {
		const struct cpt_vma_rec *r = area_at(ctx, area, at);
		u64 stop;

		if (!r || !cpt_area_has_data(r))
			return cpt_fail(ctx, -EINVAL, "the image has pages where no memory is");
		stop = min(end, r->end);
		if (run->flags & CPT_RUN_HOLE)
			err = make_hole(at, stop);
		else
			err = write_pages(ctx, r, at, stop - at);
		ctx->undump->pages += run->flags & CPT_RUN_HOLE ? 0 : (stop - at) >> PAGE_SHIFT;
		at = stop;
	}
	return err;
}

static int restore_pages(struct cpt_ctx *ctx, const struct cpt_rec *mm)
{
	const struct cpt_rec *area = cpt_rec_after(ctx, mm);
	struct cpt_section s;
	int err;
	u32 i;

	err = cpt_data_make_before(ctx, mm->id);
	if (err)
		return err;
	while ((err = cpt_in_section(ctx, mm->id, &s)) > 0) {
		for (i = 0, err = 0; !err && i < s.nruns; i++)
			err = restore_run(ctx, &area, &s.runs[i]);
		if (!err)
			err = cpt_in_section_end(ctx, &s);
		if (err)
			break;
		cond_resched();
	}
	return err;
}

/* When its pages are there. */
static int finish_huge(struct cpt_ctx *ctx, const struct cpt_vma_rec *r)
{
	struct vm_area_struct *vma;
	int err = 0;

	if (r->flags & CPT_VMA_TAKEN) {
		mmap_write_lock(current->mm);
		vma = find_vma(current->mm, r->start);
		if (vma && vma->vm_start <= r->start && (vma->vm_flags & (VM_HUGETLB | VM_MAYSHARE)) == VM_HUGETLB)
			compat_resv_set_taken(vma);
		mmap_write_unlock(current->mm);
	}
	if (first_prot(r) != prot_of(r->flags))
		err = protect_anew(r->start, r->end - r->start, prot_of(r->flags));
	return err ? cpt_fail(ctx, err, "memory at %llx cannot be protected: error %d", r->start, -err) : 0;
}

/* What madvise and mlock say of an area. After the pages: locking fills holes. */
static int advise(struct cpt_ctx *ctx, const struct cpt_vma_rec *r, bool merge_any)
{
	unsigned long start = r->start, len = r->end - r->start;
	long err = 0;
	int i;

	if (cpt_vdso_area(r))
		return 0;
	if (r->flags & CPT_VMA_HUGETLB)
		err = finish_huge(ctx, r);
	for (i = 0; !err && i < ARRAY_SIZE(area_flags); i++) {
		if (!area_flags[i].advice || !(r->flags & area_flags[i].cpt))
			continue;
		if ((r->flags & CPT_VMA_INHERIT) && area_flags[i].advice != MADV_DONTFORK &&
		    area_flags[i].advice != MADV_WIPEONFORK && area_flags[i].advice != MADV_MERGEABLE)
			continue;
		err = ksys(madvise, start, len, area_flags[i].advice);
	}
	if (!err && merge_any && !(r->flags & CPT_VMA_MERGEABLE))
		err = ksys(madvise, start, len, MADV_UNMERGEABLE);
	if (!err && (r->flags & CPT_VMA_LOCKED))
		err = ksys(mlock2, start, len, r->flags & CPT_VMA_LOCKONFAULT ? MLOCK_ONFAULT : 0);
	if (err)
		return cpt_fail(ctx, err, "flags 0x%x of memory at %llx cannot be set: error %ld",
				r->flags, r->start, -err);
	return 0;
}

static int advise_all(struct cpt_ctx *ctx, const struct cpt_rec *mm)
{
	bool merge_any = ((const struct cpt_mm_rec *)mm)->flags & CPT_MM_MERGE_ANY;
	const struct cpt_rec *rec = mm;
	int err = 0;

	while (!err && (rec = cpt_rec_after(ctx, rec)) && rec->kind == CPT_K_VMA)
		err = advise(ctx, (const void *)rec, merge_any);
	return err;
}

static void set_bounds(const struct cpt_mm_rec *r)
{
	struct mm_struct *mm = current->mm;
	const u64 *auxv = (const void *)(r + 1);
	u32 i;

	mmap_write_lock(mm);
	mm->start_code = r->start_code;
	mm->end_code = r->end_code;
	mm->start_data = r->start_data;
	mm->end_data = r->end_data;
	mm->start_brk = r->start_brk;
	mm->brk = r->brk;
	mm->start_stack = r->start_stack;
	mm->arg_start = r->arg_start;
	mm->arg_end = r->arg_end;
	mm->env_start = r->env_start;
	mm->env_end = r->env_end;
	mm->mmap_base = r->mmap_base;
	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	for (i = 0; i < min_t(u32, r->nauxv, ARRAY_SIZE(mm->saved_auxv)); i++)
		mm->saved_auxv[i] = auxv[i];
	mm->def_flags = (r->flags & CPT_MM_LOCK_FUTURE ? VM_LOCKED : 0) |
			(r->flags & CPT_MM_LOCK_ONFAULT ? VM_LOCKONFAULT : 0);
	mmap_write_unlock(mm);
}

/* Before there are areas: each new one is told. */
static int set_merge_any(struct cpt_ctx *ctx, u32 flags)
{
	u32 known = CPT_MM_LOCK_FUTURE | CPT_MM_LOCK_ONFAULT, is = prctl_flags(current->mm);
	int i, err = 0;

	for (i = 0; i < ARRAY_SIZE(mm_flags); i++)
		known |= mm_flags[i].cpt;
	if (flags & ~known)
		return cpt_fail(ctx, -EINVAL, "memory has properties (0x%x) that this kernel does not know",
				flags & ~known);
	if ((is ^ flags) & CPT_MM_MERGE_ANY)
		err = ksys(prctl, COMPAT_SET_MEMORY_MERGE, !!(flags & CPT_MM_MERGE_ANY));
	return err ? cpt_fail(ctx, err, "memory cannot be merged as it was: error %d", -err) : 0;
}

static int mm_restore(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_mm_rec *r = (const void *)rec;
	const struct vdso_image *image = current->mm->context.vdso_image;
	struct file *exe;
	int err;

	/* a huge page would fill the holes around one that comes back; see cpt_mm_late() */
	set_bit(MMF_DISABLE_THP, &current->mm->flags);
	err = keep_inherited(ctx, rec);
	if (!err)
		err = set_merge_any(ctx, r->flags);
	if (!err)
		err = map_areas(ctx, image, r);
	if (!err)
		err = cpt_mpol_restore_mm(ctx, rec);
	if (!err)
		err = restore_rings(ctx, r);
	if (!err)
		err = restore_pages(ctx, rec);
	if (!err)
		err = advise_all(ctx, rec);
	if (!err)
		err = set_pkeys(ctx, r);
	if (err)
		return err;
	set_bounds(r);
	exe = cpt_made(ctx, r->exe);
	if (IS_ERR(exe))
		return PTR_ERR(exe);
	err = ksym(set_mm_exe_file)(current->mm, exe);
	return err ? cpt_fail(ctx, err, "the executable is open for writing") : 0;
}

/*
 * cpt_mm_late - what changing credentials would undo
 */
void cpt_mm_late(struct cpt_ctx *ctx, const struct cpt_mm_rec *r)
{
	unsigned long set = r->dumpable |
		((unsigned long)r->coredump_filter << MMF_DUMP_FILTER_SHIFT & MMF_DUMP_FILTER_MASK);
	unsigned long mask = MMF_DUMPABLE_MASK | MMF_DUMP_FILTER_MASK;
	unsigned long old = READ_ONCE(current->mm->flags);
	int i;

	for (i = 0; i < ARRAY_SIZE(mm_flags); i++) {
		if (mm_flags[i].cpt == CPT_MM_MERGE_ANY)	/* more than a flag: set_merge_any() */
			continue;
		mask |= mm_flags[i].mmf;
		set |= r->flags & mm_flags[i].cpt ? mm_flags[i].mmf : 0;
	}
	while (!try_cmpxchg(&current->mm->flags, &old, (old & ~mask) | set))
		;
	atomic_set(&current->mm->membarrier_state, r->membarrier);
}

const struct cpt_kind_ops cpt_mm_ops = {
	.kind		= CPT_K_MM,
	.name		= "memory",
	.collect	= mm_collect,
	.dump		= mm_dump,
	.data		= mm_data,
	.release	= mm_release,
	.restore	= mm_restore,
};

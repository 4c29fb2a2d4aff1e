/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mm/hugetlb.c keeps for itself, and what differs there between kernel versions.
 */
#ifndef _CPT_COMPAT_HUGE_H
#define _CPT_COMPAT_HUGE_H

#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/version.h>

/* HPAGE_RESV_*: flags beside the pointer to what a private area has reserved */
#define COMPAT_RESV_OWNER	(1UL << 0)
#define COMPAT_RESV_TAKEN	(1UL << 1)	/* HPAGE_RESV_UNMAPPED */
#define COMPAT_RESV_MASK	(COMPAT_RESV_OWNER | COMPAT_RESV_TAKEN)

/* Of shared areas that pointer is another one. */
static inline unsigned long compat_resv_flags(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_HUGETLB | VM_MAYSHARE)) == VM_HUGETLB ?
	       (unsigned long)vma->vm_private_data & COMPAT_RESV_MASK : 0;
}

static inline void compat_resv_set_taken(struct vm_area_struct *vma)
{
	vma->vm_private_data = (void *)((unsigned long)vma->vm_private_data | COMPAT_RESV_TAKEN);
}

/* Flags of an area are changed by functions since 6.3 (include/linux/mm.h). */
static inline void compat_clear_noreserve(struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_clear(vma, VM_NORESERVE);
#else
	vma->vm_flags &= ~VM_NORESERVE;
#endif
}

#ifdef CONFIG_HUGETLB_PAGE

/* What is reserved of a file; NULL: it is no regular one. The pointer was renamed in 6.8. */
static inline struct resv_map *compat_resv_map(struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return inode->i_data.i_private_data;
#else
	return inode->i_data.private_data;
#endif
}

/* How far apart two huge pages are in a file's mapping, which counts small pages since 6.7. */
static inline pgoff_t compat_huge_step(struct hstate *h)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return 1UL << huge_page_order(h);
#else
	return 1;
#endif
}
#endif

#endif

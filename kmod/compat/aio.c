// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts of asynchronous I/O (fs/aio.c) as the kernel keeps them. Tried when the module loads,
 * in the process that loads it, on a context that is destroyed again.
 */
#include <linux/aio_abi.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

#include "ksym.h"
#include "private.h"

#ifdef CONFIG_AIO

static const struct compat_kioctx_table *table_of(const struct mm_struct *mm)
{
	return (const struct compat_kioctx_table *)rcu_dereference_raw(mm->ioctx_table);
}

/*
 * compat_kioctx_from - the context of @mm in the first place from *@i on that has one; NULL: none
 *
 * While nobody makes or destroys one: the tasks of @mm are frozen, or all there is is current.
 */
struct compat_kioctx *compat_kioctx_from(const struct mm_struct *mm, unsigned int *i)
{
	const struct compat_kioctx_table *t = table_of(mm);

	for (; t && *i < t->nr; ++*i)
		if (t->table[*i])
			return t->table[*i];
	return NULL;
}

/* The owner of a mapping has its members under other names since 6.8 (include/linux/fs.h). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define MAPPING_LOCK(_m)	(&(_m)->i_private_lock)
#define MAPPING_DATA(_m)	((_m)->i_private_data)
#else
#define MAPPING_LOCK(_m)	(&(_m)->private_lock)
#define MAPPING_DATA(_m)	((_m)->private_data)
#endif

/*
 * compat_kioctx_of - the context of @mm whose ring @ring is; NULL: it is another's, or nobody's any more
 *
 * While nobody makes or destroys one of @mm.
 */
struct compat_kioctx *compat_kioctx_of(const struct mm_struct *mm, const struct file *ring)
{
	const struct compat_kioctx_table *t = table_of(mm);
	struct address_space *mapping = ring->f_mapping;
	struct compat_kioctx *k;

	spin_lock(MAPPING_LOCK(mapping));	/* that of others may go away */
	k = MAPPING_DATA(mapping);
	if (k && !(t && k->id < t->nr && t->table[k->id] == k))
		k = NULL;
	spin_unlock(MAPPING_LOCK(mapping));
	return k;
}

/*
 * compat_kioctx_busy - how many requests of @k are not over, with all that belongs to it
 *
 * While nobody begins one. Each has a reference, besides the two that a context is made with
 * (ioctx_alloc()); the sum is exact when there is no other, and else it may be too high.
 */
unsigned long compat_kioctx_busy(struct compat_kioctx *k)
{
	unsigned long n = atomic_long_read(&k->reqs.data->count);
	unsigned long __percpu *counts;
	int cpu;

	if (__ref_is_percpu(&k->reqs, &counts)) {
		n -= 1UL << (BITS_PER_LONG - 1);	/* PERCPU_COUNT_BIAS of lib/percpu-refcount.c */
		for_each_possible_cpu(cpu)
			n += *per_cpu_ptr(counts, cpu);
	}
	return n - 2;
}

/* What is tried lies in the memory of whoever loads the module. */
struct tried {
	aio_context_t ctx;
	struct iocb __user *list[1];
	u64 one;
	struct iocb iocb;
};

static bool ring_known(const struct compat_kioctx *k, unsigned long at)
{
	struct {
		u32 id, nr, head, tail;
	} ring;
	const struct vm_area_struct *vma;
	bool ok;

	if (copy_from_user(&ring, (void __user *)at, sizeof(ring)))
		return false;
	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, at);
	ok = vma && vma->vm_start == at && vma->vm_end - at == k->mmap_size && vma->vm_file == k->aio_ring_file &&
	     compat_kioctx_of(current->mm, vma->vm_file) == k;
	mmap_read_unlock(current->mm);
	return ok && ring.id == k->id && ring.nr == k->nr_events && ring.tail == k->tail &&
	       k->nr_pages == k->mmap_size >> PAGE_SHIFT && k->mmap_base == at;
}

static struct compat_kioctx *find_context(unsigned long at)
{
	struct compat_kioctx *k;
	unsigned int i = 0;

	while ((k = compat_kioctx_from(current->mm, &i)) && k->user_id != at)
		i++;
	return k;
}

/* One request waits for @fd, an eventfd that is zero; then that is written to. */
static bool context_known(struct tried __user *u, unsigned long at, int fd)
{
	struct compat_kioctx *k = find_context(at);

	if (!k || !ring_known(k, at) || k->max_reqs != 1 || atomic_read(&k->dead) || compat_kioctx_busy(k) ||
	    !list_empty(&k->active_reqs) || k->tail || k->completed_events ||
	    atomic_read(&k->reqs_available) != k->nr_events - 1)
		return false;
	if (ksys(io_submit, at, 1, u->list) != 1 || compat_kioctx_busy(k) != 1 || !list_is_singular(&k->active_reqs))
		return false;
	return ksys(write, fd, &u->one, sizeof(u->one)) == sizeof(u->one) && list_empty(&k->active_reqs) &&
	       !compat_kioctx_busy(k) && k->tail == 1 && k->completed_events == 1 && ring_known(k, at);
}

static bool aio_tried(struct tried __user *u, int fd)
{
	struct tried t = {
		.list = { &u->iocb },
		.one = 1,
		.iocb = { .aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = fd, .aio_buf = (__force u16)EPOLLIN },
	};
	aio_context_t at;
	bool ok;

	if (copy_to_user(u, &t, sizeof(t)) || ksys(io_setup, 1, &u->ctx) || get_user(at, &u->ctx))
		return false;
	ok = context_known(u, at, fd);
	return !ksys(io_destroy, at) && ok;
}

/* compat_aio_known - is all of this as it says? */
bool compat_aio_known(void)
{
	unsigned long u = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	long fd = ksys(eventfd2, 0, 0);
	bool ok = fd >= 0 && !IS_ERR_VALUE(u) && aio_tried((struct tried __user *)u, fd);

	if (fd >= 0)
		ksys(close_range, fd, fd, 0);
	if (!IS_ERR_VALUE(u))
		vm_munmap(u, PAGE_SIZE);
	return ok;
}

#else

struct compat_kioctx *compat_kioctx_from(const struct mm_struct *mm, unsigned int *i)
{
	return NULL;
}

struct compat_kioctx *compat_kioctx_of(const struct mm_struct *mm, const struct file *ring)
{
	return NULL;
}

unsigned long compat_kioctx_busy(struct compat_kioctx *k)
{
	return 0;
}

bool compat_aio_known(void)
{
	return true;
}

#endif

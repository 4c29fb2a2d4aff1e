// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts of asynchronous I/O (io_setup(2)): records behind the areas of the memory they
 * belong to, whose rings are areas of it.
 *
 * Preserved: the number of a context, which is where its ring is; its size; events that
 * nobody has read yet, and their places in the ring; how many places are taken.
 * Not preserved: events that were read; the kernel's own number of it (the ring's id).
 * Refused: requests that wait for something (IOCB_CMD_POLL); others that do not come to an
 * end soon: what is under way to a disk is waited for; rings of which a part is not mapped;
 * rings of others, but those of the parent that fork gives again.
 *
 * The kernel makes a ring of at least so many places for each CPU that it may have: one that
 * is smaller cannot be made there.
 *
 * Locks: nobody but the tasks of a memory makes or destroys its contexts; completion_lock for
 * what requests change that come to an end.
 */
#include <linux/aio_abi.h>
#include <linux/cpumask.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/private.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

#define AIO_RING_MAGIC	0xa10a10a1	/* fs/aio.c */
#define AIO_PATIENCE	(10 * HZ)	/* how long requests of a memory are waited for */

/* What a ring begins with (fs/aio.c); as long as an event. */
struct ring {
	u32 id, nr;
	u32 head, tail;
	u32 rest[4];
};
static_assert(sizeof(struct ring) == sizeof(struct io_event));
static_assert(sizeof(struct cpt_aio_event) == sizeof(struct io_event));

bool cpt_is_aio_ring(const struct vm_area_struct *vma)
{
	return vma->vm_file && file_inode(vma->vm_file)->i_sb->s_magic == AIO_RING_MAGIC;
}

/* cpt_aio_owns - is it the ring of a context of @mm itself? */
bool cpt_aio_owns(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
	return compat_kioctx_of(mm, vma->vm_file);
}

/* --- dump -------------------------------------------------------------------------------------- */

static bool mapped_whole(struct mm_struct *mm, const struct compat_kioctx *k)
{
	const struct vm_area_struct *vma;
	bool whole;

	mmap_read_lock(mm);
	vma = find_vma(mm, k->user_id);
	whole = vma && vma->vm_start == k->user_id && vma->vm_file == k->aio_ring_file && !vma->vm_pgoff &&
		vma->vm_end - vma->vm_start == (unsigned long)k->nr_pages << PAGE_SHIFT;
	mmap_read_unlock(mm);
	return whole;
}

/* Until all requests of @k are over, or one is found that has to wait. */
static int wait_for_requests(struct compat_kioctx *k, unsigned long until)
{
	while (compat_kioctx_busy(k) && list_empty_careful(&k->active_reqs) && time_before(jiffies, until)) {
		schedule_timeout_killable(1);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

static void refuse(struct cpt_ctx *ctx, struct mm_struct *mm, struct compat_kioctx *k,
		   const struct cpt_holder *who)
{
	if (!mapped_whole(mm, k))
		cpt_obstacle(ctx, "process %d (%s) has a context of asynchronous I/O whose ring at %lx is not mapped as a whole, which cannot be preserved",
			     who->pid, who->comm, k->user_id);
	if (!compat_kioctx_busy(k))
		return;
	if (list_empty_careful(&k->active_reqs))
		cpt_obstacle(ctx, "process %d (%s) has asynchronous I/O under way that does not come to an end (context %lx)",
			     who->pid, who->comm, k->user_id);
	else
		cpt_obstacle(ctx, "process %d (%s) waits for a file by asynchronous I/O (IOCB_CMD_POLL, context %lx), which cannot be preserved yet",
			     who->pid, who->comm, k->user_id);
}

/*
 * cpt_aio_collect - let all requests of @mm come to an end; refuse what stands against it
 */
int cpt_aio_collect(struct cpt_ctx *ctx, struct mm_struct *mm, const struct cpt_holder *who)
{
	unsigned long until = jiffies + AIO_PATIENCE;
	struct compat_kioctx *k;
	unsigned int i;

	for (i = 0; (k = compat_kioctx_from(mm, &i)); i++) {
		int err = wait_for_requests(k, until);

		if (err)
			return err;
		refuse(ctx, mm, k, who);
		cond_resched();
	}
	return 0;
}

/* Copy from the memory of a frozen task, page by page. */
static int read_memory(struct mm_struct *mm, unsigned long addr, void *buf, size_t len)
{
	struct page *page;
	int err = 0;

	while (!err && len) {
		size_t n = min_t(size_t, len, PAGE_SIZE - offset_in_page(addr));

		if (mmap_read_lock_killable(mm))
			return -EINTR;
		err = compat_gup(mm, addr, 1, FOLL_FORCE, &page) == 1 ? 0 : -EFAULT;
		mmap_read_unlock(mm);
		if (err)
			break;
		memcpy_from_page(buf, page, offset_in_page(addr), n);
		put_page(page);
		addr += n;
		buf += n;
		len -= n;
	}
	return err;
}

/* Where the place @i of a ring is. */
static unsigned long place(u64 ring, u32 i)
{
	return ring + (i + 1) * sizeof(struct io_event);
}

/* The next ring of @mm's own, from @from on; NULL: there is none. */
static struct compat_kioctx *next_ring(struct mm_struct *mm, unsigned long from)
{
	struct compat_kioctx *k = NULL;
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, from);

	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		k = cpt_is_aio_ring(vma) ? compat_kioctx_of(mm, vma->vm_file) : NULL;
		if (k)
			break;
	}
	mmap_read_unlock(mm);
	return k;
}

static int dump_context(struct cpt_ctx *ctx, struct mm_struct *mm, struct compat_kioctx *k)
{
	u32 tail, completed, head, first, second;
	struct cpt_aio_event *events;
	struct cpt_aio_rec *r;
	struct ring ring;
	int err;

	spin_lock_irq(&k->completion_lock);
	tail = k->tail;
	completed = k->completed_events;
	spin_unlock_irq(&k->completion_lock);
	err = read_memory(mm, k->user_id, &ring, sizeof(ring));
	if (err)
		return err;
	head = ring.head % k->nr_events;
	first = (tail < head ? k->nr_events : tail) - head;
	second = tail < head ? tail : 0;
	r = cpt_out_rec(ctx, CPT_K_AIO, 0, sizeof(*r), (first + second) * sizeof(*events));
	if (!r)
		return -ENOMEM;
	r->start = k->user_id;
	r->max_reqs = k->max_reqs;
	r->head = ring.head;
	r->tail = tail;
	r->completed = completed;
	events = (void *)(r + 1);
	err = read_memory(mm, place(k->user_id, head), events, first * sizeof(*events));
	if (!err)
		err = read_memory(mm, place(k->user_id, 0), events + first, second * sizeof(*events));
	return err;
}

/*
 * cpt_aio_dump - the records behind those of the areas of @mm
 */
int cpt_aio_dump(struct cpt_ctx *ctx, struct mm_struct *mm)
{
	struct compat_kioctx *k;
	unsigned long from = 0;
	int err = 0;

	while (!err && (k = next_ring(mm, from))) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = dump_context(ctx, mm, k);
		from = k->user_id + ((unsigned long)k->nr_pages << PAGE_SHIFT);
		cond_resched();
	}
	return err;
}

/* --- restore ----------------------------------------------------------------------------------- */

/* How many places a ring has that io_setup(2) makes here for @n requests (ioctx_alloc()). */
static u32 places_for(u32 n)
{
	u32 events = 2 * max_t(u32, n, num_possible_cpus() * 4) + 2;

	return PAGE_ALIGN(place(0, events)) / sizeof(struct io_event) - 1;
}

static struct compat_kioctx *context_at(unsigned long addr)
{
	struct compat_kioctx *k = NULL;
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, addr);
	if (vma && vma->vm_start == addr && cpt_is_aio_ring(vma))
		k = compat_kioctx_of(current->mm, vma->vm_file);
	mmap_read_unlock(current->mm);
	return k;
}

/* A new context with a ring of @nr places, wherever that is. */
static int make_context(struct cpt_ctx *ctx, const struct cpt_aio_rec *r, u32 nr, unsigned long *at)
{
	u32 n = places_for(r->max_reqs) < nr ? (nr - 2) / 2 : r->max_reqs;
	aio_context_t __user *id = cpt_scratch(ctx);
	long err;

	if (places_for(n) != nr)
		return cpt_fail(ctx, -EINVAL, "the ring of a context of asynchronous I/O (%llx) has %u places, too few for the CPUs that this host may have",
				r->start, nr);
	if (!id || put_user(0, id))
		return -ENOMEM;
	err = ksys(io_setup, n, id);
	if (err)
		return cpt_fail(ctx, err, "a context of asynchronous I/O of %u requests cannot be made: error %ld (fs.aio-max-nr says how many there may be)",
				n, -err);
	return get_user(*at, id);
}

/* The events of @r, in their places, and what the ring itself says of them. */
static int fill_ring(const struct cpt_aio_rec *r, u32 nr)
{
	struct ring __user *ring = (void __user *)(unsigned long)r->start;
	const struct cpt_aio_event *events = (const void *)(r + 1);
	u32 head = r->head % nr, first = (r->tail < head ? nr : r->tail) - head, second = r->tail < head ? r->tail : 0;

	if (put_user(r->head, &ring->head) || put_user(r->tail, &ring->tail) ||
	    copy_to_user((void __user *)place(r->start, head), events, first * sizeof(*events)) ||
	    copy_to_user((void __user *)place(r->start, 0), events + first, second * sizeof(*events)))
		return -EFAULT;
	return 0;
}

static void fill_context(const struct cpt_aio_rec *r, struct compat_kioctx *k)
{
	spin_lock_irq(&k->completion_lock);
	k->tail = r->tail;
	k->completed_events = r->completed;
	spin_unlock_irq(&k->completion_lock);
	atomic_set(&k->reqs_available, k->nr_events - 1 - r->completed);
}

/*
 * cpt_aio_restore - make a context again, with its ring where it was, which is @len bytes
 *
 * In a task whose memory has nothing else there but what keeps the room. The ring may be written to.
 */
int cpt_aio_restore(struct cpt_ctx *ctx, const struct cpt_aio_rec *r, u64 len)
{
	u32 nr = len / sizeof(struct io_event) - 1;
	struct compat_kioctx *k;
	unsigned long at;
	long to;
	int err;

	err = make_context(ctx, r, nr, &at);
	if (err)
		return err;
	to = ksys(mremap, at, (unsigned long)len, (unsigned long)len, MREMAP_MAYMOVE | MREMAP_FIXED,
		  (unsigned long)r->start);
	k = context_at(r->start);
	if (to != (long)r->start || !k || k->user_id != r->start || k->nr_events != nr)
		return cpt_fail(ctx, -EINVAL, "the ring of a context of asynchronous I/O cannot be put to %llx again", r->start);
	err = fill_ring(r, nr);
	if (!err)
		fill_context(r, k);
	return err;
}

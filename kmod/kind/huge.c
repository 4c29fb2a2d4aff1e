// SPDX-License-Identifier: GPL-2.0
/*
 * Huge pages (hugetlb) of what is shared: mmap(MAP_HUGETLB), memfd_create(MFD_HUGETLB),
 * SHM_HUGETLB, files on a hugetlbfs. To the kernel all of these are files on a hugetlbfs, those
 * without a path on one of its own for each size.
 *
 * Preserved: which pages are there, and which are reserved; the contents (shmem.c, shm.c,
 * deleted.c; of files that have a name ctl's). Private areas: mm.c.
 * Not preserved: on which node a page is.
 * Refused at restore: more pages than this host can give; before anything is made.
 *
 * What is reserved is reserved again first, so that no page is missing later.
 *
 * Locks: what is reserved: its own lock, inside that of the list of a file system's inodes.
 */
#include <linux/highmem.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/falloc.h>	/* after what it does not include itself */

#include "compat/huge.h"
#include "kind.h"
#include "out.h"
#include "undump.h"

/* cpt_is_huge - is @inode on a hugetlbfs? */
bool cpt_is_huge(const struct inode *inode)
{
	return inode->i_sb->s_magic == HUGETLBFS_MAGIC;
}

/* cpt_huge_nameless - is this a hugetlbfs of the kernel's own, whose files have no path? */
bool cpt_huge_nameless(const struct super_block *sb)
{
	return sb->s_magic == HUGETLBFS_MAGIC && (sb->s_flags & SB_KERNMOUNT);
}

/* cpt_huge_dump - a record of @pages huge pages without ranges */
int cpt_huge_dump(struct cpt_ctx *ctx, u32 shift, u64 pages)
{
	struct cpt_huge_rec *r = cpt_out_rec(ctx, CPT_K_HUGE, 0, sizeof(*r), 0);

	if (!r)
		return -ENOMEM;
	r->shift = shift;
	r->pages = pages;
	return 0;
}

/* cpt_huge_rec - the record of the huge pages of a SHMEM, SHM or DELETED; NULL: it has none */
const struct cpt_huge_rec *cpt_huge_rec(struct cpt_ctx *ctx, const struct cpt_rec *obj)
{
	const struct cpt_rec *rec = cpt_rec_after(ctx, obj);

	return rec && rec->kind == CPT_K_HUGE ? (const void *)rec : NULL;
}

#ifdef CONFIG_HUGETLB_PAGE

unsigned int *cpt_huge_seals(struct inode *inode)
{
	return &HUGETLBFS_I(inode)->seals;
}

u32 cpt_huge_shift(struct inode *inode)
{
	return huge_page_shift(hstate_inode(inode));
}

/* --- dump ---------------------------------------------------------------------------------------- */

/*
 * What is reserved of a file, pages that are there included, as ranges, of which as many as there is
 * room for are put into @ranges. Returns how many there are.
 */
static u32 list_ranges(struct inode *inode, struct cpt_huge_range *ranges, u32 room, u64 *pages)
{
	struct resv_map *resv = compat_resv_map(inode);
	const struct file_region *region;
	long end = -1;
	u32 n = 0;

	*pages = 0;
	if (!resv)
		return 0;
	spin_lock(&resv->lock);
	list_for_each_entry(region, &resv->regions, link) {
		*pages += region->to - region->from;
		n += region->from != end;	/* those of different cgroups touch */
		end = region->to;
		if (n > room)
			continue;
		if (region->from != ranges[n - 1].to)
			ranges[n - 1].from = region->from;
		ranges[n - 1].to = region->to;
	}
	spin_unlock(&resv->lock);
	return n;
}

/* cpt_huge_dump_shared - the record of the huge pages of @inode, right behind its own */
int cpt_huge_dump_shared(struct cpt_ctx *ctx, struct inode *inode)
{
	u64 pages;
	u32 n = list_ranges(inode, NULL, 0, &pages);
	struct cpt_huge_rec *r;

	r = cpt_out_rec(ctx, CPT_K_HUGE, 0, sizeof(*r), n * sizeof(struct cpt_huge_range));
	if (!r)
		return -ENOMEM;
	r->shift = cpt_huge_shift(inode);
	r->n = n;
	r->pages = pages;
	if (list_ranges(inode, (void *)(r + 1), n, &pages) == n && r->pages == pages)
		return 0;
	return cpt_fail(ctx, -EAGAIN, "huge pages of the VE changed during the checkpoint: try again");
}

/* Of all files of a mounted hugetlbfs that have a name, and what it was promised when it was mounted. */
static u64 pages_of(struct super_block *sb)
{
	const struct hugepage_subpool *pool = HUGETLBFS_SB(sb)->spool;
	u64 sum = pool && pool->rsv_hpages > 0 ? pool->rsv_hpages : 0, pages;
	struct inode *inode;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		if (!S_ISREG(inode->i_mode) || !inode->i_nlink)
			continue;
		list_ranges(inode, NULL, 0, &pages);
		sum += pages;
	}
	spin_unlock(&sb->s_inode_list_lock);
	return sum;
}

/* Is it the first mount of its file system? */
static bool first_of_sb(const struct cpt_ctx *ctx, u32 i)
{
	const struct super_block *sb = ctx->mounts[i].root.mnt->mnt_sb;

	while (i--)
		if (ctx->mounts[i].root.mnt->mnt_sb == sb)
			return false;
	return true;
}

/* cpt_huge_dump_named - what is on each hugetlbfs of the VE; before all objects */
int cpt_huge_dump_named(struct cpt_ctx *ctx)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < ctx->nmounts; i++) {
		struct super_block *sb = ctx->mounts[i].root.mnt->mnt_sb;
		u64 pages = sb->s_magic == HUGETLBFS_MAGIC && first_of_sb(ctx, i) ? pages_of(sb) : 0;

		if (pages)
			err = cpt_huge_dump(ctx, huge_page_shift(HUGETLBFS_SB(sb)->hstate), pages);
	}
	return err;
}

/* The first huge page of a file at or after number *@n that is there, with a reference; or NULL. */
static struct page *next_there(struct inode *inode, u64 *n)
{
	pgoff_t step = compat_huge_step(hstate_inode(inode)), index = *n * step;

	if (!cpt_next_page(inode->i_mapping, &index))
		return NULL;
	*n = index / step;
	return find_get_page(inode->i_mapping, index);
}

#define BATCH 512

/* A huge page, number @n of its file. */
static int write_page(struct cpt_ctx *ctx, u64 id, struct page *head, u64 n, u32 shift, struct page **pages)
{
	struct cpt_run run = { .off = n << shift, .len = BATCH * PAGE_SIZE };
	unsigned long at, end = 1UL << (shift - PAGE_SHIFT);
	int err = 0, i;

	for (at = 0; !err && at < end; at += BATCH) {
		for (i = 0; i < BATCH; i++)
			pages[i] = nth_page(head, at + i);
		err = fatal_signal_pending(current) ? -EINTR :
		      cpt_out_data(ctx, id, &run, 1, pages, BATCH, run.len);
		run.off += run.len;
		ctx->pages += BATCH;
		cond_resched();
	}
	return err;
}

/* cpt_huge_data - write what is in @inode as the data of object @id */
int cpt_huge_data(struct cpt_ctx *ctx, u64 id, struct inode *inode)
{
	struct page **pages = kvmalloc_array(BATCH, sizeof(*pages), GFP_KERNEL), *head;
	u32 shift = cpt_huge_shift(inode);
	int err = pages ? 0 : -ENOMEM;
	u64 n;

	for (n = 0; !err && (head = next_there(inode, &n)); n++) {
		err = write_page(ctx, id, head, n, shift, pages);
		put_page(head);
	}
	kvfree(pages);
	return err;
}

/* In huge pages of the file. */
static int find_there(struct inode *inode, u64 *from, u64 *to)
{
	struct page *page;
	u64 n = *from;

	for (*to = 0; (page = next_there(inode, &n)); n++) {
		put_page(page);
		if (fatal_signal_pending(current))
			return -EINTR;
		if (!*to)
			*from = n;
		else if (n != *to)
			break;
		*to = n + 1;
		cond_resched();
	}
	return *to ? 0 : -ENXIO;
}

static int find_reserved(struct inode *inode, u64 *from, u64 *to)
{
	struct resv_map *resv = compat_resv_map(inode);
	const struct file_region *region;

	*to = 0;
	spin_lock(&resv->lock);
	list_for_each_entry(region, &resv->regions, link) {
		if (region->to <= *from)
			continue;
		if (!*to)
			*from = max_t(u64, *from, region->from);
		else if (region->from != *to)
			break;
		*to = region->to;
	}
	spin_unlock(&resv->lock);
	return *to ? 0 : -ENXIO;
}

/* CPT_IOC_HUGE, of any file: in a hugetlbfs lseek(2) finds no holes, and reads say nothing of what is reserved. */
int cpt_huge_find(struct inode *inode, struct cpt_ioc_huge *arg)
{
	u64 from, to;
	u32 shift;
	int err;

	if (!cpt_is_huge(inode) || !S_ISREG(inode->i_mode) || arg->what > CPT_HUGE_RESERVED || arg->from > LLONG_MAX)
		return -EINVAL;
	shift = cpt_huge_shift(inode);
	from = arg->from >> shift;
	err = (arg->what == CPT_HUGE_RESERVED ? find_reserved : find_there)(inode, &from, &to);
	arg->from = from << shift;
	arg->to = to << shift;
	return err;
}

/* --- restore ------------------------------------------------------------------------------------- */

/* How many pages the kernel can give to somebody who asks now. */
static u64 available(const struct hstate *h)
{
	long n = h->free_huge_pages - h->resv_huge_pages;

	if (h->nr_overcommit_huge_pages > h->surplus_huge_pages)
		n += h->nr_overcommit_huge_pages - h->surplus_huge_pages;
	return max(n, 0L);
}

static int verify_size(struct cpt_ctx *ctx, u32 shift, u64 pages)
{
	const struct hstate *h = shift < BITS_PER_LONG ? ksym(size_to_hstate)(1UL << shift) : NULL;
	u64 kib = 1ULL << (shift - 10), have;

	if (!h)
		return cpt_fail(ctx, -EINVAL, "the VE has huge pages of %llu kB, which this host does not have", kib);
	have = available(h);
	return pages <= have ? 0 :
	       cpt_fail(ctx, -ENOMEM, "the VE has %llu huge pages of %llu kB, %llu more than are free on this host (/proc/sys/vm/nr_hugepages)",
			pages, kib, pages - have);
}

/* cpt_huge_verify - has this host all huge pages that the VE wants? */
int cpt_huge_verify(struct cpt_ctx *ctx)
{
	const struct cpt_rec *rec = NULL;
	u64 pages[64] = { };
	int err = 0, i;

	while ((rec = cpt_rec_after(ctx, rec)))
		if (rec->kind == CPT_K_HUGE)
			pages[((const struct cpt_huge_rec *)rec)->shift] += ((const struct cpt_huge_rec *)rec)->pages;
	for (i = 0; !err && i < ARRAY_SIZE(pages); i++)
		if (pages[i])
			err = verify_size(ctx, i, pages[i]);
	return err;
}

/* cpt_huge_file - a new file without a path on the kernel's own hugetlbfs; it is empty, and nothing is reserved */
struct file *cpt_huge_file(const struct cpt_huge_rec *r, const char *name)
{
	return ksym(hugetlb_file_setup)(name, 0, VM_NORESERVE, HUGETLB_ANONHUGE_INODE, r->shift);
}

/* cpt_huge_reserve - reserve what the record behind that of @obj says in @f, which was just made */
int cpt_huge_reserve(struct cpt_ctx *ctx, const struct cpt_rec *obj, struct file *f)
{
	const struct cpt_huge_rec *r = cpt_huge_rec(ctx, obj);
	const struct cpt_huge_range *range = (const void *)(r + 1);
	u32 i;

	if (!r != !cpt_is_huge(file_inode(f)) || (r && r->shift != cpt_huge_shift(file_inode(f))))
		return cpt_fail(ctx, -EINVAL, "the image has huge pages where others are");
	for (i = 0; r && i < r->n; i++)
		if (range[i].to > LONG_MAX ||
		    !ksym(hugetlb_reserve_pages)(file_inode(f), range[i].from, range[i].to, NULL, 0))
			return cpt_fail(ctx, -ENOMEM, "%llu huge pages of %u kB cannot be reserved: too few are free",
					range[i].to - range[i].from, 1U << (r->shift - 10));
	return 0;
}

/* The huge page of @f that has the byte @pos, with a reference; it is made, if it is not there. */
static struct page *page_at(struct file *f, loff_t pos)
{
	struct hstate *h = hstate_inode(file_inode(f));
	pgoff_t index = (pos >> huge_page_shift(h)) * compat_huge_step(h);
	struct page *page = find_get_page(f->f_mapping, index);
	int err;

	if (page)
		return page;
	err = vfs_fallocate(f, FALLOC_FL_KEEP_SIZE, pos & huge_page_mask(h), huge_page_size(h));
	if (err)
		return ERR_PTR(err);
	return find_get_page(f->f_mapping, index) ?: ERR_PTR(-EIO);
}

/* cpt_huge_write - what kernel_write() is for other files; these have no such method */
ssize_t cpt_huge_write(struct file *f, const void *buf, size_t len, loff_t *pos)
{
	unsigned long mask = huge_page_size(hstate_inode(file_inode(f))) - 1;
	size_t done = 0;

	while (done < len) {
		unsigned long at = *pos & mask;
		size_t n = min(len - done, PAGE_SIZE - offset_in_page(at));
		struct page *page = page_at(f, *pos);

		if (IS_ERR(page))
			return PTR_ERR(page);
		memcpy_to_page(nth_page(page, at >> PAGE_SHIFT), offset_in_page(at), buf + done, n);
		put_page(page);
		done += n;
		*pos += n;
	}
	return done;
}

#else /* no huge pages */

unsigned int *cpt_huge_seals(struct inode *inode)
{
	return NULL;
}

u32 cpt_huge_shift(struct inode *inode)
{
	return PAGE_SHIFT;
}

int cpt_huge_dump_shared(struct cpt_ctx *ctx, struct inode *inode)
{
	return 0;
}

int cpt_huge_dump_named(struct cpt_ctx *ctx)
{
	return 0;
}

int cpt_huge_data(struct cpt_ctx *ctx, u64 id, struct inode *inode)
{
	return 0;
}

int cpt_huge_find(struct inode *inode, struct cpt_ioc_huge *arg)
{
	return -EINVAL;
}

int cpt_huge_verify(struct cpt_ctx *ctx)
{
	const struct cpt_rec *rec = NULL;

	while ((rec = cpt_rec_after(ctx, rec)))
		if (rec->kind == CPT_K_HUGE)
			return cpt_fail(ctx, -EINVAL, "the VE has huge pages, which this kernel does not have");
	return 0;
}

struct file *cpt_huge_file(const struct cpt_huge_rec *r, const char *name)
{
	return ERR_PTR(-EINVAL);
}

int cpt_huge_reserve(struct cpt_ctx *ctx, const struct cpt_rec *obj, struct file *f)
{
	return 0;
}

ssize_t cpt_huge_write(struct file *f, const void *buf, size_t len, loff_t *pos)
{
	return -EINVAL;
}
#endif

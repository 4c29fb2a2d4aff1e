// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is a file of the kernel's internal tmpfs or hugetlbfs: mmap(MAP_SHARED | MAP_ANONYMOUS),
 * by whomever of the VE maps it (shmem_zero_setup), mmap(MAP_HUGETLB), and memfd_create(2). The object
 * here is the inode; an open memfd is one of its own (memfd.c).
 *
 * Preserved: size and contents, holes stay holes, swapped pages too; name, seals,
 * owner and mode of a memfd.
 * Not preserved: times of a memfd.
 * System V segments are shm.c's, NUMA policies mpol.c's, which huge pages there are huge.c's.
 *
 * Contents come in the image in the order of the ids, and are read forward. What only
 * a descriptor holds is needed late, when descriptors are made; so whoever reads data
 * of an object calls cpt_data_make_before() first.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "kind.h"
#include "out.h"
#include "undump.h"

#define MEMFD_PREFIX	"memfd:"
#define PREFIX_LEN	(sizeof(MEMFD_PREFIX) - 1)

/* obj->priv: the name of a memfd (memfd.c sets it), or NULL */
static int shmem_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct inode *inode = obj->ptr;

	ihold(inode);
	return 0;
}

static void shmem_release(struct cpt_obj *obj)
{
	kfree(obj->priv);
	iput(obj->ptr);
}

/*
 * cpt_memfd_name - the name of a memfd that was given to memfd_create(2); NULL: it is none
 */
const char *cpt_memfd_name(const struct file *f)
{
	const struct super_block *sb = file_inode(f)->i_sb;
	const char *name = f->f_path.dentry->d_name.name;
	bool nameless = (sb->s_magic == TMPFS_MAGIC && (sb->s_flags & SB_NOUSER)) || cpt_huge_nameless(sb);

	return nameless && !strncmp(name, MEMFD_PREFIX, PREFIX_LEN) ? name + PREFIX_LEN : NULL;
}

/* cpt_memfd_seals - where those of a memfd are kept */
unsigned int *cpt_memfd_seals(struct inode *inode)
{
	return cpt_is_huge(inode) ? cpt_huge_seals(inode) : &SHMEM_I(inode)->seals;
}

/* cpt_shmem_dump_rest - what belongs to the record of shared memory */
int cpt_shmem_dump_rest(struct cpt_ctx *ctx, struct inode *inode)
{
	return cpt_is_huge(inode) ? cpt_huge_dump_shared(ctx, inode) : cpt_mpol_dump_shared(ctx, inode);
}

static int shmem_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct inode *inode = obj->ptr;
	const char *name = obj->priv;
	struct cpt_shmem_rec *r;

	r = cpt_out_rec(ctx, CPT_K_SHMEM, obj->id, sizeof(*r), name ? strlen(name) : 0);
	if (!r)
		return -ENOMEM;
	r->size = i_size_read(inode);
	if (!name)
		return cpt_shmem_dump_rest(ctx, inode);
	r->memfd = 1;
	r->seals = *cpt_memfd_seals(inode);
	r->mode = inode->i_mode & S_IALLUGO;
	r->uid = from_kuid(&init_user_ns, inode->i_uid);
	r->gid = from_kgid(&init_user_ns, inode->i_gid);
	r->name_len = strlen(name);
	memcpy(r + 1, name, r->name_len);
	return cpt_shmem_dump_rest(ctx, inode);
}

/* cpt_next_page - the first page at or after *@index that exists, present or swapped */
bool cpt_next_page(struct address_space *mapping, pgoff_t *index)
{
	XA_STATE(xas, &mapping->i_pages, *index);
	void *entry;

	rcu_read_lock();
	do {
		entry = xas_find(&xas, ULONG_MAX);
	} while (xas_retry(&xas, entry));
	rcu_read_unlock();
	/* a large folio stands at several indices, found at its first */
	if (entry && xas.xa_index > *index)
		*index = xas.xa_index;
	return entry;
}

#define BATCH 512

static int small_pages(struct cpt_ctx *ctx, u64 id, struct inode *inode)
{
	struct address_space *mapping = inode->i_mapping;
	pgoff_t index = 0, end = DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE);
	struct cpt_run *runs = kvmalloc_array(BATCH, sizeof(*runs), GFP_KERNEL);
	struct page **pages = kvmalloc_array(BATCH, sizeof(*pages), GFP_KERNEL);
	int err = runs && pages ? 0 : -ENOMEM;
	u32 n, nruns;

	while (!err) {
		for (n = nruns = 0; n < BATCH; index++) {
			if (!cpt_next_page(mapping, &index) || index >= end)
				break;
			pages[n] = shmem_read_mapping_page(mapping, index);
			if (IS_ERR(pages[n])) {
				err = PTR_ERR(pages[n]);
				break;
			}
			n++;
			if (nruns && runs[nruns - 1].off + runs[nruns - 1].len ==
			    (u64)index << PAGE_SHIFT)
				runs[nruns - 1].len += PAGE_SIZE;
			else
				runs[nruns++] = (struct cpt_run){ (u64)index << PAGE_SHIFT, PAGE_SIZE };
		}
		if (!err && n)
			err = cpt_out_data(ctx, id, runs, nruns, pages, n, (u64)n * PAGE_SIZE);
		ctx->pages += n;
		if (n < BATCH && !err)
			err = 1;	/* the end */
		while (n)
			put_page(pages[--n]);
	}
	kvfree(runs);
	kvfree(pages);
	return err < 0 ? err : 0;
}

/* cpt_shmem_contents - write what is in @inode as the data of object @id */
int cpt_shmem_contents(struct cpt_ctx *ctx, u64 id, struct inode *inode)
{
	return (cpt_is_huge(inode) ? cpt_huge_data : small_pages)(ctx, id, inode);
}

static int shmem_data(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	return cpt_shmem_contents(ctx, obj->id, obj->ptr);
}

static struct file *new_file(struct cpt_ctx *ctx, const struct cpt_shmem_rec *r)
{
	const struct cpt_huge_rec *huge = cpt_huge_rec(ctx, &r->rec);
	char name[PREFIX_LEN + CPT_MEMFD_NAME_MAX + 1] = CPT_HUGE_NAME;

	if (!r->memfd && !huge)
		return ksym(shmem_kernel_file_setup)("dev/zero", r->size, 0);
	if (r->memfd)
		snprintf(name, sizeof(name), MEMFD_PREFIX "%.*s", (int)r->name_len, (const char *)(r + 1));
	return huge ? cpt_huge_file(huge, name) : shmem_file_setup(name, r->size, VM_NORESERVE);
}

/* Nobody else has it yet. */
static int set_properties(struct file *f, const struct cpt_shmem_rec *r)
{
	struct inode *inode = file_inode(f);

	inode->i_mode = (inode->i_mode & S_IFMT) | r->mode;
	inode->i_uid = make_kuid(&init_user_ns, r->uid);
	inode->i_gid = make_kgid(&init_user_ns, r->gid);
	if (!uid_valid(inode->i_uid) || !gid_valid(inode->i_gid))
		return -EINVAL;
	*cpt_memfd_seals(inode) = r->seals;
	return r->seals & F_SEAL_WRITE ? mapping_deny_writable(inode->i_mapping) : 0;
}

static void *shmem_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_shmem_rec *r = (const void *)rec;
	struct file *f;
	int err;

	err = cpt_data_make_before(ctx, rec->id);
	if (err)
		return ERR_PTR(err);
	f = new_file(ctx, r);
	if (IS_ERR(f))
		return f;
	err = cpt_huge_reserve(ctx, rec, f);
	if (!err)
		err = cpt_mpol_restore_shared(ctx, rec, f);
	if (!err)
		err = cpt_file_contents(ctx, rec->id, f, PAGE_ALIGN(r->size));
	if (!err)
		i_size_write(file_inode(f), r->size);		/* the last page was written whole */
	if (!err && r->memfd)
		err = set_properties(f, r);
	if (err) {
		fput(f);
		return ERR_PTR(err);
	}
	return f;
}

const struct cpt_kind_ops cpt_shmem_ops = {
	.kind		= CPT_K_SHMEM,
	.name		= "shared memory",
	.collect	= shmem_collect,
	.dump		= shmem_dump,
	.data		= shmem_data,
	.release	= shmem_release,
	.make		= shmem_make,
	.unmake		= cpt_file_unmake,
};

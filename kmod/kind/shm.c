// SPDX-License-Identifier: GPL-2.0
/*
 * System V shared memory: segments, attached or not, and what shmat(2) mapped of them.
 *
 * Preserved: id, key, owner, creator, mode, size, contents, times, pids, SHM_LOCK,
 * SHM_NORESERVE; removed segments that somebody still has mapped; which mappings are
 * of one shmat(2); whose end takes it away (kernel.shm_rmid_forced).
 * NUMA policies: mpol.c. Huge pages: huge.c; what SHM_NORESERVE has left out is not reserved.
 * Refused: a segment that somebody outside has attached, one of another IPC namespace.
 *
 * Every mapping that is made or goes changes times, pids and the count of the segment, and the
 * last one of a removed segment would take it along. So it is removed, and all that is set,
 * when the memory of all tasks is made (late).
 */
#include <linux/cred.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/sched/task.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <uapi/linux/shm.h>

#include "ipc.h"
#include "out.h"
#include "undump.h"

#define NAME_FORMAT "SYSV%08x"

/* obj->priv of a segment, whose obj->ptr is its struct kern_ipc_perm, only compared */
struct shm_state {
	int id;
	struct file *file;		/* the memory */
	unsigned long attached;		/* by areas in the VE */
};

/* --- segments at dump -------------------------------------------------------------------------- */

/* Under ids->rwsem (cpt_ipc_collect): it stays. */
static int shm_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	struct compat_shm *shm = obj->ptr;
	struct shm_state *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->id = shm->perm.id;
	s->file = get_file(shm->file);
	obj->priv = s;
	return 0;
}

static int shm_check(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct shm_state *s = obj->priv;
	struct compat_shm *shm = cpt_ipc_lock(ctx, COMPAT_SHM_IDS, s->id);
	unsigned long attached = 0;

	if (shm) {
		attached = shm->nattch;
		cpt_ipc_unlock(&shm->perm);
	}
	if (!shm || attached < s->attached)
		return cpt_fail(ctx, -EAGAIN, "the VE's shared memory %d (System V) changed during the checkpoint: try again",
				s->id);
	return attached == s->attached ? 0 :
	       cpt_obstacle(ctx, "the VE's shared memory %d (System V) is attached outside the VE too", s->id);
}

/* The key that it was made with, by which /proc/PID/maps names it. */
static s32 name_of(const struct file *f)
{
	u32 key = 0;

	return sscanf(f->f_path.dentry->d_name.name, NAME_FORMAT, &key) == 1 ? key : 0;
}

static void fill(struct cpt_ctx *ctx, struct cpt_shm_rec *r, const struct compat_shm *shm)
{
	cpt_ipc_fill(&r->perm, &shm->perm);
	r->size = shm->segsz;
	r->atime = shm->atim;
	r->dtime = shm->dtim;
	r->ctime = shm->ctim;
	r->cpid = cpt_ipc_pid(ctx, shm->cprid);
	r->lpid = cpt_ipc_pid(ctx, shm->lprid);
	r->name = name_of(shm->file);
	r->creator = list_empty(&shm->clist) ? 0 : cpt_vpid(ctx, shm->creator);
	if (!cpt_is_huge(file_inode(shm->file)))
		r->noreserve = !!(SHMEM_I(file_inode(shm->file))->flags & VM_NORESERVE);
	if ((shm->perm.mode & CPT_SHM_LOCKED) && shm->mlock_ucounts)
		r->locker = from_kuid(&init_user_ns, shm->mlock_ucounts->uid);
}

static int shm_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct shm_state *s = obj->priv;
	struct cpt_shm_rec *r = cpt_out_rec(ctx, CPT_K_SHM, obj->id, sizeof(*r), 0);
	struct compat_shm *shm;

	if (!r)
		return -ENOMEM;
	shm = cpt_ipc_lock(ctx, COMPAT_SHM_IDS, s->id);
	if (!shm)
		return cpt_fail(ctx, -EAGAIN, "the VE's shared memory %d (System V) was removed during the checkpoint",
				s->id);
	fill(ctx, r, shm);
	cpt_ipc_unlock(&shm->perm);
	return cpt_shmem_dump_rest(ctx, file_inode(s->file));
}

static int shm_data(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	return cpt_shmem_contents(ctx, obj->id, file_inode(((struct shm_state *)obj->priv)->file));
}

static void shm_release(struct cpt_obj *obj)
{
	fput(((struct shm_state *)obj->priv)->file);
	kfree(obj->priv);
}

/* --- segments at restore ----------------------------------------------------------------------- */

/* SHM_LOCK: by whom it was, within his limit. It is his for as long. */
static int lock_memory(struct cpt_ctx *ctx, const struct cpt_shm_rec *r)
{
	struct cred *cred = cpt_ipc_user(ctx, r->locker, CAP_IPC_LOCK);
	struct compat_shm *shm;
	const struct cred *own;
	int err;

	if (IS_ERR(cred))
		return PTR_ERR(cred);
	shm = cpt_ipc_lock(ctx, COMPAT_SHM_IDS, r->perm.id);
	if (shm) {
		shm->perm.uid = cred->uid;
		cpt_ipc_unlock(&shm->perm);
	}
	own = override_creds(cred);
	err = ksys(shmctl, r->perm.id, SHM_LOCK, NULL);
	revert_creds(own);
	put_cred(cred);
	return err ? cpt_fail(ctx, err, "shared memory %d (System V) cannot be locked again: error %d", r->perm.id,
			      -err) : 0;
}

/* What a segment that was just made lacks: its key is its own only while it was not removed. */
static struct file *memory_of(struct cpt_ctx *ctx, const struct cpt_shm_rec *r)
{
	struct ipc_ids *ids = cpt_ipc_ids(ctx, COMPAT_SHM_IDS);
	struct file *f = ERR_PTR(-EIDRM);
	struct compat_shm *shm;

	down_write(&ids->rwsem);
	shm = cpt_ipc_lock(ctx, COMPAT_SHM_IDS, r->perm.id);
	if (shm) {
		if (r->perm.key != r->name)
			ksym(ipc_set_key_private)(ids, &shm->perm);
		f = get_file(shm->file);
		cpt_ipc_unlock(&shm->perm);
	}
	up_write(&ids->rwsem);
	return f;
}

/* Flags of shmget(2) for it. What is reserved of huge pages, their record says. */
static int get_flags(struct cpt_ctx *ctx, const struct cpt_shm_rec *r)
{
	const struct cpt_huge_rec *huge = cpt_huge_rec(ctx, &r->rec);

	if (huge)
		return SHM_HUGETLB | SHM_NORESERVE | huge->shift << SHM_HUGE_SHIFT;
	return r->noreserve ? SHM_NORESERVE : 0;
}

static void *shm_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_shm_rec *r = (const void *)rec;
	int err = cpt_data_make_before(ctx, rec->id);
	struct file *f;
	loff_t size;

	if (!err && r->size > ULONG_MAX - PAGE_SIZE)
		err = cpt_fail(ctx, -EINVAL, "the image has more shared memory than this kernel can");
	if (err)
		return ERR_PTR(err);
	cpt_ipc_wanted(ctx, COMPAT_SHM_IDS, &r->perm);
	err = cpt_ipc_made(ctx, COMPAT_SHM_IDS, &r->perm,
			   ksys(shmget, r->name, (unsigned long)r->size,
				IPC_CREAT | IPC_EXCL | 0600 | get_flags(ctx, r)));
	f = err ? ERR_PTR(err) : memory_of(ctx, r);
	if (IS_ERR(f))
		return f;
	size = i_size_read(file_inode(f));
	err = cpt_huge_reserve(ctx, rec, f);
	if (!err)
		err = cpt_mpol_restore_shared(ctx, rec, f);
	if (!err)
		err = cpt_file_contents(ctx, rec->id, f, PAGE_ALIGN(r->size));
	i_size_write(file_inode(f), size);		/* the last page was written whole */
	if (!err && (r->perm.mode & CPT_SHM_LOCKED))
		err = lock_memory(ctx, r);
	if (!err)
		return f;
	fput(f);
	return ERR_PTR(err);
}

/* Whose end takes it away (kernel.shm_rmid_forced): a thread of the VE's, or nobody's any more. */
static void set_creator(struct compat_shm *shm, struct task_struct *t)
{
	if (!list_empty(&shm->clist)) {
		task_lock(shm->creator);	/* init, who made it */
		list_del_init(&shm->clist);
		task_unlock(shm->creator);
	}
	if (!t)
		return;
	task_lock(t);
	if (!(t->flags & PF_EXITING)) {
		shm->creator = t;
		list_add(&shm->clist, &t->sysvshm.shm_clist);
	}
	task_unlock(t);
}

static void set(struct compat_shm *shm, const struct cpt_shm_rec *r, struct pid **cpid, struct pid **lpid)
{
	cpt_ipc_set(&shm->perm, &r->perm);
	shm->perm.mode |= r->perm.mode & CPT_SHM_DEST;
	shm->atim = r->atime;
	shm->dtim = r->dtime;
	shm->ctim = r->ctime;
	cpt_ipc_set_pid(&shm->cprid, cpid);
	cpt_ipc_set_pid(&shm->lprid, lpid);
}

static struct task_struct *creator_of(struct cpt_ctx *ctx, const struct cpt_shm_rec *r)
{
	struct cpt_undump *u = ctx->undump;
	u32 i;

	for (i = 0; r->creator && i < u->ntasks; i++)
		if (u->tasks[i].rec->pid == r->creator && u->tasks[i].rec->state == CPT_TASK_LIVE)
			return u->tasks[i].task;
	return NULL;
}

/* A removed segment that nobody has mapped is of no dump: nothing would ever take it away. */
static int shm_late(struct cpt_ctx *ctx, const struct cpt_rec *rec, void *made)
{
	const struct cpt_shm_rec *r = (const void *)rec;
	struct pid *cpid = NULL, *lpid = NULL;
	struct compat_shm *shm = NULL;
	int err = cpt_ipc_get_pid(ctx, r->cpid, &cpid);

	if (!err)
		err = cpt_ipc_get_pid(ctx, r->lpid, &lpid);
	if (!err) {
		shm = cpt_ipc_lock(ctx, COMPAT_SHM_IDS, r->perm.id);
		err = shm ? 0 : -EIDRM;
	}
	if (shm) {
		if ((r->perm.mode & CPT_SHM_DEST) && !shm->nattch)
			err = cpt_fail(ctx, -EINVAL, "the image has removed shared memory that nobody maps");
		else
			set(shm, r, &cpid, &lpid);
		set_creator(shm, creator_of(ctx, r));
		cpt_ipc_unlock(&shm->perm);
	}
	put_pid(cpid);
	put_pid(lpid);
	return err;
}

const struct cpt_kind_ops cpt_shm_ops = {
	.kind		= CPT_K_SHM,
	.name		= "System V shared memory",
	.collect	= shm_collect,
	.check		= shm_check,
	.dump		= shm_dump,
	.data		= shm_data,
	.release	= shm_release,
	.make		= shm_make,
	.late		= shm_late,
	.unmake		= cpt_file_unmake,
};

/* --- what shmat(2) mapped ---------------------------------------------------------------------- */

/* The segment's object; NULL: it is not of the VE's namespace. */
static struct cpt_obj *segment_of(struct cpt_ctx *ctx, const struct file *f)
{
	const struct compat_shmat *at = f->private_data;
	struct compat_shm *shm = NULL;
	struct cpt_obj *obj = NULL;

	if (at->ns == ctx->ipc)
		shm = cpt_ipc_lock(ctx, COMPAT_SHM_IDS, at->id);
	if (shm) {
		obj = cpt_obj_find(ctx, shm);
		cpt_ipc_unlock(&shm->perm);
	}
	return obj && ((struct shm_state *)obj->priv)->file == at->file ? obj : NULL;
}

/*
 * cpt_shmat_collect - enter what an area maps, once for each area
 */
int cpt_shmat_collect(struct cpt_ctx *ctx, struct vm_area_struct *vma, const struct cpt_holder *who)
{
	struct cpt_obj *segment = segment_of(ctx, vma->vm_file);

	if (!segment)
		return cpt_obstacle(ctx, "process %d (%s) has shared memory of another IPC namespace at %lx: %pD",
				    who->pid, who->comm, vma->vm_start, vma->vm_file);
	((struct shm_state *)segment->priv)->attached++;
	return cpt_collect(ctx, CPT_K_SHMAT, vma->vm_file, who);
}

static int shmat_collect(struct cpt_ctx *ctx, struct cpt_obj *obj, const struct cpt_holder *who)
{
	get_file(obj->ptr);
	return 0;
}

static int shmat_dump(struct cpt_ctx *ctx, struct cpt_obj *obj)
{
	struct cpt_shmat_rec *r = cpt_out_rec(ctx, CPT_K_SHMAT, obj->id, sizeof(*r), 0);
	const struct file *f = obj->ptr;
	struct cpt_obj *segment = segment_of(ctx, f);

	if (!r)
		return -ENOMEM;
	r->shm = segment ? segment->id : 0;
	r->readonly = !(f->f_mode & FMODE_WRITE);
	return segment ? 0 : -EAGAIN;
}

static void shmat_release(struct cpt_obj *obj)
{
	fput(obj->ptr);
}

/* The file of an area that shmat(2) made, with a reference. */
static struct file *file_at(unsigned long addr)
{
	struct vm_area_struct *vma;
	struct file *f = NULL;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, addr);
	if (vma && vma->vm_start == addr && vma->vm_file && compat_is_shmat(vma->vm_file))
		f = get_file(vma->vm_file);
	mmap_read_unlock(current->mm);
	return f ?: ERR_PTR(-EINVAL);
}

/* Mapped anywhere, to be mapped again where the areas are that have it. */
static void *shmat_make(struct cpt_ctx *ctx, const struct cpt_rec *rec)
{
	const struct cpt_shmat_rec *r = (const void *)rec;
	const struct cpt_shm_rec *shm = (const void *)cpt_rec_of(ctx, r->shm);
	struct file *memory = cpt_made(ctx, r->shm), *f;
	unsigned long addr;
	int err;

	if (IS_ERR(memory))
		return memory;
	addr = ksys(shmat, shm->perm.id, NULL, r->readonly ? SHM_RDONLY : 0);
	if (IS_ERR_VALUE(addr))
		return ERR_PTR(cpt_fail(ctx, (int)addr, "shared memory %d (System V) cannot be mapped: error %d",
					shm->perm.id, -(int)addr));
	f = file_at(addr);
	err = vm_munmap(addr, PAGE_ALIGN(i_size_read(file_inode(memory))));
	if (!err || IS_ERR(f))
		return f;
	fput(f);
	return ERR_PTR(err);
}

const struct cpt_kind_ops cpt_shmat_ops = {
	.kind		= CPT_K_SHMAT,
	.name		= "mapped shared memory",
	.collect	= shmat_collect,
	.dump		= shmat_dump,
	.release	= shmat_release,
	.make		= shmat_make,
	.unmake		= cpt_file_unmake,
};

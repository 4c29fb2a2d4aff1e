// SPDX-License-Identifier: GPL-2.0
/*
 * The vdso: the kernel's own code in every program. Programs have looked up the
 * addresses of its functions once and for all.
 *
 * Where the kernel that restores has the same bytes, it maps them where they were.
 * Where it has others, it is bridged: the old bytes stay at their place as plain
 * memory, the kernel's own vdso is mapped elsewhere, and each function of the old
 * one begins with a jump to the function of that name in the new.
 *
 * A thread that was interrupted inside an old function could not go on there: it
 * would read clocks by a page that is no longer what it was. The refrigerator has
 * such a thread step out (step.c); an image that has one even so is refused by a
 * kernel with another vdso. At a system call made from within the vdso it may
 * stand: what follows that call only returns.
 *
 * The bytes come from the image: every offset is checked (open_elf).
 */
#include <linux/elf.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <asm/vdso.h>

#include "kind.h"
#include "out.h"
#include "undump.h"

#ifdef CONFIG_X86_64
typedef Elf64_Sym vdso_sym;
#define JUMP_LEN	12	/* movabs $target, %rax; jmp *%rax: it holds no argument */
#else
typedef Elf32_Sym vdso_sym;
#define JUMP_LEN	5	/* jmp target */
#endif

/* The dynamic symbols of a vdso. */
struct elf {
	const u8 *data;
	u32 size;
	const vdso_sym *sym;
	u32 nsym;
	const char *str;
	u32 str_size;
};

static const struct vdso_image *own_vdso(void)
{
	return current->mm->context.vdso_image;
}

/* Is there a system call at @off of @code, which has @size bytes? */
static bool syscall_at(const u8 *code, u64 size, u64 off)
{
	static const u8 calls[][2] = { { 0x0f, 0x05 }, { 0xcd, 0x80 }, { 0x0f, 0x34 } };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (off < size && size - off >= 2 && !memcmp(code + off, calls[i], 2))
			return true;
	return false;
}

/*
 * cpt_in_vdso - is the current task, on its way to user mode, inside a function of the
 * vdso, and neither at nor in a system call there?
 */
bool cpt_in_vdso(void)
{
	const struct mm_struct *mm = current->mm;
	const struct vdso_image *image = mm ? mm->context.vdso_image : NULL;
	struct pt_regs *regs = task_pt_regs(current);
	unsigned long off;

	if (!image || syscall_get_nr(current, regs) != -1)
		return false;
	off = regs->ip - (unsigned long)mm->context.vdso;
	return off < image->size && !syscall_at(image->data, image->size, off);
}

/*
 * cpt_vdso_dump - note which vdso the programs of the VE have resolved
 */
int cpt_vdso_dump(struct cpt_ctx *ctx)
{
	const struct vdso_image *image = own_vdso();
	struct cpt_vdso_rec *r;

	if (!image || image->size > CPT_VDSO_MAX)
		return 0;
	r = cpt_out_rec(ctx, CPT_K_VDSO, 0, sizeof(*r), image->size);
	if (!r)
		return -ENOMEM;
	r->size = image->size;
	memcpy(r + 1, image->data, image->size);
	return 0;
}

/* --- are all old functions there? -------------------------------------------------------------- */

static bool inside(const struct elf *e, u64 off, u64 len)
{
	return off <= e->size && len <= e->size - off;
}

/* Find the table of dynamic symbols by the section headers. */
static bool open_elf(struct elf *e, const void *data, u32 size)
{
	const struct elfhdr *h = data;
	const struct elf_shdr *sh, *sym = NULL, *str;
	u32 i;

	*e = (struct elf){ .data = data, .size = size };
	if (!inside(e, 0, sizeof(*h)) || memcmp(h->e_ident, ELFMAG, SELFMAG) ||
	    h->e_ident[EI_CLASS] != ELF_CLASS || h->e_shentsize != sizeof(*sh) || h->e_shoff % 8 ||
	    !inside(e, h->e_shoff, (u64)h->e_shnum * sizeof(*sh)))
		return false;
	sh = data + h->e_shoff;
	for (i = 0; i < h->e_shnum; i++)
		if (sh[i].sh_type == SHT_DYNSYM)
			sym = &sh[i];
	if (!sym || sym->sh_link >= h->e_shnum || sym->sh_offset % 8)
		return false;
	str = &sh[sym->sh_link];
	if (!inside(e, sym->sh_offset, sym->sh_size) || !inside(e, str->sh_offset, str->sh_size) ||
	    !str->sh_size || ((const char *)data)[str->sh_offset + str->sh_size - 1])
		return false;
	e->sym = data + sym->sh_offset;
	e->nsym = sym->sh_size / sizeof(*e->sym);
	e->str = data + str->sh_offset;
	e->str_size = str->sh_size;
	return true;
}

static const char *name_of(const struct elf *e, const vdso_sym *s)
{
	return s->st_name < e->str_size ? e->str + s->st_name : "?";
}

static bool is_function(const vdso_sym *s)
{
	return (s->st_info & 0xf) == STT_FUNC && s->st_shndx != SHN_UNDEF && s->st_shndx < SHN_LORESERVE;
}

static const vdso_sym *find_function(const struct elf *e, const char *name)
{
	u32 i;

	for (i = 0; i < e->nsym; i++)
		if (is_function(&e->sym[i]) && !strcmp(name_of(e, &e->sym[i]), name))
			return &e->sym[i];
	return NULL;
}

static int check_functions(struct cpt_ctx *ctx, const struct elf *old, const struct elf *own)
{
	u32 i;

	for (i = 0; i < old->nsym; i++) {
		const vdso_sym *s = &old->sym[i];

		if (!is_function(s))
			continue;
		if (!inside(old, s->st_value, JUMP_LEN) || s->st_size < JUMP_LEN)
			return cpt_fail(ctx, -EINVAL, "the vdso of the image has no room in %.40s", name_of(old, s));
		if (!find_function(own, name_of(old, s)))
			return cpt_fail(ctx, -EINVAL, "the vdso of this kernel has no %.40s, which that of the image has",
					name_of(old, s));
	}
	return 0;
}

/* May a thread go on at @ip in the old code: where a function begins, or at or behind a system call? */
static bool may_stand(const struct elf *old, u64 ip)
{
	u32 i;

	for (i = 0; i < old->nsym; i++)
		if (is_function(&old->sym[i]) && old->sym[i].st_value == ip)
			return true;
	return syscall_at(old->data, old->size, ip) || syscall_at(old->data, old->size, ip - 2);
}

static int check_threads(struct cpt_ctx *ctx, const struct elf *old)
{
	const size_t ip = offsetof(struct user_regs_struct, ip) / sizeof(long);
	struct cpt_undump *u = ctx->undump;
	u32 id;

	for (id = 1; id <= u->walk.nobj; id++) {
		const struct cpt_task_rec *r = (const void *)u->walk.obj[id];
		const struct cpt_mm_rec *m;

		if (r->rec.kind != CPT_K_TASK || r->state != CPT_TASK_LIVE)
			continue;
		m = (const void *)cpt_rec_of(ctx, r->mm);
		if (m->vdso && r->regs[ip] - m->vdso < old->size && !may_stand(old, r->regs[ip] - m->vdso))
			return cpt_fail(ctx, -EINVAL,
					"process %u (%.16s) stands inside the vdso of the kernel that dumped it: restore it there, or dump again",
					r->pid, r->comm);
	}
	return 0;
}

/*
 * cpt_vdso_verify - is the vdso of the image this kernel's, or can it be bridged?
 */
int cpt_vdso_verify(struct cpt_ctx *ctx, const struct cpt_vdso_rec *r)
{
	const struct vdso_image *image = own_vdso();
	struct elf old, own;
	int err;

	if (image && image->size == r->size && !memcmp(image->data, r + 1, r->size))
		return 0;
	if (!image || !open_elf(&own, image->data, image->size) || !open_elf(&old, r + 1, r->size))
		return cpt_fail(ctx, -EINVAL, "the vdso of the image cannot be bridged");
	err = check_functions(ctx, &old, &own);
	if (!err)
		err = check_threads(ctx, &old);
	if (!err)
		ctx->undump->old_vdso = r;
	return err;
}

/* --- mapping ----------------------------------------------------------------------------------- */

static int write_jump(unsigned long at, unsigned long target)
{
	u8 code[JUMP_LEN];

#ifdef CONFIG_X86_64
	code[0] = 0x48;
	code[1] = 0xb8;
	memcpy(code + 2, &target, 8);
	code[10] = 0xff;
	code[11] = 0xe0;
#else
	u32 distance = target - (at + JUMP_LEN);

	code[0] = 0xe9;
	memcpy(code + 1, &distance, 4);
#endif
	return copy_to_user((void __user *)at, code, sizeof(code)) ? -EFAULT : 0;
}

/* The old bytes, with jumps, at @area; the kernel's own vdso is mapped. */
static int write_bridge(const struct cpt_vdso_rec *r, const struct vdso_image *image,
			const struct cpt_vma_rec *area)
{
	unsigned long own_at = (unsigned long)current->mm->context.vdso;
	struct elf old, own;
	int err = 0;
	u32 i;

	if (!open_elf(&own, image->data, image->size) || !open_elf(&old, r + 1, r->size) ||
	    copy_to_user((void __user *)(unsigned long)area->start, r + 1, r->size))
		return -EFAULT;
	for (i = 0; !err && i < old.nsym; i++) {
		const vdso_sym *to;

		if (!is_function(&old.sym[i]))
			continue;
		to = find_function(&own, name_of(&old, &old.sym[i]));
		err = write_jump(area->start + old.sym[i].st_value, own_at + to->st_value);
	}
	return err;
}

static int bridge(struct cpt_ctx *ctx, const struct vdso_image *image, const struct cpt_vma_rec *area)
{
	const struct cpt_vdso_rec *r = ctx->undump->old_vdso;
	unsigned long len = area->end - area->start, addr;
	long err;

	if (r->size > len)
		return cpt_fail(ctx, -EINVAL, "the vdso of the image is larger than its place");
	addr = vm_mmap(NULL, area->start, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
	err = addr == area->start ? ksym(map_vdso_once)(image, 0) : -ENOMEM;
	if (!err)
		err = write_bridge(r, image, area);
	if (!err)
		err = ksys(mprotect, (unsigned long)area->start, len, PROT_READ | PROT_EXEC);
	return err ? cpt_fail(ctx, err, "the vdso cannot be bridged: error %ld", -err) : 0;
}

/*
 * cpt_vdso_map - give the current task the vdso that the record @m had
 * @image: that of its mm before it was emptied
 *
 * All other areas are mapped.
 */
int cpt_vdso_map(struct cpt_ctx *ctx, const struct vdso_image *image, const struct cpt_mm_rec *m)
{
	const struct cpt_vma_rec *lowest = NULL, *code = NULL;
	const struct cpt_rec *rec = &m->rec;
	int err;

	while ((rec = cpt_rec_after(ctx, rec)) && rec->kind == CPT_K_VMA) {
		const struct cpt_vma_rec *r = (const void *)rec;

		if (!cpt_vdso_area(r) || cpt_area_kept(ctx, r))
			continue;
		if (!lowest)
			lowest = r;
		if (r->type == CPT_VMA_VDSO)
			code = r;
	}
	if (!lowest)
		return 0;
	if (code && ctx->undump->old_vdso)
		return bridge(ctx, image, code);
	err = ksym(map_vdso_once)(image, lowest->start);
	if (err)
		return cpt_fail(ctx, err, "the vdso cannot be mapped: error %d", -err);
	if ((unsigned long)current->mm->context.vdso != m->vdso)
		return cpt_fail(ctx, -EINVAL, "the vdso of this kernel has another layout");
	return 0;
}

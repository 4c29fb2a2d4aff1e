// SPDX-License-Identifier: GPL-2.0
/*
 * Looking up private symbols. kallsyms_lookup_name() itself is not exported
 * since 5.7; a kprobe on it tells where it is. (kernel/kprobes.c, and
 * shared kernel/facts.md A: with IBT the probe sits behind the ENDBR, hence
 * the second look-up of the function by itself.)
 */
#include <linux/kprobes.h>
#include <linux/module.h>

#include "ksym.h"

unsigned long cpt_lookup_proto(const char *name);
DEFINE_STATIC_CALL_RET0(kallsyms_lookup, cpt_lookup_proto);

#define KSYM(_name)	DEFINE_STATIC_CALL_NULL(ksym_##_name, _name);
#define KSYS(_name)	DEFINE_STATIC_CALL_NULL(ksys_##_name, cpt_syscall_proto);
#define KPTR(_name)	unsigned long kptr_##_name;
#include "ksym_list.h"
#undef KSYM
#undef KSYS
#undef KPTR

#ifdef CONFIG_X86_64
#define SYSCALL_PREFIX "__x64_sys_"
#else
#define SYSCALL_PREFIX "__ia32_sys_"
#endif

static int find_lookup(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long addr;
	int err;

	err = register_kprobe(&kp);
	if (err) {
		pr_err("cannot look up symbols: no kprobe on kallsyms_lookup_name (%d)\n", err);
		return err;
	}
	addr = (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	static_call_update(kallsyms_lookup, (typeof(&cpt_lookup_proto))addr);
	addr = static_call(kallsyms_lookup)("kallsyms_lookup_name");
	if (!addr)
		return -ENOENT;
	static_call_update(kallsyms_lookup, (typeof(&cpt_lookup_proto))addr);
	return 0;
}

static unsigned long lookup(const char *name, int *missing)
{
	unsigned long addr = static_call(kallsyms_lookup)(name);

	if (!addr) {
		pr_err("this kernel has no %s\n", name);
		++*missing;
	}
	return addr;
}

/*
 * cpt_ksym_init - find every symbol of ksym_list.h
 *
 * Called once, before anything else of the module. Returns 0, or -ENOENT after
 * naming each missing symbol in the kernel log.
 */
int cpt_ksym_init(void)
{
	unsigned long addr;
	int missing = 0;
	int err;

	err = find_lookup();
	if (err)
		return err;
#define KSYM(_name)								\
	addr = lookup(#_name, &missing);					\
	if (addr)								\
		static_call_update(ksym_##_name, (typeof(&_name))addr);
#define KSYS(_name)								\
	addr = lookup(SYSCALL_PREFIX #_name, &missing);				\
	if (addr)								\
		static_call_update(ksys_##_name, (typeof(&cpt_syscall_proto))addr);
#define KPTR(_name)								\
	kptr_##_name = lookup(#_name, &missing);
#include "ksym_list.h"
#undef KSYM
#undef KSYS
#undef KPTR
	return missing ? -ENOENT : 0;
}

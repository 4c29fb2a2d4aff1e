// SPDX-License-Identifier: GPL-2.0
/*
 * cpt.ko: checkpoint and restore of containers. Load: find the kernel's private
 * functions, check the table of kinds, watch forks, offer /dev/cpt.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "compat/ipc.h"
#include "compat/private.h"
#include "cpt.h"
#include "dev.h"
#include "kind.h"

static int __init cpt_module_init(void)
{
	int err;

	err = cpt_ksym_init();
	if (err)
		return err;
	err = cpt_private_init();
	if (err)
		return err;
	err = cpt_ipc_init();
	if (err)
		return err;
	err = cpt_kinds_init();
	if (err)
		return err;
	err = cpt_freeze_init();
	if (err)
		return err;
	err = cpt_dev_init();
	if (err) {
		cpt_freeze_exit();
		return err;
	}
	pr_info("image format %u, interface %u\n", CPT_IMAGE_VERSION, CPT_IOC_ABI);
	return 0;
}

static void __exit cpt_module_exit(void)
{
	cpt_dev_exit();
	cpt_freeze_exit();
}

module_init(cpt_module_init);
module_exit(cpt_module_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Checkpoint, restore and migration of containers");

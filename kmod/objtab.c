// SPDX-License-Identifier: GPL-2.0
/*
 * The object table of a dump: kernel object <-> id. An object enters once, after
 * all it refers to, so that references in the image point backwards. The kind's
 * collect takes what references are needed, its release drops them; the table
 * releases all on every path (cpt_obj_release_all).
 */
#include <linux/slab.h>

#include "kind.h"

struct cpt_obj *cpt_obj_find(struct cpt_ctx *ctx, const void *ptr)
{
	struct cpt_obj *obj;

	hash_for_each_possible(ctx->objs, obj, node, (unsigned long)ptr)
		if (obj->ptr == ptr)
			return obj;
	return NULL;
}

/* The id of a collected object; 0 for NULL and for what was not collected. */
u32 cpt_obj_id(struct cpt_ctx *ctx, const void *ptr)
{
	struct cpt_obj *obj = ptr ? cpt_obj_find(ctx, ptr) : NULL;

	return obj ? obj->id : 0;
}

/*
 * cpt_collect - enter an object and all it refers to
 * @who: the task (and descriptor) through which it was found
 *
 * Returns 0 (obstacles are counted in the context) or -errno that ends the walk.
 */
int cpt_collect(struct cpt_ctx *ctx, enum cpt_kind kind, const void *ptr,
		const struct cpt_holder *who)
{
	const struct cpt_kind_ops *ops = cpt_kind_ops(kind);
	struct cpt_obj *obj = cpt_obj_find(ctx, ptr);
	int err;

	if (obj) {
		obj->refs++;
		return 0;
	}
	if (fatal_signal_pending(current))
		return -EINTR;
	obj = kzalloc(sizeof(*obj), GFP_KERNEL);
	if (!obj)
		return -ENOMEM;
	obj->kind = kind;
	obj->ptr = (void *)ptr;
	obj->refs = 1;
	err = ops->collect(ctx, obj, who);
	if (err) {
		kfree(obj);
		return err;
	}
	obj->id = ++ctx->nobjs;
	hash_add(ctx->objs, &obj->node, (unsigned long)ptr);
	list_add_tail(&obj->list, &ctx->obj_list);
	return 0;
}

void cpt_obj_release_all(struct cpt_ctx *ctx)
{
	struct cpt_obj *obj, *next;

	list_for_each_entry_safe_reverse(obj, next, &ctx->obj_list, list) {
		const struct cpt_kind_ops *ops = cpt_kind_ops(obj->kind);

		if (ops->release)
			ops->release(obj);
		hash_del(&obj->node);
		list_del(&obj->list);
		kfree(obj);
	}
	ctx->nobjs = 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CPT_COLLECT_H
#define _CPT_COLLECT_H

#include "cpt.h"

int cpt_collect_ve(struct cpt_ctx *ctx, int (*then)(struct cpt_ctx *ctx, void *arg), void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The contents of a VE's mounts, for the image. */
#ifndef CPT_CLI_CONTENTS_H
#define CPT_CLI_CONTENTS_H

#include "mounts.h"

/* Give what is in all tmpfs of the frozen VE to the module, *bytes in all; an enum code. */
int contents_put(const struct ve *ve, int dev, const struct ve_mounts *all, size_t *bytes);

#endif

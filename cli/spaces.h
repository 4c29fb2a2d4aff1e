/* SPDX-License-Identifier: GPL-2.0-only */
/* The mount namespaces that single processes of a frozen VE have, and the mounts that are in none. */
#ifndef CPT_CLI_SPACES_H
#define CPT_CLI_SPACES_H

#include "mounts.h"

/* Is any process of the VE in another one than its init? dev: bound to the VE. */
bool spaces_exist(int dev);

/*
 * Add them to that of its init, which all has. *roots: for spaces_open(). Those that cannot
 * be preserved are named, counted in *obstacles, and left out. An enum code.
 */
int spaces_add(const struct ve *ve, int dev, struct ve_mounts *all, int **roots, int *obstacles);

/*
 * Then, the mounts that were unmounted while programs of the VE used them, as far as the module
 * has met them. An enum code.
 */
int spaces_add_umounted(const struct ve *ve, int dev, struct ve_mounts *all);

/* Open the mounts of all of them, root: root directory of the VE; takes roots. An enum code. */
int spaces_open(int root, int *roots, struct ve_mounts *all);

#endif

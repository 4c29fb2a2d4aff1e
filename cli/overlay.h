/* SPDX-License-Identifier: GPL-2.0-only */
/* The layers of an overlayfs: directories, which its options name by their paths in the VE. */
#ifndef CPT_CLI_OVERLAY_H
#define CPT_CLI_OVERLAY_H

#include "mounts.h"

/*
 * Their paths, the lower ones first and in order, NULL after the last; to be freed by
 * overlay_free(). NULL, with the end of a sentence in *why: these options are not preserved.
 */
char **overlay_layers(const char *options, const char **why);
void overlay_free(char **layers);

/*
 * Of a running VE, whose root directory is root: why m, an overlayfs that stands for its
 * file system, would not be the same if it were mounted once more; NULL: it would.
 */
const char *overlay_why_not(const struct ve_mount *m, int root);

/* Would mount i, made now, cover up a path that a layer of overlay o needs? */
bool overlay_needs(const struct ve_mounts *all, unsigned int o, char **layers, unsigned int i);

/*
 * Mount it on the directory of this name in the current one; its layers are looked up
 * from the root directory, without symbolic links. 0, or -1 with errno.
 */
int overlay_mount(const struct ve_mount *m, const char *options, const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Trees in archives: templates, and the contents of a VE's tmpfs mounts in an image. */
#ifndef CPT_CLI_PACK_H
#define CPT_CLI_PACK_H

#include <stddef.h>

/*
 * Fill the empty directory dir from a tar (plain, gz, xz, zst) or a directory, with
 * owners, modes, times, links, ACLs and extended attributes; devices and sockets are
 * left out. An enum code.
 */
int template_unpack(const char *from, const char *dir);

/* Takes the next piece of an archive; an enum code. */
typedef int pack_put(void *arg, const void *data, size_t len);

/* Gives the next piece, valid until the next call; 0 bytes: there are no more, or fewer than there were. */
typedef size_t pack_get(void *arg, const void **data);

/*
 * The tree of a mount on which nothing is mounted, whose root is fd (O_PATH), as an
 * archive in pieces. An enum code; `what` is for the sentence.
 */
int tmpfs_pack(int dev, int fd, const char *what, pack_put *put, void *arg);

/*
 * Make a fresh tmpfs, whose root is fd, the tree of such an archive: nothing else is
 * in it afterwards but mount points. An enum code.
 */
int tmpfs_unpack(int fd, const char *what, pack_get *get, void *arg);

#endif

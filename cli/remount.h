/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounts of a VE made again, by the helper of a restore, in the VE's world. */
#ifndef CPT_CLI_REMOUNT_H
#define CPT_CLI_REMOUNT_H

#include "mounts.h"

/* Fill the new file system of mount i, whose root is fd (-1: it is not needed); an enum code. */
typedef int remount_fill(void *arg, unsigned int i, int fd);

/*
 * To be called when all of the table but /proc is mounted: give it what the VE changed of it,
 * and all mounts that have contents theirs, in the order in which they stand. Those that are
 * not of the table are made for that. An enum code.
 */
int remount_table(struct ve_mounts *all, remount_fill *fill, void *arg);

/*
 * When all of it is: make the rest, and the other namespaces, and open all of them. proc:
 * /proc/self of the host; init, caps: of the VE. An enum code.
 */
int remount(struct ve_mounts *all, int proc, pid_t init, uint64_t caps);

#endif

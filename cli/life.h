/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of a VE: mounted, started, taken down; what a killed ctl left is cleaned up. */
#ifndef CPT_CLI_LIFE_H
#define CPT_CLI_LIFE_H

#include "ve.h"

/* Mount VE_PRIVATE at VE_ROOT, say so; an enum code. Already mounted: OK. */
int life_mount(const struct ve *ve);
int life_umount(const struct ve *ve);

/*
 * Before a world is built, by start and by restore alike: mark the VE as under
 * construction, mount it, make its cgroup. An enum code.
 */
int life_prepare(struct ve *ve);

/* Start the VE's own init; an enum code, nothing is left on failure. */
int life_start(struct ve *ve);

/* Kill what runs of the VE, remove its cgroup, unmount it, forget it; an enum code. */
int life_take_down(struct ve *ve, bool umount);

/*
 * If a ctl was killed or the VE's init died: take down what is left. To be called
 * with the lock.
 */
int life_clean(struct ve *ve);

#endif

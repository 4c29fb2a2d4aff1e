/* SPDX-License-Identifier: GPL-2.0-only */
/* The device filter: a cgroup BPF program that lets the VE use and make only harmless devices. */
#ifndef CPT_CLI_DEVICES_H
#define CPT_CLI_DEVICES_H

#include "ve.h"

/* Attach the filter to the cgroup directory; an enum code. */
int devices_filter(const struct ve *ve, const char *cgroup);

/* Make the nodes of DEVNODES in the /dev of the calling process, after devices_filter(); an enum code. */
int devices_make_nodes(void);

/* Whether the VE may have this device node, after devices_filter(). */
bool devices_allowed(mode_t mode, dev_t dev);

#endif

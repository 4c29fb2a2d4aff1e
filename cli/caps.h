/* SPDX-License-Identifier: GPL-2.0-only */
/* Capabilities that a VE may have at most: its bounding set. */
#ifndef CPT_CLI_CAPS_H
#define CPT_CLI_CAPS_H

#include "ve.h"

#include <stdint.h>

/* The set of the configuration: the usual one, changed by CAPABILITY="NAME:on|off …"; an enum code. */
int caps_of_ve(const struct ve *ve, uint64_t *set);

/* The bounding set of a process, e.g. of the VE's init: true. */
bool caps_of_process(pid_t pid, uint64_t *set);

/* It has CAP_SYS_ADMIN. */
bool caps_have_admin(uint64_t set);

/* Give up, for good, all but these: an enum code. */
int caps_limit(uint64_t set);

#endif

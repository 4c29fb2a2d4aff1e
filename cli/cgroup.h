/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VE's cgroups (v2): vz/N has the limits and the device filter, its child
 * vz/N/ve has the tasks and is the root of the VE's cgroup namespace, so that the
 * VE's root cannot raise its own limits.
 */
#ifndef CPT_CLI_CGROUP_H
#define CPT_CLI_CGROUP_H

#include "ve.h"

/* Make both with the limits of the configuration; an enum code. */
int cgroup_create(const struct ve *ve);

/* Set the limits; an enum code. */
int cgroup_limits(const struct ve *ve);

/* Move the calling process into vz/N/ve; an enum code. */
int cgroup_enter(const struct ve *ve);

/* Move the calling process to the host's root cgroup, away from whatever service or login began it. */
void cgroup_leave(void);

bool cgroup_exists(const struct ve *ve);

/* Kill everything inside and wait until it is empty, at most so long: true if it is. */
bool cgroup_kill(const struct ve *ve, int timeout_ms);

/* Wait until it is empty. */
bool cgroup_wait_empty(const struct ve *ve, int timeout_ms);

/* Remove both and what the VE made below; an enum code. */
int cgroup_remove(const struct ve *ve);

/* The kernel killed a process of it because it needs more than PHYSPAGES and SWAPPAGES allow. */
bool cgroup_out_of_memory(const struct ve *ve);

/* Where the cgroup namespace of a VE begins, as /proc/PID/cgroup says it. */
char *cgroup_name(const struct ve *ve);

/* The VE has made cgroups below its own. */
bool cgroup_divided(const struct ve *ve);

/* A number in a file of vz/N (pids.current, memory.current), -1 if there is none. */
long long cgroup_number(const struct ve *ve, const char *file);

/* Processes in vz/N/ve itself. */
int cgroup_processes(const struct ve *ve);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that go into a VE, and ctl's protection from what is in there. */
#ifndef CPT_CLI_NS_H
#define CPT_CLI_NS_H

#include "ve.h"

/*
 * Run the rest of ctl from a sealed copy of its program in memory, so that nobody
 * in a VE can reach the host's file through /proc/PID/exe. Returns in the copy.
 */
void seal_self(char **argv);

/*
 * Make the calling process, a child of ctl, one that belongs to the running VE:
 * cgroup, namespaces, root, capabilities; its children are in the VE's pid
 * namespace. What it has open must be nothing but what the VE may have. An enum code.
 */
int ns_join(const struct ve *ve);

/*
 * Call fn in a process that is inside the pid namespace of init for no longer than that;
 * what it returns, an enum code.
 */
int ns_in_pids(pid_t init, int (*fn)(void *), void *arg);

/*
 * Fork a child that dies with its parent. In it: strip it to the descriptors of
 * keep, and report through *report from now on. Returns like fork().
 */
pid_t fork_helper(int *report, int *keep, int n);

#endif

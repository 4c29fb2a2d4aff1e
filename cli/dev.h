/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/cpt: the module's commands, and its lines of text. */
#ifndef CPT_CLI_DEV_H
#define CPT_CLI_DEV_H

#include <cpt/ioctl.h>
#include <stdbool.h>

/*
 * Open the device and bind it to a VE. Returns the descriptor, or -1 after a
 * sentence. *stage, if not NULL: the stage of the VE's context.
 */
int dev_open(unsigned int veid, int *stage);

/*
 * One command, then the module's lines on stderr (all of them if it failed or with
 * --verbose; the module says nothing needless). 0, or -1 with errno.
 */
int dev_ioctl(int fd, unsigned long cmd, void *arg);

/* The same, but leave the lines to be read by dev_lines(): for a helper without streams. */
int dev_ioctl_quiet(int fd, unsigned long cmd, void *arg);
void dev_lines(int fd);

/* The stage a VE is in, by CPT_IOC_LIST; CPT_IDLE where there is no module. */
int dev_stage_of(unsigned int veid);
const char *dev_stage_name(int stage);

#endif

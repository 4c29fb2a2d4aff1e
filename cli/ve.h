/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VE is to ctl: its number, its configuration, its paths, and whether its
 * init runs. A running VE is known by /var/lib/vzctl/vepid/N, one line
 *
 *	PID STARTTIME BOOT-ID
 *
 * (STARTTIME: field 22 of /proc/PID/stat). While ctl builds a VE or takes it down
 * PID is 0. A line whose process is gone, or of another boot, means that what is
 * left of the VE (cgroup, mount) has to be cleaned up.
 */
#ifndef CPT_CLI_VE_H
#define CPT_CLI_VE_H

#include "config.h"

#include <stdbool.h>
#include <sys/types.h>

#define VZ_CONF		"/etc/vz/vz.conf"
#define VE_CONF_DIR	"/etc/vz/conf"
#define VE_NAME_DIR	"/etc/vz/names"
#define STATE_DIR	"/var/lib/vzctl"
#define VEID_MAX	2147483644u

struct ve {
	unsigned int id;
	struct conf vz;		/* vz.conf */
	struct conf conf;	/* N.conf */
	bool has_conf;
	char *conf_path;
	char *root, *private;	/* NULL: not set */
	char *dump;		/* the default dump file */
	char *lockdir;
	/* Of the running VE, by ve_running(). */
	pid_t init;
	unsigned long long start;
	int pidfd;
};

/* A VEID, or the name of a VE: true. */
bool ve_parse(const char *word, unsigned int *id);

/* Read the configuration; an enum code. A VE without N.conf is fine here. */
int ve_load(struct ve *ve, unsigned int id);

/* Check that N.conf, VE_ROOT and VE_PRIVATE are there; an enum code. */
int ve_need(const struct ve *ve);

/* A setting of N.conf, else of vz.conf, else NULL. */
const char *ve_get(const struct ve *ve, const char *key);

/* Private area and configuration exist. */
bool ve_exists(const struct ve *ve);

/* Something is mounted at VE_ROOT. */
bool ve_mounted(const struct ve *ve);

/* Its init lives; fills init, start and pidfd (close-on-exec, kept open in ve). */
bool ve_running(struct ve *ve);

/* The default dump file exists. */
bool ve_dumped(const struct ve *ve);

/* A vepid file is there although no init runs: something was left over. */
bool ve_stale(struct ve *ve);

/* Write the vepid file (pid 0: under construction); an enum code. */
int ve_write_pid(const struct ve *ve, pid_t pid);
void ve_forget_pid(const struct ve *ve);

/* Remove what a ctl that was killed left beside the vepid file and the configuration. */
void ve_clean(const struct ve *ve);

/* /proc/PID/stat field 22; 0 for a process that is gone or a zombie. */
unsigned long long proc_start(pid_t pid);

/* All VEIDs that have a configuration or run; to be freed. */
size_t ve_all(unsigned int **ids);

#endif

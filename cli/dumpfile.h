/* SPDX-License-Identifier: GPL-2.0-only */
/* The image as a file: it gets its name when it is complete, an older one is there until then. */
#ifndef CPT_CLI_DUMPFILE_H
#define CPT_CLI_DUMPFILE_H

struct dumpfile {
	int fd;			/* written by the module; mode 0600 */
	int dir;
	char *name;		/* in dir */
	char *tmp;		/* in dir; NULL: no name yet (O_TMPFILE) */
};

/* Begin the file that is to be at path; an enum code. */
int dumpfile_open(struct dumpfile *d, const char *path);

/* It is complete: to the disk, then to its name; an enum code. Closes d. */
int dumpfile_commit(struct dumpfile *d);

/* Leave nothing. Closes d. */
void dumpfile_abort(struct dumpfile *d);

/* Remove what killed ctls left beside path. To be called with the VE's lock. */
void dumpfile_clean(const char *path);

#endif

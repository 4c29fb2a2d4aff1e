/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ctl says: lines for people on stdout and stderr, the log, and the exit
 * codes that programs around vz know (tests/ve/contract.sh).
 */
#ifndef CPT_CLI_SAY_H
#define CPT_CLI_SAY_H

#include <stdarg.h>
#include <stdbool.h>
#include <sys/types.h>

enum code {
	OK			= 0,
	E_SYSTEM		= 3,	/* a system call failed */
	E_KERNEL		= 5,	/* cpt.ko is not there or does not fit */
	E_RESOURCE		= 6,
	E_ENV_CREATE		= 7,	/* the VE's world or its init could not be made */
	E_COMMAND		= 8,	/* the command run by exec failed */
	E_LOCKED		= 9,
	E_NO_VZ_CONF		= 10,
	E_PERM			= 12,
	E_CAP			= 13,
	E_NO_VE_CONF		= 14,
	E_CHKPNT		= 16,
	E_RESTORE		= 17,
	E_SYNTAX		= 20,	/* bad option or command */
	E_VALUE			= 21,	/* bad value, or no VEID */
	E_NO_ROOT		= 22,	/* VE_ROOT is not set */
	E_NO_PRIVATE		= 23,	/* VE_PRIVATE is not set */
	E_NOT_RUNNING		= 31,
	E_RUNNING		= 32,
	E_STOP			= 33,
	E_NOT_MOUNTED		= 40,
	E_MOUNTED		= 41,
	E_NO_AREA		= 43,	/* no private area */
	E_AREA_EXISTS		= 44,
	E_NO_SPACE		= 46,
	E_BAD_TEMPLATE		= 47,
	E_CREATE		= 48,
	E_MOUNT			= 50,
	E_UMOUNT		= 51,
	E_DESTROY		= 52,
	E_INIT			= 61,
	E_SET			= 62,
	E_HOSTNAME		= 70,
	E_LOCKDIR		= 77,
	E_DEVICES		= 86,
	E_NO_TEMPLATE		= 91,
	E_DISABLED		= 105,
	E_NAME			= 131,
	E_CONF_SAVE		= 139,
};

/* --quiet: -1, default: 0, each --verbose one more. */
extern int verbosity;

/* Where the log is and whose lines they are; file NULL: no log. */
void log_to(const char *file, unsigned int veid);

/* A line on stdout (level 0: always but for --quiet; 1: with --verbose) and in the log. */
void say(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line on stderr and in the log: something is not as it should be, we go on. */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same for the reason why a command fails; returns code. */
int fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* fail() with ": " and errno's text appended. */
int fail_errno(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * What a child that shares no streams with ctl reports through a pipe. After
 * report_to(fd), fail() and warn() of this process send reports instead of printing.
 */
struct report {
	int code;		/* enum code; OK: pid or a warning */
	pid_t pid;
	char text[4000];	/* a sentence has a path; in one piece through a pipe (PIPE_BUF) */
};
void report_to(int fd);
void report_pid(pid_t pid);

/* A pid with something of the caller's own instead of text (at most as long). */
void report_data(pid_t pid, const void *data, size_t n);

/* Read one report: 1, or 0 at the end of file (every writer closed). */
int report_read(int fd, struct report *r);

/* The same of a helper that may die while another process, a VE's, keeps the pipe open: 0 then too. */
int report_wait(int fd, pid_t helper, struct report *r);

/* Print whatever a child reports until the end of file; returns the first failure's code, or OK. */
int report_all(int fd);

/* Milliseconds of a clock that never jumps. */
long long now_ms(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Small things that every part of ctl needs. */
#ifndef CPT_CLI_UTIL_H
#define CPT_CLI_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Memory that is there, or ctl ends with E_RESOURCE. Never freed where ctl ends soon anyway. */
void *xmalloc(size_t n);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The whole of a small file (proc, sysfs, state), NUL-terminated; NULL with errno. */
char *read_file(const char *path);

/* The same of an open file, which is closed; -1: NULL. */
char *read_fd(int fd);

/* Write text to an existing file (proc, cgroup): 0, or -1 with errno. */
int write_file(const char *path, const char *text);

/* Replace a file by text so that a crash leaves the old or the new one: 0, or -1 with errno. */
int replace_file(const char *path, const char *text, mode_t mode);

/* What a replace_file() that was killed left; only for the holder of a lock. */
void replace_clean(const char *path);

/* mkdir -p: 0, or -1 with errno. */
int mkdirs(const char *path, mode_t mode);

/* Remove a tree, never leaving its file system nor following a link: 0, or -1 with errno. */
int remove_tree(const char *path);

/* Remove what is in the directory fd (closed here), on the device dev only: 0, or -1 with errno. */
int remove_inside(int fd, dev_t dev);

/* Write everything: 0, or -1 with errno. */
int write_all(int fd, const void *data, size_t n);

/* A number, all of s, within bounds: true. */
bool parse_u64(const char *s, int base, uint64_t max, uint64_t *out);

/* Sleep so many milliseconds, or until a signal. */
void sleep_ms(int ms);

/* Close every descriptor but those listed (ascending order not needed). */
void close_but(const int *keep, int n);

/* Let this process have as many descriptors as a VE may have mounts. */
void more_files(void);

/* A random id in hexadecimal, 32 digits and NUL. */
void random_id(char id[33]);

/* The host's boot id. */
const char *boot_id(void);

#endif

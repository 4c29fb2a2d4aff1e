/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CTL_CRC32C_H
#define CTL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * The checksum of images: CRC-32C as in RFC 3720.
 *
 * Of a whole: crc32c(0, p, len). Of pieces: crc32c(crc32c(0, a, n), b, m).
 */
uint32_t crc32c(uint32_t crc, const void *p, size_t len);

/* The same without the CPU's instruction, for its test. */
uint32_t crc32c_table(uint32_t crc, const void *p, size_t len);

#endif

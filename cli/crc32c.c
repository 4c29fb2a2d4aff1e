// SPDX-License-Identifier: GPL-2.0-only
/*
 * CRC-32C: by SSE4.2's instruction where the CPU has it, else by tables, eight
 * bytes a step. An image of gigabytes is read through this.
 */
#include "crc32c.h"

#include <string.h>

#define POLY	0x82f63b78u	/* Castagnoli, bits reversed */

static uint32_t table[8][256];

static void __attribute__((constructor)) make_tables(void)
{
	uint32_t i, k, crc;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ POLY : crc >> 1;
		table[0][i] = crc;
	}
	for (k = 1; k < 8; k++)
		for (i = 0; i < 256; i++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
}

uint32_t crc32c_table(uint32_t crc, const void *p, size_t len)
{
	const unsigned char *s = p;

	crc = ~crc;
	for (; len >= 8; len -= 8, s += 8) {
		uint32_t a, b;

		memcpy(&a, s, 4);
		memcpy(&b, s + 4, 4);
		a ^= crc;
		crc = table[7][a & 0xff] ^ table[6][a >> 8 & 0xff] ^
		      table[5][a >> 16 & 0xff] ^ table[4][a >> 24] ^
		      table[3][b & 0xff] ^ table[2][b >> 8 & 0xff] ^
		      table[1][b >> 16 & 0xff] ^ table[0][b >> 24];
	}
	for (; len; len--, s++)
		crc = crc >> 8 ^ table[0][(crc ^ *s) & 0xff];
	return ~crc;
}

#if defined(__x86_64__) || defined(__i386__)

static __attribute__((target("sse4.2"))) uint32_t crc32c_sse(uint32_t crc, const void *p, size_t len)
{
	const unsigned char *s = p;
#ifdef __x86_64__
	uint64_t wide = ~crc;
#define STEP(v)	(wide = __builtin_ia32_crc32di(wide, v))
#else
	uint32_t wide = ~crc;
#define STEP(v)	(wide = __builtin_ia32_crc32si(wide, v))
#endif

	for (; len >= sizeof(wide); len -= sizeof(wide), s += sizeof(wide)) {
		__typeof__(wide) v;

		memcpy(&v, s, sizeof(v));
		STEP(v);
	}
	crc = wide;
	for (; len; len--, s++)
		crc = __builtin_ia32_crc32qi(crc, *s);
	return ~crc;
}

uint32_t crc32c(uint32_t crc, const void *p, size_t len)
{
	return __builtin_cpu_supports("sse4.2") ? crc32c_sse(crc, p, len) : crc32c_table(crc, p, len);
}

#else

uint32_t crc32c(uint32_t crc, const void *p, size_t len)
{
	return crc32c_table(crc, p, len);
}

#endif

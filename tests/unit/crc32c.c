// SPDX-License-Identifier: GPL-2.0-only
/* CRC-32C against vectors of RFC 3720 (B.4) and others, and its two ways against each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crc32c.h"

typedef uint32_t crc_fn(uint32_t crc, const void *p, size_t len);

static crc_fn * const ways[] = { crc32c, crc32c_table };
#define EACH(w)	for (w = ways; w < ways + 2; w++)

static void test_vectors(void **state)
{
	static const uint8_t scsi[48] = {	/* an iSCSI read command */
		0x01, 0xc0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, [32] = 0x28,
		[40] = 0x02,
	};
	crc_fn * const *crc;
	uint8_t p[32];
	int i;

	(void)state;
	EACH(crc) {
		assert_int_equal((*crc)(0, "", 0), 0);
		assert_int_equal((*crc)(0, "123456789", 9), 0xe3069283);
		assert_int_equal((*crc)(0, "a", 1), 0xc1d04330);
		memset(p, 0, 32);
		assert_int_equal((*crc)(0, p, 32), 0x8a9136aa);
		memset(p, 0xff, 32);
		assert_int_equal((*crc)(0, p, 32), 0x62a8ab43);
		for (i = 0; i < 32; i++)
			p[i] = i;
		assert_int_equal((*crc)(0, p, 32), 0x46dd794e);
		for (i = 0; i < 32; i++)
			p[i] = 31 - i;
		assert_int_equal((*crc)(0, p, 32), 0x113fdb5c);
		assert_int_equal((*crc)(0, scsi, 48), 0xd9963a56);
	}
}

static void test_pieces(void **state)
{
	uint8_t p[257];
	uint32_t whole;
	size_t i, off;

	(void)state;
	for (i = 0; i < sizeof(p); i++)
		p[i] = i * 37 + (i >> 3);
	whole = crc32c(0, p, sizeof(p));
	for (i = 0; i <= sizeof(p); i++) {
		assert_int_equal(crc32c(crc32c(0, p, i), p + i, sizeof(p) - i), whole);
		assert_int_equal(crc32c_table(crc32c(0, p, i), p + i, sizeof(p) - i), whole);
	}
	for (off = 0; off < 16; off++)		/* every alignment and short length */
		for (i = 0; i < 40; i++)
			assert_int_equal(crc32c(1, p + off, i), crc32c_table(1, p + off, i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A read past the page cache that takes as long as aio.sh has the disk take: the event comes once,
 * with the bytes, whatever happens meanwhile. NAME.context says which context it is.
 */
#include "cpt_test.h"

#include <linux/aio_abi.h>
#include <sys/eventfd.h>

#define LEN	(64 * 1024)

int main(void)
{
	char *buf = sys(mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	struct iocb cb = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_buf = (unsigned long)buf, .aio_nbytes = LEN,
			   .aio_data = 4711, .aio_flags = IOCB_FLAG_RESFD };
	struct iocb *list[1] = { &cb };
	aio_context_t ctx = 0;
	struct io_event e[2];
	uint64_t told = 0;
	FILE *f;

	cb.aio_fildes = sys(open(test_path("data"), O_RDONLY | O_DIRECT));
	cb.aio_resfd = sys(eventfd(0, 0));
	sys(syscall(SYS_io_setup, 2, &ctx));
	check(syscall(SYS_io_submit, ctx, 1, list) == 1);
	f = fopen(test_path("context"), "we");
	check(f && fprintf(f, "%d %lx\n", getpid(), (unsigned long)ctx) > 0 && !fclose(f));
	test_ready();
	test_wait();
	check(syscall(SYS_io_getevents, ctx, 1, 1, e, NULL) == 1, "%s", strerror(errno));
	check(e[0].data == 4711 && e[0].res == LEN && e[0].obj == (unsigned long)&cb, "%lld bytes", (long long)e[0].res);
	check(syscall(SYS_io_getevents, ctx, 0, 1, e, (long[2]){ 0, 0 }) == 0, "a second event");
	check(read(cb.aio_resfd, &told, sizeof(told)) == sizeof(told) && told == 1, "told %d times", (int)told);
	for (int i = 0; i < LEN; i++)
		check(buf[i] == 'x', "byte %d is %#x", i, buf[i]);
	test_pass();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * For fstypes.sh: files of an overlayfs, from which the program itself is run: of a lower
 * layer, copied up, new; mapped, private and shared; directories, the current one; open in
 * another whose upper layer is in a tmpfs. And a message queue, open by way of a mount.
 */
#include "cpt_test.h"

#include <mqueue.h>

static int make_queue(void)
{
	int q = sys(open("/mnt/mq/fstypes", O_RDWR | O_CREAT | O_EXCL, 0600));

	sys(mq_send(q, "message", 8, 1));
	return q;
}

static void check_queue(int q)
{
	char text[8192], path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", q);
	text[sys(readlink(path, text, sizeof(text) - 1))] = '\0';
	check(!strcmp(text, "/mnt/mq/fstypes"), "the queue is %s now", text);
	check(mq_receive(q, text, sizeof(text), NULL) == 8 && !strcmp(text, "message"), "message of a queue");
	sys(unlink("/mnt/mq/fstypes"));
}

int main(void)
{
	int q = make_queue();
	int lower = sys(open("/mnt/o/lower", O_RDONLY)), up = sys(open("/mnt/o/up", O_RDWR)), fresh, dir, tmp;
	char *shared, *private, c;

	fill_file(up, 0, 2 * PAGE, 1);		/* it was a lower layer's */
	fresh = sys(open("/mnt/o/dir/fresh", O_RDWR | O_CREAT | O_EXCL, 0600));
	fill_file(fresh, 0, 2 * PAGE, 2);
	tmp = sys(open("/mnt/zo/tmp", O_RDWR | O_CREAT | O_EXCL, 0600));
	fill_file(tmp, 0, 2 * PAGE, 3);
	shared = sys(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, up, 0));
	private = sys(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, lower, 0));
	check(!memcmp(private, "lower\n", 6));
	private[0] = 'L';
	dir = sys(open("/mnt/o/dir", O_RDONLY | O_DIRECTORY));
	sys(chdir("/mnt/zo/dir"));
	sys(lseek(lower, 2, SEEK_SET));
	test_ready();
	test_wait();
	check(!memcmp(private, "Lower\n", 6), "a private mapping of a lower file");
	check(read(lower, &c, 1) == 1 && c == 'w', "a lower file");
	verify(shared, 2 * PAGE, 1, "a mapped file that was copied up");
	verify_file(fresh, 0, 2 * PAGE, 2, "a new file");
	verify_file(tmp, 0, 2 * PAGE, 3, "a file whose layer is in a tmpfs");
	shared[100] = '!';
	check(pread(up, &c, 1, 100) == 1 && c == '!', "a mapped file is another");
	check(!faccessat(dir, "fresh", F_OK, 0) && !access("below", F_OK), "directories");
	sys(unlinkat(dir, "fresh", 0));
	check_queue(q);
	test_pass();
}

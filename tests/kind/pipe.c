// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipes and fifos with something in them: whole, partly read, many small writes,
 * spliced and tee'd pages, packets, rings of other sizes; with one end closed; with
 * a writer and a reader that wait; flags of each end; nothing lost, nothing twice.
 */
#include "cpt_test.h"

#include <poll.h>
#include <sys/ioctl.h>

/* n bytes that say where in the stream they are */
static void put(int fd, size_t from, size_t n)
{
	char *buf = malloc(n);
	size_t i;

	for (i = 0; i < n; i++)
		buf[i] = (from + i) * 7 + ((from + i) >> 8);
	check(write(fd, buf, n) == (ssize_t)n, "write: %s", strerror(errno));
	free(buf);
}

static void get(int fd, size_t from, size_t n, const char *what)
{
	char *buf = malloc(n);
	size_t got = 0, i;
	ssize_t r;

	while (got < n) {
		r = read(fd, buf + got, n - got);
		check(r > 0, "%s: %zu of %zu bytes, then %s", what, got, n, r ? strerror(errno) : "its end");
		got += r;
	}
	for (i = 0; i < n; i++)
		check(buf[i] == (char)((from + i) * 7 + ((from + i) >> 8)), "%s: byte %zu of %zu is wrong", what, i, n);
	free(buf);
}

static void empty(int fd, const char *what)
{
	int n = -1;

	sys(ioctl(fd, FIONREAD, &n));
	check(n == 0, "%s: %d bytes too many", what, n);
}

static struct p { int r, w; } full, part, small, packets, big, tiny, nowriter, noreader, twice, spliced, teed, blank;

static struct p pipe_(int flags)
{
	int fd[2];

	sys(pipe2(fd, flags));
	return (struct p){ fd[0], fd[1] };
}

static int fifo_rw, fifo_r, fifo_w, fifo_wait_r;
static long sizes[4];
static int source;

static void fill_pipes(void)
{
	char path[PATH_MAX];
	loff_t off = 100;
	int i;

	full = pipe_(0);
	put(full.w, 0, 65536);
	part = pipe_(O_NONBLOCK);
	put(part.w, 0, 5000);
	put(part.w, 5000, 5000);
	get(part.r, 0, 4100, "partly read");
	small = pipe_(O_CLOEXEC);
	for (i = 0; i < 1000; i++)
		put(small.w, i * 10, 10);
	packets = pipe_(O_DIRECT);
	put(packets.w, 0, 10);
	put(packets.w, 10, 4096);
	put(packets.w, 4106, 1);
	put(packets.w, 4107, 100);
	big = pipe_(0);
	sizes[0] = sys(fcntl(big.w, F_SETPIPE_SZ, 1 << 20));
	put(big.w, 0, 300000);
	tiny = pipe_(0);
	sizes[1] = sys(fcntl(tiny.r, F_SETPIPE_SZ, 4096));
	put(tiny.w, 0, 4096);
	nowriter = pipe_(0);
	put(nowriter.w, 0, 777);
	close(nowriter.w);
	noreader = pipe_(0);
	put(noreader.w, 0, 777);
	close(noreader.r);
	twice = pipe_(0);		/* an end opened again, with other flags and of its own */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", twice.w);
	i = sys(open(path, O_RDONLY | O_NONBLOCK));
	close(twice.r);
	twice.r = i;
	put(twice.w, 0, 300);
	/* pages of a file in a pipe, and the same pages in two pipes */
	source = sys(open(test_path("source"), O_RDWR | O_CREAT | O_TRUNC, 0600));
	put(source, 0, 20000);
	spliced = pipe_(0);
	check_is(splice(source, &off, spliced.w, NULL, 10000, 0), 10000, "splice");
	teed = pipe_(0);
	check_is(tee(spliced.r, teed.w, 10000, 0), 10000, "tee");
	blank = pipe_(0);

	snprintf(path, sizeof(path), "%s", test_path("fifo"));
	sys(mkfifo(path, 0600));
	fifo_rw = sys(open(path, O_RDWR));
	put(fifo_rw, 0, 3000);
	snprintf(path, sizeof(path), "%s", test_path("fifo2"));
	sys(mkfifo(path, 0600));
	fifo_r = sys(open(path, O_RDONLY | O_NONBLOCK));
	fifo_w = sys(open(path, O_WRONLY));
	put(fifo_w, 0, 30000);
	get(fifo_r, 0, 10, "fifo");
	snprintf(path, sizeof(path), "/run/pipe.fifo.%d", getpid());
	sys(mkfifo(path, 0600));
	fifo_wait_r = sys(open(path, O_RDONLY | O_NONBLOCK));	/* nobody ever wrote to it */
	sizes[2] = sys(fcntl(full.r, F_GETPIPE_SZ));
}

static void check_pipes(void)
{
	char path[PATH_MAX], buf[8192], c;
	struct pollfd p;

	check_is(fcntl(big.r, F_GETPIPE_SZ), sizes[0], "size of a ring");
	check_is(fcntl(tiny.w, F_GETPIPE_SZ), sizes[1], "size of a ring");
	check_is(fcntl(full.r, F_GETPIPE_SZ), sizes[2], "size of a ring");
	check(fcntl(part.r, F_GETFL) & O_NONBLOCK);
	check(fcntl(packets.w, F_GETFL) & O_DIRECT);
	check_is(fcntl(small.r, F_GETFD), FD_CLOEXEC, "descriptor flag");
	check(fcntl(twice.r, F_GETFL) & O_NONBLOCK);
	check(!(fcntl(twice.w, F_GETFL) & O_NONBLOCK));

	p = (struct pollfd){ .fd = full.w, .events = POLLOUT };
	check_is(poll(&p, 1, 0), 0, "room in a full pipe");
	get(full.r, 0, 65536, "full");
	empty(full.r, "full");
	get(part.r, 4100, 5900, "partly read");
	empty(part.r, "partly read");
	check(read(part.r, &c, 1) == -1 && errno == EAGAIN);
	get(small.r, 0, 10000, "small writes");
	empty(small.r, "small writes");
	check_is(read(packets.r, buf, 4), 4, "first packet, cut");
	check_is(read(packets.r, buf, sizeof(buf)), 4096, "second packet");
	check_is(read(packets.r, buf, sizeof(buf)), 1, "third packet");
	check_is(read(packets.r, buf, sizeof(buf)), 100, "fourth packet");
	empty(packets.r, "packets");
	get(big.r, 0, 300000, "big");
	empty(big.r, "big");
	get(tiny.r, 0, 4096, "tiny");
	get(nowriter.r, 0, 777, "without a writer");
	check_is(read(nowriter.r, &c, 1), 0, "its end");
	signal(SIGPIPE, SIG_IGN);
	check(write(noreader.w, "x", 1) == -1 && errno == EPIPE, "a pipe without reader takes data");
	get(twice.r, 0, 300, "opened again");
	check(read(twice.r, &c, 1) == -1 && errno == EAGAIN);
	get(spliced.r, 100, 10000, "spliced");
	get(teed.r, 100, 10000, "tee'd");
	put(blank.w, 5, 5);
	get(blank.r, 5, 5, "empty");
	/* still pipes as new: room for a whole ring */
	put(full.w, 9, 65536);
	get(full.r, 9, 65536, "full again");
	put(big.w, 9, 1 << 20);
	get(big.r, 9, 1 << 20, "big again");
	close(full.w);
	check_is(read(full.r, &c, 1), 0, "a pipe's end after its writer closed");

	get(fifo_rw, 0, 3000, "fifo");
	empty(fifo_rw, "fifo");
	get(fifo_r, 10, 29990, "fifo of two");
	check(read(fifo_r, &c, 1) == -1 && errno == EAGAIN);
	/* by its name it is the same one */
	snprintf(path, sizeof(path), "%s", test_path("fifo2"));
	close(fifo_w);
	fifo_w = sys(open(path, O_WRONLY | O_NONBLOCK));
	put(fifo_w, 3, 8);
	get(fifo_r, 3, 8, "fifo opened afterwards");
	check_is(read(fifo_wait_r, &c, 1), 0, "fifo that has no writer");
	snprintf(path, sizeof(path), "/run/pipe.fifo.%d", getpid());
	fifo_w = sys(open(path, O_WRONLY | O_NONBLOCK));
	put(fifo_w, 3, 8);
	get(fifo_wait_r, 3, 8, "fifo on a tmpfs");
}

/* one end of a stream that does not hurry: bytes in all */
static pid_t writer(int w, int r, size_t bytes)
{
	pid_t pid = test_fork();
	size_t i;

	if (pid)
		return pid;
	close(r);
	for (i = 0; i < bytes; i += 65536)	/* waits in the middle of a write most of the time */
		put(w, i, 65536);
	_exit(0);
}

static pid_t reader(int r, int w, size_t bytes)
{
	pid_t pid = test_fork();
	char c;

	if (pid)
		return pid;
	close(w);
	get(r, 0, bytes, "stream");
	check_is(read(r, &c, 1), 0, "end of a stream");
	_exit(0);
}

/* a stream at full speed, in pieces of all sizes, for as long as the test lasts */
static void torrent(pid_t pid[2])
{
	struct p p = pipe_(0);
	unsigned char buf[9000];
	size_t n = 0, len = 1, i;
	ssize_t got;

	pid[0] = test_fork();
	if (!pid[0]) {
		close(p.r);
		while (!test_going()) {
			put(p.w, n, len);
			n += len;
			len = len % 8500 + 41;
		}
		_exit(0);
	}
	pid[1] = test_fork();
	if (!pid[1]) {
		close(p.w);
		while ((got = sys(read(p.r, buf, len)))) {
			for (i = 0; i < (size_t)got; i++)
				check(buf[i] == (unsigned char)((n + i) * 7 + ((n + i) >> 8)),
				      "torrent: byte %zu is wrong", n + i);
			n += got;
			len = len % 9000 + 1;
		}
		_exit(0);
	}
	close(p.r);
	close(p.w);
}

int main(void)
{
	struct p slow, idle;
	pid_t w, r, t[2];
	size_t from = 0;

	/* in an order in which no child inherits a writing end that is not its own */
	torrent(t);
	slow = pipe_(0);
	w = writer(slow.w, slow.r, 1 << 20);
	close(slow.w);
	idle = pipe_(0);
	r = reader(idle.r, idle.w, 500000);
	close(idle.r);
	fill_pipes();
	sleep_ns(300 * MSEC);
	test_ready();
	while (!test_going()) {
		if (from < 500000)
			get(slow.r, from, 1000, "slow stream");
		from += from < 500000 ? 1000 : 0;
		sleep_ns(20 * MSEC);
	}
	check_pipes();
	get(slow.r, from, (1 << 20) - from, "slow stream");
	put(idle.w, 0, 500000);
	close(idle.w);
	test_reap(w);
	test_reap(r);
	test_reap(t[0]);
	test_reap(t[1]);
	test_pass();
}

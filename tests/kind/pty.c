// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pseudo terminals with both ends inside: numbers with gaps; what was typed and not read, half lines,
 * quoted characters and ends of file among it; what was written and not read, columns; echo that is
 * held up; full ones, with a writer that waits; packet mode; settings, size, exclusive use, locks, owner
 * and mode; slaves that are closed or were never open, masters that are closed; terminals that were hung
 * up, one of them open anew; epolls of them.
 */
#include "cpt_test.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>

enum {
	LINES, QUOTED, OUTPUT, ECHOED, PACKET, RAW, CLOSED, FRESH, HUNG, WRITER, OWNED, TABBED, ERASED,
	VHUNG, REOPENED, N_PAIRS
};

static struct pair {
	int master, slave, number;
	struct termios termios;
	struct winsize size;
} p[N_PAIRS];

static void open_pair(struct pair *pair, bool slave)
{
	char name[32];
	int lock = 0;

	pair->master = sys(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	sys(ioctl(pair->master, TIOCSPTLCK, &lock));
	sys(ioctl(pair->master, TIOCGPTN, &pair->number));
	snprintf(name, sizeof(name), "/dev/pts/%d", pair->number);
	pair->slave = slave ? sys(open(name, O_RDWR | O_NOCTTY)) : -1;
}

static void settings(int fd, tcflag_t l_off, tcflag_t l_on, tcflag_t o_on)
{
	struct termios t;

	sys(tcgetattr(fd, &t));
	t.c_lflag = (t.c_lflag & ~l_off) | l_on;
	t.c_oflag |= o_on;
	sys(tcsetattr(fd, TCSANOW, &t));
}

static void type(const struct pair *pair, const char *text)
{
	check_is(sys(write(pair->master, text, strlen(text))), strlen(text), "write");
}

/* Read @text and nothing more, waiting for it. */
static void expect(int fd, const char *text, const char *what)
{
	char buf[256] = "";
	size_t n = 0;
	struct pollfd poll_in = { .fd = fd, .events = POLLIN };

	while (n < strlen(text)) {
		check(poll(&poll_in, 1, 60000) == 1, "%s: only '%s' comes, not '%s'", what, buf, text);
		n += sys(read(fd, buf + n, strlen(text) - n));
	}
	check(!memcmp(buf, text, n), "%s: '%s', not '%s'", what, buf, text);
}

static void silent(int fd, const char *what)
{
	struct pollfd poll_in = { .fd = fd, .events = POLLIN };

	check_is(poll(&poll_in, 1, 50), 0, "poll");
	(void)what;
}

/* As getty does. */
static void hang_up(struct pair *pair)
{
	pid_t pid = test_fork();

	if (!pid) {
		sys(setsid());
		sys(ioctl(pair->slave, TIOCSCTTY, 0));
		signal(SIGHUP, SIG_IGN);
		sys(vhangup());
		_exit(0);
	}
	test_reap(pid);
}

static int open_slave(const struct pair *pair)
{
	char name[32];

	snprintf(name, sizeof(name), "/dev/pts/%d", pair->number);
	return sys(open(name, O_RDWR | O_NOCTTY));
}

static void check_hung(int slave, const char *what)
{
	char c;

	check_is(read(slave, &c, 1), 0, what);
	check_is(write(slave, "x", 1), -1, what);
	check_is(errno, EIO, "errno");
}

/* Nothing can be asked of its slave. */
static bool no_slave(int i)
{
	return i == CLOSED || i == FRESH || i == HUNG || i == VHUNG || i == REOPENED;
}

#define BIG 30000

static pid_t start_writer(struct pair *pair)
{
	pid_t pid = test_fork();
	char *buf = malloc(BIG);
	int i;

	if (pid)
		return pid;
	for (i = 0; i < BIG; i++)
		buf[i] = 'a' + i % 23;
	check_is(sys(write(pair->slave, buf, BIG)), BIG, "a long write to a terminal");
	_exit(0);
}

static void read_pattern(int fd, int total, int mod)
{
	char buf[4096];
	int n = 0, got, i;

	while (n < total) {
		got = sys(read(fd, buf, sizeof(buf)));
		for (i = 0; i < got; i++)
			check(buf[i] == 'a' + (n + i) % mod, "byte %d of %d is %#x", n + i, total, buf[i]);
		n += got;
	}
	check_is(n, total, "bytes");
	silent(fd, "after all");
}

/* Two that can be read, in this order, and one that cannot. */
static int watch(void)
{
	int ep = sys(epoll_create1(0)), i;
	struct epoll_event e = { .events = EPOLLIN };

	for (i = 0; i < 3; i++) {
		e.data.fd = i == 0 ? p[OUTPUT].master : i == 1 ? p[LINES].slave : p[LINES].master;
		sys(epoll_ctl(ep, EPOLL_CTL_ADD, e.data.fd, &e));
	}
	return ep;
}

static void check_watch(int ep)
{
	struct epoll_event e[4];

	check_is(sys(epoll_wait(ep, e, 4, 0)), 2, "number of terminals that an epoll has");
	check_is(e[0].data.fd, p[OUTPUT].master, "the first terminal of an epoll");
	check_is(e[1].data.fd, p[LINES].slave, "the second terminal of an epoll");
}

/* Until no more goes. */
static int fill_up(struct pair *pair)
{
	int n = 0;
	char c;

	sys(fcntl(pair->master, F_SETFL, O_RDWR | O_NONBLOCK));
	for (;;) {
		c = 'a' + n % 19;
		if (write(pair->master, &c, 1) != 1) {
			check_is(errno, EAGAIN, "errno");
			sleep_ns(100 * MSEC);	/* it may be on its way to the other side */
			if (write(pair->master, &c, 1) != 1)
				return n;
		}
		n++;
	}
}

int main(void)
{
	struct winsize size = { 33, 101, 7, 9 };
	int gap[N_PAIRS / 4], i, full, on = 1, off = 0, v, ep, again;
	struct stat st, then;
	struct termios t;
	pid_t writer;
	char c, name[32];

	for (i = 0; i < N_PAIRS; i++) {
		if (i % 4 == 3)
			gap[i / 4] = sys(open("/dev/ptmx", O_RDWR | O_NOCTTY));
		open_pair(&p[i], i != FRESH);
	}
	for (i = 0; i < N_PAIRS / 4; i++)
		close(gap[i]);

	settings(p[LINES].slave, ECHO, 0, 0);
	type(&p[LINES], "one\ntwo\nend\004hal");
	settings(p[QUOTED].slave, ECHO, 0, 0);
	type(&p[QUOTED], "a\026");
	settings(p[OUTPUT].slave, 0, 0, XTABS | ONLCR);
	check_is(sys(write(p[OUTPUT].slave, "x\nabc", 5)), 5, "write");
	sys(tcflow(p[ECHOED].slave, TCOOFF));
	type(&p[ECHOED], "held");
	check_is(sys(write(p[TABBED].slave, "abc", 3)), 3, "write");
	type(&p[TABBED], "\t");
	settings(p[ERASED].slave, 0, ECHOPRT, 0);
	type(&p[ERASED], "ab\177");
	sys(ioctl(p[PACKET].master, TIOCPKT, &on));
	check_is(sys(write(p[PACKET].slave, "data", 4)), 4, "write");
	sys(tcflow(p[PACKET].slave, TCOOFF));
	settings(p[RAW].slave, ICANON | ECHO | ISIG | IEXTEN, 0, 0);
	full = fill_up(&p[RAW]);
	check(full > 4096, "only %d bytes go into a terminal", full);
	close(p[CLOSED].slave);
	close(p[HUNG].master);
	check_is(sys(write(p[VHUNG].slave, "left", 4)), 4, "write");
	sleep_ns(100 * MSEC);
	hang_up(&p[VHUNG]);
	type(&p[VHUNG], "early\n");
	hang_up(&p[REOPENED]);
	again = open_slave(&p[REOPENED]);
	settings(again, ECHO, 0, 0);
	type(&p[REOPENED], "li");
	settings(p[WRITER].slave, 0, 0, 0);
	writer = start_writer(&p[WRITER]);
	sys(tcgetattr(p[OWNED].slave, &t));
	t.c_cc[VERASE] = '#';
	t.c_cc[VMIN] = 3;
	t.c_iflag |= IUTF8 | IXANY;
	t.c_cflag = (t.c_cflag & ~CBAUD) | B9600;
	sys(tcsetattr(p[OWNED].slave, TCSANOW, &t));
	sys(ioctl(p[OWNED].slave, TIOCSWINSZ, &size));
	sys(ioctl(p[OWNED].slave, TIOCEXCL));
	sys(ioctl(p[OWNED].master, TIOCSPTLCK, &on));
	sys(fchmod(p[OWNED].slave, 0640));
	sys(fchown(p[OWNED].slave, 1234, 4321));
	sys(fstat(p[OWNED].slave, &st));
	sleep_ns(300 * MSEC);
	ep = watch();
	for (i = 0; i < N_PAIRS; i++) {
		if (no_slave(i))
			continue;
		sys(tcgetattr(p[i].slave, &p[i].termios));
		sys(ioctl(p[i].slave, TIOCGWINSZ, &p[i].size));
	}
	test_ready();
	test_wait();

	check_watch(ep);
	for (i = 0; i < N_PAIRS; i++) {
		if (i != HUNG) {
			sys(ioctl(p[i].master, TIOCGPTN, &v));
			check_is(v, p[i].number, "number");
		}
		if (no_slave(i))
			continue;
		sys(tcgetattr(p[i].slave, &t));
		check(!memcmp(&t, &p[i].termios, sizeof(t)), "settings of terminal %d", i);
		sys(ioctl(p[i].slave, TIOCGWINSZ, &size));
		check(!memcmp(&size, &p[i].size, sizeof(size)), "size of terminal %d", i);
		sys(ioctl(p[i].master, TIOCGPTLCK, &v));
		check_is(v, i == OWNED, "lock");
		sys(ioctl(p[i].slave, TIOCGEXCL, &v));
		check_is(v, i == OWNED, "exclusive use");
	}
	sys(fstat(p[OWNED].slave, &then));
	check(st.st_mode == then.st_mode && st.st_uid == then.st_uid && st.st_gid == then.st_gid &&
	      st.st_rdev == then.st_rdev && st.st_ino == then.st_ino && st.st_mtime == then.st_mtime,
	      "the slave's file: mode %o, owner %u", then.st_mode, then.st_uid);

	expect(p[LINES].slave, "one\n", "the first line");
	expect(p[LINES].slave, "two\n", "the second line");
	expect(p[LINES].slave, "end", "what ^D ended");
	silent(p[LINES].slave, "half a line");
	type(&p[LINES], "X\177f\n");
	expect(p[LINES].slave, "half\n", "the other half");
	silent(p[LINES].master, "no echo");
	type(&p[QUOTED], "\003b\n");
	expect(p[QUOTED].slave, "a\003b\n", "^V^C");
	check_is(sys(write(p[OUTPUT].slave, "\t|", 2)), 2, "write");
	expect(p[OUTPUT].master, "x\r\nabc     |", "output");
	silent(p[ECHOED].master, "echo that is held up");
	sys(tcflow(p[ECHOED].slave, TCOON));
	check_is(sys(write(p[ECHOED].slave, "!", 1)), 1, "write");	/* before it comes what waits */
	expect(p[ECHOED].master, "held!", "echo");
	expect(p[TABBED].master, "abc\t", "a tab");
	type(&p[TABBED], "\177");	/* goes back to where the line began, behind what was written */
	expect(p[TABBED].master, "\b\b\b\b\b", "a tab taken back");
	silent(p[TABBED].master, "a tab taken back");
	type(&p[ERASED], "c");
	expect(p[ERASED].master, "ab\\b/c", "what is taken back on paper");
	c = TIOCPKT_STOP;
	check_is(sys(read(p[PACKET].master, &c, 1)), 1, "read");
	check(c & TIOCPKT_STOP, "status of packets: %#x", c);
	check_is(sys(read(p[PACKET].master, name, sizeof(name))), 5, "a packet");
	check(!memcmp(name, "\0data", 5));
	sys(tcflow(p[PACKET].slave, TCOON));
	check_is(sys(read(p[PACKET].master, &c, 1)), 1, "read");
	check(c & TIOCPKT_START, "status of packets: %#x", c);
	read_pattern(p[RAW].slave, full, 19);

	check_is(read(p[CLOSED].master, &c, 1), -1, "read without a slave");
	check_is(errno, EIO, "errno");
	p[CLOSED].slave = open_slave(&p[CLOSED]);
	type(&p[CLOSED], "again\n");
	expect(p[CLOSED].slave, "again\n", "a slave opened again");
	silent(p[FRESH].master, "a slave that was not opened yet");
	p[FRESH].slave = open_slave(&p[FRESH]);
	type(&p[FRESH], "first\n");
	expect(p[FRESH].slave, "first\n", "a slave opened");
	check_hung(p[HUNG].slave, "a slave without a master");
	snprintf(name, sizeof(name), "/dev/pts/%d", p[HUNG].number);
	check_is(access(name, F_OK), -1, "the file of a slave without a master");
	check_hung(p[REOPENED].slave, "a slave that was hung up, and opened anew");
	type(&p[REOPENED], "ne\n");
	expect(again, "line\n", "what was typed to the new one");
	check_hung(p[VHUNG].slave, "a slave that was hung up");
	expect(p[VHUNG].master, "left", "what was written before it was hung up");
	again = open_slave(&p[VHUNG]);
	check_hung(p[VHUNG].slave, "a slave that was hung up");
	settings(again, ECHO, 0, 0);
	type(&p[VHUNG], "late\n");
	expect(again, "early\n", "what was typed while it was hung up");
	expect(again, "late\n", "what was typed afterwards");
	check_is(kill(writer, 0), 0, "the writer");
	read_pattern(p[WRITER].master, BIG, 23);
	test_reap(writer);
	sys(ioctl(p[OWNED].master, TIOCSPTLCK, &off));
	test_pass();
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CPT_GEN_TTY_H
#define _CPT_GEN_TTY_H
/*
 * Kind of tests/gen: pseudo terminals, with what was typed and written and nobody has read.
 */
#include "gen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

/* state */
enum { TTY_RAW = 1, TTY_ECHO = 2, TTY_PACKETS = 4, TTY_STOPPED = 8, TTY_HUNG = 16 };
/* list: what was done in turn, how many letters, and whether the slave wrote or half a line was typed */
enum { TTY_WRITTEN = 0x1000, TTY_HALF = 0x2000, TTY_LETTERS = 0xfff };
#define TTY_ROOM 2000

/* The text of the @i-th act: letters, and the end of a line. */
static int act_text(const struct obj *o, int i, char *text)
{
	int n = o->list[i] & TTY_LETTERS, k;

	make_bytes(text, o->seed, 100 * i, n);
	for (k = 0; k < n; k++)
		text[k] = 'a' + (unsigned char)text[k] % 26;
	if (!(o->list[i] & TTY_HALF))
		text[n++] = '\n';
	return n;
}

/* What can be read at an end: by the master what is written and echoed, by the slave what was typed. */
static int tty_text(const struct obj *o, int end, char *text)
{
	char act[TTY_LETTERS];
	int i, k, n = 0, lines = 0;

	for (i = 0; i < o->nlist; i++) {
		int len = act_text(o, i, act);
		bool written = o->list[i] & TTY_WRITTEN;

		if (end ? written : !written && !(o->state & TTY_ECHO))
			continue;
		for (k = 0; k < len; k++) {
			if (!end && act[k] == '\n' && !(o->state & TTY_RAW))
				text[n++] = '\r';
			text[n++] = act[k];
			if (act[k] == '\n')
				lines = n;
		}
	}
	return end && !(o->state & TTY_RAW) ? lines : n;
}

/* Until all of it is there: it comes by a thread of the kernel's. */
static void await_text(struct obj *o, const int *fd)
{
	char text[TTY_ROOM];
	int end, n;

	for (end = 0; end < 2; end++)
		for (n = -1; n != tty_text(o, end, text); sleep_ns(MSEC))
			osys(o, ioctl(fd[end], FIONREAD, &n));
}

static void some_settings(struct obj *o, int fd)
{
	struct winsize size = { rnd(100), rnd(200), rnd(10), rnd(10) };
	struct termios t;

	o->state = PICK(0, TTY_RAW, TTY_ECHO, TTY_ECHO);
	osys(o, tcgetattr(fd, &t));
	if (o->state & TTY_RAW)
		cfmakeraw(&t);
	if (!(o->state & TTY_ECHO))
		t.c_lflag &= ~ECHO;
	t.c_cc[VERASE] = PICK(127, '#');
	t.c_cc[VMIN] = 1 + rnd(3);
	t.c_iflag |= PICK(0, IUTF8, IXANY);
	osys(o, cfsetspeed(&t, PICK(B9600, B38400)));
	osys(o, tcsetattr(fd, TCSANOW, &t));
	if (one_in(2))
		osys(o, ioctl(fd, TIOCSWINSZ, &size));
}

/* The master (0) and the slave (1), either of which may be closed. */
static bool make_tty(struct obj *o, int *fd)
{
	int i, on = 1;
	char act[TTY_LETTERS];

	fd[0] = osys(o, open("/dev/ptmx", O_RDWR | O_NOCTTY | PICK(0, O_NONBLOCK) | PICK(0, O_CLOEXEC)));
	osys(o, unlockpt(fd[0]));
	fd[1] = osys(o, ioctl(fd[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | PICK(0, O_NONBLOCK)));
	some_settings(o, fd[1]);
	for (i = rnd(7); i > 0; i--) {
		bool written = one_in(2);
		int len;

		o->list[o->nlist++] = rnd(90) | (written ? TTY_WRITTEN : one_in(4) ? TTY_HALF : 0);
		len = act_text(o, o->nlist - 1, act);
		want(o, write(fd[written], act, len) == len, "%s", strerror(errno));
		await_text(o, fd);
	}
	if (one_in(4))
		osys(o, ioctl(fd[1], TIOCEXCL));
	if (one_in(4))
		osys(o, fchmod(fd[1], 0600));
	if (one_in(5)) {
		osys(o, tcflow(fd[1], TCOOFF));
		o->state |= TTY_STOPPED;
	}
	if (one_in(4)) {
		osys(o, ioctl(fd[0], TIOCPKT, &on));
		o->state |= TTY_PACKETS;
	}
	if (one_in(4))
		osys(o, ioctl(fd[0], TIOCSPTLCK, &on));
	if (one_in(4)) {
		i = rnd(2);
		o->end[i].gone = true;
		o->state |= i ? 0 : TTY_HUNG;
	}
	return true;
}

static void see_number(FILE *f, const char *what, int fd, unsigned long cmd)
{
	int v = -1, r = ioctl(fd, cmd, &v);

	fprintf(f, " %s %d", what, r ? -errno : v);
}

static void see_tty(FILE *f, struct obj *o, int end, int fd)
{
	struct winsize size = { 0 };
	struct termios t;

	(void)o;
	memset(&t, 0, sizeof(t));
	see_number(f, "to read", fd, FIONREAD);
	see_number(f, "to write", fd, TIOCOUTQ);
	see_number(f, "exclusive", fd, TIOCGEXCL);
	if (!end) {
		see_number(f, "number", fd, TIOCGPTN);
		see_number(f, "locked", fd, TIOCGPTLCK);
		see_number(f, "packets", fd, TIOCGPKT);
	}
	ioctl(fd, TIOCGWINSZ, &size);
	fprintf(f, " size %u,%u,%u,%u settings", size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
	if (tcgetattr(fd, &t))
		fprintf(f, " %s", strerror(errno));
	fprintf(f, " %x,%x,%x,%x,%d:%08x", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag, t.c_line,
		hash(t.c_cc, sizeof(t.c_cc)));
}

/* Read what has come, without the byte before each packet. */
static int get_text(struct obj *o, int end, int fd, char *text)
{
	bool packets = !end && o->state & TTY_PACKETS;
	char buf[TTY_ROOM];
	int n = 0, got;

	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		want(o, n + got < TTY_ROOM && (!packets || !buf[0]), "what is read is more, or %#x", buf[0]);
		memcpy(text + n, buf + packets, got - packets);
		n += got - packets;
	}
	return n;
}

static void check_tty(struct obj *o, int end, int fd)
{
	char expected[TTY_ROOM], text[TTY_ROOM];
	int n = tty_text(o, end, expected), got, flags = osys(o, fcntl(fd, F_GETFL));

	osys(o, fcntl(fd, F_SETFL, flags | O_NONBLOCK));
	got = get_text(o, end, fd, text);
	if (o->state & TTY_HUNG)
		n = 0;
	want(o, got == n && !memcmp(text, expected, n), "end %d has '%.*s', not '%.*s'", end, got, text, n, expected);
	if (end || !o->end[1].gone) {
		osys(o, fcntl(fd, F_SETFL, flags));
		return;
	}
	want(o, read(fd, text, 1) == -1 && errno == EIO, "a slave is open");
}

#endif

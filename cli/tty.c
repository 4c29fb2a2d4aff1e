// SPDX-License-Identifier: GPL-2.0-only
/* Terminals and passed descriptors; see tty.h. */
#include "tty.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int tty_master(void)
{
	int fd = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), off = 0;

	if (fd >= 0 && ioctl(fd, TIOCSPTLCK, &off)) {
		close(fd);
		return -1;
	}
	return fd;
}

void send_fd(int sock, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	sendmsg(sock, &msg, MSG_NOSIGNAL);
}

int receive_fd(int sock, bool master)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	struct stat st;
	int fd = -1;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	/* The VE's root decides what is at that path: it must be a terminal's master. */
	if (fd >= 0 && master &&
	    (fstat(fd, &st) || !S_ISCHR(st.st_mode) || major(st.st_rdev) != 5 || minor(st.st_rdev) != 2)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

bool tty_raw(struct termios *saved)
{
	struct termios raw;

	if (tcgetattr(0, saved))
		return false;
	raw = *saved;
	cfmakeraw(&raw);
	tcsetattr(0, TCSADRAIN, &raw);
	return true;
}

void tty_restore(const struct termios *saved)
{
	tcsetattr(0, TCSADRAIN, saved);
}

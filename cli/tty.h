/* SPDX-License-Identifier: GPL-2.0-only */
/* Terminals, and descriptors that go from one process to another. */
#ifndef CPT_CLI_TTY_H
#define CPT_CLI_TTY_H

#include <stdbool.h>
#include <termios.h>

/* The master of a new terminal of the VE's devpts, in a process inside the VE; -1 with errno. */
int tty_master(void);

/* Send a descriptor through a socket, and receive one; -1: none came, or (master) it is no terminal's master. */
void send_fd(int sock, int fd);
int receive_fd(int sock, bool master);

/* If standard input is a terminal: leave all that is typed to others; false: it is none. */
bool tty_raw(struct termios *saved);
void tty_restore(const struct termios *saved);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session on a pseudo terminal, as a shell has one: its leader, a job in the foreground, one in
 * the background that wanted to read and was stopped, one stopped by ^Z; /dev/tty open. Afterwards
 * ^C, ^Z, the window's size, SIGCONT and tcsetpgrp() still do what they are there for, and the end of the
 * terminal is the end of the session. A leader whose terminal was hung up before lives on.
 */
#include "cpt_test.h"

#include <sys/ioctl.h>
#include <termios.h>

static struct shared {
	volatile int winch, intr, cols, hup;
	volatile pid_t leader, fore, back, job, survivor;
} *sh;

static int master, other_master;

static int open_master(void)
{
	int fd = sys(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)), lock = 0;

	sys(ioctl(fd, TIOCSPTLCK, &lock));
	return fd;
}

/* Opened by a session leader, it becomes its controlling terminal. */
static int open_slave(int fd)
{
	char name[32];
	int number;

	sys(ioctl(fd, TIOCGPTN, &number));
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	return sys(open(name, O_RDWR));
}

static char stat_of(pid_t pid, int *tty, int *fore)
{
	char path[64], text[512], *p, state;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = sys(open(path, O_RDONLY));
	text[sys(read(fd, text, sizeof(text) - 1))] = 0;
	close(fd);
	p = strrchr(text, ')');
	check_is(sscanf(p, ") %c %*d %*d %*d %d %d", &state, tty, fore), 3, "fields of stat");
	return state;
}

static void await(pid_t pid, const char *states)
{
	int i, tty, fore;

	for (i = 0; !strchr(states, stat_of(pid, &tty, &fore)); i++) {
		check(i < 3000, "process %d does not become %s", pid, states);
		sleep_ns(20 * MSEC);
	}
}

static void on_winch(int sig)
{
	struct winsize size;

	(void)sig;
	check(!ioctl(0, TIOCGWINSZ, &size));
	sh->cols = size.ws_col;
	sh->winch++;
}

static void on_int(int sig)
{
	(void)sig;
	sh->intr++;
}

static void on_hup(int sig)
{
	(void)sig;
	sh->hup++;
}

static void handle(int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler };

	sys(sigaction(sig, &sa, NULL));
}

static pid_t start(void (*fn)(void))
{
	pid_t pid = test_fork();

	setpgid(pid, pid);
	if (pid)
		return pid;
	setpgid(0, 0);
	fn();
	_exit(0);
}

static void wait_for_signals(void)
{
	handle(SIGWINCH, on_winch);
	handle(SIGINT, on_int);
	while (!sh->intr)
		usleep(50000);
	_exit(3);
}

static void read_a_line(void)
{
	char line[64];

	check_is(sys(read(0, line, sizeof(line))), 5, "read");
	check(!memcmp(line, "back\n", 5));
}

static void just_wait(void)
{
	for (;;)
		pause();
}

static void be_shell(void)
{
	int status, tty, i;

	sys(setsid());
	check_is(dup2(open_slave(master), 0), 0, "dup2");
	handle(SIGTTOU, SIG_IGN);
	handle(SIGINT, SIG_DFL);	/* a shell that begins us in the background has it ignored */
	sh->fore = start(wait_for_signals);
	sys(tcsetpgrp(0, sh->fore));
	sh->back = start(read_a_line);		/* stopped: SIGTTIN */
	sys(waitpid(sh->back, &status, WUNTRACED));
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	sh->job = start(just_wait);
	sys(tcsetpgrp(0, sh->job));
	sleep_ns(300 * MSEC);
	check_is(write(master, "\032", 1), 1, "^Z");
	sys(waitpid(sh->job, &status, WUNTRACED));
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
	sys(tcsetpgrp(0, sh->fore));
	tty = sys(open("/dev/tty", O_RDWR));
	sh->leader = getpid();

	sys(waitpid(sh->fore, &status, WUNTRACED));
	check(WIFEXITED(status) && WEXITSTATUS(status) == 3, "the job in the foreground: %#x", status);
	check_is(tcgetpgrp(tty), sh->fore, "group in the foreground");
	sys(tcsetpgrp(tty, sh->back));		/* fg */
	sys(kill(-sh->back, SIGCONT));
	check_is(write(master, "back\n", 5), 5, "write");
	test_reap(sh->back);
	sys(tcsetpgrp(tty, sh->job));
	sys(kill(-sh->job, SIGCONT));
	await(sh->job, "S");
	check_is(write(master, "\003", 1), 1, "^C");
	for (i = 0; !sys(waitpid(sh->job, &status, WNOHANG)); i++) {
		check(i < 600, "^C does not reach the job that was stopped; in the foreground: %d, not %d",
		      tcgetpgrp(tty), sh->job);
		sleep_ns(100 * MSEC);
	}
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "the stopped job: %#x", status);
	sys(tcsetpgrp(tty, getpgrp()));
	close(master);
	sh->leader = 0;
	just_wait();
}

/* Its terminal ends, and it does not. */
static void be_survivor(void)
{
	handle(SIGHUP, on_hup);
	sys(setsid());
	check_is(dup2(open_slave(other_master), 0), 0, "dup2");
	sh->survivor = getpid();
	close(other_master);
	while (!sh->hup)
		usleep(20000);
	just_wait();
}

int main(void)
{
	struct winsize size = { .ws_row = 50, .ws_col = 132 };
	pid_t leader, survivor;
	int tty, fore, i, status;
	char c;

	sh = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(sh != MAP_FAILED);
	other_master = open_master();
	survivor = test_fork();
	if (!survivor)
		be_survivor();
	while (!sh->survivor)
		sleep_ns(20 * MSEC);
	close(other_master);
	while (!sh->hup)
		sleep_ns(20 * MSEC);
	master = open_master();
	leader = test_fork();
	if (!leader)
		be_shell();
	while (!sh->leader)
		sleep_ns(20 * MSEC);
	check_is(sh->winch, 0, "SIGWINCH");
	test_ready();
	test_wait();

	check_is(tcgetsid(master), leader, "session");
	check_is(tcgetpgrp(master), sh->fore, "group in the foreground");
	const pid_t with[] = { leader, sh->fore, sh->back, sh->job };

	for (i = 0; i < (int)ARRAY_SIZE(with); i++) {
		stat_of(with[i], &tty, &fore);
		check(tty && fore == sh->fore, "process %d: terminal %#x, group %d", with[i], tty, fore);
	}
	stat_of(survivor, &tty, &fore);
	check_is(tty, 0, "a terminal that was hung up");
	check(stat_of(sh->back, &tty, &fore) == 'T' && stat_of(sh->job, &tty, &fore) == 'T');
	sys(ioctl(master, TIOCSWINSZ, &size));
	while (!sh->winch)
		sleep_ns(20 * MSEC);
	check_is(sh->cols, 132, "columns");
	check_is(write(master, "\003", 1), 1, "^C");
	while (sh->leader) {
		check_is(waitpid(leader, &status, WNOHANG), 0, "the session's leader");
		sleep_ns(20 * MSEC);
	}
	/* one that has no terminal has not got it by the restore */
	check_is(open("/dev/tty", O_RDWR), -1, "/dev/tty");
	check_is(read(master, &c, 1), 1, "echo");
	close(master);
	sys(waitpid(leader, &status, 0));
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP, "the leader: %#x", status);
	check_is(sh->hup, 1, "SIGHUP");
	sys(kill(survivor, SIGKILL));
	sys(waitpid(survivor, &status, 0));
	test_pass();
}

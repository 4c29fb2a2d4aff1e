// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tests/hostile/killed.sh needs: ctl is killed at an exact place, and a program
 * in the VE that shows if anything was lost.
 *
 *   killed list CTL…             runs ctl; says which commands of /dev/cpt it and its helpers
 *                                use, one "K NAME main|helper MS" a line, and in the last line
 *                                "syscalls FIRST TOTAL": all there were, and which of them
 *                                took the lock (0: none)
 *   killed WHO PLACE K CTL…      runs ctl and kills WHO (caller, main) at the K-th command:
 *                                before it, after it, or PLACE ms into it; K may be a NAME, too
 *   killed caller syscall N CTL… before the N-th system call
 *                                It ends with 3 if ctl ended before.
 *   killed count FILE            numbers through a pipe into FILE, a line each
 *   killed check FILE AT N       the numbers from offset AT on go on after N, and some more come;
 *                                prints the new AT and N
 *
 * strace could inject the signal, but counts in each process by itself, cannot tell these
 * ioctls from others, nor kill in the middle of one, and would follow init into the VE.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include "cpt/ioctl.h"

#define TASKS	64
#define SYSCALL	(SIGTRAP | 0x80)

#define NAME(command) [_IOC_NR(CPT_IOC_##command)] = #command
static const char *const names[1 << _IOC_NRBITS] = {
	NAME(SET_VE), NAME(LIST),   NAME(OPEN),	    NAME(HUGE),	    NAME(KEEP),	  NAME(MOUNTS), NAME(FIND_MNTNS), NAME(FIND_MOUNT),
	NAME(SUSPEND), NAME(CHECK), NAME(PUT_BLOB), NAME(DUMP),	    NAME(KILL),	  NAME(RESUME), NAME(SET_CONSOLE), NAME(GET_CONSOLE),
	NAME(VERIFY), NAME(GET_BLOB), NAME(GET_DATA), NAME(INIT), NAME(MAKE),
};

static struct {
	pid_t pid;
	int ioctl, nr;		/* which of /dev/cpt it is in, or 0; its number */
	long long since;
} tasks[TASKS];
static pid_t main_pid;
static bool list, to_main, after, over;
static int during = -1, ioctl_no, ioctls;
static const char *ioctl_name = "";
static long syscall_no, syscalls, first;

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static int slot(pid_t pid)
{
	int i;

	for (i = 0; i < TASKS && tasks[i].pid && tasks[i].pid != pid; i++)
		;
	if (i == TASKS)
		exit(125);
	tasks[i].pid = pid;
	return i;
}

static void end(pid_t pid)
{
	kill(to_main ? main_pid : pid, SIGKILL);
	over = true;
}

/* A task stands before or behind a system call. */
static void at_syscall(pid_t pid)
{
	struct ptrace_syscall_info info = { 0 };
	int t = slot(pid);

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && tasks[t].ioctl) {
		if (list)
			printf("%d %s %s %lld\n", tasks[t].ioctl, names[tasks[t].nr],
			       pid == main_pid ? "main" : "helper", (now_us() - tasks[t].since) / 1000);
		if (after && tasks[t].ioctl == ioctl_no)
			end(pid);
		tasks[t].ioctl = 0;
	}
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	syscalls++;
	if (!first && info.entry.nr == SYS_flock)
		first = syscalls;
	if (syscall_no && syscalls == syscall_no)
		end(pid);
	if (info.entry.nr != SYS_ioctl || ((info.entry.args[1] >> 8) & 0xff) != CPT_IOC_MAGIC)
		return;
	tasks[t].nr = info.entry.args[1] & 0xff;
	if (!names[tasks[t].nr]) {
		fprintf(stderr, "killed.c has no name for command %#x of /dev/cpt\n", tasks[t].nr);
		exit(125);
	}
	ioctls++;
	tasks[t].ioctl = ioctls;
	tasks[t].since = now_us();
	if (!strcmp(names[tasks[t].nr], ioctl_name))
		ioctl_no = ioctls;
	if (ioctls != ioctl_no || after)
		return;
	if (during >= 0) {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		usleep(during * 1000);
	}
	end(pid);
}

/* The main process, or a helper that runs another program: that is the VE's, not ours to stop. */
static bool ours(pid_t pid, int event)
{
	return !over && (event != PTRACE_EVENT_EXEC || pid == main_pid);
}

static void trace(char **argv)
{
	int go[2], st;
	char byte;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		die("pipe");
	main_pid = fork();
	if (!main_pid) {
		close(go[1]);
		/* The end of the pipe: we are traced. */
		if (read(go[0], &byte, 1))
			_exit(125);
		dup2(2, 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(go[0]);
	if (ptrace(PTRACE_SEIZE, main_pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) ||
	    ptrace(PTRACE_INTERRUPT, main_pid, 0, 0))
		die("ptrace");
	for (bool started = false; (pid = waitpid(-1, &st, __WALL)) > 0;) {
		int sig = WSTOPSIG(st), event = st >> 16;

		if (!WIFSTOPPED(st)) {
			if (pid == main_pid)
				break;
			continue;
		}
		if (sig == SYSCALL && !over)
			at_syscall(pid);
		ptrace(ours(pid, event) ? PTRACE_SYSCALL : PTRACE_DETACH, pid, 0, event || sig == SYSCALL ? 0 : sig);
		if (!started)
			close(go[1]);
		started = true;
	}
	if (list)
		printf("syscalls %ld %ld\n", first, syscalls);
	exit(list || over ? 0 : 3);
}

/* --- in the VE ------------------------------------------------------------------------------ */

static char memory[4 << 20];

static void count(const char *file)
{
	unsigned int i = 0, got;
	char line[16];
	int p[2], fd;

	if (pipe(p))
		die("pipe");
	for (size_t at = 0; at < sizeof(memory); at += 4096)
		memory[at] = at >> 12;
	if (!fork()) {
		fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0644);
		while (read(p[0], &got, sizeof(got)) == sizeof(got)) {
			int n = snprintf(line, sizeof(line), "%u\n", got);

			if (write(fd, line, n) != n)
				break;
		}
		_exit(1);
	}
	for (;;) {
		i++;
		memory[i % 1024 * 4096]++;
		if (write(p[1], &i, sizeof(i)) != sizeof(i))
			_exit(1);
		usleep(20000);
	}
}

static void check(const char *file, long at, unsigned int n)
{
	long long until = now_us() + 15000000;
	unsigned int more = 0, wanted = 0, got;
	FILE *f = fopen(file, "r");
	char line[32];

	if (!f)
		die(file);
	/* What is there already, and two more: written by a VE that runs. */
	while (!wanted || more < wanted) {
		fseek(f, at, SEEK_SET);
		while (fgets(line, sizeof(line), f) && strchr(line, '\n')) {
			got = strtoul(line, NULL, 10);
			if (got != n + 1) {
				fprintf(stderr, "%u follows %u\n", got, n);
				exit(1);
			}
			n = got;
			more++;
			at += strlen(line);
		}
		if (!wanted)
			wanted = more + 2;
		if (now_us() > until) {
			fprintf(stderr, "nothing follows %u\n", n);
			exit(1);
		}
		if (more < wanted)
			usleep(10000);
	}
	printf("%ld %u\n", at, n);
	exit(0);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[1], "count"))
		count(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "check"))
		check(argv[2], atol(argv[3]), atol(argv[4]));
	if (argc > 2 && !strcmp(argv[1], "list")) {
		list = true;
		trace(argv + 2);
	}
	if (argc < 5)
		return 125;
	to_main = !strcmp(argv[1], "main");
	after = !strcmp(argv[2], "after");
	if (!strcmp(argv[2], "syscall"))
		syscall_no = atol(argv[3]);
	else
		ioctl_no = atol(argv[3]), ioctl_name = argv[3];
	if (!after && !syscall_no && strcmp(argv[2], "before"))
		during = atoi(argv[2]);
	trace(argv + 4);
}

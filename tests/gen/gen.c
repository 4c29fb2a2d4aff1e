// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes, files, queues, IPC and who shares them, at random: all of it follows from a seed.
 *
 *	gen SEED [PROCESSES]
 *
 * The first process makes objects (the table of kinds below), duplicates and passes descriptors
 * over sockets, and forks; children close some of what they have, make more, fork. One process works
 * at a time. Then all wait for commands, the first for those of the driver (gen.sh), in the fifo
 * gen.cmd:
 *
 *	s	write to gen.state.N what can be seen of all objects by all who hold them, and nothing
 *		is changed by looking; who shares what is found by kcmp(2)
 *	c	take all that is in them, compare it with what the seed said, and pass or fail
 *
 * The N-th command is done when there is a file gen.done.N. model and rules: gen.h.
 */
#include "gen.h"
#include "gen_files.h"
#include "gen_queues.h"
#include "gen_events.h"
#include "gen_ipc.h"
#include "gen_tty.h"
#include "gen_tasks.h"

#include <sys/prctl.h>
#include <sys/vfs.h>

#define KCMP_FILE	0

const struct kind kinds[] = {
	{ "file", 6, 2, false, make_reg, NULL, check_reg, false },
	{ "directory", 2, 1, false, make_dir, NULL, check_dir, false },
	{ "path", 2, 1, false, make_path, NULL, check_path, false },
	{ "device", 1, 1, false, make_dev, NULL, check_dev, false },
	{ "memfd", 3, 2, false, make_memfd, see_memfd, check_memfd, false },
	{ "locked file", 4, 2, false, make_locked, see_locked, check_locked, false },
	{ "leased file", 1, 1, false, make_lease, see_lease, check_lease, false },
	{ "pipe", 6, 2, true, make_pipe, see_pipe, check_pipe, false },
	{ "fifo", 2, 2, true, make_fifo, see_pipe, check_pipe, false },
	{ "pair of sockets", 7, 2, true, make_pair, see_socket, check_queue, false },
	{ "mailbox", 2, 2, true, make_mailbox, see_socket, check_queue, false },
	{ "connection", 2, 2, true, make_accepted, see_socket, check_queue, false },
	{ "listener", 2, 2, true, make_listener, see_socket, check_listener, false },
	{ "eventfd", 2, 1, true, make_eventfd, NULL, check_eventfd, false },
	{ "signalfd", 1, 1, true, make_signalfd, NULL, check_signalfd, false },
	{ "timerfd", 2, 1, true, make_timerfd, NULL, check_timerfd, false },
	{ "epoll", 4, 1, true, make_epoll, NULL, check_epoll, true },
	{ "inotify", 2, 1, true, make_inotify, NULL, check_inotify, false },
	{ "pidfd", 2, 1, true, make_pidfd, NULL, check_pidfd, false },
	{ "terminal", 3, 2, true, make_tty, see_tty, check_tty, false },
	{ "message queue", 3, 2, true, make_mq, see_mq, check_mq, false },
	{ "shared memory", 3, 0, false, make_shm, see_shm, check_shm, false },
	{ "semaphores", 3, 0, false, make_sem, see_sem, check_sem, false },
	{ "System V queue", 2, 0, false, make_msgq, see_msgq, check_msgq, false },
	{ 0 }
};

/* --- who has what ---------------------------------------------------------------------------------- */

static void hold(int fd, int end)
{
	struct proc *p = &m->proc[me];

	check(p->n < FDS);
	p->held[p->n++] = (struct held){ fd, end };
	end_of(end)->held++;
}

static void let_go(int i)
{
	struct proc *p = &m->proc[me];

	sys(close(p->held[i].fd));
	end_of(p->held[i].end)->held--;
	p->held[i] = p->held[--p->n];
}

static bool is_socket(const struct obj *o)
{
	return kinds[o->kind].see == see_socket;
}

/* Is it still somewhere without this descriptor? What only a socket in flight has might be nowhere. */
static bool may_let_go(const struct held *h)
{
	struct obj *o = obj_of(h->end);
	struct end *e = end_of(h->end);

	if (o->posix_owner == me)
		return false;
	return e->held > 1 || (e->flight && !is_socket(o));
}

static void make_object(void)
{
	int i, at, sum = 0, fd[2] = { -1, -1 };
	struct obj *o = &m->obj[m->nobjs];
	const struct kind *k;

	if (m->nobjs == OBJS || m->proc[me].n > FDS / 2)
		return;
	for (k = kinds; k->name; k++)
		sum += k->weight;
	at = rnd(sum);
	for (k = kinds; at >= k->weight; k++)
		at -= k->weight;
	memset(o, 0, sizeof(*o));
	o->kind = k - kinds;
	o->seed = rnd(1000000);
	o->owner = me;
	o->posix_owner = -1;
	m->nobjs++;
	check(k->make(o, fd));
	for (i = 0; i < k->ends; i++) {
		if (o->end[i].gone)
			sys(close(fd[i]));
		else
			hold(fd[i], 2 * (o - m->obj) + i);
	}
}

/* --- what is done with descriptors ------------------------------------------------------------------ */

static struct held *some_fd(void)
{
	struct proc *p = &m->proc[me];

	return p->n ? &p->held[rnd(p->n)] : NULL;
}

static void duplicate(void)
{
	struct held *h = some_fd();
	int to;

	if (!h || m->proc[me].n == FDS)
		return;
	to = fcntl(h->fd, PICK(F_DUPFD, F_DUPFD_CLOEXEC), PICK(0, 0, 300) + rnd(300));
	check(sys(to) < FD_GO);
	hold(to, h->end);
}

/* Flags of the descriptor; who gets signals (all are ignored). */
static void change(void)
{
	struct held *h = some_fd();

	if (!h)
		return;
	sys(fcntl(h->fd, F_SETFD, PICK(0, FD_CLOEXEC)));
	if (!kinds[obj_of(h->end)->kind].pollable || one_in(2))
		return;
	sys(fcntl(h->fd, F_SETOWN, PICK(1, 1, -1) * m->proc[0].pid));
	sys(fcntl(h->fd, F_SETSIG, PICK(0, SIGUSR1, SIGRTMIN + 3)));
	if (one_in(3) && fcntl(h->fd, F_SETFL, sys(fcntl(h->fd, F_GETFL)) | O_ASYNC))
		check(errno == ENOTTY, "O_ASYNC: %s", strerror(errno));	/* its terminal is gone */
}

/* Descriptors into a queue, some of which are closed then. */
static void pass(void)
{
	struct held *h = some_fd(), *what;
	int n = 1 + rnd(PASSED), i, fds[PASSED], ends[PASSED], to;
	struct obj *o;

	if (!h)
		return;
	o = obj_of(h->end);
	/* in a mailbox only from the second end to the first */
	if (!o->carrier || o->watched || (kinds[o->kind].make == make_mailbox && !(h->end & 1)))
		return;
	to = !(h->end & 1);
	for (i = 0; i < n; i++) {
		what = some_fd();
		fds[i] = what->fd;
		ends[i] = what->end;
	}
	if (!put_message(o, to, h->fd, 1 + rnd(100), n, fds, ends))
		return;
	for (i = 0; i < n; i++)
		end_of(ends[i])->flight++;
}

static void drop(int one_of)
{
	struct proc *p = &m->proc[me];
	int i;

	for (i = p->n - 1; i >= 0; i--)
		if (one_in(one_of) && may_let_go(&p->held[i]))
			let_go(i);
}

/* --- processes -------------------------------------------------------------------------------------- */

static void serve(void);
static void work(int steps);

static void close_range_(int from, int to)
{
	int fd;

	for (fd = from; fd < to; fd++)
		close(fd);
}

static void child(int index)
{
	me = index;
	m->proc[me].pid = getpid();
	drop(PICK(1, 2, 2, 4));
	work(rnd(8));
	drop(4);
	sys(dup2(FD_ENDS + me, FD_CTL));
	close_range_(FD_TO, FD_ENDS + PROCS);
	m->ready[me] = true;
	serve();
}

static void new_process(void)
{
	int i, index = m->nprocs, status;
	pid_t pid;

	if (index == m->want_procs)
		return;
	m->nprocs++;
	m->proc[index] = m->proc[me];
	m->proc[index].parent = me;
	inherit(&m->proc[index].attrs);
	for (i = 0; i < m->proc[index].n; i++)
		end_of(m->proc[index].held[i].end)->held++;
	pid = test_fork();
	if (!pid) {
		child(index);
		_exit(0);
	}
	while (!m->ready[index]) {
		check(waitpid(pid, &status, WNOHANG) == 0, "child %d ended early: %#x", index, status);
		sleep_ns(2 * MSEC);
	}
}

static void work(int steps)
{
	while (steps--) {
		switch (rnd(14)) {
		case 0:
			duplicate();
			break;
		case 1:
			change();
			break;
		case 2: case 3:
			pass();
			break;
		case 4: case 5:
			new_process();
			break;
		case 6: case 7:
			change_myself();
			break;
		default:
			make_object();
		}
	}
}

/* Whom others are compared with. */
static void find_holders(void)
{
	int i, k;

	for (i = 0; i < 2 * m->nobjs; i++)
		end_of(i)->by = -1;
	for (k = m->nprocs - 1; k >= 0; k--)
		for (i = 0; i < m->proc[k].n; i++) {
			struct end *e = end_of(m->proc[k].held[i].end);

			e->by = k;
			e->fd = m->proc[k].held[i].fd;
		}
}

static void make_all(void)
{
	int i, fd[2];

	m->proc[0].pid = getpid();
	m->proc[0].attrs = (struct attrs){ .oom = -1, .mce = PR_MCE_KILL_DEFAULT, .nice = getpriority(PRIO_PROCESS, 0) };
	m->nprocs = 1;
	sys(pipe(fd));
	sys(dup2(fd[0], FD_REPLIES));
	sys(dup2(fd[1], FD_REPLY));
	close_range_(fd[0], fd[1] + 1);
	for (i = 1; i < m->want_procs; i++) {
		sys(pipe(fd));
		sys(dup2(fd[0], FD_ENDS + i));
		sys(dup2(fd[1], FD_TO + i));
		close_range_(fd[0], fd[1] + 1);
	}
	work(30 + rnd(70));
	while (m->nprocs < m->want_procs)
		work(5);
	drop(3);
	close_range_(FD_ENDS, FD_ENDS + PROCS);
	find_holders();
}

/* --- what is seen ------------------------------------------------------------------------------------ */

/* The text of a file of /proc; static. */
static char *slurp(const char *path)
{
	static char buf[65536];
	int fd = sys(open(path, O_RDONLY | O_CLOEXEC));
	size_t n = 0;
	ssize_t r;

	while ((r = sys(read(fd, buf + n, sizeof(buf) - 1 - n))) > 0)
		n += r;
	sys(close(fd));
	buf[n] = '\0';
	return buf;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char * const *)a, *(char * const *)b);
}

/*
 * Of a line of fdinfo what must stay, or NULL: numbers of mounts, inodes, eventfds are the kernel's
 * own, and time goes on.
 */
static char *stays(char *line)
{
	static const char *const drop[] = { "mnt_id:", "ino:", "eventfd-id:", "it_value:", "pos:", NULL };
	char *p;
	int i;

	for (i = 0; drop[i]; i++)
		if (!strncmp(line, drop[i], strlen(drop[i])))
			return NULL;
	if (!strncmp(line, "tfd:", 4) && (p = strstr(line, " pos:")))
		*p = '\0';
	if (!strncmp(line, "inotify ", 8) && (p = strstr(line, " ino:"))) {
		char *mask = strstr(p, "mask:");

		memmove(p, mask - 1, strlen(mask - 1) + 1);
		if ((p = strstr(line, " ignored_mask")))
			*p = '\0';
	}
	if (!strncmp(line, "lock:", 5)) {	/* not its place in the list, nor the file's number */
		char kind[16], how[16], type[16], from[24], to[24];
		int pid;

		check(sscanf(line, "lock:\t%*[^:]: %15s %15s %15s %d %*s %23s %23s", kind, how, type, &pid, from, to) == 6, "%s", line);
		sprintf(line, "lock %s %s %s %d %s %s", kind, how, type, pid, from, to);
	}
	return line;
}

static void see_fdinfo(FILE *f, int fd)
{
	char path[40], *line[64], *text, *l;
	int n = 0, i;

	sprintf(path, "/proc/self/fdinfo/%d", fd);
	text = slurp(path);
	for (l = strtok(text, "\n"); l; l = strtok(NULL, "\n")) {
		l = stays(l);
		check(n < 64);
		if (l)
			line[n++] = l;
	}
	qsort(line, n, sizeof(*line), by_text);
	for (i = 0; i < n; i++) {
		fputs(" | ", f);
		for (l = line[i]; *l; l++)
			fputc(*l == '\t' ? ' ' : *l, f);
	}
}

static void see_link(FILE *f, int fd)
{
	char path[40], to[PATH_MAX + 1], *p;
	ssize_t n;

	sprintf(path, "/proc/self/fd/%d", fd);
	n = sys(readlink(path, to, PATH_MAX));
	to[n] = '\0';
	p = strchr(to, ':');
	if (p && p[1] == '[')		/* the number of a pipe or socket */
		p[1] = '\0';
	for (p = to; *p; p++)
		fputc(*p < ' ' ? '?' : *p, f);
}

static void see_stat(FILE *f, const struct obj *o, int fd)
{
	bool path = sys(fcntl(fd, F_GETFL)) & O_PATH;
	struct statfs fs;
	struct stat st;

	sys(fstat(fd, &st));
	sys(fstatfs(fd, &fs));
	fprintf(f, " %#o %u:%u rdev %llx fs %lx", st.st_mode, st.st_uid, st.st_gid, (long long)st.st_rdev, (long)fs.f_type);
	if (S_ISREG(st.st_mode))
		fprintf(f, " size %lld links %u", (long long)st.st_size, (unsigned int)st.st_nlink);
	/* of what has no name but a number times are nobody's business */
	if ((S_ISREG(st.st_mode) && kinds[o->kind].make != make_memfd) || kinds[o->kind].make == make_fifo)
		fprintf(f, " mtime %lld.%09ld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	if (fs.f_type != 0x01021994 /* tmpfs */ && fs.f_type != 0x19800202 /* mqueue */ && st.st_nlink && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		fprintf(f, " ino %llu", (long long)st.st_ino);
	if (!path && (S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && fs.f_type != 0x01021994)))
		fprintf(f, " pos %lld", (long long)lseek(fd, 0, SEEK_CUR));
}

static void see_signals(FILE *f, int fd)
{
	struct f_owner_ex own = { 0 };

	sys(fcntl(fd, F_GETOWN_EX, &own));
	fprintf(f, " owner %d:%d sig %d", own.type, own.pid, sys(fcntl(fd, F_GETSIG)));
}

static void see_poll(FILE *f, const struct obj *o, int fd)
{
	struct pollfd p = { fd, POLLIN | (o->half ? 0 : POLLOUT) | POLLPRI | POLLRDHUP, 0 };

	sys(poll(&p, 1, 0));
	fprintf(f, " poll %#x", p.revents);
}

static void same_file(struct obj *o, int fd, int pid, int other)
{
	long r = syscall(SYS_kcmp, getpid(), pid, KCMP_FILE, fd, other);

	if (r == -1 && errno == ENOSYS && getenv("TEST_DIR"))	/* natively anywhere */
		return;
	want(o, r == 0, "fd %d and fd %d of process %d are not the same: %ld", fd, other, pid, r);
}

static void see_one(FILE *f, const struct held *h)
{
	struct obj *o = obj_of(h->end);
	const struct kind *k = &kinds[o->kind];
	struct end *e = end_of(h->end);
	bool path = sys(fcntl(h->fd, F_GETFL)) & O_PATH;

	same_file(o, h->fd, m->proc[e->by].pid, e->fd);
	fprintf(f, "process %d fd %d: %s end %d: flags %d %#o ", me, h->fd, name_of(o), h->end & 1, sys(fcntl(h->fd, F_GETFD)),
		sys(fcntl(h->fd, F_GETFL)));
	see_link(f, h->fd);
	see_stat(f, o, h->fd);
	if (!path)
		see_signals(f, h->fd);
	if (k->pollable && !k->first)
		see_poll(f, o, h->fd);
	if (k->see)
		k->see(f, o, h->end & 1, h->fd);
	see_fdinfo(f, h->fd);
	fputc('\n', f);
}

static int by_fd(const void *a, const void *b)
{
	return ((const struct held *)a)->fd - ((const struct held *)b)->fd;
}

static void see(void)
{
	struct proc *p = &m->proc[me];
	int i, fd;
	FILE *f;

	qsort(p->held, p->n, sizeof(*p->held), by_fd);
	f = fopen(m->state, "ae");
	check(f);
	fprintf(f, "process %d: pid %d parent %d has", me, getpid(), getppid());
	for (fd = 0; fd < 1024; fd++)
		if (fd != fileno(f) && fcntl(fd, F_GETFD) != -1)
			fprintf(f, " %d", fd);
	fputc('\n', f);
	see_myself(f);
	for (i = 0; i < p->n; i++)
		see_one(f, &p->held[i]);
	for (i = 0; i < m->nobjs; i++)
		if (!kinds[m->obj[i].kind].ends)
			kinds[m->obj[i].kind].see(f, &m->obj[i], 0, -1);
	check(!ferror(f));
	check(!fclose(f));
}

/* By the kernel's own order, which is the same for all comparisons. */
static int by_kernel(const void *a, const void *b)
{
	const struct end *x = end_of(*(const int *)a), *y = end_of(*(const int *)b);
	long r = syscall(SYS_kcmp, m->proc[x->by].pid, m->proc[y->by].pid, KCMP_FILE, x->fd, y->fd);

	check(r >= 0 && r < 3, "kcmp: %ld, %s", r, strerror(errno));
	return r == 1 ? -1 : r == 2;
}

/* What was not the same is not. */
static void see_different(void)
{
	static int ends[2 * OBJS];
	int i, n = 0;

	if (syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 0, 0) && errno == ENOSYS && getenv("TEST_DIR"))
		return;
	for (i = 0; i < 2 * m->nobjs; i++)
		if (end_of(i)->by >= 0 && end_of(i)->held)
			ends[n++] = i;
	qsort(ends, n, sizeof(*ends), by_kernel);
	for (i = 1; i < n; i++)
		want(obj_of(ends[i]), by_kernel(&ends[i - 1], &ends[i]), "is the same as object %d", ends[i - 1] / 2);
}

/* --- what is in it ------------------------------------------------------------------------------------ */

/* What came in a message: the same as its other descriptors; or nobody had it but the message. */
static void check_passed(struct obj *o, const struct msg *msg, const int *fds, int n)
{
	struct obj *what;
	struct end *e;
	int i;

	for (i = 0; i < n; i++) {
		what = obj_of(msg->passed[i]);
		e = end_of(msg->passed[i]);
		if (e->by >= 0) {
			want(o, fcntl(fds[i], F_GETFD) == 0, "descriptor %d", fds[i]);
			same_file(what, fds[i], m->proc[e->by].pid, e->fd);
			continue;
		}
		hold(fds[i], msg->passed[i]);
		e->by = me;
		e->fd = fds[i];
		if (!kinds[what->kind].first)	/* of an epoll's files some were read meanwhile */
			kinds[what->kind].take(what, msg->passed[i] & 1, fds[i]);
		e->checked = true;
	}
}

static void check_end(int which)
{
	struct obj *o = obj_of(which);

	kinds[o->kind].take(o, which & 1, end_of(which)->fd);
	end_of(which)->checked = true;
}

/* --- commands ------------------------------------------------------------------------------------------ */

struct command { int what, arg; };

static void obey(struct command c)
{
	if (c.what == 's')
		see();
	else if (c.what == 'p')
		check_myself();
	else
		check_end(c.arg);
}

static void serve(void)
{
	struct command c;

	while (sys(read(FD_CTL, &c, sizeof(c))) == sizeof(c)) {
		obey(c);
		check(write(FD_REPLY, "", 1) == 1);
	}
}

static void tell(int index, struct command c)
{
	char reply;

	if (index == 0) {
		obey(c);
		return;
	}
	check(write(FD_TO + index, &c, sizeof(c)) == sizeof(c));
	check(sys(read(FD_REPLIES, &reply, 1)) == 1);
}

static void see_all(int n)
{
	char suffix[32];
	int i;

	sprintf(suffix, "state.%d", n);
	snprintf(m->state, sizeof(m->state), "%s", test_path(suffix));
	for (i = 0; i < m->nprocs; i++)
		tell(i, (struct command){ 's', 0 });
	see_different();
}

static void check_some(bool first)
{
	int i;

	/* of epolls in epolls the outer one, made later, first */
	for (i = 2 * m->nobjs - 1; i >= 0; i--)
		if (kinds[obj_of(i)->kind].first == first && end_of(i)->by >= 0 && !end_of(i)->checked)
			tell(end_of(i)->by, (struct command){ 'c', i });
}

/* What has no ends, by its owner and then by all others; and the processes themselves. */
static void check_rest(void)
{
	int i, k;

	for (k = 0; k < m->nprocs; k++)
		tell(k, (struct command){ 'p', 0 });
	for (i = 0; i < m->nobjs; i++) {
		if (kinds[m->obj[i].kind].ends)
			continue;
		tell(m->obj[i].owner, (struct command){ 'c', 2 * i });
		for (k = 0; k < m->nprocs; k++)
			if (k != m->obj[i].owner)
				tell(k, (struct command){ 'c', 2 * i });
	}
}

static void check_all(void)
{
	int i, objs = m->nobjs, ends = 0;

	check_some(true);
	check_some(false);
	check_rest();
	for (i = 0; i < 2 * objs; i++) {
		struct obj *o = obj_of(i);

		if ((i & 1) >= kinds[o->kind].ends || end_of(i)->gone)
			continue;
		want(o, end_of(i)->checked, "end %d is nowhere any more", i & 1);
		ends++;
	}
	fprintf(stderr, "seed %llu: %d processes, %d objects, %d ends checked\n", (unsigned long long)m->seed, m->nprocs, objs, ends);
}

static void commands(void)
{
	char c, suffix[32];
	int n = 1;

	while (sys(read(FD_GO, &c, 1)) == 1) {
		if (c == '\n')
			continue;
		if (c == 's')
			see_all(n);
		else
			check_all();
		sprintf(suffix, "done.%d", n++);
		close(sys(open(test_path(suffix), O_CREAT | O_EXCL | O_WRONLY, 0600)));
		if (c == 'c')
			test_pass();
	}
}

static void quiet_signals(void)
{
	int i;

	signal(SIGIO, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (i = SIGRTMIN; i <= SIGRTMAX; i++)
		signal(i, SIG_IGN);
}

int main(int argc, char **argv)
{
	int i, go;

	check(argc > 1, "usage: gen SEED [PROCESSES]");
	umask(022);
	m = sys(mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	m->seed = strtoull(argv[1], NULL, 10);
	m->rnd = (m->seed + 1) * 0x9e3779b97f4a7c15ull;
	for (i = 0; i < 20; i++)
		rnd(2);
	m->want_procs = argc > 2 ? atoi(argv[2]) : one_in(6) ? 1 + (int)rnd(PROCS) : 1 + (int)rnd(9);
	check(m->want_procs >= 1 && m->want_procs <= PROCS);
	quiet_signals();
	for (i = 0; i < 3; i++)
		sys(mkdir(where()[i], 0755));
	make_all();
	fprintf(stderr, "seed %llu: %d processes, %d objects\n", (unsigned long long)m->seed, m->nprocs, m->nobjs);
	sys(mkfifo(test_path("cmd"), 0600));
	go = sys(open(test_path("cmd"), O_RDWR));
	sys(dup2(go, FD_GO));
	close(go);
	test_ready();
	commands();
	return 0;
}

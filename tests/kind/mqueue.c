// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX message queues: messages by priority and in their order, empty ones, long ones; queues
 * by name, and such that were removed; several open descriptions with flags and a position;
 * owner, mode, times, attributes; whose limit a queue counts for; who is told of a message, by a
 * signal or not at all, or would be, had he not called exec; who waits to send and to receive.
 * drive: alone
 */
#include "cpt_test.h"

#include <mqueue.h>
#include <sys/resource.h>

#define LONGEST	8192
#define LIMIT	100000
#define USER	1234

static mqd_t plain, plain_ro, removed, owned, twin, later_twin, signals, silent, full, empty;
static int to_child[2];
static volatile sig_atomic_t told, told_value;
static struct stat st_plain, st_owned, st_removed;

static const struct {
	unsigned int prio;
	size_t len;
} sent[] = { { 5, 10 }, { 0, 0 }, { 32767, 1 }, { 5, LONGEST }, { 3, 4000 }, { 5, 11 } };
static const int received[] = { 2, 0, 3, 5, 4, 1 };

static mqd_t make(const char *name, int flags, long maxmsg, long msgsize)
{
	struct mq_attr attr = { .mq_maxmsg = maxmsg, .mq_msgsize = msgsize };

	mq_unlink(name);
	return sys(mq_open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0620, &attr));
}

static void text_of(char *text, int i)
{
	memset(text, 'a' + i, LONGEST);
	if (sent[i].len > PAGE)
		fill(text, LONGEST, i);
}

static void send_all(mqd_t q)
{
	static char text[LONGEST];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sent); i++) {
		text_of(text, i);
		sys(mq_send(q, text, sent[i].len, sent[i].prio));
	}
}

static void receive_all(mqd_t q)
{
	static char text[LONGEST], want[LONGEST];
	unsigned int prio;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(received); i++) {
		int n = received[i];

		text_of(want, n);
		check_is(sys(mq_receive(q, text, LONGEST, &prio)), (long)sent[n].len, "length of a message");
		check_is(prio, sent[n].prio, "priority of a message");
		check(!memcmp(text, want, sent[n].len), "message %d", n);
	}
}

static void on_message(int sig, siginfo_t *info, void *context)
{
	(void)context;
	told += info->si_code == SI_MESGQ ? sig : -1000;
	told_value = info->si_value.sival_int;
}

static void make_told(void)
{
	struct sigaction sa = { .sa_sigaction = on_message, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigevent by_signal = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2, .sigev_value.sival_int = 4711 };
	struct sigevent none = { .sigev_notify = SIGEV_NONE };

	sys(sigaction(SIGUSR2, &sa, NULL));
	signals = make("/mqueue.signals", 0, 4, 100);
	sys(mq_notify(signals, &by_signal));
	silent = make("/mqueue.silent", 0, 4, 100);
	sys(mq_notify(silent, &none));
}

static void make_queues(void)
{
	char text[4];

	plain = make("/mqueue.plain", O_NONBLOCK, 8, LONGEST);
	plain_ro = sys(mq_open("/mqueue.plain", O_RDONLY));
	send_all(plain);
	check(read(plain_ro, text, 3) == 3 && !memcmp(text, "QSI", 3), "what is read of a queue");
	removed = make("/mqueue.removed", 0, 10, LONGEST);
	send_all(removed);
	sys(mq_unlink("/mqueue.removed"));
	twin = make("/mqueue.twin", 0, 2, 20);
	sys(mq_unlink("/mqueue.twin"));
	later_twin = make("/mqueue.twin", 0, 3, 30);
	owned = make("/mqueue.owned", 0, 3, 77);
	sys(fchown(owned, 1007, 1008));
	sys(fchmod(owned, 0604));
	sys(fstat(plain, &st_plain));
	sys(fstat(owned, &st_owned));
	sys(fstat(removed, &st_removed));
}

/* The bytes of one queue are counted; there is no room for another. */
static pid_t limited(void)
{
	struct rlimit r = { LIMIT, LIMIT };
	struct mq_attr attr = { .mq_maxmsg = 8, .mq_msgsize = LONGEST };
	pid_t pid = test_fork();
	mqd_t counted;
	char c;

	if (pid)
		return pid;
	close(to_child[1]);
	sys(setrlimit(RLIMIT_MSGQUEUE, &r));
	sys(setresuid(USER, USER, USER));
	counted = make("/mqueue.counted", 0, 8, LONGEST);
	check(mq_open("/mqueue.more", O_RDWR | O_CREAT, 0600, &attr) == -1 && errno == EMFILE, "there is room for two");
	check(read(to_child[0], &c, 1) == 0);
	check(mq_open("/mqueue.more", O_RDWR | O_CREAT, 0600, &attr) == -1 && errno == EMFILE, "there is room for two now");
	sys(mq_unlink("/mqueue.counted"));
	check(mq_open("/mqueue.more", O_RDWR | O_CREAT, 0600, &attr) == -1 && errno == EMFILE, "it is open, still");
	sys(mq_close(counted));
	sys(mq_open("/mqueue.counted", O_RDWR | O_CREAT | O_EXCL, 0600, &attr));
	_exit(0);
}

static pid_t waiter(bool sends)
{
	struct timespec far = { .tv_sec = time(NULL) + 100000 };
	pid_t pid = test_fork();
	char text[100] = "waited";
	unsigned int prio;

	if (pid)
		return pid;
	close(to_child[1]);
	if (sends) {
		sys(mq_timedsend(full, text, 7, 9, &far));
	} else {
		check_is(sys(mq_receive(empty, text, sizeof(text), &prio)), 4, "a message that was waited for");
		check(prio == 2 && !strcmp(text, "now"));
	}
	_exit(0);
}

static void same_stat(mqd_t q, const struct stat *was)
{
	struct stat is;

	sys(fstat(q, &is));
	check_is(is.st_mode, was->st_mode, "mode");
	check(is.st_uid == was->st_uid && is.st_gid == was->st_gid, "owner");
	check(!memcmp(&is.st_atim, &was->st_atim, sizeof(is.st_atim)) &&
	      !memcmp(&is.st_mtim, &was->st_mtim, sizeof(is.st_mtim)) &&
	      !memcmp(&is.st_ctim, &was->st_ctim, sizeof(is.st_ctim)), "times");
}

static void check_queues(void)
{
	char text[200] = "";
	struct mq_attr a;
	mqd_t again;

	same_stat(plain, &st_plain);
	same_stat(owned, &st_owned);
	same_stat(removed, &st_removed);
	sys(mq_getattr(plain, &a));
	check(a.mq_flags == O_NONBLOCK && a.mq_maxmsg == 8 && a.mq_msgsize == LONGEST && a.mq_curmsgs == 6, "attributes");
	sys(mq_getattr(plain_ro, &a));
	check(a.mq_flags == 0 && a.mq_curmsgs == 6, "attributes of another description");
	sys(mq_getattr(owned, &a));
	check(a.mq_flags == 0 && a.mq_maxmsg == 3 && a.mq_msgsize == 77 && a.mq_curmsgs == 0, "attributes");
	sys(mq_getattr(twin, &a));
	check_is(a.mq_maxmsg, 2, "a removed queue whose name is another's");
	sys(mq_getattr(later_twin, &a));
	check_is(a.mq_maxmsg, 3, "a queue with a name that was another's");
	check(read(plain_ro, text, sizeof(text) - 1) > 0 && !strncmp(text, "ZE:12214", 8), "the rest is '%s'", text);
	check(mq_send(plain_ro, "", 0, 0) == -1 && errno == EBADF, "a description to read only");
	receive_all(plain_ro);
	check(mq_receive(plain, text, LONGEST, NULL) == -1 && errno == EAGAIN, "it is empty");
	check(mq_open("/mqueue.removed", O_RDWR) == -1 && errno == ENOENT, "a removed queue has a name");
	receive_all(removed);
	again = sys(mq_open("/mqueue.plain", O_RDWR));
	sys(mq_send(again, "x", 1, 1));
	check_is(sys(mq_receive(plain, (char[LONGEST]){}, LONGEST, NULL)), 1, "by its name it is the same");
}

static void check_told(void)
{
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	pid_t pid;

	check(!told, "told too early");
	pid = test_fork();
	if (!pid) {
		check(mq_notify(silent, &none) == -1 && errno == EBUSY, "nobody is to be told");
		sys(mq_send(signals, "", 0, 0));
		sys(mq_send(silent, "", 0, 0));
		_exit(0);
	}
	test_reap(pid);
	check(told == SIGUSR2 && told_value == 4711, "told %d, with %d", told, told_value);
	sys(mq_notify(silent, &none));
	sys(mq_notify(signals, &none));
}

int main(void)
{
	static const char * const names[] = { "plain", "owned", "signals", "silent", "full", "empty", "counted", "twin" };
	pid_t pid[3];
	size_t i;

	sys(pipe(to_child));
	make_queues();
	make_told();
	full = make("/mqueue.full", 0, 1, 50);
	sys(mq_send(full, "one", 4, 1));
	empty = make("/mqueue.empty", 0, 1, 50);
	pid[0] = waiter(true);
	pid[1] = waiter(false);
	pid[2] = limited();
	sleep_ns(1000 * MSEC);
	test_ready();
	test_wait();
	check_queues();
	check_told();
	for (i = 0; i < 3; i++)
		check_is(waitpid(pid[i], NULL, WNOHANG), 0, "one who waits");
	close(to_child[1]);
	check_is(sys(mq_receive(full, (char[50]){}, 50, NULL)), 4, "the first message");
	test_reap(pid[0]);
	check_is(sys(mq_receive(full, (char[50]){}, 50, NULL)), 7, "the message that had to wait");
	sys(mq_send(empty, "now", 4, 2));
	test_reap(pid[1]);
	test_reap(pid[2]);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char name[40];

		snprintf(name, sizeof(name), "/mqueue.%s", names[i]);
		mq_unlink(name);
	}
	test_pass();
}

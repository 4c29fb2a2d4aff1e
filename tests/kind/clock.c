// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks: MONOTONIC and BOOTTIME of the VE never go back, and over a restore they
 * do not jump; REALTIME and TAI stay the host's. The vdso and the system call say
 * the same (after a restore the vdso's page must have the new offsets). One child
 * sits in the vdso all the time, so it is mostly frozen there.
 *
 * drive: fresh
 * drive: gap 6
 * drive: moves
 * timeout: 300
 */
#include "cpt_test.h"

#include <sys/auxv.h>
#include <sys/time.h>

static const struct { clockid_t id; const char *name; bool stands; } clocks[] = {
	{ CLOCK_MONOTONIC, "MONOTONIC", true },
	{ CLOCK_MONOTONIC_COARSE, "MONOTONIC_COARSE", true },
	{ CLOCK_MONOTONIC_RAW, "MONOTONIC_RAW", true },
	{ CLOCK_BOOTTIME, "BOOTTIME", true },
	{ CLOCK_REALTIME, "REALTIME", false },
	{ CLOCK_REALTIME_COARSE, "REALTIME_COARSE", false },
	{ CLOCK_TAI, "TAI", false },
};
#define N ((int)ARRAY_SIZE(clocks))

static int64_t by_call(clockid_t id)
{
	struct { long long sec, nsec; } t64;

#ifdef SYS_clock_gettime64
	sys(syscall(SYS_clock_gettime64, id, &t64));
#else
	struct timespec ts;

	sys(syscall(SYS_clock_gettime, id, &ts));
	t64.sec = ts.tv_sec;
	t64.nsec = ts.tv_nsec;
#endif
	return t64.sec * NSEC + t64.nsec;
}

/* the longest step of each clock between two looks at it, 5 ms apart */
static void steps(void)
{
	int64_t last[N], most[N] = {}, first[N], now, all;
	int i;

	for (i = 0; i < N; i++)
		first[i] = last[i] = clock_ns(clocks[i].id);
	while (!test_going()) {
		for (i = 0; i < N; i++) {
			now = clock_ns(clocks[i].id);
			if (clocks[i].stands || now - last[i] < -10 * MSEC)	/* NTP may slew it */
				check(now >= last[i], "CLOCK_%s went back by %.6f s", clocks[i].name,
				      (last[i] - now) / 1e9);
			if (now - last[i] > most[i])
				most[i] = now - last[i];
			last[i] = now;
		}
		sleep_ns(5 * MSEC);
	}
	test_wait();
	for (i = 0; i < N; i++) {
		now = clock_ns(clocks[i].id);
		all = now - first[i];
		fprintf(stderr, "%-18s longest step %7.3f s, in all %7.3f s\n", clocks[i].name,
			most[i] / 1e9, all / 1e9);
	}
	for (i = 0; i < N; i++) {
		int64_t stood = clocks[i].stands ? test_go.gone_ns : 0;

		/* frozen for this long as it sees it */
		check(most[i] <= test_go.frozen_ns - stood + test_slack_ns,
		      "CLOCK_%s jumped by %.3f s, the VE stood for %.3f s, %.3f of it gone",
		      clocks[i].name, most[i] / 1e9, test_go.frozen_ns / 1e9, test_go.gone_ns / 1e9);
		/* against the first clock */
		all = (clock_ns(clocks[i].id) - first[i]) - (clock_ns(CLOCK_MONOTONIC) - first[0]);
		stood = clocks[i].stands ? 0 : test_go.gone_ns;
		check(llabs(all - stood) < test_slack_ns, "CLOCK_%s gained %.3f s on MONOTONIC, not %.3f",
		      clocks[i].name, all / 1e9, stood / 1e9);
	}
}

/* the vdso against the system call, without a pause */
static void vdso(void)
{
	int64_t a, b, c;
	struct timeval tv;
	unsigned long n = 0;
	int i;

	while (n % 64 || !test_going()) {
		i = n++ % N;
		a = by_call(clocks[i].id);
		b = clock_ns(clocks[i].id);
		c = by_call(clocks[i].id);
		/* frozen between two of them is possible: then c is far from a as well */
		check(b >= a - 20 * MSEC && b <= c + 20 * MSEC,
		      "CLOCK_%s: system call %.6f, vdso %.6f, system call %.6f", clocks[i].name,
		      a / 1e9, b / 1e9, c / 1e9);
		a = by_call(CLOCK_REALTIME);
		gettimeofday(&tv, NULL);
		b = tv.tv_sec * NSEC + tv.tv_usec * 1000;
		c = by_call(CLOCK_REALTIME);
		check(b >= a - 20 * MSEC && b <= c + 20 * MSEC, "gettimeofday: %.6f, not %.6f", b / 1e9, a / 1e9);
		check(time(NULL) >= a / NSEC - 1 && time(NULL) <= by_call(CLOCK_REALTIME) / NSEC + 1);
	}
	check(getauxval(AT_SYSINFO_EHDR) == 0 || !memcmp((void *)getauxval(AT_SYSINFO_EHDR), "\177ELF", 4),
	      "there is no vdso where AT_SYSINFO_EHDR says");
}

int main(void)
{
	void (*const run[])(void) = { steps, vdso };

	test_cases(run, ARRAY_SIZE(run), 500 * MSEC);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The init of the VE in tests/hostile/dying.sh: threads and children that take their
 * time to die, one after the other.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS	20
#define CHILDREN 40

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	pthread_t t;
	int i;

	for (i = 0; i < CHILDREN; i++)
		if (fork() == 0)
			sleeper(NULL);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&t, NULL, sleeper, NULL))
			exit(1);
	sleeper(NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* /dev/cpt; see dev.h. */
#include "dev.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEVICE	"/dev/cpt"

int dev_open(unsigned int veid, int *stage)
{
	struct cpt_ioc_ve ve = { .veid = veid, .abi = CPT_IOC_ABI };
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		fail_errno(E_KERNEL, "No checkpointing support, unable to open " DEVICE "%s",
			   errno == ENOENT ? " (is the module loaded? modprobe cpt)" : "");
		return -1;
	}
	if (dev_ioctl(fd, CPT_IOC_SET_VE, &ve)) {
		if (errno == EPROTO)
			fail(E_KERNEL, "cpt.ko and ctl are of different versions");
		else
			fail_errno(E_KERNEL, "Can not join cpt context %u", veid);
		close(fd);
		return -1;
	}
	if (stage)
		*stage = ve.stage;
	return fd;
}

void dev_lines(int fd)
{
	char buf[16385], *line, *save;
	ssize_t n;

	/* A read returns whole lines, as many as fit. */
	while ((n = read(fd, buf, sizeof(buf) - 1)) > 0) {
		buf[n] = 0;
		for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			warn("ctl: %s", line);
	}
}

int dev_ioctl_quiet(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg);
}

int dev_ioctl(int fd, unsigned long cmd, void *arg)
{
	int rc = ioctl(fd, cmd, arg), err = errno;

	dev_lines(fd);
	errno = err;
	return rc;
}

int dev_stage_of(unsigned int veid)
{
	struct cpt_ioc_ctx *ctx = NULL;
	struct cpt_ioc_list list = { .n = 64 };
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC), rc, stage = CPT_IDLE;
	unsigned int room;

	if (fd < 0)
		return CPT_IDLE;
	do {
		room = list.n + 16;
		ctx = xrealloc(ctx, room * sizeof(*ctx));
		list.n = room;
		list.ctxs = (uintptr_t)ctx;
		rc = ioctl(fd, CPT_IOC_LIST, &list);
	} while (!rc && list.n > room);
	for (unsigned int i = 0; !rc && i < list.n; i++)
		if (ctx[i].veid == veid)
			stage = ctx[i].stage;
	close(fd);
	free(ctx);
	return stage;
}

const char *dev_stage_name(int stage)
{
	static const char *const names[] = { "idle", "suspended", "dumped", "verified", "inited", "undumped" };

	return stage >= 0 && stage < (int)(sizeof(names) / sizeof(*names)) ? names[stage] : "unknown";
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device filter; see devices.h.
 *
 * It decides about open and mknod alike and holds whatever capabilities the VE's
 * root has. DEVNODES="net/tun:rw …" in the configuration adds host devices by name,
 * DEVICES="c:10:200:rw …" by number.
 */
#include "devices.h"
#include "say.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MKNOD	BPF_DEVCG_ACC_MKNOD
#define READ	BPF_DEVCG_ACC_READ
#define WRITE	BPF_DEVCG_ACC_WRITE
#define ANY	(-1)

struct rule {
	int type;		/* BPF_DEVCG_DEV_* */
	int major, minor;	/* or ANY */
	int access;
};

static const struct rule harmless[] = {
	{ BPF_DEVCG_DEV_CHAR, 1, 3, MKNOD | READ | WRITE },	/* null */
	{ BPF_DEVCG_DEV_CHAR, 1, 5, MKNOD | READ | WRITE },	/* zero */
	{ BPF_DEVCG_DEV_CHAR, 1, 7, MKNOD | READ | WRITE },	/* full */
	{ BPF_DEVCG_DEV_CHAR, 1, 8, MKNOD | READ | WRITE },	/* random */
	{ BPF_DEVCG_DEV_CHAR, 1, 9, MKNOD | READ | WRITE },	/* urandom */
	{ BPF_DEVCG_DEV_CHAR, 5, 0, MKNOD | READ | WRITE },	/* tty */
	{ BPF_DEVCG_DEV_CHAR, 5, 2, MKNOD | READ | WRITE },	/* ptmx */
	{ BPF_DEVCG_DEV_CHAR, 136, ANY, MKNOD | READ | WRITE },	/* pts/N */
};
#define N_HARMLESS	(sizeof(harmless) / sizeof(*harmless))
#define MAX_RULES	64

static bool parse_access(const char *s, int *access)
{
	*access = 0;
	if (!strcmp(s, "none"))
		return true;
	for (; *s; s++) {
		if (*s == 'r')
			*access |= READ | MKNOD;
		else if (*s == 'w')
			*access |= WRITE | MKNOD;
		else if (*s != 'q')	/* vz: the disk quota of the device */
			return false;
	}
	return true;
}

/* What DEVNODES names, to be made in the VE's /dev where the host's is out of sight. */
static struct {
	char *path;
	mode_t mode;
	dev_t dev;
} nodes[MAX_RULES];
static int n_nodes;

/* NAME:ACCESS, NAME below /dev. */
static bool parse_devnode(char *word, struct rule *r)
{
	char *colon = strrchr(word, ':'), *path;
	struct stat st;
	bool ok;

	if (!colon || strstr(word, ".."))
		return false;
	*colon = 0;
	path = xprintf("/dev/%s", word);
	ok = !stat(path, &st) && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
	if (!ok) {
		free(path);
		return false;
	}
	nodes[n_nodes].path = path;
	nodes[n_nodes].mode = st.st_mode;
	nodes[n_nodes++].dev = st.st_rdev;
	r->type = S_ISCHR(st.st_mode) ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;
	r->major = major(st.st_rdev);
	r->minor = minor(st.st_rdev);
	return parse_access(colon + 1, &r->access);
}

/* b|c:MAJOR:MINOR|all:ACCESS */
static bool parse_device(char *word, struct rule *r)
{
	char *save, *t = strtok_r(word, ":", &save), *ma = strtok_r(NULL, ":", &save);
	char *mi = strtok_r(NULL, ":", &save), *acc = strtok_r(NULL, ":", &save);
	uint64_t v;

	if (!acc || (strcmp(t, "c") && strcmp(t, "b")) || !parse_u64(ma, 10, 4095, &v))
		return false;
	r->type = *t == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;
	r->major = v;
	r->minor = ANY;
	if (strcmp(mi, "all")) {
		if (!parse_u64(mi, 10, 1048575, &v))
			return false;
		r->minor = v;
	}
	return parse_access(acc, &r->access);
}

static int add_rules(const struct ve *ve, const char *key, bool (*parse)(char *, struct rule *),
		     struct rule *rules, int *n)
{
	const char *value = ve_get(ve, key);
	char *copy = xstrdup(value ? value : ""), *save, *word, *text;
	int code = OK;

	for (word = strtok_r(copy, " \t", &save); word && !code; word = strtok_r(NULL, " \t", &save)) {
		text = xstrdup(word);
		if (*n == MAX_RULES || !parse(word, &rules[(*n)++]))
			code = fail(E_DEVICES, "%s: '%s' names no device of this host, or no access to it", key, text);
		free(text);
	}
	free(copy);
	return code;
}

static void insn(struct bpf_insn *prog, int *n, int code, int dst, int src, int off, int imm)
{
	prog[(*n)++] = (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm };
}

/* r2 type, r3 access, r4 major, r5 minor; each rule ends the program or falls to the next. */
static int compile(const struct rule *rules, int n_rules, struct bpf_insn *prog)
{
	int n = 0;

	insn(prog, &n, BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0);
	insn(prog, &n, BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, 0, 0);
	insn(prog, &n, BPF_ALU64 | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
	insn(prog, &n, BPF_ALU64 | BPF_RSH | BPF_K, 3, 0, 0, 16);
	insn(prog, &n, BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0);
	insn(prog, &n, BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0);
	for (int i = 0; i < n_rules; i++) {
		const struct rule *r = &rules[i];
		int next = n + (r->minor == ANY ? 7 : 8);	/* the next rule */

		insn(prog, &n, BPF_JMP | BPF_JNE | BPF_K, 2, 0, next - n - 1, r->type);
		insn(prog, &n, BPF_ALU64 | BPF_MOV | BPF_X, 0, 3, 0, 0);
		insn(prog, &n, BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 7 & ~r->access);
		insn(prog, &n, BPF_JMP | BPF_JNE | BPF_K, 0, 0, next - n - 1, 0);
		insn(prog, &n, BPF_JMP | BPF_JNE | BPF_K, 4, 0, next - n - 1, r->major);
		if (r->minor != ANY)
			insn(prog, &n, BPF_JMP | BPF_JNE | BPF_K, 5, 0, next - n - 1, r->minor);
		insn(prog, &n, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
		insn(prog, &n, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	insn(prog, &n, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	insn(prog, &n, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return n;
}

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int load(const struct bpf_insn *prog, int n)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = n,
		.insns = (uintptr_t)prog,
		.license = (uintptr_t)"GPL",
	};

	return sys_bpf(BPF_PROG_LOAD, &attr);
}

int devices_filter(const struct ve *ve, const char *cgroup)
{
	struct rule rules[MAX_RULES];
	struct bpf_insn prog[8 + MAX_RULES * 8];
	int n = N_HARMLESS, dir, fd, rc, code;

	memcpy(rules, harmless, sizeof(harmless));
	n_nodes = 0;
	code = add_rules(ve, "DEVNODES", parse_devnode, rules, &n);
	if (!code)
		code = add_rules(ve, "DEVICES", parse_device, rules, &n);
	if (code)
		return code;
	fd = load(prog, compile(rules, n, prog));
	dir = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd < 0 || dir < 0 ? -1 : 0;
	if (!rc) {
		union bpf_attr attr = {
			.target_fd = dir,
			.attach_bpf_fd = fd,
			.attach_type = BPF_CGROUP_DEVICE,
			.attach_flags = BPF_F_ALLOW_MULTI,
		};

		rc = sys_bpf(BPF_PROG_ATTACH, &attr);
	}
	if (rc)
		code = fail_errno(E_DEVICES, "Cannot install the device filter");
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	return code;
}

bool devices_allowed(mode_t mode, dev_t dev)
{
	for (size_t i = 0; S_ISCHR(mode) && i < N_HARMLESS; i++)
		if ((int)major(dev) == harmless[i].major &&
		    (harmless[i].minor == ANY || (int)minor(dev) == harmless[i].minor))
			return true;
	for (int i = 0; i < n_nodes; i++)
		if ((mode & S_IFMT) == (nodes[i].mode & S_IFMT) && dev == nodes[i].dev)
			return true;
	return S_ISCHR(mode) && !dev;	/* a whiteout of overlayfs: no device */
}

int devices_make_nodes(void)
{
	for (int i = 0; i < n_nodes; i++) {
		char *slash = strrchr(nodes[i].path, '/');

		*slash = 0;
		mkdirs(nodes[i].path, 0755);
		*slash = '/';
		if (mknod(nodes[i].path, nodes[i].mode, nodes[i].dev) && errno != EEXIST)
			return fail_errno(E_DEVICES, "Cannot make %s in the container", nodes[i].path);
	}
	return OK;
}

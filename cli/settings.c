// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options that change N.conf: one table, option -> key and how its value is
 * checked. Names are vz's, so that what drives vzctl is understood, also where a
 * setting is only kept for now.
 */
#include "settings.h"
#include "say.h"
#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum type {
	TEXT,		/* anything without a quote or line break */
	NUMBER,
	YESNO,
	PAIR,		/* barrier[:limit], bare numbers */
	PAGES,		/* barrier[:limit], counted in pages of 4096 bytes */
	KBYTES,		/* soft[:hard], counted in KiB */
	BYTES,
	ADD,		/* a word more in a list */
	DEL,		/* a word less; "all" */
	NAME,
	HOSTNAME,
	RAM,		/* --ram, --swap: one limit in bytes for 0:limit pages */
	IGNORED,
};

struct setting {
	const char *option;
	const char *key;
	enum type type;
};

static const struct setting table[] = {
	{ "onboot", "ONBOOT", YESNO },			{ "bootorder", "BOOTORDER", NUMBER },
	{ "mount_opts", "MOUNT_OPTS", TEXT },		{ "disabled", "DISABLED", YESNO },
	{ "name", "NAME", NAME },			{ "description", "DESCRIPTION", TEXT },
	{ "stop-timeout", "STOP_TIMEOUT", NUMBER },	{ "ipadd", "IP_ADDRESS", ADD },
	{ "ip", "IP_ADDRESS", ADD },			{ "ipdel", "IP_ADDRESS", DEL },
	{ "hostname", "HOSTNAME", HOSTNAME },		{ "nameserver", "NAMESERVER", TEXT },
	{ "searchdomain", "SEARCHDOMAIN", TEXT },	{ "netif_add", "NETIF_ADD", IGNORED },
	{ "netif_del", "NETIF_DEL", IGNORED },		{ "ifname", "IFNAME", IGNORED },
	{ "mac", "MAC", IGNORED },			{ "host_ifname", "HOST_IFNAME", IGNORED },
	{ "host_mac", "HOST_MAC", IGNORED },		{ "bridge", "BRIDGE", IGNORED },
	{ "mac_filter", "MAC_FILTER", IGNORED },	{ "numproc", "NUMPROC", PAIR },
	{ "numtcpsock", "NUMTCPSOCK", PAIR },		{ "numothersock", "NUMOTHERSOCK", PAIR },
	{ "vmguarpages", "VMGUARPAGES", PAGES },	{ "kmemsize", "KMEMSIZE", BYTES },
	{ "tcpsndbuf", "TCPSNDBUF", BYTES },		{ "tcprcvbuf", "TCPRCVBUF", BYTES },
	{ "othersockbuf", "OTHERSOCKBUF", BYTES },	{ "dgramrcvbuf", "DGRAMRCVBUF", BYTES },
	{ "oomguarpages", "OOMGUARPAGES", PAGES },	{ "lockedpages", "LOCKEDPAGES", PAGES },
	{ "privvmpages", "PRIVVMPAGES", PAGES },	{ "shmpages", "SHMPAGES", PAGES },
	{ "numfile", "NUMFILE", PAIR },			{ "numflock", "NUMFLOCK", PAIR },
	{ "numpty", "NUMPTY", PAIR },			{ "numsiginfo", "NUMSIGINFO", PAIR },
	{ "dcachesize", "DCACHESIZE", BYTES },		{ "numiptent", "NUMIPTENT", PAIR },
	{ "avnumproc", "AVNUMPROC", PAIR },		{ "physpages", "PHYSPAGES", PAGES },
	{ "swappages", "SWAPPAGES", PAGES },		{ "ram", "PHYSPAGES", RAM },
	{ "swap", "SWAPPAGES", RAM },			{ "vm_overcommit", "VM_OVERCOMMIT", TEXT },
	{ "cpuunits", "CPUUNITS", NUMBER },		{ "cpuweight", "CPUUNITS", NUMBER },
	{ "cpulimit", "CPULIMIT", NUMBER },		{ "cpus", "CPUS", NUMBER },
	{ "cpumask", "CPUMASK", TEXT },			{ "nodemask", "NODEMASK", TEXT },
	{ "meminfo", "MEMINFO", TEXT },			{ "iptables", "IPTABLES", TEXT },
	{ "netfilter", "NETFILTER", TEXT },		{ "netdev_add", "NETDEV", ADD },
	{ "netdev_del", "NETDEV", DEL },		{ "diskquota", "DISK_QUOTA", YESNO },
	{ "diskspace", "DISKSPACE", KBYTES },		{ "diskinodes", "DISKINODES", PAIR },
	{ "quotatime", "QUOTATIME", NUMBER },		{ "quotaugidlimit", "QUOTAUGIDLIMIT", NUMBER },
	{ "capability", "CAPABILITY", ADD },		{ "devnodes", "DEVNODES", ADD },
	{ "devices", "DEVICES", ADD },			{ "pci_add", "PCI", ADD },
	{ "pci_del", "PCI", DEL },			{ "features", "FEATURES", ADD },
	{ "ioprio", "IOPRIO", NUMBER },			{ "iolimit", "IOLIMIT", TEXT },
	{ "iopslimit", "IOPSLIMIT", NUMBER },		{ "userpasswd", "", IGNORED },
	{ "applyconfig", "", IGNORED },			{ "applyconfig_map", "", IGNORED },
	{ "setmode", "", IGNORED },
};
#define N_SETTINGS	((int)(sizeof(table) / sizeof(*table)))

int settings_parse(struct settings *s, int argc, char **argv, struct poptOption *own)
{
	struct poptOption *all = xmalloc((N_SETTINGS + 2) * sizeof(*all));
	poptContext ctx;
	const char *word;
	int rc, code = OK;

	for (int i = 0; i < N_SETTINGS; i++)
		all[i] = (struct poptOption){ table[i].option, 0, POPT_ARG_STRING, NULL, i + 1, NULL, NULL };
	all[N_SETTINGS] = (struct poptOption){ NULL, 0, POPT_ARG_INCLUDE_TABLE, own, 0, NULL, NULL };
	ctx = poptGetContext(argv[0], argc, (const char **)argv, all, 0);
	while ((rc = poptGetNextOpt(ctx)) > 0) {
		s->items = xrealloc(s->items, (s->n + 1) * sizeof(*s->items));
		s->items[s->n].what = &table[rc - 1];
		s->items[s->n++].value = poptGetOptArg(ctx);
	}
	if (rc < -1)
		code = fail(E_SYNTAX, "%s: %s", poptBadOption(ctx, POPT_BADOPTION_NOALIAS), poptStrerror(rc));
	word = code ? NULL : poptGetArg(ctx);
	if (word)
		code = fail(E_SYNTAX, "Unexpected argument: %s", word);
	poptFreeContext(ctx);
	free(all);
	return code;
}

static int bad(const struct setting *t, const char *value)
{
	return fail(E_VALUE, "Bad parameter value: --%s %s", t->option, value);
}

/* The list without the word; "all" empties it. */
static char *without(const char *list, const char *word)
{
	char *copy = xstrdup(list), *out = xmalloc(strlen(list) + 1), *save, *w;

	if (strcmp(word, "all"))
		for (w = strtok_r(copy, " \t", &save); w; w = strtok_r(NULL, " \t", &save))
			if (strcmp(w, word))
				strcat(strcat(out, *out ? " " : ""), w);
	free(copy);
	return out;
}

static int apply_list(struct ve *ve, const struct setting *t, const char *value)
{
	const char *old = conf_value(&ve->conf, t->key);
	char *list;

	if (t->type == ADD && !strcmp(value, "all"))
		return bad(t, value);
	list = without(old ? old : "", value);
	if (t->type == ADD) {
		/* CAPABILITY="x:off x:on": what comes later counts. */
		char *more = xprintf("%s%s%s", list, *list ? " " : "", value);

		free(list);
		list = more;
	}
	conf_set(&ve->conf, t->key, list);
	free(list);
	return OK;
}

/* A name leads to the configuration by a link, and belongs to one VE only. */
static int apply_name(struct ve *ve, const struct setting *t, const char *value)
{
	const char *old = conf_value(&ve->conf, "NAME");
	unsigned int other;
	char *link;
	int code = OK;

	for (const char *p = value; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(" _-.", *p))
			return bad(t, value);
	if (*value == '.' || (*value && strspn(value, "0123456789") == strlen(value) &&
			      strtoull(value, NULL, 10) != ve->id))
		return bad(t, value);
	/* A number as a name: what libvirt does; it leads here already. */
	if (*value && ve_parse(value, &other) && other != ve->id)
		return fail(E_NAME, "Name %s is already in use", value);
	if (old && *old && !strchr(old, '/')) {
		link = xprintf("%s/%s", VE_NAME_DIR, old);
		unlink(link);
		free(link);
	}
	if (*value && strspn(value, "0123456789") != strlen(value)) {
		link = xprintf("%s/%s", VE_NAME_DIR, value);
		mkdirs(VE_NAME_DIR, 0755);
		if (symlink(ve->conf_path, link) && errno != EEXIST)
			code = fail_errno(E_NAME, "Cannot make %s", link);
		free(link);
	}
	if (!code)
		conf_set(&ve->conf, "NAME", value);
	return code;
}

static bool host_name(const char *s)
{
	size_t n = strlen(s);

	return n && n <= 64 && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == n;
}

static int apply_pair(struct ve *ve, const struct setting *t, const char *value)
{
	unsigned long long unit = t->type == PAGES || t->type == RAM ? 4096 : t->type == KBYTES ? 1024 : 1;
	unsigned long long barrier, limit;
	char *text;

	if (!conf_pair(value, unit, &barrier, &limit))
		return bad(t, value);
	if (t->type == RAM) {
		/* A bare number of --ram is in bytes. */
		if (isdigit((unsigned char)value[strlen(value) - 1]))
			limit /= 4096;
		barrier = 0;
	}
	/* Numbers without suffixes: that is what other programs can read. */
	text = xprintf("%llu:%llu", barrier, limit);
	conf_set(&ve->conf, t->key, text);
	free(text);
	return OK;
}

static int apply_one(struct ve *ve, const struct setting *t, const char *value)
{
	uint64_t v;
	char *text;

	switch (t->type) {
	case TEXT:
		if (strpbrk(value, "\"\n"))
			return bad(t, value);
		break;
	case NUMBER:
		/* --cpulimit 25% is usual. */
		text = xstrdup(value);
		if (*text && text[strlen(text) - 1] == '%')
			text[strlen(text) - 1] = 0;
		if (!parse_u64(text, 10, UNLIMITED, &v))
			return bad(t, value);
		conf_set(&ve->conf, t->key, text);
		free(text);
		return OK;
	case YESNO:
		if (strcmp(value, "yes") && strcmp(value, "no"))
			return bad(t, value);
		break;
	case PAIR:
	case PAGES:
	case KBYTES:
	case BYTES:
	case RAM:
		return apply_pair(ve, t, value);
	case ADD:
	case DEL:
		if (strpbrk(value, "\"\n\\"))
			return bad(t, value);
		return apply_list(ve, t, value);
	case NAME:
		return apply_name(ve, t, value);
	case HOSTNAME:
		if (!host_name(value))
			return bad(t, value);
		break;
	case IGNORED:
		warn("--%s is not supported yet, ignored", t->option);
		return OK;
	}
	conf_set(&ve->conf, t->key, value);
	return OK;
}

int settings_apply(const struct settings *s, struct ve *ve)
{
	int code = OK;

	for (int i = 0; i < s->n && !code; i++)
		code = apply_one(ve, s->items[i].what, s->items[i].value);
	return code;
}

int settings_save(struct ve *ve)
{
	if (mkdirs(VE_CONF_DIR, 0755) || conf_write(&ve->conf, ve->conf_path))
		return fail_errno(E_CONF_SAVE, "Cannot write %s", ve->conf_path);
	ve->has_conf = true;
	say(0, "CT configuration saved to %s", ve->conf_path);
	return OK;
}

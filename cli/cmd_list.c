// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctl list, vzlist: a table of VEs. libvirt and collectd parse it, byte for byte:
 * tests/ve/contract.sh has what they need.
 */
#include "cmd.h"
#include "cgroup.h"
#include "dev.h"
#include "say.h"
#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum kind {
	CTID, PRIVATE, ROOT, STATUS, HOST, SMART_NAME, IP, TEXT, NUM, YES, UBC, DISK, LAVERAGE, UPTIME, LAYOUT,
	STAGE, ALWAYS_NO,
};

static const struct field {
	const char *name, *head, *key;
	int width;		/* negative: to the left */
	enum kind kind;
} fields[] = {
	{ "ctid", "CTID", NULL, 10, CTID },
	{ "private", "PRIVATE", NULL, -32, PRIVATE },
	{ "root", "ROOT", NULL, -32, ROOT },
	{ "mount_opts", "MOUNT_OPTS", "MOUNT_OPTS", -16, TEXT },
	{ "origin_sample", "ORIGIN_SAMPLE", "ORIGIN_SAMPLE", -32, TEXT },
	{ "hostname", "HOSTNAME", "HOSTNAME", -32, HOST },
	{ "name", "NAME", "NAME", -32, TEXT },
	{ "smart_name", "SMARTNAME", NULL, -10, SMART_NAME },
	{ "description", "DESCRIPTION", "DESCRIPTION", -32, TEXT },
	{ "ostemplate", "OSTEMPLATE", "OSTEMPLATE", -24, TEXT },
	{ "ip", "IP_ADDR", "IP_ADDRESS", -15, IP },
	{ "nameserver", "NAMESERVER", "NAMESERVER", -20, TEXT },
	{ "searchdomain", "SEARCHDOMAIN", "SEARCHDOMAIN", -32, TEXT },
	{ "status", "STATUS", NULL, -9, STATUS },
	{ "numproc", "NPROC", "NUMPROC", 10, UBC },
	{ "kmemsize", "KMEMSIZE", "KMEMSIZE", 10, UBC },
	{ "lockedpages", "LOCKEDP", "LOCKEDPAGES", 10, UBC },
	{ "privvmpages", "PRIVVMP", "PRIVVMPAGES", 10, UBC },
	{ "shmpages", "SHMP", "SHMPAGES", 10, UBC },
	{ "physpages", "PHYSP", "PHYSPAGES", 10, UBC },
	{ "vmguarpages", "VMGUARP", "VMGUARPAGES", 10, UBC },
	{ "oomguarpages", "OOMGUARP", "OOMGUARPAGES", 10, UBC },
	{ "numtcpsock", "NTCPSOCK", "NUMTCPSOCK", 10, UBC },
	{ "numflock", "NFLOCK", "NUMFLOCK", 10, UBC },
	{ "numpty", "NPTY", "NUMPTY", 10, UBC },
	{ "numsiginfo", "NSIGINFO", "NUMSIGINFO", 10, UBC },
	{ "tcpsndbuf", "TCPSNDB", "TCPSNDBUF", 10, UBC },
	{ "tcprcvbuf", "TCPRCVB", "TCPRCVBUF", 10, UBC },
	{ "othersockbuf", "OTHSOCKB", "OTHERSOCKBUF", 10, UBC },
	{ "dgramrcvbuf", "DGRAMRB", "DGRAMRCVBUF", 10, UBC },
	{ "numothersock", "NOTHSOCK", "NUMOTHERSOCK", 10, UBC },
	{ "dcachesize", "DCACHESZ", "DCACHESIZE", 10, UBC },
	{ "numfile", "NFILE", "NUMFILE", 10, UBC },
	{ "numiptent", "NIPTENT", "NUMIPTENT", 10, UBC },
	{ "swappages", "SWAPP", "SWAPPAGES", 10, UBC },
	{ "diskspace", "DSPACE", "DISKSPACE", 10, DISK },
	{ "diskinodes", "DINODES", "DISKINODES", 10, DISK },
	{ "laverage", "LAVERAGE", NULL, 14, LAVERAGE },
	{ "uptime", "UPTIME", NULL, 15, UPTIME },
	{ "cpulimit", "CPUL", "CPULIMIT", 7, NUM },
	{ "cpuunits", "CPUU", "CPUUNITS", 7, NUM },
	{ "cpus", "CPUS", "CPUS", 7, NUM },
	{ "ioprio", "IOP", "IOPRIO", 3, NUM },
	{ "iolimit", "IOLIMIT", "IOLIMIT", 10, NUM },
	{ "iopslimit", "IOPSLIMIT", "IOPSLIMIT", 10, NUM },
	{ "onboot", "ONBOOT", "ONBOOT", -6, YES },
	{ "bootorder", "BOOTORDER", "BOOTORDER", 10, NUM },
	{ "layout", "LAYOUT", NULL, -6, LAYOUT },
	{ "features", "FEATURES", "FEATURES", -15, TEXT },
	{ "vswap", "VSWAP", NULL, 5, ALWAYS_NO },
	{ "disabled", "DISABLED", "DISABLED", -8, YES },
	{ "vm_overcommit", "VM_OVERCOMMIT", "VM_OVERCOMMIT", 6, TEXT },
	{ "netfilter", "NETFILTER", "NETFILTER", -10, TEXT },
	{ "capability", "CAPABILITY", "CAPABILITY", -15, TEXT },
	/* Not vz's: what the module holds frozen. */
	{ "stage", "STAGE", NULL, -9, STAGE },
};
#define N_FIELDS	(sizeof(fields) / sizeof(*fields))

struct column {
	const struct field *f;
	char suffix;		/* of ctid.m, diskspace.s …; 0 */
};

struct row {
	struct ve ve;
	bool running, mounted, dumped;
};

static struct column columns[64];
static int n_columns;
static bool no_trim;

/* --- fields -------------------------------------------------------------------------------- */

static bool parse_column(const char *word, struct column *c)
{
	static const char *const alias[] = { "veid", "vpsid" };
	const char *dot = strchr(word, '.');
	size_t n = dot ? (size_t)(dot - word) : strlen(word);

	*c = (struct column){ .f = NULL };
	if (dot && (!dot[1] || dot[2]))
		return false;
	for (int i = 0; i < 2; i++)
		if (!dot && !strcmp(word, alias[i]))
			c->f = &fields[0];
	for (size_t i = 0; i < N_FIELDS && !c->f; i++)
		if (strlen(fields[i].name) == n && !strncmp(fields[i].name, word, n))
			c->f = &fields[i];
	if (!c->f)
		return false;
	if (dot) {
		c->suffix = dot[1];
		return strchr(c->f->kind == UBC ? "mblf" : c->f->kind == DISK ? "sh" : "", c->suffix);
	}
	return true;
}

static int parse_columns(const char *list)
{
	char *copy = xstrdup(list), *save, *word;
	int code = OK;

	n_columns = 0;
	for (word = strtok_r(copy, ",", &save); word && !code; word = strtok_r(NULL, ",", &save))
		if (n_columns == 64 || !parse_column(word, &columns[n_columns++]))
			code = fail(1, "Unknown field: %s", word);
	free(copy);
	return code;
}

static const char *status_word(const struct row *r)
{
	if (r->running)
		return "running";
	if (r->mounted)
		return "mounted";
	return r->dumped ? "suspended" : "stopped";
}

/* Of a UBC resource: held (and .m) are known for what a cgroup counts. */
static char *ubc_text(const struct row *r, const struct column *c)
{
	unsigned long long barrier, limit;
	long long held = -1;

	if (c->suffix == 'b' || c->suffix == 'l') {
		if (!conf_pair(ve_get(&r->ve, c->f->key), 1, &barrier, &limit))
			return NULL;
		return xprintf("%llu", c->suffix == 'b' ? barrier : limit);
	}
	if (!r->running)
		return NULL;
	if (c->suffix == 'f')
		return xstrdup("0");
	if (!strcmp(c->f->key, "NUMPROC"))
		held = cgroup_number(&r->ve, c->suffix ? "pids.peak" : "pids.current");
	else if (!strcmp(c->f->key, "PHYSPAGES"))
		held = cgroup_number(&r->ve, c->suffix ? "memory.peak" : "memory.current") / 4096;
	else if (!strcmp(c->f->key, "SWAPPAGES"))
		held = cgroup_number(&r->ve, "memory.swap.current") / 4096;
	return held < 0 ? NULL : xprintf("%lld", held);
}

static char *disk_text(const struct row *r, const struct column *c)
{
	unsigned long long soft, hard;

	if (!c->suffix || !conf_pair(ve_get(&r->ve, c->f->key), 1, &soft, &hard))
		return NULL;
	return xprintf("%llu", c->suffix == 's' ? soft : hard);
}

static char *uptime_text(const struct row *r)
{
	struct timespec ts;
	long s;

	if (!r->running)
		return NULL;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	s = ts.tv_sec - r->ve.start / sysconf(_SC_CLK_TCK);
	return xprintf("%03ldd%02ldh:%02ldm:%02lds", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}

/* The first address, unless there is room for all. */
static char *ip_text(const struct row *r, bool all)
{
	const char *v = ve_get(&r->ve, "IP_ADDRESS");
	char *text;

	if (!v || !*v)
		return NULL;
	text = xstrdup(v);
	if (!all)
		text[strcspn(text, " ,")] = 0;
	return text;
}

/* A field of a VE, to be freed; NULL: not set. */
static char *value_of(const struct row *r, const struct column *c, bool last)
{
	const struct ve *ve = &r->ve;
	const char *v = c->f->key ? ve_get(ve, c->f->key) : NULL;

	switch (c->f->kind) {
	case CTID:
		return xprintf("%u", ve->id);
	case PRIVATE:
		return ve->private ? xstrdup(ve->private) : NULL;
	case ROOT:
		return ve->root ? xstrdup(ve->root) : NULL;
	case STATUS:
		return xstrdup(status_word(r));
	case SMART_NAME:
		v = ve_get(ve, "NAME");
		return v && *v ? xstrdup(v) : xprintf("%u", ve->id);
	case IP:
		return ip_text(r, last || no_trim);
	case UBC:
		return ubc_text(r, c);
	case DISK:
		return disk_text(r, c);
	case UPTIME:
		return uptime_text(r);
	case LAYOUT:
		return xstrdup("simfs");
	case STAGE:
		return dev_stage_of(ve->id) ? xstrdup(dev_stage_name(dev_stage_of(ve->id))) : NULL;
	case YES:
		return xstrdup(conf_is_yes(v) ? "yes" : "no");
	case ALWAYS_NO:
		return xstrdup("no");
	case LAVERAGE:
		return NULL;
	case HOST:
	case TEXT:
	case NUM:
		return v && *v ? xstrdup(v) : NULL;
	}
	return NULL;
}

/* --- printing ------------------------------------------------------------------------------ */

static void print_cells(char **cells)
{
	char *line = xstrdup(""), *more;
	size_t n;

	for (int i = 0; i < n_columns; i++) {
		int w = columns[i].f->width;

		/* Cut what would shift the columns behind it. */
		if (!no_trim && w < 0 && i < n_columns - 1)
			more = xprintf("%s%s%*.*s", line, i ? " " : "", w, -w, cells[i]);
		else
			more = xprintf("%s%s%*s", line, i ? " " : "", w, cells[i]);
		free(line);
		line = more;
	}
	n = strlen(line);
	while (n && line[n - 1] == ' ')
		line[--n] = 0;
	printf("%s\n", line);
	free(line);
}

static void print_header(void)
{
	char *cells[64];

	for (int i = 0; i < n_columns; i++)
		cells[i] = columns[i].suffix ? xprintf("%s.%c", columns[i].f->head, toupper(columns[i].suffix)) :
					       xstrdup(columns[i].f->head);
	print_cells(cells);
}

static void print_row(const struct row *r)
{
	char *cells[64];

	for (int i = 0; i < n_columns; i++) {
		cells[i] = value_of(r, &columns[i], i == n_columns - 1);
		if (!cells[i])
			cells[i] = xstrdup("-");
	}
	print_cells(cells);
	for (int i = 0; i < n_columns; i++)
		free(cells[i]);
}

/* --- JSON ---------------------------------------------------------------------------------- */

static json_object *json_ubc(const struct row *r, const struct field *f)
{
	static const struct {
		const char *name;
		char suffix;
	} parts[] = { { "held", 0 }, { "maxheld", 'm' }, { "barrier", 'b' }, { "limit", 'l' }, { "failcnt", 'f' } };
	json_object *o = json_object_new_object();

	for (int i = 0; i < 5; i++) {
		struct column c = { f, parts[i].suffix };
		char *v = ubc_text(r, &c);

		json_object_object_add(o, parts[i].name, json_object_new_int64(v ? strtoll(v, NULL, 10) : 0));
		free(v);
	}
	return o;
}

static json_object *json_ips(const char *list)
{
	json_object *a = json_object_new_array();
	char *copy = xstrdup(list), *save, *w;

	for (w = strtok_r(copy, " ,", &save); w; w = strtok_r(NULL, " ,", &save))
		json_object_array_add(a, json_object_new_string(w));
	free(copy);
	return a;
}

static json_object *json_value(const struct row *r, const struct column *c)
{
	char *v = value_of(r, c, true);
	json_object *o = NULL;
	uint64_t n;

	if (c->f->kind == UBC)
		o = json_ubc(r, c->f);
	else if (!v)
		o = NULL;
	else if (c->f->kind == YES || c->f->kind == ALWAYS_NO)
		o = json_object_new_boolean(!strcmp(v, "yes"));
	else if (c->f->kind == IP)
		o = json_ips(v);
	else if ((c->f->kind == CTID || c->f->kind == NUM) && parse_u64(v, 10, UNLIMITED, &n))
		o = json_object_new_int64(n);
	else
		o = json_object_new_string(v);
	free(v);
	return o;
}

static json_object *json_row(const struct row *r)
{
	json_object *o = json_object_new_object();

	for (int i = 0; i < n_columns; i++)
		json_object_object_add(o, columns[i].f->name, json_value(r, &columns[i]));
	return o;
}

/* --- choosing ------------------------------------------------------------------------------ */

static struct column sort_by;
static int sort_sign = 1;

static int compare(const void *a, const void *b)
{
	char *x = value_of(a, &sort_by, true), *y = value_of(b, &sort_by, true);
	uint64_t m, n;
	int rc;

	if (parse_u64(x, 10, UNLIMITED, &m) && parse_u64(y, 10, UNLIMITED, &n))
		rc = m < n ? -1 : m > n;
	else
		rc = strcmp(x ? x : "", y ? y : "");
	free(x);
	free(y);
	return sort_sign * rc;
}

static bool matches(const struct ve *ve, const char *key, const char *glob)
{
	const char *v = ve_get(ve, key);

	return !glob || (v && !fnmatch(glob, v, 0));
}

static void list_fields(void)
{
	for (size_t i = 0; i < N_FIELDS; i++)
		printf("%-15s %s\n", fields[i].name, fields[i].head);
}

struct wish {
	int all, stopped, by_name, no_header, json, only_ids, list;
	char *output, *sort, *hostname, *name, *description;
	unsigned int *ids;
	size_t n;
};

static int parse(struct wish *w, int argc, char **argv)
{
	int trim = 0, code = OK, rc;
	struct poptOption table[] = {
		{ "all", 'a', POPT_ARG_NONE, &w->all, 0, NULL, NULL },
		{ "stopped", 'S', POPT_ARG_NONE, &w->stopped, 0, NULL, NULL },
		{ "name", 'n', POPT_ARG_NONE, &w->by_name, 0, NULL, NULL },
		{ "no-header", 'H', POPT_ARG_NONE, &w->no_header, 0, NULL, NULL },
		{ "no-trim", 't', POPT_ARG_NONE, &trim, 0, NULL, NULL },
		{ "json", 'j', POPT_ARG_NONE, &w->json, 0, NULL, NULL },
		{ "output", 'o', POPT_ARG_STRING, &w->output, 0, NULL, NULL },
		{ NULL, '1', POPT_ARG_NONE, &w->only_ids, 0, NULL, NULL },
		{ "sort", 's', POPT_ARG_STRING, &w->sort, 0, NULL, NULL },
		{ "hostname", 'h', POPT_ARG_STRING, &w->hostname, 0, NULL, NULL },
		{ "name_filter", 'N', POPT_ARG_STRING, &w->name, 0, NULL, NULL },
		{ "description", 'd', POPT_ARG_STRING, &w->description, 0, NULL, NULL },
		{ "list", 'L', POPT_ARG_NONE, &w->list, 0, NULL, NULL },
		POPT_TABLEEND
	};
	poptContext ctx = poptGetContext(argv[0], argc, (const char **)argv, table, 0);
	const char *word;
	unsigned int id;

	rc = poptGetNextOpt(ctx);
	if (rc < -1)
		code = fail(1, "%s: %s", poptBadOption(ctx, POPT_BADOPTION_NOALIAS), poptStrerror(rc));
	while (!code && (word = poptGetArg(ctx))) {
		if (!ve_parse(word, &id)) {
			code = fail(1, "Invalid container ID: %s", word);
			break;
		}
		w->ids = xrealloc(w->ids, (w->n + 1) * sizeof(id));
		w->ids[w->n++] = id;
	}
	no_trim = trim;
	poptFreeContext(ctx);
	return code;
}

static int choose_columns(struct wish *w)
{
	if (w->only_ids) {
		w->no_header = 1;
		return parse_columns("ctid");
	}
	if (w->output)
		return parse_columns(w->output);
	if (w->json) {
		n_columns = 0;
		for (size_t i = 0; i < N_FIELDS; i++)
			columns[n_columns++] = (struct column){ &fields[i], 0 };
		return OK;
	}
	return parse_columns(w->by_name ? "ctid,numproc,status,ip,name" : "ctid,numproc,status,ip,hostname");
}

/* The rows that are wanted; named VEs whatever their state. */
static size_t gather(const struct wish *w, struct row **rows)
{
	unsigned int *ids = w->ids;
	size_t n = w->n, out = 0;

	if (!n)
		n = ve_all(&ids);
	*rows = xmalloc((n + 1) * sizeof(**rows));
	for (size_t i = 0; i < n; i++) {
		struct row *r = &(*rows)[out];

		if (ve_load(&r->ve, ids[i]) || !r->ve.has_conf)
			continue;
		r->running = ve_running(&r->ve);
		r->mounted = ve_mounted(&r->ve);
		r->dumped = ve_dumped(&r->ve);
		if (r->ve.pidfd >= 0)
			close(r->ve.pidfd);
		if (!w->n && !w->all && r->running == !!w->stopped)
			continue;
		if (matches(&r->ve, "HOSTNAME", w->hostname) && matches(&r->ve, "NAME", w->name) &&
		    matches(&r->ve, "DESCRIPTION", w->description))
			out++;
	}
	return out;
}

int cmd_list(int argc, char **argv)
{
	struct wish w = { 0 };
	struct row *rows;
	struct ve vz;
	size_t n;
	int code;

	if (geteuid())
		return fail(1, "This program can only be run under root.");
	code = parse(&w, argc, argv);
	if (!code && w.list) {
		list_fields();
		return OK;
	}
	if (!code)
		code = choose_columns(&w);
	if (!code && w.sort) {
		sort_sign = *w.sort == '-' ? -1 : 1;
		if (!parse_column(w.sort + (*w.sort == '-'), &sort_by))
			code = fail(1, "Unknown field: %s", w.sort);
	}
	if (!code)
		code = ve_load(&vz, 0);
	if (code)
		return code;
	n = gather(&w, &rows);
	log_to(NULL, 0);	/* looking is no event */
	if (w.sort)
		qsort(rows, n, sizeof(*rows), compare);
	if (w.json) {
		json_object *a = json_object_new_array();

		for (size_t i = 0; i < n; i++)
			json_object_array_add(a, json_row(&rows[i]));
		printf("%s\n", json_object_to_json_string_ext(a, JSON_C_TO_STRING_PRETTY));
		return OK;
	}
	if (!n) {
		fail(1, "Container(s) not found");
		return w.n ? 1 : 0;
	}
	if (!w.no_header)
		print_header();
	for (size_t i = 0; i < n; i++)
		print_row(&rows[i]);
	return OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/* The mounts of a VE; see mounts.h. */
#include "mounts.h"
#include "mount.h"
#include "overlay.h"
#include "say.h"
#include "util.h"

#include <cpt/walk.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- what may be made ------------------------------------------------------------------------ */

/*
 * The file systems that a VE's program may have mounted itself. All that they are made
 * of is the VE's: its memory, or a namespace of its own.
 */
static const struct fs_type {
	const char *name;
	const char *options;	/* that are given again */
	const char *later;	/* those of them that can be changed later */
	const char *shown;	/* that are right, but not given when it is made (remount.c), or not this mount's */
	bool ro;		/* only read-only: what a program set there would be lost */
} fs_types[] = {
	{ "tmpfs", "size nr_inodes mode uid gid inode64 inode32", "size nr_inodes", "rw ro", false },
	{ "devpts", "uid gid mode ptmxmode max", "uid gid mode ptmxmode max", "rw", false },
	{ "mqueue", "", "", "rw", false },
	{ "proc", "hidepid gid subset", "hidepid gid subset", "rw ro", false },
	{ "sysfs", "", "", "rw", false },
	{ "overlay", "lowerdir lowerdir+ upperdir workdir redirect_dir xino metacopy uuid userxattr default_permissions index "
		     "nfs_export", "", "rw ro", false },
	{ "hugetlbfs", "pagesize size min_size nr_inodes mode uid gid", "", "rw ro", false },
	{ "cgroup2", "", "", "rw nsdelegate favordynmods memory_localevents memory_recursiveprot "
			     "memory_hugetlb_accounting pids_localevents", true },
};

/* The root of a mount that shows what the VE cannot reach, as a cgroup namespace would name it. */
#define OUTSIDE	"/.."

/* File systems whose mounts in the table are partly covered or read-only: others of them need not be. */
static const char *const views[] = { "proc", "sysfs" };

static const struct fs_type *fs_type(const char *name)
{
	for (size_t i = 0; i < sizeof(fs_types) / sizeof(*fs_types); i++)
		if (!strcmp(fs_types[i].name, name))
			return &fs_types[i];
	return NULL;
}

static bool is_view(const char *type)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++)
		if (!strcmp(views[i], type))
			return true;
	return false;
}

bool mounts_may_loosen(const struct ve_mount *m)
{
	return fs_type(m->type) && !is_view(m->type);
}

/* The first n bytes of word are one of the words of list. */
static bool listed(const char *list, const char *word, size_t n)
{
	for (; *list; list += strcspn(list, " "), list += strspn(list, " "))
		if (strcspn(list, " ") == n && !strncmp(list, word, n))
			return true;
	return false;
}

/* The next of "a=b,c" in *p: its length, and that of its name; 0: no more. */
static size_t next_option(const char **p, size_t *name)
{
	size_t n;

	*p += **p == ',';
	n = strcspn(*p, ",");
	*name = strcspn(*p, ",=");
	return n;
}

static const char *bad_option(const struct fs_type *type, const char *options)
{
	static char text[120];
	size_t n, name;

	for (; (n = next_option(&options, &name)); options += n)
		if (!listed(type->options, options, name) && !listed(type->shown, options, name)) {
			snprintf(text, sizeof(text), "its option %.*s is not preserved", n > 64 ? 64 : (int)n, options);
			return text;
		}
	return NULL;
}

char *mounts_options(const struct ve_mount *m, bool later)
{
	const struct fs_type *type = fs_type(m->type);
	const char *p = m->options;
	char *out, *end;
	size_t n, name;

	if (!type)
		return NULL;
	out = end = xmalloc(strlen(p) + 2);
	for (; (n = next_option(&p, &name)); p += n)
		if (listed(later ? type->later : type->options, p, name))
			end += sprintf(end, "%s%.*s", end == out ? "" : ",", (int)n, p);
	*end = 0;
	return out;
}

/* What ctl made is as it was, but perhaps for more restrictions; what a VE could make itself it may change. */
static const char *why_not_row(const struct ve_mount *m)
{
	bool fs = (m->row->how & WORLD_HOW) == WORLD_FS;
	static char text[160];
	const char *word;
	uint64_t attr;

	word = mount_flags(m->flags, &attr);
	if (word)
		snprintf(text, sizeof(text), "its flag %s is not preserved", word);
	else if (fs && !mounts_may_loosen(m) && (m->row->attr & ~attr))
		snprintf(text, sizeof(text), "it was changed to %.100s", m->flags);
	else
		return fs && fs_type(m->type) ? bad_option(fs_type(m->type), m->options) : NULL;
	return text;
}

/* path without the leading directory; NULL if it is not in there */
static const char *below(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") ? strlen(dir) : 0;

	if (strncmp(path, dir, n) || (path[n] && path[n] != '/'))
		return NULL;
	return path[n] ? path + n : "/";
}

/* a shows all that b does. */
static bool covers(const struct ve_mount *a, const struct ve_mount *b)
{
	return a->of >= 0 && a->of == b->of && below(b->root, a->root);
}

int mounts_leader(const struct ve_mounts *all, int group)
{
	int leader = -1;

	for (unsigned int i = 0; i < all->n; i++)
		if (all->m[i].shared == group && (leader < 0 || covers(&all->m[i], &all->m[leader])))
			leader = i;
	for (unsigned int i = 0; i < all->n && leader >= 0; i++)
		if (all->m[i].shared == group && (!covers(&all->m[leader], &all->m[i]) ||
						  all->m[i].master != all->m[leader].master))
			leader = -1;
	return leader;
}

static bool has_group(const struct ve_mounts *all, int group)
{
	for (unsigned int i = 0; i < all->n; i++)
		if (all->m[i].shared == group)
			return true;
	return false;
}

static const char *why_not_propagation(const struct ve_mounts *all, const struct ve_mount *m)
{
	int leader = m->shared ? mounts_leader(all, m->shared) : 0;
	int master = m->master ? mounts_leader(all, m->master) : 0;

	if (m->master && !has_group(all, m->master))
		return "it receives mounts from outside the container";
	if (leader < 0 || master < 0 || (m->master && !covers(&all->m[master], m)) ||
	    (m->unbindable && (m->shared || m->master)))
		return "its peer group cannot be made again";
	return NULL;
}

static bool was_deleted(const char *root)
{
	static const char mark[] = "//deleted";
	size_t n = strlen(root);

	return n >= sizeof(mark) - 1 && !strcmp(root + n - (sizeof(mark) - 1), mark);
}

/* Of the table: one that was mounted as a file system, not a bind or a cover. */
static bool is_whole_row(const struct ve_mount *m)
{
	return m->row && (m->row->how & WORLD_HOW) <= WORLD_ROOT;
}

/* The root of its namespace. */
static bool is_root(const struct ve_mounts *all, unsigned int i)
{
	return all->space[all->m[i].ns].first == i;
}

/* Some mount on mount i is a copy of mount k of the table. */
static bool has_copy(const struct ve_mounts *all, unsigned int i, unsigned int k)
{
	for (unsigned int j = i + 1; j < all->n && all->m[j].ns == all->m[i].ns; j++)
		if (all->m[j].parent == (int)i && all->m[j].twin == (int)k)
			return true;
	return false;
}

/*
 * It is a copy of one of the table, and so are those on it that hide things or forbid to
 * write them: it shows no more than that one.
 */
static bool is_covered(const struct ve_mounts *all, unsigned int i)
{
	int twin = all->m[i].twin;

	for (unsigned int k = 0; k < mounts_in(all, 0) && twin >= 0; k++)
		if (all->m[k].row && world_parent(all->m[k].row) == all->m[twin].row &&
		    (all->m[k].row->attr & MOUNT_ATTR_RDONLY) && !has_copy(all, i, k))
			return false;
	return twin >= 0;
}

/* Of one that stands for its file system. */
static const char *why_not_made(const struct fs_type *type, const struct ve_mount *m)
{
	const char *why = bad_option(type, m->options);

	if (why || strcmp(m->type, "overlay"))
		return why;
	if (m->ns)
		return "this type is preserved only in the container's own mount namespace";
	overlay_free(overlay_layers(m->options, &why));
	return why;
}

static const char *why_not_fs(const struct ve_mounts *all, unsigned int i, bool admin)
{
	const struct ve_mount *m = &all->m[i];
	const struct ve_mount *of = m->of < 0 ? NULL : &all->m[m->of];
	const struct fs_type *type = fs_type(m->type);
	uint64_t attr;

	if (was_deleted(m->root))
		return "what it shows was deleted";
	if (of && strcmp(of->type, m->type))
		return "its file system is of another type";
	if (is_view(m->type) && !admin && !is_covered(all, i))
		return "to see all of this file system takes the capability sys_admin";
	if (of && is_whole_row(of))
		return NULL;
	if ((m->dev && !strcmp(m->dev, all->m[0].dev)) || !strcmp(m->root, OUTSIDE))
		return "it shows something outside the container";
	if (!type)
		return "file systems of this type are not preserved";
	if (of && of->row && m->twin >= 0)
		return NULL;
	if (!strcmp(m->type, "sysfs"))	/* one for each network namespace, and the table has the VE's */
		return "it shows something outside the container";
	if (!of || of->row)
		return "no mount shows the whole of its file system";
	mount_flags(m->flags, &attr);
	if (type->ro && !(attr & MOUNT_ATTR_RDONLY))
		return "this type is preserved only read-only";
	return of == m ? why_not_made(type, m) : NULL;
}

const char *mounts_why_not(const struct ve_mounts *all, unsigned int i, bool admin)
{
	static char text[120];
	const struct ve_mount *m = &all->m[i];
	const char *why = why_not_propagation(all, m), *word;
	uint64_t attr;

	if (why || m->row)
		return why ? why : why_not_row(m);
	if (m->parent < 0 && !is_root(all, i) && !m->umounted)
		return m->ns ? "it is out of the reach of its mount namespace" :
			       "it is out of the reach of the container's init";
	if (m->parent >= 0 && is_root(all, m->parent) && !strcmp(m->point, "/"))
		return m->ns ? "it covers the root of its mount namespace" : "it covers the container's root";
	word = mount_flags(m->flags, &attr);
	if (word) {
		snprintf(text, sizeof(text), "its flag %s is not preserved", word);
		return text;
	}
	return why_not_fs(all, i, admin);
}

bool mounts_has_contents(const struct ve_mounts *all, unsigned int i)
{
	const struct ve_mount *m = &all->m[i];

	if (strcmp(m->type, "tmpfs") && strcmp(m->type, "hugetlbfs"))
		return false;
	return m->row ? (m->row->how & WORLD_HOW) == WORLD_FS : m->of == (int)i;
}

/* --- reading mountinfo ----------------------------------------------------------------------- */

static void add_line(struct ve_mounts *all, const struct mount_line *line)
{
	all->m = xrealloc(all->m, (all->n + 1) * sizeof(*all->m));
	all->m[all->n++] = (struct ve_mount){
		.parent = line->parent,		/* a number until they are in order */
		.of = -1,
		.twin = -1,
		.target = xstrdup(line->target),
		.root = xstrdup(line->root),
		.dev = xstrdup(line->dev),
		.type = xstrdup(line->type),
		.source = xstrdup(line->source),
		.flags = xstrdup(line->flags),
		.options = xstrdup(line->options),
		.shared = line->shared,
		.master = line->master,
		.unbindable = line->unbindable,
		.mnt_id = line->id,
		.fd = -1,
		.fresh = -1,
	};
}

static const struct ve_mount *by_number(const struct ve_mounts *all, int mnt_id)
{
	for (unsigned int i = 0; i < all->n; i++)
		if (all->m[i].mnt_id == mnt_id)
			return &all->m[i];
	return NULL;
}

/* Siblings side by side; what may hide another, whose path begins with its own, behind it. */
static int by_parent(const void *a, const void *b)
{
	const struct ve_mount *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return -strcmp(x->target, y->target);
}

/* Put mount i of from, and all that lies on it, behind the rest of to. */
static void put_tree(struct ve_mounts *to, const struct ve_mounts *from, unsigned int i, int parent)
{
	int me = to->n;

	to->m[to->n++] = from->m[i];
	to->m[me].parent = parent;
	for (unsigned int c = 0; c < from->n; c++)
		if (from->m[c].parent == from->m[i].mnt_id && c != i)
			put_tree(to, from, c, me);
}

static int sort(struct ve_mounts *all)
{
	struct ve_mounts to = { .m = xmalloc((all->n + 1) * sizeof(*to.m)) };

	qsort(all->m, all->n, sizeof(*all->m), by_parent);
	for (unsigned int i = 0; i < all->n; i++)
		if (!by_number(all, all->m[i].parent) || all->m[i].parent == all->m[i].mnt_id)
			put_tree(&to, all, i, -1);
	if (to.n != all->n || !to.n || strcmp(to.m[0].target, "/")) {
		free(to.m);
		return fail(E_CHKPNT, "Cannot read the container's mounts");
	}
	free(all->m);
	*all = to;
	return OK;
}

static void find_points(struct ve_mounts *all)
{
	for (unsigned int i = 0; i < all->n; i++) {
		struct ve_mount *m = &all->m[i];
		const char *parent = m->parent < 0 ? "/" : all->m[m->parent].target;
		size_t n = strcmp(parent, "/") ? strlen(parent) : 0;

		m->point = xstrdup(!strncmp(m->target, parent, n) && m->target[n] ? m->target + n : "/");
	}
}

/* Which are ctl's own? Each row once, and only where it was made. */
static void find_rows(struct ve_mounts *all)
{
	bool *taken = xmalloc(n_world_mounts * sizeof(*taken));

	memset(taken, 0, n_world_mounts * sizeof(*taken));
	for (unsigned int i = 0; i < mounts_in(all, 0); i++) {
		struct ve_mount *m = &all->m[i];
		const struct world_mount *parent = m->parent < 0 ? NULL : all->m[m->parent].row;
		bool ro = !strcmp(m->flags, "ro") || !strncmp(m->flags, "ro,", 3);

		for (unsigned int k = 0; k < n_world_mounts && !m->row; k++) {
			const struct world_mount *row = &world_mounts[k];

			if (taken[k] || strcmp(row->target, m->target) || (row->type && strcmp(row->type, m->type)) ||
			    ro != !!(row->attr & MOUNT_ATTR_RDONLY) || world_parent(row) != parent)
				continue;
			if (m->parent >= 0 && !strcmp(m->point, "/"))
				continue;
			m->row = row;
			taken[k] = true;
		}
	}
	free(taken);
}

static void give_ids(struct ve_mounts *all)
{
	unsigned int own = MOUNTS_OWN;

	for (unsigned int i = 0; i < all->n; i++)
		all->m[i].id = all->m[i].row ? all->m[i].row->id : own++;
}

/* Does mount k of the table show what the table says? An image may say something else of it. */
static bool is_true_row(const struct ve_mounts *all, unsigned int k)
{
	const struct ve_mount *r = &all->m[k], *of = r->of < 0 ? NULL : &all->m[r->of];
	const char *inside;

	if (!r->row || !of)
		return false;
	switch (r->row->how & WORLD_HOW) {
	case WORLD_SELF:
		inside = is_whole_row(of) && of->row->type && !strcmp(of->row->type, r->row->type) ?
				 below(r->row->target, of->row->target) : NULL;
		return inside && !strcmp(inside, r->root);
	case WORLD_HIDE:
		return !strcmp(of->type, "tmpfs");
	}
	return of == r && !strcmp(r->root, "/");
}

/* Is m, of another namespace, a copy of mount k, which is of the table, with no fewer restrictions? */
static bool is_copy(const struct ve_mounts *all, const struct ve_mount *m, unsigned int k)
{
	const struct ve_mount *r = &all->m[k], *on = m->parent < 0 ? NULL : &all->m[m->parent];
	uint64_t attr;

	if (!is_true_row(all, k) || m->of != r->of || strcmp(m->target, r->target) || strcmp(m->root, r->root))
		return false;
	mount_flags(m->flags, &attr);
	if (r->row->attr & ~attr)
		return false;
	return on ? on->twin >= 0 && all->m[on->twin].row == world_parent(r->row) : !world_parent(r->row);
}

static void find_twins(struct ve_mounts *all)
{
	for (unsigned int i = mounts_in(all, 0); i < mounts_umounted(all); i++)
		for (unsigned int k = 0; k < mounts_in(all, 0) && all->m[i].twin < 0; k++)
			if (is_copy(all, &all->m[i], k))
				all->m[i].twin = k;
}

/* Mounts of a file system refer to one that shows the whole: one of the table, or the first. */
static int find_whole(const struct ve_mounts *all, const struct ve_mount *m)
{
	int found = -1;

	for (unsigned int i = 0; i < all->n; i++) {
		const struct ve_mount *w = &all->m[i];
		bool row = is_whole_row(w);

		if (strcmp(w->dev, m->dev) || strcmp(w->type, m->type) || !(row || !strcmp(w->root, "/")))
			continue;
		if (row)
			return below(m->root, w->root) ? (int)i : -1;
		if (found < 0)
			found = i;
	}
	return found;
}

static void find_file_systems(struct ve_mounts *all)
{
	char **root = xmalloc((all->n + 1) * sizeof(*root));

	for (unsigned int i = 0; i < all->n; i++) {
		all->m[i].of = find_whole(all, &all->m[i]);
		root[i] = all->m[i].of < 0 ? NULL : xstrdup(below(all->m[i].root, all->m[all->m[i].of].root));
	}
	for (unsigned int i = 0; i < all->n; i++) {
		if (!root[i])
			continue;
		free(all->m[i].root);
		all->m[i].root = root[i];
	}
	free(root);
}

/* One more namespace, without mounts so far. */
static void add_space(struct ve_mounts *all, int fd, const char *who)
{
	all->space = xrealloc(all->space, (all->n_spaces + 1) * sizeof(*all->space));
	all->space[all->n_spaces++] =
		(struct ve_space){ .fd = fd, .who = who ? xstrdup(who) : NULL, .first = all->n };
}

/* Put the mounts of the last namespace, in order, behind those of the others. */
static void append(struct ve_mounts *all, struct ve_mounts *one)
{
	unsigned int base = all->n;

	all->m = xrealloc(all->m, (base + one->n) * sizeof(*all->m));
	for (unsigned int i = 0; i < one->n; i++) {
		struct ve_mount *m = &all->m[all->n++];

		*m = one->m[i];
		m->ns = all->n_spaces - 1;
		m->parent += m->parent < 0 ? 0 : (int)base;
	}
	free(one->m);
	*one = (struct ve_mounts){ 0 };
}

/* To us, who are outside, cgroup2 shows where the root of the VE's is. */
static void add_seen(struct ve_mounts *all, struct mount_line *line, const char *cgroup)
{
	const char *inside = below(line->root, cgroup);

	if (!strcmp(line->type, "cgroup2"))
		line->root = inside ? inside : OUTSIDE;
	add_line(all, line);
}

int mounts_add(struct ve_mounts *all, const char *mountinfo, const char *cgroup, int fd, const char *who)
{
	struct ve_mounts one = { 0 };
	struct mount_line line;
	int code = OK;

	while (!code && mount_next(&mountinfo, &line)) {
		if (all->n + one.n == CPT_MOUNTS_MAX)
			code = fail(E_CHKPNT, "the container has more than %u mounts", CPT_MOUNTS_MAX);
		add_seen(&one, &line, cgroup);
	}
	if (!code)
		code = sort(&one);
	if (!code) {
		find_points(&one);
		add_space(all, fd, who);
		append(all, &one);
	} else if (fd >= 0) {
		close(fd);
	}
	mounts_free(&one);
	return code;
}

void mounts_add_umounted(struct ve_mounts *all, const char *line, const char *cgroup, int fd)
{
	struct ve_mount *m;
	struct mount_line parsed;

	mount_next(&line, &parsed);
	add_seen(all, &parsed, cgroup);
	all->n_umounted++;
	m = &all->m[all->n - 1];
	m->parent = -1;
	m->point = xstrdup("/");
	m->fd = fd;
	m->umounted = true;
}

void mounts_finish(struct ve_mounts *all)
{
	find_rows(all);
	give_ids(all);
	find_file_systems(all);
	find_twins(all);
}

int mounts_read(const char *mountinfo, const char *cgroup, struct ve_mounts *all)
{
	int code;

	*all = (struct ve_mounts){ 0 };
	code = mounts_add(all, mountinfo, cgroup, -1, NULL);
	if (!code)
		mounts_finish(all);
	return code;
}

unsigned int mounts_in(const struct ve_mounts *all, unsigned int ns)
{
	return (ns + 1 < all->n_spaces ? all->space[ns + 1].first : mounts_umounted(all)) - all->space[ns].first;
}

unsigned int mounts_umounted(const struct ve_mounts *all)
{
	return all->n - all->n_umounted;
}

void mounts_free(struct ve_mounts *all)
{
	for (unsigned int i = 0; i < all->n; i++) {
		struct ve_mount *m = &all->m[i];

		if (m->fd >= 0)
			close(m->fd);
		if (m->fresh >= 0)
			close(m->fresh);
		free(m->target);
		free(m->point);
		free(m->root);
		free(m->dev);
		free(m->type);
		free(m->source);
		free(m->flags);
		free(m->options);
	}
	for (unsigned int i = 0; i < all->n_spaces; i++) {
		if (all->space[i].fd >= 0)
			close(all->space[i].fd);
		free(all->space[i].who);
	}
	free(all->space);
	free(all->m);
	*all = (struct ve_mounts){ 0 };
}

/* --- of a running VE -------------------------------------------------------------------------- */

static bool has_row(const struct ve_mounts *all, const struct world_mount *row)
{
	for (unsigned int i = 0; i < all->n; i++)
		if (all->m[i].row == row)
			return true;
	return false;
}

/* The numbers of peer groups that a mountinfo has; 0 after the last. */
static int *groups_of(const char *mountinfo)
{
	struct mount_line line;
	int *groups = xmalloc(sizeof(*groups));
	size_t n = 0;

	while (mount_next(&mountinfo, &line)) {
		groups = xrealloc(groups, (n + 3) * sizeof(*groups));
		if (line.shared)
			groups[n++] = line.shared;
		if (line.master)
			groups[n++] = line.master;
	}
	groups[n] = 0;
	return groups;
}

static bool reaches(const struct ve_mount *m, const int *groups)
{
	for (; *groups; groups++)
		if (*groups == m->shared || *groups == m->master)
			return true;
	return false;
}

/* Its contents are to be saved, but the file system is mounted outside, too. */
static bool is_shared(const struct ve_mounts *all, unsigned int i, const char *host)
{
	struct mount_line line;

	if (all->m[i].row || !mounts_has_contents(all, i))
		return false;
	while (mount_next(&host, &line))
		if (!strcmp(line.dev, all->m[i].dev))
			return true;
	return false;
}

static void obstacle(const struct ve_mounts *all, const struct ve_mount *m, const char *why)
{
	if (m->umounted)
		fail(E_CHKPNT, "a mount of the container (%s) that was unmounted while it was in use cannot be preserved: %s",
		     m->type, why);
	else if (m->ns)
		fail(E_CHKPNT, "the mount at %s (%s) in the mount namespace of %s cannot be preserved: %s", m->target, m->type,
		     all->space[m->ns].who, why);
	else
		fail(E_CHKPNT, "the container's mount at %s (%s) cannot be preserved: %s", m->target, m->type, why);
}

int mounts_obstacles(const struct ve_mounts *all, const char *host, bool admin)
{
	int n = 0, *outside = groups_of(host);

	for (unsigned int i = 0; i < all->n; i++) {
		const struct ve_mount *m = &all->m[i];
		const char *why = reaches(m, outside) ? "its peer group reaches outside the container" :
				  is_shared(all, i, host) ? "it shows something outside the container" :
							    mounts_why_not(all, i, admin);

		if (!why)
			continue;
		obstacle(all, m, why);
		n++;
	}
	for (unsigned int i = 0; i < n_world_mounts; i++) {
		if ((world_mounts[i].how & WORLD_MAYBE) || has_row(all, &world_mounts[i]))
			continue;
		fail(E_CHKPNT, "the mount at %s is gone or changed, or out of the reach of the container's init",
		     world_mounts[i].target);
		n++;
	}
	free(outside);
	return n;
}

int mounts_open(int root, unsigned int ns, struct ve_mounts *all)
{
	unsigned int first = all->space[ns].first, end = first + mounts_in(all, ns);

	more_files();
	for (unsigned int i = first; i < end; i++) {
		struct ve_mount *m = &all->m[i];

		m->fd = open_inside(root, m->target, false);
		if (m->fd < 0 || mount_id(m->fd) == m->mnt_id)
			continue;
		/*
		 * Hidden by another mount. Or one of the names below /proc/sys that belong to a
		 * namespace: they lead each caller to its own namespace's entry.
		 */
		close(m->fd);
		m->fd = -1;
	}
	if (all->m[first].fd >= 0)
		return OK;
	return ns ? fail(E_CHKPNT, "The root of the mount namespace of %s is not the mount it was", all->space[ns].who) :
		    fail(E_CHKPNT, "The container's root is not the mount it was");
}

/* Does the /proc whose root is fd show the processes of the VE? */
static bool shows(int fd, pid_t init)
{
	char *path = xprintf("/proc/%d/ns/pid", init);
	struct stat a, b;
	bool same = fd >= 0 && !fstatat(fd, "1/ns/pid", &a, 0) && !stat(path, &b) && a.st_ino == b.st_ino &&
		    a.st_dev == b.st_dev;

	free(path);
	return same;
}

/* What only the running VE can say: why the file system of mount i could not be made again. */
static const char *why_not_again(const struct ve_mounts *all, unsigned int i, int root, pid_t init)
{
	const struct ve_mount *m = &all->m[i];

	if (m->row || m->of != (int)i || mounts_why_not(all, i, true))	/* that was said */
		return NULL;
	if (!strcmp(m->type, "overlay") && !m->ns)
		return overlay_why_not(m, root);
	if (strcmp(m->type, "proc") || shows(m->fd, init))
		return NULL;
	return m->fd < 0 ? "it is hidden by another mount" : "it shows processes outside the container";
}

int mounts_not_again(const struct ve_mounts *all, int root, pid_t init)
{
	const char *why;
	int n = 0;

	for (unsigned int i = 0; i < all->n; i++) {
		why = why_not_again(all, i, root, init);
		if (!why)
			continue;
		obstacle(all, &all->m[i], why);
		n++;
	}
	return n;
}

/* Can one that is hidden be found by where it lies? Not the names that lead elsewhere. */
static bool can_be_found(const struct ve_mounts *all, const struct ve_mount *m)
{
	const struct ve_mount *r = m->twin < 0 ? m : &all->m[m->twin];

	return !r->row || is_whole_row(r);
}

static struct cpt_ioc_mntns *spaces_table(const struct ve_mounts *all)
{
	struct cpt_ioc_mntns *table = xmalloc(all->n_spaces * sizeof(*table));

	for (unsigned int i = 0; i < all->n_spaces; i++)
		table[i] = (struct cpt_ioc_mntns){
			.id = i,
			.fd = all->space[i].fd,
			.root = all->m[all->space[i].first].id,
		};
	return table;
}

struct cpt_ioc_mounts mounts_table(const struct ve_mounts *all)
{
	struct cpt_ioc_mount *table = xmalloc(all->n * sizeof(*table));
	struct cpt_ioc_mounts a = { .mounts = (uintptr_t)table };
	bool *given = xmalloc(all->n * sizeof(*given));

	for (unsigned int i = 0; i < all->n; i++) {
		const struct ve_mount *m = &all->m[i];
		bool hidden = m->fd < 0 && m->parent >= 0 && given[m->parent] && can_be_found(all, m);

		given[i] = m->fd >= 0 || hidden;
		if (given[i])
			table[a.n++] = (struct cpt_ioc_mount){
				.id = m->id,
				.fd = m->fd,
				.parent = hidden ? all->m[m->parent].id : 0,
				.path_len = hidden ? strlen(m->point) : 0,
				.path = (uintptr_t)m->point,
			};
	}
	free(given);
	if (all->n_spaces > 1) {
		a.spaces = (uintptr_t)spaces_table(all);
		a.nspaces = all->n_spaces;
	}
	return a;
}

void mounts_table_free(struct cpt_ioc_mounts *table)
{
	free((void *)(uintptr_t)table->mounts);
	free((void *)(uintptr_t)table->spaces);
}

/* --- in an image ------------------------------------------------------------------------------ */

static void add_name(json_object *o, const char *key, const char *value)
{
	char *text = mount_escape(value);

	json_object_object_add(o, key, json_object_new_string(text));
	free(text);
}

static void add_number(json_object *o, const char *key, int value)
{
	if (value)
		json_object_object_add(o, key, json_object_new_int(value));
}

json_object *mounts_json(const struct ve_mounts *all)
{
	json_object *a = json_object_new_array();

	for (unsigned int i = 0; i < all->n; i++) {
		const struct ve_mount *m = &all->m[i];
		json_object *o = json_object_new_object();

		add_number(o, "id", m->id);
		add_number(o, "ns", m->ns);
		add_name(o, "target", m->target);
		add_number(o, "parent", m->parent < 0 ? 0 : all->m[m->parent].id);
		add_name(o, "point", m->point);
		add_number(o, "of", m->of < 0 ? 0 : all->m[m->of].id);
		add_name(o, "root", m->root);
		add_name(o, "type", m->type);
		add_name(o, "source", m->source);
		json_object_object_add(o, "flags", json_object_new_string(m->flags));
		json_object_object_add(o, "options", json_object_new_string(m->options));
		add_number(o, "shared", m->shared);
		add_number(o, "master", m->master);
		add_number(o, "unbindable", m->unbindable);
		add_number(o, "umounted", m->umounted);
		json_object_array_add(a, o);
	}
	return a;
}

/* A text of at most PATH_MAX bytes; NULL: it is not there, or none such. */
static char *get_text(json_object *o, const char *key)
{
	json_object *v = NULL;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string) ||
	    strlen(json_object_get_string(v)) != (size_t)json_object_get_string_len(v) ||
	    json_object_get_string_len(v) >= 4 * PATH_MAX)
		return NULL;
	return xstrdup(json_object_get_string(v));
}

static char *get_name(json_object *o, const char *key)
{
	char *s = get_text(o, key);

	if (s)
		mount_unescape(s);
	return s;
}

/* A path inside a mount. */
static char *get_path(json_object *o, const char *key)
{
	char *s = get_name(o, key);

	if (s && cpt_path_ok(s, strlen(s)))
		return s;
	free(s);
	return NULL;
}

/* 0 for one that is not there, -1 for one that is none */
static int get_number(json_object *o, const char *key)
{
	json_object *v = NULL;
	int64_t n;

	if (!json_object_object_get_ex(o, key, &v))
		return 0;
	n = json_object_get_int64(v);
	return json_object_is_type(v, json_type_int) && n >= 0 && n < INT_MAX ? n : -1;
}

/* The place of the mount with this id among the first n; -1: there is none. */
static int by_id(const struct ve_mounts *all, unsigned int n, int id)
{
	for (unsigned int i = 0; i < n && id > 0; i++)
		if (all->m[i].id == (unsigned int)id)
			return i;
	return -1;
}

/* One mount as the image has it, and its namespace if it is the first of it; NULL or what is wrong with it. */
static const char *parse_one(json_object *o, struct ve_mounts *all)
{
	struct ve_mount *m = &all->m[all->n];
	int id, ns;

	*m = (struct ve_mount){ .parent = -1, .of = -1, .twin = -1, .fd = -1, .fresh = -1 };
	id = get_number(o, "id");
	ns = get_number(o, "ns");
	m->target = get_path(o, "target");
	m->point = get_path(o, "point");
	m->root = get_path(o, "root");
	m->type = get_name(o, "type");
	m->source = get_name(o, "source");
	m->flags = get_text(o, "flags");
	m->options = get_text(o, "options");
	m->shared = get_number(o, "shared");
	m->master = get_number(o, "master");
	m->unbindable = get_number(o, "unbindable") != 0;
	m->parent = by_id(all, all->n, get_number(o, "parent"));
	if (!m->target || !m->point || !m->root || !m->type || !m->source || !m->flags || !m->options ||
	    id <= 0 || ns < 0 || m->shared < 0 || m->master < 0 || by_id(all, all->n, id) >= 0)
		return "what it says of it is damaged";
	m->id = id;
	m->row = world_row(id);
	m->umounted = get_number(o, "umounted") != 0;
	all->n_umounted += m->umounted;
	if (all->n_umounted)
		return m->umounted && id >= MOUNTS_OWN && !ns && m->parent < 0 && !strcmp(m->target, "/") &&
				       !strcmp(m->point, "/") && !m->shared && !m->master && !m->unbindable && all->n_spaces ?
			       NULL : "it has no place";
	/* One namespace after the other, each with its root first. */
	if (ns == (int)all->n_spaces) {
		if (m->parent >= 0 || strcmp(m->target, "/") || (!ns && id != 1))
			return "it is no root";
		add_space(all, -1, NULL);
	}
	m->ns = ns;
	if (ns != (int)all->n_spaces - 1 || (m->parent >= 0 && all->m[m->parent].ns != m->ns))
		return "it has no place";
	if (m->row ? ns || strcmp(m->row->target, m->target) || (m->row->type && strcmp(m->row->type, m->type)) :
		     id < MOUNTS_OWN || (m->parent < 0 && !is_root(all, all->n)))
		return "it has no place";
	return NULL;
}

int mounts_parse(json_object *array, bool admin, struct ve_mounts *all)
{
	size_t n = json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
	const char *why = NULL;

	*all = (struct ve_mounts){ 0 };
	if (!n || n > CPT_MOUNTS_MAX)
		return fail(E_RESTORE, "The image does not say which mounts the container had");
	all->m = xmalloc(n * sizeof(*all->m));
	while (!why && all->n < n) {
		why = parse_one(json_object_array_get_idx(array, all->n), all);
		all->n++;
	}
	for (unsigned int i = 0; !why && i < n; i++)
		all->m[i].of = by_id(all, n, get_number(json_object_array_get_idx(array, i), "of"));
	if (!why)
		find_twins(all);
	for (unsigned int i = 0; !why && i < n; i++) {
		struct ve_mount *m = &all->m[i];

		/* What it shows is in a whole: there is no third to go through. */
		if (m->of >= 0 && all->m[m->of].of != m->of)
			why = "its file system is none";
		else
			why = mounts_why_not(all, i, admin);
		if (why)
			all->n = i + 1;
	}
	if (why)
		fail(E_RESTORE, "The image has a mount that this ctl does not make: %s: %s",
		     all->m[all->n - 1].target ? all->m[all->n - 1].target : "(no target)", why);
	return why ? E_RESTORE : OK;
}

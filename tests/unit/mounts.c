// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mountinfo says of a VE and what an image says: order, names, file systems, and
 * all that is not let through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "mount.h"
#include "mounts.h"

#define WORLD \
	"30 2 254:1 /vz/private/9 / rw,relatime - ext4 /dev/vda1 rw\n" \
	"31 30 0:40 / /dev rw,nosuid,relatime - tmpfs tmpfs rw,size=65536k,mode=755,inode64\n" \
	"33 30 0:42 / /run rw,nosuid,nodev,relatime - tmpfs tmpfs rw,mode=755,inode64\n" \
	"34 30 0:43 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs rw\n" \
	"35 30 0:44 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n"

static struct ve_mounts *read_all(const char *more)
{
	static struct ve_mounts all;
	static char text[8192];

	snprintf(text, sizeof(text), "%s%s", WORLD, more);
	mounts_free(&all);
	assert_int_equal(mounts_read(text, "/vz/9/ve", &all), 0);
	return &all;
}

/* The last mount with this target. */
static const struct ve_mount *find(const struct ve_mounts *all, const char *target)
{
	const struct ve_mount *m = NULL;

	for (unsigned int i = 0; i < all->n; i++)
		if (!strcmp(all->m[i].target, target))
			m = &all->m[i];
	assert_non_null(m);
	return m;
}

static const char *why(const struct ve_mounts *all, const char *target)
{
	return mounts_why_not(all, find(all, target) - all->m, false);
}

static const char *why_admin(const char *line)
{
	const struct ve_mounts *all = read_all(line);

	return mounts_why_not(all, find(all, "/m") - all->m, true);
}

#define REFUSED(line, target, words) do { \
	const char *said = why(read_all(line), target); \
	assert_non_null(said); \
	assert_string_equal(said, words); \
} while (0)

static void test_line(void **state)
{
	const char *text = "36 35 98:0 /a\\040b /c\\134d ro,noatime shared:3 master:7 unbindable - fuse.x  rw,size=4k\n"
			   "37 36 0:5 / /x rw - tmpfs s\\043 rw";
	struct mount_line m;

	(void)state;
	assert_true(mount_next(&text, &m));
	assert_int_equal(m.id, 36);
	assert_int_equal(m.parent, 35);
	assert_string_equal(m.dev, "98:0");
	assert_string_equal(m.root, "/a b");
	assert_string_equal(m.target, "/c\\d");
	assert_string_equal(m.flags, "ro,noatime");
	assert_int_equal(m.shared, 3);
	assert_int_equal(m.master, 7);
	assert_true(m.unbindable);
	assert_string_equal(m.type, "fuse.x");
	assert_string_equal(m.source, "");
	assert_string_equal(m.options, "rw,size=4k");
	assert_true(mount_next(&text, &m));
	assert_int_equal(m.id, 37);
	assert_string_equal(m.source, "s#");
	assert_int_equal(m.shared, 0);
	assert_false(mount_next(&text, &m));
	/* a line that is none */
	text = "x\n\n 1";
	while (mount_next(&text, &m))
		assert_string_equal(m.options, "");
}

static void test_escape(void **state)
{
	static const char raw[] = "a b\n\t\\#\303\244\377~\001";
	char *text = mount_escape(raw);

	(void)state;
	assert_string_equal(text, "a\\040b\\012\\011\\134\\043\\303\\244\\377~\\001");
	mount_unescape(text);
	assert_string_equal(text, raw);
	free(text);
}

static void test_flags(void **state)
{
	uint64_t attr;

	(void)state;
	assert_null(mount_flags("rw,relatime", &attr));
	assert_int_equal(attr, 0);
	assert_null(mount_flags("ro,nosuid,nodev,noexec,noatime,nosymfollow", &attr));
	assert_int_equal(attr, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
				       MOUNT_ATTR_NOATIME | MOUNT_ATTR_NOSYMFOLLOW);
	assert_null(mount_flags("rw,nodiratime", &attr));
	assert_int_equal(attr, MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_NODIRATIME);
	assert_string_equal(mount_flags("rw,idmapped,relatime", &attr), "idmapped");
	assert_string_equal(mount_flags("r", &attr), "r");
}

static void test_order(void **state)
{
	/* as one kernel lists them, moved and stacked: a child before its parent, the top before what is under it */
	const struct ve_mounts *all = read_all("50 52 0:61 / /m rw - tmpfs top rw\n"
					       "52 30 0:60 / /m rw - tmpfs base rw\n"
					       "53 52 0:62 / /m/x rw - tmpfs x rw\n"
					       "54 30 0:63 / /m/x/y rw - tmpfs deep rw\n"
					       "55 30 0:64 / /m-a rw - tmpfs other rw\n");
	const char *order[] = { "deep", "other", "base", "x", "top" };
	unsigned int i, n = 0;

	(void)state;
	assert_int_equal(all->n, 10);
	assert_int_equal(all->m[0].id, 1);
	for (i = 0; i < all->n; i++) {
		assert_true(all->m[i].parent < (int)i);
		if (all->m[i].id >= MOUNTS_OWN)
			assert_string_equal(all->m[i].source, order[n++]);
		assert_null(mounts_why_not(all, i, false));
	}
	assert_int_equal(n, 5);
	assert_string_equal(find(all, "/m/x/y")->point, "/m/x/y");
	assert_string_equal(find(all, "/m")->point, "/");
	assert_int_equal(find(all, "/run")->id, 5);
}

static void test_rows(void **state)
{
	/* one over /run that looks the same is not the table's */
	const struct ve_mounts *all = read_all("60 33 0:70 / /run rw,nosuid,nodev - tmpfs tmpfs rw,mode=755\n");

	(void)state;
	assert_int_equal(find(all, "/run")->id, MOUNTS_OWN);
	assert_string_equal(find(all, "/run")->point, "/");
	assert_int_equal(all->m[find(all, "/run")->parent].id, 5);
	/* fewer restrictions than ctl gave */
	mounts_free((struct ve_mounts *)all);
	assert_int_equal(mounts_read("30 2 8:1 / / rw - ext4 d rw\n31 30 0:40 / /sys ro,nosuid - sysfs t rw\n",
				     "/vz/9/ve", (struct ve_mounts *)all), 0);
	assert_string_equal(mounts_why_not(all, 1, false), "it was changed to ro,nosuid");
}

static void test_binds(void **state)
{
	const struct ve_mounts *all = read_all("50 30 0:60 / /z rw - tmpfs t rw,size=4k,nr_inodes=7,inode64\n"
					       "51 30 0:60 /sub /a rw - tmpfs t rw,size=4k,nr_inodes=7,inode64\n"
					       "52 30 254:1 /vz/private/9/srv /b ro - ext4 /dev/vda1 rw\n"
					       "53 30 254:1 /vz/private/9 /c rw - ext4 /dev/vda1 rw\n"
					       "54 30 0:42 /lock /d rw - tmpfs tmpfs rw,mode=755\n"
					       "55 30 0:30 /vz/9/ve /e ro - cgroup2 c rw,nsdelegate\n"
					       "56 30 0:30 /vz/9/ve/sub /f ro - cgroup2 c rw,nsdelegate\n");
	char *options = mounts_options(find(all, "/z"), false), *later = mounts_options(find(all, "/z"), true);

	(void)state;
	for (unsigned int i = 0; i < all->n; i++)
		assert_null(mounts_why_not(all, i, false));
	assert_ptr_equal(&all->m[find(all, "/a")->of], find(all, "/z"));
	assert_string_equal(find(all, "/a")->root, "/sub");
	assert_true(mounts_has_contents(all, find(all, "/z") - all->m));
	assert_false(mounts_has_contents(all, find(all, "/a") - all->m));
	assert_int_equal(find(all, "/b")->of, 0);
	assert_string_equal(find(all, "/b")->root, "/srv");
	assert_string_equal(find(all, "/c")->root, "/");
	assert_int_equal(all->m[find(all, "/d")->of].id, 5);
	assert_string_equal(find(all, "/f")->root, "/sub");
	assert_string_equal(options, "size=4k,nr_inodes=7,inode64");
	free(options);
	assert_string_equal(later, "size=4k,nr_inodes=7");
	free(later);
}

#define LAYERS	"its layers are not named by plain paths from the container's root"

static void test_refused(void **state)
{
	(void)state;
	REFUSED("50 30 254:1 /etc /m rw - ext4 d rw\n", "/m", "it shows something outside the container");
	REFUSED("50 30 254:1 /vz/private/99 /m rw - ext4 d rw\n", "/m", "it shows something outside the container");
	REFUSED("50 30 254:1 /vz/private/9/x//deleted /m rw - ext4 d rw\n", "/m", "what it shows was deleted");
	REFUSED("50 30 8:9 / /m rw - ext4 d rw\n", "/m", "file systems of this type are not preserved");
	REFUSED("50 30 0:60 /sub /m rw - tmpfs t rw\n", "/m", "no mount shows the whole of its file system");
	REFUSED("50 30 0:60 / / rw - tmpfs t rw\n", "/", "it covers the container's root");
	REFUSED("50 30 0:60 / /m rw,idmapped - tmpfs t rw\n", "/m", "its flag idmapped is not preserved");
	REFUSED("50 30 0:60 / /m rw - tmpfs t rw,huge=always\n", "/m", "its option huge=always is not preserved");
	REFUSED("50 30 0:60 / /m rw - tmpfs t rw,sizeof=1\n", "/m", "its option sizeof=1 is not preserved");
	REFUSED("50 30 0:43 / /m rw - sysfs s rw\n", "/m",
		"to see all of this file system takes the capability sys_admin");
	REFUSED("50 30 0:44 /sys /m rw - proc s rw\n", "/m",
		"to see all of this file system takes the capability sys_admin");
	REFUSED("50 30 0:30 / /m ro - cgroup2 c rw\n", "/m", "it shows something outside the container");
	REFUSED("50 30 0:30 /vz/9 /m ro - cgroup2 c rw\n", "/m", "it shows something outside the container");
	REFUSED("50 30 0:30 /vz/9/ve /m rw - cgroup2 c rw\n", "/m", "this type is preserved only read-only");
	REFUSED("50 30 0:30 /vz/9/ve /m ro - cgroup2 c ro\n", "/m", "its option ro is not preserved");
	REFUSED("50 30 0:80 / /m rw - proc s rw\n", "/m", "to see all of this file system takes the capability sys_admin");
	REFUSED("50 30 0:80 / /m rw - hugetlbfs h rw,pagesize=2M,other=1\n", "/m", "its option other=1 is not preserved");
	REFUSED("50 30 0:80 / /m rw - overlay o rw,lowerdir=/a,volatile\n", "/m", "its option volatile is not preserved");
	REFUSED("50 30 0:80 / /m rw - overlay o rw,lowerdir=/a,index=on\n", "/m",
		"its option index=on or nfs_export=on is not preserved");
	REFUSED("50 30 0:80 / /m rw - overlay o rw,lowerdir=/a:b,xino=off\n", "/m", LAYERS);
	REFUSED("50 30 0:80 / /m rw - overlay o rw,lowerdir=/a::/b\n", "/m", LAYERS);
	REFUSED("50 30 0:80 / /m rw - overlay o rw,lowerdir=/a,upperdir=/../b,workdir=/w\n", "/m", LAYERS);
	REFUSED("50 30 0:80 / /m rw - overlay o rw,lowerdir=/a\\134:b\n", "/m", LAYERS);
	/* who may do all may have more of them, but not another network namespace's */
	assert_null(why_admin("50 30 0:80 / /m rw - proc s rw,hidepid=invisible\n"));
	assert_string_equal(why_admin("50 30 0:80 / /m rw - proc s rw,x=1\n"),
			    "its option x=1 is not preserved");
	assert_null(why_admin("50 30 0:43 / /m rw - sysfs s rw\n"));
	assert_string_equal(why_admin("50 30 0:80 / /m rw - sysfs s rw\n"),
			    "it shows something outside the container");
	assert_null(why(read_all("50 30 0:80 / /m rw - overlay o rw,lowerdir=/a:/b,upperdir=/c,workdir=/d\n"), "/m"));
}

static void test_groups(void **state)
{
	const char *host = "20 1 8:1 / / rw shared:1 - ext4 d rw\n21 20 0:9 / /x rw shared:7 master:8 - tmpfs t rw\n";
	const struct ve_mounts *all = read_all("50 30 0:60 / /z rw shared:5 - tmpfs t rw\n"
					       "51 30 0:60 /a /a rw shared:5 - tmpfs t rw\n"
					       "52 30 0:60 /a/b /b rw shared:6 master:5 - tmpfs t rw\n"
					       "53 30 0:60 / /u rw unbindable - tmpfs t rw\n");
	int n;

	(void)state;
	for (unsigned int i = 0; i < all->n; i++)
		assert_null(mounts_why_not(all, i, false));
	assert_ptr_equal(&all->m[mounts_leader(all, 5)], find(all, "/z"));
	assert_ptr_equal(&all->m[mounts_leader(all, 6)], find(all, "/b"));
	assert_int_equal(mounts_leader(all, 7), -1);
	REFUSED("50 30 0:60 / /m rw master:7 - tmpfs t rw\n", "/m", "it receives mounts from outside the container");
	/* no member shows what all of them do; a slave shows more than its master */
	REFUSED("50 30 0:60 / /z rw - tmpfs t rw\n51 30 0:60 /a /m rw shared:5 - tmpfs t rw\n"
		"52 30 0:60 /b /b rw shared:5 - tmpfs t rw\n", "/m", "its peer group cannot be made again");
	REFUSED("50 30 0:60 / /m rw master:5 - tmpfs t rw\n51 30 0:60 /a /a rw shared:5 - tmpfs t rw\n", "/m",
		"its peer group cannot be made again");
	/* what else it says is that most of the table is not there */
	n = mounts_obstacles(read_all("50 30 0:60 / /m rw shared:5 - tmpfs t rw\n"), host, false);
	assert_int_equal(mounts_obstacles(read_all("50 30 0:60 / /m rw shared:7 - tmpfs t rw\n"), host, false), n + 1);
	/* the host has it mounted */
	assert_int_equal(mounts_obstacles(read_all("50 30 0:9 / /m rw - tmpfs t rw\n"), host, false), n + 1);
	assert_int_equal(mounts_obstacles(read_all("50 30 0:60 / /m rw - tmpfs t rw\n"), host, false), n);
}

/* A namespace of a single process, after the VE's own with its covers. */
#define COVERED \
	"36 35 0:44 /sys /proc/sys ro,nosuid - proc proc rw\n" \
	"37 35 0:40 /null /proc/kcore ro - tmpfs tmpfs rw\n" \
	"38 34 0:45 / /sys/firmware ro,nosuid,nodev,noexec - tmpfs tmpfs rw,mode=555\n"
#define COPY_ROOT \
	"130 102 254:1 /vz/private/9 / rw,relatime master:1 - ext4 /dev/vda1 rw\n" \
	"131 130 0:40 / /dev rw,nosuid,relatime - tmpfs tmpfs rw,size=65536k,mode=755,inode64\n"
#define COPY_PROC \
	"135 130 0:44 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n" \
	"136 135 0:44 /sys /proc/sys ro,nosuid - proc proc rw\n"
#define COPY_KCORE \
	"137 135 0:40 /null /proc/kcore ro - tmpfs tmpfs rw\n"

static struct ve_mounts *read_two(const char *first, const char *second)
{
	static struct ve_mounts all;
	char *own = malloc(sizeof(WORLD) + sizeof(COVERED) + strlen(first));

	sprintf(own, "%s%s%s", WORLD, COVERED, first);
	mounts_free(&all);
	assert_int_equal(mounts_add(&all, own, "/vz/9/ve", -1, NULL), 0);
	assert_int_equal(mounts_add(&all, second, "/vz/9/ve", -1, "process 2 (x)"), 0);
	mounts_finish(&all);
	free(own);
	return &all;
}

#define BAD_SPACE(second, target, words) do { \
	const char *said = why(read_two("", second), target); \
	assert_non_null(said); \
	assert_string_equal(said, words); \
} while (0)
#define SEE_ALL	"to see all of this file system takes the capability sys_admin"

static void test_spaces(void **state)
{
	struct ve_mounts *all = read_two("50 30 0:60 / /z rw shared:5 - tmpfs t rw\n",
					 COPY_ROOT COPY_PROC COPY_KCORE
					 "140 130 0:60 / /z rw shared:6 master:5 - tmpfs t rw\n"
					 "141 130 0:61 / /tmp rw - tmpfs private rw\n");
	const struct ve_mount *m;
	json_object *a;
	struct ve_mounts back;

	(void)state;
	assert_int_equal(all->n_spaces, 2);
	assert_int_equal(mounts_in(all, 0), 9);
	assert_int_equal(mounts_in(all, 1), 7);
	m = &all->m[all->space[1].first];
	assert_int_equal(m->parent, -1);
	assert_int_equal(m->twin, 0);
	assert_int_equal(find(all, "/proc")->ns, 1);
	assert_string_equal(all->m[find(all, "/proc/kcore")->twin].target, "/proc/kcore");
	assert_int_equal(find(all, "/z")->twin, -1);
	/* its file system is that of the VE's mount, but its own stands for itself */
	assert_int_equal(all->m[find(all, "/z")->of].ns, 0);
	assert_true(mounts_has_contents(all, find(all, "/tmp") - all->m));
	assert_int_equal(mounts_leader(all, 5), all->m[find(all, "/z")->of].id == 1000 ? find(all, "/z")->of : -1);
	/* master 1 is nobody's: all others are fine, those that the VE's capabilities do not cover too */
	for (unsigned int i = 0; i < all->n; i++)
		if (all->m[i].master != 1)
			assert_null(mounts_why_not(all, i, false));
	assert_string_equal(why(all, "/"), "it receives mounts from outside the container");
	a = mounts_json(read_two("", "130 102 254:1 /vz/private/9 / rw - ext4 d rw\n" COPY_PROC COPY_KCORE));
	assert_int_equal(mounts_parse(a, false, &back), 0);
	assert_int_equal(back.n_spaces, 2);
	assert_int_equal(mounts_in(&back, 1), 4);
	assert_int_equal(back.m[back.space[1].first].twin, 0);
	mounts_free(&back);
	json_object_put(a);
}

static void test_bad_spaces(void **state)
{
	(void)state;
	/* a /proc that is less covered than the VE's, at another place, or on what is no copy */
	BAD_SPACE(COPY_ROOT COPY_PROC, "/proc", SEE_ALL);
	BAD_SPACE(COPY_ROOT "135 130 0:44 / /proc rw,nosuid,nodev,noexec - proc proc rw\n" COPY_KCORE, "/proc", SEE_ALL);
	BAD_SPACE(COPY_ROOT "135 130 0:44 / /p rw,nosuid,nodev,noexec - proc proc rw\n", "/p", SEE_ALL);
	BAD_SPACE(COPY_ROOT "135 130 0:44 / /proc rw,nosuid - proc proc rw\n"
		  "136 135 0:44 /sys /proc/sys ro - proc proc rw\n" COPY_KCORE, "/proc", SEE_ALL);
	BAD_SPACE("130 102 0:60 / / rw - tmpfs t rw\n" COPY_PROC COPY_KCORE, "/proc", SEE_ALL);
	BAD_SPACE(COPY_ROOT COPY_PROC COPY_KCORE "138 136 0:44 /sys /proc/sys rw - proc proc rw\n", "/proc/sys", SEE_ALL);
	BAD_SPACE("130 102 0:44 / / rw,nosuid,nodev,noexec - proc proc rw\n", "/", SEE_ALL);
	/* what covers something in the VE's own is no file system to be had anew, nor to be written */
	BAD_SPACE(COPY_ROOT "138 130 0:45 / /m ro - tmpfs t rw\n", "/m", "no mount shows the whole of its file system");
	BAD_SPACE(COPY_ROOT "138 130 0:70 / / rw - tmpfs t rw\n", "/", "it covers the root of its mount namespace");
	BAD_SPACE(COPY_ROOT "138 130 254:1 /etc /m rw - ext4 d rw\n", "/m", "it shows something outside the container");
	BAD_SPACE(COPY_ROOT "138 130 0:70 / /m rw - overlay o rw,lowerdir=/a\n", "/m",
		  "this type is preserved only in the container's own mount namespace");
}

/* Those that can be opened by their descriptor, hidden ones by their place, the rest not at all. */
static void test_table(void **state)
{
	struct ve_mounts *all = read_all("50 30 0:60 / /m rw - tmpfs t rw\n51 50 0:61 / /m rw - tmpfs t rw\n"
					 "52 50 0:62 / /m/x rw - tmpfs t rw\n53 35 0:44 /sys /proc/sys ro - proc p rw\n"
					 "54 53 0:63 / /proc/sys/own rw - tmpfs t rw\n");
	struct cpt_ioc_mounts a;
	struct cpt_ioc_mount *table;
	unsigned int n, hidden = 0;

	(void)state;
	for (unsigned int i = 0; i < all->n; i++)
		all->m[i].fd = strcmp(all->m[i].source, "t") && strcmp(all->m[i].source, "p") ? 1000 : -1;
	a = mounts_table(all);
	table = (void *)(uintptr_t)a.mounts;
	n = a.n;
	assert_int_equal(a.nspaces, 0);
	/* not /proc/sys, which leads elsewhere from here, nor what is below */
	assert_int_equal(n, all->n - 2);
	for (unsigned int i = 0; i < n; i++) {
		if (table[i].fd >= 0) {
			assert_int_equal(table[i].parent, 0);
			continue;
		}
		hidden++;
		assert_true(table[i].id >= MOUNTS_OWN && table[i].parent);
		assert_int_equal(strlen((const char *)(uintptr_t)table[i].path), table[i].path_len);
	}
	assert_int_equal(hidden, 3);
	mounts_table_free(&a);
	for (unsigned int i = 0; i < all->n; i++)
		all->m[i].fd = -1;
}

/* --- images ---------------------------------------------------------------------------------- */

#define ROOT	"{\"id\":1,\"target\":\"/\",\"point\":\"/\",\"of\":1,\"root\":\"/\",\"type\":\"ext4\"," \
		"\"source\":\"d\",\"flags\":\"rw,relatime\",\"options\":\"rw\"}"
#define SPACE(id, ns, rest) \
	",{\"id\":" id ",\"ns\":" ns ",\"target\":\"/\",\"point\":\"/\",\"of\":" rest ",\"root\":\"/\"," \
	"\"type\":\"ext4\",\"source\":\"d\",\"flags\":\"rw\",\"options\":\"rw\"}"
/* id, parent, point, of, root, the rest */
#define OWN(id, parent, point, of, root, rest) \
	",{\"id\":" id ",\"target\":\"/t\",\"parent\":" parent ",\"point\":\"" point "\",\"of\":" of \
	",\"root\":\"" root "\",\"source\":\"s\"," rest "}"
#define TMPFS	"\"type\":\"tmpfs\",\"flags\":\"rw\",\"options\":\"rw\""

static int parse(const char *text)
{
	json_object *a = json_tokener_parse(text);
	struct ve_mounts all;
	int code = mounts_parse(a, false, &all);

	mounts_free(&all);
	json_object_put(a);
	return code;
}

#define GOOD(more)	assert_int_equal(parse("[" ROOT more "]"), 0)
#define BAD(more)	assert_int_equal(parse("[" ROOT more "]"), 17)

static void test_image(void **state)
{
	(void)state;
	GOOD("");
	GOOD(OWN("1000", "1", "/mnt", "1000", "/", TMPFS));
	/* a bind of one that comes later */
	GOOD(OWN("1000", "1", "/a", "1001", "/sub", TMPFS) OWN("1001", "1", "/b", "1001", "/", TMPFS));
	GOOD(SPACE("1000", "1", "1") OWN("1001", "1000", "/a", "1001", "/", TMPFS ",\"ns\":1") SPACE("1002", "2", "1"));
	GOOD(OWN("1000", "1", "/a\\\\040\\\\377", "1", "/srv",
		 "\"type\":\"ext4\",\"flags\":\"ro\",\"options\":\"rw,x=y\""));
	assert_int_equal(parse("{}"), 17);
	assert_int_equal(parse("[]"), 17);
	assert_int_equal(parse("[1]"), 17);
	assert_int_equal(parse("null"), 17);
}

static void test_hostile(void **state)
{
	(void)state;
	/* places */
	BAD(OWN("1000", "1", "/../mnt", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "/mnt/..", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "/./mnt", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "/mnt/", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "//mnt", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "mnt", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "/a\\\\057..\\\\057b", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "/", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "/mnt", "1", "/../../etc", "\"type\":\"ext4\",\"flags\":\"rw\",\"options\":\"rw\""));
	/* parents: none, itself, one that comes later, no number */
	BAD(OWN("1000", "7777", "/mnt", "1000", "/", TMPFS));
	BAD(OWN("1000", "1000", "/mnt", "1000", "/", TMPFS));
	BAD(OWN("1000", "1001", "/a", "1000", "/", TMPFS) OWN("1001", "1", "/b", "1001", "/", TMPFS));
	BAD(OWN("1000", "\"1\"", "/mnt", "1000", "/", TMPFS));
	BAD(OWN("1000", "-1", "/mnt", "1000", "/", TMPFS));
	BAD(OWN("1000", "99999999999999", "/mnt", "1000", "/", TMPFS));
	/* ids: of no row, used twice, none */
	BAD(OWN("99", "1", "/mnt", "99", "/", TMPFS));
	BAD(OWN("4", "1", "/mnt", "4", "/", TMPFS));
	BAD(OWN("1000", "1", "/a", "1000", "/", TMPFS) OWN("1000", "1", "/b", "1000", "/", TMPFS));
	BAD(OWN("0", "1", "/a", "1000", "/", TMPFS));
	BAD(",{}");
	/* file systems: none, a bind's, a cover's, another type's, one that is none of ours */
	BAD(OWN("1000", "1", "/a", "0", "/", TMPFS));
	BAD(OWN("1000", "1", "/a", "1001", "/", TMPFS) OWN("1001", "1", "/b", "1000", "/", TMPFS));
	BAD(OWN("1000", "1", "/a", "1000", "/", "\"type\":\"ext4\",\"flags\":\"rw\",\"options\":\"rw\""));
	BAD(OWN("1000", "1", "/a", "1000", "/", "\"type\":\"proc\",\"flags\":\"rw\",\"options\":\"rw\""));
	BAD(OWN("1000", "1", "/a", "1", "/", TMPFS));
	BAD(OWN("1000", "1", "/a", "1000", "/", "\"type\":\"tmpfs\",\"flags\":\"rw\",\"options\":\"rw,mpol=bind:0\""));
	BAD(OWN("1000", "1", "/a", "1000", "/", "\"type\":\"tmpfs\",\"flags\":\"rw,idmapped\",\"options\":\"rw\""));
	BAD(OWN("1000", "1", "/a", "1000", "/", "\"type\":\"tmp\\u0000fs\",\"flags\":\"rw\",\"options\":\"rw\""));
	BAD(OWN("1000", "1", "/a", "1000", "/", "\"type\":\"tmpfs\",\"flags\":1,\"options\":\"rw\""));
	/* namespaces: none, one too many, after another, with a mount on that of another, twice */
	BAD(SPACE("1000", "2", "1"));
	BAD(SPACE("1000", "-1", "1"));
	BAD(SPACE("1000", "\"1\"", "1"));
	BAD(SPACE("1000", "0", "1"));
	BAD(SPACE("1000", "1", "0"));
	BAD(SPACE("1000", "1", "1") SPACE("1001", "1", "1"));
	BAD(SPACE("1000", "1", "1") OWN("1001", "1", "/a", "1001", "/", TMPFS ",\"ns\":1"));
	BAD(SPACE("1000", "1", "1") OWN("1001", "1", "/a", "1001", "/", TMPFS));
	BAD(OWN("1001", "1", "/a", "1001", "/", TMPFS ",\"ns\":1"));
	BAD(SPACE("1000", "1", "1") OWN("1001", "1000", "/a", "1", "/", TMPFS ",\"ns\":1"));
	/* the root is somewhere else */
	assert_int_equal(parse("[{\"id\":5,\"target\":\"/run\",\"point\":\"/run\",\"of\":5,\"root\":\"/\","
			       "\"type\":\"tmpfs\",\"source\":\"s\",\"flags\":\"rw,nosuid\",\"options\":\"rw\"}]"), 17);
}

/* An image whose table is not what the table is: its copies show no more for that. */
static void test_lies(void **state)
{
	const char *lies[][2] = {
		{ "", "" },
		/* what is at /sys is /proc */
		{ "\"target\":\"/sys\",\"parent\":1,\"point\":\"/sys\",\"of\":6", "\"target\":\"/sys\",\"parent\":1,\"point\":\"/sys\",\"of\":8" },
		/* what covers kcore is on something else */
		{ "\"parent\":8,\"point\":\"/kcore\"", "\"parent\":1,\"point\":\"/kcore\"" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		const char *more = i == 1 ? "133 130 0:44 / /sys ro,nosuid,nodev,noexec - proc proc rw\n"
					    "139 133 0:45 / /sys/firmware ro,nosuid,nodev,noexec - tmpfs tmpfs rw,mode=555\n" :
				   i == 2 ? COPY_PROC : COPY_PROC COPY_KCORE;
		char second[2000], *text, *at;
		struct ve_mounts back;
		json_object *a;

		snprintf(second, sizeof(second), "130 102 254:1 /vz/private/9 / rw - ext4 d rw\n%s", more);
		a = mounts_json(read_two("", second));
		text = strdup(json_object_to_json_string_ext(a, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(a);
		at = strstr(text, lies[i][0]);
		assert_non_null(at);
		memcpy(at, lies[i][1], strlen(lies[i][1]));
		a = json_tokener_parse(text);
		assert_non_null(a);
		assert_int_equal(mounts_parse(a, false, &back), i ? 17 : 0);
		mounts_free(&back);
		json_object_put(a);
		free(text);
	}
}

static void test_round(void **state)
{
	const struct ve_mounts *all = read_all("50 30 0:60 / /z\\040\\134 rw - tmpfs a\\040b rw,size=4k\n"
					       "51 30 0:60 /sub /a rw - tmpfs t rw,size=4k\n"
					       "52 50 254:1 /vz/private/9/srv /z\\040\\134/b ro,noexec - ext4 d rw\n");
	json_object *a = mounts_json(all), *again;
	struct ve_mounts back;

	(void)state;
	again = json_tokener_parse(json_object_to_json_string(a));
	assert_int_equal(mounts_parse(again, false, &back), 0);
	assert_int_equal(back.n, all->n);
	for (unsigned int i = 0; i < all->n; i++) {
		const struct ve_mount *x = &all->m[i], *y = &back.m[i];

		assert_int_equal(x->id, y->id);
		assert_int_equal(x->parent, y->parent);
		assert_int_equal(x->of, y->of);
		assert_ptr_equal(x->row, y->row);
		assert_string_equal(x->point, y->point);
		assert_string_equal(x->root, y->root);
		assert_string_equal(x->source, y->source);
		assert_string_equal(x->flags, y->flags);
		assert_string_equal(x->options, y->options);
	}
	mounts_free(&back);
	json_object_put(a);
	json_object_put(again);
}

/* What is in no namespace: a tmpfs, a bind of it, and of the disk. And what is not preserved. */
static struct ve_mounts *read_umounted(bool bad)
{
	static const char *const lines[] = {
		"90 90 0:77 / / rw,nosuid - tmpfs t rw,size=4k\n",
		"91 91 0:77 /sub / rw - tmpfs t rw,size=4k\n",
		"92 92 254:1 /vz/private/9/srv / ro - ext4 /dev/vda1 rw\n",
		"93 93 0:78 / / rw - ramfs r rw\n",
		"94 94 254:1 / / ro - ext4 /dev/vda1 rw\n",
	};
	static struct ve_mounts all;

	mounts_free(&all);
	assert_int_equal(mounts_add(&all, WORLD "50 30 0:60 / /m rw - tmpfs t rw\n", "/vz/9/ve", -1, NULL), 0);
	for (int i = 0; i < (bad ? 5 : 3); i++)
		mounts_add_umounted(&all, lines[i], "/vz/9/ve", -1);
	mounts_finish(&all);
	return &all;
}

static void test_umounted(void **state)
{
	const struct ve_mounts *all = read_umounted(true);
	unsigned int first = all->n - 5;
	json_object *a, *m;
	struct ve_mounts back;

	(void)state;
	assert_int_equal(mounts_in(all, 0), first);
	for (unsigned int i = first; i < all->n; i++) {
		assert_null(all->m[i].row);
		assert_int_equal(all->m[i].parent, -1);
	}
	assert_int_equal(all->m[first].of, first);
	assert_int_equal(all->m[first + 1].of, first);
	assert_string_equal(all->m[first + 1].root, "/sub");
	assert_int_equal(all->m[first + 2].of, 0);
	assert_string_equal(all->m[first + 2].root, "/srv");
	assert_true(mounts_has_contents(all, first) && !mounts_has_contents(all, first + 1));
	for (unsigned int i = first; i < first + 3; i++)
		assert_null(mounts_why_not(all, i, false));
	assert_string_equal(mounts_why_not(all, first + 3, true), "file systems of this type are not preserved");
	assert_string_equal(mounts_why_not(all, first + 4, true), "it shows something outside the container");

	a = mounts_json(read_umounted(false));
	assert_int_equal(mounts_parse(a, false, &back), 0);
	assert_int_equal(back.n_umounted, 3);
	assert_int_equal(mounts_in(&back, 0), back.n - 3);
	mounts_free(&back);
	json_object_put(a);
	for (int lie = 0; lie < 6; lie++) {
		a = mounts_json(read_umounted(false));
		m = json_object_array_get_idx(a, first + 1);
		switch (lie) {
		case 0: json_object_object_add(m, "point", json_object_new_string("/m")); break;
		case 1: json_object_object_add(m, "target", json_object_new_string("/m")); break;
		case 2: json_object_object_add(m, "parent", json_object_new_int(1)); break;
		case 3: json_object_object_add(m, "shared", json_object_new_int(1)); break;
		case 4: json_object_object_del(m, "umounted"); break;	/* behind one that is */
		case 5: json_object_object_add(m, "ns", json_object_new_int(1)); break;
		}
		assert_int_equal(mounts_parse(a, false, &back), 17);
		mounts_free(&back);
		json_object_put(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),	cmocka_unit_test(test_escape), cmocka_unit_test(test_flags),
		cmocka_unit_test(test_order),	cmocka_unit_test(test_rows),   cmocka_unit_test(test_binds),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_image),  cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_round),	cmocka_unit_test(test_groups), cmocka_unit_test(test_table),
		cmocka_unit_test(test_spaces),	cmocka_unit_test(test_bad_spaces), cmocka_unit_test(test_lies),
		cmocka_unit_test(test_umounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * For umounted.sh: what is used of mounts that are lazily unmounted then. A tmpfs, by files (mapped,
 * deleted, O_PATH), a directory, a current and a root directory, a socket's name and a watch; a bind of
 * it, and of a directory of the disk, read-only; a tmpfs on a tmpfs.
 */
#include "cpt_test.h"

#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>

static int rw, gone, dir, byname, bound, disk, inner, watch, listener;
static char *map;
static pid_t child;

static int make(const char *name, uint32_t seed)
{
	int fd = sys(open(name, O_RDWR | O_CREAT | O_EXCL, 0640));

	fill_file(fd, 0, 4 * PAGE, seed);
	return fd;
}

/* It stands in a directory of the mount, which is its root, too. */
static void in_there(void)
{
	sys(chdir("/mnt/t/dir"));
	sys(chroot("/mnt/t/dir"));
	while (access("end", F_OK))
		sleep_ns(50 * MSEC);
	_exit(!access("/here", F_OK) && access("/mnt", F_OK) ? 0 : 1);
}

static bool is_mounted(int fd)
{
	char path[64], line[4096];
	int id = -1, n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "mnt_id: %d", &id);
	fclose(f);
	f = fopen("/proc/self/mountinfo", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%d", &n) == 1 && n == id) {
			fclose(f);
			return true;
		}
	fclose(f);
	check(id > 0, "no number of a mount");
	return false;
}

static void check_mounts(void)
{
	const int fds[] = { rw, dir, bound, disk, inner };
	struct statvfs s;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		check(!is_mounted(fds[i]), "it is mounted again");
	sys(fstatvfs(dir, &s));
	check((s.f_flag & (ST_NOEXEC | ST_NOSUID | ST_RDONLY)) == (ST_NOEXEC | ST_NOSUID), "flags of the mount");
	check_is(s.f_blocks, 512, "size of the tmpfs");
	sys(fstatvfs(disk, &s));
	check(s.f_flag & ST_RDONLY, "the bind is not read-only any more");
	check(openat(dir, "..", O_RDONLY) >= 0 && !faccessat(dir, "../rw", F_OK, 0), "the root of the mount");
}

static void check_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/mnt/t/socket" };
	socklen_t len = sizeof(a);
	int s = sys(socket(AF_UNIX, SOCK_STREAM, 0));

	sys(getsockname(listener, (struct sockaddr *)&a, &len));
	check(!strcmp(a.sun_path, "/mnt/t/socket"), "name of the socket");
	sys(fchdir(byname));
	strcpy(a.sun_path, "../socket");
	check(!connect(s, (struct sockaddr *)&a, sizeof(a)), "nobody listens any more");
	check(accept(listener, NULL, NULL) >= 0);
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/mnt/t/socket" };
	char c, buf[4096];

	rw = make("/mnt/t/rw", 1);
	sys(lseek(rw, 77, SEEK_SET));
	map = sys(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, rw, 0));
	gone = make("/mnt/t/gone", 2);
	sys(unlink("/mnt/t/gone"));
	dir = sys(open("/mnt/t/dir", O_RDONLY | O_DIRECTORY));
	byname = sys(open("/mnt/t/dir", O_PATH));
	bound = sys(open("/mnt/bind/rw", O_RDWR));
	disk = sys(open("/mnt/disk/file", O_RDONLY));
	inner = make("/mnt/outer/in/file", 3);
	watch = sys(inotify_init1(IN_NONBLOCK));
	sys(inotify_add_watch(watch, "/mnt/t/dir", IN_CREATE));
	listener = sys(socket(AF_UNIX, SOCK_STREAM, 0));
	sys(bind(listener, (struct sockaddr *)&a, sizeof(a)));
	sys(listen(listener, 3));
	child = test_fork();
	if (!child)
		in_there();
	test_ready();
	test_wait();
	check_mounts();
	check_is(lseek(rw, 0, SEEK_CUR), 77, "position");
	verify(map, 4096, 1, "a mapped file");
	verify_file(gone, 0, 4 * PAGE, 2, "a deleted file");
	verify_file(inner, 0, 4 * PAGE, 3, "a file of a mount on a mount");
	check(pread(disk, &c, 1, 0) == 1 && c == 'd', "a file of a bind");
	check(!faccessat(dir, "here", F_OK, 0) && !faccessat(byname, "../later", F_OK, 0), "files that nobody had open");
	/* whichever way, it is one file */
	map[5000] = '!';
	check(pread(bound, &c, 1, 5000) == 1 && c == '!', "a file by its bind is another");
	check_socket();
	close(sys(openat(dir, "end", O_CREAT | O_WRONLY, 0600)));
	check(read(watch, buf, sizeof(buf)) > 0, "a watch is lost");
	test_reap(child);
	test_pass();
}

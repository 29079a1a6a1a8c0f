/* The system's own disk. Any thread; blocks. Knows nothing of what is written. */
#include "db/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a call returned, or -errno. */
static int result_of(int result)
{
	return result < 0 ? -errno : result;
}

static int system_open(void *ctx, int dir_fd, const char *name, int flags, mode_t mode)
{
	(void)ctx;
	return result_of(openat(dir_fd, name, flags, mode));
}

static off_t system_size(void *ctx, int fd)
{
	(void)ctx;
	struct stat st;
	return fstat(fd, &st) < 0 ? -errno : st.st_size;
}

static ssize_t system_read(void *ctx, int fd, void *data, size_t len, off_t at)
{
	(void)ctx;
	ssize_t n;
	do
		n = pread(fd, data, len, at);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t system_write(void *ctx, int fd, const void *data, size_t len, off_t at)
{
	(void)ctx;
	ssize_t n;
	do
		n = pwrite(fd, data, len, at);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Not repeated on EINTR: a sync that failed is not known to fail twice. */
static int system_sync(void *ctx, int fd)
{
	(void)ctx;
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	return result_of(S_ISDIR(st.st_mode) ? fsync(fd) : fdatasync(fd));
}

static int system_truncate(void *ctx, int fd, off_t len)
{
	(void)ctx;
	return result_of(ftruncate(fd, len));
}

static int system_remove(void *ctx, int dir_fd, const char *name)
{
	(void)ctx;
	return result_of(unlinkat(dir_fd, name, 0));
}

static int system_rename(void *ctx, int dir_fd, const char *from, const char *to)
{
	(void)ctx;
	return result_of(renameat(dir_fd, from, dir_fd, to));
}

static int system_make_dir(void *ctx, const char *path, mode_t mode)
{
	(void)ctx;
	return result_of(mkdir(path, mode));
}

static int system_list(void *ctx, int dir_fd, void (*each)(void *each_ctx, const char *name), void *each_ctx)
{
	(void)ctx;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* closedir closes it */
	if (fd < 0)
		return -errno;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		int error = errno;
		close(fd);
		return -error;
	}
	errno = 0;
	for (struct dirent *e; (e = readdir(dir)); errno = 0)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			each(each_ctx, e->d_name);
	int error = errno;
	closedir(dir);
	return -error;
}

static int system_close(void *ctx, int fd)
{
	(void)ctx;
	return result_of(close(fd));
}

const struct disk disk_system = {
	.open = system_open,
	.size = system_size,
	.read = system_read,
	.write = system_write,
	.sync = system_sync,
	.truncate = system_truncate,
	.remove = system_remove,
	.rename = system_rename,
	.make_dir = system_make_dir,
	.list = system_list,
	.close = system_close,
};

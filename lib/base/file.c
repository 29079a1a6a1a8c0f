/* Atomic replacement of files. Any thread; knows nothing of what is in them. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"

int file_write_all(int fd, struct span content)
{
	while (content.len) {
		ssize_t n = write(fd, content.data, content.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		content = span_of(content.data + n, content.len - (size_t)n);
	}
	return 0;
}

/* Makes the rename itself survive a power cut. */
static int sync_directory_of(const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int err = slash ? str_copy_span(directory, sizeof directory, span_of(path, slash == path ? 1 : (size_t)(slash - path)))
			: str_copy(directory, sizeof directory, ".");
	if (err)
		return err;
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_from_errno(errno);
	err = fsync(fd) < 0 ? err_from_errno(errno) : 0;
	close(fd);
	return err;
}

int file_replace(const char *path, struct span content, mode_t mode)
{
	char temporary[PATH_MAX];
	int err = str_format(temporary, sizeof temporary, "%s.tmp", path);
	if (err)
		return err;
	if (unlink(temporary) < 0 && errno != ENOENT) /* what a crash left, with whatever mode */
		return err_from_errno(errno);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_from_errno(errno);
	err = file_write_all(fd, content);
	if (!err && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		err = err_from_errno(errno);
	if (close(fd) < 0 && !err)
		err = err_from_errno(errno);
	if (!err && rename(temporary, path) < 0)
		err = err_from_errno(errno);
	if (err) {
		unlink(temporary);
		return err;
	}
	return sync_directory_of(path);
}

int file_make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_from_errno(errno);
	return 0;
}

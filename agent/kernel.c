/* The files of /sys and /proc. Main thread; knows no sensor. */
#include "kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"

static int open_below(const struct kernel *kernel, const char *path, int flags, int *fd_r)
{
	char full[4096];
	int err = str_format(full, sizeof full, "%s%s", kernel->root, path);
	if (err)
		return err;
	/* O_NONBLOCK: a fifo in the place of a file must not hang the agent */
	*fd_r = open(full, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return *fd_r < 0 ? err_from_errno(errno) : 0;
}

int kernel_read_text(const struct kernel *kernel, const char *path, char *text, size_t size)
{
	int fd;
	text[0] = 0;
	int err = open_below(kernel, path, O_RDONLY, &fd);
	if (err)
		return err;
	size_t len = 0;
	while (len < size - 1) {
		ssize_t n = read(fd, text + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = err_from_errno(errno);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	text[err ? 0 : len] = 0;
	if (!err && memchr(text, 0, len))
		err = ERR_MALFORMED;
	return err;
}

int kernel_read_line(const struct kernel *kernel, const char *path, char *text, size_t size)
{
	int err = kernel_read_text(kernel, path, text, size);
	if (err)
		return err;
	size_t line = strcspn(text, "\n");
	if (text[line] == 0 && line == size - 1)
		return ERR_TOO_LARGE;
	while (line && (text[line - 1] == ' ' || text[line - 1] == '\r' || text[line - 1] == '\t'))
		line--;
	text[line] = 0;
	return 0;
}

int kernel_read_number(const struct kernel *kernel, const char *path, double *value_r)
{
	char text[64];
	int err = kernel_read_line(kernel, path, text, sizeof text);
	return err ? err : str_to_double(span_str(text), value_r);
}

int kernel_write(const struct kernel *kernel, const char *path, const char *text)
{
	int fd;
	int err = open_below(kernel, path, O_WRONLY | O_TRUNC, &fd);
	if (err)
		return err;
	ssize_t n = write(fd, text, strlen(text));
	if (n != (ssize_t)strlen(text))
		err = n < 0 ? err_from_errno(errno) : ERR_IO;
	close(fd);
	return err;
}

bool kernel_exists(const struct kernel *kernel, const char *path)
{
	char full[4096];
	return str_format(full, sizeof full, "%s%s", kernel->root, path) == 0 && access(full, F_OK) == 0;
}

size_t kernel_list(const struct kernel *kernel, const char *path, const char *prefix,
		   char (*names_r)[KERNEL_NAME_SIZE], size_t max)
{
	char full[4096];
	struct dirent **entries;
	if (str_format(full, sizeof full, "%s%s", kernel->root, path))
		return 0;
	int found = scandir(full, &entries, NULL, versionsort);
	size_t count = 0;
	for (int i = 0; i < found; i++) {
		const char *name = entries[i]->d_name;
		if (count < max && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		    strncmp(name, prefix, strlen(prefix)) == 0 && str_copy(names_r[count], KERNEL_NAME_SIZE, name) == 0)
			count++;
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	return count;
}

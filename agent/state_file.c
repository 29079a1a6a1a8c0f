/* Durable, atomic replacement of small files. Main thread; blocks on the disk. */
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

/* What root writes belongs to whom the folder belongs to. */
static int give_to_owner(int dir, int fd)
{
	struct stat st;
	if (geteuid() != 0)
		return 0;
	if (fstat(dir, &st) != 0 || fchown(fd, st.st_uid, st.st_gid) != 0)
		return err_from_errno(errno);
	return 0;
}

static int write_new(int dir, const char *name, struct span content)
{
	if (unlinkat(dir, name, 0) != 0 && errno != ENOENT)
		return err_from_errno(errno);
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_from_errno(errno);
	int err = give_to_owner(dir, fd);
	if (!err)
		err = file_write_all(fd, content);
	if (!err && fsync(fd) != 0)
		err = err_from_errno(errno);
	if (close(fd) != 0 && !err)
		err = err_from_errno(errno);
	return err;
}

static int open_dir(const char *state_dir, int *dir_r)
{
	*dir_r = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dir_r < 0 ? err_from_errno(errno) : 0;
}

static int rename_in(int dir, const char *from, const char *to)
{
	if (renameat(dir, from, dir, to) != 0 || fsync(dir) != 0)
		return err_from_errno(errno);
	return 0;
}

int state_file_write(const char *state_dir, const char *name, struct span content)
{
	int dir;
	char temporary[128];
	int err = open_dir(state_dir, &dir);
	if (err)
		return err;
	err = str_format(temporary, sizeof temporary, ".%s.new", name);
	if (!err)
		err = write_new(dir, temporary, content);
	if (!err)
		err = rename_in(dir, temporary, name);
	if (err)
		unlinkat(dir, temporary, 0);
	close(dir);
	return err;
}

int state_file_read(const char *state_dir, const char *name, size_t max, struct buf *text)
{
	char path[4096];
	int err = str_format(path, sizeof path, "%s/%s", state_dir, name);
	return err ? err : buf_read_file(text, path, max);
}

void state_file_wipe(struct buf *text)
{
	if (text->data)
		sodium_memzero(text->data, text->cap);
	buf_finish(text);
}

int state_file_rename(const char *state_dir, const char *from, const char *to)
{
	int dir;
	int err = open_dir(state_dir, &dir);
	if (err)
		return err;
	err = rename_in(dir, from, to);
	close(dir);
	return err;
}

int state_file_remove(const char *state_dir, const char *name)
{
	int dir;
	int err = open_dir(state_dir, &dir);
	if (err)
		return err;
	if ((unlinkat(dir, name, 0) != 0 && errno != ENOENT) || fsync(dir) != 0)
		err = err_from_errno(errno);
	close(dir);
	return err;
}

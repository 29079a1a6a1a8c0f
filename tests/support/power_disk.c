/* The disk that the journal writes to while a power_log records: the system's,
 * but for syncs, which are only written down. Any thread; calls are made one at a time. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "support/power_log_private.h"

/* What an open descriptor is. */
struct opened {
	int file;   /* -1: a directory */
	char *name; /* owned; NULL: not open, or outside of the log's directory */
};

struct disk_state {
	struct opened *opened; /* by descriptor */
	int cap;
};

static const char *name_of(struct power_log *log, int fd)
{
	struct disk_state *d = log->disk_state;
	return fd >= 0 && fd < d->cap ? d->opened[fd].name : NULL;
}

static int file_of(struct power_log *log, int fd)
{
	return name_of(log, fd) ? ((struct disk_state *)log->disk_state)->opened[fd].file : -1;
}

static void remember(struct power_log *log, int fd, int file, const char *name)
{
	struct disk_state *d = log->disk_state;
	if (fd >= d->cap) {
		int cap = 2 * fd + 16;
		d->opened = power_alloc(d->opened, (size_t)cap * sizeof *d->opened);
		memset(d->opened + d->cap, 0, (size_t)(cap - d->cap) * sizeof *d->opened);
		d->cap = cap;
	}
	d->opened[fd] = (struct opened){file, strdup(name)};
}

/* The name within the log of what openat would open; false outside. */
static bool resolve(struct power_log *log, int dir_fd, const char *name, char name_r[PATH_MAX])
{
	char real[PATH_MAX];
	if (dir_fd == AT_FDCWD) {
		const char *within = power_log_within(log, realpath(name, real));
		return within && str_copy(name_r, PATH_MAX, within) == 0;
	}
	const char *dir = name_of(log, dir_fd);
	if (!dir)
		return false;
	if (strcmp(name, "..") == 0)
		return dir[0] && str_copy_span(name_r, PATH_MAX, span_of(dir, power_dir_len(dir))) == 0;
	return str_format(name_r, PATH_MAX, "%s%s%s", dir, dir[0] ? "/" : "", name) == 0;
}

/* ---- the functions of the table ----------------------------------------- */

static int recorded_open(void *ctx, int dir_fd, const char *name, int flags, mode_t mode)
{
	struct power_log *log = ctx;
	char within[PATH_MAX];
	power_log_lock(log);
	int fd = disk_system.open(NULL, dir_fd, name, flags, mode);
	if (fd >= 0 && resolve(log, dir_fd, name, within)) {
		int file = -1;
		if (!(flags & O_DIRECTORY)) {
			file = power_log_find(log, within);
			if (file < 0)
				file = power_log_add_create(log, within);
		}
		remember(log, fd, file, within);
	}
	power_log_unlock(log);
	return fd;
}

static off_t recorded_size(void *ctx, int fd)
{
	(void)ctx;
	return disk_system.size(NULL, fd);
}

static ssize_t recorded_read(void *ctx, int fd, void *data, size_t len, off_t at)
{
	(void)ctx;
	return disk_system.read(NULL, fd, data, len, at);
}

static ssize_t recorded_write(void *ctx, int fd, const void *data, size_t len, off_t at)
{
	struct power_log *log = ctx;
	power_log_lock(log);
	ssize_t n = disk_system.write(NULL, fd, data, len, at);
	int file = file_of(log, fd);
	if (n > 0 && file >= 0)
		power_log_add_write(log, file, data, (size_t)n, (uint64_t)at);
	power_log_unlock(log);
	return n;
}

static int recorded_sync(void *ctx, int fd)
{
	struct power_log *log = ctx;
	power_log_lock(log);
	const char *name = name_of(log, fd);
	int result = 0;
	if (file_of(log, fd) >= 0)
		result = power_log_add_sync(log, file_of(log, fd));
	else if (name)
		power_log_add_dir_sync(log, name);
	power_log_unlock(log);
	return result;
}

static int recorded_truncate(void *ctx, int fd, off_t len)
{
	struct power_log *log = ctx;
	power_log_lock(log);
	int result = disk_system.truncate(NULL, fd, len);
	int file = file_of(log, fd);
	if (result == 0 && file >= 0)
		power_log_add_truncate(log, file, (uint64_t)len);
	power_log_unlock(log);
	return result;
}

static int recorded_remove(void *ctx, int dir_fd, const char *name)
{
	struct power_log *log = ctx;
	char within[PATH_MAX];
	power_log_lock(log);
	int result = disk_system.remove(NULL, dir_fd, name);
	if (result == 0 && resolve(log, dir_fd, name, within))
		power_log_add_remove(log, within);
	power_log_unlock(log);
	return result;
}

static int recorded_rename(void *ctx, int dir_fd, const char *from, const char *to)
{
	struct power_log *log = ctx;
	char old[PATH_MAX], new[PATH_MAX];
	power_log_lock(log);
	int result = disk_system.rename(NULL, dir_fd, from, to);
	if (result == 0 && resolve(log, dir_fd, from, old) && resolve(log, dir_fd, to, new))
		power_log_add_rename(log, old, new);
	power_log_unlock(log);
	return result;
}

static int recorded_make_dir(void *ctx, const char *path, mode_t mode)
{
	struct power_log *log = ctx;
	char within[PATH_MAX];
	power_log_lock(log);
	int result = disk_system.make_dir(NULL, path, mode);
	if (result == 0 && resolve(log, AT_FDCWD, path, within))
		power_log_add_make_dir(log, within);
	power_log_unlock(log);
	return result;
}

static int recorded_list(void *ctx, int dir_fd, void (*each)(void *each_ctx, const char *name), void *each_ctx)
{
	(void)ctx;
	return disk_system.list(NULL, dir_fd, each, each_ctx);
}

static int recorded_close(void *ctx, int fd)
{
	struct power_log *log = ctx;
	power_log_lock(log);
	if (name_of(log, fd)) {
		struct opened *opened = &((struct disk_state *)log->disk_state)->opened[fd];
		free(opened->name);
		opened->name = NULL;
	}
	int result = disk_system.close(NULL, fd);
	power_log_unlock(log);
	return result;
}

/* ---- life -------------------------------------------------------------- */

void power_disk_init(struct power_log *log)
{
	struct disk_state *state = power_alloc(NULL, sizeof *state);
	*state = (struct disk_state){0};
	log->disk_state = state;
	log->disk = (struct disk){
		.open = recorded_open,
		.size = recorded_size,
		.read = recorded_read,
		.write = recorded_write,
		.sync = recorded_sync,
		.truncate = recorded_truncate,
		.remove = recorded_remove,
		.rename = recorded_rename,
		.make_dir = recorded_make_dir,
		.list = recorded_list,
		.close = recorded_close,
		.ctx = log,
	};
}

void power_disk_finish(struct power_log *log)
{
	struct disk_state *d = log->disk_state;
	for (int i = 0; i < d->cap; i++)
		free(d->opened[i].name);
	free(d->opened);
	free(d);
}

const struct disk *power_log_disk(struct power_log *log)
{
	return &log->disk;
}

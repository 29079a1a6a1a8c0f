/* A backup as a file in a directory, and the rotation of such files. Runs on its caller's thread and blocks on that
 * directory's disk, which may be slow, full or gone. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "db/backup_private.h"
#include "db/state_dir.h"

#define PART ".part"

enum { WRITE_BYTES = 1 << 20, NAMES_MAX = 4096 };

#define tell(message, ...) ((void)str_format(message, BACKUP_TEXT_SIZE, __VA_ARGS__))

/* ---- writing ----------------------------------------------------------- */

static void explain(int err, const char *path, char *message)
{
	switch (err) {
	case ERR_DISK_FULL:
		tell(message, "There is not enough room for the backup at %s. Delete files there, or keep fewer backups.", path);
		break;
	case ERR_TIMEOUT:
		tell(message, "The backup to %s was cancelled: the disk took nothing for ten minutes.", path);
		break;
	case ERR_DAMAGED:
		tell(message, "The backup to %s was given up: a database changed while it was copied. Try again, and report this.", path);
		break;
	default:
		tell(message, "The backup cannot be written to %s: %s.", path, err_text(err));
	}
}

/* Full disks are better told of before than after. */
static int check_room(const char *path, uint64_t bytes)
{
	char dir[PATH_MAX];
	struct statvfs room;
	const char *slash = strrchr(path, '/');
	int err = slash ? str_copy_span(dir, sizeof dir, span_of(path, (size_t)(slash + 1 - path))) : str_copy(dir, sizeof dir, ".");
	if (err || statvfs(dir, &room))
		return err; /* opening will say what is wrong */
	return (uint64_t)room.f_bavail * room.f_frsize < bytes ? ERR_DISK_FULL : 0;
}

static int copy(struct backup *b, const struct backup_target *target, int fd)
{
	struct buf block = {0};
	int err;
	do {
		block.len = 0;
		err = target->stopping && atomic_load(target->stopping) ? ERR_CLOSED : backup_take(b, WRITE_BYTES, &block);
		if (!err)
			err = file_write_all(fd, buf_span(&block));
	} while (!err && block.len);
	buf_finish(&block);
	return !err && fsync(fd) ? err_from_errno(errno) : err;
}

static int write_part(struct backup *b, const struct backup_target *target, const char *part)
{
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_from_errno(errno);
	/* whatever a file that was there already let others do; vfat has no modes */
	int err = fchmod(fd, 0600) && errno != EPERM ? err_from_errno(errno) : 0;
	if (!err)
		err = copy(b, target, fd);
	if (close(fd) && !err)
		err = err_from_errno(errno);
	if (!err && rename(part, target->path))
		err = err_from_errno(errno);
	if (err)
		unlink(part);
	return err ? err : state_dir_sync_name(target->path);
}

int backup_write(struct backup *b, const struct backup_target *target, char message_r[BACKUP_TEXT_SIZE])
{
	char part[PATH_MAX];
	message_r[0] = 0;
	int err = str_format(part, sizeof part, "%s" PART, target->path);
	if (!err)
		err = check_room(target->path, backup_bytes(b));
	if (!err)
		err = write_part(b, target, part);
	if (err)
		explain(err, target->path, message_r);
	return err;
}

/* ---- rotation ---------------------------------------------------------- */

struct names {
	size_t count;
	char (*names)[BACKUP_NAME_SIZE];
};

/* Whether it is what backup_name makes for the hub, with PART behind or without. */
static bool is_ours(const char *name, const char *hub, bool part)
{
	static const char form[] = "dddddddd-dddddd.tar", partial[] = "dddddddd-dddddd.tar" PART;
	char prefix[BACKUP_NAME_SIZE];
	if (str_format(prefix, sizeof prefix, "tomte-%s-", hub) || strncmp(name, prefix, strlen(prefix)) != 0)
		return false;
	const char *rest = name + strlen(prefix), *wanted = part ? partial : form;
	for (; *wanted && *rest; wanted++, rest++) {
		bool digit = *rest >= '0' && *rest <= '9';
		if (*wanted == 'd' ? !digit : *rest != *wanted)
			return false;
	}
	return *wanted == 0 && *rest == 0;
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(b, a);
}

/* The hub's backups; half ones are removed at once. */
static int list(DIR *d, const char *hub, struct names *found)
{
	found->names = calloc(NAMES_MAX, sizeof *found->names);
	if (!found->names)
		return ERR_NOMEM;
	for (const struct dirent *e; (e = readdir(d));) {
		if (is_ours(e->d_name, hub, true))
			(void)unlinkat(dirfd(d), e->d_name, 0); /* only room is lost: the next time */
		else if (is_ours(e->d_name, hub, false) && found->count < NAMES_MAX)
			(void)str_copy(found->names[found->count++], BACKUP_NAME_SIZE, e->d_name);
	}
	qsort(found->names, found->count, sizeof *found->names, newest_first);
	return 0;
}

int backup_rotate(const char *dir, const char *hub, int keep)
{
	struct names found = {0};
	DIR *d = opendir(dir);
	if (!d)
		return err_from_errno(errno);
	int err = list(d, hub, &found);
	for (size_t i = (size_t)keep; i < found.count && !err; i++) {
		if (unlinkat(dirfd(d), found.names[i], 0) && errno != ENOENT)
			err = err_from_errno(errno);
		else
			log_info("store", "the backup %s/%s has made way for a newer one", dir, found.names[i]);
	}
	free(found.names);
	closedir(d);
	return err;
}

/* Changing one state for another so that a crash at any moment leaves one of them. Each step is a rename, and how far it
 * is stands in the name of the directory that the new files are in. Main thread, with the directory's lock. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/restore_private.h"

enum { NAME_SIZE = 256 };

#define tell(message, ...) ((void)str_format(message, RESTORE_MESSAGE_SIZE, __VA_ARGS__))

static int sync_fd(int fd)
{
	return fsync(fd) ? err_from_errno(errno) : 0;
}

static bool exists(int dir_fd, const char *name)
{
	struct stat st;
	return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* ---- walking a directory ----------------------------------------------- */

/* Calls each for every name in the directory. It may remove or rename that. */
static int each_name(int dir_fd, const char *name, int (*each)(void *ctx, int fd, const char *name), void *ctx)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		int err = err_from_errno(errno);
		if (fd >= 0)
			close(fd);
		return err;
	}
	int err = 0;
	for (const struct dirent *e; !err && (e = readdir(d));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			err = each(ctx, fd, e->d_name);
	closedir(d);
	return err;
}

static int remove_file(void *ctx, int fd, const char *name)
{
	(void)ctx;
	return unlinkat(fd, name, 0) ? err_from_errno(errno) : 0;
}

static int remove_any(void *ctx, int fd, const char *name)
{
	if (unlinkat(fd, name, 0) == 0)
		return 0;
	if (errno != EISDIR)
		return err_from_errno(errno);
	int err = each_name(fd, name, remove_file, ctx);
	return !err && unlinkat(fd, name, AT_REMOVEDIR) ? err_from_errno(errno) : err;
}

int restore_remove_tree(int dir_fd, const char *name)
{
	if (!exists(dir_fd, name))
		return 0;
	int err = each_name(dir_fd, name, remove_any, NULL);
	return !err && unlinkat(dir_fd, name, AT_REMOVEDIR) ? err_from_errno(errno) : err;
}

/* ---- the old files aside ----------------------------------------------- */

/* What a hub keeps in its directory: with a database its logs and copies. All else (the lock, the ballast, what the owner put
 * there) stays. */
static bool is_state(const char *name)
{
	static const char *const databases[] = {"hub.db", "broker.db", "telemetry.db"};
	static const char *const others[] = {"journal", "pki", "identity.key", "setup-token"};
	for (size_t i = 0; i < sizeof databases / sizeof *databases; i++)
		if (strncmp(name, databases[i], strlen(databases[i])) == 0)
			return true;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	return false;
}

static int move_aside(void *ctx, int fd, const char *name)
{
	const int *aside = ctx;
	if (!is_state(name))
		return 0;
	return renameat(fd, name, *aside, name) ? err_from_errno(errno) : 0;
}

/* Its name was chosen when the restore was prepared: a crash in between goes on with the same. */
static int read_aside(int dir_fd, char name_r[NAME_SIZE])
{
	int fd = openat(dir_fd, RESTORE_READY "/" RESTORE_ASIDE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, name_r, NAME_SIZE - 1) : -1;
	int err = n < 0 ? err_from_errno(errno) : 0;
	if (fd >= 0)
		close(fd);
	name_r[n > 0 ? n : 0] = 0;
	return err ? err : n == 0 || strchr(name_r, '/') ? ERR_DAMAGED : 0;
}

/* With the owner of the state directory. */
static int make_aside(int dir_fd, const char *name, int *fd_r)
{
	struct stat st;
	if (mkdirat(dir_fd, name, 0700) && errno != EEXIST)
		return err_from_errno(errno);
	*fd_r = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd_r < 0 || fstat(dir_fd, &st))
		return err_from_errno(errno);
	return st.st_uid != geteuid() && fchown(*fd_r, st.st_uid, st.st_gid) ? err_from_errno(errno) : 0;
}

static int put_aside(int dir_fd)
{
	char name[NAME_SIZE];
	int aside = -1;
	int err = read_aside(dir_fd, name);
	if (!err)
		err = make_aside(dir_fd, name, &aside);
	if (!err)
		err = each_name(dir_fd, ".", move_aside, &aside);
	if (!err)
		err = sync_fd(aside);
	if (!err)
		err = sync_fd(dir_fd);
	if (aside >= 0)
		close(aside);
	return err;
}

/* ---- the new files in -------------------------------------------------- */

static int move_in(void *ctx, int fd, const char *name)
{
	const int *dir_fd = ctx;
	if (strcmp(name, RESTORE_ASIDE) == 0)
		return remove_file(NULL, fd, name);
	return renameat(fd, name, *dir_fd, name) ? err_from_errno(errno) : 0;
}

static int put_in(int dir_fd)
{
	int err = each_name(dir_fd, RESTORE_MOVE, move_in, &dir_fd);
	if (!err)
		err = sync_fd(dir_fd);
	if (!err && unlinkat(dir_fd, RESTORE_MOVE, AT_REMOVEDIR))
		err = err_from_errno(errno);
	return err ? err : sync_fd(dir_fd);
}

/* ---- all of it --------------------------------------------------------- */

static int rename_synced(int dir_fd, const char *from, const char *to)
{
	return renameat(dir_fd, from, dir_fd, to) ? err_from_errno(errno) : sync_fd(dir_fd);
}

static int finish(int dir_fd)
{
	int err = 0;
	if (exists(dir_fd, RESTORE_READY)) {
		err = put_aside(dir_fd);
		if (!err)
			err = rename_synced(dir_fd, RESTORE_READY, RESTORE_MOVE);
	}
	return !err && exists(dir_fd, RESTORE_MOVE) ? put_in(dir_fd) : err;
}

int restore_switch(int dir_fd)
{
	int err = rename_synced(dir_fd, RESTORE_PART, RESTORE_READY);
	return err ? err : finish(dir_fd);
}

int restore_resume(const char *dir, char message_r[RESTORE_MESSAGE_SIZE])
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 ? err_from_errno(errno) : 0;
	bool decided = !err && (exists(fd, RESTORE_READY) || exists(fd, RESTORE_MOVE));
	if (decided) {
		err = finish(fd);
		log_info("store", "a restore that was interrupted is %s", err ? "still unfinished" : "finished now");
	}
	if (!err)
		err = restore_remove_tree(fd, RESTORE_PART);
	if (err)
		tell(message_r, "A restore of %s was interrupted and cannot be finished: %s. Its files are in %s/restore-*.", dir,
		     err_text(err), dir);
	if (fd >= 0)
		close(fd);
	return err;
}

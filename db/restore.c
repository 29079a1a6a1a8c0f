/* Restoring a backup into a state directory that no hub uses. Main thread; blocks on the disk. What comes from the archive is
 * believed only when the last byte of it has been checked. */
#include "db/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "db/archive_read.h"
#include "db/conn.h"
#include "db/restore_private.h"
#include "db/schema.h"
#include "db/state_dir.h"

enum { SPARE_BYTES = 32 << 20 }; /* of room that the hub needs for its journal */
#define CHECK_LIMIT_MS (24LL * 3600 * 1000)

struct restoring {
	const struct restore_options *options;
	struct archive_info info;
	char *message;
	int dir_fd, lock_fd, part_fd, file_fd; /* -1: not open */
	uid_t uid;
	gid_t gid;
	char aside[64];
};

#define tell(message, ...) ((void)str_format(message, RESTORE_MESSAGE_SIZE, __VA_ARGS__))

/* ---- the archive ------------------------------------------------------- */

static int read_fd(void *ctx, void *data, size_t len, size_t *got_r)
{
	ssize_t n;
	do
		n = read(*(const int *)ctx, data, len);
	while (n < 0 && errno == EINTR);
	*got_r = n > 0 ? (size_t)n : 0;
	return n < 0 ? err_from_errno(errno) : 0;
}

static int read_archive(const char *path, const struct archive_sink *sink, struct archive_info *info, char *message)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		int error = errno;
		tell(message, "%s cannot be opened: %s.", path, strerror(error));
		return err_from_errno(error);
	}
	int err = archive_read(&(struct archive_source){read_fd, &fd}, sink, info, message);
	if (fd != STDIN_FILENO)
		close(fd);
	return err;
}

static void report_info(struct restore_report *report_r, const struct archive_info *info)
{
	*report_r = (struct restore_report){.created_ms = info->created_ms, .bytes = archive_info_bytes(info),
					    .elsewhere = info->elsewhere};
	(void)str_copy(report_r->hub, sizeof report_r->hub, info->hub);
	(void)str_copy(report_r->version, sizeof report_r->version, info->version);
}

int restore_verify(const char *archive, struct restore_report *report_r, char message_r[RESTORE_MESSAGE_SIZE])
{
	struct archive_info info = {0};
	message_r[0] = 0;
	int err = read_archive(archive, NULL, &info, message_r);
	report_info(report_r, &info);
	return err;
}

/* ---- whose state is there ---------------------------------------------- */

struct present {
	char hub[32];
	int64_t accounts;
};

/* What can be read of the state that is there; one that is damaged is nobody's. */
static int look(const struct restoring *r, struct present *present_r)
{
	char path[PATH_MAX];
	struct conn *conn = NULL;
	struct query q;
	*present_r = (struct present){.accounts = 0};
	int err = str_format(path, sizeof path, "%s/hub.db", r->options->state_dir);
	if (!err && access(path, F_OK) == 0)
		err = conn_open_reader(path, &conn);
	if (err || !conn)
		return err;
	query_begin(&q, conn, "SELECT (SELECT count(*) FROM account), value FROM setting WHERE name = 'hub-id'");
	if (query_next(&q)) {
		present_r->accounts = query_take_int(&q);
		(void)str_copy_span(present_r->hub, sizeof present_r->hub, query_take_span(&q));
	}
	err = query_end(&q);
	conn_close(&conn);
	return err;
}

static int check_present(struct restoring *r)
{
	struct present present;
	if (r->options->force || look(r, &present) || !present.accounts || strcmp(present.hub, r->info.hub) == 0)
		return 0;
	tell(r->message, "In %.200s is the state of another hub (%s), which is in use; the backup is of hub %s. With --force it is restored "
			 "nevertheless, and that state is kept aside.",
	     r->options->state_dir, present.hub, r->info.hub);
	return ERR_EXISTS;
}

static int check_room(struct restoring *r)
{
	struct statvfs room;
	uint64_t wanted = archive_info_bytes(&r->info) + SPARE_BYTES;
	if (fstatvfs(r->dir_fd, &room) || (uint64_t)room.f_bavail * room.f_frsize >= wanted)
		return 0;
	tell(r->message, "There is not enough room in %.200s: %llu MB are needed beside what is there.", r->options->state_dir,
	     (unsigned long long)(wanted >> 20));
	return ERR_DISK_FULL;
}

/* ---- unpacking --------------------------------------------------------- */

/* Gives what was made to the owner of the state directory. */
static int give(const struct restoring *r, int fd)
{
	return r->uid != geteuid() && fchown(fd, r->uid, r->gid) ? err_from_errno(errno) : 0;
}

static int make_dir(const struct restoring *r, int dir_fd, const char *name, int *fd_r)
{
	if (mkdirat(dir_fd, name, 0700))
		return err_from_errno(errno);
	*fd_r = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd_r < 0 ? err_from_errno(errno) : give(r, *fd_r);
}

static int begin(void *ctx, const struct archive_info *info)
{
	struct restoring *r = ctx;
	(void)info; /* in r, too */
	int pki = -1;
	int err = check_present(r);
	if (!err)
		err = check_room(r);
	if (!err)
		err = make_dir(r, r->dir_fd, RESTORE_PART, &r->part_fd);
	if (!err)
		err = make_dir(r, r->part_fd, "pki", &pki);
	if (pki >= 0)
		close(pki);
	return err;
}

static int file(void *ctx, const struct archive_file *file)
{
	struct restoring *r = ctx;
	r->file_fd = openat(r->part_fd, file->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return r->file_fd < 0 ? err_from_errno(errno) : give(r, r->file_fd);
}

static int data(void *ctx, struct span bytes)
{
	return file_write_all(((const struct restoring *)ctx)->file_fd, bytes);
}

static int end(void *ctx)
{
	struct restoring *r = ctx;
	int err = fsync(r->file_fd) ? err_from_errno(errno) : 0;
	if (close(r->file_fd) && !err)
		err = err_from_errno(errno);
	r->file_fd = -1;
	return err;
}

static int unpack(struct restoring *r)
{
	const struct archive_sink sink = {begin, file, data, end, r};
	return read_archive(r->options->archive, &sink, &r->info, r->message);
}

/* The sums say that it is what was saved; this, that what was saved is sound. */
static int check_database(struct restoring *r, const struct archive_file *file)
{
	char path[PATH_MAX], found[256] = "";
	struct conn *conn = NULL;
	bool finished;
	int err = str_format(path, sizeof path, "%s/" RESTORE_PART "/%s", r->options->state_dir, file->name);
	if (!err)
		err = conn_open_writer(path, BASE_HUB, &conn); /* which leaves no log behind, as a reader does */
	if (!err)
		err = conn_quick_check(conn, CHECK_LIMIT_MS, &finished, found);
	if (err)
		tell(r->message, "%s in the backup is damaged (%s): the hub's was when it was saved. Use an older backup.", file->name,
		     found[0] ? found : conn_message(conn));
	conn_close(&conn);
	return err;
}

static int check_databases(struct restoring *r)
{
	int err = 0;
	for (size_t i = 0; i < r->info.count && !err; i++)
		if (r->info.files[i].file->schema)
			err = check_database(r, r->info.files[i].file);
	return err;
}

/* ---- the change -------------------------------------------------------- */

static int sync_dir(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) ? err_from_errno(errno) : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

/* A name that none has: what is aside stays as it is. */
static int name_aside(struct restoring *r)
{
	char date[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	if (localtime_r(&now, &tm))
		(void)strftime(date, sizeof date, "%Y%m%d-%H%M%S", &tm);
	for (int i = 1; i < 1000; i++) {
		int err = i == 1 ? str_format(r->aside, sizeof r->aside, "before-restore-%s", date)
				 : str_format(r->aside, sizeof r->aside, "before-restore-%s-%d", date, i);
		if (err || faccessat(r->dir_fd, r->aside, F_OK, AT_SYMLINK_NOFOLLOW))
			return err;
	}
	return ERR_EXISTS;
}

static int write_aside(struct restoring *r)
{
	int err = name_aside(r);
	if (err)
		return err;
	int fd = openat(r->part_fd, RESTORE_ASIDE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	err = fd < 0 ? err_from_errno(errno) : file_write_all(fd, span_str(r->aside));
	if (!err && fsync(fd))
		err = err_from_errno(errno);
	if (fd >= 0)
		close(fd);
	return err;
}

static int change(struct restoring *r)
{
	int err = write_aside(r);
	if (!err)
		err = sync_dir(r->part_fd, "pki");
	if (!err)
		err = sync_dir(r->dir_fd, RESTORE_PART);
	if (!err)
		err = restore_switch(r->dir_fd);
	return err;
}

/* ---- all of it --------------------------------------------------------- */

/* A directory that root makes anew is for the service's user. */
static void adopt_new_dir(int dir_fd)
{
	const struct passwd *service = geteuid() == 0 ? getpwnam("tomte") : NULL;
	if (service)
		(void)fchown(dir_fd, service->pw_uid, service->pw_gid);
}

static int take_dir(struct restoring *r)
{
	const char *dir = r->options->state_dir;
	struct stat st;
	bool is_new = access(dir, F_OK) != 0;
	int err = state_dir_take(dir, &r->lock_fd, r->message);
	if (err)
		return err;
	r->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd >= 0 && is_new)
		adopt_new_dir(r->dir_fd);
	if (r->dir_fd < 0 || fstat(r->dir_fd, &st))
		return err_from_errno(errno);
	r->uid = st.st_uid;
	r->gid = st.st_gid;
	err = give(r, r->lock_fd);
	return err ? err : restore_resume(dir, r->message);
}

static int run(struct restoring *r)
{
	int err = take_dir(r);
	if (!err)
		err = unpack(r);
	if (!err)
		err = check_databases(r);
	return err ? err : change(r);
}

/* An aside that holds nothing was for a directory that held nothing. */
static void report_aside(const struct restoring *r, struct restore_report *report_r)
{
	if (unlinkat(r->dir_fd, r->aside, AT_REMOVEDIR))
		(void)str_format(report_r->aside, sizeof report_r->aside, "%s/%s", r->options->state_dir, r->aside);
}

int restore_run(const struct restore_options *options, struct restore_report *report_r, char message_r[RESTORE_MESSAGE_SIZE])
{
	struct restoring r = {.options = options, .message = message_r, .dir_fd = -1, .lock_fd = -1, .part_fd = -1, .file_fd = -1};
	message_r[0] = 0;
	int err = run(&r);
	report_info(report_r, &r.info);
	if (!err)
		report_aside(&r, report_r);
	else if (r.part_fd >= 0)
		(void)restore_remove_tree(r.dir_fd, RESTORE_PART); /* else the next opening does */
	if (err && !message_r[0])
		tell(message_r, "The backup cannot be restored into %.300s: %s.", options->state_dir, err_text(err));
	const int fds[] = {r.file_fd, r.part_fd, r.dir_fd, r.lock_fd};
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return err;
}

/* Copies from before migrations. Main thread at opening; forgetting on the sealer's. */
#include "db/keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/conn.h"
#include "db/migrate.h"
#include "db/state_dir.h"

/* VACUUM INTO writes into an empty file that is there, whose mode we choose. */
static int copy(struct conn *conn, const char *to)
{
	char partial[PATH_MAX];
	int err = str_format(partial, sizeof partial, "%s.part", to);
	if (err)
		return err;
	int fd = open(partial, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_from_errno(errno);
	struct query q;
	query_begin(&q, conn, "VACUUM INTO ?");
	query_put_text(&q, partial);
	err = query_run(&q);
	if (!err && fsync(fd))
		err = err_from_errno(errno);
	close(fd);
	if (!err && rename(partial, to))
		err = err_from_errno(errno);
	if (err)
		unlink(partial);
	return err ? err : state_dir_sync_name(to);
}

int keep_copy(struct conn *conn, const struct schema *schema, const char *path, char message_r[STORE_MESSAGE_SIZE])
{
	char to[PATH_MAX];
	int64_t version;
	int err = migrate_version(conn, &version);
	if (err || version < 1 || (uint64_t)version >= schema->first + schema->count - 1)
		return err;
	err = str_format(to, sizeof to, "%s.schema-%" PRId64, path, version);
	if (!err && access(to, F_OK) != 0)
		err = copy(conn, to);
	if (err)
		(void)str_format(message_r, STORE_MESSAGE_SIZE,
				 "%s is to be brought to a newer schema, but a copy of it as it is cannot be made: %s. Make room on "
				 "the disk and start again.",
				 path, err_text(err));
	else
		log_info("store", "a copy of %s as it was is kept as %s", schema->file, to);
	return err;
}

/* Removes the files of the directory whose names hold the text. */
static int remove_all(const char *dir, const char *text)
{
	DIR *d = opendir(dir);
	int err = d ? 0 : err_from_errno(errno);
	for (const struct dirent *e; d && !err && (e = readdir(d));) {
		if (strstr(e->d_name, text) && unlinkat(dirfd(d), e->d_name, 0) && errno != ENOENT)
			err = err_from_errno(errno);
	}
	if (d)
		closedir(d);
	return err;
}

int keep_forget(const char *dir)
{
	char journal[PATH_MAX];
	int err = str_format(journal, sizeof journal, "%s/journal", dir);
	if (!err)
		err = remove_all(dir, ".db.schema-");
	return err ? err : remove_all(journal, ".damaged");
}

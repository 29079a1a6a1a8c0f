/* Conversion of telemetry.db from rows to chunks. Main thread, at opening, before any other has the file. */
#include "db/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/conn.h"
#include "db/day.h"
#include "db/migrate.h"
#include "db/shelf.h"

enum { AT_ONCE = 65536, TELL_EVERY = 1000000 };

struct conversion {
	struct conn *rows;
	struct shelf *shelf;
	struct datum *data; /* owned, AT_ONCE */
	int64_t done, told, skipped;
};

/* ---- series ------------------------------------------------------------ */

static int copy_series(struct conversion *c)
{
	struct shelf_txn *txn;
	struct query q;
	int err = shelf_begin(c->shelf, true, &txn);
	if (err)
		return err;
	query_begin(&q, c->rows, "SELECT id, device, entity, unit, kind FROM series ORDER BY id");
	while (!err && query_next(&q)) {
		struct series series = {.id = query_take_int(&q)};
		query_take_text(&q, series.device, sizeof series.device);
		query_take_text(&q, series.entity, sizeof series.entity);
		query_take_text(&q, series.unit, sizeof series.unit);
		series.kind = (enum series_kind)query_take_int(&q);
		err = q.err ? q.err : shelf_put_series(txn, &series);
	}
	int ended = query_end(&q);
	if (!err)
		err = ended;
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	return err;
}

/* ---- samples ----------------------------------------------------------- */

/* The next samples of the series behind `after`, in order of time. */
static int read_some(struct conversion *c, int64_t series, int64_t after, size_t *count_r)
{
	struct query q;
	size_t count = 0;
	query_begin(&q, c->rows, "SELECT at, value FROM sample WHERE series = ? AND at > ? ORDER BY at LIMIT ?");
	query_put_int(&q, series);
	query_put_int(&q, after);
	query_put_int(&q, AT_ONCE);
	while (query_next(&q)) {
		c->data[count].at = query_take_int(&q);
		c->data[count].value = query_take_real(&q);
		count++;
	}
	*count_r = count;
	return query_end(&q);
}

/* Times that no clock shows cannot be kept; counted, not hidden. */
static void leave_out_impossible(struct conversion *c, size_t *count)
{
	size_t kept = 0;
	for (size_t i = 0; i < *count; i++) {
		if (c->data[i].at >= HISTORY_FIRST_MS && c->data[i].at <= HISTORY_LAST_MS)
			c->data[kept++] = c->data[i];
	}
	c->skipped += (int64_t)(*count - kept);
	*count = kept;
}

static int put_some(struct conversion *c, int64_t series, size_t count)
{
	struct shelf_txn *txn;
	int err = shelf_begin(c->shelf, true, &txn);
	if (err)
		return err;
	err = day_merge(txn, series, c->data, count);
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	if (!err)
		err = shelf_tidy(c->shelf); /* else the log would grow as large as the file */
	c->done += (int64_t)count;
	if (c->done - c->told >= TELL_EVERY) {
		c->told = c->done;
		log_info("store", "%lld million samples are converted", (long long)(c->done / 1000000));
	}
	return err;
}

static int copy_samples(struct conversion *c, int64_t series)
{
	int64_t after = INT64_MIN;
	size_t count;
	int err;
	while (!(err = read_some(c, series, after, &count)) && count) {
		after = c->data[count - 1].at;
		leave_out_impossible(c, &count);
		err = count ? put_some(c, series, count) : 0;
		if (err)
			return err;
	}
	return err;
}

static int next_series(struct conversion *c, int64_t after, int64_t *series_r)
{
	struct query q;
	query_begin(&q, c->rows, "SELECT id FROM series WHERE id > ? ORDER BY id LIMIT 1");
	query_put_int(&q, after);
	bool found = query_next(&q);
	*series_r = found ? query_take_int(&q) : 0;
	int err = query_end(&q);
	return err ? err : found ? 0 : ERR_NOT_FOUND;
}

static int copy_all(struct conversion *c)
{
	int64_t series = 0;
	int err = copy_series(c);
	while (!err && !(err = next_series(c, series, &series)))
		err = copy_samples(c, series);
	return err == ERR_NOT_FOUND ? 0 : err;
}

/* ---- files ------------------------------------------------------------- */

static int sync_path(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return err_from_errno(errno);
	int err = fsync(fd) ? err_from_errno(errno) : 0;
	close(fd);
	return err;
}

/* The old file gets a second name, then the new one takes the first. */
static int exchange(const char *path, const char *new_path)
{
	char kept[PATH_MAX], dir[PATH_MAX];
	int err = str_format(kept, sizeof kept, "%s.schema-1", path);
	if (!err)
		err = str_copy(dir, sizeof dir, path);
	if (err)
		return err;
	char *slash = strrchr(dir, '/');
	if (slash)
		*slash = 0;
	err = sync_path(new_path, 0);
	if (!err && link(path, kept) && errno != EEXIST)
		err = err_from_errno(errno);
	if (!err && rename(new_path, path))
		err = err_from_errno(errno);
	return err ? err : sync_path(slash ? dir : ".", O_DIRECTORY);
}

/* What a crash has left. */
static void remove_leftover(const char *new_path)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	char path[PATH_MAX];
	for (size_t i = 0; i < 3; i++) {
		if (str_format(path, sizeof path, "%s%s", new_path, endings[i]) == 0)
			unlink(path);
	}
}

static int convert(struct conversion *c, const char *path, char *message_r)
{
	char new_path[PATH_MAX];
	int err = str_format(new_path, sizeof new_path, "%s.new", path);
	if (err)
		return err;
	remove_leftover(new_path);
	int fd = open(new_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_from_errno(errno);
	close(fd);
	err = shelf_open_sqlite(new_path, &c->shelf, message_r);
	c->data = malloc(AT_ONCE * sizeof *c->data);
	if (!err && !c->data)
		err = ERR_NOMEM;
	if (!err)
		err = copy_all(c);
	if (!err) /* only the file takes the old one's place; closing would not say that its log could not be moved into it */
		err = shelf_flush(c->shelf);
	shelf_close(&c->shelf);
	if (!err)
		err = conn_checkpoint(c->rows, true);
	conn_close(&c->rows);
	free(c->data);
	if (!err)
		err = exchange(path, new_path);
	if (err)
		remove_leftover(new_path); /* it takes room */
	return err;
}

int rows_convert(const char *path, char message_r[STORE_MESSAGE_SIZE])
{
	struct conversion c = {0};
	int64_t version = 0;
	int err = conn_open_writer(path, BASE_TELEMETRY, &c.rows); /* so that an empty one gets the pages it shall have */
	if (!err)
		err = migrate_version(c.rows, &version);
	if (err || version != 1) {
		/* whatever is wrong with it, opening it tells */
		conn_close(&c.rows);
		return 0;
	}
	log_info("store", "telemetry.db is being converted to compressed chunks; this happens once");
	err = convert(&c, path, message_r);
	conn_close(&c.rows);
	if (err && !message_r[0])
		(void)str_format(message_r, STORE_MESSAGE_SIZE,
				 "%s could not be converted to the new format: %s. It is as it was; make room on the disk and start again.",
				 path, err_text(err));
	if (!err)
		log_info("store", "telemetry.db is converted: %lld samples%s; the old file stays as %s.schema-1", (long long)c.done,
			 c.skipped ? ", some with impossible times left out" : "", path);
	return err;
}

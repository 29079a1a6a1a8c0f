/* What a program would do that keeps samples as rows of SQLite: the yardstick. WAL, synchronous=FULL,
 * pages of 4 KB, 64 MB of cache, ten thousand samples a transaction: as good as rows get. */
#include <sqlite3.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "peer.h"

enum { SAMPLES_PER_COMMIT = 10000 };

struct rows {
	sqlite3 *db;
	sqlite3_stmt *insert, *raw, *buckets;
	int waiting; /* samples in the open transaction */
};

static int error_of(int rc)
{
	return rc == SQLITE_OK || rc == SQLITE_DONE ? 0 : rc == SQLITE_NOMEM ? ERR_NOMEM : rc == SQLITE_FULL ? ERR_DISK_FULL : ERR_IO;
}

static int run(struct rows *r, const char *sql)
{
	return error_of(sqlite3_exec(r->db, sql, NULL, NULL, NULL));
}

static int prepare(struct rows *r)
{
	static const char insert[] = "INSERT INTO sample (series, ts, value) VALUES (?, ?, ?)";
	static const char raw[] = "SELECT ts, value FROM sample WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts";
	static const char buckets[] = "SELECT (ts - ?2) / ?4, count(*), min(value), max(value), avg(value) FROM sample"
				      " WHERE series = ?1 AND ts >= ?2 AND ts < ?3 GROUP BY 1 ORDER BY 1";
	int rc = sqlite3_prepare_v2(r->db, insert, -1, &r->insert, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(r->db, raw, -1, &r->raw, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(r->db, buckets, -1, &r->buckets, NULL);
	return error_of(rc);
}

static void rows_close(void **self)
{
	struct rows *r = *self;
	sqlite3_finalize(r->insert);
	sqlite3_finalize(r->raw);
	sqlite3_finalize(r->buckets);
	sqlite3_close(r->db);
	free(r);
	*self = NULL;
}

static int rows_open(const char *dir, const char *schema, void **self_r)
{
	char path[512];
	struct rows *r = calloc(1, sizeof *r);
	if (!r)
		return ERR_NOMEM;
	int err = str_format(path, sizeof path, "%s/rows.db", dir);
	if (!err)
		err = error_of(sqlite3_open(path, &r->db));
	if (!err)
		err = run(r, "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			     "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000; PRAGMA secure_delete = OFF");
	if (!err)
		err = run(r, schema);
	if (!err)
		err = prepare(r);
	*self_r = r;
	if (err)
		rows_close(self_r);
	return err;
}

static int clustered_open(const char *dir, void **self_r)
{
	return rows_open(dir, "CREATE TABLE IF NOT EXISTS sample (series INTEGER, ts INTEGER, value REAL, PRIMARY KEY (series, ts)) WITHOUT ROWID",
			 self_r);
}

static int indexed_open(const char *dir, void **self_r)
{
	return rows_open(dir, "CREATE TABLE IF NOT EXISTS sample (id INTEGER PRIMARY KEY, series INTEGER, ts INTEGER, value REAL);"
			      "CREATE INDEX IF NOT EXISTS sample_series_ts ON sample (series, ts)",
			 self_r);
}

static int insert(struct rows *r, const struct sample *s)
{
	sqlite3_bind_int64(r->insert, 1, s->series);
	sqlite3_bind_int64(r->insert, 2, s->at.ms);
	sqlite3_bind_double(r->insert, 3, s->value);
	sqlite3_step(r->insert);
	return error_of(sqlite3_reset(r->insert));
}

static int commit(struct rows *r)
{
	if (r->waiting == 0)
		return 0;
	r->waiting = 0;
	return run(r, "COMMIT");
}

static int rows_append(void *self, const struct sample *samples, size_t count)
{
	struct rows *r = self;
	for (size_t i = 0; i < count; i++) {
		int err = r->waiting == 0 ? run(r, "BEGIN") : 0;
		r->waiting++;
		if (!err)
			err = insert(r, &samples[i]);
		if (!err && r->waiting == SAMPLES_PER_COMMIT)
			err = commit(r);
		if (err)
			return err;
	}
	return 0;
}

static int rows_settle(void *self)
{
	int err = commit(self);
	return err ? err : run(self, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static void bind_window(sqlite3_stmt *q, const struct window *w)
{
	sqlite3_bind_int64(q, 1, w->series);
	sqlite3_bind_int64(q, 2, w->from);
	sqlite3_bind_int64(q, 3, w->to);
}

static int rows_raw(void *self, const struct window *w, struct answer *answer_r)
{
	struct rows *r = self;
	*answer_r = (struct answer){0};
	bind_window(r->raw, w);
	while (sqlite3_step(r->raw) == SQLITE_ROW) {
		answer_r->points++;
		answer_r->check += sqlite3_column_double(r->raw, 1);
	}
	answer_r->samples = answer_r->points;
	return error_of(sqlite3_reset(r->raw));
}

static int rows_buckets(void *self, const struct window *w, size_t width, struct answer *answer_r)
{
	struct rows *r = self;
	*answer_r = (struct answer){0};
	bind_window(r->buckets, w);
	sqlite3_bind_int64(r->buckets, 4, (w->to - w->from) / (int64_t)width);
	while (sqlite3_step(r->buckets) == SQLITE_ROW) {
		answer_r->points++;
		answer_r->samples += (uint64_t)sqlite3_column_int64(r->buckets, 1);
		answer_r->check += sqlite3_column_double(r->buckets, 3);
	}
	return error_of(sqlite3_reset(r->buckets));
}

const struct peer_ops peer_sqlite_clustered = {
	"SQLite rows, (series, ts) WITHOUT ROWID", "rows.db", clustered_open, rows_append, rows_settle, rows_raw, rows_buckets, rows_close,
};

const struct peer_ops peer_sqlite_indexed = {
	"SQLite rows + index", "rows.db", indexed_open, rows_append, rows_settle, rows_raw, rows_buckets, rows_close,
};

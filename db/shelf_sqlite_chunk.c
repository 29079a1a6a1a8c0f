/* Chunks on the shelf in SQLite. Ids ascend with the day first, so the chunks of a series lie in one short run
 * a day; walking a series steps from day to day and leaps over days that the shelf does not have. On the
 * transaction's thread; does not look into the data. */
#include "base/clock.h"
#include "base/err.h"
#include "db/shelf_sqlite.h"

/* ---- walking ----------------------------------------------------------- */

static void take_chunk(struct query *q, struct shelf_chunk *chunk_r)
{
	*chunk_r = (struct shelf_chunk){.id = query_take_int(q)};
	int64_t first = query_take_int(q), last = query_take_int(q), count = query_take_int(q);
	chunk_r->data = query_take_span(q);
	shelf_chunk_place(chunk_r, first, last, count);
}

/* Hands the rows of the query to each and ends it; *met counts them. */
static int walk(struct query *q, shelf_each_chunk *each, void *ctx, size_t *met)
{
	int err = 0;
	while (!err && query_next(q)) {
		struct shelf_chunk chunk;
		take_chunk(q, &chunk);
		++*met;
		err = q->err ? q->err : each(ctx, &chunk);
	}
	int ended = query_end(q);
	return err ? err : ended;
}

static int take_day(struct query *q, int64_t *day_r)
{
	*day_r = query_next(q) ? chunk_id_day(query_take_int(q)) : INT64_MAX;
	return query_end(q);
}

int sqlite_day_from(struct sqlite_txn *t, int64_t id, int64_t *day_r)
{
	struct query q;
	query_begin(&q, t->conn, "SELECT id FROM chunk WHERE id >= ? ORDER BY id LIMIT 1");
	query_put_int(&q, id);
	return take_day(&q, day_r);
}

int sqlite_day_until(struct sqlite_txn *t, int64_t id, int64_t *day_r)
{
	struct query q;
	query_begin(&q, t->conn, "SELECT id FROM chunk WHERE id <= ? ORDER BY id DESC LIMIT 1");
	query_put_int(&q, id);
	return take_day(&q, day_r);
}

static int walk_day(struct sqlite_txn *t, const struct shelf_range *range, int64_t day, shelf_each_chunk *each,
		    void *ctx, size_t *met)
{
	struct query q;
	query_begin(&q, t->conn,
		    "SELECT id, first, last, count, data FROM chunk "
		    "WHERE id BETWEEN ? AND ? AND first <= ? AND last >= ? ORDER BY id");
	query_put_int(&q, chunk_id_of(day, range->series));
	query_put_int(&q, chunk_id_end(day, range->series));
	query_put_int(&q, range->to - day * DAY_MS);
	query_put_int(&q, range->from - day * DAY_MS);
	return walk(&q, each, ctx, met);
}

int sqlite_chunks(struct shelf_txn *txn, const struct shelf_range *range, shelf_each_chunk *each, void *ctx)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	int64_t day = day_of(range->from), last = day_of(range->to);
	int err = 0;
	while (!err && day <= last) {
		size_t met = 0;
		err = walk_day(t, range, day, each, ctx, &met);
		day++;
		if (!err && met == 0 && day <= last)
			err = sqlite_day_from(t, chunk_id_of(day, 0), &day);
	}
	return err;
}

int sqlite_chunks_all(struct shelf_txn *txn, int64_t first_id, int64_t last_id, shelf_each_chunk *each, void *ctx)
{
	struct query q;
	size_t met = 0;
	query_begin(&q, sqlite_txn_of(txn)->conn,
		    "SELECT id, first, last, count, data FROM chunk WHERE id BETWEEN ? AND ? ORDER BY id");
	query_put_int(&q, first_id);
	query_put_int(&q, last_id);
	return walk(&q, each, ctx, &met);
}

static int last_of_day(struct sqlite_txn *t, int64_t series, int64_t at, shelf_each_chunk *each, void *ctx, size_t *met)
{
	struct query q;
	int64_t day = day_of(at);
	query_begin(&q, t->conn,
		    "SELECT id, first, last, count, data FROM chunk "
		    "WHERE id BETWEEN ? AND ? AND first <= ? ORDER BY id DESC LIMIT 1");
	query_put_int(&q, chunk_id_of(day, series));
	query_put_int(&q, chunk_id(series, at));
	query_put_int(&q, at - day * DAY_MS);
	return walk(&q, each, ctx, met);
}

int sqlite_last_chunk(struct shelf_txn *txn, int64_t series, int64_t at, shelf_each_chunk *each, void *ctx)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	for (;;) {
		size_t met = 0;
		int err = last_of_day(t, series, at, each, ctx, &met);
		if (err || met)
			return err;
		int64_t day;
		err = sqlite_day_until(t, chunk_id_of(day_of(at), 0) - 1, &day);
		if (err || day == INT64_MAX)
			return err ? err : ERR_NOT_FOUND;
		at = (day + 1) * DAY_MS - 1;
	}
}

/* ---- changing ---------------------------------------------------------- */

int sqlite_remove_chunks(struct sqlite_txn *t, const int64_t id[2], size_t most, size_t *removed)
{
	struct query q;
	query_begin(&q, t->conn,
		    "SELECT count(*), sum(count), sum(bytes), max(id) FROM (SELECT id, count, length(data) AS bytes "
		    "FROM chunk WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?)");
	query_put_int(&q, id[0]);
	query_put_int(&q, id[1]);
	query_put_int(&q, (int64_t)most);
	int64_t chunks = query_next(&q) ? query_take_int(&q) : 0;
	int64_t samples = query_take_int(&q), bytes = query_take_int(&q), last = query_take_int(&q);
	int err = query_end(&q);
	if (err || chunks == 0)
		return err;
	query_begin(&q, t->conn, "DELETE FROM chunk WHERE id BETWEEN ? AND ?");
	query_put_int(&q, id[0]);
	query_put_int(&q, last);
	err = query_run(&q);
	if (err)
		return err;
	t->meta[META_CHUNKS] -= chunks;
	t->meta[META_SAMPLES] -= samples;
	t->meta[META_CHUNK_BYTES] -= bytes;
	*removed += (size_t)chunks;
	return 0;
}

int sqlite_remove_chunk(struct shelf_txn *txn, int64_t id)
{
	size_t removed = 0;
	return sqlite_remove_chunks(sqlite_txn_of(txn), (const int64_t[]){id, id}, 1, &removed);
}

int sqlite_put_chunk(struct shelf_txn *txn, const struct shelf_chunk *chunk)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	int64_t day_ms = chunk_id_day(chunk->id) * DAY_MS;
	int err = sqlite_remove_chunk(txn, chunk->id);
	if (err)
		return err;
	struct query q;
	query_begin(&q, t->conn, "INSERT INTO chunk (id, first, last, count, data) VALUES (?, ?, ?, ?, ?)");
	query_put_int(&q, chunk->id);
	query_put_int(&q, chunk->first - day_ms);
	query_put_int(&q, chunk->last - day_ms);
	query_put_int(&q, chunk->count);
	query_put_blob(&q, chunk->data);
	err = query_run(&q);
	if (err)
		return err;
	t->meta[META_CHUNKS]++;
	t->meta[META_SAMPLES] += chunk->count;
	t->meta[META_CHUNK_BYTES] += (int64_t)chunk->data.len;
	return 0;
}

int sqlite_quarantine(struct shelf_txn *txn, int64_t id, const char *reason)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	struct query q;
	query_begin(&q, t->conn,
		    "INSERT INTO quarantine (chunk, at, reason, first, last, count, data) "
		    "SELECT id, ?, ?, first, last, count, data FROM chunk WHERE id = ?");
	query_put_int(&q, clock_wall().ms);
	query_put_text(&q, reason);
	query_put_int(&q, id);
	int err = query_run(&q);
	if (err)
		return err;
	if (conn_changes(t->conn) == 0)
		return ERR_NOT_FOUND;
	t->meta[META_QUARANTINED]++;
	return sqlite_remove_chunk(txn, id);
}

/* ---- trimming ---------------------------------------------------------- */

/* One series: its run of each day that the shelf has. */
static int trim_series(struct sqlite_txn *t, const struct shelf_days *before, size_t most, size_t *removed)
{
	int64_t day;
	int err = sqlite_day_from(t, 0, &day);
	while (!err && day < before->last_day && *removed < most) {
		const int64_t run[] = {chunk_id_of(day, before->series), chunk_id_end(day, before->series)};
		err = sqlite_remove_chunks(t, run, most - *removed, removed);
		if (!err)
			err = sqlite_day_from(t, chunk_id_of(day + 1, 0), &day);
	}
	return err;
}

static int trim_pending(struct sqlite_txn *t, const struct shelf_days *before, size_t most, size_t *removed)
{
	struct query q;
	query_begin(&q, t->conn,
		    "DELETE FROM pending WHERE (day, series) IN (SELECT day, series FROM pending "
		    "WHERE day < ?1 AND (?2 = 0 OR series = ?2) ORDER BY day LIMIT ?3)");
	query_put_int(&q, before->last_day);
	query_put_int(&q, before->series);
	query_put_int(&q, (int64_t)most);
	int err = query_run(&q);
	if (!err)
		*removed += (size_t)conn_changes(t->conn);
	return err;
}

int sqlite_trim(struct shelf_txn *txn, const struct shelf_days *before, size_t most, size_t *removed_r)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	int err;
	if (before->series)
		err = trim_series(t, before, most, removed_r);
	else
		err = sqlite_remove_chunks(t, (const int64_t[]){0, chunk_id_of(before->last_day, 0) - 1}, most,
					   removed_r);
	if (!err && *removed_r < most)
		err = trim_pending(t, before, most - *removed_r, removed_r);
	return err;
}

/* Chunks on the shelf in PostgreSQL. A walk first asks for the ids and then for the rows in batches, so that no
 * walk holds the connection: what it calls may use it, and no more than a batch is in memory. On the transaction's
 * thread; does not look into the data. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "db/shelf_postgres.h"

enum { BATCH = 32 }; /* rows asked for at once; some 10 kB each */

/* A day's ids of one series are one run: (day + 2^19) << 43 | series << 16 | slot (shelf.h). `day` leaps from each
 * day to the next that the hub has, whatever lies between them, and `run` is the series' part of them.
 * $2 and $3 are the first id of the first day and the last of the last, $4 is series << 16. */
#define WITH_RUN \
	"WITH RECURSIVE day (n) AS (" \
	"SELECT min(id) >> 43 FROM tomte.chunk WHERE hub = $1 AND id BETWEEN $2::bigint AND $3::bigint " \
	"UNION ALL SELECT (SELECT min(id) >> 43 FROM tomte.chunk WHERE hub = $1 " \
	"AND id BETWEEN (n + 1) << 43 AND $3::bigint) FROM day WHERE n < $3::bigint >> 43), " \
	"run AS (SELECT n, c.id, c.first, c.last FROM day CROSS JOIN LATERAL (SELECT id, first, last FROM tomte.chunk " \
	"WHERE hub = $1 AND id BETWEEN (n << 43) + $4::bigint AND (n << 43) + $4::bigint + 65535) AS c) "

static void put_run(struct pg_query *q, int64_t series, int64_t first_day, int64_t last_day)
{
	pg_put_int(q, chunk_id_of(first_day, 0));
	pg_put_int(q, chunk_id_end(last_day, SERIES_ID_MAX));
	pg_put_int(q, series << 16);
}

/* ---- walking ----------------------------------------------------------- */

/* Hands the rows of the query to each and ends it. *last_id is that of the last one. */
static int walk(struct pg_query *q, shelf_each_chunk *each, void *ctx, int64_t *last_id)
{
	int err = 0;
	while (!err && pg_next(q)) {
		struct shelf_chunk chunk = {.id = pg_take_int(q)};
		int64_t first = pg_take_int(q), last = pg_take_int(q), count = pg_take_int(q);
		chunk.data = pg_take_span(q);
		shelf_chunk_place(&chunk, first, last, count);
		*last_id = chunk.id;
		err = q->err ? q->err : each(ctx, &chunk);
	}
	int ended = pg_end(q);
	return err ? err : ended;
}

/* The rows with the ids, which ascend. */
static int walk_ids(struct postgres_txn *t, const int64_t *ids, size_t count, shelf_each_chunk *each, void *ctx)
{
	int err = 0;
	for (size_t i = 0; i < count && !err; i += BATCH) {
		struct buf list = {0};
		err = buf_append_str(&list, "{");
		for (size_t k = i; k < count && k < i + BATCH && !err; k++)
			err = buf_printf(&list, "%s%lld", k > i ? "," : "", (long long)ids[k]);
		if (!err)
			err = buf_append_str(&list, "}");
		const char *text = err ? NULL : buf_cstr(&list);
		struct pg_query q;
		int64_t last;
		if (text) {
			postgres_query(&q, t,
				       "SELECT id, first, last, count, data FROM tomte.chunk "
				       "WHERE hub = $1 AND id = ANY($2::text::bigint[]) ORDER BY id");
			pg_put_text(&q, text);
			err = walk(&q, each, ctx, &last);
		} else {
			err = ERR_NOMEM;
		}
		buf_finish(&list);
	}
	return err;
}

int postgres_chunks(struct shelf_txn *txn, const struct shelf_range *range, shelf_each_chunk *each, void *ctx)
{
	struct postgres_txn *t = postgres_txn_of(txn);
	int64_t first_day = day_of(range->from), last_day = day_of(range->to);
	struct pg_query q;
	struct buf ids = {0};
	postgres_query(&q, t,
		       WITH_RUN "SELECT id FROM run WHERE (n > $2 >> 43 OR last >= $5::bigint) "
				"AND (n < $3 >> 43 OR first <= $6::bigint) ORDER BY id");
	put_run(&q, range->series, first_day, last_day);
	pg_put_int(&q, range->from - first_day * DAY_MS);
	pg_put_int(&q, range->to - last_day * DAY_MS);
	int err = 0;
	while (!err && pg_next(&q)) {
		int64_t id = pg_take_int(&q);
		err = buf_append(&ids, &id, sizeof id);
	}
	int ended = pg_end(&q);
	err = err ? err : ended;
	if (!err)
		err = walk_ids(t, (const int64_t *)(const void *)ids.data, ids.len / sizeof(int64_t), each, ctx);
	buf_finish(&ids);
	return err;
}

int postgres_chunks_all(struct shelf_txn *txn, int64_t first_id, int64_t last_id, shelf_each_chunk *each, void *ctx)
{
	int err = 0;
	int rows = BATCH;
	while (!err && rows == BATCH && first_id <= last_id) {
		struct pg_query q;
		postgres_query(&q, postgres_txn_of(txn),
			       "SELECT id, first, last, count, data FROM tomte.chunk "
			       "WHERE hub = $1 AND id BETWEEN $2::bigint AND $3::bigint ORDER BY id LIMIT $4::bigint");
		pg_put_int(&q, first_id);
		pg_put_int(&q, last_id);
		pg_put_int(&q, BATCH);
		int64_t met = INT64_MAX;
		err = walk(&q, each, ctx, &met);
		rows = q.rows;
		if (met == INT64_MAX)
			break;
		first_id = met + 1;
	}
	return err;
}

/* Finds the last one in [first_day, the day of at]. *oldest_r is the hub's first day, INT64_MAX when it has none. */
static int find_last(struct postgres_txn *t, const struct shelf_range *range, int64_t *id_r, int64_t *oldest_r)
{
	struct pg_query q;
	int64_t series = range->series, at = range->to;
	postgres_query(&q, t,
		       WITH_RUN "SELECT (SELECT max(id) FROM run WHERE id < $5::bigint OR (id = $5 AND first <= $6::bigint)), "
				"(SELECT (min(id) >> 43) - 524288 FROM tomte.chunk WHERE hub = $1)");
	put_run(&q, series, day_of(range->from), day_of(at));
	pg_put_int(&q, chunk_id(series, at));
	pg_put_int(&q, at - day_of(at) * DAY_MS);
	*id_r = -1;
	*oldest_r = INT64_MAX;
	if (pg_next(&q)) {
		pg_take_int_or(&q, id_r);
		pg_take_int_or(&q, oldest_r);
	}
	return pg_end(&q);
}

/* In steps of days that grow, so that finding it in a recent one costs little and in an old one not much more. */
int postgres_last_chunk(struct shelf_txn *txn, int64_t series, int64_t at, shelf_each_chunk *each, void *ctx)
{
	struct postgres_txn *t = postgres_txn_of(txn);
	for (int64_t days = 8;; days *= 8) {
		int64_t first_day = day_of(at) - days + 1, id, oldest;
		if (first_day < SHELF_DAY_MIN)
			first_day = SHELF_DAY_MIN;
		struct shelf_range range = {series, first_day * DAY_MS, at};
		int err = find_last(t, &range, &id, &oldest);
		if (err || id >= 0)
			return err ? err : walk_ids(t, &id, 1, each, ctx);
		if (oldest >= first_day || first_day == SHELF_DAY_MIN)
			return ERR_NOT_FOUND;
		at = first_day * DAY_MS - 1;
	}
}

/* ---- changing ---------------------------------------------------------- */

int postgres_put_chunk(struct shelf_txn *txn, const struct shelf_chunk *chunk)
{
	int64_t day_ms = chunk_id_day(chunk->id) * DAY_MS;
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "INSERT INTO tomte.chunk (hub, id, first, last, count, data) "
		       "VALUES ($1, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::bytea) ON CONFLICT (hub, id) DO UPDATE "
		       "SET first = excluded.first, last = excluded.last, count = excluded.count, data = excluded.data");
	pg_put_int(&q, chunk->id);
	pg_put_int(&q, chunk->first - day_ms);
	pg_put_int(&q, chunk->last - day_ms);
	pg_put_int(&q, chunk->count);
	pg_put_bytes(&q, chunk->data);
	return pg_send(&q);
}

int postgres_remove_chunk(struct shelf_txn *txn, int64_t id)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn), "DELETE FROM tomte.chunk WHERE hub = $1 AND id = $2::bigint");
	pg_put_int(&q, id);
	return pg_send(&q);
}

int postgres_quarantine(struct shelf_txn *txn, int64_t id, const char *reason)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "WITH gone AS (DELETE FROM tomte.chunk WHERE hub = $1 AND id = $2::bigint "
		       "RETURNING hub, id, first, last, count, data) "
		       "INSERT INTO tomte.quarantine (hub, chunk, at, reason, first, last, count, data) "
		       "SELECT hub, id, $3::bigint, $4::text, first, last, count, data FROM gone");
	pg_put_int(&q, id);
	pg_put_int(&q, clock_wall().ms);
	pg_put_text(&q, reason);
	int err = pg_run(&q);
	return err ? err : q.changed ? 0 : ERR_NOT_FOUND;
}

/* ---- trimming ---------------------------------------------------------- */

static int run_counted(struct pg_query *q, size_t *removed)
{
	int err = pg_run(q);
	if (!err)
		*removed += (size_t)q->changed;
	return err;
}

static int64_t limit_of(size_t most)
{
	return most > INT64_MAX ? INT64_MAX : (int64_t)most;
}

int postgres_trim(struct shelf_txn *txn, const struct shelf_days *before, size_t most, size_t *removed_r)
{
	struct postgres_txn *t = postgres_txn_of(txn);
	struct pg_query q;
	if (before->series) {
		postgres_query(&q, t,
			       WITH_RUN "DELETE FROM tomte.chunk WHERE hub = $1 AND id IN (SELECT id FROM run "
					"ORDER BY id LIMIT $5::bigint)");
		put_run(&q, before->series, SHELF_DAY_MIN, before->last_day - 1);
	} else {
		postgres_query(&q, t,
			       "DELETE FROM tomte.chunk WHERE hub = $1 AND id IN (SELECT id FROM tomte.chunk "
			       "WHERE hub = $1 AND id < $2::bigint ORDER BY id LIMIT $3::bigint)");
		pg_put_int(&q, chunk_id_of(before->last_day, 0));
	}
	pg_put_int(&q, limit_of(most));
	int err = run_counted(&q, removed_r);
	if (err || *removed_r >= most)
		return err;
	postgres_query(&q, t,
		       "DELETE FROM tomte.pending WHERE hub = $1 AND (day, series) IN (SELECT day, series FROM tomte.pending "
		       "WHERE hub = $1 AND day < $2::bigint AND ($3::bigint = 0 OR series = $3) ORDER BY day LIMIT $4::bigint)");
	pg_put_int(&q, before->last_day);
	pg_put_int(&q, before->series);
	pg_put_int(&q, limit_of(most - *removed_r));
	return run_counted(&q, removed_r);
}

/* What is on the shelf in SQLite beside chunks: rollups, notes of days to be rolled up, series and their
 * words. On the transaction's thread. */
#include "base/err.h"
#include "db/shelf_sqlite.h"

/* ---- rollups ----------------------------------------------------------- */

enum { BLOCK_BITS = 20, LEVEL_BITS = 2 };

/* Blocks of one level of one series lie together. */
static int64_t rollup_id(int64_t series, enum rollup_level level, int64_t block)
{
	return ((series << LEVEL_BITS | (int64_t)level) << BLOCK_BITS) | (block - SHELF_DAY_MIN);
}

static int64_t rollup_id_series(int64_t id)
{
	return id >> (LEVEL_BITS + BLOCK_BITS);
}

static int64_t rollup_id_block(int64_t id)
{
	return (id & ((1 << BLOCK_BITS) - 1)) + SHELF_DAY_MIN;
}

int sqlite_rollups(struct shelf_txn *txn, const struct shelf_rollup *first, int64_t last_block,
		   int (*each)(void *ctx, const struct shelf_rollup *rollup), void *ctx)
{
	struct query q;
	query_begin(&q, sqlite_txn_of(txn)->conn, "SELECT id, data FROM rollup WHERE id BETWEEN ? AND ? ORDER BY id");
	query_put_int(&q, rollup_id(first->series, first->level, first->block));
	query_put_int(&q, rollup_id(first->series, first->level, last_block));
	int err = 0;
	while (!err && query_next(&q)) {
		struct shelf_rollup rollup = {.series = first->series, .level = first->level};
		rollup.block = rollup_id_block(query_take_int(&q));
		rollup.data = query_take_span(&q);
		err = q.err ? q.err : each(ctx, &rollup);
	}
	int ended = query_end(&q);
	return err ? err : ended;
}

/* Removes rollups with first <= id <= last. */
static int remove_rollups(struct sqlite_txn *t, int64_t first, int64_t last)
{
	struct query q;
	query_begin(&q, t->conn, "SELECT sum(length(data)) FROM rollup WHERE id BETWEEN ? AND ?");
	query_put_int(&q, first);
	query_put_int(&q, last);
	int64_t bytes = query_next(&q) ? query_take_int(&q) : 0;
	int err = query_end(&q);
	if (err || bytes == 0)
		return err;
	query_begin(&q, t->conn, "DELETE FROM rollup WHERE id BETWEEN ? AND ?");
	query_put_int(&q, first);
	query_put_int(&q, last);
	err = query_run(&q);
	if (!err)
		t->meta[META_ROLLUP_BYTES] -= bytes;
	return err;
}

int sqlite_remove_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup)
{
	int64_t id = rollup_id(rollup->series, rollup->level, rollup->block);
	return remove_rollups(sqlite_txn_of(txn), id, id);
}

int sqlite_put_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	int err = sqlite_remove_rollup(txn, rollup);
	if (err)
		return err;
	struct query q;
	query_begin(&q, t->conn, "INSERT INTO rollup (id, data) VALUES (?, ?)");
	query_put_int(&q, rollup_id(rollup->series, rollup->level, rollup->block));
	query_put_blob(&q, rollup->data);
	err = query_run(&q);
	if (!err)
		t->meta[META_ROLLUP_BYTES] += (int64_t)rollup->data.len;
	return err;
}

/* The next series that has rollups, from the one given on; *series is INT64_MAX when there is none. */
static int next_series(struct sqlite_txn *t, int64_t *series)
{
	struct query q;
	query_begin(&q, t->conn, "SELECT id FROM rollup WHERE id >= ? ORDER BY id LIMIT 1");
	query_put_int(&q, rollup_id(*series, 0, SHELF_DAY_MIN));
	*series = query_next(&q) ? rollup_id_series(query_take_int(&q)) : INT64_MAX;
	return query_end(&q);
}

int sqlite_trim_rollups(struct shelf_txn *txn, const struct shelf_rollup *before)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	int64_t series = before->series ? before->series : 1;
	int err = before->series ? 0 : next_series(t, &series);
	while (!err && series <= SERIES_ID_MAX) {
		err = remove_rollups(t, rollup_id(series, before->level, SHELF_DAY_MIN),
				     rollup_id(series, before->level, before->block) - 1);
		series++;
		if (before->series)
			break;
		if (!err)
			err = next_series(t, &series);
	}
	return err;
}

/* ---- notes ------------------------------------------------------------- */

int sqlite_pending(struct shelf_txn *txn, const struct shelf_days *days,
		   int (*each)(void *ctx, int64_t day, int64_t series), void *ctx)
{
	struct query q;
	query_begin(&q, sqlite_txn_of(txn)->conn,
		    "SELECT day, series FROM pending WHERE day BETWEEN ?1 AND ?2 AND (?3 = 0 OR series = ?3) "
		    "ORDER BY day, series");
	query_put_int(&q, days->first_day);
	query_put_int(&q, days->last_day);
	query_put_int(&q, days->series);
	int err = 0;
	while (!err && query_next(&q)) {
		int64_t day = query_take_int(&q), series = query_take_int(&q);
		err = q.err ? q.err : each(ctx, day, series);
	}
	int ended = query_end(&q);
	return err ? err : ended;
}

static int run_with_two(struct sqlite_txn *t, const char *literal, int64_t a, int64_t b)
{
	struct query q;
	query_begin(&q, t->conn, literal);
	query_put_int(&q, a);
	query_put_int(&q, b);
	return query_run(&q);
}

int sqlite_put_pending(struct shelf_txn *txn, int64_t day, int64_t series)
{
	return run_with_two(sqlite_txn_of(txn), "INSERT OR IGNORE INTO pending (day, series) VALUES (?, ?)", day, series);
}

int sqlite_remove_pending(struct shelf_txn *txn, int64_t day, int64_t series)
{
	return run_with_two(sqlite_txn_of(txn), "DELETE FROM pending WHERE day = ? AND series = ?", day, series);
}

/* ---- words ------------------------------------------------------------- */

int sqlite_words(struct shelf_txn *txn, int (*each)(void *ctx, const struct shelf_word *word), void *ctx)
{
	struct query q;
	query_begin(&q, sqlite_txn_of(txn)->conn, "SELECT series, code, last_day, text FROM word ORDER BY series, code");
	int err = 0;
	while (!err && query_next(&q)) {
		char text[STORE_WORD_MAX + 1];
		struct shelf_word word = {.series = query_take_int(&q), .text = text};
		word.code = query_take_int(&q);
		word.last_day = query_take_int(&q);
		query_take_text(&q, text, sizeof text);
		err = q.err ? q.err : each(ctx, &word);
	}
	int ended = query_end(&q);
	return err ? err : ended;
}

int sqlite_put_word(struct shelf_txn *txn, const struct shelf_word *word)
{
	struct query q;
	query_begin(&q, sqlite_txn_of(txn)->conn,
		    "INSERT INTO word (series, code, last_day, text) VALUES (?, ?, ?, ?) ON CONFLICT (series, code) "
		    "DO UPDATE SET last_day = max(last_day, excluded.last_day), text = excluded.text");
	query_put_int(&q, word->series);
	query_put_int(&q, word->code);
	query_put_int(&q, word->last_day);
	query_put_text(&q, word->text);
	return query_run(&q);
}

int sqlite_trim_words(struct shelf_txn *txn, int64_t series, int64_t before_day)
{
	return run_with_two(sqlite_txn_of(txn), "DELETE FROM word WHERE (?1 = 0 OR series = ?1) AND last_day < ?2",
			    series, before_day);
}

/* ---- series ------------------------------------------------------------ */

static void take_series(struct query *q, struct series *s)
{
	s->id = query_take_int(q);
	query_take_text(q, s->device, sizeof s->device);
	query_take_text(q, s->entity, sizeof s->entity);
	query_take_text(q, s->topic, sizeof s->topic);
	query_take_text(q, s->path, sizeof s->path);
	query_take_text(q, s->unit, sizeof s->unit);
	query_take_text(q, s->device_class, sizeof s->device_class);
	s->kind = (enum series_kind)query_take_int(q);
	s->recorder.preset = (enum recorder_preset)query_take_int(q);
	s->recorder.interval_ms = query_take_int(q);
	s->recorder.deadband = query_take_real(q);
	s->raw_days = (int32_t)query_take_int(q);
	s->rollup_years = (int32_t)query_take_int(q);
	s->resolution_ms = query_take_int(q);
}

int sqlite_series(struct shelf_txn *txn, int (*each)(void *ctx, const struct series *series), void *ctx)
{
	struct query q;
	query_begin(&q, sqlite_txn_of(txn)->conn,
		    "SELECT id, device, entity, topic, path, unit, class, kind, preset, interval_ms, deadband, raw_days, "
		    "rollup_years, resolution_ms FROM series ORDER BY id");
	int err = 0;
	while (!err && query_next(&q)) {
		struct series series;
		take_series(&q, &series);
		err = q.err ? q.err : each(ctx, &series);
	}
	int ended = query_end(&q);
	return err ? err : ended;
}

int sqlite_put_series(struct shelf_txn *txn, const struct series *s)
{
	struct query q;
	query_begin(&q, sqlite_txn_of(txn)->conn,
		    "INSERT INTO series (id, device, entity, topic, path, unit, class, kind, preset, interval_ms, deadband, "
		    "raw_days, rollup_years, resolution_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		    "ON CONFLICT (id) DO UPDATE SET device = excluded.device, entity = excluded.entity, "
		    "topic = excluded.topic, path = excluded.path, unit = excluded.unit, class = excluded.class, "
		    "kind = excluded.kind, preset = excluded.preset, interval_ms = excluded.interval_ms, "
		    "deadband = excluded.deadband, raw_days = excluded.raw_days, rollup_years = excluded.rollup_years, "
		    "resolution_ms = excluded.resolution_ms");
	query_put_int(&q, s->id);
	query_put_text(&q, s->device);
	query_put_text(&q, s->entity);
	query_put_text(&q, s->topic);
	query_put_text(&q, s->path);
	query_put_text(&q, s->unit);
	query_put_text(&q, s->device_class);
	query_put_int(&q, s->kind);
	query_put_int(&q, s->recorder.preset);
	query_put_int(&q, s->recorder.interval_ms);
	query_put_real(&q, s->recorder.deadband);
	query_put_int(&q, s->raw_days);
	query_put_int(&q, s->rollup_years);
	query_put_int(&q, s->resolution_ms);
	return query_run(&q);
}

static int run_with(struct sqlite_txn *t, const char *literal, int64_t series)
{
	struct query q;
	query_begin(&q, t->conn, literal);
	query_put_int(&q, series);
	return query_run(&q);
}

static int remove_all_chunks(struct sqlite_txn *t, int64_t series)
{
	int64_t day;
	size_t removed = 0;
	int err = sqlite_day_from(t, 0, &day);
	while (!err && day != INT64_MAX) {
		const int64_t run[] = {chunk_id_of(day, series), chunk_id_end(day, series)};
		err = sqlite_remove_chunks(t, run, INT64_MAX, &removed);
		if (err || day == SHELF_DAY_MAX)
			break;
		err = sqlite_day_from(t, chunk_id_of(day + 1, 0), &day);
	}
	return err;
}

static int remove_quarantined(struct sqlite_txn *t, int64_t series)
{
	struct query q;
	query_begin(&q, t->conn, "DELETE FROM quarantine WHERE (chunk >> 16) & ? = ?");
	query_put_int(&q, SERIES_ID_MAX);
	query_put_int(&q, series);
	int err = query_run(&q);
	if (!err)
		t->meta[META_QUARANTINED] -= conn_changes(t->conn);
	return err;
}

int sqlite_remove_series(struct shelf_txn *txn, int64_t series)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	int err = remove_all_chunks(t, series);
	if (!err)
		err = remove_quarantined(t, series);
	if (!err)
		err = remove_rollups(t, rollup_id(series, 0, SHELF_DAY_MIN), rollup_id(series + 1, 0, SHELF_DAY_MIN) - 1);
	if (!err)
		err = run_with(t, "DELETE FROM pending WHERE series = ?", series);
	if (!err)
		err = run_with(t, "DELETE FROM word WHERE series = ?", series);
	if (!err)
		err = run_with(t, "DELETE FROM series WHERE id = ?", series);
	return err;
}

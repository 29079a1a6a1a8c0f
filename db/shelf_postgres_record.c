/* What is on the shelf in PostgreSQL beside chunks: rollups, notes of days to be rolled up, series and their
 * words. On the transaction's thread. */
#include "base/err.h"
#include "db/shelf_postgres.h"

/* ---- rollups ----------------------------------------------------------- */

enum { BATCH = 64 }; /* blocks asked for at once; some kB each */

int postgres_rollups(struct shelf_txn *txn, const struct shelf_rollup *first, int64_t last_block,
		     int (*each)(void *ctx, const struct shelf_rollup *rollup), void *ctx)
{
	int err = 0;
	int64_t block = first->block;
	int rows = BATCH;
	while (!err && rows == BATCH && block <= last_block) {
		struct pg_query q;
		postgres_query(&q, postgres_txn_of(txn),
			       "SELECT block, data FROM tomte.rollup WHERE hub = $1 AND series = $2::bigint AND level = $3::bigint "
			       "AND block BETWEEN $4::bigint AND $5::bigint ORDER BY block LIMIT $6::bigint");
		pg_put_int(&q, first->series);
		pg_put_int(&q, first->level);
		pg_put_int(&q, block);
		pg_put_int(&q, last_block);
		pg_put_int(&q, BATCH);
		while (!err && pg_next(&q)) {
			struct shelf_rollup rollup = {.series = first->series, .level = first->level};
			rollup.block = pg_take_int(&q);
			rollup.data = pg_take_span(&q);
			block = rollup.block + 1;
			err = q.err ? q.err : each(ctx, &rollup);
		}
		rows = q.rows;
		int ended = pg_end(&q);
		err = err ? err : ended;
	}
	return err;
}

static void put_key(struct pg_query *q, const struct shelf_rollup *rollup)
{
	pg_put_int(q, rollup->series);
	pg_put_int(q, rollup->level);
	pg_put_int(q, rollup->block);
}

int postgres_put_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "INSERT INTO tomte.rollup (hub, series, level, block, data) "
		       "VALUES ($1, $2::bigint, $3::bigint, $4::bigint, $5::bytea) "
		       "ON CONFLICT (hub, series, level, block) DO UPDATE SET data = excluded.data");
	put_key(&q, rollup);
	pg_put_bytes(&q, rollup->data);
	return pg_send(&q);
}

int postgres_remove_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "DELETE FROM tomte.rollup WHERE hub = $1 AND series = $2::bigint AND level = $3::bigint "
		       "AND block = $4::bigint");
	put_key(&q, rollup);
	return pg_send(&q);
}

int postgres_trim_rollups(struct shelf_txn *txn, const struct shelf_rollup *before)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "DELETE FROM tomte.rollup WHERE hub = $1 AND ($2::bigint = 0 OR series = $2) AND level = $3::bigint "
		       "AND block < $4::bigint");
	put_key(&q, before);
	return pg_send(&q);
}

/* ---- notes ------------------------------------------------------------- */

int postgres_pending(struct shelf_txn *txn, const struct shelf_days *days,
		     int (*each)(void *ctx, int64_t day, int64_t series), void *ctx)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "SELECT day, series FROM tomte.pending WHERE hub = $1 AND day BETWEEN $2::bigint AND $3::bigint "
		       "AND ($4::bigint = 0 OR series = $4) ORDER BY day, series");
	pg_put_int(&q, days->first_day);
	pg_put_int(&q, days->last_day);
	pg_put_int(&q, days->series);
	int err = 0;
	while (!err && pg_next(&q)) {
		int64_t day = pg_take_int(&q), series = pg_take_int(&q);
		err = q.err ? q.err : each(ctx, day, series);
	}
	int ended = pg_end(&q);
	return err ? err : ended;
}

static int send_with_two(struct shelf_txn *txn, const char *literal, int64_t a, int64_t b)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn), literal);
	pg_put_int(&q, a);
	pg_put_int(&q, b);
	return pg_send(&q);
}

int postgres_put_pending(struct shelf_txn *txn, int64_t day, int64_t series)
{
	return send_with_two(txn,
			     "INSERT INTO tomte.pending (hub, day, series) VALUES ($1, $2::bigint, $3::bigint) "
			     "ON CONFLICT (hub, day, series) DO NOTHING",
			     day, series);
}

int postgres_remove_pending(struct shelf_txn *txn, int64_t day, int64_t series)
{
	return send_with_two(txn, "DELETE FROM tomte.pending WHERE hub = $1 AND day = $2::bigint AND series = $3::bigint",
			     day, series);
}

/* ---- words ------------------------------------------------------------- */

int postgres_words(struct shelf_txn *txn, int (*each)(void *ctx, const struct shelf_word *word), void *ctx)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "SELECT series, code, last_day, text FROM tomte.word WHERE hub = $1 ORDER BY series, code");
	int err = 0;
	while (!err && pg_next(&q)) {
		char text[STORE_WORD_MAX + 1];
		struct shelf_word word = {.series = pg_take_int(&q), .text = text};
		word.code = pg_take_int(&q);
		word.last_day = pg_take_int(&q);
		pg_take_text(&q, text, sizeof text);
		err = q.err ? q.err : each(ctx, &word);
	}
	int ended = pg_end(&q);
	return err ? err : ended;
}

int postgres_put_word(struct shelf_txn *txn, const struct shelf_word *word)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "INSERT INTO tomte.word AS old (hub, series, code, last_day, text) "
		       "VALUES ($1, $2::bigint, $3::bigint, $4::bigint, $5::text) ON CONFLICT (hub, series, code) "
		       "DO UPDATE SET last_day = GREATEST(old.last_day, excluded.last_day), text = excluded.text");
	pg_put_int(&q, word->series);
	pg_put_int(&q, word->code);
	pg_put_int(&q, word->last_day);
	pg_put_text(&q, word->text);
	return pg_send(&q);
}

int postgres_trim_words(struct shelf_txn *txn, int64_t series, int64_t before_day)
{
	return send_with_two(txn,
			     "DELETE FROM tomte.word WHERE hub = $1 AND ($2::bigint = 0 OR series = $2) AND last_day < $3::bigint",
			     series, before_day);
}

/* ---- series ------------------------------------------------------------ */

static void take_series(struct pg_query *q, struct series *s)
{
	s->id = pg_take_int(q);
	pg_take_text(q, s->device, sizeof s->device);
	pg_take_text(q, s->entity, sizeof s->entity);
	pg_take_text(q, s->topic, sizeof s->topic);
	pg_take_text(q, s->path, sizeof s->path);
	pg_take_text(q, s->unit, sizeof s->unit);
	pg_take_text(q, s->device_class, sizeof s->device_class);
	s->kind = (enum series_kind)pg_take_int(q);
	s->recorder.preset = (enum recorder_preset)pg_take_int(q);
	s->recorder.interval_ms = pg_take_int(q);
	s->recorder.deadband = pg_take_real(q);
	s->raw_days = (int32_t)pg_take_int(q);
	s->rollup_years = (int32_t)pg_take_int(q);
	s->resolution_ms = pg_take_int(q);
}

int postgres_series(struct shelf_txn *txn, int (*each)(void *ctx, const struct series *series), void *ctx)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "SELECT id, device, entity, topic, path, unit, class, kind, preset, interval_ms, deadband, raw_days, "
		       "rollup_years, resolution_ms FROM tomte.series WHERE hub = $1 ORDER BY id");
	int err = 0;
	while (!err && pg_next(&q)) {
		struct series series;
		take_series(&q, &series);
		err = q.err ? q.err : each(ctx, &series);
	}
	int ended = pg_end(&q);
	return err ? err : ended;
}

int postgres_put_series(struct shelf_txn *txn, const struct series *s)
{
	struct pg_query q;
	postgres_query(&q, postgres_txn_of(txn),
		       "INSERT INTO tomte.series (hub, id, device, entity, topic, path, unit, class, kind, preset, interval_ms, "
		       "deadband, raw_days, rollup_years, resolution_ms) VALUES ($1, $2::bigint, $3::text, $4::text, $5::text, "
		       "$6::text, $7::text, $8::text, $9::bigint, $10::bigint, $11::bigint, $12::double precision, $13::bigint, "
		       "$14::bigint, $15::bigint) ON CONFLICT (hub, id) DO UPDATE SET device = excluded.device, "
		       "entity = excluded.entity, topic = excluded.topic, path = excluded.path, unit = excluded.unit, "
		       "class = excluded.class, kind = excluded.kind, preset = excluded.preset, "
		       "interval_ms = excluded.interval_ms, deadband = excluded.deadband, raw_days = excluded.raw_days, "
		       "rollup_years = excluded.rollup_years, resolution_ms = excluded.resolution_ms");
	pg_put_int(&q, s->id);
	pg_put_text(&q, s->device);
	pg_put_text(&q, s->entity);
	pg_put_text(&q, s->topic);
	pg_put_text(&q, s->path);
	pg_put_text(&q, s->unit);
	pg_put_text(&q, s->device_class);
	pg_put_int(&q, s->kind);
	pg_put_int(&q, s->recorder.preset);
	pg_put_int(&q, s->recorder.interval_ms);
	pg_put_real(&q, s->recorder.deadband);
	pg_put_int(&q, s->raw_days);
	pg_put_int(&q, s->rollup_years);
	pg_put_int(&q, s->resolution_ms);
	return pg_send(&q);
}

int postgres_remove_series(struct shelf_txn *txn, int64_t series)
{
	static const char *const statements[] = {
		"DELETE FROM tomte.quarantine WHERE hub = $1 AND (chunk >> 16) & 134217727 = $2::bigint",
		"DELETE FROM tomte.rollup WHERE hub = $1 AND series = $2::bigint",
		"DELETE FROM tomte.pending WHERE hub = $1 AND series = $2::bigint",
		"DELETE FROM tomte.word WHERE hub = $1 AND series = $2::bigint",
		"DELETE FROM tomte.series WHERE hub = $1 AND id = $2::bigint",
	};
	size_t removed = 0;
	struct shelf_days all = {series, SHELF_DAY_MIN, SHELF_DAY_MAX + 1};
	int err = postgres_trim(txn, &all, SIZE_MAX, &removed);
	for (size_t i = 0; i < sizeof statements / sizeof *statements && !err; i++) {
		struct pg_query q;
		postgres_query(&q, postgres_txn_of(txn), statements[i]);
		pg_put_int(&q, series);
		err = pg_send(&q);
	}
	return err;
}

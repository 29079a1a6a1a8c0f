/* The shelf's interface: the arithmetic of chunk ids, what no row can be, and the
 * step from each function to the implementation's. Any thread. */
#include "base/err.h"
#include "db/shelf_private.h"

enum { SLOT_MS = 1319, SLOT_BITS = 16, SERIES_BITS = 27 };

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* A time, day or block of which rows may exist. */
static int64_t clamp_time(int64_t at_ms)
{
	return clamp(at_ms, SHELF_DAY_MIN * DAY_MS, (SHELF_DAY_MAX + 1) * DAY_MS - 1);
}

static int64_t clamp_day(int64_t day)
{
	return clamp(day, SHELF_DAY_MIN, SHELF_DAY_MAX);
}

static bool series_valid(int64_t series)
{
	return series >= 1 && series <= SERIES_ID_MAX;
}

static bool series_or_all_valid(int64_t series)
{
	return series == 0 || series_valid(series);
}

int64_t day_of(int64_t at_ms)
{
	return at_ms >= 0 ? at_ms / DAY_MS : -((-(at_ms + 1)) / DAY_MS) - 1;
}

int64_t chunk_id_of(int64_t day, int64_t series)
{
	return ((clamp_day(day) - SHELF_DAY_MIN) << (SERIES_BITS + SLOT_BITS)) | (series << SLOT_BITS);
}

int64_t chunk_id(int64_t series, int64_t first_ms)
{
	int64_t day = day_of(first_ms);
	return chunk_id_of(day, series) | clamp(first_ms - clamp_day(day) * DAY_MS, 0, DAY_MS - 1) / SLOT_MS;
}

int64_t chunk_id_end(int64_t day, int64_t series)
{
	return chunk_id_of(day, series) | ((1 << SLOT_BITS) - 1);
}

int64_t chunk_id_day(int64_t id)
{
	return (id >> (SERIES_BITS + SLOT_BITS)) + SHELF_DAY_MIN;
}

int64_t chunk_id_series(int64_t id)
{
	return (id >> SLOT_BITS) & ((1LL << SERIES_BITS) - 1);
}

/* ---- transactions ------------------------------------------------------ */

int shelf_begin(struct shelf *shelf, bool write, struct shelf_txn **txn_r)
{
	*txn_r = NULL;
	return shelf->ops->begin(shelf, write, txn_r);
}

int shelf_commit(struct shelf_txn **txn, uint64_t mark)
{
	struct shelf_txn *ended = *txn;
	*txn = NULL;
	return ended->shelf->ops->commit(ended, mark);
}

void shelf_end(struct shelf_txn **txn)
{
	if (*txn)
		(*txn)->shelf->ops->end(*txn);
	*txn = NULL;
}

/* ---- reading ----------------------------------------------------------- */

int shelf_mark(struct shelf_txn *txn, uint64_t *mark_r)
{
	return txn->shelf->ops->mark(txn, mark_r);
}

int shelf_chunks(struct shelf_txn *txn, const struct shelf_range *range, shelf_each_chunk *each, void *ctx)
{
	struct shelf_range clamped = {range->series, clamp_time(range->from), clamp_time(range->to)};
	if (!series_valid(range->series) || range->from > range->to || clamped.from > range->to || clamped.to < range->from)
		return 0;
	return txn->shelf->ops->chunks(txn, &clamped, each, ctx);
}

int shelf_chunks_all(struct shelf_txn *txn, int64_t first_id, int64_t last_id, shelf_each_chunk *each, void *ctx)
{
	if (first_id > last_id)
		return 0;
	return txn->shelf->ops->chunks_all(txn, first_id, last_id, each, ctx);
}

int shelf_last_chunk(struct shelf_txn *txn, int64_t series, int64_t at, shelf_each_chunk *each, void *ctx)
{
	if (!series_valid(series) || at < SHELF_DAY_MIN * DAY_MS)
		return ERR_NOT_FOUND;
	return txn->shelf->ops->last_chunk(txn, series, clamp_time(at), each, ctx);
}

static bool level_valid(enum rollup_level level)
{
	return level == ROLLUP_5MIN || level == ROLLUP_HOUR;
}

int shelf_rollups(struct shelf_txn *txn, const struct shelf_rollup *first, int64_t last_block,
		  int (*each)(void *ctx, const struct shelf_rollup *rollup), void *ctx)
{
	struct shelf_rollup clamped = {first->series, clamp_day(first->block), first->level, {NULL, 0}};
	if (!series_valid(first->series) || !level_valid(first->level) || first->block > last_block ||
	    first->block > SHELF_DAY_MAX || last_block < SHELF_DAY_MIN)
		return 0;
	return txn->shelf->ops->rollups(txn, &clamped, clamp_day(last_block), each, ctx);
}

int shelf_pending(struct shelf_txn *txn, const struct shelf_days *days,
		  int (*each)(void *ctx, int64_t day, int64_t series), void *ctx)
{
	if (!series_or_all_valid(days->series))
		return 0;
	return txn->shelf->ops->pending(txn, days, each, ctx);
}

int shelf_series(struct shelf_txn *txn, int (*each)(void *ctx, const struct series *series), void *ctx)
{
	return txn->shelf->ops->series(txn, each, ctx);
}

int shelf_words(struct shelf_txn *txn, int (*each)(void *ctx, const struct shelf_word *word), void *ctx)
{
	return txn->shelf->ops->words(txn, each, ctx);
}

int shelf_size(struct shelf_txn *txn, struct shelf_size *size_r)
{
	return txn->shelf->ops->size(txn, size_r);
}

/* ---- writing ----------------------------------------------------------- */

static bool chunk_valid(const struct shelf_chunk *chunk)
{
	int64_t day = day_of(chunk->first), series = chunk_id_series(chunk->id);
	return day == clamp_day(day) && day == day_of(chunk->last) && chunk->first <= chunk->last &&
	       series_valid(series) && chunk->id == chunk_id(series, chunk->first) && chunk->count > 0 &&
	       chunk->data.len > 0 && chunk->data.len <= SHELF_DATA_MAX;
}

void shelf_chunk_place(struct shelf_chunk *chunk, int64_t first_ms, int64_t last_ms, int64_t count)
{
	int64_t day_ms = chunk_id_day(chunk->id) * DAY_MS;
	bool sane = first_ms >= 0 && first_ms < DAY_MS && last_ms >= first_ms && last_ms < DAY_MS && count > 0 &&
		    count <= UINT32_MAX;
	chunk->first = day_ms + (sane ? first_ms : 0);
	chunk->last = day_ms + (sane ? last_ms : DAY_MS - 1);
	chunk->count = sane ? (uint32_t)count : 0;
	if (!sane || !chunk_valid(chunk))
		chunk->data = (struct span){NULL, 0};
}

static bool rollup_key_valid(const struct shelf_rollup *rollup)
{
	return series_valid(rollup->series) && level_valid(rollup->level) && rollup->block == clamp_day(rollup->block);
}

int shelf_put_chunk(struct shelf_txn *txn, const struct shelf_chunk *chunk)
{
	if (!chunk_valid(chunk))
		return ERR_INVALID;
	return txn->shelf->ops->put_chunk(txn, chunk);
}

int shelf_remove_chunk(struct shelf_txn *txn, int64_t id)
{
	return txn->shelf->ops->remove_chunk(txn, id);
}

int shelf_put_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup)
{
	if (!rollup_key_valid(rollup) || rollup->data.len > SHELF_DATA_MAX)
		return ERR_INVALID;
	return txn->shelf->ops->put_rollup(txn, rollup);
}

int shelf_remove_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup)
{
	if (!rollup_key_valid(rollup))
		return ERR_INVALID;
	return txn->shelf->ops->remove_rollup(txn, rollup);
}

int shelf_put_pending(struct shelf_txn *txn, int64_t day, int64_t series)
{
	if (day != clamp_day(day) || !series_valid(series))
		return ERR_INVALID;
	return txn->shelf->ops->put_pending(txn, day, series);
}

int shelf_remove_pending(struct shelf_txn *txn, int64_t day, int64_t series)
{
	return txn->shelf->ops->remove_pending(txn, day, series);
}

int shelf_put_series(struct shelf_txn *txn, const struct series *series)
{
	if (!series_valid(series->id))
		return ERR_INVALID;
	return txn->shelf->ops->put_series(txn, series);
}

int shelf_put_word(struct shelf_txn *txn, const struct shelf_word *word)
{
	if (!series_valid(word->series))
		return ERR_INVALID;
	return txn->shelf->ops->put_word(txn, word);
}

int shelf_trim(struct shelf_txn *txn, const struct shelf_days *before, size_t most, size_t *removed_r)
{
	struct shelf_days clamped = {before->series, SHELF_DAY_MIN, clamp_day(before->last_day)};
	*removed_r = 0;
	if (!series_or_all_valid(before->series))
		return ERR_INVALID;
	return most == 0 ? 0 : txn->shelf->ops->trim(txn, &clamped, most, removed_r);
}

int shelf_trim_rollups(struct shelf_txn *txn, const struct shelf_rollup *before)
{
	struct shelf_rollup clamped = {before->series, clamp_day(before->block), before->level, {NULL, 0}};
	if (!series_or_all_valid(before->series) || !level_valid(before->level))
		return ERR_INVALID;
	return txn->shelf->ops->trim_rollups(txn, &clamped);
}

int shelf_trim_words(struct shelf_txn *txn, int64_t series, int64_t before_day)
{
	if (!series_or_all_valid(series))
		return ERR_INVALID;
	return txn->shelf->ops->trim_words(txn, series, before_day);
}

int shelf_remove_series(struct shelf_txn *txn, int64_t series)
{
	if (!series_valid(series))
		return ERR_INVALID;
	return txn->shelf->ops->remove_series(txn, series);
}

int shelf_quarantine(struct shelf_txn *txn, int64_t chunk_id, const char *reason)
{
	return txn->shelf->ops->quarantine(txn, chunk_id, reason);
}

/* ---- outside of transactions ------------------------------------------- */

int shelf_tidy(struct shelf *shelf)
{
	return shelf->ops->tidy(shelf);
}

int shelf_flush(struct shelf *shelf)
{
	return shelf->ops->flush(shelf);
}

int shelf_scrub(struct shelf *shelf)
{
	return shelf->ops->scrub(shelf);
}

int shelf_check(struct shelf *shelf, int64_t limit_ms, char found_r[256])
{
	return shelf->ops->check(shelf, limit_ms, found_r);
}

uint64_t shelf_written_bytes(struct shelf *shelf)
{
	return shelf->ops->written_bytes(shelf);
}

void shelf_close(struct shelf **shelf)
{
	if (*shelf)
		(*shelf)->ops->close(*shelf);
	*shelf = NULL;
}

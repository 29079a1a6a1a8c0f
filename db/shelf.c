/* The shelf's interface: the arithmetic of chunk ids, and the step from each
 * function to the implementation's. */
#include "db/shelf_private.h"

enum { SLOT_MS = 1319, SLOT_BITS = 16, SERIES_BITS = 27, DAY_BIAS = 1 << 19 };

int64_t day_of(int64_t at_ms)
{
	return at_ms >= 0 ? at_ms / DAY_MS : -((-(at_ms + 1)) / DAY_MS) - 1;
}

int64_t chunk_id_of(int64_t day, int64_t series)
{
	return ((day + DAY_BIAS) << (SERIES_BITS + SLOT_BITS)) | (series << SLOT_BITS);
}

int64_t chunk_id(int64_t series, int64_t first_ms)
{
	int64_t day = day_of(first_ms);
	return chunk_id_of(day, series) | (first_ms - day * DAY_MS) / SLOT_MS;
}

int64_t chunk_id_day(int64_t id)
{
	return (id >> (SERIES_BITS + SLOT_BITS)) - DAY_BIAS;
}

int64_t chunk_id_series(int64_t id)
{
	return (id >> SLOT_BITS) & ((1LL << SERIES_BITS) - 1);
}

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

int shelf_mark(struct shelf_txn *txn, uint64_t *mark_r)
{
	return txn->shelf->ops->mark(txn, mark_r);
}

int shelf_chunks(struct shelf_txn *txn, const struct shelf_range *range, shelf_each_chunk *each, void *ctx)
{
	return txn->shelf->ops->chunks(txn, range, each, ctx);
}

int shelf_chunks_all(struct shelf_txn *txn, int64_t first_id, int64_t last_id, shelf_each_chunk *each, void *ctx)
{
	return txn->shelf->ops->chunks_all(txn, first_id, last_id, each, ctx);
}

int shelf_last_chunk(struct shelf_txn *txn, int64_t series, int64_t at, shelf_each_chunk *each, void *ctx)
{
	return txn->shelf->ops->last_chunk(txn, series, at, each, ctx);
}

int shelf_rollups(struct shelf_txn *txn, const struct shelf_rollup *first, int64_t last_block,
		  int (*each)(void *ctx, const struct shelf_rollup *rollup), void *ctx)
{
	return txn->shelf->ops->rollups(txn, first, last_block, each, ctx);
}

int shelf_pending(struct shelf_txn *txn, const struct shelf_days *days,
		  int (*each)(void *ctx, int64_t day, int64_t series), void *ctx)
{
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

int shelf_put_chunk(struct shelf_txn *txn, const struct shelf_chunk *chunk)
{
	return txn->shelf->ops->put_chunk(txn, chunk);
}

int shelf_remove_chunk(struct shelf_txn *txn, int64_t id)
{
	return txn->shelf->ops->remove_chunk(txn, id);
}

int shelf_put_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup)
{
	return txn->shelf->ops->put_rollup(txn, rollup);
}

int shelf_remove_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup)
{
	return txn->shelf->ops->remove_rollup(txn, rollup);
}

int shelf_put_pending(struct shelf_txn *txn, int64_t day, int64_t series)
{
	return txn->shelf->ops->put_pending(txn, day, series);
}

int shelf_remove_pending(struct shelf_txn *txn, int64_t day, int64_t series)
{
	return txn->shelf->ops->remove_pending(txn, day, series);
}

int shelf_put_series(struct shelf_txn *txn, const struct series *series)
{
	return txn->shelf->ops->put_series(txn, series);
}

int shelf_put_word(struct shelf_txn *txn, const struct shelf_word *word)
{
	return txn->shelf->ops->put_word(txn, word);
}

int shelf_trim(struct shelf_txn *txn, const struct shelf_days *before, size_t most, size_t *removed_r)
{
	return txn->shelf->ops->trim(txn, before, most, removed_r);
}

int shelf_trim_rollups(struct shelf_txn *txn, const struct shelf_rollup *before)
{
	return txn->shelf->ops->trim_rollups(txn, before);
}

int shelf_trim_words(struct shelf_txn *txn, int64_t series, int64_t before_day)
{
	return txn->shelf->ops->trim_words(txn, series, before_day);
}

int shelf_remove_series(struct shelf_txn *txn, int64_t series)
{
	return txn->shelf->ops->remove_series(txn, series);
}

int shelf_quarantine(struct shelf_txn *txn, int64_t chunk_id, const char *reason)
{
	return txn->shelf->ops->quarantine(txn, chunk_id, reason);
}

int shelf_tidy(struct shelf *shelf)
{
	return shelf->ops->tidy(shelf);
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

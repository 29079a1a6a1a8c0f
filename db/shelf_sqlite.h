/* The inside of the shelf in SQLite, for the files that implement it. */
#ifndef DB_SHELF_SQLITE_H
#define DB_SHELF_SQLITE_H

#include "db/conn.h"
#include "db/shelf_private.h"

/* The rows of table meta. */
enum meta { META_MARK, META_CHUNKS, META_SAMPLES, META_CHUNK_BYTES, META_ROLLUP_BYTES, META_QUARANTINED, META_COUNT };

struct sqlite_txn {
	struct shelf_txn txn;
	struct conn *conn; /* the writer's or one of the pool */
	bool write;
	int64_t meta[META_COUNT];   /* as this transaction sees them */
	int64_t stored[META_COUNT]; /* as they are in the file */
};

static inline struct sqlite_txn *sqlite_txn_of(struct shelf_txn *txn)
{
	return (struct sqlite_txn *)txn;
}

/* The slots of shelf_ops. */
int sqlite_chunks(struct shelf_txn *txn, const struct shelf_range *range, shelf_each_chunk *each, void *ctx);
int sqlite_chunks_all(struct shelf_txn *txn, int64_t first_id, int64_t last_id, shelf_each_chunk *each, void *ctx);
int sqlite_last_chunk(struct shelf_txn *txn, int64_t series, int64_t at, shelf_each_chunk *each, void *ctx);
int sqlite_put_chunk(struct shelf_txn *txn, const struct shelf_chunk *chunk);
int sqlite_remove_chunk(struct shelf_txn *txn, int64_t id);
int sqlite_trim(struct shelf_txn *txn, const struct shelf_days *before, size_t most, size_t *removed_r);
int sqlite_quarantine(struct shelf_txn *txn, int64_t id, const char *reason);
/* The slots of shelf_ops that know rollups, notes, series and words. */
int sqlite_rollups(struct shelf_txn *txn, const struct shelf_rollup *first, int64_t last_block,
		   int (*each)(void *ctx, const struct shelf_rollup *rollup), void *ctx);
int sqlite_pending(struct shelf_txn *txn, const struct shelf_days *days,
		   int (*each)(void *ctx, int64_t day, int64_t series), void *ctx);
int sqlite_series(struct shelf_txn *txn, int (*each)(void *ctx, const struct series *series), void *ctx);
int sqlite_words(struct shelf_txn *txn, int (*each)(void *ctx, const struct shelf_word *word), void *ctx);
int sqlite_put_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup);
int sqlite_remove_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup);
int sqlite_put_pending(struct shelf_txn *txn, int64_t day, int64_t series);
int sqlite_remove_pending(struct shelf_txn *txn, int64_t day, int64_t series);
int sqlite_put_series(struct shelf_txn *txn, const struct series *series);
int sqlite_put_word(struct shelf_txn *txn, const struct shelf_word *word);
int sqlite_trim_rollups(struct shelf_txn *txn, const struct shelf_rollup *before);
int sqlite_trim_words(struct shelf_txn *txn, int64_t series, int64_t before_day);
int sqlite_remove_series(struct shelf_txn *txn, int64_t series);

/* The day of the oldest chunk with an id of at least `id`, or of the newest with one of at most that.
 * *day_r is INT64_MAX when there is none. Returns 0 or an error as query_end. */
int sqlite_day_from(struct sqlite_txn *t, int64_t id, int64_t *day_r);
int sqlite_day_until(struct sqlite_txn *t, int64_t id, int64_t *day_r);

/* Removes chunks with first <= id <= last, the oldest first, at most `most`; adds to *removed. */
int sqlite_remove_chunks(struct sqlite_txn *t, const int64_t id[2], size_t most, size_t *removed);

#endif

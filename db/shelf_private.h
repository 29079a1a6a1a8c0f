/* What an implementation of the shelf provides: a function for each of shelf.h, which says
 * what they do. All slots are called on the transaction's thread and may block. Ids, days and blocks
 * that they are given are in range; series and level too, or 0 where that stands for all. */
#ifndef DB_SHELF_PRIVATE_H
#define DB_SHELF_PRIVATE_H

#include "db/shelf.h"

typedef int shelf_each_chunk(void *ctx, const struct shelf_chunk *chunk);

struct shelf_ops {
	int (*begin)(struct shelf *shelf, bool write, struct shelf_txn **txn_r);
	int (*commit)(struct shelf_txn *txn, uint64_t mark); /* frees txn */
	void (*end)(struct shelf_txn *txn);                  /* frees txn */

	int (*mark)(struct shelf_txn *txn, uint64_t *mark_r);
	int (*chunks)(struct shelf_txn *txn, const struct shelf_range *range, shelf_each_chunk *each, void *ctx);
	int (*chunks_all)(struct shelf_txn *txn, int64_t first_id, int64_t last_id, shelf_each_chunk *each, void *ctx);
	int (*last_chunk)(struct shelf_txn *txn, int64_t series, int64_t at, shelf_each_chunk *each, void *ctx);
	int (*rollups)(struct shelf_txn *txn, const struct shelf_rollup *first, int64_t last_block,
		       int (*each)(void *ctx, const struct shelf_rollup *rollup), void *ctx);
	int (*pending)(struct shelf_txn *txn, const struct shelf_days *days,
		       int (*each)(void *ctx, int64_t day, int64_t series), void *ctx);
	int (*series)(struct shelf_txn *txn, int (*each)(void *ctx, const struct series *series), void *ctx);
	int (*words)(struct shelf_txn *txn, int (*each)(void *ctx, const struct shelf_word *word), void *ctx);
	int (*size)(struct shelf_txn *txn, struct shelf_size *size_r);

	int (*put_chunk)(struct shelf_txn *txn, const struct shelf_chunk *chunk);
	int (*remove_chunk)(struct shelf_txn *txn, int64_t id);
	int (*put_rollup)(struct shelf_txn *txn, const struct shelf_rollup *rollup);
	int (*remove_rollup)(struct shelf_txn *txn, const struct shelf_rollup *rollup);
	int (*put_pending)(struct shelf_txn *txn, int64_t day, int64_t series);
	int (*remove_pending)(struct shelf_txn *txn, int64_t day, int64_t series);
	int (*put_series)(struct shelf_txn *txn, const struct series *series);
	int (*put_word)(struct shelf_txn *txn, const struct shelf_word *word);
	int (*trim)(struct shelf_txn *txn, const struct shelf_days *before, size_t most, size_t *removed_r);
	int (*trim_rollups)(struct shelf_txn *txn, const struct shelf_rollup *before);
	int (*trim_words)(struct shelf_txn *txn, int64_t series, int64_t before_day);
	int (*remove_series)(struct shelf_txn *txn, int64_t series);
	int (*quarantine)(struct shelf_txn *txn, int64_t chunk_id, const char *reason);

	int (*tidy)(struct shelf *shelf);
	int (*flush)(struct shelf *shelf);
	int (*scrub)(struct shelf *shelf);
	int (*check)(struct shelf *shelf, int64_t limit_ms, char found_r[256]);
	uint64_t (*written_bytes)(struct shelf *shelf);
	void (*close)(struct shelf *shelf);
};

/* The first member of an implementation's struct. */
struct shelf {
	const struct shelf_ops *ops;
};

struct shelf_txn {
	struct shelf *shelf;
};

/* Makes a chunk's first and last of a row's ms within the day; an impossible row becomes one with empty data. */
void shelf_chunk_place(struct shelf_chunk *chunk, int64_t first_ms, int64_t last_ms, int64_t count);

#endif

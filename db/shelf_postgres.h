/* The inside of the shelf in PostgreSQL, for the files that implement it. */
#ifndef DB_SHELF_POSTGRES_H
#define DB_SHELF_POSTGRES_H

#include "db/pg.h"
#include "db/shelf_private.h"

struct postgres_txn {
	struct shelf_txn txn;
	struct pg *pg;     /* this transaction's */
	const char *hub;   /* the shelf's: $1 of every statement */
	bool write;
	int64_t mark, revision; /* as the transaction began */
};

static inline struct postgres_txn *postgres_txn_of(struct shelf_txn *txn)
{
	return (struct postgres_txn *)txn;
}

/* Begins a query with the hub as its first parameter. */
static inline void postgres_query(struct pg_query *q, struct postgres_txn *t, const char *sql)
{
	pg_begin(q, t->pg, sql);
	pg_put_text(q, t->hub);
}

/* The slots of shelf_ops. */
int postgres_chunks(struct shelf_txn *txn, const struct shelf_range *range, shelf_each_chunk *each, void *ctx);
int postgres_chunks_all(struct shelf_txn *txn, int64_t first_id, int64_t last_id, shelf_each_chunk *each, void *ctx);
int postgres_last_chunk(struct shelf_txn *txn, int64_t series, int64_t at, shelf_each_chunk *each, void *ctx);
int postgres_put_chunk(struct shelf_txn *txn, const struct shelf_chunk *chunk);
int postgres_remove_chunk(struct shelf_txn *txn, int64_t id);
int postgres_trim(struct shelf_txn *txn, const struct shelf_days *before, size_t most, size_t *removed_r);
int postgres_quarantine(struct shelf_txn *txn, int64_t id, const char *reason);
/* The slots of shelf_ops that know rollups, notes, series and words. */
int postgres_rollups(struct shelf_txn *txn, const struct shelf_rollup *first, int64_t last_block,
		     int (*each)(void *ctx, const struct shelf_rollup *rollup), void *ctx);
int postgres_pending(struct shelf_txn *txn, const struct shelf_days *days,
		     int (*each)(void *ctx, int64_t day, int64_t series), void *ctx);
int postgres_series(struct shelf_txn *txn, int (*each)(void *ctx, const struct series *series), void *ctx);
int postgres_words(struct shelf_txn *txn, int (*each)(void *ctx, const struct shelf_word *word), void *ctx);
int postgres_put_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup);
int postgres_remove_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup);
int postgres_put_pending(struct shelf_txn *txn, int64_t day, int64_t series);
int postgres_remove_pending(struct shelf_txn *txn, int64_t day, int64_t series);
int postgres_put_series(struct shelf_txn *txn, const struct series *series);
int postgres_put_word(struct shelf_txn *txn, const struct shelf_word *word);
int postgres_trim_rollups(struct shelf_txn *txn, const struct shelf_rollup *before);
int postgres_trim_words(struct shelf_txn *txn, int64_t series, int64_t before_day);
int postgres_remove_series(struct shelf_txn *txn, int64_t series);

#endif

/* The shelf: where sealed history lies. An interface with two implementations: SQLite
 * (telemetry.db) and PostgreSQL. It stores rows and knows nothing of what they mean; merging, rolling up
 * and answering questions are above it.
 *
 * Everything happens in a transaction of one thread. Reading ones see a snapshot and may be many; the one
 * writing transaction at a time belongs to the sealer's thread and sees its own changes. Errors: ERR_DISK_FULL,
 * ERR_IO, ERR_BUSY, ERR_DAMAGED, ERR_NOMEM, ERR_INVALID (a row that no shelf can hold), and ERR_AGAIN when a remote
 * shelf cannot be reached; after any but ERR_NOT_FOUND and ERR_INVALID, only shelf_end is of use. */
#ifndef DB_SHELF_H
#define DB_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "db/history.h"
#include "db/rollup.h"

struct shelf;
struct shelf_txn;

#define DAY_MS 86400000LL
/* The days that rows can be of; also the bounds of a rollup's block. */
enum { SHELF_DAY_MIN = -(1 << 19), SHELF_DAY_MAX = (1 << 19) - 1 };
enum { SHELF_DATA_MAX = 1 << 20 }; /* bytes of a row; the largest chunk takes a seventh of that */

/* ---- chunk ids: day, series, time ------------------------------------- */

/* The id of the chunk that begins at the time: ids ascend with day, then series, then time
 * within the day (in slots of 1319 ms: two chunks of a series never begin in one slot). */
int64_t chunk_id(int64_t series, int64_t first_ms);
/* The lowest id of the series on the day; chunk_id_of(day, 0) is the lowest of the day. day: as day_of; one
 * before SHELF_DAY_MIN or after SHELF_DAY_MAX counts as that. */
int64_t chunk_id_of(int64_t day, int64_t series);
/* The highest id of the series on the day. */
int64_t chunk_id_end(int64_t day, int64_t series);
int64_t chunk_id_day(int64_t id);
int64_t chunk_id_series(int64_t id);
/* The UTC day of a time, counted from the epoch, also backwards. */
int64_t day_of(int64_t at_ms);

struct shelf_chunk {
	int64_t id;
	int64_t first, last; /* ms since the epoch, both on the day of id */
	uint32_t count;
	struct span data;    /* chunk.h; borrowed for the call. Empty, with the whole day as first and last, when
	                      * the row's numbers make no sense: chunk_decode calls that damaged */
};

struct shelf_rollup {
	int64_t series, block;
	enum rollup_level level;
	struct span data;
};

struct shelf_word {
	int64_t series, code, last_day; /* the last day that it was said */
	const char *text;
};

struct shelf_size {
	int64_t bytes;       /* of all that is used */
	int64_t free_bytes;  /* inside of the files, to be given back by shelf_tidy */
	int64_t chunks, samples, chunk_bytes, rollup_bytes, quarantined;
	int64_t first_day;   /* of the oldest chunk; INT64_MAX when there is none */
};

/* ---- transactions ------------------------------------------------------ */

/* Begins a transaction; *txn_r is NULL on failure. ERR_BUSY: another one is writing. */
int shelf_begin(struct shelf *shelf, bool write, struct shelf_txn **txn_r);
/* Makes a writing transaction durable, with the journal's number up to which everything is in it (0: leaves
 * that as it is), and ends it either way. */
int shelf_commit(struct shelf_txn **txn, uint64_t mark);
/* Ends a reading one, or drops the changes of a writing one. NULL inside is fine. */
void shelf_end(struct shelf_txn **txn);

/* ---- reading ----------------------------------------------------------- */

/* Whatever times, days and ids are asked for, those that no row can have are met by none.
 *
 * each returns 0 to go on; anything else ends the walk and is returned. It may call any shelf_* function on the
 * transaction but shelf_commit and shelf_end, also the one that runs. What it puts or removes behind the walk, or
 * the row in its hands, is safe; whether the walk still meets what it changes ahead of itself is open. */
struct shelf_range {
	int64_t series, from, to;
};
struct shelf_days {
	int64_t series, first_day, last_day;
};

/* The number that the last commit with one gave; 0 on an empty shelf. */
int shelf_mark(struct shelf_txn *txn, uint64_t *mark_r);
/* Chunks of the series that overlap [from, to], ms, in order of time. */
int shelf_chunks(struct shelf_txn *txn, const struct shelf_range *range,
		 int (*each)(void *ctx, const struct shelf_chunk *chunk), void *ctx);
/* All chunks with first_id <= id <= last_id, any series, in order of id. */
int shelf_chunks_all(struct shelf_txn *txn, int64_t first_id, int64_t last_id,
		     int (*each)(void *ctx, const struct shelf_chunk *chunk), void *ctx);
/* The chunk of the series that begins last, not later than at. ERR_NOT_FOUND. */
int shelf_last_chunk(struct shelf_txn *txn, int64_t series, int64_t at,
		     int (*each)(void *ctx, const struct shelf_chunk *chunk), void *ctx);
/* Blocks of series and level with first.block <= block <= last_block, in order. */
int shelf_rollups(struct shelf_txn *txn, const struct shelf_rollup *first, int64_t last_block,
		  int (*each)(void *ctx, const struct shelf_rollup *rollup), void *ctx);
/* Days whose rollups are not up to date, of one series (0: of all) in [first_day, last_day], in order of
 * day, series. */
int shelf_pending(struct shelf_txn *txn, const struct shelf_days *days,
		  int (*each)(void *ctx, int64_t day, int64_t series), void *ctx);
/* All series, in order of id. */
int shelf_series(struct shelf_txn *txn, int (*each)(void *ctx, const struct series *series), void *ctx);
/* All words, in order of series, code. */
int shelf_words(struct shelf_txn *txn, int (*each)(void *ctx, const struct shelf_word *word), void *ctx);
/* What it holds; cheap. */
int shelf_size(struct shelf_txn *txn, struct shelf_size *size_r);

/* ---- writing ----------------------------------------------------------- */

/* Each inserts or replaces the row with its key (of a word the later last_day stays), or removes it: also 0 when
 * there is none. The keys: a chunk's id; series, level, block; day, series; a series' id; series, code. */
int shelf_put_chunk(struct shelf_txn *txn, const struct shelf_chunk *chunk);
int shelf_remove_chunk(struct shelf_txn *txn, int64_t id);
int shelf_put_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup);
int shelf_remove_rollup(struct shelf_txn *txn, const struct shelf_rollup *rollup);
int shelf_put_pending(struct shelf_txn *txn, int64_t day, int64_t series);
int shelf_remove_pending(struct shelf_txn *txn, int64_t day, int64_t series);
int shelf_put_series(struct shelf_txn *txn, const struct series *series);
int shelf_put_word(struct shelf_txn *txn, const struct shelf_word *word);
/* Chunks and notes of the series (0: of all) of days before before->last_day (first_day is not looked at), the
 * oldest first; at most `most` rows, *removed_r says how many: fewer than `most` when nothing is left. */
int shelf_trim(struct shelf_txn *txn, const struct shelf_days *before, size_t most, size_t *removed_r);
/* Rollups of the series and level before the block; words last said before the day (series 0: of all). */
int shelf_trim_rollups(struct shelf_txn *txn, const struct shelf_rollup *before);
int shelf_trim_words(struct shelf_txn *txn, int64_t series, int64_t before_day);
/* The series with all that belongs to it. */
int shelf_remove_series(struct shelf_txn *txn, int64_t series);
/* Takes a damaged chunk out of the way; it is kept for whoever can mend it. ERR_NOT_FOUND. */
int shelf_quarantine(struct shelf_txn *txn, int64_t chunk_id, const char *reason);

/* ---- outside of transactions; the sealer's thread ---------------------- */

/* Moves the log into the file and gives free room back to the file system, a bounded step of it. */
int shelf_tidy(struct shelf *shelf);
/* Moves all of the log into the file, so that the file alone is whole. ERR_BUSY: a reader did not end. */
int shelf_flush(struct shelf *shelf);
/* Leaves nothing of what was removed in the files. ERR_BUSY: a reader did not end. */
int shelf_scrub(struct shelf *shelf);
/* Looks for damage for at most limit_ms. Returns 0 or ERR_DAMAGED with what was found. */
int shelf_check(struct shelf *shelf, int64_t limit_ms, char found_r[256]);
/* Bytes that it has written to the local disk since it was opened. Any thread. */
uint64_t shelf_written_bytes(struct shelf *shelf);
void shelf_close(struct shelf **shelf); /* NULL inside is fine */

/* ---- kinds ------------------------------------------------------------- */

/* telemetry.db at path, made if missing, brought to the newest schema. message_r: 512 bytes.
 * Returns as store_open, and ERR_STATE for the format before chunks, which is to be converted first. */
int shelf_open_sqlite(const char *path, struct shelf **shelf_r, char message_r[512]);

/* A database by its connection string (libpq's). hub: this hub's part of it, its id. ERR_UNSUPPORTED when built without
 * libpq. Does not fail when the server cannot be reached now: transactions do, with ERR_AGAIN. */
int shelf_open_postgres(const char *conninfo, const char *hub, struct shelf **shelf_r, char message_r[512]);

#endif

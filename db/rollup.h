/* Buckets of samples, and blocks of them as they lie on the shelf. Pure; any thread.
 * Times anywhere in HISTORY_FIRST_MS..HISTORY_LAST_MS. */
#ifndef DB_ROLLUP_H
#define DB_ROLLUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "db/chunk.h"
#include "db/history.h"

/* Levels of rollups. A block is one row of the shelf: a day of 5-minute buckets, 32 days of hours. */
enum rollup_level { ROLLUP_5MIN = 1, ROLLUP_HOUR = 2 };

enum { ROLLUP_BLOCK_MAX = 768 }; /* buckets in a block: 32 × 24; 288 of the other level */

int64_t rollup_length_ms(enum rollup_level level); /* of a bucket */
int64_t rollup_block_ms(enum rollup_level level);  /* of a block */

/* The block that holds the time; blocks are counted from the epoch, also backwards. */
int64_t rollup_block_of(enum rollup_level level, int64_t at_ms);

/* The last multiple of length_ms (> 0) that is not later than the time, also before the epoch. */
int64_t bucket_start(int64_t at_ms, int64_t length_ms);

/* What a counter rose by between two samples: a fall is a reset to 0. Never NaN. */
double counter_rise(double from, double to);

/* Sorts samples into buckets. The caller's struct and memory; count is 0 at first. */
struct bucketing {
	struct bucket *buckets; /* borrowed: room for max */
	size_t count, max;      /* count: those begun already; more data goes on with the last */
	int64_t length_ms;      /* of a bucket; they start at multiples of it */
};

/* Adds samples in order of time, none before those added already. NaN is left out. `increase` of each
 * bucket is what the counter rose by between samples of that bucket alone. Returns 0, or ERR_FULL when
 * one more bucket is needed than max: those before it are in. */
int bucketing_add(struct bucketing *b, const struct datum *data, size_t count);

/* Joins a finer bucket that follows in time and does not reach over a border: the result is as if its samples
 * had been added. Returns 0 or ERR_FULL. */
int bucketing_join(struct bucketing *b, const struct bucket *next);

/* Makes `increase` of each bucket but the first include the step from the one before: for answers.
 * Nothing may be added afterwards. */
void bucketing_finish_increase(struct bucketing *b);

/* Appends a block (count 0..ROLLUP_BLOCK_MAX, ascending at). Sums and increases are kept to 10 significant digits (of
 * one that cancels out to next to nothing, to 13 of what went into it), all else exactly; first, last and
 * increase only with counter. Returns 0 or ERR_NOMEM. */
int rollup_encode(const struct bucket *buckets, size_t count, bool counter, struct buf *out);

/* Decodes a block that may be damaged or forged. scratch holds CHUNK_MAX elements, buckets_r ROLLUP_BLOCK_MAX; they come in
 * ascending order within HISTORY_FIRST_MS..LAST. Without counter first, last and increase are 0.
 * Returns 0, ERR_DAMAGED, ERR_NEWER. */
int rollup_decode(struct span block, struct datum *scratch, struct bucket *buckets_r, size_t *count_r);

#endif

/* Buckets of samples, and blocks of them as they lie on the shelf. Pure; any thread. */
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

/* Adds samples in order of time (of their own and behind those before) to buckets of length_ms,
 * which start at multiples of it. buckets_r has room for max; *count is how many are begun already (0 at first; more data goes on
 * with the last). NaN is left out. `increase` of each is what the counter rose by between samples of
 * this bucket alone. Returns 0 or ERR_FULL. */
struct bucketing {
	struct bucket *buckets;
	size_t count, max;
	int64_t length_ms;
};
int bucketing_add(struct bucketing *b, const struct datum *data, size_t count);

/* Joins a finer bucket that follows in time: the result is as if its samples had been added. Between two
 * buckets a counter rose by next->first - to->last, or next->first after a reset. */
int bucketing_join(struct bucketing *b, const struct bucket *next);

/* Makes `increase` of each bucket include the step from the one before: for answers. */
void bucketing_finish_increase(struct bucketing *b);

/* Appends a block (count 0..ROLLUP_BLOCK_MAX, ascending at). Sums are kept to 10 significant digits, all else exactly; first, last and
 * increase only with counter. Returns 0 or ERR_NOMEM. */
int rollup_encode(const struct bucket *buckets, size_t count, bool counter, struct buf *out);

/* buckets_r holds ROLLUP_BLOCK_MAX. Returns 0, ERR_DAMAGED, ERR_NEWER. Safe on forged input. */
int rollup_decode(struct span block, struct bucket *buckets_r, size_t *count_r);

#endif

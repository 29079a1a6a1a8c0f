/* Copying one shelf onto another: the way from telemetry.db to a database server and back, and of what was kept
 * here while the server was away. */
#ifndef DB_SHELF_COPY_H
#define DB_SHELF_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "db/shelf.h"

/* Copies series, words, notes, rollups and chunks into what `to` has already: where both have chunks of a series'
 * day the samples are merged and the day is noted, and of equal times the copied sample counts. The marks and what
 * is in quarantine stay where they are.
 *
 * move: what `to` holds durably is then removed from `from`, but for series and words; a chunk that is in the way of
 * others and damaged goes into quarantine there. One that cannot be read for another reason stays.
 *
 * Works in transactions of some hundred rows; the transactions of both shelves belong to the calling thread. May be broken off at
 * any time and done again. progress is called between transactions with the chunks that have been gone
 * through and all there were at the beginning; it returns 0 to go on, anything else ends the
 * copying and is returned. It may be NULL. Returns 0, ERR_NOMEM, or the error of either shelf. */
int shelf_copy(struct shelf *from, struct shelf *to, bool move,
	       int (*progress)(void *ctx, int64_t done, int64_t total), void *ctx);

#endif

/* Days: how samples get into the shelf's chunks. Within an open writing transaction of the
 * shelf; the sealer's thread. */
#ifndef DB_DAY_H
#define DB_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/chunk.h"
#include "db/shelf.h"

/* Merges samples of a series, in strictly ascending time over any number of days, into its chunks: they win
 * over stored ones of the same time. Chunks that they overlap are rewritten, and the days are noted as
 * pending. A damaged chunk in the way is put into quarantine. Returns 0, ERR_NOMEM or the shelf's error. */
int day_merge(struct shelf_txn *txn, int64_t series, const struct datum *data, size_t count);

/* Writes the chunks of a series' day densely, makes its rollups, and strikes the note. trimmed: the day is so old that its
 * samples may have gone before, so that its rollups know more than they: those are kept, and only hours that they
 * lack are added. Returns as above. */
int day_compact(struct shelf_txn *txn, int64_t day, const struct series *series, bool trimmed);

#endif

/* A shelf and a head in memory, for tests of what reads them. The shelf keeps chunks, rollups and pending days as
 * they are put and aborts when a walk is begun inside another; the head is one series and two lists of samples. */
#ifndef SUPPORT_FAKE_SHELF_H
#define SUPPORT_FAKE_SHELF_H

#include "db/head.h"
#include "db/shelf.h"

/* A shelf with the mark in each transaction; shelf_close frees it. As a store's sealer it stands for one
 * that reads from it. */
struct shelf *fake_shelf_create(uint64_t mark);
struct sealer *fake_sealer_of(struct shelf *shelf);

/* Puts the samples as one chunk. */
void fake_shelf_put_chunk(struct shelf *shelf, int64_t series, const struct datum *data, size_t count);
/* Puts the buckets, of one block, as that. */
void fake_shelf_put_rollup(struct shelf *shelf, int64_t series, enum rollup_level level, const struct bucket *buckets,
			   size_t count, bool counter);
void fake_shelf_put_pending(struct shelf *shelf, int64_t day, int64_t series);
/* Flips a bit of the chunk that begins last, or of all rollups of the level. */
void fake_shelf_damage_chunk(struct shelf *shelf, int64_t series);
void fake_shelf_damage_rollups(struct shelf *shelf, enum rollup_level level);
/* How many chunks were handed out since the last call. */
size_t fake_shelf_chunks_read(struct shelf *shelf);

/* A head of the one series. Both lists are in order, borrowed; mark is the frozen one's. */
struct head *fake_head_create(const struct series *series);
void fake_head_destroy(struct head **head);
void fake_head_set_frozen(struct head *head, const struct datum *data, size_t count, uint64_t mark);
void fake_head_set_live(struct head *head, const struct datum *data, size_t count);

#endif

/* What one turn of a worker has for another: messages with their bytes in them, so that nothing is allocated here and freed
 * there for each. Worker's thread. */
#ifndef BROKER_BATCH_H
#define BROKER_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct batch;
struct staging;
struct publication;
struct receipt;
struct worker;

/* For each worker, what this turn has for it, and empty ones. A batch belongs to who fills it, for good: the receiver gives
 * it back, so that a one-way stream neither allocates nor frees. */
struct batches {
	struct batch **open;            /* owned; one for each worker, NULL: nothing */
	struct staging *staging;        /* owned; one for each worker: where its batch is filled */
	struct batch *spare;            /* owned */
	uint32_t spares, least;         /* of these: now, and at the worst time since batches_trim */
	_Atomic(struct batch *) back;   /* owned: given back by others, on their threads */
};

/* Returns 0 or ERR_NOMEM. */
int batches_init(struct batches *batches, unsigned workers);

/* Nothing is open any more, nor under way. Zeroed is fine. */
void batches_finish(struct batches *batches);

/* Whether batches_trim has something to look at. */
bool batches_are_many(const struct batches *batches);

/* Frees the spare ones that were not needed since the last call, but for a few. */
void batches_trim(struct batches *batches);

/* Whether a publication can go as it is; else it needs its block first. */
bool batch_takes(const struct publication *publication);

/* Hands a publication that batch_takes (refs its block, if it has one; its hash is set) to worker `to` at the end of this turn, and holds the
 * receipt (may be NULL). Returns 0 or ERR_NOMEM. */
int batch_add(struct worker *worker, unsigned to, const struct publication *publication, struct receipt *receipt);

/* Posts what is open. */
void batches_post(struct worker *worker);

#endif

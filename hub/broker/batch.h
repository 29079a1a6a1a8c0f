/* What one turn of a worker has for another: messages with their bytes in them, so that nothing is allocated here and freed
 * there for each. Worker's thread. */
#ifndef BROKER_BATCH_H
#define BROKER_BATCH_H

#include <stdbool.h>

struct batch;
struct publication;
struct receipt;
struct worker;

/* For each worker, what this turn has for it, and a few empty ones that have come back. Zeroed is empty. */
struct batches {
	struct batch **open; /* owned; one for each worker, NULL: nothing */
	struct batch *spare; /* owned */
	unsigned spares;
};

/* Returns 0 or ERR_NOMEM. */
int batches_init(struct batches *batches, unsigned workers);

/* Nothing is open any more. Zeroed is fine. */
void batches_finish(struct batches *batches);

/* Whether a publication can go as it is; else it needs its block first. */
bool batch_takes(const struct publication *publication);

/* Hands a publication that batch_takes (refs its block, if it has one; its hash is set) to worker `to` at the end of this turn, and holds the
 * receipt (may be NULL). Returns 0 or ERR_NOMEM. */
int batch_add(struct worker *worker, unsigned to, const struct publication *publication, struct receipt *receipt);

/* Posts what is open. */
void batches_post(struct worker *worker);

#endif

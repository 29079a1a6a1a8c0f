/* Giving memory back once a worker has become quiet: spare output blocks and batches, hash tables, and what malloc holds after
 * most clients have left. Nothing here runs while clients come and go; on the worker's thread. */
#ifndef BROKER_TIDY_H
#define BROKER_TIDY_H

#include <stdint.h>

#include "net/loop.h"

struct worker;

/* Zeroed memory is one that has nothing to do. */
struct tidy {
	struct loop_timer timer;
	uint32_t most; /* connections and sessions, since memory was given back last */
	uint32_t last; /* the same at the last look */
};

/* Turn's end: sees whether there is something to be given back later. Costs a few instructions. */
void tidy_turn(struct worker *worker);

/* No more is given back. */
void tidy_stop(struct worker *worker);

#endif

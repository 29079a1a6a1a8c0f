/* One store under measurement, filled as fast as it takes samples, then asked. */
#ifndef TESTS_BENCH_BULK_H
#define TESTS_BENCH_BULK_H

#include <stddef.h>
#include <stdint.h>

#include "household.h"
#include "peer.h"

struct bulk_cost {
	uint64_t samples;
	double cpu_s, wall_s; /* of the store until all is settled; the making of the samples is left out */
	double file_bytes, block_bytes; /* of all samples, once the store is closed */
	double written_bytes; /* as the store itself counts; NAN when it does not */
};

/* Fills a new store in dir (which exists) with the household, settles, closes and opens it again. written
 * may be NULL. *self_r is open on success only. Returns 0 or the store's error. */
struct bulk {
	const struct peer_ops *peer;
	const char *dir;
	double (*written)(void *self);
};
int bulk_fill(const struct bulk *b, const struct household_config *config, struct bulk_cost *cost_r, void **self_r);

/* Asks a question until it is answered from warm caches, then up to 20 times, for 5 s at most.
 * width 0: every sample; else as many buckets. *ms_r: the median. */
struct question {
	struct window window;
	size_t width;
};
int bulk_ask(const struct peer_ops *peer, void *self, const struct question *q, struct answer *answer_r, double *ms_r);

#endif

/* A store under measurement: what the bench asks of tomte's own store and of those beside it.
 *
 * All functions are called by one thread, may block, and return 0 or an error of base/err.h.
 * self is what open made. */
#ifndef TESTS_BENCH_PEER_H
#define TESTS_BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "model/sample.h"

struct window {
	int64_t series, from, to; /* [from, to), ms since the epoch */
};

/* What came of a question, to see that all stores give the same answer. */
struct answer {
	size_t points;    /* samples or buckets */
	uint64_t samples; /* in them */
	double check;     /* sum of the values, or of the buckets' maxima */
};

struct peer_ops {
	const char *name;
	const char *files; /* how the names of the files begin that hold samples */
	/* Opens or creates the store in the directory. */
	int (*open)(const char *dir, void **self_r);
	/* Takes samples of household.h, in order of time. They need not be on the disk on return. */
	int (*append)(void *self, const struct sample *samples, size_t count);
	/* Returns when all samples are on the disk, in the form in which they stay there. */
	int (*settle)(void *self);
	/* Reads every sample of the window, in order of time. */
	int (*raw)(void *self, const struct window *w, struct answer *answer_r);
	/* Count, minimum, maximum and average of `width` equal buckets of the window. */
	int (*buckets)(void *self, const struct window *w, size_t width, struct answer *answer_r);
	void (*close)(void **self);
};

/* Rows in SQLite: clustered by a key of series and time; and in order of arrival, with an index. */
extern const struct peer_ops peer_sqlite_clustered;
extern const struct peer_ops peer_sqlite_indexed;

#endif

/* tomte's store at the pace of a house: what it writes, and how soon it acknowledges. */
#ifndef TESTS_BENCH_LIVE_H
#define TESTS_BENCH_LIVE_H

#include <stddef.h>
#include <stdint.h>

#include "measure.h"

/* Runs a new store in dir for so many seconds of real time with the household's 23 samples a second, which wait up to
 * window_ms for company. *bytes_r: what the journal wrote, a sample. */
struct live_run {
	const char *dir;
	int64_t window_ms, seconds;
};
int live_written(const struct live_run *run, double *bytes_r);

struct live_acks {
	size_t count;
	double seconds;
	struct quantiles ms;
};

/* Fills a new store in dir with days of the household, and while these are settled on another thread appends
 * 10,000 samples a second, ten at a time, each of which is to be acknowledged at once. */
int live_acknowledged(const char *dir, int64_t days, struct live_acks *acks_r);

#endif

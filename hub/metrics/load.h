/* Moving averages of how much the broker has to do, as mosquitto computes them
 * (load/… below $SYS): each window forgets exponentially. One thread at a time. */
#ifndef METRICS_LOAD_H
#define METRICS_LOAD_H

#include "base/clock.h"
#include "metrics/metrics.h"

/* Zeroed memory is a meter that has seen nothing. */
struct load {
	struct mono_ms at; /* 0: not yet */
	struct broker_stats before;
	struct load_averages {
		double per_minute[METRICS_WINDOWS];
	} averages[sizeof(struct metrics_load) / (METRICS_WINDOWS * sizeof(uint64_t))]; /* in the table's order */
};

/* Takes the counters of now in, and says what the averages are. */
void load_update(struct load *load, const struct broker_stats *stats, struct mono_ms now, struct metrics_load *load_r);

#endif

/* The sampler: numbers and booleans on their way to the disk. It names the
 * series, gathers samples in batches and hands them to the store; what is on
 * the disk goes to the browsers as a `points` event. An object belongs to one
 * thread (the house's). It never waits for the store: when that is full, samples
 * are counted and let go. */
#ifndef INGEST_SAMPLER_H
#define INGEST_SAMPLER_H

#include <stdint.h>

#include "base/clock.h"
#include "db/store.h"
#include "model/ports.h"

enum {
	SAMPLER_BATCH_MAX = 256, /* samples that flush a batch at once */
	SAMPLER_BATCH_MS = 100,  /* age at which a smaller batch is flushed */
	SAMPLER_RETRY_MS = 10000, /* between attempts to store series that the store refused */
};

struct sampler;

/* Reads the known series (blocks on the store). store: borrowed; live: copied. Returns 0,
 * ERR_NOMEM or the store's error. */
int sampler_create(struct store *store, const struct live_port *live, struct sampler **sampler_r);

/* Hands over what is gathered and waits until the store has answered
 * everything, so the store must be open still. */
void sampler_destroy(struct sampler **sampler);

/* Who the series belongs to and what it measures; the id is ignored.
 * Returns the id (> 0) of the device's and entity's series, making or changing it where
 * needed, or ERR_NOMEM. */
int64_t sampler_series(struct sampler *s, const struct series *wanted);

/* The id of the series, 0 when there is none yet. */
int64_t sampler_find(const struct sampler *s, const char *device, const char *entity);

/* Takes a sample of a series that sampler_series gave. A second sample in the
 * same millisecond is moved to the next one, so that none replaces another; a clock
 * that was set back by more than a second is followed. value: finite. */
void sampler_add(struct sampler *s, const struct sample *sample, struct mono_ms now);

/* When sampler_turn wants to be called; INT64_MAX for not at all. */
struct mono_ms sampler_deadline(const struct sampler *s);

/* Hands over a batch that is old enough. */
void sampler_turn(struct sampler *s, struct mono_ms now);

/* Hands over what is gathered, then forgets the series of a device that is
 * about to be erased. */
void sampler_forget(struct sampler *s, const char *device, struct mono_ms now);

struct sampler_stats {
	uint64_t taken;   /* samples */
	uint64_t dropped; /* samples that the store did not take */
	uint64_t stored;  /* samples on the disk */
};
/* Any thread. */
void sampler_stats_get(const struct sampler *s, struct sampler_stats *stats_r);

#endif

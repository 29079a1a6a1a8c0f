/* The sampler: readings on their way to the disk. It names the series, keeps of their readings what
 * their recorders want (recorder.h), gathers those in batches and hands them to the store; what is on
 * the disk goes to the browsers as a `points` event. An object belongs to one
 * thread (the house's). It never waits for the store: when that is full, samples
 * are counted and let go. */
#ifndef INGEST_SAMPLER_H
#define INGEST_SAMPLER_H

#include <stdint.h>

#include "base/clock.h"
#include "db/history.h"
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

/* Hands over what is gathered or held back and waits until the store has answered
 * everything, so the store must be open still. */
void sampler_destroy(struct sampler **sampler);

/* Whose the series is (device and entity, or topic and path) and what it measures; the id is ignored.
 * Returns its id (> 0), making it as wanted when there is none, or ERR_NOMEM, ERR_FULL. Of a device's series that
 * exists kind, unit and class follow what is wanted, and nothing else: the rest is the owner's. A series
 * of words never becomes one of numbers, or the other way. */
int64_t sampler_series(struct sampler *s, const struct series *wanted);

/* The series of the same device and entity, or topic and path; NULL when there is none yet.
 * Borrowed until the next call that is not const. */
const struct series *sampler_find(const struct sampler *s, const struct series *of);
/* The series with the id, borrowed as above, or NULL. */
const struct series *sampler_get(const struct sampler *s, int64_t id);
/* Calls each for every series, in no order. */
void sampler_each(const struct sampler *s, void (*each)(void *ctx, const struct series *series), void *ctx);

/* Takes over what the owner may change of the series with series->id: recorder, retention, resolution; of a topic's
 * also unit and class. It counts at once; done as the store says. Returns 0, ERR_NOT_FOUND or
 * the store's error: then, and when done tells of one, sampler_store_again. */
int sampler_change(struct sampler *s, const struct series *series, const struct store_done *done, struct mono_ms now);
/* Some series may not be on the disk as it is here: all are written again, before the next samples. */
void sampler_store_again(struct sampler *s);

/* Takes a reading of a series that sampler_series gave; not of one of words. A second in the
 * same millisecond is moved to the next one, so that none replaces another; a clock
 * that was set back by more than a second is followed. value: finite. */
void sampler_add(struct sampler *s, const struct sample *sample, struct mono_ms now);

/* The same of a series of words; text: UTF-8, at most STORE_WORD_MAX bytes. */
struct text_sample {
	int64_t series;
	struct wall_ms at;
	struct span text; /* borrowed for the call */
};
void sampler_add_text(struct sampler *s, const struct text_sample *sample, struct mono_ms now);

/* Who wants to know what becomes of the samples of one message. It is told once, and once more for each hold: only
 * when the last was told is all known. */
struct sampler_waiter {
	void (*hold)(void *ctx);          /* on the owner's thread, while something is still to be told */
	/* 0, or why samples of the message are not on the disk: ERR_NOT_FOUND when it is their series that is not, else
	 * as store_append. On a thread of the store or the owner's; must not block. */
	void (*tell)(void *ctx, int err);
	void *ctx;
};
/* What is taken from here to sampler_message_end is of one message. waiter: copied; NULL: nobody waits. Of
 * a message without samples all is known at once; so it is when recorders hold back or leave out all that it brings. */
void sampler_message_begin(struct sampler *s, const struct sampler_waiter *waiter);
/* A reading of the message at hand is lost (err: why, not 0): its waiter is told so, whatever becomes of others. The
 * sampler says it of its own accord of words that the store does not take; it is for those who have no series for a reading. */
void sampler_message_failed(struct sampler *s, int err);
/* If samples of the message are in the batch and somebody waits, hands over at the next sampler_turn, and does not let
 * the store wait for company. */
void sampler_message_end(struct sampler *s, struct mono_ms now);

/* When sampler_turn wants to be called; INT64_MAX for not at all. */
struct mono_ms sampler_deadline(const struct sampler *s);

/* Hands over a batch that is old enough, and keeps what recorders held back until now. */
void sampler_turn(struct sampler *s, struct mono_ms now);

/* Hands over what is gathered, then forgets the series of a device that is about to be erased; those that
 * rules made of its topics are erased here, as the store does not know whose they are. */
void sampler_forget(struct sampler *s, const char *device, struct mono_ms now);

struct sampler_stats {
	uint64_t taken;   /* samples that were worth keeping */
	uint64_t dropped; /* samples that the store did not take */
	uint64_t stored;  /* samples on the disk */
};
/* Any thread. */
void sampler_stats_get(const struct sampler *s, struct sampler_stats *stats_r);

#endif

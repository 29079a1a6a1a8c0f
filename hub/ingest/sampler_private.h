/* The sampler's parts: the registry of series (registry.c), what is kept of their readings (sampler.c) and the
 * batches on their way (flight.c). All on the owner's thread but where it says otherwise. */
#ifndef INGEST_SAMPLER_PRIVATE_H
#define INGEST_SAMPLER_PRIVATE_H

#include <stdatomic.h>

#include "base/list.h"
#include "base/map.h"
#include "ingest/recorder.h"
#include "ingest/sampler.h"
#include "thread/thread.h"

struct known_series {
	struct map_node by_name; /* in sampler.by_name, key: name */
	struct map_node by_id;   /* in sampler.by_id, key: the bytes of series.id */
	struct list held;        /* in sampler.held while the recorder holds a reading for its time */
	struct series series;
	struct recorder_state recorder;
	struct mono_ms due;      /* of what is held */
	int64_t last_ms;         /* time of the newest reading; 0 before the first */
	bool speechless;         /* a word of it could not be kept: logged once */
	char name[];             /* see registry.c */
};

/* The message whose samples are being taken. */
struct message_at_hand {
	struct sampler_waiter waiter; /* tell NULL: nobody waits, or there is no message */
	size_t first; /* place in the batch of its first sample that is not handed over */
	int err;      /* what its waiter has to be told, whatever becomes of its samples */
};

struct sampler {
	struct store *store; /* borrowed */
	struct live_port live;
	struct map by_name, by_id; /* of struct known_series */
	struct list held;          /* known_series.held */
	struct mono_ms held_due;   /* the first of them; INT64_MAX for none */
	int64_t last_id;
	int load_err; /* of the callback while loading */

	struct sample batch[SAMPLER_BATCH_MAX];
	size_t batch_count;
	struct buf waiters;      /* of the batch's samples, see flight.c */
	struct message_at_hand message;
	struct mono_ms flush_at; /* valid while there is a sample */
	struct mono_ms retry_at;

	/* Shared with the store's writer and with who reads the counters. */
	_Atomic size_t holders;       /* the owner and each write under way */
	_Atomic bool full;            /* samples are being dropped: logged once */
	_Atomic bool series_unstored; /* some series is not on the disk */
	_Atomic uint64_t taken, dropped, stored;
	struct waiter idle; /* signalled by the last write when the owner has let go */
};

/* Ends a write or the owner's hold; the last one wakes who destroys the sampler. Any thread. */
void sampler_let_go(struct sampler *s);

/* Hands over the batch, if there is one, with those that wait for its samples. */
void sampler_flush(struct sampler *s, struct mono_ms now);

/* Keeps a series whose id is set. NULL without memory. */
struct known_series *registry_remember(struct sampler *s, const struct series *series);

/* Forgets and frees a series. */
void registry_forget(struct sampler *s, struct known_series *k);

/* The series with the id, or NULL. */
struct known_series *registry_find_id(const struct sampler *s, int64_t id);

/* Writes all series again if some are not on the disk, not too often. */
void registry_retry(struct sampler *s, struct mono_ms now);

#endif

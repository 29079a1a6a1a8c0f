/* What a worker's subscribers want, as others may read it: counters by the hash of a filter, or of its first level. It says yes
 * when nobody wants a topic now and then, never no when somebody does. One thread, the worker's, changes it; any thread
 * asks, without a lock. A filter counts from interest_add on for everybody who learns of it from then on. */
#ifndef BROKER_INTEREST_H
#define BROKER_INTEREST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "broker/hash.h"

enum { INTEREST_SLOTS = 4096 };

/* On cache lines of its own: others read it for every message. Zeroed is empty. */
struct interest {
	_Atomic uint32_t leading;                /* filters that begin with a wildcard */
	_Atomic uint32_t wild;                   /* filters with one further down */
	_Atomic uint32_t whole[INTEREST_SLOTS];  /* filters without, by their hash */
	_Atomic uint32_t first[INTEREST_SLOTS];  /* those of `wild`, by the hash of their first level */
};

/* A topic that is asked for, of several workers in turn: all zero but topic, hash and key. */
struct interest_topic {
	struct span topic;
	uint64_t hash;              /* hash_quick of the topic */
	const struct hash_key *key; /* borrowed; the same for all */
	uint64_t first;             /* of the first level, once somebody wanted to know */
	bool first_known;
};

/* The worker's thread: somebody here has subscribed to a filter (valid, not shared), or has it no more. */
void interest_add(struct interest *interest, const struct hash_key *key, struct span filter);
void interest_remove(struct interest *interest, const struct hash_key *key, struct span filter);

/* Any thread: whether somebody there may want the topic. */
bool interest_wants(const struct interest *interest, struct interest_topic *topic);

#endif

/* The retained messages of the whole broker, shared by all workers under one
 * named lock. The lock is held for the change of one topic, or while the references of
 * a filter's matches are collected; delivering happens outside. */
#ifndef BROKER_RETAINED_H
#define BROKER_RETAINED_H

#include "base/clock.h"
#include "broker/message.h"

struct lock;
struct retained;

/* What may be kept in all. */
struct retained_limits {
	uint64_t messages;
	uint64_t bytes; /* topics, properties, payloads and what a message costs besides */
};

/* Returns 0 or ERR_NOMEM. */
int retained_create(const struct retained_limits *limits, struct retained **retained_r);
void retained_destroy(struct retained **retained);

/* Keeps message (refs it) as the last of its topic, or clears the topic when the payload is
 * empty. *old_r (may be NULL): the reference to what the topic had, or NULL. Any thread. Returns 0, ERR_NOMEM (the topic keeps
 * what it had) or ERR_FULL (the topic is empty then: what it had is not true any more). */
int retained_set(struct retained *retained, struct message *message, struct message **old_r);

/* The message of a topic, with a reference for the caller; NULL: none. Any thread. */
struct message *retained_get(struct retained *retained, struct span topic);

/* Held while a worker tells the store which messages topics have now, so that the last to tell is the last to have looked. */
struct lock *retained_order(struct retained *retained);

/* References to the messages that a filter matches. */
struct retained_matches {
	struct message **items; /* owned, each a reference */
	uint32_t count, cap;
};

/* Appends all unexpired messages whose topics the filter (valid, not shared) matches. Any thread.
 * Returns 0 or ERR_NOMEM (what was found by then is in matches). */
int retained_match(struct retained *retained, struct span filter, struct mono_ms now,
		   struct retained_matches *matches);

/* Drops what is left in matches. Zeroed is fine. */
void retained_matches_finish(struct retained_matches *matches);

/* Takes out all that the filter matches, and appends it, with the references that were the store's, to purged_r. Any
 * thread. Returns 0 or ERR_NOMEM: what was found by then is out, and there may be more. */
int retained_purge(struct retained *retained, struct span filter, struct retained_matches *purged_r);

/* Takes out some of the messages that have expired, and appends them, with the references that were the store's, to
 * expired_r. place: 0 to begin, then what was returned, until that is 0 again; what changes the store meanwhile may hide
 * a few until the next time. Any thread. Without memory fewer are found. */
size_t retained_expire(struct retained *retained, struct mono_ms now, size_t place, struct retained_matches *expired_r);

/* Gives free memory back to the system when the number of messages has fallen far since the last time. Any thread. */
void retained_give_back(struct retained *retained);

/* Messages kept. Any thread. */
uint64_t retained_count(struct retained *retained);
/* Their bytes, as the limit counts them. Any thread. */
uint64_t retained_bytes(struct retained *retained);

#endif

/* What waits for one client: references to messages in the order in which
 * they were routed, bounded by number and bytes. The memory comes with the
 * first message and goes when the queue has run dry. Owner's thread only. */
#ifndef BROKER_OUTBOX_H
#define BROKER_OUTBOX_H

#include "broker/delivery.h"

/* Zeroed memory is an empty outbox. */
struct outbox {
	struct delivery *ring;
	uint32_t cap, head, used; /* cap: power of two; used: gaps included */
	uint32_t count;           /* messages that wait */
	uint32_t qos0;            /* of these at QoS 0 */
	uint32_t scan;            /* no QoS 0 lies before head + scan */
	uint64_t bytes;
};

struct outbox_limits {
	uint32_t messages, bytes;
};

/* Appends (takes the reference also on failure). When the queue is full, a QoS 0
 * newcomer is dropped, and for a QoS 1/2 newcomer the oldest QoS 0 messages make room. *dropped_r
 * counts what was lost. Returns 0, ERR_FULL or ERR_NOMEM (the newcomer was dropped). */
int outbox_push(struct outbox *outbox, const struct delivery *delivery, const struct outbox_limits *limits,
		unsigned *dropped_r);

/* Puts a delivery before all others, whatever the limits (takes the reference also on failure). Returns 0 or ERR_NOMEM. */
int outbox_push_first(struct outbox *outbox, const struct delivery *delivery);

/* The i-th (i < used), the oldest first; its message is NULL where one was dropped. */
static inline struct delivery *outbox_at(const struct outbox *o, uint32_t i)
{
	return &o->ring[(o->head + i) & (o->cap - 1)];
}

/* The oldest, or NULL. Borrowed until the next change. */
const struct delivery *outbox_first(struct outbox *outbox);

/* Takes the oldest out; its reference goes to the caller. */
struct delivery outbox_pop(struct outbox *outbox);

/* Drops all for which keep says no. Returns how many. */
unsigned outbox_restrict(struct outbox *outbox, bool (*keep)(void *ctx, const struct delivery *delivery), void *ctx);

/* Gives an empty ring's memory back; for connections that fell silent. */
void outbox_trim(struct outbox *outbox);

/* Drops all and frees. */
void outbox_finish(struct outbox *outbox);

#endif

/* The QoS 1/2 messages that were sent to one client and are not acknowledged
 * yet. A packet identifier is the place in the session's order, so finding one takes no
 * search, keeping it no memory, and after a restart it is the same. Owner's thread only. */
#ifndef BROKER_INFLIGHT_H
#define BROKER_INFLIGHT_H

#include "broker/delivery.h"

/* An item is a struct delivery with its state, and without its message from DELIVERY_PUBCOMP on. */

/* Zeroed memory is empty. */
struct inflight {
	struct delivery *ring;
	uint32_t cap;
	uint32_t head_at;           /* place of head in the ring */
	uint64_t head, tail;        /* numbers: the first that is open, the one behind the last */
	uint64_t resent;            /* those before it were sent on this connection */
	uint32_t count;             /* open ones */
	uint32_t window;            /* open ones that were sent on this connection */
};

enum { INFLIGHT_SPAN = 65535 };

/* Whether a number can be taken in, as far as identifiers go: the oldest open one must not lie INFLIGHT_SPAN back. After
 * a restart it may be older than what is open. */
static inline bool inflight_reaches(const struct inflight *f, uint64_t number)
{
	if (f->head == f->tail)
		return true;
	return number < f->head ? f->tail - number <= INFLIGHT_SPAN : number - f->head < INFLIGHT_SPAN;
}

/* Takes delivery in under a number that is not in use, its reference too. Returns the packet identifier, or 0 without
 * memory or when inflight_reaches says no (the reference stays the caller's). */
uint16_t inflight_add(struct inflight *inflight, const struct delivery *delivery, uint64_t number);

/* The same for what an earlier life of the hub has begun: keeps the delivery's state, and counts as unsent. */
uint16_t inflight_restore(struct inflight *inflight, const struct delivery *delivery, uint64_t number);

/* The packet identifier of a number (> 0). */
static inline uint16_t inflight_id(uint64_t number)
{
	return (uint16_t)((number - 1) % INFLIGHT_SPAN + 1);
}

/* The item of a number from head to tail. */
static inline struct delivery *inflight_at(const struct inflight *f, uint64_t number)
{
	return &f->ring[(f->head_at + (uint32_t)(number - f->head)) & (f->cap - 1)];
}

/* The open item with this packet identifier or NULL. Borrowed until the next change. */
struct delivery *inflight_find(struct inflight *inflight, uint16_t packet_id);

/* Ends an open item, dropping its message. */
void inflight_end(struct inflight *inflight, uint16_t packet_id);

/* While the client is absent: ends those open items that still have a message and for which keep says no. Returns how many. */
unsigned inflight_restrict(struct inflight *inflight, bool (*keep)(void *ctx, const struct delivery *delivery), void *ctx);

/* The client is back: everything open is to be sent again. */
void inflight_restart(struct inflight *inflight);

/* The next open item that was not sent on this connection (marks it sent), or NULL when there is none. */
struct delivery *inflight_resend(struct inflight *inflight, uint16_t *packet_id_r);

/* Whether inflight_resend would find one. */
bool inflight_has_resend(const struct inflight *inflight);

/* Gives an empty ring's memory back; for connections that fell silent. */
void inflight_trim(struct inflight *inflight);

/* Drops all and frees. */
void inflight_finish(struct inflight *inflight);

#endif

/* The QoS 1/2 messages that were sent to one client and are not acknowledged
 * yet. A packet identifier is the place in the order of sending, so finding one takes no
 * search and keeping it no memory. Owner's thread only. */
#ifndef BROKER_INFLIGHT_H
#define BROKER_INFLIGHT_H

#include "broker/outbox.h"

enum inflight_state {
	INFLIGHT_DONE, /* acknowledged; goes when all before it are */
	INFLIGHT_PUBACK,
	INFLIGHT_PUBREC,
	INFLIGHT_PUBCOMP, /* PUBREL was sent; the message is gone */
};

/* An item is a struct delivery with its state, and without its message from INFLIGHT_PUBCOMP on. */

/* Zeroed memory is empty. */
struct inflight {
	struct delivery *ring;
	uint32_t cap;
	uint32_t head_at;           /* place of head in the ring */
	uint64_t head, tail;        /* numbers of sending: first that is open, next to be given */
	uint64_t resent;            /* those before it were sent on this connection */
	uint32_t count;             /* open ones */
	uint32_t window;            /* open ones that were sent on this connection */
};

/* Takes delivery in, its reference too. Returns the packet identifier, or 0 without memory or when the oldest
 * unacknowledged one lies INFLIGHT_SPAN back (the reference stays the caller's). */
uint16_t inflight_add(struct inflight *inflight, const struct delivery *delivery);

enum { INFLIGHT_SPAN = 65535 };

/* The open item with this packet identifier or NULL. Borrowed until the next change. */
struct delivery *inflight_find(struct inflight *inflight, uint16_t packet_id);

/* Ends an open item, dropping its message. */
void inflight_end(struct inflight *inflight, uint16_t packet_id);

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

/* The way of a message: retained store, other workers, and every subscriber of
 * this worker. Nothing here ends a connection or a session, so a caller's pointers stay
 * good. */
#ifndef BROKER_ROUTE_H
#define BROKER_ROUTE_H

#include "broker/connection.h"
#include "broker/message.h"
#include "broker/outbox.h"

/* A message on its way, still in the bytes it came in; it becomes a block only
 * if somebody has to keep it. */
struct publication {
	struct span topic, props, payload; /* props: encoded, as in struct message */
	uint32_t expiry_s;                 /* UINT32_MAX: never */
	uint8_t qos;
	uint8_t flags;           /* MESSAGE_… */
	bool not_retained;       /* the retained store had no room for it */
	struct session *from;    /* borrowed; NULL: nobody */
	struct message *message; /* a reference once made; route_* drops it */
};

/* Publishes. Returns the number of subscribers found; UINT32_MAX when other workers may have some.
 * *err_r: 0 or ERR_NOMEM (somebody did not get it). */
uint32_t route_publish(struct worker *worker, struct publication *publication, int *err_r);

/* Publishes a message that exists (takes the reference): wills, the hub's own. */
void route_message(struct worker *worker, struct message *message);

/* Delivers a message of another worker to the subscribers of this one (takes the reference). */
void route_arrived(struct worker *worker, struct message *message);

/* Sends one delivery to a connection that is ready (takes the reference). Skips it when it has expired or
 * is too large for the client. */
void route_send(struct connection *connection, const struct delivery *delivery);

/* Sends again an unfinished message (dup) or PUBREL. */
void route_resend(struct connection *connection, const struct delivery *item, uint16_t packet_id);

/* Encodes the forwarded properties of p, in the standard's order with user properties as they came, into props_r
 * (cleared first). Returns 0 or ERR_NOMEM. */
int route_encode_props(const struct props *p, struct buf *props_r);

#endif

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
	uint64_t hash;                     /* of the topic; route_* sets it */
	uint32_t expiry_s;                 /* UINT32_MAX: never */
	uint8_t qos;
	uint8_t flags;           /* MESSAGE_… */
	bool not_retained;       /* the retained store had no room for it */
	struct session *from;    /* borrowed; NULL: nobody */
	bool acknowledged;       /* somebody waits until it is where it must be: ticket and receipt count */
	bool live_only;          /* what would have to be kept is refused: it goes to those who are here */
	bool refused;            /* set when something was */
	uint32_t ticket;         /* set: of the last change it has brought (persistence.h) */
	struct receipt *receipt; /* set when others have to be waited for; with a hold of the publisher's (acks.h) */
	struct message *message; /* a reference once made; route_* drops it */
};

/* Publishes. Returns the number of subscribers found; UINT32_MAX when other workers may have some.
 * *err_r: 0 or ERR_NOMEM (somebody did not get it). */
uint32_t route_publish(struct worker *worker, struct publication *publication, int *err_r);

/* Publishes a message that exists (takes the reference): wills, the hub's own. from: whose it is; NULL: the hub's. */
void route_message(struct worker *worker, struct message *message, struct session *from);

/* Delivers a message of another worker, its hash set, to the subscribers of this one (takes the reference, if there is
 * one). receipt: held, released when what is to be kept of it is on the disk; NULL: nobody waits. */
void route_arrived(struct worker *worker, struct publication *publication, struct receipt *receipt);

/* Delivers a message to the subscribers of this worker alone (takes the reference). */
void route_here(struct worker *worker, struct message *message);

struct share_pick;

/* Delivers a message (borrowed) to a chosen member of a shared subscription, wherever it is (takes pick's reference), for
 * the time that it has left; not when it has expired. */
void route_to_member(struct worker *worker, struct message *message, struct share_pick *pick);

/* The publication as a block, made on first demand. NULL without memory. */
struct message *route_block(struct worker *worker, struct publication *publication);

#endif

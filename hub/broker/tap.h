/* The tap: how the inside of the hub listens. A sink has topic filters and gets
 * a reference to each matching message, live or retained. It costs nothing for topics that no
 * filter matches. */
#ifndef BROKER_TAP_H
#define BROKER_TAP_H

#include "base/span.h"
#include "broker/message.h"
#include "broker/receipt.h"

struct broker;

/* How a message came; all of it borrowed for the call. */
struct tap_arrival {
	bool retained;      /* from the retained store, because of a new filter */
	const char *sender; /* the user whose message or will it is; NULL: of the hub itself, or not known any more (retained) */
	struct receipt *receipt; /* to be held by a sink that wants the sender's acknowledgement to wait (receipt.h);
	                          * NULL: nobody waits for one */
};

struct tap_sink {
	/* On a worker's thread: must not block; usually refs the message and posts a mail. */
	void (*message)(void *ctx, struct message *message, const struct tap_arrival *arrival);
	void *ctx;
};

/* Adds a filter for the sink (copied). Matching retained messages are delivered first. Before
 * broker_start or any thread after it; taps live as long as the broker. A message that
 * matches several filters of one sink comes once. Adding a filter again only delivers the retained ones again.
 * Returns 0, ERR_INVALID or ERR_NOMEM. */
int tap_add(struct broker *broker, struct span filter, const struct tap_sink *sink);

/* Takes a filter of the sink away again; messages that are on their way may still come. Threads as
 * above. Returns 0 (also when there is none) or ERR_NOMEM. */
int tap_remove(struct broker *broker, struct span filter, const struct tap_sink *sink);

/* Waits until what was added before hears all that arrives from then on. Threads and errors as broker_settle. */
int tap_settle(struct broker *broker);

#endif

/* The tap: how the inside of the hub listens. A sink has topic filters and gets
 * a reference to each matching message, live or retained. It costs nothing for topics that no
 * filter matches. */
#ifndef BROKER_TAP_H
#define BROKER_TAP_H

#include "base/span.h"
#include "broker/message.h"
#include "broker/receipt.h"

struct broker;

struct tap_sink {
	/* On a worker's thread: must not block; usually refs the message and posts a mail. retained: the
	 * message comes from the retained store because of a new filter. receipt: to be held by a sink that wants the
	 * sender's acknowledgement to wait (receipt.h); NULL: nobody waits for one. */
	void (*message)(void *ctx, struct message *message, bool retained, struct receipt *receipt);
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

#endif

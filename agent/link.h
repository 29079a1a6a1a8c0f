/* The connection to the hub: libmosquitto over pinned TLS, with reconnection.
 * Main thread; the owner polls the descriptor and calls link_step. */
#ifndef AGENT_LINK_H
#define AGENT_LINK_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/span.h"
#include "credentials.h"

struct link;

/* Called from link_step, on the main thread; must not destroy the link. */
struct link_events {
	/* CONNECT was accepted: publish the description and the status here. */
	void (*online)(void *ctx);
	/* The connection is gone, or an attempt has failed. */
	void (*offline)(void *ctx);
	/* A message on one of the topics of link_subscribe. Spans are borrowed. */
	void (*message)(void *ctx, struct span topic, struct span payload, bool retained);
	/* The hub has this message now. */
	void (*acked)(void *ctx, int message_id);
	void *ctx;
};

/* Makes a link that dials at its first link_step. credentials and events are borrowed for the
 * link's life; hub ("host[:port]", or empty) goes before the endpoints in credentials.
 * Returns 0, ERR_NOMEM or ERR_INVALID (the CA or the address is none). */
int link_create(struct link **link_r, const struct credentials *credentials, const char *hub,
		const struct link_events *events);

/* Cuts the connection without a word (the hub publishes the will) unless
 * link_disconnect came before. Clears *link. */
void link_destroy(struct link **link);

/* Whether CONNECT was accepted and nothing has broken since. */
bool link_online(const struct link *link);

/* Where the hub was found last; NULL: nowhere yet. Borrowed for the link's life. */
const struct address *link_address(const struct link *link);

/* What to poll: the descriptor (-1: none now), the events for it, and how long to
 * wait at most, in milliseconds. */
int link_fd(const struct link *link, short *events_r);
int link_timeout_ms(const struct link *link, struct mono_ms now);

/* Reads, writes, keeps alive and dials when it is time; revents as poll(2) gave
 * them. Dialling blocks while a name is resolved, the rest never. */
void link_step(struct link *link, short revents, struct mono_ms now);

/* Publishes with QoS 1. Returns 0 with *message_id_r, ERR_AGAIN (offline) or ERR_IO. */
int link_publish(struct link *link, const char *topic, struct span payload, bool retain, int *message_id_r);

/* Subscribes with QoS 1 for this connection. Returns 0, ERR_AGAIN or ERR_IO. */
int link_subscribe(struct link *link, const char *filter);

/* Says goodbye: the hub will not publish the will. Destroy the link next; a link_step would
 * dial again. */
void link_disconnect(struct link *link);

#endif

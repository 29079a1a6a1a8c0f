/* Sending a message to one client: from a publication under way, from a queue, and again. */
#ifndef BROKER_ROUTE_SEND_H
#define BROKER_ROUTE_SEND_H

#include "broker/route.h"

/* Sends the publication to a connection that is ready. Returns 0, or ERR_FULL when no packet identifier is
 * free, or ERR_NOMEM. */
int route_send_image(struct connection *connection, struct publication *publication, const struct delivery *how);

/* The way of most, QoS 0 to a client that takes it as it comes: as route_send_image, but uncounted. False: it is not so
 * simple, and nothing was done. */
bool route_send_quick(struct connection *connection, struct publication *publication, bool retain);

/* Sends one delivery to a connection that is ready (takes the reference). Skips it when it has expired or
 * is too large for the client. */
void route_send(struct connection *connection, const struct delivery *delivery);

/* Sends again an unfinished message (dup) or PUBREL. */
void route_resend(struct connection *connection, const struct delivery *item, uint16_t packet_id);

#endif

/* How many may be connected: connections in all, of them from one address, and WebSockets that stay here. Web's thread, but
 * for the counters. */
#ifndef WEB_ADMISSION_H
#define WEB_ADMISSION_H

#include "web/server_private.h"

/* Whether the endpoint (cls) takes a connection from this address: libmicrohttpd's question before it does. */
enum MHD_Result admission_accept(void *cls, const struct sockaddr *address, socklen_t len);

/* Whether one more WebSocket may stay with the server; the peer is who asks. */
bool admission_websocket(struct web *web, const struct peer *peer);

#endif

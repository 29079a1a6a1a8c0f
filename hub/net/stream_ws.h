/* Streams over WebSocket: MQTT in binary frames, behind a handshake that somebody else has done (web). */
#ifndef NET_STREAM_WS_H
#define NET_STREAM_WS_H

#include <sys/socket.h>

#include "base/span.h"
#include "net/stream.h"

struct stream_ws_config {
	int fd;                      /* a connected non-blocking socket on which frames come next; taken, closed on failure as well */
	const struct sockaddr *peer; /* who is at the other end, borrowed for the call */
	struct span early;           /* what came behind the handshake; copied */
	const struct stream_pass *pass; /* copied; NULL: none */
};

/* Returns 0 or ERR_NOMEM. */
int stream_ws_create(const struct stream_ws_config *config, struct stream **stream_r);

#endif

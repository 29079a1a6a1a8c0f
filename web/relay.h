/* Carries bytes between an upgraded connection, with TLS or without, and a socket pair. Web's thread. */
#ifndef WEB_RELAY_H
#define WEB_RELAY_H

#include <stdbool.h>

#include "web/server_private.h"

struct relay;

struct relay_config {
	int epoll_fd; /* whose events' data are struct watch */
	int client;   /* the client's non-blocking socket, borrowed */
	void *tls;    /* its session of GnuTLS, borrowed: libmicrohttpd's, which gets nothing from it while the relay lives; NULL: no TLS */
	/* The other end of the pair was closed, and the client has still to take what came from it: it may never do so. Once. */
	void (*ending)(void *ctx);
	/* The other end of the pair was closed and what came from it is sent, or the client is gone for good. Once; call relay_end. */
	void (*over)(void *ctx);
	void *ctx;
};

/* *fd_r: the other end of the pair, non-blocking, the caller's. Returns 0 or an error of socketpair or epoll. */
int relay_create(const struct relay_config *config, int *fd_r, struct relay **relay_r);

/* Carries what GnuTLS has decrypted already, of which no event tells, and then goes on by itself. */
void relay_start(struct relay *relay);

/* Lets go of the session and closes our end of the pair. Events that were fetched already may still come. */
void relay_end(struct relay *relay);

/* Ends it and frees; when no event can come any more. Clears the pointer; NULL inside is fine. */
void relay_destroy(struct relay **relay);

#endif

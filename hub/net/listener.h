/* A listening socket on a loop: accepts, sets TCP_NODELAY, and hands streams
 * over. IPv4 and IPv6. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/stream.h"
#include "net/tls.h"

struct listener;

struct listener_config {
	const char *address;    /* "127.0.0.1", "::", "*" (all, both families), or a literal */
	uint16_t port;          /* 0: the kernel picks; see listener_port */
	struct tls_server *tls; /* borrowed; NULL for plain TCP */
	int backlog;            /* 0: 1024 */
};

/* Binds and listens. accepted is called on the loop's thread with a stream that it takes.
 * Running out of descriptors pauses accepting and resumes; it never spins.
 * accepted must not destroy the listener. message_r: a sentence for
 * people (256 bytes). Returns 0, ERR_BUSY (port in use), ERR_DENIED, ERR_INVALID or ERR_IO. */
int listener_create(struct loop *loop, const struct listener_config *config,
		    void (*accepted)(void *ctx, struct stream *stream), void *ctx,
		    struct listener **listener_r, char message_r[256]);
void listener_destroy(struct listener **listener);

/* The port bound. */
uint16_t listener_port(const struct listener *listener);

#endif

/* A listening socket on a loop: accepts, sets TCP_NODELAY, and hands streams
 * over. IPv4, IPv6 and Unix sockets. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/proxy.h"
#include "net/stream.h"
#include "net/tls.h"

struct listener;

struct listener_config {
	const char *address;    /* "127.0.0.1", "::", "*" (all, both families), or a literal */
	uint16_t port;          /* 0: the kernel picks; see listener_port */
	struct tls_server *tls; /* borrowed; NULL for plain TCP */
	int backlog;            /* 0: 1024 */
	const char *path;       /* of a Unix socket, then there is no address and port; NULL: none */
	const struct proxy_list *proxies; /* copied; connections from these begin with a PROXY header, others do not. NULL: none */
};

/* Binds and listens. accepted is called on the loop's thread with a stream that it takes.
 * Running out of descriptors pauses accepting and resumes; it never spins.
 * accepted must not destroy the listener. message_r: a sentence for
 * people (256 bytes). Returns 0, ERR_BUSY (port in use, or a Unix socket that somebody serves), ERR_DENIED, ERR_INVALID,
 * ERR_EXISTS (no socket lies at path) or ERR_IO. */
int listener_create(struct loop *loop, const struct listener_config *config,
		    void (*accepted)(void *ctx, struct stream *stream), void *ctx,
		    struct listener **listener_r, char message_r[256]);
void listener_destroy(struct listener **listener);

/* The port bound; 0 for a Unix socket. */
uint16_t listener_port(const struct listener *listener);

#endif

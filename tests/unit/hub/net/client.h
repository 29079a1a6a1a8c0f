/* A blocking client for the tests of streams: plain TCP or TLS with GnuTLS. Used from threads of
 * its own while the test's thread runs the server's loop; failures end the test. */
#ifndef TESTS_NET_CLIENT_H
#define TESTS_NET_CLIENT_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct client;

struct client_config {
	uint16_t port;
	bool tls, ipv6;
	const char *priorities;        /* NULL: GnuTLS's default */
	const gnutls_datum_t *session; /* to resume, or NULL */
	unsigned record_bytes;         /* the largest record wanted; 0: any */
	const struct buf *ca_pem;      /* verifies name against it; NULL: trusts anybody */
	const char *name;
	void (*prepare)(struct client *c); /* sets up more of the session before the handshake; NULL: nothing */
};

struct client {
	int fd;
	gnutls_session_t session; /* NULL for TCP */
	gnutls_certificate_credentials_t credentials;
};

/* Connects the socket only. */
void client_dial(struct client *c, const struct client_config *config);

/* The TLS handshake, if any. Returns 0 or a code of GnuTLS. */
int client_handshake(struct client *c, const struct client_config *config);

/* Both; the handshake must succeed. */
void client_connect(struct client *c, const struct client_config *config);

/* Sends all. Returns whether it went. */
bool client_send(struct client *c, const void *data, size_t len);

/* Receives: > 0 bytes, 0 at the end, < 0 when the connection broke. */
ssize_t client_receive(struct client *c, void *data, size_t size);

/* Ends the sending direction as the transport does it. */
void client_shutdown(struct client *c);

/* Makes close(2) reset the connection. */
void client_reset_on_close(struct client *c);

void client_close(struct client *c);

#endif

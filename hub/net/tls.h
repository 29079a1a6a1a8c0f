/* The server's TLS: certificate and policy (TLS ≥ 1.2, AEAD and ECDHE only)
 * shared by all streams that are accepted with it; exchangeable while running. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/span.h"

struct tls_server;

/* The GnuTLS priority string of the house's policy; libmicrohttpd gets the same. */
extern const char tls_priorities[];

enum tls_clients {
	TLS_CLIENTS_OFF,      /* no certificate is asked for */
	TLS_CLIENTS_OPTIONAL, /* one that is shown must be valid */
	TLS_CLIENTS_REQUIRED, /* who has neither certificate nor pre-shared key is refused */
};

struct tls_config {
	struct span certificate, key; /* PEM: chain, leaf first; its key */
	enum tls_clients clients;
	struct span client_ca;        /* PEM: authorities whose clients count; for OPTIONAL and REQUIRED */
	struct span psk;              /* lines for psk_table_parse; data NULL: no pre-shared keys */
	const char *alpn;             /* the protocol that is spoken (RFC 7301): clients that offer only others are refused; NULL: any */
};

/* The config is copied, but for alpn, which must be static. Returns 0, ERR_MALFORMED or ERR_EXISTS (message_r says what), or ERR_NOMEM. */
int tls_server_create(const struct tls_config *config, struct tls_server **tls_r, char message_r[256]);

/* New connections use the new one; sessions cannot be resumed any more when authorities or keys of clients changed. Any thread. */
int tls_server_reload(struct tls_server *tls, const struct tls_config *config, char message_r[256]);

/* Streams that were accepted with it live on: they hold their credentials. Clears the pointer; NULL is fine. */
void tls_server_destroy(struct tls_server **tls);

#endif

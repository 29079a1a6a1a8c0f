/* The server's TLS: certificate and policy (TLS ≥ 1.2, AEAD and ECDHE only)
 * shared by all streams that are accepted with it; exchangeable while running. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/span.h"

struct tls_server;

/* The GnuTLS priority string of the house's policy; libmicrohttpd gets the same. */
extern const char tls_priorities[];

/* certificate: PEM chain, leaf first; key: PEM. Returns 0, ERR_MALFORMED (message_r says what) or ERR_NOMEM. */
int tls_server_create(struct span certificate, struct span key, struct tls_server **tls_r, char message_r[256]);

/* New connections use the new certificate. Any thread. */
int tls_server_reload(struct tls_server *tls, struct span certificate, struct span key, char message_r[256]);

/* Streams that were accepted with it live on: they hold their credentials. Clears the pointer; NULL is fine. */
void tls_server_destroy(struct tls_server **tls);

#endif

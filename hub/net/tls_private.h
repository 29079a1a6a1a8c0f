/* What tls.c shares with stream_tls.c: the credentials of new connections. */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <gnutls/gnutls.h>

#include "net/psk.h"
#include "net/tls.h"

/* What is in use: reference-counted, immutable; sessions keep pointers into it, so each holds a reference. */
struct tls_credentials {
	_Atomic unsigned refs;
	gnutls_certificate_credentials_t certificate;
	gnutls_psk_server_credentials_t psk; /* NULL: none */
	gnutls_priority_t priorities;
	gnutls_datum_t ticket_key;  /* outlives reloads that change nobody's rights, so that clients resume across them */
	struct psk_table *psk_table;
	uint8_t clients_digest[32]; /* of client_ca, psk and what is asked of clients */
	enum tls_clients clients;
	const char *alpn;
};

/* The credentials of now; a reference that the caller gives back with tls_credentials_unref. Any thread. */
struct tls_credentials *tls_server_credentials(struct tls_server *tls);
void tls_credentials_unref(struct tls_credentials *credentials);

/* Sets up a server's session with them. Returns 0 or a code of GnuTLS. */
int tls_credentials_use(struct tls_credentials *credentials, gnutls_session_t session);

/* After the handshake, resumed or not: who is the client? name_r: allocated (free), NULL when it has shown nothing. Returns 0, or
 * ERR_DENIED (a bad certificate, or one is missing) with the reason, static, or ERR_NOMEM. */
int tls_credentials_identify(const struct tls_credentials *credentials, gnutls_session_t session, char **name_r,
			     const char **why_r);

#endif

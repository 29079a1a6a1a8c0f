/* What tls.c shares with stream_tls.c: the credentials of new connections. */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <gnutls/gnutls.h>

#include "net/tls.h"

/* A certificate in use: reference-counted, immutable; sessions keep pointers into it, so each holds a reference. */
struct tls_credentials {
	_Atomic unsigned refs;
	gnutls_certificate_credentials_t certificate;
	gnutls_priority_t priorities;
};

/* The credentials of now; a reference that the caller gives back with tls_credentials_unref. Any thread. */
struct tls_credentials *tls_server_credentials(struct tls_server *tls);
void tls_credentials_unref(struct tls_credentials *credentials);

/* Lets the session be resumed with a ticket. Returns 0 or a code of GnuTLS. */
int tls_server_enable_tickets(struct tls_server *tls, gnutls_session_t session);

#endif

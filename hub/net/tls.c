/* The TLS policy and the server's certificate. Any thread: a lock guards the pointer to
 * the credentials of new connections; those themselves never change. Must not know sockets. */
#include "net/tls.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "net/tls_private.h"
#include "thread/thread.h"

/* Ephemeral elliptic-curve key exchange and authenticated encryption only, TLS 1.2 for boards that
 * cannot do better. The client's order of ciphers counts: small boards prefer ChaCha20. */
const char tls_priorities[] = "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:"
			      "+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305:+AEAD:"
			      "+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:"
			      "+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA384:"
			      "+SIGN-EDDSA-ED25519:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:"
			      "+CTYPE-X509:+COMP-NULL";

struct tls_server {
	struct lock lock; /* guards current */
	struct tls_credentials *current;
	gnutls_datum_t ticket_key; /* outlives reloads, so that clients resume across them */
};

void tls_credentials_unref(struct tls_credentials *credentials)
{
	if (!credentials || atomic_fetch_sub(&credentials->refs, 1) > 1)
		return;
	if (credentials->priorities)
		gnutls_priority_deinit(credentials->priorities);
	if (credentials->certificate)
		gnutls_certificate_free_credentials(credentials->certificate);
	free(credentials);
}

static gnutls_datum_t datum_of(struct span s)
{
	return (gnutls_datum_t){(unsigned char *)s.data, (unsigned)s.len}; /* GnuTLS only reads it */
}

static int credentials_create(struct span certificate, struct span key, struct tls_credentials **credentials_r,
			      char message_r[256])
{
	message_r[0] = 0;
	struct tls_credentials *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_NOMEM;
	atomic_init(&c->refs, 1);
	gnutls_datum_t chain = datum_of(certificate), secret = datum_of(key);
	int rc = gnutls_certificate_allocate_credentials(&c->certificate);
	if (rc >= 0)
		rc = gnutls_priority_init(&c->priorities, tls_priorities, NULL);
	if (rc >= 0) /* also checks that the key is the certificate's */
		rc = gnutls_certificate_set_x509_key_mem(c->certificate, &chain, &secret, GNUTLS_X509_FMT_PEM);
	if (rc < 0) {
		tls_credentials_unref(c);
		str_format(message_r, 256, "the certificate or its key cannot be used: %s", gnutls_strerror(rc));
		return rc == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_MALFORMED;
	}
	*credentials_r = c;
	return 0;
}

int tls_server_create(struct span certificate, struct span key, struct tls_server **tls_r, char message_r[256])
{
	struct tls_server *tls = calloc(1, sizeof *tls);
	if (!tls) {
		message_r[0] = 0;
		return ERR_NOMEM;
	}
	lock_init(&tls->lock, "tls");
	int err = credentials_create(certificate, key, &tls->current, message_r);
	if (!err && gnutls_session_ticket_key_generate(&tls->ticket_key) < 0)
		err = ERR_NOMEM;
	if (err)
		tls_server_destroy(&tls);
	*tls_r = tls;
	return err;
}

int tls_server_reload(struct tls_server *tls, struct span certificate, struct span key, char message_r[256])
{
	struct tls_credentials *next = NULL;
	int err = credentials_create(certificate, key, &next, message_r);
	if (err)
		return err;
	lock_take(&tls->lock);
	struct tls_credentials *previous = tls->current;
	tls->current = next;
	lock_release(&tls->lock);
	tls_credentials_unref(previous);
	return 0;
}

void tls_server_destroy(struct tls_server **tls_p)
{
	struct tls_server *tls = *tls_p;
	if (!tls)
		return;
	tls_credentials_unref(tls->current);
	if (tls->ticket_key.data) {
		gnutls_memset(tls->ticket_key.data, 0, tls->ticket_key.size);
		gnutls_free(tls->ticket_key.data);
	}
	lock_finish(&tls->lock);
	free(tls);
	*tls_p = NULL;
}

struct tls_credentials *tls_server_credentials(struct tls_server *tls)
{
	lock_take(&tls->lock);
	struct tls_credentials *credentials = tls->current;
	atomic_fetch_add(&credentials->refs, 1);
	lock_release(&tls->lock);
	return credentials;
}

int tls_server_enable_tickets(struct tls_server *tls, gnutls_session_t session)
{
	return gnutls_session_ticket_enable_server(session, &tls->ticket_key);
}

/* The TLS policy, the server's certificate, and how clients show who they are. Any thread: a lock guards the pointer to
 * the credentials of new connections; those themselves never change. Must not know sockets. */
#include "net/tls.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
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

/* A client with a pre-shared key gets ephemeral keys, too. */
static const char psk_priorities[] = ":+ECDHE-PSK";

enum { PRIORITIES_SIZE = 1024, MAX_NAME = PSK_MAX_IDENTITY + 1 };

struct tls_server {
	struct lock lock; /* guards current */
	struct tls_credentials *current;
};

void tls_credentials_unref(struct tls_credentials *credentials)
{
	if (!credentials || atomic_fetch_sub(&credentials->refs, 1) > 1)
		return;
	if (credentials->priorities)
		gnutls_priority_deinit(credentials->priorities);
	if (credentials->certificate)
		gnutls_certificate_free_credentials(credentials->certificate);
	if (credentials->psk)
		gnutls_psk_free_server_credentials(credentials->psk);
	if (credentials->ticket_key.data) {
		gnutls_memset(credentials->ticket_key.data, 0, credentials->ticket_key.size);
		gnutls_free(credentials->ticket_key.data);
	}
	psk_table_destroy(&credentials->psk_table);
	free(credentials);
}

/* ---- making credentials ------------------------------------------------------ */

static gnutls_datum_t datum_of(struct span s)
{
	return (gnutls_datum_t){(unsigned char *)s.data, (unsigned)s.len}; /* GnuTLS only reads it */
}

/* Our error for GnuTLS's, with what cannot be used. */
static int refuse(const char *what, int rc, char message_r[256])
{
	str_format(message_r, 256, "%s cannot be used: %s", what, gnutls_strerror(rc));
	return rc == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_MALFORMED;
}

static int take_certificate(struct tls_credentials *c, const struct tls_config *config, char message_r[256])
{
	gnutls_datum_t chain = datum_of(config->certificate), secret = datum_of(config->key);
	int rc = gnutls_certificate_allocate_credentials(&c->certificate);
	if (rc >= 0) /* also checks that the key is the certificate's */
		rc = gnutls_certificate_set_x509_key_mem(c->certificate, &chain, &secret, GNUTLS_X509_FMT_PEM);
	return rc < 0 ? refuse("the certificate or its key", rc, message_r) : 0;
}

static int take_client_ca(struct tls_credentials *c, const struct tls_config *config, char message_r[256])
{
	c->clients = config->clients;
	if (c->clients == TLS_CLIENTS_OFF)
		return 0;
	gnutls_datum_t ca = datum_of(config->client_ca);
	int rc = gnutls_certificate_set_x509_trust_mem(c->certificate, &ca, GNUTLS_X509_FMT_PEM);
	return rc > 0 ? 0 : refuse("the authority of client certificates", rc ? rc : GNUTLS_E_NO_CERTIFICATE_FOUND, message_r);
}

/* GnuTLS asks for an identity's key, on the thread of the stream. */
static int find_key(gnutls_session_t session, const char *identity, gnutls_datum_t *key_r)
{
	const struct tls_credentials *c = gnutls_session_get_ptr(session);
	struct span key = psk_table_find(c->psk_table, identity);
	if (key.len == 0)
		return 1; /* GnuTLS takes a random one, so that nobody learns which identities there are */
	key_r->data = gnutls_malloc(key.len);
	if (!key_r->data)
		return -1;
	memcpy(key_r->data, key.data, key.len);
	key_r->size = (unsigned)key.len;
	return 0;
}

static int take_psk(struct tls_credentials *c, const struct tls_config *config, char message_r[256])
{
	if (!config->psk.data)
		return 0;
	int err = psk_table_parse(config->psk, &c->psk_table, message_r);
	if (err)
		return err;
	int rc = gnutls_psk_allocate_server_credentials(&c->psk);
	if (rc < 0)
		return refuse("the pre-shared keys", rc, message_r);
	gnutls_psk_set_server_credentials_function(c->psk, find_key);
	return 0;
}

static int take_priorities(struct tls_credentials *c, char message_r[256])
{
	char text[PRIORITIES_SIZE];
	str_format(text, sizeof text, "%s%s", tls_priorities, c->psk ? psk_priorities : "");
	int rc = gnutls_priority_init(&c->priorities, text, NULL);
	return rc < 0 ? refuse("the TLS policy", rc, message_r) : 0;
}

/* What decides which clients get in. */
static int digest_clients(const struct tls_config *config, uint8_t digest_r[32])
{
	gnutls_hash_hd_t hash;
	const uint64_t head[] = {config->clients, config->client_ca.len, config->psk.data != NULL, config->psk.len};
	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
		return ERR_NOMEM;
	gnutls_hash(hash, head, sizeof head);
	gnutls_hash(hash, config->client_ca.data, config->client_ca.len);
	gnutls_hash(hash, config->psk.data, config->psk.len);
	gnutls_hash_deinit(hash, digest_r);
	return 0;
}

/* The tickets of `before` go on being good when the same clients are let in. */
static int take_ticket_key(struct tls_credentials *c, const struct tls_credentials *before)
{
	if (!before || memcmp(before->clients_digest, c->clients_digest, sizeof c->clients_digest) != 0)
		return gnutls_session_ticket_key_generate(&c->ticket_key) < 0 ? ERR_NOMEM : 0;
	c->ticket_key.data = gnutls_malloc(before->ticket_key.size);
	if (!c->ticket_key.data)
		return ERR_NOMEM;
	memcpy(c->ticket_key.data, before->ticket_key.data, before->ticket_key.size);
	c->ticket_key.size = before->ticket_key.size;
	return 0;
}

static int credentials_create(const struct tls_config *config, const struct tls_credentials *before,
			      struct tls_credentials **credentials_r, char message_r[256])
{
	message_r[0] = 0;
	struct tls_credentials *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_NOMEM;
	atomic_init(&c->refs, 1);
	c->alpn = config->alpn;
	int err = take_certificate(c, config, message_r);
	if (!err)
		err = take_client_ca(c, config, message_r);
	if (!err)
		err = take_psk(c, config, message_r);
	if (!err)
		err = take_priorities(c, message_r);
	if (!err)
		err = digest_clients(config, c->clients_digest);
	if (!err)
		err = take_ticket_key(c, before);
	if (err)
		tls_credentials_unref(c);
	else
		*credentials_r = c;
	return err;
}

int tls_server_create(const struct tls_config *config, struct tls_server **tls_r, char message_r[256])
{
	struct tls_server *tls = calloc(1, sizeof *tls);
	if (!tls) {
		message_r[0] = 0;
		return ERR_NOMEM;
	}
	lock_init(&tls->lock, "tls");
	int err = credentials_create(config, NULL, &tls->current, message_r);
	if (err)
		tls_server_destroy(&tls);
	*tls_r = tls;
	return err;
}

int tls_server_reload(struct tls_server *tls, const struct tls_config *config, char message_r[256])
{
	struct tls_credentials *next = NULL, *before = tls_server_credentials(tls);
	int err = credentials_create(config, before, &next, message_r);
	tls_credentials_unref(before);
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
	lock_finish(&tls->lock);
	free(tls);
	*tls_p = NULL;
}

/* ---- sessions ------------------------------------------------------------------ */

struct tls_credentials *tls_server_credentials(struct tls_server *tls)
{
	lock_take(&tls->lock);
	struct tls_credentials *credentials = tls->current;
	atomic_fetch_add(&credentials->refs, 1);
	lock_release(&tls->lock);
	return credentials;
}

int tls_credentials_use(struct tls_credentials *c, gnutls_session_t session)
{
	static const gnutls_certificate_request_t requests[] = {
		[TLS_CLIENTS_OFF] = GNUTLS_CERT_IGNORE,
		[TLS_CLIENTS_OPTIONAL] = GNUTLS_CERT_REQUEST,
		[TLS_CLIENTS_REQUIRED] = GNUTLS_CERT_REQUEST, /* a pre-shared key does as well: judged after the handshake */
	};
	gnutls_session_set_ptr(session, c);
	int rc = gnutls_priority_set(session, c->priorities);
	if (rc >= 0)
		rc = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, c->certificate);
	if (rc >= 0 && c->psk)
		rc = gnutls_credentials_set(session, GNUTLS_CRD_PSK, c->psk);
	if (rc >= 0)
		rc = gnutls_session_ticket_enable_server(session, &c->ticket_key);
	if (rc >= 0 && c->alpn) { /* RFC 7301 §3.2: no protocol in common is fatal; a client that offers none is served */
		gnutls_datum_t protocol = datum_of(span_str(c->alpn));
		rc = gnutls_alpn_set_protocols(session, &protocol, 1, GNUTLS_ALPN_MANDATORY);
	}
	gnutls_certificate_server_set_request(session, requests[c->clients]);
	return rc;
}

/* The common name of the client's certificate, which was verified. */
static int common_name(const gnutls_datum_t *der, char name_r[MAX_NAME])
{
	gnutls_x509_crt_t crt;
	size_t size = MAX_NAME;
	if (gnutls_x509_crt_init(&crt) < 0)
		return ERR_NOMEM;
	int rc = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER);
	if (rc >= 0)
		rc = gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name_r, &size);
	gnutls_x509_crt_deinit(crt);
	/* GnuTLS writes names that are no text, such as with a NUL within, as # and hexadecimal digits */
	return rc < 0 || size == 0 || strlen(name_r) != size || name_r[0] == '#' ? ERR_DENIED : 0;
}

static int identify_certificate(gnutls_session_t session, const gnutls_datum_t *der, char name_r[MAX_NAME], const char **why_r)
{
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT};
	unsigned status = 0;
	int rc = gnutls_certificate_verify_peers(session, &purpose, 1, &status);
	if (rc < 0 || status) {
		*why_r = "its certificate is not valid here";
		return ERR_DENIED;
	}
	*why_r = "its certificate has no usable common name";
	return common_name(der, name_r);
}

int tls_credentials_identify(const struct tls_credentials *c, gnutls_session_t session, char **name_r, const char **why_r)
{
	char name[MAX_NAME] = "";
	unsigned count = 0;
	*name_r = NULL;
	const char *identity = c->psk ? gnutls_psk_server_get_username(session) : NULL;
	const gnutls_datum_t *der = c->clients == TLS_CLIENTS_OFF || identity ? NULL : gnutls_certificate_get_peers(session, &count);
	int err = 0;
	if (identity) {
		*why_r = "its identity is too long";
		err = str_copy(name, sizeof name, identity) ? ERR_DENIED : 0;
	} else if (der && count) {
		err = identify_certificate(session, der, name, why_r);
	} else if (c->clients == TLS_CLIENTS_REQUIRED) {
		*why_r = "it shows no certificate";
		err = ERR_DENIED;
	}
	if (!err && name[0]) {
		*name_r = strdup(name);
		err = *name_r ? 0 : ERR_NOMEM;
	}
	return err;
}

/* Keys and certificates of the house as GnuTLS makes and reads them: what pki.c needs and tests use to make
 * certificates of other times. Texts are PEM. */
#ifndef NET_PKI_CERT_H
#define NET_PKI_CERT_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <time.h>

#include "base/buf.h"
#include "net/pki_names.h"

enum { PKI_LEAF_DAYS = 397, PKI_RENEW_DAYS = 30 };

/* A key with its certificate; each may be NULL. */
struct pki_identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
};

/* Frees both; zeroed is fine. */
void pki_identity_finish(struct pki_identity *identity);

/* A new ECDSA P-256 key. Returns 0, ERR_NOMEM or ERR_CRYPTO, as all that make something here. */
int pki_key_generate(gnutls_x509_privkey_t *key_r);

/* Reads PEM: 0, ERR_NOMEM or ERR_MALFORMED. */
int pki_key_parse(struct span pem, gnutls_x509_privkey_t *key_r);
int pki_crt_parse(struct span pem, gnutls_x509_crt_t *crt_r);

/* Appends PEM. */
int pki_key_format(gnutls_x509_privkey_t key, struct buf *pem);
int pki_crt_format(gnutls_x509_crt_t crt, struct buf *pem);

/* Signs the authority's certificate with its own key: valid from a day before now, for clocks that are off. */
int pki_issue_authority(gnutls_x509_privkey_t key, const char *hub_id, time_t now, gnutls_x509_crt_t *crt_r);

/* Signs a certificate of the key for these names; it never outlives the authority's. */
int pki_issue_hub(const struct pki_identity *authority, gnutls_x509_privkey_t key, const struct pki_names *names,
		  time_t now, gnutls_x509_crt_t *crt_r);

/* Whether the certificate is that of the key. */
bool pki_belongs(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key);

/* Why the hub needs a new certificate at this time: a static sentence, or NULL when it does not. */
const char *pki_why_renew(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, gnutls_x509_crt_t authority,
			  const struct pki_names *names, time_t now);

#endif

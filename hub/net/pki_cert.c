/* Makes and judges certificates that browsers, Apple's, Android's and small TLS libraries accept
 * (RFC 5280; Apple's limits: SHA-256, names in subjectAltName, serverAuth, at most 398 days). Any thread; must not know files. */
#include "net/pki_cert.h"

#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"

enum {
	SERIAL_BYTES = 16,
	KEY_ID_BYTES = 20,
	DAY = 24 * 3600,
	AUTHORITY_DAYS = 20 * 365 + 5,
};

void pki_identity_finish(struct pki_identity *identity)
{
	if (identity->key)
		gnutls_x509_privkey_deinit(identity->key);
	if (identity->crt)
		gnutls_x509_crt_deinit(identity->crt);
	*identity = (struct pki_identity){0};
}

static int to_err(int rc, int otherwise)
{
	if (rc >= 0)
		return 0;
	return rc == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : otherwise;
}

int pki_key_generate(gnutls_x509_privkey_t *key_r)
{
	int rc = gnutls_x509_privkey_init(key_r);
	if (rc < 0)
		return to_err(rc, ERR_CRYPTO);
	rc = gnutls_x509_privkey_generate(*key_r, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (rc < 0) {
		gnutls_x509_privkey_deinit(*key_r);
		*key_r = NULL;
	}
	return to_err(rc, ERR_CRYPTO);
}

int pki_key_parse(struct span pem, gnutls_x509_privkey_t *key_r)
{
	int rc = gnutls_x509_privkey_init(key_r);
	if (rc < 0)
		return to_err(rc, ERR_MALFORMED);
	gnutls_datum_t text = {(unsigned char *)pem.data, (unsigned)pem.len};
	rc = gnutls_x509_privkey_import(*key_r, &text, GNUTLS_X509_FMT_PEM);
	if (rc < 0) {
		gnutls_x509_privkey_deinit(*key_r);
		*key_r = NULL;
	}
	return to_err(rc, ERR_MALFORMED);
}

int pki_crt_parse(struct span pem, gnutls_x509_crt_t *crt_r)
{
	int rc = gnutls_x509_crt_init(crt_r);
	if (rc < 0)
		return to_err(rc, ERR_MALFORMED);
	gnutls_datum_t text = {(unsigned char *)pem.data, (unsigned)pem.len};
	rc = gnutls_x509_crt_import(*crt_r, &text, GNUTLS_X509_FMT_PEM);
	if (rc < 0) {
		gnutls_x509_crt_deinit(*crt_r);
		*crt_r = NULL;
	}
	return to_err(rc, ERR_MALFORMED);
}

static int append_datum(struct buf *out, gnutls_datum_t *text)
{
	int err = buf_append(out, text->data, text->size);
	gnutls_memset(text->data, 0, text->size); /* may be a key */
	gnutls_free(text->data);
	return err;
}

int pki_key_format(gnutls_x509_privkey_t key, struct buf *pem)
{
	gnutls_datum_t text;
	int rc = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &text);
	return rc < 0 ? to_err(rc, ERR_CRYPTO) : append_datum(pem, &text);
}

int pki_crt_format(gnutls_x509_crt_t crt, struct buf *pem)
{
	gnutls_datum_t text;
	int rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &text);
	return rc < 0 ? to_err(rc, ERR_CRYPTO) : append_datum(pem, &text);
}

/* Remembers the first failure, so that a list of settings reads as a list. */
static void keep_first(int *rc, int next)
{
	if (*rc >= 0)
		*rc = next;
}

struct validity {
	time_t from, to;
};

/* What both kinds of certificate have. Returns a code of GnuTLS. */
static int set_basics(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *name, struct validity validity)
{
	uint8_t serial[SERIAL_BYTES], id[KEY_ID_BYTES];
	size_t id_len = sizeof id;
	rand_bytes(serial, sizeof serial);
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive and of full length */
	int rc = 0;
	keep_first(&rc, gnutls_x509_crt_set_version(crt, 3));
	keep_first(&rc, gnutls_x509_crt_set_serial(crt, serial, sizeof serial));
	keep_first(&rc, gnutls_x509_crt_set_activation_time(crt, validity.from));
	keep_first(&rc, gnutls_x509_crt_set_expiration_time(crt, validity.to));
	keep_first(&rc, gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name)));
	keep_first(&rc, gnutls_x509_crt_set_key(crt, key));
	keep_first(&rc, gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA1, id, &id_len));
	keep_first(&rc, gnutls_x509_crt_set_subject_key_id(crt, id, id_len));
	return rc;
}

int pki_issue_authority(gnutls_x509_privkey_t key, const char *hub_id, time_t now, gnutls_x509_crt_t *crt_r)
{
	char name[64]; /* the longest common name allowed */
	int err = str_format(name, sizeof name, "tomte house %s", hub_id);
	if (err)
		return err;
	gnutls_x509_crt_t crt;
	int rc = gnutls_x509_crt_init(&crt);
	if (rc < 0)
		return to_err(rc, ERR_CRYPTO);
	struct validity validity = {now - DAY, now - DAY + (time_t)AUTHORITY_DAYS * DAY};
	keep_first(&rc, set_basics(crt, key, name, validity));
	keep_first(&rc, gnutls_x509_crt_set_basic_constraints(crt, 1, 0));
	keep_first(&rc, gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN));
	keep_first(&rc, gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0));
	if (rc < 0)
		gnutls_x509_crt_deinit(crt);
	else
		*crt_r = crt;
	return to_err(rc, ERR_CRYPTO);
}

static int set_names(gnutls_x509_crt_t crt, const struct pki_names *names)
{
	int rc = 0;
	for (size_t i = 0; i < names->dns_count; i++)
		keep_first(&rc, gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, names->dns[i],
								     (unsigned)strlen(names->dns[i]), GNUTLS_FSAN_APPEND));
	for (size_t i = 0; i < names->addresses.count; i++)
		keep_first(&rc, gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, names->addresses.items[i].bytes,
								     names->addresses.items[i].len, GNUTLS_FSAN_APPEND));
	return rc;
}

int pki_issue_hub(const struct pki_identity *authority, gnutls_x509_privkey_t key, const struct pki_names *names,
		  time_t now, gnutls_x509_crt_t *crt_r)
{
	gnutls_x509_crt_t crt;
	int rc = gnutls_x509_crt_init(&crt);
	if (rc < 0)
		return to_err(rc, ERR_CRYPTO);
	uint8_t issuer_id[KEY_ID_BYTES];
	size_t issuer_id_len = sizeof issuer_id;
	struct validity validity = {now - DAY, now - DAY + PKI_LEAF_DAYS * DAY - 1};
	time_t end = gnutls_x509_crt_get_expiration_time(authority->crt);
	if (validity.to > end)
		validity.to = end;
	keep_first(&rc, set_basics(crt, key, names->dns[0], validity));
	keep_first(&rc, gnutls_x509_crt_set_basic_constraints(crt, 0, -1));
	keep_first(&rc, gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE));
	keep_first(&rc, gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0));
	keep_first(&rc, gnutls_x509_crt_get_subject_key_id(authority->crt, issuer_id, &issuer_id_len, NULL));
	keep_first(&rc, gnutls_x509_crt_set_authority_key_id(crt, issuer_id, issuer_id_len));
	keep_first(&rc, set_names(crt, names));
	keep_first(&rc, gnutls_x509_crt_sign2(crt, authority->crt, authority->key, GNUTLS_DIG_SHA256, 0));
	if (rc < 0)
		gnutls_x509_crt_deinit(crt);
	else
		*crt_r = crt;
	return to_err(rc, ERR_CRYPTO);
}

bool pki_belongs(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	uint8_t of_crt[32], of_key[32];
	size_t crt_len = sizeof of_crt, key_len = sizeof of_key;
	return gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, of_crt, &crt_len) >= 0 &&
	       gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &key_len) >= 0 &&
	       span_equal(span_of(of_crt, crt_len), span_of(of_key, key_len));
}

static bool names_all_in(gnutls_x509_crt_t crt, const struct pki_names *names)
{
	for (size_t i = 0; i < names->dns_count; i++)
		if (!gnutls_x509_crt_check_hostname2(crt, names->dns[i], GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS))
			return false;
	for (size_t i = 0; i < names->addresses.count; i++)
		if (!gnutls_x509_crt_check_ip(crt, names->addresses.items[i].bytes, names->addresses.items[i].len, 0))
			return false;
	return true;
}

const char *pki_why_renew(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, gnutls_x509_crt_t authority,
			  const struct pki_names *names, time_t now)
{
	unsigned status = 0;
	time_t end = gnutls_x509_crt_get_expiration_time(crt);
	if (!pki_belongs(crt, key))
		return "it is not that of the hub's key";
	if (gnutls_x509_crt_verify(crt, &authority, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) < 0 || status)
		return "it is not of this house's authority";
	if (gnutls_x509_crt_get_activation_time(crt) > now)
		return "it is not valid yet by today's clock";
	/* One that ends together with the authority's cannot be made to last longer. */
	if (end - now < PKI_RENEW_DAYS * DAY && end < gnutls_x509_crt_get_expiration_time(authority))
		return "it ends soon";
	return names_all_in(crt, names) ? NULL : "this machine has a new name or address";
}

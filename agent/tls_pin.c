/* The TLS context handed to libmosquitto (MOSQ_OPT_SSL_CTX).
 *
 * libmosquitto 2.0 installs its own verify callback, which compares the certificate
 * with the host it dialled, only in contexts that it sets up itself
 * (MOSQ_OPT_SSL_CTX_WITH_DEFAULTS). Ours it takes as it is: the hub's name is
 * checked by OpenSSL against the parameters set here, whatever address was dialled.
 * tests/unit/agent/test_link.c holds both to their word. Main thread. */
#include "tls_pin.h"

/* OpenSSL has a type of the name of one of our error codes */
#define ERR_STATE openssl_ERR_STATE
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

static int verify(int good, X509_STORE_CTX *store)
{
	if (!good)
		log_warning("hub", "its certificate is refused: %s. Is another machine at this address?",
			    X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
	return good;
}

/* Adds every certificate in the PEM text. Returns their count. */
static int add_ca(SSL_CTX *context, const char *ca_pem)
{
	BIO *bio = BIO_new_mem_buf(ca_pem, -1);
	X509 *certificate;
	int count = 0;
	while (bio && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		count += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
		X509_free(certificate);
	}
	BIO_free(bio);
	ERR_clear_error(); /* the end of the text counts as one */
	return count;
}

int tls_pin_create(struct ssl_ctx_st **context_r, const char *ca_pem, const char *hub_id, struct wall_ms enrolled)
{
	char name[128];
	int err = str_format(name, sizeof name, "%s.tomte.home.arpa", hub_id);
	SSL_CTX *context = err ? NULL : SSL_CTX_new(TLS_client_method());
	if (!context)
		return err ? ERR_INVALID : ERR_NOMEM;
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (clock_wall().ms < enrolled.ms)
		X509_VERIFY_PARAM_set_time(param, (time_t)(enrolled.ms / 1000));
	if (add_ca(context, ca_pem) == 0 || !X509_VERIFY_PARAM_set1_host(param, name, 0) ||
	    !SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) ||
	    !SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20")) {
		SSL_CTX_free(context);
		return ERR_INVALID;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, verify);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	*context_r = context;
	return 0;
}

void tls_pin_destroy(struct ssl_ctx_st **context)
{
	SSL_CTX_free(*context);
	*context = NULL;
}

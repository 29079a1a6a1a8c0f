/* From a secret to its SCRAM verifier: PBKDF2 from GnuTLS, the rest from libsodium
 * (RFC 5802 §3). Any thread; a file of its own, so that who only checks logins needs no GnuTLS. */
#include "access/scram_verifier.h"

#include <gnutls/crypto.h>
#include <sodium.h>

#include "base/err.h"

_Static_assert(crypto_auth_hmacsha256_KEYBYTES == 32 && crypto_hash_sha256_BYTES == 32, "one size for all keys");

int scram_verifier_derive(struct span secret, struct scram_verifier *v)
{
	uint8_t salted[32], client_key[32];
	const gnutls_datum_t password = {(uint8_t *)(uintptr_t)secret.data, (unsigned)secret.len};
	const gnutls_datum_t salt = {v->salt, sizeof v->salt};
	int failed = gnutls_pbkdf2(GNUTLS_MAC_SHA256, &password, &salt, v->iterations, salted, sizeof salted);
	if (!failed) {
		crypto_auth_hmacsha256(client_key, (const uint8_t *)"Client Key", 10, salted);
		crypto_hash_sha256(v->stored_key, client_key, sizeof client_key);
		crypto_auth_hmacsha256(v->server_key, (const uint8_t *)"Server Key", 10, salted);
	}
	sodium_memzero(salted, sizeof salted);
	sodium_memzero(client_key, sizeof client_key);
	if (failed)
		*v = (struct scram_verifier){0};
	return failed ? ERR_CRYPTO : 0;
}

int scram_verifier_make(struct span secret, struct scram_verifier *v)
{
	*v = (struct scram_verifier){.iterations = SCRAM_ITERATIONS};
	randombytes_buf(v->salt, sizeof v->salt);
	return scram_verifier_derive(secret, v);
}

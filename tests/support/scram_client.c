/* SCRAM's client for tests. */
#include "scram_client.h"

#include <check.h>
#include <gnutls/crypto.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define FORMAT(text, ...) ck_assert_int_lt(snprintf(text, SCRAM_TEXT_SIZE, __VA_ARGS__), SCRAM_TEXT_SIZE)

void scram_client_first(struct scram_client *c, const char *name, const char *nonce)
{
	FORMAT(c->first, "%sn=%s,r=%s", c->header ? c->header : "n,,", name, nonce);
}

/* What stands behind the header. */
static const char *bare(const struct scram_client *c)
{
	return c->first + strlen(c->header ? c->header : "n,,");
}

static const char *field(const char *text, const char *name)
{
	const char *found = strstr(text, name);
	ck_assert_msg(found, "no %s in %s", name, text);
	return found + strlen(name);
}

static void base64(char text[64], const uint8_t *data, size_t len)
{
	sodium_bin2base64(text, 64, data, len, sodium_base64_VARIANT_ORIGINAL);
}

static void hmac(const uint8_t key[32], const char *text, uint8_t out[32])
{
	ck_assert_int_eq(gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, 32, text, strlen(text), out), 0);
}

static void salted_password(const struct scram_client *c, const char *password, uint8_t salted[32])
{
	const char *salt_text = field(c->server_first, ",s="), *end;
	uint8_t salt[64];
	size_t salt_len;
	ck_assert_int_eq(sodium_base642bin(salt, sizeof salt, salt_text, strcspn(salt_text, ","), NULL, &salt_len, &end,
					   sodium_base64_VARIANT_ORIGINAL), 0);
	ck_assert_int_eq(*end, ',');
	unsigned iterations = (unsigned)strtoul(field(c->server_first, ",i="), NULL, 10);
	ck_assert_uint_ge(iterations, 4096);
	gnutls_datum_t p = {(uint8_t *)(uintptr_t)password, (unsigned)strlen(password)}, s = {salt, (unsigned)salt_len};
	ck_assert_int_eq(gnutls_pbkdf2(GNUTLS_MAC_SHA256, &p, &s, iterations, salted, 32), 0);
}

void scram_client_sign(struct scram_client *c, const char *without_proof, const char *password)
{
	uint8_t salted[32], client_key[32], stored_key[32], signature[32], server_key[32];
	char auth_message[3 * SCRAM_TEXT_SIZE], text[64];
	salted_password(c, password, salted);
	snprintf(auth_message, sizeof auth_message, "%s,%s,%s", bare(c), c->server_first, without_proof);
	hmac(salted, "Client Key", client_key);
	ck_assert_int_eq(gnutls_hash_fast(GNUTLS_DIG_SHA256, client_key, 32, stored_key), 0);
	hmac(stored_key, auth_message, signature);
	for (int i = 0; i < 32; i++)
		client_key[i] ^= signature[i];
	base64(text, client_key, 32);
	FORMAT(c->final, "%s,p=%s", without_proof, text);
	hmac(salted, "Server Key", server_key);
	hmac(server_key, auth_message, signature);
	base64(text, signature, 32);
	FORMAT(c->expected, "v=%s", text);
}

void scram_client_final(struct scram_client *c, struct span server_first, const char *password)
{
	const char *header = c->header ? c->header : "n,,", *nonce = field(c->first, ",r=");
	char binding[SCRAM_TEXT_SIZE], without_proof[2 * SCRAM_TEXT_SIZE];
	FORMAT(c->server_first, "%.*s", (int)server_first.len, (const char *)server_first.data);
	ck_assert(span_starts(server_first, span_str("r=")));
	const char *whole = field(c->server_first, "r=");
	size_t whole_len = strcspn(whole, ",");
	ck_assert_uint_gt(whole_len, strlen(nonce)); /* the server has added something of its own */
	ck_assert(span_starts(span_of(whole, whole_len), span_str(nonce)));
	sodium_bin2base64(binding, sizeof binding, (const uint8_t *)header, strlen(header), sodium_base64_VARIANT_ORIGINAL);
	snprintf(without_proof, sizeof without_proof, "c=%s,r=%.*s", binding, (int)whole_len, whole);
	scram_client_sign(c, without_proof, password);
}

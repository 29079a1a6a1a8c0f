/* SCRAM's server with foreign messages. The first byte says whether the name is a real one ('d': a decoy) and whether the proof is
 * made to fit ('s': signed, so that what stands before it is looked at); then client-first, a line feed, client-final. Whatever comes,
 * nobody is let in who has not signed exactly these messages, with the header and the nonce that were given. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/scram.h"
#include "base/err.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 16384 };

static const char own_nonce[] = "3rfcNHYJY1ZVvWVs7j";
static const uint8_t client_key[32] = {1, 2, 3}, server_key[32] = {4, 5, 6};

static void check(bool truth)
{
	if (!truth)
		abort();
}

static void check_first(const struct scram_first *first, struct span message)
{
	char escaped[3 * SCRAM_NAME_MAX + 1];
	size_t len = 0;
	check(first->header.data == message.data && first->header.len + first->bare.len == message.len);
	check(first->bare.data == message.data + first->header.len && first->header.len <= SCRAM_HEADER_MAX);
	check(first->name_len >= 1 && first->name_len <= SCRAM_NAME_MAX);
	check(first->nonce.len >= 1 && first->nonce.len <= SCRAM_NONCE_MAX);
	for (size_t i = 0; i < first->name_len; i++) {
		uint8_t c = first->name[i];
		int n = snprintf(escaped + len, 4, c == ',' ? "=2C" : c == '=' ? "=3D" : "%c", c);
		len += (size_t)n;
	}
	/* the name as it was sent, and nothing else, stands there */
	check(first->bare.len > 2 + len && memcmp(first->bare.data + 2, escaped, len) == 0 && first->bare.data[2 + len] == ',');
}

/* What the client, who knows the secret, would sign: AuthMessage in one piece. */
static void right_proof(struct span bare, const char *server_first, struct span without_proof, char proof_r[64])
{
	static char message[2 * TEXT_SIZE];
	uint8_t stored_key[32], signature[32];
	int len = snprintf(message, sizeof message, "%.*s,%s,%.*s", (int)bare.len, (const char *)bare.data, server_first,
			   (int)without_proof.len, (const char *)without_proof.data);
	crypto_hash_sha256(stored_key, client_key, sizeof client_key);
	crypto_auth_hmacsha256(signature, (const uint8_t *)message, (size_t)len, stored_key);
	for (int i = 0; i < 32; i++)
		signature[i] ^= client_key[i];
	sodium_bin2base64(proof_r, 64, signature, sizeof signature, sodium_base64_VARIANT_ORIGINAL);
}

/* Someone was let in: was it right? */
static void check_accepted(const struct scram_first *first, const char *server_first, struct span final, const char *reply)
{
	char binding[SCRAM_HEADER_MAX * 2], start[512], proof[64];
	sodium_bin2base64(binding, sizeof binding, first->header.data, first->header.len, sodium_base64_VARIANT_ORIGINAL);
	int len = snprintf(start, sizeof start, "c=%s,r=%.*s%s", binding, (int)first->nonce.len,
			   (const char *)first->nonce.data, own_nonce);
	check(final.len >= (size_t)len + 47 && memcmp(final.data, start, (size_t)len) == 0 && final.data[len] == ',');
	struct span without_proof = span_of(final.data, final.len - 47);
	right_proof(first->bare, server_first, without_proof, proof);
	check(memcmp(final.data + without_proof.len, ",p=", 3) == 0);
	check(memcmp(final.data + without_proof.len + 3, proof, 44) == 0);
	check(strncmp(reply, "v=", 2) == 0 && strlen(reply) == 46);
}

static void play(bool genuine, bool sign, struct span message, struct span final)
{
	static char signed_final[TEXT_SIZE + 64];
	struct scram s;
	struct scram_first first;
	char server_first[SCRAM_REPLY_SIZE], reply[SCRAM_REPLY_SIZE], proof[64];
	struct scram_verifier verifier = {.iterations = 4096};
	int err = scram_read_first(message, &first, reply);
	check(err == 0 || strncmp(reply, "e=", 2) == 0);
	if (err)
		return;
	check_first(&first, message);
	memcpy(verifier.server_key, server_key, sizeof server_key);
	crypto_hash_sha256(verifier.stored_key, client_key, sizeof client_key);
	scram_begin(&s, &first, &verifier, genuine, span_str(own_nonce), server_first);
	check(strlen(server_first) == 2 + first.nonce.len + strlen(own_nonce) + strlen(",s=AAAAAAAAAAAAAAAAAAAAAA==,i=4096"));
	if (sign) {
		right_proof(first.bare, server_first, final, proof);
		if (final.len)
			memcpy(signed_final, final.data, final.len);
		memcpy(signed_final + final.len, ",p=", 3);
		memcpy(signed_final + final.len + 3, proof, 44);
		final = span_of(signed_final, final.len + 47);
	}
	err = scram_finish(&s, final, reply);
	check(err == 0 || err == ERR_DENIED || err == ERR_MALFORMED);
	check(sodium_is_zero((const uint8_t *)&s, sizeof s));
	if (err)
		check(strncmp(reply, "e=", 2) == 0);
	else
		check_accepted(&first, server_first, final, reply);
	check(genuine || err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sodium_init() < 0 || size == 0 || size > TEXT_SIZE)
		return 0;
	const uint8_t *text = data + 1, *feed = memchr(text, '\n', size - 1);
	size_t first_len = feed ? (size_t)(feed - text) : size - 1;
	struct span final = feed ? span_of(feed + 1, size - 2 - first_len) : (struct span){0};
	if (final.len && memchr(final.data, 0, final.len))
		return 0; /* no text for snprintf above */
	play(data[0] != 'd' && data[0] != 'D', data[0] == 's' || data[0] == 'D', span_of(text, first_len), final);
	return 0;
}

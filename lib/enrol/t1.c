/* What both sides of T1 do alike: headers, hashes, keys, seals and signatures,
 * all of it libsodium's. Any thread; no I/O, no allocation. */
#include "enrol/t1_private.h"

#include <assert.h>
#include <sodium.h>

#include "base/err.h"

enum { T1_VERSION = 1 };

void t1_put_header(uint8_t *message, enum t1_type type, const uint8_t sid[T1_SID_BYTES])
{
	message[0] = T1_VERSION;
	message[1] = (uint8_t)type;
	message[2] = message[3] = 0;
	if (sid)
		memcpy(message + T1_HEADER_BYTES, sid, T1_SID_BYTES);
}

bool t1_header_valid(struct span message, enum t1_type type)
{
	return message.len >= T1_SID_HEADER_BYTES && message.data[0] == T1_VERSION && message.data[1] == type &&
	       message.data[2] == 0 && message.data[3] == 0;
}

void t1_hash(uint8_t hash_r[T1_HASH_BYTES], const char *label, struct span a, struct span b)
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, T1_HASH_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)label, strlen(label));
	crypto_generichash_update(&state, a.data, a.len);
	crypto_generichash_update(&state, b.data, b.len);
	crypto_generichash_final(&state, hash_r, T1_HASH_BYTES);
}

int t1_make_keys(uint8_t k_h2d_r[32], uint8_t k_d2h_r[32], const uint8_t psk[ENROL_PSK_BYTES],
		 const uint8_t secret[32], const uint8_t peer_share[32], const uint8_t th1[T1_HASH_BYTES])
{
	static const char label[] = "T1-key";
	uint8_t shared[32], keys[64];
	/* refuses the all-zero secret, which shares of low order make */
	if (crypto_scalarmult(shared, secret, peer_share) != 0) {
		sodium_memzero(shared, sizeof shared);
		return ERR_CRYPTO;
	}
	crypto_generichash_state state;
	crypto_generichash_init(&state, psk, ENROL_PSK_BYTES, sizeof keys);
	crypto_generichash_update(&state, (const uint8_t *)label, sizeof label - 1);
	crypto_generichash_update(&state, shared, sizeof shared);
	crypto_generichash_update(&state, th1, T1_HASH_BYTES);
	crypto_generichash_final(&state, keys, sizeof keys);
	memcpy(k_h2d_r, keys, 32);
	memcpy(k_d2h_r, keys + 32, 32);
	sodium_memzero(shared, sizeof shared);
	sodium_memzero(keys, sizeof keys);
	sodium_memzero(&state, sizeof state);
	return 0;
}

void t1_make_ad(uint8_t ad_r[T1_SID_HEADER_BYTES + T1_HASH_BYTES], const uint8_t *message,
		const uint8_t th[T1_HASH_BYTES])
{
	memcpy(ad_r, message, T1_SID_HEADER_BYTES);
	memcpy(ad_r + T1_SID_HEADER_BYTES, th, T1_HASH_BYTES);
}

/* Nonces never repeat under one key: each key is one exchange's, one direction's. */
static void make_nonce(uint8_t nonce_r[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES], uint8_t counter)
{
	memset(nonce_r, 0, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
	nonce_r[0] = counter; /* little-endian */
}

void t1_seal(uint8_t *text, size_t len, struct span ad, uint8_t counter, const uint8_t key[32])
{
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	make_nonce(nonce, counter);
	crypto_aead_xchacha20poly1305_ietf_encrypt(text, NULL, text, len, ad.data, ad.len, NULL, nonce, key);
}

int t1_open(uint8_t *text_r, struct span sealed, struct span ad, uint8_t counter, const uint8_t key[32])
{
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	make_nonce(nonce, counter);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(text_r, NULL, NULL, sealed.data, sealed.len, ad.data,
							  ad.len, nonce, key) == 0
		       ? 0
		       : ERR_CRYPTO;
}

enum { SIGNED_MAX_BYTES = 3 + T1_HASH_BYTES + T1_PUBLIC_BYTES };

static size_t put_signed(uint8_t signed_r[SIGNED_MAX_BYTES], const char *label, const uint8_t *th, struct span extra)
{
	assert(extra.len <= T1_PUBLIC_BYTES && strlen(label) == 3);
	memcpy(signed_r, label, 3);
	memcpy(signed_r + 3, th, T1_HASH_BYTES);
	if (extra.len)
		memcpy(signed_r + 3 + T1_HASH_BYTES, extra.data, extra.len);
	return 3 + T1_HASH_BYTES + extra.len;
}

void t1_sign(uint8_t signature_r[T1_SIGNATURE_BYTES], const char *label, const uint8_t th[T1_HASH_BYTES],
	     struct span extra, const uint8_t seed[T1_SEED_BYTES])
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	uint8_t text[SIGNED_MAX_BYTES];
	size_t len = put_signed(text, label, th, extra);
	crypto_sign_seed_keypair(public, secret, seed);
	crypto_sign_detached(signature_r, NULL, text, len, secret);
	sodium_memzero(secret, sizeof secret);
}

int t1_verify(const uint8_t signature[T1_SIGNATURE_BYTES], const char *label, const uint8_t th[T1_HASH_BYTES],
	      struct span extra, const uint8_t signer[T1_PUBLIC_BYTES])
{
	uint8_t text[SIGNED_MAX_BYTES];
	size_t len = put_signed(text, label, th, extra);
	return crypto_sign_verify_detached(signature, text, len, signer) == 0 ? 0 : ERR_CRYPTO;
}

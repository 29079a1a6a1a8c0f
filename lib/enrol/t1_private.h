/* The parts of T1 that the two sides share, and the steps that draw random
 * numbers with those numbers given: for known-answer tests only. */
#ifndef ENROL_T1_PRIVATE_H
#define ENROL_T1_PRIVATE_H

#include "enrol/t1.h"

enum {
	T1_HEADER_BYTES = 4,       /* ver, type, reserved 2 */
	T1_SID_HEADER_BYTES = 12,  /* header and sid: what M2, M3 and M4 begin with */
	T1_M2_CLEAR_BYTES = 44,    /* M2 up to its ciphertext */
	T1_TAG_BYTES = 16,
	T1_SIGNATURE_BYTES = 64,
	T1_HASH_BYTES = 64,
};

enum t1_type { T1_M1 = 1, T1_M2, T1_M3, T1_M4 };

/* Counters of the messages under each key, the AEAD's nonces. */
enum { T1_NONCE_M2 = 0, T1_NONCE_M3 = 0, T1_NONCE_M4 = 1 };

/* Writes version, type, zeroes and sid. */
void t1_put_header(uint8_t *message, enum t1_type type, const uint8_t sid[T1_SID_BYTES]);

/* Whether message begins with this version and type and zero reserved bytes. */
bool t1_header_valid(struct span message, enum t1_type type);

/* BLAKE2b-512 over label and two runs of bytes. */
void t1_hash(uint8_t hash_r[T1_HASH_BYTES], const char *label, struct span a, struct span b);

/* The two keys from the shared secret of own secret and the peer's share, under
 * psk and th1. Returns 0, or ERR_CRYPTO for a share of low order. */
int t1_make_keys(uint8_t k_h2d_r[32], uint8_t k_d2h_r[32], const uint8_t psk[ENROL_PSK_BYTES],
		 const uint8_t secret[32], const uint8_t peer_share[32], const uint8_t th1[T1_HASH_BYTES]);

/* The associated data of M3 and M4: the message's first 12 bytes and th. */
void t1_make_ad(uint8_t ad_r[T1_SID_HEADER_BYTES + T1_HASH_BYTES], const uint8_t *message,
		const uint8_t th[T1_HASH_BYTES]);

/* Encrypts len bytes at text in place and appends the tag. */
void t1_seal(uint8_t *text, size_t len, struct span ad, uint8_t counter, const uint8_t key[32]);

/* Decrypts sealed (text and tag) into text_r, sealed.len - T1_TAG_BYTES bytes.
 * Returns 0 or ERR_CRYPTO (text_r is then zeroed). */
int t1_open(uint8_t *text_r, struct span sealed, struct span ad, uint8_t counter, const uint8_t key[32]);

/* Signs label ‖ th ‖ extra with the key of seed. */
void t1_sign(uint8_t signature_r[T1_SIGNATURE_BYTES], const char *label, const uint8_t th[T1_HASH_BYTES],
	     struct span extra, const uint8_t seed[T1_SEED_BYTES]);

/* Returns 0 or ERR_CRYPTO. extra is at most T1_PUBLIC_BYTES, as in t1_sign. */
int t1_verify(const uint8_t signature[T1_SIGNATURE_BYTES], const char *label, const uint8_t th[T1_HASH_BYTES],
	      struct span extra, const uint8_t signer[T1_PUBLIC_BYTES]);

/* t1_hub_m1 with its random numbers; hub->sid is set by the caller. */
int t1_hub_m1_with(struct t1_hub *hub, struct span m1, const uint8_t psk[ENROL_PSK_BYTES],
		   const uint8_t identity_public[T1_PUBLIC_BYTES], const uint8_t ephemeral_secret[32],
		   uint8_t m2_r[T1_M2_BYTES]);

/* t1_device_m1 with its random number. */
void t1_device_m1_with(struct t1_device *device, const uint8_t key[ENROL_KEY_BYTES],
		       const uint8_t ephemeral_secret[32], uint8_t m1_r[T1_M1_BYTES]);

#endif

/* The keyed hash of the broker's own tables: SipHash-1-3 (the variant that
 * Rust's and Python's tables use), inline because it runs for every topic
 * level of every message. It keeps peers from choosing names that collide;
 * it protects no secret, for which libsodium is there. */
#ifndef BROKER_HASH_H
#define BROKER_HASH_H

#include <stdint.h>
#include <string.h>

#include "base/span.h"

struct hash_key {
	uint64_t k0, k1; /* random */
};

static inline uint64_t hash_rotate(uint64_t v, int bits)
{
	return v << bits | v >> (64 - bits);
}

static inline void hash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = hash_rotate(v[1], 13) ^ v[0];
	v[0] = hash_rotate(v[0], 32);
	v[2] += v[3];
	v[3] = hash_rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = hash_rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = hash_rotate(v[1], 17) ^ v[2];
	v[2] = hash_rotate(v[2], 32);
}

/* A number that is the same for equal bytes and this key, on this machine. */
static inline uint64_t hash_bytes(const struct hash_key *key, struct span s)
{
	uint64_t v[4] = {key->k0 ^ UINT64_C(0x736f6d6570736575), key->k1 ^ UINT64_C(0x646f72616e646f6d),
			 key->k0 ^ UINT64_C(0x6c7967656e657261), key->k1 ^ UINT64_C(0x7465646279746573)};
	const uint8_t *p = s.data;
	size_t left = s.len;
	uint64_t word;
	for (; left >= 8; p += 8, left -= 8) {
		memcpy(&word, p, 8);
		v[3] ^= word;
		hash_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)s.len << 56;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)p[i] << (8 * i);
	v[3] ^= word;
	hash_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	hash_round(v);
	hash_round(v);
	hash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The same in a tenth of the time, for tables in which a collision is no more than a miss: peers may find some. */
static inline uint64_t hash_quick(const struct hash_key *key, struct span s)
{
	const uint64_t factor = key->k1 << 1 ^ UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = key->k0 ^ s.len, word;
	const uint8_t *p = s.data;
	size_t left = s.len;
	for (; left >= 8; p += 8, left -= 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * factor;
		h ^= h >> 29;
	}
	word = 0;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)p[i] << (8 * i);
	h = (h ^ word) * factor;
	h = (h ^ h >> 32) * factor; /* what differs in the last bytes alone reaches the low bits too */
	return h ^ h >> 32;
}

#endif

/* Bytes of numbers in the journal's records: LEB128 varints, zigzag, and the bits of doubles. Pure. */
#ifndef DB_VARINT_H
#define DB_VARINT_H

#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/span.h"

enum { VARINT_MAX = 10 }; /* bytes */

/* Writes v, at most VARINT_MAX bytes. Returns the place behind. */
static inline uint8_t *varint_put(uint8_t *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

/* Takes a varint from the front of s. Returns 0, or ERR_DAMAGED (it does not end, or is wider than 64 bits; *s is as before). */
static inline int varint_take(struct span *s, uint64_t *v_r)
{
	uint64_t v = 0;
	for (size_t i = 0; i < s->len && i < VARINT_MAX; i++) {
		uint64_t byte = s->data[i];
		if (i == VARINT_MAX - 1 && byte > 1)
			return ERR_DAMAGED;
		v |= (byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			*s = span_of(s->data + i + 1, s->len - i - 1);
			*v_r = v;
			return 0;
		}
	}
	return ERR_DAMAGED;
}

/* Signed numbers of small size to small unsigned ones: 0, -1, 1, -2 … to 0, 1, 2, 3 … */
static inline uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static inline int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

static inline uint64_t bits_of(double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	return bits;
}

/* Writes the 8 bytes of v, little-endian. */
static inline void bits_put(uint8_t *p, double v)
{
	uint64_t bits = bits_of(v);
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(bits >> 8 * i);
}

/* Reads what bits_put wrote. */
static inline double bits_take(const uint8_t *p)
{
	uint64_t bits = 0;
	for (int i = 0; i < 8; i++)
		bits |= (uint64_t)p[i] << 8 * i;
	double v;
	memcpy(&v, &bits, sizeof v);
	return v;
}

#endif

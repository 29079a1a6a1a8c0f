/* A stream of bits, least significant first, as chunks are made of. Header only, since
 * the decoder takes several fields a sample. No locking. */
#ifndef DB_BITS_H
#define DB_BITS_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

enum {
	BITS_AT_ONCE = 56, /* the widest field that one put or get takes */
	BITS_LENGTH = 7,   /* bits that say how long a number of up to 64 bits is */
};

/* Appends to a borrowed buffer. An allocation that failed is remembered in nomem. */
struct bit_writer {
	struct buf *out;
	uint64_t held;    /* bits not yet in out, the oldest lowest */
	unsigned holding; /* their number, below 8 between calls */
	bool nomem;
};

/* Reads a borrowed span. Behind its end it reads zeroes, which bits_at_end tells apart. */
struct bit_reader {
	const uint8_t *next, *end;
	uint64_t held;    /* bits read ahead, the oldest lowest; above holding undefined */
	unsigned holding;
	unsigned beyond;  /* bits of holding that were never in the span */
};

/* Appends the low count (0..56) bits of value, whose others are zero. */
static inline void bits_put(struct bit_writer *w, uint64_t value, unsigned count)
{
	w->held |= value << w->holding;
	w->holding += count;
	unsigned whole = w->holding / 8;
	uint64_t bytes = htole64(w->held);
	if (!w->nomem && buf_append(w->out, &bytes, whole) != 0)
		w->nomem = true;
	w->held >>= 8 * whole;
	w->holding %= 8;
}

/* The same for 0..64 bits. */
static inline void bits_put_wide(struct bit_writer *w, uint64_t value, unsigned count)
{
	if (count > 32) {
		bits_put(w, value & UINT32_MAX, 32);
		value >>= 32;
		count -= 32;
	}
	bits_put(w, value, count);
}

/* Pads the last byte with zeroes. Returns 0 or ERR_NOMEM, also of all that went before. */
static inline int bits_flush(struct bit_writer *w)
{
	bits_put(w, 0, -w->holding & 7);
	return w->nomem ? ERR_NOMEM : 0;
}

/* Bits that value needs, 0..64. */
static inline unsigned bits_length(uint64_t value)
{
	return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

/* Appends a number in 7 bits of length and as many bits as it has. */
static inline void bits_put_number(struct bit_writer *w, uint64_t value)
{
	unsigned length = bits_length(value);
	bits_put(w, length, BITS_LENGTH);
	bits_put_wide(w, value, length);
}

/* Appends a small number, Elias-gamma coded: 0 takes one bit, n about 2 log2 n. */
static inline void bits_put_small(struct bit_writer *w, uint32_t value)
{
	unsigned length = bits_length((uint64_t)value + 1) - 1;
	bits_put(w, (uint64_t)1 << length, length + 1);
	bits_put(w, ((uint64_t)value + 1) & (((uint64_t)1 << length) - 1), length);
}

static inline struct bit_reader bits_of(struct span s)
{
	return (struct bit_reader){.next = s.data, .end = s.data + s.len};
}

/* Makes at least 56 bits available to bits_take. */
static inline void bits_fill(struct bit_reader *r)
{
	if (r->end - r->next >= 8) {
		uint64_t bytes;
		memcpy(&bytes, r->next, sizeof bytes);
		r->held |= le64toh(bytes) << r->holding;
		r->next += (63 - r->holding) / 8;
		r->holding |= 56;
		return;
	}
	while (r->holding < BITS_AT_ONCE) {
		if (r->next < r->end)
			r->held |= (uint64_t)*r->next++ << r->holding;
		else
			r->beyond += 8;
		r->holding += 8;
	}
}

/* Takes count bits that bits_fill has made available. */
static inline uint64_t bits_take(struct bit_reader *r, unsigned count)
{
	uint64_t value = r->held & (((uint64_t)1 << count) - 1);
	r->held >>= count;
	r->holding -= count;
	return value;
}

/* The next count (0..56) bits. */
static inline uint64_t bits_get(struct bit_reader *r, unsigned count)
{
	bits_fill(r);
	return bits_take(r, count);
}

/* The next count (0..64) bits. */
static inline uint64_t bits_get_wide(struct bit_reader *r, unsigned count)
{
	if (count <= 32)
		return bits_get(r, count);
	uint64_t low = bits_get(r, 32);
	return low | bits_get(r, count - 32) << 32;
}

/* What bits_put_number wrote; a length that cannot be gives 0. */
static inline uint64_t bits_get_number(struct bit_reader *r)
{
	unsigned length = (unsigned)bits_get(r, BITS_LENGTH);
	return length <= 64 ? bits_get_wide(r, length) : 0;
}

/* What bits_put_small wrote. Zeroes without end give UINT32_MAX. */
static inline uint32_t bits_get_small(struct bit_reader *r)
{
	unsigned length = 0;
	while (length < 32 && bits_get(r, 1) == 0)
		length++;
	if (length == 32)
		return UINT32_MAX;
	return (uint32_t)(((uint64_t)1 << length) - 1 + bits_get(r, length));
}

/* Whether all was read, nothing beyond, and the padding of the last byte is zero. */
static inline bool bits_at_end(const struct bit_reader *r)
{
	unsigned left = r->holding - r->beyond;
	return r->next == r->end && r->beyond <= r->holding && left < 8 && (r->held & ((1u << left) - 1)) == 0;
}

/* A signed number as an unsigned one that is small when it is near zero. */
static inline uint64_t zigzag(uint64_t value)
{
	return value << 1 ^ -(value >> 63);
}

static inline uint64_t unzigzag(uint64_t value)
{
	return value >> 1 ^ -(value & 1);
}

#endif

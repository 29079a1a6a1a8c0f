/* The bytes of the journal: headers of segments, frames. Pure; any thread.
 *
 * A segment begins with SEGMENT_HEADER_BYTES:
 *     char magic[8], u32 crc of what follows, u32 version, u64 number, u64 salt, zeroes
 * and holds frames back to back, each padded with zeroes to a multiple of 8:
 *     u32 head_crc, u32 payload_crc, u32 length, u32 zero, u64 seq, u64 durable, payload
 * Numbers are little-endian; a frame of length zero is allowed, a seq of zero is not. Both CRCs
 * start from a seed made of the segment's salt and number. Heads are all of one size, so
 * one that was written under another seed never passes: what a segment held in a
 * former life, or a copy of another file, is no frame. The head has a CRC of its own so that
 * looking for frames behind damage costs a few bytes a try, whatever a payload pretends to be.
 *
 * durable is the highest seq that was known to be on the disk when the frame was written. A frame
 * thus tells which ones an intact journal must have before it: if one is missing,
 * the disk lost it; if one is missing that no frame vouches for, its sync never ended.
 *
 * The header's size, its first 16 bytes and what its CRC covers stay so in every version to come. */
#ifndef DB_JOURNAL_FRAME_H
#define DB_JOURNAL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum {
	SEGMENT_HEADER_BYTES = 64,
	FRAME_HEAD_BYTES = 32,
	FRAME_ALIGN = 8,
	JOURNAL_VERSION = 1,
};

/* Numbers of frames and segments end here: one more never overflows. */
#define JOURNAL_NUMBER_MAX (UINT64_C(1) << 62)

/* One life of a segment file. */
struct segment_life {
	uint64_t number; /* orders the segments; 0: none */
	uint64_t salt;   /* random */
};

struct frame_head {
	uint64_t seq, durable;
	uint32_t length, payload_crc;
};

/* Writes the header of a life. */
void segment_header_encode(uint8_t header_r[SEGMENT_HEADER_BYTES], const struct segment_life *life);

/* Returns 0, ERR_DAMAGED (no header, or a broken one) or ERR_NEWER. */
int segment_header_decode(const uint8_t header[SEGMENT_HEADER_BYTES], struct segment_life *life_r);

/* What the CRCs of a life's frames start from. */
uint32_t segment_seed(const struct segment_life *life);

/* Bytes that a frame with this payload takes in a segment. */
static inline size_t frame_size(size_t length)
{
	return (FRAME_HEAD_BYTES + length + FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN;
}

/* Writes frame_size(payload.len) bytes. The payload's length fits 32 bits. */
void frame_encode(uint8_t *frame_r, uint32_t seed, uint64_t seq, uint64_t durable, struct span payload);

/* Whether a whole head stands at the start of bytes; its payload may be broken or cut off. */
bool frame_head_decode(struct span bytes, uint32_t seed, struct frame_head *head_r);

/* Whether a whole frame stands at the start of bytes; payload_r borrows from them. */
bool frame_decode(struct span bytes, uint32_t seed, struct frame_head *head_r, struct span *payload_r);

#endif

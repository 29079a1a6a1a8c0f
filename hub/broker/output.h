/* What a connection has to write: encoded packets packed into blocks, and
 * references to payloads too large to copy, in order. Blocks come from the worker's pool
 * and go back when written, so a silent connection holds none. Owner's thread only. */
#ifndef BROKER_OUTPUT_H
#define BROKER_OUTPUT_H

#include "broker/message.h"
#include "net/stream.h"

struct output_block {
	struct output_block *next;
	struct message *message; /* bytes are its payload; NULL: they are in data */
	uint32_t at, len, cap;   /* written to the stream, filled, size of data */
	uint8_t data[];
};

enum { OUTPUT_SIZES = 2 }; /* of blocks: a small one for the few bytes of a control packet, larger ones behind it */

/* Spare blocks. Zeroed memory is an empty pool. */
struct output_pool {
	struct {
		struct output_block *free;
		uint32_t count, least; /* free ones now, and at the worst time since output_pool_trim */
	} of[OUTPUT_SIZES];
};

/* Zeroed memory is an empty output. */
struct output {
	struct output_block *last; /* in a ring: the first is behind it; NULL: none */
	uint32_t bytes; /* not written yet */
};

/* len contiguous bytes to be filled at once; they count as written into. NULL without memory. */
uint8_t *output_room(struct output *output, struct output_pool *pool, size_t len);

/* The same where the last block has room; NULL: output_room may still find some. */
static inline uint8_t *output_room_quick(struct output *o, size_t len)
{
	struct output_block *b = o->last;
	if (!b || b->message || b->cap - b->len < len)
		return NULL;
	uint8_t *room = b->data + b->len;
	b->len += (uint32_t)len;
	o->bytes += (uint32_t)len;
	return room;
}

/* Appends a message's payload by reference (refs it). Returns 0 or ERR_NOMEM. */
int output_payload(struct output *output, struct message *message);

/* Writes as much as the stream takes. Returns 0 (all), ERR_AGAIN (the rest is
 * kept) or an error of the stream. *written_r: bytes. */
int output_write(struct output *output, struct output_pool *pool, struct stream *stream, uint64_t *written_r);

/* Drops what was not written. */
void output_finish(struct output *output, struct output_pool *pool);
/* Frees the spare blocks that were not needed since the last call, but for a few. Returns whether there are more than these few. */
bool output_pool_trim(struct output_pool *pool);
/* Whether output_pool_trim has something to look at. */
bool output_pool_is_large(const struct output_pool *pool);
/* Frees the spare blocks. */
void output_pool_finish(struct output_pool *pool);

#endif

/* The write side of a connection: a chain of blocks that leaves in as few
 * writev calls as possible. On the worker's thread; it knows nothing of packets. */
#include "broker/output.h"

#include <stdlib.h>

#include "base/err.h"
#include "broker/memory.h"

enum {
	BLOCK_BYTES = 4096,  /* of a pooled block, header included */
	POOL_BLOCKS = 1024,  /* more free ones go back to malloc */
	MAX_IOVECS = 64,
};

enum { BLOCK_DATA = BLOCK_BYTES - sizeof(struct output_block) };

static struct output_block *block_new(struct output_pool *pool, size_t need)
{
	struct output_block *b;
	if (need <= BLOCK_DATA && pool->free) {
		b = pool->free;
		pool->free = b->next;
		pool->count--;
	} else {
		size_t cap = need > BLOCK_DATA ? need : BLOCK_DATA;
		b = malloc(sizeof *b + cap);
		if (!b)
			return NULL;
		b->cap = (uint32_t)cap;
		memory_count(0, (int64_t)(sizeof *b + cap));
	}
	b->next = NULL;
	b->message = NULL;
	b->at = b->len = 0;
	return b;
}

static void block_free(struct output_pool *pool, struct output_block *b)
{
	message_unref(&b->message);
	if (b->cap != BLOCK_DATA || pool->count >= POOL_BLOCKS) {
		memory_count(0, -(int64_t)(sizeof *b + b->cap));
		free(b);
		return;
	}
	b->next = pool->free;
	pool->free = b;
	pool->count++;
}

static void append(struct output *o, struct output_block *b)
{
	if (o->last)
		o->last->next = b;
	else
		o->first = b;
	o->last = b;
}

uint8_t *output_room(struct output *o, struct output_pool *pool, size_t len)
{
	uint8_t *room = output_room_quick(o, len);
	if (room)
		return room;
	struct output_block *b = block_new(pool, len);
	if (!b)
		return NULL;
	append(o, b);
	return output_room_quick(o, len);
}

int output_payload(struct output *o, struct output_pool *pool, struct message *message)
{
	(void)pool; /* a reference needs no data behind it: not one of the pool's */
	struct output_block *b = malloc(sizeof *b);
	if (!b)
		return ERR_NOMEM;
	memory_count(0, sizeof *b);
	*b = (struct output_block){.message = message_ref(message), .len = message->payload_len};
	append(o, b);
	o->bytes += b->len;
	return 0;
}

static int gather(const struct output *o, struct iovec iov[MAX_IOVECS])
{
	int count = 0;
	for (struct output_block *b = o->first; b && count < MAX_IOVECS; b = b->next) {
		const uint8_t *data = b->message ? message_payload(b->message).data : b->data;
		iov[count++] = (struct iovec){(void *)(uintptr_t)(data + b->at), b->len - b->at};
	}
	return count;
}

static void consume(struct output *o, struct output_pool *pool, size_t written)
{
	o->bytes -= (uint32_t)written;
	while (o->first) {
		struct output_block *b = o->first;
		size_t left = b->len - b->at;
		if (written < left) {
			b->at += (uint32_t)written;
			return;
		}
		written -= left;
		o->first = b->next;
		if (!o->first)
			o->last = NULL;
		block_free(pool, b);
	}
}

int output_write(struct output *o, struct output_pool *pool, struct stream *stream, uint64_t *written_r)
{
	*written_r = 0;
	while (o->first) {
		struct iovec iov[MAX_IOVECS];
		int count = gather(o, iov);
		size_t asked = 0;
		for (int i = 0; i < count; i++)
			asked += iov[i].iov_len;
		ssize_t n = stream_writev(stream, iov, count);
		if (n < 0)
			return (int)n;
		*written_r += (uint64_t)n;
		consume(o, pool, (size_t)n);
		if ((size_t)n < asked)
			return ERR_AGAIN;
	}
	return 0;
}

void output_finish(struct output *o, struct output_pool *pool)
{
	while (o->first) {
		struct output_block *next = o->first->next;
		block_free(pool, o->first);
		o->first = next;
	}
	*o = (struct output){0};
}

void output_pool_finish(struct output_pool *pool)
{
	while (pool->free) {
		struct output_block *next = pool->free->next;
		memory_count(0, -(int64_t)(sizeof *pool->free + pool->free->cap));
		free(pool->free);
		pool->free = next;
	}
	pool->count = 0;
}

/* The write side of a connection: a chain of blocks that leaves in as few
 * writev calls as possible. On the worker's thread; it knows nothing of packets. */
#include "broker/output.h"

#include <stdlib.h>

#include "base/err.h"
#include "broker/memory.h"

enum {
	POOL_BLOCKS = 1024,  /* of a size; more free ones go back to malloc */
	POOL_KEPT = 32,      /* so many stay whatever happens */
	MAX_IOVECS = 64,
};

/* Of the data in pooled blocks; headers included they make round numbers. Most outputs of a turn are a few bytes, and when thousands
 * of clients come in one turn each has one. */
static const uint32_t sizes[OUTPUT_SIZES] = {256 - sizeof(struct output_block), 4096 - sizeof(struct output_block)};

/* Which pooled size a block has; OUTPUT_SIZES: none. */
static unsigned size_of(uint32_t cap)
{
	unsigned i = 0;
	while (i < OUTPUT_SIZES && sizes[i] != cap)
		i++;
	return i;
}

static struct output_block *block_make(size_t cap)
{
	struct output_block *b = malloc(sizeof *b + cap);
	if (!b)
		return NULL;
	b->cap = (uint32_t)cap;
	memory_count(0, (int64_t)(sizeof *b + cap));
	return b;
}

static void block_drop(struct output_block *b)
{
	memory_count(0, -(int64_t)(sizeof *b + b->cap));
	free(b);
}

/* from: the smallest size that will do. */
static struct output_block *block_new(struct output_pool *pool, size_t need, unsigned from)
{
	while (from < OUTPUT_SIZES && sizes[from] < need)
		from++;
	struct output_block *b = from < OUTPUT_SIZES ? pool->of[from].free : NULL;
	if (b) {
		pool->of[from].free = b->next;
		if (--pool->of[from].count < pool->of[from].least)
			pool->of[from].least = pool->of[from].count;
	} else {
		b = block_make(from < OUTPUT_SIZES ? sizes[from] : need);
		if (!b)
			return NULL;
	}
	b->next = NULL;
	b->message = NULL;
	b->at = b->len = 0;
	return b;
}

static void block_free(struct output_pool *pool, struct output_block *b)
{
	message_unref(&b->message);
	unsigned size = size_of(b->cap);
	if (size == OUTPUT_SIZES || pool->of[size].count >= POOL_BLOCKS) {
		block_drop(b);
		return;
	}
	b->next = pool->of[size].free;
	pool->of[size].free = b;
	pool->of[size].count++;
}

static void append(struct output *o, struct output_block *b)
{
	struct output_block *last = o->last;
	b->next = last ? last->next : b;
	if (last)
		last->next = b;
	o->last = b;
}

uint8_t *output_room(struct output *o, struct output_pool *pool, size_t len)
{
	uint8_t *room = output_room_quick(o, len);
	if (room)
		return room;
	struct output_block *b = block_new(pool, len, o->last ? 1 : 0);
	if (!b)
		return NULL;
	append(o, b);
	return output_room_quick(o, len);
}

int output_payload(struct output *o, struct message *message)
{
	struct output_block *b = malloc(sizeof *b); /* a reference needs no data behind it: not one of the pool's */
	if (!b)
		return ERR_NOMEM;
	memory_count(0, sizeof *b);
	*b = (struct output_block){.message = message_ref(message), .len = message->payload_len};
	append(o, b);
	o->bytes += b->len;
	return 0;
}

static void drop_first(struct output *o, struct output_pool *pool)
{
	struct output_block *b = o->last->next;
	if (b == o->last)
		o->last = NULL;
	else
		o->last->next = b->next;
	block_free(pool, b);
}

/* Of an output that is not empty. */
static int gather(const struct output *o, struct iovec iov[MAX_IOVECS])
{
	int count = 0;
	const struct output_block *b = o->last;
	do {
		b = b->next;
		const uint8_t *data = b->message ? message_payload(b->message).data : b->data;
		iov[count++] = (struct iovec){(void *)(uintptr_t)(data + b->at), b->len - b->at};
	} while (b != o->last && count < MAX_IOVECS);
	return count;
}

static void consume(struct output *o, struct output_pool *pool, size_t written)
{
	o->bytes -= (uint32_t)written;
	while (o->last) {
		struct output_block *b = o->last->next;
		size_t left = b->len - b->at;
		if (written < left) {
			b->at += (uint32_t)written;
			return;
		}
		written -= left;
		drop_first(o, pool);
	}
}

int output_write(struct output *o, struct output_pool *pool, struct stream *stream, uint64_t *written_r)
{
	*written_r = 0;
	while (o->last) {
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
	while (o->last)
		drop_first(o, pool);
	*o = (struct output){0};
}

/* Frees spare blocks of a size until `kept` are left, at most `most`. */
static void pool_free(struct output_pool *pool, unsigned size, uint32_t kept, uint32_t most)
{
	for (; most && pool->of[size].count > kept; most--) {
		struct output_block *b = pool->of[size].free;
		pool->of[size].free = b->next;
		pool->of[size].count--;
		block_drop(b);
	}
}

bool output_pool_is_large(const struct output_pool *pool)
{
	return pool->of[0].count > POOL_KEPT || pool->of[1].count > POOL_KEPT;
}

bool output_pool_trim(struct output_pool *pool)
{
	for (unsigned size = 0; size < OUTPUT_SIZES; size++) {
		pool_free(pool, size, POOL_KEPT, pool->of[size].least);
		pool->of[size].least = pool->of[size].count;
	}
	return output_pool_is_large(pool);
}

void output_pool_finish(struct output_pool *pool)
{
	for (unsigned size = 0; size < OUTPUT_SIZES; size++)
		pool_free(pool, size, 0, UINT32_MAX);
}

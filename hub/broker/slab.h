/* Slots of many sizes out of chunks of 64 KiB, for what there are millions of: a slot costs its size rounded up to 16
 * bytes and nothing else, and has a number of 32 bits that takes the place of a pointer. A chunk whose slots are all
 * free goes back to the system. One owner, no locking. */
#ifndef BROKER_SLAB_H
#define BROKER_SLAB_H

#include <stddef.h>
#include <stdint.h>

enum {
	SLAB_CHUNK_BYTES = 65536,
	SLAB_UNIT_BYTES = 16,
	SLAB_UNITS = SLAB_CHUNK_BYTES / SLAB_UNIT_BYTES, /* of a chunk */
	SLAB_CLASSES = 64, /* slots of 1 to 64 units share chunks; larger ones have their own */
};

/* At the front of each chunk, which is aligned to its size. */
struct slab_chunk {
	struct slab_chunk *next, *prev; /* of its class, with free slots */
	size_t bytes;                   /* the whole chunk's */
	uint32_t number;
	uint32_t free;                  /* unit of the first slot that was freed; each holds the next; 0: none */
	uint32_t fresh;                 /* unit of the first that never was used */
	uint32_t end;                   /* unit behind the last */
	uint32_t used;                  /* slots */
	uint32_t units;                 /* of a slot */
	uint32_t class;
};

/* Zeroed is empty. */
struct slab {
	struct slab_chunk **chunks; /* by number; NULL: free */
	uint32_t count, cap;
	uint32_t vacant;            /* no number below this is free */
	struct {
		struct slab_chunk *open; /* chunks with free slots */
		uint32_t chunks;
	} classes[SLAB_CLASSES + 1]; /* the last: slots with a chunk of their own */
};

/* Frees all chunks, with whatever is in them. Zeroed is fine. */
void slab_finish(struct slab *slab);

/* A slot of at least size (> 0) bytes, aligned to 16, contents undefined. NULL without memory. */
void *slab_alloc(struct slab *slab, size_t size);

/* Gives a slot back. */
void slab_free(struct slab *slab, void *slot);

/* Bytes of memory that the chunks take. */
size_t slab_bytes(const struct slab *slab);

/* The slot's number, never 0. */
static inline uint32_t slab_number(const void *slot)
{
	uintptr_t offset = (uintptr_t)slot & (SLAB_CHUNK_BYTES - 1);
	const struct slab_chunk *chunk = (const void *)((const uint8_t *)slot - offset);
	return chunk->number * SLAB_UNITS + (uint32_t)(offset / SLAB_UNIT_BYTES);
}

/* The slot of a number that is not 0. */
static inline void *slab_at(const struct slab *slab, uint32_t number)
{
	return (uint8_t *)slab->chunks[number / SLAB_UNITS] + (size_t)(number % SLAB_UNITS) * SLAB_UNIT_BYTES;
}

#endif

/* The slab: chunks of memory straight from the system, cut into slots. They count as the broker's memory, for clients
 * decide how many filters and topics there are. On the thread or under the lock of its owner. */
#include "broker/slab.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "broker/memory.h"

enum {
	FIRST_UNIT = (sizeof(struct slab_chunk) + SLAB_UNIT_BYTES - 1) / SLAB_UNIT_BYTES,
	MAX_CHUNKS = 1 << 20, /* as many as 32 bits can number slots of */
	OWN = SLAB_CLASSES,   /* the class of slots that have a chunk each */
};

/* --- memory of the system ---------------------------------------------------------- */

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer looks for leaks in memory of malloc alone, and is told which slots are free. */
#include <sanitizer/asan_interface.h>

static void *chunk_map(size_t bytes)
{
	return aligned_alloc(SLAB_CHUNK_BYTES, bytes);
}

static void chunk_unmap(void *chunk, size_t bytes)
{
	ASAN_UNPOISON_MEMORY_REGION(chunk, bytes);
	free(chunk);
}

#define poison(slot, bytes)   ASAN_POISON_MEMORY_REGION(slot, bytes)
#define unpoison(slot, bytes) ASAN_UNPOISON_MEMORY_REGION(slot, bytes)

#else

#define poison(slot, bytes)   ((void)0)
#define unpoison(slot, bytes) ((void)0)

/* Pages at a multiple of the chunk's size. One mapping lies below the last, so most fit at once. */
static void *chunk_map(size_t bytes)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	uint8_t *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if ((uintptr_t)p % SLAB_CHUNK_BYTES == 0)
		return p;
	munmap(p, bytes);
	p = mmap(NULL, bytes + SLAB_CHUNK_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	size_t before = SLAB_CHUNK_BYTES - (uintptr_t)p % SLAB_CHUNK_BYTES;
	munmap(p, before); /* all of it, or the page-aligned rest that was asked for too much */
	if (before < SLAB_CHUNK_BYTES)
		munmap(p + before + bytes, SLAB_CHUNK_BYTES - before);
	return p + before;
}

static void chunk_unmap(void *chunk, size_t bytes)
{
	munmap(chunk, bytes);
}
#endif

/* One call for sixteen pages that are to be filled anyway, instead of a fault for each. */
static void populate(void *chunk, size_t bytes)
{
#ifdef MADV_POPULATE_WRITE
	(void)madvise(chunk, bytes, MADV_POPULATE_WRITE); /* an old kernel does not know it: then they fault */
#else
	(void)chunk;
	(void)bytes;
#endif
}

/* --- chunks ------------------------------------------------------------------------- */

static void *unit_at(struct slab_chunk *chunk, uint32_t unit)
{
	return (uint8_t *)chunk + (size_t)unit * SLAB_UNIT_BYTES;
}

static void list_open(struct slab *slab, struct slab_chunk *chunk)
{
	chunk->prev = NULL;
	chunk->next = slab->classes[chunk->class].open;
	if (chunk->next)
		chunk->next->prev = chunk;
	slab->classes[chunk->class].open = chunk;
}

static void list_close(struct slab *slab, struct slab_chunk *chunk)
{
	if (chunk->prev)
		chunk->prev->next = chunk->next;
	else
		slab->classes[chunk->class].open = chunk->next;
	if (chunk->next)
		chunk->next->prev = chunk->prev;
}

static bool has_free(const struct slab_chunk *chunk)
{
	return chunk->free || chunk->fresh + chunk->units <= chunk->end;
}

/* A free place in the table of chunks; MAX_CHUNKS: no memory. */
static uint32_t number_take(struct slab *slab)
{
	while (slab->vacant < slab->count && slab->chunks[slab->vacant])
		slab->vacant++;
	if (slab->vacant < slab->count)
		return slab->vacant;
	if (slab->count == slab->cap) {
		uint32_t cap = slab->cap ? slab->cap * 2 : 8;
		struct slab_chunk **bigger = cap > MAX_CHUNKS ? NULL : realloc(slab->chunks, cap * sizeof(struct slab_chunk *));
		if (!bigger)
			return MAX_CHUNKS;
		slab->chunks = bigger;
		slab->cap = cap;
	}
	slab->chunks[slab->count] = NULL;
	return slab->count++;
}

static struct slab_chunk *chunk_create(struct slab *slab, uint32_t units, uint32_t class)
{
	uint32_t end = class == OWN ? FIRST_UNIT + units : SLAB_UNITS;
	size_t bytes = ((size_t)end + SLAB_UNITS - 1) / SLAB_UNITS * SLAB_CHUNK_BYTES;
	uint32_t number = number_take(slab);
	struct slab_chunk *chunk = number < MAX_CHUNKS ? chunk_map(bytes) : NULL;
	if (!chunk)
		return NULL;
	if (class != OWN && slab->classes[class].chunks) /* the first may remain nearly empty */
		populate(chunk, bytes);
	*chunk = (struct slab_chunk){.bytes = bytes, .number = number, .fresh = FIRST_UNIT, .end = end,
				      .units = units, .class = class};
	poison(unit_at(chunk, FIRST_UNIT), bytes - FIRST_UNIT * SLAB_UNIT_BYTES);
	memory_count(0, (int64_t)bytes);
	slab->chunks[number] = chunk;
	slab->classes[class].chunks++;
	list_open(slab, chunk);
	return chunk;
}

static void chunk_free(struct slab_chunk *chunk)
{
	memory_count(0, -(int64_t)chunk->bytes);
	chunk_unmap(chunk, chunk->bytes);
}

static void chunk_destroy(struct slab *slab, struct slab_chunk *chunk)
{
	list_close(slab, chunk);
	slab->classes[chunk->class].chunks--;
	slab->chunks[chunk->number] = NULL;
	if (chunk->number < slab->vacant)
		slab->vacant = chunk->number;
	chunk_free(chunk);
}

void slab_finish(struct slab *slab)
{
	for (uint32_t i = 0; i < slab->count; i++)
		if (slab->chunks[i])
			chunk_free(slab->chunks[i]);
	free(slab->chunks);
	*slab = (struct slab){0};
}

size_t slab_bytes(const struct slab *slab)
{
	size_t bytes = 0;
	for (uint32_t i = 0; i < slab->count; i++)
		bytes += slab->chunks[i] ? slab->chunks[i]->bytes : 0;
	return bytes;
}

/* --- slots -------------------------------------------------------------------------- */

void *slab_alloc(struct slab *slab, size_t size)
{
	uint32_t units = (uint32_t)((size + SLAB_UNIT_BYTES - 1) / SLAB_UNIT_BYTES);
	uint32_t class = units <= SLAB_CLASSES ? units - 1 : OWN;
	struct slab_chunk *chunk = slab->classes[class].open;
	if (!chunk && !(chunk = chunk_create(slab, units, class)))
		return NULL;
	uint32_t unit = chunk->free ? chunk->free : chunk->fresh;
	void *slot = unit_at(chunk, unit);
	unpoison(slot, units * SLAB_UNIT_BYTES);
	if (chunk->free)
		chunk->free = *(const uint32_t *)slot;
	else
		chunk->fresh += units;
	chunk->used++;
	if (!has_free(chunk))
		list_close(slab, chunk);
	return slot;
}

void slab_free(struct slab *slab, void *slot)
{
	uintptr_t offset = (uintptr_t)slot & (SLAB_CHUNK_BYTES - 1);
	struct slab_chunk *chunk = (struct slab_chunk *)(void *)((uint8_t *)slot - offset);
	if (!has_free(chunk))
		list_open(slab, chunk);
	*(uint32_t *)slot = chunk->free;
	chunk->free = (uint32_t)(offset / SLAB_UNIT_BYTES);
	poison(slot, chunk->units * SLAB_UNIT_BYTES);
	/* One empty chunk of a class stays, lest a slot that comes and goes costs a mapping each time. */
	if (--chunk->used == 0 && (chunk->class == OWN || chunk->next || chunk->prev))
		chunk_destroy(slab, chunk);
}

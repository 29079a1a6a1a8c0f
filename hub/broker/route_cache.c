/* A direct-mapped table of routes by topic: one hash and one comparison
 * instead of a walk over the levels. An entry is good for one generation of the router. On the
 * worker's thread. */
#include "broker/route_cache.h"

#include <stdlib.h>

enum {
	SLOTS = 1024,
	MAX_TOPIC_BYTES = 128, /* longer ones are not kept */
	MAX_MATCHES = 4096,
	MAX_BYTES = 1 << 20,   /* of all results; where more is wanted, wide ones are looked up anew */
};

struct route {
	uint64_t hash, generation;
	uint32_t count, cap;
	uint16_t topic_len;
	uint8_t topic[MAX_TOPIC_BYTES];
	struct match items[];
};

struct route_cache {
	size_t bytes;               /* of all slots */
	struct route *slots[SLOTS]; /* owned */
};

struct route_cache *route_cache_create(void)
{
	return calloc(1, sizeof(struct route_cache));
}

void route_cache_destroy(struct route_cache **cache)
{
	for (unsigned i = 0; *cache && i < SLOTS; i++)
		free((*cache)->slots[i]);
	free(*cache);
	*cache = NULL;
}

/* Keeps a result; without memory it is simply not kept. */
static void keep(struct route_cache *cache, struct route **slot, uint64_t hash, uint64_t generation, struct span topic,
		 const struct matches *matches)
{
	struct route *r = *slot;
	if (!r || r->cap < matches->count) {
		uint32_t cap = matches->count < 2 ? 2 : matches->count, before = r ? r->cap : 0;
		if (cap > 2 && cache->bytes + (cap - before) * sizeof r->items[0] > MAX_BYTES)
			return;
		struct route *bigger = realloc(r, sizeof *r + cap * sizeof r->items[0]);
		if (!bigger)
			return;
		cache->bytes += (cap - before) * sizeof r->items[0];
		bigger->cap = cap;
		*slot = r = bigger;
	}
	r->hash = hash;
	r->generation = generation;
	r->count = matches->count;
	r->topic_len = (uint16_t)topic.len;
	memcpy(r->topic, topic.data, topic.len);
	if (matches->count)
		memcpy(r->items, matches->items, matches->count * sizeof r->items[0]);
}

int route_cache_match(struct route_cache *cache, const struct router *router, struct span topic,
		      uint64_t hash, const struct subscriber *from, struct matches *matches, const struct match **items_r,
		      uint32_t *count_r)
{
	struct route **slot = &cache->slots[hash % SLOTS];
	const struct route *r = *slot;
	if (r && r->hash == hash && r->generation == router->generation &&
	    span_equal(span_of(r->topic, r->topic_len), topic)) {
		*items_r = r->items;
		*count_r = r->count;
		return 0;
	}
	int err = router_match(router, topic, from, matches);
	*items_r = matches->items;
	*count_r = matches->count;
	/* A route that depends on its publisher (no local) is nobody else's. */
	if (!err && !matches->personal && topic.len <= MAX_TOPIC_BYTES && matches->count <= MAX_MATCHES)
		keep(cache, slot, hash, router->generation, topic, matches);
	return err;
}

/* What router_match has found for recent topics: devices publish to the same
 * few topics again and again, and as long as no subscription changes the answer is the same.
 * Owner's thread only. */
#ifndef BROKER_ROUTE_CACHE_H
#define BROKER_ROUTE_CACHE_H

#include "broker/router.h"

struct route_cache;

/* Returns NULL without memory. */
struct route_cache *route_cache_create(void);

/* Frees it, clears the pointer; NULL inside is fine. */
void route_cache_destroy(struct route_cache **cache);

/* As router_match, which it falls back on with `matches`. hash: of the topic, by a key that peers do not know, the same at every call. *items_r and *count_r are the result, borrowed until the next
 * call or change of the router. Returns 0 or ERR_NOMEM (the result is what was found by then). */
int route_cache_match(struct route_cache *cache, const struct router *router, struct span topic,
		      uint64_t hash, const struct subscriber *from, struct matches *matches, const struct match **items_r,
		      uint32_t *count_r);

#endif

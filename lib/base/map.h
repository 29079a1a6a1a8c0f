/* An intrusive hash map from byte strings to the structs that hold the nodes.
 * Keys are borrowed from those structs; hashing is keyed SipHash, so that no
 * peer can choose names that collide. One owner, no locking. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdint.h>

#include "base/list.h"
#include "base/span.h"

struct map_node {
	struct map_node *next;
	uint64_t hash;
	struct span key; /* borrowed: lives as long as the node is in the map */
};

struct map {
	struct map_node **buckets; /* owned; NULL while empty */
	size_t mask;               /* buckets - 1 */
	size_t count;              /* nodes in the map */
};

/* Frees the table, not the nodes' structs. NULL and zeroed are fine. */
void map_finish(struct map *m);

/* The node with this key, or NULL. */
struct map_node *map_get(const struct map *m, struct span key);

/* Puts node in under key (borrowed). Returns 0, ERR_EXISTS or ERR_NOMEM. */
int map_put(struct map *m, struct map_node *node, struct span key);

/* Takes node out; it must be in the map. */
void map_remove(struct map *m, struct map_node *node);

/* Gives back a table that has become far too large for what is in it. Not between two calls of map_next. Any other time is fine: without
 * memory the table stays. */
void map_trim(struct map *m);

/* First node, or the one behind `after`, in no particular order; NULL at the
 * end. Removing the node returned before asking for the next is not allowed:
 * ask for the next first. */
struct map_node *map_next(const struct map *m, const struct map_node *after);

#endif

/* A tree over the levels of topics or filters, the ground of the subscription
 * index and of the retained store. All edges lie in one keyed hash table,
 * (parent, label) -> node: a step down costs one lookup however many children there
 * are, and a node costs the same few bytes with one child or a million. Wildcards
 * are labels like any other here. One owner, no locking. */
#ifndef BROKER_TOPIC_TREE_H
#define BROKER_TOPIC_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "broker/hash.h"

enum { TOPIC_MAX_LEVELS = 200 }; /* deeper topics and filters are refused: recursion and memory stay bounded */

struct topic_node {
	struct topic_node *parent;
	struct topic_node *chain;       /* the next in the same bucket */
	struct topic_node *children;    /* first child; siblings through next */
	struct topic_node *next, *prev;
	void *value;                    /* the user's; a node without value and children is pruned */
	uint64_t hash;                  /* of the label */
	uint16_t label_len;
	bool has_plus, has_pound;       /* whether a child is named '+', '#' */
	uint8_t label[];
};

struct topic_tree {
	struct topic_node *root;
	struct topic_node **buckets;
	size_t mask, count; /* buckets - 1; nodes without the root */
	struct hash_key key;
	uint64_t hash_plus, hash_pound;
};

/* Takes the memory of an empty tree. Returns 0 or ERR_NOMEM. */
int topic_tree_init(struct topic_tree *tree);

/* Frees all nodes; drop (may be NULL) is given each value that is not NULL. Zeroed is fine. */
void topic_tree_finish(struct topic_tree *tree, void (*drop)(void *value));

/* A topic cut at its next slash: fills level and moves rest behind it; false when none is left.
 * Start with *done false. The same as topic_next_level, inline. */
static inline bool topic_level(struct span *rest, bool *done, struct span *level_r)
{
	if (*done)
		return false;
	const uint8_t *slash = rest->len ? memchr(rest->data, '/', rest->len) : NULL;
	size_t len = slash ? (size_t)(slash - rest->data) : rest->len;
	*level_r = span_of(rest->data, len);
	*done = !slash;
	if (slash)
		*rest = span_of(slash + 1, rest->len - len - 1);
	return true;
}

/* Whether a topic that may be deep has at most TOPIC_MAX_LEVELS levels: use topic_depth_ok. */
bool topic_depth_count_ok(struct span topic);

/* Whether the topic has at most TOPIC_MAX_LEVELS levels; a short one cannot have more. */
static inline bool topic_depth_ok(struct span topic)
{
	return topic.len < TOPIC_MAX_LEVELS || topic_depth_count_ok(topic);
}

/* The child with this label, whose hash_bytes under the tree's key is hash; NULL when there is none. */
struct topic_node *topic_tree_child(const struct topic_tree *tree, const struct topic_node *parent,
				    struct span label, uint64_t hash);

/* The node of a whole topic or NULL. */
struct topic_node *topic_tree_find(const struct topic_tree *tree, struct span topic);

/* The node of a topic, made when it is missing. NULL without memory. Set its
 * value, or call topic_tree_prune. */
struct topic_node *topic_tree_add(struct topic_tree *tree, struct span topic);

/* Removes node and those above it that have neither value nor children. */
void topic_tree_prune(struct topic_tree *tree, struct topic_node *node);

/* Writes the node's topic into text (size ≥ 65536). Returns its length. */
size_t topic_tree_path(const struct topic_node *node, uint8_t *text, size_t size);

#endif

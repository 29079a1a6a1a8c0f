/* A tree over the levels of topics or filters, the ground of the subscription
 * index and of the retained store. A node's label may span several literal levels: "00001/state" is one node until a
 * topic comes that parts from it within. '+' and '#' are nodes of their own, so a step need not look for them inside
 * labels. All edges lie in one keyed hash table, (parent, first level of the label) -> node: siblings differ in their
 * first levels, so a step down costs one lookup however many children there are. Nodes lie in slabs and know each
 * other by number. One owner, no locking. */
#ifndef BROKER_TOPIC_TREE_H
#define BROKER_TOPIC_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "broker/hash.h"
#include "broker/slab.h"

enum { TOPIC_MAX_LEVELS = 200 }; /* deeper topics and filters are refused: recursion and memory stay bounded */

/* Keeps its address while it lives, though its label and parent may change. 0 stands for no node in all the numbers. */
struct topic_node {
	void *value;                    /* the user's; a node without value and children is pruned */
	uint32_t parent, chain;         /* chain: the next in the same bucket */
	uint32_t children, next, prev;  /* first child; siblings through next */
	uint32_t hash;                  /* of the label's first level, the lower half */
	uint16_t label_len;
	uint8_t levels;                 /* of the label */
	bool has_plus : 1, has_pound : 1; /* whether a child is named '+', '#' */
	uint8_t bytes[];                /* the user's (tree->extra bytes, aligned to 4, zeroed), then the label */
};

struct topic_tree {
	struct slab nodes;
	struct topic_node *root;
	uint32_t *buckets;
	size_t mask, count; /* buckets - 1; nodes without the root */
	struct hash_key key;
	uint64_t hash_plus, hash_pound;
	uint8_t extra;
};

/* Takes the memory of an empty tree whose nodes have `extra` bytes (a multiple of 4) for their user besides the value.
 * Returns 0 or ERR_NOMEM. */
int topic_tree_init(struct topic_tree *tree, uint8_t extra);

/* Frees all nodes; drop (may be NULL) is given each node whose value is not NULL. Zeroed is fine. */
void topic_tree_finish(struct topic_tree *tree, void (*drop)(struct topic_node *node));

/* The node of a number; NULL for 0. */
static inline struct topic_node *topic_node_at(const struct topic_tree *tree, uint32_t number)
{
	return number ? slab_at(&tree->nodes, number) : NULL;
}

/* The first node in a bucket (≤ tree->mask), others through chain: a walk over all nodes that can be left and taken up. */
static inline struct topic_node *topic_tree_bucket(const struct topic_tree *tree, size_t bucket)
{
	return topic_node_at(tree, tree->buckets[bucket]);
}

static inline uint32_t topic_node_number(const struct topic_node *node)
{
	return slab_number(node);
}

static inline struct span topic_node_label(const struct topic_tree *tree, const struct topic_node *node)
{
	return span_of(node->bytes + tree->extra, node->label_len);
}

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

/* The child whose label's first level this is, with hash_bytes under the tree's key; NULL when there is none. What
 * the rest of its label is, is for the caller to see. */
struct topic_node *topic_tree_child(const struct topic_tree *tree, const struct topic_node *parent,
				    struct span level, uint64_t hash);

/* Whether there is a topic whose first level this is. */
bool topic_tree_begins(const struct topic_tree *tree, struct span level);

/* The node of a whole topic or NULL. */
struct topic_node *topic_tree_find(const struct topic_tree *tree, struct span topic);

/* The node of a topic (topic_depth_ok), made when it is missing. NULL without memory. Set its
 * value, or call topic_tree_prune. */
struct topic_node *topic_tree_add(struct topic_tree *tree, struct span topic);

/* Removes node and those above it that have neither value nor children. */
void topic_tree_prune(struct topic_tree *tree, struct topic_node *node);

/* Writes the node's topic into text (size ≥ 65536). Returns its length. */
size_t topic_tree_path(const struct topic_tree *tree, const struct topic_node *node, uint8_t *text, size_t size);

#endif

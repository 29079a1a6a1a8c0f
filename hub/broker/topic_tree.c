/* The tree of topic levels. On the thread or under the lock of its owner; it
 * knows nothing of what hangs on its nodes. */
#include "broker/topic_tree.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/rand.h"

enum { FIRST_BUCKETS = 16 };

/* --- the table of edges --------------------------------------------------------- */

static uint32_t *bucket_of(const struct topic_tree *tree, uint32_t parent, uint32_t level_hash)
{
	/* The level's hash is secret and well mixed; the parent only has to tell equal levels apart. */
	uint64_t mixed = level_hash ^ (uint64_t)parent * UINT64_C(0x9e3779b97f4a7c15);
	return &tree->buckets[(size_t)(mixed ^ mixed >> 32) & tree->mask];
}

static void link_edge(const struct topic_tree *tree, struct topic_node *node)
{
	uint32_t *head = bucket_of(tree, node->parent, node->hash);
	node->chain = *head;
	*head = topic_node_number(node);
}

static void unlink_edge(const struct topic_tree *tree, const struct topic_node *node)
{
	uint32_t number = topic_node_number(node);
	uint32_t *p = bucket_of(tree, node->parent, node->hash);
	while (*p != number)
		p = &topic_node_at(tree, *p)->chain;
	*p = node->chain;
}

/* Changes the number of buckets; without memory the old ones go on. */
static void rehash(struct topic_tree *tree, size_t mask)
{
	struct topic_tree old = *tree;
	uint32_t *buckets = calloc(mask + 1, sizeof *buckets);
	if (!buckets)
		return;
	tree->buckets = buckets;
	tree->mask = mask;
	for (size_t i = 0; i <= old.mask; i++)
		for (uint32_t number = old.buckets[i], next; number; number = next) {
			struct topic_node *node = topic_node_at(tree, number);
			next = node->chain;
			link_edge(tree, node);
		}
	free(old.buckets);
}

/* --- levels of labels ------------------------------------------------------------ */

static struct span first_level(struct span text)
{
	const uint8_t *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
	return span_of(text.data, slash ? (size_t)(slash - text.data) : text.len);
}

static bool same(const uint8_t *a, const uint8_t *b, size_t len)
{
	return len == 0 || memcmp(a, b, len) == 0; /* an empty level may be nowhere */
}

static bool is_wildcard(struct span level)
{
	return level.len == 1 && (level.data[0] == '+' || level.data[0] == '#');
}

/* What the next node of a topic is to be labelled: one wildcard, or all literal levels up to the next. */
static struct span next_label(struct span rest)
{
	struct span left = rest, level;
	bool done = false;
	size_t len = 0;
	while (topic_level(&left, &done, &level)) {
		size_t end = (size_t)(level.data - rest.data) + level.len;
		if (is_wildcard(level))
			return span_of(rest.data, len ? len - 1 : end);
		len = end + 1; /* with the slash, to tell an empty level from none */
	}
	return rest;
}

static unsigned count_levels(struct span label)
{
	unsigned levels = 1;
	for (size_t i = 0; i < label.len; i++)
		levels += label.data[i] == '/';
	return levels;
}

bool topic_depth_count_ok(struct span topic)
{
	unsigned levels = 1;
	for (size_t i = 0; i < topic.len && levels <= TOPIC_MAX_LEVELS; i++)
		levels += topic.data[i] == '/';
	return levels <= TOPIC_MAX_LEVELS;
}

/* Bytes of the whole levels at the front of both, whose first level is the same. */
static size_t common_levels(struct span a, struct span b)
{
	size_t end = 0, i = 0;
	for (;; i++) {
		bool a_ends = i == a.len || a.data[i] == '/';
		bool b_ends = i == b.len || b.data[i] == '/';
		if (a_ends && b_ends)
			end = i;
		if (i == a.len || i == b.len || a.data[i] != b.data[i])
			return end;
	}
}

/* Moves rest behind its first len bytes, which are whole levels; false when nothing follows them. */
static bool skip(struct span *rest, size_t len)
{
	if (rest->len == len)
		return false;
	*rest = span_of(rest->data + len + 1, rest->len - len - 1);
	return true;
}

/* --- nodes ------------------------------------------------------------------------ */

/* A node that is linked to nothing. */
static struct topic_node *node_new(struct topic_tree *tree, uint32_t parent, struct span label, uint64_t hash)
{
	struct topic_node *node = slab_alloc(&tree->nodes, offsetof(struct topic_node, bytes) + tree->extra + label.len);
	if (!node)
		return NULL;
	memset(node, 0, offsetof(struct topic_node, bytes) + tree->extra);
	node->parent = parent;
	node->hash = (uint32_t)hash;
	node->label_len = (uint16_t)label.len;
	node->levels = (uint8_t)count_levels(label);
	if (label.len)
		memcpy(node->bytes + tree->extra, label.data, label.len);
	return node;
}

int topic_tree_init(struct topic_tree *tree, uint8_t extra)
{
	*tree = (struct topic_tree){.mask = FIRST_BUCKETS - 1, .extra = extra};
	rand_bytes(&tree->key, sizeof tree->key);
	tree->hash_plus = hash_bytes(&tree->key, span_str("+"));
	tree->hash_pound = hash_bytes(&tree->key, span_str("#"));
	tree->buckets = calloc(FIRST_BUCKETS, sizeof *tree->buckets);
	tree->root = node_new(tree, 0, (struct span){0}, 0);
	if (tree->buckets && tree->root)
		return 0;
	topic_tree_finish(tree, NULL);
	return ERR_NOMEM;
}

void topic_tree_finish(struct topic_tree *tree, void (*drop)(struct topic_node *node))
{
	for (size_t i = 0; tree->buckets && drop && i <= tree->mask; i++)
		for (struct topic_node *n = topic_node_at(tree, tree->buckets[i]); n; n = topic_node_at(tree, n->chain))
			if (n->value)
				drop(n);
	free(tree->buckets);
	slab_finish(&tree->nodes);
	*tree = (struct topic_tree){0};
}

struct topic_node *topic_tree_child(const struct topic_tree *tree, const struct topic_node *parent,
				    struct span level, uint64_t hash)
{
	uint32_t above = topic_node_number(parent);
	for (struct topic_node *n = topic_node_at(tree, *bucket_of(tree, above, (uint32_t)hash)); n;
	     n = topic_node_at(tree, n->chain)) {
		if (n->hash != (uint32_t)hash || n->parent != above || n->label_len < level.len)
			continue;
		const uint8_t *label = n->bytes + tree->extra;
		if ((n->label_len == level.len || label[level.len] == '/') && same(label, level.data, level.len))
			return n;
	}
	return NULL;
}

bool topic_tree_begins(const struct topic_tree *tree, struct span level)
{
	return topic_tree_child(tree, tree->root, level, hash_bytes(&tree->key, level)) != NULL;
}

struct topic_node *topic_tree_find(const struct topic_tree *tree, struct span topic)
{
	struct topic_node *node = tree->root;
	struct span rest = topic;
	do {
		struct span level = first_level(rest);
		node = topic_tree_child(tree, node, level, hash_bytes(&tree->key, level));
		if (!node)
			return NULL;
		struct span label = topic_node_label(tree, node);
		if (rest.len < label.len || (rest.len > label.len && rest.data[label.len] != '/') ||
		    !same(rest.data, label.data, label.len))
			return NULL;
	} while (skip(&rest, node->label_len));
	return node;
}

/* Puts a node among the children of its parent. */
static void link_sibling(struct topic_tree *tree, struct topic_node *node)
{
	struct topic_node *parent = topic_node_at(tree, node->parent);
	uint32_t number = topic_node_number(node);
	node->prev = 0;
	node->next = parent->children;
	if (node->next)
		topic_node_at(tree, node->next)->prev = number;
	parent->children = number;
}

static void unlink_sibling(struct topic_tree *tree, struct topic_node *node)
{
	if (node->prev)
		topic_node_at(tree, node->prev)->next = node->next;
	else
		topic_node_at(tree, node->parent)->children = node->next;
	if (node->next)
		topic_node_at(tree, node->next)->prev = node->prev;
}

static struct topic_node *child_add(struct topic_tree *tree, struct topic_node *parent, struct span label, uint64_t hash)
{
	struct topic_node *node = node_new(tree, topic_node_number(parent), label, hash);
	if (!node)
		return NULL;
	if (tree->count > tree->mask && tree->mask < UINT32_MAX)
		rehash(tree, tree->mask * 2 + 1);
	link_edge(tree, node);
	link_sibling(tree, node);
	parent->has_plus |= span_is(label, "+");
	parent->has_pound |= span_is(label, "#");
	tree->count++;
	return node;
}

/* Cuts the first len bytes of the node's label, whole levels and not all, off into a new node above it, which is
 * returned; NULL without memory. */
static struct topic_node *split(struct topic_tree *tree, struct topic_node *node, size_t len)
{
	struct topic_node *parent = topic_node_at(tree, node->parent);
	struct span label = topic_node_label(tree, node);
	struct topic_node *above = child_add(tree, parent, span_of(label.data, len), node->hash);
	if (!above)
		return NULL;
	unlink_edge(tree, node);
	unlink_sibling(tree, node);
	skip(&label, len);
	node->parent = topic_node_number(above);
	node->hash = (uint32_t)hash_bytes(&tree->key, first_level(label));
	node->label_len = (uint16_t)label.len;
	node->levels = (uint8_t)(node->levels - above->levels);
	memmove(node->bytes + tree->extra, label.data, label.len);
	link_edge(tree, node);
	link_sibling(tree, node);
	return above;
}

struct topic_node *topic_tree_add(struct topic_tree *tree, struct span topic)
{
	struct topic_node *node = tree->root, *child;
	struct span rest = topic;
	size_t used;
	do {
		struct span level = first_level(rest);
		uint64_t hash = hash_bytes(&tree->key, level);
		child = topic_tree_child(tree, node, level, hash);
		if (child) {
			used = common_levels(topic_node_label(tree, child), rest);
			if (used < child->label_len)
				child = split(tree, child, used);
		} else {
			struct span label = next_label(rest);
			used = label.len;
			child = child_add(tree, node, label, hash);
		}
		if (!child) {
			topic_tree_prune(tree, node);
			return NULL;
		}
		node = child;
	} while (skip(&rest, used));
	return node;
}

static void child_remove(struct topic_tree *tree, struct topic_node *node)
{
	struct topic_node *parent = topic_node_at(tree, node->parent);
	struct span label = topic_node_label(tree, node);
	if (span_is(label, "+"))
		parent->has_plus = false;
	else if (span_is(label, "#"))
		parent->has_pound = false;
	unlink_edge(tree, node);
	unlink_sibling(tree, node);
	slab_free(&tree->nodes, node);
	if (--tree->count < tree->mask / 8 && tree->mask >= 8 * FIRST_BUCKETS)
		rehash(tree, tree->mask / 4);
}

void topic_tree_prune(struct topic_tree *tree, struct topic_node *node)
{
	while (node->parent && !node->value && !node->children) {
		struct topic_node *parent = topic_node_at(tree, node->parent);
		child_remove(tree, node);
		node = parent;
	}
}

size_t topic_tree_path(const struct topic_tree *tree, const struct topic_node *node, uint8_t *text, size_t size)
{
	size_t at = size; /* filled from the end, then moved to the front */
	for (const struct topic_node *n = node; n->parent; n = topic_node_at(tree, n->parent)) {
		struct span label = topic_node_label(tree, n);
		if (n != node)
			text[--at] = '/';
		at -= label.len;
		memcpy(text + at, label.data, label.len);
	}
	memmove(text, text + at, size - at);
	return size - at;
}

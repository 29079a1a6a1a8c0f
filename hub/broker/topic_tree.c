/* The tree of topic levels. On the thread or under the lock of its owner; it
 * knows nothing of what hangs on its nodes. */
#include "broker/topic_tree.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/rand.h"

enum { FIRST_BUCKETS = 16 };

static size_t bucket_of(const struct topic_node *parent, uint64_t label_hash, size_t mask)
{
	/* The label's hash is secret and well mixed; the parent only has to tell equal labels apart. */
	uint64_t mixed = label_hash ^ ((uint64_t)(uintptr_t)parent >> 4) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(mixed ^ mixed >> 32) & mask;
}

static struct topic_node *node_new(struct topic_node *parent, struct span label, uint64_t hash)
{
	struct topic_node *node = calloc(1, sizeof *node + label.len);
	if (!node)
		return NULL;
	node->parent = parent;
	node->hash = hash;
	node->label_len = (uint16_t)label.len;
	if (label.len)
		memcpy(node->label, label.data, label.len);
	return node;
}

int topic_tree_init(struct topic_tree *tree)
{
	*tree = (struct topic_tree){.mask = FIRST_BUCKETS - 1};
	rand_bytes(&tree->key, sizeof tree->key);
	tree->hash_plus = hash_bytes(&tree->key, span_str("+"));
	tree->hash_pound = hash_bytes(&tree->key, span_str("#"));
	tree->buckets = calloc(FIRST_BUCKETS, sizeof(struct topic_node *));
	tree->root = node_new(NULL, (struct span){0}, 0);
	if (tree->buckets && tree->root)
		return 0;
	topic_tree_finish(tree, NULL);
	return ERR_NOMEM;
}

void topic_tree_finish(struct topic_tree *tree, void (*drop)(void *value))
{
	for (size_t i = 0; tree->buckets && i <= tree->mask; i++)
		for (struct topic_node *node = tree->buckets[i], *next; node; node = next) {
			next = node->chain;
			if (drop && node->value)
				drop(node->value);
			free(node);
		}
	free(tree->buckets);
	free(tree->root);
	*tree = (struct topic_tree){0};
}

bool topic_depth_count_ok(struct span topic)
{
	unsigned levels = 1;
	for (size_t i = 0; i < topic.len && levels <= TOPIC_MAX_LEVELS; i++)
		levels += topic.data[i] == '/';
	return levels <= TOPIC_MAX_LEVELS;
}

struct topic_node *topic_tree_child(const struct topic_tree *tree, const struct topic_node *parent,
				    struct span label, uint64_t hash)
{
	for (struct topic_node *n = tree->buckets[bucket_of(parent, hash, tree->mask)]; n; n = n->chain)
		if (n->hash == hash && n->parent == parent && n->label_len == label.len &&
		    memcmp(n->label, label.data, label.len) == 0)
			return n;
	return NULL;
}

struct topic_node *topic_tree_find(const struct topic_tree *tree, struct span topic)
{
	struct topic_node *node = tree->root;
	struct span rest = topic, label;
	bool done = false;
	while (node && topic_level(&rest, &done, &label))
		node = topic_tree_child(tree, node, label, hash_bytes(&tree->key, label));
	return node;
}

/* Doubles the table; without memory the old one goes on with longer chains. */
static void grow(struct topic_tree *tree)
{
	size_t mask = tree->mask * 2 + 1;
	struct topic_node **buckets = calloc(mask + 1, sizeof(struct topic_node *));
	if (!buckets)
		return;
	for (size_t i = 0; i <= tree->mask; i++)
		for (struct topic_node *node = tree->buckets[i], *next; node; node = next) {
			struct topic_node **head = &buckets[bucket_of(node->parent, node->hash, mask)];
			next = node->chain;
			node->chain = *head;
			*head = node;
		}
	free(tree->buckets);
	tree->buckets = buckets;
	tree->mask = mask;
}

static struct topic_node *child_add(struct topic_tree *tree, struct topic_node *parent, struct span label,
				    uint64_t hash)
{
	struct topic_node *node = node_new(parent, label, hash);
	if (!node)
		return NULL;
	if (tree->count > tree->mask)
		grow(tree);
	struct topic_node **head = &tree->buckets[bucket_of(parent, hash, tree->mask)];
	node->chain = *head;
	*head = node;
	node->next = parent->children;
	if (node->next)
		node->next->prev = node;
	parent->children = node;
	parent->has_plus |= hash == tree->hash_plus && span_is(label, "+");
	parent->has_pound |= hash == tree->hash_pound && span_is(label, "#");
	tree->count++;
	return node;
}

struct topic_node *topic_tree_add(struct topic_tree *tree, struct span topic)
{
	struct topic_node *node = tree->root;
	struct span rest = topic, label;
	bool done = false;
	while (topic_level(&rest, &done, &label)) {
		uint64_t hash = hash_bytes(&tree->key, label);
		struct topic_node *child = topic_tree_child(tree, node, label, hash);
		if (!child)
			child = child_add(tree, node, label, hash);
		if (!child) {
			topic_tree_prune(tree, node);
			return NULL;
		}
		node = child;
	}
	return node;
}

static void child_remove(struct topic_tree *tree, struct topic_node *node)
{
	struct topic_node *parent = node->parent;
	struct topic_node **p = &tree->buckets[bucket_of(parent, node->hash, tree->mask)];
	while (*p != node)
		p = &(*p)->chain;
	*p = node->chain;
	if (node->prev)
		node->prev->next = node->next;
	else
		parent->children = node->next;
	if (node->next)
		node->next->prev = node->prev;
	struct span label = span_of(node->label, node->label_len);
	if (span_is(label, "+"))
		parent->has_plus = false;
	else if (span_is(label, "#"))
		parent->has_pound = false;
	tree->count--;
	free(node);
}

void topic_tree_prune(struct topic_tree *tree, struct topic_node *node)
{
	while (node->parent && !node->value && !node->children) {
		struct topic_node *parent = node->parent;
		child_remove(tree, node);
		node = parent;
	}
}

size_t topic_tree_path(const struct topic_node *node, uint8_t *text, size_t size)
{
	size_t at = size; /* filled from the end, then moved to the front */
	for (const struct topic_node *n = node; n->parent; n = n->parent) {
		if (n != node)
			text[--at] = '/';
		at -= n->label_len;
		memcpy(text + at, n->label, n->label_len);
	}
	memmove(text, text + at, size - at);
	return size - at;
}

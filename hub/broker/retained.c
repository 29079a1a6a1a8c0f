/* The retained store: a tree of topic levels with a message at its nodes. Any
 * thread, under its own lock; it knows nothing of sessions. */
#include "broker/retained.h"

#include <stdlib.h>

#include "base/err.h"
#include "broker/topic_tree.h"
#include "thread/thread.h"

enum { ENTRY_BYTES = 128 }; /* what a message costs besides its bytes: block and node */

struct retained {
	struct retained_limits limits;
	struct lock order;      /* "retained-order": see retained_order; taken before the other */
	struct lock lock;       /* "retained": guards all below */
	struct topic_tree tree; /* value: struct message, one reference */
	uint64_t count, bytes;
};

int retained_create(const struct retained_limits *limits, struct retained **retained_r)
{
	struct retained *r = calloc(1, sizeof *r);
	if (!r)
		return ERR_NOMEM;
	if (topic_tree_init(&r->tree)) {
		free(r);
		return ERR_NOMEM;
	}
	r->limits = *limits;
	lock_init(&r->lock, "retained");
	lock_init(&r->order, "retained-order");
	*retained_r = r;
	return 0;
}

static void drop(void *value)
{
	struct message *message = value;
	message_unref(&message);
}

void retained_destroy(struct retained **retained)
{
	struct retained *r = *retained;
	*retained = NULL;
	if (!r)
		return;
	topic_tree_finish(&r->tree, drop);
	lock_finish(&r->lock);
	lock_finish(&r->order);
	free(r);
}

static uint64_t bytes_of(const struct message *m)
{
	return (uint64_t)m->topic_len + m->props_len + m->payload_len + ENTRY_BYTES;
}

/* Empties a node and hands out what it held. */
static struct message *take(struct retained *r, struct topic_node *node)
{
	struct message *old = node->value;
	node->value = NULL;
	r->count--;
	r->bytes -= bytes_of(old);
	topic_tree_prune(&r->tree, node);
	return old;
}

/* Whether the message fits; it may take the place of an older one. */
static bool has_room(const struct retained *r, const struct message *message)
{
	uint64_t bytes = r->bytes + bytes_of(message);
	if (r->count < r->limits.messages && bytes <= r->limits.bytes)
		return true;
	const struct topic_node *node = topic_tree_find(&r->tree, message_topic(message));
	return node && node->value && bytes - bytes_of(node->value) <= r->limits.bytes;
}

int retained_set(struct retained *r, struct message *message)
{
	struct message *old = NULL;
	int err = 0;
	lock_take(&r->lock);
	if (message->payload_len && !has_room(r, message))
		err = ERR_FULL;
	if (message->payload_len == 0 || err) {
		struct topic_node *node = topic_tree_find(&r->tree, message_topic(message));
		if (node && node->value)
			old = take(r, node);
	} else {
		struct topic_node *node = topic_tree_add(&r->tree, message_topic(message));
		if (node) {
			old = node->value;
			r->count += !old;
			r->bytes += bytes_of(message) - (old ? bytes_of(old) : 0);
			node->value = message_ref(message);
		} else {
			err = ERR_NOMEM;
		}
	}
	lock_release(&r->lock);
	message_unref(&old);
	return err;
}

struct message *retained_get(struct retained *r, struct span topic)
{
	lock_take(&r->lock);
	struct topic_node *node = topic_tree_find(&r->tree, topic);
	struct message *m = node && node->value ? message_ref(node->value) : NULL;
	lock_release(&r->lock);
	return m;
}

struct lock *retained_order(struct retained *r)
{
	return &r->order;
}

static bool expired(const struct message *m, struct mono_ms now)
{
	return m->expiry_s != UINT32_MAX && mono_diff_ms(m->received_at, now) >= (int64_t)m->expiry_s * 1000;
}

/* One walk over the nodes that a filter reaches. */
struct walk {
	struct retained *r;
	struct retained_matches *matches;
	struct mono_ms now;
	int err;
};

static void visit(struct walk *walk, struct topic_node *node)
{
	struct message *m = node->value;
	if (!m || walk->err || expired(m, walk->now))
		return;
	struct retained_matches *to = walk->matches;
	if (to->count == to->cap) {
		uint32_t cap = to->cap ? to->cap * 2 : 8;
		struct message **bigger = realloc(to->items, cap * sizeof(struct message *));
		if (!bigger) {
			walk->err = ERR_NOMEM;
			return;
		}
		to->items = bigger;
		to->cap = cap;
	}
	to->items[to->count++] = message_ref(m);
}

/* All below node, itself included, without recursion. */
static void visit_all(struct walk *walk, struct topic_node *top)
{
	struct topic_node *node = top;
	for (;;) {
		visit(walk, node);
		if (node->children) {
			node = node->children;
			continue;
		}
		while (node != top && !node->next)
			node = node->parent;
		if (node == top)
			return;
		node = node->next;
	}
}

static bool hidden(const struct topic_node *parent, const struct topic_node *child)
{
	return !parent->parent && child->label_len && child->label[0] == '$'; /* MQTT-4.7.2-1 */
}

/* Depth is bounded by TOPIC_MAX_LEVELS: no stored topic is deeper. */
static void descend(struct walk *walk, struct topic_node *node, struct span rest, bool done)
{
	struct span label;
	if (!topic_level(&rest, &done, &label)) {
		visit(walk, node);
	} else if (span_is(label, "#")) {
		if (node->parent) {
			visit_all(walk, node); /* "a/#" matches "a" too */
			return;
		}
		for (struct topic_node *child = node->children; child; child = child->next)
			if (!hidden(node, child))
				visit_all(walk, child);
	} else if (span_is(label, "+")) {
		for (struct topic_node *child = node->children; child; child = child->next)
			if (!hidden(node, child))
				descend(walk, child, rest, done);
	} else {
		const struct topic_tree *tree = &walk->r->tree;
		struct topic_node *child = topic_tree_child(tree, node, label, hash_bytes(&tree->key, label));
		if (child)
			descend(walk, child, rest, done);
	}
}

int retained_match(struct retained *r, struct span filter, struct mono_ms now, struct retained_matches *matches)
{
	struct walk walk = {.r = r, .matches = matches, .now = now};
	lock_take(&r->lock);
	if (r->count)
		descend(&walk, r->tree.root, filter, false);
	lock_release(&r->lock);
	return walk.err;
}

void retained_matches_finish(struct retained_matches *matches)
{
	for (uint32_t i = 0; i < matches->count; i++)
		message_unref(&matches->items[i]);
	free(matches->items);
	*matches = (struct retained_matches){0};
}

unsigned retained_purge(struct retained *r, struct span filter)
{
	/* In two steps, as removing prunes the nodes under the walker's feet. */
	unsigned purged = 0;
	struct retained_matches matches = {0};
	struct walk walk = {.r = r, .matches = &matches};
	lock_take(&r->lock);
	unsigned found;
	do {
		walk.err = 0;
		descend(&walk, r->tree.root, filter, false);
		found = matches.count;
		for (uint32_t i = 0; i < matches.count; i++) {
			struct message *old =
				take(r, topic_tree_find(&r->tree, message_topic(matches.items[i])));
			message_unref(&old);
			message_unref(&matches.items[i]);
		}
		purged += found;
		matches.count = 0;
	} while (walk.err && found); /* short of memory: what was found is gone, look again */
	lock_release(&r->lock);
	free(matches.items);
	return purged;
}

uint64_t retained_count(struct retained *r)
{
	lock_take(&r->lock);
	uint64_t count = r->count;
	lock_release(&r->lock);
	return count;
}

uint64_t retained_bytes(struct retained *r)
{
	lock_take(&r->lock);
	uint64_t bytes = r->bytes;
	lock_release(&r->lock);
	return bytes;
}

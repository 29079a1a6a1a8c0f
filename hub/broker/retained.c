/* The retained store: a tree of topic levels with a message at its nodes. Any
 * thread, under its own lock; it knows nothing of sessions. */
#include "broker/retained.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/err.h"
#include "broker/topic_tree.h"
#include "thread/thread.h"

enum {
	ENTRY_BYTES = 128, /* what a message costs besides its bytes: block and node, with some that spans no levels */
	AHEAD = 8,         /* messages that are on their way to the processor's cache while one is looked at */
	STEP = 1024,       /* buckets that retained_expire looks at: the lock is held for so long */
	MANY = 10000,      /* gone messages whose memory is worth a walk through malloc's arenas */
};

struct retained {
	struct retained_limits limits;
	struct lock order;      /* "retained-order": see retained_order; taken before the other */
	struct lock lock;       /* "retained": guards all below */
	struct topic_tree tree; /* value: struct message, one reference */
	uint64_t count, bytes;
	uint64_t expiring;      /* of count: with an expiry */
	uint64_t most;          /* the highest count since memory was given back */
};

int retained_create(const struct retained_limits *limits, struct retained **retained_r)
{
	struct retained *r = calloc(1, sizeof *r);
	if (!r)
		return ERR_NOMEM;
	if (topic_tree_init(&r->tree, 0)) {
		free(r);
		return ERR_NOMEM;
	}
	r->limits = *limits;
	lock_init(&r->lock, "retained");
	lock_init(&r->order, "retained-order");
	*retained_r = r;
	return 0;
}

static void drop(struct topic_node *node)
{
	struct message *message = node->value;
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
	return message_bytes(m) + ENTRY_BYTES;
}

static bool expires(const struct message *m)
{
	return message_expiry_s(m) != UINT32_MAX;
}

static void count(struct retained *r, const struct message *m)
{
	r->count++;
	r->bytes += bytes_of(m);
	r->expiring += expires(m);
	r->most = r->count > r->most ? r->count : r->most;
}

static void uncount(struct retained *r, const struct message *m)
{
	r->count--;
	r->bytes -= bytes_of(m);
	r->expiring -= expires(m);
}

/* Empties a node and hands out what it held. */
static struct message *take(struct retained *r, struct topic_node *node)
{
	struct message *old = node->value;
	node->value = NULL;
	uncount(r, old);
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

int retained_set(struct retained *r, struct message *message, struct message **old_r)
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
			if (old)
				uncount(r, old);
			count(r, message);
			node->value = message_ref(message);
		} else {
			err = ERR_NOMEM;
		}
	}
	lock_release(&r->lock);
	if (old_r)
		*old_r = old;
	else
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
	return expires(m) && mono_diff_ms(message_received(m), now) >= (int64_t)message_expiry_s(m) * 1000;
}

/* One walk over the nodes that a filter reaches. It looks at no message: each costs a wait for memory, unless many are
 * waited for at once. */
struct walk {
	const struct topic_tree *tree;
	struct retained_matches *matches; /* without references */
	int err;
};

static void visit(struct walk *walk, struct topic_node *node)
{
	if (!node->value || walk->err)
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
	to->items[to->count++] = node->value;
}

/* All below node, itself included, without recursion. */
static void visit_all(struct walk *walk, struct topic_node *top)
{
	struct topic_node *node = top;
	for (;;) {
		visit(walk, node);
		if (node->children) {
			node = topic_node_at(walk->tree, node->children);
			continue;
		}
		while (node != top && !node->next)
			node = topic_node_at(walk->tree, node->parent);
		if (node == top)
			return;
		node = topic_node_at(walk->tree, node->next);
	}
}

static bool hidden(const struct walk *walk, const struct topic_node *parent, const struct topic_node *child)
{
	return !parent->parent && span_starts(topic_node_label(walk->tree, child), span_str("$")); /* MQTT-4.7.2-1 */
}

static void descend(struct walk *walk, struct topic_node *node, struct span rest, bool done);

/* Goes into a child whose label's levels the front of the filter may match. */
static void enter(struct walk *walk, struct topic_node *child, struct span rest, bool done)
{
	struct span label = topic_node_label(walk->tree, child), level, wanted;
	bool label_done = false;
	while (topic_level(&label, &label_done, &level)) {
		if (!topic_level(&rest, &done, &wanted))
			return; /* the topic goes on, the filter does not */
		if (span_is(wanted, "#")) {
			visit_all(walk, child);
			return;
		}
		if (!span_is(wanted, "+") && !span_equal(wanted, level))
			return;
	}
	descend(walk, child, rest, done);
}

/* Depth is bounded by TOPIC_MAX_LEVELS: no stored topic is deeper. */
static void descend(struct walk *walk, struct topic_node *node, struct span rest, bool done)
{
	const struct topic_tree *tree = walk->tree;
	struct span level, behind = rest;
	bool last = done;
	if (!topic_level(&behind, &last, &level)) {
		visit(walk, node);
	} else if (span_is(level, "#") && node->parent) {
		visit_all(walk, node); /* "a/#" matches "a" too */
	} else if (span_is(level, "#") || span_is(level, "+")) {
		for (struct topic_node *child = topic_node_at(tree, node->children); child;
		     child = topic_node_at(tree, child->next))
			if (!hidden(walk, node, child))
				enter(walk, child, rest, done);
	} else {
		struct topic_node *child = topic_tree_child(tree, node, level, hash_bytes(&tree->key, level));
		if (child)
			enter(walk, child, rest, done);
	}
}

/* Turns what a walk has found from `first` on into references, less what has expired. */
static void refer(struct retained_matches *matches, uint32_t first, struct mono_ms now)
{
	uint32_t found = matches->count;
	matches->count = first;
	for (uint32_t i = first; i < found; i++) {
		if (found - i > AHEAD)
			__builtin_prefetch(matches->items[i + AHEAD], 1);
		if (!expired(matches->items[i], now))
			matches->items[matches->count++] = message_ref(matches->items[i]);
	}
}

int retained_match(struct retained *r, struct span filter, struct mono_ms now, struct retained_matches *matches)
{
	struct walk walk = {.tree = &r->tree, .matches = matches};
	uint32_t first = matches->count;
	lock_take(&r->lock);
	if (r->count)
		descend(&walk, r->tree.root, filter, false);
	refer(matches, first, now);
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

/* Empties the nodes of what a walk has found from `first` on. Not during the walk: it prunes nodes under the walker's feet. */
static void take_found(struct retained *r, const struct retained_matches *found, uint32_t first)
{
	for (uint32_t i = first; i < found->count; i++)
		(void)take(r, topic_tree_find(&r->tree, message_topic(found->items[i])));
}

int retained_purge(struct retained *r, struct span filter, struct retained_matches *purged_r)
{
	struct walk walk = {.tree = &r->tree, .matches = purged_r};
	uint32_t first = purged_r->count;
	lock_take(&r->lock);
	descend(&walk, r->tree.root, filter, false);
	take_found(r, purged_r, first);
	lock_release(&r->lock);
	return walk.err;
}

size_t retained_expire(struct retained *r, struct mono_ms now, size_t place, struct retained_matches *expired_r)
{
	struct walk walk = {.tree = &r->tree, .matches = expired_r};
	uint32_t first = expired_r->count;
	lock_take(&r->lock);
	for (size_t i = 0; i < STEP && place <= r->tree.mask && r->expiring; i++, place++)
		for (struct topic_node *n = topic_tree_bucket(&r->tree, place); n; n = topic_node_at(&r->tree, n->chain))
			if (n->value && expired(n->value, now))
				visit(&walk, n);
	bool end = place > r->tree.mask || !r->expiring;
	take_found(r, expired_r, first);
	lock_release(&r->lock);
	return end ? 0 : place;
}

void retained_give_back(struct retained *r)
{
	lock_take(&r->lock);
	bool many = r->count < r->most / 2 && r->most - r->count >= MANY;
	if (many)
		r->most = r->count;
	lock_release(&r->lock);
	if (many)
		malloc_trim(0);
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

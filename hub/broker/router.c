/* The subscription index. A node's subscribers lie in one array, side by side,
 * so a fan-out walks memory in order; a subscriber keeps (node, place) of each of its
 * subscriptions, so that leaving takes no search. On the worker's thread. */
#include "broker/router.h"

#include <stdlib.h>

#include "base/err.h"

struct sub {
	struct subscriber *who;
	uint32_t id;                              /* subscription identifier */
	uint32_t slot : 28;                       /* in who->held */
	uint32_t qos : 2, no_local : 1, retain_as_published : 1;
};

struct sub_list {
	uint32_t count, cap;
	struct sub items[];
};

struct held {
	struct topic_node *node;
	uint32_t at; /* in the node's list */
};

enum { MAX_HELD = (1 << 28) - 1, PATH_BYTES = 65536 };

int router_init(struct router *router)
{
	router->subscriptions = 0;
	router->generation = 1;
	return topic_tree_init(&router->tree);
}

void router_finish(struct router *router)
{
	topic_tree_finish(&router->tree, free);
}

void matches_finish(struct matches *matches)
{
	free(matches->items);
	*matches = (struct matches){0};
}

/* Finds the subscription of who at node, looking through the shorter list. */
static struct sub *find(struct topic_node *node, const struct subscriber *who)
{
	struct sub_list *list = node->value;
	if (!list)
		return NULL;
	if (list->count <= who->held_count) {
		for (uint32_t i = 0; i < list->count; i++)
			if (list->items[i].who == who)
				return &list->items[i];
		return NULL;
	}
	for (uint32_t i = 0; i < who->held_count; i++)
		if (who->held[i].node == node)
			return &list->items[who->held[i].at];
	return NULL;
}

static struct sub_list *list_room(struct topic_node *node)
{
	struct sub_list *list = node->value;
	if (list && list->count < list->cap)
		return list;
	uint32_t cap = list ? list->cap * 2 : 1;
	struct sub_list *bigger = realloc(list, sizeof *bigger + cap * sizeof bigger->items[0]);
	if (!bigger)
		return NULL;
	if (!list)
		bigger->count = 0;
	bigger->cap = cap;
	node->value = bigger;
	return bigger;
}

static int held_room(struct subscriber *who)
{
	if (who->held_count < who->held_cap)
		return 0;
	if (who->held_count >= MAX_HELD)
		return ERR_FULL;
	uint32_t cap = who->held_cap ? who->held_cap * 2 : 1;
	struct held *bigger = realloc(who->held, cap * sizeof *bigger);
	if (!bigger)
		return ERR_NOMEM;
	who->held = bigger;
	who->held_cap = cap;
	return 0;
}

static void set_options(struct sub *sub, const struct sub_options *options)
{
	sub->id = options->id;
	sub->qos = options->qos & 3u;
	sub->no_local = options->no_local;
	sub->retain_as_published = options->retain_as_published;
}

int router_subscribe(struct router *router, struct subscriber *who, struct span filter,
		     const struct sub_options *options, bool *existed_r)
{
	*existed_r = false;
	router->generation++;
	struct topic_node *node = topic_tree_add(&router->tree, filter);
	if (!node)
		return ERR_NOMEM;
	struct sub *sub = find(node, who);
	if (sub) {
		*existed_r = true;
		set_options(sub, options);
		return 0;
	}
	struct sub_list *list = held_room(who) == 0 ? list_room(node) : NULL;
	if (!list) {
		topic_tree_prune(&router->tree, node);
		return ERR_NOMEM;
	}
	sub = &list->items[list->count];
	*sub = (struct sub){.who = who, .slot = who->held_count & MAX_HELD};
	set_options(sub, options);
	who->held[who->held_count++] = (struct held){node, list->count++};
	router->subscriptions++;
	return 0;
}

/* Ends the subscription in who's slot: the last of each array takes the gap. */
static void end(struct router *router, struct subscriber *who, uint32_t slot)
{
	struct held held = who->held[slot];
	router->generation++;
	struct sub_list *list = held.node->value;
	struct sub *last = &list->items[--list->count];
	if (held.at != list->count) {
		list->items[held.at] = *last;
		last->who->held[last->slot].at = held.at;
	}
	struct held *tail = &who->held[--who->held_count];
	if (slot != who->held_count) {
		who->held[slot] = *tail;
		((struct sub_list *)tail->node->value)->items[tail->at].slot = slot & MAX_HELD;
	}
	if (list->count == 0) {
		free(list);
		held.node->value = NULL;
		topic_tree_prune(&router->tree, held.node);
	}
	router->subscriptions--;
}

static void free_held_if_none(struct subscriber *who)
{
	if (who->held_count)
		return;
	free(who->held);
	who->held = NULL;
	who->held_cap = 0;
}

int router_unsubscribe(struct router *router, struct subscriber *who, struct span filter)
{
	struct topic_node *node = topic_tree_find(&router->tree, filter);
	struct sub *sub = node ? find(node, who) : NULL;
	if (!sub)
		return ERR_NOT_FOUND;
	end(router, who, sub->slot);
	free_held_if_none(who);
	return 0;
}

void router_forget(struct router *router, struct subscriber *who)
{
	while (who->held_count)
		end(router, who, who->held_count - 1);
	free_held_if_none(who);
}

unsigned router_restrict(struct router *router, struct subscriber *who,
			 bool (*keep)(void *ctx, struct span filter), void *ctx)
{
	unsigned ended = 0;
	uint8_t *path = malloc(PATH_BYTES);
	for (uint32_t i = who->held_count; i-- > 0;) {
		/* Without memory to ask, the safe answer is no. */
		size_t len = path ? topic_tree_path(who->held[i].node, path, PATH_BYTES) : 0;
		if (path && keep(ctx, span_of(path, len)))
			continue;
		end(router, who, i);
		ended++;
	}
	free(path);
	free_held_if_none(who);
	return ended;
}

/* One walk down the tree. */
struct walk {
	const struct topic_tree *tree;
	struct matches *matches;
	const struct subscriber *from;
	unsigned depth;
	int err;
	struct level {
		struct span label;
		uint64_t hash;
	} levels[TOPIC_MAX_LEVELS];
};

static int add(struct walk *walk, const struct sub *sub)
{
	struct matches *m = walk->matches;
	struct subscriber *who = sub->who;
	if (who->stamp == m->stamp) {
		struct match *first = &m->items[who->slot];
		if (!sub->id || !first->id) {
			first->qos = sub->qos > first->qos ? sub->qos : first->qos;
			first->id |= sub->id;
			first->retain_as_published |= sub->retain_as_published;
			return 0;
		}
	} else {
		who->stamp = m->stamp;
		who->slot = m->count;
	}
	if (m->count == m->cap) {
		uint32_t cap = m->cap ? m->cap * 2 : 64;
		struct match *bigger = realloc(m->items, cap * sizeof *bigger);
		if (!bigger)
			return ERR_NOMEM;
		m->items = bigger;
		m->cap = cap;
	}
	m->items[m->count++] = (struct match){who, sub->id, sub->qos, sub->retain_as_published, 0};
	return 0;
}

static void collect(struct walk *walk, const struct topic_node *node)
{
	const struct sub_list *list = node->value;
	if (!list)
		return;
	for (uint32_t i = 0; i < list->count && !walk->err; i++) {
		walk->matches->personal |= list->items[i].no_local;
		if (!(list->items[i].no_local && list->items[i].who == walk->from))
			walk->err = add(walk, &list->items[i]);
	}
}

/* The child '+' or '#', which the caller knows to exist. */
static struct topic_node *wildcard(struct walk *walk, const struct topic_node *node, const char *label, uint64_t hash)
{
	return topic_tree_child(walk->tree, node, span_of(label, 1), hash);
}

static void descend(struct walk *walk, const struct topic_node *node, unsigned level)
{
	if (walk->err)
		return;
	/* MQTT-4.7.2-1: leading wildcards do not reach topics that begin with '$'. */
	bool wild = level > 0 || walk->levels[0].label.len == 0 || walk->levels[0].label.data[0] != '$';
	if (node->has_pound && wild)
		collect(walk, wildcard(walk, node, "#", walk->tree->hash_pound));
	if (level == walk->depth) {
		collect(walk, node);
		return;
	}
	const struct topic_node *child =
		topic_tree_child(walk->tree, node, walk->levels[level].label, walk->levels[level].hash);
	if (child)
		descend(walk, child, level + 1);
	if (node->has_plus && wild)
		descend(walk, wildcard(walk, node, "+", walk->tree->hash_plus), level + 1);
}

int router_match(const struct router *router, struct span topic, const struct subscriber *from,
		 struct matches *matches)
{
	matches->count = 0;
	matches->personal = false;
	matches->stamp++;
	if (router->subscriptions == 0)
		return 0;
	struct walk walk;
	walk.tree = &router->tree;
	walk.matches = matches;
	walk.from = from;
	walk.depth = 0;
	walk.err = 0;
	bool done = false;
	struct span rest = topic;
	while (walk.depth < TOPIC_MAX_LEVELS && topic_level(&rest, &done, &walk.levels[walk.depth].label)) {
		walk.levels[walk.depth].hash = hash_bytes(&router->tree.key, walk.levels[walk.depth].label);
		walk.depth++;
	}
	descend(&walk, router->tree.root, 0);
	return walk.err;
}

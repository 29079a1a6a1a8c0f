/* The subscription index. A node has its only subscription within itself; several lie in one array, side by side,
 * so a fan-out walks memory in order; a subscriber keeps (node, place) of each of its
 * subscriptions, so that leaving takes no search. On the worker's thread. */
#include "broker/router.h"

#include <stdlib.h>

#include "base/err.h"

/* A subscription less its subscriber; the extra bytes of a node with one. */
struct terms {
	uint32_t id;                              /* subscription identifier */
	uint32_t slot : 28;                       /* in who's held */
	uint32_t qos : 2, no_local : 1, retain_as_published : 1;
};

struct sub {
	struct subscriber *who;
	struct terms terms;
};

struct sub_list {
	uint32_t count, cap;
	struct sub items[];
};

enum { MAX_HELD = (1 << 28) - 1, PATH_BYTES = 65536, IS_LIST = 1 };

/* --- the subscriptions of a node --------------------------------------------------- */

/* A node's value is the address of its only subscriber, or that of its list with the lowest bit set. */
static struct sub_list *list_of(const struct topic_node *node)
{
	uint8_t *value = node->value;
	return (uintptr_t)value & IS_LIST ? (struct sub_list *)(void *)(value - IS_LIST) : NULL;
}

static void set_list(struct topic_node *node, struct sub_list *list)
{
	node->value = (uint8_t *)list + IS_LIST;
}

static uint32_t count_of(const struct topic_node *node)
{
	const struct sub_list *list = list_of(node);
	return list ? list->count : node->value != NULL;
}

static struct subscriber *who_at(const struct topic_node *node, uint32_t at)
{
	const struct sub_list *list = list_of(node);
	return list ? list->items[at].who : node->value;
}

static struct terms *terms_at(struct topic_node *node, uint32_t at)
{
	struct sub_list *list = list_of(node);
	return list ? &list->items[at].terms : (struct terms *)(void *)node->bytes;
}

/* Makes the list as long as cap, or the first list with what the node has. */
static int list_resize(struct topic_node *node, uint32_t cap)
{
	struct sub_list *list = list_of(node);
	struct sub_list *other = realloc(list, sizeof *other + cap * sizeof other->items[0]);
	if (!other)
		return ERR_NOMEM;
	if (!list) {
		other->count = 1;
		other->items[0] = (struct sub){node->value, *terms_at(node, 0)};
	}
	other->cap = cap;
	set_list(node, other);
	return 0;
}

/* Appends a subscription. Returns 0 or ERR_NOMEM. */
static int append(struct topic_node *node, const struct sub *sub)
{
	if (!node->value) {
		node->value = sub->who;
		*terms_at(node, 0) = sub->terms;
		return 0;
	}
	struct sub_list *list = list_of(node);
	if ((!list || list->count == list->cap) && list_resize(node, list ? list->cap * 2 : 2))
		return ERR_NOMEM;
	list = list_of(node);
	list->items[list->count++] = *sub;
	return 0;
}

static struct held *held_of(struct subscriber *who)
{
	return who->held_cap ? who->held.many : &who->held.one;
}

/* Takes one out; the last takes its place. */
static void take_out(struct topic_node *node, uint32_t at)
{
	struct sub_list *list = list_of(node);
	if (!list) {
		node->value = NULL;
		return;
	}
	struct sub *last = &list->items[--list->count];
	if (at != list->count) {
		list->items[at] = *last;
		held_of(last->who)[last->terms.slot].at = at;
	}
	if (list->count == 1) {
		struct sub only = list->items[0];
		free(list);
		node->value = only.who;
		*terms_at(node, 0) = only.terms;
	} else if (list->count <= list->cap / 4) {
		(void)list_resize(node, list->cap / 2);
	}
}

static void drop(struct topic_node *node)
{
	free(list_of(node));
}

int router_init(struct router *router)
{
	router->subscriptions = 0;
	router->generation = 1;
	return topic_tree_init(&router->tree, sizeof(struct terms));
}

void router_finish(struct router *router)
{
	topic_tree_finish(&router->tree, drop);
}

void matches_finish(struct matches *matches)
{
	free(matches->items);
	*matches = (struct matches){0};
}

/* --- the subscriptions of a subscriber ---------------------------------------------- */

/* Finds the subscription of who at node, looking through the shorter list; NULL: there is none. */
static struct terms *find(struct topic_node *node, struct subscriber *who)
{
	uint32_t count = count_of(node), number = topic_node_number(node);
	const struct held *held = held_of(who);
	if (count <= who->held_count) {
		for (uint32_t i = 0; i < count; i++)
			if (who_at(node, i) == who)
				return terms_at(node, i);
		return NULL;
	}
	for (uint32_t i = 0; i < who->held_count; i++)
		if (held[i].node == number)
			return terms_at(node, held[i].at);
	return NULL;
}

static int held_room(struct subscriber *who)
{
	if (who->held_count < (who->held_cap ? who->held_cap : 1))
		return 0;
	if (who->held_count >= MAX_HELD)
		return ERR_FULL;
	uint32_t cap = who->held_cap ? who->held_cap * 2 : 4;
	struct held *bigger = realloc(who->held_cap ? who->held.many : NULL, cap * sizeof *bigger);
	if (!bigger)
		return ERR_NOMEM;
	if (!who->held_cap)
		bigger[0] = who->held.one;
	who->held.many = bigger;
	who->held_cap = cap;
	return 0;
}

static void free_held_if_none(struct subscriber *who)
{
	if (who->held_count || !who->held_cap)
		return;
	free(who->held.many);
	who->held_cap = 0;
}

static void set_options(struct terms *terms, const struct sub_options *options)
{
	terms->id = options->id;
	terms->qos = options->qos & 3u;
	terms->no_local = options->no_local;
	terms->retain_as_published = options->retain_as_published;
}

int router_subscribe(struct router *router, struct subscriber *who, struct span filter,
		     const struct sub_options *options, bool *existed_r)
{
	*existed_r = false;
	router->generation++;
	struct topic_node *node = topic_tree_add(&router->tree, filter);
	if (!node)
		return ERR_NOMEM;
	struct terms *terms = find(node, who);
	if (terms) {
		*existed_r = true;
		set_options(terms, options);
		return 0;
	}
	struct sub sub = {.who = who, .terms = {.slot = who->held_count & MAX_HELD}};
	set_options(&sub.terms, options);
	uint32_t at = count_of(node);
	if (held_room(who) || append(node, &sub)) {
		topic_tree_prune(&router->tree, node);
		return ERR_NOMEM;
	}
	held_of(who)[who->held_count++] = (struct held){topic_node_number(node), at};
	router->subscriptions++;
	return 0;
}

/* Ends the subscription in who's slot: the last of each array takes the gap. */
static void end(struct router *router, struct subscriber *who, uint32_t slot)
{
	struct held *held = held_of(who);
	struct topic_node *node = topic_node_at(&router->tree, held[slot].node);
	router->generation++;
	take_out(node, held[slot].at);
	const struct held *tail = &held[--who->held_count];
	if (slot != who->held_count) {
		held[slot] = *tail;
		terms_at(topic_node_at(&router->tree, tail->node), tail->at)->slot = slot & MAX_HELD;
	}
	topic_tree_prune(&router->tree, node);
	router->subscriptions--;
}

static const struct terms *find_by_filter(const struct router *router, struct subscriber *who, struct span filter)
{
	struct topic_node *node = topic_tree_find(&router->tree, filter);
	return node && node->value ? find(node, who) : NULL;
}

bool router_has(const struct router *router, struct subscriber *who, struct span filter)
{
	return find_by_filter(router, who, filter) != NULL;
}

int router_unsubscribe(struct router *router, struct subscriber *who, struct span filter)
{
	const struct terms *terms = find_by_filter(router, who, filter);
	if (!terms)
		return ERR_NOT_FOUND;
	end(router, who, terms->slot);
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
		const struct topic_node *node = topic_node_at(&router->tree, held_of(who)[i].node);
		size_t len = path ? topic_tree_path(&router->tree, node, path, PATH_BYTES) : 0;
		if (path && keep(ctx, span_of(path, len)))
			continue;
		end(router, who, i);
		ended++;
	}
	free(path);
	free_held_if_none(who);
	return ended;
}

/* --- matching ----------------------------------------------------------------------- */

/* One walk down the tree. */
struct walk {
	const struct topic_tree *tree;
	struct matches *matches;
	const struct subscriber *from;
	unsigned depth;
	int err;
	struct level {
		struct span text;
		uint64_t hash; /* 0: not asked for yet */
	} levels[TOPIC_MAX_LEVELS];
};

static int add(struct walk *walk, struct subscriber *who, const struct terms *terms)
{
	struct matches *m = walk->matches;
	if (who->stamp == m->stamp) {
		struct match *first = &m->items[who->slot];
		if (!terms->id || !first->id) {
			first->qos = terms->qos > first->qos ? terms->qos : first->qos;
			first->id |= terms->id;
			first->retain_as_published |= terms->retain_as_published;
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
	m->items[m->count++] = (struct match){who, terms->id, terms->qos, terms->retain_as_published, 0};
	return 0;
}

static void collect_one(struct walk *walk, struct subscriber *who, const struct terms *terms)
{
	walk->matches->personal |= terms->no_local;
	if (!walk->err && !(terms->no_local && who == walk->from))
		walk->err = add(walk, who, terms);
}

static void collect(struct walk *walk, struct topic_node *node)
{
	const struct sub_list *list = list_of(node);
	if (!list) {
		if (node->value)
			collect_one(walk, node->value, terms_at(node, 0));
		return;
	}
	for (uint32_t i = 0; i < list->count && !walk->err; i++)
		collect_one(walk, list->items[i].who, &list->items[i].terms);
}

/* The child '+' or '#', which the caller knows to exist. */
static struct topic_node *wildcard(struct walk *walk, const struct topic_node *node, const char *label, uint64_t hash)
{
	return topic_tree_child(walk->tree, node, span_of(label, 1), hash);
}

/* The child whose label the topic has from this level on; NULL: there is none. */
static struct topic_node *literal(struct walk *walk, const struct topic_node *node, unsigned at)
{
	struct level *level = &walk->levels[at];
	if (!level->hash)
		level->hash = hash_bytes(&walk->tree->key, level->text);
	struct topic_node *child = topic_tree_child(walk->tree, node, level->text, level->hash);
	if (!child || child->levels == 1)
		return child;
	if (at + child->levels > walk->depth)
		return NULL;
	struct span last = walk->levels[at + child->levels - 1].text, label = topic_node_label(walk->tree, child);
	bool same = (size_t)(last.data - level->text.data) + last.len == label.len &&
		    memcmp(label.data, level->text.data, label.len) == 0;
	return same ? child : NULL;
}

static void descend(struct walk *walk, struct topic_node *node, unsigned level)
{
	if (walk->err)
		return;
	/* MQTT-4.7.2-1: leading wildcards do not reach topics that begin with '$'. */
	bool wild = level > 0 || walk->levels[0].text.len == 0 || walk->levels[0].text.data[0] != '$';
	if (node->has_pound && wild)
		collect(walk, wildcard(walk, node, "#", walk->tree->hash_pound));
	if (level == walk->depth) {
		collect(walk, node);
		return;
	}
	struct topic_node *child = node->children ? literal(walk, node, level) : NULL;
	if (child)
		descend(walk, child, level + child->levels);
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
	while (walk.depth < TOPIC_MAX_LEVELS && topic_level(&rest, &done, &walk.levels[walk.depth].text))
		walk.levels[walk.depth++].hash = 0;
	descend(&walk, router->tree.root, 0);
	return walk.err;
}

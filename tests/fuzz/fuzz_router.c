/* The subscription index, its cache and the retained store against lists that are searched from end to end with
 * topic_matches: whoever is found by one must be found by the other, through all comings and goings.
 *
 * An input is a list of steps: a byte whose lower bits are the step and the upper ones a subscriber, a byte of
 * options, and a text up to the next NUL. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/retained.h"
#include "broker/route_cache.h"
#include "mqtt/topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEOPLE = 4, MAX_SUBS = 200, MAX_KEPT = 100, MAX_TEXT = 300 };

struct sub {
	unsigned who;
	struct span filter; /* in the input */
	struct sub_options options;
};

static struct subscriber people[PEOPLE];
static struct router router;
static struct route_cache *cache;
static struct matches matches;
static struct retained *retained;
static struct sub subs[MAX_SUBS];
static size_t sub_count;
static struct span kept[MAX_KEPT]; /* topics with a retained message */
static size_t kept_count;

static void check(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fuzz_router: %s\n", what);
	abort();
}

static struct sub *find(unsigned who, struct span filter)
{
	for (size_t i = 0; i < sub_count; i++)
		if (subs[i].who == who && span_equal(subs[i].filter, filter))
			return &subs[i];
	return NULL;
}

static void drop(struct sub *sub)
{
	*sub = subs[--sub_count];
}

static void subscribe(unsigned who, uint8_t options, struct span filter)
{
	struct span name, rest;
	bool existed;
	struct sub *old = find(who, filter);
	if (!topic_filter_valid(filter) || !topic_depth_ok(filter) || topic_split_shared(filter, &name, &rest) ||
	    (!old && sub_count == MAX_SUBS))
		return;
	const struct sub_options o = {.id = options & 4 ? options >> 4 : 0, .qos = (uint8_t)((options & 3) % 3),
				      .no_local = options & 8};
	check(router_subscribe(&router, &people[who], filter, &o, &existed) == 0, "no memory");
	check(existed == (old != NULL), "whether a subscription was there");
	if (!old)
		old = &subs[sub_count++];
	*old = (struct sub){who, filter, o};
}

static void unsubscribe(unsigned who, struct span filter)
{
	struct sub *old = find(who, filter);
	check(router_has(&router, &people[who], filter) == (old != NULL), "a subscription that is there, or not");
	check((router_unsubscribe(&router, &people[who], filter) == 0) == (old != NULL), "a subscription lost or found");
	if (old)
		drop(old);
}

/* One copy of the message among those found. */
static bool take_copy(struct match *left, uint32_t *count, const struct subscriber *who, uint32_t id)
{
	for (uint32_t i = 0; i < *count; i++)
		if (left[i].who == who && left[i].id == id) {
			left[i] = left[--*count];
			return true;
		}
	return false;
}

static void compare(struct span topic, const struct subscriber *from, const struct match *items, uint32_t total)
{
	struct match left[MAX_SUBS];
	uint32_t count = total;
	check(count <= MAX_SUBS, "more found than there are");
	if (count)
		memcpy(left, items, count * sizeof *left);
	for (unsigned who = 0; who < PEOPLE; who++) {
		int best = -1, found = -1;
		bool with_id = false;
		for (uint32_t i = 0; i < total; i++)
			if (items[i].who == &people[who] && items[i].qos > found)
				found = items[i].qos;
		for (size_t i = 0; i < sub_count; i++) {
			const struct sub *s = &subs[i];
			if (s->who != who || !topic_matches(s->filter, topic) ||
			    (s->options.no_local && from == &people[who]))
				continue;
			best = s->options.qos > best ? s->options.qos : best;
			with_id |= s->options.id > 0;
			check(!s->options.id || take_copy(left, &count, &people[who], s->options.id),
			      "a subscription identifier is missing");
		}
		if (best >= 0 && !with_id)
			check(take_copy(left, &count, &people[who], 0), "a subscriber is missing");
		check(best == found, "another QoS than the highest");
	}
	check(count == 0, "somebody who did not subscribe");
}

static void match(unsigned who, uint8_t options, struct span topic)
{
	const struct match *items;
	uint32_t count;
	const struct subscriber *from = options & 1 ? &people[who] : NULL;
	if (!topic_name_valid(topic) || !topic_depth_ok(topic))
		return;
	check(router_match(&router, topic, from, &matches) == 0, "no memory");
	compare(topic, from, matches.items, matches.count);
	for (int i = 0; i < 2; i++) { /* fresh, or from the cache */
		check(route_cache_match(cache, &router, topic, hash_bytes(&router.tree.key, topic), from, &matches, &items, &count) == 0, "no memory");
		compare(topic, from, items, count);
	}
}

static bool keep_even(void *ctx, struct span filter)
{
	(void)ctx;
	return filter.len % 2 == 0;
}

static void restrict_one(unsigned who)
{
	unsigned ended = 0;
	for (size_t i = 0; i < sub_count;)
		if (subs[i].who == who && subs[i].filter.len % 2) {
			drop(&subs[i]);
			ended++;
		} else {
			i++;
		}
	check(router_restrict(&router, &people[who], keep_even, NULL) == ended, "other subscriptions ended than should");
}

static void forget(unsigned who)
{
	router_forget(&router, &people[who]);
	for (size_t i = 0; i < sub_count;)
		if (subs[i].who == who)
			drop(&subs[i]);
		else
			i++;
}

static struct span *find_kept(struct span topic)
{
	for (size_t i = 0; i < kept_count; i++)
		if (span_equal(kept[i], topic))
			return &kept[i];
	return NULL;
}

static void retain(uint8_t options, struct span topic)
{
	struct span *old = find_kept(topic);
	if (!topic_name_valid(topic) || !topic_depth_ok(topic) || (!old && kept_count == MAX_KEPT))
		return;
	struct span payload = span_of((const uint8_t *)"x", options & 1);
	struct message *m = message_create(topic, (struct span){0}, payload, 0, MESSAGE_RETAIN);
	check(m && retained_set(retained, m, NULL) == 0, "no memory");
	message_unref(&m);
	if (!old && payload.len)
		kept[kept_count++] = topic;
	else if (old && !payload.len)
		*old = kept[--kept_count];
}

static void recall(struct span filter, bool purge)
{
	struct retained_matches found = {0};
	struct span name, rest;
	if (!topic_filter_valid(filter) || !topic_depth_ok(filter) || topic_split_shared(filter, &name, &rest))
		return;
	check(retained_match(retained, filter, (struct mono_ms){0}, &found) == 0, "no memory");
	size_t expected = 0;
	for (size_t i = 0; i < kept_count; i++)
		expected += topic_matches(filter, kept[i]);
	check(found.count == expected, "another number of retained messages");
	for (uint32_t i = 0; i < found.count; i++) {
		struct span topic = message_topic(found.items[i]);
		check(topic_matches(filter, topic) && find_kept(topic), "a retained message that does not match");
	}
	retained_matches_finish(&found);
	if (!purge)
		return;
	check(retained_purge(retained, filter, &found) == 0, "no memory");
	uint32_t purged = found.count;
	retained_matches_finish(&found);
	for (size_t i = 0; i < kept_count;)
		if (topic_matches(filter, kept[i]))
			kept[i] = kept[--kept_count];
		else
			i++;
	check(purged == expected, "another number was purged");
}

static void step(uint8_t what, uint8_t options, struct span text)
{
	unsigned who = what >> 6;
	switch (what & 7) {
	case 0: case 1: subscribe(who, options, text); break;
	case 2: unsubscribe(who, text); break;
	case 3: match(who, options, text); break;
	case 4: retain(options, text); break;
	case 5: recall(text, options == 1); break;
	case 6: restrict_one(who); break;
	default: forget(who); break;
	}
	check(router.subscriptions == sub_count, "the number of subscriptions");
	check(retained_count(retained) == kept_count, "the number of retained messages");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct retained_limits limits = {1000, 1 << 20};
	check(sodium_init() >= 0 && router_init(&router) == 0, "it cannot begin");
	check(retained_create(&limits, &retained) == 0 && (cache = route_cache_create()), "it cannot begin");
	memset(people, 0, sizeof people);
	sub_count = kept_count = 0;
	struct span left = span_of(data, size);
	while (left.len > 2) {
		const uint8_t *text = left.data + 2;
		const uint8_t *end = memchr(text, 0, left.len - 2);
		size_t len = end ? (size_t)(end - text) : left.len - 2;
		if (len <= MAX_TEXT)
			step(left.data[0], left.data[1], span_of(text, len));
		size_t used = 2 + len + (end != NULL);
		left = span_of(left.data + used, left.len - used);
	}
	for (unsigned who = 0; who < PEOPLE; who++)
		forget(who);
	check(router.subscriptions == 0, "subscriptions of nobody");
	retained_destroy(&retained);
	route_cache_destroy(&cache);
	matches_finish(&matches);
	router_finish(&router);
	return 0;
}

/* The subscription index against a naive reference: random filters, random
 * topics, subscribers that come and go. */
#include "broker/route_cache.h"

#include <check.h>
#include <stdlib.h>

#include "mqtt/topic.h"
#include "support/suite.h"
#include "support/topic_gen.h"

enum { SUBSCRIBERS = 40, FILTERS = 400, ROUNDS = 4000 };

/* What is subscribed, by hand. */
struct entry {
	struct subscriber *who;
	char filter[64];
	struct sub_options options;
	bool there;
};

static struct subscriber people[SUBSCRIBERS];
static struct entry entries[FILTERS];

/* Expected highest QoS of who for topic; -1: none. */
static int expect(const struct subscriber *who, const char *topic, const struct subscriber *from)
{
	int qos = -1;
	for (int i = 0; i < FILTERS; i++) {
		const struct entry *e = &entries[i];
		if (e->there && e->who == who && topic_matches(span_str(e->filter), span_str(topic)) &&
		    !(e->options.no_local && who == from) && e->options.qos > qos)
			qos = e->options.qos;
	}
	return qos;
}

static struct route_cache *cache;
static const struct hash_key key = {1, 2};

static void compare(const struct router *router, struct matches *matches, const char *topic)
{
	struct subscriber *from = &people[(unsigned)rand() % SUBSCRIBERS];
	const struct match *items;
	uint32_t count;
	ck_assert_int_eq(route_cache_match(cache, router, span_str(topic), hash_bytes(&key, span_str(topic)), from, matches, &items, &count), 0);
	uint32_t expected = 0;
	for (int i = 0; i < SUBSCRIBERS; i++) {
		int qos = expect(&people[i], topic, from);
		expected += qos >= 0;
		int found = -1;
		for (uint32_t k = 0; k < count; k++)
			if (items[k].who == &people[i]) {
				ck_assert_int_eq(found, -1); /* once */
				found = items[k].qos;
			}
		ck_assert_msg(found == qos, "subscriber %d, topic %s: %d, expected %d", i, topic, found, qos);
	}
	ck_assert_uint_eq(count, expected);
}

/* The entry of this subscriber and filter, or a free one. */
static struct entry *entry_of(const struct subscriber *who, const char *filter)
{
	struct entry *spare = NULL;
	for (int i = 0; i < FILTERS; i++) {
		if (entries[i].there && entries[i].who == who && strcmp(entries[i].filter, filter) == 0)
			return &entries[i];
		if (!entries[i].there)
			spare = &entries[i];
	}
	return spare;
}

static void subscribe_random(struct router *router)
{
	char filter[64];
	topic_gen_filter(filter);
	struct subscriber *who = &people[(unsigned)rand() % SUBSCRIBERS];
	struct entry *e = entry_of(who, filter);
	if (!e)
		return;
	struct sub_options options = {.qos = (uint8_t)(rand() % 3), .no_local = rand() % 4 == 0};
	bool existed;
	ck_assert_int_eq(router_subscribe(router, who, span_str(filter), &options, &existed), 0);
	ck_assert_int_eq(existed, e->there);
	*e = (struct entry){.who = who, .options = options, .there = true};
	memcpy(e->filter, filter, sizeof filter);
}

START_TEST(finds_what_the_reference_finds)
{
	srand(7);
	struct router router;
	struct matches matches = {0};
	ck_assert_int_eq(router_init(&router), 0);
	cache = route_cache_create();
	for (int round = 0; round < ROUNDS; round++) {
		int dice = rand() % 100;
		if (dice < 50) {
			subscribe_random(&router);
		} else if (dice < 75) {
			struct entry *e = &entries[rand() % FILTERS];
			if (e->there)
				ck_assert_int_eq(router_unsubscribe(&router, e->who, span_str(e->filter)), 0);
			e->there = false;
		} else if (dice < 77) {
			struct subscriber *who = &people[(unsigned)rand() % SUBSCRIBERS];
			router_forget(&router, who);
			for (int i = 0; i < FILTERS; i++)
				entries[i].there &= entries[i].who != who;
		}
		char topic[64];
		topic_gen_name(topic);
		compare(&router, &matches, topic);
		compare(&router, &matches, topic); /* another publisher, perhaps from the cache */
		topic_gen_name(topic);
		compare(&router, &matches, topic);
	}
	for (int i = 0; i < SUBSCRIBERS; i++)
		router_forget(&router, &people[i]);
	ck_assert_uint_eq(router.subscriptions, 0);
	ck_assert_uint_eq(router.tree.count, 0); /* nothing is left behind */
	route_cache_destroy(&cache);
	matches_finish(&matches);
	router_finish(&router);
}
END_TEST

START_TEST(overlapping_identifiers_come_each)
{
	struct router router;
	struct matches matches = {0};
	struct subscriber who = {0};
	bool existed;
	ck_assert_int_eq(router_init(&router), 0);
	router_subscribe(&router, &who, span_str("a/#"), &(struct sub_options){.id = 7, .qos = 1}, &existed);
	router_subscribe(&router, &who, span_str("a/+"), &(struct sub_options){.id = 8, .qos = 2}, &existed);
	router_subscribe(&router, &who, span_str("a/b"), &(struct sub_options){.qos = 0}, &existed);
	router_match(&router, span_str("a/b"), NULL, &matches);
	ck_assert_uint_eq(matches.count, 2);
	ck_assert_uint_eq(matches.items[0].id + matches.items[1].id, 15);
	router_forget(&router, &who);
	matches_finish(&matches);
	router_finish(&router);
}
END_TEST

static bool below_a(void *ctx, struct span filter)
{
	(void)ctx;
	return span_starts(filter, span_str("a/"));
}

START_TEST(restriction_keeps_the_allowed)
{
	struct router router;
	struct matches matches = {0};
	struct subscriber who = {0};
	bool existed;
	ck_assert_int_eq(router_init(&router), 0);
	static const char *const filters[] = {"a/#", "#", "b/+/c", "a/b", "+/b", "a//"};
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		router_subscribe(&router, &who, span_str(filters[i]), &(struct sub_options){0}, &existed);
	ck_assert_uint_eq(router_restrict(&router, &who, below_a, NULL), 3);
	router_match(&router, span_str("b/x/c"), NULL, &matches);
	ck_assert_uint_eq(matches.count, 0);
	router_match(&router, span_str("a/b"), NULL, &matches);
	ck_assert_uint_eq(matches.count, 1);
	ck_assert_uint_eq(router.subscriptions, 3);
	router_forget(&router, &who);
	matches_finish(&matches);
	router_finish(&router);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		finds_what_the_reference_finds,
		overlapping_identifiers_come_each,
		restriction_keeps_the_allowed,
	};
	return suite_run("router", tests, sizeof tests / sizeof *tests);
}

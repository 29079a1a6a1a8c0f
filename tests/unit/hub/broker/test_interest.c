/* A worker's interest against the filters themselves: it never misses a topic that one of them matches, seldom wants
 * others, and forgets what has gone. */
#include "broker/interest.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mqtt/topic.h"
#include "support/suite.h"
#include "support/topic_gen.h"

enum { FILTERS = 300, ROUNDS = 20000, DEVICES = 200 };

static struct interest interest;
static const struct hash_key key = {0x0123456789abcdef, 42};

static bool wants(const char *topic)
{
	struct interest_topic t = {.topic = span_str(topic), .hash = hash_quick(&key, span_str(topic)), .key = &key};
	bool first = interest_wants(&interest, &t);
	ck_assert_msg(interest_wants(&interest, &t) == first, "%s is answered in two ways", topic);
	return first;
}

static void add(const char *filter)
{
	interest_add(&interest, &key, span_str(filter));
}

static void lose(const char *filter)
{
	interest_remove(&interest, &key, span_str(filter));
}

static bool is_empty(void)
{
	uint32_t sum = interest.leading + interest.wild;
	for (unsigned i = 0; i < INTEREST_SLOTS; i++)
		sum |= interest.whole[i] | interest.first[i];
	return sum == 0;
}

START_TEST(misses_nothing)
{
	static char held[FILTERS][64];
	unsigned count = 0, wanted = 0, spared = 0;
	srand(11);
	for (int round = 0; round < ROUNDS; round++) {
		/* comes and goes in waves, so that there are times with few filters and with many */
		bool growing = round / 500 % 2 == 0;
		if (count < FILTERS && rand() % 10 < (growing ? 7 : 2)) {
			topic_gen_filter(held[count]);
			add(held[count++]);
		} else if (count) {
			unsigned i = (unsigned)rand() % count;
			lose(held[i]);
			memcpy(held[i], held[--count], sizeof held[i]);
		}
		char topic[64];
		topic_gen_name(topic);
		bool matches = false;
		for (unsigned i = 0; i < count; i++)
			matches |= topic_matches(span_str(held[i]), span_str(topic));
		bool answer = wants(topic);
		ck_assert_msg(answer || !matches, "%s is missed", topic);
		wanted += matches;
		spared += !answer;
	}
	ck_assert_uint_gt(wanted, ROUNDS / 4);
	ck_assert_uint_gt(spared, ROUNDS / 100);
	while (count)
		lose(held[--count]);
	ck_assert(is_empty());
}
END_TEST

START_TEST(spares_what_nobody_wants)
{
	char text[64];
	for (int i = 0; i < DEVICES; i += 2) {
		snprintf(text, sizeof text, "home/%d/state", i);
		add(text);
		snprintf(text, sizeof text, "tree%d/+/state", i);
		add(text);
	}
	int others = 0;
	for (int i = 0; i < DEVICES; i++) {
		snprintf(text, sizeof text, "home/%d/state", i);
		ck_assert(i % 2 || wants(text));
		others += i % 2 && wants(text);
		snprintf(text, sizeof text, "tree%d/x/state", i);
		ck_assert(i % 2 || wants(text));
		others += i % 2 && wants(text);
	}
	ck_assert_int_le(others, DEVICES / 10); /* by chance one in forty: four times that is no chance */
	interest = (struct interest){0};
}
END_TEST

START_TEST(knows_the_edges)
{
	ck_assert(!wants("a"));
	add("a/#");
	ck_assert(wants("a") && wants("a/b/c") && !wants("b"));
	lose("a/#");
	add("/+");
	ck_assert(wants("/x") && !wants("x"));
	lose("/+");
	add("a");
	add("a");
	lose("a");
	ck_assert(wants("a") && !wants("a/b"));
	lose("a");
	ck_assert(is_empty());
}
END_TEST

/* MQTT-4.7.2-1 */
START_TEST(leading_wildcards_spare_dollar_topics)
{
	add("#");
	add("+/x");
	ck_assert(wants("a") && wants("a/x") && wants("/"));
	ck_assert(!wants("$SYS/x"));
	add("$SYS/#");
	ck_assert(wants("$SYS/x"));
	lose("$SYS/#");
	lose("#");
	lose("+/x");
	ck_assert(is_empty());
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		misses_nothing,
		spares_what_nobody_wants,
		knows_the_edges,
		leading_wildcards_spare_dollar_topics,
	};
	return suite_run("interest", tests, sizeof tests / sizeof *tests);
}

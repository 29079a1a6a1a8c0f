/* The retained store against a naive reference, and message expiry. */
#include "broker/retained.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "mqtt/topic.h"
#include "support/suite.h"
#include "support/topic_gen.h"

enum { TOPICS = 900, ROUNDS = 3000 };

static const struct retained_limits plenty = {1000000, 1 << 30};

static struct {
	char topic[64];
	int value; /* 0: none */
} kept[TOPICS];

static void set(struct retained *retained, const char *topic, int value)
{
	char text[16];
	snprintf(text, sizeof text, "%d", value);
	struct message *m = message_create(span_str(topic), (struct span){0},
					   value ? span_str(text) : (struct span){0}, 0, MESSAGE_RETAIN);
	ck_assert_int_eq(retained_set(retained, m, NULL), 0);
	message_unref(&m);
	int spare = -1;
	for (int i = 0; i < TOPICS; i++) {
		if (strcmp(kept[i].topic, topic) == 0) {
			kept[i].value = value;
			return;
		}
		if (kept[i].value == 0)
			spare = i;
	}
	ck_assert_int_ge(spare, 0);
	snprintf(kept[spare].topic, sizeof kept[spare].topic, "%s", topic);
	kept[spare].value = value;
}

static void compare(struct retained *retained, const char *filter)
{
	struct retained_matches matches = {0};
	ck_assert_int_eq(retained_match(retained, span_str(filter), (struct mono_ms){0}, &matches), 0);
	uint32_t expected = 0;
	for (int i = 0; i < TOPICS; i++) {
		if (!kept[i].value || !topic_matches(span_str(filter), span_str(kept[i].topic)))
			continue;
		expected++;
		char text[16];
		snprintf(text, sizeof text, "%d", kept[i].value);
		int found = 0;
		for (uint32_t k = 0; k < matches.count; k++)
			found += span_is(message_topic(matches.items[k]), kept[i].topic) &&
				 span_is(message_payload(matches.items[k]), text);
		ck_assert_msg(found == 1, "filter %s, topic %s: %d times", filter, kept[i].topic, found);
	}
	ck_assert_uint_eq(matches.count, expected);
	retained_matches_finish(&matches);
}

/* Returns how many are gone; all match. */
static unsigned purge(struct retained *retained, const char *filter)
{
	struct retained_matches purged = {0};
	ck_assert_int_eq(retained_purge(retained, span_str(filter), &purged), 0);
	unsigned count = purged.count;
	for (unsigned i = 0; i < count; i++)
		ck_assert(topic_matches(span_str(filter), message_topic(purged.items[i])));
	retained_matches_finish(&purged);
	return count;
}

START_TEST(matches_what_the_reference_matches)
{
	srand(11);
	struct retained *retained;
	ck_assert_int_eq(retained_create(&plenty, &retained), 0);
	for (int round = 1; round < ROUNDS; round++) {
		char topic[64], filter[64];
		topic_gen_name(topic);
		set(retained, topic, rand() % 3 ? round : 0);
		topic_gen_filter(filter);
		compare(retained, filter);
	}
	compare(retained, "#");
	uint64_t before = retained_count(retained);
	unsigned purged = purge(retained, "a/#");
	ck_assert_uint_gt(purged, 0);
	ck_assert_uint_eq(retained_count(retained), before - purged);
	for (int i = 0; i < TOPICS; i++)
		if (topic_matches(span_str("a/#"), span_str(kept[i].topic)))
			kept[i].value = 0;
	compare(retained, "#");
	compare(retained, "a/+");
	retained_destroy(&retained);
	ck_assert_ptr_null(retained);
}
END_TEST

START_TEST(expired_messages_are_not_found)
{
	struct retained *retained;
	ck_assert_int_eq(retained_create(&plenty, &retained), 0);
	struct message *m = message_create_from(&(struct message_parts){
		.topic = span_str("a"), .payload = span_str("x"), .flags = MESSAGE_RETAIN, .expiry_s = 10, .received_at = {1000}});
	retained_set(retained, m, NULL);
	message_unref(&m);
	struct retained_matches matches = {0};
	retained_match(retained, span_str("+"), (struct mono_ms){10999}, &matches);
	ck_assert_uint_eq(matches.count, 1);
	retained_matches_finish(&matches);
	retained_match(retained, span_str("+"), (struct mono_ms){11000}, &matches);
	ck_assert_uint_eq(matches.count, 0);
	retained_matches_finish(&matches);
	retained_destroy(&retained);
}
END_TEST

/* Goes through the whole store once. Returns how many left it. */
static uint32_t expire_all(struct retained *retained, int64_t now_ms)
{
	struct retained_matches expired = {0};
	size_t place = 0;
	do
		place = retained_expire(retained, (struct mono_ms){now_ms}, place, &expired);
	while (place);
	uint32_t count = expired.count;
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_uint_ne(message_expiry_s(expired.items[i]), UINT32_MAX);
		ck_assert_uint_eq(expired.items[i]->refs, 1); /* the store has let go */
	}
	retained_matches_finish(&expired);
	return count;
}

START_TEST(expired_messages_leave_the_store)
{
	enum { MANY = 5000, LIMIT_S = 100 };
	struct retained *retained;
	char topic[64];
	ck_assert_int_eq(retained_create(&plenty, &retained), 0);
	ck_assert_uint_eq(expire_all(retained, 0), 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(topic, sizeof topic, "e/%d/state", i);
		struct message *m = message_create_from(&(struct message_parts){
			.topic = span_str(topic), .payload = span_str("x"), .flags = MESSAGE_RETAIN,
			.expiry_s = i % 5 ? (uint32_t)(i % LIMIT_S) : UINT32_MAX, .received_at = {500}});
		ck_assert_int_eq(retained_set(retained, m, NULL), 0);
		message_unref(&m);
	}
	ck_assert_uint_eq(expire_all(retained, 500), 0); /* those of 0 s are among every fifth, which stay */
	ck_assert_uint_eq(expire_all(retained, 50499), MANY / LIMIT_S * 40); /* 1 to 49 s, less those that never expire */
	ck_assert_uint_eq(expire_all(retained, 1000000), MANY / 5 * 4 - MANY / LIMIT_S * 40);
	ck_assert_uint_eq(retained_count(retained), MANY / 5);
	ck_assert_uint_eq(expire_all(retained, 2000000), 0);
	ck_assert_uint_eq(purge(retained, "#"), MANY / 5);
	retained_destroy(&retained);
}
END_TEST

static int keep(struct retained *retained, const char *topic, const char *payload)
{
	struct message *m = message_create(span_str(topic), (struct span){0}, span_str(payload), 0, MESSAGE_RETAIN);
	int err = retained_set(retained, m, NULL);
	message_unref(&m);
	return err;
}

START_TEST(a_full_store_takes_what_replaces_or_clears)
{
	struct retained *retained;
	ck_assert_int_eq(retained_create(&(struct retained_limits){2, 1000}, &retained), 0);
	ck_assert_int_eq(keep(retained, "a", "1"), 0);
	ck_assert_int_eq(keep(retained, "b", "1"), 0);
	ck_assert_int_eq(keep(retained, "c", "1"), ERR_FULL);
	ck_assert_int_eq(keep(retained, "a", "2"), 0);
	ck_assert_uint_eq(retained_count(retained), 2);
	ck_assert_int_eq(keep(retained, "b", ""), 0);
	ck_assert_int_eq(keep(retained, "c", "1"), 0);
	/* too large: and the old one would be a lie */
	char large[1000] = {0};
	memset(large, 'x', sizeof large - 1);
	ck_assert_int_eq(keep(retained, "c", large), ERR_FULL);
	ck_assert_uint_eq(retained_count(retained), 1);
	/* the count of bytes is exact: this goes on for ever */
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(keep(retained, "c", i % 2 ? "long enough to count" : "1"), 0);
		ck_assert_int_eq(keep(retained, "c", ""), 0);
		ck_assert_int_eq(keep(retained, "c", "some"), 0);
	}
	ck_assert_int_eq(purge(retained, "#"), 2);
	large[500] = 0;
	ck_assert_int_eq(keep(retained, "d", large), 0);
	retained_destroy(&retained);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		matches_what_the_reference_matches,
		expired_messages_are_not_found,
		expired_messages_leave_the_store,
		a_full_store_takes_what_replaces_or_clears,
	};
	return suite_run("retained", tests, sizeof tests / sizeof *tests);
}

/* The outbox: newest value per topic, bounds, and nothing lost or reordered by a
 * broken connection. */
#include "agent/outbox.h"

#include <stdio.h>

#include "base/err.h"
#include "support/suite.h"

static struct outbox *make(void)
{
	struct outbox *o;
	ck_assert_int_eq(outbox_create(&o), 0);
	return o;
}

static void expect_next(struct outbox *o, const char *topic, const char *payload)
{
	struct outbox_item item;
	ck_assert(outbox_next(o, &item));
	ck_assert_str_eq(item.topic, topic);
	ck_assert(span_is(item.payload, payload));
}

static void put(struct outbox *o, const char *topic, const char *payload)
{
	ck_assert_int_eq(outbox_put(o, topic, span_str(payload), false), 0);
}

START_TEST(newest_value_of_each_topic)
{
	struct outbox *o = make();
	struct outbox_item item;
	put(o, "a", "1");
	put(o, "b", "1");
	put(o, "a", "2");
	ck_assert_uint_eq(outbox_count(o), 2);
	expect_next(o, "b", "1");
	outbox_sent(o, 1);
	expect_next(o, "a", "2");
	outbox_sent(o, 2);
	ck_assert(!outbox_next(o, &item));
	outbox_acked(o, 7);
	outbox_acked(o, 1);
	outbox_acked(o, 2);
	outbox_acked(o, 2);
	ck_assert_uint_eq(outbox_count(o), 0);
	outbox_destroy(&o);
	ck_assert_ptr_null(o);
	outbox_destroy(&o);
}
END_TEST

START_TEST(lost_connection)
{
	struct outbox *o = make();
	put(o, "a", "1");
	put(o, "b", "1");
	put(o, "c", "1");
	for (int id = 1; id <= 3; id++)
		outbox_sent(o, id);
	outbox_acked(o, 2);
	put(o, "c", "2"); /* newer than what is on its way */
	put(o, "d", "1");
	outbox_lost(o);
	expect_next(o, "a", "1");
	outbox_sent(o, 4);
	expect_next(o, "c", "2");
	outbox_sent(o, 5);
	expect_next(o, "d", "1");
	outbox_sent(o, 6);
	outbox_acked(o, 1); /* of the old connection: nobody's */
	ck_assert_uint_eq(outbox_count(o), 3);
	outbox_destroy(&o);
}
END_TEST

START_TEST(two_values_of_a_topic_on_their_way)
{
	struct outbox *o = make();
	put(o, "a", "1");
	outbox_sent(o, 1);
	put(o, "a", "2");
	outbox_sent(o, 2);
	outbox_lost(o);
	ck_assert_uint_eq(outbox_count(o), 1);
	expect_next(o, "a", "2");
	outbox_destroy(&o);
}
END_TEST

START_TEST(window)
{
	struct outbox *o = make();
	struct outbox_item item;
	char topic[16];
	for (int i = 0; i < OUTBOX_WINDOW + 1; i++) {
		snprintf(topic, sizeof topic, "t%d", i);
		put(o, topic, "x");
	}
	for (int i = 0; i < OUTBOX_WINDOW; i++) {
		ck_assert(outbox_next(o, &item));
		outbox_sent(o, i + 1);
	}
	ck_assert(!outbox_next(o, &item));
	outbox_acked(o, 5);
	ck_assert(outbox_next(o, &item));
	outbox_destroy(&o);
}
END_TEST

START_TEST(bounds)
{
	struct outbox *o = make();
	static uint8_t big[OUTBOX_MAX_BYTES + 1];
	char topic[16];
	ck_assert_int_eq(outbox_put(o, "big", span_of(big, sizeof big), false), ERR_FULL);
	ck_assert_int_eq(outbox_put(o, "big", span_of(big, OUTBOX_MAX_BYTES), false), 0);
	ck_assert_int_eq(outbox_put(o, "more", span_of(big, 1), false), ERR_FULL);
	ck_assert_int_eq(outbox_put(o, "big", span_of(big, OUTBOX_MAX_BYTES), false), 0); /* in its own place */
	put(o, "big", "small");
	for (int i = 1; i < OUTBOX_MAX_TOPICS; i++) {
		snprintf(topic, sizeof topic, "t%d", i);
		put(o, topic, "x");
	}
	ck_assert_int_eq(outbox_put(o, "one too many", span_str("x"), false), ERR_FULL);
	put(o, "t1", "y");
	outbox_destroy(&o);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {newest_value_of_each_topic, lost_connection, two_values_of_a_topic_on_their_way,
				      window, bounds};
	return suite_run("agent/outbox", tests, sizeof tests / sizeof tests[0]);
}

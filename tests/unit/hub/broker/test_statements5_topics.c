/* MQTT 5.0, topic names and filters (§4.7) as a broker treats them. The numbers above a test are those
 * of the standard's statements. */
#include "statements5.h"

/* Writes a SUBSCRIBE of one filter, which may be any bytes. Returns its length. */
static size_t write_subscribe(uint8_t *bytes, size_t cap, struct span filter)
{
	struct wire_writer w = {.data = bytes, .cap = cap};
	wire_write_u8(&w, PACKET_SUBSCRIBE << 4 | 2);
	wire_write_varint(&w, (uint32_t)filter.len + 6);
	wire_write_u16(&w, 1);
	wire_write_u8(&w, 0);
	wire_write_binary(&w, filter);
	wire_write_u8(&w, 0);
	ck_assert(!w.failed);
	return w.len;
}

/* MQTT-4.7.1-1, MQTT-4.7.1-2, MQTT-4.7.3-1, MQTT-4.7.3-2 */
START_TEST(impossible_filters_are_malformed)
{
	static const struct span filters[] = {
		BYTES("a#"), BYTES("a/b#"), BYTES("#/a"), BYTES("a/#/b"), BYTES("##"), BYTES("#+"), BYTES("+#"),
		BYTES("a+"), BYTES("+a"), BYTES("a/b+/c"), BYTES("++"), BYTES("a/+b"), BYTES("/#/"),
		BYTES(""), BYTES("a\0b"), BYTES("\0"), BYTES("+/\0/#"),
	};
	setup(1);
	for (size_t i = 0; i < LENGTH(filters); i++) {
		uint8_t bytes[64];
		start(&a, "client");
		mqtt_client_send_raw(&a, bytes, write_subscribe(bytes, sizeof bytes, filters[i]));
		mqtt_client_expect_end(&a, REASON_MALFORMED_PACKET);
	}
	teardown();
}
END_TEST

/* §4.7.1 and its examples: each filter alone, each topic; MQTT-4.7.1-1, MQTT-4.7.1-2 where they allow */
START_TEST(filters_match_what_they_should)
{
	static const char *const topics[] = {
		"sport", "sport/", "sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis", "/finance",
		"finance", "/", "//", "a b/c d", "sport/tennis/player1/score/wimbledon",
	};
	static const struct {
		const char *filter;
		unsigned matches; /* a bit for each topic */
	} cases[] = {
		{"sport/tennis/player1/#", 1 << 2 | 1 << 3 | 1 << 10},
		{"sport/#", 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 10},
		{"#", (1 << LENGTH(topics)) - 1},
		{"sport/tennis/+", 1 << 2},
		{"sport/+", 1 << 1 | 1 << 4},
		{"+", 1 << 0 | 1 << 6},
		{"+/+", 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 9},
		{"/+", 1 << 5 | 1 << 7},
		{"+/tennis/#", 1 << 2 | 1 << 3 | 1 << 4 | 1 << 10},
		{"sport/+/player1", 1 << 2},
		{"/#", 1 << 5 | 1 << 7 | 1 << 8},
		{"+/+/+", 1 << 2 | 1 << 8},
		{"a b/+", 1 << 9},
		{"SPORT/#", 0},
	};
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ck_assert_uint_eq(mqtt_client_subscribe(&b, cases[i].filter, 0), 0);
		for (size_t k = 0; k < LENGTH(topics); k++) {
			mqtt_client_publish(&a, topics[k], cases[i].filter, 0, false);
			if (cases[i].matches >> k & 1)
				mqtt_client_expect_publish(&b, topics[k], cases[i].filter);
		}
		mqtt_client_expect_silence(&a);
		mqtt_client_expect_silence(&b);
		ck_assert_uint_eq(unsubscribe(&b, cases[i].filter), 0);
	}
	teardown();
}
END_TEST

/* MQTT-4.7.2-1: filters that begin with a wildcard reach no topic that begins with '$', live or retained; and clients do
 * not publish there at all */
START_TEST(leading_wildcards_do_not_match_dollar_topics)
{
	setup(1);
	start(&a, "sub");
	start(&b, "pub");
	static const char *const filters[] = {"#", "+/monitor/clients", "+/#", "+/+/+", "/#"};
	for (size_t i = 0; i < LENGTH(filters); i++)
		ck_assert_uint_eq(mqtt_client_subscribe(&a, filters[i], 0), 0);
	struct span topic = span_str("$test/monitor/clients");
	ck_assert_int_eq(internal_publish(fixture.broker, topic, span_str("1"), 0, true), 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1);
	mqtt_client_expect_silence(&a);
	for (size_t i = 0; i < LENGTH(filters); i++)
		ck_assert_uint_eq(mqtt_client_subscribe(&a, filters[i], 0), 0); /* no retained one either */
	mqtt_client_expect_silence(&a);
	static const char *const named[] = {"$test/#", "$test/monitor/+", "$test/monitor/clients"};
	for (size_t i = 0; i < LENGTH(named); i++) {
		ck_assert_uint_eq(mqtt_client_subscribe(&a, named[i], 0), 0);
		mqtt_client_expect_publish(&a, "$test/monitor/clients", "1");
	}
	ck_assert_uint_eq(publish(&b, "$test/monitor/clients", "forged", 1, false), REASON_NOT_AUTHORIZED);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.7.3-1 (one character is enough) and MQTT-4.7.3-3 (65,535 bytes are not too many) */
START_TEST(shortest_and_longest_topics_work)
{
	enum { LONGEST = 65535 };
	static char topic[LONGEST + 1], filter[LONGEST + 1];
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	static const char *const shortest[] = {"t", "/", " "};
	for (size_t i = 0; i < LENGTH(shortest); i++) {
		ck_assert_uint_eq(mqtt_client_subscribe(&b, shortest[i], 1), 1);
		publish(&a, shortest[i], "x", 1, false);
		take(&b, shortest[i], "x");
	}
	memset(topic, 'x', LONGEST);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, topic, 1), 1);
	publish(&a, topic, "long", 1, true);
	take(&b, topic, "long");
	ck_assert_uint_eq(unsubscribe(&b, "x"), REASON_NO_SUBSCRIPTION_EXISTED);
	start(&c, "late");
	memset(filter, 'y', LONGEST);
	memcpy(filter, "+/", 2);
	ck_assert_uint_eq(mqtt_client_subscribe(&c, filter, 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&c, "+", 1), 1);
	ck_assert(take(&c, topic, "long").retain);
	/* a byte less is another topic */
	topic[LONGEST - 1] = 0;
	publish(&a, topic, "shorter", 1, false);
	mqtt_client_expect_silence(&b);
	take(&c, topic, "shorter");
	teardown();
}
END_TEST

/* MQTT-4.7.3-4: characters are neither normalised nor folded nor replaced */
START_TEST(topics_are_not_normalised)
{
	/* one letter composed and decomposed; two of the same look; unassigned and private characters; upper case; spaces */
	static const char *const topics[] = {
		"\xc3\xa9", "e\xcc\x81", "\xe2\x84\xab", "\xc3\x85", "\xef\xbf\xbd", "\xee\x80\x80", "\xcd\xb8",
		"straSSe", "stra\xc3\x9f" "e", "strasse", " strasse", "strasse ", "strasse/", "/strasse", "stra/../sse",
		"\xef\xbf\xbf", "\xf0\x9f\xbf\xbf",
	};
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	for (size_t i = 0; i < LENGTH(topics); i++) {
		ck_assert_uint_eq(mqtt_client_subscribe(&b, topics[i], 0), 0);
		for (size_t k = 0; k < LENGTH(topics); k++)
			mqtt_client_publish(&a, topics[k], "x", 0, false);
		mqtt_client_expect_publish(&b, topics[i], "x");
		mqtt_client_expect_silence(&a);
		mqtt_client_expect_silence(&b);
		ck_assert_uint_eq(unsubscribe(&b, topics[i]), 0);
	}
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		impossible_filters_are_malformed,
		filters_match_what_they_should,
		leading_wildcards_do_not_match_dollar_topics,
		shortest_and_longest_topics_work,
		topics_are_not_normalised,
	};
	return suite_run("statements5_topics", tests, LENGTH(tests));
}

/* MQTT 3.1.1, topic names and topic filters (§4.7). The numbers above a test are those of the standard's
 * statements. */
#include "statements3.h"

/* Sends a SUBSCRIBE or UNSUBSCRIBE of one filter by hand: the codec writes no wrong ones. */
static void send_filter(struct mqtt_client *client, enum packet_type type, struct span filter)
{
	static uint8_t bytes[70000];
	struct wire_writer w = {.data = bytes, .cap = sizeof bytes};
	wire_write_u8(&w, (uint8_t)(type << 4 | 2));
	wire_write_varint(&w, (uint32_t)(filter.len + (type == PACKET_SUBSCRIBE ? 5 : 4)));
	wire_write_u16(&w, 1);
	wire_write_binary(&w, filter);
	if (type == PACKET_SUBSCRIBE)
		wire_write_u8(&w, 0);
	ck_assert(!w.failed);
	mqtt_client_send_raw(client, bytes, w.len);
}

static void expect_bad_filters(const char *const *filters, size_t count)
{
	setup(1);
	start(&b, "b");
	mqtt_client_subscribe(&b, "#", 0);
	for (size_t i = 0; i < count; i++) {
		struct packet packet;
		start(&a, "a");
		send_filter(&a, i % 2 ? PACKET_UNSUBSCRIBE : PACKET_SUBSCRIBE, span_str(filters[i]));
		ck_assert_msg(!mqtt_client_receive(&a, &packet), "\"%s\" was taken", filters[i]);
		start(&a, "a");
		send_filter(&a, i % 2 ? PACKET_SUBSCRIBE : PACKET_UNSUBSCRIBE, span_str(filters[i]));
		ck_assert_msg(!mqtt_client_receive(&a, &packet), "\"%s\" was taken", filters[i]);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}

/* What a filter must match, and what it must not; by the standard's own examples and some more. */
static const struct {
	const char *filter;
	const char *yes[6], *no[6];
} cases[] = {
	{"sport/tennis/player1/#",
	 {"sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/wimbledon",
	  "sport/tennis/player1/"},
	 {"sport/tennis", "sport/tennis/player10", "sport/tennis/player", "port/tennis/player1"}},
	{"sport/#", {"sport", "sport/", "sport/a", "sport/a/b/c"}, {"sports", "/sport", "a/sport"}},
	{"#", {"a", "/", "a/b", "/a", "//"}, {"$x", "$SYS/a", "$"}},
	{"sport/tennis/+",
	 {"sport/tennis/player1", "sport/tennis/player2", "sport/tennis/"},
	 {"sport/tennis/player1/ranking", "sport/tennis", "sport/tennis//"}},
	{"sport/+", {"sport/", "sport/x"}, {"sport", "sport//", "sport/x/y"}},
	{"+", {"a", "long name", "\xc3\xbc"}, {"/", "a/", "/a", "$x"}},
	{"+/+", {"/finance", "finance/", "/", "a/b"}, {"a", "a/b/c", "$x/b", "//"}},
	{"/+", {"/finance", "/"}, {"finance", "a/finance", "/a/b"}},
	{"+/tennis/#", {"a/tennis", "/tennis", "a/tennis/x/y"}, {"tennis", "a/b/tennis", "$x/tennis"}},
	{"sport/+/player1", {"sport/tennis/player1", "sport//player1"}, {"sport/player1", "sport/a/b/player1"}},
	{"+/x/+/#", {"a/x/b", "a/x/b/c", "/x/"}, {"a/x", "x/a/b", "$a/x/b"}},
	{"$house/#", {"$house/a", "$house", "$house/a/b"}, {"house/a", "$House/a", "$household"}},
	{"$house/monitor/+", {"$house/monitor/Clients"}, {"$house/monitor", "$house/monitor/a/b"}},
	{"a/$x", {"a/$x"}, {"a/x", "$x"}},
	{"a/+", {"a/$x", "a/b"}, {"$a/b"}},
	{"Accounts payable", {"Accounts payable"}, {"accounts payable", "Accounts  payable", "Accounts payable "}},
	{"/finance", {"/finance"}, {"finance", "//finance", "/finance/"}},
};
enum { CASES = sizeof cases / sizeof *cases };

static void publish_inside(const char *topic)
{
	ck_assert_int_eq(internal_publish(fixture.broker, span_str(topic), span_str("x"), 0, false), 0);
}

/* MQTT-4.7.1-2, MQTT-4.7.1-3, MQTT-4.7.2-1: what wildcards match. The hub publishes, who may use '$'. */
START_TEST(filters_match_as_the_standard_says)
{
	setup(1);
	start(&b, "sub");
	ck_assert_uint_eq(mqtt_client_subscribe(&b, cases[_i].filter, 0), 0);
	mqtt_client_subscribe(&b, "$end", 0);
	for (int i = 0; i < 6 && cases[_i].no[i]; i++)
		publish_inside(cases[_i].no[i]);
	for (int i = 0; i < 6 && cases[_i].yes[i]; i++)
		publish_inside(cases[_i].yes[i]);
	publish_inside("$end");
	for (int i = 0; i < 6 && cases[_i].yes[i]; i++)
		mqtt_client_expect_publish(&b, cases[_i].yes[i], "x");
	mqtt_client_expect_publish(&b, "$end", "x");
	teardown();
}
END_TEST

/* The same of retained messages, which are found the other way round. */
START_TEST(retained_messages_match_as_the_standard_says)
{
	setup(1);
	start(&b, "sub");
	uint64_t kept = 0;
	int expected = 0;
	for (int i = 0; i < 12; i++) {
		const char *topic = i < 6 ? cases[_i].yes[i] : cases[_i].no[i - 6];
		if (!topic)
			continue;
		ck_assert_int_eq(internal_publish(fixture.broker, span_str(topic), span_str(i < 6 ? "yes" : "no"), 0,
						  true), 0);
		kept++;
		expected += i < 6;
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == kept);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, cases[_i].filter, 0), 0);
	for (int i = 0; i < expected; i++) {
		struct packet_publish p = mqtt_client_expect(&b, PACKET_PUBLISH).publish;
		ck_assert_msg(span_is(p.payload, "yes"), "%.*s", (int)p.topic.len, (const char *)p.topic.data);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-4.7.1-2 */
START_TEST(misplaced_multi_level_wildcard_ends_the_connection)
{
	static const char *const filters[] = {"sport/tennis#", "sport/tennis/#/ranking", "#/a", "##", "a/##", "#a", "a/#b",
					      "+#", "#+"};
	expect_bad_filters(filters, sizeof filters / sizeof *filters);
}
END_TEST

/* MQTT-4.7.1-3 */
START_TEST(misplaced_single_level_wildcard_ends_the_connection)
{
	static const char *const filters[] = {"sport+", "+sport", "a/b+", "a/+b/c", "++", "a/++/b", "a+/b"};
	expect_bad_filters(filters, sizeof filters / sizeof *filters);
}
END_TEST

/* MQTT-4.7.2-1, and §4.7.2: a client's own message below '$' goes nowhere. */
START_TEST(dollar_topics_are_apart)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	static const char *const filters[] = {"#", "+/monitor/Clients", "+/#", "+"};
	for (int i = 0; i < 4; i++)
		mqtt_client_subscribe(&b, filters[i], 0);
	publish(&a, "$house/monitor/Clients", "forged", 1, true);
	publish(&a, "$house", "forged", 1, false);
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("$house/monitor/Clients"), span_str("1"), 0, true), 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1);
	mqtt_client_expect_silence(&b);
	mqtt_client_subscribe(&b, "#", 0); /* nor does it come as a retained message */
	mqtt_client_expect_silence(&b);
	mqtt_client_subscribe(&b, "$house/monitor/+", 0);
	mqtt_client_expect_publish(&b, "$house/monitor/Clients", "1");
	teardown();
}
END_TEST

/* MQTT-4.7.3-1 */
START_TEST(empty_topic_ends_the_connection)
{
	setup(1);
	start(&b, "b");
	mqtt_client_subscribe(&b, "#", 0);
	start(&a, "a");
	SEND_BYTES(&a, "\x32\x05\x00\x00\x00\x01x");
	expect_closed(&a);
	start(&a, "a");
	SEND_BYTES(&a, "\x31\x03\x00\x00x");
	expect_closed(&a);
	start(&a, "a");
	send_filter(&a, PACKET_SUBSCRIBE, span_str(""));
	expect_closed(&a);
	start(&a, "a");
	send_filter(&a, PACKET_UNSUBSCRIBE, span_str(""));
	expect_closed(&a);
	mqtt_client_expect_silence(&b);
	/* one character is enough, and it may be the separator */
	start(&a, "a");
	publish(&a, "/", "x", 1, false);
	mqtt_client_expect_publish(&b, "/", "x");
	publish(&a, " ", "x", 1, false);
	mqtt_client_expect_publish(&b, " ", "x");
	teardown();
}
END_TEST

/* MQTT-4.7.3-3: 65,535 bytes are allowed; the length field has no room for more. */
START_TEST(longest_topic_is_served)
{
	static char topic[65536], other[65536];
	setup(1);
	for (size_t i = 0; i < sizeof topic - 1; i++)
		topic[i] = i % 1000 == 999 ? '/' : (char)('a' + i % 26);
	memcpy(other, topic, sizeof topic);
	other[65534] = '!'; /* differs in its last byte alone */
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, topic, 1);
	publish(&a, other, "no", 1, true);
	publish(&a, topic, "yes", 1, true);
	take(&b, topic, "yes");
	mqtt_client_expect_silence(&b);
	send_filter(&b, PACKET_UNSUBSCRIBE, span_str(topic));
	mqtt_client_expect(&b, PACKET_UNSUBACK);
	publish(&a, topic, "later", 1, true);
	mqtt_client_expect_silence(&b);
	start(&c, "late");
	mqtt_client_subscribe(&c, topic, 0);
	mqtt_client_expect_publish(&c, topic, "later");
	mqtt_client_expect_silence(&c);
	teardown();
}
END_TEST

/* MQTT-4.7.3-4: equal are only equal bytes, whatever Unicode says. */
START_TEST(topics_are_not_normalized)
{
	static const char *const topics[] = {
		"\xc3\xa5",             /* a with ring, one character */
		"a\xcc\x8a",            /* the same as letter and mark */
		"\xe2\x84\xab",         /* the sign of the unit, which Unicode makes a letter of */
		"A\xcc\x8a", "\xc3\x85",
		"caf\xc3\xa9", "CAF\xc3\x89", "cafe",
		"\xef\xac\x81", "fi",   /* a ligature and its letters */
		"\xef\xbf\xbd", "\xf0\x90\x8c\xb0", "\xcd\xb8", /* replacement, ancient, not assigned */
		" a", "a ", "a", "a/./b", "a/b", "a//b", "a/x/../b", "%61",
	};
	enum { COUNT = sizeof topics / sizeof *topics };
	setup(1);
	start(&a, "pub");
	struct mqtt_client subs[COUNT] = {0};
	for (int i = 0; i < COUNT; i++) {
		char id[16];
		snprintf(id, sizeof id, "sub-%d", i);
		start(&subs[i], id);
		mqtt_client_subscribe(&subs[i], topics[i], 0);
	}
	for (int i = 0; i < COUNT; i++)
		publish(&a, topics[i], topics[i], 1, true);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == COUNT);
	for (int i = 0; i < COUNT; i++) {
		mqtt_client_expect_publish(&subs[i], topics[i], topics[i]);
		mqtt_client_expect_silence(&subs[i]);
		mqtt_client_close(&subs[i]);
	}
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statements3_topics");
	TCase *tc = tcase_create("topics");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, filters_match_as_the_standard_says, 0, CASES);
	tcase_add_loop_test(tc, retained_messages_match_as_the_standard_says, 0, CASES);
	tcase_add_test(tc, misplaced_multi_level_wildcard_ends_the_connection);
	tcase_add_test(tc, misplaced_single_level_wildcard_ends_the_connection);
	tcase_add_test(tc, dollar_topics_are_apart);
	tcase_add_test(tc, empty_topic_ends_the_connection);
	tcase_add_test(tc, longest_topic_is_served);
	tcase_add_test(tc, topics_are_not_normalized);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

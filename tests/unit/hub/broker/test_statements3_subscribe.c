/* MQTT 3.1.1, SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK (§3.8 to §3.11). The numbers above a test are
 * those of the standard's statements. */
#include "statements3.h"

static void pair(void)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
}

/* A filter that is asked for, and what must be answered. */
struct wish {
	const char *filter;
	uint8_t qos, code;
};

static void send_filters(struct mqtt_client *client, enum packet_type type, const struct wish *wishes, int count)
{
	static uint8_t entries[4096];
	struct wire_writer w = {.data = entries, .cap = sizeof entries};
	for (int i = 0; i < count; i++) {
		wire_write_binary(&w, span_str(wishes[i].filter));
		if (type == PACKET_SUBSCRIBE)
			wire_write_u8(&w, wishes[i].qos);
	}
	ck_assert(!w.failed);
	mqtt_client_send(client, &(struct packet){.type = (uint8_t)type,
						  .subscribe = {.id = 9, .filters = span_of(entries, w.len)}});
}

static void subscribe_all(struct mqtt_client *client, const struct wish *wishes, int count)
{
	send_filters(client, PACKET_SUBSCRIBE, wishes, count);
	struct packet_suback ack = mqtt_client_expect(client, PACKET_SUBACK).suback;
	ck_assert_uint_eq(ack.id, 9);
	ck_assert_uint_eq(ack.codes.len, count);
	for (int i = 0; i < count; i++)
		ck_assert_msg(ack.codes.data[i] == wishes[i].code, "code %d is 0x%02x", i, ack.codes.data[i]);
}

/* --- SUBSCRIBE ------------------------------------------------------------------ */

/* MQTT-3.8.3-2: filters with wildcards are supported, none is turned away. */
START_TEST(wildcards_are_supported)
{
	static const struct wish wishes[] = {{"#", 0, 0}, {"+", 1, 1}, {"a/+/c", 2, 2}, {"+/+", 0, 0}, {"/#", 1, 1}};
	pair();
	subscribe_all(&b, wishes, 5);
	publish(&a, "a/b/c", "x", 2, false);
	ck_assert_uint_eq(take(&b, "a/b/c", "x").qos, 2);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.8.3-3, MQTT-3.10.3-2 */
START_TEST(packet_without_filters_ends_the_connection)
{
	pair();
	SEND_BYTES(&a, "\x82\x02\x00\x01");
	expect_closed(&a);
	SEND_BYTES(&b, "\xa2\x02\x00\x01");
	expect_closed(&b);
	teardown();
}
END_TEST

/* MQTT-3.8.3-4: nothing of such a packet counts, not even what is right in it. */
START_TEST(reserved_option_bits_end_the_connection)
{
	setup(1);
	start(&b, "b");
	for (int options = 3; options < 256; options++) {
		uint8_t bytes[] = "\x82\x0a\x00\x01\x00\x01t\x00\x00\x01u\x00";
		resume(&a, "a");
		bytes[11] = (uint8_t)options;
		mqtt_client_send_raw(&a, bytes, sizeof bytes - 1);
		expect_closed(&a);
	}
	publish(&b, "t", "x", 1, false);
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 0 && stats.connections == 1);
	teardown();
}
END_TEST

/* MQTT-3.8.4-1, MQTT-3.8.4-5, MQTT-3.9.3-1 */
START_TEST(each_filter_gets_its_code_in_order)
{
	static const struct access_rule rules[] = {{"mine/#", true, true}};
	struct access_user user = {.name = "lamp", .rules = rules, .rule_count = 1};
	struct access_table *table;
	access_token_hash(span_str("l"), user.token_hash);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	broker_fixture_start(&fixture, NULL, 1, NULL, table);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "lamp");
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str("lamp");
	connect.connect.password = span_str("l");
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, 0);
	static const struct wish wishes[] = {{"mine/a", 2, 2}, {"#", 2, 0x80}, {"mine/b", 0, 0}, {"other", 0, 0x80},
					     {"mine/#", 1, 1}};
	subscribe_all(&a, wishes, 5);
	subscribe_all(&a, wishes + 1, 1); /* also when it is the only one */
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 3);
	teardown();
}
END_TEST

/* MQTT-3.9.3-2: whatever the cause, failure has one code. */
START_TEST(failure_has_one_code)
{
	struct broker_config config = broker_config_default();
	config.max_subscriptions = 2;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	start(&a, "a");
	static char deep[1000];
	for (size_t i = 0; i < sizeof deep - 1; i++)
		deep[i] = '/';
	const struct wish wishes[] = {{deep, 1, 0x80}, {"x", 0, 0}, {"y", 2, 2}, {"z", 1, 0x80}};
	subscribe_all(&a, wishes, 4);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-3.8.4-3: the new QoS alone counts, retained messages come again, and none of the others is lost. */
START_TEST(identical_filter_replaces_its_subscription)
{
	pair();
	publish(&a, "s/kept", "kept", 1, true);
	for (uint8_t round = 0; round < 6; round++) {
		uint8_t qos = (uint8_t)((2 * round) % 3);
		ck_assert_uint_eq(mqtt_client_subscribe(&b, "s/+", qos), qos);
		struct packet_publish p = take(&b, "s/kept", "kept");
		ck_assert(p.retain && p.qos == (qos < 1 ? qos : 1));
		publish(&a, "s/x", "live", 2, false);
		ck_assert_uint_eq(take(&b, "s/x", "live").qos, qos);
		mqtt_client_expect_silence(&b); /* one subscription, one copy */
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 1);
	teardown();
}
END_TEST

/* MQTT-3.8.4-3: messages that come in while the subscription is replaced again and again all arrive. */
START_TEST(replacing_does_not_interrupt_the_flow)
{
	enum { COUNT = 300 };
	setup(2);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t", 1);
	for (int i = 0; i < COUNT; i++) {
		static const struct wish wish = {"t", 1, 1};
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		mqtt_client_publish(&a, "t", text, 1, false);
		send_filters(&b, PACKET_SUBSCRIBE, &wish, 1);
	}
	int acks = 0, messages = 0;
	while (acks < COUNT || messages < COUNT) {
		struct packet packet;
		char text[16];
		ck_assert(mqtt_client_receive(&b, &packet));
		if (packet.type == PACKET_SUBACK) {
			acks++;
			continue;
		}
		ck_assert_int_eq(packet.type, PACKET_PUBLISH);
		snprintf(text, sizeof text, "%d", messages++);
		ck_assert(span_is(packet.publish.payload, text));
		mqtt_client_ack(&b, PACKET_PUBACK, packet.publish.id);
	}
	teardown();
}
END_TEST

/* MQTT-3.8.4-4: as if each had come alone; retained messages for each, one SUBACK for all. */
START_TEST(many_filters_are_like_many_packets)
{
	static const struct wish wishes[] = {{"m/a", 0, 0}, {"m/+", 2, 2}, {"m/b", 1, 1}, {"m/a", 1, 1}};
	pair();
	publish(&a, "m/a", "A", 2, true);
	subscribe_all(&b, wishes, 4);
	ck_assert_uint_eq(take(&b, "m/a", "A").qos, 0);
	struct packet_publish p = mqtt_client_expect_publish(&b, "m/a", "A");
	ck_assert_uint_eq(p.qos, 2);
	uint16_t id = p.id;
	ck_assert_uint_eq(take(&b, "m/a", "A").qos, 1); /* the fourth replaced the first */
	finish_receive(&b, 2, id);
	mqtt_client_expect_silence(&b);
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 3);
	teardown();
}
END_TEST

/* MQTT-3.8.4-6, for live messages and for retained ones. */
START_TEST(delivered_qos_is_the_lower_of_both)
{
	pair();
	uint8_t published = (uint8_t)(_i / 3), granted = (uint8_t)(_i % 3);
	uint8_t lower = published < granted ? published : granted;
	publish(&a, "kept", "x", published, true);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "#", granted), granted);
	ck_assert_uint_eq(take(&b, "kept", "x").qos, lower);
	publish(&a, "live", "x", published, false);
	ck_assert_uint_eq(take(&b, "live", "x").qos, lower);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* --- UNSUBSCRIBE ------------------------------------------------------------------ */

/* MQTT-3.10.4-1: only the very same filter, character by character; a wildcard in it matches itself alone. */
START_TEST(only_the_same_filter_is_unsubscribed)
{
	static const char *const others[] = {"#", "+/b", "a/#", "A/b", "a/b/", "a", "a/", "/a/b", "a/B", "a/b\xcc\x81"};
	pair();
	mqtt_client_subscribe(&b, "a/b", 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		unsubscribe(&b, others[i]);
		publish(&a, "a/b", "x", 0, false);
		mqtt_client_expect_publish(&b, "a/b", "x");
	}
	mqtt_client_subscribe(&b, "a/+", 0);
	unsubscribe(&b, "a/b");
	publish(&a, "a/b", "still", 0, false); /* by the other one */
	mqtt_client_expect_publish(&b, "a/b", "still");
	unsubscribe(&b, "a/+");
	publish(&a, "a/b", "x", 0, false);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.10.4-2: for those present and those who were away. */
START_TEST(nothing_new_comes_after_unsuback)
{
	setup(1);
	start(&a, "pub");
	resume(&b, "sub");
	mqtt_client_subscribe(&b, "t", 2);
	unsubscribe(&b, "t");
	for (uint8_t qos = 0; qos < 3; qos++)
		publish(&a, "t", "x", qos, false);
	mqtt_client_expect_silence(&b);
	vanish(&b, 1);
	publish(&a, "t", "x", 1, false);
	ck_assert(resume(&b, "sub"));
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.10.4-3 */
START_TEST(started_deliveries_are_completed)
{
	setup(1);
	start(&a, "pub");
	resume(&b, "sub");
	mqtt_client_subscribe(&b, "t", 2);
	publish(&a, "t", "one", 1, false);
	publish(&a, "t", "two", 2, false);
	publish(&a, "t", "three", 2, false);
	uint16_t one = mqtt_client_expect_publish(&b, "t", "one").id;
	uint16_t two = mqtt_client_expect_publish(&b, "t", "two").id;
	uint16_t three = mqtt_client_expect_publish(&b, "t", "three").id;
	mqtt_client_ack(&b, PACKET_PUBREC, three);
	mqtt_client_expect(&b, PACKET_PUBREL);
	unsubscribe(&b, "t");
	mqtt_client_ack(&b, PACKET_PUBREC, two);
	ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, two);
	vanish(&b, 1);
	ck_assert(resume(&b, "sub"));
	struct packet_publish p = mqtt_client_expect_publish(&b, "t", "one");
	ck_assert(p.id == one && p.dup);
	ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, two);
	ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, three);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.10.4-5 */
START_TEST(unknown_filter_gets_its_unsuback)
{
	pair();
	SEND_BYTES(&b, "\xa2\x09\x12\x34\x00\x05never");
	EXPECT_BYTES(&b, "\xb0\x02\x12\x34");
	teardown();
}
END_TEST

/* MQTT-3.10.4-6 */
START_TEST(many_filters_are_unsubscribed_with_one_answer)
{
	static const struct wish wishes[] = {{"u/a", 0, 0}, {"u/b", 0, 0}, {"u/+", 0, 0}};
	static const struct wish away[] = {{"u/a", 0, 0}, {"u/nothing", 0, 0}, {"u/+", 0, 0}, {"u/a", 0, 0}};
	pair();
	subscribe_all(&b, wishes, 3);
	send_filters(&b, PACKET_UNSUBSCRIBE, away, 4);
	EXPECT_BYTES(&b, "\xb0\x02\x00\x09");
	mqtt_client_expect_silence(&b);
	publish(&a, "u/a", "x", 0, false);
	publish(&a, "u/b", "y", 0, false);
	mqtt_client_expect_publish(&b, "u/b", "y");
	mqtt_client_expect_silence(&b);
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 1);
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statements3_subscribe");
	TCase *tc = tcase_create("subscribe");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, wildcards_are_supported);
	tcase_add_test(tc, packet_without_filters_ends_the_connection);
	tcase_add_test(tc, reserved_option_bits_end_the_connection);
	tcase_add_test(tc, each_filter_gets_its_code_in_order);
	tcase_add_test(tc, failure_has_one_code);
	tcase_add_test(tc, identical_filter_replaces_its_subscription);
	tcase_add_test(tc, replacing_does_not_interrupt_the_flow);
	tcase_add_test(tc, many_filters_are_like_many_packets);
	tcase_add_loop_test(tc, delivered_qos_is_the_lower_of_both, 0, 9);
	tcase_add_test(tc, only_the_same_filter_is_unsubscribed);
	tcase_add_test(tc, nothing_new_comes_after_unsuback);
	tcase_add_test(tc, started_deliveries_are_completed);
	tcase_add_test(tc, unknown_filter_gets_its_unsuback);
	tcase_add_test(tc, many_filters_are_unsubscribed_with_one_answer);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

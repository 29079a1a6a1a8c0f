/* MQTT 3.1.1, wills (§3.1.2.5 to §3.1.2.7), DISCONNECT (§3.14) and PINGREQ (§3.12). The numbers above a
 * test are those of the standard's statements. */
#include "statements3.h"

/* A client with the will "gone" under will/ID. */
static void start_mortal(struct mqtt_client *client, const char *id, uint8_t qos, bool retain)
{
	char topic[64];
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, id);
	snprintf(topic, sizeof topic, "will/%s", id);
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str(topic);
	connect.connect.will.payload = span_str("gone");
	connect.connect.will.qos = qos;
	connect.connect.will.retain = retain;
	ck_assert_uint_eq(mqtt_client_login(client, fixture.port, &connect).connack.reason, 0);
}

static void start_watcher(struct mqtt_client *client)
{
	start(client, "watcher");
	mqtt_client_subscribe(client, "will/#", 2);
}

/* MQTT-3.1.2-8: kept silent while the connection lives, published however it ends. */
START_TEST(will_is_published_when_the_connection_ends)
{
	setup(1);
	start_watcher(&b);
	start_mortal(&a, "a", 0, false);
	mqtt_client_expect_silence(&a);
	mqtt_client_expect_silence(&b);
	mqtt_client_close(&a); /* the network */
	take(&b, "will/a", "gone");

	start_mortal(&a, "a", 0, false);
	SEND_BYTES(&a, "\x36\x05\x00\x01t\x00\x01"); /* an error of the protocol */
	expect_closed(&a);
	take(&b, "will/a", "gone");

	start_mortal(&a, "a", 0, false);
	SEND_BYTES(&a, "\x30\x0a\x00\x01"); /* in the middle of a packet */
	mqtt_client_close(&a);
	take(&b, "will/a", "gone");

	start_mortal(&a, "a", 0, false);
	start(&c, "a"); /* another connection of the same client */
	expect_closed(&a);
	take(&b, "will/a", "gone");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.2-9: QoS, retain, topic and message are those of the CONNECT, also an empty message. */
START_TEST(will_is_what_connect_said)
{
	setup(1);
	start_watcher(&b);
	mqtt_client_open(&a, fixture.port, MQTT_V311);
	SEND_BYTES(&a, "\x10\x17\x00\x04MQTT\x04\x16\x00\x00\x00\x01x\x00\x06will/x\x00\x00");
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	mqtt_client_close(&a);
	EXPECT_BYTES(&b, "\x34\x0a\x00\x06will/x\x00\x01");
	teardown();
}
END_TEST

/* MQTT-3.1.2-8, MQTT-3.1.2-14: with each QoS there is. */
START_TEST(will_has_its_qos)
{
	setup(1);
	uint8_t qos = (uint8_t)_i;
	start_watcher(&b);
	start_mortal(&a, "a", qos, false);
	mqtt_client_close(&a);
	ck_assert_uint_eq(take(&b, "will/a", "gone").qos, qos);
	teardown();
}
END_TEST

/* MQTT-3.1.2-10: once, for a session that lasts too. */
START_TEST(will_is_published_once)
{
	setup(1);
	start_watcher(&b);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "a");
	connect.connect.clean_start = false;
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("will/a");
	connect.connect.will.payload = span_str("gone");
	mqtt_client_login(&a, fixture.port, &connect);
	vanish(&a, 1);
	take(&b, "will/a", "gone");
	ck_assert(resume(&a, "a")); /* now without a will */
	vanish(&a, 1);
	mqtt_client_login(&a, fixture.port, &connect);
	mqtt_client_stop(&a, 0); /* removed by DISCONNECT */
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	ck_assert(resume(&a, "a"));
	vanish(&a, 1);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.2-12: a will flag of 0 is no will, whatever the client had before. */
START_TEST(no_will_without_its_flag)
{
	setup(1);
	start(&b, "watcher");
	mqtt_client_subscribe(&b, "#", 0);
	start(&a, "a");
	vanish(&a, 1);
	start_mortal(&a, "a", 1, false);
	vanish(&a, 1);
	take(&b, "will/a", "gone");
	start(&a, "a");
	vanish(&a, 1);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.2-16, MQTT-3.1.2-17 */
START_TEST(will_is_retained_when_asked)
{
	setup(1);
	start_watcher(&b);
	start_mortal(&a, "passing", 1, false);
	vanish(&a, 1);
	ck_assert(!take(&b, "will/passing", "gone").retain);
	start_mortal(&a, "kept", 1, true);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0); /* not before it is published */
	vanish(&a, 1);
	ck_assert(!take(&b, "will/kept", "gone").retain); /* MQTT-3.3.1-9 holds for wills too */
	start(&c, "later");
	mqtt_client_subscribe(&c, "will/#", 2);
	struct packet_publish p = take(&c, "will/kept", "gone");
	ck_assert(p.retain && p.qos == 1);
	mqtt_client_expect_silence(&c);
	teardown();
}
END_TEST

/* MQTT-3.14.4-3, MQTT-3.1.2-8 */
START_TEST(disconnect_discards_the_will)
{
	setup(1);
	start_watcher(&b);
	start_mortal(&a, "a", 2, true);
	SEND_BYTES(&a, "\xe0\x00");
	expect_closed(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.14.1-1: a DISCONNECT with reserved bits is none: the connection ends, and the will is published. */
START_TEST(disconnect_with_reserved_bits_is_none)
{
	setup(1);
	start_watcher(&b);
	for (uint8_t flags = 1; flags < 16; flags++) {
		uint8_t bytes[] = {(uint8_t)(0xe0 | flags), 0};
		start_mortal(&a, "a", 0, false);
		mqtt_client_send_raw(&a, bytes, sizeof bytes);
		expect_closed(&a);
		take(&b, "will/a", "gone");
	}
	teardown();
}
END_TEST

/* MQTT-3.14.4-1, MQTT-3.14.4-2 bind the client; the broker closes by itself, and what comes behind a DISCONNECT
 * all the same is not heard. */
START_TEST(nothing_counts_after_disconnect)
{
	setup(1);
	start(&b, "b");
	mqtt_client_subscribe(&b, "#", 0);
	start(&a, "a");
	SEND_BYTES(&a, "\xe0\x00\x31\x04\x00\x01tx\xc0\x00");
	expect_closed(&a);
	mqtt_client_expect_silence(&b);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0);
	teardown();
}
END_TEST

/* MQTT-3.12.4-1: one for each, at once and in between. */
START_TEST(each_ping_is_answered)
{
	setup(1);
	start(&a, "a");
	SEND_BYTES(&a, "\xc0\x00\xc0\x00\x32\x06\x00\x01t\x00\x05x\xc0\x00");
	EXPECT_BYTES(&a, "\xd0\x00");
	EXPECT_BYTES(&a, "\xd0\x00");
	EXPECT_BYTES(&a, "\x40\x02\x00\x05");
	EXPECT_BYTES(&a, "\xd0\x00");
	for (int i = 0; i < 100; i++)
		SEND_BYTES(&a, "\xc0\x00");
	for (int i = 0; i < 100; i++)
		EXPECT_BYTES(&a, "\xd0\x00");
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statements3_will");
	TCase *tc = tcase_create("will");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, will_is_published_when_the_connection_ends);
	tcase_add_test(tc, will_is_what_connect_said);
	tcase_add_loop_test(tc, will_has_its_qos, 0, 3);
	tcase_add_test(tc, will_is_published_once);
	tcase_add_test(tc, no_will_without_its_flag);
	tcase_add_test(tc, will_is_retained_when_asked);
	tcase_add_test(tc, disconnect_discards_the_will);
	tcase_add_test(tc, disconnect_with_reserved_bits_is_none);
	tcase_add_test(tc, nothing_counts_after_disconnect);
	tcase_add_test(tc, each_ping_is_answered);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

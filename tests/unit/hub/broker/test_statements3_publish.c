/* MQTT 3.1.1, PUBLISH (§3.3): DUP, QoS, RETAIN, the topic name, overlapping subscriptions, what one may not
 * publish. The numbers above a test are those of the standard's statements. */
#include "statements3.h"

static void pair(void)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
}

static void send_publish(struct mqtt_client *client, bool dup, uint8_t qos, uint16_t id, const char *payload)
{
	mqtt_client_send(client, &(struct packet){.type = PACKET_PUBLISH,
						  .publish = {.dup = dup, .qos = qos, .id = id, .topic = span_str("t"),
							      .payload = span_str(payload)}});
}

/* --- DUP ------------------------------------------------------------------- */

/* MQTT-3.3.1-1, MQTT-4.4.0-1 */
START_TEST(dup_is_set_on_redelivery)
{
	setup(1);
	uint8_t qos = (uint8_t)(_i + 1);
	start(&a, "pub");
	resume(&b, "sub");
	mqtt_client_subscribe(&b, "t", qos);
	publish(&a, "t", "x", qos, false);
	struct packet_publish first = mqtt_client_expect_publish(&b, "t", "x");
	ck_assert(!first.dup && first.qos == qos);
	uint16_t id = first.id;
	for (int again = 0; again < 3; again++) { /* each time, not only the second */
		vanish(&b, 1);
		ck_assert(resume(&b, "sub"));
		struct packet_publish p = mqtt_client_expect_publish(&b, "t", "x");
		ck_assert(p.dup && p.id == id && p.qos == qos);
	}
	finish_receive(&b, qos, id);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.3.1-2: both ways. */
START_TEST(qos_0_has_no_dup)
{
	pair();
	mqtt_client_subscribe(&b, "t", 0);
	send_publish(&a, true, 2, 5, "x");
	mqtt_client_expect(&a, PACKET_PUBREC);
	EXPECT_BYTES(&b, "\x30\x04\x00\x01tx");
	SEND_BYTES(&a, "\x38\x04\x00\x01ty");
	expect_closed(&a);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.3.1-3 */
START_TEST(dup_is_not_passed_on)
{
	pair();
	uint8_t qos = (uint8_t)(_i + 1);
	mqtt_client_subscribe(&b, "t", qos);
	send_publish(&a, true, qos, 1, "x");
	finish_publish(&a, qos);
	ck_assert(!take(&b, "t", "x").dup);
	teardown();
}
END_TEST

/* --- QoS ------------------------------------------------------------------- */

/* MQTT-3.3.1-4 */
START_TEST(qos_3_ends_the_connection)
{
	static const char *const packets[] = {"\x36\x06\x00\x01t\x00\x01x", "\x37\x06\x00\x01t\x00\x01x",
					      "\x3e\x06\x00\x01t\x00\x01x"};
	pair();
	mqtt_client_subscribe(&b, "t", 2);
	for (int i = 0; i < 3; i++) {
		start(&a, "pub");
		mqtt_client_send_raw(&a, packets[i], 8);
		expect_closed(&a);
	}
	mqtt_client_expect_silence(&b);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0);
	teardown();
}
END_TEST

/* MQTT-3.3.4-1: nothing, PUBACK, or PUBREC. */
START_TEST(answer_follows_the_qos)
{
	pair();
	send_publish(&a, false, 0, 0, "x");
	mqtt_client_expect_silence(&a);
	send_publish(&a, false, 1, 17, "x");
	EXPECT_BYTES(&a, "\x40\x02\x00\x11");
	send_publish(&a, false, 2, 18, "x");
	EXPECT_BYTES(&a, "\x50\x02\x00\x12");
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* --- RETAIN ------------------------------------------------------------------ */

/* MQTT-3.3.1-5, MQTT-3.3.1-6, MQTT-3.3.1-8: the last of each topic, with its QoS, to who comes later. */
START_TEST(retained_messages_reach_later_subscribers)
{
	pair();
	for (uint8_t qos = 0; qos < 3; qos++) {
		char topic[] = "r/0", payload[] = "last 0";
		topic[2] = payload[5] = (char)('0' + qos);
		publish(&a, topic, "first", 2, true);
		publish(&a, topic, payload, qos, true);
	}
	mqtt_client_stop(&a, 0); /* its sender need not be there */
	for (uint8_t qos = 0; qos < 3; qos++) {
		char topic[] = "r/0", payload[] = "last 0";
		topic[2] = payload[5] = (char)('0' + qos);
		mqtt_client_subscribe(&b, topic, 2);
		struct packet_publish p = take(&b, topic, payload);
		ck_assert(p.retain && !p.dup && p.qos == qos);
	}
	mqtt_client_subscribe(&b, "r/+", 2);
	for (int i = 0; i < 3; i++) {
		struct packet_publish p = mqtt_client_expect(&b, PACKET_PUBLISH).publish;
		ck_assert(p.retain && p.qos == (uint8_t)(p.topic.data[2] - '0'));
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.3.1-7 */
START_TEST(retained_qos_0_replaces_what_was_kept)
{
	pair();
	publish(&a, "t", "old", 2, true);
	publish(&a, "t", "new", 0, true);
	mqtt_client_subscribe(&b, "t", 2);
	ck_assert_uint_eq(take(&b, "t", "new").qos, 0);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.3.1-9 */
START_TEST(retain_is_not_set_for_those_who_listen_already)
{
	pair();
	mqtt_client_subscribe(&b, "t/#", 2);
	for (uint8_t qos = 0; qos < 3; qos++) {
		publish(&a, "t/x", "x", qos, true);
		ck_assert(!take(&b, "t/x", "x").retain);
	}
	/* also what waits for an absent one was sent to an established subscription */
	resume(&c, "away");
	mqtt_client_subscribe(&c, "t/y", 1);
	vanish(&c, 2);
	publish(&a, "t/y", "y", 1, true);
	ck_assert(resume(&c, "away"));
	ck_assert(!take(&c, "t/y", "y").retain);
	teardown();
}
END_TEST

/* MQTT-3.3.1-10, MQTT-3.3.1-11 */
START_TEST(empty_retained_message_clears_its_topic)
{
	pair();
	publish(&a, "t", "kept", 1, true);
	mqtt_client_subscribe(&b, "t", 1);
	take(&b, "t", "kept");
	for (uint8_t qos = 0; qos < 3; qos++) {
		publish(&a, "t", "", qos, true);
		ck_assert(!take(&b, "t", "").retain); /* for those who listen it is a message like any other */
		BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0);
		start(&c, "later");
		mqtt_client_subscribe(&c, "#", 1);
		mqtt_client_expect_silence(&c);
		publish(&a, "t", "kept", 1, true);
		take(&b, "t", "kept");
	}
	publish(&a, "never/was", "", 1, true); /* where nothing was there is nothing to keep */
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1);
	teardown();
}
END_TEST

/* MQTT-3.3.1-12 */
START_TEST(unretained_message_leaves_the_retained_alone)
{
	pair();
	publish(&a, "t", "kept", 1, true);
	for (uint8_t qos = 0; qos < 3; qos++) {
		publish(&a, "t", "passing", qos, false);
		publish(&a, "t", "", qos, false);
		publish(&a, "other", "passing", qos, false);
	}
	mqtt_client_subscribe(&b, "#", 1);
	take(&b, "t", "kept");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* --- topic name -------------------------------------------------------------- */

/* MQTT-3.3.2-1: a PUBLISH starts with its topic name. (That it is UTF-8 is shown with all text.) */
START_TEST(topic_name_comes_first)
{
	pair();
	mqtt_client_subscribe(&b, "#", 1);
	SEND_BYTES(&a, "\x32\x0b\x00\x02na\x00\x01\x00\x03msg");
	EXPECT_BYTES(&a, "\x40\x02\x00\x01");
	EXPECT_BYTES(&b, "\x32\x0b\x00\x02na\x00\x01\x00\x03msg");
	SEND_BYTES(&a, "\x32\x03\x00\x01\x61"); /* a topic, and then no room for the identifier */
	expect_closed(&a);
	teardown();
}
END_TEST

/* MQTT-3.3.2-2, MQTT-4.7.1-1 */
START_TEST(wildcards_in_a_topic_name_end_the_connection)
{
	static const char *const topics[] = {"#", "+", "a/#", "a/+/b", "a+", "a#b", "+a", "long enough to be checked by words/+"};
	pair();
	mqtt_client_subscribe(&b, "#", 0);
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
		start(&a, "pub");
		mqtt_client_publish(&a, topics[i], "x", 1, true);
		expect_closed(&a);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.3.2-3: what is delivered has its own topic name, and that matches. */
START_TEST(delivered_topic_matches_the_filter)
{
	pair();
	static const char *const filters[] = {"s/+/x", "s/#", "s/a/x"};
	for (int i = 0; i < 3; i++) {
		start(&b, "sub");
		mqtt_client_subscribe(&b, filters[i], 0);
		publish(&a, "s/a/x", "1", 0, false);
		publish(&a, "t/a/x", "2", 0, false);
		publish(&a, "sx", "3", 0, false);
		publish(&a, "s/a/x", "4", 0, false);
		mqtt_client_expect_publish(&b, "s/a/x", "1");
		mqtt_client_expect_publish(&b, "s/a/x", "4");
		mqtt_client_expect_silence(&b);
		mqtt_client_stop(&b, 0);
	}
	teardown();
}
END_TEST

/* --- subscriptions ------------------------------------------------------------ */

/* MQTT-3.3.5-1, in whatever order they were made. */
START_TEST(overlapping_subscriptions_get_the_highest_qos)
{
	pair();
	static const char *const filters[] = {"o/#", "o/+", "o/x"};
	for (int i = 0; i < 3; i++)
		mqtt_client_subscribe(&b, filters[i], (uint8_t)((i + _i) % 3));
	for (uint8_t qos = 0; qos < 3; qos++) {
		publish(&a, "o/x", "x", qos, false);
		ck_assert_uint_eq(take(&b, "o/x", "x").qos, qos);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-4.5.0-1: everybody who matches gets it, present or not. */
START_TEST(message_reaches_every_matching_session)
{
	setup(3);
	enum { MANY = 20 };
	static struct mqtt_client subs[MANY];
	for (int i = 0; i < MANY; i++) {
		char id[16];
		snprintf(id, sizeof id, "sub-%d", i);
		resume(&subs[i], id);
		mqtt_client_subscribe(&subs[i], i % 2 ? "m/+" : "m/x", 1);
		if (i % 3 == 0)
			mqtt_client_close(&subs[i]);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == MANY - MANY / 3 - 1);
	start(&a, "pub");
	mqtt_client_publish(&a, "m/x", "x", 1, false);
	mqtt_client_expect(&a, PACKET_PUBACK);
	for (int i = 0; i < MANY; i++) {
		char id[16];
		snprintf(id, sizeof id, "sub-%d", i);
		if (i % 3 == 0)
			ck_assert(resume(&subs[i], id));
		take(&subs[i], "m/x", "x");
		mqtt_client_expect_silence(&subs[i]);
		mqtt_client_close(&subs[i]);
	}
	teardown();
}
END_TEST

/* MQTT-3.3.5-2: a positive answer, and the message goes nowhere. */
START_TEST(forbidden_publish_is_acknowledged)
{
	static const struct access_rule rules[] = {{"own/#", true, true}}, all[] = {{"#", true, true}};
	struct access_user users[] = {{.name = "lamp", .rules = rules, .rule_count = 1},
				      {.name = "boss", .rules = all, .rule_count = 1}};
	struct access_table *table;
	access_token_hash(span_str("l"), users[0].token_hash);
	access_token_hash(span_str("b"), users[1].token_hash);
	ck_assert_int_eq(access_table_create(users, 2, &table), 0);
	broker_fixture_start(&fixture, NULL, 1, NULL, table);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "lamp");
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str("lamp");
	connect.connect.password = span_str("l");
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, 0);
	connect.connect.client_id = connect.connect.username = span_str("boss");
	connect.connect.password = span_str("b");
	ck_assert_uint_eq(mqtt_client_login(&b, fixture.port, &connect).connack.reason, 0);
	mqtt_client_subscribe(&b, "#", 2);
	for (uint8_t qos = 0; qos < 3; qos++)
		publish(&a, "foreign", "x", qos, true);
	mqtt_client_expect_silence(&b);
	publish(&a, "own/x", "x", 2, false);
	take(&b, "own/x", "x");
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0);
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statements3_publish");
	TCase *tc = tcase_create("publish");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, dup_is_set_on_redelivery, 0, 2);
	tcase_add_test(tc, qos_0_has_no_dup);
	tcase_add_loop_test(tc, dup_is_not_passed_on, 0, 2);
	tcase_add_test(tc, qos_3_ends_the_connection);
	tcase_add_test(tc, answer_follows_the_qos);
	tcase_add_test(tc, retained_messages_reach_later_subscribers);
	tcase_add_test(tc, retained_qos_0_replaces_what_was_kept);
	tcase_add_test(tc, retain_is_not_set_for_those_who_listen_already);
	tcase_add_test(tc, empty_retained_message_clears_its_topic);
	tcase_add_test(tc, unretained_message_leaves_the_retained_alone);
	tcase_add_test(tc, topic_name_comes_first);
	tcase_add_test(tc, wildcards_in_a_topic_name_end_the_connection);
	tcase_add_test(tc, delivered_topic_matches_the_filter);
	tcase_add_loop_test(tc, overlapping_subscriptions_get_the_highest_qos, 0, 3);
	tcase_add_test(tc, message_reaches_every_matching_session);
	tcase_add_test(tc, forbidden_publish_is_acknowledged);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

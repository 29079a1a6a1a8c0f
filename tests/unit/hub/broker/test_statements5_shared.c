/* MQTT 5.0, shared subscriptions (§4.8.2). The numbers above a test are those of the standard's
 * statements. */
#include "statements5.h"

/* MQTT-4.8.2-1, MQTT-4.8.2-2: "$share/", a name of one character or more without '/', '+' and '#', '/', a filter */
START_TEST(form_of_shared_filters_is_checked)
{
	static const char *const bad[] = {
		"$share/", "$share//t", "$share/g", "$share/g/", "$share/g+/t", "$share/+/t", "$share/#/t", "$share/g#/t",
		"$share/#", "$share/+", "$share/g/t#", "$share/g/#/t", "$share/g/a+",
	};
	static const char *const good[] = {"$share/g/t", "$share/g//", "$share/g/#", "$share/g/+/t", "$share/ /t",
					   "$share/\xc3\xa9/t", "$share/g/$share/g/t"};
	static const char *const unshared[] = {"$share", "$shared/g/t", "$SHARE/g/t", "share/g/t", "/$share/g/t"};
	setup(1);
	for (size_t i = 0; i < LENGTH(bad); i++) {
		uint8_t bytes[64];
		struct wire_writer w = {.data = bytes, .cap = sizeof bytes};
		wire_write_u8(&w, PACKET_SUBSCRIBE << 4 | 2);
		wire_write_u8(&w, (uint8_t)(strlen(bad[i]) + 6));
		wire_write_raw(&w, span_of("\0\1\0", 3));
		wire_write_binary(&w, span_str(bad[i]));
		wire_write_u8(&w, 0);
		start(&a, "client");
		mqtt_client_send_raw(&a, bytes, w.len);
		mqtt_client_expect_end(&a, REASON_MALFORMED_PACKET);
	}
	start(&a, "client");
	for (size_t i = 0; i < LENGTH(good); i++)
		ck_assert_uint_eq(mqtt_client_subscribe(&a, good[i], 1), 1);
	for (size_t i = 0; i < LENGTH(unshared); i++)
		ck_assert_uint_eq(mqtt_client_subscribe(&a, unshared[i], 1), 1);
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == LENGTH(unshared));
	for (size_t i = 0; i < LENGTH(good); i++)
		ck_assert_uint_eq(unsubscribe(&a, good[i]), 0);
	for (size_t i = 0; i < LENGTH(unshared); i++)
		ck_assert_uint_eq(unsubscribe(&a, unshared[i]), 0);
	ck_assert_uint_eq(unsubscribe(&a, "$share/g/t"), REASON_NO_SUBSCRIPTION_EXISTED);
	teardown();
}
END_TEST

enum { MESSAGES = 100 };

/* Takes what has come to the client: counts each message's number in seen. Returns how many. */
static int drain(struct mqtt_client *client, uint8_t qos, int seen[MESSAGES])
{
	struct packet packet;
	int count = 0;
	mqtt_client_send(client, &(struct packet){.type = PACKET_PINGREQ});
	while (mqtt_client_receive(client, &packet) && packet.type != PACKET_PINGRESP) {
		ck_assert_uint_eq(packet.type, PACKET_PUBLISH);
		ck_assert_uint_eq(packet.publish.qos, qos);
		ck_assert_uint_lt(packet.publish.payload.len, 4);
		char text[4] = "";
		memcpy(text, packet.publish.payload.data, packet.publish.payload.len);
		seen[strtol(text, NULL, 10)]++;
		count++;
		if (qos)
			mqtt_client_ack(client, PACKET_PUBACK, packet.publish.id);
	}
	ck_assert_uint_eq(packet.type, PACKET_PINGRESP);
	return count;
}

/* §4.8.2: each message goes to one member of each group, and to whoever is subscribed plainly; all members have their part */
START_TEST(each_message_goes_to_one_member)
{
	struct mqtt_client pub = {0};
	int one_group[MESSAGES] = {0}, other_group[MESSAGES] = {0};
	setup(1);
	start(&pub, "pub");
	start(&a, "member-1");
	start(&b, "member-2");
	start(&c, "other");
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "$share/g/t/#", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "$share/g/t/#", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&c, "$share/h/t/+", 1), 1);
	for (int i = 0; i < MESSAGES; i++) {
		char payload[16];
		snprintf(payload, sizeof payload, "%d", i);
		publish(&pub, "t/x", payload, 1, false);
	}
	int part_a = drain(&a, 1, one_group), part_b = drain(&b, 1, one_group);
	ck_assert_int_eq(part_a + part_b, MESSAGES);
	ck_assert(part_a > 0 && part_b > 0);
	ck_assert_int_eq(drain(&c, 1, other_group), MESSAGES);
	for (int i = 0; i < MESSAGES; i++)
		ck_assert(one_group[i] == 1 && other_group[i] == 1);
	/* a plain subscription of a member is served beside */
	ck_assert_uint_eq(mqtt_client_subscribe(&c, "t/x", 0), 0);
	publish(&pub, "t/x", "7", 0, false);
	ck_assert_int_eq(drain(&a, 0, one_group) + drain(&b, 0, one_group), 1);
	ck_assert_int_ge(drain(&c, 0, other_group), 1);
	mqtt_client_close(&pub);
	teardown();
}
END_TEST

/* §3.8.3.1, §4.8.2: retained messages are not sent to a shared subscription */
START_TEST(no_retained_messages_for_shared_subscriptions)
{
	setup(1);
	start(&b, "pub");
	publish(&b, "t", "kept", 1, true);
	start(&a, "member");
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "$share/g/t", 1), 1);
	mqtt_client_expect_silence(&a);
	publish(&b, "t", "live", 1, true);
	ck_assert(!take(&a, "t", "live").retain);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.8.2-3: the QoS granted to the member that gets a message counts */
START_TEST(granted_qos_of_the_member_counts)
{
	enum { ROUNDS = 24 };
	static const char *const ids[] = {"member-0", "member-1", "member-2"};
	struct mqtt_client members[LENGTH(ids)] = {{0}};
	unsigned got[LENGTH(ids)] = {0};
	setup(1);
	start(&a, "pub");
	for (uint8_t k = 0; k < LENGTH(ids); k++) {
		start(&members[k], ids[k]);
		ck_assert_uint_eq(mqtt_client_subscribe(&members[k], "$share/g/t", k), k);
	}
	for (int i = 0; i < ROUNDS; i++) {
		publish(&a, "t", "x", 2, false);
		for (uint8_t k = 0; k < LENGTH(ids); k++) {
			struct packet packet;
			mqtt_client_send(&members[k], &(struct packet){.type = PACKET_PINGREQ});
			ck_assert(mqtt_client_receive(&members[k], &packet));
			if (packet.type == PACKET_PINGRESP)
				continue;
			ck_assert_uint_eq(packet.type, PACKET_PUBLISH);
			ck_assert_uint_eq(packet.publish.qos, k);
			got[k]++;
			uint16_t id = packet.publish.id;
			mqtt_client_expect(&members[k], PACKET_PINGRESP);
			finish_receive(&members[k], k, id);
		}
	}
	ck_assert_uint_eq(got[0] + got[1] + got[2], ROUNDS);
	for (size_t k = 0; k < LENGTH(ids); k++) {
		ck_assert_uint_gt(got[k], 0);
		mqtt_client_close(&members[k]);
	}
	teardown();
}
END_TEST

/* b publishes; a is alone in the group while a message goes to it, then c joins the group. The message, unanswered. */
static uint16_t give_to_first_member(uint8_t qos, uint32_t expiry_s)
{
	setup(1);
	start(&b, "pub");
	struct packet connect = lasting("first", expiry_s);
	join(&a, &connect);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "$share/g/t", 2), 2);
	publish(&b, "t", "one", qos, false);
	uint16_t id = mqtt_client_expect_publish(&a, "t", "one").id;
	start(&c, "second");
	ck_assert_uint_eq(mqtt_client_subscribe(&c, "$share/g/t", 2), 2);
	return id;
}

/* MQTT-4.8.2-4: a QoS 2 delivery that has begun ends with the client that it began with */
START_TEST(begun_qos2_delivery_stays_with_its_member)
{
	uint16_t id = give_to_first_member(2, LONG_S);
	vanish(&a, 2);
	mqtt_client_expect_silence(&c);
	publish(&b, "t", "two", 2, false); /* for the one who is there */
	take(&c, "t", "two");
	ck_assert(resume(&a, "first"));
	struct packet_publish p = mqtt_client_expect_publish(&a, "t", "one");
	ck_assert(p.dup && p.id == id && p.qos == 2);
	mqtt_client_ack(&a, PACKET_PUBREC, id);
	mqtt_client_expect(&a, PACKET_PUBREL);
	vanish(&a, 2); /* also after PUBREC */
	mqtt_client_expect_silence(&c);
	ck_assert(resume(&a, "first"));
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREL).ack.id, id);
	mqtt_client_ack(&a, PACKET_PUBCOMP, id);
	mqtt_client_expect_silence(&a);
	mqtt_client_expect_silence(&c);
	teardown();
}
END_TEST

/* MQTT-4.8.2-5: when that session ends, nobody else gets the message: with the connection, or by a new start */
START_TEST(begun_qos2_delivery_ends_with_its_session)
{
	bool with_connection = _i;
	give_to_first_member(2, with_connection ? 0 : LONG_S);
	vanish(&a, 2);
	if (with_connection) {
		BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 2);
	} else {
		mqtt_client_expect_silence(&c);
		start(&a, "first"); /* clean start */
		mqtt_client_expect_silence(&a);
	}
	mqtt_client_expect_silence(&c);
	publish(&b, "t", "two", 2, false);
	take(&c, "t", "two");
	mqtt_client_expect_silence(&c);
	teardown();
}
END_TEST

/* §4.8.2: a QoS 1 message that a member leaves unacknowledged when its session ends goes to another */
START_TEST(unacknowledged_qos1_goes_to_another_member)
{
	give_to_first_member(1, 0);
	vanish(&a, 2);
	take(&c, "t", "one");
	mqtt_client_expect_silence(&c);
	teardown();
}
END_TEST

/* MQTT-4.8.2-6: a message that a member refuses is discarded */
START_TEST(refused_message_goes_to_nobody_else)
{
	uint8_t qos = (uint8_t)(1 + _i);
	uint16_t id = give_to_first_member(qos, LONG_S);
	mqtt_client_send(&a, &(struct packet){.type = qos == 1 ? PACKET_PUBACK : PACKET_PUBREC,
					      .ack = {.id = id, .reason = REASON_IMPLEMENTATION_SPECIFIC}});
	mqtt_client_expect_silence(&a);
	mqtt_client_expect_silence(&c);
	vanish(&a, 2);
	mqtt_client_expect_silence(&c);
	ck_assert(resume(&a, "first"));
	mqtt_client_expect_silence(&a);
	struct packet connect = lasting("first", 0);
	connect.connect.clean_start = true;
	join(&a, &connect);
	mqtt_client_expect_silence(&c);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		form_of_shared_filters_is_checked,
		each_message_goes_to_one_member,
		no_retained_messages_for_shared_subscriptions,
		granted_qos_of_the_member_counts,
		begun_qos2_delivery_stays_with_its_member,
		unacknowledged_qos1_goes_to_another_member,
	};
	Suite *suite = suite_create("statements5_shared");
	TCase *tcase = tcase_create("shared");
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < LENGTH(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, begun_qos2_delivery_ends_with_its_session, 0, 2);
	tcase_add_loop_test(tcase, refused_message_goes_to_nobody_else, 0, 2);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

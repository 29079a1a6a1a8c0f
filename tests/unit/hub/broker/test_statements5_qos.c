/* MQTT 5.0, delivery (§4.3), sending again (§4.4), receipt (§4.5) and order (§4.6). The numbers above
 * a test are those of the standard's statements. */
#include "statements5.h"

/* b publishes, a has a lasting session and listens to "t" at QoS 2. */
static void begin(void)
{
	setup(1);
	start(&b, "pub");
	ck_assert(!resume(&a, "sub"));
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "t", 2), 2);
}

/* The connection of a fails and comes back. */
static void return_to_session(void)
{
	vanish(&a, 1);
	ck_assert(resume(&a, "sub"));
}

/* MQTT-4.3.1-1, MQTT-3.3.4-1: QoS 0 is sent once, without an answer */
START_TEST(qos0_is_sent_once)
{
	begin();
	publish(&b, "t", "x", 0, false); /* a PINGRESP is the next that b gets */
	struct packet_publish p = mqtt_client_expect_publish(&a, "t", "x");
	ck_assert(p.qos == 0 && !p.dup && p.id == 0);
	return_to_session();
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.3.2-3, MQTT-4.4.0-1: until PUBACK a message comes again with each new connection and never else, under its
 * identifier; after it not */
START_TEST(qos1_comes_again_until_puback)
{
	begin();
	publish(&b, "t", "x", 1, false);
	uint16_t id = mqtt_client_expect_publish(&a, "t", "x").id;
	mqtt_client_expect_silence(&a);
	for (int i = 0; i < 3; i++) {
		return_to_session();
		struct packet_publish p = mqtt_client_expect_publish(&a, "t", "x");
		ck_assert(p.id == id && p.dup && p.qos == 1);
		mqtt_client_expect_silence(&a);
	}
	mqtt_client_ack(&a, PACKET_PUBACK, id);
	mqtt_client_expect_silence(&a);
	return_to_session();
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.3.2-5: after PUBACK the same identifier is a new message, whatever DUP says */
START_TEST(identifier_is_free_after_puback)
{
	begin();
	for (int i = 0; i < 4; i++) {
		struct packet packet = message_to("t", "x", 1);
		packet.publish.dup = i % 2;
		publish_packet(&b, &packet);
		take(&a, "t", "x");
	}
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.3.3-3, MQTT-4.3.3-4, MQTT-4.3.3-5, MQTT-4.3.3-6: PUBLISH again until PUBREC, then PUBREL again until PUBCOMP, and
 * PUBLISH no more */
START_TEST(qos2_goes_on_where_it_stopped)
{
	begin();
	publish(&b, "t", "x", 2, false);
	uint16_t id = mqtt_client_expect_publish(&a, "t", "x").id;
	for (int i = 0; i < 2; i++) {
		return_to_session();
		struct packet_publish p = mqtt_client_expect_publish(&a, "t", "x");
		ck_assert(p.id == id && p.dup && p.qos == 2);
		mqtt_client_expect_silence(&a);
	}
	mqtt_client_ack(&a, PACKET_PUBREC, id);
	struct packet packet = mqtt_client_expect(&a, PACKET_PUBREL);
	ck_assert(packet.ack.id == id && packet.ack.reason == 0);
	for (int i = 0; i < 2; i++) {
		return_to_session();
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREL).ack.id, id);
		mqtt_client_expect_silence(&a);
	}
	mqtt_client_ack(&a, PACKET_PUBREC, id); /* once more: PUBREL once more */
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREL).ack.id, id);
	mqtt_client_ack(&a, PACKET_PUBCOMP, id);
	return_to_session();
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.3.3-4: a PUBREC with 0x10 goes on, too. §4.3.3, §3.6.2.1: for one that was never sent there is PUBREL 0x92. */
START_TEST(pubrec_is_answered_by_pubrel)
{
	begin();
	publish(&b, "t", "x", 2, false);
	uint16_t id = mqtt_client_expect_publish(&a, "t", "x").id;
	mqtt_client_send(&a, &(struct packet){.type = PACKET_PUBREC,
					      .ack = {.id = id, .reason = REASON_NO_MATCHING_SUBSCRIBERS}});
	struct packet packet = mqtt_client_expect(&a, PACKET_PUBREL);
	ck_assert(packet.ack.id == id && packet.ack.reason == 0);
	mqtt_client_ack(&a, PACKET_PUBCOMP, id);
	mqtt_client_ack(&a, PACKET_PUBREC, 7777);
	packet = mqtt_client_expect(&a, PACKET_PUBREL);
	ck_assert(packet.ack.id == 7777 && packet.ack.reason == REASON_PACKET_ID_NOT_FOUND);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.4.0-2: a refused message is done with */
START_TEST(refused_messages_do_not_come_again)
{
	begin();
	publish(&b, "t", "one", 1, false);
	uint16_t first = mqtt_client_expect_publish(&a, "t", "one").id;
	publish(&b, "t", "two", 2, false);
	uint16_t second = mqtt_client_expect_publish(&a, "t", "two").id;
	mqtt_client_send(&a, &(struct packet){.type = PACKET_PUBACK,
					      .ack = {.id = first, .reason = REASON_UNSPECIFIED}});
	mqtt_client_send(&a, &(struct packet){.type = PACKET_PUBREC,
					      .ack = {.id = second, .reason = REASON_QUOTA_EXCEEDED}});
	mqtt_client_expect_silence(&a); /* no PUBREL either */
	return_to_session();
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.3.3-7: expiry ends what was never sent, not what was sent once */
START_TEST(expiry_spares_what_was_sent)
{
	begin();
	for (uint8_t qos = 1; qos <= 2; qos++) {
		struct packet packet = message_to("t", "sent", qos);
		SET_PROP(&packet.publish.props, PROP_MESSAGE_EXPIRY, message_expiry_s, 1);
		publish_packet(&b, &packet);
		mqtt_client_expect_publish(&a, "t", "sent");
	}
	vanish(&a, 1);
	struct packet packet = message_to("t", "not sent", 2);
	SET_PROP(&packet.publish.props, PROP_MESSAGE_EXPIRY, message_expiry_s, 1);
	publish_packet(&b, &packet);
	let_pass(2);
	ck_assert(resume(&a, "sub"));
	for (uint8_t qos = 1; qos <= 2; qos++) {
		struct packet_publish p = mqtt_client_expect_publish(&a, "t", "sent");
		ck_assert(p.qos == qos && p.dup);
	}
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.3.3-10: until PUBREL the same identifier is the same message, with and without DUP, also over a new connection;
 * MQTT-4.3.3-12: after PUBCOMP it is a new one */
START_TEST(qos2_is_passed_on_once)
{
	setup(1);
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t", 2);
	ck_assert(!resume(&a, "pub"));
	struct packet packet = message_to("t", "once", 2);
	for (int i = 0; i < 4; i++) {
		packet.publish.dup = i % 2;
		mqtt_client_send(&a, &packet);
		struct packet_ack ack = mqtt_client_expect(&a, PACKET_PUBREC).ack;
		ck_assert(ack.id == 1 && ack.reason < 0x80);
	}
	take(&b, "t", "once");
	vanish(&a, 1);
	ck_assert(resume(&a, "pub"));
	for (int i = 0; i < 2; i++) {
		packet.publish.dup = true;
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREC).ack.id, 1);
	}
	mqtt_client_ack(&a, PACKET_PUBREL, 1);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBCOMP).ack.reason, 0);
	mqtt_client_expect_silence(&b);
	/* PUBREL again: PUBCOMP again, and it says that there is no such identifier */
	mqtt_client_ack(&a, PACKET_PUBREL, 1);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBCOMP).ack.reason, REASON_PACKET_ID_NOT_FOUND);
	for (int i = 0; i < 3; i++) {
		packet.publish.dup = i == 1;
		publish_packet(&a, &packet);
		take(&b, "t", "once");
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-4.3.3-9: after a PUBREC with an error the identifier is free; a PUBREL for it finds nothing */
START_TEST(identifier_is_free_after_a_refusal)
{
	static const struct access_rule rules[] = {{"own/#", true, true}};
	struct access_user user = {.name = "u", .rules = rules, .rule_count = 1};
	struct access_table *table;
	access_token_hash(span_str("p"), user.token_hash);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	broker_fixture_start(&fixture, NULL, 1, NULL, table);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "u");
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str("u");
	connect.connect.password = span_str("p");
	join(&a, &connect);
	mqtt_client_subscribe(&a, "own/#", 0);
	for (int i = 0; i < 3; i++) {
		struct packet packet = message_to("not/own", "x", 2);
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREC).ack.reason, REASON_NOT_AUTHORIZED);
		packet = message_to("own/t", "new", 2);
		mqtt_client_send(&a, &packet);
		/* passed on before it is acknowledged, or the other way round */
		for (int k = 0; k < 2; k++) {
			ck_assert(mqtt_client_receive(&a, &packet));
			if (packet.type == PACKET_PUBLISH)
				ck_assert(span_is(packet.publish.payload, "new"));
			else
				ck_assert(packet.type == PACKET_PUBREC && packet.ack.reason == 0);
		}
		mqtt_client_ack(&a, PACKET_PUBREL, 1);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBCOMP).ack.reason, 0);
	}
	struct packet packet = message_to("not/own", "x", 2);
	mqtt_client_send(&a, &packet);
	mqtt_client_expect(&a, PACKET_PUBREC);
	mqtt_client_ack(&a, PACKET_PUBREL, 1);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBCOMP).ack.reason, REASON_PACKET_ID_NOT_FOUND);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.3.3-13: the handshake goes on when the message has expired, on the publisher's side and on the subscriber's */
START_TEST(handshake_goes_on_after_expiry)
{
	begin();
	struct packet packet = message_to("t", "x", 2);
	SET_PROP(&packet.publish.props, PROP_MESSAGE_EXPIRY, message_expiry_s, 1);
	mqtt_client_send(&b, &packet);
	mqtt_client_expect(&b, PACKET_PUBREC);
	uint16_t id = mqtt_client_expect_publish(&a, "t", "x").id;
	vanish(&a, 1);
	let_pass(2);
	mqtt_client_send(&b, &packet);
	ck_assert_uint_lt(mqtt_client_expect(&b, PACKET_PUBREC).ack.reason, 0x80);
	mqtt_client_ack(&b, PACKET_PUBREL, 1);
	ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBCOMP).ack.reason, 0);
	ck_assert(resume(&a, "sub"));
	ck_assert_uint_eq(mqtt_client_expect_publish(&a, "t", "x").id, id);
	mqtt_client_ack(&a, PACKET_PUBREC, id);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREL).ack.reason, 0);
	mqtt_client_ack(&a, PACKET_PUBCOMP, id);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-4.5.0-1: what is acknowledged to its sender is in the session of each subscriber, present or absent */
START_TEST(acknowledged_messages_are_in_every_session)
{
	begin();
	ck_assert(!resume(&c, "other"));
	mqtt_client_subscribe(&c, "t", 1);
	vanish(&a, 2);
	mqtt_client_publish(&b, "t", "one", 1, false);
	mqtt_client_expect(&b, PACKET_PUBACK);
	mqtt_client_publish(&b, "t", "two", 2, false);
	mqtt_client_expect(&b, PACKET_PUBREC);
	mqtt_client_close(&b); /* without PUBREL: it was accepted all the same */
	vanish(&c, 0);
	ck_assert(resume(&a, "sub"));
	ck_assert(resume(&c, "other"));
	take(&a, "t", "one");
	uint16_t id = mqtt_client_expect_publish(&a, "t", "two").id;
	finish_receive(&a, 2, id);
	for (int i = 0; i < 2; i++)
		take(&c, "t", i ? "two" : "one");
	teardown();
}
END_TEST

/* MQTT-4.6.0-1 from the server's side, MQTT-4.4.0-1: what is unfinished comes in its order, PUBREL in its place */
START_TEST(unfinished_messages_come_in_their_order)
{
	enum { MESSAGES = 9 };
	uint16_t ids[MESSAGES];
	begin();
	for (int i = 0; i < MESSAGES; i++) {
		char payload[16];
		snprintf(payload, sizeof payload, "%d", i);
		publish(&b, "t", payload, (uint8_t)(1 + i % 2), false);
		ids[i] = mqtt_client_expect_publish(&a, "t", payload).id;
	}
	mqtt_client_ack(&a, PACKET_PUBACK, ids[4]);
	mqtt_client_ack(&a, PACKET_PUBREC, ids[5]);
	mqtt_client_expect(&a, PACKET_PUBREL);
	for (int round = 0; round < 2; round++) {
		return_to_session();
		for (int i = 0; i < MESSAGES; i++) {
			if (i == 4)
				continue;
			struct packet packet = mqtt_client_expect(&a, i == 5 ? PACKET_PUBREL : PACKET_PUBLISH);
			if (i == 5)
				ck_assert_uint_eq(packet.ack.id, ids[5]);
			else
				ck_assert(packet.publish.id == ids[i] && packet.publish.payload.data[0] == '0' + i);
		}
		mqtt_client_expect_silence(&a);
	}
	teardown();
}
END_TEST

enum { ORDERED = 300 };

/* Receives messages "0", "1", … and acknowledges each; then waits until the broker has taken the last answer. */
static void take_in_order(struct mqtt_client *client, uint8_t qos)
{
	struct packet packet;
	int next = 0;
	for (;;) {
		char payload[16];
		ck_assert(mqtt_client_receive(client, &packet));
		if (packet.type == PACKET_PINGRESP)
			break;
		if (packet.type == PACKET_PUBREL) {
			mqtt_client_ack(client, PACKET_PUBCOMP, packet.ack.id);
			continue;
		}
		ck_assert_uint_eq(packet.type, PACKET_PUBLISH);
		snprintf(payload, sizeof payload, "%d", next++);
		ck_assert(span_is(packet.publish.payload, payload));
		ck_assert_uint_eq(packet.publish.qos, qos);
		mqtt_client_ack(client, qos == 1 ? PACKET_PUBACK : PACKET_PUBREC, packet.publish.id);
		if (next == ORDERED)
			mqtt_client_send(client, &(struct packet){.type = PACKET_PINGREQ});
	}
	ck_assert_int_eq(next, ORDERED);
	mqtt_client_expect_silence(client);
}

/* MQTT-4.6.0-5, MQTT-4.6.0-6: messages of one client to one topic arrive in their order at each QoS, over both workers,
 * at once and from the queue */
START_TEST(messages_keep_their_order)
{
	static const char *const ids[] = {"sub", "sub-2", "sub-3"};
	struct mqtt_client subs[LENGTH(ids)] = {{0}};
	uint8_t qos = (uint8_t)(1 + _i);
	setup(2);
	start(&b, "pub");
	for (size_t k = 0; k < LENGTH(ids); k++) {
		ck_assert(!resume(&subs[k], ids[k]));
		mqtt_client_subscribe(&subs[k], "t/#", 2);
	}
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < ORDERED; i++) {
			char payload[16];
			snprintf(payload, sizeof payload, "%d", i);
			publish(&b, "t/x", payload, qos, false);
		}
		for (size_t k = 0; k < LENGTH(ids); k++) {
			if (round == 1)
				ck_assert(resume(&subs[k], ids[k]));
			take_in_order(&subs[k], qos);
			mqtt_client_close(&subs[k]);
		}
		BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	}
	teardown();
}
END_TEST

/* §4.3: PUBACK and PUBREC of the server come in the order of the messages */
START_TEST(acknowledgements_keep_their_order)
{
	enum { MESSAGES = 12 };
	setup(1);
	start(&a, "pub");
	for (uint16_t i = 1; i <= MESSAGES; i++) {
		struct packet packet = message_to("t", "x", i % 2 ? 1 : 2);
		packet.publish.id = (uint16_t)(i * 7);
		mqtt_client_send(&a, &packet);
	}
	for (uint16_t i = 1; i <= MESSAGES; i++)
		ck_assert_uint_eq(mqtt_client_expect(&a, i % 2 ? PACKET_PUBACK : PACKET_PUBREC).ack.id, i * 7);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		qos0_is_sent_once,
		qos1_comes_again_until_puback,
		identifier_is_free_after_puback,
		qos2_goes_on_where_it_stopped,
		pubrec_is_answered_by_pubrel,
		refused_messages_do_not_come_again,
		expiry_spares_what_was_sent,
		qos2_is_passed_on_once,
		identifier_is_free_after_a_refusal,
		handshake_goes_on_after_expiry,
		acknowledged_messages_are_in_every_session,
		unfinished_messages_come_in_their_order,
		acknowledgements_keep_their_order,
	};
	Suite *suite = suite_create("statements5_qos");
	TCase *tcase = tcase_create("qos");
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < LENGTH(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, messages_keep_their_order, 0, 2);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

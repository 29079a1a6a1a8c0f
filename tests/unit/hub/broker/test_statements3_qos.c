/* MQTT 3.1.1, the three qualities of service (§4.3), redelivery (§4.4) and order (§4.6). The numbers above
 * a test are those of the standard's statements. */
#include "statements3.h"

static void send_publish(struct mqtt_client *client, bool dup, uint8_t qos, uint16_t id, const char *payload)
{
	mqtt_client_send(client, &(struct packet){.type = PACKET_PUBLISH,
						  .publish = {.dup = dup, .qos = qos, .id = id, .topic = span_str("t"),
							      .payload = span_str(payload)}});
}

/* A publisher, and a subscriber of "t" with a session that lasts. */
static void pair(uint8_t qos)
{
	setup(1);
	start(&a, "pub");
	ck_assert(!resume(&b, "sub"));
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "t", qos), qos);
}

static void come_again(void)
{
	vanish(&b, 1);
	ck_assert(resume(&b, "sub"));
}

/* --- QoS 0 and 1 --------------------------------------------------------------- */

/* MQTT-4.3.1-1: QoS 0 and DUP 0, and it is sent once. */
START_TEST(qos_0_is_sent_once)
{
	pair(0);
	for (uint8_t qos = 0; qos < 3; qos++) {
		publish(&a, "t", "x", qos, false);
		EXPECT_BYTES(&b, "\x30\x04\x00\x01tx");
	}
	come_again();
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-4.3.2-1: a new message has an identifier of its own, QoS 1 and DUP 0, and is unacknowledged until its
 * own PUBACK comes. */
START_TEST(qos_1_waits_for_its_puback)
{
	pair(1);
	publish(&a, "t", "one", 1, false);
	publish(&a, "t", "two", 2, false);
	struct packet_publish p = mqtt_client_expect_publish(&b, "t", "one");
	uint16_t one = p.id;
	ck_assert(p.qos == 1 && !p.dup);
	p = mqtt_client_expect_publish(&b, "t", "two");
	uint16_t two = p.id;
	ck_assert(p.qos == 1 && !p.dup && two != one);
	mqtt_client_ack(&b, PACKET_PUBACK, (uint16_t)(two + 1000)); /* nobody's */
	mqtt_client_ack(&b, PACKET_PUBREC, one);                    /* not what was asked for */
	mqtt_client_ack(&b, PACKET_PUBCOMP, one);
	mqtt_client_ack(&b, PACKET_PUBACK, two);
	come_again();
	p = mqtt_client_expect_publish(&b, "t", "one");
	ck_assert(p.dup && p.id == one);
	mqtt_client_ack(&b, PACKET_PUBACK, one);
	mqtt_client_expect_silence(&b);
	come_again();
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-4.3.2-2: PUBACK has the identifier; after it the same identifier is a new message, whatever its DUP. */
START_TEST(qos_1_identifier_is_new_after_puback)
{
	pair(1);
	static const char *const texts[] = {"first", "second", "third"};
	for (int i = 0; i < 3; i++) {
		send_publish(&a, i == 2, 1, 300, texts[i]);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.id, 300);
		take(&b, "t", texts[i]);
	}
	teardown();
}
END_TEST

/* --- QoS 2 ----------------------------------------------------------------------- */

/* MQTT-4.3.3-1: PUBLISH until PUBREC, then PUBREL until PUBCOMP, and never the PUBLISH again. */
START_TEST(qos_2_sender_keeps_each_step)
{
	pair(2);
	publish(&a, "t", "x", 2, false);
	struct packet_publish p = mqtt_client_expect_publish(&b, "t", "x");
	uint16_t id = p.id;
	ck_assert(p.qos == 2 && !p.dup);
	mqtt_client_ack(&b, PACKET_PUBACK, id);  /* not what was asked for */
	mqtt_client_ack(&b, PACKET_PUBCOMP, id); /* too early */
	come_again();
	p = mqtt_client_expect_publish(&b, "t", "x");
	ck_assert(p.qos == 2 && p.dup && p.id == id);
	mqtt_client_ack(&b, PACKET_PUBREC, id);
	ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, id);
	for (int i = 0; i < 3; i++) {
		come_again();
		ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, id);
		mqtt_client_expect_silence(&b);
	}
	mqtt_client_ack(&b, PACKET_PUBREC, id); /* once more, as after a lost PUBREL */
	ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, id);
	mqtt_client_ack(&b, PACKET_PUBCOMP, id);
	come_again();
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-4.3.3-2: one delivery, however often the PUBLISH comes before its PUBREL; afterwards it is a new one. */
START_TEST(qos_2_receiver_delivers_once)
{
	pair(1);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 5; i++) {
			send_publish(&a, i > 0, 2, 9, "x");
			ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREC).ack.id, 9);
		}
		take(&b, "t", "x");
		mqtt_client_expect_silence(&b);
		for (int i = 0; i < 3; i++) { /* also the PUBREL that comes once more */
			mqtt_client_ack(&a, PACKET_PUBREL, 9);
			ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBCOMP).ack.id, 9);
		}
	}
	/* a DUP that was never seen before is a message all the same */
	send_publish(&a, true, 2, 10, "first seen");
	mqtt_client_expect(&a, PACKET_PUBREC);
	take(&b, "t", "first seen");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-4.3.3-2 across connections of one session. */
START_TEST(qos_2_receiver_remembers_across_connections)
{
	setup(1);
	resume(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t", 1);
	send_publish(&a, false, 2, 9, "x");
	mqtt_client_expect(&a, PACKET_PUBREC);
	vanish(&a, 1);
	ck_assert(resume(&a, "pub"));
	send_publish(&a, true, 2, 9, "x");
	mqtt_client_expect(&a, PACKET_PUBREC);
	take(&b, "t", "x");
	mqtt_client_expect_silence(&b);
	mqtt_client_ack(&a, PACKET_PUBREL, 9);
	mqtt_client_expect(&a, PACKET_PUBCOMP);
	/* a clean session knows nothing of it */
	send_publish(&a, false, 2, 11, "y");
	mqtt_client_expect(&a, PACKET_PUBREC);
	take(&b, "t", "y");
	vanish(&a, 1);
	start(&a, "pub");
	send_publish(&a, false, 2, 11, "z");
	mqtt_client_expect(&a, PACKET_PUBREC);
	take(&b, "t", "z");
	teardown();
}
END_TEST

/* --- redelivery --------------------------------------------------------------------- */

enum { MANY = 30 };

/* What of message i has happened before the connection is lost: nothing, PUBREC, all. */
static int progress_of(int i)
{
	return i * 7 % 3;
}

static void expect_redelivery(const uint16_t *ids)
{
	for (int i = 0; i < MANY; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		if (progress_of(i) == 0) {
			struct packet_publish p = mqtt_client_expect_publish(&b, "t", text);
			ck_assert(p.dup && p.id == ids[i] && p.qos == 1 + i % 2);
		} else if (progress_of(i) == 1 && i % 2) {
			ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, ids[i]);
		}
	}
}

/* MQTT-4.4.0-1, and MQTT-4.6.0-1 for the broker as the sender: everything unacknowledged, with its first
 * identifier, in the first order. */
START_TEST(unacknowledged_packets_are_sent_again_in_order)
{
	uint16_t ids[MANY];
	pair(2);
	for (int i = 0; i < MANY; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		publish(&a, "t", text, (uint8_t)(1 + i % 2), false);
		ids[i] = mqtt_client_expect_publish(&b, "t", text).id;
	}
	for (int i = 0; i < MANY; i++) {
		if (progress_of(i) == 0)
			continue;
		mqtt_client_ack(&b, i % 2 ? PACKET_PUBREC : PACKET_PUBACK, ids[i]);
		if (i % 2)
			ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, ids[i]);
		if (i % 2 && progress_of(i) == 2)
			mqtt_client_ack(&b, PACKET_PUBCOMP, ids[i]);
	}
	for (int i = 0; i < 3; i++) {
		come_again();
		expect_redelivery(ids);
		mqtt_client_expect_silence(&b);
	}
	teardown();
}
END_TEST

/* --- order ----------------------------------------------------------------------------- */

/* MQTT-4.6.0-2, MQTT-4.6.0-3 */
START_TEST(acknowledgements_come_in_the_order_of_publishes)
{
	pair(0);
	static const uint16_t ids[] = {5, 3, 900, 1, 65535, 2};
	for (int i = 0; i < 6; i++)
		send_publish(&a, false, _i == 0 || (_i == 2 && i % 2) ? 1 : 2, ids[i], "x");
	for (int i = 0; i < 6; i++) {
		enum packet_type type = _i == 0 || (_i == 2 && i % 2) ? PACKET_PUBACK : PACKET_PUBREC;
		ck_assert_uint_eq(mqtt_client_expect(&a, type).ack.id, ids[i]);
	}
	teardown();
}
END_TEST

/* MQTT-4.6.0-4 */
START_TEST(pubrels_come_in_the_order_of_pubrecs)
{
	enum { COUNT = 6 };
	static const int order[COUNT] = {3, 0, 5, 1, 4, 2};
	uint16_t ids[COUNT];
	pair(2);
	for (int i = 0; i < COUNT; i++) {
		publish(&a, "t", "x", 2, false);
		ids[i] = mqtt_client_expect_publish(&b, "t", "x").id;
	}
	for (int i = 0; i < COUNT; i++)
		mqtt_client_ack(&b, PACKET_PUBREC, ids[order[i]]);
	for (int i = 0; i < COUNT; i++)
		ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, ids[order[i]]);
	teardown();
}
END_TEST

enum { STREAM = 600 };

/* MQTT-4.6.0-5, MQTT-4.6.0-6: nothing is configured, and what two clients publish under the same topics
 * comes to every subscriber in the order of each of them, from one worker or several. */
START_TEST(messages_keep_their_publishers_order)
{
	setup(_i ? 3 : 1);
	struct mqtt_client subs[6] = {0};
	start(&a, "pub-1");
	start(&b, "pub-2");
	for (int s = 0; s < 6; s++) {
		char id[16];
		snprintf(id, sizeof id, "sub-%d", s);
		start(&subs[s], id);
		mqtt_client_subscribe(&subs[s], "t", (uint8_t)(s % 3));
	}
	for (int i = 0; i < STREAM; i++)
		for (int p = 0; p < 2; p++) {
			char text[16];
			snprintf(text, sizeof text, "%d %d", p, i);
			send_publish(p ? &b : &a, false, 1, (uint16_t)(i + 1), text);
		}
	for (int s = 0; s < 6; s++) {
		int next[2] = {0, 0};
		for (int i = 0; i < 2 * STREAM; i++) {
			struct packet packet = mqtt_client_expect(&subs[s], PACKET_PUBLISH);
			char text[16] = "";
			memcpy(text, packet.publish.payload.data, packet.publish.payload.len);
			int p = text[0] - '0';
			ck_assert_int_eq(strtol(text + 2, NULL, 10), next[p]++);
			if (packet.publish.qos)
				mqtt_client_ack(&subs[s], PACKET_PUBACK, packet.publish.id);
		}
		mqtt_client_close(&subs[s]);
	}
	teardown();
}
END_TEST

/* MQTT-4.6.0-6 for a client that was away: what waited for it comes in the order it was published. */
START_TEST(queued_messages_keep_their_order)
{
	pair(2);
	publish(&a, "t", "unacknowledged", 1, false);
	mqtt_client_expect_publish(&b, "t", "unacknowledged");
	vanish(&b, 1);
	for (int i = 0; i < STREAM; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		send_publish(&a, false, 1, (uint16_t)(i + 1), text);
	}
	for (int i = 0; i < STREAM; i++)
		mqtt_client_expect(&a, PACKET_PUBACK);
	ck_assert(resume(&b, "sub"));
	take(&b, "t", "unacknowledged");
	for (int i = 0; i < STREAM; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		ck_assert(!take(&b, "t", text).dup);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statements3_qos");
	TCase *tc = tcase_create("qos");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, qos_0_is_sent_once);
	tcase_add_test(tc, qos_1_waits_for_its_puback);
	tcase_add_test(tc, qos_1_identifier_is_new_after_puback);
	tcase_add_test(tc, qos_2_sender_keeps_each_step);
	tcase_add_test(tc, qos_2_receiver_delivers_once);
	tcase_add_test(tc, qos_2_receiver_remembers_across_connections);
	tcase_add_test(tc, unacknowledged_packets_are_sent_again_in_order);
	tcase_add_loop_test(tc, acknowledgements_come_in_the_order_of_publishes, 0, 3);
	tcase_add_test(tc, pubrels_come_in_the_order_of_pubrecs);
	tcase_add_loop_test(tc, messages_keep_their_publishers_order, 0, 2);
	tcase_add_test(tc, queued_messages_keep_their_order);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

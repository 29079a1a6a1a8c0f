/* MQTT 5.0, what a client sets limits to (§3.1.2.11): packet size, messages in flight (§3.3.4, §4.9),
 * problem information; and the limits of the server. The numbers above a test are those of the standard's
 * statements. */
#include "statements5.h"

/* A CONNECT with this maximum packet size. */
static struct packet taking(const char *id, uint32_t max_bytes)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, id);
	SET_PROP(&connect.connect.props, PROP_MAXIMUM_PACKET_SIZE, maximum_packet_size_bytes, max_bytes);
	return connect;
}

/* A CONNECT with this receive maximum. */
static struct packet receiving(const char *id, uint16_t max)
{
	struct packet connect = lasting(id, LONG_S);
	SET_PROP(&connect.connect.props, PROP_RECEIVE_MAXIMUM, receive_maximum, max);
	return connect;
}

/* MQTT-3.1.2-24, MQTT-3.1.2-25: a message over the client's size is not sent and is done with: it holds up neither what
 * comes behind it nor the window, whatever its QoS and whether it is sent at once, from the queue or retained */
START_TEST(messages_over_the_packet_size_are_done_with)
{
	enum { MAX_BYTES = 100 };
	char payload[MAX_BYTES + 1];
	setup(1);
	start(&b, "pub");
	struct packet connect = taking("small", MAX_BYTES);
	connect.connect.clean_start = false;
	SET_PROP(&connect.connect.props, PROP_SESSION_EXPIRY, session_expiry_s, LONG_S);
	SET_PROP(&connect.connect.props, PROP_RECEIVE_MAXIMUM, receive_maximum, 1);
	join(&a, &connect);
	mqtt_client_subscribe(&a, "t", 2);
	memset(payload, 'x', sizeof payload);
	for (uint8_t qos = 0; qos <= 2; qos++) {
		/* header 2, topic 3, identifier 2, property length 1: the largest that fits, and one more */
		size_t fits = MAX_BYTES - 6 - (qos ? 2 : 0);
		payload[fits + 1] = 0;
		publish(&b, "t", payload, qos, false);
		payload[fits] = 0;
		publish(&b, "t", payload, qos, false);
		take(&a, "t", payload);
		mqtt_client_expect_silence(&a);
		memset(payload, 'x', sizeof payload);
	}
	vanish(&a, 1);
	payload[MAX_BYTES] = 0;
	publish(&b, "t", payload, 1, false);
	publish(&b, "t", "behind", 1, false);
	join(&a, &connect);
	take(&a, "t", "behind");
	publish(&b, "r/1", payload, 1, true);
	publish(&b, "r/2", "kept", 1, true);
	mqtt_client_subscribe(&a, "r/#", 1);
	take(&a, "r/2", "kept");
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-3.1.2-24 for answers: what can neither be sent nor left out ends the connection, in words of an allowed size */
START_TEST(answers_over_the_packet_size_end_the_connection)
{
	enum { FILTERS = 200 };
	static uint8_t entries[FILTERS * 4];
	setup(1);
	struct packet connect = taking("small", 100);
	join(&a, &connect);
	struct wire_writer w = {.data = entries, .cap = sizeof entries};
	for (int i = 0; i < FILTERS; i++) {
		wire_write_binary(&w, span_str("t"));
		wire_write_u8(&w, 0);
	}
	struct packet subscribe = {.type = PACKET_SUBSCRIBE,
				   .subscribe = {.id = 1, .filters = span_of(entries, w.len), .count = FILTERS}};
	mqtt_client_send(&a, &subscribe);
	mqtt_client_expect_end(&a, REASON_PACKET_TOO_LARGE);
	/* who takes no CONNACK of the size that it would have is refused, without a word where none fits (5 bytes) */
	start(&c, "heir");
	mqtt_client_subscribe(&c, "w", 0);
	for (uint32_t max_bytes = 1; max_bytes <= 12; max_bytes++) {
		connect = taking("tiny", max_bytes);
		connect.connect.has_will = true;
		connect.connect.will.topic = span_str("w");
		mqtt_client_open(&b, fixture.port, MQTT_V5);
		mqtt_client_send(&b, &connect);
		if (max_bytes < 5)
			expect_closed(&b);
		else
			expect_refusal(&b, REASON_PACKET_TOO_LARGE);
	}
	mqtt_client_expect_silence(&c); /* nor was there a session that ended */
	mqtt_client_close(&c);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0 && stats.connections == 0);
	teardown();
}
END_TEST

/* A user who may use topics below own/ alone. */
static struct access_table *narrow_rights(void)
{
	static const struct access_rule rules[] = {{"own/#", true, true}};
	struct access_user user = {.name = "u", .rules = rules, .rule_count = 1};
	struct access_table *table;
	access_token_hash(span_str("p"), user.token_hash);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	return table;
}

static struct packet as_user(struct packet connect)
{
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str("u");
	connect.connect.password = span_str("p");
	return connect;
}

/* Provokes each answer that may give a reason in words; `check` looks at each packet. */
static void provoke(struct mqtt_client *client, void (*check)(struct mqtt_client *, const struct packet *))
{
	static const uint8_t entry[] = "\0\1t";
	struct packet packet = message_to("not/own", "x", 1);
	mqtt_client_send(client, &packet);
	packet = mqtt_client_expect(client, PACKET_PUBACK);
	ck_assert_uint_eq(packet.ack.reason, REASON_NOT_AUTHORIZED);
	check(client, &packet);
	packet = message_to("not/own", "x", 2);
	mqtt_client_send(client, &packet);
	packet = mqtt_client_expect(client, PACKET_PUBREC);
	ck_assert_uint_eq(packet.ack.reason, REASON_NOT_AUTHORIZED);
	check(client, &packet);
	mqtt_client_ack(client, PACKET_PUBREC, 99);
	packet = mqtt_client_expect(client, PACKET_PUBREL);
	ck_assert_uint_eq(packet.ack.reason, REASON_PACKET_ID_NOT_FOUND);
	check(client, &packet);
	mqtt_client_ack(client, PACKET_PUBREL, 99);
	packet = mqtt_client_expect(client, PACKET_PUBCOMP);
	ck_assert_uint_eq(packet.ack.reason, REASON_PACKET_ID_NOT_FOUND);
	check(client, &packet);
	packet = (struct packet){.type = PACKET_SUBSCRIBE,
				 .subscribe = {.id = 1, .filters = span_of(entry, 4), .count = 1}};
	mqtt_client_send(client, &packet);
	packet = mqtt_client_expect(client, PACKET_SUBACK);
	ck_assert_uint_eq(packet.suback.codes.data[0], REASON_NOT_AUTHORIZED);
	check(client, &packet);
	packet = (struct packet){.type = PACKET_UNSUBSCRIBE,
				 .subscribe = {.id = 1, .filters = span_of(entry, 3), .count = 1}};
	mqtt_client_send(client, &packet);
	packet = mqtt_client_expect(client, PACKET_UNSUBACK);
	ck_assert_uint_eq(packet.suback.codes.data[0], REASON_NO_SUBSCRIPTION_EXISTED);
	check(client, &packet);
}

static size_t largest; /* bytes that the client of the test takes */

static void check_size(struct mqtt_client *client, const struct packet *packet)
{
	ck_assert_msg(client->frame_size <= largest, "packet type %d has %zu bytes", packet->type, client->frame_size);
}

/* MQTT-3.2.2-19, MQTT-3.2.2-20, MQTT-3.4.2-2, MQTT-3.4.2-3, MQTT-3.5.2-2, MQTT-3.5.2-3, MQTT-3.6.2-2, MQTT-3.6.2-3,
 * MQTT-3.7.2-2, MQTT-3.7.2-3, MQTT-3.9.2-1, MQTT-3.9.2-2, MQTT-3.11.2-1, MQTT-3.11.2-2, MQTT-3.14.2-3, MQTT-3.14.2-4:
 * no reason in words and no user property makes an answer larger than the client takes */
START_TEST(words_do_not_exceed_the_packet_size)
{
	broker_fixture_start(&fixture, NULL, 1, NULL, narrow_rights());
	struct packet connect = as_user(mqtt_client_connect_packet(MQTT_V5, "i"));
	join(&a, &connect);
	size_t connack = a.frame_size;
	for (largest = connack; largest < connack + 100; largest += 9) {
		connect = as_user(taking("i", (uint32_t)largest));
		join(&a, &connect);
		provoke(&a, check_size);
		SEND_BYTES(&a, "\x36\x06\x00\x01t\x00\x00\x01"); /* malformed */
		struct packet packet = mqtt_client_expect(&a, PACKET_DISCONNECT);
		check_size(&a, &packet);
		expect_closed(&a);
	}
	for (largest = 5; largest < 100; largest += 9) {
		connect = taking("i", (uint32_t)largest); /* without its user name */
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		mqtt_client_send(&a, &connect);
		struct packet packet = mqtt_client_expect(&a, PACKET_CONNACK);
		ck_assert_uint_eq(packet.connack.reason, REASON_BAD_USER_NAME_OR_PASSWORD);
		check_size(&a, &packet);
		expect_closed(&a);
	}
	teardown();
}
END_TEST

/* MQTT-3.1.2-29: a client that does not want problem information gets no words but in PUBLISH, CONNACK and DISCONNECT */
static void check_words(struct mqtt_client *client, const struct packet *packet)
{
	(void)client;
	const struct props *props = packet->type == PACKET_SUBACK || packet->type == PACKET_UNSUBACK
					    ? &packet->suback.props
					    : &packet->ack.props;
	ck_assert_msg(!props_has(props, PROP_REASON_STRING), "packet type %d has a reason string", packet->type);
	ck_assert_msg(!props_has(props, PROP_USER_PROPERTY), "packet type %d has a user property", packet->type);
}

START_TEST(no_words_for_those_who_want_none)
{
	broker_fixture_start(&fixture, NULL, 1, NULL, narrow_rights());
	struct packet connect = as_user(mqtt_client_connect_packet(MQTT_V5, "i"));
	SET_PROP(&connect.connect.props, PROP_REQUEST_PROBLEM_INFO, request_problem_info, 0);
	join(&a, &connect);
	provoke(&a, check_words);
	teardown();
}
END_TEST

/* MQTT-3.3.4-9, MQTT-4.9.0-1, MQTT-4.9.0-2: no more QoS 1 and 2 messages are under way than the client takes. PUBACK,
 * PUBCOMP, and PUBREC with an error give room; PUBREC alone does not. */
START_TEST(receive_maximum_of_the_client_is_kept)
{
	enum { MAX = 3 };
	uint16_t ids[MAX];
	uint8_t qos = (uint8_t)(1 + _i % 2);
	setup(1);
	start(&b, "pub");
	struct packet connect = receiving("narrow", MAX);
	join(&a, &connect);
	mqtt_client_subscribe(&a, "t", qos);
	static const char *const texts[] = {"0", "1", "2", "3", "4", "5"};
	for (size_t i = 0; i < LENGTH(texts); i++)
		publish(&b, "t", texts[i], qos, false);
	for (int i = 0; i < MAX; i++)
		ids[i] = mqtt_client_expect_publish(&a, "t", texts[i]).id;
	mqtt_client_expect_silence(&a);
	if (qos == 1) {
		mqtt_client_ack(&a, PACKET_PUBACK, ids[1]);
	} else {
		mqtt_client_ack(&a, PACKET_PUBREC, ids[1]);
		mqtt_client_expect(&a, PACKET_PUBREL);
		mqtt_client_expect_silence(&a);
		mqtt_client_ack(&a, PACKET_PUBCOMP, ids[1]);
	}
	uint16_t fourth = mqtt_client_expect_publish(&a, "t", "3").id;
	mqtt_client_expect_silence(&a);
	mqtt_client_send(&a, &(struct packet){.type = qos == 1 ? PACKET_PUBACK : PACKET_PUBREC,
					      .ack = {.id = fourth, .reason = REASON_QUOTA_EXCEEDED}});
	mqtt_client_expect_publish(&a, "t", "4");
	mqtt_client_expect_silence(&a);
	/* an answer twice gives room once, and one for what was never sent none */
	if (qos == 1) {
		mqtt_client_ack(&a, PACKET_PUBACK, ids[1]);
		mqtt_client_ack(&a, PACKET_PUBACK, 65000);
	} else {
		mqtt_client_ack(&a, PACKET_PUBCOMP, ids[1]);
		mqtt_client_ack(&a, PACKET_PUBCOMP, 65000);
	}
	mqtt_client_expect_silence(&a);
	/* the value is the connection's, not the session's: with more room more comes, MQTT-3.1.2-23 */
	vanish(&a, 1);
	connect = receiving("narrow", 2);
	ck_assert(join(&a, &connect).session_present);
	mqtt_client_expect_publish(&a, "t", "0");
	mqtt_client_expect_publish(&a, "t", "2");
	mqtt_client_expect_silence(&a);
	vanish(&a, 1);
	ck_assert(resume(&a, "narrow"));
	mqtt_client_expect_publish(&a, "t", "0");
	mqtt_client_expect_publish(&a, "t", "2");
	mqtt_client_expect_publish(&a, "t", "4");
	mqtt_client_expect_publish(&a, "t", "5");
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-3.3.4-10, MQTT-4.9.0-3: a client whose window is full is answered, and its own messages are taken; QoS 0 comes */
START_TEST(full_window_holds_up_nothing_else)
{
	setup(1);
	start(&b, "other");
	mqtt_client_subscribe(&b, "from/a", 2);
	struct packet connect = receiving("narrow", 1);
	join(&a, &connect);
	mqtt_client_subscribe(&a, "t", 1);
	publish(&b, "t", "1", 1, false);
	publish(&b, "t", "2", 1, false);
	uint16_t id = mqtt_client_expect_publish(&a, "t", "1").id;
	mqtt_client_expect_silence(&a); /* PINGREQ */
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "more", 1), 1);
	ck_assert_uint_eq(unsubscribe(&a, "more"), 0);
	publish(&a, "from/a", "q1", 1, false);
	take(&b, "from/a", "q1");
	publish(&a, "from/a", "q2", 2, false);
	take(&b, "from/a", "q2");
	mqtt_client_ack(&a, PACKET_PUBREL, 500);
	mqtt_client_expect(&a, PACKET_PUBCOMP);
	mqtt_client_ack(&a, PACKET_PUBACK, id);
	take(&a, "t", "2");
	teardown();
}
END_TEST

/* MQTT-3.3.4-7 from the server's side: more QoS 2 messages than it said are refused with 0x93; just as many are not,
 * and each PUBREL gives room for one more */
START_TEST(receive_maximum_of_the_server_is_enforced)
{
	struct broker_config config = broker_config_default();
	config.max_inflight = 5;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	struct packet connect = lasting("eager", LONG_S);
	struct packet_connack ack = join(&a, &connect);
	ck_assert(props_has(&ack.props, PROP_RECEIVE_MAXIMUM));
	ck_assert_uint_eq(ack.props.receive_maximum, 5);
	struct packet packet = message_to("t", "x", 2);
	for (uint16_t id = 1; id <= 5; id++) {
		packet.publish.id = id;
		mqtt_client_send(&a, &packet);
		mqtt_client_expect(&a, PACKET_PUBREC);
	}
	mqtt_client_send(&a, &packet); /* the fifth again is no sixth */
	mqtt_client_expect(&a, PACKET_PUBREC);
	mqtt_client_ack(&a, PACKET_PUBREL, 3);
	mqtt_client_expect(&a, PACKET_PUBCOMP);
	packet.publish.id = 6;
	mqtt_client_send(&a, &packet);
	mqtt_client_expect(&a, PACKET_PUBREC);
	publish(&a, "t", "qos 0 is not counted", 0, false);
	packet.publish.id = 7;
	mqtt_client_send(&a, &packet);
	mqtt_client_expect_end(&a, REASON_RECEIVE_MAXIMUM_EXCEEDED);
	teardown();
}
END_TEST

/* §3.2.2.3.6: a packet over the server's size is refused with 0x95; one of just that size is taken */
START_TEST(packet_size_of_the_server_is_enforced)
{
	enum { MAX_BYTES = 2000 };
	struct broker_config config = broker_config_default();
	config.max_packet_bytes = MAX_BYTES;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "large");
	struct packet_connack ack = join(&a, &connect);
	ck_assert(props_has(&ack.props, PROP_MAXIMUM_PACKET_SIZE));
	ck_assert_uint_eq(ack.props.maximum_packet_size_bytes, MAX_BYTES);
	char payload[MAX_BYTES];
	memset(payload, 'x', sizeof payload);
	payload[MAX_BYTES - 9] = 0; /* header 3, topic 3, identifier 2, property length 1 */
	struct packet packet = message_to("t", payload, 1);
	ck_assert_uint_eq(packet_size(&packet, MQTT_V5), MAX_BYTES);
	publish_packet(&a, &packet);
	payload[MAX_BYTES - 9] = 'x';
	payload[MAX_BYTES - 8] = 0;
	packet = message_to("t", payload, 1);
	mqtt_client_send(&a, &packet);
	mqtt_client_expect_end(&a, REASON_PACKET_TOO_LARGE);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		messages_over_the_packet_size_are_done_with,
		answers_over_the_packet_size_end_the_connection,
		words_do_not_exceed_the_packet_size,
		no_words_for_those_who_want_none,
		full_window_holds_up_nothing_else,
		receive_maximum_of_the_server_is_enforced,
		packet_size_of_the_server_is_enforced,
	};
	Suite *suite = suite_create("statements5_limits");
	TCase *tcase = tcase_create("limits");
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < LENGTH(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, receive_maximum_of_the_client_is_kept, 0, 2);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* MQTT 5.0, CONNACK (§3.2), keep alive, and what it says of the server. The numbers above a test are
 * those of the standard's statements. */
#include "statements5.h"

/* MQTT-3.2.0-1: also when much waits for the client, CONNACK comes first */
START_TEST(connack_comes_before_all_else)
{
	setup(1);
	start(&b, "pub");
	ck_assert(!resume(&a, "again"));
	mqtt_client_subscribe(&a, "t/#", 2);
	publish(&b, "t/0", "unfinished", 1, false);
	mqtt_client_expect_publish(&a, "t/0", "unfinished");
	vanish(&a, 1);
	for (int i = 0; i < 10; i++)
		publish(&b, "t/1", "queued", 1, false);
	ck_assert(resume(&a, "again")); /* expects CONNACK as the first packet */
	struct packet_publish p = take(&a, "t/0", "unfinished");
	ck_assert(p.dup);
	for (int i = 0; i < 10; i++)
		take(&a, "t/1", "queued");
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-3.2.0-2 */
START_TEST(there_is_one_connack)
{
	setup(1);
	start(&a, "once");
	SEND_BYTES(&a, "\x82\x07\x00\x01\x00\x00\x01t\x00\xc0\x00\x10\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01i");
	mqtt_client_expect(&a, PACKET_SUBACK);
	mqtt_client_expect(&a, PACKET_PINGRESP);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_DISCONNECT).reason.reason, REASON_PROTOCOL_ERROR);
	expect_closed(&a);
	teardown();
}
END_TEST

/* MQTT-3.2.2-1 (bits 7 to 1 are zero), MQTT-3.2.2-2, MQTT-3.2.2-3 */
START_TEST(session_present_says_the_truth)
{
	static const bool clean[] = {true, false, false, true, false};
	static const bool present[] = {false, true, true, false, true};
	setup(2);
	for (size_t i = 0; i < LENGTH(clean); i++) {
		struct packet connect = lasting("again", LONG_S);
		connect.connect.clean_start = clean[i];
		struct packet_connack ack = join(&a, &connect);
		ck_assert_int_eq(ack.session_present, present[i]);
		ck_assert_uint_eq(a.in.data[2], present[i]); /* the flags as they came */
		ck_assert_uint_eq(a.in.data[3], 0);
		vanish(&a, 0);
	}
	teardown();
}
END_TEST

/* MQTT-3.2.2-6, MQTT-3.2.2-7: a refusal says nothing of the session that is there, and closes */
START_TEST(refusal_tells_of_no_session)
{
	setup(1);
	ck_assert(!resume(&a, "i"));
	vanish(&a, 0);
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	SEND_BYTES(&a, "\x10\x0e\x00\x04MQTT\x05\x01\x00\x00\x00\x00\x01i"); /* reserved flag, no clean start */
	struct packet packet = mqtt_client_expect(&a, PACKET_CONNACK);
	ck_assert_uint_eq(a.in.data[2], 0);
	ck_assert_uint_eq(packet.connack.reason, REASON_MALFORMED_PACKET);
	expect_closed(&a);
	ck_assert(resume(&a, "i")); /* the session has not suffered */
	teardown();
}
END_TEST

/* MQTT-3.2.2-8: every refusal that can be had carries a code of the table (the client's decoder takes no other) */
START_TEST(refusals_have_codes_of_the_table)
{
	static const struct access_rule rules[] = {{"own/#", true, true}};
	struct access_user users[] = {{.name = "u", .rules = rules, .rule_count = 1, .own_client_id_only = true}, {.name = "v"}};
	struct access_table *table;
	struct broker_config config = broker_config_default();
	config.max_connections = 1;
	access_token_hash(span_str("p"), users[0].token_hash);
	access_token_hash(span_str("p"), users[1].token_hash);
	ck_assert_int_eq(access_table_create(users, 2, &table), 0);
	broker_fixture_start(&fixture, &config, 1, NULL, table);

	struct packet good = mqtt_client_connect_packet(MQTT_V5, "u");
	good.connect.has_username = good.connect.has_password = true;
	good.connect.username = span_str("u");
	good.connect.password = span_str("p");
	struct packet bad[] = {good, good, good, good};
	bad[0].connect.password = span_str("q");
	bad[1].connect.client_id = span_str("another");
	bad[2].connect.has_will = true;
	bad[2].connect.will.topic = span_str("not/own");
	SET_PROP(&bad[3].connect.props, PROP_AUTH_METHOD, auth_method, span_str("none such"));
	static const uint8_t reasons[] = {REASON_BAD_USER_NAME_OR_PASSWORD, REASON_CLIENT_ID_NOT_VALID,
					  REASON_NOT_AUTHORIZED, REASON_BAD_AUTHENTICATION_METHOD};
	for (size_t i = 0; i < LENGTH(bad); i++) {
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		mqtt_client_send(&a, &bad[i]);
		expect_refusal(&a, reasons[i]);
	}
	join(&a, &good);
	struct packet another = good;
	another.connect.client_id = another.connect.username = span_str("v");
	mqtt_client_open(&b, fixture.port, MQTT_V5);
	mqtt_client_send(&b, &another);
	expect_refusal(&b, REASON_QUOTA_EXCEEDED); /* the house is full */
	teardown();
}
END_TEST

/* MQTT-3.2.2-9, MQTT-3.2.2-10, MQTT-3.2.2-12, MQTT-3.2.2-13: the server does everything, so that it need not tell of a
 * lesser QoS or that nothing is retained */
START_TEST(every_qos_and_retain_are_there)
{
	setup(1);
	start(&b, "sub");
	start(&c, "pub");
	mqtt_client_subscribe(&b, "w", 2);
	for (uint8_t qos = 0; qos <= 2; qos++) {
		struct packet connect = mqtt_client_connect_packet(MQTT_V5, "all");
		connect.connect.has_will = true;
		connect.connect.will.qos = qos;
		connect.connect.will.retain = true;
		connect.connect.will.topic = span_str("w");
		struct packet_connack ack = join(&a, &connect);
		ck_assert(!props_has(&ack.props, PROP_MAXIMUM_QOS) || ack.props.maximum_qos == 2);
		ck_assert(!props_has(&ack.props, PROP_RETAIN_AVAILABLE) || ack.props.retain_available);
		ck_assert(!props_has(&ack.props, PROP_WILDCARD_AVAILABLE) || ack.props.wildcard_available);
		ck_assert(!props_has(&ack.props, PROP_SUBSCRIPTION_ID_AVAILABLE) ||
			  ack.props.subscription_id_available);
		ck_assert_uint_eq(subscribe_with(&a, "t", qos | RETAINED_NEVER, 0), qos);
		publish(&c, "t", "kept", qos, true);
		ck_assert_uint_eq(take(&a, "t", "kept").qos, qos);
		mqtt_client_close(&a);
		ck_assert_uint_eq(take(&b, "w", "").qos, qos);
	}
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "t", 2), 2);
	ck_assert(take(&b, "t", "kept").retain);
	teardown();
}
END_TEST

/* MQTT-3.2.2-16 is in test_statements5_connect. §3.2.2.3.2: a cut session expiry is told, another is not */
START_TEST(session_expiry_is_told_when_it_is_another)
{
	struct broker_config config = broker_config_default();
	config.max_session_expiry_s = 100;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	struct packet connect = lasting("i", 101);
	struct packet_connack ack = join(&a, &connect);
	ck_assert(props_has(&ack.props, PROP_SESSION_EXPIRY));
	ck_assert_uint_eq(ack.props.session_expiry_s, 100);
	connect = lasting("i", UINT32_MAX);
	ack = join(&b, &connect);
	ck_assert(props_has(&ack.props, PROP_SESSION_EXPIRY));
	ck_assert_uint_eq(ack.props.session_expiry_s, 100);
	connect = lasting("i", 100);
	ack = join(&c, &connect);
	ck_assert(!props_has(&ack.props, PROP_SESSION_EXPIRY));
	teardown();
}
END_TEST

/* MQTT-3.1.2-28: without the wish for it (absent or 0) there is no response information */
START_TEST(no_response_information_unasked)
{
	setup(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "i");
	struct packet_connack ack = join(&a, &connect);
	ck_assert(!props_has(&ack.props, PROP_RESPONSE_INFO));
	SET_PROP(&connect.connect.props, PROP_REQUEST_RESPONSE_INFO, request_response_info, 0);
	ack = join(&b, &connect);
	ck_assert(!props_has(&ack.props, PROP_RESPONSE_INFO));
	teardown();
}
END_TEST

/* MQTT-3.1.2-22, MQTT-3.2.2-22: without a keep-alive of the server's the client's own counts, and no silence of half as
 * long again is taken. What is sent in between buys time. */
START_TEST(silence_ends_the_connection)
{
	setup(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "quiet");
	connect.connect.keep_alive_s = 1;
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("w");
	start(&b, "sub"); /* without keep-alive: may be silent as long as it likes */
	mqtt_client_subscribe(&b, "w", 0);
	struct packet_connack ack = join(&a, &connect);
	ck_assert(!props_has(&ack.props, PROP_SERVER_KEEP_ALIVE));
	connect.connect.keep_alive_s = 60;
	connect.connect.client_id = span_str("patient");
	join(&c, &connect);
	mqtt_client_expect_end(&a, REASON_KEEP_ALIVE_TIMEOUT);
	mqtt_client_expect_publish(&b, "w", ""); /* as if the network had failed */
	mqtt_client_expect_silence(&b);
	mqtt_client_expect_silence(&c);
	teardown();
}
END_TEST

/* §3.2.2.3.14: the server's keep-alive counts when it tells one */
START_TEST(keep_alive_of_the_server_counts)
{
	struct broker_config config = broker_config_default();
	config.max_keep_alive_s = 1;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	for (uint16_t wish_s = 0; wish_s <= 60; wish_s += 60) {
		struct packet connect = mqtt_client_connect_packet(MQTT_V5, "slow");
		connect.connect.keep_alive_s = wish_s;
		struct packet_connack ack = join(&a, &connect);
		ck_assert(props_has(&ack.props, PROP_SERVER_KEEP_ALIVE));
		ck_assert_uint_eq(ack.props.server_keep_alive, 1);
		mqtt_client_expect_end(&a, REASON_KEEP_ALIVE_TIMEOUT);
	}
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "lively");
	connect.connect.keep_alive_s = 1;
	struct packet_connack ack = join(&a, &connect);
	ck_assert(!props_has(&ack.props, PROP_SERVER_KEEP_ALIVE));
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		connack_comes_before_all_else,
		there_is_one_connack,
		session_present_says_the_truth,
		refusal_tells_of_no_session,
		refusals_have_codes_of_the_table,
		every_qos_and_retain_are_there,
		session_expiry_is_told_when_it_is_another,
		no_response_information_unasked,
		silence_ends_the_connection,
		keep_alive_of_the_server_counts,
	};
	return suite_run("statements5_connack", tests, LENGTH(tests));
}

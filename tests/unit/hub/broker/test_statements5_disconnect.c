/* MQTT 5.0, PINGREQ (§3.12), DISCONNECT (§3.14), and how long sessions last (§3.1.2.11.2, §4.1). The
 * numbers above a test are those of the standard's statements. */
#include "statements5.h"

static struct packet goodbye(uint8_t reason)
{
	return (struct packet){.type = PACKET_DISCONNECT, .reason = {.reason = reason}};
}

/* MQTT-3.12.4-1 */
START_TEST(pingreq_is_answered)
{
	setup(1);
	start(&a, "client");
	for (int i = 0; i < 100; i++)
		SEND_BYTES(&a, "\xc0\x00");
	for (int i = 0; i < 100; i++)
		EXPECT_BYTES(&a, "\xd0\x00");
	teardown();
}
END_TEST

/* MQTT-3.14.0-1: a server that has not said CONNACK 0 does not say DISCONNECT */
START_TEST(no_disconnect_without_connack)
{
	static const struct span openings[] = {
		BYTES("\xc0\x00"),
		BYTES("\x10\xff\xff\xff\xff\x7f"),                          /* a bad length */
		BYTES("\x10\x0e\x00\x04MQTT\x05\x03\x00\x00\x00\x00\x01i"), /* a bad flag: CONNACK 0x81 */
		BYTES("\x10\x0e\x00\x04MQTT\x09\x02\x00\x00\x00\x00\x01i"), /* a bad version: CONNACK 0x84 */
		BYTES("\x10\xff\xff\xff\x7f"),                              /* too large */
		BYTES("\x00\x00"),
	};
	struct broker_config config = broker_config_default();
	config.connect_timeout_s = 1;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	for (size_t i = 0; i <= LENGTH(openings); i++) {
		struct packet packet;
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		if (i < LENGTH(openings)) /* else: silence until the deadline */
			mqtt_client_send_raw(&a, openings[i].data, openings[i].len);
		while (mqtt_client_receive(&a, &packet)) {
			ck_assert_uint_eq(packet.type, PACKET_CONNACK);
			ck_assert_uint_ge(packet.connack.reason, 0x80);
		}
		mqtt_client_close(&a);
	}
	teardown();
}
END_TEST

/* MQTT-3.14.2-1, MQTT-3.14.2-2, MQTT-3.14.4-1, MQTT-3.14.4-2: a DISCONNECT of the server has a reason of the table (the
 * client's decoder takes no other), no session expiry, is the last packet, and the connection is closed */
START_TEST(disconnect_of_the_server_is_the_last_word)
{
	setup(1);
	start(&b, "pub");
	struct packet connect = lasting("same", LONG_S);
	join(&a, &connect);
	mqtt_client_subscribe(&a, "t", 1);
	join(&c, &connect); /* takes over */
	struct packet packet = mqtt_client_expect(&a, PACKET_DISCONNECT);
	ck_assert_uint_eq(packet.reason.reason, REASON_SESSION_TAKEN_OVER);
	ck_assert(!props_has(&packet.reason.props, PROP_SESSION_EXPIRY));
	publish(&b, "t", "x", 1, false);
	take(&c, "t", "x");
	SEND_BYTES(&a, "\xc0\x00");
	expect_closed(&a);
	SEND_BYTES(&c, "\xc0\x00\x36\x06\x00\x01t\x00\x00\x01\xc0\x00"); /* QoS 3 between two PINGREQ */
	mqtt_client_expect(&c, PACKET_PINGRESP);
	packet = mqtt_client_expect(&c, PACKET_DISCONNECT);
	ck_assert_uint_eq(packet.reason.reason, REASON_MALFORMED_PACKET);
	ck_assert(!props_has(&packet.reason.props, PROP_SESSION_EXPIRY));
	expect_closed(&c);
	broker_stop(fixture.broker);
	packet = mqtt_client_expect(&b, PACKET_DISCONNECT);
	ck_assert_uint_eq(packet.reason.reason, REASON_SERVER_SHUTTING_DOWN);
	expect_closed(&b);
	teardown();
}
END_TEST

/* §3.14.4: after a client's DISCONNECT the server closes, and nothing that the client sent behind it counts */
START_TEST(nothing_counts_behind_disconnect)
{
	setup(1);
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t", 0);
	start(&a, "client");
	SEND_BYTES(&a, "\x30\x05\x00\x01t\x00" "1"
		       "\xe0\x00"
		       "\x30\x05\x00\x01t\x00" "2"
		       "\xc0\x00");
	expect_closed(&a);
	mqtt_client_expect_publish(&b, "t", "1");
	mqtt_client_expect_silence(&b);
	/* in its long forms too */
	start(&a, "client");
	SEND_BYTES(&a, "\xe0\x01\x00");
	expect_closed(&a);
	start(&a, "client");
	SEND_BYTES(&a, "\xe0\x02\x04\x00");
	expect_closed(&a);
	teardown();
}
END_TEST

/* MQTT-3.1.2-23, MQTT-4.1.0-2: the state of a session with an expiry outlives its connection, and one without does not */
START_TEST(expiry_decides_whether_the_session_stays)
{
	setup(1);
	start(&b, "pub");
	static const uint32_t expiries_s[] = {LONG_S, UINT32_MAX, 0};
	for (size_t i = 0; i < LENGTH(expiries_s); i++) {
		struct packet connect = lasting("client", expiries_s[i]);
		connect.connect.clean_start = true;
		join(&a, &connect);
		mqtt_client_subscribe(&a, "t", 1);
		if (i % 2)
			mqtt_client_stop(&a, 0); /* a goodbye ends no session */
		vanish(&a, 1);
		ck_assert_uint_eq(publish(&b, "t", "x", 1, false),
				  expiries_s[i] ? REASON_SUCCESS : REASON_NO_MATCHING_SUBSCRIBERS);
		connect.connect.clean_start = false;
		ck_assert_int_eq(join(&a, &connect).session_present, expiries_s[i] != 0);
		if (expiries_s[i])
			take(&a, "t", "x");
		mqtt_client_expect_silence(&a);
		vanish(&a, 1);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 1 && stats.subscriptions == 0);
	teardown();
}
END_TEST

/* MQTT-4.1.0-2: when the expiry has passed, the state is gone; MQTT-4.1.0-1: it does not pass while connected */
START_TEST(session_ends_when_its_expiry_has_passed)
{
	setup(1);
	struct packet connect = lasting("there", 1);
	join(&a, &connect);
	mqtt_client_subscribe(&a, "t", 1);
	connect = lasting("gone", 1);
	join(&b, &connect);
	mqtt_client_subscribe(&b, "t", 1);
	vanish(&b, 1);
	let_pass(2);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 1 && stats.subscriptions == 1);
	ck_assert(!join(&b, &connect).session_present);
	publish(&b, "t", "x", 1, false);
	take(&a, "t", "x");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* §3.14.2.2.2, §3.1.2.11.2: DISCONNECT may change the expiry, but not from 0 */
START_TEST(disconnect_changes_the_expiry)
{
	setup(1);
	struct packet connect = lasting("client", LONG_S), bye = goodbye(0);
	SET_PROP(&bye.reason.props, PROP_SESSION_EXPIRY, session_expiry_s, 0);
	join(&a, &connect);
	mqtt_client_send(&a, &bye);
	expect_closed(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0);
	connect = lasting("client", 1);
	join(&a, &connect);
	bye.reason.props.session_expiry_s = LONG_S;
	mqtt_client_send(&a, &bye);
	expect_closed(&a);
	let_pass(2);
	ck_assert(join(&a, &connect).session_present);
	connect = lasting("brief", 0);
	join(&b, &connect);
	mqtt_client_send(&b, &bye);
	mqtt_client_expect_end(&b, REASON_PROTOCOL_ERROR);
	/* 0 to 0 is no change */
	bye.reason.props.session_expiry_s = 0;
	join(&b, &connect);
	mqtt_client_send(&b, &bye);
	expect_closed(&b);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		pingreq_is_answered,
		no_disconnect_without_connack,
		disconnect_of_the_server_is_the_last_word,
		nothing_counts_behind_disconnect,
		expiry_decides_whether_the_session_stays,
		session_ends_when_its_expiry_has_passed,
		disconnect_changes_the_expiry,
	};
	return suite_run("statements5_disconnect", tests, LENGTH(tests));
}

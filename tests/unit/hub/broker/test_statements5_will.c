/* MQTT 5.0, wills (§3.1.2.5, §3.1.3.2, §3.14.4). The numbers above a test are those of the standard's
 * statements. */
#include "statements5.h"

/* A CONNECT with the will "dead" to will/ID. expiry_s 0: the session ends with its connection. */
static struct packet mortal(const char *id, uint32_t delay_s, uint32_t expiry_s)
{
	static char topic[64];
	struct packet connect = lasting(id, expiry_s);
	struct packet_connect *p = &connect.connect;
	snprintf(topic, sizeof topic, "will/%s", id);
	p->has_will = true;
	p->will.topic = span_str(topic);
	p->will.payload = span_str("dead");
	if (delay_s)
		SET_PROP(&p->will.props, PROP_WILL_DELAY, will_delay_s, delay_s);
	return connect;
}

/* b hears every will. */
static void listen_to_wills(unsigned workers)
{
	setup(workers);
	start(&b, "heir");
	ck_assert_uint_eq(subscribe_with(&b, "will/#", 2 | AS_PUBLISHED, 0), 2);
}

/* MQTT-3.1.2-7, MQTT-3.1.2-8: however the connection ends, but for a goodbye with reason 0, the will is published */
START_TEST(will_is_published_when_the_connection_ends)
{
	listen_to_wills(2);
	struct packet connect = mortal("m", 0, 0);
	join(&a, &connect);
	mqtt_client_expect_silence(&b); /* stored, not sent */
	mqtt_client_close(&a); /* the network fails */
	mqtt_client_expect_publish(&b, "will/m", "dead");
	join(&a, &connect);
	SEND_BYTES(&a, "\x36\x06\x00\x01t\x00\x00\x01"); /* malformed */
	mqtt_client_expect_end(&a, REASON_MALFORMED_PACKET);
	mqtt_client_expect_publish(&b, "will/m", "dead");
	join(&a, &connect);
	mqtt_client_stop(&a, REASON_DISCONNECT_WITH_WILL);
	mqtt_client_expect_publish(&b, "will/m", "dead");
	join(&a, &connect);
	mqtt_client_stop(&a, REASON_UNSPECIFIED); /* any reason but 0 */
	mqtt_client_expect_publish(&b, "will/m", "dead");
	connect.connect.keep_alive_s = 1;
	join(&a, &connect);
	mqtt_client_expect_end(&a, REASON_KEEP_ALIVE_TIMEOUT);
	mqtt_client_expect_publish(&b, "will/m", "dead");
	join(&a, &connect);
	connect.connect.has_will = false;
	join(&c, &connect); /* taken over; the session is gone, so is its delay */
	mqtt_client_expect_publish(&b, "will/m", "dead");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.2-10, MQTT-3.14.4-3: reason 0 deletes the will; one that was published is not published again */
START_TEST(will_is_removed_by_goodbye_and_by_publication)
{
	listen_to_wills(1);
	struct packet connect = mortal("m", 0, LONG_S);
	join(&a, &connect);
	mqtt_client_stop(&a, REASON_SUCCESS);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1 && stats.sessions == 2);
	mqtt_client_expect_silence(&b);
	/* nor does the session keep it */
	ck_assert(resume(&a, "m"));
	vanish(&a, 1);
	mqtt_client_expect_silence(&b);
	join(&a, &connect);
	mqtt_client_close(&a);
	mqtt_client_expect_publish(&b, "will/m", "dead");
	ck_assert(resume(&a, "m"));
	vanish(&a, 1);
	connect = lasting("m", 0);
	join(&a, &connect);
	vanish(&a, 1); /* the session ends */
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 1);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* A CONNECT replaces the will of the one before it. */
START_TEST(last_connect_has_the_last_will)
{
	listen_to_wills(1);
	struct packet connect = mortal("m", 0, LONG_S);
	join(&a, &connect);
	mqtt_client_stop(&a, REASON_SUCCESS);
	connect.connect.will.payload = span_str("another");
	join(&a, &connect);
	mqtt_client_close(&a);
	mqtt_client_expect_publish(&b, "will/m", "another");
	teardown();
}
END_TEST

/* MQTT-3.1.2-14, MQTT-3.1.2-15, MQTT-3.1.2-12 (QoS 0 to 2) */
START_TEST(will_keeps_its_qos_and_retain)
{
	listen_to_wills(1);
	uint8_t qos = (uint8_t)(_i / 2);
	bool retain = _i % 2;
	struct packet connect = mortal("m", 0, 0);
	connect.connect.will.qos = qos;
	connect.connect.will.retain = retain;
	join(&a, &connect);
	mqtt_client_close(&a);
	struct packet_publish p = take(&b, "will/m", "dead");
	ck_assert_uint_eq(p.qos, qos);
	ck_assert_int_eq(p.retain, retain);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == (retain ? 1u : 0u));
	start(&c, "late");
	mqtt_client_subscribe(&c, "will/m", 2);
	if (retain)
		ck_assert(take(&c, "will/m", "dead").retain);
	mqtt_client_expect_silence(&c);
	teardown();
}
END_TEST

/* MQTT-3.1.3-9: who is back before the delay is over has no will published; a new will may be. Another session's
 * delay of the same length shows that the time has passed. */
START_TEST(return_within_the_delay_calls_the_will_off)
{
	listen_to_wills(2);
	struct packet connect = mortal("m", 3, LONG_S);
	join(&a, &connect);
	vanish(&a, 1);
	ck_assert(resume(&a, "m"));
	let_pass(4);
	mqtt_client_expect_silence(&b);
	/* also when it is taken over while it is connected */
	join(&c, &connect);
	mqtt_client_expect_end(&a, REASON_SESSION_TAKEN_OVER);
	ck_assert(resume(&a, "m"));
	mqtt_client_expect_end(&c, REASON_SESSION_TAKEN_OVER);
	let_pass(4);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.2-8: after the delay or at the session's end, whichever is first, and not before */
START_TEST(delay_or_the_end_of_the_session_brings_the_will)
{
	listen_to_wills(1);
	struct packet connect = mortal("slow", 4, LONG_S);
	join(&a, &connect);
	mqtt_client_close(&a);
	struct packet hasty = mortal("hasty", LONG_S, 1); /* the session ends first */
	join(&a, &hasty);
	mqtt_client_close(&a);
	mqtt_client_expect_publish(&b, "will/hasty", "dead");
	mqtt_client_expect_publish(&b, "will/slow", "dead");
	/* a new start ends the session */
	connect = mortal("slow", LONG_S, LONG_S);
	join(&a, &connect);
	vanish(&a, 1);
	mqtt_client_expect_silence(&b);
	connect.connect.clean_start = true;
	ck_assert(!join(&a, &connect).session_present);
	mqtt_client_expect_publish(&b, "will/slow", "dead");
	/* and so does a goodbye that takes the session along, with another reason than 0 */
	struct packet goodbye = {.type = PACKET_DISCONNECT, .reason = {.reason = REASON_DISCONNECT_WITH_WILL}};
	SET_PROP(&goodbye.reason.props, PROP_SESSION_EXPIRY, session_expiry_s, 0);
	mqtt_client_send(&a, &goodbye);
	mqtt_client_close(&a);
	mqtt_client_expect_publish(&b, "will/slow", "dead");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.3-10 and §3.1.3.2: the will's properties go out with it, user properties in their order */
START_TEST(will_properties_are_published)
{
	static const uint8_t user[] = {38, 0, 1, 'z', 0, 1, '1', 38, 0, 1, 'a', 0, 1, '2', 38, 0, 1, 'z', 0, 1, '1'};
	listen_to_wills(1);
	struct packet connect = mortal("m", 0, 0);
	struct props *props = &connect.connect.will.props;
	SET_PROP(props, PROP_USER_PROPERTY, user, span_of(user, sizeof user));
	SET_PROP(props, PROP_PAYLOAD_FORMAT, payload_format, 1);
	SET_PROP(props, PROP_CONTENT_TYPE, content_type, span_str("text/plain"));
	SET_PROP(props, PROP_RESPONSE_TOPIC, response_topic, span_str("answer"));
	SET_PROP(props, PROP_CORRELATION_DATA, correlation_data, span_of("\0\1", 2));
	SET_PROP(props, PROP_MESSAGE_EXPIRY, message_expiry_s, LONG_S);
	join(&a, &connect);
	mqtt_client_close(&a);
	struct packet_publish p = mqtt_client_expect_publish(&b, "will/m", "dead");
	ck_assert_uint_eq(p.props.present, props->present); /* no will delay among them */
	ck_assert(span_equal(p.props.user, props->user));
	ck_assert(span_equal(p.props.content_type, props->content_type));
	ck_assert(span_equal(p.props.response_topic, props->response_topic));
	ck_assert(span_equal(p.props.correlation_data, props->correlation_data));
	ck_assert_uint_eq(p.props.payload_format, 1);
	ck_assert_uint_eq(p.props.message_expiry_s, LONG_S);
	teardown();
}
END_TEST

/* §4.7 for will topics: no wildcards, not empty; §3.1.3.2.3: the payload is what its indicator says */
START_TEST(will_topic_and_payload_are_checked)
{
	setup(1);
	static const char *const topics[] = {"#", "a/+", "a/#", "a+"};
	for (size_t i = 0; i < LENGTH(topics); i++) {
		struct packet connect = mortal("m", 0, 0);
		connect.connect.will.topic = span_str(topics[i]);
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		mqtt_client_send(&a, &connect);
		expect_refusal(&a, REASON_MALFORMED_PACKET);
	}
	mqtt_client_open(&a, fixture.port, MQTT_V5); /* an empty topic, which the codec does not write */
	SEND_BYTES(&a, "\x10\x13\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x01i\x00\x00\x00\x00\x00");
	expect_refusal(&a, REASON_MALFORMED_PACKET);
	struct packet connect = mortal("m", 0, 0);
	connect.connect.will.payload = span_str("\xff\xfe");
	join(&a, &connect); /* bytes are no text, and nobody said that they are */
	SET_PROP(&connect.connect.will.props, PROP_PAYLOAD_FORMAT, payload_format, 1);
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	mqtt_client_send(&a, &connect);
	expect_refusal(&a, REASON_PAYLOAD_FORMAT_INVALID);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		will_is_published_when_the_connection_ends,
		will_is_removed_by_goodbye_and_by_publication,
		last_connect_has_the_last_will,
		return_within_the_delay_calls_the_will_off,
		delay_or_the_end_of_the_session_brings_the_will,
		will_properties_are_published,
		will_topic_and_payload_are_checked,
	};
	Suite *suite = suite_create("statements5_will");
	TCase *tcase = tcase_create("will");
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < LENGTH(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, will_keeps_its_qos_and_retain, 0, 6);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

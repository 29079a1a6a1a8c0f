/* MQTT 5.0, PUBLISH (§3.3): flags, retained messages, topic names, properties. The numbers above a
 * test are those of the standard's statements. */
#include "statements5.h"

/* --- flags ----------------------------------------------------------------- */

/* MQTT-3.3.1-2 and MQTT-3.3.1-4 from the server's side */
START_TEST(impossible_flags_are_malformed)
{
	static const struct offence offences[] = {
		{BYTES("\x38\x04\x00\x01t\x00"), REASON_MALFORMED_PACKET},         /* DUP at QoS 0 */
		{BYTES("\x39\x04\x00\x01t\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x36\x06\x00\x01t\x00\x01\x00"), REASON_MALFORMED_PACKET}, /* QoS 3 */
		{BYTES("\x3e\x06\x00\x01t\x00\x01\x00"), REASON_MALFORMED_PACKET},
	};
	setup(1);
	offend(offences, LENGTH(offences));
	teardown();
}
END_TEST

/* MQTT-3.3.1-1, MQTT-3.3.1-2, MQTT-3.3.1-3, MQTT-4.3.1-1, MQTT-4.3.2-2, MQTT-4.3.3-2: DUP is 0 when a message goes out
 * first, whatever it came in with, and 1 when it goes out again */
START_TEST(dup_tells_of_a_second_sending)
{
	setup(1);
	start(&b, "pub");
	ck_assert(!resume(&a, "sub"));
	mqtt_client_subscribe(&a, "t", 2);
	for (uint8_t qos = 0; qos <= 2; qos++) {
		struct packet packet = message_to("t", "x", qos);
		packet.publish.dup = qos > 0;
		publish_packet(&b, &packet);
		struct packet_publish p = mqtt_client_expect_publish(&a, "t", "x");
		ck_assert_uint_eq(p.qos, qos);
		ck_assert(!p.dup);
	}
	vanish(&a, 1);
	ck_assert(resume(&a, "sub"));
	for (uint8_t qos = 1; qos <= 2; qos++) {
		struct packet_publish p = mqtt_client_expect_publish(&a, "t", "x");
		ck_assert_uint_eq(p.qos, qos);
		ck_assert(p.dup);
	}
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* --- retained messages --------------------------------------------------------- */

/* A new client that subscribes to "r" must get this as its retained message; NULL: none. */
static void expect_retained(const char *payload)
{
	start(&c, "late");
	mqtt_client_subscribe(&c, "r", 2);
	if (payload)
		ck_assert(take(&c, "r", payload).retain);
	mqtt_client_expect_silence(&c);
	mqtt_client_close(&c);
}

/* a publishes to "r"; b, who is subscribed, gets it whatever becomes of it: it is processed normally. */
static void publish_heard(const char *payload, uint8_t qos, bool retain)
{
	publish(&a, "r", payload, qos, retain);
	struct packet_publish p = take(&b, "r", payload);
	ck_assert_uint_eq(p.qos, qos);
	ck_assert(!p.retain);
}

/* MQTT-3.3.1-5, MQTT-3.3.1-6, MQTT-3.3.1-7, MQTT-3.3.1-8 */
START_TEST(last_retained_message_is_kept)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "r", 2);
	for (uint8_t qos = 0; qos <= 2; qos++) {
		expect_retained(NULL);
		publish_heard("first", qos, true);
		expect_retained("first");
		publish_heard("second", qos, true); /* replaces */
		expect_retained("second");
		publish_heard("passing", qos, false); /* neither kept nor a reason to forget */
		expect_retained("second");
		publish_heard("", qos, false);
		expect_retained("second");
		publish_heard("", qos, true); /* removes, and is not kept itself */
		expect_retained(NULL);
		BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.3.1-9, MQTT-3.3.1-10, MQTT-3.3.1-11 */
START_TEST(retain_handling_decides_what_comes)
{
	setup(1);
	start(&a, "pub");
	publish(&a, "r/1", "one", 1, true);
	publish(&a, "r/2", "two", 1, true);
	publish(&a, "s", "not matching", 1, true);
	ck_assert(!resume(&b, "sub"));
	/* 0: always, all that match and no other */
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(subscribe_with(&b, "r/+", 0, 0), 0);
		for (int k = 0; k < 2; k++) {
			struct packet packet = mqtt_client_expect(&b, PACKET_PUBLISH);
			ck_assert(span_starts(packet.publish.topic, span_str("r/")) && packet.publish.retain);
		}
		mqtt_client_expect_silence(&b);
	}
	/* 1: not for a subscription that exists, whatever its other options */
	ck_assert_uint_eq(subscribe_with(&b, "r/+", RETAINED_IF_NEW | 2, 0), 2);
	mqtt_client_expect_silence(&b);
	vanish(&b, 1);
	ck_assert(resume(&b, "sub"));
	ck_assert_uint_eq(subscribe_with(&b, "r/+", RETAINED_IF_NEW | 1, 0), 1);
	mqtt_client_expect_silence(&b);
	/* 1: for another filter, and for the same one after it was given up */
	ck_assert_uint_eq(subscribe_with(&b, "r/1", RETAINED_IF_NEW | 1, 0), 1);
	take(&b, "r/1", "one");
	ck_assert_uint_eq(unsubscribe(&b, "r/1"), 0);
	ck_assert_uint_eq(subscribe_with(&b, "r/1", RETAINED_IF_NEW | 1, 0), 1);
	take(&b, "r/1", "one");
	mqtt_client_expect_silence(&b);
	/* 2: never */
	ck_assert_uint_eq(subscribe_with(&b, "r/1", RETAINED_NEVER | 1, 0), 1);
	ck_assert_uint_eq(subscribe_with(&b, "r/#", RETAINED_NEVER | 1, 0), 1);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.3.1-12, MQTT-3.3.1-13 */
START_TEST(retain_flag_is_passed_on_when_wished)
{
	setup(2);
	start(&a, "pub");
	start(&b, "plain");
	start(&c, "as-published");
	for (uint8_t qos = 0; qos <= 2; qos++) {
		ck_assert_uint_eq(subscribe_with(&b, "r", RETAINED_NEVER | qos, 0), qos);
		ck_assert_uint_eq(subscribe_with(&c, "r", RETAINED_NEVER | AS_PUBLISHED | qos, 0), qos);
		for (int retain = 0; retain <= 1; retain++) {
			publish(&a, "r", "x", 2, retain);
			ck_assert(!take(&b, "r", "x").retain);
			ck_assert_int_eq(take(&c, "r", "x").retain, retain);
		}
	}
	teardown();
}
END_TEST

/* --- topic names ------------------------------------------------------------ */

/* MQTT-3.3.2-1, MQTT-3.3.2-2, MQTT-4.7.0-1, MQTT-4.7.3-1 */
START_TEST(topic_names_are_checked)
{
	static const struct offence offences[] = {
		{BYTES("\x30\x04\x00\x01#\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x04\x00\x01+\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x06\x00\x03" "a/#\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x06\x00\x03+/a\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x06\x00\x03" "a+b\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x10\x00\x0d" "long enough #\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x03\x00\x00\x00"), REASON_PROTOCOL_ERROR}, /* empty, and no alias */
		{BYTES("\x32\x06\x00\x00\x00\x01\x00x"), REASON_PROTOCOL_ERROR},
		{BYTES("\x30\x01\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x03\x00\x05t"), REASON_MALFORMED_PACKET},
	};
	setup(1);
	offend(offences, LENGTH(offences));
	teardown();
}
END_TEST

/* MQTT-3.3.2-3: what comes has the topic that was published to, and it matches the filter */
START_TEST(topic_of_a_delivery_is_that_of_the_message)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "a/+/c", 1);
	mqtt_client_subscribe(&b, "d/#", 1);
	static const char *const topics[] = {"a/b/c", "a//c", "d", "d/e/f", "a/b", "a/b/c/d", "e", "A/b/c", "/a/b/c"};
	for (size_t i = 0; i < LENGTH(topics); i++) {
		publish(&a, topics[i], "x", 1, false);
		if (i < 4)
			take(&b, topics[i], "x");
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* --- properties ------------------------------------------------------------- */

static const uint8_t user_properties[] = {38, 0, 1, 'z', 0, 1, '1', 38, 0, 0, 0, 0, 38, 0, 1, 'a', 0, 1, '2',
					  38, 0, 1, 'z', 0, 1, '1', 38, 0, 1, 'a', 0, 2, 0xc3, 0xa9};

static struct packet message_with_all(const char *topic, const char *payload, uint8_t qos)
{
	struct packet packet = message_to(topic, payload, qos);
	struct props *props = &packet.publish.props;
	SET_PROP(props, PROP_USER_PROPERTY, user, span_of(user_properties, sizeof user_properties));
	SET_PROP(props, PROP_PAYLOAD_FORMAT, payload_format, 1);
	SET_PROP(props, PROP_CONTENT_TYPE, content_type, span_str("text/plain; charset=utf-8"));
	SET_PROP(props, PROP_RESPONSE_TOPIC, response_topic, span_str("answers/to/me"));
	SET_PROP(props, PROP_CORRELATION_DATA, correlation_data, span_of("\0\1\xff\0", 4));
	return packet;
}

/* The same properties must have come, no more and no fewer. */
static void expect_all(struct mqtt_client *client, const char *topic, const char *payload, const struct props *sent)
{
	struct packet_publish p = mqtt_client_expect_publish(client, topic, payload);
	ck_assert_uint_eq(p.props.present, sent->present);
	ck_assert_uint_eq(p.props.payload_format, sent->payload_format);
	ck_assert(span_equal(p.props.content_type, sent->content_type));
	ck_assert(span_equal(p.props.response_topic, sent->response_topic));
	ck_assert(span_equal(p.props.correlation_data, sent->correlation_data));
	ck_assert_uint_eq(p.props.user.len, sent->user.len);
	ck_assert_mem_eq(p.props.user.data, sent->user.data, sent->user.len);
	finish_receive(client, p.qos, p.id);
}

/* MQTT-3.3.2-4, MQTT-3.3.2-15, MQTT-3.3.2-16, MQTT-3.3.2-17, MQTT-3.3.2-18, MQTT-3.3.2-20: properties pass unaltered,
 * at once, on another worker, from the queue and from the retained messages, with small and large payloads */
START_TEST(properties_pass_unaltered)
{
	static char large[10000];
	memset(large, 'x', sizeof large - 1);
	setup(2);
	start(&a, "pub");
	for (int i = 0; i < 2; i++) {
		const char *payload = i ? large : "small";
		for (uint8_t qos = 0; qos <= 2; qos++) {
			struct packet packet = message_with_all("p", payload, qos);
			packet.publish.retain = true;
			ck_assert(!resume(&b, "sub"));
			start(&c, "sub-2");
			ck_assert_uint_eq(subscribe_with(&b, "p", RETAINED_NEVER | 2, 0), 2);
			ck_assert_uint_eq(subscribe_with(&c, "p", RETAINED_NEVER | 2, 0), 2);
			publish_packet(&a, &packet);
			expect_all(&b, "p", payload, &packet.publish.props);
			expect_all(&c, "p", payload, &packet.publish.props);
			ck_assert_uint_eq(mqtt_client_subscribe(&c, "p", qos), qos);
			expect_all(&c, "p", payload, &packet.publish.props);
			vanish(&b, 2);
			publish_packet(&a, &packet);
			expect_all(&c, "p", payload, &packet.publish.props);
			ck_assert(resume(&b, "sub"));
			if (qos)
				expect_all(&b, "p", payload, &packet.publish.props);
			mqtt_client_expect_silence(&b);
			struct packet connect = lasting("sub", 0);
			connect.connect.clean_start = true;
			join(&b, &connect);
			vanish(&b, 2);
		}
	}
	teardown();
}
END_TEST

/* User properties may lie between the others; their order is kept all the same (MQTT-3.3.2-18). */
START_TEST(scattered_user_properties_keep_their_order)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t", 0);
	SEND_BYTES(&a, "\x30\x25\x00\x01t\x21"
		       "\x26\x00\x01" "b\x00\x01" "1" /* b=1 */
		       "\x01\x00"
		       "\x26\x00\x01" "a\x00\x01" "2" /* a=2 */
		       "\x03\x00\x01" "c"
		       "\x26\x00\x01" "b\x00\x01" "1" /* b=1 again */
		       "\x09\x00\x03" "xyz");
	struct packet_publish p = mqtt_client_expect_publish(&b, "t", "");
	struct span cursor = p.props.user, name, value;
	static const char *const pairs[][2] = {{"b", "1"}, {"a", "2"}, {"b", "1"}};
	for (size_t i = 0; i < LENGTH(pairs); i++) {
		ck_assert(props_user_next(&cursor, &name, &value));
		ck_assert(span_is(name, pairs[i][0]) && span_is(value, pairs[i][1]));
	}
	ck_assert(!props_user_next(&cursor, &name, &value));
	ck_assert(span_is(p.props.content_type, "c") && span_is(p.props.correlation_data, "xyz"));
	ck_assert(props_has(&p.props, PROP_PAYLOAD_FORMAT) && p.props.payload_format == 0);
	teardown();
}
END_TEST

/* MQTT-3.3.2-14 and MQTT-3.3.4-6: no wildcards in a response topic, no subscription identifier from a client */
START_TEST(properties_that_a_client_may_not_send)
{
	static const struct offence offences[] = {
		{BYTES("\x30\x08\x00\x01t\x04\x08\x00\x01#"), REASON_PROTOCOL_ERROR},
		{BYTES("\x30\x0a\x00\x01t\x06\x08\x00\x03" "a/+"), REASON_PROTOCOL_ERROR},
		{BYTES("\x30\x06\x00\x01t\x02\x0b\x01"), REASON_PROTOCOL_ERROR},
		{BYTES("\x32\x08\x00\x01t\x00\x01\x02\x0b\x01"), REASON_PROTOCOL_ERROR},
	};
	setup(1);
	offend(offences, LENGTH(offences));
	teardown();
}
END_TEST

/* §3.3.2.3.2: a payload that is said to be text and is none is refused with 0x99 */
START_TEST(payload_format_is_checked)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "#", 2);
	static const struct span texts[] = {BYTES("\xff"), BYTES("fine but for this: \xed\xa0\x80"), BYTES("cut \xc3")};
	for (size_t i = 0; i < LENGTH(texts); i++) {
		for (uint8_t qos = 1; qos <= 2; qos++) {
			struct packet packet = message_to("t", "", qos);
			packet.publish.payload = texts[i];
			packet.publish.retain = true;
			SET_PROP(&packet.publish.props, PROP_PAYLOAD_FORMAT, payload_format, 1);
			ck_assert_uint_eq(publish_packet(&a, &packet), REASON_PAYLOAD_FORMAT_INVALID);
		}
	}
	mqtt_client_expect_silence(&b);
	struct packet packet = message_to("t", "\xff", 0);
	SET_PROP(&packet.publish.props, PROP_PAYLOAD_FORMAT, payload_format, 0);
	publish_packet(&a, &packet);
	take(&b, "t", "\xff");
	packet.publish.payload = span_of("NUL \0 is text", 13);
	packet.publish.props.payload_format = 1;
	publish_packet(&a, &packet);
	mqtt_client_expect(&b, PACKET_PUBLISH);
	packet.publish.payload = span_str("\xff");
	mqtt_client_send(&a, &packet); /* at QoS 0 there is but one way to tell */
	mqtt_client_expect_end(&a, REASON_PAYLOAD_FORMAT_INVALID);
	mqtt_client_expect_silence(&b);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0);
	teardown();
}
END_TEST

/* MQTT-3.3.2-5, MQTT-3.3.2-6: what has expired in a queue or as a retained message is not sent; what has not says how
 * long it still lasts */
START_TEST(expiry_is_counted_down)
{
	enum { LASTING_S = 1000, PASSED_S = 2 };
	setup(1);
	start(&a, "pub");
	ck_assert(!resume(&b, "sub"));
	mqtt_client_subscribe(&b, "e/#", 1);
	vanish(&b, 1);
	for (int i = 0; i < 2; i++) {
		struct packet packet = message_to(i ? "e/2" : "e/1", i ? "lasting" : "brief", 1);
		packet.publish.retain = true;
		SET_PROP(&packet.publish.props, PROP_MESSAGE_EXPIRY, message_expiry_s, i ? LASTING_S : 1);
		publish_packet(&a, &packet);
	}
	publish(&a, "e/3", "for ever", 1, false);
	let_pass(PASSED_S);
	ck_assert(resume(&b, "sub"));
	for (int i = 0; i < 2; i++) {
		struct packet_publish p = mqtt_client_expect_publish(&b, "e/2", "lasting");
		ck_assert(props_has(&p.props, PROP_MESSAGE_EXPIRY));
		ck_assert_uint_le(p.props.message_expiry_s, LASTING_S - PASSED_S);
		ck_assert_uint_ge(p.props.message_expiry_s, LASTING_S / 2);
		finish_receive(&b, 1, p.id);
		if (i == 0) {
			p = mqtt_client_expect_publish(&b, "e/3", "for ever");
			ck_assert(!props_has(&p.props, PROP_MESSAGE_EXPIRY));
			finish_receive(&b, 1, p.id);
			mqtt_client_expect_silence(&b);
			mqtt_client_subscribe(&b, "e/+", 1); /* the retained ones */
		}
	}
	mqtt_client_expect_silence(&b);
	/* passed on at once it keeps what it came with */
	struct packet packet = message_to("e/4", "now", 0);
	SET_PROP(&packet.publish.props, PROP_MESSAGE_EXPIRY, message_expiry_s, LASTING_S);
	publish_packet(&a, &packet);
	struct packet_publish p = mqtt_client_expect_publish(&b, "e/4", "now");
	ck_assert_uint_le(p.props.message_expiry_s, LASTING_S);
	ck_assert_uint_ge(p.props.message_expiry_s, LASTING_S / 2);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		impossible_flags_are_malformed,
		dup_tells_of_a_second_sending,
		last_retained_message_is_kept,
		retain_handling_decides_what_comes,
		retain_flag_is_passed_on_when_wished,
		topic_names_are_checked,
		topic_of_a_delivery_is_that_of_the_message,
		properties_pass_unaltered,
		scattered_user_properties_keep_their_order,
		properties_that_a_client_may_not_send,
		payload_format_is_checked,
		expiry_is_counted_down,
	};
	return suite_run("statements5_publish", tests, LENGTH(tests));
}

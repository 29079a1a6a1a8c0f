/* MQTT 5.0, what every packet has: text and numbers (§1.5), flags, packet identifiers and
 * properties (§2), reason codes of acknowledgements, errors (§4.13). The numbers above a test are those of the
 * standard's statements. */
#include "statements5.h"

/* --- text -------------------------------------------------------------- */

/* Where a client may put text. */
enum place {
	CLIENT_ID, WILL_TOPIC, WILL_CONTENT_TYPE, WILL_RESPONSE_TOPIC, USER_NAME, AUTH_METHOD, CONNECT_USER_PROPERTY,
	TOPIC_NAME, CONTENT_TYPE, RESPONSE_TOPIC, USER_PROPERTY_NAME, USER_PROPERTY_VALUE,
	SUBSCRIBE_FILTER, UNSUBSCRIBE_FILTER, DISCONNECT_REASON, PLACES
};

/* A user property with the text as its name, its value or both. Borrows room. */
static struct span user_property(struct span name, struct span value, uint8_t room[128])
{
	struct wire_writer w = {.data = room, .cap = 128};
	wire_write_u8(&w, PROP_USER_PROPERTY);
	wire_write_binary(&w, name);
	wire_write_binary(&w, value);
	ck_assert(!w.failed);
	return span_of(room, w.len);
}

static void send_connect(struct mqtt_client *client, enum place place, struct span text)
{
	uint8_t room[128];
	struct packet packet = mqtt_client_connect_packet(MQTT_V5, "strange");
	struct packet_connect *p = &packet.connect;
	p->has_will = place == WILL_TOPIC || place == WILL_CONTENT_TYPE || place == WILL_RESPONSE_TOPIC;
	p->will.topic = place == WILL_TOPIC ? text : span_str("will");
	if (place == CLIENT_ID)
		p->client_id = text;
	if (place == WILL_CONTENT_TYPE)
		SET_PROP(&p->will.props, PROP_CONTENT_TYPE, content_type, text);
	if (place == WILL_RESPONSE_TOPIC)
		SET_PROP(&p->will.props, PROP_RESPONSE_TOPIC, response_topic, text);
	if (place == AUTH_METHOD)
		SET_PROP(&p->props, PROP_AUTH_METHOD, auth_method, text);
	if (place == CONNECT_USER_PROPERTY)
		SET_PROP(&p->props, PROP_USER_PROPERTY, user, user_property(text, span_str("v"), room));
	p->has_username = place == USER_NAME;
	p->username = text;
	mqtt_client_open(client, fixture.port, MQTT_V5);
	/* by hand: the codec refuses to write some of it */
	size_t cap = 512;
	uint8_t bytes[512], body[512];
	struct wire_writer w = {.data = body, .cap = cap};
	wire_write_binary(&w, span_str("MQTT"));
	wire_write_u8(&w, MQTT_V5);
	wire_write_u8(&w, (uint8_t)(2 | p->has_will << 2 | p->has_username << 7));
	wire_write_u16(&w, 0);
	props_write(&w, &p->props);
	wire_write_binary(&w, p->client_id);
	if (p->has_will) {
		props_write(&w, &p->will.props);
		wire_write_binary(&w, p->will.topic);
		wire_write_binary(&w, span_str(""));
	}
	if (p->has_username)
		wire_write_binary(&w, text);
	struct wire_writer frame = {.data = bytes, .cap = cap};
	wire_write_u8(&frame, PACKET_CONNECT << 4);
	wire_write_varint(&frame, (uint32_t)w.len);
	wire_write_raw(&frame, span_of(body, w.len));
	ck_assert(!w.failed && !frame.failed);
	mqtt_client_send_raw(client, bytes, frame.len);
}

/* Writes what comes behind the fixed header of a packet that holds the text; returns the header's first byte. */
static uint8_t write_body(struct wire_writer *w, enum place place, struct span text)
{
	uint8_t room[128];
	struct props props = {0};
	switch (place) {
	case SUBSCRIBE_FILTER:
	case UNSUBSCRIBE_FILTER:
		wire_write_u16(w, 1);
		wire_write_u8(w, 0);
		wire_write_binary(w, text);
		if (place == SUBSCRIBE_FILTER)
			wire_write_u8(w, 0);
		return place == SUBSCRIBE_FILTER ? 0x82 : 0xa2;
	case DISCONNECT_REASON:
		wire_write_u8(w, REASON_DISCONNECT_WITH_WILL);
		SET_PROP(&props, PROP_REASON_STRING, reason_string, text);
		props_write(w, &props);
		return PACKET_DISCONNECT << 4;
	case CONTENT_TYPE:
		SET_PROP(&props, PROP_CONTENT_TYPE, content_type, text);
		break;
	case RESPONSE_TOPIC:
		SET_PROP(&props, PROP_RESPONSE_TOPIC, response_topic, text);
		break;
	case USER_PROPERTY_NAME:
		SET_PROP(&props, PROP_USER_PROPERTY, user, user_property(text, span_str("v"), room));
		break;
	case USER_PROPERTY_VALUE:
		SET_PROP(&props, PROP_USER_PROPERTY, user, user_property(span_str("n"), text, room));
		break;
	default:
		break;
	}
	wire_write_binary(w, place == TOPIC_NAME ? text : span_str("t"));
	props_write(w, &props);
	return PACKET_PUBLISH << 4;
}

static void send_text(struct mqtt_client *client, enum place place, struct span text)
{
	uint8_t body[256], bytes[300];
	struct wire_writer w = {.data = body, .cap = sizeof body}, frame = {.data = bytes, .cap = sizeof bytes};
	wire_write_u8(&frame, write_body(&w, place, text));
	wire_write_varint(&frame, (uint32_t)w.len);
	wire_write_raw(&frame, span_of(body, w.len));
	ck_assert(!w.failed && !frame.failed);
	mqtt_client_send_raw(client, bytes, frame.len);
}

/* The broker must call the packet malformed, in a CONNACK or a DISCONNECT. */
static void expect_malformed(enum place place, struct span text)
{
	if (place <= CONNECT_USER_PROPERTY) {
		send_connect(&a, place, text);
		expect_refusal(&a, REASON_MALFORMED_PACKET);
		return;
	}
	start(&a, "strange");
	send_text(&a, place, text);
	mqtt_client_expect_end(&a, REASON_MALFORMED_PACKET);
}

/* MQTT-1.5.4-1 and, for each place, MQTT-1.5.7-1, MQTT-3.1.3-4, MQTT-3.1.3-11, MQTT-3.1.3-12, MQTT-3.3.2-1,
 * MQTT-3.3.2-13, MQTT-3.3.2-19, MQTT-3.8.3-1, MQTT-3.10.3-1 */
START_TEST(ill_formed_utf8_is_malformed)
{
	static const char *const texts[] = {
		"a\xed\xa0\x80z",             /* U+D800 */
		"a\xed\xbf\xbfz",             /* U+DFFF */
		"a\xed\xa1\x8c\xed\xbe\xb4z", /* a pair of them */
		"a\xc0\xafz", "a\xe0\x80\xafz", "a\xf0\x80\x80\xafz", /* '/', longer than needed */
		"a\xf4\x90\x80\x80z",         /* over U+10FFFF */
		"a\x80z", "a\xffz",           /* no character starts so */
		"a\xe2\x82", "\xc3",          /* cut short */
	};
	setup(1);
	start(&b, "bystander");
	mqtt_client_subscribe(&b, "#", 0);
	for (size_t i = 0; i < LENGTH(texts); i++)
		expect_malformed((enum place)_i, span_str(texts[i]));
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-1.5.4-2, MQTT-4.7.3-2 */
START_TEST(null_character_is_malformed)
{
	setup(1);
	static const struct span texts[] = {BYTES("a\0z"), BYTES("\0"), BYTES("far behind\0"), BYTES("a\xc0\x80z")};
	for (size_t i = 0; i < LENGTH(texts); i++)
		expect_malformed((enum place)_i, texts[i]);
	teardown();
}
END_TEST

/* MQTT-1.5.4-3 */
START_TEST(zero_width_no_break_space_is_kept)
{
	setup(1);
	start(&a, "pub");
	ck_assert(!resume(&b, "\xef\xbb\xbfid"));
	ck_assert(!resume(&c, "id")); /* another client */
	mqtt_client_subscribe(&b, "\xef\xbb\xbft", 0);
	publish(&a, "t", "bare", 0, false);
	mqtt_client_expect_silence(&b);
	struct packet packet = message_to("\xef\xbb\xbft", "with", 0);
	SET_PROP(&packet.publish.props, PROP_CONTENT_TYPE, content_type, span_str("\xef\xbb\xbftype"));
	publish_packet(&a, &packet);
	struct packet_publish p = mqtt_client_expect_publish(&b, "\xef\xbb\xbft", "with");
	ck_assert(span_is(p.props.content_type, "\xef\xbb\xbftype"));
	vanish(&b, 2);
	ck_assert(resume(&b, "\xef\xbb\xbfid"));
	teardown();
}
END_TEST

/* --- numbers, flags, properties ---------------------------------------- */

/* MQTT-1.5.5-1: a remaining length and a property length with a byte too many, and one of five bytes */
START_TEST(lengths_have_their_shortest_form)
{
	static const struct offence offences[] = {
		{BYTES("\xc0\x80\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x84\x00\x00\x01t\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x05\x00\x01t\x80\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x82\x09\x00\x01\x03\x0b\x81\x00\x00\x01t\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x80\x80\x80\x80\x01"), REASON_MALFORMED_PACKET},
	};
	setup(1);
	offend(offences, LENGTH(offences));
	/* and ours: 128 bytes behind the length take two bytes of it */
	char payload[125];
	memset(payload, 'x', sizeof payload);
	for (size_t len = 123; len <= 124; len++) {
		start(&a, "pub");
		payload[len] = 0;
		publish(&a, "t", payload, 0, false);
		mqtt_client_expect_publish(&b, "t", payload);
		ck_assert_uint_eq(b.frame_size, len == 123 ? 1 + 1 + 127 : 1 + 2 + 128);
		payload[len] = 'x';
	}
	teardown();
}
END_TEST

/* MQTT-2.1.3-1, MQTT-3.6.1-1, MQTT-3.8.1-1, MQTT-3.10.1-1, MQTT-3.14.1-1, MQTT-3.15.1-1 */
START_TEST(reserved_flags_are_checked)
{
	static const struct {
		uint8_t type, flags;
		struct span body;
	} packets[] = {
		{PACKET_PUBACK, 0, BYTES("\x00\x01")},
		{PACKET_PUBREC, 0, BYTES("\x00\x01")},
		{PACKET_PUBREL, 2, BYTES("\x00\x01")},
		{PACKET_PUBCOMP, 0, BYTES("\x00\x01")},
		{PACKET_SUBSCRIBE, 2, BYTES("\x00\x01\x00\x00\x01t\x00")},
		{PACKET_UNSUBSCRIBE, 2, BYTES("\x00\x01\x00\x00\x01t")},
		{PACKET_PINGREQ, 0, BYTES("")},
		{PACKET_DISCONNECT, 0, BYTES("")},
		{PACKET_AUTH, 0, BYTES("\x19\x04\x15\x00\x01m")},
	};
	setup(1);
	for (size_t i = 0; i < LENGTH(packets); i++)
		for (uint8_t flags = 0; flags < 16; flags++) {
			if (flags == packets[i].flags)
				continue;
			uint8_t bytes[32] = {(uint8_t)(packets[i].type << 4 | flags), (uint8_t)packets[i].body.len};
			memcpy(bytes + 2, packets[i].body.data, packets[i].body.len);
			start(&a, "flags");
			mqtt_client_send_raw(&a, bytes, 2 + packets[i].body.len);
			mqtt_client_expect_end(&a, REASON_MALFORMED_PACKET);
		}
	/* a CONNECT has no connection yet to be told in a DISCONNECT */
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	SEND_BYTES(&a, "\x11\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01i");
	struct packet packet;
	if (mqtt_client_receive(&a, &packet)) {
		ck_assert_uint_eq(packet.type, PACKET_CONNACK);
		ck_assert_uint_eq(packet.connack.reason, REASON_MALFORMED_PACKET);
		ck_assert(!mqtt_client_receive(&a, &packet));
	}
	teardown();
}
END_TEST

/* MQTT-2.2.2-1: a packet without properties says so with a length of zero, in both directions */
START_TEST(no_properties_are_a_length_of_zero)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	SEND_BYTES(&b, "\x82\x07\x00\x01\x00\x00\x01t\x01");
	EXPECT_BYTES(&b, "\x90\x04\x00\x01\x00\x01");
	SEND_BYTES(&a, "\x30\x06\x00\x01t\x00hi");
	EXPECT_BYTES(&b, "\x30\x06\x00\x01t\x00hi");
	SEND_BYTES(&b, "\xa2\x06\x00\x02\x00\x00\x01t");
	EXPECT_BYTES(&b, "\xb0\x04\x00\x02\x00\x00");
	/* without the length they end too early */
	SEND_BYTES(&a, "\x30\x03\x00\x01t");
	mqtt_client_expect_end(&a, REASON_MALFORMED_PACKET);
	SEND_BYTES(&b, "\x82\x02\x00\x01");
	mqtt_client_expect_end(&b, REASON_MALFORMED_PACKET);
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	SEND_BYTES(&a, "\x10\x0a\x00\x04MQTT\x05\x02\x00\x00");
	expect_refusal(&a, REASON_MALFORMED_PACKET);
	teardown();
}
END_TEST

/* MQTT-4.13.1-1 and §2.2.2: properties in the wrong packet, unknown, cut off, twice, or with a value that is not one */
START_TEST(bad_properties_are_named)
{
	static const struct offence offences[] = {
		{BYTES("\x30\x09\x00\x01t\x05\x11\x00\x00\x00\x01"), REASON_MALFORMED_PACKET}, /* session expiry in PUBLISH */
		{BYTES("\x30\x06\x00\x01t\x02\x7f\x00"), REASON_MALFORMED_PACKET},              /* none has this number */
		{BYTES("\x30\x06\x00\x01t\x03\x01\x00"), REASON_MALFORMED_PACKET},              /* longer than the packet */
		{BYTES("\x30\x08\x00\x01t\x04\x01\x00\x01\x00"), REASON_PROTOCOL_ERROR},        /* format twice */
		{BYTES("\x30\x06\x00\x01t\x02\x01\x02"), REASON_PROTOCOL_ERROR},                /* format 2 */
		{BYTES("\x82\x09\x00\x01\x02\x0b\x00\x00\x01t\x00"), REASON_PROTOCOL_ERROR},    /* subscription identifier 0 */
		{BYTES("\x82\x0b\x00\x01\x04\x0b\x01\x0b\x02\x00\x01t\x00"), REASON_PROTOCOL_ERROR}, /* two of them */
		{BYTES("\xe0\x0c\x04\x0a\x11\x00\x00\x00\x00\x11\x00\x00\x00\x00"), REASON_PROTOCOL_ERROR},
	};
	setup(1);
	offend(offences, LENGTH(offences));
	static const struct offence connects[] = {
		{BYTES("\x10\x11\x00\x04MQTT\x05\x02\x00\x00\x03\x21\x00\x00\x00\x01i"), REASON_PROTOCOL_ERROR}, /* receive maximum 0 */
		{BYTES("\x10\x13\x00\x04MQTT\x05\x02\x00\x00\x05\x27\x00\x00\x00\x00\x00\x01i"), REASON_PROTOCOL_ERROR}, /* packet size 0 */
		{BYTES("\x10\x10\x00\x04MQTT\x05\x02\x00\x00\x02\x17\x02\x00\x01i"), REASON_PROTOCOL_ERROR},      /* problem information 2 */
		{BYTES("\x10\x10\x00\x04MQTT\x05\x02\x00\x00\x02\x19\x02\x00\x01i"), REASON_PROTOCOL_ERROR},      /* response information 2 */
		{BYTES("\x10\x12\x00\x04MQTT\x05\x02\x00\x00\x04\x19\x01\x19\x01\x00\x01i"), REASON_PROTOCOL_ERROR}, /* twice */
		{BYTES("\x10\x12\x00\x04MQTT\x05\x02\x00\x00\x04\x16\x00\x01x\x00\x01i"), REASON_PROTOCOL_ERROR}, /* data, no method */
		{BYTES("\x10\x10\x00\x04MQTT\x05\x02\x00\x00\x02\x24\x01\x00\x01i"), REASON_MALFORMED_PACKET},    /* maximum QoS: a server's */
	};
	for (size_t i = 0; i < LENGTH(connects); i++) {
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		mqtt_client_send_raw(&a, connects[i].bytes.data, connects[i].bytes.len);
		expect_refusal(&a, connects[i].reason);
	}
	teardown();
}
END_TEST

/* --- packet identifiers -------------------------------------------------- */

/* MQTT-2.2.1-2: what follows the topic at QoS 0 is no identifier */
START_TEST(qos0_has_no_packet_identifier)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t", 2);
	SEND_BYTES(&a, "\x30\x06\x00\x01t\x00\x00\x01");
	EXPECT_BYTES(&b, "\x30\x06\x00\x01t\x00\x00\x01");
	teardown();
}
END_TEST

/* MQTT-2.2.1-3 from the server's side: no identifier is zero */
START_TEST(packet_identifier_zero_is_an_error)
{
	static const struct offence offences[] = {
		{BYTES("\x32\x06\x00\x01t\x00\x00\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\x34\x06\x00\x01t\x00\x00\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\x82\x07\x00\x00\x00\x00\x01t\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\xa2\x06\x00\x00\x00\x00\x01t"), REASON_PROTOCOL_ERROR},
		{BYTES("\x40\x02\x00\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\x50\x02\x00\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\x62\x02\x00\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\x70\x02\x00\x00"), REASON_PROTOCOL_ERROR},
	};
	setup(1);
	offend(offences, LENGTH(offences));
	teardown();
}
END_TEST

/* MQTT-2.2.1-4, MQTT-4.3.2-1, MQTT-4.3.3-1: identifiers that the server gives are not zero and not in use */
START_TEST(identifiers_of_the_server_are_unused)
{
	enum { MESSAGES = 20, ROUNDS = 3 };
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "q/#", 2);
	uint16_t kept[ROUNDS];
	bool used[UINT16_MAX + 1] = {false};
	used[0] = true;
	for (int round = 0; round < ROUNDS; round++) {
		uint16_t ids[MESSAGES];
		for (int i = 0; i < MESSAGES; i++) {
			publish(&a, "q/t", "x", (uint8_t)(1 + i % 2), false);
			ids[i] = mqtt_client_expect_publish(&b, "q/t", "x").id;
			ck_assert_msg(!used[ids[i]], "identifier %u is in use", ids[i]);
			used[ids[i]] = true;
		}
		for (int i = 0; i < MESSAGES; i++) {
			if (i == MESSAGES / 2) {
				kept[round] = ids[i]; /* stays unacknowledged */
				continue;
			}
			finish_receive(&b, (uint8_t)(1 + i % 2), ids[i]);
			used[ids[i]] = false;
		}
	}
	for (int round = 0; round < ROUNDS; round++)
		finish_receive(&b, 1, kept[round]);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-2.2.1-5, MQTT-2.2.1-6, MQTT-3.3.4-1, MQTT-3.8.4-1, MQTT-3.8.4-2, MQTT-3.10.4-4, MQTT-3.10.4-5, MQTT-4.3.2-4,
 * MQTT-4.3.3-8, MQTT-4.3.3-11 */
START_TEST(answers_carry_the_identifier_of_the_question)
{
	static const uint16_t ids[] = {1, 255, 256, 0x1234, 65535};
	setup(1);
	start(&a, "client");
	for (size_t i = 0; i < LENGTH(ids); i++) {
		uint16_t id = ids[i];
		struct packet packet = message_to("nobody/listens", "x", 1);
		packet.publish.id = id;
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.id, id);
		packet.publish.qos = 2;
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREC).ack.id, id);
		mqtt_client_ack(&a, PACKET_PUBREL, id);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBCOMP).ack.id, id);
		static const uint8_t entry[] = "\0\1t";
		packet = (struct packet){.type = PACKET_SUBSCRIBE,
					 .subscribe = {.id = id, .filters = span_of(entry, 4), .count = 1}};
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_SUBACK).suback.id, id);
		packet.type = PACKET_UNSUBSCRIBE;
		packet.subscribe.filters = span_of(entry, 3);
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_UNSUBACK).suback.id, id);
	}
	teardown();
}
END_TEST

/* --- reason codes, errors ------------------------------------------------- */

/* MQTT-3.4.2-1, MQTT-3.5.2-1, MQTT-3.6.2-1, MQTT-3.7.2-1, MQTT-3.14.2-1 from the server's side: a code that the packet
 * does not have is a protocol error */
START_TEST(reason_codes_of_other_packets_are_errors)
{
	static const struct offence offences[] = {
		{BYTES("\x40\x03\x00\x01\x01"), REASON_PROTOCOL_ERROR},
		{BYTES("\x40\x03\x00\x01\x92"), REASON_PROTOCOL_ERROR},
		{BYTES("\x40\x03\x00\x01\xff"), REASON_PROTOCOL_ERROR},
		{BYTES("\x50\x03\x00\x01\x92"), REASON_PROTOCOL_ERROR},
		{BYTES("\x62\x03\x00\x01\x10"), REASON_PROTOCOL_ERROR},
		{BYTES("\x62\x03\x00\x01\x80"), REASON_PROTOCOL_ERROR},
		{BYTES("\x70\x03\x00\x01\x97"), REASON_PROTOCOL_ERROR},
		{BYTES("\xe0\x01\x01"), REASON_PROTOCOL_ERROR},
		{BYTES("\xe0\x01\x84"), REASON_PROTOCOL_ERROR},
	};
	setup(1);
	offend(offences, LENGTH(offences));
	teardown();
}
END_TEST

/* MQTT-4.13.1-1: packets that a server sends, cut-off packets, and bytes behind the end of one */
START_TEST(errors_end_the_connection_with_their_reason)
{
	static const struct offence offences[] = {
		{BYTES("\x20\x03\x00\x00\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\x90\x04\x00\x01\x00\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\xb0\x04\x00\x01\x00\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\xd0\x00"), REASON_PROTOCOL_ERROR},
		{BYTES("\x00\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\xc0\x01\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x02\x00\x05"), REASON_MALFORMED_PACKET},
		{BYTES("\x32\x04\x00\x01t\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x30\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x40\x01\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x40\x05\x00\x01\x00\x00\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x82\x00"), REASON_MALFORMED_PACKET},
		{BYTES("\x82\x06\x00\x01\x00\x00\x01t"), REASON_MALFORMED_PACKET},
		{BYTES("\xe0\x03\x00\x00\x00"), REASON_MALFORMED_PACKET},
	};
	setup(1);
	offend(offences, LENGTH(offences));
	teardown();
}
END_TEST

/* MQTT-4.13.2-1: the broker closes although the client neither reads nor closes */
START_TEST(the_connection_is_closed_whether_or_not_the_reason_is_read)
{
	setup(1);
	start(&b, "bystander");
	start(&a, "offender");
	SEND_BYTES(&a, "\x36\x06\x00\x01t\x00\x00\x01");
	mqtt_client_open(&c, fixture.port, MQTT_V5);
	SEND_BYTES(&c, "\x10\x0e\x00\x04MQTT\x05\x03\x00\x00\x00\x00\x01i");
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1 && stats.sessions == 1);
	mqtt_client_expect_end(&a, REASON_MALFORMED_PACKET);
	expect_refusal(&c, REASON_MALFORMED_PACKET);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		zero_width_no_break_space_is_kept,
		lengths_have_their_shortest_form,
		reserved_flags_are_checked,
		no_properties_are_a_length_of_zero,
		bad_properties_are_named,
		qos0_has_no_packet_identifier,
		packet_identifier_zero_is_an_error,
		identifiers_of_the_server_are_unused,
		answers_carry_the_identifier_of_the_question,
		reason_codes_of_other_packets_are_errors,
		errors_end_the_connection_with_their_reason,
		the_connection_is_closed_whether_or_not_the_reason_is_read,
	};
	Suite *suite = suite_create("statements5_wire");
	TCase *tcase = tcase_create("wire");
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < LENGTH(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, ill_formed_utf8_is_malformed, 0, PLACES);
	tcase_add_loop_test(tcase, null_character_is_malformed, 0, PLACES);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

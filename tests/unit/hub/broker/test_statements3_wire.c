/* MQTT 3.1.1, what every packet has: text (§1.5.3), flags (§2.2.2), packet identifiers (§2.3.1),
 * errors (§4.8). The numbers above a test are those of the standard's statements. */
#include "statements3.h"

/* --- text -------------------------------------------------------------- */

/* Where a client may put text. */
enum place { CLIENT_ID, WILL_TOPIC, USER_NAME, TOPIC_NAME, SUBSCRIBE_FILTER, UNSUBSCRIBE_FILTER, PLACES };

static void send_connect(struct mqtt_client *client, enum place place, struct span text)
{
	struct packet packet = mqtt_client_connect_packet(MQTT_V311, "strange");
	struct packet_connect *p = &packet.connect;
	mqtt_client_open(client, fixture.port, MQTT_V311);
	p->client_id = place == CLIENT_ID ? text : p->client_id;
	p->has_will = place == WILL_TOPIC;
	p->will.topic = text;
	p->has_username = place == USER_NAME;
	p->username = text;
	mqtt_client_send(client, &packet);
}

/* Sends the text from a client of its own. */
static void send_text(struct mqtt_client *client, enum place place, struct span text)
{
	if (place <= USER_NAME) {
		send_connect(client, place, text);
		return;
	}
	start(client, "strange");
	if (place == TOPIC_NAME) {
		mqtt_client_send(client, &(struct packet){.type = PACKET_PUBLISH, .publish = {.topic = text}});
		return;
	}
	/* by hand: the codec writes no such filters */
	uint8_t bytes[64];
	struct wire_writer w = {.data = bytes, .cap = sizeof bytes};
	wire_write_u8(&w, place == SUBSCRIBE_FILTER ? 0x82 : 0xa2);
	wire_write_u8(&w, (uint8_t)(text.len + (place == SUBSCRIBE_FILTER ? 5 : 4)));
	wire_write_u16(&w, 1);
	wire_write_binary(&w, text);
	if (place == SUBSCRIBE_FILTER)
		wire_write_u8(&w, 0);
	ck_assert(!w.failed);
	mqtt_client_send_raw(client, bytes, w.len);
}

/* MQTT-1.5.3-1, and for each place MQTT-3.1.3-4, MQTT-3.1.3-10, MQTT-3.1.3-11, MQTT-3.3.2-1, MQTT-3.8.3-1,
 * MQTT-3.10.3-1 */
START_TEST(ill_formed_utf8_ends_the_connection)
{
	static const char *const texts[] = {
		"a\xed\xa0\x80z",             /* U+D800 */
		"a\xed\xbf\xbfz",             /* U+DFFF */
		"a\xed\xa1\x8c\xed\xbe\xb4z", /* a pair of them */
		"a\xc0\xafz", "a\xe0\x80\xafz", "a\xf0\x80\x80\xafz", /* '/', longer than needed */
		"a\xc0\x80z",                 /* NUL likewise */
		"a\xf4\x90\x80\x80z",         /* over U+10FFFF */
		"a\xf8\x88\x80\x80\x80z",     /* five bytes */
		"a\x80z", "a\xffz",           /* no character starts so */
		"a\xe2\x82", "\xc3",          /* cut short */
		"eight letters and \xed\xa0\x80 more",
	};
	setup(1);
	start(&b, "bystander");
	mqtt_client_subscribe(&b, "#", 0);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		send_text(&a, (enum place)_i, span_str(texts[i]));
		expect_closed(&a);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-1.5.3-1 from the other side: what is well-formed passes unchanged. */
START_TEST(well_formed_utf8_passes)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "#", 0);
	static const char *const topics[] = {"\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbd",
					     "gr\xc3\xbc\xc3\x9f/\xf0\xa0\x9c\x8e"};
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
		publish(&a, topics[i], "x", 0, false);
		mqtt_client_expect_publish(&b, topics[i], "x");
	}
	teardown();
}
END_TEST

/* MQTT-1.5.3-2, MQTT-4.7.3-2 */
START_TEST(null_character_ends_the_connection)
{
	setup(1);
	start(&b, "bystander");
	mqtt_client_subscribe(&b, "#", 0);
	static const struct span texts[] = {{(const uint8_t *)"a\0z", 3}, {(const uint8_t *)"\0", 1},
					    {(const uint8_t *)"far behind\0", 11}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		send_text(&a, (enum place)_i, texts[i]);
		expect_closed(&a);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-1.5.3-3 */
START_TEST(zero_width_no_break_space_is_kept)
{
	setup(1);
	start(&a, "pub");
	ck_assert(!resume(&b, "\xef\xbb\xbfid"));
	mqtt_client_subscribe(&b, "\xef\xbb\xbft", 0);
	publish(&a, "t", "bare", 0, false);
	mqtt_client_expect_silence(&b);
	publish(&a, "\xef\xbb\xbft", "with", 0, false);
	mqtt_client_expect_publish(&b, "\xef\xbb\xbft", "with");
	ck_assert(!resume(&c, "id")); /* another client */
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* --- flags ---------------------------------------------------------------- */

static const struct {
	const char *bytes;
	size_t len;
	uint8_t flags; /* the only ones allowed */
} flagged[] = {
	{"\x10\x0f\x00\x04MQTT\x04\x02\x00\x00\x00\x03one", 17, 0},
	{"\x40\x02\x00\x01", 4, 0},           /* PUBACK */
	{"\x50\x02\x00\x01", 4, 0},           /* PUBREC */
	{"\x60\x02\x00\x01", 4, 2},           /* PUBREL */
	{"\x70\x02\x00\x01", 4, 0},           /* PUBCOMP */
	{"\x80\x06\x00\x01\x00\x01t\x00", 8, 2}, /* SUBSCRIBE */
	{"\xa0\x05\x00\x01\x00\x01t", 7, 2},  /* UNSUBSCRIBE */
	{"\xc0\x00", 2, 0},                   /* PINGREQ */
	{"\xe0\x00", 2, 0},                   /* DISCONNECT */
};
enum { FLAGGED = sizeof flagged / sizeof *flagged };

/* MQTT-2.2.2-1, MQTT-2.2.2-2, MQTT-3.6.1-1, MQTT-3.8.1-1, MQTT-3.10.1-1, MQTT-3.14.1-1 */
START_TEST(reserved_flags_end_the_connection)
{
	setup(1);
	for (uint8_t flags = 0; flags < 16; flags++) {
		uint8_t bytes[32];
		memcpy(bytes, flagged[_i].bytes, flagged[_i].len);
		bytes[0] = (uint8_t)((bytes[0] & 0xf0) | flags);
		if (_i == 0)
			mqtt_client_open(&a, fixture.port, MQTT_V311);
		else
			start(&a, "one");
		mqtt_client_send_raw(&a, bytes, flagged[_i].len);
		if (flags != flagged[_i].flags)
			expect_closed(&a);
	}
	teardown();
}
END_TEST

/* MQTT-2.2.2-1 for the broker's own packets: PUBREL has 2, all others none. */
START_TEST(own_packets_have_the_flags_of_the_table)
{
	setup(1);
	mqtt_client_open(&a, fixture.port, MQTT_V311);
	mqtt_client_send_raw(&a, flagged[0].bytes, flagged[0].len);
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	SEND_BYTES(&a, "\x82\x06\x00\x01\x00\x01t\x02");
	EXPECT_BYTES(&a, "\x90\x03\x00\x01\x02");
	start(&b, "pub");
	SEND_BYTES(&b, "\x32\x05\x00\x01n\x00\x07");
	EXPECT_BYTES(&b, "\x40\x02\x00\x07");
	SEND_BYTES(&b, "\x34\x06\x00\x01t\x00\x09x");
	EXPECT_BYTES(&b, "\x50\x02\x00\x09");
	SEND_BYTES(&b, "\x62\x02\x00\x09");
	EXPECT_BYTES(&b, "\x70\x02\x00\x09");
	EXPECT_BYTES(&a, "\x34\x06\x00\x01t\x00\x01x");
	SEND_BYTES(&a, "\x50\x02\x00\x01");
	EXPECT_BYTES(&a, "\x62\x02\x00\x01");
	SEND_BYTES(&a, "\x70\x02\x00\x01");
	SEND_BYTES(&a, "\xa2\x05\x00\x03\x00\x01t");
	EXPECT_BYTES(&a, "\xb0\x02\x00\x03");
	SEND_BYTES(&a, "\xc0\x00");
	EXPECT_BYTES(&a, "\xd0\x00");
	teardown();
}
END_TEST

/* --- packet identifiers ----------------------------------------------------- */

/* MQTT-2.3.1-1 */
START_TEST(packet_identifier_zero_ends_the_connection)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"\x32\x05\x00\x01t\x00\x00", 7},        /* PUBLISH QoS 1 */
		{"\x34\x05\x00\x01t\x00\x00", 7},        /* QoS 2 */
		{"\x82\x06\x00\x00\x00\x01t\x00", 8},    /* SUBSCRIBE */
		{"\xa2\x05\x00\x00\x00\x01t", 7},        /* UNSUBSCRIBE */
		{"\x32\x03\x00\x01t", 5},                /* none at all */
		{"\x82\x00", 2},
		{"\xa2\x01\x01", 3},
	};
	setup(1);
	start(&b, "bystander");
	mqtt_client_subscribe(&b, "#", 2);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		start(&a, "a");
		mqtt_client_send_raw(&a, cases[i].bytes, cases[i].len);
		expect_closed(&a);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

static struct packet_publish next_message(struct mqtt_client *client)
{
	struct packet_publish p = mqtt_client_expect(client, PACKET_PUBLISH).publish;
	ck_assert_uint_gt(p.id, 0);
	return p;
}

enum { IDS = 65535, BATCH = 500 };

/* Publishes so many empty messages at QoS 1, a batch at a time. */
static void publish_many(struct mqtt_client *client, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		mqtt_client_send(client, &(struct packet){.type = PACKET_PUBLISH,
							  .publish = {.qos = 1, .id = (uint16_t)(i + 1),
								      .topic = span_str("t")}});
	for (unsigned i = 0; i < count; i++)
		mqtt_client_expect(client, PACKET_PUBACK);
}

/* MQTT-2.3.1-2 and MQTT-2.3.1-3 as they bind a sender, MQTT-2.3.1-4: an identifier in use is not given to
 * another message, all the others are, and after its acknowledgement it is free. */
START_TEST(identifiers_in_use_are_not_given_again)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t", 1);
	static bool used[IDS + 1];
	publish_many(&a, 1);
	uint16_t open = next_message(&b).id; /* never acknowledged */
	unsigned fresh = 0;
	for (unsigned sent = 1; sent < IDS + BATCH; sent += BATCH) {
		publish_many(&a, BATCH);
		for (unsigned i = 0; i < BATCH && fresh < IDS - 1; i++, fresh++) {
			uint16_t id = next_message(&b).id;
			ck_assert_uint_ne(id, open);
			ck_assert(!used[id]);
			used[id] = true;
			mqtt_client_ack(&b, PACKET_PUBACK, id);
		}
	}
	ck_assert_uint_eq(fresh, IDS - 1);
	mqtt_client_expect_silence(&b); /* every other identifier was used once: the next message waits */
	mqtt_client_ack(&b, PACKET_PUBACK, open);
	ck_assert_uint_eq(next_message(&b).id, open);
	teardown();
}
END_TEST

/* MQTT-2.3.1-5 */
START_TEST(qos_0_has_no_packet_identifier)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t", 0);
	publish(&a, "t", "xy", 2, false);
	EXPECT_BYTES(&b, "\x30\x05\x00\x01txy");
	teardown();
}
END_TEST

/* MQTT-2.3.1-6, MQTT-2.3.1-7, MQTT-3.8.4-2, MQTT-3.10.4-4 */
START_TEST(acknowledgements_carry_the_identifier)
{
	setup(1);
	start(&a, "a");
	static const uint16_t ids[] = {1, 2, 255, 256, 4660, 65535};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct packet packet = {.type = PACKET_PUBLISH,
					.publish = {.qos = 1, .id = ids[i], .topic = span_str("t")}};
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.id, ids[i]);
		packet.publish.qos = 2;
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREC).ack.id, ids[i]);
		mqtt_client_ack(&a, PACKET_PUBREL, ids[i]);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBCOMP).ack.id, ids[i]);
		packet = (struct packet){.type = PACKET_SUBSCRIBE,
					 .subscribe = {.id = ids[i], .filters = span_of("\0\1x\1", 4)}};
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_SUBACK).suback.id, ids[i]);
		packet = (struct packet){.type = PACKET_UNSUBSCRIBE,
					 .subscribe = {.id = ids[i], .filters = span_of("\0\1x", 3)}};
		mqtt_client_send(&a, &packet);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_UNSUBACK).suback.id, ids[i]);
	}
	teardown();
}
END_TEST

/* --- errors -------------------------------------------------------------------- */

/* MQTT-4.8.0-1: the sender of what breaks the protocol is cut off, nobody else. */
START_TEST(protocol_violations_end_only_their_connection)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"\x00\x00", 2},                     /* type 0 is forbidden */
		{"\xf0\x00", 2},                     /* type 15 too */
		{"\x20\x02\x00\x00", 4},             /* a server's packets */
		{"\x90\x03\x00\x01\x00", 5},
		{"\xb0\x02\x00\x01", 4},
		{"\xd0\x00", 2},
		{"\x30\xff\xff\xff\xff\x01", 6},     /* a length of five bytes */
		{"\xc0\x01\x00", 3},                 /* PINGREQ with something in it */
		{"\xe0\x01\x00", 3},                 /* DISCONNECT likewise */
		{"\x40\x03\x00\x01\x00", 5},         /* PUBACK too long */
		{"\x40\x01\x00", 3},                 /* too short */
		{"\x30\x04\x00\x09t\x00", 6},        /* a topic longer than its packet */
		{"\x30\x00", 2},                     /* no topic at all */
	};
	setup(1);
	start(&b, "bystander");
	mqtt_client_subscribe(&b, "#", 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		start(&a, "a");
		mqtt_client_send_raw(&a, cases[i].bytes, cases[i].len);
		expect_closed(&a);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-4.8.0-2: what there is no room for cannot be processed; its sender is cut off. */
START_TEST(packet_without_room_ends_its_connection)
{
	struct broker_config config = broker_config_default();
	config.max_packet_bytes = 2000;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	start(&a, "a");
	start(&b, "b");
	mqtt_client_subscribe(&b, "#", 0);
	static char payload[2000];
	memset(payload, 'x', sizeof payload - 1);
	mqtt_client_publish(&a, "t", payload, 1, false);
	expect_closed(&a);
	mqtt_client_expect_silence(&b);
	start(&a, "a");
	payload[1900] = 0;
	publish(&a, "t", payload, 1, false);
	mqtt_client_expect_publish(&b, "t", payload);
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statements3_wire");
	TCase *tc = tcase_create("wire");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, ill_formed_utf8_ends_the_connection, 0, PLACES);
	tcase_add_loop_test(tc, null_character_ends_the_connection, 0, PLACES);
	tcase_add_test(tc, well_formed_utf8_passes);
	tcase_add_test(tc, zero_width_no_break_space_is_kept);
	tcase_add_loop_test(tc, reserved_flags_end_the_connection, 0, FLAGGED);
	tcase_add_test(tc, own_packets_have_the_flags_of_the_table);
	tcase_add_test(tc, packet_identifier_zero_ends_the_connection);
	tcase_add_test(tc, identifiers_in_use_are_not_given_again);
	tcase_add_test(tc, qos_0_has_no_packet_identifier);
	tcase_add_test(tc, acknowledgements_carry_the_identifier);
	tcase_add_test(tc, protocol_violations_end_only_their_connection);
	tcase_add_test(tc, packet_without_room_ends_its_connection);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Bytes that have crashed, filled or slowed other brokers: memory before CONNECT, properties that are cut or
 * countless, packets that end too early, thousands of slashes, bad text. Each costs its sender at most the connection, is answered
 * with the precise reason in 5.0, and holds no memory; a bystander who subscribes to everything must not notice. */
#include <stdlib.h>
#include <unistd.h>

#include "support/broker_fixture.h"
#include "support/heap.h"

static struct broker_fixture fixture;
static struct mqtt_client bystander, a, b;

static void setup(void)
{
	broker_fixture_start(&fixture, NULL, 2, NULL, NULL);
	mqtt_client_start(&bystander, fixture.port, MQTT_V311, "bystander");
	ck_assert_uint_eq(mqtt_client_subscribe(&bystander, "#", 0), 0);
}

/* The bystander has heard nothing, and still hears what it should. */
static void teardown(void)
{
	mqtt_client_expect_silence(&bystander);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "well-behaved");
	mqtt_client_publish(&b, "all/is", "well", 1, false);
	ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBACK).ack.reason, 0);
	mqtt_client_expect_publish(&bystander, "all/is", "well");
	mqtt_client_close(&a);
	mqtt_client_close(&b);
	mqtt_client_close(&bystander);
	broker_fixture_stop(&fixture);
}

static void expect_closed(struct mqtt_client *c)
{
	struct packet packet;
	while (mqtt_client_receive(c, &packet))
		ck_assert_msg(packet.type == PACKET_CONNACK && packet.connack.reason >= 0x80, "packet of type %d",
			      packet.type);
	mqtt_client_close(c);
}

/* A packet of one type and flags around body; lengths over 127 too. */
static void send_body(struct mqtt_client *c, uint8_t first, const void *body, size_t len)
{
	struct wire_writer w = {.data = (uint8_t[8]){0}, .cap = 8};
	wire_write_u8(&w, first);
	wire_write_varint(&w, (uint32_t)len);
	mqtt_client_send_raw(c, w.data, w.len);
	mqtt_client_send_raw(c, body, len);
}

/* --- before CONNECT (CVE-2017-7651, CVE-2023-0809) ---------------------------------------- */

enum { STRANGERS = 300 };

static struct mqtt_client strangers[STRANGERS];

static void await_input(uint64_t bytes)
{
	BROKER_FIXTURE_AWAIT(&fixture, stats.bytes_in >= bytes);
}

static uint64_t bytes_in(void)
{
	struct broker_stats stats;
	broker_stats_get(fixture.broker, &stats);
	return stats.bytes_in;
}

START_TEST(announced_length_before_connect_takes_no_memory)
{
	setup();
	for (int i = 0; i < STRANGERS; i++)
		mqtt_client_open(&strangers[i], fixture.port, MQTT_V5);
	/* a CONNECT of nearly 128 KiB is announced, its first bytes come */
	static const uint8_t head[] = "\x10\xf0\xff\x07\x00\x04MQTT\x05\x00\x00\x00\x00\xff";
	size_t before = heap_bytes();
	uint64_t had = bytes_in();
	for (int i = 0; i < STRANGERS; i++)
		mqtt_client_send_raw(&strangers[i], head, sizeof head - 1);
	await_input(had + STRANGERS * (sizeof head - 1));
	ck_assert_uint_lt(heap_growth(before), STRANGERS * 2048);
	for (int i = 0; i < STRANGERS; i++)
		mqtt_client_close(&strangers[i]);
	teardown();
}
END_TEST

START_TEST(strangers_hold_no_more_than_a_connect)
{
	static const char zeroes[200 * 1024];
	setup();
	struct mqtt_client *c = &strangers[0];
	size_t before = heap_bytes();
	/* what is no CONNECT, or too large for one, is cut off at its first bytes and nothing of it kept */
	static const char *const heads[] = {"\x30\xff\xff\xff\x7f", "\x10\xff\xff\xff\x7f", "\x10\x80\x80\x7f",
					    "\xf0\xff\xff\x03", "\x82\xff\xff\x03"};
	for (int i = 0; i < 50; i++) {
		const char *head = heads[i % 5];
		mqtt_client_open(c, fixture.port, MQTT_V5);
		mqtt_client_send_raw(c, head, strlen(head));
		mqtt_client_send_raw(c, zeroes, sizeof zeroes);
		expect_closed(c);
	}
	ck_assert_uint_lt(heap_growth(before), 200 * 1024);
	teardown();
}
END_TEST

/* --- malformed properties (CVE-2023-3592 and others) ---------------------------------------- */

static const struct {
	const char *bytes; /* of the properties, their length field in front */
	size_t len;
} bad_props[] = {
	{"\x03\x26\x00\x09", 4}, /* a name longer than all */
	{"\x05\x26\x00\x01n\x00", 6}, /* a value without its length */
	{"\x7f", 1}, /* a length beyond the packet */
	{"\xff\xff\xff\x7f", 4},
	{"\xff\xff\xff\xff\x7f", 5}, /* and one of five bytes */
	{"\x80\x00", 2}, /* not the shortest form */
	{"\x01\x00", 2}, /* identifiers that do not exist */
	{"\x02\x7f\x00", 3},
	{"\x03\xff\xff\x00", 4},
	{"\x02\x02\x00", 3}, /* four bytes of which one is there */
	{"\x04\x03\x00\x01\xff", 5}, /* text that is none */
	{"\x05\x03\x00\x02o\x00", 6}, /* with a NUL */
	{"\x0a\x02\x00\x00\x00\x01\x02\x00\x00\x00\x01", 11}, /* twice */
	{"\x02\x01\x02", 3}, /* neither bytes nor text */
	{"\x05\x0b\xff\xff\xff\xff", 6}, /* an endless subscription identifier */
};

/* In one packet a property is not allowed at all, in another its value is wrong: test_props knows which is which. */
/* reason 0: malformed or against the protocol */
static void expect_refusal(struct mqtt_client *c, uint8_t reason)
{
	struct packet packet;
	uint8_t got = 0;
	while (mqtt_client_receive(c, &packet)) {
		if (packet.type == PACKET_DISCONNECT)
			got = packet.reason.reason;
		if (packet.type == PACKET_CONNACK)
			got = packet.connack.reason;
	}
	ck_assert_msg(got == reason || reason == 0, "reason 0x%02x, expected 0x%02x", got, reason);
	ck_assert(got == REASON_MALFORMED_PACKET || got == REASON_PROTOCOL_ERROR);
	mqtt_client_close(c);
}

START_TEST(malformed_properties_in_every_packet)
{
	setup();
	struct buf body = {0};
	for (size_t i = 0; i < sizeof bad_props / sizeof *bad_props; i++) {
		const void *props = bad_props[i].bytes;
		size_t len = bad_props[i].len;
		static const struct {
			uint8_t first;
			const char *before;
			size_t before_len;
		} packets[] = {
			{0x30, "\0\1t", 3},   {0x34, "\0\1t\0\1", 5},  {0x82, "\0\1", 2}, {0xa2, "\0\1", 2},
			{0x40, "\0\1\x10", 3}, {0x62, "\0\1\x92", 3},  {0xe0, "\x04", 1}, {0xf0, "\x19", 1},
		};
		for (size_t k = 0; k < sizeof packets / sizeof *packets; k++) {
			body.len = 0;
			ck_assert_int_eq(buf_append(&body, packets[k].before, packets[k].before_len), 0);
			ck_assert_int_eq(buf_append(&body, props, len), 0);
			mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
			send_body(&a, packets[k].first, body.data, body.len);
			expect_refusal(&a, 0);
		}
		/* in CONNECT and in its will */
		body.len = 0;
		buf_append(&body, "\0\4MQTT\5\2\0\0", 10);
		buf_append(&body, props, len);
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		send_body(&a, 0x10, body.data, body.len);
		expect_refusal(&a, 0);
		body.len = 0;
		buf_append(&body, "\0\4MQTT\5\6\0\0\0\0\1w", 14);
		buf_append(&body, props, len);
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		send_body(&a, 0x10, body.data, body.len);
		expect_refusal(&a, 0);
	}
	buf_finish(&body);
	teardown();
}
END_TEST

/* A will, and a CONNECT that fails after it was read. */
START_TEST(wills_of_refused_connects_leave_nothing)
{
	static char payload[30000];
	memset(payload, 'w', sizeof payload);
	setup();
	size_t before = 0;
	for (int i = 0; i < 400; i++) {
		struct packet connect = mqtt_client_connect_packet(MQTT_V5, "a");
		connect.connect.has_will = true;
		connect.connect.will.topic = span_str(i % 2 ? "$SYS/mine" : "ok");
		connect.connect.will.payload = span_of(payload, sizeof payload);
		connect.connect.will.props.content_type = span_of("\xff", i % 4 == 0);
		props_set(&connect.connect.will.props, PROP_CONTENT_TYPE);
		if (i % 4 == 2) { /* no such method; not the will is at fault */
			connect.connect.props.auth_method = span_str("none");
			props_set(&connect.connect.props, PROP_AUTH_METHOD);
		}
		ck_assert_uint_ge(mqtt_client_login(&a, fixture.port, &connect).connack.reason, 0x80);
		expect_closed(&a);
		if (i == 20)
			before = heap_bytes();
	}
	ck_assert_uint_lt(heap_growth(before), 300 * 1024); /* of 11 MB */
	teardown();
}
END_TEST

/* --- packets that end too early --------------------------------------------------------------- */

START_TEST(publish_cut_before_its_packet_id)
{
	static const struct {
		const char *body;
		size_t len;
	} cuts[] = {{"", 0}, {"\0", 1}, {"\0\1", 2}, {"\0\1t", 3}, {"\0\1t\0", 4}, {"\0\1t\0\0", 5}, {"\0\1t\0\0\0", 6},
		    {"\xff\xfft", 3}};
	setup();
	for (int qos = 1; qos <= 2; qos++)
		for (int version = MQTT_V31; version <= MQTT_V5; version++)
			for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
				mqtt_client_start(&a, fixture.port, (uint8_t)version, "a");
				send_body(&a, (uint8_t)(0x30 | qos << 1), cuts[i].body, cuts[i].len);
				if (version == MQTT_V5)
					expect_refusal(&a, 0);
				else
					expect_closed(&a);
			}
	teardown();
}
END_TEST

/* Every packet of a client, its length field right, its body cut at every byte: never a read beyond it (the
 * sanitizers watch), never an effect. */
START_TEST(truncated_subscribe_and_others)
{
	static const struct {
		uint8_t first;
		const char *body;
		size_t len;
	} whole[] = {
		{0x82, "\0\1\7\x0b\5\x26\0\0\0\0\0\3a/b\1", 16},
		{0xa2, "\0\1\0\0\3a/b", 8},
		{0x32, "\0\1t\0\1\5\2\0\0\0\1", 11},
		{0x10, "\0\4MQTT\5\xc6\0\0\5\x11\0\0\0\1\0\1c\5\x18\0\0\0\1\0\1w\0\1p\0\1u\0\1p", 37},
	};
	setup();
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		for (size_t cut = 0; cut < whole[i].len; cut++) {
			if (whole[i].first == 0x10)
				mqtt_client_open(&a, fixture.port, MQTT_V5);
			else
				mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
			send_body(&a, whole[i].first, whole[i].body, cut);
			struct packet packet;
			while (mqtt_client_receive(&a, &packet))
				ck_assert_msg((packet.type == PACKET_DISCONNECT && packet.reason.reason >= 0x80) ||
						      (packet.type == PACKET_CONNACK && packet.connack.reason >= 0x80),
					      "packet %zu cut at %zu: type %d", i, cut, packet.type);
			mqtt_client_close(&a);
		}
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1 && stats.subscriptions == 1 && stats.sessions == 1);
	teardown();
}
END_TEST

START_TEST(zero_length_topics)
{
	setup();
	for (int version = MQTT_V31; version <= MQTT_V5; version++) {
		mqtt_client_start(&a, fixture.port, (uint8_t)version, "a");
		send_body(&a, 0x31, "\0\0\0x", 4); /* retained, QoS 0 */
		if (version == MQTT_V5)
			expect_refusal(&a, REASON_PROTOCOL_ERROR);
		else
			expect_closed(&a);
		mqtt_client_start(&a, fixture.port, (uint8_t)version, "a");
		send_body(&a, 0x82, version == MQTT_V5 ? "\0\1\0\0\0\0" : "\0\1\0\0\0", version == MQTT_V5 ? 6 : 5);
		if (version == MQTT_V5)
			expect_refusal(&a, REASON_MALFORMED_PACKET);
		else
			expect_closed(&a);
	}
	/* and a will of no topic */
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	send_body(&a, 0x10, "\0\4MQTT\5\6\0\0\0\0\1c\0\0\0\0\0", 19);
	struct packet packet;
	while (mqtt_client_receive(&a, &packet))
		ck_assert(packet.type == PACKET_CONNACK && packet.connack.reason >= 0x80);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0);
	teardown();
}
END_TEST

/* --- 65,000 slashes ------------------------------------------------------------------------------ */

static char slashes[65001];

static const char *deep(int kind)
{
	for (size_t i = 0; i < sizeof slashes - 1; i++)
		slashes[i] = kind == 0 || i % 2 ? '/' : kind == 1 ? 'a' : '+';
	if (kind == 2) /* "+/+/…/+" ends in "/": let "#" follow */
		slashes[sizeof slashes - 2] = '#', slashes[sizeof slashes - 3] = '/';
	slashes[sizeof slashes - 1] = 0;
	return slashes;
}

START_TEST(slashes_in_topics_filters_and_wills)
{
	setup();
	for (int kind = 0; kind < 2; kind++) {
		const char *topic = deep(kind);
		mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
		mqtt_client_publish(&a, topic, "x", 1, true);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.reason, REASON_TOPIC_NAME_INVALID);
		ck_assert_uint_eq(mqtt_client_subscribe(&a, topic, 1), REASON_TOPIC_FILTER_INVALID);
		mqtt_client_start(&a, fixture.port, MQTT_V311, "a");
		mqtt_client_publish(&a, topic, "x", 1, true);
		mqtt_client_expect(&a, PACKET_PUBACK); /* cannot be told */
		ck_assert_uint_eq(mqtt_client_subscribe(&a, topic, 1), 0x80);
		struct packet connect = mqtt_client_connect_packet(MQTT_V5, "a");
		connect.connect.has_will = true;
		connect.connect.will.topic = span_str(topic);
		ck_assert_uint_eq(mqtt_client_login(&b, fixture.port, &connect).connack.reason,
				  REASON_TOPIC_NAME_INVALID);
	}
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	const char *filter = deep(2);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, filter, 1), REASON_TOPIC_FILTER_INVALID);
	static uint8_t entry[65002];
	struct wire_writer w = {.data = entry, .cap = sizeof entry};
	wire_write_binary(&w, span_str(filter));
	mqtt_client_send(&a, &(struct packet){.type = PACKET_UNSUBSCRIBE,
					      .subscribe = {.id = 9, .filters = span_of(entry, w.len), .count = 1}});
	ck_assert_uint_ge(*mqtt_client_expect(&a, PACKET_UNSUBACK).suback.codes.data, REASON_NO_SUBSCRIPTION_EXISTED);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0 && stats.subscriptions == 1);
	teardown();
}
END_TEST

/* --- user properties (CVE-2021-41039) --------------------------------------------------------------- */

static _Atomic uint64_t strings_read;

struct span __real_wire_read_string(struct wire_reader *r);
struct span __wrap_wire_read_string(struct wire_reader *r);

/* Stands in for the decoder's, and counts (the linker's --wrap). */
struct span __wrap_wire_read_string(struct wire_reader *r)
{
	strings_read++;
	return __real_wire_read_string(r);
}

/* Thousands of user properties are passed on in order, and each name and value is read only a few times: in
 * CONNECT where the socket was accepted and where the session lives, in PUBLISH once, and by the two clients here. */
START_TEST(thousands_of_user_properties)
{
	enum { COUNT = 20000 };
	setup();
	struct buf user = {0};
	for (int i = 0; i < COUNT; i++) {
		uint8_t pair[] = {PROP_USER_PROPERTY, 0, 1, 'n', 0, 2, (uint8_t)(i >> 7 & 0x7f), (uint8_t)(i & 0x7f)};
		pair[6] |= pair[6] == 0;
		pair[7] |= pair[7] == 0;
		ck_assert_int_eq(buf_append(&user, pair, sizeof pair), 0);
	}
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "many/#", 0), 0);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "a");
	connect.connect.props.user = span_of(user.data, 12000 * 8); /* a CONNECT has 128 KiB at most */
	props_set(&connect.connect.props, PROP_USER_PROPERTY);
	strings_read = 0;
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, 0);
	ck_assert_uint_ge(strings_read, 2 * 12000);
	struct packet publish = {.type = PACKET_PUBLISH, .publish = {.topic = span_str("many/user")}};
	publish.publish.props.user = buf_span(&user);
	props_set(&publish.publish.props, PROP_USER_PROPERTY);
	mqtt_client_send(&a, &publish);
	struct packet got = mqtt_client_expect(&b, PACKET_PUBLISH);
	ck_assert(span_equal(got.publish.props.user, buf_span(&user)));
	mqtt_client_expect_publish(&bystander, "many/user", "");
	ck_assert_uint_lt(strings_read, 2 * (2 * 12000 + 2 * COUNT) + 100);
	buf_finish(&user);
	teardown();
}
END_TEST

/* --- bad text: whose connection ends? ------------------------------------------------------------------ */

/* Bad UTF-8 in a topic must end its sender. In a payload, or in properties of a message that others get, it must
 * not end them. */
START_TEST(bad_text_ends_its_sender_alone)
{
	static const char *const bad[] = {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe2\x82", "\x80"};
	setup();
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "#", 1), 1);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		for (int version = MQTT_V31; version <= MQTT_V5; version++) {
			mqtt_client_start(&a, fixture.port, (uint8_t)version, "a");
			mqtt_client_publish(&a, bad[i], "x", 0, true);
			if (version == MQTT_V5)
				expect_refusal(&a, REASON_MALFORMED_PACKET);
			else
				expect_closed(&a);
			struct packet connect = mqtt_client_connect_packet((uint8_t)version, bad[i]);
			mqtt_client_open(&a, fixture.port, (uint8_t)version);
			mqtt_client_send(&a, &connect);
			expect_closed(&a);
			/* text that claims nothing about itself passes as it is */
			mqtt_client_start(&a, fixture.port, (uint8_t)version, "a");
			mqtt_client_publish(&a, "payload", bad[i], 0, false);
			mqtt_client_expect_publish(&b, "payload", bad[i]);
			mqtt_client_expect_publish(&bystander, "payload", bad[i]);
			mqtt_client_close(&a);
		}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* Names with all that may stand in a topic or id, control characters and non-characters too, pass or end their sender;
 * no subscriber of another version is ever ended by them. */
START_TEST(odd_text_ends_nobody_else)
{
	static const char *const odd[] = {"a\x01" "b", "\x7f", "\xc2\x85", "\xef\xbf\xbf", "\xef\xbb\xbf/bom", "\xf4\x8f\xbf\xbf"};
	setup();
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "#", 0), 0);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct packet packet;
		mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
		mqtt_client_publish(&a, odd[i], "x", 1, false);
		ck_assert(mqtt_client_receive(&a, &packet));
		if (packet.type == PACKET_PUBACK && packet.ack.reason < 0x80) {
			mqtt_client_expect_publish(&b, odd[i], "x");
			mqtt_client_expect_publish(&bystander, odd[i], "x");
		}
		mqtt_client_expect_silence(&b);
		mqtt_client_expect_silence(&bystander);
	}
	teardown();
}
END_TEST

/* CVE-2024-10525: a SUBACK without reason codes crashed clients. Ours have one for each filter, good or bad. */
START_TEST(suback_has_a_code_for_each_filter)
{
	enum { MANY = 300 };
	static const char *const filters[] = {"good/+", "bad/+/filter/of/many/levels", "$share/g/t", "a/b/#", "$SYS/#"};
	uint8_t entries[MANY * 20];
	setup();
	for (int version = MQTT_V31; version <= MQTT_V5; version++)
		for (uint32_t count = 1; count <= MANY; count = count * 7 + 1) {
			struct wire_writer w = {.data = entries, .cap = sizeof entries};
			for (uint32_t i = 0; i < count; i++) {
				wire_write_binary(&w, span_str(filters[(i + count) % 5]));
				wire_write_u8(&w, (uint8_t)(i % 3));
			}
			mqtt_client_start(&a, fixture.port, (uint8_t)version, "a");
			mqtt_client_send(&a, &(struct packet){.type = PACKET_SUBSCRIBE,
							      .subscribe = {.id = 8, .filters = span_of(entries, w.len),
									    .count = count}});
			ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_SUBACK).suback.codes.len, count);
		}
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		announced_length_before_connect_takes_no_memory,
		strangers_hold_no_more_than_a_connect,
		malformed_properties_in_every_packet,
		wills_of_refused_connects_leave_nothing,
		publish_cut_before_its_packet_id,
		truncated_subscribe_and_others,
		zero_length_topics,
		slashes_in_topics_filters_and_wills,
		thousands_of_user_properties,
		bad_text_ends_its_sender_alone,
		odd_text_ends_nobody_else,
		suback_has_a_code_for_each_filter,
	};
	return suite_run("regress_input", tests, sizeof tests / sizeof *tests);
}

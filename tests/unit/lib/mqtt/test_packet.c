/* Packets: round trips in every version, every truncation and bit flip of
 * them, and every rule that one packet alone can break. */
#include "mqtt/packet.h"

#include <check.h>
#include <stdlib.h>

#include "base/err.h"
#include "mqtt/reason.h"
#include "packets.h"
#include "support/packet_equal.h"

/* A frame around a copy of exactly the body's bytes, so that ASan sees every
 * over-read. Free frame.body.data through *memory_r. */
static struct wire_frame exact_frame(uint8_t first, const uint8_t *body, size_t len, uint8_t **memory_r)
{
	*memory_r = malloc(len ? len : 1);
	memcpy(*memory_r, body, len);
	return (struct wire_frame){.type = first >> 4, .flags = first & 15, .body = span_of(*memory_r, len),
				   .size = len};
}

/* What decodes, encodes, and then decodes to the same. */
static void check_round_trip(const struct packet *p, uint8_t version)
{
	uint8_t bytes[256];
	struct wire_writer w = {.data = bytes, .cap = sizeof bytes};
	ck_assert_int_eq(packet_encode(&w, p, version), 0);
	ck_assert_uint_eq(packet_size(p, version), w.len);
	struct wire_frame frame;
	ck_assert_int_eq(wire_next(span_of(bytes, w.len), w.len, &frame), 0);
	struct packet again;
	ck_assert_int_eq(packet_decode(&frame, version, &again), 0);
	ck_assert(packets_equal(p, &again));
}

static int decode_exact(const char *bytes, size_t len, uint8_t version)
{
	uint8_t *memory = malloc(len);
	memcpy(memory, bytes, len);
	struct wire_frame frame;
	struct packet p;
	int err = wire_next(span_of(memory, len), len, &frame);
	ck_assert(err || frame.size == len);
	if (!err)
		err = packet_decode(&frame, version, &p);
	if (!err)
		check_round_trip(&p, version);
	free(memory);
	return err;
}

START_TEST(samples_go_out_as_they_came)
{
	const struct sample *s = &samples[_i];
	struct wire_frame frame;
	ck_assert_int_eq(wire_next(span_of(s->bytes, s->len), s->len, &frame), 0);
	ck_assert_uint_eq(frame.size, s->len);
	struct packet p;
	memset(&p, 0xa5, sizeof p); /* nothing may depend on what was there before */
	ck_assert_msg(packet_decode(&frame, s->version, &p) == 0, "%s (%d)", s->name, s->version);
	uint8_t bytes[256] = {0};
	struct wire_writer w = {.data = bytes, .cap = s->len};
	ck_assert_msg(packet_encode(&w, &p, s->version) == 0, "%s (%d)", s->name, s->version);
	ck_assert_uint_eq(packet_size(&p, s->version), s->len);
	ck_assert_uint_eq(w.len, s->len);
	ck_assert_msg(memcmp(bytes, s->bytes, s->len) == 0, "%s (%d)", s->name, s->version);
	/* one byte less of room, and nothing is written */
	uint8_t untouched = 0x55;
	w = (struct wire_writer){.data = &untouched, .cap = s->len - 1};
	ck_assert_int_eq(packet_encode(&w, &p, s->version), ERR_TOO_LARGE);
	ck_assert_uint_eq(w.len, 0);
	ck_assert_int_eq(w.failed, 0);
	ck_assert_uint_eq(untouched, 0x55);
}
END_TEST

START_TEST(truncated_streams_are_incomplete)
{
	const struct sample *s = &samples[_i];
	for (size_t len = 0; len < s->len; len++) {
		struct wire_frame frame;
		uint8_t *memory = malloc(len ? len : 1);
		memcpy(memory, s->bytes, len);
		ck_assert_int_eq(wire_next(span_of(memory, len), s->len, &frame), ERR_AGAIN);
		ck_assert(frame.size == 0 || frame.size == s->len);
		free(memory);
	}
}
END_TEST

/* A packet cut short that says so in its length is refused, or it is another
 * valid packet (a shorter payload, a reason left out). */
START_TEST(truncated_packets_are_refused)
{
	const struct sample *s = &samples[_i];
	for (size_t len = 0; len < s->len - 2; len++) {
		uint8_t *memory;
		struct wire_frame frame = exact_frame((uint8_t)s->bytes[0], (const uint8_t *)s->bytes + 2, len, &memory);
		struct packet p;
		int err = packet_decode(&frame, s->version, &p);
		ck_assert(err == 0 || err == ERR_MALFORMED || err == ERR_PROTOCOL);
		bool may_be_shorter = p.type == PACKET_PUBLISH || p.type == PACKET_SUBSCRIBE ||
				      p.type == PACKET_UNSUBSCRIBE || p.type == PACKET_SUBACK ||
				      p.type == PACKET_UNSUBACK || s->version == MQTT_V31 ||
				      (s->version == MQTT_V5 && p.type >= PACKET_PUBACK);
		ck_assert_msg(err || may_be_shorter, "%s (%d) cut to %zu", s->name, s->version, len);
		if (!err)
			check_round_trip(&p, s->version);
		free(memory);
	}
}
END_TEST

/* And one that goes on behind its end. */
START_TEST(trailing_bytes_are_refused)
{
	const struct sample *s = &samples[_i];
	uint8_t longer[128];
	memcpy(longer, s->bytes + 2, s->len - 2);
	longer[s->len - 2] = 0xfe; /* no reason, no filter's length, no property */
	uint8_t *memory;
	struct wire_frame frame = exact_frame((uint8_t)s->bytes[0], longer, s->len - 1, &memory);
	struct packet p;
	int err = packet_decode(&frame, s->version, &p);
	ck_assert_msg((err == 0) == (p.type == PACKET_PUBLISH), "%s (%d)", s->name, s->version);
	free(memory);
}
END_TEST

START_TEST(bit_flips_never_harm)
{
	const struct sample *s = &samples[_i];
	for (size_t bit = 0; bit < s->len * 8; bit++) {
		uint8_t flipped[128];
		memcpy(flipped, s->bytes, s->len);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		for (uint8_t version = MQTT_V31; version <= MQTT_V5; version++) {
			struct wire_frame frame;
			if (wire_next(span_of(flipped, s->len), 4096, &frame))
				continue;
			uint8_t *memory;
			frame = exact_frame(flipped[0], frame.body.data, frame.body.len, &memory);
			struct packet p;
			if (packet_decode(&frame, version, &p) == 0)
				check_round_trip(&p, version);
			free(memory);
		}
	}
}
END_TEST

#define BAD(version, err, bytes) {bytes, sizeof bytes - 1, version, err}

/* The rules, by statement. Each packet breaks one. */
static const struct {
	const char *bytes;
	size_t len;
	uint8_t version;
	int err;
} bad[] = {
	/* 2.1.3-1: reserved flags of the fixed header */
	BAD(4, ERR_MALFORMED, "\x11\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"),
	BAD(5, ERR_MALFORMED, "\x48\x02\x00\x0a"),
	BAD(5, ERR_MALFORMED, "\x60\x02\x00\x0a"), /* 3.6.1-1 */
	BAD(4, ERR_MALFORMED, "\x6a\x02\x00\x0a"),
	BAD(3, ERR_MALFORMED, "\x60\x02\x00\x0a"),
	BAD(5, ERR_MALFORMED, "\x80\x07\x00\x01\x00\x00\x01#\x00"), /* 3.8.1-1 */
	BAD(5, ERR_MALFORMED, "\xa0\x06\x00\x01\x00\x00\x01#"),     /* 3.10.1-1 */
	BAD(4, ERR_MALFORMED, "\xc1\x00"),
	BAD(4, ERR_MALFORMED, "\xe1\x00"), /* 3.14.1-1 */
	BAD(5, ERR_MALFORMED, "\xf1\x00"), /* 3.15.1-1 */
	/* 3.1.2-1, 3.1.2-2: names and levels */
	BAD(5, ERR_UNSUPPORTED, "\x10\x0c\x00\x04MQTX\x04\x02\x00\x3c\x00\x00"),
	BAD(5, ERR_UNSUPPORTED, "\x10\x0c\x00\x04MQTT\x03\x02\x00\x3c\x00\x00"),
	BAD(5, ERR_UNSUPPORTED, "\x10\x0c\x00\x04MQTT\x06\x02\x00\x3c\x00\x00"),
	BAD(5, ERR_UNSUPPORTED, "\x10\x0c\x00\x04MQTT\x84\x02\x00\x3c\x00\x00"),
	BAD(5, ERR_UNSUPPORTED, "\x10\x0e\x00\x06MQIsdp\x04\x02\x00\x3c\x00\x00"),
	/* CONNECT's flags: reserved (3.1.2-3), will QoS 3 (3.1.2-12), will QoS and
	 * retain without a will (3.1.2-11, 3.1.2-13), password without a name */
	BAD(4, ERR_MALFORMED, "\x10\x0c\x00\x04MQTT\x04\x03\x00\x3c\x00\x00"),
	BAD(5, ERR_MALFORMED, "\x10\x0d\x00\x04MQTT\x05\x03\x00\x3c\x00\x00\x00"),
	BAD(5, ERR_MALFORMED, "\x10\x13\x00\x04MQTT\x05\x1e\x00\x3c\x00\x00\x00\x00\x00\x01t\x00\x00"),
	BAD(5, ERR_MALFORMED, "\x10\x0d\x00\x04MQTT\x05\x0a\x00\x3c\x00\x00\x00"),
	BAD(5, ERR_MALFORMED, "\x10\x0d\x00\x04MQTT\x05\x22\x00\x3c\x00\x00\x00"),
	BAD(4, ERR_MALFORMED, "\x10\x0f\x00\x04MQTT\x04\x42\x00\x3c\x00\x00\x00\x01p"),
	/* will topics: empty, wildcard; client id no UTF-8 (3.1.3-4); user name
	 * no UTF-8 (3.1.3-12) */
	BAD(4, ERR_MALFORMED, "\x10\x10\x00\x04MQTT\x04\x06\x00\x3c\x00\x00\x00\x00\x00\x00"),
	BAD(4, ERR_MALFORMED, "\x10\x11\x00\x04MQTT\x04\x06\x00\x3c\x00\x00\x00\x01#\x00\x00"),
	BAD(4, ERR_MALFORMED, "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01\xff"),
	BAD(4, ERR_MALFORMED, "\x10\x0f\x00\x04MQTT\x04\x82\x00\x3c\x00\x00\x00\x01\xff"),
	/* §3.1.2.11.10: authentication data without a method */
	BAD(5, ERR_PROTOCOL, "\x10\x11\x00\x04MQTT\x05\x02\x00\x3c\x04\x16\x00\x01x\x00\x00"),
	/* a will property among CONNECT's */
	BAD(5, ERR_MALFORMED, "\x10\x12\x00\x04MQTT\x05\x02\x00\x3c\x05\x18\x00\x00\x00\x01\x00\x00"),
	/* CONNACK: reserved flags (3.2.2-1), session with a refusal (3.2.2-6), codes */
	BAD(5, ERR_MALFORMED, "\x20\x03\x02\x00\x00"),
	BAD(5, ERR_PROTOCOL, "\x20\x03\x01\x87\x00"),
	BAD(5, ERR_PROTOCOL, "\x20\x03\x00\x01\x00"),
	BAD(5, ERR_MALFORMED, "\x20\x02\x00\x00"),
	BAD(4, ERR_MALFORMED, "\x20\x02\x02\x00"),
	BAD(4, ERR_PROTOCOL, "\x20\x02\x01\x05"),
	BAD(4, ERR_PROTOCOL, "\x20\x02\x00\x06"),
	/* PUBLISH: QoS 3 (3.3.1-4), DUP at QoS 0 (3.3.1-2), id 0 (2.2.1-3), id cut off */
	BAD(5, ERR_MALFORMED, "\x36\x07\x00\x01t\x00\x01\x00x"),
	BAD(4, ERR_MALFORMED, "\x36\x05\x00\x01t\x00\x01"),
	BAD(5, ERR_MALFORMED, "\x38\x04\x00\x01t\x00"),
	BAD(5, ERR_PROTOCOL, "\x32\x06\x00\x01t\x00\x00\x00"),
	BAD(4, ERR_PROTOCOL, "\x34\x05\x00\x01t\x00\x00"),
	BAD(4, ERR_MALFORMED, "\x32\x04\x00\x01t\x00"),
	/* topics: none (4.7.3-1, §3.3.2.1), wildcards (3.3.2-2), NUL, no UTF-8 */
	BAD(4, ERR_PROTOCOL, "\x30\x03\x00\x00x"),
	BAD(5, ERR_PROTOCOL, "\x30\x03\x00\x00\x00"),
	BAD(5, ERR_MALFORMED, "\x30\x06\x00\x03" "a/+\x00"),
	BAD(4, ERR_MALFORMED, "\x30\x03\x00\x01#"),
	BAD(4, ERR_MALFORMED, "\x30\x05\x00\x03" "a\x00" "b"),
	BAD(4, ERR_MALFORMED, "\x30\x05\x00\x03\xed\xa0\x80"),
	BAD(4, ERR_MALFORMED, "\x30\x04\x00\x03" "ab"),
	/* alias 0 (3.3.2-8), response topic with wildcards (3.3.2-14), property
	 * length past the packet */
	BAD(5, ERR_PROTOCOL, "\x30\x07\x00\x01t\x03\x23\x00\x00"),
	BAD(5, ERR_PROTOCOL, "\x30\x08\x00\x01t\x04\x08\x00\x01#"),
	BAD(5, ERR_MALFORMED, "\x30\x06\x00\x01t\x03\x01\x00"),
	BAD(5, ERR_MALFORMED, "\x30\x03\x00\x01t"),
	/* acks: id 0, code of another packet, bytes behind the id in 3.x, reserved
	 * forms of properties */
	BAD(5, ERR_PROTOCOL, "\x40\x02\x00\x00"),
	BAD(4, ERR_PROTOCOL, "\x50\x02\x00\x00"),
	BAD(5, ERR_PROTOCOL, "\x40\x03\x00\x0a\x92"),
	BAD(5, ERR_PROTOCOL, "\x62\x03\x00\x0a\x10"),
	BAD(4, ERR_MALFORMED, "\x40\x03\x00\x0a\x00"),
	BAD(4, ERR_MALFORMED, "\x40\x01\x00"),
	BAD(5, ERR_MALFORMED, "\x40\x04\x00\x0a\x00\x01"),
	BAD(5, ERR_MALFORMED, "\x40\x05\x00\x0a\x00\x00\x00"),
	/* SUBSCRIBE: no filter (3.8.3-2), id 0, empty filter (4.7.3-1), bad filter,
	 * no options */
	BAD(5, ERR_PROTOCOL, "\x82\x03\x00\x01\x00"),
	BAD(4, ERR_PROTOCOL, "\x82\x02\x00\x01"),
	BAD(4, ERR_PROTOCOL, "\x82\x06\x00\x00\x00\x01#\x00"),
	BAD(4, ERR_MALFORMED, "\x82\x05\x00\x01\x00\x00\x00"),
	BAD(4, ERR_MALFORMED, "\x82\x07\x00\x01\x00\x02" "a#\x00"),
	BAD(4, ERR_MALFORMED, "\x82\x05\x00\x01\x00\x01#"),
	/* options: reserved (3.8.3-5), QoS 3, retain handling 3, no local on a shared
	 * subscription (3.8.3-4), 5.0's options in 3.1.1 */
	BAD(5, ERR_MALFORMED, "\x82\x07\x00\x01\x00\x00\x01#\x40"),
	BAD(5, ERR_MALFORMED, "\x82\x07\x00\x01\x00\x00\x01#\x80"),
	BAD(5, ERR_PROTOCOL, "\x82\x07\x00\x01\x00\x00\x01#\x03"),
	BAD(5, ERR_PROTOCOL, "\x82\x07\x00\x01\x00\x00\x01#\x30"),
	BAD(5, ERR_PROTOCOL, "\x82\x10\x00\x01\x00\x00\x0a$share/g/a\x04"),
	BAD(4, ERR_MALFORMED, "\x82\x06\x00\x01\x00\x01#\x03"),
	BAD(4, ERR_MALFORMED, "\x82\x06\x00\x01\x00\x01#\x04"),
	/* subscription identifier 0 and twice */
	BAD(5, ERR_PROTOCOL, "\x82\x09\x00\x01\x02\x0b\x00\x00\x01#\x00"),
	BAD(5, ERR_PROTOCOL, "\x82\x0b\x00\x01\x04\x0b\x01\x0b\x02\x00\x01#\x00"),
	/* SUBACK and UNSUBACK: codes (3.9.3-2), none, id 0 */
	BAD(5, ERR_PROTOCOL, "\x90\x04\x00\x01\x00\x11"),
	BAD(4, ERR_PROTOCOL, "\x90\x03\x00\x01\x03"),
	BAD(4, ERR_PROTOCOL, "\x90\x03\x00\x01\x87"),
	BAD(4, ERR_PROTOCOL, "\x90\x02\x00\x01"),
	BAD(4, ERR_PROTOCOL, "\x90\x03\x00\x00\x00"),
	BAD(4, ERR_MALFORMED, "\xb0\x03\x00\x01\x00"),
	BAD(5, ERR_PROTOCOL, "\xb0\x04\x00\x01\x00\x01"),
	/* UNSUBSCRIBE: no filter (3.10.3-2), empty filter, no UTF-8 (3.10.3-1) */
	BAD(5, ERR_PROTOCOL, "\xa2\x03\x00\x01\x00"),
	BAD(4, ERR_MALFORMED, "\xa2\x04\x00\x01\x00\x00"),
	BAD(4, ERR_MALFORMED, "\xa2\x05\x00\x01\x00\x01\xff"),
	/* PINGREQ, DISCONNECT, AUTH */
	BAD(4, ERR_MALFORMED, "\xc0\x01\x00"),
	BAD(4, ERR_MALFORMED, "\xe0\x01\x00"),
	BAD(5, ERR_PROTOCOL, "\xe0\x01\x01"),
	BAD(5, ERR_MALFORMED, "\xe0\x03\x00\x00\x00"),
	BAD(5, ERR_PROTOCOL, "\xe0\x0c\x00\x0a\x11\x00\x00\x00\x00\x11\x00\x00\x00\x00"),
	BAD(4, ERR_PROTOCOL, "\xf0\x00"),
	BAD(5, ERR_MALFORMED, "\xf0\x01\x18"),
	BAD(5, ERR_PROTOCOL, "\xf0\x02\x18\x00"), /* §3.15.2.2.2: without its method */
	BAD(5, ERR_PROTOCOL, "\xf0\x06\x01\x04\x15\x00\x01m"),
};

enum { BAD_PACKETS = sizeof bad / sizeof bad[0] };

START_TEST(broken_rules_are_named)
{
	int err = decode_exact(bad[_i].bytes, bad[_i].len, bad[_i].version);
	ck_assert_msg(err == bad[_i].err, "bad packet %d: %s instead of %s", _i, err_text(err),
		      err_text(bad[_i].err));
}
END_TEST

/* What looks odd and is right. */
START_TEST(odd_packets_are_taken)
{
#define GOOD(version, bytes) ck_assert_int_eq(decode_exact(bytes, sizeof bytes - 1, version), 0)
	GOOD(4, "\x10\x0c\x00\x04MQTT\x04\x00\x00\x00\x00\x00"); /* the broker answers with a CONNACK */
	GOOD(3, "\x10\x0e\x00\x06MQIsdp\x03\xc2\x00\x3c\x00\x00"); /* names missing: 3.1's old clients */
	GOOD(3, "\x11\x0e\x00\x06MQIsdp\x03\x03\x00\x3c\x00\x00");
	GOOD(3, "\x6a\x02\x00\x0a"); /* 3.1 sends PUBREL again with DUP */
	GOOD(3, "\x8a\x06\x00\x01\x00\x01#\x00");
	GOOD(3, "\x20\x02\xff\x00");
	GOOD(5, "\x40\x04\x00\x0a\x00\x00"); /* said in full */
	GOOD(5, "\xe0\x02\x00\x00");
	GOOD(5, "\x30\x09\x00\x01t\x04\x0b\x01\x0b\x02x"); /* several subscription identifiers */
	GOOD(5, "\x30\x0a\x00\x01t\x03\x23\xff\xff\x00\xff\x00");
	GOOD(4, "\x30\x03\x00\x01/");
#undef GOOD
}
END_TEST

START_TEST(connect_of_the_standard_says_this)
{
	struct wire_frame frame;
	ck_assert_int_eq(wire_next(span_of(samples[0].bytes, samples[0].len), SIZE_MAX, &frame), 0);
	struct packet p;
	ck_assert_int_eq(packet_decode(&frame, 0, &p), 0);
	const struct packet_connect *c = &p.connect;
	ck_assert_uint_eq(c->version, MQTT_V5);
	ck_assert(c->clean_start && c->has_username && c->has_password && c->has_will && !c->will.retain);
	ck_assert_uint_eq(c->will.qos, 1);
	ck_assert_uint_eq(c->keep_alive_s, 10);
	ck_assert_uint_eq(c->props.session_expiry_s, 10);
	ck_assert_uint_eq(c->will.props.will_delay_s, 60);
	ck_assert(span_is(c->client_id, "id") && span_is(c->will.topic, "t"));
	ck_assert(span_equal(c->will.payload, span_of("\x00\xff", 2)));
	ck_assert(span_is(c->username, "u") && span_is(c->password, "p"));
}
END_TEST

START_TEST(filters_are_walked_and_written)
{
	static const struct packet_filter wanted[] = {
		{.filter = {(const uint8_t *)"a/+", 3}, .qos = 2, .retain_as_published = true, .retain_handling = 2},
		{.filter = {(const uint8_t *)"#", 1}, .qos = 1, .no_local = true, .retain_handling = 1},
	};
	for (uint8_t version = MQTT_V31; version <= MQTT_V5; version++) {
		uint8_t list[32];
		struct wire_writer w = {.data = list, .cap = sizeof list};
		for (size_t i = 0; i < 2; i++)
			packet_write_filter(&w, PACKET_SUBSCRIBE, &wanted[i], version);
		struct packet p = {.type = PACKET_SUBSCRIBE, .subscribe = {.id = 1, .filters = span_of(list, w.len)}};
		uint8_t bytes[64];
		struct wire_writer out = {.data = bytes, .cap = sizeof bytes};
		ck_assert_int_eq(packet_encode(&out, &p, version), 0);
		struct wire_frame frame;
		ck_assert_int_eq(wire_next(span_of(bytes, out.len), SIZE_MAX, &frame), 0);
		ck_assert_int_eq(packet_decode(&frame, version, &p), 0);
		ck_assert_uint_eq(p.subscribe.count, 2);
		struct span cursor = p.subscribe.filters;
		struct packet_filter f;
		for (size_t i = 0; i < 2; i++) {
			ck_assert(packet_next_filter(&cursor, PACKET_SUBSCRIBE, version, &f));
			ck_assert(span_equal(f.filter, wanted[i].filter));
			ck_assert_uint_eq(f.qos, wanted[i].qos);
			ck_assert_int_eq(f.no_local, version == MQTT_V5 && wanted[i].no_local);
			ck_assert_int_eq(f.retain_as_published, version == MQTT_V5 && wanted[i].retain_as_published);
			ck_assert_uint_eq(f.retain_handling, version == MQTT_V5 ? wanted[i].retain_handling : 0);
		}
		ck_assert(!packet_next_filter(&cursor, PACKET_SUBSCRIBE, version, &f));
	}
}
END_TEST

START_TEST(publish_heads_leave_out_the_payload)
{
	for (int i = 0; i < SAMPLES; i++) {
		struct wire_frame frame;
		struct packet_publish p;
		if (wire_next(span_of(samples[i].bytes, samples[i].len), SIZE_MAX, &frame) ||
		    frame.type != PACKET_PUBLISH)
			continue;
		ck_assert_int_eq(packet_decode_publish(&frame, samples[i].version, &p), 0);
		uint8_t head[256];
		struct wire_writer w = {.data = head, .cap = samples[i].len - p.payload.len};
		ck_assert_int_eq(packet_encode_publish_head(&w, &p, p.payload.len, samples[i].version), 0);
		ck_assert_uint_eq(w.len, w.cap);
		ck_assert_mem_eq(head, samples[i].bytes, w.len);
		w = (struct wire_writer){.data = head, .cap = w.len - 1};
		ck_assert_int_eq(packet_encode_publish_head(&w, &p, p.payload.len, samples[i].version),
				 ERR_TOO_LARGE);
		ck_assert_uint_eq(w.len, 0);
	}
}
END_TEST

/* The largest packet of §2.1.4 is one byte short of the first refused one. */
START_TEST(sizes_end_at_the_limit)
{
	struct packet p = {.type = PACKET_PUBLISH, .publish = {.topic = span_str("t")}};
	p.publish.payload = (struct span){(const uint8_t *)"", WIRE_MAX_REMAINING - 3};
	ck_assert_uint_eq(packet_size(&p, MQTT_V311), (size_t)WIRE_MAX_REMAINING + 5);
	ck_assert_uint_eq(packet_size(&p, MQTT_V5), 0); /* one byte of property length more */
	uint8_t head[16];
	struct wire_writer w = {.data = head, .cap = sizeof head};
	ck_assert_int_eq(packet_encode_publish_head(&w, &p.publish, WIRE_MAX_REMAINING - 3, MQTT_V5), ERR_TOO_LARGE);
	ck_assert_int_eq(packet_encode_publish_head(&w, &p.publish, SIZE_MAX, MQTT_V5), ERR_TOO_LARGE);
	ck_assert_int_eq(packet_encode_publish_head(&w, &p.publish, WIRE_MAX_REMAINING - 3, MQTT_V311), 0);
	ck_assert_mem_eq(head, "\x30\xff\xff\xff\x7f\x00\x01t", 8);
	ck_assert_int_eq(packet_encode(&w, &p, MQTT_V5), ERR_TOO_LARGE);
}
END_TEST

static int encode(const struct packet *p, uint8_t version, uint8_t *bytes)
{
	struct wire_writer w = {.data = bytes, .cap = 64};
	return packet_encode(&w, p, version);
}

START_TEST(what_a_version_cannot_say_is_refused)
{
	uint8_t bytes[64];
	struct packet auth = {.type = PACKET_AUTH};
	ck_assert_int_eq(encode(&auth, MQTT_V311, bytes), ERR_INVALID);
	auth.reason.reason = REASON_CONTINUE_AUTHENTICATION;
	ck_assert_int_eq(encode(&auth, MQTT_V5, bytes), ERR_INVALID);
	struct packet bye = {.type = PACKET_DISCONNECT, .reason = {.reason = REASON_SESSION_TAKEN_OVER}};
	ck_assert_int_eq(encode(&bye, MQTT_V311, bytes), ERR_INVALID);
	ck_assert_int_eq(encode(&bye, MQTT_V5, bytes), 0);
	struct packet ack = {.type = PACKET_PUBACK, .ack = {.id = 1, .reason = REASON_NOT_AUTHORIZED}};
	ck_assert_int_eq(encode(&ack, MQTT_V311, bytes), ERR_INVALID);
	ack.ack.reason = REASON_NO_MATCHING_SUBSCRIBERS; /* a success: 3.x just leaves it out */
	ck_assert_int_eq(encode(&ack, MQTT_V311, bytes), 0);
	ck_assert_mem_eq(bytes, "\x40\x02\x00\x01", 4);
	ack.ack.reason = REASON_PACKET_ID_NOT_FOUND; /* PUBREL's */
	ck_assert_int_eq(encode(&ack, MQTT_V5, bytes), ERR_INVALID);
	ack.ack = (struct packet_ack){.id = 0};
	ck_assert_int_eq(encode(&ack, MQTT_V5, bytes), ERR_INVALID);
	struct packet publish = {.type = PACKET_PUBLISH, .publish = {.topic = span_str("t"), .qos = 1}};
	ck_assert_int_eq(encode(&publish, MQTT_V5, bytes), ERR_INVALID); /* no id */
	publish.publish.qos = 3;
	publish.publish.id = 1;
	ck_assert_int_eq(encode(&publish, MQTT_V5, bytes), ERR_INVALID);
	publish.publish = (struct packet_publish){.topic = span_str("t"), .dup = true};
	ck_assert_int_eq(encode(&publish, MQTT_V5, bytes), ERR_INVALID);
	publish.publish = (struct packet_publish){.props = {.topic_alias = 1}};
	props_set(&publish.publish.props, PROP_TOPIC_ALIAS);
	ck_assert_int_eq(encode(&publish, MQTT_V311, bytes), ERR_INVALID);
	ck_assert_int_eq(encode(&publish, MQTT_V5, bytes), 0);
	struct packet connect = {.type = PACKET_CONNECT, .connect = {.version = MQTT_V311, .has_password = true}};
	ck_assert_int_eq(encode(&connect, MQTT_V311, bytes), ERR_INVALID);
	connect.connect.version = MQTT_V5;
	ck_assert_int_eq(encode(&connect, MQTT_V311, bytes), 0); /* its own version counts */
	connect.connect.version = 6;
	ck_assert_int_eq(encode(&connect, MQTT_V5, bytes), ERR_INVALID);
	struct packet none = {.type = 0};
	ck_assert_int_eq(encode(&none, MQTT_V5, bytes), ERR_INVALID);
}
END_TEST

START_TEST(answers_are_put_into_words_of_3)
{
	uint8_t bytes[64];
	struct packet connack = {.type = PACKET_CONNACK, .connack = {.reason = REASON_NOT_AUTHORIZED}};
	ck_assert_int_eq(encode(&connack, MQTT_V311, bytes), 0);
	ck_assert_mem_eq(bytes, "\x20\x02\x00\x05", 4);
	static const uint8_t codes[] = {1, REASON_NOT_AUTHORIZED};
	struct packet suback = {.type = PACKET_SUBACK, .suback = {.id = 1, .codes = {codes, 2}}};
	ck_assert_int_eq(encode(&suback, MQTT_V311, bytes), 0);
	ck_assert_mem_eq(bytes, "\x90\x04\x00\x01\x01\x80", 6);
	suback.type = PACKET_UNSUBACK;
	ck_assert_int_eq(encode(&suback, MQTT_V311, bytes), 0);
	ck_assert_mem_eq(bytes, "\xb0\x02\x00\x01", 4);
	/* a 5.0 message for a 3.1.1 subscriber: its properties stay behind */
	struct packet publish = {.type = PACKET_PUBLISH, .publish = {.topic = span_str("t"), .props = {.payload_format = 1}}};
	props_set(&publish.publish.props, PROP_PAYLOAD_FORMAT);
	ck_assert_int_eq(encode(&publish, MQTT_V311, bytes), 0);
	ck_assert_mem_eq(bytes, "\x30\x03\x00\x01t", 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mqtt/packet");
	TCase *tcase = tcase_create("packet");
	tcase_add_loop_test(tcase, samples_go_out_as_they_came, 0, SAMPLES);
	tcase_add_loop_test(tcase, truncated_streams_are_incomplete, 0, SAMPLES);
	tcase_add_loop_test(tcase, truncated_packets_are_refused, 0, SAMPLES);
	tcase_add_loop_test(tcase, trailing_bytes_are_refused, 0, SAMPLES);
	tcase_add_loop_test(tcase, bit_flips_never_harm, 0, SAMPLES);
	tcase_add_loop_test(tcase, broken_rules_are_named, 0, BAD_PACKETS);
	tcase_add_test(tcase, odd_packets_are_taken);
	tcase_add_test(tcase, connect_of_the_standard_says_this);
	tcase_add_test(tcase, filters_are_walked_and_written);
	tcase_add_test(tcase, publish_heads_leave_out_the_payload);
	tcase_add_test(tcase, sizes_end_at_the_limit);
	tcase_add_test(tcase, what_a_version_cannot_say_is_refused);
	tcase_add_test(tcase, answers_are_put_into_words_of_3);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

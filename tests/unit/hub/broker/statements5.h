/* What the tests of MQTT 5.0's statements share: one broker, three clients, and the few
 * steps that they take again and again. */
#ifndef TESTS_BROKER_STATEMENTS5_H
#define TESTS_BROKER_STATEMENTS5_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mqtt/reason.h"
#include "support/broker_fixture.h"
#include "support/suite.h"

static struct broker_fixture fixture;
static struct mqtt_client a, b, c;

enum { LONG_S = 3600 }; /* a session's expiry or a delay that no test lives to see */

/* Bytes as a string literal, with the zeroes in it. */
#define BYTES(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}

#define SEND_BYTES(client, bytes) mqtt_client_send_raw((client), (bytes), sizeof(bytes) - 1)

/* The next packet must be these bytes. */
#define EXPECT_BYTES(client, bytes) expect_bytes((client), (bytes), sizeof(bytes) - 1)

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Puts a number or a span among properties. */
#define SET_PROP(props, id, field, value) ((props)->field = (value), props_set((props), (id)))

static inline void setup(unsigned workers)
{
	broker_fixture_start(&fixture, NULL, workers, NULL, NULL);
}

static inline void teardown(void)
{
	mqtt_client_close(&a);
	mqtt_client_close(&b);
	mqtt_client_close(&c);
	broker_fixture_stop(&fixture);
}

static inline void start(struct mqtt_client *client, const char *id)
{
	mqtt_client_start(client, fixture.port, MQTT_V5, id);
}

/* Connects with this CONNECT, which must be accepted. */
static inline struct packet_connack join(struct mqtt_client *client, const struct packet *connect)
{
	struct packet ack = mqtt_client_login(client, fixture.port, connect);
	ck_assert_msg(ack.connack.reason == 0, "CONNACK 0x%02x", ack.connack.reason);
	return ack.connack;
}

/* A CONNECT without clean start for a session that outlives its connection. */
static inline struct packet lasting(const char *id, uint32_t expiry_s)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, id);
	connect.connect.clean_start = false;
	SET_PROP(&connect.connect.props, PROP_SESSION_EXPIRY, session_expiry_s, expiry_s);
	return connect;
}

/* Connects to a lasting session; returns session present. */
static inline bool resume(struct mqtt_client *client, const char *id)
{
	struct packet connect = lasting(id, LONG_S);
	return join(client, &connect).session_present;
}

/* Closes without a word and waits until the broker has seen it; others stay connected. */
static inline void vanish(struct mqtt_client *client, unsigned others)
{
	mqtt_client_close(client);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == others);
}

/* Sends a CONNECT that must be refused: one CONNACK with this reason and without session, then the end. */
static inline void expect_refusal(struct mqtt_client *client, uint8_t reason)
{
	struct packet packet = mqtt_client_expect(client, PACKET_CONNACK);
	ck_assert_msg(packet.connack.reason == reason, "CONNACK 0x%02x, expected 0x%02x", packet.connack.reason,
		      reason);
	ck_assert(!packet.connack.session_present);
	ck_assert_msg(!mqtt_client_receive(client, &packet), "a packet of type %d came", packet.type);
	mqtt_client_close(client);
}

/* The broker must close the connection without a packet. */
static inline void expect_closed(struct mqtt_client *client)
{
	struct packet packet;
	ck_assert_msg(!mqtt_client_receive(client, &packet), "a packet of type %d came", packet.type);
	mqtt_client_close(client);
}

static inline void expect_bytes(struct mqtt_client *client, const void *bytes, size_t len)
{
	struct packet packet;
	ck_assert(mqtt_client_receive(client, &packet));
	ck_assert_uint_eq(client->frame_size, len);
	ck_assert_mem_eq(client->in.data, bytes, len);
}

/* A packet that breaks a rule, and the reason that its sender must be told. */
struct offence {
	struct span bytes;
	uint8_t reason;
};

/* Commits each offence from a connection of its own: DISCONNECT with the reason, then the end; b, a bystander that
 * has subscribed to everything, hears nothing. */
static inline void offend(const struct offence *offences, size_t count)
{
	start(&b, "bystander");
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "#", 0), 0);
	for (size_t i = 0; i < count; i++) {
		start(&a, "offender");
		mqtt_client_send_raw(&a, offences[i].bytes.data, offences[i].bytes.len);
		struct packet packet;
		ck_assert_msg(mqtt_client_receive(&a, &packet), "offence %zu: closed without a word", i);
		ck_assert_msg(packet.type == PACKET_DISCONNECT && packet.reason.reason == offences[i].reason,
			      "offence %zu: packet type %d, reason 0x%02x, expected 0x%02x", i, packet.type,
			      packet.reason.reason, offences[i].reason);
		ck_assert_msg(!mqtt_client_receive(&a, &packet), "offence %zu: goes on after DISCONNECT", i);
		mqtt_client_close(&a);
	}
	mqtt_client_expect_silence(&b);
}

/* A publisher's side of a message with packet id 1. Returns the reason code. */
static inline uint8_t finish_publish(struct mqtt_client *client, uint8_t qos)
{
	struct packet packet;
	if (qos == 0) {
		mqtt_client_expect_silence(client);
		return 0;
	}
	packet = mqtt_client_expect(client, qos == 1 ? PACKET_PUBACK : PACKET_PUBREC);
	ck_assert_uint_eq(packet.ack.id, 1);
	uint8_t reason = packet.ack.reason;
	if (qos == 1 || reason >= 0x80)
		return reason;
	mqtt_client_ack(client, PACKET_PUBREL, 1);
	packet = mqtt_client_expect(client, PACKET_PUBCOMP);
	ck_assert_uint_eq(packet.ack.id, 1);
	ck_assert_uint_eq(packet.ack.reason, 0);
	return reason;
}

/* Publishes and waits until the broker has done with it: what it sends to clients of the same worker is on
 * its way before this returns. Returns the reason code. */
static inline uint8_t publish(struct mqtt_client *client, const char *topic, const char *payload, uint8_t qos,
			      bool retain)
{
	mqtt_client_publish(client, topic, payload, qos, retain);
	return finish_publish(client, qos);
}

/* A PUBLISH to be given properties; packet id 1 for QoS > 0. */
static inline struct packet message_to(const char *topic, const char *payload, uint8_t qos)
{
	return (struct packet){.type = PACKET_PUBLISH,
			       .publish = {.qos = qos, .id = qos ? 1 : 0, .topic = span_str(topic),
					   .payload = span_str(payload)}};
}

static inline uint8_t publish_packet(struct mqtt_client *client, const struct packet *packet)
{
	mqtt_client_send(client, packet);
	return finish_publish(client, packet->publish.qos);
}

/* A subscriber's side of a message. */
static inline void finish_receive(struct mqtt_client *client, uint8_t qos, uint16_t id)
{
	if (qos == 1)
		mqtt_client_ack(client, PACKET_PUBACK, id);
	if (qos != 2)
		return;
	mqtt_client_ack(client, PACKET_PUBREC, id);
	struct packet packet = mqtt_client_expect(client, PACKET_PUBREL);
	ck_assert_uint_eq(packet.ack.id, id);
	ck_assert_uint_eq(packet.ack.reason, 0);
	mqtt_client_ack(client, PACKET_PUBCOMP, id);
}

/* Receives a message that must be this one and acknowledges it. What is returned has no spans. */
static inline struct packet_publish take(struct mqtt_client *client, const char *topic, const char *payload)
{
	struct packet_publish p = mqtt_client_expect_publish(client, topic, payload);
	struct packet_publish kept = {.dup = p.dup, .retain = p.retain, .qos = p.qos, .id = p.id};
	finish_receive(client, p.qos, p.id);
	return kept;
}

/* Subscribes with 5.0's options (a whole byte) and an identifier (0: none). Returns the reason code. */
static inline uint8_t subscribe_with(struct mqtt_client *client, const char *filter, uint8_t options, uint32_t sub_id)
{
	static uint8_t entry[70000];
	struct wire_writer w = {.data = entry, .cap = sizeof entry};
	wire_write_binary(&w, span_str(filter));
	wire_write_u8(&w, options);
	ck_assert(!w.failed);
	struct packet packet = {.type = PACKET_SUBSCRIBE,
				.subscribe = {.id = 77, .filters = span_of(entry, w.len), .count = 1}};
	if (sub_id)
		SET_PROP(&packet.subscribe.props, PROP_SUBSCRIPTION_ID, subscription_id, sub_id);
	mqtt_client_send(client, &packet);
	packet = mqtt_client_expect(client, PACKET_SUBACK);
	ck_assert_uint_eq(packet.suback.id, 77);
	ck_assert_uint_eq(packet.suback.codes.len, 1);
	return packet.suback.codes.data[0];
}

/* Options of a subscription beside its QoS, §3.8.3.1. */
enum { NO_LOCAL = 1 << 2, AS_PUBLISHED = 1 << 3, RETAINED_IF_NEW = 1 << 4, RETAINED_NEVER = 2 << 4 };

/* Unsubscribes from one filter, id 78. Returns the reason code. */
static inline uint8_t unsubscribe(struct mqtt_client *client, const char *filter)
{
	uint8_t entry[256];
	struct wire_writer w = {.data = entry, .cap = sizeof entry};
	wire_write_binary(&w, span_str(filter));
	ck_assert(!w.failed);
	mqtt_client_send(client, &(struct packet){.type = PACKET_UNSUBSCRIBE,
						  .subscribe = {.id = 78, .filters = span_of(entry, w.len), .count = 1}});
	struct packet packet = mqtt_client_expect(client, PACKET_UNSUBACK);
	ck_assert_uint_eq(packet.suback.id, 78);
	ck_assert_uint_eq(packet.suback.codes.len, 1);
	return packet.suback.codes.data[0];
}

/* Waits until this many seconds have passed for the broker: until the will of a session that lasts so long. */
static inline void let_pass(uint32_t seconds)
{
	struct mqtt_client glass = {0}, ear = {0};
	start(&ear, "ear");
	ck_assert_uint_eq(mqtt_client_subscribe(&ear, "hourglass", 0), 0);
	struct packet connect = lasting("hourglass", seconds);
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("hourglass");
	connect.connect.will.payload = span_str("empty");
	SET_PROP(&connect.connect.will.props, PROP_WILL_DELAY, will_delay_s, LONG_S);
	join(&glass, &connect);
	mqtt_client_close(&glass);
	mqtt_client_expect_publish(&ear, "hourglass", "empty");
	mqtt_client_stop(&ear, 0);
}

#endif

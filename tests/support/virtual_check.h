/* Check's way with the clients of a virtual broker. */
#ifndef TESTS_SUPPORT_VIRTUAL_CHECK_H
#define TESTS_SUPPORT_VIRTUAL_CHECK_H

#include <check.h>

#include "support/virtual_broker.h"

/* The next packet, which must be there and of this type; its spans are good until the next call. */
static inline struct packet virtual_expect(struct virtual_client *c, uint8_t type)
{
	struct packet packet;
	struct wire_frame frame;
	ck_assert_msg(virtual_client_receive(c, &packet, &frame), "nothing came, expected packet type %d", type);
	ck_assert_msg(packet.type == type, "packet type %d, expected %d", packet.type, type);
	return packet;
}

/* Nothing has come. */
static inline void virtual_expect_silence(struct virtual_client *c)
{
	struct packet packet;
	struct wire_frame frame;
	ck_assert_msg(!virtual_client_receive(c, &packet, &frame), "unexpected packet of type %d", packet.type);
}

/* A PUBLISH of this topic and payload. */
static inline struct packet_publish virtual_expect_publish(struct virtual_client *c, const char *topic,
							   const char *payload)
{
	struct packet packet = virtual_expect(c, PACKET_PUBLISH);
	ck_assert_msg(span_is(packet.publish.topic, topic) && span_is(packet.publish.payload, payload),
		      "%.*s: %.*s, expected %s: %s", (int)packet.publish.topic.len,
		      (const char *)packet.publish.topic.data, (int)packet.publish.payload.len,
		      (const char *)packet.publish.payload.data, topic, payload);
	return packet.publish;
}

/* Connects and returns the CONNACK. */
static inline struct packet virtual_login(struct virtual_client *c, const struct packet *connect)
{
	virtual_client_open(c, connect->connect.version);
	virtual_client_send(c, connect);
	return virtual_expect(c, PACKET_CONNACK);
}

/* A CONNECT of 5.0 with a clean start; expiry_s 0: the session ends with the connection. */
static inline struct packet virtual_connect(const char *id, uint32_t expiry_s)
{
	struct packet p = {.type = PACKET_CONNECT,
			   .connect = {.version = MQTT_V5, .clean_start = true, .client_id = span_str(id)}};
	p.connect.props.session_expiry_s = expiry_s;
	props_set(&p.connect.props, PROP_SESSION_EXPIRY);
	return p;
}

/* Subscribes to one filter and returns the reason code. */
static inline uint8_t virtual_subscribe(struct virtual_client *c, const char *filter, uint8_t qos)
{
	uint8_t entry[512];
	struct wire_writer w = {.data = entry, .cap = sizeof entry};
	wire_write_binary(&w, span_str(filter));
	wire_write_u8(&w, qos);
	virtual_client_send(c, &(struct packet){.type = PACKET_SUBSCRIBE,
						.subscribe = {.id = 77, .filters = span_of(entry, w.len), .count = 1}});
	struct packet ack = virtual_expect(c, PACKET_SUBACK);
	ck_assert_uint_eq(ack.suback.codes.len, 1);
	return ack.suback.codes.data[0];
}

/* Publishes; packet id 1 for QoS > 0, the answer is the caller's. */
static inline void virtual_publish(struct virtual_client *c, const char *topic, const char *payload, uint8_t qos,
				   bool retain)
{
	virtual_client_send(c, &(struct packet){.type = PACKET_PUBLISH,
						.publish = {.qos = qos, .retain = retain, .id = qos ? 1 : 0,
							    .topic = span_str(topic), .payload = span_str(payload)}});
}

/* Goes away without a word, and the broker has noticed. */
static inline void virtual_die(struct virtual_client *c)
{
	virtual_client_close(c);
	virtual_broker_settle();
}

#endif

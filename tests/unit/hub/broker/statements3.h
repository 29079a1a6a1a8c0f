/* What the tests of MQTT 3.1.1's statements share: one broker, three clients, and the few
 * steps that they take again and again. */
#ifndef TESTS_BROKER_STATEMENTS3_H
#define TESTS_BROKER_STATEMENTS3_H

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

/* Bytes as a string literal, sent as they stand. */
#define SEND_BYTES(client, bytes) mqtt_client_send_raw((client), (bytes), sizeof(bytes) - 1)

/* The next packet must be these bytes. */
#define EXPECT_BYTES(client, bytes) expect_bytes((client), (bytes), sizeof(bytes) - 1)

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
	mqtt_client_start(client, fixture.port, MQTT_V311, id);
}

/* Connects without clean session; returns session present. */
static inline bool resume(struct mqtt_client *client, const char *id)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, id);
	connect.connect.clean_start = false;
	struct packet ack = mqtt_client_login(client, fixture.port, &connect);
	ck_assert_uint_eq(ack.connack.reason, 0);
	return ack.connack.session_present;
}

/* Closes without a word, after all that was sent has been handled, and waits until the broker has seen it;
 * others stay connected. */
static inline void vanish(struct mqtt_client *client, unsigned others)
{
	struct packet packet = {.type = PACKET_PINGREQ};
	mqtt_client_send(client, &packet);
	while (packet.type != PACKET_PINGRESP)
		ck_assert(mqtt_client_receive(client, &packet));
	mqtt_client_close(client);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == others);
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

/* A publisher's side of a message with packet id 1. */
static inline void finish_publish(struct mqtt_client *client, uint8_t qos)
{
	if (qos == 0)
		mqtt_client_expect_silence(client);
	if (qos == 1)
		ck_assert_uint_eq(mqtt_client_expect(client, PACKET_PUBACK).ack.id, 1);
	if (qos != 2)
		return;
	ck_assert_uint_eq(mqtt_client_expect(client, PACKET_PUBREC).ack.id, 1);
	mqtt_client_ack(client, PACKET_PUBREL, 1);
	ck_assert_uint_eq(mqtt_client_expect(client, PACKET_PUBCOMP).ack.id, 1);
}

/* Publishes and waits until the broker has done with it: what it sends to clients of the same worker is on
 * its way before this returns. */
static inline void publish(struct mqtt_client *client, const char *topic, const char *payload, uint8_t qos,
			   bool retain)
{
	mqtt_client_publish(client, topic, payload, qos, retain);
	finish_publish(client, qos);
}

/* A subscriber's side of a message. */
static inline void finish_receive(struct mqtt_client *client, uint8_t qos, uint16_t id)
{
	if (qos == 1)
		mqtt_client_ack(client, PACKET_PUBACK, id);
	if (qos != 2)
		return;
	mqtt_client_ack(client, PACKET_PUBREC, id);
	ck_assert_uint_eq(mqtt_client_expect(client, PACKET_PUBREL).ack.id, id);
	mqtt_client_ack(client, PACKET_PUBCOMP, id);
}

/* Receives a message that must be this one and acknowledges it. */
static inline struct packet_publish take(struct mqtt_client *client, const char *topic, const char *payload)
{
	struct packet_publish p = mqtt_client_expect_publish(client, topic, payload);
	struct packet_publish kept = {.dup = p.dup, .retain = p.retain, .qos = p.qos, .id = p.id};
	finish_receive(client, p.qos, p.id);
	return kept;
}

/* Sends an UNSUBSCRIBE of one filter, id 78, and waits for its UNSUBACK. */
static inline void unsubscribe(struct mqtt_client *client, const char *filter)
{
	uint8_t entry[256];
	struct wire_writer w = {.data = entry, .cap = sizeof entry};
	wire_write_binary(&w, span_str(filter));
	ck_assert(!w.failed);
	mqtt_client_send(client, &(struct packet){.type = PACKET_UNSUBSCRIBE,
						  .subscribe = {.id = 78, .filters = span_of(entry, w.len)}});
	ck_assert_uint_eq(mqtt_client_expect(client, PACKET_UNSUBACK).suback.id, 78);
}

#endif

/* A plain MQTT client for tests: blocking, over TCP, built on lib/mqtt. It does
 * nothing by itself: no acknowledgement, no ping, so that a test can misbehave. Every wait ends
 * after MQTT_CLIENT_PATIENCE_MS, and then the test fails. */
#ifndef TESTS_SUPPORT_MQTT_CLIENT_H
#define TESTS_SUPPORT_MQTT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "mqtt/packet.h"

enum { MQTT_CLIENT_PATIENCE_MS = 30000 };

struct mqtt_client {
	int fd;
	uint8_t version;
	struct buf in;     /* received, first packet at the front */
	size_t frame_size; /* of the packet returned last: dropped at the next receive */
};

/* Connects the socket only, closing what was open before (zeroed: nothing). Fails the test when it cannot. */
void mqtt_client_open(struct mqtt_client *c, uint16_t port, uint8_t version);

/* Closes without a word. Zeroed and closed are fine. */
void mqtt_client_close(struct mqtt_client *c);

void mqtt_client_send(struct mqtt_client *c, const struct packet *packet);
void mqtt_client_send_raw(struct mqtt_client *c, const void *data, size_t len);

/* The next packet; its spans are good until the next receive. False: the broker has closed. */
bool mqtt_client_receive(struct mqtt_client *c, struct packet *packet_r);

/* Receives a packet that must be of this type. */
struct packet mqtt_client_expect(struct mqtt_client *c, enum packet_type type);

/* Receives until the broker closes; a 5.0 client must get a DISCONNECT with this reason first. */
void mqtt_client_expect_end(struct mqtt_client *c, uint8_t reason);

/* Pings: nothing else must have come before the answer. */
void mqtt_client_expect_silence(struct mqtt_client *c);

/* A CONNECT with this client id, clean start, no keep-alive; change it as needed. */
struct packet mqtt_client_connect_packet(uint8_t version, const char *client_id);

/* Opens, sends it, returns the CONNACK, which must have come. */
struct packet mqtt_client_login(struct mqtt_client *c, uint16_t port, const struct packet *connect);

/* The same with a plain CONNECT, which must be accepted. */
void mqtt_client_start(struct mqtt_client *c, uint16_t port, uint8_t version, const char *client_id);

/* Subscribes to one filter and returns the reason code. */
uint8_t mqtt_client_subscribe(struct mqtt_client *c, const char *filter, uint8_t qos);

/* Sends a PUBLISH with packet id 1 for QoS > 0. */
void mqtt_client_publish(struct mqtt_client *c, const char *topic, const char *payload, uint8_t qos, bool retain);

/* Sends PUBACK, PUBREC, PUBREL or PUBCOMP. */
void mqtt_client_ack(struct mqtt_client *c, enum packet_type type, uint16_t id);

/* Receives a PUBLISH that must carry this topic and payload. */
struct packet_publish mqtt_client_expect_publish(struct mqtt_client *c, const char *topic, const char *payload);

/* Says goodbye with this reason (5.0) and closes. */
void mqtt_client_stop(struct mqtt_client *c, uint8_t reason);

#endif

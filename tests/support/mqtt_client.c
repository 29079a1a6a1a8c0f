/* The test client. One thread at a time. */
#include "mqtt_client.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

enum { MAX_PACKET = 64 * 1024 * 1024, MAX_SUBSCRIBE_BYTES = 70000 };

void mqtt_client_open(struct mqtt_client *c, uint16_t port, uint8_t version)
{
	mqtt_client_close(c);
	c->version = version;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(c->fd, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ck_assert_int_eq(connect(c->fd, (struct sockaddr *)&to, sizeof to), 0);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

void mqtt_client_close(struct mqtt_client *c)
{
	if (c->fd > 0)
		close(c->fd);
	buf_finish(&c->in);
	*c = (struct mqtt_client){0};
}

void mqtt_client_send_raw(struct mqtt_client *c, const void *data, size_t len)
{
	const uint8_t *p = data;
	while (len) {
		ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return; /* the broker has closed; receive will tell */
		p += n;
		len -= (size_t)n;
	}
}

void mqtt_client_send(struct mqtt_client *c, const struct packet *packet)
{
	size_t size = packet_size(packet, c->version);
	ck_assert_uint_gt(size, 0);
	struct wire_writer w = {.data = malloc(size), .cap = size};
	ck_assert_ptr_nonnull(w.data);
	ck_assert_int_eq(packet_encode(&w, packet, c->version), 0);
	mqtt_client_send_raw(c, w.data, w.len);
	free(w.data);
}

/* Reads more; false at the end of the stream. */
static bool fill(struct mqtt_client *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	ck_assert_msg(poll(&p, 1, MQTT_CLIENT_PATIENCE_MS) == 1, "the broker keeps silent");
	ck_assert_int_eq(buf_reserve(&c->in, 65536), 0);
	ssize_t n = recv(c->fd, c->in.data + c->in.len, c->in.cap - c->in.len, 0);
	if (n <= 0)
		return false;
	c->in.len += (size_t)n;
	return true;
}

bool mqtt_client_receive(struct mqtt_client *c, struct packet *packet_r)
{
	buf_consume(&c->in, c->frame_size);
	c->frame_size = 0;
	for (;;) {
		struct wire_frame frame;
		int err = wire_next(buf_span(&c->in), MAX_PACKET, &frame);
		if (err == 0) {
			err = packet_decode(&frame, c->version, packet_r);
			ck_assert_msg(err == 0, "the broker sent a bad packet of type %d: %s", frame.type,
				      err_text(err));
			c->frame_size = frame.size;
			return true;
		}
		ck_assert_int_eq(err, ERR_AGAIN);
		if (!fill(c))
			return false;
	}
}

struct packet mqtt_client_expect(struct mqtt_client *c, enum packet_type type)
{
	struct packet packet;
	ck_assert_msg(mqtt_client_receive(c, &packet), "closed, expected packet type %d", type);
	ck_assert_msg(packet.type == type, "packet type %d, expected %d", packet.type, type);
	return packet;
}

void mqtt_client_expect_end(struct mqtt_client *c, uint8_t reason)
{
	struct packet packet;
	bool told = false;
	while (mqtt_client_receive(c, &packet)) {
		if (packet.type != PACKET_DISCONNECT)
			continue;
		ck_assert_msg(packet.reason.reason == reason, "reason 0x%02x, expected 0x%02x",
			      packet.reason.reason, reason);
		told = true;
	}
	ck_assert_int_eq(told, c->version == MQTT_V5);
	mqtt_client_close(c);
}

void mqtt_client_expect_silence(struct mqtt_client *c)
{
	mqtt_client_send(c, &(struct packet){.type = PACKET_PINGREQ});
	mqtt_client_expect(c, PACKET_PINGRESP);
}

struct packet mqtt_client_connect_packet(uint8_t version, const char *client_id)
{
	return (struct packet){
		.type = PACKET_CONNECT,
		.connect = {.version = version, .clean_start = true, .client_id = span_str(client_id)},
	};
}

struct packet mqtt_client_login(struct mqtt_client *c, uint16_t port, const struct packet *connect)
{
	mqtt_client_open(c, port, connect->connect.version);
	mqtt_client_send(c, connect);
	return mqtt_client_expect(c, PACKET_CONNACK);
}

void mqtt_client_start(struct mqtt_client *c, uint16_t port, uint8_t version, const char *client_id)
{
	struct packet connect = mqtt_client_connect_packet(version, client_id);
	struct packet ack = mqtt_client_login(c, port, &connect);
	ck_assert_uint_eq(ack.connack.reason, 0);
}

uint8_t mqtt_client_subscribe(struct mqtt_client *c, const char *filter, uint8_t qos)
{
	static uint8_t entry[MAX_SUBSCRIBE_BYTES];
	struct wire_writer w = {.data = entry, .cap = sizeof entry};
	wire_write_binary(&w, span_str(filter));
	wire_write_u8(&w, qos);
	struct packet packet = {.type = PACKET_SUBSCRIBE,
				.subscribe = {.id = 77, .filters = span_of(entry, w.len), .count = 1}};
	mqtt_client_send(c, &packet);
	packet = mqtt_client_expect(c, PACKET_SUBACK);
	ck_assert_uint_eq(packet.suback.id, 77);
	ck_assert_uint_eq(packet.suback.codes.len, 1);
	return packet.suback.codes.data[0];
}

void mqtt_client_publish(struct mqtt_client *c, const char *topic, const char *payload, uint8_t qos, bool retain)
{
	mqtt_client_send(c, &(struct packet){
				    .type = PACKET_PUBLISH,
				    .publish = {.qos = qos,
						.retain = retain,
						.id = qos ? 1 : 0,
						.topic = span_str(topic),
						.payload = span_str(payload)},
			    });
}

void mqtt_client_ack(struct mqtt_client *c, enum packet_type type, uint16_t id)
{
	mqtt_client_send(c, &(struct packet){.type = (uint8_t)type, .ack = {.id = id}});
}

struct packet_publish mqtt_client_expect_publish(struct mqtt_client *c, const char *topic, const char *payload)
{
	struct packet packet = mqtt_client_expect(c, PACKET_PUBLISH);
	ck_assert_msg(span_is(packet.publish.topic, topic), "topic %.*s, expected %s", (int)packet.publish.topic.len,
		      (const char *)packet.publish.topic.data, topic);
	ck_assert_msg(span_is(packet.publish.payload, payload), "payload %.*s, expected %s",
		      (int)packet.publish.payload.len, (const char *)packet.publish.payload.data, payload);
	return packet.publish;
}

void mqtt_client_stop(struct mqtt_client *c, uint8_t reason)
{
	mqtt_client_send(c, &(struct packet){.type = PACKET_DISCONNECT, .reason = {.reason = reason}});
	mqtt_client_close(c);
}

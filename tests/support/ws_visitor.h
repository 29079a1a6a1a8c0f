/* An MQTT client in WebSocket frames, whom another door has let in with a pass (net/stream.h): the web's part is played by the test, which hands
 * the socket over. */
#ifndef TESTS_SUPPORT_WS_VISITOR_H
#define TESTS_SUPPORT_WS_VISITOR_H

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/broker.h"
#include "net/stream_ws.h"
#include "support/mqtt_client.h"
#include "support/ws_client.h"

struct visitor {
	int fd;
	uint8_t version;
	struct buf raw, in; /* frames; packets */
	size_t taken;       /* of in: the packet returned last */
};

/* Comes through the door that the test is. */
static inline void visitor_come(struct visitor *v, struct broker *broker, const struct stream_pass *pass)
{
	static const struct sockaddr here = {.sa_family = AF_UNIX};
	int pair[2];
	struct stream *stream;
	*v = (struct visitor){.version = MQTT_V5};
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
	const struct stream_ws_config config = {.fd = pair[1], .peer = &here, .pass = pass};
	ck_assert_int_eq(stream_ws_create(&config, &stream), 0);
	broker_adopt(broker, stream);
	v->fd = pair[0];
}

static inline void visitor_leave(struct visitor *v)
{
	close(v->fd);
	buf_finish(&v->raw);
	buf_finish(&v->in);
}

static inline void visitor_send(struct visitor *v, const struct packet *packet)
{
	struct wire_writer w = {.cap = packet_size(packet, v->version)};
	struct buf frame = {0};
	w.data = malloc(w.cap);
	ck_assert_ptr_nonnull(w.data);
	ck_assert_int_eq(packet_encode(&w, packet, v->version), 0);
	ws_good(&frame, 0x82, w.data, w.len);
	ck_assert_int_eq(send(v->fd, frame.data, frame.len, MSG_NOSIGNAL), (ssize_t)frame.len);
	buf_finish(&frame);
	free(w.data);
}

static inline void visitor_unwrap(struct visitor *v)
{
	uint8_t first;
	const uint8_t *payload;
	size_t len, size;
	while ((size = ws_parse(v->raw.data, v->raw.len, &first, &payload, &len))) {
		if ((first & 15) == 2)
			ck_assert_int_eq(buf_append(&v->in, payload, len), 0);
		buf_consume(&v->raw, size);
	}
}

/* The next packet; false when the broker has closed. */
static inline bool visitor_receive(struct visitor *v, struct packet *packet_r)
{
	struct wire_frame frame;
	buf_consume(&v->in, v->taken);
	v->taken = 0;
	while (wire_next(buf_span(&v->in), 1 << 20, &frame)) {
		uint8_t data[4096];
		struct pollfd p = {v->fd, POLLIN, 0};
		ck_assert_int_eq(poll(&p, 1, MQTT_CLIENT_PATIENCE_MS), 1);
		ssize_t n = recv(v->fd, data, sizeof data, 0);
		if (n <= 0)
			return false;
		ck_assert_int_eq(buf_append(&v->raw, data, (size_t)n), 0);
		visitor_unwrap(v);
	}
	ck_assert_int_eq(packet_decode(&frame, v->version, packet_r), 0);
	v->taken = frame.size;
	return true;
}

/* The next packet of this type; others are passed over. */
static inline struct packet visitor_expect(struct visitor *v, enum packet_type type)
{
	struct packet packet;
	do
		ck_assert_msg(visitor_receive(v, &packet), "closed, expected packet type %d", type);
	while (packet.type != type); /* values of $SYS may come between */
	return packet;
}

#endif

/* What a connection has to say: packets into its output, as its client wants them, and the output into its stream. On the
 * worker's thread. */
#include "broker/connection.h"

#include "base/err.h"
#include "broker/session.h"

enum {
	HIGH_WATER = 256 * 1024, /* output that is written before more is added */
	FLUSH_ROUNDS = 4,        /* refills of the output of one connection in one turn */
	ANSWER_BYTES = 64,       /* connection.unread counts these */
	UNREAD_MAX = 1024,       /* then no more is asked: 64 KiB */
};

void connection_touch(struct connection *c)
{
	if (list_empty(&c->dirty))
		list_append(&c->worker->dirty, &c->dirty);
}

/* Who asks and does not read the answers is not listened to any more. */
static void count_answer(struct connection *c, size_t len)
{
	counter_add(&c->worker->counters.control_out, 1);
	connection_touch(c);
	if (!c->blocked || c->choked)
		return;
	size_t unread = c->unread + len / ANSWER_BYTES + 1;
	c->unread = unread < UNREAD_MAX ? (uint16_t)unread : UNREAD_MAX;
	if (unread >= UNREAD_MAX) {
		c->choked = true;
		stream_want_read(c->stream, false);
	}
}

void connection_send(struct connection *c, const void *data, size_t len)
{
	uint8_t *room = output_room(&c->output, &c->worker->pool, len);
	if (room)
		memcpy(room, data, len);
	else
		c->broken = true;
	count_answer(c, len);
}

/* Where in a packet of this type a reason is explained to people; 0: nowhere. */
static size_t explaining_at(uint8_t type)
{
	switch (type) {
	case PACKET_CONNACK:
		return offsetof(struct packet, connack.props);
	case PACKET_PUBACK:
	case PACKET_PUBREC:
	case PACKET_PUBREL:
	case PACKET_PUBCOMP:
		return offsetof(struct packet, ack.props);
	case PACKET_SUBACK:
	case PACKET_UNSUBACK:
		return offsetof(struct packet, suback.props);
	case PACKET_DISCONNECT:
	case PACKET_AUTH:
		return offsetof(struct packet, reason.props);
	default:
		return 0;
	}
}

/* The packet; or, where its explanations are not wanted or do not fit, a copy without them. */
static const struct packet *shorten(const struct connection *c, const struct packet *packet, struct packet *copy)
{
	const uint64_t explaining = UINT64_C(1) << PROP_REASON_STRING | UINT64_C(1) << PROP_USER_PROPERTY;
	size_t at = explaining_at(packet->type);
	if (!at || !(((const struct props *)(const void *)((const char *)packet + at))->present & explaining))
		return packet;
	bool wanted = !c->terse || packet->type == PACKET_CONNACK || packet->type == PACKET_DISCONNECT;
	if (wanted && packet_size(packet, c->version) <= c->max_packet_out)
		return packet;
	*copy = *packet;
	((struct props *)(void *)((char *)copy + at))->present &= ~explaining; /* MQTT-3.2.2-19, MQTT-3.4.2-2 and their like */
	return copy;
}

bool connection_send_packet(struct connection *c, const struct packet *whole)
{
	struct packet copy;
	const struct packet *packet = c->version == MQTT_V5 ? shorten(c, whole, &copy) : whole;
	size_t size = packet_size(packet, c->version);
	if (size > c->max_packet_out) /* MQTT-3.1.2-24 */
		return false;
	uint8_t *room = output_room(&c->output, &c->worker->pool, size);
	struct wire_writer w = {.data = room, .cap = size};
	if (!room || packet_encode(&w, packet, c->version) || w.len != size)
		c->broken = true;
	count_answer(c, size);
	return true;
}

/* Writes what is there, and waits for the socket when it is full. */
static void write_out(struct connection *c)
{
	uint64_t written;
	int err = output_write(&c->output, &c->worker->pool, c->stream, &written);
	counter_add(&c->worker->counters.bytes_out, (int64_t)written);
	if (err && err != ERR_AGAIN) {
		c->broken = true;
		connection_touch(c);
		return;
	}
	bool blocked = err == ERR_AGAIN;
	if (blocked != c->blocked) {
		c->blocked = blocked;
		stream_want_write(c->stream, blocked);
	}
	if (!blocked)
		c->unread = 0;
	if (!blocked && c->choked)
		connection_unchoke(c);
}

bool connection_ready(struct connection *c)
{
	if (c->blocked || c->ending || c->broken)
		return false;
	if (c->output.bytes < HIGH_WATER)
		return true;
	write_out(c);
	return !c->blocked && !c->broken;
}

void connection_flush(struct connection *c)
{
	for (unsigned round = 0; round < FLUSH_ROUNDS; round++) {
		if (c->output.bytes || c->blocked)
			write_out(c);
		if (c->blocked || c->broken || !c->session || !session_has_backlog(c->session))
			return;
		session_pump(c->session);
		if (c->output.bytes == 0 && !session_has_backlog(c->session))
			return;
	}
	c->more = true;
}

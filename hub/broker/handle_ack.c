/* PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 5.0 §4.3). On the worker's thread. */
#include "broker/handle.h"
#include "broker/session.h"

static void send_ack(struct connection *c, uint8_t type, uint16_t id, uint8_t reason)
{
	uint8_t flags = type == PACKET_PUBREL ? 2 : 0;
	uint8_t ack[] = {(uint8_t)(type << 4 | flags), 2, (uint8_t)(id >> 8), (uint8_t)id, reason};
	if (c->version == MQTT_V5 && reason != REASON_SUCCESS)
		ack[1] = 3;
	connection_send(c, ack, 2u + ack[1]);
}

/* Something left the send window: the next may go. */
static void end(struct connection *c, uint16_t id)
{
	inflight_end(&c->session->inflight, id);
	if (session_is_behind(c->session))
		session_pump(c->session);
}

static void on_puback(struct connection *c, uint16_t id)
{
	struct delivery *item = inflight_find(&c->session->inflight, id);
	if (item && item->state == INFLIGHT_PUBACK)
		end(c, id);
	/* else: an acknowledgement for what we have forgotten, or never sent, changes nothing */
}

static void on_pubrec(struct connection *c, uint16_t id, uint8_t reason)
{
	struct delivery *item = inflight_find(&c->session->inflight, id);
	if (!item || item->state == INFLIGHT_PUBACK) {
		if (reason < 0x80)
			send_ack(c, PACKET_PUBREL, id, REASON_PACKET_ID_NOT_FOUND);
		return;
	}
	if (reason >= 0x80) { /* the client does not want it: §4.3.3 ends the handshake here */
		end(c, id);
		return;
	}
	message_unref(&item->message); /* MQTT-4.3.3-6: may not be sent again */
	item->state = INFLIGHT_PUBCOMP;
	send_ack(c, PACKET_PUBREL, id, REASON_SUCCESS);
}

static void on_pubcomp(struct connection *c, uint16_t id)
{
	struct delivery *item = inflight_find(&c->session->inflight, id);
	if (item && item->state == INFLIGHT_PUBCOMP)
		end(c, id);
}

uint8_t handle_ack(struct connection *c, const struct wire_frame *frame)
{
	struct packet packet;
	int err = packet_decode(frame, c->version, &packet);
	if (err)
		return reason_from_err(err);
	uint16_t id = packet.ack.id;
	switch (packet.type) {
	case PACKET_PUBACK:
		on_puback(c, id);
		break;
	case PACKET_PUBREC:
		on_pubrec(c, id, packet.ack.reason);
		break;
	case PACKET_PUBREL:
		send_ack(c, PACKET_PUBCOMP, id,
			 id_set_remove(&c->session->incoming, id) ? REASON_SUCCESS : REASON_PACKET_ID_NOT_FOUND);
		break;
	default:
		on_pubcomp(c, id);
	}
	return 0;
}

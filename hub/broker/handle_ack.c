/* PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 5.0 §4.3). On the worker's thread. */
#include "broker/acks.h"
#include "broker/handle.h"
#include "broker/persistence.h"
#include "broker/session.h"

static void answer(struct connection *c, uint8_t type, uint16_t id, uint8_t reason, uint32_t ticket)
{
	acks_send(c, &(struct ack){.type = type, .id = id, .reason = reason, .ticket = ticket});
}

/* Something left the send window: the next may go. */
static void end(struct connection *c, uint16_t id)
{
	inflight_end(&c->session->traffic->inflight, id);
	if (session_is_behind(c->session))
		session_pump(c->session);
}

/* Who published from inside the hub may want to know that somebody has it. */
static void tell_arrived(struct connection *c, const struct delivery *item)
{
	const struct broker_events *events = &c->worker->broker->events;
	if (item->message->flags & MESSAGE_FROM_INSIDE && events->arrived)
		events->arrived(events->ctx, access_name(c->session->identity), message_topic(item->message));
}

static void on_puback(struct connection *c, uint16_t id)
{
	struct delivery *item = inflight_find(&c->session->traffic->inflight, id);
	if (!item || item->state != DELIVERY_PUBACK)
		return; /* an acknowledgement for what we have forgotten, or never sent, changes nothing */
	tell_arrived(c, item);
	persistence_queue_end(c->session, item);
	end(c, id);
}

static void on_pubrec(struct connection *c, uint16_t id, uint8_t reason)
{
	struct session *s = c->session;
	struct delivery *item = inflight_find(&s->traffic->inflight, id);
	if (!item || item->state == DELIVERY_PUBACK) {
		if (reason < 0x80)
			answer(c, PACKET_PUBREL, id, REASON_PACKET_ID_NOT_FOUND, 0);
		return;
	}
	if (reason >= 0x80) { /* the client does not want it: §4.3.3 ends the handshake here */
		persistence_queue_end(s, item);
		end(c, id);
		return;
	}
	if (item->state == DELIVERY_PUBREC) {
		if (item->stored) /* first the new state, then the end of the message: none of it is lost on the way */
			item->ticket = persistence_qos2(s, &(struct persist_qos2){.packet_id = id, .direction = PERSIST_OUTGOING,
										  .number = (int64_t)session_number(s, item)});
		persistence_queue_end(s, item);
		message_unref(&item->message); /* MQTT-4.3.3-6: may not be sent again */
		item->state = DELIVERY_PUBCOMP;
	}
	/* Not before the disk knows: after a restart the message would be sent anew, and the client, to whom this ends
	 * it, would take it for another one. */
	answer(c, PACKET_PUBREL, id, REASON_SUCCESS, item->ticket);
}

static void on_pubcomp(struct connection *c, uint16_t id)
{
	struct delivery *item = inflight_find(&c->session->traffic->inflight, id);
	if (!item || item->state != DELIVERY_PUBCOMP)
		return;
	if (item->stored)
		persistence_qos2_end(c->session, PERSIST_OUTGOING, id);
	end(c, id);
}

/* The client may use the identifier again once it has our answer, so the disk has to know before. */
static void on_pubrel(struct connection *c, uint16_t id)
{
	uint32_t ticket;
	bool known = session_incoming_end(c->session, id, &ticket);
	answer(c, PACKET_PUBCOMP, id, known ? REASON_SUCCESS : REASON_PACKET_ID_NOT_FOUND, ticket);
}

/* Most consist of an identifier alone, in every version: success (§3.4.2.1). */
static bool is_plain(const struct wire_frame *frame)
{
	return frame->body.len == 2 && frame->flags == (frame->type == PACKET_PUBREL ? 2 : 0) &&
	       (frame->body.data[0] | frame->body.data[1]);
}

uint8_t handle_ack(struct connection *c, const struct wire_frame *frame)
{
	uint16_t id;
	uint8_t reason = REASON_SUCCESS;
	if (is_plain(frame)) {
		id = (uint16_t)(frame->body.data[0] << 8 | frame->body.data[1]);
	} else {
		struct packet packet;
		int err = packet_decode(frame, c->version, &packet);
		if (err)
			return reason_from_err(err);
		id = packet.ack.id;
		reason = packet.ack.reason;
	}
	switch (frame->type) {
	case PACKET_PUBACK:
		on_puback(c, id);
		break;
	case PACKET_PUBREC:
		on_pubrec(c, id, reason);
		break;
	case PACKET_PUBREL:
		on_pubrel(c, id);
		break;
	default:
		on_pubcomp(c, id);
	}
	return 0;
}

/* From what happens to sessions and retained messages to the changes that the port wants to hear. On the worker's thread. */
#include "broker/persistence_private.h"
#include "broker/session.h"

static struct persist_message persist_message_of(const struct message *m)
{
	struct persist_message p = {
		.topic = message_topic(m),
		.props = message_props(m),
		.payload = message_payload(m),
		.qos = m->qos,
		.flags = m->flags,
		.received_at = persistence_wall(message_received(m)),
	};
	if (message_expiry_s(m) != UINT32_MAX)
		p.expires_at.ms = p.received_at.ms + (int64_t)message_expiry_s(m) * 1000;
	return p;
}

uint32_t persistence_retained(struct worker *worker, struct message *m)
{
	if (!worker->persistence)
		return 0;
	struct persist_change change = {
		.type = m->payload_len ? PERSIST_RETAINED_SET : PERSIST_RETAINED_CLEAR,
		.retained = persist_message_of(m),
	};
	return persistence_note_retained(worker->persistence, &change, m);
}

uint32_t persistence_retained_expired(struct worker *worker, struct message *m)
{
	if (!worker->persistence)
		return 0;
	struct persist_change change = {.type = PERSIST_RETAINED_CLEAR, .retained = {.topic = message_topic(m)}};
	return persistence_note_retained(worker->persistence, &change, m);
}

void persistence_renew_retained(struct worker *worker, struct persist_change *change, struct message **message)
{
	struct message *now = retained_get(worker->broker->retained, message_topic(*message));
	if (!now) {
		change->type = PERSIST_RETAINED_CLEAR;
		return;
	}
	change->type = PERSIST_RETAINED_SET;
	change->retained = persist_message_of(now);
	message_unref(message);
	*message = now;
}

/* A change of this session's, of which everything is kept. */
static uint32_t note(struct session *s, struct persist_change *change, struct span *text, struct message *message)
{
	if (s->kept != SESSION_KEPT)
		return 0;
	change->client = session_client_id(s);
	return persistence_note(s->worker->persistence, change, text, message);
}

uint32_t persistence_session(struct session *s)
{
	if (s->kept == SESSION_NOT_KEPT)
		return 0;
	struct persist_change change = {
		.type = PERSIST_SESSION_PUT,
		.client = session_client_id(s),
		.session = {
			.expiry_s = s->expiry_s,
			.protocol = s->version,
			.username = span_str(access_name(s->identity)),
		},
	};
	if (!s->connection)
		change.session.disconnected_at = persistence_wall(session_left_at(s));
	return persistence_note(s->worker->persistence, &change, &change.session.username, NULL);
}

uint32_t persistence_session_end(struct session *s)
{
	if (s->kept == SESSION_NOT_KEPT)
		return 0;
	s->kept = SESSION_NOT_KEPT;
	struct persist_change change = {.type = PERSIST_SESSION_END, .client = session_client_id(s)};
	return persistence_note(s->worker->persistence, &change, NULL, NULL);
}

uint32_t persistence_subscription(struct session *s, const struct persist_subscription *subscription)
{
	struct persist_change change = {.type = PERSIST_SUBSCRIPTION_PUT, .subscription = *subscription};
	return note(s, &change, &change.subscription.filter, NULL);
}

uint32_t persistence_unsubscription(struct session *s, struct span filter)
{
	struct persist_change change = {.type = PERSIST_SUBSCRIPTION_REMOVE, .subscription = {.filter = filter}};
	return note(s, &change, &change.subscription.filter, NULL);
}

uint32_t persistence_queued(struct session *s, const struct delivery *d)
{
	struct persist_change change = {
		.type = PERSIST_QUEUE_APPEND,
		.queued = {
			.number = (int64_t)session_number(s, d),
			.qos = d->qos,
			.retain = d->retain,
			.identifier = d->id,
			.message = persist_message_of(d->message),
		},
	};
	return note(s, &change, NULL, d->message);
}

uint32_t persistence_queue_end(struct session *s, const struct delivery *d)
{
	if (!d->stored)
		return 0;
	struct persist_change change = {.type = PERSIST_QUEUE_ACK, .queued = {.number = (int64_t)session_number(s, d)}};
	return note(s, &change, NULL, NULL);
}

uint32_t persistence_qos2(struct session *s, const struct persist_qos2 *handshake)
{
	struct persist_change change = {.type = PERSIST_QOS2_PUT, .qos2 = *handshake};
	return note(s, &change, NULL, NULL);
}

uint32_t persistence_qos2_end(struct session *s, enum persist_direction direction, uint16_t packet_id)
{
	struct persist_change change = {
		.type = PERSIST_QOS2_REMOVE, .qos2 = {.packet_id = packet_id, .direction = (uint8_t)direction}};
	return note(s, &change, NULL, NULL);
}

uint32_t persistence_will(struct session *s)
{
	if (s->kept == SESSION_NOT_KEPT)
		return 0;
	struct persist_change change = {.type = PERSIST_WILL_CLEAR, .client = session_client_id(s)};
	struct message *message = NULL;
	if (s->will) {
		message = s->will->message;
		change.type = PERSIST_WILL_PUT;
		change.will.message = persist_message_of(message);
		change.will.delay_s = s->will->delay_s;
	}
	return persistence_note(s->worker->persistence, &change, NULL, message);
}

uint32_t persistence_so_far(const struct session *s)
{
	return s->kept == SESSION_KEPT ? persistence_latest(s->worker->persistence) : 0;
}

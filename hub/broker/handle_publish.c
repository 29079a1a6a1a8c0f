/* PUBLISH from a client (MQTT 5.0 §3.3): checked, routed from the bytes it
 * came in, acknowledged. On the worker's thread. */
#include "base/err.h"
#include "broker/aliases.h"
#include "broker/handle.h"
#include "broker/limits.h"
#include "broker/route.h"
#include "broker/session.h"
#include "broker/throttle.h"

/* A client's packet identifiers that wait for PUBREL may be this many; 5.0
 * clients are told so (receive maximum), 3.x clients may use all there are. */
static uint32_t receive_max(const struct connection *c)
{
	uint32_t max = c->worker->broker->config.max_inflight;
	return c->version == MQTT_V5 && max < UINT16_MAX ? max : UINT16_MAX;
}

static uint8_t resolve_alias(struct connection *c, struct packet_publish *p)
{
	if (!props_has(&p->props, PROP_TOPIC_ALIAS)) {
		/* MQTT-3.3.2-8 is the decoder's; an empty topic without alias is not one */
		return p->topic.len ? 0 : REASON_PROTOCOL_ERROR;
	}
	if (p->props.topic_alias > ALIASES_MAX)
		return REASON_TOPIC_ALIAS_INVALID;
	if (p->topic.len)
		return aliases_set(&c->aliases, p->props.topic_alias, p->topic) ? REASON_QUOTA_EXCEEDED : 0;
	p->topic = aliases_get(c->aliases, p->props.topic_alias);
	return p->topic.len ? 0 : REASON_PROTOCOL_ERROR;
}

static void report_denied(struct connection *c, struct span topic)
{
	const struct broker_events *events = &c->worker->broker->events;
	if (!events->denied)
		return;
	struct broker_client client = connection_client(c);
	events->denied(events->ctx, &client, "publish", topic);
}

/* Routes an allowed message. Returns the reason code for its acknowledgement, and the limit that it met. */
static uint8_t publish(struct connection *c, const struct packet_publish *p, enum limit *limit_r)
{
	struct publication pub = {
		.topic = p->topic,
		.payload = p->payload,
		.expiry_s = UINT32_MAX,
		.qos = p->qos,
		.flags = p->retain ? MESSAGE_RETAIN : 0,
		.from = c->session,
	};
	struct buf props = {0};
	int err = 0;
	if (p->props.present) {
		if (props_has(&p->props, PROP_MESSAGE_EXPIRY))
			pub.expiry_s = p->props.message_expiry_s;
		err = route_encode_props(&p->props, &props);
		pub.props = buf_span(&props);
	}
	uint32_t found = err ? 0 : route_publish(c->worker, &pub, &err);
	buf_finish(&props);
	if (err)
		return REASON_QUOTA_EXCEEDED;
	if (pub.not_retained) {
		*limit_r = LIMIT_RETAINED;
		return REASON_QUOTA_EXCEEDED;
	}
	return found ? REASON_SUCCESS : REASON_NO_MATCHING_SUBSCRIBERS;
}

/* The message is where it must be (or was refused): the sender is told. This is
 * the one place where PUBACK and PUBREC are decided; what has to be on the disk first will wait here. */
static void publish_done(struct connection *c, const struct packet_publish *p, uint8_t reason)
{
	if (p->qos == 0)
		return;
	uint8_t type = p->qos == 1 ? PACKET_PUBACK : PACKET_PUBREC;
	uint8_t ack[] = {(uint8_t)(type << 4), 2, (uint8_t)(p->id >> 8), (uint8_t)p->id, reason};
	bool with_reason = c->version == MQTT_V5 && reason != REASON_SUCCESS;
	ack[1] = with_reason ? 3 : 2; /* §3.4.2.1: success needs no reason code; 3.x has none */
	connection_send(c, ack, 2u + ack[1]);
}

uint8_t handle_publish(struct connection *c, const struct wire_frame *frame)
{
	struct packet_publish p;
	int err = packet_decode_publish(frame, c->version, &p);
	if (err)
		return reason_from_err(err);
	counter_add(&c->worker->counters.received, 1);
	counter_add(&c->worker->counters.payload_in, (int64_t)p.payload.len);
	if (c->version == MQTT_V5) {
		uint8_t reason = resolve_alias(c, &p);
		if (reason)
			return reason;
	}
	struct id_set *incoming = &c->session->incoming;
	if (p.qos == 2) {
		if (id_set_has(incoming, p.id)) { /* MQTT-4.3.3-10: routed once */
			publish_done(c, &p, REASON_SUCCESS);
			return 0;
		}
		if (incoming->count >= receive_max(c))
			return connection_fault(c, REASON_RECEIVE_MAXIMUM_EXCEEDED, limits_met(c, LIMIT_INFLIGHT)); /* MQTT-3.3.4-7 */
	}
	uint8_t reason;
	enum limit limit = LIMIT_COUNT; /* none */
	if (!limits_levels_ok(c->worker->broker, p.topic)) {
		reason = REASON_TOPIC_NAME_INVALID;
		limit = LIMIT_TOPIC_LEVELS;
	} else if (p.topic.data[0] == '$' || !access_may_publish(c->session->identity, p.topic)) {
		reason = REASON_NOT_AUTHORIZED;
		report_denied(c, p.topic);
	} else {
		reason = publish(c, &p, &limit);
	}
	/* A 3.x client cannot be told: as mosquitto does, the message is acknowledged and goes nowhere. */
	bool open = p.qos == 2 && (reason < 0x80 || c->version != MQTT_V5);
	if (open && id_set_add(incoming, p.id))
		return REASON_QUOTA_EXCEEDED;
	if (limit == LIMIT_COUNT)
		publish_done(c, &p, reason);
	else
		limits_answer(c, &p, reason, limit);
	throttle_publish(c);
	return 0;
}

/* PUBLISH from a client (MQTT 5.0 §3.3): checked, routed from the bytes it
 * came in, acknowledged. On the worker's thread. */
#include "base/err.h"
#include "base/utf8.h"
#include "broker/acks.h"
#include "broker/aliases.h"
#include "broker/handle.h"
#include "broker/limits.h"
#include "broker/persistence.h"
#include "broker/publish_wire.h"
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
		return connection_fault(c, REASON_TOPIC_ALIAS_INVALID, "the topic alias is over the Topic Alias Maximum of CONNACK");
	if (p->topic.len) {
		struct extras *extras = connection_extras(c);
		return !extras || aliases_set(&extras->aliases, p->props.topic_alias, p->topic) ? REASON_QUOTA_EXCEEDED : 0;
	}
	p->topic = aliases_get(c->extras->aliases, p->props.topic_alias);
	return p->topic.len ? 0 : connection_fault(c, REASON_PROTOCOL_ERROR, "the topic alias stands for no topic yet");
}

static void report_denied(struct connection *c, struct span topic)
{
	const struct broker_events *events = &c->worker->broker->events;
	if (!events->denied)
		return;
	struct stream_address address;
	struct broker_client client = connection_client(c, &address);
	events->denied(events->ctx, &client, "publish", topic);
}

/* Whether this message must survive but cannot now: the client can be told, so it is not kept. */
static bool must_refuse(const struct connection *c, const struct packet_publish *p)
{
	return c->version == MQTT_V5 && p->qos && persistence_failing(c->worker->persistence);
}

/* Routes an allowed message; ack_r tells its acknowledgement what to wait for. Returns the reason code for it, and the
 * limit that the message met. */
static uint8_t publish(struct connection *c, const struct packet_publish *p, struct ack *ack_r, enum limit *limit_r)
{
	struct publication pub = {
		.topic = p->topic,
		.payload = p->payload,
		.expiry_s = UINT32_MAX,
		.qos = p->qos,
		.flags = p->retain ? MESSAGE_RETAIN : 0,
		.from = c->session,
		.live_only = must_refuse(c, p),
		.acknowledged = p->qos > 0,
	};
	struct buf props = {0};
	int err = 0;
	if (p->props.present) {
		if (props_has(&p->props, PROP_MESSAGE_EXPIRY))
			pub.expiry_s = p->props.message_expiry_s;
		err = publish_wire_props(&p->props, &props);
		pub.props = buf_span(&props);
	}
	uint32_t found = err ? 0 : route_publish(c->worker, &pub, &err);
	buf_finish(&props);
	ack_r->ticket = pub.ticket;
	ack_r->receipt = receipt_pending(pub.receipt) ? pub.receipt : NULL;
	if (err && c->version != MQTT_V5) /* it cannot be told, and must not be told a lie */
		connection_end(c, REASON_QUOTA_EXCEEDED);
	if (err || pub.refused)
		return REASON_QUOTA_EXCEEDED;
	if (pub.not_retained) {
		*limit_r = LIMIT_RETAINED;
		return REASON_QUOTA_EXCEEDED;
	}
	return found ? REASON_SUCCESS : REASON_NO_MATCHING_SUBSCRIBERS;
}

/* May this client publish under this topic? Returns a reason code, and the limit that the topic met. */
static uint8_t check_topic(struct connection *c, struct span topic, enum limit *limit_r)
{
	if (!limits_levels_ok(c->worker->broker, topic)) {
		*limit_r = LIMIT_TOPIC_LEVELS;
		return REASON_TOPIC_NAME_INVALID;
	}
	if (topic.data[0] != '$' && access_may_publish(c->session->identity, topic))
		return 0;
	report_denied(c, topic);
	return REASON_NOT_AUTHORIZED;
}

/* A QoS 2 message begins its handshake, unless a 5.0 client is told that it was not taken. A 3.x client cannot be
 * told: as mosquitto does, the message is acknowledged and goes nowhere. */
static uint8_t begin_handshake(struct connection *c, struct ack *ack)
{
	if (ack->type != PACKET_PUBREC || (ack->reason >= 0x80 && c->version == MQTT_V5))
		return 0;
	struct traffic *traffic = session_traffic(c->session);
	if (!traffic || id_set_add(&traffic->incoming, ack->id))
		return REASON_QUOTA_EXCEEDED;
	/* In the same group as what the message brought about: both are on the disk, or neither. What others bring to the
	 * disk comes first (acks.c): a handshake that is known there without its message would lose it. */
	if (!ack->receipt)
		acks_note_handshake(c, ack);
	return 0;
}

/* The reason for a packet that could not be decoded. A topic alias of zero has a code of its own, §3.3.4. */
static uint8_t undecodable(const struct packet_publish *p, int err)
{
	if (err == ERR_PROTOCOL && props_has(&p->props, PROP_TOPIC_ALIAS) && p->props.topic_alias == 0)
		return REASON_TOPIC_ALIAS_INVALID;
	return reason_from_err(err);
}

/* What only a server may say, and an alias in place of the topic. Returns 0 or the reason to end the connection. */
static uint8_t check_props(struct connection *c, struct packet_publish *p)
{
	if (props_has(&p->props, PROP_SUBSCRIPTION_ID)) /* MQTT-3.3.4-6 */
		return REASON_PROTOCOL_ERROR;
	return resolve_alias(c, p);
}

/* Whether a payload that is said to be text is text, §3.3.2.3.2. */
static bool payload_ok(const struct packet_publish *p)
{
	return !props_has(&p->props, PROP_PAYLOAD_FORMAT) || p->props.payload_format == 0 ||
	       utf8_text_valid(p->payload);
}

uint8_t handle_publish(struct connection *c, const struct wire_frame *frame)
{
	struct packet_publish p;
	int err = packet_decode_publish(frame, c->version, &p);
	if (err)
		return undecodable(&p, err);
	counter_add(&c->worker->counters.received, 1);
	counter_add(&c->worker->counters.payload_in, (int64_t)p.payload.len);
	uint8_t reason = c->version == MQTT_V5 ? check_props(c, &p) : 0;
	if (reason)
		return reason;
	struct ack ack = {.type = p.qos == 1 ? PACKET_PUBACK : PACKET_PUBREC, .id = p.id};
	const struct id_set *incoming = &c->session->traffic->incoming;
	if (p.qos == 2 && id_set_has(incoming, p.id)) { /* MQTT-4.3.3-10: routed once */
		ack.again = true;
		ack.receipt = receipt_left(c->session, p.id);
		if (!ack.receipt) /* else when it comes */
			acks_note_handshake(c, &ack); /* the first one's connection may not have lived to */
		acks_send(c, &ack);
		return 0;
	}
	/* MQTT-3.3.4-7; of QoS 2 those that wait for their PUBREC are among those that wait for PUBREL */
	if (p.qos && incoming->count + acks_of_type(c, PACKET_PUBACK) >= receive_max(c))
		return connection_fault(c, REASON_RECEIVE_MAXIMUM_EXCEEDED, limits_met(c, LIMIT_INFLIGHT));
	enum limit limit = LIMIT_COUNT; /* none */
	ack.reason = check_topic(c, p.topic, &limit);
	if (!ack.reason && !payload_ok(&p))
		ack.reason = REASON_PAYLOAD_FORMAT_INVALID;
	if (!ack.reason)
		ack.reason = publish(c, &p, &ack, &limit);
	if (c->ending)
		return 0;
	throttle_publish(c, p.retain && p.qos == 0);
	const char *detail = limit == LIMIT_COUNT ? NULL : limits_met(c, limit);
	if (p.qos == 0) /* with DISCONNECT alone it can be told */
		return ack.reason == REASON_PAYLOAD_FORMAT_INVALID ? ack.reason : 0;
	reason = begin_handshake(c, &ack);
	if (!reason)
		acks_send_with(c, &ack, detail);
	return reason;
}

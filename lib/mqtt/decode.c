/* Decodes packets: the choice by type, the fast path for PUBLISH, and the
 * packets that are little more than an id and a reason. Any thread, no state.
 * Knows no session: what needs one (ids in use, aliases known) is the broker's. */
#include "base/err.h"
#include "mqtt/packet_private.h"
#include "mqtt/reason.h"
#include "mqtt/topic.h"

/* Moves the properties from the front of what is the payload until then. */
static int read_publish_props(struct packet_publish *p)
{
	if (p->payload.len && p->payload.data[0] == 0) { /* none, as in most */
		p->payload = span_of(p->payload.data + 1, p->payload.len - 1);
		return 0;
	}
	struct wire_reader r = {.left = p->payload};
	int err = props_read(&r, PACKET_PUBLISH, &p->props);
	p->payload = r.left;
	return err;
}

int packet_decode_publish(const struct wire_frame *frame, uint8_t version,
			  struct packet_publish *publish_r)
{
	struct packet_publish *p = publish_r;
	p->retain = frame->flags & 1;
	p->qos = frame->flags >> 1 & 3;
	p->dup = frame->flags & 8;
	p->id = 0;
	p->props.present = 0;
	if (p->qos == 3 || (p->dup && p->qos == 0)) /* MQTT-3.3.1-4, MQTT-3.3.1-2 */
		return ERR_MALFORMED;
	/* by hand and not through wire_read_*: this is the broker's hottest code */
	const uint8_t *at = frame->body.data;
	size_t left = frame->body.len;
	if (left < 2)
		return ERR_MALFORMED;
	size_t topic_len = (size_t)at[0] << 8 | at[1];
	size_t head = 2 + topic_len + (p->qos ? 2 : 0);
	if (left < head)
		return ERR_MALFORMED;
	p->topic = span_of(at + 2, topic_len);
	/* MQTT-3.3.2-1, MQTT-3.3.2-2; an empty one may stand beside an alias */
	if (topic_len && !topic_name_valid(p->topic))
		return ERR_MALFORMED;
	if (p->qos) {
		p->id = (uint16_t)(at[head - 2] << 8 | at[head - 1]);
		if (p->id == 0) /* MQTT-2.2.1-3 */
			return ERR_PROTOCOL;
	}
	p->payload = span_of(at + head, left - head);
	if (version == MQTT_V5) {
		int err = read_publish_props(p);
		if (err)
			return err;
	}
	if (p->topic.len == 0 && !props_has(&p->props, PROP_TOPIC_ALIAS)) /* §3.3.2.1 */
		return ERR_PROTOCOL;
	return 0;
}

/* Reads the reason and the properties that 5.0 lets a packet leave out at its
 * end (§3.4.2.1, §3.14.2.1), and refuses what is left behind them. */
static int read_reason(struct wire_reader *r, uint8_t type, uint8_t *reason_r, struct props *props)
{
	*reason_r = REASON_SUCCESS;
	props->present = 0;
	if (r->left.len == 0)
		return 0;
	*reason_r = wire_read_u8(r);
	/* MQTT-3.4.2-1, MQTT-3.5.2-1, MQTT-3.6.2-1, MQTT-3.7.2-1, MQTT-3.14.2-1, MQTT-3.15.2-1 */
	if (!reason_allowed(*reason_r, type))
		return ERR_PROTOCOL;
	if (r->left.len == 0 && type != PACKET_AUTH) /* AUTH leaves out both or none, §3.15.2.1 */
		return 0;
	int err = props_read(r, type, props);
	if (err)
		return err;
	return r->left.len ? ERR_MALFORMED : 0;
}

static int decode_ack(struct span body, uint8_t type, uint8_t version, struct packet_ack *p)
{
	p->reason = REASON_SUCCESS;
	p->props.present = 0;
	if (body.len == 2) { /* as in most, and there are up to six a message */
		p->id = (uint16_t)(body.data[0] << 8 | body.data[1]);
		return p->id ? 0 : ERR_PROTOCOL;
	}
	struct wire_reader r = {.left = body};
	p->id = wire_read_u16(&r);
	if (r.failed || (version != MQTT_V5 && r.left.len))
		return ERR_MALFORMED;
	if (p->id == 0)
		return ERR_PROTOCOL;
	return read_reason(&r, type, &p->reason, &p->props);
}

static int decode_reason(struct span body, uint8_t type, uint8_t version, struct packet_reason *p)
{
	if (version != MQTT_V5) {
		p->reason = REASON_SUCCESS;
		p->props.present = 0;
		if (type == PACKET_AUTH)
			return ERR_PROTOCOL;
		return body.len ? ERR_MALFORMED : 0;
	}
	struct wire_reader r = {.left = body};
	int err = read_reason(&r, type, &p->reason, &p->props);
	if (err)
		return err;
	/* §3.15.2.2.2: no AUTH without its method, but for the empty form of success */
	if (type == PACKET_AUTH && body.len && !props_has(&p->props, PROP_AUTH_METHOD))
		return ERR_PROTOCOL;
	return 0;
}

/* MQTT-2.1.3-1 and each packet's own section. In MQTT 3.1 the bits are unused,
 * or a QoS and a DUP of the packet itself. */
static bool flags_valid(const struct wire_frame *frame, uint8_t version)
{
	switch (frame->type) {
	case PACKET_CONNECT: /* knows its version itself */
	case PACKET_PUBLISH:
		return true;
	case PACKET_PUBREL:      /* MQTT-3.6.1-1 */
	case PACKET_SUBSCRIBE:   /* MQTT-3.8.1-1 */
	case PACKET_UNSUBSCRIBE: /* MQTT-3.10.1-1 */
		return version == MQTT_V31 ? (frame->flags & 6) == 2 : frame->flags == 2;
	default:
		return version == MQTT_V31 || frame->flags == 0;
	}
}

int packet_decode(const struct wire_frame *frame, uint8_t version, struct packet *packet_r)
{
	struct packet *p = packet_r;
	p->type = frame->type;
	if (frame->type == PACKET_AUTH && version != MQTT_V5)
		return ERR_PROTOCOL;
	if (!flags_valid(frame, version))
		return ERR_MALFORMED;
	switch (frame->type) {
	case PACKET_CONNECT:
		return decode_connect(frame, &p->connect);
	case PACKET_CONNACK:
		return decode_connack(frame->body, version, &p->connack);
	case PACKET_PUBLISH:
		return packet_decode_publish(frame, version, &p->publish);
	case PACKET_PUBACK:
	case PACKET_PUBREC:
	case PACKET_PUBREL:
	case PACKET_PUBCOMP:
		return decode_ack(frame->body, frame->type, version, &p->ack);
	case PACKET_SUBSCRIBE:
	case PACKET_UNSUBSCRIBE:
		return decode_subscribe(frame->body, frame->type, version, &p->subscribe);
	case PACKET_SUBACK:
	case PACKET_UNSUBACK:
		return decode_suback(frame->body, frame->type, version, &p->suback);
	case PACKET_PINGREQ:
	case PACKET_PINGRESP:
		return frame->body.len ? ERR_MALFORMED : 0;
	case PACKET_DISCONNECT:
	case PACKET_AUTH:
		return decode_reason(frame->body, frame->type, version, &p->reason);
	default:
		return ERR_MALFORMED; /* type 0 is forbidden, §2.1.2 */
	}
}

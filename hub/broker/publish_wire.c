/* Writes the head of a PUBLISH (MQTT 5.0 §3.3). Any thread. */
#include "broker/publish_wire.h"

static size_t props_len(const struct publish_wire *w)
{
	return w->props.len + (w->expiry_s != UINT32_MAX ? 5 : 0) + (w->sub_id ? 1 + wire_varint_size(w->sub_id) : 0);
}

static size_t remaining(const struct publish_wire *w)
{
	size_t len = 2 + w->topic.len + (w->qos ? 2 : 0) + w->payload_len;
	if (w->version == MQTT_V5) {
		size_t props = props_len(w);
		len += wire_varint_size((uint32_t)props) + props;
	}
	return len;
}

size_t publish_wire_head_size(const struct publish_wire *w)
{
	size_t rest = remaining(w);
	return 1 + wire_varint_size((uint32_t)rest) + rest - w->payload_len;
}

static uint8_t *put_varint(uint8_t *p, size_t value)
{
	while (value >= 128) {
		*p++ = (uint8_t)(value | 128);
		value >>= 7;
	}
	*p++ = (uint8_t)value;
	return p;
}

static uint8_t *put_u16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *put(uint8_t *p, struct span s)
{
	if (s.len)
		memcpy(p, s.data, s.len);
	return p + s.len;
}

uint8_t *publish_wire_head(const struct publish_wire *w, uint8_t *to, size_t *id_at_r)
{
	uint8_t *p = to;
	*p++ = (uint8_t)(PACKET_PUBLISH << 4 | w->dup << 3 | w->qos << 1 | w->retain);
	p = put_varint(p, remaining(w));
	p = put_u16(p, (uint16_t)w->topic.len);
	p = put(p, w->topic);
	if (id_at_r)
		*id_at_r = (size_t)(p - to);
	if (w->qos)
		p = put_u16(p, w->packet_id);
	if (w->version != MQTT_V5)
		return p;
	p = put_varint(p, props_len(w));
	p = put(p, w->props);
	if (w->expiry_s != UINT32_MAX) {
		*p++ = PROP_MESSAGE_EXPIRY;
		p = put_u16(p, (uint16_t)(w->expiry_s >> 16));
		p = put_u16(p, (uint16_t)w->expiry_s);
	}
	if (w->sub_id) {
		*p++ = PROP_SUBSCRIPTION_ID;
		p = put_varint(p, w->sub_id);
	}
	return p;
}

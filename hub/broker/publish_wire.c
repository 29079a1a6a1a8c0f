/* Writes the head of a PUBLISH (MQTT 5.0 §3.3). Any thread. */
#include "broker/publish_wire.h"

#include "base/err.h"

static size_t props_len(const struct publish_wire *w)
{
	return w->props.len + (w->alias ? 3 : 0) + (w->expiry_s != UINT32_MAX ? 5 : 0) + (w->sub_id ? 1 + wire_varint_size(w->sub_id) : 0);
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
	if (w->alias) {
		*p++ = PROP_TOPIC_ALIAS;
		p = put_u16(p, w->alias);
	}
	if (w->sub_id) {
		*p++ = PROP_SUBSCRIPTION_ID;
		p = put_varint(p, w->sub_id);
	}
	return p;
}

static int put_field(struct buf *to, enum prop id, struct span value, bool prefixed)
{
	uint8_t head[3] = {(uint8_t)id, (uint8_t)(value.len >> 8), (uint8_t)value.len};
	if (buf_append(to, head, prefixed ? 3 : 1))
		return ERR_NOMEM;
	return buf_append(to, value.data, value.len);
}

int publish_wire_props(const struct props *p, struct buf *props_r)
{
	int err = 0;
	props_r->len = 0;
	if (props_has(p, PROP_PAYLOAD_FORMAT))
		err |= put_field(props_r, PROP_PAYLOAD_FORMAT, span_of(&p->payload_format, 1), false);
	if (props_has(p, PROP_CONTENT_TYPE))
		err |= put_field(props_r, PROP_CONTENT_TYPE, p->content_type, true);
	if (props_has(p, PROP_RESPONSE_TOPIC))
		err |= put_field(props_r, PROP_RESPONSE_TOPIC, p->response_topic, true);
	if (props_has(p, PROP_CORRELATION_DATA))
		err |= put_field(props_r, PROP_CORRELATION_DATA, p->correlation_data, true);
	struct span cursor = p->user, name, value;
	while (props_has(p, PROP_USER_PROPERTY) && props_user_next(&cursor, &name, &value)) {
		uint8_t value_len[2] = {(uint8_t)(value.len >> 8), (uint8_t)value.len};
		err |= put_field(props_r, PROP_USER_PROPERTY, name, true);
		err |= buf_append(props_r, value_len, 2);
		err |= buf_append(props_r, value.data, value.len);
	}
	return err ? ERR_NOMEM : 0;
}

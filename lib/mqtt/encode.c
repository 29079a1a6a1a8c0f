/* Encodes packets. The layout of each is written once: run over a writer
 * without memory it tells the size, run over the real one it writes. Any
 * thread, no state. Text that the caller hands in is not checked again. */
#include "base/err.h"
#include "mqtt/packet_private.h"
#include "mqtt/reason.h"

static void write_props(struct wire_writer *w, const struct props *p, uint8_t version)
{
	if (version == MQTT_V5)
		props_write(w, p);
}

static void write_connect(struct wire_writer *w, const struct packet_connect *p)
{
	unsigned flags = p->clean_start ? CONNECT_CLEAN_START : 0;
	if (p->has_will) {
		flags |= CONNECT_WILL | (unsigned)p->will.qos << CONNECT_WILL_QOS_SHIFT;
		flags |= p->will.retain ? CONNECT_WILL_RETAIN : 0;
	}
	flags |= p->has_username ? CONNECT_USERNAME : 0;
	flags |= p->has_password ? CONNECT_PASSWORD : 0;
	wire_write_binary(w, span_str(p->version == MQTT_V31 ? "MQIsdp" : "MQTT"));
	wire_write_u8(w, p->version);
	wire_write_u8(w, (uint8_t)flags);
	wire_write_u16(w, p->keep_alive_s);
	write_props(w, &p->props, p->version);
	wire_write_binary(w, p->client_id);
	if (p->has_will) {
		write_props(w, &p->will.props, p->version);
		wire_write_binary(w, p->will.topic);
		wire_write_binary(w, p->will.payload);
	}
	if (p->has_username)
		wire_write_binary(w, p->username);
	if (p->has_password)
		wire_write_binary(w, p->password);
}

static void write_connack(struct wire_writer *w, const struct packet_connack *p, uint8_t version)
{
	wire_write_u8(w, p->session_present && version != MQTT_V31);
	wire_write_u8(w, version == MQTT_V5 ? p->reason : reason_to_v3_connack(p->reason));
	write_props(w, &p->props, version);
}

static void write_publish(struct wire_writer *w, const struct packet_publish *p, uint8_t version)
{
	wire_write_binary(w, p->topic);
	if (p->qos)
		wire_write_u16(w, p->id);
	write_props(w, &p->props, version);
}

/* Reason and properties, left out where 5.0 allows it and 3.x has none. */
static void write_reason(struct wire_writer *w, uint8_t reason, const struct props *p,
			 uint8_t version)
{
	if (version != MQTT_V5 || (reason == REASON_SUCCESS && p->present == 0))
		return;
	wire_write_u8(w, reason);
	if (p->present)
		props_write(w, p);
}

static void write_suback(struct wire_writer *w, uint8_t type, const struct packet_suback *p,
			 uint8_t version)
{
	wire_write_u16(w, p->id);
	write_props(w, &p->props, version);
	if (version == MQTT_V5) {
		wire_write_raw(w, p->codes);
		return;
	}
	for (size_t i = 0; type == PACKET_SUBACK && i < p->codes.len; i++)
		wire_write_u8(w, p->codes.data[i] < 0x80 ? p->codes.data[i] : SUBACK_FAILURE_V3);
}

static void write_body(struct wire_writer *w, const struct packet *p, uint8_t version)
{
	switch (p->type) {
	case PACKET_CONNECT:
		write_connect(w, &p->connect);
		break;
	case PACKET_CONNACK:
		write_connack(w, &p->connack, version);
		break;
	case PACKET_PUBLISH:
		write_publish(w, &p->publish, version);
		wire_write_raw(w, p->publish.payload);
		break;
	case PACKET_PUBACK:
	case PACKET_PUBREC:
	case PACKET_PUBREL:
	case PACKET_PUBCOMP:
		wire_write_u16(w, p->ack.id);
		write_reason(w, p->ack.reason, &p->ack.props, version);
		break;
	case PACKET_SUBSCRIBE:
	case PACKET_UNSUBSCRIBE:
		wire_write_u16(w, p->subscribe.id);
		write_props(w, &p->subscribe.props, version);
		wire_write_raw(w, p->subscribe.filters);
		break;
	case PACKET_SUBACK:
	case PACKET_UNSUBACK:
		write_suback(w, p->type, &p->suback, version);
		break;
	case PACKET_DISCONNECT:
	case PACKET_AUTH:
		write_reason(w, p->reason.reason, &p->reason.props, version);
		break;
	default: /* PINGREQ, PINGRESP */
		break;
	}
}

static int check_connect(const struct packet_connect *p)
{
	if (p->version < MQTT_V31 || p->version > MQTT_V5)
		return ERR_INVALID;
	if (p->version != MQTT_V5 && p->has_password && !p->has_username)
		return ERR_INVALID;
	if (p->has_will && (p->will.qos > 2 || p->will.topic.len == 0))
		return ERR_INVALID;
	if (p->version != MQTT_V5)
		return 0;
	if (props_has(&p->props, PROP_AUTH_DATA) && !props_has(&p->props, PROP_AUTH_METHOD))
		return ERR_INVALID;
	int err = props_check(&p->props, PACKET_CONNECT);
	return err || !p->has_will ? err : props_check(&p->will.props, PROPS_IN_WILL);
}

static int check_connack(const struct packet_connack *p, uint8_t version)
{
	if (p->session_present && p->reason != REASON_SUCCESS)
		return ERR_INVALID;
	if (version != MQTT_V5)
		return 0;
	return reason_allowed(p->reason, PACKET_CONNACK) ? props_check(&p->props, PACKET_CONNACK)
							 : ERR_INVALID;
}

static int check_publish(const struct packet_publish *p, uint8_t version)
{
	if (p->qos > 2 || (p->qos == 0 && p->dup) || (p->qos > 0 && p->id == 0))
		return ERR_INVALID;
	bool alias = version == MQTT_V5 && props_has(&p->props, PROP_TOPIC_ALIAS);
	if (p->topic.len == 0 && !alias)
		return ERR_INVALID;
	if (version != MQTT_V5 || p->props.present == 0)
		return 0;
	return props_check(&p->props, PACKET_PUBLISH);
}

/* 3.x cannot say that something went wrong. */
static int check_reason(uint8_t type, uint8_t reason, const struct props *p, uint8_t version)
{
	if (version != MQTT_V5)
		return reason < 0x80 ? 0 : ERR_INVALID;
	return reason_allowed(reason, type) ? props_check(p, type) : ERR_INVALID;
}

static int check_auth(const struct packet_reason *p, uint8_t version)
{
	bool empty = p->reason == REASON_SUCCESS && p->props.present == 0;
	if (version != MQTT_V5 || (!empty && !props_has(&p->props, PROP_AUTH_METHOD)))
		return ERR_INVALID;
	return check_reason(PACKET_AUTH, p->reason, &p->props, version);
}

static int check_subscribe(uint8_t type, const struct packet_subscribe *p, uint8_t version)
{
	uint32_t count;
	if (p->id == 0 || check_filters(p->filters, type, version, &count))
		return ERR_INVALID;
	return version == MQTT_V5 ? props_check(&p->props, type) : 0;
}

static int check_suback(uint8_t type, const struct packet_suback *p, uint8_t version)
{
	if (p->id == 0)
		return ERR_INVALID;
	if (version != MQTT_V5 && type == PACKET_UNSUBACK)
		return 0;
	if (check_codes(p->codes, type, MQTT_V5))
		return ERR_INVALID;
	return version == MQTT_V5 ? props_check(&p->props, type) : 0;
}

/* Whether version can say what is in p. Returns 0 or ERR_INVALID. */
static int check(const struct packet *p, uint8_t version)
{
	switch (p->type) {
	case PACKET_CONNECT:
		return check_connect(&p->connect);
	case PACKET_CONNACK:
		return check_connack(&p->connack, version);
	case PACKET_PUBLISH:
		return check_publish(&p->publish, version);
	case PACKET_PUBACK:
	case PACKET_PUBREC:
	case PACKET_PUBREL:
	case PACKET_PUBCOMP:
		return p->ack.id ? check_reason(p->type, p->ack.reason, &p->ack.props, version)
				 : ERR_INVALID;
	case PACKET_SUBSCRIBE:
	case PACKET_UNSUBSCRIBE:
		return check_subscribe(p->type, &p->subscribe, version);
	case PACKET_SUBACK:
	case PACKET_UNSUBACK:
		return check_suback(p->type, &p->suback, version);
	case PACKET_PINGREQ:
	case PACKET_PINGRESP:
		return 0;
	case PACKET_DISCONNECT:
		return check_reason(p->type, p->reason.reason, &p->reason.props, version);
	case PACKET_AUTH:
		return check_auth(&p->reason, version);
	default:
		return ERR_INVALID;
	}
}

static uint8_t flags_of(const struct packet *p)
{
	switch (p->type) {
	case PACKET_PUBLISH:
		return (uint8_t)(p->publish.dup << 3 | p->publish.qos << 1 | p->publish.retain);
	case PACKET_PUBREL:
	case PACKET_SUBSCRIBE:
	case PACKET_UNSUBSCRIBE:
		return 2;
	default:
		return 0;
	}
}

/* Bytes behind the fixed header; over WIRE_MAX_REMAINING when it is too much. */
static uint32_t body_size(const struct packet *p, uint8_t version)
{
	struct wire_writer count = {.cap = WIRE_MAX_REMAINING};
	write_body(&count, p, version);
	return count.failed ? UINT32_MAX : (uint32_t)count.len;
}

size_t packet_size(const struct packet *p, uint8_t version)
{
	uint32_t remaining = body_size(p, version);
	size_t len_size = wire_varint_size(remaining);
	return len_size ? 1 + len_size + remaining : 0;
}

/* Whether size more bytes can be written. */
static bool has_room(const struct wire_writer *w, size_t size)
{
	return !w->failed && size <= w->cap - w->len;
}

int packet_encode(struct wire_writer *w, const struct packet *p, uint8_t version)
{
	int err = check(p, version);
	if (err)
		return err;
	uint32_t remaining = body_size(p, version);
	size_t len_size = wire_varint_size(remaining);
	if (len_size == 0 || !has_room(w, 1 + len_size + remaining))
		return ERR_TOO_LARGE;
	wire_write_u8(w, (uint8_t)(p->type << 4 | flags_of(p)));
	wire_write_varint(w, remaining);
	write_body(w, p, version);
	return 0;
}

int packet_encode_publish_head(struct wire_writer *w, const struct packet_publish *p,
			       size_t payload_len, uint8_t version)
{
	int err = check_publish(p, version);
	if (err)
		return err;
	if (p->topic.len > UINT16_MAX || payload_len > WIRE_MAX_REMAINING)
		return ERR_TOO_LARGE;
	size_t props = version == MQTT_V5 ? props_size(&p->props) : 0;
	if (props > WIRE_MAX_REMAINING)
		return ERR_TOO_LARGE;
	size_t head = 2 + p->topic.len + (p->qos ? 2 : 0) + props;
	size_t len_size = wire_varint_size((uint32_t)(head + payload_len));
	if (len_size == 0 || !has_room(w, 1 + len_size + head))
		return ERR_TOO_LARGE;
	wire_write_u8(w, (uint8_t)(PACKET_PUBLISH << 4 | p->dup << 3 | p->qos << 1 | p->retain));
	wire_write_varint(w, (uint32_t)(head + payload_len));
	write_publish(w, p, version);
	return 0;
}

void packet_write_filter(struct wire_writer *w, uint8_t type, const struct packet_filter *f,
			 uint8_t version)
{
	unsigned options = f->qos;
	if (version == MQTT_V5) {
		options |= f->no_local ? FILTER_NO_LOCAL : 0;
		options |= f->retain_as_published ? FILTER_RETAIN_AS_PUBLISHED : 0;
		options |= (unsigned)f->retain_handling << FILTER_RETAIN_HANDLING_SHIFT;
	}
	wire_write_binary(w, f->filter);
	if (type == PACKET_SUBSCRIBE)
		wire_write_u8(w, (uint8_t)options);
}

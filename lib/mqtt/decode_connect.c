/* Decodes CONNECT and CONNACK (MQTT 5.0 §3.1 and §3.2, with what MQTT 3.1 and
 * 3.1.1 do otherwise). Any thread, no state; does not judge client ids, names
 * or passwords: an empty client id without clean session in 3.x is let through,
 * because the broker has to answer it with a CONNACK (MQTT-3.1.3-8 of 3.1.1). */
#include "base/err.h"
#include "mqtt/packet_private.h"
#include "mqtt/reason.h"
#include "mqtt/topic.h"

/* §3.1.2.1 and §3.1.2.2. Every other name or level may be some other
 * protocol's or a later one's: not wrong, but not ours. */
static int read_protocol(struct wire_reader *r, uint8_t *version_r)
{
	struct span name = wire_read_binary(r);
	uint8_t level = wire_read_u8(r);
	if (r->failed)
		return r->failed;
	*version_r = level;
	if (span_is(name, "MQTT"))
		return level == MQTT_V311 || level == MQTT_V5 ? 0 : ERR_UNSUPPORTED;
	return span_is(name, "MQIsdp") && level == MQTT_V31 ? 0 : ERR_UNSUPPORTED;
}

static int check_flags(uint8_t flags, uint8_t frame_flags, uint8_t version)
{
	/* MQTT-2.1.3-1, MQTT-3.1.2-3; MQTT 3.1 calls these bits unused */
	if (version != MQTT_V31 && (frame_flags != 0 || flags & CONNECT_RESERVED))
		return ERR_MALFORMED;
	unsigned will_qos = flags >> CONNECT_WILL_QOS_SHIFT & 3;
	if (will_qos == 3) /* MQTT-3.1.2-12 */
		return ERR_MALFORMED;
	/* MQTT-3.1.2-11, MQTT-3.1.2-13 */
	if (!(flags & CONNECT_WILL) && (will_qos || flags & CONNECT_WILL_RETAIN))
		return ERR_MALFORMED;
	/* MQTT-3.1.2-22 of 3.1.1; 5.0 lets a password stand alone */
	if (version != MQTT_V5 && (flags & CONNECT_PASSWORD) && !(flags & CONNECT_USERNAME))
		return ERR_MALFORMED;
	return 0;
}

static int read_will(struct wire_reader *r, uint8_t flags, struct packet_connect *p)
{
	p->will.qos = flags >> CONNECT_WILL_QOS_SHIFT & 3;
	p->will.retain = flags & CONNECT_WILL_RETAIN;
	p->will.props.present = 0;
	if (p->version == MQTT_V5) {
		int err = props_read(r, PROPS_IN_WILL, &p->will.props);
		if (err)
			return err;
	}
	p->will.topic = wire_read_string(r);
	p->will.payload = wire_read_binary(r);
	if (r->failed)
		return r->failed;
	return topic_name_valid(p->will.topic) ? 0 : ERR_MALFORMED; /* §4.7 */
}

static void read_credentials(struct wire_reader *r, uint8_t flags, struct packet_connect *p)
{
	p->has_username = flags & CONNECT_USERNAME;
	p->has_password = flags & CONNECT_PASSWORD;
	/* MQTT 3.1: the remaining length takes precedence over the flags */
	if (p->version == MQTT_V31 && r->left.len == 0)
		p->has_username = p->has_password = false;
	if (p->has_username)
		p->username = wire_read_string(r);
	if (p->version == MQTT_V31 && r->left.len == 0)
		p->has_password = false;
	if (p->has_password)
		p->password = wire_read_binary(r);
}

int decode_connect(const struct wire_frame *frame, struct packet_connect *p)
{
	struct wire_reader r = {.left = frame->body};
	int err = read_protocol(&r, &p->version);
	if (err)
		return err;
	uint8_t flags = wire_read_u8(&r);
	p->keep_alive_s = wire_read_u16(&r);
	if (r.failed)
		return r.failed;
	err = check_flags(flags, frame->flags, p->version);
	if (err)
		return err;
	p->clean_start = flags & CONNECT_CLEAN_START;
	p->has_will = flags & CONNECT_WILL;
	p->props.present = 0;
	if (p->version == MQTT_V5) {
		err = props_read(&r, PACKET_CONNECT, &p->props);
		if (err)
			return err;
		/* §3.1.2.11.10 */
		if (props_has(&p->props, PROP_AUTH_DATA) && !props_has(&p->props, PROP_AUTH_METHOD))
			return ERR_PROTOCOL;
	}
	p->client_id = wire_read_string(&r); /* MQTT-3.1.3-4 */
	if (p->has_will) {
		err = read_will(&r, flags, p);
		if (err)
			return err;
	}
	read_credentials(&r, flags, p);
	return r.failed || r.left.len ? ERR_MALFORMED : 0;
}

/* Return codes of 3.x; those from 6 on are reserved, MQTT 3.1.1 Table 3.1. */
static int read_v3_connack(uint8_t flags, uint8_t code, uint8_t version, struct packet_connack *p)
{
	if (code > 5)
		return ERR_PROTOCOL;
	p->reason = reason_from_v3_connack(code);
	p->session_present = version == MQTT_V311 && flags; /* 3.1: a reserved byte */
	return p->session_present && code ? ERR_PROTOCOL : 0; /* MQTT-3.2.2-4 of 3.1.1 */
}

int decode_connack(struct span body, uint8_t version, struct packet_connack *p)
{
	struct wire_reader r = {.left = body};
	uint8_t flags = wire_read_u8(&r);
	uint8_t code = wire_read_u8(&r);
	p->props.present = 0;
	if (r.failed || (version != MQTT_V31 && flags > 1)) /* MQTT-3.2.2-1 */
		return ERR_MALFORMED;
	int err;
	if (version == MQTT_V5) {
		p->session_present = flags;
		p->reason = code;
		if (!reason_allowed(code, PACKET_CONNACK)) /* MQTT-3.2.2-8 */
			return ERR_PROTOCOL;
		if (flags && code) /* MQTT-3.2.2-6 */
			return ERR_PROTOCOL;
		err = props_read(&r, PACKET_CONNACK, &p->props);
	} else {
		err = read_v3_connack(flags, code, version, p);
	}
	if (err)
		return err;
	return r.left.len ? ERR_MALFORMED : 0;
}

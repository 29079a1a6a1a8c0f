/* MQTT 5.0 properties. One table drives reading, checking and writing. Any
 * thread, no state, no allocation; part of the firmware. Knows packets only as
 * the numbers of the places where a property may stand. */
#include "mqtt/props.h"

#include <stddef.h>

#include "base/err.h"
#include "mqtt/topic.h"

enum prop_type { NONE, BYTE, U16, U32, VARINT, STRING, BINARY, PAIR };

/* What the standard forbids as a value (a Protocol Error). */
enum prop_rule {
	ANY,
	BOOLEAN, /* 0 or 1 */
	NONZERO,
	TOPIC, /* a topic name: no wildcards, MQTT-3.3.2-14 */
};

/* Places, a bit for each packet type; type 0 does not exist, so its bit is the
 * will's, and 16 bits are enough. */
enum place {
	WILL = 1 << 0,
	CONNECT = 1 << 1,
	CONNACK = 1 << 2,
	PUBLISH = 1 << 3,
	PUBACK = 1 << 4,
	PUBREC = 1 << 5,
	PUBREL = 1 << 6,
	PUBCOMP = 1 << 7,
	SUBSCRIBE = 1 << 8,
	SUBACK = 1 << 9,
	UNSUBSCRIBE = 1 << 10,
	UNSUBACK = 1 << 11,
	DISCONNECT = 1 << 14,
	AUTH = 1 << 15,
	MESSAGE = PUBLISH | WILL,
	OPENING = CONNECT | CONNACK,
	ACKS = PUBACK | PUBREC | PUBREL | PUBCOMP,
	REPLIES = CONNACK | ACKS | SUBACK | UNSUBACK | DISCONNECT | AUTH,
	EVERYWHERE = REPLIES | MESSAGE | CONNECT | SUBSCRIBE | UNSUBSCRIBE,
};

/* §2.2.2.2, Table 2-4 */
static const struct prop_spec {
	uint8_t type;
	uint8_t rule;
	uint16_t offset; /* of the field in struct props */
	uint16_t where;   /* places it may stand in */
	uint16_t repeats; /* of them, those where it may stand more than once */
} specs[] = {
#define PROP(id, type, rule, field, where, repeats) \
	[id] = {type, rule, offsetof(struct props, field), where, repeats}
	PROP(PROP_PAYLOAD_FORMAT, BYTE, BOOLEAN, payload_format, MESSAGE, 0),
	PROP(PROP_MESSAGE_EXPIRY, U32, ANY, message_expiry_s, MESSAGE, 0),
	PROP(PROP_CONTENT_TYPE, STRING, ANY, content_type, MESSAGE, 0),
	PROP(PROP_RESPONSE_TOPIC, STRING, TOPIC, response_topic, MESSAGE, 0),
	PROP(PROP_CORRELATION_DATA, BINARY, ANY, correlation_data, MESSAGE, 0),
	PROP(PROP_SUBSCRIPTION_ID, VARINT, NONZERO, subscription_id, PUBLISH | SUBSCRIBE, PUBLISH),
	PROP(PROP_SESSION_EXPIRY, U32, ANY, session_expiry_s, OPENING | DISCONNECT, 0),
	PROP(PROP_ASSIGNED_CLIENT_ID, STRING, ANY, assigned_client_id, CONNACK, 0),
	PROP(PROP_SERVER_KEEP_ALIVE, U16, ANY, server_keep_alive, CONNACK, 0),
	PROP(PROP_AUTH_METHOD, STRING, ANY, auth_method, OPENING | AUTH, 0),
	PROP(PROP_AUTH_DATA, BINARY, ANY, auth_data, OPENING | AUTH, 0),
	PROP(PROP_REQUEST_PROBLEM_INFO, BYTE, BOOLEAN, request_problem_info, CONNECT, 0),
	PROP(PROP_WILL_DELAY, U32, ANY, will_delay_s, WILL, 0),
	PROP(PROP_REQUEST_RESPONSE_INFO, BYTE, BOOLEAN, request_response_info, CONNECT, 0),
	PROP(PROP_RESPONSE_INFO, STRING, ANY, response_info, CONNACK, 0),
	PROP(PROP_SERVER_REFERENCE, STRING, ANY, server_reference, CONNACK | DISCONNECT, 0),
	PROP(PROP_REASON_STRING, STRING, ANY, reason_string, REPLIES, 0),
	PROP(PROP_RECEIVE_MAXIMUM, U16, NONZERO, receive_maximum, OPENING, 0),
	PROP(PROP_TOPIC_ALIAS_MAXIMUM, U16, ANY, topic_alias_maximum, OPENING, 0),
	PROP(PROP_TOPIC_ALIAS, U16, NONZERO, topic_alias, PUBLISH, 0),
	PROP(PROP_MAXIMUM_QOS, BYTE, BOOLEAN, maximum_qos, CONNACK, 0),
	PROP(PROP_RETAIN_AVAILABLE, BYTE, BOOLEAN, retain_available, CONNACK, 0),
	PROP(PROP_USER_PROPERTY, PAIR, ANY, user, EVERYWHERE, EVERYWHERE),
	PROP(PROP_MAXIMUM_PACKET_SIZE, U32, NONZERO, maximum_packet_size_bytes, OPENING, 0),
	PROP(PROP_WILDCARD_AVAILABLE, BYTE, BOOLEAN, wildcard_available, CONNACK, 0),
	PROP(PROP_SUBSCRIPTION_ID_AVAILABLE, BYTE, BOOLEAN, subscription_id_available, CONNACK, 0),
	PROP(PROP_SHARED_AVAILABLE, BYTE, BOOLEAN, shared_available, CONNACK, 0),
#undef PROP
};

enum { PROPS_END = sizeof specs / sizeof specs[0] };

static unsigned place_bit(unsigned where)
{
	return 1u << (where & 15);
}

/* The row of a property, or NULL when the standard has no such property. */
static const struct prop_spec *spec_of(unsigned id)
{
	return id < PROPS_END && specs[id].type != NONE ? &specs[id] : NULL;
}

static uint32_t number_of(const struct props *p, const struct prop_spec *spec)
{
	const void *field = (const uint8_t *)p + spec->offset;
	switch (spec->type) {
	case BYTE:
		return *(const uint8_t *)field;
	case U16:
		return *(const uint16_t *)field;
	case U32:
	case VARINT:
		return *(const uint32_t *)field;
	default:
		return 0;
	}
}

static struct span span_in(const struct props *p, const struct prop_spec *spec)
{
	return *(const struct span *)(const void *)((const uint8_t *)p + spec->offset);
}

/* Whether the field's value is one that the standard allows. */
static bool value_allowed(const struct props *p, const struct prop_spec *spec)
{
	switch (spec->rule) {
	case BOOLEAN:
		return number_of(p, spec) <= 1;
	case NONZERO:
		return number_of(p, spec) != 0;
	case TOPIC:
		return topic_name_valid(span_in(p, spec));
	default:
		return true;
	}
}

/* Reads past one user property. */
static void skip_pair(struct wire_reader *r)
{
	wire_read_string(r);
	wire_read_string(r);
}

/* Reads a value of this type and puts it in its field. */
static void read_value(struct wire_reader *r, struct props *p, const struct prop_spec *spec)
{
	void *field = (uint8_t *)p + spec->offset;
	switch (spec->type) {
	case BYTE:
		*(uint8_t *)field = wire_read_u8(r);
		break;
	case U16:
		*(uint16_t *)field = wire_read_u16(r);
		break;
	case U32:
		*(uint32_t *)field = wire_read_u32(r);
		break;
	case VARINT:
		*(uint32_t *)field = wire_read_varint(r);
		break;
	case STRING:
		*(struct span *)field = wire_read_string(r);
		break;
	default: /* BINARY */
		*(struct span *)field = wire_read_binary(r);
		break;
	}
}

/* Reads a user property, whose identifier is behind the reader already: the
 * field spans all of them, from the first identifier to the last value. */
static void read_user(struct wire_reader *r, struct props *p, bool first)
{
	const uint8_t *start = r->left.data - 1;
	skip_pair(r);
	if (r->failed)
		return;
	if (first)
		p->user.data = start;
	p->user.len = (size_t)(r->left.data - p->user.data);
}

/* Reads one more subscription identifier; the field keeps the first. */
static int read_again(struct wire_reader *r, const struct prop_spec *spec)
{
	struct props further;
	read_value(r, &further, spec);
	return r->failed || value_allowed(&further, spec) ? r->failed : ERR_PROTOCOL;
}

static int read_prop(struct wire_reader *r, unsigned place, struct props *p)
{
	unsigned id = wire_read_u8(r); /* a varint, but all are below 128 */
	const struct prop_spec *spec = spec_of(id);
	if (!spec || !(spec->where & place)) /* §2.2.2.2 */
		return ERR_MALFORMED;
	bool first = !props_has(p, id);
	if (!first && !(spec->repeats & place))
		return ERR_PROTOCOL;
	props_set(p, id);
	if (spec->type == PAIR) {
		read_user(r, p, first);
		return r->failed;
	}
	if (!first)
		return read_again(r, spec);
	read_value(r, p, spec);
	if (r->failed)
		return r->failed;
	return value_allowed(p, spec) ? 0 : ERR_PROTOCOL;
}

int props_read(struct wire_reader *r, unsigned where, struct props *p)
{
	p->present = 0;
	size_t len = wire_read_varint(r);
	if (r->failed || len > r->left.len) {
		r->failed = ERR_MALFORMED;
		return r->failed;
	}
	if (len == 0)
		return 0;
	struct wire_reader inside = {.left = span_of(r->left.data, len)};
	r->left = span_of(r->left.data + len, r->left.len - len);
	while (inside.left.len > 0) {
		int err = read_prop(&inside, place_bit(where), p);
		if (err)
			return err;
	}
	return 0;
}

int props_check(const struct props *p, unsigned where)
{
	for (uint64_t left = p->present; left; left &= left - 1) {
		const struct prop_spec *spec = spec_of((unsigned)__builtin_ctzll(left));
		if (!spec || !(spec->where & place_bit(where)) || !value_allowed(p, spec))
			return ERR_INVALID;
		if (spec->type == VARINT && number_of(p, spec) > WIRE_MAX_REMAINING)
			return ERR_INVALID;
		if ((spec->type == STRING || spec->type == BINARY) && span_in(p, spec).len > UINT16_MAX)
			return ERR_INVALID;
	}
	return 0;
}

/* Writes the user properties alone, whatever lies between them. */
static void write_user(struct wire_writer *w, struct span cursor)
{
	struct span name, value;
	while (props_user_next(&cursor, &name, &value)) {
		wire_write_u8(w, PROP_USER_PROPERTY);
		wire_write_binary(w, name);
		wire_write_binary(w, value);
	}
}

static void write_prop(struct wire_writer *w, const struct props *p, unsigned id)
{
	const struct prop_spec *spec = spec_of(id);
	if (!spec)
		return;
	if (spec->type == PAIR) {
		write_user(w, p->user);
		return;
	}
	wire_write_u8(w, (uint8_t)id);
	switch (spec->type) {
	case BYTE:
		wire_write_u8(w, (uint8_t)number_of(p, spec));
		break;
	case U16:
		wire_write_u16(w, (uint16_t)number_of(p, spec));
		break;
	case U32:
		wire_write_u32(w, number_of(p, spec));
		break;
	case VARINT:
		wire_write_varint(w, number_of(p, spec));
		break;
	default: /* STRING, BINARY */
		wire_write_binary(w, span_in(p, spec));
		break;
	}
}

static void write_all(struct wire_writer *w, const struct props *p)
{
	for (uint64_t left = p->present; left; left &= left - 1)
		write_prop(w, p, (unsigned)__builtin_ctzll(left));
}

/* Bytes of the properties without their length field. */
static uint32_t inner_size(const struct props *p)
{
	struct wire_writer count = {.cap = WIRE_MAX_REMAINING};
	write_all(&count, p);
	return count.failed ? UINT32_MAX : (uint32_t)count.len;
}

void props_write(struct wire_writer *w, const struct props *p)
{
	if (p->present == 0) {
		wire_write_u8(w, 0);
		return;
	}
	wire_write_varint(w, inner_size(p));
	write_all(w, p);
}

size_t props_size(const struct props *p)
{
	if (p->present == 0)
		return 1;
	uint32_t inner = inner_size(p);
	size_t prefix = wire_varint_size(inner);
	return prefix ? prefix + inner : SIZE_MAX;
}

bool props_user_next(struct span *cursor, struct span *name_r, struct span *value_r)
{
	struct wire_reader r = {.left = *cursor};
	while (r.left.len > 0) {
		const struct prop_spec *spec = spec_of(wire_read_u8(&r));
		if (!spec)
			break;
		if (spec->type != PAIR) {
			struct props skipped;
			read_value(&r, &skipped, spec);
			continue;
		}
		/* read as binary: the text was checked when it came in */
		*name_r = wire_read_binary(&r);
		*value_r = wire_read_binary(&r);
		*cursor = r.left;
		return !r.failed;
	}
	return false;
}

/* Makes packets that are nearly right. */
#include "malformed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

enum { TEMPLATES = 24, MAX_PACKET = 70000, DEEP = 12000 };

/* xorshift64* */
static uint32_t any(struct malformed *m, uint32_t bound)
{
	m->random ^= m->random >> 12;
	m->random ^= m->random << 25;
	m->random ^= m->random >> 27;
	return (uint32_t)((m->random * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static void set_user(struct props *p)
{
	static const uint8_t user[] = "\x26\0\4name\0\5value\x26\0\0\0\0";
	p->user = span_of(user, sizeof user - 1);
	props_set(p, PROP_USER_PROPERTY);
}

static void fill_connect(struct malformed *m, struct packet_connect *p, uint8_t version)
{
	static char id[16];
	snprintf(id, sizeof id, "storm-%u", any(m, 200));
	*p = (struct packet_connect){.version = version, .clean_start = any(m, 4) > 0, .client_id = span_str(id)};
	p->has_username = p->has_password = any(m, 2);
	p->username = span_str("user");
	p->password = span_str("password");
	p->has_will = any(m, 3) == 0;
	p->will.topic = span_str("storm/will");
	p->will.payload = span_str("gone");
	p->will.qos = (uint8_t)any(m, 3);
	p->will.props.will_delay_s = 1;
	props_set(&p->will.props, PROP_WILL_DELAY);
	set_user(&p->will.props);
	p->props.session_expiry_s = any(m, 3);
	props_set(&p->props, PROP_SESSION_EXPIRY);
	p->props.receive_maximum = (uint16_t)(1 + any(m, 20));
	props_set(&p->props, PROP_RECEIVE_MAXIMUM);
	set_user(&p->props);
}

static void fill_publish(struct malformed *m, struct packet_publish *p)
{
	static const char *const topics[] = {"storm/a", "storm/a/b", "storm", "/", "storm/long/topic/with/levels/\xc3\xa9"};
	*p = (struct packet_publish){.qos = (uint8_t)any(m, 3), .retain = any(m, 8) == 0, .topic = span_str(topics[any(m, 5)]),
				     .payload = span_str("payload payload")};
	p->id = p->qos ? (uint16_t)(1 + any(m, 50)) : 0;
	p->dup = p->qos && any(m, 2);
	p->props.message_expiry_s = 60;
	p->props.content_type = span_str("text/plain");
	p->props.topic_alias = (uint16_t)(1 + any(m, 10));
	props_set(&p->props, PROP_MESSAGE_EXPIRY);
	props_set(&p->props, PROP_CONTENT_TYPE);
	if (any(m, 3) == 0)
		props_set(&p->props, PROP_TOPIC_ALIAS);
	set_user(&p->props);
}

static void fill_subscribe(struct malformed *m, struct packet *p, uint8_t version)
{
	static const char *const filters[] = {"storm/a", "storm/+", "storm/#", "+/b/#", "$share/g/storm/a", "other/#"};
	static uint8_t entries[256];
	struct wire_writer w = {.data = entries, .cap = sizeof entries};
	p->subscribe = (struct packet_subscribe){.id = (uint16_t)(1 + any(m, 100)), .count = 1 + any(m, 4)};
	for (uint32_t i = 0; i < p->subscribe.count; i++) {
		const struct packet_filter filter = {.filter = span_str(filters[any(m, 6)]), .qos = (uint8_t)any(m, 3),
						     .retain_handling = (uint8_t)any(m, 3)};
		packet_write_filter(&w, p->type, &filter, version);
	}
	p->subscribe.filters = span_of(entries, w.len);
	if (p->type == PACKET_SUBSCRIBE) {
		p->subscribe.props.subscription_id = 1 + any(m, 300);
		props_set(&p->subscribe.props, PROP_SUBSCRIPTION_ID);
	}
	set_user(&p->subscribe.props);
}

/* A valid packet of any type that the version has. */
static void template_of(struct malformed *m, uint8_t version, bool first, struct packet *p)
{
	static const uint8_t types[TEMPLATES] = {
		PACKET_CONNECT, PACKET_PUBLISH, PACKET_PUBLISH, PACKET_PUBLISH, PACKET_PUBLISH, PACKET_PUBLISH, PACKET_SUBSCRIBE,
		PACKET_SUBSCRIBE, PACKET_SUBSCRIBE, PACKET_UNSUBSCRIBE, PACKET_UNSUBSCRIBE, PACKET_PUBACK, PACKET_PUBREC,
		PACKET_PUBREL, PACKET_PUBREL, PACKET_PUBCOMP, PACKET_PINGREQ, PACKET_DISCONNECT, PACKET_AUTH, PACKET_CONNACK,
		PACKET_SUBACK, PACKET_UNSUBACK, PACKET_PINGRESP, PACKET_PUBLISH,
	};
	*p = (struct packet){.type = first ? PACKET_CONNECT : types[any(m, TEMPLATES)]};
	if (p->type == PACKET_AUTH && version != MQTT_V5)
		p->type = PACKET_PINGREQ;
	switch (p->type) {
	case PACKET_CONNECT: fill_connect(m, &p->connect, version); break;
	case PACKET_PUBLISH: fill_publish(m, &p->publish); break;
	case PACKET_SUBSCRIBE:
	case PACKET_UNSUBSCRIBE: fill_subscribe(m, p, version); break;
	case PACKET_PUBACK:
	case PACKET_PUBREC:
	case PACKET_PUBREL:
	case PACKET_PUBCOMP:
		p->ack.id = (uint16_t)(1 + any(m, 50));
		if (any(m, 2))
			set_user(&p->ack.props);
		break;
	case PACKET_SUBACK:
	case PACKET_UNSUBACK:
		p->suback.id = 1;
		p->suback.codes = span_of("\0\0", 2);
		break;
	case PACKET_AUTH:
		p->reason.reason = 0x18;
		p->reason.props.auth_method = span_str("SCRAM-SHA-256");
		props_set(&p->reason.props, PROP_AUTH_METHOD);
		break;
	case PACKET_DISCONNECT:
		p->reason.reason = 4;
		set_user(&p->reason.props);
		break;
	default: break;
	}
}

static void encode(const struct packet *p, uint8_t version, struct buf *out)
{
	size_t size = packet_size(p, version);
	if (buf_reserve(out, size))
		abort();
	struct wire_writer w = {.data = out->data + out->len, .cap = size};
	if (packet_encode(&w, p, version))
		abort();
	out->len += w.len;
}

static void insert(struct buf *b, size_t at, uint8_t byte, size_t count)
{
	if (buf_reserve(b, count))
		abort();
	memmove(b->data + at + count, b->data + at, b->len - at);
	memset(b->data + at, byte, count);
	b->len += count;
}

/* Gives the packet the remaining length that it has, or one that is wrong. */
static void set_length(struct buf *b, size_t head, int64_t length)
{
	struct wire_writer w = {.data = (uint8_t[8]){b->data[0]}, .len = 1, .cap = 8};
	wire_write_varint(&w, length < 0 ? 0 : (uint32_t)length);
	buf_consume(b, head);
	insert(b, 0, 0, w.len);
	memcpy(b->data, w.data, w.len);
}

static void mutate_body(struct malformed *m, struct buf *b, size_t head)
{
	static const uint8_t edges[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x26, 0x0b, 0x23, '+', '#', '/', 0xc0, 0xed};
	size_t room = b->len - head;
	size_t at = head + (room ? any(m, (uint32_t)room) : 0);
	if (room == 0) {
		insert(b, at, edges[any(m, sizeof edges)], 1 + any(m, 3));
		return;
	}
	switch (any(m, 7)) {
	case 0: b->data[at] ^= (uint8_t)(1 << any(m, 8)); break;
	case 1: b->data[at] = edges[any(m, sizeof edges)]; break;
	case 2: insert(b, at, edges[any(m, sizeof edges)], 1 + any(m, 4)); break;
	case 3: /* a few bytes less */
		memmove(b->data + at, b->data + at + 1, b->len - at - 1);
		b->len--;
		break;
	case 4: b->data[at] = (uint8_t)(b->data[at] + (any(m, 2) ? 1 : 255)); break; /* a length off by one, with luck */
	case 5: b->data[head + any(m, room < 4 ? (uint32_t)room : 4)] = (uint8_t)any(m, 256); break;
	default: insert(b, at, (uint8_t)(any(m, 8) ? any(m, 256) : '/'), any(m, 200) ? 1 : DEEP); break;
	}
}

static void mutate(struct malformed *m, struct buf *b)
{
	size_t head = 1;
	while (b->data[head++] & 0x80)
		;
	size_t body = b->len - head;
	uint32_t how = any(m, 100);
	if (how < 55) {
		mutate_body(m, b, head);
		if (any(m, 4) == 0)
			mutate_body(m, b, head);
		set_length(b, head, (int64_t)(b->len - head));
	} else if (how < 65) { /* the body as it was */
		set_length(b, head, (int64_t)body + (any(m, 2) ? -1 : 1) * (int64_t)(1 + any(m, 3)));
	} else if (how < 70) {
		static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0x7f};
		insert(b, 1, 0, 5);
		memcpy(b->data + 1, endless, 5);
		if (any(m, 2))
			b->data[4] = 0x7f; /* four bytes: 256 MB are announced */
	} else if (how < 80) {
		b->data[0] = (uint8_t)any(m, 256);
	} else if (how < 90) { /* cut, and the length says so: each length in turn */
		b->len = head + (body ? m->made % body : 0);
		set_length(b, head, (int64_t)(b->len - head));
	} /* else: as it is, to be cut by its sender */
}

static enum malformed_kind judge(struct span bytes, uint8_t version, bool first)
{
	struct wire_frame frame;
	struct packet packet;
	int err = wire_next(bytes, 1024 * 1024, &frame);
	if (err == ERR_AGAIN)
		return MALFORMED_CUT;
	if (err || packet_decode(&frame, version, &packet))
		return MALFORMED_BAD;
	if (frame.size < bytes.len) { /* what follows begins a packet of its own */
		enum malformed_kind rest = judge(span_of(bytes.data + frame.size, bytes.len - frame.size), version, false);
		if (rest == MALFORMED_BAD || rest == MALFORMED_CUT)
			return rest;
	}
	if (first)
		return packet.type == PACKET_CONNECT ? MALFORMED_NOT : MALFORMED_LAST;
	bool goes_on = packet.type == PACKET_PUBLISH || packet.type == PACKET_PINGREQ || packet.type == PACKET_SUBSCRIBE ||
		       packet.type == PACKET_UNSUBSCRIBE || (packet.type >= PACKET_PUBACK && packet.type <= PACKET_PUBCOMP);
	return goes_on ? MALFORMED_NOT : MALFORMED_LAST;
}

void malformed_hello(struct malformed *m, uint8_t version, struct buf *out)
{
	struct packet p = {.type = PACKET_CONNECT};
	fill_connect(m, &p.connect, version);
	encode(&p, version, out);
}

enum malformed_kind malformed_next(struct malformed *m, uint8_t version, bool first, struct buf *out)
{
	struct buf one = {0};
	struct packet p;
	m->made++;
	template_of(m, version, first, &p);
	encode(&p, version, &one);
	mutate(m, &one);
	if (any(m, 5) == 0)
		one.len = m->made % one.len; /* the rest never comes */
	enum malformed_kind kind = one.len ? judge(buf_span(&one), version, first) : MALFORMED_CUT;
	if (buf_append(out, one.data, one.len))
		abort();
	buf_finish(&one);
	return kind;
}

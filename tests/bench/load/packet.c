/* The MQTT of mqttload: by hand and not with lib/mqtt, so that a mistake of the broker's codec cannot hide in its own mirror. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "bench/load/load.h"

enum {
	CONNECT = 1, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, PINGREQ = 12, PINGRESP, DISCONNECT,
	MAX_BODY = 1024, /* of CONNECT and SUBSCRIBE */
	RECEIVE_MAXIMUM = 0x21,
};

static uint8_t *put_u16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *put_text(uint8_t *p, const char *text)
{
	size_t len = strlen(text);
	p = put_u16(p, (uint32_t)len);
	memcpy(p, text, len);
	return p + len;
}

static uint8_t *put_varint(uint8_t *p, uint32_t value)
{
	for (; value > 127; value >>= 7)
		*p++ = (uint8_t)(value | 128);
	*p++ = (uint8_t)value;
	return p;
}

/* Appends a packet: its first byte and its body. */
static void put_packet(struct client *c, uint8_t first, const uint8_t *body, uint32_t len)
{
	uint8_t *begin = client_reserve(c, len + 5), *p = begin;
	*p++ = first;
	p = put_varint(p, len);
	if (len)
		memcpy(p, body, len);
	c->out_len += (uint32_t)(p - begin) + len;
}

static void put_ack(struct client *c, uint8_t first, uint16_t id)
{
	uint8_t *p = client_reserve(c, 4);
	p[0] = first;
	p[1] = 2;
	put_u16(p + 2, id);
	c->out_len += 4;
}

void client_send_connect(struct load *l, struct client *c)
{
	const struct settings *set = &l->set;
	uint8_t body[MAX_BODY], *p = put_text(body, "MQTT");
	char id[64];
	str_format(id, sizeof id, "load-%d-%c%u", (int)getpid(), c->subscriber ? 's' : 'p', c->index);
	*p++ = set->v5 ? 5 : 4;
	*p++ = (uint8_t)(2 | (set->user ? 128 : 0) | (set->password ? 64 : 0));
	p = put_u16(p, (uint32_t)set->keep_alive_s);
	if (set->v5)
		*p++ = 0;
	p = put_text(p, id);
	if (set->user)
		p = put_text(p, set->user);
	if (set->password)
		p = put_text(p, set->password);
	put_packet(c, CONNECT << 4, body, (uint32_t)(p - body));
	c->state = CLIENT_CONNACK;
	client_flush(l, c);
}

static void send_subscribe(struct load *l, struct client *c)
{
	uint8_t body[MAX_BODY], *p = put_u16(body, 1);
	if (l->set.v5)
		*p++ = 0;
	p = put_text(p, c->topic);
	*p++ = (uint8_t)l->set.sub_qos;
	put_packet(c, SUBSCRIBE << 4 | 2, body, (uint32_t)(p - body));
	c->state = CLIENT_SUBACK;
	client_flush(l, c);
}

void client_send_bare(struct load *l, struct client *c, uint8_t type)
{
	put_packet(c, (uint8_t)(type << 4), NULL, 0);
	client_flush(l, c);
}

void client_put_publish(struct load *l, struct client *c, const char *topic, const uint8_t *payload, uint32_t payload_len)
{
	const struct settings *set = &l->set;
	uint32_t len = 2 + (uint32_t)strlen(topic) + (set->qos ? 2 : 0) + set->v5 + payload_len;
	uint8_t *begin = client_reserve(c, len + 5), *p = begin;
	*p++ = (uint8_t)(PUBLISH << 4 | set->qos << 1 | set->retain);
	p = put_varint(p, len);
	p = put_text(p, topic);
	c->id_at = (uint32_t)(p - begin);
	if (set->qos) {
		c->last_id = c->last_id == UINT16_MAX ? 1 : (uint16_t)(c->last_id + 1);
		p = put_u16(p, c->last_id);
		c->inflight++;
	}
	if (set->v5)
		*p++ = 0;
	c->payload_at = (uint32_t)(p - begin);
	if (payload_len)
		memcpy(p, payload, payload_len);
	c->out_len += c->payload_at + payload_len;
}

void client_make_template(struct load *l, struct client *c, const char *topic)
{
	uint32_t size = (uint32_t)l->set.size_bytes;
	uint8_t *payload = load_alloc(size, 1);
	for (uint32_t i = 0; i < size; i++)
		payload[i] = (uint8_t)('a' + i % 26);
	client_put_publish(l, c, topic, payload, size);
	free(payload);
	c->template_len = c->out_len;
	c->template = load_alloc(c->template_len, 1);
	memcpy(c->template, c->out, c->template_len);
	c->out_len = c->inflight = c->last_id = 0;
}

/* ---- what comes in --------------------------------------------------------------- */

/* Notes the number of a message. Returns whether it is new. */
static bool note_sequence(struct load *l, struct track *track, uint32_t sequence)
{
	int32_t ahead = (int32_t)(sequence - track->next);
	if (ahead >= 0) {
		track->seen = ahead >= 63 ? 1 : track->seen << (ahead + 1) | 1;
		track->next = sequence + 1;
		return true;
	}
	uint64_t bit = ahead >= -64 ? UINT64_C(1) << (-ahead - 1) : 0; /* late: reordered, or seen before */
	if (track->seen & bit) {
		l->duplicates++;
		return false;
	}
	track->seen |= bit;
	l->late++;
	return true;
}

/* A message of this run: counts it, takes its latency, lets its publisher send more. */
static void on_message(struct load *l, struct client *c, const uint8_t *payload)
{
	uint64_t stamp_ns;
	uint32_t who, sequence;
	memcpy(&stamp_ns, payload, 8);
	memcpy(&who, payload + 8, 4);
	memcpy(&sequence, payload + 12, 4);
	if (who >= l->publisher_count)
		return;
	struct track *track = &l->tracks[(size_t)c->index * l->tracks_a_row + (l->tracks_a_row > 1 ? who : 0)];
	if (!note_sequence(l, track, sequence))
		return;
	if (stamp_ns >= l->measured_from_ns)
		histogram_add(&l->latency, l->received_ns > stamp_ns ? l->received_ns - stamp_ns : 0);
	l->publishers[who].credited++;
	publisher_ready(l, &l->publishers[who]);
}

static void on_publish(struct load *l, struct client *c, uint8_t first, const uint8_t *body, uint32_t len)
{
	int qos = first >> 1 & 3;
	uint32_t at = len < 2 ? len + 1 : 2u + (uint32_t)(body[0] << 8 | body[1]);
	if (at + (qos ? 2u : 0u) + l->set.v5 > len) {
		client_close(l, c, "malformed PUBLISH");
		return;
	}
	if (qos) {
		put_ack(c, (uint8_t)((qos == 1 ? PUBACK : PUBREC) << 4), (uint16_t)(body[at] << 8 | body[at + 1]));
		at += 2;
	}
	if (l->set.v5) { /* properties are none of ours */
		uint32_t skip = 0;
		unsigned shift = 0;
		do
			skip |= (uint32_t)(body[at] & 127) << shift;
		while (body[at++] & 128 && (shift += 7) < 28 && at < len);
		at += skip;
	}
	l->received++;
	l->retained += first & 1;
	if (l->tracks && at + LOAD_HEADER_BYTES <= len)
		on_message(l, c, body + at);
}

/* Our publisher's message is acknowledged. */
static void on_acknowledged(struct load *l, struct client *c, uint16_t id)
{
	if (c->inflight)
		c->inflight--;
	if (c->sent_ns) {
		uint64_t stamp_ns = c->sent_ns[id & l->ring_mask];
		l->received++;
		c->credited++;
		if (stamp_ns >= l->measured_from_ns)
			histogram_add(&l->latency, l->received_ns > stamp_ns ? l->received_ns - stamp_ns : 0);
	}
	publisher_ready(l, c);
}

/* The broker's Receive Maximum, from a CONNACK of 5.0 whose properties are few. */
static uint32_t receive_maximum(const uint8_t *body, uint32_t len)
{
	static const uint8_t sizes[] = {[0x11] = 4, [0x13] = 2, [0x22] = 2, [0x24] = 1, [0x25] = 1, [0x27] = 4,
					[0x28] = 1, [0x29] = 1, [0x2a] = 1};
	uint32_t end = len > 2 ? 3u + body[2] : 0;
	for (uint32_t i = 3; i + 2 < end && end <= len;) {
		uint8_t id = body[i++];
		if (id == RECEIVE_MAXIMUM)
			return (uint32_t)(body[i] << 8 | body[i + 1]);
		if (id >= sizeof sizes || sizes[id] == 0)
			break; /* a text */
		i += sizes[id];
	}
	return UINT16_MAX;
}

static void on_connack(struct load *l, struct client *c, const uint8_t *body, uint32_t len)
{
	if (len < 2 || body[1]) {
		fprintf(stderr, "mqttload: CONNACK refuses with code %d\n", len < 2 ? -1 : body[1]);
		client_close(l, c, "refused");
		return;
	}
	c->max_inflight = (uint32_t)l->set.inflight;
	if (l->set.v5 && receive_maximum(body, len) < c->max_inflight)
		c->max_inflight = receive_maximum(body, len);
	if (c->topic)
		send_subscribe(l, c);
	else
		c->state = CLIENT_READY;
}

static void on_packet(struct load *l, struct client *c, uint8_t first, const uint8_t *body, uint32_t len)
{
	uint16_t id = len >= 2 ? (uint16_t)(body[0] << 8 | body[1]) : 0;
	switch (first >> 4) {
	case PUBLISH:
		on_publish(l, c, first, body, len);
		break;
	case PUBACK:
	case PUBCOMP:
		on_acknowledged(l, c, id);
		break;
	case PUBREC:
		if (l->set.v5 && len > 2 && body[2] >= 0x80)
			c->inflight -= c->inflight > 0;
		else
			put_ack(c, PUBREL << 4 | 2, id);
		break;
	case PUBREL:
		put_ack(c, PUBCOMP << 4, id);
		break;
	case CONNACK:
		on_connack(l, c, body, len);
		break;
	case SUBACK:
		if (len < 3 || body[len - 1] >= 0x80)
			client_close(l, c, "the subscription is refused");
		else
			c->state = CLIENT_READY;
		break;
	case PINGRESP:
		l->pongs++;
		break;
	default:
		client_close(l, c, first >> 4 == DISCONNECT ? "DISCONNECT from the broker" : "an unexpected packet");
	}
}

uint32_t client_parse(struct load *l, struct client *c, const uint8_t *data, uint32_t len)
{
	uint32_t used = 0;
	l->received_ns = load_now_ns();
	while (len - used >= 2 && c->state != CLIENT_CLOSED) {
		uint32_t remaining = 0, at = used + 1;
		unsigned shift = 0;
		bool whole = false;
		while (!whole && at < len && shift < 28) {
			remaining |= (uint32_t)(data[at] & 127) << shift;
			whole = !(data[at++] & 128);
			shift += 7;
		}
		if (!whole || len - at < remaining)
			break;
		on_packet(l, c, data[used], data + at, remaining);
		used = at + remaining;
	}
	return used;
}

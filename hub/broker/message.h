/* A published message: one immutable, reference-counted block shared by every
 * subscriber on every worker. */
#ifndef BROKER_MESSAGE_H
#define BROKER_MESSAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/span.h"

enum {
	MESSAGE_RETAIN = 1,      /* was published with the retain flag */
	MESSAGE_WILL = 2,        /* is a last will: its client's connection died */
	MESSAGE_FROM_INSIDE = 4, /* published by the hub itself */
	MESSAGE_CONFIDENTIAL = 8, /* for those alone who may publish to its topic as well */
};

/* 16 bytes, for there may be millions. What few messages have is in message_more. */
struct message {
	_Atomic uint32_t refs;
	uint32_t payload_len;
	int32_t received;        /* as message_received; exact in message_more where there is one */
	uint16_t topic_len;
	uint8_t qos : 2;         /* as published */
	bool more : 1;           /* data begins with a message_more */
	uint8_t flags;           /* MESSAGE_… */
	uint8_t data[];          /* struct message_more or nothing, topic, props, payload */
};

/* Of messages with properties or an expiry. */
struct message_more {
	struct mono_ms received_at;
	uint32_t expiry_s, props_len;
};

/* What a message is made of. */
struct message_parts {
	struct span topic;
	/* The 5.0 properties that are forwarded unaltered (payload format, content type, response topic,
	 * correlation data, user properties), encoded, without their length. */
	struct span props;
	struct span payload;
	uint8_t qos, flags;
	uint32_t expiry_s; /* 5.0 message expiry interval; UINT32_MAX: never */
	struct mono_ms received_at;
};

/* Makes a message with one reference, copying the parts. NULL without memory. */
struct message *message_create_from(const struct message_parts *parts);

/* The same for a message that never expires, received at 0. */
struct message *message_create(struct span topic, struct span props, struct span payload, uint8_t qos, uint8_t flags);

static inline struct message *message_ref(struct message *m)
{
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	return m;
}

/* Drops a reference and clears the pointer. Any thread. */
void message_unref(struct message **m);

static inline const struct message_more *message_more(const struct message *m)
{
	return m->more ? (const struct message_more *)(const void *)m->data : NULL;
}

/* Seconds that it may live from when it was received; UINT32_MAX: for ever. */
static inline uint32_t message_expiry_s(const struct message *m)
{
	return m->more ? message_more(m)->expiry_s : UINT32_MAX;
}

static inline uint32_t message_props_len(const struct message *m)
{
	return m->more ? message_more(m)->props_len : 0;
}

/* When it was received. Without message_more an eighth of a second less exact, and within 8.5 years of the machine's
 * start: it is used for the age of readings, and with an expiry it is exact. */
static inline struct mono_ms message_received(const struct message *m)
{
	return m->more ? message_more(m)->received_at : (struct mono_ms){(int64_t)m->received * 125};
}

/* Seconds that are left of these at a moment (MQTT-3.3.2-6); 0: it has expired; UINT32_MAX: for ever. */
static inline uint32_t message_left_s(const struct message *m, struct mono_ms now)
{
	uint32_t expiry_s = message_expiry_s(m);
	int64_t waited_s = expiry_s == UINT32_MAX ? 0 : mono_diff_ms(message_received(m), now) / 1000;
	if (waited_s <= 0)
		return expiry_s;
	return waited_s < expiry_s ? expiry_s - (uint32_t)waited_s : 0;
}

/* For whoever has the only reference. */
void message_set_received(struct message *m, struct mono_ms at);

/* Bytes of topic, properties and payload. */
static inline size_t message_bytes(const struct message *m)
{
	return (size_t)m->topic_len + message_props_len(m) + m->payload_len;
}

static inline const uint8_t *message_text(const struct message *m)
{
	return m->data + (m->more ? sizeof(struct message_more) : 0);
}

static inline struct span message_topic(const struct message *m)
{
	return span_of(message_text(m), m->topic_len);
}

static inline struct span message_props(const struct message *m)
{
	return span_of(message_text(m) + m->topic_len, message_props_len(m));
}

static inline struct span message_payload(const struct message *m)
{
	return span_of(message_text(m) + m->topic_len + message_props_len(m), m->payload_len);
}

#endif

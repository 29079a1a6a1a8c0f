/* A published message: one immutable, reference-counted block shared by every
 * subscriber on every worker. */
#ifndef BROKER_MESSAGE_H
#define BROKER_MESSAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/span.h"

enum {
	MESSAGE_RETAIN = 1,      /* was published with the retain flag */
	MESSAGE_WILL = 2,        /* is a last will: its client's connection died */
	MESSAGE_FROM_INSIDE = 4, /* published by the hub itself */
};

struct message {
	_Atomic uint32_t refs;
	uint8_t qos;             /* as published */
	uint8_t flags;           /* MESSAGE_… */
	uint16_t topic_len;
	uint32_t payload_len, props_len;
	uint32_t expiry_s;       /* 5.0 message expiry interval; UINT32_MAX: never */
	struct mono_ms received_at;
	/* The 5.0 properties that are forwarded unaltered (payload format, content type, response topic,
	 * correlation data, user properties), encoded, without their length: props_len bytes. */
	uint8_t data[];          /* topic, props, payload */
};

/* Makes a message with one reference, copying the parts. NULL without memory. */
struct message *message_create(struct span topic, struct span props, struct span payload, uint8_t qos, uint8_t flags);

static inline struct message *message_ref(struct message *m)
{
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	return m;
}

/* Drops a reference and clears the pointer. Any thread. */
void message_unref(struct message **m);

static inline struct span message_topic(const struct message *m)
{
	return span_of(m->data, m->topic_len);
}

static inline struct span message_props(const struct message *m)
{
	return span_of(m->data + m->topic_len, m->props_len);
}

static inline struct span message_payload(const struct message *m)
{
	return span_of(m->data + m->topic_len + m->props_len, m->payload_len);
}

#endif

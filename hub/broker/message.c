/* The message block: made once, shared by reference, freed by whoever lets go
 * last, on any thread. */
#include "broker/message.h"

#include <stdlib.h>

#include "broker/memory.h"

static uint8_t *put(uint8_t *p, struct span bytes)
{
	if (bytes.len)
		memcpy(p, bytes.data, bytes.len);
	return p + bytes.len;
}

struct message *message_create_from(const struct message_parts *parts)
{
	struct span topic = parts->topic, props = parts->props, payload = parts->payload;
	if (topic.len > UINT16_MAX || props.len > UINT32_MAX || payload.len > UINT32_MAX)
		return NULL;
	bool more = props.len || parts->expiry_s != UINT32_MAX;
	size_t head = sizeof(struct message) + (more ? sizeof(struct message_more) : 0);
	struct message *m = malloc(head + topic.len + props.len + payload.len);
	if (!m)
		return NULL;
	memory_count(1, (int64_t)(head + topic.len + props.len + payload.len));
	atomic_init(&m->refs, 1);
	m->payload_len = (uint32_t)payload.len;
	m->topic_len = (uint16_t)topic.len;
	m->qos = parts->qos & 3u;
	m->more = more;
	m->flags = parts->flags;
	if (more)
		*(struct message_more *)(void *)m->data =
			(struct message_more){.expiry_s = parts->expiry_s, .props_len = (uint32_t)props.len};
	message_set_received(m, parts->received_at);
	put(put(put((uint8_t *)m + head, topic), props), payload);
	return m;
}

struct message *message_create(struct span topic, struct span props, struct span payload, uint8_t qos, uint8_t flags)
{
	return message_create_from(&(struct message_parts){
		.topic = topic, .props = props, .payload = payload, .qos = qos, .flags = flags, .expiry_s = UINT32_MAX});
}

void message_set_received(struct message *m, struct mono_ms at)
{
	int64_t eighths = at.ms / 125;
	m->received = eighths < INT32_MIN ? INT32_MIN : eighths > INT32_MAX ? INT32_MAX : (int32_t)eighths;
	if (m->more)
		((struct message_more *)(void *)m->data)->received_at = at;
}

void message_unref(struct message **m)
{
	struct message *message = *m;
	*m = NULL;
	if (!message)
		return;
	/* The last holder needs no atomic write: nobody else can be counting. */
	if (atomic_load_explicit(&message->refs, memory_order_acquire) != 1 &&
	    atomic_fetch_sub_explicit(&message->refs, 1, memory_order_acq_rel) != 1)
		return;
	memory_count(-1, -(int64_t)((size_t)(message_text(message) - (const uint8_t *)message) + message_bytes(message)));
	free(message);
}

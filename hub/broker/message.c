/* The message block: made once, shared by reference, freed by whoever lets go
 * last, on any thread. */
#include "broker/message.h"

#include <stdlib.h>

#include "broker/memory.h"

struct message *message_create(struct span topic, struct span props, struct span payload, uint8_t qos, uint8_t flags)
{
	if (topic.len > UINT16_MAX || props.len > UINT32_MAX || payload.len > UINT32_MAX)
		return NULL;
	struct message *m = malloc(sizeof *m + topic.len + props.len + payload.len);
	if (!m)
		return NULL;
	memory_count(1, (int64_t)(sizeof *m + topic.len + props.len + payload.len));
	atomic_init(&m->refs, 1);
	m->qos = qos;
	m->flags = flags;
	m->topic_len = (uint16_t)topic.len;
	m->payload_len = (uint32_t)payload.len;
	m->props_len = (uint32_t)props.len;
	m->expiry_s = UINT32_MAX;
	m->received_at = (struct mono_ms){0};
	uint8_t *p = m->data;
	if (topic.len)
		memcpy(p, topic.data, topic.len);
	if (props.len)
		memcpy(p + topic.len, props.data, props.len);
	if (payload.len)
		memcpy(p + topic.len + props.len, payload.data, payload.len);
	return m;
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
	memory_count(-1, -(int64_t)(sizeof *message + message->topic_len + message->props_len + message->payload_len));
	free(message);
}

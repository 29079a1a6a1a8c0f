/* Whether two changes of the broker's say the same, field by field, and written apart from the code under test. */
#ifndef SUPPORT_PERSIST_EQUAL_H
#define SUPPORT_PERSIST_EQUAL_H

#include "model/persist.h"

static inline bool persist_message_equal(const struct persist_message *a, const struct persist_message *b)
{
	return span_equal(a->topic, b->topic) && span_equal(a->props, b->props) && span_equal(a->payload, b->payload) &&
	       a->qos == b->qos && a->flags == b->flags && a->received_at.ms == b->received_at.ms &&
	       a->expires_at.ms == b->expires_at.ms;
}

static inline bool persist_command_equal(const struct persist_command *a, const struct persist_command *b)
{
	return span_equal(a->id, b->id) && span_equal(a->device, b->device) && span_equal(a->entity, b->entity) &&
	       span_equal(a->value, b->value) && span_equal(a->by, b->by) && a->state == b->state && a->at.ms == b->at.ms;
}

static inline bool persist_equal(const struct persist_change *a, const struct persist_change *b)
{
	if (a->type != b->type || !span_equal(a->client, b->client))
		return false;
	switch (a->type) {
	case PERSIST_RETAINED_SET:
		return persist_message_equal(&a->retained, &b->retained);
	case PERSIST_RETAINED_CLEAR:
		return span_equal(a->retained.topic, b->retained.topic);
	case PERSIST_SESSION_PUT:
		return a->session.expiry_s == b->session.expiry_s &&
		       a->session.disconnected_at.ms == b->session.disconnected_at.ms &&
		       a->session.protocol == b->session.protocol && span_equal(a->session.username, b->session.username);
	case PERSIST_SUBSCRIPTION_PUT:
		return span_equal(a->subscription.filter, b->subscription.filter) &&
		       a->subscription.options == b->subscription.options &&
		       a->subscription.identifier == b->subscription.identifier;
	case PERSIST_SUBSCRIPTION_REMOVE:
		return span_equal(a->subscription.filter, b->subscription.filter);
	case PERSIST_QUEUE_APPEND:
		return a->queued.number == b->queued.number && a->queued.qos == b->queued.qos &&
		       a->queued.retain == b->queued.retain && a->queued.identifier == b->queued.identifier &&
		       persist_message_equal(&a->queued.message, &b->queued.message);
	case PERSIST_QUEUE_ACK:
		return a->queued.number == b->queued.number;
	case PERSIST_QOS2_PUT:
		return a->qos2.packet_id == b->qos2.packet_id && a->qos2.direction == b->qos2.direction &&
		       a->qos2.state == b->qos2.state && a->qos2.number == b->qos2.number;
	case PERSIST_QOS2_REMOVE:
		return a->qos2.packet_id == b->qos2.packet_id && a->qos2.direction == b->qos2.direction;
	case PERSIST_WILL_PUT:
		return persist_message_equal(&a->will.message, &b->will.message) && a->will.delay_s == b->will.delay_s &&
		       a->will.due_at.ms == b->will.due_at.ms;
	case PERSIST_COMMAND_PUT:
		return persist_command_equal(&a->command, &b->command);
	case PERSIST_COMMAND_END:
		return span_equal(a->command.id, b->command.id);
	case PERSIST_SESSION_END:
	case PERSIST_WILL_CLEAR:
		return true;
	}
	return false;
}

#endif

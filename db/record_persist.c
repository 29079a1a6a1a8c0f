/* What records of the broker's changes hold, field by field. Pure; any thread. The order and the
 * types of the fields are the journal's format: see record.h before touching them. */
#include "db/record.h"
#include "db/record_private.h"

static void fields_of_message(struct fields *f, struct persist_message *m)
{
	field_span(f, &m->topic);
	field_span(f, &m->props);
	field_span(f, &m->payload);
	field_u8(f, &m->qos, 2);
	field_u8(f, &m->flags, UINT8_MAX);
	field_time(f, &m->received_at);
	field_time(f, &m->expires_at);
}

static void fields_of_session(struct fields *f, struct persist_session *s)
{
	field_u32(f, &s->expiry_s);
	field_time(f, &s->disconnected_at);
	field_u8(f, &s->protocol, UINT8_MAX);
	field_span(f, &s->username);
}

static void fields_of_subscription(struct fields *f, struct persist_subscription *s)
{
	field_span(f, &s->filter);
	field_u8(f, &s->options, UINT8_MAX);
	field_u32(f, &s->identifier);
}

static void field_number(struct fields *f, int64_t *number)
{
	field_int(f, number);
	if (*number <= 0)
		fields_refuse(f);
}

static void fields_of_queued(struct fields *f, struct persist_queued *q)
{
	field_number(f, &q->number);
	field_u8(f, &q->qos, 2);
	field_bool(f, &q->retain);
	field_u32(f, &q->identifier);
	fields_of_message(f, &q->message);
}

static void fields_of_packet_id(struct fields *f, struct persist_qos2 *q)
{
	field_u16(f, &q->packet_id);
	field_u8(f, &q->direction, PERSIST_OUTGOING);
	if (q->packet_id == 0)
		fields_refuse(f);
}

static void fields_of_qos2(struct fields *f, struct persist_qos2 *q)
{
	fields_of_packet_id(f, q);
	field_u8(f, &q->state, UINT8_MAX);
	field_int(f, &q->number);
}

static void fields_of_will(struct fields *f, struct persist_will *w)
{
	fields_of_message(f, &w->message);
	field_u32(f, &w->delay_s);
	field_time(f, &w->due_at);
}

static void fields_of_command(struct fields *f, struct persist_command *c)
{
	field_span(f, &c->id);
	field_span(f, &c->device);
	field_span(f, &c->entity);
	field_span(f, &c->value);
	field_span(f, &c->by);
	field_u8(f, &c->state, UINT8_MAX);
	field_time(f, &c->at);
}

/* Those that belong to a session. */
static void fields_of_client(struct fields *f, struct persist_change *c)
{
	field_span(f, &c->client);
	switch (c->type) {
	case PERSIST_SESSION_PUT:
		return fields_of_session(f, &c->session);
	case PERSIST_SUBSCRIPTION_PUT:
		return fields_of_subscription(f, &c->subscription);
	case PERSIST_SUBSCRIPTION_REMOVE:
		return field_span(f, &c->subscription.filter);
	case PERSIST_QUEUE_APPEND:
		return fields_of_queued(f, &c->queued);
	case PERSIST_QUEUE_ACK:
		return field_number(f, &c->queued.number);
	case PERSIST_QOS2_PUT:
		return fields_of_qos2(f, &c->qos2);
	case PERSIST_QOS2_REMOVE:
		return fields_of_packet_id(f, &c->qos2);
	case PERSIST_WILL_PUT:
		return fields_of_will(f, &c->will);
	case PERSIST_SESSION_END:
	case PERSIST_WILL_CLEAR:
		return;
	default:
		fields_refuse(f);
	}
}

void fields_of_persist(struct fields *f, struct persist_change *c)
{
	switch (c->type) {
	case PERSIST_RETAINED_SET:
		return fields_of_message(f, &c->retained);
	case PERSIST_RETAINED_CLEAR:
		return field_span(f, &c->retained.topic);
	case PERSIST_COMMAND_PUT:
		return fields_of_command(f, &c->command);
	case PERSIST_COMMAND_END:
		return field_span(f, &c->command.id);
	default:
		fields_of_client(f, c);
	}
}

bool record_persist_subject(const struct record *record, enum persist_type *sort_r, struct span *subject_r)
{
	static const enum persist_type ends[] = {
		[PERSIST_RETAINED_SET] = PERSIST_RETAINED_CLEAR,
		[PERSIST_RETAINED_CLEAR] = PERSIST_RETAINED_CLEAR,
		[PERSIST_SUBSCRIPTION_PUT] = PERSIST_SUBSCRIPTION_REMOVE,
		[PERSIST_SUBSCRIPTION_REMOVE] = PERSIST_SUBSCRIPTION_REMOVE,
		[PERSIST_QUEUE_APPEND] = PERSIST_QUEUE_ACK,
		[PERSIST_QUEUE_ACK] = PERSIST_QUEUE_ACK,
		[PERSIST_QOS2_PUT] = PERSIST_QOS2_REMOVE,
		[PERSIST_QOS2_REMOVE] = PERSIST_QOS2_REMOVE,
		[PERSIST_WILL_PUT] = PERSIST_WILL_CLEAR,
		[PERSIST_WILL_CLEAR] = PERSIST_WILL_CLEAR,
		[PERSIST_COMMAND_PUT] = PERSIST_COMMAND_END,
		[PERSIST_COMMAND_END] = PERSIST_COMMAND_END,
	};
	*sort_r = record->type == RECORD_PERSIST ? ends[record->persist.type] : 0;
	if (*sort_r == 0)
		return false;
	/* The fields of what ends a thing are the first ones of what makes it. */
	struct persist_change end = {.type = *sort_r};
	struct fields f = {.left = record->body};
	fields_of_persist(&f, &end);
	*subject_r = span_of(record->body.data, record->body.len - f.left.len);
	return true;
}

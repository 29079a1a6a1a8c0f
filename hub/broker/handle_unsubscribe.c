/* UNSUBSCRIBE (MQTT 5.0 §3.10). On the worker's thread. */
#include <stdlib.h>

#include "broker/acks.h"
#include "broker/handle.h"
#include "broker/persistence.h"
#include "broker/session.h"

enum { STACK_CODES = 64 };

uint8_t handle_unsubscribe(struct connection *c, const struct wire_frame *frame)
{
	struct packet packet;
	int err = packet_decode(frame, c->version, &packet);
	if (err)
		return reason_from_err(err);
	const struct packet_subscribe *p = &packet.subscribe;
	uint8_t few[STACK_CODES];
	uint8_t *codes = p->count <= STACK_CODES ? few : malloc(p->count);
	if (!codes)
		return REASON_QUOTA_EXCEEDED;
	struct span cursor = p->filters;
	struct packet_filter entry;
	uint32_t count = 0, ticket = 0;
	while (count < p->count && packet_next_filter(&cursor, PACKET_UNSUBSCRIBE, c->version, &entry)) {
		err = session_unsubscribe(c->session, entry.filter);
		/* one that is not there may have gone before, on a connection that did not live to hear it */
		ticket = err ? persistence_so_far(c->session) : persistence_unsubscription(c->session, entry.filter);
		codes[count++] = err ? REASON_NO_SUBSCRIPTION_EXISTED : REASON_SUCCESS;
	}
	worker_count_subscriptions(c->worker);
	c->worker->work += count;
	struct packet ack = {.type = PACKET_UNSUBACK, .suback = {.id = p->id, .codes = span_of(codes, count)}};
	acks_send_encoded(c, &ack, ticket);
	if (codes != few)
		free(codes);
	return 0;
}

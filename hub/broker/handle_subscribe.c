/* SUBSCRIBE (MQTT 5.0 §3.8): each filter is judged by itself, SUBACK tells
 * how, then the retained messages follow. On the worker's thread. */
#include <stdlib.h>

#include "base/err.h"
#include "broker/handle.h"
#include "broker/limits.h"
#include "broker/session.h"
#include "broker/sys.h"
#include "mqtt/topic.h"

enum { STACK_CODES = 64 }; /* reason codes for which no memory is asked */

static void report_denied(struct connection *c, struct span filter)
{
	const struct broker_events *events = &c->worker->broker->events;
	if (!events->denied)
		return;
	struct broker_client client = connection_client(c);
	events->denied(events->ctx, &client, "subscribe", filter);
}

/* Collects the retained messages for a new subscription. */
static int replay(struct session *s, const struct packet_filter *entry, uint32_t sub_id)
{
	struct retained_matches matches = {0};
	struct worker *worker = s->worker;
	int err = sys_owns(entry->filter) ? sys_match(worker, entry->filter, &matches)
					  : retained_match(worker->broker->retained, entry->filter,
							   loop_now(worker->loop), &matches);
	worker->work += matches.count;
	if (!err)
		return session_replay(s, &matches, sub_id, entry->qos);
	retained_matches_finish(&matches);
	return err;
}

/* Returns the reason code for one filter; *detail_r gets a sentence when a limit was met. */
static uint8_t subscribe_one(struct connection *c, const struct packet_filter *entry, uint32_t sub_id, const char **detail_r)
{
	struct session *s = c->session;
	struct span name, filter;
	if (topic_split_shared(entry->filter, &name, &filter) || span_starts(entry->filter, span_str("$share/")))
		return c->version == MQTT_V5 ? REASON_SHARED_NOT_SUPPORTED : REASON_UNSPECIFIED;
	bool shallow = limits_levels_ok(s->worker->broker, entry->filter);
	if (!shallow)
		*detail_r = limits_met(c, LIMIT_TOPIC_LEVELS);
	if (!shallow || !topic_filter_valid(entry->filter))
		return c->version == MQTT_V5 ? REASON_TOPIC_FILTER_INVALID : REASON_UNSPECIFIED;
	if (!access_may_subscribe(s->identity, entry->filter)) {
		report_denied(c, entry->filter);
		return c->version == MQTT_V5 ? REASON_NOT_AUTHORIZED : REASON_UNSPECIFIED;
	}
	/* One filter may match all that is retained; many of them must not pile up. */
	if (s->replaying >= s->worker->broker->config.max_queued_messages)
		return c->version == MQTT_V5 ? REASON_QUOTA_EXCEEDED : REASON_UNSPECIFIED;
	if (s->subscriber.held_count >= s->worker->broker->config.max_subscriptions) {
		*detail_r = limits_met(c, LIMIT_SUBSCRIPTIONS);
		return c->version == MQTT_V5 ? REASON_QUOTA_EXCEEDED : REASON_UNSPECIFIED;
	}
	const struct sub_options options = {
		.id = sub_id,
		.qos = entry->qos,
		.no_local = entry->no_local,
		.retain_as_published = entry->retain_as_published,
	};
	bool existed;
	int err = router_subscribe(&s->worker->router, &s->subscriber, entry->filter, &options, &existed);
	if (!err && (entry->retain_handling == 0 || (entry->retain_handling == 1 && !existed)))
		err = replay(s, entry, sub_id);
	if (err)
		return c->version == MQTT_V5 ? REASON_QUOTA_EXCEEDED : REASON_UNSPECIFIED;
	return entry->qos;
}

uint8_t handle_subscribe(struct connection *c, const struct wire_frame *frame)
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
	uint32_t sub_id = props_has(&p->props, PROP_SUBSCRIPTION_ID) ? p->props.subscription_id : 0;
	struct span cursor = p->filters;
	struct packet_filter entry;
	uint32_t count = 0;
	const char *detail = NULL;
	while (count < p->count && packet_next_filter(&cursor, PACKET_SUBSCRIBE, c->version, &entry))
		codes[count++] = subscribe_one(c, &entry, sub_id, &detail);
	worker_count_subscriptions(c->worker);
	c->worker->work += count;
	struct packet ack = {.type = PACKET_SUBACK, .suback = {.id = p->id, .codes = span_of(codes, count)}};
	if (detail && c->version == MQTT_V5) {
		ack.suback.props.reason_string = span_str(detail);
		props_set(&ack.suback.props, PROP_REASON_STRING);
	}
	connection_send_packet(c, &ack);
	if (codes != few)
		free(codes);
	session_pump(c->session);
	return 0;
}

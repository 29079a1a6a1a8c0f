/* SUBSCRIBE (MQTT 5.0 §3.8): each filter is judged by itself, SUBACK tells
 * how, then the retained messages follow. On the worker's thread. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/acks.h"
#include "broker/guest.h"
#include "broker/handle.h"
#include "broker/limits.h"
#include "broker/persistence.h"
#include "broker/session.h"
#include "broker/sys.h"
#include "mqtt/topic.h"

enum { STACK_CODES = 64 }; /* reason codes for which no memory is asked */

static void report_denied(struct connection *c, struct span filter)
{
	const struct broker_events *events = &c->worker->broker->events;
	if (!events->denied)
		return;
	struct stream_address address;
	struct broker_client client = connection_client(c, &address);
	events->denied(events->ctx, &client, "subscribe", filter);
}

/* Collects the retained messages for a new subscription. */
static int replay(struct session *s, const struct packet_filter *entry, uint32_t sub_id)
{
	struct retained_matches matches = {0};
	struct worker *worker = s->worker;
	int err;
	if (session_is_guest(s))
		err = guest_match_retained(s, entry->filter, &matches);
	else if (sys_owns(entry->filter))
		err = sys_match(worker, entry->filter, &matches);
	else
		err = retained_match(worker->broker->retained, entry->filter, loop_now(worker->loop), &matches);
	worker->work += matches.count;
	if (!err)
		return session_replay(s, &matches, sub_id, entry->qos);
	retained_matches_finish(&matches);
	return err;
}

/* The options byte as the store keeps it (§3.8.3.1). */
static uint8_t options_byte(const struct packet_filter *e)
{
	return (uint8_t)(e->qos | e->no_local << 2 | e->retain_as_published << 3 | e->retain_handling << 4);
}

/* Whether a subscription brings retained messages (§3.8.3.1). MQTT-4.8.2: none to those who share. */
static bool brings_retained(const struct packet_filter *entry, bool existed)
{
	return share_plain_filter(entry->filter).data == entry->filter.data &&
	       (entry->retain_handling == 0 || (entry->retain_handling == 1 && !existed));
}

/* Whether there is room for a subscription. Returns 0, or the limit's reason code; *detail_r: its sentence. */
static uint8_t check_room(struct connection *c, const struct packet_filter *entry, const char **detail_r)
{
	struct session *s = c->session;
	const struct broker_config *config = &s->worker->broker->config;
	bool many = session_subscriptions(s) >= config->max_subscriptions;
	/* One filter may match all that is retained; many of them must not pile up. */
	bool behind = s->traffic->replaying >= config->max_queued_messages;
	if (!many && !behind)
		return 0;
	bool existed = session_has_subscription(s, entry->filter); /* MQTT-3.8.4-3: then it is replaced */
	if (behind && brings_retained(entry, existed))
		*detail_r = limits_met(c, LIMIT_QUEUE);
	else if (many && !existed)
		*detail_r = limits_met(c, LIMIT_SUBSCRIPTIONS);
	else
		return 0;
	return REASON_QUOTA_EXCEEDED;
}

/* Whether who the client is may subscribe to the filter; plain: the same without $share. */
static bool may_subscribe(struct session *s, struct span filter, struct span plain)
{
	return session_is_guest(s) ? guest_may_subscribe(s, filter) : access_may_subscribe(s->identity, plain);
}

/* Whether a filter is one that this client may have now. Returns a 5.0 reason code; *detail_r: of a limit that was met. */
static uint8_t check_filter(struct connection *c, const struct packet_filter *entry, const char **detail_r)
{
	struct session *s = c->session;
	struct span filter = entry->filter, plain = share_plain_filter(filter);
	bool shallow = limits_levels_ok(s->worker->broker, plain);
	if (!shallow)
		*detail_r = limits_met(c, LIMIT_TOPIC_LEVELS);
	if (!shallow || !topic_filter_valid(filter))
		return REASON_TOPIC_FILTER_INVALID;
	const char *too_much = guest_asks_too_much(c, filter);
	if (too_much) {
		*detail_r = too_much;
		return REASON_QUOTA_EXCEEDED;
	}
	if (!may_subscribe(s, filter, plain)) {
		if (!session_is_guest(s)) /* whose rooms change, and whose page asks again for what it had */
			report_denied(c, filter);
		return REASON_NOT_AUTHORIZED;
	}
	return check_room(c, entry, detail_r);
}

/* Subscribes to one filter that may be. Returns its reason code; *ticket_r: of the change. */
static uint8_t subscribe_one(struct connection *c, const struct packet_filter *entry, uint32_t sub_id, uint32_t *ticket_r)
{
	struct session *s = c->session;
	const struct sub_options options = {
		.id = sub_id,
		.qos = entry->qos,
		.no_local = entry->no_local,
		.retain_as_published = entry->retain_as_published,
	};
	bool existed;
	if (session_subscribe(s, entry->filter, &options, &existed))
		return REASON_QUOTA_EXCEEDED;
	*ticket_r = persistence_subscription(s, &(struct persist_subscription){
						   .filter = entry->filter, .options = options_byte(entry), .identifier = sub_id});
	/* The subscription holds, whatever comes of this, and SUBACK has to say so. */
	if (brings_retained(entry, existed) && replay(s, entry, sub_id))
		log_error(s->client_id, "out of memory: the client does not get the retained messages of a new subscription");
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
	uint32_t count = 0, ticket = 0;
	const char *detail = NULL;
	guest_begin_packet(c);
	while (count < p->count && packet_next_filter(&cursor, PACKET_SUBSCRIBE, c->version, &entry)) {
		uint8_t code = check_filter(c, &entry, &detail);
		if (!code)
			code = subscribe_one(c, &entry, sub_id, &ticket);
		codes[count++] = code >= 0x80 && c->version != MQTT_V5 ? REASON_UNSPECIFIED : code; /* 3.x has only 0x80 */
	}
	worker_count_subscriptions(c->worker);
	c->worker->work += count;
	struct packet ack = {.type = PACKET_SUBACK, .suback = {.id = p->id, .codes = span_of(codes, count)}};
	if (detail) { /* 3.x leaves it out */
		ack.suback.props.reason_string = span_str(detail);
		props_set(&ack.suback.props, PROP_REASON_STRING);
	}
	acks_send_encoded(c, &ack, ticket);
	if (codes != few)
		free(codes);
	if (!c->ending)
		session_pump(c->session);
	return 0;
}

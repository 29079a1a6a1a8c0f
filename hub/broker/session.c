/* Sessions: coming, going, sending what waited. On the worker's thread; it
 * knows packets only through route.c. */
#include "broker/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/limits.h"
#include "broker/overload.h"
#include "broker/route.h"
#include "mqtt/reason.h"

enum { PUMP_A_TIME = 8192 }; /* messages, then others have their turn */

struct session *session_find(struct worker *worker, struct span client_id)
{
	struct map_node *node = map_get(&worker->sessions, client_id);
	return node ? container_of(node, struct session, node) : NULL;
}

static void on_timer(struct loop_timer *timer);

struct session *session_create(struct worker *worker, struct span client_id, const struct access_identity *identity)
{
	struct session *s = calloc(1, sizeof *s + client_id.len + 1);
	if (!s)
		return NULL;
	memcpy(s->client_id, client_id.data, client_id.len);
	s->subscriber.kind = SUBSCRIBER_SESSION;
	s->worker = worker;
	s->identity = identity;
	s->timer.fire = on_timer;
	if (map_put(&worker->sessions, &s->node, span_of(s->client_id, client_id.len))) {
		free(s);
		return NULL;
	}
	counter_add(&worker->counters.sessions, 1);
	return s;
}

int session_replay(struct session *s, struct retained_matches *matches, uint32_t sub_id, uint8_t qos)
{
	struct replay *r = matches->count ? malloc(sizeof *r) : NULL;
	if (!r) {
		int err = matches->count ? ERR_NOMEM : 0;
		retained_matches_finish(matches);
		return err;
	}
	*r = (struct replay){.matches = *matches, .sub_id = sub_id, .qos = qos};
	s->replaying += matches->count;
	*matches = (struct retained_matches){0};
	if (s->replay)
		s->replay_last->next = r;
	else
		s->replay = r;
	s->replay_last = r;
	return 0;
}

static void replay_drop_first(struct session *s)
{
	struct replay *r = s->replay;
	s->replay = r->next;
	/* Those before r->at have gone to the client with their reference. */
	for (uint32_t i = r->at; i < r->matches.count; i++)
		message_unref(&r->matches.items[i]);
	s->replaying -= r->matches.count - r->at;
	r->matches.count = 0;
	retained_matches_finish(&r->matches);
	free(r);
}

void session_destroy(struct session **session, bool with_will)
{
	struct session *s = *session;
	*session = NULL;
	if (!s)
		return;
	struct worker *worker = s->worker;
	if (with_will)
		will_publish(worker, &s->will);
	will_destroy(&s->will);
	loop_timer_disarm(&s->timer);
	router_forget(&worker->router, &s->subscriber);
	map_remove(&worker->sessions, &s->node);
	outbox_finish(&s->outbox);
	inflight_finish(&s->inflight);
	id_set_finish(&s->incoming);
	while (s->replay)
		replay_drop_first(s);
	counter_add(&worker->counters.sessions, -1);
	free(s);
}

/* What a timer has to wait for while the client is absent: seconds after left_at; UINT32_MAX: nothing. */
static uint32_t next_deadline_s(const struct session *s)
{
	return s->will && s->will->delay_s < s->expiry_s ? s->will->delay_s : s->expiry_s;
}

static void arm(struct session *s)
{
	uint32_t deadline_s = next_deadline_s(s);
	if (deadline_s == UINT32_MAX)
		return;
	int64_t left_ms = (int64_t)deadline_s * 1000 - mono_diff_ms(s->left_at, loop_now(s->worker->loop));
	loop_timer_arm(s->worker->loop, &s->timer, left_ms > 0 ? left_ms : 0);
}

static void on_timer(struct loop_timer *timer)
{
	struct session *s = container_of(timer, struct session, timer);
	int64_t away_ms = mono_diff_ms(s->left_at, loop_now(s->worker->loop));
	if (s->expiry_s != UINT32_MAX && away_ms >= (int64_t)s->expiry_s * 1000) {
		counter_add(&s->worker->counters.expired, 1);
		session_destroy(&s, true); /* MQTT-3.1.3-9: the will at the latest when the session ends */
		return;
	}
	if (s->will && away_ms >= (int64_t)s->will->delay_s * 1000)
		will_publish(s->worker, &s->will);
	arm(s);
}

void session_leave(struct session *s)
{
	s->connection = NULL;
	s->left_at = loop_now(s->worker->loop);
	if (s->expiry_s == 0) {
		session_destroy(&s, true);
		return;
	}
	if (s->will && s->will->delay_s == 0)
		will_publish(s->worker, &s->will);
	arm(s);
}

void session_join(struct session *s, struct connection *c)
{
	loop_timer_disarm(&s->timer);
	s->connection = c;
	c->session = s;
	inflight_restart(&s->inflight);
	session_pump(s);
}

bool session_window_open(const struct session *s)
{
	uint32_t limit = s->worker->broker->config.max_inflight;
	if (s->connection && s->connection->receive_max < limit)
		limit = s->connection->receive_max;
	return s->inflight.window < limit && s->inflight.tail - s->inflight.head < INFLIGHT_SPAN;
}

bool session_has_backlog(struct session *s)
{
	/* The same order as in pump_one: true must mean that it gets on, or the worker would spin. */
	if (inflight_has_resend(&s->inflight))
		return session_window_open(s);
	const struct replay *r = s->replay;
	if (r)
		return r->at == r->matches.count || r->qos == 0 || session_window_open(s);
	const struct delivery *first = outbox_first(&s->outbox);
	return first && (first->qos == 0 || session_window_open(s));
}

static bool pump_replay(struct session *s)
{
	struct replay *r = s->replay;
	if (r->at == r->matches.count) {
		replay_drop_first(s);
		return true;
	}
	struct message *m = r->matches.items[r->at];
	uint8_t qos = m->qos < r->qos ? m->qos : r->qos;
	if (qos && !session_window_open(s))
		return false;
	r->at++;
	s->replaying--;
	route_send(s->connection, &(struct delivery){.message = m, .id = r->sub_id, .qos = qos, .retain = true});
	return true;
}

static bool pump_queue(struct session *s)
{
	const struct delivery *first = outbox_first(&s->outbox);
	if (!first || (first->qos && !session_window_open(s)))
		return false;
	struct delivery d = outbox_pop(&s->outbox);
	route_send(s->connection, &d);
	return true;
}

static bool pump_one(struct session *s)
{
	if (inflight_has_resend(&s->inflight)) {
		uint16_t id;
		if (!session_window_open(s))
			return false;
		const struct delivery *item = inflight_resend(&s->inflight, &id);
		route_resend(s->connection, item, id);
		return true;
	}
	return s->replay ? pump_replay(s) : pump_queue(s);
}

void session_pump(struct session *s)
{
	for (unsigned i = 0; i < PUMP_A_TIME && connection_ready(s->connection) && pump_one(s); i++)
		;
	connection_touch(s->connection); /* what is left goes on at the turn's end */
	if (s->dropped && s->outbox.count == 0) {
		log_info(s->client_id, "the queue is empty again; %u messages were dropped while it was full",
			 s->dropped);
		s->dropped = 0;
	}
}

void session_queue(struct session *s, const struct delivery *delivery)
{
	const struct broker_config *config = &s->worker->broker->config;
	const struct outbox_limits limits = {config->max_queued_messages, config->max_queued_bytes};
	unsigned dropped;
	if (overload_drops(s, delivery))
		return;
	outbox_push(&s->outbox, delivery, &limits, &dropped);
	if (s->connection)
		connection_touch(s->connection);
	if (!dropped)
		return;
	counter_add(&s->worker->counters.dropped, dropped);
	limits_queue_full(s, dropped);
	if (s->dropped == 0)
		log_warning(s->client_id, "the client reads too slowly or is away: its queue is full (%u messages, "
			    "%llu bytes), messages are dropped. What can be done: mend it, or raise max_queued_messages and "
			    "max_queued_kib", s->outbox.count, (unsigned long long)s->outbox.bytes);
	s->dropped += dropped;
}

static bool may_hold_filter(void *ctx, struct span filter)
{
	return access_may_subscribe(((struct session *)ctx)->identity, filter);
}

static bool may_hold_message(void *ctx, const struct delivery *d)
{
	return access_may_subscribe(((struct session *)ctx)->identity, message_topic(d->message));
}

static void replay_restrict(struct session *s)
{
	for (struct replay *r = s->replay; r; r = r->next) {
		uint32_t kept = r->at;
		for (uint32_t i = r->at; i < r->matches.count; i++)
			if (access_may_subscribe(s->identity, message_topic(r->matches.items[i])))
				r->matches.items[kept++] = r->matches.items[i];
			else
				message_unref(&r->matches.items[i]);
		s->replaying -= r->matches.count - kept;
		r->matches.count = kept;
	}
}

void session_renew(struct session *s, const struct access_identity *identity)
{
	struct worker *worker = s->worker;
	if (!identity) {
		session_revoke(s, REASON_NOT_AUTHORIZED);
		return;
	}
	s->identity = identity;
	unsigned ended = router_restrict(&worker->router, &s->subscriber, may_hold_filter, s);
	if (ended) {
		log_info(s->client_id, "%u subscriptions ended: the access rules have changed", ended);
		outbox_restrict(&s->outbox, may_hold_message, s);
		replay_restrict(s);
	}
	if (s->will && !access_may_publish(identity, message_topic(s->will->message)))
		will_destroy(&s->will);
}

void session_revoke(struct session *s, uint8_t reason)
{
	will_destroy(&s->will);
	s->expiry_s = 0;
	if (s->connection)
		connection_end(s->connection, reason);
	else
		session_destroy(&s, false);
}

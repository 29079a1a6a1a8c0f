/* Sessions: coming, going, sending what waited. On the worker's thread; it
 * knows packets only through route.c. */
#include "broker/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/acks.h"
#include "broker/limits.h"
#include "broker/overload.h"
#include "broker/persistence.h"
#include "broker/route_send.h"
#include "mqtt/reason.h"

enum {
	PUMP_A_TIME = 8192, /* messages, then others have their turn */
	STAGED = 64,        /* retained messages that go into the queue of a kept session at a time */
};

struct session *session_find(struct worker *worker, struct span client_id)
{
	struct map_node *node = map_get(&worker->sessions, client_id);
	return node ? container_of(node, struct session, node) : NULL;
}

/* --- what is not always there ------------------------------------------ */

const struct traffic traffic_none;

struct traffic *session_traffic(struct session *s)
{
	if (s->traffic != &traffic_none)
		return s->traffic;
	struct traffic *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	memory_count(0, sizeof *t);
	s->traffic = t;
	return t;
}

static void end_traffic(struct session *s)
{
	if (s->traffic == &traffic_none)
		return;
	outbox_finish(&s->traffic->outbox);
	inflight_finish(&s->traffic->inflight);
	id_set_finish(&s->traffic->incoming);
	memory_count(0, -(int64_t)sizeof *s->traffic);
	free(s->traffic);
	s->traffic = (struct traffic *)(uintptr_t)&traffic_none;
}

void session_trim(struct session *s)
{
	struct traffic *t = s->traffic;
	if (t == &traffic_none)
		return;
	outbox_trim(&t->outbox);
	inflight_trim(&t->inflight);
	if (!t->outbox.used && t->inflight.head == t->inflight.tail && !t->incoming.count && !t->replay && !t->dropped)
		end_traffic(s);
}

static void on_timer(struct loop_timer *timer);

int session_absent(struct session *s, struct mono_ms since)
{
	if (!s->absence)
		s->absence = calloc(1, sizeof *s->absence);
	if (!s->absence)
		return ERR_NOMEM;
	s->absence->session = s;
	s->absence->timer.fire = on_timer;
	s->absence->left_at = since;
	return 0;
}

static void end_absence(struct session *s)
{
	if (!s->absence)
		return;
	loop_timer_disarm(&s->absence->timer);
	free(s->absence);
	s->absence = NULL;
}

struct mono_ms session_left_at(const struct session *s)
{
	return s->absence ? s->absence->left_at : loop_now(s->worker->loop);
}

/* --- coming and going -------------------------------------------------- */

struct session *session_create(struct worker *worker, struct span client_id, const struct access_identity *identity)
{
	size_t size = offsetof(struct session, client_id) + client_id.len + 1;
	if (size < sizeof(struct session))
		size = sizeof(struct session);
	struct session *s = calloc(1, size);
	if (!s)
		return NULL;
	memcpy(s->client_id, client_id.data, client_id.len);
	s->subscriber.kind = SUBSCRIBER_SESSION;
	s->worker = worker;
	s->identity = identity;
	s->traffic = (struct traffic *)(uintptr_t)&traffic_none;
	s->next_number = 1;
	if (map_put(&worker->sessions, &s->node, span_of(s->client_id, client_id.len))) {
		free(s);
		return NULL;
	}
	counter_add(&worker->counters.sessions, 1);
	return s;
}

int session_replay(struct session *s, struct retained_matches *matches, uint32_t sub_id, uint8_t qos)
{
	struct replay *r = matches->count && session_traffic(s) ? malloc(sizeof *r) : NULL;
	if (!r) {
		int err = matches->count ? ERR_NOMEM : 0;
		retained_matches_finish(matches);
		return err;
	}
	*r = (struct replay){.matches = *matches, .number = s->next_number, .sub_id = sub_id, .qos = qos};
	s->next_number += matches->count; /* and so what is queued from now on goes behind them */
	s->traffic->replaying += matches->count;
	*matches = (struct retained_matches){0};
	if (s->traffic->replay)
		s->traffic->replay_last->next = r;
	else
		s->traffic->replay = r;
	s->traffic->replay_last = r;
	return 0;
}

static void replay_drop_first(struct session *s)
{
	struct replay *r = s->traffic->replay;
	s->traffic->replay = r->next;
	/* Those before r->at have gone to the client with their reference. */
	for (uint32_t i = r->at; i < r->matches.count; i++)
		message_unref(&r->matches.items[i]);
	s->traffic->replaying -= r->matches.count - r->at;
	r->matches.count = 0;
	retained_matches_finish(&r->matches);
	free(r);
}

static void lose_interest(struct session *s, struct span filter)
{
	interest_remove(s->worker->interest, &s->worker->broker->placement, filter);
}

/* Is asked for each filter of a session that ends. Without the memory to ask, interest stays that nobody has: no harm. */
static bool hold_none(void *ctx, struct span filter)
{
	lose_interest(ctx, filter);
	return false;
}

void session_forget(struct session **session)
{
	struct session *s = *session;
	*session = NULL;
	if (!s)
		return;
	struct worker *worker = s->worker;
	will_destroy(&s->will);
	end_absence(s);
	(void)router_restrict(&worker->router, &s->subscriber, hold_none, s);
	(void)share_restrict(s, NULL, NULL);
	map_remove(&worker->sessions, &s->node);
	while (s->traffic->replay)
		replay_drop_first(s);
	end_traffic(s);
	counter_add(&worker->counters.sessions, -1);
	free(s);
}

void session_destroy(struct session **session, bool with_will)
{
	struct session *s = *session;
	if (!s)
		return;
	share_pass_on(s);
	if (with_will)
		will_publish(s->worker, &s->will, s);
	persistence_session_end(s);
	session_forget(session);
}

int session_subscribe(struct session *s, struct span filter, const struct sub_options *options, bool *existed_r)
{
	if (share_plain_filter(filter).data != filter.data)
		return share_join(s, filter, options, existed_r);
	int err = router_subscribe(&s->worker->router, &s->subscriber, filter, options, existed_r);
	if (!err && !*existed_r)
		interest_add(s->worker->interest, &s->worker->broker->placement, filter);
	return err;
}

int session_unsubscribe(struct session *s, struct span filter)
{
	if (share_plain_filter(filter).data != filter.data)
		return share_leave(s, filter);
	int err = router_unsubscribe(&s->worker->router, &s->subscriber, filter);
	if (!err)
		lose_interest(s, filter);
	return err;
}

bool session_incoming_end(struct session *s, uint16_t packet_id, uint32_t *ticket_r)
{
	bool known = id_set_remove(&s->traffic->incoming, packet_id);
	/* one that is not known may have ended before, on a connection that did not live to tell */
	uint32_t ticket = known ? persistence_qos2_end(s, PERSIST_INCOMING, packet_id) : persistence_so_far(s);
	if (ticket_r)
		*ticket_r = ticket;
	return known;
}

/* Until then nothing of one that returns is told or ended: its client could not be here while the hub was not. */
static int64_t grace_ms(const struct session *s)
{
	return s->returning ? mono_diff_ms(session_left_at(s), s->worker->returned_by) : 0;
}

/* Milliseconds after left_at at which the will is due, and the session ends; INT64_MAX: never. */
static int64_t will_due_ms(const struct session *s)
{
	if (!s->will)
		return INT64_MAX;
	int64_t due_ms = (int64_t)s->will->delay_s * 1000, grace = grace_ms(s);
	return due_ms > grace ? due_ms : grace;
}

static int64_t end_due_ms(const struct session *s)
{
	if (s->expiry_s == UINT32_MAX)
		return INT64_MAX;
	int64_t due_ms = (int64_t)s->expiry_s * 1000, grace = grace_ms(s);
	return due_ms > grace ? due_ms : grace;
}

void session_arm(struct session *s)
{
	int64_t will_ms = will_due_ms(s), end_ms = end_due_ms(s);
	int64_t due_ms = will_ms < end_ms ? will_ms : end_ms;
	if (due_ms == INT64_MAX)
		return;
	int64_t left_ms = due_ms - mono_diff_ms(s->absence->left_at, clock_mono());
	loop_timer_arm(s->worker->loop, &s->absence->timer, left_ms > 0 ? left_ms : 0);
}

static void publish_will(struct session *s)
{
	if (!s->will)
		return;
	will_publish(s->worker, &s->will, s);
	persistence_will(s);
}

static void on_timer(struct loop_timer *timer)
{
	struct session *s = container_of(timer, struct absence, timer)->session;
	int64_t away_ms = mono_diff_ms(s->absence->left_at, loop_now(s->worker->loop));
	if (away_ms >= end_due_ms(s)) {
		counter_add(&s->worker->counters.expired, 1);
		session_destroy(&s, true); /* MQTT-3.1.3-9: the will at the latest when the session ends */
		return;
	}
	if (away_ms >= will_due_ms(s))
		publish_will(s);
	session_arm(s);
}

void session_leave(struct session *s)
{
	s->connection = NULL;
	share_set_state(s, SHARE_ABSENT);
	/* A restart of the hub is not the death of every device: wills wait for it, as the standard allows (§3.1.2.5),
	 * where there is a store. */
	if (s->worker->closing && s->kept) {
		persistence_session(s);
		return;
	}
	if (s->worker->closing)
		will_destroy(&s->will);
	if (s->expiry_s == 0 || session_absent(s, loop_now(s->worker->loop))) { /* without memory for the wait it ends now */
		session_destroy(&s, true);
		return;
	}
	session_trim(s);
	persistence_session(s);
	if (s->will && s->will->delay_s == 0)
		publish_will(s);
	else if (s->will)
		persistence_will(s);
	session_arm(s);
}

void session_join(struct session *s, struct connection *c)
{
	end_absence(s);
	s->connection = c;
	s->returning = false;
	c->session = s;
	share_set_state(s, SHARE_READY);
	if (s->traffic != &traffic_none)
		inflight_restart(&s->traffic->inflight);
	session_pump(s);
}

bool session_window_open(const struct session *s)
{
	uint32_t limit = s->worker->broker->config.max_inflight;
	if (s->connection && s->connection->receive_max < limit)
		limit = s->connection->receive_max;
	return s->traffic->inflight.window < limit;
}

/* Whether this delivery may be sent now, as far as windows and the disk go. A QoS 2 message that is
 * kept is sent once it is on the disk: else a restart would make a second one of it. */
static bool may_send(struct session *s, const struct delivery *d)
{
	if (d->qos == 0)
		return true;
	if (d->qos == 2 && !persistence_reached(s->worker->persistence, d->ticket)) {
		acks_hold_queue(s->connection);
		return false;
	}
	return session_window_open(s) && inflight_reaches(&s->traffic->inflight, session_number(s, d));
}

void session_store(struct session *s, struct delivery *d)
{
	if (d->qos == 0 || s->kept != SESSION_KEPT)
		return;
	d->ticket = persistence_queued(s, d);
	d->stored = true;
}

/* Whether the retained messages come before what is queued. */
static bool replay_is_first(struct session *s)
{
	const struct delivery *first = s->traffic->replay ? outbox_first(&s->traffic->outbox) : NULL;
	return s->traffic->replay && (!first || (int32_t)(first->number - (uint32_t)(s->traffic->replay->number + s->traffic->replay->at)) > 0);
}

/* The next of the retained messages as a delivery; the reference stays the replay's. */
static struct delivery replay_delivery(const struct replay *r)
{
	struct message *m = r->matches.items[r->at];
	return (struct delivery){
		.message = m,
		.number = (uint32_t)(r->number + r->at),
		.id = r->sub_id,
		.qos = m->qos < r->qos ? m->qos : r->qos,
		.retain = true,
	};
}

bool session_has_backlog(struct session *s)
{
	/* The same order as in pump_one: true must mean that it gets on, or the worker would spin. */
	if (inflight_has_resend(&s->traffic->inflight))
		return session_window_open(s);
	if (replay_is_first(s)) {
		const struct replay *r = s->traffic->replay;
		if (r->at == r->matches.count || s->kept == SESSION_KEPT)
			return true;
		const struct delivery d = replay_delivery(r);
		return may_send(s, &d);
	}
	const struct delivery *first = outbox_first(&s->traffic->outbox);
	return first && may_send(s, first);
}

/* Retained messages that a kept session must not lose go through its queue, some at a time, like all others. */
static bool stage_replay(struct session *s)
{
	struct replay *r = s->traffic->replay;
	struct delivery staged[STAGED];
	uint32_t count = 0;
	for (; count < STAGED && r->at < r->matches.count; count++, r->at++) {
		staged[count] = replay_delivery(r);
		session_store(s, &staged[count]);
	}
	s->traffic->replaying -= count;
	for (uint32_t i = count; i-- > 0;)
		if (outbox_push_first(&s->traffic->outbox, &staged[i])) {
			persistence_queue_end(s, &staged[i]);
			counter_add(&s->worker->counters.dropped, 1);
		}
	return true;
}

static bool pump_replay(struct session *s)
{
	struct replay *r = s->traffic->replay;
	if (r->at == r->matches.count) {
		replay_drop_first(s);
		return true;
	}
	if (s->kept == SESSION_KEPT)
		return stage_replay(s);
	const struct delivery d = replay_delivery(r);
	if (!may_send(s, &d))
		return false;
	r->at++;
	s->traffic->replaying--;
	route_send(s->connection, &d);
	return true;
}

static bool pump_queue(struct session *s)
{
	const struct delivery *first = outbox_first(&s->traffic->outbox);
	if (!first || !may_send(s, first))
		return false;
	struct delivery d = outbox_pop(&s->traffic->outbox);
	route_send(s->connection, &d);
	return true;
}

static bool pump_one(struct session *s)
{
	if (inflight_has_resend(&s->traffic->inflight)) {
		uint16_t id;
		if (!session_window_open(s))
			return false;
		const struct delivery *item = inflight_resend(&s->traffic->inflight, &id);
		route_resend(s->connection, item, id);
		return true;
	}
	return replay_is_first(s) ? pump_replay(s) : pump_queue(s);
}

void session_pump(struct session *s)
{
	for (unsigned i = 0; i < PUMP_A_TIME && connection_ready(s->connection) && pump_one(s); i++)
		;
	connection_touch(s->connection); /* what is left goes on at the turn's end */
	if (s->traffic->outbox.count)
		return;
	share_set_state(s, SHARE_READY);
	if (s->traffic->dropped) {
		log_info(s->client_id, "the queue is empty again; %u messages were dropped while it was full",
			 s->traffic->dropped);
		s->traffic->dropped = 0;
	}
}

void session_queue(struct session *s, const struct delivery *delivery)
{
	const struct broker_config *config = &s->worker->broker->config;
	const struct outbox_limits limits = {config->max_queued_messages, config->max_queued_bytes};
	unsigned dropped;
	if (overload_drops(s, delivery))
		return;
	struct traffic *traffic = session_traffic(s);
	if (!traffic) {
		struct message *m = delivery->message;
		message_unref(&m);
		persistence_queue_end(s, delivery);
		counter_add(&s->worker->counters.dropped, 1);
		return;
	}
	if (outbox_push(&traffic->outbox, delivery, &limits, &dropped))
		persistence_queue_end(s, delivery); /* its message is gone, its number is not */
	share_set_state(s, s->connection ? SHARE_BUSY : SHARE_ABSENT);
	if (s->connection)
		connection_touch(s->connection);
	if (!dropped)
		return;
	counter_add(&s->worker->counters.dropped, dropped);
	limits_queue_full(s, dropped);
	if (s->traffic->dropped == 0)
		log_warning(s->client_id, "the client reads too slowly or is away: its queue is full (%u messages, "
			    "%llu bytes), messages are dropped. What can be done: mend it, or raise max_queued_messages and "
			    "max_queued_kib", s->traffic->outbox.count, (unsigned long long)s->traffic->outbox.bytes);
	s->traffic->dropped += dropped;
}

static bool may_hold_filter(void *ctx, struct span filter)
{
	struct session *s = ctx;
	if (access_may_subscribe(s->identity, filter))
		return true;
	persistence_unsubscription(s, filter);
	lose_interest(s, filter);
	return false;
}

static bool may_join(void *ctx, struct span filter)
{
	return access_may_subscribe(((struct session *)ctx)->identity, filter);
}

static bool may_hold_message(void *ctx, const struct delivery *d)
{
	struct session *s = ctx;
	if (access_may_subscribe(s->identity, message_topic(d->message)))
		return true;
	persistence_queue_end(s, d);
	return false;
}

static void replay_restrict(struct session *s)
{
	for (struct replay *r = s->traffic->replay; r; r = r->next) {
		uint32_t kept = r->at;
		for (uint32_t i = r->at; i < r->matches.count; i++)
			if (access_may_subscribe(s->identity, message_topic(r->matches.items[i])))
				r->matches.items[kept++] = r->matches.items[i];
			else
				message_unref(&r->matches.items[i]);
		s->traffic->replaying -= r->matches.count - kept;
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
	unsigned ended = router_restrict(&worker->router, &s->subscriber, may_hold_filter, s) + share_restrict(s, may_join, s);
	if (ended) {
		log_info(s->client_id, "%u subscriptions ended: the access rules have changed", ended);
		outbox_restrict(&s->traffic->outbox, may_hold_message, s);
		if (!s->connection) /* what it has on its connection it has; it does not get it again */
			inflight_restrict(&s->traffic->inflight, may_hold_message, s);
		replay_restrict(s);
	}
	if (s->will && !access_may_publish(identity, message_topic(s->will->message))) {
		will_destroy(&s->will);
		persistence_will(s);
	}
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

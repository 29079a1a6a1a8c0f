/* Sessions: coming, going, sending what waited. On the worker's thread; it
 * knows packets only through route.c. */
#include "broker/session_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/acks.h"
#include "broker/guest.h"
#include "broker/persistence.h"
#include "mqtt/reason.h"

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
	receipts_forget(s->traffic);
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
	if (!t->outbox.used && t->inflight.head == t->inflight.tail && !t->incoming.count && !t->receipts && !t->replay && !t->dropped)
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
	session_drop_replays(s);
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

bool session_has_subscription(struct session *s, struct span filter)
{
	if (share_plain_filter(filter).data != filter.data)
		return share_has(s, filter);
	return router_has(&s->worker->router, &s->subscriber, filter);
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
	if (known) /* what is left of it must not speak for the next message with its identifier */
		(void)receipt_left(s, packet_id);
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

void session_renew(struct session *s, const struct access_identity *identity)
{
	struct worker *worker = s->worker;
	if (!identity) {
		session_revoke(s, REASON_NOT_AUTHORIZED);
		return;
	}
	s->identity = identity;
	if (session_is_guest(s)) /* it hears by its rooms, and says nothing */
		return;
	unsigned ended = router_restrict(&worker->router, &s->subscriber, may_hold_filter, s) + share_restrict(s, may_join, s);
	if (ended) {
		log_info(s->client_id, "%u subscriptions ended: the access rules have changed", ended);
		outbox_restrict(&s->traffic->outbox, may_hold_message, s);
		if (!s->connection) /* what it has on its connection it has; it does not get it again */
			inflight_restrict(&s->traffic->inflight, may_hold_message, s);
		session_restrict_replays(s);
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

/* What waits for a client, and how it goes out: unfinished messages again, then retained and queued ones in the order of
 * their numbers. On the worker's thread; it knows packets only through route_send.c. */
#include "broker/session_private.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/acks.h"
#include "broker/guest.h"
#include "broker/limits.h"
#include "broker/overload.h"
#include "broker/persistence.h"
#include "broker/route_send.h"

enum {
	PUMP_A_TIME = 8192, /* messages, then others have their turn */
	STAGED = 64,        /* retained messages that go into the queue of a kept session at a time */
};

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

bool session_window_open(const struct session *s)
{
	uint32_t limit = s->worker->broker->config.max_inflight;
	if (s->connection && s->connection->receive_max < limit)
		limit = s->connection->receive_max;
	return s->traffic->inflight.window < limit;
}

bool session_may_send(const struct session *s, const struct delivery *d)
{
	return session_window_open(s) && inflight_reaches(&s->traffic->inflight, session_number(s, d));
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
	return session_may_send(s, d);
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
static void stage_replay(struct session *s)
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
}

static bool pump_replay(struct session *s)
{
	struct replay *r = s->traffic->replay;
	if (r->at == r->matches.count) {
		replay_drop_first(s);
		return true;
	}
	if (s->kept == SESSION_KEPT) {
		stage_replay(s);
		return true;
	}
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

static bool may_hear(const struct session *s, struct span topic)
{
	return session_is_guest(s) ? guest_hears(s, topic) : access_may_subscribe(s->identity, topic);
}

void session_restrict_replays(struct session *s)
{
	for (struct replay *r = s->traffic->replay; r; r = r->next) {
		uint32_t kept = r->at;
		for (uint32_t i = r->at; i < r->matches.count; i++)
			if (may_hear(s, message_topic(r->matches.items[i])))
				r->matches.items[kept++] = r->matches.items[i];
			else
				message_unref(&r->matches.items[i]);
		s->traffic->replaying -= r->matches.count - kept;
		r->matches.count = kept;
	}
}

void session_drop_replays(struct session *s)
{
	while (s->traffic->replay)
		replay_drop_first(s);
}

/* Routes messages: finds who is to get one and puts it into their outputs or queues. On the worker's thread. A message
 * becomes a block of its own only when somebody must keep it (a queue, a send window, another worker, the retained
 * store, a tap); what must survive is noted for the store on the way. */
#include "broker/route.h"

#include <stdlib.h>

#include "base/err.h"
#include "broker/acks.h"
#include "broker/guest.h"
#include "broker/limits.h"
#include "broker/persistence.h"
#include "broker/route_send.h"
#include "broker/session.h"
#include "broker/tap_private.h"

struct message *route_block(struct worker *worker, struct publication *pub)
{
	if (pub->message)
		return pub->message;
	pub->message = message_create_from(&(struct message_parts){
		.topic = pub->topic,
		.props = pub->props,
		.payload = pub->payload,
		.qos = pub->qos,
		.flags = pub->flags,
		.expiry_s = pub->expiry_s,
		.received_at = loop_now(worker->loop),
	});
	return pub->message;
}

/* What others hold until they are done; NULL when nobody waits. */
static struct receipt *receipt_of(struct worker *worker, struct publication *pub)
{
	if (pub->acknowledged && !pub->receipt)
		pub->receipt = receipt_create(worker, pub->from && pub->from->version != MQTT_V5);
	return pub->receipt;
}

/* --- sessions ------------------------------------------------------------------- */

/* Queues a delivery, or sends it in the slow way. */
static int deliver_block(struct worker *worker, struct publication *pub, struct session *s, struct delivery *d, bool direct)
{
	struct message *m = route_block(worker, pub);
	if (!m)
		return ERR_NOMEM;
	d->message = message_ref(m);
	if (direct)
		route_send(s->connection, d);
	else
		session_queue(s, d);
	return 0;
}

/* A delivery to a kept session is noted for the store. False: it cannot be, and is refused. */
static bool store(struct worker *worker, struct publication *pub, struct session *s, struct delivery *d)
{
	if (pub->live_only) {
		pub->refused = true;
		return s->connection && d->qos == 1;
	}
	d->message = route_block(worker, pub);
	if (!d->message)
		return false;
	session_store(s, d);
	pub->ticket = d->ticket;
	d->message = NULL;
	return true;
}

/* Sends at once what needs no more than its bytes in an output. */
static inline bool deliver_quick(struct publication *pub, const struct match *match)
{
	const struct session *s = container_of(match->who, struct session, subscriber);
	struct connection *c = s->connection;
	if (!c || (pub->qos && match->qos) || match->id || c->alias_max || session_is_behind(s) || !connection_ready(c))
		return false;
	return route_send_quick(c, pub, match->retain_as_published && (pub->flags & MESSAGE_RETAIN));
}

static int deliver(struct worker *worker, struct publication *pub, const struct match *match)
{
	struct session *s = container_of(match->who, struct session, subscriber);
	struct connection *c = s->connection;
	struct delivery d = {
		.number = (uint32_t)s->next_number,
		.id = match->id,
		.share = match->share,
		.qos = pub->qos < match->qos ? pub->qos : match->qos,
		.retain = match->retain_as_published && (pub->flags & MESSAGE_RETAIN),
	};
	if (!c && d.qos == 0)
		return 0; /* nobody keeps QoS 0 for the absent */
	s->next_number += d.qos > 0;
	bool kept = d.qos && s->kept == SESSION_KEPT;
	if (kept && !store(worker, pub, s, &d))
		return pub->refused ? 0 : ERR_NOMEM;
	bool direct = c && !session_is_behind(s) && connection_ready(c) && (d.qos == 0 || session_may_send(s, &d)) &&
		      !(kept && d.qos == 2);
	if (direct && d.id == 0 && c->alias_max == 0) {
		int err = route_send_image(c, pub, &d);
		if (err != ERR_FULL)
			return err;
		direct = false;
	}
	return deliver_block(worker, pub, s, &d, direct);
}

/* --- shared subscriptions -------------------------------------------------------- */

/* A message for a member on another worker. */
struct member_mail {
	struct mail mail;
	struct message *message; /* a reference */
	struct receipt *receipt; /* held, or NULL */
	bool live_only;
	struct share_pick pick;
};

/* The member is this worker's. Returns false when it has left. *err_r: of delivering. */
static bool to_member_here(struct worker *worker, struct publication *pub, const struct share_pick *pick, int *err_r)
{
	struct match match = {.id = pick->id, .qos = pick->qos, .retain_as_published = pick->retain_as_published};
	struct session *s = share_session(pick->member, &match.share);
	if (!s)
		return false;
	match.who = &s->subscriber;
	worker->work++;
	worker->image_stamp++;
	*err_r = deliver(worker, pub, &match);
	return true;
}

static void on_member_mail(struct mail *mail, void *owner);

static int to_member_elsewhere(struct worker *worker, struct publication *pub, struct share_pick *pick)
{
	struct member_mail *m = route_block(worker, pub) ? malloc(sizeof *m) : NULL;
	if (!m) {
		share_member_unref(&pick->member);
		return ERR_NOMEM;
	}
	*m = (struct member_mail){.mail = {.deliver = on_member_mail}, .message = message_ref(pub->message), .pick = *pick,
				   .live_only = pub->live_only};
	m->receipt = receipt_of(worker, pub);
	receipt_hold(m->receipt);
	loop_post(pick->worker->loop, &m->mail);
	return 0;
}

static int to_member(struct worker *worker, struct publication *pub, struct share_pick *pick)
{
	int err = 0;
	while (pick->member && pick->worker == worker) {
		if (to_member_here(worker, pub, pick, &err)) {
			share_member_unref(&pick->member);
			return err;
		}
		if (!share_pick_again(worker->broker->shares, pick, pub->qos))
			return 0;
	}
	return pick->member ? to_member_elsewhere(worker, pub, pick) : 0;
}

static int to_shared(struct worker *worker, struct publication *pub, uint32_t *found)
{
	struct share_picks *picks = &worker->picks;
	int err = shares_pick(worker->broker->shares, pub->topic, pub->qos, picks);
	for (uint32_t i = 0; i < picks->count; i++) {
		int failed = to_member(worker, pub, &picks->items[i]);
		err = err ? err : failed;
	}
	if (*found != UINT32_MAX)
		*found += picks->count;
	return err;
}

/* --- everybody -------------------------------------------------------------------- */

static int to_others(struct worker *worker, struct publication *pub, uint32_t *found)
{
	struct broker *broker = worker->broker;
	struct interest_topic topic = {.topic = pub->topic, .hash = pub->hash, .key = &broker->placement};
	for (unsigned i = 0; i < broker->config.workers; i++) {
		if (i == worker->index || !interest_wants(broker->workers[i]->interest, &topic))
			continue;
		if (!batch_takes(pub) && !route_block(worker, pub))
			return ERR_NOMEM;
		int err = batch_add(worker, i, pub, worker->persistence ? receipt_of(worker, pub) : NULL);
		if (err)
			return err;
		*found = UINT32_MAX;
	}
	return 0;
}

static int to_tap(struct worker *worker, struct publication *pub, struct subscriber *tap)
{
	if (!route_block(worker, pub))
		return ERR_NOMEM;
	const struct tap_arrival arrival = {
		.sender = pub->from ? access_name(pub->from->identity) : NULL, .receipt = receipt_of(worker, pub)};
	tap_deliver(tap, pub->message, &arrival);
	return 0;
}

/* Whether it is one of those whom a confidential message is for. */
static bool is_party(const struct subscriber *who, struct span topic)
{
	return who->kind == SUBSCRIBER_SESSION &&
	       access_may_publish(container_of(who, struct session, subscriber)->identity, topic);
}

/* A guest hears what is in its rooms; for whom a message is not, it has not been there. */
static int to_guest(struct worker *worker, struct publication *pub, const struct match *match, uint32_t *found)
{
	if (guest_hears(container_of(match->who, struct session, subscriber), pub->topic))
		return deliver(worker, pub, match);
	*found -= *found != UINT32_MAX; /* it is counted with the others */
	return 0;
}

/* Whoever is no ordinary session. Apart, so that the loop over those is as short as without. */
__attribute__((noinline)) static int to_special(struct worker *worker, struct publication *pub, const struct match *match, bool arrived,
						uint32_t *found)
{
	if (match->who->kind == SUBSCRIBER_GUEST)
		return to_guest(worker, pub, match, found);
	return arrived ? 0 : to_tap(worker, pub, match->who); /* taps listen where a message enters the broker */
}

static int to_subscribers(struct worker *worker, struct publication *pub, bool arrived, uint32_t *found)
{
	const struct subscriber *from = pub->from ? &pub->from->subscriber : NULL;
	const struct match *items;
	uint32_t count;
	bool confidential = pub->flags & MESSAGE_CONFIDENTIAL;
	int err = route_cache_match(worker->routes, &worker->router, pub->topic, pub->hash, from, &worker->matches, &items,
				    &count);
	worker->image_stamp++;
	worker->work += count;
	if (*found != UINT32_MAX)
		*found += count;
	uint32_t quick = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct match *match = &items[i];
		if (confidential && !is_party(match->who, pub->topic))
			continue;
		if (match->who->kind == SUBSCRIBER_SESSION) {
			if (deliver_quick(pub, match)) {
				quick++;
				continue;
			}
			int failed = deliver(worker, pub, match);
			err = err ? err : failed;
		} else {
			int failed = to_special(worker, pub, match, arrived, found);
			err = err ? err : failed;
		}
	}
	counter_add(&worker->counters.sent, quick);
	counter_add(&worker->counters.payload_out, (int64_t)(quick * pub->payload.len));
	return err;
}

/* Keeps the publication as the last of its topic. One that finds no room is delivered all the same. */
static int retain(struct worker *worker, struct publication *pub)
{
	struct broker *broker = worker->broker;
	if (pub->live_only) {
		pub->refused = true;
		return 0;
	}
	if (!route_block(worker, pub))
		return ERR_NOMEM;
	struct message *old;
	int err = retained_set(broker->retained, pub->message, &old);
	if (!err)
		pub->ticket = persistence_retained(worker, pub->message);
	else if (err == ERR_FULL && old) /* nor may the disk say what is not true any more */
		pub->ticket = persistence_retained_expired(worker, old);
	message_unref(&old);
	if (err != ERR_FULL)
		return err;
	pub->not_retained = true;
	if (!pub->from) /* else its connection is told */
		limits_met_by(broker, "a last will, or the hub itself", LIMIT_RETAINED);
	return 0;
}

uint32_t route_publish(struct worker *worker, struct publication *pub, int *err_r)
{
	uint32_t found = 0;
	*err_r = 0;
	pub->hash = hash_quick(&worker->broker->placement, pub->topic);
	if (pub->flags & MESSAGE_RETAIN)
		*err_r = retain(worker, pub);
	if (!*err_r && worker->broker->config.workers > 1)
		*err_r = to_others(worker, pub, &found);
	if (!*err_r)
		*err_r = to_subscribers(worker, pub, false, &found);
	if (!*err_r && !(pub->flags & MESSAGE_CONFIDENTIAL) && shares_any(worker->broker->shares))
		*err_r = to_shared(worker, pub, &found);
	message_unref(&pub->message);
	return found;
}

static struct publication publication_of(struct message *m)
{
	return (struct publication){
		.topic = message_topic(m),
		.props = message_props(m),
		.payload = message_payload(m),
		.expiry_s = message_expiry_s(m),
		.qos = m->qos,
		.flags = m->flags,
		.message = m,
	};
}

void route_message(struct worker *worker, struct message *message, struct session *from)
{
	struct publication pub = publication_of(message);
	pub.from = from;
	int err;
	route_publish(worker, &pub, &err);
	if (err)
		counter_add(&worker->counters.dropped, 1);
}

/* What came from another worker has been dealt with: its sender hears how. */
static void settle(struct worker *worker, struct publication *pub, struct receipt *receipt, int err)
{
	if (err)
		counter_add(&worker->counters.dropped, 1);
	if (err || pub->refused)
		receipt_release(receipt, err ? err : ERR_DISK_FULL);
	else
		persistence_release(worker->persistence, pub->ticket, receipt);
	message_unref(&pub->message);
}

void route_arrived(struct worker *worker, struct publication *pub, struct receipt *receipt)
{
	uint32_t found = 0;
	settle(worker, pub, receipt, to_subscribers(worker, pub, true, &found));
}

void route_here(struct worker *worker, struct message *message)
{
	struct publication pub = publication_of(message);
	pub.hash = hash_quick(&worker->broker->placement, pub.topic);
	route_arrived(worker, &pub, NULL);
}

/* A message that may have waited, as it is now (MQTT-3.3.2-6). Drops the member when it has expired (MQTT-3.3.2-5). */
static int to_member_now(struct worker *worker, struct publication *pub, struct share_pick *pick)
{
	pub->expiry_s = message_left_s(pub->message, loop_now(worker->loop));
	if (pub->expiry_s)
		return to_member(worker, pub, pick);
	counter_add(&worker->counters.dropped, 1);
	share_member_unref(&pick->member);
	return 0;
}

void route_to_member(struct worker *worker, struct message *message, struct share_pick *pick)
{
	struct publication pub = publication_of(message_ref(message));
	settle(worker, &pub, NULL, to_member_now(worker, &pub, pick));
}

static void on_member_mail(struct mail *mail, void *owner)
{
	struct member_mail *m = container_of(mail, struct member_mail, mail);
	struct worker *worker = owner;
	struct publication pub = publication_of(m->message);
	pub.live_only = m->live_only;
	int err = ERR_CLOSED;
	if (worker->stopping)
		share_member_unref(&m->pick.member);
	else
		err = to_member_now(worker, &pub, &m->pick);
	settle(worker, &pub, m->receipt, err);
	free(m);
}

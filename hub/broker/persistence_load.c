/* The start: what an earlier life of the hub has kept becomes retained messages and sessions without a client. On the
 * thread that makes the broker, before the workers run. One case for each kind of change, as the port tells them. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/persistence_private.h"
#include "broker/session.h"
#include "broker/share.h"

struct loading {
	struct broker *broker;
	struct session *session; /* to which the changes belong; NULL: one that is not kept any more */
	uint64_t retained, sessions, queued;
};

/* A message as it was, with one reference. NULL without memory. */
static struct message *message_as_it_was(const struct persist_message *p)
{
	int64_t life_ms = p->expires_at.ms - p->received_at.ms;
	return message_create_from(&(struct message_parts){
		.topic = p->topic,
		.props = p->props,
		.payload = p->payload,
		.qos = p->qos,
		.flags = p->flags,
		.expiry_s = p->expires_at.ms ? (uint32_t)(life_ms / 1000) : UINT32_MAX,
		.received_at = persistence_mono(p->received_at),
	});
}

/* The same; NULL also when its time is over (*expired_r). */
static struct message *message_from(const struct persist_message *p, bool *expired_r)
{
	*expired_r = p->expires_at.ms && p->expires_at.ms <= clock_wall().ms;
	return *expired_r ? NULL : message_as_it_was(p);
}

static int load_retained(struct loading *l, const struct persist_change *c)
{
	bool expired;
	struct message *m = message_from(&c->retained, &expired);
	if (!m && !expired)
		return ERR_NOMEM;
	if (expired) {
		struct persist_change clear = {.type = PERSIST_RETAINED_CLEAR, .retained = {.topic = c->retained.topic}};
		persistence_note(l->broker->workers[0]->persistence, &clear, &clear.retained.topic, NULL);
		return 0;
	}
	int err = retained_set(l->broker->retained, m, NULL);
	if (err == ERR_FULL) /* the limits have become smaller: it stays on the disk, for a larger one */
		err = 0;
	message_unref(&m);
	l->retained++;
	return err;
}

static int load_session(struct loading *l, const struct persist_change *c)
{
	struct worker *worker = broker_place(l->broker, c->client);
	const struct access_identity *identity = access_find(worker->table, c->session.username);
	struct wall_ms left = c->session.disconnected_at, now = clock_wall();
	l->session = NULL;
	if (!identity) { /* its owner was erased meanwhile */
		struct persist_change end = {.type = PERSIST_SESSION_END, .client = c->client};
		persistence_note(worker->persistence, &end, NULL, NULL);
		return 0;
	}
	struct session *s = session_create(worker, c->client, identity);
	if (!s)
		return ERR_NOMEM;
	s->version = c->session.protocol;
	s->expiry_s = c->session.expiry_s;
	if (session_absent(s, persistence_mono(left.ms && left.ms < now.ms ? left : now))) {
		session_forget(&s);
		return ERR_NOMEM;
	}
	s->kept = s->expiry_s ? SESSION_KEPT : SESSION_KEPT_WILL;
	s->returning = true;
	session_arm(s);
	l->session = s;
	l->sessions++;
	return 0;
}

static int load_subscription(struct loading *l, const struct persist_change *c)
{
	struct session *s = l->session;
	const struct persist_subscription *p = &c->subscription;
	const struct sub_options options = {
		.id = p->identifier,
		.qos = p->options & 3,
		.no_local = p->options >> 2 & 1,
		.retain_as_published = p->options >> 3 & 1,
	};
	bool existed;
	if (!s || !access_may_subscribe(s->identity, share_plain_filter(p->filter)))
		return 0;
	return session_subscribe(s, p->filter, &options, &existed);
}

static int load_queued(struct loading *l, const struct persist_change *c)
{
	static const struct outbox_limits none = {UINT32_MAX, UINT32_MAX};
	struct session *s = l->session;
	if (!s || c->queued.number <= 0)
		return 0;
	bool expired;
	struct delivery d = {
		.number = (uint32_t)c->queued.number,
		.qos = c->queued.qos,
		.retain = c->queued.retain,
		.id = c->queued.identifier,
		.stored = true,
		.again = s->traffic->outbox.count < l->broker->config.max_inflight ? 1 : 0, /* no more can have been on their way */
	};
	s->next_number = (uint64_t)c->queued.number + 1;
	d.message = message_from(&c->queued.message, &expired);
	if (!d.message)
		return expired ? (persistence_queue_end(s, &d), 0) : ERR_NOMEM;
	l->queued++;
	unsigned dropped;
	if (!session_traffic(s)) {
		message_unref(&d.message);
		return ERR_NOMEM;
	}
	return outbox_push(&s->traffic->outbox, &d, &none, &dropped);
}

/* What waits for its PUBCOMP has no message any more, but its place and with it its identifier. */
static int load_outgoing(struct session *s, const struct persist_qos2 *p)
{
	if (p->number <= 0)
		return 0;
	const struct delivery d = {.number = (uint32_t)p->number, .qos = 2, .state = DELIVERY_PUBCOMP, .stored = true};
	if ((uint64_t)p->number >= s->next_number)
		s->next_number = (uint64_t)p->number + 1;
	struct traffic *traffic = session_traffic(s);
	return traffic && inflight_restore(&traffic->inflight, &d, (uint64_t)p->number) ? 0 : ERR_NOMEM;
}

static int load_qos2(struct loading *l, const struct persist_change *c)
{
	struct session *s = l->session;
	const struct persist_qos2 *p = &c->qos2;
	if (!s)
		return 0;
	if (p->direction == PERSIST_OUTGOING)
		return load_outgoing(s, p);
	struct traffic *traffic = session_traffic(s);
	if (!traffic)
		return ERR_NOMEM;
	return id_set_has(&traffic->incoming, p->packet_id) ? 0 : id_set_add(&traffic->incoming, p->packet_id);
}

static int load_will(struct loading *l, const struct persist_change *c)
{
	struct session *s = l->session;
	if (!s || s->will)
		return 0;
	s->will = calloc(1, sizeof *s->will);
	if (!s->will)
		return ERR_NOMEM;
	s->will->message = message_as_it_was(&c->will.message); /* its expiry counts from when it is published */
	if (!s->will->message)
		return ERR_NOMEM;
	s->will->delay_s = c->will.delay_s;
	session_arm(s);
	return 0;
}

static int load(void *ctx, const struct persist_change *c)
{
	struct loading *l = ctx;
	switch (c->type) {
	case PERSIST_RETAINED_SET: return load_retained(l, c);
	case PERSIST_SESSION_PUT: return load_session(l, c);
	case PERSIST_SUBSCRIPTION_PUT: return load_subscription(l, c);
	case PERSIST_QUEUE_APPEND: return load_queued(l, c);
	case PERSIST_QOS2_PUT: return load_qos2(l, c);
	case PERSIST_WILL_PUT: return load_will(l, c);
	default: return 0; /* the house's */
	}
}

int persistence_load(struct broker *broker)
{
	struct loading l = {.broker = broker};
	const struct persist_port *port = broker->config.persist;
	int err = port->load(port->ctx, load, &l);
	if (!err && l.retained + l.sessions)
		log_info("broker", "%llu retained messages and %llu sessions with %llu messages are back",
			 (unsigned long long)l.retained, (unsigned long long)l.sessions, (unsigned long long)l.queued);
	for (unsigned i = 0; i < broker->config.workers; i++)
		worker_count_subscriptions(broker->workers[i]);
	return err;
}

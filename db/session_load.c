/* From rows back to changes: how the broker learns at its start what it may not have forgotten. On the
 * thread that opens the store. */
#include "db/session_store_private.h"

/* Where a walk tells. */
struct walk {
	struct conn *conn;
	persist_each *each;
	void *ctx;
};

/* Steps to the next row, unless the last one was refused. */
static bool next_row(struct query *q, int refused)
{
	return !refused && query_next(q);
}

static int tell(const struct walk *w, const struct query *q, const struct persist_change *change)
{
	return q->err ? 0 : w->each(w->ctx, change); /* query_end returns the error */
}

static int end(struct query *q, int refused)
{
	int err = query_end(q);
	return refused ? refused : err;
}

static struct wall_ms take_time(struct query *q)
{
	return (struct wall_ms){query_take_int(q)};
}

/* The columns topic, props, payload, qos, flags, received_at, expires_at. */
static void take_message(struct query *q, struct persist_message *m)
{
	m->topic = query_take_span(q);
	m->props = query_take_span(q);
	m->payload = query_take_span(q);
	m->qos = (uint8_t)query_take_int(q);
	m->flags = (uint8_t)query_take_int(q);
	m->received_at = take_time(q);
	m->expires_at = take_time(q);
}

int session_store_retained_each(struct session_store *st, persist_each *each, void *ctx)
{
	const struct walk w = {st->conn, each, ctx};
	struct query q;
	int refused = 0;
	query_begin(&q, w.conn, "SELECT topic, props, payload, qos, flags, received_at, expires_at FROM retained");
	while (next_row(&q, refused)) {
		struct persist_change c = {.type = PERSIST_RETAINED_SET};
		take_message(&q, &c.retained);
		refused = tell(&w, &q, &c);
	}
	return end(&q, refused);
}

/* ---- what belongs to a session ----------------------------------------- */

static int tell_subscriptions(const struct walk *w, int64_t session, struct span client)
{
	struct query q;
	int refused = 0;
	query_begin(&q, w->conn, "SELECT filter, options, identifier FROM subscription WHERE session = ?");
	query_put_int(&q, session);
	while (next_row(&q, refused)) {
		struct persist_change c = {.type = PERSIST_SUBSCRIPTION_PUT, .client = client};
		c.subscription.filter = query_take_span(&q);
		c.subscription.options = (uint8_t)query_take_int(&q);
		c.subscription.identifier = (uint32_t)query_take_int(&q);
		refused = tell(w, &q, &c);
	}
	return end(&q, refused);
}

static int tell_queue(const struct walk *w, int64_t session, struct span client)
{
	struct query q;
	int refused = 0;
	query_begin(&q, w->conn,
		    "SELECT number, qos, retain, identifier, topic, props, payload, message_qos, flags, received_at, expires_at "
		    "FROM queue WHERE session = ? ORDER BY number");
	query_put_int(&q, session);
	while (next_row(&q, refused)) {
		struct persist_change c = {.type = PERSIST_QUEUE_APPEND, .client = client};
		c.queued.number = query_take_int(&q);
		c.queued.qos = (uint8_t)query_take_int(&q);
		c.queued.retain = query_take_bool(&q);
		c.queued.identifier = (uint32_t)query_take_int(&q);
		take_message(&q, &c.queued.message);
		refused = tell(w, &q, &c);
	}
	return end(&q, refused);
}

static int tell_qos2(const struct walk *w, int64_t session, struct span client)
{
	struct query q;
	int refused = 0;
	query_begin(&q, w->conn, "SELECT packet_id, direction, state, number FROM qos2 WHERE session = ?");
	query_put_int(&q, session);
	while (next_row(&q, refused)) {
		struct persist_change c = {.type = PERSIST_QOS2_PUT, .client = client};
		c.qos2.packet_id = (uint16_t)query_take_int(&q);
		c.qos2.direction = (uint8_t)query_take_int(&q);
		c.qos2.state = (uint8_t)query_take_int(&q);
		c.qos2.number = query_take_int(&q);
		refused = tell(w, &q, &c);
	}
	return end(&q, refused);
}

static int tell_will(const struct walk *w, int64_t session, struct span client)
{
	struct query q;
	int refused = 0;
	query_begin(&q, w->conn,
		    "SELECT delay_s, due_at, topic, props, payload, qos, flags, received_at, expires_at FROM will WHERE session = ?");
	query_put_int(&q, session);
	while (next_row(&q, refused)) {
		struct persist_change c = {.type = PERSIST_WILL_PUT, .client = client};
		c.will.delay_s = (uint32_t)query_take_int(&q);
		c.will.due_at = take_time(&q);
		take_message(&q, &c.will.message);
		refused = tell(w, &q, &c);
	}
	return end(&q, refused);
}

static int tell_belongings(const struct walk *w, int64_t session, struct span client)
{
	static int (*const parts[])(const struct walk *w, int64_t session, struct span client) = {
		tell_subscriptions, tell_queue, tell_qos2, tell_will};
	int err = 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts && !err; i++)
		err = parts[i](w, session, client);
	return err;
}

int session_store_sessions_each(struct session_store *st, persist_each *each, void *ctx)
{
	const struct walk w = {st->conn, each, ctx};
	struct query q;
	int refused = 0;
	query_begin(&q, w.conn, "SELECT id, client, expiry_s, disconnected_at, protocol, username FROM session ORDER BY id");
	while (next_row(&q, refused)) {
		struct persist_change c = {.type = PERSIST_SESSION_PUT};
		int64_t id = query_take_int(&q);
		c.client = query_take_span(&q);
		c.session.expiry_s = (uint32_t)query_take_int(&q);
		c.session.disconnected_at = take_time(&q);
		c.session.protocol = (uint8_t)query_take_int(&q);
		c.session.username = query_take_span(&q);
		refused = tell(&w, &q, &c);
		if (!refused)
			refused = tell_belongings(&w, id, c.client);
	}
	return end(&q, refused);
}

/* ---- commands ---------------------------------------------------------- */

int session_store_commands_each(struct session_store *st, persist_each *each, void *ctx)
{
	const struct walk w = {st->conn, each, ctx};
	struct query q;
	int refused = 0;
	query_begin(&q, w.conn, "SELECT id, device, entity, value, cause, state, at FROM command ORDER BY at, id");
	while (next_row(&q, refused)) {
		struct persist_change c = {.type = PERSIST_COMMAND_PUT};
		c.command.id = query_take_span(&q);
		c.command.device = query_take_span(&q);
		c.command.entity = query_take_span(&q);
		c.command.value = query_take_span(&q);
		c.command.by = query_take_span(&q);
		c.command.state = (uint8_t)query_take_int(&q);
		c.command.at = take_time(&q);
		refused = tell(&w, &q, &c);
	}
	return end(&q, refused);
}

int session_store_each(struct session_store *st, persist_each *each, void *ctx)
{
	int err = session_store_retained_each(st, each, ctx);
	if (!err)
		err = session_store_sessions_each(st, each, ctx);
	if (!err)
		err = session_store_commands_each(st, each, ctx);
	return err;
}

/* From changes to rows: each change of the broker's is one statement. What belongs to a session finds it by
 * its client id, and finds nothing when the session is gone: such a change is dropped. Sealer's thread. */
#include "base/err.h"
#include "db/session_store_private.h"

/* ---- retained ---------------------------------------------------------- */

/* The columns topic, props, payload, qos, flags, received_at, expires_at. */
static void put_message(struct query *q, const struct persist_message *m)
{
	query_put_blob(q, m->topic);
	query_put_blob(q, m->props);
	query_put_blob(q, m->payload);
	query_put_int(q, m->qos);
	query_put_int(q, m->flags);
	query_put_int(q, m->received_at.ms);
	query_put_int(q, m->expires_at.ms);
}

static void retained_set(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn,
		    "INSERT INTO retained (topic, props, payload, qos, flags, received_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?) "
		    "ON CONFLICT (topic) DO UPDATE SET props = excluded.props, payload = excluded.payload, qos = excluded.qos, "
		    "flags = excluded.flags, received_at = excluded.received_at, expires_at = excluded.expires_at");
	put_message(q, &c->retained);
}

static void retained_clear(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn, "DELETE FROM retained WHERE topic = ?");
	query_put_blob(q, c->retained.topic);
}

/* ---- sessions ---------------------------------------------------------- */

static void session_put(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn,
		    "INSERT INTO session (client, expiry_s, disconnected_at, protocol, username) VALUES (?, ?, ?, ?, ?) "
		    "ON CONFLICT (client) DO UPDATE SET expiry_s = excluded.expiry_s, "
		    "disconnected_at = excluded.disconnected_at, protocol = excluded.protocol, username = excluded.username");
	query_put_blob(q, c->client);
	query_put_int(q, c->session.expiry_s);
	query_put_int(q, c->session.disconnected_at.ms);
	query_put_int(q, c->session.protocol);
	query_put_blob(q, c->session.username);
}

static void session_end(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn, "DELETE FROM session WHERE client = ?");
	query_put_blob(q, c->client);
}

static void subscription_put(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn,
		    "INSERT OR REPLACE INTO subscription (session, filter, options, identifier) "
		    "SELECT id, ?, ?, ? FROM session WHERE client = ?");
	query_put_blob(q, c->subscription.filter);
	query_put_int(q, c->subscription.options);
	query_put_int(q, c->subscription.identifier);
	query_put_blob(q, c->client);
}

static void subscription_remove(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn, "DELETE FROM subscription WHERE session = (SELECT id FROM session WHERE client = ?) AND filter = ?");
	query_put_blob(q, c->client);
	query_put_blob(q, c->subscription.filter);
}

static void queue_append(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn,
		    "INSERT OR REPLACE INTO queue (session, number, qos, retain, identifier, topic, props, payload, message_qos, flags, "
		    "received_at, expires_at) SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM session WHERE client = ?");
	query_put_int(q, c->queued.number);
	query_put_int(q, c->queued.qos);
	query_put_int(q, c->queued.retain);
	query_put_int(q, c->queued.identifier);
	put_message(q, &c->queued.message);
	query_put_blob(q, c->client);
}

static void queue_ack(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn, "DELETE FROM queue WHERE session = (SELECT id FROM session WHERE client = ?) AND number = ?");
	query_put_blob(q, c->client);
	query_put_int(q, c->queued.number);
}

static void qos2_put(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn,
		    "INSERT OR REPLACE INTO qos2 (session, direction, packet_id, state, number) "
		    "SELECT id, ?, ?, ?, ? FROM session WHERE client = ?");
	query_put_int(q, c->qos2.direction);
	query_put_int(q, c->qos2.packet_id);
	query_put_int(q, c->qos2.state);
	query_put_int(q, c->qos2.number);
	query_put_blob(q, c->client);
}

static void qos2_remove(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn,
		    "DELETE FROM qos2 WHERE session = (SELECT id FROM session WHERE client = ?) AND direction = ? AND packet_id = ?");
	query_put_blob(q, c->client);
	query_put_int(q, c->qos2.direction);
	query_put_int(q, c->qos2.packet_id);
}

static void will_put(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn,
		    "INSERT OR REPLACE INTO will (session, delay_s, due_at, topic, props, payload, qos, flags, received_at, expires_at) "
		    "SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM session WHERE client = ?");
	query_put_int(q, c->will.delay_s);
	query_put_int(q, c->will.due_at.ms);
	put_message(q, &c->will.message);
	query_put_blob(q, c->client);
}

static void will_clear(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn, "DELETE FROM will WHERE session = (SELECT id FROM session WHERE client = ?)");
	query_put_blob(q, c->client);
}

/* ---- commands ---------------------------------------------------------- */

static void command_put(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn, "INSERT OR REPLACE INTO command (id, device, entity, value, cause, state, at) VALUES (?, ?, ?, ?, ?, ?, ?)");
	query_put_blob(q, c->command.id);
	query_put_blob(q, c->command.device);
	query_put_blob(q, c->command.entity);
	query_put_blob(q, c->command.value);
	query_put_blob(q, c->command.by);
	query_put_int(q, c->command.state);
	query_put_int(q, c->command.at.ms);
}

static void command_end(struct query *q, struct conn *conn, const struct persist_change *c)
{
	query_begin(q, conn, "DELETE FROM command WHERE id = ?");
	query_put_blob(q, c->command.id);
}

int session_apply(struct conn *conn, const struct persist_change *change)
{
	static void (*const fill[])(struct query *q, struct conn *conn, const struct persist_change *c) = {
		[PERSIST_RETAINED_SET] = retained_set,
		[PERSIST_RETAINED_CLEAR] = retained_clear,
		[PERSIST_SESSION_PUT] = session_put,
		[PERSIST_SESSION_END] = session_end,
		[PERSIST_SUBSCRIPTION_PUT] = subscription_put,
		[PERSIST_SUBSCRIPTION_REMOVE] = subscription_remove,
		[PERSIST_QUEUE_APPEND] = queue_append,
		[PERSIST_QUEUE_ACK] = queue_ack,
		[PERSIST_QOS2_PUT] = qos2_put,
		[PERSIST_QOS2_REMOVE] = qos2_remove,
		[PERSIST_WILL_PUT] = will_put,
		[PERSIST_WILL_CLEAR] = will_clear,
		[PERSIST_COMMAND_PUT] = command_put,
		[PERSIST_COMMAND_END] = command_end,
	};
	struct query q;
	fill[change->type](&q, conn, change);
	return query_run(&q);
}

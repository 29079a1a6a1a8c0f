/* A session: what a client's subscriptions, queue and unfinished handshakes
 * are kept in, with or without a connection. It lives its whole life on one worker. */
#ifndef BROKER_SESSION_H
#define BROKER_SESSION_H

#include "broker/connection.h"
#include "broker/id_set.h"
#include "broker/inflight.h"
#include "broker/outbox.h"
#include "broker/retained.h"
#include "broker/will.h"

/* Retained messages that a new subscription has brought and that are still to be sent. */
struct replay {
	struct replay *next;
	struct retained_matches matches;
	uint32_t at; /* next to be sent */
	uint32_t sub_id;
	uint8_t qos; /* of the subscription */
};

struct session {
	struct subscriber subscriber; /* worker.router */
	struct map_node node;         /* worker.sessions */
	struct worker *worker;
	struct connection *connection;          /* NULL: absent */
	const struct access_identity *identity; /* borrowed from worker.table */
	struct outbox outbox;
	struct inflight inflight;
	struct id_set incoming; /* QoS 2 messages received, PUBREL outstanding */
	struct replay *replay, *replay_last; /* those to be sent; replay NULL: none */
	uint32_t replaying;                  /* messages in them */
	struct will *will;      /* owned; NULL: none */
	struct loop_timer timer; /* absent: will delay, then expiry */
	struct mono_ms left_at;  /* when the connection was lost */
	uint32_t expiry_s;       /* UINT32_MAX: never */
	uint32_t dropped;        /* in this episode of a full queue */
	char client_id[];
};

/* The session of a client id on this worker, or NULL. */
struct session *session_find(struct worker *worker, struct span client_id);

/* Makes one. Returns NULL without memory. */
struct session *session_create(struct worker *worker, struct span client_id, const struct access_identity *identity);

/* Ends a session with all it holds; a will that waits is published first when with_will.
 * It must have no connection. */
void session_destroy(struct session **session, bool with_will);

/* The connection is gone: publishes or delays the will (unless the client took it back), keeps the session for
 * its expiry or destroys it. */
void session_leave(struct session *session);

/* A connection has come (CONNACK is written): sends again what was unfinished, then what waited. */
void session_join(struct session *session, struct connection *connection);

/* Takes over the messages that a new subscription has brought (matches is empty afterwards). Returns 0 or ERR_NOMEM. */
int session_replay(struct session *session, struct retained_matches *matches, uint32_t sub_id, uint8_t qos);

/* Sends what may be sent: unfinished messages again, retained ones, then the queue. */
void session_pump(struct session *session);

/* Whether messages wait that session_pump could send now. */
bool session_has_backlog(struct session *session);

/* Whether something waits before a new message may be sent directly. */
static inline bool session_is_behind(const struct session *s)
{
	return s->outbox.count || s->replay || s->inflight.count != s->inflight.window;
}

/* Whether another QoS 1/2 message may be in flight. */
bool session_window_open(const struct session *session);

/* Queues a delivery (takes its reference); what a full queue drops is counted and logged once an episode. */
void session_queue(struct session *session, const struct delivery *delivery);

/* The rules have changed: the identity in the worker's new table, or NULL when it is gone. */
void session_renew(struct session *session, const struct access_identity *identity);

/* Ends connection and session at once, without its will: its owner may act no more. */
void session_revoke(struct session *session, uint8_t reason);

#endif

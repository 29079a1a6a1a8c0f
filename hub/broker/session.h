/* A session: what a client's subscriptions, queue and unfinished handshakes
 * are kept in, with or without a connection. It lives its whole life on one worker. */
#ifndef BROKER_SESSION_H
#define BROKER_SESSION_H

#include "broker/connection.h"
#include "broker/id_set.h"
#include "broker/inflight.h"
#include "broker/outbox.h"
#include "broker/retained.h"
#include "broker/share.h"
#include "broker/will.h"

/* Retained messages that a new subscription has brought and that are still to be sent. */
struct replay {
	struct replay *next;
	struct retained_matches matches;
	uint64_t number; /* of the first: they have a number each, kept for them when the subscription came */
	uint32_t at;     /* next to be sent */
	uint32_t sub_id;
	uint8_t qos;     /* of the subscription */
};

/* What the store knows of a session (persistence.h). */
enum session_kept {
	SESSION_NOT_KEPT,
	SESSION_KEPT_WILL, /* it ends with its connection, but its will outlives the hub */
	SESSION_KEPT,      /* all of it */
};

/* What is under way between the hub and one client. */
struct traffic {
	struct outbox outbox;
	struct inflight inflight;
	struct id_set incoming; /* QoS 2 messages received, PUBREL outstanding */
	struct receipt *receipts; /* of some of them: what others have to do still (receipt_left) */
	struct replay *replay, *replay_last; /* those to be sent; replay NULL: none */
	uint32_t replaying;     /* messages in them */
	uint32_t dropped;       /* in this episode of a full queue */
};

/* Nothing: that of most sessions, most of the time. Read only. */
extern const struct traffic traffic_none;

/* The time without a connection. */
struct absence {
	struct session *session;
	struct loop_timer timer; /* will delay, then expiry */
	struct mono_ms left_at;  /* when the connection was lost */
};

/* Sessions are many, and most are silent: what only a busy or an absent one needs is not in here. */
struct session {
	struct subscriber subscriber; /* worker.router */
	struct map_node node;         /* worker.sessions */
	struct worker *worker;
	struct connection *connection;          /* NULL: absent */
	const struct access_identity *identity; /* borrowed from worker.table */
	struct traffic *traffic; /* owned, or traffic_none: read it freely, write through session_traffic */
	uint64_t next_number;   /* of the next message to be sent at QoS 1 or 2 */
	struct will *will;      /* owned; NULL: none */
	struct share_member **shares; /* owned; NULL where one has ended */
	struct absence *absence; /* owned; NULL while there is a connection */
	uint32_t expiry_s;       /* UINT32_MAX: never */
	uint16_t share_count;    /* places in shares, those of ended ones included */
	uint16_t share_held;     /* memberships */
	uint8_t version;         /* of the connection there was last, enum mqtt_version */
	uint8_t kept;            /* enum session_kept */
	bool returning : 1;      /* from an earlier life of the hub: its client was not here yet */
	uint8_t share_state : 2; /* enum share_state that its groups know */
	bool share_stale : 1;    /* deliveries may name a place in shares whose membership has ended */
	char client_id[];
};

/* The session of a client id on this worker, or NULL. */
struct session *session_find(struct worker *worker, struct span client_id);

/* Makes one. Returns NULL without memory. */
struct session *session_create(struct worker *worker, struct span client_id, const struct access_identity *identity);

/* Ends a session with all it holds; a will that waits is published first when with_will.
 * It must have no connection. */
void session_destroy(struct session **session, bool with_will);

/* As session_destroy at the end of the broker: the store keeps what it has. */
void session_forget(struct session **session);

/* The client's id; borrowed. */
static inline struct span session_client_id(const struct session *s)
{
	return s->node.key;
}

/* The whole number of a delivery of this session. */
static inline uint64_t session_number(const struct session *s, const struct delivery *d)
{
	return s->next_number - (uint32_t)((uint32_t)s->next_number - d->number);
}

/* Whether the store is to know all of this session: it outlives its connection, and there is a store. */
static inline bool session_should_be_kept(const struct session *s)
{
	return s->expiry_s && s->worker->persistence;
}

/* Subscribes to a filter, shared or not (valid). Returns 0, ERR_NOMEM or ERR_FULL. */
int session_subscribe(struct session *session, struct span filter, const struct sub_options *options, bool *existed_r);

/* Whether it subscribes to just this filter, shared or not. */
bool session_has_subscription(struct session *session, struct span filter);

/* Returns 0 or ERR_NOT_FOUND. */
int session_unsubscribe(struct session *session, struct span filter);

/* How many subscriptions it has. */
static inline uint32_t session_subscriptions(const struct session *s)
{
	return s->subscriber.held_count + s->share_held;
}

/* A QoS 2 message of the client is over: its identifier may come again. Returns whether it was known; *ticket_r (may be
 * NULL): of the change, or of all so far. */
bool session_incoming_end(struct session *session, uint16_t packet_id, uint32_t *ticket_r);

/* The session's traffic, to be written to; made when there is none. NULL without memory. */
struct traffic *session_traffic(struct session *session);

/* Gives back what an idle session's traffic takes; for connections that fell silent. */
void session_trim(struct session *session);

/* Notes that the client is away since then. Returns 0 or ERR_NOMEM (nothing is noted). */
int session_absent(struct session *session, struct mono_ms since);

/* Since when the client is away; now when that is not known. */
struct mono_ms session_left_at(const struct session *session);

/* Arms the timer for what an absent client's session (session_absent) waits for. */
void session_arm(struct session *session);

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
	return s->traffic->outbox.count || s->traffic->replay || s->traffic->inflight.count != s->traffic->inflight.window;
}

/* Notes a delivery that is queued or sent for the store, where the session is kept; sets what it carries of that. */
void session_store(struct session *session, struct delivery *delivery);

/* Whether another QoS 1/2 message may be in flight. */
bool session_window_open(const struct session *session);

/* Whether this delivery of QoS 1/2, which was not sent yet, may be: the window is open, and its packet identifier is free. */
bool session_may_send(const struct session *session, const struct delivery *delivery);

/* Queues a delivery (takes its reference); what a full queue drops is counted and logged once an episode. */
void session_queue(struct session *session, const struct delivery *delivery);

/* The rules have changed: the identity in the worker's new table, or NULL when it is gone. */
void session_renew(struct session *session, const struct access_identity *identity);

/* Ends connection and session at once, without its will: its owner may act no more. */
void session_revoke(struct session *session, uint8_t reason);

#endif
